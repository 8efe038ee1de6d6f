/* The steady problem of a species with its plasma. */
#ifndef SOLVE_CLOSURE_H
#define SOLVE_CLOSURE_H

#include "solve/internal.h"

typedef struct {
    xt_solver *solver;
    xt_fields view; /* ->rest is the field that formulas read */
    xt_problem problem;
    xt_source_kind kind;
    const double *scalar;
    double plasma;                /* pM */
    double injected, elimination; /* J amol/h, CL mm^3/h */
    double *organ;                /* levels [organ_count] */
    bool nonlinear;
    bool to_baseline; /* the plasma stays, secretion is scaled until it balances */
    /* as it goes */
    bool done;
    int pass, tighter;
    double first; /* relative residual found at the start */
    double totals[XT_TOTALS];
    xt_organ_flow organs;
    double defect, into, out; /* of the plasma, amol/h */
} xt_closure;

/* organ: room for the organs' levels, the closure's alone. scalar, organ and solver must outlive it. */
void xt_closure_begin(xt_closure *c, xt_solver *solver, int species, const double *scalar,
                      xt_source_kind kind, double *organ);
/* Close several: as many as xt_elliptic_solve takes, with coefficients made where need be. Writes plasma and
 * organs into the fields. Nonlinear ones come alone. XT_NUMERIC if one does not converge. */
xt_status xt_closures_close(xt_closure *list, int count, xt_error *err);
/* The residual found at the start in units of what counts as solved. */
double xt_closure_first(const xt_closure *c);

#endif
