/* Faces of blocks as rows of transmissibilities, for kernels/stencil.clh: built on the host when the geometry
 * changes. */
#ifndef SOLVE_STENCIL_H
#define SOLVE_STENCIL_H

#include <CL/cl.h>
#include "fields/fields.h"

/* Shared with the device: rows of the lower faces across x, y, z; plain: of one pure class like all its
 * neighbours, or nothing there. */
typedef struct {
    int32_t x, y, z, plain;
} xt_stencil_block;
_Static_assert(sizeof(xt_stencil_block) == 16, "xt_stencil_block is shared with the device");

typedef struct {
    cl_mem block;       /* xt_stencil_block[blocks] */
    cl_mem face;        /* float[rows][species_count][XT_BLOCK], 1/h */
    cl_mem pairs;       /* float[axis][class_count][class_count][species_count]: between pure cells, 1/h */
    size_t rows, plain; /* rows of faces; plain blocks */
    uint32_t *word;     /* host copy of fields->word, [cells] */
    xt_stencil_block *table; /* and of block */
    bool known;
    unsigned geometry; /* of the fields when they were built */
} xt_stencil;

/* Bring it up to date with the geometry; *stencil {0} at first. Blocking. */
xt_status xt_stencil_update(xt_stencil *stencil, const xt_fields *fields, xt_error *err);
void xt_stencil_free(xt_stencil *stencil, xt_device *device);

#endif
