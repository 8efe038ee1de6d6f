/* Films: pictures one after the other into a file. The ending of the path says of which kind:
 *
 *   .apng, .png    animated PNG, exact, no other program needed; what knows only PNG shows the first picture
 *   .mp4           H.264, yuv420p, playable while it loads
 *   .webm          VP9, yuv420p
 *
 * The last two go through a pipe to `ffmpeg`, which must be on the PATH. Memory does not grow with the number
 * of pictures. The final name appears only when the film is complete. */
#ifndef DRAW_MOVIE_H
#define DRAW_MOVIE_H

#include "draw/image.h"

typedef struct xt_movie xt_movie;

typedef enum { XT_MOVIE_NONE, XT_MOVIE_APNG, XT_MOVIE_MP4, XT_MOVIE_WEBM } xt_movie_kind;

/* All is copied or used up by xt_movie_open. */
typedef struct {
    const char *path;
    int width, height; /* of every picture; mp4 and webm repeat the last row or column to make them even */
    double fps;        /* pictures a second, above 0 and at most 1000 */
    int loops;         /* apng: 0 for ever */
    const xt_png_text *text; /* apng: its text chunks; mp4 and webm: "Title" as title, all as comment */
    int text_count;
} xt_movie_def;

/* By the ending of the path; XT_MOVIE_NONE if it is none of the above. */
xt_movie_kind xt_movie_kind_of(const char *path);

/* Can films of this path's kind be written here? XT_USAGE: an ending that is no film's; XT_IO: ffmpeg is not
 * there. Nothing is started or written. */
xt_status xt_movie_check(const char *path, xt_error *err);

/* XT_USAGE for a definition that makes no sense; XT_IO where the file or ffmpeg cannot be had. */
xt_status xt_movie_open(xt_movie **movie, const xt_movie_def *def, xt_error *err);

/* Show this picture for `seconds`; 0: for 1/fps. mp4 and webm keep to multiples of 1/fps. XT_USAGE if its
 * size is not the film's. XT_IO: what the system or ffmpeg said. After a failure: abandon. */
xt_status xt_movie_add(xt_movie *movie, const xt_image *image, double seconds, xt_error *err);

/* Finish and rename. *movie is freed and NULL whatever happens. XT_USAGE if no picture was added. */
xt_status xt_movie_close(xt_movie **movie, xt_error *err);

/* Nothing is left of it. NULL-safe, a no-op after close. */
void xt_movie_abandon(xt_movie **movie);

#endif
