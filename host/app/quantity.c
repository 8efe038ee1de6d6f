#include "app/quantity.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void describe(xt_quantity_shown *shown, const char *unit, const char *format, const char *name,
                     const char *about) {
    snprintf(shown->label, sizeof shown->label, format, name, about);
    snprintf(shown->unit, sizeof shown->unit, "%s", unit);
    snprintf(shown->brief, sizeof shown->brief, "%s%s", name,
             shown->kind == XT_SHOW_EXPOSURE ? " / reference" : "");
    for (char *c = shown->label; *c; c++)
        if (*c == '_') *c = ' ';
    for (char *c = shown->brief; *c; c++)
        if (*c == '_') *c = ' ';
}

static bool find(xt_quantity_shown *shown, const char *name, const xt_model *model) {
    if (strcmp(name, "tissue") == 0) {
        shown->kind = XT_SHOW_TISSUE;
        describe(shown, "", "%s%s", "tissue", "");
        return true;
    }
    const bool exposure = strncmp(name, "u_", 2) == 0, fraction = strncmp(name, "f_", 2) == 0;
    const int species = xt_model_find_species(model, exposure ? name + 2 : name);
    if (species >= 0) {
        const xt_species *s = &model->species[species];
        shown->kind = exposure ? XT_SHOW_EXPOSURE : XT_SHOW_FIELD;
        shown->index = species;
        if (exposure)
            describe(shown, "1", "%s%s relative to the young reference", s->name, "");
        else
            describe(shown, "pM", s->about[0] ? "%s (%s)" : "%s%s", s->name, s->about);
        return true;
    }
    if (fraction && (shown->index = xt_model_find_phase(model, name + 2)) >= 0) {
        shown->kind = XT_SHOW_PHASE;
        describe(shown, "1", "%s%s volume fraction", name + 2, "");
        return true;
    }
    for (int i = 0; i < model->state_count; i++) {
        if (strcmp(model->state[i].name, name) != 0) continue;
        shown->kind = XT_SHOW_STATE;
        shown->index = i;
        describe(shown, "1", model->state[i].about[0] ? "%s (%s)" : "%s%s", name, model->state[i].about);
        return true;
    }
    return false;
}

xt_status xt_quantity_find(xt_quantity_shown *shown, const char *name, bool peak, const xt_model *model,
                           const xt_source *source, int line, int col, xt_error *err) {
    *shown = (xt_quantity_shown){.peak = peak};
    snprintf(shown->name, sizeof shown->name, "%s%s", name, peak ? "_peak" : "");
    if (find(shown, name, model)) return XT_OK;

    const int most = 1 + 2 * model->species_count + model->phase_count + model->state_count;
    const char **known = calloc((size_t)most, sizeof *known);
    char(*made)[80] = calloc((size_t)most, sizeof *made);
    if (!known || !made) {
        free(known);
        free(made);
        return xt_no_memory(err, "names", (size_t)most * sizeof *made);
    }
    int count = 0;
    snprintf(made[count++], sizeof *made, "tissue");
    for (int s = 0; s < model->species_count; s++) {
        snprintf(made[count++], sizeof *made, "%s", model->species[s].name);
        snprintf(made[count++], sizeof *made, "u_%s", model->species[s].name);
    }
    for (int p = 0; p < model->phase_count; p++)
        snprintf(made[count++], sizeof *made, "f_%s", model->phase[p]);
    for (int i = 0; i < model->state_count; i++)
        snprintf(made[count++], sizeof *made, "%s", model->state[i].name);
    for (int i = 0; i < count; i++) known[i] = made[i];
    const char *near = xt_nearest(name, known, count);
    xt_status status = xt_fail_at(
        err, source, line, col,
        "'%s' cannot be shown: expected tissue, a species, u_<species>, f_<phase> or a state%s%s%s", name,
        near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    free(known);
    free(made);
    return status;
}

void xt_quantity_parts_of(xt_quantity_parts *parts, const xt_quantity_shown *shown, const xt_fields *fields) {
    *parts = (xt_quantity_parts){0};
    switch (shown->kind) {
    case XT_SHOW_FIELD:
    case XT_SHOW_EXPOSURE:
        parts->buffer[parts->count] = shown->peak ? fields->peak : fields->rest;
        parts->plane[parts->count++] = shown->index;
        if (shown->kind == XT_SHOW_FIELD) break;
        parts->buffer[parts->count] = fields->reference;
        parts->plane[parts->count++] = shown->index;
        break;
    case XT_SHOW_PHASE:
        parts->buffer[parts->count] = fields->phase;
        parts->plane[parts->count++] = shown->index;
        break;
    case XT_SHOW_STATE:
        parts->buffer[parts->count] = fields->state;
        parts->plane[parts->count++] = shown->index;
        break;
    case XT_SHOW_TISSUE:
        break;
    }
}

void xt_quantity_compose(float *value, const xt_quantity_shown *shown, const xt_model *model,
                         const void *const *plane, const xt_material *material, const float *epsilon,
                         size_t count) {
    const float *first = plane[0], *second = plane[1];
    for (size_t i = 0; i < count; i++) {
        const xt_material m = material[i];
        const float share = (float)m.share / 65535.0f;
        if (!m.tissue) {
            value[i] = NAN;
            continue;
        }
        switch (shown->kind) {
        case XT_SHOW_FIELD:
            value[i] = first[i];
            break;
        case XT_SHOW_EXPOSURE: {
            const float floor = epsilon[m.tissue * model->species_count + shown->index];
            value[i] = (first[i] + floor) / (second[i] + floor);
            break;
        }
        case XT_SHOW_PHASE:
            value[i] = shown->within ? first[i] : (1 - share) * first[i];
            if (m.second && !shown->within)
                value[i] += share * (float)model->tissue[m.second].composition[shown->index];
            break;
        case XT_SHOW_STATE:
            value[i] = model->state[shown->index].tissues >> m.tissue & 1 ? first[i] : NAN;
            break;
        case XT_SHOW_TISSUE:
            value[i] = m.tissue;
            break;
        }
    }
}
