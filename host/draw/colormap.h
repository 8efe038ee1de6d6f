/* Maps from 0..1 to colour, made by interpolation in OKLab so that equal steps of the value look equal.
 *
 * In the sequential maps lightness rises in proportion to the value: they stay readable in grey and for
 * colour-blind readers. The diverging map is lightest in the middle and falls equally to both ends.
 * OKLab: B. Ottosson, "A perceptual color space for image processing", 2020. */
#ifndef DRAW_COLORMAP_H
#define DRAW_COLORMAP_H

#include "draw/image.h"

typedef enum {
    XT_MAP_GLOW,    /* sequential: violet, blue-green, yellow. The default */
    XT_MAP_EMBER,   /* sequential: black, purple, red, pale yellow */
    XT_MAP_GLACIER, /* sequential: ink, blue, white */
    XT_MAP_BALANCE, /* diverging: blue, white, red */
    XT_MAP_AMBER,   /* one hue each, told apart where several fields lie over one another */
    XT_MAP_AZURE,
    XT_MAP_ROSE
} xt_map_kind;
enum { XT_MAP_KINDS = 7, XT_MAP_STEPS = 256 };

typedef struct {
    xt_map_kind kind;
    xt_colour step[XT_MAP_STEPS];
} xt_colormap;

void xt_colormap_make(xt_colormap *map, xt_map_kind kind);

/* Names as scenes write them: "glow", "ember", "glacier", "balance", "amber", "azure", "rose". find gives -1
 * if there is none. */
const char *xt_colormap_name(xt_map_kind kind);
int xt_colormap_find(const char *name);

/* Clamped to 0..1; t must not be NAN. */
xt_colour xt_colormap_at(const xt_colormap *map, double t);

/* L of OKLab, 0..1. */
double xt_colour_lightness(xt_colour colour);

#endif
