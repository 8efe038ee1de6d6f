#include "report/shrink.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void xt_shrink_dims(int to[3], const int from[3], const double spacing[3], double voxels, int axis) {
    double h = fmin(spacing[0], fmin(spacing[1], spacing[2]));
    for (;; h *= 1.01) {
        double all = 1;
        int most = 0;
        for (int i = 0; i < 3; i++) {
            const double n = floor(from[i] * spacing[i] / h * (1 + 1e-9) + 0.5);
            to[i] = n < 1 ? 1 : n < from[i] ? (int)n : from[i];
            all *= to[i];
            if (to[i] > most) most = to[i];
        }
        if (most <= 1 || (all <= voxels && most <= axis)) return;
    }
}

xt_status xt_shrink_create(xt_shrink *shrink, const int from[3], const int to[3], int planes, xt_error *err) {
    *shrink = (xt_shrink){.planes = planes};
    memcpy(shrink->from, from, sizeof shrink->from);
    memcpy(shrink->to, to, sizeof shrink->to);
    const size_t flat = (size_t)planes * (size_t)to[0] * (size_t)to[1];
    shrink->flat = malloc(flat * sizeof(double));
    shrink->sum = calloc(flat * (size_t)to[2], sizeof(double));
    if (shrink->flat && shrink->sum) return XT_OK;
    xt_shrink_free(shrink);
    return xt_no_memory(err, "a volume for a page", flat * (size_t)to[2] * sizeof(double));
}

void xt_shrink_free(xt_shrink *shrink) {
    free(shrink->flat);
    free(shrink->sum);
    *shrink = (xt_shrink){0};
}

static size_t voxels(const xt_shrink *s) { return (size_t)s->to[0] * (size_t)s->to[1] * (size_t)s->to[2]; }

void xt_shrink_clear(xt_shrink *shrink) {
    memset(shrink->sum, 0, voxels(shrink) * (size_t)shrink->planes * sizeof(double));
}

/* In units of 1/to of a large voxel, voxel i covers [i to, (i + 1) to) and small voxel j [j from, (j + 1)
 * from): as from >= to, it reaches into j and perhaps j + 1. */
typedef struct {
    int j;
    double here, next; /* shares as whole numbers; they add up to `to` */
} cover;

static cover covered(int i, int from, int to) {
    const long long begin = (long long)i * to, end = begin + to, j = begin / from, edge = (j + 1) * from;
    return (cover){(int)j, (double)((end < edge ? end : edge) - begin),
                   (double)(end > edge ? end - edge : 0)};
}

/* Adds a value to one plane of the flat slice, with the shares of its voxel. */
static void spread(double *plane, const xt_shrink *s, cover x, cover y, double value) {
    double *row = plane + (size_t)y.j * (size_t)s->to[0] + (size_t)x.j;
    row[0] += x.here * y.here * value;
    if (x.next > 0) row[1] += x.next * y.here * value;
    if (!(y.next > 0)) return;
    row += s->to[0];
    row[0] += x.here * y.next * value;
    if (x.next > 0) row[1] += x.next * y.next * value;
}

static void add_flat(xt_shrink *s, int z) {
    const cover c = covered(z, s->from[2], s->to[2]);
    const size_t flat = (size_t)s->to[0] * (size_t)s->to[1];
    for (int p = 0; p < s->planes; p++) {
        const double *from = s->flat + (size_t)p * flat;
        double *to = s->sum + (size_t)p * voxels(s) + (size_t)c.j * flat;
        for (size_t i = 0; i < flat; i++) to[i] += c.here * from[i];
        if (c.next > 0)
            for (size_t i = 0; i < flat; i++) to[flat + i] += c.next * from[i];
    }
}

static void clear_flat(xt_shrink *s) {
    memset(s->flat, 0, (size_t)s->planes * (size_t)s->to[0] * (size_t)s->to[1] * sizeof(double));
}

void xt_shrink_field(xt_shrink *s, const float *value, int z) {
    double *known = s->flat + (size_t)s->to[0] * (size_t)s->to[1];
    clear_flat(s);
    for (int y = 0; y < s->from[1]; y++) {
        const cover cy = covered(y, s->from[1], s->to[1]);
        for (int x = 0; x < s->from[0]; x++) {
            const float v = value[(size_t)y * (size_t)s->from[0] + (size_t)x];
            if (!isfinite(v)) continue;
            const cover cx = covered(x, s->from[0], s->to[0]);
            spread(s->flat, s, cx, cy, v);
            spread(known, s, cx, cy, 1);
        }
    }
    add_flat(s, z);
}

void xt_shrink_means(float *mean, const xt_shrink *s) {
    const size_t n = voxels(s);
    for (size_t i = 0; i < n; i++) mean[i] = s->sum[n + i] > 0 ? (float)(s->sum[i] / s->sum[n + i]) : NAN;
}

void xt_shrink_tissues(xt_shrink *s, const uint8_t *tissue, const uint8_t *second, const float *share, int z,
                       const int8_t group[256]) {
    const size_t flat = (size_t)s->to[0] * (size_t)s->to[1];
    clear_flat(s);
    for (int y = 0; y < s->from[1]; y++) {
        const cover cy = covered(y, s->from[1], s->to[1]);
        for (int x = 0; x < s->from[0]; x++) {
            const size_t i = (size_t)y * (size_t)s->from[0] + (size_t)x;
            const int g = group[tissue[i]], other = second && second[i] ? group[second[i]] : -1;
            const double beside = other >= 0 && share[i] > 0 ? fmin(share[i], 1) : 0;
            const cover cx = covered(x, s->from[0], s->to[0]);
            if (g >= 0) spread(s->flat + (size_t)g * flat, s, cx, cy, 1 - beside);
            if (beside > 0) spread(s->flat + (size_t)other * flat, s, cx, cy, beside);
        }
    }
    add_flat(s, z);
}

void xt_shrink_shares(uint8_t *share, const xt_shrink *s) {
    const double whole = (double)s->from[0] * s->from[1] * s->from[2]; /* of a small voxel, in those units */
    for (size_t i = 0; i < voxels(s) * (size_t)s->planes; i++)
        share[i] = (uint8_t)lround(255 * s->sum[i] / whole);
}
