#include <math.h>
#include <string.h>

#include "step/internal.h"

static bool wants_peak(const xt_sim *sim) {
    return sim->model->peak_share >= 0 && sim->scalar[sim->model->peak_share] > 0;
}

xt_status xt_sim_settle(xt_sim *sim, xt_error *err) {
    xt_clock *clock = &sim->clock;
    xt_sim_drivers(sim, sim->scalar, clock->time);
    if (xt_sim_is_acute(sim) || clock->settled) return XT_OK;
    const bool peak = wants_peak(sim);
    if (clock->levels > 0 && peak != clock->peaked) xt_step_forget(sim); /* drivers began or ended it */
    if (clock->levels > 0) { /* start where the last two point to */
        const double ratio = clock->levels > 1 ? clock->last[0] / clock->last[1] : 0;
        XT_TRY(xt_fields_predict(sim->fields, ratio, peak, err));
    }
    const char *before = xt_stopwatch_turn(sim->watch, "steady fields");
    XT_TRY(xt_solver_steady(sim->solver, sim->scalar, peak, err));
    xt_stopwatch_turn(sim->watch, before);
    clock->settled = 1;
    clock->peaked = peak;
    if (clock->levels < 2) clock->levels++;
    xt_sim_drivers(sim, sim->scalar, clock->time); /* the plasma levels are known now */
    return XT_OK;
}

/* The step from now as the rules see it. */
static xt_tissue_span foretell(xt_sim *sim, double dt) {
    xt_sim_foretell(sim->end, sim, dt);
    return (xt_tissue_span){.begin = sim->scalar,
                            .end = sim->end,
                            .dt = dt,
                            .substeps = sim->scene->substeps,
                            .ahead = sim->clock.levels > 1 ? dt / sim->clock.last[0] : 0};
}

/* Fields, plasma and strain of now, and the means that step control starts from. */
static xt_status begin_step(xt_sim *sim, xt_error *err) {
    XT_TRY(xt_sim_settle(sim, err));
    XT_TRY(xt_tissue_mechanics(sim->tissue, err));
    if (sim->clock.last[0] > 0) return XT_OK;
    /* an event, or the start: what follows at once (states with a value) has not followed yet */
    const xt_tissue_span now = {.begin = sim->scalar, .end = sim->scalar, .substeps = 1};
    XT_TRY(xt_tissue_step(sim->tissue, &now, err));
    XT_TRY(xt_tissue_means(sim->tissue, sim->scalar, err));
    xt_sim_drivers(sim, sim->scalar, sim->clock.time);
    memcpy(sim->watched[0], sim->scalar, (size_t)sim->model->scalar_count * sizeof *sim->scalar);
    return sim->scene->adaptive ? xt_tissue_watch(sim->watched[0], sim->tissue, err) : XT_OK;
}

/* May the step be taken? If not, the clock's step is a shorter one. */
static xt_status pilot(bool *good, double *error, xt_sim *sim, double dt, xt_error *err) {
    const xt_tissue_span span = foretell(sim, dt);
    memcpy(sim->trial, sim->end, (size_t)sim->model->scalar_count * sizeof *sim->end);
    XT_TRY(xt_tissue_pilot(sim->trial, sim->tissue, &span, err));
    *error = xt_step_error(sim, sim->trial, dt);
    *good = !xt_step_is_refused(sim, dt, *error);
    if (!*good) {
        sim->clock.step = xt_step_next(sim, dt, *error);
        sim->clock.rejected++;
    }
    return XT_OK;
}

/* One remodelling step: MODEL.md §3.9, with the fields of its end foretold. error: that of the pilot. */
static xt_status chronic_step(xt_sim *sim, double dt, double error, xt_error *err) {
    const size_t scalars = (size_t)sim->model->scalar_count * sizeof *sim->scalar;
    const xt_tissue_span span = foretell(sim, dt);       /* drivers, memories */
    XT_TRY(xt_tissue_step(sim->tissue, &span, err));     /* states, phases, labels */
    XT_TRY(xt_fields_classify(sim->fields, err));        /* coefficients */
    XT_TRY(xt_tissue_means(sim->tissue, sim->end, err)); /* read-outs */
    if (!sim->scene->adaptive) {
        error = xt_step_error(sim, sim->end, dt);
        memcpy(sim->trial, sim->end, scalars);
    }
    memcpy(sim->before, sim->scalar, scalars);
    memcpy(sim->scalar, sim->end, scalars);
    sim->clock.step = xt_step_next(sim, dt, error);
    xt_step_note(sim, dt, error, sim->trial);
    sim->clock.settled = 0;
    return XT_OK;
}

/* Steps of equal size, none above the clock's, that land on `target`. */
static double landing(const xt_sim *sim, double target) {
    const double left = target - sim->clock.time;
    return left / ceil(left / sim->clock.step - 1e-9);
}

static xt_status toward_chronic(xt_sim *sim, double until, xt_error *err) {
    XT_TRY(xt_events_apply(sim, err));
    const double target = fmin(until, xt_events_next(sim));
    XT_TRY(begin_step(sim, err));
    double dt = landing(sim, target), error = 0;
    for (bool good = !sim->scene->adaptive; !good;) {
        dt = landing(sim, target);
        XT_TRY(pilot(&good, &error, sim, dt, err));
    }
    const bool lands = dt > 0.75 * (target - sim->clock.time);
    XT_TRY(chronic_step(sim, dt, error, err));
    sim->clock.time = lands ? target : sim->clock.time + dt;
    xt_sim_drivers(sim, sim->scalar, sim->clock.time);
    return xt_sim_check_finite(sim, err);
}

/* Settings, memories and means are as they were when the chunk began; time and what follows from it are new.
 */
static void drivers_at(double *scalar, double time, void *context) {
    xt_sim *sim = context;
    memcpy(scalar, sim->scalar, (size_t)sim->model->scalar_count * sizeof *scalar);
    xt_sim_drivers(sim, scalar, time);
}

/* Steps of an acute phase between two looks of whoever runs it. Adaptive steps land on outputs and events
 * only, and pause after so many; those of equal size land on multiples of so many steps' time. Either way a
 * pause, when a checkpoint may be taken, changes nothing. */
enum { ADAPTIVE_STEPS = 4, EQUAL_STEPS = 64 };

static double equal_steps_end(const xt_sim *sim) {
    const double stable = sim->fields->max_rate > 0 ? sim->scene->courant / sim->fields->max_rate : INFINITY;
    const double chunk = EQUAL_STEPS * fmin(sim->scene->max_acute_step, stable);
    return (floor(sim->clock.time / chunk * (1 + 1e-12)) + 1) * chunk;
}

static xt_status toward_acute(xt_sim *sim, double until, xt_error *err) {
    if (sim->clock.time <= sim->chronic_end && sim->chronic_end > 0) {
        /* the acute phase starts from the fields of the tissue as it is now */
        XT_TRY(xt_sim_settle(sim, err));
        XT_TRY(xt_fields_update_max_rate(sim->fields, err));
    }
    XT_TRY(xt_events_apply(sim, err));
    double target = fmin(until, xt_events_next(sim));
    if (sim->scene->acute_method || !sim->fields->mesh) target = fmin(target, equal_steps_end(sim));
    XT_TRY(
        xt_solver_toward(sim->solver, &sim->clock.time, target, ADAPTIVE_STEPS, drivers_at, sim, NULL, err));
    sim->clock.settled = 1;
    sim->clock.steps++;
    xt_sim_drivers(sim, sim->scalar, sim->clock.time);
    return xt_sim_check_finite(sim, err);
}

xt_status xt_sim_step(xt_sim *sim, double until, xt_error *err) {
    until = fmin(until, sim->end_time);
    if (sim->clock.time >= until) return XT_OK;
    const bool chronic = sim->clock.time < sim->chronic_end;
    const char *before = xt_stopwatch_turn(sim->watch, chronic ? "rules" : "acute steps");
    const xt_status status =
        chronic ? toward_chronic(sim, fmin(until, sim->chronic_end), err) : toward_acute(sim, until, err);
    xt_stopwatch_turn(sim->watch, before);
    return status;
}

xt_status xt_sim_advance(xt_sim *sim, double until, xt_error *err) {
    until = fmin(until, sim->end_time);
    while (sim->clock.time < until) XT_TRY(xt_sim_step(sim, until, err));
    return XT_OK;
}
