/* Anti-aliased UTF-8 text on pictures, through FreeType. A font belongs to one thread at a time. */
#ifndef DRAW_FONT_H
#define DRAW_FONT_H

#include <stdbool.h>
#include "draw/image.h"

typedef struct xt_font xt_font;

/* Opens the file named by the environment variable CROSSTALK_FONT or, where that is unset, the first of the
 * usual places of DejaVu Sans, Liberation Sans and Noto Sans. A bold face is taken from beside it if there is
 * one. XT_IO with the places searched if there is no font: the caller warns once and goes on with NULL, which
 * every function below takes for "no text". */
xt_status xt_font_open(xt_font **font, xt_error *err);
void xt_font_close(xt_font *font); /* NULL-safe */

typedef enum { XT_LEFT, XT_CENTRE, XT_RIGHT } xt_align;

typedef struct {
    double size; /* em in pixels */
    bool bold;
    bool upward; /* runs from bottom to top: for the label of a vertical axis */
    xt_align align;
    xt_colour colour;
} xt_text_style;

/* Length of the text in pixels along its direction; 0 without a font. Characters that the font lacks count as
 * its "missing" box. */
double xt_font_width(xt_font *font, const char *text, const xt_text_style *style);

/* Height of a capital letter, pixels. */
double xt_font_capital(xt_font *font, const xt_text_style *style);

/* x, y is a point on the baseline: the start, middle or end of the text by style->align. */
void xt_font_draw(xt_image *image, xt_font *font, double x, double y, const char *text,
                  const xt_text_style *style);

/* A copy of `text` into `buffer` that is no longer than `width` pixels, cut with an ellipsis where needed.
 * Returns buffer. */
const char *xt_font_fit(xt_font *font, const char *text, const xt_text_style *style, double width,
                        char *buffer, unsigned long size);

#endif
