/* Defaults, checks and boxes of the phantoms (MODEL.md §8.1 says where the numbers come from). */
#include "mesh/phantom.h"

#include <math.h>
#include <stdlib.h>

static void fallback(double *value, double otherwise) {
    if (*value == 0) *value = otherwise;
}

static double thickness(double value) { return value > 0 ? value : 0; }

static double total(const xt_geometry *g) {
    double sum = 0;
    for (int i = 0; i < g->layer_count; i++) sum += g->layer[i].size;
    return sum;
}

/* Slabs and spheres have none: theirs must be given. */
static void default_spacing(xt_geometry *g) {
    if (g->kind == XT_GEOMETRY_THIGH || g->kind == XT_GEOMETRY_TIBIA) fallback(&g->spacing[0], 0.5);
    if (g->kind == XT_GEOMETRY_MOUSE_THIGH) fallback(&g->spacing[0], 0.05);
    for (int a = 1; a < 3; a++) fallback(&g->spacing[a], g->spacing[0]);
}

static void thigh_defaults(xt_geometry *g) {
    fallback(&g->medullary_radius, g->female ? 6.0 : 6.5);
    fallback(&g->femur_radius, g->female ? 12.8 : 13.25);
    fallback(&g->periosteum, 0.1);
    fallback(&g->muscle_radius, g->female ? 56 : 67);
    fallback(&g->fascia, 1);
    fallback(&g->fat, g->female ? 25 : 12);
    fallback(&g->skin, 2);
    fallback(&g->length, 10);
    fallback(&g->septum, 0.8);
}

/* No fascia and no periosteum unless asked for; a skin thick enough for three voxels of 50 um. */
static void mouse_defaults(xt_geometry *g) {
    fallback(&g->tibia_width, 1.8);
    fallback(&g->tibia_depth, 1.3);
    fallback(&g->shell, 0.19);
    fallback(&g->muscle_radius, 5);
    fallback(&g->fat, 0.3);
    fallback(&g->skin, 0.15);
    fallback(&g->length, 4);
}

static void tibia_defaults(xt_geometry *g) {
    fallback(&g->tibia_width, 70);
    fallback(&g->tibia_depth, 48);
    fallback(&g->shell, 1.5);
    fallback(&g->bone_at_shell, 0.30);
    fallback(&g->bone_at_centre, 0.10);
    fallback(&g->muscle, 15);
    fallback(&g->tendon, 5);
    fallback(&g->fat, 6);
    fallback(&g->skin, 2);
    fallback(&g->length, 10);
}

static xt_status positive(double value, const char *what, xt_error *err) {
    if (value > 0 && isfinite(value)) return XT_OK;
    return xt_fail(err, XT_USAGE, "the %s must be positive, not %g mm", what, value);
}

/* The bone, wherever it is put, must lie within the muscle. */
static xt_status check_bone(const xt_geometry *g, double outer, double inner, xt_error *err) {
    XT_TRY(positive(g->muscle_radius, "muscle radius", err));
    if (!(inner > 0) || !(inner < outer - (g->kind == XT_GEOMETRY_THIGH ? thickness(g->periosteum) : 0)))
        return xt_fail(err, XT_USAGE,
                       "the medullary canal (radius %g mm) and the periosteum (%g mm) leave no cortex in "
                       "a bone of radius %g mm",
                       inner, thickness(g->periosteum), outer);
    const double offset = hypot(g->femur_offset[0], g->femur_offset[1]);
    if (!(offset + outer <= g->muscle_radius))
        return xt_fail(err, XT_USAGE,
                       "a bone of radius %g mm at %g mm from the axis does not fit in muscle of radius %g "
                       "mm",
                       outer, offset, g->muscle_radius);
    if (g->septa && g->kind == XT_GEOMETRY_THIGH) XT_TRY(positive(g->septum, "thickness of the septa", err));
    return XT_OK;
}

static xt_status check_tibia(const xt_geometry *g, xt_error *err) {
    XT_TRY(positive(g->tibia_width, "width of the tibia", err));
    XT_TRY(positive(g->tibia_depth, "depth of the tibia", err));
    XT_TRY(positive(g->shell, "cortical shell", err));
    if (!(2 * g->shell < fmin(g->tibia_width, g->tibia_depth)))
        return xt_fail(err, XT_USAGE, "a shell of %g mm leaves no trabecular bone in a tibia of %g x %g mm",
                       g->shell, g->tibia_width, g->tibia_depth);
    if (!(g->bone_at_shell >= 0 && g->bone_at_shell <= 1 && g->bone_at_centre >= 0 && g->bone_at_centre <= 1))
        return xt_fail(err, XT_USAGE,
                       "bone fractions of %g at the shell and %g at the centre must lie in 0 to 1",
                       g->bone_at_shell, g->bone_at_centre);
    if (g->tendon > thickness(g->fascia) + thickness(g->fat))
        return xt_fail(err, XT_USAGE,
                       "a tendon of %g mm does not fit in the %g mm of fat in front of the tibia", g->tendon,
                       thickness(g->fascia) + thickness(g->fat));
    return XT_OK;
}

static xt_status check_layers(const xt_geometry *g, xt_error *err) {
    if (g->layer_count < 1) return xt_fail(err, XT_USAGE, "the geometry needs at least one layer");
    for (int i = 0; i < g->layer_count; i++) {
        const double size = g->layer[i].size;
        if (g->kind == XT_GEOMETRY_SPHERES) {
            if (i == g->layer_count - 1) break; /* fills the rest of the box */
            if (!(size > (i > 0 ? g->layer[i - 1].size : 0)) || !isfinite(size))
                return xt_fail(err, XT_USAGE,
                               "radius %g mm of sphere %d must be positive and larger than the one inside "
                               "it",
                               size, i + 1);
            if (!(2 * size <= g->box))
                return xt_fail(err, XT_USAGE, "a sphere of radius %g mm does not fit in a box of %g mm", size,
                               g->box);
        } else if (!(size > 0) || !isfinite(size)) {
            return xt_fail(err, XT_USAGE, "layer %d must have a positive thickness, not %g mm", i + 1, size);
        }
    }
    return XT_OK;
}

void xt_tibia_deep(const xt_geometry *g, double *a, double *b) {
    /* An ellipse with semi-axes a, b around a smaller one (ta, tb) that it touches at the end of b, centres
     * apart by b - tb, holds it where its curvature there is the smaller: a^2 / b >= ta^2 / tb. */
    const double p = thickness(g->periosteum), ta = 0.5 * g->tibia_width + p, tb = 0.5 * g->tibia_depth + p;
    *b = tb + 0.5 * thickness(g->muscle);
    *a = 1.03 * ta * sqrt(*b / tb);
}

xt_status xt_phantom_resolve(xt_geometry *g, xt_error *err) {
    default_spacing(g);
    for (int a = 0; a < 3; a++) XT_TRY(positive(g->spacing[a], "spacing", err));
    switch (g->kind) {
    case XT_GEOMETRY_THIGH:
        thigh_defaults(g);
        XT_TRY(check_bone(g, g->femur_radius, g->medullary_radius, err));
        break;
    case XT_GEOMETRY_MOUSE_THIGH:
        mouse_defaults(g);
        XT_TRY(positive(g->shell, "cortex", err));
        const double half = 0.5 * fmin(g->tibia_width, g->tibia_depth);
        if (!(g->shell < half))
            return xt_fail(err, XT_USAGE, "a cortex of %g mm leaves no canal in a femur of %g x %g mm",
                           g->shell, g->tibia_width, g->tibia_depth);
        XT_TRY(check_bone(g, 0.5 * fmax(g->tibia_width, g->tibia_depth) + thickness(g->periosteum),
                          half - g->shell, err));
        break;
    case XT_GEOMETRY_TIBIA:
        tibia_defaults(g);
        XT_TRY(check_tibia(g, err));
        break;
    case XT_GEOMETRY_SLABS:
        for (int a = 1; a < 3; a++) {
            fallback(&g->width[a - 1], g->spacing[a]);
            XT_TRY(positive(g->width[a - 1], "width of the slabs", err));
        }
        XT_TRY(check_layers(g, err));
        break;
    case XT_GEOMETRY_SPHERES:
        if (g->layer_count > 0) fallback(&g->box, 2 * g->layer[g->layer_count - 1].size);
        XT_TRY(positive(g->box, "box", err));
        XT_TRY(check_layers(g, err));
        break;
    case XT_GEOMETRY_LABELS:
        return xt_fail(err, XT_INTERNAL, "a label volume is not a phantom");
    }
    if (g->kind == XT_GEOMETRY_THIGH || g->kind == XT_GEOMETRY_MOUSE_THIGH || g->kind == XT_GEOMETRY_TIBIA)
        XT_TRY(positive(g->length, "length", err));
    return XT_OK;
}

/* Voxels across a body of half-width r about the axis: even, so that the axis is a voxel corner, and a margin
 * of one. */
static double across(double r, double h) { return 2 * (ceil(r / h - 1e-9) + 1); }

static double along(double length, double h) { return fmax(1, round(length / h)); }

void xt_phantom_box(const xt_geometry *g, double dims[3], double corner[3]) {
    const double *h = g->spacing;
    double a = g->muscle_radius, b = a;
    if (g->kind == XT_GEOMETRY_SLABS) {
        const double size[3] = {total(g), g->width[0], g->width[1]};
        for (int k = 0; k < 3; k++) {
            dims[k] = along(size[k], h[k]);
            corner[k] = 0;
        }
        return;
    }
    if (g->kind == XT_GEOMETRY_SPHERES) {
        for (int k = 0; k < 3; k++) {
            dims[k] = along(g->box, h[k]);
            corner[k] = -0.5 * dims[k] * h[k];
        }
        return;
    }
    if (g->kind == XT_GEOMETRY_TIBIA) xt_tibia_deep(g, &a, &b);
    const double around = thickness(g->fascia) + thickness(g->fat) + thickness(g->skin);
    dims[0] = across(a + around, h[0]);
    dims[1] = across(b + around, h[1]);
    dims[2] = along(g->length, h[2]);
    corner[0] = -0.5 * dims[0] * h[0];
    corner[1] = -0.5 * dims[1] * h[1];
    corner[2] = 0;
}
