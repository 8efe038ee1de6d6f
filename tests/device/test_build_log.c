/* Compilers' messages in the forms they really come in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "device/build_log.h"

static const xt_log_part parts[] = {{"common.clh", 3}, {"transport.cl", 40}, {"generated-2", 90}};

static const char *shown(const char *log, int count) {
    static char text[2048];
    xt_build_log(text, sizeof text, log, parts, count);
    return text;
}

static void places_in_the_joined_text_are_translated(void **state) {
    (void)state;
    assert_string_equal(shown("input.cl:41:7: error: no x\n  x = 1;\n  ^\n", 3),
                        "transport.cl:2:7: error: no x\n  x = 1;\n  ^");
    assert_string_equal(shown("<kernel>:40:1: error: a\n<kernel>:39:1: error: b\n<kernel>:90: error: c\n", 3),
                        "transport.cl:1:1: error: a\ncommon.clh:37:1: error: b\ngenerated-2:1: error: c");
    assert_string_equal(shown("x:1:1: error: before the first part", 3),
                        "x:1:1: error: before the first part");
}

static void places_that_name_a_part_are_left_alone(void **state) {
    (void)state;
    assert_string_equal(shown("transport.cl:41:7: error: no x\n", 3), "transport.cl:41:7: error: no x");
    assert_string_equal(shown("error: generated-2:2:7: no b\nDevice d failed to build\n", 3),
                        "error: generated-2:2:7: no b\nDevice d failed to build");
}

static void the_first_error_comes_first(void **state) {
    (void)state;
    assert_string_equal(shown("transport.cl:1:1: warning: w\n...\ntransport.cl:2:2: error: e\n", 3),
                        "transport.cl:2:2: error: e");
    assert_string_equal(shown("no such word here\n\n", 3), "no such word here");
    assert_string_equal(shown("", 0), "");
}

static void long_logs_are_cut(void **state) {
    (void)state;
    char log[20000] = "";
    for (int i = 0; i < 100; i++) strcat(log, "a.cl:7:1: error: again\n");
    const char *text = shown(log, 3);
    int lines = 1;
    for (const char *at = text; *at; at++) lines += *at == '\n';
    assert_int_equal(lines, 16);
    memset(log, 'e', sizeof log - 1);
    log[sizeof log - 1] = '\0';
    assert_true(strlen(shown(log, 3)) < 1400);
    char small[16];
    xt_build_log(small, sizeof small, "input.cl:41:7: error: no x\n", parts, 3);
    assert_string_equal(small, "transport.cl:2:");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_in_the_joined_text_are_translated),
        cmocka_unit_test(places_that_name_a_part_are_left_alone),
        cmocka_unit_test(the_first_error_comes_first),
        cmocka_unit_test(long_logs_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
