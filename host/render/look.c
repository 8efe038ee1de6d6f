#include "render/internal.h"

#include <math.h>
#include <string.h>

xt_look xt_look_default(void) {
    xt_look look = {.cap = 0.85,
                    .light = {-0.45, 0.6, 0.66},
                    .ambient = 0.4,
                    .diffuse = 0.62,
                    .specular = 0.12,
                    .shininess = 32,
                    .occlusion = 0.85,
                    .shadow = 0.5,
                    .top = xt_colour_hex(0x1b2230),
                    .bottom = xt_colour_hex(0x0b0e14),
                    .step = 0.75,
                    .smooth_edges = true};
    for (int k = 0; k < XT_RENDER_SURFACES; k++)
        look.surface[k] = (xt_surface_look){.colour = xt_colour_hex(0xcfc8bc), .sheet = true, .field = -1};
    return look;
}

void xt_look_preview(xt_look *look) {
    look->step = 2;
    look->occlusion = look->shadow = 0;
    look->smooth_edges = false;
}

static xt_status check_surface(const xt_surface_look *surface, int number, int fields, xt_error *err) {
    const char *name = surface->name ? surface->name : "a surface";
    if (!(surface->opacity >= 0 && surface->opacity <= 1))
        return xt_fail(err, XT_USAGE, "%s (surface %d) has an opacity of %g; expected 0 to 1", name, number,
                       surface->opacity);
    if (surface->field < -1 || surface->field >= fields)
        return xt_fail(err, XT_USAGE, "%s (surface %d) is coloured by field %d of %d", name, number,
                       surface->field, fields);
    return XT_OK;
}

static xt_status check_glow(const xt_glow_look *glow, int fields, xt_error *err) {
    if (glow->field < 0 || glow->field >= fields)
        return xt_fail(err, XT_USAGE, "a glow of field %d of %d", glow->field, fields);
    if (glow->points < 1 || glow->points > XT_RENDER_POINTS)
        return xt_fail(err, XT_USAGE, "a glow by %d points; expected 1 to %d", glow->points,
                       XT_RENDER_POINTS);
    if (!(glow->gain >= 0 && glow->gain <= 100))
        return xt_fail(err, XT_USAGE, "a glow with a gain of %g; expected 0 to 100", glow->gain);
    for (int i = 0; i < glow->points; i++) {
        if (!isfinite(glow->value[i]) || (i && !(glow->value[i] >= glow->value[i - 1])))
            return xt_fail(err, XT_USAGE, "the points of a glow: value %g after %g; expected rising values",
                           glow->value[i], i ? glow->value[i - 1] : 0.0);
        if (!(glow->opacity[i] >= 0 && glow->opacity[i] <= 1e6))
            return xt_fail(err, XT_USAGE, "a glow with an opacity of %g per mm; expected 0 or more",
                           glow->opacity[i]);
    }
    return XT_OK;
}

static xt_status check_cut(const xt_look_cut *cut, xt_error *err) {
    double square = 0;
    for (int k = 0; k < 3; k++) square += cut->normal[k] * cut->normal[k];
    if (!(square > 1e-24) || !isfinite(square) || !isfinite(cut->point[0]) || !isfinite(cut->point[1]) ||
        !isfinite(cut->point[2]))
        return xt_fail(
            err, XT_USAGE, "a cut at (%g, %g, %g) along (%g, %g, %g): the normal needs a direction",
            cut->point[0], cut->point[1], cut->point[2], cut->normal[0], cut->normal[1], cut->normal[2]);
    return XT_OK;
}

static bool in_unit(double x) { return x >= 0 && x <= 1; }

xt_status xt_look_check(const xt_look *look, int surfaces, int fields, xt_error *err) {
    for (int k = 0; k < surfaces; k++) XT_TRY(check_surface(&look->surface[k], k, fields, err));
    if (look->glows < 0 || look->glows > XT_RENDER_FIELDS || look->cuts < 0 || look->cuts > XT_RENDER_CUTS)
        return xt_fail(err, XT_USAGE, "%d glows and %d cuts; at most %d and %d", look->glows, look->cuts,
                       XT_RENDER_FIELDS, XT_RENDER_CUTS);
    for (int k = 0; k < look->glows; k++) XT_TRY(check_glow(&look->glow[k], fields, err));
    for (int k = 0; k < look->cuts; k++) XT_TRY(check_cut(&look->cut[k], err));
    if (!(look->step >= 0.1 && look->step <= 8))
        return xt_fail(err, XT_USAGE, "a step of %g voxels; expected 0.1 to 8", look->step);
    const int s = look->shininess;
    if (s < 1 || s > 256 || (s & (s - 1)))
        return xt_fail(err, XT_USAGE, "a shininess of %d; expected a power of two from 1 to 256", s);
    if (!in_unit(look->occlusion) || !in_unit(look->shadow) || !in_unit(look->cap))
        return xt_fail(err, XT_USAGE, "occlusion %g, shadow %g, cap %g; expected 0 to 1 for each",
                       look->occlusion, look->shadow, look->cap);
    double square = 0;
    for (int k = 0; k < 3; k++) square += look->light[k] * look->light[k];
    if (!(square > 1e-24) || !isfinite(square)) return xt_fail(err, XT_USAGE, "the light needs a direction");
    if (!(look->ambient >= 0 && look->diffuse >= 0 && look->specular >= 0 &&
          look->ambient + look->diffuse + look->specular <= 100))
        return xt_fail(err, XT_USAGE, "ambient %g, diffuse %g, specular %g; expected 0 or more for each",
                       look->ambient, look->diffuse, look->specular);
    return XT_OK;
}

double xt_glow_opacity(const xt_glow_look *glow, double value) {
    const int n = glow->points;
    if (value <= glow->value[0]) return glow->opacity[0];
    for (int i = 1; i < n; i++) {
        if (value > glow->value[i]) continue;
        const double span = glow->value[i] - glow->value[i - 1];
        const double t = span > 0 ? (value - glow->value[i - 1]) / span : 1;
        return glow->opacity[i - 1] + t * (glow->opacity[i] - glow->opacity[i - 1]);
    }
    return glow->opacity[n - 1];
}

static double linear_of(double v) { return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4); }

void xt_render_linear_of(double rgb[3], xt_colour colour) {
    rgb[0] = linear_of(colour.r / 65535.0);
    rgb[1] = linear_of(colour.g / 65535.0);
    rgb[2] = linear_of(colour.b / 65535.0);
}

/* ---- the scene ---- */

static void fill_row(cl_float *row, xt_map_kind kind, bool inverted, const xt_glow_look *glow) {
    xt_colormap map;
    xt_colormap_make(&map, kind);
    for (int i = 0; i < XT_RENDER_ROW; i++) {
        const double value = (i < 255 ? i : 255) / 255.0, s = glow ? xt_glow_opacity(glow, value) : 0;
        double rgb[3];
        xt_render_linear_of(rgb, xt_colormap_at(&map, inverted ? 1 - value : value));
        for (int k = 0; k < 3; k++) row[4 * i + k] = (cl_float)(glow ? rgb[k] * s * glow->gain : rgb[k]);
        row[4 * i + 3] = (cl_float)s;
    }
}

static void compose_surfaces(xt_scene_on_device *scene, cl_float *table, xt_render_key *key,
                             const xt_volume *volume, const xt_look *look) {
    for (int k = 0; k < XT_RENDER_SURFACES; k++) {
        const bool there = k < volume->surfaces && look->surface[k].opacity > 0;
        const xt_surface_look *from = &look->surface[k];
        xt_scene_surface *to = &scene->surface[k];
        double rgb[3];
        xt_render_linear_of(rgb, from->colour);
        for (int c = 0; c < 3; c++) to->colour[c] = (cl_float)rgb[c];
        to->opacity = there ? (cl_float)from->opacity : 0;
        to->sheet = there && from->sheet && from->opacity < 0.999 ? (cl_float)-log(1 - from->opacity) : 0;
        to->field = there ? from->field : -1;
        if (there) scene->visible |= 1 << k;
        key->opacity[k] = to->opacity;
        if (to->field >= 0)
            fill_row(table + (XT_RENDER_FIELDS + k) * XT_RENDER_ROW * 4, from->map, from->inverted, NULL);
    }
    key->visible = scene->visible;
}

static void compose_glows(xt_scene_on_device *scene, cl_float *table, xt_render_key *key,
                          const xt_look *look) {
    scene->glows = key->glows = look->glows;
    for (int g = 0; g < look->glows; g++) {
        cl_float *row = table + g * XT_RENDER_ROW * 4;
        fill_row(row, look->glow[g].map, look->glow[g].inverted, &look->glow[g]);
        scene->glow_field[g] = key->glow_field[g] = look->glow[g].field;
        for (int i = 0; i < XT_RENDER_ROW; i++) key->lit[g][i + 1] = key->lit[g][i] + (row[4 * i + 3] > 0);
    }
}

static void set3(cl_float to[3], const double from[3], double factor) {
    for (int k = 0; k < 3; k++) to[k] = (cl_float)(from[k] * factor);
}

static xt_status compose_camera(xt_scene_on_device *scene, const xt_camera *camera, const xt_look *look,
                                xt_error *err) {
    double right[3], up[3], forward[3], light[3], square = 0;
    XT_TRY(xt_camera_frame(right, up, forward, camera, err));
    const double aspect = (double)scene->width / scene->height;
    const double half = camera->perspective ? tan(camera->angle / 2) : camera->height / 2;
    set3(scene->eye, camera->eye, 1);
    set3(scene->forward, forward, 1);
    set3(scene->right, right, half * aspect);
    set3(scene->up, up, half);
    scene->perspective = camera->perspective;
    for (int k = 0; k < 3; k++) {
        light[k] = look->light[0] * right[k] + look->light[1] * up[k] - look->light[2] * forward[k];
        square += light[k] * light[k];
    }
    set3(scene->light, light, 1 / sqrt(square));
    return XT_OK;
}

static void compose_cuts(xt_scene_on_device *scene, const xt_look *look) {
    scene->cuts = look->cuts;
    scene->cap = (cl_float)look->cap;
    for (int c = 0; c < look->cuts; c++) {
        const double *n = look->cut[c].normal, *p = look->cut[c].point;
        const double length = sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
        for (int k = 0; k < 3; k++) scene->cut[c][k] = (cl_float)(n[k] / length);
        scene->cut[c][3] = (cl_float)((n[0] * p[0] + n[1] * p[1] + n[2] * p[2]) / length);
    }
}

xt_status xt_render_compose(xt_scene_on_device *scene, cl_float *table, xt_render_key *key,
                            const xt_volume *volume, const xt_camera *camera, const xt_look *look, int width,
                            int height, xt_error *err) {
    memset(scene, 0, sizeof *scene);
    memset(key, 0, sizeof *key);
    memset(table, 0, sizeof(cl_float[XT_RENDER_ROWS][XT_RENDER_ROW][4]));
    XT_TRY(xt_look_check(look, volume->surfaces, volume->fields, err));
    scene->width = width;
    scene->height = height;
    scene->tiles = (width + 7) / 8;
    double least = volume->spacing[0];
    for (int k = 0; k < 3; k++) {
        const double h = volume->spacing[k];
        scene->dims[k] = volume->dims[k];
        scene->cells[k] = volume->cells[k];
        scene->spacing[k] = (cl_float)h;
        scene->per_spacing[k] = (cl_float)(1 / h);
        scene->size[k] = (cl_float)(h * volume->dims[k]);
        least = fmin(least, h);
    }
    scene->step = (cl_float)(look->step * least);
    XT_TRY(compose_camera(scene, camera, look, err));
    scene->ambient = (cl_float)look->ambient;
    scene->diffuse = (cl_float)look->diffuse;
    scene->specular = (cl_float)look->specular;
    scene->occlusion = (cl_float)look->occlusion;
    scene->shadow = (cl_float)look->shadow;
    for (int s = look->shininess; s > 1; s /= 2) scene->shine++;
    scene->edge = 0.03f;
    compose_cuts(scene, look);
    compose_surfaces(scene, table, key, volume, look);
    compose_glows(scene, table, key, look);
    for (int level = 0; level < XT_RENDER_LEVELS; level++) {
        memcpy(scene->occlusion_dims[level], volume->level_dims[level], sizeof volume->level_dims[level]);
        scene->occlusion_at[level] = (cl_int)volume->level_at[level];
    }
    return XT_OK;
}
