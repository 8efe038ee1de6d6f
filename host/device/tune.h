/* Tunables of a family of kernels: which values suit a device.
 *
 * Looked for in this order: the environment, CROSSTALK_TUNE="step.levels=2,step.rows=16" (for all
 * devices); what a tuning run on this device found, kept in the cache folder under vendor, architecture,
 * device, driver and kernels; the shipped database, the most particular entry first. Results must not depend
 * on tunables. */
#ifndef DEVICE_TUNE_H
#define DEVICE_TUNE_H

#include "device/device.h"

enum { XT_TUNABLES = 12 };

/* Values for devices of a type (0: all), of vendors, architectures and devices whose names hold these (NULL:
 * all). */
typedef struct {
    cl_device_type type;
    const char *vendor, *architecture, *device;
    int value[XT_TUNABLES];
} xt_tuned;

typedef struct {
    const char *family;            /* "step" */
    const char *name[XT_TUNABLES]; /* of the `count` tunables */
    int low[XT_TUNABLES], high[XT_TUNABLES];
    int count;
    const xt_tuned *database; /* the most particular first; the last one takes every device */
} xt_tunables;

/* Vendor by its short name, "NVIDIA", "AMD", "Intel", "Apple", "ARM", "Qualcomm", else as the device gives
 * it; architecture: "SM9.0", "gfx90a", "" where the device does not say. */
typedef struct {
    char vendor[128], architecture[64];
} xt_device_kind;
void xt_device_kind_of(xt_device_kind *kind, const xt_device *device);

/* The entry of the database for a device of this type, vendor, architecture and name. */
const xt_tuned *xt_tune_find(const xt_tunables *tunables, cl_device_type type, const char *vendor,
                             const char *architecture, const char *device);

/* The values for a device: [tunables->count]. *tuned (may be NULL): did they come from a tuning run? XT_USAGE
 * where CROSSTALK_TUNE names what there is not or is out of range. */
xt_status xt_tune_get(int *value, bool *tuned, const xt_tunables *tunables, const xt_device *device,
                      xt_error *err);

/* Seconds that candidate `index` takes now; called in turns for all of them, so that a change of the
 * machine's speed meets them all. A candidate that fails (XT_DEVICE) drops out. */
typedef xt_status (*xt_tune_measure)(double *seconds, int index, void *context, xt_error *err);

/* The candidate with the least median of `rounds`; the first wins a tie. XT_DEVICE if all dropped out. */
xt_status xt_tune_pick(int *best, int count, int rounds, xt_tune_measure measure, void *context,
                       xt_error *err);

/* Keep values for this device. A cache that cannot be written is ignored. */
void xt_tune_keep(const int *value, const xt_tunables *tunables, const xt_device *device);

#endif
