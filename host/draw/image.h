/* A picture in memory: sRGB of 16 bits a channel, and the few shapes a figure is made of, all anti-aliased.
 *
 * Coordinates are pixels; (0,0) is the top left corner of the top left pixel, whose centre is (0.5, 0.5); y
 * points down. What falls outside the picture is clipped. */
#ifndef DRAW_IMAGE_H
#define DRAW_IMAGE_H

#include <stdint.h>
#include "base/error.h"

/* Sixteen bits: a smooth field then has more than the 256 levels of a screen, and mixing loses nothing. Files
 * and screens of eight bits are rounded at the very end, by xt_colour_byte. */
typedef struct {
    uint16_t r, g, b, a;
} xt_colour;

typedef struct {
    int width, height;
    xt_colour *pixel; /* [width * height], rows from the top */
} xt_image;

/* 0xRRGGBB, opaque. */
static inline xt_colour xt_colour_hex(unsigned rgb) {
    return (xt_colour){(uint16_t)((rgb >> 16 & 255) * 257), (uint16_t)((rgb >> 8 & 255) * 257),
                       (uint16_t)((rgb & 255) * 257), 65535};
}

/* A channel in eight bits, rounded to nearest. */
static inline uint8_t xt_colour_byte(uint16_t channel) { return (uint8_t)((channel * 255u + 32895u) >> 16); }

/* a at t = 0, b at t = 1, by components. */
xt_colour xt_colour_mix(xt_colour a, xt_colour b, double t);

/* Filled with one colour. Sides 1 to 16384, otherwise XT_USAGE. */
xt_status xt_image_create(xt_image *image, int width, int height, xt_colour fill, xt_error *err);
void xt_image_free(xt_image *image); /* NULL-safe, and back to empty */

/* Lay `colour` over the pixel with the given coverage 0..1 (its own alpha counts too). */
void xt_image_blend(xt_image *image, int x, int y, xt_colour colour, double coverage);

/* Edges may lie inside pixels: they are then covered by their share. */
void xt_image_rect(xt_image *image, double x0, double y0, double x1, double y1, xt_colour colour);

/* A straight stroke with round ends. */
void xt_image_line(xt_image *image, double x0, double y0, double x1, double y1, double width,
                   xt_colour colour);

/* Fill by the even-odd rule. At most 256 corners. */
void xt_image_polygon(xt_image *image, const double (*corner)[2], int count, xt_colour colour);

/* One entry of text metadata; any UTF-8. */
typedef struct {
    const char *key;   /* 1 to 79 ASCII characters, e.g. "Title" */
    const char *value; /* NULL: the entry is left out */
} xt_png_text;

/* Write as RGB PNG of `depth` 8 (rounded) or 16 bits a channel, with an sRGB chunk and text chunks (tEXt
 * where the value is ASCII, iTXt otherwise). Atomic: the final name appears only when the file is complete.
 * Errors: XT_IO; XT_USAGE for another depth. */
xt_status xt_png_write(const char *path, const xt_image *image, int depth, const xt_png_text *text, int count,
                       xt_error *err);

#endif
