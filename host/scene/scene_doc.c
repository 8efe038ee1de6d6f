/* The table as documentation: text for people, JSON Schema for editors. */
#include <stdio.h>
#include <string.h>
#include "scene/schema.h"

/* ---- text ---- */

static const char *what(const xt_row *row) {
    switch (row->kind) {
    case XT_ROW_FORMAT:
        return "1";
    case XT_ROW_MAP:
        return "map";
    case XT_ROW_LIST:
        return "list of maps";
    case XT_ROW_NAMES:
        return "list of names";
    case XT_ROW_ASSIGNMENTS:
        return "name: value, ...";
    case XT_ROW_LABELS:
        return "label: tissue, ...";
    case XT_ROW_WORD:
        return "name";
    case XT_ROW_TITLE:
        return "text";
    case XT_ROW_STRING:
        return "text";
    case XT_ROW_CHOICE:
    case XT_ROW_EITHER:
        return NULL; /* its words */
    case XT_ROW_BOOL:
        return "true|false";
    case XT_ROW_INTEGER:
    case XT_ROW_SEED:
        return "whole number";
    case XT_ROW_REAL:
        return "number";
    case XT_ROW_QUANTITY:
    case XT_ROW_SECONDS:
        return NULL; /* its unit */
    case XT_ROW_QUANTITIES:
        return "list of";
    case XT_ROW_SPACING:
        return "one or three";
    case XT_ROW_MOMENT:
        return "duration, or 'age' and an age";
    case XT_ROW_PLACE:
        return "length or fraction";
    case XT_ROW_PLACES:
        return row->flags & XT_ROW_ALL ? "list of lengths or fractions" : "length or fraction, or a list";
    case XT_ROW_WORDS_IN:
        return "name, or a list of names";
    case XT_ROW_CHOICES:
        return "one or a list of";
    case XT_ROW_SINCE:
        return "start, duration, or 'age' and an age";
    case XT_ROW_LEVEL:
        return "number, pM or auto";
    case XT_ROW_AUTO:
        return "number or auto";
    case XT_ROW_BYTES:
        return "size";
    }
    return "";
}

static bool shows_unit(const xt_row *row) {
    return row->unit &&
           (row->kind == XT_ROW_QUANTITY || row->kind == XT_ROW_SECONDS || row->kind == XT_ROW_CHOICE ||
            row->kind == XT_ROW_EITHER || row->kind == XT_ROW_CHOICES || row->kind == XT_ROW_QUANTITIES ||
            row->kind == XT_ROW_SPACING);
}

static void help_rows(xt_text *out, const xt_row *rows, int depth) {
    for (const xt_row *row = rows; row->key; row++) {
        const char *kind = what(row);
        xt_text_printf(out, "%*s%-*s ", 2 * depth, "", 24 - 2 * depth, row->key);
        xt_text_printf(out, "[%s%s%s]", kind ? kind : "", kind && shows_unit(row) ? " " : "",
                       shows_unit(row) ? row->unit : "");
        if (row->zero) xt_text_printf(out, " or %s", row->zero);
        xt_text_printf(out, "  %s", row->about);
        if (row->flags & XT_ROW_REQUIRED) xt_text_add(out, "; required");
        if (row->fallback && row->fallback[0] == '(')
            xt_text_printf(out, "; default %.*s", (int)strlen(row->fallback) - 2, row->fallback + 1);
        else if (row->fallback)
            xt_text_printf(out, "; default %s", row->fallback);
        if (row->low && row->high)
            xt_text_printf(out, "; %s to %s", row->low, row->high);
        else if (row->low && (row->flags & XT_ROW_ABOVE))
            xt_text_printf(out, "; above %s", row->low);
        xt_text_add(out, "\n");
        if (row->rows) help_rows(out, row->rows, depth + 1);
    }
}

void xt_scene_help(xt_text *out) {
    xt_text_add(
        out, "Keys of a scene. Quantities carry their unit: 0.5 mm, 50 y, 290 pM. What is not said takes its "
             "default.\n\n");
    help_rows(out, xt_scene_rows, 0);
}

/* ---- JSON Schema ---- */

static void type(xt_json *json, const char *name) { xt_json_string(json, "type", name); }

static void list_or_word(xt_json *json) {
    xt_json_open_row(json, "type");
    xt_json_string(json, NULL, "array");
    xt_json_string(json, NULL, "string");
    xt_json_close(json);
}

/* A text with a number in it; plain numbers pass where the unit is 1. */
static void quantity(xt_json *json, const xt_row *row) {
    xt_text pattern = {0};
    xt_text_add(&pattern, "^[-+]?[0-9.]+([eE][-+]?[0-9]+)? *[^0-9. ].*$");
    if (row->zero) xt_text_printf(&pattern, "|^%s$", row->zero);
    type(json, "string");
    xt_json_string(json, "pattern", xt_text_get(&pattern));
    xt_text_free(&pattern);
}

static void array(xt_json *json, const xt_row *row, size_t count) {
    type(json, "array");
    xt_json_integer(json, "minItems", (long long)count);
    xt_json_integer(json, "maxItems", (long long)count);
    xt_json_open_object(json, "items");
    if (strcmp(row->unit, "1") == 0)
        type(json, "number");
    else
        quantity(json, row);
    xt_json_close(json);
}

static void object(xt_json *json, const xt_row *rows);

static void number_or_text(xt_json *json) {
    xt_json_open_row(json, "type");
    xt_json_string(json, NULL, "string");
    xt_json_string(json, NULL, "number");
    xt_json_close(json);
}

static void one_item(xt_json *json, const xt_row *row) {
    char words[XT_ROW_WORDS][24];
    if (row->kind == XT_ROW_PLACES)
        number_or_text(json);
    else if (row->kind == XT_ROW_WORDS_IN)
        type(json, "string");
    else {
        xt_json_open_row(json, "enum");
        for (int i = 0, n = xt_row_words(words, row->unit); i < n; i++) xt_json_string(json, NULL, words[i]);
        xt_json_close(json);
    }
}

/* An item, or a list of them. */
static void one_or_more(xt_json *json, const xt_row *row) {
    xt_json_open_array(json, "oneOf");
    if (!(row->flags & XT_ROW_ALL)) {
        xt_json_open_object(json, NULL);
        one_item(json, row);
        xt_json_close(json);
    }
    xt_json_open_object(json, NULL);
    type(json, "array");
    xt_json_integer(json, "minItems", row->flags & XT_ROW_ALL ? (long long)row->size : 1);
    xt_json_integer(json, "maxItems", (long long)row->size);
    xt_json_open_object(json, "items");
    one_item(json, row);
    xt_json_close(json);
    xt_json_close(json);
    xt_json_close(json);
}

static void schema_value(xt_json *json, const xt_row *row) {
    char words[XT_ROW_WORDS][24];
    switch (row->kind) {
    case XT_ROW_FORMAT:
        xt_json_integer(json, "const", 1);
        return;
    case XT_ROW_MAP:
        object(json, row->rows);
        return;
    case XT_ROW_LIST:
        if (row->flags & XT_ROW_SHORTHAND)
            list_or_word(json);
        else
            type(json, "array");
        xt_json_open_object(json, "items");
        if (row->flags & XT_ROW_SHORTHAND) {
            xt_json_open_array(json, "oneOf");
            xt_json_open_object(json, NULL);
            type(json, "string");
            xt_json_close(json);
            xt_json_open_object(json, NULL);
            object(json, row->rows);
            xt_json_close(json);
            xt_json_close(json);
        } else {
            object(json, row->rows);
        }
        xt_json_close(json);
        return;
    case XT_ROW_NAMES:
        list_or_word(json);
        xt_json_open_object(json, "items");
        type(json, "string");
        xt_json_close(json);
        return;
    case XT_ROW_ASSIGNMENTS:
        type(json, "object");
        xt_json_open_object(json, "additionalProperties");
        xt_json_open_row(json, "type");
        xt_json_string(json, NULL, "string");
        xt_json_string(json, NULL, "number");
        xt_json_string(json, NULL, "null");
        xt_json_close(json);
        xt_json_close(json);
        return;
    case XT_ROW_LABELS:
        type(json, "object");
        xt_json_open_object(json, "patternProperties");
        xt_json_open_object(json, "^[0-9]+$");
        type(json, "string");
        xt_json_close(json);
        xt_json_close(json);
        xt_json_bool(json, "additionalProperties", false);
        return;
    case XT_ROW_CHOICE:
    case XT_ROW_EITHER:
        xt_json_open_row(json, "enum");
        for (int i = 0, n = xt_row_words(words, row->unit); i < n; i++) xt_json_string(json, NULL, words[i]);
        xt_json_close(json);
        return;
    case XT_ROW_BOOL:
        type(json, "boolean");
        return;
    case XT_ROW_INTEGER:
    case XT_ROW_SEED:
        type(json, "integer");
        return;
    case XT_ROW_REAL:
        type(json, "number");
        return;
    case XT_ROW_PLACE:
    case XT_ROW_LEVEL:
    case XT_ROW_AUTO:
        number_or_text(json);
        return;
    case XT_ROW_PLACES:
    case XT_ROW_WORDS_IN:
    case XT_ROW_CHOICES:
        one_or_more(json, row);
        return;
    case XT_ROW_QUANTITY:
    case XT_ROW_SECONDS:
        quantity(json, row);
        return;
    case XT_ROW_QUANTITIES:
        array(json, row, row->size);
        return;
    case XT_ROW_SPACING:
        xt_json_open_array(json, "oneOf");
        xt_json_open_object(json, NULL);
        quantity(json, row);
        xt_json_close(json);
        xt_json_open_object(json, NULL);
        array(json, row, 3);
        xt_json_close(json);
        xt_json_close(json);
        return;
    default:
        type(json, "string");
    }
}

static void object(xt_json *json, const xt_row *rows) {
    type(json, "object");
    xt_json_bool(json, "additionalProperties", false);
    xt_json_open_object(json, "properties");
    for (const xt_row *row = rows; row->key; row++) {
        xt_json_open_object(json, row->key);
        schema_value(json, row);
        xt_text about = {0};
        xt_text_add(&about, row->about);
        if (row->fallback && row->fallback[0] == '(') xt_text_printf(&about, " %s", row->fallback);
        xt_json_string(json, "description", xt_text_get(&about));
        xt_text_free(&about);
        if (row->fallback && row->fallback[0] != '(') {
            if (row->kind == XT_ROW_BOOL || row->kind == XT_ROW_INTEGER || row->kind == XT_ROW_REAL ||
                row->kind == XT_ROW_SEED)
                xt_json_raw(json, "default", row->fallback);
            else
                xt_json_string(json, "default", row->fallback);
        }
        xt_json_close(json);
    }
    xt_json_close(json);
    xt_json_open_row(json, "required");
    for (const xt_row *row = rows; row->key; row++)
        if (row->flags & XT_ROW_REQUIRED) xt_json_string(json, NULL, row->key);
    xt_json_close(json);
}

void xt_scene_json_schema(xt_text *out) {
    xt_json json;
    xt_error err = {0};
    xt_json_begin(&json, out);
    xt_json_open_object(&json, NULL);
    xt_json_string(&json, "$schema", "https://json-schema.org/draft/2020-12/schema");
    xt_json_string(&json, "title", "Crosstalk scene, format 1");
    object(&json, xt_scene_rows);
    xt_json_close(&json);
    if (xt_json_end(&json, "the JSON Schema", &err) != XT_OK) out->failed = true;
}
