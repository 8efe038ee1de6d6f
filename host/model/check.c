/* Units: every sum, comparison and function gets what it can work on. A literal 0 fits any unit; exponents of
 * dimensional bases are constants; user functions are checked anew for each call with what they are given. */
#include "model/private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const xt_model *model;
    const xt_source *source;
    xt_error *err;
    const xt_expr *call; /* outermost call of a user function that the node is in: where errors point */
    const xt_function *inside;
    const xt_type *argument;
} checker;

static xt_status infer(xt_type *type, checker *c, xt_expr *e);

static xt_status fail(checker *c, const xt_expr *e, const char *text) {
    if (c->call)
        return xt_fail_at(c->err, c->source, c->call->line, c->call->col,
                          "%s (inside the function '%s', line %d)", text, c->inside->name, c->inside->line);
    return xt_fail_at(c->err, c->source, e->line, e->col, "%s", text);
}

/* "adds 1/h to mm": `format` has two %s. */
static xt_status fail_units(checker *c, const xt_expr *e, const char *format_before, xt_dim a,
                            const char *between, xt_dim b, const char *after) {
    char text[256], first[80], second[80];
    snprintf(text, sizeof text, "%s%s%s%s%s", format_before, xt_dim_text(a, first, sizeof first), between,
             xt_dim_text(b, second, sizeof second), after);
    return fail(c, e, text);
}

static xt_status numeric(checker *c, const xt_expr *e, const xt_type *t, const char *what) {
    char text[200];
    if (!t->boolean) return XT_OK;
    snprintf(text, sizeof text, "%s a condition where a number is needed; use piecewise(1, condition, 0)",
             what);
    return fail(c, e, text);
}

static xt_status condition(checker *c, const xt_expr *e, const xt_type *t, const char *what) {
    char text[200];
    if (t->boolean) return XT_OK;
    snprintf(text, sizeof text, "%s a number where a condition such as x > 0 is needed", what);
    return fail(c, e, text);
}

static xt_status pure(checker *c, const xt_expr *e, const xt_type *t, const char *what) {
    if (xt_dim_is_one(t->dim)) return XT_OK;
    char text[200], unit[80];
    snprintf(text, sizeof text, "%s a pure number, not %s; divide by a quantity such as 1 h first", what,
             xt_dim_text(t->dim, unit, sizeof unit));
    return fail(c, e, text);
}

/* Both of one unit; *type becomes that. */
static xt_status unify(xt_type *type, checker *c, const xt_expr *e, const xt_type *a, const xt_type *b,
                       const char *before, const char *between, const char *after) {
    if (!a->zero && !b->zero && !xt_dim_equal(a->dim, b->dim))
        return fail_units(c, e, before, a->dim, between, b->dim, after);
    *type = (xt_type){.dim = a->zero ? b->dim : a->dim, .zero = a->zero && b->zero};
    return XT_OK;
}

static xt_status power(xt_type *type, checker *c, const xt_expr *e, const xt_type *base, const xt_type *by) {
    XT_TRY(pure(c, e, by, "an exponent must be"));
    *type = (xt_type){.constant = base->constant && by->constant};
    if (type->constant) type->value = xt_power(base->value, by->value);
    if (xt_dim_is_one(base->dim)) return XT_OK;
    char text[200], unit[80];
    xt_dim_text(base->dim, unit, sizeof unit);
    if (!by->constant) {
        snprintf(text, sizeof text,
                 "raises %s to a power that is not a constant; divide by a quantity of that unit first",
                 unit);
        return fail(c, e, text);
    }
    for (int i = 0; i < XT_DIM_COUNT; i++) {
        double n = base->dim.e[i] * by->value;
        if (fabs(n - round(n)) > 1e-9 || fabs(n) > 1200) {
            snprintf(text, sizeof text, "raises %s to the power %g, which is no unit", unit, by->value);
            return fail(c, e, text);
        }
        type->dim.e[i] = (short)lround(n);
    }
    return XT_OK;
}

static xt_status all_alike(xt_type *type, checker *c, const xt_expr *e, const xt_type *t, int step,
                           const char *before) {
    *type = t[0];
    for (int i = step; i < e->count; i += step)
        XT_TRY(unify(type, c, e->child[i], type, &t[i], before, " with ", ""));
    type->constant = false;
    return XT_OK;
}

static xt_status piecewise(xt_type *type, checker *c, const xt_expr *e, const xt_type *t) {
    for (int i = 1; i < e->count; i += 2) XT_TRY(condition(c, e->child[i], &t[i], "piecewise has"));
    bool boolean = t[0].boolean;
    for (int i = 2; i < e->count; i += 2)
        if (t[i].boolean != boolean) return fail(c, e->child[i], "piecewise mixes numbers and conditions");
    XT_TRY(all_alike(type, c, e, t, 2, "piecewise chooses between different units: "));
    type->boolean = boolean;
    return XT_OK;
}

static xt_status arithmetic(xt_type *type, checker *c, const xt_expr *e, const xt_type *t) {
    static const char *const verbs[] = {"adds", "subtracts", "multiplies", "divides", "raises", "negates"};
    for (int i = 0; i < e->count; i++) XT_TRY(numeric(c, e->child[i], &t[i], verbs[e->op]));
    bool constant = t[0].constant && (e->count < 2 || t[1].constant);
    double a = t[0].value, b = e->count > 1 ? t[1].value : 0, value = 0;
    switch (e->op) {
    case XT_OP_ADD:
        XT_TRY(unify(type, c, e, &t[1], &t[0], "adds ", " to ", ""));
        value = a + b;
        break;
    case XT_OP_SUB:
        XT_TRY(unify(type, c, e, &t[1], &t[0], "subtracts ", " from ", ""));
        value = a - b;
        break;
    case XT_OP_MUL:
        *type = (xt_type){.dim = xt_dim_product(t[0].dim, t[1].dim, 1)};
        value = a * b;
        break;
    case XT_OP_DIV:
        *type = (xt_type){.dim = xt_dim_product(t[0].dim, t[1].dim, -1)};
        value = a / b;
        break;
    case XT_OP_POW:
        return power(type, c, e, &t[0], &t[1]);
    default:
        *type = t[0];
        value = -a;
    }
    type->constant = constant;
    type->value = value;
    return XT_OK;
}

static xt_status function_of_number(xt_type *type, checker *c, const xt_expr *e, const xt_type *t) {
    char what[64];
    snprintf(what, sizeof what, "%s is given", e->name);
    XT_TRY(numeric(c, e->child[0], &t[0], what));
    *type = (xt_type){.dim = t[0].dim};
    if (e->op == XT_OP_ABS) return XT_OK;
    if (e->op == XT_OP_SQRT) {
        for (int i = 0; i < XT_DIM_COUNT; i++) {
            if (t[0].dim.e[i] % 2 != 0) return fail(c, e, "the root of this has no unit");
            type->dim.e[i] = t[0].dim.e[i] / 2;
        }
        return XT_OK;
    }
    snprintf(what, sizeof what, "%s takes", e->name);
    return pure(c, e->child[0], &t[0], what);
}

static xt_status call(xt_type *type, checker *c, const xt_expr *e, const xt_type *t) {
    xt_type ignored;
    switch (e->op) {
    case XT_OP_LT:
    case XT_OP_LE:
    case XT_OP_GT:
    case XT_OP_GE:
    case XT_OP_EQ:
    case XT_OP_NE:
        for (int i = 0; i < 2; i++) XT_TRY(numeric(c, e->child[i], &t[i], "compares"));
        XT_TRY(unify(&ignored, c, e, &t[0], &t[1], "compares ", " with ", ""));
        *type = (xt_type){.boolean = true};
        return XT_OK;
    case XT_OP_AND:
    case XT_OP_OR:
    case XT_OP_NOT:
        for (int i = 0; i < e->count; i++)
            XT_TRY(condition(c, e->child[i], &t[i], e->op == XT_OP_NOT ? "'!' has" : "'&&' or '||' has"));
        *type = (xt_type){.boolean = true};
        return XT_OK;
    case XT_OP_TRUE:
    case XT_OP_FALSE:
    case XT_OP_GIVEN:
        *type = (xt_type){.boolean = true};
        return XT_OK;
    case XT_OP_PIECEWISE:
        return piecewise(type, c, e, t);
    case XT_OP_MIN:
    case XT_OP_MAX:
        for (int i = 0; i < e->count; i++) XT_TRY(numeric(c, e->child[i], &t[i], e->name));
        return all_alike(type, c, e, t, 1, e->op == XT_OP_MIN ? "min compares " : "max compares ");
    default:
        return e->op <= XT_OP_NEG ? arithmetic(type, c, e, t) : function_of_number(type, c, e, t);
    }
}

static xt_status user_function(xt_type *type, checker *c, const xt_expr *e, const xt_type *t) {
    const xt_function *f = &xt_model_private(c->model)->function[e->index];
    for (int i = 0; i < e->count; i++) XT_TRY(numeric(c, e->child[i], &t[i], "a function is given"));
    checker inner = *c;
    if (!c->call) inner.call = e;
    inner.inside = f;
    inner.argument = t;
    return infer(type, &inner, f->body);
}

static void symbol(xt_type *type, const checker *c, const xt_expr *e) {
    *type = (xt_type){.dim = e->dim};
    if (e->symbol == XT_SYM_SCALAR) {
        const xt_scalar *s = &c->model->scalar[e->index];
        type->dim = s->dim;
        type->boolean = e->index == c->model->female;
    }
}

static xt_status infer(xt_type *type, checker *c, xt_expr *e) {
    xt_type t[XT_CALL_ARGUMENTS];
    switch (e->kind) {
    case XT_NUMBER:
        *type = (xt_type){.dim = e->dim,
                          .zero = e->value == 0 && xt_dim_is_one(e->dim),
                          .constant = true,
                          .value = e->value};
        return XT_OK;
    case XT_SYMBOL:
        symbol(type, c, e);
        return XT_OK;
    case XT_ARGUMENT:
        *type = c->argument[e->index];
        return XT_OK;
    case XT_BLEND:
        XT_TRY(infer(type, c, e->child[0]));
        break;
    case XT_CALL:
    case XT_FUNCTION:
        for (int i = 0; i < e->count; i++) XT_TRY(infer(&t[i], c, e->child[i]));
        XT_TRY(e->kind == XT_CALL ? call(type, c, e, t) : user_function(type, c, e, t));
        break;
    }
    if (!c->inside) e->dim = type->dim;
    return XT_OK;
}

xt_status xt_formula_check(xt_type *type, const xt_model *model, xt_expr *expr, const xt_source *source,
                           xt_error *err) {
    checker c = {.model = model, .source = source, .err = err};
    return infer(type, &c, expr);
}

xt_status xt_formula_expect(const xt_model *model, xt_expr *expr, const xt_dim *want, const char *what,
                            const xt_source *source, xt_error *err) {
    checker c = {.model = model, .source = source, .err = err};
    xt_type type;
    XT_TRY(infer(&type, &c, expr));
    if (!want)
        return type.boolean ? XT_OK
                            : xt_fail_at(err, source, expr->line, expr->col,
                                         "%s must be a condition such as x > 0, this is a number", what);
    if (type.boolean)
        return xt_fail_at(err, source, expr->line, expr->col, "%s must be a number, this is a condition",
                          what);
    char wanted[80], found[80];
    if (!type.zero && !xt_dim_equal(type.dim, *want))
        return xt_fail_at(err, source, expr->line, expr->col, "%s must be in %s, this is in %s", what,
                          xt_dim_text(*want, wanted, sizeof wanted),
                          xt_dim_text(type.dim, found, sizeof found));
    expr->dim = *want;
    return XT_OK;
}
