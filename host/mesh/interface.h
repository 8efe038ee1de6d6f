/* The interfaces between tissues as objects: faces of the grid with area, orientation and cut. */
#ifndef MESH_INTERFACE_H
#define MESH_INTERFACE_H

#include "mesh/mesh.h"

/* A face between two cells whose dominant tissues differ. */
typedef struct {
    uint32_t a,
        b; /* cells; b is the neighbour of a across 2 * axis + 1. A lane of block 0 where there is none. */
    uint8_t axis;     /* 0, 1, 2 */
    uint8_t from, to; /* tissues of a and b */
    float cut;        /* xt_face_cut: from the centre of a, in units of the centre distance */
    float area;       /* mm^2 of true surface that the face stands for */
    float normal[3];  /* unit, mesh axes, from tissue `from` into `to` */
} xt_interface_face;

typedef struct {
    uint8_t low, high; /* tissues, low < high */
    size_t faces;
    double area; /* mm^2 */
} xt_interface_pair;

typedef struct {
    size_t count;
    xt_interface_face *face; /* [count], in cell order */
    int pairs;
    xt_interface_pair *pair; /* [pairs], by low, then high */
} xt_interface;

/* All faces between different tissues; with `outside` those to the outside too (not the walls of the box:
 * they are cuts).
 *
 * A digital surface has too many faces where it is oblique: of a plane with normal n, |n_k| / (area of a
 * face) faces of axis k lie on each mm^2. So a face stands for face area * |n_k|, and the three axes add up
 * to the plane's area. The normal comes from the gradient of the difference of the two tissues' fractions, by
 * Youngs' 3 x 3 x 3 weights in both cells; beyond a wall the fractions continue. Total area of a ball of
 * radius 8 voxels: within 2 % from shares, 4 % from labels. */
xt_status xt_interface_find(xt_interface **interface, const xt_mesh *mesh, bool outside, xt_error *err);
void xt_interface_free(xt_interface *interface);

/* Area between two tissues in mm^2, 0 if they do not meet. */
double xt_interface_area(const xt_interface *interface, int tissue, int other);

#endif
