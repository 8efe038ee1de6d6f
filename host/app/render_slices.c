/* Slices of the volumes of a run. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "app/render_planes.h"

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
    xt_pictures pictures;
} state;

/* As the frames of a run say it (MODEL.md §8.3). */
static void resolution_note(xt_render_slice *d, const xt_view_field *field, const xt_vti_image *image) {
    const double h = xt_render_voxel(image);
    if (!(field->fades[0] > 0) || !(field->fades[0] < h)) return;
    snprintf(
        d->note, sizeof d->note,
        field->fades[1] < h
            ? "Not resolved: gradients fade over %.2g–%.2g mm, a voxel is %.2g mm. Levels are tissue means; "
              "exchange between tissues runs through the blood."
            : "Partly resolved: gradients fade over %.2g–%.2g mm, a voxel is %.2g mm.",
        field->fades[0], field->fades[1], h);
    d->def.note = d->note;
    d->def.badge = field->fades[1] < h ? "gradients not resolved" : "partly resolved";
}

static xt_status prepare(xt_render_slice *d, const state *s, int kind, xt_snapshot *now, int moment,
                         xt_error *err) {
    const wanted *w = &s->what[kind];
    const xt_view_request *r = s->job->request;
    const bool labels = strcmp(w->field, "tissue") == 0;
    xt_view_field field = {0};
    *d = (xt_render_slice){0};
    xt_frame_def_default(&d->def);
    if (labels && !now->labelled) return xt_fail(err, XT_USAGE, "%s holds no tissues", s->job->found->path);
    if (!labels) XT_TRY(xt_snapshot_find(&field, w->field, now, err));
    XT_TRY(xt_render_slice_place(&d->index, &w->plane, w->number, now->image, err));
    d->def.width = s->job->options->size ? r->width : 900;
    d->def.height = s->job->options->size ? r->height : 0;
    XT_TRY(xt_render_slice_take(d, &w->plane, now, labels ? NULL : &field, err));

    d->def.kind = labels ? XT_FRAME_LABEL : field.fraction ? XT_FRAME_FRACTION : XT_FRAME_FIELD;
    snprintf(d->title, sizeof d->title, "%s", r->title[0] ? r->title : labels ? "Tissue" : field.label);
    d->title[0] = (char)(d->title[0] >= 'a' && d->title[0] <= 'z' ? d->title[0] - 32 : d->title[0]);
    snprintf(d->label, sizeof d->label, "%s", field.brief);
    snprintf(d->unit, sizeof d->unit, "%s", field.unit);
    xt_found_moment(d->subtitle, sizeof d->subtitle, s->job->found, moment);
    d->def.title = d->title;
    d->def.label = d->label;
    d->def.unit = d->unit;
    d->def.subtitle = d->subtitle;
    d->def.value = d->value;
    d->def.tissue = d->tissue;
    d->def.second = d->second;
    d->def.share = d->share;
    d->def.tissue_count = now->subject.tissue_count;
    d->def.tissue_name = now->subject.tissue_name;
    d->def.tissue_colour = now->subject.tissue_colour;
    resolution_note(d, &field, now->image);
    for (int g = 0; g < r->glows; g++)
        if (strcmp(r->glow[g].name, w->field) == 0) {
            d->def.low = r->glow[g].low;
            d->def.high = r->glow[g].high;
            d->def.log = r->glow[g].logarithmic;
            if (r->glow[g].map > 0) d->def.map = (xt_map_kind)(r->glow[g].map - 1);
        }
    d->def.dark = s->job->options->dark;
    d->def.scene = s->job->found->title[0] ? s->job->found->title : s->job->found->path;
    d->def.software = "Crosstalk " CROSSTALK_VERSION;
    d->def.time = s->job->found->timed ? s->job->found->moment.entry[moment].time : NAN;
    return XT_OK;
}

static bool anything(const xt_render_slice *d) {
    const size_t pixels = (size_t)d->def.nx * (size_t)d->def.ny;
    for (size_t i = 0; i < pixels; i++)
        if (d->tissue[i] && (d->def.kind == XT_FRAME_LABEL || isfinite(d->value[i]))) return true;
    return false;
}

/* One scale for all moments of a slice. */
static xt_status find_limits(state *s, xt_error *err) {
    for (int m = 0; m < s->job->moments; m++) {
        xt_snapshot now;
        XT_TRY(xt_snapshot_open(&now, s->job->found, s->job->moment[m], err));
        xt_status status = XT_OK;
        for (int k = 0; k < s->kinds && status == XT_OK; k++) {
            xt_render_slice d;
            double low, high;
            status = prepare(&d, s, k, &now, s->job->moment[m], err);
            if (status == XT_OK) s->seen[k] |= anything(&d);
            if (status == XT_OK && d.def.kind == XT_FRAME_FIELD)
                status = xt_frame_limits(&low, &high, &d.def, err);
            if (status == XT_OK && d.def.kind == XT_FRAME_FIELD) {
                s->low[k] = isnan(s->low[k]) ? low : fmin(s->low[k], low);
                s->high[k] = isnan(s->high[k]) ? high : fmax(s->high[k], high);
            }
            xt_render_slice_free(&d);
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

static xt_status draw_moment(state *s, int moment, xt_error *err) {
    xt_snapshot now;
    XT_TRY(xt_snapshot_open(&now, s->job->found, moment, err));
    xt_status status = XT_OK;
    for (int k = 0; k < s->kinds && status == XT_OK; k++) {
        xt_render_slice d;
        xt_image image = {0};
        char name[160], time[48];
        status = prepare(&d, s, k, &now, moment, err);
        if (status == XT_OK && d.def.kind == XT_FRAME_FIELD) {
            d.def.low = s->low[k];
            d.def.high = s->high[k];
        }
        if (status == XT_OK) status = xt_frame_draw(&image, NULL, &d.def, s->job->font, err);
        if (status == XT_OK) {
            picture_name(name, sizeof name, &s->what[k], d.index, moment);
            snprintf(time, sizeof time, "%.17g d", d.def.time);
            const xt_png_text text[] = {{"Title", d.title},
                                        {"Scene", d.def.scene},
                                        {"Time", isnan(d.def.time) ? NULL : time},
                                        {"Field", s->what[k].field},
                                        {"Units", d.unit[0] ? d.unit : NULL},
                                        {"Software", d.def.software}};
            status = xt_pictures_add(&s->pictures, name, &image, text, 6, err);
        }
        xt_image_free(&image);
        xt_render_slice_free(&d);
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
    if (!s->what || !s->low || !s->high || !s->seen)
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
    return status;
}
