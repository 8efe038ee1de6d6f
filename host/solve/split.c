#include "solve/acute.h"

#include <math.h>
#include <stdlib.h>

/* The relative tolerance of a cell's own steps: a tenth of the step's. The absolute one is as much tighter.
 */
static double own_tolerance(const xt_solver *solver) { return fmin(0.1 * solver->def.relative, 1e-4); }

static xt_status make(xt_solver *solver, xt_error *err) {
    xt_split *split = &solver->acute->split;
    const xt_fields *fields = solver->fields;
    if (split->made) return XT_OK;
    XT_TRY(xt_kernel_create(&split->cells, solver->acute->program, "react_cells", err));
    XT_TRY(xt_kernel_create(&split->body, solver->acute->program, "react_body", err));
    XT_TRY(xt_kernel_create(&split->bound, solver->acute->program, "react_bound", err));
    XT_TRY(xt_kernel_create(&split->error, solver->acute->program, "react_error", err));
    XT_TRY(xt_buffer_create(&split->most, fields->device, XT_SUM_ITEMS * sizeof(float), "reactions", err));
    split->host = malloc(XT_SUM_ITEMS * sizeof *split->host);
    if (!split->host) return xt_no_memory(err, "reactions", XT_SUM_ITEMS * sizeof *split->host);
    split->made = true;
    return XT_OK;
}

/* What only splitting needs. */
static xt_status make_copies(xt_solver *solver, xt_error *err) {
    xt_split *split = &solver->acute->split;
    const xt_fields *fields = solver->fields;
    const size_t species = (size_t)fields->model->species_count;
    const size_t plane = species * fields->cells * sizeof(float),
                 body = species * xt_body_count(fields) * 2 * sizeof(float);
    if (split->before) return XT_OK;
    XT_TRY(xt_buffer_create(&split->before, fields->device, plane, "splitting", err));
    XT_TRY(xt_buffer_create(&split->coarse, fields->device, plane, "splitting", err));
    XT_TRY(xt_buffer_create(&split->body_before, fields->device, body, "splitting", err));
    return xt_buffer_create(&split->body_coarse, fields->device, body, "splitting", err);
}

void xt_split_free(xt_solver *solver) {
    xt_split *split = &solver->acute->split;
    cl_mem *buffers[] = {&split->before, &split->coarse, &split->body_before, &split->body_coarse,
                         &split->most};
    xt_kernel_free(&split->cells);
    xt_kernel_free(&split->body);
    xt_kernel_free(&split->bound);
    xt_kernel_free(&split->error);
    for (size_t k = 0; k < sizeof buffers / sizeof *buffers; k++)
        xt_buffer_free(solver->fields->device, buffers[k]);
    free(split->host);
}

static int put(xt_arg *args, int n, const xt_arg *list, size_t count) {
    for (size_t k = 0; k < count; k++) args[n++] = list[k];
    return n;
}
#define PUT(args, n, list) put(args, n, list, sizeof(list) / sizeof *(list))

xt_status xt_split_bound(double *rate, xt_solver *solver, double time, xt_error *err) {
    xt_acute *a = solver->acute;
    XT_TRY(make(solver, err));
    xt_fields view = *solver->fields;
    const cl_mem work = view.peak;
    const cl_int cells = (cl_int)view.cells;
    const cl_float tight = (cl_float)(own_tolerance(solver) / solver->def.relative);
    view.rest = work;
    view.scalar = a->forcing.scalars;
    xt_forcing_row(solver, 0, time);
    XT_TRY(xt_forcing_upload(solver, 1, err));
    const xt_arg list[] = {XT_ARG(view.word),
                           XT_ARG(view.class_tissue),
                           XT_ARG(solver->fields->rest),
                           XT_ARG(work),
                           XT_ARG(a->split.most),
                           XT_ARG(a->rkc.absolute),
                           XT_ARG(tight),
                           XT_ARG(cells)};
    xt_arg args[32];
    int n = PUT(args, 0, list);
    n += xt_cell_args(args + n, &view, &solver->uses);
    XT_TRY(xt_launch(view.device, a->split.bound, XT_SUM_ITEMS, 0, args, n, "acute: reactions", 0, err));
    XT_TRY(xt_buffer_read(view.device, a->split.most, 0, XT_SUM_ITEMS * sizeof(float), a->split.host, err));
    *rate = 0;
    for (int k = 0; k < XT_SUM_ITEMS; k++) {
        if (isnan(a->split.host[k]))
            return xt_fail(err, XT_NUMERIC, "reactions at %g h: a rate's slope is not a number", time);
        *rate = fmax(*rate, (double)a->split.host[k]);
    }
    return XT_OK;
}

/* Reactions alone for `span` hours, with scalars as they are at `time`. */
static xt_status react(const xt_stepper *st, double time, double span, xt_error *err) {
    xt_solver *solver = st->solver;
    xt_acute *a = solver->acute;
    xt_fields view = *solver->fields;
    const cl_mem levels = view.rest, work = view.peak;
    const cl_float relative = (cl_float)own_tolerance(solver), h = (cl_float)span,
                   tight = (cl_float)(own_tolerance(solver) / solver->def.relative);
    const cl_int cells = (cl_int)view.cells, organs = view.organ_count;
    const int species = view.model->species_count;
    xt_forcing_row(solver, 0, time);
    XT_TRY(xt_forcing_upload(solver, 1, err));
    view.rest = work;
    view.scalar = a->forcing.scalars;
    const xt_arg list[] = {XT_ARG(view.word),
                           XT_ARG(view.coefficient),
                           XT_ARG(view.class_tissue),
                           XT_ARG(levels),
                           XT_ARG(work),
                           XT_ARG(solver->reduce.partial),
                           XT_ARG(a->rkc.absolute),
                           XT_ARG(relative),
                           XT_ARG(h),
                           XT_ARG(tight),
                           XT_ARG(cells)};
    xt_arg args[32];
    int n = PUT(args, 0, list);
    n += xt_cell_args(args + n, &view, &solver->uses);
    XT_TRY(xt_launch(view.device, a->split.cells, xt_reduce_global(&solver->reduce), solver->reduce.local,
                     args, n, "acute: reactions", 8.0 * species * (double)view.cells, err));
    XT_TRY(xt_acute_fold(solver, species, err));
    xt_body_call call;
    xt_arg unused[48];
    xt_body_args(unused, &call, solver, 0, true); /* for its view of the organs */
    const cl_mem organ_work = a->organ_field[1 - a->parity];
    call.view.rest = organ_work;
    const xt_arg body[] = {XT_ARG(a->body),
                           XT_ARG(a->folded),
                           XT_ARG(a->level),
                           XT_ARG(a->organ_tissue),
                           XT_ARG(a->organ_field[a->parity]),
                           XT_ARG(organ_work),
                           XT_ARG(a->rkc.absolute),
                           XT_ARG(relative),
                           XT_ARG(h),
                           XT_ARG(tight),
                           XT_ARG(organs)};
    n = PUT(args, 0, body);
    n += xt_cell_args(args + n, &call.view, &solver->uses);
    const size_t items = (size_t)(organs > species ? organs : species);
    return xt_launch(view.device, a->split.body, items, 1, args, n, "acute: reactions", 0, err);
}

/* Half the reactions, all of the transport, the other half; from rest and body to rest and body. */
static xt_status strang(const xt_stepper *st, double time, double end, xt_error *err) {
    xt_solver *solver = st->solver;
    xt_acute *a = solver->acute;
    const double h = end - time, middle = time + 0.5 * h;
    double norm;
    XT_TRY(react(st, middle, 0.5 * h, err));
    XT_TRY(xt_rkc_begin(&norm, st, time, h, err));
    XT_TRY(xt_rkc_stages(st, time, end, xt_rkc_count(st, h), err));
    xt_swap(&solver->fields->rest, &solver->fields->peak);
    xt_swap(&a->body, &a->body_next);
    return react(st, middle, 0.5 * h, err);
}

/* Copies of rest and body, to or from. */
static xt_status copy(xt_solver *solver, cl_mem field, cl_mem body, bool back, xt_error *err) {
    const xt_fields *fields = solver->fields;
    const size_t species = (size_t)fields->model->species_count;
    const size_t bytes = species * fields->cells * sizeof(float),
                 body_bytes = species * xt_body_count(fields) * 2 * sizeof(float);
    const cl_mem now = solver->acute->body;
    XT_TRY(xt_buffer_copy(fields->device, back ? field : fields->rest, 0, back ? fields->rest : field, 0,
                          bytes, err));
    return xt_buffer_copy(fields->device, back ? body : now, 0, back ? now : body, 0, body_bytes, err);
}

/* The same measure of the cells' and the body's difference as of an embedded error (xt_rkc_norm). */
static xt_status difference(double *error, const xt_stepper *st, xt_error *err) {
    xt_solver *solver = st->solver;
    xt_acute *a = solver->acute;
    const xt_fields *fields = solver->fields;
    const cl_float relative = (cl_float)solver->def.relative;
    const cl_int cells = (cl_int)fields->cells;
    const int species = fields->model->species_count, count = (int)xt_body_count(fields);
    const size_t floats = (size_t)species * (size_t)count * 2;
    double squares[XT_MAX_SPECIES];
    float absolute[XT_MAX_SPECIES];
    const xt_arg args[] = {XT_ARG(fields->word),
                           XT_ARG(fields->rest),
                           XT_ARG(a->split.coarse),
                           XT_ARG(solver->reduce.partial),
                           XT_ARG(a->rkc.absolute),
                           XT_ARG(relative),
                           XT_ARG(cells)};
    XT_TRY(xt_launch(fields->device, a->split.error, xt_reduce_global(&solver->reduce), solver->reduce.local,
                     args, 7, "acute: reactions", 8.0 * species * (double)fields->cells, err));
    XT_TRY(xt_reduce_read(squares, &solver->reduce, fields->device, species, err));
    XT_TRY(xt_buffer_read(fields->device, a->rkc.absolute, 0, (size_t)species * sizeof *absolute, absolute,
                          err));
    XT_TRY(xt_body_read(solver, false, err));
    float *coarse = a->body_host + floats;
    XT_TRY(xt_buffer_read(fields->device, a->split.body_coarse, 0, floats * sizeof *coarse, coarse, err));
    *error = 0;
    for (int s = 0; s < species; s++) {
        double worst = sqrt(fmax(0, squares[s]) / fmax(1, st->tissue_cells));
        for (int k = XT_TRACKS; k < count; k++) {
            const double fine = xt_body_value(solver, false, s, k);
            const double whole = xt_body_value(solver, true, s, k);
            const double tolerated = absolute[s] + solver->def.relative * fmax(fabs(fine), fabs(whole));
            worst = fmax(worst, fabs(fine - whole) / tolerated);
            if (!isfinite(fine) || !isfinite(whole)) worst = INFINITY;
        }
        *error = isfinite(squares[s]) ? fmax(*error, worst) : INFINITY;
    }
    return XT_OK;
}

xt_status xt_split_attempt(double *error, const xt_stepper *st, double time, double end, xt_error *err) {
    xt_solver *solver = st->solver;
    xt_split *split = &solver->acute->split;
    const double middle = 0.5 * (time + end);
    XT_TRY(make_copies(solver, err));
    XT_TRY(copy(solver, split->before, split->body_before, false, err));
    XT_TRY(strang(st, time, end, err));
    XT_TRY(copy(solver, split->coarse, split->body_coarse, false, err));
    XT_TRY(copy(solver, split->before, split->body_before, true, err));
    XT_TRY(strang(st, time, middle, err));
    XT_TRY(strang(st, middle, end, err));
    XT_TRY(difference(error, st, err));
    const bool back = !(*error <= 1);
    if (back) XT_TRY(copy(solver, split->before, split->body_before, true, err));
    return xt_rkc_look(solver, back ? time : end, err); /* what drivers read was of a half step's start */
}
