#include "mesh/labels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mesh/nifti.h"
#include "mesh/phantom.h"
#include "mesh/resample.h"

xt_status xt_labels_resolve(xt_geometry *g, double whole[3], xt_error *err) {
    if (!g->file) return xt_fail(err, XT_USAGE, "the geometry names no label volume");
    if (g->max_bytes == 0) g->max_bytes = 16.0 * 0x1p30;
    xt_volume v;
    XT_TRY(xt_nifti_read_header(&v, g->file, g->max_bytes, err));
    const bool own = g->spacing[0] == 0;
    for (int a = 0; a < 3; a++) {
        if (own)
            g->spacing[a] = v.spacing[a];
        else if (g->spacing[a] == 0)
            g->spacing[a] = g->spacing[0];
        if (!(g->spacing[a] > 0) || !isfinite(g->spacing[a]))
            return xt_fail(err, XT_USAGE, "the spacing must be positive, not %g mm", g->spacing[a]);
        whole[a] = fmax(1, round(v.dims[a] * v.spacing[a] / g->spacing[a]));
    }
    if (!(g->smoothing >= 0) || !isfinite(g->smoothing))
        return xt_fail(err, XT_USAGE, "the smoothing must not be negative, not %g mm", g->smoothing);
    return XT_OK;
}

enum { UNMAPPED = 256 };

static xt_status make_map(int map[65536], const xt_geometry *g, const char *const *names, int count,
                          xt_error *err) {
    for (int i = 0; i < 65536; i++) map[i] = UNMAPPED;
    for (int i = 0; i < g->label_count; i++) {
        const xt_label_entry *entry = &g->label[i];
        if (entry->label < 0 || entry->label > UINT16_MAX)
            return xt_fail(err, XT_USAGE, "label %ld is not in 0 to %d", entry->label, UINT16_MAX);
        if (map[entry->label] != UNMAPPED)
            return xt_fail(err, XT_USAGE, "label %ld is mapped twice", entry->label);
        XT_TRY(xt_geometry_tissue(&map[entry->label], entry->tissue, names, count, err));
    }
    return XT_OK;
}

/* Labels to tissues. The volume is whole: a value outside the window counts as well, so that the map is right
 * once. */
static xt_status apply_map(uint8_t *tissue, const xt_volume *v, const int map[65536], const char *path,
                           xt_error *err) {
    const size_t voxels = (size_t)v->dims[0] * (size_t)v->dims[1] * (size_t)v->dims[2];
    size_t unmapped = 0;
    for (size_t i = 0; i < voxels; i++) {
        const int t = map[v->label[i]];
        unmapped += t == UNMAPPED;
        tissue[i] = (uint8_t)t;
    }
    if (unmapped == 0) return XT_OK;
    size_t *found = calloc(65536, sizeof *found);
    if (!found) return xt_no_memory(err, "label counts", 65536 * sizeof *found);
    for (size_t i = 0; i < voxels; i++)
        if (map[v->label[i]] == UNMAPPED) found[v->label[i]]++;
    char list[1024] = "";
    size_t used = 0;
    int listed = 0, values = 0;
    for (int k = 0; k < 65536; k++) {
        if (found[k] == 0) continue;
        values++;
        if (listed >= 20 || used >= sizeof list - 48) continue;
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%d (%zu voxels)", listed ? ", " : "", k,
                                 found[k]);
        listed++;
    }
    free(found);
    return xt_fail(err, XT_USAGE,
                   "%s: no tissue for label%s %s%s; map every label to a tissue or to 'outside'", path,
                   values > 1 ? "s" : "", list, values > listed ? ", ..." : "");
}

typedef struct {
    const uint8_t *tissue;
    const int *in, *out;
    int low[3]; /* copying: first voxel of the window */
    xt_resampler *resampler;
    double dropped;
} source;

static xt_status copy_slice(xt_material *material, float *bone, int z, void *context, xt_error *err) {
    const source *s = context;
    (void)bone;
    (void)err;
    for (int y = 0; y < s->out[1]; y++) {
        const size_t row = (size_t)(z + s->low[2]) * (size_t)s->in[1] + (size_t)(y + s->low[1]);
        const uint8_t *from = s->tissue + row * (size_t)s->in[0] + (size_t)s->low[0];
        for (int x = 0; x < s->out[0]; x++, material++) *material = (xt_material){from[x], 0, 0};
    }
    return XT_OK;
}

static xt_status resample_slice(xt_material *material, float *bone, int z, void *context, xt_error *err) {
    source *s = context;
    (void)bone;
    (void)err;
    xt_resample_slice(material, s->resampler, z, &s->dropped);
    return XT_OK;
}

static bool at_own_spacing(const xt_geometry *g, const xt_volume *v) {
    for (int a = 0; a < 3; a++)
        if (fabs(g->spacing[a] - v->spacing[a]) > 1e-5 * v->spacing[a]) return false;
    return true;
}

static xt_status make_resampler(source *s, const xt_geometry *g, const xt_volume *v, const double first[3],
                                xt_error *err) {
    xt_resampling what = {.tissue = s->tissue};
    for (int a = 0; a < 3; a++) {
        const double h = v->spacing[a], out = g->spacing[a];
        what.dims[a] = v->dims[a];
        what.out[a] = s->out[a];
        what.spacing[a] = h;
        what.out_spacing[a] = out;
        what.first[a] = first[a];
        what.sigma[a] = g->smoothing > 0 ? g->smoothing : 0.6 * h;
        if (out > h) what.sigma[a] = hypot(what.sigma[a], 0.3 * out); /* no aliasing where voxels grow */
        if (what.sigma[a] > 50 * h)
            return xt_fail(err, XT_USAGE, "smoothing by %g mm is more than 50 voxels of %g mm", what.sigma[a],
                           h);
    }
    XT_TRY(xt_resample_balance(what.weight, &what, err));
    return xt_resampler_new(&s->resampler, &what, err);
}

/* World position of the mesh's voxels: the same directions, other steps and another start. */
static void set_affine(xt_mesh *mesh, const xt_volume *v) {
    for (int i = 0; i < 3; i++) {
        mesh->affine[i][3] = v->affine[i][3];
        for (int a = 0; a < 3; a++) {
            mesh->affine[i][3] += v->affine[i][a] * (mesh->origin[a] / v->spacing[a] - 0.5);
            mesh->affine[i][a] = v->affine[i][a] / v->spacing[a] * mesh->spacing[a];
        }
    }
}

xt_status xt_labels_build(xt_mesh **mesh, const xt_geometry *g, const int dims[3], const double first[3],
                          const char *const *names, int count, xt_error *err) {
    xt_status status = XT_OK;
    xt_volume v = {0};
    source s = {.in = v.dims, .out = dims};
    uint8_t *tissue = NULL;
    double origin[3];
    int *map = malloc(65536 * sizeof *map);
    if (!map) return xt_no_memory(err, "a label map", 65536 * sizeof *map);
    XT_GO(make_map(map, g, names, count, err));
    XT_GO(xt_nifti_read(&v, g->file, g->max_bytes, err));
    const size_t voxels = (size_t)v.dims[0] * (size_t)v.dims[1] * (size_t)v.dims[2];
    if (!(tissue = malloc(voxels))) {
        status = xt_no_memory(err, "a tissue volume", voxels);
        goto done;
    }
    XT_GO(apply_map(tissue, &v, map, g->file, err));
    free(v.label); /* twice the size of what is still needed */
    v.label = NULL;
    s.tissue = tissue;
    const bool own = at_own_spacing(g, &v);
    for (int a = 0; a < 3; a++) {
        if (own) {
            const int most = v.dims[a] - dims[a];
            if (most < 0) {
                status = xt_fail(err, XT_USAGE, "the window is larger than the volume");
                goto done;
            }
            s.low[a] = (int)fmax(0, fmin(most, round(first[a] / v.spacing[a])));
        }
        origin[a] = (own ? s.low[a] * v.spacing[a] : first[a]) + 0.5 * g->spacing[a];
    }
    if (!own) XT_GO(make_resampler(&s, g, &v, first, err));
    XT_GO(xt_mesh_from_slices(mesh, dims, g->spacing, origin, names, count, false,
                              own ? copy_slice : resample_slice, &s, err));
    (*mesh)->dropped = s.dropped;
    set_affine(*mesh, &v);
done:
    xt_resampler_free(s.resampler);
    xt_volume_clear(&v);
    free(tissue);
    free(map);
    return status;
}
