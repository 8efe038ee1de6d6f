/* Memory for trees: many small pieces, freed at once. `xt_arena a = {0};` is valid and empty. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

typedef struct {
    struct xt_arena_block *blocks;
} xt_arena;

/* Zeroed memory, aligned for any object, or NULL. */
void *xt_arena_alloc(xt_arena *arena, size_t size);

/* A NUL-terminated copy of `size` bytes, or NULL. */
char *xt_arena_copy(xt_arena *arena, const char *bytes, size_t size);

void xt_arena_free(xt_arena *arena);

#endif
