/* Animated PNG, our own chunks over zlib. Callers use draw/movie.h.
 *
 * PNG, third edition (W3C), 11.3: acTL says how many frames there are (written at the end, in its place at
 * the start), each frame is fcTL and its data, IDAT for the first and fdAT after it. Eight bits, RGB.
 *
 * A frame holds the smallest rectangle that changed. Inside it, pixels that did not change carry one colour
 * that tRNS declares transparent, so that they compress to nothing and the picture below shows through. A
 * pixel of exactly that colour is written one level of blue aside. The same pictures give the same bytes. */
#ifndef DRAW_APNG_H
#define DRAW_APNG_H

#include "draw/image.h"

typedef struct xt_apng xt_apng;

/* Delay of a frame as fcTL wants it: the fraction nearest to `seconds` with both numbers below 65536, the
 * smallest denominator that is right to a millionth. At least 1 of anything, at most 65535 s. */
void xt_apng_delay(uint16_t *numerator, uint16_t *denominator, double seconds);

xt_status xt_apng_open(xt_apng **apng, const char *path, int width, int height, int loops,
                       const xt_png_text *text, int text_count, xt_error *err);
/* A frame is packed by a thread of its own while the caller makes the next picture, so that an error may come
 * one call late. */
xt_status xt_apng_add(xt_apng *apng, const xt_image *image, double seconds, xt_error *err);
xt_status xt_apng_close(xt_apng **apng, xt_error *err); /* frees, whatever happens */
void xt_apng_abandon(xt_apng **apng);                   /* NULL-safe */

#endif
