#include "render/camera.h"

#include <math.h>

static double dot(const double a[3], const double b[3]) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

static void cross(double out[3], const double a[3], const double b[3]) {
    const double x = a[1] * b[2] - a[2] * b[1], y = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
    out[0] = x;
    out[1] = y;
}

/* false: it has no direction. */
static bool normalise(double v[3]) {
    const double length = sqrt(dot(v, v));
    if (!(length > 1e-12) || !isfinite(length)) return false;
    for (int k = 0; k < 3; k++) v[k] /= length;
    return true;
}

static bool finite3(const double v[3]) { return isfinite(v[0]) && isfinite(v[1]) && isfinite(v[2]); }

static xt_status check_lens(bool perspective, double angle, xt_error *err) {
    static const double pi = 3.14159265358979323846;
    if (perspective && !(angle > 1e-3 && angle < pi - 1e-2))
        return xt_fail(err, XT_USAGE,
                       "a perspective camera with an angle of view of %g degrees; expected 0.1 to 179",
                       angle * 180 / pi);
    return XT_OK;
}

xt_status xt_camera_frame(double right[3], double up[3], double forward[3], const xt_camera *camera,
                          xt_error *err) {
    if (!finite3(camera->eye) || !finite3(camera->target) || !finite3(camera->up))
        return xt_fail(err, XT_USAGE, "a camera's eye, target and up must be finite numbers");
    for (int k = 0; k < 3; k++) forward[k] = camera->target[k] - camera->eye[k];
    if (!normalise(forward))
        return xt_fail(err, XT_USAGE,
                       "the camera's eye and target are the same point, (%g, %g, %g) mm: it looks nowhere",
                       camera->eye[0], camera->eye[1], camera->eye[2]);
    for (int k = 0; k < 3; k++) up[k] = camera->up[k];
    if (!normalise(up))
        return xt_fail(err, XT_USAGE, "the camera's up direction has no length; expected e.g. (0, 0, 1)");
    cross(right, forward, up);
    if (!(dot(right, right) > 1e-12))
        return xt_fail(err, XT_USAGE, "the camera looks along its own up direction; turn one of them");
    normalise(right);
    cross(up, right, forward);
    XT_TRY(check_lens(camera->perspective, camera->angle, err));
    if (!camera->perspective && !(camera->height > 0 && isfinite(camera->height)))
        return xt_fail(err, XT_USAGE, "an orthographic camera that shows a height of %g mm; expected more",
                       camera->height);
    return XT_OK;
}

bool xt_camera_project(double *x, double *y, double *depth, const xt_camera *camera, int width, int height,
                       const double point[3]) {
    double right[3], up[3], forward[3], at[3];
    xt_error err = {0};
    if (xt_camera_frame(right, up, forward, camera, &err) != XT_OK) return false;
    for (int k = 0; k < 3; k++) at[k] = point[k] - camera->eye[k];
    *depth = dot(at, forward);
    if (camera->perspective && !(*depth > 0)) return false;
    const double half = camera->perspective ? *depth * tan(camera->angle / 2) : camera->height / 2;
    *x = width / 2.0 + dot(at, right) / half * height / 2;
    *y = height / 2.0 - dot(at, up) / half * height / 2;
    return true;
}

double xt_camera_pixel(const xt_camera *camera, int height) {
    if (!camera->perspective) return camera->height / height;
    double square = 0;
    for (int k = 0; k < 3; k++) {
        const double d = camera->target[k] - camera->eye[k];
        square += d * d;
    }
    return 2 * sqrt(square) * tan(camera->angle / 2) / height;
}

xt_orbit xt_orbit_default(void) {
    return (xt_orbit){.front = {0, -1, 0},
                      .top = {0, 0, 1},
                      .angle = 30 * 3.14159265358979323846 / 180,
                      .aspect = 16.0 / 9,
                      .margin = 0.04,
                      .zoom = 1};
}

/* Turn v about the unit vector `axis`, counter-clockwise as seen from its tip. */
static void turn(double v[3], const double axis[3], double angle) {
    double side[3];
    cross(side, axis, v);
    const double along = dot(axis, v) * (1 - cos(angle));
    for (int k = 0; k < 3; k++) v[k] = v[k] * cos(angle) + side[k] * sin(angle) + axis[k] * along;
}

/* The height of view, or the distance, at which all corners lie inside the free part of the picture. */
static double fit(const double right[3], const double up[3], const double towards[3], const xt_orbit *orbit,
                  const double size[3]) {
    const double keep = 1 - 2 * orbit->margin, tangent = tan(orbit->angle / 2) * keep;
    double needed = 0;
    for (int corner = 0; corner < 8; corner++) {
        double at[3];
        for (int k = 0; k < 3; k++) at[k] = size[k] * ((corner >> k & 1) - 0.5);
        const double x = fabs(dot(at, right)) / orbit->aspect, y = fabs(dot(at, up));
        const double half = x > y ? x : y;
        needed = fmax(needed, orbit->perspective ? half / tangent + dot(at, towards) : 2 * half / keep);
    }
    return needed;
}

xt_status xt_camera_orbit(xt_camera *camera, const xt_orbit *orbit, const double size[3], xt_error *err) {
    double top[3], front[3], right[3];
    for (int k = 0; k < 3; k++) {
        top[k] = orbit->top[k];
        front[k] = orbit->front[k];
        if (!(size[k] > 0 && isfinite(size[k])))
            return xt_fail(err, XT_USAGE, "a camera around a box with a side of %g mm", size[k]);
    }
    if (!isfinite(orbit->azimuth) || !isfinite(orbit->elevation) || !isfinite(orbit->roll))
        return xt_fail(err, XT_USAGE, "a camera's azimuth, elevation and roll must be finite numbers");
    if (!(orbit->aspect > 0) || !(orbit->margin >= 0 && orbit->margin <= 0.45) || !(orbit->zoom > 0) ||
        !isfinite(orbit->zoom))
        return xt_fail(err, XT_USAGE,
                       "a camera with aspect %g, margin %g and zoom %g; expected above 0, 0 to "
                       "0.45, above 0",
                       orbit->aspect, orbit->margin, orbit->zoom);
    XT_TRY(check_lens(orbit->perspective, orbit->angle, err));
    if (!finite3(top) || !finite3(front) || !normalise(top) || !normalise(front))
        return xt_fail(err, XT_USAGE, "a camera's front and top need a direction");
    cross(right, top, front);
    if (!(dot(right, right) > 1e-12))
        return xt_fail(err, XT_USAGE, "a camera whose front and top are parallel");
    normalise(right);
    cross(front, right, top); /* at right angles to top */
    turn(front, top, orbit->azimuth);
    turn(right, top, orbit->azimuth);
    turn(front, right, -orbit->elevation);
    turn(top, right, -orbit->elevation);
    turn(top, front, -orbit->roll);
    turn(right, front, -orbit->roll);

    const double needed = fit(right, top, front, orbit, size);
    const double diagonal = sqrt(dot(size, size));
    /* A zoom is a longer lens, so that it never walks into the box. */
    *camera = (xt_camera){.perspective = orbit->perspective,
                          .angle = 2 * atan(tan(orbit->angle / 2) / orbit->zoom),
                          .height = needed / orbit->zoom};
    const double distance = orbit->perspective ? needed : diagonal;
    for (int k = 0; k < 3; k++) {
        camera->target[k] = size[k] / 2;
        camera->eye[k] = camera->target[k] + distance * front[k];
        camera->up[k] = top[k];
    }
    return XT_OK;
}
