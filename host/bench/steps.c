/* The explicit step of four species, in every way that production has it. */
#include "bench/kernel.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/window.h"
#include "solve/step.h"

static const double step_h = 1;
enum { STEPS = 8, STEPS_NAIVE = 2 }; /* of a pass, at least; all of them are checked */

typedef struct {
    xt_step *step;
    xt_step_variant variant;
    int steps;
} stepper;

static xt_status prepare(xt_bench_run_at *at, xt_step_variant variant, xt_error *err) {
    stepper *own = at->own = calloc(1, sizeof *own);
    if (!own) return xt_no_memory(err, "an explicit step", sizeof *own);
    const xt_step_shape shape = xt_step_shape_for(at->device);
    const int levels = variant == XT_STEP_BLOCKED && shape.levels > 1 ? shape.levels : 1;
    own->variant = variant;
    own->steps = variant == XT_STEP_NAIVE ? STEPS_NAIVE : levels * ((STEPS + levels - 1) / levels);
    XT_TRY(xt_step_create(&own->step, at->world->fields, at->world->scalar, NULL, err));
    at->row->updates = pow(at->n, 3) * own->steps;
    at->row->bytes = at->row->updates * (8.0 * at->world->model->species_count + 1);
    if (variant == XT_STEP_BLOCKED)
        snprintf(at->row->variant, sizeof at->row->variant, "%d steps a pass, %s", levels,
                 shape.slab ? "wavefront" : "tiles");
    xt_bench_extra_set(at->row, "plain_share", xt_step_plain_share(own->step));
    return XT_OK;
}

xt_status xt_bench_naive_prepare(xt_bench_run_at *at, xt_error *err) {
    return prepare(at, XT_STEP_NAIVE, err);
}
xt_status xt_bench_single_prepare(xt_bench_run_at *at, xt_error *err) {
    return prepare(at, XT_STEP_SINGLE, err);
}
xt_status xt_bench_blocked_prepare(xt_bench_run_at *at, xt_error *err) {
    return prepare(at, XT_STEP_BLOCKED, err);
}

void xt_bench_step_release(xt_bench_run_at *at) {
    stepper *own = at->own;
    if (own) xt_step_free(own->step);
    free(own);
}

xt_status xt_bench_step_pass(xt_bench_run_at *at, xt_error *err) {
    const stepper *own = at->own;
    return xt_step_run(own->step, own->variant, step_h, own->steps, err);
}

static xt_status host_steps(double *c, double *work, const xt_bench_reference *r, int species,
                            const void *context, xt_error *err) {
    const stepper *own = context;
    (void)err;
    xt_bench_reference_steps(c, work, r, species, step_h, own->steps);
    return XT_OK;
}

xt_status xt_bench_step_verify(xt_bench_run_at *at, xt_error *err) {
    const stepper *own = at->own;
    XT_TRY(xt_bench_step_pass(at, err));
    return xt_bench_windows_check(at, own->steps, 1e-6, host_steps, own, err);
}
