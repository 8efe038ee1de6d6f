/* A picture in 256 colours looks the same: flat colours exactly, ramps within a few of 255; its PNG reads
 * back. */
#include "observe/testing.h"

#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "draw/colormap.h"
#include "draw/palette.h"
#include "draw/png_read.h"

enum { SIDE = 300 };

/* A ramp of the field colours, a thin line and a block of one colour on white. */
static xt_image figure(void) {
    xt_image image;
    xt_error err = {0};
    must(xt_image_create(&image, SIDE, SIDE, xt_colour_hex(0xffffff), &err), &err);
    xt_colormap map;
    xt_colormap_make(&map, XT_MAP_GLOW);
    for (int y = 40; y < 200; y++)
        for (int x = 0; x < SIDE; x++)
            image.pixel[y * SIDE + x] = xt_colormap_at(&map, (double)x / (SIDE - 1));
    for (int x = 0; x < SIDE; x++) image.pixel[10 * SIDE + x] = xt_colour_hex(0x123456);
    xt_image_rect(&image, 20, 220, 120, 280, xt_colour_hex(0xa8413f));
    return image;
}

static int worst(const xt_image *a, const xt_image *b, int y0, int y1) {
    int most = 0;
    for (int i = y0 * SIDE; i < y1 * SIDE; i++) {
        const uint16_t p[] = {a->pixel[i].r, a->pixel[i].g, a->pixel[i].b},
                       q[] = {b->pixel[i].r, b->pixel[i].g, b->pixel[i].b};
        for (int k = 0; k < 3; k++) {
            const int d = abs(xt_colour_byte(p[k]) - xt_colour_byte(q[k]));
            most = d > most ? d : most;
        }
    }
    return most;
}

static void a_figure_keeps_its_colours(void **state) {
    (void)state;
    xt_error err = {0};
    xt_image image = figure(), back;
    xt_indexed indexed;
    void *bytes;
    size_t size;
    must(xt_indexed_create(&indexed, &image, &err), &err);
    assert_in_range(indexed.count, 3, 256);
    must(xt_indexed_png(&bytes, &size, &indexed, &err), &err);
    must(xt_file_write(in_folder("small.png"), bytes, size, &err), &err);
    must(xt_png_read(&back, in_folder("small.png"), &err), &err);
    assert_int_equal(back.width, SIDE);
    assert_int_equal(worst(&image, &back, 0, 40), 0);
    assert_int_equal(worst(&image, &back, 200, SIDE), 0);
    assert_in_range(worst(&image, &back, 40, 200), 0, 6);
    xt_indexed again;
    must(xt_indexed_create(&again, &image, &err), &err);
    assert_memory_equal(again.pixel, indexed.pixel, SIDE * SIDE);
    free(bytes);
    xt_indexed_free(&again);
    xt_indexed_free(&indexed);
    xt_image_free(&back);
    xt_image_free(&image);
}

/* More colours than a palette has: every box keeps some, nothing is far off. */
static void every_colour_there_is(void **state) {
    (void)state;
    xt_error err = {0};
    xt_image image;
    xt_indexed indexed;
    must(xt_image_create(&image, SIDE, SIDE, xt_colour_hex(0), &err), &err);
    for (int i = 0; i < SIDE * SIDE; i++) image.pixel[i] = xt_colour_hex((unsigned)i * 2654435761u >> 8);
    must(xt_indexed_create(&indexed, &image, &err), &err);
    assert_int_equal(indexed.count, 256);
    for (int i = 0; i < SIDE * SIDE; i++) {
        const uint8_t *c = indexed.colour[indexed.pixel[i]];
        assert_in_range(abs(xt_colour_byte(image.pixel[i].r) - c[0]), 0, 48);
        assert_in_range(abs(xt_colour_byte(image.pixel[i].g) - c[1]), 0, 48);
        assert_in_range(abs(xt_colour_byte(image.pixel[i].b) - c[2]), 0, 48);
    }
    xt_indexed_free(&indexed);
    xt_image_free(&image);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_figure_keeps_its_colours),
                                       cmocka_unit_test(every_colour_there_is)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
