/* The slice on the picture: every point in the colour of its value or tissue, edges outlined. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "observe/fit.h"
#include "observe/frame_parts.h"

/* value_in where all voxels around are of one tissue and known. */
static double value_plain(const xt_frame_grid *g, double u, double v) {
    const int jx = (int)floor(u - 0.5), jy = (int)floor(v - 0.5);
    const double fx = u - 0.5 - jx, fy = v - 0.5 - jy;
    const float *low = g->value + (size_t)xt_clamp(jy, g->ny) * (size_t)g->nx;
    const float *high = g->value + (size_t)xt_clamp(jy + 1, g->ny) * (size_t)g->nx;
    const int left = xt_clamp(jx, g->nx), right = xt_clamp(jx + 1, g->nx);
    return (1 - fy) * ((1 - fx) * low[left] + fx * low[right]) +
           fy * ((1 - fx) * high[left] + fx * high[right]);
}

/* The field of `tissue` goes on to its edge; never beyond what there is around. */
static double value_sloped(const xt_frame_grid *g, int tissue, double u, double v) {
    const int ix = (int)floor(u), iy = (int)floor(v);
    double low = INFINITY, high = -INFINITY;
    xt_fit fit;
    xt_fit_begin(&fit, 2);
    for (int j = -XT_FIT_REACH; j <= XT_FIT_REACH; j++)
        for (int i = -XT_FIT_REACH; i <= XT_FIT_REACH; i++) {
            const int x = ix + i, y = iy + j;
            if (x < 0 || y < 0 || x >= g->nx || y >= g->ny) continue;
            const size_t k = xt_frame_at(g, x, y);
            if (!isfinite(g->value[k])) continue;
            low = fmin(low, g->value[k]);
            high = fmax(high, g->value[k]);
            if (g->tissue[k] == tissue) xt_fit_add(&fit, (double[]){x + 0.5 - u, y + 0.5 - v}, g->value[k]);
        }
    return fmin(fmax(xt_fit_solve(&fit), low), high);
}

/* Value of `tissue` at a point: bilinear between the finite voxels of that tissue around it; NAN if the
 * nearest one is not known. */
static double value_in(const xt_frame_grid *g, int tissue, double u, double v) {
    const int ix = (int)floor(u), iy = (int)floor(v);
    if (g->plain[xt_frame_at(g, ix, iy)] & XT_PLAIN_VALUE) return value_plain(g, u, v);
    double best = INFINITY, nearest = NAN;
    bool found = false;
    for (int j = -1; j <= 1; j++)
        for (int i = -1; i <= 1; i++) {
            const size_t k = xt_frame_at(g, ix + i, iy + j);
            const double dx = ix + i + 0.5 - u, dy = iy + j + 0.5 - v, away = dx * dx + dy * dy;
            if (g->tissue[k] != tissue || away >= best) continue;
            best = away;
            nearest = g->value[k];
            found = true;
        }
    if (!found) return g->value[xt_frame_at(g, ix, iy)]; /* here only as the lesser part of voxels */
    if (!isfinite(nearest)) return NAN;
    if (g->sloped) return value_sloped(g, tissue, u, v);
    const int jx = (int)floor(u - 0.5), jy = (int)floor(v - 0.5);
    const double fx = u - 0.5 - jx, fy = v - 0.5 - jy;
    double sum = 0, weight = 0;
    for (int j = 0; j < 2; j++)
        for (int i = 0; i < 2; i++) {
            const size_t k = xt_frame_at(g, jx + i, jy + j);
            const double w = (i ? fx : 1 - fx) * (j ? fy : 1 - fy);
            if (g->tissue[k] != tissue || !isfinite(g->value[k])) continue;
            sum += w * g->value[k];
            weight += w;
        }
    return weight > 1e-6 ? sum / weight : nearest;
}

static double value_of_voxel(const xt_frame_grid *g, double u, double v) {
    return g->value[xt_frame_at(g, (int)floor(u), (int)floor(v))];
}

static xt_colour hatch(const xt_palette *palette, int x, int y) {
    const int phase = (x + y) % 7;
    return xt_colour_mix(palette->missing, palette->missing_line, phase == 0 ? 1 : phase == 1 ? 0.45 : 0);
}

typedef struct {
    const xt_frame_grid *g;
    const xt_frame_def *def;
    const xt_scale *scale;
    const xt_palette *palette;
} brush;

static xt_colour colour_of(const brush *b, int tissue, double u, double v, int x, int y) {
    if (tissue == 0) return b->palette->ground;
    if (b->def->kind == XT_FRAME_LABEL)
        return tissue <= b->def->tissue_count ? xt_colour_hex(b->def->tissue_colour[tissue - 1])
                                              : b->palette->missing;
    const double value = b->def->voxels ? value_of_voxel(b->g, u, v) : value_in(b->g, tissue, u, v);
    if (!isfinite(value)) return hatch(b->palette, x, y);
    return xt_colormap_at(&b->scale->map, xt_scale_at(b->scale, value));
}

/* The skin is drawn in the ink of the page. Boundaries inside are dark between light colours and light
 * between dark ones, fainter where the two sides differ enough to be seen without. */
static void outline(xt_colour *colour, const brush *b, const xt_frame_place *p, xt_colour here,
                    xt_colour there) {
    const bool label = b->def->kind == XT_FRAME_LABEL, skin = p->tissue == 0 || p->other == 0;
    const double covered = fmin(fmax(0.5 + (label ? 1.0 : 1.15) / 2 - p->distance, 0), 1);
    if (!(covered > 0)) return;
    xt_colour line = b->palette->ink;
    double strength = skin ? 0.85 : 0.55;
    if (!skin && !label) {
        const double one = xt_colour_lightness(here), two = xt_colour_lightness(there);
        const bool light = one + two > 1.24;
        line = light ? xt_colour_hex(0x14141e) : xt_colour_hex(0xffffff);
        strength = (light ? 0.55 : 0.65) * (1 - fmin(fabs(one - two), 0.5));
    }
    *colour = xt_colour_mix(*colour, line, covered * strength);
}

static xt_colour paint_point(const brush *b, const xt_frame_place *p, double u, double v, int x, int y) {
    const xt_colour here = colour_of(b, p->tissue, u, v, x, y);
    if (p->other == p->tissue || p->distance > 1.5f) return here;
    const xt_colour there = colour_of(b, p->other, u, v, x, y);
    xt_colour colour = here;
    if (!b->def->voxels && p->distance < 0.5f) colour = xt_colour_mix(here, there, 0.5 - p->distance);
    if (!b->def->no_outlines && b->def->tissue) outline(&colour, b, p, here, there);
    return colour;
}

/* Share of a pixel that lies inside the clip. Corners are in order, either way round. */
static double inside_clip(const xt_frame_def *def, const xt_frame_layout *l, int x, int y) {
    const double px = (x + 0.5 - l->x) / l->per_mm, py = (l->y + l->h - (y + 0.5)) / l->per_mm;
    double area = 0, least = INFINITY;
    for (int i = 0, j = def->clips - 1; i < def->clips; j = i++)
        area += def->clip[j][0] * def->clip[i][1] - def->clip[i][0] * def->clip[j][1];
    for (int i = 0, j = def->clips - 1; i < def->clips; j = i++) {
        const double ex = def->clip[i][0] - def->clip[j][0], ey = def->clip[i][1] - def->clip[j][1];
        const double side = ex * (py - def->clip[j][1]) - ey * (px - def->clip[j][0]);
        least = fmin(least, (area > 0 ? side : -side) / hypot(ex, ey));
    }
    return fmin(fmax(0.5 + least * l->per_mm, 0), 1);
}

/* ---- the inside of tissues: most pixels, and nothing to look at twice ---- */

enum { SHADES = 1 << 14 };

/* A column of pixels in the grid: the voxels at its left and right, how far it is between them, and its own.
 */
typedef struct {
    int left, right, own;
    float share;
} column;

/* What is worked out once for a picture. */
typedef struct {
    column *column;
    xt_colour *shade;      /* [SHADES + 1] along the scale; NULL for tissues */
    xt_colour tissue[256]; /* their colours */
    float low, per_unit;   /* of a linear scale */
} table;

static void free_table(table *t) {
    free(t->column);
    free(t->shade);
}

static xt_status make_table(table *t, const brush *b, const xt_frame_layout *l, int x0, int x1,
                            xt_error *err) {
    const bool label = b->def->kind == XT_FRAME_LABEL;
    *t = (table){.column = malloc((size_t)(x1 - x0 + 1) * sizeof *t->column)};
    if (!label) t->shade = malloc((SHADES + 1) * sizeof *t->shade);
    if (!t->column || (!label && !t->shade)) {
        free_table(t);
        return xt_no_memory(err, "a picture", SHADES * sizeof *t->shade);
    }
    for (int x = x0; x < x1; x++) {
        double u, v;
        xt_frame_point(&u, &v, b->g, l, x, 0);
        const int j = (int)floor(u - 0.5);
        t->column[x - x0] = (column){xt_clamp(j, b->g->nx), xt_clamp(j + 1, b->g->nx),
                                     xt_clamp((int)u, b->g->nx), (float)(u - 0.5 - j)};
    }
    for (int k = 0; k < 256; k++)
        t->tissue[k] = k == 0                      ? b->palette->ground
                       : k <= b->def->tissue_count ? xt_colour_hex(b->def->tissue_colour[k - 1])
                                                   : b->palette->missing;
    if (label) return XT_OK;
    for (int k = 0; k <= SHADES; k++) t->shade[k] = xt_colormap_at(&b->scale->map, (double)k / SHADES);
    t->low = (float)b->scale->low;
    t->per_unit = (float)(SHADES / (b->scale->high - b->scale->low));
    return XT_OK;
}

/* A row of the picture in the grid. */
typedef struct {
    const float *low, *high; /* values of the voxels below and above */
    const uint8_t *plain;
    float share;
} line;

static line line_at(const xt_frame_grid *g, double v) {
    const int j = (int)floor(v - 0.5);
    const size_t nx = (size_t)g->nx;
    line l = {.plain = g->plain + (size_t)xt_clamp((int)v, g->ny) * nx, .share = (float)(v - 0.5 - j)};
    if (g->value) {
        l.low = g->value + (size_t)xt_clamp(j, g->ny) * nx;
        l.high = g->value + (size_t)xt_clamp(j + 1, g->ny) * nx;
    }
    return l;
}

static xt_colour shade_at(const table *t, const line *l, const column *c, const xt_scale *scale) {
    const float low = l->low[c->left] + c->share * (l->low[c->right] - l->low[c->left]);
    const float high = l->high[c->left] + c->share * (l->high[c->right] - l->high[c->left]);
    const float value = low + l->share * (high - low);
    float at = scale->log ? (float)(SHADES * xt_scale_at(scale, value)) : (value - t->low) * t->per_unit;
    at = at > 0 ? (at < SHADES ? at : SHADES) : 0;
    return t->shade[(int)(at + 0.5f)];
}

static xt_colour pixel_at(const brush *b, const table *t, const line *l, const xt_frame_layout *layout,
                          const xt_frame_place *place, int x, int y, int x0) {
    const column *c = &t->column[x - x0];
    if (place->other == place->tissue || place->distance > 1.5f) {
        if (!t->shade || place->tissue == 0) return t->tissue[place->tissue];
        if (!b->def->voxels && l->plain[c->own] & XT_PLAIN_VALUE) return shade_at(t, l, c, b->scale);
    }
    double u, v;
    xt_frame_point(&u, &v, b->g, layout, x, y);
    return paint_point(b, place, u, v, x, y);
}

xt_status xt_frame_paint(xt_image *image, const xt_frame_layout *layout, const xt_frame_def *def,
                         const xt_scale *scale, const xt_palette *palette, xt_error *err) {
    xt_frame_grid g;
    XT_TRY(xt_frame_grid_make(&g, def, layout->per_mm, err));
    const brush b = {&g, def, scale, palette};
    table t = {0};
    xt_frame_sketch *own = NULL, *sketch = def->sketch;
    const xt_frame_place *place;
    xt_status status = XT_OK;
    const int x0 = (int)floor(layout->x), x1 = (int)ceil(layout->x + layout->w);
    const int y0 = (int)floor(layout->y), y1 = (int)ceil(layout->y + layout->h);
    const bool whole = x0 >= 0 && y0 >= 0 && x1 <= image->width && y1 <= image->height;
    if (!sketch) {
        XT_GO(xt_frame_sketch_create(&own, err));
        sketch = own;
    }
    XT_GO(xt_frame_places(&place, sketch, &g, layout, def->voxels, err));
    XT_GO(make_table(&t, &b, layout, x0, x1, err));
    for (int y = y0; y < y1; y++) {
        const double in_y = fmin(y + 1, layout->y + layout->h) - fmax(y, layout->y);
        xt_colour *row = whole ? &image->pixel[(size_t)y * (size_t)image->width] : NULL;
        double u, v;
        xt_frame_point(&u, &v, &g, layout, x0, y);
        const line l = line_at(&g, v);
        for (int x = x0; x < x1; x++, place++) {
            if (place->tissue == 0 && place->other == 0) continue; /* the ground is there already */
            const xt_colour colour = pixel_at(&b, &t, &l, layout, place, x, y, x0);
            if (def->clip)
                xt_image_blend(image, x, y, colour, inside_clip(def, layout, x, y));
            else if (row && x > x0 && x < x1 - 1 && in_y >= 1)
                row[x] = colour;
            else /* the edges of the slice need not fall between pixels: the share that lies inside */
                xt_image_blend(image, x, y, colour,
                               (fmin(x + 1, layout->x + layout->w) - fmax(x, layout->x)) * in_y);
        }
    }
done:
    free_table(&t);
    xt_frame_sketch_free(own);
    xt_frame_grid_free(&g);
    return status;
}

void xt_frame_present(bool present[256], const xt_frame_def *def) {
    memset(present, 0, 256 * sizeof *present);
    const size_t n = (size_t)def->nx * (size_t)def->ny;
    for (size_t i = 0; def->tissue && i < n; i++) present[def->tissue[i]] = true;
}
