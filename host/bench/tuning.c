/* Tuning on the benchmark's own problem. */
#include "bench/tuning.h"

#include <stdio.h>

#include "bench/problem.h"
#include "solve/stencil.h"
#include "solve/step.h"

static const char *picks(const xt_step_shape *shape) {
    return shape->pick == XT_PICK_NONE    ? "; coefficients in rows"
           : shape->pick == XT_PICK_MIXED ? "; coefficients by number in mixed blocks"
                                          : "; coefficients by number";
}

void xt_bench_tuning_say(char *text, size_t size, const xt_device *device) {
    const xt_step_shape s = xt_step_shape_for(device);
    const char *origin = xt_step_is_tuned(device) ? "tuned" : "shipped";
    if (s.cells < XT_BLOCK)
        snprintf(text, size,
                 "step (%s): %d at once of %d cells a work-item, %d steps a pass in slabs of %d planes%s",
                 origin, s.cells, s.cells * s.run, s.levels, s.slab, picks(&s));
    else
        snprintf(text, size, "step (%s): single pass by %d rows%s; %d steps a pass by %d rows%s%s", origin,
                 s.single_rows, s.single_stream ? ", past the caches" : "", s.levels, s.rows,
                 s.stream ? ", past the caches" : "", picks(&s));
}

xt_status xt_bench_tune(xt_device *device, int n, xt_error *err) {
    xt_bench_world *world = NULL;
    xt_step_shape shape;
    XT_TRY(xt_bench_world_create(&world, XT_BENCH_TISSUES, n, device, err));
    const xt_status status = xt_step_tune(&shape, world->fields, world->scalar, err);
    xt_bench_world_free(world);
    return status;
}
