#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/error.h"

static xt_error err;

static int fresh(void **state) {
    (void)state;
    memset(&err, 0, sizeof err);
    return 0;
}

static void first_message_wins(void **state) {
    (void)state;
    assert_int_equal(xt_fail(&err, XT_IO, "disk %d", 1), XT_IO);
    assert_int_equal(xt_fail(&err, XT_DEVICE, "device"), XT_IO);
    assert_int_equal(err.status, XT_IO);
    assert_string_equal(err.text, "disk 1");
}

static void failing_with_ok_is_internal(void **state) {
    (void)state;
    assert_int_equal(xt_fail(&err, XT_OK, "x"), XT_INTERNAL);
}

static void points_at_the_character(void **state) {
    (void)state;
    xt_source source = {"a.yaml", "format: 1\nspäcing: 0.5 s\n"};
    assert_int_equal(xt_fail_at(&err, &source, 2, 10, "expected %s", "a length"), XT_USAGE);
    assert_string_equal(err.text, "a.yaml:2:10: error: expected a length\n"
                                  "  späcing: 0.5 s\n"
                                  "           ^");
}

static void lines_end_in_all_three_ways(void **state) {
    (void)state;
    xt_source source = {"f", "one\r\ntwo\rthree\nfour"};
    const char *lines[] = {"one", "two", "three", "four"};
    for (int i = 0; i < 4; i++) {
        fresh(NULL);
        xt_fail_at(&err, &source, i + 1, 1, "x");
        char expected[100];
        snprintf(expected, sizeof expected, "f:%d:1: error: x\n  %s\n  ^", i + 1, lines[i]);
        assert_string_equal(err.text, expected);
    }
}

static void no_column_no_caret(void **state) {
    (void)state;
    xt_source source = {"f", "text"};
    xt_fail_at(&err, &source, 1, 0, "x");
    assert_string_equal(err.text, "f:1: error: x");
}

static void a_line_that_is_not_there_is_left_out(void **state) {
    (void)state;
    xt_source source = {"f", "text\n"};
    xt_fail_at(&err, &source, 9, 3, "x");
    assert_string_equal(err.text, "f:9:3: error: x");
    fresh(NULL);
    xt_source bare = {"f", NULL};
    xt_fail_at(&err, &bare, 1, 1, "x");
    assert_string_equal(err.text, "f:1:1: error: x");
}

static void a_long_line_is_cut_around_the_caret(void **state) {
    (void)state;
    char text[2001];
    memset(text, 'a', 2000);
    text[2000] = '\0';
    text[1499] = 'X';
    xt_source source = {"f", text};
    xt_fail_at(&err, &source, 1, 1500, "x");
    const char *line = strchr(err.text, '\n') + 1, *caret = strchr(line, '\n') + 1;
    assert_non_null(strstr(line, "..."));
    assert_true(caret - line < 120);
    assert_int_equal(line[strchr(caret, '^') - caret], 'X');
}

static void control_bytes_and_tabs_keep_the_caret_in_place(void **state) {
    (void)state;
    xt_source source = {"f", "a\t\x1b[31mb\xff"
                             "c"};
    xt_fail_at(&err, &source, 1, 3, "x");
    assert_string_equal(err.text, "f:1:3: error: x\n  a  [31mb c\n    ^");
}

static void context_comes_before(void **state) {
    (void)state;
    assert_int_equal(xt_context(&err, "nothing"), XT_OK);
    assert_string_equal(err.text, "");
    xt_fail(&err, XT_NUMERIC, "diverged");
    assert_int_equal(xt_context(&err, "species %s", "V"), XT_NUMERIC);
    assert_string_equal(err.text, "species V: diverged");
}

static void overlong_messages_are_cut_between_characters(void **state) {
    (void)state;
    char *text = malloc(8001);
    for (int i = 0; i < 8000; i += 2) memcpy(text + i, "\xC2\xB5", 2);
    text[8000] = '\0';
    xt_fail(&err, XT_IO, "x%s", text);
    size_t n = strlen(err.text);
    assert_true(n >= sizeof err.text - 3 && n % 2 == 1); /* x and whole pairs */
    xt_context(&err, "%s", text);
    assert_true(strlen(err.text) < sizeof err.text);
    free(text);
}

static void out_of_memory_says_how_much(void **state) {
    (void)state;
    assert_int_equal(xt_no_memory(&err, "mesh", 3ull << 30), XT_INTERNAL);
    assert_non_null(strstr(err.text, "mesh needs 3072.0 MiB"));
}

static void nearest_word(void **state) {
    (void)state;
    const char *known[] = {"spacing", "geometry", "format", "age", "sex"};
    assert_string_equal(xt_nearest("spaceing", known, 5), "spacing");
    assert_string_equal(xt_nearest("Geometry", known, 5), "geometry");
    assert_string_equal(xt_nearest("foramt", known, 5), "format");
    assert_string_equal(xt_nearest("agee", known, 5), "age");
    assert_null(xt_nearest("temperature", known, 5));
    assert_null(xt_nearest("xyz", known, 5)); /* three letters wrong of three */
    assert_null(xt_nearest("", known, 5));
    assert_null(xt_nearest("spacing", known, 0));
}

static void nearest_survives_any_length(void **state) {
    (void)state;
    char word[300];
    const char *known[] = {word, "a"};
    for (int n = 0; n < 299; n++) {
        memset(word, 'q', (size_t)n);
        word[n] = '\0';
        const char *near = xt_nearest(word, known, 2);
        assert_true(n == 0 || n > 64 ? near == NULL : near == word);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(first_message_wins, fresh),
        cmocka_unit_test_setup(failing_with_ok_is_internal, fresh),
        cmocka_unit_test_setup(points_at_the_character, fresh),
        cmocka_unit_test_setup(lines_end_in_all_three_ways, fresh),
        cmocka_unit_test_setup(no_column_no_caret, fresh),
        cmocka_unit_test_setup(a_line_that_is_not_there_is_left_out, fresh),
        cmocka_unit_test_setup(a_long_line_is_cut_around_the_caret, fresh),
        cmocka_unit_test_setup(control_bytes_and_tabs_keep_the_caret_in_place, fresh),
        cmocka_unit_test_setup(context_comes_before, fresh),
        cmocka_unit_test_setup(overlong_messages_are_cut_between_characters, fresh),
        cmocka_unit_test_setup(out_of_memory_says_how_much, fresh),
        cmocka_unit_test_setup(nearest_word, fresh),
        cmocka_unit_test_setup(nearest_survives_any_length, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
