/* Quasi-steady fields: the error is of first order in the ratio of the two time scales. More of it:
 * tests/step/ test_long_two_scales.c. */
#include "step/two_scales.h"

static void test_error_falls_with_the_ratio_of_the_scales(void **state) {
    (void)state;
    static const double epsilon[] = {1 / 10.0, 1 / 20.0};
    study(epsilon, 2);
}

int main(void) {
    char cache[64];
    use_fresh_cache(cache);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_error_falls_with_the_ratio_of_the_scales)};
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    remove_folder(cache);
    return failed;
}
