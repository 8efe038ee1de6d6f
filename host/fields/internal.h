/* What the files of fields/ share. */
#ifndef FIELDS_INTERNAL_H
#define FIELDS_INTERNAL_H

#include "fields/fields.h"

enum { XT_CLASSES = 256, XT_KEYS_MAX = 1 << 16, XT_LEVELS_FIRST = 200, XT_KEY_ROW = 8 };

typedef struct {
    xt_program *program;
    cl_kernel mark, words, predict, range, fractions, rate;
    cl_mem key_row;        /* int[tissue_count + 1][XT_KEY_ROW] */
    cl_mem key_used;       /* int[XT_KEYS_MAX] */
    cl_mem class_of_key;   /* uchar[XT_KEYS_MAX] */
    cl_mem changed;        /* int */
    cl_mem extrema, bad;   /* float2[XT_SUM_ITEMS], int[XT_SUM_ITEMS] */
    int levels, key_count; /* of the table as it is */
    bool mapped;           /* class_of_key is valid for `known` */
    unsigned char *known;  /* [XT_KEYS_MAX] keys that have a class */
    unsigned char *class_host;
    int *used_host;
    float *scalar_float;
} xt_fields_private;

static inline xt_fields_private *xt_fields_own(const xt_fields *fields) { return fields->private_data; }

/* organs.c: which tissues need one, how much body each mesh tissue stands for. */
xt_status xt_fields_organs(xt_fields *fields, xt_error *err);
/* initial.c: phases, states, regions, membranes, walls onto the device. */
xt_status xt_fields_initial(xt_fields *fields, const xt_walls *walls, xt_error *err);

#endif
