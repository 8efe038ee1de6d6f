#include "solve/rows.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_FIRST = 1024 };

static uint32_t hash_of(const float *row, size_t width) { /* FNV-1a by words, then mixed */
    uint64_t h = 14695981039346656037ull;
    for (size_t i = 0; i < width; i++) {
        uint32_t bits;
        memcpy(&bits, row + i, sizeof bits);
        h = (h ^ bits) * 1099511628211ull;
    }
    return (uint32_t)(h ^ h >> 32);
}

/* The place of a row in the table: where it is, or where it would go. */
static uint32_t *place_of(const xt_rows *rows, const float *row) {
    for (size_t at = hash_of(row, rows->width);; at++) {
        uint32_t *slot = &rows->slot[at & (rows->slots - 1)];
        if (!*slot) return slot;
        if (!memcmp(rows->row + (size_t)(*slot - 1) * rows->width, row, rows->width * sizeof *row))
            return slot;
    }
}

/* Room for twice as many; the table stays at most half full. */
static xt_status grow(xt_rows *rows, xt_error *err) {
    const size_t capacity = rows->capacity ? 2 * rows->capacity : ROWS_FIRST;
    if (capacity * rows->width > INT32_MAX)
        return xt_fail(err, XT_USAGE,
                       "the mesh has too many different blocks for 32-bit indices: use a coarser spacing");
    float *row = realloc(rows->row, capacity * rows->width * sizeof *row);
    if (row) rows->row = row;
    uint32_t *slot = calloc(2 * capacity, sizeof *slot);
    if (!row || !slot) {
        free(slot);
        return xt_no_memory(err, "rows of coefficients", capacity * rows->width * sizeof *row);
    }
    free(rows->slot);
    rows->slot = slot;
    rows->slots = 2 * capacity;
    rows->capacity = capacity;
    for (size_t i = 0; i < rows->count; i++) *place_of(rows, rows->row + i * rows->width) = (uint32_t)i + 1;
    return XT_OK;
}

xt_status xt_rows_create(xt_rows *rows, size_t width, xt_error *err) {
    *rows = (xt_rows){.width = width};
    XT_TRY(grow(rows, err));
    memset(rows->row, 0, width * sizeof *rows->row);
    rows->count = 1;
    *place_of(rows, rows->row) = 1;
    return XT_OK;
}

void xt_rows_free(xt_rows *rows) {
    free(rows->row);
    free(rows->slot);
    *rows = (xt_rows){0};
}

xt_status xt_rows_add(int32_t *index, xt_rows *rows, const float *row, xt_error *err) {
    uint32_t *slot = place_of(rows, row);
    if (!*slot) {
        if (rows->count == rows->capacity) {
            XT_TRY(grow(rows, err));
            slot = place_of(rows, row);
        }
        memcpy(rows->row + rows->count * rows->width, row, rows->width * sizeof *row);
        *slot = (uint32_t)++rows->count;
    }
    *index = (int32_t)(*slot - 1);
    return XT_OK;
}
