/* Forward Euler for all species with everything around it held: the benchmark's step, and a reference.
 *
 *     c' = c + dt/phi (div(phi D grad c) + S - phi k c + K (R c_p - c) + phi reaction)      (MODEL.md eq. 1)
 *
 * Plasma levels, secretion (acute, with pulses) and walls stay as they are when they are held; fields that
 * secretion depends on are read then too. Reactions follow the fields. */
#ifndef SOLVE_STEP_H
#define SOLVE_STEP_H

#include "fields/fields.h"

typedef enum {
    XT_STEP_NAIVE,  /* one work-item per voxel, every coefficient looked up */
    XT_STEP_SINGLE, /* one pass per step over rows of coefficients (kernels/stencil.clh) */
    XT_STEP_BLOCKED /* several steps per pass; the same bits as XT_STEP_SINGLE */
} xt_step_variant;

/* What suits a device. Results do not depend on it, cells and XT_PICK_ALL aside: they round
 * differently. */
typedef struct {
    int cells;         /* that a work-item takes at once: 1 or 4 (GPUs), 16: whole blocks (CPUs) */
    int single_rows;   /* rows (along y) of a tile of a single pass (cells 16) */
    int single_stream; /* 1: results go past the caches, where they would not fit in */
    int levels;        /* steps per blocked pass, 1 to XT_STEP_LEVELS_MOST */
    int rows, stream;  /* the same as above, of a blocked pass */
    int slab;          /* planes of a wavefront's slab; 0: tiles instead of a wavefront (cells 16) */
    int run;           /* times that a work-item does so in step_cells */
    int pick;          /* an xt_pick (solve/stencil.h) */
} xt_step_shape;
enum { XT_STEP_LEVELS_MOST = 8 };

/* What is known to suit a device (device/tune.h: environment, tuning run, shipped database), and whether it
 * comes from a tuning run. */
xt_step_shape xt_step_shape_for(const xt_device *device);
bool xt_step_is_tuned(const xt_device *device);
/* XT_USAGE where CROSSTALK_TUNE asks for what there is not. */
xt_status xt_step_shape_check(const xt_device *device, xt_error *err);

/* The tuning run: time shapes on these fields (128^3 voxels or so) and keep the best for the device in the
 * cache folder. Takes some seconds and spoils fields->rest and ->peak. */
xt_status xt_step_tune(xt_step_shape *shape, xt_fields *fields, const double *scalar, xt_error *err);

typedef struct xt_step xt_step;

/* Build the kernels and hold sources for these scalars (model order). `fields` must have a mesh and outlive
 * the step; shape NULL: xt_step_shape_for. XT_USAGE where a formula cannot be evaluated here
 * (solve.h). */
xt_status xt_step_create(xt_step **step, xt_fields *fields, const double *scalar, const xt_step_shape *shape,
                         xt_error *err);
void xt_step_free(xt_step *step);

/* Hold again: after scalars, plasma levels, states or the geometry changed. Blocking. */
xt_status xt_step_hold(xt_step *step, const double *scalar, xt_error *err);

/* Advance fields->rest by `steps` steps of dt hours; fields->peak is the second buffer, and the two change
 * places. Not blocking. */
xt_status xt_step_run(xt_step *step, xt_step_variant variant, double dt, int steps, xt_error *err);

/* The largest stable dt, h (fields->max_rate); bytes that a single pass must move per cell: every species
 * read and written once, and the tables of blocks. */
double xt_step_stable(const xt_step *step);
double xt_step_bytes(const xt_step *step);

/* Shares of blocks that are plain, and that pick coefficients by number; bytes of coefficients per cell. */
double xt_step_plain_share(const xt_step *step);
double xt_step_picked_share(const xt_step *step);
double xt_step_row_bytes(const xt_step *step);

#endif
