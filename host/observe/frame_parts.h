/* What the files of a frame share. Private to frame*.c. */
#ifndef OBSERVE_FRAME_PARTS_H
#define OBSERVE_FRAME_PARTS_H

#include <stddef.h>
#include "observe/frame.h"

typedef struct {
    xt_colour ground, ink, grey, rule, missing, missing_line;
} xt_frame_palette;

/* ---- scale: from value to colour, and the marks beside the bar ---- */

typedef struct {
    double low, high;
    bool log;
    bool below, above; /* some values lie beyond the limits */
    xt_colormap map;
} xt_frame_scale;

enum { XT_MAX_TICKS = 64 };
typedef struct {
    double at;     /* 0..1 along the bar */
    char text[80]; /* "" for a small mark */
} xt_tick;

double xt_scale_at(const xt_frame_scale *scale, double value); /* 0..1, clamped */
/* Marks at round values, labelled for at most about `wanted` of them. *exponent: what the labels must be
 * multiplied by, as a power of ten. */
int xt_scale_ticks(xt_tick tick[XT_MAX_TICKS], int *exponent, const xt_frame_scale *scale, int wanted);

/* The largest of 1, 2, 5 times a power of ten that is not above x > 0. */
double xt_nice_below(double x);
/* 10 to the n in superscripts; returns buffer. */
const char *xt_power_text(int exponent, char *buffer, size_t size);

/* ---- the slice itself ---- */

/* Paint into the rectangle x, y, w, h of the picture. scale is NULL for label frames. */
xt_status xt_frame_paint(xt_image *image, const xt_frame_layout *at, const xt_frame_def *def,
                         const xt_frame_scale *scale, const xt_frame_palette *palette, xt_error *err);

/* Bit per tissue (of 256) that the slice holds. */
void xt_frame_present(bool present[256], const xt_frame_def *def);

#endif
