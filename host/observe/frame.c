/* The page: where title, slice, colour bar or legend, scale bar and note lie, and drawing them. */
#include "observe/frame.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "observe/frame_parts.h"

enum { NOTE_LINES = 3, NAME_SIZE = 96 };

/* Everything known of a page before the picture exists. Lengths are pixels; `unit` is one of them on a page
 * 900 wide. */
typedef struct {
    const xt_frame_def *def;
    xt_font *font;
    xt_frame_palette palette;
    double unit, margin;
    xt_text_style title, subtitle, body, small;
    xt_frame_layout layout;
    double area_x, area_y, area_w, area_h; /* what slice and column share, without margins */
    double column;                         /* width of the colour bar or legend with its gap */
    double letters;                        /* room for the letters at the sides */
    xt_frame_scale scale;
    xt_tick tick[XT_MAX_TICKS];
    int ticks;
    char bar_label[256];
    bool present[256];
    char note[NOTE_LINES][512];
    int notes;
} page;

void xt_frame_def_default(xt_frame_def *def) {
    *def = (xt_frame_def){.kind = XT_FRAME_FIELD,
                          .spacing = {1, 1},
                          .low = NAN,
                          .high = NAN,
                          .map = XT_MAP_GLOW,
                          .width = 900,
                          .time = NAN};
}

static xt_status check(const xt_frame_def *def, xt_error *err) {
    const bool label = def->kind == XT_FRAME_LABEL;
    if (def->nx < 1 || def->ny < 1 || def->nx > 1 << 15 || def->ny > 1 << 15)
        return xt_fail(err, XT_USAGE, "a picture of %d x %d voxels", def->nx, def->ny);
    if (!(def->spacing[0] > 0) || !(def->spacing[1] > 0) || !isfinite(def->spacing[0] + def->spacing[1]))
        return xt_fail(err, XT_USAGE, "a picture with voxels of %g x %g mm", def->spacing[0],
                       def->spacing[1]);
    if (def->width < 200 || def->width > 8192 || def->height < 0 || def->height > 8192 ||
        (def->height > 0 && def->height < 150))
        return xt_fail(
            err, XT_USAGE,
            "a picture of %d x %d pixels; the width must be 200 to 8192, the height 150 to 8192 or 0",
            def->width, def->height);
    if (label ? !def->tissue : !def->value)
        return xt_fail(err, XT_INTERNAL, "a picture without %s", label ? "tissues" : "values");
    if (def->tissue_count < 0 || (def->tissue_count > 0 && (!def->tissue_name || !def->tissue_colour)))
        return xt_fail(err, XT_INTERNAL, "a picture of %d tissues without names", def->tissue_count);
    return XT_OK;
}

static void choose_style(page *p) {
    const bool dark = p->def->dark;
    p->palette = (xt_frame_palette){
        .ground = xt_colour_hex(dark ? 0x101418 : 0xffffff),
        .ink = xt_colour_hex(dark ? 0xeceff2 : 0x1a1e24),
        .grey = xt_colour_hex(dark ? 0x9aa4af : 0x5c6672),
        .rule = xt_colour_hex(dark ? 0x3a434d : 0xd4d9df),
        .missing = xt_colour_hex(dark ? 0x3b4046 : 0xe6e6e6),
        .missing_line = xt_colour_hex(dark ? 0x5d646c : 0xb4b4b4),
    };
    p->unit = p->def->width / 900.0;
    p->margin = 30 * p->unit;
    p->title = (xt_text_style){.size = 21 * p->unit, .bold = true, .colour = p->palette.ink};
    p->subtitle = (xt_text_style){.size = 15.5 * p->unit, .colour = p->palette.grey};
    p->body = (xt_text_style){.size = 15 * p->unit, .colour = p->palette.ink};
    p->small = (xt_text_style){.size = 13.5 * p->unit, .colour = p->palette.grey};
}

/* "periosteum_outer" -> "periosteum outer". */
static const char *shown_name(const char *name, char *buffer, size_t size) {
    snprintf(buffer, size, "%s", name);
    for (char *c = buffer; *c; c++)
        if (*c == '_') *c = ' ';
    return buffer;
}

/* Break the note into lines at spaces; what does not fit in NOTE_LINES is cut with an ellipsis. */
static void break_note(page *p) {
    const double width = p->def->width - 2 * p->margin;
    const char *rest = p->def->note;
    while (p->font && rest && *rest && p->notes < NOTE_LINES) {
        char *line = p->note[p->notes];
        const size_t size = sizeof p->note[0];
        size_t used = 0;
        for (size_t end = strcspn(rest, " ");; end += 1 + strcspn(rest + end + 1, " ")) {
            if (end < size) snprintf(line, size, "%.*s", (int)end, rest);
            if (used > 0 && (end >= size || xt_font_width(p->font, line, &p->small) > width)) break;
            used = end;
            if (!rest[end]) break;
        }
        const bool last = p->notes == NOTE_LINES - 1;
        char whole[sizeof p->note[0]];
        snprintf(whole, size, "%.*s", last ? (int)size - 1 : (int)(used < size ? used : size - 1), rest);
        xt_font_fit(p->font, whole, &p->small, width, line, size);
        p->notes++;
        rest += used;
        while (*rest == ' ') rest++;
    }
}

static xt_status prepare_scale(page *p, xt_error *err) {
    const xt_frame_def *def = p->def;
    p->scale.log = def->log;
    xt_colormap_make(&p->scale.map, def->map);
    XT_TRY(xt_frame_limits(&p->scale.low, &p->scale.high, def, err));
    const double slack = 1e-6 * fmax(fabs(p->scale.low), fabs(p->scale.high));
    const size_t n = (size_t)def->nx * (size_t)def->ny;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(def->value[i]) || (def->tissue && !def->tissue[i])) continue;
        if (def->value[i] < p->scale.low - slack && !(def->log && def->value[i] == 0)) p->scale.below = true;
        if (def->value[i] > p->scale.high + slack) p->scale.above = true;
    }
    int exponent;
    p->ticks = xt_scale_ticks(p->tick, &exponent, &p->scale, 6);
    const bool unit = def->unit && def->unit[0] && strcmp(def->unit, "1") != 0;
    char power[48] = "", name[128];
    if (exponent) xt_power_text(exponent, power, sizeof power);
    shown_name(def->label ? def->label : "", name, sizeof name);
    if (unit || exponent)
        snprintf(p->bar_label, sizeof p->bar_label, "%s (%s%s%s)", name, power, unit && exponent ? " " : "",
                 unit ? def->unit : "");
    else
        snprintf(p->bar_label, sizeof p->bar_label, "%s", name);
    p->layout.low = p->scale.low;
    p->layout.high = p->scale.high;
    return XT_OK;
}

static double column_width(page *p) {
    double widest = 0;
    if (p->def->kind != XT_FRAME_LABEL) {
        for (int i = 0; i < p->ticks; i++)
            widest = fmax(widest, xt_font_width(p->font, p->tick[i].text, &p->small));
        return (26 + 20 + 10 + 10) * p->unit + widest + (p->bar_label[0] ? 1.35 * p->body.size : 0);
    }
    xt_frame_present(p->present, p->def);
    char name[NAME_SIZE];
    for (int t = 1; t <= p->def->tissue_count; t++)
        if (p->present[t])
            widest =
                fmax(widest, xt_font_width(p->font, shown_name(p->def->tissue_name[t - 1], name, sizeof name),
                                           &p->body));
    return (26 + 16 + 9) * p->unit + fmin(widest, 0.3 * p->def->width);
}

/* Sizes from the outside in. */
static void lay_out(page *p) {
    const xt_frame_def *def = p->def;
    const double u = p->unit;
    xt_frame_layout *l = &p->layout;
    l->width = def->width;
    for (int k = 0; k < 4; k++)
        if (def->side[k] && def->side[k][0]) p->letters = 20 * u;
    const double head = p->margin + (def->title ? 27 * u : 0) + (def->subtitle ? 23 * u : 0) +
                        (def->title || def->subtitle ? 14 * u : 0);
    const double foot = 40 * u + (p->notes > 0 ? 8 * u + 19 * u * p->notes : 0) + 0.7 * p->margin;
    p->column = column_width(p);
    p->area_x = p->margin;
    p->area_y = head;
    p->area_w = def->width - 2 * p->margin;
    const double mm_w = def->nx * def->spacing[0], mm_h = def->ny * def->spacing[1];
    const double most_w = p->area_w - p->column - 2 * p->letters;
    double most_h = def->height - head - foot - 2 * p->letters;
    if (def->height == 0) {
        const double low = 0.45 * def->width - head - foot, high = 1.6 * def->width - head - foot;
        most_h = fmin(fmax(most_w * mm_h / mm_w, low - 2 * p->letters), high);
    }
    most_h = fmax(most_h, 20 * u);
    l->per_mm = fmin(most_w / mm_w, most_h / mm_h);
    l->w = mm_w * l->per_mm;
    l->h = mm_h * l->per_mm;
    p->area_h = most_h + 2 * p->letters;
    l->height = def->height ? def->height : (int)lround(head + p->area_h + foot);
    /* On whole pixels where it can be: voxels of a whole number of pixels then look alike. */
    l->x = floor(p->area_x + p->letters + (most_w - l->w) / 2);
    l->y = floor(p->area_y + p->letters + (most_h - l->h) / 2);
    l->bar_mm = xt_nice_below(0.3 * mm_w);
    l->bar_x = l->x;
    l->bar_y = floor(p->area_y + p->area_h + 18 * u);
}

static void draw_head(xt_image *image, page *p) {
    char text[512];
    double y = p->margin;
    if (p->def->title) {
        y += 18 * p->unit;
        xt_font_draw(image, p->font, p->margin, y,
                     xt_font_fit(p->font, p->def->title, &p->title, p->area_w, text, sizeof text), &p->title);
        y += 9 * p->unit;
    }
    if (p->def->subtitle)
        xt_font_draw(image, p->font, p->margin, y + 15 * p->unit,
                     xt_font_fit(p->font, p->def->subtitle, &p->subtitle, p->area_w, text, sizeof text),
                     &p->subtitle);
}

static void draw_sides(xt_image *image, page *p) {
    const xt_frame_layout *l = &p->layout;
    xt_text_style style = p->subtitle;
    style.align = XT_CENTRE;
    const double half = xt_font_capital(p->font, &style) / 2, gap = 11 * p->unit;
    const double where[4][2] = {{l->x - gap, l->y + l->h / 2},
                                {l->x + l->w + gap, l->y + l->h / 2},
                                {l->x + l->w / 2, l->y + l->h + gap},
                                {l->x + l->w / 2, l->y - gap}};
    for (int k = 0; k < 4; k++)
        xt_font_draw(image, p->font, where[k][0], where[k][1] + half, p->def->side[k], &style);
}

/* A length in the unit that makes it a small whole number. */
static void length_text(char *text, size_t size, double mm) {
    if (mm >= 1000)
        snprintf(text, size, "%g m", mm / 1000);
    else if (mm >= 10)
        snprintf(text, size, "%g cm", mm / 10);
    else if (mm >= 1)
        snprintf(text, size, "%g mm", mm);
    else
        snprintf(text, size, "%g µm", mm * 1000);
}

static void draw_scale_bar(xt_image *image, page *p) {
    const xt_frame_layout *l = &p->layout;
    const double u = p->unit, thick = 5 * u, end = l->bar_x + l->bar_mm * l->per_mm;
    char text[96], a[32];
    xt_image_rect(image, l->bar_x, l->bar_y, end, l->bar_y + thick, p->palette.ink);
    length_text(text, sizeof text, l->bar_mm);
    const double base = l->bar_y + thick / 2 + xt_font_capital(p->font, &p->body) / 2;
    xt_font_draw(image, p->font, end + 10 * u, base, text, &p->body);
    const double used = end + 10 * u + xt_font_width(p->font, text, &p->body) + 20 * u;
    if (p->def->spacing[0] == p->def->spacing[1])
        snprintf(text, sizeof text, "voxel %.4g mm", p->def->spacing[0]);
    else {
        snprintf(a, sizeof a, "%.4g", p->def->spacing[0]);
        snprintf(text, sizeof text, "voxel %s × %.4g mm", a, p->def->spacing[1]);
    }
    xt_text_style style = p->small;
    style.align = XT_RIGHT;
    const double right = fmax(l->x + l->w, used + xt_font_width(p->font, text, &style));
    xt_font_draw(image, p->font, right, base, text, &style);
}

static void draw_note(xt_image *image, page *p) {
    for (int i = 0; i < p->notes; i++)
        xt_font_draw(image, p->font, p->margin, p->layout.bar_y + (5 + 34 + 19 * i) * p->unit, p->note[i],
                     &p->small);
}

static void draw_bar_ends(xt_image *image, page *p, double x, double y, double w, double h) {
    const double tip = 0.75 * w;
    const double gap = 2;
    const double up[3][2] = {{x, y - gap}, {x + w, y - gap}, {x + w / 2, y - gap - tip}};
    const double down[3][2] = {{x, y + h + gap}, {x + w, y + h + gap}, {x + w / 2, y + h + gap + tip}};
    if (p->scale.above) xt_image_polygon(image, up, 3, p->scale.map.step[XT_MAP_STEPS - 1]);
    if (p->scale.below) xt_image_polygon(image, down, 3, p->scale.map.step[0]);
    const xt_colour line = p->palette.grey;
    for (int k = 0; k < 3; k++) {
        const int next = (k + 1) % 3;
        if (p->scale.above) xt_image_line(image, up[k][0], up[k][1], up[next][0], up[next][1], 0.6, line);
        if (p->scale.below)
            xt_image_line(image, down[k][0], down[k][1], down[next][0], down[next][1], 0.6, line);
    }
    const double corner[4][2] = {{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}};
    for (int k = 0; k < 4; k++)
        xt_image_line(image, corner[k][0], corner[k][1], corner[(k + 1) % 4][0], corner[(k + 1) % 4][1], 0.6,
                      line);
}

static void draw_colour_bar(xt_image *image, page *p) {
    const xt_frame_layout *l = &p->layout;
    const double u = p->unit, w = floor(20 * u);
    const double h = floor(fmin(fmax(l->h, fmin(200 * u, p->area_h)) - 30 * u, 480 * u));
    const double x = floor(l->x + l->w + p->letters + 26 * u), y = floor(l->y + (l->h - h) / 2);
    for (int i = 0; i < (int)h; i++)
        xt_image_rect(image, x, y + i, x + w, y + i + 1, xt_colormap_at(&p->scale.map, 1 - (i + 0.5) / h));
    draw_bar_ends(image, p, x, y, w, h);
    double widest = 0;
    xt_text_style style = p->small;
    style.colour = p->palette.ink;
    const double half = xt_font_capital(p->font, &style) / 2;
    for (int i = 0; i < p->ticks; i++) {
        const double at = y + h * (1 - p->tick[i].at), length = (p->tick[i].text[0] ? 6 : 3.5) * u;
        xt_image_rect(image, x + w, at - 0.5 * u, x + w + length, at + 0.5 * u, p->palette.ink);
        xt_font_draw(image, p->font, x + w + 10 * u, at + half, p->tick[i].text, &style);
        widest = fmax(widest, xt_font_width(p->font, p->tick[i].text, &style));
    }
    xt_text_style axis = p->body;
    axis.upward = true;
    axis.align = XT_CENTRE;
    char text[256];
    xt_font_draw(image, p->font, x + w + 20 * u + widest + xt_font_capital(p->font, &axis), y + h / 2,
                 xt_font_fit(p->font, p->bar_label, &axis, p->area_h, text, sizeof text), &axis);
}

static void draw_legend(xt_image *image, page *p) {
    const xt_frame_layout *l = &p->layout;
    const double u = p->unit, box = 16 * u;
    int shown = 0;
    for (int t = 1; t <= p->def->tissue_count; t++) shown += p->present[t];
    if (shown == 0) return;
    const double step = fmin(27 * u, p->area_h / shown);
    const double x = floor(l->x + l->w + p->letters + 26 * u);
    double y = floor(l->y + (l->h - step * shown + step - box) / 2);
    for (int t = 1; t <= p->def->tissue_count; t++) {
        if (!p->present[t]) continue;
        char name[NAME_SIZE], cut[NAME_SIZE];
        const xt_colour line = xt_colour_mix(p->palette.ink, p->palette.ground, 0.3);
        xt_image_rect(image, x, y, x + box, y + box, line);
        xt_image_rect(image, x + 1, y + 1, x + box - 1, y + box - 1,
                      xt_colour_hex(p->def->tissue_colour[t - 1]));
        shown_name(p->def->tissue_name[t - 1], name, sizeof name);
        xt_font_fit(p->font, name, &p->body, 0.3 * p->def->width, cut, sizeof cut);
        xt_font_draw(image, p->font, x + box + 9 * u, y + box / 2 + xt_font_capital(p->font, &p->body) / 2,
                     cut, &p->body);
        y += step;
    }
}

/* A hairline where the box cuts through tissue, so that the cut does not look like skin. */
static void draw_cut(xt_image *image, page *p) {
    const xt_frame_layout *l = &p->layout;
    const xt_frame_def *def = p->def;
    bool cut = !def->tissue;
    for (int i = 0; i < def->nx && !cut; i++)
        cut = def->tissue[i] || def->tissue[(size_t)(def->ny - 1) * (size_t)def->nx + (size_t)i];
    for (int j = 0; j < def->ny && !cut; j++)
        cut = def->tissue[(size_t)j * (size_t)def->nx] || def->tissue[(size_t)(j + 1) * (size_t)def->nx - 1];
    if (!cut) return;
    const double x1 = l->x + l->w, y1 = l->y + l->h;
    const xt_colour c = p->palette.rule;
    xt_image_rect(image, l->x - 1, l->y - 1, x1 + 1, l->y, c);
    xt_image_rect(image, l->x - 1, y1, x1 + 1, y1 + 1, c);
    xt_image_rect(image, l->x - 1, l->y, l->x, y1, c);
    xt_image_rect(image, x1, l->y, x1 + 1, y1, c);
}

xt_status xt_frame_draw(xt_image *image, xt_frame_layout *layout, const xt_frame_def *def, xt_font *font,
                        xt_error *err) {
    *image = (xt_image){0};
    XT_TRY(check(def, err));
    page *p = calloc(1, sizeof *p);
    if (!p) return xt_no_memory(err, "a picture", sizeof *p);
    xt_status status = XT_OK;
    const bool label = def->kind == XT_FRAME_LABEL;
    p->def = def;
    p->font = font;
    choose_style(p);
    break_note(p);
    if (!label) XT_GO(prepare_scale(p, err));
    lay_out(p);
    XT_GO(xt_image_create(image, p->layout.width, p->layout.height, p->palette.ground, err));
    XT_GO(xt_frame_paint(image, &p->layout, def, label ? NULL : &p->scale, &p->palette, err));
    draw_cut(image, p);
    draw_head(image, p);
    draw_sides(image, p);
    if (label)
        draw_legend(image, p);
    else
        draw_colour_bar(image, p);
    draw_scale_bar(image, p);
    draw_note(image, p);
    if (layout) *layout = p->layout;
done:
    if (status != XT_OK) xt_image_free(image);
    free(p);
    return status;
}

xt_status xt_frame_write(const char *path, const xt_frame_def *def, xt_font *font, xt_error *err) {
    xt_image image;
    XT_TRY(xt_frame_draw(&image, NULL, def, font, err));
    char time[40];
    snprintf(time, sizeof time, "%.9g d", def->time);
    const xt_png_text text[] = {
        {"Title", def->title},
        {"Description", def->subtitle},
        {"Scene", def->scene},
        {"Time", isfinite(def->time) ? time : NULL},
        {"Field", def->kind == XT_FRAME_LABEL ? "tissue" : def->label},
        {"Units", def->kind == XT_FRAME_LABEL ? NULL
                  : def->unit                 ? def->unit
                                              : "1"},
        {"Comment", def->note},
        {"Software", def->software},
    };
    xt_status status = xt_png_write(path, &image, 8, text, (int)(sizeof text / sizeof *text), err);
    xt_image_free(&image);
    return status;
}
