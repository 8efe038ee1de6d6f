#include "observe/fit.h"

#include <math.h>
#include <string.h>

static const double radius2 = 2.3 * 2.3; /* voxels: beyond it a sample weighs nothing */

void xt_fit_begin(xt_fit *fit, int axes) {
    memset(fit, 0, sizeof *fit);
    fit->axes = axes;
    fit->terms = axes == 2 ? 6 : 10;
}

void xt_fit_add(xt_fit *fit, const double *away, double value) {
    double term[XT_FIT_TERMS] = {1}, square = 0;
    int n = 1;
    for (int k = 0; k < fit->axes; k++) square += away[k] * away[k];
    if (square >= radius2) return;
    for (int k = 0; k < fit->axes; k++) term[n++] = away[k];
    for (int k = 0; k < fit->axes; k++)
        for (int l = k; l < fit->axes; l++) term[n++] = away[k] * away[l];
    const double near = (1 - square / radius2) * (1 - square / radius2), weight = near * near;
    for (int i = 0; i < n; i++) {
        for (int j = 0; j <= i; j++) fit->square[i][j] += weight * term[i] * term[j];
        fit->right[i] += weight * term[i] * value;
    }
}

/* Slopes and curvatures that the samples do not tell are 0; those they do tell hardly change. */
static void damp(xt_fit *fit) {
    const double weight = fit->square[0][0];
    for (int i = 1; i < fit->terms; i++) fit->square[i][i] += (i <= fit->axes ? 1e-4 : 1e-3) * weight;
}

double xt_fit_solve(xt_fit *fit) {
    const int n = fit->terms;
    if (!(fit->square[0][0] > 0)) return NAN;
    damp(fit);
    /* Elimination from the last term to the first, which is the value. */
    for (int p = n - 1; p > 0; p--) {
        for (int i = 0; i < p; i++) {
            const double factor = fit->square[p][i] / fit->square[p][p];
            for (int j = 0; j <= i; j++) fit->square[i][j] -= factor * fit->square[p][j];
            fit->right[i] -= factor * fit->right[p];
        }
    }
    return fit->right[0] / fit->square[0][0];
}
