/* Scalars of a time: drivers, and what a step's end will see. */
#include <math.h>
#include <string.h>

#include "base/phi.h"
#include "step/internal.h"

static void drivers(const xt_sim *sim, double *scalar, double time) {
    const xt_model *model = sim->model;
    scalar[model->time] = time;
    scalar[model->age] = sim->scene->age + (sim->scene->ageing ? time : 0);
    xt_model_drivers(model, scalar);
}

void xt_sim_drivers(xt_sim *sim, double *scalar, double time) {
    for (int s = 0; s < sim->model->species_count; s++)
        scalar[sim->model->plasma_first + s] = sim->fields->plasma[s];
    drivers(sim, scalar, time);
}

static double rate(const xt_model *model, int k, const double *scalar) {
    return xt_expr_value(model, model->scalar[k].formula, &(xt_values){.scalar = scalar});
}

/* Of a memory's rate with the memory itself; rates are relaxation laws, for which a difference is exact. */
static double slope(const xt_model *model, int k, double *scalar) {
    const double at = scalar[k], by = 1e-3 * fmax(fabs(at), 1), low = rate(model, k, scalar);
    scalar[k] = at + by;
    const double high = rate(model, k, scalar);
    scalar[k] = at;
    return isfinite(high - low) ? (high - low) / by : 0;
}

/* Exponential Heun, as the rules of voxels (tissue/cell.c). end: as at the start but for means and plasma. */
static void memories(double *end, const xt_sim *sim, double dt, double time) {
    const xt_model *model = sim->model;
    double begin[XT_MAX_MEMORIES], fall[XT_MAX_MEMORIES];
    int count = 0;
    for (int k = 0; k < model->scalar_count && count < XT_MAX_MEMORIES; k++) {
        if (model->scalar[k].kind != XT_SCALAR_MEMORY) continue;
        memcpy(sim->work, sim->scalar, (size_t)model->scalar_count * sizeof *end);
        begin[count] = rate(model, k, sim->work);
        fall[count] = slope(model, k, sim->work);
        end[k] += dt * xt_phi1(dt * fall[count]) * begin[count];
        count++;
    }
    drivers(sim, end, time);
    for (int k = 0, j = 0; k < model->scalar_count && j < count; k++) {
        if (model->scalar[k].kind != XT_SCALAR_MEMORY) continue;
        const double bend = rate(model, k, end) - begin[j] - fall[j] * (end[k] - sim->scalar[k]);
        sim->work[k] = end[k] + dt * xt_phi2(dt * fall[j]) * bend;
        j++;
    }
    for (int k = 0; k < model->scalar_count; k++)
        if (model->scalar[k].kind == XT_SCALAR_MEMORY) end[k] = sim->work[k];
}

void xt_sim_foretell(double *end, const xt_sim *sim, double dt) {
    const xt_model *model = sim->model;
    const double last = sim->clock.last[0], ahead = last > 0 ? dt / last : 0;
    memcpy(end, sim->scalar, (size_t)model->scalar_count * sizeof *end);
    for (int k = 0; k < model->scalar_count && ahead > 0; k++)
        if (model->scalar[k].kind == XT_SCALAR_MEAN || model->scalar[k].kind == XT_SCALAR_PLASMA)
            end[k] += ahead * (sim->scalar[k] - sim->before[k]);
    const double time = sim->clock.time + dt;
    memories(end, sim, dt, time);
    drivers(sim, end, time);
}
