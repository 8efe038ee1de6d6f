/* The explicit step of four species, in every way that production has it. */
#include "bench/kernel.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/window.h"
#include "solve/step.h"

static const double step_h = 1, most_error = 1e-6;
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

/* Every voxel's difference from `wanted`, the fields before. */
static xt_status compare(xt_bench_check *check, const xt_bench_run_at *at, const float *wanted, float *found,
                         xt_error *err) {
    const xt_fields *fields = at->world->fields;
    const size_t bytes = fields->cells * sizeof *found;
    const int n = at->n;
    xt_bench_check_begin(check, most_error, "");
    for (int s = 0; s < fields->model->species_count; s++, wanted += fields->cells) {
        XT_TRY(xt_buffer_read(at->device, fields->rest, (size_t)s * bytes, bytes, found, err));
        for (int z = 0; z < n; z++)
            for (int y = 0; y < n; y++) {
                const size_t row = xt_bench_cell(0, y, z, n);
                for (size_t i = row; i < row + (size_t)n; i++)
                    xt_bench_check_value(check, (double)found[i], (double)wanted[i]);
            }
    }
    xt_bench_check_end(check);
    return XT_OK;
}

/* Windows are few of a large grid's voxels. The naive step has no tiles, levels or tables to go wrong between
 * them: it is checked in the windows too, and then everywhere compared with. */
static xt_status against_naive(xt_bench_run_at *at, const stepper *own, xt_error *err) {
    const xt_fields *fields = at->world->fields;
    const size_t planes = (size_t)fields->model->species_count, cells = fields->cells;
    const xt_bench_check windows = at->row->check;
    float *mine = malloc((planes + 1) * cells * sizeof *mine);
    xt_bench_check naive, whole;
    xt_status status = XT_OK;
    if (!mine) return xt_no_memory(err, "the fields after a step", (planes + 1) * cells * sizeof *mine);
    XT_GO(xt_buffer_read(at->device, fields->rest, 0, planes * cells * sizeof *mine, mine, err));
    XT_GO(xt_bench_world_reset(at->world, err));
    XT_GO(xt_step_run(own->step, XT_STEP_NAIVE, step_h, own->steps, err));
    XT_GO(compare(&whole, at, mine, mine + planes * cells, err));
    XT_GO(xt_bench_windows_check(at, own->steps, most_error, host_steps, own, err));
    naive = at->row->check;
    at->row->check = windows;
    at->row->check.not_finite += naive.not_finite + whole.not_finite;
    at->row->check.error = fmax(windows.error, fmax(naive.error, whole.error));
    at->row->check.against = "the same in double, four windows of 24^3 voxels; step_naive, every voxel";
done:
    free(mine);
    return status;
}

xt_status xt_bench_step_verify(xt_bench_run_at *at, xt_error *err) {
    const stepper *own = at->own;
    XT_TRY(xt_bench_step_pass(at, err));
    XT_TRY(xt_bench_windows_check(at, own->steps, most_error, host_steps, own, err));
    return own->variant == XT_STEP_NAIVE || at->n <= XT_BENCH_WHOLE ? XT_OK : against_naive(at, own, err);
}
