/* The lines of a run's live status, as text: no terminal, no clock, no file. */
#ifndef APP_WATCH_LINES_H
#define APP_WATCH_LINES_H

#include <stdbool.h>
#include "base/log.h"
#include "base/text.h"
#include "report/curves.h"

typedef struct {
    const char *name;
    double value, bound; /* NAN: not known; bound NAN: reported only */
} xt_watch_proof;

enum { XT_WATCH_PROOFS = 4 };

typedef struct {
    xt_log_state progress;
    bool ended;               /* it goes no further */
    const xt_curves *curves;  /* NULL: none yet. The first two columns are time (d) and age (y) */
    const char *const *label; /* [columns] what they are called, NULL: by their names; may be NULL */
    xt_watch_proof proof[XT_WATCH_PROOFS]; /* name NULL: none */
    const char *address, *caption;         /* of the page, of the picture below; NULL: none */
} xt_watch_shown;

typedef struct {
    int columns, rows; /* at most */
    bool utf8, color;
} xt_watch_style;

/* Lines that are no wider than style->columns, each ended by '\n', at most style->rows of them. Returns how
 * many. */
int xt_watch_lines(xt_text *out, const xt_watch_shown *shown, const xt_watch_style *style);

/* `width` characters for the values of column `column` over the rows: a bar each, from the lowest value to
 * the highest; all the same: in the middle. Not-a-number: a blank. */
void xt_sparkline(xt_text *out, const xt_curves *curves, int column, int width, bool utf8);

#endif
