/* A membrane between two tissues, at any position in a voxel: the steady flux and the jump are those on
 * paper. */
#include "physics/walls.h"

typedef struct {
    int axis, voxel; /* the interface lies in this voxel ... */
    double within;   /* ... this far from its lower face, in voxels */
} layout;

/* Few cells and large steps between them: a field in fp32 carries fluxes to 1e-5 only where a step is a
 * hundredth of the level or more. */
enum { LENGTH = 12 };
static const double spacing[3] = {0.1, 0.15, 0.2}, phi_d[2] = {0.3 * 0.72, 0.1 * 0.18}, permeability = 0.1;

static xt_material two_tissues(int x, int y, int z, const xt_model *model, const void *context) {
    const layout *l = context;
    const int at = l->axis == 0 ? x : l->axis == 1 ? y : z;
    const uint8_t left = (uint8_t)xt_model_find_tissue(model, "left"),
                  right = (uint8_t)xt_model_find_tissue(model, "right");
    if (at != l->voxel || l->within == 1)
        return (xt_material){at <= l->voxel - (l->within < 1) ? left : right, 0, 0};
    if (l->within >= 0.5) return (xt_material){left, right, (uint16_t)lround((1 - l->within) * 65535)};
    return (xt_material){right, left, (uint16_t)lround(l->within * 65535)};
}

static void check(xt_device *device, layout l) {
    const xt_walls walls = walls_across(l.axis, 500, -500);
    const xt_override overrides[] = {{.name = "permeability", .value = "0.1 mm/h"}};
    xt_solver_def exact = xt_solver_def_default();
    exact.tolerance = 1e-9;
    world_def def = {.model = PLAIN,
                     .dims = {5, 4, 3},
                     .spacing = {spacing[0], spacing[1], spacing[2]},
                     .place = two_tissues,
                     .context = &l,
                     .walls = &walls,
                     .def = &exact,
                     .overrides = overrides,
                     .override_count = 1};
    def.dims[l.axis] = LENGTH;
    world w;
    world_make(&w, device, &def);
    float *c = walls_steady(&w, 0);
    const double h = spacing[l.axis], left = (l.voxel + l.within) * h, right = LENGTH * h - left;
    const double flux = 1000 / (left / phi_d[0] + right / phi_d[1] + 1 / permeability);
    const double into = (500 - walls_along(&w, c, l.axis, 0)) * phi_d[0] / (0.5 * h);
    const double out = ((walls_along(&w, c, l.axis, LENGTH - 1) + 500)) * phi_d[1] / (0.5 * h);
    if (fabs(into - flux) > 1e-5 * flux || fabs(out - flux) > 1e-5 * flux)
        fail_msg("axis %d, cut %g: flux %.8g in, %.8g out, on paper %.8g", l.axis, l.within, into, out, flux);
    /* both sides carried on to the interface */
    const int a = l.within >= 0.5 ? l.voxel : l.voxel - 1;
    const double here = walls_along(&w, c, l.axis, a) - flux / phi_d[0] * (left - (a + 0.5) * h);
    const double there = walls_along(&w, c, l.axis, a + 1) + flux / phi_d[1] * ((a + 1.5) * h - left);
    const double jump = flux / permeability;
    if (fabs(here - there - jump) > 1e-5 * jump)
        fail_msg("axis %d, cut %g: jump %.8g, on paper %.8g", l.axis, l.within, here - there, jump);
    print_message("axis %d, cut %5.3f: flux off by %.1e and %.1e, jump by %.1e\n", l.axis, l.within,
                  fabs(into / flux - 1), fabs(out / flux - 1), fabs((here - there) / jump - 1));
    free(c);
    world_free(&w);
}

static void on_device(xt_device *device) {
    static const double within[] = {1, 0.137, 0.862, 0.53};
    for (int axis = 0; axis < 3; axis++)
        for (int k = 0; k < 4; k++) check(device, (layout){axis, 9, within[k]});
}

static void flux_and_jump_are_exact(void **state) {
    (void)state;
    on_every_device(on_device);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(flux_and_jump_are_exact)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
