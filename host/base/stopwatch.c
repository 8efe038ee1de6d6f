#include "base/stopwatch.h"

#include <stddef.h>
#include <string.h>

#include "base/clock.h"

void xt_stopwatch_start(xt_stopwatch *watch, const char *part) {
    if (!watch) return;
    *watch = (xt_stopwatch){.name = {part}, .count = 1, .since = xt_seconds()};
}

static void bring_up(xt_stopwatch *watch) {
    const double now = xt_seconds();
    watch->seconds[watch->running] += now - watch->since;
    watch->since = now;
}

const char *xt_stopwatch_turn(xt_stopwatch *watch, const char *part) {
    if (!watch || !part) return NULL;
    const char *before = watch->name[watch->running];
    bring_up(watch);
    for (int i = 0; i < watch->count; i++)
        if (watch->name[i] == part || strcmp(watch->name[i], part) == 0) {
            watch->running = i;
            return before;
        }
    if (watch->count < XT_STOPWATCH_PARTS) {
        watch->name[watch->count] = part;
        watch->running = watch->count++;
    }
    return before;
}

double xt_stopwatch_total(xt_stopwatch *watch) {
    double total = 0;
    if (!watch) return 0;
    bring_up(watch);
    for (int i = 0; i < watch->count; i++) total += watch->seconds[i];
    return total;
}
