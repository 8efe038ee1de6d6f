/* Inside draw/curve.c and draw/curve_legend.c. */
#ifndef DRAW_CURVE_PARTS_H
#define DRAW_CURVE_PARTS_H

#include "draw/curve.h"

typedef struct {
    xt_curve_panel at;
    int line[XT_CURVE_LINES], lines;
    double left, right;               /* of the panel with its labels */
    double legend;                    /* width that it wants */
    double begin[XT_CURVE_LINES + 1]; /* of its entries, and the end of the last */
} xt_curve_part;

struct xt_curve {
    xt_image base; /* the strip without what moves */
    xt_font *font; /* borrowed */
    double unit;
    xt_palette palette;
    xt_colour ground;
    bool dark;
    xt_curve_part panel[XT_CURVE_LINES];
    int panels, rows, lines;
    double *time, *value[XT_CURVE_LINES];
    char name[XT_CURVE_LINES][64], measure[XT_CURVE_LINES][32];
    bool relative[XT_CURVE_LINES];
    xt_curve_band band[XT_CURVE_BANDS];
    int bands;
    double (*point)[2]; /* [rows + 2], room to compose a line in */
};

xt_colour xt_curve_ink(const xt_curve *curve, int line);

/* Of a line at a time, NAN where there is none. */
double xt_curve_value(const xt_curve *curve, int line, double now);

/* Places panels and legends side by side: each panel as wide as its legend needs, and a share of what is
 * left. */
void xt_curve_share_width(xt_curve *curve, double width);

/* What each line of the panel is, and what it is now. */
void xt_curve_draw_legend(xt_image *image, int top, const xt_curve *curve, const xt_curve_part *panel,
                          double now);

#endif
