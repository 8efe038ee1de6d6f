#include "draw/curve_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "draw/polyline.h"

/* Blue, vermilion, green, purple: apart for colour-blind readers too, and in lightness. */
static const unsigned inks[2][XT_CURVE_LINES] = {{0x0b65b0, 0xd1540a, 0x1a9570, 0xa04a86},
                                                 {0x62b6f0, 0xffa15e, 0x5fd9b0, 0xe8a3cf}};

xt_colour xt_curve_ink(const xt_curve *c, int line) { return xt_colour_hex(inks[c->dark][line]); }

static xt_text_style small(const xt_curve *c, xt_align align) {
    return (xt_text_style){.size = 13 * c->unit, .align = align, .colour = c->palette.grey};
}

/* ---- the values ---- */

double xt_curve_value(const xt_curve *c, int line, double now) {
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

static void find_limits(xt_curve_part *p, const xt_curve *c) {
    double low = INFINITY, high = -INFINITY;
    for (int i = 0; i < p->lines; i++)
        for (int r = 0; r < c->rows; r++) {
            const double v = c->value[p->line[i]][r];
            if (!isfinite(v)) continue;
            low = fmin(low, v);
            high = fmax(high, v);
        }
    for (int k = 0; k < c->bands; k++)
        for (int i = 0; i < p->lines; i++) {
            if (c->band[k].line != p->line[i]) continue;
            low = fmin(low, fmin(c->band[k].low[0], c->band[k].low[1]));
            high = fmax(high, fmax(c->band[k].high[0], c->band[k].high[1]));
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

static double x_of(const xt_curve_part *p, double time) {
    const xt_curve_panel *a = &p->at;
    return a->plot.x + (time - a->x0) / (a->x1 - a->x0) * a->plot.w;
}
static double y_of(const xt_curve_part *p, double value) {
    const xt_curve_panel *a = &p->at;
    return a->plot.y + (a->y1 - value) / (a->y1 - a->y0) * a->plot.h;
}

static int ticks_of(xt_tick tick[XT_MAX_TICKS], int *exponent, double low, double high, int wanted) {
    const xt_scale scale = {.low = low, .high = high};
    return xt_scale_ticks(tick, exponent, &scale, wanted);
}

/* Labels of the value axis decide how far right its plot begins. */
static void place(xt_curve_part *p, const xt_curve *c, const xt_curve_def *def) {
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

static void draw_axes(xt_curve *c, const xt_curve_part *p, const char *axis) {
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

/* Column by column, inside the plot. */
static void draw_band(xt_curve *c, const xt_curve_part *p, const xt_curve_band *band) {
    const xt_rect plot = p->at.plot;
    const xt_colour fill = xt_curve_ink(c, band->line);
    const double x0 = x_of(p, band->from), x1 = fmax(x_of(p, band->to), x0 + 1);
    const double left = fmax(x0, plot.x), right = fmin(x1, plot.x + plot.w);
    for (int x = (int)left; x < right; x++) {
        const double t = fmin(fmax((x + 0.5 - x0) / (x1 - x0), 0), 1);
        const double high = y_of(p, band->high[0] + t * (band->high[1] - band->high[0]));
        const double low = y_of(p, band->low[0] + t * (band->low[1] - band->low[0]));
        xt_colour pale = fill;
        pale.a = (uint16_t)(pale.a * 0.16);
        xt_image_rect(&c->base, fmax(x, left), fmax(high, plot.y), fmin(x + 1, right),
                      fmin(low, plot.y + plot.h), pale);
    }
}

/* Do the first half's curves of the panel leave a strip of the plot free, above (or below) this share of it?
 */
static bool is_free(const xt_curve *c, const xt_curve_part *p, bool above, double share) {
    const double edge = p->at.y0 + share * (p->at.y1 - p->at.y0);
    for (int i = 0; i < p->lines; i++)
        for (int r = 0; r < c->rows && c->time[r] < (p->at.x0 + p->at.x1) / 2; r++) {
            const double v = c->value[p->line[i]][r];
            if (above ? v > edge : v < edge) return false;
        }
    return true;
}

static bool draw_bands(xt_curve *c, const xt_curve_part *p) {
    bool any = false;
    for (int i = 0; i < c->bands; i++)
        for (int n = 0; n < p->lines; n++)
            if (c->band[i].line == p->line[n]) {
                draw_band(c, p, &c->band[i]);
                any = true;
            }
    return any;
}

/* What the numbers are relative to, and what is shaded, in a corner that is free. */
static void draw_note(xt_curve *c, const xt_curve_part *p, const char *bands) {
    bool relative = true;
    for (int i = 0; i < p->lines; i++) relative &= c->relative[p->line[i]];
    char text[160];
    snprintf(text, sizeof text, "%s%s%s", relative ? "1 = at the start" : "", relative && bands ? " · " : "",
             bands ? bands : "");
    const xt_text_style style = {.size = 12 * c->unit, .colour = c->palette.grey};
    const xt_rect plot = p->at.plot;
    const bool top = !is_free(c, p, false, 0.2) && is_free(c, p, true, 0.8);
    char fitted[160];
    xt_font_fit(c->font, text, &style, plot.w - 10 * c->unit, fitted, sizeof fitted);
    xt_font_draw(&c->base, c->font, plot.x + 5 * c->unit,
                 plot.y + (top ? 14 * c->unit : plot.h - 6 * c->unit), fitted, &style);
}

/* Line `line` up to `until` (all of it: INFINITY), with its end interpolated. */
static xt_status draw_line(xt_image *image, int top, const xt_curve *c, const xt_curve_part *p, int line,
                           double until, double width, xt_colour colour, xt_error *err) {
    const double *v = c->value[line];
    int n = 0;
    for (int r = 0; r < c->rows && c->time[r] <= until; r++, n++) {
        c->point[n][0] = x_of(p, c->time[r]);
        c->point[n][1] = top + y_of(p, v[r]);
    }
    const double last = isfinite(until) ? xt_curve_value(c, line, until) : NAN;
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

xt_status xt_curve_paint(xt_image *image, int top, const xt_curve *c, double now, xt_error *err) {
    if (image->width != c->base.width || top < 0 || image->height - top < c->base.height)
        return xt_fail(err, XT_INTERNAL, "a strip of %d x %d pixels at row %d of a picture of %d x %d",
                       c->base.width, c->base.height, top, image->width, image->height);
    const double u = c->unit;
    memcpy(&image->pixel[(size_t)top * (size_t)image->width], c->base.pixel,
           (size_t)c->base.width * (size_t)c->base.height * sizeof *c->base.pixel);
    for (int k = 0; k < c->panels; k++) {
        const xt_curve_part *p = &c->panel[k];
        const xt_rect plot = p->at.plot;
        const double x = x_of(p, now);
        if (x >= plot.x - 1 && x <= plot.x + plot.w + 1)
            xt_image_rect(image, x - 0.6 * u, top + plot.y - 3 * u, x + 0.6 * u, top + plot.y + plot.h,
                          c->palette.grey);
        for (int i = 0; i < p->lines; i++)
            XT_TRY(draw_line(image, top, c, p, p->line[i], now, 2.4 * u, xt_curve_ink(c, p->line[i]), err));
        for (int i = 0; i < p->lines; i++) {
            const double y = top + y_of(p, xt_curve_value(c, p->line[i], now));
            if (!isfinite(y)) continue;
            xt_image_line(image, x, y, x, y, 11 * u, c->ground);
            xt_image_line(image, x, y, x, y, 8 * u, xt_curve_ink(c, p->line[i]));
        }
        xt_curve_draw_legend(image, top, c, p, now);
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

static void keep_bands(xt_curve *c, const xt_curve_def *def) {
    for (int k = 0; k < def->bands && c->bands < XT_CURVE_BANDS; k++) {
        const xt_curve_band *b = &def->band[k];
        const double all = b->from + b->to + b->low[0] + b->low[1] + b->high[0] + b->high[1];
        if (isfinite(all) && b->line >= 0 && b->line < def->lines && b->to >= b->from)
            c->band[c->bands++] = *b;
    }
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
        c->relative[i] = line->relative;
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
    bool said = false;
    c->font = font;
    c->unit = def->width / 900.0;
    c->palette = xt_palette_of(def->dark);
    c->dark = def->dark;
    c->ground = def->ground;
    c->rows = def->rows;
    c->lines = def->lines;
    XT_GO(copy(c, def, err));
    XT_GO(xt_image_create(&c->base, def->width, (int)ceil(184 * c->unit), def->ground, err));
    keep_bands(c, def);
    share_out(c);
    xt_curve_share_width(c, def->width);
    for (int k = 0; k < c->panels; k++) {
        xt_curve_part *p = &c->panel[k];
        place(p, c, def);
        draw_axes(c, p, def->axis);
        const bool shaded = draw_bands(c, p);
        draw_note(c, p, shaded && !said ? def->band_name : NULL);
        said |= shaded;
        for (int i = 0; i < p->lines; i++) {
            const xt_colour faint = xt_colour_mix(c->ground, xt_curve_ink(c, p->line[i]), 0.32);
            XT_GO(draw_line(&c->base, 0, c, p, p->line[i], INFINITY, 1.6 * c->unit, faint, err));
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
