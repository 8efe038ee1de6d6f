/* Planes: where they cut the box, which way up they are, and that the letters at their edges are honest. */
#include "observe/testing.h"

#include <math.h>
#include "observe/plane.h"

static const double box[3] = {40, 30, 20}, unit[3] = {1, 1, 1};
static const double ras[3][4] = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}};

static double area(const xt_plane *p) {
    double sum = 0;
    for (int i = 0, j = p->corners - 1; i < p->corners; j = i++)
        sum += p->corner[j][0] * p->corner[i][1] - p->corner[i][0] * p->corner[j][1];
    return fabs(sum) / 2;
}

static xt_plane oblique(double px, double py, double pz, double nx, double ny, double nz, double turn) {
    xt_plane p;
    xt_error err = {0};
    must(xt_plane_oblique(&p, box, (double[3]){px, py, pz}, (double[3]){nx, ny, nz}, turn, &err), &err);
    return p;
}

static double dot(const double *a, const double *b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

static void cuts_have_their_area(void **state) {
    (void)state;
    xt_plane p = oblique(20, 15, 10, 0, 0, 5, 0);
    assert_true(fabs(area(&p) - 1200) < 1e-9 && p.corners == 4);
    p = oblique(20, 15, 10, 1, 0, 1, 0); /* along z 20, along x 20: a rectangle of 20 sqrt 2 by 30 */
    assert_true(fabs(area(&p) - 30 * 20 * sqrt(2)) < 1e-9);
    p = oblique(5, 0, 0, 1, 1, 1, 0); /* cuts 5 off each edge of the corner: sqrt(3)/4 (5 sqrt 2)^2 */
    assert_true(fabs(area(&p) - sqrt(3) / 4 * 50) < 1e-9 && p.corners == 3);
    p = oblique(20, 15, 10, 1, 1, 1, 0);
    assert_int_equal(p.corners, 6);
    for (int i = 0; i < 6; i++)
        for (int k = 0; k < 2; k++) assert_true(p.corner[i][k] > -1e-9 && p.corner[i][k] < p.size[k] + 1e-9);
}

static void axes_are_square_and_look_the_same_way_as_slices(void **state) {
    (void)state;
    for (int axis = 0; axis < 3; axis++) {
        xt_plane across, p;
        xt_error err = {0};
        must(xt_plane_across(&across, box, axis, 7, &err), &err);
        p = oblique(axis == 0 ? 7 : 20, axis == 1 ? 7 : 15, axis == 2 ? 7 : 10, axis == 0, axis == 1,
                    axis == 2, 0);
        for (int k = 0; k < 3; k++) {
            assert_true(fabs(p.right[k] - across.right[k]) < 1e-12);
            assert_true(fabs(p.up[k] - across.up[k]) < 1e-12);
        }
        assert_true(fabs(p.size[0] - across.size[0]) < 1e-9 && fabs(p.size[1] - across.size[1]) < 1e-9);
    }
    for (int i = 0; i < 50; i++) {
        const xt_plane p = oblique(20, 15, 10, sin(i), cos(3 * i), sin(2 * i + 1), i);
        assert_true(fabs(dot(p.right, p.up)) < 1e-12 && fabs(dot(p.right, p.normal)) < 1e-12);
        assert_true(fabs(dot(p.up, p.normal)) < 1e-12 && fabs(dot(p.up, p.up) - 1) < 1e-12);
    }
}

static void turning_is_anticlockwise(void **state) {
    (void)state;
    /* Turned by a quarter, what was at the right is at the top. */
    const xt_plane p = oblique(20, 15, 10, 0, 0, 1, acos(-1) / 2);
    assert_true(fabs(p.up[0] - 1) < 1e-12 && fabs(p.right[1] + 1) < 1e-12);
}

static void letters_are_honest(void **state) {
    (void)state;
    xt_side_text side[4];
    xt_plane p = oblique(20, 15, 10, 0, 0, 1, 0);
    xt_plane_sides(side, &p, ras, unit);
    assert_string_equal(side[0], "L");
    assert_string_equal(side[1], "R");
    assert_string_equal(side[2], "P");
    assert_string_equal(side[3], "A");
    p = oblique(20, 15, 10, 1, 0, 1, 0);
    xt_plane_sides(side, &p, ras, unit);
    assert_true(strlen(side[2]) == 2 && strlen(side[3]) == 2 && strlen(side[0]) == 1);
    p = oblique(20, 15, 10, 0, 0.2, 1, 0); /* 11 degrees: one letter says it */
    xt_plane_sides(side, &p, ras, unit);
    assert_string_equal(side[3], "A");
    p = oblique(20, 15, 10, 0, 0.5, 1, 0);
    xt_plane_sides(side, &p, ras, unit);
    assert_string_equal(side[3], "AI");
    assert_string_equal(side[2], "PS");
    /* A volume that lies askew in the scanner is askew on the page too; mirrored axes swap sides. */
    const double c = cos(0.5), s = sin(0.5);
    const double askew[3][4] = {{-2 * c, -3 * s, 0, 0}, {-2 * s, 3 * c, 0, 0}, {0, 0, 1, 0}};
    p = oblique(20, 15, 10, 0, 0, 1, 0);
    xt_plane_sides(side, &p, askew, (double[3]){2, 3, 1});
    assert_string_equal(side[1], "LP");
    assert_string_equal(side[3], "AL");
}

static void what_misses_the_box_is_refused(void **state) {
    (void)state;
    xt_plane p;
    xt_error err = {0};
    assert_int_equal(xt_plane_oblique(&p, box, (double[3]){-5, 0, 0}, (double[3]){1, 1, 1}, 0, &err),
                     XT_USAGE);
    assert_non_null(strstr(err.text, "misses the box"));
    err = (xt_error){0};
    assert_int_equal(xt_plane_oblique(&p, box, (double[3]){0, 0, 0}, (double[3]){1, 1, 1}, 0, &err),
                     XT_USAGE);
    assert_int_equal(xt_plane_oblique(&p, box, (double[3]){5, 5, 5}, (double[3]){0, 0, 0}, 0, &err),
                     XT_USAGE);
    assert_int_equal(xt_plane_oblique(&p, box, (double[3]){5, 5, 5}, (double[3]){NAN, 0, 1}, 0, &err),
                     XT_USAGE);
    assert_int_equal(xt_plane_across(&p, box, 2, 21, &err), XT_USAGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_have_their_area),
        cmocka_unit_test(axes_are_square_and_look_the_same_way_as_slices),
        cmocka_unit_test(turning_is_anticlockwise),
        cmocka_unit_test(letters_are_honest),
        cmocka_unit_test(what_misses_the_box_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
