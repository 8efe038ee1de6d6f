/* Slices of the volumes of a run. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "app/again.h"
#include "app/render_planes.h"
#include "observe/montage.h"

typedef struct {
    xt_render_plane plane;
    const char *field; /* "tissue": labels */
    int number;        /* of the plane, from 1 */
} wanted;

typedef struct {
    const xt_render_job *job;
    wanted *what; /* [kinds] */
    int kinds;
    double *low, *high; /* [kinds] */
    bool *seen;         /* [kinds]: there is something in that plane, at some moment */
    bool *counted;      /* [kinds]: the limits come from a moment with contrast */
    int dims[3];
    xt_pictures pictures;
} state;

/* A slice and what stands around it. */
typedef struct {
    xt_render_slice slice;
    xt_view_field field; /* not of labels */
    xt_contrast contrast;
    xt_text note, badge;
    char title[192], subtitle[400];
    bool labels, hatched;
} drawn;

static void free_drawn(drawn *d) {
    xt_render_slice_free(&d->slice);
    xt_text_free(&d->note);
    xt_text_free(&d->badge);
}

/* In the words of the run's own frames. */
static void describe(drawn *d, const wanted *w, const state *s, const xt_snapshot *now, int moment) {
    const xt_found *found = s->job->found;
    const char *title = s->job->options->title, *thin[64]; /* that of the look is not about a slice */
    char place[128];
    int count = 0;
    snprintf(d->title, sizeof d->title, "%s",
             title                         ? title
             : d->labels                   ? "tissue"
             : strlen(d->field.label) < 60 ? d->field.label
                                           : d->field.brief);
    xt_capitalise(d->title);
    xt_found_moment(d->subtitle, sizeof d->subtitle, found, moment);
    const size_t used = strlen(d->subtitle);
    snprintf(d->subtitle + used, sizeof d->subtitle - used, " · %s%s",
             xt_plane_text(place, sizeof place, &d->slice.plane),
             w->plane.axis >= 0 && !w->plane.given ? " (middle)" : "");
    if (!d->labels) {
        const xt_fading fading = xt_render_fading(&d->field);
        xt_note_resolution(&d->note, &d->badge, &fading, 1, xt_render_voxel(&w->plane, now->image));
        xt_contrast_text(d->subtitle, sizeof d->subtitle, &d->contrast, "", d->slice.def.log, false);
    }
    for (int t = 0; t < found->tissue_count && count < 64; t++)
        if (found->thin[t]) thin[count++] = found->tissue_names[t];
    xt_note_thin(&d->note, thin, count);
    if (d->hatched) xt_note_hatched(&d->note, d->field.brief);
}

/* Tissue without a value, while other tissue has one. */
static bool is_hatched(const drawn *d) {
    const size_t pixels = (size_t)d->slice.def.nx * (size_t)d->slice.def.ny;
    if (d->labels || !d->contrast.known) return false;
    for (size_t i = 0; i < pixels; i++)
        if (d->slice.tissue[i] && !isfinite(d->slice.value[i])) return true;
    return false;
}

static xt_status prepare(drawn *d, const state *s, int kind, xt_snapshot *now, int moment, xt_error *err) {
    const wanted *w = &s->what[kind];
    const xt_view_request *r = s->job->request;
    *d = (drawn){.labels = strcmp(w->field, "tissue") == 0};
    xt_frame_def *def = &d->slice.def;
    xt_frame_def_default(def);
    if (d->labels && !now->labelled)
        return xt_fail(err, XT_USAGE, "%s holds no tissues", s->job->found->path);
    if (!d->labels) XT_TRY(xt_snapshot_find(&d->field, w->field, now, err));
    XT_TRY(xt_render_slice_place(&d->slice.index, &w->plane, w->number, now->image, err));
    def->width = s->job->options->size ? r->width : 900;
    XT_TRY(xt_render_slice_take(&d->slice, &w->plane, now, d->labels ? NULL : &d->field, err));
    d->contrast = xt_contrast_of(d->slice.value, (size_t)def->nx * (size_t)def->ny);
    d->hatched = is_hatched(d);

    def->kind = d->labels ? XT_FRAME_LABEL : d->field.fraction ? XT_FRAME_FRACTION : XT_FRAME_FIELD;
    def->label = d->field.brief;
    def->unit = d->field.unit;
    def->tissue_count = now->subject.tissue_count;
    def->tissue_name = now->subject.tissue_name;
    def->tissue_colour = now->subject.tissue_colour;
    if (strncmp(d->field.name, "u_", 2) == 0) def->centre = 1;
    for (int g = 0; g < r->glows; g++)
        if (strcmp(r->glow[g].name, w->field) == 0) {
            def->low = r->glow[g].low;
            def->high = r->glow[g].high;
            def->log = r->glow[g].logarithmic;
            if (r->glow[g].map > 0) def->map = (xt_map_kind)(r->glow[g].map - 1);
        }
    def->dark = s->job->options->dark;
    describe(d, w, s, now, moment);
    return XT_OK;
}

static bool anything(const drawn *d) {
    const size_t pixels = (size_t)d->slice.def.nx * (size_t)d->slice.def.ny;
    for (size_t i = 0; i < pixels && d->labels; i++)
        if (d->slice.tissue[i]) return true;
    return d->contrast.known;
}

/* One scale for all moments of a slice. */
static xt_status find_limits(state *s, xt_error *err) {
    for (int m = 0; m < s->job->moments; m++) {
        xt_snapshot now;
        XT_TRY(xt_snapshot_open(&now, s->job->found, s->job->moment[m], err));
        xt_status status = XT_OK;
        for (int k = 0; k < s->kinds && status == XT_OK; k++) {
            drawn d;
            double low, high;
            status = prepare(&d, s, k, &now, s->job->moment[m], err);
            if (status == XT_OK) s->seen[k] |= anything(&d);
            if (status == XT_OK && !d.labels) status = xt_frame_limits(&low, &high, &d.slice.def, err);
            /* a moment without contrast says nothing about them, unless there is no other */
            const bool counts = xt_contrast_counts(&d.contrast, d.slice.def.log);
            if (status == XT_OK && !d.labels && (counts || isnan(s->low[k]))) {
                const bool first = isnan(s->low[k]) || !s->counted[k];
                s->low[k] = first ? low : fmin(s->low[k], low);
                s->high[k] = first ? high : fmax(s->high[k], high);
                s->counted[k] |= counts;
            }
            free_drawn(&d);
        }
        xt_snapshot_close(&now);
        if (status != XT_OK) return status;
    }
    for (int k = 0; k < s->kinds; k++)
        if (!s->seen[k])
            xt_log_warn(&s->job->app->log,
                        "%s has no value anywhere in slice %d: nothing of it is to be seen", s->what[k].field,
                        s->what[k].number);
    return XT_OK;
}

static void picture_name(char *name, size_t size, const wanted *w, int index, int moment) {
    char field[80];
    snprintf(field, sizeof field, "%.79s", w->field);
    for (char *c = field; *c; c++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", *c)) *c = '_';
    if (w->plane.axis < 0)
        snprintf(name, size, "%s_oblique%d_%04d.png", field, index, moment);
    else
        snprintf(name, size, "%s_%c%d_%04d.png", field, "xyz"[w->plane.axis], index, moment);
}

static xt_status add_picture(state *s, const drawn *d, const wanted *w, int moment, xt_error *err) {
    const xt_found *found = s->job->found;
    const xt_frame_def *panel = &d->slice.def;
    const xt_plane *plane = &d->slice.plane;
    double corner[XT_PLANE_CORNERS][3];
    xt_image image = {0};
    char name[160], time[48], limits[160];
    xt_page_locator locator = {.corner = (const double(*)[3])corner, .corners = &plane->corners, .planes = 1};
    for (int k = 0; k < plane->corners; k++) xt_plane_corner(corner[k], plane, k);
    for (int a = 0; a < 3; a++) locator.box[a] = s->dims[a] * panel->voxel[a];
    const xt_montage_def def = {.title = d->title,
                                .subtitle = d->subtitle,
                                .badge = d->badge.size ? xt_text_get(&d->badge) : NULL,
                                .note = d->note.size ? xt_text_get(&d->note) : NULL,
                                .panel = panel,
                                .panels = 1,
                                .locator = &locator,
                                .dark = panel->dark,
                                .width = panel->width,
                                .height = s->job->options->size ? s->job->request->height : 0};
    XT_TRY(xt_montage_draw(&image, NULL, &def, s->job->font, err));
    picture_name(name, sizeof name, w, d->slice.index, moment);
    snprintf(time, sizeof time, "%.9g d", found->moment.entry[moment].time);
    const char *unit = panel->unit[0] || !found->run || d->labels ? panel->unit : "1";
    snprintf(limits, sizeof limits, "%s %.9g to %.9g %s%s", w->field, panel->low, panel->high, unit,
             panel->log ? ", logarithmic" : "");
    const xt_png_text text[] = {{"Title", d->title},
                                {"Description", d->subtitle},
                                {"Scene", found->title[0] ? found->title : found->path},
                                {"Scene file", found->scene_file},
                                {"Time", found->timed ? time : NULL},
                                {"Field", w->field},
                                {"Units", unit[0] ? unit : NULL},
                                {"Limits", d->labels ? NULL : limits},
                                {"Command", s->job->command},
                                {"Comment", def.note},
                                {"Software", "Crosstalk " CROSSTALK_VERSION},
                                {"Source", xt_source_revision()}};
    const xt_status status =
        xt_pictures_add(&s->pictures, name, &image, text, (int)(sizeof text / sizeof *text), err);
    xt_image_free(&image);
    return status;
}

static xt_status draw_moment(state *s, int moment, xt_error *err) {
    xt_snapshot now;
    XT_TRY(xt_snapshot_open(&now, s->job->found, moment, err));
    memcpy(s->dims, now.image->dims, sizeof s->dims);
    xt_status status = XT_OK;
    for (int k = 0; k < s->kinds && status == XT_OK; k++) {
        drawn d;
        status = prepare(&d, s, k, &now, moment, err);
        if (!d.labels) {
            d.slice.def.low = s->low[k];
            d.slice.def.high = s->high[k];
        }
        if (status == XT_OK) status = add_picture(s, &d, &s->what[k], moment, err);
        free_drawn(&d);
    }
    xt_snapshot_close(&now);
    return status;
}

static xt_status check_files(state *s, const xt_pictures_def *def, xt_error *err) {
    char(*name)[160] = calloc((size_t)def->count, sizeof *name);
    const char **names = calloc((size_t)def->count, sizeof *names);
    xt_snapshot now = {0};
    xt_status status = XT_OK;
    if (!name || !names) {
        status = xt_no_memory(err, "names", (size_t)def->count * sizeof *name);
        goto done;
    }
    XT_GO(xt_snapshot_open(&now, s->job->found, s->job->moment[0], err));
    for (int m = 0, i = 0; m < s->job->moments; m++)
        for (int k = 0; k < s->kinds; k++, i++) {
            int index;
            XT_GO(xt_render_slice_place(&index, &s->what[k].plane, s->what[k].number, now.image, err));
            picture_name(name[i], sizeof name[i], &s->what[k], index, s->job->moment[m]);
            names[i] = name[i];
        }
    XT_GO(xt_pictures_check(def, names, err));
done:
    xt_snapshot_close(&now);
    free(name);
    free(names);
    return status;
}

/* Every plane of every field. */
static xt_status list_kinds(state *s, xt_error *err) {
    const xt_texts *planes = &s->job->options->slice;
    const xt_view_request *r = s->job->request;
    const int fields = r->glows ? r->glows : 1;
    s->kinds = planes->count * fields;
    s->what = calloc((size_t)s->kinds, sizeof *s->what);
    s->low = calloc((size_t)s->kinds, sizeof *s->low);
    s->high = calloc((size_t)s->kinds, sizeof *s->high);
    s->seen = calloc((size_t)s->kinds, sizeof *s->seen);
    s->counted = calloc((size_t)s->kinds, sizeof *s->counted);
    if (!s->what || !s->low || !s->high || !s->seen || !s->counted)
        return xt_no_memory(err, "slices", (size_t)s->kinds * sizeof *s->what);
    for (int k = 0; k < s->kinds; k++) {
        s->what[k].field = r->glows ? r->glow[k % fields].name : "tissue";
        s->what[k].number = k / fields + 1;
        XT_TRY(xt_render_plane_parse(&s->what[k].plane, planes->text[k / fields], true, "--slice", err));
        s->low[k] = s->high[k] = NAN;
    }
    return XT_OK;
}

xt_status xt_render_slices(const xt_render_job *job, xt_error *err) {
    state s = {.job = job};
    xt_status status = XT_OK;
    XT_GO(list_kinds(&s, err));
    const xt_pictures_def def = {.path = job->out,
                                 .count = job->moments * s.kinds,
                                 .depth = job->options->depth ? job->options->depth : 8,
                                 .fps = job->fps,
                                 .seconds = job->seconds,
                                 .force = job->options->force};
    if (xt_movie_kind_of(job->out) != XT_MOVIE_NONE && s.kinds > 1) {
        status = xt_fail(err, XT_USAGE, "a film shows one slice of one field, not %d", s.kinds);
        goto done;
    }
    XT_GO(check_files(&s, &def, err));
    XT_GO(find_limits(&s, err));
    XT_GO(xt_pictures_open(&s.pictures, &def, err));
    for (int m = 0; m < job->moments; m++) {
        XT_GO(xt_render_stopped(job, m * s.kinds, def.count, err));
        XT_GO(draw_moment(&s, job->moment[m], err));
    }
    XT_GO(xt_pictures_close(&s.pictures, err));
done:
    xt_pictures_abandon(&s.pictures);
    free(s.what);
    free(s.low);
    free(s.high);
    free(s.seen);
    free(s.counted);
    return status;
}
