#include "draw/image.h"

#include <math.h>
#include <stdlib.h>

enum { MAX_SIDE = 16384, MAX_CORNERS = 256, SUBROWS = 8 };

static uint16_t mix(uint16_t a, uint16_t b, double t) { return (uint16_t)(a + (b - (double)a) * t + 0.5); }

xt_colour xt_colour_mix(xt_colour a, xt_colour b, double t) {
    t = t > 0 ? (t < 1 ? t : 1) : 0;
    return (xt_colour){mix(a.r, b.r, t), mix(a.g, b.g, t), mix(a.b, b.b, t), mix(a.a, b.a, t)};
}

xt_status xt_image_create(xt_image *image, int width, int height, xt_colour fill, xt_error *err) {
    *image = (xt_image){0};
    if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE)
        return xt_fail(err, XT_USAGE, "a picture of %d x %d pixels; each side must be 1 to %d", width, height,
                       MAX_SIDE);
    const size_t count = (size_t)width * (size_t)height;
    image->pixel = malloc(count * sizeof *image->pixel);
    if (!image->pixel) return xt_no_memory(err, "a picture", count * sizeof *image->pixel);
    image->width = width;
    image->height = height;
    for (size_t i = 0; i < count; i++) image->pixel[i] = fill;
    return XT_OK;
}

void xt_image_free(xt_image *image) {
    if (!image) return;
    free(image->pixel);
    *image = (xt_image){0};
}

void xt_image_blend(xt_image *image, int x, int y, xt_colour colour, double coverage) {
    if (x < 0 || y < 0 || x >= image->width || y >= image->height || !(coverage > 0)) return;
    xt_colour *p = &image->pixel[(size_t)y * (size_t)image->width + (size_t)x];
    const double t = (coverage < 1 ? coverage : 1) * colour.a / 65535.0;
    colour.a = 65535;
    if (t >= 1) {
        *p = colour;
        return;
    }
    *p = xt_colour_mix(*p, colour, t);
}

/* Length of the overlap of pixel [i, i + 1] with [a, b]. */
static double overlap(int i, double a, double b) {
    const double low = a > i ? a : i, high = b < i + 1.0 ? b : i + 1.0;
    return high > low ? high - low : 0;
}

/* First and last pixel that [a, b] touches, inside 0..size - 1. */
static void reach(int *first, int *last, double a, double b, int size) {
    *first = a > 0 ? (a < size ? (int)a : size) : 0;
    *last = b < size ? (b > 0 ? (int)ceil(b) - 1 : -1) : size - 1;
}

void xt_image_rect(xt_image *image, double x0, double y0, double x1, double y1, xt_colour colour) {
    int left, right, top, bottom;
    reach(&left, &right, x0, x1, image->width);
    reach(&top, &bottom, y0, y1, image->height);
    for (int y = top; y <= bottom; y++)
        for (int x = left; x <= right; x++)
            xt_image_blend(image, x, y, colour, overlap(x, x0, x1) * overlap(y, y0, y1));
}

void xt_image_line(xt_image *image, double x0, double y0, double x1, double y1, double width,
                   xt_colour colour) {
    const double dx = x1 - x0, dy = y1 - y0, square = dx * dx + dy * dy, margin = width / 2 + 1;
    int left, right, top, bottom;
    reach(&left, &right, fmin(x0, x1) - margin, fmax(x0, x1) + margin, image->width);
    reach(&top, &bottom, fmin(y0, y1) - margin, fmax(y0, y1) + margin, image->height);
    for (int y = top; y <= bottom; y++)
        for (int x = left; x <= right; x++) {
            const double px = x + 0.5 - x0, py = y + 0.5 - y0;
            double t = square > 0 ? (px * dx + py * dy) / square : 0;
            t = t > 0 ? (t < 1 ? t : 1) : 0;
            const double distance = hypot(px - t * dx, py - t * dy);
            /* A stroke thinner than a pixel is a paler one of a pixel. */
            const double covered = fmin(0.5 + width / 2 - distance, width);
            xt_image_blend(image, x, y, colour, covered);
        }
}

/* Crossings of the polygon with the horizontal line at y, in ascending order. */
static int crossings(double cross[MAX_CORNERS], const double (*corner)[2], int count, double y) {
    int n = 0;
    for (int i = 0, j = count - 1; i < count; j = i++) {
        const double ya = corner[j][1], yb = corner[i][1];
        if ((ya <= y) == (yb <= y)) continue;
        const double x = corner[j][0] + (y - ya) / (yb - ya) * (corner[i][0] - corner[j][0]);
        int at = n++;
        for (; at > 0 && cross[at - 1] > x; at--) cross[at] = cross[at - 1];
        cross[at] = x;
    }
    return n;
}

void xt_image_polygon(xt_image *image, const double (*corner)[2], int count, xt_colour colour) {
    if (count < 3 || count > MAX_CORNERS) return;
    double low = corner[0][1], high = low, left = corner[0][0], right = left;
    for (int i = 1; i < count; i++) {
        low = fmin(low, corner[i][1]);
        high = fmax(high, corner[i][1]);
        left = fmin(left, corner[i][0]);
        right = fmax(right, corner[i][0]);
    }
    int x0, x1, y0, y1;
    reach(&y0, &y1, low, high, image->height);
    reach(&x0, &x1, left, right, image->width);
    for (int y = y0; y <= y1; y++) {
        double cross[SUBROWS][MAX_CORNERS];
        int n[SUBROWS];
        for (int s = 0; s < SUBROWS; s++) n[s] = crossings(cross[s], corner, count, y + (s + 0.5) / SUBROWS);
        for (int x = x0; x <= x1; x++) {
            double covered = 0;
            for (int s = 0; s < SUBROWS; s++)
                for (int k = 0; k + 1 < n[s]; k += 2) covered += overlap(x, cross[s][k], cross[s][k + 1]);
            xt_image_blend(image, x, y, colour, covered / SUBROWS);
        }
    }
}
