/* Devices for people (a table) and for programs (JSON). */
#ifndef DEVICE_TABLE_H
#define DEVICE_TABLE_H

#include "base/json.h"
#include "base/text.h"
#include "device/device.h"

/* A line a device, as `crosstalk devices` shows them; a device that cannot run Crosstalk is followed by the
 * reason. Sizes in GiB, bandwidth in 1e9 bytes/s ("-" where it was not measured). */
void xt_device_table(xt_text *text, const xt_device_info *list, int count);

/* One device as an object. Sizes in bytes; keys: index ("P:D"), platform, name, board, vendor, driver,
 * opencl, opencl_c, type, compute_units, clock_mhz, memory_bytes, max_alloc_bytes, local_bytes,
 * max_work_group, fp64, fp16, images, unified_memory, profiling_sane, copy_bytes_per_s (null until measured),
 * usable, why_not (if not usable). */
void xt_device_json(xt_json *json, const char *key, const xt_device_info *info);

/* An array of them. */
void xt_device_list_json(xt_json *json, const char *key, const xt_device_info *list, int count);

#endif
