/* Cameras: known points on known pixels, orbits that hold the box, and cameras that cannot be. */
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "render/camera.h"

static const double pi = 3.14159265358979323846;

static void at_pixel(const xt_camera *camera, double px, double py, double pz, double x, double y) {
    double found_x, found_y, depth;
    assert_true(xt_camera_project(&found_x, &found_y, &depth, camera, 200, 100, (double[3]){px, py, pz}));
    assert_true(fabs(found_x - x) < 1e-9 && fabs(found_y - y) < 1e-9);
}

static void points_land_where_geometry_says(void **state) {
    (void)state;
    xt_camera camera = {.eye = {5, -10, 5}, .target = {5, 0, 5}, .up = {0, 0, 2}, .height = 20};
    at_pixel(&camera, 5, 0, 5, 100, 50);
    at_pixel(&camera, 9, 3, 5, 120, 50); /* 4 mm to the right, 5 pixels a mm, at any depth */
    at_pixel(&camera, 5, 7, 15, 100, 0);
    camera.perspective = true;
    camera.angle = pi / 2;
    at_pixel(&camera, 15, 0, 5, 150,
             50); /* 45 degrees to the right: half the picture's height from its middle */
    at_pixel(&camera, 15, 10, 5, 125, 50);
    at_pixel(&camera, 5, 0, 15, 100, 0);
    double x, y, depth;
    assert_false(xt_camera_project(&x, &y, &depth, &camera, 200, 100, (double[3]){5, -11, 5}));
    assert_true(fabs(xt_camera_pixel(&camera, 100) - 0.2) < 1e-12);
}

static void an_orbit_holds_the_box(void **state) {
    (void)state;
    const double size[3] = {30, 50, 120};
    xt_error err = {0};
    for (int perspective = 0; perspective < 2; perspective++)
        for (int turn = 0; turn < 12; turn++) {
            xt_orbit orbit = xt_orbit_default();
            xt_camera camera;
            orbit.perspective = perspective;
            orbit.azimuth = turn * pi / 6;
            orbit.elevation = (turn - 6) * pi / 13;
            orbit.roll = turn * 0.3;
            assert_int_equal(xt_camera_orbit(&camera, &orbit, size, &err), XT_OK);
            double nearest = 1e9;
            for (int corner = 0; corner < 8; corner++) {
                double point[3], x, y, depth;
                for (int k = 0; k < 3; k++) point[k] = size[k] * (corner >> k & 1);
                assert_true(xt_camera_project(&x, &y, &depth, &camera, 1600, 900, point));
                nearest = fmin(nearest, fmin(fmin(x, 1600 - x) / 1600, fmin(y, 900 - y) / 900));
            }
            assert_true(fabs(nearest - orbit.margin) < 1e-6); /* tight */
        }
}

static void an_orbit_turns_the_way_it_says(void **state) {
    (void)state;
    const double size[3] = {10, 10, 10};
    xt_error err = {0};
    xt_orbit orbit = xt_orbit_default();
    xt_camera camera;
    orbit.azimuth = pi / 2; /* to the viewer's right: from -y to +x */
    assert_int_equal(xt_camera_orbit(&camera, &orbit, size, &err), XT_OK);
    assert_true(camera.eye[0] > 10 && fabs(camera.eye[1] - 5) < 1e-9 && fabs(camera.eye[2] - 5) < 1e-9);
    orbit.azimuth = 0;
    orbit.elevation = pi / 2; /* from above, where -y is down in the picture */
    assert_int_equal(xt_camera_orbit(&camera, &orbit, size, &err), XT_OK);
    assert_true(camera.eye[2] > 10 && camera.up[1] > 0.999);
    orbit.elevation = 0;
    orbit.roll = pi / 2; /* clockwise: what was up points to the left of the picture, the camera's up to +x */
    assert_int_equal(xt_camera_orbit(&camera, &orbit, size, &err), XT_OK);
    assert_true(camera.up[0] > 0.999);
    orbit.roll = 0;
    orbit.zoom = 2;
    assert_int_equal(xt_camera_orbit(&camera, &orbit, size, &err), XT_OK);
    assert_true(fabs(camera.height - 10 / 0.92 / 2) < 1e-9);
}

static void refused(xt_camera camera) {
    xt_error err = {0};
    double right[3], up[3], forward[3];
    assert_int_equal(xt_camera_frame(right, up, forward, &camera, &err), XT_USAGE);
    assert_true(err.text[0] != '\0');
}

static void impossible_cameras_are_refused(void **state) {
    (void)state;
    const xt_camera good = {.eye = {0, -1, 0}, .up = {0, 0, 1}, .height = 1};
    xt_camera bad = good;
    bad.eye[1] = 0;
    refused(bad); /* looks nowhere */
    bad = good;
    bad.up[2] = 0;
    refused(bad);
    bad.up[1] = 3;
    refused(bad); /* up along the line of sight */
    bad = good;
    bad.eye[0] = NAN;
    refused(bad);
    bad = good;
    bad.height = 0;
    refused(bad);
    bad = good;
    bad.perspective = true;
    bad.angle = 4;
    refused(bad);
    xt_error err = {0};
    xt_orbit orbit = xt_orbit_default();
    xt_camera camera;
    orbit.top[2] = 0;
    orbit.top[1] = 1; /* parallel to front */
    assert_int_equal(xt_camera_orbit(&camera, &orbit, (double[3]){1, 1, 1}, &err), XT_USAGE);
    orbit = xt_orbit_default();
    orbit.margin = 0.6;
    assert_int_equal(xt_camera_orbit(&camera, &orbit, (double[3]){1, 1, 1}, &err), XT_USAGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_land_where_geometry_says),
        cmocka_unit_test(an_orbit_holds_the_box),
        cmocka_unit_test(an_orbit_turns_the_way_it_says),
        cmocka_unit_test(impossible_cameras_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
