/* A body to render: a thigh by closed forms, at any size. */
#ifndef BENCH_THIGH_H
#define BENCH_THIGH_H

#include <stdint.h>
#include "base/error.h"

/* Tissues: 1 fat, 2 muscle, 3 cortical bone, 4 marrow; 0 outside. `second` and `share` as xt_material. The
 * field is a level in 0..1 that glows around the bone and in two muscles, NAN outside. All [n * n * n], x
 * fastest, owned by the caller: xt_bench_thigh_free. */
typedef struct {
    int n;
    uint8_t *tissue, *second;
    uint16_t *share;
    float *field;
} xt_bench_thigh;

xt_status xt_bench_thigh_create(xt_bench_thigh *thigh, int n, xt_error *err);
void xt_bench_thigh_free(xt_bench_thigh *thigh);

#endif
