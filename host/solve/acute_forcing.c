#include "solve/acute.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Floats of one row: secretion, scalars, organs' sources, what is injected. */
typedef struct {
    size_t tables, scalars, source, injected;
} row_sizes;

static row_sizes sizes_of(const xt_fields *fields) {
    const size_t species = (size_t)fields->model->species_count;
    return (row_sizes){((size_t)fields->model->tissue_count + 1) * species * 2,
                       (size_t)fields->model->scalar_count, (size_t)fields->organ_count * species, species};
}

xt_status xt_forcing_create(xt_forcing *f, const xt_fields *fields, xt_error *err) {
    const row_sizes row = sizes_of(fields);
    const struct {
        cl_mem *buffer;
        float **host;
        size_t floats;
    } all[] = {{&f->tables, &f->tables_host, row.tables},
               {&f->scalars, &f->scalars_host, xt_at_least_one(row.scalars)},
               {&f->source, &f->source_host, xt_at_least_one(row.source)},
               {&f->injected, &f->injected_host, row.injected}};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        const size_t bytes = XT_ROWS_MOST * all[k].floats * sizeof(float);
        XT_TRY(xt_buffer_create(all[k].buffer, fields->device, bytes, "acute mode", err));
        *all[k].host = calloc(1, bytes);
        if (!*all[k].host) return xt_no_memory(err, "acute mode", bytes);
    }
    const size_t length = row.tables + row.scalars + row.source + row.injected;
    for (int k = 0; k < 4; k++) f->look[k] = calloc(length, sizeof(float));
    f->scalar = calloc(xt_at_least_one(row.scalars), sizeof *f->scalar);
    f->organ = calloc(xt_at_least_one(row.source), sizeof *f->organ);
    f->organ_rate = calloc(xt_at_least_one(row.source), sizeof *f->organ_rate);
    if (!f->look[0] || !f->look[1] || !f->look[2] || !f->look[3] || !f->scalar || !f->organ || !f->organ_rate)
        return xt_no_memory(err, "acute mode", length * sizeof(float));
    return XT_OK;
}

void xt_forcing_free(xt_forcing *f, xt_device *device) {
    cl_mem *buffers[] = {&f->tables, &f->scalars, &f->source, &f->injected};
    float *host[] = {f->tables_host, f->scalars_host, f->source_host, f->injected_host,
                     f->look[0],     f->look[1],      f->look[2],     f->look[3]};
    for (size_t k = 0; k < sizeof buffers / sizeof *buffers; k++) xt_buffer_free(device, buffers[k]);
    for (size_t k = 0; k < sizeof host / sizeof *host; k++) free(host[k]);
    free(f->scalar);
    free(f->organ);
    free(f->organ_rate);
}

void xt_forcing_begin(xt_solver *solver, double time, xt_drivers_at drivers, void *context) {
    const xt_fields *fields = solver->fields;
    const size_t species = (size_t)fields->model->species_count;
    xt_forcing *f = &solver->acute->forcing;
    f->drivers = drivers;
    f->context = context;
    f->since = time;
    for (size_t s = 0; s < species; s++) {
        f->plasma[s] = fields->plasma[s];
        f->plasma_rate[s] = 0;
        for (int o = 0; o < fields->organ_count; o++) {
            f->organ[(size_t)o * species + s] = fields->organ[o].rest[s];
            f->organ_rate[(size_t)o * species + s] = 0;
        }
    }
}

/* Everything at `time`: scalars to f->scalar, the rest where the pointers say. */
static void evaluate(xt_solver *solver, double time, float *tables, float *scalars, float *source,
                     float *injected) {
    xt_fields *fields = solver->fields;
    xt_forcing *f = &solver->acute->forcing;
    const row_sizes row = sizes_of(fields);
    const size_t species = row.injected;
    double plasma[XT_MAX_SPECIES];
    memcpy(plasma, fields->plasma, sizeof plasma);
    for (size_t s = 0; s < species; s++) {
        fields->plasma[s] = f->plasma[s] + (time - f->since) * f->plasma_rate[s];
        for (int o = 0; o < fields->organ_count; o++) {
            const size_t at = (size_t)o * species + s;
            fields->organ[o].rest[s] = f->organ[at] + (time - f->since) * f->organ_rate[at];
        }
    }
    f->drivers(f->scalar, time, f->context);
    xt_source_table(tables, fields, f->scalar, XT_SOURCE_PULSE);
    for (size_t j = 0; j < row.scalars; j++) scalars[j] = (float)f->scalar[j];
    for (size_t s = 0; s < species; s++) {
        injected[s] = (float)(solver->appearance[s] +
                              xt_source_plasma(fields->model, (int)s, f->scalar, XT_SOURCE_PULSE));
        for (int o = 0; o < fields->organ_count; o++)
            source[(size_t)o * species + s] =
                (float)xt_source_organ(fields, &fields->organ[o], (int)s, f->scalar, XT_SOURCE_PULSE);
    }
    memcpy(fields->plasma, plasma, sizeof plasma);
}

void xt_forcing_row(xt_solver *solver, int row, double time) {
    xt_forcing *f = &solver->acute->forcing;
    const row_sizes size = sizes_of(solver->fields);
    const size_t k = (size_t)row;
    evaluate(solver, time, f->tables_host + k * size.tables, f->scalars_host + k * size.scalars,
             f->source_host + k * size.source, f->injected_host + k * size.injected);
}

xt_status xt_forcing_upload(xt_solver *solver, int count, xt_error *err) {
    const xt_forcing *f = &solver->acute->forcing;
    const row_sizes row = sizes_of(solver->fields);
    xt_device *device = solver->fields->device;
    const size_t n = (size_t)count * sizeof(float);
    XT_TRY(xt_buffer_write(device, f->tables, 0, n * row.tables, f->tables_host, err));
    if (solver->uses.scalar)
        XT_TRY(xt_buffer_write(device, f->scalars, 0, n * row.scalars, f->scalars_host, err));
    XT_TRY(xt_buffer_write(device, f->source, 0, n * row.source, f->source_host, err));
    return xt_buffer_write(device, f->injected, 0, n * row.injected, f->injected_host, err);
}

/* ---- edges ---- */

/* All of a row in one vector; scalars only where formulas of cells read them. */
static void look(xt_solver *solver, float *out, double time) {
    const row_sizes row = sizes_of(solver->fields);
    float *source = out + row.tables, *injected = source + row.source, *scalars = injected + row.injected;
    evaluate(solver, time, out, scalars, source, injected);
    if (!solver->uses.scalar) memset(scalars, 0, row.scalars * sizeof *scalars);
}

/* A change that may be a jump: a twentieth of the largest value of a component seen on the way. */
static bool differs(const xt_solver *solver, const float *a, const float *b) {
    const row_sizes row = sizes_of(solver->fields);
    const size_t length = row.tables + row.source + row.injected + row.scalars;
    float *largest = solver->acute->forcing.look[3];
    bool found = false;
    for (size_t k = 0; k < length; k++) {
        if (isnan(a[k]) && isnan(b[k])) continue;
        largest[k] = fmaxf(largest[k], fmaxf(fabsf(a[k]), fabsf(b[k])));
        found |= !(fabsf(a[k] - b[k]) <= 0.05f * largest[k]);
    }
    return found;
}

/* Halve the interval whose ends look[0] and look[1] are as long as its ends differ; the end of it if they do
 * to the last, else 0. */
static double jump_between(xt_solver *solver, double low, double high) {
    float **v = solver->acute->forcing.look; /* at low, at high, between */
    while (differs(solver, v[0], v[1])) {
        if (high - low <= xt_tick) return high;
        const double middle = 0.5 * (low + high);
        look(solver, v[2], middle);
        const int side = differs(solver, v[0], v[2]) ? 1 : 0;
        float *swap = v[side];
        v[side] = v[2];
        v[2] = swap;
        (side ? (high = middle) : (low = middle));
    }
    return 0;
}

double xt_forcing_edge(xt_solver *solver, double time, double until) {
    const row_sizes row = sizes_of(solver->fields);
    float **v = solver->acute->forcing.look;
    const double span = until - time;
    const int count = (int)fmin(1e6, fmax(2, ceil(span * 60)));
    double low = time + fmin(xt_tick, 0.25 * span);
    memset(v[3], 0, (row.tables + row.source + row.injected + row.scalars) * sizeof *v[3]);
    look(solver, v[1], until - fmin(2 * xt_tick, 0.25 * span));
    look(solver, v[0], low);
    differs(solver, v[0], v[1]); /* both ends say how large values are */
    for (int k = 1; k <= count; k++) {
        const double high = k == count ? until - fmin(2 * xt_tick, 0.25 * span) : time + span * k / count;
        look(solver, v[1], high);
        if (differs(solver, v[0], v[1])) {
            const double jump = jump_between(solver, low, high);
            if (jump > 0) return jump;
            look(solver, v[1], high); /* it was only steep */
        }
        float *swap = v[0];
        v[0] = v[1];
        v[1] = swap;
        low = high;
    }
    return until;
}
