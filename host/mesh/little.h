/* Values as little endian bytes whatever this machine's order: what all file formats here are written in. */
#ifndef MESH_LITTLE_H
#define MESH_LITTLE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline void xt_put_little(unsigned char *bytes, uint64_t value, int size) {
    for (int i = 0; i < size; i++) bytes[i] = (unsigned char)(value >> (8 * i));
}

/* In place: `values` values of `size` bytes (1, 2, 4 or 8). A no-op on little endian machines. */
static inline void xt_to_little(void *data, size_t values, int size) {
    const uint16_t probe = 1;
    unsigned char *p = data, first;
    memcpy(&first, &probe, 1);
    if (first == 1 || size == 1) return;
    for (size_t i = 0; i < values; i++, p += size)
        for (int k = 0; k < size / 2; k++) {
            const unsigned char t = p[k];
            p[k] = p[size - 1 - k];
            p[size - 1 - k] = t;
        }
}

#endif
