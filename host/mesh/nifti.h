/* NIfTI-1 and -2 (.nii, .nii.gz), our own small, strict reader and a writer. The one place that knows the
 * format. */
#ifndef MESH_NIFTI_H
#define MESH_NIFTI_H

#include <stdint.h>
#include "base/error.h"

/* A label volume in canonical axis order (x fastest; axes flipped and permuted so that the affine is as near
 * to a positive diagonal as it can be). */
typedef struct {
    int dims[3];
    double spacing[3];   /* mm */
    double affine[3][4]; /* voxel -> world mm after reordering */
    uint16_t *label;     /* [dims[0]*dims[1]*dims[2]] */
} xt_volume;

/* Read labels: any integer type (floats only if every value is a whole number), any byte order, scl_slope 0
 * or 1, gzipped or not, sform or qform. Refused with XT_USAGE and what is wrong: empty, truncated, lying
 * headers (dimension overflow, negative sizes, vox_offset outside the file, sizes that disagree with the
 * file, 4-D with more than one frame), a decompressed size above max_bytes (gzip bombs: refused from the
 * header, before inflating more than the header says). Missing or unreadable file: XT_IO. */
xt_status xt_nifti_read(xt_volume *volume, const char *path, double max_bytes, xt_error *err);
/* The same checks on the header alone: everything but volume->label, which stays NULL. */
xt_status xt_nifti_read_header(xt_volume *volume, const char *path, double max_bytes, xt_error *err);

void xt_volume_clear(xt_volume *volume);

/* Write a 3-D volume, sform and qform in mm, gzipped if the path ends in .gz. type: 2 uint8, 512 uint16, 16
 * float32. Atomic: temporary name, fsync, rename. */
xt_status xt_nifti_write(const char *path, const void *data, int type, const int dims[3],
                         const double spacing[3], const double affine[3][4], const char *description,
                         xt_error *err);

#endif
