/* Shared within the room: the compiled rules, and the generated kernel text. */
#ifndef TISSUE_INTERNAL_H
#define TISSUE_INTERNAL_H

#include "fields/cell_text.h"
#include "tissue/tissue.h"

enum {
    XT_MAX_QUANTITIES = 64, /* as many as xt_cell_uses can mark */
    XT_BOOK_ITEMS =
        8192, /* work-items of the remodelling kernel at most: 32 bytes each, so few cells pay for them */
    XT_SLICE_LANES = 256, /* work-items that sum one slice (kernels/mechanics.cl says the same) */
    XT_SECTION_SUMS = 6,  /* E A, E A x, E A y, E A x^2, E A y^2, E A xy */
    XT_DWELL_TICKS = 240  /* the dwell time in ticks of the label clocks */
};

struct xt_tissue_rules {
    xt_fields *fields;
    const xt_model *model;
    xt_device *device; /* NULL: well-mixed, nothing below exists */
    xt_tissue_report report;

    xt_program *program;
    cl_kernel beside, remodel, initialise, propose, apply, means, section_sums, section_mean;
    xt_cell_uses reads; /* the parameters that generated code reads, phases and states aside */

    int beside_count, beside_phase[XT_MAX_PHASES];
    cl_mem
        scratch;  /* ushort[max(beside_count, 1)][cells]: beside() before a step, proposed labels after it */
    cl_mem dwell; /* uchar[cells]: ticks until the label may change again */
    cl_mem count; /* uint: labels proposed */
    cl_mem book;  /* float8[book_items] */
    size_t book_items;
    float *book_host;

    xt_sums mean_sums; /* a sum per mean, then the volume of each tissue that has a mean */
    int mean_count, weight_count, weight_of[XT_MAX_TISSUES + 1];

    cl_mem table; /* float[slices][3 + 2 cases]: axial strain, centroid x, y, bending strain per mm of each
                     case */
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

/* Everything the kernels need that depends on the model and the grid (text.c, label_text.c). */
void xt_tissue_text(xt_text *out, const xt_tissue_rules *rules);
void xt_tissue_label_text(xt_text *out, const xt_tissue_rules *rules);
void xt_tissue_mean_text(xt_text *out, const xt_tissue_rules *rules);
void xt_tissue_modulus_text(xt_text *out, const xt_tissue_rules *rules);

/* Loads of everything in `uses` for cell i, phases and states as variables, the rest as constants; then the
 * quantities of `tissue` in file order. `young`: exposures are 1. */
void xt_tissue_load_text(xt_text *out, const xt_tissue_rules *rules, const xt_cell_uses *uses, int tissue,
                         bool young);

/* What follows a generated function's own parameters: the buffers of a cell. */
#define XT_TISSUE_BUFFERS                                                                                    \
    "__global float *phase, __global float *state, __global const ushort *scratch XT_READS)"

xt_status xt_labels_step(xt_tissue_rules *rules, double dt, xt_error *err);
xt_status xt_mechanics_create(xt_tissue_rules *rules, xt_error *err);
xt_status xt_means_create(xt_tissue_rules *rules, xt_error *err);

/* initialise kernel: all cells, or those whose label just changed (scratch holds new | old << 8). */
xt_status xt_tissue_initialise_cells(xt_tissue_rules *rules, bool changed_only, xt_error *err);

/* The non-constant initial formulas of one cell on the host; exposures are 1. */
void xt_cell_initialise(const xt_model *model, int tissue, const double *phase, const double *phase0,
                        double *state, const double *scalar);

void xt_organ_step(const xt_model *model, xt_organ *organ, const double *scalar, double dt, int substeps);

/* Arguments of rules->reads appended at args + count; returns the new count. */
int xt_tissue_read_args(xt_arg *args, int count, xt_tissue_rules *rules, bool peak);

#endif
