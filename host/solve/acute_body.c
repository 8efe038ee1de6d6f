#include "solve/acute.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

xt_status xt_body_create(xt_solver *solver, xt_error *err) {
    const xt_fields *fields = solver->fields;
    const xt_model *model = fields->model;
    xt_acute *a = solver->acute;
    const size_t species = (size_t)model->species_count,
                 organs = xt_at_least_one((size_t)fields->organ_count);
    const size_t body = species * xt_body_count(fields) * 2, rows = (size_t)model->tissue_count + 1;
    const struct {
        cl_mem *buffer;
        size_t floats;
    } buffers[] = {
        {&a->folded, species * (XT_RHS_SUMS + 1) * XT_FOLDED * 2},
        {&a->level, species * 2},
        {&a->constants, species * XT_PLASMA_CONSTANTS},
        {&a->body, body},
        {&a->body_next, body},
        {&a->body_rates, body},
        {&a->organ_constants, organs * species * XT_ORGAN_CONSTANTS},
        {&a->organ_tissue, organs},
        {&a->organ_field[0], organs * species},
        {&a->organ_field[1], organs * species},
        {&a->organ_phase, organs * xt_at_least_one((size_t)model->phase_count)},
        {&a->organ_bone, organs},
        {&a->organ_state, organs * xt_at_least_one((size_t)model->state_count)},
        {&a->organ_reference, organs * species},
        {&a->organ_epsilon, rows * species},
    };
    for (size_t k = 0; k < sizeof buffers / sizeof *buffers; k++)
        XT_TRY(xt_buffer_create(buffers[k].buffer, fields->device, buffers[k].floats * sizeof(float),
                                "acute mode", err));
    a->body_host = calloc(2 * body, sizeof *a->body_host);
    return a->body_host ? XT_OK : xt_no_memory(err, "acute mode", 2 * body * sizeof *a->body_host);
}

void xt_body_free(xt_solver *solver) {
    xt_acute *a = solver->acute;
    cl_mem *buffers[] = {&a->folded,         &a->level,           &a->constants,       &a->body,
                         &a->body_next,      &a->body_rates,      &a->organ_constants, &a->organ_tissue,
                         &a->organ_field[0], &a->organ_field[1],  &a->organ_phase,     &a->organ_bone,
                         &a->organ_state,    &a->organ_reference, &a->organ_epsilon};
    for (size_t k = 0; k < sizeof buffers / sizeof *buffers; k++)
        xt_buffer_free(solver->fields->device, buffers[k]);
    free(a->body_host);
}

/* A double as the float nearest to it and the rest. */
static void split(float pair[2], double value) {
    pair[0] = (float)value;
    pair[1] = (float)(value - (double)pair[0]);
}

/* Organs as the plasma kernels read them: planar, like cells. */
static xt_status upload_organs(xt_solver *solver, xt_error *err) {
    xt_acute *a = solver->acute;
    const xt_fields *fields = solver->fields;
    const xt_model *model = fields->model;
    const int species = model->species_count, organs = fields->organ_count;
    const int bone = xt_model_find_phase(model, "bone");
    if (!organs) return XT_OK;
    const size_t rows = (size_t)model->tissue_count + 1, count = (size_t)organs;
    const size_t longest =
        count * (size_t)(XT_MAX_SPECIES * XT_ORGAN_CONSTANTS + XT_MAX_STATES) + rows * XT_MAX_SPECIES;
    float *buffer = calloc(longest, sizeof *buffer);
    if (!buffer) return xt_no_memory(err, "organs", longest * sizeof *buffer);
    xt_status status = XT_OK;
    unsigned char *tissue = (unsigned char *)buffer;
    for (int o = 0; o < organs; o++) tissue[o] = (unsigned char)fields->organ[o].tissue;
    XT_GO(xt_buffer_write(fields->device, a->organ_tissue, 0, count, tissue, err));
    for (int o = 0; o < organs; o++)
        for (int s = 0; s < species; s++) {
            const xt_organ *organ = &fields->organ[o];
            xt_transport t;
            xt_model_transport(&t, model, s, organ->tissue, organ->phase0);
            float *row = buffer + (o * species + s) * XT_ORGAN_CONSTANTS;
            row[0] = (float)t.fluid;
            row[1] = (float)(t.fluid * t.loss);
            row[2] = (float)t.exchange;
            row[3] = (float)(t.exchange * t.partition);
            row[4] = (float)(organ->weight * organ->volume);
        }
    XT_GO(xt_buffer_write(fields->device, a->organ_constants, 0,
                          count * (size_t)species * XT_ORGAN_CONSTANTS * sizeof(float), buffer, err));
    for (int s = 0; s < species; s++)
        for (int o = 0; o < organs; o++) buffer[s * organs + o] = (float)fields->organ[o].rest[s];
    for (int k = 0; k < 2; k++)
        XT_GO(xt_buffer_write(fields->device, a->organ_field[k], 0, count * (size_t)species * sizeof(float),
                              buffer, err));
    for (int s = 0; s < species; s++)
        for (int o = 0; o < organs; o++) buffer[s * organs + o] = (float)fields->organ[o].reference[s];
    XT_GO(xt_buffer_write(fields->device, a->organ_reference, 0, count * (size_t)species * sizeof(float),
                          buffer, err));
    memset(buffer, 0, rows * (size_t)species * sizeof *buffer);
    for (int o = 0; o < organs; o++)
        for (int s = 0; s < species; s++)
            buffer[fields->organ[o].tissue * species + s] =
                (float)fmax(1e-3 * fields->organ[o].reference[s], 1e-30);
    XT_GO(xt_buffer_write(fields->device, a->organ_epsilon, 0, rows * (size_t)species * sizeof(float), buffer,
                          err));
    for (int p = 0; p < model->phase_count; p++)
        for (int o = 0; o < organs; o++) buffer[p * organs + o] = (float)fields->organ[o].phase[p];
    XT_GO(xt_buffer_write(fields->device, a->organ_phase, 0,
                          count * (size_t)model->phase_count * sizeof(float), buffer, err));
    for (int o = 0; o < organs; o++) buffer[o] = bone >= 0 ? (float)fields->organ[o].phase0[bone] : 0;
    XT_GO(xt_buffer_write(fields->device, a->organ_bone, 0, count * sizeof(float), buffer, err));
    for (int k = 0; k < model->state_count; k++)
        for (int o = 0; o < organs; o++) buffer[k * organs + o] = (float)fields->organ[o].state[k];
    XT_GO(xt_buffer_write(fields->device, a->organ_state, 0,
                          count * (size_t)model->state_count * sizeof(float), buffer, err));
done:
    free(buffer);
    return status;
}

xt_status xt_body_upload(xt_solver *solver, xt_measures totals, xt_error *err) {
    xt_acute *a = solver->acute;
    const xt_fields *fields = solver->fields;
    const xt_model *model = fields->model;
    const size_t species = (size_t)model->species_count, count = xt_body_count(fields);
    float level[XT_MAX_SPECIES][2], constants[XT_MAX_SPECIES * XT_PLASMA_CONSTANTS];
    memset(a->body_host, 0, species * count * 2 * sizeof *a->body_host);
    for (size_t s = 0; s < species; s++) {
        split(level[s], fields->plasma[s]);
        split(a->body_host + 2 * (s * count + XT_TRACKS), fields->plasma[s]);
        for (int o = 0; o < fields->organ_count; o++)
            split(a->body_host + 2 * (s * count + XT_TRACKS + 1 + (size_t)o), fields->organ[o].rest[s]);
        float *row = constants + s * XT_PLASMA_CONSTANTS;
        row[0] = (float)(model->species[s].plasma_elimination * model->plasma_volume);
        row[1] = (float)model->plasma_volume;
        row[2] = (float)(totals[s][XT_BODY_SUPPLY] / fields->cell_volume);
        row[3] = fields->plasma_clamped ? 1 : 0;
        row[4] = (float)xt_acute_absolute(solver, totals, (int)s);
    }
    XT_TRY(xt_buffer_write(fields->device, a->level, 0, species * sizeof *level, level, err));
    XT_TRY(xt_buffer_write(fields->device, a->constants, 0, species * XT_PLASMA_CONSTANTS * sizeof(float),
                           constants, err));
    XT_TRY(
        xt_buffer_write(fields->device, a->body, 0, species * count * 2 * sizeof(float), a->body_host, err));
    a->parity = 0;
    return upload_organs(solver, err);
}

xt_status xt_body_tolerate(xt_solver *solver, const float *absolute, xt_error *err) {
    for (size_t s = 0; s < (size_t)solver->fields->model->species_count; s++)
        XT_TRY(xt_buffer_write(solver->fields->device, solver->acute->constants,
                               (s * XT_PLASMA_CONSTANTS + 4) * sizeof *absolute, sizeof *absolute,
                               &absolute[s], err));
    return XT_OK;
}

xt_status xt_body_read(xt_solver *solver, bool rates, xt_error *err) {
    xt_acute *a = solver->acute;
    const xt_fields *fields = solver->fields;
    const size_t floats = (size_t)fields->model->species_count * xt_body_count(fields) * 2;
    XT_TRY(xt_buffer_read(fields->device, a->body, 0, floats * sizeof(float), a->body_host, err));
    if (!rates) return XT_OK;
    return xt_buffer_read(fields->device, a->body_rates, 0, floats * sizeof(float), a->body_host + floats,
                          err);
}

double xt_body_value(const xt_solver *solver, bool rate, int species, int component) {
    const size_t count = xt_body_count(solver->fields),
                 block = rate ? (size_t)solver->fields->model->species_count * count : 0;
    const float *pair = solver->acute->body_host + 2 * (block + (size_t)species * count + (size_t)component);
    return (double)pair[0] + (double)pair[1];
}

int xt_body_args(xt_arg *args, xt_body_call *call, xt_solver *solver, int row, bool reacting) {
    xt_acute *a = solver->acute;
    *call = (xt_body_call){.volume = (cl_float)solver->fields->cell_volume,
                           .step = row,
                           .reacting = reacting,
                           .organs = solver->fields->organ_count,
                           .view = *solver->fields};
    xt_fields *view = &call->view;
    view->scalar = a->forcing.scalars;
    view->region = a->organ_tissue;
    view->phase = a->organ_phase;
    view->bone0 = a->organ_bone;
    view->state = a->organ_state;
    view->rest = view->peak = a->organ_field[a->parity];
    view->reference = a->organ_reference;
    view->epsilon = a->organ_epsilon;
    const xt_arg list[] = {XT_ARG(a->folded),       XT_ARG(a->constants),      XT_ARG(a->organ_constants),
                           XT_ARG(a->organ_tissue), XT_ARG(a->forcing.source), XT_ARG(a->forcing.injected),
                           XT_ARG(call->volume),    XT_ARG(call->step),        XT_ARG(call->reacting),
                           XT_ARG(call->organs)};
    int n = 0;
    for (size_t k = 0; k < sizeof list / sizeof *list; k++) args[n++] = list[k];
    return n + xt_cell_args(args + n, view, &solver->uses);
}
