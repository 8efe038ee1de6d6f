/* Whether a kernel's answer is right: its error against the double-precision reference, and a bound for it.
 */
#ifndef BENCH_VERDICT_H
#define BENCH_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    double error, bound; /* error: largest |found - wanted| / largest |wanted| */
    const char *against; /* what it was compared with, and where */
    /* While values are added. */
    double difference, largest;
    size_t compared, not_finite;
} xt_bench_check;

/* Begin a check; then xt_bench_check_value for each value; then xt_bench_check_end, which sets error. */
void xt_bench_check_begin(xt_bench_check *check, double bound, const char *against);
void xt_bench_check_value(xt_bench_check *check, double found, double wanted);
void xt_bench_check_end(xt_bench_check *check);

/* For an error that is known as one number. */
void xt_bench_check_set(xt_bench_check *check, double error, double bound, const char *against);

/* PASS: something other than zeros was compared, all of it is finite, and the error is within the bound. */
bool xt_bench_check_passed(const xt_bench_check *check);

#endif
