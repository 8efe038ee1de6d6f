#include "bench/kernel.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"

/* ---- statistics ---- */

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double rank(const double *value, int count, int quarter) {
    double sorted[XT_BENCH_REPEATS];
    if (count < 1) return NAN;
    for (int i = 0; i < count; i++) sorted[i] = value[i];
    qsort(sorted, (size_t)count, sizeof *sorted, by_value);
    if (quarter == 2 && count % 2 == 0) return 0.5 * (sorted[count / 2 - 1] + sorted[count / 2]);
    return sorted[(count - 1) * quarter / 4];
}

double xt_bench_median(const double *value, int count) { return rank(value, count, 2); }
double xt_bench_least(const double *value, int count) { return rank(value, count, 0); }
double xt_bench_most(const double *value, int count) { return rank(value, count, 4); }

static double share(const xt_bench_row *row, const double *beside, double bytes) {
    double of[XT_BENCH_REPEATS];
    if (!(bytes > 0)) return NAN;
    for (int i = 0; i < row->repeats; i++) of[i] = row->bytes / row->seconds[i] * beside[i] / bytes;
    return xt_bench_median(of, row->repeats);
}

double xt_bench_share(const xt_bench_row *row) { return share(row, row->copy_seconds, row->copy_bytes); }
double xt_bench_share_of_read(const xt_bench_row *row) {
    return share(row, row->read_seconds, row->read_bytes);
}

/* ---- repeats ---- */

typedef struct {
    const xt_bench_kernel *kernel;
    xt_bench_run_at *at;
    xt_bench_reader *reader;
} timed;

typedef enum { OWN, COPY, READ } what;

static xt_status pass(const timed *t, what which, xt_error *err) {
    if (which == OWN) return t->kernel->pass(t->at, err);
    if (which == COPY)
        return xt_device_stream(t->at->device, XT_STREAM_COPY, t->at->array, t->at->bytes, err);
    return xt_bench_reader_pass(t->reader, t->at->device, t->at->array, err);
}

/* Seconds of `passes` passes: by the device's clock, the sum of what its commands took, or by the wall clock
 * until the queue is empty. *each: the same of one of them, or of one of what the kernel counts. */
static xt_status batch(double *seconds, double *each, const timed *t, what which, int passes, xt_error *err) {
    double (*const count_of)(const xt_bench_run_at *) = which == OWN ? t->kernel->count : NULL;
    const double before = count_of ? count_of(t->at) : 0;
    xt_device *device = t->at->device;
    const xt_stage *stage;
    int count;
    double device_s = 0;
    XT_TRY(xt_device_stages_reset(device, err));
    const double began = xt_seconds();
    for (int i = 0; i < passes; i++) XT_TRY(pass(t, which, err));
    XT_TRY(xt_device_finish(device, err));
    const double wall_s = xt_seconds() - began;
    XT_TRY(xt_device_stages(&stage, &count, device, err));
    for (int i = 0; i < count; i++) device_s += stage[i].seconds;
    *seconds = t->at->row->wall ? wall_s : device_s;
    *each = *seconds / (count_of ? count_of(t->at) - before : passes);
    return XT_OK;
}

/* Passes that do last `least` seconds, with some to spare: raised until they have. The first pass compiles,
 * on some runtimes, and what follows one another closely may be faster than what does not. */
static xt_status how_many(int *passes, const timed *t, what which, double least, xt_error *err) {
    const int most = 100000;
    double seconds, each;
    *passes = 1;
    XT_TRY(batch(&seconds, &each, t, which, 1, err));
    if (seconds < least) XT_TRY(batch(&seconds, &each, t, which, 1, err));
    while (seconds < 1.05 * least && *passes < most) {
        const double wanted = 1.2 * *passes * least / fmax(seconds, 1e-7);
        *passes = (int)fmin(most, fmin(fmax(wanted, *passes + 1), 1000.0 * *passes));
        XT_TRY(batch(&seconds, &each, t, which, *passes, err));
    }
    if (which == OWN) t->at->row->pass_s = seconds / *passes;
    return XT_OK;
}

xt_status xt_bench_time(xt_bench_run_at *at, const xt_bench_kernel *kernel, xt_error *err) {
    timed t = {.kernel = kernel, .at = at};
    xt_bench_row *row = at->row;
    int copies, reads = 0;
    double seconds;
    xt_status status = XT_OK;
    row->wall = kernel->wall || !xt_device_get_info(at->device)->profiling_sane;
    if (kernel->reads) XT_GO(xt_bench_reader_create(&t.reader, at->device, at->bytes, err));
    XT_GO(how_many(&row->passes, &t, OWN, at->def->least_s, err));
    XT_GO(how_many(&copies, &t, COPY, at->def->least_s, err));
    if (t.reader) XT_GO(how_many(&reads, &t, READ, at->def->least_s, err));
    row->copy_bytes = 2 * (double)at->bytes;
    row->read_bytes = t.reader ? 2 * (double)at->bytes : 0;
    for (int r = 0; r < at->def->repeats; r++) {
        XT_GO(batch(&seconds, &row->seconds[r], &t, OWN, row->passes, err));
        XT_GO(batch(&seconds, &row->copy_seconds[r], &t, COPY, copies, err));
        if (t.reader) XT_GO(batch(&seconds, &row->read_seconds[r], &t, READ, reads, err));
        row->repeats = r + 1;
    }
done:
    xt_bench_reader_free(t.reader, at->device);
    return status;
}

void xt_bench_extra_set(xt_bench_row *row, const char *name, double value) {
    for (int i = 0; i < row->extra_count; i++)
        if (row->extra[i].name == name) {
            row->extra[i].value = value;
            return;
        }
    if (row->extra_count < XT_BENCH_EXTRAS) row->extra[row->extra_count++] = (xt_bench_extra){name, value};
}
