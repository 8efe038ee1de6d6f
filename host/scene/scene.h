/* A scene: geometry, model, subject, clock, events, outputs, numerics. Read strictly from YAML (scene/yaml.h)
 * against one table (schema.c) that also gives --help, the JSON Schema and the scene as used. All numbers in
 * internal units.
 *
 * Values whose unit only the model knows (settings, parameters) stay text with their place in the file. */
#ifndef SCENE_SCENE_H
#define SCENE_SCENE_H

#include "base/error.h"
#include "base/json.h"
#include "scene/film_def.h"
#include "scene/frame_def.h"
#include "scene/geometry_def.h"
#include "scene/view_def.h"
#include "scene/yaml.h"

/* `name: text`, and where it stands. */
typedef struct {
    char name[64];
    const char *text; /* NULL: unset (`~` or `none`); lives as long as the scene's tree */
    int line, col;
    const xt_source *source; /* the scene file, or --set */
} xt_assignment;

typedef struct {
    bool at_is_age;
    double at;          /* h since the start, or age in h */
    xt_assignment *set; /* settings of the model */
    int set_count;
    /* a bolus or injection; species "" if none */
    char species[64];
    double amount; /* amol */
    bool into_plasma;
    double centre[3], radius; /* mm, from the box's first corner; radius > 0 */
    int line, col;            /* of the species, else of the event, in source */
    const xt_source *source;
} xt_event;

/* What was measured in people whom the scene stands for, shown beside the curve of a readout. */
typedef struct {
    char readout[64];
    int sex;         /* 0 both, 1 female, 2 male */
    double from, to; /* h since the start, or ages */
    bool from_is_age, to_is_age;
    double low, high; /* in the readout's unit, NAN: open; change: in % of the value at `from`, reached at
                         `to` */
    bool change;
    char about[256], source[256];
} xt_scene_target;

typedef enum { XT_CHRONIC, XT_ACUTE } xt_mode;

/* A wall of the box with a fixed value. */
typedef struct {
    int wall; /* XT_XM.. order: x-, x+, y-, y+, z-, z+ */
    char species[64];
    double value; /* pM */
} xt_fixed_wall;

typedef struct {
    char *file;    /* path of the scene, as given */
    xt_tree *tree; /* owned: texts and places */
    char title[128];
    char *expect; /* what the scene says to expect */

    char *model_file; /* resolved against the scene's folder, then scenes/ of the source and data folders */
    xt_assignment *parameter;
    int parameter_count;

    xt_geometry geometry; /* geometry.labels.file resolved against the scene's folder */
    xt_fixed_wall *fixed; /* walls with a fixed value; the others are no-flux */
    int fixed_count;

    bool female, ageing;    /* ageing false: the age stays */
    double age;             /* h */
    xt_assignment *setting; /* `drivers:` */
    int setting_count;

    xt_mode mode;
    double until;          /* h since the start (an age has been converted) */
    bool until_is_age;     /* it was given as an age */
    double acute;          /* chronic scenes: h of an acute phase after the end; 0 none */
    double step, min_step; /* longest and shortest remodelling step, h */
    bool adaptive;         /* steps between them, by the error estimate; false: all of `step` */
    xt_event *event;       /* sorted by time */
    int event_count;
    xt_scene_target *target;
    int target_count;

    double every;         /* h between frames and volumes; 0: only start and end */
    double series_every;  /* h between rows; default every; 0: each step */
    double volumes_every; /* h; 0: none, except `volumes_at_end` */
    bool volumes_at_end;
    double acute_every;        /* h between frames of the acute phase (default acute/12) */
    double checkpoint_seconds; /* wall time between checkpoints, default 120; 0: only on signals */
    xt_frame_request *frame;
    int frame_count;
    xt_view_request *view;
    int view_count;
    xt_film_request *film;
    int film_count;
    char (*volume_field)[64]; /* names as in `show`; default: species, tissue and f_<phase> */
    int volume_count;
    bool volume_nifti, volume_vti, volume_compress;

    double tolerance, step_tolerance;
    int max_iterations;
    int acute_method;                      /* as xt_acute_method (solve/solve.h) */
    double acute_relative, acute_absolute; /* error tolerated in an acute step; pM, 0: by the level */
    int acute_stages;
    double courant, max_acute_step; /* h */
    int substeps;
    bool reference_tissue_mean, plasma_clamped;
    unsigned long long seed;
} xt_scene;

/* Read and check. `sets` are "key=value" texts of --set, applied to the tree before it is checked. */
xt_status xt_scene_load(xt_scene **scene, const char *path, const char *const *sets, int set_count,
                        xt_error *err);
void xt_scene_free(xt_scene *scene); /* NULL-safe */

/* Are fields resolved in time at all? */
bool xt_scene_has_acute(const xt_scene *scene);

/* When an event happens, h since the start. */
double xt_scene_event_time(const xt_scene *scene, const xt_event *event);

/* The scene as used, every default filled in: the members of a JSON object (keys as in the file) that the
 * caller opens and closes. It is YAML too and loads again to the same scene. Phantom dimensions appear once
 * xt_geometry_resolve has filled them in. */
void xt_scene_write(xt_json *json, const xt_scene *scene);

/* JSON Schema (draft 2020-12) of scene files, from the same table. */
void xt_scene_json_schema(xt_text *out);

/* The same table to read: every key with unit, default, range and meaning. */
void xt_scene_help(xt_text *out);

#endif
