/* The compiler's messages, for program.c. */
#ifndef DEVICE_BUILD_LOG_H
#define DEVICE_BUILD_LOG_H

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    const char *name; /* as in its #line */
    long first_line;  /* of the part, counted from 1 in the joined source */
} xt_log_part;

/* The log's first lines, from the first that says "error" on, into `to`. If the log names none of the parts,
 * places such as "input.cl:11:39:" are taken as lines of the joined source and translated. Parts in order. */
void xt_build_log(char *to, size_t size, const char *log, const xt_log_part *parts, int count);

#endif
