#include "solve/reduce.h"

#include <stdlib.h>

#include "mesh/mesh.h"

xt_status xt_reduce_create(xt_reduce *reduce, xt_device *device, size_t cells, int quantities,
                           xt_error *err) {
    const xt_device_info *info = xt_device_get_info(device);
    reduce->rows = (info->type & (CL_DEVICE_TYPE_CPU | CL_DEVICE_TYPE_GPU)) == CL_DEVICE_TYPE_CPU;
    reduce->local = reduce->rows ? 1 : XT_REDUCE_LOCAL;
    const size_t most = reduce->rows ? XT_REDUCE_ROWS : XT_REDUCE_GROUPS,
                 unit = reduce->rows ? XT_BLOCK : XT_REDUCE_LOCAL;
    const size_t wanted = (cells + unit - 1) / unit;
    reduce->groups = (int)(wanted < most ? wanted : most);
    reduce->quantities = quantities;
    const size_t bytes = (size_t)reduce->groups * (size_t)quantities * 2 * sizeof(float);
    reduce->host = malloc(bytes);
    if (!reduce->host) return xt_no_memory(err, "partial sums", bytes);
    return xt_buffer_create(&reduce->partial, device, bytes, "partial sums", err);
}

void xt_reduce_free(xt_reduce *reduce, xt_device *device) {
    if (device) xt_buffer_free(device, &reduce->partial);
    free(reduce->host);
    reduce->host = NULL;
}

size_t xt_reduce_global(const xt_reduce *reduce) { return (size_t)reduce->groups * reduce->local; }

xt_status xt_reduce_read(double *sum, xt_reduce *reduce, xt_device *device, int quantities, xt_error *err) {
    const size_t groups = (size_t)reduce->groups;
    XT_TRY(xt_buffer_read(device, reduce->partial, 0, groups * (size_t)quantities * 2 * sizeof(float),
                          reduce->host, err));
    for (int k = 0; k < quantities; k++) {
        const float *pair = reduce->host + (size_t)k * groups * 2;
        double total = 0;
        for (size_t g = 0; g < groups; g++) total += (double)pair[2 * g] + (double)pair[2 * g + 1];
        sum[k] = total;
    }
    return XT_OK;
}
