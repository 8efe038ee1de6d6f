/* What the commands share. One file a command; main.c only dispatches. */
#ifndef APP_APP_H
#define APP_APP_H

#include <signal.h>
#include "app/args.h"
#include "base/log.h"
#include "base/text.h"

typedef struct {
    xt_log log;
    volatile sig_atomic_t *stop;    /* becomes 1 on SIGINT and SIGTERM */
    volatile sig_atomic_t *drawing; /* 1: a second signal must put the terminal right before it ends us */
} xt_app;

/* argv: what follows the command's name. */
typedef xt_status (*xt_command_main)(xt_app *app, int argc, char *const *argv, xt_error *err);

typedef struct {
    const char *name, *arguments, *about;
    xt_command_main main;
} xt_command;

/* The commands there are; ends with name NULL. */
extern const xt_command xt_commands[];

xt_status xt_run_main(xt_app *app, int argc, char *const *argv, xt_error *err);
xt_status xt_resume_main(xt_app *app, int argc, char *const *argv, xt_error *err);
xt_status xt_check_main(xt_app *app, int argc, char *const *argv, xt_error *err);
xt_status xt_devices_main(xt_app *app, int argc, char *const *argv, xt_error *err);
xt_status xt_mesh_main(xt_app *app, int argc, char *const *argv, xt_error *err);
xt_status xt_bench_main(xt_app *app, int argc, char *const *argv, xt_error *err);
xt_status xt_report_main(xt_app *app, int argc, char *const *argv, xt_error *err);
xt_status xt_film_main(xt_app *app, int argc, char *const *argv, xt_error *err);
xt_status xt_render_main(xt_app *app, int argc, char *const *argv, xt_error *err);
xt_status xt_help_main(xt_app *app, int argc, char *const *argv, xt_error *err);

/* Data to stdout: XT_IO if it cannot be written (a full disk, a closed pipe). */
xt_status xt_print(const char *text, xt_error *err);
/* The whole text, checked for lack of memory first. */
xt_status xt_print_text(const xt_text *text, const char *what, xt_error *err);

/* --threads: CPU threads of OpenCL runtimes that take their number from the environment. Before any OpenCL
 * call. */
void xt_limit_threads(int threads);

#endif
