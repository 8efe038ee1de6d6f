#include "app/film_record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/units.h"

enum { MOST_BYTES = 64 << 20 };

typedef struct {
    const xt_curves *rows;
    int time, age;
} run;

static int column_of(const xt_curves *rows, const char *name) {
    for (int k = 0; k < rows->columns; k++)
        if (strcmp(rows->name[k], name) == 0) return k;
    return -1;
}

static double cell(const xt_curves *rows, long long row, int k) {
    return rows->value[(size_t)row * (size_t)rows->columns + (size_t)k];
}

/* "age 65 y" or "60 d": days since the start, NAN if it is neither. */
static double moment(const run *r, const xt_json_value *value) {
    double hours;
    xt_dim dim;
    if (!value || value->kind != XT_JSON_STRING) return NAN;
    const bool age = strncmp(value->text, "age ", 4) == 0;
    if (xt_quantity_parse(&hours, &dim, value->text + (age ? 4 : 0), &(xt_error){0}) != XT_OK) return NAN;
    if (!age) return hours / 24;
    if (r->age < 0) return NAN;
    return hours / 24 - cell(r->rows, 0, r->age) * 365.25 + cell(r->rows, 0, r->time);
}

static double value_at(const run *r, int column, double day) {
    const xt_curves *rows = r->rows;
    long long i = 1;
    while (i < rows->rows - 1 && cell(rows, i, r->time) < day) i++;
    const double a = cell(rows, i - 1, r->time), b = cell(rows, i, r->time);
    const double t = b > a ? fmin(fmax((day - a) / (b - a), 0), 1) : 0;
    return cell(rows, i - 1, column) + t * (cell(rows, i, column) - cell(rows, i - 1, column));
}

static double number(const xt_json_value *target, const char *key) {
    const xt_json_value *v = xt_json_get(target, key);
    return v && v->kind == XT_JSON_NUMBER ? v->number : NAN;
}

static bool is_text(const xt_json_value *value, const char *text) {
    return value && value->kind == XT_JSON_STRING && strcmp(value->text, text) == 0;
}

/* Open ends, and means without a range, are no band. */
static bool to_band(xt_curve_band *band, const run *r, const xt_json_value *target, int line, int column) {
    const xt_json_value *change = xt_json_get(target, "change");
    const double from = moment(r, xt_json_get(target, "from")), to = moment(r, xt_json_get(target, "to"));
    const double first = cell(r->rows, 0, r->time), last = cell(r->rows, r->rows->rows - 1, r->time);
    const double low = number(target, "low"), high = number(target, "high"), end = fmin(to, last);
    if (!(from >= first - 1e-6 && low < high) ||
        (to > from ? !(end - from >= 0.5 * (to - from)) : last < from))
        return false;
    *band = (xt_curve_band){.line = line, .from = from, .to = end, .low = {low, low}, .high = {high, high}};
    if (!change || !change->truth) return true;
    const double start = value_at(r, column, from), share = to > from ? (end - from) / (to - from) : 1;
    band->low[0] = band->high[0] = start;
    band->low[1] = start * (1 + low / 100 * share);
    band->high[1] = start * (1 + high / 100 * share);
    return true;
}

static void collect(xt_curve_band *band, int *count, const run *r, const xt_json_value *targets,
                    const xt_json_value *sex, const int *column, int lines) {
    for (const xt_json_value *t = targets ? targets->first : NULL; t; t = t->next) {
        const xt_json_value *readout = xt_json_get(t, "readout"), *of = xt_json_get(t, "sex");
        if (of && sex && of->text && !is_text(of, "both") && !is_text(sex, of->text)) continue;
        for (int line = 0; line < lines && *count < XT_CURVE_BANDS; line++)
            if (is_text(readout, r->rows->name[column[line]]) &&
                to_band(&band[*count], r, t, line, column[line]))
                ++*count;
    }
}

/* "In plasma" is told with the name, other groups are headings of the report. A name without a label begins
 * with a capital letter, as labels do. */
static void name_line(char name[96], bool *relative, const xt_json_value *root, const char *column) {
    const xt_json_value *list = xt_json_get(root, "readouts");
    snprintf(name, 96, "%s", column);
    *relative = false;
    for (const xt_json_value *r = list ? list->first : NULL; r; r = r->next) {
        const xt_json_value *label = xt_json_get(r, "label"), *group = xt_json_get(r, "group");
        if (!is_text(xt_json_get(r, "name"), column)) continue;
        *relative = xt_json_get(r, "relative") && xt_json_get(r, "relative")->truth;
        if (!label || !label->text) continue;
        const bool within = group && group->text && strncmp(group->text, "In ", 3) == 0;
        snprintf(name, 96, "%s%s%s", label->text, within ? " in " : "", within ? group->text + 3 : "");
    }
    if (name[0] >= 'a' && name[0] <= 'z') name[0] = (char)(name[0] - 32);
}

void xt_film_record(xt_film_about *about, const char *dir, const xt_curves *rows, const int *column,
                    int lines, double offset, double unit_d) {
    const run r = {rows, column_of(rows, "time"), column_of(rows, "age")};
    char *path = NULL, *text = NULL;
    size_t size;
    xt_json_tree *tree = NULL;
    const xt_json_value *root = NULL;
    xt_error unread = {0};
    about->bands = 0;
    if (xt_path_join(&path, dir, "run.json", &unread) == XT_OK &&
        xt_file_read(&text, &size, path, MOST_BYTES, &unread) == XT_OK &&
        xt_json_parse(&tree, path, text, size, &unread) == XT_OK)
        root = xt_json_root(tree);
    if (r.time >= 0 && rows->rows > 1) {
        const xt_json_value *scene = xt_json_get(root, "scene");
        const xt_json_value *sex = xt_json_get(xt_json_get(scene, "subject"), "sex");
        collect(about->band, &about->bands, &r, xt_json_get(scene, "targets"), sex, column, lines);
        collect(about->band, &about->bands, &r, xt_json_get(root, "targets"), sex, column, lines);
    }
    for (int i = 0; i < about->bands; i++) {
        about->band[i].from = offset + about->band[i].from / unit_d;
        about->band[i].to = offset + about->band[i].to / unit_d;
    }
    for (int i = 0; i < lines; i++)
        name_line(about->name[i], &about->relative[i], root, rows->name[column[i]]);
    xt_json_free(tree);
    free(text);
    free(path);
}
