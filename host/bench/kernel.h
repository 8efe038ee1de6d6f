/* What the files of this room share: the table of kernels, and what a kernel works on. */
#ifndef BENCH_KERNEL_H
#define BENCH_KERNEL_H

#include "bench/bench.h"
#include "bench/problem.h"

/* A kernel at one size, being prepared, checked and timed. */
typedef struct {
    const xt_bench_def *def;
    xt_device *device;
    int n;
    xt_bench_world *world; /* of the kernel's problem, as it starts; NULL for streams */
    size_t bytes;          /* of each of the arrays: 16 a voxel, four fields */
    cl_mem array[3];       /* for streams, and the copy beside every kernel; [2] only where it is asked for */
    xt_bench_row *row;
    void *own; /* the kernel's */
} xt_bench_run_at;

typedef struct {
    const char *name, *about;
    xt_bench_problem problem;
    bool wall;  /* its time is not the device's alone: host work belongs to it */
    bool third; /* needs array[2] */
    bool reads; /* is compared with reading, too */
    /* Fill row->updates, bytes, variant; make what is needed. */
    xt_status (*prepare)(xt_bench_run_at *at, xt_error *err);
    /* Check from the start; sets row->check. After prepare, before any pass. */
    xt_status (*verify)(xt_bench_run_at *at, xt_error *err);
    /* Enqueue one pass; called again and again. */
    xt_status (*pass)(xt_bench_run_at *at, xt_error *err);
    /* What passes have done so far, where they differ (right-hand sides): times, updates and bytes are then
     * of one of these, counted in the batch that is timed. NULL: of a pass. */
    double (*count)(const xt_bench_run_at *at);
    void (*release)(xt_bench_run_at *at); /* after a failed prepare, too */
} xt_bench_kernel;

extern const xt_bench_kernel xt_bench_kernels[]; /* grouped by problem; ends with name NULL */
#define XT_BENCH_HEADLINE "headline"             /* what --kernel calls it */
bool xt_bench_wanted(const xt_bench_def *def, const char *name);

/* streams.c */
xt_status xt_bench_numbers(xt_bench_run_at *at, int first, int last, xt_error *err); /* into those arrays */
xt_status xt_bench_copy_prepare(xt_bench_run_at *at, xt_error *err);
xt_status xt_bench_copy_verify(xt_bench_run_at *at, xt_error *err);
xt_status xt_bench_copy_pass(xt_bench_run_at *at, xt_error *err);
xt_status xt_bench_triad_prepare(xt_bench_run_at *at, xt_error *err);
xt_status xt_bench_triad_verify(xt_bench_run_at *at, xt_error *err);
xt_status xt_bench_triad_pass(xt_bench_run_at *at, xt_error *err);
/* dot.c */
xt_status xt_bench_dot_prepare(xt_bench_run_at *at, xt_error *err);
xt_status xt_bench_dot_verify(xt_bench_run_at *at, xt_error *err);
xt_status xt_bench_dot_pass(xt_bench_run_at *at, xt_error *err);
void xt_bench_dot_release(xt_bench_run_at *at);
/* elliptic.c */
xt_status xt_bench_elliptic_prepare(xt_bench_run_at *at, xt_error *err);
xt_status xt_bench_elliptic_verify(xt_bench_run_at *at, xt_error *err);
xt_status xt_bench_elliptic_pass(xt_bench_run_at *at, xt_error *err);
void xt_bench_elliptic_release(xt_bench_run_at *at);
/* steps.c */
xt_status xt_bench_naive_prepare(xt_bench_run_at *at, xt_error *err);
xt_status xt_bench_single_prepare(xt_bench_run_at *at, xt_error *err);
xt_status xt_bench_blocked_prepare(xt_bench_run_at *at, xt_error *err);
xt_status xt_bench_step_verify(xt_bench_run_at *at, xt_error *err);
xt_status xt_bench_step_pass(xt_bench_run_at *at, xt_error *err);
void xt_bench_step_release(xt_bench_run_at *at);
/* rkc2.c */
xt_status xt_bench_rkc2_prepare(xt_bench_run_at *at, xt_error *err);
xt_status xt_bench_rkc2_verify(xt_bench_run_at *at, xt_error *err);
xt_status xt_bench_rkc2_pass(xt_bench_run_at *at, xt_error *err);
double xt_bench_rkc2_count(const xt_bench_run_at *at);
void xt_bench_rkc2_release(xt_bench_run_at *at);
/* headline.c: a failure is in the result, and in err */
xt_status xt_bench_headline_run(xt_bench_headline *result, xt_device *device, const xt_bench_def *def,
                                xt_error *err);
/* remodel.c */
xt_status xt_bench_remodel_prepare(xt_bench_run_at *at, xt_error *err);
xt_status xt_bench_remodel_verify(xt_bench_run_at *at, xt_error *err);
xt_status xt_bench_remodel_pass(xt_bench_run_at *at, xt_error *err);
/* render.c */
xt_status xt_bench_render_prepare(xt_bench_run_at *at, xt_error *err);
xt_status xt_bench_render_verify(xt_bench_run_at *at, xt_error *err);
xt_status xt_bench_render_pass(xt_bench_run_at *at, xt_error *err);
void xt_bench_render_release(xt_bench_run_at *at);

/* A pass that reads array[0] and array[1], of `bytes` each, for comparing sums with (dot.c). */
typedef struct xt_bench_reader xt_bench_reader;
xt_status xt_bench_reader_create(xt_bench_reader **reader, xt_device *device, size_t bytes, xt_error *err);
void xt_bench_reader_free(xt_bench_reader *reader, xt_device *device);
xt_status xt_bench_reader_pass(xt_bench_reader *reader, xt_device *device, const cl_mem *array,
                               xt_error *err);

/* Warm up, then repeats of the kernel each followed by one of the copy (and the read) of at->array, all at
 * least def->least_s long (timing.c). Fills passes, repeats and the times of the row. */
xt_status xt_bench_time(xt_bench_run_at *at, const xt_bench_kernel *kernel, xt_error *err);

void xt_bench_extra_set(xt_bench_row *row, const char *name, double value);

#endif
