/* Published ranges that reports show beside the curves. */
#include <stdio.h>
#include <string.h>

#include "model/compile.h"

void xt_keep_text(char *out, size_t size, const xt_node *map, const char *key) {
    const xt_node *node = xt_node_get(map, key); /* of a scalar: none */
    const char *text = node ? node->text : "";
    size_t used = 0;
    for (size_t n; text[used]; used += n) {
        n = xt_utf8_character(text + used, strlen(text + used));
        if (n == 0 || used + n >= size) break;
    }
    memcpy(out, text, used);
    out[used] = '\0';
}

static xt_status find_readout(int *index, const xt_model *m, const xt_node *node, xt_error *err) {
    const char *names[256];
    int count = 0;
    for (*index = 0; *index < m->readout_count; ++*index) {
        if (strcmp(m->readout[*index].name, node->text) == 0) return XT_OK;
        if (count < 256) names[count++] = m->readout[*index].name;
    }
    const char *nearest = xt_nearest(node->text, names, count);
    return xt_node_fail(node, err, "there is no readout '%.64s'%s%s%s", node->text,
                        nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static xt_status read_target(xt_target *t, const xt_model *m, const xt_node *n, xt_error *err) {
    const xt_node *sex = xt_node_get(n, "sex"), *change = xt_node_get(n, "change");
    XT_TRY(find_readout(&t->readout, m, xt_node_get(n, "readout"), err));
    if (sex) {
        t->sex = strcmp(sex->text, "female") == 0 ? 1 : strcmp(sex->text, "male") == 0 ? 2 : 0;
        if (!t->sex) return xt_node_fail(sex, err, "expected female or male");
    }
    XT_TRY(xt_node_quantity(&t->from, xt_node_get(n, "from"), "y", err));
    XT_TRY(xt_node_quantity(&t->to, xt_node_get(n, "to"), "y", err));
    if (!(t->from <= t->to)) return xt_node_fail_key(n, err, "a target ends before it begins");
    XT_TRY(xt_node_real(&t->low, xt_node_get(n, "low"), err));
    XT_TRY(xt_node_real(&t->high, xt_node_get(n, "high"), err));
    if (!(t->low <= t->high)) return xt_node_fail(xt_node_get(n, "high"), err, "high must not be below low");
    if (change) XT_TRY(xt_node_bool(&t->change, change, err));
    if (t->change && !(t->from < t->to))
        return xt_node_fail(change, err, "a change needs two different ages");
    xt_keep_text(t->about, sizeof t->about, n, "about");
    xt_keep_text(t->source, sizeof t->source, n, "source");
    return XT_OK;
}

xt_status xt_compile_targets(xt_compiler *c) {
    xt_model *m = c->model;
    const xt_node *all = xt_node_get(c->root, "targets");
    m->target = xt_take(c, all ? (size_t)all->count : 0, sizeof *m->target);
    if (!m->target) return c->err->status;
    for (const xt_node *n = all ? all->first : NULL; n; n = n->next)
        XT_TRY(read_target(&m->target[m->target_count++], m, n, c->err));
    return XT_OK;
}
