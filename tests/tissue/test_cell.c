/* The rules for one cell on the host: bookkeeping whatever the fractions and rates, limits, order of use. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>
#include "tissue/tissue.h"

enum { BONE, MUSCLE, FAT, HAEM, SLACK, PHASES };

static uint32_t seed = 1;
static double uniform(double low, double high) {
    seed = seed * 1664525u + 1013904223u;
    return low + (high - low) * (seed >> 8) / 16777216.0;
}

static xt_expr number(double value) { return (xt_expr){.kind = XT_NUMBER, .value = value}; }

/* A model of one rule in one tissue; everything in it is a number. */
typedef struct {
    xt_model model;
    xt_remodelling rule;
    xt_expr rate, share[PHASES];
} one_rule;

static void make(one_rule *o, int phase, double rate) {
    memset(o, 0, sizeof *o);
    o->rate = number(rate);
    o->rule = (xt_remodelling){.phase = phase, .tissues = 2, .rate = &o->rate, .low = 0, .high = 1};
    o->model = (xt_model){.phase_count = PHASES,
                          .slack = SLACK,
                          .slack_floor = 0.03,
                          .tissue_count = 1,
                          .remodelling = &o->rule,
                          .remodelling_count = 1};
}

static void step(one_rule *o, double *phase, double dt, bool book) {
    const double phase0[PHASES] = {0};
    double none[1] = {0};
    const xt_values values = {0};
    xt_cell_step(&o->model, 1, phase, phase0, none, &values, &values, dt, book);
}

static void random_fractions(double *phase) {
    double sum = 0;
    for (int k = 0; k < PHASES; k++) sum += phase[k] = uniform(0, 1) < 0.3 ? 0 : pow(uniform(0, 1), 4);
    if (sum == 0) sum = phase[SLACK] = 1;
    for (int k = 0; k < PHASES; k++) phase[k] /= sum;
}

static double sum_of(const double *phase) {
    double sum = 0;
    for (int k = 0; k < PHASES; k++) sum += phase[k];
    return sum;
}

/* Any fractions, any rates, shares that sum to more than one: sums stay one, nothing leaves [0, 1], the
 * rule's phase never moves further than asked, and what it gains others lose. */
static void test_books_hold_whatever_happens(void **state) {
    (void)state;
    for (int n = 0; n < 200000; n++) {
        one_rule o;
        double phase[PHASES], before[PHASES];
        make(&o, n % (PHASES - 1), uniform(-3, 3) * (n % 3 ? 1 : 1e-3));
        o.rule.low = uniform(0, 0.3);
        o.rule.high = uniform(0.4, 1);
        for (int k = 0; k < PHASES; k++) {
            if (k == o.rule.phase) continue;
            o.share[k] = number(uniform(-0.5, 1.5));
            if (uniform(0, 1) < 0.6) o.rule.freed_to[k] = &o.share[k];
            if (uniform(0, 1) < 0.4) o.rule.taken_from[k] = uniform(0, 0.3);
            if (uniform(0, 1) < 0.4) o.rule.then_from[o.rule.then_count++] = k;
        }
        random_fractions(phase);
        memcpy(before, phase, sizeof phase);
        step(&o, phase, 1, true);
        const double change = phase[o.rule.phase] - before[o.rule.phase], asked = o.rate.value;
        assert_true(fabs(sum_of(phase) - 1) < 1e-12);
        for (int k = 0; k < PHASES; k++) assert_true(phase[k] >= -1e-15 && phase[k] <= 1 + 1e-15);
        assert_true(asked < 0 ? change <= 1e-15 && change >= asked - 1e-15
                              : change >= -1e-15 && change <= asked + 1e-15);
        if (change < -1e-12)
            assert_true(phase[o.rule.phase] >= fmin(o.rule.low, before[o.rule.phase]) - 1e-15);
        if (change > 1e-12)
            assert_true(phase[o.rule.phase] <= fmax(o.rule.high, before[o.rule.phase]) + 1e-15);
        for (int k = 0; k < PHASES; k++) /* a gain takes, a loss gives */
            if (k != o.rule.phase)
                assert_true(asked < 0 ? phase[k] >= before[k] - 1e-12 : phase[k] <= before[k] + 1e-12);
        if (before[SLACK] >= 0.03) assert_true(phase[SLACK] >= 0.03 - 1e-12);
    }
}

static void test_gain_is_taken_as_the_lists_say(void **state) {
    (void)state;
    one_rule o;
    double phase[PHASES] = {0.5, 0, 0.2, 0.01, 0.29};
    make(&o, BONE, 0.1);
    o.rule.taken_from[SLACK] = 0.5;
    o.rule.taken_from[FAT] = 0.3;
    o.rule.taken_from[HAEM] = 0.2;
    step(&o, phase, 1, true);
    assert_true(fabs(phase[BONE] - 0.6) < 1e-12);
    assert_true(fabs(phase[FAT] - 0.17) < 1e-12);
    assert_true(fabs(phase[HAEM]) < 1e-12); /* it had 0.01 of the 0.02 wanted; slack gave the rest */
    assert_true(fabs(phase[SLACK] - 0.23) < 1e-12);
}

static void test_growth_beyond_room_is_not_applied(void **state) {
    (void)state;
    one_rule o;
    double phase[PHASES] = {0, 0.83, 0.065, 0, 0.105};
    make(&o, MUSCLE, 0.5);
    o.rule.taken_from[SLACK] = 1;
    o.rule.then_from[o.rule.then_count++] = FAT;
    step(&o, phase, 1, true);
    assert_true(fabs(phase[MUSCLE] - 0.97) < 1e-12);
    assert_true(fabs(phase[FAT]) < 1e-12);
    assert_true(fabs(phase[SLACK] - 0.03) < 1e-12);
}

static void test_limits_stop_but_never_push(void **state) {
    (void)state;
    one_rule o;
    double phase[PHASES] = {0, 0, 0, 0, 1}, low[PHASES] = {0.01, 0, 0, 0, 0.99};
    make(&o, BONE, 0);
    o.rule.low = 0.005;
    step(&o, phase, 1, true);
    assert_true(phase[BONE] == 0); /* no bone out of nothing */
    o.rate.value = -1;
    step(&o, low, 1, true);
    assert_true(low[BONE] == 0.005);
    step(&o, phase, 1, false);
    assert_true(phase[BONE] == 0 && phase[SLACK] == 1);
}

/* States with a value, quantities and targets see what the end of the step makes of the states. */
static void test_order_of_use(void **unused) {
    (void)unused;
    xt_expr symbols[3] = {{.kind = XT_SYMBOL, .symbol = XT_SYM_STATE, .index = 0},
                          {.kind = XT_SYMBOL, .symbol = XT_SYM_QUANTITY, .index = 0},
                          {.kind = XT_SYMBOL, .symbol = XT_SYM_STATE, .index = 1}};
    xt_expr one = number(1);
    xt_quantity quantity = {.formula.tissue[1] = &symbols[0]};
    xt_state states[3] = {{.rate = &one, .tissues = 2},
                          {.value = &symbols[0], .tissues = 2},
                          {.value = &symbols[1], .tissues = 2}};
    one_rule o;
    make(&o, BONE, 0);
    o.rule.rate = NULL;
    o.rule.target = &symbols[2];
    o.model.quantity = &quantity;
    o.model.quantity_count = 1;
    o.model.state = states;
    o.model.state_count = 3;
    double phase[PHASES] = {0.1, 0, 0, 0, 0.9}, state[3] = {0.2, 7, 7};
    const double phase0[PHASES] = {0};
    const xt_values values = {0};
    xt_cell_step(&o.model, 1, phase, phase0, state, &values, &values, 0.25, true);
    assert_true(fabs(state[0] - 0.45) < 1e-15);
    assert_true(state[1] == state[0]);
    assert_true(state[2] == state[0]);
    assert_true(fabs(phase[BONE] - 0.45) < 1e-15);
    states[1].tissues = 0;
    state[1] = 7;
    xt_cell_step(&o.model, 1, phase, phase0, state, &values, &values, 0.25, true);
    assert_true(state[1] == 7); /* elsewhere it stays */
}

static void test_a_rate_that_is_not_a_number_shows(void **state) {
    (void)state;
    one_rule o;
    double phase[PHASES] = {0.5, 0, 0, 0, 0.5};
    make(&o, BONE, NAN);
    step(&o, phase, 1, true);
    assert_true(isnan(phase[BONE]));
}

/* What a step must move: the material; where a rule applies, every phase read and written. */
static void test_bytes_of_a_step(void **state) {
    (void)state;
    one_rule o;
    make(&o, BONE, 1);
    o.model.tissue_count = 2;
    assert_true(xt_tissue_step_bytes(&o.model, 1, false) == 4 + 8 * PHASES);
    assert_true(xt_tissue_step_bytes(&o.model, 2, true) == 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_of_a_step),
        cmocka_unit_test(test_books_hold_whatever_happens),
        cmocka_unit_test(test_gain_is_taken_as_the_lists_say),
        cmocka_unit_test(test_growth_beyond_room_is_not_applied),
        cmocka_unit_test(test_limits_stop_but_never_push),
        cmocka_unit_test(test_order_of_use),
        cmocka_unit_test(test_a_rate_that_is_not_a_number_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
