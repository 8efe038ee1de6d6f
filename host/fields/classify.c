#include "fields/internal.h"

#include <math.h>
#include <string.h>

enum { KEY_PHASES = 3 }; /* as kernels/classify.cl has it: more would need too many keys */

/* Which phases the transport of a tissue depends on, and how many; the first three are listed. */
static int transport_phases(const xt_model *model, int tissue, int phases[3]) {
    int count = 0;
    for (int p = 0; p < model->phase_count; p++) {
        bool uses = xt_expr_uses(model, model->tissue[tissue].fluid, XT_SYM_PHASE, p);
        for (int k = 0; k < model->property_count && model->tissue[tissue].property_formula; k++) {
            const xt_expr *formula = model->tissue[tissue].property_formula[k];
            uses |= formula && xt_expr_uses(model, formula, XT_SYM_PHASE, p);
        }
        for (int s = 0; s < model->species_count; s++) {
            const xt_species *species = &model->species[s];
            const xt_expr *all[] = {species->diffusivity.tissue[tissue], species->loss.tissue[tissue],
                                    species->exchange.tissue[tissue], species->partition.tissue[tissue]};
            for (int i = 0; i < 4; i++) uses |= all[i] && xt_expr_uses(model, all[i], XT_SYM_PHASE, p);
        }
        if (!uses) continue;
        if (count < KEY_PHASES) phases[count] = p;
        count++;
    }
    return count;
}

static int power(int base, int exponent) {
    int result = 1;
    while (exponent-- > 0) result *= base;
    return result;
}

static void fill_coefficients(const xt_fields *fields, int class, int tissue, const double *phase) {
    xt_coefficients *row = (xt_coefficients *)fields->coefficient_host + class * fields->model->species_count;
    for (int s = 0; s < fields->model->species_count; s++) {
        xt_transport t;
        xt_model_transport(&t, fields->model, s, tissue, phase);
        const double conductance = t.fluid * t.diffusivity, weight = fields->body_weight[tissue];
        row[s] = (xt_coefficients){.resistance = conductance > 0 ? (float)(1 / conductance) : INFINITY,
                                   .fluid = (float)t.fluid,
                                   .loss = (float)(t.fluid * t.loss),
                                   .exchange = (float)t.exchange,
                                   .supply = (float)(t.exchange * t.partition),
                                   .body_exchange = (float)(weight * t.exchange),
                                   .body_supply = (float)(weight * t.exchange * t.partition)};
    }
}

/* Number the keys in use; class 0 is outside. False if they are more than 255 at this resolution. */
static bool number_classes(xt_fields *fields, const int *first, const int *levels, int (*phases)[3],
                           const int *counts) {
    const xt_model *model = fields->model;
    xt_fields_private *own = xt_fields_own(fields);
    int classes = 1;
    for (int t = 1; t <= model->tissue_count; t++) {
        const int keys = power(levels[t] + 1, counts[t]);
        for (int k = 0; k < keys; k++) {
            if (!own->known[first[t] + k]) continue;
            if (classes == XT_CLASSES) return false;
            double phase[XT_MAX_PHASES];
            memcpy(phase, model->tissue[t].composition, sizeof phase);
            for (int i = counts[t] - 1, rest = k; i >= 0; i--, rest /= levels[t] + 1)
                phase[phases[t][i]] = rest % (levels[t] + 1) / (double)levels[t];
            fill_coefficients(fields, classes, t, phase);
            fields->class_tissue_host[classes] = (unsigned char)t;
            own->class_host[first[t] + k] = (unsigned char)classes++;
        }
    }
    fields->class_count = classes;
    return true;
}

/* Second tissues stand at their composition. */
static int composition_key(const xt_model *model, int tissue, int first, int levels, const int *phases,
                           int count) {
    int key = 0;
    for (int i = 0; i < count; i++)
        key = key * (levels + 1) + (int)(model->tissue[tissue].composition[phases[i]] * levels + 0.5);
    return first + key;
}

/* Lay keys out for a resolution; false if they do not fit. */
static bool lay_out(const xt_model *model, int levels, int *first, int *per_tissue, int (*phases)[3],
                    int *counts, int *key_count) {
    int next = 0;
    for (int t = 1; t <= model->tissue_count; t++) {
        counts[t] = transport_phases(model, t, phases[t]);
        if (counts[t] > KEY_PHASES) return false;
        per_tissue[t] = counts[t] > 1 ? (int)pow(levels, 1.0 / counts[t]) + 1 : levels;
        first[t] = next;
        if (next + power(per_tissue[t] + 1, counts[t]) > XT_KEYS_MAX) return false;
        next += power(per_tissue[t] + 1, counts[t]);
    }
    *key_count = next;
    return true;
}

static xt_status upload_rows(xt_fields *fields, const int *first, const int *levels, int (*phases)[3],
                             const int *counts, xt_error *err) {
    const xt_model *model = fields->model;
    xt_fields_private *own = xt_fields_own(fields);
    cl_int row[(XT_MAX_TISSUES + 1) * XT_KEY_ROW] = {0};
    for (int t = 1; t <= model->tissue_count; t++) {
        cl_int *r = &row[t * XT_KEY_ROW];
        r[0] = first[t];
        r[1] = levels[t];
        for (int i = 0; i < 3; i++) r[2 + i] = i < counts[t] ? phases[t][i] : -1;
        r[5] = own->class_host[composition_key(model, t, first[t], levels[t], phases[t], counts[t])];
    }
    return xt_buffer_write(fields->device, own->key_row, 0,
                           sizeof(cl_int) * XT_KEY_ROW * ((size_t)model->tissue_count + 1), row, err);
}

static xt_status mark_keys(xt_fields *fields, xt_error *err) {
    xt_fields_private *own = xt_fields_own(fields);
    const cl_int cells = (cl_int)fields->cells;
    XT_TRY(
        xt_buffer_fill_zero(fields->device, own->key_used, 0, sizeof(cl_int) * (size_t)own->key_count, err));
    const xt_arg args[] = {XT_ARG(fields->material), XT_ARG(fields->phase), XT_ARG(own->key_row),
                           XT_ARG(own->key_used), XT_ARG(cells)};
    XT_TRY(xt_launch(fields->device, own->mark, XT_SUM_ITEMS, 0, args, 5, "classify",
                     8.0 * (double)fields->cells, err));
    return xt_buffer_read(fields->device, own->key_used, 0, sizeof(cl_int) * (size_t)own->key_count,
                          own->used_host, err);
}

/* Build the class table at the finest resolution that 255 classes allow. */
static xt_status rebuild(xt_fields *fields, xt_error *err) {
    const xt_model *model = fields->model;
    xt_fields_private *own = xt_fields_own(fields);
    int first[XT_MAX_TISSUES + 1], per_tissue[XT_MAX_TISSUES + 1], phases[XT_MAX_TISSUES + 1][3];
    int counts[XT_MAX_TISSUES + 1];
    for (int levels = fields->class_levels ? fields->class_levels : XT_LEVELS_FIRST;; levels /= 2) {
        if (levels < 2)
            return xt_fail(err, XT_USAGE,
                           "the model's transport depends on too many phases for 255 material classes");
        if (!lay_out(model, levels, first, per_tissue, phases, counts, &own->key_count)) continue;
        memset(own->known, 0, XT_KEYS_MAX);
        fields->class_levels = levels;
        XT_TRY(upload_rows(fields, first, per_tissue, phases, counts, err));
        XT_TRY(mark_keys(fields, err));
        for (int k = 0; k < own->key_count; k++) own->known[k] = own->used_host[k] != 0;
        for (int t = 1; t <= model->tissue_count; t++)
            own->known[composition_key(model, t, first[t], per_tissue[t], phases[t], counts[t])] = 1;
        if (number_classes(fields, first, per_tissue, phases, counts)) break;
    }
    fields->class_error = 0;
    for (int t = 1; t <= model->tissue_count; t++)
        if (counts[t]) fields->class_error = fmax(fields->class_error, 0.5 / per_tissue[t]);
    for (int s = 0; s < model->species_count; s++)
        ((xt_coefficients *)fields->coefficient_host)[s] = (xt_coefficients){.resistance = INFINITY};
    XT_TRY(upload_rows(fields, first, per_tissue, phases, counts, err));
    XT_TRY(xt_buffer_write(fields->device, fields->coefficient, 0,
                           sizeof(xt_coefficients) * XT_CLASSES * (size_t)model->species_count,
                           fields->coefficient_host, err));
    XT_TRY(
        xt_buffer_write(fields->device, fields->class_tissue, 0, XT_CLASSES, fields->class_tissue_host, err));
    XT_TRY(
        xt_buffer_write(fields->device, own->class_of_key, 0, (size_t)own->key_count, own->class_host, err));
    own->levels = fields->class_levels;
    own->mapped = true;
    return XT_OK;
}

xt_status xt_fields_classify(xt_fields *fields, xt_error *err) {
    if (!fields->mesh) return XT_OK;
    xt_fields_private *own = xt_fields_own(fields);
    bool fresh = !own->mapped || own->levels != fields->class_levels;
    if (!fresh) {
        XT_TRY(mark_keys(fields, err));
        for (int k = 0; k < own->key_count && !fresh; k++) fresh = own->used_host[k] && !own->known[k];
    }
    if (fresh) XT_TRY(rebuild(fields, err));

    const cl_int cells = (cl_int)fields->cells;
    cl_int changed = 0;
    XT_TRY(xt_buffer_fill_zero(fields->device, own->changed, 0, sizeof changed, err));
    const xt_arg args[] = {
        XT_ARG(fields->material), XT_ARG(fields->phase), XT_ARG(own->key_row), XT_ARG(own->class_of_key),
        XT_ARG(fields->word),     XT_ARG(own->changed),  XT_ARG(cells)};
    XT_TRY(xt_launch(fields->device, own->words, XT_SUM_ITEMS, 0, args, 7, "classify",
                     16.0 * (double)fields->cells, err));
    XT_TRY(xt_buffer_read(fields->device, own->changed, 0, sizeof changed, &changed, err));
    /* a new table may give cells that all moved on the words they had */
    if (changed || fresh) fields->geometry++;
    return XT_OK;
}
