/* Pictures made smaller, as the eye would see them from further away. */
#ifndef DRAW_SHRINK_H
#define DRAW_SHRINK_H

#include "draw/image.h"

/* *small, of the given width and the height that keeps the shape, is created; the caller frees it. Each pixel
 * is the mean, by area and in linear light, of those it covers. XT_USAGE unless 1 <= width <= image->width.
 */
xt_status xt_image_shrink(xt_image *small, const xt_image *image, int width, xt_error *err);

#endif
