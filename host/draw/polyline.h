/* A line through many points: round joints, no darker where its pieces meet. */
#ifndef DRAW_POLYLINE_H
#define DRAW_POLYLINE_H

#include "draw/image.h"

/* Stroke of `width` pixels through the points in their order; a point that is not finite breaks it, one
 * between two breaks is a dot. Clipped to the rectangle `clip` (left, top, right, bottom; pixels). Time grows
 * with the length drawn, and with many points in one column of pixels not at all: where x does not fall, a
 * column's points are told by its first, lowest, highest and last. */
xt_status xt_image_polyline(xt_image *image, const double (*point)[2], int count, double width,
                            const int clip[4], xt_colour colour, xt_error *err);

#endif
