/* series.csv: one row a time, units in the header. It can be followed while it grows: every row is appended
 * with one write, and a row that does not fit on the disk is taken back, so the file never ends in half a
 * row. */
#ifndef OBSERVE_SERIES_H
#define OBSERVE_SERIES_H

#include "base/error.h"

typedef struct xt_series xt_series;

/* A new file (atomically with its header; what had the name is replaced). columns as "age [y]"; a comma or
 * quote in one is quoted as RFC 4180 says, a line break is XT_INTERNAL. */
xt_status xt_series_create(xt_series **series, const char *path, const char *const *columns, int count,
                           xt_error *err);

/* Go on after row `rows` of an existing file: later rows, and half a row at the end, are cut off. XT_IO if
 * the header is another or there are fewer rows. */
xt_status xt_series_reopen(xt_series **series, const char *path, const char *const *columns, int count,
                           long long rows, xt_error *err);

/* Append `count` values with nine significant digits. After a failure the series still ends in a whole row.
 */
xt_status xt_series_row(xt_series *series, const double *value, xt_error *err);

long long xt_series_rows(const xt_series *series);

/* On disk up to here: call before a checkpoint that counts these rows is committed. */
xt_status xt_series_sync(xt_series *series, xt_error *err);

void xt_series_close(xt_series *series); /* NULL-safe */

#endif
