#include "app/watch.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/live.h"

struct xt_watch {
    xt_log *log;
    xt_live *live;
};

static const char *const ways[] = {"auto", "kitty", "iterm", "sixel", "blocks", "none"};
enum { WAYS = sizeof ways / sizeof *ways };

xt_status xt_watch_check(const xt_watch_options *options, xt_error *err) {
    if (options->port && !options->on) return xt_fail(err, XT_USAGE, "--port goes with --watch");
    if (options->port > 65535)
        return xt_fail(err, XT_USAGE, "--port: expected a number from 1 to 65535, found %d", options->port);
    if (!options->pictures) return XT_OK;
    if (!options->on) return xt_fail(err, XT_USAGE, "--watch-pictures goes with --watch");
    for (int i = 0; i < WAYS; i++)
        if (strcmp(options->pictures, ways[i]) == 0) return XT_OK;
    const char *nearest = xt_nearest(options->pictures, ways, WAYS);
    return xt_fail(
        err, XT_USAGE,
        "--watch-pictures: expected auto, kitty, iterm, sixel, blocks or none, found '%.40s'%s%s%s",
        options->pictures, nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

xt_status xt_watch_open(xt_watch **out, const xt_watch_options *options, const char *dir, xt_log *log,
                        xt_error *err) {
    *out = NULL;
    if (!options->on) return XT_OK;
    xt_watch *watch = calloc(1, sizeof *watch);
    if (!watch) return xt_no_memory(err, "the live view", sizeof *watch);
    watch->log = log;
    const xt_status status = xt_live_open(&watch->live, dir, options->port, err);
    if (status != XT_OK) {
        free(watch);
        return status;
    }
    xt_log_show(log, "watch the run at %s", xt_live_address(watch->live));
    *out = watch;
    return XT_OK;
}

void xt_watch_begin(xt_watch *watch) {
    xt_error why = {0};
    if (watch && xt_live_begin(watch->live, &why) != XT_OK)
        xt_log_warn(watch->log, "no live view: %s", why.text);
}

/* Whoever started us sits at the terminal that we talk to, and can end us there. */
static bool is_attended(const xt_log *log) {
    return log->terminal && tcgetpgrp(fileno(log->out)) == getpgrp();
}

void xt_watch_end(xt_watch *watch, xt_status how, volatile sig_atomic_t *stop) {
    if (!watch) return;
    if (how == XT_OK && stop && !*stop && is_attended(watch->log)) {
        xt_log_show(watch->log, "the data are complete; the page stays until Ctrl-C");
        while (!*stop) poll(NULL, 0, 100);
        xt_log_show(watch->log, "%s", ""); /* below the ^C */
    }
    xt_live_close(watch->live);
    free(watch);
}
