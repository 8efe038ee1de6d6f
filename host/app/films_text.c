/* What a film's pictures say: names, titles, captions, and what their voxels cannot show. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/again.h"
#include "app/outputs_internal.h"
#include "app/resolution.h"
#include "app/slice_text.h"

/* ---- what the voxels cannot resolve ---- */

static xt_fading fading_of(const xt_outputs *o, int species) {
    const xt_model *model = o->def.model;
    xt_fading f = {model->species[species].name, INFINITY, 0, "", ""};
    for (int t = 1; t <= model->tissue_count; t++) {
        if (!(o->present >> t & 1)) continue;
        const double length = xt_decay_length(model, species, t);
        if (!isfinite(length)) continue;
        if (length < f.shortest) {
            f.shortest = length;
            f.at = model->tissue[t].name;
        }
        if (length > f.longest) {
            f.longest = length;
            f.until = model->tissue[t].name;
        }
    }
    return f;
}

/* The longest edge of a voxel that lies in the film's planes. */
static double voxel_in_plane(const xt_film *film, const xt_mesh *mesh) {
    double longest = 0;
    for (int i = 0; i < film->planes; i++)
        for (int k = 0; k < 3; k++)
            if (film->plane[i]->plane.axis != k) longest = fmax(longest, mesh->spacing[k]);
    return longest;
}

static void note_resolution(xt_text *note, xt_text *badge, xt_film *film, const xt_outputs *o) {
    const double voxel = voxel_in_plane(film, o->def.mesh);
    xt_fading fading[XT_FRAME_SHOWS];
    int fields = 0;
    for (int k = 0; k < film->request->shows; k++) {
        const xt_quantity_shown *shown = &film->shown[k];
        if (shown->kind != XT_SHOW_FIELD && shown->kind != XT_SHOW_EXPOSURE) continue;
        fading[fields] = fading_of(o, shown->index);
        film->blended[k] = xt_fading_is_lost(&fading[fields++], voxel);
    }
    xt_note_resolution(note, badge, fading, fields, voxel);
}

static void note_thin(xt_text *note, const xt_outputs *o) {
    const char *name[64];
    int count = 0;
    for (int t = 1; t <= o->def.model->tissue_count && t < 64; t++)
        if (o->thin >> t & 1) name[count++] = o->def.model->tissue[t].name;
    xt_note_thin(note, name, count);
}

static void note_hatching(xt_text *note, const xt_film *film, const xt_outputs *o) {
    for (int k = 0; k < film->request->shows; k++) {
        if (film->shown[k].kind != XT_SHOW_STATE) continue;
        const unsigned long long has = o->def.model->state[film->shown[k].index].tissues;
        if (o->present & ~has & ~1ULL) xt_note_hatched(note, film->bar[k]);
    }
}

/* ---- titles ---- */

static void moment_text(char *text, size_t size, const xt_frame_request *r) {
    if (r->difference_is_age)
        snprintf(text, size, "age %.4g y", r->since / 8766);
    else if (r->since == 0)
        snprintf(text, size, "the start");
    else if (r->since >= 2 * 8766)
        snprintf(text, size, "year %.4g", r->since / 8766);
    else if (r->since >= 48)
        snprintf(text, size, "day %.4g", r->since / 24);
    else
        snprintf(text, size, "hour %.4g", r->since);
}

static void make_title(xt_film *film) {
    const xt_frame_request *r = film->request;
    if (r->title[0]) {
        snprintf(film->title, sizeof film->title, "%s", r->title);
    } else if (r->shows == 1) { /* with what the model says about it, if that is short */
        const xt_quantity_shown *shown = &film->shown[0];
        snprintf(film->title, sizeof film->title, "%s",
                 strlen(shown->label) < 60 ? shown->label : shown->brief);
    } else {
        xt_text names = {0};
        for (int k = 0; k < r->shows; k++) xt_text_join(&names, k, r->shows, film->shown[k].brief);
        snprintf(film->title, sizeof film->title, "%s", xt_text_get(&names));
        xt_text_free(&names);
    }
    if (r->difference) {
        char since[48];
        moment_text(since, sizeof since, r);
        const size_t used = strlen(film->title);
        snprintf(film->title + used, sizeof film->title - used, ": change since %s", since);
    }
    xt_capitalise(film->title);
}

static void make_captions(xt_film *film) {
    const xt_frame_request *r = film->request;
    char place[128];
    if (film->planes == 1) {
        xt_plane_text(place, sizeof place, &film->plane[0]->plane);
        snprintf(film->place, sizeof film->place, "%s%s", place,
                 r->places == 0 && film->plane[0]->plane.axis >= 0 ? " (middle)" : "");
    }
    if (film->planes > 1 && film->plane[0]->plane.axis < 0) {
        const double *n = film->plane[0]->plane.normal;
        snprintf(film->place, sizeof film->place, "along (%.2g, %.2g, %.2g)", n[0], n[1], n[2]);
    }
    if (film->panels == 1) return;
    for (int i = 0; i < film->panels; i++) {
        xt_film_panel *panel = &film->panel[i];
        const xt_film_plane *plane = film->plane[panel->plane];
        const double along = r->places ? r->at[panel->plane].value : 0;
        const char letter[2] = {(char)(i < 26 ? 'a' + i : i < 52 ? 'A' + i - 26 : '*'), '\0'};
        if (plane->plane.axis < 0)
            snprintf(place, sizeof place, "%s%.4g mm", along < 0 ? "−" : "", fabs(along));
        else
            xt_plane_text(place, sizeof place, &plane->plane);
        snprintf(panel->caption, sizeof panel->caption, "%s   %s%s%s", letter,
                 r->shows > 1 ? film->shown[panel->show].brief : "",
                 r->shows > 1 && film->planes > 1 ? ", " : "", film->planes > 1 ? place : "");
    }
}

/* What is shown, and where; the same name asked for twice, in two colour scales say, is numbered. */
static void make_name(xt_film *film, const xt_outputs *o) {
    const xt_frame_request *r = film->request;
    char where[24], base[100] = "";
    const xt_film_plane *plane = film->plane[0];
    if (film->planes > 1)
        snprintf(where, sizeof where, "montage");
    else if (plane->plane.axis < 0)
        snprintf(where, sizeof where, "oblique");
    else
        snprintf(where, sizeof where, "%c%d", "xyz"[plane->plane.axis], plane -> slice.index);
    for (int k = 0; k < r->shows && strlen(base) < 60; k++)
        snprintf(base + strlen(base), sizeof base - strlen(base), "%s%.30s", k ? "-" : "",
                 film->shown[k].name);
    if (r->difference) snprintf(base + strlen(base), sizeof base - strlen(base), "_change");
    snprintf(film->name, sizeof film->name, "%s_%s", base, where);
    const size_t length = strlen(film->name);
    int same = 1;
    for (int k = 0; k < film->index; k++)
        if (strncmp(o->film[k].name, film->name, length) == 0 &&
            (o->film[k].name[length] == '\0' || o->film[k].name[length] == '-'))
            same++;
    if (same > 1) snprintf(film->name + length, sizeof film->name - length, "-%d", same);
}

xt_status xt_film_describe(xt_film *film, const xt_outputs *o, xt_error *err) {
    xt_text note = {0}, badge = {0};
    xt_status status = XT_OK;
    for (int k = 0; k < film->request->shows; k++)
        snprintf(film->bar[k], sizeof film->bar[k], "%s%s", film->request->difference ? "change of " : "",
                 film->shown[k].brief);
    make_title(film);
    make_captions(film);
    make_name(film, o);
    note_resolution(&note, &badge, film, o);
    note_thin(&note, o);
    note_hatching(&note, film, o);
    XT_GO(xt_text_hand_over(&film->note, &note, err));
    XT_GO(xt_text_hand_over(&film->badge, &badge, err));
    XT_GO(xt_request_line(&film->request_text, film->request, xt_frame_rows, err));
done:
    xt_text_free(&note);
    xt_text_free(&badge);
    return status;
}
