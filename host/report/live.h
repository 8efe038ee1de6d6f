/* The report of a run that goes on, served to its owner's browser: report.h behind server.h. */
#ifndef REPORT_LIVE_H
#define REPORT_LIVE_H

#include "base/error.h"

typedef struct xt_live xt_live;

/* Takes the port (0: any that is free) for the run in `dir`, an absolute path that need not exist yet.
 * Visitors wait until xt_live_begin, which is for when the folder is this run's. Errors as xt_server_open. */
xt_status xt_live_open(xt_live **live, const char *dir, int port, xt_error *err);
xt_status xt_live_begin(xt_live *live, xt_error *err);

const char *xt_live_address(const xt_live *live); /* "http://127.0.0.1:PORT/TOKEN/" */

/* The run is over, its files complete: let pages that are open hear how it ended, and fetch its last
 * pictures. Returns at once if nobody looks, after five seconds at the latest. */
void xt_live_settle(xt_live *live);

void xt_live_close(xt_live *live); /* NULL-safe */

#endif
