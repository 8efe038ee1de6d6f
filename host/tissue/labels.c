/* Labels: which rules fit, the clocks that keep a label for the dwell time, and what a change does. */
#include <math.h>
#include "tissue/internal.h"

static void rules_of_text(xt_text *out, const xt_tissue_rules *rules, int tissue) {
    const xt_model *model = rules->model;
    xt_cell_uses uses = {0};
    for (int r = 0; r < model->label_rule_count; r++)
        if (model->label_rule[r].from == tissue) xt_cell_uses_add(&uses, model, model->label_rule[r].when);
    xt_text_printf(out, "    if (tissue == %d) {\n", tissue);
    xt_tissue_load_text(out, rules, &uses, tissue, false);
    for (int r = 0; r < model->label_rule_count; r++) {
        const xt_label_rule *rule = &model->label_rule[r];
        if (rule->from != tissue) continue;
        xt_text_add(out, "    if (");
        if (rule->beside) xt_text_printf(out, "(beside & %uu) != 0 && ", rule->beside);
        xt_text_add(out, "(");
        if (rule->when)
            xt_expr_emit(out, model, rule->when);
        else
            xt_text_add(out, "1");
        xt_text_printf(out, ") != 0) return %d;\n", rule->to);
    }
    xt_text_add(out, "    }\n");
}

static void fluid_text(xt_text *out, const xt_tissue_rules *rules) {
    const xt_model *model = rules->model;
    xt_text_add(out,
                "static inline float xt_fluid(int tissue, int i, int cells, __global const float *phase, "
                "__global const float *s) {\n    switch (tissue) {\n");
    for (int t = 1; t <= model->tissue_count; t++) {
        xt_cell_uses uses = {0};
        if (!model->tissue[t].fluid) continue;
        xt_cell_uses_add(&uses, model, model->tissue[t].fluid);
        xt_text_printf(out, "    case %d: {\n", t);
        for (int p = 0; p < model->phase_count; p++)
            if (uses.phase >> p & 1)
                xt_text_printf(out, "    const float f_%s = phase[(size_t)%d * cells + i];\n",
                               model->phase[p], p);
        xt_text_add(out, "    return ");
        xt_expr_emit(out, model, model->tissue[t].fluid);
        xt_text_add(out, ";\n    }\n");
    }
    xt_text_add(out, "    default: return 0.0f;\n    }\n}\n\n");
}

void xt_tissue_label_text(xt_text *out, const xt_tissue_rules *rules) {
    const xt_model *model = rules->model;
    const int species = model->species_count;
    unsigned from = 0;
    for (int r = 0; r < model->label_rule_count; r++) from |= 1u << model->label_rule[r].from;
    xt_text_printf(out, "#define XT_HAS_RULES(tissue) (%uu >> (tissue) & 1u)\n", from);
    xt_text_add(out, "static inline int xt_rule(int i, int cells, int tissue, uint beside, " XT_TISSUE_BUFFERS
                     " {\n");
    for (int t = 1; t <= model->tissue_count; t++)
        if (from >> t & 1) rules_of_text(out, rules, t);
    xt_text_add(out, "    return 0;\n}\n\n");
    fluid_text(out, rules);
    xt_text_printf(out, "__constant float xt_usual_reference[%d] = {",
                   (model->tissue_count + 1) * species + 1);
    for (int t = 0; t <= model->tissue_count; t++)
        for (int k = 0; k < species; k++) {
            xt_cell_text_number(out, t ? xt_model_baseline_level(model, k, t) : 0);
            xt_text_add(out, ", ");
        }
    xt_text_add(out, "0.0f};\n\n");
}

/* The clocks count whole ticks since the start, so that short steps add up. 1e-9 of a tick forgives rounding.
 */
static double ticks_at(const xt_tissue_rules *rules, double time) {
    return time / rules->model->dwell * XT_DWELL_TICKS;
}

static int ticks_passed(xt_tissue_rules *rules, double dt) {
    const double before = rules->kept.time;
    rules->kept.time += dt;
    if (!(rules->model->dwell > 0)) return 255;
    return (int)fmin(floor(ticks_at(rules, rules->kept.time) + 1e-9) - floor(ticks_at(rules, before) + 1e-9),
                     255);
}

/* Ticks until a label that changes now may change again: never less than the dwell time, at most a tick more.
 */
static int ticks_to_hold(const xt_tissue_rules *rules) {
    if (!(rules->model->dwell > 0)) return 0;
    const double now = ticks_at(rules, rules->kept.time);
    return (int)(ceil(now + XT_DWELL_TICKS - 1e-9) - floor(now + 1e-9));
}

static xt_status propose(xt_tissue_rules *rules, int ticks, cl_uint *count, xt_error *err) {
    xt_fields *f = rules->fields;
    const cl_int cells = (cl_int)f->cells, passed = ticks;
    xt_arg args[9 + XT_CELL_ARGS] = {XT_ARG(f->block), XT_ARG(f->material),  XT_ARG(rules->dwell),
                                     XT_ARG(passed),   XT_ARG(rules->count), XT_ARG(cells),
                                     XT_ARG(f->phase), XT_ARG(f->state),     XT_ARG(rules->scratch)};
    const int n = xt_tissue_read_args(args, 9, rules, false);
    XT_TRY(xt_buffer_fill_zero(rules->device, rules->count, 0, sizeof *count, err));
    XT_TRY(xt_launch(rules->device, rules->propose, f->cells, 0, args, n, "labels",
                     (double)f->cells * (4 + 1 + 2 + 4), err));
    return xt_buffer_read(rules->device, rules->count, 0, sizeof *count, count, err);
}

static xt_status apply(xt_tissue_rules *rules, xt_error *err) {
    xt_fields *f = rules->fields;
    const cl_int cells = (cl_int)f->cells, hold = ticks_to_hold(rules), earlier = f->rest_before != NULL;
    const cl_mem *before = xt_fields_before(f, false), *before_peak = xt_fields_before(f, true);
    const xt_arg args[] = {XT_ARG(f->block),       XT_ARG(f->material), XT_ARG(rules->dwell),
                           XT_ARG(hold),           XT_ARG(cells),       XT_ARG(f->phase),
                           XT_ARG(rules->scratch), XT_ARG(f->scalar),   XT_ARG(f->epsilon),
                           XT_ARG(f->rest),        XT_ARG(f->peak),     XT_ARG(f->reference),
                           XT_ARG(earlier),        XT_ARG(*before),     XT_ARG(*before_peak)};
    XT_TRY(
        xt_launch(rules->device, rules->apply, f->cells, 0, args, 15, "labels", 2.0 * (double)f->cells, err));
    return xt_tissue_initialise_cells(rules, true, err);
}

xt_status xt_labels_step(xt_tissue_rules *rules, double dt, xt_error *err) {
    cl_uint count = 0;
    if (!rules->model->label_rule_count) return XT_OK;
    XT_TRY(propose(rules, ticks_passed(rules, dt), &count, err));
    if (!count) return XT_OK;
    XT_TRY(apply(rules, err));
    rules->kept.label_changes += count;
    return XT_OK;
}
