/* What diffuses. */
#include "model/compile.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

xt_status xt_compile_species_names(xt_compiler *c) {
    xt_model *m = c->model;
    const xt_node *all = xt_node_get(c->root, "species");
    if (all->count == 0 || all->count > XT_MAX_SPECIES)
        return xt_node_fail(all, c->err, "a model has 1 to %d species, not %d", XT_MAX_SPECIES, all->count);
    m->species = xt_take(c, (size_t)all->count, sizeof *m->species);
    if (!m->species) return c->err->status;
    for (const xt_node *n = all->first; n; n = n->next) {
        xt_species *s = &m->species[m->species_count];
        XT_TRY(xt_check_identifier(n, n->key, "species", c->err));
        if (strcmp(n->key, "default") == 0)
            return xt_node_fail_key(n, c->err,
                                    "'default' cannot name a species: it has a meaning of its own");
        snprintf(s->name, sizeof s->name, "%s", n->key);
        xt_copy_text(s->about, sizeof s->about, xt_node_get(n, "about"));
        xt_copy_text(s->family, sizeof s->family, xt_node_get(n, "family"));
        XT_TRY(xt_add_name(c, n, "u_", n->key, "exposure", XT_SYM_EXPOSURE, m->species_count, false));
        XT_TRY(xt_add_name(c, n, "c_", n->key, "concentration", XT_SYM_FIELD, m->species_count, false));
        m->species_count++;
    }
    return XT_OK;
}

static xt_status properties(xt_compiler *c, xt_species *s, const xt_node *node, const xt_node **first_node) {
    xt_model *m = c->model;
    s->property = xt_take(c, (size_t)m->property_count, sizeof *s->property);
    if (!s->property) return c->err->status;
    for (int p = 0; p < m->property_count; p++) {
        s->property[p] = NAN;
        const xt_node *n = xt_node_get(node, m->property[p]);
        xt_dim dim;
        if (!n) continue;
        const xt_name *name = xt_find_name(c, m->property[p]);
        if (strcmp(name->what, "species property") != 0)
            return xt_node_fail_key(n, c->err,
                                    "'%s' is a property of tissues (line %d); species cannot have it too",
                                    n->key, name->line);
        xt_error why = {XT_OK, ""};
        if (xt_node_any_quantity(&s->property[p], &dim, n, &why) != XT_OK)
            return xt_refuse_property(c, n, xt_species_keys, &why);
        if (first_node[p] && !xt_dim_equal(dim, m->property_dim[p])) {
            char a[80], b[80];
            return xt_node_fail(n, c->err, "'%s' is in %s here and in %s in line %d", n->key,
                                xt_dim_text(dim, a, sizeof a), xt_dim_text(m->property_dim[p], b, sizeof b),
                                first_node[p]->line);
        }
        first_node[p] = n;
        m->property_dim[p] = dim;
    }
    return XT_OK;
}

/* ---- transport ---- */

/* The node of a by-tissue entry that tissue k takes. */
static const xt_node *entry(const xt_model *m, const xt_node *node, int k) {
    if (node->kind == XT_SCALAR) return node;
    const xt_node *own = xt_node_get(node, m->tissue[k].name);
    return own ? own : xt_node_get(node, "default");
}

static xt_status needs(xt_compiler *c, const xt_species *s, const xt_by_tissue *by, const xt_node *node) {
    const xt_model *m = c->model;
    for (int k = 1; k <= m->tissue_count; k++) {
        const xt_expr *e = by->tissue[k];
        if (!e)
            return xt_node_fail(node, c->err, "nothing is given for tissue '%s', and there is no default",
                                m->tissue[k].name);
        for (int p = 0; p < m->property_count; p++)
            if (xt_expr_uses(m, e, XT_SYM_PROPERTY, p) && isnan(s->property[p]) &&
                isnan(m->tissue[k].property[p]) && !m->tissue[k].property_formula[p])
                return xt_node_fail(
                    entry(m, node, k), c->err,
                    "'%s', which this needs, is a property neither of species '%s' nor of tissue '%s'",
                    m->property[p], s->name, m->tissue[k].name);
    }
    return XT_OK;
}

static xt_status coefficient(xt_by_tissue *by, xt_compiler *c, const xt_species *s, const xt_node *node,
                             const char *unit, const char *what) {
    static const xt_scope scope = {XT_SEE_PHASES | XT_SEE_PROPERTIES, "transport"};
    const xt_dim want = xt_dim_of(unit);
    XT_TRY(xt_compile_by_tissue(by, c, node, &scope, &want, what));
    return needs(c, s, by, node);
}

static xt_status in_range(xt_compiler *c, int species, const xt_node *transport) {
    const xt_model *m = c->model;
    static const char *const names[] = {"diffusivity", "loss", "exchange", "partition"};
    static const char *const units[] = {"mm^2/h", "1/h", "1/h", ""};
    for (int k = 1; k <= m->tissue_count; k++) {
        xt_transport t;
        xt_model_transport(&t, m, species, k, m->tissue[k].composition);
        const double values[] = {t.diffusivity, t.loss, t.exchange, t.partition};
        for (int i = 0; i < 4; i++)
            if (!(values[i] >= 0) || isinf(values[i]))
                return xt_node_fail(entry(m, xt_node_get(transport, names[i]), k), c->err,
                                    "the %s of '%s' in %s comes to %.6g %s", names[i],
                                    m->species[species].name, m->tissue[k].name, values[i], units[i]);
    }
    return XT_OK;
}

/* ---- secretion and plasma ---- */

static xt_status shares(xt_compiler *c, xt_species *s, const xt_node *node) {
    const xt_model *m = c->model;
    double sum = 0;
    for (const xt_node *n = node->first; n; n = n->next) {
        int found = -1;
        const char *known[64];
        for (int i = 0; i < m->compartment_count; i++) {
            known[i] = m->compartment[i].name;
            if (strcmp(known[i], n->key) == 0) found = i;
        }
        if (found < 0) {
            const char *near = xt_nearest(n->key, known, m->compartment_count);
            return xt_node_fail_key(n, c->err, "there is no compartment '%.60s'%s%s%s", n->key,
                                    near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
        }
        XT_TRY(xt_node_real(&s->share[found], n, c->err));
        if (!(s->share[found] >= 0 && s->share[found] <= 1))
            return xt_node_fail(n, c->err, "a share is between 0 and 1");
        sum += s->share[found];
    }
    if (sum != 0 && fabs(sum - 1) > 1e-9)
        return xt_node_fail(node, c->err, "the shares sum to %.6g, not to 1", sum);
    return XT_OK;
}

static xt_status secretion(xt_compiler *c, xt_species *s, const xt_node *node) {
    static const xt_scope scalars = {XT_SEE_ALL_SCALARS, "a factor on all secretion; put it under factor"};
    static const xt_scope voxel = {XT_SEE_VOXEL, "a factor on secretion"};
    const xt_dim one = xt_dim_of("1");
    XT_TRY(shares(c, s, xt_node_get(node, "shares")));
    const xt_node *n = xt_node_get(node, "everywhere");
    if (n) XT_TRY(xt_compile_formula(&s->everywhere, c, n, &scalars, &one, "a factor"));
    XT_TRY(xt_compile_by_tissue(&s->factor, c, xt_node_get(node, "factor"), &voxel, &one, "a factor"));
    XT_TRY(xt_compile_by_tissue(&s->peak, c, xt_node_get(node, "peak"), &voxel, &one, "a factor"));
    return xt_compile_by_tissue(&s->pulse, c, xt_node_get(node, "pulse"), &voxel, &one, "a factor");
}

static xt_status plasma(xt_compiler *c, int species, const xt_node *node) {
    static const xt_scope scope = {XT_SEE_ALL_SCALARS | XT_SEE_APPEARANCE, "a plasma source"};
    xt_model *m = c->model;
    xt_species *s = &m->species[species];
    const xt_dim want = xt_dim_of("pmol/h");
    if (m->plasma_volume == 0) return xt_node_fail_key(node, c->err, "the model has no plasma volume");
    XT_TRY(xt_node_quantity(&s->plasma_baseline, xt_node_get(node, "baseline"), "pM", c->err));
    XT_TRY(xt_node_quantity(&s->plasma_elimination, xt_node_get(node, "elimination"), "1/h", c->err));
    if (!(s->plasma_baseline >= 0))
        return xt_node_fail(xt_node_get(node, "baseline"), c->err, "a level is 0 or more");
    if (!(s->plasma_elimination >= 0))
        return xt_node_fail(xt_node_get(node, "elimination"), c->err, "an elimination is 0 or more");
    m->scalar[m->plasma_first + species].initial = s->plasma_baseline;
    c->appearance = s->plasma_baseline * s->plasma_elimination * m->plasma_volume;
    const xt_node *source = xt_node_get(node, "source");
    return source ? xt_compile_formula(&s->plasma_source, c, source, &scope, &want, "a plasma source")
                  : XT_OK;
}

static xt_status species(xt_compiler *c, int index, const xt_node *node) {
    static const xt_scope reacting = {XT_SEE_ALL_SCALARS | XT_SEE_PHASES | XT_SEE_STATES | XT_SEE_FIELDS,
                                      "a reaction"};
    xt_model *m = c->model;
    xt_species *s = &m->species[index];
    const xt_node *transport = xt_node_get(node, "transport");
    const xt_dim rate = xt_dim_of("pM/h");
    XT_TRY(
        coefficient(&s->diffusivity, c, s, xt_node_get(transport, "diffusivity"), "mm^2/h", "a diffusivity"));
    XT_TRY(coefficient(&s->loss, c, s, xt_node_get(transport, "loss"), "1/h", "a loss"));
    XT_TRY(coefficient(&s->exchange, c, s, xt_node_get(transport, "exchange"), "1/h", "an exchange"));
    XT_TRY(coefficient(&s->partition, c, s, xt_node_get(transport, "partition"), "1", "a partition"));
    XT_TRY(in_range(c, index, transport));
    s->share = xt_take(c, (size_t)m->compartment_count, sizeof *s->share);
    if (!s->share) return c->err->status;
    const xt_node *n = xt_node_get(node, "plasma");
    if (n) XT_TRY(plasma(c, index, n));
    n = xt_node_get(node, "secretion");
    if (n) XT_TRY(secretion(c, s, n));
    n = xt_node_get(node, "reaction");
    return n ? xt_compile_formula(&s->reaction, c, n, &reacting, &rate, "a reaction") : XT_OK;
}

xt_status xt_compile_species(xt_compiler *c) {
    enum { MAX_PROPERTIES = 64 };
    const xt_node *first_node[MAX_PROPERTIES] = {NULL};
    const xt_node *all = xt_node_get(c->root, "species");
    int i = 0;
    for (const xt_node *n = all->first; n; n = n->next)
        XT_TRY(properties(c, &c->model->species[i++], n, first_node));
    i = 0;
    for (const xt_node *n = all->first; n; n = n->next) XT_TRY(species(c, i++, n));
    if (xt_model_balance(c->model, c->err) != XT_OK) return xt_context(c->err, "%s", c->source->file);
    return XT_OK;
}
