/* The rules as OpenCL text: one function per tissue that has any, and a switch. */
#include "tissue/internal.h"

static void declare(xt_text *out, const char *kind, const char *name, const char *buffer, int plane) {
    xt_text_printf(out, "    XT_REAL %s_%s = XT_AT(%s + (size_t)%d * cells, i);\n", kind, name, buffer,
                   plane);
}

void xt_tissue_quantity_text(xt_text *out, const xt_model *model, unsigned long long which, int tissue) {
    for (int q = 0; q < model->quantity_count; q++) {
        if (!(which >> q & 1)) continue;
        const xt_expr *formula = model->quantity[q].formula.tissue[tissue];
        xt_text_printf(out, "    const XT_REAL q_%s = ", model->quantity[q].name);
        if (formula)
            xt_expr_emit(out, model, formula);
        else
            xt_text_add(out, "0.0f");
        xt_text_add(out, ";\n");
    }
}

/* Phases, states, beside() and what stays over a step; `uses` left over is what xt_cell_text_loads loads. */
void xt_tissue_cell_text(xt_text *out, const xt_tissue_rules *rules, const xt_cell_uses *uses) {
    const xt_model *model = rules->model;
    for (int p = 0; p < model->phase_count; p++)
        if (uses->phase >> p & 1) declare(out, "f", model->phase[p], "phase", p);
    for (int k = 0; k < model->state_count; k++)
        if (uses->state >> k & 1) declare(out, "state", model->state[k].name, "state", k);
    for (int k = 0; k < rules->beside_count; k++)
        if (uses->beside >> rules->beside_phase[k] & 1)
            xt_text_printf(out, "    const XT_REAL beside_%s = XT_BESIDE(scratch + (size_t)%d * cells, i);\n",
                           model->phase[rules->beside_phase[k]], k);
}

void xt_tissue_load_text(xt_text *out, const xt_tissue_rules *rules, const xt_cell_uses *uses, int tissue,
                         bool young) {
    const xt_model *model = rules->model;
    xt_tissue_cell_text(out, rules, uses);
    xt_cell_uses rest = *uses;
    rest.phase = rest.state = 0;
    if (young) {
        for (int k = 0; k < model->species_count; k++)
            if ((uses->exposure | uses->peak) >> k & 1)
                xt_text_printf(out, "    const XT_REAL u_%s = 1.0f, peak_%s = 1.0f;\n",
                               model->species[k].name, model->species[k].name);
        rest.exposure = rest.peak = 0;
    }
    xt_cell_text_loads(out, model, &rest);
    xt_tissue_quantity_text(out, model, uses->quantity, tissue);
}

/* ---- initial states ---- */

static void initial_text(xt_text *out, const xt_tissue_rules *rules, int state, int tissue) {
    const xt_model *model = rules->model;
    const xt_state *rule = &model->state[state];
    xt_cell_uses uses = {0};
    xt_cell_uses_add(&uses, model, rule->initial);
    /* old 0: all cells, and constants are there already */
    unsigned lacks = 0;
    for (int t = rule->initial_constant; t <= model->tissue_count; t++)
        if (t == 0 || !(rule->tissues >> t & 1)) lacks |= 1u << t;
    xt_text_printf(out, "    if (tissue == %d && (%uu >> old & 1u)) {\n", tissue, lacks);
    xt_tissue_load_text(out, rules, &uses, tissue, true);
    xt_text_printf(out, "    next_state[(size_t)%d * cells + i] = ", state);
    xt_expr_emit(out, model, rule->initial);
    xt_text_add(out, ";\n    }\n");
}

static void initialise_text(xt_text *out, const xt_tissue_rules *rules) {
    const xt_model *model = rules->model;
    xt_text_add(out, "static inline void xt_initialise_cell(int i, int cells, int tissue, int old, float "
                     "section, __global float *next_state, " XT_TISSUE_BUFFERS " {\n");
    for (int k = 0; k < model->state_count; k++)
        for (int t = 1; t <= model->tissue_count; t++)
            if (model->state[k].tissues >> t & 1) initial_text(out, rules, k, t);
    xt_text_add(out, "}\n\n");
}

static void number(xt_text *out, const char *before, double value, const char *after) {
    xt_text_add(out, before);
    xt_cell_text_number(out, value);
    xt_text_add(out, after);
}

/* "#define NAME(M) M(1) M(4)": a list of tissues. */
static void list_text(xt_text *out, const char *name, unsigned tissues) {
    xt_text_printf(out, "#define %s(M)", name);
    for (int t = 1; t < XT_MAX_TISSUES; t++) /* bit k is tissue k: 31 at most */
        if (tissues >> t & 1) xt_text_printf(out, " M(%d)", t);
    xt_text_add(out, "\n");
}

/* What tissue.clh and section.clh need to know. */
void xt_tissue_definitions(xt_text *out, const xt_tissue_rules *rules) {
    const xt_model *model = rules->model;
    const xt_mesh *mesh = rules->fields->mesh;
    unsigned meant = 0;
    xt_text_add(out, "#define XT_READS ");
    xt_cell_text_parameters(out, &rules->reads);
    xt_text_add(out, "\n#define XT_PASS ");
    xt_cell_text_pass(out, &rules->reads);
    xt_text_printf(out,
                   "\n#define XT_CASES %d\n#define XT_APPLIES %uu\n#define XT_SPECIES %d\n"
                   "#define XT_SLICES %d\n#define XT_SCALARS %d\n",
                   model->mechanics.modulus ? model->mechanics.case_count : 0, model->mechanics.applies_to,
                   model->species_count, mesh->dims[2], model->scalar_count);
    number(out, "#define XT_HX ", mesh->spacing[0], "\n");
    number(out, "#define XT_HY ", mesh->spacing[1], "\n");
    number(out, "#define XT_CX ", 0.5 * (mesh->dims[0] - 1), "\n");
    number(out, "#define XT_CY ", 0.5 * (mesh->dims[1] - 1), "\n");
    for (int t = 1; t <= model->tissue_count; t++)
        if (rules->weight_of[t] >= 0) meant |= 1u << t;
    list_text(out, "XT_EACH_RULED", xt_tissue_ruled(model));
    list_text(out, "XT_EACH_MEANT", meant);
    xt_text_printf(out, "#define XT_BESIDE_COUNT %d\n__constant int xt_beside_phase[%d] = {",
                   rules->beside_count, rules->beside_count ? rules->beside_count : 1);
    for (int k = 0; k < rules->beside_count; k++) xt_text_printf(out, "%d, ", rules->beside_phase[k]);
    xt_text_add(out, rules->beside_count ? "};\n" : "0};\n");
}

/* From here on formulas are of a block's cells at once. */
static void lanes_text(xt_text *out, const xt_model *model) {
    xt_text_printf(
        out,
        "#ifdef XT_ROWS\n"
        "#undef XT_REAL\n#undef XT_REAL_IS_FLOAT\n#undef XT_AT\n#undef XT_COMPOSITION\n#undef XT_BESIDE\n"
        "#define XT_REAL xt_real\n#define XT_AT(p, i) vload16(0, (p) + (i))\n"
        "#define XT_BESIDE(p, i) (convert_float16(vload16(0, (p) + (i))) / 65535.0f)\n"
        "#define XT_COMPOSITION(region, i, p) xt_compositions(region, i, p)\n"
        "static inline xt_real xt_compositions(__global const uchar *region, int i, int p) {\n"
        "    const uchar16 r = vload16(0, region + i);\n"
        "    const float first = xt_composition[r.s0 * %d + p];\n"
        "    if (all(r == r.s0)) return first;\n"
        "    float each[16];\n"
        "    for (int lane = 0; lane < 16; lane++) each[lane] = xt_composition[region[i + lane] * %d + p];\n"
        "    return vload16(0, each);\n"
        "}\n",
        model->phase_count, model->phase_count);
    xt_model_emit_functions(out, model);
    xt_text_add(out, "#endif\n");
}

void xt_tissue_text(xt_text *out, const xt_tissue_rules *rules) {
    xt_text_add(out, "#define XT_BESIDE(p, i) ((float)(p)[i] / 65535.0f)\n"
                     "#ifdef XT_ROWS\n#define XT_OVERLOAD __attribute__((overloadable))\n#endif\n");
    xt_cell_text_tables(out, rules->model);
    xt_model_emit_functions(out, rules->model);
    initialise_text(out, rules);
    xt_tissue_label_text(out, rules);
    xt_tissue_modulus_text(out, rules);
    lanes_text(out, rules->model);
    xt_tissue_remodel_text(out, rules);
    xt_tissue_mean_text(out, rules);
}
