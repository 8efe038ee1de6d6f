#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "app/watch_lines.h"

/* time, age, and three read-outs: rising, constant, with a hole. */
static double value[8 * 5];
static const char *name[] = {"time", "age", "muscle_mass", "held\033[2J", "plasma_osteokine"};
static const char *unit[] = {"d", "y", "1", "", "pM"};
static const xt_curves curves = {.columns = 5, .rows = 8, .name = name, .unit = unit, .value = value};

static int start(void **state) {
    (void)state;
    for (int r = 0; r < 8; r++) {
        double *row = value + 5 * r;
        row[0] = 100 * r;
        row[1] = 25 + r;
        row[2] = r;
        row[3] = 0.5;
        row[4] = r == 3 ? NAN : r < 4 ? 1 : 3;
    }
    return 0;
}

static const char *spark(int column, int width, bool utf8) {
    static xt_text text;
    xt_text_clear(&text);
    xt_sparkline(&text, &curves, column, width, utf8);
    return xt_text_get(&text);
}

static void a_sparkline_is_its_values(void **state) {
    (void)state;
    assert_string_equal(spark(2, 8, true), "▁▂▃▄▅▆▇█");
    assert_string_equal(spark(2, 8, false), "_.,-~=^*");
    assert_string_equal(spark(3, 8, true), "▄▄▄▄▄▄▄▄");
    assert_string_equal(spark(4, 8, true), "▁▁▁ ████");
    assert_string_equal(spark(2, 4, true), "▁▃▆█"); /* means of two: 0.5, 2.5, 4.5, 6.5 of 7 */
    assert_string_equal(spark(4, 4, true), "▁▁██"); /* a hole beside a value leaves the value */
    assert_string_equal(spark(2, 100, true), "▁▂▃▄▅▆▇█");
    assert_string_equal(spark(2, 0, true), "");
}

static xt_watch_shown shown(void) {
    xt_watch_shown s = {.progress = {.begun = true, .done = 3652.5, .total = 7305, .elapsed_s = 60},
                        .curves = &curves,
                        .address = "http://127.0.0.1:8000/0123456789abcdef0123456789abcdef/"};
    strcpy(s.progress.what, "simulating");
    strcpy(s.progress.unit, "d");
    s.proof[0] = (xt_watch_proof){"mass balance", 3e-8, 1e-6};
    s.proof[1] = (xt_watch_proof){"residual", 2e-5, 1e-6};
    s.proof[2] = (xt_watch_proof){"fractions", NAN, 1e-6};
    return s;
}

static void what_is_said(void **state) {
    (void)state;
    xt_text text = {0};
    static const char *const label[] = {NULL, NULL, NULL, NULL, "Östeokine"};
    xt_watch_shown s = shown();
    s.label = label;
    const xt_watch_style style = {100, 20, true, false};
    assert_int_equal(xt_watch_lines(&text, &s, &style), 6);
    assert_string_equal(
        xt_text_get(&text),
        "simulating ████████████████░░░░░░░░░░░░░░░░  50 %  10 of 20 y  1:00 left  age 32.00 y  "
        "0.167 y/s\n"
        "Muscle mass                7.000         ▁▂▃▄▅▆▇█\n"
        "Held[2J                    0.5000        ▄▄▄▄▄▄▄▄\n"
        "Östeokine                  3.000 pM      ▁▁▁ ████\n"
        "errors  mass balance 3e-08 ✓   residual 2e-05 above 1e-06\n"
        "http://127.0.0.1:8000/0123456789abcdef0123456789abcdef/\n");
    xt_text_free(&text);
}

static const char *first_line(const xt_watch_shown *s) {
    static xt_text text;
    const xt_watch_style style = {100, 1, true, false};
    xt_text_clear(&text);
    xt_watch_lines(&text, s, &style);
    return xt_text_get(&text);
}

static void nothing_is_promised_too_early_or_after_the_end(void **state) {
    (void)state;
    xt_watch_shown s = shown();
    s.progress.done = 70; /* of 7305, after a slow first step */
    s.progress.elapsed_s = 20;
    assert_null(strstr(first_line(&s), "left"));
    assert_null(strstr(first_line(&s), "y/s"));
    s.progress.elapsed_s = 40;
    assert_non_null(strstr(first_line(&s), "1:08:54 left"));
    s.ended = true;
    assert_non_null(strstr(first_line(&s), "stopped "));
    s.progress.done = s.progress.total;
    s.progress.elapsed_s = 100;
    assert_non_null(strstr(first_line(&s), "complete "));
    assert_non_null(strstr(first_line(&s), "100 %  20 of 20 y  in 1:40"));
    assert_null(strstr(first_line(&s), "left"));
}

/* Characters on the screen: without sequences, UTF-8 counted. */
static int width_of(const char *line, size_t size) {
    int width = 0;
    for (size_t i = 0; i < size; i++) {
        if (line[i] == '\033') {
            while (line[i] != 'm') i++;
            continue;
        }
        assert_true((unsigned char)line[i] >= 0x20);
        width += ((unsigned char)line[i] & 0xc0) != 0x80;
    }
    return width;
}

static void lines_fit_whatever_the_size(void **state) {
    (void)state;
    const xt_watch_shown s = shown();
    for (int columns = 1; columns < 200; columns++)
        for (int rows = 0; rows < 14; rows++)
            for (int how = 0; how < 4; how++) {
                xt_text text = {0};
                const xt_watch_style style = {columns, rows, how & 1, how & 2};
                const int count = xt_watch_lines(&text, &s, &style);
                assert_in_range(count, 0, rows);
                int lines = 0;
                for (const char *c = xt_text_get(&text); *c; lines++) {
                    const size_t n = strcspn(c, "\n");
                    assert_int_equal(c[n], '\n');
                    const int width = width_of(c, n);
                    if (width > columns) fail_msg("%d columns: %.*s", columns, (int)n, c);
                    c += n + 1;
                }
                assert_int_equal(lines, count);
                if (!(how & 1))
                    for (const char *c = xt_text_get(&text); *c; c++) assert_true((unsigned char)*c < 0x80);
                if (!(how & 2)) assert_null(strchr(xt_text_get(&text), '\033'));
                xt_text_free(&text);
            }
}

static void nothing_is_known_yet(void **state) {
    (void)state;
    xt_text text = {0};
    const xt_watch_shown s = {0};
    const xt_watch_style style = {80, 20, true, true};
    assert_int_equal(xt_watch_lines(&text, &s, &style), 0);
    assert_string_equal(xt_text_get(&text), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sparkline_is_its_values), cmocka_unit_test(what_is_said),
        cmocka_unit_test(nothing_is_promised_too_early_or_after_the_end),
        cmocka_unit_test(lines_fit_whatever_the_size), cmocka_unit_test(nothing_is_known_yet)};
    return cmocka_run_group_tests(tests, start, NULL);
}
