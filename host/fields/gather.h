/* The few cells an observer asks for, picked out on the device and fetched while the next step runs. */
#ifndef FIELDS_GATHER_H
#define FIELDS_GATHER_H

#include "fields/fields.h"

typedef struct xt_gather xt_gather;

/* For one list of cells. `fields` must outlive it. */
xt_status xt_gather_create(xt_gather **gather, xt_fields *fields, const uint32_t *cell, size_t count,
                           xt_error *err);
void xt_gather_free(xt_gather *gather); /* after all reads it started are freed */

/* Start fetching plane `plane` of a planar 4-byte array: *read gives `count` values in the order of the list.
 * The caller owns *read (xt_read_wait, xt_read_free, from any thread). */
xt_status xt_gather_start(xt_read **read, xt_gather *gather, cl_mem buffer, int plane, xt_error *err);

#endif
