/* Planes through a moment's volume. */
#include "app/render_planes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "observe/cut.h"

/* A plane of one array, laid out in rows. */
typedef struct {
    int axis, index, nx, ny;
    const int *dims;
    float *out;
} cutting;

static xt_status take_plane(const float *values, int z, void *context, xt_error *err) {
    (void)err;
    const cutting *c = context;
    const int *n = c->dims;
    if (c->axis == 2) {
        if (z == c->index) memcpy(c->out, values, (size_t)n[0] * (size_t)n[1] * sizeof *values);
        return XT_OK;
    }
    float *row = c->out + (size_t)z * (size_t)c->nx; /* z is up */
    for (int i = 0; i < c->nx; i++)
        row[i] = c->axis == 0 ? values[(size_t)i * (size_t)n[0] + (size_t)c->index]
                              : values[(size_t)c->index * (size_t)n[0] + (size_t)i];
    return XT_OK;
}

xt_status xt_render_slice_place(int *index, const xt_render_plane *plane, int number,
                                const xt_vti_image *image, xt_error *err) {
    *index = number;
    if (plane->axis < 0) return XT_OK;
    const double h = image->spacing[plane->axis], size = image->dims[plane->axis] * h;
    const double at = !plane->given ? size / 2 : plane->fraction ? plane->at * size : plane->at;
    if (!(at >= 0 && at <= size * (1 + 1e-9)))
        return xt_fail(err, XT_USAGE, "--slice: %g mm along %c; the volume reaches from 0 to %g mm", at,
                       "xyz"[plane->axis], size);
    *index = (int)(at / h);
    if (*index >= image->dims[plane->axis]) *index = image->dims[plane->axis] - 1;
    return XT_OK;
}

void xt_render_slice_free(xt_render_slice *d) {
    free(d->value);
    free(d->tissue);
    free(d->second);
    free(d->share);
}

/* The plane through the middle of the voxels, as the frames of a run have it. */
static xt_status sides(xt_render_slice *d, int axis, const xt_vti_image *image, xt_error *err) {
    const int right = axis == 0 ? 1 : 0, up = axis == 2 ? 1 : 2;
    double box[3];
    for (int a = 0; a < 3; a++) box[a] = image->dims[a] * image->spacing[a];
    d->def.nx = image->dims[right];
    d->def.ny = image->dims[up];
    d->def.spacing[0] = image->spacing[right];
    d->def.spacing[1] = image->spacing[up];
    return xt_plane_across(&d->plane, box, axis, (d->index + 0.5) * image->spacing[axis], err);
}

double xt_render_voxel(const xt_render_plane *plane, const xt_vti_image *image) {
    double longest = 0;
    for (int a = 0; a < 3; a++)
        if (a != plane->axis) longest = fmax(longest, image->spacing[a]);
    return longest;
}

xt_fading xt_render_fading(const xt_view_field *field) {
    const bool exposure = strncmp(field->name, "u_", 2) == 0;
    const bool known = field->fades[0] > 0;
    return (xt_fading){field->name + (exposure ? 2 : 0), known ? field->fades[0] : INFINITY, field->fades[1],
                       field->fades_in[0], field->fades_in[1]};
}

/* What the voxels know of the field's gradients. */
static xt_cut_kind kind_of(const xt_render_plane *plane, const xt_view_field *field,
                           const xt_vti_image *image) {
    const xt_fading fading = xt_render_fading(field);
    if (!isfinite(fading.shortest)) return XT_CUT_PLAIN;
    return xt_fading_is_lost(&fading, xt_render_voxel(plane, image)) ? XT_CUT_BLENDED : XT_CUT_SLOPED;
}

static xt_status room_for(xt_render_slice *d, bool shared, xt_error *err) {
    const size_t pixels = (size_t)d->def.nx * (size_t)d->def.ny;
    d->value = malloc(pixels * sizeof *d->value);
    d->tissue = malloc(pixels);
    d->second = shared ? malloc(pixels) : NULL;
    d->share = shared ? malloc(pixels * sizeof *d->share) : NULL;
    if (!d->value || !d->tissue || (shared && (!d->second || !d->share)))
        return xt_no_memory(err, "a slice", pixels * sizeof *d->value);
    return XT_OK;
}

/* The voxels that a plane across an axis meets. field NULL: labels alone. */
static xt_status take_across(xt_render_slice *d, const xt_render_plane *w, xt_snapshot *now,
                             const xt_view_field *field, xt_error *err) {
    const int a = w->axis;
    XT_TRY(sides(d, w->axis, now->image, err));
    XT_TRY(room_for(d, now->second != NULL, err));
    for (int v = 0; v < d->def.ny; v++)
        for (int u = 0; u < d->def.nx; u++) {
            const size_t x = (size_t)(a == 0 ? d->index : u),
                         y = (size_t)(a == 1   ? d->index
                                      : a == 0 ? u
                                               : v),
                         z = (size_t)(a == 2 ? d->index : v);
            const size_t to = (size_t)v * (size_t)d->def.nx + (size_t)u,
                         from = (z * (size_t)now->image->dims[1] + y) * (size_t)now->image->dims[0] + x;
            d->tissue[to] = now->tissue[from];
            if (d->second) d->second[to] = now->second[from];
            if (d->share) d->share[to] = now->share[from];
        }
    cutting cut = {a, d->index, d->def.nx, d->def.ny, now->image->dims, d->value};
    if (!field) return XT_OK;
    XT_TRY(xt_vti_slices(now->reader, field->index, take_plane, &cut, err));
    const xt_cut_kind kind = kind_of(w, field, now->image);
    d->def.blended = kind == XT_CUT_BLENDED;
    d->def.sloped = kind == XT_CUT_SLOPED;
    if (d->second &&
        !xt_snapshot_unmix(d->value, now, field, d->second, d->share, (size_t)d->def.nx * (size_t)d->def.ny))
        d->def.blended = true; /* then they are means */
    return XT_OK;
}

/* Samples of a plane across a direction, as the frames of a run have them (observe/cut.h). */
static xt_status take_oblique(xt_render_slice *d, const xt_render_plane *w, xt_snapshot *now,
                              const xt_view_field *field, xt_error *err) {
    const xt_vti_image *image = now->image;
    const double *n = w->normal, length = sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
    double box[3], point[3];
    xt_cut cut = {0};
    float *cells = NULL;
    xt_material *material = NULL, *sample = NULL;
    xt_status status = XT_OK;
    for (int a = 0; a < 3; a++) {
        box[a] = image->dims[a] * image->spacing[a];
        point[a] = box[a] / 2 + w->at * n[a] / length;
    }
    XT_GO(xt_plane_oblique(&d->plane, box, point, n, 0, err));
    XT_GO(xt_cut_create_dense(&cut, image->dims, image->spacing, &d->plane,
                              fmax(d->plane.size[0], d->plane.size[1]) / (0.7 * d->def.width), err));
    d->def.nx = cut.nx;
    d->def.ny = cut.ny;
    memcpy(d->def.spacing, cut.spacing, sizeof d->def.spacing);
    d->def.clip = d->plane.corner;
    d->def.clips = d->plane.corners;
    const size_t samples = (size_t)cut.nx * (size_t)cut.ny;
    material = calloc(now->voxels, sizeof *material);
    sample = calloc(samples, sizeof *sample);
    cells = field ? malloc(now->voxels * sizeof *cells) : NULL;
    if (!material || !sample || (field && !cells)) {
        status = xt_no_memory(err, "an oblique slice", now->voxels * sizeof *material);
        goto done;
    }
    for (size_t i = 0; i < now->voxels; i++) {
        material[i].tissue = now->tissue[i];
        if (now->second) material[i].second = now->second[i];
        if (now->second) material[i].share = now->share[i];
    }
    XT_GO(room_for(d, true, err));
    XT_GO(xt_cut_tissues(sample, &cut, material, err));
    if (field) XT_GO(xt_snapshot_values(cells, now, field, err));
    if (field && now->second) xt_snapshot_unmix(cells, now, field, now->second, now->share, now->voxels);
    if (field) XT_GO(xt_cut_values(d->value, sample, &cut, material, cells, kind_of(w, field, image), err));
    for (size_t i = 0; i < samples; i++) {
        d->tissue[i] = sample[i].tissue;
        d->second[i] = sample[i].second;
        d->share[i] = sample[i].share;
    }
done:
    xt_cut_free(&cut);
    free(cells);
    free(material);
    free(sample);
    return status;
}

xt_status xt_render_slice_take(xt_render_slice *d, const xt_render_plane *plane, xt_snapshot *now,
                               const xt_view_field *field, xt_error *err) {
    const bool oblique = plane->axis < 0;
    XT_TRY((oblique ? take_oblique : take_across)(d, plane, now, field, err));
    const size_t pixels = (size_t)d->def.nx * (size_t)d->def.ny;
    for (size_t i = 0; i < pixels; i++)
        if (!field || !d->tissue[i]) d->value[i] = NAN;
    xt_plane_sides(d->letters, &d->plane, now->image->affine, now->image->spacing);
    for (int k = 0; k < 4; k++) d->def.side[k] = d->letters[k];
    d->def.value = d->value;
    d->def.tissue = d->tissue;
    d->def.second = d->second;
    d->def.share = d->share;
    memcpy(d->def.voxel, now->image->spacing, sizeof d->def.voxel);
    return XT_OK;
}
