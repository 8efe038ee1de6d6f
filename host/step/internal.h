/* What the files of step/ share. */
#ifndef STEP_INTERNAL_H
#define STEP_INTERNAL_H

#include "step/sim.h"

/* The part of the state that a checkpoint keeps as plain bytes. */
typedef struct {
    double time;    /* h */
    double step;    /* h, wanted size of the next chronic step before landing */
    double last[2]; /* h, sizes of the last two steps since an event; 0: none */
    double step_error, step_error_total;
    double smallest, largest, total; /* h, of the chronic steps taken */
    unsigned long long steps, chronic_steps, rejected;
    int next_event;
    int settled; /* fields belong to the state as it is now */
    int levels;  /* fields known since an event: 0, 1 (rest), 2 (rest and rest_before) */
    int past_start;
    int peaked; /* the fields known include those at the peak */
} xt_clock;

/* Means that are watched for step control, now and at the starts of the last two steps since an event. */
enum { XT_HISTORY = 3, XT_MAX_MEMORIES = 64 };
/* Region means below this are as good as this: a hundredth of a fraction, or of a state that starts at 1. */
#define XT_MEAN_FLOOR 0.01

struct xt_sim {
    const xt_scene *scene;
    const xt_model *model;
    xt_stopwatch *watch;
    xt_fields *fields;
    xt_solver *solver;
    xt_tissue_rules *tissue;
    xt_clock clock;
    double *scalar;               /* [scalar_count] */
    double *first;                /* [readout_count] values at the start */
    double *watched[XT_HISTORY];  /* [scalar_count] newest first */
    double *before;               /* [scalar_count] at the start of the last step */
    double *end, *trial;          /* [scalar_count] foretold for the end of the step; what its pilot found */
    double *work;                 /* [scalar_count] */
    double chronic_end, end_time; /* h */
};

/* settings.c: the value of an assignment for a scalar of kind SETTING; NAN for unset. */
xt_status xt_assign(double *scalar, const xt_model *model, const xt_assignment *assignment, xt_error *err);
/* events.c: apply all events due now. Clears clock.settled if one did anything. */
xt_status xt_events_apply(xt_sim *sim, xt_error *err);
double xt_events_next(const xt_sim *sim); /* h, INFINITY if none is left */
double xt_event_time(const xt_scene *scene, const xt_event *event);
/* scalars.c: age, time, plasma levels given in `scalar` or as they are now, then every driver. */
void xt_sim_drivers(xt_sim *sim, double *scalar, double time);
/* Scalars at the end of a step of dt from those at its start: means and plasma go on as they went, memories
 * follow their rates, drivers are known. */
void xt_sim_foretell(double *end, const xt_sim *sim, double dt);
/* control.c */
/* Estimated relative error of the watched means, `found` after a step of dt. */
double xt_step_error(const xt_sim *sim, const double *found, double dt);
bool xt_step_is_refused(const xt_sim *sim, double dt, double error);
double xt_step_next(const xt_sim *sim, double dt, double error);
/* A step was taken; `found` is watched from now on. */
void xt_step_note(xt_sim *sim, double dt, double error, const double *found);
/* Nothing before now says anything of what comes: after an event. */
void xt_step_forget(xt_sim *sim);
xt_status xt_sim_check_finite(xt_sim *sim, xt_error *err);

#endif
