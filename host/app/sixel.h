/* Pictures as sixels: DEC's graphics for terminals, six rows of pixels a line, a palette of 256 colours (DEC
 * STD 070). */
#ifndef APP_SIXEL_H
#define APP_SIXEL_H

#include "base/text.h"
#include "draw/image.h"

enum { XT_SIXEL_COLOURS = 256 };

/* The whole sequence, ESC P to ESC \. Colours are chosen by median cut, so that the smooth maps of our
 * pictures get most of them. At most 4096 x 4096 pixels. */
xt_status xt_sixel_write(xt_text *out, const xt_image *image, xt_error *err);

#endif
