/* What is written comes back to the last bit, whatever kind of PNG it is; what is damaged does not. */
#include "observe/testing.h"

#include "draw/png_read.h"

static unsigned noise(unsigned i) {
    i = (i ^ i >> 16) * 0x45d9f3bU;
    i = (i ^ i >> 16) * 0x45d9f3bU;
    return i ^ i >> 16;
}

static xt_image sample(void) {
    xt_image image;
    xt_error err = {0};
    must(xt_image_create(&image, 37, 29, xt_colour_hex(0), &err), &err);
    for (unsigned i = 0; i < 37 * 29; i++)
        image.pixel[i] =
            (xt_colour){(uint16_t)noise(i), (uint16_t)noise(i + 7000), (uint16_t)(i * 61), 65535};
    return image;
}

static void what_was_written_is_read(void **state) {
    (void)state;
    for (int depth = 8; depth <= 16; depth += 8) {
        xt_error err = {0};
        xt_image image = sample(), back;
        must(xt_png_write(in_folder("a.png"), &image, depth, NULL, 0, &err), &err);
        must(xt_png_read(&back, in_folder("a.png"), &err), &err);
        assert_int_equal(back.width, 37);
        assert_int_equal(back.height, 29);
        for (int i = 0; i < 37 * 29; i++) {
            const xt_colour a = image.pixel[i], b = back.pixel[i];
            if (depth == 16) {
                assert_memory_equal(&a, &b, sizeof a);
            } else {
                assert_int_equal(b.r, xt_colour_byte(a.r) * 257);
                assert_int_equal(b.g, xt_colour_byte(a.g) * 257);
                assert_int_equal(b.b, xt_colour_byte(a.b) * 257);
                assert_int_equal(b.a, 65535);
            }
        }
        xt_image_free(&image);
        xt_image_free(&back);
    }
}

/* Kinds of PNG that others write, made by ImageMagick from one of ours. */
static void other_kinds_are_read(void **state) {
    (void)state;
    if (system("command -v convert >/dev/null") != 0) {
        print_message("ImageMagick is not here: skipped\n");
        skip();
    }
    static const char *const how[] = {"-interlace PNG -define png:color-type=2", "-define png:color-type=6",
                                      "-interlace PNG -define png:bit-depth=16 -define png:color-type=6"};
    xt_error err = {0};
    xt_image image = sample(), back;
    must(xt_png_write(in_folder("b.png"), &image, 8, NULL, 0, &err), &err);
    for (int k = 0; k < 3; k++) {
        char command[1500];
        snprintf(command, sizeof command, "convert %s %s %s", in_folder("b.png"), how[k], in_folder("c.png"));
        assert_int_equal(system(command), 0);
        must(xt_png_read(&back, in_folder("c.png"), &err), &err);
        for (int i = 0; i < 37 * 29; i++) {
            assert_int_equal(back.pixel[i].g, xt_colour_byte(image.pixel[i].g) * 257);
            assert_int_equal(back.pixel[i].a, 65535);
        }
        xt_image_free(&back);
    }
    char command[1500]; /* two colours, one bit */
    snprintf(command, sizeof command,
             "convert -size 9x5 xc:black -fill white -draw 'point 3,2' -monochrome %s", in_folder("d.png"));
    assert_int_equal(system(command), 0);
    must(xt_png_read(&back, in_folder("d.png"), &err), &err);
    for (int i = 0; i < 45; i++) assert_int_equal(back.pixel[i].r, i == 2 * 9 + 3 ? 65535 : 0);
    xt_image_free(&back);
    xt_image_free(&image);
}

static void every_damage_is_told(void **state) {
    (void)state;
    xt_error err = {0};
    xt_image image = sample(), back;
    must(xt_png_write(in_folder("e.png"), &image, 8, NULL, 0, &err), &err);
    xt_image_free(&image);
    size_t size;
    char *bytes = slurp(in_folder("e.png"), &size);
    for (size_t cut = 0; cut < size; cut += 1 + size / 60) {
        spill(in_folder("f.png"), bytes, cut);
        err = (xt_error){0};
        assert_int_equal(xt_png_read(&back, in_folder("f.png"), &err), XT_IO);
        assert_non_null(strstr(err.text, "f.png"));
        assert_null(back.pixel);
    }
    for (size_t at = 0; at < size; at += 1 + size / 150) {
        bytes[at] ^= 4;
        spill(in_folder("f.png"), bytes, size);
        err = (xt_error){0};
        if (xt_png_read(&back, in_folder("f.png"), &err) == XT_OK) fail_msg("a flipped bit at byte %zu", at);
        bytes[at] ^= 4;
    }
    free(bytes);
    err = (xt_error){0};
    assert_int_equal(xt_png_read(&back, in_folder("none.png"), &err), XT_IO);
    err = (xt_error){0};
    assert_int_equal(xt_png_read(&back, test_folder, &err), XT_IO);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(other_kinds_are_read),
        cmocka_unit_test(every_damage_is_told),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
