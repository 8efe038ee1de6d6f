/* Films through a pipe to ffmpeg: H.264 or VP9. Callers use draw/movie.h. */
#ifndef DRAW_ENCODER_H
#define DRAW_ENCODER_H

#include "draw/image.h"

typedef struct xt_encoder xt_encoder;

/* XT_IO, with what to do about it, where no `ffmpeg` is on the PATH. */
xt_status xt_encoder_check(const char *path, xt_error *err);

/* Starts ffmpeg, which writes to a temporary name beside `path`. It gets a process group of its own: Ctrl-C
 * is for us, and a film ends with its last picture. */
xt_status xt_encoder_open(xt_encoder **encoder, const char *path, int width, int height, double fps,
                          const xt_png_text *text, int text_count, xt_error *err);
/* XT_IO if ffmpeg ended, with what it said, or has taken nothing for two minutes. */
xt_status xt_encoder_add(xt_encoder *encoder, const xt_image *image, double seconds, xt_error *err);
xt_status xt_encoder_close(xt_encoder **encoder, xt_error *err); /* frees, whatever happens */
void xt_encoder_abandon(xt_encoder **encoder); /* NULL-safe; ffmpeg is ended and waited for */

#endif
