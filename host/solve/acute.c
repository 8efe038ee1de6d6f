#include "solve/internal.h"

#include "base/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* As kernels/plasma.cl has them. */
enum { PLASMA_CONSTANTS = 4, ORGAN_CONSTANTS = 5 };
/* Steps whose tables are uploaded at once, and for how long the host is content not to look at `stop`, s. */
enum { CHUNK_MOST = 256, CHUNK_FIRST = 8 };
static const double chunk_seconds = 0.3;

/* What acute_measure adds up over the mesh: K R and w K R, mm^3/h; phi c, amol. */
enum { SUPPLY, BODY_SUPPLY, STORED, MEASURES };

struct xt_acute {
    cl_kernel step, fold, plasma, measure;
    cl_mem tables, scalars, source, injected; /* one row per step of a chunk */
    cl_mem folded, level, tracks, constants;
    cl_mem organ_constants, organ_tissue, organ_level, organ_field[2];
    cl_mem organ_phase, organ_bone, organ_state, organ_reference, organ_epsilon;
    float *tables_host, *scalars_host, *source_host, *injected_host;
    double *scalar;
};

static size_t at_least_one(size_t n) { return n > 0 ? n : 1; }

xt_status xt_acute_create(xt_solver *solver, xt_error *err) {
    const xt_fields *fields = solver->fields;
    const xt_model *model = fields->model;
    const size_t species = (size_t)model->species_count, organs = at_least_one((size_t)fields->organ_count);
    const size_t rows = (size_t)model->tissue_count + 1, scalars = at_least_one((size_t)model->scalar_count);
    const size_t phases = at_least_one((size_t)model->phase_count),
                 states = at_least_one((size_t)model->state_count);
    xt_acute *a = solver->acute = calloc(1, sizeof *a);
    if (!a) return xt_no_memory(err, "acute mode", sizeof *a);
    XT_TRY(xt_kernel_create(&a->step, solver->program, "acute_step", err));
    XT_TRY(xt_kernel_create(&a->fold, solver->program, "acute_fold", err));
    XT_TRY(xt_kernel_create(&a->plasma, solver->program, "plasma_step", err));
    XT_TRY(xt_kernel_create(&a->measure, solver->program, "acute_measure", err));
    const struct {
        cl_mem *buffer;
        size_t floats;
    } buffers[] = {
        {&a->tables, CHUNK_MOST * rows * species * 2},
        {&a->scalars, CHUNK_MOST * scalars},
        {&a->source, CHUNK_MOST * organs * species},
        {&a->injected, CHUNK_MOST * species},
        {&a->folded, species * XT_RHS_SUMS * XT_FOLDED * 2},
        {&a->level, species * 2},
        {&a->tracks, species * XT_TRACKS * 2},
        {&a->constants, species * PLASMA_CONSTANTS},
        {&a->organ_constants, organs * species * ORGAN_CONSTANTS},
        {&a->organ_tissue, organs},
        {&a->organ_level, organs * species * 2},
        {&a->organ_field[0], organs * species},
        {&a->organ_field[1], organs * species},
        {&a->organ_phase, organs * phases},
        {&a->organ_bone, organs},
        {&a->organ_state, organs * states},
        {&a->organ_reference, organs * species},
        {&a->organ_epsilon, rows * species},
    };
    for (size_t k = 0; k < sizeof buffers / sizeof *buffers; k++)
        XT_TRY(xt_buffer_create(buffers[k].buffer, fields->device, buffers[k].floats * sizeof(float),
                                "acute mode", err));
    a->tables_host = calloc(CHUNK_MOST * rows * species * 2, sizeof(float));
    a->scalars_host = calloc(CHUNK_MOST * scalars, sizeof(float));
    a->source_host = calloc(CHUNK_MOST * organs * species, sizeof(float));
    a->injected_host = calloc(CHUNK_MOST * species, sizeof(float));
    a->scalar = calloc(scalars, sizeof *a->scalar);
    if (!a->tables_host || !a->scalars_host || !a->source_host || !a->injected_host || !a->scalar)
        return xt_no_memory(err, "acute mode", CHUNK_MOST * rows * species * 2 * sizeof(float));
    return XT_OK;
}

void xt_acute_free(xt_solver *solver) {
    xt_acute *a = solver->acute;
    if (!a) return;
    xt_kernel_free(&a->step);
    xt_kernel_free(&a->fold);
    xt_kernel_free(&a->plasma);
    xt_kernel_free(&a->measure);
    cl_mem *buffers[] = {&a->tables,          &a->scalars,      &a->source,      &a->injected,
                         &a->folded,          &a->level,        &a->tracks,      &a->constants,
                         &a->organ_constants, &a->organ_tissue, &a->organ_level, &a->organ_field[0],
                         &a->organ_field[1],  &a->organ_phase,  &a->organ_bone,  &a->organ_state,
                         &a->organ_reference, &a->organ_epsilon};
    for (size_t k = 0; k < sizeof buffers / sizeof *buffers; k++)
        xt_buffer_free(solver->fields->device, buffers[k]);
    free(a->tables_host);
    free(a->scalars_host);
    free(a->source_host);
    free(a->injected_host);
    free(a->scalar);
    free(a);
    solver->acute = NULL;
}

/* A double as the float nearest to it and the rest. */
static void split(float pair[2], double value) {
    pair[0] = (float)value;
    pair[1] = (float)(value - (double)pair[0]);
}

/* Organs as the plasma kernel reads them: planar, like cells. */
static xt_status upload_organs(xt_solver *solver, xt_error *err) {
    xt_acute *a = solver->acute;
    const xt_fields *fields = solver->fields;
    const xt_model *model = fields->model;
    const int species = model->species_count, organs = fields->organ_count;
    const int bone = xt_model_find_phase(model, "bone");
    if (!organs) return XT_OK;
    const size_t rows = (size_t)model->tissue_count + 1, count = (size_t)organs;
    const size_t longest =
        count * (size_t)(XT_MAX_SPECIES * ORGAN_CONSTANTS + XT_MAX_STATES) + rows * XT_MAX_SPECIES;
    float *buffer = calloc(longest, sizeof *buffer);
    if (!buffer) return xt_no_memory(err, "organs", longest * sizeof *buffer);
    xt_status status = XT_OK;
    unsigned char *tissue = (unsigned char *)buffer;
    for (int o = 0; o < organs; o++) tissue[o] = (unsigned char)fields->organ[o].tissue;
    XT_GO(xt_buffer_write(fields->device, a->organ_tissue, 0, count, tissue, err));
    for (int o = 0; o < organs; o++)
        for (int s = 0; s < species; s++) {
            const xt_organ *organ = &fields->organ[o];
            xt_transport t;
            xt_model_transport(&t, model, s, organ->tissue, organ->phase0);
            float *row = buffer + (o * species + s) * ORGAN_CONSTANTS;
            row[0] = (float)t.fluid;
            row[1] = (float)(t.fluid * t.loss);
            row[2] = (float)t.exchange;
            row[3] = (float)(t.exchange * t.partition);
            row[4] = (float)(organ->weight * organ->volume);
        }
    XT_GO(xt_buffer_write(fields->device, a->organ_constants, 0,
                          count * (size_t)species * ORGAN_CONSTANTS * sizeof(float), buffer, err));
    for (int s = 0; s < species; s++)
        for (int o = 0; o < organs; o++) split(buffer + 2 * (s * organs + o), fields->organ[o].rest[s]);
    XT_GO(xt_buffer_write(fields->device, a->organ_level, 0, count * (size_t)species * 2 * sizeof(float),
                          buffer, err));
    for (int s = 0; s < species; s++)
        for (int o = 0; o < organs; o++) buffer[s * organs + o] = (float)fields->organ[o].rest[s];
    for (int k = 0; k < 2; k++)
        XT_GO(xt_buffer_write(fields->device, a->organ_field[k], 0, count * (size_t)species * sizeof(float),
                              buffer, err));
    for (int s = 0; s < species; s++)
        for (int o = 0; o < organs; o++) buffer[s * organs + o] = (float)fields->organ[o].reference[s];
    XT_GO(xt_buffer_write(fields->device, a->organ_reference, 0, count * (size_t)species * sizeof(float),
                          buffer, err));
    memset(buffer, 0, rows * (size_t)species * sizeof *buffer);
    for (int o = 0; o < organs; o++)
        for (int s = 0; s < species; s++)
            buffer[fields->organ[o].tissue * species + s] =
                (float)fmax(1e-3 * fields->organ[o].reference[s], 1e-30);
    XT_GO(xt_buffer_write(fields->device, a->organ_epsilon, 0, rows * (size_t)species * sizeof(float), buffer,
                          err));
    for (int p = 0; p < model->phase_count; p++)
        for (int o = 0; o < organs; o++) buffer[p * organs + o] = (float)fields->organ[o].phase[p];
    XT_GO(xt_buffer_write(fields->device, a->organ_phase, 0,
                          count * (size_t)model->phase_count * sizeof(float), buffer, err));
    for (int o = 0; o < organs; o++) buffer[o] = bone >= 0 ? (float)fields->organ[o].phase0[bone] : 0;
    XT_GO(xt_buffer_write(fields->device, a->organ_bone, 0, count * sizeof(float), buffer, err));
    for (int k = 0; k < model->state_count; k++)
        for (int o = 0; o < organs; o++) buffer[k * organs + o] = (float)fields->organ[o].state[k];
    XT_GO(xt_buffer_write(fields->device, a->organ_state, 0,
                          count * (size_t)model->state_count * sizeof(float), buffer, err));
done:
    free(buffer);
    return status;
}

static xt_status measure(double totals[][MEASURES], xt_solver *solver, xt_error *err) {
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
        XT_TRY(xt_reduce_read(totals[s], &solver->reduce, fields->device, MEASURES, err));
        for (int k = 0; k < MEASURES; k++) totals[s][k] *= fields->cell_volume;
    }
    return XT_OK;
}

/* The largest stable step: mesh, organs and plasma (Gershgorin). */
static double largest_step(const xt_solver *solver, double totals[][MEASURES]) {
    const xt_fields *fields = solver->fields;
    const xt_model *model = fields->model;
    double rate = fields->max_rate;
    for (int s = 0; s < model->species_count; s++) {
        double plasma = totals[s][BODY_SUPPLY] / model->plasma_volume + model->species[s].plasma_elimination;
        for (int o = 0; o < fields->organ_count; o++) {
            const xt_organ *organ = &fields->organ[o];
            xt_transport t;
            xt_model_transport(&t, model, s, organ->tissue, organ->phase0);
            plasma += organ->weight * organ->volume * t.exchange * t.partition / model->plasma_volume;
            if (t.fluid > 0) rate = fmax(rate, (t.fluid * t.loss + t.exchange) / t.fluid);
        }
        if (!fields->plasma_clamped) rate = fmax(rate, plasma);
    }
    const double step = rate > 0 ? solver->def.courant / rate : solver->def.max_step;
    return fmin(step, solver->def.max_step);
}

static double time_of(const xt_stretch *stretch, double steps) {
    return steps >= (double)stretch->steps
               ? stretch->until
               : stretch->start + (stretch->until - stretch->start) * steps / (double)stretch->steps;
}

/* Steps from *time to `until`; those of a stretch that was broken off are kept, so that it ends with the same
 * bits. */
static void plan(xt_solver *solver, double time, double until, double longest) {
    xt_stretch *stretch = &solver->stretch;
    if (stretch->steps > 0 && stretch->until == until && stretch->done < stretch->steps &&
        time_of(stretch, (double)stretch->done) == time)
        return;
    *stretch =
        (xt_stretch){.start = time, .until = until, .steps = (long long)ceil((until - time) / longest)};
    if (stretch->steps < 1) stretch->steps = 1;
}

/* Tables for the next `count` steps: drivers at their midpoints. */
static xt_status upload_chunk(xt_solver *solver, int count, xt_drivers_at drivers, void *context,
                              xt_error *err) {
    xt_acute *a = solver->acute;
    const xt_fields *fields = solver->fields;
    const xt_model *model = fields->model;
    const size_t species = (size_t)model->species_count, organs = (size_t)fields->organ_count;
    const size_t rows = (size_t)model->tissue_count + 1, scalars = (size_t)model->scalar_count;
    for (int k = 0; k < count; k++) {
        drivers(a->scalar, time_of(&solver->stretch, (double)solver->stretch.done + k + 0.5), context);
        xt_source_table(a->tables_host + (size_t)k * rows * species * 2, fields, a->scalar, XT_SOURCE_PULSE);
        for (size_t j = 0; j < scalars; j++) a->scalars_host[(size_t)k * scalars + j] = (float)a->scalar[j];
        for (size_t s = 0; s < species; s++) {
            a->injected_host[(size_t)k * species + s] =
                (float)(solver->appearance[s] + xt_source_plasma(model, (int)s, a->scalar, XT_SOURCE_PULSE));
            for (size_t o = 0; o < organs; o++)
                a->source_host[((size_t)k * organs + o) * species + s] =
                    (float)xt_source_organ(fields, &fields->organ[o], (int)s, a->scalar, XT_SOURCE_PULSE);
        }
    }
    const size_t n = (size_t)count * sizeof(float);
    XT_TRY(xt_buffer_write(fields->device, a->tables, 0, n * rows * species * 2, a->tables_host, err));
    if (solver->uses.scalar)
        XT_TRY(xt_buffer_write(fields->device, a->scalars, 0, n * scalars, a->scalars_host, err));
    XT_TRY(xt_buffer_write(fields->device, a->source, 0, n * organs * species, a->source_host, err));
    return xt_buffer_write(fields->device, a->injected, 0, n * species, a->injected_host, err);
}

/* One step: fields, then sums, then plasma and organs. Nothing waits for the host. */
static xt_status enqueue_step(xt_solver *solver, int row, int parity, double dt, xt_error *err) {
    xt_acute *a = solver->acute;
    xt_fields *fields = solver->fields;
    const cl_float step_h = (cl_float)dt, volume = (cl_float)fields->cell_volume;
    const cl_int step = row, cells = (cl_int)fields->cells, organs = fields->organ_count;
    const cl_int groups = solver->reduce.groups;
    const cl_uint count = (cl_uint)solver->count;
    const int species = fields->model->species_count;
    xt_fields view = *fields;
    view.scalar = a->scalars;
    xt_arg args[48];
    int n = xt_rhs_args(args, solver);
    const xt_arg field[] = {XT_ARG(a->tables),
                            XT_ARG(a->level),
                            XT_ARG(fields->rest),
                            XT_ARG(fields->peak),
                            XT_ARG(solver->reduce.partial),
                            XT_ARG(step_h),
                            XT_ARG(step),
                            XT_ARG(count),
                            XT_ARG(cells)};
    for (size_t k = 0; k < sizeof field / sizeof *field; k++) args[n++] = field[k];
    n += xt_cell_args(args + n, &view, &solver->uses);
    XT_TRY(xt_launch(fields->device, a->step, xt_reduce_global(&solver->reduce), solver->reduce.local, args,
                     n, "acute: fields", (8.0 * species + 4.0) * (double)fields->cells, err));
    const xt_arg fold[] = {XT_ARG(solver->reduce.partial), XT_ARG(a->folded), XT_ARG(groups)};
    XT_TRY(xt_launch(fields->device, a->fold, (size_t)species * XT_RHS_SUMS * XT_FOLDED, 64, fold, 3,
                     "acute: plasma", 0, err));

    view.region = a->organ_tissue;
    view.phase = a->organ_phase;
    view.bone0 = a->organ_bone;
    view.state = a->organ_state;
    view.rest = view.peak = a->organ_field[parity];
    view.reference = a->organ_reference;
    view.epsilon = a->organ_epsilon;
    const xt_arg plasma[] = {XT_ARG(a->folded),
                             XT_ARG(a->constants),
                             XT_ARG(a->organ_constants),
                             XT_ARG(a->organ_tissue),
                             XT_ARG(a->source),
                             XT_ARG(a->injected),
                             XT_ARG(a->level),
                             XT_ARG(a->organ_level),
                             XT_ARG(a->organ_field[parity]),
                             XT_ARG(a->organ_field[1 - parity]),
                             XT_ARG(a->tracks),
                             XT_ARG(step_h),
                             XT_ARG(volume),
                             XT_ARG(step),
                             XT_ARG(organs)};
    n = 0;
    for (size_t k = 0; k < sizeof plasma / sizeof *plasma; k++) args[n++] = plasma[k];
    n += xt_cell_args(args + n, &view, &solver->uses);
    XT_TRY(xt_launch(fields->device, a->plasma, (size_t)species, 1, args, n, "acute: plasma", 0, err));
    const cl_mem next = fields->peak;
    fields->peak = fields->rest;
    fields->rest = next;
    solver->count++;
    return XT_OK;
}

static xt_status upload_levels(xt_solver *solver, double totals[][MEASURES], xt_error *err) {
    xt_acute *a = solver->acute;
    const xt_fields *fields = solver->fields;
    const xt_model *model = fields->model;
    const size_t species = (size_t)model->species_count;
    float level[XT_MAX_SPECIES][2], constants[XT_MAX_SPECIES * PLASMA_CONSTANTS];
    for (size_t s = 0; s < species; s++) {
        split(level[s], fields->plasma[s]);
        float *row = constants + s * PLASMA_CONSTANTS;
        row[0] = (float)(model->species[s].plasma_elimination * model->plasma_volume);
        row[1] = (float)model->plasma_volume;
        row[2] = (float)(totals[s][BODY_SUPPLY] / fields->cell_volume);
        row[3] = fields->plasma_clamped ? 1 : 0;
    }
    XT_TRY(xt_buffer_write(fields->device, a->level, 0, species * sizeof *level, level, err));
    XT_TRY(xt_buffer_write(fields->device, a->constants, 0, species * PLASMA_CONSTANTS * sizeof(float),
                           constants, err));
    XT_TRY(xt_buffer_fill_zero(fields->device, a->tracks, 0, species * XT_TRACKS * 2 * sizeof(float), err));
    return upload_organs(solver, err);
}

/* Bring plasma and organs back, enter the totals into the ledger, look for what is not a number. */
static xt_status settle(xt_solver *solver, double before[][MEASURES], double now, xt_error *err) {
    xt_acute *a = solver->acute;
    xt_fields *fields = solver->fields;
    const xt_model *model = fields->model;
    const size_t species = (size_t)model->species_count, organs = (size_t)fields->organ_count;
    float level[XT_MAX_SPECIES][2], tracks[XT_MAX_SPECIES][XT_TRACKS][2];
    double after[XT_MAX_SPECIES][MEASURES];
    XT_TRY(xt_buffer_read(fields->device, a->level, 0, species * sizeof *level, level, err));
    XT_TRY(xt_buffer_read(fields->device, a->tracks, 0, species * sizeof *tracks, tracks, err));
    for (size_t s = 0; s < species; s++)
        for (size_t o = 0; o < organs; o++) {
            float pair[2];
            XT_TRY(xt_buffer_read(fields->device, a->organ_level, (s * organs + o) * sizeof pair, sizeof pair,
                                  pair, err));
            fields->organ[o].rest[s] = (double)pair[0] + (double)pair[1];
        }
    XT_TRY(measure(after, solver, err));
    for (size_t s = 0; s < species; s++) {
        double sum[XT_TRACKS];
        for (int k = 0; k < XT_TRACKS; k++) sum[k] = (double)tracks[s][k][0] + (double)tracks[s][k][1];
        const double volume = fields->cell_volume, wall = sum[3] * volume, reaction = sum[4] * volume;
        const double plasma = (double)level[s][0] + (double)level[s][1];
        xt_ledger *l = &solver->ledger[s];
        l->produced += sum[0] * volume + fmax(0, wall) + fmax(0, reaction);
        l->lost += sum[1] * volume + fmax(0, -wall) + fmax(0, -reaction);
        l->returned += sum[2] * volume;
        l->supplied += sum[5] * before[s][SUPPLY];
        l->stored += after[s][STORED] - before[s][STORED];
        l->plasma_in += sum[6] + sum[7] + sum[8];
        l->plasma_out += sum[9];
        l->plasma_stored += (plasma - fields->plasma[s]) * model->plasma_volume;
        fields->plasma[s] = plasma;
        if (!isfinite(after[s][STORED]) || !isfinite(plasma)) {
            xt_range range = {.bad_cell = -1};
            XT_TRY(xt_fields_range(&range, fields, fields->rest, (int)s, err));
            int voxel[3] = {-1, -1, -1};
            if (range.bad_cell >= 0) xt_mesh_position(fields->mesh, (size_t)range.bad_cell, voxel);
            return xt_fail(err, XT_NUMERIC, "%s is not a number at voxel (%d, %d, %d), time %g h",
                           model->species[s].name, voxel[0], voxel[1], voxel[2], now);
        }
        const double throughput = fmax(l->produced + l->supplied, l->lost + l->returned);
        const double scale = throughput > 0 ? throughput : fabs(after[s][STORED]);
        const double mesh = l->produced + l->supplied - l->lost - l->returned - l->stored;
        const double blood = l->plasma_in - l->plasma_out - l->plasma_stored;
        const double through = fmax(fabs(l->plasma_in), fabs(l->plasma_out));
        xt_balance_note(solver, (int)s, scale > 0 ? fabs(mesh) / scale : 0,
                        through > 0 && !fields->plasma_clamped ? fabs(blood) / through : 0, throughput);
    }
    return XT_OK;
}

xt_status xt_solver_advance(xt_solver *solver, double *time, double until, xt_drivers_at drivers,
                            void *context, const volatile int *stop, xt_error *err) {
    if (*time >= until) return XT_OK;
    if (!solver->fields->mesh) return xt_well_mixed_advance(solver, time, until, drivers, context, stop, err);
    double before[XT_MAX_SPECIES][MEASURES];
    XT_TRY(measure(before, solver, err));
    XT_TRY(upload_levels(solver, before, err));
    XT_TRY(xt_rhs_update(solver, err));
    plan(solver, *time, until, largest_step(solver, before));
    xt_stretch *stretch = &solver->stretch;
    const double dt = (stretch->until - stretch->start) / (double)stretch->steps;
    int chunk = CHUNK_FIRST, parity = 0;
    while (stretch->done < stretch->steps && !(stop && *stop)) {
        const long long left = stretch->steps - stretch->done;
        const int count = left < chunk ? (int)left : chunk;
        XT_TRY(upload_chunk(solver, count, drivers, context, err));
        const double begun = xt_seconds();
        int row = 0;
        for (; row < count && !(stop && *stop); row++, parity = 1 - parity)
            XT_TRY(enqueue_step(solver, row, parity, dt, err));
        XT_TRY(xt_device_finish(solver->fields->device, err));
        stretch->done += row;
        solver->report.steps += (unsigned long long)row;
        const double each = (xt_seconds() - begun) / (row > 0 ? row : 1);
        chunk = (int)fmin(CHUNK_MOST, fmax(1, chunk_seconds / fmax(each, 1e-6)));
    }
    solver->report.step_h = dt;
    *time = time_of(stretch, (double)stretch->done);
    return settle(solver, before, *time, err);
}
