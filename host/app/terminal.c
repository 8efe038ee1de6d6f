#define _DEFAULT_SOURCE /* TIOCGWINSZ */
#include "app/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"

const char *const xt_inline_names[XT_INLINE_AUTO + 1] = {"none", "kitty", "iterm", "sixel", "blocks", "auto"};

int xt_inline_find(const char *name) {
    for (int i = 0; i <= XT_INLINE_AUTO; i++)
        if (strcmp(name, xt_inline_names[i]) == 0) return i;
    return -1;
}

static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

/* Attribute 4 of an answer to DA1, "ESC [ ? 62 ; 4 ; ... c". */
static bool says_sixel(const char *answer) {
    const char *at = strstr(answer, "\033[?");
    if (!at) return false;
    for (at += 3; *at && *at != 'c';) {
        if (strtol(at, NULL, 10) == 4) return true;
        at += strspn(at, "0123456789");
        if (*at != ';') break;
        at++;
    }
    return false;
}

/* Until the 'c' that ends it, or time is up. */
static void hear_answer(int tty, char *answer, size_t size) {
    const double end = xt_seconds() + 0.5;
    size_t used = 0;
    while (used < size - 1 && !memchr(answer, 'c', used)) {
        struct pollfd wait = {.fd = tty, .events = POLLIN};
        const double left = end - xt_seconds();
        if (left <= 0 || poll(&wait, 1, (int)(left * 1000) + 1) <= 0) break;
        const ssize_t n = read(tty, answer + used, size - 1 - used);
        if (n <= 0) break;
        used += (size_t)n;
    }
    answer[used] = '\0';
}

/* Only where we may: in the background reading from the terminal would stop us. */
static bool ask_for_sixel(void) {
    const int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    struct termios before, quiet;
    char answer[128] = "";
    if (tty < 0) return false;
    if (tcgetpgrp(tty) == getpgrp() && tcgetattr(tty, &before) == 0) {
        sigset_t all, mask;
        sigfillset(&all);
        sigprocmask(SIG_SETMASK, &all, &mask); /* nothing may end us while the terminal is not itself */
        quiet = before;
        quiet.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
        quiet.c_cc[VMIN] = 0;
        quiet.c_cc[VTIME] = 0;
        if (tcsetattr(tty, TCSANOW, &quiet) == 0) {
            if (write(tty, "\033[c", 3) == 3) hear_answer(tty, answer, sizeof answer);
            tcsetattr(tty, TCSAFLUSH, &before); /* an answer that comes too late is no input for the shell */
        }
        sigprocmask(SIG_SETMASK, &mask, NULL);
    }
    close(tty);
    return says_sixel(answer);
}

static bool is_direct(const char *term) { /* not through tmux or screen, which keep pictures to themselves */
    return !*variable("TMUX") && strncmp(term, "screen", 6) != 0 && strncmp(term, "tmux", 4) != 0;
}

xt_inline_way xt_terminal_way(int fd) {
    const char *term = variable("TERM"), *program = variable("TERM_PROGRAM"),
               *colours = variable("COLORTERM");
    if (!isatty(fd) || !*term || strcmp(term, "dumb") == 0) return XT_INLINE_NONE;
    if (is_direct(term)) {
        if (*variable("KITTY_WINDOW_ID") || strstr(term, "kitty") || strstr(term, "ghostty") ||
            strcasecmp(program, "ghostty") == 0)
            return XT_INLINE_KITTY;
        if (strcmp(program, "iTerm.app") == 0 || strcmp(program, "WezTerm") == 0 ||
            strcmp(program, "mintty") == 0 || strcmp(variable("LC_TERMINAL"), "iTerm2") == 0)
            return XT_INLINE_ITERM;
    }
    if (strcmp(term, "linux") != 0 && ask_for_sixel()) return XT_INLINE_SIXEL;
    if (xt_terminal_is_utf8() && (strcmp(colours, "truecolor") == 0 || strcmp(colours, "24bit") == 0))
        return XT_INLINE_BLOCKS;
    return XT_INLINE_NONE;
}

xt_terminal_size xt_terminal_get_size(int fd) {
    xt_terminal_size size = {80, 24, {8, 16}};
    struct winsize w;
    if (ioctl(fd, TIOCGWINSZ, &w) != 0 || !w.ws_col || !w.ws_row) return size;
    size.columns = w.ws_col;
    size.rows = w.ws_row;
    if (w.ws_xpixel >= w.ws_col && w.ws_ypixel >= w.ws_row) {
        size.cell[0] = (double)w.ws_xpixel / w.ws_col;
        size.cell[1] = (double)w.ws_ypixel / w.ws_row;
    }
    return size;
}

bool xt_terminal_is_utf8(void) {
    const char *locale = variable("LC_ALL");
    if (!*locale) locale = variable("LC_CTYPE");
    if (!*locale) locale = variable("LANG");
    const char *set = strchr(locale, '.');
    return set && (strncasecmp(set + 1, "utf-8", 5) == 0 || strncasecmp(set + 1, "utf8", 4) == 0);
}
