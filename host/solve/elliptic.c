#include "solve/internal.h"

#include "base/clock.h"

#include <math.h>
#include <string.h>

/* Times the unit roundoff of fp32: residuals below this share of |A||c| are rounding of c itself. */
enum { FLOOR_ROUNDOFFS = 2 };
static const double unit_roundoff = 5.9604644775390625e-08;

int xt_mesh_args(xt_arg *args, const xt_solver *solver, int count) {
    const xt_fields *fields = solver->fields;
    const xt_arg list[XT_MESH_ARGS] = {XT_ARG(solver->box),     XT_ARG(fields->block),
                                       XT_ARG(fields->word),    XT_ARG(fields->coefficient),
                                       XT_ARG(fields->wall),    XT_ARG(fields->class_tissue),
                                       XT_ARG(fields->membrane)};
    for (int k = 0; k < count; k++) args[k] = list[k];
    return count;
}

xt_status xt_elliptic_create(xt_solver *solver, xt_error *err) {
    xt_elliptic *e = &solver->elliptic;
    xt_device *device = solver->fields->device;
    const struct {
        cl_kernel *kernel;
        const char *name;
        bool wanted;
    } kernels[] = {
        {&e->setup, "elliptic_setup", true},         {&e->residual, "elliptic_residual", true},
        {&e->direction, "elliptic_direction", true}, {&e->apply, "elliptic_apply", true},
        {&e->update, "elliptic_update", true},       {&e->linearise, "elliptic_linearise", solver->reactions},
    };
    for (size_t k = 0; k < sizeof kernels / sizeof *kernels; k++)
        if (kernels[k].wanted)
            XT_TRY(xt_kernel_create(kernels[k].kernel, solver->program, kernels[k].name, err));
    const size_t plane = solver->fields->cells * sizeof(float);
    const struct {
        cl_mem *buffer;
        const char *name;
        size_t bytes;
    } buffers[] = {
        {&e->r, "residual", plane},
        {&e->p, "search direction", plane},
        {&e->q, "operator times direction", plane},
        {&e->diagonal, "diagonal", plane},
        {&e->tx, "transmissibility x", plane},
        {&e->ty, "transmissibility y", plane},
        {&e->tz, "transmissibility z", plane},
        {&e->uptake, "linearised reaction, slope", solver->reactions ? plane : sizeof(float)},
        {&e->constant, "linearised reaction, constant", solver->reactions ? plane : sizeof(float)},
    };
    for (size_t k = 0; k < sizeof buffers / sizeof *buffers; k++)
        XT_TRY(xt_buffer_create(buffers[k].buffer, device, buffers[k].bytes, buffers[k].name, err));
    return XT_OK;
}

void xt_elliptic_free(xt_solver *solver) {
    xt_elliptic *e = &solver->elliptic;
    cl_kernel *kernels[] = {&e->setup, &e->residual, &e->direction, &e->apply, &e->update, &e->linearise};
    for (size_t k = 0; k < sizeof kernels / sizeof *kernels; k++) xt_kernel_free(kernels[k]);
    cl_mem *buffers[] = {&e->r, &e->p, &e->q, &e->diagonal, &e->tx, &e->ty, &e->tz, &e->uptake, &e->constant};
    for (size_t k = 0; k < sizeof buffers / sizeof *buffers; k++)
        xt_buffer_free(solver->fields->device, buffers[k]);
}

/* A kernel that sums over cells: one launch of all groups. */
static xt_status launch_sum(xt_solver *solver, cl_kernel kernel, const xt_arg *args, int count,
                            const char *stage, double bytes_per_cell, xt_error *err) {
    return xt_launch(solver->fields->device, kernel, xt_reduce_global(&solver->reduce), solver->reduce.local,
                     args, count, stage, bytes_per_cell * (double)solver->fields->cells, err);
}

xt_status xt_elliptic_setup(xt_solver *solver, const xt_problem *problem, xt_error *err) {
    xt_elliptic *e = &solver->elliptic;
    const xt_fields *fields = solver->fields;
    const cl_int species = problem->species, cells = (cl_int)fields->cells;
    xt_arg args[32];
    int n = 0;
    if (solver->reactions) {
        const xt_arg own[] = {XT_ARG(fields->word),
                              XT_ARG(fields->coefficient),
                              XT_ARG(fields->class_tissue),
                              XT_ARG(problem->x),
                              XT_ARG(e->uptake),
                              XT_ARG(e->constant),
                              XT_ARG(species),
                              XT_ARG(cells)};
        for (size_t k = 0; k < sizeof own / sizeof *own; k++) args[n++] = own[k];
        n += xt_cell_args(args + n, problem->view, &solver->uses);
        XT_TRY(xt_launch(fields->device, e->linearise, fields->cells, 0, args, n, "steady: linearise",
                         16.0 * (double)fields->cells, err));
    }
    n = xt_mesh_args(args, solver, XT_MESH_ARGS);
    const xt_arg own[] = {XT_ARG(e->uptake),   XT_ARG(e->tx),   XT_ARG(e->ty), XT_ARG(e->tz),
                          XT_ARG(e->diagonal), XT_ARG(species), XT_ARG(cells)};
    for (size_t k = 0; k < sizeof own / sizeof *own; k++) args[n++] = own[k];
    return xt_launch(fields->device, e->setup, fields->cells, 0, args, n, "steady: coefficients",
                     20.0 * (double)fields->cells, err);
}

typedef struct {
    double residual, right, scale, preconditioned; /* squared norms */
} norms;

static xt_status true_residual(norms *out, xt_solver *solver, xt_problem *problem, xt_error *err) {
    xt_elliptic *e = &solver->elliptic;
    const cl_int species = problem->species, cells = (cl_int)solver->fields->cells,
                 modulated = problem->modulated;
    const cl_float weight = problem->source_weight, plasma = problem->plasma;
    xt_arg args[40];
    int n = xt_mesh_args(args, solver, XT_SOURCE_ARGS);
    const xt_arg own[] = {XT_ARG(e->uptake),     XT_ARG(e->constant),
                          XT_ARG(e->tx),         XT_ARG(e->ty),
                          XT_ARG(e->tz),         XT_ARG(e->diagonal),
                          XT_ARG(problem->base), XT_ARG(problem->x),
                          XT_ARG(e->r),          XT_ARG(solver->reduce.partial),
                          XT_ARG(species),       XT_ARG(cells),
                          XT_ARG(weight),        XT_ARG(plasma),
                          XT_ARG(modulated)};
    for (size_t k = 0; k < sizeof own / sizeof *own; k++) args[n++] = own[k];
    n += xt_cell_args(args + n, problem->view, &solver->uses);
    XT_TRY(launch_sum(solver, e->residual, args, n, "steady: residual", 36, err));
    double sum[4 + XT_TOTALS];
    XT_TRY(xt_reduce_read(sum, &solver->reduce, solver->fields->device, 4 + XT_TOTALS, err));
    for (int k = 0; k < XT_TOTALS; k++) problem->totals[k] = sum[4 + k] * solver->fields->cell_volume;
    *out = (norms){sum[0], sum[1], sum[2], sum[3]};
    return XT_OK;
}

static xt_status diverged(xt_solver *solver, const xt_problem *problem, const char *how, xt_error *err) {
    xt_range range = {.bad_cell = -1};
    const char *name = solver->fields->model->species[problem->species].name;
    XT_TRY(xt_fields_range(&range, solver->fields, problem->x, problem->species, err));
    if (range.bad_cell >= 0) {
        int voxel[3];
        xt_mesh_position(solver->fields->mesh, (size_t)range.bad_cell, voxel);
        return xt_fail(err, XT_NUMERIC, "steady field of %s: not a number at voxel (%d, %d, %d)", name,
                       voxel[0], voxel[1], voxel[2]);
    }
    return xt_fail(err, XT_NUMERIC, "steady field of %s: %s", name, how);
}

/* Conjugate gradients from the residual in r, until its recursion falls below `target` (squared norm). */
static xt_status iterate(double *left, int *iterations, xt_solver *solver, const xt_problem *problem,
                         norms start, double target, int most, xt_error *err) {
    xt_elliptic *e = &solver->elliptic;
    xt_device *device = solver->fields->device;
    const size_t cells = solver->fields->cells;
    const cl_int species = problem->species, count = (cl_int)cells;
    double rz = start.preconditioned, rr = start.residual, sum[2];
    cl_float beta = 0;
    int done = 0;
    while (done < most && rr > target) {
        const xt_arg direction[] = {XT_ARG(e->r), XT_ARG(e->diagonal), XT_ARG(e->p), XT_ARG(beta),
                                    XT_ARG(count)};
        XT_TRY(xt_launch(device, e->direction, cells, 0, direction, 5, "steady: direction",
                         16.0 * (double)cells, err));
        xt_arg args[32];
        int n = xt_mesh_args(args, solver, XT_LOCAL_ARGS);
        const xt_arg own[] = {XT_ARG(e->uptake),
                              XT_ARG(e->tx),
                              XT_ARG(e->ty),
                              XT_ARG(e->tz),
                              XT_ARG(e->p),
                              XT_ARG(e->q),
                              XT_ARG(solver->reduce.partial),
                              XT_ARG(species),
                              XT_ARG(count)};
        for (size_t k = 0; k < sizeof own / sizeof *own; k++) args[n++] = own[k];
        XT_TRY(launch_sum(solver, e->apply, args, n, "steady: operator", 28, err));
        XT_TRY(xt_reduce_read(sum, &solver->reduce, device, 1, err));
        if (!isfinite(sum[0]) || sum[0] <= 0) {
            if (isfinite(sum[0]) && done) break; /* nothing left that fp32 can see */
            return diverged(solver, problem,
                            "the operator is not positive; is there a tissue without any loss?", err);
        }
        const cl_float alpha = (cl_float)(rz / sum[0]);
        const xt_arg update[] = {XT_ARG(e->p),       XT_ARG(e->q),    XT_ARG(e->diagonal),
                                 XT_ARG(problem->x), XT_ARG(e->r),    XT_ARG(solver->reduce.partial),
                                 XT_ARG(alpha),      XT_ARG(species), XT_ARG(count)};
        XT_TRY(launch_sum(solver, e->update, update, 9, "steady: update", 28, err));
        XT_TRY(xt_reduce_read(sum, &solver->reduce, device, 2, err));
        if (!isfinite(sum[0])) return diverged(solver, problem, "diverged", err);
        beta = (cl_float)(sum[1] / rz);
        rz = sum[1];
        rr = sum[0];
        done++;
    }
    *left = rr;
    *iterations += done;
    return XT_OK;
}

/* What residuals are measured against: |b|^2, or where a source has all but vanished a millionth of the
 * largest |b| the species ever had. */
static double size_of(xt_solver *solver, const xt_problem *problem, double right) {
    xt_response *response = &solver->response[problem->species];
    if (problem->source_weight == 0) return right;
    response->right = fmax(response->right, right);
    return fmax(right, 1e-12 * response->right);
}

xt_status xt_elliptic_solve(xt_solver *solver, xt_problem *problem, xt_error *err) {
    int iterations = 0;
    double relative = 0, before = INFINITY;
    problem->first = problem->last = 0;
    for (int round = 0;; round++) {
        norms norm;
        XT_TRY(true_residual(&norm, solver, problem, err));
        if (!isfinite(norm.residual) || !isfinite(norm.right))
            return diverged(solver, problem, "diverged", err);
        const double size = size_of(solver, problem, norm.right);
        if (norm.right == 0) { /* nothing is made: the field is zero */
            const size_t plane = solver->fields->cells * sizeof(float);
            XT_TRY(xt_buffer_fill_zero(solver->fields->device, problem->x, (size_t)problem->species * plane,
                                       plane, err));
            const double supply = problem->totals[XT_TOTAL_SUPPLY],
                         body = problem->totals[XT_TOTAL_BODY_SUPPLY];
            memset(problem->totals, 0, sizeof problem->totals);
            problem->totals[XT_TOTAL_SUPPLY] = supply;
            problem->totals[XT_TOTAL_BODY_SUPPLY] = body;
            break;
        }
        relative = sqrt(norm.residual / size);
        if (round == 0) problem->first = relative;
        if (relative <= problem->tolerance || relative <= 1.1 * problem->accepted) break;
        const double floor = FLOOR_ROUNDOFFS * unit_roundoff * sqrt(norm.scale / size);
        if (round > 0 && relative > 0.5 * before && relative <= 4 * floor) {
            problem->accepted = relative;
            break;
        }
        if (iterations >= solver->def.max_iterations || round > 20) {
            const char *name = solver->fields->model->species[problem->species].name;
            return xt_fail(
                err, XT_NUMERIC,
                "steady field of %s: relative residual %.2e after %d iterations (wanted %.1e, rounding %.1e)",
                name, relative, iterations, problem->tolerance, floor);
        }
        before = relative;
        const double wanted = 0.5 * problem->tolerance,
                     fall = 1e-5; /* beyond that the recursion strays from the truth */
        const double target = fmax(wanted * wanted * size, fall * fall * norm.residual);
        double left;
        XT_TRY(iterate(&left, &iterations, solver, problem, norm, target,
                       solver->def.max_iterations - iterations, err));
    }
    problem->last = relative;
    problem->iterations = iterations;
    xt_solver_report *report = &solver->report;
    report->solves++;
    report->iterations += (unsigned long long)iterations;
    if (iterations > report->worst_iterations) report->worst_iterations = iterations;
    if (relative > report->worst_residual) report->worst_residual = relative;
    return XT_OK;
}

/* ---- one solve by itself, for measuring ---- */

static xt_status alone(xt_elliptic_result *result, xt_solver *solver, int species, double tolerance,
                       xt_error *err) {
    xt_fields *fields = solver->fields;
    const size_t plane = fields->cells * sizeof(float);
    xt_problem problem = {.view = fields,
                          .x = fields->rest,
                          .base = solver->base[0],
                          .species = species,
                          .source_weight = 1,
                          .plasma = (float)fields->plasma[species],
                          .modulated = solver->base_modulated,
                          .tolerance = tolerance};
    XT_TRY(xt_buffer_fill_zero(fields->device, fields->rest, (size_t)species * plane, plane, err));
    XT_TRY(xt_device_finish(fields->device, err));
    const double start = xt_seconds();
    XT_TRY(xt_elliptic_setup(solver, &problem, err));
    XT_TRY(xt_device_finish(fields->device, err));
    const double ready = xt_seconds();
    XT_TRY(xt_elliptic_solve(solver, &problem, err));
    result->setup_s += ready - start;
    result->solve_s += xt_seconds() - ready;
    result->iterations = problem.iterations > result->iterations ? problem.iterations : result->iterations;
    result->residual = fmax(result->residual, problem.last);
    return XT_OK;
}

xt_status xt_solver_elliptic(xt_elliptic_result *result, xt_solver *solver, int species, double tolerance,
                             xt_error *err) {
    const xt_model *model = solver->fields->model;
    *result = (xt_elliptic_result){0};
    if (!solver->fields->mesh) return xt_fail(err, XT_USAGE, "an elliptic solve needs a mesh");
    if (species >= model->species_count)
        return xt_fail(err, XT_USAGE, "species %d: the model has %d", species, model->species_count);
    if (!solver->base_known) XT_TRY(xt_source_upload(solver, 0, NULL, XT_SOURCE_REFERENCE, err));
    if (species >= 0) return alone(result, solver, species, tolerance, err);
    for (int s = 0; s < model->species_count; s++) XT_TRY(alone(result, solver, s, tolerance, err));
    return XT_OK;
}
