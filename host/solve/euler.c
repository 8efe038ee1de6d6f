#include "base/clock.h"
#include "solve/acute.h"

#include <math.h>

/* How many steps are enqueued before the host looks at `stop`: for about this long. */
enum { CHUNK_FIRST = 8 };
static const double chunk_seconds = 0.3;

/* The largest step: a share of what is stable for mesh, organs and plasma. */
static double largest_step(const xt_solver *solver, xt_measures totals) {
    const double rate = fmax(solver->fields->max_rate, xt_body_rate(solver, totals));
    const double step = rate > 0 ? solver->def.courant / rate : solver->def.max_step;
    return fmin(step, solver->def.max_step);
}

/* One step: fields, then sums, then plasma and organs. Nothing waits for the host. */
static xt_status enqueue(xt_solver *solver, int row, double dt, xt_error *err) {
    xt_acute *a = solver->acute;
    xt_fields *fields = solver->fields;
    const cl_float step_h = (cl_float)dt;
    const cl_int step = row, cells = (cl_int)fields->cells;
    const cl_uint count = (cl_uint)solver->count;
    const int species = fields->model->species_count;
    xt_fields view = *fields;
    view.scalar = a->forcing.scalars;
    XT_TRY(xt_factor_update(solver, row, err));
    xt_arg args[48];
    int n = xt_rhs_args(args, solver);
    const xt_arg field[] = {XT_ARG(a->forcing.tables),
                            XT_ARG(a->level),
                            XT_ARG(fields->rest),
                            XT_ARG(fields->peak),
                            XT_ARG(solver->reduce.partial),
                            XT_ARG(step_h),
                            XT_ARG(step),
                            XT_ARG(count),
                            XT_ARG(cells)};
    for (size_t k = 0; k < sizeof field / sizeof *field; k++) args[n++] = field[k];
    n += xt_cell_args(args + n, &view, &solver->uses);
    XT_TRY(xt_launch(fields->device, a->step, xt_reduce_global(&solver->reduce), solver->reduce.local, args,
                     n, "acute: fields", (8.0 * species + 4.0) * (double)fields->cells, err));
    XT_TRY(xt_acute_fold(solver, species * XT_RHS_SUMS, err));
    xt_body_call call;
    const xt_arg body[] = {XT_ARG(a->body),
                           XT_ARG(a->body_rates),
                           XT_ARG(a->level),
                           XT_ARG(a->organ_field[a->parity]),
                           XT_ARG(a->organ_field[1 - a->parity]),
                           XT_ARG(step_h)};
    n = 0;
    for (size_t k = 0; k < sizeof body / sizeof *body; k++) args[n++] = body[k];
    n += xt_body_args(args + n, &call, solver, row, true);
    XT_TRY(xt_launch(fields->device, a->plasma, (size_t)species, 1, args, n, "acute: plasma", 0, err));
    a->parity = 1 - a->parity;
    const cl_mem next = fields->peak;
    fields->peak = fields->rest;
    fields->rest = next;
    solver->count++;
    return XT_OK;
}

xt_status xt_euler_advance(xt_solver *solver, xt_measures totals, double *time, double until,
                           const volatile int *stop, xt_error *err) {
    xt_stretch *stretch = &solver->stretch;
    const double dt = xt_stretch_plan(stretch, *time, until, largest_step(solver, totals));
    int chunk = CHUNK_FIRST;
    while (stretch->done < stretch->steps && !(stop && *stop)) {
        const long long left = stretch->steps - stretch->done;
        const int count = left < chunk ? (int)left : chunk;
        for (int k = 0; k < count; k++) /* drivers at the steps' midpoints */
            xt_forcing_row(solver, k, xt_stretch_time(stretch, (double)stretch->done + k + 0.5));
        XT_TRY(xt_forcing_upload(solver, count, err));
        const double begun = xt_seconds();
        int row = 0;
        for (; row < count && !(stop && *stop); row++) XT_TRY(enqueue(solver, row, dt, err));
        XT_TRY(xt_device_finish(solver->fields->device, err));
        stretch->done += row;
        solver->report.steps += (unsigned long long)row;
        solver->report.right_hand_sides += (unsigned long long)row;
        const double each = (xt_seconds() - begun) / (row > 0 ? row : 1);
        chunk = (int)fmin(XT_ROWS_MOST, fmax(1, chunk_seconds / fmax(each, 1e-6)));
    }
    solver->report.step_h = dt;
    *time = xt_stretch_time(stretch, (double)stretch->done);
    return XT_OK;
}
