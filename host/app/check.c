/* crosstalk check */
#include <math.h>
#include <stdlib.h>
#include "app/app.h"
#include "app/estimate.h"
#include "app/load.h"
#include "app/resolution.h"
#include "app/setup.h"

typedef struct {
    const xt_scene *scene;
    const xt_model *model;
    xt_estimate estimate;
    bool has_device;
    xt_device_info device;
} facts;

static void duration(xt_text *out, double seconds) {
    if (seconds < 90)
        xt_text_printf(out, "%.2g s", seconds);
    else if (seconds < 5400)
        xt_text_printf(out, "%.2g min", seconds / 60);
    else if (seconds < 2 * 86400)
        xt_text_printf(out, "%.2g h", seconds / 3600);
    else
        xt_text_printf(out, "%.2g d", seconds / 86400);
}

static void report(xt_text *out, const facts *f, const xt_mesh *mesh) {
    const xt_estimate *e = &f->estimate;
    double steps;
    char a[32], b[32];
    const double seconds =
        xt_estimate_seconds(&steps, e, f->scene, f->model, f->has_device ? &f->device : NULL);
    xt_text_printf(out, "scene     %s: %s\n", f->scene->file, f->scene->title);
    xt_text_printf(out, "model     %s: %d species, %d states, %d tissues\n", f->scene->model_file,
                   f->model->species_count, f->model->state_count, f->model->tissue_count);
    xt_text_printf(out, "grid      %d x %d x %d voxels of %.4g x %.4g x %.4g mm (%.4g x %.4g x %.4g mm)\n",
                   e->dims[0], e->dims[1], e->dims[2], e->spacing[0], e->spacing[1], e->spacing[2],
                   e->dims[0] * e->spacing[0], e->dims[1] * e->spacing[1], e->dims[2] * e->spacing[2]);
    xt_text_printf(out, "voxels    %.0f of tissue, %.0f stored\n", e->voxels, e->cells);
    for (int t = 1; mesh && t <= mesh->tissue_count; t++) {
        const double volume = xt_mesh_volume(mesh, t);
        const double each = mesh->spacing[0] * mesh->spacing[1] * mesh->spacing[2];
        if (volume > 0)
            xt_text_printf(out, "  %-12s %12.0f voxels %12.4g mL\n", mesh->tissue_name[t - 1], volume / each,
                           volume / 1e3);
    }
    xt_text_printf(out, "memory    %s on the device, %.0f bytes a tissue voxel; %s on the host\n",
                   xt_bytes_text(e->device_bytes, a), e->voxels > 0 ? e->device_bytes / e->voxels : 0,
                   xt_bytes_text(e->host_bytes, b));
    if (f->has_device)
        xt_text_printf(out, "device    %u:%u %s, %s\n", f->device.platform_index, f->device.device_index,
                       f->device.name, xt_bytes_text((double)f->device.memory_bytes, a));
    xt_text_printf(out, "time      about %.0f steps", steps);
    if (seconds > 0) {
        xt_text_add(out, ", ");
        duration(out, seconds);
        xt_text_add(out, " to a factor of three");
    } else {
        xt_text_add(out, "; 'crosstalk devices' measures what an estimate in seconds needs");
    }
    xt_text_add(out, "\n");
    if (f->scene->expect) xt_text_printf(out, "expect    %s\n", f->scene->expect);
}

static void report_json(xt_json *json, const facts *f, const xt_mesh *mesh) {
    const xt_estimate *e = &f->estimate;
    double steps;
    const double seconds =
        xt_estimate_seconds(&steps, e, f->scene, f->model, f->has_device ? &f->device : NULL);
    xt_json_open_object(json, NULL);
    xt_json_open_object(json, "scene");
    xt_scene_write(json, f->scene);
    xt_json_close(json);
    xt_json_open_row(json, "dims");
    for (int a = 0; a < 3; a++) xt_json_integer(json, NULL, e->dims[a]);
    xt_json_close(json);
    xt_json_open_row(json, "spacing_mm");
    for (int a = 0; a < 3; a++) xt_json_real(json, NULL, e->spacing[a]);
    xt_json_close(json);
    xt_json_real(json, "voxels", e->voxels);
    xt_json_real(json, "cells", e->cells);
    xt_json_open_object(json, "volume_mm3");
    for (int t = 1; mesh && t <= mesh->tissue_count; t++)
        xt_json_real(json, mesh->tissue_name[t - 1], xt_mesh_volume(mesh, t));
    xt_json_close(json);
    xt_json_real(json, "device_bytes", e->device_bytes);
    xt_json_real(json, "device_bytes_per_voxel", e->voxels > 0 ? e->device_bytes / e->voxels : 0);
    xt_json_real(json, "host_bytes", e->host_bytes);
    xt_json_real(json, "steps", steps);
    xt_json_real(json, "seconds", seconds > 0 ? seconds : NAN);
    xt_json_close(json);
}

/* A machine without a device can still check a scene; a device asked for by name must be there. */
static xt_status find_device(facts *f, xt_app *app, const char *spec, xt_error *err) {
    xt_error why = {0};
    f->has_device = xt_estimate_device(&f->device, spec, &why) == XT_OK;
    if (f->has_device) return XT_OK;
    if (spec) return xt_fail(err, why.status, "%s", why.text);
    xt_log_warn(&app->log, "memory and time are not compared with a device: %s", why.text);
    return XT_OK;
}

static xt_status check(xt_app *app, const xt_scene *scene, const xt_model *model, const char *spec, bool json,
                       xt_error *err) {
    facts f = {.scene = scene, .model = model};
    xt_status status = XT_OK;
    xt_mesh *mesh = NULL;
    xt_text text = {0};
    XT_GO(find_device(&f, app, spec, err));
    status = xt_estimate_make(&f.estimate, scene, model, f.has_device ? (double)f.device.memory_bytes : 0,
                              xt_host_memory(), err);
    if (status == XT_OK)
        status = xt_geometry_build(&mesh, &scene->geometry, model->tissue_name, model->tissue_count, err);
    if (status != XT_OK) {
        xt_geometry_context(scene, err);
        goto done;
    }
    if (mesh->voxels == 0) {
        status = xt_fail(err, XT_USAGE, "the geometry holds no tissue");
        xt_geometry_context(scene, err);
        goto done;
    }
    f.estimate.voxels = (double)mesh->voxels;
    f.estimate.cells = (double)(mesh->blocks * XT_BLOCK);
    f.estimate.device_bytes = xt_estimate_bytes(scene, model, mesh->dims, f.estimate.cells);
    xt_warn_resolution(&app->log, model, mesh->spacing, xt_tissues_present(mesh));
    if (json) {
        xt_json writer;
        xt_json_begin(&writer, &text);
        report_json(&writer, &f, mesh);
        XT_GO(xt_json_end(&writer, "the report", err));
    } else {
        report(&text, &f, mesh);
    }
    XT_GO(xt_print_text(&text, "the report", err));
done:
    xt_text_free(&text);
    xt_mesh_free(mesh);
    return status;
}

xt_status xt_check_main(xt_app *app, int argc, char *const *argv, xt_error *err) {
    const char *path = NULL, *device = NULL;
    xt_texts sets = {0};
    bool json = false, help = false;
    const xt_option options[] = {
        {"--set", 0, XT_OPTION_LIST, &sets, "KEY=VALUE", "change a key of the scene; repeatable"},
        {"--device", 0, XT_OPTION_TEXT, &device, "SPEC", "the device whose memory and speed count"},
        {"--json", 0, XT_OPTION_FLAG, &json, NULL, "the scene as used and the estimates as JSON"}};
    const xt_usage usage = {
        .name = "check",
        .arguments = "SCENE.yaml [options]",
        .about = "Read a scene and its model, say what is wrong, estimate memory and time, and run "
                 "nothing. A grid that does not fit is refused with the finest spacing that does.",
        .options = options,
        .option_count = (int)(sizeof options / sizeof *options),
        .positional = "SCENE"};
    const char **room = malloc(((size_t)argc + 1) * sizeof *room);
    if (!room) return xt_no_memory(err, "the command line", (size_t)argc * sizeof *room);
    xt_status status = XT_OK;
    xt_setup setup = {0};
    XT_GO(xt_args_parse(&path, &help, &usage, argc, argv, room, err));
    if (help) {
        xt_args_help(stdout, &usage);
        status = xt_print("", err);
        goto done;
    }
    XT_GO(xt_setup_read(&setup, path, sets.text, sets.count, err));
    XT_GO(check(app, setup.scene, setup.model, device, json, err));
done:
    xt_setup_clear(&setup);
    free(room);
    return status;
}
