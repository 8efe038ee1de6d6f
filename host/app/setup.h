/* From a scene file to a simulation that is ready to start: what `run`, `resume` and `check` share. */
#ifndef APP_SETUP_H
#define APP_SETUP_H

#include "base/log.h"
#include "step/sim.h"

typedef struct {
    xt_scene *scene;
    xt_model *model;
    xt_mesh *mesh;     /* NULL: well-mixed */
    xt_device *device; /* NULL: well-mixed */
    xt_sim *sim;
    xt_stopwatch watch; /* of the whole run; xt_setup_read starts it. Setups do not move once built */
} xt_setup;

/* Read the scene and compile its model with the scene's parameters. */
xt_status xt_setup_read(xt_setup *setup, const char *scene_file, const char *const *sets, int set_count,
                        xt_error *err);
/* Open the device, refuse grids that do not fit, build mesh and simulation; warn of what the voxels cannot
 * resolve. */
xt_status xt_setup_build(xt_setup *setup, const char *device, bool well_mixed, xt_log *log, xt_error *err);
void xt_setup_clear(xt_setup *setup);

#endif
