#include "solve/reference.h"

#include "solve/internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void *copy_of(xt_status *status, const xt_fields *fields, cl_mem buffer, size_t bytes, xt_error *err) {
    if (*status != XT_OK) return NULL;
    void *copy = malloc(bytes ? bytes : 1);
    if (!copy)
        *status = xt_no_memory(err, "host reference", bytes);
    else
        *status = xt_buffer_read(fields->device, buffer, 0, bytes, copy, err);
    return copy;
}

xt_status xt_reference_create(xt_reference **reference, const xt_solver *solver, xt_error *err) {
    const xt_fields *fields = solver->fields;
    const xt_model *model = fields->model;
    const size_t cells = fields->cells, species = (size_t)model->species_count;
    const size_t tissues = (size_t)model->tissue_count + 1, real = sizeof(float);
    xt_reference *r = *reference = calloc(1, sizeof *r);
    if (!r) return xt_no_memory(err, "host reference", sizeof *r);
    xt_status status = XT_OK;
    r->fields = fields;
    r->cells = cells;
    r->word = copy_of(&status, fields, fields->word, cells * sizeof *r->word, err);
    r->region = copy_of(&status, fields, fields->region, cells, err);
    r->bone0 = copy_of(&status, fields, fields->bone0, cells * real, err);
    r->phase = copy_of(&status, fields, fields->phase, cells * (size_t)model->phase_count * real, err);
    r->state = copy_of(&status, fields, fields->state, cells * (size_t)model->state_count * real, err);
    r->membrane = copy_of(&status, fields, fields->membrane, tissues * tissues * species * real, err);
    r->wall = copy_of(&status, fields, fields->wall, 6 * species * real, err);
    float *rest = copy_of(&status, fields, fields->rest, cells * species * real, err);
    r->field = malloc(cells * species * sizeof *r->field);
    r->organ = calloc((size_t)fields->organ_count * XT_MAX_SPECIES + 1, sizeof *r->organ);
    if (status == XT_OK && (!r->field || !r->organ))
        status = xt_no_memory(err, "host reference", cells * species * 8);
    if (status == XT_OK) {
        for (size_t i = 0; i < cells * species; i++) r->field[i] = rest[i];
        memcpy(r->plasma, fields->plasma, sizeof r->plasma);
        memcpy(r->appearance, solver->appearance, sizeof r->appearance);
        for (int o = 0; o < fields->organ_count; o++)
            memcpy(r->organ + o * XT_MAX_SPECIES, fields->organ[o].rest, sizeof fields->organ[o].rest);
    } else {
        xt_reference_free(r);
        *reference = NULL;
    }
    free(rest);
    return status;
}

void xt_reference_free(xt_reference *r) {
    if (!r) return;
    free(r->word);
    free(r->region);
    free(r->bone0);
    free(r->phase);
    free(r->state);
    free(r->membrane);
    free(r->wall);
    free(r->field);
    free(r->organ);
    free(r);
}

/* ---- coefficients ---- */

static const xt_coefficients *row(const xt_reference *r, unsigned class, int s) {
    return (const xt_coefficients *)(const void *)r->fields->coefficient_host +
           (size_t) class * (size_t)r->fields->model->species_count + s;
}

static xt_coefficients cell_coefficients(const xt_reference *r, size_t i, int s) {
    const unsigned w = r->word[i];
    const xt_coefficients *a = row(r, w & 255u, s), *b = row(r, w >> 8 & 255u, s);
    const float share = (float)(w >> 16) * (1.0f / 65535.0f);
    return (xt_coefficients){.resistance = a->resistance,
                             .fluid = a->fluid + share * (b->fluid - a->fluid),
                             .loss = a->loss + share * (b->loss - a->loss),
                             .exchange = a->exchange + share * (b->exchange - a->exchange),
                             .supply = a->supply + share * (b->supply - a->supply),
                             .body_exchange =
                                 a->body_exchange + share * (b->body_exchange - a->body_exchange),
                             .body_supply = a->body_supply + share * (b->body_supply - a->body_supply)};
}

/* Transmissibility of a face and the neighbour behind it. */
static double face(size_t *neighbour, const xt_reference *r, size_t i, int k, int s) {
    const xt_fields *fields = r->fields;
    const unsigned char *tissue = fields->class_tissue_host;
    const size_t n = *neighbour = xt_mesh_neighbour(fields->mesh, i, k);
    const unsigned a = r->word[k & 1 ? i : n], b = r->word[k & 1 ? n : i];
    if (!(a & 255u) || !(b & 255u)) return 0;
    const unsigned ta = tissue[a & 255u], tb = tissue[b & 255u];
    double cut = 0.5;
    if (tissue[a >> 8 & 255u] == tb) cut -= (a >> 16) / 65535.0;
    if (tissue[b >> 8 & 255u] == ta) cut += (b >> 16) / 65535.0;
    cut = fmin(0.98, fmax(0.02, cut));
    const double h = fields->mesh->spacing[k / 2];
    const size_t pair = ta * ((size_t)fields->model->tissue_count + 1) + tb;
    const double membrane = r->membrane[pair * (size_t)fields->model->species_count + (size_t)s];
    return 1 /
           (h * (h * (cut * row(r, a & 255u, s)->resistance + (1 - cut) * row(r, b & 255u, s)->resistance) +
                 membrane));
}

/* Transmissibility to fixed walls, and that times their values. */
static void walls(double out[2], const xt_reference *r, size_t i, int s) {
    const xt_mesh *mesh = r->fields->mesh;
    int voxel[3];
    xt_mesh_position(mesh, i, voxel);
    out[0] = out[1] = 0;
    for (int k = 0; k < 6; k++) {
        const float value = r->wall[k * r->fields->model->species_count + s];
        const bool here = voxel[k / 2] == (k & 1 ? mesh->dims[k / 2] - 1 : 0);
        if (!here || isnan(value)) continue;
        const double h = mesh->spacing[k / 2],
                     t = 1 / (h * h * 0.5 * row(r, r->word[i] & 255u, s)->resistance);
        out[0] += t;
        out[1] += t * value;
    }
}

/* ---- formulas ---- */

typedef struct {
    xt_values values;
    double phase[XT_MAX_PHASES], phase0[XT_MAX_PHASES], state[XT_MAX_STATES], field[XT_MAX_SPECIES],
        exposure[XT_MAX_SPECIES];
} cell_values;

static void load(cell_values *v, const xt_reference *r, size_t i, const double *scalar) {
    const xt_model *model = r->fields->model;
    for (int p = 0; p < model->phase_count; p++) v->phase[p] = r->phase[(size_t)p * r->cells + i];
    for (int k = 0; k < model->state_count; k++) v->state[k] = r->state[(size_t)k * r->cells + i];
    for (int s = 0; s < model->species_count; s++) {
        v->field[s] = r->field[(size_t)s * r->cells + i];
        v->exposure[s] = 1;
    }
    xt_cell_phase0(v->phase0, model, r->region[i], r->bone0[i]);
    v->values = (xt_values){.scalar = scalar,
                            .phase = v->phase,
                            .phase0 = v->phase0,
                            .state = v->state,
                            .field = v->field,
                            .exposure_rest = v->exposure,
                            .exposure_peak = v->exposure};
}

static double secretion(const xt_reference *r, const float *table, size_t i, int s, const double *scalar) {
    const xt_fields *fields = r->fields;
    const xt_model *model = fields->model;
    const unsigned w = r->word[i];
    const int home = fields->class_tissue_host[w & 255u], second = fields->class_tissue_host[w >> 8 & 255u];
    const double share = (w >> 16) / 65535.0;
    double own = table[2 * (home * model->species_count + s)];
    const xt_expr *formula = model->species[s].factor.tissue[home];
    if (own != 0 && formula) {
        cell_values v;
        load(&v, r, i, scalar);
        own *= xt_expr_value(model, formula, &v.values);
    }
    return (1 - share) * own + share * (double)table[2 * (second * model->species_count + s) + 1];
}

/* Reaction in the fluid with the species' own level moved by `shift`. */
static double reaction(const xt_reference *r, size_t i, int s, const double *scalar, double shift) {
    const xt_expr *formula = r->fields->model->species[s].reaction;
    if (!formula) return 0;
    cell_values v;
    load(&v, r, i, scalar);
    v.field[s] += shift;
    return xt_expr_value(r->fields->model, formula, &v.values);
}

static xt_status make_table(float **table, const xt_reference *r, const double *scalar, xt_source_kind kind,
                            xt_error *err) {
    const xt_model *model = r->fields->model;
    const size_t count = (size_t)(model->tissue_count + 1) * (size_t)model->species_count * 2;
    *table = calloc(count, sizeof **table);
    if (!*table) return xt_no_memory(err, "host reference", count * sizeof **table);
    xt_source_table(*table, r->fields, scalar, kind);
    return XT_OK;
}

/* ---- a step ---- */

xt_status xt_reference_step(xt_reference *r, const double *scalar, double dt, xt_error *err) {
    const xt_fields *fields = r->fields;
    const xt_model *model = fields->model;
    const int species = model->species_count;
    float *table = NULL;
    double *next = malloc(r->cells * (size_t)species * sizeof *next);
    double *organ = malloc(((size_t)fields->organ_count * XT_MAX_SPECIES + 1) * sizeof *organ);
    xt_status status = XT_OK;
    if (!next || !organ) {
        status = xt_no_memory(err, "host reference", r->cells * (size_t)species * sizeof *next);
        goto done;
    }
    XT_GO(make_table(&table, r, scalar, XT_SOURCE_PULSE, err));
    memcpy(organ, r->organ, ((size_t)fields->organ_count * XT_MAX_SPECIES + 1) * sizeof *organ);
    double plasma[XT_MAX_SPECIES];
    for (int s = 0; s < species; s++) {
        const double *c = r->field + (size_t)s * r->cells;
        double flow = r->appearance[s] + xt_source_plasma(model, s, scalar, XT_SOURCE_PULSE) -
                      model->species[s].plasma_elimination * model->plasma_volume * r->plasma[s];
        for (size_t i = 0; i < r->cells; i++) {
            next[(size_t)s * r->cells + i] = 0;
            if (!(r->word[i] & 255u)) continue;
            const xt_coefficients k = cell_coefficients(r, i, s);
            double edge[2], rate = secretion(r, table, i, s, scalar);
            walls(edge, r, i, s);
            for (int f = 0; f < 6; f++) {
                size_t n;
                const double t = face(&n, r, i, f, s);
                rate += t * (c[n] - c[i]);
            }
            rate += k.supply * r->plasma[s] - ((double)k.loss + k.exchange) * c[i] + edge[1] - edge[0] * c[i];
            rate += k.fluid * reaction(r, i, s, scalar, 0);
            next[(size_t)s * r->cells + i] = c[i] + (k.fluid > 0 ? dt * rate / k.fluid : 0);
            flow += fields->cell_volume * (k.body_exchange * c[i] - k.body_supply * r->plasma[s]);
        }
        for (int o = 0; o < fields->organ_count; o++) {
            const xt_organ *q = &fields->organ[o];
            xt_transport t;
            xt_model_transport(&t, model, s, q->tissue, q->phase);
            const double level = r->organ[o * XT_MAX_SPECIES + s];
            const double given = t.exchange * (t.partition * r->plasma[s] - level);
            const double rate =
                xt_source_organ(fields, q, s, scalar, XT_SOURCE_PULSE) - t.fluid * t.loss * level + given +
                xt_source_organ_reaction(fields, q, s, scalar, r->organ + o * XT_MAX_SPECIES, t.fluid);
            organ[o * XT_MAX_SPECIES + s] = level + (t.fluid > 0 ? dt * rate / t.fluid : 0);
            flow -= q->weight * q->volume * given;
        }
        plasma[s] = r->plasma[s] + (fields->plasma_clamped ? 0 : dt * flow / model->plasma_volume);
    }
    memcpy(r->plasma, plasma, (size_t)species * sizeof *plasma);
    double *old = r->field;
    r->field = next;
    next = old;
    old = r->organ;
    r->organ = organ;
    organ = old;
done:
    free(next);
    free(organ);
    free(table);
    return status;
}

/* ---- the steady problem ---- */

typedef struct {
    const xt_reference *r;
    int species;
    double *transmissibility; /* [cells][6] */
    size_t *neighbour;        /* [cells][6] */
    double *local, *diagonal; /* [cells] */
} matrix;

static void multiply(double *q, const matrix *m, const double *p) {
    for (size_t i = 0; i < m->r->cells; i++) {
        q[i] = m->local[i] * p[i];
        for (int f = 0; f < 6; f++)
            q[i] -= m->transmissibility[6 * i + (size_t)f] * (p[m->neighbour[6 * i + (size_t)f]] - p[i]);
    }
}

/* Conjugate gradients to rounding; work is [4][cells]. */
static void solve(double *x, const matrix *m, const double *b, double *work) {
    const size_t n = m->r->cells;
    double *r = work, *z = work + n, *p = work + 2 * n, *q = work + 3 * n, rz = 0, bb = 0;
    multiply(q, m, x);
    for (size_t i = 0; i < n; i++) {
        r[i] = b[i] - q[i];
        p[i] = z[i] = m->diagonal[i] > 0 ? r[i] / m->diagonal[i] : 0;
        rz += r[i] * z[i];
        bb += b[i] * b[i];
    }
    for (int pass = 0; pass < 5000 && rz > 0; pass++) {
        double pq = 0, rr = 0, next = 0;
        multiply(q, m, p);
        for (size_t i = 0; i < n; i++) pq += p[i] * q[i];
        if (!(pq > 0)) break;
        for (size_t i = 0; i < n; i++) {
            x[i] += rz / pq * p[i];
            r[i] -= rz / pq * q[i];
            z[i] = m->diagonal[i] > 0 ? r[i] / m->diagonal[i] : 0;
            next += r[i] * z[i];
            rr += r[i] * r[i];
        }
        if (rr <= 1e-26 * bb) break;
        for (size_t i = 0; i < n; i++) p[i] = z[i] + next / rz * p[i];
        rz = next;
    }
}

/* One linearised solve of a species with its plasma; returns the largest relative change. */
static double pass(xt_reference *r, matrix *m, const float *table, const double *scalar, xt_source_kind kind,
                   double *vectors) {
    const xt_fields *fields = r->fields;
    const xt_model *model = fields->model;
    const size_t n = r->cells;
    const int s = m->species;
    double *b = vectors, *unit = vectors + n, *response = vectors + 2 * n, *work = vectors + 3 * n;
    double *c = r->field + (size_t)s * n;
    double returned = 0, supply = 0;
    for (size_t i = 0; i < n; i++) {
        b[i] = unit[i] = m->local[i] = m->diagonal[i] = 0;
        for (int f = 0; f < 6; f++)
            m->transmissibility[6 * i + (size_t)f] = 0, m->neighbour[6 * i + (size_t)f] = i;
        if (!(r->word[i] & 255u)) continue;
        const xt_coefficients k = cell_coefficients(r, i, s);
        double edge[2];
        walls(edge, r, i, s);
        const double shift = fmax(1e-5 * fabs(c[i]), 1e-9), at = reaction(r, i, s, scalar, 0);
        const double slope = k.fluid * fmax(0, (at - reaction(r, i, s, scalar, shift)) / shift);
        b[i] = secretion(r, table, i, s, scalar) + edge[1] + k.fluid * at + slope * c[i];
        unit[i] = k.supply;
        m->diagonal[i] = m->local[i] = (double)k.loss + k.exchange + edge[0] + slope;
        for (int f = 0; f < 6; f++) {
            size_t *neighbour = &m->neighbour[6 * i + (size_t)f];
            m->transmissibility[6 * i + (size_t)f] = face(neighbour, r, i, f, s);
            m->diagonal[i] += m->transmissibility[6 * i + (size_t)f];
        }
        supply += k.body_supply * fields->cell_volume;
    }
    memset(response, 0, n * sizeof *response);
    solve(response, m, unit, work);
    double *source = unit; /* its right-hand side is used up */
    for (size_t i = 0; i < n; i++) source[i] = c[i] - r->plasma[s] * response[i];
    solve(source, m, b, work);
    double made = 0;
    for (size_t i = 0; i < n; i++) {
        const double exchange =
            r->word[i] & 255u ? cell_coefficients(r, i, s).body_exchange * fields->cell_volume : 0;
        made += exchange * source[i];
        returned += exchange * response[i];
    }
    const double injected = r->appearance[s] + xt_source_plasma(model, s, scalar, kind);
    const double clearance = model->species[s].plasma_elimination * model->plasma_volume;
    double organ[64], plasma = r->plasma[s];
    for (int k = 0; k < 50; k++) {
        const xt_organ_flow flow = xt_organs_flow(organ, fields, s, plasma, scalar, kind);
        const double defect = made + returned * plasma - supply * plasma + flow.to_plasma - flow.from_plasma +
                              injected - clearance * plasma;
        const double slope = returned - supply + flow.slope - clearance;
        if (fields->plasma_clamped || !(slope < 0)) break;
        plasma -= defect / slope;
    }
    double change = 0;
    for (size_t i = 0; i < n; i++) {
        const double value = source[i] + plasma * response[i];
        if (value != 0) change = fmax(change, fabs(value - c[i]) / fabs(value));
        c[i] = value;
    }
    r->plasma[s] = plasma;
    for (int o = 0; o < fields->organ_count && o < 64; o++) r->organ[o * XT_MAX_SPECIES + s] = organ[o];
    return change;
}

xt_status xt_reference_steady(xt_reference *r, const double *scalar, bool peak, xt_error *err) {
    const xt_model *model = r->fields->model;
    const size_t n = r->cells;
    const xt_source_kind kind = peak ? XT_SOURCE_PEAK : XT_SOURCE_REST;
    xt_status status = XT_OK;
    float *table = NULL;
    matrix m = {.r = r};
    m.transmissibility = malloc(6 * n * sizeof *m.transmissibility);
    m.neighbour = malloc(6 * n * sizeof *m.neighbour);
    m.local = malloc(n * sizeof *m.local);
    m.diagonal = malloc(n * sizeof *m.diagonal);
    double *vectors = malloc(7 * n * sizeof *vectors);
    if (!m.transmissibility || !m.neighbour || !m.local || !m.diagonal || !vectors) {
        status = xt_no_memory(err, "host reference", 7 * n * sizeof *vectors);
        goto done;
    }
    XT_GO(make_table(&table, r, scalar, kind, err));
    for (int outer = 0; outer < 200; outer++) {
        double change = 0;
        for (m.species = 0; m.species < model->species_count; m.species++)
            change = fmax(change, pass(r, &m, table, scalar, kind, vectors));
        if (change < 1e-11) goto done;
    }
    status = xt_fail(err, XT_NUMERIC, "host reference: the steady fields did not settle");
done:
    free(m.transmissibility);
    free(m.neighbour);
    free(m.local);
    free(m.diagonal);
    free(vectors);
    free(table);
    return status;
}
