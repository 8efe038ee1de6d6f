#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <time.h>
#include <unistd.h>
#include "base/file.h"
#include "base/log.h"

static xt_log log_;
static FILE *out;
static char shown[8192];

static int start(void **state) {
    (void)state;
    out = tmpfile();
    if (!out) return 1;
    xt_log_init(&log_, out);
    return 0;
}

static int stop(void **state) {
    (void)state;
    xt_log_free(&log_);
    return fclose(out);
}

static const char *all_shown(void) {
    rewind(out);
    size_t n = fread(shown, 1, sizeof shown - 1, out);
    shown[n] = '\0';
    fseek(out, 0, SEEK_END);
    return shown;
}

static void levels(void **state) {
    (void)state;
    xt_log_info(&log_, "info %d", 1);
    xt_log_debug(&log_, "debug");
    log_.level = XT_LOG_ERROR; /* --quiet */
    xt_log_info(&log_, "hidden");
    xt_log_warn(&log_, "hidden too");
    xt_error err = {XT_IO, "disk full"};
    xt_log_error(&log_, &err);
    assert_string_equal(all_shown(), "info 1\ncrosstalk: error: disk full\n");
    assert_int_equal(log_.warning_count, 1);
}

static void errors_with_a_place_are_shown_as_they_are(void **state) {
    (void)state;
    xt_error err = {XT_USAGE, "a.yaml:1:2: error: no\n  x\n  ^"};
    xt_log_error(&log_, &err);
    assert_string_equal(all_shown(), "a.yaml:1:2: error: no\n  x\n  ^\n");
}

static void warnings_are_collected_once(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) xt_log_warn(&log_, "coarse %s", "V");
    xt_log_warn(&log_, "other");
    assert_string_equal(all_shown(), "warning: coarse V\nwarning: other\n");
    assert_int_equal(log_.warning_count, 2);
    assert_string_equal(log_.warnings[0].text, "coarse V");
    assert_int_equal(log_.warnings[0].times, 3);
    for (int i = 0; i < 1000; i++) xt_log_warn(&log_, "warning %d", i);
    assert_int_equal(log_.warning_count, XT_LOG_WARNINGS);
}

static void no_color_is_honoured(void **state) {
    (void)state;
    log_.color = true;
    xt_log_warn(&log_, "x");
    assert_string_equal(all_shown(), "\033[1;33mwarning: \033[0mx\n");
    xt_log other;
    setenv("NO_COLOR", "1", 1);
    xt_log_init(&other, out);
    assert_false(other.color);
    xt_log_free(&other);
    unsetenv("NO_COLOR");
}

static void log_file_gets_everything_but_debug(void **state) {
    (void)state;
    xt_error err = {0};
    char path[] = "/tmp/crosstalk-log-XXXXXX";
    close(mkstemp(path));
    assert_int_equal(xt_log_open_file(&log_, path, &err), XT_OK);
    log_.level = XT_LOG_ERROR;
    xt_log_info(&log_, "one");
    xt_log_warn(&log_, "two");
    xt_log_debug(&log_, "three");
    char *text;
    size_t size;
    assert_int_equal(xt_file_read(&text, &size, path, 10000, &err), XT_OK);
    unlink(path);
    assert_non_null(strstr(text, "] one\n"));
    assert_non_null(strstr(text, "] warning: two\n"));
    assert_null(strstr(text, "three"));
    free(text);
    assert_int_equal(xt_log_open_file(&log_, "/proc/none/log", &err), XT_IO);
}

static void progress_without_a_terminal_is_a_line_per_interval(void **state) {
    (void)state;
    log_.interval_s = 0;
    xt_log_progress_begin(&log_, "thigh", "y", 25, 75);
    nanosleep(&(struct timespec){0, 20000000}, NULL);
    xt_log_progress(&log_, 50);
    log_.interval_s = 1000;
    xt_log_progress(&log_, 60);
    xt_log_progress_end(&log_);
    all_shown();
    assert_int_equal(strncmp(shown, "thigh  50 %: 50 of 75 y, ", 25), 0);
    assert_non_null(strstr(shown, " y/s, 0:00 left\n"));
    assert_null(strstr(shown, "60"));
}

static void progress_on_a_terminal_is_one_line_and_gives_way_to_messages(void **state) {
    (void)state;
    log_.terminal = true;
    xt_log_progress_begin(&log_, "thigh", "y", 0, 4);
    nanosleep(&(struct timespec){0, 120000000}, NULL);
    xt_log_progress(&log_, 1);
    xt_log_info(&log_, "message");
    xt_log_progress_end(&log_);
    all_shown();
    assert_non_null(strstr(shown, "thigh [######------------------]  25 %  1 of 4 y"));
    assert_non_null(strstr(shown, "left\r\033[Kmessage\n"));
}

static void quiet_shows_no_progress(void **state) {
    (void)state;
    log_.level = XT_LOG_WARNING;
    log_.interval_s = 0;
    xt_log_progress_begin(&log_, "thigh", "y", 0, 4);
    xt_log_progress(&log_, 1);
    assert_string_equal(all_shown(), "");
}

static void erase_panel(FILE *to, void *context) { fprintf(to, "<%s-", (const char *)context); }
static void draw_panel(FILE *to, void *context) { fprintf(to, "-%s>", (const char *)context); }

static void a_panel_stands_below_the_messages_and_instead_of_the_bar(void **state) {
    (void)state;
    char name[] = "p";
    const xt_log_panel panel = {erase_panel, draw_panel, name};
    log_.terminal = true;
    xt_log_set_panel(&log_, &panel);
    xt_log_progress_begin(&log_, "thigh", "y", 0, 4);
    nanosleep(&(struct timespec){0, 120000000}, NULL);
    xt_log_progress(&log_, 1);
    xt_log_info(&log_, "message");
    xt_log_progress_end(&log_);
    xt_log_redraw(&log_);
    xt_log_set_panel(&log_, NULL);
    xt_log_redraw(&log_);
    xt_log_info(&log_, "end");
    assert_string_equal(all_shown(), "-p><p-message\n-p>-p>end\n");
    xt_log_state s;
    xt_log_progress_get(&s, &log_);
    assert_true(s.begun && s.done == 1 && s.total == 4 && s.elapsed_s > 0.1);
    assert_string_equal(s.what, "thigh");
}

static void what_is_shown_only_is_not_in_the_file(void **state) {
    (void)state;
    char path[] = "/tmp/crosstalk-log-XXXXXX", *text;
    size_t size;
    xt_error err = {0};
    close(mkstemp(path));
    assert_int_equal(xt_log_open_file(&log_, path, &err), XT_OK);
    log_.level = XT_LOG_ERROR;
    xt_log_show(&log_, "secret %d", 7);
    xt_log_info(&log_, "public");
    assert_string_equal(all_shown(), "secret 7\n");
    assert_int_equal(xt_file_read(&text, &size, path, 10000, &err), XT_OK);
    unlink(path);
    assert_null(strstr(text, "secret"));
    assert_non_null(strstr(text, "public"));
    free(text);
}

#define WITH_LOG(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_LOG(levels),
        WITH_LOG(a_panel_stands_below_the_messages_and_instead_of_the_bar),
        WITH_LOG(what_is_shown_only_is_not_in_the_file),
        WITH_LOG(errors_with_a_place_are_shown_as_they_are),
        WITH_LOG(warnings_are_collected_once),
        WITH_LOG(no_color_is_honoured),
        WITH_LOG(log_file_gets_everything_but_debug),
        WITH_LOG(progress_without_a_terminal_is_a_line_per_interval),
        WITH_LOG(progress_on_a_terminal_is_one_line_and_gives_way_to_messages),
        WITH_LOG(quiet_shows_no_progress),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
