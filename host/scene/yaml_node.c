#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/text.h"
#include "scene/yaml.h"

/* ---- looking ---- */

const xt_node *xt_node_get(const xt_node *map, const char *key) {
    if (!map || map->kind != XT_MAP) return NULL;
    for (const xt_node *child = map->first; child; child = child->next)
        if (strcmp(child->key, key) == 0) return child;
    return NULL;
}

const xt_node *xt_node_at(const xt_node *list, int index) {
    if (!list || list->kind != XT_LIST || index < 0) return NULL;
    const xt_node *child = list->first;
    while (child && index-- > 0) child = child->next;
    return child;
}

bool xt_node_is_null(const xt_node *node) {
    if (node->kind != XT_SCALAR || node->quoted) return false;
    return !*node->text || strcmp(node->text, "~") == 0 || strcmp(node->text, "null") == 0;
}

const char *xt_node_path(const xt_node *node, char *buffer, size_t size) {
    const xt_node *chain[2 * XT_YAML_DEPTH];
    int depth = 0;
    for (; node->parent && depth < 2 * XT_YAML_DEPTH; node = node->parent) chain[depth++] = node;
    if (size) buffer[0] = '\0';
    if (depth == 0) snprintf(buffer, size, "the top level");
    for (size_t used = 0; depth-- > 0 && used < size; used = strlen(buffer)) {
        const char *dot = used ? "." : "";
        if (chain[depth]->key) {
            snprintf(buffer + used, size - used, "%s%s", dot, chain[depth]->key);
        } else {
            int index = 0;
            for (const xt_node *n = chain[depth]->parent->first; n != chain[depth]; n = n->next) index++;
            snprintf(buffer + used, size - used, "%s%d", dot, index);
        }
    }
    return buffer;
}

const char *xt_node_found(const xt_node *node, char *buffer, size_t size) {
    if (node->kind == XT_MAP)
        snprintf(buffer, size, "a map");
    else if (node->kind == XT_LIST)
        snprintf(buffer, size, "a list");
    else if (xt_node_is_null(node))
        snprintf(buffer, size, "nothing");
    else {
        /* At most 40 bytes and the first line of it, cut between characters. */
        size_t n = 0, all = strlen(node->text);
        while (n < all && node->text[n] != '\n') {
            size_t c = xt_utf8_character(node->text + n, all - n);
            if (n + c > 40) break;
            n += c;
        }
        snprintf(buffer, size, "'%.*s%s'", (int)n, node->text, n < all ? "..." : "");
    }
    return buffer;
}

/* ---- demanding ---- */

static xt_status expected(const xt_node *node, const char *what, xt_error *err) {
    char found[64];
    return xt_node_fail(node, err, "expected %s, found %s", what, xt_node_found(node, found, sizeof found));
}

xt_status xt_node_map(const xt_node *node, xt_error *err) {
    return node->kind == XT_MAP || xt_node_is_null(node) ? XT_OK
                                                         : expected(node, "a map of keys and values", err);
}

xt_status xt_node_list(const xt_node *node, int least, int most, xt_error *err) {
    if (node->kind != XT_LIST) return expected(node, "a list", err);
    if (node->count >= least && (most < 0 || node->count <= most)) return XT_OK;
    if (most < 0)
        return xt_node_fail(node, err, "expected a list of at least %d, found %d", least, node->count);
    if (least == most) return xt_node_fail(node, err, "expected a list of %d, found %d", least, node->count);
    return xt_node_fail(node, err, "expected a list of %d to %d, found %d", least, most, node->count);
}

xt_status xt_node_require(const xt_node **value, const xt_node *map, const char *key, xt_error *err) {
    *value = NULL;
    XT_TRY(xt_node_map(map, err));
    *value = xt_node_get(map, key);
    if (*value) return XT_OK;
    char path[200];
    return xt_node_fail_key(map, err, "the key '%s' is missing in %s", key,
                            xt_node_path(map, path, sizeof path));
}

xt_status xt_node_only_keys(const xt_node *map, const char *const *allowed, int count, xt_error *err) {
    XT_TRY(xt_node_map(map, err));
    for (const xt_node *child = map->first; child; child = child->next) {
        bool known = false;
        for (int i = 0; i < count && !known; i++) known = strcmp(child->key, allowed[i]) == 0;
        if (known) continue;
        const char *near = xt_nearest(child->key, allowed, count);
        if (near)
            return xt_node_fail_key(child, err, "unknown key '%.64s'; did you mean '%s'?", child->key, near);
        xt_text list = {0};
        for (int i = 0; i < count && i < 24; i++) xt_text_printf(&list, "%s%s", i ? ", " : "", allowed[i]);
        char path[200];
        xt_node_fail_key(child, err, "unknown key '%.64s' in %s; expected %s%s%s", child->key,
                         xt_node_path(map, path, sizeof path),
                         count > 1 ? "one of "
                         : count   ? ""
                                   : "none",
                         xt_text_get(&list), count > 24 ? ", ..." : "");
        xt_text_free(&list);
        return err->status;
    }
    return XT_OK;
}

/* ---- converting ---- */

static xt_status scalar(const xt_node *node, const char *wanted, xt_error *err) {
    return node->kind == XT_SCALAR && !xt_node_is_null(node) ? XT_OK : expected(node, wanted, err);
}

xt_status xt_node_text(const char **text, const xt_node *node, xt_error *err) {
    *text = NULL;
    XT_TRY(scalar(node, "a text", err));
    *text = node->text;
    return XT_OK;
}

xt_status xt_node_choice(int *index, const xt_node *node, const char *const *words, int count,
                         xt_error *err) {
    *index = -1;
    XT_TRY(scalar(node, "a word", err));
    for (int i = 0; i < count; i++)
        if (strcmp(node->text, words[i]) == 0) {
            *index = i;
            return XT_OK;
        }
    const char *near = xt_nearest(node->text, words, count);
    xt_text list = {0};
    for (int i = 0; i < count; i++)
        xt_text_printf(&list, "%s'%s'", i == 0 ? "" : i == count - 1 ? " or " : ", ", words[i]);
    char found[64];
    xt_node_fail(node, err, "expected %s, found %s%s%s%s", xt_text_get(&list),
                 xt_node_found(node, found, sizeof found), near ? "; did you mean '" : "", near ? near : "",
                 near ? "'?" : "");
    xt_text_free(&list);
    return err->status;
}

xt_status xt_node_bool(bool *value, const xt_node *node, xt_error *err) {
    *value = node->kind == XT_SCALAR && !node->quoted && strcmp(node->text, "true") == 0;
    if (*value || (node->kind == XT_SCALAR && !node->quoted && strcmp(node->text, "false") == 0))
        return XT_OK;
    return expected(node, "true or false", err);
}

xt_status xt_node_integer(long long *value, const xt_node *node, long long least, long long most,
                          xt_error *err) {
    *value = 0;
    XT_TRY(scalar(node, "a whole number", err));
    const char *p = node->text;
    if (*p == '-' || *p == '+') p++;
    size_t digits = strspn(p, "0123456789");
    if (digits == 0 || p[digits] != '\0') return expected(node, "a whole number", err);
    /* strtoll saturates, which is out of any range but the widest. */
    long long number = strtoll(node->text, NULL, 10);
    if (digits > 18 || number < least || number > most) {
        char found[64];
        return xt_node_fail(node, err, "expected a whole number from %lld to %lld, found %s", least, most,
                            xt_node_found(node, found, sizeof found));
    }
    *value = number;
    return XT_OK;
}

xt_status xt_node_real(double *value, const xt_node *node, xt_error *err) {
    *value = 0;
    XT_TRY(scalar(node, "a number", err));
    const char *p = node->text;
    /* Decimal only: strtod alone would take hexadecimal, inf and nan. */
    char *end;
    double number = strtod(p, &end);
    if (!*p || p[strspn(p, "+-.0123456789eE")] != '\0' || end == p || *end != '\0' || !isfinite(number))
        return expected(node, "a plain number such as 0.5 or 1e-3", err);
    *value = number;
    return XT_OK;
}

static const struct {
    const char *unit, *noun, *example;
} dimensions[] = {
    {"mm", "a length", "0.5 mm"},
    {"mm^2", "an area", "200 mm^2"},
    {"mm^3", "a volume", "3 L"},
    {"h", "a duration", "45 min"},
    {"1/h", "a rate", "0.1 1/h"},
    {"mm/h", "a speed or permeability", "0.1 um/s"},
    {"mm^2/h", "a diffusivity", "36.5 um^2/s"},
    {"pM", "a concentration", "290 pM"},
    {"pM/h", "a concentration per time", "5 pM/h"},
    {"amol", "an amount", "10 pmol"},
    {"amol/h", "an amount per time", "10 pmol/h"},
    {"1/pM/h", "a rate per concentration", "0.1 1/(nM h)"},
    {"mm^3/h", "a flow", "2 mL/min"},
    {"g", "a mass", "60 kg"},
    {"g/mm^3", "a density", "1.06 g/mL"},
    {"N", "a force", "700 N"},
    {"N m", "a moment", "20 N m"},
    {"Pa", "a pressure or modulus", "17 GPa"},
    {"K", "a temperature", "310 K"},
    {"1/mm", "a number per length", "2 1/mm"},
    {"1", "a plain number", "0.5"},
};

const char *xt_unit_wanted(const char *unit, char *buffer, size_t size) {
    xt_unit wanted, known;
    xt_error ignored = {0};
    bool parsed = xt_unit_parse(&wanted, unit, &ignored) == XT_OK;
    for (size_t i = 0; parsed && i < sizeof dimensions / sizeof *dimensions; i++)
        if (xt_unit_parse(&known, dimensions[i].unit, &ignored) == XT_OK &&
            xt_dim_equal(known.dim, wanted.dim)) {
            snprintf(buffer, size, "%s such as '%s'", dimensions[i].noun, dimensions[i].example);
            return buffer;
        }
    snprintf(buffer, size, "a quantity such as '1.5 %s'", unit);
    return buffer;
}

/* A location and "expected …, found …" around what base/units had to say. */
static xt_status unit_error(const xt_node *node, const char *wanted, const xt_error *reason, xt_error *err) {
    char found[64];
    xt_node_found(node, found, sizeof found);
    if (reason->status == XT_OK) return xt_node_fail(node, err, "expected %s, found %s", wanted, found);
    if (reason->status != XT_USAGE) return xt_fail(err, reason->status, "%s", reason->text);
    return xt_node_fail(node, err, "expected %s, found %s: %s", wanted, found, reason->text);
}

xt_status xt_node_quantity(double *value, const xt_node *node, const char *unit, xt_error *err) {
    *value = 0;
    char wanted[100];
    xt_unit expected_unit;
    XT_TRY(xt_unit_parse(&expected_unit, unit, err));
    if (node->kind != XT_SCALAR || xt_node_is_null(node))
        return expected(node, xt_unit_wanted(unit, wanted, sizeof wanted), err);
    xt_error reason = {0};
    xt_dim dim;
    double number;
    xt_status status = xt_quantity_parse(&number, &dim, node->text, &reason);
    if (status == XT_OK && xt_dim_equal(dim, expected_unit.dim)) {
        *value = number;
        return XT_OK;
    }
    if (status == XT_OK && !isalpha((unsigned char)node->text[strlen(node->text) - 1]) &&
        xt_dim_is_one(dim) && !strchr(node->text, '%'))
        return xt_node_fail(node, err, "expected %s, found '%s' without a unit",
                            xt_unit_wanted(unit, wanted, sizeof wanted), node->text);
    return unit_error(node, xt_unit_wanted(unit, wanted, sizeof wanted), &reason, err);
}

xt_status xt_node_any_quantity(double *value, xt_dim *dim, const xt_node *node, xt_error *err) {
    *value = 0;
    *dim = (xt_dim){{0}};
    XT_TRY(scalar(node, "a number with its unit such as '290 pM'", err));
    xt_error reason = {0};
    if (xt_quantity_parse(value, dim, node->text, &reason) == XT_OK) return XT_OK;
    return unit_error(node, "a number with its unit such as '290 pM'", &reason, err);
}

xt_status xt_node_quantities(double *values, int count, const xt_node *node, const char *unit,
                             xt_error *err) {
    XT_TRY(xt_node_list(node, count, count, err));
    for (const xt_node *child = node->first; child; child = child->next)
        XT_TRY(xt_node_quantity(values++, child, unit, err));
    return XT_OK;
}

/* ---- writing ---- */

void xt_node_write_json(const xt_node *node, xt_json *json, const char *key) {
    if (node->kind == XT_SCALAR) {
        bool word = strcmp(node->text, "true") == 0 || strcmp(node->text, "false") == 0;
        if (xt_node_is_null(node))
            xt_json_null(json, key);
        else if (!node->quoted && (word || xt_json_is_number(node->text)))
            xt_json_raw(json, key, node->text);
        else
            xt_json_string(json, key, node->text);
        return;
    }
    /* Short lists of scalars (sizes, ranges) read best on one line. */
    bool row = node->kind == XT_LIST && node->count <= 8;
    for (const xt_node *child = node->first; child && row; child = child->next)
        row = child->kind == XT_SCALAR;
    if (node->kind == XT_MAP)
        xt_json_open_object(json, key);
    else if (row)
        xt_json_open_row(json, key);
    else
        xt_json_open_array(json, key);
    for (const xt_node *child = node->first; child; child = child->next)
        xt_node_write_json(child, json, child->key);
    xt_json_close(json);
}
