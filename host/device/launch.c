/* Launching kernels: arguments, sizes, and a message that names the kernel when it goes wrong. */
#include <string.h>
#include "device/internal.h"

static void kernel_name(char *name, size_t size, cl_kernel kernel) {
    name[0] = '\0';
    if (clGetKernelInfo(kernel, CL_KERNEL_FUNCTION_NAME, size, name, NULL) != CL_SUCCESS)
        strcpy(name, "a kernel");
}

static xt_status set_arguments(cl_kernel kernel, const xt_arg *args, int count, xt_error *err) {
    char name[128];
    cl_uint wanted = 0;
    clGetKernelInfo(kernel, CL_KERNEL_NUM_ARGS, sizeof wanted, &wanted, NULL);
    if (wanted != (cl_uint)count) {
        kernel_name(name, sizeof name, kernel);
        return xt_fail(err, XT_INTERNAL, "kernel %s takes %u arguments, %d were given", name,
                       (unsigned)wanted, count);
    }
    for (int i = 0; i < count; i++) {
        cl_int code = clSetKernelArg(kernel, (cl_uint)i, args[i].size, args[i].value);
        if (code == CL_SUCCESS) continue;
        kernel_name(name, sizeof name, kernel);
        return xt_cl_fail(err, code, "kernel %s: argument %d (from 0) of %zu bytes", name, i, args[i].size);
    }
    return XT_OK;
}

/* Whether a kernel has not run in groups of this size yet: then it may be compiled only now. A kernel object
 * that took a freed one's place is missed, which only leaves its time where it falls. */
static bool is_first(xt_device *device, cl_kernel kernel, size_t local) {
    for (int i = 0; i < device->launched_count; i++)
        if (device->launched[i] == kernel && device->launched_local[i] == local) return false;
    if (device->launched_count == XT_LAUNCHED_MAX) return false;
    device->launched[device->launched_count] = kernel;
    device->launched_local[device->launched_count++] = local;
    return true;
}

static size_t padded(size_t global, size_t local) { return (global + local - 1) / local * local; }

xt_status xt_launch(xt_device *device, cl_kernel kernel, size_t global, size_t local, const xt_arg *args,
                    int count, const char *stage_name, double bytes_by_model, xt_error *err) {
    char name[128];
    cl_event event;
    int stage;
    bool may_shrink = local == 0;
    if (local == 0) local = device->info.local_default;
    if (local > device->info.max_work_group) {
        kernel_name(name, sizeof name, kernel);
        return xt_fail(err, XT_DEVICE, "kernel %s wants work-groups of %zu; %s takes at most %zu", name,
                       local, device->info.name, device->info.max_work_group);
    }
    XT_TRY(set_arguments(kernel, args, count, err));
    if (global == 0) return XT_OK;
    /* With the queue empty before and after, what a first launch takes is compiling. */
    const bool first = device->watch && is_first(device, kernel, local);
    if (first) XT_TRY(xt_device_finish(device, err));
    const char *before = first ? xt_stopwatch_turn(device->watch, XT_WALL_COMPILING) : NULL;
    XT_TRY(xt_stage_begin(&stage, device, stage_name, err));
    for (;;) {
        size_t whole = padded(global, local);
        cl_int code = clEnqueueNDRangeKernel(device->queue, kernel, 1, NULL, &whole, &local, 0, NULL,
                                             xt_stage_event(device, &event));
        if (code == CL_SUCCESS) {
            XT_TRY(xt_stage_end(device, stage, NULL, event, bytes_by_model, err));
            if (!first) return XT_OK;
            const xt_status status = xt_device_finish(device, err);
            xt_stopwatch_turn(device->watch, before);
            return status;
        }
        /* What a kernel can take is only known by trying: CL_KERNEL_WORK_GROUP_SIZE is advisory on some
         * runtimes. */
        bool too_large = code == CL_INVALID_WORK_GROUP_SIZE || code == CL_OUT_OF_RESOURCES;
        if (may_shrink && too_large && local >= 2 * XT_LOCAL_LEAST) {
            local /= 2;
            continue;
        }
        kernel_name(name, sizeof name, kernel);
        return xt_cl_fail(err, code, "kernel %s (stage '%s', %zu work-items in groups of %zu) on %s%s", name,
                          stage_name ? stage_name : "other", whole, local, device->info.name,
                          too_large ? ", perhaps too large a work-group: set CROSSTALK_LOCAL" : "");
    }
}
