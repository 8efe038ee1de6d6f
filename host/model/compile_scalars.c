/* One value for the whole body: parameters, settings, plasma levels, memories, drivers; user functions;
 * readouts. */
#include "model/compile.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SCALARS = 1024 };

xt_status xt_add_scalar(int *index, xt_compiler *c, const char *name, xt_scalar_kind kind) {
    xt_model *m = c->model;
    if (m->scalar_count == MAX_SCALARS)
        return xt_fail(c->err, XT_USAGE, "%s: more than %d scalars", c->source->file, MAX_SCALARS);
    if (m->scalar_count == c->scalar_capacity) {
        int capacity = c->scalar_capacity ? 2 * c->scalar_capacity : 128;
        xt_scalar *more = xt_take(c, (size_t)capacity, sizeof *more);
        if (!more) return c->err->status;
        if (m->scalar_count > 0) memcpy(more, m->scalar, (size_t)m->scalar_count * sizeof *more);
        m->scalar = more;
        c->scalar_capacity = capacity;
    }
    *index = m->scalar_count++;
    xt_scalar *s = &m->scalar[*index];
    *s = (xt_scalar){.kind = kind, .low = -INFINITY, .high = INFINITY, .unit = {.scale = 1}};
    snprintf(s->name, sizeof s->name, "%s", name);
    return XT_OK;
}

static xt_status named(int *index, xt_compiler *c, const xt_node *node, const char *prefix,
                       xt_scalar_kind kind, const char *what) {
    char name[80];
    XT_TRY(xt_check_identifier(node, node->key, what, c->err));
    snprintf(name, sizeof name, "%s%s", prefix, node->key);
    XT_TRY(xt_add_scalar(index, c, name, kind));
    xt_copy_text(c->model->scalar[*index].about, sizeof c->model->scalar->about, xt_node_get(node, "about"));
    return xt_add_name(c, node, prefix, node->key, what, XT_SYM_SCALAR, *index, false);
}

/* The unit in "25 d", for messages and the scene as used. */
static void note_unit(xt_scalar *s, const char *text) {
    xt_error ignored = {XT_OK, ""};
    char *unit;
    strtod(text, &unit);
    unit += strspn(unit, " ");
    if (xt_unit_parse(&s->unit, unit, &ignored) != XT_OK) return;
    snprintf(s->unit_text, sizeof s->unit_text, "%.31s", *unit ? unit : "1");
}

static xt_status override_value(xt_scalar *s, xt_compiler *c) {
    for (int i = 0; i < c->override_count; i++) {
        const xt_override *o = &c->overrides[i];
        if (strcmp(o->name, s->name) != 0) continue;
        xt_error why = {XT_OK, ""};
        double value;
        xt_dim dim;
        char found[80], wanted[80];
        if (xt_quantity_parse(&value, &dim, o->value, &why) != XT_OK)
            return xt_fail_at(c->err, o->source, o->line, o->col, "parameter '%s': %s", s->name, why.text);
        if (!xt_dim_equal(dim, s->dim))
            return xt_fail_at(c->err, o->source, o->line, o->col, "parameter '%s' is in %s, this is in %s",
                              s->name, xt_dim_text(s->dim, wanted, sizeof wanted),
                              xt_dim_text(dim, found, sizeof found));
        s->initial = value;
    }
    return XT_OK;
}

static xt_status parameters(xt_compiler *c) {
    const xt_node *all = xt_node_get(c->root, "parameters");
    for (const xt_node *n = all ? all->first : NULL; n; n = n->next) {
        int index;
        XT_TRY(named(&index, c, n, "", XT_SCALAR_PARAMETER, "parameter"));
        xt_scalar *s = &c->model->scalar[index];
        const xt_node *value = n->kind == XT_SCALAR ? n : xt_node_get(n, "value");
        XT_TRY(xt_node_any_quantity(&s->initial, &s->dim, value, c->err));
        note_unit(s, value->text);
        XT_TRY(override_value(s, c));
    }
    const char *known[MAX_SCALARS];
    int count = 0;
    for (int i = 0; i < c->model->scalar_count; i++)
        if (c->model->scalar[i].kind == XT_SCALAR_PARAMETER) known[count++] = c->model->scalar[i].name;
    for (int i = 0; i < c->override_count; i++) {
        const xt_override *o = &c->overrides[i];
        int found = xt_model_find_scalar(c->model, o->name);
        if (found >= 0 && c->model->scalar[found].kind == XT_SCALAR_PARAMETER) continue;
        const char *near = xt_nearest(o->name, known, count);
        return xt_fail_at(c->err, o->source, o->line, o->col, "the model has no parameter '%.60s'%s%s%s",
                          o->name, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    return XT_OK;
}

static xt_status setting(xt_compiler *c, const xt_node *n) {
    int index;
    XT_TRY(named(&index, c, n, "", XT_SCALAR_SETTING, "setting"));
    xt_scalar *s = &c->model->scalar[index];
    const xt_node *value = n->kind == XT_SCALAR ? n : xt_node_get(n, "default");
    const xt_node *range = xt_node_get(n, "range"), *unit = xt_node_get(n, "unit");
    s->initial = NAN;
    bool known = false;
    if (unit) {
        xt_error why = {XT_OK, ""};
        if (xt_unit_parse(&s->unit, unit->text, &why) != XT_OK)
            return xt_node_fail(unit, c->err, "%s", why.text);
        s->dim = s->unit.dim;
        snprintf(s->unit_text, sizeof s->unit_text, "%.31s", unit->text);
        known = true;
    }
    const xt_node *sources[] = {value, range ? range->first : NULL, range ? range->last : NULL};
    double *targets[] = {&s->initial, &s->low, &s->high};
    for (int i = 0; i < 3; i++) {
        xt_dim dim;
        if (!sources[i]) continue;
        XT_TRY(xt_node_any_quantity(targets[i], &dim, sources[i], c->err));
        if (known && !xt_dim_equal(dim, s->dim)) {
            char a[80], b[80];
            return xt_node_fail(sources[i], c->err, "the setting '%s' is in %s, this is in %s", s->name,
                                xt_dim_text(s->dim, a, sizeof a), xt_dim_text(dim, b, sizeof b));
        }
        s->dim = dim;
        if (!known) note_unit(s, sources[i]->text);
        known = true;
    }
    if (!(s->low <= s->high)) return xt_node_fail(range, c->err, "the range is empty");
    if (s->initial < s->low || s->initial > s->high)
        return xt_node_fail(value, c->err, "the default is outside the range");
    return XT_OK;
}

static xt_status given(int *index, xt_compiler *c, const char *name, const char *unit, const char *about) {
    XT_TRY(xt_add_scalar(index, c, name, XT_SCALAR_GIVEN));
    xt_scalar *s = &c->model->scalar[*index];
    s->dim = xt_dim_of(unit);
    snprintf(s->about, sizeof s->about, "%s", about);
    return xt_add_name(c, NULL, "", name, about, XT_SYM_SCALAR, *index, false);
}

xt_status xt_compile_given(xt_compiler *c) {
    xt_model *m = c->model;
    XT_TRY(given(&m->age, c, "age", "h", "age of the subject"));
    XT_TRY(given(&m->time, c, "time", "h", "time since the start of the scene"));
    return given(&m->female, c, "female", "1", "whether the subject is female");
}

xt_status xt_compile_scalar_names(xt_compiler *c) {
    xt_model *m = c->model;
    int index;
    XT_TRY(parameters(c));
    const xt_node *all = xt_node_get(c->root, "settings");
    for (const xt_node *n = all ? all->first : NULL; n; n = n->next) XT_TRY(setting(c, n));
    m->plasma_first = m->scalar_count;
    all = xt_node_get(c->root, "species");
    for (const xt_node *n = all->first; n; n = n->next) {
        XT_TRY(named(&index, c, n, "p_", XT_SCALAR_PLASMA, "plasma level"));
        m->scalar[index].dim = xt_dim_of("pM");
    }
    all = xt_node_get(c->root, "memories");
    for (const xt_node *n = all ? all->first : NULL; n; n = n->next) {
        XT_TRY(named(&index, c, n, "", XT_SCALAR_MEMORY, "memory"));
        xt_scalar *s = &m->scalar[index];
        XT_TRY(xt_node_any_quantity(&s->initial, &s->dim, xt_node_get(n, "initial"), c->err));
        note_unit(s, xt_node_get(n, "initial")->text);
    }
    all = xt_node_get(c->root, "drivers");
    for (const xt_node *n = all ? all->first : NULL; n; n = n->next)
        XT_TRY(named(&index, c, n, "", XT_SCALAR_DRIVER, "driver"));
    return XT_OK;
}

/* ---- functions ---- */

/* "hill(u, K, n)" */
static xt_status signature(xt_function *f, xt_compiler *c, const xt_node *node) {
    const char *p = node->key;
    const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    char word[64];
    for (int i = -1;; i++) {
        p += strspn(p, " ");
        size_t n = strspn(p, letters);
        if (n > 0) n += strspn(p + n, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
        if (n == 0 || n > 40)
            return xt_node_fail_key(node, c->err, "expected a name and its arguments, such as hill(u, K, n)");
        snprintf(word, sizeof word, "%.*s", (int)n, p);
        p += n;
        p += strspn(p, " ");
        if (i < 0) {
            memcpy(f->name, word, sizeof word);
            if (*p != '(') return xt_node_fail_key(node, c->err, "expected '(' after '%s'", word);
        } else {
            for (int k = 0; k < i; k++)
                if (strcmp(f->argument[k], word) == 0)
                    return xt_node_fail_key(node, c->err, "the argument '%s' is there twice", word);
            memcpy(f->argument[i], word, sizeof word);
            f->argument_count = i + 1;
            if (*p == ')') break;
            if (*p != ',') return xt_node_fail_key(node, c->err, "expected ',' or ')' after '%s'", word);
            if (i + 1 == XT_FUNCTION_ARGUMENTS)
                return xt_node_fail_key(node, c->err, "a function takes at most %d arguments",
                                        XT_FUNCTION_ARGUMENTS);
        }
        p++;
    }
    p++;
    return p[strspn(p, " ")] == '\0'
               ? XT_OK
               : xt_node_fail_key(node, c->err, "expected nothing after ')', found '%.20s'", p);
}

xt_status xt_compile_functions(xt_compiler *c) {
    const xt_node *all = xt_node_get(c->root, "functions");
    int count = all ? all->count : 0;
    c->private->function = xt_take(c, (size_t)count, sizeof *c->private->function);
    if (!c->private->function) return c->err->status;
    for (const xt_node *n = all ? all->first : NULL; n; n = n->next) {
        xt_function *f = &c->private->function[c->private->function_count];
        XT_TRY(signature(f, c, n));
        f->line = n->key_line;
        XT_TRY(xt_add_name(c, n, "", f->name, "function", XT_SYM_SCALAR, c->private->function_count, true));
        c->private->function_count++;
    }
    int i = 0;
    for (const xt_node *n = all ? all->first : NULL; n; n = n->next, i++) {
        c->functions_done = i;
        XT_TRY(xt_compile_function_body(c, n, &c->private->function[i]));
    }
    c->functions_done = count;
    return XT_OK;
}

/* ---- drivers, memories, readouts ---- */

xt_status xt_compile_drivers(xt_compiler *c) {
    static const xt_scope scope = {XT_SEE_ALL_SCALARS | XT_SEE_UNSET | XT_SEE_MEANS, "a driver"};
    static const xt_scope memory = {XT_SEE_ALL_SCALARS | XT_SEE_UNSET, "the rate of a memory"};
    xt_model *m = c->model;
    m->peak_share = -1;
    const xt_node *all = xt_node_get(c->root, "drivers");
    for (const xt_node *n = all ? all->first : NULL; n; n = n->next) {
        int index = xt_model_find_scalar(m, n->key);
        xt_expr *e;
        xt_type type;
        const xt_node *formula = n->kind == XT_SCALAR ? n : xt_node_get(n, "formula");
        XT_TRY(xt_compile_any(&e, &type, c, formula, &scope));
        if (type.boolean)
            return xt_node_fail(formula, c->err,
                                "a driver must be a number, this is a condition; use piecewise(1, "
                                "condition, 0)");
        m->scalar[index].formula = e;
        m->scalar[index].dim = type.dim;
        if (strcmp(n->key, "peak_share") == 0) {
            if (!xt_dim_is_one(type.dim))
                return xt_node_fail(formula, c->err, "peak_share must be a pure number");
            m->peak_share = index;
        }
    }
    all = xt_node_get(c->root, "memories");
    for (const xt_node *n = all ? all->first : NULL; n; n = n->next) {
        int index = xt_model_find_scalar(m, n->key);
        xt_dim want = xt_dim_product(m->scalar[index].dim, xt_dim_of("h"), -1);
        const xt_expr *rate;
        XT_TRY(xt_compile_formula(&rate, c, xt_node_get(n, "rate"), &memory, &want, "this rate"));
        m->scalar[index].formula = rate;
    }
    return XT_OK;
}

xt_status xt_compile_readouts(xt_compiler *c) {
    static const xt_scope scope = {XT_SEE_ALL_SCALARS | XT_SEE_UNSET | XT_SEE_MEANS, "a readout"};
    xt_model *m = c->model;
    const xt_node *all = xt_node_get(c->root, "readouts");
    m->readout = xt_take(c, all ? (size_t)all->count : 0, sizeof *m->readout);
    if (!m->readout) return c->err->status;
    for (const xt_node *n = all ? all->first : NULL; n; n = n->next) {
        xt_readout *r = &m->readout[m->readout_count++];
        xt_unit unit = {.scale = 1};
        XT_TRY(xt_check_identifier(n, n->key, "readout", c->err));
        snprintf(r->name, sizeof r->name, "%s", n->key);
        const xt_node *node = xt_node_get(n, "relative");
        if (node) XT_TRY(xt_node_bool(&r->relative, node, c->err));
        node = xt_node_get(n, "unit");
        if (node && r->relative) return xt_node_fail(node, c->err, "a relative readout has no unit");
        xt_keep_text(r->label, sizeof r->label, n, "label");
        xt_keep_text(r->group, sizeof r->group, n, "group");
        xt_keep_text(r->about, sizeof r->about, n, "about");
        snprintf(r->unit_text, sizeof r->unit_text, "%.31s", node ? node->text : "1");
        xt_error why = {XT_OK, ""};
        if (node && xt_unit_parse(&unit, node->text, &why) != XT_OK)
            return xt_node_fail(node, c->err, "%s", why.text);
        r->scale = unit.scale;
        const xt_node *formula = n->kind == XT_SCALAR ? n : xt_node_get(n, "formula");
        if (!r->relative) {
            XT_TRY(xt_compile_formula(&r->formula, c, formula, &scope, &unit.dim, "this readout"));
            continue;
        }
        xt_expr *e;
        xt_type type;
        XT_TRY(xt_compile_any(&e, &type, c, formula, &scope));
        if (type.boolean)
            return xt_node_fail(formula, c->err, "a readout must be a number, this is a condition");
        r->formula = e;
    }
    return XT_OK;
}
