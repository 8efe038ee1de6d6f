/* The four-species step by hand in OpenMP and vector code: what the processor can do without OpenCL.
 *
 * Measures seconds a step of the benchmark's step problem (problem.h): forward Euler, per-tissue
 * diffusivity in series at faces, decay and source, 33 bytes a voxel by model (four species read and
 * written, one label).
 *
 *   naive    what one writes first: loops over voxels, tables looked up by label, vectorised by the compiler
 *   single   rows in vectors of 16, species side by side in registers, coefficients by vector permutation
 *            out of a table of label pairs, and a short path where a block of 16 and its neighbours share
 *            one label
 *   blocked  the same rows, two or more steps a pass: y tiles with overlap, marched along z through rings
 *            of four planes
 *
 * single and blocked try their tile shapes, and stores past the cache, and report the best. All are first
 * compared with double precision on 48^3 after 12 steps.
 *
 * Build: tools/bench/peers/build.sh (gcc, OpenMP; fast where the processor has AVX-512: variable
 * permutations of 16 floats are slow without).
 * Source of the method: spatial and 2.5-D temporal blocking, Nguyen et al., "3.5-D blocking optimization
 * for stencil computations on modern CPUs and GPUs", SC 2010.
 *
 * Usage: openmp_step N [least seconds of a timing] [random]. A line of JSON a variant.
 */
#define _GNU_SOURCE
#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "openmp_row.h"

enum { REPEATS = 5 };

static void *huge(size_t bytes) {
    const size_t page = (size_t)2 << 20;
    void *room = aligned_alloc(page, (bytes + 2 * page - 1) / page * page);
    if (!room) {
        fprintf(stderr, "openmp_step: no memory for %zu bytes\n", bytes);
        exit(1);
    }
    madvise(room, bytes, MADV_HUGEPAGE);
    memset(room, 0, bytes);
    return room;
}

static int label_at(const grid *g, int x, int y, int z) {
    return g->label[voxel(g, clamp(x, g->n), clamp(y, g->n), clamp(z, g->n))];
}

static void reset(grid *g) {
    for (int s = 0; s < SPECIES; s++)
        for (int z = 0; z < g->n; z++)
            for (int y = 0; y < g->n; y++)
                for (int x = 0; x < g->n; x++)
                    g->now[(size_t)s * g->species + voxel(g, x, y, z)] = (float)step_level(x, y, z, s);
}

static void mark_blocks(grid *g) {
    static const int away[7][3] = {{0, 0, 0}, {-1, 0, 0}, {1, 0, 0}, {0, -1, 0},
                                   {0, 1, 0}, {0, 0, -1}, {0, 0, 1}};
    for (int z = 0; z < g->n; z++)
        for (int y = 0; y < g->n; y++)
            for (int b = 0; b < g->n / LANES; b++) {
                const int first = label_at(g, b * LANES, y, z);
                bool alone = true;
                for (int x = b * LANES; x < (b + 1) * LANES; x++)
                    for (int k = 0; k < 7; k++)
                        alone &= label_at(g, x + away[k][0], y + away[k][1], z + away[k][2]) == first;
                g->block[voxel(g, b * LANES, y, z) / LANES] = (uint8_t)(alone ? first : MIXED);
            }
}

static grid make_grid(int n, bool random) {
    const size_t voxels = (size_t)n * (size_t)n * (size_t)n;
    grid g = {.n = n, .row = (size_t)n, .plane = (size_t)n * (size_t)n, .species = voxels + PAD};
    const size_t floats = SPECIES * g.species + LANES;
    g.label = huge(voxels + 128);
    g.block = huge(voxels / LANES);
    g.now = huge(floats * sizeof(float));
    g.next = huge(floats * sizeof(float));
    srand(1);
    for (int z = 0; z < n; z++)
        for (int y = 0; y < n; y++)
            for (int x = 0; x < n; x++)
                g.label[voxel(&g, x, y, z)] = (uint8_t)(random ? rand() % TISSUES : step_tissue(x, y, z, n));
    for (int axis = 0; axis < 3; axis++) {
        g.face[axis] = (uint8_t *)huge(voxels + 128) + 64; /* the block before the first is read, too */
        for (int z = 0; z < n; z++)
            for (int y = 0; y < n; y++)
                for (int x = 0; x < n; x++)
                    g.face[axis][voxel(&g, x, y, z)] =
                        pair_of[label_at(&g, x, y, z) * 8 +
                                label_at(&g, x + (axis == 0), y + (axis == 1), z + (axis == 2))];
    }
    mark_blocks(&g);
    reset(&g);
    return g;
}

/* ---- naive ---- */

static inline float naive_voxel(const grid *g, int s, size_t at, const size_t beside[6]) {
    const uint8_t *label = g->label;
    const float *now = g->now + (size_t)s * g->species, *face = label_face[s] + label[at] * 8;
    float value = keep[s][label[at]] * now[at] + gain[s][label[at]];
    for (int k = 0; k < 6; k++) value += face[label[beside[k]]] * (now[beside[k]] - now[at]);
    return value;
}

static void step_naive(grid *g, int tile, bool past_cache, int steps) {
    (void)tile, (void)past_cache, (void)steps;
    const int n = g->n;
#pragma omp parallel for schedule(static)
    for (int z = 0; z < n; z++)
        for (int y = 0; y < n; y++)
            for (int s = 0; s < SPECIES; s++) {
                const size_t row = voxel(g, 0, y, z);
                const size_t rows[4] = {voxel(g, 0, clamp(y - 1, n), z), voxel(g, 0, clamp(y + 1, n), z),
                                        voxel(g, 0, y, clamp(z - 1, n)), voxel(g, 0, y, clamp(z + 1, n))};
                float *restrict to = g->next + (size_t)s * g->species + row;
#pragma omp simd
                for (int x = 1; x < n - 1; x++) {
                    const size_t i = (size_t)x;
                    const size_t beside[6] = {row + i - 1, row + i + 1, rows[0] + i,
                                              rows[1] + i, rows[2] + i, rows[3] + i};
                    to[x] = naive_voxel(g, s, row + i, beside);
                }
                for (int x = 0; x < n; x += n - 1) { /* nothing passes through the walls */
                    const size_t i = (size_t)x;
                    const size_t beside[6] = {row + (size_t)clamp(x - 1, n),
                                              row + (size_t)clamp(x + 1, n),
                                              rows[0] + i,
                                              rows[1] + i,
                                              rows[2] + i,
                                              rows[3] + i};
                    to[x] = naive_voxel(g, s, row + i, beside);
                }
            }
}

static rows rows_of(const grid *g, int y, int z) {
    const int n = g->n;
    const float *u = g->now;
    return (rows){u + voxel(g, 0, y, z),
                  u + voxel(g, 0, clamp(y - 1, n), z),
                  u + voxel(g, 0, clamp(y + 1, n), z),
                  g->species,
                  u + voxel(g, 0, y, clamp(z - 1, n)),
                  u + voxel(g, 0, y, clamp(z + 1, n))};
}

/* ---- single pass: threads share z, each goes through strips of `tile` rows ---- */

static void step_single(grid *g, int tile, bool past_cache, int steps) {
    (void)steps;
    const int n = g->n;
#pragma omp parallel
    {
        const int threads = omp_get_num_threads(), id = omp_get_thread_num();
        for (int y0 = 0; y0 < n; y0 += tile)
            for (int z = n * id / threads; z < n * (id + 1) / threads; z++)
                for (int y = y0; y < y0 + tile && y < n; y++) {
                    float *to = g->next + voxel(g, 0, y, z);
                    if (past_cache)
                        step_row(to, g->species, rows_of(g, y, z), g, y, z, true);
                    else
                        step_row(to, g->species, rows_of(g, y, z), g, y, z, false);
                }
        if (past_cache) stores_done();
    }
}

/* ---- blocked: `steps` steps a pass; a strip of y with its overlap marches along z, and the planes between
 * two steps live in rings of four ---- */

static void blocked_strip(grid *g, int y0, int tile, bool past_cache, int steps) {
    const int n = g->n, overlap = steps - 1, y1 = y0 + tile < n ? y0 + tile : n, base = y0 - overlap;
    const size_t stride = (size_t)n + LANES, row = SPECIES * stride + LANES,
                 plane = row * (size_t)(tile + 2 * overlap);
    float *ring = g->ring[omp_get_thread_num()];
    for (int front = 0; front < n + steps - 1; front++)
        for (int k = 1; k <= steps; k++) {
            const int z = front - (k - 1), halo = steps - k;
            if (z < 0 || z >= n) continue;
            float *out = ring + (size_t)(k - 1) * 4 * plane;
            const float *in = ring + (size_t)(k >= 2 ? k - 2 : 0) * 4 * plane;
            const int ya = y0 - halo < 0 ? 0 : y0 - halo, yb = y1 + halo > n ? n : y1 + halo;
            const float *here = in + (size_t)(z & 3) * plane,
                        *below = in + (size_t)(clamp(z - 1, n) & 3) * plane,
                        *above = in + (size_t)(clamp(z + 1, n) & 3) * plane;
            for (int y = ya; y < yb; y++) {
                const size_t at = (size_t)(y - base) * row;
                const rows from = k == 1 ? rows_of(g, y, z)
                                         : (rows){here + at,
                                                  here + (size_t)(clamp(y - 1, n) - base) * row,
                                                  here + (size_t)(clamp(y + 1, n) - base) * row,
                                                  stride,
                                                  below + at,
                                                  above + at};
                if (k < steps)
                    step_row(out + (size_t)(z & 3) * plane + at, stride, from, g, y, z, false);
                else if (past_cache)
                    step_row(g->next + voxel(g, 0, y, z), g->species, from, g, y, z, true);
                else
                    step_row(g->next + voxel(g, 0, y, z), g->species, from, g, y, z, false);
            }
        }
    if (past_cache) stores_done();
}

static void step_blocked(grid *g, int tile, bool past_cache, int steps) {
    const size_t floats =
        (size_t)steps * 4 * (size_t)(tile + 2 * steps) * (SPECIES * ((size_t)g->n + LANES) + LANES);
    if (floats > g->ring_floats)
        for (int t = 0; t < omp_get_max_threads() && t < 64; t++) {
            free(g->ring[t]);
            g->ring[t] = huge(floats * sizeof(float));
        }
    if (floats > g->ring_floats) g->ring_floats = floats;
#pragma omp parallel for schedule(static)
    for (int y0 = 0; y0 < g->n; y0 += tile) blocked_strip(g, y0, tile, past_cache, steps);
}

/* ---- check, tune, time ---- */

typedef struct {
    const char *name;
    void (*pass)(grid *, int tile, bool past_cache, int steps);
    int tile, steps; /* steps a pass */
    bool past_cache;
} variant;

static void advance(grid *g, const variant *v, int steps) {
    for (int done = 0; done < steps; done += v->steps) {
        v->pass(g, v->tile, v->past_cache, v->steps);
        float *old = g->now;
        g->now = g->next;
        g->next = old;
    }
}

/* Seconds a step, over at least `least` seconds. */
static double time_once(grid *g, const variant *v, double least) {
    const int chunk = v->steps * 4;
    int steps = 0;
    double began = omp_get_wtime(), took;
    do {
        advance(g, v, chunk);
        steps += chunk;
        took = omp_get_wtime() - began;
    } while (took < least);
    return took / steps;
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Largest difference from double precision after 12 steps. */
static double check(const variant *v, bool random) {
    enum { N = 48, STEPS = 12 };
    static const int away[6][3] = {{-1, 0, 0}, {1, 0, 0}, {0, -1, 0}, {0, 1, 0}, {0, 0, -1}, {0, 0, 1}};
    grid g = make_grid(N, random);
    double worst = 0, *now = malloc(sizeof(double) * N * N * N), *next = malloc(sizeof(double) * N * N * N);
    for (int s = 0; s < SPECIES; s++) {
        reset(&g);
        for (size_t i = 0; i < N * N * N; i++) now[i] = (double)g.now[(size_t)s * g.species + i];
        for (int k = 0; k < STEPS; k++) {
            for (int z = 0; z < N; z++)
                for (int y = 0; y < N; y++)
                    for (int x = 0; x < N; x++) {
                        const size_t i = voxel(&g, x, y, z);
                        const int t = g.label[i];
                        next[i] = (1 - step_decay(t, s)) * now[i] + step_source(t, s);
                        for (int f = 0; f < 6; f++) {
                            const size_t j = voxel(&g, clamp(x + away[f][0], N), clamp(y + away[f][1], N),
                                                   clamp(z + away[f][2], N));
                            next[i] += step_face(t, g.label[j], s) * (now[j] - now[i]);
                        }
                    }
            double *old = now;
            now = next;
            next = old;
        }
        advance(&g, v, STEPS);
        for (size_t i = 0; i < N * N * N; i++)
            worst = fmax(worst, fabs((double)g.now[(size_t)s * g.species + i] - now[i]));
    }
    free(now);
    free(next);
    return worst;
}

static void report(grid *g, const variant *v, double least, bool random) {
    const double error = check(v, random);
    double seconds[REPEATS];
    for (int r = 0; r < REPEATS; r++) seconds[r] = time_once(g, v, least);
    qsort(seconds, REPEATS, sizeof *seconds, ascending);
    printf(
        "{\"peer\": \"OpenMP, %s\", \"size\": %d, \"labels\": \"%s\", \"seconds\": %.6g, \"least_s\": %.6g, "
        "\"tile\": %d, \"steps_a_pass\": %d, \"stores_past_cache\": %s, \"threads\": %d, \"error\": %.2g, "
        "\"verdict\": \"%s\"}\n",
        v->name, g->n, random ? "random" : "tissues", seconds[REPEATS / 2], seconds[0], v->tile, v->steps,
        v->past_cache ? "true" : "false", omp_get_max_threads(), error, error < 2e-6 ? "PASS" : "FAIL");
    fflush(stdout);
}

static variant tuned(grid *g, variant best, double least) {
    static const int tiles[] = {4, 8, 16, 32, 64, 1 << 20};
    const bool blocked = best.pass == step_blocked;
    double least_seconds = INFINITY;
    variant found = best;
    for (int steps = blocked ? 2 : 1; steps <= (blocked ? 4 : 1); steps++)
        for (size_t k = 0; k < sizeof tiles / sizeof *tiles; k++)
            for (int past = 0; past < 2; past++) {
                if (blocked && tiles[k] > g->n / 2) continue;
                variant tried = best;
                tried.tile = tiles[k] < g->n ? tiles[k] : g->n;
                tried.steps = steps;
                tried.past_cache = past;
                advance(g, &tried, steps);
                const double seconds = time_once(g, &tried, least / 4);
                if (seconds < least_seconds) {
                    least_seconds = seconds;
                    found = tried;
                }
            }
    return found;
}

int main(int count, char **argument) {
    const int n = count > 1 ? atoi(argument[1]) : 128;
    const double least = count > 2 ? atof(argument[2]) : 0.2;
    const bool random = count > 3 && strcmp(argument[3], "random") == 0;
    if (n < LANES || n % LANES || !(least > 0)) {
        fprintf(stderr, "usage: openmp_step N [seconds] [random]; N is a multiple of %d\n", LANES);
        return 2;
    }
    fill_tables();
    grid g = make_grid(n, random);
    const variant naive = {"naive", step_naive, 0, 1, false};
    report(&g, &naive, least, random);
    const variant single = tuned(&g, (variant){"single pass", step_single, n, 1, false}, least);
    report(&g, &single, least, random);
    const variant blocked = tuned(&g, (variant){"blocked", step_blocked, 16, 2, false}, least);
    report(&g, &blocked, least, random);
    return 0;
}
