/* The host's reference: against a solution on paper, and its exact solution against small steps. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "bench/reference.h"

enum { N = 12 };

static xt_bench_reference *make(xt_model **model, xt_bench_problem problem) {
    xt_error err = {XT_OK, ""};
    const int low[3] = {0}, dims[3] = {N, N, N};
    xt_bench_reference *r;
    if (xt_bench_model(model, problem, &err) != XT_OK ||
        xt_bench_reference_create(&r, *model, problem, N, low, dims, &err) != XT_OK)
        fail_msg("%s", err.text);
    return r;
}

/* Nothing is secreted or supplied: diffusion moves amounts and loses none, so what is lost is what decays. */
static void test_diffusion_conserves(void **state) {
    (void)state;
    xt_model *model;
    xt_bench_reference *r = make(&model, XT_BENCH_EMPTY);
    double *c = malloc(r->cells * sizeof *c), *rate = malloc(r->cells * sizeof *rate);
    assert_true(c && rate);
    for (int s = 0; s < r->species; s++) {
        double gained = 0, decayed = 0;
        for (size_t i = 0; i < r->cells; i++) c[i] = 1 + sin((double)i * (s + 1));
        xt_bench_reference_rate(rate, r, s, c);
        for (size_t i = 0; i < r->cells; i++) {
            gained += rate[i];
            decayed += r->loss[(size_t)s * (size_t)r->tissues + r->tissue[i]] * c[i];
        }
        assert_true(decayed > 0 && fabs(gained + decayed) < 1e-12 * decayed);
    }
    free(c);
    free(rate);
    xt_bench_reference_free(r);
    xt_model_free(model);
}

/* Runge-Kutta of order four with steps so small that its error is rounding. */
static void test_exact_solution(void **state) {
    (void)state;
    xt_error err = {XT_OK, ""};
    xt_model *model;
    xt_bench_reference *r = make(&model, XT_BENCH_TISSUES);
    const double hours = 40, dt = 0.05;
    const size_t n = r->cells;
    double *c = malloc(n * sizeof *c), *exact = malloc(n * sizeof *exact),
           *work = malloc(6 * n * sizeof *work);
    assert_true(c && exact && work);
    double *k[4] = {work, work + n, work + 2 * n, work + 3 * n}, *at = work + 4 * n, worst = 0, moved = 0;
    for (size_t i = 0; i < n; i++) c[i] = 0.25;
    for (int step = 0; step < (int)(hours / dt + 0.5); step++) {
        for (int stage = 0; stage < 4; stage++) {
            const double reach = stage == 3 ? dt : stage ? dt / 2 : 0;
            for (size_t i = 0; i < n; i++) at[i] = c[i] + (stage ? reach * k[stage - 1][i] : 0);
            xt_bench_reference_rate(k[stage], r, 1, at);
        }
        for (size_t i = 0; i < n; i++) c[i] += dt / 6 * (k[0][i] + 2 * k[1][i] + 2 * k[2][i] + k[3][i]);
    }
    if (xt_bench_reference_exact(exact, work, r, 1, 0.25, hours, &err) != XT_OK) fail_msg("%s", err.text);
    for (size_t i = 0; i < n; i++) {
        worst = fmax(worst, fabs(exact[i] - c[i]));
        moved = fmax(moved, fabs(exact[i] - 0.25));
    }
    print_message("largest difference %.2g\n", worst);
    assert_true(moved > 0.01 && worst < 1e-9);
    free(c);
    free(exact);
    free(work);
    xt_bench_reference_free(r);
    xt_model_free(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_diffusion_conserves),
        cmocka_unit_test(test_exact_solution),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
