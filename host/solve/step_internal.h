/* What the files of the explicit step share. */
#ifndef SOLVE_STEP_INTERNAL_H
#define SOLVE_STEP_INTERNAL_H

#include "solve/internal.h"
#include "solve/rows.h"
#include "solve/stencil.h"
#include "solve/step.h"

/* Terms of a cell and species as rows hold them: 1/phi, drain, bias. STEP_PALETTE:
 * entries to pick from. STEP_ARGS: arguments at most. */
enum { STEP_TERMS = 3, STEP_PALETTE = 16, STEP_ARGS = 48 };

/* One launch of step_tiles: tiles of all z and some y, dealt out to workers. */
typedef struct {
    xt_program *program;
    cl_kernel kernel;
    cl_mem tile, share, scratch;
    int levels, workers, room;
    bool known;
} step_tiling;

struct xt_step {
    xt_fields *fields;
    xt_step_shape shape;
    xt_cell_uses uses;
    bool walls, reactions, rows; /* rows: whole blocks by a work-item (XT_ROWS) */
    cl_float4 box;
    xt_program *program;
    cl_kernel naive, cells, secretion;
    step_tiling single, blocked;
    xt_stencil stencil;
    cl_mem base, level; /* secretion (kernels/cell.clh); plasma levels */
    cl_mem term, terms; /* int2[blocks]; float[rows][species_count][STEP_TERMS][XT_BLOCK] */
    cl_mem term_id, term_palette;
    cl_mem order; /* int[blocks]: the same in each slab, plain ones first (step_cells) */
    size_t term_size, terms_size, term_id_size, term_palette_size, order_size;
    cl_mem row_first;  /* int[nz][ny + 1]: first block of each row of the box, and the end */
    int32_t *row_host; /* the same */
    double row_bytes;  /* of coefficients, all together */
    cl_float dt;
    cl_int cell_count;
};

/* step_tune.c: the shape for a device, and whether it was tuned (NULL: not asked). XT_USAGE where
 * CROSSTALK_TUNE is wrong. */
xt_status xt_step_shape_get(xt_step_shape *shape, bool *tuned, const xt_device *device, xt_error *err);

/* step_tiles.c */
xt_status xt_step_rows_create(xt_step *step, xt_error *err);
/* Deal the mesh out for tiles of `rows` and `levels` steps at once; text: as for the other kernels. */
xt_status xt_step_tiling_create(step_tiling *tiling, xt_step *step, const char *text, int levels, int rows,
                                int stream, xt_error *err);
void xt_step_tiling_free(step_tiling *tiling, xt_device *device);

#endif
