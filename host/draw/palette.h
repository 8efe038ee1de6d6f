/* A picture in at most 256 colours, and as a small PNG in memory: what travels inside a page. */
#ifndef DRAW_PALETTE_H
#define DRAW_PALETTE_H

#include <stddef.h>
#include "draw/image.h"

typedef struct {
    int width, height, count; /* of colours, 1 to 256 */
    uint8_t colour[256][3];   /* sRGB */
    uint8_t *pixel;           /* [width * height] index of a colour, rows from the top */
} xt_indexed;

/* Median cut over the picture's colours in steps of 4 of 255, each box its pixels' mean: a colour that fills
 * a step by itself stays what it is, no pixel is dithered. Alpha is not looked at. *indexed is created; free
 * with xt_indexed_free. Source: Heckbert, Color image quantization for frame buffer display, 1982. */
xt_status xt_indexed_create(xt_indexed *indexed, const xt_image *image, xt_error *err);
void xt_indexed_free(xt_indexed *indexed); /* NULL-safe, and back to empty */

/* As the bytes of a PNG file without metadata; the caller frees *bytes. */
xt_status xt_indexed_png(void **bytes, size_t *size, const xt_indexed *indexed, xt_error *err);

#endif
