/* What depends on scalars alone is worked out once a step on the host, not once a voxel on the device.
 *
 * In every per-voxel formula the largest parts that use scalars and no voxel symbol become drivers of their
 * own, evaluated after all others. Values are the same (in double precision, so if anything better); powers
 * and exponentials of body-wide numbers leave the kernels. */
#include <stdio.h>
#include <stdint.h>
#include <string.h>

#include "model/compile.h"

typedef struct {
    xt_compiler *compiler;
    int capacity;
} hoister;

static bool is_condition(const xt_expr *e) {
    return e->kind == XT_CALL && ((e->op >= XT_OP_LT && e->op <= XT_OP_FALSE) || e->op == XT_OP_GIVEN);
}

/* Uses scalars, and nothing that differs between voxels, arguments of a function or halves of a blend. */
static bool only_scalars(const xt_expr *e, bool *any) {
    if (e->kind == XT_ARGUMENT || e->kind == XT_BLEND) return false;
    if (e->kind == XT_SYMBOL) {
        if (e->symbol != XT_SYM_SCALAR) return false;
        *any = true;
    }
    for (int i = 0; i < e->count; i++)
        if (!only_scalars(e->child[i], any)) return false;
    return true;
}

static bool same(const xt_expr *a, const xt_expr *b) {
    if (a->kind != b->kind || a->op != b->op || a->index != b->index || a->symbol != b->symbol ||
        a->count != b->count)
        return false;
    if (a->kind == XT_NUMBER && memcmp(&a->value, &b->value, sizeof a->value) != 0) return false;
    for (int i = 0; i < a->count; i++)
        if (!same(a->child[i], b->child[i])) return false;
    return true;
}

static int known(const xt_model *model, const xt_expr *formula) {
    for (int i = 0; i < model->scalar_count; i++)
        if (model->scalar[i].kind == XT_SCALAR_DRIVER && model->scalar[i].name[0] == '_' &&
            same(model->scalar[i].formula, formula))
            return i;
    return -1;
}

static bool grow(hoister *h) {
    xt_model *model = h->compiler->model;
    if (model->scalar_count < h->capacity) return true;
    const int capacity = h->capacity + 64;
    xt_scalar *more = xt_arena_alloc(&h->compiler->private->arena, (size_t)capacity * sizeof *more);
    if (!more) return false;
    memcpy(more, model->scalar, (size_t)model->scalar_count * sizeof *more);
    model->scalar = more;
    h->capacity = capacity;
    return true;
}

/* A symbol in the formula's place; the formula itself where memory runs out. */
static const xt_expr *replace(hoister *h, const xt_expr *formula) {
    xt_model *model = h->compiler->model;
    int index = known(model, formula);
    xt_expr *symbol = xt_arena_alloc(&h->compiler->private->arena, sizeof *symbol);
    if (!symbol || (index < 0 && !grow(h))) return formula;
    if (index < 0) {
        index = model->scalar_count++;
        model->scalar[index] = (xt_scalar){.kind = XT_SCALAR_DRIVER, .dim = formula->dim, .formula = formula};
        snprintf(model->scalar[index].name, sizeof model->scalar[index].name, "_body_%d", index);
    }
    *symbol = (xt_expr){.kind = XT_SYMBOL,
                        .symbol = XT_SYM_SCALAR,
                        .index = index,
                        .dim = formula->dim,
                        .line = formula->line,
                        .col = formula->col};
    return symbol;
}

static const xt_expr *hoist(hoister *h, const xt_expr *e) {
    bool any = false;
    if (!e || e->kind == XT_SYMBOL || xt_expr_constant(NULL, h->compiler->model, e)) return e;
    if (!is_condition(e) && (e->kind == XT_CALL || e->kind == XT_FUNCTION) && only_scalars(e, &any) && any)
        return replace(h, e);
    for (int i = 0; i < e->count; i++) e->child[i] = (xt_expr *)(uintptr_t)hoist(h, e->child[i]);
    return e;
}

static void hoist_by_tissue(hoister *h, xt_by_tissue *formulas) {
    for (int k = 0; k <= XT_MAX_TISSUES; k++) formulas->tissue[k] = hoist(h, formulas->tissue[k]);
}

void xt_model_hoist(xt_compiler *c) {
    xt_model *m = c->model;
    hoister h = {c, m->scalar_count};
    for (int i = 0; i < m->quantity_count; i++) hoist_by_tissue(&h, &m->quantity[i].formula);
    for (int i = 0; i < m->state_count; i++) {
        m->state[i].rate = hoist(&h, m->state[i].rate);
        m->state[i].value = hoist(&h, m->state[i].value);
        m->state[i].slope = hoist(&h, m->state[i].slope);
    }
    for (int i = 0; i < m->remodelling_count; i++) {
        m->remodelling[i].rate = hoist(&h, m->remodelling[i].rate);
        m->remodelling[i].target = hoist(&h, m->remodelling[i].target);
        for (int p = 0; p < m->phase_count; p++)
            m->remodelling[i].freed_to[p] = hoist(&h, m->remodelling[i].freed_to[p]);
    }
    for (int i = 0; i < m->species_count; i++) hoist_by_tissue(&h, &m->species[i].factor);
}
