/* A wrong answer is a FAIL, whatever way it is wrong. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "bench/verdict.h"

static xt_bench_check of(const double *found, const double *wanted, int count) {
    xt_bench_check check;
    xt_bench_check_begin(&check, 1e-6, "a test");
    for (int i = 0; i < count; i++) xt_bench_check_value(&check, found[i], wanted[i]);
    xt_bench_check_end(&check);
    return check;
}

static const double right[] = {1, -4, 0, 2.5};

static void test_the_right_answer_passes(void **state) {
    (void)state;
    const double close[] = {1 + 3e-6, -4, 0, 2.5}; /* relative to the largest, 4 */
    const xt_bench_check same = of(right, right, 4), near = of(close, right, 4);
    assert_true(same.error == 0 && xt_bench_check_passed(&same));
    assert_true(fabs(near.error - 0.75e-6) < 1e-12 && xt_bench_check_passed(&near));
}

static void test_a_wrong_value_fails(void **state) {
    (void)state;
    const double wrong[] = {1, -4, 5e-6, 2.5};
    const xt_bench_check check = of(wrong, right, 4);
    assert_true(fabs(check.error - 1.25e-6) < 1e-12);
    assert_false(xt_bench_check_passed(&check));
}

static void test_what_is_not_finite_fails(void **state) {
    (void)state;
    const double bad[][4] = {{1, -4, 0, NAN}, {INFINITY, -4, 0, 2.5}};
    for (int i = 0; i < 2; i++) {
        const xt_bench_check check = of(bad[i], right, 4);
        assert_false(xt_bench_check_passed(&check));
    }
    xt_bench_check one;
    xt_bench_check_set(&one, NAN, 1, "a test");
    assert_false(xt_bench_check_passed(&one));
}

static void test_nothing_compared_fails(void **state) {
    (void)state;
    const double zero[4] = {0};
    const xt_bench_check check = of(right, right, 0), empty = of(zero, zero, 4);
    assert_false(xt_bench_check_passed(&check));
    assert_false(xt_bench_check_passed(&empty));
}

static void test_all_zero_where_something_is_wanted_fails(void **state) {
    (void)state;
    const double zero[4] = {0};
    const xt_bench_check check = of(zero, right, 4), reverse = of(right, zero, 4);
    assert_true(check.error == 1 && !xt_bench_check_passed(&check));
    assert_false(xt_bench_check_passed(&reverse));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_right_answer_passes),
        cmocka_unit_test(test_a_wrong_value_fails),
        cmocka_unit_test(test_what_is_not_finite_fails),
        cmocka_unit_test(test_nothing_compared_fails),
        cmocka_unit_test(test_all_zero_where_something_is_wanted_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
