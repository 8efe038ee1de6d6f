/* Films of a run, made of the pictures in its folder: nothing else is needed, so a film can be made when the
 * run ends, after it was killed and resumed, or years later. */
#ifndef APP_FILM_MAKE_H
#define APP_FILM_MAKE_H

#include <signal.h>
#include "base/error.h"

enum { XT_FILM_CURVES = 4, XT_FILM_PATHS = 3 };

/* Borrowed for the call. */
typedef struct {
    const char *dir;    /* the run's folder */
    const char *series; /* of pictures: "myokine_z2" for frames/myokine_z2_0000.png and so on; "myokine" if
                         * only one begins so; NULL if there is but one */
    const char *path[XT_FILM_PATHS]; /* films to write, all in one go; their endings say which kind */
    int paths;
    double rate;                  /* pictures a second */
    double hold_first, hold_last; /* s that the first and last picture are shown longer */
    const char
        *curve[XT_FILM_CURVES]; /* columns of series.csv without their unit, drawn below the pictures */
    int curves;
    int width;                         /* pixels; 0, or more than the pictures are wide: as they are */
    const volatile sig_atomic_t *stop; /* set: stop with XT_STOPPED; may be NULL */
} xt_film_def;

/* Rate 8, holds 1 and 2 s, no curves. */
void xt_film_def_default(xt_film_def *def);

/* Which series def->series means; the caller frees *series. XT_USAGE as below. */
xt_status xt_film_series(char **series, const xt_film_def *def, xt_error *err);

/* *count: pictures in the film; may be NULL. Memory does not grow with them. Errors: XT_USAGE: no such
 * pictures or columns (the message names those that there are), other sizes within a series; XT_IO. A film
 * that fails leaves nothing under its name. */
xt_status xt_film_from_frames(int *count, const xt_film_def *def, xt_error *err);

#endif
