/* Drawing the furniture of a page where page.c has laid it. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "draw/page.h"
#include "draw/page_parts.h"

/* At the right of the title's line. Returns the width it takes. */
static double draw_badge(xt_image *image, const xt_page *page, double right, double baseline) {
    const xt_page_private *p = page->own;
    if (!p->def.badge || !p->font) return 0;
    const double u = page->unit, pad = 9 * u;
    xt_text_style style = p->small;
    style.bold = true;
    style.align = XT_CENTRE;
    style.colour = page->palette.badge_ink;
    char text[128];
    xt_font_fit(p->font, p->def.badge, &style, 0.5 * p->area_w, text, sizeof text);
    const double w = xt_font_width(p->font, text, &style) + 2 * pad,
                 capital = xt_font_capital(p->font, &style);
    const double middle = baseline - xt_font_capital(p->font, &p->title) / 2;
    const double h = capital + 13 * u;
    /* Round ends: a thick stroke. */
    xt_image_line(image, right - w + h / 2, middle, right - h / 2, middle, h, page->palette.badge);
    xt_font_draw(image, p->font, right - w / 2, middle + capital / 2, text, &style);
    return w + 14 * u;
}

static void draw_head(xt_image *image, const xt_page *page) {
    const xt_page_private *p = page->own;
    char text[512];
    double y = p->margin;
    const double located =
        xt_page_locate(image, page, p->margin + p->area_w, 14 * page->unit, p->area_y - 8 * page->unit);
    const double taken =
        located + draw_badge(image, page, p->margin + p->area_w - located, y + 18 * page->unit);
    if (p->def.title) {
        y += 18 * page->unit;
        /* A title that is too long becomes smaller before it is cut. */
        xt_text_style style = p->title;
        const double room = p->area_w - taken, width = xt_font_width(p->font, p->def.title, &style);
        if (width > room) style.size *= fmax(0.99 * room / width, 0.7);
        xt_font_draw(image, p->font, p->margin, y,
                     xt_font_fit(p->font, p->def.title, &style, room, text, sizeof text), &style);
        y += 9 * page->unit;
    }
    if (p->def.subtitle)
        xt_font_draw(
            image, p->font, p->margin, y + 15 * page->unit,
            xt_font_fit(p->font, p->def.subtitle, &p->subtitle, p->area_w - located, text, sizeof text),
            &p->subtitle);
}

static void draw_panel(xt_image *image, const xt_page *page, int i) {
    const xt_page_private *p = page->own;
    const xt_page_panel *panel = &p->def.panel[i];
    const xt_rect *l = &page->panel[i];
    xt_text_style style = p->subtitle;
    style.align = XT_CENTRE;
    const double half = xt_font_capital(p->font, &style) / 2, gap = 11 * page->unit;
    const double where[4][2] = {{l->x - gap, l->y + l->h / 2},
                                {l->x + l->w + gap, l->y + l->h / 2},
                                {l->x + l->w / 2, l->y + l->h + gap},
                                {l->x + l->w / 2, l->y - gap}};
    for (int k = 0; k < 4; k++) {
        /* More than one letter: away from the picture. */
        const double width = xt_font_width(p->font, panel->side[k], &style),
                     more = fmax(width / 2 - 7 * page->unit, 0);
        xt_font_draw(image, p->font,
                     where[k][0] + (k == 0   ? -more
                                    : k == 1 ? more
                                             : 0),
                     where[k][1] + half, panel->side[k], &style);
    }
    if (!panel->caption) return;
    char text[256];
    xt_font_draw(image, p->font, l->x, l->y - p->letters - 7 * page->unit,
                 xt_font_fit(p->font, panel->caption, &p->body, l->w + 2 * p->letters + 10 * page->unit, text,
                             sizeof text),
                 &p->body);
}

const char *xt_length_text(char *text, size_t size, double mm) {
    if (mm >= 1000)
        snprintf(text, size, "%g m", mm / 1000);
    else if (mm >= 10)
        snprintf(text, size, "%g cm", mm / 10);
    else if (mm >= 1)
        snprintf(text, size, "%g mm", mm);
    else
        snprintf(text, size, "%g µm", mm * 1000);
    return text;
}

static void draw_scale_bar(xt_image *image, const xt_page *page) {
    const xt_page_private *p = page->own;
    const double u = page->unit, thick = 5 * u, end = page->bar_x + page->bar_mm * page->per_mm;
    const double base = page->bar_y + thick / 2 + xt_font_capital(p->font, &p->body) / 2;
    double used = page->bar_x, right = 0;
    char text[96];
    if (p->def.scale_bar) {
        xt_image_rect(image, page->bar_x, page->bar_y, end, page->bar_y + thick, page->palette.ink);
        xt_length_text(text, sizeof text, page->bar_mm);
        xt_font_draw(image, p->font, end + 10 * u, base, text, &p->body);
        used = end + 10 * u + xt_font_width(p->font, text, &p->body) + 20 * u;
    }
    if (!p->def.corner) return;
    xt_text_style style = p->small;
    style.align = XT_RIGHT;
    for (int i = 0; i < p->def.panels; i++) right = fmax(right, page->panel[i].x + page->panel[i].w);
    right = fmax(right, used + xt_font_width(p->font, p->def.corner, &style));
    char fitted[256];
    xt_font_fit(p->font, p->def.corner, &style, p->margin + p->area_w - used, fitted, sizeof fitted);
    xt_font_draw(image, p->font, fmin(right, p->margin + p->area_w), base, fitted, &style);
}

static void draw_note(xt_image *image, const xt_page *page) {
    const xt_page_private *p = page->own;
    for (int i = 0; i < p->notes; i++)
        xt_font_draw(image, p->font, p->margin, page->bar_y + (5 + 34 + 19 * i) * page->unit, p->note[i],
                     &p->small);
}

static void draw_bar_ends(xt_image *image, const xt_page *page, const xt_scale *scale, const xt_rect *at) {
    const double x = at->x, y = at->y, w = at->w, h = at->h, tip = 0.75 * w, gap = 2;
    const double up[3][2] = {{x, y - gap}, {x + w, y - gap}, {x + w / 2, y - gap - tip}};
    const double down[3][2] = {{x, y + h + gap}, {x + w, y + h + gap}, {x + w / 2, y + h + gap + tip}};
    if (scale->above) xt_image_polygon(image, up, 3, scale->map.step[XT_MAP_STEPS - 1]);
    if (scale->below) xt_image_polygon(image, down, 3, scale->map.step[0]);
    const xt_colour line = page->palette.grey;
    for (int k = 0; k < 3; k++) {
        const int next = (k + 1) % 3;
        if (scale->above) xt_image_line(image, up[k][0], up[k][1], up[next][0], up[next][1], 0.6, line);
        if (scale->below)
            xt_image_line(image, down[k][0], down[k][1], down[next][0], down[next][1], 0.6, line);
    }
    const double corner[4][2] = {{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}};
    for (int k = 0; k < 4; k++)
        xt_image_line(image, corner[k][0], corner[k][1], corner[(k + 1) % 4][0], corner[(k + 1) % 4][1], 0.6,
                      line);
}

static void draw_bar(xt_image *image, const xt_page *page, int index) {
    const xt_page_private *p = page->own;
    const xt_placed_bar *bar = &p->bar[index];
    const xt_scale *scale = p->def.bar[index].scale;
    const double u = page->unit, x = bar->at.x, y = bar->at.y, w = bar->at.w, h = bar->at.h;
    for (int i = 0; i < (int)h; i++)
        xt_image_rect(image, x, y + i, x + w, y + i + 1, xt_colormap_at(&scale->map, 1 - (i + 0.5) / h));
    draw_bar_ends(image, page, scale, &bar->at);
    double widest = 0;
    xt_text_style style = p->small;
    style.colour = page->palette.ink;
    const double half = xt_font_capital(p->font, &style) / 2;
    for (int i = 0; i < bar->ticks; i++) {
        const double at = y + h * (1 - bar->tick[i].at), length = (bar->tick[i].text[0] ? 6 : 3.5) * u;
        xt_image_rect(image, x + w, at - 0.5 * u, x + w + length, at + 0.5 * u, page->palette.ink);
        xt_font_draw(image, p->font, x + w + 10 * u, at + half, bar->tick[i].text, &style);
        widest = fmax(widest, xt_font_width(p->font, bar->tick[i].text, &style));
    }
    xt_text_style axis = p->body;
    axis.upward = true;
    axis.align = XT_CENTRE;
    char text[256];
    const double room = bar->beside || p->def.bars > 1 ? h + 30 * u : p->area_h;
    const double wide = xt_font_width(p->font, bar->label, &axis);
    if (wide > room) axis.size *= fmax(0.94 * room / wide, 0.62); /* smaller before it loses its unit */
    xt_font_draw(image, p->font, x + w + 20 * u + widest + xt_font_capital(p->font, &axis), y + h / 2,
                 xt_font_fit(p->font, bar->label, &axis, room, text, sizeof text), &axis);
}

static void draw_legend(xt_image *image, const xt_page *page) {
    enum { STRIPES = 12 }; /* of a colour map in a box */
    const xt_page_private *p = page->own;
    const double u = page->unit, box = 16 * u, x = p->key_x;
    double y = p->key_y;
    for (int k = 0; k < p->def.keys; k++) {
        char name[XT_NAME_SIZE], cut[XT_NAME_SIZE];
        const xt_colour line = xt_colour_mix(page->palette.ink, page->palette.ground, 0.3);
        xt_image_rect(image, x, y, x + box, y + box, line);
        xt_image_rect(image, x + 1, y + 1, x + box - 1, y + box - 1, p->def.key[k].colour);
        for (int i = 0; i < STRIPES && p->def.key[k].map; i++) {
            const double width = (box - 2) / STRIPES;
            xt_image_rect(image, x + 1 + i * width, y + 1, x + 1 + (i + 1) * width, y + box - 1,
                          xt_colormap_at(p->def.key[k].map, (i + 0.5) / STRIPES));
        }
        xt_shown_name(p->def.key[k].name, name, sizeof name);
        xt_font_fit(p->font, name, &p->body, 0.3 * p->def.width, cut, sizeof cut);
        xt_font_draw(image, p->font, x + box + 9 * u, y + box / 2 + xt_font_capital(p->font, &p->body) / 2,
                     cut, &p->body);
        y += p->key_step;
    }
}

void xt_page_draw(xt_image *image, const xt_page *page) {
    draw_head(image, page);
    for (int i = 0; i < page->own->def.panels; i++) draw_panel(image, page, i);
    for (int k = 0; k < page->own->def.bars; k++) draw_bar(image, page, k);
    draw_legend(image, page);
    draw_scale_bar(image, page);
    draw_note(image, page);
}

void xt_page_triad(xt_image *image, const xt_page *page, double x, double y, double size,
                   const double direction[3][3], const char *const letter[3]) {
    const xt_page_private *p = page->own;
    xt_text_style style = p->small;
    style.bold = true;
    style.align = XT_CENTRE;
    const double half = xt_font_capital(p->font, &style) / 2, width = 2 * page->unit;
    const double rim = 3 * page->unit; /* around what may lie over the picture */
    bool done[3] = {false, false, false};
    for (int turn = 0; turn < 3; turn++) { /* the one that points away first, so that nearer ones cover it */
        int k = -1;
        for (int i = 0; i < 3; i++)
            if (!done[i] && (k < 0 || direction[i][2] < direction[k][2])) k = i;
        done[k] = true;
        const double dx = direction[k][0] * size, dy = -direction[k][1] * size, length = hypot(dx, dy);
        const xt_colour colour = direction[k][2] < -0.3 ? page->palette.grey : page->palette.ink;
        xt_image_line(image, x, y, x + dx, y + dy, width + rim, page->palette.ground);
        xt_image_line(image, x, y, x + dx, y + dy, width, colour);
        if (length > 0.12 * size) {
            const double ux = dx / length, uy = dy / length, head = 5 * page->unit;
            const double tip[3][2] = {
                {x + dx + ux * head, y + dy + uy * head},
                {x + dx - uy * head * 0.6, y + dy + ux * head * 0.6},
                {x + dx + uy * head * 0.6, y + dy - ux * head * 0.6},
            };
            xt_image_polygon(image, tip, 3, colour);
        }
        const double away = length > 0.12 * size ? (length + 15 * page->unit) / length : 0;
        const double tx = x + dx * away, ty = y + dy * away + half - (away > 0 ? 0 : 9 * page->unit);
        style.colour = page->palette.ground;
        for (int i = 0; i < 9; i++)
            xt_font_draw(image, p->font, tx + (i % 3 - 1) * rim / 2, ty + (i / 3 - 1) * rim / 2, letter[k],
                         &style);
        style.colour = colour;
        xt_font_draw(image, p->font, tx, ty, letter[k], &style);
    }
}
