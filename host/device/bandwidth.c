/* How fast a device streams memory: what the share of bandwidth in every table is a share of. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "device/internal.h"

/* float4 elements a work-item moves in kernels/device.cl, as measured: Intel's runtime for processors reaches
 * a ninth with one of what it does with four; PoCL is as fast from memory and slower in caches with four. */
static int per_item(const xt_device_info *info) {
    return (info->type & CL_DEVICE_TYPE_CPU) && strstr(info->platform, "Intel") ? 4 : 1;
}

enum { SAMPLES = 7, LEAST_BYTES = 1 << 20, MOST_BYTES = 256 << 20, ELEMENT = 16 };
static const double sample_seconds =
    0.01; /* a sample is repeated to at least this, so that launches do not count */
static const double probe_seconds = 0.1; /* and one pass over the arrays is kept below this */
static const char cache_kind[] = "bandwidth";

static xt_status build_kernels(xt_device *device, xt_error *err) {
    const xt_program_part parts[] = {{"device.cl", NULL}};
    char options[64];
    if (device->fill) return XT_OK;
    snprintf(options, sizeof options, "-DDEVICE_PER_ITEM=%d", per_item(&device->info));
    if (!device->bandwidth_program)
        XT_TRY(xt_program_build(&device->bandwidth_program, device, parts, 1, options, err));
    if (!device->copy) XT_TRY(xt_kernel_create(&device->copy, device->bandwidth_program, "device_copy", err));
    if (!device->triad)
        XT_TRY(xt_kernel_create(&device->triad, device->bandwidth_program, "device_triad", err));
    return xt_kernel_create(&device->fill, device->bandwidth_program, "device_fill", err);
}

/* One pass of the kernel that uses `arrays` arrays. */
static xt_status pass(xt_device *device, int arrays, const cl_mem *array, cl_uint n4, xt_error *err) {
    const float s = 0.5f;
    const size_t global = (n4 + (size_t)per_item(&device->info) - 1) / (size_t)per_item(&device->info);
    const double bytes = (double)arrays * ELEMENT * n4;
    const xt_arg copy[] = {XT_ARG(array[0]), XT_ARG(array[1]), XT_ARG(n4)};
    const xt_arg triad[] = {XT_ARG(array[0]), XT_ARG(array[1]), XT_ARG(array[2]), XT_ARG(s), XT_ARG(n4)};
    const xt_arg fill[] = {XT_ARG(array[0]), XT_ARG(s), XT_ARG(n4)};
    if (arrays == 2) return xt_launch(device, device->copy, global, 0, copy, 3, "bandwidth copy", bytes, err);
    if (arrays == 3)
        return xt_launch(device, device->triad, global, 0, triad, 5, "bandwidth triad", bytes, err);
    return xt_launch(device, device->fill, global, 0, fill, 3, "bandwidth fill", bytes, err);
}

/* Wall seconds a pass, from `repeats` of them in the queue. */
static xt_status time_passes(double *seconds, xt_device *device, int arrays, const cl_mem *array, cl_uint n4,
                             int repeats, xt_error *err) {
    XT_TRY(xt_device_finish(device, err));
    double began = xt_device_now();
    for (int i = 0; i < repeats; i++) XT_TRY(pass(device, arrays, array, n4, err));
    XT_TRY(xt_device_finish(device, err));
    *seconds = (xt_device_now() - began) / repeats;
    return XT_OK;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void free_arrays(xt_device *device, cl_mem *array) {
    for (int i = 0; i < 3; i++) xt_buffer_free(device, &array[i]);
}

static xt_status make_arrays(cl_mem *array, xt_device *device, int arrays, size_t bytes, xt_error *err) {
    free_arrays(device, array);
    for (int i = 0; i < arrays; i++)
        XT_TRY(xt_buffer_create(&array[i], device, bytes, "bandwidth measurement", err));
    return XT_OK;
}

/* What is well beyond the caches, fits, and does not take for ever on a simulator. `array` holds LEAST_BYTES
 * each. */
static xt_status choose_bytes(size_t *bytes, xt_device *device, int arrays, const cl_mem *array,
                              xt_error *err) {
    const xt_device_info *info = &device->info;
    const cl_uint n4 = LEAST_BYTES / ELEMENT;
    double seconds;
    size_t left = (size_t)(info->memory_bytes - device->bytes_in_use) / 4;
    XT_TRY(time_passes(&seconds, device, arrays, array, n4, 1, err)); /* compiles, on some runtimes */
    XT_TRY(time_passes(&seconds, device, arrays, array, n4, 1, err));
    *bytes = MOST_BYTES;
    if (*bytes > info->max_alloc_bytes) *bytes = (size_t)info->max_alloc_bytes;
    if (*bytes > left) *bytes = left;
    while (*bytes > LEAST_BYTES && seconds * (double)*bytes / LEAST_BYTES > probe_seconds) *bytes /= 2;
    *bytes -= *bytes % ELEMENT;
    return XT_OK;
}

static xt_status measure(double *bytes_per_s, xt_device *device, int arrays, size_t bytes, xt_error *err) {
    cl_mem array[3] = {NULL, NULL, NULL};
    double sample[SAMPLES], seconds;
    xt_status status = XT_OK;
    *bytes_per_s = 0;
    XT_TRY(build_kernels(device, err));
    XT_GO(make_arrays(array, device, arrays, bytes ? bytes : LEAST_BYTES, err));
    if (bytes == 0) {
        XT_GO(choose_bytes(&bytes, device, arrays, array, err));
        XT_GO(make_arrays(array, device, arrays, bytes, err));
    }
    if (bytes < ELEMENT || bytes / ELEMENT > 0xffffffffu) {
        status = xt_fail(err, XT_USAGE, "bandwidth cannot be measured on arrays of %zu bytes", bytes);
        goto done;
    }
    const cl_uint n4 = (cl_uint)(bytes / ELEMENT);
    XT_GO(time_passes(&seconds, device, arrays, array, n4, 1, err));
    XT_GO(time_passes(&seconds, device, arrays, array, n4, 1, err));
    const int repeats =
        seconds > sample_seconds ? 1 : 1 + (int)(sample_seconds / (seconds > 1e-6 ? seconds : 1e-6));
    for (int i = 0; i < SAMPLES; i++) XT_GO(time_passes(&sample[i], device, arrays, array, n4, repeats, err));
    qsort(sample, SAMPLES, sizeof *sample, by_value);
    *bytes_per_s = (double)arrays * ELEMENT * n4 / sample[SAMPLES / 2];
done:
    free_arrays(device, array);
    return status;
}

static void device_key(xt_cache_key *key, const xt_device_info *info) {
    xt_cache_key_begin(key);
    xt_cache_key_add(key, "bandwidth");
    xt_cache_key_device(key, info);
}

double xt_bandwidth_known(const xt_device_info *info) {
    xt_cache_key key;
    unsigned char *data;
    size_t size;
    double known = 0;
    device_key(&key, info);
    if (!xt_cache_load(&data, &size, &key, cache_kind)) return 0;
    if (size == sizeof known) memcpy(&known, data, sizeof known);
    free(data);
    return known > 0 && known < 1e15 ? known : 0;
}

xt_status xt_device_stream(xt_device *device, xt_stream stream, const cl_mem *array, size_t bytes,
                           xt_error *err) {
    if (bytes % ELEMENT || bytes / ELEMENT > 0xffffffffu)
        return xt_fail(err, XT_INTERNAL, "a stream over %zu bytes; a multiple of %d is expected", bytes,
                       (int)ELEMENT);
    XT_TRY(build_kernels(device, err));
    return pass(device, stream, array, (cl_uint)(bytes / ELEMENT), err);
}

xt_status xt_device_measure_copy(double *bytes_per_s, xt_device *device, size_t bytes, xt_error *err) {
    xt_cache_key key;
    XT_TRY(measure(bytes_per_s, device, 2, bytes, err));
    device->info.copy_bytes_per_s = *bytes_per_s;
    if (bytes != 0) return XT_OK; /* a small size measures a cache: nothing to choose a device by */
    device_key(&key, &device->info);
    xt_cache_store(&key, cache_kind, bytes_per_s, sizeof *bytes_per_s);
    return XT_OK;
}

xt_status xt_device_measure_triad(double *bytes_per_s, xt_device *device, size_t bytes, xt_error *err) {
    return measure(bytes_per_s, device, 3, bytes, err);
}

xt_status xt_device_measure_fill(double *bytes_per_s, xt_device *device, size_t bytes, xt_error *err) {
    return measure(bytes_per_s, device, 1, bytes, err);
}
