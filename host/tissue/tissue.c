/* Life of the rules: compile, step, report, and what a checkpoint keeps. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "tissue/internal.h"

static xt_status build(xt_tissue_rules *rules, xt_error *err) {
    xt_text text = {0};
    xt_status status;
    xt_tissue_text(&text, rules);
    const xt_program_part parts[] = {
        {"grid.clh", NULL},         {"sum.clh", NULL},     {"tissue.clh", NULL},
        {NULL, xt_text_get(&text)}, {"section.clh", NULL}, {"remodel.cl", NULL},
        {"labels.cl", NULL},        {"means.cl", NULL},    {"mechanics.cl", NULL}};
    const struct {
        cl_kernel *kernel;
        const char *name;
    } kernels[] = {{&rules->beside, "tissue_beside"},
                   {&rules->remodel, "tissue_remodel"},
                   {&rules->initialise, "tissue_initialise"},
                   {&rules->propose, "tissue_propose"},
                   {&rules->apply, "tissue_apply"},
                   {&rules->means, "tissue_means"},
                   {&rules->section_sums, "tissue_section_sums"},
                   {&rules->section_mean, "tissue_section_mean"}};
    XT_GO(xt_text_check(&text, "the tissue kernels", err));
    XT_GO(xt_program_build(&rules->program, rules->device, parts, (int)(sizeof parts / sizeof *parts), "",
                           err));
    for (size_t k = 0; k < sizeof kernels / sizeof *kernels; k++)
        XT_GO(xt_kernel_create(kernels[k].kernel, rules->program, kernels[k].name, err));
done:
    xt_text_free(&text);
    return status;
}

/* The phases that beside() asks for, anywhere in the rules. */
static void find_beside(xt_tissue_rules *rules) {
    const xt_model *model = rules->model;
    xt_cell_uses uses = {0};
    for (int k = 0; k < model->state_count; k++) {
        xt_cell_uses_add(&uses, model, model->state[k].rate);
        xt_cell_uses_add(&uses, model, model->state[k].value);
    }
    for (int r = 0; r < model->remodelling_count; r++) {
        const xt_remodelling *rule = &model->remodelling[r];
        xt_cell_uses_add(&uses, model, rule->rate);
        xt_cell_uses_add(&uses, model, rule->target);
        for (int k = 0; k < model->phase_count; k++) xt_cell_uses_add(&uses, model, rule->freed_to[k]);
    }
    for (int p = 0; p < model->phase_count; p++)
        if (uses.beside >> p & 1) rules->beside_phase[rules->beside_count++] = p;
}

static xt_status buffers(xt_tissue_rules *rules, xt_error *err) {
    const size_t cells = rules->fields->cells,
                 planes = rules->beside_count > 1 ? (size_t)rules->beside_count : 1;
    XT_TRY(xt_buffer_create(&rules->scratch, rules->device, cells * planes * 2, "label proposals", err));
    XT_TRY(xt_buffer_create(&rules->dwell, rules->device, cells, "label clocks", err));
    XT_TRY(xt_buffer_create(&rules->count, rules->device, sizeof(cl_uint), "label count", err));
    rules->book_items = cells < XT_BOOK_ITEMS ? cells : XT_BOOK_ITEMS;
    rules->book_host = malloc(rules->book_items * 8 * sizeof(float));
    if (!rules->book_host) return xt_no_memory(err, "volume books", rules->book_items * 8 * sizeof(float));
    return xt_buffer_create(&rules->book, rules->device, rules->book_items * 8 * sizeof(float),
                            "volume books", err);
}

xt_status xt_tissue_create(xt_tissue_rules **out, xt_fields *fields, xt_error *err) {
    xt_tissue_rules *rules = calloc(1, sizeof *rules);
    xt_status status = XT_OK;
    *out = NULL;
    if (!rules) return xt_no_memory(err, "tissue rules", sizeof *rules);
    rules->fields = fields;
    rules->model = fields->model;
    rules->device = fields->mesh ? fields->device : NULL;
    if (rules->model->quantity_count > XT_MAX_QUANTITIES) {
        status = xt_fail(err, XT_USAGE, "%s: %d quantities; at most %d are supported", rules->model->file,
                         rules->model->quantity_count, XT_MAX_QUANTITIES);
        goto done;
    }
    XT_GO(xt_means_create(rules, err));
    if (rules->device) {
        rules->reads = (xt_cell_uses){.phase0 = 1, .exposure = 1, .peak = 1, .scalar = true};
        find_beside(rules);
        XT_GO(buffers(rules, err));
        XT_GO(xt_mechanics_create(rules, err));
        XT_GO(build(rules, err));
    }
    *out = rules;
done:
    if (status != XT_OK) xt_tissue_free(rules);
    return status;
}

void xt_tissue_free(xt_tissue_rules *rules) {
    if (!rules) return;
    cl_kernel *kernels[] = {&rules->beside, &rules->remodel, &rules->initialise,   &rules->propose,
                            &rules->apply,  &rules->means,   &rules->section_sums, &rules->section_mean};
    cl_mem *memory[] = {&rules->scratch, &rules->dwell, &rules->count,          &rules->book,
                        &rules->table,   &rules->slice, &rules->section_partial};
    for (size_t k = 0; k < sizeof kernels / sizeof *kernels; k++) xt_kernel_free(kernels[k]);
    if (rules->device) {
        for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) xt_buffer_free(rules->device, memory[k]);
        xt_sums_free(rules->device, &rules->mean_sums);
        xt_sums_free(rules->device, &rules->section_sum);
    }
    xt_program_free(rules->program);
    free(rules->book_host);
    free(rules);
}

const xt_tissue_report *xt_tissue_get_report(const xt_tissue_rules *rules) { return &rules->report; }

static void report(xt_tissue_rules *rules) {
    rules->report = (xt_tissue_report){.label_changes = rules->kept.label_changes,
                                       .fraction_defect = rules->kept.fraction_defect,
                                       .book_defect = rules->kept.book_defect};
}

int xt_tissue_read_args(xt_arg *args, int count, xt_tissue_rules *rules, bool peak) {
    const int first = count;
    count += xt_cell_args(args + count, rules->fields, &rules->reads);
    if (!peak) /* what nobody has computed must not be read */
        for (int k = first; k < count; k++)
            if (args[k].value == &rules->fields->peak) args[k].value = &rules->fields->rest;
    return count;
}

/* ---- initial states ---- */

xt_status xt_tissue_initialise_cells(xt_tissue_rules *rules, bool changed_only, xt_error *err) {
    xt_fields *f = rules->fields;
    const cl_int cells = (cl_int)f->cells, changed = changed_only;
    xt_arg args[8 + XT_CELL_ARGS] = {XT_ARG(f->block), XT_ARG(f->material),   XT_ARG(rules->table),
                                     XT_ARG(changed),  XT_ARG(cells),         XT_ARG(f->phase),
                                     XT_ARG(f->state), XT_ARG(rules->scratch)};
    const int n = xt_tissue_read_args(args, 8, rules, false);
    return xt_launch(rules->device, rules->initialise, f->cells, 0, args, n,
                     changed_only ? "labels" : "remodelling", 6.0 * (double)f->cells, err);
}

xt_status xt_tissue_initialise(xt_tissue_rules *rules, const double *scalar, xt_error *err) {
    for (int k = 0; k < rules->fields->organ_count; k++) {
        xt_organ *organ = &rules->fields->organ[k];
        xt_cell_initialise(rules->model, organ->tissue, organ->phase, organ->phase0, organ->state, scalar);
    }
    if (!rules->device) return XT_OK;
    XT_TRY(xt_fields_set_scalars(rules->fields, scalar, err));
    return xt_tissue_initialise_cells(rules, false, err);
}

/* ---- a step ---- */

static xt_status read_book(xt_tissue_rules *rules, xt_error *err) {
    double applied = 0, changed = 0, gross = 0, volume = 0, defect = 0;
    XT_TRY(xt_buffer_read(rules->device, rules->book, 0, rules->book_items * 8 * sizeof(float),
                          rules->book_host, err));
    for (size_t i = 0; i < rules->book_items; i++) {
        const float *row = rules->book_host + 8 * i;
        applied += (double)row[0] + (double)row[1];
        changed += (double)row[2] + (double)row[3];
        gross += (double)row[4];
        volume += (double)row[5];
        defect = fmax(defect, (double)row[6]);
    }
    rules->kept.applied += applied;
    rules->kept.changed += changed;
    rules->kept.gross += gross;
    rules->kept.fraction_defect = fmax(rules->kept.fraction_defect, defect);
    /* a millionth of the volume keeps rounding in a body where nothing happens from looking like a mismatch
     */
    const double scale = rules->kept.gross + 1e-6 * volume;
    if (scale > 0)
        rules->kept.book_defect =
            fmax(rules->kept.book_defect, fabs(rules->kept.applied - rules->kept.changed) / scale);
    return XT_OK;
}

static xt_status remodel(xt_tissue_rules *rules, bool peak, double step, xt_error *err) {
    xt_fields *f = rules->fields;
    const cl_int cells = (cl_int)f->cells, items = (cl_int)rules->book_items;
    const cl_float dt = (cl_float)step;
    const xt_arg beside[] = {XT_ARG(f->block), XT_ARG(f->material), XT_ARG(f->phase), XT_ARG(rules->scratch),
                             XT_ARG(cells)};
    xt_arg args[10 + XT_CELL_ARGS] = {XT_ARG(f->block),      XT_ARG(f->material), XT_ARG(rules->table),
                                      XT_ARG(rules->book),   XT_ARG(items),       XT_ARG(dt),
                                      XT_ARG(cells),         XT_ARG(f->phase),    XT_ARG(f->state),
                                      XT_ARG(rules->scratch)};
    const int n = xt_tissue_read_args(args, 10, rules, peak), phases = rules->model->phase_count;
    const double bytes =
        (double)f->cells * 4 * (2 * phases + 2 * rules->model->state_count + 2 * rules->model->species_count);
    if (rules->beside_count)
        XT_TRY(xt_launch(rules->device, rules->beside, f->cells, 0, beside, 5, "remodelling",
                         6.0 * (double)f->cells, err));
    XT_TRY(
        xt_launch(rules->device, rules->remodel, rules->book_items, 0, args, n, "remodelling", bytes, err));
    return read_book(rules, err);
}

xt_status xt_tissue_step(xt_tissue_rules *rules, const double *scalar, double dt, int substeps,
                         xt_error *err) {
    const xt_model *model = rules->model;
    if (substeps < 1) substeps = 1;
    for (int k = 0; k < rules->fields->organ_count; k++)
        xt_organ_step(model, &rules->fields->organ[k], scalar, dt, substeps);
    if (!rules->device) return XT_OK;
    const bool peak = model->peak_share >= 0 && scalar[model->peak_share] > 0;
    XT_TRY(xt_fields_set_scalars(rules->fields, scalar, err));
    for (int n = 0; n < substeps; n++) XT_TRY(remodel(rules, peak, dt / substeps, err));
    XT_TRY(xt_labels_step(rules, dt, err));
    report(rules);
    return XT_OK;
}

/* ---- checkpoints: what is kept, labels, clocks ---- */

size_t xt_tissue_state_size(const xt_tissue_rules *rules) {
    const size_t cells = rules->device ? rules->fields->cells : 0;
    return sizeof rules->kept + cells * (sizeof(xt_material) + 1);
}

xt_status xt_tissue_state_save(void *bytes, xt_tissue_rules *rules, xt_error *err) {
    unsigned char *at = bytes;
    memcpy(at, &rules->kept, sizeof rules->kept);
    if (!rules->device) return XT_OK;
    const size_t cells = rules->fields->cells, labels = cells * sizeof(xt_material);
    at += sizeof rules->kept;
    XT_TRY(xt_buffer_read(rules->device, rules->fields->material, 0, labels, at, err));
    return xt_buffer_read(rules->device, rules->dwell, 0, cells, at + labels, err);
}

xt_status xt_tissue_state_load(xt_tissue_rules *rules, const void *bytes, xt_error *err) {
    const unsigned char *at = bytes;
    memcpy(&rules->kept, at, sizeof rules->kept);
    report(rules);
    if (!rules->device) return XT_OK;
    const size_t cells = rules->fields->cells, labels = cells * sizeof(xt_material);
    at += sizeof rules->kept;
    XT_TRY(xt_buffer_write(rules->device, rules->fields->material, 0, labels, at, err));
    return xt_buffer_write(rules->device, rules->dwell, 0, cells, at + labels, err);
}
