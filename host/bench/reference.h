/* The benchmark's diffusion problems in double precision on the host, from the model's coefficients and the
 * closed forms alone: nothing of the device's tables or kernels is in it.
 *
 * Rate of a species, pM/h:  (sum over faces T (c_n - c) + S + K R c_p - (phi k + K) c) / phi,
 * T between two voxels a distance h apart: 1 / (h^2 (1/(phi D)_a + 1/(phi D)_b) / 2)      (MODEL.md eq. 1) */
#ifndef BENCH_REFERENCE_H
#define BENCH_REFERENCE_H

#include "bench/problem.h"

/* A box of the grid: voxels low .. low + dims - 1 of each axis. Nothing flows through its rim, so levels
 * there are right only where the rim is the wall of the whole grid. */
typedef struct {
    int n, low[3], dims[3];
    size_t cells;
    int species, tissues;
    bool silent;           /* nothing is secreted or supplied */
    unsigned char *tissue; /* [cells], x fastest */
    double *between;       /* [species][tissues][tissues] T/phi_a, 1/h, of a voxel of the first tissue */
    double *loss, *source; /* [species][tissues] 1/h, pM/h */
} xt_bench_reference;

xt_status xt_bench_reference_create(xt_bench_reference **reference, const xt_model *model,
                                    xt_bench_problem problem, int n, const int low[3], const int dims[3],
                                    xt_error *err);
void xt_bench_reference_free(xt_bench_reference *reference); /* NULL is fine */

/* rate[cells] of a species with levels c[cells]. */
void xt_bench_reference_rate(double *rate, const xt_bench_reference *reference, int species, const double *c);
/* Largest sum of a row's magnitudes, 1/h: the spectrum of the rate lies in [-this, 0]. */
double xt_bench_reference_radius(const xt_bench_reference *reference, int species);
/* Levels at the start. */
void xt_bench_reference_start(double *c, const xt_bench_reference *reference, xt_bench_problem problem,
                              int species);

/* `steps` explicit steps of dt h: c[cells] in and out; work[cells]. */
void xt_bench_reference_steps(double *c, double *work, const xt_bench_reference *reference, int species,
                              double dt, int steps);

/* The exact solution at `time` h from the level `first` everywhere, to rounding: the exponential of the rate
 * as a Chebyshev series. c[cells] out; work [3][cells]. Source: Tal-Ezer, SIAM J. Numer. Anal. 23 (1986). */
xt_status xt_bench_reference_exact(double *c, double *work, const xt_bench_reference *reference, int species,
                                   double first, double time, xt_error *err);

#endif
