/* run.json: what was run, and what the run proves of itself (DESIGN.md §3, §6). */
#ifndef APP_RECORD_H
#define APP_RECORD_H

#include "base/json.h"
#include "base/log.h"
#include "step/sim.h"

typedef struct {
    const xt_scene *scene;
    const xt_model *model;
    const xt_mesh *mesh; /* NULL: well-mixed */
    xt_device *device;   /* NULL: well-mixed */
    xt_sim *sim;         /* NULL: not started */
    const xt_log *log;
    const char *status;   /* "done", "stopped", "failed: …", "running" */
    xt_stopwatch *watch;  /* the wall time by parts */
    double writer_busy_s; /* that the writing thread has worked */
    double memory_bytes;  /* on the device, measured peak */
    bool well_mixed;
    const char *scene_file, *dir, *device_spec; /* of the command; NULL: not known */
    const char *const *sets;                    /* of --set */
    int set_count;
    const char *started; /* ISO 8601; NULL: not known */
} xt_record_def;

/* Compose the record. Warns on the log (and so in the record) about every bound that is broken. */
xt_status xt_record_compose(xt_text *text, const xt_record_def *def, xt_log *log, xt_error *err);

/* record_about.c: what the numbers mean, for those who read the record without the model: bounds, read-outs,
 * published ranges, species and what the voxels resolve. */
typedef struct {
    double balance, fraction_defect, step_error;
} xt_record_bounds;
extern const xt_record_bounds xt_bounds;
void xt_record_about(xt_json *json, const xt_record_def *def);

#endif
