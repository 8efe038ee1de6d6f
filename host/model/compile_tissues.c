/* Phases, tissues and what lies between them: compartments, membranes, sections. */
#include "model/compile.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PROPERTIES = 64, MAX_COMPARTMENTS = 32 };

static bool sums_to_one(double sum) { return fabs(sum - 1) < 1e-9; }

static xt_status fraction(double *value, const xt_node *node, xt_error *err) {
    XT_TRY(xt_node_real(value, node, err));
    return *value >= 0 && *value <= 1 ? XT_OK : xt_node_fail(node, err, "a fraction is between 0 and 1");
}

xt_status xt_compile_phases(xt_compiler *c) {
    xt_model *m = c->model;
    const xt_node *list = xt_node_get(c->root, "phases");
    XT_TRY(xt_node_list(list, 1, XT_MAX_PHASES, c->err));
    for (const xt_node *n = list->first; n; n = n->next) {
        const char *name;
        XT_TRY(xt_node_text(&name, n, c->err));
        XT_TRY(xt_check_identifier(n, name, "phase", c->err));
        XT_TRY(xt_add_name(c, n, "f_", name, "phase fraction", XT_SYM_PHASE, m->phase_count, false));
        XT_TRY(xt_add_name(c, n, "f0_", name, "phase fraction at the start", XT_SYM_PHASE0, m->phase_count,
                           false));
        snprintf(m->phase[m->phase_count++], sizeof m->phase[0], "%s", name);
    }
    const xt_node *slack = xt_node_get(c->root, "slack");
    XT_TRY(xt_phase_of(&m->slack, c, xt_node_get(slack, "phase")));
    const xt_node *floor_node = xt_node_get(slack, "floor");
    return floor_node ? fraction(&m->slack_floor, floor_node, c->err) : XT_OK;
}

xt_status xt_compile_tissue_names(xt_compiler *c) {
    enum { MOST = XT_MAX_TISSUES - 1 }; /* bit k of a mask is tissue k */
    xt_model *m = c->model;
    const xt_node *all = xt_node_get(c->root, "tissues");
    if (all->count == 0 || all->count > MOST)
        return xt_node_fail(all, c->err, "a model has 1 to %d tissues, not %d", MOST, all->count);
    m->tissue = xt_take(c, (size_t)all->count + 1, sizeof *m->tissue);
    m->tissue_name = xt_take(c, (size_t)all->count, sizeof *m->tissue_name);
    if (!m->tissue || !m->tissue_name) return c->err->status;
    snprintf(m->tissue[0].name, sizeof m->tissue[0].name, "outside");
    m->tissue[0].compartment = -1;
    for (const xt_node *n = all->first; n; n = n->next) {
        XT_TRY(xt_check_identifier(n, n->key, "tissue", c->err));
        if (strcmp(n->key, "outside") == 0 || strcmp(n->key, "default") == 0)
            return xt_node_fail_key(n, c->err, "'%s' cannot name a tissue: it has a meaning of its own",
                                    n->key);
        xt_tissue *t = &m->tissue[++m->tissue_count];
        snprintf(t->name, sizeof t->name, "%s", n->key);
        m->tissue_name[m->tissue_count - 1] = t->name;
    }
    return XT_OK;
}

/* ---- properties ---- */

static bool is_known(const xt_node *node, const char *const *known) {
    for (int i = 0; known[i]; i++)
        if (strcmp(known[i], node->key) == 0) return true;
    return false;
}

static const char *const tissue_keys[] = {"compartment", "composition", "colour", "fluid", "about", NULL};
const char *const xt_species_keys[] = {"family",    "about",    "transport", "plasma",
                                       "secretion", "reaction", NULL};

/* Properties of the items of `all`, each under one name however many items have it. */
static xt_status collect(xt_compiler *c, const xt_node *all, const char *const *known, const char *what) {
    xt_model *m = c->model;
    int first = m->property_count;
    for (const xt_node *item = all->first; item; item = item->next)
        for (const xt_node *n = item->first; n; n = n->next) {
            bool there = is_known(n, known);
            for (int i = first; i < m->property_count; i++)
                there = there || strcmp(m->property[i], n->key) == 0;
            if (there) continue;
            XT_TRY(xt_check_identifier(n, n->key, "property", c->err));
            if (m->property_count == MAX_PROPERTIES)
                return xt_node_fail_key(n, c->err, "more than %d properties", MAX_PROPERTIES);
            XT_TRY(xt_add_name(c, n, "", n->key, what, XT_SYM_PROPERTY, m->property_count, false));
            snprintf(m->property[m->property_count++], sizeof m->property[0], "%s", n->key);
        }
    return XT_OK;
}

xt_status xt_compile_property_names(xt_compiler *c) {
    xt_model *m = c->model;
    m->property = xt_take(c, MAX_PROPERTIES, sizeof *m->property);
    m->property_dim = xt_take(c, MAX_PROPERTIES, sizeof *m->property_dim);
    if (!m->property || !m->property_dim) return c->err->status;
    XT_TRY(collect(c, xt_node_get(c->root, "tissues"), tissue_keys, "tissue property"));
    return collect(c, xt_node_get(c->root, "species"), xt_species_keys, "species property");
}

xt_status xt_refuse_property(xt_compiler *c, const xt_node *node, const char *const *known,
                             const xt_error *why) {
    int count = 0;
    while (known[count]) count++;
    const char *near = xt_nearest(node->key, known, count);
    if (near)
        return xt_node_fail_key(node, c->err, "unknown key '%.60s'; did you mean '%s'?", node->key, near);
    *c->err = *why;
    return why->status;
}

/* A constant quantity, or a formula of the composition. */
static xt_status property_value(double *value, const xt_expr **formula, xt_dim *dim, xt_compiler *c,
                                const xt_node *node) {
    static const xt_scope scope = {XT_SEE_PHASES, "a property of a tissue"};
    static const xt_values nothing;
    xt_error ignored = {XT_OK, ""};
    *formula = NULL;
    if (xt_quantity_parse(value, dim, node->text, &ignored) == XT_OK) return XT_OK;
    xt_expr *e;
    xt_type type;
    xt_error *err = c->err, why = {XT_OK, ""};
    c->err = &why;
    xt_compile_any(&e, &type, c, node, &scope);
    c->err = err;
    if (why.status != XT_OK) return xt_refuse_property(c, node, tissue_keys, &why);
    if (type.boolean) return xt_node_fail(node, c->err, "a property must be a number, this is a condition");
    *dim = type.dim;
    *value = NAN;
    if (!xt_expr_uses(c->model, e, XT_SYM_PHASE, -1))
        *value = xt_expr_value(c->model, e, &nothing);
    else
        *formula = e;
    return XT_OK;
}

static xt_status properties(xt_compiler *c, xt_tissue *t, const xt_node *node, const xt_node **first_node) {
    xt_model *m = c->model;
    double *value = xt_take(c, (size_t)m->property_count, sizeof *value);
    t->property_formula = xt_take(c, (size_t)m->property_count, sizeof *t->property_formula);
    if (!value || !t->property_formula) return c->err->status;
    t->property = value;
    for (int p = 0; p < m->property_count; p++) {
        value[p] = NAN;
        const xt_node *n = xt_node_get(node, m->property[p]);
        if (!n) continue;
        xt_dim dim;
        const xt_name *name = xt_find_name(c, m->property[p]);
        if (strcmp(name->what, "tissue property") != 0)
            return xt_node_fail_key(n, c->err,
                                    "'%s' is a property of species (line %d); tissues cannot have it too",
                                    n->key, name->line);
        XT_TRY(property_value(&value[p], &t->property_formula[p], &dim, c, n));
        if (first_node[p] && !xt_dim_equal(dim, m->property_dim[p])) {
            char a[80], b[80];
            return xt_node_fail(n, c->err, "'%s' is in %s here and in %s in line %d", n->key,
                                xt_dim_text(dim, a, sizeof a), xt_dim_text(m->property_dim[p], b, sizeof b),
                                first_node[p]->line);
        }
        if (!first_node[p]) {
            first_node[p] = n;
            m->property_dim[p] = dim;
        }
    }
    return XT_OK;
}

/* ---- tissues ---- */

static xt_status colour(unsigned *value, const xt_node *node, xt_error *err) {
    const char *text = node->text;
    if (text[0] == '#' && strlen(text) == 7 && strspn(text + 1, "0123456789abcdefABCDEF") == 6) {
        *value = (unsigned)strtoul(text + 1, NULL, 16);
        return XT_OK;
    }
    return xt_node_fail(node, err,
                        "expected a colour such as \"#d9a77c\" (quoted, since YAML takes # for a comment)");
}

static xt_status composition(double *part, xt_compiler *c, const xt_node *node) {
    double sum = 0;
    for (const xt_node *n = node->first; n; n = n->next) {
        int phase;
        XT_TRY(xt_phase_key(&phase, c, n));
        XT_TRY(fraction(&part[phase], n, c->err));
        sum += part[phase];
    }
    return sums_to_one(sum) ? XT_OK
                            : xt_node_fail(node, c->err, "the composition sums to %.6g, not to 1", sum);
}

static xt_status tissue(xt_compiler *c, xt_tissue *t, const xt_node *node, const xt_node **first_node) {
    static const xt_scope scope = {XT_SEE_PHASES, "the fluid share of a tissue"};
    const xt_dim one = xt_dim_of("1");
    const xt_node *n = xt_node_get(node, "compartment");
    t->compartment = -1;
    for (int i = 0; n && i < c->model->compartment_count; i++)
        if (strcmp(c->model->compartment[i].name, n->text) == 0) t->compartment = i;
    if (n && t->compartment < 0) return xt_node_fail(n, c->err, "there is no compartment '%.60s'", n->text);
    XT_TRY(composition(t->composition, c, xt_node_get(node, "composition")));
    t->colour = 0x999999;
    n = xt_node_get(node, "colour");
    if (n) XT_TRY(colour(&t->colour, n, c->err));
    XT_TRY(properties(c, t, node, first_node));
    XT_TRY(xt_compile_formula(&t->fluid, c, xt_node_get(node, "fluid"), &scope, &one, "the fluid share"));
    xt_values values = {.phase = t->composition};
    double fluid = xt_expr_value(c->model, t->fluid, &values);
    return fluid > 0 && fluid <= 1
               ? XT_OK
               : xt_node_fail(xt_node_get(node, "fluid"), c->err,
                              "the fluid share comes to %.6g; it must be above 0 and at most 1", fluid);
}

xt_status xt_compile_tissues(xt_compiler *c) {
    const xt_node *first_node[MAX_PROPERTIES] = {NULL};
    int k = 0;
    for (const xt_node *n = xt_node_get(c->root, "tissues")->first; n; n = n->next)
        XT_TRY(tissue(c, &c->model->tissue[++k], n, first_node));
    return XT_OK;
}

xt_status xt_compile_compartments(xt_compiler *c) {
    xt_model *m = c->model;
    const xt_node *plasma = xt_node_get(c->root, "plasma"), *all = xt_node_get(c->root, "compartments");
    if (plasma) {
        XT_TRY(xt_node_quantity(&m->plasma_volume, xt_node_get(plasma, "volume"), "L", c->err));
        if (!(m->plasma_volume > 0))
            return xt_node_fail(xt_node_get(plasma, "volume"), c->err, "a volume is above 0");
    }
    if (all && all->count > MAX_COMPARTMENTS)
        return xt_node_fail(all, c->err, "more than %d compartments", MAX_COMPARTMENTS);
    m->compartment = xt_take(c, all ? (size_t)all->count : 0, sizeof *m->compartment);
    if (!m->compartment) return c->err->status;
    for (const xt_node *n = all ? all->first : NULL; n; n = n->next) {
        xt_compartment *into = &m->compartment[m->compartment_count++];
        XT_TRY(xt_check_identifier(n, n->key, "compartment", c->err));
        snprintf(into->name, sizeof into->name, "%s", n->key);
        xt_copy_text(into->about, sizeof into->about, xt_node_get(n, "about"));
        XT_TRY(xt_node_quantity(&into->volume, xt_node_get(n, "volume"), "L", c->err));
        if (!(into->volume > 0)) return xt_node_fail(xt_node_get(n, "volume"), c->err, "a volume is above 0");
        XT_TRY(xt_tissue_of(&into->tissue, c, xt_node_get(n, "tissue")));
    }
    return XT_OK;
}

/* ---- membranes ---- */

static xt_status permeability(xt_membrane *into, xt_compiler *c, const xt_node *node) {
    static const xt_scope scope = {XT_SEE_PROPERTIES, "a permeability"};
    const xt_dim want = xt_dim_of("mm/h");
    xt_model *m = c->model;
    if (node->kind == XT_MAP)
        for (const xt_node *n = node->first; n; n = n->next)
            if (strcmp(n->key, "default") != 0 && xt_model_find_species(m, n->key) < 0)
                return xt_node_fail_key(n, c->err, "there is no species '%.60s'", n->key);
    for (int s = 0; s < m->species_count; s++) {
        const xt_node *n = node->kind == XT_SCALAR ? node : xt_node_get(node, m->species[s].name);
        if (!n) n = xt_node_get(node, "default");
        if (!n)
            return xt_node_fail(node, c->err, "no permeability for '%s', and no default", m->species[s].name);
        const xt_expr *e;
        XT_TRY(xt_compile_formula(&e, c, n, &scope, &want, "a permeability"));
        for (int p = 0; p < m->property_count; p++)
            if (xt_expr_uses(m, e, XT_SYM_PROPERTY, p) && isnan(m->species[s].property[p]))
                return xt_node_fail(n, c->err, "'%s', which this needs, is no property of species '%s'",
                                    m->property[p], m->species[s].name);
        xt_values values = {.property = m->species[s].property};
        into->permeability[s] = xt_expr_value(m, e, &values);
        if (!(into->permeability[s] >= 0) || isinf(into->permeability[s]))
            return xt_node_fail(n, c->err, "the permeability for '%s' comes to %.6g mm/h", m->species[s].name,
                                into->permeability[s]);
    }
    return XT_OK;
}

xt_status xt_compile_interfaces(xt_compiler *c) {
    xt_model *m = c->model;
    const xt_node *all = xt_node_get(c->root, "interfaces");
    m->membrane = xt_take(c, all ? (size_t)all->count : 0, sizeof *m->membrane);
    if (!m->membrane) return c->err->status;
    for (const xt_node *n = all ? all->first : NULL; n; n = n->next) {
        xt_membrane *into = &m->membrane[m->membrane_count];
        const xt_node *between = xt_node_get(n, "between");
        int a, b;
        XT_TRY(xt_node_list(between, 2, 2, c->err));
        XT_TRY(xt_tissue_of(&a, c, between->first));
        XT_TRY(xt_tissue_of(&b, c, between->last));
        if (a == b) return xt_node_fail(between, c->err, "a membrane lies between two different tissues");
        into->a = a < b ? a : b;
        into->b = a < b ? b : a;
        for (int i = 0; i < m->membrane_count; i++)
            if (m->membrane[i].a == into->a && m->membrane[i].b == into->b)
                return xt_node_fail(between, c->err, "there is a membrane between these tissues already");
        XT_TRY(permeability(into, c, xt_node_get(n, "permeability")));
        m->membrane_count++;
    }
    return XT_OK;
}

xt_status xt_compile_mechanics(xt_compiler *c) {
    static const xt_scope scope = {XT_SEE_VOXEL, "the modulus"};
    enum { MOST_CASES = 16 };
    xt_mechanics *into = &c->model->mechanics;
    const xt_node *node = xt_node_get(c->root, "mechanics");
    if (!node) return XT_OK;
    xt_expr *e;
    xt_type type;
    XT_TRY(xt_compile_any(&e, &type, c, xt_node_get(node, "modulus"), &scope));
    if (type.boolean)
        return xt_node_fail(xt_node_get(node, "modulus"), c->err, "the modulus must be a number");
    into->modulus = e;
    XT_TRY(xt_tissue_mask(&into->tissues, c, xt_node_get(node, "tissues")));
    XT_TRY(xt_tissue_mask(&into->applies_to, c, xt_node_get(node, "applies_to")));
    const xt_node *cases = xt_node_get(node, "cases");
    XT_TRY(xt_node_list(cases, 1, MOST_CASES, c->err));
    for (const xt_node *n = cases->first; n; n = n->next) {
        double *at = into->eccentricity[into->case_count++];
        XT_TRY(xt_node_quantity(&at[0], xt_node_get(n, "x"), "mm", c->err));
        XT_TRY(xt_node_quantity(&at[1], xt_node_get(n, "y"), "mm", c->err));
    }
    return XT_OK;
}
