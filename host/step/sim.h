/* One simulation: fields, tissue and blood of one subject, with the clocks that move them.
 *
 * Chronic time advances in remodelling steps of days; an acute phase in seconds. What a step does stands on
 * one page: step.c. Whoever runs a simulation decides when to stop and look: the result depends on the times
 * given to xt_sim_advance (steps land on them) but not on pauses, checkpoints or observers. */
#ifndef STEP_SIM_H
#define STEP_SIM_H

#include "fields/fields.h"
#include "scene/scene.h"
#include "solve/solve.h"
#include "tissue/tissue.h"

typedef struct xt_sim xt_sim;

typedef struct {
    const xt_scene *scene; /* all four must outlive the simulation */
    const xt_model *model;
    const xt_mesh *mesh; /* NULL: well-mixed tissues, no device */
    xt_device *device;
    xt_stopwatch *watch; /* where the wall time goes; NULL: nobody asks */
} xt_sim_def;

/* Allocate, compile, resolve the scene's settings against the model (errors point into the scene). */
xt_status xt_sim_create(xt_sim **sim, const xt_sim_def *def, xt_error *err);
void xt_sim_free(xt_sim *sim);

/* Reference fields, initial states, first read-outs, at time 0. Skip it when loading a state. */
xt_status xt_sim_start(xt_sim *sim, xt_error *err);

/* One step (a remodelling step, or a chunk of acute steps) toward `until` (h since the start), never past it.
 * XT_NUMERIC names field, voxel and time of a value that is not finite. The sequence of steps depends on
 * `until`, so call it with the same until again and again; pausing in between changes nothing. */
xt_status xt_sim_step(xt_sim *sim, double until, xt_error *err);
/* Steps until exactly `until` (at most xt_sim_end). */
xt_status xt_sim_advance(xt_sim *sim, double until, xt_error *err);

/* Solve the fields for the state as it is now (they otherwise belong to the start of the last step), so that
 * what is read out belongs to one time. Cheap when they already do; the next step uses them. */
xt_status xt_sim_settle(xt_sim *sim, xt_error *err);

double xt_sim_time(const xt_sim *sim);        /* h since the start */
double xt_sim_age(const xt_sim *sim);         /* h */
double xt_sim_end(const xt_sim *sim);         /* h: end of the chronic and the acute phase */
bool xt_sim_is_acute(const xt_sim *sim);      /* the next step is an acute one */
double xt_sim_acute_begin(const xt_sim *sim); /* h; INFINITY if there is no acute phase */
unsigned long long xt_sim_steps(const xt_sim *sim);

xt_fields *xt_sim_fields(xt_sim *sim);
const double *xt_sim_scalars(const xt_sim *sim); /* model order, internal units */

/* Read-outs in the units and relative to the start as the model says: values[readout_count]. */
void xt_sim_readouts(double *values, const xt_sim *sim);

/* What the run proves of itself (DESIGN.md §6). */
typedef struct {
    xt_solver_report solver;
    xt_tissue_report tissue;
    unsigned long long chronic_steps, rejected;
    double smallest, largest, mean; /* h, of the remodelling steps taken; 0: none */
    double step_error;              /* largest estimated relative error of a region mean in one step */
    double step_error_total;        /* sum over the steps: a bound on what stepping did to the means */
    double fraction_defect;
    xt_range range[XT_MAX_SPECIES];
    double class_error;
    int class_count;
} xt_proofs;
xt_status xt_sim_proofs(xt_proofs *proofs, xt_sim *sim, xt_error *err);

/* Everything needed to go on with the same bits, as named blocks. The sink is called once a block, the source
 * must fill `bytes` bytes of the block named. */
typedef xt_status (*xt_block_sink)(const char *name, const void *data, size_t bytes, void *context,
                                   xt_error *err);
typedef xt_status (*xt_block_source)(const char *name, void *data, size_t bytes, void *context,
                                     xt_error *err);
xt_status xt_sim_save(xt_sim *sim, xt_block_sink sink, void *context, xt_error *err);
xt_status xt_sim_load(xt_sim *sim, xt_block_source source, void *context, xt_error *err);

#endif
