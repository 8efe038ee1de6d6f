/* crosstalk: dispatch to a command, signals, exit status. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "app/app.h"
#include "app/panel.h"

static volatile sig_atomic_t stop, drawing;

/* The step in progress is finished and a checkpoint written; a second signal ends at once. */
static void on_signal(int number) {
    if (stop) {
        const ssize_t put = drawing ? write(STDERR_FILENO, xt_panel_restore, strlen(xt_panel_restore)) : 0;
        (void)put;
        signal(number, SIG_DFL);
        raise(number);
    }
    stop = 1;
}

static void handle_signals(void) {
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    /* A closed pipe and a file at its size limit are write errors, with a message and status 4. */
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    sigaction(SIGXFSZ, &action, NULL);
}

/* A stream that came closed must not be given to the next file that is opened: what is printed would land in
 * it. The wrong way round, so that its use fails as it should. */
static void hold_streams(void) {
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", fd ? O_RDONLY : O_WRONLY) != fd)
            return;
}

static xt_status dispatch(xt_app *app, int argc, char *const *argv, xt_error *err) {
    if (argc < 2) return xt_fail(err, XT_USAGE, "a command is missing; 'crosstalk --help' lists them");
    const char *word = argv[1], *names[32];
    if (strcmp(word, "--version") == 0) return xt_print("crosstalk " CROSSTALK_VERSION "\n", err);
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) return xt_help_main(app, 0, NULL, err);
    int count = 0;
    for (const xt_command *c = xt_commands; c->name; c++) {
        if (strcmp(word, c->name) == 0) return c->main(app, argc - 2, argv + 2, err);
        names[count++] = c->name;
    }
    names[count++] = "--help";
    names[count++] = "--version";
    const char *nearest = xt_nearest(word, names, count), *what = word[0] == '-' ? "option" : "command";
    if (nearest)
        return xt_fail(err, XT_USAGE, "there is no %s '%.64s'; did you mean '%s'?", what, word, nearest);
    return xt_fail(err, XT_USAGE, "there is no %s '%.64s'; 'crosstalk --help' lists them", what, word);
}

int main(int argc, char **argv) {
    static xt_app app; /* holds the list of warnings: too large for some stacks */
    xt_error err = {0};
    hold_streams();
    handle_signals();
    xt_log_init(&app.log, stderr);
    app.stop = &stop;
    app.drawing = &drawing;
    const xt_status status = dispatch(&app, argc, argv, &err);
    if (err.status == XT_STOPPED)
        xt_log_warn(&app.log, "%s", err.text); /* as asked for */
    else if (err.status != XT_OK)
        xt_log_error(&app.log, &err);
    xt_log_free(&app.log);
    return (int)status;
}
