/* The rules as OpenCL text: one function per tissue that has any, and a switch. */
#include "tissue/internal.h"

void xt_tissue_load_text(xt_text *out, const xt_tissue_rules *rules, const xt_cell_uses *uses, int tissue,
                         bool young) {
    const xt_model *model = rules->model;
    for (int p = 0; p < model->phase_count; p++)
        if (uses->phase >> p & 1)
            xt_text_printf(out, "    float f_%s = phase[(size_t)%d * cells + i];\n", model->phase[p], p);
    for (int k = 0; k < model->state_count; k++)
        if (uses->state >> k & 1)
            xt_text_printf(out, "    float state_%s = state[(size_t)%d * cells + i];\n", model->state[k].name,
                           k);
    for (int k = 0; k < rules->beside_count; k++)
        if (uses->beside >> rules->beside_phase[k] & 1)
            xt_text_printf(out,
                           "    const float beside_%s = (float)scratch[(size_t)%d * cells + i] / 65535.0f;\n",
                           model->phase[rules->beside_phase[k]], k);
    xt_cell_uses rest = *uses;
    rest.phase = rest.state = 0;
    if (young) {
        for (int k = 0; k < model->species_count; k++)
            if ((uses->exposure | uses->peak) >> k & 1)
                xt_text_printf(out, "    const float u_%s = 1.0f, peak_%s = 1.0f;\n", model->species[k].name,
                               model->species[k].name);
        rest.exposure = rest.peak = 0;
    }
    xt_cell_text_loads(out, model, &rest);
    for (int q = 0; q < model->quantity_count; q++) {
        if (!(uses->quantity >> q & 1)) continue;
        const xt_expr *formula = model->quantity[q].formula.tissue[tissue];
        xt_text_printf(out, "    const float q_%s = ", model->quantity[q].name);
        if (formula)
            xt_expr_emit(out, model, formula);
        else
            xt_text_add(out, "0.0f");
        xt_text_add(out, ";\n");
    }
}

static void number(xt_text *out, const char *before, double value, const char *after) {
    xt_text_add(out, before);
    xt_cell_text_number(out, value);
    xt_text_add(out, after);
}

/* ---- remodelling ---- */

static double available_above(const xt_model *model, int phase) {
    return phase == model->slack ? model->slack_floor : 0;
}

static void take_text(xt_text *out, const xt_model *model, int phase, const char *want) {
    xt_text_printf(out, "            missing -= xt_take(&f_%s, %s, ", model->phase[phase], want);
    number(out, "", available_above(model, phase), ");\n");
}

static void take_share_text(xt_text *out, const xt_model *model, int phase, double share) {
    xt_text_printf(out, "            missing -= xt_take(&f_%s, ", model->phase[phase]);
    number(out, "", share, " * change, ");
    number(out, "", available_above(model, phase), ");\n");
}

static void taking_text(xt_text *out, const xt_model *model, const xt_remodelling *rule) {
    double rest = 1;
    xt_text_add(out, "            float missing = change;\n");
    for (int k = 0; k < model->phase_count; k++) {
        if (rule->taken_from[k] == 0) continue;
        rest -= rule->taken_from[k];
        take_share_text(out, model, k, rule->taken_from[k]);
    }
    xt_text_printf(out, "            missing -= xt_take(&f_%s, fmin(missing, ", model->phase[model->slack]);
    number(out, "", rest, " * change), ");
    number(out, "", model->slack_floor, ");\n");
    for (int j = 0; j < rule->then_count; j++) take_text(out, model, rule->then_from[j], "missing");
    take_text(out, model, model->slack, "missing");
    xt_text_printf(out,
                   "            change -= missing;\n"
                   "            f_%s += change;\n",
                   model->phase[rule->phase]);
}

static void freeing_text(xt_text *out, const xt_model *model, const xt_remodelling *rule) {
    xt_text_printf(out, "            float left = 1.0f;\n            f_%s += change;\n",
                   model->phase[rule->phase]);
    for (int k = 0; k < model->phase_count; k++)
        if (rule->freed_to[k])
            xt_text_printf(out, "            f_%s -= xt_part(share_%d, &left) * change;\n", model->phase[k],
                           k);
    xt_text_printf(out, "            f_%s -= left * change;\n", model->phase[model->slack]);
}

/* Does a rule for another phase give to or take from `phase`? */
static bool touches(const xt_remodelling *rule, int phase) {
    if (phase < 0 || rule->phase == phase) return false;
    for (int j = 0; j < rule->then_count; j++)
        if (rule->then_from[j] == phase) return true;
    return rule->freed_to[phase] || rule->taken_from[phase] != 0;
}

static void rule_text(xt_text *out, const xt_model *model, const xt_remodelling *rule, int booked) {
    const char *name = model->phase[rule->phase];
    xt_text_add(out, rule->rate ? "    {\n        const float want = dt * ("
                                : "    {\n        const float want = (");
    xt_expr_emit(out, model, rule->rate ? rule->rate : rule->target);
    if (rule->rate)
        xt_text_add(out, ");\n");
    else
        xt_text_printf(out, ") - f_%s;\n", name);
    for (int k = 0; k < model->phase_count; k++) {
        if (!rule->freed_to[k]) continue;
        xt_text_printf(out, "        const float share_%d = ", k);
        xt_expr_emit(out, model, rule->freed_to[k]);
        xt_text_add(out, ";\n");
    }
    if (touches(rule, booked)) xt_text_printf(out, "        const float had = f_%s;\n", model->phase[booked]);
    xt_text_printf(out, "        float change = xt_limited(f_%s, want, ", name);
    number(out, "", rule->low, ", ");
    number(out, "", rule->high, ");\n        if (change < 0.0f) {\n");
    freeing_text(out, model, rule);
    xt_text_add(out, "        } else if (change > 0.0f) {\n");
    taking_text(out, model, rule);
    xt_text_printf(out, "        } else {\n            f_%s += change;\n        }\n", name);
    if (rule->phase == booked) xt_text_add(out, "        entry.applied += change;\n");
    if (touches(rule, booked))
        xt_text_printf(out, "        entry.applied += f_%s - had;\n", model->phase[booked]);
    xt_text_add(out, "    }\n");
}

static void others_text(xt_text *out, const xt_model *model) {
    const char *plus = "";
    for (int p = 0; p < model->phase_count; p++) {
        if (p == model->slack) continue;
        xt_text_printf(out, "%sf_%s", plus, model->phase[p]);
        plus = " + ";
    }
    if (!*plus) xt_text_add(out, "0.0f");
    xt_text_add(out, ";\n");
}

/* Slack is what the others leave; then everything is stored. */
static void fill_text(xt_text *out, const xt_model *model, int booked) {
    const char *slack = model->phase[model->slack];
    xt_text_add(out, "    float others = ");
    others_text(out, model);
    xt_text_add(out, "    if (others > 1.0f) {\n");
    for (int p = 0; p < model->phase_count; p++)
        if (p != model->slack) xt_text_printf(out, "        f_%s /= others;\n", model->phase[p]);
    xt_text_add(out, "        others = ");
    others_text(out, model);
    xt_text_printf(out, "    }\n    f_%s = fmax(1.0f - others, 0.0f);\n", slack);
    xt_text_printf(out, "    entry.defect = fabs(1.0f - (others + f_%s));\n", slack);
    if (booked >= 0) xt_text_printf(out, "    entry.changed = f_%s - was;\n", model->phase[booked]);
    for (int p = 0; p < model->phase_count; p++)
        xt_text_printf(out, "    phase[(size_t)%d * cells + i] = f_%s;\n", p, model->phase[p]);
}

/* The phase whose books are kept: bone where there is one, else the first that is remodelled. */
static int booked_phase(const xt_model *model) {
    const int bone = xt_model_find_phase(model, "bone");
    return bone >= 0 ? bone : model->remodelling_count ? model->remodelling[0].phase : -1;
}

/* Returns whether the tissue has rules. */
static bool tissue_text(xt_text *out, const xt_tissue_rules *rules, int tissue) {
    const xt_model *model = rules->model;
    xt_cell_uses uses = {0};
    unsigned own = 0;
    bool remodels = false;
    for (int k = 0; k < model->state_count; k++) {
        if (!(model->state[k].tissues >> tissue & 1)) continue;
        own |= 1u << k;
        xt_cell_uses_add(&uses, model, model->state[k].rate);
        xt_cell_uses_add(&uses, model, model->state[k].value);
    }
    for (int r = 0; r < model->remodelling_count; r++) {
        const xt_remodelling *rule = &model->remodelling[r];
        if (!(rule->tissues >> tissue & 1)) continue;
        remodels = true;
        xt_cell_uses_add(&uses, model, rule->rate);
        xt_cell_uses_add(&uses, model, rule->target);
        for (int k = 0; k < model->phase_count; k++) xt_cell_uses_add(&uses, model, rule->freed_to[k]);
    }
    if (!own && !remodels) return false;
    uses.state |= own;
    if (remodels) uses.phase |= (1u << model->phase_count) - 1;
    xt_text_printf(
        out,
        "static inline xt_entry xt_remodel_%d(int i, int cells, float section, float dt, " XT_TISSUE_BUFFERS
        " {\n    const int tissue = %d;\n    xt_entry entry = {0.0f, 0.0f, 0.0f};\n",
        tissue, tissue);
    xt_tissue_load_text(out, rules, &uses, tissue, false);
    const int booked = remodels ? booked_phase(model) : -1;
    if (booked >= 0) xt_text_printf(out, "    const float was = f_%s;\n", model->phase[booked]);
    for (int k = 0; k < model->state_count; k++) {
        const xt_state *rule = &model->state[k];
        if (!(own >> k & 1)) continue;
        xt_text_printf(out, "    state_%s = ", rule->name);
        if (rule->rate) xt_text_printf(out, "state_%s + dt * ", rule->name);
        xt_text_add(out, "(");
        xt_expr_emit(out, model, rule->rate ? rule->rate : rule->value);
        xt_text_printf(out, ");\n    state[(size_t)%d * cells + i] = state_%s;\n", k, rule->name);
    }
    for (int r = 0; r < model->remodelling_count; r++)
        if (model->remodelling[r].tissues >> tissue & 1)
            rule_text(out, model, &model->remodelling[r], booked);
    if (remodels) fill_text(out, model, booked);
    xt_text_add(out, "    return entry;\n}\n\n");
    return true;
}

static void remodel_text(xt_text *out, const xt_tissue_rules *rules) {
    unsigned has = 0;
    for (int t = 1; t <= rules->model->tissue_count; t++)
        if (tissue_text(out, rules, t)) has |= 1u << t;
    xt_text_add(out, "static inline xt_entry xt_remodel_cell(int i, int cells, int tissue, float section, "
                     "float dt, " XT_TISSUE_BUFFERS
                     " {\n    const xt_entry none = {0.0f, 0.0f, 0.0f};\n    switch (tissue) {\n");
    for (int t = 1; t <= rules->model->tissue_count; t++)
        if (has >> t & 1)
            xt_text_printf(
                out,
                "    case %d: return xt_remodel_%d(i, cells, section, dt, phase, state, scratch XT_PASS);\n",
                t, t);
    xt_text_add(out, "    default: return none;\n    }\n}\n\n");
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
    xt_text_printf(out, "    state[(size_t)%d * cells + i] = ", state);
    xt_expr_emit(out, model, rule->initial);
    xt_text_add(out, ";\n    }\n");
}

static void initialise_text(xt_text *out, const xt_tissue_rules *rules) {
    const xt_model *model = rules->model;
    xt_text_add(out, "static inline void xt_initialise_cell(int i, int cells, int tissue, int old, float "
                     "section, " XT_TISSUE_BUFFERS " {\n");
    for (int k = 0; k < model->state_count; k++)
        for (int t = 1; t <= model->tissue_count; t++)
            if (model->state[k].tissues >> t & 1) initial_text(out, rules, k, t);
    xt_text_add(out, "}\n\n");
}

static void define_text(xt_text *out, const xt_tissue_rules *rules) {
    const xt_model *model = rules->model;
    const xt_mesh *mesh = rules->fields->mesh;
    xt_text_add(out, "#define XT_READS ");
    xt_cell_text_parameters(out, &rules->reads);
    xt_text_add(out, "\n#define XT_PASS ");
    xt_cell_text_pass(out, &rules->reads);
    xt_text_printf(out, "\n#define XT_CASES %d\n#define XT_APPLIES %uu\n#define XT_SPECIES %d\n",
                   model->mechanics.modulus ? model->mechanics.case_count : 0, model->mechanics.applies_to,
                   model->species_count);
    number(out, "#define XT_HX ", mesh->spacing[0], "\n");
    number(out, "#define XT_HY ", mesh->spacing[1], "\n");
    number(out, "#define XT_CX ", 0.5 * (mesh->dims[0] - 1), "\n");
    number(out, "#define XT_CY ", 0.5 * (mesh->dims[1] - 1), "\n");
    xt_text_printf(out, "#define XT_BESIDE_COUNT %d\n__constant int xt_beside_phase[%d] = {",
                   rules->beside_count, rules->beside_count ? rules->beside_count : 1);
    for (int k = 0; k < rules->beside_count; k++) xt_text_printf(out, "%d, ", rules->beside_phase[k]);
    xt_text_add(out, rules->beside_count ? "};\n" : "0};\n");
}

void xt_tissue_text(xt_text *out, const xt_tissue_rules *rules) {
    define_text(out, rules);
    xt_cell_text_tables(out, rules->model);
    xt_model_emit_functions(out, rules->model);
    remodel_text(out, rules);
    initialise_text(out, rules);
    xt_tissue_label_text(out, rules);
    xt_tissue_mean_text(out, rules);
    xt_tissue_modulus_text(out, rules);
}
