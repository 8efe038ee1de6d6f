/* Curves lie where their values are, the past strong and the rest faint, and long ones are quick to draw. */
#include "observe/testing.h"

#include <math.h>
#include "draw/curve.h"
#include "draw/polyline.h"

static const xt_colour white = {65535, 65535, 65535, 65535}, black = {0, 0, 0, 65535};

static xt_image blank(int width, int height) {
    xt_image image;
    xt_error err = {0};
    must(xt_image_create(&image, width, height, white, &err), &err);
    return image;
}

static double ink_at(const xt_image *image, int x, int y) {
    return 1 - image->pixel[y * image->width + x].r / 65535.0;
}

static double ink(const xt_image *image) {
    double sum = 0;
    for (int i = 0; i < image->width * image->height; i++) sum += ink_at(image, i, 0);
    return sum;
}

static const int whole[4] = {0, 0, 200, 200};

static void a_line_covers_its_length_times_its_width(void **state) {
    (void)state;
    xt_error err = {0};
    const double point[][2] = {{20.5, 30}, {110, 160.25}, {180, 40}};
    xt_image image = blank(200, 200);
    must(xt_image_polyline(&image, point, 3, 3, whole, black, &err), &err);
    const double length = hypot(89.5, 130.25) + hypot(70, 120.25);
    assert_true(fabs(ink(&image) - 3 * length) < 0.03 * 3 * length);
    xt_image_free(&image);
}

/* Where pieces meet, and where a line lies on itself, it is no darker than one stroke. */
static void pieces_do_not_add_up(void **state) {
    (void)state;
    xt_error err = {0};
    xt_image one = blank(200, 200), many = blank(200, 200);
    double piece[301][2];
    for (int i = 0; i <= 300; i++) {
        piece[i][0] = 20 + 0.5 * i;
        piece[i][1] = 50 + 0.25 * i;
    }
    const double ends[][2] = {{20, 50}, {170, 125}};
    must(xt_image_polyline(&one, ends, 2, 2.4, whole, black, &err), &err);
    must(xt_image_polyline(&many, (const double(*)[2])piece, 301, 2.4, whole, black, &err), &err);
    double most = 0;
    for (int i = 0; i < 200 * 200; i++) most = fmax(most, fabs(ink_at(&one, i, 0) - ink_at(&many, i, 0)));
    assert_true(most < 0.02);
    xt_image_free(&one);
    xt_image_free(&many);
}

static void a_gap_is_a_gap_and_a_lone_point_a_dot(void **state) {
    (void)state;
    xt_error err = {0};
    xt_image image = blank(200, 200);
    const double point[][2] = {{10, 50},        {60, 50},  {NAN, 50}, {100, 50},
                               {120, INFINITY}, {140, 50}, {190, 50}};
    must(xt_image_polyline(&image, point, 7, 4, whole, black, &err), &err);
    assert_true(ink_at(&image, 40, 49) == 1 && ink_at(&image, 160, 50) == 1 && ink_at(&image, 100, 50) == 1);
    assert_true(ink_at(&image, 80, 50) == 0 && ink_at(&image, 120, 50) == 0);
    const int clip[4] = {0, 0, 200, 50};
    xt_image_free(&image);
    image = blank(200, 200);
    must(xt_image_polyline(&image, point, 7, 4, clip, black, &err), &err);
    assert_true(ink_at(&image, 40, 49) == 1 && ink_at(&image, 40, 50) == 0);
    xt_image_free(&image);
}

/* A peak of one point among a hundred thousand is seen, and none of the others costs anything. */
static void many_points_keep_their_peaks(void **state) {
    (void)state;
    enum { COUNT = 100000 };
    xt_error err = {0};
    xt_image image = blank(200, 200);
    double(*point)[2] = malloc(COUNT * sizeof *point);
    for (int i = 0; i < COUNT; i++) {
        point[i][0] = 10 + 180.0 * i / COUNT;
        point[i][1] = 150 + sin(i * 0.1);
    }
    point[54321][1] = 20;
    must(xt_image_polyline(&image, (const double(*)[2])point, COUNT, 2, whole, black, &err), &err);
    const int x = (int)point[54321][0];
    assert_true(ink_at(&image, x, 21) + ink_at(&image, x - 1, 21) + ink_at(&image, x + 1, 21) > 0.9);
    assert_true(ink_at(&image, x, 80) + ink_at(&image, x - 1, 80) + ink_at(&image, x + 1, 80) > 0.9);
    assert_true(ink_at(&image, 60, 21) == 0);
    free(point);
    xt_image_free(&image);
}

enum { ROWS = 51 };
static double years[ROWS], falling[ROWS], level[ROWS];

static xt_curve_def sample(void) {
    for (int i = 0; i < ROWS; i++) {
        years[i] = 25 + i;
        falling[i] = 1 - 0.008 * i;
        level[i] = 300 + 20 * sin(i * 0.3);
    }
    return (xt_curve_def){.axis = "age (y)",
                          .time = years,
                          .rows = ROWS,
                          .from = NAN,
                          .until = NAN,
                          .line = {{"muscle_mass", "1", falling, true}},
                          .lines = 1,
                          .width = 900,
                          .ground = white};
}

static void a_curve_goes_through_its_values(void **state) {
    (void)state;
    xt_error err = {0};
    xt_curve_def def = sample();
    xt_curve *curve;
    must(xt_curve_create(&curve, &def, NULL, &err), &err);
    xt_curve_panel p;
    assert_int_equal(xt_curve_panels(&p, curve, 0), 1);
    assert_true(p.x0 == 25 && p.x1 == 75 && p.y0 < 0.6 && p.y1 > 1);
    xt_image image = blank(900, xt_curve_height(curve) + 10);
    must(xt_curve_paint(&image, 10, curve, 50.5, &err), &err);
    for (double t = 27; t < 74; t += 4.37) {
        const double x = p.plot.x + (t - p.x0) / (p.x1 - p.x0) * p.plot.w;
        const double y = 10 + p.plot.y + (p.y1 - (1 - 0.008 * (t - 25))) / (p.y1 - p.y0) * p.plot.h;
        const double here = ink_at(&image, (int)x, (int)y);
        assert_true(t < 50 ? here > 0.8 : here > 0.15 && here < 0.6);
        assert_true(ink_at(&image, (int)x, (int)y - 12) < here);
    }
    const double x = p.plot.x + (50.5 - p.x0) / (p.x1 - p.x0) * p.plot.w; /* the film is here */
    int marked = 0;
    for (int y = 0; y < (int)p.plot.h; y++) marked += ink_at(&image, (int)x, 10 + (int)p.plot.y + y) > 0.2;
    assert_true(marked > 0.9 * p.plot.h);
    for (int i = 0; i < 9000; i++)
        assert_memory_equal(&image.pixel[i], &white, sizeof white); /* above it: nothing */
    xt_image_free(&image);
    xt_curve_free(curve);
}

static void units_get_panels_of_their_own(void **state) {
    (void)state;
    xt_error err = {0};
    xt_curve_def def = sample();
    def.line[1] = (xt_curve_line){"plasma_myokine", "pM", level, false};
    def.line[2] = (xt_curve_line){"strength", "", falling, false};
    def.lines = 3;
    xt_curve *curve;
    must(xt_curve_create(&curve, &def, NULL, &err), &err);
    xt_curve_panel a, b;
    assert_int_equal(xt_curve_panels(&a, curve, 0), 2);
    xt_curve_panels(&b, curve, 1);
    assert_true(a.plot.x + a.plot.w < b.plot.x && b.plot.x + b.plot.w < 900);
    assert_true(a.y1 < 2 && b.y0 > 200);
    xt_curve_free(curve);
}

/* A band is as high as it was asked for, lies behind its own line, and what is not finite is left out. */
static void published_ranges_are_bands(void **state) {
    (void)state;
    xt_error err = {0};
    xt_curve_def def = sample();
    const xt_curve_band band[] = {{0, 60, 70, {0.5, 0.4}, {0.6, 0.6}},
                                  {0, 30, 40, {NAN, 0.2}, {0.3, 0.3}},
                                  {0, 10, 27, {0.45, 0.45}, {0.55, 0.55}}, /* begins before the curve */
                                  {3, 30, 40, {0.5, 0.5}, {0.6, 0.6}}};
    def.band = band;
    def.bands = 4;
    xt_curve *curve;
    must(xt_curve_create(&curve, &def, NULL, &err), &err);
    xt_curve_panel p;
    xt_curve_panels(&p, curve, 0);
    assert_true(p.y0 < 0.4);
    xt_image image = blank(900, xt_curve_height(curve));
    must(xt_curve_paint(&image, 0, curve, 25, &err), &err);
    static const struct {
        double t, v;
        bool inside;
    } seen[] = {{61, 0.55, true},  {61, 0.45, false}, {69, 0.43, true}, {59, 0.55, false}, {71, 0.55, false},
                {35, 0.55, false}, {35, 0.25, false}, {26, 0.5, true},  {28, 0.5, false}};
    for (int i = 0; i < (int)(sizeof seen / sizeof *seen); i++) {
        const double x = p.plot.x + (seen[i].t - p.x0) / (p.x1 - p.x0) * p.plot.w;
        const double y = p.plot.y + (p.y1 - seen[i].v) / (p.y1 - p.y0) * p.plot.h;
        assert_int_equal(image.pixel[(int)y * 900 + (int)x].r < 64000, seen[i].inside);
    }
    xt_image_free(&image);
    xt_curve_free(curve);
}

static void odd_values_give_a_picture_all_the_same(void **state) {
    (void)state;
    static const double odd[][3] = {{NAN, NAN, NAN},  {5, 5, 5},        {0, 0, 0},
                                    {INFINITY, 1, 2}, {1e30, -1e30, 0}, {1e-30, 2e-30, 0}};
    static const double time[3] = {0, 0, 1}, now[] = {NAN, -5, 0, 0.5, 1, 1e9, INFINITY};
    for (int k = 0; k < 6; k++)
        for (int rows = 0; rows <= 3; rows++) {
            xt_error err = {0};
            xt_curve_def def = {.axis = "t",
                                .time = time,
                                .rows = rows,
                                .from = NAN,
                                .until = NAN,
                                .line = {{"x", "pM", odd[k], true}},
                                .lines = 1,
                                .width = 300,
                                .dark = true};
            xt_curve *curve;
            xt_font *font = NULL;
            xt_font_open(&font, &(xt_error){0});
            must(xt_curve_create(&curve, &def, font, &err), &err);
            xt_image image = blank(300, xt_curve_height(curve));
            for (int n = 0; n < 7; n++) must(xt_curve_paint(&image, 0, curve, now[n], &err), &err);
            xt_image_free(&image);
            xt_curve_free(curve);
            xt_font_close(font);
        }
}

static void what_makes_no_sense_is_refused(void **state) {
    (void)state;
    xt_curve *curve;
    for (int k = 0; k < 4; k++) {
        xt_error err = {0};
        xt_curve_def def = sample();
        if (k == 0) def.lines = 0;
        if (k == 1) def.lines = 5;
        if (k == 2) def.width = 100;
        if (k == 3) years[7] = 1;
        assert_int_equal(xt_curve_create(&curve, &def, NULL, &err), XT_USAGE);
        assert_null(curve);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_covers_its_length_times_its_width),
        cmocka_unit_test(pieces_do_not_add_up),
        cmocka_unit_test(a_gap_is_a_gap_and_a_lone_point_a_dot),
        cmocka_unit_test(many_points_keep_their_peaks),
        cmocka_unit_test(a_curve_goes_through_its_values),
        cmocka_unit_test(units_get_panels_of_their_own),
        cmocka_unit_test(published_ranges_are_bands),
        cmocka_unit_test(odd_values_give_a_picture_all_the_same),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
