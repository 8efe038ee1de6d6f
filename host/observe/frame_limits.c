/* Limits of the colour bar that show the field. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "observe/frame_parts.h"

enum { MAX_SAMPLE = 1 << 14 };
static const double outlying =
    0.1; /* of the range or size of the percentiles: an extreme farther beyond is left out */
static const double decades = 1e6; /* the widest logarithmic range chosen automatically */

static int ascending(const void *a, const void *b) {
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* The 0.5 and 99.5 percentiles of finite values (positive ones if `positive`), of at most MAX_SAMPLE of them
 * taken at a fixed stride; the extremes where they are not far beyond, so that nothing is cut off for the
 * sake of little. count 0: there is none. */
static xt_status percentiles(double *low, double *high, size_t *count, const xt_frame_def *def, bool positive,
                             xt_error *err) {
    const size_t n = (size_t)def->nx * (size_t)def->ny;
    size_t usable = 0, kept = 0;
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < n; i++)
        if (isfinite(def->value[i]) && (!positive || def->value[i] > 0)) {
            least = fmin(least, def->value[i]);
            most = fmax(most, def->value[i]);
            usable++;
        }
    *count = usable;
    *low = *high = 0;
    if (usable == 0) return XT_OK;
    const size_t stride = (usable + MAX_SAMPLE - 1) / MAX_SAMPLE;
    float *sample = malloc((usable / stride + 1) * sizeof *sample);
    if (!sample) return xt_no_memory(err, "limits of a picture", usable / stride * sizeof *sample);
    size_t seen = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(def->value[i]) && (!positive || def->value[i] > 0))
            if (seen++ % stride == 0) sample[kept++] = def->value[i];
    qsort(sample, kept, sizeof *sample, ascending);
    *low = sample[(size_t)(0.005 * (double)(kept - 1) + 0.5)];
    *high = sample[(size_t)(0.995 * (double)(kept - 1) + 0.5)];
    free(sample);
    const double slack = outlying * fmax(*high - *low, fmax(fabs(*low), fabs(*high)));
    if (positive) return XT_OK;
    if (least >= *low - slack) *low = least;
    if (most <= *high + slack) *high = most;
    return XT_OK;
}

static void choose_log(double *low, double *high, const xt_frame_def *def, size_t count) {
    if (count == 0) {
        *low = 0.1;
        *high = 1;
    }
    if (*low < *high / decades) *low = *high / decades;
    if (def->map == XT_MAP_BALANCE && def->centre > 0) { /* as many times above as below */
        double reach = fmax(*high / def->centre, def->centre / *low);
        if (!(reach > 1.05)) reach = 1.5;
        *low = def->centre / reach;
        *high = def->centre * reach;
        return;
    }
    if (*high < 1.05 * *low) {
        const double middle = sqrt(*low * *high);
        *low = middle / 3;
        *high = middle * 3;
    }
}

/* To two digits. */
static double round_up(double reach) {
    const double unit = pow(10, floor(log10(reach)) - 1);
    return unit * ceil(reach / unit * (1 - 1e-6));
}

static void choose_linear(double *low, double *high, const xt_frame_def *def) {
    if (def->map == XT_MAP_BALANCE) {
        double reach = fmax(fabs(*low - def->centre), fabs(*high - def->centre));
        if (!(reach > 0)) reach = def->centre != 0 ? 0.1 * fabs(def->centre) : 1;
        reach = round_up(reach); /* a tissue that changes as a whole lies within, not at the very end */
        *low = def->centre - reach;
        *high = def->centre + reach;
        return;
    }
    const double size = fmax(fabs(*low), fabs(*high));
    if (size == 0) {
        *high = 1;
    } else if (*high - *low < 1e-6 * size) { /* one value everywhere */
        if (*high > 0) {
            *low = 0;
            *high *= 1.25;
        } else {
            *high = 0;
            *low *= 1.25;
        }
    } else if (*low >= 0 && *low < 0.4 * *high)
        *low = 0;
}

xt_status xt_frame_limits(double *low, double *high, const xt_frame_def *def, xt_error *err) {
    *low = def->low;
    *high = def->high;
    if (isnan(*low) || isnan(*high)) {
        double a = 0, b = 1;
        if (def->kind != XT_FRAME_FRACTION || def->log) {
            size_t count;
            XT_TRY(percentiles(&a, &b, &count, def, def->log, err));
            if (def->log)
                choose_log(&a, &b, def, count);
            else
                choose_linear(&a, &b, def);
        }
        if (isnan(*low))
            *low = isnan(*high) || a < *high ? a : def->log ? *high / 10 : *high - fabs(*high) - 1;
        if (isnan(*high)) *high = b > *low ? b : def->log ? *low * 10 : *low + fabs(*low) + 1;
    }
    if (!isfinite(*low) || !isfinite(*high) || !(*low < *high) || (def->log && !(*low > 0)))
        return xt_fail(err, XT_USAGE, "a colour bar from %g to %g%s", *low, *high,
                       def->log ? " on a logarithmic scale" : "");
    return XT_OK;
}
