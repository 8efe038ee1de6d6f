/* What a run of explicit steps holds: secretion, plasma and walls as rows of terms. */
#include "solve/step_internal.h"

#include <math.h>
#include <stdlib.h>

/* Fixed-value walls that a cell touches: transmissibility, and that times the value (as xt_wall in
 * kernels/cell.clh). */
static void add_walls(float out[2], const xt_step *step, const float *wall, size_t cell, int s) {
    const xt_mesh *mesh = step->fields->mesh;
    const int species = step->fields->model->species_count;
    const xt_coefficients *table = (const void *)step->fields->coefficient_host;
    int voxel[3];
    xt_mesh_position(mesh, cell, voxel);
    out[0] = out[1] = 0;
    for (int k = 0; k < 6; k++) {
        const float value = wall[k * species + s];
        if (voxel[k / 2] != (k & 1 ? mesh->dims[k / 2] - 1 : 0) || isnan(value)) continue;
        const float h = (float)mesh->spacing[k / 2];
        const float t =
            1.0f / (h * h * 0.5f *
                    table[(step->stencil.word[cell] & 255u) * (unsigned)species + (unsigned)s].resistance);
        out[0] += t;
        out[1] += t * value;
    }
}

static float mixed(float home, float second, float share) { return home + share * (second - home); }

/* 1/phi, drain and bias of one cell and species. */
static void cell_terms(float out[STEP_TERMS], const xt_step *step, const float *wall, float source,
                       size_t cell, int s) {
    const int species = step->fields->model->species_count;
    const xt_coefficients *table = (const void *)step->fields->coefficient_host;
    const uint32_t w = step->stencil.word[cell];
    const xt_coefficients *a = table + (w & 255u) * (unsigned)species + s,
                          *b = table + (w >> 8 & 255u) * (unsigned)species + s;
    const float share = (float)(w >> 16) * (1.0f / 65535.0f);
    const float fluid = mixed(a->fluid, b->fluid, share);
    float edge[2] = {0, 0};
    out[0] = out[1] = out[2] = 0;
    if (!(w & 255u) || !(fluid > 0)) return;
    if (wall) add_walls(edge, step, wall, cell, s);
    out[0] = 1.0f / fluid;
    out[1] = mixed(a->loss, b->loss, share) + mixed(a->exchange, b->exchange, share) + edge[0];
    out[2] = source + mixed(a->supply, b->supply, share) * (float)step->fields->plasma[s] + edge[1];
}

/* Do all cells of a block have the class and the secretion of the cell `like`? */
static bool same_again(const xt_step *step, const float *source, size_t block, size_t like) {
    const size_t cells = step->fields->cells;
    const uint32_t *word = step->stencil.word;
    for (size_t i = block * XT_BLOCK; i < (block + 1) * XT_BLOCK; i++) {
        if (word[i] != word[like]) return false;
        for (int s = 0; s < step->fields->model->species_count; s++)
            if (source[(size_t)s * cells + i] != source[(size_t)s * cells + like]) return false;
    }
    return true;
}

/* Does block b + 1 follow block b in x, with everything around it one block further on? */
static bool goes_on(const xt_step *step, const cl_int2 *term, size_t b) {
    const xt_block *block = step->fields->mesh->block;
    const xt_stencil_block *one = &step->stencil.table[b], *two = one + 1;
    if (term[b + 1].s[1] < 1 || term[b + 1].s[0] != term[b].s[0] ||
        block[b].neighbour[XT_XP] != (int32_t)b + 1)
        return false;
    if (one->x != two->x || one->y != two->y || one->z != two->z) return false;
    for (int face = XT_YM; face <= XT_ZP; face++) {
        const int32_t here = block[b].neighbour[face], there = block[b + 1].neighbour[face];
        if (here ? there != here + 1 : there != 0) return false;
    }
    return true;
}

static bool is_uniform(const float *row, size_t width) {
    for (size_t k = 0; k < width; k++)
        if (row[k] != row[k / XT_BLOCK * XT_BLOCK]) return false;
    return true;
}

/* How many blocks from each on are plain, alike and side by side. */
static void count_runs(cl_int2 *term, const xt_rows *rows, const xt_step *step) {
    for (size_t b = step->fields->mesh->blocks; b-- > 1;) {
        const float *row = rows->row + (size_t)term[b].s[0] * rows->width;
        if (step->stencil.table[b].kind != XT_KIND_PLAIN || !is_uniform(row, rows->width)) continue;
        const bool on = b + 1 < step->fields->mesh->blocks && goes_on(step, term, b);
        term[b].s[1] = on ? term[b + 1].s[1] + 1 : 1;
    }
}

/* ---- to pick from ---- */

/* Cells with the same word that secrete the same have the same terms. */
typedef struct {
    uint32_t word[STEP_PALETTE];
    float source[STEP_PALETTE][XT_MAX_SPECIES];
    float *terms;      /* [species][STEP_TERMS][STEP_PALETTE] */
    unsigned char *id; /* [cells] */
    int count;
} term_palette;

static int find_entry(const term_palette *p, const xt_step *step, const float *source, size_t cell,
                      int last) {
    const int species = step->fields->model->species_count;
    for (int k = 0, n = last; k < p->count; k++, n = (n + 1) % p->count) {
        bool same = p->word[n] == step->stencil.word[cell];
        for (int s = 0; s < species && same; s++)
            same = p->source[n][s] == source[(size_t)s * step->fields->cells + cell];
        if (same) return n;
    }
    return -1;
}

/* False if the terms of pure cells are more than there is room for. */
static bool fill_palette(term_palette *p, const xt_step *step, const float *source) {
    const size_t cells = step->fields->cells;
    const int species = step->fields->model->species_count;
    int last = 0;
    for (size_t i = 0; i < cells; i++) {
        if (step->stencil.word[i] >> 16) continue;
        int n = find_entry(p, step, source, i, last);
        if (n < 0) {
            if (p->count == STEP_PALETTE) return false;
            n = p->count++;
            p->word[n] = step->stencil.word[i];
            for (int s = 0; s < species; s++) {
                float own[STEP_TERMS];
                p->source[n][s] = source[(size_t)s * cells + i];
                cell_terms(own, step, NULL, p->source[n][s], i, s);
                for (int k = 0; k < STEP_TERMS; k++)
                    p->terms[(s * STEP_TERMS + k) * STEP_PALETTE + n] = own[k];
            }
        }
        p->id[i] = (unsigned char)n;
        last = n;
    }
    return true;
}

static xt_status fill_terms(cl_int2 *term, xt_rows *rows, const xt_step *step, const float *wall,
                            const float *source, float *row, xt_error *err) {
    const size_t cells = step->fields->cells;
    const int species = step->fields->model->species_count;
    size_t like = 0; /* first cell of the last block that was the same throughout; 0: none yet */
    for (size_t b = 1; b < step->fields->mesh->blocks; b++) {
        if (step->stencil.table[b].kind == XT_KIND_PICK) {
            term[b].s[1] = -1;
            continue;
        }
        const int16_t touches = wall ? step->fields->mesh->block[b].wall : 0;
        if (like && !touches && same_again(step, source, b, like)) {
            term[b].s[0] = term[like / XT_BLOCK].s[0];
            continue;
        }
        for (int l = 0; l < XT_BLOCK; l++)
            for (int s = 0; s < species; s++) {
                const size_t cell = b * XT_BLOCK + (size_t)l;
                float own[STEP_TERMS];
                cell_terms(own, step, touches ? wall : NULL, source[(size_t)s * cells + cell], cell, s);
                for (int k = 0; k < STEP_TERMS; k++) row[(s * STEP_TERMS + k) * XT_BLOCK + l] = own[k];
            }
        XT_TRY(xt_rows_add(&term[b].s[0], rows, row, err));
        if (!touches && same_again(step, source, b, b * XT_BLOCK)) like = b * XT_BLOCK;
    }
    count_runs(term, rows, step);
    return XT_OK;
}

/* Secretion of all cells, evaluated on the device into the second buffer. */
static xt_status read_secretion(float *source, xt_step *step, const double *scalar, xt_error *err) {
    xt_fields *fields = step->fields;
    const xt_model *model = fields->model;
    const cl_int cells = (cl_int)fields->cells;
    const size_t entries = (size_t)(model->tissue_count + 1) * (size_t)model->species_count * 2;
    float *table = malloc(entries * sizeof *table);
    if (!table) return xt_no_memory(err, "secretion", entries * sizeof *table);
    xt_source_table(table, fields, scalar, XT_SOURCE_PULSE);
    xt_status status = XT_OK;
    XT_GO(xt_buffer_write(fields->device, step->base, 0, entries * sizeof *table, table, err));
    XT_GO(xt_fields_set_scalars(fields, scalar, err));
    xt_arg args[8 + XT_CELL_ARGS] = {XT_ARG(fields->word), XT_ARG(fields->class_tissue), XT_ARG(step->base),
                                     XT_ARG(fields->peak), XT_ARG(cells)};
    const int count = 5 + xt_cell_args(args + 5, fields, &step->uses);
    XT_GO(xt_launch(fields->device, step->secretion, fields->cells, 0, args, count, "step: secretion",
                    4.0 * model->species_count * (double)fields->cells, err));
    XT_GO(xt_buffer_read(fields->device, fields->peak, 0,
                         fields->cells * (size_t)model->species_count * sizeof *source, source, err));
done:
    free(table);
    return status;
}

static xt_status put(cl_mem *buffer, size_t *size, const xt_fields *fields, size_t bytes, const void *from,
                     xt_error *err) {
    if (*buffer && *size < bytes) xt_buffer_free(fields->device, buffer);
    if (!*buffer) XT_TRY(xt_buffer_create(buffer, fields->device, bytes, "terms of the step", err));
    *size = bytes > *size ? bytes : *size;
    return xt_buffer_write(fields->device, *buffer, 0, bytes, from, err);
}

/* Blocks in the order in which step_cells takes them: plain ones first in each slab of a wavefront. */
static xt_status hold_order(xt_step *step, const cl_int2 *term, xt_error *err) {
    const xt_mesh *mesh = step->fields->mesh;
    const int slab = step->shape.slab > 0 ? step->shape.slab : 8;
    cl_int *order = calloc(mesh->blocks, sizeof *order);
    if (!order) return xt_no_memory(err, "the order of blocks", mesh->blocks * sizeof *order);
    for (size_t begin = 1, end; begin < mesh->blocks; begin = end) {
        size_t n = begin;
        for (end = begin; end < mesh->blocks && mesh->block[end].z / slab == mesh->block[begin].z / slab;
             end++)
            if (term[end].s[1] > 0) order[n++] = (cl_int)end;
        for (size_t b = begin; b < end; b++)
            if (term[b].s[1] <= 0) order[n++] = (cl_int)b;
    }
    const xt_status status =
        put(&step->order, &step->order_size, step->fields, mesh->blocks * sizeof *order, order, err);
    free(order);
    return status;
}

/* Terms to pick from, where they are few enough and no walls hold the fields: then stencil->pick. */
static xt_status hold_palette(xt_step *step, const float *source, xt_error *err) {
    const xt_fields *fields = step->fields;
    const size_t floats = (size_t)fields->model->species_count * STEP_TERMS * STEP_PALETTE;
    term_palette p = {.terms = calloc(floats, sizeof(float)), .id = calloc(fields->cells, 1)};
    xt_status status = p.terms && p.id ? XT_OK : xt_no_memory(err, "terms of the step", fields->cells);
    if (status != XT_OK) goto done;
    XT_GO(xt_stencil_read(&step->stencil, fields, err));
    const bool pick = step->shape.pick != XT_PICK_NONE && !step->walls && fill_palette(&p, step, source);
    XT_GO(xt_stencil_update(&step->stencil, fields, pick ? (xt_pick)step->shape.pick : XT_PICK_NONE, err));
    XT_GO(put(&step->term_palette, &step->term_palette_size, fields, floats * sizeof(float), p.terms, err));
    XT_GO(put(&step->term_id, &step->term_id_size, fields, pick ? fields->cells : 1, p.id, err));
done:
    free(p.terms);
    free(p.id);
    return status;
}

xt_status xt_step_hold(xt_step *step, const double *scalar, xt_error *err) {
    xt_fields *fields = step->fields;
    const size_t species = (size_t)fields->model->species_count, blocks = fields->mesh->blocks;
    float wall[6 * XT_MAX_SPECIES], level[XT_MAX_SPECIES];
    xt_rows rows = {0};
    xt_status status = XT_OK;
    float *source = malloc(fields->cells * species * sizeof *source);
    float *row = malloc(species * STEP_TERMS * XT_BLOCK * sizeof *row);
    cl_int2 *term = calloc(blocks, sizeof *term);
    if (!source || !row || !term) {
        status = xt_no_memory(err, "terms of the step", fields->cells * species * sizeof *source);
        goto done;
    }
    XT_GO(read_secretion(source, step, scalar, err));
    XT_GO(hold_palette(step, source, err));
    XT_GO(xt_buffer_read(fields->device, fields->wall, 0, 6 * species * sizeof *wall, wall, err));
    XT_GO(xt_rows_create(&rows, species * STEP_TERMS * XT_BLOCK, err));
    XT_GO(fill_terms(term, &rows, step, step->walls ? wall : NULL, source, row, err));
    XT_GO(put(&step->term, &step->term_size, fields, blocks * sizeof *term, term, err));
    XT_GO(
        put(&step->terms, &step->terms_size, fields, rows.count * rows.width * sizeof(float), rows.row, err));
    XT_GO(hold_order(step, term, err));
    for (size_t s = 0; s < species; s++) level[s] = (float)fields->plasma[s];
    XT_GO(xt_buffer_write(fields->device, step->level, 0, species * sizeof *level, level, err));
    step->row_bytes = (double)(step->stencil.rows * species * XT_BLOCK + rows.count * rows.width) * 4 +
                      (step->stencil.pick ? 4.0 * (double)fields->cells : 0);
done:
    xt_rows_free(&rows);
    free(source);
    free(row);
    free(term);
    return status;
}
