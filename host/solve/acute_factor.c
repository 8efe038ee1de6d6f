#include "solve/acute.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

xt_status xt_factor_create(xt_solver *solver, xt_error *err) {
    const xt_fields *fields = solver->fields;
    const xt_model *model = fields->model;
    xt_factor *f = &solver->acute->factor;
    const size_t scalars = (size_t)model->scalar_count + 1;
    const size_t floats = solver->own_fields ? 1 : (size_t)model->species_count * fields->cells;
    f->used = calloc(scalars, sizeof *f->used);
    f->scalar = calloc(scalars, sizeof *f->scalar);
    if (!f->used || !f->scalar) return xt_no_memory(err, "acute mode", scalars * sizeof *f->scalar);
    for (int j = 0; j < model->scalar_count; j++)
        for (int s = 0; s < model->species_count; s++)
            for (int t = 1; t <= model->tissue_count; t++) {
                const xt_expr *formula = model->species[s].factor.tissue[t];
                if (formula) f->used[j] |= xt_expr_uses(model, formula, XT_SYM_SCALAR, j);
            }
    XT_TRY(xt_kernel_create(&f->kernel, solver->acute->program, "acute_factor", err));
    XT_TRY(xt_buffer_create(&f->scalars, fields->device, scalars * sizeof(float), "acute mode", err));
    return xt_buffer_create(&f->values, fields->device, floats * sizeof(float), "factors of secretion", err);
}

void xt_factor_free(xt_solver *solver) {
    xt_factor *f = &solver->acute->factor;
    xt_kernel_free(&f->kernel);
    xt_buffer_free(solver->fields->device, &f->values);
    xt_buffer_free(solver->fields->device, &f->scalars);
    free(f->used);
    free(f->scalar);
}

/* Has a scalar that factors read moved by more than `bound` of itself? */
static bool moved(const xt_factor *f, const float *scalar, int count, float bound) {
    for (int j = 0; j < count; j++) {
        if (!f->used[j] || (isnan(scalar[j]) && isnan(f->scalar[j]))) continue;
        if (!(fabsf(scalar[j] - f->scalar[j]) <= bound * fabsf(f->scalar[j]))) return true;
    }
    return false;
}

xt_status xt_factor_update(xt_solver *solver, int row, xt_error *err) {
    xt_acute *a = solver->acute;
    xt_factor *f = &a->factor;
    xt_fields view = *solver->fields;
    const int scalars = view.model->scalar_count;
    const float *scalar = a->forcing.scalars_host + (size_t)row * (size_t)scalars;
    if (solver->own_fields) return XT_OK;
    if (f->known && !moved(f, scalar, scalars, (float)fmin(1e-5, 1e-2 * solver->def.relative))) return XT_OK;
    memcpy(f->scalar, scalar, (size_t)scalars * sizeof *scalar);
    f->known = true;
    const cl_int cells = (cl_int)view.cells;
    XT_TRY(xt_buffer_write(view.device, f->scalars, 0, (size_t)scalars * sizeof *scalar, scalar, err));
    view.scalar = f->scalars;
    const xt_arg list[] = {XT_ARG(view.word), XT_ARG(view.class_tissue), XT_ARG(f->values), XT_ARG(cells)};
    xt_arg args[32];
    int n = 0;
    for (size_t k = 0; k < sizeof list / sizeof *list; k++) args[n++] = list[k];
    n += xt_cell_args(args + n, &view, &solver->uses);
    return xt_launch(view.device, f->kernel, xt_reduce_global(&solver->reduce), solver->reduce.local, args, n,
                     "acute: factors", 4.0 * view.model->species_count * (double)view.cells, err);
}
