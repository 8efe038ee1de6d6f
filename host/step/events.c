#include <math.h>

#include "step/internal.h"

/* Times within a tenth of a second are one time: events land on steps. */
static const double tick = 0.1 / 3600;

double xt_event_time(const xt_scene *scene, const xt_event *event) {
    return event->at_is_age ? event->at - scene->age : event->at;
}

double xt_events_next(const xt_sim *sim) {
    if (sim->clock.next_event >= sim->scene->event_count) return INFINITY;
    return xt_event_time(sim->scene, &sim->scene->event[sim->clock.next_event]);
}

static xt_status inject(xt_sim *sim, const xt_event *event, xt_error *err) {
    const int species = xt_model_find_species(sim->model, event->species);
    if (species < 0)
        return xt_fail(err, XT_USAGE, "%s:%d: error: the model has no species '%s'", sim->scene->file,
                       event->line, event->species);
    const double plasma[3] = {0, 0, 0};
    return xt_solver_bolus(sim->solver, species, event->amount, event->into_plasma ? plasma : event->centre,
                           event->into_plasma ? 0 : event->radius, err);
}

xt_status xt_events_apply(xt_sim *sim, xt_error *err) {
    while (xt_events_next(sim) <= sim->clock.time + tick) {
        const xt_event *event = &sim->scene->event[sim->clock.next_event++];
        for (int i = 0; i < event->set_count; i++)
            XT_TRY(xt_assign(sim->scalar, sim->model, &event->set[i], err));
        if (event->species[0]) XT_TRY(inject(sim, event, err));
        xt_solver_disturbed(sim->solver);
        sim->clock.settled = 0;
        xt_step_forget(sim);
    }
    return XT_OK;
}
