/* The structure of a coarse level, and the dense inverse of the last one: on the host, once. */
#include "solve/multigrid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- blocks ---- */

typedef struct {
    int x, y, z;
} place;

/* Where a block's coarse one lies, in blocks. */
static place place_of(const xt_block *block, const bool doubled[3]) {
    return (place){block->x / XT_BLOCK >> doubled[0], block->y >> doubled[1], block->z >> doubled[2]};
}

/* One plane of coarse blocks: their index, or 0. */
typedef struct {
    int32_t *at;
    int width, height;
} plane;

static int32_t look(const plane *p, int x, int y) {
    return x < 0 || y < 0 || x >= p->width || y >= p->height ? 0 : p->at[y * p->width + x];
}

/* Give the marked places of a plane their blocks, with neighbours there and in the plane below. */
static void number(xt_coarse *coarse, plane *now, const plane *below, int z) {
    for (int y = 0; y < now->height; y++)
        for (int x = 0; x < now->width; x++)
            if (now->at[y * now->width + x]) {
                xt_block *block = &coarse->block[coarse->blocks];
                *block = (xt_block){.x = (int16_t)(x * XT_BLOCK), .y = (int16_t)y, .z = (int16_t)z};
                now->at[y * now->width + x] = (int32_t)coarse->blocks++;
            }
    for (int y = 0; y < now->height; y++)
        for (int x = 0; x < now->width; x++) {
            const int32_t me = look(now, x, y), under = look(below, x, y);
            if (!me) continue;
            int32_t *n = coarse->block[me].neighbour;
            n[XT_XM] = look(now, x - 1, y);
            n[XT_XP] = look(now, x + 1, y);
            n[XT_YM] = look(now, x, y - 1);
            n[XT_YP] = look(now, x, y + 1);
            n[XT_ZM] = under;
            if (under) coarse->block[under].neighbour[XT_ZP] = me;
        }
}

static void adopt(xt_coarse *coarse, const xt_block *fine, size_t i, int32_t parent, const bool doubled[3]) {
    const int x = doubled[0] ? fine->x / XT_BLOCK & 1 : 0, y = doubled[1] ? fine->y & 1 : 0,
              z = doubled[2] ? fine->z & 1 : 0;
    coarse->child[8 * parent + x + 2 * y + 4 * z] = (int32_t)i;
    coarse->parent[i] = parent * XT_BLOCK + x * XT_BLOCK / 2;
}

xt_status xt_coarse_make(xt_coarse *coarse, const xt_block *fine, size_t fine_blocks, const bool doubled[3],
                         xt_error *err) {
    plane now = {0}, below = {0};
    for (size_t i = 1; i < fine_blocks; i++) {
        const place p = place_of(&fine[i], doubled);
        if (p.x >= now.width) now.width = p.x + 1;
        if (p.y >= now.height) now.height = p.y + 1;
    }
    below = now;
    const size_t area = (size_t)now.width * (size_t)now.height;
    *coarse = (xt_coarse){.blocks = 1};
    coarse->block = calloc(fine_blocks, sizeof *coarse->block);
    coarse->child = calloc(fine_blocks * 8, sizeof *coarse->child);
    coarse->parent = calloc(fine_blocks, sizeof *coarse->parent);
    now.at = calloc(area + 1, sizeof *now.at);
    below.at = calloc(area + 1, sizeof *below.at);
    if (!coarse->block || !coarse->child || !coarse->parent || !now.at || !below.at) {
        free(now.at);
        free(below.at);
        xt_coarse_free(coarse);
        return xt_no_memory(err, "coarse levels", fine_blocks * sizeof *fine * 3);
    }
    int last = -2;
    for (size_t i = 1, end; i < fine_blocks;
         i = end) { /* a coarse plane at a time: blocks are ordered by z */
        const int z = place_of(&fine[i], doubled).z;
        const plane swap = below;
        below = now;
        now = swap;
        if (z != last + 1) memset(below.at, 0, area * sizeof *below.at);
        memset(now.at, 0, area * sizeof *now.at);
        for (end = i; end < fine_blocks; end++) {
            const place p = place_of(&fine[end], doubled);
            if (p.z != z) break;
            now.at[p.y * now.width + p.x] = 1;
        }
        number(coarse, &now, &below, z);
        for (size_t k = i; k < end; k++) {
            const place p = place_of(&fine[k], doubled);
            adopt(coarse, &fine[k], k, look(&now, p.x, p.y), doubled);
        }
        last = z;
    }
    free(now.at);
    free(below.at);
    return XT_OK;
}

void xt_coarse_free(xt_coarse *coarse) {
    free(coarse->block);
    free(coarse->child);
    free(coarse->parent);
    *coarse = (xt_coarse){0};
}

/* ---- the last level ---- */

enum { RECORD = 5 * XT_BLOCK };

static double coefficient(const uint16_t *record, size_t cell, int k) {
    const uint32_t bits = (uint32_t)record[cell / XT_BLOCK * RECORD + (size_t)k * XT_BLOCK + cell % XT_BLOCK]
                          << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The lower neighbour of a cell along an axis. */
static size_t lower(const xt_block *block, size_t cell, int axis) {
    const size_t lane = cell % XT_BLOCK;
    if (axis == 0 && lane > 0) return cell - 1;
    const size_t next = (size_t)block[cell / XT_BLOCK].neighbour[2 * axis] * XT_BLOCK;
    return next + (axis == 0 ? XT_BLOCK - 1 : lane);
}

/* Cholesky's factor in place of the lower triangle; a row without a positive pivot becomes zero. */
static void factor(double *a, size_t n) {
    for (size_t j = 0; j < n; j++) {
        double pivot = a[j * n + j];
        for (size_t k = 0; k < j; k++) pivot -= a[j * n + k] * a[j * n + k];
        const double scale = pivot > 1e-14 * a[j * n + j] ? 1 / sqrt(pivot) : 0;
        a[j * n + j] = scale; /* the diagonal's inverse */
        for (size_t i = j + 1; i < n; i++) {
            double sum = a[i * n + j];
            for (size_t k = 0; k < j; k++) sum -= a[i * n + k] * a[j * n + k];
            a[i * n + j] = sum * scale;
        }
    }
}

static void back_and_forth(double *x, const double *a, size_t n) {
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++) x[i] -= a[i * n + k] * x[k];
        x[i] *= a[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
        x[i] *= a[i * n + i];
        for (size_t k = 0; k < i; k++) x[k] -= a[i * n + k] * x[i];
    }
}

xt_status xt_dense_inverse(float *inverse, const xt_block *block, size_t blocks, const uint16_t *record,
                           xt_error *err) {
    const size_t cells = blocks * XT_BLOCK;
    size_t *used = calloc(cells, sizeof *used), *number_of = calloc(cells, sizeof *number_of), n = 0;
    if (used && number_of)
        for (size_t i = 0; i < cells; i++)
            if (coefficient(record, i, 4) > 0) {
                number_of[i] = n;
                used[n++] = i;
            }
    double *a = calloc(n * n + 1, sizeof *a), *x = calloc(n + 1, sizeof *x);
    xt_status status = XT_OK;
    if (!used || !number_of || !a || !x) {
        status = xt_no_memory(err, "dense inverse", n * n * sizeof *a);
        goto done;
    }
    for (size_t i = 0; i < n; i++) {
        a[i * n + i] += coefficient(record, used[i], 3);
        for (int axis = 0; axis < 3; axis++) {
            const double t = coefficient(record, used[i], axis);
            const size_t j = number_of[lower(block, used[i], axis)];
            if (!(t > 0)) continue;
            a[i * n + i] += t;
            a[j * n + j] += t;
            a[i * n + j] -= t;
            a[j * n + i] -= t;
        }
    }
    factor(a, n);
    memset(inverse, 0, cells * cells * sizeof *inverse);
    for (size_t j = 0; j < n; j++) {
        memset(x, 0, n * sizeof *x);
        x[j] = 1;
        back_and_forth(x, a, n);
        for (size_t i = 0; i < n; i++) inverse[used[i] * cells + used[j]] = (float)x[i];
    }
done:
    free(used);
    free(number_of);
    free(a);
    free(x);
    return status;
}
