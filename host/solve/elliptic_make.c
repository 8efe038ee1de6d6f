/* The elliptic solver's program, kernels and buffers; and one solve by itself, for measuring. */
#include "base/clock.h"
#include "solve/internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int xt_mesh_args(xt_arg *args, const xt_solver *solver, int count) {
    const xt_fields *fields = solver->fields;
    const xt_arg list[XT_MESH_ARGS] = {XT_ARG(solver->box),     XT_ARG(fields->block),
                                       XT_ARG(fields->word),    XT_ARG(fields->coefficient),
                                       XT_ARG(fields->wall),    XT_ARG(fields->class_tissue),
                                       XT_ARG(fields->membrane)};
    for (int k = 0; k < count; k++) args[k] = list[k];
    return count;
}

/* ---- how much at once ---- */

/* Bytes a cell of a set of coefficients (in 16 bits, 5 of them, and what those lack of 4) and of a slot of
 * vectors (r, q, low part, two directions, result, secretion), coarser levels included: an eighth more of
 * cells. */
static const double set_bytes = 10 * 8.0 / 7 + 8, slot_bytes = 28 + 12 / 7.0;

/* All species at once, and in two fields, as far as that takes no more than `most` bytes. */
static void choose_batch(int *sets, int *slots, const xt_model *model, bool reactions, double cells,
                         double most) {
    const int species = model->species_count < XT_JOBS ? model->species_count : XT_JOBS;
    const double room = most / (cells > 0 ? cells : 1);
    *sets = *slots = reactions ? 1 : species;
    while (*sets > 1 && *sets * (set_bytes + slot_bytes) > room) *slots = --*sets;
    if (!reactions && 2 * *sets <= XT_JOBS && *sets * (set_bytes + 2 * slot_bytes) <= room)
        *slots = 2 * *sets;
}

/* Of acute mode: stages and factors of secretion (rkc_stages.c, acute_factor.c), and tables of faces (rows.c)
 * where most blocks are plain. */
static const double acute_planes = 5, faces_bytes = 8;

double xt_solver_bytes(const xt_model *model, bool acute, double cells) {
    int sets, slots;
    const bool reactions = xt_source_has_reactions(model);
    choose_batch(&sets, &slots, model, reactions, cells, XT_BATCH_BYTES_ROWS);
    const double steps = acute ? acute_planes * sizeof(float) * model->species_count + faces_bytes : 0;
    return cells * (sets * set_bytes + slots * slot_bytes + (reactions ? 8 : 0) + steps);
}

int xt_elliptic_width(const xt_solver *solver) { return solver->elliptic.grid.sets; }
bool xt_elliptic_pairs(const xt_solver *solver) {
    return solver->elliptic.grid.slots > solver->elliptic.grid.sets;
}

/* ---- making ---- */

static xt_status build(xt_solver *solver, const char *text, xt_error *err) {
    const xt_program_part parts[] = {
        {"grid.clh", NULL},    {"transport.clh", NULL}, {"sum.clh", NULL},   {"reduce.clh", NULL},
        {NULL, text},          {"cell.clh", NULL},      {"lanes.clh", NULL}, {"multigrid.clh", NULL},
        {"elliptic.cl", NULL}, {"multigrid.cl", NULL},
    };
    return xt_program_build(&solver->elliptic.program, solver->fields->device, parts,
                            (int)(sizeof parts / sizeof *parts), solver->reduce.rows ? "-DXT_ROWS" : "", err);
}

xt_status xt_elliptic_create(xt_solver *solver, const char *text, xt_error *err) {
    xt_elliptic *e = &solver->elliptic;
    const xt_fields *fields = solver->fields;
    xt_device *device = fields->device;
    XT_TRY(build(solver, text, err));
    const struct {
        cl_kernel *kernel;
        const char *name;
        bool wanted;
    } kernels[] = {
        {&e->setup, "elliptic_setup", true},   {&e->residual, "elliptic_residual", true},
        {&e->source, "elliptic_source", true}, {&e->product, "elliptic_operator", true},
        {&e->update, "elliptic_update", true}, {&e->linearise, "elliptic_linearise", solver->reactions},
    };
    for (size_t k = 0; k < sizeof kernels / sizeof *kernels; k++)
        if (kernels[k].wanted) XT_TRY(xt_kernel_create(kernels[k].kernel, e->program, kernels[k].name, err));
    int sets, slots;
    choose_batch(&sets, &slots, fields->model, solver->reactions, (double)fields->cells,
                 solver->reduce.rows ? XT_BATCH_BYTES_ROWS : XT_BATCH_BYTES);
    for (int k = 0; k < XT_JOBS; k++) e->set[k].species = -1;
    XT_TRY(xt_multigrid_create(&e->grid, device, e->program, fields->mesh, fields->block, sets, slots,
                               solver->reduce.rows, solver->reduce.local, err));
    const size_t plane = fields->cells * sizeof(float), vectors = plane * (size_t)slots;
    const size_t of_residual = XT_RESIDUAL_SUMS * (size_t)solver->reduce.groups,
                 of_operator = XT_OPERATOR_SUMS * e->grid.level[0].size.runs,
                 pairs = (of_residual > of_operator ? of_residual : of_operator) * (size_t)slots;
    const struct {
        cl_mem *buffer;
        const char *name;
        size_t bytes;
    } buffers[] = {
        {&e->low_half, "low halves of coefficients", fields->cells * 4 * sizeof(cl_short) * (size_t)sets},
        {&e->r, "residual", vectors},
        {&e->q, "operator times direction", vectors},
        {&e->low, "low part of the field", vectors},
        {&e->p, "search direction", vectors},
        {&e->spare, "next search direction", vectors},
        {&e->secretion, "secretion", vectors},
        {&e->uptake, "linearised reaction, slope", solver->reactions ? plane : sizeof(float)},
        {&e->constant, "linearised reaction, constant", solver->reactions ? plane : sizeof(float)},
        {&e->partial, "partial sums", pairs * 2 * sizeof(float)},
    };
    for (size_t k = 0; k < sizeof buffers / sizeof *buffers; k++)
        XT_TRY(xt_buffer_create(buffers[k].buffer, device, buffers[k].bytes, buffers[k].name, err));
    e->partial_host = malloc(pairs * 2 * sizeof *e->partial_host);
    return e->partial_host ? XT_OK : xt_no_memory(err, "partial sums", pairs * 2 * sizeof *e->partial_host);
}

void xt_elliptic_free(xt_solver *solver) {
    xt_elliptic *e = &solver->elliptic;
    xt_multigrid_free(&e->grid);
    cl_kernel *kernels[] = {&e->setup, &e->source, &e->residual, &e->product, &e->update, &e->linearise};
    for (size_t k = 0; k < sizeof kernels / sizeof *kernels; k++) xt_kernel_free(kernels[k]);
    cl_mem *buffers[] = {&e->low_half, &e->r,         &e->q,      &e->low,      &e->p,
                         &e->spare,    &e->secretion, &e->uptake, &e->constant, &e->partial};
    for (size_t k = 0; k < sizeof buffers / sizeof *buffers; k++)
        xt_buffer_free(solver->fields->device, buffers[k]);
    free(e->partial_host);
    xt_program_free(e->program);
}

/* ---- one solve by itself ---- */

xt_status xt_solver_elliptic(xt_elliptic_result *result, xt_solver *solver, int species, double tolerance,
                             xt_error *err) {
    xt_fields *fields = solver->fields;
    const int all = fields->model->species_count, first = species < 0 ? 0 : species,
              end = species < 0 ? all : species + 1;
    const size_t plane = fields->cells * sizeof(float);
    *result = (xt_elliptic_result){0};
    if (!fields->mesh) return xt_fail(err, XT_USAGE, "an elliptic solve needs a mesh");
    if (species >= all) return xt_fail(err, XT_USAGE, "species %d: the model has %d", species, all);
    if (!solver->base_known) XT_TRY(xt_source_upload(solver, 0, NULL, XT_SOURCE_REFERENCE, err));
    for (int s = first, count; s < end; s += count) {
        xt_problem problem[XT_JOBS], *problems[XT_JOBS];
        for (count = 0; s + count < end && count < xt_elliptic_width(solver); count++) {
            problem[count] = (xt_problem){.view = fields,
                                          .x = fields->rest,
                                          .base = solver->base[0],
                                          .species = s + count,
                                          .source_weight = 1,
                                          .plasma = fields->plasma[s + count],
                                          .modulated = solver->base_modulated,
                                          .tolerance = tolerance};
            problems[count] = &problem[count];
        }
        XT_TRY(
            xt_buffer_fill_zero(fields->device, fields->rest, (size_t)s * plane, (size_t)count * plane, err));
        XT_TRY(xt_device_finish(fields->device, err));
        const double start = xt_seconds();
        XT_TRY(xt_elliptic_setup(solver, problems, count, true, err));
        XT_TRY(xt_device_finish(fields->device, err));
        const double ready = xt_seconds();
        XT_TRY(xt_elliptic_solve(solver, problems, count, err));
        result->setup_s += ready - start;
        result->solve_s += xt_seconds() - ready;
        for (int k = 0; k < count; k++) {
            if (problem[k].iterations > result->iterations) result->iterations = problem[k].iterations;
            result->residual = fmax(result->residual, problem[k].last);
        }
    }
    return XT_OK;
}

xt_status xt_solver_elliptic_low(float *low, xt_solver *solver, int species, xt_error *err) {
    const xt_elliptic *e = &solver->elliptic;
    const size_t plane = solver->fields->cells * sizeof *low;
    for (int slot = 0; slot < e->grid.sets; slot++)
        if (e->set[slot].species == species)
            return xt_buffer_read(solver->fields->device, e->low, (size_t)slot * plane, plane, low, err);
    return xt_fail(err, XT_INTERNAL, "no solution of species %d is kept", species);
}
