/* The voxel mesh: which tissue is where, as volume fractions of at most two tissues a voxel.
 *
 * Storage is sparse: the box is cut into blocks of XT_BLOCK x 1 x 1 voxels along x (aligned at multiples of
 * XT_BLOCK) and only blocks that hold tissue exist. Block 0 is special: it is all outside and stands for
 * every block that does not exist, so a neighbour index is always valid. A *cell* is a voxel of an existing
 * block; cell index = block * XT_BLOCK + lane. Blocks are ordered z slowest, then y, then x. */
#ifndef MESH_MESH_H
#define MESH_MESH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

enum { XT_BLOCK = 16 };
enum { XT_XM, XT_XP, XT_YM, XT_YP, XT_ZM, XT_ZP }; /* faces and neighbours, in this order everywhere */

/* Shared with the device as it is (kernels/grid.clh says the same). */
typedef struct {
    int32_t neighbour[6]; /* block indices; 0 where there is none */
    int16_t x, y, z;      /* first voxel of the block */
    int16_t wall;         /* bit per XT_XM..XT_ZP: the block touches that wall of the box */
} xt_block;
_Static_assert(sizeof(xt_block) == 32, "xt_block is shared with the device");

/* What a cell is made of. tissue 0 is outside; tissue k is the k-th name (from 1) of the list the mesh was
 * built with. `share` is the volume fraction of `second`, at most one half, in units of 1/65535. A pure voxel
 * has second 0 and share 0. Outside never shares a voxel: a voxel belongs to the body if at least half of it
 * does, and then its tissues fill it, so that shares always sum to one and the solver needs no cut cells at
 * the skin. */
typedef struct {
    uint8_t tissue, second;
    uint16_t share;
} xt_material;
_Static_assert(sizeof(xt_material) == 4, "xt_material is shared with the device");

typedef struct xt_mesh {
    int dims[3];
    double spacing[3];     /* mm */
    double origin[3];      /* mm, centre of voxel 0,0,0, in the frame `axes` maps from */
    double affine[3][4];   /* voxel index (i,j,k,1) -> world mm (RAS+ where the input says so) */
    size_t blocks;         /* block 0 included */
    xt_block *block;       /* [blocks] */
    xt_material *material; /* [blocks * XT_BLOCK] */
    float *bone;   /* [cells] initial bone fraction where the geometry prescribes one (graded trabecular
                      bone), NAN elsewhere; NULL if it prescribes none */
    size_t voxels; /* cells that are not outside */
    int tissue_count;
    char **tissue_name;  /* [tissue_count], name of tissue k at [k-1] */
    double quantisation; /* largest rounding of a share, as a fraction of a voxel */
    double dropped;      /* largest fraction of a voxel lost because only two tissues are kept in it */
} xt_mesh;

/* Where a face is cut, from the shares on both sides: distance from the centre of `a` to the interface in
 * units of the centre distance. 1/2 between pure voxels. The height-function argument: the volume of b's
 * tissue inside a's voxel moves the interface into it. */
static inline double xt_face_cut(xt_material a, xt_material b) {
    double cut = 0.5;
    if (a.second == b.tissue) cut -= a.share / 65535.0;
    if (b.second == a.tissue) cut += b.share / 65535.0;
    return cut < 0.02 ? 0.02 : cut > 0.98 ? 0.98 : cut;
}

void xt_mesh_free(xt_mesh *mesh);

/* Cell index of voxel (x,y,z), or -1 where there is no block. O(log blocks). */
int64_t xt_mesh_cell(const xt_mesh *mesh, int x, int y, int z);

/* Voxel (x,y,z) of a cell; x may lie beyond dims[0] in the last, outside, lanes of a row. */
void xt_mesh_position(const xt_mesh *mesh, size_t cell, int voxel[3]);

/* Cell index of the neighbour of `cell` across `face` (XT_XM..XT_ZP); a lane of block 0 where there is none.
 */
size_t xt_mesh_neighbour(const xt_mesh *mesh, size_t cell, int face);

/* Build the sparse structure from a predicate-free dense description, one z slice at a time, so that the
 * dense box never exists: `slice` fills material[dims[0]*dims[1]] (x fastest) and, if `bone` is not NULL,
 * bone fractions or NAN. */
typedef xt_status (*xt_slice_fill)(xt_material *material, float *bone, int z, void *context, xt_error *err);
xt_status xt_mesh_from_slices(xt_mesh **mesh, const int dims[3], const double spacing[3],
                              const double origin[3], const char *const *tissue_names, int tissue_count,
                              bool has_bone, xt_slice_fill slice, void *context, xt_error *err);

/* Volume of tissue k in mm^3, partial voxels counted by share. */
double xt_mesh_volume(const xt_mesh *mesh, int tissue);

#endif
