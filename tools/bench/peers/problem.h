/* The fixed problems of the benchmark for the peers: the same geometry, coefficients and first levels as
 * host/bench/problem.c, in units of the voxel and of the step, so that a peer needs none of our files. */
#ifndef PEERS_PROBLEM_H
#define PEERS_PROBLEM_H

#include <math.h>

enum { SPECIES = 4, TISSUES = 6 };

/* ---- the step: four species in six tissues ---- */

/* Ground; a body (ellipsoid); a core in it; a sphere with a sphere inside; two bent filaments. */
static inline int step_tissue(int x, int y, int z, int n) {
    const double u = (x + 0.5) * 2 / n - 1, v = (y + 0.5) * 2 / n - 1, w = (z + 0.5) * 2 / n - 1;
    const double core[3] = {u - 0.3, v - 0.1, w + 0.1}, ball[3] = {u + 0.4, v - 0.2, w - 0.1};
    const double r2 = ball[0] * ball[0] + ball[1] * ball[1] + ball[2] * ball[2];
    const double along = 0.8 * u + 0.6 * v, across = 0.8 * v - 0.6 * u - 0.1;
    int tissue = u * u / 0.9 + v * v / 0.8 + w * w < 0.95;
    if (tissue && core[0] * core[0] / 0.2 + core[1] * core[1] / 0.3 + core[2] * core[2] / 0.25 < 1)
        tissue = 2;
    if (r2 < 0.12) tissue = 3;
    if (r2 < 0.03) tissue = 4;
    if (!tissue) return 0;
    if (fabs(across) < 0.04 && fabs(w - 0.2 * sin(3 * along)) < 0.04) return 5;
    if (fabs(v + 0.3) < 0.035 && fabs(u - 0.1 * sin(5 * w)) < 0.035) return 5;
    return tissue;
}

/* Diffusivity * dt / h^2: at most 1/8 times 0.8, inside the limit of 1/6 of the explicit step. */
static inline double step_diffusion(int tissue, int species) {
    const double base = tissue == 0 ? 0.002 : 0.125 / (1 + (tissue * 3 + species * 5) % 7);
    return base * (species == 0 ? 1 : 0.5 + 0.1 * species);
}
static inline double step_decay(int tissue, int species) { return 0.0005 * (1 + (tissue + species) % 4); }
static inline double step_source(int tissue, int species) {
    return (tissue == 5 ? 0.01 : tissue == 3 ? 0.002 : 0) * (1 + species);
}
/* Of the face between two tissues: in series. */
static inline double step_face(int a, int b, int species) {
    const double p = step_diffusion(a, species), q = step_diffusion(b, species);
    return 2 * p * q / (p + q);
}
static inline double step_level(int x, int y, int z, int species) {
    return 0.5 + 0.5 * sin(0.1 * x * (species + 1) + 0.07 * y * (2 + species) + 0.05 * z * (3 - species));
}

/* ---- the elliptic solve: one species in three tissues, 1 : 100 : 10 ---- */

static inline int elliptic_tissue(int x, int y, int z, int n) {
    const double u = (x + 0.5) * 2 / n - 1, v = (y + 0.5) * 2 / n - 1, w = (z + 0.5) * 2 / n - 1;
    if ((u + 0.3) * (u + 0.3) + (v - 0.2) * (v - 0.2) + w * w < 0.08) return 2;
    if ((u - 0.4) * (u - 0.4) + (v + 0.1) * (v + 0.1) + (w - 0.3) * (w - 0.3) < 0.03) return 2;
    if (fabs(u - 0.1 * sin(5 * w)) < 0.05 && fabs(v + 0.3) < 0.05) return 2;
    return u * u / 0.8 + v * v / 0.7 + w * w / 0.9 < 0.8;
}
/* In units of voxel^2 a unit of time. */
static inline double elliptic_diffusion(int tissue) { return tissue == 0 ? 1 : tissue == 1 ? 100 : 10; }
static const double elliptic_screening = 1e-3;
static inline double elliptic_source(int tissue) { return tissue == 2 ? 1 : 0; }

#endif
