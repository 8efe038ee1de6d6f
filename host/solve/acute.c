#include "solve/acute.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static xt_status build(xt_solver *solver, xt_error *err) {
    const xt_fields *fields = solver->fields;
    xt_status status = XT_OK;
    xt_text text = {0};
    xt_source_text(&text, fields->model, solver->walls, &solver->uses);
    xt_text_printf(&text, "#define XT_OWN_FIELDS %d\n", solver->own_fields);
    XT_GO(xt_text_check(&text, "acute kernels", err));
    char options[64];
    snprintf(options, sizeof options, "%s%s", xt_stencil_options(fields),
             solver->reduce.rows ? "-DXT_ROWS" : "");
    const xt_program_part parts[] = {
        {"grid.clh", NULL},         {"transport.clh", NULL}, {"sum.clh", NULL},   {"reduce.clh", NULL},
        {NULL, xt_text_get(&text)}, {"cell.clh", NULL},      {"lanes.clh", NULL}, {"stencil.clh", NULL},
        {"rhs.clh", NULL},          {"acute.clh", NULL},     {"acute.cl", NULL},  {"plasma.cl", NULL},
        {"rkc.cl", NULL},           {"rosenbrock.cl", NULL},
    };
    XT_GO(xt_program_build(&solver->acute->program, fields->device, parts,
                           (int)(sizeof parts / sizeof *parts), options, err));
done:
    xt_text_free(&text);
    return status;
}

static xt_status make(xt_solver *solver, xt_error *err) {
    xt_acute *a = solver->acute;
    XT_TRY(build(solver, err));
    XT_TRY(xt_kernel_create(&a->step, a->program, "acute_step", err));
    XT_TRY(xt_kernel_create(&a->fold, a->program, "acute_fold", err));
    XT_TRY(xt_kernel_create(&a->plasma, a->program, "plasma_step", err));
    XT_TRY(xt_kernel_create(&a->measure, a->program, "acute_measure", err));
    XT_TRY(xt_body_create(solver, err));
    XT_TRY(xt_factor_create(solver, err));
    return xt_forcing_create(&a->forcing, solver->fields, err);
}

static xt_status create(xt_solver *solver, xt_error *err) {
    if (solver->acute) return XT_OK;
    solver->acute = calloc(1, sizeof *solver->acute);
    if (!solver->acute) return xt_no_memory(err, "acute mode", sizeof *solver->acute);
    const xt_status status = make(solver, err);
    if (status != XT_OK) xt_acute_free(solver);
    return status;
}

void xt_acute_free(xt_solver *solver) {
    xt_acute *a = solver->acute;
    if (!a) return;
    xt_kernel_free(&a->step);
    xt_kernel_free(&a->fold);
    xt_kernel_free(&a->plasma);
    xt_kernel_free(&a->measure);
    xt_rkc_free(solver);
    xt_split_free(solver);
    xt_body_free(solver);
    xt_factor_free(solver);
    xt_forcing_free(&a->forcing, solver->fields->device);
    xt_program_free(a->program);
    free(a);
    solver->acute = NULL;
}

static xt_status measure(xt_measures totals, xt_solver *solver, xt_error *err) {
    const xt_fields *fields = solver->fields;
    const cl_int cells = (cl_int)fields->cells;
    for (cl_int s = 0; s < fields->model->species_count; s++) {
        const xt_arg args[] = {XT_ARG(fields->word),
                               XT_ARG(fields->coefficient),
                               XT_ARG(fields->rest),
                               XT_ARG(solver->reduce.partial),
                               XT_ARG(s),
                               XT_ARG(cells)};
        XT_TRY(xt_launch(fields->device, solver->acute->measure, xt_reduce_global(&solver->reduce),
                         solver->reduce.local, args, 6, "acute: balance", 8.0 * (double)fields->cells, err));
        XT_TRY(xt_reduce_read(totals[s], &solver->reduce, fields->device, XT_MEASURES, err));
        for (int k = 0; k < XT_MEASURES; k++) totals[s][k] *= fields->cell_volume;
    }
    return XT_OK;
}

double xt_acute_absolute(const xt_solver *solver, xt_measures totals, int s) {
    if (solver->def.absolute > 0) return solver->def.absolute;
    const double mean =
        totals[s][XT_FLUID_VOLUME] > 0 ? totals[s][XT_STORED] / totals[s][XT_FLUID_VOLUME] : 0;
    return fmax(XT_NO_LEVEL, solver->def.relative * fmax(fabs(mean), fabs(solver->fields->plasma[s])));
}

double xt_body_rate(const xt_solver *solver, xt_measures totals) {
    const xt_fields *fields = solver->fields;
    const xt_model *model = fields->model;
    double rate = 0;
    for (int s = 0; s < model->species_count; s++) {
        double plasma =
            totals[s][XT_BODY_SUPPLY] / model->plasma_volume + model->species[s].plasma_elimination;
        for (int o = 0; o < fields->organ_count; o++) {
            const xt_organ *organ = &fields->organ[o];
            xt_transport t;
            xt_model_transport(&t, model, s, organ->tissue, organ->phase0);
            plasma += organ->weight * organ->volume * t.exchange * t.partition / model->plasma_volume;
            if (t.fluid > 0) rate = fmax(rate, (t.fluid * t.loss + t.exchange) / t.fluid);
        }
        if (!fields->plasma_clamped) rate = fmax(rate, plasma);
    }
    return rate;
}

xt_status xt_acute_fold(xt_solver *solver, int quantities, xt_error *err) {
    const cl_int groups = solver->reduce.groups, count = quantities;
    const xt_arg args[] = {XT_ARG(solver->reduce.partial), XT_ARG(solver->acute->folded), XT_ARG(groups),
                           XT_ARG(count)};
    return xt_launch(solver->fields->device, solver->acute->fold, (size_t)quantities * XT_FOLDED, 64, args, 4,
                     "acute: plasma", 0, err);
}

/* Bring plasma and organs back, enter the totals into the ledger, look for what is not a number. */
static xt_status settle(xt_solver *solver, xt_measures before, double now, xt_error *err) {
    xt_fields *fields = solver->fields;
    const xt_model *model = fields->model;
    const size_t species = (size_t)model->species_count, organs = (size_t)fields->organ_count;
    xt_measures after;
    XT_TRY(xt_body_read(solver, false, err));
    XT_TRY(measure(after, solver, err));
    for (size_t s = 0; s < species; s++) {
        double sum[XT_TRACKS];
        for (int k = 0; k < XT_TRACKS; k++) sum[k] = xt_body_value(solver, false, (int)s, k);
        for (int o = 0; o < (int)organs; o++)
            fields->organ[o].rest[s] = xt_body_value(solver, false, (int)s, XT_TRACKS + 1 + o);
        const double volume = fields->cell_volume, wall = sum[3] * volume, reaction = sum[4] * volume;
        const double plasma = xt_body_value(solver, false, (int)s, XT_TRACKS);
        xt_ledger *l = &solver->ledger[s];
        l->produced += sum[0] * volume + fmax(0, wall) + fmax(0, reaction);
        l->lost += sum[1] * volume + fmax(0, -wall) + fmax(0, -reaction);
        l->returned += sum[2] * volume;
        l->supplied += sum[5] * before[s][XT_SUPPLY];
        l->stored += after[s][XT_STORED] - before[s][XT_STORED];
        l->plasma_in += sum[6] + sum[7] + sum[8];
        l->plasma_out += sum[9];
        l->plasma_stored += (plasma - fields->plasma[s]) * model->plasma_volume;
        fields->plasma[s] = plasma;
        if (!isfinite(after[s][XT_STORED]) || !isfinite(plasma)) {
            xt_range range = {.bad_cell = -1};
            XT_TRY(xt_fields_range(&range, fields, fields->rest, (int)s, err));
            int voxel[3] = {-1, -1, -1};
            if (range.bad_cell >= 0) xt_mesh_position(fields->mesh, (size_t)range.bad_cell, voxel);
            return xt_fail(err, XT_NUMERIC, "%s is not a number at voxel (%d, %d, %d), time %g h",
                           model->species[s].name, voxel[0], voxel[1], voxel[2], now);
        }
        const double throughput = fmax(l->produced + l->supplied, l->lost + l->returned);
        const double scale = throughput > 0 ? throughput : fabs(after[s][XT_STORED]);
        const double mesh = l->produced + l->supplied - l->lost - l->returned - l->stored;
        const double blood = l->plasma_in - l->plasma_out - l->plasma_stored;
        const double through = fmax(fabs(l->plasma_in), fabs(l->plasma_out));
        xt_balance_note(solver, (int)s, scale > 0 ? fabs(mesh) / scale : 0,
                        through > 0 && !fields->plasma_clamped ? fabs(blood) / through : 0, throughput);
    }
    return XT_OK;
}

void xt_solver_disturbed(xt_solver *solver) {
    solver->controller.interrupted = true;
    solver->controller.rejected = false;
}

xt_status xt_solver_toward(xt_solver *solver, double *time, double until, int steps, xt_drivers_at drivers,
                           void *context, const volatile int *stop, xt_error *err) {
    if (*time >= until) return XT_OK;
    if (!solver->fields->mesh) return xt_well_mixed_advance(solver, time, until, drivers, context, stop, err);
    xt_measures before;
    XT_TRY(create(solver, err));
    XT_TRY(measure(before, solver, err));
    XT_TRY(xt_body_upload(solver, before, err));
    XT_TRY(xt_rhs_update(solver, err));
    xt_forcing_begin(solver, *time, drivers, context);
    solver->acute->factor.known = false; /* what factors read of cells may have changed */
    XT_TRY(solver->def.method == XT_EULER ? xt_euler_advance(solver, before, time, until, stop, err)
                                          : xt_rkc_advance(solver, before, time, until, steps, stop, err));
    return settle(solver, before, *time, err);
}

/* A group of adaptive steps starts with what a saved state has, so `stop` is looked at between groups. */
enum { GROUP = 8 };

xt_status xt_solver_advance(xt_solver *solver, double *time, double until, xt_drivers_at drivers,
                            void *context, const volatile int *stop, xt_error *err) {
    while (*time < until && !(stop && *stop))
        XT_TRY(xt_solver_toward(solver, time, until, GROUP, drivers, context, stop, err));
    return XT_OK;
}
