#include "solve/internal.h"

#include <math.h>

double xt_stretch_time(const xt_stretch *stretch, double steps) {
    return steps >= (double)stretch->steps
               ? stretch->until
               : stretch->start + (stretch->until - stretch->start) * steps / (double)stretch->steps;
}

double xt_stretch_plan(xt_stretch *stretch, double time, double until, double longest) {
    const bool resumed = stretch->steps > 0 && stretch->until == until && stretch->done < stretch->steps &&
                         xt_stretch_time(stretch, (double)stretch->done) == time;
    if (!resumed)
        *stretch = (xt_stretch){
            .start = time, .until = until, .steps = (long long)fmax(1, ceil((until - time) / longest))};
    return (stretch->until - stretch->start) / (double)stretch->steps;
}
