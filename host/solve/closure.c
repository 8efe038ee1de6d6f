/* The plasma's balance of steady species, closed for several at once: Newton on the plasma level with the
 * field's response to it, which is linear and kept as long as the geometry stays. */
#include "solve/closure.h"

#include <math.h>
#include <string.h>

/* Bounds of what a steady solve leaves, relative to throughput: of the plasma's balance, and of the mesh's
 * before it is solved further. The tables of secretion are fp32: scaling them cannot do better than half of a
 * unit in the last place. */
static const double plasma_bound = 8e-8, mesh_bound = 5e-7;

enum { PASSES_MOST = 60 };

static const char *name_of(const xt_closure *c) {
    return c->solver->fields->model->species[c->problem.species].name;
}

static xt_response *response_of(const xt_closure *c) { return &c->solver->response[c->problem.species]; }

void xt_closure_begin(xt_closure *c, xt_solver *solver, int species, const double *scalar,
                      xt_source_kind kind, double *organ) {
    xt_fields *fields = solver->fields;
    const xt_model *model = fields->model;
    const bool peak = kind == XT_SOURCE_PEAK;
    *c = (xt_closure){.solver = solver, .view = *fields, .kind = kind, .scalar = scalar, .organ = organ};
    if (peak) c->view.rest = fields->peak;
    c->nonlinear = xt_source_nonlinear(model, species) && fields->mesh;
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

double xt_closure_first(const xt_closure *c) {
    return c->first / fmax(c->solver->def.tolerance, fmax(c->problem.accepted, c->problem.stored));
}

void xt_balance_note(xt_solver *solver, int species, double mesh_defect, double plasma_defect,
                     double throughput) {
    xt_balance *b = &solver->report.balance[species];
    if (mesh_defect > b->mesh_defect) b->mesh_defect = mesh_defect;
    if (plasma_defect > b->plasma_defect) b->plasma_defect = plasma_defect;
    b->throughput = throughput;
}

/* ---- balances ---- */

/* Relative to the present throughput or a millionth of the largest there ever was. */
static double against(double *largest, double now) {
    *largest = fmax(*largest, now);
    return fmax(now, 1e-6 * *largest);
}

static double plasma_size(const xt_closure *c) {
    return against(&response_of(c)->plasma, fmax(fabs(c->into), fabs(c->out)));
}

static double share_of(double part, double whole) { return whole > 0 ? fabs(part) / whole : 0; }

static double mesh_defect(double *throughput, const xt_closure *c) {
    const double *t = c->totals;
    const double gain = t[XT_TOTAL_SECRETION] + t[XT_TOTAL_SUPPLY] * c->plasma + fmax(0, t[XT_TOTAL_WALL]) +
                        fmax(0, t[XT_TOTAL_REACTION]);
    const double loss =
        t[XT_TOTAL_LOSS] + t[XT_TOTAL_EXCHANGE] + fmax(0, -t[XT_TOTAL_WALL]) + fmax(0, -t[XT_TOTAL_REACTION]);
    *throughput = against(&response_of(c)->mesh, fmax(fabs(gain), fabs(loss)));
    return share_of(gain - loss, *throughput);
}

/* Is the field's own balance good enough? If not, ask for a smaller residual, thrice at most. */
static bool mesh_is_closed(xt_closure *c) {
    double throughput;
    if (mesh_defect(&throughput, c) <= mesh_bound || c->tighter >= 3) return true;
    c->problem.tolerance *= 0.1;
    c->problem.accepted = 0;
    c->tighter++;
    return false;
}

/* Put down what was found. */
static void put_down(xt_closure *c) {
    xt_solver *solver = c->solver;
    xt_fields *fields = solver->fields;
    const int species = c->problem.species;
    const bool peak = c->kind == XT_SOURCE_PEAK;
    (peak ? fields->plasma_peak : fields->plasma)[species] = c->plasma;
    solver->response[species].accepted[peak] = c->problem.accepted;
    xt_organs_store(fields, species, c->organ, c->kind);
    double throughput;
    const double mesh = mesh_defect(&throughput, c);
    const double plasma = fields->plasma_clamped ? 0 : share_of(c->defect, plasma_size(c));
    xt_balance_note(solver, species, mesh, plasma, throughput);
    c->done = true;
}

/* ---- one pass ---- */

static int still_open(xt_closure *open[XT_JOBS], xt_closure *list, int count) {
    int left = 0;
    for (int k = 0; k < count; k++)
        if (!list[k].done) open[left++] = &list[k];
    return left;
}

/* Solve the fields for their plasma levels, and what flows then. */
static xt_status solve(xt_closure *const *open, int count, xt_error *err) {
    xt_solver *solver = open[0]->solver;
    const xt_fields *fields = solver->fields;
    xt_problem *problems[XT_JOBS];
    for (int k = 0; k < count; k++) {
        problems[k] = &open[k]->problem;
        problems[k]->view = &open[k]->view;
        problems[k]->plasma = open[k]->plasma;
        if (open[k]->nonlinear || solver->reactions) problems[k]->sourced = false;
        memset(open[k]->totals, 0, sizeof open[k]->totals);
    }
    if (fields->mesh) {
        XT_TRY(xt_elliptic_setup(solver, problems, count, false, err));
        XT_TRY(xt_elliptic_solve(solver, problems, count, err));
        for (int k = 0; k < count; k++) memcpy(open[k]->totals, problems[k]->totals, sizeof open[k]->totals);
    }
    for (int k = 0; k < count; k++) {
        xt_closure *c = open[k];
        const double *t = c->totals;
        c->organs = xt_organs_flow(c->organ, fields, c->problem.species, c->plasma, c->scalar, c->kind);
        c->into = t[XT_TOTAL_BODY_EXCHANGE] + c->organs.to_plasma + c->injected;
        c->out = t[XT_TOTAL_BODY_SUPPLY] * c->plasma + c->organs.from_plasma + c->elimination * c->plasma;
        c->defect = c->into - c->out;
        if (!isfinite(c->defect)) return xt_fail(err, XT_NUMERIC, "plasma of %s: not a number", name_of(c));
        if (c->pass == 0) c->first = c->problem.first;
    }
    return XT_OK;
}

static bool is_closed(xt_closure *c) {
    xt_problem *p = &c->problem;
    const bool balanced =
        c->solver->fields->plasma_clamped || fabs(c->defect) <= plasma_bound * plasma_size(c);
    if (!balanced && c->nonlinear && p->iterations == 0 && p->tolerance > 1e-9)
        p->tolerance *= 0.1; /* what is left of the residual is what unbalances the plasma */
    const bool settled =
        !c->nonlinear || (c->pass > 0 && p->first <= 2 * fmax(p->tolerance, fmax(p->accepted, p->stored)));
    return balanced && settled && mesh_is_closed(c);
}

/* Does the next move need a response newer than the one at hand? Newton bears an old one for two passes. */
static bool wants_response(const xt_closure *c) {
    const xt_response *response = response_of(c);
    const bool old = response->geometry != c->solver->fields->geometry;
    return !c->done && !c->solver->fields->plasma_clamped &&
           (!response->known || (old && (c->to_baseline || c->pass >= 2)));
}

/* The fields per unit of plasma level, and what they return to the plasma. */
static xt_status renew_responses(xt_closure *const *open, int count, xt_error *err) {
    xt_solver *solver = open[0]->solver;
    const xt_fields *fields = solver->fields;
    xt_problem unit[XT_JOBS], *units[XT_JOBS];
    int wanted = 0;
    for (int k = 0; k < count; k++) {
        xt_closure *c = open[k];
        bool listed = false;
        for (int j = 0; j < wanted; j++) listed |= unit[j].species == c->problem.species;
        if (listed || !wants_response(c)) continue;
        unit[wanted] = c->problem;
        unit[wanted].view = &c->view;
        unit[wanted].x = fields->response;
        unit[wanted].source_weight = 0;
        unit[wanted].plasma = 1;
        unit[wanted].accepted = 0;
        units[wanted] = &unit[wanted];
        wanted++;
    }
    if (wanted && fields->mesh) XT_TRY(xt_elliptic_solve(solver, units, wanted, err));
    for (int k = 0; k < wanted; k++) {
        xt_response *response = &solver->response[unit[k].species];
        if (fields->mesh) response->exchange = unit[k].totals[XT_TOTAL_BODY_EXCHANGE];
        response->known = true;
        response->geometry = fields->geometry;
    }
    return XT_OK;
}

/* c += change x unit response. */
static xt_status add_response(xt_closure *c, double change, xt_error *err) {
    xt_fields *fields = c->solver->fields;
    if (!fields->mesh) return XT_OK;
    const size_t at = (size_t)c->problem.species * fields->cells;
    return xt_blas_axpy(fields->device, fields->cells, (float)change, fields->response, at, c->problem.x, at,
                        err);
}

/* Newton on the plasma level: exact while the unit response is that of the geometry. */
static xt_status move_plasma(xt_closure *c, xt_error *err) {
    const double slope =
        response_of(c)->exchange - c->totals[XT_TOTAL_BODY_SUPPLY] + c->organs.slope - c->elimination;
    if (slope >= 0) {
        if (fabs(c->defect) <= plasma_bound * plasma_size(c) || c->defect == 0) return XT_OK;
        return xt_fail(err, XT_NUMERIC, "plasma of %s: no steady level, nothing removes it", name_of(c));
    }
    const double change = -c->defect / slope;
    c->plasma += change;
    return add_response(c, change, err);
}

/* The scale of secretion with which the plasma keeps its baseline: what the plasma gets is what secretion
 * gives it, linear in the scale, and what supply returns. */
static xt_status move_secretion(xt_closure *c, bool *scaled, xt_error *err) {
    xt_solver *solver = c->solver;
    xt_fields *fields = solver->fields;
    const int species = c->problem.species;
    const bool has_baseline = fields->model->species[species].plasma_baseline > 0;
    const double keep = fields->secretion_scale[species];
    fields->secretion_scale[species] = 0;
    const xt_organ_flow without = xt_organs_flow(c->organ, fields, species, c->plasma, c->scalar, c->kind);
    fields->secretion_scale[species] = keep;
    const double made = c->totals[XT_TOTAL_BODY_EXCHANGE] - response_of(c)->exchange * c->plasma +
                        c->organs.to_plasma - without.to_plasma;
    if (has_baseline && made > 0) {
        const double factor = 1 - c->defect / made;
        if (!(factor > 0))
            return xt_fail(err, XT_NUMERIC, "reference of %s: no secretion keeps the plasma at its baseline",
                           name_of(c));
        fields->secretion_scale[species] *= factor;
        *scaled = true;
        if (!fields->mesh) return XT_OK;
        /* c = factor (c - c_p response) + c_p response */
        const size_t at = (size_t)species * fields->cells;
        XT_TRY(xt_blas_scal(fields->device, fields->cells, (float)factor, c->problem.x, at, err));
        return add_response(c, (1 - factor) * c->plasma, err);
    }
    if (has_baseline) { /* the blood brings it: from food, or from organs that the model leaves out */
        solver->appearance[species] = fmax(0, c->injected - c->defect);
        c->injected = solver->appearance[species];
        if (c->injected > 0) return XT_OK;
    }
    c->to_baseline = false; /* nothing to scale: the plasma takes the level that follows */
    c->pass = -1;
    return XT_OK;
}

xt_status xt_closures_close(xt_closure *list, int count, xt_error *err) {
    xt_closure *open[XT_JOBS];
    for (int left; (left = still_open(open, list, count)) > 0;) {
        xt_solver *solver = open[0]->solver;
        bool scaled = false;
        XT_TRY(solve(open, left, err));
        for (int k = 0; k < left; k++) {
            if (is_closed(open[k]))
                put_down(open[k]);
            else if (open[k]->pass >= PASSES_MOST)
                return xt_fail(err, XT_NUMERIC,
                               "%s of %s: balance still off by %.1e of the throughput after %d passes",
                               open[k]->to_baseline ? "reference" : "plasma", name_of(open[k]),
                               share_of(open[k]->defect, plasma_size(open[k])), open[k]->pass);
        }
        if (!solver->fields->plasma_clamped) XT_TRY(renew_responses(open, left, err));
        for (int k = 0; k < left; k++) {
            xt_closure *c = open[k];
            if (!c->done && !solver->fields->plasma_clamped)
                XT_TRY(c->to_baseline ? move_secretion(c, &scaled, err) : move_plasma(c, err));
            c->pass++;
        }
        if (scaled) XT_TRY(xt_source_upload(solver, 0, open[0]->scalar, XT_SOURCE_REFERENCE, err));
        for (int k = 0; k < left && scaled; k++) open[k]->problem.sourced = false;
    }
    return XT_OK;
}
