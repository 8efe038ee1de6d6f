#include "app/outputs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/outputs_internal.h"
#include "app/resolution.h"
#include "app/run_films.h"
#include "base/file.h"

/* ---- the schedule ---- */

static double due(int next, double every, double origin) {
    return every > 0 ? origin + next * every : INFINITY;
}
static double series_every(const xt_scene *scene) {
    return scene->series_every > 0     ? scene->series_every
           : scene->mode == XT_CHRONIC ? scene->step
                                       : scene->every;
}
static double frames_due(const xt_outputs *o) { return due(o->state.next_frame, o->def.scene->every, 0); }
static double series_due(const xt_outputs *o) {
    return due(o->state.next_series, series_every(o->def.scene), 0);
}
static double volumes_due(const xt_outputs *o) {
    return due(o->state.next_volume, o->def.scene->volumes_every, 0);
}
/* The acute phase after years has its own, finer clock. */
static double acute_due(const xt_outputs *o) {
    const double begin = xt_sim_acute_begin(o->def.sim);
    if (!(begin > 0) || isinf(begin)) return INFINITY;
    return due(o->state.next_acute, o->def.scene->acute_every, begin);
}

/* Films may have more pictures than the other frames. */
static double film_due(const xt_outputs *o, int film) {
    if (xt_run_film_entry(o->def.scene, &o->def.scene->film[film]) < 0) return INFINITY;
    return due(o->state.next_film[film], o->def.scene->film[film].every, 0);
}
static double films_due(const xt_outputs *o) {
    double next = INFINITY;
    for (int i = 0; i < o->def.scene->film_count; i++) next = fmin(next, film_due(o, i));
    return next;
}

double xt_outputs_next(const xt_outputs *o) {
    double next = fmin(series_due(o), acute_due(o));
    if (o->def.mesh) {
        next = fmin(next, fmin(frames_due(o), fmin(films_due(o), xt_films_reference(o))));
        next = fmin(next, volumes_due(o));
    }
    return fmin(next, xt_sim_end(o->def.sim));
}

static const char waiting[] = "writing, not hidden";

xt_status xt_outputs_hand_over(xt_outputs *o, xt_job_run run, xt_job_free release, void *job, xt_error *err) {
    const char *before = xt_stopwatch_turn(o->def.watch, waiting);
    const xt_status status = xt_writer_add(o->writer, run, release, job, err);
    xt_stopwatch_turn(o->def.watch, before);
    return status;
}

xt_status xt_outputs_wait(xt_outputs *o, xt_error *err) {
    const char *before = xt_stopwatch_turn(o->def.watch, waiting);
    const xt_status status = xt_writer_drain(o->writer, err);
    xt_stopwatch_turn(o->def.watch, before);
    return status;
}

xt_status xt_outputs_drain(double *busy, xt_outputs *o, xt_error *err) {
    *busy = 0;
    if (!o || !o->writer) return XT_OK;
    const xt_status status = xt_outputs_wait(o, err);
    *busy = xt_writer_busy(o->writer);
    return status;
}

static xt_status write_row(xt_outputs *o, xt_error *err) {
    const int count = o->def.model->readout_count + 2;
    double *value = malloc((size_t)count * sizeof *value);
    if (!value) return xt_no_memory(err, "a row", (size_t)count * sizeof *value);
    value[0] = xt_sim_time(o->def.sim) / 24;
    value[1] = xt_sim_age(o->def.sim) / 8766;
    xt_sim_readouts(value + 2, o->def.sim);
    xt_status status = xt_series_row(o->series, value, err);
    free(value);
    return status;
}

/* Which pictures are due only because a film of them is. */
static void wanted_by_films(bool frame[XT_FRAMES_MAX], bool view[XT_VIEWS_MAX], xt_outputs *o, double now) {
    const xt_scene *scene = o->def.scene;
    for (int i = 0; i < scene->film_count; i++) {
        const xt_film_request *film = &scene->film[i];
        if (film_due(o, i) <= now) (film->view ? view : frame)[xt_run_film_entry(scene, film)] = true;
        while (film_due(o, i) <= now) o->state.next_film[i]++;
    }
}

static xt_status write_due(xt_outputs *o, bool last, xt_error *err) {
    const double now = xt_sim_time(o->def.sim) + XT_OUTPUTS_TICK;
    const bool acute = acute_due(o) <= now;
    const bool frame = last || frames_due(o) <= now || acute || xt_films_reference(o) <= now,
               film = films_due(o) <= now, row = last || series_due(o) <= now || frame || film;
    const bool volume = (last && o->def.scene->volumes_at_end) || volumes_due(o) <= now;
    if (!row && !volume) return XT_OK;
    XT_TRY(xt_sim_settle(o->def.sim, err)); /* the next step needs these fields too */
    while (series_due(o) <= now) o->state.next_series++;
    while (frames_due(o) <= now) o->state.next_frame++;
    while (volumes_due(o) <= now) o->state.next_volume++;
    while (acute_due(o) <= now) o->state.next_acute++;
    if (row) XT_TRY(write_row(o, err));
    if (!o->def.mesh) return XT_OK;
    bool wanted[XT_FRAMES_MAX] = {0}, seen[XT_VIEWS_MAX] = {0};
    wanted_by_films(wanted, seen, o, now);
    if (frame || film) {
        XT_TRY(xt_films_write(o, frame ? NULL : wanted, err));
        XT_TRY(xt_views_write(o, frame ? NULL : seen, err));
        o->state.frames++;
    }
    return volume ? xt_volumes_write(o, err) : XT_OK;
}

xt_status xt_outputs_write(xt_outputs *o, bool last, xt_error *err) {
    const char *before = xt_stopwatch_turn(o->def.watch, "observers");
    const xt_status status = write_due(o, last, err);
    xt_stopwatch_turn(o->def.watch, before);
    return status;
}

/* ---- life ---- */

static xt_status prepare(xt_outputs *o, xt_error *err) {
    const xt_model *model = o->def.model;
    const size_t tissues = (size_t)model->tissue_count, species = (size_t)model->species_count;
    o->tissue_name = calloc(tissues + 1, sizeof *o->tissue_name);
    o->tissue_colour = calloc(tissues + 1, sizeof *o->tissue_colour);
    o->epsilon = calloc((tissues + 1) * species + 1, sizeof *o->epsilon);
    if (!o->tissue_name || !o->tissue_colour || !o->epsilon) return xt_no_memory(err, "outputs", tissues);
    for (size_t t = 0; t < tissues; t++) {
        o->tissue_name[t] = model->tissue[t + 1].name;
        o->tissue_colour[t] = model->tissue[t + 1].colour;
    }
    if (!o->def.mesh) return XT_OK;
    o->present = xt_tissues_present(o->def.mesh);
    o->thin = xt_tissues_thin(o->def.mesh);
    XT_TRY(xt_films_create(o, err));
    XT_TRY(xt_views_create(o, err));
    return xt_volumes_create(o, err);
}

xt_status xt_outputs_create(xt_outputs **out, const xt_outputs_def *def, xt_error *err) {
    *out = NULL;
    xt_outputs *o = calloc(1, sizeof *o);
    if (!o) return xt_no_memory(err, "outputs", sizeof *o);
    o->def = *def;
    for (int i = 0; i < XT_LIMITS_MAX; i++) o->state.low[i] = o->state.high[i] = NAN;
    xt_status status = prepare(o, err);
    if (status == XT_OK)
        *out = o;
    else
        xt_outputs_finish(o, &(xt_error){0});
    return status;
}

static xt_status columns(char ***names, int *count, const xt_model *model, xt_error *err) {
    *count = model->readout_count + 2;
    *names = calloc((size_t)*count, sizeof **names);
    if (!*names) return xt_no_memory(err, "columns", (size_t)*count * sizeof **names);
    for (int i = 0; i < *count; i++) {
        char text[128];
        if (i == 0)
            snprintf(text, sizeof text, "time [d]");
        else if (i == 1)
            snprintf(text, sizeof text, "age [y]");
        else
            snprintf(text, sizeof text, "%s [%s]", model->readout[i - 2].name,
                     model->readout[i - 2].relative || !model->readout[i - 2].unit_text[0]
                         ? "1"
                         : model->readout[i - 2].unit_text);
        (*names)[i] = strdup(text);
        if (!(*names)[i]) return xt_no_memory(err, "columns", sizeof text);
    }
    return XT_OK;
}

static xt_status open_files(xt_outputs *o, bool resume, xt_error *err) {
    xt_fields *fields = xt_sim_fields(o->def.sim);
    char **names = NULL, *path = NULL, *pvd = NULL;
    int count = 0;
    xt_status status = XT_OK;
    XT_GO(xt_path_join(&o->frames_dir, o->def.dir, "frames", err));
    XT_GO(xt_path_join(&o->volumes_dir, o->def.dir, "volumes", err));
    XT_GO(xt_path_join(&path, o->def.dir, "series.csv", err));
    XT_GO(xt_path_join(&pvd, o->def.dir, "volumes.pvd", err));
    if (o->film_count || o->views) XT_GO(xt_make_folders(o->frames_dir, err));
    if (o->volume_count) XT_GO(xt_make_folders(o->volumes_dir, err));
    XT_GO(columns(&names, &count, o->def.model, err));
    if (resume)
        XT_GO(xt_series_reopen(&o->series, path, (const char *const *)names, count, o->state.rows, err));
    else
        XT_GO(xt_series_create(&o->series, path, (const char *const *)names, count, err));
    if (o->volume_count && resume)
        XT_GO(xt_pvd_reopen(&o->pvd, pvd, xt_sim_time(o->def.sim) / 24 + 1e-9, err));
    else if (o->volume_count)
        XT_GO(xt_pvd_create(&o->pvd, pvd, err));
    if (o->film_count) XT_GO(xt_films_open(o, err));
    XT_GO(xt_writer_create(&o->writer, 16, err));
    if (fields->mesh) /* exposure floors are known once the reference is */
        XT_GO(xt_buffer_read(fields->device, fields->epsilon, 0,
                             ((size_t)o->def.model->tissue_count + 1) * (size_t)o->def.model->species_count *
                                 sizeof *o->epsilon,
                             o->epsilon, err));
done:
    for (int i = 0; names && i < count; i++) free(names[i]);
    free(names);
    free(path);
    free(pvd);
    return status;
}

xt_status xt_outputs_begin(xt_outputs *o, xt_error *err) { return open_files(o, false, err); }

xt_status xt_outputs_resume(xt_outputs *o, const xt_outputs_state *state, xt_error *err) {
    o->state = *state;
    return open_files(o, true, err);
}

xt_status xt_outputs_state_get(xt_outputs_state *state, xt_outputs *o, xt_error *err) {
    XT_TRY(xt_outputs_wait(o, err));
    XT_TRY(xt_series_sync(o->series, err));
    o->state.rows = xt_series_rows(o->series);
    *state = o->state;
    return XT_OK;
}

xt_status xt_outputs_save(xt_outputs *o, xt_outputs_block sink, void *context, xt_error *err) {
    return xt_films_save(o, sink, context, err);
}

xt_status xt_outputs_load(xt_outputs *o, const xt_outputs_state *state, xt_outputs_block source,
                          void *context, xt_error *err) {
    o->state = *state;
    return xt_films_load(o, source, context, err);
}

xt_status xt_outputs_complete(xt_outputs *o, xt_error *err) {
    XT_TRY(xt_outputs_wait(o, err));
    const char *before = xt_stopwatch_turn(o->def.watch, "observers");
    const xt_status status = xt_films_finish(o, err);
    xt_stopwatch_turn(o->def.watch, before);
    return status;
}

xt_status xt_outputs_finish(xt_outputs *o, xt_error *err) {
    if (!o) return XT_OK;
    xt_status status = o->writer ? xt_writer_finish(o->writer, err) : XT_OK;
    xt_series_close(o->series);
    xt_pvd_free(o->pvd);
    xt_films_free(o);
    xt_views_free(o);
    free(o->volume);
    free(o->tissue_name);
    free(o->tissue_colour);
    free(o->epsilon);
    free(o->frames_dir);
    free(o->volumes_dir);
    free(o);
    return status;
}
