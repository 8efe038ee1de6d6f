/* What happens in a voxel: quantities, states, remodelling, labels. */
#include "model/compile.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const xt_scope tissue_scope = {XT_SEE_TISSUE, "this formula"};

/* A constant state's dimension is that of its initial value; otherwise `unit`, or none. */
static xt_status state_dim(xt_state *s, const xt_node *n, xt_error *err) {
    const xt_node *unit = xt_node_get(n, "unit"), *initial = xt_node_get(n, "initial");
    xt_error why = {XT_OK, ""};
    double value;
    xt_unit parsed;
    s->initial_constant = xt_quantity_parse(&value, &s->dim, initial->text, &why) == XT_OK;
    if (!s->initial_constant) s->dim = (xt_dim){{0}};
    if (!unit) return XT_OK;
    why = (xt_error){XT_OK, ""};
    if (xt_unit_parse(&parsed, unit->text, &why) != XT_OK) return xt_node_fail(unit, err, "%s", why.text);
    if (s->initial_constant && !xt_dim_equal(parsed.dim, s->dim))
        return xt_node_fail(unit, err, "the initial value has another unit");
    s->dim = parsed.dim;
    return XT_OK;
}

xt_status xt_compile_rule_names(xt_compiler *c) {
    xt_model *m = c->model;
    const xt_node *quantities = xt_node_get(c->root, "quantities"), *states = xt_node_get(c->root, "states");
    enum { MAX_QUANTITIES = 256 };
    if (quantities && quantities->count > MAX_QUANTITIES)
        return xt_node_fail(quantities, c->err, "more than %d quantities", MAX_QUANTITIES);
    if (states && states->count > XT_MAX_STATES)
        return xt_node_fail(states, c->err, "more than %d states", XT_MAX_STATES);
    m->quantity = xt_take(c, quantities ? (size_t)quantities->count : 0, sizeof *m->quantity);
    m->state = xt_take(c, states ? (size_t)states->count : 0, sizeof *m->state);
    if (!m->quantity || !m->state) return c->err->status;
    for (const xt_node *n = quantities ? quantities->first : NULL; n; n = n->next) {
        XT_TRY(xt_check_identifier(n, n->key, "quantity", c->err));
        XT_TRY(
            xt_add_name(c, n, "", n->key, "quantity of a voxel", XT_SYM_QUANTITY, m->quantity_count, false));
        snprintf(m->quantity[m->quantity_count++].name, sizeof m->quantity->name, "%s", n->key);
    }
    for (const xt_node *n = states ? states->first : NULL; n; n = n->next) {
        xt_state *s = &m->state[m->state_count];
        XT_TRY(xt_check_identifier(n, n->key, "state", c->err));
        XT_TRY(xt_add_name(c, n, "", n->key, "state of a voxel", XT_SYM_STATE, m->state_count++, false));
        snprintf(s->name, sizeof s->name, "%s", n->key);
        xt_copy_text(s->about, sizeof s->about, xt_node_get(n, "about"));
        XT_TRY(state_dim(s, n, c->err));
    }
    return XT_OK;
}

/* ---- quantities ---- */

static bool uses_blend(const xt_model *m, const xt_expr *e) {
    if (e->kind == XT_BLEND) return true;
    if (e->kind == XT_SYMBOL && e->symbol == XT_SYM_QUANTITY && m->quantity[e->index].needs_peak) return true;
    for (int i = 0; i < e->count; i++)
        if (uses_blend(m, e->child[i])) return true;
    return false;
}

/* All formulas of a quantity are in one unit: that of the first. */
static xt_status quantity(xt_compiler *c, xt_quantity *q, const xt_node *node) {
    const xt_node *first = node->kind == XT_SCALAR ? node : node->first;
    xt_expr *e;
    xt_type type;
    if (!first) return xt_node_fail(node, c->err, "a quantity needs a formula");
    if (node->kind == XT_MAP && !xt_node_get(node, "default"))
        return xt_node_fail(node, c->err, "a quantity needs a `default` for the tissues that are not named");
    XT_TRY(xt_compile_any(&e, &type, c, first, &tissue_scope));
    if (type.boolean)
        return xt_node_fail(
            first, c->err,
            "a quantity must be a number, this is a condition; use piecewise(1, condition, 0)");
    q->dim = type.dim;
    XT_TRY(xt_compile_by_tissue(&q->formula, c, node, &tissue_scope, &q->dim, "this quantity"));
    for (int k = 1; k <= c->model->tissue_count; k++)
        q->needs_peak = q->needs_peak || uses_blend(c->model, q->formula.tissue[k]);
    return XT_OK;
}

xt_status xt_compile_quantities(xt_compiler *c) {
    const xt_node *all = xt_node_get(c->root, "quantities");
    for (const xt_node *n = all ? all->first : NULL; n; n = n->next) {
        XT_TRY(quantity(c, &c->model->quantity[c->quantities_done], n));
        c->quantities_done++;
    }
    return XT_OK;
}

/* ---- states ---- */

/* Does the expression, through quantities, use state `first` or a later one? Each quantity is looked at once.
 */
static bool uses_states_from(const xt_model *m, const xt_expr *e, int first, bool *seen) {
    if (e->kind == XT_SYMBOL && e->symbol == XT_SYM_STATE && e->index >= first) return true;
    if (e->kind == XT_SYMBOL && e->symbol == XT_SYM_QUANTITY && !seen[e->index]) {
        seen[e->index] = true;
        for (int k = 1; k <= m->tissue_count; k++)
            if (uses_states_from(m, m->quantity[e->index].formula.tissue[k], first, seen)) return true;
    }
    for (int i = 0; i < e->count; i++)
        if (uses_states_from(m, e->child[i], first, seen)) return true;
    return false;
}

static xt_status one_of(const xt_node *node, const char *a, const char *b, xt_error *err) {
    if ((xt_node_get(node, a) != NULL) != (xt_node_get(node, b) != NULL)) return XT_OK;
    return xt_node_fail_key(node, err, "exactly one of `%s` and `%s` is needed here", a, b);
}

static xt_status everywhere_or(unsigned *mask, xt_compiler *c, const xt_node *node) {
    if (node) return xt_tissue_mask(mask, c, node);
    *mask = 0;
    for (int k = 1; k <= c->model->tissue_count; k++) *mask |= 1u << k;
    return XT_OK;
}

static xt_status state(xt_compiler *c, int index, const xt_node *n) {
    xt_model *m = c->model;
    xt_state *s = &m->state[index];
    const xt_dim rate = xt_dim_product(s->dim, xt_dim_of("h"), -1);
    XT_TRY(one_of(n, "rate", "value", c->err));
    XT_TRY(everywhere_or(&s->tissues, c, xt_node_get(n, "in")));
    const xt_node *initial = xt_node_get(n, "initial"), *node = xt_node_get(n, "rate");
    XT_TRY(xt_compile_formula(&s->initial, c, initial, &tissue_scope, &s->dim, "the initial value"));
    s->initial_constant = xt_expr_constant(NULL, m, s->initial);
    bool *seen = xt_take(c, (size_t)m->quantity_count, sizeof *seen);
    if (!seen) return c->err->status;
    if (uses_states_from(m, s->initial, index, seen))
        return xt_node_fail(
            initial, c->err,
            "the initial value of '%s' needs a state that has none yet: itself or one further down", s->name);
    if (node) return xt_compile_formula(&s->rate, c, node, &tissue_scope, &rate, "this rate");
    return xt_compile_formula(&s->value, c, xt_node_get(n, "value"), &tissue_scope, &s->dim, "this value");
}

xt_status xt_compile_states(xt_compiler *c) {
    const xt_node *all = xt_node_get(c->root, "states");
    int i = 0;
    for (const xt_node *n = all ? all->first : NULL; n; n = n->next) XT_TRY(state(c, i++, n));
    return XT_OK;
}

/* ---- remodelling ---- */

static xt_status shares(xt_compiler *c, xt_remodelling *r, const xt_node *freed, const xt_node *taken) {
    const xt_dim one = xt_dim_of("1");
    double sum = 0;
    for (const xt_node *n = freed ? freed->first : NULL; n; n = n->next) {
        int phase;
        XT_TRY(xt_phase_key(&phase, c, n));
        if (phase == r->phase) return xt_node_fail_key(n, c->err, "a phase cannot give to itself");
        XT_TRY(xt_compile_formula(&r->freed_to[phase], c, n, &tissue_scope, &one, "a share"));
    }
    for (const xt_node *n = taken ? taken->first : NULL; n; n = n->next) {
        int phase;
        XT_TRY(xt_phase_key(&phase, c, n));
        if (phase == r->phase) return xt_node_fail_key(n, c->err, "a phase cannot take from itself");
        XT_TRY(xt_node_real(&r->taken_from[phase], n, c->err));
        if (!(r->taken_from[phase] >= 0 && r->taken_from[phase] <= 1))
            return xt_node_fail(n, c->err, "a share is between 0 and 1");
        sum += r->taken_from[phase];
    }
    if (sum > 1 + 1e-9) return xt_node_fail(taken, c->err, "the shares sum to %.6g, more than 1", sum);
    return XT_OK;
}

static xt_status then_from(xt_compiler *c, xt_remodelling *r, const xt_node *node) {
    if (!node) return XT_OK;
    XT_TRY(xt_node_list(node, 0, XT_MAX_PHASES, c->err));
    for (const xt_node *n = node->first; n; n = n->next) {
        int phase;
        XT_TRY(xt_phase_of(&phase, c, n));
        if (phase == r->phase) return xt_node_fail(n, c->err, "a phase cannot take from itself");
        r->then_from[r->then_count++] = phase;
    }
    return XT_OK;
}

static xt_status remodelling(xt_compiler *c, xt_remodelling *r, const xt_node *n) {
    const xt_dim one = xt_dim_of("1"), rate = xt_dim_of("1/h");
    XT_TRY(one_of(n, "rate", "target", c->err));
    XT_TRY(xt_phase_of(&r->phase, c, xt_node_get(n, "phase")));
    XT_TRY(everywhere_or(&r->tissues, c, xt_node_get(n, "in")));
    if (r->phase == c->model->slack)
        return xt_node_fail(xt_node_get(n, "phase"), c->err, "the slack phase is what the others leave");
    const xt_node *node = xt_node_get(n, "rate");
    if (node)
        XT_TRY(xt_compile_formula(&r->rate, c, node, &tissue_scope, &rate, "this rate"));
    else
        XT_TRY(
            xt_compile_formula(&r->target, c, xt_node_get(n, "target"), &tissue_scope, &one, "this target"));
    r->high = 1;
    node = xt_node_get(n, "limit");
    if (node) {
        XT_TRY(xt_node_real(&r->low, node->first, c->err));
        XT_TRY(xt_node_real(&r->high, node->last, c->err));
        if (!(r->low >= 0 && r->low < r->high && r->high <= 1))
            return xt_node_fail(node, c->err, "expected two fractions, the lower one first");
    }
    XT_TRY(shares(c, r, xt_node_get(n, "freed_to"), xt_node_get(n, "taken_from")));
    return then_from(c, r, xt_node_get(n, "then_from"));
}

xt_status xt_compile_remodelling(xt_compiler *c) {
    xt_model *m = c->model;
    const xt_node *all = xt_node_get(c->root, "remodelling");
    m->remodelling = xt_take(c, all ? (size_t)all->count : 0, sizeof *m->remodelling);
    if (!m->remodelling) return c->err->status;
    for (const xt_node *n = all ? all->first : NULL; n; n = n->next)
        XT_TRY(remodelling(c, &m->remodelling[m->remodelling_count++], n));
    return XT_OK;
}

/* ---- labels ---- */

xt_status xt_compile_labels(xt_compiler *c) {
    static const xt_scope scope = {XT_SEE_ALL_SCALARS | XT_SEE_PHASES | XT_SEE_STATES,
                                   "the condition of a label"};
    xt_model *m = c->model;
    const xt_node *labels = xt_node_get(c->root, "labels");
    if (!labels) return XT_OK;
    const xt_node *rules = xt_node_get(labels, "rules");
    XT_TRY(xt_node_quantity(&m->dwell, xt_node_get(labels, "dwell"), "d", c->err));
    if (!(m->dwell >= 0))
        return xt_node_fail(xt_node_get(labels, "dwell"), c->err, "a duration is 0 or more");
    m->label_rule = xt_take(c, (size_t)rules->count, sizeof *m->label_rule);
    if (!m->label_rule) return c->err->status;
    for (const xt_node *n = rules->first; n; n = n->next) {
        xt_label_rule *r = &m->label_rule[m->label_rule_count++];
        XT_TRY(xt_tissue_of(&r->from, c, xt_node_get(n, "from")));
        XT_TRY(xt_tissue_of(&r->to, c, xt_node_get(n, "to")));
        if (r->from == r->to) return xt_node_fail(n, c->err, "a label rule leads from one tissue to another");
        XT_TRY(xt_compile_formula(&r->when, c, xt_node_get(n, "when"), &scope, NULL, "`when`"));
        const xt_node *beside = xt_node_get(n, "beside");
        if (beside) XT_TRY(xt_tissue_mask(&r->beside, c, beside));
    }
    return XT_OK;
}
