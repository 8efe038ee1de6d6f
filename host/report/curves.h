/* series.csv read back, and made small enough for a page. */
#ifndef REPORT_CURVES_H
#define REPORT_CURVES_H

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

enum { XT_CURVE_COLUMNS = 512, XT_CURVE_POINTS = 1600 };

typedef struct {
    int columns;
    long long rows;
    const char **name, **unit; /* [columns]; unit "" where the header has none */
    double *value;             /* [rows * columns], row by row; NAN where the file says nan or inf */
    xt_arena arena;
} xt_curves;

/* XT_IO: cannot be read; XT_USAGE with file:line: not a series. Free with xt_curves_free. */
xt_status xt_curves_read(xt_curves *curves, const char *path, xt_error *err);
void xt_curves_free(xt_curves *curves);

/* The members "rows", "thinned" and "columns" (name, unit, values) of an open object. Beyond XT_CURVE_POINTS
 * rows each interval of rows is told by the smallest and largest value in it, in their order, so that no peak
 * is lost; the first and last row stay. Not-a-number is null. */
void xt_curves_write(xt_json *json, const xt_curves *curves);

#endif
