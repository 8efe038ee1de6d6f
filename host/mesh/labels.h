/* A label volume as a mesh: mapping labels to tissues, cutting out a window, resampling where a spacing is
 * asked for. Internal to the room (geometry.h is the door). */
#ifndef MESH_LABELS_H
#define MESH_LABELS_H

#include "mesh/geometry.h"

/* Read the volume's header: fill in the spacing (the volume's own where none is given; one number means all
 * three axes) and the size limit; `whole`: voxels of the whole volume at that spacing. */
xt_status xt_labels_resolve(xt_geometry *geometry, double whole[3], xt_error *err);

/* Build a window of `dims` voxels that starts `first` mm from the volume's first corner. At the volume's own
 * spacing the window is moved to whole voxels and labels are copied; else they are resampled (resample.h).
 * Every value found in the volume must be in the label map: XT_USAGE lists those that are not, with how many
 * voxels they have. */
xt_status xt_labels_build(xt_mesh **mesh, const xt_geometry *geometry, const int dims[3],
                          const double first[3], const char *const *tissue_names, int tissue_count,
                          xt_error *err);

#endif
