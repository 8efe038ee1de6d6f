/* How the rate of a state falls with the state itself: what a step over many time constants needs to stay
 * stable (tissue/cell.c).
 *
 * The derivative of the formula with respect to the state, by the rules of sums, products, quotients and
 * branches. What a state does through functions, powers and quantities is left out: the scheme is of second
 * order whatever the slope, and relaxation laws, (target - state)/time, are covered exactly. */
#include <string.h>

#include "model/compile.h"

typedef struct {
    xt_compiler *compiler;
    int state;
} differentiation;

static const xt_expr *slope(const differentiation *d, const xt_expr *e);

static bool uses(const differentiation *d, const xt_expr *e) {
    return xt_expr_uses(d->compiler->model, e, XT_SYM_STATE, d->state);
}

/* A call of two; NULL where memory runs out, which stands for a slope of 0. */
static const xt_expr *pair(const differentiation *d, int op, const xt_expr *a, const xt_expr *b) {
    xt_arena *arena = &d->compiler->private->arena;
    xt_expr *e = xt_arena_alloc(arena, sizeof *e);
    const xt_expr **child = xt_arena_alloc(arena, 2 * sizeof *child);
    if (!e || !child) return NULL;
    child[0] = a;
    child[1] = b;
    *e = (xt_expr){.kind = XT_CALL, .op = op, .count = 2, .child = (xt_expr **)child};
    return e;
}

static const xt_expr *number(const differentiation *d, double value) {
    xt_expr *e = xt_arena_alloc(&d->compiler->private->arena, sizeof *e);
    if (e) *e = (xt_expr){.kind = XT_NUMBER, .value = value};
    return e;
}

/* NULL is 0 in all of these. */
static const xt_expr *sum(const differentiation *d, const xt_expr *a, const xt_expr *b) {
    return !a ? b : !b ? a : pair(d, XT_OP_ADD, a, b);
}

static const xt_expr *product(const differentiation *d, const xt_expr *a, const xt_expr *b) {
    if (!a || !b) return NULL;
    if (a->kind == XT_NUMBER && a->value == 1) return b;
    return b->kind == XT_NUMBER && b->value == 1 ? a : pair(d, XT_OP_MUL, a, b);
}

static const xt_expr *negative(const differentiation *d, const xt_expr *a) {
    return a ? product(d, number(d, -1), a) : NULL;
}

static const xt_expr *branches(const differentiation *d, const xt_expr *e) {
    xt_arena *arena = &d->compiler->private->arena;
    xt_expr *out = xt_arena_alloc(arena, sizeof *out);
    const xt_expr **child = xt_arena_alloc(arena, (size_t)e->count * sizeof *child);
    if (!out || !child) return NULL;
    for (int i = 0; i < e->count; i++) {
        const bool condition = i % 2 == 1; /* value, condition, value, condition, ..., value */
        child[i] = condition ? e->child[i] : slope(d, e->child[i]);
        if (!child[i]) child[i] = number(d, 0);
        if (!child[i]) return NULL;
    }
    *out = (xt_expr){.kind = XT_CALL, .op = XT_OP_PIECEWISE, .count = e->count, .child = (xt_expr **)child};
    return out;
}

static const xt_expr *slope(const differentiation *d, const xt_expr *e) {
    if (e->kind == XT_SYMBOL) return e->symbol == XT_SYM_STATE && e->index == d->state ? number(d, 1) : NULL;
    if (e->kind != XT_CALL || !uses(d, e)) return NULL;
    const xt_expr *a = e->child[0], *b = e->count > 1 ? e->child[1] : NULL;
    switch (e->op) {
    case XT_OP_NEG:
        return negative(d, slope(d, a));
    case XT_OP_ADD:
        return sum(d, slope(d, a), slope(d, b));
    case XT_OP_SUB:
        return sum(d, slope(d, a), negative(d, slope(d, b)));
    case XT_OP_MUL:
        return sum(d, product(d, slope(d, a), b), product(d, slope(d, b), a));
    case XT_OP_DIV: {
        const xt_expr *over = uses(d, b) ? NULL : slope(d, a);
        return over ? pair(d, XT_OP_DIV, over, b) : NULL;
    }
    case XT_OP_PIECEWISE:
        return branches(d, e);
    default:
        return NULL;
    }
}

void xt_model_slopes(xt_compiler *c) {
    for (int k = 0; k < c->model->state_count; k++) {
        const differentiation d = {c, k};
        xt_state *state = &c->model->state[k];
        state->slope = state->rate ? slope(&d, state->rate) : NULL;
    }
}
