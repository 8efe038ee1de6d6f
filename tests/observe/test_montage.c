/* Several slices on a page: one scale, one bar where they share it, each in the colours of its values. */
#include "observe/testing.h"

#include <math.h>
#include "observe/montage.h"

enum { N = 10 };
static float value[4][N * N];
static uint8_t tissue[N * N];
static const char *const names[] = {"bone", "muscle"};
static const unsigned colours[] = {0xf2e9d5, 0xa8413f};

static void make_panels(xt_frame_def panel[4]) {
    for (int i = 0; i < 4; i++) {
        xt_frame_def_default(&panel[i]);
        for (int k = 0; k < N * N; k++) {
            tissue[k] = (uint8_t)(k % N < 5 ? 1 : 2);
            value[i][k] = (float)(100 * i + k % N);
        }
        panel[i].nx = panel[i].ny = N;
        panel[i].spacing[0] = panel[i].spacing[1] = 0.5;
        panel[i].value = value[i];
        panel[i].tissue = tissue;
        panel[i].tissue_count = 2;
        panel[i].tissue_name = names;
        panel[i].tissue_colour = colours;
        panel[i].no_outlines = true;
        panel[i].low = 0;
        panel[i].high = 400;
        panel[i].label = "irisin";
        panel[i].unit = "pM";
        panel[i].caption = "a";
    }
}

static xt_colour middle(const xt_image *image, const xt_frame_layout *l, double u) {
    return image->pixel[(int)(l->y + l->h / 2) * image->width + (int)(l->x + u * l->w)];
}

static bool close_to(xt_colour a, xt_colour b) {
    return abs(a.r - b.r) < 3 * 257 && abs(a.g - b.g) < 3 * 257 && abs(a.b - b.b) < 3 * 257;
}

/* Rightmost column that is not ground, above the foot: where the bars end. */
static int last_ink(const xt_image *image) {
    for (int x = image->width - 1; x > 0; x--)
        for (int y = 60; y < image->height - 60; y++)
            if (memcmp(&image->pixel[y * image->width + x], &image->pixel[0], sizeof(xt_colour)) != 0)
                return x;
    return 0;
}

static void panels_have_their_own_values_on_one_scale(void **state) {
    (void)state;
    xt_frame_def panel[4];
    make_panels(panel);
    const xt_montage_def def = {.panel = panel, .panels = 4, .width = 900};
    xt_image image;
    xt_frame_layout l[4];
    xt_error err = {0};
    must(xt_montage_draw(&image, l, &def, NULL, &err), &err);
    xt_colormap map;
    xt_colormap_make(&map, XT_MAP_GLOW);
    for (int i = 0; i < 4; i++) {
        assert_true(l[i].per_mm == l[0].per_mm);
        assert_true(close_to(middle(&image, &l[i], 0.25), xt_colormap_at(&map, (100 * i + 2) / 400.0)));
    }
    assert_true(l[1].x > l[0].x + l[0].w && l[2].y > l[0].y + l[0].h); /* two by two */
    xt_image_free(&image);
}

static void bars_are_shared_only_by_what_is_the_same(void **state) {
    (void)state;
    xt_frame_def panel[4];
    xt_error err = {0};
    for (int other = 0; other < 3; other++) {
        make_panels(panel);
        if (other == 1) panel[2].label = "tnf";
        if (other == 2) panel[1].high = 300;
        const xt_montage_def def = {.panel = panel, .panels = 4, .width = 900, .columns = 2};
        xt_image image;
        xt_frame_layout l[4];
        must(xt_montage_draw(&image, l, &def, NULL, &err), &err);
        /* One bar stands in the column at the right; of several each stands beside the last of its panels. */
        const bool between = l[1].x - (l[0].x + l[0].w) > 40;
        assert_true(between == (other == 1));
        assert_true(last_ink(&image) < image.width - 10);
        xt_image_free(&image);
    }
}

static void tissues_and_fields_stand_together(void **state) {
    (void)state;
    xt_frame_def panel[4];
    make_panels(panel);
    panel[0].kind = XT_FRAME_LABEL;
    const xt_montage_def def = {.panel = panel, .panels = 2, .width = 900, .dark = true};
    xt_image image;
    xt_frame_layout l[4];
    xt_error err = {0};
    must(xt_montage_draw(&image, l, &def, NULL, &err), &err);
    assert_true(close_to(middle(&image, &l[0], 0.25), xt_colour_hex(0xf2e9d5)));
    xt_image_free(&image);
}

static void a_clip_cuts_off_what_lies_outside(void **state) {
    (void)state;
    xt_frame_def panel[4];
    make_panels(panel);
    static const double triangle[3][2] = {{0, 0}, {5, 0}, {0, 5}};
    panel[0].clip = triangle;
    panel[0].clips = 3;
    const xt_montage_def def = {.panel = panel, .panels = 1, .width = 600};
    xt_image image;
    xt_frame_layout l;
    xt_error err = {0};
    must(xt_montage_draw(&image, &l, &def, NULL, &err), &err);
    const xt_colour out = image.pixel[(int)(l.y + 0.2 * l.h) * image.width + (int)(l.x + 0.8 * l.w)];
    const xt_colour in = image.pixel[(int)(l.y + 0.8 * l.h) * image.width + (int)(l.x + 0.2 * l.w)];
    assert_true(close_to(out, xt_colour_hex(0xffffff)));
    assert_false(close_to(in, xt_colour_hex(0xffffff)));
    xt_image_free(&image);
}

static void too_many_are_refused(void **state) {
    (void)state;
    xt_frame_def panel[4];
    make_panels(panel);
    xt_image image;
    xt_error err = {0};
    xt_montage_def def = {.panel = panel, .panels = 0, .width = 900};
    assert_int_equal(xt_montage_draw(&image, NULL, &def, NULL, &err), XT_USAGE);
    def.panels = 65;
    assert_int_equal(xt_montage_draw(&image, NULL, &def, NULL, &err), XT_USAGE);
    def.panels = 1;
    def.width = 100000;
    err = (xt_error){0};
    assert_int_equal(xt_montage_draw(&image, NULL, &def, NULL, &err), XT_USAGE);
    assert_non_null(strstr(err.text, "200 to 8192"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(panels_have_their_own_values_on_one_scale),
        cmocka_unit_test(bars_are_shared_only_by_what_is_the_same),
        cmocka_unit_test(tissues_and_fields_stand_together),
        cmocka_unit_test(a_clip_cuts_off_what_lies_outside),
        cmocka_unit_test(too_many_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
