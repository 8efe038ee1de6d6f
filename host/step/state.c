#include <stdlib.h>
#include <string.h>

#include "step/internal.h"

/* One list of blocks serves saving and loading, so the two cannot drift apart. */
typedef struct {
    xt_block_sink sink; /* one of the two */
    xt_block_source source;
    void *context;
} carrier;

static xt_status carry(const carrier *to, const char *name, void *data, size_t bytes, xt_error *err) {
    if (!bytes) return XT_OK;
    return to->sink ? to->sink(name, data, bytes, to->context, err)
                    : to->source(name, data, bytes, to->context, err);
}

static xt_status carry_host(const carrier *to, xt_sim *sim, xt_error *err) {
    xt_fields *fields = sim->fields;
    const size_t scalars = (size_t)sim->model->scalar_count * sizeof(double);
    XT_TRY(carry(to, "clock", &sim->clock, sizeof sim->clock, err));
    XT_TRY(carry(to, "scalars", sim->scalar, scalars, err));
    XT_TRY(carry(to, "first", sim->first, (size_t)sim->model->readout_count * sizeof(double), err));
    XT_TRY(carry(to, "before", sim->before, scalars, err));
    static const char *const watched[XT_HISTORY] = {"watched_0", "watched_1", "watched_2"};
    for (int n = 0; n < XT_HISTORY; n++) XT_TRY(carry(to, watched[n], sim->watched[n], scalars, err));
    XT_TRY(carry(to, "organs", fields->organ, (size_t)fields->organ_count * sizeof *fields->organ, err));
    XT_TRY(carry(to, "plasma", fields->plasma, sizeof fields->plasma, err));
    XT_TRY(carry(to, "plasma_before", fields->plasma_before, sizeof fields->plasma_before, err));
    XT_TRY(
        carry(to, "plasma_peak_before", fields->plasma_peak_before, sizeof fields->plasma_peak_before, err));
    XT_TRY(carry(to, "plasma_peak", fields->plasma_peak, sizeof fields->plasma_peak, err));
    XT_TRY(carry(to, "secretion_scale", fields->secretion_scale, sizeof fields->secretion_scale, err));
    XT_TRY(carry(to, "class_levels", &fields->class_levels, sizeof fields->class_levels, err));
    return carry(to, "geometry", &fields->geometry, sizeof fields->geometry, err);
}

static xt_status carry_buffer(const carrier *to, xt_fields *fields, const char *name, cl_mem buffer,
                              size_t bytes, xt_error *err) {
    void *copy = malloc(bytes);
    if (!copy) return xt_no_memory(err, name, bytes);
    xt_status status = XT_OK;
    if (to->sink) XT_GO(xt_buffer_read(fields->device, buffer, 0, bytes, copy, err));
    XT_GO(carry(to, name, copy, bytes, err));
    if (!to->sink) XT_GO(xt_buffer_write(fields->device, buffer, 0, bytes, copy, err));
done:
    free(copy);
    return status;
}

static xt_status carry_device(const carrier *to, xt_sim *sim, xt_error *err) {
    xt_fields *fields = sim->fields;
    if (!fields->mesh) return XT_OK;
    const xt_model *model = sim->model;
    const size_t plane = fields->cells * sizeof(float), species = (size_t)model->species_count;
    XT_TRY(carry_buffer(to, fields, "material", fields->material, fields->cells * sizeof(xt_material), err));
    XT_TRY(carry_buffer(to, fields, "phase", fields->phase, plane * (size_t)model->phase_count, err));
    if (model->state_count)
        XT_TRY(carry_buffer(to, fields, "state", fields->state, plane * (size_t)model->state_count, err));
    XT_TRY(carry_buffer(to, fields, "rest", fields->rest, plane * species, err));
    XT_TRY(carry_buffer(to, fields, "peak", fields->peak, plane * species, err));
    int both = fields->rest_before != NULL;
    XT_TRY(carry(to, "both_before", &both, sizeof both, err));
    if (both) {
        XT_TRY(xt_fields_keep_both(fields, err));
        XT_TRY(carry_buffer(to, fields, "rest_before", fields->rest_before, plane * species, err));
        XT_TRY(carry_buffer(to, fields, "peak_before", fields->peak_before, plane * species, err));
    }
    XT_TRY(carry_buffer(to, fields, "response", fields->response, plane * species, err));
    XT_TRY(carry_buffer(to, fields, "reference", fields->reference, plane * species, err));
    return carry_buffer(to, fields, "epsilon", fields->epsilon,
                        sizeof(float) * ((size_t)model->tissue_count + 1) * species, err);
}

typedef xt_status (*opaque_save)(void *bytes, void *object, xt_error *err);
typedef xt_status (*opaque_load)(void *object, const void *bytes, xt_error *err);

static xt_status save_solver(void *bytes, void *object, xt_error *err) {
    return xt_solver_state_save(bytes, object, err);
}
static xt_status load_solver(void *object, const void *bytes, xt_error *err) {
    return xt_solver_state_load(object, bytes, err);
}
static xt_status save_tissue(void *bytes, void *object, xt_error *err) {
    return xt_tissue_state_save(bytes, object, err);
}
static xt_status load_tissue(void *object, const void *bytes, xt_error *err) {
    return xt_tissue_state_load(object, bytes, err);
}

static xt_status carry_opaque(const carrier *to, const char *name, size_t size, void *object,
                              opaque_save save, opaque_load load, xt_error *err) {
    if (!size) return XT_OK;
    void *bytes = calloc(1, size);
    if (!bytes) return xt_no_memory(err, name, size);
    xt_status status = XT_OK;
    if (to->sink) XT_GO(save(bytes, object, err));
    XT_GO(carry(to, name, bytes, size, err));
    if (!to->sink) XT_GO(load(object, bytes, err));
done:
    free(bytes);
    return status;
}

static xt_status carry_rooms(const carrier *to, xt_sim *sim, xt_error *err) {
    XT_TRY(carry_opaque(to, "solver", xt_solver_state_size(sim->solver), sim->solver, save_solver,
                        load_solver, err));
    return carry_opaque(to, "tissue", xt_tissue_state_size(sim->tissue), sim->tissue, save_tissue,
                        load_tissue, err);
}

xt_status xt_sim_save(xt_sim *sim, xt_block_sink sink, void *context, xt_error *err) {
    const carrier to = {.sink = sink, .context = context};
    XT_TRY(carry_host(&to, sim, err));
    XT_TRY(carry_device(&to, sim, err));
    return carry_rooms(&to, sim, err);
}

xt_status xt_sim_load(xt_sim *sim, xt_block_source source, void *context, xt_error *err) {
    const carrier from = {.source = source, .context = context};
    XT_TRY(carry_host(&from, sim, err));
    const unsigned geometry =
        sim->fields->geometry; /* classes below count it up; the solver compares the count */
    XT_TRY(carry_device(&from, sim, err));
    XT_TRY(carry_rooms(&from, sim, err));
    XT_TRY(xt_fields_classify(sim->fields, err));
    sim->fields->geometry = geometry;
    if (sim->end_time > sim->chronic_end) XT_TRY(xt_fields_update_max_rate(sim->fields, err));
    return xt_fields_set_scalars(sim->fields, sim->scalar, err);
}
