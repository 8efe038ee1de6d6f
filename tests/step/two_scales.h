/* What quasi-steady fields cost: a remodelling run against one that resolves the fields in time while the
 * rules go on, with the two time scales brought close.
 *
 * epsilon is the slowest relaxation of the fields (osteokine and myokine lose 0.35/h: 2.9 h) over the fastest
 * of the rules (the osteoclasts' 25 d; 1/210 as shipped). A man of 45 goes to bed and does not age, so the
 * rules know no time of their own: while the fields take a step dt, the rules take speed x dt. The reference
 * takes turns in Strang's order, half a step of the rules, the fields in time, half a step of the rules, and
 * is repeated with half as many to show its own error. The quasi-steady run is the same whatever the speed.
 */
#ifndef TESTS_STEP_TWO_SCALES_H
#define TESTS_STEP_TWO_SCALES_H

#include <math.h>
#include "app/setup.h"
#include "device/every_device.h"
#include "step/internal.h"

static const double field_time = 1 / 0.35, rule_time = 25 * 24, story = 50 * 24; /* h */

static inline void make(xt_setup *setup, bool in_bed) {
    xt_error err = {XT_OK, ""};
    xt_log log = {0};
    const char *sets[] = {"drivers.load='0.10'"};
    memset(setup, 0, sizeof *setup);
    OK(xt_setup_read(setup, "tests/step/two_scales.yaml", sets, in_bed, &err));
    OK(xt_setup_build(setup, NULL, false, &log, &err));
    OK(xt_sim_start(setup->sim, &err));
}

/* The means of the model, and how far they went from the start. */
typedef struct {
    double start[64], end[64];
    int count;
} outcome;

static inline void look(double *to, int *count, const xt_sim *sim, const double *scalar) {
    *count = 0;
    for (int k = 0; k < sim->model->scalar_count && *count < 64; k++)
        if (sim->model->scalar[k].kind == XT_SCALAR_MEAN) to[(*count)++] = scalar[k];
}

static inline outcome quasi_steady(void) {
    xt_error err = {XT_OK, ""};
    xt_setup setup;
    outcome out;
    make(&setup, true);
    look(out.start, &out.count, setup.sim, setup.sim->scalar);
    OK(xt_sim_advance(setup.sim, xt_sim_end(setup.sim), &err));
    look(out.end, &out.count, setup.sim, setup.sim->scalar);
    xt_setup_clear(&setup);
    return out;
}

/* Nothing in `drivers` moves with time here; means and plasma are as the last turn left them. */
static void as_they_are(double *scalar, double time, void *context) {
    xt_sim *sim = context;
    memcpy(scalar, sim->scalar, (size_t)sim->model->scalar_count * sizeof *scalar);
    xt_sim_drivers(sim, scalar, time);
}

static inline void rules(xt_sim *sim, double dt) {
    xt_error err = {XT_OK, ""};
    xt_sim_drivers(sim, sim->scalar, 0);
    OK(xt_tissue_mechanics(sim->tissue, &err));
    const xt_tissue_span span = {.begin = sim->scalar, .end = sim->scalar, .dt = dt, .substeps = 1};
    OK(xt_tissue_step(sim->tissue, &span, &err));
    OK(xt_fields_classify(sim->fields, &err));
    OK(xt_tissue_means(sim->tissue, sim->scalar, &err));
    xt_sim_drivers(sim, sim->scalar, 0);
}

static inline outcome resolved(double speed, double turns_per_time) {
    xt_error err = {XT_OK, ""};
    xt_setup setup;
    outcome out;
    make(&setup, false);
    xt_sim *sim = setup.sim;
    look(out.start, &out.count, sim, sim->scalar);
    const int load = xt_model_find_scalar(sim->model, "load");
    assert_true(load >= 0);
    sim->scalar[load] = 0.10; /* into bed, with the fields of before */
    const int turns = (int)ceil(story / rule_time * turns_per_time);
    const double dt = story / speed / turns;
    double time = 0;
    for (int n = 0; n < turns; n++) {
        rules(sim, 0.5 * speed * dt);
        OK(xt_fields_set_scalars(sim->fields, sim->scalar, &err));
        OK(xt_solver_advance(sim->solver, &time, (n + 1) * dt, as_they_are, sim, NULL, &err));
        rules(sim, 0.5 * speed * dt);
    }
    look(out.end, &out.count, sim, sim->scalar);
    xt_setup_clear(&setup);
    return out;
}

/* Largest difference of a mean against the largest change of any. */
static inline double apart(const outcome *a, const outcome *b) {
    double moved = 0, worst = 0;
    for (int k = 0; k < a->count; k++) {
        moved = fmax(moved, fabs(a->end[k] - a->start[k]));
        worst = fmax(worst, fabs(a->end[k] - b->end[k]));
    }
    return worst / moved;
}

/* The errors for each epsilon, and the orders between them: all must be near 1. */
static inline void study(const double *epsilon, int count) {
    double before = 0;
    const outcome q = quasi_steady();
    for (int k = 0; k < count; k++) {
        const double speed = epsilon[k] * rule_time / field_time, turns = 20 / sqrt(epsilon[k]);
        const outcome r = resolved(speed, turns), coarse = resolved(speed, turns / 2);
        const double error = apart(&r, &q), own = apart(&r, &coarse) / 3; /* of second order in the turn */
        print_message("epsilon 1/%-4.0f two-scale error %.3g (%.3g epsilon), of the reference %.1g",
                      1 / epsilon[k], error, error / epsilon[k], own);
        if (k) {
            const double order = log(before / error) / log(epsilon[k - 1] / epsilon[k]);
            print_message(", order %.2f", order);
            assert_true(order > 0.8 && order < 1.2);
        }
        print_message("\n");
        fflush(stdout);
        assert_true(own < 0.25 * error); /* fp32 states: 1e-5, however short the turns */
        before = error;
    }
}

#endif
