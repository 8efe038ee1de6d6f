#include "fields/fields.h"

#include <stdlib.h>
#include <string.h>

#include "fields/internal.h"

static xt_status create_buffers(xt_fields *fields, xt_error *err) {
    const xt_model *model = fields->model;
    const size_t cells = fields->cells, plane = cells * sizeof(float);
    const size_t species = (size_t)model->species_count, tissues = (size_t)model->tissue_count + 1;
    const size_t states = model->state_count > 0 ? (size_t)model->state_count : 1;
    xt_fields_private *own = xt_fields_own(fields);
    const struct {
        cl_mem *buffer;
        size_t bytes;
        const char *name;
    } wanted[] = {
        {&fields->block, fields->mesh->blocks * sizeof(xt_block), "blocks"},
        {&fields->material, cells * sizeof(xt_material), "materials"},
        {&fields->region, cells, "regions"},
        {&fields->word, cells * sizeof(cl_uint), "material words"},
        {&fields->phase, plane * (size_t)model->phase_count, "phases"},
        {&fields->bone0, plane, "initial bone"},
        {&fields->state, plane * states, "states"},
        {&fields->rest, plane * species, "fields at rest"},
        {&fields->peak, plane * species, "fields at the exercise peak"},
        {&fields->response, plane * species, "plasma responses"},
        {&fields->reference, plane * species, "reference fields"},
        {&fields->scalar, sizeof(float) * (size_t)model->scalar_count, "scalars"},
        {&fields->coefficient, sizeof(xt_coefficients) * XT_CLASSES * species, "coefficients"},
        {&fields->class_tissue, XT_CLASSES, "classes"},
        {&fields->membrane, sizeof(float) * tissues * tissues * species, "membranes"},
        {&fields->wall, sizeof(float) * 6 * species, "walls"},
        {&fields->epsilon, sizeof(float) * tissues * species, "exposure floors"},
        {&own->key_row, sizeof(cl_int) * XT_KEY_ROW * tissues, "class rows"},
        {&own->key_used, sizeof(cl_int) * XT_KEYS_MAX, "class keys in use"},
        {&own->class_of_key, XT_KEYS_MAX, "classes by key"},
        {&own->changed, sizeof(cl_int), "class changes"},
        {&own->extrema, 2 * sizeof(float) * XT_SUM_ITEMS, "extrema"},
        {&own->bad, sizeof(cl_int) * XT_SUM_ITEMS, "bad cells"},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        XT_TRY(xt_buffer_create(wanted[i].buffer, fields->device, wanted[i].bytes, wanted[i].name, err));
    return XT_OK;
}

static xt_status create_kernels(xt_fields *fields, xt_error *err) {
    xt_fields_private *own = xt_fields_own(fields);
    const xt_program_part parts[] = {{"grid.clh", NULL},    {"transport.clh", NULL}, {"sum.clh", NULL},
                                     {"classify.cl", NULL}, {"predict.cl", NULL},    {"statistics.cl", NULL}};
    XT_TRY(xt_program_build(&own->program, fields->device, parts, 6, "", err));
    XT_TRY(xt_kernel_create(&own->mark, own->program, "classify_mark", err));
    XT_TRY(xt_kernel_create(&own->words, own->program, "classify_words", err));
    XT_TRY(xt_kernel_create(&own->predict, own->program, "predict", err));
    XT_TRY(xt_kernel_create(&own->range, own->program, "statistics_range", err));
    XT_TRY(xt_kernel_create(&own->fractions, own->program, "statistics_fractions", err));
    return xt_kernel_create(&own->rate, own->program, "statistics_rate", err);
}

static xt_status create_own(xt_fields *fields, xt_error *err) {
    xt_fields_private *own = calloc(1, sizeof *own);
    fields->private_data = own;
    if (!own) return xt_no_memory(err, "fields", sizeof *own);
    own->known = calloc(1, XT_KEYS_MAX);
    own->class_host = calloc(1, XT_KEYS_MAX);
    own->used_host = calloc(XT_KEYS_MAX, sizeof *own->used_host);
    own->scalar_float = calloc((size_t)fields->model->scalar_count + 1, sizeof *own->scalar_float);
    fields->coefficient_host =
        calloc((size_t)XT_CLASSES * (size_t)fields->model->species_count, sizeof(xt_coefficients));
    if (!own->known || !own->class_host || !own->used_host || !own->scalar_float || !fields->coefficient_host)
        return xt_no_memory(err, "class tables", XT_KEYS_MAX);
    return XT_OK;
}

xt_status xt_fields_create(xt_fields **out, const xt_model *model, const xt_mesh *mesh, xt_device *device,
                           const xt_walls *walls, xt_error *err) {
    *out = NULL;
    xt_fields *fields = calloc(1, sizeof *fields);
    if (!fields) return xt_no_memory(err, "fields", sizeof *fields);
    xt_status status = XT_OK;
    fields->model = model;
    fields->mesh = mesh;
    fields->device = device;
    for (int s = 0; s < model->species_count; s++) {
        fields->secretion_scale[s] = 1.0;
        fields->plasma[s] = fields->plasma_peak[s] = model->species[s].plasma_baseline;
    }
    if (mesh) {
        fields->cells = mesh->blocks * XT_BLOCK;
        fields->cell_volume = mesh->spacing[0] * mesh->spacing[1] * mesh->spacing[2];
        /* Kernels address planar arrays with 32-bit indices. */
        int planes = model->state_count > model->phase_count ? model->state_count : model->phase_count;
        if (model->species_count > planes) planes = model->species_count;
        if (fields->cells > (size_t)(INT32_MAX / planes)) {
            status = xt_fail(err, XT_USAGE,
                             "the mesh has %zu cells; at most %d are possible: use a coarser spacing",
                             fields->cells, INT32_MAX / planes);
            goto done;
        }
    }
    XT_GO(xt_fields_organs(fields, err));
    if (mesh) {
        XT_GO(create_own(fields, err));
        XT_GO(create_buffers(fields, err));
        XT_GO(create_kernels(fields, err));
        XT_GO(xt_fields_initial(fields, walls, err));
        XT_GO(xt_fields_classify(fields, err));
        XT_GO(xt_fields_update_max_rate(fields, err));
    }
done:
    if (status == XT_OK)
        *out = fields;
    else
        xt_fields_free(fields);
    return status;
}

void xt_fields_free(xt_fields *fields) {
    if (!fields) return;
    xt_fields_private *own = xt_fields_own(fields);
    if (own) {
        cl_kernel *kernels[] = {&own->mark,  &own->words,     &own->predict,
                                &own->range, &own->fractions, &own->rate};
        for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++) xt_kernel_free(kernels[i]);
        xt_program_free(own->program);
        cl_mem *buffers[] = {
            &fields->block,     &fields->material,    &fields->region,      &fields->word,
            &fields->phase,     &fields->bone0,       &fields->state,       &fields->rest,
            &fields->peak,      &fields->rest_before, &fields->peak_before, &fields->response,
            &fields->reference, &fields->scalar,      &fields->coefficient, &fields->class_tissue,
            &fields->membrane,  &fields->wall,        &fields->epsilon,     &own->key_row,
            &own->key_used,     &own->class_of_key,   &own->changed,        &own->extrema,
            &own->bad};
        for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
            xt_buffer_free(fields->device, buffers[i]);
        free(own->known);
        free(own->class_host);
        free(own->used_host);
        free(own->scalar_float);
        free(own);
    }
    free(fields->coefficient_host);
    free(fields->organ);
    free(fields);
}

double xt_fields_bytes(const xt_model *model, const xt_mesh *mesh, int solver_arrays) {
    if (!mesh) return 0;
    const double floats =
        model->phase_count + 1 + model->state_count + 4 * model->species_count + solver_arrays;
    const double per_cell =
        4 * floats + sizeof(xt_material) + sizeof(cl_uint) + 1 + sizeof(xt_block) / (double)XT_BLOCK;
    return per_cell * (double)(mesh->blocks * XT_BLOCK);
}

xt_status xt_fields_set_scalars(xt_fields *fields, const double *scalar, xt_error *err) {
    if (!fields->mesh) return XT_OK;
    xt_fields_private *own = xt_fields_own(fields);
    for (int i = 0; i < fields->model->scalar_count; i++) own->scalar_float[i] = (float)scalar[i];
    return xt_buffer_write(fields->device, fields->scalar, 0,
                           sizeof(float) * (size_t)fields->model->scalar_count, own->scalar_float, err);
}
