/* Reactions too stiff for explicit stages: Strang splitting with a Rosenbrock method in every cell, against
 * an explicit integration in double precision with steps as small as stability wants. */
#include "solve/world.h"

enum { CELLS = 40, SPECIES = 3 };
static const double spacing = 0.1, until = 0.25;
static const double diffusivity[SPECIES] = {200 * 3.6e-3, 50 * 3.6e-3, 20 * 3.6e-3};

typedef struct {
    double c[SPECIES][CELLS];
} line;

static xt_material all_gel(int x, int y, int z, const xt_model *model, const void *context) {
    (void)x, (void)y, (void)z, (void)context;
    return (xt_material){(uint8_t)xt_model_find_tissue(model, "gel"), 0, 0};
}

/* Ligand on the left, receptor on the right. */
static void start(line *y) {
    for (int x = 0; x < CELLS; x++) {
        const double place = (x + 0.5) / CELLS;
        y->c[0][x] = 100 / (1 + exp((place - 0.45) / 0.05));
        y->c[1][x] = 80 / (1 + exp((0.55 - place) / 0.05));
        y->c[2][x] = 0;
    }
}

static void slopes(line *rate, const line *y, double binding) {
    for (int x = 0; x < CELLS; x++) {
        const double bound = binding * y->c[0][x] * y->c[1][x] - 200 * y->c[2][x];
        for (int s = 0; s < SPECIES; s++) {
            double flux = 0;
            if (x > 0) flux += y->c[s][x - 1] - y->c[s][x];
            if (x < CELLS - 1) flux += y->c[s][x + 1] - y->c[s][x];
            rate->c[s][x] = diffusivity[s] / (spacing * spacing) * flux + (s < 2 ? -bound : bound);
        }
    }
}

static void add(line *y, const line *a, double share, const line *b) {
    for (int s = 0; s < SPECIES; s++)
        for (int x = 0; x < CELLS; x++) y->c[s][x] = a->c[s][x] + share * b->c[s][x];
}

/* The classical Runge-Kutta method. */
static void truth_of(line *y, double binding) {
    const int steps = (int)ceil(until * (binding * 200 + 2000));
    const double dt = until / steps;
    line k[4], at;
    start(y);
    for (int n = 0; n < steps; n++) {
        slopes(&k[0], y, binding);
        add(&at, y, dt / 2, &k[0]), slopes(&k[1], &at, binding);
        add(&at, y, dt / 2, &k[1]), slopes(&k[2], &at, binding);
        add(&at, y, dt, &k[2]), slopes(&k[3], &at, binding);
        add(y, y, dt / 6, &k[0]), add(y, y, dt / 3, &k[1]), add(y, y, dt / 3, &k[2]),
            add(y, y, dt / 6, &k[3]);
    }
}

/* The largest error over cells and species, pM of 100. */
static double run(xt_device *device, const char *binding, const xt_solver_def *def, const line *truth,
                  xt_solver_report *report) {
    xt_error err = {XT_OK, ""};
    const xt_override overrides[] = {{.name = "binding", .value = binding}};
    const world_def where = {.model = "tests/solve/binding.yaml",
                             .dims = {CELLS, 1, 1},
                             .spacing = {spacing, spacing, spacing},
                             .place = all_gel,
                             .def = def,
                             .overrides = overrides,
                             .override_count = 1};
    world w;
    line y;
    double time = 0, worst = 0, total[2] = {0, 0};
    world_make(&w, device, &where);
    w.fields->plasma_clamped = true;
    start(&y);
    for (int s = 0; s < SPECIES; s++) {
        float *c = world_plane(&w, w.fields->rest, s);
        for (int x = 0; x < CELLS; x++) c[xt_mesh_cell(w.mesh, x, 0, 0)] = (float)y.c[s][x];
        OK(xt_buffer_write(device, w.fields->rest, (size_t)s * w.fields->cells * sizeof *c,
                           w.fields->cells * sizeof *c, c, &err));
        free(c);
    }
    OK(xt_solver_advance(w.solver, &time, until, world_drivers, &w, NULL, &err));
    *report = *xt_solver_get_report(w.solver);
    for (int s = 0; s < SPECIES; s++) {
        float *c = world_plane(&w, w.fields->rest, s);
        for (int x = 0; x < CELLS; x++) {
            const double found = world_at(&w, c, x, 0, 0);
            worst = fmax(worst, fabs(found - truth->c[s][x]));
            if (s != 1) total[0] += found, total[1] += y.c[s][x];
        }
        free(c);
        /* what the reactions make is small against what there is */
        const double there = 100 * CELLS * pow(spacing, 3) * 0.4;
        const xt_balance *balance = &report->balance[s];
        if (balance->mesh_defect * fmin(1, balance->throughput / there) > 1e-6)
            fail_msg("species %d: balance off by %.1e", s, balance->mesh_defect);
    }
    assert_true(fabs(total[0] / total[1] - 1) < 1e-5); /* all of the ligand, free and bound */
    world_free(&w);
    return worst;
}

static void stiff_on_device(xt_device *device) {
    line truth;
    truth_of(&truth, 50);
    double error[4], found[2];
    for (int k = 0; k < 4; k++) { /* steps of equal size, whatever the error */
        xt_solver_report report;
        xt_solver_def def = xt_solver_def_default();
        def.relative = 1e6;
        def.max_step = until / (16 << k);
        error[k] = run(device, "50 1/(pM h)", &def, &truth, &report);
        assert_true(report.split);
        assert_int_equal(report.steps, 16 << k);
    }
    /* Long steps see a layer thinner than a voxel: there splitting is of first order. Short ones see the
     * second. */
    const double first = log2(error[0] / error[1]), last = log2(error[2] / error[3]);
    print_message("stiff: order %.2f, then %.2f in time (%.1e to %.1e pM)\n", first, last, error[0],
                  error[3]);
    if (first < 0.8 || last < 1.7) fail_msg("order %.2f, then %.2f", first, last);
    for (int k = 0; k < 2; k++) {
        xt_solver_report report;
        xt_solver_def def = xt_solver_def_default();
        def.relative = k ? 1e-3 : 1e-2;
        found[k] = run(device, "50 1/(pM h)", &def, &truth, &report);
        print_message(
            "stiff, tolerance %.0e: %llu steps, %llu rejected, %llu right-hand sides, error %.1e pM\n",
            def.relative, report.steps, report.rejected, report.right_hand_sides, found[k]);
        if (found[k] > 400 * def.relative) /* of 100 pM, from steps of first order */
            fail_msg("error %g pM", found[k]);
    }
    assert_true(found[1] < 0.5 * found[0]);
}

static void mild_on_device(xt_device *device) {
    line truth;
    xt_solver_report report;
    truth_of(&truth, 0.5);
    const double found = run(device, "0.5 1/(pM h)", NULL, &truth, &report);
    print_message("mild: %llu steps, %llu right-hand sides, error %.1e pM\n", report.steps,
                  report.right_hand_sides, found);
    assert_false(report.split);
    assert_true(found < 0.3);
}

/* A bolus: the first guess at a step knows of the transport only and is too long for what it sets off. */
static void bolus_on_device(xt_device *device) {
    xt_error err = {XT_OK, ""};
    const double centre[3] = {0.5 * CELLS * spacing, 0, 0};
    const world_def where = {.model = "tests/solve/binding.yaml",
                             .dims = {CELLS, 1, 1},
                             .spacing = {spacing, spacing, spacing},
                             .place = all_gel};
    world w;
    double time = 0;
    world_make(&w, device, &where);
    w.fields->plasma_clamped = true;
    OK(xt_solver_bolus(w.solver, 0, 100 * 0.4 * CELLS * pow(spacing, 3), centre, 100, &err));
    OK(xt_solver_bolus(w.solver, 1, 80 * 0.4 * CELLS * pow(spacing, 3) / 2, centre, 1, &err));
    OK(xt_solver_advance(w.solver, &time, 0.02, world_drivers, &w, NULL, &err));
    OK(xt_solver_bolus(w.solver, 1, 80 * 0.4 * CELLS * pow(spacing, 3), centre, 100, &err));
    OK(xt_solver_advance(w.solver, &time, 0.04, world_drivers, &w, NULL, &err));
    const xt_solver_report *report = xt_solver_get_report(w.solver);
    print_message("boluses: %llu steps, %llu rejected\n", report->steps, report->rejected);
    assert_true(report->split && time == 0.04);
    assert_true(report->rejected > 0); /* it was put to the test */
    world_free(&w);
}

static void a_bolus_is_got_over(void **state) {
    (void)state;
    on_every_device(bolus_on_device);
}

static void stiff_reactions_are_split_off(void **state) {
    (void)state;
    on_every_device(stiff_on_device);
}

static void mild_reactions_go_through_the_stages(void **state) {
    (void)state;
    on_every_device(mild_on_device);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stiff_reactions_are_split_off),
        cmocka_unit_test(a_bolus_is_got_over),
        cmocka_unit_test(mild_reactions_go_through_the_stages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
