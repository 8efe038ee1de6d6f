/* One picture of one slice: the field or the tissues, outlines, colour bar or legend, scale bar, title, time.
 *
 * Fields are interpolated only within a tissue and never across its edge; tissue boundaries are drawn where a
 * quadratic B-spline of the labels says, which puts flat boundaries exactly between voxels and keeps layers
 * of one voxel as wide as they are. */
#ifndef OBSERVE_FRAME_H
#define OBSERVE_FRAME_H

#include <stdbool.h>
#include "draw/colormap.h"
#include "draw/font.h"
#include "draw/scale.h"

typedef enum {
    XT_FRAME_FIELD,
    XT_FRAME_FRACTION, /* limits default to 0 and 1 */
    XT_FRAME_LABEL     /* tissues in their colours, with a legend; value is not used */
} xt_frame_kind;

/* Where the tissues of a plane lie on a picture, kept from one picture to the next: most of the work of a
 * picture is there, and tissues move slowly. Pictures of one plane and one size may share one; it renews
 * itself when the tissues have changed. One thread at a time. */
typedef struct xt_frame_sketch xt_frame_sketch;
xt_status xt_frame_sketch_create(xt_frame_sketch **sketch, xt_error *err);
void xt_frame_sketch_free(xt_frame_sketch *sketch); /* NULL is fine */

/* All pointers are borrowed for the call. Texts are UTF-8; NULL leaves one out. */
typedef struct {
    xt_frame_kind kind;
    const char *title;    /* "Irisin in the thigh" */
    const char *subtitle; /* "age 62.3 y · day 13 620" */
    const char *badge;    /* a warning beside the title: "not resolved" */
    const char *note;     /* lines at the bottom, what a reader must know */
    const char *caption;  /* above the slice, on a page of several: "b   z = 12 mm" */
    const char *label;    /* of the colour bar, "irisin" */
    const char *unit;     /* "pM"; NULL or "1": none is shown */

    int nx, ny;            /* voxels of the slice to the right and upwards */
    double spacing[2];     /* mm */
    const float *value;    /* [nx * ny], the lowest row first. NAN: not known; hatched inside tissue */
    const uint8_t *tissue; /* [nx * ny], 0 outside; NULL: inside is where value is not NAN, no outlines */
    const uint8_t *second; /* [nx * ny], with share: what else is in the voxel; NULL: nothing */
    const uint16_t *share; /* [nx * ny], in units of 1/65535, as in xt_material */
    int tissue_count;
    const char *const *tissue_name; /* [tissue_count], tissue k at [k - 1]; "_" is shown as a space */
    const unsigned *tissue_colour;  /* [tissue_count], 0xRRGGBB */
    const char *side[4];            /* letters at the left, right, bottom, top edge, e.g. "L" "R" "P" "A" */

    double low, high; /* of the colour bar; NAN: by xt_frame_limits */
    double centre;    /* of XT_MAP_BALANCE, when limits are found: they are symmetric about it */
    bool log;         /* logarithmic colours; values <= 0 take the lowest */
    xt_map_kind map;
    bool voxels; /* every voxel as a flat rectangle */
    bool no_outlines;
    bool blended; /* values of shared voxels are means over both their tissues and no finer gradient is known:
                     shared voxels take theirs from their tissue's neighbours, pure ones first */
    bool sloped; /* values are those of a smooth field in the middles of voxels: up to the edges of tissues it
                    goes on as inside (observe/fit.h), not level from the last voxel on */
    const double (*clip)[2]; /* [clips] corners of a convex polygon, mm from the lower left: nothing is known
                                outside it, e.g. where an oblique plane leaves the box; NULL: the rectangle */
    int clips;
    double voxel[3];   /* what the page says of the voxels' size, mm; 0: that of the slice */
    bool dark;         /* light on a dark ground */
    int width, height; /* pixels; height 0: as the slice needs it, between 0.45 and 1.6 of the width */
    int depth;         /* of the file: 8 or 16 bits a channel; 0: 8 */

    xt_frame_sketch *sketch; /* NULL: none is kept */

    /* metadata of the file */
    const char *scene, *software;
    double time; /* d; NAN: none */
} xt_frame_def;

/* A field frame 900 pixels wide, automatic limits, everything else empty. */
void xt_frame_def_default(xt_frame_def *def);

/* Where things came to lie, pixels. */
typedef struct {
    int width, height;
    double x, y, w, h; /* the slice: left, top, size */
    double per_mm;     /* pixels per mm, the same both ways */
    double bar_mm, bar_x,
        bar_y;        /* scale bar: length, left end, top; its length in pixels is bar_mm * per_mm */
    double low, high; /* of the colour bar as drawn */
} xt_frame_layout;

/* Limits that show the field: the extremes of the finite values, the 0.5 and 99.5 percentiles where those are
 * farther in than a tenth of their range or size; from 0 when the low one is below 0.4 of the high one. When
 * `log`: the percentiles, at most six decades. Symmetric about def->centre for a diverging map; never empty.
 * def->low and def->high are kept where they are given. Use one pair for all frames of a film.
 */
xt_status xt_frame_limits(double *low, double *high, const xt_frame_def *def, xt_error *err);

/* Draw. *image is created; the caller frees it. layout and font may be NULL (then nothing is reported; then
 * there is no text). XT_USAGE where the definition makes no sense. */
xt_status xt_frame_draw(xt_image *image, xt_frame_layout *layout, const xt_frame_def *def, xt_font *font,
                        xt_error *err);

/* Draw and write with metadata: Title, Scene, Time, Field, Units, Software. */
xt_status xt_frame_write(const char *path, const xt_frame_def *def, xt_font *font, xt_error *err);

#endif
