/* Where the tissues of a slice lie on the picture: which tissue a point is in, and how far it is from that
 * tissue's edge. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "observe/frame_parts.h"

/* What the places depend on besides the voxels. */
typedef struct {
    int nx, ny, width, height;
    bool voxels;
    double x, y, w, h, size[2]; /* x, y: within the first pixel */
} sketch_key;

struct xt_frame_sketch {
    sketch_key key;
    uint8_t *tissue, *second; /* [nx * ny]: the grid that was placed */
    uint16_t *share;
    float *cover;
    xt_frame_place *place; /* [width * height]; NULL: nothing yet */
};

/* The most frequent tissue of a patch of the definition's voxels, and the mean of the values in it. */
static void reduce(uint8_t *tissue, float *value, const xt_frame_def *def, int x0, int y0, int x1, int y1) {
    if (x1 == x0 + 1 && y1 == y0 + 1) {
        const size_t i = (size_t)y0 * (size_t)def->nx + (size_t)x0;
        *tissue = def->tissue ? def->tissue[i] : (uint8_t)!isnan(def->value[i]);
        if (value) *value = isfinite(def->value[i]) ? def->value[i] : NAN;
        return;
    }
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

/* A shared voxel's value gives way to those of its tissue around it, to pure ones first. What was read stays:
 * the result does not depend on the order of the voxels. */
static void unblend(xt_frame_grid *g, const float *read) {
    for (int y = 0; y < g->ny; y++)
        for (int x = 0; x < g->nx; x++) {
            const size_t here = xt_frame_at(g, x, y);
            if (!g->second[here] || !isfinite(read[here])) continue;
            double weight = xt_frame_pureness(g->second[here], g->share[here]), sum = weight * read[here];
            for (int j = -2; j <= 2; j++)
                for (int i = -2; i <= 2; i++) {
                    const size_t k = xt_frame_at(g, x + i, y + j);
                    if (k == here || g->tissue[k] != g->tissue[here] || !isfinite(read[k])) continue;
                    const double p = xt_frame_pureness(g->second[k], g->share[k]);
                    const double w = p / (double)((i * i + j * j) * (i * i + j * j));
                    sum += w * read[k];
                    weight += w;
                }
            if (weight > 1e-9) g->value[here] = (float)(sum / weight);
        }
}

/* Which voxels have eight neighbours like themselves: of three in a row first, then of three such rows. */
static void find_plain(xt_frame_grid *g, uint8_t *row) {
    const size_t nx = (size_t)g->nx, n = nx * (size_t)g->ny;
    for (size_t k = 0; k < n; k++) {
        const float covered = g->tissue[k] != 0;
        const bool pure =
            !(g->second && g->second[k]) && fabsf(g->cover[k] - covered) < 1e-3f * covered + 1e-6f;
        g->plain[k] =
            (uint8_t)(pure ? XT_PLAIN_TISSUE | (g->value && isfinite(g->value[k]) ? XT_PLAIN_VALUE : 0) : 0);
    }
    for (int y = 0; y < g->ny; y++)
        for (int x = 0; x < g->nx; x++) {
            const size_t k = (size_t)y * nx + (size_t)x, l = k - (x > 0), r = k + (x + 1 < g->nx);
            const bool same = g->tissue[l] == g->tissue[k] && g->tissue[r] == g->tissue[k];
            row[k] = same ? g->plain[l] & g->plain[k] & g->plain[r] : 0;
        }
    for (int y = 0; y < g->ny; y++)
        for (int x = 0; x < g->nx; x++) {
            const size_t k = (size_t)y * nx + (size_t)x, d = y > 0 ? k - nx : k,
                         u = y + 1 < g->ny ? k + nx : k;
            const bool same = g->tissue[d] == g->tissue[k] && g->tissue[u] == g->tissue[k];
            g->plain[k] = same ? row[d] & row[k] & row[u] : 0;
        }
}

void xt_frame_grid_free(xt_frame_grid *g) {
    free(g->tissue);
    free(g->value);
    free(g->cover);
    free(g->plain);
}

/* The skin moves rarely: the smooth one that a sketch has is taken where it fits. */
static bool has_cover(xt_frame_grid *g, const xt_frame_sketch *s) {
    const size_t n = (size_t)g->nx * (size_t)g->ny;
    if (!s || !s->place || s->key.nx != g->nx || s->key.ny != g->ny) return false;
    for (size_t k = 0; k < n; k++)
        if ((s->tissue[k] != 0) != (g->tissue[k] != 0)) return false;
    memcpy(g->cover, s->cover, n * sizeof *g->cover);
    return true;
}

xt_status xt_frame_grid_make(xt_frame_grid *g, const xt_frame_def *def, double per_mm, xt_error *err) {
    *g = (xt_frame_grid){0};
    int every[2];
    for (int k = 0; k < 2; k++) {
        const double size = def->spacing[k] * per_mm;
        every[k] = size < 0.75 ? (int)ceil(1 / size - 1e-9) : 1; /* a little less than a pixel does no harm */
        g->size[k] = size * every[k];
    }
    g->nx = (def->nx + every[0] - 1) / every[0];
    g->ny = (def->ny + every[1] - 1) / every[1];
    const size_t n = (size_t)g->nx * (size_t)g->ny;
    const bool values = def->kind != XT_FRAME_LABEL;
    g->sloped = def->sloped && !def->voxels;
    g->tissue = malloc(n);
    g->cover = malloc(n * sizeof *g->cover);
    g->plain = malloc(n);
    g->value = values ? malloc(n * sizeof *g->value) : NULL;
    float *read = malloc(n * sizeof *read);
    xt_status status = XT_OK;
    if (!g->tissue || !g->cover || !g->plain || !read || (values && !g->value)) {
        status = xt_no_memory(err, "a picture's slice", n * 14);
        goto done;
    }
    for (int y = 0; y < g->ny; y++)
        for (int x = 0; x < g->nx; x++) {
            const size_t i = xt_frame_at(g, x, y);
            const int x0 = x * every[0], y0 = y * every[1];
            const int x1 = x0 + every[0] < def->nx ? x0 + every[0] : def->nx;
            const int y1 = y0 + every[1] < def->ny ? y0 + every[1] : def->ny;
            reduce(&g->tissue[i], g->value ? &g->value[i] : NULL, def, x0, y0, x1, y1);
        }
    if (every[0] == 1 && every[1] == 1 && def->second && def->share) {
        g->second = def->second;
        g->share = def->share;
    }
    if (!has_cover(g, def->sketch)) XT_GO(xt_frame_smooth_cover(g, def->clip != NULL, err));
    if (def->blended && g->second && g->value) {
        memcpy(read, g->value, n * sizeof *read);
        unblend(g, read);
    }
    find_plain(g, (uint8_t *)read);
done:
    free(read);
    if (status != XT_OK) xt_frame_grid_free(g);
    return status;
}

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

static xt_frame_place place_of(int tissue, int other, double distance) {
    return (xt_frame_place){(uint8_t)tissue, (uint8_t)other, (float)distance};
}

/* Inside or out by the cover; inside, the heaviest tissue; and the nearer of that tissue's edge and the skin.
 */
static xt_frame_place judge(const xt_frame_grid *g, const shares *s, share cover) {
    share first = {.tissue = -1}, second = {.tissue = -1};
    for (int k = 0; k < s->count; k++) {
        if (s->found[k].tissue == 0) continue;
        if (first.tissue < 0 || s->found[k].weight > first.weight) {
            second = first;
            first = s->found[k];
        } else if (second.tissue < 0 || s->found[k].weight > second.weight)
            second = s->found[k];
    }
    if (first.tissue < 0) return place_of(0, 0, INFINITY);
    /* Where layers are thinner than a voxel the difference has no slope: the floor keeps them from vanishing
     * in outline. */
    const double least = 0.25 / fmax(g->size[0], g->size[1]);
    const double skin = (2 * cover.weight - 1) / fmax(2 * hypot(cover.dx, cover.dy), least);
    if (cover.weight < 0.5) return place_of(0, first.tissue, -skin);
    double edge = INFINITY;
    if (second.tissue > 0 && second.weight > 0)
        edge =
            (first.weight - second.weight) / fmax(hypot(first.dx - second.dx, first.dy - second.dy), least);
    if (cover.weight < 0.999 && skin < edge) return place_of(first.tissue, 0, skin);
    return isfinite(edge) ? place_of(first.tissue, second.tissue, edge)
                          : place_of(first.tissue, first.tissue, INFINITY);
}

static xt_frame_place classify_smooth(const xt_frame_grid *g, double u, double v) {
    const int ix = (int)floor(u), iy = (int)floor(v);
    const double fx = u - ix - 0.5, fy = v - iy - 0.5;
    const double wx[3] = {0.5 * (0.5 - fx) * (0.5 - fx), 0.75 - fx * fx, 0.5 * (0.5 + fx) * (0.5 + fx)};
    const double wy[3] = {0.5 * (0.5 - fy) * (0.5 - fy), 0.75 - fy * fy, 0.5 * (0.5 + fy) * (0.5 + fy)};
    const double sx[3] = {fx - 0.5, -2 * fx, 0.5 + fx}, sy[3] = {fy - 0.5, -2 * fy, 0.5 + fy};
    shares s = {.count = 0};
    share cover = {0};
    for (int j = 0; j < 3; j++)
        for (int i = 0; i < 3; i++) {
            const size_t k = xt_frame_at(g, ix + i - 1, iy + j - 1);
            const double w = wx[i] * wy[j], dx = sx[i] * wy[j] / g->size[0], dy = wx[i] * sy[j] / g->size[1];
            const double other = g->second && g->second[k] ? g->share[k] / 65535.0 : 0;
            add_share(&s, g->tissue[k], (1 - other) * w, (1 - other) * dx, (1 - other) * dy);
            if (other > 0) add_share(&s, g->second[k], other * w, other * dx, other * dy);
            cover.weight += w * g->cover[k];
            cover.dx += dx * g->cover[k];
            cover.dy += dy * g->cover[k];
        }
    return judge(g, &s, cover);
}

static xt_frame_place classify_voxels(const xt_frame_grid *g, double u, double v) {
    const int ix = xt_clamp((int)floor(u), g->nx), iy = xt_clamp((int)floor(v), g->ny);
    const double fx = u - ix, fy = v - iy;
    const int tissue = g->tissue[xt_frame_at(g, ix, iy)];
    xt_frame_place p = place_of(tissue, tissue, INFINITY);
    const struct {
        int x, y;
        double distance;
    } side[4] = {{-1, 0, fx * g->size[0]},
                 {1, 0, (1 - fx) * g->size[0]},
                 {0, -1, fy * g->size[1]},
                 {0, 1, (1 - fy) * g->size[1]}};
    for (int k = 0; k < 4; k++) {
        const int other = g->tissue[xt_frame_at(g, ix + side[k].x, iy + side[k].y)];
        if (other != tissue && side[k].distance < p.distance) p = place_of(tissue, other, side[k].distance);
    }
    return p;
}

static xt_frame_place place_at(const xt_frame_grid *g, bool voxels, double u, double v) {
    if (voxels) return classify_voxels(g, u, v);
    const size_t voxel = xt_frame_at(g, (int)u, (int)v);
    if (g->plain[voxel] & XT_PLAIN_TISSUE) return place_of(g->tissue[voxel], g->tissue[voxel], INFINITY);
    return classify_smooth(g, u, v);
}

/* ---- the sketch: kept from one picture of a plane to the next ---- */

xt_status xt_frame_sketch_create(xt_frame_sketch **out, xt_error *err) {
    *out = calloc(1, sizeof **out);
    return *out ? XT_OK : xt_no_memory(err, "a sketch", sizeof **out);
}

static void clear(xt_frame_sketch *s) {
    free(s->tissue);
    free(s->second);
    free(s->share);
    free(s->cover);
    free(s->place);
    *s = (xt_frame_sketch){0};
}

void xt_frame_sketch_free(xt_frame_sketch *s) {
    if (!s) return;
    clear(s);
    free(s);
}

static bool same(const void *kept, const void *now, size_t bytes) {
    return kept && now ? memcmp(kept, now, bytes) == 0 : kept == now;
}

static bool fits(const xt_frame_sketch *s, const sketch_key *key, const xt_frame_grid *g) {
    const size_t n = (size_t)g->nx * (size_t)g->ny;
    return s->place && memcmp(&s->key, key, sizeof *key) == 0 && same(s->tissue, g->tissue, n) &&
           same(s->second, g->second, n) && same(s->share, g->share, n * sizeof *g->share) &&
           same(s->cover, g->cover, n * sizeof *g->cover);
}

static bool copied(void *kept, const void *from, size_t bytes) {
    void **to = kept;
    if (!from) return true;
    *to = malloc(bytes);
    if (*to) memcpy(*to, from, bytes);
    return *to != NULL;
}

static xt_status renew(xt_frame_sketch *s, const sketch_key *key, const xt_frame_grid *g, xt_error *err) {
    const size_t n = (size_t)g->nx * (size_t)g->ny, pixels = (size_t)key->width * (size_t)key->height;
    clear(s);
    s->place = malloc(pixels * sizeof *s->place);
    if (s->place && copied(&s->tissue, g->tissue, n) && copied(&s->second, g->second, n) &&
        copied(&s->share, g->share, n * sizeof *g->share) &&
        copied(&s->cover, g->cover, n * sizeof *g->cover)) {
        s->key = *key;
        return XT_OK;
    }
    clear(s);
    return xt_no_memory(err, "a sketch", pixels * sizeof *s->place);
}

xt_status xt_frame_places(const xt_frame_place **place, xt_frame_sketch *s, const xt_frame_grid *g,
                          const xt_frame_layout *l, bool voxels, xt_error *err) {
    const int x0 = (int)floor(l->x), x1 = (int)ceil(l->x + l->w);
    const int y0 = (int)floor(l->y), y1 = (int)ceil(l->y + l->h);
    sketch_key key;
    memset(&key, 0, sizeof key); /* padding too: keys are compared as bytes */
    key.nx = g->nx;
    key.ny = g->ny;
    key.width = x1 - x0;
    key.height = y1 - y0;
    key.voxels = voxels;
    key.x = l->x - x0;
    key.y = l->y - y0;
    key.w = l->w;
    key.h = l->h;
    memcpy(key.size, g->size, sizeof key.size);
    if (!fits(s, &key, g)) {
        XT_TRY(renew(s, &key, g, err));
        for (int y = y0; y < y1; y++)
            for (int x = x0; x < x1; x++) {
                double u, v;
                xt_frame_point(&u, &v, g, l, x, y);
                s->place[(size_t)(y - y0) * (size_t)key.width + (size_t)(x - x0)] = place_at(g, voxels, u, v);
            }
    }
    *place = s->place;
    return XT_OK;
}
