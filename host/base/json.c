#include "base/json.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INDENT = 2 };

void xt_json_begin(xt_json *json, xt_text *text) {
    memset(json, 0, sizeof *json);
    json->text = text;
}

static void new_line(xt_json *json) {
    xt_text_add(json->text, "\n");
    for (int i = 0; i < INDENT * json->depth; i++) xt_text_add_bytes(json->text, " ", 1);
}

static void quoted(xt_text *text, const char *p) {
    size_t left = strlen(p);
    xt_text_add_bytes(text, "\"", 1);
    while (left > 0) {
        size_t n = xt_utf8_character(p, left);
        unsigned char c = (unsigned char)*p;
        if (n == 0)
            xt_text_add(text, "\xEF\xBF\xBD");
        else if (c == '"' || c == '\\')
            xt_text_printf(text, "\\%c", c);
        else if (c == '\n')
            xt_text_add(text, "\\n");
        else if (c == '\t')
            xt_text_add(text, "\\t");
        else if (c < 0x20 || c == 0x7F)
            xt_text_printf(text, "\\u%04x", c);
        else
            xt_text_add_bytes(text, p, n);
        p += n ? n : 1;
        left -= n ? n : 1;
    }
    xt_text_add_bytes(text, "\"", 1);
}

/* What comes before a value: comma, line, key. */
static void before_value(xt_json *json, const char *key) {
    bool object = json->level[json->depth].object, row = json->level[json->depth].row;
    bool filled = json->level[json->depth].filled;
    if (object != (key != NULL) || (json->depth == 0 && filled)) json->misused = true;
    if (filled) xt_text_add(json->text, row ? ", " : ",");
    if (json->depth > 0 && !row) new_line(json);
    json->level[json->depth].filled = true;
    if (!key) return;
    quoted(json->text, key);
    xt_text_add(json->text, ": ");
}

static void open_level(xt_json *json, const char *key, bool object, bool row) {
    before_value(json, key);
    row = row || json->level[json->depth].row;
    xt_text_add(json->text, object ? "{" : "[");
    if (json->depth == XT_JSON_DEPTH) {
        json->misused = true;
        return;
    }
    json->depth++;
    json->level[json->depth].object = object;
    json->level[json->depth].row = row;
    json->level[json->depth].filled = false;
}

void xt_json_open_object(xt_json *json, const char *key) { open_level(json, key, true, false); }
void xt_json_open_array(xt_json *json, const char *key) { open_level(json, key, false, false); }
void xt_json_open_row(xt_json *json, const char *key) { open_level(json, key, false, true); }

void xt_json_close(xt_json *json) {
    if (json->depth == 0) {
        json->misused = true;
        return;
    }
    bool object = json->level[json->depth].object;
    bool lines = json->level[json->depth].filled && !json->level[json->depth].row;
    json->depth--;
    if (lines) new_line(json);
    xt_text_add(json->text, object ? "}" : "]");
}

void xt_json_raw(xt_json *json, const char *key, const char *value) {
    before_value(json, key);
    xt_text_add(json->text, value);
}

void xt_json_string(xt_json *json, const char *key, const char *value) {
    before_value(json, key);
    if (value)
        quoted(json->text, value);
    else
        xt_text_add(json->text, "null");
}

void xt_json_real(xt_json *json, const char *key, double value) {
    char buffer[32];
    xt_json_raw(json, key, isfinite(value) ? xt_real_text(value, buffer) : "null");
}

void xt_json_integer(xt_json *json, const char *key, long long value) {
    before_value(json, key);
    xt_text_printf(json->text, "%lld", value);
}

void xt_json_bool(xt_json *json, const char *key, bool value) {
    xt_json_raw(json, key, value ? "true" : "false");
}
void xt_json_null(xt_json *json, const char *key) { xt_json_raw(json, key, "null"); }

xt_status xt_json_end(xt_json *json, const char *what, xt_error *err) {
    if (json->misused || json->depth != 0 || !json->level[0].filled)
        return xt_fail(err, XT_INTERNAL, "%s: the JSON being written is unbalanced or too deep", what);
    xt_text_add(json->text, "\n");
    return xt_text_check(json->text, what, err);
}

const char *xt_real_text(double value, char buffer[32]) {
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(buffer, 32, "%.*g", digits, value);
        if (!isfinite(value) || strtod(buffer, NULL) == value) break;
    }
    return buffer;
}

bool xt_json_is_number(const char *p) {
    if (*p == '-') p++;
    if (!isdigit((unsigned char)*p)) return false;
    if (*p == '0')
        p++;
    else
        while (isdigit((unsigned char)*p)) p++;
    if (*p == '.') {
        if (!isdigit((unsigned char)*++p)) return false;
        while (isdigit((unsigned char)*p)) p++;
    }
    if (*p == 'e' || *p == 'E') {
        p++;
        if (*p == '+' || *p == '-') p++;
        if (!isdigit((unsigned char)*p)) return false;
        while (isdigit((unsigned char)*p)) p++;
    }
    return *p == '\0';
}
