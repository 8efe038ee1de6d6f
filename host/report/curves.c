#include "report/curves.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

static const size_t largest = (size_t)1 << 30;

typedef struct {
    xt_source source;
    char *p;
    int line;
    xt_error *err;
} reader;

static xt_status bad(const reader *r, const char *what, const char *found) {
    return xt_fail_at(r->err, &r->source, r->line, 0, "%s%s%.40s%s", what, found ? ", found '" : "",
                      found ? found : "", found ? "'" : "");
}

/* Cut the field at r->p off (RFC 4180) and step behind its comma; *last: it ended its line. */
static xt_status field(char **text, bool *last, reader *r) {
    char *p = r->p, *to = p;
    *text = p;
    if (*p == '"') {
        for (p++; *p && *p != '\n'; p++) {
            if (*p == '"' && p[1] != '"') break;
            if (*p == '"') p++;
            *to++ = *p;
        }
        if (*p != '"') return bad(r, "a quote is not closed", NULL);
        p++;
    } else {
        while (*p && *p != ',' && *p != '\n') p++;
        to = p;
    }
    if (*p == '\r' && p[1] == '\n') p++;
    if (*p && *p != ',' && *p != '\n') return bad(r, "expected a comma after a quoted field", NULL);
    *last = *p != ',';
    r->p = *p ? p + 1 : p;
    if (to > *text && to[-1] == '\r') to--;
    *to = '\0';
    return XT_OK;
}

/* "age [y]" into name and unit. */
static xt_status split(xt_curves *c, char *text, const reader *r) {
    char *open = strrchr(text, '['), *close = open ? strchr(open, ']') : NULL;
    const bool has = open && close && !close[1];
    size_t n = has ? (size_t)(open - text) : strlen(text);
    while (n > 0 && text[n - 1] == ' ') n--;
    if (n == 0) return bad(r, "expected the names of columns, as in 'time [d],age [y]'", text);
    c->name[c->columns] = xt_arena_copy(&c->arena, text, n);
    c->unit[c->columns] = xt_arena_copy(&c->arena, has ? open + 1 : "", has ? (size_t)(close - open - 1) : 0);
    if (!c->name[c->columns] || !c->unit[c->columns]) return xt_no_memory(r->err, "curves", n);
    c->columns++;
    return XT_OK;
}

static xt_status header(xt_curves *c, reader *r) {
    c->name = xt_arena_alloc(&c->arena, XT_CURVE_COLUMNS * sizeof *c->name);
    c->unit = xt_arena_alloc(&c->arena, XT_CURVE_COLUMNS * sizeof *c->unit);
    if (!c->name || !c->unit) return xt_no_memory(r->err, "curves", XT_CURVE_COLUMNS);
    for (bool last = false; !last;) {
        char *text;
        if (c->columns == XT_CURVE_COLUMNS) return bad(r, "more columns than a report can show", NULL);
        XT_TRY(field(&text, &last, r));
        XT_TRY(split(c, text, r));
    }
    if (c->columns < 2 || strcmp(c->name[0], "time") != 0)
        return bad(r, "this is no series of a run: its first column is not 'time [d]'", NULL);
    return XT_OK;
}

static xt_status row(xt_curves *c, reader *r) {
    double *to = c->value + c->rows * c->columns;
    bool last = false;
    int k = 0;
    for (; !last; k++) {
        char *text, *end;
        XT_TRY(field(&text, &last, r));
        if (k >= c->columns) return bad(r, "more numbers than columns", NULL);
        to[k] = strtod(text, &end);
        if (end == text || *end) return bad(r, "expected a number", text);
        if (!isfinite(to[k])) to[k] = NAN;
    }
    if (k < c->columns) {
        char what[96];
        snprintf(what, sizeof what, "expected %d numbers, found %d", c->columns, k);
        return bad(r, what, NULL);
    }
    if (isnan(to[0])) return bad(r, "a row without a time", NULL);
    c->rows++;
    return XT_OK;
}

xt_status xt_curves_read(xt_curves *c, const char *path, xt_error *err) {
    xt_status status = XT_OK;
    char *text = NULL;
    size_t size, lines = 1;
    *c = (xt_curves){0};
    XT_TRY(xt_file_read(&text, &size, path, largest, err));
    reader r = {{path, NULL}, text, 1, err};
    if (strlen(text) != size) XT_GO(bad(&r, "this is not text", NULL));
    for (const char *p = text; (p = strchr(p, '\n')); p++) lines++;
    XT_GO(header(c, &r));
    c->value = malloc(lines * (size_t)c->columns * sizeof *c->value);
    if (!c->value) XT_GO(xt_no_memory(err, "curves", lines * (size_t)c->columns * sizeof *c->value));
    while (*r.p) {
        r.line++;
        XT_GO(row(c, &r));
    }
done:
    free(text);
    if (status != XT_OK) xt_curves_free(c);
    return status;
}

void xt_curves_free(xt_curves *c) {
    free(c->value);
    xt_arena_free(&c->arena);
    *c = (xt_curves){0};
}

/* ---- writing ---- */

/* Seven digits: a curve of 1e-3 of its value still has four. Times keep the file's nine. */
static void number(xt_json *json, double value, int digits) {
    char text[32];
    snprintf(text, sizeof text, "%.*g", digits, value);
    xt_json_raw(json, NULL, isfinite(value) ? text : "null");
}

static double at(const xt_curves *c, long long row, int column) {
    return c->value[row * c->columns + column];
}

/* Rows [from, to) told by two values. */
static void interval(xt_json *json, const xt_curves *c, long long from, long long to, int column) {
    long long low = -1, high = -1;
    if (column == 0) {
        number(json, at(c, from, 0), 9);
        number(json, at(c, to - 1, 0), 9);
        return;
    }
    for (long long i = from; i < to; i++) {
        const double v = at(c, i, column);
        if (isnan(v)) continue;
        if (low < 0 || v < at(c, low, column)) low = i;
        if (high < 0 || v > at(c, high, column)) high = i;
    }
    const long long first = low < high ? low : high, second = low < high ? high : low;
    number(json, first < 0 ? NAN : at(c, first, column), 7);
    number(json, second < 0 ? NAN : at(c, second, column), 7);
}

void xt_curves_write(xt_json *json, const xt_curves *c) {
    const bool thin = c->rows > XT_CURVE_POINTS;
    const long long inner = c->rows - 2, parts = XT_CURVE_POINTS / 2 - 1;
    xt_json_integer(json, "rows", c->rows);
    xt_json_bool(json, "thinned", thin);
    xt_json_open_array(json, "columns");
    for (int k = 0; k < c->columns; k++) {
        const int digits = k ? 7 : 9;
        xt_json_open_object(json, NULL);
        xt_json_string(json, "name", c->name[k]);
        xt_json_string(json, "unit", c->unit[k]);
        xt_json_open_row(json, "values");
        if (thin) number(json, at(c, 0, k), digits);
        for (long long i = 0; thin && i < parts; i++)
            interval(json, c, 1 + inner * i / parts, 1 + inner * (i + 1) / parts, k);
        for (long long i = thin ? c->rows - 1 : 0; i < c->rows; i++) number(json, at(c, i, k), digits);
        xt_json_close(json);
        xt_json_close(json);
    }
    xt_json_close(json);
}
