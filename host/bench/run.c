/* The benchmark of a device: sizes, problems, kernels. */
#include "bench/kernel.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bench/tuning.h"
#include "solve/step.h"

/* A device that copies slower than this gets small sizes: a simulator. */
static const double slow_bytes_per_s = 0.5e9;
/* A pass that would last longer is not run. */
static const double most_seconds = 30;
/* Device memory that a problem takes, bytes a voxel, with the streams beside it: as measured at 64^3, and a
 * tenth. */
static const double bytes_per_voxel[XT_BENCH_PROBLEMS] = {
    [XT_BENCH_STREAMS] = 48, [XT_BENCH_TISSUES] = 280,  [XT_BENCH_RANDOM] = 200,
    [XT_BENCH_EMPTY] = 145,  [XT_BENCH_ELLIPTIC] = 140, [XT_BENCH_BODY] = 190};
/* The share of a device's memory that may be taken. */
static const double memory_share = 0.8;

xt_bench_def xt_bench_def_default(void) { return (xt_bench_def){.repeats = 5, .least_s = 0.05}; }

static void note(xt_bench_record *record, const char *format, ...) XT_PRINTF(2, 3);
static void note(xt_bench_record *record, const char *format, ...) {
    if (record->note_count == XT_BENCH_NOTES) return;
    va_list args;
    va_start(args, format);
    vsnprintf(record->note[record->note_count++], sizeof record->note[0], format, args);
    va_end(args);
}

/* ---- sizes ---- */

static bool fits(const xt_device *device, xt_bench_problem problem, int n) {
    return pow(n, 3) * bytes_per_voxel[problem] <=
           memory_share * (double)xt_device_get_info(device)->memory_bytes;
}

/* Where the device's memory is too small for the usual sizes, the largest three of these for which every
 * wanted problem fits. */
static void shrink(xt_bench_def *def, xt_bench_record *record, const xt_device *device) {
    static const int instead[] = {256, 192, 160, 128, 96, 64, 48, 32};
    enum { COUNT = sizeof instead / sizeof *instead };
    int first = 0;
    for (const xt_bench_kernel *k = xt_bench_kernels; k->name; k++)
        while (xt_bench_wanted(def, k->name) && first + 3 < COUNT &&
               !fits(device, k->problem, instead[first]))
            first++;
    if (first == 0) return;
    def->size[2] = instead[first];
    def->size[1] = instead[first] > 128 ? 128 : instead[first + 1];
    def->size[0] = instead[first] > 64 + 32 ? 64 : instead[first + 2];
    note(record, "sizes %d, %d and %d: more does not fit the device's %.1f GiB", def->size[0], def->size[1],
         def->size[2], (double)xt_device_get_info(device)->memory_bytes / 1073741824);
}

static xt_status choose_sizes(xt_bench_def *def, xt_bench_record *record, xt_device *device, xt_error *err) {
    static const int usual[] = {64, 128, 256}, quick[] = {32, 48, 64}, small[] = {8, 12, 16};
    double copy;
    XT_TRY(xt_device_measure_copy(&copy, device, 0, err));
    if (def->size_count) return XT_OK;
    const bool slow = copy < slow_bytes_per_s;
    def->size_count = 3;
    memcpy(def->size, slow ? small : def->quick ? quick : usual, sizeof usual);
    if (!slow && !def->quick) shrink(def, record, device);
    if (slow) note(record, "sizes 8, 12 and 16: the device copies no more than %.3g GB/s", 1e-9 * copy);
    return XT_OK;
}

/* ---- one kernel ---- */

static xt_bench_row *add_row(xt_bench_record *record, const char *kernel, int size) {
    if (record->row_count == XT_BENCH_ROWS) return NULL;
    xt_bench_row *row = &record->row[record->row_count++];
    *row = (xt_bench_row){.kernel = kernel, .size = size, .verdict = XT_BENCH_NOT_RUN};
    return row;
}

/* The time that a pass will take, from the same kernel at a smaller size; 0 if unknown. */
static double foreseen(const xt_bench_record *record, const char *kernel, int size) {
    double seconds = 0;
    for (int i = 0; i < record->row_count; i++) {
        const xt_bench_row *row = &record->row[i];
        if (row->repeats && row->size < size && strcmp(row->kernel, kernel) == 0)
            seconds = row->pass_s * pow((double)size / row->size, 3);
    }
    return seconds;
}

static xt_status run_kernel(xt_bench_run_at *at, const xt_bench_kernel *kernel, xt_error *err) {
    xt_status status = XT_OK;
    XT_GO(kernel->prepare(at, err));
    XT_GO(kernel->verify(at, err));
    at->row->verdict = xt_bench_check_passed(&at->row->check) ? XT_BENCH_PASS : XT_BENCH_FAIL;
    if (at->row->verdict == XT_BENCH_FAIL)
        snprintf(at->row->why, sizeof at->row->why, "error %.2g against %s; at most %.2g is accepted",
                 at->row->check.error, at->row->check.against, at->row->check.bound);
    XT_GO(xt_bench_time(at, kernel, err));
done:
    if (kernel->release) kernel->release(at);
    at->own = NULL;
    return status;
}

static void say(const xt_bench_def *def, const xt_bench_row *row) {
    if (!def->log) return;
    if (!row->repeats)
        xt_log_info(def->log, "%s %d: %s: %s", row->kernel, row->size,
                    row->verdict == XT_BENCH_NOT_RUN ? "not run" : "FAIL", row->why);
    else
        xt_log_info(def->log, "%s %d: %.4g s, %.2f of copy, error %.2g: %s", row->kernel, row->size,
                    xt_bench_median(row->seconds, row->repeats), xt_bench_share(row), row->check.error,
                    row->verdict == XT_BENCH_PASS ? "PASS" : "FAIL");
}

/* ---- one problem at one size ---- */

static void free_arrays(xt_bench_run_at *at) {
    for (int k = 0; k < 3; k++) xt_buffer_free(at->device, &at->array[k]);
}

/* What is needed before a kernel can run; lack of memory is no fault of any kernel. */
static xt_status furnish(xt_bench_run_at *at, xt_bench_problem problem, bool third, xt_error *err) {
    if (!fits(at->device, problem, at->n))
        return xt_fail(err, XT_DEVICE, "it would take about %.1f GiB of the device's %.1f",
                       pow(at->n, 3) * bytes_per_voxel[problem] / 1073741824,
                       (double)xt_device_get_info(at->device)->memory_bytes / 1073741824);
    if (!at->array[0]) {
        for (int k = 0; k < 2; k++)
            XT_TRY(xt_buffer_create(&at->array[k], at->device, at->bytes, "benchmark arrays", err));
    }
    if (third) XT_TRY(xt_buffer_create(&at->array[2], at->device, at->bytes, "benchmark arrays", err));
    if (problem != XT_BENCH_STREAMS && !at->world)
        XT_TRY(xt_bench_world_create(&at->world, problem, at->n, at->device, err));
    return XT_OK;
}

static bool stopped(const xt_bench_def *def) { return def->stop && *def->stop; }

static void run_problem(xt_bench_record *record, xt_bench_run_at *at, xt_bench_problem problem) {
    for (const xt_bench_kernel *k = xt_bench_kernels; k->name && !stopped(at->def); k++) {
        if (k->problem != problem || !xt_bench_wanted(at->def, k->name)) continue;
        xt_error err = {0};
        const double seconds = foreseen(record, k->name, at->n);
        at->row = add_row(record, k->name, at->n);
        if (!at->row) return;
        const bool fresh = at->world == NULL;
        if (seconds > most_seconds)
            snprintf(at->row->why, sizeof at->row->why, "a pass would last about %.0f s", seconds);
        else if (furnish(at, problem, k->third, &err) == XT_OK &&
                 (fresh || !at->world || xt_bench_world_reset(at->world, &err) == XT_OK)) {
            if (run_kernel(at, k, &err) != XT_OK) at->row->verdict = XT_BENCH_FAIL;
        }
        if (err.status != XT_OK) snprintf(at->row->why, sizeof at->row->why, "%.300s", err.text);
        xt_buffer_free(at->device, &at->array[2]);
        say(at->def, at->row);
    }
    xt_bench_world_free(at->world);
    at->world = NULL;
}

/* ---- all ---- */

static void bandwidths(xt_bench_record *record) {
    for (int i = 0; i < record->row_count; i++) { /* sizes grow: the last that ran stays */
        const xt_bench_row *row = &record->row[i];
        if (!row->repeats) continue;
        const double rate = row->bytes / xt_bench_median(row->seconds, row->repeats);
        if (strcmp(row->kernel, "copy") == 0) record->copy_bytes_per_s = rate;
        if (strcmp(row->kernel, "triad") == 0) record->triad_bytes_per_s = rate;
        if (row->read_bytes > 0)
            record->read_bytes_per_s = row->read_bytes / xt_bench_median(row->read_seconds, row->repeats);
    }
}

/* A device that was never tuned is, on the first full run; where that fails, what is shipped does. */
static void tune(xt_bench_record *record, const xt_bench_def *def, xt_device *device) {
    static const char *const steps[] = {"step", "step_blocked", "step_random", "step_from_zero"};
    bool wanted = false;
    int n = 0;
    for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) wanted |= xt_bench_wanted(def, steps[k]);
    for (int k = 0; k < def->size_count; k++)
        if (def->size[k] > n && def->size[k] <= XT_BENCH_TUNING_SIZE) n = def->size[k];
    if (wanted && n >= 64 && !def->quick && !xt_step_is_tuned(device)) {
        xt_error why = {0};
        if (def->log) xt_log_info(def->log, "tuning for this device ...");
        if (xt_bench_tune(device, n, &why) != XT_OK) note(record, "not tuned: %.150s", why.text);
    }
    if (wanted) xt_bench_tuning_say(record->tuning, sizeof record->tuning, device);
}

xt_status xt_bench_run(xt_bench_record *record, xt_device *device, const xt_bench_def *asked, xt_error *err) {
    xt_bench_def def = *asked;
    const double began = xt_seconds();
    *record = (xt_bench_record){.kernels_hash = xt_kernels_hash(),
                                .quick = def.quick,
                                .kernels = def.kernels,
                                .size = def.size_count ? def.size[0] : 0};
    record->row = calloc(XT_BENCH_ROWS, sizeof *record->row);
    if (!record->row) return xt_no_memory(err, "a benchmark record", XT_BENCH_ROWS * sizeof *record->row);
    if (def.repeats > XT_BENCH_REPEATS) def.repeats = XT_BENCH_REPEATS;
    if (def.quick && def.least_s > 0.01) def.least_s = 0.01;
    XT_TRY(xt_step_shape_check(device, err));
    XT_TRY(choose_sizes(&def, record, device, err));
    record->info = *xt_device_get_info(device);
    tune(record, &def, device);
    for (int i = 0; i < def.size_count && !stopped(&def); i++) {
        xt_bench_run_at at = {.def = &def, .device = device, .n = def.size[i]};
        at.bytes = 16 * (size_t)at.n * (size_t)at.n * (size_t)at.n;
        for (int p = 0; p < XT_BENCH_PROBLEMS; p++) run_problem(record, &at, (xt_bench_problem)p);
        free_arrays(&at);
    }
    bandwidths(record);
    if (xt_bench_wanted(&def, XT_BENCH_HEADLINE) && !stopped(&def)) {
        xt_error why = {0};
        if (xt_bench_headline_run(&record->headline, device, &def, &why) != XT_OK && def.log)
            xt_log_info(def.log, "headline: %s", why.text);
    }
    record->stopped = stopped(&def);
    if (record->stopped) note(record, "stopped before all was run");
    record->wall_s = xt_seconds() - began;
    return XT_OK;
}

void xt_bench_record_free(xt_bench_record *record) {
    free(record->row);
    record->row = NULL;
}

bool xt_bench_record_passed(const xt_bench_record *record) {
    bool any = record->headline.ran;
    for (int i = 0; i < record->row_count; i++) {
        if (record->row[i].verdict == XT_BENCH_FAIL) return false;
        any |= record->row[i].verdict == XT_BENCH_PASS;
    }
    return any && (!record->headline.ran || record->headline.verdict == XT_BENCH_PASS);
}
