#include "mesh/resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double REACH = 3.2; /* standard deviations; the rest is 0.1 % and is given to the others */

/* Weights of input voxels for each output coordinate of one axis. */
typedef struct {
    int taps;      /* a coordinate's weights begin at coordinate * taps */
    int *start;    /* first input voxel */
    float *weight; /* sums to one */
    float *slope;  /* derivative by the coordinate, 1/mm; sums to zero */
} axis;

struct xt_resampler {
    xt_resampling what;
    axis axis[3];
    int low[2], size[2]; /* the part of the input plane in reach */
    int tissues, tissue[256], slot[256];
    float *plane, *slope; /* [tissues][size product]: summed along z, and its derivative */
    float *row;           /* [tissues][size[0]] */
};

static double normal_cdf(double x) { return 0.5 * erfc(-x * 0.70710678118654752440); }
static double normal_pdf(double x) { return 0.39894228040143267794 * exp(-0.5 * x * x); }

static xt_status make_axis(axis *a, int count, int in, double h, double out_h, double first, double sigma,
                           xt_error *err) {
    a->taps = (int)ceil(2 * REACH * sigma / h) + 2;
    if (a->taps > in) a->taps = in;
    const size_t weights = (size_t)count * (size_t)a->taps;
    a->start = malloc((size_t)count * sizeof *a->start);
    a->weight = calloc(weights, sizeof *a->weight);
    a->slope = calloc(weights, sizeof *a->slope);
    if (!a->start || !a->weight || !a->slope) return xt_no_memory(err, "resampling weights", weights * 8);
    for (int i = 0; i < count; i++) {
        const double at = first + (i + 0.5) * out_h;
        const int begin = (int)floor((at - REACH * sigma) / h), end = (int)floor((at + REACH * sigma) / h);
        int start = begin < 0 ? 0 : begin;
        if (start > in - a->taps) start = in - a->taps;
        a->start[i] = start;
        float *weight = a->weight + (size_t)i * (size_t)a->taps,
              *slope = a->slope + (size_t)i * (size_t)a->taps;
        double sum = 0, sums = 0;
        for (int pass = 0; pass < 2; pass++) /* second pass: normalise what was cut off */
            for (int k = begin; k <= end; k++) {
                const double low = (k * h - at) / sigma, high = ((k + 1) * h - at) / sigma;
                const double w = normal_cdf(high) - normal_cdf(low),
                             s = (normal_pdf(low) - normal_pdf(high)) / sigma;
                int to = (k < 0 ? 0 : k >= in ? in - 1 : k) - start;
                if (to < 0) to = 0;
                if (to >= a->taps) to = a->taps - 1;
                if (pass == 0) {
                    sum += w;
                    sums += s;
                } else {
                    weight[to] += (float)(w / sum);
                    slope[to] += (float)(s / sum - w * sums / (sum * sum));
                }
            }
    }
    return XT_OK;
}

static void free_axis(axis *a) {
    free(a->start);
    free(a->weight);
    free(a->slope);
}

xt_status xt_resampler_new(xt_resampler **out, const xt_resampling *what, xt_error *err) {
    *out = NULL;
    xt_status status = XT_OK;
    xt_resampler *r = calloc(1, sizeof *r);
    if (!r) return xt_no_memory(err, "resampling", sizeof *r);
    r->what = *what;
    for (int a = 0; a < 3; a++)
        XT_GO(make_axis(&r->axis[a], what->out[a], what->dims[a], what->spacing[a], what->out_spacing[a],
                        what->first[a], what->sigma[a], err));
    for (int a = 0; a < 2; a++) {
        r->low[a] = r->axis[a].start[0];
        r->size[a] = r->axis[a].start[what->out[a] - 1] + r->axis[a].taps - r->low[a];
    }
    bool seen[256] = {false};
    const int z_end = r->axis[2].start[what->out[2] - 1] + r->axis[2].taps;
    for (int z = r->axis[2].start[0]; z < z_end; z++)
        for (int y = r->low[1]; y < r->low[1] + r->size[1]; y++) {
            const uint8_t *row =
                what->tissue + ((size_t)z * (size_t)what->dims[1] + (size_t)y) * (size_t)what->dims[0];
            for (int x = r->low[0]; x < r->low[0] + r->size[0]; x++) seen[row[x]] = true;
        }
    for (int t = 0; t < 256; t++)
        if (seen[t]) {
            r->slot[t] = r->tissues;
            r->tissue[r->tissues++] = t;
        }
    const size_t plane = (size_t)r->size[0] * (size_t)r->size[1] * (size_t)r->tissues;
    r->plane = malloc(plane * sizeof *r->plane);
    r->slope = malloc(plane * sizeof *r->slope);
    r->row = malloc((size_t)r->size[0] * (size_t)r->tissues * sizeof *r->row);
    if (!r->plane || !r->slope || !r->row)
        status = xt_no_memory(err, "resampling", plane * 2 * sizeof *r->plane);
done:
    if (status == XT_OK)
        *out = r;
    else
        xt_resampler_free(r);
    return status;
}

void xt_resampler_free(xt_resampler *r) {
    if (!r) return;
    for (int a = 0; a < 3; a++) free_axis(&r->axis[a]);
    free(r->plane);
    free(r->slope);
    free(r->row);
    free(r);
}

/* Sum the indicators along z, for every tissue at once: each input voxel adds to its own tissue only. */
static void sum_along_z(xt_resampler *r, int z) {
    const xt_resampling *w = &r->what;
    const axis *az = &r->axis[2];
    const size_t nx = (size_t)r->size[0], plane = nx * (size_t)r->size[1];
    memset(r->plane, 0, plane * (size_t)r->tissues * sizeof *r->plane);
    memset(r->slope, 0, plane * (size_t)r->tissues * sizeof *r->slope);
    for (int k = 0; k < az->taps; k++) {
        const float weight = az->weight[(size_t)z * (size_t)az->taps + (size_t)k];
        const float slope = az->slope[(size_t)z * (size_t)az->taps + (size_t)k];
        const size_t zin = (size_t)(az->start[z] + k);
        for (size_t y = 0; y < (size_t)r->size[1]; y++) {
            const uint8_t *in = w->tissue +
                                (zin * (size_t)w->dims[1] + (size_t)r->low[1] + y) * (size_t)w->dims[0] +
                                (size_t)r->low[0];
            for (size_t x = 0; x < nx; x++) {
                const size_t at = (size_t)r->slot[in[x]] * plane + y * nx + x;
                r->plane[at] += weight;
                r->slope[at] += slope;
            }
        }
    }
}

static void sum_along_y(xt_resampler *r, int y) {
    const axis *ay = &r->axis[1];
    const size_t nx = (size_t)r->size[0], plane = nx * (size_t)r->size[1];
    memset(r->row, 0, nx * (size_t)r->tissues * sizeof *r->row);
    for (size_t t = 0; t < (size_t)r->tissues; t++)
        for (int k = 0; k < ay->taps; k++) {
            const float weight = ay->weight[(size_t)y * (size_t)ay->taps + (size_t)k];
            const float *in = r->plane + t * plane + (size_t)(ay->start[y] - r->low[1] + k) * nx;
            float *out = r->row + t * nx;
            for (size_t x = 0; x < nx; x++) out[x] += weight * in[x];
        }
}

/* Gradient (per mm) of the smoothed indicator in slot t at output point x, y of the slice at hand. */
static void gradient(double g[3], const xt_resampler *r, int t, int x, int y) {
    const axis *ax = &r->axis[0], *ay = &r->axis[1];
    const size_t nx = (size_t)r->size[0];
    const size_t from = (size_t)t * nx * (size_t)r->size[1] + (size_t)(ay->start[y] - r->low[1]) * nx +
                        (size_t)(ax->start[x] - r->low[0]);
    g[0] = g[1] = g[2] = 0;
    for (int j = 0; j < ay->taps; j++) {
        const float *in = r->plane + from + (size_t)j * nx, *sl = r->slope + from + (size_t)j * nx;
        double sum = 0, dx = 0, dz = 0;
        for (int i = 0; i < ax->taps; i++) {
            const size_t k = (size_t)x * (size_t)ax->taps + (size_t)i;
            sum += (double)ax->weight[k] * (double)in[i];
            dx += (double)ax->slope[k] * (double)in[i];
            dz += (double)ax->weight[k] * (double)sl[i];
        }
        const size_t k = (size_t)y * (size_t)ay->taps + (size_t)j;
        g[0] += (double)ay->weight[k] * dx;
        g[1] += (double)ay->slope[k] * sum;
        g[2] += (double)ay->weight[k] * dz;
    }
}

static double cube(double x) { return x > 0 ? x * x * x : 0; }

double xt_box_beyond(const double size[3], const double normal[3], double distance) {
    /* Volume cut from the unit cube by m . x < alpha: inclusion and exclusion of the corners (Scardovelli and
     * Zaleski, J. Comput. Phys. 164 (2000) 228). Components too small to divide by are raised, at an error
     * below 1e-4. */
    double m[3], sum = 0;
    for (int a = 0; a < 3; a++) sum += fabs(normal[a]) * size[a];
    if (!(sum > 0)) return distance < 0;
    double total = 0;
    for (int a = 0; a < 3; a++) total += m[a] = fmax(fabs(normal[a]) * size[a] / sum, 1e-3);
    const double alpha = 0.5 * total - distance / sum; /* the part beyond, mirrored into the first corner */
    if (alpha <= 0) return 0;
    if (alpha >= total) return 1;
    const bool upper = alpha > 0.5 * total;
    const double a =
        upper ? total - alpha : alpha; /* the smaller half keeps the differences well-conditioned */
    const double v = (cube(a) - cube(a - m[0]) - cube(a - m[1]) - cube(a - m[2]) + cube(a - m[0] - m[1]) +
                      cube(a - m[0] - m[2]) + cube(a - m[1] - m[2])) /
                     (6 * m[0] * m[1] * m[2]);
    return fmin(1, fmax(0, upper ? 1 - v : v));
}

/* Inverse of the error function: Winitzki's approximation (2008), then two Newton steps. */
static double inverse_erf(double y) {
    const double a = 0.147, l = log(1 - y * y), b = 2 / (3.14159265358979323846 * a) + 0.5 * l;
    double x = copysign(sqrt(sqrt(b * b - l / a) - b), y);
    for (int i = 0; i < 2; i++) x -= (erf(x) - y) / (1.12837916709551257390 * exp(-x * x));
    return x;
}

/* Share of the second tissue: with values p and q at the voxel's centre, the surface p = q is at the
 * distance at which an error function of the same slope would vanish. */
static double share_of(const xt_resampler *r, int first, int second, double p, double q, int x, int y) {
    const double wp = r->what.weight[r->tissue[first]], wq = r->what.weight[r->tissue[second]];
    const double sum = p + q, f = (p - q) / sum;
    if (f > 0.9999) return 0;
    double gp[3], gq[3], n[3], length = 0;
    gradient(gp, r, first, x, y);
    gradient(gq, r, second, x, y);
    for (int a = 0; a < 3; a++) {
        n[a] =
            ((wp * gp[a] - wq * gq[a]) - f * (wp * gp[a] + wq * gq[a])) / sum; /* of f: towards the first */
        length += n[a] * n[a];
    }
    length = sqrt(length);
    if (!(length > 1e-12)) return f > 0 ? 0 : 0.5;
    const double g = inverse_erf(f), slope = 0.88622692545275801365 * exp(g * g) * length;
    for (int a = 0; a < 3; a++) n[a] /= -length;
    return xt_box_beyond(r->what.out_spacing, n, g / slope);
}

/* p: unweighted values by slot; weighted on return. */
static xt_material choose(const xt_resampler *r, double *p, int x, int y, double *dropped) {
    xt_material m = {0, 0, 0};
    int first = -1, second = -1;
    for (int t = 0; t < r->tissues; t++) {
        if (r->tissue[t] == 0) {
            if (p[t] > 0.5) return m;
            continue;
        }
        p[t] *= r->what.weight[r->tissue[t]];
        if (first < 0 || p[t] > p[first]) {
            second = first;
            first = t;
        } else if (second < 0 || p[t] > p[second]) {
            second = t;
        }
    }
    if (first < 0) return m;
    m.tissue = (uint8_t)r->tissue[first];
    if (second < 0 || p[second] <= 0) return m;
    const double share = fmin(0.5, share_of(r, first, second, p[first], p[second], x, y));
    const long parts = lround(65535.0 * share);
    if (parts <= 0) return m;
    m.second = (uint8_t)r->tissue[second];
    m.share = (uint16_t)(parts > 32767 ? 32767 : parts);
    /* A third tissue that comes near the second would have had a part. */
    for (int t = 0; t < r->tissues; t++)
        if (t != first && t != second && r->tissue[t] != 0 && p[t] > 0.5 * p[second] &&
            share * p[t] > *dropped)
            *dropped = share * p[t];
    return m;
}

void xt_resample_slice(xt_material *material, xt_resampler *r, int z, double *dropped) {
    const axis *ax = &r->axis[0];
    const size_t nx = (size_t)r->size[0];
    sum_along_z(r, z);
    for (int y = 0; y < r->what.out[1]; y++) {
        sum_along_y(r, y);
        for (int x = 0; x < r->what.out[0]; x++, material++) {
            const float *weight = ax->weight + (size_t)x * (size_t)ax->taps;
            double p[256];
            for (int t = 0; t < r->tissues; t++) {
                const float *in = r->row + (size_t)t * nx + (size_t)(ax->start[x] - r->low[0]);
                float sum = 0;
                for (int k = 0; k < ax->taps; k++) sum += weight[k] * in[k];
                p[t] = (double)sum;
            }
            *material = choose(r, p, x, y, dropped);
        }
    }
}
