/* A page keeps its panels at one scale, apart from one another and on the paper, whatever it is asked for. */
#include "observe/testing.h"

#include <math.h>
#include "draw/page.h"

static xt_scale scale;

static void make_def(xt_page_def *def, xt_page_panel *panel, xt_page_bar *bar, int panels, bool own_bars) {
    static const xt_page_key keys[] = {
        {"cortex", {0}, NULL}, {"deep_fascia", {0}, NULL}, {"muscle", {0}, NULL}};
    scale = (xt_scale){.low = 0, .high = 3000};
    xt_colormap_make(&scale.map, XT_MAP_GLOW);
    for (int i = 0; i < panels; i++) {
        panel[i] = (xt_page_panel){.width = i % 3 == 1 ? 40 : 164,
                                   .height = i % 3 == 2 ? 20 : 150,
                                   .side = {"L", "R", "PI", "A"},
                                   .caption = "a  z = 12 mm",
                                   .bar = own_bars ? i : -1};
        bar[i] = (xt_page_bar){&scale, "osteo_kine", "pM"};
    }
    xt_page_def_default(def);
    def->title = "Osteokine";
    def->subtitle = "age 62 y";
    def->badge = "not resolved";
    def->note = "A note.";
    def->corner = "voxel 2 mm";
    def->panel = panel;
    def->panels = panels;
    def->bar = bar;
    def->bars = own_bars ? panels : 1;
    def->key = keys;
    def->keys = panels % 2 ? 3 : 0;
    def->scale_bar = true;
}

static bool apart(const xt_rect *a, const xt_rect *b) {
    return a->x + a->w <= b->x || b->x + b->w <= a->x || a->y + a->h <= b->y || b->y + b->h <= a->y;
}

static void panels_lie_apart_and_on_the_page(void **state) {
    (void)state;
    xt_error err = {0};
    xt_font *font = NULL;
    if (xt_font_open(&font, &err) != XT_OK) print_message("%s\n", err.text);
    static const int sizes[][2] = {{900, 0}, {1800, 0}, {500, 1400}, {1920, 1080}};
    for (int panels = 1; panels <= 12; panels++)
        for (int variant = 0; variant < 8; variant++) {
            xt_page_panel panel[12];
            xt_page_bar bar[12];
            xt_page_def def;
            xt_page *page;
            xt_image image;
            err = (xt_error){0};
            make_def(&def, panel, bar, panels, variant & 1);
            def.width = sizes[variant / 2][0];
            def.height = sizes[variant / 2][1];
            must(xt_page_create(&page, &image, &def, font, &err), &err);
            xt_page_draw(&image, page);
            assert_int_equal(image.width, def.width);
            for (int i = 0; i < panels; i++) {
                const xt_rect *at = &page->panel[i];
                assert_true(fabs(at->w - panel[i].width * page->per_mm) < 1e-9);
                assert_true(fabs(at->h - panel[i].height * page->per_mm) < 1e-9);
                assert_true(at->x >= 0 && at->y >= 0 && at->x + at->w <= page->width);
                if (at->y + at->h > page->bar_y)
                    fail_msg("%d panels, variant %d: %d runs into the foot", panels, variant, i);
                for (int j = 0; j < i; j++) assert_true(apart(at, &page->panel[j]));
            }
            xt_page_free(page);
            xt_image_free(&image);
        }
    xt_font_close(font);
}

static void whole_pixels_are_whole(void **state) {
    (void)state;
    xt_page_panel panel = {.width = 16, .height = 9, .bar = -1};
    xt_page_def def;
    xt_page *page;
    xt_image image;
    xt_error err = {0};
    xt_page_def_default(&def);
    def.panel = &panel;
    def.whole_pixels = true;
    def.width = 1234;
    must(xt_page_create(&page, &image, &def, NULL, &err), &err);
    const xt_rect *at = &page->panel[0];
    assert_true(at->x == floor(at->x) && at->w == floor(at->w) && at->h == floor(at->h));
    assert_true(fabs(at->w / at->h - 16.0 / 9) < 0.01);
    xt_page_free(page);
    xt_image_free(&image);
    def.width = 100;
    assert_int_equal(xt_page_create(&page, &image, &def, NULL, &err), XT_USAGE);
    assert_null(page);
}

static void a_badge_is_seen(void **state) {
    (void)state;
    xt_error err = {0};
    xt_font *font;
    if (xt_font_open(&font, &err) != XT_OK) skip();
    xt_page_panel panel[1];
    xt_page_bar bar[1];
    xt_page_def def;
    for (int with = 0; with < 2; with++) {
        xt_page *page;
        xt_image image;
        make_def(&def, panel, bar, 1, false);
        if (!with) def.badge = NULL;
        must(xt_page_create(&page, &image, &def, font, &err), &err);
        xt_page_draw(&image, page);
        int amber = 0;
        for (int i = 0; i < image.width * image.height; i++)
            amber += memcmp(&image.pixel[i], &page->palette.badge, sizeof image.pixel[i]) == 0;
        assert_true(with ? amber > 500 : amber == 0);
        xt_page_free(page);
        xt_image_free(&image);
    }
    xt_font_close(font);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(panels_lie_apart_and_on_the_page),
                                       cmocka_unit_test(whole_pixels_are_whole),
                                       cmocka_unit_test(a_badge_is_seen)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
