/* The problem in memory, and one row of all species in vectors: what openmp_step.c is made of. */
#ifndef PEERS_OPENMP_ROW_H
#define PEERS_OPENMP_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifdef __AVX512F__
#include <immintrin.h>
#endif
#include "problem.h"

enum { LANES = 16, MIXED = 255, PAIRS = TISSUES * (TISSUES + 1) / 2, PAD = 16 * 37 };

typedef float vec __attribute__((vector_size(64)));
typedef int32_t ivec __attribute__((vector_size(64)));
typedef float vec_anywhere __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint8_t bytes_anywhere __attribute__((vector_size(16), aligned(1), may_alias));

static inline vec load(const float *from) { return (vec) * (const vec_anywhere *)from; }
static inline ivec load_bytes(const uint8_t *from) {
#ifdef __AVX512F__ /* gcc 12 takes the conversion apart */
    return (ivec)_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)from));
#else
    return __builtin_convertvector(*(const bytes_anywhere *)from, ivec);
#endif
}
static inline vec all(float x) { return x - (vec){0}; }
static inline void store(float *to, vec value, bool past_cache) {
#ifdef __AVX512F__
    if (past_cache) {
        _mm512_stream_ps(to, (__m512)value);
        return;
    }
#endif
    (void)past_cache;
    *(vec_anywhere *)to = value;
}
static void stores_done(void) {
#ifdef __AVX512F__
    _mm_sfence();
#endif
}

/* ---- the problem in memory: [species][z][y][x], species a little apart so that they do not meet in the
 * same cache sets ---- */

typedef struct {
    int n;
    size_t row, plane, species; /* strides */
    uint8_t *label;             /* [n^3] */
    uint8_t *face[3];           /* [n^3] which pair of tissues meets at the voxel's upper x, y, z face */
    uint8_t *block;             /* [n^3 / LANES] label of a block that is alone with its kind, or MIXED */
    float *now, *next;
    float *ring[64]; /* of each thread, for the blocked variant */
    size_t ring_floats;
} grid;

static float keep[SPECIES][LANES], gain[SPECIES][LANES]; /* 1 - decay; source; by label */
static float pair_face[SPECIES][2 * LANES];              /* by pair */
static float label_face[SPECIES][8 * 8];                 /* by two labels */
static uint8_t pair_of[8 * 8];

static void fill_tables(void) {
    int pairs = 0;
    for (int a = 0; a < TISSUES; a++)
        for (int b = 0; b <= a; b++, pairs++) {
            pair_of[a * 8 + b] = pair_of[b * 8 + a] = (uint8_t)pairs;
            for (int s = 0; s < SPECIES; s++)
                pair_face[s][pairs] = label_face[s][a * 8 + b] = label_face[s][b * 8 + a] =
                    (float)step_face(a, b, s);
        }
    for (int s = 0; s < SPECIES; s++)
        for (int t = 0; t < TISSUES; t++) {
            keep[s][t] = (float)(1 - step_decay(t, s));
            gain[s][t] = (float)step_source(t, s);
        }
}

static int clamp(int i, int n) { return i < 0 ? 0 : i < n ? i : n - 1; }
static size_t voxel(const grid *g, int x, int y, int z) {
    return ((size_t)z * (size_t)g->n + (size_t)y) * (size_t)g->n + (size_t)x;
}
/* ---- one row of all species in vectors ---- */

/* Where the rows around a row begin, species `stride` floats apart. */
typedef struct {
    const float *centre, *south, *north; /* same plane */
    size_t stride;
    const float *below, *above;
} rows;

/* The vectors one voxel to the left and to the right, out of three neighbouring blocks. */
static inline vec left_of(vec before, vec here) {
    return __builtin_shuffle(before, here,
                             (ivec){15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30});
}
static inline vec right_of(vec here, vec after) {
    return __builtin_shuffle(here, after, (ivec){1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});
}

/* y, z: of the row in the grid, for its labels. Beyond the walls a row is its own neighbour. */
static inline __attribute__((always_inline)) void step_row(float *to, size_t to_stride, rows from,
                                                           const grid *g, int y, int z, bool past_cache) {
    const int blocks = g->n / LANES;
    const size_t row = voxel(g, 0, y, z), south = voxel(g, 0, y ? y - 1 : y, z),
                 below = voxel(g, 0, y, z ? z - 1 : z);
    const uint8_t *kind = g->block + row / LANES, *labels = g->label + row;
    const uint8_t *face_x = g->face[0] + row, *face_y = g->face[1] + row, *face_z = g->face[2] + row;
    const uint8_t *face_south = g->face[1] + south, *face_below = g->face[2] + below;
    vec before[SPECIES], here[SPECIES], after[SPECIES];
#pragma GCC unroll 4
    for (int s = 0; s < SPECIES; s++) {
        here[s] = load(from.centre + (size_t)s * from.stride);
        before[s] = all(here[s][0]);
    }
    for (int b = 0; b < blocks; b++) {
        const size_t i = (size_t)b * LANES;
        if (b + 1 < blocks) {
#pragma GCC unroll 4
            for (int s = 0; s < SPECIES; s++)
                after[s] = load(from.centre + (size_t)s * from.stride + i + LANES);
        } else {
#pragma GCC unroll 4
            for (int s = 0; s < SPECIES; s++) after[s] = all(here[s][LANES - 1]);
        }
        if (kind[b] != MIXED) {
            const int tissue = kind[b];
#pragma GCC unroll 4
            for (int s = 0; s < SPECIES; s++) {
                const size_t at = (size_t)s * from.stride + i;
                const vec c = here[s];
                const vec x = left_of(before[s], c) + right_of(c, after[s]);
                const vec yy = load(from.south + at) + load(from.north + at);
                const vec zz = load(from.below + at) + load(from.above + at);
                const vec lap = (x + yy) + zz - 6.0f * c;
                const vec value =
                    label_face[s][tissue * 9] * lap + (keep[s][tissue] * c + all(gain[s][tissue]));
                store(to + (size_t)s * to_stride + i, value, past_cache);
                before[s] = c;
                here[s] = after[s];
            }
        } else {
            const ivec label = load_bytes(labels + i);
            const ivec right = load_bytes(face_x + i), left = load_bytes(face_x + i - 1);
            const ivec up = load_bytes(face_y + i), down = load_bytes(face_south + i);
            const ivec over = load_bytes(face_z + i), under = load_bytes(face_below + i);
#pragma GCC unroll 4
            for (int s = 0; s < SPECIES; s++) {
                const size_t at = (size_t)s * from.stride + i;
                const vec c = here[s], low = load(pair_face[s]), high = load(pair_face[s] + LANES);
                vec value =
                    __builtin_shuffle(load(keep[s]), label) * c + __builtin_shuffle(load(gain[s]), label);
                value += __builtin_shuffle(low, high, left) * (left_of(before[s], c) - c);
                vec other = __builtin_shuffle(low, high, right) * (right_of(c, after[s]) - c);
                value += __builtin_shuffle(low, high, down) * (load(from.south + at) - c);
                other += __builtin_shuffle(low, high, up) * (load(from.north + at) - c);
                value += __builtin_shuffle(low, high, under) * (load(from.below + at) - c);
                other += __builtin_shuffle(low, high, over) * (load(from.above + at) - c);
                store(to + (size_t)s * to_stride + i, value + other, past_cache);
                before[s] = c;
                here[s] = after[s];
            }
        }
    }
}

#endif
