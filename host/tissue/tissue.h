/* Slow change: per-voxel rules compiled from the model file, volume bookkeeping, labels, section mechanics,
 * region means. */
#ifndef TISSUE_TISSUE_H
#define TISSUE_TISSUE_H

#include "fields/fields.h"

typedef struct xt_tissue_rules xt_tissue_rules;

typedef struct {
    unsigned long long label_changes; /* since the start */
    double fraction_defect;           /* largest |1 - sum of phases| seen */
    double book_defect; /* largest relative mismatch between the integral of the bone rule and the change of
                           bone volume, over the run */
} xt_tissue_report;

/* Compile the kernels for the model (well-mixed: host only). Takes 3 bytes a cell (2 more for each further
 * phase that beside() asks for), and some MB whatever the mesh. */
xt_status xt_tissue_create(xt_tissue_rules **rules, xt_fields *fields, xt_error *err);
void xt_tissue_free(xt_tissue_rules *rules);
const xt_tissue_report *xt_tissue_get_report(const xt_tissue_rules *rules);

/* Section mechanics for the present geometry: strain stimulus per unit of force; the first call fixes the
 * scale (volume mean 1 over the tissues it applies to). Then states whose initial formula is not constant
 * (xt_tissue_initialise). */
xt_status xt_tissue_mechanics(xt_tissue_rules *rules, xt_error *err);
xt_status xt_tissue_initialise(xt_tissue_rules *rules, const double *scalar, xt_error *err);

/* Means over tissues (region at the start, weighted by own volume; organs where the mesh has none): fills the
 * XT_SCALAR_MEAN scalars. Blocking. */
xt_status xt_tissue_means(xt_tissue_rules *rules, double *scalar, xt_error *err);

/* A remodelling step: dt hours with scalars and fields that go from one end to the other. */
typedef struct {
    const double *begin, *end; /* scalars at both ends, model order */
    double dt;                 /* h */
    int substeps;              /* equal parts, scalars between by straight lines; at least 1 */
    double ahead; /* the fields end at rest + ahead (rest - rest_before), and the peak so; 0: they are held */
} xt_tissue_span;

/* Advance states and phases, with bookkeeping in file order, and organs on the host without. Second order in
 * dt, also where dt is many time constants of a state: exponential Heun, with the slope of each rate by its
 * own state (xt_state.slope). States with a value and phases with a target take what the end of the step
 * makes of them. beside() and label rules see the start. ->peak is read only while the driver peak_share is
 * above 0.
 *
 * What a growing phase needs comes from its taken_from shares as far as they go round, the share that the
 * list leaves from the slack, then from then_from in order, then from what slack is left above its floor;
 * what is still missing is not applied. Limits stop a change and never cause one.
 *
 * Then labels (dwell times run). Where a label changes, phi c is kept, states that the new tissue has and the
 * old one had not start at their initial formula (exposures 1), and the reference is that of neighbours of
 * the new kind. The caller classifies the fields again (xt_fields_classify). */
xt_status xt_tissue_step(xt_tissue_rules *rules, const xt_tissue_span *span, xt_error *err);

/* Whether a step would do, without taking it: a sixteenth of the blocks (all of a small mesh) and the organs
 * take it, without labels, and go back. Fills the XT_SCALAR_MEAN scalars with the means over them at its end;
 * xt_tissue_watch, with those now. Takes a sixteenth of the room of states and phases. */
xt_status xt_tissue_pilot(double *scalar, xt_tissue_rules *rules, const xt_tissue_span *span, xt_error *err);
xt_status xt_tissue_watch(double *scalar, xt_tissue_rules *rules, xt_error *err);

/* Bytes that a step of one substep, fields held, must move for a cell of a tissue: what its rules read, once,
 * and what they write. peak: the driver peak_share is above 0. */
double xt_tissue_step_bytes(const xt_model *model, int tissue, bool peak);

/* The same rules on the host in double precision for one cell: the reference that the device is tested
 * against, and what organs use. `begin` and `end`: what the cell feels at the two ends (scalars, exposures,
 * beside, section). */
void xt_cell_step(const xt_model *model, int tissue, double *phase, const double *phase0, double *state,
                  const xt_values *begin, const xt_values *end, double dt, bool bookkeeping);

/* Labels as they are now (home tissue per cell, uchar), and dwell clocks, for checkpoints: opaque bytes. */
size_t xt_tissue_state_size(const xt_tissue_rules *rules);
xt_status xt_tissue_state_save(void *bytes, xt_tissue_rules *rules, xt_error *err);
xt_status xt_tissue_state_load(xt_tissue_rules *rules, const void *bytes, xt_error *err);

#endif
