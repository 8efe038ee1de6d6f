/* The fields of a step from the last two: what the next solve starts from, and what the rules of the next
 * step see. */
#include "fields/internal.h"

#include <math.h>

static double gone_on(double now, double before, double ratio) {
    return fmax(now + ratio * (now - before), 0);
}

/* Exchange: `before` takes what is now, `now` what is foretold. */
static void levels(double *now, double *before, double ratio, int count) {
    for (int s = 0; s < count; s++) {
        const double level = now[s];
        now[s] = gone_on(level, before[s], ratio);
        before[s] = level;
    }
}

static xt_status mesh(xt_fields *fields, cl_mem *now, cl_mem *before, double ratio, xt_error *err) {
    xt_fields_private *own = xt_fields_own(fields);
    const size_t values = fields->cells * (size_t)fields->model->species_count;
    const cl_float by = (cl_float)ratio;
    const cl_int count = (cl_int)values;
    const xt_arg args[] = {XT_ARG(*now), XT_ARG(*before), XT_ARG(by), XT_ARG(count)};
    return xt_launch(fields->device, own->predict, values, 0, args, 4, "predict", 16.0 * (double)values, err);
}

cl_mem *xt_fields_before(xt_fields *fields, bool peak) {
    if (!fields->rest_before) return &fields->peak;
    return peak ? &fields->peak_before : &fields->rest_before;
}

xt_status xt_fields_keep_both(xt_fields *fields, xt_error *err) {
    const size_t bytes = fields->cells * (size_t)fields->model->species_count * sizeof(float);
    if (!fields->mesh || fields->rest_before) return XT_OK;
    XT_TRY(xt_buffer_create(&fields->rest_before, fields->device, bytes, "earlier fields at rest", err));
    return xt_buffer_create(&fields->peak_before, fields->device, bytes, "earlier fields at the peak", err);
}

xt_status xt_fields_predict(xt_fields *fields, double ratio, bool peak, xt_error *err) {
    const int species = fields->model->species_count;
    const double by = fields->plasma_clamped ? 0 : ratio;
    levels(fields->plasma, fields->plasma_before, by, species);
    if (peak) levels(fields->plasma_peak, fields->plasma_peak_before, by, species);
    for (int k = 0; k < fields->organ_count; k++) {
        xt_organ *organ = &fields->organ[k];
        levels(organ->rest, organ->rest_before, ratio, species);
        if (peak) levels(organ->peak, organ->peak_before, ratio, species);
    }
    if (!fields->mesh) return XT_OK;
    if (peak) XT_TRY(xt_fields_keep_both(fields, err));
    XT_TRY(mesh(fields, &fields->rest, xt_fields_before(fields, false), ratio, err));
    return peak ? mesh(fields, &fields->peak, xt_fields_before(fields, true), ratio, err) : XT_OK;
}
