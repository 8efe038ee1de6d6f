/* Smooth problems with solutions on paper: order of convergence, a secreting and a decaying half, a spreading
 * cloud. */
#include "physics/walls.h"

static const double phi = 0.3, diffusivity = 200 * 3.6e-3; /* mm^2/h */

static xt_material all_left(int x, int y, int z, const xt_model *model, const void *context) {
    (void)x, (void)y, (void)z, (void)context;
    return (xt_material){(uint8_t)xt_model_find_tissue(model, "left"), 0, 0};
}

/* Largest error of the decaying profile between two walls, n voxels across 1 mm along an axis. */
static double profile_error(xt_device *device, int n, int axis) {
    const xt_walls walls = walls_across(axis, 1000, 0);
    const xt_override overrides[] = {{.name = "loss", .value = "11.52 1/h"}}; /* decays over 0.25 mm */
    xt_solver_def exact = xt_solver_def_default();
    exact.tolerance = 1e-8;
    world_def def = {.model = PLAIN,
                     .dims = {2, 2, 2},
                     .spacing = {1.0 / n, 1.0 / n, 1.0 / n},
                     .place = all_left,
                     .walls = &walls,
                     .def = &exact,
                     .overrides = overrides,
                     .override_count = 1};
    def.dims[axis] = n;
    world w;
    world_make(&w, device, &def);
    float *c = walls_steady(&w, 0);
    double worst = 0;
    for (int i = 0; i < n; i++) {
        const double x = (i + 0.5) / n, length = sqrt(diffusivity / 11.52);
        const double truth = 1000 * sinh((1 - x) / length) / sinh(1 / length);
        worst = fmax(worst, fabs(walls_along(&w, c, axis, i) - truth));
    }
    free(c);
    world_free(&w);
    return worst;
}

static void order_on_device(xt_device *device) {
    for (int axis = 0; axis < 3; axis++) {
        double error[3];
        for (int k = 0; k < 3; k++) error[k] = profile_error(device, 32 << k, axis);
        for (int k = 0; k < 2; k++) {
            const double order = log2(error[k] / error[k + 1]);
            print_message("axis %d: order %.3f in space\n", axis, order);
            if (order < 1.9)
                fail_msg("axis %d: order %.3f (errors %g, %g)", axis, order, error[k], error[k + 1]);
        }
    }
}

static void the_order_in_space_is_two(void **state) {
    (void)state;
    on_every_device(order_on_device);
}

static xt_material source_then_left(int x, int y, int z, const xt_model *model, const void *context) {
    (void)y, (void)z;
    const char *name = x < *(const int *)context ? "source" : "left";
    return (xt_material){(uint8_t)xt_model_find_tissue(model, name), 0, 0};
}

/* One half is fed from the blood, everything decays: the other half falls as exp(-x/l). */
static void halves_on_device(xt_device *device) {
    const int half = 200;
    const double h = 0.01, k = 5, exchange = 0.6, plasma = 400;
    const double inside = sqrt(phi * diffusivity / (phi * k + exchange)), outside = sqrt(diffusivity / k);
    const double level = exchange * plasma / (phi * k + exchange);
    const double surface = level * (1 / inside) / (1 / inside + 1 / outside);
    const xt_override overrides[] = {{.name = "loss", .value = "5 1/h"},
                                     {.name = "exchange_source", .value = "0.6 1/h"}};
    const world_def def = {.model = PLAIN,
                           .dims = {3 * half, 1, 1},
                           .spacing = {h, h, h},
                           .place = source_then_left,
                           .context = &half,
                           .overrides = overrides,
                           .override_count = 2};
    world w;
    world_make(&w, device, &def);
    float *c = walls_steady(&w, plasma);
    for (int i = half / 4; i < 2 * half; i++) {
        const double x = (i + 0.5 - half) * h;
        const double truth =
            x < 0 ? level - (level - surface) * exp(x / inside) : surface * exp(-x / outside);
        const double found = walls_along(&w, c, 0, i);
        if (fabs(found - truth) > 1e-3 * truth)
            fail_msg("%g mm from the interface: %g, on paper %g", x, found, truth);
    }
    free(c);
    world_free(&w);
}

static void a_decaying_half_falls_exponentially(void **state) {
    (void)state;
    on_every_device(halves_on_device);
}

/* A Gaussian cloud of sigma = 4 voxels spreads until sigma^2 has doubled, and decays meanwhile. */
static void cloud_on_device(xt_device *device) {
    enum { N = 52 };
    const double h = 0.05, sigma = 4 * h, until = sigma * sigma / (2 * diffusivity), k = 3;
    const xt_override overrides[] = {{.name = "loss", .value = "3 1/h"}};
    const world_def def = {.model = PLAIN,
                           .dims = {N, N, N},
                           .spacing = {h, h, h},
                           .place = all_left,
                           .overrides = overrides,
                           .override_count = 1};
    world w;
    xt_error err = {XT_OK, ""};
    world_make(&w, device, &def);
    w.fields->plasma_clamped = true;
    w.fields->plasma[0] = 0;
    float *c = world_plane(&w, w.fields->rest, 0);
    const double middle = 0.5 * N * h;
    for (size_t i = XT_BLOCK; i < w.fields->cells; i++) {
        int v[3];
        double square = 0;
        xt_mesh_position(w.mesh, i, v);
        for (int a = 0; a < 3; a++) square += pow((v[a] + 0.5) * h - middle, 2);
        c[i] = v[0] < N ? (float)(1000 * exp(-square / (2 * sigma * sigma))) : 0;
    }
    OK(xt_buffer_write(device, w.fields->rest, 0, w.fields->cells * sizeof *c, c, &err));
    free(c);
    double time = 0;
    OK(xt_solver_advance(w.solver, &time, until, world_drivers, &w, NULL, &err));
    assert_true(time == until);
    c = world_plane(&w, w.fields->rest, 0);
    const double wide = sigma * sigma + 2 * diffusivity * until,
                 peak = 1000 * pow(sigma * sigma / wide, 1.5) * exp(-k * until);
    double worst = 0;
    for (int x = 0; x < N; x++)
        for (int y = N / 2; y < N; y += 5) {
            double square = 0;
            const int v[3] = {x, y, N / 2};
            for (int a = 0; a < 3; a++) square += pow((v[a] + 0.5) * h - middle, 2);
            worst = fmax(worst, fabs(world_at(&w, c, x, y, N / 2) - peak * exp(-square / (2 * wide))));
        }
    print_message("cloud off by %.3f %% of its peak\n", 100 * worst / peak);
    if (worst > 0.01 * peak) fail_msg("off by %.3f %% of the peak", 100 * worst / peak);
    free(c);
    world_free(&w);
}

static void a_cloud_spreads_and_decays(void **state) {
    (void)state;
    on_every_device(cloud_on_device);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_in_space_is_two),
        cmocka_unit_test(a_decaying_half_falls_exponentially),
        cmocka_unit_test(a_cloud_spreads_and_decays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
