/* Where the wall time of one thread goes: at any moment it belongs to exactly one part, so the parts add up.
 *
 *   const char *before = xt_stopwatch_turn(watch, "mesh");
 *   ...
 *   xt_stopwatch_turn(watch, before);
 *
 * Every function takes NULL for a watch and does nothing then. */
#ifndef BASE_STOPWATCH_H
#define BASE_STOPWATCH_H

enum { XT_STOPWATCH_PARTS = 24 };

typedef struct {
    const char *name[XT_STOPWATCH_PARTS]; /* static strings, in the order in which they were first met */
    double seconds[XT_STOPWATCH_PARTS];
    int count, running; /* parts met; the index of the one the time belongs to now */
    double since;       /* when that began, monotonic seconds */
} xt_stopwatch;

/* Forgets everything and starts with the time belonging to `part`. */
void xt_stopwatch_start(xt_stopwatch *watch, const char *part);
/* From now on time belongs to `part`. Returns the part it belonged to; NULL without a watch. Beyond
 * XT_STOPWATCH_PARTS the time stays with the part that is running. */
const char *xt_stopwatch_turn(xt_stopwatch *watch, const char *part);
/* Seconds since the start: what the parts add up to. Brings the running part up to date. */
double xt_stopwatch_total(xt_stopwatch *watch);

#endif
