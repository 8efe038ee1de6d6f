/* The value of a smooth field at a point, from samples around it that lie anywhere: the quadratic that fits
 * the near ones best (moving least squares: P. Lancaster, K. Salkauskas, 1981). Up to the edge of a tissue
 * this goes on as the field does inside, of the tissue's own voxels alone, however deep their centres happen
 * to lie. Where samples say nothing of a direction (a layer of one voxel), the field is level along it. */
#ifndef OBSERVE_FIT_H
#define OBSERVE_FIT_H

#include <stdbool.h>

enum { XT_FIT_REACH = 2 /* voxels each way whose samples matter */, XT_FIT_TERMS = 10 };

typedef struct {
    int axes, terms;
    double square[XT_FIT_TERMS][XT_FIT_TERMS], right[XT_FIT_TERMS]; /* normal equations, lower triangle */
} xt_fit;

void xt_fit_begin(xt_fit *fit, int axes); /* 2 or 3 */
/* A sample `away` from the point, in voxels. */
void xt_fit_add(xt_fit *fit, const double *away, double value);
/* Value at the point; NAN without samples. fit is used up. */
double xt_fit_solve(xt_fit *fit);

#endif
