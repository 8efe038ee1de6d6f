#include "observe/montage.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "observe/frame_parts.h"

/* A page of slices on its way to a picture. */
typedef struct {
    const xt_montage_def *def;
    xt_scale *scale; /* [panels]; unused by panels of tissues */
    xt_page_panel panel[XT_MONTAGE_PANELS];
    xt_page_bar bar[XT_MONTAGE_PANELS];
    xt_page_key key[XT_PAGE_KEYS];
    int bars, keys;
    char corner[96];
} sheet;

static xt_status check(const xt_frame_def *def, xt_error *err) {
    const bool label = def->kind == XT_FRAME_LABEL;
    if (def->nx < 1 || def->ny < 1 || def->nx > 1 << 15 || def->ny > 1 << 15)
        return xt_fail(err, XT_USAGE, "a picture of %d x %d voxels", def->nx, def->ny);
    if (!(def->spacing[0] > 0) || !(def->spacing[1] > 0) || !isfinite(def->spacing[0] + def->spacing[1]))
        return xt_fail(err, XT_USAGE, "a picture with voxels of %g x %g mm", def->spacing[0],
                       def->spacing[1]);
    if (label ? !def->tissue : !def->value)
        return xt_fail(err, XT_INTERNAL, "a picture without %s", label ? "tissues" : "values");
    if (def->tissue_count < 0 || (def->tissue_count > 0 && (!def->tissue_name || !def->tissue_colour)))
        return xt_fail(err, XT_INTERNAL, "a picture of %d tissues without names", def->tissue_count);
    return XT_OK;
}

static xt_status make_scale(xt_scale *scale, const xt_frame_def *def, xt_error *err) {
    scale->log = def->log;
    xt_colormap_make(&scale->map, def->map);
    XT_TRY(xt_frame_limits(&scale->low, &scale->high, def, err));
    const double slack = 1e-6 * fmax(fabs(scale->low), fabs(scale->high));
    const size_t n = (size_t)def->nx * (size_t)def->ny;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(def->value[i]) || (def->tissue && !def->tissue[i])) continue;
        if (def->value[i] < scale->low - slack && !(def->log && def->value[i] == 0)) scale->below = true;
        if (def->value[i] > scale->high + slack) scale->above = true;
    }
    return XT_OK;
}

static bool same_text(const char *a, const char *b) { return strcmp(a ? a : "", b ? b : "") == 0; }

/* The bar of a panel: one that is there already, or a new one. */
static int bar_for(sheet *s, int panel) {
    const xt_frame_def *def = &s->def->panel[panel];
    xt_scale *scale = &s->scale[panel];
    for (int k = 0; k < s->bars; k++) {
        xt_scale *other = &s->scale[s->bar[k].scale - s->scale];
        if (!same_text(s->bar[k].label, def->label) || !same_text(s->bar[k].unit, def->unit) ||
            other->low != scale->low || other->high != scale->high || other->log != scale->log ||
            other->map.kind != scale->map.kind)
            continue;
        other->below |= scale->below;
        other->above |= scale->above;
        return k;
    }
    s->bar[s->bars] = (xt_page_bar){.scale = scale, .label = def->label, .unit = def->unit};
    return s->bars++;
}

/* One name for every tissue that a panel of tissues holds. */
static void make_legend(sheet *s) {
    bool listed[256] = {true}; /* outside is not */
    for (int t = 1; t < 256; t++)
        for (int i = 0; i < s->def->panels && !listed[t]; i++) {
            const xt_frame_def *def = &s->def->panel[i];
            bool present[256];
            if (def->kind != XT_FRAME_LABEL || t > def->tissue_count) continue;
            xt_frame_present(present, def);
            if (!present[t]) continue;
            listed[t] = true;
            s->key[s->keys++] = (xt_page_key){.name = def->tissue_name[t - 1],
                                              .colour = xt_colour_hex(def->tissue_colour[t - 1])};
        }
}

static void voxel_text(char *text, size_t size, const xt_frame_def *def) {
    const double *v = def->voxel;
    if (v[0] > 0 && v[0] == v[1] && v[1] == v[2])
        snprintf(text, size, "voxel %.4g mm", v[0]);
    else if (v[0] > 0)
        snprintf(text, size, "voxel %.4g × %.4g × %.4g mm", v[0], v[1], v[2]);
    else if (def->spacing[0] == def->spacing[1])
        snprintf(text, size, "voxel %.4g mm", def->spacing[0]);
    else
        snprintf(text, size, "voxel %.4g × %.4g mm", def->spacing[0], def->spacing[1]);
}

static xt_status prepare(sheet *s, xt_error *err) {
    const xt_montage_def *def = s->def;
    for (int i = 0; i < def->panels; i++) {
        const xt_frame_def *frame = &def->panel[i];
        XT_TRY(check(frame, err));
        s->panel[i] = (xt_page_panel){.width = frame->nx * frame->spacing[0],
                                      .height = frame->ny * frame->spacing[1],
                                      .caption = frame->caption,
                                      .bar = -1};
        memcpy(s->panel[i].side, frame->side, sizeof frame->side);
        if (frame->kind == XT_FRAME_LABEL) continue;
        XT_TRY(make_scale(&s->scale[i], frame, err));
        s->panel[i].bar = bar_for(s, i);
    }
    if (s->bars < 2) /* one for all: it stands in the column */
        for (int i = 0; i < def->panels; i++) s->panel[i].bar = -1;
    make_legend(s);
    voxel_text(s->corner, sizeof s->corner, &def->panel[0]);
    return XT_OK;
}

static void hairline(xt_image *image, const xt_rect *l, double per_mm, const xt_frame_def *def, xt_colour c) {
    for (int i = 0, j = def->clips - 1; i < def->clips; j = i++)
        xt_image_line(image, l->x + def->clip[j][0] * per_mm, l->y + l->h - def->clip[j][1] * per_mm,
                      l->x + def->clip[i][0] * per_mm, l->y + l->h - def->clip[i][1] * per_mm, 1, c);
}

/* A hairline where the box cuts through tissue, so that the cut does not look like skin. */
static void draw_cut(xt_image *image, const xt_rect *l, double per_mm, const xt_frame_def *def, xt_colour c) {
    if (def->clip) {
        hairline(image, l, per_mm, def, c);
        return;
    }
    bool cut = !def->tissue;
    for (int i = 0; i < def->nx && !cut; i++)
        cut = def->tissue[i] || def->tissue[(size_t)(def->ny - 1) * (size_t)def->nx + (size_t)i];
    for (int j = 0; j < def->ny && !cut; j++)
        cut = def->tissue[(size_t)j * (size_t)def->nx] || def->tissue[(size_t)(j + 1) * (size_t)def->nx - 1];
    if (!cut) return;
    const double x1 = l->x + l->w, y1 = l->y + l->h;
    xt_image_rect(image, l->x - 1, l->y - 1, x1 + 1, l->y, c);
    xt_image_rect(image, l->x - 1, y1, x1 + 1, y1 + 1, c);
    xt_image_rect(image, l->x - 1, l->y, l->x, y1, c);
    xt_image_rect(image, x1, l->y, x1 + 1, y1, c);
}

static xt_frame_layout layout_of(const xt_page *page, const sheet *s, int i) {
    const xt_rect *at = &page->panel[i];
    return (xt_frame_layout){.width = page->width,
                             .height = page->height,
                             .x = at->x,
                             .y = at->y,
                             .w = at->w,
                             .h = at->h,
                             .per_mm = page->per_mm,
                             .bar_mm = page->bar_mm,
                             .bar_x = page->bar_x,
                             .bar_y = page->bar_y,
                             .low = s->scale[i].low,
                             .high = s->scale[i].high};
}

xt_status xt_montage_draw(xt_image *image, xt_frame_layout *layout, const xt_montage_def *def, xt_font *font,
                          xt_error *err) {
    *image = (xt_image){0};
    if (def->panels < 1 || def->panels > XT_MONTAGE_PANELS)
        return xt_fail(err, XT_USAGE, "a picture of %d slices; at most %d", def->panels, XT_MONTAGE_PANELS);
    xt_status status = XT_OK;
    xt_page *page = NULL;
    sheet *s = calloc(1, sizeof *s);
    if (s) s->scale = calloc((size_t)def->panels, sizeof *s->scale);
    if (!s || !s->scale) {
        status = xt_no_memory(err, "a picture", sizeof *s);
        goto done;
    }
    s->def = def;
    XT_GO(prepare(s, err));
    xt_page_def on;
    xt_page_def_default(&on);
    on.title = def->title;
    on.subtitle = def->subtitle;
    on.badge = def->badge;
    on.note = def->note;
    on.corner = s->corner;
    on.panel = s->panel;
    on.panels = def->panels;
    on.columns = def->columns;
    on.bar = s->bar;
    on.bars = s->bars;
    on.key = s->key;
    on.keys = s->keys;
    on.locator = def->locator;
    on.scale_bar = true;
    on.dark = def->dark;
    on.width = def->width;
    on.height = def->height;
    XT_GO(xt_page_create(&page, image, &on, font, err));
    for (int i = 0; i < def->panels; i++) {
        const xt_frame_def *frame = &def->panel[i];
        const xt_frame_layout at = layout_of(page, s, i);
        XT_GO(xt_frame_paint(image, &at, frame, frame->kind == XT_FRAME_LABEL ? NULL : &s->scale[i],
                             &page->palette, err));
        draw_cut(image, &page->panel[i], page->per_mm, frame, page->palette.rule);
        if (layout) layout[i] = at;
    }
    xt_page_draw(image, page);
done:
    if (status != XT_OK) xt_image_free(image);
    xt_page_free(page);
    if (s) free(s->scale);
    free(s);
    return status;
}

xt_status xt_montage_write(const char *path, const xt_montage_def *def, xt_font *font, xt_error *err) {
    xt_image image;
    XT_TRY(xt_montage_draw(&image, NULL, def, font, err));
    const xt_status status =
        xt_png_write(path, &image, def->depth ? def->depth : 8, def->text, def->texts, err);
    xt_image_free(&image);
    return status;
}
