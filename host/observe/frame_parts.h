/* What the files of a frame share. Private to frame*.c. */
#ifndef OBSERVE_FRAME_PARTS_H
#define OBSERVE_FRAME_PARTS_H

#include <math.h>
#include <stddef.h>
#include "draw/page.h"
#include "observe/frame.h"

/* ---- the slice itself ---- */

/* The slice at no more than about one voxel per pixel. */
typedef struct {
    int nx, ny;
    float *value;          /* NULL for label frames */
    uint8_t *tissue;       /* always there */
    const uint8_t *second; /* of the definition, where nothing was reduced; NULL: voxels are pure */
    const uint16_t *share;
    float *cover;   /* inside or not, 0..1, smooth along the skin */
    uint8_t *plain; /* of XT_PLAIN_* */
    bool sloped;    /* as in xt_frame_def */
    double size[2]; /* pixels per voxel */
} xt_frame_grid;

/* The skin as a smooth curve between the voxels' centres, into grid->cover: 1 inside, 0 outside, a ramp of
 * one or two voxels' width between. cornered: the body has corners to keep, as where an oblique slice leaves
 * the box. In frame_cover.c. */
xt_status xt_frame_smooth_cover(xt_frame_grid *grid, bool cornered, xt_error *err);

xt_status xt_frame_grid_make(xt_frame_grid *grid, const xt_frame_def *def, double per_mm, xt_error *err);
void xt_frame_grid_free(xt_frame_grid *grid);

/* Most voxels lie deep inside one tissue, where nothing has to be looked at twice. */
enum {
    XT_PLAIN_TISSUE = 1 /* the voxel and its eight neighbours: one tissue, pure, off the skin */,
    XT_PLAIN_VALUE = 2 /* and all nine values are finite */
};

/* How much the value of a voxel says about its tissue. However small the share of another one is, exchange
 * with it has changed the voxel's mean: it counts only where no pure voxel is near. */
static inline double xt_frame_pureness(uint8_t second, uint16_t share) {
    const double pure = fmax(1 - 4 * share / 65535.0, 0);
    return second ? 0.01 * pure * pure : 1;
}

static inline int xt_clamp(int i, int n) { return i < 0 ? 0 : i < n ? i : n - 1; }

/* Index of a voxel of the grid, the nearest one for a place beyond it. */
static inline size_t xt_frame_at(const xt_frame_grid *g, int x, int y) {
    return (size_t)xt_clamp(y, g->ny) * (size_t)g->nx + (size_t)xt_clamp(x, g->nx);
}

/* The middle of a pixel in voxels from the lower left corner of the slice, never outside it. */
static inline void xt_frame_point(double *u, double *v, const xt_frame_grid *g, const xt_frame_layout *l,
                                  int x, int y) {
    *u = fmin(fmax(x + 0.5 - l->x, 0), l->w - 1e-6) / g->size[0];
    *v = fmin(fmax(l->y + l->h - (y + 0.5), 0), l->h - 1e-6) / g->size[1];
}

/* What a point is in: the tissue with the largest B-spline weight, the runner-up, and the distance to where
 * they are equal, pixels. Deep inside, other = tissue. */
typedef struct {
    uint8_t tissue, other;
    float distance;
} xt_frame_place;

/* Places of all pixels that the slice touches, row by row, owned by the sketch: found again only where the
 * slice's tissues or the layout have changed. */
xt_status xt_frame_places(const xt_frame_place **place, xt_frame_sketch *sketch, const xt_frame_grid *grid,
                          const xt_frame_layout *layout, bool voxels, xt_error *err);

/* Paint into the rectangle x, y, w, h of the picture. scale is NULL for label frames. */
xt_status xt_frame_paint(xt_image *image, const xt_frame_layout *at, const xt_frame_def *def,
                         const xt_scale *scale, const xt_palette *palette, xt_error *err);

/* Bit per tissue (of 256) that the slice holds. */
void xt_frame_present(bool present[256], const xt_frame_def *def);

#endif
