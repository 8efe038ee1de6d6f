/* What lies in the folder of a run, finished or not, that can be drawn: moments with their volumes, and what
 * run.json says of names, colours and ages. A .vti file of any program stands for a folder of one moment. */
#ifndef APP_FOUND_H
#define APP_FOUND_H

#include "app/view.h"
#include "base/log.h"
#include "mesh/pvd_read.h"
#include "mesh/vti_read.h"
#include "scene/yaml.h"

typedef struct {
    char *path;         /* as given */
    bool is_run;        /* a folder; else a .vti or .pvd file */
    xt_pvd_list moment; /* time in days */
    bool timed;         /* the moments' times mean something */
    xt_tree *run;       /* run.json; NULL: none */
    char title[160];
    double age_h, acute_begin_h; /* at the start (NAN: not known); as xt_view_moment wants them */
    bool ageing;
    int tissue_count;
    char (*tissue_name)[64];
    const char **tissue_names; /* the same as pointers */
    unsigned *tissue_colour;
    bool thin[256];         /* [tissue number - 1]: hardly a voxel deep (app/resolution.h) */
    const char *scene_file; /* of the run; NULL: not known */
} xt_found;

/* XT_USAGE with what to do where there is nothing to draw; XT_IO for files that cannot be read. What is odd
 * but no hindrance is warned of. */
xt_status xt_found_open(xt_found *found, const char *path, xt_log *log, xt_error *err);
void xt_found_free(xt_found *found);

/* "last", "first", "10 y", "age 62 y", "3650 d", or for files without a run a plain number of days: the
 * moment nearest to it, with a warning if it is far. */
xt_status xt_found_time(int *moment, const xt_found *found, const char *text, xt_log *log, xt_error *err);
/* The words for the time of a moment. */
void xt_found_moment(char *text, size_t size, const xt_found *found, int moment);

/* One moment: its file open, its labels dense in memory. */
typedef struct {
    const xt_found *found;
    xt_vti_reader *reader;
    const xt_vti_image *image;
    xt_view_subject subject;
    size_t voxels;
    uint8_t *tissue; /* [voxels]; made up from the first field where the file has no labels */
    uint8_t *second; /* [voxels], and */
    uint16_t *share; /* [voxels]: what else is in a voxel, as in xt_material; both NULL: not known */
    bool labelled;
} xt_snapshot;

xt_status xt_snapshot_open(xt_snapshot *snapshot, const xt_found *found, int moment, xt_error *err);
void xt_snapshot_close(xt_snapshot *snapshot); /* zeroed is fine */
/* An xt_view_finder; context: xt_snapshot *. index: the array of the file. */
xt_status xt_snapshot_find(xt_view_field *field, const char *name, void *context, xt_error *err);
/* [voxels], NAN outside the tissue. */
xt_status xt_snapshot_values(float *value, const xt_snapshot *snapshot, const xt_view_field *field,
                             xt_error *err);
/* Volumes hold the fractions of whole voxels; run.json says what the second tissue is made of, so that those
 * of the first follow, as slices show them; in space means over voxels have the smoother edges. False:
 * `value` has shared voxels that stay mixed. */
bool xt_snapshot_unmix(float *value, const xt_snapshot *snapshot, const xt_view_field *field,
                       const uint8_t *second, const uint16_t *share, size_t count);
/* The first array that is a field: what to show if nobody says. NULL: none. Valid as long as the snapshot. */
const char *xt_snapshot_first_field(const xt_snapshot *snapshot, char *name, size_t size);

#endif
