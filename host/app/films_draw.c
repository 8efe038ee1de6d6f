/* A moment of a film as a picture in its file. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/again.h"
#include "app/outputs_internal.h"
#include "app/slice_text.h"
#include "base/file.h"

/* A plane laid out in rows. */
typedef struct {
    uint8_t *tissue, *second;
    uint16_t *share;
} dense_plane;

typedef struct {
    xt_film *film;
    xt_outputs *outputs;
    xt_film_moment *moment;
    dense_plane plane[XT_FILM_PLANES];
    float *value[XT_FRAME_PANELS];
    xt_side_text side[XT_FILM_PLANES][4];
    double corner[XT_FILM_PLANES * XT_PLANE_CORNERS][3];
    int corners[XT_FILM_PLANES];
    xt_frame_def panel[XT_FRAME_PANELS];
} picture;

static size_t samples(const xt_film_plane *p) {
    return p->plane.axis >= 0 ? (size_t)p->slice.nx * (size_t)p->slice.ny
                              : (size_t)p->cut.nx * (size_t)p->cut.ny;
}

/* Samples of an oblique plane: those of the last moment, if nothing has moved since. */
static xt_status cut_samples(xt_film_cut *kept, const xt_cut *cut, const xt_material *material,
                             xt_error *err) {
    const size_t n = (size_t)cut->nx * (size_t)cut->ny, bytes = cut->count * sizeof *material;
    if (kept->sample && memcmp(kept->material, material, bytes) == 0) return XT_OK;
    if (!kept->material) kept->material = malloc(bytes + 1);
    if (!kept->sample) kept->sample = malloc(n * sizeof *kept->sample);
    if (!kept->material || !kept->sample) return xt_no_memory(err, "a frame", n * 4 + bytes);
    memcpy(kept->material, material, bytes);
    return xt_cut_tissues(kept->sample, cut, material, err);
}

static xt_status lay_out_planes(picture *p, xt_error *err) {
    for (int i = 0; i < p->film->planes; i++) {
        const xt_film_plane *plane = p->film->plane[i];
        const size_t n = samples(plane);
        dense_plane *d = &p->plane[i];
        d->tissue = malloc(n);
        d->second = malloc(n);
        d->share = malloc(n * sizeof *d->share);
        if (!d->tissue || !d->second || !d->share) return xt_no_memory(err, "a frame", n * 4);
        xt_plane_sides(p->side[i], &plane->plane, p->outputs->def.mesh->affine,
                       p->outputs->def.mesh->spacing);
        if (plane->plane.axis >= 0) {
            xt_slice_scatter_materials(d->tissue, d->second, d->share, &plane->slice, p->moment->material[i]);
            continue;
        }
        XT_TRY(cut_samples(&p->film->cut[i], &plane->cut, p->moment->material[i], err));
        for (size_t k = 0; k < n; k++) {
            d->tissue[k] = p->film->cut[i].sample[k].tissue;
            d->second[k] = p->film->cut[i].sample[k].second;
            d->share[k] = p->film->cut[i].sample[k].share;
        }
    }
    return XT_OK;
}

/* What the voxels know of the gradients of what is shown. */
static xt_cut_kind kind_of(const xt_film *film, int show) {
    const xt_show_kind kind = film->shown[show].kind;
    if (kind != XT_SHOW_FIELD && kind != XT_SHOW_EXPOSURE) return XT_CUT_PLAIN;
    return film->blended[show] ? XT_CUT_BLENDED : XT_CUT_SLOPED;
}

static xt_status lay_out_values(picture *p, xt_error *err) {
    for (int i = 0; i < p->film->panels; i++) {
        const xt_film_panel *panel = &p->film->panel[i];
        const xt_film_plane *plane = p->film->plane[panel->plane];
        const size_t n = samples(plane);
        p->value[i] = malloc(n * sizeof *p->value[i]);
        if (!p->value[i]) return xt_no_memory(err, "a frame", n * sizeof *p->value[i]);
        if (plane->plane.axis >= 0)
            xt_slice_scatter(p->value[i], &plane->slice, p->moment->value[i]);
        else
            XT_TRY(xt_cut_values(p->value[i], p->film->cut[panel->plane].sample, &plane->cut,
                                 p->moment->material[panel->plane], p->moment->value[i],
                                 kind_of(p->film, panel->show), err));
    }
    return XT_OK;
}

static xt_map_kind map_of(const xt_frame_request *request) {
    if (request->map > 0) return (xt_map_kind)(request->map - 1);
    return request->difference ? XT_MAP_BALANCE : XT_MAP_GLOW;
}

static void fill_panel(picture *p, int i) {
    const xt_film *film = p->film;
    const xt_outputs *o = p->outputs;
    const xt_frame_request *request = film->request;
    const xt_film_panel *panel = &film->panel[i];
    const xt_film_plane *plane = film->plane[panel->plane];
    const xt_quantity_shown *shown = &film->shown[panel->show];
    const dense_plane *dense = &p->plane[panel->plane];
    xt_frame_def *def = &p->panel[i];
    xt_frame_def_default(def);
    def->kind = shown->kind == XT_SHOW_TISSUE                          ? XT_FRAME_LABEL
                : shown->kind == XT_SHOW_PHASE && !request->difference ? XT_FRAME_FRACTION
                                                                       : XT_FRAME_FIELD;
    def->caption = panel->caption[0] ? panel->caption : NULL;
    def->label = film->bar[panel->show];
    def->unit = shown->unit;
    if (plane->plane.axis >= 0) {
        def->nx = plane->slice.nx;
        def->ny = plane->slice.ny;
        memcpy(def->spacing, plane->slice.spacing, sizeof def->spacing);
    } else {
        def->nx = plane->cut.nx;
        def->ny = plane->cut.ny;
        memcpy(def->spacing, plane->cut.spacing, sizeof def->spacing);
        def->clip = plane->plane.corner;
        def->clips = plane->plane.corners;
    }
    memcpy(def->voxel, o->def.mesh->spacing, sizeof def->voxel);
    def->value = p->value[i];
    def->tissue = dense->tissue;
    def->second = dense->second;
    def->share = dense->share;
    def->tissue_count = o->def.model->tissue_count;
    def->tissue_name = o->tissue_name;
    def->tissue_colour = o->tissue_colour;
    for (int k = 0; k < 4; k++) def->side[k] = p->side[panel->plane][k];
    def->low = request->low;
    def->high = request->high;
    def->log = request->logarithmic;
    def->map = map_of(request);
    def->centre = shown->kind == XT_SHOW_EXPOSURE && !request->difference ? 1 : 0;
    def->voxels = request->voxels;
    def->no_outlines = !request->outlines;
    const xt_cut_kind kind = plane->plane.axis >= 0 ? kind_of(film, panel->show) : XT_CUT_PLAIN;
    def->blended = kind == XT_CUT_BLENDED && !request->voxels;
    def->sloped = kind == XT_CUT_SLOPED;
    def->dark = request->dark;
    def->sketch = panel->sketch;
}

/* The panels of one quantity as one row of values. */
static xt_status find_limits(double *low, double *high, xt_contrast *contrast, const picture *p, int show,
                             xt_error *err) {
    size_t n = 0;
    xt_frame_def all = {0};
    for (int i = 0; i < p->film->panels; i++)
        if (p->film->panel[i].show == show) {
            all = p->panel[i];
            n += (size_t)all.nx * (size_t)all.ny;
        }
    float *value = malloc(n * sizeof *value);
    if (!value) return xt_no_memory(err, "limits of a picture", n * sizeof *value);
    n = 0;
    for (int i = 0; i < p->film->panels; i++) {
        if (p->film->panel[i].show != show) continue;
        const size_t count = (size_t)p->panel[i].nx * (size_t)p->panel[i].ny;
        for (size_t k = 0; k < count; k++)
            if (isfinite(p->value[i][k])) value[n++] = p->value[i][k];
    }
    *contrast = xt_contrast_of(value, n);
    const float nothing = NAN;
    all.value = n ? value : &nothing;
    all.nx = n ? (int)n : 1;
    all.ny = 1;
    const xt_status status = xt_frame_limits(low, high, &all, err);
    free(value);
    return status;
}

/* Limits of every quantity; those of a film only widen, and a moment without contrast says nothing about
 * them. It is told in the subtitle instead. */
static xt_status choose_limits(picture *p, char *told, size_t size, xt_error *err) {
    xt_outputs_state *state = &p->outputs->state; /* the limits are the writing thread's own */
    const xt_frame_request *request = p->film->request;
    told[0] = '\0';
    for (int show = 0; show < request->shows; show++) {
        double *low = &state->low[p->film->index * XT_FRAME_SHOWS + show];
        double *high = &state->high[p->film->index * XT_FRAME_SHOWS + show];
        double a, b;
        xt_contrast contrast;
        const xt_quantity_shown *shown = &p->film->shown[show];
        if (shown->kind == XT_SHOW_TISSUE) continue;
        XT_TRY(find_limits(&a, &b, &contrast, p, show, err));
        xt_contrast_text(told, size, &contrast, request->shows > 1 ? p->film->bar[show] : "",
                         request->logarithmic, request->difference);
        if (xt_contrast_counts(&contrast, request->logarithmic)) {
            *low = isnan(*low) ? a : fmin(*low, a);
            *high = isnan(*high) ? b : fmax(*high, b);
        }
        p->moment->low[show] = isnan(*low) ? a : *low;
        p->moment->high[show] = isnan(*high) ? b : *high;
    }
    for (int i = 0; i < p->film->panels; i++)
        if (p->panel[i].kind != XT_FRAME_LABEL) {
            p->panel[i].low = p->moment->low[p->film->panel[i].show];
            p->panel[i].high = p->moment->high[p->film->panel[i].show];
        }
    return XT_OK;
}

static void locate(xt_page_locator *locator, picture *p) {
    const xt_mesh *mesh = p->outputs->def.mesh;
    int n = 0;
    *locator = (xt_page_locator){
        .corner = (const double(*)[3])p->corner, .corners = p->corners, .planes = p->film->planes};
    for (int k = 0; k < 3; k++) locator->box[k] = mesh->dims[k] * mesh->spacing[k];
    for (int i = 0; i < p->film->planes; i++) {
        p->corners[i] = p->film->plane[i]->plane.corners;
        for (int k = 0; k < p->corners[i]; k++) xt_plane_corner(p->corner[n++], &p->film->plane[i]->plane, k);
    }
}

static void limits_text(char *text, size_t size, const picture *p) {
    const xt_frame_request *request = p->film->request;
    text[0] = '\0';
    for (int k = 0; k < request->shows; k++) {
        if (p->film->shown[k].kind == XT_SHOW_TISSUE) continue;
        const size_t used = strlen(text);
        snprintf(text + used, size - used, "%s%s %.9g to %.9g %s%s", used ? "; " : "", p->film->shown[k].name,
                 p->moment->low[k], p->moment->high[k], p->film->shown[k].unit,
                 request->logarithmic ? ", logarithmic" : "");
    }
}

/* Several quantities in several planes: a row each, whose panels share a scale. */
static int columns_of(const xt_film *film) {
    if (film->request->columns || film->request->shows < 2 || film->planes < 2) return film->request->columns;
    return film->planes <= XT_FRAME_ROW ? film->planes : 0;
}

static xt_status write_picture(picture *p, const char *path, xt_error *err) {
    const xt_film *film = p->film;
    const xt_outputs *o = p->outputs;
    const xt_frame_request *request = film->request;
    char subtitle[400], told[128], time[40], limits[600], fields[600] = "", units[200] = "";
    XT_TRY(choose_limits(p, told, sizeof told, err));
    snprintf(subtitle, sizeof subtitle, "%s%s", p->moment->subtitle, told);
    snprintf(time, sizeof time, "%.9g d", p->moment->time_d);
    limits_text(limits, sizeof limits, p);
    for (int k = 0; k < request->shows; k++) {
        snprintf(fields + strlen(fields), sizeof fields - strlen(fields), "%s%s", k ? ", " : "",
                 film->shown[k].name);
        snprintf(units + strlen(units), sizeof units - strlen(units), "%s%s", k ? ", " : "",
                 film->shown[k].unit[0] ? film->shown[k].unit : "-");
    }
    const xt_png_text text[] = {
        {"Title", film->title},
        {"Description", subtitle},
        {"Scene", o->def.scene->title},
        {"Scene file", o->def.scene->file},
        {"Time", time},
        {"Field", fields},
        {"Units", units},
        {"Limits", limits[0] ? limits : NULL},
        {"Request", film->request_text},
        {"Command", o->def.command},
        {"Comment", film->note},
        {"Software", "Crosstalk " CROSSTALK_VERSION},
        {"Source", xt_source_revision()},
    };
    xt_page_locator locator;
    locate(&locator, p);
    const xt_montage_def def = {.title = film->title,
                                .subtitle = subtitle,
                                .badge = film->badge,
                                .note = film->note,
                                .panel = p->panel,
                                .panels = film->panels,
                                .locator = &locator,
                                .columns = columns_of(film),
                                .dark = request->dark,
                                .width = request->pixels,
                                .height = request->height,
                                .depth = request->depth,
                                .text = text,
                                .texts = (int)(sizeof text / sizeof *text)};
    return xt_montage_write(path, &def, film->font, err);
}

xt_status xt_film_draw(xt_film *film, xt_outputs *outputs, xt_film_moment *moment, xt_error *err) {
    char name[160], *path = NULL;
    xt_status status = XT_OK;
    picture *p = calloc(1, sizeof *p);
    if (!p) return xt_no_memory(err, "a frame", sizeof *p);
    *p = (picture){.film = film, .outputs = outputs, .moment = moment};
    XT_GO(lay_out_planes(p, err));
    XT_GO(lay_out_values(p, err));
    for (int i = 0; i < film->panels; i++) fill_panel(p, i);
    snprintf(name, sizeof name, "%s_%04d.png", film->name, moment->number);
    XT_GO(xt_path_join(&path, outputs->frames_dir, name, err));
    XT_GO(write_picture(p, path, err));
done:
    for (int i = 0; i < film->planes; i++) {
        free(p->plane[i].tissue);
        free(p->plane[i].second);
        free(p->plane[i].share);
    }
    for (int i = 0; i < film->panels; i++) free(p->value[i]);
    free(p);
    free(path);
    return status;
}
