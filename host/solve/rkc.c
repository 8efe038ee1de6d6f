#include "solve/acute.h"
#include "solve/chebyshev.h"

#include <math.h>

/* A bound on the spectral radius: mesh, walls, organs and plasma (Gershgorin). Where walls are fixed, what a
 * cell has behind it may be less than what the wall gives: then as if all its faces were walls. */
static double radius_of(const xt_solver *solver, xt_measures totals) {
    const xt_fields *fields = solver->fields;
    const double *h = fields->mesh->spacing;
    const int rows = fields->class_count * fields->model->species_count;
    const xt_coefficients *row = (const void *)fields->coefficient_host;
    double radius = fields->max_radius;
    for (int k = fields->model->species_count; solver->walls && k < rows; k++) {
        double rate = (double)row[k].loss + row[k].exchange;
        for (int axis = 0; axis < 3; axis++) rate += 4 / (h[axis] * h[axis] * row[k].resistance);
        if (row[k].fluid > 0) radius = fmax(radius, rate / row[k].fluid);
    }
    return radius + xt_body_rate(solver, totals);
}

/* Try a step from `time` to `end`; its error in units of the tolerance. The host waits once, for that. */
static xt_status attempt(double *error, const xt_stepper *st, double time, double end, xt_error *err) {
    const int stages = xt_chebyshev_stages(end - time, st->radius);
    XT_TRY(xt_rkc_stages(st, time, end, stages, err));
    return xt_rkc_end(error, st, end - time, stages, err);
}

/* The end of the step is where the next one begins, its rates included. */
static void accept(xt_solver *solver) {
    xt_acute *a = solver->acute;
    xt_swap(&solver->fields->rest, &solver->fields->peak);
    xt_swap(&a->rkc.slopes, &a->rkc.change[1]);
    xt_swap(&a->rkc.linear, &a->rkc.change[0]);
    xt_swap(&a->body, &a->body_next);
    xt_swap(&a->body_rates, &a->rkc.work);
}

xt_status xt_rkc_advance(xt_solver *solver, xt_measures totals, double *time, double until, int steps,
                         xt_error *err) {
    xt_controller *controller = &solver->controller;
    const double cell_volume = solver->fields->cell_volume;
    XT_TRY(xt_rkc_make(solver, totals, err));
    xt_stepper st = {.solver = solver,
                     .radius = radius_of(solver, totals),
                     .tissue_cells = totals[0][XT_TISSUE_VOLUME] / cell_volume,
                     .reacting = true};
    if (solver->reactions) { /* mild ones go through the stages */
        double reaction;
        XT_TRY(xt_split_bound(&reaction, solver, *time, err));
        st.reacting = reaction <= st.radius;
        if (st.reacting)
            st.radius += 2 * reaction; /* they may grow faster yet before it is looked at again */
    }
    const double longest = fmin(solver->def.max_step, xt_chebyshev_reach(solver->def.max_stages, st.radius));
    bool known = false;
    for (int k = 0; k < steps && *time < until;) {
        double norm, error;
        if (!known && (st.reacting || controller->step <= 0 || controller->interrupted)) {
            XT_TRY(xt_rkc_begin(&norm, &st, *time, until - *time, err));
            if (controller->step <= 0 || controller->interrupted) /* change by ten times the tolerance */
                controller->step = fmin(longest, fmax(1 / fmax(st.radius, 1e-9), 10 / fmax(norm, 1e-9)));
            known = true;
        }
        double h = xt_controller_try(controller, *time, until, longest);
        const double wanted = h < until - *time ? *time + h : until;
        const double end = xt_forcing_edge(solver, *time, wanted);
        h = end - *time;
        XT_TRY(st.reacting ? attempt(&error, &st, *time, end, err)
                           : xt_split_attempt(&error, &st, *time, end, err));
        if (!xt_controller_judge(controller, h, error, st.reacting ? 2 : 1)) {
            solver->report.rejected++;
            known = st.reacting;
            if (h < 1e-9 * fmax(1, fabs(*time)))
                return xt_fail(err, XT_NUMERIC,
                               "acute steps at %g h: no step is small enough for the tolerance %g", *time,
                               solver->def.relative);
            continue;
        }
        if (st.reacting) {
            accept(solver);
            XT_TRY(xt_rkc_look(solver, end, err));
        } else {
            known = false; /* its rates are not those of where it ended */
            solver->report.split = true;
        }
        *time = end;
        solver->report.steps++;
        solver->report.step_h = h;
        if (end < wanted) { /* sources jump here: what was found is of the time before */
            controller->interrupted = true;
            known = false;
        }
        k++;
    }
    return XT_OK;
}
