/* Reading VTK image data (.vti): what xt_vti_write writes and what VTK's own writer can write: cell data, or
 * point data where there is none; arrays as text, base64 or raw, inside or appended; packed with zlib or not;
 * either byte order; 32- or 64-bit headers; all number types; one piece.
 *
 * The file is not trusted: every size in it is checked against the file's own length before memory is asked
 * for, and an array is read slice by slice. Errors are XT_IO and name the path. */
#ifndef MESH_VTI_READ_H
#define MESH_VTI_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

typedef struct {
    const char *name; /* as in the file: "irisin [pM]" */
    const char *type; /* as in the file: "Float32" */
    int components;   /* of a voxel, from 1 */
} xt_vti_found;

typedef struct {
    int dims[3];         /* voxels; x is fastest */
    double spacing[3];   /* mm, or whatever the writer counted in */
    double affine[3][4]; /* voxel index (its centre) -> world, as in xt_mesh */
    bool points;         /* the file holds point data: a voxel is a point and what is nearest to it */
    bool has_time;
    double time; /* TimeValue */
    const xt_vti_found *array;
    int array_count;
} xt_vti_image;

typedef struct xt_vti_reader xt_vti_reader;

/* Reads all but the data. The reader owns what xt_vti_image_of points to. Not for several threads at once. */
xt_status xt_vti_open(xt_vti_reader **reader, const char *path, xt_error *err);
void xt_vti_close(xt_vti_reader *reader); /* NULL-safe */
const xt_vti_image *xt_vti_image_of(const xt_vti_reader *reader);

/* The array of that name, or of that name before a unit: "irisin" finds "irisin [pM]". -1: there is none. */
int xt_vti_find(const xt_vti_reader *reader, const char *name);
/* The name without the unit, and the unit ("" without one), cut to fit. */
void xt_vti_name(char *name, size_t size, char *unit, size_t unit_size, const char *found);

/* Each slice in turn: values [dims[1]][dims[0]][components], valid during the call. What `visit` returns ends
 * the reading. Integers above 2^24 lose digits. */
typedef xt_status (*xt_vti_visit)(const float *values, int z, void *context, xt_error *err);
xt_status xt_vti_slices(xt_vti_reader *reader, int array, xt_vti_visit visit, void *context, xt_error *err);

/* The whole array, [dims[2]][dims[1]][dims[0]][components]. Bytes: a value that is not a whole number from 0
 * to 255 is an error. */
xt_status xt_vti_read_floats(float *values, xt_vti_reader *reader, int array, xt_error *err);
xt_status xt_vti_read_bytes(uint8_t *values, xt_vti_reader *reader, int array, xt_error *err);

#endif
