#include "scene/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>
#include "base/file.h"
#include "base/text.h"
#include "scene/yaml_tree.h"

typedef struct {
    yaml_parser_t yaml;
    xt_tree *tree;
    const xt_source *source;
    const char *text;
    size_t size;
    int first_col; /* where the first line starts in the source */
    xt_error *err;
} parser;

static xt_status no_memory(xt_error *err, const xt_source *source) {
    return xt_no_memory(err, source->file, sizeof(xt_node));
}

xt_node *xt_tree_new_node(xt_tree *tree, xt_node_kind kind, const xt_source *source, int line, int col) {
    xt_node *node = xt_arena_alloc(&tree->arena, sizeof *node);
    if (!node) return NULL;
    node->kind = kind;
    node->source = source;
    node->line = line;
    node->col = col;
    tree->nodes++;
    return node;
}

void xt_node_append(xt_node *parent, xt_node *child) {
    child->parent = parent;
    child->next = NULL;
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    parent->count++;
}

/* ---- characters ---- */

/* What libyaml would take or refuse without a good place to point at. It also breaks lines at U+0085, U+2028
 * and U+2029, where editors do not: line numbers would differ. */
static xt_status check_characters(const xt_source *source, const char *text, size_t size, int first_col,
                                  xt_error *err) {
    int line = 1, col = first_col;
    for (size_t i = 0; i < size;) {
        const unsigned char *c = (const unsigned char *)text + i;
        size_t n = xt_utf8_character(text + i, size - i);
        if (n == 0) return xt_fail_at(err, source, line, col, "this is not UTF-8");
        if (*c == '\t')
            return xt_fail_at(err, source, line, col, "a tab; YAML here is indented and spaced with blanks");
        bool control =
            (*c < 0x20 && *c != '\n' && *c != '\r') || *c == 0x7F || (n == 2 && *c == 0xC2 && c[1] < 0xA0);
        bool odd = n == 3 && ((c[0] == 0xE2 && c[1] == 0x80 && (c[2] == 0xA8 || c[2] == 0xA9)) ||
                              (c[0] == 0xEF && c[1] == 0xBB && c[2] == 0xBF) ||
                              (c[0] == 0xEF && c[1] == 0xBF && c[2] >= 0xBE));
        if (control || odd)
            return xt_fail_at(err, source, line, col, "a control character or an odd line break");
        i += n;
        col++;
        if (*c == '\n' || (*c == '\r' && text[i] != '\n')) {
            line++;
            col = 1;
        }
    }
    return XT_OK;
}

/* ---- events ---- */

static int line_of(yaml_mark_t mark) { return (int)mark.line + 1; }

static int col_of(const parser *p, yaml_mark_t mark) {
    return (int)mark.column + (mark.line == 0 ? p->first_col : 1);
}

static xt_status fail_mark(parser *p, yaml_mark_t mark, const char *what) {
    return xt_fail_at(p->err, p->source, line_of(mark), col_of(p, mark), "%s", what);
}

/* libyaml finds a missing bracket behind the last line: point at the end of what is there instead. */
static yaml_mark_t inside(const parser *p, yaml_mark_t mark) {
    size_t end = p->size;
    while (end > 0 && (p->text[end - 1] == '\n' || p->text[end - 1] == '\r' || p->text[end - 1] == ' '))
        end--;
    yaml_mark_t last = {0};
    for (size_t i = 0; i < end; i++) {
        bool line_break = p->text[i] == '\n' || (p->text[i] == '\r' && p->text[i + 1] != '\n');
        last.line += line_break;
        last.column = line_break ? 0 : last.column + (((unsigned char)p->text[i] & 0xC0) != 0x80);
    }
    return mark.line > last.line ? last : mark;
}

static xt_status next_event(parser *p, yaml_event_t *event) {
    if (yaml_parser_parse(&p->yaml, event)) return XT_OK;
    if (p->yaml.error == YAML_MEMORY_ERROR) return no_memory(p->err, p->source);
    const char *problem = p->yaml.problem ? p->yaml.problem : "not YAML";
    yaml_mark_t mark = inside(p, p->yaml.problem_mark);
    if (!p->yaml.context) return fail_mark(p, mark, problem);
    return xt_fail_at(p->err, p->source, line_of(mark), col_of(p, mark), "%s %s that starts in line %d",
                      problem, p->yaml.context, line_of(inside(p, p->yaml.context_mark)));
}

static xt_status plain_only(parser *p, const yaml_event_t *event, const yaml_char_t *anchor,
                            const yaml_char_t *tag) {
    if (anchor) return fail_mark(p, event->start_mark, "anchors are not used here; write the value out");
    if (tag) return fail_mark(p, event->start_mark, "tags are not used here; remove it");
    return XT_OK;
}

static xt_status scalar_text(parser *p, const yaml_event_t *event, const char **text) {
    const char *value = (const char *)event->data.scalar.value;
    size_t size = event->data.scalar.length;
    if (memchr(value, 0, size)) return fail_mark(p, event->start_mark, "a text may not hold \\0");
    *text = xt_arena_copy(&p->tree->arena, value, size);
    return *text ? XT_OK : no_memory(p->err, p->source);
}

static int by_key(const void *a, const void *b) {
    const xt_node *x = *(const xt_node *const *)a, *y = *(const xt_node *const *)b;
    int order = strcmp(x->key, y->key);
    if (order) return order;
    return x->key_line != y->key_line ? (x->key_line > y->key_line) - (x->key_line < y->key_line)
                                      : (x->key_col > y->key_col) - (x->key_col < y->key_col);
}

/* Sorted, because a hostile file may have a million keys. */
static xt_status distinct_keys(parser *p, const xt_node *map) {
    if (map->count < 2) return XT_OK;
    const xt_node **sorted = malloc((size_t)map->count * sizeof *sorted);
    if (!sorted) return no_memory(p->err, p->source);
    int n = 0;
    for (const xt_node *child = map->first; child; child = child->next) sorted[n++] = child;
    qsort(sorted, (size_t)n, sizeof *sorted, by_key);
    xt_status status = XT_OK;
    for (int i = 1; i < n && status == XT_OK; i++)
        if (strcmp(sorted[i - 1]->key, sorted[i]->key) == 0)
            status = xt_fail_at(p->err, p->source, sorted[i]->key_line, sorted[i]->key_col,
                                "the key '%s' is there already, in line %d", sorted[i]->key,
                                sorted[i - 1]->key_line);
    free(sorted);
    return status;
}

static xt_status parse_value(parser *p, yaml_event_t *event, xt_node **node, int depth);

/* A map's key: its text and place, kept until the value's node exists. */
static xt_status parse_key(parser *p, const yaml_event_t *event, xt_node *place) {
    if (event->type != YAML_SCALAR_EVENT)
        return fail_mark(p, event->start_mark, "a key must be a plain word");
    XT_TRY(plain_only(p, event, event->data.scalar.anchor, event->data.scalar.tag));
    XT_TRY(scalar_text(p, event, &place->key));
    if (!*place->key) return fail_mark(p, event->start_mark, "a key is missing before ':'");
    place->key_line = line_of(event->start_mark);
    place->key_col = col_of(p, event->start_mark);
    return XT_OK;
}

static xt_status parse_children(parser *p, xt_node *parent, int depth) {
    yaml_event_type_t end = parent->kind == XT_MAP ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
    for (;;) {
        yaml_event_t event;
        XT_TRY(next_event(p, &event));
        if (event.type == end) {
            yaml_event_delete(&event);
            return parent->kind == XT_MAP ? distinct_keys(p, parent) : XT_OK;
        }
        xt_node place = {0}, *child = NULL;
        xt_status status = XT_OK;
        if (parent->kind == XT_MAP) {
            status = parse_key(p, &event, &place);
            yaml_event_delete(&event);
            if (status == XT_OK) status = next_event(p, &event);
            if (status != XT_OK) return status;
        }
        status = parse_value(p, &event, &child, depth);
        yaml_event_delete(&event);
        if (status != XT_OK) return status;
        child->key = place.key;
        child->key_line = place.key_line;
        child->key_col = place.key_col;
        xt_node_append(parent, child);
    }
}

/* The value that starts with `event`, which stays the caller's to delete. */
static xt_status parse_value(parser *p, yaml_event_t *event, xt_node **node, int depth) {
    xt_node_kind kind = XT_SCALAR;
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        XT_TRY(plain_only(p, event, event->data.scalar.anchor, event->data.scalar.tag));
        break;
    case YAML_MAPPING_START_EVENT:
        XT_TRY(plain_only(p, event, event->data.mapping_start.anchor, event->data.mapping_start.tag));
        kind = XT_MAP;
        break;
    case YAML_SEQUENCE_START_EVENT:
        XT_TRY(plain_only(p, event, event->data.sequence_start.anchor, event->data.sequence_start.tag));
        kind = XT_LIST;
        break;
    case YAML_ALIAS_EVENT:
        return fail_mark(p, event->start_mark, "aliases are not used here; write the value out");
    default:
        return fail_mark(p, event->start_mark, "expected a value");
    }
    if (kind != XT_SCALAR && depth >= XT_YAML_DEPTH)
        return fail_mark(p, event->start_mark, "nested more than 64 levels deep");
    if (p->tree->nodes >= XT_YAML_NODES) return fail_mark(p, event->start_mark, "more than a million values");
    *node =
        xt_tree_new_node(p->tree, kind, p->source, line_of(event->start_mark), col_of(p, event->start_mark));
    if (!*node) return no_memory(p->err, p->source);
    if (kind != XT_SCALAR) return parse_children(p, *node, depth + 1);
    (*node)->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return scalar_text(p, event, &(*node)->text);
}

static xt_status check_document_start(parser *p, const yaml_event_t *event) {
    const yaml_tag_directive_t *tags = event->data.document_start.tag_directives.start;
    if (event->data.document_start.version_directive || tags != event->data.document_start.tag_directives.end)
        return fail_mark(p, event->start_mark, "directives are not used here; remove it");
    return XT_OK;
}

static xt_status parse_document(parser *p, xt_node **root, int depth) {
    xt_status status = XT_OK;
    yaml_event_t event = {0};
    XT_GO(next_event(p, &event)); /* the start of the stream */
    yaml_event_delete(&event);
    XT_GO(next_event(p, &event));
    if (event.type == YAML_STREAM_END_EVENT) {
        *root = xt_tree_new_node(p->tree, XT_SCALAR, p->source, 1, p->first_col);
        if (!*root) XT_GO(no_memory(p->err, p->source));
        (*root)->text = "";
        goto done;
    }
    XT_GO(check_document_start(p, &event));
    yaml_event_delete(&event);
    XT_GO(next_event(p, &event));
    XT_GO(parse_value(p, &event, root, depth));
    yaml_event_delete(&event);
    XT_GO(next_event(p, &event)); /* the end of the document */
    yaml_event_delete(&event);
    XT_GO(next_event(p, &event));
    if (event.type != YAML_STREAM_END_EVENT)
        XT_GO(fail_mark(p, event.start_mark, "a second document starts here"));
done:
    yaml_event_delete(&event);
    return status;
}

xt_status xt_yaml_parse_part(xt_node **root, xt_tree *tree, const xt_source *source, const char *text,
                             size_t size, int first_col, int depth, xt_error *err) {
    XT_TRY(check_characters(source, text, size, first_col, err));
    parser p = {
        .tree = tree, .source = source, .text = text, .size = size, .first_col = first_col, .err = err};
    if (!yaml_parser_initialize(&p.yaml)) return no_memory(err, source);
    yaml_parser_set_encoding(&p.yaml, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&p.yaml, (const unsigned char *)text, size);
    xt_status status = parse_document(&p, root, depth);
    yaml_parser_delete(&p.yaml);
    return status;
}

/* ---- trees ---- */

xt_status xt_yaml_parse(xt_tree **tree, const char *file, const char *text, size_t size, xt_error *err) {
    *tree = NULL;
    if (size > XT_YAML_LIMIT)
        return xt_fail(err, XT_USAGE, "%s: error: larger than %d MiB", file, XT_YAML_LIMIT >> 20);
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) { /* a byte order mark says nothing in UTF-8 */
        text += 3;
        size -= 3;
    }
    xt_tree *made = calloc(1, sizeof *made);
    if (!made) return xt_no_memory(err, file, sizeof *made);
    xt_source *source = xt_arena_alloc(&made->arena, sizeof *source);
    char *name = xt_arena_copy(&made->arena, file, strlen(file));
    char *copy = xt_arena_copy(&made->arena, text, size);
    xt_status status;
    if (source && name && copy) {
        *source = (xt_source){name, copy};
        status = xt_yaml_parse_part(&made->root, made, source, copy, size, 1, 0, err);
    } else {
        status = xt_no_memory(err, file, size);
    }
    if (status == XT_OK)
        *tree = made;
    else
        xt_tree_free(made);
    return status;
}

xt_status xt_yaml_load(xt_tree **tree, const char *path, xt_error *err) {
    *tree = NULL;
    char *text;
    size_t size;
    XT_TRY(xt_file_read(&text, &size, path, XT_YAML_LIMIT, err));
    xt_status status = xt_yaml_parse(tree, path, text, size, err);
    free(text);
    return status;
}

void xt_tree_free(xt_tree *tree) {
    if (!tree) return;
    xt_arena_free(&tree->arena);
    free(tree);
}

const xt_node *xt_tree_root(const xt_tree *tree) { return tree->root; }
