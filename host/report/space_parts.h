/* Between the files of the page's view in space. */
#ifndef REPORT_SPACE_PARTS_H
#define REPORT_SPACE_PARTS_H

#include <stdbool.h>
#include "base/arena.h"
#include "draw/colormap.h"
#include "mesh/pvd_read.h"
#include "mesh/vti_read.h"
#include "report/space.h"

typedef struct {
    const char *name, *unit;
    xt_map_kind map;
    bool log;
    double show_low, show_high; /* as the scene asks for its pictures; NAN: automatic */
    const char *note;           /* a warning of the run about it, or NULL */
    double low, high;           /* codes, over all times that are kept */
    double auto_low, auto_high; /* most of them; NAN: none is known */
    int fresh;                  /* for sorting: as the scene names them */
} xt_space_field;

typedef struct {
    xt_vti_reader *reader;
    double time_d;
} xt_space_time;

/* A packed volume; bytes NULL: the same as that of the time before. */
typedef struct {
    unsigned char *bytes;
    size_t size;
} xt_space_blob;

typedef struct {
    const xt_space_def *def;
    xt_pvd_list list;
    xt_space_time *time; /* [times] those kept open, earliest first */
    int times, times_of;
    int from[3], to[3];
    double spacing[3], affine[3][4];
    bool shared;              /* there are second tissues and their shares */
    const char *tissue_array; /* NULL: none; what is inside is where the first field is known */
    int8_t group[256];
    int groups, group_tissue[XT_SPACE_GROUPS]; /* number of the tissue; 0: several small ones */
    double group_share[XT_SPACE_GROUPS];
    xt_space_field field[XT_SPACE_FIELDS];
    int fields, fields_of;
    xt_arena arena;
    char reason[256]; /* why there is nothing to show; "" if there is */
} xt_space_found;

/* Open the volumes and look what they hold. At most `most` times are kept, the first and last among them. */
xt_status xt_space_find(xt_space_found *found, const xt_space_def *def, xt_error *err);
void xt_space_found_free(xt_space_found *found);
/* Close times so that `count` are left, spread evenly, the first and last among them. */
void xt_space_thin(xt_space_found *found, int count);

/* Pack field `index` (-1: tissues) at times first .. times - 1 into blob[first ..]; limits of a field are
 * set.
 */
xt_status xt_space_pack(xt_space_blob *blob, xt_space_found *found, int index, int first, xt_error *err);

#endif
