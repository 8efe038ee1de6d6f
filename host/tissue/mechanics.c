/* Beam theory in every slice across z: how strained each place is when the limb carries one unit of force.
 *
 * Strain under an axial force N at (ex, ey) from the stiffness centroid is N/EA + a x + b y with
 * [Sxx Sxy; Sxy Syy] (a, b) = N (ex, ey), S the second moments of stiffness about the centroid; a voxel's own
 * moment (h^2/12 of its stiffness) counts, so that even a single voxel is not singular. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "tissue/internal.h"

static bool stiff(const xt_model *model, int tissue) {
    return tissue && model->mechanics.tissues >> tissue & 1;
}

/* Modulus of the second tissue of a cell: at its composition, with the states of the cell. */
static void second_text(xt_text *out, const xt_tissue_rules *rules, const xt_cell_uses *uses, int tissue) {
    const xt_model *model = rules->model;
    xt_cell_uses rest = *uses;
    rest.phase = rest.phase0 = 0;
    xt_text_printf(out, "    if (m.second == %d) {\n    const int tissue = %d;\n", tissue, tissue);
    for (int p = 0; p < model->phase_count; p++) {
        for (int start = 0; start < 2; start++) {
            if (!((start ? uses->phase0 : uses->phase) >> p & 1)) continue;
            xt_text_printf(out, "    const float %s_%s = ", start ? "f0" : "f", model->phase[p]);
            xt_cell_text_number(out, model->tissue[tissue].composition[p]);
            xt_text_add(out, ";\n");
        }
    }
    xt_tissue_load_text(out, rules, &rest, tissue, false);
    xt_text_add(out, "    e += share * ");
    xt_expr_emit(out, model, model->mechanics.modulus);
    xt_text_add(out, ";\n    }\n");
}

void xt_tissue_modulus_text(xt_text *out, const xt_tissue_rules *rules) {
    const xt_model *model = rules->model;
    xt_cell_uses uses = {0};
    xt_cell_uses_add(&uses, model, model->mechanics.modulus);
    xt_text_add(out, "static inline float xt_modulus_cell(int i, int cells, xt_material m, " XT_TISSUE_BUFFERS
                     " {\n    const float share = 1.0f - xt_home(m);\n    float e = 0.0f;\n");
    for (int t = 1; model->mechanics.modulus && t <= model->tissue_count; t++) {
        if (!stiff(model, t)) continue;
        xt_text_printf(out, "    if (m.tissue == %d) {\n    const int tissue = %d;\n", t, t);
        xt_tissue_load_text(out, rules, &uses, t, false);
        xt_text_add(out, "    e += (1.0f - share) * ");
        xt_expr_emit(out, model, model->mechanics.modulus);
        xt_text_add(out, ";\n    }\n");
        second_text(out, rules, &uses, t);
    }
    xt_text_add(out, "    return e;\n}\n\n");
}

/* First cell of each slice; blocks are ordered by z, block 0 belongs to none. */
static xt_status slice_cells(xt_tissue_rules *rules, xt_error *err) {
    const xt_mesh *mesh = rules->fields->mesh;
    const size_t bytes = ((size_t)rules->slices + 1) * sizeof(cl_int);
    cl_int *first = malloc(bytes);
    if (!first) return xt_no_memory(err, "slices", bytes);
    size_t b = 1;
    for (int z = 0; z <= rules->slices; z++) {
        while (b < mesh->blocks && mesh->block[b].z < z) b++;
        first[z] = (cl_int)(b * XT_BLOCK);
    }
    const xt_status status = xt_buffer_write(rules->device, rules->slice, 0, bytes, first, err);
    free(first);
    return status;
}

static size_t row_size(const xt_tissue_rules *rules) {
    return 3 + 2 * (size_t)(rules->model->mechanics.modulus ? rules->model->mechanics.case_count : 0);
}

xt_status xt_mechanics_create(xt_tissue_rules *rules, xt_error *err) {
    xt_device *device = rules->device;
    if (!device) return XT_OK;
    rules->slices = rules->fields->mesh->dims[2];
    const size_t slices = (size_t)rules->slices;
    const size_t values = slices * row_size(rules);
    rules->section = calloc(2 * values, sizeof *rules->section);
    if (!rules->section) return xt_no_memory(err, "section table", 2 * values * sizeof *rules->section);
    XT_TRY(xt_buffer_create(&rules->table, device, 2 * values * sizeof(float), "section table", err));
    if (!rules->model->mechanics.modulus) return XT_OK;
    XT_TRY(xt_buffer_create(&rules->slice, device, (slices + 1) * sizeof(cl_int), "slices", err));
    XT_TRY(xt_buffer_create(&rules->section_partial, device,
                            slices * XT_SECTION_SUMS * XT_SLICE_LANES * 2 * sizeof(float), "section sums",
                            err));
    XT_TRY(xt_sums_create(&rules->section_sum, device, 2, err));
    return slice_cells(rules, err);
}

static xt_status section_sums(double (**sums)[XT_SECTION_SUMS], xt_tissue_rules *rules, xt_error *err) {
    xt_fields *f = rules->fields;
    const size_t rows = (size_t)rules->slices * XT_SECTION_SUMS,
                 bytes = rows * XT_SLICE_LANES * 2 * sizeof(float);
    const cl_int cells = (cl_int)f->cells, slices = rules->slices;
    xt_arg args[9 + XT_CELL_ARGS] = {XT_ARG(f->block),
                                     XT_ARG(f->material),
                                     XT_ARG(rules->slice),
                                     XT_ARG(slices),
                                     XT_ARG(rules->section_partial),
                                     XT_ARG(cells),
                                     XT_ARG(f->phase),
                                     XT_ARG(f->state),
                                     XT_ARG(rules->scratch)};
    const int n = xt_tissue_read_args(args, 9, rules, false);
    xt_status status = XT_OK;
    float *partial = malloc(bytes);
    *sums = calloc((size_t)rules->slices, sizeof **sums);
    if (!partial || !*sums) {
        status = xt_no_memory(err, "section sums", bytes);
        goto done;
    }
    XT_GO(xt_launch(rules->device, rules->section_sums, (size_t)rules->slices * XT_SLICE_LANES, 0, args, n,
                    "section", 8.0 * (double)f->cells, err));
    XT_GO(xt_buffer_read(rules->device, rules->section_partial, 0, bytes, partial, err));
    for (size_t r = 0; r < rows; r++)
        for (size_t l = 0; l < XT_SLICE_LANES; l++) {
            const float *p = &partial[2 * (r * XT_SLICE_LANES + l)];
            (*sums)[r / XT_SECTION_SUMS][r % XT_SECTION_SUMS] += (double)p[0] + (double)p[1];
        }
done:
    free(partial);
    return status;
}

/* One table row; strains are multiplied by `scale`. A slice that carries nothing gives zeros. */
static void fill_row(float *row, const xt_tissue_rules *rules, const double sum[XT_SECTION_SUMS],
                     double scale) {
    const xt_mechanics *mechanics = &rules->model->mechanics;
    const double *h = rules->fields->mesh->spacing;
    if (!(sum[0] > 0)) return;
    const double x = sum[1] / sum[0], y = sum[2] / sum[0];
    const double xx = fmax(sum[3] - sum[0] * x * x, 0) + sum[0] * h[0] * h[0] / 12;
    const double yy = fmax(sum[4] - sum[0] * y * y, 0) + sum[0] * h[1] * h[1] / 12;
    const double xy = sum[5] - sum[0] * x * y, det = xx * yy - xy * xy;
    row[0] = (float)(scale / sum[0]);
    row[1] = (float)x;
    row[2] = (float)y;
    if (!(det > 1e-9 * xx * yy)) return; /* only rounding makes it so: the axial part alone */
    for (int j = 0; j < mechanics->case_count; j++) {
        const double *e = mechanics->eccentricity[j];
        row[3 + 2 * j] = (float)(scale * (e[0] * yy - e[1] * xy) / det);
        row[4 + 2 * j] = (float)(scale * (e[1] * xx - e[0] * xy) / det);
    }
}

static size_t table_size(const xt_tissue_rules *rules) { return (size_t)rules->slices * row_size(rules); }

static xt_status write_table(xt_tissue_rules *rules, double (*sums)[XT_SECTION_SUMS], double scale,
                             xt_error *err) {
    const size_t row = row_size(rules), values = table_size(rules);
    memset(rules->section, 0, values * sizeof *rules->section);
    for (int z = 0; z < rules->slices; z++) fill_row(rules->section + (size_t)z * row, rules, sums[z], scale);
    return xt_buffer_write(rules->device, rules->table, 0, values * sizeof(float), rules->section, err);
}

size_t xt_mechanics_bytes(const xt_tissue_rules *rules) {
    return rules->device ? table_size(rules) * sizeof(float) : 0;
}
float *xt_mechanics_before(xt_tissue_rules *rules) { return rules->section + table_size(rules); }

xt_status xt_mechanics_foretell(xt_tissue_rules *rules, double ahead, xt_error *err) {
    const size_t values = table_size(rules), bytes = xt_mechanics_bytes(rules);
    const float *before = xt_mechanics_before(rules);
    float *end = malloc(bytes);
    if (!end) return xt_no_memory(err, "section table", bytes);
    for (size_t k = 0; k < values; k++)
        end[k] = rules->section[k] + (ahead > 0 ? (float)ahead * (rules->section[k] - before[k]) : 0);
    const xt_status status = xt_buffer_write(rules->device, rules->table, bytes, bytes, end, err);
    free(end);
    return status;
}

void xt_mechanics_keep(xt_tissue_rules *rules) {
    memcpy(xt_mechanics_before(rules), rules->section, xt_mechanics_bytes(rules));
}

/* Mean over the volume it applies to; 0 if there is none. */
static xt_status mean_stimulus(double *mean, xt_tissue_rules *rules, xt_error *err) {
    xt_fields *f = rules->fields;
    const cl_int cells = (cl_int)f->cells;
    const xt_arg args[] = {XT_ARG(f->block), XT_ARG(f->material), XT_ARG(rules->table),
                           XT_ARG(rules->section_sum.partial), XT_ARG(cells)};
    double sum[2];
    XT_TRY(xt_launch(rules->device, rules->section_mean, XT_SUM_ITEMS, 0, args, 5, "section",
                     4.0 * (double)f->cells, err));
    XT_TRY(xt_sums_read(sum, rules->device, &rules->section_sum, err));
    *mean = sum[1] > 0 ? sum[0] / sum[1] : 0;
    return XT_OK;
}

xt_status xt_tissue_mechanics(xt_tissue_rules *rules, xt_error *err) {
    double(*sums)[XT_SECTION_SUMS] = NULL;
    double mean = 0, stiffness = 0;
    xt_status status = XT_OK;
    if (!rules->device || !rules->model->mechanics.modulus) return XT_OK;
    XT_GO(section_sums(&sums, rules, err));
    if (!(rules->kept.scale >
          0)) { /* a first scale that keeps fourth powers within range, then the right one */
        for (int z = 0; z < rules->slices; z++) stiffness = fmax(stiffness, sums[z][0]);
        XT_GO(write_table(rules, sums, stiffness, err));
        XT_GO(mean_stimulus(&mean, rules, err));
        rules->kept.scale = mean > 0 ? stiffness / mean : 0;
    }
    XT_GO(write_table(rules, sums, rules->kept.scale, err));
done:
    free(sums);
    return status;
}
