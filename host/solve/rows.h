/* Rows of floats of one width, each kept once: rows that are alike share an index. */
#ifndef SOLVE_ROWS_H
#define SOLVE_ROWS_H

#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

typedef struct {
    float *row; /* [count][width] */
    size_t width, count, capacity;
    uint32_t *slot; /* hash table of indices + 1 */
    size_t slots;
} xt_rows;

/* `width` floats a row; row 0 is zeros. */
xt_status xt_rows_create(xt_rows *rows, size_t width, xt_error *err);
void xt_rows_free(xt_rows *rows);
/* The index of a row like this one, bit for bit. */
xt_status xt_rows_add(int32_t *index, xt_rows *rows, const float *row, xt_error *err);

#endif
