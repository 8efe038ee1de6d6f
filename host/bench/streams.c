/* Copy and triad: what the device's memory gives at best, and what shares are shares of. */
#include "bench/kernel.h"

#include <stdlib.h>

static const float factor = 0.5f; /* of the triad, as device/bandwidth.c has it */

/* Any numbers of ordinary size, of both signs. */
static float number(size_t i, int array) {
    unsigned h = (unsigned)i * 0x9E3779B1u + (unsigned)array * 0x85EBCA77u;
    h = (h ^ h >> 15) * 0x2C1B3C6Du;
    return (float)(int)((h ^ h >> 12) >> 8 & 0xffff) * (1.0f / 16384.0f) - 1.0f;
}

xt_status xt_bench_numbers(xt_bench_run_at *at, int first, int last, xt_error *err) {
    const size_t count = at->bytes / sizeof(float);
    float *value = malloc(at->bytes);
    if (!value) return xt_no_memory(err, "numbers for the streams", at->bytes);
    xt_status status = XT_OK;
    for (int k = first; status == XT_OK && k <= last; k++) {
        for (size_t i = 0; i < count; i++) value[i] = number(i, k);
        status = xt_buffer_write(at->device, at->array[k], 0, at->bytes, value, err);
    }
    free(value);
    return status;
}

static void counts(xt_bench_run_at *at, int arrays) {
    at->row->updates = (double)at->bytes / sizeof(float);
    at->row->bytes = arrays * (double)at->bytes;
}

xt_status xt_bench_copy_prepare(xt_bench_run_at *at, xt_error *err) {
    counts(at, 2);
    return xt_bench_numbers(at, 1, 1, err);
}

xt_status xt_bench_triad_prepare(xt_bench_run_at *at, xt_error *err) {
    counts(at, 3);
    return xt_bench_numbers(at, 1, 2, err);
}

xt_status xt_bench_copy_pass(xt_bench_run_at *at, xt_error *err) {
    return xt_device_stream(at->device, XT_STREAM_COPY, at->array, at->bytes, err);
}

xt_status xt_bench_triad_pass(xt_bench_run_at *at, xt_error *err) {
    return xt_device_stream(at->device, XT_STREAM_TRIAD, at->array, at->bytes, err);
}

/* After a pass, every element against what it must be. */
static xt_status verify(xt_bench_run_at *at, const xt_bench_kernel *kernel, double times, double bound,
                        const char *against, xt_error *err) {
    const size_t count = at->bytes / sizeof(float);
    float *found = malloc(at->bytes);
    if (!found) return xt_no_memory(err, "a copy of the streams", at->bytes);
    xt_status status = XT_OK;
    XT_GO(xt_buffer_fill(at->device, at->array[0], 0, count, -7.0f, err));
    XT_GO(kernel->pass(at, err));
    XT_GO(xt_buffer_read(at->device, at->array[0], 0, at->bytes, found, err));
    xt_bench_check_begin(&at->row->check, bound, against);
    for (size_t i = 0; i < count; i++)
        xt_bench_check_value(&at->row->check, (double)found[i],
                             (double)number(i, 1) + times * (double)number(i, 2));
    xt_bench_check_end(&at->row->check);
done:
    free(found);
    return status;
}

xt_status xt_bench_copy_verify(xt_bench_run_at *at, xt_error *err) {
    return verify(at, &(xt_bench_kernel){.pass = xt_bench_copy_pass}, 0, 0, "every element", err);
}

xt_status xt_bench_triad_verify(xt_bench_run_at *at, xt_error *err) {
    return verify(at, &(xt_bench_kernel){.pass = xt_bench_triad_pass}, (double)factor, 1.2e-7,
                  "every element, in double", err);
}
