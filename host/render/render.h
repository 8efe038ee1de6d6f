/* A picture of a volume, marched on the device. README.md gives the equations. */
#ifndef RENDER_RENDER_H
#define RENDER_RENDER_H

#include "draw/image.h"
#include "render/camera.h"
#include "render/look.h"

#define XT_RENDER_STAGE "render: marching" /* the time of the rays, among the device's stages */

/* What the caller may have to say beside the picture. */
typedef struct {
    double box;  /* share of the pixels whose rays meet the volume's box, as cut; 0: the camera looks past it,
                    or away from it */
    double seen; /* share of the pixels in which anything of it is to be seen; 0: an empty picture */
    bool inside; /* the camera is in the box */
} xt_render_facts;

/* Paint the whole of `image`, which exists, its size gives the picture's. Blocking. facts may be NULL. The
 * same bits on every run on one device. */
xt_status xt_render(xt_image *image, xt_render_facts *facts, xt_volume *volume, const xt_camera *camera,
                    const xt_look *look, xt_error *err);

/* Device bytes that pictures of so many pixels take beside their volume, without a device. */
double xt_render_bytes(double pixels);

/* The same without background: linear light, premultiplied red, green, blue and opacity, [4 * width *
 * height], rows from the top. */
xt_status xt_render_linear(float *rgba, int width, int height, xt_render_facts *facts, xt_volume *volume,
                           const xt_camera *camera, const xt_look *look, xt_error *err);

#endif
