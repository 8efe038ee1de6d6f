/* Steady fields: the reference keeps the plasma at its baseline, balances close, sources that vanish leave
 * nothing. */
#include "solve/world.h"

static const unsigned seed = 3;

static void make(world *w, xt_device *device) {
    xt_error err = {XT_OK, ""};
    const world_def def = {.model = "scenes/models/crosstalk4.yaml",
                           .dims = {33, 12, 10},
                           .spacing = {0.3, 0.3, 0.3},
                           .place = world_clumps,
                           .context = &seed};
    world_make(w, device, &def);
    OK(xt_solver_reference(w->solver, &err));
}

static void check_balances(const world *w) {
    const xt_solver_report *report = xt_solver_get_report(w->solver);
    for (int s = 0; s < w->model->species_count; s++) {
        const xt_balance *b = &report->balance[s];
        if (b->mesh_defect > 1e-6 || b->plasma_defect > 1e-7)
            fail_msg("%s: off by %.2e in the mesh, %.2e in the plasma", w->model->species[s].name,
                     b->mesh_defect, b->plasma_defect);
    }
    assert_true(report->solves > 0);
}

static void reference_on_device(xt_device *device) {
    world w;
    make(&w, device);
    for (int s = 0; s < w.model->species_count; s++) {
        assert_true(w.fields->plasma[s] == w.model->species[s].plasma_baseline);
        assert_true(w.fields->secretion_scale[s] > 0.2 && w.fields->secretion_scale[s] < 5);
        float *rest = world_plane(&w, w.fields->rest, s),
              *reference = world_plane(&w, w.fields->reference, s);
        assert_memory_equal(rest, reference, w.fields->cells * sizeof *rest);
        for (size_t i = 0; i < w.fields->cells; i++) assert_true(rest[i] >= 0);
        free(rest);
        free(reference);
    }
    check_balances(&w);
    assert_true(xt_solver_get_report(w.solver)->worst_residual < 1e-5);
    world_free(&w);
}

static void the_reference_keeps_the_plasma_at_its_baseline(void **state) {
    (void)state;
    on_every_device(reference_on_device);
}

static void vanish_on_device(xt_device *device) {
    xt_error err = {XT_OK, ""};
    world w;
    make(&w, device);
    const int vesicle = xt_model_find_species(w.model, "vesicle");
    world_set(&w, "vesicle_block", 1);
    for (int again = 0; again < 3; again++) OK(xt_solver_steady(w.solver, w.scalar, true, &err));
    float *rest = world_plane(&w, w.fields->rest, vesicle);
    for (size_t i = 0; i < w.fields->cells; i++) assert_true(fabsf(rest[i]) < 1e-3f);
    assert_true(fabs(w.fields->plasma[vesicle]) < 1e-6);
    free(rest);
    world_set(&w, "vesicle_block", 0);
    OK(xt_solver_steady(w.solver, w.scalar, true, &err));
    assert_true(fabs(w.fields->plasma[vesicle] - 0.83) < 0.01);
    check_balances(&w);
    world_free(&w);
}

static void a_source_that_vanishes_leaves_nothing_and_comes_back(void **state) {
    (void)state;
    on_every_device(vanish_on_device);
}

static void clamp_on_device(xt_device *device) {
    xt_error err = {XT_OK, ""};
    world w;
    make(&w, device);
    w.fields->plasma_clamped = true;
    w.scalar[w.model->age] = 75 * 365.25 * 24;
    xt_model_drivers(w.model, w.scalar);
    OK(xt_solver_reference(w.solver, &err));
    OK(xt_solver_steady(w.solver, w.scalar, true, &err));
    for (int s = 0; s < w.model->species_count; s++) {
        assert_true(w.fields->plasma[s] == w.model->species[s].plasma_baseline);
        assert_true(w.fields->secretion_scale[s] == 1);
    }
    check_balances(&w);
    world_free(&w);
}

static void a_clamped_plasma_stays(void **state) {
    (void)state;
    on_every_device(clamp_on_device);
}

/* Without a mesh the closed form of the model's baseline is the answer. */
static void well_mixed_tissues_are_at_their_baseline(void **state) {
    (void)state;
    xt_error err = {XT_OK, ""};
    const world_def def = {.model = "scenes/models/crosstalk4.yaml"};
    world w;
    world_make(&w, NULL, &def);
    OK(xt_solver_reference(w.solver, &err));
    for (int s = 0; s < w.model->species_count; s++) {
        assert_true(fabs(w.fields->plasma[s] / w.model->species[s].plasma_baseline - 1) < 1e-9);
        for (int o = 0; o < w.fields->organ_count; o++) {
            const double level = xt_model_baseline_level(w.model, s, w.fields->organ[o].tissue);
            assert_true(fabs(w.fields->organ[o].rest[s] - level) < 1e-9 * level);
        }
    }
    double time = 0;
    OK(xt_solver_advance(w.solver, &time, 5, world_drivers, &w, NULL, &err)); /* at rest nothing moves */
    assert_true(time == 5);
    for (int s = 0; s < w.model->species_count; s++)
        assert_true(fabs(w.fields->plasma[s] / w.model->species[s].plasma_baseline - 1) < 1e-2);
    world_free(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_keeps_the_plasma_at_its_baseline),
        cmocka_unit_test(a_source_that_vanishes_leaves_nothing_and_comes_back),
        cmocka_unit_test(a_clamped_plasma_stays),
        cmocka_unit_test(well_mixed_tissues_are_at_their_baseline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
