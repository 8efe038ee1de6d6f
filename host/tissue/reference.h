/* Some cells with all that the rules read of them, as the host has it in double precision: what a remodelling
 * step on the device is tested against. Small meshes or few cells only. */
#ifndef TISSUE_REFERENCE_H
#define TISSUE_REFERENCE_H

#include "tissue/tissue.h"

typedef struct {
    size_t cell;
    int tissue; /* 0: outside, nothing else is set */
    double phase[XT_MAX_PHASES], state[XT_MAX_STATES];
    double phase0[XT_MAX_PHASES], beside[XT_MAX_PHASES];
    double rest[XT_MAX_SPECIES], peak[XT_MAX_SPECIES]; /* exposures */
} xt_tissue_sample;

/* What the device has now of sample[k].cell, k < count. Reads whole planes. Needs a mesh. */
xt_status xt_tissue_sample_take(xt_tissue_sample *sample, size_t count, const xt_fields *fields,
                                xt_error *err);

/* One step of dt h of each sample, all of it from `sample` itself (section 0, bookkeeping on, labels as they
 * are). peak: the exercise peak counts, else its exposure is that of rest. */
void xt_tissue_sample_step(xt_tissue_sample *sample, size_t count, const xt_model *model,
                           const double *scalar, double dt, bool peak);

/* beside[] anew from the samples' phases; sample[i].cell must be i and all cells must be there. */
void xt_tissue_sample_beside(xt_tissue_sample *sample, size_t count, const xt_mesh *mesh,
                             const xt_model *model);

#endif
