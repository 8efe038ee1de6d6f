/* One remodelling step by the default model's rules. */
#include "bench/kernel.h"

#include <math.h>
#include <stdlib.h>

#include "tissue/reference.h"

static const double step_h = 7 * 24;
enum { SAMPLES = 4096 };

/* What each tissue's rules read and write: the material alone where there are none. */
xt_status xt_bench_remodel_prepare(xt_bench_run_at *at, xt_error *err) {
    const xt_bench_world *world = at->world;
    const xt_model *model = world->model;
    const bool peak = model->peak_share >= 0 && world->scalar[model->peak_share] > 0;
    (void)err;
    at->row->updates = pow(at->n, 3);
    at->row->bytes = 0;
    for (int k = 1; k <= model->tissue_count; k++) /* voxels are 1 mm wide */
        at->row->bytes += xt_mesh_volume(world->mesh, k) * xt_tissue_step_bytes(model, k, peak);
    return XT_OK;
}

xt_status xt_bench_remodel_pass(xt_bench_run_at *at, xt_error *err) {
    const double *scalar = at->world->scalar;
    const xt_tissue_span span = {.begin = scalar, .end = scalar, .dt = step_h, .substeps = 1};
    return xt_tissue_step(at->world->rules, &span, err);
}

/* Cells all over the mesh, of every tissue; all of them where there are few. */
static size_t choose(xt_tissue_sample *sample, const xt_fields *fields) {
    const size_t first = XT_BLOCK, there = fields->cells - first, stride = (there + SAMPLES - 1) / SAMPLES;
    size_t count = 0;
    for (size_t k = 0; k < there && count < SAMPLES; k += stride, count++)
        sample[count].cell = first + (k + (count * 7) % stride) % there;
    return count;
}

static void compare(xt_bench_check *check, const xt_tissue_sample *found, const xt_tissue_sample *wanted,
                    size_t count, const xt_model *model) {
    for (size_t i = 0; i < count; i++) {
        if (!wanted[i].tissue) continue;
        for (int p = 0; p < model->phase_count; p++)
            xt_bench_check_value(check, found[i].phase[p], wanted[i].phase[p]);
        for (int k = 0; k < model->state_count; k++) {
            const double scale = fmax(1, fabs(wanted[i].state[k]));
            xt_bench_check_value(check, found[i].state[k] / scale, wanted[i].state[k] / scale);
        }
    }
}

xt_status xt_bench_remodel_verify(xt_bench_run_at *at, xt_error *err) {
    const xt_bench_world *world = at->world;
    const xt_model *model = world->model;
    xt_tissue_sample *found = calloc(SAMPLES, sizeof *found), *wanted = calloc(SAMPLES, sizeof *wanted);
    xt_status status = XT_OK;
    if (!found || !wanted) {
        status = xt_no_memory(err, "a sample of cells", 2 * SAMPLES * sizeof *found);
        goto done;
    }
    const size_t count = choose(wanted, world->fields);
    const bool peak = model->peak_share >= 0 && world->scalar[model->peak_share] > 0;
    XT_GO(xt_tissue_sample_take(wanted, count, world->fields, err));
    xt_tissue_sample_step(wanted, count, model, world->scalar, step_h, peak);
    XT_GO(xt_bench_remodel_pass(at, err));
    for (size_t i = 0; i < count; i++) found[i].cell = wanted[i].cell;
    XT_GO(xt_tissue_sample_take(found, count, world->fields, err));
    xt_bench_check_begin(&at->row->check, 1e-6,
                         count < SAMPLES ? "every cell, phases and states after one step, in double"
                                         : "4096 cells, phases and states after one step, in double");
    compare(&at->row->check, found, wanted, count, model);
    xt_bench_check_end(&at->row->check);
done:
    free(found);
    free(wanted);
    return status;
}
