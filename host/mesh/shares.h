/* Volume fractions of a voxel from a description of the geometry by points.
 *
 * A voxel farther from every boundary than its half diagonal is pure and costs one look. Others are cut into
 * 2^d parts, recursively, 4 levels deep in the plane (16 x 16) and 3 levels in space (8 x 8 x 8); a part at
 * the last level is split linearly by its distance from the boundary. The share of a voxel is then right to
 * about 1e-3. */
#ifndef MESH_SHARES_H
#define MESH_SHARES_H

#include "mesh/mesh.h"

/* What is at a point. */
typedef struct {
    int tissue, other; /* here, and across the nearest boundary */
    double distance;   /* mm to that boundary, first order */
    double clear; /* mm around the point that certainly hold no boundary (a lower bound of the distance) */
} xt_place;

typedef xt_place (*xt_place_at)(const void *shape, const double point[3]);

/* Material of the voxel at `centre`; z counts only if `solid`. The two largest tissues are kept, the dominant
 * first (ties: the lower index), and renormalised; a voxel of which more than half is outside (0) is outside,
 * else outside is left out. *dropped grows to the largest fraction of tissue left out. */
xt_material xt_share_of(const void *shape, xt_place_at at, const double centre[3], const double spacing[3],
                        bool solid, double *dropped);

/* The same rule for volumes already known: `volume[i]` of `tissue[i]`, in any units, tissues distinct. */
xt_material xt_share_pick(const int *tissue, const double *volume, int count, double *dropped);

#endif
