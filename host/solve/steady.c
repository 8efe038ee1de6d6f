#include "solve/internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Bounds of what a steady solve leaves, relative to throughput: of the plasma's balance, and of the mesh's
 * before it is solved further. */
static const double plasma_bound = 3e-8, mesh_bound = 5e-7;

enum { PASSES_MOST = 60, OUTER_MOST = 60 };

/* The steady problem of one species with its plasma. */
typedef struct {
    xt_solver *solver;
    xt_fields view; /* ->rest is the field that formulas read */
    xt_problem problem;
    xt_source_kind kind;
    const double *scalar;
    double plasma;                /* pM */
    double injected, elimination; /* J amol/h, CL mm^3/h */
    double *organ;                /* levels [organ_count] */
} closure;

typedef struct {
    double totals[XT_TOTALS];
    xt_organ_flow organs;
    double defect, into, out; /* of the plasma, amol/h */
} balance;

static void closure_begin(closure *c, xt_solver *solver, int species, const double *scalar,
                          xt_source_kind kind, double *organ) {
    xt_fields *fields = solver->fields;
    const xt_model *model = fields->model;
    const bool peak = kind == XT_SOURCE_PEAK;
    *c = (closure){.solver = solver, .view = *fields, .kind = kind, .scalar = scalar, .organ = organ};
    if (peak) c->view.rest = fields->peak;
    c->plasma = peak ? fields->plasma_peak[species] : fields->plasma[species];
    c->injected = solver->appearance[species] + xt_source_plasma(model, species, scalar, kind);
    c->elimination = model->species[species].plasma_elimination * model->plasma_volume;
    c->problem = (xt_problem){.x = c->view.rest,
                              .base = solver->base[peak],
                              .species = species,
                              .source_weight = 1,
                              .modulated = kind != XT_SOURCE_REFERENCE,
                              .tolerance = solver->def.tolerance,
                              .accepted = solver->response[species].accepted[peak]};
}

/* Solve the field for the plasma level, and what flows then. */
static xt_status closure_solve(balance *b, closure *c, xt_error *err) {
    *b = (balance){0};
    if (c->solver->fields->mesh) {
        c->problem.view = &c->view;
        c->problem.plasma = (float)c->plasma;
        XT_TRY(xt_elliptic_solve(c->solver, &c->problem, err));
        memcpy(b->totals, c->problem.totals, sizeof b->totals);
    }
    b->organs =
        xt_organs_flow(c->organ, c->solver->fields, c->problem.species, c->plasma, c->scalar, c->kind);
    const double *t = b->totals;
    b->into = t[XT_TOTAL_BODY_EXCHANGE] + b->organs.to_plasma + c->injected;
    b->out = t[XT_TOTAL_BODY_SUPPLY] * c->plasma + b->organs.from_plasma + c->elimination * c->plasma;
    b->defect = b->into - b->out;
    if (!isfinite(b->defect))
        return xt_fail(err, XT_NUMERIC, "plasma of %s: not a number",
                       c->solver->fields->model->species[c->problem.species].name);
    return XT_OK;
}

/* The field per unit of plasma level, and what it returns to the plasma. */
static xt_status unit_response(closure *c, xt_error *err) {
    xt_solver *solver = c->solver;
    xt_fields *fields = solver->fields;
    xt_response *response = &solver->response[c->problem.species];
    if (fields->mesh) {
        xt_problem unit = c->problem;
        unit.view = &c->view;
        unit.x = fields->response;
        unit.source_weight = 0;
        unit.plasma = 1;
        unit.accepted = 0;
        XT_TRY(xt_elliptic_solve(solver, &unit, err));
        response->exchange = unit.totals[XT_TOTAL_BODY_EXCHANGE];
    }
    response->known = true;
    response->geometry = fields->geometry;
    return XT_OK;
}

/* c += change x unit response. */
static xt_status add_response(closure *c, double change, xt_error *err) {
    xt_fields *fields = c->solver->fields;
    if (!fields->mesh) return XT_OK;
    const size_t at = (size_t)c->problem.species * fields->cells;
    return xt_blas_axpy(fields->device, fields->cells, (float)change, fields->response, at, c->problem.x, at,
                        err);
}

void xt_balance_note(xt_solver *solver, int species, double mesh_defect, double plasma_defect,
                     double throughput) {
    xt_balance *b = &solver->report.balance[species];
    if (mesh_defect > b->mesh_defect) b->mesh_defect = mesh_defect;
    if (plasma_defect > b->plasma_defect) b->plasma_defect = plasma_defect;
    b->throughput = throughput;
}

/* Relative to the present throughput or a millionth of the largest there ever was. */
static double against(double *largest, double now) {
    *largest = fmax(*largest, now);
    return fmax(now, 1e-6 * *largest);
}

static double plasma_size(const closure *c, const balance *b) {
    return against(&c->solver->response[c->problem.species].plasma, fmax(fabs(b->into), fabs(b->out)));
}

static double share_of(double part, double whole) { return whole > 0 ? fabs(part) / whole : 0; }

static double mesh_defect(double *throughput, const closure *c, const balance *b) {
    const double *t = b->totals;
    const double gain = t[XT_TOTAL_SECRETION] + t[XT_TOTAL_SUPPLY] * c->plasma + fmax(0, t[XT_TOTAL_WALL]) +
                        fmax(0, t[XT_TOTAL_REACTION]);
    const double loss =
        t[XT_TOTAL_LOSS] + t[XT_TOTAL_EXCHANGE] + fmax(0, -t[XT_TOTAL_WALL]) + fmax(0, -t[XT_TOTAL_REACTION]);
    *throughput = against(&c->solver->response[c->problem.species].mesh, fmax(fabs(gain), fabs(loss)));
    return share_of(gain - loss, *throughput);
}

/* Put down what was found. */
static void closure_end(closure *c, const balance *b) {
    xt_solver *solver = c->solver;
    xt_fields *fields = solver->fields;
    const int species = c->problem.species;
    const bool peak = c->kind == XT_SOURCE_PEAK;
    (peak ? fields->plasma_peak : fields->plasma)[species] = c->plasma;
    solver->response[species].accepted[peak] = c->problem.accepted;
    xt_organs_store(fields, species, c->organ, c->kind);
    double throughput;
    const double mesh = mesh_defect(&throughput, c, b);
    const double plasma = fields->plasma_clamped ? 0 : share_of(b->defect, plasma_size(c, b));
    xt_balance_note(solver, species, mesh, plasma, throughput);
}

/* Is the field's own balance good enough? If not, ask for a smaller residual, thrice at most. */
static bool mesh_is_closed(closure *c, const balance *b, int *tighter) {
    double throughput;
    if (mesh_defect(&throughput, c, b) <= mesh_bound || *tighter >= 3) return true;
    c->problem.tolerance *= 0.1;
    c->problem.accepted = 0;
    ++*tighter;
    return false;
}

/* Newton on the plasma level: exact in two passes while the unit response is that of the geometry. */
static xt_status close_plasma(double *first, xt_solver *solver, int species, const double *scalar,
                              xt_source_kind kind, bool prepared, double *organ, xt_error *err) {
    xt_fields *fields = solver->fields;
    const char *name = fields->model->species[species].name;
    const bool nonlinear = xt_source_nonlinear(fields->model, species) && fields->mesh;
    closure c;
    balance b;
    closure_begin(&c, solver, species, scalar, kind, organ);
    int tighter = 0;
    for (int pass = 0;; pass++) {
        if (fields->mesh && (nonlinear || (pass == 0 && !prepared))) {
            c.problem.view = &c.view;
            XT_TRY(xt_elliptic_setup(solver, &c.problem, err));
        }
        XT_TRY(closure_solve(&b, &c, err));
        if (pass == 0) *first = c.problem.first;
        const double size = plasma_size(&c, &b);
        const bool settled =
            !nonlinear || (pass > 0 && c.problem.first <= 2 * fmax(c.problem.tolerance, c.problem.accepted));
        if ((fields->plasma_clamped || fabs(b.defect) <= plasma_bound * size) && settled &&
            mesh_is_closed(&c, &b, &tighter))
            break;
        if (pass >= PASSES_MOST)
            return xt_fail(err, XT_NUMERIC,
                           "plasma of %s: balance still off by %.1e of the throughput after %d passes", name,
                           share_of(b.defect, size), pass);
        if (fields->plasma_clamped) continue;
        xt_response *response = &solver->response[species];
        if (!response->known || (response->geometry != fields->geometry && pass >= 2))
            XT_TRY(unit_response(&c, err));
        const double slope =
            response->exchange - b.totals[XT_TOTAL_BODY_SUPPLY] + b.organs.slope - c.elimination;
        if (slope >= 0) {
            if (fabs(b.defect) <= plasma_bound * size || b.defect == 0) continue;
            return xt_fail(err, XT_NUMERIC, "plasma of %s: no steady level, nothing removes it", name);
        }
        const double change = -b.defect / slope;
        c.plasma += change;
        XT_TRY(add_response(&c, change, err));
    }
    closure_end(&c, &b);
    return XT_OK;
}

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

xt_status xt_solver_steady(xt_solver *solver, const double *scalar, bool peak, xt_error *err) {
    xt_fields *fields = solver->fields;
    const xt_model *model = fields->model;
    xt_status status = XT_OK;
    double *organ = calloc((size_t)fields->organ_count + 1, sizeof *organ);
    double *kept = calloc(level_count(fields), sizeof *kept);
    if (!organ || !kept) {
        status = xt_no_memory(err, "organs", level_count(fields) * sizeof *kept);
        goto done;
    }
    if (fields->mesh) XT_GO(xt_fields_set_scalars(fields, scalar, err));
    XT_GO(xt_source_upload(solver, 0, scalar, XT_SOURCE_REST, err));
    if (peak) XT_GO(xt_source_upload(solver, 1, scalar, XT_SOURCE_PEAK, err));
    for (int outer = 0;; outer++) {
        double worst = 0;
        for (int s = 0; s < model->species_count; s++) {
            double first = 0;
            XT_GO(close_plasma(&first, solver, s, scalar, XT_SOURCE_REST, false, organ, err));
            worst = fmax(worst, first / fmax(solver->def.tolerance, solver->response[s].accepted[0]));
            if (!peak) continue;
            XT_GO(close_plasma(&first, solver, s, scalar, XT_SOURCE_PEAK, true, organ, err));
            worst = fmax(worst, first / fmax(solver->def.tolerance, solver->response[s].accepted[1]));
        }
        const double moved = levels_moved(kept, fields);
        if (!any_nonlinear(model) || (worst <= 10 && moved <= settled_change)) break;
        if (outer == OUTER_MOST) {
            status = xt_fail(err, XT_NUMERIC, "steady fields: the reactions between species do not settle");
            goto done;
        }
    }
done:
    free(organ);
    free(kept);
    return status;
}

/* ---- the reference ---- */

/* Find the scale of secretion for which the plasma keeps its baseline. The plasma's balance is linear in it.
 */
static xt_status reference_species(double *first, xt_solver *solver, int species, const double *scalar,
                                   double *organ, xt_error *err) {
    xt_fields *fields = solver->fields;
    const xt_model *model = fields->model;
    const double baseline = model->species[species].plasma_baseline;
    const bool nonlinear = xt_source_nonlinear(model, species) && fields->mesh;
    if (baseline > 0) fields->plasma[species] = baseline;
    closure c;
    balance b;
    XT_TRY(xt_source_upload(solver, 0, scalar, XT_SOURCE_REFERENCE, err));
    closure_begin(&c, solver, species, scalar, XT_SOURCE_REFERENCE, organ);
    int tighter = 0;
    for (int pass = 0;; pass++) {
        if (fields->mesh && (nonlinear || pass == 0)) {
            c.problem.view = &c.view;
            XT_TRY(xt_elliptic_setup(solver, &c.problem, err));
        }
        XT_TRY(closure_solve(&b, &c, err));
        if (pass == 0) *first = c.problem.first;
        const double size = plasma_size(&c, &b);
        const bool settled =
            !nonlinear || (pass > 0 && c.problem.first <= 2 * fmax(c.problem.tolerance, c.problem.accepted));
        if ((fields->plasma_clamped || fabs(b.defect) <= plasma_bound * size) && settled &&
            mesh_is_closed(&c, &b, &tighter))
            break;
        if (pass >= PASSES_MOST)
            return xt_fail(err, XT_NUMERIC, "reference of %s: the plasma's balance does not close",
                           model->species[species].name);
        if (fields->plasma_clamped) continue;
        /* what the plasma gets is what secretion gives it (linear in the scale) and what supply returns */
        if (!solver->response[species].known || solver->response[species].geometry != fields->geometry)
            XT_TRY(unit_response(&c, err));
        double organs_source = 0; /* of the organs' exchange, what comes from secretion */
        double *level = organ;
        const xt_organ_flow with =
            xt_organs_flow(level, fields, species, c.plasma, scalar, XT_SOURCE_REFERENCE);
        const double keep = fields->secretion_scale[species];
        fields->secretion_scale[species] = 0;
        const xt_organ_flow without =
            xt_organs_flow(level, fields, species, c.plasma, scalar, XT_SOURCE_REFERENCE);
        fields->secretion_scale[species] = keep;
        organs_source = with.to_plasma - without.to_plasma;
        const double mesh_source =
            b.totals[XT_TOTAL_BODY_EXCHANGE] - solver->response[species].exchange * c.plasma;
        const double made = mesh_source + organs_source;
        if (!(baseline > 0)) /* nothing to scale: the plasma takes the level that follows */
            return close_plasma(first, solver, species, scalar, XT_SOURCE_REFERENCE, false, organ, err);
        if (!(made > 0)) { /* the blood brings it: from food, or from organs that the model leaves out */
            solver->appearance[species] = fmax(0, c.injected - b.defect);
            c.injected = solver->appearance[species];
            if (c.injected > 0) continue;
            return close_plasma(first, solver, species, scalar, XT_SOURCE_REFERENCE, false, organ, err);
        }
        const double factor = 1 - b.defect / made;
        if (!(factor > 0))
            return xt_fail(err, XT_NUMERIC, "reference of %s: no secretion keeps the plasma at its baseline",
                           model->species[species].name);
        fields->secretion_scale[species] *= factor;
        XT_TRY(xt_source_upload(solver, 0, scalar, XT_SOURCE_REFERENCE, err));
        if (fields->mesh) { /* c = factor (c - c_p response) + c_p response */
            const size_t at = (size_t)species * fields->cells;
            XT_TRY(xt_blas_scal(fields->device, fields->cells, (float)factor, c.problem.x, at, err));
            XT_TRY(add_response(&c, (1 - factor) * c.plasma, err));
        }
    }
    closure_end(&c, &b);
    return XT_OK;
}

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
    xt_status status = XT_OK;
    double *organ = calloc((size_t)fields->organ_count + 1, sizeof *organ);
    double *scalar = calloc((size_t)model->scalar_count + 1, sizeof *scalar);
    double *kept = calloc(level_count(fields), sizeof *kept);
    if (!organ || !scalar || !kept) {
        status = xt_no_memory(err, "organs", (size_t)fields->organ_count * sizeof *organ);
        goto done;
    }
    xt_model_initial_scalars(model, scalar); /* for reactions: nothing else depends on scalars here */
    xt_model_drivers(model, scalar);
    if (fields->mesh) XT_GO(xt_fields_set_scalars(fields, scalar, err));
    for (int s = 0; s < species; s++) {
        fields->secretion_scale[s] = 1;
        fields->plasma[s] = model->species[s].plasma_baseline;
        solver->response[s] = (xt_response){0};
        solver->appearance[s] = 0;
    }
    for (int outer = 0;; outer++) {
        double worst = 0;
        for (int s = 0; s < species; s++) {
            double first = 0;
            XT_GO(reference_species(&first, solver, s, scalar, organ, err));
            worst = fmax(worst, first / fmax(solver->def.tolerance, solver->response[s].accepted[0]));
        }
        const double moved = levels_moved(kept, fields);
        if (!any_nonlinear(model) || (worst <= 10 && moved <= settled_change)) break;
        if (outer == OUTER_MOST) {
            status = xt_fail(err, XT_NUMERIC, "reference: the reactions between species do not settle");
            goto done;
        }
    }
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
    free(organ);
    free(scalar);
    free(kept);
    return status;
}
