/* Sixels read back by a decoder of the test's own, written from DEC STD 070. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "app/sixel.h"
#include "draw/colormap.h"

enum { MOST = 400 };
static int seen[MOST][MOST][3]; /* percent; -1: never painted */
static int width, height;

static long number(const char **at) {
    char *end;
    const long n = strtol(*at, &end, 10);
    assert_ptr_not_equal(end, *at);
    *at = end;
    return n;
}

static void decode(const char *at) {
    static const char intro[] = "\033P0;1q\"1;1;";
    int palette[256][3], colour = -1, x = 0, y = 0;
    memset(palette, -1, sizeof palette);
    memset(seen, -1, sizeof seen);
    assert_int_equal(strncmp(at, intro, sizeof intro - 1), 0);
    at += sizeof intro - 1;
    width = (int)number(&at);
    assert_int_equal(*at++, ';');
    height = (int)number(&at);
    while (strcmp(at, "\033\\") != 0) {
        const char c = *at++;
        if (c == '#') {
            colour = (int)number(&at);
            assert_in_range(colour, 0, 255);
            for (int k = 0; *at == ';'; k++) {
                at++;
                const int n = (int)number(&at);
                if (k == 0)
                    assert_int_equal(n, 2);
                else
                    assert_in_range(n, 0, 100);
                if (k > 0) palette[colour][k - 1] = n;
            }
        } else if (c == '$')
            x = 0;
        else if (c == '-') {
            x = 0;
            y += 6;
        } else {
            int run = 1;
            char sixel = c;
            if (c == '!') {
                run = (int)number(&at);
                sixel = *at++;
            }
            assert_in_range(sixel, 63, 126);
            assert_true(palette[colour][0] >= 0);
            for (; run > 0; run--, x++)
                for (int bit = 0; bit < 6; bit++)
                    if ((sixel - 63) >> bit & 1) {
                        assert_true(x < width && y + bit < height);
                        memcpy(seen[y + bit][x], palette[colour], sizeof palette[colour]);
                    }
        }
    }
}

/* Largest distance of a channel, in units of 1/255; every pixel must have been painted. */
static double worst(const xt_image *image) {
    xt_error err = {0};
    xt_text text = {0};
    assert_int_equal(xt_sixel_write(&text, image, &err), XT_OK);
    decode(xt_text_get(&text));
    xt_text_free(&text);
    assert_int_equal(width, image->width);
    assert_int_equal(height, image->height);
    double most = 0;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            const xt_colour c = image->pixel[y * width + x];
            const double byte[3] = {c.r / 257.0, c.g / 257.0, c.b / 257.0};
            assert_true(seen[y][x][0] >= 0);
            for (int k = 0; k < 3; k++) most = fmax(most, fabs(seen[y][x][k] * 2.55 - byte[k]));
        }
    return most;
}

static void few_colours_are_exact(void **state) {
    (void)state;
    xt_error err = {0};
    xt_image image;
    const unsigned colour[] = {0xffffff, 0x000000, 0xa83f3f, 0xf2d98b, 0x3b3b8f};
    for (int w = 1; w < 40; w += 7)
        for (int h = 1; h < 20; h++) {
            assert_int_equal(xt_image_create(&image, w, h, xt_colour_hex(0xffffff), &err), XT_OK);
            for (int i = 0; i < w * h; i++) image.pixel[i] = xt_colour_hex(colour[(i * i / 3 + i / 5) % 5]);
            assert_true(worst(&image) <= 1.28); /* a percent, rounded */
            xt_image_free(&image);
        }
}

static void a_smooth_map_stays_smooth(void **state) {
    (void)state;
    xt_error err = {0};
    xt_image image;
    xt_colormap map;
    for (int kind = 0; kind < XT_MAP_KINDS; kind++) {
        xt_colormap_make(&map, (xt_map_kind)kind);
        assert_int_equal(xt_image_create(&image, 300, 100, xt_colour_hex(0), &err), XT_OK);
        for (int y = 0; y < 100; y++)
            for (int x = 0; x < 300; x++)
                image.pixel[y * 300 + x] = xt_colormap_at(&map, 0.5 + 0.5 * sin(x / 47.0) * cos(y / 31.0));
        assert_true(worst(&image) <= 8);
        xt_image_free(&image);
    }
}

/* More colours than there is room for, noise: still a picture, every pixel near. */
static void noise_is_near(void **state) {
    (void)state;
    xt_error err = {0};
    xt_image image;
    uint32_t random = 1;
    assert_int_equal(xt_image_create(&image, 123, 77, xt_colour_hex(0), &err), XT_OK);
    for (int i = 0; i < 123 * 77; i++)
        image.pixel[i] = xt_colour_hex((random = random * 1664525 + 1013904223) >> 8);
    assert_true(worst(&image) < 64);
    xt_image_free(&image);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(few_colours_are_exact),
                                       cmocka_unit_test(a_smooth_map_stays_smooth),
                                       cmocka_unit_test(noise_is_near)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
