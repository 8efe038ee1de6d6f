/* The tuning run (device/tune.h) on the benchmark's own problem. */
#ifndef BENCH_TUNING_H
#define BENCH_TUNING_H

#include "device/device.h"

enum { XT_BENCH_TUNING_SIZE = 128 }; /* voxels along an edge: beyond caches, and short */

/* Time the shapes of kernels at n^3 and keep the best for this device. Some seconds; more where nothing is
 * compiled yet. */
xt_status xt_bench_tune(xt_device *device, int n, xt_error *err);

/* What is used on this device and where that comes from, for people. */
void xt_bench_tuning_say(char *text, size_t size, const xt_device *device);

#endif
