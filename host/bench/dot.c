/* A dot product as the solvers sum, and plain reading to compare it with. */
#include "bench/kernel.h"

#include <math.h>
#include <stdlib.h>

#include "solve/reduce.h"

struct xt_bench_reader {
    xt_program *program;
    cl_kernel dot, read;
    xt_reduce reduce;
    cl_int cells;
};

void xt_bench_reader_free(xt_bench_reader *reader, xt_device *device) {
    if (!reader) return;
    xt_kernel_free(&reader->dot);
    xt_kernel_free(&reader->read);
    xt_program_free(reader->program);
    xt_reduce_free(&reader->reduce, device);
    free(reader);
}

xt_status xt_bench_reader_create(xt_bench_reader **out, xt_device *device, size_t bytes, xt_error *err) {
    const xt_program_part parts[] = {{"grid.clh", NULL},   {"transport.clh", NULL}, {"sum.clh", NULL},
                                     {"reduce.clh", NULL}, {"cell.clh", NULL},      {"lanes.clh", NULL},
                                     {"bench.cl", NULL}};
    xt_bench_reader *reader = calloc(1, sizeof *reader);
    xt_status status = XT_OK;
    *out = NULL;
    if (!reader) return xt_no_memory(err, "a reduction", sizeof *reader);
    reader->cells = (cl_int)(bytes / sizeof(float));
    XT_GO(xt_reduce_create(&reader->reduce, device, (size_t)reader->cells, 1, err));
    XT_GO(xt_program_build(&reader->program, device, parts, (int)(sizeof parts / sizeof *parts),
                           reader->reduce.rows ? "-DXT_ROWS" : "", err));
    XT_GO(xt_kernel_create(&reader->dot, reader->program, "bench_dot", err));
    XT_GO(xt_kernel_create(&reader->read, reader->program, "bench_read", err));
    *out = reader;
done:
    if (status != XT_OK) xt_bench_reader_free(reader, device);
    return status;
}

static xt_status launch(xt_bench_reader *r, cl_kernel kernel, xt_device *device, const cl_mem *array,
                        const char *stage, xt_error *err) {
    const xt_arg args[] = {XT_ARG(array[0]), XT_ARG(array[1]), XT_ARG(r->reduce.partial), XT_ARG(r->cells)};
    return xt_launch(device, kernel, xt_reduce_global(&r->reduce), r->reduce.local, args, 4, stage,
                     8.0 * r->cells, err);
}

xt_status xt_bench_reader_pass(xt_bench_reader *r, xt_device *device, const cl_mem *array, xt_error *err) {
    return launch(r, r->read, device, array, "bench: read", err);
}

/* ---- dot ---- */

xt_status xt_bench_dot_prepare(xt_bench_run_at *at, xt_error *err) {
    at->row->updates = (double)at->bytes / sizeof(float);
    at->row->bytes = 2 * (double)at->bytes;
    XT_TRY(xt_bench_numbers(at, 0, 1, err));
    return xt_bench_reader_create((xt_bench_reader **)&at->own, at->device, at->bytes, err);
}

void xt_bench_dot_release(xt_bench_run_at *at) { xt_bench_reader_free(at->own, at->device); }

xt_status xt_bench_dot_pass(xt_bench_run_at *at, xt_error *err) {
    xt_bench_reader *r = at->own;
    return launch(r, r->dot, at->device, at->array, "bench: dot", err);
}

xt_status xt_bench_dot_verify(xt_bench_run_at *at, xt_error *err) {
    xt_bench_reader *r = at->own;
    float *x = malloc(at->bytes), *y = malloc(at->bytes);
    double found, wanted = 0, size = 0;
    xt_status status = XT_OK;
    if (!x || !y) {
        status = xt_no_memory(err, "vectors", 2 * at->bytes);
        goto done;
    }
    XT_GO(xt_bench_dot_pass(at, err));
    XT_GO(xt_reduce_read(&found, &r->reduce, at->device, 1, err));
    XT_GO(xt_buffer_read(at->device, at->array[0], 0, at->bytes, x, err));
    XT_GO(xt_buffer_read(at->device, at->array[1], 0, at->bytes, y, err));
    for (cl_int i = 0; i < r->cells; i++) {
        wanted += (double)x[i] * (double)y[i];
        size += fabs((double)x[i] * (double)y[i]);
    }
    xt_bench_check_set(&at->row->check, fabs(found - wanted) / size, 1e-7,
                       "the sum in double, relative to the sum of magnitudes");
done:
    free(x);
    free(y);
    return status;
}
