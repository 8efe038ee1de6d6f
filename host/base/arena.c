#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1 << 15 };

struct xt_arena_block {
    struct xt_arena_block *next;
    size_t used, size;
    _Alignas(max_align_t) unsigned char bytes[];
};

void *xt_arena_alloc(xt_arena *arena, size_t size) {
    const size_t unit = _Alignof(max_align_t);
    if (size > SIZE_MAX / 2) return NULL;
    size = (size + unit - 1) / unit * unit;
    struct xt_arena_block *block = arena->blocks;
    if (!block || block->size - block->used < size) {
        size_t room = size > BLOCK ? size : BLOCK;
        block = calloc(1, sizeof *block + room);
        if (!block) return NULL;
        block->size = room;
        block->next = arena->blocks;
        arena->blocks = block;
    }
    void *piece = block->bytes + block->used;
    block->used += size;
    return piece;
}

char *xt_arena_copy(xt_arena *arena, const char *bytes, size_t size) {
    char *copy = size < SIZE_MAX ? xt_arena_alloc(arena, size + 1) : NULL;
    if (copy && size) memcpy(copy, bytes, size);
    return copy;
}

void xt_arena_free(xt_arena *arena) {
    for (struct xt_arena_block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    arena->blocks = NULL;
}
