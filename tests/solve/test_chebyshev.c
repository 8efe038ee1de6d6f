/* The coefficients on y' = -rate y, in double precision: stable over the whole interval, second order, and
 * time itself is integrated exactly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <math.h>
#include "solve/chebyshev.h"

/* y after a step from 1 with y' = -rate y + source. */
static double step(const xt_chebyshev *m, double rate, double source) {
    const double first = source - rate;
    double before = 0, d = m->gamma[1] * first;
    for (int j = 2; j <= m->stages; j++) {
        const double next =
            m->mu[j] * d + m->nu[j] * before + m->rate[j] * (source - rate * (1 + d)) + m->gamma[j] * first;
        before = d;
        d = next;
    }
    return 1 + d;
}

static void it_is_stable_as_far_as_it_says(void **state) {
    (void)state;
    for (int s = XT_STAGES_LEAST; s <= XT_STAGES_MOST; s++) {
        const double reach = xt_chebyshev_reach(s, 1);
        assert_int_equal(xt_chebyshev_stages(reach, 1), s);
        assert_int_equal(xt_chebyshev_stages(reach * (1 + 1e-9), 1), s); /* as rounding may leave it */
        if (s < XT_STAGES_MOST) assert_int_equal(xt_chebyshev_stages(1.01 * reach, 1), s + 1);
        xt_chebyshev m;
        xt_chebyshev_make(&m, s, 1);
        for (int k = 0; k <= 2000; k++) {
            const double z = reach * k / 2000, y = step(&m, z, 0);
            if (!(fabs(y) <= 1 + 1e-6 && (z < 2 || fabs(y) < 0.97)))
                fail_msg("%d stages: %g at z = -%g", s, y, z);
        }
        assert_true(fabs(step(&m, 1.5 * reach, 0)) > 1); /* and not much further */
    }
}

static void it_is_of_second_order(void **state) {
    (void)state;
    for (int s = 2; s <= XT_STAGES_MOST; s += 7) {
        double error[3];
        for (int k = 0; k < 3; k++) {
            const int steps = 4 << k;
            xt_chebyshev m;
            xt_chebyshev_make(&m, s, 1.0 / steps);
            error[k] = fabs(pow(step(&m, 1, 0), steps) - exp(-1));
        }
        for (int k = 0; k < 2; k++) {
            const double order = log2(error[k] / error[k + 1]);
            if (order < 1.85 || order > 2.4) fail_msg("%d stages: order %g", s, order);
        }
    }
}

static void time_is_integrated_to_rounding(void **state) {
    (void)state;
    for (int s = 2; s <= XT_STAGES_MOST; s++)
        for (double h = 1e-4; h < 10; h *= 3) {
            xt_chebyshev m;
            xt_chebyshev_make(&m, s, h);
            assert_true(fabs(step(&m, 0, 1) - 1 - h) < 3e-7 * h);
            for (int j = 1; j <= s; j++) assert_true(m.c[j] > m.c[j - 1] - 1e-9 && m.c[j] <= 1 + 1e-6);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_stable_as_far_as_it_says),
        cmocka_unit_test(it_is_of_second_order),
        cmocka_unit_test(time_is_integrated_to_rounding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
