/* (e^z - 1)/z and (e^z - 1 - z)/z^2: what a constant and a growing rate add over a step of z time constants
 * (exponential integrators). By their series near 0. */
#ifndef BASE_PHI_H
#define BASE_PHI_H

#include <math.h>

static inline double xt_phi1(double z) { return fabs(z) < 1e-5 ? 1 + z / 2 : expm1(z) / z; }
static inline double xt_phi2(double z) {
    return fabs(z) < 1e-2 ? 0.5 + z / 6 + z * z / 24 : (xt_phi1(z) - 1) / z;
}

#endif
