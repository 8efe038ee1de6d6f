/* The one place that opens OpenCL objects: choose a device, build programs, hold buffers, launch and time
 * stages.
 *
 * Everything is enqueued on one in-order queue per device; xt_device_finish or a blocking read waits. */
#ifndef DEVICE_DEVICE_H
#define DEVICE_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <CL/cl.h>
#include "base/error.h"
#include "base/stopwatch.h"

typedef struct xt_device xt_device;
typedef struct xt_program xt_program;

/* What a device says of itself, and what we measured. */
typedef struct {
    char platform[128], name[256], board[256], vendor[128], driver[128], version[128], c_version[64];
    cl_device_type type;
    cl_uint compute_units, clock_mhz;
    cl_ulong memory_bytes, max_alloc_bytes, local_bytes;
    size_t max_work_group;
    bool fp64, fp16, images;
    bool profiling_sane; /* false: end - start is nonsense, wall clock around clFinish is used */
    unsigned platform_index, device_index; /* "P:D" in a device SPEC */
    double copy_bytes_per_s; /* 0 until measured; xt_device_list knows it from earlier runs (cache folder) */
    bool available, compiler, little_endian, atomics; /* atomics: 32 bits, on global memory */
    bool unified_memory;                              /* host and device share it: a CPU, an integrated GPU */
    size_t local_default; /* work-group size a launch with local 0 takes; 0 in a list */
} xt_device_info;

/* What Crosstalk asks of a device beyond OpenCL 1.2: it is available and has a compiler, is little-endian,
 * takes work-groups of at least XT_LOCAL_LEAST and has XT_LOCAL_BYTES_LEAST of local memory and 32-bit
 * atomics. */
enum { XT_LOCAL_LEAST = 64, XT_LOCAL_BYTES_LEAST = 16384 };
/* XT_DEVICE with what is lacking if the device cannot run Crosstalk. */
xt_status xt_device_check(const xt_device_info *info, xt_error *err);

/* All devices of all platforms (platforms without devices are skipped quietly). *list is malloc'ed, free()
 * it. No platform at all is XT_DEVICE with advice on installing a runtime (pocl-opencl-icd). */
xt_status xt_device_list(xt_device_info **list, int *count, xt_error *err);

/* "GPU", "CPU", "accelerator" or "other". */
const char *xt_device_type_name(const xt_device_info *info);

/* The index in `list` of the device that `spec` names; NULL or "" takes the default among those that pass
 * xt_device_check. Digits beyond the list, and everything else, are looked for in name and board, then in
 * platform, vendor and version, ignoring case. XT_DEVICE listing what there is if nothing or more than one
 * matches. */
xt_status xt_device_choose(int *index, const xt_device_info *list, int count, const char *spec,
                           xt_error *err);

/* Open the device that `spec` names (DESIGN.md §3: index, "platform:device", name substring, "gpu", "cpu");
 * NULL or "" takes CROSSTALK_DEVICE, then the default (GPU before CPU, then more measured or known
 * bandwidth). *device is owned by the caller: xt_device_close. */
xt_status xt_device_open(xt_device **device, const char *spec, xt_error *err);
void xt_device_close(xt_device *device); /* NULL is fine; buffers, programs and kernels must be gone */
/* From now on the time that builds and first launches take counts as "kernel compilation" on this watch of
 * the thread that uses the device; NULL: on none. The watch must outlive the device. */
void xt_device_watch(xt_device *device, xt_stopwatch *watch);
const xt_device_info *xt_device_get_info(const xt_device *device);
cl_context xt_device_context(const xt_device *device);
cl_command_queue xt_device_queue(const xt_device *device);

/* Measured device-to-device copy bandwidth, bytes/s (read + written), median of several. Cached in the info,
 * and in the cache folder for the default choice of later runs. `bytes` is the size of one buffer; 0 takes
 * one well beyond caches, smaller on a device too slow for it. */
xt_status xt_device_measure_copy(double *bytes_per_s, xt_device *device, size_t bytes, xt_error *err);

/* The same for a = b + s*c (triad: 3 arrays, STREAM's count) and for a fill (1 array). */
xt_status xt_device_measure_triad(double *bytes_per_s, xt_device *device, size_t bytes, xt_error *err);
xt_status xt_device_measure_fill(double *bytes_per_s, xt_device *device, size_t bytes, xt_error *err);

/* One such pass in the queue over the whole of `bytes` of arrays of the caller's: array[0] = array[1], and so
 * on for as many as the stream has. bytes: a multiple of 16. */
typedef enum { XT_STREAM_FILL = 1, XT_STREAM_COPY, XT_STREAM_TRIAD } xt_stream; /* that many arrays */
xt_status xt_device_stream(xt_device *device, xt_stream stream, const cl_mem *array, size_t bytes,
                           xt_error *err);

/* ---- programs ----
 * A program is the concatenation, on the host, of `parts`: names of files in kernels/ (embedded; read from
 * the folder CROSSTALK_KERNELS names instead if that is set) and generated text. Binaries are cached under
 * $XDG_CACHE_HOME/crosstalk or ~/.cache/crosstalk, keyed by source, options, device, driver and version; a
 * cache that cannot be written or is damaged is ignored. PoCL and rusticl keep their own, which is left to
 * them unless CROSSTALK_BINARIES is set. Options always hold -cl-std=CL1.2 -cl-denorms-are-zero; kernels say
 * FP_CONTRACT OFF themselves. A failed build gives the first lines of the log and the file it names. */
typedef struct {
    const char *file; /* name in kernels/, or NULL */
    const char *text; /* generated text, used if file is NULL */
} xt_program_part;
xt_status xt_program_build(xt_program **program, xt_device *device, const xt_program_part *parts, int count,
                           const char *options, xt_error *err);
void xt_program_free(xt_program *program);
xt_status xt_kernel_create(cl_kernel *kernel, xt_program *program, const char *name, xt_error *err);
void xt_kernel_free(cl_kernel *kernel); /* sets it to NULL; NULL is fine */
bool xt_program_from_cache(const xt_program *program);
double xt_program_build_seconds(const xt_program *program);
/* Of all embedded kernel files: the "kernel hash" of a benchmark record. */
unsigned long long xt_kernels_hash(void);

/* ---- buffers ---- (refused with the figures when larger than max_alloc_bytes or than what is left)
 * `name` appears in messages. Contents are zero. Total in use is counted. Release with xt_buffer_free.
 * Offsets and sizes are in bytes (in floats for xt_buffer_fill); 0 bytes is fine everywhere. write and read
 * block. */
xt_status xt_buffer_create(cl_mem *buffer, xt_device *device, size_t bytes, const char *name, xt_error *err);
void xt_buffer_free(xt_device *device, cl_mem *buffer); /* sets it to NULL; NULL is fine */
xt_status xt_buffer_write(xt_device *device, cl_mem buffer, size_t offset, size_t bytes, const void *from,
                          xt_error *err);
xt_status xt_buffer_read(xt_device *device, cl_mem buffer, size_t offset, size_t bytes, void *to,
                         xt_error *err);
xt_status xt_buffer_fill_zero(xt_device *device, cl_mem buffer, size_t offset, size_t bytes, xt_error *err);
xt_status xt_buffer_copy(xt_device *device, cl_mem from, size_t from_offset, cl_mem to, size_t to_offset,
                         size_t bytes, xt_error *err);
xt_status xt_buffer_fill(xt_device *device, cl_mem buffer, size_t first, size_t count, float value,
                         xt_error *err);

/* A read that the host does not wait for: the copy is enqueued behind what is already in the queue, into
 * pinned host memory. *read NULL makes one; a read that was waited for may be started again and keeps its
 * memory if that is large enough. xt_read_wait gives the data, valid until the read is started again or
 * freed; it and xt_read_free may be called from another thread. */
typedef struct xt_read xt_read;
xt_status xt_buffer_read_start(xt_device *device, xt_read **read, cl_mem buffer, size_t offset, size_t bytes,
                               xt_error *err);
xt_status xt_read_wait(const void **data, xt_read *read, xt_error *err);
void xt_read_free(xt_read *read); /* waits if need be; NULL is fine; before xt_device_close */

size_t xt_device_bytes_in_use(const xt_device *device);
size_t xt_device_bytes_peak(const xt_device *device);
void xt_device_forget_peak(xt_device *device); /* the peak counts from now on */

/* ---- launches ---- one-dimensional; global is padded up to a multiple of local (kernels check bounds);
 * local 0 takes the device's default (tunable; CROSSTALK_LOCAL overrides it). global 0 does nothing. `stage`
 * is a static string: time and bytes add up under that name. */
typedef struct {
    size_t size;       /* of the argument; for a buffer use sizeof(cl_mem) */
    const void *value; /* NULL with size: local memory */
} xt_arg;
#define XT_ARG(x)                                                                                            \
    (xt_arg) { sizeof(x), &(x) }
xt_status xt_launch(xt_device *device, cl_kernel kernel, size_t global, size_t local, const xt_arg *args,
                    int count, const char *stage, double bytes_by_model, xt_error *err);
xt_status xt_device_finish(xt_device *device, xt_error *err);

/* ---- CLBlast on sub-vectors of float buffers; offsets and n in elements; n = 0 is fine ---- */
xt_status xt_blas_axpy(xt_device *device, size_t n, float alpha, cl_mem x, size_t x_offset, cl_mem y,
                       size_t y_offset, xt_error *err);
xt_status xt_blas_scal(xt_device *device, size_t n, float alpha, cl_mem x, size_t x_offset, xt_error *err);
/* y = M x, M of n rows and columns, row by row. y must hold numbers: not-a-numbers stay. */
xt_status xt_blas_gemv(xt_device *device, size_t n, cl_mem matrix, size_t matrix_offset, cl_mem x,
                       size_t x_offset, cl_mem y, size_t y_offset, xt_error *err);
/* Blocking. fp32 tree sum; use the compensated sums of fields/ where 1e-6 matters. */
xt_status xt_blas_dot(double *result, xt_device *device, size_t n, cl_mem x, size_t x_offset, cl_mem y,
                      size_t y_offset, xt_error *err);

/* ---- time per stage ---- */
typedef struct {
    const char *name;
    double seconds, bytes; /* bytes by model */
    unsigned long long launches;
} xt_stage;
/* Stages so far, device-owned array, valid until the next launch. Finishes the queue. */
xt_status xt_device_stages(const xt_stage **stages, int *count, xt_device *device, xt_error *err);
xt_status xt_device_stages_reset(xt_device *device, xt_error *err); /* finishes the queue */

/* The message for a cl error code: "CL_OUT_OF_RESOURCES (-5)". */
const char *xt_cl_error_name(cl_int code);

#endif
