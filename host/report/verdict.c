#include "report/verdict.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const char *name, *about;
    char text[160];      /* the value in words */
    double value, bound; /* NAN: unknown; none */
} check;

enum { MOST = 8 };
typedef struct {
    check check[MOST];
    int count, broken;
} checks;

static double number(const xt_json_value *v) { return v && v->kind == XT_JSON_NUMBER ? v->number : NAN; }
static const char *string(const xt_json_value *v) { return v && v->kind == XT_JSON_STRING ? v->text : ""; }

/* The record says its bounds; records of older versions had these. */
static double bound(const xt_json_value *record, const char *key, double otherwise) {
    const double b = number(xt_json_get(xt_json_get(record, "bounds"), key));
    return isnan(b) ? otherwise : b;
}

static bool holds(const check *c) { return isnan(c->bound) || c->value <= c->bound; }

/* 4.8e-7 rather than 4.8e-07. */
static const char *plain(double value, int digits, char buffer[32]) {
    snprintf(buffer, 32, "%.*g", digits, value);
    char *e = strchr(buffer, 'e');
    while (e && e[1] && e[2] == '0') memmove(e + 2, e + 3, strlen(e + 2));
    return buffer;
}

static void add(checks *all, const char *name, double value, double limit, const char *text,
                const char *about) {
    check *c = &all->check[all->count++];
    *c = (check){.name = name, .about = about, .value = value, .bound = limit};
    snprintf(c->text, sizeof c->text, "%s", text);
    all->broken += !holds(c);
}

static void balance(checks *all, const xt_json_value *record) {
    const xt_json_value *list = xt_json_get(record, "balance"), *worst = NULL;
    double value = NAN;
    for (const xt_json_value *v = list ? list->first : NULL; v; v = v->next) {
        if (v->kind == XT_JSON_NUMBER && worst && !(v->number > value) && !isnan(value)) continue;
        if (worst && isnan(value)) continue; /* one that is not a number is the worst */
        worst = v;
        value = number(v);
    }
    char text[120], digits[32];
    snprintf(text, sizeof text, worst ? "%s, largest of %d species (%.40s)" : "not recorded",
             plain(value, 2, digits), list ? list->count : 0, worst ? worst->key : "");
    add(all, "Mass balance", worst ? value : NAN, bound(record, "balance", 1e-6), text,
        "What is made equals what is lost, exchanged with the blood and stored, as a share of the turnover.");
}

static void range(checks *all, const xt_json_value *record) {
    const xt_json_value *list = xt_json_get(record, "range_pM");
    double low = INFINITY, high = -INFINITY;
    bool known = list && list->count > 0, finite = known;
    for (const xt_json_value *v = list ? list->first : NULL; v; v = v->next) {
        const double a = number(xt_json_at(v, 0)), b = number(xt_json_at(v, 1));
        finite = finite && isfinite(a) && isfinite(b);
        low = fmin(low, a);
        high = fmax(high, b);
    }
    if (!known) return;
    char text[120];
    snprintf(text, sizeof text, finite ? "all finite, from %.3g to %.4g pM" : "not all are finite", low,
             high);
    add(all, "Levels", finite ? 0 : NAN, 0, text, "Every level in every voxel is a finite number.");
}

static void numbers(checks *all, const xt_json_value *record) {
    char text[160], digits[32];
    balance(all, record);
    double value = number(xt_json_get(record, "fraction_defect"));
    snprintf(text, sizeof text, isnan(value) ? "not recorded" : "%s at most", plain(value, 2, digits));
    add(all, "Volume fractions", value, bound(record, "fraction_defect", 1e-6), text,
        "Bone, muscle, fat and the rest fill each voxel exactly: how far their sum misses one.");
    const xt_json_value *solver = xt_json_get(record, "solver"), *stepping = xt_json_get(record, "stepping");
    value = number(xt_json_get(solver, "worst_residual"));
    if (number(xt_json_get(solver, "solves")) > 0) {
        const double tolerance =
            number(xt_json_get(xt_json_get(xt_json_get(record, "scene"), "numerics"), "tolerance"));
        snprintf(text, sizeof text, "%s, worst of %.0f solves", plain(value, 2, digits),
                 number(xt_json_get(solver, "solves")));
        add(all, "Residual of the fields", value, bound(record, "residual", tolerance), text,
            "How well the steady fields satisfy their equation, recomputed after the solver said it was "
            "done.");
    }
    value = number(xt_json_get(stepping, "largest_step_error"));
    if (number(xt_json_get(stepping, "remodelling_steps")) > 0) {
        snprintf(text, sizeof text, "%s in one of %.0f steps", plain(value, 2, digits),
                 number(xt_json_get(stepping, "remodelling_steps")));
        add(all, "Error of a step", value, bound(record, "step_error", 5e-3), text,
            "Estimated relative error of a tissue's mean in one step of remodelling.");
    }
    value = number(xt_json_get(solver, "acute_steps"));
    if (value > 0) {
        snprintf(text, sizeof text, "%.0f steps, %.0f of them repeated smaller", value,
                 number(xt_json_get(solver, "rejected_steps")));
        add(all, "Steps in time", value, NAN, text,
            "Steps of the acute phase are as long as the scene's tolerance allows; those whose error was "
            "larger were repeated.");
    }
    const xt_json_value *mixed = xt_json_get(record, "well_mixed");
    if (!mixed || !mixed->truth) range(all, record); /* no voxels, no range over them */
}

static void write_checks(xt_json *json, const checks *all) {
    xt_json_open_array(json, "checks");
    for (int i = 0; i < all->count; i++) {
        const check *c = &all->check[i];
        xt_json_open_object(json, NULL);
        xt_json_string(json, "name", c->name);
        xt_json_real(json, "value", c->value);
        xt_json_real(json, "bound", c->bound);
        xt_json_string(json, "text", c->text);
        if (isnan(c->bound))
            xt_json_null(json, "pass");
        else
            xt_json_bool(json, "pass", holds(c));
        xt_json_string(json, "about", c->about);
        xt_json_close(json);
    }
    xt_json_close(json);
}

/* "Mass balance 3e-7 (bound 1e-6), …": the broken ones if there are, else all with a bound. */
static void list(char *out, size_t size, const checks *all) {
    size_t used = 0;
    char value[32], limit[32];
    out[0] = '\0';
    for (int i = 0; i < all->count; i++) {
        const check *c = &all->check[i];
        if (isnan(c->bound) || (all->broken ? holds(c) : c->bound == 0)) continue;
        const char *comma = used ? ", " : "";
        const int n = isnan(c->value)
                          ? snprintf(out + used, size - used, "%s%s: %s", comma, c->name, c->text)
                          : snprintf(out + used, size - used, "%s%s %s (bound %s)", comma, c->name,
                                     plain(c->value, 2, value), plain(c->bound, 2, limit));
        used += n > 0 && (size_t)n < size - used ? (size_t)n : 0;
    }
}

/* 90: "90 seconds"; 7200: "2 hours". */
static void span(char *out, size_t size, double seconds) {
    static const struct {
        double from, unit;
        const char *name;
    } units[] = {
        {2 * 86400, 86400, "days"}, {2 * 3600, 3600, "hours"}, {120, 60, "minutes"}, {0, 1, "seconds"}};
    int i = 0;
    while (seconds < units[i].from) i++;
    snprintf(out, size, "%.0f %s", floor(seconds / units[i].unit), units[i].name);
}

static void say_running(char *headline, size_t headline_size, char *detail, size_t detail_size,
                        const xt_last_word *last) {
    char since[32];
    if (last->silent_s < 0) {
        snprintf(headline, headline_size, "This run is still going on.");
        return;
    }
    snprintf(headline, headline_size, "This run has not ended, or ended without a word.");
    span(since, sizeof since, last->silent_s);
    snprintf(
        detail, detail_size,
        "It last wrote a file at %s, %s before this page was made. If it no longer works, it was killed: "
        "crosstalk resume goes on from its last checkpoint",
        last->when, since);
}

void xt_verdict_write(xt_json *json, const xt_json_value *record, const xt_last_word *last) {
    checks all = {.count = 0};
    const char *status = string(xt_json_get(record, "status"));
    const bool failed = strncmp(status, "failed", 6) == 0, running = strcmp(status, "running") == 0;
    const bool stopped = strcmp(status, "stopped") == 0;
    char detail[800], headline[160];
    if (xt_json_get(record, "balance")) numbers(&all, record);
    list(detail, sizeof detail, &all);
    const char *state = failed       ? "failed"
                        : running    ? "running"
                        : all.broken ? "broken"
                        : stopped    ? "stopped"
                                     : "holds";
    if (failed)
        snprintf(headline, sizeof headline, "This run failed.");
    else if (running)
        say_running(headline, sizeof headline, detail, sizeof detail, last);
    else if (all.broken)
        snprintf(headline, sizeof headline, "%d of this run's %d proofs %s broken.", all.broken, all.count,
                 all.broken == 1 ? "is" : "are");
    else if (all.count == 0) {
        snprintf(headline, sizeof headline, "This run recorded no proofs.");
        state = "broken";
    } else
        snprintf(headline, sizeof headline,
                 stopped ? "This run was stopped; what it computed so far holds."
                         : "This run's numbers hold.");
    xt_json_open_object(json, "verdict");
    xt_json_string(json, "state", state);
    xt_json_string(json, "headline", headline);
    xt_json_string(json, "detail", failed && strlen(status) > 8 ? status + 8 : detail);
    write_checks(json, &all);
    xt_json_close(json);
}
