/* Triangle surfaces of tissues and interfaces, from the volume fractions, by surface nets.
 *
 * Each face of the grid between the two sides becomes a quadrilateral whose corners lie in the voxel corners'
 * cubes, at the mean of the points where the grid lines through that cube are cut (xt_face_cut). Closed
 * tissues give closed surfaces: every edge has an even number of triangles. */
#ifndef MESH_SURFACE_H
#define MESH_SURFACE_H

#include "mesh/mesh.h"

typedef struct {
    size_t vertices, triangles;
    float *position;  /* [3 * vertices] world mm (mesh->affine) */
    uint32_t *corner; /* [3 * triangles] vertices, counter-clockwise seen from `other`'s side */
    uint8_t *tissue;  /* [triangles] inside (behind) */
    uint8_t *other;   /* [triangles] outside (before) */
} xt_surface;

typedef struct {
    int tissue; /* the side behind the surface */
    int other;  /* the other side; -1: whatever is not `tissue` */
    bool caps;  /* close the tissue where the box cuts it (other: 0) */
    int relax;  /* rounds of smoothing within the voxel corners' cubes; 0 for fractions, about 10 for plain
                   labels */
} xt_surface_def;

/* An empty surface (no triangles) is XT_OK. */
xt_status xt_surface_find(xt_surface **surface, const xt_mesh *mesh, const xt_surface_def *what,
                          xt_error *err);
void xt_surface_free(xt_surface *surface);

double xt_surface_area(const xt_surface *surface);   /* mm^2 */
double xt_surface_volume(const xt_surface *surface); /* mm^3 enclosed; only means something if closed */

/* A value per triangle or per vertex to write along. */
typedef struct {
    const char *name; /* with its unit */
    const float *values;
    bool per_vertex;
} xt_surface_array;

/* VTK polygons (.vtp, appended raw), with the tissues on both sides as cell data. Atomic. */
xt_status xt_surface_write_vtp(const char *path, const xt_surface *surface, const xt_surface_array *arrays,
                               int count, xt_error *err);

/* Binary STL, mm. Atomic. */
xt_status xt_surface_write_stl(const char *path, const xt_surface *surface, xt_error *err);

#endif
