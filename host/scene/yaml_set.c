#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "scene/yaml_tree.h"

typedef struct {
    const char *text; /* NUL-terminated copy in the arena */
    int col;          /* in the argument, in characters */
} segment;

static int characters(const char *p, const char *end) {
    int n = 0;
    for (; p < end; p++) n += ((unsigned char)*p & 0xC0) != 0x80;
    return n;
}

/* The number a segment is as a list index, or -1. */
static int index_of(const char *text) {
    if (!*text || strlen(text) > 7) return -1;
    for (const char *p = text; *p; p++)
        if (!isdigit((unsigned char)*p)) return -1;
    return atoi(text);
}

static bool takes_children(const xt_node *node) { return node->kind != XT_SCALAR || xt_node_is_null(node); }

/* The child that a segment names, NULL if it is still to be made. */
static xt_status step(xt_node **child, const xt_node *parent, const segment *s, const xt_source *source,
                      xt_error *err) {
    *child = NULL;
    char path[200], found[80];
    if (!takes_children(parent))
        return xt_fail_at(err, source, 1, s->col, "'%s' is %s and has no '%s' in it",
                          xt_node_path(parent, path, sizeof path), xt_node_found(parent, found, sizeof found),
                          s->text);
    if (parent->kind != XT_LIST) {
        *child = (xt_node *)xt_node_get(parent, s->text);
        return XT_OK;
    }
    int index = index_of(s->text);
    if (index < 0 || index > parent->count)
        return xt_fail_at(err, source, 1, s->col,
                          "'%s' is a list of %d: expected an index from 0 to %d, found '%s'",
                          xt_node_path(parent, path, sizeof path), parent->count, parent->count, s->text);
    *child = (xt_node *)xt_node_at(parent, index);
    return XT_OK;
}

/* Put `value` where `old` is in its parent. */
static void replace(xt_tree *tree, xt_node *old, xt_node *value) {
    xt_node *parent = old->parent;
    value->key = old->key;
    value->parent = parent;
    value->next = old->next;
    if (!parent) {
        tree->root = value;
        return;
    }
    xt_node **link = &parent->first, *before = NULL;
    while (*link != old) {
        before = *link;
        link = &before->next;
    }
    *link = value;
    if (parent->last == old) parent->last = value;
}

static void become_map(xt_node *node) {
    if (node->kind != XT_SCALAR) return;
    node->kind = XT_MAP;
    node->text = NULL;
    node->quoted = false;
}

/* Split "a.b.0" at its dots. The segments and their texts live in the arena. */
static xt_status split(segment **segments, int *count, xt_tree *tree, const xt_source *source,
                       const char *end, xt_error *err) {
    const char *start = source->text;
    *count = 1;
    for (const char *p = start; p < end; p++) *count += *p == '.';
    if (*count > XT_YAML_DEPTH) return xt_fail_at(err, source, 1, 1, "nested more than 64 levels deep");
    *segments = xt_arena_alloc(&tree->arena, (size_t)*count * sizeof **segments);
    if (!*segments) return xt_no_memory(err, source->file, (unsigned long long)*count * sizeof **segments);
    const char *p = start;
    for (int i = 0; i < *count; i++) {
        const char *stop = p;
        while (stop < end && *stop != '.') stop++;
        int col = 1 + characters(start, p);
        if (stop == p) return xt_fail_at(err, source, 1, col, "a key is missing; expected key.key=value");
        (*segments)[i].text = xt_arena_copy(&tree->arena, p, (size_t)(stop - p));
        (*segments)[i].col = col;
        if (!(*segments)[i].text) return xt_no_memory(err, source->file, (unsigned long long)(stop - p));
        p = stop + 1;
    }
    return XT_OK;
}

xt_status xt_tree_set(xt_tree *tree, const char *assignment, xt_error *err) {
    if (strlen(assignment) > XT_YAML_LIMIT) return xt_fail(err, XT_USAGE, "--set: error: larger than 16 MiB");
    xt_source *source = xt_arena_alloc(&tree->arena, sizeof *source);
    char *text = xt_arena_copy(&tree->arena, assignment, strlen(assignment));
    if (!source || !text) return xt_no_memory(err, "--set", strlen(assignment));
    *source = (xt_source){"--set", text};
    const char *equals = strchr(text, '=');
    if (!equals)
        return xt_fail_at(err, source, 1, 1 + characters(text, text + strlen(text)),
                          "expected key.key=value");

    segment *segments = NULL;
    int count = 0;
    XT_TRY(split(&segments, &count, tree, source, equals, err));
    xt_node *value;
    XT_TRY(xt_yaml_parse_part(&value, tree, source, equals + 1, strlen(equals + 1),
                              1 + characters(text, equals + 1), count, err));

    /* First only look, so that a wrong path leaves the tree alone. */
    xt_node *parent = tree->root, *child = NULL;
    int i = 0;
    for (; i < count; i++) {
        XT_TRY(step(&child, parent, &segments[i], source, err));
        if (!child || i == count - 1) break;
        parent = child;
    }
    value->key_line = 1;
    value->key_col = segments[count - 1].col;
    if (child) {
        replace(tree, child, value);
        return XT_OK;
    }
    /* The missing maps, from the value up, then hung in at once. */
    xt_node *branch = value;
    for (int j = count - 1; j > i; j--) {
        branch->key = segments[j].text;
        xt_node *map = xt_tree_new_node(tree, XT_MAP, source, 1, segments[j].col);
        if (!map) return xt_no_memory(err, "--set", sizeof *map);
        xt_node_append(map, branch);
        map->key_line = 1;
        map->key_col = segments[j - 1].col;
        branch = map;
    }
    become_map(parent);
    if (parent->kind == XT_MAP) branch->key = segments[i].text;
    xt_node_append(parent, branch);
    return XT_OK;
}
