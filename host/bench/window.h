/* Checking a field after some time against the host, at any size: all voxels of a small grid, windows of a
 * large one. */
#ifndef BENCH_WINDOW_H
#define BENCH_WINDOW_H

#include "bench/kernel.h"
#include "bench/reference.h"

enum { XT_BENCH_WHOLE = 64 }; /* up to this size all voxels are compared with the host's */

/* Advance c[cells], which holds the start, as the device did; work[4][cells]. */
typedef xt_status (*xt_bench_host_advance)(double *c, double *work, const xt_bench_reference *reference,
                                           int species, const void *context, xt_error *err);

/* Compare the fields at rest with what `advance` makes of the start; sets row->check. Windows are 24 voxels
 * wide and begin `halo` voxels further out, or at the wall: as far as their rim, where nothing flows, can be
 * felt. */
xt_status xt_bench_windows_check(xt_bench_run_at *at, int halo, double bound, xt_bench_host_advance advance,
                                 const void *context, xt_error *err);

#endif
