/* Reads the host does not wait for: an observer looks at one moment while the device computes the next. */
#include <stdlib.h>
#include "device/internal.h"

struct xt_read {
    cl_command_queue queue; /* retained: wait and free need no xt_device, so another thread may call them */
    cl_mem pinned;          /* mapped for its whole life */
    void *mapped;
    size_t capacity;
    cl_event event; /* NULL when nothing is under way */
};

static void release_pinned(xt_read *read) {
    if (read->mapped) clEnqueueUnmapMemObject(read->queue, read->pinned, read->mapped, 0, NULL, NULL);
    if (read->pinned) clReleaseMemObject(read->pinned);
    read->mapped = NULL;
    read->pinned = NULL;
    read->capacity = 0;
}

/* Not counted with the device's memory: the driver keeps it on the host. */
static xt_status reserve(xt_read *read, xt_device *device, size_t bytes, xt_error *err) {
    cl_int code;
    if (bytes <= read->capacity) return XT_OK;
    release_pinned(read);
    read->pinned =
        clCreateBuffer(device->context, CL_MEM_READ_WRITE | CL_MEM_ALLOC_HOST_PTR, bytes, NULL, &code);
    if (code != CL_SUCCESS) {
        read->pinned = NULL;
        return xt_cl_fail(err, code, "%zu bytes of pinned host memory", bytes);
    }
    read->mapped = clEnqueueMapBuffer(read->queue, read->pinned, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE, 0,
                                      bytes, 0, NULL, NULL, &code);
    if (code != CL_SUCCESS) {
        read->mapped = NULL;
        release_pinned(read);
        return xt_cl_fail(err, code, "mapping %zu bytes of pinned host memory", bytes);
    }
    read->capacity = bytes;
    return XT_OK;
}

static xt_status start(xt_read *read, xt_device *device, cl_mem buffer, size_t offset, size_t bytes,
                       xt_error *err) {
    const void *ignored;
    int stage;
    XT_TRY(xt_read_wait(&ignored, read, err));
    XT_TRY(reserve(read, device, bytes ? bytes : 1, err));
    if (bytes == 0) return XT_OK;
    XT_TRY(xt_stage_begin(&stage, device, "device to host", err));
    cl_int code = clEnqueueReadBuffer(device->queue, buffer, CL_FALSE, offset, bytes, read->mapped, 0, NULL,
                                      &read->event);
    if (code != CL_SUCCESS) {
        read->event = NULL;
        return xt_cl_fail(err, code, "starting to read %zu bytes", bytes);
    }
    clFlush(device->queue); /* so that a wait elsewhere ends without our help */
    cl_event timed = device->info.profiling_sane ? read->event : NULL;
    if (timed) clRetainEvent(timed);
    return xt_stage_end(device, stage, NULL, timed, (double)bytes, err);
}

xt_status xt_buffer_read_start(xt_device *device, xt_read **read, cl_mem buffer, size_t offset, size_t bytes,
                               xt_error *err) {
    bool fresh = *read == NULL;
    if (fresh) {
        *read = calloc(1, sizeof **read);
        if (!*read) return xt_no_memory(err, "a read", sizeof **read);
        clRetainCommandQueue(device->queue);
        (*read)->queue = device->queue;
    }
    xt_status status = start(*read, device, buffer, offset, bytes, err);
    if (status == XT_OK || !fresh) return status;
    xt_read_free(*read);
    *read = NULL;
    return status;
}

xt_status xt_read_wait(const void **data, xt_read *read, xt_error *err) {
    *data = read->mapped;
    if (!read->event) return XT_OK;
    cl_int code = clWaitForEvents(1, &read->event);
    clReleaseEvent(read->event);
    read->event = NULL;
    if (code == CL_SUCCESS) return XT_OK;
    *data = NULL;
    return xt_cl_fail(err, code, "waiting for a read");
}

void xt_read_free(xt_read *read) {
    if (!read) return;
    if (read->event) {
        clWaitForEvents(1, &read->event);
        clReleaseEvent(read->event);
    }
    release_pinned(read);
    clReleaseCommandQueue(read->queue);
    free(read);
}
