/* Life of the rules: compile, step, report, and what a checkpoint keeps. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "tissue/internal.h"

static xt_status build(xt_tissue_rules *rules, xt_error *err) {
    xt_text definitions = {0}, text = {0};
    xt_status status;
    xt_tissue_definitions(&definitions, rules);
    xt_tissue_text(&text, rules);
    const xt_program_part parts[] = {
        {"grid.clh", NULL},    {"sum.clh", NULL},          {NULL, xt_text_get(&definitions)},
        {"tissue.clh", NULL},  {NULL, xt_text_get(&text)}, {"section.clh", NULL},
        {"remodel.cl", NULL},  {"labels.cl", NULL},        {"means.cl", NULL},
        {"mechanics.cl", NULL}};
    const struct {
        cl_kernel *kernel;
        const char *name;
    } kernels[] = {{&rules->beside, "tissue_beside"},
                   {&rules->remodel, "tissue_remodel"},
                   {&rules->keep, "tissue_keep"},
                   {&rules->initialise, "tissue_initialise"},
                   {&rules->propose, "tissue_propose"},
                   {&rules->apply, "tissue_apply"},
                   {&rules->means, "tissue_means"},
                   {&rules->section_sums, "tissue_section_sums"},
                   {&rules->section_mean, "tissue_section_mean"}};
    XT_GO(xt_text_check(&text, "the tissue kernels", err));
    XT_GO(xt_text_check(&definitions, "the tissue kernels", err));
    XT_GO(xt_program_build(&rules->program, rules->device, parts, (int)(sizeof parts / sizeof *parts),
                           rules->lanes ? "-DXT_ROWS" : "", err));
    for (size_t k = 0; k < sizeof kernels / sizeof *kernels; k++)
        XT_GO(xt_kernel_create(kernels[k].kernel, rules->program, kernels[k].name, err));
done:
    xt_text_free(&definitions);
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
    const size_t most = rules->lanes ? XT_BOOK_ROWS : XT_BOOK_ITEMS;
    rules->book_items = cells < most ? cells : most;
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
    rules->organ = calloc((size_t)fields->organ_count + 1, sizeof *rules->organ);
    if (!rules->organ) {
        status = xt_no_memory(err, "organs", (size_t)fields->organ_count * sizeof *rules->organ);
        goto done;
    }
    if (rules->model->quantity_count > XT_MAX_QUANTITIES) {
        status = xt_fail(err, XT_USAGE, "%s: %d quantities; at most %d are supported", rules->model->file,
                         rules->model->quantity_count, XT_MAX_QUANTITIES);
        goto done;
    }
    if (rules->model->remodelling_count > XT_MAX_RULES) {
        status = xt_fail(err, XT_USAGE, "%s: %d remodelling rules; at most %d are supported",
                         rules->model->file, rules->model->remodelling_count, XT_MAX_RULES);
        goto done;
    }
    rules->stride = (int)fmax(1, fmin(XT_PILOT_STRIDE, (double)fields->cells / XT_PILOT_CELLS));
    XT_GO(xt_means_create(rules, err));
    if (rules->device) {
        rules->lanes = (xt_device_get_info(rules->device)->type &
                        (CL_DEVICE_TYPE_CPU | CL_DEVICE_TYPE_GPU)) == CL_DEVICE_TYPE_CPU;
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
    cl_kernel *kernels[] = {&rules->beside,     &rules->remodel,      &rules->keep,
                            &rules->initialise, &rules->propose,      &rules->apply,
                            &rules->means,      &rules->section_sums, &rules->section_mean};
    cl_mem *memory[] = {&rules->scratch,    &rules->dwell,     &rules->count,           &rules->book,
                        &rules->table,      &rules->slice,     &rules->section_partial, &rules->rows,
                        &rules->kept_phase, &rules->kept_state};
    for (size_t k = 0; k < sizeof kernels / sizeof *kernels; k++) xt_kernel_free(kernels[k]);
    if (rules->device) {
        for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) xt_buffer_free(rules->device, memory[k]);
        xt_sums_free(rules->device, &rules->mean_sums);
        xt_sums_free(rules->device, &rules->section_sum);
    }
    xt_program_free(rules->program);
    free(rules->book_host);
    free(rules->row);
    free(rules->row_host);
    free(rules->organ);
    free(rules->section);
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

/* Scalars at the ends of the substeps, on straight lines between the ends of the step. */
static xt_status fill_rows(xt_tissue_rules *rules, const xt_tissue_span *span, xt_error *err) {
    const int scalars = rules->model->scalar_count, rows = span->substeps + 1;
    const size_t count = (size_t)rows * (size_t)scalars;
    if (rows > rules->row_count) {
        double *row = realloc(rules->row, count * sizeof *row);
        if (row) rules->row = row;
        float *host = realloc(rules->row_host, count * sizeof *host);
        if (host) rules->row_host = host;
        if (!row || !host) return xt_no_memory(err, "scalars of a step", count * sizeof *row);
        if (rules->device) {
            xt_buffer_free(rules->device, &rules->rows);
            XT_TRY(xt_buffer_create(&rules->rows, rules->device, count * sizeof *host, "scalars of a step",
                                    err));
        }
        rules->row_count = rows;
    }
    for (int n = 0; n < rows; n++)
        for (int k = 0; k < scalars; k++) {
            const double from = span->begin[k], to = span->end[k], share = (double)n / span->substeps;
            rules->row[n * scalars + k] = n == 0                              ? from
                                          : n == span->substeps || from == to ? to
                                                                              : from + share * (to - from);
        }
    if (!rules->device) return XT_OK;
    for (size_t k = 0; k < count; k++) rules->row_host[k] = (float)rules->row[k];
    return xt_buffer_write(rules->device, rules->rows, 0, count * sizeof(float), rules->row_host, err);
}

static void read_book(xt_tissue_rules *rules) {
    double applied = 0, changed = 0, gross = 0, volume = 0, defect = 0;
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
}

/* beside() of the phases as they are: before anything changes them. */
static xt_status look_beside(xt_tissue_rules *rules, xt_error *err) {
    xt_fields *f = rules->fields;
    const cl_int cells = (cl_int)f->cells;
    const xt_arg beside[] = {XT_ARG(f->block), XT_ARG(f->material), XT_ARG(f->phase), XT_ARG(rules->scratch),
                             XT_ARG(cells)};
    if (!rules->beside_count || rules->looked) return XT_OK;
    rules->looked = true;
    return xt_launch(rules->device, rules->beside, f->cells, 0, beside, 5, "remodelling",
                     6.0 * (double)f->cells, err);
}

/* In place, every stride-th block. */
static xt_status remodel(xt_tissue_rules *rules, const xt_tissue_span *span, int stride, xt_error *err) {
    xt_fields *f = rules->fields;
    const xt_model *model = rules->model;
    const bool peak = model->peak_share >= 0 && span->begin[model->peak_share] > 0;
    const cl_mem *before = xt_fields_before(f, false), *top = xt_fields_before(f, peak);
    const cl_int cells = (cl_int)f->cells, items = (cl_int)rules->book_items, substeps = span->substeps,
                 every = stride;
    const cl_float dt = (cl_float)(span->dt / span->substeps), ahead = (cl_float)span->ahead;
    xt_arg args[17 + XT_CELL_ARGS] = {
        XT_ARG(f->block), XT_ARG(f->material),   XT_ARG(rules->table), XT_ARG(rules->book), XT_ARG(items),
        XT_ARG(dt),       XT_ARG(substeps),      XT_ARG(ahead),        XT_ARG(*before),     XT_ARG(*top),
        XT_ARG(f->phase), XT_ARG(f->state),      XT_ARG(every),        XT_ARG(cells),       XT_ARG(f->phase),
        XT_ARG(f->state), XT_ARG(rules->scratch)};
    int n = xt_tissue_read_args(args, 17, rules, peak);
    for (int k = 17; k < n; k++)
        if (args[k].value == &f->scalar) args[k].value = &rules->rows;
    const int values = 2 * model->phase_count + 2 * model->state_count + 3 * model->species_count;
    XT_TRY(look_beside(rules, err));
    return xt_launch(rules->device, rules->remodel, rules->book_items, rules->lanes ? 1 : 0, args, n,
                     "remodelling", 4.0 * values * (double)f->cells / stride, err);
}

/* What the rules see at the ends of the step. */
static xt_status prepare(xt_tissue_rules *rules, const xt_tissue_span *span, xt_error *err) {
    XT_TRY(fill_rows(rules, span, err));
    return rules->device ? xt_mechanics_foretell(rules, span->ahead, err) : XT_OK;
}

static void step_organs(xt_tissue_rules *rules, const xt_tissue_span *span) {
    for (int k = 0; k < rules->fields->organ_count; k++)
        xt_organ_step(rules->model, &rules->fields->organ[k], span, rules->row);
}

xt_status xt_tissue_step(xt_tissue_rules *rules, const xt_tissue_span *span, xt_error *err) {
    XT_TRY(prepare(rules, span, err));
    step_organs(rules, span);
    if (!rules->device) return XT_OK;
    XT_TRY(remodel(rules, span, 1, err));
    rules->looked = false;
    xt_mechanics_keep(rules);
    XT_TRY(xt_fields_set_scalars(rules->fields, span->end, err)); /* what label rules see */
    XT_TRY(xt_buffer_read(rules->device, rules->book, 0, rules->book_items * 8 * sizeof(float),
                          rules->book_host, err));
    read_book(rules);
    if (span->dt > 0) XT_TRY(xt_labels_step(rules, span->dt, err)); /* nobody classifies after no time */
    report(rules);
    return XT_OK;
}

/* ---- a step on trial ---- */

static size_t pilot_cells(const xt_tissue_rules *rules) {
    const size_t blocks = rules->fields->cells / XT_BLOCK, stride = (size_t)rules->stride;
    return (blocks + stride - 1) / stride * XT_BLOCK;
}

/* The pilot blocks' phases and states to rules->kept, or back. */
static xt_status keep(xt_tissue_rules *rules, bool back, xt_error *err) {
    xt_fields *f = rules->fields;
    const cl_int cells = (cl_int)f->cells, stride = rules->stride, backward = back;
    const size_t count = pilot_cells(rules);
    const int phases = rules->model->phase_count, states = rules->model->state_count;
    if (!rules->kept_values) {
        const size_t bytes = count * sizeof(float);
        XT_TRY(xt_buffer_create(&rules->kept_phase, f->device, bytes * (size_t)phases, "phases before a step",
                                err));
        XT_TRY(xt_buffer_create(&rules->kept_state, f->device, bytes * (size_t)states, "states before a step",
                                err));
        rules->kept_values = true;
    }
    for (int k = 0; k < 2; k++) {
        const cl_int planes = k ? states : phases;
        const size_t values = count * (size_t)planes;
        const cl_mem *value = k ? &f->state : &f->phase, *kept = k ? &rules->kept_state : &rules->kept_phase;
        const xt_arg args[] = {XT_ARG(*value),   XT_ARG(*kept),  XT_ARG(planes),
                               XT_ARG(backward), XT_ARG(stride), XT_ARG(cells)};
        XT_TRY(
            xt_launch(f->device, rules->keep, values, 0, args, 6, "remodelling", 8.0 * (double)values, err));
    }
    return XT_OK;
}

xt_status xt_tissue_pilot(double *scalar, xt_tissue_rules *rules, const xt_tissue_span *span, xt_error *err) {
    xt_fields *f = rules->fields;
    const size_t organs = (size_t)f->organ_count * sizeof *f->organ;
    XT_TRY(prepare(rules, span, err));
    memcpy(rules->organ, f->organ, organs);
    step_organs(rules, span);
    if (rules->device) {
        XT_TRY(keep(rules, false, err));
        XT_TRY(remodel(rules, span, rules->stride, err));
    }
    XT_TRY(xt_means(scalar, rules, rules->stride, err));
    memcpy(f->organ, rules->organ, organs);
    return rules->device ? keep(rules, true, err) : XT_OK;
}

/* ---- checkpoints: what is kept, labels, clocks ---- */

size_t xt_tissue_state_size(const xt_tissue_rules *rules) {
    const size_t cells = rules->device ? rules->fields->cells : 0;
    return sizeof rules->kept + xt_mechanics_bytes(rules) + cells * (sizeof(xt_material) + 1);
}

xt_status xt_tissue_state_save(void *bytes, xt_tissue_rules *rules, xt_error *err) {
    unsigned char *at = bytes;
    memcpy(at, &rules->kept, sizeof rules->kept);
    if (!rules->device) return XT_OK;
    const size_t cells = rules->fields->cells, labels = cells * sizeof(xt_material);
    at += sizeof rules->kept;
    memcpy(at, xt_mechanics_before(rules), xt_mechanics_bytes(rules));
    at += xt_mechanics_bytes(rules);
    XT_TRY(xt_buffer_read(rules->device, rules->fields->material, 0, labels, at, err));
    return xt_buffer_read(rules->device, rules->dwell, 0, cells, at + labels, err);
}

xt_status xt_tissue_state_load(xt_tissue_rules *rules, const void *bytes, xt_error *err) {
    const unsigned char *at = bytes;
    memcpy(&rules->kept, at, sizeof rules->kept);
    report(rules);
    rules->looked = false;
    if (!rules->device) return XT_OK;
    const size_t cells = rules->fields->cells, labels = cells * sizeof(xt_material);
    at += sizeof rules->kept;
    memcpy(xt_mechanics_before(rules), at, xt_mechanics_bytes(rules));
    at += xt_mechanics_bytes(rules);
    XT_TRY(xt_buffer_write(rules->device, rules->fields->material, 0, labels, at, err));
    return xt_buffer_write(rules->device, rules->dwell, 0, cells, at + labels, err);
}
