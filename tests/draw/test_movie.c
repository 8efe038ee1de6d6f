/* Films show exactly the pictures they were made of, as independent readers see them, or nothing is left. */
#define _XOPEN_SOURCE 700 /* setenv */
#include "observe/testing.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "draw/apng.h"
#include "draw/movie.h"

enum { W = 61, H = 43, FRAMES = 24 };

static unsigned noise(unsigned i) {
    i = (i ^ i >> 16) * 0x45d9f3bU;
    i = (i ^ i >> 16) * 0x45d9f3bU;
    return i ^ i >> 16;
}

/* Flat, ramped and noisy pictures; some the same as before, some changed everywhere or in one pixel. */
static void paint(xt_image *image, int frame) {
    for (int i = 0; i < W * H; i++)
        image->pixel[i] = frame % 12 == 9 ? xt_colour_hex(noise((unsigned)(i + frame)) & 0xffffff)
                                          : xt_colour_hex(0x203040u + (unsigned)(i / W * 0x010101));
    const double x = frame % 3 == 2 ? frame - 1 : frame; /* every third picture is the one before */
    xt_image_rect(image, x, 5, x + 20.5, 15.25, xt_colour_hex(0xcc3344));
    xt_image_line(image, 3, 30, 3 + x, 40 - x / 2, 2, xt_colour_hex(0xfbe84a));
    if (frame == 23) image->pixel[W * H - 1] = xt_colour_hex(0xffffff);
}

static xt_image blank(int width, int height) {
    xt_image image;
    xt_error err = {0};
    must(xt_image_create(&image, width, height, xt_colour_hex(0xffffff), &err), &err);
    return image;
}

static xt_movie_def def_of(const char *path) {
    static const xt_png_text text[] = {{"Title", "Thigh"}, {"Units", "µmol"}, {"Time", NULL}};
    return (xt_movie_def){.path = path, .width = W, .height = H, .fps = 8, .text = text, .text_count = 3};
}

/* The first picture stays for a second. With `raw`, the bytes go there too. */
static xt_status make(const char *path, const char *raw, xt_error *err) {
    const xt_movie_def def = def_of(path);
    xt_movie *movie;
    FILE *out = raw ? fopen(raw, "wb") : NULL;
    xt_image image = blank(W, H);
    xt_status status = xt_movie_open(&movie, &def, err);
    for (int i = 0; i < FRAMES && status == XT_OK; i++) {
        paint(&image, i);
        for (int p = 0; p < W * H && out; p++) {
            const xt_colour c = image.pixel[p];
            fputc(xt_colour_byte(c.r), out);
            fputc(xt_colour_byte(c.g), out);
            fputc(xt_colour_byte(c.b), out);
        }
        status = xt_movie_add(movie, &image, i ? 0 : 1, err);
    }
    if (status == XT_OK) status = xt_movie_close(&movie, err);
    xt_movie_abandon(&movie);
    xt_image_free(&image);
    if (out) fclose(out);
    return status;
}

static int shell(const char *format, const char *a, const char *b) {
    char command[2000];
    snprintf(command, sizeof command, format, a, b);
    return system(command);
}

static void nothing_is_left(const char *folder, int before) {
    assert_int_equal(entries(folder), before);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child, dead or alive */
    assert_int_equal(errno, ECHILD);
}

static void apng_shows_exactly_what_was_added(void **state) {
    (void)state;
    xt_error err = {0};
    const char *film = in_folder("film.apng"), *raw = in_folder("film.raw");
    must(make(film, raw, &err), &err);
    assert_int_equal(shell("/usr/bin/python3 tests/draw/read_apng.py %s %s >/dev/null", film, raw), 0);
    /* That reader notices one byte too much. */
    assert_int_equal(shell("cp %s %s.more", raw, raw), 0);
    assert_int_equal(shell("echo >> %s.more%s", raw, ""), 0);
    assert_int_not_equal(shell("/usr/bin/python3 tests/draw/read_apng.py %s %s.more 2>/dev/null", film, raw),
                         0);
    if (shell("command -v pngcheck >%s%s", "/dev/null", "") == 0)
        assert_int_equal(shell("pngcheck -q %s%s", film, ""), 0);
    if (shell("command -v convert cmp >%s%s", "/dev/null", "") == 0) /* as a picture: the first one */
        assert_int_equal(shell("convert %s -depth 8 rgb:- | cmp -n $((61 * 43 * 3)) - %s", film, raw), 0);
    if (shell("command -v ffmpeg >%s%s", "/dev/null", "") == 0)
        assert_int_equal(
            shell("ffmpeg -v error -i %s -vsync passthrough -f rawvideo -pix_fmt rgb24 - | cmp - %s", film,
                  raw),
            0);
}

static void apng_tells_frames_delays_and_text(void **state) {
    (void)state;
    xt_error err = {0};
    const char *film = in_folder("told.png");
    must(make(film, NULL, &err), &err);
    assert_int_equal(shell("/usr/bin/python3 tests/draw/read_apng.py %s > %s.json", film, film), 0);
    assert_int_equal(
        shell(
            "/usr/bin/python3 -c \"import json; a = json.load(open('%s.json'));"
            " assert (a['width'], a['height'], a['frames'], a['plays']) == (61, 43, 24, 0), a;"
            " assert a['delay'] == [1] + 23 * [0.125], a['delay'];"
            " assert a['text'] == {'Title': 'Thigh', 'Units': '\\u00b5mol'}, a['text'];"
            " assert a['area'][2] == 1 and a['area'][1] < 61 * 20 and a['area'][9] == 61 * 43, a['area']\"%s",
            film, ""),
        0);
    uint16_t n, d;
    xt_apng_delay(&n, &d, 1 / 24.0);
    assert_true(n == 1 && d == 24);
    xt_apng_delay(&n, &d, 2);
    assert_true(n == 2 && d == 1);
    xt_apng_delay(&n, &d, 1001 / 30000.0);
    assert_true(fabs((double)n / d - 1001 / 30000.0) < 1e-6);
    xt_apng_delay(&n, &d, 3.14159265);
    assert_true(fabs((double)n / d - 3.14159265) < 1e-4);
    xt_apng_delay(&n, &d, 1e9);
    assert_true(n == 65535 && d == 1);
    xt_apng_delay(&n, &d, 0);
    assert_true(n == 1 && d == 65535);
}

/* All 65536 of them, in every channel. */
static void levels_are_rounded_to_the_nearest(void **state) {
    (void)state;
    xt_error err = {0};
    xt_movie *movie;
    xt_movie_def def = def_of(in_folder("levels.apng"));
    def.width = def.height = 256;
    xt_image image = blank(256, 256);
    FILE *raw = fopen(in_folder("levels.raw"), "wb");
    for (int i = 0; i < 65536; i++) {
        const uint16_t r = (uint16_t)i, g = (uint16_t)(i * 40503), b = (uint16_t)~i;
        image.pixel[i] = (xt_colour){r, g, b, 65535};
        const uint8_t byte[3] = {xt_colour_byte(r), xt_colour_byte(g), xt_colour_byte(b)};
        fwrite(byte, 1, 3, raw);
    }
    fclose(raw);
    must(xt_movie_open(&movie, &def, &err), &err);
    must(xt_movie_add(movie, &image, 0, &err), &err);
    must(xt_movie_close(&movie, &err), &err);
    xt_image_free(&image);
    assert_int_equal(shell("/usr/bin/python3 tests/draw/read_apng.py %s %s >/dev/null",
                           in_folder("levels.apng"), in_folder("levels.raw")),
                     0);
}

static void the_same_pictures_give_the_same_bytes(void **state) {
    (void)state;
    xt_error err = {0};
    must(make(in_folder("one.apng"), NULL, &err), &err);
    must(make(in_folder("two.apng"), NULL, &err), &err);
    assert_int_equal(shell("cmp %s %s", in_folder("one.apng"), in_folder("two.apng")), 0);
}

/* One colour means "as before" in the file; a pixel of that colour is shown all the same. */
static void the_colour_that_stands_for_nothing_is_shown_too(void **state) {
    (void)state;
    xt_error err = {0};
    xt_movie_def def = def_of(in_folder("key.apng"));
    xt_movie *movie;
    xt_image image = blank(W, H);
    must(xt_movie_open(&movie, &def, &err), &err);
    must(xt_movie_add(movie, &image, 0, &err), &err);
    for (int i = 0; i < W * H; i++) image.pixel[i] = xt_colour_hex(0x01fe5d);
    must(xt_movie_add(movie, &image, 0, &err), &err);
    must(xt_movie_close(&movie, &err), &err);
    xt_image_free(&image);
    FILE *raw = fopen(in_folder("key.raw"), "wb");
    for (int i = 0; i < 3 * W * H; i++) fputc(255, raw);
    for (int i = 0; i < W * H; i++) fwrite("\x01\xfe\x5e", 1, 3, raw);
    fclose(raw);
    assert_int_equal(shell("/usr/bin/python3 tests/draw/read_apng.py %s %s >/dev/null", in_folder("key.apng"),
                           in_folder("key.raw")),
                     0);
}

/* 24 pictures at 8 a second, the first for a second: 31. Odd sides are made even. */
static void players_see_every_picture_of_mp4_and_webm(void **state) {
    (void)state;
    if (shell("command -v ffmpeg ffprobe >%s%s", "/dev/null", "") != 0) {
        print_message("ffmpeg is not here: skipped\n");
        skip();
    }
    static const struct {
        const char *name, *codec;
    } kinds[] = {{"a b'c:%d.mp4", "h264"}, {"-x.webm", "vp9"}};
    for (int k = 0; k < 2; k++) {
        xt_error err = {0};
        char path[700], expected[200];
        snprintf(path, sizeof path, "%s/%s", test_folder, kinds[k].name);
        must(make(path, NULL, &err), &err);
        const int before = entries(test_folder);
        nothing_is_left(test_folder, before);
        rename(path, in_folder("probed"));
        snprintf(expected, sizeof expected, "'%s|62|44|yuv420p|8/1|31|'", kinds[k].codec);
        assert_int_equal(
            shell("test \"$(ffprobe -v error -count_frames -select_streams v -of 'default=nw=1:nk=1' "
                  "-show_entries stream=codec_name,width,height,pix_fmt,avg_frame_rate,nb_read_frames "
                  "%s | tr '\\n' '|')\" = %s",
                  in_folder("probed"), expected),
            0);
        assert_int_equal(shell("ffprobe -v error -show_entries format_tags=title %s | grep -q %s",
                               in_folder("probed"), "Thigh"),
                         0);
        if (k == 0) /* faststart: what a player needs first stands before the pictures */
            assert_int_equal(shell("/usr/bin/python3 -c \"d = open('%s', 'rb').read(); "
                                   "assert 0 < d.find(b'moov') < d.find(b'mdat')\"%s",
                                   in_folder("probed"), ""),
                             0);
    }
}

/* Run with `path` as the only place of programs. */
static xt_status with_path(const char *path, const char *film, xt_error *err) {
    char *usual = strdup(getenv("PATH"));
    setenv("PATH", path, 1);
    const xt_status status = make(film, NULL, err);
    setenv("PATH", usual, 1);
    free(usual);
    return status;
}

static void fake(const char *body) {
    mkdir(in_folder("bin"), 0777);
    FILE *f = fopen(in_folder("bin/ffmpeg"), "w");
    fprintf(f, "#!/bin/sh\n%s\n", body);
    fclose(f);
    chmod(in_folder("bin/ffmpeg"), 0755);
}

static void a_missing_or_dying_ffmpeg_is_told(void **state) {
    (void)state;
    const char *film = in_folder("none.mp4"), *bin = in_folder("bin");
    mkdir(in_folder("empty"), 0777);
    mkdir(bin, 0777);
    const int before = entries(test_folder);
    xt_error err = {0};
    assert_int_equal(with_path(in_folder("empty"), film, &err), XT_IO);
    assert_non_null(strstr(err.text, "package is called ffmpeg"));
    assert_non_null(strstr(err.text, ".apng"));
    nothing_is_left(test_folder, before);

    static const struct {
        const char *body, *message;
    } cases[] = {{"echo 'Unknown encoder \"libx264\"' >&2; exit 3",
                  "ffmpeg failed with status 3: Unknown encoder \"libx264\""},
                 {"exit 1", "status 1, and said nothing"},
                 {"kill -KILL $$", "was ended by signal 9"},
                 {"/bin/cat >/dev/null; echo 'no space' >&2; exit 1", "status 1: no space"},
                 {"/usr/bin/yes wrong | /usr/bin/head -c 300000 >&2; exit 1", "wrong;wrong"},
                 {"exit 0", "ended before the film did"}};
    for (int i = 0; i < (int)(sizeof cases / sizeof *cases); i++) {
        err = (xt_error){0};
        fake(cases[i].body);
        assert_int_equal(with_path(bin, film, &err), XT_IO);
        if (!strstr(err.text, cases[i].message)) fail_msg("'%s' lacks '%s'", err.text, cases[i].message);
        nothing_is_left(test_folder, before);
    }
}

static void sizes_endings_and_numbers_are_checked(void **state) {
    (void)state;
    const int before = entries(test_folder);
    xt_error err = {0};
    xt_movie *movie;
    xt_movie_def def = def_of(in_folder("size.apng"));
    must(xt_movie_open(&movie, &def, &err), &err);
    xt_image image = blank(W, H), other = blank(W, H + 1);
    must(xt_movie_add(movie, &image, 0, &err), &err);
    assert_int_equal(xt_movie_add(movie, &other, 0, &err), XT_USAGE);
    assert_non_null(strstr(err.text, "picture 2 is 61 x 44 pixels, the film is 61 x 43"));
    xt_movie_abandon(&movie);
    assert_null(movie);
    xt_movie_abandon(&movie);
    xt_image_free(&image);
    xt_image_free(&other);

    err = (xt_error){0};
    must(xt_movie_open(&movie, &def, &err), &err);
    assert_int_equal(xt_movie_close(&movie, &err), XT_USAGE);
    assert_non_null(strstr(err.text, "without a picture"));
    assert_null(movie);

    static const struct {
        const char *name;
        double fps;
        int width;
        xt_status status;
        const char *message;
    } wrong[] = {{"film.gif", 8, W, XT_USAGE, "ends in .apng, .png, .mp4 or .webm"},
                 {".apng", 8, W, XT_USAGE, "ends in"},
                 {"a.apng", 0, W, XT_USAGE, "0 pictures a second"},
                 {"a.apng", NAN, W, XT_USAGE, "pictures a second"},
                 {"a.apng", INFINITY, W, XT_USAGE, "pictures a second"},
                 {"a.apng", 8, 0, XT_USAGE, "0 x 43 pixels"},
                 {"a.apng", 8, 20000, XT_USAGE, "20000 x 43 pixels"},
                 {"none/a.apng", 8, W, XT_IO, "No such file or directory"},
                 {"none/a.mp4", 8, W, XT_IO, ""}};
    for (int i = 0; i < (int)(sizeof wrong / sizeof *wrong); i++) {
        err = (xt_error){0};
        def = def_of(in_folder(wrong[i].name));
        def.fps = wrong[i].fps;
        def.width = wrong[i].width;
        assert_int_equal(xt_movie_open(&movie, &def, &err), wrong[i].status);
        assert_null(movie);
        if (!strstr(err.text, wrong[i].message)) fail_msg("'%s' lacks '%s'", err.text, wrong[i].message);
    }
    nothing_is_left(test_folder, before);
}

static void a_full_disk_leaves_no_film(void **state) {
    (void)state;
    const int before = entries(test_folder);
    struct rlimit usual, tight;
    getrlimit(RLIMIT_FSIZE, &usual);
    signal(SIGXFSZ, SIG_IGN);
    tight = usual;
    tight.rlim_cur = 3000;
    setrlimit(RLIMIT_FSIZE, &tight);
    xt_error err = {0};
    const xt_status status = make(in_folder("full.apng"), NULL, &err);
    setrlimit(RLIMIT_FSIZE, &usual);
    assert_int_equal(status, XT_IO);
    assert_non_null(strstr(err.text, "full.apng"));
    nothing_is_left(test_folder, before);
}

static void a_thousand_pictures_take_no_more_memory_than_a_hundred(void **state) {
    (void)state;
#ifdef __SANITIZE_ADDRESS__ /* it keeps what was freed for a while */
    skip();
#endif
    long peak[2];
    for (int k = 0; k < 2; k++) {
        xt_error err = {0};
        xt_movie_def def = def_of(in_folder("long.apng"));
        def.width = def.height = 256;
        xt_movie *movie;
        must(xt_movie_open(&movie, &def, &err), &err);
        xt_image image = blank(256, 256);
        for (int i = 0; i < (k ? 1000 : 100); i++) {
            xt_image_rect(&image, i % 200, i % 170, i % 200 + 30, i % 170 + 40,
                          xt_colour_hex(noise((unsigned)i) >> 8));
            must(xt_movie_add(movie, &image, 0, &err), &err);
        }
        must(xt_movie_close(&movie, &err), &err);
        xt_image_free(&image);
        struct rusage usage;
        getrusage(RUSAGE_SELF, &usage);
        peak[k] = usage.ru_maxrss;
    }
    if (peak[1] - peak[0] > 512) fail_msg("100 pictures: %ld KiB, 1000: %ld KiB", peak[0], peak[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(apng_shows_exactly_what_was_added),
        cmocka_unit_test(apng_tells_frames_delays_and_text),
        cmocka_unit_test(levels_are_rounded_to_the_nearest),
        cmocka_unit_test(the_same_pictures_give_the_same_bytes),
        cmocka_unit_test(the_colour_that_stands_for_nothing_is_shown_too),
        cmocka_unit_test(players_see_every_picture_of_mp4_and_webm),
        cmocka_unit_test(a_missing_or_dying_ffmpeg_is_told),
        cmocka_unit_test(sizes_endings_and_numbers_are_checked),
        cmocka_unit_test(a_full_disk_leaves_no_film),
        cmocka_unit_test(a_thousand_pictures_take_no_more_memory_than_a_hundred),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
