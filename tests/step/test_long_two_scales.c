/* The whole study of tests/step/test_two_scales.c: down to the ratio of the model as it is shipped. */
#include "step/two_scales.h"

static void test_error_falls_with_the_ratio_of_the_scales(void **state) {
    (void)state;
    static const double epsilon[] = {1 / 10.0, 1 / 30.0, 1 / 100.0, 1 / 210.0};
    study(epsilon, 4);
}

int main(void) {
    char cache[64];
    use_fresh_cache(cache);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_error_falls_with_the_ratio_of_the_scales)};
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    remove_folder(cache);
    return failed;
}
