/* A steady field by itself: solved from zero to the residual asked for. */
#include "solve/world.h"

static const unsigned seed = 5;

/* The second float of a solution is what rounding took from the first. */
static void what_floats_lack(world *w) {
    xt_error err = {XT_OK, ""};
    xt_elliptic_result result;
    const size_t cells = w->fields->cells;
    float *x = malloc(2 * cells * sizeof *x), *low = x + cells;
    bool some = false;
    assert_non_null(x);
    OK(xt_solver_elliptic(&result, w->solver, 0, 1e-6, &err));
    OK(xt_buffer_read(w->device, w->fields->rest, 0, cells * sizeof *x, x, &err));
    OK(xt_solver_elliptic_low(low, w->solver, 0, &err));
    for (size_t i = 0; i < cells; i++) {
        assert_true(fabsf(low[i]) <= 1.2e-7f * fabsf(x[i]));
        some |= low[i] != 0;
    }
    assert_true(some);
    assert_int_equal(xt_solver_elliptic_low(low, w->solver, 99, &err), XT_INTERNAL);
    free(x);
}

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
    what_floats_lack(&w);
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
