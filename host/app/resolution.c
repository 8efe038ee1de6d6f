#include "app/resolution.h"

#include <math.h>

double xt_decay_length(const xt_model *model, int species, int tissue) {
    xt_transport t;
    xt_model_transport(&t, model, species, tissue, model->tissue[tissue].composition);
    if (!(t.diffusivity > 0)) return 0;
    return sqrt(t.fluid * t.diffusivity / (t.fluid * t.loss + t.exchange));
}

void xt_decay_lengths(double length[2], const xt_model *model, int species, unsigned long long present) {
    bool any = false;
    for (int t = 1; t <= model->tissue_count; t++) {
        const double here = xt_decay_length(model, species, t);
        if (!(present >> t & 1) || !isfinite(here)) continue;
        length[0] = any ? fmin(length[0], here) : here;
        length[1] = any ? fmax(length[1], here) : here;
        any = true;
    }
}

unsigned long long xt_tissues_present(const xt_mesh *mesh) {
    unsigned long long present = 0;
    for (size_t i = 0; i < mesh->blocks * XT_BLOCK; i++) {
        present |= 1ull << mesh->material[i].tissue;
        present |= 1ull << mesh->material[i].second;
    }
    return present & ~1ull;
}

/* Is the voxel one deep across an axis: neither of its neighbours there of its tissue? At a wall of the box
 * the layer may go on. */
static bool one_deep(const xt_mesh *mesh, size_t cell, int axis) {
    int voxel[3];
    const uint8_t tissue = mesh->material[cell].tissue;
    xt_mesh_position(mesh, cell, voxel);
    if (voxel[axis] == 0 || voxel[axis] == mesh->dims[axis] - 1) return false;
    return mesh->material[xt_mesh_neighbour(mesh, cell, 2 * axis)].tissue != tissue &&
           mesh->material[xt_mesh_neighbour(mesh, cell, 2 * axis + 1)].tissue != tissue;
}

unsigned long long xt_tissues_thin(const xt_mesh *mesh) {
    size_t all[64] = {0}, deep[64] = {0};
    for (size_t cell = XT_BLOCK; cell < mesh->blocks * XT_BLOCK; cell++) {
        const int t = mesh->material[cell].tissue & 63;
        if (t == 0) continue;
        all[t]++;
        deep[t] += one_deep(mesh, cell, 0) || one_deep(mesh, cell, 1) || one_deep(mesh, cell, 2);
    }
    unsigned long long thin = 0;
    for (int t = 1; t < 64; t++)
        if (2 * deep[t] >= all[t]) thin |= 1ull << t;
    return thin & xt_tissues_present(mesh);
}

void xt_warn_resolution(xt_log *log, const xt_model *model, const double spacing[3],
                        unsigned long long present) {
    const double h = fmax(spacing[0], fmax(spacing[1], spacing[2]));
    for (int s = 0; s < model->species_count; s++) {
        int count = 0, all = 0, least = 0, most = 0;
        for (int t = 1; t <= model->tissue_count; t++) {
            if (!(present >> t & 1)) continue;
            const double length = xt_decay_length(model, s, t);
            all++;
            if (!(length < h)) continue;
            if (!count || length < xt_decay_length(model, s, least)) least = t;
            if (!count || length > xt_decay_length(model, s, most)) most = t;
            count++;
        }
        if (count > 0)
            xt_log_warn(
                log,
                "%s decays within %.2g mm (%s) to %.2g mm (%s) in %d of %d tissues: voxels of %.3g mm do not "
                "resolve its gradients there",
                model->species[s].name, xt_decay_length(model, s, least), model->tissue[least].name,
                xt_decay_length(model, s, most), model->tissue[most].name, count, all, h);
    }
}
