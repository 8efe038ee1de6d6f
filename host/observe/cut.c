#include "observe/cut.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "observe/fit.h"
#include "observe/frame_parts.h"

enum { MOST_SAMPLES = 8192 };

void xt_cut_free(xt_cut *cut) {
    free(cut->cell);
    free(cut->row);
    *cut = (xt_cut){0};
}

static void lay_out(xt_cut *cut, const xt_plane *plane, const int dims[3], const double spacing[3],
                    double finest) {
    *cut = (xt_cut){.plane = *plane};
    memcpy(cut->dims, dims, sizeof cut->dims);
    memcpy(cut->voxel, spacing, sizeof cut->voxel);
    int n[2];
    for (int k = 0; k < 2; k++) {
        n[k] = (int)fmin(ceil(plane->size[k] / finest), MOST_SAMPLES);
        if (n[k] < 1) n[k] = 1;
        cut->spacing[k] = plane->size[k] / n[k];
    }
    cut->nx = n[0];
    cut->ny = n[1];
}

static size_t row_of(const xt_cut *cut, int x, int y, int z) {
    const size_t across = (size_t)(cut->dims[0] + XT_BLOCK - 1) / XT_BLOCK;
    return (size_t)(x / XT_BLOCK) + across * ((size_t)y + (size_t)cut->dims[1] * (size_t)z);
}

/* Does the plane come within four voxels of the block? Values reach one, and what cleans them two more. */
static bool near(const xt_cut *cut, const xt_block *b) {
    const double first[3] = {b->x, b->y, b->z}, size[3] = {XT_BLOCK, 1, 1};
    double away = 0, reach = 0;
    for (int k = 0; k < 3; k++) {
        const double n = cut->plane.normal[k];
        away += n * ((first[k] + size[k] / 2) * cut->voxel[k] - cut->plane.point[k]);
        reach += fabs(n) * (size[k] / 2 + 4) * cut->voxel[k];
    }
    return fabs(away) <= reach;
}

xt_status xt_cut_create(xt_cut *cut, const xt_mesh *mesh, const xt_plane *plane, double finest,
                        xt_error *err) {
    lay_out(cut, plane, mesh->dims, mesh->spacing, finest);
    const size_t rows = row_of(cut, mesh->dims[0] - 1, mesh->dims[1] - 1, mesh->dims[2] - 1) + 1;
    size_t blocks = 0;
    for (size_t b = 1; b < mesh->blocks; b++) blocks += near(cut, &mesh->block[b]);
    cut->count = blocks * XT_BLOCK;
    cut->cell = malloc((cut->count + 1) * sizeof *cut->cell);
    cut->row = calloc(rows, sizeof *cut->row);
    if (!cut->cell || !cut->row) {
        xt_cut_free(cut);
        return xt_no_memory(err, "an oblique slice", cut->count * 4 + rows * 4);
    }
    size_t rank = 0;
    for (size_t b = 1; b < mesh->blocks; b++) {
        const xt_block *block = &mesh->block[b];
        if (!near(cut, block)) continue;
        for (int lane = 0; lane < XT_BLOCK; lane++)
            cut->cell[rank * XT_BLOCK + (size_t)lane] = (uint32_t)(b * XT_BLOCK + (size_t)lane);
        cut->row[row_of(cut, block->x, block->y, block->z)] = (uint32_t)++rank;
    }
    return XT_OK;
}

xt_status xt_cut_create_dense(xt_cut *cut, const int dims[3], const double spacing[3], const xt_plane *plane,
                              double finest, xt_error *err) {
    (void)err;
    lay_out(cut, plane, dims, spacing, finest);
    cut->count = (size_t)dims[0] * (size_t)dims[1] * (size_t)dims[2];
    return XT_OK;
}

static int clamp(int i, int n) { return i < 0 ? 0 : i < n ? i : n - 1; }

/* Index of the voxel nearest to (x, y, z) into the gathered arrays; -1: no tissue there. */
static ptrdiff_t voxel_at(const xt_cut *cut, int x, int y, int z) {
    x = clamp(x, cut->dims[0]);
    y = clamp(y, cut->dims[1]);
    z = clamp(z, cut->dims[2]);
    if (!cut->row) return x + cut->dims[0] * (y + (ptrdiff_t)cut->dims[1] * z);
    const uint32_t rank = cut->row[row_of(cut, x, y, z)];
    return rank ? (ptrdiff_t)(rank - 1) * XT_BLOCK + x % XT_BLOCK : -1;
}

/* The sample in voxels from the box's corner. False: so far outside that nobody sees it. */
static bool sample_at(double at[3], const xt_cut *cut, int i, int j) {
    const xt_plane *p = &cut->plane;
    const double a = p->low[0] + (i + 0.5) * cut->spacing[0], b = p->low[1] + (j + 0.5) * cut->spacing[1];
    const double margin = 2 * fmax(cut->spacing[0], cut->spacing[1]);
    for (int k = 0; k < 3; k++) {
        const double mm = p->point[k] + a * p->right[k] + b * p->up[k];
        if (mm < -margin || mm > cut->dims[k] * cut->voxel[k] + margin) return false;
        at[k] = mm / cut->voxel[k];
    }
    return true;
}

static const xt_material outside = {0, 0, 0};

static xt_material material_at(const xt_cut *cut, const xt_material *material, int x, int y, int z) {
    const ptrdiff_t k = voxel_at(cut, x, y, z);
    return k < 0 ? outside : material[k];
}

/* All 27 voxels round this one are of its tissue alone. */
static bool is_plain(const xt_cut *cut, const xt_material *material, const int v[3]) {
    const xt_material home = material_at(cut, material, v[0], v[1], v[2]);
    for (int n = 0; n < 27; n++) {
        const xt_material m =
            material_at(cut, material, v[0] + n % 3 - 1, v[1] + n / 3 % 3 - 1, v[2] + n / 9 - 1);
        if (m.tissue != home.tissue || m.second) return false;
    }
    return true;
}

/* A tissue's share of the B-spline, and how that changes along x, y, z, per voxel. */
typedef struct {
    uint8_t tissue;
    double weight, slope[3];
} claim;

static void add_claim(claim *list, int *count, uint8_t tissue, double weight, const double slope[3],
                      double part) {
    int k = 0;
    while (k < *count && list[k].tissue != tissue) k++;
    if (k == *count) list[(*count)++] = (claim){.tissue = tissue};
    list[k].weight += part * weight;
    for (int a = 0; a < 3; a++) list[k].slope[a] += part * slope[a];
}

static int claims(claim list[54], const xt_cut *cut, const xt_material *material, const int v[3],
                  const double at[3]) {
    double w[3][3], s[3][3];
    int count = 0;
    for (int k = 0; k < 3; k++) {
        const double f = at[k] - v[k] - 0.5;
        w[k][0] = 0.5 * (0.5 - f) * (0.5 - f);
        w[k][1] = 0.75 - f * f;
        w[k][2] = 0.5 * (0.5 + f) * (0.5 + f);
        s[k][0] = f - 0.5;
        s[k][1] = -2 * f;
        s[k][2] = f + 0.5;
    }
    for (int n = 0; n < 27; n++) {
        const int i = n % 3, j = n / 3 % 3, l = n / 9;
        const xt_material m = material_at(cut, material, v[0] + i - 1, v[1] + j - 1, v[2] + l - 1);
        const double weight = w[0][i] * w[1][j] * w[2][l], other = m.second ? m.share / 65535.0 : 0;
        const double slope[3] = {s[0][i] * w[1][j] * w[2][l], w[0][i] * s[1][j] * w[2][l],
                                 w[0][i] * w[1][j] * s[2][l]};
        add_claim(list, &count, m.tissue, weight, slope, 1 - other);
        if (m.second) add_claim(list, &count, m.second, weight, slope, other);
    }
    return count;
}

/* The heaviest tissue; the next one where its edge runs through the sample, with its share of it. */
static xt_material judge(const xt_cut *cut, const claim *list, int count) {
    int first = 0, second = -1;
    for (int k = 1; k < count; k++)
        if (list[k].weight > list[first].weight) {
            second = first;
            first = k;
        } else if (second < 0 || list[k].weight > list[second].weight)
            second = k;
    xt_material m = {.tissue = list[first].tissue};
    if (second < 0 || m.tissue == 0 || list[second].tissue == 0) return m;
    double along[2] = {0, 0};
    for (int k = 0; k < 3; k++) {
        const double slope = (list[first].slope[k] - list[second].slope[k]) / cut->voxel[k];
        along[0] += slope * cut->plane.right[k] * cut->spacing[0];
        along[1] += slope * cut->plane.up[k] * cut->spacing[1];
    }
    const double steep = hypot(along[0], along[1]);
    const double away = (list[first].weight - list[second].weight) / fmax(steep, 1e-6);
    if (away >= 0.5) return m;
    m.second = list[second].tissue;
    m.share = (uint16_t)lround(fmin(fmax(0.5 - away, 0), 0.5) * 65535);
    return m;
}

xt_status xt_cut_tissues(xt_material *sample, const xt_cut *cut, const xt_material *material, xt_error *err) {
    enum { UNKNOWN, PLAIN, MIXED };
    uint8_t *kind = calloc(cut->count + 1, 1); /* what has been found out about a voxel */
    if (!kind) return xt_no_memory(err, "an oblique slice", cut->count);
    for (int j = 0; j < cut->ny; j++)
        for (int i = 0; i < cut->nx; i++) {
            double at[3];
            xt_material *here = &sample[(size_t)j * (size_t)cut->nx + (size_t)i];
            *here = outside;
            if (!sample_at(at, cut, i, j)) continue;
            int v[3];
            for (int k = 0; k < 3; k++) {
                v[k] = clamp((int)floor(at[k]), cut->dims[k]);
                at[k] = fmin(fmax(at[k], v[k]), v[k] + 1);
            }
            const ptrdiff_t voxel = voxel_at(cut, v[0], v[1], v[2]);
            if (voxel >= 0 && kind[voxel] == UNKNOWN)
                kind[voxel] = is_plain(cut, material, v) ? PLAIN : MIXED;
            if (voxel >= 0 && kind[voxel] == PLAIN) {
                here->tissue = material[voxel].tissue;
                continue;
            }
            claim list[54];
            *here = judge(cut, list, claims(list, cut, material, v, at));
        }
    free(kind);
    return XT_OK;
}

/* Values of voxels, and those of shared ones once they have been looked into. */
typedef struct {
    const xt_cut *cut;
    const xt_material *material;
    const float *cells;
    float *clean;   /* [count]; NULL: values are taken as they are */
    uint8_t *known; /* [count]: clean has it; of sloped ones: 1 + whether the voxel is plain */
    bool sloped;
} source;

static double pureness(xt_material m) { return xt_frame_pureness(m.second, m.share); }

/* The value of a shared voxel, giving way to those of its tissue around it. */
static float unblended(const source *s, ptrdiff_t here, const int v[3]) {
    double weight = pureness(s->material[here]), sum = weight * s->cells[here];
    for (int n = 0; n < 125; n++) {
        const int i = n % 5 - 2, j = n / 5 % 5 - 2, l = n / 25 - 2, square = i * i + j * j + l * l;
        const ptrdiff_t k = voxel_at(s->cut, v[0] + i, v[1] + j, v[2] + l);
        if (k < 0 || square == 0 || s->material[k].tissue != s->material[here].tissue ||
            !isfinite(s->cells[k]))
            continue;
        const double w = pureness(s->material[k]) / (square * square);
        sum += w * s->cells[k];
        weight += w;
    }
    return weight > 1e-9 ? (float)(sum / weight) : s->cells[here];
}

/* The value that a voxel has for `tissue`; NAN if it has none. */
static float value_of(const source *s, int tissue, int x, int y, int z) {
    const int v[3] = {clamp(x, s->cut->dims[0]), clamp(y, s->cut->dims[1]), clamp(z, s->cut->dims[2])};
    const ptrdiff_t k = voxel_at(s->cut, v[0], v[1], v[2]);
    if (k < 0 || s->material[k].tissue != tissue || !isfinite(s->cells[k])) return NAN;
    if (!s->clean || !s->material[k].second) return s->cells[k];
    if (!s->known[k]) {
        s->clean[k] = unblended(s, k, v);
        s->known[k] = 1;
    }
    return s->clean[k];
}

/* Of the voxels around, the nearest one of the tissue; that of the voxel itself where there is none. */
static float nearest_value(const source *s, int tissue, const int home[3], const double at[3]) {
    double nearest = INFINITY;
    float closest = NAN;
    for (int n = 0; n < 27; n++) {
        const int v[3] = {home[0] + n % 3 - 1, home[1] + n / 3 % 3 - 1, home[2] + n / 9 - 1};
        const ptrdiff_t k = voxel_at(s->cut, v[0], v[1], v[2]);
        double away = 0;
        for (int i = 0; i < 3; i++) away += (v[i] + 0.5 - at[i]) * (v[i] + 0.5 - at[i]);
        if (k < 0 || s->material[k].tissue != tissue || away >= nearest) continue;
        nearest = away;
        closest = s->cells[k];
    }
    if (isfinite(nearest)) return closest;
    const ptrdiff_t k = voxel_at(s->cut, home[0], home[1], home[2]);
    return k >= 0 ? s->cells[k] : NAN;
}

/* As on frames: the field of `tissue` goes on to its edge, never beyond what there is around. NAN: the tissue
 * has no voxel near. */
static float value_sloped(const source *s, int tissue, const int home[3], const double at[3]) {
    enum { WIDE = 2 * XT_FIT_REACH + 1 };
    double low = INFINITY, high = -INFINITY;
    xt_fit fit;
    xt_fit_begin(&fit, 3);
    for (int n = 0; n < WIDE * WIDE * WIDE; n++) {
        const int v[3] = {home[0] + n % WIDE - XT_FIT_REACH, home[1] + n / WIDE % WIDE - XT_FIT_REACH,
                          home[2] + n / (WIDE * WIDE) - XT_FIT_REACH};
        bool inside = true;
        for (int k = 0; k < 3; k++) inside &= v[k] >= 0 && v[k] < s->cut->dims[k];
        const ptrdiff_t k = inside ? voxel_at(s->cut, v[0], v[1], v[2]) : -1;
        if (k < 0 || !isfinite(s->cells[k])) continue;
        low = fmin(low, s->cells[k]);
        high = fmax(high, s->cells[k]);
        if (s->material[k].tissue == tissue)
            xt_fit_add(&fit, (double[]){v[0] + 0.5 - at[0], v[1] + 0.5 - at[1], v[2] + 0.5 - at[2]},
                       s->cells[k]);
    }
    const double fitted = xt_fit_solve(&fit);
    return isfinite(fitted) ? (float)fmin(fmax(fitted, low), high) : NAN;
}

/* Does an edge run near the voxel? */
static bool near_edge(const source *s, const int home[3]) {
    const ptrdiff_t k = voxel_at(s->cut, home[0], home[1], home[2]);
    if (k < 0) return true;
    if (!s->known[k]) s->known[k] = 1 + is_plain(s->cut, s->material, home);
    return s->known[k] == 1;
}

static float value_at(const source *s, int tissue, const double at[3]) {
    int v[3], home[3];
    double f[3], sum = 0, weight = 0;
    for (int k = 0; k < 3; k++) home[k] = (int)floor(at[k]);
    if (s->sloped && near_edge(s, home)) {
        const float fitted = value_sloped(s, tissue, home, at);
        if (isfinite(fitted)) return fitted;
    }
    for (int k = 0; k < 3; k++) {
        v[k] = (int)floor(at[k] - 0.5);
        f[k] = at[k] - 0.5 - v[k];
    }
    for (int n = 0; n < 8; n++) {
        const int i = n & 1, j = n >> 1 & 1, l = n >> 2;
        const float c = value_of(s, tissue, v[0] + i, v[1] + j, v[2] + l);
        if (isnan(c)) continue;
        const double w = (i ? f[0] : 1 - f[0]) * (j ? f[1] : 1 - f[1]) * (l ? f[2] : 1 - f[2]);
        sum += w * c;
        weight += w;
    }
    if (weight > 1e-6) return (float)(sum / weight);
    const float c = nearest_value(s, tissue, home, at);
    return isfinite(c) ? c : NAN;
}

xt_status xt_cut_values(float *value, const xt_material *sample, const xt_cut *cut,
                        const xt_material *material, const float *cells, xt_cut_kind kind, xt_error *err) {
    source s = {.cut = cut, .material = material, .cells = cells, .sloped = kind == XT_CUT_SLOPED};
    if (kind != XT_CUT_PLAIN) {
        s.clean = kind == XT_CUT_BLENDED ? malloc((cut->count + 1) * sizeof *s.clean) : NULL;
        s.known = calloc(cut->count + 1, 1);
        if ((kind == XT_CUT_BLENDED && !s.clean) || !s.known) {
            free(s.clean);
            free(s.known);
            return xt_no_memory(err, "an oblique slice", cut->count * 5);
        }
    }
    for (int j = 0; j < cut->ny; j++)
        for (int i = 0; i < cut->nx; i++) {
            const size_t k = (size_t)j * (size_t)cut->nx + (size_t)i;
            double at[3];
            value[k] =
                sample[k].tissue && sample_at(at, cut, i, j) ? value_at(&s, sample[k].tissue, at) : NAN;
        }
    free(s.clean);
    free(s.known);
    return XT_OK;
}
