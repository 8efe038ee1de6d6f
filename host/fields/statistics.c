#include "fields/internal.h"

#include <math.h>
#include <stdlib.h>

static xt_status reduce(xt_range *range, xt_fields *fields, xt_error *err) {
    xt_fields_private *own = xt_fields_own(fields);
    xt_status status = XT_OK;
    float *extrema = malloc(2 * sizeof *extrema * XT_SUM_ITEMS);
    cl_int *bad = malloc(sizeof *bad * XT_SUM_ITEMS);
    if (!extrema || !bad) {
        status = xt_no_memory(err, "statistics", 2 * sizeof *extrema * XT_SUM_ITEMS);
        goto done;
    }
    XT_GO(xt_buffer_read(fields->device, own->extrema, 0, 2 * sizeof *extrema * XT_SUM_ITEMS, extrema, err));
    XT_GO(xt_buffer_read(fields->device, own->bad, 0, sizeof *bad * XT_SUM_ITEMS, bad, err));
    *range = (xt_range){INFINITY, -INFINITY, -1};
    for (int i = 0; i < XT_SUM_ITEMS; i++) {
        range->low = fmin(range->low, extrema[2 * i]);
        range->high = fmax(range->high, extrema[2 * i + 1]);
        if (bad[i] >= 0 && (range->bad_cell < 0 || bad[i] < range->bad_cell)) range->bad_cell = bad[i];
    }
done:
    free(extrema);
    free(bad);
    return status;
}

xt_status xt_fields_range(xt_range *range, xt_fields *fields, cl_mem buffer, int plane, xt_error *err) {
    xt_fields_private *own = xt_fields_own(fields);
    const cl_int cells = (cl_int)fields->cells;
    const cl_int offset = plane * cells;
    const xt_arg args[] = {XT_ARG(buffer), XT_ARG(offset),       XT_ARG(fields->word),
                           XT_ARG(cells),  XT_ARG(own->extrema), XT_ARG(own->bad)};
    XT_TRY(xt_launch(fields->device, own->range, XT_SUM_ITEMS, 0, args, 6, "statistics", 8.0 * cells, err));
    return reduce(range, fields, err);
}

xt_status xt_fields_fraction_defect(double *defect, xt_fields *fields, xt_error *err) {
    *defect = 0;
    if (!fields->mesh) return XT_OK;
    xt_fields_private *own = xt_fields_own(fields);
    const cl_int cells = (cl_int)fields->cells, phases = fields->model->phase_count;
    const xt_arg args[] = {XT_ARG(fields->phase), XT_ARG(phases),       XT_ARG(fields->word),
                           XT_ARG(cells),         XT_ARG(own->extrema), XT_ARG(own->bad)};
    XT_TRY(xt_launch(fields->device, own->fractions, XT_SUM_ITEMS, 0, args, 6, "statistics",
                     4.0 * (phases + 1) * cells, err));
    xt_range range;
    XT_TRY(reduce(&range, fields, err));
    *defect = range.high;
    return XT_OK;
}

xt_status xt_fields_update_max_rate(xt_fields *fields, xt_error *err) {
    if (!fields->mesh) return XT_OK;
    xt_fields_private *own = xt_fields_own(fields);
    const cl_int cells = (cl_int)fields->cells, species = fields->model->species_count;
    const cl_int tissues = fields->model->tissue_count;
    const float h[3] = {(float)fields->mesh->spacing[0], (float)fields->mesh->spacing[1],
                        (float)fields->mesh->spacing[2]};
    const xt_arg args[] = {XT_ARG(fields->block),
                           XT_ARG(fields->word),
                           XT_ARG(fields->coefficient),
                           XT_ARG(fields->class_tissue),
                           XT_ARG(fields->membrane),
                           XT_ARG(species),
                           XT_ARG(tissues),
                           XT_ARG(h[0]),
                           XT_ARG(h[1]),
                           XT_ARG(h[2]),
                           XT_ARG(cells),
                           XT_ARG(own->extrema),
                           XT_ARG(own->bad)};
    XT_TRY(xt_launch(fields->device, own->rate, XT_SUM_ITEMS, 0, args, 13, "statistics", 28.0 * cells, err));
    xt_range range;
    XT_TRY(reduce(&range, fields, err));
    fields->max_rate = range.high;
    fields->max_radius = -range.low;
    return XT_OK;
}
