/* A ParaView collection (.pvd): which volume file belongs to which time. Rewritten atomically with every
 * addition, so that it can be opened at any moment. */
#ifndef OBSERVE_PVD_H
#define OBSERVE_PVD_H

#include "base/error.h"

typedef struct xt_pvd xt_pvd;

/* A new, empty collection; nothing is written before the first addition. */
xt_status xt_pvd_create(xt_pvd **pvd, const char *path, xt_error *err);

/* Go on with the collection at `path` (ours: other files are XT_IO), without its entries later than `until`.
 * No such file: as xt_pvd_create. */
xt_status xt_pvd_reopen(xt_pvd **pvd, const char *path, double until, xt_error *err);

/* time in days; file relative to the folder of the collection. An entry of the same time is replaced. */
xt_status xt_pvd_add(xt_pvd *pvd, double time, const char *file, xt_error *err);

int xt_pvd_count(const xt_pvd *pvd);
void xt_pvd_free(xt_pvd *pvd); /* NULL-safe */

#endif
