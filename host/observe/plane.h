/* A plane through the box: where a slice lies, which way it is looked at, and what the letters at its edges
 * are. Places are mm from the box's first corner (the outer corner of voxel 0,0,0), along the box's axes. */
#ifndef OBSERVE_PLANE_H
#define OBSERVE_PLANE_H

#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"

enum { XT_PLANE_CORNERS = 6 };

typedef struct {
    int axis;                           /* 0..2 across an axis; -1 oblique */
    double point[3];                    /* on the plane */
    double normal[3], right[3], up[3];  /* unit vectors */
    double low[2], size[2];             /* the picture's lower left corner from the point, and its extent,
                                           along right and up, mm: the bounds of the cut through the box */
    double corner[XT_PLANE_CORNERS][2]; /* the cut itself, a convex polygon, mm from the picture's corner */
    int corners;
} xt_plane;

/* Across `axis`, at `mm` along it. Seen as xt_slice shows it: y,z to the right and upwards for x; x,z for y;
 * x,y for z. XT_USAGE outside the box. */
xt_status xt_plane_across(xt_plane *plane, const double box[3], int axis, double mm, xt_error *err);

/* Through `point` and across `normal` (any length). Upwards is the box's z as far as it lies in the plane,
 * its y where the plane is rather across z; then turned anticlockwise by `turn` rad. The side that is looked
 * at is the one from which right points along the box's axes rather than against them, as for slices.
 * XT_USAGE where the plane misses the box or the normal is no direction. */
xt_status xt_plane_oblique(xt_plane *plane, const double box[3], const double point[3],
                           const double normal[3], double turn, xt_error *err);

/* Corner k of the cut in the box, mm. */
void xt_plane_corner(double mm[3], const xt_plane *plane, int k);

/* Letters of the picture's edges (left, right, bottom, top): R/L, A/P, S/I of RAS+ world axes by the affine
 * (voxel index -> world mm), the largest share first; a second and third one where the edge points that way
 * by more than 15 degrees too, as DICOM has it ("PL"). */
typedef char xt_side_text[4];
void xt_plane_sides(xt_side_text side[4], const xt_plane *plane, const double affine[3][4],
                    const double spacing[3]);

/* "z = 12.5 mm", or "across (0.71, 0, 0.71) through (10, 20, 5) mm". Returns text. */
const char *xt_plane_text(char *text, size_t size, const xt_plane *plane);

#endif
