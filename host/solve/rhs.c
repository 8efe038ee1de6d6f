#include "solve/acute.h"

xt_status xt_rhs_update(xt_solver *solver, xt_error *err) {
    xt_fields *fields = solver->fields;
    XT_TRY(xt_stencil_update(&solver->stencil, fields, solver->pick, err));
    xt_stencil_trim(&solver->stencil);
    return XT_OK;
}

int xt_rhs_args(xt_arg *args, const xt_solver *solver) {
    const xt_stencil *stencil = &solver->stencil;
    int n = xt_mesh_args(args, solver, XT_SOURCE_ARGS);
    if (!solver->own_fields) args[n++] = XT_ARG(solver->acute->factor.values);
    args[n++] = XT_ARG(stencil->block);
    args[n++] = XT_ARG(stencil->face);
    args[n++] = XT_ARG(stencil->id);
    args[n++] = XT_ARG(stencil->palette);
    return n;
}
