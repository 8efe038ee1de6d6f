/* The inside of a tree, for the files that build one: yaml.c and yaml_set.c. */
#ifndef SCENE_YAML_TREE_H
#define SCENE_YAML_TREE_H

#include "base/arena.h"
#include "scene/yaml.h"

struct xt_tree {
    xt_arena arena;
    xt_node *root;
    int nodes;
};

xt_node *xt_tree_new_node(xt_tree *tree, xt_node_kind kind, const xt_source *source, int line,
                          int col); /* or NULL */
void xt_node_append(xt_node *parent, xt_node *child);

/* Parse one document into nodes of `tree`. The text is a part of source->text (NUL-terminated, living in the
 * arena); columns of its first line are counted from first_col. `depth`: levels that are above it already. */
xt_status xt_yaml_parse_part(xt_node **root, xt_tree *tree, const xt_source *source, const char *text,
                             size_t size, int first_col, int depth, xt_error *err);

#endif
