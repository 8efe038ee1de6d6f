/* From what the scene says to a mesh: windows, slabs and phantoms. Label volumes: labels.h. */
#include "mesh/geometry.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "mesh/labels.h"
#include "mesh/phantom.h"

void xt_geometry_clear(xt_geometry *geometry) {
    free(geometry->layer);
    free(geometry->file);
    free(geometry->label);
    geometry->layer = NULL;
    geometry->file = NULL;
    geometry->label = NULL;
    geometry->layer_count = geometry->label_count = 0;
}

xt_status xt_geometry_tissue(int *tissue, const char *name, const char *const *names, int count,
                             xt_error *err) {
    *tissue = 0;
    if (strcmp(name, "outside") == 0) return XT_OK;
    for (int k = 0; k < count; k++)
        if (strcmp(names[k], name) == 0) {
            *tissue = k + 1;
            return XT_OK;
        }
    const char *nearest = xt_nearest(name, names, count);
    return xt_fail(err, XT_USAGE, "the model has no tissue '%s'%s%s%s", name,
                   nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

/* The part of the box that is meshed: voxels, and where its first corner lies, mm from the box's first
 * corner. */
static xt_status window(int dims[3], double first[3], const xt_geometry *g, const double whole[3],
                        xt_error *err) {
    for (int a = 0; a < 3; a++) {
        const double h = g->spacing[a], size = whole[a] * h;
        double n = whole[a];
        first[a] = 0;
        if (g->has_window && g->window_size[a] != 0) {
            const double want = g->window_size[a], at = g->window_origin[a];
            if (!(want > 0) || !isfinite(want) || !isfinite(at))
                return xt_fail(err, XT_USAGE, "the window's size must be positive, not %g mm along %c", want,
                               "xyz"[a]);
            n = fmax(1, round(want / h));
            first[a] = g->window_centred ? at - 0.5 * n * h : at;
            const double slack = 0.5 * h;
            if (first[a] < -slack || first[a] + n * h > size + slack)
                return xt_fail(err, XT_USAGE,
                               "the window reaches from %g to %g mm along %c; the box is %g mm", first[a],
                               first[a] + n * h, "xyz"[a], size);
        }
        if (!(n <= INT16_MAX))
            return xt_fail(err, XT_USAGE,
                           "%.0f voxels along %c are more than %d: choose a larger spacing or a window", n,
                           "xyz"[a], INT16_MAX);
        dims[a] = (int)n;
    }
    return XT_OK;
}

/* Defaults, the whole box in voxels, the world position of its first corner (phantoms). */
static xt_status resolve(xt_geometry *geometry, double whole[3], double corner[3], xt_error *err) {
    corner[0] = corner[1] = corner[2] = 0;
    if (geometry->kind == XT_GEOMETRY_LABELS) return xt_labels_resolve(geometry, whole, err);
    XT_TRY(xt_phantom_resolve(geometry, err));
    xt_phantom_box(geometry, whole, corner);
    return XT_OK;
}

xt_status xt_geometry_resolve(xt_geometry *geometry, int dims[3], xt_error *err) {
    double whole[3], corner[3], first[3];
    XT_TRY(resolve(geometry, whole, corner, err));
    return window(dims, first, geometry, whole, err);
}

typedef struct {
    const xt_geometry *geometry;
    const xt_phantom *phantom; /* NULL for slabs */
    const int *dims;
    double corner[3];  /* world position of the window's first corner */
    const int *slab;   /* tissue of each slab */
    xt_material *flat; /* the one slice of a phantom that is the same along z */
    float *flat_bone;
    double dropped;
} painter;

static void centre_of(double centre[3], const painter *p, int x, int y, int z) {
    const double *h = p->geometry->spacing;
    centre[0] = p->corner[0] + (x + 0.5) * h[0];
    centre[1] = p->corner[1] + (y + 0.5) * h[1];
    centre[2] = p->corner[2] + (z + 0.5) * h[2];
}

static void paint_regions(painter *p, xt_material *material, float *bone, int z) {
    size_t i = 0;
    for (int y = 0; y < p->dims[1]; y++)
        for (int x = 0; x < p->dims[0]; x++, i++) {
            double c[3];
            centre_of(c, p, x, y, z);
            material[i] = xt_share_of(p->phantom, xt_phantom_at, c, p->geometry->spacing, p->phantom->solid,
                                      &p->dropped);
            if (bone && material[i].tissue == p->phantom->region[p->phantom->graded].tissue)
                bone[i] = (float)xt_phantom_bone(p->phantom, c);
        }
}

/* Boundaries anywhere: the share is the overlap of the voxel with the slab. */
static void paint_slabs(painter *p, xt_material *material) {
    const xt_geometry *g = p->geometry;
    const double h = g->spacing[0];
    const size_t nx = (size_t)p->dims[0];
    for (size_t x = 0; x < nx; x++) {
        const double low = p->corner[0] + (double)x * h, high = low + h;
        int tissue[256] = {0};
        double volume[256] = {0}, at = 0, filled = 0;
        int count = 1; /* entry 0 is what lies beyond the slabs */
        for (int i = 0; i < g->layer_count; at += g->layer[i++].size) {
            const double overlap = fmin(high, at + g->layer[i].size) - fmax(low, at);
            if (overlap <= 1e-9 * h) continue;
            int k = 0;
            while (k < count && tissue[k] != p->slab[i]) k++;
            if (k == count) tissue[count++] = p->slab[i];
            volume[k] += overlap;
            filled += overlap;
        }
        volume[0] += fmax(0, h - filled);
        material[x] = xt_share_pick(tissue, volume, count, &p->dropped);
    }
    for (size_t y = 1; y < (size_t)p->dims[1]; y++)
        memcpy(material + y * nx, material, nx * sizeof *material);
}

static xt_status fill(xt_material *material, float *bone, int z, void *context, xt_error *err) {
    painter *p = context;
    (void)err;
    const size_t plane = (size_t)p->dims[0] * (size_t)p->dims[1];
    if (p->phantom && p->phantom->solid) {
        paint_regions(p, material, bone, z);
        return XT_OK;
    }
    if (z == 0) {
        if (p->phantom)
            paint_regions(p, p->flat, bone ? p->flat_bone : NULL, 0);
        else
            paint_slabs(p, p->flat);
    }
    memcpy(material, p->flat, plane * sizeof *material);
    if (bone) memcpy(bone, p->flat_bone, plane * sizeof *bone);
    return XT_OK;
}

static xt_status build_phantom(xt_mesh **mesh, const xt_geometry *g, const int dims[3],
                               const double corner[3], const char *const *names, int count, xt_error *err) {
    xt_status status = XT_OK;
    xt_phantom phantom = {.graded = -1};
    painter p = {.geometry = g, .dims = dims, .corner = {corner[0], corner[1], corner[2]}};
    const size_t plane = (size_t)dims[0] * (size_t)dims[1];
    int *slab = malloc((size_t)(g->layer_count > 0 ? g->layer_count : 1) * sizeof *slab);
    p.flat = calloc(plane, sizeof *p.flat);
    p.flat_bone = malloc(plane * sizeof *p.flat_bone);
    if (!slab || !p.flat || !p.flat_bone) {
        status = xt_no_memory(err, "a slice of the phantom", plane * (sizeof *p.flat + sizeof *p.flat_bone));
        goto done;
    }
    for (size_t i = 0; i < plane; i++) p.flat_bone[i] = NAN;
    if (g->kind == XT_GEOMETRY_SLABS) {
        for (int i = 0; i < g->layer_count; i++)
            XT_GO(xt_geometry_tissue(&slab[i], g->layer[i].tissue, names, count, err));
        p.slab = slab;
    } else {
        XT_GO(xt_phantom_make(&phantom, g, names, count, err));
        p.phantom = &phantom;
    }
    double origin[3];
    centre_of(origin, &p, 0, 0, 0);
    XT_GO(xt_mesh_from_slices(mesh, dims, g->spacing, origin, names, count, phantom.graded >= 0, fill, &p,
                              err));
    (*mesh)->dropped = p.dropped;
done:
    xt_phantom_clear(&phantom);
    free(slab);
    free(p.flat);
    free(p.flat_bone);
    return status;
}

xt_status xt_geometry_build(xt_mesh **mesh, const xt_geometry *geometry, const char *const *tissue_names,
                            int tissue_count, xt_error *err) {
    *mesh = NULL;
    xt_geometry g = *geometry; /* shares its lists with the caller's */
    int dims[3];
    double whole[3], corner[3], first[3];
    XT_TRY(resolve(&g, whole, corner, err));
    XT_TRY(window(dims, first, &g, whole, err));
    if (g.kind == XT_GEOMETRY_LABELS)
        return xt_labels_build(mesh, &g, dims, first, tissue_names, tissue_count, err);
    for (int a = 0; a < 3; a++) corner[a] += first[a];
    return build_phantom(mesh, &g, dims, corner, tissue_names, tissue_count, err);
}
