/* Where the skin runs. The body is made of whole voxels (mesh/mesh.h), so its outline is a staircase; every
 * curve that keeps the centres of its voxels inside and all others outside says the same. Drawn is a smooth
 * one of them. Round bodies have steps as long as the root of eight radii, so the mask is smoothed that
 * widely. A blur of width s lowers the mask at the edge of a disk of radius r by s / (r sqrt(8 pi)), the blur
 * of the blur by sqrt(2) times that: they are added such that this cancels. Where a voxel would come to the
 * wrong side it is held back, and the whole is relaxed (S. Gibson, "Constrained elastic surface nets", 1998).
 */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "observe/frame_parts.h"

enum { PASSES = 3, SMALL = 3, ROUNDS = 8, SMALL_ROUNDS = 24 };
static const float held = 0.02f; /* a voxel's centre is at least this far on its own side */

static float on_its_side(float v, bool inside) {
    return inside ? fmaxf(v, 0.5f + held) : fminf(v, 0.5f - held);
}

/* The mean of 2 wide + 1 values in a row of n, `step` apart; the ends go on for ever. */
static void mean_along(float *to, const float *from, int n, size_t step, int wide) {
    double sum = 0;
    for (int i = -wide; i <= wide; i++) sum += from[(size_t)xt_clamp(i, n) * step];
    for (int i = 0; i < n; i++) {
        to[(size_t)i * step] = (float)(sum / (2 * wide + 1));
        sum += from[(size_t)xt_clamp(i + wide + 1, n) * step];
        sum -= from[(size_t)xt_clamp(i - wide, n) * step];
    }
}

/* Means of means of means: near enough to a Gaussian of `wide` voxels. */
static void blur_widely(float *u, float *along, const xt_frame_grid *g, int wide) {
    const size_t nx = (size_t)g->nx;
    for (int pass = 0; pass < PASSES; pass++) {
        for (int y = 0; y < g->ny; y++)
            mean_along(along + (size_t)y * nx, u + (size_t)y * nx, g->nx, 1, wide);
        for (int x = 0; x < g->nx; x++) mean_along(u + x, along + x, g->ny, nx, wide);
    }
}

/* Half the longest step of a disk of this area, voxels: the root of two radii. Small bodies have corners to
 * keep. */
static int half_step(const xt_frame_grid *g) {
    const size_t n = (size_t)g->nx * (size_t)g->ny;
    size_t area = 0;
    for (size_t k = 0; k < n; k++) area += g->tissue[k] != 0;
    const double radius = sqrt((double)area / acos(-1));
    return (int)(fmin(sqrt(2 * radius), radius / 4) + 0.5);
}

/* One round: [1 2 1] along both axes. */
static void blur(float *u, float *along, const xt_frame_grid *g) {
    for (int y = 0; y < g->ny; y++) {
        const float *row = u + (size_t)y * (size_t)g->nx;
        for (int x = 0; x < g->nx; x++)
            along[(size_t)y * (size_t)g->nx + (size_t)x] =
                0.25f * (row[xt_clamp(x - 1, g->nx)] + 2 * row[x] + row[xt_clamp(x + 1, g->nx)]);
    }
    for (int y = 0; y < g->ny; y++) {
        const float *low = along + (size_t)xt_clamp(y - 1, g->ny) * (size_t)g->nx;
        const float *here = along + (size_t)y * (size_t)g->nx;
        const float *high = along + (size_t)xt_clamp(y + 1, g->ny) * (size_t)g->nx;
        for (int x = 0; x < g->nx; x++) {
            const size_t k = (size_t)y * (size_t)g->nx + (size_t)x;
            const float v = 0.25f * (low[x] + 2 * here[x] + high[x]);
            u[k] = on_its_side(v, g->tissue[k] != 0);
        }
    }
}

/* The level one half of u is the skin. What is wanted is a ramp across it, `width` voxels wide, however flat
 * u is there; below the slope `least` it has none: the body is thinner than a voxel. */
static void sharpen(float *ramp, const float *u, float width, float least, const xt_frame_grid *g) {
    for (int y = 0; y < g->ny; y++)
        for (int x = 0; x < g->nx; x++) {
            const size_t k = xt_frame_at(g, x, y);
            const float dx = 0.5f * (u[xt_frame_at(g, x + 1, y)] - u[xt_frame_at(g, x - 1, y)]);
            const float dy = 0.5f * (u[xt_frame_at(g, x, y + 1)] - u[xt_frame_at(g, x, y - 1)]);
            const float slope = sqrtf(dx * dx + dy * dy), away = u[k] - 0.5f;
            ramp[k] = fminf(fmaxf(0.5f + away / (width * fmaxf(slope, least)), 0), 1);
        }
}

/* u: the mask, smoothed as above. */
static void smooth_widely(float *u, float *along, float *once, const xt_frame_grid *g, int wide) {
    const size_t n = (size_t)g->nx * (size_t)g->ny;
    const float twice = 2.41421356f; /* 1 / (sqrt 2 - 1) */
    blur_widely(u, along, g, wide);
    memcpy(once, u, n * sizeof *once);
    blur_widely(u, along, g, wide);
    for (size_t k = 0; k < n; k++) once[k] = (1 + twice) * once[k] - twice * u[k];
    sharpen(u, once, 4, 1e-3f, g);
}

/* On a grid with room around it: what blurs do at its edges is not felt inside. */
xt_status xt_frame_smooth_cover(xt_frame_grid *g, bool cornered, xt_error *err) {
    const int wide = half_step(g);
    const bool small = cornered || wide < SMALL;
    const int margin = small ? 0 : PASSES * wide + ROUNDS;
    xt_frame_grid room = {.nx = g->nx + 2 * margin, .ny = g->ny + 2 * margin};
    const size_t n = (size_t)room.nx * (size_t)room.ny;
    float *u = malloc(3 * n * sizeof *u), *along = u + n, *once = along + n;
    room.tissue = malloc(n);
    if (!u || !room.tissue) {
        free(u);
        free(room.tissue);
        return xt_no_memory(err, "an outline", 3 * n * sizeof *u);
    }
    for (int y = 0; y < room.ny; y++)
        for (int x = 0; x < room.nx; x++) {
            const size_t k = xt_frame_at(&room, x, y);
            room.tissue[k] = g->tissue[xt_frame_at(g, x - margin, y - margin)];
            u[k] = room.tissue[k] != 0;
        }
    if (!small) {
        smooth_widely(u, along, once, &room, wide);
        for (size_t k = 0; k < n; k++) u[k] = on_its_side(u[k], room.tissue[k] != 0);
    }
    for (int round = 0; round < (small ? SMALL_ROUNDS : ROUNDS); round++) blur(u, along, &room);
    sharpen(once, u, small ? 1 : 2, 2 * held, &room);
    for (int y = 0; y < g->ny; y++)
        memcpy(g->cover + (size_t)y * (size_t)g->nx, once + xt_frame_at(&room, margin, y + margin),
               (size_t)g->nx * sizeof *once);
    free(u);
    free(room.tissue);
    return XT_OK;
}
