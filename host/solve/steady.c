/* Steady fields of all species, with what stands still between them; and the reference. */
#include "solve/closure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { OUTER_MOST = 60 };

static bool any_nonlinear(const xt_model *model) {
    for (int s = 0; s < model->species_count; s++)
        if (xt_source_nonlinear(model, s)) return true;
    return false;
}

/* ---- levels of plasma and organs from one round over the species to the next ---- */

static const double settled_change = 3e-7;

static size_t level_count(const xt_fields *fields) {
    return 2 * XT_MAX_SPECIES * ((size_t)fields->organ_count + 1);
}

/* The largest relative change since the levels in `kept`, which take the present ones. */
static double levels_moved(double *kept, const xt_fields *fields) {
    double worst = 0;
    for (int o = -1; o < fields->organ_count; o++)
        for (int peak = 0; peak < 2; peak++) {
            const double *now = o < 0  ? (peak ? fields->plasma_peak : fields->plasma)
                                : peak ? fields->organ[o].peak
                                       : fields->organ[o].rest;
            for (int s = 0; s < fields->model->species_count; s++, kept++) {
                if (now[s] != *kept)
                    worst = fmax(worst, fabs(now[s] - *kept) / fmax(fabs(now[s]), fabs(*kept)));
                *kept = now[s];
            }
        }
    return worst;
}

/* ---- species by species, those that are linear together ---- */

typedef struct {
    xt_solver *solver;
    const double *scalar;
    double *organ; /* room for XT_JOBS closures */
    bool reference, peak;
    double worst; /* of the residuals found at the start, in units of what counts as solved */
} round_of;

static xt_status close_some(round_of *r, const int *species, int count, bool rest, bool peak, xt_error *err) {
    xt_closure list[XT_JOBS];
    int made = 0;
    for (int which = 0; which < 2; which++)
        for (int k = 0; k < count && (which ? peak : rest); k++) {
            xt_closure_begin(&list[made], r->solver, species[k], r->scalar,
                             r->reference ? XT_SOURCE_REFERENCE
                             : which      ? XT_SOURCE_PEAK
                                          : XT_SOURCE_REST,
                             r->organ + (size_t)made * ((size_t)r->solver->fields->organ_count + 1));
            list[made++].to_baseline = r->reference;
        }
    XT_TRY(xt_closures_close(list, made, err));
    for (int k = 0; k < made; k++) r->worst = fmax(r->worst, xt_closure_first(&list[k]));
    return XT_OK;
}

static xt_status close_group(round_of *r, const int *species, int count, xt_error *err) {
    if (r->peak && xt_elliptic_pairs(r->solver) && !xt_source_nonlinear(r->solver->fields->model, species[0]))
        return close_some(r, species, count, true, true, err);
    XT_TRY(close_some(r, species, count, true, false, err));
    return r->peak ? close_some(r, species, count, false, true, err) : XT_OK;
}

static xt_status close_species(round_of *r, xt_error *err) {
    const xt_model *model = r->solver->fields->model;
    const int width = r->solver->fields->mesh ? xt_elliptic_width(r->solver) : XT_JOBS;
    int group[XT_JOBS], count = 0;
    r->worst = 0;
    for (int s = 0; s < model->species_count; s++) {
        if (xt_source_nonlinear(model, s)) continue;
        group[count++] = s;
        if (count < width) continue;
        XT_TRY(close_group(r, group, count, err));
        count = 0;
    }
    if (count) XT_TRY(close_group(r, group, count, err));
    for (int s = 0; s < model->species_count; s++)
        if (xt_source_nonlinear(model, s)) XT_TRY(close_group(r, &s, 1, err));
    return XT_OK;
}

/* Until nothing that species take from each other moves. */
static xt_status settle(round_of *r, const char *what, xt_error *err) {
    const xt_fields *fields = r->solver->fields;
    double *kept = calloc(level_count(fields), sizeof *kept);
    r->organ = calloc(XT_JOBS * ((size_t)fields->organ_count + 1), sizeof *r->organ);
    xt_status status =
        kept && r->organ ? XT_OK : xt_no_memory(err, "organs", level_count(fields) * sizeof *kept);
    for (int outer = 0; status == XT_OK; outer++) {
        status = close_species(r, err);
        const double moved = levels_moved(kept, fields);
        if (!any_nonlinear(fields->model) || (r->worst <= 10 && moved <= settled_change)) break;
        if (status == XT_OK && outer == OUTER_MOST)
            status = xt_fail(err, XT_NUMERIC, "%s: the reactions between species do not settle", what);
    }
    free(kept);
    free(r->organ);
    return status;
}

xt_status xt_solver_steady(xt_solver *solver, const double *scalar, bool peak, xt_error *err) {
    round_of round = {.solver = solver, .scalar = scalar, .peak = peak};
    if (solver->fields->mesh) XT_TRY(xt_fields_set_scalars(solver->fields, scalar, err));
    XT_TRY(xt_source_upload(solver, 0, scalar, XT_SOURCE_REST, err));
    if (peak) XT_TRY(xt_source_upload(solver, 1, scalar, XT_SOURCE_PEAK, err));
    return settle(&round, "steady fields", err);
}

/* ---- the reference ---- */

/* Exposure floors: a thousandth of each tissue's mean reference. Tissues that the mesh lacks take their
 * organ's. */
static xt_status exposure_floors(xt_solver *solver, xt_error *err) {
    xt_fields *fields = solver->fields;
    const xt_model *model = fields->model;
    const size_t cells = fields->cells, species = (size_t)model->species_count;
    const size_t rows = (size_t)model->tissue_count + 1;
    xt_status status = XT_OK;
    float *plane = malloc(cells * sizeof *plane), *floor = calloc(rows * species, sizeof *floor);
    unsigned char *region = malloc(cells);
    if (!plane || !floor || !region) {
        status = xt_no_memory(err, "exposure floors", cells * sizeof *plane);
        goto done;
    }
    XT_GO(xt_buffer_read(fields->device, fields->region, 0, cells, region, err));
    for (size_t s = 0; s < species; s++) {
        double sum[XT_MAX_TISSUES + 1] = {0}, count[XT_MAX_TISSUES + 1] = {0};
        XT_GO(xt_buffer_read(fields->device, fields->rest, s * cells * sizeof *plane, cells * sizeof *plane,
                             plane, err));
        for (size_t i = 0; i < cells; i++) {
            sum[region[i]] += plane[i];
            count[region[i]] += 1;
        }
        for (size_t t = 1; t < rows; t++) {
            double mean = count[t] > 0 ? sum[t] / count[t] : xt_model_baseline_level(model, (int)s, (int)t);
            for (int o = 0; o < fields->organ_count && !(count[t] > 0); o++)
                if (fields->organ[o].tissue == (int)t) mean = fields->organ[o].rest[s];
            floor[t * species + s] = (float)fmax(1e-3 * mean, 1e-30);
        }
    }
    XT_GO(xt_buffer_write(fields->device, fields->epsilon, 0, rows * species * sizeof *floor, floor, err));
done:
    free(plane);
    free(floor);
    free(region);
    return status;
}

xt_status xt_solver_reference(xt_solver *solver, xt_error *err) {
    xt_fields *fields = solver->fields;
    const xt_model *model = fields->model;
    const int species = model->species_count;
    double *scalar = calloc((size_t)model->scalar_count + 1, sizeof *scalar);
    if (!scalar) return xt_no_memory(err, "scalars", (size_t)model->scalar_count * sizeof *scalar);
    xt_status status = XT_OK;
    round_of round = {.solver = solver, .scalar = scalar, .reference = true};
    xt_model_initial_scalars(model, scalar); /* for reactions: nothing else depends on scalars here */
    xt_model_drivers(model, scalar);
    if (fields->mesh) XT_GO(xt_fields_set_scalars(fields, scalar, err));
    for (int s = 0; s < species; s++) {
        fields->secretion_scale[s] = 1;
        fields->plasma[s] = model->species[s].plasma_baseline;
        solver->response[s] = (xt_response){0};
        solver->appearance[s] = 0;
    }
    XT_GO(xt_source_upload(solver, 0, scalar, XT_SOURCE_REFERENCE, err));
    XT_GO(settle(&round, "reference", err));
    for (int s = 0; s < species; s++) fields->plasma_peak[s] = fields->plasma[s];
    for (int o = 0; o < fields->organ_count; o++) {
        memcpy(fields->organ[o].peak, fields->organ[o].rest, sizeof fields->organ[o].rest);
        memcpy(fields->organ[o].reference, fields->organ[o].rest, sizeof fields->organ[o].rest);
    }
    if (fields->mesh) {
        const size_t bytes = (size_t)species * fields->cells * sizeof(float);
        XT_GO(xt_buffer_copy(fields->device, fields->rest, 0, fields->peak, 0, bytes, err));
        XT_GO(xt_buffer_copy(fields->device, fields->rest, 0, fields->reference, 0, bytes, err));
        XT_GO(exposure_floors(solver, err));
    }
done:
    free(scalar);
    return status;
}
