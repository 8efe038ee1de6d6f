/* The names of a model: one space for everything that formulas can mention. */
#include "model/compile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool xt_is_identifier(const char *text) {
    if (*text < 'a' || *text > 'z') return false;
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return text[n] == '\0' && n <= 40;
}

xt_status xt_check_identifier(const xt_node *node, const char *text, const char *what, xt_error *err) {
    if (xt_is_identifier(text)) return XT_OK;
    return xt_node_fail_key(
        node, err,
        "'%.60s' cannot name a %s: names are lower-case letters, digits and '_', begin with a letter "
        "and have at most 40 characters",
        text, what);
}

const xt_name *xt_find_name(const xt_compiler *c, const char *name) {
    for (int i = 0; i < c->name_count; i++)
        if (strcmp(c->name[i].name, name) == 0) return &c->name[i];
    return NULL;
}

xt_status xt_add_name(xt_compiler *c, const xt_node *node, const char *prefix, const char *name,
                      const char *what, xt_symbol_kind symbol, int index, bool function) {
    xt_name entry = {.what = what, .symbol = symbol, .index = index, .function = function};
    snprintf(entry.name, sizeof entry.name, "%s%s", prefix, name);
    if (node) entry.line = node->key ? node->key_line : node->line;
    const xt_name *other = xt_find_name(c, entry.name);
    xt_op op;
    int least, most;
    if (node && !other &&
        (xt_builtin(&op, &least, &most, entry.name) || strcmp(entry.name, "given") == 0 ||
         strcmp(entry.name, "mean") == 0 || strcmp(entry.name, "beside") == 0 ||
         strcmp(entry.name, "blend") == 0))
        return xt_node_fail_key(node, c->err, "'%s' is a function of every model; choose another name",
                                entry.name);
    if (other && other->line == 0)
        return xt_node_fail_key(node, c->err, "'%s' is the engine's own name (%s); choose another",
                                entry.name, other->what);
    if (other)
        return xt_node_fail_key(node, c->err, "the name '%s' (%s) is taken: line %d has a %s of this name",
                                entry.name, what, other->line, other->what);
    if (c->name_count == c->name_capacity) {
        int capacity = c->name_capacity ? 2 * c->name_capacity : 256;
        xt_name *more = realloc(c->name, (size_t)capacity * sizeof *more);
        if (!more) return xt_no_memory(c->err, "the names of the model", (size_t)capacity * sizeof *more);
        c->name = more;
        c->name_capacity = capacity;
    }
    c->name[c->name_count++] = entry;
    return XT_OK;
}

xt_status xt_unknown_name(xt_compiler *c, const xt_expr *where, bool function) {
    int builtin_count, count = 0;
    const char *const *builtin = xt_builtin_names(&builtin_count);
    const char **known =
        malloc((size_t)(c->name_count + builtin_count + XT_FUNCTION_ARGUMENTS) * sizeof *known);
    if (!known) return xt_no_memory(c->err, "a message", 0);
    for (int i = 0; i < c->name_count; i++)
        if (c->name[i].function == function) known[count++] = c->name[i].name;
    for (int i = 0; function && i < builtin_count; i++) known[count++] = builtin[i];
    for (int i = 0; c->function && i < c->function->argument_count; i++)
        known[count++] = c->function->argument[i];
    const char *near = xt_nearest(where->name, known, count);
    xt_status status = strcmp(where->name, "log") == 0
                           ? xt_fail_at(c->err, c->source, where->line, where->col,
                                        "'log' could mean two things; write ln or log10")
                           : xt_fail_at(c->err, c->source, where->line, where->col, "unknown %s '%s'%s%s%s",
                                        function ? "function" : "name", where->name,
                                        near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    free(known);
    return status;
}

xt_dim xt_dim_of(const char *unit) {
    xt_unit parsed;
    xt_error ignored = {XT_OK, ""};
    xt_unit_parse(&parsed, unit, &ignored);
    return parsed.dim;
}

void *xt_take(xt_compiler *c, size_t count, size_t size) {
    void *memory = xt_arena_alloc(&c->private->arena, (count ? count : 1) * size);
    if (!memory) xt_no_memory(c->err, "the model", count * size);
    return memory;
}

void xt_copy_text(char *to, size_t size, const xt_node *node) {
    to[0] = '\0';
    if (!node || node->kind != XT_SCALAR) return;
    size_t n = 0;
    for (const char *p = node->text; *p;) {
        size_t step = xt_utf8_character(p, strlen(p));
        if (step == 0 || n + step >= size) break;
        memcpy(to + n, p, step);
        n += step;
        p += step;
    }
    to[n] = '\0';
}

/* ---- tissues and phases by name ---- */

static xt_status find_tissue(int *tissue, xt_compiler *c, const xt_node *node, const char *name, bool key) {
    *tissue = xt_model_find_tissue(c->model, name);
    if (*tissue > 0) return XT_OK;
    const char *near = xt_nearest(name, c->model->tissue_name, c->model->tissue_count);
    return xt_fail_at(c->err, node->source, key ? node->key_line : node->line,
                      key ? node->key_col : node->col, "there is no tissue '%.60s'%s%s%s", name,
                      near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static xt_status find_phase(int *phase, xt_compiler *c, const xt_node *node, const char *name, bool key) {
    *phase = xt_model_find_phase(c->model, name);
    if (*phase >= 0) return XT_OK;
    const char *known[XT_MAX_PHASES];
    for (int i = 0; i < c->model->phase_count; i++) known[i] = c->model->phase[i];
    const char *near = xt_nearest(name, known, c->model->phase_count);
    return xt_fail_at(c->err, node->source, key ? node->key_line : node->line,
                      key ? node->key_col : node->col, "there is no phase '%.60s'%s%s%s", name,
                      near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

xt_status xt_tissue_of(int *tissue, xt_compiler *c, const xt_node *node) {
    const char *name = NULL;
    XT_TRY(xt_node_text(&name, node, c->err));
    return find_tissue(tissue, c, node, name, false);
}

xt_status xt_phase_of(int *phase, xt_compiler *c, const xt_node *node) {
    const char *name = NULL;
    XT_TRY(xt_node_text(&name, node, c->err));
    return find_phase(phase, c, node, name, false);
}

xt_status xt_phase_key(int *phase, xt_compiler *c, const xt_node *node) {
    return find_phase(phase, c, node, node->key, true);
}

xt_status xt_tissue_mask(unsigned *mask, xt_compiler *c, const xt_node *node) {
    *mask = 0;
    int tissue;
    if (node->kind == XT_SCALAR) {
        XT_TRY(xt_tissue_of(&tissue, c, node));
        *mask = 1u << tissue;
        return XT_OK;
    }
    XT_TRY(xt_node_list(node, 1, -1, c->err));
    for (const xt_node *n = node->first; n; n = n->next) {
        XT_TRY(xt_tissue_of(&tissue, c, n));
        if (*mask & 1u << tissue) return xt_node_fail(n, c->err, "'%s' is in this list twice", n->text);
        *mask |= 1u << tissue;
    }
    return XT_OK;
}
