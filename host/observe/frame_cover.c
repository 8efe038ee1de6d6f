/* Where the skin runs. The body is made of whole voxels (mesh/mesh.h), so its outline is a staircase; every
 * curve that keeps the centres of its voxels inside and all others outside says the same. Drawn is a smooth
 * one of them (S. Gibson, "Constrained elastic surface nets", 1998): the mask is blurred again and again, and
 * each time voxels that would change sides are held back. */
#include <math.h>
#include <stdlib.h>
#include "observe/frame_parts.h"

enum { ROUNDS = 24 };
static const float held = 0.02f; /* a voxel's centre is at least this far on its own side */

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
            u[k] = g->tissue[k] ? fmaxf(v, 0.5f + held) : fminf(v, 0.5f - held);
        }
    }
}

/* The level one half of u is the skin. What is wanted is a ramp across it, one where it is half a voxel
 * inside and zero half a voxel outside, however flat u is there. */
static void sharpen(xt_frame_grid *g, const float *u) {
    for (int y = 0; y < g->ny; y++)
        for (int x = 0; x < g->nx; x++) {
            const size_t k = xt_frame_at(g, x, y);
            const float dx = 0.5f * (u[xt_frame_at(g, x + 1, y)] - u[xt_frame_at(g, x - 1, y)]);
            const float dy = 0.5f * (u[xt_frame_at(g, x, y + 1)] - u[xt_frame_at(g, x, y - 1)]);
            const float slope = sqrtf(dx * dx + dy * dy), away = u[k] - 0.5f;
            const float least = 2 * held; /* where the body is thinner than a voxel u has no slope */
            g->cover[k] = fminf(fmaxf(0.5f + away / fmaxf(slope, least), 0), 1);
        }
}

void xt_frame_smooth_cover(xt_frame_grid *g, float *u, float *along) {
    const size_t n = (size_t)g->nx * (size_t)g->ny;
    for (size_t k = 0; k < n; k++) u[k] = g->tissue[k] != 0;
    for (int round = 0; round < ROUNDS; round++) blur(u, along, g);
    sharpen(g, u);
}
