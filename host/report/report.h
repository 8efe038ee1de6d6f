/* The report of a run: one page that opens from a disk without a network, composed from the files in the
 * run's folder (run.json, series.csv, frames/, films/, volumes/).
 *
 * Everything that the page shows is data: a JSON document in it, large binary pieces beside it, and scripts
 * (report/page/) that draw. Texts of files are never markup. Nothing leaves the page: its policy lets only
 * its own scripts run and no request out (live: only to where it came from). */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdbool.h>
#include "base/error.h"
#include "base/text.h"

enum { XT_REPORT_RUNS = 8 }; /* that a page compares at most */

/* Bytes of films and pictures that a page may hold, as base64: first the films, at most their part of it.
 * With the volumes (report/space.h) under 15 MB. */
enum { XT_REPORT_BYTES = 10 << 20, XT_REPORT_FILMS = 3 << 20 };

typedef struct {
    const char *const *dirs; /* folders of runs */
    int count;               /* 1 .. XT_REPORT_RUNS; more than one: side by side */
    bool live;               /* pictures stay files beside the page (frames/…), which polls data.json */
} xt_report_def;

/* The whole page, added to *html. XT_IO: a folder that is not one of a run; XT_USAGE with file:line:col: a
 * damaged run.json or series.csv. What is merely missing (no curves, no pictures) is said on the page. */
xt_status xt_report_page(xt_text *html, const xt_report_def *def, xt_error *err);

/* Its data alone, as JSON: what a live page polls. */
xt_status xt_report_data(xt_text *json, const xt_report_def *def, xt_error *err);

/* The volumes of a run for a live page's view in space, as JSON {"space": report/space.h}. Seconds for large
 * ones: ask for it when the version in the data has changed. */
xt_status xt_report_space(xt_text *json, const char *dir, xt_error *err);

/* The page into DIR/report.html, which appears when it is complete. */
xt_status xt_report_write(const char *dir, xt_error *err);

#endif
