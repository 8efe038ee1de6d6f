#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/outputs_internal.h"
#include "app/resolution.h"
#include "base/file.h"

/* What a frame of one moment needs: fetched values on their way, and everything to draw them with. Owned by
 * the writing thread once handed over. */
typedef struct {
    xt_film *film;
    xt_outputs *outputs;
    xt_read *read[4]; /* the quantity's parts, then the materials */
    int parts;
    char *path;
    char subtitle[96];
    double time_d;
    int index; /* of the film */
} frame_job;

static void release_job(void *item) {
    frame_job *job = item;
    for (int i = 0; i < 4; i++) xt_read_free(job->read[i]);
    free(job->path);
    free(job);
}

/* A slice laid out in rows, ready to draw. */
typedef struct {
    float *value;
    uint8_t *tissue, *second;
    uint16_t *share;
} dense_slice;

static xt_status compose(dense_slice *dense, frame_job *job, xt_error *err) {
    xt_film *film = job->film;
    const void *plane[4] = {0};
    for (int i = 0; i <= job->parts; i++) XT_TRY(xt_read_wait(&plane[i], job->read[i], err));
    const xt_material *material = plane[job->parts];
    const size_t count = film->slice.count;
    float *gathered = malloc((count + 1) * sizeof *gathered);
    if (!gathered) return xt_no_memory(err, "a frame", count * sizeof *gathered);
    plane[job->parts] = NULL;
    xt_quantity_compose(gathered, &film->shown, job->outputs->def.model, plane, material,
                        job->outputs->epsilon, count);
    xt_slice_scatter(dense->value, &film->slice, gathered);
    xt_slice_scatter_materials(dense->tissue, dense->second, dense->share, &film->slice, material);
    free(gathered);
    return XT_OK;
}

static void fill_def(xt_frame_def *def, char *title, size_t size, const frame_job *job,
                     const dense_slice *dense) {
    const xt_film *film = job->film;
    const xt_outputs *outputs = job->outputs;
    const xt_frame_request *request = film->request;
    xt_frame_def_default(def);
    def->kind = film->shown.kind == XT_SHOW_TISSUE  ? XT_FRAME_LABEL
                : film->shown.kind == XT_SHOW_PHASE ? XT_FRAME_FRACTION
                                                    : XT_FRAME_FIELD;
    snprintf(title, size, "%s", request->title[0] ? request->title : film->shown.label);
    title[0] = (char)(title[0] >= 'a' && title[0] <= 'z' ? title[0] - 32 : title[0]);
    def->title = title;
    def->subtitle = job->subtitle;
    def->note = film->note;
    def->label = film->shown.brief;
    def->unit = film->shown.unit;
    def->nx = film->slice.nx;
    def->ny = film->slice.ny;
    def->spacing[0] = film->slice.spacing[0];
    def->spacing[1] = film->slice.spacing[1];
    def->value = dense->value;
    def->tissue = dense->tissue;
    def->second = dense->second;
    def->share = dense->share;
    def->tissue_count = outputs->def.model->tissue_count;
    def->tissue_name = outputs->tissue_name;
    def->tissue_colour = outputs->tissue_colour;
    xt_slice_sides(def->side, &film->slice, outputs->def.mesh->affine);
    def->low = request->low;
    def->high = request->high;
    def->log = request->logarithmic;
    def->dark = request->dark;
    if (request->pixels > 0) def->width = request->pixels;
    def->sketch = film->sketch;
    def->scene = outputs->def.scene->title[0] ? outputs->def.scene->title : outputs->def.scene->file;
    def->software = "Crosstalk " CROSSTALK_VERSION;
    def->time = job->time_d;
}

static xt_status run_job(void *item, xt_error *err) {
    frame_job *job = item;
    const size_t pixels = (size_t)job->film->slice.nx * (size_t)job->film->slice.ny;
    xt_outputs_state *state = &job->outputs->state; /* the limits are the writing thread's own */
    dense_slice dense = {malloc(pixels * sizeof(float)), malloc(pixels), malloc(pixels),
                         malloc(pixels * sizeof(uint16_t))};
    xt_status status = XT_OK;
    if (!dense.value || !dense.tissue || !dense.second || !dense.share) {
        status = xt_no_memory(err, "a frame", pixels * sizeof *dense.value);
        goto done;
    }
    XT_GO(compose(&dense, job, err));
    xt_frame_def def;
    char title[160];
    fill_def(&def, title, sizeof title, job, &dense);
    if (def.kind == XT_FRAME_FIELD) {
        if (isnan(state->low[job->index]))
            XT_GO(xt_frame_limits(&state->low[job->index], &state->high[job->index], &def, err));
        def.low = state->low[job->index];
        def.high = state->high[job->index];
    }
    XT_GO(xt_frame_write(job->path, &def, job->outputs->font, err));
done:
    free(dense.value);
    free(dense.tissue);
    free(dense.second);
    free(dense.share);
    return status;
}

static void time_text(char *text, size_t size, const xt_sim *sim) {
    const double hours = xt_sim_time(sim), begin = xt_sim_acute_begin(sim);
    const double age = xt_sim_age(sim) / 8766;
    if (hours > begin || begin == 0) {
        const double since = hours - begin;
        snprintf(text, size, "age %.1f y · %s%.4g h", age, begin > 0 ? "acute phase, " : "t = ", since);
    } else if (hours < 2 * 8766) {
        snprintf(text, size, "age %.2f y · day %.4g", age, hours / 24);
    } else {
        snprintf(text, size, "age %.1f y · year %.4g", age, hours / 8766);
    }
}

/* What is shown, where, and which frame; the same slice asked for twice, in two colour scales say, is
 * numbered. */
static void file_name(char *name, size_t size, const xt_outputs *outputs, int index) {
    const xt_film *film = &outputs->film[index];
    const int axis = film->slice.axis, at = film->slice.index;
    int same = 1;
    for (int k = 0; k < index; k++) {
        const xt_film *other = &outputs->film[k];
        if (other->slice.axis == axis && other->slice.index == at &&
            strcmp(other->shown.name, film->shown.name) == 0)
            same++;
    }
    char twin[16] = "";
    if (same > 1) snprintf(twin, sizeof twin, "-%d", same);
    snprintf(name, size, "%s_%c%d%s_%04d.png", film->shown.name, "xyz"[axis], at, twin,
             outputs -> state.frames);
}

static xt_status add_frame(xt_outputs *outputs, int index, xt_error *err) {
    xt_film *film = &outputs->film[index];
    xt_fields *fields = xt_sim_fields(outputs->def.sim);
    frame_job *job = calloc(1, sizeof *job);
    if (!job) return xt_no_memory(err, "a frame", sizeof *job);
    *job = (frame_job){
        .film = film, .outputs = outputs, .index = index, .time_d = xt_sim_time(outputs->def.sim) / 24};
    time_text(job->subtitle, sizeof job->subtitle, outputs->def.sim);
    xt_quantity_parts parts;
    xt_quantity_shown shown = film->shown;
    const int share = outputs->def.model->peak_share; /* nobody exercises: the peak is the rest */
    if (share < 0 || !(xt_sim_scalars(outputs->def.sim)[share] > 0)) shown.peak = false;
    xt_quantity_parts_of(&parts, &shown, fields);
    job->parts = parts.count;
    xt_status status = XT_OK;
    char name[160];
    file_name(name, sizeof name, outputs, index);
    XT_GO(xt_path_join(&job->path, outputs->frames_dir, name, err));
    for (int i = 0; i < parts.count; i++)
        XT_GO(xt_gather_start(&job->read[i], film->gather, parts.buffer[i], parts.plane[i], err));
    XT_GO(xt_gather_start(&job->read[parts.count], film->gather, fields->material, 0, err));
    return xt_outputs_hand_over(outputs, run_job, release_job, job, err);
done:
    release_job(job);
    return status;
}

xt_status xt_films_write(xt_outputs *outputs, xt_error *err) {
    if (!outputs->film_count) return XT_OK;
    const bool acute = xt_sim_is_acute(outputs->def.sim); /* acute steps use the peak's room for themselves */
    for (int i = 0; i < outputs->film_count; i++)
        if (!acute || !outputs->film[i].request->peak) XT_TRY(add_frame(outputs, i, err));
    outputs->state.frames++;
    return XT_OK;
}

/* Which tissues' decay length (MODEL.md §8.3) the voxel cannot resolve: said on the picture itself. */
static xt_status make_note(char **note, const xt_outputs *outputs, const xt_quantity_shown *shown,
                           xt_error *err) {
    *note = NULL;
    if (shown->kind != XT_SHOW_FIELD && shown->kind != XT_SHOW_EXPOSURE) return XT_OK;
    const xt_mesh *mesh = outputs->def.mesh;
    const xt_model *model = outputs->def.model;
    const double voxel = fmax(mesh->spacing[0], fmax(mesh->spacing[1], mesh->spacing[2]));
    bool present[XT_MAX_TISSUES + 1] = {0};
    for (size_t cell = 0; cell < mesh->blocks * XT_BLOCK; cell++) present[mesh->material[cell].tissue] = true;
    double shortest = INFINITY, longest = 0;
    for (int t = 1; t <= model->tissue_count; t++) {
        if (!present[t]) continue;
        const double length = xt_decay_length(model, shown->index, t);
        if (!isfinite(length)) continue;
        shortest = fmin(shortest, length);
        longest = fmax(longest, length);
    }
    if (!(shortest < voxel)) return XT_OK;
    char text[200];
    snprintf(text, sizeof text,
             longest < voxel
                 ? "Not resolved: gradients fade over %.2g–%.2g mm, a voxel is %.2g mm. Levels are tissue "
                   "means; exchange between tissues runs through the blood."
                 : "Partly resolved: gradients fade over %.2g–%.2g mm, a voxel is %.2g mm.",
             shortest, longest, voxel);
    *note = strdup(text);
    return *note ? XT_OK : xt_no_memory(err, "a note", sizeof text);
}

static xt_status create_film(xt_film *film, xt_outputs *outputs, const xt_frame_request *request,
                             xt_error *err) {
    const xt_mesh *mesh = outputs->def.mesh;
    const xt_source source = {.file = outputs->def.scene->file};
    film->request = request;
    XT_TRY(xt_frame_sketch_create(&film->sketch, err));
    XT_TRY(xt_quantity_find(&film->shown, request->name, request->peak, outputs->def.model, &source,
                            request->line, request->col, err));
    const double size = mesh->dims[request->axis] * mesh->spacing[request->axis];
    const double at = !request->at_given        ? size / 2
                      : request->at_is_fraction ? request->at * size
                                                : request->at;
    int index;
    if (xt_slice_index(&index, mesh, request->axis, fmin(at, size * (1 - 1e-9)), err) != XT_OK)
        return xt_context(err, "%s:%d: error: output.frames", outputs->def.scene->file, request->line);
    for (const xt_film *other = outputs->film; other < film; other++)
        if (other->slice.axis == request->axis && other->slice.index == index) {
            /* the queue is in order: one buffer serves all films of a plane */
            film->slice = other->slice;
            film->gather = other->gather;
            return make_note(&film->note, outputs, &film->shown, err);
        }
    film->owner = true;
    XT_TRY(xt_slice_create(&film->slice, mesh, request->axis, index, err));
    XT_TRY(xt_gather_create(&film->gather, xt_sim_fields(outputs->def.sim), film->slice.cell,
                            film->slice.count, err));
    return make_note(&film->note, outputs, &film->shown, err);
}

xt_status xt_films_create(xt_outputs *outputs, xt_error *err) {
    const xt_scene *scene = outputs->def.scene;
    if (scene->frame_count > XT_FRAMES_MAX)
        return xt_fail(err, XT_USAGE, "%s: error: output.frames: at most %d pictures", scene->file,
                       XT_FRAMES_MAX);
    outputs->film = calloc((size_t)scene->frame_count + 1, sizeof *outputs->film);
    if (!outputs->film) return xt_no_memory(err, "frames", sizeof *outputs->film);
    for (int i = 0; i < scene->frame_count; i++) {
        outputs->film_count++;
        XT_TRY(create_film(&outputs->film[i], outputs, &scene->frame[i], err));
    }
    if (outputs->film_count && xt_font_open(&outputs->font, err) != XT_OK) {
        xt_log_warn(outputs->def.log, "pictures will have no text: %s", err->text);
        *err = (xt_error){0};
    }
    return XT_OK;
}

void xt_films_free(xt_outputs *outputs) {
    for (int i = 0; i < outputs->film_count; i++) {
        free(outputs->film[i].note);
        xt_frame_sketch_free(outputs->film[i].sketch);
        if (!outputs->film[i].owner) continue;
        xt_gather_free(outputs->film[i].gather);
        xt_slice_free(&outputs->film[i].slice);
    }
    free(outputs->film);
    xt_font_close(outputs->font);
}
