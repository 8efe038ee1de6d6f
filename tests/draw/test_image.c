/* Shapes cover what they should, and PNG files say what was drawn, read back by libpng and by Python. */
#include "observe/testing.h"

#include <math.h>
#include <png.h>
#include <signal.h>
#include <sys/resource.h>
#include "draw/font.h"
#include "draw/image.h"

static const xt_colour white = {65535, 65535, 65535, 65535}, black = {0, 0, 0, 65535};

/* Pixels' worth of black on a white picture. */
static double ink(const xt_image *image) {
    double sum = 0;
    for (int i = 0; i < image->width * image->height; i++) sum += 1 - image->pixel[i].r / 65535.0;
    return sum;
}

static xt_image blank(int width, int height) {
    xt_image image;
    xt_error err = {0};
    must(xt_image_create(&image, width, height, white, &err), &err);
    return image;
}

static void shapes_cover_their_area(void **state) {
    (void)state;
    xt_image image = blank(100, 80);
    xt_image_rect(&image, 10.25, 20.5, 30.75, 40.125, black);
    assert_true(fabs(ink(&image) - 20.5 * 19.625) < 1);
    assert_int_equal(image.pixel[30 * 100 + 20].r, 0);
    assert_int_equal(image.pixel[30 * 100 + 9].r, 65535);
    assert_int_equal(image.pixel[30 * 100 + 10].r, 16384); /* a quarter is left white */
    xt_image_free(&image);

    image = blank(100, 80);
    const double corner[][2] = {{10.3, 10.6}, {80.2, 22.9}, {40.5, 70.1}};
    xt_image_polygon(&image, corner, 3, black);
    const double area = 0.5 * fabs((80.2 - 10.3) * (70.1 - 10.6) - (40.5 - 10.3) * (22.9 - 10.6));
    assert_true(fabs(ink(&image) - area) < 0.01 * area);
    xt_image_free(&image);

    image = blank(100, 80);
    xt_image_line(&image, 10, 15, 85, 60, 3, black);
    const double length = hypot(75, 45);
    assert_true(fabs(ink(&image) - (3 * length + 3.14159 * 2.25)) < 0.02 * 3 * length);
    xt_image_free(&image);
}

static void what_lies_outside_is_clipped(void **state) {
    (void)state;
    xt_image image = blank(20, 10);
    xt_image_rect(&image, -5, -5, 500, 500, black);
    assert_true(ink(&image) == 200);
    xt_image_line(&image, -1e4, -1e4, 1e4, 1e4, 2, white);
    xt_image_rect(&image, 100, 100, 200, 200, white);
    xt_image_rect(&image, -100, -100, -2, -2, white);
    xt_image_blend(&image, 20, 0, white, 1);
    xt_image_blend(&image, -1, 0, white, 1);
    assert_true(ink(&image) < 200);
    xt_image_free(&image);
    xt_error err = {0};
    assert_int_equal(xt_image_create(&image, 0, 5, white, &err), XT_USAGE);
    err = (xt_error){0};
    assert_int_equal(xt_image_create(&image, 100000, 100000, white, &err), XT_USAGE);
}

static const xt_png_text metadata[] = {
    {"Title", "Irisin in the thigh"}, {"Time", "13620 d"}, {"Units", "µm²/s – ≤ αβ ⁻³"}, {"Absent", NULL}};

/* At 8 bits values lie off the exact ones by almost half a step, so that rounding is seen. */
static void write_sample(const char *path, int depth, xt_image *image) {
    xt_error err = {0};
    *image = blank(37, 23);
    for (int y = 0; y < 23; y++)
        for (int x = 0; x < 37; x++)
            image->pixel[y * 37 + x] =
                (xt_colour){(uint16_t)(x * 7 * 257 + (x ? 128 : 0)), (uint16_t)(y * 11 * 257 - (y ? 128 : 0)),
                            (uint16_t)((x * y & 255) * 257), 65535};
    must(xt_png_write(path, image, depth, metadata, 4, &err), &err);
}

static void libpng_reads(int depth) {
    xt_image image;
    const char *path = in_folder("a.png");
    write_sample(path, depth, &image);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    if (setjmp(png_jmpbuf(png))) fail_msg("libpng refuses the file");
    png_init_io(png, f);
    png_read_png(png, info, PNG_TRANSFORM_IDENTITY, NULL);
    assert_int_equal(png_get_image_width(png, info), 37);
    assert_int_equal(png_get_image_height(png, info), 23);
    assert_int_equal(png_get_color_type(png, info), PNG_COLOR_TYPE_RGB);
    int intent;
    assert_true(png_get_sRGB(png, info, &intent));
    png_bytepp row = png_get_rows(png, info);
    assert_int_equal(png_get_bit_depth(png, info), depth);
    for (int y = 0; y < 23; y++)
        for (int x = 0; x < 37; x++) {
            const xt_colour c = image.pixel[y * 37 + x];
            const uint16_t want[3] = {c.r, c.g, c.b};
            const int byte[3] = {x * 7, y * 11, x * y & 255};
            for (int k = 0; k < 3; k++) {
                const png_byte *got = row[y] + (3 * x + k) * depth / 8;
                assert_int_equal(depth == 8 ? got[0] : got[0] << 8 | got[1], depth == 8 ? byte[k] : want[k]);
            }
        }
    png_textp text;
    int count;
    png_get_text(png, info, &text, &count);
    assert_int_equal(count, 3);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(text[i].key, metadata[i].key);
        assert_string_equal(text[i].text, metadata[i].value);
    }
    png_destroy_read_struct(&png, &info, NULL);
    fclose(f);
    xt_image_free(&image);
}

static void libpng_reads_the_pixels_and_the_text(void **state) {
    (void)state;
    libpng_reads(8);
    libpng_reads(16);
    xt_image image = blank(2, 2);
    xt_error err = {0};
    assert_int_equal(xt_png_write(in_folder("c.png"), &image, 12, NULL, 0, &err), XT_USAGE);
    xt_image_free(&image);
}

static void bytes_are_rounded_to_the_nearest(void **state) {
    (void)state;
    for (int v = 0; v < 65536; v++)
        assert_int_equal(xt_colour_byte((uint16_t)v), (int)floor(v / 257.0 + 0.5));
}

static void python_reads_them_too(void **state) {
    (void)state;
    if (system("/usr/bin/python3 -c 'import PIL' 2>/dev/null") != 0) {
        print_message("Python's PIL is not here: skipped\n");
        skip();
    }
    xt_image image;
    write_sample(in_folder("b.png"), 8, &image);
    xt_image_free(&image);
    char command[2000];
    snprintf(command, sizeof command,
             "/usr/bin/python3 -c \"from PIL import Image; i = Image.open('%s'); i.load();"
             " assert i.size == (37, 23) and i.mode == 'RGB', i;"
             " assert i.getpixel((5, 20)) == (35, 220, 100), i.getpixel((5, 20));"
             " assert i.info['Title'] == 'Irisin in the thigh', i.info;"
             " assert i.info['Units'] == '\\u00b5m\\u00b2/s \\u2013 \\u2264 \\u03b1\\u03b2 \\u207b\\u00b3', "
             "i.info\"",
             in_folder("b.png"));
    assert_int_equal(system(command), 0);
}

static void a_full_disk_leaves_no_picture(void **state) {
    (void)state;
    xt_image image = blank(600, 600);
    for (int i = 0; i < 360000; i++) /* noise does not compress */
        image.pixel[i] = xt_colour_hex((unsigned)i * 2654435761u >> 8);
    const int before = entries(test_folder);
    struct rlimit usual, tight;
    getrlimit(RLIMIT_FSIZE, &usual);
    signal(SIGXFSZ, SIG_IGN);
    tight = usual;
    tight.rlim_cur = 50000;
    setrlimit(RLIMIT_FSIZE, &tight);
    xt_error err = {0};
    const xt_status status = xt_png_write(in_folder("full.png"), &image, 8, NULL, 0, &err);
    setrlimit(RLIMIT_FSIZE, &usual);
    assert_int_equal(status, XT_IO);
    assert_non_null(strstr(err.text, "full.png"));
    assert_int_equal(entries(test_folder), before);
    err = (xt_error){0};
    assert_int_equal(xt_png_write(in_folder("none/a.png"), &image, 8, NULL, 0, &err), XT_IO);
    xt_image_free(&image);
}

static xt_font *open_font(void) {
    xt_error err = {0};
    xt_font *font;
    if (xt_font_open(&font, &err) != XT_OK) {
        print_message("%s: skipped\n", err.text);
        skip();
    }
    return font;
}

static void text_is_drawn_where_it_is_asked_for(void **state) {
    (void)state;
    xt_font *font = open_font();
    xt_text_style style = {.size = 20, .colour = black};
    const char *text = "µm² − αβγ 10⁻³";
    const double width = xt_font_width(font, text, &style), capital = xt_font_capital(font, &style);
    assert_true(width > 90 && width < 200);
    assert_true(capital > 12 && capital < 17);
    for (int turn = 0; turn < 2; turn++)
        for (int align = XT_LEFT; align <= XT_RIGHT; align++) {
            xt_image image = blank(400, 400);
            style.upward = turn;
            style.align = (xt_align)align;
            xt_font_draw(&image, font, 200, 200, text, &style);
            int low[2] = {400, 400}, high[2] = {-1, -1};
            for (int i = 0; i < 160000; i++) {
                if (image.pixel[i].r > 32768) continue;
                const int at[2] = {i % 400, i / 400};
                for (int k = 0; k < 2; k++) {
                    low[k] = at[k] < low[k] ? at[k] : low[k];
                    high[k] = at[k] > high[k] ? at[k] : high[k];
                }
            }
            const double from = -width * align / 2;
            /* along x from left to right, or along -y; within the letters' side bearings */
            const double start = turn ? 200 - high[1] : low[0] - 200,
                         end = turn ? 200 - low[1] : high[0] - 200;
            assert_true(fabs(start - from) < 4);
            assert_true(fabs(end - from - width) < 4);
            assert_true(turn ? low[0] < 190 && high[0] < 207 : low[1] < 190 && high[1] < 207);
            xt_image_free(&image);
        }
    xt_font_close(font);
}

static void every_letter_that_we_use_is_in_the_font(void **state) {
    (void)state;
    xt_font *font = open_font();
    const xt_text_style style = {.size = 40, .colour = black};
    static const char *const needed[] = {"µ", "²", "³", "⁻", "⁰", "¹", "⁴", "⁹", "−", "–",
                                         "·", "×", "≤", "α", "β", "γ", "φ", "…", "°"};
    xt_image missing = blank(60, 60);
    xt_font_draw(&missing, font, 10, 45, "\xEF\xBF\xBF", &style); /* U+FFFF is no character */
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        xt_image image = blank(60, 60);
        xt_font_draw(&image, font, 10, 45, needed[i], &style);
        assert_true(ink(&image) > 5);
        assert_true(memcmp(image.pixel, missing.pixel, 60 * 60 * sizeof(xt_colour)) != 0);
        xt_image_free(&image);
    }
    xt_image_free(&missing);
    xt_font_close(font);
}

static void long_text_is_cut_to_fit(void **state) {
    (void)state;
    xt_font *font = open_font();
    const xt_text_style style = {.size = 16, .colour = black};
    char buffer[64];
    assert_string_equal(xt_font_fit(font, "short", &style, 500, buffer, sizeof buffer), "short");
    const char *cut =
        xt_font_fit(font, "vésicules extracellulaires µµµµµµµ", &style, 120, buffer, sizeof buffer);
    assert_true(xt_font_width(font, cut, &style) <= 120);
    assert_true(xt_font_width(font, cut, &style) > 90);
    assert_string_equal(cut + strlen(cut) - 3, "…");
    char small[12];
    xt_font_fit(font, "µµµµµµµµµµµµµ", &style, 5000, small, sizeof small);
    assert_true(strlen(small) < sizeof small);
    /* not UTF-8: drawn as something, without harm */
    xt_image image = blank(100, 30);
    xt_font_draw(&image, font, 5, 20, "\xff\xc3(\x80", &style);
    assert_true(ink(&image) > 5);
    xt_image_free(&image);
    xt_font_close(font);
}

static void a_missing_font_is_told_and_null_draws_nothing(void **state) {
    (void)state;
    xt_error err = {0};
    xt_font *font = NULL;
    setenv("CROSSTALK_FONT", "/nowhere/font.ttf", 1);
    assert_int_equal(xt_font_open(&font, &err), XT_IO);
    assert_null(font);
    assert_non_null(strstr(err.text, "/nowhere/font.ttf"));
    unsetenv("CROSSTALK_FONT");
    const xt_text_style style = {.size = 16, .colour = black};
    xt_image image = blank(100, 30);
    xt_font_draw(&image, NULL, 5, 20, "text", &style);
    assert_true(ink(&image) == 0);
    assert_true(xt_font_width(NULL, "text", &style) == 0);
    xt_image_free(&image);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_cover_their_area),
        cmocka_unit_test(what_lies_outside_is_clipped),
        cmocka_unit_test(libpng_reads_the_pixels_and_the_text),
        cmocka_unit_test(bytes_are_rounded_to_the_nearest),
        cmocka_unit_test(python_reads_them_too),
        cmocka_unit_test(a_full_disk_leaves_no_picture),
        cmocka_unit_test(text_is_drawn_where_it_is_asked_for),
        cmocka_unit_test(every_letter_that_we_use_is_in_the_font),
        cmocka_unit_test(long_text_is_cut_to_fit),
        cmocka_unit_test(a_missing_font_is_told_and_null_draws_nothing),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
