/* Shapes of the explicit step: the shipped database, and the tuning run. */
#include "base/clock.h"
#include "device/tune.h"
#include "solve/step_internal.h"

#include <stdlib.h>

#define CPU CL_DEVICE_TYPE_CPU
#define GPU CL_DEVICE_TYPE_GPU

/* cells, single_rows, single_stream, levels, rows, stream, slab, run, pick: xt_step_shape in this order.
 * The values for CPUs and NVIDIA were measured (PoCL 3.1, AVX-512; H100); those of other GPUs follow from
 * what is known of them: a cell per work-item, slabs of a wavefront only where a large last-level cache holds
 * them. */
static const xt_tuned database[] = {
    {CPU, "ARM", NULL, NULL, {16, 32, 0, 3, 32, 0, 0, 16, 0}},
    {CPU, "Apple", NULL, NULL, {16, 32, 0, 3, 32, 0, 0, 16, 0}},
    {CPU, NULL, NULL, "avx512", {16, 32, 1, 4, 32, 1, 0, 16, 2}}, /* as PoCL names such processors */
    {CPU, NULL, NULL, NULL, {16, 32, 1, 4, 32, 1, 0, 16, 1}},
    {GPU, "NVIDIA", NULL, NULL, {4, 32, 0, 1, 32, 0, 4, 2, 1}}, /* measured on an H100 */
    {GPU, "AMD", NULL, NULL, {1, 32, 0, 2, 32, 0, 16, 1, 1}},
    {GPU, "Intel", NULL, NULL, {1, 32, 0, 1, 32, 0, 8, 1, 1}},
    {GPU, "Apple", NULL, NULL, {1, 32, 0, 1, 32, 0, 8, 1, 1}},
    {GPU, "ARM", NULL, NULL, {1, 32, 0, 1, 32, 0, 8, 2, 1}},
    {GPU, "Qualcomm", NULL, NULL, {1, 32, 0, 1, 32, 0, 8, 2, 1}},
    {0, NULL, NULL, NULL, {1, 32, 0, 1, 32, 0, 8, 1, 1}},
};
enum { SHAPE = 9 };
static const xt_tunables tunables = {
    .family = "step",
    .name = {"cells", "single_rows", "single_stream", "levels", "rows", "stream", "slab", "run", "pick"},
    .low = {1, 1, 0, 1, 1, 0, 0, 1, 0},
    .high = {XT_BLOCK, 4096, 1, XT_STEP_LEVELS_MOST, 4096, 1, 4096, 4096, XT_PICK_ALL},
    .count = SHAPE,
    .database = database,
};
_Static_assert(sizeof(xt_step_shape) == SHAPE * sizeof(int), "a shape is its tunables in their order");

/* A shape as values of tunables. */
typedef union {
    xt_step_shape shape;
    int value[SHAPE];
} shape_values;

xt_status xt_step_shape_get(xt_step_shape *shape, bool *tuned, const xt_device *device, xt_error *err) {
    shape_values both;
    XT_TRY(xt_tune_get(both.value, tuned, &tunables, device, err));
    *shape = both.shape;
    if (shape->cells != 1 && shape->cells != 4 && shape->cells != XT_BLOCK)
        return xt_fail(err, XT_USAGE, "CROSSTALK_TUNE: step.cells is %d; expected 1, 4 or %d", shape->cells,
                       XT_BLOCK);
    if (shape->cells < XT_BLOCK && shape->slab == 0) shape->slab = 8; /* tiles are for whole blocks */
    return XT_OK;
}

xt_step_shape xt_step_shape_for(const xt_device *device) {
    xt_error ignored = {0}; /* xt_step_create says what is wrong with the environment */
    xt_step_shape shape = {0};
    if (xt_step_shape_get(&shape, NULL, device, &ignored) != XT_OK) shape.levels = 1;
    return shape;
}

xt_status xt_step_shape_check(const xt_device *device, xt_error *err) {
    xt_step_shape shape;
    return xt_step_shape_get(&shape, NULL, device, err);
}

bool xt_step_is_tuned(const xt_device *device) {
    xt_error ignored = {0};
    xt_step_shape shape;
    bool tuned = false;
    return xt_step_shape_get(&shape, &tuned, device, &ignored) == XT_OK && tuned;
}

/* ---- the tuning run ---- */

/* One shape, and which variant it is timed by. */
typedef struct {
    xt_step_variant variant;
    xt_step_shape shape;
} candidate;
enum { CANDIDATES = 24, ROUNDS = 5 };

typedef struct {
    xt_fields *fields;
    const double *scalar;
    const candidate *list;
    xt_step *step[CANDIDATES];
    double dt;
} bench;

static xt_status measure(double *seconds, int index, void *context, xt_error *err) {
    bench *b = context;
    const candidate *own = &b->list[index];
    xt_device *device = b->fields->device;
    const int steps = own->variant == XT_STEP_BLOCKED ? own->shape.levels : 1;
    if (!b->step[index]) { /* built, and run once, before it is timed */
        XT_TRY(xt_step_create(&b->step[index], b->fields, b->scalar, &own->shape, err));
        b->dt = 0.5 * xt_step_stable(b->step[index]);
        XT_TRY(xt_step_run(b->step[index], own->variant, b->dt, steps, err));
    }
    int passes = 1;
    for (;; passes *= 2) {
        XT_TRY(xt_device_finish(device, err));
        const double begun = xt_seconds();
        for (int k = 0; k < passes; k++) XT_TRY(xt_step_run(b->step[index], own->variant, b->dt, steps, err));
        XT_TRY(xt_device_finish(device, err));
        *seconds = (xt_seconds() - begun) / (passes * steps);
        if (xt_seconds() - begun > 2e-3 || passes > 1000) return XT_OK;
    }
}

static xt_status pick(int *best, const candidate *list, int count, xt_fields *fields, const double *scalar,
                      xt_error *err) {
    bench b = {.fields = fields, .scalar = scalar, .list = list};
    const xt_status status = xt_tune_pick(best, count, ROUNDS, measure, &b, err);
    for (int k = 0; k < count; k++) xt_step_free(b.step[k]);
    return status;
}

xt_status xt_step_tune(xt_step_shape *shape, xt_fields *fields, const double *scalar, xt_error *err) {
    static const int rows[] = {16, 32, 64}, runs[] = {1, 2, 4}, slabs[] = {4, 16}, levels[] = {2, 3, 4, 6};
    candidate list[CANDIDATES];
    int count = 0, best;
    XT_TRY(xt_step_shape_get(shape, NULL, fields->device, err));
    const bool few = shape->cells < XT_BLOCK; /* a work-item takes less than a block: as GPUs like it */
    /* First how blocks find their coefficients, and how many cells a GPU's work-item takes at once, ...
     * Not from rows on GPUs: they win 5 % on the fixed body and lose threefold where all blocks are mixed
     * (H100). */
    for (int cells = few ? 1 : XT_BLOCK; cells <= (few ? 4 : XT_BLOCK); cells *= 4)
        for (int k = few ? XT_PICK_MIXED : XT_PICK_NONE; k <= XT_PICK_ALL; k++) {
            list[count] = (candidate){XT_STEP_SINGLE, *shape};
            list[count].shape.cells = cells;
            list[count++].shape.pick = k;
        }
    XT_TRY(pick(&best, list, count, fields, scalar, err));
    const xt_step_shape start = list[best].shape;
    /* ... then the single pass, ... */
    count = 0;
    for (int k = 0; k < 3; k++)
        for (int other = 0; other < 2; other++) {
            candidate c = {XT_STEP_SINGLE, start};
            c.shape.levels = 1;
            if (few) {
                c.shape.run = runs[k];
                c.shape.slab = slabs[other]; /* of alike blocks side by side */
            } else {
                c.shape.single_rows = rows[k];
                c.shape.single_stream = other;
            }
            list[count++] = c;
        }
    XT_TRY(pick(&best, list, count, fields, scalar, err));
    *shape = list[best].shape;
    /* ... then several steps per pass; one step per pass is among them. */
    count = 0;
    list[count++] = (candidate){XT_STEP_BLOCKED, *shape};
    for (int l = 0; l < 4; l++)
        for (int k = 0; k < 2; k++)
            for (int stream = 0; stream < (few ? 1 : 2); stream++) {
                candidate c = {XT_STEP_BLOCKED, *shape};
                c.shape.levels = levels[l];
                c.shape.rows = rows[k];
                c.shape.stream = stream;
                c.shape.slab = few ? slabs[k] : 0;
                list[count++] = c;
            }
    XT_TRY(pick(&best, list, count, fields, scalar, err));
    *shape = list[best].shape;
    const shape_values both = {.shape = *shape};
    xt_tune_keep(both.value, &tunables, fields->device);
    return XT_OK;
}
