/* Which planes of the mesh a film cuts. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/outputs_internal.h"

static xt_status make_plane(xt_film_plane *p, xt_outputs *outputs, const xt_film *film, xt_error *err) {
    const xt_mesh *mesh = outputs->def.mesh;
    const uint32_t *cell;
    if (p->plane.axis >= 0) {
        int index;
        XT_TRY(xt_slice_index(&index, mesh, p->plane.axis, p->plane.point[p->plane.axis], err));
        XT_TRY(xt_slice_create(&p->slice, mesh, p->plane.axis, index, err));
        cell = p->slice.cell;
        p->count = p->slice.count;
    } else {
        /* About a sample a pixel: the picture takes some three quarters of the page. */
        const double across =
            0.7 * film->request->pixels / ceil(sqrt(film->request->places ? film->request->places : 1));
        XT_TRY(
            xt_cut_create(&p->cut, mesh, &p->plane, fmax(p->plane.size[0], p->plane.size[1]) / across, err));
        cell = p->cut.cell;
        p->count = p->cut.count;
    }
    return xt_gather_create(&p->gather, xt_sim_fields(outputs->def.sim), cell, p->count, err);
}

/* The plane among those of the run, made if it is new. */
static xt_status find_plane(xt_film_plane **found, xt_outputs *outputs, const xt_film *film,
                            const xt_plane *plane, xt_error *err) {
    for (int i = 0; i < outputs->plane_count; i++)
        if (plane->axis >= 0 && memcmp(&outputs->plane[i]->plane, plane, sizeof *plane) == 0) {
            *found = outputs->plane[i];
            return XT_OK;
        }
    xt_film_plane **more = realloc(outputs->plane, ((size_t)outputs->plane_count + 1) * sizeof *more);
    if (!more) return xt_no_memory(err, "planes", sizeof *more);
    outputs->plane = more;
    xt_film_plane *made = calloc(1, sizeof *made);
    if (!made) return xt_no_memory(err, "a plane", sizeof *made);
    outputs->plane[outputs->plane_count++] = made;
    made->plane = *plane;
    *found = made;
    return make_plane(made, outputs, film, err);
}

/* Planes across an axis are those of voxels: through the middle of the one that holds the place. */
static xt_status plane_across(xt_plane *plane, const xt_mesh *mesh, int axis, const xt_place *place,
                              xt_error *err) {
    double box[3];
    for (int k = 0; k < 3; k++) box[k] = mesh->dims[k] * mesh->spacing[k];
    const double at = !place ? box[axis] / 2 : place->is_fraction ? place->value * box[axis] : place->value;
    int index;
    XT_TRY(xt_slice_index(&index, mesh, axis, at <= box[axis] ? fmin(at, box[axis] * (1 - 1e-9)) : at, err));
    return xt_plane_across(plane, box, axis, (index + 0.5) * mesh->spacing[axis], err);
}

static xt_status plane_oblique(xt_plane *plane, const xt_mesh *mesh, const xt_frame_request *r, double along,
                               xt_error *err) {
    double box[3], point[3], length = 0;
    for (int k = 0; k < 3; k++) length += r->normal[k] * r->normal[k];
    for (int k = 0; k < 3; k++) {
        box[k] = mesh->dims[k] * mesh->spacing[k];
        point[k] = !r->throughs                ? box[k] / 2
                   : r->through[k].is_fraction ? r->through[k].value * box[k]
                                               : r->through[k].value;
        point[k] += along * r->normal[k] / sqrt(length);
    }
    return xt_plane_oblique(plane, box, point, r->normal, r->turn * acos(-1) / 180, err);
}

xt_status xt_film_planes(xt_film *film, xt_outputs *outputs, xt_error *err) {
    const xt_frame_request *r = film->request;
    const int places = r->places ? r->places : 1, axes = xt_frame_is_oblique(r) ? 1 : r->axes;
    for (int a = 0; a < axes; a++)
        for (int i = 0; i < places; i++) {
            const xt_place *place = r->places ? &r->at[i] : NULL;
            xt_plane plane;
            if (xt_frame_is_oblique(r))
                XT_TRY(plane_oblique(&plane, outputs->def.mesh, r, place ? place->value : 0, err));
            else
                XT_TRY(plane_across(&plane, outputs->def.mesh, r->axis[a], place, err));
            XT_TRY(find_plane(&film->plane[film->planes++], outputs, film, &plane, err));
        }
    return XT_OK;
}
