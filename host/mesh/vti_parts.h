/* The parts of the .vti reader: the description (vti_head.c) and the bytes of an array (vti_bytes.c). */
#ifndef MESH_VTI_PARTS_H
#define MESH_VTI_PARTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "mesh/vti_read.h"

enum { XT_VTI_ARRAYS = 1024, XT_VTI_NAME = 512 };

typedef enum { XT_VTI_TEXT, XT_VTI_BASE64, XT_VTI_RAW } xt_vti_encoding;

/* Where an array lies. */
typedef struct {
    char name[XT_VTI_NAME], type[16];
    int components;
    bool appended;
    xt_vti_encoding encoding;
    uint64_t offset;     /* appended: as in the file */
    uint64_t begin, end; /* bytes of the file between which its data lie; appended: the end is not known */
} xt_vti_place;

typedef struct {
    int whole[6], piece[6]; /* extents: first and last point */
    double origin[3], spacing[3], direction[9];
    bool big_endian, packed, wide; /* wide: 64-bit headers */
    xt_vti_place *cell, *point;    /* owned */
    int cells, points;
    bool has_time;
    xt_vti_place time;
} xt_vti_head;

/* The description of the image in `file`, `size` bytes long; free with xt_vti_head_free, after failure too.
 */
xt_status xt_vti_head_read(xt_vti_head *head, FILE *file, uint64_t size, const char *path, xt_error *err);
void xt_vti_head_free(xt_vti_head *head);

/* The bytes of one array, in order, whatever their encoding and packing. */
typedef struct {
    FILE *file;
    const char *path;
    const xt_vti_place *place;
    bool big_endian, packed, wide;
    uint64_t at, end;         /* of the file: what was not read yet */
    unsigned char quantum[3]; /* base64: decoded, not yet taken */
    int held, taken;
    unsigned char *text; /* read ahead; owned */
    size_t text_size, text_taken;
    uint64_t blocks, block, block_size, last_size; /* packed */
    uint64_t *packed_size;                         /* [blocks], owned */
    unsigned char *unpacked, *pack;                /* a block, owned */
    size_t pack_room, unpacked_size, unpacked_taken;
} xt_vti_bytes;

/* Begin at the first of `total` bytes that the array must have. XT_VTI_TEXT: total is not used, take numbers.
 * Free with xt_vti_bytes_free, after failure too. */
xt_status xt_vti_bytes_begin(xt_vti_bytes *bytes, FILE *file, uint64_t size, const char *path,
                             const xt_vti_head *head, const xt_vti_place *place, uint64_t total,
                             xt_error *err);
xt_status xt_vti_bytes_take(xt_vti_bytes *bytes, void *to, size_t size, xt_error *err);
xt_status xt_vti_bytes_number(xt_vti_bytes *bytes, double *number, xt_error *err);
void xt_vti_bytes_free(xt_vti_bytes *bytes);

#endif
