#include "draw/encoder.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "draw/movie.h"

extern char **environ;

enum { PATIENCE = 120 }; /* s that ffmpeg may take nothing, or need for its end */

struct xt_encoder {
    xt_file_writer file; /* holds the temporary name; ffmpeg fills the file */
    pid_t child;         /* 0: none, or waited for */
    int feed;            /* our end of a pair of sockets: unlike a pipe's, its death raises no SIGPIPE */
    FILE *said;          /* what ffmpeg printed; a file without a name, so that it never has to wait for us */
    int width, height, even_width, even_height;
    double fps, seconds; /* seconds: added so far */
    long long sent;      /* pictures */
    uint8_t *bytes;      /* [3 * even_width * even_height] */
};

/* ---- finding ffmpeg ---- */

static bool on_path(void) {
    const char *path = getenv("PATH");
    for (const char *at = path ? path : ""; *at;) {
        const size_t n = strcspn(at, ":");
        xt_text name = {0};
        if (n) xt_text_add_bytes(&name, at, n);
        xt_text_add(&name, n ? "/ffmpeg" : "./ffmpeg");
        const bool there = access(xt_text_get(&name), X_OK) == 0 && !xt_path_is_folder(xt_text_get(&name));
        xt_text_free(&name);
        if (there) return true;
        at += n + (at[n] == ':');
    }
    return false;
}

static xt_status absent(const char *path, xt_error *err) {
    return xt_fail(
        err, XT_IO,
        "%s: films of this kind are made by ffmpeg, which is not on the PATH: install it (Debian's "
        "package is called ffmpeg), or ask for .apng, which needs nothing",
        path);
}

xt_status xt_encoder_check(const char *path, xt_error *err) { return on_path() ? XT_OK : absent(path, err); }

/* ---- its command line ---- */

enum { MOST_WORDS = 64 };
typedef struct {
    char *word[MOST_WORDS + 1];
    int count;
    bool failed;
} words;

static void add(words *w, const char *word) {
    char *copy = w->count < MOST_WORDS ? strdup(word) : NULL;
    if (copy)
        w->word[w->count++] = copy;
    else
        w->failed = true;
}

static void add_all(words *w, const char *const *list) {
    for (; *list; list++) add(w, *list);
}

static void free_words(words *w) {
    for (int i = 0; i < w->count; i++) free(w->word[i]);
}

static void add_metadata(words *w, const xt_png_text *text, int count) {
    xt_text all = {0}, title = {0};
    for (int i = 0; i < count; i++) {
        if (!text[i].value) continue;
        if (strcmp(text[i].key, "Title") == 0) xt_text_printf(&title, "title=%s", text[i].value);
        xt_text_printf(&all, "%s%s: %s", all.size ? "\n" : "comment=", text[i].key, text[i].value);
    }
    if (title.size) add_all(w, (const char *const[]){"-metadata", xt_text_get(&title), NULL});
    if (all.size) add_all(w, (const char *const[]){"-metadata", xt_text_get(&all), NULL});
    w->failed |= title.failed || all.failed;
    xt_text_free(&title);
    xt_text_free(&all);
}

/* Raw pictures in, a file of a given format out. Colours are converted as BT.709 and marked so, or players
 * guess by the size. */
static void compose(words *w, const xt_encoder *e, bool webm, const xt_png_text *text, int text_count) {
    char size[32], rate[32];
    snprintf(size, sizeof size, "%dx%d", e->even_width, e->even_height);
    snprintf(rate, sizeof rate, "%.9g", e->fps);
    xt_text to = {0};
    xt_text_printf(&to, "file:%s", e->file.temporary); /* whatever characters the name has */
    add_all(w, (const char *const[]){"ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-y", "-f",
                                     "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-framerate", rate, "-i",
                                     "pipe:0", NULL});
    add_all(w, (const char *const[]){"-vf",
                                     "scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+"
                                     "full_chroma_int,format=yuv420p",
                                     "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc",
                                     "bt709", "-color_range", "tv", "-fflags", "+bitexact", "-flags:v",
                                     "+bitexact", NULL});
    if (webm)
        add_all(w, (const char *const[]){"-c:v", "libvpx-vp9", "-b:v", "0", "-crf", "24", "-deadline", "good",
                                         "-cpu-used", "4", "-row-mt", "1", "-f", "webm", NULL});
    else
        add_all(w, (const char *const[]){"-c:v", "libx264", "-preset", "medium", "-crf", "18", "-movflags",
                                         "+faststart", "-f", "mp4", NULL});
    add_metadata(w, text, text_count);
    add(w, xt_text_get(&to));
    w->failed |= to.failed;
    xt_text_free(&to);
}

/* ---- the process ---- */

static bool keep_for_us(int fd) { return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0; }

/* The thread that writes has all signals blocked, and the program ignores some: not so its child. */
static int spawn(pid_t *child, char *const *argv, int in, int said) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t none, all;
    int wrong = posix_spawn_file_actions_init(&files);
    if (wrong) return wrong;
    wrong = posix_spawnattr_init(&how);
    if (wrong) {
        posix_spawn_file_actions_destroy(&files);
        return wrong;
    }
    sigemptyset(&none);
    sigfillset(&all);
    sigdelset(&all, SIGKILL);
    sigdelset(&all, SIGSTOP);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setsigdefault(&how, &all);
    posix_spawnattr_setpgroup(&how, 0);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    wrong = posix_spawn_file_actions_adddup2(&files, in, 0);
    if (!wrong) wrong = posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    if (!wrong) wrong = posix_spawn_file_actions_adddup2(&files, said, 2);
    if (!wrong) wrong = posix_spawnp(child, "ffmpeg", &files, &how, argv, environ);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    return wrong;
}

static xt_status start(xt_encoder *e, words *w, xt_error *err) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return xt_fail(err, XT_IO, "%s: no way to talk to ffmpeg: %s", e->file.path, strerror(errno));
    e->feed = pair[0];
    const struct timeval patience = {.tv_sec = PATIENCE};
    int wrong = 0;
    e->said = tmpfile();
    if (!e->said || !keep_for_us(pair[0]) || !keep_for_us(pair[1]) || !keep_for_us(fileno(e->said)) ||
        setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0)
        wrong = errno;
    if (!wrong) wrong = spawn(&e->child, w->word, pair[1], fileno(e->said));
    close(pair[1]);
    if (!wrong) return XT_OK;
    e->child = 0;
    if (wrong == ENOENT) return absent(e->file.path, err);
    return xt_fail(err, XT_IO, "%s: ffmpeg does not start: %s", e->file.path, strerror(wrong));
}

xt_status xt_encoder_open(xt_encoder **out, const char *path, int width, int height, double fps,
                          const xt_png_text *text, int text_count, xt_error *err) {
    *out = NULL;
    xt_encoder *e = calloc(1, sizeof *e);
    if (!e) return xt_no_memory(err, "a film", sizeof *e);
    xt_status status = XT_OK;
    words w = {0};
    e->feed = -1;
    e->width = width;
    e->height = height;
    e->even_width = width + width % 2;
    e->even_height = height + height % 2;
    e->fps = fps;
    e->bytes = malloc(3 * (size_t)e->even_width * (size_t)e->even_height);
    if (!e->bytes) {
        status = xt_no_memory(err, "a film", 3ULL * (unsigned)width * (unsigned)height);
        goto done;
    }
    XT_GO(xt_file_writer_open(&e->file, path, err));
    compose(&w, e, xt_movie_kind_of(path) == XT_MOVIE_WEBM, text, text_count);
    if (w.failed)
        status = xt_no_memory(err, "ffmpeg's command line", 4096);
    else
        status = start(e, &w, err);
done:
    free_words(&w);
    if (status != XT_OK) xt_encoder_abandon(&e);
    *out = e;
    return status;
}

/* Wait for the end of ffmpeg, not for ever: *state as of waitpid. False: it had to be ended. */
static bool wait_for(pid_t child, int *state) {
    const double began = xt_seconds();
    for (;;) {
        const pid_t ended = waitpid(child, state, WNOHANG);
        if (ended == child) return true;
        if (ended < 0 && errno != EINTR) {
            *state = 0; /* somebody else took its status: the file will tell */
            return true;
        }
        if (xt_seconds() - began > PATIENCE) break;
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    kill(child, SIGKILL);
    while (waitpid(child, state, 0) < 0 && errno == EINTR) {
    }
    return false;
}

/* The end of what ffmpeg printed, on one line, for a message. */
static void last_words(char *text, size_t size, FILE *said) {
    text[0] = '\0';
    if (!said || fseek(said, 0, SEEK_END) != 0) return;
    const long length = ftell(said), from = length > (long)size - 1 ? length - (long)size + 1 : 0;
    if (length < 0 || fseek(said, from, SEEK_SET) != 0) return;
    size_t n = fread(text, 1, size - 1, said);
    while (n && (text[n - 1] == '\n' || text[n - 1] == ' ')) n--;
    text[n] = '\0';
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < 32 || text[i] == 127) text[i] = text[i] == '\n' ? ';' : ' ';
}

/* No more pictures: how it ended. `hurry`: it took none for too long. */
static xt_status ended(xt_encoder *e, bool hurry, xt_error *err) {
    char said[700];
    int state = 0;
    if (e->feed >= 0) close(e->feed);
    e->feed = -1;
    if (hurry) kill(e->child, SIGKILL);
    const bool in_time = wait_for(e->child, &state) && !hurry;
    e->child = 0;
    if (in_time && WIFEXITED(state) && WEXITSTATUS(state) == 0) return XT_OK;
    last_words(said, sizeof said, e->said);
    char how[64];
    if (!in_time)
        snprintf(how, sizeof how, "did nothing for %d s and was ended", PATIENCE);
    else if (WIFSIGNALED(state))
        snprintf(how, sizeof how, "was ended by signal %d", WTERMSIG(state));
    else
        snprintf(how, sizeof how, "failed with status %d", WEXITSTATUS(state));
    return xt_fail(err, XT_IO, "%s: ffmpeg %s%s%s", e->file.path, how, said[0] ? ": " : ", and said nothing",
                   said);
}

static void to_bytes(uint8_t *to, const xt_encoder *e, const xt_image *image) {
    for (int y = 0; y < e->even_height; y++) {
        const int from = y < e->height ? y : e->height - 1;
        const xt_colour *row = &image->pixel[(size_t)from * (size_t)e->width];
        for (int x = 0; x < e->even_width; x++, to += 3) {
            const xt_colour *p = &row[x < e->width ? x : e->width - 1];
            to[0] = xt_colour_byte(p->r);
            to[1] = xt_colour_byte(p->g);
            to[2] = xt_colour_byte(p->b);
        }
    }
}

static xt_status send_picture(xt_encoder *e, xt_error *err) {
    const size_t size = 3 * (size_t)e->even_width * (size_t)e->even_height;
    for (size_t at = 0; at < size;) {
        const ssize_t n = send(e->feed, e->bytes + at, size - at, MSG_NOSIGNAL);
        if (n > 0) {
            at += (size_t)n;
            continue;
        }
        if (n < 0 && errno == EINTR) continue;
        XT_TRY(ended(e, n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK), err));
        return xt_fail(err, XT_IO, "%s: ffmpeg ended before the film did", e->file.path);
    }
    return XT_OK;
}

xt_status xt_encoder_add(xt_encoder *e, const xt_image *image, double seconds, xt_error *err) {
    if (!e->child) return xt_fail(err, XT_IO, "%s: ffmpeg is gone", e->file.path);
    e->seconds += seconds;
    long long until = llround(e->seconds * e->fps); /* rounded over the whole film, so that nothing adds up */
    if (until <= e->sent) until = e->sent + 1;
    to_bytes(e->bytes, e, image);
    for (; e->sent < until; e->sent++) XT_TRY(send_picture(e, err));
    return XT_OK;
}

xt_status xt_encoder_close(xt_encoder **encoder, xt_error *err) {
    xt_encoder *e = *encoder;
    xt_status status =
        e->child ? ended(e, false, err) : xt_fail(err, XT_IO, "%s: ffmpeg is gone", e->file.path);
    if (status == XT_OK) status = xt_file_writer_commit(&e->file, err);
    xt_encoder_abandon(encoder);
    return status;
}

void xt_encoder_abandon(xt_encoder **encoder) {
    xt_encoder *e = *encoder;
    if (!e) return;
    if (e->child) {
        kill(e->child, SIGKILL);
        while (waitpid(e->child, &(int){0}, 0) < 0 && errno == EINTR) {
        }
    }
    if (e->feed >= 0) close(e->feed);
    if (e->said) fclose(e->said);
    xt_file_writer_abandon(&e->file);
    free(e->bytes);
    free(e);
    *encoder = NULL;
}
