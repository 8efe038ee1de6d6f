/* The unit check: each rule, by what it lets through and by what it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "model/variant.h"

/* A driver of the invented model, which has parameters in 1/h, pM and 1/d, `age` and functions. */
#define SPOT "shell_share: mean(f_shell, pulp)"

static void refused(const char *formula, const char *what) {
    char text[512];
    snprintf(text, sizeof text, "shell_share: mean(f_shell, pulp)\n  probe: \"%s\"", formula);
    refuse_variant(INVENTED_MODEL, SPOT, text, 1, what);
}

/* Accepted, in the unit. */
static void accepted(const char *formula, const char *unit) {
    char text[512], found[80];
    xt_model *model;
    xt_error err;
    int line;
    snprintf(text, sizeof text, "shell_share: mean(f_shell, pulp)\n  probe: \"%s\"", formula);
    if (load_variant(&model, INVENTED_MODEL, SPOT, text, &line, &err) != XT_OK)
        fail_msg("%s: %s", formula, err.text);
    xt_unit want;
    assert_int_equal(xt_unit_parse(&want, unit, &err), XT_OK);
    xt_dim dim = model->scalar[xt_model_find_scalar(model, "probe")].dim;
    if (!xt_dim_equal(dim, want.dim)) fail_msg("%s is in %s", formula, xt_dim_text(dim, found, sizeof found));
    xt_model_free(model);
}

static void sums_need_one_unit(void **state) {
    (void)state;
    accepted("age + time - 3 y", "h");
    accepted("bite + hardening", "1/h");
    refused("age + bite", "adds 1/h to h");
    refused("age - 1", "subtracts 1 from h");
    refused("age - 1 mm", "subtracts mm from h");
    refused("age + 3", "adds 1 to h");
}

static void products_and_quotients_combine_units(void **state) {
    (void)state;
    accepted("half*bite", "pM/h");
    accepted("half/bite/2 mm", "pM h/mm");
    accepted("age*bite", "1");
    accepted("-half", "pM");
}

static void a_literal_zero_fits_any_unit(void **state) {
    (void)state;
    accepted("max(0, age - 25 y)", "h");
    accepted("piecewise(0, age > 0, half)", "pM");
    accepted("0 - age", "h");
    refused("max(0 mm, age)", "max compares mm with h");
    refused("max(1, age)", "max compares 1 with h");
    refused("max(0*1, age)", "max compares 1 with h");
}

static void comparisons_and_choices_need_one_unit(void **state) {
    (void)state;
    accepted("piecewise(1, age > 25 y, 2)", "1");
    refused("piecewise(1, age > 25, 2)", "compares h with 1");
    refused("piecewise(1 h, female, 2)", "piecewise chooses between different units");
    refused("min(age, bite)", "min compares");
    refused("piecewise(1, 2, 3)", "piecewise has a number where a condition");
    refused("1 + (age > 0)", "a condition where a number is needed");
    refused("age > 0", "a driver must be a number");
    refused("female*2", "a condition where a number is needed");
    refused("piecewise(1, 1 && female, 2)", "a number where a condition");
    refused("piecewise(female, female, 2)", "mixes numbers and conditions");
}

static void powers_need_constants(void **state) {
    (void)state;
    accepted("age^2", "h^2");
    accepted("(half*half)^0.5", "pM");
    accepted("age^(6/3 - 3)", "1/h");
    accepted("season^season", "1");
    accepted("sqrt(age^2)", "h");
    refused("age^season", "not a constant");
    refused("2^age", "an exponent must be a pure number, not h");
    refused("age^0.1234", "which is no unit");
    refused("age^200", "which is no unit");
}

static void functions_want_pure_numbers(void **state) {
    (void)state;
    accepted("exp(-age/1 y) + tanh(season) + abs(-1)", "1");
    accepted("abs(half)", "pM");
    refused("exp(age)", "exp takes a pure number, not h");
    refused("ln(half)", "ln takes a pure number");
    refused("floor(1.5 h)", "floor takes a pure number");
}

static void user_functions_are_checked_for_each_call(void **state) {
    (void)state;
    accepted("saturating(age, 3 y)", "1");
    accepted("saturating(half, 3 pM)", "1");
    accepted("twice(half)", "pM");
    refused("saturating(age, half)", "inside the function 'saturating', line");
    refused("saturating(age, 3)", "adds h to 1");
    refused("saturating(age)", "takes 2 arguments, not 1");
    refused("twice(female)", "a condition where a number is needed");
}

static void places_want_their_unit(void **state) {
    (void)state;
    refuse_variant(INVENTED_MODEL, "rate: (ration - habit)/30 d", "rate: (ration - habit)/30", 0,
                   "this rate must be in 1/h, this is in 1");
    refuse_variant(INVENTED_MODEL, "rate: (3 pM*drive - scent)/2 d", "rate: drive/2 d", 0,
                   "this rate must be in amol/mm^3/h");
    refuse_variant(INVENTED_MODEL, "loss: 0.4/1 h", "loss: 0.4", 0, "a loss must be in 1/h, this is in 1");
    refuse_variant(INVENTED_MODEL, "partition: 0.4", "partition: 0.4 h", 0,
                   "a partition must be in 1, this is in h");
    refuse_variant(INVENTED_MODEL, "free*0.1/0.2 mm", "free*0.1", 0, "a permeability must be in mm/h");
    refuse_variant(INVENTED_MODEL, "reaction: hunger*c_prey", "reaction: c_prey", 0, "a reaction must be in");
    refuse_variant(INVENTED_MODEL, "when: f_shell > 0.6 && mood > 0.1", "when: f_shell", 0,
                   "must be a condition");
    refuse_variant(INVENTED_MODEL, "source: appearance*(ration - 1)", "source: ration", 0,
                   "a plasma source must be in amol/h");
    refuse_variant(INVENTED_MODEL, "unit: \"%\"", "unit: pM", 0, "this readout must be in");
    refuse_variant(INVENTED_MODEL, "everywhere: habit", "everywhere: habit*1 h", 0, "a factor must be in 1");
    refuse_variant(INVENTED_MODEL, "crust: 0.5*alarm + section", "crust: 0.5 h", 0,
                   "this quantity must be in 1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_need_one_unit),
        cmocka_unit_test(products_and_quotients_combine_units),
        cmocka_unit_test(a_literal_zero_fits_any_unit),
        cmocka_unit_test(comparisons_and_choices_need_one_unit),
        cmocka_unit_test(powers_need_constants),
        cmocka_unit_test(functions_want_pure_numbers),
        cmocka_unit_test(user_functions_are_checked_for_each_call),
        cmocka_unit_test(places_want_their_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
