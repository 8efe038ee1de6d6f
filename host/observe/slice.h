/* One slice of the mesh as a dense picture: which cells it needs, and their values laid out in rows. */
#ifndef OBSERVE_SLICE_H
#define OBSERVE_SLICE_H

#include "mesh/mesh.h"

typedef struct {
    int axis, index;   /* 0 x, 1 y, 2 z; voxel along it */
    int right, up;     /* axes of the picture: y,z for x; x,z for y; x,y for z */
    int nx, ny;        /* voxels along right and up */
    double spacing[2]; /* mm */
    size_t count;      /* cells that exist in the slice and are not outside at the start */
    uint32_t *cell;    /* [count] their indices, ascending: what has to be gathered */
    uint32_t *place;   /* [count] where they belong in the picture: ix + nx * iy */
    uint8_t *tissue;   /* [nx * ny] home tissue by the mesh, 0 outside */
} xt_slice;

/* axis 0..2 and index within the mesh, otherwise XT_USAGE. */
xt_status xt_slice_create(xt_slice *slice, const xt_mesh *mesh, int axis, int index, xt_error *err);
void xt_slice_free(xt_slice *slice);

/* The voxel that holds the position `mm` from the first face of the box along `axis`; XT_USAGE outside. */
xt_status xt_slice_index(int *index, const xt_mesh *mesh, int axis, double mm, xt_error *err);

/* Dense rows from a whole planar array [cells], or from the gathered values [slice->count]; NAN elsewhere. */
void xt_slice_values(float *dense, const xt_slice *slice, const float *cells);
void xt_slice_scatter(float *dense, const xt_slice *slice, const float *gathered);

/* Dense rows of the materials of now, gathered from the device [slice->count]; 0 elsewhere. tissue alone, or
 * all three as xt_frame_def takes them: with shares its boundaries are smooth. */
void xt_slice_scatter_tissues(uint8_t *dense, const xt_slice *slice, const uint8_t *gathered);
void xt_slice_scatter_materials(uint8_t *tissue, uint8_t *second, uint16_t *share, const xt_slice *slice,
                                const xt_material *gathered);

/* Letters of the picture's edges (left, right, bottom, top) by the affine: R/L, A/P, S/I of RAS+ world axes.
 * Static strings. */
void xt_slice_sides(const char *side[4], const xt_slice *slice, const double affine[3][4]);

#endif
