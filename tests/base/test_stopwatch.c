/* A stopwatch's parts add up to the wall time, and each gets what belongs to it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include "base/clock.h"
#include "base/stopwatch.h"

static void pass(double seconds) {
    const double until = xt_seconds() + seconds;
    while (xt_seconds() < until) continue;
}

static void parts_add_up(void **state) {
    (void)state;
    xt_stopwatch watch;
    const double began = xt_seconds();
    xt_stopwatch_start(&watch, "other");
    pass(0.002);
    assert_string_equal(xt_stopwatch_turn(&watch, "solve"), "other");
    pass(0.004);
    const char *before = xt_stopwatch_turn(&watch, "compile");
    assert_string_equal(before, "solve");
    pass(0.006);
    assert_string_equal(xt_stopwatch_turn(&watch, before), "compile");
    pass(0.004);
    xt_stopwatch_turn(&watch, "other");
    const double total = xt_stopwatch_total(&watch), wall = xt_seconds() - began;
    assert_true(total <= wall && total > 0.9 * wall - 1e-3);
    assert_int_equal(watch.count, 3);
    assert_true(watch.seconds[0] >= 0.002 && watch.seconds[1] >= 0.008 && watch.seconds[2] >= 0.006);
    assert_true(fabs(watch.seconds[0] + watch.seconds[1] + watch.seconds[2] - total) < 1e-12);
}

static void no_watch_and_too_many_parts_do_no_harm(void **state) {
    (void)state;
    xt_stopwatch_start(NULL, "a");
    assert_null(xt_stopwatch_turn(NULL, "a"));
    assert_true(xt_stopwatch_total(NULL) == 0);
    static char name[2 * XT_STOPWATCH_PARTS][8];
    xt_stopwatch watch;
    xt_stopwatch_start(&watch, "first");
    for (int i = 0; i < 2 * XT_STOPWATCH_PARTS; i++) {
        snprintf(name[i], sizeof name[i], "%d", i);
        assert_non_null(xt_stopwatch_turn(&watch, name[i]));
    }
    assert_int_equal(watch.count, XT_STOPWATCH_PARTS);
    assert_int_equal(watch.running, XT_STOPWATCH_PARTS - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_add_up),
        cmocka_unit_test(no_watch_and_too_many_parts_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
