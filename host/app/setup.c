#include "app/setup.h"

#include <stdlib.h>

#include "app/estimate.h"
#include "app/load.h"
#include "app/resolution.h"
#include "mesh/geometry.h"

xt_status xt_setup_read(xt_setup *setup, const char *scene_file, const char *const *sets, int set_count,
                        xt_error *err) {
    xt_stopwatch_start(&setup->watch, "scene and model");
    XT_TRY(xt_scene_load(&setup->scene, scene_file, sets, set_count, err));
    XT_TRY(xt_load_model(&setup->model, setup->scene, err));
    return xt_check_names(setup->scene, setup->model, err);
}

/* Refused before anything large is made. */
static xt_status build_mesh(xt_setup *setup, xt_error *err) {
    const xt_scene *scene = setup->scene;
    const xt_device_info *info = xt_device_get_info(setup->device);
    xt_estimate estimate;
    if (xt_estimate_make(&estimate, scene, setup->model, (double)info->memory_bytes, xt_host_memory(), err) !=
            XT_OK ||
        xt_geometry_build(&setup->mesh, &scene->geometry, setup->model->tissue_name,
                          setup->model->tissue_count, err) != XT_OK)
        return xt_geometry_context(scene, err);
    if (!setup->mesh->voxels)
        return xt_fail(err, XT_USAGE, "%s: error: geometry: no tissue at all", scene->file);
    return XT_OK;
}

xt_status xt_setup_build(xt_setup *setup, const char *device, bool well_mixed, xt_log *log, xt_error *err) {
    if (!well_mixed) {
        xt_stopwatch_turn(&setup->watch, "device");
        XT_TRY(xt_device_open(&setup->device, device, err));
        xt_device_watch(setup->device, &setup->watch);
        xt_stopwatch_turn(&setup->watch, "mesh");
        XT_TRY(build_mesh(setup, err));
        xt_warn_resolution(log, setup->model, setup->mesh->spacing, xt_tissues_present(setup->mesh));
    }
    xt_stopwatch_turn(&setup->watch, "set-up");
    const xt_sim_def def = {setup->scene, setup->model, setup->mesh, setup->device, &setup->watch};
    return xt_sim_create(&setup->sim, &def, err);
}

void xt_setup_clear(xt_setup *setup) {
    xt_sim_free(setup->sim);
    xt_mesh_free(setup->mesh);
    xt_device_close(setup->device);
    xt_model_free(setup->model);
    xt_scene_free(setup->scene);
    *setup = (xt_setup){0};
}
