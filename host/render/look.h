/* How a volume is shown: surfaces, glows, light, cuts, quality. */
#ifndef RENDER_LOOK_H
#define RENDER_LOOK_H

#include "draw/colormap.h"
#include "render/volume.h"

enum { XT_RENDER_CUTS = 6, XT_RENDER_POINTS = 16 };

/* A surface of the volume, by its number there. */
typedef struct {
    const char *name; /* for messages and legends; may be NULL */
    xt_colour colour;
    double opacity; /* 0: not drawn; 1: nothing behind it is seen. Where it is seen at right angles: */
    bool sheet;     /* it is a thin sheet, more opaque seen along it; else the same from every side */
    int field;      /* slot whose value colours it, or -1. Where the field is not known: `colour` */
    xt_map_kind map;
    bool inverted; /* the map from its other end */
} xt_surface_look;

/* A field glowing: extinction per mm as a function of the value, emitting the map's colour times `gain`. What
 * is seen does not depend on the step. */
typedef struct {
    int field; /* slot */
    xt_map_kind map;
    bool inverted;
    int points; /* at least 1: from value (0 at the field's low limit, 1 at its high limit; rising) to */
    double value[XT_RENDER_POINTS], opacity[XT_RENDER_POINTS]; /* extinction per mm, linear in between */
    double gain; /* 1: it never gets brighter than the map's colour */
} xt_glow_look;

/* What lies in the direction of `normal` from the plane is taken away; the matter that is laid open is closed
 * by a face in its surface's look. */
typedef struct {
    double point[3], normal[3]; /* mm from the box's first corner; any length */
} xt_look_cut;

typedef struct {
    xt_surface_look surface[XT_RENDER_SURFACES]; /* the volume's; opacity 0 leaves one out */
    xt_glow_look glow[XT_RENDER_FIELDS];
    int glows;
    xt_look_cut cut[XT_RENDER_CUTS];
    int cuts;
    double cap; /* least opacity of the faces that cuts lay open, 0..1 */

    /* Light, in linear light: colour (ambient (1 - occlusion) + diffuse max(0, n.l) (1 - shadow)) + specular
     * (n.h)^shininess (1 - shadow); n towards the viewer. */
    double light[3]; /* towards the light, in the camera's axes: right, up, towards the viewer */
    double ambient, diffuse, specular;
    int shininess;            /* a power of two, 1 to 256 */
    double occlusion, shadow; /* 0: none; 1: full */

    xt_colour top, bottom; /* background, at the upper and lower edge */
    double step;           /* of the samples, in voxels (the smallest spacing) */
    bool smooth_edges;     /* pixels that differ from their neighbours are sampled four more times */
    bool plain;            /* the straightforward marcher: every sample, to the end. For comparison */
} xt_look;

/* Nothing drawn yet (opacities 0, no glow), light from the upper left, all effects on, a dark background. */
xt_look xt_look_default(void);
/* The same, as quick as possible: coarser steps, no occlusion, shadow or smooth edges. */
void xt_look_preview(xt_look *look);

/* XT_USAGE with what is wrong: opacities outside 0..1, slots that the volume lacks, points that do not rise,
 * zero normals, steps outside 0.1..8, ... */
xt_status xt_look_check(const xt_look *look, int surfaces, int fields, xt_error *err);

/* Extinction per mm of a glow at a value 0..1. */
double xt_glow_opacity(const xt_glow_look *glow, double value);

#endif
