#include "draw/colormap.h"

#include <math.h>
#include <string.h>

/* The colours a map passes through. Their lightness must rise: it says where on the map each lies. */
static const struct {
    const char *name;
    int count;
    unsigned anchor[6];
} maps[XT_MAP_KINDS] = {
    [XT_MAP_GLOW] = {"glow", 6, {0x2b1055, 0x3f4a9a, 0x1f7a94, 0x2fa67f, 0x95cf4e, 0xfbe84a}},
    [XT_MAP_EMBER] = {"ember", 6, {0x0b0720, 0x4a1a6b, 0x9a2a66, 0xd9513f, 0xf6983b, 0xfaf0a5}},
    [XT_MAP_GLACIER] = {"glacier", 5, {0x101c3d, 0x1f4583, 0x2f80ba, 0x7dbfdc, 0xf2f9fb}},
    [XT_MAP_BALANCE] = {"balance", 6, {0x14376f, 0x3f86c0, 0xf3f2f0, 0xf3f2f0, 0xd1604d, 0x7b1426}},
    [XT_MAP_AMBER] = {"amber", 4, {0x1c1003, 0x6e3c06, 0xcf7a14, 0xffbd55}},
    [XT_MAP_AZURE] = {"azure", 4, {0x04131f, 0x0b486f, 0x2091c6, 0x85d8fa}},
    [XT_MAP_ROSE] = {"rose", 4, {0x1e0814, 0x702250, 0xc64d8e, 0xffa3cf}},
};

typedef struct {
    double L, a, b;
} oklab;

static double to_linear(double v) { return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4); }
static double to_srgb(double v) { return v <= 0.0031308 ? 12.92 * v : 1.055 * pow(v, 1 / 2.4) - 0.055; }

static oklab from_colour(xt_colour c) {
    const double r = to_linear(c.r / 65535.0), g = to_linear(c.g / 65535.0), b = to_linear(c.b / 65535.0);
    const double l = cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
    const double m = cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    const double s = cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    return (oklab){0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
                   1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
                   0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

/* Linear light; components leave 0..1 where sRGB has no such colour. */
static void to_rgb(double rgb[3], oklab c) {
    const double l = pow(c.L + 0.3963377774 * c.a + 0.2158037573 * c.b, 3);
    const double m = pow(c.L - 0.1055613458 * c.a - 0.0638541728 * c.b, 3);
    const double s = pow(c.L - 0.0894841775 * c.a - 1.2914855480 * c.b, 3);
    rgb[0] = 4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s;
    rgb[1] = -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s;
    rgb[2] = -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s;
}

static int in_gamut(const double rgb[3]) {
    for (int k = 0; k < 3; k++)
        if (rgb[k] < -1e-6 || rgb[k] > 1 + 1e-6) return 0;
    return 1;
}

/* The nearest colour of the same lightness and hue that sRGB has. */
static xt_colour to_colour(oklab c) {
    double rgb[3], low = 0, high = 1;
    to_rgb(rgb, c);
    if (!in_gamut(rgb)) {
        for (int i = 0; i < 20; i++) {
            const double keep = (low + high) / 2;
            to_rgb(rgb, (oklab){c.L, c.a * keep, c.b * keep});
            *(in_gamut(rgb) ? &low : &high) = keep;
        }
        to_rgb(rgb, (oklab){c.L, c.a * low, c.b * low});
    }
    uint16_t channel[3];
    for (int k = 0; k < 3; k++) channel[k] = (uint16_t)lround(65535 * to_srgb(fmin(fmax(rgb[k], 0), 1)));
    return (xt_colour){channel[0], channel[1], channel[2], 65535};
}

/* Slope at anchor i of a curve through (t, v) that does not overshoot (Fritsch-Carlson, harmonic mean). */
static double slope(const double *t, const double *v, int count, int i) {
    if (i == 0) return (v[1] - v[0]) / (t[1] - t[0]);
    if (i == count - 1) return (v[i] - v[i - 1]) / (t[i] - t[i - 1]);
    const double before = (v[i] - v[i - 1]) / (t[i] - t[i - 1]);
    const double after = (v[i + 1] - v[i]) / (t[i + 1] - t[i]);
    return before * after > 0 ? 2 * before * after / (before + after) : 0;
}

static double curve(const double *t, const double *v, int count, double x) {
    int i = 0;
    while (i < count - 2 && x > t[i + 1]) i++;
    const double h = t[i + 1] - t[i], u = (x - t[i]) / h, w = 1 - u;
    return w * w * (1 + 2 * u) * v[i] + u * u * (1 + 2 * w) * v[i + 1] +
           h * u * w * (w * slope(t, v, count, i) - u * slope(t, v, count, i + 1));
}

/* Fill steps first..last from anchors of monotone lightness; lightness is linear in the step. */
static void ramp(xt_colour *step, int first, int last, const unsigned *anchor, int count) {
    double t[6], a[6], b[6], L[6];
    for (int i = 0; i < count; i++) {
        const oklab c = from_colour(xt_colour_hex(anchor[i]));
        L[i] = c.L;
        a[i] = c.a;
        b[i] = c.b;
    }
    for (int i = 0; i < count; i++) t[i] = (L[i] - L[0]) / (L[count - 1] - L[0]);
    for (int k = first; k <= last; k++) {
        const double x = (double)(k - first) / (last - first);
        step[k] = to_colour(
            (oklab){L[0] + (L[count - 1] - L[0]) * x, curve(t, a, count, x), curve(t, b, count, x)});
    }
}

void xt_colormap_make(xt_colormap *map, xt_map_kind kind) {
    map->kind = kind;
    if (kind == XT_MAP_BALANCE) {
        ramp(map->step, 0, XT_MAP_STEPS / 2 - 1, maps[kind].anchor, 3);
        ramp(map->step, XT_MAP_STEPS / 2, XT_MAP_STEPS - 1, maps[kind].anchor + 3, 3);
    } else
        ramp(map->step, 0, XT_MAP_STEPS - 1, maps[kind].anchor, maps[kind].count);
}

const char *xt_colormap_name(xt_map_kind kind) { return maps[kind].name; }

int xt_colormap_find(const char *name) {
    for (int k = 0; k < XT_MAP_KINDS; k++)
        if (strcmp(maps[k].name, name) == 0) return k;
    return -1;
}

xt_colour xt_colormap_at(const xt_colormap *map, double t) {
    const double x = (t > 0 ? (t < 1 ? t : 1) : 0) * (XT_MAP_STEPS - 1);
    const int i = x < XT_MAP_STEPS - 1 ? (int)x : XT_MAP_STEPS - 2;
    /* xt_colour_mix in whole numbers: every pixel of a field comes through here. */
    const xt_colour a = map->step[i], b = map->step[i + 1];
    const uint32_t f = (uint32_t)((x - i) * 65536 + 0.5), g = 65536 - f;
    return (xt_colour){(uint16_t)((a.r * g + b.r * f + 32768) >> 16),
                       (uint16_t)((a.g * g + b.g * f + 32768) >> 16),
                       (uint16_t)((a.b * g + b.b * f + 32768) >> 16), 65535};
}

double xt_colour_lightness(xt_colour colour) { return from_colour(colour).L; }
