/* A run in its folder: the simulation, and everything that looks at it, on a schedule.
 *
 * DIR holds run.json, series.csv, frames/, volumes/ + volumes.pvd, checkpoint/, log.txt (DESIGN.md §3). */
#ifndef APP_SESSION_H
#define APP_SESSION_H

#include <signal.h>
#include "app/watch.h"
#include "base/log.h"
#include "scene/scene.h"

typedef struct {
    const char *scene_file;  /* run */
    const char *const *sets; /* --set texts */
    int set_count;
    const char *dir;    /* -o DIR, or the folder to resume */
    const char *device; /* SPEC or NULL */
    bool force, well_mixed, json;
    xt_watch_options watch;
    xt_log *log;
    volatile sig_atomic_t *stop; /* set by signal handlers */
} xt_session_def;

/* Both return the program's exit status; on XT_STOPPED a good checkpoint lies in DIR/checkpoint. Refuses a
 * folder that exists without force (XT_IO); checks scene, model, memory and device before it touches DIR.
 * With json, run.json also goes to stdout at the end. */
xt_status xt_session_run(const xt_session_def *def, xt_error *err);
xt_status xt_session_resume(const xt_session_def *def, xt_error *err);

#endif
