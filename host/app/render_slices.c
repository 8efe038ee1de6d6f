/* Slices of the volumes of a run. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "app/render.h"
#include "observe/cut.h"
#include "observe/frame.h"
#include "observe/slice.h"

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

/* The voxel along the axis; of oblique ones the number among those asked for. */
static xt_status place(int *index, const wanted *w, const xt_vti_image *image, xt_error *err) {
    const xt_render_plane *plane = &w->plane;
    *index = w->number;
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

typedef struct {
    xt_frame_def def;
    float *value;
    uint8_t *tissue, *second;
    uint16_t *share;
    char title[192], label[96], unit[16], subtitle[120], note[240];
    xt_plane plane; /* oblique */
    xt_side_text letters[4];
    int index;
} drawn;

static void free_drawn(drawn *d) {
    free(d->value);
    free(d->tissue);
    free(d->second);
    free(d->share);
}

static void sides(drawn *d, const wanted *w, const xt_vti_image *image) {
    xt_slice slice = {
        .axis = w->plane.axis, .right = w->plane.axis == 0 ? 1 : 0, .up = w->plane.axis == 2 ? 1 : 2};
    d->def.nx = image->dims[slice.right];
    d->def.ny = image->dims[slice.up];
    d->def.spacing[0] = image->spacing[slice.right];
    d->def.spacing[1] = image->spacing[slice.up];
    xt_slice_sides(d->def.side, &slice, image->affine);
}

static double voxel(const xt_vti_image *image) {
    return fmax(image->spacing[0], fmax(image->spacing[1], image->spacing[2]));
}

/* Are values of shared voxels means over both tissues? As the frames of a run have it. */
static bool is_blended(const xt_view_field *field, const xt_vti_image *image) {
    return field->fades[0] > 0 && 2 * voxel(image) > field->fades[0];
}

/* As the frames of a run say it (MODEL.md §8.3). */
static void resolution_note(drawn *d, const xt_view_field *field, const xt_vti_image *image) {
    const double h = voxel(image);
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

static xt_status room_for(drawn *d, bool shared, xt_error *err) {
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
static xt_status take_across(drawn *d, const wanted *w, xt_snapshot *now, const xt_view_field *field,
                             xt_error *err) {
    const int a = w->plane.axis;
    sides(d, w, now->image);
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
    return field ? xt_vti_slices(now->reader, field->index, take_plane, &cut, err) : XT_OK;
}

/* Samples of a plane across a direction, as the frames of a run have them (observe/cut.h). */
static xt_status take_oblique(drawn *d, const wanted *w, xt_snapshot *now, const xt_view_field *field,
                              int width, xt_error *err) {
    const xt_vti_image *image = now->image;
    const double *n = w->plane.normal, length = sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
    double box[3], point[3];
    xt_cut cut = {0};
    float *cells = NULL;
    xt_material *material = NULL, *sample = NULL;
    xt_status status = XT_OK;
    for (int a = 0; a < 3; a++) {
        box[a] = image->dims[a] * image->spacing[a];
        point[a] = box[a] / 2 + w->plane.at * n[a] / length;
    }
    XT_GO(xt_plane_oblique(&d->plane, box, point, n, 0, err));
    XT_GO(xt_cut_create_dense(&cut, image->dims, image->spacing, &d->plane,
                              fmax(d->plane.size[0], d->plane.size[1]) / (0.7 * width), err));
    d->def.nx = cut.nx;
    d->def.ny = cut.ny;
    memcpy(d->def.spacing, cut.spacing, sizeof d->def.spacing);
    d->def.clip = d->plane.corner;
    d->def.clips = d->plane.corners;
    xt_plane_sides(d->letters, &d->plane, image->affine, image->spacing);
    for (int k = 0; k < 4; k++) d->def.side[k] = d->letters[k];
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
    if (field) XT_GO(xt_vti_read_floats(cells, now->reader, field->index, err));
    if (field) XT_GO(xt_cut_values(d->value, sample, &cut, material, cells, is_blended(field, image), err));
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

static xt_status prepare(drawn *d, const state *s, int kind, xt_snapshot *now, int moment, xt_error *err) {
    const wanted *w = &s->what[kind];
    const xt_view_request *r = s->job->request;
    const bool labels = strcmp(w->field, "tissue") == 0;
    xt_view_field field = {0};
    *d = (drawn){0};
    xt_frame_def_default(&d->def);
    if (labels && !now->labelled) return xt_fail(err, XT_USAGE, "%s holds no tissues", s->job->found->path);
    if (!labels) XT_TRY(xt_snapshot_find(&field, w->field, now, err));
    XT_TRY(place(&d->index, w, now->image, err));
    d->def.width = s->job->options->size ? r->width : 900;
    d->def.height = s->job->options->size ? r->height : 0;
    const xt_view_field *source = labels ? NULL : &field;
    XT_TRY(w->plane.axis < 0 ? take_oblique(d, w, now, source, d->def.width, err)
                             : take_across(d, w, now, source, err));
    const size_t pixels = (size_t)d->def.nx * (size_t)d->def.ny;
    for (size_t i = 0; i < pixels; i++)
        if (labels || !d->tissue[i]) d->value[i] = NAN;
    d->def.blended = w->plane.axis >= 0 && is_blended(&field, now->image);
    memcpy(d->def.voxel, now->image->spacing, sizeof d->def.voxel);

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

static bool anything(const drawn *d) {
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
            drawn d;
            double low, high;
            status = prepare(&d, s, k, &now, s->job->moment[m], err);
            if (status == XT_OK) s->seen[k] |= anything(&d);
            if (status == XT_OK && d.def.kind == XT_FRAME_FIELD)
                status = xt_frame_limits(&low, &high, &d.def, err);
            if (status == XT_OK && d.def.kind == XT_FRAME_FIELD) {
                s->low[k] = isnan(s->low[k]) ? low : fmin(s->low[k], low);
                s->high[k] = isnan(s->high[k]) ? high : fmax(s->high[k], high);
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

static xt_status draw_moment(state *s, int moment, xt_error *err) {
    xt_snapshot now;
    XT_TRY(xt_snapshot_open(&now, s->job->found, moment, err));
    xt_status status = XT_OK;
    for (int k = 0; k < s->kinds && status == XT_OK; k++) {
        drawn d;
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
            XT_GO(place(&index, &s->what[k], now.image, err));
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
