/* The page before anything is drawn: what is on it, how large it is and where it lies. */
#include "draw/page.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "draw/page_parts.h"

void xt_page_def_default(xt_page_def *def) { *def = (xt_page_def){.panels = 1, .width = 900}; }

xt_palette xt_palette_of(bool dark) {
    return (xt_palette){
        .ground = xt_colour_hex(dark ? 0x101418 : 0xffffff),
        .ink = xt_colour_hex(dark ? 0xeceff2 : 0x1a1e24),
        .grey = xt_colour_hex(dark ? 0x9aa4af : 0x5c6672),
        .rule = xt_colour_hex(dark ? 0x3a434d : 0xd4d9df),
        .missing = xt_colour_hex(dark ? 0x3b4046 : 0xe6e6e6),
        .missing_line = xt_colour_hex(dark ? 0x5d646c : 0xb4b4b4),
        .badge = xt_colour_hex(dark ? 0xd9a62e : 0xf3c24b),
        .badge_ink = xt_colour_hex(0x2b2104),
    };
}

const char *xt_shown_name(const char *name, char *buffer, size_t size) {
    snprintf(buffer, size, "%s", name ? name : "");
    for (char *c = buffer; *c; c++)
        if (*c == '_') *c = ' ';
    return buffer;
}

static xt_status check(const xt_page_def *def, xt_error *err) {
    if (def->width < 200 || def->width > 8192 || def->height < 0 || def->height > 8192 ||
        (def->height > 0 && def->height < 150))
        return xt_fail(
            err, XT_USAGE,
            "a picture of %d x %d pixels; the width must be 200 to 8192, the height 150 to 8192 or 0",
            def->width, def->height);
    if (def->panels < 1 || def->panels > XT_PAGE_PANELS)
        return xt_fail(err, XT_USAGE, "a page of %d pictures; at most %d", def->panels, XT_PAGE_PANELS);
    if (def->bars < 0 || def->bars > XT_PAGE_BARS || def->keys < 0 || def->keys > XT_PAGE_KEYS)
        return xt_fail(err, XT_INTERNAL, "a page of %d bars and %d names", def->bars, def->keys);
    for (int i = 0; i < def->panels; i++)
        if (!(def->panel[i].width > 0) || !(def->panel[i].height > 0) ||
            !isfinite(def->panel[i].width + def->panel[i].height) || def->panel[i].bar >= def->bars)
            return xt_fail(err, XT_USAGE, "a panel of %g x %g mm", def->panel[i].width, def->panel[i].height);
    return XT_OK;
}

static void choose_style(xt_page *page) {
    xt_page_private *p = page->own;
    /* A page that is wide for its height keeps its letters small enough to leave room for the picture. */
    const double u = page->unit =
        p->def.height > 0 ? fmin(p->def.width / 900.0, p->def.height / 620.0) : p->def.width / 900.0;
    page->palette = xt_palette_of(p->def.dark);
    p->margin = 30 * u;
    p->title = (xt_text_style){.size = 21 * u, .bold = true, .colour = page->palette.ink};
    p->subtitle = (xt_text_style){.size = 15.5 * u, .colour = page->palette.grey};
    p->body = (xt_text_style){.size = 15 * u, .colour = page->palette.ink};
    p->small = (xt_text_style){.size = 13.5 * u, .colour = page->palette.grey};
}

/* Break the note into lines at spaces; what does not fit in XT_NOTE_LINES is cut with an ellipsis. */
static void break_note(xt_page_private *p) {
    const double width = p->def.width - 2 * p->margin;
    const char *rest = p->def.note;
    while (p->font && rest && *rest && p->notes < XT_NOTE_LINES) {
        char *line = p->note[p->notes];
        const size_t size = sizeof p->note[0];
        size_t used = 0;
        for (size_t end = strcspn(rest, " ");; end += 1 + strcspn(rest + end + 1, " ")) {
            if (end < size) snprintf(line, size, "%.*s", (int)end, rest);
            if (used > 0 && (end >= size || xt_font_width(p->font, line, &p->small) > width)) break;
            used = end;
            if (!rest[end]) break;
        }
        const bool last = p->notes == XT_NOTE_LINES - 1;
        char whole[sizeof p->note[0]];
        snprintf(whole, size, "%.*s", last ? (int)size - 1 : (int)(used < size ? used : size - 1), rest);
        xt_font_fit(p->font, whole, &p->small, width, line, size);
        p->notes++;
        rest += used;
        while (*rest == ' ') rest++;
    }
}

static void prepare_bar(xt_placed_bar *placed, const xt_page_bar *bar, xt_page *page, int wanted) {
    xt_page_private *p = page->own;
    int exponent;
    char power[48] = "", name[128];
    placed->ticks = xt_scale_ticks(placed->tick, &exponent, bar->scale, wanted);
    const bool unit = bar->unit && bar->unit[0] && strcmp(bar->unit, "1") != 0;
    if (exponent) xt_power_text(exponent, power, sizeof power);
    xt_shown_name(bar->label, name, sizeof name);
    if (unit || exponent)
        snprintf(placed->label, sizeof placed->label, "%s (%s%s%s)", name, power, unit && exponent ? " " : "",
                 unit ? bar->unit : "");
    else
        snprintf(placed->label, sizeof placed->label, "%s", name);
    double widest = 0;
    for (int i = 0; i < placed->ticks; i++)
        widest = fmax(widest, xt_font_width(p->font, placed->tick[i].text, &p->small));
    placed->width = (20 + 10 + 10) * page->unit + widest + (placed->label[0] ? 1.35 * p->body.size : 0);
}

static void prepare_column(xt_page *page) {
    xt_page_private *p = page->own;
    const double gap = 26 * page->unit;
    for (int i = 0; i < p->def.panels; i++)
        if (p->def.panel[i].bar >= 0) p->bar[p->def.panel[i].bar].beside = true;
    for (int k = 0; k < p->def.bars; k++) {
        prepare_bar(&p->bar[k], &p->def.bar[k], page, 6);
        if (!p->bar[k].beside) p->column = fmax(p->column, gap + p->bar[k].width);
    }
    double widest = 0;
    char name[XT_NAME_SIZE];
    for (int k = 0; k < p->def.keys; k++)
        widest = fmax(widest,
                      xt_font_width(p->font, xt_shown_name(p->def.key[k].name, name, sizeof name), &p->body));
    if (p->def.keys)
        p->column = fmax(p->column, gap + (16 + 9) * page->unit + fmin(widest, 0.3 * p->def.width));
}

/* ---- the grid of panels ---- */

typedef struct {
    int columns, rows;
    double wide[XT_PAGE_PANELS], high[XT_PAGE_PANELS]; /* of columns and rows, mm */
    double bar[XT_PAGE_PANELS];                        /* room for the bars of a column, pixels */
    double mm_w, mm_h;                                 /* their sums */
    double used_w, used_h;                             /* by everything but the pictures, pixels */
    double room_w, room_h, per_mm;
} grid;

/* Does a bar stand at the panel's right? The last panel of those that share one has it. */
static bool has_bar_beside(const xt_page_private *p, int panel) {
    const int bar = p->def.panel[panel].bar;
    for (int i = panel + 1; i < p->def.panels; i++)
        if (p->def.panel[i].bar == bar) return false;
    return bar >= 0;
}

/* tallest: of the page, in widths, where its height is free. */
static void measure(grid *g, const xt_page *page, int columns, double tallest, double head, double foot) {
    const xt_page_private *p = page->own;
    const double u = page->unit;
    *g = (grid){.columns = columns, .rows = (p->def.panels + columns - 1) / columns};
    for (int i = 0; i < p->def.panels; i++) {
        const xt_page_panel *panel = &p->def.panel[i];
        const int c = i % columns, r = i / columns;
        g->wide[c] = fmax(g->wide[c], panel->width);
        g->high[r] = fmax(g->high[r], panel->height);
        if (has_bar_beside(p, i)) g->bar[c] = fmax(g->bar[c], 12 * u + p->bar[panel->bar].width);
    }
    g->used_w = p->column + 22 * u * (columns - 1) + 2 * p->letters * columns;
    g->used_h = 14 * u * (g->rows - 1) + (2 * p->letters + p->caption) * g->rows;
    for (int c = 0; c < columns; c++) {
        g->mm_w += g->wide[c];
        g->used_w += g->bar[c];
    }
    for (int r = 0; r < g->rows; r++) g->mm_h += g->high[r];
    g->room_w = fmax(p->area_w - g->used_w, 20 * u);
    const double rest = head + foot + g->used_h;
    if (p->def.height == 0) {
        const double low = 0.45 * p->def.width - rest, high = tallest * p->def.width - rest;
        g->room_h = fmin(fmax(g->room_w * g->mm_h / g->mm_w, low), high);
    } else
        g->room_h = p->def.height - rest;
    g->room_h = fmax(g->room_h, 20 * u);
    g->per_mm = fmin(g->room_w / g->mm_w, g->room_h / g->mm_h);
}

static void choose_grid(grid *best, const xt_page *page, double head, double foot) {
    const xt_page_def *def = &page->own->def;
    const int most = def->panels;
    if (def->columns > 0) {
        measure(best, page, def->columns < most ? def->columns : most, 1.6, head, foot);
        return;
    }
    /* What makes the panels largest on a page that is not taller than wide. */
    measure(best, page, 1, 1, head, foot);
    for (int c = 2; c <= most; c++) {
        grid g;
        measure(&g, page, c, 1, head, foot);
        if (g.per_mm > best->per_mm * 1.02) *best = g;
    }
    measure(best, page, best->columns, 1.6, head, foot);
}

static void place_panels(xt_page *page, const grid *g) {
    const xt_page_private *p = page->own;
    const double u = page->unit;
    double y = p->area_y + (g->room_h - g->mm_h * g->per_mm) / 2;
    for (int r = 0; r < g->rows; r++) {
        double x = p->area_x + (g->room_w - g->mm_w * g->per_mm) / 2;
        y += p->caption + p->letters;
        for (int c = 0; c < g->columns && r * g->columns + c < p->def.panels; c++) {
            const int i = r * g->columns + c;
            xt_rect *at = &page->panel[i];
            x += p->letters;
            at->w = p->def.panel[i].width * g->per_mm;
            at->h = p->def.panel[i].height * g->per_mm;
            /* On whole pixels where it can be: voxels of a whole number of pixels then look alike. */
            at->x = floor(x + (g->wide[c] * g->per_mm - at->w) / 2);
            at->y = floor(y + (g->high[r] * g->per_mm - at->h) / 2);
            if (p->def.whole_pixels) {
                at->w = fmax(floor(at->w), 1);
                at->h = fmax(floor(at->h), 1);
            }
            x += g->wide[c] * g->per_mm + p->letters + g->bar[c] + 22 * u;
        }
        y += g->high[r] * g->per_mm + p->letters + 14 * u;
    }
}

/* Bars beside their panels, then those of the column with the legend below them. */
static void place_bars(xt_page *page) {
    xt_page_private *p = page->own;
    const double u = page->unit, w = floor(20 * u);
    double right = 0, top = INFINITY, bottom = 0;
    int standing = 0;
    for (int i = 0; i < p->def.panels; i++) {
        const xt_rect *at = &page->panel[i];
        right = fmax(right, at->x + at->w);
        top = fmin(top, at->y);
        bottom = fmax(bottom, at->y + at->h);
        if (p->def.panel[i].bar < 0) continue;
        const double h = floor(fmax(at->h - 30 * u, fmin(at->h, 40 * u)));
        xt_placed_bar *bar = &p->bar[p->def.panel[i].bar];
        bar->at = (xt_rect){floor(at->x + at->w + p->letters + 12 * u), floor(at->y + (at->h - h) / 2), w, h};
        right = fmax(right, bar->at.x + bar->width - p->letters);
    }
    for (int k = 0; k < p->def.bars; k++) standing += !p->bar[k].beside;
    const double x = floor(right + p->letters + 26 * u);
    const double keys = p->def.keys ? fmin(27 * u, p->area_h / p->def.keys) * p->def.keys : 0;
    const double least = 200 * u * standing + (standing && keys ? keys + 20 * u : 0);
    const double room = fmax(bottom - top, fmin(least, p->area_h)) - (standing && keys ? keys + 20 * u : 0);
    const double h = standing ? floor(fmin(fmax(room / standing - 30 * u, 20 * u), 480 * u)) : 0;
    const double all =
        standing * h + (standing > 1 ? (standing - 1) * 30 * u : 0) + (standing && keys ? 20 * u : 0) + keys;
    double y = top + (bottom - top - all) / 2;
    for (int k = 0; k < p->def.bars; k++) {
        if (p->bar[k].beside) continue;
        p->bar[k].at = (xt_rect){x, floor(y), w, h};
        y += h + 30 * u;
    }
    p->key_step = p->def.keys ? keys / p->def.keys : 0;
    p->key_x = x;
    p->key_y = standing ? y - 10 * u : floor(top + (bottom - top - keys + p->key_step - 16 * u) / 2);
    for (int k = 0; k < p->def.bars; k++)
        if (p->bar[k].at.h < 170 * u) prepare_bar(&p->bar[k], &p->def.bar[k], page, 3);
}

/* Sizes from the outside in. */
static void lay_out(xt_page *page) {
    xt_page_private *p = page->own;
    const double u = page->unit;
    const xt_page_def *def = &p->def;
    for (int i = 0; i < def->panels; i++) {
        for (int k = 0; k < 4; k++)
            if (def->panel[i].side[k] && def->panel[i].side[k][0])
                p->letters =
                    fmax(p->letters,
                         fmax(20 * u, xt_font_width(p->font, def->panel[i].side[k], &p->subtitle) + 6 * u));
        if (def->panel[i].caption) p->caption = 24 * u;
    }
    const double head = p->margin + (def->title ? 27 * u : 0) + (def->subtitle ? 23 * u : 0) +
                        (def->title || def->subtitle ? 14 * u : 0);
    const double foot = (def->scale_bar || def->corner ? 40 * u : 10 * u) +
                        (p->notes > 0 ? 8 * u + 19 * u * p->notes : 0) + 0.7 * p->margin;
    prepare_column(page);
    p->area_x = p->margin;
    p->area_y = head;
    p->area_w = def->width - 2 * p->margin;
    grid g;
    choose_grid(&g, page, head, foot);
    p->area_h = g.room_h + g.used_h;
    page->per_mm = g.per_mm;
    page->width = def->width;
    page->height = def->height ? def->height : (int)lround(head + p->area_h + foot);
    place_panels(page, &g);
    place_bars(page);
    page->bar_mm = xt_nice_below(0.3 * g.wide[0]);
    page->bar_x = page->panel[0].x;
    page->bar_y = floor(p->area_y + p->area_h + (def->scale_bar || def->corner ? 18 : -12) * u);
}

xt_status xt_page_create(xt_page **out, xt_image *image, const xt_page_def *def, xt_font *font,
                         xt_error *err) {
    *out = NULL;
    *image = (xt_image){0};
    XT_TRY(check(def, err));
    xt_page *page = calloc(1, sizeof *page);
    if (page) page->own = calloc(1, sizeof *page->own);
    if (page && page->own) page->own->bar = calloc((size_t)def->bars + 1, sizeof *page->own->bar);
    if (!page || !page->own || !page->own->bar) {
        xt_page_free(page);
        return xt_no_memory(err, "a page", sizeof *page);
    }
    page->own->def = *def;
    page->own->font = font;
    choose_style(page);
    break_note(page->own);
    lay_out(page);
    const xt_status status = xt_image_create(image, page->width, page->height, page->palette.ground, err);
    if (status == XT_OK)
        *out = page;
    else
        xt_page_free(page);
    return status;
}

void xt_page_free(xt_page *page) {
    if (!page) return;
    if (page->own) free(page->own->bar);
    free(page->own);
    free(page);
}
