/* A film from the pictures of a run's folder: all of them, in their order, with the curve of the run below.
 */
#include "observe/testing.h"

#include <math.h>
#include "app/film_make.h"
#include "app/film_record.h"
#include "draw/image.h"

enum { W = 240, H = 100 };

static int shell(const char *format, const char *a, const char *b) {
    char command[2000];
    snprintf(command, sizeof command, format, a, b);
    return system(command);
}

static void picture(const char *name, int width, int height, double time_d, unsigned rgb) {
    xt_error err = {0};
    xt_image image;
    char time[40], below[200];
    snprintf(time, sizeof time, "%.9g d", time_d);
    snprintf(below, sizeof below, "run/frames/%s", name);
    must(xt_image_create(&image, width, height, xt_colour_hex(0xffffff), &err), &err);
    xt_image_rect(&image, 20, 10, 60, 50, xt_colour_hex(rgb));
    const xt_png_text text[] = {{"Title", "Irisin"}, {"Time", time}, {"Scene", "thigh"}};
    must(xt_png_write(in_folder(below), &image, 8, text, 3, &err), &err);
    xt_image_free(&image);
}

/* Eleven pictures over ten years, and one of something else. */
static int make_run(void **state) {
    if (make_folder(state) != 0) return -1;
    mkdir(in_folder("run"), 0777);
    mkdir(in_folder("run/frames"), 0777);
    for (int i = 0; i <= 10; i++) {
        char name[64];
        snprintf(name, sizeof name, "irisin_z2_%04d.png", i * 5); /* numbers may leave some out */
        picture(name, W, H, i * 365.25, 0x100000u * (unsigned)i);
    }
    picture("tissue_z2_0000.png", W, H, 0, 0x00ff00);
    FILE *f = fopen(in_folder("run/series.csv"), "w");
    fprintf(f, "time [d],age [y],muscle_mass [1],plasma_irisin [pM]\n");
    for (int i = 0; i <= 40; i++)
        fprintf(f, "%g,%g,%g,%g\n", i * 91.3125, 25 + 0.25 * i, 1 - 0.01 * i, 300 + 5.0 * i);
    fclose(f);
    f = fopen(in_folder("run/run.json"), "w");
    fputs(
        "{\"scene\": {\"subject\": {\"sex\": \"female\"}, \"targets\": []}, \"readouts\": [{\"name\": "
        "\"plasma_irisin\","
        " \"label\": \"Irisin\", \"group\": \"In plasma\", \"relative\": true}], \"targets\": [{\"readout\": "
        "\"muscle_mass\", "
        "\"sex\": \"female\","
        " \"from\": \"age 27 y\", \"to\": \"age 31 y\", \"low\": -20, \"high\": -10, \"change\": true}, "
        "{\"readout\":"
        " \"muscle_mass\", \"sex\": \"male\", \"from\": \"0 d\", \"to\": \"1 y\", \"low\": 0, \"high\": 1}, "
        "{\"readout\":"
        " \"plasma_irisin\", \"from\": \"1 y\", \"to\": \"2 y\", \"low\": 100, \"high\": 200}, {\"readout\":"
        " \"plasma_irisin\", \"from\": \"age 20 y\", \"to\": \"age 21 y\", \"low\": 1, \"high\": 2}]}",
        f);
    fclose(f);
    return 0;
}

/* Of the run's sex, within its time, changes from the curve on. */
static void published_ranges_come_from_the_record(void **state) {
    (void)state;
    static const char *names[] = {"time", "age", "muscle_mass", "plasma_irisin"};
    double value[41 * 4];
    for (int i = 0; i <= 40; i++) {
        const double row[] = {i * 91.3125, 25 + 0.25 * i, 1 - 0.01 * i, 300};
        memcpy(value + 4 * i, row, sizeof row);
    }
    const xt_curves rows = {.columns = 4, .rows = 41, .name = names, .value = value};
    const int column[] = {2, 3};
    xt_film_about about;
    xt_film_record(&about, in_folder("run"), &rows, column, 2, 25, 365.25);
    assert_int_equal(about.bands, 2);
    const xt_curve_band *b = &about.band[0];
    assert_true(b->line == 0 && fabs(b->from - 27) < 1e-9 && fabs(b->to - 31) < 1e-9);
    assert_true(fabs(b->low[0] - 0.92) < 1e-9 && fabs(b->high[0] - 0.92) < 1e-9);
    assert_true(fabs(b->low[1] - 0.92 * 0.8) < 1e-9 && fabs(b->high[1] - 0.92 * 0.9) < 1e-9);
    b = &about.band[1];
    assert_true(b->line == 1 && fabs(b->from - 26) < 1e-9 && fabs(b->to - 27) < 1e-9);
    assert_true(b->low[0] == 100 && b->high[1] == 200);
    assert_string_equal(about.name[0], "Muscle_mass");
    assert_true(about.relative[1] && !about.relative[0]);
    assert_string_equal(about.name[1], "Irisin in plasma");
    xt_film_record(&about, in_folder("nowhere"), &rows, column, 2, 25, 365.25);
    assert_int_equal(about.bands, 0);
    assert_string_equal(about.name[1], "Plasma_irisin");
}

static xt_film_def def_of(const char *path) {
    xt_film_def def;
    xt_film_def_default(&def);
    def.dir = in_folder("run");
    def.series = "irisin_z2";
    def.path[0] = path;
    def.paths = 1;
    return def;
}

static void every_picture_is_in_the_film_exactly(void **state) {
    (void)state;
    xt_error err = {0};
    const char *film = in_folder("plain.apng"), *raw = in_folder("plain.raw");
    xt_film_def def = def_of(film);
    int count;
    must(xt_film_from_frames(&count, &def, &err), &err);
    assert_int_equal(count, 11);
    FILE *f = fopen(raw, "wb");
    for (int i = 0; i <= 10; i++)
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++) {
                const bool inside = x >= 20 && x < 60 && y >= 10 && y < 50;
                fputc(inside ? 16 * i : 255, f);
                fputc(inside ? 0 : 255, f);
                fputc(inside ? 0 : 255, f);
            }
    fclose(f);
    assert_int_equal(shell("/usr/bin/python3 tests/draw/read_apng.py %s %s >/dev/null", film, raw), 0);
    assert_int_equal(shell("/usr/bin/python3 tests/draw/read_apng.py %s > %s.json", film, film), 0);
    assert_int_equal(
        shell("/usr/bin/python3 -c \"import json; a = json.load(open('%s.json'));"
              " assert a['delay'] == [1.125] + 9 * [0.125] + [2.125], a;"
              " assert a['text']['Title'] == 'Irisin' and a['text']['Scene'] == 'thigh', a;"
              " assert a['text']['Source'].startswith('frames/irisin_z2_*.png, 11 pictures'), a\"%s",
              film, ""),
        0);
}

/* The strip is below, the pictures above it are as they were, and it changes from picture to picture. */
static void curves_run_below_the_pictures(void **state) {
    (void)state;
    xt_error err = {0};
    const char *film = in_folder("curve.apng");
    xt_film_def def = def_of(film);
    def.curve[0] = "muscle_mass";
    def.curve[1] = "plasma_irisin";
    def.curves = 2;
    must(xt_film_from_frames(NULL, &def, &err), &err);
    assert_int_equal(
        shell("/usr/bin/python3 -c \"import sys; sys.path.insert(0, 'tests/draw'); import read_apng;"
              " about, pictures = read_apng.read('%s'); p = list(pictures); n = 240 * 100 * 3;"
              " assert about['width'] == 240 and about['height'] > 120, about;"
              " assert [x[3 * (240 * 20 + 30)] for x in p] == [16 * i for i in range(11)];"
              " assert all(a[n:] != b[n:] for a, b in zip(p, p[1:])), 'the strip stands still'\"%s",
              film, ""),
        0);
}

/* A legend that grew: the others get ground below. */
static void pictures_may_differ_in_height(void **state) {
    (void)state;
    xt_error err = {0};
    const char *film = in_folder("high.apng");
    xt_film_def def = def_of(film);
    picture("irisin_z2_0099.png", W, H + 7, 4000, 0x445566);
    must(xt_film_from_frames(NULL, &def, &err), &err);
    def.width = 100;
    def.path[0] = in_folder("high_small.apng");
    must(xt_film_from_frames(NULL, &def, &err), &err);
    remove(in_folder("run/frames/irisin_z2_0099.png"));
    assert_int_equal(
        shell("/usr/bin/python3 -c \"import sys; sys.path.insert(0, 'tests/draw'); import read_apng;"
              " about, pictures = read_apng.read('%s'); p = list(pictures); n = 240 * 100 * 3;"
              " assert about['height'] == 107 and len(p) == 12, about;"
              " assert all(set(x[n:]) == {255} for x in p), 'the foot is not empty'\"%s",
              film, ""),
        0);
}

static void a_film_can_be_smaller(void **state) {
    (void)state;
    xt_error err = {0};
    const char *film = in_folder("small.apng");
    xt_film_def def = def_of(film);
    def.width = 120;
    must(xt_film_from_frames(NULL, &def, &err), &err);
    assert_int_equal(
        shell("/usr/bin/python3 tests/draw/read_apng.py %s | grep -q '\"width\": 120, \"height\": 50%s'",
              film, ""),
        0);
}

static void several_kinds_at_once(void **state) {
    (void)state;
    if (shell("command -v ffmpeg >%s%s", "/dev/null", "") != 0) skip();
    xt_error err = {0};
    xt_film_def def = def_of(in_folder("both.apng"));
    def.path[def.paths++] = in_folder("both.mp4");
    must(xt_film_from_frames(NULL, &def, &err), &err);
    assert_true(xt_path_exists(in_folder("both.apng")) && xt_path_exists(in_folder("both.mp4")));
}

static void what_is_wrong_is_told_and_nothing_left(void **state) {
    (void)state;
    mkdir(in_folder("bare"), 0777);
    const char *film = in_folder("wrong.apng");
    const int before = entries(test_folder);
    static const struct {
        const char *dir, *series, *curve, *path;
        xt_status status;
        const char *message;
    } wrong[] = {{"run", "irisin_z3", NULL, NULL, XT_USAGE,
                  "did you mean 'irisin_z2'? (there are irisin_z2, tissue_z2)"},
                 {"run", "irisin_z2", "muscle_mas", NULL, XT_USAGE, "did you mean 'muscle_mass'?"},
                 {"bare", "irisin_z2", NULL, NULL, XT_USAGE, "no pictures in its folder frames"},
                 {"nowhere", "irisin_z2", NULL, NULL, XT_USAGE, "no pictures"},
                 {"run", "irisin_z2", NULL, "film.gif", XT_USAGE, "ends in .apng, .png, .mp4 or .webm"},
                 {"run", "irisin_z2", NULL, "none/film.apng", XT_IO, "No such file or directory"}};
    for (int i = 0; i < (int)(sizeof wrong / sizeof *wrong); i++) {
        xt_error err = {0};
        xt_film_def def = def_of(wrong[i].path ? in_folder(wrong[i].path) : film);
        def.dir = in_folder(wrong[i].dir);
        def.series = wrong[i].series;
        if (wrong[i].curve) def.curve[def.curves++] = wrong[i].curve;
        const xt_status status = xt_film_from_frames(NULL, &def, &err);
        if (status != wrong[i].status || !strstr(err.text, wrong[i].message))
            fail_msg("%d: '%s' lacks '%s'", i, err.text, wrong[i].message);
        assert_int_equal(entries(test_folder), before);
    }
    xt_error err = {0};
    xt_film_def def = def_of(film);
    def.rate = 0;
    assert_int_equal(xt_film_from_frames(NULL, &def, &err), XT_USAGE);
}

static void a_damaged_or_odd_picture_is_named(void **state) {
    (void)state;
    const char *film = in_folder("odd.apng");
    xt_film_def def = def_of(film);
    picture("irisin_z2_0099.png", W - 2, H, 4000, 0);
    xt_error err = {0};
    assert_int_equal(xt_film_from_frames(NULL, &def, &err), XT_USAGE);
    assert_non_null(strstr(err.text, "irisin_z2_0099.png is 238 pixels wide"));
    size_t size;
    char *bytes = slurp(in_folder("run/frames/irisin_z2_0000.png"), &size);
    spill(in_folder("run/frames/irisin_z2_0099.png"), bytes, size - 30);
    free(bytes);
    err = (xt_error){0};
    assert_int_equal(xt_film_from_frames(NULL, &def, &err), XT_IO);
    assert_non_null(strstr(err.text, "irisin_z2_0099.png"));
    assert_false(xt_path_exists(film));
    remove(in_folder("run/frames/irisin_z2_0099.png"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_picture_is_in_the_film_exactly),
        cmocka_unit_test(curves_run_below_the_pictures),
        cmocka_unit_test(published_ranges_come_from_the_record),
        cmocka_unit_test(pictures_may_differ_in_height),
        cmocka_unit_test(a_film_can_be_smaller),
        cmocka_unit_test(several_kinds_at_once),
        cmocka_unit_test(what_is_wrong_is_told_and_nothing_left),
        cmocka_unit_test(a_damaged_or_odd_picture_is_named),
    };
    return cmocka_run_group_tests(tests, make_run, remove_folder);
}
