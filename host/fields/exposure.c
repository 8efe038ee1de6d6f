#include "fields/exposure.h"

#include <stdlib.h>

struct xt_exposure {
    xt_fields *fields;
    xt_program *program;
    cl_kernel kernel;
    cl_mem out;
};

xt_status xt_exposure_create(xt_exposure **out, xt_fields *fields, xt_error *err) {
    *out = NULL;
    xt_exposure *exposure = calloc(1, sizeof *exposure);
    if (!exposure) return xt_no_memory(err, "exposures", sizeof *exposure);
    exposure->fields = fields;
    const xt_program_part parts[] = {{"grid.clh", NULL}, {"exposure.cl", NULL}};
    xt_status status = XT_OK;
    XT_GO(xt_program_build(&exposure->program, fields->device, parts, 2, "", err));
    XT_GO(xt_kernel_create(&exposure->kernel, exposure->program, "exposure", err));
    XT_GO(xt_buffer_create(&exposure->out, fields->device, fields->cells * sizeof(float), "exposures", err));
done:
    if (status == XT_OK)
        *out = exposure;
    else
        xt_exposure_free(exposure);
    return status;
}

void xt_exposure_free(xt_exposure *exposure) {
    if (!exposure) return;
    xt_buffer_free(exposure->fields->device, &exposure->out);
    xt_kernel_free(&exposure->kernel);
    xt_program_free(exposure->program);
    free(exposure);
}

xt_status xt_exposure_of(cl_mem *buffer, xt_exposure *exposure, int species, xt_error *err) {
    xt_fields *fields = exposure->fields;
    const cl_int cells = (cl_int)fields->cells, at = species, count = fields->model->species_count,
                 offset = at * cells;
    const xt_arg args[] = {XT_ARG(fields->rest),    XT_ARG(fields->reference),
                           XT_ARG(offset),          XT_ARG(fields->material),
                           XT_ARG(fields->epsilon), XT_ARG(at),
                           XT_ARG(count),           XT_ARG(cells),
                           XT_ARG(exposure->out)};
    *buffer = exposure->out;
    return xt_launch(fields->device, exposure->kernel, fields->cells, 0, args, 9, "observe",
                     16.0 * (double)fields->cells, err);
}
