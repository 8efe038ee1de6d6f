#include "solve/internal.h"

#include "solve/chebyshev.h"
#include "solve/step_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

xt_solver_def xt_solver_def_default(void) {
    return (xt_solver_def){.tolerance = 1e-6,
                           .max_iterations = 2000,
                           .method = XT_RKC2,
                           .relative = 1e-3,
                           .max_stages = XT_STAGES_MOST,
                           .courant = 0.4,
                           .max_step = 4};
}

static xt_status find_walls(bool *walls, const xt_fields *fields, xt_error *err) {
    float value[6 * XT_MAX_SPECIES];
    const size_t count = 6 * (size_t)fields->model->species_count;
    XT_TRY(xt_buffer_read(fields->device, fields->wall, 0, count * sizeof *value, value, err));
    *walls = false;
    for (size_t k = 0; k < count; k++) *walls |= !isnan(value[k]);
    return XT_OK;
}

static xt_status build(xt_solver *solver, xt_error *err) {
    xt_fields *fields = solver->fields;
    xt_status status = XT_OK;
    xt_text text = {0};
    XT_GO(find_walls(&solver->walls, fields, err));
    xt_source_text(&text, fields->model, solver->walls, &solver->uses);
    solver->own_fields = solver->uses.field || solver->uses.exposure;
    XT_GO(xt_text_check(&text, "solver kernels", err));
    XT_GO(xt_elliptic_create(solver, xt_text_get(&text), err));
done:
    xt_text_free(&text);
    return status;
}

static xt_status create_on_device(xt_solver *solver, xt_error *err) {
    xt_fields *fields = solver->fields;
    const xt_model *model = fields->model;
    for (int axis = 0; axis < 3; axis++) solver->box.s[axis] = (float)fields->mesh->spacing[axis];
    solver->box.s[3] = (float)fields->mesh->dims[0];
    XT_TRY(xt_reduce_create(&solver->reduce, fields->device, fields->cells,
                            model->species_count * (XT_RHS_SUMS + 1), err));
    XT_TRY(build(solver, err));
    const size_t entries = (size_t)(model->tissue_count + 1) * (size_t)model->species_count * 2;
    for (int k = 0; k < 2; k++)
        XT_TRY(xt_buffer_create(&solver->base[k], fields->device, entries * sizeof(float), "secretion", err));
    xt_step_shape shape;
    XT_TRY(xt_step_shape_get(&shape, NULL, fields->device, err));
    /* never XT_PICK_ALL: results must not depend on what a device is tuned to */
    solver->pick = shape.pick == XT_PICK_NONE ? XT_PICK_NONE : XT_PICK_MIXED;
    solver->base_host = calloc(entries, sizeof *solver->base_host);
    if (!solver->base_host) return xt_no_memory(err, "secretion", entries * sizeof *solver->base_host);
    return XT_OK;
}

xt_status xt_solver_create(xt_solver **solver, xt_fields *fields, const xt_solver_def *def, xt_error *err) {
    *solver = NULL;
    XT_TRY(xt_source_check(fields->model, err));
    xt_solver *made = calloc(1, sizeof *made);
    if (!made) return xt_no_memory(err, "solver", sizeof *made);
    made->fields = fields;
    made->def = def ? *def : xt_solver_def_default();
    made->reactions = xt_source_has_reactions(fields->model);
    if (fields->mesh) {
        const xt_status status = create_on_device(made, err);
        if (status != XT_OK) {
            xt_solver_free(made);
            return status;
        }
    }
    *solver = made;
    return XT_OK;
}

void xt_solver_free(xt_solver *solver) {
    if (!solver) return;
    if (solver->fields->mesh) {
        xt_acute_free(solver);
        xt_stencil_free(&solver->stencil, solver->fields->device);
        xt_elliptic_free(solver);
        for (int k = 0; k < 2; k++) xt_buffer_free(solver->fields->device, &solver->base[k]);
        xt_reduce_free(&solver->reduce, solver->fields->device);
    }
    free(solver->base_host);
    free(solver);
}

const xt_solver_report *xt_solver_get_report(const xt_solver *solver) { return &solver->report; }

/* ---- state for checkpoints ---- */

typedef struct {
    xt_solver_report report;
    xt_response response[XT_MAX_SPECIES];
    xt_ledger ledger[XT_MAX_SPECIES];
    double appearance[XT_MAX_SPECIES];
    xt_stretch stretch;
    xt_controller controller;
    unsigned long long count;
} saved_state;

size_t xt_solver_state_size(const xt_solver *solver) {
    (void)solver;
    return sizeof(saved_state);
}

xt_status xt_solver_state_save(void *bytes, xt_solver *solver, xt_error *err) {
    (void)err;
    saved_state state;
    memset(&state, 0, sizeof state); /* padding too: the bytes are compared */
    state.report = solver->report;
    memcpy(state.response, solver->response, sizeof state.response);
    memcpy(state.ledger, solver->ledger, sizeof state.ledger);
    memcpy(state.appearance, solver->appearance, sizeof state.appearance);
    state.stretch = solver->stretch;
    state.controller = solver->controller;
    state.count = solver->count;
    memcpy(bytes, &state, sizeof state);
    return XT_OK;
}

xt_status xt_solver_state_load(xt_solver *solver, const void *bytes, xt_error *err) {
    (void)err;
    saved_state state;
    memcpy(&state, bytes, sizeof state);
    solver->report = state.report;
    memcpy(solver->response, state.response, sizeof state.response);
    memcpy(solver->ledger, state.ledger, sizeof state.ledger);
    memcpy(solver->appearance, state.appearance, sizeof state.appearance);
    solver->stretch = state.stretch;
    solver->controller = state.controller;
    solver->count = state.count;
    return XT_OK;
}
