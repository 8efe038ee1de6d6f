/* Where a point is within a phantom, and the regions that make each phantom. */
#include "mesh/phantom.h"

#include <math.h>
#include <stdlib.h>

/* Signed distance to the region's boundary (negative inside), first order; *clear: certain lower bound of its
 * size. */
static double signed_distance(const xt_region *r, const double p[3], double *clear) {
    const double x = p[0] - r->x, y = p[1] - r->y;
    double d = -INFINITY;
    switch (r->kind) {
    case XT_REGION_ELLIPSE: {
        const double smaller = fmin(r->a, r->b), u = x / r->a, v = y / r->b, q = sqrt(u * u + v * v);
        *clear = fabs(q - 1) * smaller; /* the gradient of q is at most 1 / smaller */
        if (q < 1e-12) return -smaller;
        const double gu = u / r->a, gv = v / r->b;
        return (q - 1) * q / sqrt(gu * gu + gv * gv);
    }
    case XT_REGION_SPHERE:
        d = sqrt(x * x + y * y + p[2] * p[2]) - r->a;
        break;
    case XT_REGION_STRIP: {
        const double along = x * r->dx + y * r->dy, across = fabs(x * r->dy - y * r->dx);
        d = fmax(fmax(across - r->a, -along), sqrt(p[0] * p[0] + p[1] * p[1]) - r->b);
        break;
    }
    case XT_REGION_ALL:
        break;
    }
    *clear = fabs(d);
    return d;
}

xt_place xt_phantom_at(const void *shape, const double point[3]) {
    const xt_phantom *phantom = shape;
    xt_place place = {0, 0, INFINITY, INFINITY};
    for (int i = 0; i < phantom->count; i++) {
        double clear;
        const double d = signed_distance(&phantom->region[i], point, &clear);
        place.clear = fmin(place.clear, clear);
        if (d > 0) { /* the region lies beyond this boundary */
            if (d < place.distance) {
                place.distance = d;
                place.other = phantom->region[i].tissue;
            }
            continue;
        }
        place.tissue = phantom->region[i].tissue;
        if (-d < place.distance) {
            place.distance = -d;
            place.other = 0;
            for (int k = i + 1; k < phantom->count; k++) {
                double unused;
                if (signed_distance(&phantom->region[k], point, &unused) > 0) continue;
                place.other = phantom->region[k].tissue;
                break;
            }
        }
        break;
    }
    return place;
}

double xt_phantom_bone(const xt_phantom *phantom, const double point[3]) {
    const xt_region *r = &phantom->region[phantom->graded];
    const double u = (point[0] - r->x) / r->a, v = (point[1] - r->y) / r->b;
    const double q = fmin(1.0, sqrt(u * u + v * v));
    return phantom->bone_at_centre + (phantom->bone_at_shell - phantom->bone_at_centre) * q;
}

/* Regions being collected; the first failure stays and later calls do nothing. */
typedef struct {
    xt_phantom *phantom;
    const char *const *names;
    int name_count;
    xt_error *err;
    xt_status status;
} maker;

static void paint(maker *m, const char *tissue, xt_region region) {
    if (m->status != XT_OK) return;
    m->status = xt_geometry_tissue(&region.tissue, tissue, m->names, m->name_count, m->err);
    if (m->status == XT_OK) m->phantom->region[m->phantom->count++] = region;
}

static void ellipse(maker *m, const char *tissue, double x, double y, double a, double b) {
    paint(m, tissue, (xt_region){XT_REGION_ELLIPSE, 0, x, y, a, b, 0, 0});
}

/* A layer around an ellipse at the axis; leaves the semi-axes at its outside. Not there if not positive. */
static void layer(maker *m, const char *tissue, double thickness, double *a, double *b) {
    if (!(thickness > 0)) return;
    *a += thickness;
    *b += thickness;
    ellipse(m, tissue, 0, 0, *a, *b);
}

static void thigh(maker *m, const xt_geometry *g) {
    const double x = g->femur_offset[0], y = g->femur_offset[1];
    const double cortex = g->femur_radius - fmax(0, g->periosteum);
    ellipse(m, "marrow", x, y, g->medullary_radius, g->medullary_radius);
    ellipse(m, "cortex", x, y, cortex, cortex);
    if (g->periosteum > 0) ellipse(m, "periosteum", x, y, g->femur_radius, g->femur_radius);
    if (g->septa)
        for (int k = 0; k < 3; k++) { /* to the two sides in front, and straight back */
            const double angle = (30.0 + 120.0 * k) * 3.14159265358979323846 / 180.0;
            paint(m, "fat",
                  (xt_region){XT_REGION_STRIP, 0, x, y, 0.5 * g->septum, g->muscle_radius, cos(angle),
                              sin(angle)});
        }
    double a = 0, b = 0;
    layer(m, "muscle", g->muscle_radius, &a, &b);
    layer(m, "fascia", g->fascia, &a, &b);
    layer(m, "fat", g->fat, &a, &b);
    layer(m, "skin", g->skin, &a, &b);
}

/* Elliptic femur: the medullary ellipse has both semi-axes smaller by the cortex, which is then exact on the
 * axes. */
static void mouse_thigh(maker *m, const xt_geometry *g) {
    const double x = g->femur_offset[0], y = g->femur_offset[1], p = fmax(0, g->periosteum);
    const double fa = 0.5 * g->tibia_width, fb = 0.5 * g->tibia_depth;
    ellipse(m, "marrow", x, y, fa - g->shell, fb - g->shell);
    ellipse(m, "cortex", x, y, fa, fb);
    if (p > 0) ellipse(m, "periosteum", x, y, fa + p, fb + p);
    double a = 0, b = 0;
    layer(m, "muscle", g->muscle_radius, &a, &b);
    layer(m, "fascia", g->fascia, &a, &b);
    layer(m, "fat", g->fat, &a, &b);
    layer(m, "skin", g->skin, &a, &b);
}

/* The soft tissue under the fat is an ellipse that touches the tibia in front, reaches `muscle` behind it,
 * and is wide enough at the sides to hold it. The tendon is an ellipse five times as wide as thick, in the
 * fat in front. */
static void tibia(maker *m, const xt_geometry *g) {
    double a, b;
    const double ta = 0.5 * g->tibia_width, tb = 0.5 * g->tibia_depth, back = fmax(0, g->muscle);
    xt_tibia_deep(g, &a, &b);
    ellipse(m, "trabecular", 0, 0.5 * back, ta - g->shell, tb - g->shell);
    m->phantom->graded = 0;
    m->phantom->bone_at_shell = g->bone_at_shell;
    m->phantom->bone_at_centre = g->bone_at_centre;
    ellipse(m, "cortex", 0, 0.5 * back, ta, tb);
    if (g->periosteum > 0) ellipse(m, "periosteum", 0, 0.5 * back, ta + g->periosteum, tb + g->periosteum);
    ellipse(m, "muscle", 0, 0, a, b);
    if (g->tendon > 0) ellipse(m, "tendon", 0, b + 0.5 * g->tendon, 2.5 * g->tendon, 0.5 * g->tendon);
    layer(m, "fascia", g->fascia, &a, &b);
    layer(m, "fat", g->fat, &a, &b);
    layer(m, "skin", g->skin, &a, &b);
}

static void spheres(maker *m, const xt_geometry *g) {
    m->phantom->solid = true;
    for (int i = 0; i < g->layer_count; i++) {
        const bool last = i == g->layer_count - 1;
        paint(m, g->layer[i].tissue,
              (xt_region){last ? XT_REGION_ALL : XT_REGION_SPHERE, 0, 0, 0, g->layer[i].size, 0, 0, 0});
    }
}

xt_status xt_phantom_make(xt_phantom *phantom, const xt_geometry *g, const char *const *names, int name_count,
                          xt_error *err) {
    const size_t room = g->layer_count > 16 ? (size_t)g->layer_count : 16;
    *phantom = (xt_phantom){.graded = -1};
    if (!(phantom->region = malloc(room * sizeof *phantom->region)))
        return xt_no_memory(err, "a phantom", room * sizeof *phantom->region);
    maker m = {phantom, names, name_count, err, XT_OK};
    switch (g->kind) {
    case XT_GEOMETRY_THIGH:
        thigh(&m, g);
        break;
    case XT_GEOMETRY_MOUSE_THIGH:
        mouse_thigh(&m, g);
        break;
    case XT_GEOMETRY_TIBIA:
        tibia(&m, g);
        break;
    case XT_GEOMETRY_SPHERES:
        spheres(&m, g);
        break;
    default:
        m.status = xt_fail(err, XT_INTERNAL, "geometry kind %d is not a phantom of regions", (int)g->kind);
    }
    if (m.status != XT_OK) xt_phantom_clear(phantom);
    return m.status;
}

void xt_phantom_clear(xt_phantom *phantom) {
    free(phantom->region);
    phantom->region = NULL;
    phantom->count = 0;
}
