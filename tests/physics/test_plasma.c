/* Tissue and blood together: nothing is lost, and a bolus into the blood falls with the two rates on paper.
 */
#include "physics/walls.h"

enum { N = 24 };

static xt_material left_and_right(int x, int y, int z, const xt_model *model, const void *context) {
    (void)y, (void)z;
    const bool both = *(const bool *)context;
    return (xt_material){(uint8_t)xt_model_find_tissue(model, both && x > N / 2 ? "right" : "left"), 0, 0};
}

static void conservation_on_device(xt_device *device) {
    const bool both = true;
    const double h = 0.5, centre[3] = {5, 6, 6};
    const xt_override overrides[] = {{.name = "exchange", .value = "0.7 1/h"},
                                     {.name = "partition", .value = "0.4"}};
    const world_def def = {.model = PLAIN,
                           .dims = {N, N, N},
                           .spacing = {h, h, h},
                           .place = left_and_right,
                           .context = &both,
                           .overrides = overrides,
                           .override_count = 2};
    world w;
    xt_error err = {XT_OK, ""};
    world_make(&w, device, &def);
    w.fields->plasma[0] = 0;
    w.model->plasma_volume = 500; /* comparable with the tissue */
    OK(xt_solver_bolus(w.solver, 0, 1e5, centre, 2, &err));
    OK(xt_solver_bolus(w.solver, 0, 5e4, centre, 0, &err));
    double time = 0;
    OK(xt_solver_advance(w.solver, &time, 12, world_drivers, &w, NULL, &err));
    const xt_solver_report *report = xt_solver_get_report(w.solver);
    print_message("%llu steps, %llu rejected, %llu right-hand sides, %d stages at most, mesh defect %.1e, "
                  "plasma %.1e\n",
                  report->steps, report->rejected, report->right_hand_sides, report->stages_most,
                  report->balance[0].mesh_defect, report->balance[0].plasma_defect);
    float *c = world_plane(&w, w.fields->rest, 0);
    double total = w.fields->plasma[0] * w.model->plasma_volume;
    for (int z = 0; z < N; z++)
        for (int y = 0; y < N; y++)
            for (int x = 0; x < N; x++)
                total += world_at(&w, c, x, y, z) * (x > N / 2 ? 0.1 : 0.3) * h * h * h;
    if (fabs(total - 1.5e5) > 1e-6 * 1.5e5) fail_msg("%.9g amol of 150000 are left", total);
    assert_true(fabs(w.fields->plasma[0] * w.model->plasma_volume - 5e4) > 5e3); /* some has moved */
    const xt_balance *balance = &xt_solver_get_report(w.solver)->balance[0];
    assert_true(balance->mesh_defect < 1e-6 && balance->plasma_defect < 1e-6);
    free(c);
    world_free(&w);
}

static void nothing_is_lost(void **state) {
    (void)state;
    on_every_device(conservation_on_device);
}

/* V_p p' = V K (c - R p) - CL p, phi c' = K (R p - c) - phi k c: two exponentials. */
static void bolus_on_device(xt_device *device) {
    const bool both = false;
    const double h = 0.5, phi = 0.3, K = 0.7, R = 0.4, k = 0.2, elimination = 0.5, volume = 500, amount = 5e4;
    const xt_override overrides[] = {{.name = "exchange", .value = "0.7 1/h"},
                                     {.name = "partition", .value = "0.4"},
                                     {.name = "loss", .value = "0.2 1/h"}};
    xt_solver_def fine = xt_solver_def_default();
    fine.max_step = 0.001;
    const world_def def = {.model = PLAIN,
                           .dims = {N, 4, 4},
                           .spacing = {h, h, h},
                           .place = left_and_right,
                           .context = &both,
                           .overrides = overrides,
                           .override_count = 3,
                           .def = &fine};
    world w;
    xt_error err = {XT_OK, ""};
    world_make(&w, device, &def);
    w.model->plasma_volume = volume;
    w.model->species[0].plasma_elimination = elimination;
    w.fields->plasma[0] = 0;
    const double nowhere[3] = {0, 0, 0}, tissue = N * 16 * h * h * h;
    OK(xt_solver_bolus(w.solver, 0, amount, nowhere, 0, &err));
    const double a = -tissue * K * R / volume - elimination, b = tissue * K / volume, c = K * R / phi,
                 d = -K / phi - k;
    const double half = (a + d) / 2, root = sqrt((a - d) * (a - d) / 4 + b * c);
    const double fast = half - root, slow = half + root, start = amount / volume;
    double time = 0;
    for (int i = 1; i <= 4; i++) {
        const double until = 0.37 * i;
        OK(xt_solver_advance(w.solver, &time, until, world_drivers, &w, NULL, &err));
        assert_true(time == until);
        const double truth =
            start * ((a - slow) * exp(fast * time) - (a - fast) * exp(slow * time)) / (fast - slow);
        if (fabs(w.fields->plasma[0] - truth) > 1e-3 * truth)
            fail_msg("at %g h: %.6g pM, on paper %.6g", time, w.fields->plasma[0], truth);
    }
    world_free(&w);
}

static void a_bolus_falls_with_two_rates(void **state) {
    (void)state;
    on_every_device(bolus_on_device);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost),
        cmocka_unit_test(a_bolus_falls_with_two_rates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
