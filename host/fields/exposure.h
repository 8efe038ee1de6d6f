/* Exposures of all cells, on the device: for observers that show them whole. The rules compute their own. */
#ifndef FIELDS_EXPOSURE_H
#define FIELDS_EXPOSURE_H

#include "fields/fields.h"

typedef struct xt_exposure xt_exposure;

/* Room for one species at a time. `fields` must outlive it. */
xt_status xt_exposure_create(xt_exposure **exposure, xt_fields *fields, xt_error *err);
void xt_exposure_free(xt_exposure *exposure); /* NULL is fine */

/* *buffer: [cells], plane 0; valid until the next call. */
xt_status xt_exposure_of(cl_mem *buffer, xt_exposure *exposure, int species, xt_error *err);

#endif
