/* Where a volume is looked at from. Lengths are mm from the first corner of the volume's box, whose axes are
 * those of the voxels; angles are radians. */
#ifndef RENDER_CAMERA_H
#define RENDER_CAMERA_H

#include <stdbool.h>
#include "base/error.h"

typedef struct {
    double eye[3], target[3], up[3]; /* up: any length, not along the line of sight */
    bool perspective;
    double angle;  /* of view, from the lower to the upper edge; perspective */
    double height; /* mm between these edges at the target; orthographic */
} xt_camera;

/* Unit vectors of a camera: to the right of the picture, to its top, and where it looks. XT_USAGE where eye
 * and target coincide, `up` is zero or along the line of sight, the angle is not between 0 and pi or the
 * height not above 0, or anything is not finite. */
xt_status xt_camera_frame(double right[3], double up[3], double forward[3], const xt_camera *camera,
                          xt_error *err);

/* Where a point appears: x from 0 (left edge) to width, y from 0 (top edge) to height, and its distance along
 * the line of sight, mm; behind a perspective camera: false. */
bool xt_camera_project(double *x, double *y, double *depth, const xt_camera *camera, int width, int height,
                       const double point[3]);

/* mm in the picture that one pixel is, at the target. */
double xt_camera_pixel(const xt_camera *camera, int height);

/* Around a box. Seen from `front` at azimuth 0 and elevation 0, with `top` upwards; azimuth turns the camera
 * to the viewer's right around `top` (the object seems to turn to the left), elevation raises it, roll turns
 * it clockwise about the line of sight. All of the box is in the picture, with `margin` of the picture's
 * height or width free on each side. */
typedef struct {
    double azimuth, elevation, roll;
    double front[3], top[3]; /* directions in the box: towards the camera, and up; any length, not parallel */
    bool perspective;
    double angle;  /* of view; perspective */
    double aspect; /* width / height of the picture */
    double margin; /* 0 to 0.45 */
    double zoom;   /* 1: the box fits; 2: twice as large */
} xt_orbit;

/* front -y, top +z, orthographic, 30 degrees where perspective is chosen, 16:9, a margin of 0.04. */
xt_orbit xt_orbit_default(void);

/* The camera of an orbit around the box of `size` mm. XT_USAGE as above. */
xt_status xt_camera_orbit(xt_camera *camera, const xt_orbit *orbit, const double size[3], xt_error *err);

#endif
