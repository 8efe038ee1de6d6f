#include <math.h>
#include <stdio.h>

#include "app/record.h"
#include "app/resolution.h"

/* Their breach is a warning (DESIGN.md §6). */
const xt_record_bounds xt_bounds = {.balance = 1e-6, .fraction_defect = 1e-6, .step_error = 5e-3};

static void write_command(xt_json *json, const xt_record_def *def) {
    if (!def->scene_file) return;
    xt_json_open_row(json, "command");
    xt_json_string(json, NULL, "crosstalk");
    xt_json_string(json, NULL, "run");
    xt_json_string(json, NULL, def->scene_file);
    for (int i = 0; i < def->set_count; i++) {
        xt_json_string(json, NULL, "--set");
        xt_json_string(json, NULL, def->sets[i]);
    }
    if (def->well_mixed) xt_json_string(json, NULL, "--well-mixed");
    if (def->device_spec) {
        xt_json_string(json, NULL, "--device");
        xt_json_string(json, NULL, def->device_spec);
    }
    xt_json_string(json, NULL, "-o");
    xt_json_string(json, NULL, def->dir);
    xt_json_close(json);
}

static void write_readouts(xt_json *json, const xt_model *model) {
    xt_json_open_array(json, "readouts");
    for (int i = 0; i < model->readout_count; i++) {
        const xt_readout *r = &model->readout[i];
        xt_json_open_object(json, NULL);
        xt_json_string(json, "name", r->name);
        xt_json_string(json, "unit", r->unit_text);
        xt_json_bool(json, "relative", r->relative);
        if (r->label[0]) xt_json_string(json, "label", r->label);
        if (r->group[0]) xt_json_string(json, "group", r->group);
        if (r->about[0]) xt_json_string(json, "about", r->about);
        xt_json_close(json);
    }
    xt_json_close(json);
}

static const char *const sexes[] = {"both", "female", "male"};

/* With the keys of a scene's own targets, which are in the scene as used. */
static void write_targets(xt_json *json, const xt_model *model) {
    xt_json_open_array(json, "targets");
    for (int i = 0; i < model->target_count; i++) {
        const xt_target *t = &model->target[i];
        char text[48];
        xt_json_open_object(json, NULL);
        xt_json_string(json, "readout", model->readout[t->readout].name);
        xt_json_string(json, "sex", sexes[t->sex]);
        snprintf(text, sizeof text, "age %.6g y", t->from / 8766);
        xt_json_string(json, "from", text);
        snprintf(text, sizeof text, "age %.6g y", t->to / 8766);
        xt_json_string(json, "to", text);
        xt_json_real(json, "low", t->low);
        xt_json_real(json, "high", t->high);
        xt_json_bool(json, "change", t->change);
        xt_json_string(json, "about", t->about);
        xt_json_string(json, "source", t->source);
        xt_json_close(json);
    }
    xt_json_close(json);
}

/* How far a signal reaches before it is lost, in each tissue that the mesh holds. */
static void write_reach(xt_json *json, const xt_record_def *def, int species) {
    const unsigned long long present = xt_tissues_present(def->mesh);
    xt_json_open_object(json, "decay_mm");
    for (int t = 1; t <= def->model->tissue_count; t++) {
        const double length = xt_decay_length(def->model, species, t);
        if (present >> t & 1) xt_json_real(json, def->model->tissue[t].name, length);
    }
    xt_json_close(json);
}

static void write_species(xt_json *json, const xt_record_def *def) {
    xt_json_open_array(json, "species");
    for (int s = 0; s < def->model->species_count; s++) {
        xt_json_open_object(json, NULL);
        xt_json_string(json, "name", def->model->species[s].name);
        xt_json_string(json, "family", def->model->species[s].family);
        xt_json_string(json, "about", def->model->species[s].about);
        if (def->mesh) write_reach(json, def, s);
        xt_json_close(json);
    }
    xt_json_close(json);
}

void xt_record_about(xt_json *json, const xt_record_def *def) {
    xt_json_string(json, "model_about", def->model->about);
    if (def->started) xt_json_string(json, "started", def->started);
    write_command(json, def);
    xt_json_open_object(json, "bounds");
    xt_json_real(json, "balance", xt_bounds.balance);
    xt_json_real(json, "fraction_defect", xt_bounds.fraction_defect);
    xt_json_real(json, "residual", def->scene->tolerance);
    xt_json_real(json, "step_error", xt_bounds.step_error);
    xt_json_close(json);
    write_species(json, def);
    write_readouts(json, def->model);
    write_targets(json, def->model);
}
