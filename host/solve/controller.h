/* The size of the next step from the errors of the last two: a PI controller (Gustafsson 1991; Söderlind,
 * Numer. Algorithms 31, 2002). Plain numbers, so that it can be tested and kept in a checkpoint. */
#ifndef SOLVE_CONTROLLER_H
#define SOLVE_CONTROLLER_H

#include <stdbool.h>

typedef struct {
    double step;      /* h, proposed; 0: none yet */
    double last;      /* error of the last accepted step, in units of the tolerance */
    bool rejected;    /* the last try was rejected: do not grow right after it */
    bool interrupted; /* something jumped since the last step: the error before says nothing of what comes */
} xt_controller;

/* The step to try at `time`: the proposal, at most `most`, cut so that what is left until `until` is gone in
 * whole steps of equal size once it is near (no sliver remains). */
double xt_controller_try(const xt_controller *controller, double time, double until, double most);

/* Judge a step of size h with the error estimated, in units of the tolerance; what is not a number counts as
 * far too large. Returns whether it is accepted, and sets the next proposal. `order` p: the estimate falls as
 * h^(p + 1). A step that was cut short (h below the proposal) never lowers the proposal when accepted. */
bool xt_controller_judge(xt_controller *controller, double h, double error, int order);

#endif
