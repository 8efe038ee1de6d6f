/* VTK image data (.vti) as cell data, and collections of them in time (.pvd). The one place that knows the
 * formats.
 *
 * Appended raw, little endian, 64-bit headers; zlib a slice at a time on request. Orientation goes into
 * Direction (VTK 9), the first corner of the box into Origin: ParaView shows the volume where the NIfTI world
 * says. */
#ifndef MESH_VTI_H
#define MESH_VTI_H

#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"

typedef enum { XT_VTI_UINT8, XT_VTI_UINT16, XT_VTI_INT32, XT_VTI_FLOAT32 } xt_vti_type;

/* One array. Either `values` (dense, x fastest, components of a cell together) or `slice`, which fills
 * dims[0] * dims[1] * components values for each z in turn. */
typedef struct {
    const char *name; /* with its unit: "irisin (pM)" */
    xt_vti_type type;
    int components; /* 0 means 1 */
    const void *values;
    xt_status (*slice)(void *values, int z, void *context, xt_error *err);
    void *context;
} xt_vti_array;

typedef struct {
    int dims[3];
    double spacing[3];   /* mm */
    double affine[3][4]; /* voxel index -> world mm (xt_mesh's) */
    const xt_vti_array *array;
    int array_count;
    bool has_time;
    double time; /* goes into TimeValue, in whatever unit the .pvd uses */
    bool compress;
} xt_vti;

/* Atomic. XT_IO with path and reason, or what a slice callback returned. */
xt_status xt_vti_write(const char *path, const xt_vti *image, xt_error *err);

/* Collection of `count` files (names relative to the .pvd's folder) at `time[i]`; may be rewritten after
 * every file. */
xt_status xt_pvd_write(const char *path, const char *const *file, const double *time, int count,
                       xt_error *err);

/* `text` with &, <, > and " as XML entities, cut to fit. Returns buffer. */
const char *xt_xml_escape(char *buffer, size_t size, const char *text);

#endif
