/* The pictures in a run's folder, put together into films: the same thing at several times. */
#ifndef REPORT_PICTURES_H
#define REPORT_PICTURES_H

#include <stdbool.h>
#include <stddef.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"

enum { XT_PICTURE_TEXTS = 40 };

typedef struct {
    const char *file;   /* below the run's folder: "frames/myokine_z2_0003.png" */
    const char *series; /* the name without its number: "myokine_z2", "render/myokine_view" */
    int number;         /* in time */
    size_t size;        /* bytes */
    long long changed;  /* other for other content under the same name: a film drawn again to another scale */
    int width, height;
    double time_d; /* NAN: the file does not say */
    int texts;
    const char *key[XT_PICTURE_TEXTS], *text[XT_PICTURE_TEXTS]; /* its metadata */
} xt_picture;

typedef struct {
    xt_picture *picture; /* sorted by series, then number */
    int count, damaged;  /* damaged: files that are no PNG */
    xt_arena arena;
} xt_pictures;

/* All NAME_NUMBER.png of DIR/`folder`; no such folder: none. Reads their heads only. */
xt_status xt_pictures_find(xt_pictures *pictures, const char *dir, const char *folder, xt_error *err);
/* Of several folders, NULL ends them. In all but the first, series are called "folder/name". */
xt_status xt_pictures_find_all(xt_pictures *pictures, const char *dir, const char *const *folders,
                               xt_error *err);
void xt_pictures_free(xt_pictures *pictures);

/* Its metadata `key`, or NULL. */
const char *xt_picture_text(const xt_picture *picture, const char *key);

#endif
