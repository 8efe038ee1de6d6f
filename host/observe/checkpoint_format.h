/* The bytes of a checkpoint, for the files that write and read them. Private to checkpoint*.c. */
#ifndef OBSERVE_CHECKPOINT_FORMAT_H
#define OBSERVE_CHECKPOINT_FORMAT_H

#include <zlib.h>
#include "observe/checkpoint.h"

enum {
    XT_CK_HEADER = 8 + 4 + 4 + 8 + XT_CHECKPOINT_APPLICATION + 8 + 4,
    XT_CK_BLOCK = XT_CHECKPOINT_NAME + 4 + 4 + 8 + 4,
    XT_CK_CRC = 4
};

/* As PNG's: a byte that 7-bit channels break, and line ends that text transfers change. */
static const unsigned char xt_ck_magic[8] = {0x89, 'X', 'T', 'C', 'K', '\r', '\n', 0x1A};

static inline void xt_put32(unsigned char *p, uint32_t v) {
    for (int k = 0; k < 4; k++) p[k] = (unsigned char)(v >> 8 * k);
}
static inline void xt_put64(unsigned char *p, uint64_t v) {
    for (int k = 0; k < 8; k++) p[k] = (unsigned char)(v >> 8 * k);
}
static inline uint32_t xt_get32(const unsigned char *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
static inline uint64_t xt_get64(const unsigned char *p) {
    return xt_get32(p) | (uint64_t)xt_get32(p + 4) << 32;
}

/* zlib's CRC takes at most 4 GiB at once. */
static inline uint32_t xt_ck_crc(uint32_t crc, const void *bytes, size_t size) {
    const unsigned char *p = bytes;
    while (size > 0) {
        const size_t part = size < (1u << 30) ? size : (1u << 30);
        crc = (uint32_t)crc32(crc, p, (uInt)part);
        p += part;
        size -= part;
    }
    return crc;
}

static inline bool xt_host_is_little(void) {
    const uint16_t one = 1;
    return *(const unsigned char *)&one == 1;
}

/* Turn numbers of `width` bytes around. */
static inline void xt_ck_swap(unsigned char *bytes, size_t count, int width) {
    for (; count-- > 0; bytes += width)
        for (int k = 0; k < width / 2; k++) {
            const unsigned char held = bytes[k];
            bytes[k] = bytes[width - 1 - k];
            bytes[width - 1 - k] = held;
        }
}

/* What the first bytes say. */
typedef struct {
    uint32_t version;
    uint64_t serial, meta_size;
    char application[XT_CHECKPOINT_APPLICATION];
} xt_ck_head;

/* XT_IO: not a checkpoint, or damaged; XT_USAGE: of another version. `path` is for the message. */
xt_status xt_ck_read_head(xt_ck_head *head, const unsigned char bytes[XT_CK_HEADER], const char *path,
                          xt_error *err);
/* The header of the file, if there is one that can be read; false otherwise. */
bool xt_ck_peek(xt_ck_head *head, const char *path);

extern const char *const xt_ck_slot[2]; /* "state-A", "state-B" */

#endif
