/* From the tree to the struct, row by row of the table. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "scene/schema.h"

enum { MAX_KEYS = 48 };

int xt_row_words(char words[XT_ROW_WORDS][24], const char *text) {
    int count = 0;
    while (count < XT_ROW_WORDS) {
        const size_t n = strcspn(text, "|");
        snprintf(words[count++], 24, "%.*s", (int)n, text);
        if (!text[n]) break;
        text += n + 1;
    }
    return count;
}

static bool exists(const xt_row *row, unsigned kind) { return row->only == 0 || (row->only & kind); }

static xt_status keep_text(char **out, const char *text, xt_error *err) {
    char *copy = malloc(strlen(text) + 1);
    if (!copy) return xt_no_memory(err, "a text of the scene", strlen(text) + 1);
    free(*out);
    *out = strcpy(copy, text);
    return XT_OK;
}

static xt_status keep_word(char *out, size_t size, const xt_node *node, const char *text, bool identifier,
                           xt_error *err) {
    if (strlen(text) >= size)
        return xt_node_fail(node, err, "expected at most %zu bytes, found %zu", size - 1, strlen(text));
    if (identifier && (!*text || text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_")] ||
                       strchr("0123456789_", text[0])))
        return xt_node_fail(node, err, "expected a name of small letters, digits and '_', found '%s'", text);
    if (!identifier && strpbrk(text, "\r\n")) return xt_node_fail(node, err, "expected one line of text");
    memcpy(out, text, strlen(text) + 1);
    return XT_OK;
}

/* The ends of the range are texts with units, as is what the message shows of them. */
static xt_status in_range(double value, const xt_row *row, const xt_node *node, xt_error *err) {
    double low = -INFINITY, high = INFINITY;
    xt_dim dim;
    if (row->low) XT_TRY(xt_quantity_parse(&low, &dim, row->low, err));
    if (row->high) XT_TRY(xt_quantity_parse(&high, &dim, row->high, err));
    const bool above = row->flags & XT_ROW_ABOVE;
    if ((above ? value > low : value >= low) && value <= high) return XT_OK;
    char found[64];
    return xt_node_fail(node, err, "expected %s %s%s%s, found %s", above ? "more than" : "at least",
                        row->low ? row->low : "-infinity", row->high ? " and at most " : "",
                        row->high ? row->high : "", xt_node_found(node, found, sizeof found));
}

static xt_status number(double *out, const xt_row *row, const xt_node *node, xt_error *err) {
    XT_TRY(xt_node_quantity(out, node, row->unit, err));
    return in_range(*out, row, node, err);
}

static bool is_word(const xt_node *node, const char *word) {
    return word && node->kind == XT_SCALAR && strcmp(node->text, word) == 0;
}

static xt_status moment(double *out, bool *is_age, const xt_row *row, const xt_node *node, xt_error *err) {
    xt_node rest = *node;
    *is_age = node->kind == XT_SCALAR && strncmp(node->text, "age ", 4) == 0;
    if (*is_age) {
        rest.text = node->text + 4;
        rest.col += node->quoted ? 5 : 4;
    }
    return number(out, row, &rest, err);
}

static xt_status place(double *out, bool *given, bool *fraction, const xt_node *node, xt_error *err) {
    xt_dim dim;
    xt_unit mm;
    XT_TRY(xt_unit_parse(&mm, "mm", err));
    XT_TRY(xt_node_any_quantity(out, &dim, node, err));
    char found[64];
    *given = true;
    *fraction = xt_dim_is_one(dim);
    if (!*fraction && !xt_dim_equal(dim, mm.dim))
        return xt_node_fail(node, err,
                            "expected a length such as '12 mm' or a fraction such as '0.5', found %s",
                            xt_node_found(node, found, sizeof found));
    if (!(*out >= 0 && (!*fraction || *out <= 1)))
        return xt_node_fail(node, err, "expected a place inside the box, found %s",
                            xt_node_found(node, found, sizeof found));
    return XT_OK;
}

static xt_status level(double *out, const xt_node *node, xt_error *err) {
    *out = NAN;
    if (is_word(node, "auto")) return XT_OK;
    xt_dim dim;
    xt_unit pm;
    char found[64];
    XT_TRY(xt_unit_parse(&pm, "pM", err));
    XT_TRY(xt_node_any_quantity(out, &dim, node, err));
    if (xt_dim_is_one(dim) || xt_dim_equal(dim, pm.dim)) return XT_OK;
    return xt_node_fail(node, err,
                        "expected a concentration such as '290 pM', a plain number or auto, found %s",
                        xt_node_found(node, found, sizeof found));
}

/* One item, or a list of at most `most` (`all`: exactly as many). */
static xt_status one_or_more(const xt_node **first, int *count, const xt_node *node, int most, bool all,
                             xt_error *err) {
    *first = node;
    *count = 1;
    if (node->kind != XT_LIST && !all) return XT_OK;
    XT_TRY(xt_node_list(node, all ? most : 1, most, err));
    *first = node->first;
    *count = node->count;
    return XT_OK;
}

/* With a sign: whether a place may lie before the box's corner is checked where its axis is known. */
static xt_status places(xt_place *out, int *count, const xt_row *row, const xt_node *node, xt_error *err) {
    const xt_node *n;
    xt_unit mm;
    XT_TRY(xt_unit_parse(&mm, "mm", err));
    XT_TRY(one_or_more(&n, count, node, (int)row->size, row->flags & XT_ROW_ALL, err));
    for (int i = 0; i < *count; i++, n = n->next) {
        xt_dim dim;
        char found[64];
        XT_TRY(xt_node_any_quantity(&out[i].value, &dim, n, err));
        out[i].is_fraction = xt_dim_is_one(dim);
        if (!out[i].is_fraction && !xt_dim_equal(dim, mm.dim))
            return xt_node_fail(n, err,
                                "expected a length such as '12 mm' or a fraction such as '0.5', found %s",
                                xt_node_found(n, found, sizeof found));
        if (out[i].is_fraction && !(out[i].value >= 0 && out[i].value <= 1))
            return xt_node_fail(n, err, "expected a place inside the box, found %s",
                                xt_node_found(n, found, sizeof found));
    }
    return XT_OK;
}

/* `start`, `none`, or a moment. */
static xt_status since(double *out, bool given_is_age[2], const xt_row *row, const xt_node *node,
                       xt_error *err) {
    *out = 0;
    given_is_age[0] = !is_word(node, row->zero);
    given_is_age[1] = false;
    if (!given_is_age[0] || is_word(node, "start")) return XT_OK;
    return moment(out, &given_is_age[1], row, node, err);
}

static xt_status number_or_auto(double *out, const xt_row *row, const xt_node *node, xt_error *err) {
    *out = NAN;
    if (is_word(node, "auto")) return XT_OK;
    XT_TRY(xt_node_real(out, node, err));
    return in_range(*out, row, node, err);
}

static xt_status bytes(double *out, const xt_node *node, xt_error *err) {
    static const struct {
        const char *unit;
        double scale;
    } units[] = {{"B", 1},      {"kB", 1e3},        {"MB", 1e6},           {"GB", 1e9},
                 {"KiB", 1024}, {"MiB", 1048576.0}, {"GiB", 1073741824.0}, {"TiB", 1099511627776.0}};
    char found[64];
    const char *text;
    char *end;
    XT_TRY(xt_node_text(&text, node, err));
    const double value = strtod(text, &end);
    if (end != text && *end == ' ' && value > 0 && isfinite(value))
        for (size_t i = 0; i < sizeof units / sizeof *units; i++)
            if (strcmp(end + 1, units[i].unit) == 0) {
                *out = value * units[i].scale;
                return XT_OK;
            }
    return xt_node_fail(node, err, "expected a size such as '16 GiB', found %s",
                        xt_node_found(node, found, sizeof found));
}

static xt_status spacing(double out[3], const xt_row *row, const xt_node *node, xt_error *err) {
    if (node->kind != XT_LIST) {
        XT_TRY(number(out, row, node, err));
        out[1] = out[2] = out[0];
        return XT_OK;
    }
    XT_TRY(xt_node_list(node, 3, 3, err));
    for (const xt_node *n = node->first; n; n = n->next) XT_TRY(number(out++, row, n, err));
    return XT_OK;
}

/* Room for the items of a list or map, freed by xt_scene_free. */
static xt_status make_items(void **items, int *count, void *base, const xt_row *row, size_t size,
                            const xt_node *node, xt_error *err) {
    *count = 0;
    *items = NULL;
    if (node->count == 0) return XT_OK;
    *items = calloc((size_t)node->count, size);
    if (!*items) return xt_no_memory(err, row->key, (size_t)node->count * size);
    memcpy((char *)base + row->at, items, sizeof *items);
    *(int *)((char *)base + row->aux) = *count = node->count;
    return XT_OK;
}

static xt_status assignments(void *base, const xt_row *row, const xt_node *node, xt_error *err) {
    void *items;
    int count;
    XT_TRY(xt_node_map(node, err));
    XT_TRY(make_items(&items, &count, base, row, sizeof(xt_assignment), node, err));
    xt_assignment *a = items;
    for (const xt_node *n = node->first; n; n = n->next, a++) {
        xt_node key = *n;
        key.line = n->key_line;
        key.col = n->key_col;
        XT_TRY(keep_word(a->name, sizeof a->name, &key, n->key, true, err));
        if (n->kind != XT_SCALAR) XT_TRY(xt_node_text(&a->text, n, err));
        a->text = xt_node_is_null(n) || is_word(n, "none") ? NULL : n->text;
        a->line = n->line;
        a->col = n->col;
        a->source = n->source;
    }
    return XT_OK;
}

static xt_status labels(void *base, const xt_row *row, const xt_node *node, xt_error *err) {
    void *items;
    int count;
    XT_TRY(xt_node_map(node, err));
    XT_TRY(make_items(&items, &count, base, row, sizeof(xt_label_entry), node, err));
    xt_label_entry *entry = items;
    for (const xt_node *n = node->first; n; n = n->next, entry++) {
        xt_node key = {
            .kind = XT_SCALAR, .text = n->key, .line = n->key_line, .col = n->key_col, .source = n->source};
        long long value;
        XT_TRY(xt_node_integer(&value, &key, 0, 65535, err));
        entry->label = (long)value;
        for (const xt_label_entry *before = items; before < entry; before++)
            if (before->label == entry->label)
                return xt_node_fail(&key, err, "label %lld is given twice", value);
        const char *text;
        XT_TRY(xt_node_text(&text, n, err));
        XT_TRY(keep_word(entry->tissue, sizeof entry->tissue, n, text, true, err));
    }
    return XT_OK;
}

static xt_status names(void *base, const xt_row *row, const xt_node *node, xt_error *err) {
    void *items;
    int count;
    const bool alone = node->kind == XT_SCALAR && !xt_node_is_null(node);
    const xt_node one = {.kind = XT_LIST, .count = 1};
    if (!alone) XT_TRY(xt_node_list(node, 0, 256, err));
    XT_TRY(make_items(&items, &count, base, row, 64, alone ? &one : node, err));
    char(*name)[64] = items;
    for (const xt_node *n = alone ? node : node->first; n; n = alone ? NULL : n->next, name++) {
        const char *text;
        XT_TRY(xt_node_text(&text, n, err));
        XT_TRY(keep_word(*name, sizeof *name, n, text, true, err));
    }
    return XT_OK;
}

static xt_status list(void *base, const xt_row *row, const xt_node *node, unsigned kind, xt_error *err) {
    void *items;
    int count;
    const bool alone = (row->flags & XT_ROW_SHORTHAND) && node->kind == XT_SCALAR && !xt_node_is_null(node);
    const xt_node one = {.kind = XT_LIST, .count = 1};
    if (!alone) XT_TRY(xt_node_list(node, row->flags & XT_ROW_REQUIRED ? 1 : 0, -1, err));
    XT_TRY(make_items(&items, &count, base, row, row->size, alone ? &one : node, err));
    char *item = items;
    for (const xt_node *n = alone ? node : node->first; n; n = alone ? NULL : n->next, item += row->size) {
        const bool word = (row->flags & XT_ROW_SHORTHAND) && n->kind == XT_SCALAR && !xt_node_is_null(n);
        XT_TRY(xt_rows_read(item, row->rows, word ? NULL : n, kind, err));
        if (word) XT_TRY(xt_row_value(item, row->rows, n, err));
    }
    return XT_OK;
}

static xt_status choice(int *index, const xt_row *row, const xt_node *node, xt_error *err) {
    char words[XT_ROW_WORDS][24];
    const char *list_of[XT_ROW_WORDS];
    const int count = xt_row_words(words, row->unit);
    for (int i = 0; i < count; i++) list_of[i] = words[i];
    return xt_node_choice(index, node, list_of, count, err);
}

static xt_status words_in(char (*out)[64], int *count, const xt_row *row, const xt_node *node,
                          xt_error *err) {
    const xt_node *n;
    XT_TRY(one_or_more(&n, count, node, (int)row->size, false, err));
    for (int i = 0; i < *count; i++, n = n->next) {
        const char *text;
        XT_TRY(xt_node_text(&text, n, err));
        XT_TRY(keep_word(out[i], 64, n, text, true, err));
    }
    return XT_OK;
}

static xt_status choices(int *out, int *count, const xt_row *row, const xt_node *node, xt_error *err) {
    const xt_node *n;
    XT_TRY(one_or_more(&n, count, node, (int)row->size, false, err));
    for (int i = 0; i < *count; i++, n = n->next) {
        XT_TRY(choice(&out[i], row, n, err));
        for (int j = 0; j < i; j++)
            if (out[i] == out[j]) return xt_node_fail(n, err, "'%s' is in the list already", n->text);
    }
    return XT_OK;
}

static xt_status integer(long long *value, const xt_row *row, const xt_node *node, xt_error *err) {
    const long long low = row->low ? strtoll(row->low, NULL, 10) : 0;
    const long long high = row->high ? strtoll(row->high, NULL, 10) : 999999999999999999LL;
    return xt_node_integer(value, node, low, high, err);
}

xt_status xt_row_value(void *base, const xt_row *row, const xt_node *node, xt_error *err) {
    char *at = (char *)base + row->at, *aux = (char *)base + row->aux;
    double *real = (double *)(void *)at;
    const char *text = NULL;
    long long whole;
    int index;
    switch (row->kind) {
    case XT_ROW_FORMAT:
        XT_TRY(xt_node_integer(&whole, node, 0, 1000000, err));
        if (whole == 1) return XT_OK;
        return xt_node_fail(node, err, "this program reads format 1, found %lld", whole);
    case XT_ROW_WORD:
    case XT_ROW_TITLE:
        XT_TRY(xt_node_text(&text, node, err));
        return keep_word(at, row->size, node, text, row->kind == XT_ROW_WORD, err);
    case XT_ROW_STRING:
        XT_TRY(xt_node_text(&text, node, err));
        return keep_text((char **)(void *)at, text, err);
    case XT_ROW_CHOICE:
        return choice((int *)(void *)at, row, node, err);
    case XT_ROW_EITHER:
        XT_TRY(choice(&index, row, node, err));
        *(bool *)at = index == 1;
        return XT_OK;
    case XT_ROW_BOOL:
        return xt_node_bool((bool *)at, node, err);
    case XT_ROW_INTEGER:
        XT_TRY(integer(&whole, row, node, err));
        *(int *)(void *)at = (int)whole;
        return XT_OK;
    case XT_ROW_SEED:
        XT_TRY(integer(&whole, row, node, err));
        *(unsigned long long *)(void *)at = (unsigned long long)whole;
        return XT_OK;
    case XT_ROW_REAL:
        XT_TRY(xt_node_real(real, node, err));
        return in_range(*real, row, node, err);
    case XT_ROW_QUANTITY:
    case XT_ROW_SECONDS:
        *real = 0;
        if (is_word(node, row->zero)) return XT_OK;
        XT_TRY(number(real, row, node, err));
        if ((row->flags & XT_ROW_NONE) && *real == 0) *real = -1;
        if (row->kind == XT_ROW_SECONDS) *real = round(*real * 3.6e6) / 1e3;
        return XT_OK;
    case XT_ROW_QUANTITIES:
        return xt_node_quantities(real, (int)row->size, node, row->unit, err);
    case XT_ROW_SPACING:
        return spacing(real, row, node, err);
    case XT_ROW_MOMENT:
        return moment(real, (bool *)aux, row, node, err);
    case XT_ROW_PLACE:
        return place(real, (bool *)aux, (bool *)(aux + sizeof(bool)), node, err);
    case XT_ROW_PLACES:
        return places((xt_place *)(void *)at, (int *)(void *)aux, row, node, err);
    case XT_ROW_WORDS_IN:
        return words_in((char(*)[64])at, (int *)(void *)aux, row, node, err);
    case XT_ROW_CHOICES:
        return choices((int *)(void *)at, (int *)(void *)aux, row, node, err);
    case XT_ROW_SINCE:
        return since(real, (bool *)aux, row, node, err);
    case XT_ROW_LEVEL:
        return level(real, node, err);
    case XT_ROW_AUTO:
        return number_or_auto(real, row, node, err);
    case XT_ROW_BYTES:
        return bytes(real, node, err);
    case XT_ROW_NAMES:
        return names(base, row, node, err);
    case XT_ROW_ASSIGNMENTS:
        return assignments(base, row, node, err);
    case XT_ROW_LABELS:
        return labels(base, row, node, err);
    case XT_ROW_LIST:
        return list(base, row, node, 0, err);
    case XT_ROW_MAP:
        break;
    }
    return xt_fail(err, XT_INTERNAL, "'%s' is no single value", row->key);
}

xt_status xt_row_default(void *base, const xt_row *row, xt_error *err) {
    if (!row->fallback || row->fallback[0] == '(') return XT_OK;
    const xt_source source = {"(default)", NULL};
    const xt_node node = {.kind = XT_SCALAR, .text = row->fallback, .source = &source};
    return xt_row_value(base, row, &node, err);
}

static xt_status check_keys(const xt_row *rows, const xt_node *map, unsigned kind, xt_error *err) {
    const char *keys[MAX_KEYS];
    int count = 0;
    for (const xt_row *row = rows; row->key && count < MAX_KEYS; row++) {
        const xt_node *node = exists(row, kind) ? NULL : xt_node_get(map, row->key);
        if (node)
            return xt_node_fail_key(node, err, "the key '%s' does not belong to this kind of geometry",
                                    row->key);
        if (exists(row, kind)) keys[count++] = row->key;
    }
    return xt_node_only_keys(map, keys, count, err);
}

xt_status xt_rows_read(void *base, const xt_row *rows, const xt_node *map, unsigned kind, xt_error *err) {
    if (map) {
        XT_TRY(xt_node_map(map, err));
        XT_TRY(check_keys(rows, map, kind, err));
    }
    for (const xt_row *row = rows; row->key; row++) {
        if (!exists(row, kind)) continue;
        const xt_node *node = xt_node_get(map, row->key);
        if (!node && map && (row->flags & XT_ROW_REQUIRED)) {
            char path[200];
            return xt_node_fail_key(map, err, "the key '%s' is missing in %s (%s)", row->key,
                                    xt_node_path(map, path, sizeof path), row->about);
        }
        if (row->kind == XT_ROW_MAP) {
            XT_TRY(xt_rows_read(base, row->rows, node, kind, err));
            if (node && (row->flags & XT_ROW_GIVEN)) *(bool *)((char *)base + row->aux) = true;
        } else if (!node) {
            XT_TRY(xt_row_default(base, row, err));
        } else if (row->kind == XT_ROW_LIST) {
            XT_TRY(list(base, row, node, kind, err));
        } else {
            XT_TRY(xt_row_value(base, row, node, err));
        }
    }
    return XT_OK;
}
