/* A steady field by itself: solved from zero to the residual asked for. */
#include "solve/world.h"

static const unsigned seed = 5;

static void alone_on_device(xt_device *device) {
    xt_error err = {XT_OK, ""};
    world w;
    const world_def def = {.model = "scenes/models/crosstalk4.yaml",
                           .dims = {33, 12, 10},
                           .spacing = {0.3, 0.3, 0.3},
                           .place = world_clumps,
                           .context = &seed};
    world_make(&w, device, &def);
    xt_elliptic_result result;
    OK(xt_solver_elliptic(&result, w.solver, -1, 1e-5, &err));
    assert_true(result.iterations > 0 && result.residual > 0 && result.residual <= 1e-5);
    for (int s = 0; s < w.model->species_count; s++) {
        xt_range range;
        OK(xt_fields_range(&range, w.fields, w.fields->rest, s, &err));
        assert_true(range.bad_cell < 0 && range.high > 0);
    }
    assert_int_equal(xt_solver_elliptic(&result, w.solver, 99, 1e-5, &err), XT_USAGE);
    world_free(&w);
}

static void a_field_is_solved_from_zero(void **state) {
    (void)state;
    on_every_device(alone_on_device);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_field_is_solved_from_zero)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
