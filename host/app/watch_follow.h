/* The files of a run that goes on, followed: what the live status in the terminal shows. */
#ifndef APP_WATCH_FOLLOW_H
#define APP_WATCH_FOLLOW_H

#include "app/watch_lines.h"

typedef struct xt_follow xt_follow;

xt_status xt_follow_create(xt_follow **follow, const char *dir, xt_error *err);
void xt_follow_free(xt_follow *follow); /* NULL-safe */

/* Read again what has changed, but, unless it is the `last` look, no more than a twentieth of the time. What
 * cannot be read stays as it was. */
void xt_follow_look(xt_follow *follow, bool last);

/* Curves and proofs, and whose picture's turn it is. The strings and curves last until the next look. */
void xt_follow_show(xt_watch_shown *shown, const xt_follow *follow);

/* The newest picture of one film after the other, some seconds each: its path, or NULL; until the next look.
 */
const char *xt_follow_picture(const xt_follow *follow);

#endif
