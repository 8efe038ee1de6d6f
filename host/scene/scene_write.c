/* The scene as used: the table read backwards. What it writes reads back to the same values, bit for bit. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "scene/schema.h"

/* The shortest text that reads back as the same value, in the table's unit or one beside it. */
static void quantity_text(char *out, size_t size, double value, const char *unit) {
    xt_error ignored = {0};
    xt_unit wanted, hour;
    out[0] = '\0';
    if (xt_unit_parse(&wanted, unit, &ignored) != XT_OK || xt_unit_parse(&hour, "h", &ignored) != XT_OK)
        return;
    const bool time = xt_dim_equal(wanted.dim, hour.dim);
    const char *const times[] = {unit, "y", "d", "h", "min", "s"}, *const others[] = {unit, "mm", "pM",
                                                                                      "amol"};
    const char *const *units = time ? times : others;
    const int count = time ? 6 : 4;
    for (int i = 0; i < count; i++) {
        xt_unit u;
        char digits[32], text[96];
        double back;
        xt_dim dim;
        if (xt_unit_parse(&u, units[i], &ignored) != XT_OK || !xt_dim_equal(u.dim, wanted.dim)) continue;
        snprintf(text, sizeof text, "%s %s", xt_real_text(value / u.scale, digits), units[i]);
        if (xt_quantity_parse(&back, &dim, text, &ignored) != XT_OK || back != value) continue;
        if (!out[0] || strlen(text) < strlen(out)) snprintf(out, size, "%s", text);
    }
}

static void write_quantity(xt_json *json, const char *key, double value, const char *unit) {
    char text[96];
    quantity_text(text, sizeof text, value, unit);
    xt_json_string(json, key, text);
}

static void write_moment(xt_json *json, const char *key, double value, bool is_age) {
    char text[96], whole[104];
    quantity_text(text, sizeof text, value, "y");
    snprintf(whole, sizeof whole, "%s%s", is_age ? "age " : "", text);
    xt_json_string(json, key, whole);
}

static void write_quantities(xt_json *json, const char *key, const double *value, size_t count,
                             const char *unit) {
    xt_json_open_row(json, key);
    for (size_t i = 0; i < count; i++)
        if (strcmp(unit, "1") == 0)
            xt_json_real(json, NULL, value[i]);
        else
            write_quantity(json, NULL, value[i], unit);
    xt_json_close(json);
}

static void write_list(xt_json *json, const void *base, const xt_row *row, unsigned kind) {
    const char *at = (const char *)base + row->at;
    const int count = *(const int *)(const void *)((const char *)base + row->aux);
    const char *items;
    memcpy(&items, at, sizeof items);
    if (row->kind == XT_ROW_ASSIGNMENTS || row->kind == XT_ROW_LABELS)
        xt_json_open_object(json, row->key);
    else
        xt_json_open_array(json, row->key);
    for (int i = 0; i < count; i++) {
        if (row->kind == XT_ROW_ASSIGNMENTS) {
            const xt_assignment *a = (const xt_assignment *)(const void *)items + i;
            xt_json_string(json, a->name, a->text);
        } else if (row->kind == XT_ROW_LABELS) {
            const xt_label_entry *entry = (const xt_label_entry *)(const void *)items + i;
            char label[24];
            snprintf(label, sizeof label, "%ld", entry->label);
            xt_json_string(json, label, entry->tissue);
        } else if (row->kind == XT_ROW_NAMES) {
            xt_json_string(json, NULL, items + 64 * i);
        } else {
            xt_json_open_object(json, NULL);
            xt_rows_write(json, items + row->size * (size_t)i, row->rows, kind);
            xt_json_close(json);
        }
    }
    xt_json_close(json);
}

static void write_place(xt_json *json, const char *key, const xt_place *place) {
    if (place->is_fraction)
        xt_json_real(json, key, place->value);
    else
        write_quantity(json, key, place->value, "mm");
}

/* One item as itself, more as a list. */
static void write_some(xt_json *json, const void *base, const xt_row *row) {
    const char *at = (const char *)base + row->at;
    const int count = *(const int *)(const void *)((const char *)base + row->aux);
    const bool list = count > 1 || row->flags & XT_ROW_ALL;
    const char *key = list ? NULL : row->key;
    char words[XT_ROW_WORDS][24];
    if (count == 0) return;
    if (list) xt_json_open_row(json, row->key);
    for (int i = 0; i < count; i++)
        if (row->kind == XT_ROW_PLACES)
            write_place(json, key, (const xt_place *)(const void *)at + i);
        else if (row->kind == XT_ROW_WORDS_IN)
            xt_json_string(json, key, at + (size_t)64 * (size_t)i);
        else {
            xt_row_words(words, row->unit);
            xt_json_string(json, key, words[((const int *)(const void *)at)[i]]);
        }
    if (list) xt_json_close(json);
}

static void write_double(xt_json *json, const void *base, const xt_row *row) {
    const double value = *(const double *)(const void *)((const char *)base + row->at);
    const char *aux = (const char *)base + row->aux;
    const bool silent = !row->fallback || row->fallback[0] == '('; /* 0 is "not given" */
    char digits[32], text[48];
    switch (row->kind) {
    case XT_ROW_REAL:
        if (value != 0 || !silent || (row->flags & XT_ROW_REQUIRED)) xt_json_real(json, row->key, value);
        return;
    case XT_ROW_LEVEL:
    case XT_ROW_AUTO:
        if (isnan(value))
            xt_json_string(json, row->key, "auto");
        else
            xt_json_real(json, row->key, value);
        return;
    case XT_ROW_BYTES:
        snprintf(text, sizeof text, "%s B", xt_real_text(value, digits));
        xt_json_string(json, row->key, text);
        return;
    case XT_ROW_MOMENT:
        write_moment(json, row->key, value, *(const bool *)aux);
        return;
    case XT_ROW_PLACE:
        if (*(const bool *)aux && *(const bool *)(aux + sizeof(bool)))
            xt_json_real(json, row->key, value);
        else if (*(const bool *)aux)
            write_quantity(json, row->key, value, "mm");
        return;
    case XT_ROW_SINCE:
        if (!*(const bool *)aux)
            xt_json_string(json, row->key, row->zero);
        else if (value == 0 && !*(const bool *)(aux + sizeof(bool)))
            xt_json_string(json, row->key, "start");
        else
            write_moment(json, row->key, value, *(const bool *)(aux + sizeof(bool)));
        return;
    case XT_ROW_SECONDS:
        snprintf(text, sizeof text, "%s s", xt_real_text(value, digits));
        xt_json_string(json, row->key, value == 0 && row->zero ? row->zero : text);
        return;
    default:
        break;
    }
    if (value == 0 && row->zero)
        xt_json_string(json, row->key, row->zero);
    else if (value < 0 && (row->flags & XT_ROW_NONE))
        write_quantity(json, row->key, 0, row->unit);
    else if (value != 0 || !silent || (row->flags & XT_ROW_REQUIRED))
        write_quantity(json, row->key, value, row->unit);
}

static void write_row(xt_json *json, const void *base, const xt_row *row, unsigned kind) {
    const char *at = (const char *)base + row->at;
    const double *real = (const double *)(const void *)at;
    const char *text;
    char words[XT_ROW_WORDS][24], digits[32];
    switch (row->kind) {
    case XT_ROW_FORMAT:
        xt_json_integer(json, row->key, 1);
        return;
    case XT_ROW_MAP:
        /* aux names what is set when the map was there: a flag, or the first letter of a name */
        if (row->aux && !*(const unsigned char *)((const char *)base + row->aux)) return;
        xt_json_open_object(json, row->key);
        xt_rows_write(json, base, row->rows, kind);
        xt_json_close(json);
        return;
    case XT_ROW_LIST:
    case XT_ROW_NAMES:
    case XT_ROW_ASSIGNMENTS:
    case XT_ROW_LABELS:
        write_list(json, base, row, kind);
        return;
    case XT_ROW_WORDS_IN:
    case XT_ROW_CHOICES:
    case XT_ROW_PLACES:
        write_some(json, base, row);
        return;
    case XT_ROW_WORD:
    case XT_ROW_TITLE:
        if (*at) xt_json_string(json, row->key, at);
        return;
    case XT_ROW_STRING:
        memcpy(&text, at, sizeof text);
        if (text) xt_json_string(json, row->key, text);
        return;
    case XT_ROW_CHOICE:
        xt_row_words(words, row->unit);
        xt_json_string(json, row->key, words[*(const int *)(const void *)at]);
        return;
    case XT_ROW_EITHER:
        xt_row_words(words, row->unit);
        xt_json_string(json, row->key, words[*(const bool *)at]);
        return;
    case XT_ROW_BOOL:
        xt_json_bool(json, row->key, *(const bool *)at);
        return;
    case XT_ROW_INTEGER:
        xt_json_integer(json, row->key, *(const int *)(const void *)at);
        return;
    case XT_ROW_SEED:
        snprintf(digits, sizeof digits, "%llu", *(const unsigned long long *)(const void *)at);
        xt_json_raw(json, row->key, digits);
        return;
    case XT_ROW_SPACING:
        if (real[0] != 0) write_quantities(json, row->key, real, 3, row->unit);
        return;
    case XT_ROW_QUANTITIES:
        for (size_t i = 0; i < row->size; i++)
            if (real[i] != 0 || (row->flags & XT_ROW_REQUIRED)) {
                write_quantities(json, row->key, real, row->size, row->unit);
                break;
            }
        return;
    default:
        write_double(json, base, row);
    }
}

void xt_rows_write(xt_json *json, const void *base, const xt_row *rows, unsigned kind) {
    for (const xt_row *row = rows; row->key; row++)
        if (row->only == 0 || (row->only & kind)) write_row(json, base, row, kind);
}

void xt_scene_write(xt_json *json, const xt_scene *scene) {
    xt_scene as_said = *scene; /* shares its lists */
    if (scene->until_is_age) as_said.until += scene->age;
    xt_rows_write(json, &as_said, xt_scene_rows, 1u << scene->geometry.kind);
}
