/* Faces of blocks as rows of transmissibilities, for kernels/stencil.clh: built on the host when the geometry
 * changes. */
#ifndef SOLVE_STENCIL_H
#define SOLVE_STENCIL_H

#include <CL/cl.h>
#include "fields/fields.h"

/* Kinds of blocks, and entries that there are to pick from, as in kernels/stencil.clh. */
enum { XT_KIND_ROWS, XT_KIND_PLAIN, XT_KIND_PICK };
enum { XT_PALETTE = 32 };

/* Which blocks of pure classes with few kinds of faces pick coefficients by number: none; those that are not
 * plain; plain ones too, where a vector is permuted as fast as it is multiplied (AVX-512) and taking turns
 * between two kinds of loops costs more than it saves. The last rounds differently. */
typedef enum { XT_PICK_NONE, XT_PICK_MIXED, XT_PICK_ALL } xt_pick;

/* Shared with the device: rows of the lower faces across x, y, z. */
typedef struct {
    int32_t x, y, z, kind;
} xt_stencil_block;
_Static_assert(sizeof(xt_stencil_block) == 16, "xt_stencil_block is shared with the device");

typedef struct {
    cl_mem block;         /* xt_stencil_block[blocks] */
    cl_mem face;          /* float[rows][species_count][XT_BLOCK], 1/h */
    cl_mem id;            /* uchar[axis][cells]; one float if there is nothing to pick */
    cl_mem palette;       /* float[axis][species_count][XT_PALETTE], 1/h */
    cl_mem pairs;         /* float[axis][class_count][class_count][species_count]: between pure cells, 1/h */
    size_t rows;          /* rows of faces */
    size_t plain, picked; /* blocks that are plain; that are picked for */
    uint32_t *word;       /* host copy of fields->word, [cells]; NULL after xt_stencil_trim, as is table */
    xt_stencil_block *table; /* and of block */
    bool known;
    xt_pick pick;
    unsigned geometry; /* of the fields when they were built */
} xt_stencil;

/* Options that kernels with stencil.clh are built with for this mesh: "" or ending in a space. */
const char *xt_stencil_options(const xt_fields *fields);

/* Read the words of the present geometry; xt_stencil_update does so too. Blocking. */
xt_status xt_stencil_read(xt_stencil *stencil, const xt_fields *fields, xt_error *err);

/* Bring it up to date with the geometry; *stencil {0} at first. Blocking. */
xt_status xt_stencil_update(xt_stencil *stencil, const xt_fields *fields, xt_pick pick, xt_error *err);
/* Let go of what is on the host; the next update makes it again. */
void xt_stencil_trim(xt_stencil *stencil);
void xt_stencil_free(xt_stencil *stencil, xt_device *device);

#endif
