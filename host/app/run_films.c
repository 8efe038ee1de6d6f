#include "app/run_films.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/film_make.h"
#include "app/outputs_internal.h"
#include "base/file.h"
#include "draw/movie.h"

/* ---- what a film is of ---- */

static int entries(const xt_scene *scene, const xt_film_request *film) {
    return film->view ? scene->view_count : scene->frame_count;
}
static const char *shown(const xt_scene *scene, const xt_film_request *film, int index) {
    if (!film->view) return scene->frame[index].show[0];
    return scene->view[index].glows ? scene->view[index].glow[0].name : "tissue";
}

int xt_run_film_entry(const xt_scene *scene, const xt_film_request *film) {
    int turn = 0;
    for (int i = 0; i < entries(scene, film); i++)
        if (strcmp(shown(scene, film, i), film->of) == 0 && ++turn == film->which) return i;
    return -1;
}

/* A film of what could be shown but is not (by a --set output.frames=..., say) is no error; a name that means
 * nothing is. */
static xt_status check_entry(const xt_scene *scene, const xt_film_request *film, const xt_model *model,
                             xt_error *err) {
    if (xt_run_film_entry(scene, film) >= 0) return XT_OK;
    xt_quantity_shown any;
    return xt_quantity_find(&any, film->of, false, model, film->source, film->line, film->col, err);
}

static xt_status check_curves(const xt_film_request *film, const xt_model *model, xt_error *err) {
    for (int i = 0; i < film->curves; i++) {
        const char **names = malloc(((size_t)model->readout_count + 1) * sizeof *names), *near;
        bool found = false;
        if (!names) return xt_no_memory(err, "names", (size_t)model->readout_count * sizeof *names);
        for (int k = 0; k < model->readout_count; k++) {
            names[k] = model->readout[k].name;
            found |= strcmp(names[k], film->curve[i]) == 0;
        }
        near = xt_nearest(film->curve[i], names, model->readout_count);
        free(names);
        if (!found)
            return xt_fail_at(err, film->source, film->line, film->col,
                              "the model has no read-out '%s' for a film's curve%s%s%s", film->curve[i],
                              near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    return XT_OK;
}

xt_status xt_run_films_check(const xt_scene *scene, const xt_model *model, xt_error *err) {
    for (int i = 0; i < scene->film_count; i++) {
        const xt_film_request *film = &scene->film[i];
        XT_TRY(check_entry(scene, film, model, err));
        XT_TRY(check_curves(film, model, err));
        for (int k = 0; k < film->formats; k++) {
            char name[80];
            snprintf(name, sizeof name, "a.%s", film->format[k]);
            xt_error why = {0};
            if (xt_movie_check(name, &why) != XT_OK)
                return xt_fail(err, why.status, "%s:%d: output.films: %s: %s", film->source->file, film->line,
                               film->format[k], strchr(why.text, ':') + 2);
        }
    }
    return XT_OK;
}

/* ---- making them ---- */

typedef struct {
    xt_outputs *outputs;
    char *folder; /* DIR/films */
    char *path[XT_FILM_PATHS];
} making;

/* films/myokine_z2.apng; a second film of the same pictures is myokine_z2-2. */
static xt_status make_paths(making *m, int index, const char *series, xt_error *err) {
    const xt_scene *scene = m->outputs->def.scene;
    const xt_film_request *film = &scene->film[index];
    const int entry = xt_run_film_entry(scene, film);
    int twin = 1;
    for (int k = 0; k < index; k++)
        twin += scene->film[k].view == film->view && xt_run_film_entry(scene, &scene->film[k]) == entry;
    for (int k = 0; k < film->formats || k == 0; k++) {
        char name[200], number[16] = "";
        if (twin > 1) snprintf(number, sizeof number, "-%d", twin);
        snprintf(name, sizeof name, "%.120s%s.%.8s", series, number,
                 film->formats ? film->format[k] : "apng");
        XT_TRY(xt_path_join(&m->path[k], m->folder, name, err));
    }
    return XT_OK;
}

static xt_status make_film(making *m, int index, const volatile sig_atomic_t *stop, xt_error *err) {
    const xt_film_request *film = &m->outputs->def.scene->film[index];
    const int entry = xt_run_film_entry(m->outputs->def.scene, film);
    const char *series = film->view ? xt_views_name(m->outputs, entry) : m->outputs->film[entry].name;
    xt_film_def def;
    xt_film_def_default(&def);
    XT_TRY(make_paths(m, index, series, err));
    def.dir = m->outputs->def.dir;
    def.series = series;
    while (def.paths < XT_FILM_PATHS && m->path[def.paths]) {
        def.path[def.paths] = m->path[def.paths];
        def.paths++;
    }
    def.rate = film->rate;
    def.hold_first = film->hold_first;
    def.hold_last = film->hold_last;
    for (; def.curves < film->curves; def.curves++) def.curve[def.curves] = film->curve[def.curves];
    def.width = film->width;
    def.stop = stop;
    return xt_film_from_frames(NULL, &def, err);
}

xt_status xt_run_films_make(xt_outputs *outputs, const volatile sig_atomic_t *stop, xt_error *err) {
    const xt_scene *scene = outputs->def.scene;
    making m = {.outputs = outputs};
    xt_status status = XT_OK;
    if (!outputs->def.mesh || !scene->film_count) return XT_OK;
    const char *before = xt_stopwatch_turn(outputs->def.watch, "films");
    XT_GO(xt_path_join(&m.folder, outputs->def.dir, "films", err));
    XT_GO(xt_make_folders(m.folder, err));
    for (int i = 0; i < scene->film_count && status == XT_OK; i++) {
        xt_error why = {0};
        if (xt_run_film_entry(scene, &scene->film[i]) < 0) {
            if (entries(scene, &scene->film[i]))
                xt_log_warn(outputs->def.log, "no film of %s: %s does not show it%s", scene->film[i].of,
                            scene->film[i].view ? "output.views" : "output.frames",
                            scene->film[i].which > 1 ? " so many times" : "");
            continue;
        }
        if (make_film(&m, i, stop, &why) == XT_STOPPED)
            status = xt_fail(err, XT_STOPPED, "%s", why.text);
        else if (why.status != XT_OK)
            xt_log_warn(outputs->def.log, "no film: %s", why.text);
        for (int k = 0; k < XT_FILM_PATHS; k++) {
            free(m.path[k]);
            m.path[k] = NULL;
        }
    }
done:
    xt_stopwatch_turn(outputs->def.watch, before);
    free(m.folder);
    return status;
}
