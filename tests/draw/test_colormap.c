/* Colour maps: lightness says the value, everywhere and in proportion. */
#include "observe/testing.h"

#include <math.h>
#include "draw/colormap.h"

static void lightness_rises_in_proportion(void **state) {
    (void)state;
    for (int kind = 0; kind < XT_MAP_KINDS; kind++) {
        xt_colormap map;
        xt_colormap_make(&map, (xt_map_kind)kind);
        const bool diverging = kind == XT_MAP_BALANCE;
        const int last = diverging ? XT_MAP_STEPS / 2 - 1 : XT_MAP_STEPS - 1;
        const double low = xt_colour_lightness(map.step[0]), high = xt_colour_lightness(map.step[last]);
        assert_true(high - low > 0.45);
        for (int i = 0; i <= last; i++) {
            const double want = low + (high - low) * i / last, got = xt_colour_lightness(map.step[i]);
            if (fabs(got - want) > 1e-4)
                fail_msg("%s step %d: %g for %g", xt_colormap_name(kind), i, got, want);
            if (i > 4) assert_true(got > xt_colour_lightness(map.step[i - 5]));
        }
    }
}

static void the_diverging_map_is_even_handed(void **state) {
    (void)state;
    xt_colormap map;
    xt_colormap_make(&map, XT_MAP_BALANCE);
    const xt_colour middle = xt_colormap_at(&map, 0.5), low = xt_colormap_at(&map, 0),
                    high = xt_colormap_at(&map, 1);
    assert_true(abs(middle.r - middle.b) < 8 * 257 && middle.g > 235 * 257);
    assert_true(low.b > low.r + 50 * 257);
    assert_true(high.r > high.b + 50 * 257);
    for (int i = 0; i <= 50; i++) {
        const double a = xt_colour_lightness(xt_colormap_at(&map, i / 100.0));
        const double b = xt_colour_lightness(xt_colormap_at(&map, 1 - i / 100.0));
        assert_true(fabs(a - b) < 0.06);
    }
}

static void steps_are_even_and_inside_is_between(void **state) {
    (void)state;
    for (int kind = 0; kind < XT_MAP_KINDS; kind++) {
        xt_colormap map;
        xt_colormap_make(&map, (xt_map_kind)kind);
        for (int i = 1; i < XT_MAP_STEPS; i++) {
            const xt_colour a = map.step[i - 1], b = map.step[i];
            assert_true(abs(a.r - b.r) < 14 * 257 && abs(a.g - b.g) < 14 * 257 && abs(a.b - b.b) < 14 * 257);
            assert_int_equal(b.a, 65535);
        }
        const xt_colour under = xt_colormap_at(&map, -3), over = xt_colormap_at(&map, 7);
        assert_memory_equal(&under, &map.step[0], sizeof under);
        assert_memory_equal(&over, &map.step[XT_MAP_STEPS - 1], sizeof over);
        const xt_colour exact = xt_colormap_at(&map, 100 / 255.0);
        assert_memory_equal(&exact, &map.step[100], sizeof exact);
        assert_int_equal(xt_colormap_find(xt_colormap_name((xt_map_kind)kind)), kind);
    }
    assert_int_equal(xt_colormap_find("jet"), -1);
}

static void lightness_is_that_of_oklab(void **state) {
    (void)state;
    /* Ottosson's page: white 1, black 0; sRGB red 0.6280, green 0.8664, blue 0.4520. */
    assert_true(fabs(xt_colour_lightness(xt_colour_hex(0xffffff)) - 1) < 1e-3);
    assert_true(fabs(xt_colour_lightness(xt_colour_hex(0x000000))) < 1e-3);
    assert_true(fabs(xt_colour_lightness(xt_colour_hex(0xff0000)) - 0.6280) < 1e-3);
    assert_true(fabs(xt_colour_lightness(xt_colour_hex(0x00ff00)) - 0.8664) < 1e-3);
    assert_true(fabs(xt_colour_lightness(xt_colour_hex(0x0000ff)) - 0.4520) < 1e-3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lightness_rises_in_proportion),
        cmocka_unit_test(the_diverging_map_is_even_handed),
        cmocka_unit_test(steps_are_even_and_inside_is_between),
        cmocka_unit_test(lightness_is_that_of_oklab),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
