#include "step/sim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "step/internal.h"

static xt_status walls_of(xt_walls *walls, const xt_scene *scene, const xt_model *model, xt_error *err) {
    for (int w = 0; w < 6; w++)
        for (int s = 0; s < XT_MAX_SPECIES; s++) walls->value[w][s] = NAN;
    for (int i = 0; i < scene->fixed_count; i++) {
        const int species = xt_model_find_species(model, scene->fixed[i].species);
        if (species < 0)
            return xt_fail(err, XT_USAGE, "%s: error: geometry.walls: the model has no species '%s'",
                           scene->file, scene->fixed[i].species);
        walls->value[scene->fixed[i].wall][species] = (float)scene->fixed[i].value;
    }
    return XT_OK;
}

static xt_status check_events(const xt_scene *scene, const xt_model *model, double *scratch, xt_error *err) {
    for (int i = 0; i < scene->event_count; i++) {
        const xt_event *event = &scene->event[i];
        for (int k = 0; k < event->set_count; k++) XT_TRY(xt_assign(scratch, model, &event->set[k], err));
        if (event->species[0] && xt_model_find_species(model, event->species) < 0)
            return xt_fail(err, XT_USAGE, "%s:%d: error: the model has no species '%s'", scene->file,
                           event->line, event->species);
    }
    return XT_OK;
}

xt_status xt_sim_create(xt_sim **out, const xt_sim_def *def, xt_error *err) {
    *out = NULL;
    const xt_model *model = def->model;
    const xt_scene *scene = def->scene;
    xt_status status = XT_OK;
    xt_sim *sim = calloc(1, sizeof *sim);
    double *scratch = calloc((size_t)model->scalar_count + 1, sizeof *scratch);
    if (!sim || !scratch) {
        status = xt_no_memory(err, "the simulation", sizeof *sim);
        goto done;
    }
    sim->scene = scene;
    sim->model = model;
    sim->watch = def->watch;
    sim->chronic_end = scene->mode == XT_CHRONIC ? scene->until : 0;
    sim->end_time = scene->mode == XT_CHRONIC ? scene->until + scene->acute : scene->until;
    sim->clock.step = scene->adaptive ? fmin(scene->min_step, scene->step) : scene->step;
    sim->scalar = calloc((size_t)model->scalar_count + 1, sizeof *sim->scalar);
    sim->first = calloc((size_t)model->readout_count + 1, sizeof *sim->first);
    sim->end = calloc((size_t)model->scalar_count + 1, sizeof *sim->end);
    sim->trial = calloc((size_t)model->scalar_count + 1, sizeof *sim->trial);
    sim->before = calloc((size_t)model->scalar_count + 1, sizeof *sim->before);
    sim->work = calloc((size_t)model->scalar_count + 1, sizeof *sim->work);
    bool room = sim->work && sim->scalar && sim->first && sim->end && sim->trial && sim->before;
    for (int n = 0; n < XT_HISTORY; n++)
        room &= (sim->watched[n] = calloc((size_t)model->scalar_count + 1, sizeof(double))) != NULL;
    if (!room) {
        status = xt_no_memory(err, "scalars", sizeof *sim->scalar * (size_t)model->scalar_count);
        goto done;
    }
    xt_model_initial_scalars(model, sim->scalar);
    sim->scalar[model->female] = scene->female;
    for (int i = 0; i < scene->setting_count; i++)
        XT_GO(xt_assign(sim->scalar, model, &scene->setting[i], err));
    XT_GO(check_events(scene, model, scratch, err));

    xt_walls walls;
    XT_GO(walls_of(&walls, scene, model, err));
    XT_GO(xt_fields_create(&sim->fields, model, def->mesh, def->device, &walls, err));
    sim->fields->plasma_clamped = scene->plasma_clamped;
    xt_solver_def solver = xt_solver_def_default();
    solver.tolerance = scene->tolerance;
    solver.max_iterations = scene->max_iterations;
    solver.method = scene->acute_method ? XT_EULER : XT_RKC2;
    solver.relative = scene->acute_relative;
    solver.absolute = scene->acute_absolute;
    solver.max_stages = scene->acute_stages;
    solver.courant = scene->courant;
    solver.max_step = scene->max_acute_step;
    XT_GO(xt_solver_create(&sim->solver, sim->fields, &solver, err));
    XT_GO(xt_tissue_create(&sim->tissue, sim->fields, err));
done:
    free(scratch);
    if (status == XT_OK)
        *out = sim;
    else
        xt_sim_free(sim);
    return status;
}

void xt_sim_free(xt_sim *sim) {
    if (!sim) return;
    xt_tissue_free(sim->tissue);
    xt_solver_free(sim->solver);
    xt_fields_free(sim->fields);
    free(sim->scalar);
    free(sim->first);
    free(sim->end);
    free(sim->trial);
    free(sim->before);
    free(sim->work);
    for (int n = 0; n < XT_HISTORY; n++) free(sim->watched[n]);
    free(sim);
}

static void raw_readouts(double *values, const xt_sim *sim) {
    for (int i = 0; i < sim->model->readout_count; i++)
        values[i] =
            xt_expr_value(sim->model, sim->model->readout[i].formula, &(xt_values){.scalar = sim->scalar});
}

static xt_status start(xt_sim *sim, xt_error *err) {
    XT_TRY(xt_solver_reference(sim->solver, err));
    if (sim->scene->reference_tissue_mean) XT_TRY(xt_fields_reference_means(sim->fields, err));
    XT_TRY(xt_tissue_means(sim->tissue, sim->scalar, err));
    xt_sim_drivers(sim, sim->scalar, 0);
    XT_TRY(xt_fields_set_scalars(sim->fields, sim->scalar, err));
    XT_TRY(xt_tissue_mechanics(sim->tissue, err));
    XT_TRY(xt_tissue_initialise(sim->tissue, sim->scalar, err));
    XT_TRY(xt_tissue_means(sim->tissue, sim->scalar, err));
    xt_sim_drivers(sim, sim->scalar, 0);
    /* an acute phase starts from steady fields: what happens at its first moment comes after them */
    if (!xt_sim_is_acute(sim)) XT_TRY(xt_events_apply(sim, err));
    xt_sim_drivers(sim, sim->scalar, 0);
    sim->clock.peaked = sim->model->peak_share >= 0 && sim->scalar[sim->model->peak_share] > 0;
    XT_TRY(xt_solver_steady(sim->solver, sim->scalar, sim->clock.peaked, err));
    sim->clock.settled = 1;
    sim->clock.levels = 1;
    xt_sim_drivers(sim, sim->scalar, 0);
    raw_readouts(sim->first, sim);
    sim->clock.past_start = 1;
    return XT_OK;
}

xt_status xt_sim_start(xt_sim *sim, xt_error *err) {
    const char *before = xt_stopwatch_turn(sim->watch, "reference");
    const xt_status status = start(sim, err);
    xt_stopwatch_turn(sim->watch, before);
    return status;
}

void xt_sim_readouts(double *values, const xt_sim *sim) {
    raw_readouts(values, sim);
    for (int i = 0; i < sim->model->readout_count; i++) {
        const xt_readout *readout = &sim->model->readout[i];
        values[i] /= readout->relative ? sim->first[i] : readout->scale;
    }
}

double xt_sim_time(const xt_sim *sim) { return sim->clock.time; }
double xt_sim_age(const xt_sim *sim) { return sim->scene->age + (sim->scene->ageing ? sim->clock.time : 0); }
double xt_sim_end(const xt_sim *sim) { return sim->end_time; }
double xt_sim_acute_begin(const xt_sim *sim) {
    return sim->end_time > sim->chronic_end ? sim->chronic_end : INFINITY;
}
unsigned long long xt_sim_steps(const xt_sim *sim) { return sim->clock.steps; }
xt_fields *xt_sim_fields(xt_sim *sim) { return sim->fields; }
const double *xt_sim_scalars(const xt_sim *sim) { return sim->scalar; }

bool xt_sim_is_acute(const xt_sim *sim) {
    /* At the very start of an acute phase after years the fields are still to be settled. */
    return sim->clock.time > sim->chronic_end || (sim->chronic_end <= 0 && sim->end_time > 0);
}
