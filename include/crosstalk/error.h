/* Errors: one convention for the whole program.
 *
 * Every function that can fail returns an xt_status (XT_OK is 0), takes its out-parameters first and an
 * `xt_error *err` last. The message is composed where the fact is known (xt_fail, xt_fail_at) and carried up;
 * callers may add context (xt_context). `err` must not be NULL. Nothing is global, so nothing is stale. */
#ifndef CROSSTALK_ERROR_H
#define CROSSTALK_ERROR_H

/* The values are the program's exit statuses. */
typedef enum {
    XT_OK = 0,
    XT_INTERNAL = 1, /* a defect of ours, or out of memory */
    XT_USAGE = 2,    /* command line, scene, model or input data */
    XT_DEVICE = 3,
    XT_IO = 4,
    XT_NUMERIC = 5, /* diverged, did not converge */
    XT_STOPPED = 75 /* stopped by a signal, good checkpoint written */
} xt_status;

typedef struct {
    xt_status status;
    char text[2048]; /* "" while status is XT_OK; no trailing newline */
} xt_error;

#endif
