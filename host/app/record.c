#include "app/record.h"
#include "app/resolution.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

#ifndef CROSSTALK_GIT
#define CROSSTALK_GIT ""
#endif

/* How tissues are numbered in volumes, their colours in pictures, and what pictures of volumes have to know:
 * what shared voxels are a mixture of, and which layers come and go between voxels. */
static void write_tissues(xt_json *json, const xt_record_def *def) {
    const xt_model *model = def->model;
    const unsigned long long thin = def->mesh ? xt_tissues_thin(def->mesh) : 0;
    xt_json_open_array(json, "tissues");
    for (int t = 1; t <= model->tissue_count; t++) {
        char colour[8];
        snprintf(colour, sizeof colour, "#%06x", model->tissue[t].colour & 0xffffffu);
        xt_json_open_object(json, NULL);
        xt_json_integer(json, "number", t);
        xt_json_string(json, "name", model->tissue[t].name);
        xt_json_string(json, "colour", colour);
        xt_json_open_object(json, "composition");
        for (int p = 0; p < model->phase_count; p++)
            xt_json_real(json, model->phase[p], model->tissue[t].composition[p]);
        xt_json_close(json);
        if (thin >> t & 1) xt_json_bool(json, "thin", true);
        xt_json_close(json);
    }
    xt_json_close(json);
}

static void write_device(xt_json *json, const xt_device *device) {
    if (!device) {
        xt_json_null(json, "device"); /* well-mixed tissues need none */
        return;
    }
    const xt_device_info *info = xt_device_get_info(device);
    xt_json_open_object(json, "device");
    xt_json_string(json, "platform", info->platform);
    xt_json_string(json, "name", info->name);
    xt_json_string(json, "vendor", info->vendor);
    xt_json_string(json, "driver", info->driver);
    xt_json_string(json, "version", info->version);
    xt_json_integer(json, "compute_units", info->compute_units);
    xt_json_real(json, "memory_bytes", (double)info->memory_bytes);
    xt_json_real(json, "copy_bytes_per_s", info->copy_bytes_per_s);
    xt_json_close(json);
}

static void write_mesh(xt_json *json, const xt_record_def *def) {
    if (!def->mesh) {
        xt_json_null(json, "mesh");
        return;
    }
    const xt_mesh *mesh = def->mesh;
    xt_json_open_object(json, "mesh");
    xt_json_open_row(json, "dims");
    for (int i = 0; i < 3; i++) xt_json_integer(json, NULL, mesh->dims[i]);
    xt_json_close(json);
    xt_json_open_row(json, "spacing_mm");
    for (int i = 0; i < 3; i++) xt_json_real(json, NULL, mesh->spacing[i]);
    xt_json_close(json);
    xt_json_integer(json, "voxels", (long long)mesh->voxels);
    xt_json_real(json, "share_quantisation", mesh->quantisation);
    xt_json_open_object(json, "tissue_mm3");
    for (int t = 1; t <= mesh->tissue_count; t++) {
        const double volume = xt_mesh_volume(mesh, t);
        if (volume > 0) xt_json_real(json, mesh->tissue_name[t - 1], volume);
    }
    xt_json_close(json);
    xt_json_real(json, "device_bytes", def->memory_bytes);
    xt_json_real(json, "device_bytes_per_voxel", def->memory_bytes / (double)mesh->voxels);
    xt_json_close(json);
}

static void write_balance(xt_json *json, const xt_model *model, const xt_proofs *proofs, xt_log *log) {
    xt_json_open_object(json, "balance");
    for (int s = 0; s < model->species_count; s++) {
        const xt_balance *b = &proofs->solver.balance[s];
        const double worst = fmax(b->mesh_defect, b->plasma_defect);
        xt_json_real(json, model->species[s].name, worst);
        if (!(worst <= xt_bounds.balance))
            xt_log_warn(log, "mass balance of %s is off by %.2g of its throughput (bound %.0e)",
                        model->species[s].name, worst, xt_bounds.balance);
    }
    xt_json_close(json);
    xt_json_open_object(json, "range_pM");
    for (int s = 0; s < model->species_count; s++) {
        xt_json_open_row(json, model->species[s].name);
        xt_json_real(json, NULL, proofs->range[s].low);
        xt_json_real(json, NULL, proofs->range[s].high);
        xt_json_close(json);
    }
    xt_json_close(json);
}

static void write_proofs(xt_json *json, const xt_record_def *def, const xt_proofs *proofs, xt_log *log) {
    write_balance(json, def->model, proofs, log);
    const double defect = fmax(proofs->fraction_defect, proofs->tissue.fraction_defect);
    xt_json_real(json, "fraction_defect", defect);
    if (!(defect <= xt_bounds.fraction_defect))
        xt_log_warn(log, "volume fractions miss one by %.2g (bound %.0e)", defect, xt_bounds.fraction_defect);
    xt_json_real(json, "bookkeeping_defect", proofs->tissue.book_defect);
    xt_json_integer(json, "label_changes", (long long)proofs->tissue.label_changes);
    xt_json_open_object(json, "solver");
    xt_json_integer(json, "solves", (long long)proofs->solver.solves);
    xt_json_integer(json, "iterations", (long long)proofs->solver.iterations);
    xt_json_integer(json, "cycles", (long long)proofs->solver.cycles);
    xt_json_integer(json, "worst_iterations", proofs->solver.worst_iterations);
    xt_json_real(json, "worst_residual", proofs->solver.worst_residual);
    xt_json_integer(json, "levels", proofs->solver.levels);
    xt_json_integer(json, "acute_steps", (long long)proofs->solver.steps);
    xt_json_integer(json, "rejected_steps", (long long)proofs->solver.rejected);
    xt_json_integer(json, "right_hand_sides", (long long)proofs->solver.right_hand_sides);
    xt_json_integer(json, "stages_most", proofs->solver.stages_most);
    xt_json_bool(json, "splitting", proofs->solver.split);
    xt_json_real(json, "acute_step_s", proofs->solver.step_h * 3600);
    xt_json_close(json);
    xt_json_open_object(json, "stepping");
    xt_json_integer(json, "steps", (long long)xt_sim_steps(def->sim));
    xt_json_integer(json, "remodelling_steps", (long long)proofs->chronic_steps);
    xt_json_integer(json, "rejected", (long long)proofs->rejected);
    xt_json_integer(json, "order", 2);
    xt_json_real(json, "smallest_d", proofs->smallest / 24);
    xt_json_real(json, "largest_d", proofs->largest / 24);
    xt_json_real(json, "mean_d", proofs->mean / 24);
    xt_json_real(json, "largest_step_error", proofs->step_error);
    xt_json_real(json, "summed_step_error", proofs->step_error_total);
    xt_json_close(json);
    if (proofs->step_error > xt_bounds.step_error)
        xt_log_warn(
            log,
            "a remodelling step's estimated error of a region mean is %.2g (bound %.0e): use a smaller "
            "clock.step, or clock.adaptive",
            proofs->step_error, xt_bounds.step_error);
    xt_json_open_object(json, "classes");
    xt_json_integer(json, "count", proofs->class_count);
    xt_json_real(json, "largest_phase_rounding", proofs->class_error);
    xt_json_close(json);
}

static xt_status write_stages(xt_json *json, const xt_record_def *def, double wall_s, xt_error *err) {
    xt_json_open_array(json, "stages");
    if (def->device) {
        const xt_stage *stages;
        int count;
        const double copy = xt_device_get_info(def->device)->copy_bytes_per_s;
        XT_TRY(xt_device_stages(&stages, &count, def->device, err));
        for (int i = 0; i < count; i++) {
            xt_json_open_object(json, NULL);
            xt_json_string(json, "name", stages[i].name);
            xt_json_real(json, "seconds", stages[i].seconds);
            xt_json_real(json, "bytes", stages[i].bytes);
            xt_json_integer(json, "launches", (long long)stages[i].launches);
            xt_json_real(json, "share_of_wall", stages[i].seconds / wall_s);
            xt_json_real(json, "share_of_copy_bandwidth",
                         copy > 0 && stages[i].seconds > 0 ? stages[i].bytes / stages[i].seconds / copy
                                                           : NAN);
            xt_json_close(json);
        }
    }
    xt_json_close(json);
    return XT_OK;
}

/* Parts of the stepping thread's time: they add up to wall_s. */
static void write_wall(xt_json *json, const xt_record_def *def, double wall_s) {
    xt_json_real(json, "wall_s", wall_s);
    xt_json_open_object(json, "wall");
    xt_json_open_array(json, "parts");
    for (int i = 0; i < def->watch->count; i++) {
        xt_json_open_object(json, NULL);
        xt_json_string(json, "name", def->watch->name[i]);
        xt_json_real(json, "seconds", def->watch->seconds[i]);
        xt_json_real(json, "share", def->watch->seconds[i] / wall_s);
        xt_json_close(json);
    }
    xt_json_close(json);
    xt_json_real(json, "writing_thread_s", def->writer_busy_s);
    xt_json_close(json);
}

xt_status xt_record_compose(xt_text *text, const xt_record_def *def, xt_log *log, xt_error *err) {
    xt_json json;
    xt_json_begin(&json, text);
    xt_json_open_object(&json, NULL);
    xt_json_string(&json, "program", "crosstalk");
    xt_json_string(&json, "version", CROSSTALK_VERSION);
    xt_json_string(&json, "git", CROSSTALK_GIT);
    xt_json_string(&json, "status", def->status);
    xt_json_bool(&json, "well_mixed", def->well_mixed);
    xt_json_string(&json, "model", def->model->name);
    xt_json_string(&json, "model_file", def->model->file);
    write_device(&json, def->device);
    write_mesh(&json, def);
    write_tissues(&json, def);
    xt_record_about(&json, def);
    if (def->sim) {
        xt_proofs proofs;
        xt_error why = {0};
        const bool proved = xt_sim_proofs(&proofs, def->sim, &why) == XT_OK;
        if (!proved && strncmp(def->status, "failed", 6) != 0)
            return xt_fail(err, why.status, "%s", why.text);
        xt_json_real(&json, "time_d", xt_sim_time(def->sim) / 24);
        xt_json_real(&json, "age_y", xt_sim_age(def->sim) / 8766);
        if (proved) write_proofs(&json, def, &proofs, log); /* a failed run may have no numbers left */
    }
    const double wall_s = xt_stopwatch_total(def->watch);
    XT_TRY(write_stages(&json, def, wall_s, err));
    write_wall(&json, def, wall_s);
    xt_json_open_array(&json, "warnings");
    for (int i = 0; i < log->warning_count; i++) xt_json_string(&json, NULL, log->warnings[i].text);
    xt_json_close(&json);
    xt_json_string(
        &json, "calibration",
        "Group means; gains tuned by hand to published targets, so agreement with them is calibration, not "
        "validation. Not medical advice.");
    xt_json_open_object(&json, "scene");
    xt_scene_write(&json, def->scene);
    xt_json_close(&json);
    xt_json_close(&json);
    return xt_json_end(&json, "run.json", err);
}
