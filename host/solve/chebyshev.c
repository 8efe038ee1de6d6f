#include "solve/chebyshev.h"

#include <math.h>

static const double damping = 2.0 / 13;
static const double reach = 0.65; /* stable up to h radius = reach (s^2 - 1), a little below the bound */

int xt_chebyshev_stages(double h, double radius) {
    /* A step of just what so many stages reach may have been rounded up; stability has more to spare. */
    const double stages = ceil(sqrt(1 + h * radius / reach) * (1 - 1e-8));
    return stages < XT_STAGES_LEAST ? XT_STAGES_LEAST : stages < 1e6 ? (int)stages : 1000000;
}

double xt_chebyshev_reach(int stages, double radius) {
    return radius > 0 ? reach * (stages * stages - 1) / radius : INFINITY;
}

void xt_chebyshev_make(xt_chebyshev *out, int stages, double h) {
    const int s = out->stages = stages;
    const double w0 = 1 + damping / (s * s);
    double t[XT_STAGES_MOST + 1] = {1, w0}, first[XT_STAGES_MOST + 1] = {0, 1},
                              second[XT_STAGES_MOST + 1] = {0, 0}, b[XT_STAGES_MOST + 1] = {0};
    for (int j = 2; j <= s; j++) { /* Chebyshev polynomials at w0, and their derivatives */
        t[j] = 2 * w0 * t[j - 1] - t[j - 2];
        first[j] = 2 * t[j - 1] + 2 * w0 * first[j - 1] - first[j - 2];
        second[j] = 4 * first[j - 1] + 2 * w0 * second[j - 1] - second[j - 2];
        b[j] = second[j] / (first[j] * first[j]);
    }
    b[0] = b[1] = b[2];
    const double w1 = first[s] / second[s];
    out->mu[1] = out->nu[1] = out->rate[1] = 0;
    out->gamma[1] = (float)(b[1] * w1 * h);
    for (int j = 2; j <= s; j++) {
        const double rate = 2 * b[j] * w1 / b[j - 1];
        out->mu[j] = (float)(2 * b[j] * w0 / b[j - 1]);
        out->nu[j] = j == 2 ? 0 : (float)(-b[j] / b[j - 2]); /* d_0 = 0 */
        out->rate[j] = (float)(rate * h);
        out->gamma[j] = (float)(-(1 - b[j - 1] * t[j - 1]) * rate * h);
    }
    out->c[0] = 0;
    out->c[1] = (double)out->gamma[1] / h;
    for (int j = 2; j <= s; j++) {
        const double before = (double)out->mu[j] * out->c[j - 1] + (double)out->nu[j] * out->c[j - 2] +
                              (double)out->rate[j] / h;
        if (j == s) out->gamma[j] = (float)((1 - before) * h);
        out->c[j] = j == s ? 1 : before + (double)out->gamma[j] / h;
    }
}
