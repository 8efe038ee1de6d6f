/* The rules as OpenCL text: one function per tissue that has any. What it does is host/tissue/cell.c, line by
 * line; on a processor for a block's cells at once. */
#include "tissue/internal.h"

static void number(xt_text *out, const char *before, double value, const char *after) {
    xt_text_add(out, before);
    xt_cell_text_number(out, value);
    xt_text_add(out, after);
}

static double available_above(const xt_model *model, int phase) {
    return phase == model->slack ? model->slack_floor : 0;
}

static void take_text(xt_text *out, const xt_model *model, int phase, const char *want) {
    xt_text_printf(out, "        missing -= xt_take(&f_%s, %s, ", model->phase[phase], want);
    number(out, "", available_above(model, phase), ");\n");
}

static void take_share_text(xt_text *out, const xt_model *model, int phase, double share) {
    xt_text_printf(out, "        missing -= xt_take(&f_%s, ", model->phase[phase]);
    number(out, "", share, " * gain, ");
    number(out, "", available_above(model, phase), ");\n");
}

/* Both signs at once, as lanes may differ: `gain` is what the phase would gain, `loss` what it loses; one of
 * them is 0. */
static void taking_text(xt_text *out, const xt_model *model, const xt_remodelling *rule) {
    double rest = 1;
    xt_text_add(out, "        XT_REAL missing = gain;\n");
    for (int k = 0; k < model->phase_count; k++) {
        if (rule->taken_from[k] == 0) continue;
        rest -= rule->taken_from[k];
        take_share_text(out, model, k, rule->taken_from[k]);
    }
    xt_text_printf(out, "        missing -= xt_take(&f_%s, fmin(missing, ", model->phase[model->slack]);
    number(out, "", rest, " * gain), ");
    number(out, "", model->slack_floor, ");\n");
    for (int j = 0; j < rule->then_count; j++) take_text(out, model, rule->then_from[j], "missing");
    take_text(out, model, model->slack, "missing");
    xt_text_printf(out, "        f_%s += gain - missing;\n", model->phase[rule->phase]);
}

static void freeing_text(xt_text *out, const xt_model *model, const xt_remodelling *rule, int r) {
    xt_text_printf(out, "        XT_REAL left = 1.0f;\n        f_%s -= loss;\n", model->phase[rule->phase]);
    for (int k = 0; k < model->phase_count; k++)
        if (rule->freed_to[k])
            xt_text_printf(out, "        f_%s += xt_part(free_%d_%d, &left) * loss;\n", model->phase[k], r,
                           k);
    xt_text_printf(out, "        f_%s += left * loss;\n", model->phase[model->slack]);
}

/* Does a rule for another phase give to or take from `phase`? */
static bool touches(const xt_remodelling *rule, int phase) {
    if (phase < 0 || rule->phase == phase) return false;
    for (int j = 0; j < rule->then_count; j++)
        if (rule->then_from[j] == phase) return true;
    return rule->freed_to[phase] || rule->taken_from[phase] != 0;
}

/* Apply rule r: want_r and free_r_k are there, targets are worked out here. booked: its phase, or -1. */
static void rule_text(xt_text *out, const xt_tissue_rules *rules, int r, int tissue, int booked) {
    const xt_model *model = rules->model;
    const xt_remodelling *rule = &model->remodelling[r];
    const char *name = model->phase[rule->phase];
    xt_text_add(out, "    {\n");
    if (rule->target) {
        xt_cell_uses uses = {0};
        xt_cell_uses_add(&uses, model, rule->target);
        xt_tissue_quantity_text(out, model, uses.quantity, tissue);
        xt_text_add(out, "        const XT_REAL target = ");
        xt_expr_emit(out, model, rule->target);
        xt_text_printf(out, ", want = target - f_%s;\n", name);
    } else {
        xt_text_printf(out, "        const XT_REAL want = h * want_%d;\n", r);
    }
    if (booked >= 0) xt_text_printf(out, "        const XT_REAL had = f_%s;\n", model->phase[booked]);
    xt_text_printf(out, "        const XT_REAL change = xt_limited(f_%s, want, ", name);
    number(out, "", rule->low, ", ");
    number(out, "", rule->high, "), gain = fmax(change, 0.0f), loss = fmax(-change, 0.0f);\n");
    freeing_text(out, model, rule, r);
    taking_text(out, model, rule);
    if (rule->phase == booked)
        xt_text_add(out, "        entry.applied += change - missing;\n");
    else if (touches(rule, booked))
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

/* Slack is what the others leave. */
static void fill_text(xt_text *out, const xt_model *model) {
    const char *slack = model->phase[model->slack];
    xt_text_add(out, "    {\n    XT_REAL others = ");
    others_text(out, model);
    xt_text_add(out, "    const XT_REAL over = fmax(others, 1.0f);\n");
    for (int p = 0; p < model->phase_count; p++)
        if (p != model->slack) xt_text_printf(out, "    f_%s /= over;\n", model->phase[p]);
    xt_text_add(out, "    others = ");
    others_text(out, model);
    xt_text_printf(out,
                   "    f_%s = fmax(1.0f - others, 0.0f);\n"
                   "    entry.defect = fmax(entry.defect, fabs(1.0f - (others + f_%s)));\n    }\n",
                   slack, slack);
}

/* The phase whose books are kept: bone where there is one, else the first that is remodelled. */
static int booked_phase(const xt_model *model) {
    const int bone = xt_model_find_phase(model, "bone");
    return bone >= 0 ? bone : model->remodelling_count ? model->remodelling[0].phase : -1;
}

static bool has(unsigned mask, int k) { return mask >> k & 1; }

/* What the rules of a tissue need. */
typedef struct {
    const xt_tissue_rules *rules;
    const xt_model *model;
    int tissue, booked;
    xt_cell_uses uses;
    unsigned long long for_values; /* quantities of states with a value */
    unsigned own;                  /* its states */
    bool remodels, targets;        /* phases change; some with a target while states have values */
} ruled;

static bool look(ruled *t, const xt_tissue_rules *rules, int tissue) {
    const xt_model *model = rules->model;
    xt_cell_uses values = {0};
    bool valued = false;
    *t = (ruled){.rules = rules, .model = model, .tissue = tissue, .booked = -1};
    for (int k = 0; k < model->state_count; k++) {
        if (!has(model->state[k].tissues, tissue)) continue;
        t->own |= 1u << k;
        xt_cell_uses_add(&t->uses, model, model->state[k].rate);
        xt_cell_uses_add(&t->uses, model, model->state[k].value);
        xt_cell_uses_add(&values, model, model->state[k].value);
        valued |= model->state[k].value != NULL;
    }
    for (int r = 0; r < model->remodelling_count; r++) {
        const xt_remodelling *rule = &model->remodelling[r];
        if (!has(rule->tissues, tissue)) continue;
        t->remodels = true;
        t->targets |= rule->target != NULL;
        xt_cell_uses_add(&t->uses, model, rule->rate);
        xt_cell_uses_add(&t->uses, model, rule->target);
        for (int k = 0; k < model->phase_count; k++) xt_cell_uses_add(&t->uses, model, rule->freed_to[k]);
    }
    t->uses.state |= t->own;
    if (t->remodels) {
        t->uses.phase |= (1u << model->phase_count) - 1;
        t->booked = booked_phase(model);
    }
    t->for_values = values.quantity;
    t->targets &= valued;
    return t->own || t->remodels;
}

unsigned xt_tissue_ruled(const xt_model *model) {
    unsigned mask = 0;
    const xt_tissue_rules rules = {.model = model};
    ruled t;
    for (int k = 1; k <= model->tissue_count; k++)
        if (look(&t, &rules, k)) mask |= 1u << k;
    return mask;
}

static int count(unsigned mask) {
    int bits = 0;
    for (; mask; mask &= mask - 1) bits++;
    return bits;
}

double xt_tissue_step_bytes(const xt_model *model, int tissue, bool peak) {
    const xt_tissue_rules rules = {.model = model};
    ruled t;
    const int material = 4;
    if (!look(&t, &rules, tissue)) return material;
    const xt_cell_uses *uses = &t.uses;
    const unsigned exposed = uses->exposure | uses->peak; /* against the reference */
    const int read = count(uses->phase | uses->beside) + count(uses->state) +
                     count(uses->field | uses->exposure | (peak ? 0 : uses->peak)) +
                     (peak ? count(uses->peak) : 0) + count(exposed) + (uses->phase0 != 0),
              written = (t.remodels ? model->phase_count : 0) + count(t.own);
    return material + 4 * (read + written) + (uses->phase0 != 0); /* bone and tissue at the start */
}

/* Levels at the start of the step and how they go on. */
static void level_text(xt_text *out, const ruled *t, const char *prefix, const char *buffer, unsigned which) {
    for (int k = 0; k < t->model->species_count; k++) {
        if (!has(which, k)) continue;
        const char *name = t->model->species[k].name;
        xt_text_printf(out,
                       "    const XT_REAL %s_level_%s = XT_AT(%s + (size_t)%d * cells, i);\n"
                       "    XT_REAL %s_change_%s = 0.0f;\n"
                       "    if (ahead > 0.0f)\n"
                       "        %s_change_%s = %s_level_%s - XT_AT(%s_before + (size_t)%d * cells, i);\n",
                       prefix, name, buffer, k, prefix, name, prefix, name, prefix, name, buffer, k);
    }
}

static void exposure_text(xt_text *out, const ruled *t, const char *prefix, unsigned which) {
    for (int k = 0; k < t->model->species_count; k++)
        if (has(which, k))
            xt_text_printf(out,
                           "    const XT_REAL %s_%s = xt_exposed(%s_level_%s, %s_change_%s, share, "
                           "epsilon[%d], reference_%s);\n",
                           prefix, t->model->species[k].name, prefix, t->model->species[k].name, prefix,
                           t->model->species[k].name, t->tissue * t->model->species_count + k,
                           t->model->species[k].name);
}

static void begin_text(xt_text *out, const ruled *t) {
    const xt_model *model = t->model;
    xt_cell_uses rest = t->uses;
    rest.phase = rest.state = rest.exposure = rest.peak = 0;
    xt_text_printf(
        out,
        "static inline xt_entry xt_remodel_%d(int i, int cells, xt_true mine, bool whole, xt_real "
        "section_begin, xt_real section_end, float h, int substeps, float ahead, __global const float "
        "*rest_before, __global const float *peak_before, __global float *next_phase, __global float "
        "*next_state, " XT_TISSUE_BUFFERS " {\n    const int tissue = %d;\n    "
        "__global const float *rows = s;\n    xt_entry entry = {0.0f, 0.0f, 0.0f};\n",
        t->tissue, t->tissue);
    xt_tissue_cell_text(out, t->rules, &t->uses);
    xt_cell_text_loads(out, model, &rest);
    for (int k = 0; k < model->species_count; k++)
        if (has(t->uses.exposure | t->uses.peak, k))
            xt_text_printf(out,
                           "    const XT_REAL reference_%s = XT_AT(reference + (size_t)%d * cells, i);\n",
                           model->species[k].name, k);
    level_text(out, t, "u", "rest", t->uses.exposure);
    level_text(out, t, "peak", "peak", t->uses.peak);
    if (t->booked >= 0) xt_text_printf(out, "    const XT_REAL was = f_%s;\n", model->phase[t->booked]);
}

/* A block in which formulas see the start (end 0) or the end (1) of substep n. */
static void at_text(xt_text *out, const ruled *t, int end) {
    xt_text_printf(out,
                   "    {\n    __global const float *s = rows + (n + %d) * XT_SCALARS;\n"
                   "    const float part = (float)(n + %d) / (float)substeps, share = ahead * part;\n"
                   "    const XT_REAL section = section_begin + part * (section_end - section_begin);\n",
                   end, end);
    exposure_text(out, t, "u", t->uses.exposure);
    exposure_text(out, t, "peak", t->uses.peak);
}

/* Rates and shares with what is known now; `again`: the second time, when they join those of the first. */
static void rates_text(xt_text *out, const ruled *t, bool again) {
    const xt_model *model = t->model;
    xt_text_add(out, "    {\n");
    xt_tissue_quantity_text(out, model, t->uses.quantity, t->tissue);
    for (int k = 0; k < model->state_count; k++) {
        const xt_state *state = &model->state[k];
        if (!has(t->own, k) || !state->rate) continue;
        xt_text_printf(out, again ? "    again_%s = " : "    rate_%s = ", state->name);
        xt_expr_emit(out, model, state->rate);
        if (!again) {
            xt_text_printf(out, ";\n    slope_%s = ", state->name);
            if (state->slope)
                xt_expr_emit(out, model, state->slope);
            else
                xt_text_add(out, "0.0f");
        }
        xt_text_add(out, ";\n");
    }
    for (int r = 0; r < model->remodelling_count; r++) {
        const xt_remodelling *rule = &model->remodelling[r];
        if (!has(rule->tissues, t->tissue)) continue;
        if (rule->rate) {
            xt_text_printf(out, again ? "    want_%d = 0.5f * (want_%d + " : "    want_%d = (", r, r);
            xt_expr_emit(out, model, rule->rate);
            xt_text_add(out, ");\n");
        }
        for (int k = 0; k < model->phase_count; k++) {
            if (!rule->freed_to[k]) continue;
            xt_text_printf(out, again ? "    free_%d_%d = 0.5f * (free_%d_%d + " : "    free_%d_%d = (", r, k,
                           r, k);
            xt_expr_emit(out, model, rule->freed_to[k]);
            xt_text_add(out, ");\n");
        }
    }
    xt_text_add(out, "    }\n");
}

static void variables_text(xt_text *out, const ruled *t) {
    const xt_model *model = t->model;
    for (int k = 0; k < model->state_count; k++)
        if (has(t->own, k))
            xt_text_printf(out, "    const XT_REAL old_state_%s = state_%s;\n", model->state[k].name,
                           model->state[k].name);
    for (int k = 0; k < model->state_count; k++)
        if (has(t->own, k) && model->state[k].rate)
            xt_text_printf(out, "    XT_REAL rate_%s, again_%s, slope_%s;\n", model->state[k].name,
                           model->state[k].name, model->state[k].name);
    for (int p = 0; p < model->phase_count && t->remodels; p++)
        xt_text_printf(out, "    const XT_REAL old_f_%s = f_%s;\n", model->phase[p], model->phase[p]);
    for (int r = 0; r < model->remodelling_count; r++) {
        const xt_remodelling *rule = &model->remodelling[r];
        if (!has(rule->tissues, t->tissue)) continue;
        if (rule->rate) xt_text_printf(out, "    XT_REAL want_%d;\n", r);
        for (int k = 0; k < model->phase_count; k++)
            if (rule->freed_to[k]) xt_text_printf(out, "    XT_REAL free_%d_%d;\n", r, k);
    }
}

/* States with a value. */
static void values_text(xt_text *out, const ruled *t) {
    const xt_model *model = t->model;
    xt_text_add(out, "    {\n");
    xt_tissue_quantity_text(out, model, t->for_values, t->tissue);
    for (int k = 0; k < model->state_count; k++) {
        if (!has(t->own, k) || !model->state[k].value) continue;
        xt_text_printf(out, "    state_%s = ", model->state[k].name);
        xt_expr_emit(out, model, model->state[k].value);
        xt_text_add(out, ";\n");
    }
    xt_text_add(out, "    }\n");
}

/* Phases from where they were (back: that is where the old ones are kept), then states with a value;
 * inside a block of the substep's end. */
static void apply_text(xt_text *out, const ruled *t, bool back) {
    const xt_model *model = t->model;
    if (t->targets) values_text(out, t); /* targets may use them */
    for (int p = 0; p < model->phase_count && t->remodels && back; p++)
        xt_text_printf(out, "    f_%s = old_f_%s;\n", model->phase[p], model->phase[p]);
    for (int r = 0; r < model->remodelling_count; r++)
        if (has(model->remodelling[r].tissues, t->tissue)) rule_text(out, t->rules, r, t->tissue, t->booked);
    if (t->remodels) fill_text(out, model);
    values_text(out, t);
}

static void substep_text(xt_text *out, const ruled *t) {
    const xt_model *model = t->model;
    variables_text(out, t);
    xt_text_add(out, "    const xt_entry before = entry;\n");
    at_text(out, t, 0);
    rates_text(out, t, false);
    xt_text_add(out, "    }\n");
    for (int k = 0; k < model->state_count; k++)
        if (has(t->own, k) && model->state[k].rate)
            xt_text_printf(out, "    state_%s += h * xt_phi1(h * slope_%s) * rate_%s;\n",
                           model->state[k].name, model->state[k].name, model->state[k].name);
    at_text(out, t, 1);
    apply_text(out, t, false);
    rates_text(out, t, true);
    for (int k = 0; k < model->state_count; k++) {
        const char *name = model->state[k].name;
        if (has(t->own, k) && model->state[k].rate)
            xt_text_printf(out,
                           "    state_%s += h * xt_phi2(h * slope_%s) * "
                           "(again_%s - rate_%s - slope_%s * (state_%s - old_state_%s));\n",
                           name, name, name, name, name, name, name);
    }
    xt_text_add(out, "    entry = before;\n");
    apply_text(out, t, true);
    xt_text_add(out, "    }\n");
}

static void end_text(xt_text *out, const ruled *t) {
    const xt_model *model = t->model;
    if (t->booked >= 0) xt_text_printf(out, "    entry.changed = f_%s - was;\n", model->phase[t->booked]);
    for (int p = 0; p < model->phase_count && t->remodels; p++)
        xt_text_printf(out, "    xt_put(f_%s, next_phase + (size_t)%d * cells, i, mine, whole);\n",
                       model->phase[p], p);
    for (int k = 0; k < model->state_count; k++)
        if (has(t->own, k))
            xt_text_printf(out, "    xt_put(state_%s, next_state + (size_t)%d * cells, i, mine, whole);\n",
                           model->state[k].name, k);
    xt_text_add(out, "    return entry;\n}\n\n");
}

void xt_tissue_remodel_text(xt_text *out, const xt_tissue_rules *rules) {
    ruled t;
    for (int k = 1; k <= rules->model->tissue_count; k++) {
        if (!look(&t, rules, k)) continue;
        begin_text(out, &t);
        xt_text_add(out, "    for (int n = 0; n < substeps; n++) {\n");
        substep_text(out, &t);
        xt_text_add(out, "    }\n");
        end_text(out, &t);
    }
}
