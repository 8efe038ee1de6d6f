/* Views of the volumes of a run: one picture a moment, or an orbit. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "app/again.h"
#include "app/render.h"

typedef struct {
    const xt_render_job *job;
    xt_snapshot now;
    int opened; /* the moment whose snapshot it is; -1: none */
    xt_view view;
    xt_device *device;
    xt_volume *volume;
    int dims[3];
    float *value;                          /* [now.voxels] */
    xt_view_reach reach[XT_RENDER_FIELDS]; /* of the moment on the device */
    xt_pictures pictures;
    int count;          /* of pictures */
    char *request_text; /* as a scene would have it */
} state;

/* Which moment picture i shows, and how far the camera has turned by then. */
static int moment_of(const state *s, int i) {
    return s->job->moment[(long long)i * s->job->moments / s->count];
}

static double turn_of(const state *s, int i) {
    if (s->job->options->orbit) return 360.0 * i / s->count;
    return s->count > 1 ? 360 * s->job->request->turns * i / (s->count - 1) : 0;
}

static xt_status open_moment(state *s, int moment, xt_error *err) {
    if (s->opened == moment) return XT_OK;
    xt_snapshot_close(&s->now);
    free(s->value);
    s->value = NULL;
    s->opened = -1;
    XT_TRY(xt_snapshot_open(&s->now, s->job->found, moment, err));
    s->value = malloc(s->now.voxels * sizeof *s->value);
    if (!s->value) return xt_no_memory(err, "a field", s->now.voxels * sizeof *s->value);
    s->opened = moment;
    return XT_OK;
}

static bool has_auto_limits(const state *s) {
    for (int k = 0; k < s->view.fields; k++)
        if (isnan(s->view.scale[k].low) || isnan(s->view.scale[k].high)) return true;
    return false;
}

/* One scale for all pictures of a film: limits over all its moments, or a dozen of them. */
static xt_status find_limits(state *s, xt_error *err) {
    enum { MOST = 12 };
    size_t known[XT_RENDER_FIELDS] = {0};
    const int all = s->job->moments, looks = all < MOST ? all : MOST;
    const bool wanted = has_auto_limits(s);
    xt_scale given[XT_RENDER_FIELDS];
    memcpy(given, s->view.scale, sizeof given);
    for (int i = 0; i < looks; i++) {
        const int at = looks > 1 ? (int)((long long)i * (all - 1) / (looks - 1)) : 0;
        XT_TRY(open_moment(s, s->job->moment[at], err));
        for (int k = 0; k < s->view.fields; k++) {
            size_t there;
            xt_view_field field;
            XT_TRY(xt_snapshot_find(&field, s->view.field[k].name, &s->now, err));
            XT_TRY(xt_snapshot_values(s->value, &s->now, &field, err));
            XT_TRY(xt_view_limits(&s->view, k, s->value, s->now.voxels, &there, err));
            known[k] += there;
        }
        if (!wanted && i == 0) break;
    }
    for (int k = 0; k < s->view.fields; k++) {
        if (!isnan(given[k].low)) s->view.scale[k].low = given[k].low;
        if (!isnan(given[k].high)) s->view.scale[k].high = given[k].high;
        if (!known[k])
            xt_log_warn(&s->job->app->log,
                        "%s has no value anywhere in the tissue: nothing of it is to be seen",
                        s->view.field[k].name);
    }
    xt_view_ready(&s->view);
    return XT_OK;
}

/* The moment's tissues and fields onto the device. */
static xt_status fill(state *s, xt_error *err) {
    const xt_vti_image *image = s->now.image;
    if (!s->volume || memcmp(s->dims, image->dims, sizeof s->dims) != 0) {
        xt_volume_free(s->volume);
        s->volume = NULL;
        XT_TRY(xt_volume_create(&s->volume, s->device, image->dims, image->spacing, s->view.surfaces,
                                s->view.fields, err));
        memcpy(s->dims, image->dims, sizeof s->dims);
    }
    XT_TRY(xt_volume_tissues(s->volume, s->now.tissue, s->now.second, s->now.share, s->view.surface_of_tissue,
                             err));
    for (int k = 0; k < s->view.fields; k++) {
        xt_view_field field;
        const xt_scale *scale = &s->view.scale[k];
        XT_TRY(xt_snapshot_find(&field, s->view.field[k].name, &s->now, err));
        XT_TRY(xt_snapshot_values(s->value, &s->now, &field, err));
        XT_TRY(xt_volume_field(s->volume, k, s->value, scale->low, scale->high, scale->log, err));
        xt_view_reach *reach = &s->reach[k];
        *reach = (xt_view_reach){0};
        xt_view_reach_of(reach, &s->view, k, s->value, s->now.voxels);
        if (!reach->within && (reach->below || reach->above))
            xt_log_warn(&s->job->app->log,
                        "%s lies beyond its scale of %.4g to %.4g everywhere in the tissue", field.name,
                        scale->low, scale->high);
    }
    return XT_OK;
}

static void picture_name(char *name, size_t size, const state *s, int i) {
    char fields[120] = "";
    size_t used = 0;
    for (int k = 0; k < s->view.fields && used < sizeof fields; k++)
        used += (size_t)snprintf(fields + used, sizeof fields - used, "%s%.40s", k ? "-" : "",
                                 s->view.field[k].name);
    for (char *c = fields; *c; c++) /* names of other programs' arrays may hold anything */
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", *c)) *c = '_';
    snprintf(name, size, "%s_%s_%04d.png", fields[0] ? fields : "tissue",
             s->job->options->orbit ? "orbit" : "view", s->job->options->orbit ? i : moment_of(s, i));
}

static void say_what_is_odd(const state *s, const xt_render_facts *facts) {
    xt_log *log = &s->job->app->log;
    if (facts->box == 0)
        xt_log_warn(
            log,
            "the camera looks past the volume, or the volume is thinner than a pixel: the picture is empty");
    else if (facts->seen == 0)
        xt_log_warn(
            log,
            "nothing is to be seen: what is shown is clear or cut away; a higher --strength, other limits "
            "(--low, --high) or a surface's opacity would change that");
    else if (facts->inside)
        xt_log_warn(log,
                    "the camera is inside the volume; a lower --zoom or a narrower --angle takes it out");
}

static xt_status draw(state *s, int i, xt_error *err) {
    const int moment = moment_of(s, i);
    const bool fresh = s->opened != moment || !s->volume;
    char subtitle[120], name[200];
    xt_camera camera;
    xt_render_facts facts;
    xt_image inner = {0}, page = {0};
    xt_view_record record;
    xt_status status = XT_OK;
    XT_GO(open_moment(s, moment, err));
    s->view.subject = &s->now.subject;
    if (fresh || i == 0) XT_GO(fill(s, err));
    xt_found_moment(subtitle, sizeof subtitle, s->job->found, moment);
    xt_view_words words = {.subtitle = subtitle,
                           .scene = s->job->found->title[0] ? s->job->found->title : s->job->found->path,
                           .scene_file = s->job->found->scene_file,
                           .command = s->job->command,
                           .request = s->request_text,
                           .time_d = s->job->found->timed ? s->job->found->moment.entry[moment].time : NAN};
    memcpy(words.reach, s->reach, sizeof words.reach);
    if (!s->view.width) XT_GO(xt_view_lay_out(&s->view, &words, s->job->font, err));
    XT_GO(xt_view_camera(&camera, &s->view, turn_of(s, i), err));
    XT_GO(xt_view_render(&inner, &facts, &s->view, &camera, s->volume, err));
    say_what_is_odd(s, &facts);
    XT_GO(xt_view_page(&page, &s->view, &inner, &camera, &words, s->job->font, err));
    xt_view_describe(&record, &s->view, &camera, &words);
    picture_name(name, sizeof name, s, i);
    XT_GO(xt_pictures_add(&s->pictures, name, &page, record.text, record.count, err));
done:
    xt_image_free(&inner);
    xt_image_free(&page);
    return status;
}

/* Names of the files to come, so that none is found in the way after an hour. */
static xt_status check_files(const state *s, const xt_pictures_def *def, xt_error *err) {
    char(*name)[200] = calloc((size_t)s->count, sizeof *name);
    const char **names = calloc((size_t)s->count, sizeof *names);
    xt_status status = XT_OK;
    if (!name || !names) status = xt_no_memory(err, "names", (size_t)s->count * sizeof *name);
    for (int i = 0; status == XT_OK && i < s->count; i++) {
        picture_name(name[i], sizeof name[i], s, i);
        names[i] = name[i];
    }
    if (status == XT_OK) status = xt_pictures_check(def, names, err);
    free(name);
    free(names);
    return status;
}

static xt_status draw_all(state *s, xt_error *err) {
    xt_log *log = &s->job->app->log;
    xt_status status = XT_OK;
    xt_log_progress_begin(log, "rendering", "pictures", 0, s->count);
    for (int i = 0; i < s->count && status == XT_OK; i++) {
        status = xt_render_stopped(s->job, i, s->count, err);
        if (status == XT_OK) status = draw(s, i, err);
        if (status == XT_OK) xt_log_progress(log, i + 1);
    }
    xt_log_progress_end(log);
    return status;
}

xt_status xt_render_views(const xt_render_job *job, xt_error *err) {
    state s = {.job = job, .opened = -1, .count = job->options->orbit ? job->options->orbit : job->moments};
    const xt_pictures_def def = {.path = job->out,
                                 .count = s.count,
                                 .depth = job->options->depth ? job->options->depth : 8,
                                 .fps = job->fps,
                                 .seconds = job->seconds,
                                 .force = job->options->force};
    xt_status status = XT_OK;
    XT_GO(open_moment(&s, job->moment[job->moments - 1], err));
    XT_GO(xt_view_resolve(&s.view, job->request, &s.now.subject, xt_snapshot_find, &s.now, err));
    s.view.turning = job->options->orbit > 0 || (s.count > 1 && job->request->turns != 0);
    XT_GO(xt_request_line(&s.request_text, job->request, xt_view_rows, err));
    XT_GO(check_files(&s, &def, err));
    XT_GO(find_limits(&s, err));
    XT_GO(xt_device_open(&s.device, job->options->device, err));
    XT_GO(xt_pictures_open(&s.pictures, &def, err));
    XT_GO(draw_all(&s, err));
    XT_GO(xt_pictures_close(&s.pictures, err));
done:
    xt_pictures_abandon(&s.pictures);
    xt_volume_free(s.volume);
    xt_device_close(s.device);
    xt_snapshot_close(&s.now);
    free(s.value);
    free(s.request_text);
    return status;
}
