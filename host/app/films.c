/* The films of a run: fetching a moment of them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/outputs_internal.h"

/* ---- a moment: fetched on the device's queue, composed and drawn by the writing thread ---- */

typedef struct {
    xt_film *film;
    xt_outputs *outputs;
    xt_read *part[XT_FRAME_PANELS][2];
    xt_read *material[XT_FILM_PLANES];
    int number;
    bool capture; /* differences are from here on */
    char subtitle[288];
    double time_d;
} frame_job;

static void release_job(void *item) {
    frame_job *job = item;
    for (int i = 0; i < XT_FRAME_PANELS; i++)
        for (int k = 0; k < 2; k++) xt_read_free(job->part[i][k]);
    for (int i = 0; i < XT_FILM_PLANES; i++) xt_read_free(job->material[i]);
    free(job);
}

xt_status xt_film_moment_make(xt_film_moment *moment, const xt_film *film, xt_error *err) {
    *moment = (xt_film_moment){0};
    for (int i = 0; i < film->planes; i++) {
        const size_t count = film->plane[i]->count + 1;
        moment->material[i] = calloc(count, sizeof *moment->material[i]);
        if (!moment->material[i]) goto none;
    }
    for (int i = 0; i < film->panels; i++) {
        const size_t count = film->plane[film->panel[i].plane]->count + 1;
        moment->value[i] = calloc(count, sizeof *moment->value[i]);
        if (!moment->value[i]) goto none;
    }
    return XT_OK;
none:
    xt_film_moment_clear(moment);
    return xt_no_memory(err, "a frame", sizeof *moment);
}

void xt_film_moment_clear(xt_film_moment *moment) {
    for (int i = 0; i < XT_FILM_PLANES; i++) free(moment->material[i]);
    for (int i = 0; i < XT_FRAME_PANELS; i++) free(moment->value[i]);
    *moment = (xt_film_moment){0};
}

/* Values less those of the reference; the first moment after it is the reference. */
static xt_status subtract(xt_film_panel *panel, float *value, size_t count, bool capture, xt_error *err) {
    if (capture) {
        if (!panel->reference) panel->reference = malloc((count + 1) * sizeof *panel->reference);
        if (!panel->reference) return xt_no_memory(err, "a reference", count * sizeof *value);
        memcpy(panel->reference, value, count * sizeof *value);
    }
    if (!panel->reference) return xt_fail(err, XT_INTERNAL, "a difference without a reference");
    for (size_t i = 0; i < count; i++) value[i] -= panel->reference[i];
    return XT_OK;
}

static xt_status compose(xt_film_moment *moment, frame_job *job, xt_error *err) {
    xt_film *film = job->film;
    const xt_outputs *o = job->outputs;
    moment->number = job->number;
    moment->time_d = job->time_d;
    memcpy(moment->subtitle, job->subtitle, sizeof moment->subtitle);
    for (int i = 0; i < film->planes; i++) {
        const void *data;
        XT_TRY(xt_read_wait(&data, job->material[i], err));
        memcpy(moment->material[i], data, film->plane[i]->count * sizeof *moment->material[i]);
    }
    for (int i = 0; i < film->panels; i++) {
        xt_film_panel *panel = &film->panel[i];
        const void *part[3] = {0};
        const size_t count = film->plane[panel->plane]->count;
        for (int k = 0; k < 2; k++)
            if (job->part[i][k]) XT_TRY(xt_read_wait(&part[k], job->part[i][k], err));
        xt_quantity_compose(moment->value[i], &film->shown[panel->show], o->def.model, part,
                            moment->material[panel->plane], o->epsilon, count);
        if (!isnan(film->since)) XT_TRY(subtract(panel, moment->value[i], count, job->capture, err));
    }
    return XT_OK;
}

static xt_status run_job(void *item, xt_error *err) {
    frame_job *job = item;
    xt_film_moment moment;
    XT_TRY(xt_film_moment_make(&moment, job->film, err));
    xt_status status = XT_OK;
    XT_GO(compose(&moment, job, err));
    XT_GO(xt_film_draw(job->film, job->outputs, &moment, err));
    if (job->film->keep) XT_GO(xt_film_keep_add(job->film->keep, job->film, &moment, err));
done:
    xt_film_moment_clear(&moment);
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

static xt_status add_frame(xt_outputs *outputs, xt_film *film, bool capture, xt_error *err) {
    const xt_sim *sim = outputs->def.sim;
    xt_fields *fields = xt_sim_fields(outputs->def.sim);
    frame_job *job = calloc(1, sizeof *job);
    if (!job) return xt_no_memory(err, "a frame", sizeof *job);
    *job = (frame_job){.film = film,
                       .outputs = outputs,
                       .number = outputs->state.frames,
                       .capture = capture,
                       .time_d = xt_sim_time(sim) / 24};
    char time[96];
    time_text(time, sizeof time, sim);
    snprintf(job->subtitle, sizeof job->subtitle, "%s%s%s", time, film->place[0] ? " · " : "", film->place);
    const int share = outputs->def.model->peak_share; /* nobody exercises: the peak is the rest */
    const bool resting = share < 0 || !(xt_sim_scalars(sim)[share] > 0);
    xt_status status = XT_OK;
    for (int i = 0; i < film->panels; i++) {
        xt_quantity_shown shown = film->shown[film->panel[i].show];
        xt_quantity_parts parts;
        if (resting) shown.peak = false;
        xt_quantity_parts_of(&parts, &shown, fields);
        for (int k = 0; k < parts.count; k++)
            XT_GO(xt_gather_start(&job->part[i][k], film->plane[film->panel[i].plane]->gather,
                                  parts.buffer[k], parts.plane[k], err));
    }
    for (int i = 0; i < film->planes; i++)
        XT_GO(xt_gather_start(&job->material[i], film->plane[i]->gather, fields->material, 0, err));
    return xt_outputs_hand_over(outputs, run_job, release_job, job, err);
done:
    release_job(job);
    return status;
}

double xt_films_reference(const xt_outputs *outputs) {
    double next = INFINITY;
    for (int i = 0; i < outputs->film_count; i++)
        if (!outputs->state.referenced[i] && !isnan(outputs->film[i].since))
            next = fmin(next, outputs->film[i].since);
    return next;
}

xt_status xt_films_write(xt_outputs *outputs, const bool *wanted, xt_error *err) {
    if (!outputs->film_count) return XT_OK;
    const bool acute = xt_sim_is_acute(outputs->def.sim); /* acute steps use the peak's room for themselves */
    const double now = xt_sim_time(outputs->def.sim) + XT_OUTPUTS_TICK;
    for (int i = 0; i < outputs->film_count; i++) {
        xt_film *film = &outputs->film[i];
        if ((wanted && !wanted[i]) || (acute && film->request->peak)) continue;
        if (film->since > now) continue; /* there is nothing to differ from yet */
        const bool capture = film->since <= now && !outputs->state.referenced[i];
        if (capture) outputs->state.referenced[i] = true;
        XT_TRY(add_frame(outputs, film, capture, err));
    }
    return XT_OK;
}

/* ---- what a checkpoint keeps of differences ---- */

static xt_status each_reference(xt_outputs *outputs, bool make, xt_outputs_block block, void *context,
                                xt_error *err) {
    for (int i = 0; i < outputs->film_count; i++) {
        xt_film *film = &outputs->film[i];
        for (int k = 0; k < film->panels && outputs->state.referenced[i]; k++) {
            const size_t bytes = (film->plane[film->panel[k].plane]->count + 1) * sizeof(float);
            char name[32];
            if (make && !film->panel[k].reference) film->panel[k].reference = calloc(1, bytes);
            if (!film->panel[k].reference) return xt_no_memory(err, "a reference", bytes);
            snprintf(name, sizeof name, "reference_%d_%d", i, k);
            XT_TRY(block(name, film->panel[k].reference, bytes - sizeof(float), context, err));
        }
    }
    return XT_OK;
}

xt_status xt_films_save(xt_outputs *outputs, xt_outputs_block sink, void *context, xt_error *err) {
    return each_reference(outputs, false, sink, context, err);
}

xt_status xt_films_load(xt_outputs *outputs, xt_outputs_block source, void *context, xt_error *err) {
    return each_reference(outputs, true, source, context, err);
}

/* ---- life ---- */

static xt_status create_film(xt_film *film, xt_outputs *outputs, const xt_frame_request *request, int index,
                             xt_error *err) {
    const xt_scene *scene = outputs->def.scene;
    *film = (xt_film){.request = request, .index = index, .since = NAN};
    if (request->difference)
        film->since = request->difference_is_age ? request->since - scene->age : request->since;
    for (int k = 0; k < request->shows; k++) {
        XT_TRY(xt_quantity_find(&film->shown[k], request->show[k], request->peak, outputs->def.model,
                                request->source, request->line[k], request->col[k], err));
        film->shown[k].within = true;
    }
    if (xt_film_planes(film, outputs, err) != XT_OK)
        return xt_context(err, "%s:%d: error: output.frames", request->source->file, request->line[0]);
    for (int k = 0; k < request->shows; k++)
        for (int p = 0; p < film->planes; p++) {
            xt_film_panel *panel = &film->panel[film->panels++];
            panel->show = k;
            panel->plane = p;
            XT_TRY(xt_frame_sketch_create(&panel->sketch, err));
        }
    return xt_film_describe(film, outputs, err);
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
        XT_TRY(create_film(&outputs->film[i], outputs, &scene->frame[i], i, err));
    }
    if (outputs->film_count && xt_font_open(&outputs->font, err) != XT_OK) {
        xt_log_warn(outputs->def.log, "pictures will have no text: %s", err->text);
        *err = (xt_error){0};
    }
    for (int i = 0; i < outputs->film_count; i++) outputs->film[i].font = outputs->font;
    return XT_OK;
}

xt_status xt_films_open(xt_outputs *outputs, xt_error *err) {
    for (int i = 0; i < outputs->film_count; i++) {
        xt_film *film = &outputs->film[i];
        bool automatic = false;
        for (int k = 0; k < film->request->shows; k++)
            automatic |= (isnan(film->request->low) || isnan(film->request->high)) &&
                         film->shown[k].kind != XT_SHOW_TISSUE &&
                         (film->shown[k].kind != XT_SHOW_PHASE || film->request->difference);
        if (automatic)
            XT_TRY(xt_film_keep_open(&film->keep, film, outputs->frames_dir, outputs->state.frames, err));
    }
    return XT_OK;
}

typedef struct {
    xt_film *film;
    xt_outputs *outputs;
} redraw_job;

static xt_status redraw(xt_film *film, xt_outputs *outputs, xt_error *err) {
    XT_TRY(xt_film_keep_redraw(film->keep, film, outputs, err));
    xt_film_keep_close(film->keep, true);
    film->keep = NULL;
    return XT_OK;
}

static xt_status run_redraw(void *item, xt_error *err) {
    redraw_job *job = item;
    return redraw(job->film, job->outputs, err);
}

/* The device is idle by now: every other film is drawn here, while the writing thread draws the rest. A font
 * belongs to one thread. */
xt_status xt_films_finish(xt_outputs *outputs, xt_error *err) {
    xt_film *kept[XT_FRAMES_MAX];
    xt_font *font = NULL;
    int count = 0;
    xt_status status = XT_OK;
    for (int i = 0; i < outputs->film_count; i++)
        if (outputs->film[i].keep) kept[count++] = &outputs->film[i];
    if (outputs->font) XT_TRY(xt_font_open(&font, err));
    for (int i = 1; i < count; i += 2) {
        redraw_job *job = malloc(sizeof *job);
        if (!job) {
            status = xt_no_memory(err, "a film", sizeof *job);
            goto done;
        }
        *job = (redraw_job){kept[i], outputs};
        XT_GO(xt_outputs_hand_over(outputs, run_redraw, free, job, err));
    }
    for (int i = 0; i < count; i += 2) {
        kept[i]->font = font;
        XT_GO(redraw(kept[i], outputs, err));
    }
    XT_GO(xt_outputs_wait(outputs, err));
done:
    for (int i = 0; i < count; i++) kept[i]->font = outputs->font;
    xt_font_close(font);
    return status;
}

void xt_films_free(xt_outputs *outputs) {
    for (int i = 0; i < outputs->film_count; i++) {
        xt_film *film = &outputs->film[i];
        xt_film_keep_close(film->keep, false);
        free(film->note);
        free(film->badge);
        free(film->request_text);
        for (int k = 0; k < film->panels; k++) {
            xt_frame_sketch_free(film->panel[k].sketch);
            free(film->panel[k].reference);
        }
        for (int k = 0; k < film->planes; k++) {
            free(film->cut[k].material);
            free(film->cut[k].sample);
        }
    }
    free(outputs->film);
    for (int i = 0; i < outputs->plane_count; i++) {
        xt_gather_free(outputs->plane[i]->gather);
        xt_slice_free(&outputs->plane[i]->slice);
        xt_cut_free(&outputs->plane[i]->cut);
        free(outputs->plane[i]);
    }
    free(outputs->plane);
    xt_font_close(outputs->font);
}
