#include "app/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/again.h"
#include "app/checkpointing.h"
#include "app/folder.h"
#include "app/outputs.h"
#include "app/record.h"
#include "app/run_films.h"
#include "app/setup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "observe/runrecord.h"
#include "report/report.h"

typedef struct {
    const xt_session_def *def;
    xt_setup setup;
    xt_outputs *outputs;
    char *dir; /* absolute */
    char identity[64];
    xt_text command;     /* how to make the run again */
    xt_text meta;        /* of the checkpoints: how to find the scene again */
    double saved, noted; /* when the last checkpoint and the last record were written; s, 0: never */
    double writer_busy_s, memory_bytes;
    bool well_mixed;
    const char *scene_file, *const *sets; /* as the command that started the run gave them */
    int set_count;
    char started[32];
    xt_watch *watch; /* NULL: nobody does */
} session;

static xt_status write_meta(session *s, const char *scene_file, const char *const *sets, int set_count,
                            xt_error *err) {
    char folder[4096];
    s->scene_file = scene_file;
    s->sets = sets;
    s->set_count = set_count;
    const time_t now = time(NULL);
    struct tm utc;
    if (!gmtime_r(&now, &utc) || !strftime(s->started, sizeof s->started, "%Y-%m-%d %H:%M UTC", &utc))
        s->started[0] = '\0';
    if (!getcwd(folder, sizeof folder)) return xt_fail(err, XT_IO, "the present folder has no name");
    xt_json json;
    xt_json_begin(&json, &s->meta);
    xt_json_open_object(&json, NULL);
    xt_json_string(&json, "folder", folder); /* relative paths of the scene start here */
    xt_json_string(&json, "scene", scene_file);
    xt_json_bool(&json, "well_mixed", s->well_mixed);
    xt_json_open_array(&json, "sets");
    for (int i = 0; i < set_count; i++) xt_json_string(&json, NULL, sets[i]);
    xt_json_close(&json);
    xt_json_close(&json);
    return xt_json_end(&json, "the checkpoint", err);
}

/* What the stages are measured against, when the first picture no longer waits for it. */
static void measure_bandwidth(session *s) {
    double copy;
    xt_error unknown = {0};
    if (!s->setup.device) return;
    s->memory_bytes = (double)xt_device_bytes_peak(s->setup.device);
    xt_stopwatch_turn(&s->setup.watch, "copy bandwidth");
    if (xt_device_measure_copy(&copy, s->setup.device, 0, &unknown) != XT_OK)
        xt_log_warn(s->def->log, "the copy bandwidth is not known: %s", unknown.text);
    xt_stopwatch_turn(&s->setup.watch, "other");
}

static xt_status write_record(session *s, const char *status, xt_error *err) {
    xt_text text = {0};
    char *path = NULL;
    const xt_record_def def = {.scene = s->setup.scene,
                               .model = s->setup.model,
                               .mesh = s->setup.mesh,
                               .device = s->setup.device,
                               .sim = s->setup.sim,
                               .status = status,
                               .watch = &s->setup.watch,
                               .writer_busy_s = s->writer_busy_s,
                               .memory_bytes = s->memory_bytes,
                               .well_mixed = s->well_mixed,
                               .scene_file = s->scene_file,
                               .sets = s->sets,
                               .set_count = s->set_count,
                               .dir = s->def->dir,
                               .device_spec = s->def->device,
                               .started = s->started[0] ? s->started : NULL};
    xt_status result = xt_record_compose(&text, &def, s->def->log, err);
    if (result == XT_OK) result = xt_path_join(&path, s->dir, "run.json", err);
    if (result == XT_OK) result = xt_run_record_write(path, &text, err);
    if (result == XT_OK && s->def->json && strcmp(status, "running") != 0 &&
        (fputs(xt_text_get(&text), stdout) == EOF || fflush(stdout) == EOF))
        result = xt_fail(err, XT_IO, "run.json cannot be written to standard output");
    free(path);
    xt_text_free(&text);
    return result;
}

/* A run that goes on says so, for those who look at it meanwhile; not more often than they would see. */
static xt_status write_running(session *s, xt_error *err) {
    enum { SECONDS = 5 };
    if (s->noted > 0 && xt_seconds() - s->noted < SECONDS) return XT_OK;
    const char *before = xt_stopwatch_turn(&s->setup.watch, "record");
    const xt_status status = write_record(s, "running", err);
    xt_stopwatch_turn(&s->setup.watch, before);
    s->noted = xt_seconds();
    return status;
}

static xt_status save(session *s, xt_error *err) {
    const char *before = xt_stopwatch_turn(&s->setup.watch, "checkpoint");
    XT_TRY(xt_run_save(s->dir, s->identity, xt_text_get(&s->meta), s->setup.sim, s->outputs, err));
    xt_stopwatch_turn(&s->setup.watch, before);
    s->saved = xt_seconds();
    return XT_OK;
}

static bool stopped(const session *s) { return s->def->stop && *s->def->stop; }

/* Steps until the next thing to look at, checkpoints by the wall clock in between. */
static xt_status loop(session *s, xt_error *err) {
    xt_sim *sim = s->setup.sim;
    const double interval = s->setup.scene->checkpoint_seconds, end = xt_sim_end(sim);
    while (xt_sim_time(sim) < end && !stopped(s)) {
        const double until = xt_outputs_next(s->outputs);
        while (xt_sim_time(sim) < until && !stopped(s)) {
            XT_TRY(xt_sim_step(sim, until, err));
            xt_log_progress(s->def->log, xt_sim_time(sim) / 24);
            if (xt_sim_time(sim) < until && interval > 0 && xt_seconds() - s->saved > interval)
                XT_TRY(save(s, err));
        }
        if (xt_sim_time(sim) >= until) XT_TRY(xt_outputs_write(s->outputs, until >= end, err));
        if (xt_sim_time(sim) < end) XT_TRY(write_running(s, err));
    }
    return XT_OK;
}

/* Their curves take names and published ranges from the record. */
static xt_status make_films(session *s, xt_error *err) {
    if (!s->setup.scene->film_count) return XT_OK;
    s->noted = 0;
    XT_TRY(write_running(s, err));
    if (xt_run_films_make(s->outputs, s->def->stop, err) == XT_STOPPED)
        return xt_context(err, "the run is over, a film is missing; `crosstalk resume %s` makes it",
                          s->def->dir);
    return err->status;
}

static xt_status drive(session *s, xt_error *err) {
    const double end = xt_sim_end(s->setup.sim) / 24;
    xt_log_progress_begin(s->def->log, "simulating", "d", xt_sim_time(s->setup.sim) / 24, end);
    xt_status status = loop(s, err);
    xt_log_progress_end(s->def->log);
    if (status != XT_OK) return status;
    XT_TRY(save(s, err));
    if (xt_sim_time(s->setup.sim) >= xt_sim_end(s->setup.sim)) {
        XT_TRY(xt_outputs_complete(s->outputs, err));
        return make_films(s, err);
    }
    return xt_fail(err, XT_STOPPED,
                   "stopped by a signal at day %.6g; `crosstalk resume %s` goes on from there",
                   xt_sim_time(s->setup.sim) / 24, s->def->dir);
}

static void compose_command(session *s, const char *scene_file, const char *const *sets, int set_count) {
    xt_text_add(&s->command, "crosstalk run");
    xt_command_word(&s->command, scene_file);
    xt_text_add(&s->command, " -o DIR");
    for (int i = 0; i < set_count; i++) {
        xt_text_add(&s->command, " --set");
        xt_command_word(&s->command, sets[i]);
    }
}

static xt_status open_outputs(session *s, const char *scene_file, const char *const *sets, int set_count,
                              xt_error *err) {
    compose_command(s, scene_file, sets, set_count);
    const xt_outputs_def def = {.scene = s->setup.scene,
                                .model = s->setup.model,
                                .mesh = s->setup.mesh,
                                .sim = s->setup.sim,
                                .dir = s->dir,
                                .watch = &s->setup.watch,
                                .command = xt_text_get(&s->command),
                                .log = s->def->log};
    XT_TRY(xt_outputs_create(&s->outputs, &def, err));
    return xt_run_identity(s->identity, s->setup.scene, s->setup.model, s->setup.mesh, err);
}

static xt_status open_log(session *s, xt_error *err) {
    char *path = NULL;
    XT_TRY(xt_path_join(&path, s->dir, "log.txt", err));
    xt_status status = xt_log_open_file(s->def->log, path, err);
    free(path);
    return status;
}

static void say_where(const session *s) {
    if (s->setup.mesh)
        xt_log_info(s->def->log, "%d x %d x %d voxels of %.3g x %.3g x %.3g mm, %zu of them tissue, on %s",
                    s->setup.mesh->dims[0], s->setup.mesh->dims[1], s->setup.mesh->dims[2],
                    s->setup.mesh->spacing[0], s->setup.mesh->spacing[1], s->setup.mesh->spacing[2],
                    s->setup.mesh->voxels, xt_device_get_info(s->setup.device)->name);
    else
        xt_log_info(s->def->log, "%d well-mixed tissues", xt_sim_fields(s->setup.sim)->organ_count);
}

/* A run without its page is still a run: what the page lacks is a warning. */
static void write_report(session *s) {
    xt_error why = {0};
    if (xt_report_write(s->dir, &why) != XT_OK) xt_log_warn(s->def->log, "no report.html: %s", why.text);
}

/* Ends a session whatever happened: the record says how it went, the first error is the one reported. */
static xt_status finish(session *s, xt_status status, bool touched, xt_error *err) {
    xt_error late = {0};
    xt_status ended = xt_outputs_drain(&s->writer_busy_s, s->outputs, &late);
    if (ended == XT_OK)
        ended = xt_outputs_finish(s->outputs, &late);
    else
        xt_outputs_finish(s->outputs, &(xt_error){0});
    if (status == XT_OK && ended != XT_OK) {
        status = ended;
        *err = late;
    }
    if (touched && s->setup.sim) {
        measure_bandwidth(s);
        char text[2300];
        snprintf(text, sizeof text,
                 status == XT_OK        ? "done"
                 : status == XT_STOPPED ? "stopped"
                                        : "failed: %s",
                 err->text);
        late = (xt_error){0};
        xt_status wrote = write_record(s, text, &late);
        if (status == XT_OK && wrote != XT_OK) {
            status = wrote;
            *err = late;
        }
        if (wrote == XT_OK) write_report(s);
    }
    if (status == XT_OK)
        xt_log_info(s->def->log, "done in %.1f s; see %s", xt_stopwatch_total(&s->setup.watch), s->def->dir);
    xt_setup_clear(&s->setup);
    xt_watch_end(s->watch, status, s->def->stop);
    xt_text_free(&s->meta);
    xt_text_free(&s->command);
    free(s->dir);
    return status;
}

xt_status xt_session_run(const xt_session_def *def, xt_error *err) {
    session s = {.def = def, .well_mixed = def->well_mixed};
    bool touched = false;
    xt_status status = XT_OK;
    XT_GO(xt_folder_absolute(&s.dir, def->dir, err));
    XT_GO(xt_folder_check(s.dir, def->dir, def->force, err));
    XT_GO(xt_setup_read(&s.setup, def->scene_file, def->sets, def->set_count, err));
    XT_GO(xt_watch_open(&s.watch, &def->watch, s.dir, def->log, err));
    XT_GO(xt_setup_build(&s.setup, def->device, def->well_mixed, def->log, err));
    XT_GO(open_outputs(&s, def->scene_file, def->sets, def->set_count, err));
    xt_stopwatch_turn(&s.setup.watch, "other");
    XT_GO(write_meta(&s, def->scene_file, def->sets, def->set_count, err));
    XT_GO(xt_folder_claim(s.dir, def->force, err));
    touched = true;
    XT_GO(open_log(&s, err));
    xt_watch_begin(s.watch);
    say_where(&s);
    XT_GO(xt_sim_start(s.setup.sim, err));
    XT_GO(xt_outputs_begin(s.outputs, err));
    s.saved = xt_seconds();
    XT_GO(xt_outputs_write(s.outputs, false, err));
    XT_GO(write_running(&s, err));
    XT_GO(drive(&s, err));
done:
    return finish(&s, status, touched, err);
}

/* The scene as the checkpoint's meta data name it. Strings live in the tree. */
static xt_status read_meta(session *s, const char **scene_file, const char ***sets, int *set_count,
                           xt_json_tree **tree, xt_error *err) {
    XT_TRY(xt_run_meta(tree, s->dir, s->def->log, err));
    const xt_json_value *root = xt_json_root(*tree), *list = xt_json_get(root, "sets");
    const xt_json_value *scene = xt_json_get(root, "scene"), *folder = xt_json_get(root, "folder");
    const xt_json_value *mixed = xt_json_get(root, "well_mixed");
    if (!scene || !scene->text || !folder || !folder->text || !list || !mixed)
        return xt_fail(err, XT_USAGE, "the checkpoint in %s does not say which scene it belongs to",
                       s->def->dir);
    *scene_file = scene->text;
    s->well_mixed = mixed->truth;
    *sets = calloc((size_t)list->count + 1, sizeof **sets);
    if (!*sets) return xt_no_memory(err, "settings", (size_t)list->count * sizeof **sets);
    for (const xt_json_value *v = list->first; v; v = v->next) (*sets)[(*set_count)++] = v->text;
    if (chdir(folder->text) != 0)
        return xt_fail(err, XT_IO, "the run was started in '%s', which is gone: its scene cannot be found",
                       folder->text);
    return XT_OK;
}

xt_status xt_session_resume(const xt_session_def *def, xt_error *err) {
    session s = {.def = def};
    const char *scene_file = NULL, **sets = NULL;
    int set_count = 0;
    bool touched = false;
    xt_json_tree *tree = NULL;
    xt_status status = XT_OK;
    XT_GO(xt_folder_absolute(&s.dir, def->dir, err));
    XT_GO(read_meta(&s, &scene_file, &sets, &set_count, &tree, err));
    XT_GO(xt_setup_read(&s.setup, scene_file, sets, set_count, err));
    XT_GO(xt_watch_open(&s.watch, &def->watch, s.dir, def->log, err));
    XT_GO(xt_setup_build(&s.setup, def->device, s.well_mixed, def->log, err));
    XT_GO(open_outputs(&s, scene_file, sets, set_count, err));
    xt_stopwatch_turn(&s.setup.watch, "other");
    XT_GO(write_meta(&s, scene_file, sets, set_count, err));
    XT_GO(xt_folder_sweep(s.dir, err));
    XT_GO(open_log(&s, err));
    xt_watch_begin(s.watch);
    say_where(&s);
    XT_GO(xt_run_load(s.dir, s.identity, s.setup.sim, s.outputs, def->log, err));
    touched = true;
    xt_log_info(def->log, "going on at day %.6g", xt_sim_time(s.setup.sim) / 24);
    s.saved = xt_seconds();
    XT_GO(write_running(&s, err));
    XT_GO(drive(&s, err));
done:
    status = finish(&s, status, touched, err);
    free(sets);
    xt_json_free(tree);
    return status;
}
