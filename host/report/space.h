/* What the page's view in space shows: the volumes of a run (DIR/volumes.pvd), small enough to travel inside
 * the page.
 *
 * Tissues as shares of each voxel and fields as means over it (report/shrink.h), at some of the times, each a
 * volume of bytes, packed with zlib. The budget decides, in this order, how many times are kept, how coarse
 * the voxels get, and which fields come along; what was left out is in the data, so that the page can say it.
 *
 * Shape of the member `key`, as space.js reads it:
 *
 *   {"reason": "…"}                  there is nothing to show, and why; or
 *   {"version",                      another one: other data
 *    "dims": [3], "size_mm": [3], "spacing_mm": [3], "computed": {"dims", "spacing_mm"},
 *    "sides": [["L","R"], …],        letters at the low and high end of x, y, z
 *    "tissues": [{"name", "colour", "share"}],     a group of tissues each, at most XT_SPACE_GROUPS
 *    "fields": [{"name", "unit", "map", "log", "code": [a, b], "show": [low, high]}],
 *    "maps": {"glow": "rrggbb" * 256},
 *    "times": [{"time_d", "age_y", "tissues": blob, "fields": [blob, …]}],
 *    "times_of", "fields_of",        how many the run wrote
 *    "blobs": {blob: base64}}        live only; else each blob is a script element of the page
 *
 * Bytes of tissues: [group][z][y][x], share * 255. Of fields: [z][y][x]; 0 is not known, else byte 1 is
 * code[0] and byte 255 is code[1], linear, or in the logarithm when "log" is true. */
#ifndef REPORT_SPACE_H
#define REPORT_SPACE_H

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

enum {
    XT_SPACE_BYTES = 4 << 20, /* of a page, as base64 */
    XT_SPACE_GROUPS = 8,
    XT_SPACE_FIELDS = 12,
    XT_SPACE_TIMES = 12,
    XT_SPACE_AXIS = 256,      /* voxels along an edge */
    XT_SPACE_VOXELS = 3 << 19 /* of a volume */
};

typedef struct {
    const char *dir;             /* a run's folder */
    const xt_json_value *record; /* its run.json: names and colours of tissues, ages, scales of pictures; or
                                    NULL */
    const char *id;              /* begins the names of blobs; letters and digits */
    size_t budget;               /* bytes of base64; 0: XT_SPACE_BYTES */
} xt_space_def;

/* Adds the member `key` to the open object. blobs: where script elements go; NULL: live. A run without
 * volumes, or with volumes that are no use, is no error but a reason. */
xt_status xt_space_write(xt_json *json, const char *key, xt_text *blobs, const xt_space_def *def,
                         xt_error *err);

/* A word that changes when there are other volumes than before; "" while there are none. Cheap: looks at the
 * collection only. */
enum { XT_SPACE_VERSION = 24 };
xt_status xt_space_version(char version[XT_SPACE_VERSION], const char *dir, xt_error *err);

#endif
