/* crosstalk report */
#include <stdio.h>
#include <stdlib.h>
#include "app/app.h"
#include "base/file.h"
#include "report/report.h"

/* Several runs side by side, into a file of their own. */
static xt_status compare(xt_app *app, const char *const *dirs, int count, const char *out, bool force,
                         xt_error *err) {
    const xt_report_def def = {.dirs = dirs, .count = count};
    xt_text html = {0};
    xt_status status = XT_OK;
    if (!force && xt_path_exists(out))
        XT_GO(xt_fail(err, XT_IO, "'%s' is there already; --force replaces it, -o FILE names another", out));
    XT_GO(xt_report_page(&html, &def, err));
    XT_GO(xt_file_write(out, html.data, html.size, err));
    xt_log_info(&app->log, "%s: %d run%s, %.1f MB", out, count, count == 1 ? "" : "s",
                (double)html.size / 1e6);
done:
    xt_text_free(&html);
    return status;
}

xt_status xt_report_main(xt_app *app, int argc, char *const *argv, xt_error *err) {
    const char *out = NULL;
    xt_texts dirs = {0};
    bool force = false, quiet = false, help = false;
    const xt_option options[] = {
        {"--output", 'o', XT_OPTION_TEXT, &out, "FILE",
         "the page; by default DIR/report.html for one run, report.html here for several"},
        {"--force", 0, XT_OPTION_FLAG, &force, NULL, "replace FILE if it is there"},
        {"--quiet", 'q', XT_OPTION_FLAG, &quiet, NULL, "only warnings and errors"}};
    const xt_usage usage = {
        .name = "report",
        .arguments = "DIR [DIR ...] [-o FILE]",
        .about =
            "Write the page that explains a run, DIR/report.html, again from what lies in its folder; of "
            "several runs, a page that compares them side by side. It is one file, opens without a network, "
            "and can be sent to others.",
        .more = "DIR/report.html is always replaced; another FILE only with --force.",
        .options = options,
        .option_count = (int)(sizeof options / sizeof *options),
        .positional = "DIR",
        .several = &dirs};
    const char *first;
    const char **room = malloc(((size_t)argc + 1) * sizeof *room);
    if (!room) return xt_no_memory(err, "the command line", (size_t)argc * sizeof *room);
    xt_status status = XT_OK;
    XT_GO(xt_args_parse(&first, &help, &usage, argc, argv, room, err));
    if (help) {
        xt_args_help(stdout, &usage);
        status = xt_print("", err);
        goto done;
    }
    if (quiet) app->log.level = XT_LOG_WARNING;
    if (dirs.count > 1 || out) {
        status = compare(app, dirs.text, dirs.count, out ? out : "report.html", force, err);
        goto done;
    }
    XT_GO(xt_report_write(first, err));
    xt_log_info(&app->log, "%s/report.html", first);
done:
    free(room);
    return status;
}
