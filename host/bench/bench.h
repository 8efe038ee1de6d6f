/* Verified speed of one device: every kernel at several sizes, timed against a copy of the same buffers at
 * the same moments, and checked against double precision. tools/bench/README.md says what the figures mean.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "base/json.h"
#include "base/log.h"
#include "bench/verdict.h"
#include "device/device.h"

enum { XT_BENCH_SIZES = 8, XT_BENCH_REPEATS = 99, XT_BENCH_ROWS = 160, XT_BENCH_NOTES = 16 };

typedef struct {
    int size[XT_BENCH_SIZES],
        size_count;           /* voxels along an edge; none: 64, 128, 256, or what the device can */
    const char *kernels;      /* names with commas between them, and "headline"; NULL: all */
    int repeats;              /* of each timing, at least 5 */
    double least_s;           /* a repeat lasts at least this */
    bool quick;               /* small sizes, short repeats */
    xt_log *log;              /* talks, and shows progress */
    const volatile int *stop; /* becomes non-zero to stop between kernels; may be NULL */
} xt_bench_def;
xt_bench_def xt_bench_def_default(void);

/* XT_USAGE naming the nearest one if `kernels` has a name that there is not. */
xt_status xt_bench_kernels_check(const char *kernels, xt_error *err);
/* Their names and what they do, a line each. */
void xt_bench_kernels_list(xt_text *text);

typedef enum { XT_BENCH_PASS, XT_BENCH_FAIL, XT_BENCH_NOT_RUN } xt_bench_verdict;

/* A figure that only some kernels have: iterations, right-hand sides. */
typedef struct {
    const char *name;
    double value;
} xt_bench_extra;
enum { XT_BENCH_EXTRAS = 6 };

/* One kernel at one size. Times are seconds of one pass; of `rkc2` of one right-hand side. */
typedef struct {
    const char *kernel;
    int size;
    xt_bench_verdict verdict;
    char why[320];        /* FAIL or NOT_RUN */
    char variant[96];     /* which of several ways of doing it; "" */
    xt_bench_check check; /* of FAIL and PASS */
    bool wall;            /* timed by the wall clock, else by the device's own */
    int repeats, passes;  /* passes in one repeat */
    double seconds[XT_BENCH_REPEATS], copy_seconds[XT_BENCH_REPEATS], read_seconds[XT_BENCH_REPEATS];
    double pass_s;                 /* of one pass, about: what a larger size will take is foreseen from it */
    double updates;                /* voxel-updates of a pass; elements for streams */
    double bytes;                  /* by model, of a pass */
    double copy_bytes, read_bytes; /* of a pass of the copy and (0: not taken) the read beside it */
    xt_bench_extra extra[XT_BENCH_EXTRAS];
    int extra_count;
} xt_bench_row;

double xt_bench_median(const double *value, int count);
double xt_bench_least(const double *value, int count);
double xt_bench_most(const double *value, int count);
/* Median over the repeats of (bytes by model / s) / (bytes / s of the copy, or the read, right after it). NAN
 * if there is none. */
double xt_bench_share(const xt_bench_row *row);
double xt_bench_share_of_read(const xt_bench_row *row);

/* Time to a solution error of 1e-3, by the adaptive method and by forward Euler. The headline is the smaller
 * of the two medians whose errors are within `wanted`. */
typedef struct {
    bool ran;
    int size;
    double hours, wanted; /* simulated; error wanted */
    double seconds[XT_BENCH_REPEATS], euler_seconds[XT_BENCH_REPEATS];
    int repeats;
    double tolerance;                                /* of the adaptive method that gives it */
    double evaluations, rejected, euler_evaluations; /* right-hand sides */
    double euler_error;
    xt_bench_check check;
    xt_bench_verdict verdict;
    char why[320];
} xt_bench_headline;
/* The headline, s, and the method that gives it: "rkc2" or "euler". NAN and "" if neither is good enough. */
double xt_bench_headline_seconds(const char **method, const xt_bench_headline *headline);

typedef struct {
    xt_device_info info;
    unsigned long long kernels_hash;
    double copy_bytes_per_s, triad_bytes_per_s, read_bytes_per_s; /* of this run, at its largest size */
    xt_bench_row *row;                                            /* [row_count] */
    int row_count;
    xt_bench_headline headline;
    bool quick, stopped; /* stopped: before all was run */
    const char *kernels; /* of xt_bench_def: the only ones that were wanted, or NULL */
    int size;            /* the only one, or 0 */
    double wall_s;
    char note[XT_BENCH_NOTES][200]; /* what was done other than asked, and why */
    int note_count;
    char tuning[400]; /* what the tuning chose; "" */
} xt_bench_record;

/* Run everything that `def` asks for. A kernel that fails is a row with a verdict, not an error; errors are
 * those of the device itself. Free the record in both cases. */
xt_status xt_bench_run(xt_bench_record *record, xt_device *device, const xt_bench_def *def, xt_error *err);
void xt_bench_record_free(xt_bench_record *record);
/* Did something run, and all that ran pass? */
bool xt_bench_record_passed(const xt_bench_record *record);

/* The record as an object (tools/bench/record.schema.json). */
void xt_bench_record_json(xt_json *json, const char *key, const xt_bench_record *record);
/* The record for people: one line a kernel and size. */
void xt_bench_record_table(xt_text *text, const xt_bench_record *record);

#endif
