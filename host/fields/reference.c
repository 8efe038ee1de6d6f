#include "fields/fields.h"

#include <stdlib.h>

xt_status xt_fields_reference_means(xt_fields *fields, xt_error *err) {
    if (!fields->mesh) return XT_OK;
    const size_t species = (size_t)fields->model->species_count,
                 rows = (size_t)fields->model->tissue_count + 1;
    float *floors = malloc(rows * species * sizeof *floors), *plane = malloc(fields->cells * sizeof *plane);
    xt_status status = XT_OK;
    if (!floors || !plane) {
        status = xt_no_memory(err, "the reference", fields->cells * sizeof *plane);
        goto done;
    }
    XT_GO(xt_buffer_read(fields->device, fields->epsilon, 0, rows * species * sizeof *floors, floors, err));
    for (size_t s = 0; s < species; s++) {
        for (size_t cell = 0; cell < fields->cells; cell++)
            plane[cell] =
                1000 * floors[fields->mesh->material[cell].tissue * species + s]; /* epsilon is 1e-3 of it */
        XT_GO(xt_buffer_write(fields->device, fields->reference, s * fields->cells * sizeof *plane,
                              fields->cells * sizeof *plane, plane, err));
    }
done:
    free(floors);
    free(plane);
    return status;
}
