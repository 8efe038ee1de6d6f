/* output.views: short and long forms, what is filled in, what is refused, and that the scene as used reads
 * back. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "scene/scene.h"

static char path[] = "/tmp/crosstalk-views-XXXXXX";

static xt_status load(xt_scene **scene, const char *views, xt_error *err) {
    char text[2000];
    const int n =
        snprintf(text, sizeof text,
                 "format: 1\ngeometry: {phantom: thigh}\nclock: {until: 1 y}\noutput:\n  views: %s\n", views);
    *err = (xt_error){0};
    assert_int_equal(xt_file_write(path, text, (size_t)n, err), XT_OK);
    return xt_scene_load(scene, path, NULL, 0, err);
}

static xt_scene *good(const char *views) {
    xt_scene *scene;
    xt_error err;
    if (load(&scene, views, &err) != XT_OK) fail_msg("%s: %s", views, err.text);
    return scene;
}

static void a_word_is_enough(void **state) {
    (void)state;
    static const char *const same[] = {"myokine", "[myokine]", "[{show: myokine}]", "[{show: [myokine]}]",
                                       "[{show: [{field: myokine}]}]"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        xt_scene *scene = good(same[i]);
        assert_int_equal(scene->view_count, 1);
        const xt_view_request *view = &scene->view[0];
        assert_int_equal(view->glows, 1);
        assert_string_equal(view->glow[0].name, "myokine");
        assert_true(isnan(view->glow[0].low) && view->glow[0].strength == 1);
        assert_int_equal(view->surfaces, 0);
        assert_true(view->azimuth == 30 && isnan(view->elevation) && view->dark && view->width == 960);
        assert_int_equal(view->line, 5);
        xt_scene_free(scene);
    }
}

static void everything_can_be_said_and_reads_back(void **state) {
    (void)state;
    xt_scene *scene = good(
        "[{show: [{field: a, low: 10 pM, high: 300, logarithmic: true, map: ember, strength: 2, transfer: "
        "[{at: 0, opacity: 0}, {at: 0.5, opacity: 0.25}]}, b], surfaces: [body, {tissues: [cortex, marrow], "
        "colour: \"#0a0B0c\", opacity: 0.5, by: b}], cut: [{axis: y, at: 12 mm, away: below}, {axis: z}], "
        "camera: "
        "{azimuth: -20, elevation: 0, roll: 5, zoom: 2, projection: perspective, angle: 40, turns: 1.5}, "
        "title: T, dark: false, draft: true, width: 400, height: 300}, tissue]");
    for (int twice = 0; twice < 2; twice++) {
        assert_int_equal(scene->view_count, 2);
        const xt_view_request *v = &scene->view[0];
        assert_true(v->glow[0].low == 10 && v->glow[0].high == 300 && v->glow[0].logarithmic);
        assert_int_equal(v->glow[0].map, 2);
        assert_int_equal(v->glow[0].points, 2);
        assert_true(v->glow[0].point[1].at == 0.5 && v->glow[0].point[1].opacity == 0.25);
        assert_string_equal(v->glow[1].name, "b");
        assert_int_equal(v->surfaces, 2);
        assert_string_equal(v->surface[0].tissue[0], "body");
        assert_true(isnan(v->surface[0].opacity) && v->surface[1].opacity == 0.5);
        assert_string_equal(v->surface[1].tissue[1], "marrow");
        assert_string_equal(v->surface[1].colour, "#0a0B0c");
        assert_string_equal(v->surface[1].by, "b");
        assert_true(v->cut[0].axis == 1 && v->cut[0].at == 12 && !v->cut[0].at_is_fraction &&
                    v->cut[0].away == 1);
        assert_false(v->cut[1].at_given);
        assert_true(v->azimuth == -20 && v->elevation == 0 && v->roll == 5 && v->zoom == 2 &&
                    v->perspective == 1 && v->angle == 40 && v->turns == 1.5);
        assert_true(!v->dark && v->draft && v->width == 400 && v->height == 300);
        if (twice) break;
        xt_json json; /* the scene as used */
        xt_text text = {0};
        xt_error err = {0};
        xt_json_begin(&json, &text);
        xt_json_open_object(&json, NULL);
        xt_scene_write(&json, scene);
        xt_json_close(&json);
        assert_int_equal(xt_json_end(&json, "x", &err), XT_OK);
        xt_scene_free(scene);
        assert_int_equal(xt_file_write(path, text.data, text.size, &err), XT_OK);
        if (xt_scene_load(&scene, path, NULL, 0, &err) != XT_OK) fail_msg("%s", err.text);
        xt_text_free(&text);
    }
    xt_scene_free(scene);
}

static void nonsense_is_refused_where_it_stands(void **state) {
    (void)state;
    static const char *const bad[][2] = {
        {"[{show: a, surfaces: [{tissues: b, colour: red}]}]", "expected a colour"},
        {"[{show: [{field: a, low: 3, high: 3}]}]", "high must be above low"},
        {"[{show: [{field: a, low: 0, logarithmic: true}]}]", "limits above 0"},
        {"[{show: [{field: a, high: 0, logarithmic: true}]}]", "limits above 0"},
        {"[{show: a, surfaces: [none, body]}]", "stands alone"},
        {"[{show: tissue, surfaces: none}]", "nothing to see"},
        {"[{show: [{field: a, transfer: [{at: 0.5, opacity: 1}, {at: 0.5, opacity: 0}]}]}]", "must rise"},
        {"[{show: [{field: a, transfer: [{at: 0.5, opacity: 0}]}]}]", "shows nothing"},
        {"[{show: [{field: a, transfer: [{at: 2, opacity: 0}]}]}]", "at most 1"},
        {"[{show: [a, a]}]", "twice"},
        {"[{show: [a, b, c, d, e]}]", "at most 4"},
        {"[{show: a, surfaces: [a, b, c, d, e]}]", "at most 4"},
        {"[{show: a, camera: {zoom: 0}}]", "more than 0"},
        {"[{show: a, camera: {elevation: high}}]", "number"},
        {"[{show: a, camera: {azimut: 3}}]", "azimuth"},
        {"[{show: a, cut: [{at: 3 mm}]}]", "axis"},
        {"[{show: a, width: 100000}]", "8192"},
        {"[a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a]", "at most 16"},
        {"[[a]]", "map"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        xt_scene *scene;
        xt_error err;
        assert_int_equal(load(&scene, bad[i][0], &err), XT_USAGE);
        if (!strstr(err.text, bad[i][1]) || !strstr(err.text, ":5:"))
            fail_msg("%s: '%s' in: %s", bad[i][0], bad[i][1], err.text);
    }
}

static int begin_all(void **state) {
    (void)state;
    const int file = mkstemp(path);
    return file < 0 || close(file) != 0;
}

static int end_all(void **state) {
    (void)state;
    return unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_is_enough),
        cmocka_unit_test(everything_can_be_said_and_reads_back),
        cmocka_unit_test(nonsense_is_refused_where_it_stands),
    };
    return cmocka_run_group_tests(tests, begin_all, end_all);
}
