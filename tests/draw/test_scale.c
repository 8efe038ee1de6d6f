/* Marks of a colour bar are round, few, and stand where they say. */
#include "observe/testing.h"

#include <math.h>
#include "draw/scale.h"

static void ticks_are_round_and_few(void **state) {
    (void)state;
    static const struct {
        double low, high;
        bool log;
    } cases[] = {{0, 1, 0},           {0, 1742.3, 0}, {-0.00134, 0.00134, 0},
                 {290.02, 290.07, 0}, {-3e7, 1e6, 0}, {1e-9, 3e-9, 0},
                 {1e-6, 1, 1},        {40, 2000, 1},  {0.9, 1.4, 1},
                 {1e-12, 1e12, 1},    {3, 31, 1},     {0, 0.0451, 0}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        xt_scale scale = {.low = cases[k].low, .high = cases[k].high, .log = cases[k].log};
        xt_tick tick[XT_MAX_TICKS];
        int exponent, named = 0;
        const int n = xt_scale_ticks(tick, &exponent, &scale, 6);
        assert_true(n >= 2);
        for (int i = 0; i < n; i++) {
            assert_true(tick[i].at >= 0 && tick[i].at <= 1);
            if (i) assert_true(tick[i].at > tick[i - 1].at);
            assert_null(strchr(tick[i].text, '-')); /* a real minus sign */
            if (!tick[i].text[0]) continue;
            named++;
            for (int j = 0; j < i; j++) assert_string_not_equal(tick[i].text, tick[j].text);
            /* what the label says is where it stands */
            char plain[100] = "", *end;
            const char *from = tick[i].text;
            if (strncmp(from, "−", 3) == 0) {
                strcpy(plain, "-");
                from += 3;
            }
            strncat(plain, from, 90);
            const double said = strtod(plain, &end) * pow(10, exponent);
            if (*end == '\0') assert_true(fabs(xt_scale_at(&scale, said) - tick[i].at) < 1e-9);
        }
        if (named < 2 || named > 10) fail_msg("case %zu: %d labels", k, named);
    }
    assert_true(xt_nice_below(7.3) == 5 && xt_nice_below(1.99) == 1 && xt_nice_below(0.05) == 0.05);
    char power[48];
    assert_string_equal(xt_power_text(-12, power, sizeof power), "10⁻¹²");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(ticks_are_round_and_few)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
