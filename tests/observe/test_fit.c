/* The fit of a smooth field to scattered samples, and pictures that use it up to the edges of tissues. */
#include "observe/testing.h"

#include <math.h>
#include "observe/fit.h"
#include "observe/frame.h"

static void quadratics_are_found(void **state) {
    (void)state;
    for (int axes = 2; axes <= 3; axes++) {
        xt_fit fit;
        xt_fit_begin(&fit, axes);
        for (int k = -2; k <= 2; k++)
            for (int j = -2; j <= 2; j++)
                for (int i = -2; i <= 0; i++) { /* on one side only: the point is at the edge */
                    const double at[3] = {i - 0.1, j + 0.2, k - 0.1};
                    xt_fit_add(&fit, at, 5 + 2 * at[0] - at[1] + 0.5 * at[0] * at[0] - 0.2 * at[0] * at[1]);
                }
        assert_true(fabs(xt_fit_solve(&fit) - 5) < 0.05);
    }
}

static void what_is_not_told_is_level(void **state) {
    (void)state;
    xt_fit fit;
    xt_fit_begin(&fit, 2);
    assert_true(isnan(xt_fit_solve(&fit)));
    xt_fit_begin(&fit, 2); /* a layer of one voxel */
    for (int i = -2; i <= 2; i++) xt_fit_add(&fit, (double[]){0.4, i}, 7 + i);
    assert_true(fabs(xt_fit_solve(&fit) - 7) < 1e-6);
    xt_fit_begin(&fit, 3);
    xt_fit_add(&fit, (double[]){0.4, 1, 0}, 7);
    assert_true(fabs(xt_fit_solve(&fit) - 7) < 1e-6);
}

enum { N = 48, PIXELS = 600 };

static double rising(double depth) { return depth > 0 ? 1 - exp(-depth / 1.5) : 0; }

/* How far the lightness of the picture is from the truth, at most, along a circle just inside the edge of a
 * disk in which the field rises steeply from the edge. */
static double error_at_edge(bool sloped) {
    static float value[N * N];
    static uint8_t tissue[N * N], second[N * N];
    static uint16_t share[N * N];
    static const char *const names[] = {"bone", "muscle"};
    static const unsigned colours[] = {0xf2e9d5, 0xa8413f};
    xt_frame_def def;
    xt_frame_layout at;
    xt_image image;
    xt_error err = {0};
    xt_frame_def_default(&def);
    for (int y = 0; y < N; y++)
        for (int x = 0; x < N; x++) {
            int inside = 0, i = x + N * y;
            for (int k = 0; k < 256; k++)
                inside += hypot(x + (k % 16 + 0.5) / 16 - N / 2, y + (k / 16 + 0.5) / 16 - N / 2) < 15.2;
            const double depth = 15.2 - hypot(x + 0.5 - N / 2, y + 0.5 - N / 2);
            tissue[i] = inside >= 128 ? 1 : 2;
            second[i] = inside == 0 || inside == 256 ? 0 : inside >= 128 ? 2 : 1;
            share[i] = second[i] ? (uint16_t)((inside >= 128 ? 256 - inside : inside) * 255) : 0;
            value[i] = (float)rising(depth);
        }
    def.nx = def.ny = N;
    def.value = value;
    def.tissue = tissue;
    def.second = second;
    def.share = share;
    def.tissue_count = 2;
    def.tissue_name = names;
    def.tissue_colour = colours;
    def.low = 0;
    def.high = 1;
    def.no_outlines = true;
    def.sloped = sloped;
    def.width = PIXELS;
    must(xt_frame_draw(&image, &at, &def, NULL, &err), &err);
    xt_colormap map;
    xt_colormap_make(&map, def.map);
    double worst = 0;
    for (int k = 0; k < 360; k++) {
        const double angle = k * acos(-1) / 180, mx = at.x + at.w / 2, my = at.y + at.h / 2;
        const int x = (int)(mx + 14.9 * at.per_mm * cos(angle)),
                  y = (int)(my + 14.9 * at.per_mm * sin(angle));
        const double truth = rising(15.2 - hypot(x + 0.5 - mx, y + 0.5 - my) / at.per_mm);
        const double drawn = xt_colour_lightness(image.pixel[x + image.width * y]);
        worst = fmax(worst, fabs(drawn - xt_colour_lightness(xt_colormap_at(&map, truth))));
    }
    xt_image_free(&image);
    return worst;
}

static void edges_have_no_beads(void **state) {
    (void)state;
    const double level = error_at_edge(false), sloped = error_at_edge(true);
    print_message("lightness is wrong by %.3f level, %.3f sloped\n", level, sloped);
    assert_true(sloped < 0.08 && sloped < 0.6 * level);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(quadratics_are_found),
                                       cmocka_unit_test(what_is_not_told_is_level),
                                       cmocka_unit_test(edges_have_no_beads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
