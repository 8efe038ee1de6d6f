/* YAML read strictly into a tree that knows where every value stands, and accessors whose errors say so.
 *
 * Anchors, aliases, tags, directives, several documents, duplicate or complex keys, tabs, control characters,
 * depth over 64, anything but UTF-8 and more than 16 MiB are refused. Scalars stay text: what they mean is
 * decided by the accessor that asks. All errors are XT_USAGE with file:line:col and a caret, unless said
 * otherwise. */
#ifndef SCENE_YAML_H
#define SCENE_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"
#include "base/json.h"
#include "base/units.h"

enum { XT_YAML_DEPTH = 64, XT_YAML_LIMIT = 16 << 20, XT_YAML_NODES = 1 << 20 };

typedef enum { XT_SCALAR, XT_MAP, XT_LIST } xt_node_kind;

/* The children of a map or list are a chain in the order of the file: for (n = map->first; n; n = n->next).
 */
typedef struct xt_node {
    xt_node_kind kind;
    const char *text;      /* SCALAR: its text without quotes, "" for nothing at all; otherwise NULL */
    bool quoted;           /* SCALAR: '…', "…", | or > */
    const char *key;       /* of this value inside its map; NULL in a list and at the root */
    int line, col;         /* of the value */
    int key_line, key_col; /* 0 without a key */
    int count;             /* children */
    struct xt_node *first, *last, *next, *parent;
    const xt_source *source; /* the file, or the --set that put it here */
} xt_node;

typedef struct xt_tree xt_tree;

/* Parse `size` bytes that `file` names in errors; the text is copied. An empty document has a null scalar as
 * root. */
xt_status xt_yaml_parse(xt_tree **tree, const char *file, const char *text, size_t size, xt_error *err);
xt_status xt_yaml_load(xt_tree **tree, const char *path, xt_error *err); /* XT_IO if it cannot be read */
void xt_tree_free(xt_tree *tree);                                        /* NULL-safe; nodes die with it */
const xt_node *xt_tree_root(const xt_tree *tree);

/* Apply one "a.b.0.c=value" as of --set: the value is YAML (`x={y: 3}` works), missing maps are made, a list
 * takes an index, one past the end appends. Errors point into the argument, the source being "--set". The
 * tree is as before on errors in path or value. */
xt_status xt_tree_set(xt_tree *tree, const char *assignment, xt_error *err);

/* ---- looking ---- */

const xt_node *xt_node_get(const xt_node *map,
                           const char *key);               /* NULL if absent, or map is NULL or no map */
const xt_node *xt_node_at(const xt_node *list, int index); /* NULL if absent, or list is NULL or no list */
bool xt_node_is_null(const xt_node *node);                 /* nothing, ~ or null, unquoted */

/* Where the node is in the tree, "geometry.labels.0" or "the top level". Returns buffer. */
const char *xt_node_path(const xt_node *node, char *buffer, size_t size);

/* What was found, for messages: "'0.5 s'", "a map", "a list", "nothing". Returns buffer. */
const char *xt_node_found(const xt_node *node, char *buffer, size_t size);

/* An error at the value, or at its key: xt_node_fail(node, err, "format", …). */
#define xt_node_fail(node, err, ...) xt_fail_at((err), (node)->source, (node)->line, (node)->col, __VA_ARGS__)
#define xt_node_fail_key(node, err, ...)                                                                     \
    xt_fail_at((err), (node)->source, (node)->key ? (node)->key_line : (node)->line,                         \
               (node)->key ? (node)->key_col : (node)->col, __VA_ARGS__)

/* ---- demanding ---- */

/* A map; a null scalar passes as the empty map. */
xt_status xt_node_map(const xt_node *node, xt_error *err);
/* A list of least..most items; most < 0: no upper bound. */
xt_status xt_node_list(const xt_node *node, int least, int most, xt_error *err);

/* The map's value for `key`, which must be there. */
xt_status xt_node_require(const xt_node **value, const xt_node *map, const char *key, xt_error *err);

/* A map with no key besides the `count` allowed ones; the nearest of them is suggested. */
xt_status xt_node_only_keys(const xt_node *map, const char *const *allowed, int count, xt_error *err);

/* ---- converting ---- */

/* A scalar that is not null. *text lives as long as the tree. */
xt_status xt_node_text(const char **text, const xt_node *node, xt_error *err);
/* Index of the scalar among `count` words; the nearest one is suggested. */
xt_status xt_node_choice(int *index, const xt_node *node, const char *const *words, int count, xt_error *err);
xt_status xt_node_bool(bool *value, const xt_node *node, xt_error *err); /* true or false */
xt_status xt_node_integer(long long *value, const xt_node *node, long long least, long long most,
                          xt_error *err);
xt_status xt_node_real(double *value, const xt_node *node, xt_error *err); /* a plain decimal number */

/* A number with a unit of the dimension of `unit` (such as "mm", "1/h", "pM", "1"), in internal units:
 * "expected a length such as '0.5 mm', found '0.5 s'". A zero needs a unit too. */
xt_status xt_node_quantity(double *value, const xt_node *node, const char *unit, xt_error *err);
/* A number with any unit. */
xt_status xt_node_any_quantity(double *value, xt_dim *dim, const xt_node *node, xt_error *err);
/* A list of exactly `count` quantities of one dimension. */
xt_status xt_node_quantities(double *values, int count, const xt_node *node, const char *unit, xt_error *err);

/* "a length such as '0.5 mm'" for a dimension given by a unit. Returns buffer. */
const char *xt_unit_wanted(const char *unit, char *buffer, size_t size);

/* ---- writing ---- */

/* The node as JSON: unquoted numbers, true, false and null as such, other scalars as strings. It reads back
 * through xt_yaml_parse with the same meaning. */
void xt_node_write_json(const xt_node *node, xt_json *json, const char *key);

#endif
