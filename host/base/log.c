#include "base/log.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/text.h"

static const char red[] = "\033[1;31m", yellow[] = "\033[1;33m", plain[] = "\033[0m", erase[] = "\r\033[K";
static const double redraw_s = 0.1;

void xt_log_init(xt_log *log, FILE *out) {
    memset(log, 0, sizeof *log);
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    bool dumb = !term || strcmp(term, "dumb") == 0;
    log->out = out;
    log->level = XT_LOG_INFO;
    log->terminal = isatty(fileno(out)) && !dumb;
    log->color = log->terminal && !(no_color && *no_color);
    log->interval_s = 10;
    log->start_s = xt_seconds();
    pthread_mutex_init(&log->lock, NULL);
}

xt_status xt_log_open_file(xt_log *log, const char *path, xt_error *err) {
    FILE *file = fopen(path, "a");
    if (!file) return xt_fail(err, XT_IO, "%s: cannot write: %s", path, strerror(errno));
    setvbuf(file, NULL, _IOLBF, BUFSIZ);
    pthread_mutex_lock(&log->lock);
    if (log->file) fclose(log->file);
    log->file = file;
    pthread_mutex_unlock(&log->lock);
    return XT_OK;
}

static void erase_progress(xt_log *log) {
    if (log->progress.drawn) fputs(erase, log->out);
    log->progress.drawn = false;
}

static void draw_panel(xt_log *log) {
    if (log->panel.draw) log->panel.draw(log->out, log->panel.context);
}

void xt_log_free(xt_log *log) {
    xt_log_progress_end(log);
    if (log->file) fclose(log->file);
    for (int i = 0; i < log->warning_count; i++) free(log->warnings[i].text);
    log->warning_count = 0;
    log->file = NULL;
    pthread_mutex_destroy(&log->lock);
}

/* Room for a message, in the lock. */
static void clear_line(xt_log *log) {
    erase_progress(log);
    if (log->panel.erase) log->panel.erase(log->out, log->panel.context);
}

/* ---- messages ---- */

/* One message, the lock being held. `label` and `color` may be "". */
static void show(xt_log *log, xt_log_level level, const char *label, const char *color, const char *message) {
    if (log->file && (level <= XT_LOG_INFO || level <= log->level))
        fprintf(log->file, "[%9.3f] %s%s\n", xt_seconds() - log->start_s, label, message);
    if (level > log->level) return;
    clear_line(log);
    bool painted = log->color && *color && *label;
    fprintf(log->out, "%s%s%s%s\n", painted ? color : "", label, painted ? plain : "", message);
    draw_panel(log);
    fflush(log->out);
}

/* False if the warning was given before. */
static bool remember(xt_log *log, const char *message) {
    for (int i = 0; i < log->warning_count; i++)
        if (strcmp(log->warnings[i].text, message) == 0) {
            log->warnings[i].times++;
            return false;
        }
    if (log->warning_count == XT_LOG_WARNINGS) return true;
    xt_text copy = {0};
    xt_text_add(&copy, message);
    char *text = xt_text_take(&copy);
    if (text) log->warnings[log->warning_count++] = (xt_log_warning){text, 1};
    return true;
}

static void say(xt_log *log, xt_log_level level, const char *format, va_list args) {
    char message[4096];
    if (vsnprintf(message, sizeof message, format, args) < 0) return;
    pthread_mutex_lock(&log->lock);
    if (level != XT_LOG_WARNING)
        show(log, level, "", "", message);
    else if (remember(log, message))
        show(log, level, "warning: ", yellow, message);
    pthread_mutex_unlock(&log->lock);
}

void xt_log_info(xt_log *log, const char *format, ...) {
    va_list args;
    va_start(args, format);
    say(log, XT_LOG_INFO, format, args);
    va_end(args);
}

void xt_log_debug(xt_log *log, const char *format, ...) {
    va_list args;
    va_start(args, format);
    say(log, XT_LOG_DEBUG, format, args);
    va_end(args);
}

void xt_log_show(xt_log *log, const char *format, ...) {
    char message[4096];
    va_list args;
    va_start(args, format);
    const int size = vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (size < 0) return;
    pthread_mutex_lock(&log->lock);
    clear_line(log);
    fprintf(log->out, "%s\n", message);
    draw_panel(log);
    fflush(log->out);
    pthread_mutex_unlock(&log->lock);
}

void xt_log_warn(xt_log *log, const char *format, ...) {
    va_list args;
    va_start(args, format);
    say(log, XT_LOG_WARNING, format, args);
    va_end(args);
}

void xt_log_error(xt_log *log, const xt_error *err) {
    pthread_mutex_lock(&log->lock);
    show(log, XT_LOG_ERROR, strstr(err->text, ": error: ") ? "" : "crosstalk: error: ", red, err->text);
    pthread_mutex_unlock(&log->lock);
}

/* ---- progress ---- */

static void duration(char *buffer, size_t size, double seconds) {
    if (!(seconds < 360000)) {
        snprintf(buffer, size, "days");
        return;
    }
    long s = lround(seconds);
    if (s >= 3600)
        snprintf(buffer, size, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(buffer, size, "%ld:%02ld", s / 60, s % 60);
}

double xt_log_left_s(const xt_log_state *state) {
    const double span = state->total - state->start_done, made = state->done - state->start_done;
    const double share = span > 0 ? made / span : 1;
    const bool trusted = share >= 0.1 || (share >= 0.02 && state->elapsed_s >= 1) || state->elapsed_s >= 30;
    return trusted && made > 0 && state->elapsed_s > 0 ? fmax(0, span - made) * state->elapsed_s / made : NAN;
}

static void draw(xt_log *log, double now) {
    enum { WIDTH = 24 };
    double span = log->progress.total - log->progress.start_done,
           made = log->progress.done - log->progress.start_done;
    double share = span > 0 ? made / span : 1, elapsed = now - log->progress.start_s;
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    char left[32] = "", rate[64] = "";
    const xt_log_state state = {.done = log->progress.done,
                                .total = log->progress.total,
                                .start_done = log->progress.start_done,
                                .elapsed_s = elapsed};
    const double left_s = xt_log_left_s(&state);
    if (!isnan(left_s)) {
        char time[32];
        duration(time, sizeof time, left_s);
        snprintf(left, sizeof left, ", %.20s left", time);
        snprintf(rate, sizeof rate, ", %.3g %s/s", made / elapsed, log->progress.unit);
    }
    if (log->terminal) {
        char bar[WIDTH + 1];
        memset(bar, '-', WIDTH);
        memset(bar, '#', (size_t)(share * WIDTH));
        bar[WIDTH] = '\0';
        fprintf(log->out, "%s%s [%s] %3.0f %%  %.4g of %.4g %s%s%s", erase, log->progress.what, bar,
                floor(100 * share), log->progress.done, log->progress.total, log->progress.unit, rate, left);
        log->progress.drawn = true;
    } else {
        fprintf(log->out, "%s %3.0f %%: %.4g of %.4g %s%s%s\n", log->progress.what, floor(100 * share),
                log->progress.done, log->progress.total, log->progress.unit, rate, left);
    }
    fflush(log->out);
    log->progress.shown_s = now;
}

void xt_log_progress_begin(xt_log *log, const char *what, const char *unit, double done, double total) {
    pthread_mutex_lock(&log->lock);
    erase_progress(log);
    log->progress.active = true;
    log->progress.total = total;
    log->progress.start_done = log->progress.done = done;
    log->progress.start_s = log->progress.shown_s = xt_seconds();
    snprintf(log->progress.what, sizeof log->progress.what, "%s", what);
    snprintf(log->progress.unit, sizeof log->progress.unit, "%s", unit);
    pthread_mutex_unlock(&log->lock);
}

void xt_log_progress(xt_log *log, double done) {
    pthread_mutex_lock(&log->lock);
    double now = xt_seconds(), wait = log->terminal ? redraw_s : log->interval_s;
    log->progress.done = done;
    if (log->progress.active && !log->panel.draw && log->level >= XT_LOG_INFO &&
        now - log->progress.shown_s >= wait)
        draw(log, now);
    pthread_mutex_unlock(&log->lock);
}

void xt_log_progress_end(xt_log *log) {
    pthread_mutex_lock(&log->lock);
    erase_progress(log);
    log->progress.active = false;
    pthread_mutex_unlock(&log->lock);
}

void xt_log_progress_get(xt_log_state *state, xt_log *log) {
    pthread_mutex_lock(&log->lock);
    *state = (xt_log_state){.begun = log->progress.what[0] != 0,
                            .done = log->progress.done,
                            .total = log->progress.total,
                            .start_done = log->progress.start_done,
                            .elapsed_s = xt_seconds() - log->progress.start_s};
    snprintf(state->what, sizeof state->what, "%s", log->progress.what);
    snprintf(state->unit, sizeof state->unit, "%s", log->progress.unit);
    pthread_mutex_unlock(&log->lock);
}

/* ---- a panel ---- */

void xt_log_set_panel(xt_log *log, const xt_log_panel *panel) {
    pthread_mutex_lock(&log->lock);
    if (panel) erase_progress(log);
    log->panel = panel ? *panel : (xt_log_panel){0};
    draw_panel(log);
    fflush(log->out);
    pthread_mutex_unlock(&log->lock);
}

void xt_log_redraw(xt_log *log) {
    pthread_mutex_lock(&log->lock);
    draw_panel(log);
    fflush(log->out);
    pthread_mutex_unlock(&log->lock);
}
