#include "solve/step.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "solve/step_internal.h"

/* Fields that take less than this stay in the last-level cache of a processor: going past it would lose. */
static const double cached_bytes = 32e6;

/* ---- making and unmaking ---- */

static xt_status build(xt_step *step, const char *text, xt_error *err) {
    const xt_step_shape *shape = &step->shape;
    char options[64];
    const xt_program_part parts[] = {
        {"grid.clh", NULL}, {"transport.clh", NULL}, {"sum.clh", NULL},   {"reduce.clh", NULL},
        {NULL, text},       {"cell.clh", NULL},      {"lanes.clh", NULL}, {"stencil.clh", NULL},
        {"step.cl", NULL}};
    snprintf(options, sizeof options, "%s-DXT_FUSED%s", xt_stencil_options(step->fields),
             step->rows               ? " -DXT_ROWS"
             : step->shape.cells == 4 ? " -DXT_QUADS"
                                      : "");
    XT_TRY(xt_program_build(&step->program, step->fields->device, parts, (int)(sizeof parts / sizeof *parts),
                            options, err));
    XT_TRY(xt_kernel_create(&step->naive, step->program, "step_naive", err));
    XT_TRY(xt_kernel_create(&step->cells, step->program, "step_cells", err));
    XT_TRY(xt_kernel_create(&step->secretion, step->program, "step_secretion", err));
    if (!step->rows) return XT_OK;
    XT_TRY(xt_step_rows_create(step, err));
    XT_TRY(
        xt_step_tiling_create(&step->single, step, text, 1, shape->single_rows, shape->single_stream, err));
    if (shape->slab > 0 || step->reactions) return XT_OK;
    return xt_step_tiling_create(&step->blocked, step, text, shape->levels, shape->rows, shape->stream, err);
}

static xt_status create(xt_step *step, const double *scalar, xt_error *err) {
    xt_fields *fields = step->fields;
    const xt_model *model = fields->model;
    const size_t species = (size_t)model->species_count,
                 entries = ((size_t)model->tissue_count + 1) * species * 2;
    float wall[6 * XT_MAX_SPECIES];
    xt_text text = {0};
    xt_status status = XT_OK;
    step->rows = step->shape.cells == XT_BLOCK;
    step->reactions = xt_source_has_reactions(model);
    step->cell_count = (cl_int)fields->cells;
    if (2 * sizeof(float) * (double)species * (double)fields->cells < cached_bytes)
        step->shape.single_stream = step->shape.stream = 0;
    for (int axis = 0; axis < 3; axis++) step->box.s[axis] = (float)fields->mesh->spacing[axis];
    step->box.s[3] = (float)fields->mesh->dims[0];
    XT_GO(xt_source_check(model, err));
    XT_GO(xt_buffer_read(fields->device, fields->wall, 0, 6 * species * sizeof *wall, wall, err));
    for (size_t k = 0; k < 6 * species; k++) step->walls |= !isnan(wall[k]);
    XT_GO(xt_buffer_create(&step->base, fields->device, entries * sizeof(float), "secretion", err));
    XT_GO(xt_buffer_create(&step->level, fields->device, species * sizeof(float), "plasma levels", err));
    xt_source_text(&text, model, step->walls, &step->uses);
    XT_GO(xt_text_check(&text, "kernels of the step", err));
    XT_GO(build(step, xt_text_get(&text), err));
    XT_GO(xt_step_hold(step, scalar, err));
done:
    xt_text_free(&text);
    return status;
}

xt_status xt_step_create(xt_step **out, xt_fields *fields, const double *scalar, const xt_step_shape *shape,
                         xt_error *err) {
    *out = NULL;
    xt_step *step = calloc(1, sizeof *step);
    if (!step) return xt_no_memory(err, "the explicit step", sizeof *step);
    step->fields = fields;
    if (shape) step->shape = *shape;
    xt_status status = shape ? XT_OK : xt_step_shape_get(&step->shape, NULL, fields->device, err);
    if (status == XT_OK) status = create(step, scalar, err);
    if (status == XT_OK)
        *out = step;
    else
        xt_step_free(step);
    return status;
}

void xt_step_free(xt_step *step) {
    if (!step) return;
    xt_device *device = step->fields->device;
    xt_step_tiling_free(&step->single, device);
    xt_step_tiling_free(&step->blocked, device);
    xt_stencil_free(&step->stencil, device);
    cl_mem *buffers[] = {&step->base, &step->level, &step->term_id,   &step->term_palette,
                         &step->term, &step->terms, &step->row_first, &step->order};
    for (size_t k = 0; k < sizeof buffers / sizeof *buffers; k++) xt_buffer_free(device, buffers[k]);
    cl_kernel *kernels[] = {&step->naive, &step->cells, &step->secretion};
    for (size_t k = 0; k < sizeof kernels / sizeof *kernels; k++) xt_kernel_free(kernels[k]);
    xt_program_free(step->program);
    free(step->row_host);
    free(step);
}

/* ---- figures ---- */

double xt_step_stable(const xt_step *step) {
    return step->fields->max_rate > 0 ? 1 / step->fields->max_rate : INFINITY;
}

double xt_step_bytes(const xt_step *step) { return 8.0 * step->fields->model->species_count + 4; }

double xt_step_plain_share(const xt_step *step) {
    return (double)step->stencil.plain / (double)(step->fields->mesh->blocks - 1);
}

double xt_step_picked_share(const xt_step *step) {
    return (double)step->stencil.picked / (double)(step->fields->mesh->blocks - 1);
}

double xt_step_row_bytes(const xt_step *step) { return step->row_bytes / (double)step->fields->cells; }

/* ---- launches ---- */

static void add(xt_arg *args, int *count, const xt_arg *more, size_t n) {
    for (size_t k = 0; k < n; k++) args[(*count)++] = more[k];
}
#define ADD(args, count, more) add(args, count, more, sizeof(more) / sizeof *(more))

static void swap(xt_fields *fields) {
    const cl_mem next = fields->peak;
    fields->peak = fields->rest;
    fields->rest = next;
}

/* The arguments that STEP_PARAMETERS stands for (kernels/step.cl). */
static int step_args(xt_arg *args, xt_step *step, const xt_fields *view) {
    const xt_fields *fields = step->fields;
    const xt_stencil *stencil = &step->stencil;
    const xt_arg first[] = {XT_ARG(fields->block), XT_ARG(stencil->block),   XT_ARG(stencil->face),
                            XT_ARG(stencil->id),   XT_ARG(stencil->palette), XT_ARG(step->term),
                            XT_ARG(step->terms),   XT_ARG(step->term_id),    XT_ARG(step->term_palette)};
    const xt_arg reacting[] = {XT_ARG(fields->word), XT_ARG(fields->class_tissue)};
    const xt_arg last[] = {XT_ARG(step->dt), XT_ARG(step->cell_count)};
    int n = 0;
    ADD(args, &n, first);
    if (step->reactions) ADD(args, &n, reacting);
    ADD(args, &n, last);
    return step->reactions ? n + xt_cell_args(args + n, view, &step->uses) : n;
}

static xt_status run_naive(xt_step *step, xt_error *err) {
    xt_fields *fields = step->fields;
    const cl_int classes = fields->class_count;
    const xt_arg mesh[] = {XT_ARG(step->box),           XT_ARG(fields->block), XT_ARG(fields->word),
                           XT_ARG(fields->coefficient), XT_ARG(fields->wall),  XT_ARG(fields->class_tissue),
                           XT_ARG(fields->membrane)};
    const xt_arg own[] = {
        XT_ARG(step->stencil.pairs), XT_ARG(classes),      XT_ARG(step->base), XT_ARG(step->level),
        XT_ARG(fields->rest),        XT_ARG(fields->peak), XT_ARG(step->dt),   XT_ARG(step->cell_count)};
    xt_arg args[STEP_ARGS];
    int n = 0;
    ADD(args, &n, mesh);
    ADD(args, &n, own);
    n += xt_cell_args(args + n, fields, &step->uses);
    XT_TRY(xt_launch(fields->device, step->naive, fields->cells, 0, args, n, "step: naive",
                     xt_step_bytes(step) * (double)fields->cells, err));
    swap(fields);
    return XT_OK;
}

/* Blocks [first, last) from `from` to `to`. */
static xt_status run_cells(xt_step *step, cl_mem from, cl_mem to, size_t first, size_t last,
                           const char *stage, xt_error *err) {
    xt_fields view = *step->fields;
    if (first >= last) return XT_OK;
    view.rest = from;
    const cl_int begin = (cl_int)(first * XT_BLOCK), end = (cl_int)(last * XT_BLOCK);
    const cl_int run = step->shape.run;
    const xt_arg own[] = {XT_ARG(from),  XT_ARG(to),  XT_ARG(step->order),
                          XT_ARG(begin), XT_ARG(end), XT_ARG(run)};
    xt_arg args[STEP_ARGS];
    int n = step_args(args, step, &view);
    ADD(args, &n, own);
    /* Four cells take many registers: smaller groups than usual then share a processor better. */
    const size_t usual = xt_device_get_info(step->fields->device)->local_default,
                 local = step->rows                              ? 1
                         : step->shape.cells == 4 && usual > 128 ? 128
                                                                 : 0;
    const size_t each = (size_t)step->shape.run * (size_t)step->shape.cells;
    const size_t global = ((size_t)(end - begin) + each - 1) / each;
    return xt_launch(step->fields->device, step->cells, global, local, args, n, stage,
                     xt_step_bytes(step) * (double)(end - begin), err);
}

static xt_status run_tiles(xt_step *step, const step_tiling *tiling, const char *stage, xt_error *err) {
    xt_fields *fields = step->fields;
    const cl_int ny = fields->mesh->dims[1], nz = fields->mesh->dims[2], room = tiling->room;
    const xt_arg own[] = {XT_ARG(fields->rest),
                          XT_ARG(fields->peak),
                          XT_ARG(tiling->tile),
                          XT_ARG(tiling->share),
                          XT_ARG(step->row_first),
                          XT_ARG(ny),
                          XT_ARG(nz),
                          XT_ARG(tiling->scratch),
                          XT_ARG(room)};
    xt_arg args[STEP_ARGS];
    int n = step_args(args, step, fields);
    ADD(args, &n, own);
    XT_TRY(xt_launch(fields->device, tiling->kernel, (size_t)tiling->workers, 1, args, n, stage,
                     tiling->levels * xt_step_bytes(step) * (double)fields->cells, err));
    swap(fields);
    return XT_OK;
}

static xt_status run_single(xt_step *step, xt_error *err) {
    if (step->rows) return run_tiles(step, &step->single, "step: single pass", err);
    XT_TRY(run_cells(step, step->fields->rest, step->fields->peak, 1, step->fields->mesh->blocks,
                     "step: single pass", err));
    swap(step->fields);
    return XT_OK;
}

/* The first block of plane z, or of the next that has any. */
static size_t plane_first(const xt_mesh *mesh, int z) {
    size_t low = 1, high = mesh->blocks;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (mesh->block[middle].z < z)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* `levels` steps as a wavefront between two buffers: in turn n, level j (from 0) advances slab n - 2 j, even
 * levels from u to v and odd ones from v to u. What it reads, slabs n - 2 j - 1 to n - 2 j + 1, level j - 1
 * wrote in turns up to n - 1; what it overwrites, level j - 1 read for the last time in turn n - 1. */
static xt_status run_wave(xt_step *step, int levels, xt_error *err) {
    xt_fields *fields = step->fields;
    const int slab = step->shape.slab > 0 ? step->shape.slab : 8, nz = fields->mesh->dims[2];
    const int slabs = (nz + slab - 1) / slab;
    const cl_mem buffer[2] = {fields->rest, fields->peak};
    for (int turn = 0; turn < slabs + 2 * (levels - 1); turn++)
        for (int j = levels - 1; j >= 0; j--) {
            const int own = turn - 2 * j;
            if (own < 0 || own >= slabs) continue;
            XT_TRY(run_cells(step, buffer[j & 1], buffer[1 - (j & 1)], plane_first(fields->mesh, own * slab),
                             plane_first(fields->mesh, (own + 1) * slab), "step: blocked", err));
        }
    if (levels & 1) swap(fields);
    return XT_OK;
}

static xt_status run_blocked(xt_step *step, int *steps, xt_error *err) {
    const int levels = step->shape.levels;
    if (*steps < levels || levels < 2) {
        --*steps;
        return run_single(step, err);
    }
    *steps -= levels;
    return step->blocked.known ? run_tiles(step, &step->blocked, "step: blocked", err)
                               : run_wave(step, levels, err);
}

xt_status xt_step_run(xt_step *step, xt_step_variant variant, double dt, int steps, xt_error *err) {
    step->dt = (cl_float)dt;
    while (steps > 0) {
        if (variant == XT_STEP_BLOCKED) {
            XT_TRY(run_blocked(step, &steps, err));
            continue;
        }
        XT_TRY(variant == XT_STEP_NAIVE ? run_naive(step, err) : run_single(step, err));
        steps--;
    }
    return XT_OK;
}
