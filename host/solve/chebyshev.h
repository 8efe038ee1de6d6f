/* Coefficients of the Runge-Kutta-Chebyshev method of order 2 with s stages (Sommeijer, Shampine & Verwer, J.
 * Comput. Appl. Math. 88, 1998), damped by 2/13. Written for the change d since the start of the step, so
 * that what does not change is not rounded:
 *
 *     d_1 = gamma_1 F_0,   d_j = mu_j d_(j-1) + nu_j d_(j-2) + rate_j F_(j-1) + gamma_j F_0,   j = 2 ... s
 *
 * F_j belongs to time h c_j of the step; rate and gamma have the step's size in them. All are given as the
 * floats that kernels use, gamma_s such that time itself is integrated to rounding. */
#ifndef SOLVE_CHEBYSHEV_H
#define SOLVE_CHEBYSHEV_H

enum { XT_STAGES_LEAST = 2, XT_STAGES_MOST = 64 }; /* more loses too many digits of fp32 */

typedef struct {
    int stages;
    float mu[XT_STAGES_MOST + 1], nu[XT_STAGES_MOST + 1], rate[XT_STAGES_MOST + 1], gamma[XT_STAGES_MOST + 1];
    double c[XT_STAGES_MOST + 1]; /* c[0] = 0, c[s] = 1 */
} xt_chebyshev;

void xt_chebyshev_make(xt_chebyshev *coefficients, int stages, double h);

/* The fewest stages that are stable for a step h and a spectral radius (1/h), at least 2; may be more than
 * there can be. */
int xt_chebyshev_stages(double h, double radius);

/* The longest stable step for a number of stages. */
double xt_chebyshev_reach(int stages, double radius);

#endif
