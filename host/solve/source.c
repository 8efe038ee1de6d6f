#include "solve/internal.h"

#include <math.h>
#include <string.h>

static xt_status check_scalar_only(const xt_model *model, const xt_expr *expr, const char *species,
                                   const char *what, xt_error *err) {
    xt_cell_uses uses = {0};
    xt_cell_uses_add(&uses, model, expr);
    if (!expr || !xt_cell_uses_voxel(&uses)) return XT_OK;
    const xt_source source = {model->file, model->text};
    return xt_fail_at(
        err, &source, expr->line, expr->col,
        "secretion of %s: `%s` may use scalars only; what varies from voxel to voxel goes into `factor`",
        species, what);
}

static xt_status check_cell(const xt_model *model, const xt_expr *expr, const char *species, const char *what,
                            xt_error *err) {
    if (!expr) return XT_OK;
    xt_cell_uses uses = {0};
    xt_cell_uses_add(&uses, model, expr);
    if (!uses.quantity && !uses.beside && !uses.section && !uses.peak) return XT_OK;
    const xt_source source = {model->file, model->text};
    return xt_fail_at(
        err, &source, expr->line, expr->col,
        "%s of %s may use phases, states, fields, exposures and scalars, not quantities, section, "
        "beside() or blend()",
        what, species);
}

xt_status xt_source_check(const xt_model *model, xt_error *err) {
    for (int s = 0; s < model->species_count; s++) {
        const xt_species *species = &model->species[s];
        XT_TRY(check_scalar_only(model, species->everywhere, species->name, "everywhere", err));
        for (int t = 1; t <= model->tissue_count; t++) {
            XT_TRY(check_scalar_only(model, species->peak.tissue[t], species->name, "peak", err));
            XT_TRY(check_scalar_only(model, species->pulse.tissue[t], species->name, "pulse", err));
            XT_TRY(check_cell(model, species->factor.tissue[t], species->name, "secretion factor", err));
        }
        XT_TRY(check_cell(model, species->reaction, species->name, "reaction", err));
    }
    return XT_OK;
}

bool xt_source_has_reactions(const xt_model *model) {
    for (int s = 0; s < model->species_count; s++)
        if (model->species[s].reaction) return true;
    return false;
}

bool xt_source_nonlinear(const xt_model *model, int species) {
    xt_cell_uses uses = {0};
    for (int t = 1; t <= model->tissue_count; t++)
        xt_cell_uses_add(&uses, model, model->species[species].factor.tissue[t]);
    return model->species[species].reaction || uses.field || uses.exposure;
}

/* ---- generated text ---- */

static void emit_definitions(xt_text *out, const xt_model *model, bool walls) {
    xt_text_printf(out,
                   "#define XT_SPECIES %d\n#define XT_TISSUES %d\n#define XT_SCALARS %d\n"
                   "#define XT_WALLS %d\n#define XT_REACTIONS %d\n",
                   model->species_count, model->tissue_count, model->scalar_count, walls,
                   xt_source_has_reactions(model));
    xt_text_add(out, "#define XT_EACH_SPECIES(M)");
    for (int s = 0; s < model->species_count; s++) xt_text_printf(out, " M(%d)", s);
    xt_text_add(out, "\n");
}

/* float xt_factor(species, tissue, cell...): 1 where a tissue has no formula. */
static void emit_factor(xt_text *out, const xt_model *model) {
    xt_text_add(
        out, "static inline float xt_factor(const int species, const int tissue, const int i, "
             "const int cells XT_CELL_PARAMETERS) {\n    switch (species * (XT_TISSUES + 1) + tissue) {\n");
    for (int s = 0; s < model->species_count; s++)
        for (int t = 1; t <= model->tissue_count; t++) {
            const xt_expr *formula = model->species[s].factor.tissue[t];
            if (!formula) continue;
            xt_cell_uses uses = {0};
            xt_cell_uses_add(&uses, model, formula);
            xt_text_printf(out, "    case %d: { /* %s in %s */\n", s * (model->tissue_count + 1) + t,
                           model->species[s].name, model->tissue[t].name);
            xt_cell_text_loads(out, model, &uses);
            xt_text_add(out, "    return ");
            xt_expr_emit(out, model, formula);
            xt_text_add(out, ";\n    }\n");
        }
    xt_text_add(out, "    default: return 1.0f;\n    }\n}\n");
}

/* float xt_reaction(species, tissue, cell, shift...): pM/h in the fluid with `shift` added to the species'
 * own level. */
static void emit_reaction(xt_text *out, const xt_model *model) {
    xt_text_add(
        out,
        "static inline float xt_reaction(const int species, const int tissue, const int i, const int cells, "
        "const float shift XT_CELL_PARAMETERS) {\n    switch (species) {\n");
    for (int s = 0; s < model->species_count; s++) {
        const xt_expr *formula = model->species[s].reaction;
        if (!formula) continue;
        xt_cell_uses uses = {0};
        xt_cell_uses_add(&uses, model, formula);
        const unsigned fields = uses.field;
        uses.field = 0;
        xt_text_printf(out, "    case %d: { /* %s */\n", s, model->species[s].name);
        xt_cell_text_loads(out, model, &uses);
        for (int k = 0; k < model->species_count; k++)
            if (fields >> k & 1)
                xt_text_printf(out, "    const float c_%s = rest[(size_t)%d * cells + i]%s;\n",
                               model->species[k].name, k, k == s ? " + shift" : "");
        xt_text_add(out, "    return ");
        xt_expr_emit(out, model, formula);
        xt_text_add(out, ";\n    }\n");
    }
    xt_text_add(out, "    default: return 0.0f;\n    }\n}\n");
}

void xt_source_text(xt_text *out, const xt_model *model, bool walls, xt_cell_uses *uses) {
    memset(uses, 0, sizeof *uses);
    for (int s = 0; s < model->species_count; s++) {
        for (int t = 1; t <= model->tissue_count; t++)
            xt_cell_uses_add(uses, model, model->species[s].factor.tissue[t]);
        xt_cell_uses_add(uses, model, model->species[s].reaction);
    }
    emit_definitions(out, model, walls);
    xt_text_add(out, "#define XT_CELL_PARAMETERS ");
    xt_cell_text_parameters(out, uses);
    xt_text_add(out, "\n#define XT_CELL_PASS ");
    xt_cell_text_pass(out, uses);
    xt_text_printf(out, "\n#define XT_STEP_SCALARS %s\n", uses->scalar ? "s += step * XT_SCALARS;" : "");
    xt_cell_text_tables(out, model);
    xt_model_emit_functions(out, model);
    emit_factor(out, model);
    emit_reaction(out, model);
}

/* ---- values on the host ---- */

static double value_or(const xt_model *model, const xt_expr *expr, const xt_values *values, double fallback) {
    return expr ? xt_expr_value(model, expr, values) : fallback;
}

/* The multiplier of a tissue that depends on scalars only. */
static double multiplier(const xt_model *model, int species, int tissue, const double *scalar,
                         xt_source_kind kind) {
    if (kind == XT_SOURCE_REFERENCE) return 1;
    const xt_species *s = &model->species[species];
    const xt_values values = {.scalar = scalar};
    double product = value_or(model, s->everywhere, &values, 1);
    if (kind == XT_SOURCE_PEAK) product *= value_or(model, s->peak.tissue[tissue], &values, 1);
    if (kind == XT_SOURCE_PULSE) product *= value_or(model, s->pulse.tissue[tissue], &values, 1);
    return product;
}

/* The factor of a tissue at its composition, with states as they are at the start and exposures of 1. */
static double factor_at_composition(const xt_model *model, int species, int tissue, const double *scalar) {
    const xt_expr *formula = model->species[species].factor.tissue[tissue];
    if (!formula) return 1;
    double state[XT_MAX_STATES], one[XT_MAX_SPECIES], level[XT_MAX_SPECIES];
    xt_values values = {.scalar = scalar};
    for (int k = 0; k < model->state_count; k++)
        state[k] =
            model->state[k].initial_constant ? xt_expr_value(model, model->state[k].initial, &values) : 1;
    for (int k = 0; k < model->species_count; k++) {
        one[k] = 1;
        level[k] = xt_model_baseline_level(model, k, tissue);
    }
    values.phase = values.phase0 = model->tissue[tissue].composition;
    values.state = state;
    values.exposure_rest = values.exposure_peak = one;
    values.field = level;
    return xt_expr_value(model, formula, &values);
}

void xt_source_table(float *table, const xt_fields *fields, const double *scalar, xt_source_kind kind) {
    const xt_model *model = fields->model;
    const int species = model->species_count;
    for (int s = 0; s < species; s++) table[2 * s] = table[2 * s + 1] = 0;
    for (int t = 1; t <= model->tissue_count; t++)
        for (int s = 0; s < species; s++) {
            float *entry = table + 2 * (t * species + s);
            const double base = fields->secretion_scale[s] *
                                xt_model_baseline_secretion(model, s, model->tissue[t].compartment);
            entry[0] = entry[1] = 0;
            if (base == 0) continue;
            const double own = base * multiplier(model, s, t, scalar, kind);
            entry[0] = (float)own;
            entry[1] =
                (float)(kind == XT_SOURCE_REFERENCE ? own : own * factor_at_composition(model, s, t, scalar));
        }
}

xt_status xt_source_upload(xt_solver *solver, int which, const double *scalar, xt_source_kind kind,
                           xt_error *err) {
    const xt_fields *fields = solver->fields;
    if (which == 0) {
        solver->base_known = true;
        solver->base_modulated = kind != XT_SOURCE_REFERENCE;
    }
    if (!fields->mesh) return XT_OK;
    xt_source_table(solver->base_host, fields, scalar, kind);
    const size_t count = (size_t)(fields->model->tissue_count + 1) * (size_t)fields->model->species_count * 2;
    return xt_buffer_write(fields->device, solver->base[which], 0, count * sizeof(float), solver->base_host,
                           err);
}

static void organ_values(xt_values *values, double exposure[XT_MAX_SPECIES], const xt_fields *fields,
                         const xt_organ *organ, const double *scalar, const double *field) {
    for (int k = 0; k < fields->model->species_count; k++) {
        const double floor = 1e-3 * organ->reference[k];
        exposure[k] = organ->reference[k] > 0 ? (field[k] + floor) / (organ->reference[k] + floor) : 1;
    }
    *values = (xt_values){.scalar = scalar,
                          .phase = organ->phase,
                          .phase0 = organ->phase0,
                          .state = organ->state,
                          .exposure_rest = exposure,
                          .exposure_peak = exposure,
                          .field = field};
}

double xt_source_organ(const xt_fields *fields, const xt_organ *organ, int species, const double *scalar,
                       xt_source_kind kind) {
    const xt_model *model = fields->model;
    const double base = fields->secretion_scale[species] *
                        xt_model_baseline_secretion(model, species, model->tissue[organ->tissue].compartment);
    if (base == 0) return 0;
    double product = base * multiplier(model, species, organ->tissue, scalar, kind);
    const xt_expr *formula = model->species[species].factor.tissue[organ->tissue];
    if (kind == XT_SOURCE_REFERENCE || !formula) return product;
    double exposure[XT_MAX_SPECIES];
    xt_values values;
    organ_values(&values, exposure, fields, organ, scalar,
                 kind == XT_SOURCE_PEAK ? organ->peak : organ->rest);
    return product * xt_expr_value(model, formula, &values);
}

double xt_source_plasma(const xt_model *model, int species, const double *scalar, xt_source_kind kind) {
    const xt_values values = {.scalar = scalar};
    if (kind == XT_SOURCE_REFERENCE) return 0;
    return value_or(model, model->species[species].plasma_source, &values, 0);
}

double xt_source_organ_reaction(const xt_fields *fields, const xt_organ *organ, int species,
                                const double *scalar, const double *field, double fluid) {
    const xt_expr *formula = fields->model->species[species].reaction;
    if (!formula) return 0;
    double exposure[XT_MAX_SPECIES];
    xt_values values;
    organ_values(&values, exposure, fields, organ, scalar, field);
    return fluid * xt_expr_value(fields->model, formula, &values);
}
