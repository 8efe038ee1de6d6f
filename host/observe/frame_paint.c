/* The slice: which tissue a point of the picture is in, how far it is from that tissue's edge, its colour. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "observe/frame_parts.h"

/* The slice at no more than one voxel per pixel. */
typedef struct {
    int nx, ny;
    float *value;          /* NULL for label frames */
    uint8_t *tissue;       /* always there */
    const uint8_t *second; /* of the definition, where nothing was reduced; NULL: voxels are pure */
    const uint16_t *share;
    float *cover;   /* inside or not, smoothed along the skin */
    double size[2]; /* pixels per voxel */
} grid;

/* The most frequent tissue of a patch of the definition's voxels, and the mean of the values in it. */
static void reduce(uint8_t *tissue, float *value, const xt_frame_def *def, int x0, int y0, int x1, int y1) {
    unsigned count[256] = {0};
    int most = 0;
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++) {
            const size_t i = (size_t)y * (size_t)def->nx + (size_t)x;
            const int t = def->tissue ? def->tissue[i] : !isnan(def->value[i]);
            if (++count[t] > count[most]) most = t;
        }
    *tissue = (uint8_t)most;
    if (!value) return;
    double sum = 0;
    unsigned finite = 0;
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++) {
            const size_t i = (size_t)y * (size_t)def->nx + (size_t)x;
            if ((def->tissue && def->tissue[i] != most) || !isfinite(def->value[i])) continue;
            sum += def->value[i];
            finite++;
        }
    *value = finite ? (float)(sum / finite) : NAN;
}

static int clamp(int i, int n) { return i < 0 ? 0 : i < n ? i : n - 1; }

static size_t at(const grid *g, int x, int y) {
    return (size_t)clamp(y, g->ny) * (size_t)g->nx + (size_t)clamp(x, g->nx);
}

/* The body is made of whole voxels (mesh/mesh.h), so its outline is a staircase: round it with a binomial
 * filter, but never so far
 * that a voxel changes sides. */
static void smooth_cover(grid *g, float *along) {
    static const float binomial[9] = {1 / 256.f,  8 / 256.f,  28 / 256.f, 56 / 256.f, 70 / 256.f,
                                      56 / 256.f, 28 / 256.f, 8 / 256.f,  1 / 256.f};
    for (int y = 0; y < g->ny; y++)
        for (int x = 0; x < g->nx; x++) {
            float sum = 0;
            for (int k = -4; k <= 4; k++) sum += binomial[k + 4] * (g->tissue[at(g, x + k, y)] != 0);
            along[at(g, x, y)] = sum;
        }
    for (int y = 0; y < g->ny; y++)
        for (int x = 0; x < g->nx; x++) {
            float sum = 0;
            for (int k = -4; k <= 4; k++) sum += binomial[k + 4] * along[at(g, x, y + k)];
            const bool inside = g->tissue[at(g, x, y)] != 0;
            /* Where the body is thinner than the filter it stays as it is. */
            g->cover[at(g, x, y)] = inside == (sum > 0.5f) ? sum : (float)inside;
        }
}

static void free_grid(grid *g) {
    free(g->tissue);
    free(g->value);
    free(g->cover);
}

static xt_status make_grid(grid *g, const xt_frame_def *def, double per_mm, xt_error *err) {
    *g = (grid){0};
    int every[2];
    for (int k = 0; k < 2; k++) {
        const double size = def->spacing[k] * per_mm;
        every[k] = size < 1 ? (int)ceil(1 / size - 1e-9) : 1;
        g->size[k] = size * every[k];
    }
    g->nx = (def->nx + every[0] - 1) / every[0];
    g->ny = (def->ny + every[1] - 1) / every[1];
    const size_t n = (size_t)g->nx * (size_t)g->ny;
    const bool values = def->kind != XT_FRAME_LABEL;
    g->tissue = malloc(n);
    g->cover = malloc(n * sizeof *g->cover);
    g->value = values ? malloc(n * sizeof *g->value) : NULL;
    float *along = malloc(n * sizeof *along);
    if (!g->tissue || !g->cover || !along || (values && !g->value)) {
        free(along);
        free_grid(g);
        return xt_no_memory(err, "a picture's slice", n * 13);
    }
    for (int y = 0; y < g->ny; y++)
        for (int x = 0; x < g->nx; x++) {
            const size_t i = at(g, x, y);
            const int x0 = x * every[0], y0 = y * every[1];
            const int x1 = x0 + every[0] < def->nx ? x0 + every[0] : def->nx;
            const int y1 = y0 + every[1] < def->ny ? y0 + every[1] : def->ny;
            reduce(&g->tissue[i], g->value ? &g->value[i] : NULL, def, x0, y0, x1, y1);
        }
    if (every[0] == 1 && every[1] == 1 && def->second && def->share) {
        g->second = def->second;
        g->share = def->share;
    }
    smooth_cover(g, along);
    free(along);
    return XT_OK;
}

/* What a point is in: the tissue with the largest B-spline weight, the runner-up, and the distance to where
 * they are equal, pixels. Deep inside, other = tissue. */
typedef struct {
    int tissue, other;
    double distance;
} place;

typedef struct {
    int tissue;
    double weight, dx, dy;
} share;

typedef struct {
    share found[19];
    int count;
} shares;

static void add_share(shares *s, int tissue, double weight, double dx, double dy) {
    int k = 0;
    while (k < s->count && s->found[k].tissue != tissue) k++;
    if (k == s->count) s->found[s->count++] = (share){.tissue = tissue};
    s->found[k].weight += weight;
    s->found[k].dx += dx;
    s->found[k].dy += dy;
}

/* Replace the weight of "outside" by that of the rounded cover, and scale the tissues to fill the rest. */
static void use_cover(shares *s, share cover) {
    share inside = {0};
    for (int k = 0; k < s->count; k++) {
        if (!s->found[k].tissue) continue;
        inside.weight += s->found[k].weight;
        inside.dx += s->found[k].dx;
        inside.dy += s->found[k].dy;
    }
    if (cover.weight > 0.999 && inside.weight > 0.999) return;
    for (int k = 0; k < s->count; k++) {
        share *f = &s->found[k];
        const double part = f->tissue && inside.weight > 0 ? f->weight / inside.weight : 0;
        const double scale = f->tissue && inside.weight > 0 ? cover.weight / inside.weight : 0;
        f->dx = part * cover.dx + scale * (f->dx - part * inside.dx);
        f->dy = part * cover.dy + scale * (f->dy - part * inside.dy);
        f->weight = part * cover.weight;
    }
    add_share(s, 0, 1 - cover.weight, -cover.dx, -cover.dy);
}

static place judge(const grid *g, const shares *s) {
    share first = s->found[0], second = {.tissue = -1, .weight = 0};
    for (int k = 1; k < s->count; k++)
        if (s->found[k].weight > first.weight) {
            second = first;
            first = s->found[k];
        } else if (s->found[k].weight > second.weight)
            second = s->found[k];
    if (second.tissue < 0) return (place){first.tissue, first.tissue, INFINITY};
    /* Where layers are thinner than a voxel the difference has no slope: the floor keeps them from vanishing
     * in outline. */
    const double slope = hypot(first.dx - second.dx, first.dy - second.dy);
    const double least = 0.25 / fmax(g->size[0], g->size[1]);
    return (place){first.tissue, second.tissue, (first.weight - second.weight) / fmax(slope, least)};
}

static place classify_smooth(const grid *g, double u, double v) {
    const int ix = (int)floor(u), iy = (int)floor(v);
    const double fx = u - ix - 0.5, fy = v - iy - 0.5;
    const double wx[3] = {0.5 * (0.5 - fx) * (0.5 - fx), 0.75 - fx * fx, 0.5 * (0.5 + fx) * (0.5 + fx)};
    const double wy[3] = {0.5 * (0.5 - fy) * (0.5 - fy), 0.75 - fy * fy, 0.5 * (0.5 + fy) * (0.5 + fy)};
    const double sx[3] = {fx - 0.5, -2 * fx, 0.5 + fx}, sy[3] = {fy - 0.5, -2 * fy, 0.5 + fy};
    shares s = {.count = 0};
    share cover = {0};
    for (int j = 0; j < 3; j++)
        for (int i = 0; i < 3; i++) {
            const size_t k = at(g, ix + i - 1, iy + j - 1);
            const double w = wx[i] * wy[j], dx = sx[i] * wy[j] / g->size[0], dy = wx[i] * sy[j] / g->size[1];
            const double other = g->second && g->second[k] ? g->share[k] / 65535.0 : 0;
            add_share(&s, g->tissue[k], (1 - other) * w, (1 - other) * dx, (1 - other) * dy);
            if (other > 0) add_share(&s, g->second[k], other * w, other * dx, other * dy);
            cover.weight += w * g->cover[k];
            cover.dx += dx * g->cover[k];
            cover.dy += dy * g->cover[k];
        }
    use_cover(&s, cover);
    return judge(g, &s);
}

static place classify_voxels(const grid *g, double u, double v) {
    const int ix = clamp((int)floor(u), g->nx), iy = clamp((int)floor(v), g->ny);
    const double fx = u - ix, fy = v - iy;
    const int tissue = g->tissue[at(g, ix, iy)];
    place p = {tissue, tissue, INFINITY};
    const struct {
        int x, y;
        double distance;
    } side[4] = {{-1, 0, fx * g->size[0]},
                 {1, 0, (1 - fx) * g->size[0]},
                 {0, -1, fy * g->size[1]},
                 {0, 1, (1 - fy) * g->size[1]}};
    for (int k = 0; k < 4; k++) {
        const int other = g->tissue[at(g, ix + side[k].x, iy + side[k].y)];
        if (other != tissue && side[k].distance < p.distance) p = (place){tissue, other, side[k].distance};
    }
    return p;
}

/* Value of `tissue` at a point: bilinear between the finite voxels of that tissue around it; NAN if the
 * nearest one is not known. */
static double value_in(const grid *g, int tissue, double u, double v) {
    const int ix = (int)floor(u), iy = (int)floor(v);
    double best = INFINITY, nearest = NAN;
    bool found = false;
    for (int j = -1; j <= 1; j++)
        for (int i = -1; i <= 1; i++) {
            const size_t k = at(g, ix + i, iy + j);
            const double away = hypot(ix + i + 0.5 - u, iy + j + 0.5 - v);
            if (g->tissue[k] != tissue || away >= best) continue;
            best = away;
            nearest = g->value[k];
            found = true;
        }
    if (!found) return g->value[at(g, ix, iy)]; /* here only as the lesser part of voxels */
    if (!isfinite(nearest)) return NAN;
    const int jx = (int)floor(u - 0.5), jy = (int)floor(v - 0.5);
    const double fx = u - 0.5 - jx, fy = v - 0.5 - jy;
    double sum = 0, weight = 0;
    for (int j = 0; j < 2; j++)
        for (int i = 0; i < 2; i++) {
            const size_t k = at(g, jx + i, jy + j);
            const double w = (i ? fx : 1 - fx) * (j ? fy : 1 - fy);
            if (g->tissue[k] != tissue || !isfinite(g->value[k])) continue;
            sum += w * g->value[k];
            weight += w;
        }
    return weight > 1e-6 ? sum / weight : nearest;
}

static double value_of_voxel(const grid *g, double u, double v) {
    return g->value[at(g, (int)floor(u), (int)floor(v))];
}

static xt_colour hatch(const xt_frame_palette *palette, int x, int y) {
    const int phase = (x + y) % 7;
    return xt_colour_mix(palette->missing, palette->missing_line, phase == 0 ? 1 : phase == 1 ? 0.45 : 0);
}

typedef struct {
    const grid *g;
    const xt_frame_def *def;
    const xt_frame_scale *scale;
    const xt_frame_palette *palette;
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
static void outline(xt_colour *colour, const brush *b, const place *p, xt_colour here, xt_colour there) {
    const bool label = b->def->kind == XT_FRAME_LABEL, skin = p->tissue == 0 || p->other == 0;
    const double covered = fmin(fmax(0.5 + (label ? 1.0 : 1.15) / 2 - p->distance, 0), 1);
    xt_colour line = b->palette->ink;
    double strength = skin ? 0.85 : 0.55;
    if (!skin && !label) {
        const double one = xt_colour_lightness(here), two = xt_colour_lightness(there);
        const bool light = one + two > 1.24;
        line = light ? xt_colour_hex(0x14141e) : xt_colour_hex(0xffffff);
        strength = (light ? 0.55 : 0.65) * (1 - fmin(fabs(one - two), 0.7));
    }
    *colour = xt_colour_mix(*colour, line, covered * strength);
}

static xt_colour paint_point(const brush *b, double u, double v, int x, int y) {
    const place p = b->def->voxels ? classify_voxels(b->g, u, v) : classify_smooth(b->g, u, v);
    const xt_colour here = colour_of(b, p.tissue, u, v, x, y);
    if (p.other == p.tissue || p.distance > 1.5) return here;
    const xt_colour there = colour_of(b, p.other, u, v, x, y);
    xt_colour colour = here;
    if (!b->def->voxels && p.distance < 0.5) colour = xt_colour_mix(here, there, 0.5 - p.distance);
    if (!b->def->no_outlines && b->def->tissue) outline(&colour, b, &p, here, there);
    return colour;
}

xt_status xt_frame_paint(xt_image *image, const xt_frame_layout *layout, const xt_frame_def *def,
                         const xt_frame_scale *scale, const xt_frame_palette *palette, xt_error *err) {
    grid g;
    XT_TRY(make_grid(&g, def, layout->per_mm, err));
    const brush b = {&g, def, scale, palette};
    const int x0 = (int)floor(layout->x), x1 = (int)ceil(layout->x + layout->w);
    const int y0 = (int)floor(layout->y), y1 = (int)ceil(layout->y + layout->h);
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++) {
            /* Share of the pixel that lies inside the slice: its edges need not fall between pixels. */
            const double in_x = fmin(x + 1, layout->x + layout->w) - fmax(x, layout->x);
            const double in_y = fmin(y + 1, layout->y + layout->h) - fmax(y, layout->y);
            if (in_x <= 0 || in_y <= 0) continue;
            const double px = fmin(fmax(x + 0.5 - layout->x, 0), layout->w - 1e-6);
            const double py = fmin(fmax(layout->y + layout->h - (y + 0.5), 0), layout->h - 1e-6);
            const xt_colour colour = paint_point(&b, px / g.size[0], py / g.size[1], x, y);
            xt_image_blend(image, x, y, colour, in_x * in_y);
        }
    free_grid(&g);
    return XT_OK;
}

void xt_frame_present(bool present[256], const xt_frame_def *def) {
    memset(present, 0, 256 * sizeof *present);
    const size_t n = (size_t)def->nx * (size_t)def->ny;
    for (size_t i = 0; def->tissue && i < n; i++) present[def->tissue[i]] = true;
}
