/* PNG files back into pictures, through libpng, strictly: a damaged or cut file is refused, not guessed at.
 */
#ifndef DRAW_PNG_READ_H
#define DRAW_PNG_READ_H

#include "draw/image.h"

/* Any PNG of up to 16384 pixels a side and 1 GiB: grey, palette, 8 or 16 bits, with or without alpha,
 * interlaced or not. *image is created; the caller frees it. XT_IO: the file cannot be read or is damaged. */
xt_status xt_png_read(xt_image *image, const char *path, xt_error *err);

#endif
