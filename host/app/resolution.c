#include "app/resolution.h"

#include <math.h>

double xt_decay_length(const xt_model *model, int species, int tissue) {
    xt_transport t;
    xt_model_transport(&t, model, species, tissue, model->tissue[tissue].composition);
    if (!(t.diffusivity > 0)) return 0;
    return sqrt(t.fluid * t.diffusivity / (t.fluid * t.loss + t.exchange));
}

unsigned long long xt_tissues_present(const xt_mesh *mesh) {
    unsigned long long present = 0;
    for (size_t i = 0; i < mesh->blocks * XT_BLOCK; i++) {
        present |= 1ull << mesh->material[i].tissue;
        present |= 1ull << mesh->material[i].second;
    }
    return present & ~1ull;
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
