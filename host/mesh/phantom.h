/* Phantoms as painters' lists: a point belongs to the first region that holds it. Internal to the room.
 *
 * What thin layers come to: a voxel keeps its two largest tissues, so a layer thinner than a voxel
 * (periosteum, 0.1 mm in 0.5 mm voxels) survives as the second share only where it is among the two largest,
 * and loses the rest to its neighbours. Its volume is then too small (about half of the periosteum at 0.5 mm
 * is left, all of it at 0.1 mm and finer); the tissues beside it gain less than 0.5 %. */
#ifndef MESH_PHANTOM_H
#define MESH_PHANTOM_H

#include "mesh/geometry.h"
#include "mesh/shares.h"

typedef enum { XT_REGION_ELLIPSE, XT_REGION_STRIP, XT_REGION_SPHERE, XT_REGION_ALL } xt_region_kind;

/* World frame, mm: the axis of the body at x = y = 0, x to the left-right, y forward, z along. */
typedef struct {
    xt_region_kind kind;
    int tissue;
    double x, y;   /* centre; strip: its end */
    double a, b;   /* semi-axes; strip: half its thickness, and the radius about the axis it is clipped to;
                      sphere: a */
    double dx, dy; /* strip: unit vector along it */
} xt_region;

typedef struct {
    xt_region *region; /* owned */
    int count;
    bool solid; /* shape varies along z */
    int graded; /* index of the region whose bone fraction is graded, or -1 */
    double bone_at_shell, bone_at_centre;
} xt_phantom;

/* Fill in the defaults of MODEL.md §8.1 and check the sizes. */
xt_status xt_phantom_resolve(xt_geometry *geometry, xt_error *err);

/* The whole box in voxels, and the world position of its first corner (mm). */
void xt_phantom_box(const xt_geometry *geometry, double dims[3], double corner[3]);

/* Semi-axes of the ellipse of tibia and muscle, under the fat. */
void xt_tibia_deep(const xt_geometry *geometry, double *a, double *b);

/* Regions of a resolved geometry (not slabs). Tissue names are looked up; xt_phantom_clear frees. */
xt_status xt_phantom_make(xt_phantom *phantom, const xt_geometry *geometry, const char *const *tissue_names,
                          int tissue_count, xt_error *err);
void xt_phantom_clear(xt_phantom *phantom);

xt_place xt_phantom_at(const void *phantom, const double point[3]);

/* Bone fraction prescribed at a point of the graded region: linear in the elliptic radius. */
double xt_phantom_bone(const xt_phantom *phantom, const double point[3]);

/* Index (from 1) of a tissue; XT_USAGE with the nearest name if there is none. "outside" is 0. */
xt_status xt_geometry_tissue(int *tissue, const char *name, const char *const *tissue_names, int tissue_count,
                             xt_error *err);

#endif
