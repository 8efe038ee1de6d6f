#include <math.h>

#include "step/internal.h"

/* Which buffer holds the value that is not finite; the message names it, the voxel and the time. */
static xt_status find_bad(xt_sim *sim, xt_error *err) {
    const xt_model *model = sim->model;
    xt_fields *fields = sim->fields;
    const struct {
        cl_mem buffer;
        int planes;
        const char *what;
    } all[] = {{fields->rest, model->species_count, "field"},
               {fields->phase, model->phase_count, "fraction"},
               {fields->state, model->state_count, "state"}};
    const double days = sim->clock.time / 24;
    for (int i = 0; fields->mesh && i < 3; i++)
        for (int plane = 0; plane < all[i].planes; plane++) {
            xt_range range;
            XT_TRY(xt_fields_range(&range, fields, all[i].buffer, plane, err));
            if (range.bad_cell < 0) continue;
            const xt_block *block = &fields->mesh->block[range.bad_cell / XT_BLOCK];
            const char *name = i == 0   ? model->species[plane].name
                               : i == 1 ? model->phase[plane]
                                        : model->state[plane].name;
            return xt_fail(err, XT_NUMERIC,
                           "%s '%s' is not finite in voxel (%d, %d, %d) at day %.6g (age %.6g y)",
                           all[i].what, name, block->x + (int)(range.bad_cell % XT_BLOCK), block->y, block->z,
                           days, xt_sim_age(sim) / 8766);
        }
    return xt_fail(err, XT_NUMERIC, "a body-wide value is not finite at day %.6g (age %.6g y)", days,
                   xt_sim_age(sim) / 8766);
}

xt_status xt_sim_check_finite(xt_sim *sim, xt_error *err) {
    const xt_model *model = sim->model;
    bool good = true;
    for (int i = 0; i < model->scalar_count; i++)
        /* a setting may be unset; a part of a formula (_body_) may be of a branch that is not taken */
        if (model->scalar[i].kind != XT_SCALAR_SETTING && model->scalar[i].name[0] != '_')
            good &= isfinite(sim->scalar[i]) != 0;
    return good ? XT_OK : find_bad(sim, err);
}

xt_status xt_sim_proofs(xt_proofs *proofs, xt_sim *sim, xt_error *err) {
    *proofs = (xt_proofs){
        .solver = *xt_solver_get_report(sim->solver),
        .tissue = *xt_tissue_get_report(sim->tissue),
        .chronic_steps = sim->clock.chronic_steps,
        .rejected = sim->clock.rejected,
        .smallest = sim->clock.smallest,
        .largest = sim->clock.largest,
        .mean = sim->clock.chronic_steps ? sim->clock.total / (double)sim->clock.chronic_steps : 0,
        .step_error = sim->clock.step_error,
        .step_error_total = sim->clock.step_error_total,
        .class_error = sim->fields->class_error,
        .class_count = sim->fields->class_count};
    XT_TRY(xt_fields_fraction_defect(&proofs->fraction_defect, sim->fields, err));
    for (int s = 0; s < sim->model->species_count; s++) {
        proofs->range[s] = (xt_range){NAN, NAN, -1};
        if (!sim->fields->mesh) continue;
        XT_TRY(xt_fields_range(&proofs->range[s], sim->fields, sim->fields->rest, s, err));
        if (proofs->range[s].bad_cell >= 0) return find_bad(sim, err);
    }
    return XT_OK;
}
