/* What a scene says of the geometry, in internal units. mesh/ builds from it. */
#ifndef SCENE_GEOMETRY_DEF_H
#define SCENE_GEOMETRY_DEF_H

#include <stdbool.h>

typedef enum {
    XT_GEOMETRY_THIGH,
    XT_GEOMETRY_TIBIA,
    XT_GEOMETRY_MOUSE_THIGH,
    XT_GEOMETRY_SLABS,
    XT_GEOMETRY_SPHERES,
    XT_GEOMETRY_LABELS
} xt_geometry_kind;

typedef struct {
    char tissue[64];
    double size; /* slabs: thickness mm along x; spheres: outer radius mm, from the inside out */
} xt_layer;

typedef struct {
    long label;      /* value in the volume */
    char tissue[64]; /* name, or "outside" */
} xt_label_entry;

/* All lengths mm. Zeros mean the default of the phantom (MODEL.md §8.1), which xt_geometry_resolve fills in
 * so that the scene as used can be written back. */
typedef struct {
    xt_geometry_kind kind;
    bool female; /* default dimensions of the human phantoms */
    double spacing[3];
    /* thigh (P1) and mouse thigh (P3): concentric, or the femur off the centre */
    double medullary_radius, femur_radius, periosteum, muscle_radius, fascia, fat, skin, length,
        femur_offset[2];
    bool septa;    /* three compartments parted by 0.8 mm septa of fat */
    double septum; /* mm */
    /* tibia (P2) */
    double tibia_width, tibia_depth, shell, bone_at_shell, bone_at_centre, muscle, tendon;
    /* the mouse's elliptic femur: tibia_width, tibia_depth across, shell = its cortex; medullary_radius and
     * femur_radius do not count */
    /* slabs and spheres; cross-section of slabs, edge of the spheres' box (outermost layer fills the rest) */
    xt_layer *layer;
    int layer_count;
    double width[2], box;
    /* label volume */
    char *file;
    xt_label_entry *label;
    int label_count;
    double smoothing; /* mm, standard deviation used when resampling; 0 = 0.6 of the input spacing */
    /* window: part of the phantom or volume, in mm from the box's first corner; size 0 = all */
    bool has_window;
    double window_origin[3], window_size[3];
    bool window_centred; /* window_origin is the window's centre */
    double max_bytes;    /* decompressed size that a label volume may have; 0 = 16 GiB */
} xt_geometry;

#endif
