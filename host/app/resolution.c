#include "app/resolution.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "base/text.h"

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
        xt_text list = {0};
        int count = 0, all = 0;
        for (int t = 1; t <= model->tissue_count; t++) {
            if (!(present >> t & 1)) continue;
            const double length = xt_decay_length(model, s, t);
            all++;
            if (!(length < h)) continue;
            xt_text_printf(&list, "%s%s %.3g um", count++ ? ", " : "", model->tissue[t].name, length * 1e3);
        }
        if (count > 0)
            xt_log_warn(
                log,
                "%s decays within less than a voxel (%.3g mm) in %d of %d tissues (%s): its gradients there "
                "are not resolved; it counts as local and through the plasma",
                model->species[s].name, h, count, all, xt_text_get(&list));
        xt_text_free(&list);
    }
}
