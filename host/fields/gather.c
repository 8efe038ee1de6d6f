#include "fields/gather.h"

#include <stdlib.h>

struct xt_gather {
    xt_fields *fields;
    xt_program *program;
    cl_kernel kernel;
    cl_mem index, out;
    size_t count;
};

xt_status xt_gather_create(xt_gather **out, xt_fields *fields, const uint32_t *cell, size_t count,
                           xt_error *err) {
    *out = NULL;
    xt_gather *gather = calloc(1, sizeof *gather);
    if (!gather) return xt_no_memory(err, "a gather", sizeof *gather);
    gather->fields = fields;
    gather->count = count;
    const xt_program_part parts[] = {{"grid.clh", NULL}, {"gather.cl", NULL}};
    const size_t bytes = (count ? count : 1) * sizeof(cl_uint);
    xt_status status = XT_OK;
    XT_GO(xt_program_build(&gather->program, fields->device, parts, 2, "", err));
    XT_GO(xt_kernel_create(&gather->kernel, gather->program, "gather", err));
    XT_GO(xt_buffer_create(&gather->index, fields->device, bytes, "cells of a slice", err));
    XT_GO(xt_buffer_create(&gather->out, fields->device, bytes, "values of a slice", err));
    if (count) XT_GO(xt_buffer_write(fields->device, gather->index, 0, count * sizeof *cell, cell, err));
done:
    if (status == XT_OK)
        *out = gather;
    else
        xt_gather_free(gather);
    return status;
}

void xt_gather_free(xt_gather *gather) {
    if (!gather) return;
    xt_buffer_free(gather->fields->device, &gather->index);
    xt_buffer_free(gather->fields->device, &gather->out);
    xt_kernel_free(&gather->kernel);
    xt_program_free(gather->program);
    free(gather);
}

xt_status xt_gather_start(xt_read **read, xt_gather *gather, cl_mem buffer, int plane, xt_error *err) {
    const cl_int offset = plane * (cl_int)gather->fields->cells, count = (cl_int)gather->count;
    const xt_arg args[] = {XT_ARG(buffer), XT_ARG(offset), XT_ARG(gather->index), XT_ARG(count),
                           XT_ARG(gather->out)};
    XT_TRY(xt_launch(gather->fields->device, gather->kernel, gather->count, 0, args, 5, "observe",
                     12.0 * count, err));
    return xt_buffer_read_start(gather->fields->device, read, gather->out, 0,
                                (gather->count ? gather->count : 1) * sizeof(cl_uint), err);
}
