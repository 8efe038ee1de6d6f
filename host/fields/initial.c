#include "fields/internal.h"

#include <math.h>
#include <stdlib.h>

static int bone_phase(const xt_model *model) { return xt_model_find_phase(model, "bone"); }

/* f0 of a phase in a cell: the composition of its tissue, the other phases scaled to make room where the
 * geometry prescribes the bone fraction. */
static float initial_phase(const xt_fields *fields, size_t cell, int phase) {
    const xt_model *model = fields->model;
    const int tissue = fields->mesh->material[cell].tissue, bone = bone_phase(model);
    if (!tissue) return 0;
    const double *composition = model->tissue[tissue].composition;
    if (bone < 0 || !fields->mesh->bone || isnan(fields->mesh->bone[cell]) || composition[bone] >= 1)
        return (float)composition[phase];
    const double prescribed = fields->mesh->bone[cell];
    if (phase == bone) return (float)prescribed;
    return (float)(composition[phase] * (1 - prescribed) / (1 - composition[bone]));
}

static xt_status upload_phases(xt_fields *fields, float *plane, xt_error *err) {
    const size_t bytes = fields->cells * sizeof *plane;
    for (int p = 0; p < fields->model->phase_count; p++) {
        for (size_t cell = 0; cell < fields->cells; cell++) plane[cell] = initial_phase(fields, cell, p);
        XT_TRY(xt_buffer_write(fields->device, fields->phase, (size_t)p * bytes, bytes, plane, err));
        if (p == bone_phase(fields->model))
            XT_TRY(xt_buffer_write(fields->device, fields->bone0, 0, bytes, plane, err));
    }
    return XT_OK;
}

static xt_status upload_states(xt_fields *fields, float *plane, xt_error *err) {
    const xt_model *model = fields->model;
    const size_t bytes = fields->cells * sizeof *plane;
    for (int s = 0; s < model->state_count; s++) {
        if (!model->state[s].initial_constant) continue; /* tissue/ does those */
        const float value = (float)xt_expr_value(model, model->state[s].initial, &(xt_values){0});
        for (size_t cell = 0; cell < fields->cells; cell++)
            plane[cell] = fields->mesh->material[cell].tissue ? value : 0;
        XT_TRY(xt_buffer_write(fields->device, fields->state, (size_t)s * bytes, bytes, plane, err));
    }
    return XT_OK;
}

static xt_status upload_regions(xt_fields *fields, xt_error *err) {
    const xt_mesh *mesh = fields->mesh;
    unsigned char *region = malloc(fields->cells);
    if (!region) return xt_no_memory(err, "regions", fields->cells);
    for (size_t cell = 0; cell < fields->cells; cell++) region[cell] = mesh->material[cell].tissue;
    xt_status status = xt_buffer_write(fields->device, fields->region, 0, fields->cells, region, err);
    free(region);
    XT_TRY(status);
    XT_TRY(xt_buffer_write(fields->device, fields->block, 0, mesh->blocks * sizeof *mesh->block, mesh->block,
                           err));
    return xt_buffer_write(fields->device, fields->material, 0, fields->cells * sizeof *mesh->material,
                           mesh->material, err);
}

static xt_status upload_tables(xt_fields *fields, const xt_walls *walls, xt_error *err) {
    const xt_model *model = fields->model;
    const size_t n = (size_t)model->tissue_count + 1, species = (size_t)model->species_count;
    xt_status status = XT_OK;
    float *membrane = calloc(n * n * species, sizeof *membrane);
    float *wall = calloc(6 * species, sizeof *wall);
    if (!membrane || !wall) {
        status = xt_no_memory(err, "membranes", n * n * species * sizeof *membrane);
        goto done;
    }
    for (int m = 0; m < model->membrane_count; m++) {
        const xt_membrane *row = &model->membrane[m];
        for (size_t s = 0; s < species; s++) {
            const float inverse = (float)(1.0 / row->permeability[s]);
            membrane[((size_t)row->a * n + (size_t)row->b) * species + s] = inverse;
            membrane[((size_t)row->b * n + (size_t)row->a) * species + s] = inverse;
        }
    }
    for (int w = 0; w < 6; w++)
        for (size_t s = 0; s < species; s++) wall[(size_t)w * species + s] = walls ? walls->value[w][s] : NAN;
    XT_GO(xt_buffer_write(fields->device, fields->membrane, 0, n * n * species * sizeof *membrane, membrane,
                          err));
    XT_GO(xt_buffer_write(fields->device, fields->wall, 0, 6 * species * sizeof *wall, wall, err));
done:
    free(membrane);
    free(wall);
    return status;
}

xt_status xt_fields_initial(xt_fields *fields, const xt_walls *walls, xt_error *err) {
    float *plane = malloc(fields->cells * sizeof *plane);
    if (!plane) return xt_no_memory(err, "the initial fractions", fields->cells * sizeof *plane);
    xt_status status = XT_OK;
    XT_GO(upload_phases(fields, plane, err));
    XT_GO(upload_states(fields, plane, err));
    XT_GO(upload_regions(fields, err));
    XT_GO(upload_tables(fields, walls, err));
done:
    free(plane);
    return status;
}
