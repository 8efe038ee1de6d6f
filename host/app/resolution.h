/* What the grid cannot show. */
#ifndef APP_RESOLUTION_H
#define APP_RESOLUTION_H

#include "base/log.h"
#include "mesh/mesh.h"
#include "model/model.h"

/* Warn, one line a species, where it decays within less than a voxel in a tissue that `present` marks (bit k:
 * tissue k): the length sqrt(phi D/(phi k + K)) of MODEL.md §8.3. */
void xt_warn_resolution(xt_log *log, const xt_model *model, const double spacing[3],
                        unsigned long long present);

/* The tissues of a mesh as such bits. */
unsigned long long xt_tissues_present(const xt_mesh *mesh);

/* Those of them whose voxels lie, more than half of them, one deep across some axis, and those that only
 * share voxels: layers thinner than two voxels, which come and go where they run between the axes. */
unsigned long long xt_tissues_thin(const xt_mesh *mesh);
/* The shortest and the longest of a species among the tissues of such bits; untouched if it decays in none.
 */
void xt_decay_lengths(double length[2], const xt_model *model, int species, unsigned long long present);

/* The decay length, mm; INFINITY without loss, 0 where nothing diffuses. */
double xt_decay_length(const xt_model *model, int species, int tissue);

#endif
