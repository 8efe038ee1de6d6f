#include "solve/acute.h"
#include "solve/chebyshev.h"

#include <math.h>
#include <stdlib.h>

/* ---- buffers, made when the first acute step needs them ---- */

xt_status xt_rkc_make(xt_solver *solver, xt_measures totals, xt_error *err) {
    xt_rkc *rkc = &solver->acute->rkc;
    const xt_fields *fields = solver->fields;
    const size_t species = (size_t)fields->model->species_count;
    if (!rkc->made) {
        const struct {
            cl_kernel *kernel;
            const char *name;
        } kernels[] = {{&rkc->rate, "rkc_rate"},
                       {&rkc->first, "rkc_first"},
                       {&rkc->stage, "rkc_stage"},
                       {&rkc->add, "rkc_add"},
                       {&rkc->plasma_rate, "plasma_rate"},
                       {&rkc->plasma_first, "plasma_first"},
                       {&rkc->plasma_stage, "plasma_stage"},
                       {&rkc->plasma_add, "plasma_add"}};
        for (size_t k = 0; k < sizeof kernels / sizeof *kernels; k++)
            XT_TRY(xt_kernel_create(kernels[k].kernel, solver->acute->program, kernels[k].name, err));
        const size_t plane = species * fields->cells, body = species * xt_body_count(fields) * 2;
        const struct {
            cl_mem *buffer;
            size_t floats;
        } buffers[] = {{&rkc->slopes, plane},        {&rkc->linear, plane},
                       {&rkc->change[0], plane},     {&rkc->change[1], plane},
                       {&rkc->work, body},           {&rkc->body_change[0], body},
                       {&rkc->body_change[1], body}, {&rkc->report, species * XT_REPORT},
                       {&rkc->absolute, species}};
        for (size_t k = 0; k < sizeof buffers / sizeof *buffers; k++)
            XT_TRY(xt_buffer_create(buffers[k].buffer, fields->device, buffers[k].floats * sizeof(float),
                                    "stages of an acute step", err));
        rkc->made = true;
    }
    float absolute[XT_MAX_SPECIES];
    for (size_t s = 0; s < species; s++) absolute[s] = (float)xt_acute_absolute(solver, totals, (int)s);
    return xt_buffer_write(fields->device, rkc->absolute, 0, species * sizeof *absolute, absolute, err);
}

void xt_rkc_free(xt_solver *solver) {
    xt_rkc *rkc = &solver->acute->rkc;
    cl_kernel *kernels[] = {&rkc->rate,        &rkc->first,        &rkc->stage,        &rkc->add,
                            &rkc->plasma_rate, &rkc->plasma_first, &rkc->plasma_stage, &rkc->plasma_add};
    cl_mem *buffers[] = {&rkc->slopes,         &rkc->linear, &rkc->change[0],
                         &rkc->change[1],      &rkc->work,   &rkc->body_change[0],
                         &rkc->body_change[1], &rkc->report, &rkc->absolute};
    for (size_t k = 0; k < sizeof kernels / sizeof *kernels; k++) xt_kernel_free(kernels[k]);
    for (size_t k = 0; k < sizeof buffers / sizeof *buffers; k++)
        xt_buffer_free(solver->fields->device, buffers[k]);
}

/* ---- the parts of a step ---- */

static int put(xt_arg *args, int n, const xt_arg *list, size_t count) {
    for (size_t k = 0; k < count; k++) args[n++] = list[k];
    return n;
}
#define PUT(args, n, list) put(args, n, list, sizeof(list) / sizeof *(list))

void xt_swap(cl_mem *a, cl_mem *b) {
    const cl_mem c = *a;
    *a = *b;
    *b = c;
}

static double planes(const xt_solver *solver, double bytes) {
    return bytes * solver->fields->model->species_count * (double)solver->fields->cells;
}

/* F at the level of `from` and `body`, into `slopes` and `linear`, `rates`. h > 0: the step of that size ends
 * here with d_s in change[0], and began with the rates that rkc->slopes and a->body_rates still hold. */
static xt_status enqueue_rate(const xt_stepper *st, cl_mem from, cl_mem slopes, cl_mem linear, cl_mem body,
                              cl_mem rates, int row, double h, xt_error *err) {
    xt_solver *solver = st->solver;
    xt_acute *a = solver->acute;
    xt_rkc *rkc = &a->rkc;
    xt_fields view = *solver->fields;
    const cl_float relative = (cl_float)solver->def.relative, size = (cl_float)h;
    const cl_int ends = h > 0, step = row, cells = (cl_int)view.cells, reacting = st->reacting;
    const int species = view.model->species_count;
    xt_arg args[56];
    XT_TRY(xt_factor_update(solver, row, err));
    view.scalar = a->forcing.scalars;
    view.rest = view.peak = from;
    const xt_arg field[] = {XT_ARG(a->forcing.tables),
                            XT_ARG(a->level),
                            XT_ARG(from),
                            XT_ARG(rkc->change[0]),
                            XT_ARG(rkc->slopes),
                            XT_ARG(slopes),
                            XT_ARG(linear),
                            XT_ARG(solver->reduce.partial),
                            XT_ARG(rkc->absolute),
                            XT_ARG(relative),
                            XT_ARG(size),
                            XT_ARG(ends),
                            XT_ARG(step),
                            XT_ARG(reacting),
                            XT_ARG(cells)};
    int n = PUT(args, xt_rhs_args(args, solver), field);
    n += xt_cell_args(args + n, &view, &solver->uses);
    XT_TRY(xt_launch(view.device, rkc->rate, xt_reduce_global(&solver->reduce), solver->reduce.local, args, n,
                     "acute: fields", planes(solver, ends ? 20 : 12), err));
    XT_TRY(xt_acute_fold(solver, species * (XT_RHS_SUMS + 1), err));
    xt_body_call call;
    const xt_arg list[] = {XT_ARG(body),          XT_ARG(rates),
                           XT_ARG(a->body_rates), XT_ARG(rkc->body_change[0]),
                           XT_ARG(rkc->report),   XT_ARG(a->organ_field[a->parity]),
                           XT_ARG(relative),      XT_ARG(size),
                           XT_ARG(ends)};
    n = PUT(args, 0, list);
    n += xt_body_args(args + n, &call, solver, row, st->reacting);
    solver->report.right_hand_sides++;
    return xt_launch(view.device, rkc->plasma_rate, (size_t)species, 1, args, n, "acute: plasma", 0, err);
}

/* d_1 into change[0]. */
static xt_status enqueue_first(const xt_stepper *st, float gamma, xt_error *err) {
    xt_solver *solver = st->solver;
    xt_acute *a = solver->acute;
    xt_rkc *rkc = &a->rkc;
    const xt_fields *fields = solver->fields;
    const cl_int count = (cl_int)(fields->cells * (size_t)fields->model->species_count),
                 organs = fields->organ_count;
    const cl_float step = gamma;
    const xt_arg field[] = {XT_ARG(rkc->slopes),  XT_ARG(rkc->change[0]), XT_ARG(fields->rest),
                            XT_ARG(fields->peak), XT_ARG(step),           XT_ARG(count)};
    XT_TRY(xt_launch(fields->device, rkc->first, xt_reduce_global(&solver->reduce), solver->reduce.local,
                     field, 6, "acute: fields", planes(solver, solver->own_fields ? 16 : 8), err));
    const xt_arg body[] = {XT_ARG(a->body),
                           XT_ARG(a->body_rates),
                           XT_ARG(rkc->body_change[0]),
                           XT_ARG(a->level),
                           XT_ARG(a->organ_field[1 - a->parity]),
                           XT_ARG(step),
                           XT_ARG(organs)};
    XT_TRY(xt_launch(fields->device, rkc->plasma_first, (size_t)fields->model->species_count, 1, body, 7,
                     "acute: plasma", 0, err));
    a->parity = 1 - a->parity;
    return XT_OK;
}

/* d_j from d_(j-1) in change[0] over d_(j-2) in change[1]; afterwards change[0] is d_j. */
static xt_status enqueue_stage(const xt_stepper *st, const xt_chebyshev *method, int j, xt_error *err) {
    xt_solver *solver = st->solver;
    xt_acute *a = solver->acute;
    xt_rkc *rkc = &a->rkc;
    xt_fields view = *solver->fields;
    const cl_float mu = method->mu[j], nu = method->nu[j], rate = method->rate[j], gamma = method->gamma[j];
    const cl_int step = j - 1, cells = (cl_int)view.cells, reacting = st->reacting;
    const int species = view.model->species_count;
    const cl_mem start = view.rest, now = view.peak;
    xt_arg args[56];
    XT_TRY(xt_factor_update(solver, step, err));
    view.scalar = a->forcing.scalars;
    view.rest = now;
    const xt_arg field[] = {XT_ARG(a->forcing.tables),
                            XT_ARG(a->level),
                            XT_ARG(rkc->change[0]),
                            XT_ARG(rkc->change[1]),
                            XT_ARG(rkc->slopes),
                            XT_ARG(rkc->linear),
                            XT_ARG(start),
                            XT_ARG(now),
                            XT_ARG(solver->reduce.partial),
                            XT_ARG(mu),
                            XT_ARG(nu),
                            XT_ARG(rate),
                            XT_ARG(gamma),
                            XT_ARG(step),
                            XT_ARG(reacting),
                            XT_ARG(cells)};
    int n = PUT(args, xt_rhs_args(args, solver), field);
    n += xt_cell_args(args + n, &view, &solver->uses);
    XT_TRY(xt_launch(view.device, rkc->stage, xt_reduce_global(&solver->reduce), solver->reduce.local, args,
                     n, "acute: fields",
                     planes(solver, solver->own_fields ? 28 : 20) + 4.0 * (double)view.cells, err));
    XT_TRY(xt_acute_fold(solver, species * XT_RHS_SUMS, err));
    xt_body_call call;
    const xt_arg body[] = {XT_ARG(a->body),
                           XT_ARG(a->body_rates),
                           XT_ARG(rkc->work),
                           XT_ARG(rkc->body_change[0]),
                           XT_ARG(rkc->body_change[1]),
                           XT_ARG(a->level),
                           XT_ARG(a->organ_field[a->parity]),
                           XT_ARG(a->organ_field[1 - a->parity]),
                           XT_ARG(mu),
                           XT_ARG(nu),
                           XT_ARG(rate),
                           XT_ARG(gamma)};
    n = PUT(args, 0, body);
    n += xt_body_args(args + n, &call, solver, j - 1, st->reacting);
    XT_TRY(xt_launch(view.device, rkc->plasma_stage, (size_t)species, 1, args, n, "acute: plasma", 0, err));
    a->parity = 1 - a->parity;
    xt_swap(&rkc->change[0], &rkc->change[1]);
    xt_swap(&rkc->body_change[0], &rkc->body_change[1]);
    solver->report.right_hand_sides++;
    return XT_OK;
}

/* c + d_s into `peak` and `body_next`. */
static xt_status enqueue_add(const xt_stepper *st, xt_error *err) {
    xt_solver *solver = st->solver;
    xt_acute *a = solver->acute;
    xt_rkc *rkc = &a->rkc;
    const xt_fields *fields = solver->fields;
    const cl_uint count = (cl_uint)solver->count++;
    const cl_int cells = (cl_int)fields->cells, organs = fields->organ_count;
    const xt_arg field[] = {XT_ARG(fields->rest), XT_ARG(rkc->change[0]), XT_ARG(fields->peak), XT_ARG(count),
                            XT_ARG(cells)};
    XT_TRY(xt_launch(fields->device, rkc->add, xt_reduce_global(&solver->reduce), solver->reduce.local, field,
                     5, "acute: fields", planes(solver, 12), err));
    const xt_arg body[] = {XT_ARG(a->body),  XT_ARG(rkc->body_change[0]),           XT_ARG(a->body_next),
                           XT_ARG(a->level), XT_ARG(a->organ_field[1 - a->parity]), XT_ARG(organs)};
    XT_TRY(xt_launch(fields->device, rkc->plasma_add, (size_t)fields->model->species_count, 1, body, 6,
                     "acute: plasma", 0, err));
    a->parity = 1 - a->parity;
    return XT_OK;
}

int xt_rkc_count(const xt_stepper *st, double h) {
    const int stages = xt_chebyshev_stages(h, st->radius), most = st->solver->def.max_stages;
    return stages < most ? stages : most;
}

xt_status xt_rkc_tolerate(xt_solver *solver, const float *absolute, xt_error *err) {
    const size_t species = (size_t)solver->fields->model->species_count;
    XT_TRY(xt_body_tolerate(solver, absolute, err));
    return xt_buffer_write(solver->fields->device, solver->acute->rkc.absolute, 0, species * sizeof *absolute,
                           absolute, err);
}

xt_status xt_rkc_norms(double *norm, const xt_stepper *st, xt_error *err) {
    const xt_fields *fields = st->solver->fields;
    const int species = fields->model->species_count;
    float report[XT_MAX_SPECIES][XT_REPORT];
    XT_TRY(xt_buffer_read(fields->device, st->solver->acute->rkc.report, 0, (size_t)species * sizeof *report,
                          report, err));
    for (int s = 0; s < species; s++) {
        const double squares = (double)report[s][0] + (double)report[s][1], body = (double)report[s][2];
        norm[s] = isfinite(squares) && isfinite(body)
                      ? fmax(body, sqrt(fmax(0, squares) / fmax(1, st->tissue_cells)))
                      : INFINITY;
    }
    return XT_OK;
}

xt_status xt_rkc_norm(double *norm, const xt_stepper *st, xt_error *err) {
    double each[XT_MAX_SPECIES];
    XT_TRY(xt_rkc_norms(each, st, err));
    *norm = 0;
    for (int s = 0; s < st->solver->fields->model->species_count; s++) *norm = fmax(*norm, each[s]);
    return XT_OK;
}

xt_status xt_rkc_look(xt_solver *solver, double time, xt_error *err) {
    xt_forcing *f = &solver->acute->forcing;
    const int species = solver->fields->model->species_count;
    XT_TRY(xt_body_read(solver, true, err));
    f->since = time;
    for (int s = 0; s < species; s++) {
        f->plasma[s] = xt_body_value(solver, false, s, XT_TRACKS);
        f->plasma_rate[s] = xt_body_value(solver, true, s, XT_TRACKS);
        for (int o = 0; o < solver->fields->organ_count; o++) {
            f->organ[o * species + s] = xt_body_value(solver, false, s, XT_TRACKS + 1 + o);
            f->organ_rate[o * species + s] = xt_body_value(solver, true, s, XT_TRACKS + 1 + o);
        }
    }
    return XT_OK;
}

xt_status xt_rkc_begin(double *norm, const xt_stepper *st, double time, double h, xt_error *err) {
    xt_solver *solver = st->solver;
    xt_acute *a = solver->acute;
    xt_forcing_row(solver, 0, time + fmin(xt_tick, 0.25 * h));
    XT_TRY(xt_forcing_upload(solver, 1, err));
    XT_TRY(enqueue_rate(st, solver->fields->rest, a->rkc.slopes, a->rkc.linear, a->body, a->body_rates, 0, 0,
                        err));
    XT_TRY(xt_rkc_norm(norm, st, err));
    return xt_rkc_look(solver, time, err);
}

xt_status xt_rkc_stages(const xt_stepper *st, double time, double end, int stages, xt_error *err) {
    xt_solver *solver = st->solver;
    const double h = end - time, inside = fmin(xt_tick, 0.25 * h);
    xt_chebyshev method;
    xt_chebyshev_make(&method, stages, h);
    for (int j = 1; j <= stages; j++) /* sources of either end belong to the inside of the step */
        xt_forcing_row(solver, j, fmin(fmax(time + h * method.c[j], time + inside), end - 2 * inside));
    XT_TRY(xt_forcing_upload(solver, stages + 1, err));
    XT_TRY(enqueue_first(st, method.gamma[1], err));
    for (int j = 2; j <= stages; j++) XT_TRY(enqueue_stage(st, &method, j, err));
    if (stages > solver->report.stages_most) solver->report.stages_most = stages;
    return enqueue_add(st, err);
}

xt_status xt_rkc_end(double *error, const xt_stepper *st, double h, int stages, xt_error *err) {
    xt_acute *a = st->solver->acute;
    XT_TRY(enqueue_rate(st, st->solver->fields->peak, a->rkc.change[1], a->rkc.change[0], a->body_next,
                        a->rkc.work, stages, h, err));
    return xt_rkc_norm(error, st, err);
}
