/* Sums over cells on the device, as kernels/reduce.clh makes them: the same bits on every run. */
#ifndef SOLVE_REDUCE_H
#define SOLVE_REDUCE_H

#include "device/device.h"

/* Work-groups at most: on a processor a few per core, on a GPU what keeps all of it busy. XT_REDUCE_LOCAL as
 * in reduce.clh. */
enum { XT_REDUCE_ROWS = 256, XT_REDUCE_GROUPS = 2048, XT_REDUCE_LOCAL = 64 };
typedef struct {
    cl_mem partial;
    int groups, quantities;
    size_t local;
    bool rows;
    float *host;
} xt_reduce;
xt_status xt_reduce_create(xt_reduce *reduce, xt_device *device, size_t cells, int quantities, xt_error *err);
void xt_reduce_free(xt_reduce *reduce, xt_device *device);
size_t xt_reduce_global(const xt_reduce *reduce);
/* Blocking. Adds in double precision, in order. */
xt_status xt_reduce_read(double *sum, xt_reduce *reduce, xt_device *device, int quantities, xt_error *err);

#endif
