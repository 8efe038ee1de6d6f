#include "fields/fields.h"

#include <stdlib.h>

xt_status xt_sums_create(xt_sums *sums, xt_device *device, int count, xt_error *err) {
    *sums = (xt_sums){.count = count};
    return xt_buffer_create(&sums->partial, device, (size_t)count * XT_SUM_ITEMS * 2 * sizeof(float),
                            "partial sums", err);
}

void xt_sums_free(xt_device *device, xt_sums *sums) { xt_buffer_free(device, &sums->partial); }

xt_status xt_sums_read(double *result, xt_device *device, const xt_sums *sums, xt_error *err) {
    const size_t items = (size_t)sums->count * XT_SUM_ITEMS;
    float *partial = malloc(items * 2 * sizeof *partial);
    if (!partial) return xt_no_memory(err, "partial sums", items * 2 * sizeof *partial);
    xt_status status = xt_buffer_read(device, sums->partial, 0, items * 2 * sizeof *partial, partial, err);
    for (int k = 0; status == XT_OK && k < sums->count; k++) {
        result[k] = 0;
        for (size_t i = 0; i < XT_SUM_ITEMS; i++) {
            const float *p = &partial[2 * ((size_t)k * XT_SUM_ITEMS + i)];
            result[k] += (double)p[0] + (double)p[1];
        }
    }
    free(partial);
    return status;
}
