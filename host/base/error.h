/* Composing messages. The types and the convention are public: crosstalk/error.h. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "crosstalk/error.h"

#if defined(__GNUC__)
#define XT_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define XT_PRINTF(f, a)
#endif

/* A text that errors point into. The strings live as long as the source. */
typedef struct {
    const char *file; /* name as the user gave it, or "--set" */
    const char *text; /* the whole text, NUL-terminated; may be NULL */
} xt_source;

/* Set the message and return `status`. A first message wins: later calls leave it alone. */
xt_status xt_fail(xt_error *err, xt_status status, const char *format, ...) XT_PRINTF(3, 4);

/* As xt_fail with XT_USAGE, in the form `file:line:col: error: …`, the line and a caret under it.
 * line and col count from 1, col in characters (UTF-8); col 0 leaves line and caret out. */
xt_status xt_fail_at(xt_error *err, const xt_source *source, int line, int col, const char *format, ...)
    XT_PRINTF(5, 6);

/* Put "context: " before the message that is there. Returns err->status. */
xt_status xt_context(xt_error *err, const char *format, ...) XT_PRINTF(2, 3);

/* Out of memory, with what was wanted. */
xt_status xt_no_memory(xt_error *err, const char *what, unsigned long long bytes);

/* The name in `known` (count of them) nearest to `word` by edit distance, or NULL if none is near enough to
 * suggest (distance <= 1 + length/3). */
const char *xt_nearest(const char *word, const char *const *known, int count);

#define XT_TRY(call)                                                                                         \
    do {                                                                                                     \
        xt_status try_status_ = (call);                                                                      \
        if (try_status_ != XT_OK) return try_status_;                                                        \
    } while (0)

/* For functions that own resources: one exit label named `done`, one variable named `status`. */
#define XT_GO(call)                                                                                          \
    do {                                                                                                     \
        status = (call);                                                                                     \
        if (status != XT_OK) goto done;                                                                      \
    } while (0)

#endif
