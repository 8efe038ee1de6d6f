#include "solve/internal.h"

#include <math.h>
#include <stdlib.h>

/* Levels of one species everywhere: plasma first, then the organs. */
typedef struct {
    const xt_solver *solver;
    const double *scalar;
    int species;
} system_of;

static void slopes(double *rate, const double *level, const system_of *system) {
    const xt_fields *fields = system->solver->fields;
    const xt_model *model = fields->model;
    const int s = system->species;
    double plasma = system->solver->appearance[s] +
                    xt_source_plasma(model, s, system->scalar, XT_SOURCE_PULSE) -
                    model->species[s].plasma_elimination * model->plasma_volume * level[0];
    for (int o = 0; o < fields->organ_count; o++) {
        const xt_organ *organ = &fields->organ[o];
        xt_transport t;
        xt_model_transport(&t, model, s, organ->tissue, organ->phase0);
        const double c = level[o + 1], given = t.exchange * (t.partition * level[0] - c);
        double gain =
            xt_source_organ(fields, organ, s, system->scalar, XT_SOURCE_PULSE) - t.fluid * t.loss * c + given;
        if (model->species[s].reaction) {
            double all[XT_MAX_SPECIES];
            for (int k = 0; k < model->species_count; k++) all[k] = organ->rest[k];
            all[s] = c;
            gain += xt_source_organ_reaction(fields, organ, s, system->scalar, all, t.fluid);
        }
        rate[o + 1] = t.fluid > 0 ? gain / t.fluid : 0;
        plasma -= organ->weight * organ->volume * given;
    }
    rate[0] = fields->plasma_clamped ? 0 : plasma / model->plasma_volume;
}

/* One step of the classical fourth-order Runge-Kutta method. */
static void step(double *level, double *work, int count, double dt, const system_of *system) {
    double *k[4] = {work, work + count, work + 2 * count, work + 3 * count}, *at = work + 4 * count;
    static const double reach[4] = {0, 0.5, 0.5, 1};
    for (int stage = 0; stage < 4; stage++) {
        for (int j = 0; j < count; j++) at[j] = level[j] + (stage ? reach[stage] * dt * k[stage - 1][j] : 0);
        slopes(k[stage], at, system);
    }
    for (int j = 0; j < count; j++) level[j] += dt / 6 * (k[0][j] + 2 * k[1][j] + 2 * k[2][j] + k[3][j]);
}

static double fastest(const xt_fields *fields) {
    const xt_model *model = fields->model;
    double rate = 0;
    for (int s = 0; s < model->species_count; s++) {
        double plasma = model->species[s].plasma_elimination;
        for (int o = 0; o < fields->organ_count; o++) {
            const xt_organ *organ = &fields->organ[o];
            xt_transport t;
            xt_model_transport(&t, model, s, organ->tissue, organ->phase0);
            plasma += organ->weight * organ->volume * t.exchange * t.partition / model->plasma_volume;
            if (t.fluid > 0) rate = fmax(rate, t.loss + t.exchange / t.fluid);
        }
        rate = fmax(rate, plasma);
    }
    return rate;
}

xt_status xt_well_mixed_advance(xt_solver *solver, double *time, double until, xt_drivers_at drivers,
                                void *context, const volatile int *stop, xt_error *err) {
    xt_fields *fields = solver->fields;
    const xt_model *model = fields->model;
    const int count = fields->organ_count + 1;
    const double rate = fastest(fields);
    const double longest =
        fmin(fmin(0.1, solver->def.max_step), rate > 0 ? solver->def.courant / rate : solver->def.max_step);
    xt_stretch *stretch = &solver->stretch;
    const double dt = xt_stretch_plan(stretch, *time, until, longest);
    double *work = calloc((size_t)count * 6, sizeof *work),
           *scalar = calloc((size_t)model->scalar_count + 1, sizeof *scalar);
    double *next = calloc((size_t)count * (size_t)model->species_count, sizeof *next);
    xt_status status = XT_OK;
    if (!work || !scalar || !next) {
        status = xt_no_memory(err, "organs", (size_t)count * 6 * sizeof *work);
        goto done;
    }
    while (stretch->done < stretch->steps && !(stop && *stop)) {
        drivers(scalar, xt_stretch_time(stretch, (double)stretch->done + 0.5), context);
        for (int s = 0; s < model->species_count; s++) {
            const system_of system = {solver, scalar, s};
            double *level = next + s * count;
            level[0] = fields->plasma[s];
            for (int o = 0; o < fields->organ_count; o++) level[o + 1] = fields->organ[o].rest[s];
            step(level, work, count, dt, &system);
        }
        for (int s = 0; s < model->species_count; s++) {
            fields->plasma[s] = next[s * count];
            for (int o = 0; o < fields->organ_count; o++) fields->organ[o].rest[s] = next[s * count + o + 1];
            if (!isfinite(fields->plasma[s])) {
                status = xt_fail(err, XT_NUMERIC, "plasma of %s is not a number", model->species[s].name);
                goto done;
            }
        }
        stretch->done++;
        solver->report.steps++;
    }
    solver->report.step_h = dt;
    *time = xt_stretch_time(stretch, (double)stretch->done);
done:
    free(work);
    free(scalar);
    free(next);
    return status;
}
