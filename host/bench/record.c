/* A record as JSON (tools/bench/record.schema.json) and as a table for people. */
#include "bench/bench.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const verdicts[] = {"PASS", "FAIL", "NOT RUN"};

/* ---- JSON ---- */

static void write_times(xt_json *json, const char *key, const double *seconds, int count) {
    xt_json_open_object(json, key);
    xt_json_real(json, "min", xt_bench_least(seconds, count));
    xt_json_real(json, "median", xt_bench_median(seconds, count));
    xt_json_real(json, "max", xt_bench_most(seconds, count));
    xt_json_open_row(json, "repeats");
    for (int i = 0; i < count; i++) xt_json_real(json, NULL, seconds[i]);
    xt_json_close(json);
    xt_json_close(json);
}

static void write_check(xt_json *json, const xt_bench_check *check) {
    xt_json_real(json, "error", check->error);
    xt_json_real(json, "bound", check->bound);
    xt_json_string(json, "against", check->against);
}

static void write_row(xt_json *json, const xt_bench_row *row) {
    xt_json_open_object(json, NULL);
    xt_json_string(json, "kernel", row->kernel);
    xt_json_integer(json, "size", row->size);
    xt_json_string(json, "verdict", verdicts[row->verdict]);
    if (row->why[0]) xt_json_string(json, "why", row->why);
    if (row->variant[0]) xt_json_string(json, "variant", row->variant);
    if (row->check.against) write_check(json, &row->check);
    if (row->repeats) {
        const double median = xt_bench_median(row->seconds, row->repeats);
        xt_json_string(json, "clock", row->wall ? "wall" : "device");
        xt_json_integer(json, "passes", row->passes);
        write_times(json, "seconds", row->seconds, row->repeats);
        write_times(json, "copy_seconds", row->copy_seconds, row->repeats);
        xt_json_real(json, "copy_bytes", row->copy_bytes);
        if (row->read_bytes > 0) {
            write_times(json, "read_seconds", row->read_seconds, row->repeats);
            xt_json_real(json, "read_bytes", row->read_bytes);
        }
        xt_json_real(json, "updates_per_s", row->updates / median);
        xt_json_real(json, "bytes_per_update", row->bytes / row->updates);
        xt_json_real(json, "bytes_per_s", row->bytes / median);
        xt_json_real(json, "share_of_copy", xt_bench_share(row));
        if (row->read_bytes > 0) xt_json_real(json, "share_of_read", xt_bench_share_of_read(row));
        for (int i = 0; i < row->extra_count; i++)
            xt_json_real(json, row->extra[i].name, row->extra[i].value);
    }
    xt_json_close(json);
}

static void write_headline(xt_json *json, const xt_bench_headline *h) {
    xt_json_open_object(json, "time_to_1e-3");
    xt_json_integer(json, "size", h->size);
    xt_json_real(json, "simulated_h", h->hours);
    xt_json_string(json, "verdict", verdicts[h->verdict]);
    if (h->why[0]) xt_json_string(json, "why", h->why);
    if (h->repeats) {
        const char *method;
        xt_json_real(json, "seconds", xt_bench_headline_seconds(&method, h));
        xt_json_string(json, "method", method[0] ? method : NULL);
        xt_json_open_object(json, "rkc2");
        write_times(json, "seconds", h->seconds, h->repeats);
        write_check(json, &h->check);
        xt_json_real(json, "tolerance", h->tolerance);
        xt_json_real(json, "evaluations", h->evaluations);
        xt_json_real(json, "rejected", h->rejected);
        xt_json_close(json);
        xt_json_open_object(json, "euler");
        write_times(json, "seconds", h->euler_seconds, h->repeats);
        xt_json_real(json, "error", h->euler_error);
        xt_json_real(json, "evaluations", h->euler_evaluations);
        xt_json_close(json);
    }
    xt_json_close(json);
}

#ifndef CROSSTALK_GIT
#define CROSSTALK_GIT ""
#endif

void xt_bench_record_json(xt_json *json, const char *key, const xt_bench_record *record) {
    const xt_device_info *info = &record->info;
    char hash[32];
    snprintf(hash, sizeof hash, "%016llx", record->kernels_hash);
    xt_json_open_object(json, key);
    xt_json_integer(json, "format", 1);
    xt_json_string(json, "program", "crosstalk");
    xt_json_string(json, "version", CROSSTALK_VERSION);
    xt_json_string(json, "git", CROSSTALK_GIT);
    xt_json_string(json, "kernels", hash);
    xt_json_string(json, "platform", info->platform);
    xt_json_string(json, "device", info->name);
    xt_json_string(json, "board", info->board[0] ? info->board : NULL);
    xt_json_string(json, "vendor", info->vendor);
    xt_json_string(json, "driver", info->driver);
    xt_json_string(json, "opencl", info->version);
    xt_json_string(json, "type", xt_device_type_name(info));
    xt_json_integer(json, "compute_units", info->compute_units);
    xt_json_integer(json, "clock_mhz", info->clock_mhz);
    xt_json_integer(json, "memory_bytes", (long long)info->memory_bytes);
    xt_json_bool(json, "fp64", info->fp64);
    xt_json_bool(json, "quick", record->quick);
    xt_json_bool(json, "complete", !record->stopped && !record->kernels && !record->size);
    xt_json_string(json, "only_kernels", record->kernels);
    if (record->size) xt_json_integer(json, "only_size", record->size);
    xt_json_string(json, "tuning", record->tuning[0] ? record->tuning : NULL);
    xt_json_real(json, "copy_bytes_per_s", record->copy_bytes_per_s > 0 ? record->copy_bytes_per_s : NAN);
    xt_json_real(json, "triad_bytes_per_s", record->triad_bytes_per_s > 0 ? record->triad_bytes_per_s : NAN);
    xt_json_real(json, "read_bytes_per_s", record->read_bytes_per_s > 0 ? record->read_bytes_per_s : NAN);
    if (record->headline.ran) write_headline(json, &record->headline);
    xt_json_open_array(json, "results");
    for (int i = 0; i < record->row_count; i++) write_row(json, &record->row[i]);
    xt_json_close(json);
    xt_json_open_array(json, "notes");
    for (int i = 0; i < record->note_count; i++) xt_json_string(json, NULL, record->note[i]);
    xt_json_close(json);
    xt_json_real(json, "wall_s", record->wall_s);
    xt_json_close(json);
}

/* ---- for people ---- */

static void time_text(char *text, size_t size, double seconds) {
    if (seconds < 1e-3)
        snprintf(text, size, "%.1f us", 1e6 * seconds);
    else if (seconds < 1)
        snprintf(text, size, "%.2f ms", 1e3 * seconds);
    else
        snprintf(text, size, "%.3f s", seconds);
}

static void share_text(char *text, size_t size, double share) {
    if (isfinite(share))
        snprintf(text, size, "%.2f", share);
    else
        snprintf(text, size, "-");
}

static void table_row(xt_text *text, const xt_bench_row *row) {
    char median[24], copy[16], read[16];
    if (!row->repeats) {
        xt_text_printf(text, "%-14s %5d  %s: %s\n", row->kernel, row->size, verdicts[row->verdict], row->why);
        return;
    }
    const double seconds = xt_bench_median(row->seconds, row->repeats);
    const double spread =
        (xt_bench_most(row->seconds, row->repeats) - xt_bench_least(row->seconds, row->repeats)) / seconds;
    time_text(median, sizeof median, seconds);
    share_text(copy, sizeof copy, xt_bench_share(row));
    share_text(read, sizeof read, xt_bench_share_of_read(row));
    xt_text_printf(text, "%-14s %5d  %10s  %4.0f%%  %9.1f  %7.1f  %7.1f  %6s  %6s  %8.1e  %s", row->kernel,
                   row->size, median, 100 * spread, 1e-6 * row->updates / seconds, row->bytes / row->updates,
                   1e-9 * row->bytes / seconds, copy, read, row->check.error, verdicts[row->verdict]);
    for (int i = 0; i < row->extra_count; i++)
        xt_text_printf(text, "%s %s %.3g", i ? "," : " ", row->extra[i].name, row->extra[i].value);
    if (row->variant[0]) xt_text_printf(text, "  (%s)", row->variant);
    xt_text_add(text, "\n");
}

static void table_headline(xt_text *text, const xt_bench_headline *h) {
    char own[24], euler[24], best[24] = "-";
    if (!h->repeats) {
        xt_text_printf(text, "Time to a solution error of %g: %s: %s\n", h->wanted, verdicts[h->verdict],
                       h->why);
        return;
    }
    time_text(own, sizeof own, xt_bench_median(h->seconds, h->repeats));
    time_text(euler, sizeof euler, xt_bench_median(h->euler_seconds, h->repeats));
    const char *method;
    const double seconds = xt_bench_headline_seconds(&method, h);
    if (isfinite(seconds)) time_text(best, sizeof best, seconds);
    xt_text_printf(text, "Time to a solution error of %g (%d^3 voxels, %g h): %s%s%s: %s\n", h->wanted,
                   h->size, h->hours, best, method[0] ? " by " : "", method, verdicts[h->verdict]);
    xt_text_printf(text, "    rkc2   %10s, %5.0f right-hand sides, error %.1e\n", own, h->evaluations,
                   h->check.error);
    xt_text_printf(text, "    euler  %10s, %5.0f right-hand sides, error %.1e\n", euler, h->euler_evaluations,
                   h->euler_error);
}

void xt_bench_record_table(xt_text *text, const xt_bench_record *record) {
    const xt_device_info *info = &record->info;
    xt_text_printf(text, "%s%s%s%s [%s, %s, driver %s]\n", info->name, info->board[0] ? " (" : "",
                   info->board, info->board[0] ? ")" : "", info->platform, info->version, info->driver);
    if (record->tuning[0]) xt_text_printf(text, "tuning: %s\n", record->tuning);
    for (int i = 0; i < record->note_count; i++) xt_text_printf(text, "note: %s\n", record->note[i]);
    xt_text_printf(text, "\n%-14s %5s  %10s  %5s  %9s  %7s  %7s  %6s  %6s  %8s  %s\n", "kernel", "size",
                   "median", "span", "M upd/s", "B/upd", "GB/s", "/copy", "/read", "error", "verdict");
    for (int i = 0; i < record->row_count; i++) table_row(text, &record->row[i]);
    xt_text_add(text, "\n");
    if (record->headline.ran) table_headline(text, &record->headline);
    xt_text_printf(text, "%.0f s in all\n", record->wall_s);
}
