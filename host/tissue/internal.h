/* Shared within the room: the compiled rules, and the generated kernel text. */
#ifndef TISSUE_INTERNAL_H
#define TISSUE_INTERNAL_H

#include "fields/cell_text.h"
#include "tissue/tissue.h"

enum {
    XT_MAX_QUANTITIES = 64, /* as many as xt_cell_uses can mark */
    XT_MAX_RULES = 32,      /* of remodelling */
    XT_BOOK_ITEMS =
        8192, /* work-items of the remodelling kernel at most: 32 bytes each, so few cells pay for them */
    XT_PILOT_STRIDE = 16,
    XT_PILOT_CELLS = 16384, /* blocks that take pilot steps: one in that many, not fewer cells */
    XT_MEAN_ROWS = 256,     /* work-items of the means on processors */
    XT_BOOK_ROWS = 512,     /* the same on processors */
    XT_SLICE_LANES = 256,   /* work-items that sum one slice (kernels/mechanics.cl says the same) */
    XT_SECTION_SUMS = 6,    /* E A, E A x, E A y, E A x^2, E A y^2, E A xy */
    XT_DWELL_TICKS = 240    /* the dwell time in ticks of the label clocks */
};

struct xt_tissue_rules {
    xt_fields *fields;
    const xt_model *model;
    xt_device *device; /* NULL: well-mixed, nothing below exists */
    xt_tissue_report report;
    bool lanes; /* kernels take blocks of 16 cells in vectors (XT_ROWS): processors */

    xt_program *program;
    cl_kernel beside, remodel, keep, initialise, propose, apply, means, section_sums, section_mean;
    xt_cell_uses reads; /* the parameters that generated code reads, phases and states aside */

    int beside_count, beside_phase[XT_MAX_PHASES];
    double *row; /* scalars at the ends of the substeps, [row_count][scalar_count] */
    cl_mem rows; /* the same in fp32 */
    float *row_host;
    int row_count;
    xt_organ *organ;               /* [organ_count] as they were before a pilot step */
    int stride;                    /* of the blocks that take pilot steps */
    cl_mem kept_phase, kept_state; /* [planes][cells of those] as they were; made by the first */
    bool kept_values;
    bool looked; /* scratch has beside() of the phases as they are */
    cl_mem
        scratch;  /* ushort[max(beside_count, 1)][cells]: beside() before a step, proposed labels after it */
    cl_mem dwell; /* uchar[cells]: ticks until the label may change again */
    cl_mem count; /* uint: labels proposed */
    cl_mem book;  /* float8[book_items] */
    size_t book_items;
    float *book_host;

    xt_sums mean_sums; /* a sum per mean, then the volume of each tissue that has a mean */
    int mean_count, weight_count, weight_of[XT_MAX_TISSUES + 1];

    float *section; /* host copies of the table: now, and at the start of the step before */
    cl_mem table; /* float[2][slices][3 + 2 cases]: axial strain, centroid x, y, bending strain per mm of each
                     case; at the start of the step and at its end */
    cl_mem slice; /* int[slices + 1]: first cell of each slice */
    cl_mem section_partial; /* float2[slices][XT_SECTION_SUMS][XT_SLICE_LANES] */
    xt_sums section_sum;    /* of stimulus and of volume where it applies */
    int slices;

    /* what a checkpoint holds, apart from labels and clocks */
    struct {
        double scale, time; /* of the stimulus (0: not fixed yet); h since the labels began */
        double applied, changed, gross;
        double fraction_defect, book_defect;
        unsigned long long label_changes;
    } kept;
};

/* Everything the kernels need that depends on the model and the grid: definitions, then formulas. */
void xt_tissue_definitions(xt_text *out, const xt_tissue_rules *rules);
void xt_tissue_text(xt_text *out, const xt_tissue_rules *rules);
void xt_tissue_remodel_text(xt_text *out, const xt_tissue_rules *rules);
unsigned xt_tissue_ruled(const xt_model *model); /* bit k: tissue k has rules */
void xt_tissue_label_text(xt_text *out, const xt_tissue_rules *rules);
void xt_tissue_mean_text(xt_text *out, const xt_tissue_rules *rules);
void xt_tissue_modulus_text(xt_text *out, const xt_tissue_rules *rules);

/* Loads of everything in `uses` for cell i, phases and states as variables, the rest as constants; then the
 * quantities of `tissue` in file order. `young`: exposures are 1. */
void xt_tissue_load_text(xt_text *out, const xt_tissue_rules *rules, const xt_cell_uses *uses, int tissue,
                         bool young);

/* Parts of it: phases, states and beside(); quantities. */
void xt_tissue_cell_text(xt_text *out, const xt_tissue_rules *rules, const xt_cell_uses *uses);
void xt_tissue_quantity_text(xt_text *out, const xt_model *model, unsigned long long which, int tissue);

/* What follows a generated function's own parameters: the buffers of a cell. */
#define XT_TISSUE_BUFFERS                                                                                    \
    "__global const float *phase, __global const float *state, __global const ushort *scratch XT_READS)"

xt_status xt_labels_step(xt_tissue_rules *rules, double dt, xt_error *err);
/* Means over every stride-th block, and organs. */
xt_status xt_means(double *scalar, xt_tissue_rules *rules, int stride, xt_error *err);
xt_status xt_mechanics_create(xt_tissue_rules *rules, xt_error *err);
/* The section table of the step's end, from now and the step before; keep: now becomes before. */
xt_status xt_mechanics_foretell(xt_tissue_rules *rules, double ahead, xt_error *err);
void xt_mechanics_keep(xt_tissue_rules *rules);
size_t xt_mechanics_bytes(const xt_tissue_rules *rules); /* of one table */
float *xt_mechanics_before(xt_tissue_rules *rules);
xt_status xt_means_create(xt_tissue_rules *rules, xt_error *err);

/* initialise kernel: all cells, or those whose label just changed (scratch holds new | old << 8). */
xt_status xt_tissue_initialise_cells(xt_tissue_rules *rules, bool changed_only, xt_error *err);

/* The non-constant initial formulas of one cell on the host; exposures are 1. */
void xt_cell_initialise(const xt_model *model, int tissue, const double *phase, const double *phase0,
                        double *state, const double *scalar);

/* rows: the scalars at the ends of the substeps, [substeps + 1][scalar_count]. */
void xt_organ_step(const xt_model *model, xt_organ *organ, const xt_tissue_span *span, const double *rows);

/* Arguments of rules->reads appended at args + count; returns the new count. */
int xt_tissue_read_args(xt_arg *args, int count, xt_tissue_rules *rules, bool peak);

#endif
