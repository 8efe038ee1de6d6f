/* The only place that talks. Talk goes to stderr and, if opened, to a log file; data on stdout is the
 * commands' business. A log is passed around, nothing is global. Safe to use from several threads. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include "base/error.h"

typedef enum { XT_LOG_ERROR, XT_LOG_WARNING, XT_LOG_INFO, XT_LOG_DEBUG } xt_log_level;

enum { XT_LOG_WARNINGS = 200 }; /* distinct warnings kept; later ones are shown but not listed */

typedef struct {
    char *text;
    long times;
} xt_log_warning;

/* Lines that somebody else keeps below the messages, instead of the progress bar. Both functions are called
 * with the log's lock held: they write to `out` and do not call the log. */
typedef struct {
    void (*erase)(FILE *out, void *context); /* before a message */
    void (*draw)(FILE *out, void *context);  /* after it */
    void *context;
} xt_log_panel;

typedef struct {
    bool begun;                     /* stays true at the end */
    double done, total, start_done; /* in `unit` */
    double elapsed_s;               /* since start_done */
    char what[48], unit[16];
} xt_log_state;

typedef struct {
    /* Set by xt_log_init, to be changed before the first message. */
    xt_log_level level;   /* what is shown; the log file gets everything up to INFO at least */
    bool color, terminal; /* terminal: progress is one line that is drawn again */
    double interval_s;    /* between progress lines where there is no terminal (default 10) */
    /* To be read only. */
    xt_log_warning warnings[XT_LOG_WARNINGS];
    int warning_count;
    /* The log's own. */
    FILE *out, *file;
    pthread_mutex_t lock;
    double start_s;
    xt_log_panel panel;
    struct {
        bool active, drawn;
        double total, start_done, done, start_s, shown_s;
        char what[48], unit[16];
    } progress;
} xt_log;

/* Talks to `out` (stderr), in colour if that is a terminal and NO_COLOR is not set. */
void xt_log_init(xt_log *log, FILE *out);
/* Also write to this file, appending, with seconds since the start. Errors: XT_IO. */
xt_status xt_log_open_file(xt_log *log, const char *path, xt_error *err);
void xt_log_free(xt_log *log); /* closes the file, ends the progress line */

void xt_log_info(xt_log *log, const char *format, ...) XT_PRINTF(2, 3);
void xt_log_debug(xt_log *log, const char *format, ...) XT_PRINTF(2, 3);
/* To who sits there only, whatever the level, and not into the file: what must not lie in a folder. */
void xt_log_show(xt_log *log, const char *format, ...) XT_PRINTF(2, 3);
/* Also collected for run.json. One that was given before is counted, not shown again. */
void xt_log_warn(xt_log *log, const char *format, ...) XT_PRINTF(2, 3);
/* "crosstalk: <message>"; a message that carries its own place (file:line:col: error: …) is shown as it is.
 */
void xt_log_error(xt_log *log, const xt_error *err);

/* Progress from `done` to `total`, both in `unit` ("y", "steps"): a bar with rate and time left on a
 * terminal, a line per interval otherwise, nothing when quiet (level below INFO). `what` names it. */
void xt_log_progress_begin(xt_log *log, const char *what, const char *unit, double done, double total);
void xt_log_progress(xt_log *log, double done);
void xt_log_progress_end(xt_log *log);
/* How far it is. */
void xt_log_progress_get(xt_log_state *state, xt_log *log);
/* Seconds left at the rate so far; NAN while too little is made to say: the first steps, which build kernels
 * or follow a fast transient, take much longer than the others. */
double xt_log_left_s(const xt_log_state *state);

/* From now on the panel stands below all messages; NULL: no longer. It is drawn by this call, or left
 * standing. */
void xt_log_set_panel(xt_log *log, const xt_log_panel *panel);
/* Have it drawn again: what it shows has changed. */
void xt_log_redraw(xt_log *log);

#endif
