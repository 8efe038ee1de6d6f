#include "draw/curve.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "draw/polyline.h"

/* Blue, vermilion, green, purple: apart for colour-blind readers too, and in lightness. */
static const unsigned inks[2][XT_CURVE_LINES] = {{0x0b65b0, 0xd1540a, 0x1a9570, 0xa04a86},
                                                 {0x62b6f0, 0xffa15e, 0x5fd9b0, 0xe8a3cf}};

typedef struct {
    xt_curve_panel at;
    int line[XT_CURVE_LINES], lines;
    double left, right;               /* of the panel with its labels */
    double begin[XT_CURVE_LINES + 1]; /* of the legend's entries, and the end of the last */
} panel;

struct xt_curve {
    xt_image base; /* the strip without what moves */
    xt_font *font; /* borrowed */
    double unit;
    xt_palette palette;
    xt_colour ground;
    bool dark;
    panel panel[XT_CURVE_LINES];
    int panels, rows, lines;
    double *time, *value[XT_CURVE_LINES];
    char name[XT_CURVE_LINES][64], measure[XT_CURVE_LINES][32];
    double (*point)[2]; /* [rows + 2], room to compose a line in */
};

static xt_colour ink_of(const xt_curve *c, int line) { return xt_colour_hex(inks[c->dark][line]); }
static xt_text_style small(const xt_curve *c, xt_align align) {
    return (xt_text_style){.size = 13 * c->unit, .align = align, .colour = c->palette.grey};
}

/* ---- the values ---- */

/* Of a line at a time, NAN where there is none. */
static double value_at(const xt_curve *c, int line, double now) {
    const double *v = c->value[line], slack = 1e-9 * fabs(now);
    if (c->rows == 0 || now < c->time[0] - slack || now > c->time[c->rows - 1] + slack) return NAN;
    int low = 0, high = c->rows - 1;
    while (high - low > 1) {
        const int middle = (low + high) / 2;
        *(c->time[middle] <= now ? &low : &high) = middle;
    }
    const double span = c->time[high] - c->time[low];
    const double t = span > 0 ? fmin(fmax((now - c->time[low]) / span, 0), 1) : 1;
    return t <= 0 ? v[low] : t >= 1 ? v[high] : v[low] + t * (v[high] - v[low]);
}

/* Three digits, a real minus. */
static void value_text(char *text, size_t size, double value) {
    char plain[28];
    if (!isfinite(value)) {
        snprintf(text, size, "–");
        return;
    }
    const double a = fabs(value);
    if (a == 0 || (a >= 0.001 && a < 99999.5))
        snprintf(plain, sizeof plain, "%.*f",
                 a >= 99.95 || a == 0 ? 0
                 : a >= 9.995         ? 1
                 : a >= 0.0995        ? 2
                                      : 4,
                 a);
    else
        snprintf(plain, sizeof plain, "%.2e", a);
    snprintf(text, size, "%s%s", value < 0 ? "−" : "", plain);
}

static void find_limits(panel *p, const xt_curve *c) {
    double low = INFINITY, high = -INFINITY;
    for (int i = 0; i < p->lines; i++)
        for (int r = 0; r < c->rows; r++) {
            const double v = c->value[p->line[i]][r];
            if (!isfinite(v)) continue;
            low = fmin(low, v);
            high = fmax(high, v);
        }
    if (!(low <= high)) {
        low = 0;
        high = 1;
    }
    /* A line that does not move is drawn in the middle, not its last digits over the whole height. */
    const double least = 0.02 * fmax(fabs(low), fabs(high));
    if (high - low < least || high == low) {
        const double middle = (low + high) / 2, half = least > 0 ? least / 2 : 0.5;
        low = middle - half;
        high = middle + half;
    }
    const double margin = 0.07 * (high - low);
    p->at.y0 = low >= 0 && low < margin ? 0 : low - margin;
    p->at.y1 = high + margin;
}

/* ---- the strip ---- */

static double x_of(const panel *p, double time) {
    const xt_curve_panel *a = &p->at;
    return a->plot.x + (time - a->x0) / (a->x1 - a->x0) * a->plot.w;
}
static double y_of(const panel *p, double value) {
    const xt_curve_panel *a = &p->at;
    return a->plot.y + (a->y1 - value) / (a->y1 - a->y0) * a->plot.h;
}

static int ticks_of(xt_tick tick[XT_MAX_TICKS], int *exponent, double low, double high, int wanted) {
    const xt_scale scale = {.low = low, .high = high};
    return xt_scale_ticks(tick, exponent, &scale, wanted);
}

/* Labels of the value axis decide how far right its plot begins. */
static void place(panel *p, const xt_curve *c, const xt_curve_def *def) {
    const double u = c->unit;
    const xt_text_style style = small(c, XT_RIGHT);
    xt_tick tick[XT_MAX_TICKS];
    int exponent;
    double widest = 0;
    find_limits(p, c);
    const int count = ticks_of(tick, &exponent, p->at.y0, p->at.y1, 4);
    for (int i = 0; i < count; i++) widest = fmax(widest, xt_font_width(c->font, tick[i].text, &style));
    p->at.plot.x = p->left + widest + 9 * u;
    p->at.plot.w = p->right - p->at.plot.x;
    p->at.plot.y = 30 * u;
    p->at.plot.h = 116 * u;
    p->at.x0 = isfinite(def->from) ? def->from : c->rows ? c->time[0] : 0;
    p->at.x1 = isfinite(def->until) ? def->until : c->rows ? c->time[c->rows - 1] : 1;
    if (!(p->at.x1 > p->at.x0)) p->at.x1 = p->at.x0 + fmax(fabs(p->at.x0) * 1e-3, 1);
}

static void draw_axes(xt_curve *c, const panel *p, const char *axis) {
    const double u = c->unit;
    const xt_rect plot = p->at.plot;
    const double bottom = plot.y + plot.h;
    xt_tick tick[XT_MAX_TICKS];
    int exponent;
    xt_text_style style = small(c, XT_RIGHT);
    const double half = xt_font_capital(c->font, &style) / 2;
    int count = ticks_of(tick, &exponent, p->at.y0, p->at.y1, 4);
    for (int i = 0; i < count; i++) {
        const double y = floor(bottom - tick[i].at * plot.h);
        xt_image_rect(&c->base, plot.x, y, plot.x + plot.w, y + fmax(1, u), c->palette.rule);
        xt_font_draw(&c->base, c->font, plot.x - 7 * u, y + half + u / 2, tick[i].text, &style);
    }
    if (exponent) {
        char power[32], text[40];
        snprintf(text, sizeof text, "×%s", xt_power_text(exponent, power, sizeof power));
        style.align = XT_LEFT;
        xt_font_draw(&c->base, c->font, p->left, plot.y - 6 * u, text, &style);
    }
    const double line = floor(bottom);
    xt_image_rect(&c->base, plot.x, line, plot.x + plot.w, line + fmax(1, u), c->palette.grey);
    style = small(c, XT_RIGHT);
    char text[64], times[40], power[32];
    count = ticks_of(tick, &exponent, p->at.x0, p->at.x1, plot.w > 400 * u ? 9 : 5);
    snprintf(times, sizeof times, exponent ? ", ×%s" : "", xt_power_text(exponent, power, sizeof power));
    snprintf(text, sizeof text, "%s%s", axis, times);
    const double reserved = plot.x + plot.w - xt_font_width(c->font, text, &style) - 10 * u;
    xt_font_draw(&c->base, c->font, plot.x + plot.w, bottom + 20 * u, text, &style);
    style.align = XT_CENTRE;
    for (int i = 0; i < count; i++) {
        const double x = plot.x + tick[i].at * plot.w;
        xt_image_rect(&c->base, floor(x), line, floor(x) + fmax(1, u), line + 5 * u, c->palette.grey);
        if (x + xt_font_width(c->font, tick[i].text, &style) / 2 < reserved)
            xt_font_draw(&c->base, c->font, x, bottom + 20 * u, tick[i].text, &style);
    }
}

/* Line `line` up to `until` (all of it: INFINITY), with its end interpolated. */
static xt_status draw_line(xt_image *image, int top, const xt_curve *c, const panel *p, int line,
                           double until, double width, xt_colour colour, xt_error *err) {
    const double *v = c->value[line];
    int n = 0;
    for (int r = 0; r < c->rows && c->time[r] <= until; r++, n++) {
        c->point[n][0] = x_of(p, c->time[r]);
        c->point[n][1] = top + y_of(p, v[r]);
    }
    const double last = isfinite(until) ? value_at(c, line, until) : NAN;
    if (n && isfinite(last)) {
        c->point[n][0] = x_of(p, until);
        c->point[n++][1] = top + y_of(p, last);
    }
    const xt_rect plot = p->at.plot;
    const int reach = (int)ceil(width) + 1;
    const int clip[4] = {(int)plot.x - reach, top + (int)plot.y - reach, (int)(plot.x + plot.w) + reach,
                         top + (int)(plot.y + plot.h) + reach};
    return xt_image_polyline(image, (const double(*)[2])c->point, n, width, clip, colour, err);
}

/* ---- the legend: what each line is, and what it is now ---- */

static xt_text_style name_style(const xt_curve *c) {
    return (xt_text_style){.size = 13.5 * c->unit, .colour = c->palette.ink};
}
static xt_text_style value_style(const xt_curve *c, int line) {
    return (xt_text_style){.size = 13.5 * c->unit, .bold = true, .colour = ink_of(c, line)};
}

static void measured_text(char *text, size_t size, const xt_curve *c, int line, double value) {
    char number[48];
    value_text(number, sizeof number, value);
    snprintf(text, size, "%s%s%s", number, c->measure[line][0] ? " " : "", c->measure[line]);
}

/* Each entry has room for its widest value, so that nothing moves while values change; what is too much for
 * the panel is taken from the names. */
static void place_legend(panel *p, const xt_curve *c) {
    const double u = c->unit, gap = 22 * u;
    double wanted[XT_CURVE_LINES], all = (p->lines - 1) * gap;
    for (int i = 0; i < p->lines; i++) {
        const int line = p->line[i];
        const xt_text_style name = name_style(c), bold = value_style(c, line);
        double widest = 0;
        char text[96];
        for (int r = 0; r < c->rows; r += 1 + c->rows / 200) {
            measured_text(text, sizeof text, c, line, c->value[line][r]);
            widest = fmax(widest, xt_font_width(c->font, text, &bold));
        }
        wanted[i] = 26 * u + xt_font_width(c->font, c->name[line], &name) + widest;
        all += wanted[i];
    }
    const double scale = fmin((p->right - p->left) / fmax(all, 1), 1);
    p->begin[0] = p->left;
    for (int i = 0; i < p->lines; i++) p->begin[i + 1] = p->begin[i] + scale * (wanted[i] + gap);
}

static void draw_legend(xt_image *image, int top, const xt_curve *c, const panel *p, double now) {
    const double u = c->unit, y = top + 19 * u;
    for (int i = 0; i < p->lines; i++) {
        const int line = p->line[i];
        const double x = p->begin[i], most = p->begin[i + 1] - x - 22 * u;
        const xt_text_style name = name_style(c), bold = value_style(c, line);
        char value[96], fitted[96];
        measured_text(value, sizeof value, c, line, value_at(c, line, now));
        const double rest = most - 26 * u - xt_font_width(c->font, value, &bold);
        xt_font_fit(c->font, c->name[line], &name, fmax(rest, 8 * u) + 0.5, fitted, sizeof fitted);
        xt_image_rect(image, x, y - 7 * u, x + 14 * u, y - 3.5 * u, ink_of(c, line));
        xt_font_draw(image, c->font, x + 20 * u, y, fitted, &name);
        xt_font_draw(image, c->font, x + 26 * u + xt_font_width(c->font, fitted, &name), y, value, &bold);
    }
}

xt_status xt_curve_paint(xt_image *image, int top, const xt_curve *c, double now, xt_error *err) {
    if (image->width != c->base.width || top < 0 || image->height - top < c->base.height)
        return xt_fail(err, XT_INTERNAL, "a strip of %d x %d pixels at row %d of a picture of %d x %d",
                       c->base.width, c->base.height, top, image->width, image->height);
    const double u = c->unit;
    memcpy(&image->pixel[(size_t)top * (size_t)image->width], c->base.pixel,
           (size_t)c->base.width * (size_t)c->base.height * sizeof *c->base.pixel);
    for (int k = 0; k < c->panels; k++) {
        const panel *p = &c->panel[k];
        const xt_rect plot = p->at.plot;
        const double x = x_of(p, now);
        if (x >= plot.x - 1 && x <= plot.x + plot.w + 1)
            xt_image_rect(image, x - 0.6 * u, top + plot.y - 3 * u, x + 0.6 * u, top + plot.y + plot.h,
                          c->palette.grey);
        for (int i = 0; i < p->lines; i++)
            XT_TRY(draw_line(image, top, c, p, p->line[i], now, 2.4 * u, ink_of(c, p->line[i]), err));
        for (int i = 0; i < p->lines; i++) {
            const double y = top + y_of(p, value_at(c, p->line[i], now));
            if (!isfinite(y)) continue;
            xt_image_line(image, x, y, x, y, 11 * u, c->ground);
            xt_image_line(image, x, y, x, y, 8 * u, ink_of(c, p->line[i]));
        }
        draw_legend(image, top, c, p, now);
    }
    return XT_OK;
}

/* ---- life ---- */

static xt_status check(const xt_curve_def *def, xt_error *err) {
    if (def->lines < 1 || def->lines > XT_CURVE_LINES)
        return xt_fail(err, XT_USAGE, "%d curves; a film shows 1 to %d", def->lines, XT_CURVE_LINES);
    if (def->width < 200) return xt_fail(err, XT_USAGE, "curves %d pixels wide; at least 200", def->width);
    for (int r = 0; r < def->rows; r++)
        if (!isfinite(def->time[r]) || (r && def->time[r] < def->time[r - 1]))
            return xt_fail(err, XT_USAGE, "times of a curve that fall at row %d", r + 1);
    return XT_OK;
}

static xt_status copy(xt_curve *c, const xt_curve_def *def, xt_error *err) {
    const size_t rows = (size_t)def->rows, bytes = (rows + 1) * sizeof(double);
    bool missing = !(c->time = malloc(bytes)) || !(c->point = malloc((rows + 2) * sizeof *c->point));
    for (int i = 0; i < def->lines; i++) missing |= !(c->value[i] = malloc(bytes));
    if (missing) return xt_no_memory(err, "curves", bytes);
    if (rows) memcpy(c->time, def->time, rows * sizeof(double));
    for (int i = 0; i < def->lines; i++) {
        const xt_curve_line *line = &def->line[i];
        if (rows) memcpy(c->value[i], line->value, rows * sizeof(double));
        snprintf(c->name[i], sizeof c->name[i], "%s", line->name);
        for (char *at = c->name[i]; *at; at++)
            if (*at == '_') *at = ' ';
        if (line->unit && strcmp(line->unit, "1") != 0)
            snprintf(c->measure[i], sizeof c->measure[i], "%s", line->unit);
    }
    return XT_OK;
}

/* Lines of one unit to one panel, in the order of their first. */
static void share_out(xt_curve *c) {
    for (int i = 0; i < c->lines; i++) {
        int k = 0;
        while (k < c->panels && strcmp(c->measure[c->panel[k].line[0]], c->measure[i]) != 0) k++;
        if (k == c->panels) c->panels++;
        c->panel[k].line[c->panel[k].lines++] = i;
    }
}

xt_status xt_curve_create(xt_curve **out, const xt_curve_def *def, xt_font *font, xt_error *err) {
    *out = NULL;
    XT_TRY(check(def, err));
    xt_curve *c = calloc(1, sizeof *c);
    if (!c) return xt_no_memory(err, "curves", sizeof *c);
    xt_status status = XT_OK;
    c->font = font;
    c->unit = def->width / 900.0;
    c->palette = xt_palette_of(def->dark);
    c->dark = def->dark;
    c->ground = def->ground;
    c->rows = def->rows;
    c->lines = def->lines;
    XT_GO(copy(c, def, err));
    XT_GO(xt_image_create(&c->base, def->width, (int)ceil(184 * c->unit), def->ground, err));
    share_out(c);
    const double u = c->unit, gap = 28 * u, each = (def->width - 60 * u - (c->panels - 1) * gap) / c->panels;
    for (int k = 0; k < c->panels; k++) {
        panel *p = &c->panel[k];
        p->left = 30 * u + k * (each + gap);
        p->right = p->left + each;
        place(p, c, def);
        place_legend(p, c);
        draw_axes(c, p, def->axis);
        for (int i = 0; i < p->lines; i++) {
            const xt_colour faint = xt_colour_mix(c->ground, ink_of(c, p->line[i]), 0.32);
            XT_GO(draw_line(&c->base, 0, c, p, p->line[i], INFINITY, 1.6 * u, faint, err));
        }
    }
done:
    if (status != XT_OK) {
        xt_curve_free(c);
        c = NULL;
    }
    *out = c;
    return status;
}

void xt_curve_free(xt_curve *c) {
    if (!c) return;
    xt_image_free(&c->base);
    free(c->time);
    free(c->point);
    for (int i = 0; i < XT_CURVE_LINES; i++) free(c->value[i]);
    free(c);
}

int xt_curve_height(const xt_curve *c) { return c->base.height; }

int xt_curve_panels(xt_curve_panel *out, const xt_curve *c, int index) {
    if (out && index >= 0 && index < c->panels) *out = c->panel[index].at;
    return c->panels;
}
