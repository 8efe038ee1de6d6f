#define _DEFAULT_SOURCE /* syscall: the priority of one thread */
#include "report/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <microhttpd.h>

#include "base/clock.h"
#include "report/route.h"

enum {
    CONNECTIONS = 64, /* what the library takes; it hangs up on further ones */
    CROWD = 32,       /* from here on who has not asked yet makes room for who comes, the oldest first */
    BACKLOG = 32,     /* before we begin */
    HEADER_BYTES = 16 << 10, /* memory of a connection: request line, headers, and what is sent next */
    WAIT_MS = 100            /* how long the end may have to wait for the thread */
};
/* Seconds a visitor may take to say what he wants, and to be served. The second is generous, for pictures
 * through a thin tunnel; only who knows the token has that much to hear. */
static const double ask_s = 10, serve_s = 600;

typedef struct {
    int fd; /* -1: free */
    bool asked, ended;
    double since;
} visitor;

struct xt_server {
    xt_server_def def;
    char *dir;
    int listener, port;
    char token[XT_TOKEN_SIZE + 1], address[96];
    struct MHD_Daemon *daemon;
    pthread_t thread;
    bool running;
    atomic_bool ending, composing;
    _Atomic double asked;          /* when; -INFINITY: never */
    visitor visitors[CONNECTIONS]; /* the thread's */
    double composing_s;            /* spent on pages so far: time for which no visitor is to blame */
};

/* ---- answering ---- */

static const struct {
    const char *name, *value;
} headers[] = {
    {"Connection", "close"},
    {"Cache-Control", "no-store"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src 'self' data: blob:; "
     "media-src 'self' data: blob:; font-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
     "frame-ancestors 'none'"}};

/* Takes the response. */
static enum MHD_Result reply(struct MHD_Connection *connection, unsigned status,
                             struct MHD_Response *response, const char *type) {
    if (!response) return MHD_NO;
    bool good = MHD_add_response_header(response, "Content-Type", type) == MHD_YES;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        good &= MHD_add_response_header(response, headers[i].name, headers[i].value) == MHD_YES;
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        good &= MHD_add_response_header(response, "Allow", "GET, HEAD") == MHD_YES;
    if (status == MHD_HTTP_SERVICE_UNAVAILABLE) /* a browser shows the message and tries again */
        good &= MHD_add_response_header(response, "Refresh", "2") == MHD_YES &&
                MHD_add_response_header(response, "Retry-After", "2") == MHD_YES;
    const enum MHD_Result result = good ? MHD_queue_response(connection, status, response) : MHD_NO;
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result reply_text(struct MHD_Connection *connection, unsigned status, const char *text) {
    return reply(
        connection, status,
        MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY),
        "text/plain; charset=utf-8");
}

static enum MHD_Result reply_composed(xt_server *server, struct MHD_Connection *connection,
                                      const xt_route *route) {
    const char *bytes = NULL;
    size_t size = 0;
    xt_error err = {0};
    const double began = xt_seconds();
    atomic_store(&server->composing, true);
    const xt_server_part part = route->kind == XT_ROUTE_PAGE    ? XT_SERVER_PAGE
                                : route->kind == XT_ROUTE_SPACE ? XT_SERVER_SPACE
                                                                : XT_SERVER_DATA;
    const xt_status status = server->def.compose(&bytes, &size, part, server->def.context, &err);
    server->composing_s += xt_seconds() - began;
    atomic_store(&server->asked, xt_seconds());
    atomic_store(&server->composing, false);
    if (status != XT_OK) return reply_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE, err.text);
    return reply(connection, MHD_HTTP_OK,
                 MHD_create_response_from_buffer(size, (void *)(uintptr_t)bytes, MHD_RESPMEM_MUST_COPY),
                 route->type);
}

static enum MHD_Result reply_file(xt_server *server, struct MHD_Connection *connection,
                                  const xt_route *route) {
    unsigned long long size, first, count;
    const int fd = xt_route_open(&size, server->dir, route);
    if (fd < 0) return reply_text(connection, MHD_HTTP_NOT_FOUND, "Not found.\n");
    const char *range = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Range");
    const xt_range_kind kind = xt_range_find(&first, &count, range, size);
    if (kind == XT_RANGE_OUTSIDE) {
        close(fd);
        return reply_text(connection, MHD_HTTP_RANGE_NOT_SATISFIABLE, "Beyond the end of the file.\n");
    }
    struct MHD_Response *response = MHD_create_response_from_fd_at_offset64(count, fd, first);
    if (!response) {
        close(fd);
        return MHD_NO;
    }
    char part[96];
    snprintf(part, sizeof part, "bytes %llu-%llu/%llu", first, first + count - 1, size);
    MHD_add_response_header(response, "Accept-Ranges", "bytes");
    if (kind == XT_RANGE_PART) MHD_add_response_header(response, "Content-Range", part);
    return reply(connection, kind == XT_RANGE_PART ? MHD_HTTP_PARTIAL_CONTENT : MHD_HTTP_OK, response,
                 route->type);
}

/* The headers that say who asks. Given twice, a header means one thing to us and maybe another to a proxy. */
typedef struct {
    const char *host, *origin, *site, *mode;
    bool twice;
} asker;

static enum MHD_Result look_at(void *to, enum MHD_ValueKind kind, const char *name, const char *value) {
    asker *a = to;
    const struct {
        const char *name;
        const char **at;
    } wanted[] = {{"Host", &a->host},
                  {"Origin", &a->origin},
                  {"Sec-Fetch-Site", &a->site},
                  {"Sec-Fetch-Mode", &a->mode}};
    (void)kind;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (strcasecmp(name, wanted[i].name) == 0) {
            a->twice |= *wanted[i].at != NULL;
            *wanted[i].at = value ? value : "";
        }
    return MHD_YES;
}

/* Pages of other origins may link to us, as far as they know the token, but not read or embed us. The name in
 * Host is checked because a foreign name may be made to point to 127.0.0.1 (DNS rebinding). */
static bool is_welcome(const asker *a, int port) {
    if (a->twice || !xt_host_is_ours(a->host, port) || !xt_origin_is_ours(a->origin, port)) return false;
    const bool foreign = a->site && strcmp(a->site, "same-origin") != 0 && strcmp(a->site, "none") != 0;
    return !foreign || (a->mode && strcmp(a->mode, "navigate") == 0);
}

static void mark_asked(xt_server *server, struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    for (int i = 0; info && i < CONNECTIONS; i++)
        if (server->visitors[i].fd == info->connect_fd) server->visitors[i].asked = true;
}

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *body, size_t *body_size,
                              void **state) {
    xt_server *server = context;
    (void)version;
    (void)body;
    (void)body_size;
    (void)state;
    mark_asked(server, connection);
    asker a = {0};
    MHD_get_connection_values(connection, MHD_HEADER_KIND, look_at, &a);
    if (!is_welcome(&a, server->port)) return reply_text(connection, MHD_HTTP_FORBIDDEN, "Forbidden.\n");
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return reply_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "Only GET and HEAD.\n");
    const xt_route route = xt_route_find(url, server->token);
    if (route.kind == XT_ROUTE_NONE) return reply_text(connection, MHD_HTTP_NOT_FOUND, "Not found.\n");
    atomic_store(&server->asked, xt_seconds());
    if (route.kind == XT_ROUTE_FILE) return reply_file(server, connection, &route);
    return reply_composed(server, connection, &route);
}

/* Addresses are compared as they come: "%2e" and "%00" are no part of any of ours. */
static size_t leave_as_it_is(void *context, struct MHD_Connection *connection, char *text) {
    (void)context;
    (void)connection;
    return strlen(text);
}

/* ---- visitors ---- */

/* The library notices and closes. */
static void end_visit(visitor *v) {
    v->ended = true;
    shutdown(v->fd, SHUT_RDWR);
}

static void make_room(xt_server *server) {
    visitor *oldest = NULL;
    int taken = 0;
    for (int i = 0; i < CONNECTIONS; i++) {
        visitor *v = &server->visitors[i];
        if (v->fd < 0) continue;
        taken++;
        if (!v->asked && !v->ended && (!oldest || v->since < oldest->since)) oldest = v;
    }
    if (taken >= CROWD && oldest) end_visit(oldest);
}

static void come_and_go(void *context, struct MHD_Connection *connection, void **place,
                        enum MHD_ConnectionNotificationCode what) {
    xt_server *server = context;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (*place) ((visitor *)*place)->fd = -1;
        return;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (!info) return;
    make_room(server);
    for (int i = 0; i < CONNECTIONS; i++)
        if (server->visitors[i].fd < 0) {
            server->visitors[i] =
                (visitor){.fd = info->connect_fd, .since = xt_seconds() - server->composing_s};
            *place = &server->visitors[i];
            return;
        }
}

/* The library ends who is silent; who drips a byte now and then to keep a place is ended here. */
static void end_the_slow(xt_server *server) {
    const double now = xt_seconds() - server->composing_s;
    for (int i = 0; i < CONNECTIONS; i++) {
        visitor *v = &server->visitors[i];
        if (v->fd >= 0 && !v->ended && now - v->since > (v->asked ? serve_s : ask_s)) end_visit(v);
    }
}

static void *work(void *context) {
    xt_server *server = context;
#ifdef SYS_gettid /* the simulation goes first */
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 10);
#endif
    while (!atomic_load(&server->ending)) {
        if (MHD_run_wait(server->daemon, WAIT_MS) != MHD_YES) break;
        end_the_slow(server);
    }
    return NULL;
}

/* ---- life ---- */

static xt_status take_port(xt_server *server, xt_error *err) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)server->def.port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    const int one = 1;
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (server->listener < 0)
        return xt_fail(err, XT_IO, "the live view cannot open a socket: %s", strerror(errno));
    fcntl(server->listener, F_SETFD, FD_CLOEXEC);
    fcntl(server->listener, F_SETFL, O_NONBLOCK);
    /* of an earlier run's dead connections only: a listener that lives still has the port to itself */
    setsockopt(server->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(server->listener, (struct sockaddr *)&at, sizeof at) != 0 ||
        listen(server->listener, BACKLOG) != 0 ||
        getsockname(server->listener, (struct sockaddr *)&at, &size) != 0) {
        if (errno == EADDRINUSE)
            return xt_fail(err, XT_IO,
                           "port %d is in use by another program; give another, or none to take any free one",
                           server->def.port);
        return xt_fail(err, XT_IO, "the live view cannot listen on port %d of 127.0.0.1: %s",
                       server->def.port, strerror(errno));
    }
    server->port = ntohs(at.sin_port);
    return XT_OK;
}

xt_status xt_server_open(xt_server **out, const xt_server_def *def, xt_error *err) {
    *out = NULL;
    xt_server *server = calloc(1, sizeof *server);
    if (!server) return xt_no_memory(err, "the live view", sizeof *server);
    xt_status status = XT_OK;
    server->def = *def;
    server->listener = -1;
    atomic_store(&server->asked, -INFINITY);
    for (int i = 0; i < CONNECTIONS; i++) server->visitors[i].fd = -1;
    server->dir = strdup(def->dir);
    if (!server->dir) {
        status = xt_no_memory(err, "the live view", strlen(def->dir));
        goto done;
    }
    XT_GO(xt_token_make(server->token, err));
    XT_GO(take_port(server, err));
    snprintf(server->address, sizeof server->address, "http://127.0.0.1:%d/%s/", server->port, server->token);
    *out = server;
    return XT_OK;
done:
    xt_server_close(server);
    return status;
}

xt_status xt_server_begin(xt_server *server, xt_error *err) {
    server->daemon = MHD_start_daemon(
        MHD_NO_FLAG, 0, NULL, NULL, answer, server, MHD_OPTION_LISTEN_SOCKET, server->listener,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)HEADER_BYTES, MHD_OPTION_CONNECTION_TIMEOUT, 30u, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_UNESCAPE_CALLBACK, leave_as_it_is, NULL,
        MHD_OPTION_NOTIFY_CONNECTION, come_and_go, server, MHD_OPTION_END);
    server->listener = -1; /* the daemon's now, which closes it also where it fails */
    if (!server->daemon) return xt_fail(err, XT_INTERNAL, "the live view's server does not start");
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failed = pthread_create(&server->thread, NULL, work, server);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        return xt_fail(err, XT_INTERNAL, "the live view's thread does not start: %s", strerror(failed));
    server->running = true;
    return XT_OK;
}

const char *xt_server_address(const xt_server *server) { return server->address; }
int xt_server_port(const xt_server *server) { return server->port; }

double xt_server_idle_s(const xt_server *server) {
    return atomic_load(&server->composing) ? 0 : xt_seconds() - atomic_load(&server->asked);
}

void xt_server_close(xt_server *server) {
    if (!server) return;
    atomic_store(&server->ending, true);
    if (server->running) pthread_join(server->thread, NULL);
    if (server->daemon) MHD_stop_daemon(server->daemon);
    if (server->listener >= 0) close(server->listener);
    free(server->dir);
    free(server);
}
