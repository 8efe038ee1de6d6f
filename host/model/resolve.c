/* What the names in a parsed formula stand for, and whether they may be used where the formula is. */
#include "model/compile.h"

#include <stdio.h>
#include <string.h>

enum { MAX_MEANS = 256 };

static xt_status resolve(xt_expr *e, xt_compiler *c, const xt_scope *scope, bool in_blend);

static xt_status fail(xt_compiler *c, const xt_expr *e, const char *what, const char *why) {
    return xt_fail_at(c->err, c->source, e->line, e->col, "'%s' (%s) %s", e->name, what, why);
}

static xt_status not_here(xt_compiler *c, const xt_expr *e, const xt_name *n, const xt_scope *scope) {
    bool voxel = n->symbol != XT_SYM_SCALAR && n->symbol != XT_SYM_PROPERTY;
    return xt_fail_at(c->err, c->source, e->line, e->col, "'%s' (%s) cannot be used in %s%s", e->name,
                      n->what, scope->where,
                      voxel && (scope->see & XT_SEE_MEANS) ? "; its mean over a tissue can: mean(..., tissue)"
                                                           : "");
}

static xt_status see_scalar(xt_compiler *c, const xt_expr *e, const xt_name *n, const xt_scope *scope) {
    const xt_scalar *s = &c->model->scalar[n->index];
    switch (s->kind) {
    case XT_SCALAR_PARAMETER:
    case XT_SCALAR_MEAN:
        return XT_OK;
    case XT_SCALAR_SETTING:
        if (!(scope->see & XT_SEE_SETTINGS)) return not_here(c, e, n, scope);
        if (s->initial != s->initial && !(scope->see & XT_SEE_UNSET))
            return fail(c, e, n->what, "has no default, so only drivers may use it, with given()");
        return XT_OK;
    case XT_SCALAR_DRIVER:
        if (!(scope->see & XT_SEE_SCALARS)) return not_here(c, e, n, scope);
        if (!s->formula) {
            char why[96];
            snprintf(why, sizeof why, "comes later, in line %d; drivers see earlier ones only", n->line);
            return fail(c, e, n->what, why);
        }
        return XT_OK;
    default:
        return scope->see & XT_SEE_SCALARS ? XT_OK : not_here(c, e, n, scope);
    }
}

static xt_status see(xt_compiler *c, const xt_expr *e, const xt_name *n, const xt_scope *scope) {
    static const unsigned needs[] = {
        [XT_SYM_PHASE] = XT_SEE_PHASES,       [XT_SYM_PHASE0] = XT_SEE_START,
        [XT_SYM_STATE] = XT_SEE_STATES,       [XT_SYM_QUANTITY] = XT_SEE_QUANTITIES,
        [XT_SYM_EXPOSURE] = XT_SEE_EXPOSURES, [XT_SYM_FIELD] = XT_SEE_FIELDS,
        [XT_SYM_SECTION] = XT_SEE_SECTION,    [XT_SYM_BESIDE] = XT_SEE_BESIDE,
        [XT_SYM_PROPERTY] = XT_SEE_PROPERTIES};
    if (n->symbol == XT_SYM_SCALAR) return see_scalar(c, e, n, scope);
    if (!(scope->see & needs[n->symbol])) return not_here(c, e, n, scope);
    if (n->symbol == XT_SYM_QUANTITY && n->index >= c->quantities_done) {
        char why[96];
        snprintf(why, sizeof why, "comes later, in line %d; quantities see earlier ones only", n->line);
        return fail(c, e, n->what, why);
    }
    return XT_OK;
}

static xt_dim symbol_dim(const xt_compiler *c, const xt_name *n) {
    switch (n->symbol) {
    case XT_SYM_SCALAR:
        return c->model->scalar[n->index].dim;
    case XT_SYM_STATE:
        return c->model->state[n->index].dim;
    case XT_SYM_QUANTITY:
        return c->model->quantity[n->index].dim;
    case XT_SYM_FIELD:
        return xt_dim_of("pM");
    case XT_SYM_PROPERTY:
        return c->model->property_dim[n->index];
    default:
        return (xt_dim){{0}};
    }
}

static xt_status symbol(xt_expr *e, xt_compiler *c, const xt_scope *scope) {
    if (c->function) {
        for (int i = 0; i < c->function->argument_count; i++)
            if (strcmp(c->function->argument[i], e->name) == 0) {
                e->kind = XT_ARGUMENT;
                e->index = i;
                return XT_OK;
            }
        const xt_name *outer = xt_find_name(c, e->name);
        if (outer && !outer->function)
            return fail(c, e, outer->what, "is no argument of this function; pass it in");
        return xt_unknown_name(c, e, false);
    }
    if ((scope->see & XT_SEE_APPEARANCE) && strcmp(e->name, "appearance") == 0) {
        e->kind = XT_NUMBER;
        e->value = c->appearance;
        e->dim = xt_dim_of("pmol/h");
        return XT_OK;
    }
    const xt_name *n = xt_find_name(c, e->name);
    if (!n) return xt_unknown_name(c, e, false);
    if (n->function && n->index < 0) return fail(c, e, n->what, "cannot be used here");
    if (n->function) return fail(c, e, "function", "needs arguments in parentheses");
    XT_TRY(see(c, e, n, scope));
    e->symbol = n->symbol;
    e->index = n->index;
    e->dim = symbol_dim(c, n);
    return XT_OK;
}

/* ---- functions that the engine provides ---- */

static xt_status arguments(xt_compiler *c, const xt_expr *e, int wanted, const char *usage) {
    if (e->count == wanted) return XT_OK;
    return xt_fail_at(c->err, c->source, e->line, e->col, "%s takes %d argument%s: %s", e->name, wanted,
                      wanted == 1 ? "" : "s", usage);
}

/* An argument that is a bare name. */
static xt_status bare(const char **name, xt_compiler *c, const xt_expr *e, const char *what) {
    if (e->kind != XT_SYMBOL)
        return xt_fail_at(c->err, c->source, e->line, e->col, "expected the name of a %s", what);
    *name = e->name;
    return XT_OK;
}

static xt_status mean(xt_expr *e, xt_compiler *c, const xt_scope *scope) {
    xt_model *m = c->model;
    static const xt_scope inside = {XT_SEE_PHASES | XT_SEE_START | XT_SEE_STATES, "mean()"};
    if (!(scope->see & XT_SEE_MEANS))
        return xt_fail_at(c->err, c->source, e->line, e->col,
                          "mean() cannot be used in %s; name a driver that is the mean and use that",
                          scope->where);
    XT_TRY(arguments(c, e, 2, "mean(f_fat, muscle)"));
    const char *name = NULL;
    XT_TRY(bare(&name, c, e->child[1], "tissue"));
    int tissue = xt_model_find_tissue(m, name);
    if (tissue == 0) {
        const char *near = xt_nearest(name, m->tissue_name, m->tissue_count);
        return xt_fail_at(c->err, c->source, e->child[1]->line, e->child[1]->col,
                          "there is no tissue '%s'%s%s%s", name, near ? "; did you mean '" : "",
                          near ? near : "", near ? "'?" : "");
    }
    xt_expr *of = e->child[0];
    XT_TRY(resolve(of, c, &inside, true));
    xt_type type;
    XT_TRY(xt_formula_check(&type, m, of, c->source, c->err));
    if (type.boolean)
        return xt_fail_at(c->err, c->source, of->line, of->col,
                          "the mean of a condition; use piecewise(1, condition, 0)");
    int index = -1, means = 0;
    for (int i = 0; i < m->scalar_count; i++) {
        const xt_scalar *s = &m->scalar[i];
        if (s->kind != XT_SCALAR_MEAN) continue;
        means++;
        if (s->tissue == tissue && xt_expr_same(s->mean, of)) index = i;
    }
    if (index < 0) {
        char label[32];
        if (means == MAX_MEANS)
            return xt_fail_at(c->err, c->source, e->line, e->col, "more than %d means", MAX_MEANS);
        snprintf(label, sizeof label, "mean_%d", means + 1);
        XT_TRY(xt_add_scalar(&index, c, label, XT_SCALAR_MEAN));
        xt_scalar *s = &m->scalar[index];
        snprintf(s->about, sizeof s->about, "mean over %s, line %d of the model", name, e->line);
        s->dim = type.dim;
        s->mean = of;
        s->tissue = tissue;
    }
    *e = (xt_expr){.kind = XT_SYMBOL,
                   .symbol = XT_SYM_SCALAR,
                   .index = index,
                   .name = e->name,
                   .depth = 1,
                   .line = e->line,
                   .col = e->col,
                   .dim = m->scalar[index].dim};
    return XT_OK;
}

static xt_status beside(xt_expr *e, xt_compiler *c, const xt_scope *scope) {
    const char *name = NULL;
    if (!(scope->see & XT_SEE_BESIDE))
        return xt_fail_at(c->err, c->source, e->line, e->col, "beside() cannot be used in %s", scope->where);
    XT_TRY(arguments(c, e, 1, "beside(bone)"));
    XT_TRY(bare(&name, c, e->child[0], "phase"));
    int phase = xt_model_find_phase(c->model, name);
    if (phase < 0)
        return xt_fail_at(c->err, c->source, e->child[0]->line, e->child[0]->col, "there is no phase '%s'",
                          name);
    e->kind = XT_SYMBOL;
    e->symbol = XT_SYM_BESIDE;
    e->index = phase;
    e->count = 0;
    e->dim = (xt_dim){{0}};
    return XT_OK;
}

static xt_status given(xt_expr *e, xt_compiler *c, const xt_scope *scope) {
    const char *name = NULL;
    if (!(scope->see & XT_SEE_UNSET))
        return xt_fail_at(c->err, c->source, e->line, e->col, "given() cannot be used in %s", scope->where);
    XT_TRY(arguments(c, e, 1, "given(load)"));
    XT_TRY(bare(&name, c, e->child[0], "setting"));
    const xt_name *n = xt_find_name(c, name);
    if (!n) return xt_unknown_name(c, e->child[0], false);
    if (n->symbol != XT_SYM_SCALAR || n->function || c->model->scalar[n->index].kind != XT_SCALAR_SETTING)
        return xt_fail_at(c->err, c->source, e->child[0]->line, e->child[0]->col, "'%s' (%s) is no setting",
                          name, n->what);
    e->kind = XT_CALL;
    e->op = XT_OP_GIVEN;
    return symbol(e->child[0], c, scope);
}

static xt_status blend(xt_expr *e, xt_compiler *c, const xt_scope *scope, bool in_blend) {
    if (!(scope->see & XT_SEE_BLEND) || in_blend)
        return xt_fail_at(c->err, c->source, e->line, e->col, "blend() cannot be used in %s",
                          in_blend ? "itself" : scope->where);
    XT_TRY(arguments(c, e, 1, "blend(u_myokine)"));
    if (c->model->peak_share < 0)
        return xt_fail_at(c->err, c->source, e->line, e->col, "blend() needs a driver named peak_share");
    e->kind = XT_BLEND;
    return resolve(e->child[0], c, scope, true);
}

static xt_status function(xt_expr *e, xt_compiler *c, const xt_scope *scope, bool in_blend) {
    if (strcmp(e->name, "blend") == 0) return blend(e, c, scope, in_blend);
    if (strcmp(e->name, "mean") == 0) return mean(e, c, scope);
    if (strcmp(e->name, "beside") == 0) return beside(e, c, scope);
    if (strcmp(e->name, "given") == 0) return given(e, c, scope);
    const xt_name *n = xt_find_name(c, e->name);
    if (!n) return xt_unknown_name(c, e, true);
    if (!n->function || n->index < 0) return fail(c, e, n->what, "is no function");
    if (n->index >= c->functions_done) {
        char why[96];
        snprintf(why, sizeof why, "comes later, in line %d; functions see earlier ones only", n->line);
        return fail(c, e, "function", why);
    }
    const xt_function *f = &c->private->function[n->index];
    if (e->count != f->argument_count)
        return xt_fail_at(c->err, c->source, e->line, e->col, "'%s' takes %d argument%s, not %d (line %d)",
                          e->name, f->argument_count, f->argument_count == 1 ? "" : "s", e->count, f->line);
    e->index = n->index;
    for (int i = 0; i < e->count; i++) XT_TRY(resolve(e->child[i], c, scope, in_blend));
    return XT_OK;
}

static xt_status resolve(xt_expr *e, xt_compiler *c, const xt_scope *scope, bool in_blend) {
    if (e->kind == XT_SYMBOL) return symbol(e, c, scope);
    if (e->kind == XT_FUNCTION) {
        XT_TRY(function(e, c, scope, in_blend));
    } else {
        for (int i = 0; i < e->count; i++) XT_TRY(resolve(e->child[i], c, scope, in_blend));
    }
    /* depth with the bodies of functions, which is how deep the host recurses */
    e->depth = 1;
    for (int i = 0; i < e->count; i++)
        if (e->child[i]->depth >= e->depth) e->depth = e->child[i]->depth + 1;
    if (e->kind == XT_FUNCTION) e->depth += c->private->function[e->index].body->depth;
    if (e->depth > XT_FORMULA_DEPTH)
        return xt_fail_at(c->err, c->source, e->line, e->col,
                          "the formula has more than %d operations inside each other, its functions included",
                          XT_FORMULA_DEPTH);
    return XT_OK;
}

/* Operations with every function written out. */
static long operations(const xt_compiler *c, const xt_expr *e) {
    long n = e->kind == XT_FUNCTION ? c->private->function[e->index].operations : 1;
    for (int i = 0; i < e->count && n <= XT_FORMULA_OPERATIONS; i++) n += operations(c, e->child[i]);
    return e->kind == XT_BLEND ? 2 * n : n;
}

static bool asks(const xt_expr *e, int index) {
    if (e->kind == XT_CALL && e->op == XT_OP_GIVEN && e->child[0]->index == index) return true;
    for (int i = 0; i < e->count; i++)
        if (asks(e->child[i], index)) return true;
    return false;
}

/* A use of a setting that may not be given, in a formula that never asks given() for it, or NULL. */
static const xt_expr *unguarded(const xt_compiler *c, const xt_expr *e, const xt_expr *whole) {
    if (e->kind == XT_SYMBOL && e->symbol == XT_SYM_SCALAR) {
        const xt_scalar *s = &c->model->scalar[e->index];
        if (s->kind == XT_SCALAR_SETTING && s->initial != s->initial && !asks(whole, e->index)) return e;
    }
    for (int i = 0; i < e->count; i++) {
        const xt_expr *found = unguarded(c, e->child[i], whole);
        if (found) return found;
    }
    return NULL;
}

static bool is_symbol(const void *data, const char *name) {
    const xt_compiler *c = data;
    if (xt_find_name(c, name)) return true;
    for (int i = 0; c->function && i < c->function->argument_count; i++)
        if (strcmp(c->function->argument[i], name) == 0) return true;
    return false;
}

static xt_status read(xt_expr **expr, long *count, xt_compiler *c, const xt_node *node,
                      const xt_scope *scope) {
    const char *text;
    XT_TRY(xt_node_text(&text, node, c->err));
    XT_TRY(xt_formula_parse(expr, &c->private->arena, text, node->source, node->line, node->col, is_symbol, c,
                            c->err));
    XT_TRY(resolve(*expr, c, scope, false));
    const xt_expr *loose = unguarded(c, *expr, *expr);
    if (loose)
        return xt_fail_at(
            c->err, c->source, loose->line, loose->col,
            "the setting '%s' has no default; guard it with given(%s): piecewise(%s, given(%s), ...)",
            loose->name, loose->name, loose->name, loose->name);
    *count = operations(c, *expr);
    if (*count > XT_FORMULA_OPERATIONS)
        return xt_node_fail(node, c->err,
                            "with its functions written out the formula has more than %d operations",
                            XT_FORMULA_OPERATIONS);
    return XT_OK;
}

xt_status xt_compile_any(xt_expr **expr, xt_type *type, xt_compiler *c, const xt_node *node,
                         const xt_scope *scope) {
    long count;
    XT_TRY(read(expr, &count, c, node, scope));
    return xt_formula_check(type, c->model, *expr, c->source, c->err);
}

xt_status xt_compile_formula(const xt_expr **expr, xt_compiler *c, const xt_node *node, const xt_scope *scope,
                             const xt_dim *want, const char *what) {
    long count;
    xt_expr *e;
    XT_TRY(read(&e, &count, c, node, scope));
    XT_TRY(xt_formula_expect(c->model, e, want, what, c->source, c->err));
    *expr = e;
    return XT_OK;
}

xt_status xt_compile_by_tissue(xt_by_tissue *out, xt_compiler *c, const xt_node *node, const xt_scope *scope,
                               const xt_dim *want, const char *what) {
    const int tissues = c->model->tissue_count;
    if (!node) return XT_OK;
    const xt_node *fallback = node->kind == XT_SCALAR ? node : xt_node_get(node, "default");
    if (fallback) {
        const xt_expr *e;
        XT_TRY(xt_compile_formula(&e, c, fallback, scope, want, what));
        for (int k = 1; k <= tissues; k++) out->tissue[k] = e;
    }
    if (node->kind == XT_SCALAR) return XT_OK;
    XT_TRY(xt_node_map(node, c->err));
    for (const xt_node *n = node->first; n; n = n->next) {
        if (n == fallback) continue;
        int k = xt_model_find_tissue(c->model, n->key);
        if (k == 0) {
            const char *known[XT_MAX_TISSUES + 1] = {"default"};
            for (int i = 0; i < tissues; i++) known[i + 1] = c->model->tissue_name[i];
            const char *near = xt_nearest(n->key, known, tissues + 1);
            return xt_node_fail_key(n, c->err, "there is no tissue '%.60s'%s%s%s", n->key,
                                    near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
        }
        XT_TRY(xt_compile_formula(&out->tissue[k], c, n, scope, want, what));
    }
    return XT_OK;
}

xt_status xt_compile_function_body(xt_compiler *c, const xt_node *node, xt_function *function) {
    static const xt_scope scope = {0, "a function"};
    c->function = function;
    xt_status status = read(&function->body, &function->operations, c, node, &scope);
    c->function = NULL;
    return status;
}
