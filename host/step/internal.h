/* What the files of step/ share. */
#ifndef STEP_INTERNAL_H
#define STEP_INTERNAL_H

#include "step/sim.h"

/* The part of the state that a checkpoint keeps as plain bytes. */
typedef struct {
    double time;      /* h */
    double step;      /* h, size of the next chronic step before landing */
    double last_step; /* h, size of the last one; 0: none yet, or an event since */
    double step_error, step_error_total;
    unsigned long long steps;
    int next_event;
    int settled; /* fields belong to the state as it is now */
    int settled_peak;
    int past_start;
} xt_clock;

struct xt_sim {
    const xt_scene *scene;
    const xt_model *model;
    xt_stopwatch *watch;
    xt_fields *fields;
    xt_solver *solver;
    xt_tissue_rules *tissue;
    xt_clock clock;
    double *scalar;          /* [scalar_count] */
    double *first;           /* [readout_count] values at the start */
    double *last_mean;       /* [scalar_count] means before the last step */
    double *rate;            /* [scalar_count] of the memories, at the start of the step */
    double *last_slope;      /* [scalar_count] their rate in it */
    double chronic_end, end; /* h */
};

/* settings.c: the value of an assignment for a scalar of kind SETTING; NAN for unset. */
xt_status xt_assign(double *scalar, const xt_model *model, const xt_assignment *assignment, xt_error *err);
/* events.c: apply all events due now. Clears clock.settled if one did anything. */
xt_status xt_events_apply(xt_sim *sim, xt_error *err);
double xt_events_next(const xt_sim *sim); /* h, INFINITY if none is left */
double xt_event_time(const xt_scene *scene, const xt_event *event);
/* step.c */
void xt_sim_drivers(xt_sim *sim, double *scalar, double time);
xt_status xt_sim_check_finite(xt_sim *sim, xt_error *err);

#endif
