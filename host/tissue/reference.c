#include "tissue/reference.h"

#include <math.h>
#include <stdlib.h>

#include "tissue/internal.h"

/* As the device keeps it: in 65535ths. */
static double kept(double fraction) { return rint(fraction * 65535) / 65535; }

static xt_status read(float *plane, const xt_fields *fields, cl_mem buffer, int index, xt_error *err) {
    const size_t bytes = fields->cells * sizeof *plane;
    return xt_buffer_read(fields->device, buffer, (size_t)index * bytes, bytes, plane, err);
}

static void take_phase(xt_tissue_sample *s, const xt_fields *fields, const float *plane, int phase) {
    double most = 0;
    s->phase[phase] = (double)plane[s->cell];
    for (int face = 0; face < 6; face++)
        most = fmax(most, (double)plane[xt_mesh_neighbour(fields->mesh, s->cell, face)]);
    s->beside[phase] = kept(most);
}

/* (c + eps)/(c_ref + eps), for rest and peak; plane holds c, then c_ref. */
static xt_status take_exposures(xt_tissue_sample *sample, size_t count, const xt_fields *fields, float *plane,
                                xt_error *err) {
    const int species = fields->model->species_count;
    const size_t rows = ((size_t)fields->model->tissue_count + 1) * (size_t)species;
    float *epsilon = malloc(rows * sizeof *epsilon), *reference = plane + fields->cells;
    if (!epsilon) return xt_no_memory(err, "exposure floors", rows * sizeof *epsilon);
    xt_status status = XT_OK;
    XT_GO(xt_buffer_read(fields->device, fields->epsilon, 0, rows * sizeof *epsilon, epsilon, err));
    for (int k = 0; k < species; k++) {
        XT_GO(read(reference, fields, fields->reference, k, err));
        for (int peak = 0; peak < 2; peak++) {
            XT_GO(read(plane, fields, peak ? fields->peak : fields->rest, k, err));
            for (size_t i = 0; i < count; i++) {
                xt_tissue_sample *s = &sample[i];
                const double eps = (double)epsilon[s->tissue * species + k];
                (peak ? s->peak : s->rest)[k] =
                    ((double)plane[s->cell] + eps) / ((double)reference[s->cell] + eps);
            }
        }
    }
done:
    free(epsilon);
    return status;
}

xt_status xt_tissue_sample_take(xt_tissue_sample *sample, size_t count, const xt_fields *fields,
                                xt_error *err) {
    const xt_model *model = fields->model;
    float *plane = malloc(2 * fields->cells * sizeof *plane);
    if (!plane) return xt_no_memory(err, "a plane of cells", 2 * fields->cells * sizeof *plane);
    xt_status status = XT_OK;
    const xt_material *material = (const void *)plane; /* a word a cell, too */
    XT_GO(xt_buffer_read(fields->device, fields->material, 0, fields->cells * sizeof *material, plane, err));
    const int bone = xt_model_find_phase(model, "bone");
    for (size_t i = 0; i < count; i++) {
        xt_tissue_sample *s = &sample[i];
        s->tissue = material[s->cell].tissue;
        if (s->tissue)
            xt_cell_phase0(s->phase0, model, s->tissue,
                           bone >= 0 ? model->tissue[s->tissue].composition[bone] : 0);
    }
    for (int p = 0; p < model->phase_count; p++) {
        XT_GO(read(plane, fields, fields->phase, p, err));
        for (size_t i = 0; i < count; i++) take_phase(&sample[i], fields, plane, p);
    }
    for (int k = 0; k < model->state_count; k++) {
        XT_GO(read(plane, fields, fields->state, k, err));
        for (size_t i = 0; i < count; i++) sample[i].state[k] = (double)plane[sample[i].cell];
    }
    XT_GO(take_exposures(sample, count, fields, plane, err));
done:
    free(plane);
    return status;
}

void xt_tissue_sample_step(xt_tissue_sample *sample, size_t count, const xt_model *model,
                           const double *scalar, double dt, bool peak) {
    for (size_t i = 0; i < count; i++) {
        xt_tissue_sample *s = &sample[i];
        if (!s->tissue) continue;
        const xt_values values = {.scalar = scalar,
                                  .exposure_rest = s->rest,
                                  .exposure_peak = peak ? s->peak : s->rest,
                                  .beside = s->beside};
        xt_cell_step(model, s->tissue, s->phase, s->phase0, s->state, &values, &values, dt, true);
    }
}

void xt_tissue_sample_beside(xt_tissue_sample *sample, size_t count, const xt_mesh *mesh,
                             const xt_model *model) {
    for (size_t i = 0; i < count; i++)
        for (int p = 0; p < model->phase_count; p++) {
            double most = 0;
            for (int face = 0; face < 6; face++)
                most = fmax(most, sample[xt_mesh_neighbour(mesh, i, face)].phase[p]);
            sample[i].beside[p] = kept(most);
        }
}
