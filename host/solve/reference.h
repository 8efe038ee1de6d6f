/* The same equations on the host in double precision, one cell after another: what the device is tested
 * against. Small meshes only; nothing is fast here. Formulas are evaluated from the model's trees, not from
 * generated text. */
#ifndef SOLVE_REFERENCE_H
#define SOLVE_REFERENCE_H

#include "solve/solve.h"

typedef struct {
    const xt_fields *fields;
    size_t cells;
    unsigned *word;
    unsigned char *region;
    float *bone0, *phase, *state, *membrane, *wall;            /* as on the device */
    double *field;                                             /* [species_count][cells] pM */
    double plasma[XT_MAX_SPECIES], appearance[XT_MAX_SPECIES]; /* pM, amol/h */
    double *organ;                                             /* [organ_count][XT_MAX_SPECIES] pM */
} xt_reference;

/* Copy fields, plasma and organs as they are (rest). */
xt_status xt_reference_create(xt_reference **reference, const xt_solver *solver, xt_error *err);
void xt_reference_free(xt_reference *reference);

/* One explicit step of dt hours with the acute (pulse) sources for the scalars given. */
xt_status xt_reference_step(xt_reference *reference, const double *scalar, double dt, xt_error *err);

/* Rest or peak fields with the plasma closed (held if fields->plasma_clamped), to rounding. */
xt_status xt_reference_steady(xt_reference *reference, const double *scalar, bool peak, xt_error *err);

#endif
