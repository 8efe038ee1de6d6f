#include "bench/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void coefficients(xt_bench_reference *r, const xt_model *model) {
    const size_t tissues = (size_t)r->tissues;
    xt_transport t[XT_MAX_TISSUES];
    for (int s = 0; s < r->species; s++) {
        double *between = r->between + (size_t)s * tissues * tissues;
        for (int k = 0; k < r->tissues; k++)
            xt_model_transport(&t[k], model, s, k + 1, model->tissue[k + 1].composition);
        for (size_t a = 0; a < tissues; a++) {
            const size_t row = (size_t)s * tissues + a;
            const double secretion = xt_model_baseline_secretion(model, s, model->tissue[a + 1].compartment);
            const double supply = t[a].exchange * t[a].partition * model->species[s].plasma_baseline;
            r->loss[row] = (t[a].fluid * t[a].loss + t[a].exchange) / t[a].fluid;
            r->source[row] = r->silent ? 0 : (secretion + supply) / t[a].fluid;
            for (size_t b = 0; b < tissues; b++) {
                const double pa = t[a].fluid * t[a].diffusivity, pb = t[b].fluid * t[b].diffusivity;
                between[a * tissues + b] = 2 / (1 / pa + 1 / pb) / t[a].fluid;
            }
        }
    }
}

xt_status xt_bench_reference_create(xt_bench_reference **out, const xt_model *model, xt_bench_problem problem,
                                    int n, const int low[3], const int dims[3], xt_error *err) {
    xt_bench_reference *r = calloc(1, sizeof *r);
    *out = NULL;
    if (!r) return xt_no_memory(err, "the host's reference", sizeof *r);
    r->n = n;
    memcpy(r->low, low, sizeof r->low);
    memcpy(r->dims, dims, sizeof r->dims);
    r->cells = (size_t)dims[0] * (size_t)dims[1] * (size_t)dims[2];
    r->species = model->species_count;
    r->tissues = model->tissue_count;
    r->silent = problem == XT_BENCH_EMPTY;
    const size_t rows = (size_t)r->species * (size_t)r->tissues;
    r->tissue = malloc(r->cells);
    r->between = malloc(rows * (size_t)r->tissues * sizeof *r->between);
    r->loss = malloc(rows * sizeof *r->loss);
    r->source = malloc(rows * sizeof *r->source);
    if (!r->tissue || !r->between || !r->loss || !r->source) {
        const size_t cells = r->cells;
        xt_bench_reference_free(r);
        return xt_no_memory(err, "the host's reference", cells);
    }
    coefficients(r, model);
    unsigned char *at = r->tissue;
    for (int z = 0; z < dims[2]; z++)
        for (int y = 0; y < dims[1]; y++)
            for (int x = 0; x < dims[0]; x++)
                *at++ = (unsigned char)xt_bench_tissue(problem, low[0] + x, low[1] + y, low[2] + z, n);
    *out = r;
    return XT_OK;
}

void xt_bench_reference_free(xt_bench_reference *r) {
    if (!r) return;
    free(r->tissue);
    free(r->between);
    free(r->loss);
    free(r->source);
    free(r);
}

void xt_bench_reference_rate(double *rate, const xt_bench_reference *r, int species, const double *c) {
    const size_t tissues = (size_t)r->tissues, nx = (size_t)r->dims[0], plane = nx * (size_t)r->dims[1];
    const double *between = r->between + (size_t)species * tissues * tissues;
    const double *loss = r->loss + (size_t)species * tissues, *source = r->source + (size_t)species * tissues;
    const unsigned char *tissue = r->tissue;
    for (int z = 0; z < r->dims[2]; z++)
        for (int y = 0; y < r->dims[1]; y++) {
            const size_t row = (size_t)z * plane + (size_t)y * nx;
            /* a face at the rim looks at the voxel itself */
            const size_t north = y > 0 ? row - nx : row, south = y + 1 < r->dims[1] ? row + nx : row;
            const size_t below = z > 0 ? row - plane : row, above = z + 1 < r->dims[2] ? row + plane : row;
            for (size_t x = 0; x < nx; x++) {
                const size_t i = row + x, west = x > 0 ? i - 1 : i, east = x + 1 < nx ? i + 1 : i;
                const double *t = between + tissue[i] * tissues, own = c[i];
                rate[i] = t[tissue[west]] * (c[west] - own) + t[tissue[east]] * (c[east] - own) +
                          t[tissue[north + x]] * (c[north + x] - own) +
                          t[tissue[south + x]] * (c[south + x] - own) +
                          t[tissue[below + x]] * (c[below + x] - own) +
                          t[tissue[above + x]] * (c[above + x] - own) + source[tissue[i]] -
                          loss[tissue[i]] * own;
            }
        }
}

double xt_bench_reference_radius(const xt_bench_reference *r, int species) {
    double radius = 0;
    const int tissues = r->tissues;
    for (int a = 0; a < tissues; a++)
        for (int b = 0; b < tissues; b++)
            radius = fmax(radius, 12 * r->between[(species * tissues + a) * tissues + b] +
                                      r->loss[species * tissues + a]);
    return radius;
}

void xt_bench_reference_start(double *c, const xt_bench_reference *r, xt_bench_problem problem, int species) {
    for (int z = 0; z < r->dims[2]; z++)
        for (int y = 0; y < r->dims[1]; y++)
            for (int x = 0; x < r->dims[0]; x++) /* as the device has it */
                *c++ = (float)xt_bench_level(problem, r->low[0] + x, r->low[1] + y, r->low[2] + z, r->n,
                                             species);
}

void xt_bench_reference_steps(double *c, double *work, const xt_bench_reference *r, int species, double dt,
                              int steps) {
    for (int k = 0; k < steps; k++) {
        xt_bench_reference_rate(work, r, species, c);
        for (size_t i = 0; i < r->cells; i++) c[i] += dt * work[i];
    }
}

/* ---- the exact solution ---- */

/* With v = c - first: v' = A v + g, v(0) = 0, g the rate at `first`; so v = time f(time A) g with
 * f(y) = (e^y - 1)/y, expanded on the spectrum in y = reach (x - 1), x in [-1, 1], reach = time radius / 2.
 */
static double f(double y) { return fabs(y) < 1e-8 ? 1 + y / 2 : expm1(y) / y; }

/* Chebyshev coefficients of f from its values at `count` nodes. */
static void expand(double *coefficient, int count, double reach) {
    const double pi = acos(-1.0);
    for (int k = 0; k < count; k++) {
        double sum = 0;
        for (int j = 0; j < count; j++)
            sum += f(reach * (cos(pi * (j + 0.5) / count) - 1)) * cos(pi * k * (j + 0.5) / count);
        coefficient[k] = (k ? 2.0 : 1.0) / count * sum;
    }
}

xt_status xt_bench_reference_exact(double *c, double *work, const xt_bench_reference *r, int species,
                                   double first, double time, xt_error *err) {
    const double radius = xt_bench_reference_radius(r, species), reach = time * radius / 2;
    const int count = 40 + (int)(9 * sqrt(reach)); /* what is left out is below 1e-15 */
    double *coefficient = malloc((size_t)count * sizeof *coefficient);
    double *g = work, *before = work + r->cells, *now = work + 2 * r->cells;
    if (!coefficient) return xt_no_memory(err, "a Chebyshev series", (size_t)count * sizeof *coefficient);
    double *next = malloc(3 * r->cells * sizeof *next), *rate = next ? next + r->cells : NULL,
           *sum = next ? next + 2 * r->cells : NULL, *own = next;
    if (!next) {
        free(coefficient);
        return xt_no_memory(err, "the host's reference", 3 * r->cells * sizeof *next);
    }
    expand(coefficient, count, reach);
    for (size_t i = 0; i < r->cells; i++) c[i] = first;
    xt_bench_reference_rate(g, r, species, c);
    /* rate() adds the sources: the matrix alone is rate(v) - rate(0), and rate(0) is the source of the tissue
     */
    const double *source = r->source + (size_t)species * (size_t)r->tissues;
    for (size_t i = 0; i < r->cells; i++) {
        before[i] = 0;
        now[i] = g[i];
        sum[i] = coefficient[0] * g[i];
    }
    for (int k = 1; k < count; k++) { /* x v = v + 2/radius A v */
        xt_bench_reference_rate(rate, r, species, now);
        for (size_t i = 0; i < r->cells; i++) {
            const double x = now[i] + 2 / radius * (rate[i] - source[r->tissue[i]]);
            next[i] = k == 1 ? x : 2 * x - before[i];
            sum[i] += coefficient[k] * next[i];
        }
        double *turn = before;
        before = now;
        now = next;
        next = turn;
    }
    for (size_t i = 0; i < r->cells; i++) c[i] = first + time * sum[i];
    free(own);
    free(coefficient);
    return XT_OK;
}
