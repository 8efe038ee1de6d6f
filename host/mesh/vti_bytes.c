/* The bytes of an array in a .vti file: text, base64 or raw, packed or not. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "mesh/vti_parts.h"

enum { AHEAD = 1 << 16, MOST_PACKED = 1032 /* zlib cannot pack tighter than 1032 to 1 */ };

static xt_status short_of(const xt_vti_bytes *b, xt_error *err) {
    return xt_fail(err, XT_IO, "%s: array '%s' ends too early: the file is cut short or damaged", b->path,
                   b->place->name);
}

static xt_status damaged(const xt_vti_bytes *b, const char *what, xt_error *err) {
    return xt_fail(err, XT_IO, "%s: array '%s': %s", b->path, b->place->name, what);
}

/* Some bytes of the file into `text`, if there are more. */
static xt_status read_ahead(xt_vti_bytes *b, xt_error *err) {
    if (b->text_taken < b->text_size || b->at >= b->end) return XT_OK;
    const size_t want = b->end - b->at < AHEAD ? (size_t)(b->end - b->at) : AHEAD;
    if (fseeko(b->file, (off_t)b->at, SEEK_SET) != 0)
        return xt_fail(err, XT_IO, "%s: cannot read: %s", b->path, strerror(errno));
    b->text_size = fread(b->text, 1, want, b->file);
    b->text_taken = 0;
    if (ferror(b->file)) return xt_fail(err, XT_IO, "%s: cannot read: %s", b->path, strerror(errno));
    if (b->text_size == 0) return short_of(b, err);
    b->at += b->text_size;
    return XT_OK;
}

static xt_status character(int *c, xt_vti_bytes *b, xt_error *err) {
    XT_TRY(read_ahead(b, err));
    *c = b->text_taken < b->text_size ? b->text[b->text_taken++] : EOF;
    return XT_OK;
}

/* -1: not a digit of base64; 64: padding. */
static int digit(int c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : c == '=' ? 64 : -1;
}

/* Four characters give up to three bytes. Parts that were encoded one after the other, each with its padding,
 * read as one. */
static xt_status read_quantum(xt_vti_bytes *b, xt_error *err) {
    int value[4];
    for (int k = 0; k < 4;) {
        int c;
        XT_TRY(character(&c, b, err));
        if (c == EOF) return short_of(b, err);
        if (isspace(c)) continue;
        value[k] = digit(c);
        if (value[k] < 0) return damaged(b, "a character that is not base64", err);
        k++;
    }
    if (value[0] == 64 || value[1] == 64 || (value[2] == 64 && value[3] != 64))
        return damaged(b, "misplaced padding in base64", err);
    b->held = value[2] == 64 ? 1 : value[3] == 64 ? 2 : 3;
    b->taken = 0;
    b->quantum[0] = (unsigned char)(value[0] << 2 | value[1] >> 4);
    b->quantum[1] = (unsigned char)((value[1] & 15) << 4 | (value[2] & 63) >> 2);
    b->quantum[2] = (unsigned char)((value[2] & 3) << 6 | (value[3] & 63));
    return XT_OK;
}

/* The next `size` bytes as they were before encoding. */
static xt_status take_encoded(xt_vti_bytes *b, void *to, size_t size, xt_error *err) {
    unsigned char *out = to;
    while (size > 0 && b->place->encoding == XT_VTI_BASE64) {
        if (b->taken == b->held) XT_TRY(read_quantum(b, err));
        *out++ = b->quantum[b->taken++];
        size--;
    }
    while (size > 0) {
        XT_TRY(read_ahead(b, err));
        const size_t there = b->text_size - b->text_taken, n = there < size ? there : size;
        if (n == 0) return short_of(b, err);
        memcpy(out, b->text + b->text_taken, n);
        b->text_taken += n;
        out += n;
        size -= n;
    }
    return XT_OK;
}

static xt_status take_word(uint64_t *word, xt_vti_bytes *b, xt_error *err) {
    unsigned char bytes[8];
    const int size = b->wide ? 8 : 4;
    XT_TRY(take_encoded(b, bytes, (size_t)size, err));
    *word = 0;
    for (int i = 0; i < size; i++) *word = *word << 8 | bytes[b->big_endian ? i : size - 1 - i];
    return XT_OK;
}

/* The most bytes that what is left of the file could decode to. */
static uint64_t left(const xt_vti_bytes *b) {
    const uint64_t there = b->end - b->at + (b->text_size - b->text_taken);
    return b->place->encoding == XT_VTI_BASE64 ? there / 4 * 3 + 3 : there;
}

static xt_status begin_packed(xt_vti_bytes *b, uint64_t total, xt_error *err) {
    XT_TRY(take_word(&b->blocks, b, err));
    XT_TRY(take_word(&b->block_size, b, err));
    XT_TRY(take_word(&b->last_size, b, err));
    if (b->blocks == 0 && total == 0) return XT_OK;
    if (b->blocks == 0 || b->block_size == 0 || b->blocks > left(b) / (b->wide ? 8 : 4) ||
        b->last_size > b->block_size)
        return damaged(b, "the sizes of its packed blocks make no sense", err);
    const uint64_t last = b->last_size ? b->last_size : b->block_size;
    if (last > total || (total - last) % b->block_size || (total - last) / b->block_size != b->blocks - 1)
        return damaged(b, "its packed blocks do not add up to the size of the image", err);
    if (total / MOST_PACKED > left(b)) return short_of(b, err);
    b->last_size = last;
    b->packed_size = malloc((size_t)b->blocks * sizeof *b->packed_size);
    if (!b->packed_size) return xt_no_memory(err, "a .vti file", b->blocks * sizeof *b->packed_size);
    uint64_t sum = 0;
    for (uint64_t i = 0; i < b->blocks; i++) {
        XT_TRY(take_word(&b->packed_size[i], b, err));
        sum += b->packed_size[i];
        if (b->packed_size[i] > left(b) || sum > left(b) + 8) return short_of(b, err);
    }
    return XT_OK;
}

xt_status xt_vti_bytes_begin(xt_vti_bytes *b, FILE *file, uint64_t size, const char *path,
                             const xt_vti_head *head, const xt_vti_place *place, uint64_t total,
                             xt_error *err) {
    *b = (xt_vti_bytes){.file = file,
                        .path = path,
                        .place = place,
                        .big_endian = head->big_endian,
                        .packed = head->packed,
                        .wide = head->wide,
                        .at = place->begin,
                        .end = place->end < size ? place->end : size};
    if (b->at > b->end) return short_of(b, err);
    b->text = malloc(AHEAD);
    if (!b->text) return xt_no_memory(err, "a .vti file", AHEAD);
    if (place->encoding == XT_VTI_TEXT) return XT_OK;
    if (b->packed) return begin_packed(b, total, err);
    uint64_t announced;
    XT_TRY(take_word(&announced, b, err));
    if (announced != total)
        return xt_fail(err, XT_IO, "%s: array '%s' has %llu bytes; the image needs %llu", path, place->name,
                       (unsigned long long)announced, (unsigned long long)total);
    return total > left(b) ? short_of(b, err) : XT_OK;
}

static xt_status grow(unsigned char **buffer, size_t size, xt_error *err) {
    unsigned char *larger = realloc(*buffer, size ? size : 1);
    if (!larger) return xt_no_memory(err, "a packed block of a .vti file", size);
    *buffer = larger;
    return XT_OK;
}

static xt_status unpack(xt_vti_bytes *b, xt_error *err) {
    if (b->block >= b->blocks) return short_of(b, err);
    const uint64_t packed = b->packed_size[b->block],
                   size = b->block + 1 == b->blocks ? b->last_size : b->block_size;
    if (packed > left(b) || size / MOST_PACKED > packed) return short_of(b, err);
    if (packed > b->pack_room) {
        XT_TRY(grow(&b->pack, (size_t)packed, err));
        b->pack_room = (size_t)packed;
    }
    if (!b->unpacked || size > b->block_size || b->block == 0) XT_TRY(grow(&b->unpacked, (size_t)size, err));
    XT_TRY(take_encoded(b, b->pack, (size_t)packed, err));
    uLongf got = (uLongf)size;
    if (uncompress(b->unpacked, &got, b->pack, (uLong)packed) != Z_OK || got != size)
        return damaged(b, "a packed block is damaged", err);
    b->block++;
    b->unpacked_size = (size_t)size;
    b->unpacked_taken = 0;
    return XT_OK;
}

xt_status xt_vti_bytes_take(xt_vti_bytes *b, void *to, size_t size, xt_error *err) {
    if (!b->packed) return take_encoded(b, to, size, err);
    unsigned char *out = to;
    while (size > 0) {
        if (b->unpacked_taken == b->unpacked_size) XT_TRY(unpack(b, err));
        const size_t there = b->unpacked_size - b->unpacked_taken, n = there < size ? there : size;
        memcpy(out, b->unpacked + b->unpacked_taken, n);
        b->unpacked_taken += n;
        out += n;
        size -= n;
    }
    return XT_OK;
}

xt_status xt_vti_bytes_number(xt_vti_bytes *b, double *number, xt_error *err) {
    char word[64];
    size_t n = 0;
    int c;
    do XT_TRY(character(&c, b, err));
    while (c != EOF && isspace(c));
    while (c != EOF && !isspace(c) && n + 1 < sizeof word) {
        word[n++] = (char)c;
        XT_TRY(character(&c, b, err));
    }
    word[n] = '\0';
    if (n == 0) return short_of(b, err);
    char *end;
    *number = strtod(word, &end);
    if (*end)
        return xt_fail(err, XT_IO, "%s: array '%s': '%.32s' is no number", b->path, b->place->name, word);
    return XT_OK;
}

void xt_vti_bytes_free(xt_vti_bytes *b) {
    free(b->text);
    free(b->packed_size);
    free(b->unpacked);
    free(b->pack);
    *b = (xt_vti_bytes){0};
}
