#include "fields/internal.h"

#include <stdlib.h>

static bool has_organ(const xt_fields *fields, int tissue) {
    for (int i = 0; i < fields->organ_count; i++)
        if (fields->organ[i].tissue == tissue) return true;
    return false;
}

static void add_organ(xt_fields *fields, int tissue, double weight) {
    const xt_model *model = fields->model;
    xt_organ *organ = &fields->organ[fields->organ_count++];
    *organ = (xt_organ){.tissue = tissue, .compartment = model->tissue[tissue].compartment, .weight = weight};
    if (organ->compartment >= 0) organ->volume = model->compartment[organ->compartment].volume;
    for (int p = 0; p < model->phase_count; p++)
        organ->phase[p] = organ->phase0[p] = model->tissue[tissue].composition[p];
    for (int s = 0; s < model->state_count; s++)
        if (model->state[s].initial_constant)
            organ->state[s] = xt_expr_value(model, model->state[s].initial, &(xt_values){0});
    for (int s = 0; s < model->species_count; s++)
        organ->reference[s] = organ->rest[s] = organ->peak[s] = xt_model_baseline_level(model, s, tissue);
}

/* Does the mesh hold a cell whose home tissue is in the compartment (or is the tissue itself)? */
typedef struct {
    bool home[XT_MAX_TISSUES + 1];
    double volume[XT_MAX_TISSUES + 1]; /* mm^3, partial voxels by share */
} presence;

static void find_presence(presence *found, const xt_fields *fields) {
    *found = (presence){0};
    const xt_mesh *mesh = fields->mesh;
    if (!mesh) return;
    for (size_t cell = XT_BLOCK; cell < fields->cells; cell++) {
        const xt_material m = mesh->material[cell];
        if (!m.tissue) continue;
        const double share = m.share / 65535.0;
        found->home[m.tissue] = true;
        found->volume[m.tissue] += (1 - share) * fields->cell_volume;
        if (m.second) found->volume[m.second] += share * fields->cell_volume;
    }
}

xt_status xt_fields_organs(xt_fields *fields, xt_error *err) {
    const xt_model *model = fields->model;
    presence found;
    find_presence(&found, fields);

    fields->organ =
        calloc((size_t)model->compartment_count + (size_t)model->scalar_count + 1, sizeof *fields->organ);
    if (!fields->organ) return xt_no_memory(err, "organs", sizeof *fields->organ);
    for (int c = 0; c < model->compartment_count; c++) {
        double volume = 0;
        bool home = false;
        for (int t = 1; t <= model->tissue_count; t++)
            if (model->tissue[t].compartment == c) home |= found.home[t], volume += found.volume[t];
        for (int t = 1; t <= model->tissue_count; t++)
            if (model->tissue[t].compartment == c)
                fields->body_weight[t] = home ? model->compartment[c].volume / volume : 1.0;
        if (!home) add_organ(fields, model->compartment[c].tissue, 1.0);
    }
    for (int t = 1; t <= model->tissue_count; t++)
        if (model->tissue[t].compartment < 0) fields->body_weight[t] = 1.0;

    /* Means over tissues that nobody holds yet: an organ that feels the plasma but does not feed it, because
     * its compartment is already stood for. */
    for (int i = 0; i < model->scalar_count; i++) {
        const xt_scalar *scalar = &model->scalar[i];
        if (scalar->kind != XT_SCALAR_MEAN || found.home[scalar->tissue] || has_organ(fields, scalar->tissue))
            continue;
        add_organ(fields, scalar->tissue, 0.0);
    }
    return XT_OK;
}
