#include "render/render.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "render/internal.h"

static const char stage[] = "render: marching";

static xt_status want_images(xt_volume *volume, size_t pixels, xt_error *err) {
    if (volume->pixels >= pixels) return XT_OK;
    volume->pixels = 0;
    for (int k = 0; k < 2; k++) {
        xt_buffer_free(volume->device, &volume->image[k]);
        XT_TRY(xt_buffer_create(&volume->image[k], volume->device, 16 * pixels, "a picture", err));
    }
    volume->pixels = pixels;
    return XT_OK;
}

/* The picture lies in volume->image[*which]. */
static xt_status march(int *which, xt_volume *volume, const xt_look *look, int width, int height,
                       xt_error *err) {
    const size_t tiles = (size_t)((width + 7) / 8) * (size_t)((height + 7) / 8);
    const cl_kernel first = volume->kernel[look->plain ? XT_KERNEL_MARCH_PLAIN : XT_KERNEL_MARCH];
    const cl_kernel again = volume->kernel[look->plain ? XT_KERNEL_EDGES_PLAIN : XT_KERNEL_EDGES];
    const xt_arg args[] = {XT_ARG(volume->scene),    XT_ARG(volume->share),   XT_ARG(volume->field),
                           XT_ARG(volume->table),    XT_ARG(volume->flag),    XT_ARG(volume->opacity),
                           XT_ARG(volume->image[0]), XT_ARG(volume->image[1])};
    *which = 0;
    XT_TRY(xt_launch(volume->device, first, tiles * XT_RENDER_TILE, XT_RENDER_TILE, args, 7, stage, 0, err));
    if (!look->smooth_edges) return XT_OK;
    *which = 1;
    return xt_launch(volume->device, again, tiles * XT_RENDER_TILE, XT_RENDER_TILE, args, 8, stage, 0, err);
}

static bool inside(const xt_volume *volume, const double eye[3]) {
    for (int k = 0; k < 3; k++)
        if (!(eye[k] > 0 && eye[k] < volume->spacing[k] * volume->dims[k])) return false;
    return true;
}

/* Negative opacities, of rays beside the box, become 0. */
static void look_over(xt_render_facts *facts, float *rgba, size_t pixels) {
    size_t box = 0, seen = 0;
    for (size_t i = 0; i < pixels; i++) {
        box += rgba[4 * i + 3] >= 0;
        seen += rgba[4 * i + 3] > 1 / 512.0f;
        if (rgba[4 * i + 3] < 0) rgba[4 * i + 3] = 0;
    }
    facts->box = (double)box / (double)pixels;
    facts->seen = (double)seen / (double)pixels;
}

xt_status xt_render_linear(float *rgba, int width, int height, xt_render_facts *facts, xt_volume *volume,
                           const xt_camera *camera, const xt_look *look, xt_error *err) {
    if (width < 1 || height < 1 || width > 16384 || height > 16384)
        return xt_fail(err, XT_USAGE, "a picture of %d x %d pixels; each side must be 1 to 16384", width,
                       height);
    xt_scene_on_device scene;
    xt_render_key key;
    xt_render_facts found;
    int which;
    const size_t pixels = (size_t)width * (size_t)height;
    const size_t table_bytes = sizeof(cl_float[XT_RENDER_ROWS][XT_RENDER_ROW][4]);
    cl_float *table = malloc(table_bytes);
    if (!table) return xt_no_memory(err, "tables of colours", table_bytes);
    xt_status status = XT_OK;
    XT_GO(xt_render_compose(&scene, table, &key, volume, camera, look, width, height, err));
    XT_GO(want_images(volume, pixels, err));
    XT_GO(xt_buffer_write(volume->device, volume->scene, 0, sizeof scene, &scene, err));
    XT_GO(xt_buffer_write(volume->device, volume->table, 0, table_bytes, table, err));
    XT_GO(xt_volume_update(volume, err));
    XT_GO(xt_volume_prepare(volume, &key, err));
    XT_GO(march(&which, volume, look, width, height, err));
    XT_GO(xt_buffer_read(volume->device, volume->image[which], 0, 16 * pixels, rgba, err));
    look_over(&found, rgba, pixels);
    found.inside = inside(volume, camera->eye);
    if (facts) *facts = found;
done:
    free(table);
    return status;
}

/* ---- to a screen ---- */

enum { CURVE = 4096 };

/* sRGB, 0..65535, of the square of i / CURVE in linear light: fine where the eye is. */
static void curve_make(float curve[CURVE + 2]) {
    for (int i = 0; i <= CURVE + 1; i++) {
        const double v = pow((i < CURVE ? i : CURVE) / (double)CURVE, 2);
        curve[i] = (float)(65535 * (v <= 0.0031308 ? 12.92 * v : 1.055 * pow(v, 1 / 2.4) - 0.055));
    }
}

static uint16_t encode(const float curve[CURVE + 2], float v) {
    v = v > 0 ? (v < 1 ? sqrtf(v) : 1) : 0;
    const float at = v * CURVE;
    const int i = (int)at;
    return (uint16_t)(curve[i] + (at - (float)i) * (curve[i + 1] - curve[i]) + 0.5f);
}

xt_status xt_render(xt_image *image, xt_render_facts *facts, xt_volume *volume, const xt_camera *camera,
                    const xt_look *look, xt_error *err) {
    const size_t pixels = (size_t)image->width * (size_t)image->height;
    float *rgba = malloc(4 * pixels * sizeof *rgba), *curve = malloc((CURVE + 2) * sizeof *curve);
    xt_status status = XT_OK;
    if (!rgba || !curve) {
        status = xt_no_memory(err, "a picture", 4 * pixels * sizeof *rgba);
        goto done;
    }
    XT_GO(xt_render_linear(rgba, image->width, image->height, facts, volume, camera, look, err));
    curve_make(curve);
    for (int y = 0; y < image->height; y++) {
        double behind[3];
        xt_render_linear_of(behind, xt_colour_mix(look->top, look->bottom, (y + 0.5) / image->height));
        const float r = (float)behind[0], g = (float)behind[1], b = (float)behind[2];
        for (int x = 0; x < image->width; x++) {
            const size_t i = (size_t)y * (size_t)image->width + (size_t)x;
            const float *p = rgba + 4 * i, open = 1 - p[3];
            image->pixel[i] = (xt_colour){encode(curve, p[0] + open * r), encode(curve, p[1] + open * g),
                                          encode(curve, p[2] + open * b), 65535};
        }
    }
done:
    free(curve);
    free(rgba);
    return status;
}
