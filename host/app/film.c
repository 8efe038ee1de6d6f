/* crosstalk film */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "app/app.h"
#include "app/film_make.h"
#include "base/file.h"

static xt_status number(double *value, const char *option, const char *text, double low, double high,
                        xt_error *err) {
    if (!text) return XT_OK;
    char *end;
    const double v = strtod(text, &end);
    if (end == text || *end || !(v >= low && v <= high))
        return xt_fail(err, XT_USAGE, "%s: expected a number from %g to %g, found '%.64s'", option, low, high,
                       text);
    *value = v;
    return XT_OK;
}

/* "muscle_mass,strength", cut in place. */
static xt_status read_curves(xt_film_def *def, char *text, xt_error *err) {
    for (char *at = text; at; def->curves++) {
        char *comma = strchr(at, ',');
        if (comma) *comma = '\0';
        if (!*at) return xt_fail(err, XT_USAGE, "--curve: expected read-outs parted by commas");
        if (def->curves == XT_FILM_CURVES)
            return xt_fail(err, XT_USAGE, "--curve: more than %d read-outs", XT_FILM_CURVES);
        def->curve[def->curves] = at;
        at = comma ? comma + 1 : NULL;
    }
    return XT_OK;
}

/* DIR/films/SERIES.apng, in a folder that is made. */
static xt_status default_path(char **path, const xt_film_def *def, xt_error *err) {
    char *folder = NULL, *series = NULL, name[256];
    xt_status status = XT_OK;
    XT_GO(xt_film_series(&series, def, err));
    snprintf(name, sizeof name, "%.200s.apng", series);
    XT_GO(xt_path_join(&folder, def->dir, "films", err));
    XT_GO(xt_make_folders(folder, err));
    XT_GO(xt_path_join(path, folder, name, err));
done:
    free(series);
    free(folder);
    return status;
}

static xt_status make(xt_app *app, xt_film_def *def, const char *out, bool force, xt_error *err) {
    char *path = NULL;
    int count;
    xt_status status = XT_OK;
    if (!out) XT_GO(default_path(&path, def, err));
    def->path[0] = out ? out : path;
    def->paths = 1;
    def->stop = app->stop;
    if (!force && xt_path_exists(def->path[0])) {
        status = xt_fail(err, XT_IO, "'%s' is there already; --force replaces it, -o FILE names another",
                         def->path[0]);
        goto done;
    }
    XT_GO(xt_film_from_frames(&count, def, err));
    xt_log_info(&app->log, "%s: %d pictures", def->path[0], count);
done:
    free(path);
    return status;
}

xt_status xt_film_main(xt_app *app, int argc, char *const *argv, xt_error *err) {
    const char *out = NULL, *rate = NULL, *first = NULL, *last = NULL, *curve = NULL;
    bool force = false, quiet = false, help = false;
    xt_film_def def;
    xt_film_def_default(&def);
    const xt_option options[] = {
        {"--of", 0, XT_OPTION_TEXT, &def.series, "NAME",
         "of which pictures: tissue, or tissue_z2 where there are several"},
        {"--output", 'o', XT_OPTION_TEXT, &out, "FILE",
         "its ending says what kind: .apng or .png (exact, needs nothing), .mp4 or .webm (need ffmpeg); by "
         "default "
         "DIR/films/NAME.apng"},
        {"--curve", 0, XT_OPTION_TEXT, &curve, "NAME,...",
         "up to four columns of series.csv to run along below, with published ranges where there are some"},
        {"--rate", 0, XT_OPTION_TEXT, &rate, "N", "pictures a second (8)"},
        {"--hold-first", 0, XT_OPTION_TEXT, &first, "S", "how much longer the first picture stays, s (1)"},
        {"--hold-last", 0, XT_OPTION_TEXT, &last, "S", "how much longer the last one stays, s (2)"},
        {"--width", 0, XT_OPTION_COUNT, &def.width, "N", "make it smaller, N pixels wide"},
        {"--force", 0, XT_OPTION_FLAG, &force, NULL, "replace FILE if it is there"},
        {"--quiet", 'q', XT_OPTION_FLAG, &quiet, NULL, "only warnings and errors"}};
    const xt_usage usage = {
        .name = "film",
        .arguments = "DIR [-o FILE] [options]",
        .about = "Make a film of the pictures in a run's folder (DIR/frames), finished or not. Pictures of "
                 "one thing "
                 "are those whose names differ in their last number.",
        .more = "A scene asks for films with output.films, and for more pictures with output.every.",
        .options = options,
        .option_count = (int)(sizeof options / sizeof *options),
        .positional = "DIR"};
    const char **room = malloc(((size_t)argc + 1) * sizeof *room);
    if (!room) return xt_no_memory(err, "the command line", (size_t)argc * sizeof *room);
    char *curves = NULL;
    xt_status status = XT_OK;
    XT_GO(xt_args_parse(&def.dir, &help, &usage, argc, argv, room, err));
    if (help) {
        xt_args_help(stdout, &usage);
        status = xt_print("", err);
        goto done;
    }
    if (quiet) app->log.level = XT_LOG_WARNING;
    if (!xt_path_is_folder(def.dir)) {
        status = xt_fail(err, XT_IO, "'%s' is no folder", def.dir);
        goto done;
    }
    XT_GO(number(&def.rate, "--rate", rate, 0.01, 120, err));
    XT_GO(number(&def.hold_first, "--hold-first", first, 0, 600, err));
    XT_GO(number(&def.hold_last, "--hold-last", last, 0, 600, err));
    if (curve && !(curves = strdup(curve))) {
        status = xt_no_memory(err, "the command line", strlen(curve));
        goto done;
    }
    XT_GO(read_curves(&def, curves, err));
    status = make(app, &def, out, force, err);
done:
    free(curves);
    free(room);
    return status;
}
