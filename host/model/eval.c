/* The host's reference: formulas in double precision. */
#include "model/private.h"

#include <math.h>

typedef struct {
    const xt_model *model;
    const xt_values *values;
    const double *argument;
    bool peak;
} evaluation;

static double value_of(const evaluation *v, const xt_expr *e);

static double symbol(const evaluation *v, const xt_expr *e) {
    const xt_values *in = v->values;
    switch (e->symbol) {
    case XT_SYM_SCALAR:
        if (v->model->scalar[e->index].kind == XT_SCALAR_PARAMETER) return v->model->scalar[e->index].initial;
        return in->scalar[e->index];
    case XT_SYM_PHASE:
        return in->phase[e->index];
    case XT_SYM_PHASE0:
        return in->phase0[e->index];
    case XT_SYM_STATE:
        return in->state[e->index];
    case XT_SYM_QUANTITY:
        return in->quantity[e->index];
    case XT_SYM_EXPOSURE:
        return (v->peak ? in->exposure_peak : in->exposure_rest)[e->index];
    case XT_SYM_FIELD:
        return in->field[e->index];
    case XT_SYM_SECTION:
        return in->section;
    case XT_SYM_BESIDE:
        return in->beside[e->index];
    case XT_SYM_PROPERTY:
        return in->property[e->index];
    }
    return NAN;
}

static double piecewise(const evaluation *v, const xt_expr *e) {
    int i = 0;
    while (i + 1 < e->count && value_of(v, e->child[i + 1]) == 0) i += 2;
    return value_of(v, e->child[i]);
}

static double extreme(const evaluation *v, const xt_expr *e) {
    double best = value_of(v, e->child[0]);
    for (int i = 1; i < e->count; i++) {
        double next = value_of(v, e->child[i]);
        best = e->op == XT_OP_MIN ? xt_minimum(best, next) : xt_maximum(best, next);
    }
    return best;
}

static double call(const evaluation *v, const xt_expr *e) {
    switch (e->op) {
    case XT_OP_AND:
        return value_of(v, e->child[0]) != 0 && value_of(v, e->child[1]) != 0;
    case XT_OP_OR:
        return value_of(v, e->child[0]) != 0 || value_of(v, e->child[1]) != 0;
    case XT_OP_TRUE:
        return 1;
    case XT_OP_FALSE:
        return 0;
    case XT_OP_PIECEWISE:
        return piecewise(v, e);
    case XT_OP_MIN:
    case XT_OP_MAX:
        return extreme(v, e);
    default:
        break;
    }
    double a = value_of(v, e->child[0]), b = e->count > 1 ? value_of(v, e->child[1]) : 0;
    switch (e->op) {
    case XT_OP_ADD:
        return a + b;
    case XT_OP_SUB:
        return a - b;
    case XT_OP_MUL:
        return a * b;
    case XT_OP_DIV:
        return a / b;
    case XT_OP_POW:
        return xt_power(a, b);
    case XT_OP_NEG:
        return -a;
    case XT_OP_LT:
        return a < b;
    case XT_OP_LE:
        return a <= b;
    case XT_OP_GT:
        return a > b;
    case XT_OP_GE:
        return a >= b;
    case XT_OP_EQ:
        return a == b;
    case XT_OP_NE:
        return a != b;
    case XT_OP_NOT:
        return a == 0;
    case XT_OP_EXP:
        return exp(a);
    case XT_OP_LN:
        return log(a);
    case XT_OP_LOG10:
        return log10(a);
    case XT_OP_SQRT:
        return sqrt(a);
    case XT_OP_TANH:
        return tanh(a);
    case XT_OP_SIN:
        return sin(a);
    case XT_OP_COS:
        return cos(a);
    case XT_OP_ABS:
        return fabs(a);
    case XT_OP_FLOOR:
        return floor(a);
    case XT_OP_CEIL:
        return ceil(a);
    case XT_OP_GIVEN:
        return !isnan(a);
    default:
        return NAN;
    }
}

static double value_of(const evaluation *v, const xt_expr *e) {
    switch (e->kind) {
    case XT_NUMBER:
        return e->value;
    case XT_SYMBOL:
        return symbol(v, e);
    case XT_CALL:
        return call(v, e);
    case XT_ARGUMENT:
        return v->argument[e->index];
    case XT_FUNCTION: {
        double argument[XT_FUNCTION_ARGUMENTS];
        for (int i = 0; i < e->count; i++) argument[i] = value_of(v, e->child[i]);
        evaluation inner = {v->model, v->values, argument, v->peak};
        return value_of(&inner, xt_model_private(v->model)->function[e->index].body);
    }
    case XT_BLEND: {
        evaluation peak = *v;
        peak.peak = true;
        double w = v->values->scalar[v->model->peak_share];
        return (1 - w) * value_of(v, e->child[0]) + w * value_of(&peak, e->child[0]);
    }
    }
    return NAN;
}

double xt_expr_value(const xt_model *model, const xt_expr *expr, const xt_values *values) {
    evaluation v = {model, values, NULL, false};
    return value_of(&v, expr);
}

bool xt_expr_uses(const xt_model *model, const xt_expr *expr, xt_symbol_kind kind, int index) {
    if (expr->kind == XT_SYMBOL && expr->symbol == kind && (index < 0 || expr->index == index)) return true;
    if (expr->kind == XT_BLEND && kind == XT_SYM_SCALAR && (index < 0 || index == model->peak_share))
        return true;
    for (int i = 0; i < expr->count; i++)
        if (xt_expr_uses(model, expr->child[i], kind, index)) return true;
    return false;
}

static bool constant(const xt_model *model, const xt_expr *e) {
    if (e->kind == XT_ARGUMENT || e->kind == XT_BLEND) return false;
    if (e->kind == XT_SYMBOL)
        return e->symbol == XT_SYM_SCALAR && model->scalar[e->index].kind == XT_SCALAR_PARAMETER;
    for (int i = 0; i < e->count; i++)
        if (!constant(model, e->child[i])) return false;
    return true;
}

bool xt_expr_constant(double *value, const xt_model *model, const xt_expr *expr) {
    if (!constant(model, expr)) return false;
    static const xt_values nothing;
    if (value) *value = xt_expr_value(model, expr, &nothing);
    return true;
}

bool xt_expr_same(const xt_expr *a, const xt_expr *b) {
    if (a->kind != b->kind || a->count != b->count) return false;
    if (a->kind == XT_NUMBER && (a->value != b->value || !xt_dim_equal(a->dim, b->dim))) return false;
    if (a->kind == XT_CALL && a->op != b->op) return false;
    if (a->kind == XT_SYMBOL && a->symbol != b->symbol) return false;
    if ((a->kind == XT_SYMBOL || a->kind == XT_FUNCTION || a->kind == XT_ARGUMENT) && a->index != b->index)
        return false;
    for (int i = 0; i < a->count; i++)
        if (!xt_expr_same(a->child[i], b->child[i])) return false;
    return true;
}
