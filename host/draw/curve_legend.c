#include <math.h>
#include <stdio.h>
#include <string.h>
#include "draw/curve_parts.h"

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

static xt_text_style name_style(const xt_curve *c) {
    return (xt_text_style){.size = 13.5 * c->unit, .colour = c->palette.ink};
}
static xt_text_style value_style(const xt_curve *c, int line) {
    return (xt_text_style){.size = 13.5 * c->unit, .bold = true, .colour = xt_curve_ink(c, line)};
}

static void measured_text(char *text, size_t size, const xt_curve *c, int line, double value) {
    char number[48];
    value_text(number, sizeof number, value);
    snprintf(text, size, "%s%s%s", number, c->measure[line][0] ? " " : "", c->measure[line]);
}

static double legend_gap(const xt_curve *c) { return 18 * c->unit; }

/* Each entry has room for its widest value, so that nothing moves while values change. */
static void measure_legend(xt_curve_part *p, const xt_curve *c) {
    p->legend = (p->lines - 1) * legend_gap(c);
    p->begin[0] = 0;
    for (int i = 0; i < p->lines; i++) {
        const int line = p->line[i];
        const xt_text_style name = name_style(c), bold = value_style(c, line);
        double widest = 0;
        char text[96];
        for (int r = 0; r < c->rows; r += 1 + c->rows / 200) {
            measured_text(text, sizeof text, c, line, c->value[line][r]);
            widest = fmax(widest, xt_font_width(c->font, text, &bold));
        }
        const double wanted = 28 * c->unit + xt_font_width(c->font, c->name[line], &name) + widest;
        p->begin[i + 1] = p->begin[i] + wanted + legend_gap(c);
        p->legend += wanted;
    }
}

/* Panels are as wide as their legends need, and share what is left; what is too much is taken from the names.
 */
void xt_curve_share_width(xt_curve *c, double width) {
    const double u = c->unit, gap = 28 * u, room = width - 60 * u - (c->panels - 1) * gap;
    double wanted = 0, left = 30 * u;
    for (int k = 0; k < c->panels; k++) {
        measure_legend(&c->panel[k], c);
        c->panel[k].legend = fmax(c->panel[k].legend, 150 * u);
        wanted += c->panel[k].legend;
    }
    const double scale = fmin(room / wanted, 1), more = fmax(room - wanted, 0) / c->panels;
    for (int k = 0; k < c->panels; k++) {
        xt_curve_part *p = &c->panel[k];
        p->left = left;
        p->right = left + scale * p->legend + more;
        for (int i = 0; i <= p->lines; i++) p->begin[i] = left + scale * p->begin[i];
        left = p->right + gap;
    }
}

void xt_curve_draw_legend(xt_image *image, int top, const xt_curve *c, const xt_curve_part *p, double now) {
    const double u = c->unit, y = top + 19 * u;
    for (int i = 0; i < p->lines; i++) {
        const int line = p->line[i];
        const double x = p->begin[i], most = p->begin[i + 1] - x - legend_gap(c);
        const xt_text_style name = name_style(c), bold = value_style(c, line);
        char value[96], fitted[96];
        measured_text(value, sizeof value, c, line, xt_curve_value(c, line, now));
        const double rest = most - 26 * u - xt_font_width(c->font, value, &bold);
        xt_font_fit(c->font, c->name[line], &name, fmax(rest, 8 * u) + 0.5, fitted, sizeof fitted);
        xt_image_rect(image, x, y - 7 * u, x + 14 * u, y - 3.5 * u, xt_curve_ink(c, line));
        xt_font_draw(image, c->font, x + 20 * u, y, fitted, &name);
        xt_font_draw(image, c->font, x + 26 * u + xt_font_width(c->font, fitted, &name), y, value, &bold);
    }
}
