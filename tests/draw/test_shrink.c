/* Smaller pictures have the mean light of what they cover. */
#include "observe/testing.h"

#include <math.h>
#include "draw/shrink.h"

static double light(double v) { return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4); }

static xt_image blank(int width, int height, unsigned rgb) {
    xt_image image;
    xt_error err = {0};
    must(xt_image_create(&image, width, height, xt_colour_hex(rgb), &err), &err);
    return image;
}

static void one_colour_stays(void **state) {
    (void)state;
    for (int width = 1; width <= 97; width += 8) {
        xt_error err = {0};
        xt_image image = blank(97, 53, 0x40b0f7), small;
        must(xt_image_shrink(&small, &image, width, &err), &err);
        assert_int_equal(small.width, width);
        assert_true(abs(small.height - 53 * width / 97) <= 1 && small.height >= 1);
        for (int i = 0; i < small.width * small.height; i++) {
            assert_int_equal(xt_colour_byte(small.pixel[i].r), 0x40);
            assert_int_equal(xt_colour_byte(small.pixel[i].g), 0xb0);
            assert_int_equal(xt_colour_byte(small.pixel[i].b), 0xf7);
            assert_int_equal(small.pixel[i].a, 65535);
        }
        xt_image_free(&image);
        xt_image_free(&small);
    }
}

/* A chequerboard of black and white is half the light: 188 of 255, not 128. */
static void light_is_averaged_not_numbers(void **state) {
    (void)state;
    xt_error err = {0};
    xt_image image = blank(64, 64, 0), small;
    for (int i = 0; i < 64 * 64; i++)
        if ((i + i / 64) % 2) image.pixel[i] = xt_colour_hex(0xffffff);
    must(xt_image_shrink(&small, &image, 16, &err), &err);
    for (int i = 0; i < 256; i++) assert_int_equal(xt_colour_byte(small.pixel[i].g), 188);
    xt_image_free(&image);
    xt_image_free(&small);
}

static void the_whole_light_is_kept(void **state) {
    (void)state;
    xt_error err = {0};
    xt_image image = blank(120, 90, 0), small;
    for (int y = 0; y < 90; y++)
        for (int x = 0; x < 120; x++) {
            const unsigned v = (unsigned)(127 + 120 * sin(x * 0.21) * cos(y * 0.13));
            image.pixel[y * 120 + x] = xt_colour_hex(v << 16 | v << 8 | v);
        }
    must(xt_image_shrink(&small, &image, 52, &err), &err);
    assert_int_equal(small.height, 39);
    double before = 0, after = 0;
    for (int i = 0; i < 120 * 90; i++) before += light(image.pixel[i].r / 65535.0) / (120 * 90);
    for (int i = 0; i < 52 * 39; i++) after += light(small.pixel[i].r / 65535.0) / (52 * 39);
    assert_true(fabs(before - after) < 1e-4);
    xt_image_free(&image);
    xt_image_free(&small);
}

static void other_widths_are_refused(void **state) {
    (void)state;
    xt_image image = blank(10, 10, 0), small;
    xt_error err = {0};
    assert_int_equal(xt_image_shrink(&small, &image, 11, &err), XT_USAGE);
    err = (xt_error){0};
    assert_int_equal(xt_image_shrink(&small, &image, 0, &err), XT_USAGE);
    xt_image_free(&image);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_colour_stays),
        cmocka_unit_test(light_is_averaged_not_numbers),
        cmocka_unit_test(the_whole_light_is_kept),
        cmocka_unit_test(other_widths_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
