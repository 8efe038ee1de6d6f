/* What a scene says of the geometry (already in internal units), and the mesh made from it. */
#ifndef MESH_GEOMETRY_H
#define MESH_GEOMETRY_H

#include "mesh/mesh.h"
#include "scene/geometry_def.h"

/* Fill in defaults and check what can be checked without building (sizes positive, layers fit, dims <=
 * 32767). */
xt_status xt_geometry_resolve(xt_geometry *geometry, int dims[3], xt_error *err);

/* Build the mesh. tissue_names are the model's; a layer or label naming none of them is XT_USAGE with the
 * nearest. */
xt_status xt_geometry_build(xt_mesh **mesh, const xt_geometry *geometry, const char *const *tissue_names,
                            int tissue_count, xt_error *err);

void xt_geometry_clear(xt_geometry *geometry); /* frees what it owns: layer, file, label */

#endif
