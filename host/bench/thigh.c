#include "bench/thigh.h"

#include <math.h>
#include <stdlib.h>

enum { SKIN, MUSCLES, BONE, CAVITY, LAYERS }; /* closed surfaces, from the outside in */
enum { FAT = 1, MUSCLE, CORTEX, MARROW };

/* Signed distances, in half sides of the box, first order; negative inside. */
static void distances(double d[LAYERS], double x, double y, double z) {
    const double angle = atan2(y, x), taper = 0.86 - 0.10 * z + 0.03 * sin(3 * z);
    const double r = sqrt(x * x * 1.08 + y * y);
    d[SKIN] = r - taper * (1 + 0.03 * cos(2 * angle + z));
    /* Muscles bulge between the septa that part them. */
    const double lobes = 0.045 * fabs(sin(1.5 * angle + 0.5 * z)) + 0.02 * sin(4 * angle - 1.5 * z);
    d[MUSCLES] = r - (taper - 0.16 + lobes);
    const double bx = x - 0.05 * sin(1.3 * z), by = y + 0.12 + 0.06 * z * z;
    const double ridge = 0.02 * exp(-8 * pow(atan2(by, bx) + 1.6, 2)), shaft = 0.20 + 0.05 * z * z + ridge;
    const double b = sqrt(bx * bx + by * by);
    d[BONE] = b - shaft;
    d[CAVITY] = b - 0.58 * shaft;
}

static float level(const double d[LAYERS], double x, double y, double z) {
    const double around = exp(-6 * fmax(d[BONE], 0));
    const double first = exp(-18 * (pow(x - 0.38, 2) + pow(y - 0.2, 2) + 0.25 * pow(z - 0.2, 2)));
    const double second = exp(-22 * (pow(x + 0.35, 2) + pow(y - 0.3, 2) + 0.3 * pow(z + 0.35, 2)));
    return (float)fmin(1, 0.75 * around * (0.6 + 0.4 * cos(4 * z)) + 0.9 * first + 0.8 * second);
}

/* From the outside in, what lies inside a surface replaces what was there, by the share that it fills. */
static void voxel(const xt_bench_thigh *thigh, size_t i, const double d[LAYERS], double h) {
    static const int inner[LAYERS] = {FAT, MUSCLE, CORTEX, MARROW};
    int tissue = d[SKIN] < 0 ? FAT : 0, second = 0;
    double share = 0;
    for (int k = MUSCLES; tissue && k < LAYERS; k++) {
        const double filled = fmin(1, fmax(0, 0.5 - d[k] / h));
        if (filled <= 0) break;
        second = filled < 1 ? inner[k] : 0;
        share = filled < 1 ? filled : 0;
        if (filled >= 1) tissue = inner[k];
        if (filled < 1) break;
    }
    if (share > 0.5) {
        const int home = tissue;
        tissue = second;
        second = home;
        share = 1 - share;
    }
    thigh->tissue[i] = (uint8_t)tissue;
    thigh->second[i] = (uint8_t)second;
    thigh->share[i] = (uint16_t)(65535 * share);
}

xt_status xt_bench_thigh_create(xt_bench_thigh *thigh, int n, xt_error *err) {
    const size_t voxels = (size_t)n * (size_t)n * (size_t)n;
    *thigh = (xt_bench_thigh){n, malloc(voxels), malloc(voxels), malloc(2 * voxels),
                              malloc(voxels * sizeof(float))};
    if (!thigh->tissue || !thigh->second || !thigh->share || !thigh->field) {
        xt_bench_thigh_free(thigh);
        return xt_no_memory(err, "a thigh", 8 * voxels);
    }
    const double h = 2.0 / n;
    size_t i = 0;
    for (int z = 0; z < n; z++)
        for (int y = 0; y < n; y++)
            for (int x = 0; x < n; x++, i++) {
                const double u = (x + 0.5) * h - 1, v = (y + 0.5) * h - 1, w = (z + 0.5) * h - 1;
                double d[LAYERS];
                thigh->tissue[i] = thigh->second[i] = 0;
                thigh->share[i] = 0;
                thigh->field[i] = NAN;
                if (u * u + v * v > 1.05) continue; /* certainly outside, and quick */
                distances(d, u, v, w);
                voxel(thigh, i, d, h);
                if (thigh->tissue[i]) thigh->field[i] = level(d, u, v, w);
            }
    return XT_OK;
}

void xt_bench_thigh_free(xt_bench_thigh *thigh) {
    free(thigh->tissue);
    free(thigh->second);
    free(thigh->share);
    free(thigh->field);
    *thigh = (xt_bench_thigh){0};
}
