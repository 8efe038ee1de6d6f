/* An oblique plane through the voxels, sampled: which cells that takes, which tissue each sample is in, and
 * its value, interpolated within that tissue.
 *
 * Tissue: the largest weight of a quadratic B-spline of the voxels' shares (27 voxels), as on frames, in
 * three dimensions. Value: trilinear between the voxels of that tissue. What comes out goes into an
 * xt_frame_def with `spacing` of the samples and `clip` of the plane. */
#ifndef OBSERVE_CUT_H
#define OBSERVE_CUT_H

#include "mesh/mesh.h"
#include "observe/plane.h"

typedef struct {
    xt_plane plane;
    int nx, ny;        /* samples to the right and upwards */
    double spacing[2]; /* mm between them */
    size_t count;      /* cells whose values are needed */
    uint32_t *cell;    /* [count] their indices, ascending; NULL: all voxels of a dense box */
    int dims[3];
    double voxel[3];
    uint32_t *row; /* [ceil(dims[0]/16) * dims[1] * dims[2]]: 1 + rank of the block in `cell`; NULL: dense */
} xt_cut;

/* Samples at most `finest` mm apart. From a mesh: whole blocks near the plane. */
xt_status xt_cut_create(xt_cut *cut, const xt_mesh *mesh, const xt_plane *plane, double finest,
                        xt_error *err);
/* From a dense box, x fastest. */
xt_status xt_cut_create_dense(xt_cut *cut, const int dims[3], const double spacing[3], const xt_plane *plane,
                              double finest, xt_error *err);
void xt_cut_free(xt_cut *cut);

/* Material of every sample [nx * ny], 0 outside, from those of the cells in the order of `cell` (or dense):
 * its tissue, and what else is in it where an edge runs through it. */
xt_status xt_cut_tissues(xt_material *sample, const xt_cut *cut, const xt_material *material, xt_error *err);
/* Values of the same samples; what they are, as in xt_frame_def. */
typedef enum { XT_CUT_PLAIN, XT_CUT_BLENDED, XT_CUT_SLOPED } xt_cut_kind;
xt_status xt_cut_values(float *value, const xt_material *sample, const xt_cut *cut,
                        const xt_material *material, const float *cells, xt_cut_kind kind, xt_error *err);

#endif
