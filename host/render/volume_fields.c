/* Filling a volume's fields, from arrays or from cells. */
#include "render/internal.h"

#include <math.h>

static const char stage[] = XT_VOLUME_STAGE;

typedef struct {
    cl_float low, per_range;
    cl_int logarithmic;
} scaling;

static xt_status scale(scaling *out, const xt_volume *volume, int slot, double low, double high, bool log_,
                       xt_error *err) {
    if (slot < 0 || slot >= volume->fields)
        return xt_fail(err, XT_INTERNAL, "field slot %d of a volume with %d", slot, volume->fields);
    if (!isfinite(low) || !isfinite(high) || !(low < high))
        return xt_fail(err, XT_USAGE, "a field shown from %g to %g; expected a lower and a higher limit", low,
                       high);
    if (log_ && !(low > 0))
        return xt_fail(err, XT_USAGE, "a field shown logarithmically from %g; expected a limit above 0", low);
    if (log_) {
        low = log(low);
        high = log(high);
    }
    *out = (scaling){(cl_float)low, (cl_float)(1 / (high - low)), log_};
    return XT_OK;
}

/* From codes into the slot. */
static xt_status spread(xt_volume *volume, cl_mem codes, int slot, xt_error *err) {
    const cl_int n[3] = {volume->dims[0], volume->dims[1], volume->dims[2]}, at = slot;
    const xt_arg args[] = {XT_ARG(codes), XT_ARG(n[0]), XT_ARG(n[1]),
                           XT_ARG(n[2]),  XT_ARG(at),   XT_ARG(volume->field)};
    XT_TRY(xt_launch(volume->device, volume->kernel[XT_KERNEL_SPREAD], volume->voxels, 0, args, 6, stage,
                     4.0 * (double)volume->voxels, err));
    volume->field_changed[slot] = true;
    return xt_device_finish(volume->device, err);
}

static xt_status codes_create(cl_mem *codes, xt_volume *volume, xt_error *err) {
    return xt_buffer_create(codes, volume->device, 2 * volume->voxels, "a field on its way", err);
}

xt_status xt_volume_field(xt_volume *volume, int slot, const float *value, double low, double high, bool log_,
                          xt_error *err) {
    xt_device *device = volume->device;
    scaling s;
    XT_TRY(scale(&s, volume, slot, low, high, log_, err));
    const size_t chunk = volume->voxels < XT_VOLUME_CHUNK ? volume->voxels : XT_VOLUME_CHUNK;
    cl_mem part = NULL, codes = NULL;
    xt_status status = XT_OK;
    XT_GO(xt_buffer_create(&part, device, 4 * chunk, "a field on its way", err));
    XT_GO(codes_create(&codes, volume, err));
    for (size_t at = 0; at < volume->voxels; at += chunk) {
        const size_t n = volume->voxels - at < chunk ? volume->voxels - at : chunk;
        const cl_int count = (cl_int)n, to = (cl_int)at;
        XT_GO(xt_buffer_write(device, part, 0, 4 * n, value + at, err));
        const xt_arg args[] = {XT_ARG(part),  XT_ARG(s.low), XT_ARG(s.per_range), XT_ARG(s.logarithmic),
                               XT_ARG(count), XT_ARG(to),    XT_ARG(codes)};
        XT_GO(xt_launch(device, volume->kernel[XT_KERNEL_FIELD], n, 0, args, 7, stage, 6.0 * (double)n, err));
    }
    XT_GO(spread(volume, codes, slot, err));
done:
    xt_buffer_free(device, &part);
    xt_buffer_free(device, &codes);
    return status;
}

xt_status xt_volume_field_of_cells(xt_volume *volume, int slot, const xt_fields *fields, cl_mem buffer,
                                   int plane, double low, double high, bool log_, xt_error *err) {
    scaling s;
    XT_TRY(xt_volume_is_of(volume, fields, err));
    XT_TRY(scale(&s, volume, slot, low, high, log_, err));
    const cl_int cells = (cl_int)fields->cells, nx = volume->dims[0], ny = volume->dims[1];
    const cl_int offset = plane * cells;
    cl_mem codes = NULL;
    xt_status status = XT_OK;
    XT_GO(codes_create(&codes, volume, err));
    XT_GO(xt_volume_unknown(volume, codes, 0, err));
    const xt_arg args[] = {
        XT_ARG(fields->block), XT_ARG(fields->material), XT_ARG(buffer), XT_ARG(offset), XT_ARG(s.low),
        XT_ARG(s.per_range),   XT_ARG(s.logarithmic),    XT_ARG(cells),  XT_ARG(nx),     XT_ARG(ny),
        XT_ARG(codes)};
    XT_GO(xt_launch(volume->device, volume->kernel[XT_KERNEL_FIELD_OF_CELLS], fields->cells, 0, args, 11,
                    stage, 10.0 * cells, err));
    XT_GO(spread(volume, codes, slot, err));
done:
    xt_buffer_free(volume->device, &codes);
    return status;
}
