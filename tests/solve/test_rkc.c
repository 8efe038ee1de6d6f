/* Runge-Kutta-Chebyshev against the same equations on the host in double precision. */
#include "solve/reference.h"
#include "solve/world.h"

static const unsigned seed = 11;

static void make(world *w, xt_device *device, const char *model, const xt_solver_def *def) {
    xt_error err = {XT_OK, ""};
    const world_def where = {.model = model,
                             .dims = {15, 6, 5},
                             .spacing = {0.4, 0.4, 0.5},
                             .place = world_clumps,
                             .context = &seed,
                             .def = def};
    world_make(w, device, &where);
    OK(xt_solver_reference(w->solver, &err));
}

/* a = share a + (1 - share) b, everything that moves. */
static void blend(xt_reference *a, const xt_reference *b, double share) {
    const xt_fields *fields = a->fields;
    const size_t species = (size_t)fields->model->species_count;
    for (size_t i = 0; i < species * a->cells; i++)
        a->field[i] = share * a->field[i] + (1 - share) * b->field[i];
    for (size_t s = 0; s < species; s++) a->plasma[s] = share * a->plasma[s] + (1 - share) * b->plasma[s];
    for (size_t i = 0; i < (size_t)fields->organ_count * XT_MAX_SPECIES; i++)
        a->organ[i] = share * a->organ[i] + (1 - share) * b->organ[i];
}

static void assign(xt_reference *a, const xt_reference *b) { blend(a, b, 0); }

/* Truth: the third-order method of Shu and Osher, in double precision, made of explicit steps. */
static void integrate(xt_reference *y, xt_reference *work, world *w, double until, int steps) {
    xt_error err = {XT_OK, ""};
    const double dt = until / steps;
    double *scalar = malloc((size_t)w->model->scalar_count * sizeof *scalar);
    assert_non_null(scalar);
    for (int k = 0; k < steps; k++) {
        const double at[3] = {k * dt, (k + 1) * dt, (k + 0.5) * dt}, share[3] = {1, 0.25, 2.0 / 3};
        assign(work, y);
        for (int stage = 0; stage < 3; stage++) {
            world_drivers(scalar, at[stage], w);
            OK(xt_reference_step(work, scalar, dt, &err));
            blend(work, y, share[stage]);
        }
        assign(y, work);
    }
    free(scalar);
}

/* Largest error of fields, plasma and organs, relative to the level or to the mean of the species. */
static double error_of(const world *w, const xt_reference *truth) {
    double worst = 0;
    for (int s = 0; s < w->model->species_count; s++) {
        float *plane = world_plane(w, w->fields->rest, s);
        const double *field = truth->field + (size_t)s * truth->cells;
        double mean = 0;
        int count = 0;
        for (size_t i = 0; i < truth->cells; i++)
            if (truth->word[i] & 255u) mean += fabs(field[i]), count++;
        mean /= count;
        for (size_t i = 0; i < truth->cells; i++)
            worst = fmax(worst, fabs(plane[i] - field[i]) / (fabs(field[i]) + mean));
        free(plane);
        worst = fmax(worst, fabs(w->fields->plasma[s] / truth->plasma[s] - 1));
        for (int o = 0; o < w->fields->organ_count; o++) {
            const double level = truth->organ[o * XT_MAX_SPECIES + s];
            worst = fmax(worst, fabs(w->fields->organ[o].rest[s] / level - 1));
        }
    }
    return worst;
}

static xt_reference *truth_of(world *w, double until, int steps) {
    xt_error err = {XT_OK, ""};
    xt_reference *truth, *work;
    OK(xt_reference_create(&truth, w->solver, &err));
    OK(xt_reference_create(&work, w->solver, &err));
    integrate(truth, work, w, until, steps);
    xt_reference_free(work);
    return truth;
}

/* One run to `until`; error against the truth, and the report. */
static double run(xt_device *device, const char *model, const xt_solver_def *def, const char *setting,
                  double value, double until, const xt_reference *truth, xt_solver_report *report) {
    xt_error err = {XT_OK, ""};
    world w;
    double time = 0;
    make(&w, device, model, def);
    world_set(&w, setting, value);
    OK(xt_solver_advance(w.solver, &time, until, world_drivers, &w, NULL, &err));
    const double error = error_of(&w, truth);
    *report = *xt_solver_get_report(w.solver);
    for (int s = 0; s < w.model->species_count; s++) {
        const xt_balance *b = &report->balance[s];
        if (b->mesh_defect > 1e-6 || b->plasma_defect > 1e-6)
            fail_msg("%s: balance off by %.2e in the mesh, %.2e in the plasma", w.model->species[s].name,
                     b->mesh_defect, b->plasma_defect);
    }
    world_free(&w);
    return error;
}

static void compare(xt_device *device, const char *model, const char *setting, double value, double until) {
    world w;
    make(&w, device, model, NULL);
    world_set(&w, setting, value);
    const int steps = (int)ceil(until * w.fields->max_rate / 0.8);
    xt_reference *truth = truth_of(&w, until, steps);
    double error[3];
    for (int k = 0; k < 3; k++) { /* steps of equal size, whatever the error */
        xt_solver_report report;
        xt_solver_def def = xt_solver_def_default();
        def.relative = 1e9;
        def.max_step = until / (6 << k);
        error[k] = run(device, model, &def, setting, value, until, truth, &report);
        assert_int_equal(report.steps, 6 << k);
        assert_int_equal(report.rejected, 0);
    }
    const double order = log2(error[0] / error[2]) / 2;
    print_message("%s: order %.2f in time (errors %.1e, %.1e, %.1e)\n", model, order, error[0], error[1],
                  error[2]);
    if (order < 1.75) fail_msg("order %.2f", order);
    double last = INFINITY;
    for (double tolerance = 1e-2; tolerance > 5e-5; tolerance /= 10) {
        xt_solver_report report;
        xt_solver_def def = xt_solver_def_default();
        def.relative = tolerance;
        const double found = run(device, model, &def, setting, value, until, truth, &report);
        print_message("%s: tolerance %.0e: %llu steps, %llu rejected, %llu right-hand sides, error %.1e\n",
                      model, tolerance, report.steps, report.rejected, report.right_hand_sides, found);
        if (found > 5 * tolerance || found > 0.7 * last)
            fail_msg("tolerance %g: error %g, before %g", tolerance, found, last);
        assert_true(report.stages_most >= 2 && report.right_hand_sides >= 2 * report.steps);
        last = found;
    }
    xt_reference_free(truth);
    world_free(&w);
}

static void truth_on_device(xt_device *device) {
    compare(device, "scenes/models/crosstalk4.yaml", "bout_start", 0, 0.9);
    compare(device, "tests/solve/rate_law.yaml", "drive", 4, 4);
}

static void the_order_is_two_and_the_error_is_controlled(void **state) {
    (void)state;
    on_every_device(truth_on_device);
}

/* ---- right-hand sides against forward Euler ---- */

enum { LONG = 320 };

static xt_material all_left(int x, int y, int z, const xt_model *model, const void *context) {
    (void)x, (void)y, (void)z, (void)context;
    return (xt_material){(uint8_t)xt_model_find_tissue(model, "left"), 0, 0};
}

/* A cloud 0.3 mm wide spreads for 4 h along x, until it is 2.4 mm wide, in voxels of 0.04 mm; the largest
 * error relative to the peak that is left, against the modes of the discrete problem, which each decay
 * exponentially: what is measured is the error in time alone. */
static double cloud(xt_device *device, const xt_solver_def *def, xt_solver_report *report) {
    static const double h = 0.04, diffusivity = 200 * 3.6e-3, pi = 3.14159265358979323846;
    const double until = 4;
    const world_def where = {.model = "tests/physics/plain.yaml",
                             .dims = {LONG, 2, 2},
                             .spacing = {h, h, h},
                             .place = all_left,
                             .def = def};
    xt_error err = {XT_OK, ""};
    world w;
    world_make(&w, device, &where);
    w.fields->plasma_clamped = true;
    double start[LONG], end[LONG] = {0}, peak = 0, worst = 0, time = 0;
    for (int x = 0; x < LONG; x++)
        start[x] = 1000 * exp(-pow(((x + 0.5) / LONG - 0.5) * LONG * h / 0.3, 2) / 2);
    float *c = world_plane(&w, w.fields->rest, 0);
    for (size_t i = 0; i < w.fields->cells; i++) {
        int v[3];
        xt_mesh_position(w.mesh, i, v);
        c[i] = i >= XT_BLOCK && v[0] < LONG ? (float)start[v[0]] : 0;
    }
    OK(xt_buffer_write(device, w.fields->rest, 0, w.fields->cells * sizeof *c, c, &err));
    free(c);
    for (int m = 0; m < LONG; m++) {
        const double rate = 4 * diffusivity / (h * h) * pow(sin(m * pi / (2 * LONG)), 2);
        double share = 0;
        for (int x = 0; x < LONG; x++) share += start[x] * cos(m * pi * (x + 0.5) / LONG);
        for (int x = 0; x < LONG; x++)
            end[x] += (m ? 2 : 1) * share / LONG * exp(-rate * until) * cos(m * pi * (x + 0.5) / LONG);
    }
    OK(xt_solver_advance(w.solver, &time, until, world_drivers, &w, NULL, &err));
    c = world_plane(&w, w.fields->rest, 0);
    for (int x = 0; x < LONG; x++) {
        peak = fmax(peak, end[x]);
        worst = fmax(worst, fabs(world_at(&w, c, x, 1, 0) - end[x]));
    }
    *report = *xt_solver_get_report(w.solver);
    assert_true(report->balance[0].mesh_defect < 1e-6);
    free(c);
    world_free(&w);
    return worst / peak;
}

/* The cheapest run of either method whose error is at most 1e-3. Euler's steps are those of the largest
 * stable size, and shorter ones where that is not enough. */
static void count_on_device(xt_device *device) {
    xt_solver_report euler = {0}, rkc = {0};
    xt_solver_def def = xt_solver_def_default();
    double error[2] = {1, 1};
    def.method = XT_EULER;
    for (def.courant = 0.999; error[0] > 1e-3 && def.courant > 1e-3; def.courant /= 2)
        error[0] = cloud(device, &def, &euler);
    def.method = XT_RKC2;
    for (def.relative = 1e-2; error[1] > 1e-3 && def.relative > 1e-6; def.relative /= 1.25)
        error[1] = cloud(device, &def, &rkc);
    const double ratio = (double)euler.right_hand_sides / (double)rkc.right_hand_sides;
    print_message(
        "Euler: %llu right-hand sides, error %.1e; RKC2: %llu (%llu steps, %d stages at most), error "
        "%.1e: %.1f times fewer\n",
        euler.right_hand_sides, error[0], rkc.right_hand_sides, rkc.steps, rkc.stages_most, error[1], ratio);
    assert_true(error[0] <= 1e-3 && error[1] <= 1e-3);
    if (ratio < 8) fail_msg("only %.1f times fewer right-hand sides than Euler", ratio);
}

static void it_needs_an_eighth_of_eulers_right_hand_sides(void **state) {
    (void)state;
    on_every_device(count_on_device);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_is_two_and_the_error_is_controlled),
        cmocka_unit_test(it_needs_an_eighth_of_eulers_right_hand_sides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
