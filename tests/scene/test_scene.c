/* Scenes: what ships loads, the scene as used means the same, and what is wrong is said where it stands. */
#define _XOPEN_SOURCE 700 /* mkdtemp */
#include <glob.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/file.h"
#include "scene/scene.h"

enum { YEAR = 8766 };

static char folder[] = "/tmp/crosstalk-test-scene-XXXXXX", path[128];

static int make_folder(void **state) {
    (void)state;
    if (!mkdtemp(folder)) return -1;
    snprintf(path, sizeof path, "%s/s.yaml", folder);
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static xt_status load_text(xt_scene **scene, const char *text, const char *const *sets, int count,
                           xt_error *err) {
    xt_error writing = {0};
    assert_int_equal(xt_file_write(path, text, strlen(text), &writing), XT_OK);
    return xt_scene_load(scene, path, sets, count, err);
}

static void written(xt_text *out, const xt_scene *scene) {
    xt_json json;
    xt_error err = {0};
    xt_json_begin(&json, out);
    xt_json_open_object(&json, NULL);
    xt_scene_write(&json, scene);
    xt_json_close(&json);
    assert_int_equal(xt_json_end(&json, "the scene", &err), XT_OK);
}

/* The scene as used, loaded again, is written the same. */
static void assert_stable(const xt_scene *scene) {
    xt_text first = {0}, second = {0};
    xt_error err = {0};
    xt_scene *again = NULL;
    written(&first, scene);
    if (load_text(&again, xt_text_get(&first), NULL, 0, &err) != XT_OK) fail_msg("%s", err.text);
    written(&second, again);
    assert_string_equal(xt_text_get(&first), xt_text_get(&second));
    assert_true(again->until == scene->until);
    assert_true(again->age == scene->age);
    assert_int_equal(again->event_count, scene->event_count);
    assert_int_equal(again->frame_count, scene->frame_count);
    assert_int_equal(again->geometry.kind, scene->geometry.kind);
    for (int a = 0; a < 3; a++) assert_true(again->geometry.spacing[a] == scene->geometry.spacing[a]);
    xt_scene_free(again);
    xt_text_free(&first);
    xt_text_free(&second);
}

static void every_shipped_scene_loads_and_its_written_form_means_the_same(void **state) {
    (void)state;
    glob_t found;
    assert_int_equal(glob("scenes/*.yaml", 0, NULL, &found), 0);
    assert_true(found.gl_pathc >= 8);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *const sets[] = {"geometry.labels.file=thigh.nii.gz"};
        const bool real = strstr(found.gl_pathv[i], "real_thigh") != NULL;
        xt_error err = {0};
        xt_scene *scene = NULL;
        if (xt_scene_load(&scene, found.gl_pathv[i], sets, real, &err) != XT_OK) fail_msg("%s", err.text);
        assert_non_null(scene->expect); /* a scene says what to expect */
        assert_true(scene->title[0]);
        assert_true(scene->frame_count > 0);
        assert_true(xt_path_exists(scene->model_file));
        assert_stable(scene);
        xt_scene_free(scene);
    }
    globfree(&found);
}

static void a_label_volume_must_be_named(void **state) {
    (void)state;
    xt_error err = {0};
    xt_scene *scene = NULL;
    assert_int_equal(xt_scene_load(&scene, "scenes/real_thigh.yaml", NULL, 0, &err), XT_USAGE);
    assert_null(scene);
    assert_non_null(strstr(err.text, "the key 'file' is missing in geometry.labels"));
    assert_non_null(strstr(err.text, "scenes/real_thigh.yaml:"));
}

static const char full[] = "format: 1\n"
                           "title: All keys\n"
                           "geometry:\n"
                           "  phantom: thigh\n"
                           "  spacing: [0.5 mm, 500 um, 0.1 cm]\n"
                           "  fascia: 0 mm\n"
                           "  femur_offset: [3 mm, -2 mm]\n"
                           "  septa: true\n"
                           "  window: {origin: [1 mm, 2 mm, 3 mm], size: [10 mm, 0 mm, 4 mm]}\n"
                           "  walls: [{wall: y+, species: irisin, value: 0.3 nM}]\n"
                           "model: {set: {training_time: 30 d}}\n"
                           "subject: {sex: female, age: 30 y}\n"
                           "drivers: {sessions: 3 1/week, load: none, protein: '1.2 g/kg/d'}\n"
                           "clock: {until: age 40.5 y, step: 2 week, acute: 30 min, adaptive: false}\n"
                           "events:\n"
                           "  - {at: age 35 y, set: {sessions: 0 1/week}}\n"
                           "  - {at: 60 d, set: {load: 0.1}}\n"
                           "  - {at: 10.5 y, bolus: {species: irisin, amount: 2 nmol, into: plasma}}\n"
                           "output:\n"
                           "  every: 6 month\n"
                           "  series: step\n"
                           "  frames: [tissue, {show: u_irisin, axis: x, at: 0.25, low: 1 nM, high: 2000, "
                           "pixels: 300}, {show: [irisin, f_bone], "
                           "axis: [z, x], at: [0.5, 3 mm], difference: age 36 y, depth: 16}, {show: irisin, "
                           "normal: [0.3, 0, -1], through: "
                           "[0.5, 20 mm, 0.1], at: [-2 mm, 4 mm], turn: 12.5, map: ember, voxels: true, "
                           "outlines: false, height: 400}]\n"
                           "  volumes: {every: 1 y, fields: [tissue, irisin], nifti: true}\n"
                           "  checkpoint: 2 min\n"
                           "numerics: {tolerance: 1e-5, plasma: clamped, seed: 7}\n";

static void values_are_in_internal_units(void **state) {
    (void)state;
    xt_error err = {0};
    xt_scene *s = NULL;
    if (load_text(&s, full, NULL, 0, &err) != XT_OK) fail_msg("%s", err.text);
    assert_float_equal(s->geometry.spacing[0], 0.5, 1e-15);
    assert_float_equal(s->geometry.spacing[1], 0.5, 1e-15);
    assert_float_equal(s->geometry.spacing[2], 1, 1e-15);
    assert_true(s->geometry.fascia < 0); /* left out, which differs from the default */
    assert_true(s->geometry.periosteum == 0);
    assert_float_equal(s->geometry.femur_offset[1], -2, 1e-15);
    assert_true(s->geometry.female && s->female && s->geometry.septa && s->geometry.has_window);
    assert_int_equal(s->fixed_count, 1);
    assert_int_equal(s->fixed[0].wall, 3);
    assert_float_equal(s->fixed[0].value, 300, 1e-9);
    assert_float_equal(s->age, 30.0 * YEAR, 1e-9);
    assert_float_equal(s->until, 10.5 * YEAR, 1e-9);
    assert_float_equal(s->step, 336, 1e-9);
    assert_float_equal(s->acute, 0.5, 1e-12);
    assert_float_equal(s->acute_every, 0.5 / 12, 1e-12);
    assert_int_equal(s->parameter_count, 1);
    assert_string_equal(s->parameter[0].text, "30 d");
    assert_int_equal(s->setting_count, 3);
    assert_null(s->setting[1].text);
    assert_int_equal(s->setting[0].line, 13);
    assert_int_equal(s->setting[0].col, 21);
    assert_float_equal(s->every, 0.5 * YEAR, 1e-9);
    assert_true(s->series_every == 0);
    assert_float_equal(s->checkpoint_seconds, 120, 1e-9);
    assert_int_equal(s->frame_count, 4);
    assert_string_equal(s->frame[0].show[0], "tissue");
    assert_int_equal(s->frame[1].shows, 1);
    assert_string_equal(s->frame[1].show[0], "u_irisin");
    assert_int_equal(s->frame[1].axes, 1);
    assert_int_equal(s->frame[1].axis[0], 0);
    assert_int_equal(s->frame[1].places, 1);
    assert_true(s->frame[1].at[0].is_fraction && s->frame[1].at[0].value == 0.25);
    assert_float_equal(s->frame[1].low, 1000, 1e-9);
    assert_float_equal(s->frame[1].high, 2000, 1e-9);
    assert_true(isnan(s->frame[0].low));
    assert_int_equal(s->frame[0].pixels, 900);
    assert_int_equal(s->volume_count, 2);
    assert_string_equal(s->volume_field[1], "irisin");
    assert_true(s->volume_vti && s->volume_nifti && s->volume_compress && s->plasma_clamped);
    assert_true(s->seed == 7);
    assert_stable(s);
    xt_scene_free(s);
}

static void events_are_sorted_by_time(void **state) {
    (void)state;
    xt_error err = {0};
    xt_scene *s = NULL;
    assert_int_equal(load_text(&s, full, NULL, 0, &err), XT_OK);
    assert_int_equal(s->event_count, 3);
    assert_int_equal(s->event[0].line, 17);
    assert_int_equal(s->event[1].line, 16);
    assert_true(s->event[1].at_is_age);
    assert_float_equal(xt_scene_event_time(s, &s->event[0]), 60 * 24.0, 1e-9);
    assert_float_equal(xt_scene_event_time(s, &s->event[1]), 5.0 * YEAR, 1e-6);
    assert_float_equal(s->event[2].amount, 2e9, 1);
    xt_scene_free(s);
}

static void set_changes_one_key(void **state) {
    (void)state;
    const char *const sets[] = {"subject.age=31 y", "output.frames.0=f_bone", "geometry.spacing=1 mm",
                                "events.2.at=9.5 y"};
    xt_error err = {0};
    xt_scene *s = NULL;
    if (load_text(&s, full, sets, 4, &err) != XT_OK) fail_msg("%s", err.text);
    assert_float_equal(s->age, 31.0 * YEAR, 1e-9);
    assert_float_equal(s->until, 9.5 * YEAR, 1e-9); /* the end stays an age */
    assert_string_equal(s->frame[0].show[0], "f_bone");
    assert_true(s->geometry.spacing[2] == 1);
    xt_scene_free(s);

    const char *const wrong[] = {"subject.agee=31 y"};
    assert_int_equal(load_text(&s, full, wrong, 1, &err), XT_USAGE);
    assert_non_null(strstr(err.text, "--set:1:"));
    assert_non_null(strstr(err.text, "did you mean 'age'?"));
}

static void paths_start_at_the_scene_and_those_of_set_at_the_current_folder(void **state) {
    (void)state;
    const char text[] =
        "format: 1\ngeometry: {labels: {file: a.nii, map: {1: muscle}}}\nclock: {until: 1 d, step: 1 d}\n";
    const char *const sets[] = {"geometry.labels.file=b.nii"};
    char expected[160];
    xt_error err = {0};
    xt_scene *s = NULL;
    assert_int_equal(load_text(&s, text, NULL, 0, &err), XT_OK);
    snprintf(expected, sizeof expected, "%s/a.nii", folder);
    assert_string_equal(s->geometry.file, expected);
    xt_scene_free(s);
    assert_int_equal(load_text(&s, text, sets, 1, &err), XT_OK);
    char here[4096];
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(strncmp(s->geometry.file, here, strlen(here)), 0);
    assert_string_equal(s->geometry.file + strlen(here), "/b.nii");
    xt_scene_free(s);
}

#define HEAD  "format: 1\n"
#define THIGH "geometry: {phantom: thigh}\n"
#define CLOCK "clock: {until: 5 y}\n"

/* Each says where, what was expected, and the nearest key where there is one. */
static const struct {
    const char *text;
    int line, col;
    const char *message;
} wrong[] = {
    {"", 1, 1, "the scene is empty"},
    {"- a\n", 1, 1, "expected a map"},
    {THIGH CLOCK, 1, 1, "the key 'format' is missing in the top level"},
    {"format: 2\n" THIGH CLOCK, 1, 9, "this program reads format 1, found 2"},
    {HEAD CLOCK, 1, 1, "the key 'geometry' is missing"},
    {HEAD THIGH, 1, 1, "the key 'clock' is missing"},
    {HEAD THIGH "clock: {step: 1 d}\n", 3, 1, "the key 'until' is missing in clock"},
    {HEAD THIGH CLOCK "outptu: {}\n", 4, 1, "unknown key 'outptu'; did you mean 'output'?"},
    {HEAD THIGH CLOCK "clock: {until: 5 y}\n", 4, 1, "the key 'clock' is there already"},
    {HEAD "geometry: {}\n" CLOCK, 2, 1, "geometry needs one of phantom"},
    {HEAD "geometry: {phantm: thigh}\n" CLOCK, 2, 12, "unknown key 'phantm'; did you mean 'phantom'?"},
    {HEAD "geometry: {phantom: thight}\n" CLOCK, 2, 21, "did you mean 'thigh'?"},
    {HEAD "geometry: {phantom: thigh, spheres: {}}\n" CLOCK, 2, 28,
     "'phantom' and 'spheres' exclude each other"},
    {HEAD "geometry: {phantom: tibia, femur_radius: 3 mm}\n" CLOCK, 2, 28,
     "does not belong to this kind of geometry"},
    {HEAD "geometry: {phantom: thigh, spacing: 0.5}\n" CLOCK, 2, 37, "found '0.5' without a unit"},
    {HEAD "geometry: {phantom: thigh, spacing: 0.5 s}\n" CLOCK, 2, 37, "expected a length such as '0.5 mm'"},
    {HEAD "geometry: {phantom: thigh, spacing: 0 mm}\n" CLOCK, 2, 37, "expected more than 0 mm"},
    {HEAD "geometry: {phantom: thigh, spacing: -1 mm}\n" CLOCK, 2, 37, "expected more than 0 mm"},
    {HEAD "geometry: {phantom: thigh, spacing: [1 mm, 1 mm]}\n" CLOCK, 2, 37,
     "expected a list of 3, found 2"},
    {HEAD "geometry: {slabs: {layers: []}, spacing: 1 mm}\n" CLOCK, 2, 28, "expected a list of at least 1"},
    {HEAD "geometry: {slabs: {layers: [{tissue: muscle, thickness: 1 mm}]}}\n" CLOCK, 2, 1,
     "the key 'spacing' is missing"},
    {HEAD "geometry: {slabs: {layers: [{tissue: muscle}]}, spacing: 1 mm}\n" CLOCK, 2, 29,
     "the key 'thickness' is missing"},
    {HEAD "geometry: {labels: {file: a.nii, map: {}}}\n" CLOCK, 2, 39, "the label map is empty"},
    {HEAD "geometry: {labels: {file: a.nii, map: {one: muscle}}}\n" CLOCK, 2, 40, "expected a whole number"},
    {HEAD "geometry: {labels: {file: a.nii, map: {70000: muscle}}}\n" CLOCK, 2, 40, "from 0 to 65535"},
    {HEAD "geometry: {labels: {file: a.nii, map: {1: muscle, 01: fat}}}\n" CLOCK, 2, 51,
     "label 1 is given twice"},
    {HEAD "geometry: {labels: {map: {1: muscle}}}\n" CLOCK, 2, 12,
     "the key 'file' is missing in geometry.labels"},
    {HEAD
     "geometry: {phantom: thigh, window: {origin: [0 mm, 0 mm, 0 mm], size: [-1 mm, 1 mm, 1 mm]}}\n" CLOCK,
     2, 71, "must not be negative"},
    {HEAD THIGH CLOCK "subject: {age: 30}\n", 4, 16, "without a unit"},
    {HEAD THIGH CLOCK "subject: {age: 150 y}\n", 4, 16,
     "expected at least 0 y and at most 120 y, found '150 y'"},
    {HEAD THIGH CLOCK "subject: {sex: women}\n", 4, 16, "expected 'male' or 'female'"},
    {HEAD THIGH CLOCK "drivers: {Load: 1}\n", 4, 11, "expected a name of small letters"},
    {HEAD THIGH CLOCK "drivers: {load: {a: 1}}\n", 4, 17, "expected a text, found a map"},
    {HEAD THIGH "clock: {until: 5}\n", 3, 16, "expected a duration such as"},
    {HEAD THIGH "clock: {until: 0 y}\n", 3, 16, "expected more than 0 h"},
    {HEAD THIGH "clock: {until: nan y}\n", 3, 16, "expected a duration"},
    {HEAD THIGH "clock: {until: age 20 y}\n", 3, 16, "the end must be after the start, at an age of 25 y"},
    {HEAD THIGH "clock: {until: age 20 kg}\n", 3, 20, "expected a duration"},
    {HEAD THIGH "clock: {until: 200 y}\n", 3, 16, "225 y old"},
    {HEAD THIGH "clock: {until: age 30 y}\nsubject: {ageing: false}\n", 3, 16, "`subject.ageing` is false"},
    {HEAD THIGH "clock: {until: 1 d, step: 7 d}\n", 3, 27, "the step is longer than the run"},
    {HEAD THIGH "clock: {until: 2 y, mode: acute}\n", 3, 16, "at most 366 d"},
    {HEAD THIGH "clock: {until: 1 d, mode: acute, acute: 1 h}\n", 3, 41, "belongs to mode chronic"},
    {HEAD THIGH "clock: {until: 1 y, adaptive: yes}\n", 3, 31, "expected true or false, found 'yes'"},
    {HEAD THIGH CLOCK "events:\n  - {at: 6 y, set: {load: 1}}\n", 5, 10, "after the end"},
    {HEAD THIGH CLOCK "events:\n  - {at: age 24 y, set: {load: 1}}\n", 5, 10, "before the start"},
    {HEAD THIGH CLOCK "events:\n  - {at: 1 y}\n", 5, 5, "the event does nothing"},
    {HEAD THIGH CLOCK "events:\n  - {set: {load: 1}}\n", 5, 5, "the key 'at' is missing in events.0"},
    {HEAD THIGH CLOCK "events: [{at: 1 y, bolus: {species: irisin, amount: 1 pmol, into: plasma}}]\n", 4, 15,
     "it belongs to mode acute"},
    {HEAD THIGH
     "clock: {until: 1 d, mode: acute}\nevents: [{at: 1 h, bolus: {species: irisin, amount: 1 pmol}}]\n",
     4, 27, "needs `centre` and `radius`"},
    {HEAD THIGH CLOCK "output: {every: 1 s}\n", 4, 17, "at most 1e6"},
    {HEAD THIGH CLOCK "output: {frames: [{axis: z}]}\n", 4, 19, "the key 'show' is missing"},
    {HEAD THIGH CLOCK "output: {frames: [{show: tissue, at: 1.5}]}\n", 4, 38, "inside the box"},
    {HEAD THIGH CLOCK "output: {frames: [{show: a, low: 2, high: 1}]}\n", 4, 19, "high must be above low"},
    {HEAD THIGH CLOCK "output: {frames: [a, {show: a, dark: true}]}\n", 4, 22,
     "this picture is there already"},
    {HEAD THIGH CLOCK "output: {frames: [{show: a, at: -1 mm}]}\n", 4, 33, "inside the box"},
    {HEAD THIGH CLOCK "output: {frames: [{show: a, axis: [x, x]}]}\n", 4, 39, "'x' is in the list already"},
    {HEAD THIGH CLOCK "output: {frames: [{show: a, axis: x, normal: [1, 0, 1]}]}\n", 4, 35,
     "exclude each other"},
    {HEAD THIGH CLOCK "output: {frames: [{show: a, normal: [0, 0, 0]}]}\n", 4, 37, "not be all zeros"},
    {HEAD THIGH CLOCK "output: {frames: [{show: a, normal: [0, 1, 1], at: 0.5}]}\n", 4, 52,
     "a length along it"},
    {HEAD THIGH CLOCK "output: {frames: [{show: a, turn: 3}]}\n", 4, 35, "give its normal too"},
    {HEAD THIGH CLOCK "output: {frames: [{show: a, normal: [1, 0, 0], through: [1 mm, 2 mm]}]}\n", 4, 57,
     "a list of 3"},
    {HEAD THIGH CLOCK "output: {frames: [{show: tissue, difference: start}]}\n", 4, 46, "have no difference"},
    {HEAD THIGH CLOCK "output: {frames: [{show: a, difference: begin}]}\n", 4, 41, "expected"},
    {HEAD THIGH CLOCK "output: {frames: [{show: a, difference: age 5 y}]}\n", 4, 41, "before the start"},
    {HEAD THIGH CLOCK "output: {frames: [{show: a, difference: 99 y}]}\n", 4, 41, "after the end"},
    {HEAD THIGH CLOCK "output: {frames: [{show: a, difference: start, logarithmic: true}]}\n", 4, 61,
     "no logarithmic scale"},
    {HEAD THIGH CLOCK "output: {frames: [{show: a, map: balance}]}\n", 4, 34, "both sides"},
    {HEAD THIGH CLOCK "output: {frames: [{show: a, difference: start, map: glow}]}\n", 4, 53, "map balance"},
    {HEAD THIGH CLOCK "output: {frames: [{show: a, map: jet}]}\n", 4, 34, "expected"},
    {HEAD THIGH CLOCK "output: {frames: [{show: a, depth: 12}]}\n", 4, 36, "8 or 16"},
    {HEAD THIGH CLOCK "output: {frames: [{show: a, height: 20}]}\n", 4, 37, "150 to 8192"},
    {HEAD THIGH CLOCK
     "output: {frames: [{show: [a, b, c, d, e, f], axis: [x, y, z], at: [0.1, 0.3, 0.5, 0.7]}]}\n",
     4, 19, "at most 64"},
    {HEAD THIGH CLOCK "output: {frames: [{show: a, logarithmic: true, low: 0}]}\n", 4, 19, "low above 0"},
    {HEAD THIGH CLOCK "output: {frames: [{show: a, pixels: 5}]}\n", 4, 37, "from 200 to 8192"},
    {HEAD THIGH CLOCK "output: {frames: [../../a]}\n", 4, 19, "expected a name of small letters"},
    {HEAD THIGH CLOCK "numerics: {tolerance: 1}\n", 4, 23, "at most 0.1"},
    {HEAD THIGH CLOCK "numerics: {plasma: open}\n", 4, 20, "expected 'closed' or 'clamped'"},
    {HEAD THIGH CLOCK "model: {file: nowhere.yaml}\n", 4, 15,
     "no model file 'nowhere.yaml' beside the scene"},
    {HEAD THIGH CLOCK "title: [a]\n", 4, 8, "expected a text, found a list"},
};

static void what_is_wrong_is_said_where_it_stands(void **state) {
    (void)state;
    int bad = 0;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        xt_error err = {0};
        xt_scene *scene = NULL;
        char place[160];
        const xt_status status = load_text(&scene, wrong[i].text, NULL, 0, &err);
        snprintf(place, sizeof place, "%s:%d:%d: error: ", path, wrong[i].line, wrong[i].col);
        if (status != XT_USAGE || scene || strncmp(err.text, place, strlen(place)) != 0 ||
            !strstr(err.text, wrong[i].message)) {
            print_error("%s---\nexpected %s%s\nfound    %s\n\n", wrong[i].text, place, wrong[i].message,
                        err.text);
            bad++;
        }
        xt_scene_free(scene);
    }
    assert_int_equal(bad, 0);
}

static void a_missing_file_is_an_input_error(void **state) {
    (void)state;
    xt_error err = {0};
    xt_scene *scene = NULL;
    assert_int_equal(xt_scene_load(&scene, "scenes/nothing.yaml", NULL, 0, &err), XT_IO);
    assert_non_null(strstr(err.text, "scenes/nothing.yaml"));
}

/* Every key of the help is in the schema, and the schema is JSON. */
static void the_schema_is_json_and_covers_the_contract(void **state) {
    (void)state;
    static const char *const contract[] = {"geometry.labels.file", "geometry.spacing", "subject.sex",
                                           "subject.age",          "clock.until",      "model.file",
                                           "output.every"};
    xt_text text = {0}, help = {0};
    xt_error err = {0};
    xt_json_tree *tree = NULL;
    xt_scene_json_schema(&text);
    xt_scene_help(&help);
    assert_false(text.failed);
    if (xt_json_parse(&tree, "schema", xt_text_get(&text), text.size, &err) != XT_OK)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < sizeof contract / sizeof *contract; i++) {
        const xt_json_value *value = xt_json_root(tree);
        for (const char *p = contract[i]; *p;) {
            char key[64];
            const size_t n = strcspn(p, ".");
            snprintf(key, sizeof key, "%.*s", (int)n, p);
            assert_non_null(strstr(xt_text_get(&help), key));
            value = xt_json_get(xt_json_get(value, "properties"), key);
            p += n + (p[n] == '.');
        }
        assert_non_null(value);
    }
    xt_json_free(tree);
    xt_text_free(&text);
    xt_text_free(&help);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shipped_scene_loads_and_its_written_form_means_the_same),
        cmocka_unit_test(a_label_volume_must_be_named),
        cmocka_unit_test(values_are_in_internal_units),
        cmocka_unit_test(events_are_sorted_by_time),
        cmocka_unit_test(set_changes_one_key),
        cmocka_unit_test(paths_start_at_the_scene_and_those_of_set_at_the_current_folder),
        cmocka_unit_test(what_is_wrong_is_said_where_it_stands),
        cmocka_unit_test(a_missing_file_is_an_input_error),
        cmocka_unit_test(the_schema_is_json_and_covers_the_contract)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
