#include "draw/polyline.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Coverage so far of the pixels of a rectangle; the line is laid on in one go, so pieces may overlap. */
typedef struct {
    float *covered;
    int x, y, w, h;
    double width;
} sheet;

static void segment(const sheet *s, const double a[2], const double b[2]) {
    const double dx = b[0] - a[0], dy = b[1] - a[1], square = dx * dx + dy * dy, margin = s->width / 2 + 1;
    const double left = fmax(floor(fmin(a[0], b[0]) - margin), s->x);
    const double right = fmin(ceil(fmax(a[0], b[0]) + margin), s->x + s->w);
    for (int x = (int)left; x < (int)right; x++) {
        /* the rows near the piece in this column: a steep or long one does not look at its whole box */
        double low = fmin(a[1], b[1]), high = fmax(a[1], b[1]);
        if (fabs(dx) > 1e-9) {
            const double t0 = fmin(fmax((x - margin - a[0]) / dx, 0), 1),
                         t1 = fmin(fmax((x + 1 + margin - a[0]) / dx, 0), 1);
            low = a[1] + fmin(t0 * dy, t1 * dy);
            high = a[1] + fmax(t0 * dy, t1 * dy);
        }
        const double top = fmax(floor(low - margin), s->y), bottom = fmin(ceil(high + margin), s->y + s->h);
        for (int y = (int)top; y < (int)bottom; y++) {
            const double px = x + 0.5 - a[0], py = y + 0.5 - a[1];
            double t = square > 0 ? (px * dx + py * dy) / square : 0;
            t = t > 0 ? (t < 1 ? t : 1) : 0;
            const double ex = px - t * dx, ey = py - t * dy;
            const float c = (float)fmin(0.5 + s->width / 2 - sqrt(ex * ex + ey * ey), s->width);
            float *at = &s->covered[(size_t)(y - s->y) * (size_t)s->w + (size_t)(x - s->x)];
            if (c > *at) *at = c;
        }
    }
}

static bool is_point(const double p[2]) { return isfinite(p[0]) && isfinite(p[1]); }

/* Points i..last-1 share a column of pixels and x does not fall: where the column ends. */
static int column_end(const double (*point)[2], int i, int count) {
    const double column = floor(point[i][0]);
    int last = i + 1;
    while (last < count && is_point(point[last]) && floor(point[last][0]) == column &&
           point[last][0] >= point[last - 1][0])
        last++;
    return last;
}

static void stroke(const sheet *s, const double (*point)[2], int count) {
    const double *before = NULL;
    for (int i = 0; i < count;) {
        if (!is_point(point[i])) {
            before = NULL;
            i++;
            continue;
        }
        const int last = column_end(point, i, count);
        int low = i, high = i;
        for (int k = i; k < last; k++) {
            if (point[k][1] < point[low][1]) low = k;
            if (point[k][1] > point[high][1]) high = k;
        }
        const int told[4] = {i, low < high ? low : high, low < high ? high : low, last - 1};
        for (int k = 0; k < 4; k++) {
            const double *at = point[told[k]];
            if (k == 0 && !before)
                segment(s, at, at);
            else if (k == 0)
                segment(s, before, at);
            else if (told[k] != told[k - 1])
                segment(s, point[told[k - 1]], at);
        }
        before = point[last - 1];
        i = last;
    }
}

xt_status xt_image_polyline(xt_image *image, const double (*point)[2], int count, double width,
                            const int clip[4], xt_colour colour, xt_error *err) {
    const int left = clip[0] > 0 ? clip[0] : 0, top = clip[1] > 0 ? clip[1] : 0;
    const int right = clip[2] < image->width ? clip[2] : image->width;
    const int bottom = clip[3] < image->height ? clip[3] : image->height;
    if (right <= left || bottom <= top || count < 1 || !(width > 0)) return XT_OK;
    const sheet s = {.x = left,
                     .y = top,
                     .w = right - left,
                     .h = bottom - top,
                     .width = width,
                     .covered = calloc((size_t)(right - left) * (size_t)(bottom - top), sizeof(float))};
    if (!s.covered) return xt_no_memory(err, "a line", (size_t)s.w * (size_t)s.h * sizeof(float));
    stroke(&s, point, count);
    for (int y = 0; y < s.h; y++)
        for (int x = 0; x < s.w; x++) {
            const float c = s.covered[(size_t)y * (size_t)s.w + (size_t)x];
            if (c > 0) xt_image_blend(image, s.x + x, s.y + y, colour, c);
        }
    free(s.covered);
    return XT_OK;
}
