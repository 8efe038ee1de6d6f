/* Where pictures go: one file, a numbered file each, or the frames of a film. */
#ifndef APP_PICTURES_H
#define APP_PICTURES_H

#include <stdbool.h>
#include "draw/image.h"
#include "draw/movie.h"

typedef struct {
    const char *path; /* ends in .png: one picture; .apng, .mp4, .webm: a film; else a folder */
    int count;        /* of pictures that will come */
    int depth;        /* of PNG, 8 or 16 */
    double fps;
    double seconds; /* that a picture of a film stays; 0: 1/fps */
    bool force;     /* replace files that are there */
} xt_pictures_def;

typedef struct {
    xt_pictures_def def;
    xt_movie_kind kind; /* XT_MOVIE_NONE: files */
    bool single;
    xt_movie *movie;
    int written;
} xt_pictures;

/* Before anything is drawn: XT_USAGE for several pictures in one .png, XT_IO for what is there already, for a
 * film without ffmpeg and for a folder that cannot be made. names: [count], of the files in a folder. */
xt_status xt_pictures_check(const xt_pictures_def *def, const char *const *names, xt_error *err);
/* Makes the folder. */
xt_status xt_pictures_open(xt_pictures *pictures, const xt_pictures_def *def, xt_error *err);
/* name: of the file in a folder; not used otherwise. */
xt_status xt_pictures_add(xt_pictures *pictures, const char *name, const xt_image *image,
                          const xt_png_text *text, int texts, xt_error *err);
xt_status xt_pictures_close(xt_pictures *pictures, xt_error *err);
void xt_pictures_abandon(xt_pictures *pictures); /* a no-op after close; zeroed is fine */

#endif
