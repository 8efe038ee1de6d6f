/* What a scene asks of a film (`output.films`): pictures of one frame or view, one after the other. */
#ifndef SCENE_FILM_DEF_H
#define SCENE_FILM_DEF_H

#include <stdbool.h>
#include "base/error.h"

enum { XT_FILMS_MAX = 16, XT_FILM_FORMATS = 3, XT_FILM_LINES = 4 };

typedef struct {
    char of[64];  /* `show` of an entry of output.frames or output.views */
    bool view;    /* of output.views */
    int which;    /* from 1, of several entries that show the same */
    double every; /* h between its pictures; 0: as all frames */
    char (*format)[64];
    int formats;                  /* none: apng */
    double rate;                  /* pictures a second */
    double hold_first, hold_last; /* s that the first and last picture stay longer */
    char (*curve)[64];            /* columns of series.csv below the pictures */
    int curves;
    int width;     /* pixels, 0: as the pictures */
    int line, col; /* of `of`, in source */
    const xt_source *source;
} xt_film_request;

/* What the lists hold; not the request itself. */
void xt_film_request_clear(xt_film_request *film);

#endif
