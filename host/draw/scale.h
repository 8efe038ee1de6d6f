/* From value to colour, and the marks beside a colour bar or an axis. */
#ifndef DRAW_SCALE_H
#define DRAW_SCALE_H

#include <stdbool.h>
#include <stddef.h>
#include "draw/colormap.h"

typedef struct {
    double low, high;  /* low < high; both above 0 when log */
    bool log;          /* values <= 0 take the lowest colour */
    bool below, above; /* some values lie beyond the limits: the bar gets a tip there */
    xt_colormap map;
} xt_scale;

/* Where a value lies on the scale, 0..1, clamped. */
double xt_scale_at(const xt_scale *scale, double value);

enum { XT_MAX_TICKS = 64 };
typedef struct {
    double at;     /* 0..1 along the bar */
    char text[80]; /* "" for a small mark */
} xt_tick;

/* Marks at round values, ascending, labelled for at most about `wanted` of them; returns how many. *exponent:
 * what the labels must be multiplied by, as a power of ten. The map is not used. */
int xt_scale_ticks(xt_tick tick[XT_MAX_TICKS], int *exponent, const xt_scale *scale, int wanted);

/* The largest of 1, 2, 5 times a power of ten that is not above x > 0. */
double xt_nice_below(double x);

/* 10 to the n in superscripts; returns buffer. */
const char *xt_power_text(int exponent, char *buffer, size_t size);

#endif
