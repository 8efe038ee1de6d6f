/* Acute time: lands where it is told, stops when it is told, and gives the same bits every time. */
#include "solve/world.h"

static const unsigned seed = 7;
static const double until = 0.7391;

static void make(world *w, xt_device *device) {
    xt_error err = {XT_OK, ""};
    const world_def def = {.model = "scenes/models/crosstalk4.yaml",
                           .dims = {21, 9, 8},
                           .spacing = {0.5, 0.5, 0.5},
                           .place = world_clumps,
                           .context = &seed};
    world_make(w, device, &def);
    OK(xt_solver_reference(w->solver, &err));
    world_set(w, "bout_start", 0.1);
}

static float *all_rest(const world *w) {
    xt_error err = {XT_OK, ""};
    const size_t bytes = w->fields->cells * (size_t)w->model->species_count * sizeof(float);
    float *values = malloc(bytes);
    assert_non_null(values);
    OK(xt_buffer_read(w->fields->device, w->fields->rest, 0, bytes, values, &err));
    return values;
}

static void same_bits(const world *a, const world *b) {
    float *x = all_rest(a), *y = all_rest(b);
    assert_memory_equal(x, y, a->fields->cells * (size_t)a->model->species_count * sizeof *x);
    assert_memory_equal(a->fields->plasma, b->fields->plasma,
                        (size_t)a->model->species_count * sizeof(double));
    for (int o = 0; o < a->fields->organ_count; o++)
        assert_memory_equal(a->fields->organ[o].rest, b->fields->organ[o].rest,
                            (size_t)a->model->species_count * sizeof(double));
    free(x);
    free(y);
}

static void runs_on_device(xt_device *device) {
    xt_error err = {XT_OK, ""};
    world w[2];
    for (int k = 0; k < 2; k++) {
        double time = 0;
        make(&w[k], device);
        OK(xt_solver_advance(w[k].solver, &time, until, world_drivers, &w[k], NULL, &err));
        assert_true(time == until);
        const xt_solver_report *report = xt_solver_get_report(w[k].solver);
        print_message("%llu steps, %llu rejected, %llu right-hand sides, %d stages at most\n", report->steps,
                      report->rejected, report->right_hand_sides, report->stages_most);
        OK(xt_solver_advance(w[k].solver, &time, until, world_drivers, &w[k], NULL,
                             &err)); /* already there */
        assert_true(time == until);
    }
    same_bits(&w[0], &w[1]);
    float *before = all_rest(&w[0]);
    OK(xt_solver_steady(w[0].solver, w[0].scalar, true, &err)); /* steady after acute, twice */
    OK(xt_solver_steady(w[1].solver, w[1].scalar, true, &err));
    same_bits(&w[0], &w[1]);
    float *after = all_rest(&w[0]);
    assert_memory_not_equal(before, after, w[0].fields->cells * sizeof *before);
    free(before);
    free(after);
    world_free(&w[0]);
    world_free(&w[1]);
}

static void two_runs_give_the_same_bits(void **state) {
    (void)state;
    on_every_device(runs_on_device);
}

typedef struct {
    world *w;
    int calls, most;
    volatile int stop;
} stopping;

static void stop_after(double *scalar, double time, void *context) {
    stopping *s = context;
    world_drivers(scalar, time, s->w);
    if (++s->calls == s->most) s->stop = 1;
}

/* A run that is stopped, put into a new solver from what a checkpoint keeps, and carried on. */
static void resume_on_device(xt_device *device) {
    xt_error err = {XT_OK, ""};
    world whole, part, rest;
    double time = 0;
    make(&whole, device);
    OK(xt_solver_advance(whole.solver, &time, until, world_drivers, &whole, NULL, &err));
    make(&part, device);
    stopping s = {.w = &part, .most = 11};
    time = 0;
    OK(xt_solver_advance(part.solver, &time, until, stop_after, &s, &s.stop, &err));
    assert_true(time > 0 && time < until);
    make(&rest, device);
    void *bytes = malloc(xt_solver_state_size(part.solver));
    assert_non_null(bytes);
    OK(xt_solver_state_save(bytes, part.solver, &err));
    OK(xt_solver_state_load(rest.solver, bytes, &err));
    free(bytes);
    float *fields = all_rest(&part);
    OK(xt_buffer_write(device, rest.fields->rest, 0,
                       part.fields->cells * (size_t)part.model->species_count * sizeof *fields, fields,
                       &err));
    free(fields);
    memcpy(rest.fields->plasma, part.fields->plasma, sizeof part.fields->plasma);
    for (int o = 0; o < part.fields->organ_count; o++) rest.fields->organ[o] = part.fields->organ[o];
    OK(xt_solver_advance(rest.solver, &time, until, world_drivers, &rest, NULL, &err));
    assert_true(time == until);
    same_bits(&whole, &rest);
    assert_true(xt_solver_get_report(rest.solver)->steps == xt_solver_get_report(whole.solver)->steps);
    world_free(&whole);
    world_free(&part);
    world_free(&rest);
}

static void a_stopped_run_goes_on_with_the_same_bits(void **state) {
    (void)state;
    on_every_device(resume_on_device);
}

/* Plasma at 2 h, after a bout from 1.234 h to 1.3 h that comes out of steady levels. */
static void after_a_short_bout(double plasma[XT_MAX_SPECIES], xt_device *device, const xt_solver_def *def) {
    xt_error err = {XT_OK, ""};
    const world_def where = {.model = "scenes/models/crosstalk4.yaml",
                             .dims = {12, 6, 5},
                             .spacing = {0.5, 0.5, 0.5},
                             .place = world_clumps,
                             .context = &seed,
                             .def = def};
    world w;
    double time = 0;
    world_make(&w, device, &where);
    OK(xt_solver_reference(w.solver, &err));
    world_set(&w, "vesicle_burst", 1);
    world_set(&w, "bout_start", 1.234);
    world_set(&w, "bout_length", 0.066);
    OK(xt_solver_advance(w.solver, &time, 2, world_drivers, &w, NULL, &err));
    memcpy(plasma, w.fields->plasma, sizeof w.fields->plasma);
    const xt_solver_report *report = xt_solver_get_report(w.solver);
    print_message("vesicle %.6g pM after %llu steps, %llu rejected\n", plasma[3], report->steps,
                  report->rejected);
    world_free(&w);
}

/* Nothing before it tells of the bout, and the steps there would be longer than it is. */
static void edges_on_device(xt_device *device) {
    double found[XT_MAX_SPECIES], fine[XT_MAX_SPECIES];
    xt_solver_def def = xt_solver_def_default();
    after_a_short_bout(found, device, &def);
    def.relative = 1e-5;
    def.max_step = 0.01;
    after_a_short_bout(fine, device, &def);
    for (int s = 0; s < 4; s++)
        if (fabs(found[s] / fine[s] - 1) > 3e-3)
            fail_msg("species %d: %g pM, in small steps %g", s, found[s], fine[s]);
}

static void a_bout_is_not_stepped_over(void **state) {
    (void)state;
    on_every_device(edges_on_device);
}

/* A gland in a gel, neither of which holds anything at first, nor does the plasma. */
static xt_material gland(int x, int y, int z, const xt_model *model, const void *context) {
    (void)y, (void)z, (void)context;
    return (xt_material){(uint8_t)xt_model_find_tissue(model, x < 4 ? "gland" : "gel"), 0, 0};
}

static void empty_on_device(xt_device *device) {
    double mean[2];
    for (int k = 0; k < 2; k++) {
        xt_error err = {XT_OK, ""};
        xt_solver_def tight = xt_solver_def_default();
        tight.relative = 1e-5;
        tight.absolute = 1e-4;
        const world_def def = {.model = "tests/solve/patch.yaml",
                               .dims = {40, 2, 2},
                               .spacing = {0.5, 0.5, 0.5},
                               .place = gland,
                               .def = k ? &tight : NULL};
        world w;
        double time = 0;
        world_make(&w, device, &def);
        OK(xt_solver_reference(w.solver, &err));
        float *none = calloc(w.fields->cells, sizeof *none);
        assert_non_null(none);
        OK(xt_buffer_write(device, w.fields->rest, 0, w.fields->cells * sizeof *none, none, &err));
        free(none);
        w.fields->plasma[0] = 0;
        for (int o = 0; o < w.fields->organ_count; o++) w.fields->organ[o].rest[0] = 0;
        OK(xt_solver_advance(w.solver, &time, 0.5, world_drivers, &w, NULL, &err));
        const xt_solver_report *report = xt_solver_get_report(w.solver);
        print_message("from nothing: %llu steps, %llu rejected\n", report->steps, report->rejected);
        float *rest = world_plane(&w, w.fields->rest, 0);
        mean[k] = world_at(&w, rest, 1, 0, 0);
        free(rest);
        assert_true(k || report->rejected < 4);
        world_free(&w);
    }
    assert_true(mean[0] > 0);
    if (fabs(mean[0] / mean[1] - 1) > 5e-3) fail_msg("%g pM, not %g", mean[0], mean[1]);
}

static void it_starts_from_nothing(void **state) {
    (void)state;
    on_every_device(empty_on_device);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_runs_give_the_same_bits),
        cmocka_unit_test(a_stopped_run_goes_on_with_the_same_bits),
        cmocka_unit_test(a_bout_is_not_stepped_over),
        cmocka_unit_test(it_starts_from_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
