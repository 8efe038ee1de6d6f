/* A compiler's log, made short, with places in the kernel files.
 *
 * The joined source says `#line 1 "file"` before each part, and most compilers then name the file and its
 * line. Some (Oclgrind's) do not: they count lines in the joined text, under a name of their own. Those
 * places are translated here. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "device/build_log.h"

enum { SHOWN = 1400, LINES = 16 };

/* The part that holds line `joined_line`, NULL for a line before the first. */
static const xt_log_part *part_of(const xt_log_part *parts, int count, long joined_line) {
    const xt_log_part *found = NULL;
    for (int i = 0; i < count; i++)
        if (parts[i].first_line <= joined_line) found = &parts[i];
    return found;
}

/* "name:LINE:COLUMN:" or "name:LINE:" at the start of a line: where the number is, NULL if it is another
 * line. */
static const char *place_in(const char *line) {
    const char *at = line + strcspn(line, ":\n");
    if (*at != ':' || !isdigit((unsigned char)at[1])) return NULL;
    const char *end = at + 1 + strspn(at + 1, "0123456789");
    return *end == ':' ? at + 1 : NULL;
}

static void copy_line(char *to, size_t size, const char *line, const xt_log_part *parts, int count,
                      bool translate) {
    size_t used = strlen(to);
    int length = (int)strcspn(line, "\n");
    const char *place = translate ? place_in(line) : NULL;
    if (place) {
        char *rest;
        long number = strtol(place, &rest, 10);
        const xt_log_part *part = part_of(parts, count, number);
        if (part) {
            snprintf(to + used, size - used, "%s:%ld%.*s\n", part->name, number - part->first_line + 1,
                     (int)(length - (rest - line)), rest);
            return;
        }
    }
    snprintf(to + used, size - used, "%.*s\n", length, line);
}

void xt_build_log(char *to, size_t size, const char *log, const xt_log_part *parts, int count) {
    bool named = false;
    for (int i = 0; i < count; i++) named = named || strstr(log, parts[i].name) != NULL;
    const char *from = strstr(log, "error"); /* warnings may come before */
    while (from && from > log && from[-1] != '\n') from--;
    if (!from) from = log;
    to[0] = '\0';
    if (size > SHOWN) size = SHOWN;
    for (int lines = 0; *from && lines < LINES; lines++) {
        copy_line(to, size, from, parts, count, !named);
        from += strcspn(from, "\n");
        if (*from) from++;
    }
    for (size_t end = strlen(to); end > 0 && isspace((unsigned char)to[end - 1]); end--) to[end - 1] = '\0';
}
