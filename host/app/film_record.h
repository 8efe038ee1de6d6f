/* What a run's record (run.json) knows of the curves below a film: their names, and published ranges. */
#ifndef APP_FILM_RECORD_H
#define APP_FILM_RECORD_H

#include "draw/curve.h"
#include "report/curves.h"

typedef struct {
    char name[XT_CURVE_LINES][96];
    bool relative[XT_CURVE_LINES]; /* to the start */
    xt_curve_band band[XT_CURVE_BANDS];
    int bands;
} xt_film_about;

/* Of the columns `column[0..lines-1]` of the rows. Bands are in the unit of the film's axis (offset + days /
 * unit_d) and as the report shows them: a change begins on the run's own curve and ends where the run does.
 * A folder without a record that can be read has the columns' names and no bands. */
void xt_film_record(xt_film_about *about, const char *dir, const xt_curves *rows, const int *column,
                    int lines, double offset, double unit_d);

#endif
