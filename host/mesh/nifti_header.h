/* A NIfTI header, checked, in canonical axis order. Internal to the room. */
#ifndef MESH_NIFTI_HEADER_H
#define MESH_NIFTI_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

enum { XT_NIFTI1_HEADER = 348, XT_NIFTI2_HEADER = 540 };

typedef struct {
    bool swapped;        /* byte order of the file is not this machine's */
    int type, bytes;     /* NIfTI datatype code, bytes a voxel */
    int dims[3];         /* in file order */
    int64_t offset;      /* of the first voxel in the file */
    int axis[3];         /* file axis that becomes canonical axis a */
    bool flip[3];        /* canonical axis a runs against the file */
    double spacing[3];   /* mm, canonical */
    double affine[3][4]; /* canonical voxel -> world mm */
} xt_nifti_header;

/* Bytes of header in a file that begins with these 8 bytes: 348, 540, or 0 if it is no NIfTI. */
int xt_nifti_header_size(const unsigned char start[8]);

/* Check and understand a header of xt_nifti_header_size bytes. Never reads beyond them, never trusts them.
 * XT_USAGE. */
xt_status xt_nifti_parse(xt_nifti_header *header, const unsigned char *bytes, int size, double max_bytes,
                         xt_error *err);

#endif
