/* A document with one of everything, loaded for each test, and what the YAML tests share. */
#ifndef SCENE_SAMPLE_H
#define SCENE_SAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "scene/yaml.h"

static const char *const sample = "# a comment\n"
                                  "format: 1\n"
                                  "geometry:\n"
                                  "  spacing: 0.5 mm   # trailing\n"
                                  "  size: [10 mm, 2 cm, 3e4 um]\n"
                                  "  phantom: {kind: slabs, layers: [bone, muscle]}\n"
                                  "subject:\n"
                                  "  age: 25 y\n"
                                  "  sex: female\n"
                                  "  note: \"n\xC2\xB5ll: 'quoted'\"\n"
                                  "  trained: true\n"
                                  "drugs:\n"
                                  "events:\n"
                                  "  - {at: 30 y, set: ~}\n"
                                  "  - at: 40 y\n"
                                  "    text: |\n"
                                  "      two\n"
                                  "      lines\n"
                                  "count: 12\n"
                                  "tolerance: 1e-6\n";

static xt_error err;
static xt_tree *tree;
static const xt_node *root;

static inline int load_sample(void **state) {
    (void)state;
    memset(&err, 0, sizeof err);
    if (xt_yaml_parse(&tree, "s.yaml", sample, strlen(sample), &err) != XT_OK) return 1;
    root = xt_tree_root(tree);
    return 0;
}

static inline int unload_sample(void **state) {
    (void)state;
    xt_tree_free(tree);
    return 0;
}

static inline const xt_node *at(const char *path) { /* "a.b.0" */
    const xt_node *node = xt_tree_root(tree);
    char copy[100], *rest = copy;
    snprintf(copy, sizeof copy, "%s", path);
    for (char *part; (part = strtok_r(rest, ".", &rest));)
        node = node->kind == XT_LIST ? xt_node_at(node, atoi(part)) : xt_node_get(node, part);
    return node;
}

static inline void must_fail(xt_status status, const char *expected) {
    if (status != XT_USAGE || strncmp(err.text, expected, strlen(expected)) != 0)
        fail_msg("status %d, found: %s\nexpected: %s", status, err.text, expected);
    memset(&err, 0, sizeof err);
}

static inline void dump(xt_text *text, const xt_tree *from) {
    xt_json json;
    xt_json_begin(&json, text);
    xt_node_write_json(xt_tree_root(from), &json, NULL);
    assert_int_equal(xt_json_end(&json, "dump", &err), XT_OK);
}

/* Every accessor on every node, whatever it is. */
static inline void touch(const xt_node *node) {
    xt_error ignored = {0};
    char path[64];
    double value;
    long long integer;
    bool truth;
    int index;
    const char *words[] = {"bone", "muscle"};
    xt_node_path(node, path, sizeof path);
    xt_node_quantity(&value, node, "mm", &ignored);
    ignored = (xt_error){0};
    xt_node_integer(&integer, node, -5, 5, &ignored);
    ignored = (xt_error){0};
    xt_node_bool(&truth, node, &ignored);
    ignored = (xt_error){0};
    xt_node_choice(&index, node, words, 2, &ignored);
    ignored = (xt_error){0};
    xt_node_only_keys(node, words, 2, &ignored);
    for (const xt_node *child = node->first; child; child = child->next) touch(child);
}

#define WITH_SAMPLE(test) cmocka_unit_test_setup_teardown(test, load_sample, unload_sample)

#endif
