#include "bench/verdict.h"

#include <math.h>

void xt_bench_check_begin(xt_bench_check *check, double bound, const char *against) {
    *check = (xt_bench_check){.error = NAN, .bound = bound, .against = against};
}

void xt_bench_check_value(xt_bench_check *check, double found, double wanted) {
    check->compared++;
    if (!isfinite(found)) {
        check->not_finite++;
        return;
    }
    check->difference = fmax(check->difference, fabs(found - wanted));
    check->largest = fmax(check->largest, fabs(wanted));
}

void xt_bench_check_end(xt_bench_check *check) {
    if (check->not_finite)
        check->error = INFINITY;
    else if (check->largest > 0) /* where nothing is wanted, nothing is shown */
        check->error = check->difference / check->largest;
}

void xt_bench_check_set(xt_bench_check *check, double error, double bound, const char *against) {
    *check = (xt_bench_check){.error = error, .bound = bound, .against = against, .compared = 1};
}

bool xt_bench_check_passed(const xt_bench_check *check) {
    return check->compared > 0 && check->not_finite == 0 && isfinite(check->error) &&
           check->error <= check->bound;
}
