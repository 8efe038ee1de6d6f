/* One run while its part of the data is composed. */
#ifndef REPORT_RUN_H
#define REPORT_RUN_H

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

enum { XT_REPORT_MISSING = 4 };

typedef struct {
    xt_json *json;
    xt_text *blobs; /* NULL: files stay files */
    const char *dir;
    int index, count;                   /* of how many runs */
    xt_text missing[XT_REPORT_MISSING]; /* what is not there, said on the page */
    int missing_count;
} xt_report_run;

/* The member "movies" (files in films/), then "films" (pictures of one thing at several times: frames/, and
 * render/ as `crosstalk render` makes it). *left: bytes that a page has room for. Pictures travel as they are
 * while they fit into their part of the page. If they do not, they are packed into 256 colours; if that is
 * not enough, shrunk to 600 pixels, and of longer films only some times are kept, evenly, the first and the
 * last always. */
xt_status xt_report_movies(xt_report_run *run, size_t *left, xt_error *err);
xt_status xt_report_films(xt_report_run *run, size_t *left, xt_error *err);

#endif
