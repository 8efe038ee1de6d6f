/* `--watch`: the run shown while it goes on, as a page on the loopback address and as a few lines in the
 * terminal.
 *
 * Looks only at the files in the run's folder and at the log's progress, in threads of its own: the
 * simulation does not know that it is watched, and its results are the same bits. */
#ifndef APP_WATCH_H
#define APP_WATCH_H

#include <signal.h>
#include "base/log.h"

typedef struct {
    bool on;              /* --watch */
    int port;             /* --port; 0: any that is free */
    const char *pictures; /* --watch-pictures; NULL: auto */
    volatile sig_atomic_t
        *drawing; /* becomes 1 while the terminal may be in the middle of a drawing (panel.h) */
} xt_watch_options;

/* The rows of both commands' option tables. */
#define XT_WATCH_OPTIONS(options)                                                                            \
    {"--watch",                                                                                              \
     0,                                                                                                      \
     XT_OPTION_FLAG,                                                                                         \
     &(options).on,                                                                                          \
     NULL,                                                                                                   \
     "show the run while it goes on: as a page for your browser (on 127.0.0.1 only; the address is "         \
     "printed), and in "                                                                                     \
     "the terminal"},                                                                                        \
        {"--port",        0,   XT_OPTION_COUNT,                                                              \
         &(options).port, "N", "port of that page; without it a free one is taken"},                         \
    {                                                                                                        \
        "--watch-pictures", 0, XT_OPTION_TEXT, &(options).pictures, "HOW",                                   \
            "the newest picture in the terminal: auto, kitty, iterm, sixel, blocks, none"                    \
    }

/* What does not go together is XT_USAGE. */
xt_status xt_watch_check(const xt_watch_options *options, xt_error *err);

typedef struct xt_watch xt_watch;

/* Take the port and say the address; visitors wait. `dir`: the run's folder, absolute, need not exist.
 * *watch stays NULL, which the functions below take, unless options->on. */
xt_status xt_watch_open(xt_watch **watch, const xt_watch_options *options, const char *dir, xt_log *log,
                        xt_error *err);
/* The folder is this run's now: show it. What goes wrong from here on is a warning: the run does not end for
 * it. */
void xt_watch_begin(xt_watch *watch);
/* The run is over, its files complete. If it is done and somebody sits at the terminal, the page stays until
 * *stop. */
void xt_watch_end(xt_watch *watch, xt_status how, volatile sig_atomic_t *stop);

#endif
