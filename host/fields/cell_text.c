#include "fields/cell_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool has_blend(const xt_expr *expr) {
    if (expr->kind == XT_BLEND) return true;
    for (int k = 0; k < expr->count; k++)
        if (has_blend(expr->child[k])) return true;
    return false;
}

static unsigned mask_of(const xt_model *model, const xt_expr *expr, xt_symbol_kind kind, int count) {
    unsigned mask = 0;
    for (int k = 0; k < count; k++)
        if (xt_expr_uses(model, expr, kind, k)) mask |= 1u << k;
    return mask;
}

void xt_cell_uses_add(xt_cell_uses *uses, const xt_model *model, const xt_expr *expr) {
    if (!expr) return;
    uses->phase |= mask_of(model, expr, XT_SYM_PHASE, model->phase_count);
    uses->phase0 |= mask_of(model, expr, XT_SYM_PHASE0, model->phase_count);
    uses->state |= mask_of(model, expr, XT_SYM_STATE, model->state_count);
    uses->field |= mask_of(model, expr, XT_SYM_FIELD, model->species_count);
    uses->beside |= mask_of(model, expr, XT_SYM_BESIDE, model->phase_count);
    const unsigned exposure = mask_of(model, expr, XT_SYM_EXPOSURE, model->species_count);
    uses->exposure |= exposure;
    if (has_blend(expr)) uses->peak |= exposure;
    uses->scalar |= xt_expr_uses(model, expr, XT_SYM_SCALAR, -1) || has_blend(expr);
    uses->section |= xt_expr_uses(model, expr, XT_SYM_SECTION, -1);
    for (int q = 0; q < model->quantity_count && q < 64; q++) {
        if (uses->quantity >> q & 1 || !xt_expr_uses(model, expr, XT_SYM_QUANTITY, q)) continue;
        uses->quantity |= 1ull << q;
        const xt_expr *last = NULL;
        for (int t = 1; t <= model->tissue_count; t++) {
            const xt_expr *formula = model->quantity[q].formula.tissue[t];
            if (formula != last) xt_cell_uses_add(uses, model, formula);
            last = formula;
        }
    }
}

bool xt_cell_uses_voxel(const xt_cell_uses *uses) {
    return uses->phase || uses->phase0 || uses->state || uses->field || uses->exposure || uses->peak ||
           uses->beside || uses->quantity || uses->section;
}

void xt_cell_text_number(xt_text *out, double value) {
    if (isnan(value)) {
        xt_text_add(out, "NAN");
        return;
    }
    if (isinf((float)value)) {
        xt_text_add(out, value > 0 ? "INFINITY" : "(-INFINITY)");
        return;
    }
    char digits[40];
    snprintf(digits, sizeof digits, "%.9g", (double)(float)value);
    xt_text_printf(out, value < 0 ? "(%s%sf)" : "%s%sf", digits, strpbrk(digits, ".e") ? "" : ".0");
}

void xt_cell_text_tables(xt_text *out, const xt_model *model) {
    const int count = (model->tissue_count + 1) * model->phase_count;
    xt_text_printf(out, "__constant float xt_composition[%d] = {", count > 0 ? count : 1);
    for (int t = 0; t <= model->tissue_count; t++)
        for (int p = 0; p < model->phase_count; p++) {
            xt_cell_text_number(out, t ? model->tissue[t].composition[p] : 0);
            xt_text_add(out, ", ");
        }
    if (!count) xt_text_add(out, "0.0f");
    xt_text_printf(out,
                   "};\n#ifndef XT_REAL\n#define XT_REAL float\n#define XT_REAL_IS_FLOAT 1\n#endif\n"
                   "#ifndef XT_R\n#define XT_R(x) ((XT_REAL)(x))\n#endif\n"
                   "#ifndef XT_AT\n#define XT_AT(p, i) (p)[i]\n#endif\n"
                   "#ifndef XT_COMPOSITION\n"
                   "#define XT_COMPOSITION(region, i, p) xt_composition[(region)[i] * %d + (p)]\n#endif\n",
                   model->phase_count);
}

/* The buffers in their order, and whether `uses` needs them. */
typedef struct {
    const char *type, *name;
    const cl_mem *buffer;
    bool needed;
} parameter;

static void list_parameters(parameter out[XT_CELL_ARGS], const xt_fields *fields, const xt_cell_uses *uses) {
    static const xt_fields none;
    const xt_fields *f = fields ? fields : &none;
    const bool exposed = uses->exposure || uses->peak;
    const parameter list[XT_CELL_ARGS] = {
        {"float", "s", &f->scalar, uses->scalar},
        {"uchar", "region", &f->region, uses->phase0 != 0},
        {"float", "phase", &f->phase, uses->phase != 0},
        {"float", "bone0", &f->bone0, uses->phase0 != 0},
        {"float", "state", &f->state, uses->state != 0},
        {"float", "rest", &f->rest, uses->exposure || uses->field},
        {"float", "peak", &f->peak, uses->peak != 0},
        {"float", "reference", &f->reference, exposed},
        {"float", "epsilon", &f->epsilon, exposed},
    };
    memcpy(out, list, sizeof list);
}

void xt_cell_text_parameters(xt_text *out, const xt_cell_uses *uses) {
    parameter list[XT_CELL_ARGS];
    list_parameters(list, NULL, uses);
    for (int k = 0; k < XT_CELL_ARGS; k++)
        if (list[k].needed) xt_text_printf(out, ", __global const %s *%s", list[k].type, list[k].name);
}

void xt_cell_text_pass(xt_text *out, const xt_cell_uses *uses) {
    parameter list[XT_CELL_ARGS];
    list_parameters(list, NULL, uses);
    for (int k = 0; k < XT_CELL_ARGS; k++)
        if (list[k].needed) xt_text_printf(out, ", %s", list[k].name);
}

int xt_cell_args(xt_arg *args, const xt_fields *fields, const xt_cell_uses *uses) {
    parameter list[XT_CELL_ARGS];
    list_parameters(list, fields, uses);
    int count = 0;
    for (int k = 0; k < XT_CELL_ARGS; k++)
        if (list[k].needed) args[count++] = (xt_arg){sizeof(cl_mem), list[k].buffer};
    return count;
}

static void emit_phase0(xt_text *out, const xt_model *model, unsigned mask) {
    const int bone = xt_model_find_phase(model, "bone"), phases = model->phase_count;
    if (bone < 0) {
        for (int p = 0; p < phases; p++)
            if (mask >> p & 1)
                xt_text_printf(out, "    const XT_REAL f0_%s = XT_COMPOSITION(region, i, %d);\n",
                               model->phase[p], p);
        return;
    }
    xt_text_printf(out, "    const XT_REAL f0_%s = XT_AT(bone0, i);\n", model->phase[bone]);
    if (!(mask & ~(1u << bone))) return;
    xt_text_printf(out,
                   "    const XT_REAL xt_usual = XT_COMPOSITION(region, i, %d);\n"
                   "    const XT_REAL xt_fill = f0_%s == xt_usual ? XT_R(1.0f) : XT_R((1.0f - f0_%s) / "
                   "fmax(1.0f - xt_usual, 1e-6f));\n",
                   bone, model->phase[bone], model->phase[bone]);
    for (int p = 0; p < phases; p++)
        if (p != bone && mask >> p & 1)
            xt_text_printf(out, "    const XT_REAL f0_%s = xt_fill * XT_COMPOSITION(region, i, %d);\n",
                           model->phase[p], p);
}

static void emit_exposure(xt_text *out, const xt_model *model, int k, const char *prefix,
                          const char *buffer) {
    const int species = model->species_count;
    xt_text_printf(
        out,
        "    const XT_REAL %s_%s = (XT_AT(%s + (size_t)%d * cells, i) + epsilon[tissue * %d + %d]) /\n"
        "        (XT_AT(reference + (size_t)%d * cells, i) + epsilon[tissue * %d + %d]);\n",
        prefix, model->species[k].name, buffer, k, species, k, k, species, k);
}

void xt_cell_text_loads(xt_text *out, const xt_model *model, const xt_cell_uses *uses) {
    for (int p = 0; p < model->phase_count; p++)
        if (uses->phase >> p & 1)
            xt_text_printf(out, "    const XT_REAL f_%s = XT_AT(phase + (size_t)%d * cells, i);\n",
                           model->phase[p], p);
    if (uses->phase0) emit_phase0(out, model, uses->phase0);
    for (int k = 0; k < model->state_count; k++)
        if (uses->state >> k & 1)
            xt_text_printf(out, "    const XT_REAL state_%s = XT_AT(state + (size_t)%d * cells, i);\n",
                           model->state[k].name, k);
    for (int k = 0; k < model->species_count; k++) {
        if (uses->field >> k & 1)
            xt_text_printf(out, "    const XT_REAL c_%s = XT_AT(rest + (size_t)%d * cells, i);\n",
                           model->species[k].name, k);
        if (uses->exposure >> k & 1) emit_exposure(out, model, k, "u", "rest");
        if (uses->peak >> k & 1) emit_exposure(out, model, k, "peak", "peak");
    }
}

void xt_cell_phase0(double *phase0, const xt_model *model, int region, double bone0) {
    const double *composition = model->tissue[region].composition;
    const int bone = xt_model_find_phase(model, "bone");
    double fill = 1;
    if (bone >= 0 && (float)bone0 != (float)composition[bone])
        fill = (1 - bone0) / fmax(1 - composition[bone], 1e-6);
    for (int p = 0; p < model->phase_count; p++) phase0[p] = p == bone ? bone0 : fill * composition[p];
}
