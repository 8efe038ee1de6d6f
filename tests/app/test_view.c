/* What a view chooses by itself: surfaces, camera, limits, words. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "app/view.h"
#include "scene/schema.h"

enum { NX = 24, NY = 20, NZ = 16, VOXELS = NX * NY * NZ };
static uint8_t tissue[VOXELS];
static const char *const names[] = {"bone", "meat", "wrap"};
static const unsigned colours[] = {0xffffff, 0xff0000, 0xffcc00};
static xt_view_subject subject;
static xt_view_request request;

/* A ball of bone in a ball of meat in a wrapping of one voxel, off the middle of the box. */
static void make_balls(bool mirrored) {
    for (int z = 0; z < NZ; z++)
        for (int y = 0; y < NY; y++)
            for (int x = 0; x < NX; x++) {
                const double r = sqrt(pow(x - 13.5, 2) + pow(y - 9.5, 2) + pow(z - 7.5, 2));
                tissue[(z * NY + y) * NX + x] = r < 3 ? 1 : r < 5 ? 2 : r < 6 ? 3 : 0;
            }
    subject = (xt_view_subject){.dims = {NX, NY, NZ},
                                .spacing = {1, 1, 1},
                                .affine = {{mirrored ? -1 : 1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}},
                                .tissue_count = 3,
                                .tissue_name = names,
                                .tissue_colour = colours};
    xt_view_survey(&subject, tissue);
}

static xt_status find(xt_view_field *field, const char *name, void *context, xt_error *err) {
    (void)context;
    if (strcmp(name, "lost") == 0) return xt_fail(err, XT_USAGE, "no 'lost'");
    *field = (xt_view_field){.unit = "pM", .fades = {0.2, 0.5}};
    strcpy(field->name, name);
    strcpy(field->label, name);
    strcpy(field->brief, name);
    return XT_OK;
}

static void resolve(xt_view *view) {
    xt_error err = {0};
    if (xt_view_resolve(view, &request, &subject, find, NULL, &err) != XT_OK) fail_msg("%s", err.text);
}

static void tissues_are_surveyed(void **state) {
    (void)state;
    make_balls(false);
    double voxels = 0;
    for (int i = 0; i < VOXELS; i++) voxels += tissue[i] > 0;
    assert_true(subject.tissue[0].voxels == voxels);
    assert_true(subject.tissue[0].low[0] == 8 && subject.tissue[0].high[0] == 20); /* 13.5 +- 5.5 */
    assert_true(subject.tissue[3].core == 0 && subject.tissue[1].core > 0);
    assert_false(subject.filled);
    for (int k = 0; k < XT_VIEW_HULL; k++)
        for (int a = 0; a < 3; a++)
            assert_true(subject.hull[k][a] >= subject.tissue[0].low[a] &&
                        subject.hull[k][a] <= subject.tissue[0].high[a]);
}

static void surfaces_are_chosen_from_the_outside_in(void **state) {
    (void)state;
    xt_view view;
    make_balls(false);
    resolve(&view);
    assert_int_equal(view.surfaces, 3); /* the wrapping is the body's own surface */
    assert_string_equal(view.surface_name[0], "body");
    assert_string_equal(view.surface_name[1], "meat");
    assert_string_equal(view.surface_name[2], "bone");
    assert_int_equal(view.surface_of_tissue[1], 1 | 4);
    assert_int_equal(view.surface_of_tissue[3], 1);
    assert_true(view.look.surface[0].opacity < view.look.surface[2].opacity);
    const xt_colour yellow = xt_colour_hex(0xffcc00);
    assert_memory_equal(&view.look.surface[0].colour, &yellow, sizeof yellow);
}

/* Corners of the picture are never reached, sides nearly are. */
static void the_camera_shows_all_there_is(void **state) {
    (void)state;
    xt_error err = {0};
    xt_view view;
    make_balls(false);
    for (int k = 0; k < 24; k++) {
        xt_camera camera;
        request.perspective = k % 2;
        request.azimuth = 47 * k;
        request.elevation = k % 5 * 22.5 - 45;
        request.roll = 13 * k;
        resolve(&view);
        view.width = k % 3 ? 640 : 300;
        view.height = 400;
        view.turning = k % 4 == 3;
        assert_int_equal(xt_view_camera(&camera, &view, 5, &err), XT_OK);
        double nearest = INFINITY;
        for (int i = 0; i < VOXELS; i++) {
            const double at[3] = {i % NX + 0.5, i / NX % NY + 0.5, i / NX / NY + 0.5};
            double x, y, depth;
            if (!tissue[i]) continue;
            assert_true(xt_camera_project(&x, &y, &depth, &camera, view.width, view.height, at));
            assert_true(x > 0 && x < view.width && y > 0 && y < view.height && depth > 0);
            nearest = fmin(nearest, fmin(fmin(x, view.width - x), fmin(y, view.height - y)));
        }
        assert_true(nearest <
                    0.13 * fmin(view.width, view.height)); /* margin, half a voxel, the hull's slack */
    }
    request.perspective = 0;
    request.azimuth = request.roll = 0;
    request.elevation = NAN;
}

static void an_orbit_keeps_its_distance(void **state) {
    (void)state;
    xt_error err = {0};
    xt_view view;
    make_balls(false);
    resolve(&view);
    view.turning = true;
    double height = 0;
    for (int k = 0; k < 12; k++) {
        xt_camera camera;
        assert_int_equal(xt_view_camera(&camera, &view, 30 * k, &err), XT_OK);
        if (k) assert_true(fabs(camera.height - height) < 1e-9);
        height = camera.height;
    }
}

/* Seen from the front, the right of the body is on the left, however the box is stored. */
static void the_body_is_never_mirrored(void **state) {
    (void)state;
    xt_error err = {0};
    for (int mirrored = 0; mirrored < 2; mirrored++) {
        xt_view view;
        xt_camera camera;
        double x, y, depth;
        make_balls(mirrored);
        request.azimuth = 20;
        resolve(&view);
        view.width = view.height = 100;
        assert_int_equal(xt_view_camera(&camera, &view, 0, &err), XT_OK);
        /* +x of the world is right: +x of the box, or -x where it is mirrored; 20 degrees to the viewer's
         * right brings it nearer */
        const double right[3] = {mirrored ? 8 : 19, 10, 8}, left[3] = {mirrored ? 19 : 8, 10, 8};
        double far;
        assert_true(xt_camera_project(&x, &y, &far, &camera, 100, 100, right));
        assert_true(xt_camera_project(&y, &y, &depth, &camera, 100, 100, left));
        assert_true(far > depth);
    }
    request.azimuth = 0;
}

static void limits_are_those_of_what_is_known(void **state) {
    (void)state;
    xt_error err = {0};
    xt_view view;
    static float value[20000];
    size_t known;
    xt_view_glow glow = {.name = "signal", .low = NAN, .high = NAN, .strength = 1};
    make_balls(false);
    request.glow = &glow;
    request.glows = 1;
    resolve(&view);
    for (int i = 0; i < 20000; i++) value[i] = i % 2 ? NAN : (float)(100 + i / 100);
    assert_int_equal(xt_view_limits(&view, 0, value, 20000, &known, &err), XT_OK);
    assert_int_equal(known, 10000);
    assert_true(view.scale[0].high > 295 && view.scale[0].high < 300);
    for (int i = 0; i < 20000; i++) value[i] = 1000;
    assert_int_equal(xt_view_limits(&view, 0, value, 20000, &known, &err), XT_OK);
    assert_true(view.scale[0].high >= 1000); /* widened */
    glow.low = 5;
    resolve(&view);
    for (int i = 0; i < 20000; i++) value[i] = NAN;
    assert_int_equal(xt_view_limits(&view, 0, value, 20000, &known, &err), XT_OK);
    assert_int_equal(known, 0);
    xt_view_ready(&view);
    assert_true(view.scale[0].low == 5 && view.scale[0].high > 5);
    request.glows = 0;
}

static void wrong_names_and_planes_say_so(void **state) {
    (void)state;
    static char meet[1][64] = {"meet"}, none[1][64] = {"none"};
    xt_view view;
    make_balls(false);
    xt_view_surface surface = {.tissue = meet, .tissues = 1, .opacity = NAN};
    request.surface = &surface;
    request.surfaces = 1;
    xt_error err = {0};
    assert_int_equal(xt_view_resolve(&view, &request, &subject, find, NULL, &err), XT_USAGE);
    assert_non_null(strstr(err.text, "did you mean 'meat'"));
    surface.tissue = none;
    err = (xt_error){0};
    assert_int_equal(xt_view_resolve(&view, &request, &subject, find, NULL, &err), XT_USAGE);
    assert_non_null(strstr(err.text, "nothing to see"));
    request.surfaces = 0;
    xt_view_cut cut = {.axis = 1, .at_given = true, .at = 21};
    request.cut = &cut;
    request.cuts = 1;
    err = (xt_error){0};
    assert_int_equal(xt_view_resolve(&view, &request, &subject, find, NULL, &err), XT_USAGE);
    assert_non_null(strstr(err.text, "21 mm along y"));
    request.cuts = 0;
    xt_view_glow glow = {.name = "lost", .low = NAN, .high = NAN, .strength = 1};
    request.glow = &glow;
    request.glows = 1;
    err = (xt_error){0};
    assert_int_equal(xt_view_resolve(&view, &request, &subject, find, NULL, &err), XT_USAGE);
    request.glows = 0;
}

static void a_page_holds_its_picture(void **state) {
    (void)state;
    xt_error err = {0};
    xt_view view;
    xt_camera camera;
    xt_image page, inner;
    const xt_view_words words = {.subtitle = "age 62 y", .time_d = NAN};
    make_balls(false);
    request.width = 500;
    request.height = 300;
    resolve(&view);
    assert_int_equal(xt_view_lay_out(&view, &words, NULL, &err), XT_OK);
    assert_true(view.width > 200 && view.width < 500 && view.height > 120 && view.height < 300);
    assert_int_equal(xt_view_camera(&camera, &view, 0, &err), XT_OK);
    const xt_colour green = xt_colour_hex(0x00ff00);
    assert_int_equal(xt_image_create(&inner, view.width, view.height, green, &err), XT_OK);
    assert_int_equal(xt_view_page(&page, &view, &inner, &camera, &words, NULL, &err), XT_OK);
    assert_int_equal(page.width, 500);
    assert_int_equal(page.height, 300);
    int count = 0;
    for (int i = 0; i < 500 * 300; i++) count += memcmp(&page.pixel[i], &green, sizeof green) == 0;
    const int all = view.width * view.height;
    assert_true(count <= all && count > all - all / 20); /* the axes are drawn over it */
    xt_image_free(&page);
    xt_image_free(&inner);
}

static void moments_read_well(void **state) {
    (void)state;
    char text[96];
    xt_view_moment(text, sizeof text, 24, 25.003, INFINITY);
    assert_string_equal(text, "age 25.00 y · day 1");
    xt_view_moment(text, sizeof text, 37 * 8766, 62.3, INFINITY);
    assert_string_equal(text, "age 62.3 y · year 37");
    xt_view_moment(text, sizeof text, 8766 + 2, NAN, 8766);
    assert_string_equal(text, "acute phase, 2 h");
    xt_view_moment(text, sizeof text, 0.5, 30, 0);
    assert_string_equal(text, "age 30.0 y · t = 0.5 h");
}

static int begin_all(void **state) {
    (void)state;
    xt_error err = {0};
    if (xt_rows_read(&request, xt_view_rows, NULL, 0, &err) != XT_OK) return 1;
    request.azimuth = 0;
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tissues_are_surveyed),
        cmocka_unit_test(surfaces_are_chosen_from_the_outside_in),
        cmocka_unit_test(the_camera_shows_all_there_is),
        cmocka_unit_test(an_orbit_keeps_its_distance),
        cmocka_unit_test(the_body_is_never_mirrored),
        cmocka_unit_test(limits_are_those_of_what_is_known),
        cmocka_unit_test(wrong_names_and_planes_say_so),
        cmocka_unit_test(a_page_holds_its_picture),
        cmocka_unit_test(moments_read_well),
    };
    return cmocka_run_group_tests(tests, begin_all, NULL);
}
