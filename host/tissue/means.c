/* Means of formulas over tissues: one kernel for the mesh, the host for organs. */
#include <stdlib.h>
#include "tissue/internal.h"

static bool is_mean(const xt_model *model, int k) { return model->scalar[k].kind == XT_SCALAR_MEAN; }

/* Means of tissue `t`, in scalar order: sum j of the kernel is the j-th mean of all. */
static void tissue_text(xt_text *out, const xt_tissue_rules *rules, int t) {
    const xt_model *model = rules->model;
    xt_cell_uses uses = {0};
    for (int k = 0; k < model->scalar_count; k++)
        if (is_mean(model, k) && model->scalar[k].tissue == t)
            xt_cell_uses_add(&uses, model, model->scalar[k].mean);
    xt_text_printf(out,
                   "static inline void xt_means_%d(int i, int cells, xt_true mine, xt_real own, xt_tally "
                   "*sum, " XT_TISSUE_BUFFERS " {\n    const int tissue = %d;\n"
                   "    const XT_REAL section = 0.0f;\n",
                   t, t);
    xt_tissue_load_text(out, rules, &uses, t, false);
    for (int k = 0, j = 0; k < model->scalar_count; k++) {
        if (!is_mean(model, k)) continue;
        if (model->scalar[k].tissue == t) {
            xt_text_printf(out, "    xt_tally_add(&sum[%d], xt_zero_unless(mine, own * (", j);
            xt_expr_emit(out, model, model->scalar[k].mean);
            xt_text_add(out, ")));\n");
        }
        j++;
    }
    xt_text_printf(out, "    xt_tally_add(&sum[%d], xt_zero_unless(mine, own));\n}\n\n",
                   rules->mean_count + rules->weight_of[t]);
}

void xt_tissue_mean_text(xt_text *out, const xt_tissue_rules *rules) {
    const int sums = rules->mean_count + rules->weight_count;
    xt_text_printf(out, "#define XT_MEANS %d\n", sums ? sums : 1);
    for (int t = 1; t <= rules->model->tissue_count; t++)
        if (rules->weight_of[t] >= 0) tissue_text(out, rules, t);
}

xt_status xt_means_create(xt_tissue_rules *rules, xt_error *err) {
    const xt_model *model = rules->model;
    for (int t = 0; t <= XT_MAX_TISSUES; t++) rules->weight_of[t] = -1;
    for (int k = 0; k < model->scalar_count; k++) {
        if (!is_mean(model, k)) continue;
        rules->mean_count++;
        int *weight = &rules->weight_of[model->scalar[k].tissue];
        if (*weight < 0) *weight = rules->weight_count++;
    }
    if (!rules->mean_count || !rules->device) return XT_OK;
    const int sums = rules->mean_count + rules->weight_count;
    XT_TRY(xt_sums_create(&rules->mean_sums, rules->device, sums, err));
    return xt_buffer_fill_zero(rules->device, rules->mean_sums.partial, 0,
                               (size_t)sums * XT_SUM_ITEMS * 2 * sizeof(float), err);
}

/* A processor's work-item ends with 16 lanes of every sum to add up: a few hundred do. */
static cl_int mean_items(const xt_tissue_rules *rules) {
    const size_t blocks = rules->fields->cells / XT_BLOCK;
    if (!rules->lanes) return XT_SUM_ITEMS;
    return (cl_int)(blocks / 16 + 1 < XT_MEAN_ROWS ? blocks / 16 + 1 : XT_MEAN_ROWS);
}

/* Mesh sums; result[mean_count + weight_count]. */
static xt_status mesh_sums(double *result, xt_tissue_rules *rules, int stride, xt_error *err) {
    xt_fields *f = rules->fields;
    const cl_int cells = (cl_int)f->cells, every = stride, items = mean_items(rules);
    xt_arg args[8 + XT_CELL_ARGS] = {XT_ARG(f->material), XT_ARG(rules->mean_sums.partial),
                                     XT_ARG(items),       XT_ARG(every),
                                     XT_ARG(cells),       XT_ARG(f->phase),
                                     XT_ARG(f->state),    XT_ARG(rules->scratch)};
    const int n = xt_tissue_read_args(args, 8, rules, false);
    XT_TRY(xt_launch(rules->device, rules->means, (size_t)items, rules->lanes ? 1 : 0, args, n, "means",
                     20.0 * (double)f->cells / stride, err));
    return xt_sums_read(result, rules->device, &rules->mean_sums, err);
}

/* Over the organs of a tissue by volume; where there are none, the tissue as the model file has it. */
static double organ_mean(const xt_tissue_rules *rules, const xt_scalar *mean, const double *scalar) {
    const xt_model *model = rules->model;
    double sum = 0, volume = 0;
    for (int k = 0; k < rules->fields->organ_count; k++) {
        const xt_organ *organ = &rules->fields->organ[k];
        if (organ->tissue != mean->tissue) continue;
        const xt_values values = {
            .scalar = scalar, .phase = organ->phase, .phase0 = organ->phase0, .state = organ->state};
        const double weight = organ->volume > 0 ? organ->volume : 1;
        sum += weight * xt_expr_value(model, mean->mean, &values);
        volume += weight;
    }
    if (volume > 0) return sum / volume;
    const double *composition = model->tissue[mean->tissue].composition;
    double state[XT_MAX_STATES] = {0};
    const xt_values values = {.scalar = scalar, .phase = composition, .phase0 = composition, .state = state};
    for (int k = 0; k < model->state_count; k++)
        if (model->state[k].initial_constant)
            state[k] = xt_expr_value(model, model->state[k].initial, &values);
    return xt_expr_value(model, mean->mean, &values);
}

xt_status xt_means(double *scalar, xt_tissue_rules *rules, int stride, xt_error *err) {
    const xt_model *model = rules->model;
    if (!rules->mean_count) return XT_OK;
    const size_t sums = (size_t)(rules->mean_count + rules->weight_count);
    double *sum = calloc(sums, sizeof *sum);
    xt_status status = XT_OK;
    if (!sum) return xt_no_memory(err, "means", sums * sizeof *sum);
    if (rules->device) XT_GO(xt_fields_set_scalars(rules->fields, scalar, err));
    if (rules->device) XT_GO(mesh_sums(sum, rules, stride, err));
    for (int k = 0, j = 0; k < model->scalar_count; k++) {
        if (!is_mean(model, k)) continue;
        const double volume = sum[rules->mean_count + rules->weight_of[model->scalar[k].tissue]];
        scalar[k] = volume > 0 ? sum[j] / volume : organ_mean(rules, &model->scalar[k], scalar);
        j++;
    }
done:
    free(sum);
    return status;
}

xt_status xt_tissue_means(xt_tissue_rules *rules, double *scalar, xt_error *err) {
    return xt_means(scalar, rules, 1, err);
}

xt_status xt_tissue_watch(double *scalar, xt_tissue_rules *rules, xt_error *err) {
    return xt_means(scalar, rules, rules->stride, err);
}
