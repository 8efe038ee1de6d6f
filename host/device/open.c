/* Opening a device: context, the one in-order queue, and whether its clock can be believed. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <clblast_c.h>
#include "device/internal.h"

/* Work-group sizes of launches that name none. 256 is what every GPU takes (AMD reports 256 as its most) and
 * fills its units; PoCL runs a work-group as one loop, which wants to be long but to leave enough groups to
 * share out. */
#ifndef XT_LOCAL_GPU
#define XT_LOCAL_GPU 256
#endif
#ifndef XT_LOCAL_CPU
#define XT_LOCAL_CPU 256
#endif

/* rusticl says 1-3 ns for everything; no command on 1 MiB is shorter than this. */
static const cl_ulong sane_least_ns = 100;
enum { SANE_BYTES = 1 << 20 };

static xt_status choose_local(xt_device *device, xt_error *err) {
    const char *text = getenv("CROSSTALK_LOCAL");
    size_t most = device->info.max_work_group;
    size_t local = device->info.type & CL_DEVICE_TYPE_CPU ? XT_LOCAL_CPU : XT_LOCAL_GPU;
    if (text && text[0]) {
        char *end;
        errno = 0;
        unsigned long long asked = strtoull(text, &end, 10);
        if (errno || *end || text[0] == '-' || asked == 0 || asked > most)
            return xt_fail(err, XT_USAGE,
                           "CROSSTALK_LOCAL is '%s'; a work-group size from 1 to %zu is expected", text,
                           most);
        device->info.local_default = (size_t)asked;
        return XT_OK;
    }
    while (local > most) local /= 2;
    device->info.local_default = local;
    return XT_OK;
}

/* Believe the device's clock if a command of known size takes a believable time: not nothing, and not much
 * longer than the wall clock saw. Any failure here means no. */
static bool clock_is_sane(xt_device *device) {
    cl_int code;
    cl_uint zero = 0;
    cl_event event = NULL;
    cl_ulong start = 0, end = 0;
    bool sane = false;
    cl_mem buffer = clCreateBuffer(device->context, CL_MEM_READ_WRITE, SANE_BYTES, NULL, &code);
    if (code != CL_SUCCESS) return false;
    double began = xt_device_now();
    if (clEnqueueFillBuffer(device->queue, buffer, &zero, sizeof zero, 0, SANE_BYTES, 0, NULL, &event) ==
            CL_SUCCESS &&
        clFinish(device->queue) == CL_SUCCESS) {
        double wall_ns = 1e9 * (xt_device_now() - began);
        sane =
            clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_START, sizeof start, &start, NULL) ==
                CL_SUCCESS &&
            clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_END, sizeof end, &end, NULL) == CL_SUCCESS &&
            end > start && end - start >= sane_least_ns && (double)(end - start) < 2 * wall_ns + 1e6;
    }
    if (event) clReleaseEvent(event);
    clReleaseMemObject(buffer);
    return sane;
}

static xt_status make_queue(xt_device *device, cl_command_queue_properties properties, xt_error *err) {
    cl_int code;
    device->queue = clCreateCommandQueue(device->context, device->id, properties, &code);
    if (code == CL_SUCCESS) return XT_OK;
    device->queue = NULL;
    return xt_cl_fail(err, code, "making a command queue on %s", device->info.name);
}

static xt_status open_chosen(xt_device *device, const xt_device_info *info, xt_error *err) {
    cl_int code;
    device->info = *info;
    device->wall_stage = -1;
    XT_TRY(xt_device_check(info, err));
    XT_TRY(choose_local(device, err));
    XT_TRY(xt_device_id_find(&device->id, info, err));
    device->context = clCreateContext(NULL, 1, &device->id, NULL, NULL, &code);
    if (code != CL_SUCCESS) {
        device->context = NULL;
        return xt_cl_fail(err, code, "opening device %u:%u (%s)", info->platform_index, info->device_index,
                          info->name);
    }
    bool profiles = info->profiling_sane;
    XT_TRY(make_queue(device, profiles ? CL_QUEUE_PROFILING_ENABLE : 0, err));
    device->info.profiling_sane = profiles && clock_is_sane(device);
    if (device->info.profiling_sane || !profiles) return XT_OK;
    clReleaseCommandQueue(device->queue); /* no need to pay for a clock that is not used */
    return make_queue(device, 0, err);
}

xt_status xt_device_open(xt_device **device, const char *spec, xt_error *err) {
    xt_device_info *list = NULL;
    xt_status status = XT_OK;
    int count = 0, index = -1;
    *device = NULL;
    if (!spec || !spec[0]) spec = getenv("CROSSTALK_DEVICE");
    XT_GO(xt_device_list(&list, &count, err));
    XT_GO(xt_device_choose(&index, list, count, spec, err));
    *device = calloc(1, sizeof **device);
    if (!*device) {
        status = xt_no_memory(err, "the device", sizeof **device);
        goto done;
    }
    XT_GO(open_chosen(*device, &list[index], err));
done:
    free(list);
    if (status != XT_OK) {
        xt_device_close(*device);
        *device = NULL;
    }
    return status;
}

void xt_device_close(xt_device *device) {
    if (!device) return;
    if (device->queue) clFinish(device->queue);
    xt_stage_drop(device);
    xt_kernel_free(&device->copy);
    xt_kernel_free(&device->triad);
    xt_kernel_free(&device->fill);
    xt_program_free(device->bandwidth_program);
    xt_buffer_free(device, &device->dot_result);
    if (device->blas_used) CLBlastClearCache(); /* its programs hold the context alive */
    if (device->queue) clReleaseCommandQueue(device->queue);
    if (device->context) clReleaseContext(device->context);
    free(device);
}

void xt_device_watch(xt_device *device, xt_stopwatch *watch) { device->watch = watch; }
const xt_device_info *xt_device_get_info(const xt_device *device) { return &device->info; }
cl_context xt_device_context(const xt_device *device) { return device->context; }
cl_command_queue xt_device_queue(const xt_device *device) { return device->queue; }
