#include "solve/internal.h"

#include <stdlib.h>

xt_status xt_rhs_update(xt_solver *solver, xt_error *err) {
    xt_rhs *rhs = &solver->rhs;
    const xt_fields *fields = solver->fields;
    const size_t species = (size_t)fields->model->species_count,
                 tissues = (size_t)fields->model->tissue_count + 1;
    const double *h = fields->mesh->spacing;
    if (rhs->known && rhs->geometry == fields->geometry) return XT_OK;
    const size_t classes = (size_t)fields->class_count, axes = 3;
    const size_t bytes = axes * classes * classes * species * sizeof(float);
    const size_t membrane_bytes = tissues * tissues * species * sizeof(float);
    const xt_coefficients *table = (const void *)fields->coefficient_host;
    const unsigned char *tissue = fields->class_tissue_host;
    xt_status status = XT_OK;
    float *pairs = malloc(bytes), *membrane = malloc(membrane_bytes), *out = pairs;
    if (!pairs || !membrane) {
        status = xt_no_memory(err, "transmissibilities", bytes + membrane_bytes);
        goto done;
    }
    XT_GO(xt_buffer_read(fields->device, fields->membrane, 0, membrane_bytes, membrane, err));
    for (size_t axis = 0; axis < axes; axis++)
        for (size_t i = 0; i < classes; i++)
            for (size_t j = 0; j < classes; j++)
                for (size_t s = 0; s < species; s++) { /* as xt_transmissibility at cut 1/2 */
                    const float step = (float)h[axis], ra = table[i * species + s].resistance,
                                rb = table[j * species + s].resistance,
                                m = membrane[(tissue[i] * tissues + tissue[j]) * species + s];
                    *out++ = i && j ? 1.0f / (step * (step * (0.5f * ra + 0.5f * rb) + m)) : 0.0f;
                }
    xt_buffer_free(fields->device, &rhs->pairs);
    XT_GO(xt_buffer_create(&rhs->pairs, fields->device, bytes, "transmissibilities", err));
    XT_GO(xt_buffer_write(fields->device, rhs->pairs, 0, bytes, pairs, err));
    rhs->classes = (int)classes;
    rhs->geometry = fields->geometry;
    rhs->known = true;
done:
    free(pairs);
    free(membrane);
    return status;
}

void xt_rhs_free(xt_solver *solver) { xt_buffer_free(solver->fields->device, &solver->rhs.pairs); }

int xt_rhs_args(xt_arg *args, const xt_solver *solver) {
    int n = xt_mesh_args(args, solver, XT_MESH_ARGS);
    args[n++] = XT_ARG(solver->rhs.pairs);
    args[n++] = XT_ARG(solver->rhs.classes);
    return n;
}
