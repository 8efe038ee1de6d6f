#include "solve/acute.h"
#include "solve/chebyshev.h"

#include <float.h>
#include <math.h>

/* A group of steps is not cut where it is stopped, so that going on gives the same bits, but for one that has
 * been rejected this often in a row. */
enum { STUCK = 8 };

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
    const int stages = xt_rkc_count(st, end - time);
    XT_TRY(xt_rkc_stages(st, time, end, stages, err));
    return xt_rkc_end(error, st, end - time, stages, err);
}

/* What starts from nothing has no level to be relative to: what is tolerated of a species whose cells and
 * plasma hold nothing is relative to what sources and reactions, of that rate at most, make in the shortest
 * time that is resolved. */
static xt_status tolerate(const xt_stepper *stepper, double reaction, xt_measures totals, double time,
                          double h, xt_error *err) {
    xt_solver *solver = stepper->solver;
    xt_stepper all = *stepper, *st = &all;
    if (!st->reacting) st->radius += 2 * reaction;
    st->reacting = true;
    const int species = solver->fields->model->species_count;
    double rate[XT_MAX_SPECIES], norm;
    float absolute[XT_MAX_SPECIES], unit[XT_MAX_SPECIES];
    bool empty = false;
    for (int s = 0; s < species; s++) {
        const double level = xt_acute_absolute(solver, totals, s);
        absolute[s] = (float)level;
        unit[s] = level > XT_NO_LEVEL ? absolute[s] : 1; /* errors are in pM then, and rates in pM/h */
        empty |= level <= XT_NO_LEVEL;
    }
    if (!empty || st->radius <= 0) return XT_OK;
    XT_TRY(xt_rkc_tolerate(solver, unit, err));
    XT_TRY(xt_rkc_begin(&norm, st, time, h, err));
    XT_TRY(xt_rkc_norms(rate, st, err));
    for (int s = 0; s < species; s++)
        if (absolute[s] <= (float)XT_NO_LEVEL && isfinite(rate[s]))
            absolute[s] = (float)fmax(XT_NO_LEVEL, solver->def.relative * rate[s] / st->radius);
    return xt_rkc_tolerate(solver, absolute, err);
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
                         const volatile int *stop, xt_error *err) {
    xt_controller *controller = &solver->controller;
    const double cell_volume = solver->fields->cell_volume;
    XT_TRY(xt_rkc_make(solver, totals, err));
    xt_stepper st = {.solver = solver,
                     .radius = radius_of(solver, totals),
                     .tissue_cells = totals[0][XT_TISSUE_VOLUME] / cell_volume,
                     .reacting = true};
    double reaction = 0;
    if (solver->reactions) { /* mild ones go through the stages */
        XT_TRY(xt_split_bound(&reaction, solver, *time, err));
        st.reacting = reaction <= st.radius;
        if (st.reacting)
            st.radius += 2 * reaction; /* they may grow faster yet before it is looked at again */
    }
    const double longest = fmin(solver->def.max_step, xt_chebyshev_reach(solver->def.max_stages, st.radius));
    XT_TRY(tolerate(&st, reaction, totals, *time, until - *time, err));
    bool known = false;
    for (int k = 0, rejected = 0; k < steps && *time < until;) {
        double norm, error;
        /* A first guess that was rejected is not made again. */
        const bool guess = controller->step <= 0 || (controller->interrupted && !controller->rejected);
        if (!known && (st.reacting || guess)) {
            XT_TRY(xt_rkc_begin(&norm, &st, *time, until - *time, err));
            if (guess) /* change by ten times the tolerance */
                controller->step = fmin(longest, fmax(1 / fmax(st.radius, 1e-9), 10 / fmax(norm, 1e-9)));
            known = true;
        }
        double h = xt_controller_try(controller, *time, until, longest);
        const double wanted = h < until - *time ? *time + h : until;
        const double end = xt_forcing_edge(solver, *time, wanted);
        h = end - *time;
        if (controller->rejected && h < 4 * DBL_EPSILON * fmax(1, fabs(*time)))
            return xt_fail(err, XT_NUMERIC,
                           "acute steps at %g h: no step is small enough for the tolerance %g", *time,
                           solver->def.relative);
        XT_TRY(st.reacting ? attempt(&error, &st, *time, end, err)
                           : xt_split_attempt(&error, &st, *time, end, err));
        if (!xt_controller_judge(controller, h, error, st.reacting ? 2 : 1)) {
            solver->report.rejected++;
            known = st.reacting;
            if (++rejected >= STUCK && stop && *stop) return XT_OK;
            continue;
        }
        rejected = 0;
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
