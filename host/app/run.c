/* crosstalk run */
#include <stdlib.h>
#include "app/app.h"
#include "app/session.h"

xt_status xt_run_main(xt_app *app, int argc, char *const *argv, xt_error *err) {
    const char *scene = NULL, *dir = NULL, *device = NULL;
    xt_texts sets = {0};
    bool force = false, quiet = false, json = false, well_mixed = false, help = false;
    int threads = 0;
    xt_watch_options watch = {.drawing = app->drawing};
    const xt_option options[] = {
        {"--output", 'o', XT_OPTION_TEXT, &dir, "DIR", "folder for what the run writes; it must not exist"},
        {"--set", 0, XT_OPTION_LIST, &sets, "KEY=VALUE",
         "change a key of the scene, as in --set subject.sex=female or --set drivers.sessions='3 1/week'; "
         "repeatable"},
        {"--well-mixed", 0, XT_OPTION_FLAG, &well_mixed, NULL,
         "well-mixed tissues instead of the mesh; needs no device"},
        {"--device", 0, XT_OPTION_TEXT, &device, "SPEC",
         "index, platform:device, part of a name, gpu or cpu ('crosstalk devices' lists them)"},
        {"--threads", 0, XT_OPTION_COUNT, &threads, "N",
         "CPU threads that an OpenCL runtime on the CPU may use"},
        {"--force", 0, XT_OPTION_FLAG, &force, NULL,
         "write into a folder that exists, replacing an earlier run"},
        {"--quiet", 'q', XT_OPTION_FLAG, &quiet, NULL, "only warnings and errors"},
        {"--json", 0, XT_OPTION_FLAG, &json, NULL, "run.json to standard output at the end"},
        XT_WATCH_OPTIONS(watch)};
    const xt_usage usage = {
        .name = "run",
        .arguments = "SCENE.yaml -o DIR [options]",
        .about =
            "Run a scene and write run.json, series.csv, frames, volumes, checkpoints and log.txt into DIR.",
        .more = "'crosstalk help scene' lists the keys of a scene. Ctrl-C finishes the step, writes a "
                "checkpoint and "
                "exits with status 75; 'crosstalk resume DIR' goes on from there.",
        .options = options,
        .option_count = (int)(sizeof options / sizeof *options),
        .positional = "SCENE"};
    const char **room = malloc(((size_t)argc + 1) * sizeof *room);
    if (!room) return xt_no_memory(err, "the command line", (size_t)argc * sizeof *room);
    xt_status status = XT_OK;
    XT_GO(xt_args_parse(&scene, &help, &usage, argc, argv, room, err));
    if (help) {
        xt_args_help(stdout, &usage);
        status = xt_print("", err);
        goto done;
    }
    if (!dir) {
        status = xt_fail(err, XT_USAGE, "run needs a folder for what it writes: -o DIR");
        goto done;
    }
    XT_GO(xt_watch_check(&watch, err));
    xt_limit_threads(threads);
    if (quiet) app->log.level = XT_LOG_WARNING;
    const xt_session_def def = {.scene_file = scene,
                                .sets = sets.text,
                                .set_count = sets.count,
                                .dir = dir,
                                .device = device,
                                .force = force,
                                .well_mixed = well_mixed,
                                .json = json,
                                .watch = watch,
                                .log = &app->log,
                                .stop = app->stop};
    status = xt_session_run(&def, err);
done:
    free(room);
    return status;
}
