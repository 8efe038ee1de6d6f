/* A small web server for one run's folder, for its owner alone (host/report/README.md says against whom).
 *
 * It listens on 127.0.0.1 only, answers GET and HEAD only, and only under a path that begins with a random
 * token. Routes, all below "/TOKEN/": "" the page, "data.json" its data, "space.json" its volumes,
 * "FOLDER/NAME" a finished picture or film of the run. Everything else is 404. Works in a thread of its own,
 * which takes no signals and never writes. */
#ifndef REPORT_SERVER_H
#define REPORT_SERVER_H

#include <stddef.h>
#include "base/error.h"

typedef struct xt_server xt_server;

typedef enum { XT_SERVER_PAGE, XT_SERVER_DATA, XT_SERVER_SPACE } xt_server_part;

/* The page (HTML), its data or its volumes (JSON) as of now. *bytes stay the caller's: they must last until
 * the next call or the server's end. Called from the server's thread. On failure the visitor gets 503 with
 * the message, and is asked to come again. */
typedef xt_status (*xt_server_compose)(const char **bytes, size_t *size, xt_server_part part, void *context,
                                       xt_error *err);

typedef struct {
    const char
        *dir; /* the run's folder; need not exist yet, but its name must not change its meaning. Copied */
    int port; /* 0: any that is free */
    xt_server_compose compose;
    void *context;
} xt_server_def;

/* Take the port: visitors wait from now on, and are answered after xt_server_begin. XT_IO if the port is
 * taken or not ours to take. */
xt_status xt_server_open(xt_server **server, const xt_server_def *def, xt_error *err);
xt_status xt_server_begin(xt_server *server, xt_error *err);

/* "http://127.0.0.1:PORT/TOKEN/". Whoever knows it may look. */
const char *xt_server_address(const xt_server *server);
int xt_server_port(const xt_server *server);

/* Seconds since somebody welcome last asked; 0 while an answer is composed, INFINITY if nobody ever did. */
double xt_server_idle_s(const xt_server *server);

/* Ends the thread, cuts all connections, frees. NULL-safe. */
void xt_server_close(xt_server *server);

#endif
