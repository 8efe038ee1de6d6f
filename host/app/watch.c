#include "app/watch.h"

#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/panel.h"
#include "app/watch_follow.h"
#include "base/clock.h"
#include "report/live.h"

/* A picture of one size; a film's pictures are written again when its scale changes. */
typedef struct {
    char path[4096];
    ino_t file;
    struct timespec changed;
    int columns, rows;
} picture_key;

/* The live status of a terminal, and the thread that keeps it. */
typedef struct {
    xt_log *log;
    xt_follow *follow;
    xt_panel *panel;
    xt_inline_way way;
    xt_watch_style style;
    const char *address;
    pthread_t thread;
    bool running;
    atomic_bool ending;
    /* the thread's */
    xt_terminal_size size;
    double resized;
    picture_key shown; /* what `picture` holds */
    xt_inline_picture picture;
    unsigned serial;
    double composed, took_s;
} status_view;

struct xt_watch {
    xt_log *log;
    xt_live *live;
    char *dir;
    xt_inline_way way;
    volatile sig_atomic_t *drawing;
    status_view *status; /* NULL: no terminal */
};

/* ---- options ---- */

xt_status xt_watch_check(const xt_watch_options *options, xt_error *err) {
    if (options->port && !options->on) return xt_fail(err, XT_USAGE, "--port goes with --watch");
    if (options->port > 65535)
        return xt_fail(err, XT_USAGE, "--port: expected a number from 1 to 65535, found %d", options->port);
    if (!options->pictures) return XT_OK;
    if (!options->on) return xt_fail(err, XT_USAGE, "--watch-pictures goes with --watch");
    if (xt_inline_find(options->pictures) >= 0) return XT_OK;
    const char *nearest = xt_nearest(options->pictures, xt_inline_names, XT_INLINE_AUTO + 1);
    return xt_fail(
        err, XT_USAGE,
        "--watch-pictures: expected auto, kitty, iterm, sixel, blocks or none, found '%.40s'%s%s%s",
        options->pictures, nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

/* ---- the terminal ---- */

enum { CURVE_LINES = 8, PICTURE_LEAST = 6, PICTURE_MOST = 40, TICK_MS = 250 };
static const double settled_s = 0.5; /* after a change of size */

static bool same_size(const xt_terminal_size *a, const xt_terminal_size *b) {
    return a->columns == b->columns && a->rows == b->rows;
}

/* A picture is composed once, at most every second, and no more often than a twentieth of the time allows. */
static const xt_inline_picture *picture_for(status_view *v, int rows) {
    const char *path = xt_follow_picture(v->follow);
    struct stat info;
    if (v->way == XT_INLINE_NONE || !path || rows < PICTURE_LEAST || stat(path, &info) != 0) return NULL;
    picture_key key;
    memset(&key, 0, sizeof key); /* compared as bytes */
    snprintf(key.path, sizeof key.path, "%s", path);
    key.file = info.st_ino;
    key.changed = info.st_mtim;
    key.columns = v->size.columns - 1;
    key.rows = rows;
    const bool same = memcmp(&key, &v->shown, sizeof key) == 0;
    const double now = xt_seconds();
    const bool late = atomic_load(&v->ending) || now - v->composed >= fmax(1, 20 * v->took_s);
    if (same || (v->serial && !late)) return v->picture.rows ? &v->picture : NULL;
    v->shown = key;
    if (xt_inline_compose(&v->picture, path, v->way, key.columns, rows, &v->size, &(xt_error){0}) != XT_OK)
        v->picture.rows = 0; /* gone meanwhile: the next one will do */
    v->serial++;
    v->composed = xt_seconds();
    v->took_s = v->composed - now;
    return v->picture.rows ? &v->picture : NULL;
}

static void show(status_view *v) {
    xt_text lines = {0};
    xt_watch_shown shown = {.address = v->address, .ended = atomic_load(&v->ending)};
    xt_follow_look(v->follow, shown.ended);
    xt_follow_show(&shown, v->follow);
    xt_log_progress_get(&shown.progress, v->log);
    if (v->way == XT_INLINE_NONE) shown.caption = NULL;
    v->style.columns = v->size.columns - 1; /* the last column may wrap */
    v->style.rows = v->size.rows - 2 < CURVE_LINES + 4 ? v->size.rows - 2 : CURVE_LINES + 4;
    int count = xt_watch_lines(&lines, &shown, &v->style), rows = v->size.rows - 2 - count;
    if (rows > PICTURE_MOST) rows = PICTURE_MOST;
    const xt_inline_picture *picture = count ? picture_for(v, rows) : NULL;
    if (!picture && shown.caption) { /* nothing for it to stand over */
        shown.caption = NULL;
        xt_text_clear(&lines);
        xt_watch_lines(&lines, &shown, &v->style);
    }
    xt_panel_set(v->panel, &lines, picture, v->serial);
    xt_text_free(&lines);
    xt_log_redraw(v->log);
}

static void *keep(void *context) {
    status_view *v = context;
    while (!atomic_load(&v->ending)) {
        const xt_terminal_size size = xt_terminal_get_size(fileno(v->log->out));
        if (!same_size(&size, &v->size)) {
            v->resized = xt_seconds();
            v->size = size;
        } else if (v->resized > 0 && xt_seconds() - v->resized > settled_s) {
            v->resized = 0;
            xt_panel_forget(v->panel);
        }
        if (!(v->resized > 0)) show(v);
        poll(NULL, 0, TICK_MS);
    }
    return NULL;
}

static void end_status(xt_watch *watch) {
    status_view *v = watch->status;
    if (!v) return;
    atomic_store(&v->ending, true);
    if (v->running) {
        pthread_join(v->thread, NULL);
        xt_panel_refresh(v->panel);
        show(v); /* how it ended stays on the screen */
        xt_log_set_panel(v->log, NULL);
        if (watch->drawing) *watch->drawing = 0;
    }
    xt_panel_free(v->panel);
    xt_follow_free(v->follow);
    xt_text_free(&v->picture.bytes);
    free(v);
    watch->status = NULL;
}

static xt_status begin_status(xt_watch *watch, xt_error *err) {
    xt_log *log = watch->log;
    if (!log->terminal || log->level < XT_LOG_INFO) return XT_OK;
    status_view *v = calloc(1, sizeof *v);
    if (!v) return xt_no_memory(err, "the live status", sizeof *v);
    watch->status = v;
    v->log = log;
    v->way = watch->way;
    v->address = xt_live_address(watch->live);
    v->style = (xt_watch_style){.utf8 = xt_terminal_is_utf8(), .color = log->color};
    v->size = xt_terminal_get_size(fileno(log->out));
    XT_TRY(xt_follow_create(&v->follow, watch->dir, err));
    XT_TRY(xt_panel_create(&v->panel, v->way, err));
    const xt_log_panel panel = {xt_panel_erase, xt_panel_draw, v->panel};
    if (watch->drawing) *watch->drawing = 1;
    xt_log_set_panel(log, &panel);
    sigset_t all, before; /* signals belong to the thread that steps */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failed = pthread_create(&v->thread, NULL, keep, v);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) {
        xt_log_set_panel(log, NULL);
        return xt_fail(err, XT_INTERNAL, "its thread does not start: %s", strerror(failed));
    }
    v->running = true;
    return XT_OK;
}

/* ---- life ---- */

xt_status xt_watch_open(xt_watch **out, const xt_watch_options *options, const char *dir, xt_log *log,
                        xt_error *err) {
    *out = NULL;
    if (!options->on) return XT_OK;
    xt_watch *watch = calloc(1, sizeof *watch);
    if (!watch) return xt_no_memory(err, "the live view", sizeof *watch);
    xt_status status = XT_OK;
    watch->log = log;
    watch->drawing = options->drawing;
    watch->dir = strdup(dir);
    if (!watch->dir) {
        status = xt_no_memory(err, "the live view", strlen(dir));
        goto done;
    }
    XT_GO(xt_live_open(&watch->live, dir, options->port, err));
    watch->way = (xt_inline_way)xt_inline_find(options->pictures ? options->pictures : "auto");
    if (watch->way == XT_INLINE_AUTO)
        watch->way = log->terminal && log->color && log->level >= XT_LOG_INFO
                         ? xt_terminal_way(fileno(log->out))
                         : XT_INLINE_NONE;
    xt_log_show(log, "watch the run at %s", xt_live_address(watch->live));
    *out = watch;
    return XT_OK;
done:
    free(watch->dir);
    free(watch);
    return status;
}

void xt_watch_begin(xt_watch *watch) {
    xt_error why = {0};
    if (!watch) return;
    if (xt_live_begin(watch->live, &why) != XT_OK) xt_log_warn(watch->log, "no live view: %s", why.text);
    why = (xt_error){0};
    if (begin_status(watch, &why) != XT_OK) {
        xt_log_warn(watch->log, "no live status: %s", why.text);
        end_status(watch);
    }
}

/* Whoever started us sits at the terminal that we talk to, and can end us there. */
static bool is_attended(const xt_log *log) {
    return log->terminal && tcgetpgrp(fileno(log->out)) == getpgrp();
}

void xt_watch_end(xt_watch *watch, xt_status how, volatile sig_atomic_t *stop) {
    if (!watch) return;
    end_status(watch);
    if (how == XT_OK && stop && !*stop && is_attended(watch->log)) {
        xt_log_show(watch->log, "the data are complete; the page stays until Ctrl-C");
        while (!*stop) poll(NULL, 0, 100);
        xt_log_show(watch->log, "%s", ""); /* below the ^C */
    } else
        xt_live_settle(watch->live);
    xt_live_close(watch->live);
    free(watch->dir);
    free(watch);
}
