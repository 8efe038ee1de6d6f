/* What a scene asks of a view of the volume (`output.views`), and `crosstalk render` of its options. Names
 * are as typed; they are resolved once it is known what there is. */
#ifndef SCENE_VIEW_DEF_H
#define SCENE_VIEW_DEF_H

#include <stdbool.h>
#include "base/error.h"

enum { XT_VIEWS_MAX = 16, XT_VIEW_FIELDS = 4, XT_VIEW_SURFACES = 4, XT_VIEW_CUTS = 6, XT_VIEW_POINTS = 16 };

/* A knot of a transfer function. */
typedef struct {
    double at;      /* place on the field's colour bar, 0..1 */
    double opacity; /* share of the strongest extinction, 0..1 */
} xt_view_point;

/* A field glowing in the volume. */
typedef struct {
    char name[64];    /* as in a frame's `show`; "tissue": nothing glows */
    double low, high; /* NAN: automatic */
    bool logarithmic;
    int map;         /* 0: automatic, else 1 + an xt_map_kind */
    double strength; /* times the extinction that suits the box */
    xt_view_point *point;
    int points; /* none: what is low is clear */
} xt_view_glow;

/* A surface around one tissue or several together. */
typedef struct {
    char (*tissue)[64]; /* "body": all of them; "none", alone: no surface */
    int tissues;
    char colour[8]; /* "#rrggbb"; "": that of the tissue */
    double opacity; /* NAN: by its place */
    char by[64];    /* the field shown that colours it; "": none */
} xt_view_surface;

/* A plane across an axis of the box; what lies on one side is taken away. */
typedef struct {
    int axis;
    bool at_given, at_is_fraction;
    double at; /* mm from the box's first corner, or fraction; default the middle */
    int away;  /* 0: the higher side is taken away, 1: the lower */
} xt_view_cut;

typedef struct {
    xt_view_glow *glow;
    int glows;
    xt_view_surface *surface;
    int surfaces; /* none: what suits the volume */
    xt_view_cut *cut;
    int cuts;
    char title[128];
    double azimuth, elevation, roll; /* degrees; elevation NAN: by the box's shape */
    double zoom;
    int perspective; /* 0 orthographic, 1 perspective */
    double angle;    /* of view, degrees; perspective */
    double turns;    /* around the volume in the course of the run */
    bool dark, draft;
    int width, height; /* pixels */
    int line, col;     /* in source */
    const xt_source *source;
} xt_view_request;

/* What the lists hold; not the request itself. */
void xt_view_request_clear(xt_view_request *view);

/* "#a8413f". False if it is no such text. */
bool xt_view_colour(unsigned *rgb, const char *text);

#endif
