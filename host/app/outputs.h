/* The observers of a run: pictures, volumes, curves. They read, gather and hand over to a writing thread. */
#ifndef APP_OUTPUTS_H
#define APP_OUTPUTS_H

#include "base/log.h"
#include "step/sim.h"

typedef struct xt_outputs xt_outputs;

enum { XT_FRAMES_MAX = 64, XT_LIMITS_MAX = XT_FRAMES_MAX * XT_FRAME_SHOWS };

/* What a checkpoint keeps of the observers, so that a resumed run writes the same files. Plain bytes. */
typedef struct {
    int next_series, next_frame, next_volume, next_acute; /* multiples of their intervals still to come */
    int next_film[XT_FILMS_MAX];                          /* of films with an interval of their own */
    int frames, volumes;                                  /* files written so far: they number the names */
    long long rows;
    double low[XT_LIMITS_MAX],
        high[XT_LIMITS_MAX];        /* of the colour bars, by film and quantity; NAN: not yet */
    bool referenced[XT_FRAMES_MAX]; /* the film's differences have their reference */
    double view_low[XT_VIEWS_MAX][XT_VIEW_FIELDS],
        view_high[XT_VIEWS_MAX][XT_VIEW_FIELDS]; /* limits of their fields; NAN: not yet */
} xt_outputs_state;

typedef struct {
    const xt_scene *scene;
    const xt_model *model;
    const xt_mesh *mesh; /* NULL: curves only */
    xt_sim *sim;
    const char *dir;
    xt_stopwatch *watch; /* NULL: nobody asks */
    const char *command; /* how the run was started; borrowed. NULL: not known */
    xt_log *log;
} xt_outputs_def;

/* Resolve what the scene shows (errors point into it). Nothing is written. */
xt_status xt_outputs_create(xt_outputs **outputs, const xt_outputs_def *def, xt_error *err);
/* Make the folders and files (begin), or go on with those that are there (resume: later rows and entries are
 * cut off). */
xt_status xt_outputs_begin(xt_outputs *outputs, xt_error *err);
xt_status xt_outputs_resume(xt_outputs *outputs, const xt_outputs_state *state, xt_error *err);

/* The next time (h) at which something is due, at most the end of the run. */
double xt_outputs_next(const xt_outputs *outputs);
/* Write what is due at the simulation's present time; `last`: the end of the run, everything is. */
xt_status xt_outputs_write(xt_outputs *outputs, bool last, xt_error *err);

/* Wait until everything is on disk, then give the state that belongs to it. */
xt_status xt_outputs_state_get(xt_outputs_state *state, xt_outputs *outputs, xt_error *err);
/* What is too large for the state, block by block: to a checkpoint, or back from one (between creating and
 * resuming). */
typedef xt_status (*xt_outputs_block)(const char *name, void *data, size_t bytes, void *context,
                                      xt_error *err);
xt_status xt_outputs_save(xt_outputs *outputs, xt_outputs_block sink, void *context, xt_error *err);
xt_status xt_outputs_load(xt_outputs *outputs, const xt_outputs_state *state, xt_outputs_block source,
                          void *context, xt_error *err);
/* When the run is over: wait, and draw again those frames that were drawn before their film's scale was
 * known. */
xt_status xt_outputs_complete(xt_outputs *outputs, xt_error *err);
/* Wait until everything is on disk. *busy: seconds that the writing thread has worked. NULL-safe. */
xt_status xt_outputs_drain(double *busy, xt_outputs *outputs, xt_error *err);
/* Finish all writing and free. NULL-safe; returns the first error. */
xt_status xt_outputs_finish(xt_outputs *outputs, xt_error *err);

#endif
