/* Wall time for rates, progress and timings. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

double xt_seconds(void); /* monotonic, from an arbitrary start */

#endif
