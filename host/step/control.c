/* How long a step may be.
 *
 * The fields, means and plasma of a step's end are foretold from two times, so the step is a predictor of
 * second order; the means found at its end tell how far the third derivative bends them. Its leading error,
 * that of the variable-step Adams-Bashforth method of order 2, is (h^3/6 + h^2 h'/4) y''' with h' the step
 * before; after an event, while the past has one step only, h^2/2 y''. */
#include <math.h>
#include <string.h>

#include "fields/cell_text.h"
#include "step/internal.h"

/* A state with a value instead of a rate may jump with the drivers: its mean says nothing about stepping. */
static bool is_integrated(const xt_model *model, const xt_scalar *mean) {
    xt_cell_uses uses = {0};
    xt_cell_uses_add(&uses, model, mean->mean);
    for (int k = 0; k < model->state_count; k++)
        if (uses.state >> k & 1 && model->state[k].value) return false;
    return true;
}

/* What rounding of fp32 states does to the estimate, whatever the step: a few units in the last place of a
 * mean. */
static const double rounding = 5e-7;

double xt_step_error(const xt_sim *sim, const double *found, double dt) {
    const double h1 = sim->clock.last[0], h2 = sim->clock.last[1];
    double worst = 0;
    if (h1 <= 0) return 0;
    for (int k = 0; k < sim->model->scalar_count; k++) {
        if (sim->model->scalar[k].kind != XT_SCALAR_MEAN ||
            !is_integrated(sim->model, &sim->model->scalar[k]))
            continue;
        const double now = sim->watched[0][k], one = sim->watched[1][k];
        const double slope = (found[k] - now) / dt, slope1 = (now - one) / h1;
        const double bend = (slope - slope1) / (dt + h1); /* y''/2 */
        double error = dt * dt * fabs(bend);
        if (h2 > 0) {
            const double slope2 = (one - sim->watched[2][k]) / h2, bend1 = (slope1 - slope2) / (h1 + h2);
            error = (dt + 1.5 * h1) * dt * dt * fabs(bend - bend1) / (dt + h1 + h2); /* y'''/6 */
        }
        worst = fmax(worst, error / fmax(fabs(now), XT_MEAN_FLOOR));
    }
    return sim->fields->mesh ? fmax(0, worst - rounding) : worst;
}

static double shortest(const xt_sim *sim) { return fmin(sim->scene->min_step, sim->scene->step); }

/* What the error allows, as a multiple of the step. */
static double allowed(const xt_sim *sim, double error) {
    const double order = sim->clock.last[1] > 0 ? 3 : 2;
    return error > 0 ? 0.9 * pow(sim->scene->step_tolerance / error, 1 / order) : INFINITY;
}

bool xt_step_is_refused(const xt_sim *sim, double dt, double error) {
    return sim->scene->adaptive && error > sim->scene->step_tolerance && dt > 1.001 * shortest(sim);
}

double xt_step_next(const xt_sim *sim, double dt, double error) {
    const double most = sim->scene->step, least = shortest(sim);
    if (!sim->scene->adaptive) return most;
    if (sim->clock.last[0] <= 0) return fmax(least, fmin(dt, most)); /* no estimate yet */
    const double size = dt * fmax(0.2, allowed(sim, error));
    /* a step that landed early does not hold back the next */
    return fmax(least, fmin(most, fmin(size, 2 * fmax(dt, fmin(sim->clock.step, most)))));
}

void xt_step_note(xt_sim *sim, double dt, double error, const double *found) {
    xt_clock *clock = &sim->clock;
    clock->step_error = fmax(clock->step_error, error);
    clock->step_error_total += error;
    clock->smallest = clock->chronic_steps ? fmin(clock->smallest, dt) : dt;
    clock->largest = fmax(clock->largest, dt);
    clock->total += dt;
    clock->chronic_steps++;
    clock->steps++;
    clock->last[1] = clock->last[0];
    clock->last[0] = dt;
    double *oldest = sim->watched[XT_HISTORY - 1];
    for (int n = XT_HISTORY - 1; n > 0; n--) sim->watched[n] = sim->watched[n - 1];
    sim->watched[0] = oldest;
    memcpy(oldest, found, (size_t)sim->model->scalar_count * sizeof *found);
}

void xt_step_forget(xt_sim *sim) {
    sim->clock.last[0] = sim->clock.last[1] = 0;
    sim->clock.levels = 0;
    if (sim->scene->adaptive) sim->clock.step = shortest(sim);
}
