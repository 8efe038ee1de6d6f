#include <math.h>
#include <string.h>

#include "fields/cell_text.h"
#include "step/internal.h"

/* Scalars for a time: age, time, plasma, then every driver in the model's order. */
void xt_sim_drivers(xt_sim *sim, double *scalar, double time) {
    const xt_model *model = sim->model;
    scalar[model->time] = time;
    scalar[model->age] = sim->scene->age + (sim->scene->ageing ? time : 0);
    for (int s = 0; s < model->species_count; s++) scalar[model->plasma_first + s] = sim->fields->plasma[s];
    xt_model_drivers(model, scalar);
}

static bool wants_peak(const xt_sim *sim) {
    return sim->model->peak_share >= 0 && sim->scalar[sim->model->peak_share] > 0;
}

xt_status xt_sim_settle(xt_sim *sim, xt_error *err) {
    if (xt_sim_is_acute(sim) || sim->clock.settled) {
        xt_sim_drivers(sim, sim->scalar, sim->clock.time);
        return XT_OK;
    }
    xt_sim_drivers(sim, sim->scalar, sim->clock.time);
    const char *before = xt_stopwatch_turn(sim->watch, "steady fields");
    XT_TRY(xt_solver_steady(sim->solver, sim->scalar, wants_peak(sim), err));
    xt_stopwatch_turn(sim->watch, before);
    sim->clock.settled = 1;
    xt_sim_drivers(sim, sim->scalar, sim->clock.time); /* the plasma levels are known now */
    return XT_OK;
}

/* Explicit Euler, from the scalars at the start of the step. */
static void remember(xt_sim *sim, double dt) {
    for (int i = 0; i < sim->model->scalar_count; i++)
        if (sim->model->scalar[i].kind == XT_SCALAR_MEMORY) sim->scalar[i] += dt * sim->rate[i];
}

static void memory_rates(xt_sim *sim) {
    for (int i = 0; i < sim->model->scalar_count; i++)
        if (sim->model->scalar[i].kind == XT_SCALAR_MEMORY)
            sim->rate[i] =
                xt_expr_value(sim->model, sim->model->scalar[i].formula, &(xt_values){.scalar = sim->scalar});
}

/* A state with a value instead of a rate may jump with the drivers: its mean says nothing about stepping. */
static bool is_integrated(const xt_model *model, const xt_scalar *mean) {
    xt_cell_uses uses = {0};
    xt_cell_uses_add(&uses, model, mean->mean);
    for (int k = 0; k < model->state_count; k++)
        if (uses.state >> k & 1 && model->state[k].value) return false;
    return true;
}

/* Half the difference between an Euler step and the last step's slope extrapolated: the local error of
 * explicit Euler to leading order, of each region mean, relative to it. */
static double step_error(xt_sim *sim, double dt) {
    double worst = 0;
    for (int i = 0; i < sim->model->scalar_count; i++) {
        if (sim->model->scalar[i].kind != XT_SCALAR_MEAN ||
            !is_integrated(sim->model, &sim->model->scalar[i]))
            continue;
        const double now = sim->scalar[i], slope = (now - sim->last_mean[i]) / dt;
        if (sim->clock.last_step > 0) {
            const double size = fmax(fabs(now), 1e-6);
            worst = fmax(worst, 0.5 * dt * fabs(slope - sim->last_slope[i]) / size);
        }
        sim->last_slope[i] = slope;
        sim->last_mean[i] = now;
    }
    return worst;
}

/* The largest relative error of a region mean that an adaptive step may make. */
static const double step_tolerance = 1e-4;

static double next_size(const xt_sim *sim, double dt, double error) {
    const double most = sim->scene->step, least = fmin(24.0, most);
    if (!sim->scene->adaptive) return most;
    if (sim->clock.last_step <= 0) return fmax(least, fmin(dt, most)); /* no estimate yet */
    const double grow = error > 0 ? 0.9 * sqrt(step_tolerance / error) : 2.0;
    return fmin(most, fmax(least, dt * fmin(2.0, fmax(0.3, grow))));
}

/* One remodelling step: MODEL.md §3.9. */
static xt_status chronic_step(xt_sim *sim, double dt, xt_error *err) {
    XT_TRY(xt_sim_settle(sim, err)); /* fields, plasma */
    XT_TRY(xt_fields_set_scalars(sim->fields, sim->scalar, err));
    XT_TRY(xt_tissue_mechanics(sim->tissue, err)); /* strain */
    memory_rates(sim);
    XT_TRY(
        xt_tissue_step(sim->tissue, sim->scalar, dt, sim->scene->substeps, err)); /* states, phases, labels */
    remember(sim, dt);                                                            /* training state */
    XT_TRY(xt_fields_classify(sim->fields, err));                                 /* coefficients */
    XT_TRY(xt_tissue_means(sim->tissue, sim->scalar, err));                       /* read-outs */
    sim->clock.settled = 0;
    sim->clock.steps++;
    const double error = step_error(sim, dt);
    sim->clock.step = next_size(sim, dt, error);
    sim->clock.step_error = fmax(sim->clock.step_error, error);
    sim->clock.step_error_total += error;
    sim->clock.last_step = dt;
    return XT_OK;
}

/* Steps of equal size, none above the clock's, that land on `target`. */
static double landing(const xt_sim *sim, double target) {
    const double left = target - sim->clock.time;
    return left / ceil(left / sim->clock.step - 1e-9);
}

static xt_status toward_chronic(xt_sim *sim, double until, xt_error *err) {
    XT_TRY(xt_events_apply(sim, err));
    if (sim->scene->adaptive && sim->clock.last_step <= 0) sim->clock.step = fmin(24.0, sim->scene->step);
    const double target = fmin(until, xt_events_next(sim)), dt = landing(sim, target);
    const bool lands = dt > 0.75 * (target - sim->clock.time);
    XT_TRY(chronic_step(sim, dt, err));
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
    until = fmin(until, sim->end);
    if (sim->clock.time >= until) return XT_OK;
    const bool chronic = sim->clock.time < sim->chronic_end;
    const char *before = xt_stopwatch_turn(sim->watch, chronic ? "rules" : "acute steps");
    const xt_status status =
        chronic ? toward_chronic(sim, fmin(until, sim->chronic_end), err) : toward_acute(sim, until, err);
    xt_stopwatch_turn(sim->watch, before);
    return status;
}

xt_status xt_sim_advance(xt_sim *sim, double until, xt_error *err) {
    until = fmin(until, sim->end);
    while (sim->clock.time < until) XT_TRY(xt_sim_step(sim, until, err));
    return XT_OK;
}
