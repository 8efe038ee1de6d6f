#include "app/watch_lines.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    BAR_LEAST = 10,
    BAR_MOST = 32,
    NAME = 27,
    VALUE = 14,
    SPARK_LEAST = 8,
    SPARK_MOST = 60,
    TWO_COLUMNS = 112
};

static const char bold[] = "\033[1m", dim[] = "\033[2m", cyan[] = "\033[36m", red[] = "\033[1;31m",
                  plain[] = "\033[0m";

/* A piece of a line: how wide it is on the screen, apart from the bytes that colour it. */
typedef struct {
    xt_text *out;
    int width, most;
    bool color, utf8;
} line;

/* Adds what fits; control characters, which a name from a file could hold, are left out. */
static void add(line *l, const char *color, const char *text) {
    const bool painted = l->color && color && *text;
    if (painted) xt_text_add(l->out, color);
    for (size_t left = strlen(text), n; left > 0 && l->width < l->most; text += n, left -= n) {
        n = xt_utf8_character(text, left);
        const unsigned char c = (unsigned char)text[0];
        if (n == 0) {
            n = 1;
            continue;
        }
        if (c < 0x20 || c == 0x7f || (c == 0xc2 && (unsigned char)text[1] < 0xa0)) continue;
        if (n > 1 && !l->utf8)
            xt_text_add(l->out, "?");
        else
            xt_text_add_bytes(l->out, text, n);
        l->width++;
    }
    if (painted) xt_text_add(l->out, plain);
}

static void pad_to(line *l, int width) {
    while (l->width < width && l->width < l->most) add(l, NULL, " ");
}

static int end_line(line *l) {
    xt_text_add(l->out, "\n");
    l->width = 0;
    return 1;
}

/* ---- curves ---- */

void xt_sparkline(xt_text *out, const xt_curves *curves, int column, int width, bool utf8) {
    static const char *const bars[] = {"\xe2\x96\x81", "\xe2\x96\x82", "\xe2\x96\x83", "\xe2\x96\x84",
                                       "\xe2\x96\x85", "\xe2\x96\x86", "\xe2\x96\x87", "\xe2\x96\x88"};
    static const char *const marks[] = {"_", ".", ",", "-", "~", "=", "^", "*"};
    const double *value = curves->value + column;
    double low = INFINITY, high = -INFINITY;
    for (long long r = 0; r < curves->rows; r++) {
        const double v = value[r * curves->columns];
        if (!isfinite(v)) continue;
        low = fmin(low, v);
        high = fmax(high, v);
    }
    if (curves->rows < width) width = (int)curves->rows;
    for (int x = 0; x < width; x++) {
        double sum = 0;
        long long count = 0;
        for (long long r = x * curves->rows / width; r < (x + 1) * curves->rows / width; r++) {
            const double v = value[r * curves->columns];
            if (!isfinite(v)) continue;
            sum += v;
            count++;
        }
        const double v = sum / (double)count;
        const int level = !(high > low) ? 3 : (int)fmin(7, (v - low) / (high - low) * 8);
        xt_text_add(out, count == 0 ? " " : utf8 ? bars[level] : marks[level]);
    }
}

static void add_curve(line *l, const xt_curves *curves, const char *label, int column, int width) {
    const int begin = l->width;
    char name[64], value[64];
    const double last = curves->value[(curves->rows - 1) * curves->columns + column];
    const char *unit = curves->unit[column];
    snprintf(name, sizeof name, "%.60s", label ? label : curves->name[column]);
    for (char *c = name; !label && *c; c++)
        if (*c == '_') *c = ' ';
    if (name[0] >= 'a' && name[0] <= 'z') name[0] = (char)(name[0] - 32);
    const int most = l->most;
    const int name_width = width < NAME + VALUE + SPARK_LEAST ? width - VALUE - SPARK_LEAST : NAME;
    l->most = begin + name_width - 1 < most ? begin + name_width - 1 : most;
    add(l, NULL, name);
    l->most = most;
    pad_to(l, begin + name_width);
    snprintf(value, sizeof value, !isfinite(last) ? "-" : fabs(last) < 999.95 ? "%#.4g" : "%.4g", last);
    if (*unit && strcmp(unit, "1") != 0)
        snprintf(value + strlen(value), sizeof value - strlen(value), " %.12s", unit);
    add(l, bold, value);
    pad_to(l, begin + name_width + VALUE);
    int room = begin + width - l->width;
    if (room > l->most - l->width) room = l->most - l->width;
    if (room > SPARK_MOST) room = SPARK_MOST;
    if (room < 1) return;
    xt_text spark = {0};
    xt_sparkline(&spark, curves, column, room, l->utf8);
    add(l, cyan, xt_text_get(&spark));
    xt_text_free(&spark);
}

/* The model's own order says which read-outs come first. */
static int add_curves(line *l, const xt_watch_shown *shown, int rows) {
    const xt_curves *curves = shown->curves;
    const int across = l->most >= TWO_COLUMNS ? 2 : 1, width = (l->most - (across - 1) * 2) / across;
    int lines = 0;
    for (int column = 2; column < curves->columns && lines < rows;) {
        for (int k = 0; k < across && column < curves->columns; k++) {
            pad_to(l, k * (width + 2));
            add_curve(l, curves, shown->label ? shown->label[column] : NULL, column, width);
            column++;
        }
        lines += end_line(l);
    }
    return lines;
}

/* ---- progress ---- */

static void duration(char *text, size_t size, double seconds) {
    if (!(seconds < 360000)) {
        snprintf(text, size, "days");
        return;
    }
    const long s = lround(seconds);
    if (s >= 3600)
        snprintf(text, size, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(text, size, "%ld:%02ld", s / 60, s % 60);
}

/* Simulated time in the unit in which the whole is a handy number. */
static const char *handy(double *one, double whole_d) {
    *one = whole_d < 4 ? 1.0 / 24 : whole_d < 1100 ? 1 : 365.25;
    return whole_d < 4 ? "h" : whole_d < 1100 ? "d" : "y";
}

static int add_progress(line *l, const xt_watch_shown *shown) {
    const xt_log_state *p = &shown->progress;
    if (!p->begun) return 0;
    double one;
    char percent[16], time[64], age[32] = "", rate[40] = "", left[48] = "";
    const double made = p->done - p->start_done, left_s = xt_log_left_s(p);
    const double share = p->total > 0 ? fmin(1, fmax(0, p->done / p->total)) : 1;
    const bool days = strcmp(p->unit, "d") == 0;
    const char *unit = days ? handy(&one, p->total) : p->unit;
    if (!days) one = 1;
    snprintf(percent, sizeof percent, " %3.0f %%", floor(100 * share));
    snprintf(time, sizeof time, "  %.4g of %.4g %s", p->done / one, p->total / one, unit);
    const xt_curves *c = shown->curves;
    if (c && c->rows > 0 && c->columns > 1)
        snprintf(age, sizeof age, "  age %.2f y", c->value[(c->rows - 1) * c->columns + 1]);
    const char *what = !shown->ended ? p->what : share > 1 - 1e-9 ? "complete" : "stopped";
    if (!isnan(left_s)) {
        char text[32];
        duration(text, sizeof text, shown->ended ? p->elapsed_s : left_s);
        snprintf(left, sizeof left, shown->ended ? "  in %s" : "  %s left", text);
        snprintf(rate, sizeof rate, "  %.3g %s/s", made / one / p->elapsed_s, unit);
    }
    /* what does not fit is left out, the least telling first */
    char *pieces[] = {time, left, age, rate};
    int count = 4, width = (int)strlen(what) + 1 + (int)strlen(percent);
    for (int i = 0; i < 4; i++) width += (int)strlen(pieces[i]);
    while (count > 0 && width + BAR_LEAST > l->most) {
        width -= (int)strlen(pieces[--count]);
        pieces[count][0] = '\0';
    }
    const int bar = l->most - width < BAR_MOST ? l->most - width : BAR_MOST;
    add(l, NULL, what);
    add(l, NULL, " ");
    for (int x = 0; x < bar; x++) {
        const bool full = x < (int)(share * bar);
        add(l, full ? cyan : dim, l->utf8 ? (full ? "\xe2\x96\x88" : "\xe2\x96\x91") : full ? "#" : "-");
    }
    add(l, bold, percent);
    for (int i = 0; i < 4; i++) add(l, NULL, pieces[i]);
    return end_line(l);
}

static int add_proofs(line *l, const xt_watch_shown *shown) {
    bool any = false;
    for (int i = 0; i < XT_WATCH_PROOFS; i++) {
        const xt_watch_proof *p = &shown->proof[i];
        if (!p->name || isnan(p->value)) continue;
        char text[96];
        const bool broken = !isnan(p->bound) && !(p->value <= p->bound);
        snprintf(text, sizeof text, "%s%s %.2g", any ? "   " : "errors  ", p->name, p->value);
        add(l, broken ? red : NULL, text);
        if (broken) {
            snprintf(text, sizeof text, " above %.0e", p->bound);
            add(l, red, text);
        } else if (!isnan(p->bound))
            add(l, dim, l->utf8 ? " \xe2\x9c\x93" : " ok");
        any = true;
    }
    return any ? end_line(l) : 0;
}

int xt_watch_lines(xt_text *out, const xt_watch_shown *shown, const xt_watch_style *style) {
    line l = {out, 0, style->columns, style->color, style->utf8};
    int lines = 0;
    if (lines < style->rows) lines += add_progress(&l, shown);
    const int rest = 1 + (shown->address != NULL) + (shown->caption != NULL);
    if (shown->curves && shown->curves->rows > 0) lines += add_curves(&l, shown, style->rows - lines - rest);
    if (lines < style->rows) lines += add_proofs(&l, shown);
    if (shown->address && lines < style->rows && (int)strlen(shown->address) <= style->columns) {
        add(&l, dim, shown->address);
        lines += end_line(&l);
    }
    if (shown->caption && lines < style->rows) {
        add(&l, dim, shown->caption);
        lines += end_line(&l);
    }
    return lines;
}
