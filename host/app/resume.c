/* crosstalk resume */
#include <stdlib.h>
#include <string.h>
#include "app/app.h"
#include "app/folder.h"
#include "app/session.h"
#include "base/file.h"
#include "base/json.h"
#include "report/report.h"

/* Did the run in `dir` end well? Not if its record cannot be read. */
static bool is_complete(const char *dir) {
    xt_error ignored = {0};
    xt_json_tree *tree = NULL;
    char *path = NULL, *text = NULL;
    size_t size;
    bool complete = false;
    if (xt_path_join(&path, dir, "run.json", &ignored) == XT_OK &&
        xt_file_read(&text, &size, path, (size_t)64 << 20, &ignored) == XT_OK &&
        xt_json_parse(&tree, path, text, size, &ignored) == XT_OK) {
        const xt_json_value *status = xt_json_get(xt_json_root(tree), "status");
        complete = status && status->text && strcmp(status->text, "done") == 0;
    }
    xt_json_free(tree);
    free(text);
    free(path);
    return complete;
}

/* Nothing to go on with, and its record stays as it is; the page, which comes last, may be missing. */
static xt_status see_again(xt_app *app, const char *dir, xt_error *err) {
    char *absolute = NULL;
    xt_status status = XT_OK;
    XT_GO(xt_folder_absolute(&absolute, dir, err));
    XT_GO(xt_folder_sweep(absolute, err));
    XT_GO(xt_report_write(absolute, err));
    xt_log_info(&app->log, "the run in %s is complete: nothing to go on with", dir);
done:
    free(absolute);
    return status;
}

xt_status xt_resume_main(xt_app *app, int argc, char *const *argv, xt_error *err) {
    const char *dir = NULL, *device = NULL;
    bool quiet = false, json = false, help = false;
    int threads = 0;
    xt_watch_options watch = {.drawing = app->drawing};
    const xt_option options[] = {
        {"--device", 0, XT_OPTION_TEXT, &device, "SPEC",
         "as in 'run'; another device may change the last bits"},
        {"--threads", 0, XT_OPTION_COUNT, &threads, "N",
         "CPU threads that an OpenCL runtime on the CPU may use"},
        {"--quiet", 'q', XT_OPTION_FLAG, &quiet, NULL, "only warnings and errors"},
        {"--json", 0, XT_OPTION_FLAG, &json, NULL, "run.json to standard output at the end"},
        XT_WATCH_OPTIONS(watch)};
    const xt_usage usage = {
        .name = "resume",
        .arguments = "DIR [options]",
        .about = "Go on with the run in DIR from its newest good checkpoint. The result is the same, "
                 "bit for bit, as of a run that was never stopped.",
        .options = options,
        .option_count = (int)(sizeof options / sizeof *options),
        .positional = "DIR"};
    const char **room = malloc(((size_t)argc + 1) * sizeof *room);
    if (!room) return xt_no_memory(err, "the command line", (size_t)argc * sizeof *room);
    xt_status status = XT_OK;
    XT_GO(xt_args_parse(&dir, &help, &usage, argc, argv, room, err));
    if (help) {
        xt_args_help(stdout, &usage);
        status = xt_print("", err);
        goto done;
    }
    XT_GO(xt_watch_check(&watch, err));
    xt_limit_threads(threads);
    if (quiet) app->log.level = XT_LOG_WARNING;
    if (!json && is_complete(dir)) {
        status = see_again(app, dir, err);
        goto done;
    }
    const xt_session_def def = {
        .dir = dir, .device = device, .json = json, .watch = watch, .log = &app->log, .stop = app->stop};
    status = xt_session_resume(&def, err);
done:
    free(room);
    return status;
}
