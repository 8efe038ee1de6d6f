/* The controller on problems whose error is known: it settles at the tolerance, and leaves no slivers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <math.h>
#include "solve/controller.h"

/* Error of a step where the solution moves at a rate: (rate h)^3. */
static double error_of(double rate, double h) { return pow(rate * h, 3); }

static void it_settles_just_below_the_tolerance(void **state) {
    (void)state;
    for (double rate = 1e-3; rate < 1e4; rate *= 10) {
        xt_controller c = {.step = 1};
        int rejected = 0;
        for (int k = 0; k < 60; k++) {
            const double h = xt_controller_try(&c, 0, 1e30, 1e30);
            if (!xt_controller_judge(&c, h, error_of(rate, h), 2)) rejected++;
        }
        const double settled = error_of(rate, c.step);
        if (!(settled > 0.2 && settled < 1)) fail_msg("rate %g: settles at %g tolerances", rate, settled);
        assert_true(rejected <= 20);
    }
}

static void a_rejected_step_shrinks_and_the_next_does_not_grow(void **state) {
    (void)state;
    xt_controller c = {.step = 1, .last = 0.5};
    assert_false(xt_controller_judge(&c, 1, 8, 2));
    assert_true(fabs(c.step - 0.4) < 1e-12); /* 0.8 / 2 */
    assert_true(xt_controller_judge(&c, c.step, 1e-3, 2));
    assert_true(c.step <= 0.4 + 1e-12);
    assert_true(xt_controller_judge(&c, c.step, 1e-3, 2));
    assert_true(c.step > 0.4);
    const double before = c.step;
    assert_false(xt_controller_judge(&c, c.step, NAN, 2));
    assert_true(fabs(c.step - 0.1 * before) < 1e-12);
    assert_false(xt_controller_judge(&c, c.step, INFINITY, 2));
}

static void steps_land_without_slivers(void **state) {
    (void)state;
    for (int k = 0; k < 1000; k++) {
        const xt_controller c = {.step = 0.01 + 0.37 * k / 1000.0};
        double time = 0, least = 1e30;
        while (time < 1) {
            const double h = xt_controller_try(&c, time, 1, 0.3);
            assert_true(h > 0 && h <= 0.3 + 1e-9 && h <= c.step + 1e-9);
            least = fmin(least, h);
            time = h < 1 - time ? time + h : 1;
        }
        assert_true(least > 0.49 * fmin(c.step, 0.3));
    }
}

static void a_landing_does_not_lower_the_proposal(void **state) {
    (void)state;
    xt_controller c = {.step = 1, .last = 0.4};
    assert_true(xt_controller_judge(&c, 0.1, 4e-4, 2));
    assert_true(c.step >= 1);
    assert_true(c.last == 0.4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_settles_just_below_the_tolerance),
        cmocka_unit_test(a_rejected_step_shrinks_and_the_next_does_not_grow),
        cmocka_unit_test(steps_land_without_slivers),
        cmocka_unit_test(a_landing_does_not_lower_the_proposal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
