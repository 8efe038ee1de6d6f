/* Weights that keep the volumes of thin tissues when labels are resampled.
 *
 * A sheet one voxel thick loses to its thicker neighbours once all are smoothed. Comparing weight * value
 * instead of value moves each boundary by a fraction of sigma; the weights are found by fixed-point iteration
 * on a sample of points of the whole volume, so that windows are parts of the whole. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "mesh/resample.h"

enum { POINTS = 200000, ROUNDS = 30, LEAST = 100, MOST_TAPS = 512 };
static const double REACH = 3.2, MOST_WEIGHT = 4; /* further, and a few voxels would grow into lumps */

typedef struct {
    int count, index[MOST_TAPS];
    double weight[MOST_TAPS];
} taps;

static void make_taps(taps *t, double at, int in, double h, double sigma) {
    const int begin = (int)floor((at - REACH * sigma) / h), end = (int)floor((at + REACH * sigma) / h);
    double sum = 0;
    t->count = 0;
    for (int k = begin; k <= end && t->count < MOST_TAPS; k++) {
        const double low = (k * h - at) / sigma, high = low + h / sigma;
        const double w = 0.5 * (erf(high * 0.70710678118654752440) - erf(low * 0.70710678118654752440));
        t->index[t->count] = k < 0 ? 0 : k >= in ? in - 1 : k;
        t->weight[t->count++] = w;
        sum += w;
    }
    for (int i = 0; i < t->count; i++) t->weight[i] /= sum;
}

/* A fixed, even scatter: additive recurrence with the plastic number's inverse powers (Roberts 2018). */
static void point_at(double point[3], const xt_resampling *what, int i) {
    static const double step[3] = {0.8191725133961645, 0.6710436067037893, 0.5497004779019703};
    for (int a = 0; a < 3; a++) {
        const double u = 0.5 + step[a] * i;
        point[a] = (u - floor(u)) * what->dims[a] * what->spacing[a];
    }
}

typedef struct {
    int slots, slot[256], tissue[256];
    size_t points;
    float *value;         /* [points][slots] of the points where tissues meet */
    double *wanted, *got; /* [slots] points by label, by choice */
    double *settled;      /* [slots] points that no weight can change */
} sample;

/* Values of all tissues at a point, into the sample. */
static void take_point(sample *s, const xt_resampling *what, const taps t[3], int label) {
    float *value = s->value + s->points * (size_t)s->slots;
    memset(value, 0, (size_t)s->slots * sizeof *value);
    for (int k = 0; k < t[2].count; k++)
        for (int j = 0; j < t[1].count; j++) {
            const uint8_t *row =
                what->tissue + ((size_t)t[2].index[k] * (size_t)what->dims[1] + (size_t)t[1].index[j]) *
                                   (size_t)what->dims[0];
            const double w = t[2].weight[k] * t[1].weight[j];
            for (int i = 0; i < t[0].count; i++)
                value[s->slot[row[t[0].index[i]]]] += (float)(w * t[0].weight[i]);
        }
    s->wanted[s->slot[label]]++;
    for (int n = 0; n < s->slots; n++)
        if (value[n] >
            (s->tissue[n] == 0 ? 0.5f : 0.97f)) { /* 0.97 wins against 0.03 with four times the weight */
            s->settled[n]++;
            return;
        }
    s->points++;
}

static void count_choices(sample *s, const double *weight) {
    memcpy(s->got, s->settled, (size_t)s->slots * sizeof *s->got);
    for (size_t p = 0; p < s->points; p++) {
        const float *value = s->value + p * (size_t)s->slots;
        int best = -1;
        for (int n = 0; n < s->slots; n++)
            if (s->tissue[n] != 0 && (best < 0 || weight[s->tissue[n]] * (double)value[n] >
                                                      weight[s->tissue[best]] * (double)value[best]))
                best = n;
        if (best >= 0) s->got[best]++;
    }
}

static void iterate(double weight[256], sample *s) {
    for (int round = 0; round < ROUNDS; round++) {
        count_choices(s, weight);
        for (int n = 0; n < s->slots; n++) {
            if (s->tissue[n] == 0 || s->wanted[n] < LEAST) continue;
            const double more = sqrt(s->wanted[n] / fmax(1, s->got[n])), w = weight[s->tissue[n]] * more;
            weight[s->tissue[n]] = fmin(MOST_WEIGHT, fmax(1 / MOST_WEIGHT, w));
        }
    }
}

xt_status xt_resample_balance(double weight[256], const xt_resampling *what, xt_error *err) {
    xt_status status = XT_OK;
    sample s = {0};
    bool seen[256] = {false};
    const size_t voxels = (size_t)what->dims[0] * (size_t)what->dims[1] * (size_t)what->dims[2];
    for (int t = 0; t < 256; t++) weight[t] = 1;
    for (size_t i = 0; i < voxels; i++) seen[what->tissue[i]] = true;
    for (int t = 0; t < 256; t++)
        if (seen[t]) {
            s.slot[t] = s.slots;
            s.tissue[s.slots++] = t;
        }
    if (s.slots - seen[0] < 2) return XT_OK; /* nothing to weigh */
    taps *t = malloc(3 * sizeof *t);
    s.value = malloc(((size_t)POINTS + 1) * (size_t)s.slots * sizeof *s.value);
    s.wanted = calloc(3 * (size_t)s.slots, sizeof *s.wanted);
    if (!t || !s.value || !s.wanted) {
        status = xt_no_memory(err, "resampling", (size_t)POINTS * (size_t)s.slots * sizeof *s.value);
        goto done;
    }
    s.got = s.wanted + s.slots;
    s.settled = s.got + s.slots;
    for (int i = 0; i < POINTS; i++) {
        double point[3];
        size_t own = 0;
        point_at(point, what, i);
        for (int a = 2; a >= 0; a--) {
            int k = (int)(point[a] / what->spacing[a]);
            if (k >= what->dims[a]) k = what->dims[a] - 1;
            own = own * (size_t)what->dims[a] + (size_t)k;
            make_taps(&t[a], point[a], what->dims[a], what->spacing[a], what->sigma[a]);
        }
        take_point(&s, what, t, what->tissue[own]);
    }
    iterate(weight, &s);
done:
    free(t);
    free(s.value);
    free(s.wanted);
    return status;
}
