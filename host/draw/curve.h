/* Curves over time in a strip, to run along below the pictures of a film: what has been is strong, what comes
 * is faint, a line says where the film is. Curves of one unit share a panel, panels stand side by side. */
#ifndef DRAW_CURVE_H
#define DRAW_CURVE_H

#include "draw/page.h"

enum { XT_CURVE_LINES = 4, XT_CURVE_BANDS = 64 };

typedef struct {
    const char *name;    /* "_" is shown as a space */
    const char *unit;    /* NULL, "" or "1": none */
    const double *value; /* [rows]; not finite: a gap */
    bool relative;       /* to the start: said in the panel, if all its lines are */
} xt_curve_line;

/* What others measured, behind a line: between low and high, at `from` and at `to`. */
typedef struct {
    int line;
    double from, to;        /* on the time axis */
    double low[2], high[2]; /* at `from`, at `to` */
} xt_curve_band;

/* All pointers are borrowed for the call that takes them. */
typedef struct {
    const char *axis;   /* what time is, "age (y)" */
    const double *time; /* [rows], not falling */
    int rows;           /* 0: axes only */
    double from, until; /* ends of the time axis; NAN: as the rows */
    xt_curve_line line[XT_CURVE_LINES];
    int lines; /* 1 to XT_CURVE_LINES */
    const xt_curve_band *band;
    int bands;             /* at most XT_CURVE_BANDS; those with a number that is not finite are left out */
    const char *band_name; /* what bands are: "shaded: published ranges"; NULL: it is not said */
    int width;             /* pixels; sizes scale with it as a page's do */
    bool dark;
    xt_colour ground;
} xt_curve_def;

typedef struct xt_curve xt_curve;

/* Lay out and draw what does not move. font (kept; NULL: no text). XT_USAGE for a number of lines that is not
 * 1 to 4, a width of less than 200, or times that fall. */
xt_status xt_curve_create(xt_curve **curve, const xt_curve_def *def, xt_font *font, xt_error *err);
void xt_curve_free(xt_curve *curve); /* NULL-safe */

int xt_curve_height(const xt_curve *curve);

/* The strip at time `now` into rows top.. of an image as wide as it. Values between rows are interpolated;
 * before the first and after the last there is none. */
xt_status xt_curve_paint(xt_image *image, int top, const xt_curve *curve, double now, xt_error *err);

/* Where things came to lie, for who wants to check: the plot of panel `panel`, in pixels of the strip, and
 * the ends of its axes. Returns how many panels there are. */
typedef struct {
    xt_rect plot;
    double x0, x1, y0, y1;
} xt_curve_panel;
int xt_curve_panels(xt_curve_panel *panel, const xt_curve *curve, int index);

#endif
