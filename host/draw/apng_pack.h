/* A rectangle of pixels as the compressed rows of a PNG: filters and zlib. For draw/apng.c. */
#ifndef DRAW_APNG_PACK_H
#define DRAW_APNG_PACK_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

typedef struct xt_apng_packer xt_apng_packer;

/* For rectangles up to this size. */
xt_status xt_apng_packer_create(xt_apng_packer **packer, int width, int height, xt_error *err);
void xt_apng_packer_free(xt_apng_packer *packer); /* NULL-safe */

/* Pack columns x0..x1-1 and rows y0..y1-1 of `now`. Where `shown` (the picture before; NULL: none) has the
 * same pixel, `key` may be packed instead; *over says whether it was, so that the frame has to be laid over
 * the picture before. Both pictures are RGB of row length 3 * width. *bytes stays the packer's until the next
 * call. */
xt_status xt_apng_pack(const uint8_t **bytes, size_t *size, int *over, xt_apng_packer *packer,
                       const uint8_t *now, const uint8_t *shown, const uint8_t key[3], int x0, int y0, int x1,
                       int y1, xt_error *err);

#endif
