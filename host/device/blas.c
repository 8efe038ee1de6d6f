/* CLBlast on parts of float buffers. Single-threaded, as the library (1.5) is. */
#include <clblast_c.h>
#include "device/internal.h"

static const char *blas_status(CLBlastStatusCode code) {
    switch (code) {
    case CLBlastInvalidVectorX:
        return "x is not a buffer";
    case CLBlastInvalidVectorY:
        return "y is not a buffer";
    case CLBlastInsufficientMemoryX:
        return "x ends before offset + n";
    case CLBlastInsufficientMemoryY:
        return "y ends before offset + n";
    case CLBlastInvalidVectorScalar:
        return "the result is not a buffer";
    case CLBlastInsufficientMemoryScalar:
        return "the result's buffer is too small";
    case CLBlastInvalidLocalMemUsage:
        return "the device has too little local memory";
    case CLBlastDatabaseError:
        return "the device is not in its database";
    case CLBlastUnknownError:
        return "unknown error";
    case CLBlastUnexpectedError:
        return "unexpected exception";
    default:
        return xt_cl_error_name((cl_int)code);
    }
}

static xt_status blas_fail(xt_device *device, CLBlastStatusCode code, const char *routine, size_t n,
                           xt_error *err) {
    return xt_fail(err, XT_DEVICE, "CLBlast %s of %zu elements on %s: %s, status %d", routine, n,
                   device->info.name, blas_status(code), (int)code);
}

/* The default work-groups of the dot product are sized for GPUs: 256 by 256 runs it four times faster on
 * PoCL. */
static xt_status tune_dot(xt_device *device, xt_error *err) {
    const char *names[] = {"WGS1", "WGS2"};
    const size_t values[] = {256, 256};
    if (!(device->info.type & CL_DEVICE_TYPE_CPU) || device->info.max_work_group < 256) return XT_OK;
    CLBlastStatusCode code =
        CLBlastOverrideParameters(device->id, "Xdot", CLBlastPrecisionSingle, 2, names, values);
    return code == CLBlastSuccess ? XT_OK : blas_fail(device, code, "override of Xdot", 0, err);
}

/* Before any routine: an override is only taken while the routine is not yet compiled. */
static xt_status first_use(xt_device *device, xt_error *err) {
    if (device->blas_used) return XT_OK;
    cl_uint bits = 0;
    clGetDeviceInfo(device->id, CL_DEVICE_MEM_BASE_ADDR_ALIGN, sizeof bits, &bits, NULL);
    device->part_alignment = bits / 8;
    XT_TRY(tune_dot(device, err));
    device->blas_used = true;
    return XT_OK;
}

/* CLBlast's fast kernels want an offset of zero (five times on PoCL): where the alignment allows, give them
 * the n elements as a buffer of their own. The result is to be released; the driver keeps it until its
 * commands are done. */
static cl_mem part(xt_device *device, cl_mem buffer, size_t *offset, size_t n) {
    const cl_buffer_region region = {*offset * sizeof(float), n * sizeof(float)};
    cl_int code = CL_SUCCESS;
    if (*offset > 0 && device->part_alignment > 0 && region.origin % device->part_alignment == 0) {
        cl_mem sub = clCreateSubBuffer(buffer, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &code);
        if (code == CL_SUCCESS) {
            *offset = 0;
            return sub;
        }
    }
    if (clRetainMemObject(buffer) != CL_SUCCESS) return NULL; /* not a buffer: CLBlast says so */
    return buffer;
}

static void drop(cl_mem part_of_buffer) {
    if (part_of_buffer) clReleaseMemObject(part_of_buffer);
}

xt_status xt_blas_axpy(xt_device *device, size_t n, float alpha, cl_mem x, size_t x_offset, cl_mem y,
                       size_t y_offset, xt_error *err) {
    cl_event event;
    int stage;
    if (n == 0) return XT_OK; /* CLBlast calls that an invalid dimension */
    XT_TRY(first_use(device, err));
    XT_TRY(xt_stage_begin(&stage, device, "blas axpy", err));
    cl_mem px = part(device, x, &x_offset, n), py = part(device, y, &y_offset, n);
    CLBlastStatusCode code = CLBlastSaxpy(n, alpha, px, x_offset, 1, py, y_offset, 1, &device->queue,
                                          xt_stage_event(device, &event));
    drop(px);
    drop(py);
    if (code != CLBlastSuccess) return blas_fail(device, code, "Saxpy", n, err);
    return xt_stage_end(device, stage, NULL, event, 12.0 * (double)n, err);
}

xt_status xt_blas_scal(xt_device *device, size_t n, float alpha, cl_mem x, size_t x_offset, xt_error *err) {
    cl_event event;
    int stage;
    if (n == 0) return XT_OK;
    XT_TRY(first_use(device, err));
    XT_TRY(xt_stage_begin(&stage, device, "blas scal", err));
    cl_mem px = part(device, x, &x_offset, n);
    CLBlastStatusCode code =
        CLBlastSscal(n, alpha, px, x_offset, 1, &device->queue, xt_stage_event(device, &event));
    drop(px);
    if (code != CLBlastSuccess) return blas_fail(device, code, "Sscal", n, err);
    return xt_stage_end(device, stage, NULL, event, 8.0 * (double)n, err);
}

xt_status xt_blas_gemv(xt_device *device, size_t n, cl_mem matrix, size_t matrix_offset, cl_mem x,
                       size_t x_offset, cl_mem y, size_t y_offset, xt_error *err) {
    cl_event event;
    int stage;
    if (n == 0) return XT_OK;
    XT_TRY(first_use(device, err));
    XT_TRY(xt_stage_begin(&stage, device, "blas gemv", err));
    CLBlastStatusCode code =
        CLBlastSgemv(CLBlastLayoutRowMajor, CLBlastTransposeNo, n, n, 1, matrix, matrix_offset, n, x,
                     x_offset, 1, 0, y, y_offset, 1, &device->queue, xt_stage_event(device, &event));
    if (code != CLBlastSuccess) return blas_fail(device, code, "Sgemv", n, err);
    return xt_stage_end(device, stage, NULL, event, 4.0 * (double)n * (double)n, err);
}

/* The place for the result, and a first product of one element, so that compiling does not count as time
 * below. */
static xt_status prepare_dot(xt_device *device, xt_error *err) {
    cl_mem one = NULL;
    XT_TRY(xt_buffer_create(&one, device, 2 * sizeof(float), "dot product", err));
    CLBlastStatusCode code = CLBlastSdot(1, one, 0, one, 1, 1, one, 1, 1, &device->queue, NULL);
    device->dot_result = one;
    return code == CLBlastSuccess ? xt_device_finish(device, err) : blas_fail(device, code, "Sdot", 1, err);
}

xt_status xt_blas_dot(double *result, xt_device *device, size_t n, cl_mem x, size_t x_offset, cl_mem y,
                      size_t y_offset, xt_error *err) {
    cl_event before = NULL, event;
    float sum = 0;
    int stage;
    *result = 0;
    if (n == 0) return XT_OK;
    XT_TRY(first_use(device, err));
    if (!device->dot_result) XT_TRY(prepare_dot(device, err));
    XT_TRY(xt_stage_begin(&stage, device, "blas dot", err));
    /* Sdot is two kernels and hands out the second's event: its time counts from a marker before the first.
     */
    if (device->info.profiling_sane &&
        clEnqueueMarkerWithWaitList(device->queue, 0, NULL, &before) != CL_SUCCESS)
        before = NULL;
    CLBlastStatusCode code = CLBlastSdot(n, device->dot_result, 0, x, x_offset, 1, y, y_offset, 1,
                                         &device->queue, xt_stage_event(device, &event));
    if (code != CLBlastSuccess) {
        if (before) clReleaseEvent(before);
        return blas_fail(device, code, "Sdot", n, err);
    }
    XT_TRY(xt_stage_end(device, stage, before, event, 8.0 * (double)n, err));
    cl_int read =
        clEnqueueReadBuffer(device->queue, device->dot_result, CL_TRUE, 0, sizeof sum, &sum, 0, NULL, NULL);
    if (read != CL_SUCCESS) return xt_cl_fail(err, read, "reading a dot product of %zu elements", n);
    *result = sum;
    return XT_OK;
}
