/* Views of a running simulation: rendered on the device from the fields as they lie there; only the picture
 * comes back, and the writing thread draws the page around it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "app/again.h"
#include "app/outputs_internal.h"
#include "app/resolution.h"
#include "app/view.h"
#include "base/file.h"
#include "fields/exposure.h"

enum { SAMPLES = 1 << 15 }; /* cells that automatic limits are taken of */

typedef struct {
    const xt_view_request *request;
    xt_view view;
    xt_quantity_shown shown[XT_RENDER_FIELDS];
    bool ready;          /* limits are known */
    bool warned, beyond; /* said: nothing is seen; all of a field is beyond its scale */
    char name[160];
    char *request_text; /* as the scene has it, on one line */
} one_view;

struct xt_views {
    one_view *view; /* [count] */
    int count;
    xt_view_subject subject;
    xt_volume *volume; /* filled anew for each picture */
    xt_exposure *exposure;
    xt_gather *sample;
    size_t samples;
    xt_font *font; /* of the stepping thread */
};

/* ---- one picture on its way ---- */

typedef struct {
    xt_outputs *outputs;
    const one_view *of;
    xt_image inner;
    xt_camera camera;
    char *path, subtitle[96];
    double time_d;
    xt_view_reach reach[XT_RENDER_FIELDS];
} view_job;

static void release_job(void *item) {
    view_job *job = item;
    xt_image_free(&job->inner);
    free(job->path);
    free(job);
}

static void words_of(xt_view_words *words, const view_job *job) {
    const xt_scene *scene = job->outputs->def.scene;
    *words = (xt_view_words){.subtitle = job->subtitle,
                             .scene = scene->title[0] ? scene->title : scene->file,
                             .scene_file = scene->file,
                             .command = job->outputs->def.command,
                             .request = job->of->request_text,
                             .time_d = job->time_d};
    memcpy(words->reach, job->reach, sizeof words->reach);
}

static xt_status run_job(void *item, xt_error *err) {
    view_job *job = item;
    xt_view_words words;
    xt_view_record record;
    xt_image page = {0};
    words_of(&words, job);
    xt_status status =
        xt_view_page(&page, &job->of->view, &job->inner, &job->camera, &words, job->outputs->font, err);
    xt_view_describe(&record, &job->of->view, &job->camera, &words);
    if (status == XT_OK) status = xt_png_write(job->path, &page, 8, record.text, record.count, err);
    xt_image_free(&page);
    return status;
}

/* ---- fields on the device ---- */

static xt_status plane_of(cl_mem *buffer, int *plane, xt_outputs *o, const xt_quantity_shown *shown,
                          xt_error *err) {
    xt_fields *fields = xt_sim_fields(o->def.sim);
    if (shown->kind == XT_SHOW_EXPOSURE) {
        *plane = 0;
        if (!o->views->exposure) XT_TRY(xt_exposure_create(&o->views->exposure, fields, err));
        return xt_exposure_of(buffer, o->views->exposure, shown->index, err);
    }
    xt_quantity_parts parts;
    xt_quantity_parts_of(&parts, shown, fields);
    *buffer = parts.buffer[0];
    *plane = parts.plane[0];
    return XT_OK;
}

/* Every so many values of field k. */
static xt_status sample(xt_read **read, const float **value, xt_outputs *o, const one_view *v, int k,
                        xt_error *err) {
    cl_mem buffer;
    int plane;
    const void *found;
    *read = NULL;
    XT_TRY(plane_of(&buffer, &plane, o, &v->shown[k], err));
    XT_TRY(xt_gather_start(read, o->views->sample, buffer, plane, err));
    const xt_status status = xt_read_wait(&found, *read, err);
    if (status != XT_OK) xt_read_free(*read);
    *value = found;
    return status;
}

/* Automatic limits come from the first picture and stay, over a resumed run too. */
static xt_status find_limits(xt_outputs *o, int index, xt_error *err) {
    one_view *v = &o->views->view[index];
    for (int k = 0; k < v->view.fields; k++) {
        double *low = &o->state.view_low[index][k], *high = &o->state.view_high[index][k];
        xt_scale *scale = &v->view.scale[k];
        if (isnan(*low)) {
            xt_read *read;
            const float *value;
            size_t known;
            XT_TRY(sample(&read, &value, o, v, k, err));
            const xt_status status = xt_view_limits(&v->view, k, value, o->views->samples, &known, err);
            xt_read_free(read);
            if (status != XT_OK) return status;
            xt_view_ready(&v->view);
            *low = scale->low;
            *high = scale->high;
        }
        scale->low = *low;
        scale->high = *high;
    }
    v->ready = true;
    return XT_OK;
}

/* What the picture's colour bars have to say. */
static xt_status find_reach(view_job *job, one_view *v, xt_error *err) {
    for (int k = 0; k < v->view.fields; k++) {
        xt_read *read;
        const float *value;
        XT_TRY(sample(&read, &value, job->outputs, v, k, err));
        xt_view_reach *reach = &job->reach[k];
        xt_view_reach_of(reach, &v->view, k, value, job->outputs->views->samples);
        xt_read_free(read);
        if (v->beyond || reach->within || !(reach->below || reach->above)) continue;
        v->beyond = true;
        xt_log_warn(job->outputs->def.log, "view %s: %s lies beyond its scale of %.4g to %.4g everywhere",
                    v->name, v->view.field[k].name, v->view.scale[k].low, v->view.scale[k].high);
    }
    return XT_OK;
}

static xt_status fill(xt_outputs *o, const one_view *v, xt_error *err) {
    const xt_fields *fields = xt_sim_fields(o->def.sim);
    XT_TRY(xt_volume_tissues_of_cells(o->views->volume, fields, v->view.surface_of_tissue, err));
    for (int k = 0; k < v->view.fields; k++) {
        cl_mem buffer;
        int plane;
        const xt_scale *scale = &v->view.scale[k];
        XT_TRY(plane_of(&buffer, &plane, o, &v->shown[k], err));
        XT_TRY(xt_volume_field_of_cells(o->views->volume, k, fields, buffer, plane, scale->low, scale->high,
                                        scale->log, err));
    }
    return XT_OK;
}

static xt_status draw(xt_outputs *o, int index, xt_error *err) {
    one_view *v = &o->views->view[index];
    const double hours = xt_sim_time(o->def.sim), end = xt_sim_end(o->def.sim);
    view_job *job = calloc(1, sizeof *job);
    if (!job) return xt_no_memory(err, "a view", sizeof *job);
    *job = (view_job){.outputs = o, .of = v, .time_d = hours / 24};
    xt_view_moment(job->subtitle, sizeof job->subtitle, hours, xt_sim_age(o->def.sim) / 8766,
                   xt_sim_acute_begin(o->def.sim));
    char name[200];
    xt_view_words words;
    words_of(&words, job);
    xt_status status = XT_OK;
    if (!v->ready) XT_GO(find_limits(o, index, err));
    if (!v->view.width) XT_GO(xt_view_lay_out(&v->view, &words, o->views->font, err));
    XT_GO(xt_view_camera(&job->camera, &v->view, end > 0 ? 360 * v->request->turns * hours / end : 0, err));
    XT_GO(fill(o, v, err));
    XT_GO(find_reach(job, v, err));
    xt_render_facts facts;
    XT_GO(xt_view_render(&job->inner, &facts, &v->view, &job->camera, o->views->volume, err));
    if (facts.seen == 0 && !v->warned)
        xt_log_warn(o->def.log, "view %s: nothing is to be seen: what is shown is clear or cut away",
                    v->name);
    v->warned |= facts.seen == 0;
    snprintf(name, sizeof name, "%s_%04d.png", v->name, o->state.frames);
    XT_GO(xt_path_join(&job->path, o->frames_dir, name, err));
    return xt_outputs_hand_over(o, run_job, release_job, job, err);
done:
    release_job(job);
    return status;
}

xt_status xt_views_write(xt_outputs *o, const bool *wanted, xt_error *err) {
    if (!o->views) return XT_OK;
    for (int i = 0; i < o->views->count; i++)
        if (!wanted || wanted[i]) XT_TRY(draw(o, i, err));
    return XT_OK;
}

const char *xt_views_name(const xt_outputs *o, int index) { return o->views->view[index].name; }

/* ---- life ---- */

static xt_status find_field(xt_view_field *field, const char *name, void *context, xt_error *err) {
    const xt_outputs *o = ((const void **)context)[0];
    const xt_view_request *request = ((const void **)context)[1];
    xt_quantity_shown shown;
    XT_TRY(xt_quantity_find(&shown, name, false, o->def.model, request->source, request->line, request->col,
                            err));
    snprintf(field->name, sizeof field->name, "%s", shown.name);
    snprintf(field->label, sizeof field->label, "%s", shown.label);
    snprintf(field->brief, sizeof field->brief, "%s", shown.brief);
    snprintf(field->unit, sizeof field->unit, "%s", shown.unit);
    field->fraction = shown.kind == XT_SHOW_PHASE;
    if (shown.kind == XT_SHOW_FIELD || shown.kind == XT_SHOW_EXPOSURE)
        xt_decay_lengths(field->fades, o->def.model, shown.index, xt_tissues_present(o->def.mesh));
    return XT_OK;
}

static void name_view(one_view *v, const xt_views *views) {
    size_t used = 0;
    int same = 1;
    for (int k = 0; k < v->view.fields && used < sizeof v->name - 40; k++)
        used += (size_t)snprintf(v->name + used, sizeof v->name - 40 - used, "%s%s", k ? "-" : "",
                                 v->view.field[k].name);
    if (!v->view.fields) used = (size_t)snprintf(v->name, sizeof v->name, "tissue");
    const size_t plain = used < sizeof v->name - 40 ? used : sizeof v->name - 41;
    for (const one_view *other = views->view; other < v; other++)
        same += strncmp(other->name, v->name, plain) == 0 && strncmp(other->name + plain, "_view", 5) == 0;
    snprintf(v->name + plain, 40, same > 1 ? "_view-%d" : "_view", same);
}

static xt_status survey(xt_view_subject *subject, const xt_outputs *o, xt_error *err) {
    const xt_mesh *mesh = o->def.mesh;
    const size_t nx = (size_t)mesh->dims[0], ny = (size_t)mesh->dims[1];
    uint8_t *tissue = calloc(nx * ny * (size_t)mesh->dims[2], 1);
    if (!tissue) return xt_no_memory(err, "a view", nx * ny * (size_t)mesh->dims[2]);
    for (size_t cell = XT_BLOCK; cell < mesh->blocks * XT_BLOCK; cell++) {
        int at[3];
        xt_mesh_position(mesh, cell, at);
        if (at[0] < mesh->dims[0])
            tissue[((size_t)at[2] * ny + (size_t)at[1]) * nx + (size_t)at[0]] = mesh->material[cell].tissue;
    }
    memcpy(subject->dims, mesh->dims, sizeof subject->dims);
    memcpy(subject->spacing, mesh->spacing, sizeof subject->spacing);
    memcpy(subject->affine, mesh->affine, sizeof subject->affine);
    subject->tissue_count = o->def.model->tissue_count;
    subject->tissue_name = o->tissue_name;
    subject->tissue_colour = o->tissue_colour;
    xt_view_survey(subject, tissue);
    free(tissue);
    return XT_OK;
}

/* Every so many of the cells that hold tissue. */
static xt_status choose_samples(xt_outputs *o, xt_error *err) {
    const xt_mesh *mesh = o->def.mesh;
    const size_t stride = mesh->voxels / SAMPLES + 1;
    uint32_t *cell = malloc((mesh->voxels / stride + 2) * sizeof *cell);
    if (!cell) return xt_no_memory(err, "a view", (mesh->voxels / stride + 2) * sizeof *cell);
    size_t seen = 0;
    for (size_t i = XT_BLOCK; i < mesh->blocks * XT_BLOCK; i++)
        if (mesh->material[i].tissue && seen++ % stride == 0) cell[o->views->samples++] = (uint32_t)i;
    const xt_status status =
        xt_gather_create(&o->views->sample, xt_sim_fields(o->def.sim), cell, o->views->samples, err);
    free(cell);
    return status;
}

static xt_status resolve(xt_outputs *o, one_view *v, const xt_view_request *request, xt_error *err) {
    const void *context[2] = {o, request};
    v->request = request;
    XT_TRY(xt_view_resolve(&v->view, request, &o->views->subject, find_field, context, err));
    v->view.turning = request->turns != 0;
    for (int k = 0; k < v->view.fields; k++)
        XT_TRY(xt_quantity_find(&v->shown[k], v->view.field[k].name, false, o->def.model, request->source,
                                request->line, request->col, err));
    name_view(v, o->views);
    return xt_request_line(&v->request_text, request, xt_view_rows, err);
}

xt_status xt_views_create(xt_outputs *o, xt_error *err) {
    const xt_scene *scene = o->def.scene;
    xt_error why = {0};
    int surfaces = 0, fields = 0;
    for (int i = 0; i < XT_VIEWS_MAX; i++)
        for (int k = 0; k < XT_VIEW_FIELDS; k++) o->state.view_low[i][k] = o->state.view_high[i][k] = NAN;
    if (!scene->view_count) return XT_OK;
    xt_views *views = o->views = calloc(1, sizeof *views);
    if (views) views->view = calloc((size_t)scene->view_count, sizeof *views->view);
    if (!views || !views->view) return xt_no_memory(err, "views", sizeof *views);
    XT_TRY(survey(&views->subject, o, err));
    XT_TRY(choose_samples(o, err));
    for (int i = 0; i < scene->view_count; i++) {
        XT_TRY(resolve(o, &views->view[i], &scene->view[i], err));
        views->count++;
        if (views->view[i].view.surfaces > surfaces) surfaces = views->view[i].view.surfaces;
        if (views->view[i].view.fields > fields) fields = views->view[i].view.fields;
    }
    if (xt_font_open(&views->font, &why) != XT_OK || (!o->font && xt_font_open(&o->font, &why) != XT_OK)) {
        if (!o->film_count) xt_log_warn(o->def.log, "pictures will have no text: %s", why.text);
    }
    return xt_volume_create(&views->volume, xt_sim_fields(o->def.sim)->device, o->def.mesh->dims,
                            o->def.mesh->spacing, surfaces, fields, err);
}

void xt_views_free(xt_outputs *o) {
    if (!o->views) return;
    xt_gather_free(o->views->sample);
    xt_exposure_free(o->views->exposure);
    xt_volume_free(o->views->volume);
    xt_font_close(o->views->font);
    for (int i = 0; i < o->def.scene->view_count && o->views->view; i++) free(o->views->view[i].request_text);
    free(o->views->view);
    free(o->views);
}
