/* Volumes by formula and pictures of them, for the tests of this room. */
#ifndef TESTS_RENDER_PICTURE_H
#define TESTS_RENDER_PICTURE_H

#include <math.h>
#include "device/every_device.h"
#include "render/render.h"

/* One surface (tissue 1), fields as asked for; voxels of `spacing` mm. */
static inline xt_volume *make_volume(xt_device *device, const int dims[3], const double spacing[3],
                                     int fields) {
    xt_error err = {XT_OK, ""};
    xt_volume *volume;
    OK(xt_volume_create(&volume, device, dims, spacing, 1, fields, &err));
    return volume;
}

/* Share of the sphere in each voxel, by 6^3 points where it matters. */
static inline void fill_sphere(xt_volume *volume, int n, double radius, bool shared) {
    xt_error err = {XT_OK, ""};
    const size_t voxels = (size_t)n * (size_t)n * (size_t)n;
    uint8_t *tissue = calloc(voxels, 1), *second = calloc(voxels, 1), map[256] = {0, 1};
    uint16_t *share = calloc(voxels, 2);
    assert_true(tissue && second && share);
    for (size_t i = 0; i < voxels; i++) {
        const double x = (double)(i % (size_t)n) - n / 2.0, y = (double)(i / (size_t)n % (size_t)n) - n / 2.0;
        const double z = (double)(i / (size_t)n / (size_t)n) - n / 2.0; /* first corners, from the centre */
        const double r = sqrt(pow(x + 0.5, 2) + pow(y + 0.5, 2) + pow(z + 0.5, 2));
        int in = r < radius ? 216 : 0;
        if (fabs(r - radius) < 1) {
            in = 0;
            for (int k = 0; k < 216; k++)
                in += pow(x + (k % 6 + 0.5) / 6, 2) + pow(y + (k / 6 % 6 + 0.5) / 6, 2) +
                          pow(z + (k / 36 + 0.5) / 6, 2) <
                      radius * radius;
        }
        tissue[i] = in >= 108;
        second[i] = in > 0 && in < 216 ? !tissue[i] : 0;
        share[i] = (uint16_t)(65535 * (in >= 108 ? 216 - in : in) / 216);
    }
    OK(xt_volume_tissues(volume, tissue, shared ? second : NULL, shared ? share : NULL, map, &err));
    free(tissue);
    free(second);
    free(share);
}

/* A field by a function of the voxel's centre in voxels. */
static inline void fill_field(xt_volume *volume, int slot, const int dims[3],
                              float (*value)(double x, double y, double z)) {
    xt_error err = {XT_OK, ""};
    const size_t voxels = (size_t)dims[0] * (size_t)dims[1] * (size_t)dims[2];
    float *values = malloc(voxels * sizeof *values);
    assert_non_null(values);
    size_t i = 0;
    for (int z = 0; z < dims[2]; z++)
        for (int y = 0; y < dims[1]; y++)
            for (int x = 0; x < dims[0]; x++, i++) values[i] = value(x + 0.5, y + 0.5, z + 0.5);
    OK(xt_volume_field(volume, slot, values, 0, 1, false, &err));
    free(values);
}

/* An opaque white surface by Lambert's law alone, no glow. */
static inline xt_look plain_look(void) {
    xt_look look = xt_look_default();
    look.surface[0].opacity = 1;
    look.surface[0].colour = xt_colour_hex(0xffffff);
    look.ambient = 0.2;
    look.diffuse = 0.7;
    look.specular = 0;
    look.occlusion = look.shadow = 0;
    return look;
}

/* Opacity per mm that does not depend on the value. */
static inline xt_glow_look fog(int field, double opacity) {
    return (xt_glow_look){.field = field, .points = 1, .opacity = {opacity}, .gain = 1};
}

static inline float *picture(xt_render_facts *facts, xt_volume *volume, const xt_camera *camera,
                             const xt_look *look, int width, int height) {
    xt_error err = {XT_OK, ""};
    float *rgba = malloc((size_t)width * (size_t)height * 4 * sizeof *rgba);
    assert_non_null(rgba);
    OK(xt_render_linear(rgba, width, height, facts, volume, camera, look, &err));
    return rgba;
}

static inline void close_to(double found, double wanted, double tolerance, const char *what) {
    if (!(fabs(found - wanted) <= tolerance)) fail_msg("%s: %.6g, expected %.6g", what, found, wanted);
}

#endif
