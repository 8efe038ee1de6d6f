/* Device memory: refused with the figures before the driver fails, counted, zero when new. */
#define _DEFAULT_SOURCE /* madvise */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "device/internal.h"

static const double mebi = 1048576.0;

/* Pages of this size spare a processor most of its address look-ups: a step reads some thirty streams. */
enum { HUGE_PAGE = 2 << 20 };

static void CL_CALLBACK release_pages(cl_mem buffer, void *pages) {
    (void)buffer;
    free(pages);
}

/* A buffer in huge pages of our own, for PoCL on a processor, which then works in place. NULL where that is
 * not possible or not worth it. */
static cl_mem create_in_pages(const xt_device *device, size_t bytes) {
#ifdef MADV_HUGEPAGE
    const xt_device_info *info = &device->info;
    cl_int code;
    if (!(info->type & CL_DEVICE_TYPE_CPU) || !strstr(info->platform, "Portable Computing") ||
        bytes < 4 * HUGE_PAGE)
        return NULL;
    void *pages = aligned_alloc(HUGE_PAGE, (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE);
    if (!pages) return NULL;
    madvise(pages, bytes, MADV_HUGEPAGE); /* a wish */
    const cl_mem buffer =
        clCreateBuffer(device->context, CL_MEM_READ_WRITE | CL_MEM_USE_HOST_PTR, bytes, pages, &code);
    if (code == CL_SUCCESS && clSetMemObjectDestructorCallback(buffer, release_pages, pages) == CL_SUCCESS)
        return buffer;
    if (code == CL_SUCCESS) clReleaseMemObject(buffer);
    free(pages);
#else
    (void)device;
    (void)bytes;
#endif
    return NULL;
}

xt_status xt_buffer_create(cl_mem *buffer, xt_device *device, size_t bytes, const char *name, xt_error *err) {
    const xt_device_info *info = &device->info;
    cl_int code;
    *buffer = NULL;
    if (bytes == 0)
        bytes = sizeof(cl_float4); /* OpenCL refuses empty buffers; an empty list is no error here */
    if (bytes > info->max_alloc_bytes)
        return xt_fail(
            err, XT_DEVICE,
            "'%s' needs %.1f MiB in one buffer; %s allows %.1f MiB (CL_DEVICE_MAX_MEM_ALLOC_SIZE): use a "
            "coarser grid, fewer species or another device",
            name, (double)bytes / mebi, info->name, (double)info->max_alloc_bytes / mebi);
    if (bytes > info->memory_bytes || device->bytes_in_use > info->memory_bytes - bytes)
        return xt_fail(
            err, XT_DEVICE,
            "'%s' needs %.1f MiB; of the %.1f MiB of %s %.1f MiB are in use: use a coarser grid, fewer "
            "species or another device",
            name, (double)bytes / mebi, (double)info->memory_bytes / mebi, info->name,
            (double)device->bytes_in_use / mebi);
    code = CL_SUCCESS;
    *buffer = create_in_pages(device, bytes);
    if (!*buffer) *buffer = clCreateBuffer(device->context, CL_MEM_READ_WRITE, bytes, NULL, &code);
    if (code == CL_SUCCESS) {
        device->bytes_in_use += bytes;
        if (device->bytes_in_use > device->bytes_peak) device->bytes_peak = device->bytes_in_use;
        /* Many drivers allocate at first use, so this is also where a full device shows. */
        if (xt_buffer_fill_zero(device, *buffer, 0, bytes, err) == XT_OK) return XT_OK;
        xt_buffer_free(device, buffer);
        return xt_context(err, "'%s', %.1f MiB", name, (double)bytes / mebi);
    }
    *buffer = NULL;
    return xt_cl_fail(err, code, "'%s': %s refused %.1f MiB with %.1f MiB in use", name, info->name,
                      (double)bytes / mebi, (double)device->bytes_in_use / mebi);
}

void xt_buffer_free(xt_device *device, cl_mem *buffer) {
    size_t bytes = 0;
    if (!*buffer) return;
    clGetMemObjectInfo(*buffer, CL_MEM_SIZE, sizeof bytes, &bytes, NULL);
    device->bytes_in_use -= bytes < device->bytes_in_use ? bytes : device->bytes_in_use;
    clReleaseMemObject(*buffer);
    *buffer = NULL;
}

/* Close a transfer's stage, whether it was enqueued or not. */
static xt_status transferred(xt_device *device, int stage, cl_int code, cl_event event, size_t bytes,
                             const char *what, xt_error *err) {
    if (code == CL_SUCCESS) return xt_stage_end(device, stage, NULL, event, (double)bytes, err);
    return xt_cl_fail(err, code, "%s %zu bytes on %s", what, bytes, device->info.name);
}

xt_status xt_buffer_write(xt_device *device, cl_mem buffer, size_t offset, size_t bytes, const void *from,
                          xt_error *err) {
    cl_event event;
    int stage;
    if (bytes == 0) return XT_OK;
    XT_TRY(xt_stage_begin(&stage, device, "host to device", err));
    cl_int code = clEnqueueWriteBuffer(device->queue, buffer, CL_TRUE, offset, bytes, from, 0, NULL,
                                       xt_stage_event(device, &event));
    return transferred(device, stage, code, event, bytes, "writing", err);
}

xt_status xt_buffer_read(xt_device *device, cl_mem buffer, size_t offset, size_t bytes, void *to,
                         xt_error *err) {
    cl_event event;
    int stage;
    if (bytes == 0) return XT_OK;
    XT_TRY(xt_stage_begin(&stage, device, "device to host", err));
    cl_int code = clEnqueueReadBuffer(device->queue, buffer, CL_TRUE, offset, bytes, to, 0, NULL,
                                      xt_stage_event(device, &event));
    return transferred(device, stage, code, event, bytes, "reading", err);
}

xt_status xt_buffer_copy(xt_device *device, cl_mem from, size_t from_offset, cl_mem to, size_t to_offset,
                         size_t bytes, xt_error *err) {
    cl_event event;
    int stage;
    if (bytes == 0) return XT_OK;
    XT_TRY(xt_stage_begin(&stage, device, "device to device", err));
    cl_int code = clEnqueueCopyBuffer(device->queue, from, to, from_offset, to_offset, bytes, 0, NULL,
                                      xt_stage_event(device, &event));
    return transferred(device, stage, code, event, 2 * bytes, "copying", err);
}

/* The pattern is repeated; offset and bytes must be multiples of its size. */
static xt_status fill(xt_device *device, cl_mem buffer, size_t offset, size_t bytes, const void *pattern,
                      size_t pattern_size, xt_error *err) {
    cl_event event;
    int stage;
    if (bytes == 0) return XT_OK;
    XT_TRY(xt_stage_begin(&stage, device, "fill", err));
    cl_int code = clEnqueueFillBuffer(device->queue, buffer, pattern, pattern_size, offset, bytes, 0, NULL,
                                      xt_stage_event(device, &event));
    return transferred(device, stage, code, event, bytes, "filling", err);
}

xt_status xt_buffer_fill_zero(xt_device *device, cl_mem buffer, size_t offset, size_t bytes, xt_error *err) {
    static const unsigned char zero[16];
    size_t size = sizeof zero; /* drivers fill by whole patterns: a byte at a time is slow on several */
    while (offset % size || bytes % size) size /= 2;
    return fill(device, buffer, offset, bytes, zero, size, err);
}

xt_status xt_buffer_fill(xt_device *device, cl_mem buffer, size_t first, size_t count, float value,
                         xt_error *err) {
    return fill(device, buffer, first * sizeof value, count * sizeof value, &value, sizeof value, err);
}

size_t xt_device_bytes_in_use(const xt_device *device) { return device->bytes_in_use; }
size_t xt_device_bytes_peak(const xt_device *device) { return device->bytes_peak; }

void xt_device_forget_peak(xt_device *device) { device->bytes_peak = device->bytes_in_use; }
