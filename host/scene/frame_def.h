/* What a scene asks of a picture of slices (`output.frames`). Names are as typed; what they are is known once
 * the model is loaded. */
#ifndef SCENE_FRAME_DEF_H
#define SCENE_FRAME_DEF_H

#include <stdbool.h>
#include "base/error.h"

enum { XT_FRAME_SHOWS = 8, XT_FRAME_AXES = 3, XT_FRAME_PLACES = 16, XT_FRAME_PANELS = 64, XT_FRAME_ROW = 6 };

typedef enum { XT_SHOW_FIELD, XT_SHOW_EXPOSURE, XT_SHOW_PHASE, XT_SHOW_STATE, XT_SHOW_TISSUE } xt_show_kind;

typedef struct {
    double value; /* mm, or a fraction of the box */
    bool is_fraction;
} xt_place;

/* A picture has a panel for each of shows x planes; planes are the axes at each of the places, or oblique
 * ones. */
typedef struct {
    char show[XT_FRAME_SHOWS][64]; /* a species, u_<species>, f_<phase>, a state, or `tissue` */
    int shows;
    char title[128];
    int axis[XT_FRAME_AXES]; /* 0 x, 1 y, 2 z */
    int axes;
    xt_place at[XT_FRAME_PLACES]; /* from the box's first corner; of oblique planes: mm along the normal */
    int places;                   /* 0: one in the middle */
    double normal[3];             /* across an oblique plane; all 0: planes are across the axes */
    xt_place through[3];          /* point on it; the middle if throughs is 0 */
    int throughs;
    double turn;            /* of an oblique picture in its plane, degrees, anticlockwise */
    double low, high;       /* NAN: automatic; in the unit shown (pM, 1) */
    bool logarithmic, peak; /* peak: exercise-peak field */
    bool difference, difference_is_age;
    double since; /* of the difference: h since the start, or age in h */
    int map;      /* 0: by what is shown, else 1 + an xt_map_kind */
    bool voxels;  /* flat voxels, as simulated */
    bool outlines;
    bool dark;
    int columns;                                   /* of panels; 0: what makes them largest */
    int pixels, height;                            /* of the picture; height 0: as the slices need it */
    int depth;                                     /* bits a channel: 8 or 16 */
    int line[XT_FRAME_SHOWS], col[XT_FRAME_SHOWS]; /* of the names, in source */
    const xt_source *source;
} xt_frame_request;

static inline bool xt_frame_is_oblique(const xt_frame_request *frame) {
    return frame->normal[0] != 0 || frame->normal[1] != 0 || frame->normal[2] != 0;
}

#endif
