/* Time and bytes per stage.
 *
 * With sane profiling each command's event waits in a bounded list until its time is read: when the list is
 * full (the older half, while the younger keeps the device busy) and at a finish. Every event is released
 * then; on NVIDIA events left alive slow a program to a crawl. Without sane profiling a stage is timed by the
 * wall clock: the queue is finished whenever the stage changes. */
#include <string.h>
#include <time.h>
#include "device/internal.h"

double xt_device_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static xt_status find_stage(int *stage, xt_device *device, const char *name, xt_error *err) {
    if (!name) name = "other";
    for (int i = 0; i < device->stage_count; i++)
        if (device->stages[i].name == name || strcmp(device->stages[i].name, name) == 0) {
            *stage = i;
            return XT_OK;
        }
    if (device->stage_count == XT_STAGES_MAX)
        return xt_fail(err, XT_INTERNAL, "more than %d stages at '%s'", (int)XT_STAGES_MAX, name);
    *stage = device->stage_count++;
    device->stages[*stage] = (xt_stage){.name = name};
    return XT_OK;
}

static void release(xt_pending *pending) {
    if (pending->before) clReleaseEvent(pending->before);
    if (pending->event) clReleaseEvent(pending->event);
}

/* Read and release the first `count` pending commands, which must be complete. */
static xt_status harvest(xt_device *device, int count, xt_error *err) {
    xt_status status = XT_OK;
    for (int i = 0; i < count; i++) {
        xt_pending *at = &device->pending[i];
        xt_stage *stage = &device->stages[at->stage];
        cl_int ran = CL_COMPLETE;
        cl_ulong start = 0, end = 0;
        clGetEventInfo(at->event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof ran, &ran, NULL);
        if (ran < 0)
            status = xt_cl_fail(err, ran, "stage '%s' failed on %s", stage->name, device->info.name);
        else if (clGetEventProfilingInfo(at->before ? at->before : at->event,
                                         at->before ? CL_PROFILING_COMMAND_END : CL_PROFILING_COMMAND_START,
                                         sizeof start, &start, NULL) == CL_SUCCESS &&
                 clGetEventProfilingInfo(at->event, CL_PROFILING_COMMAND_END, sizeof end, &end, NULL) ==
                     CL_SUCCESS &&
                 end > start)
            stage->seconds += 1e-9 * (double)(end - start);
        release(at);
    }
    device->pending_count -= count;
    memmove(device->pending, device->pending + count,
            (size_t)device->pending_count * sizeof *device->pending);
    return status;
}

static void wall_stop(xt_device *device) {
    if (device->wall_stage >= 0)
        device->stages[device->wall_stage].seconds += xt_device_now() - device->wall_started;
    device->wall_stage = -1;
}

xt_status xt_device_finish(xt_device *device, xt_error *err) {
    cl_int code = clFinish(device->queue);
    if (!device->info.profiling_sane) wall_stop(device);
    device->unflushed = 0;
    XT_TRY(harvest(device, device->pending_count, err)); /* names the stage, where clFinish cannot */
    if (code != CL_SUCCESS) return xt_cl_fail(err, code, "waiting for %s", device->info.name);
    return XT_OK;
}

xt_status xt_stage_begin(int *stage, xt_device *device, const char *name, xt_error *err) {
    XT_TRY(find_stage(stage, device, name, err));
    if (device->info.profiling_sane || device->wall_stage == *stage) return XT_OK;
    if (device->wall_stage >= 0) XT_TRY(xt_device_finish(device, err));
    device->wall_stage = *stage;
    device->wall_started = xt_device_now();
    return XT_OK;
}

cl_event *xt_stage_event(xt_device *device, cl_event *event) {
    *event = NULL;
    return device->info.profiling_sane ? event : NULL;
}

xt_status xt_stage_end(xt_device *device, int stage, cl_event before, cl_event event, double bytes,
                       xt_error *err) {
    device->stages[stage].bytes += bytes;
    device->stages[stage].launches++;
    if (++device->unflushed >= XT_FLUSH_EVERY) {
        clFlush(device->queue);
        device->unflushed = 0;
    }
    xt_pending pending = {before, event, stage};
    if (!event) {
        release(&pending);
        return XT_OK;
    }
    xt_status status = XT_OK;
    if (device->pending_count == XT_PENDING_MAX) {
        int half = XT_PENDING_MAX / 2;
        cl_int code =
            clWaitForEvents(1, &device->pending[half - 1].event); /* in order: the older are done too */
        status = harvest(device, half, err);
        if (status == XT_OK && code != CL_SUCCESS)
            status = xt_cl_fail(err, code, "waiting for %s", device->info.name);
    }
    device->pending[device->pending_count++] = pending;
    return status;
}

void xt_stage_drop(xt_device *device) {
    for (int i = 0; i < device->pending_count; i++) release(&device->pending[i]);
    device->pending_count = 0;
}

xt_status xt_device_stages(const xt_stage **stages, int *count, xt_device *device, xt_error *err) {
    *stages = device->stages;
    *count = 0;
    XT_TRY(xt_device_finish(device, err));
    *count = device->stage_count;
    return XT_OK;
}

xt_status xt_device_stages_reset(xt_device *device, xt_error *err) {
    XT_TRY(xt_device_finish(device, err));
    device->stage_count = 0;
    return XT_OK;
}
