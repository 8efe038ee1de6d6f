/* A picture of a thigh of n^3 voxels, as an observer makes it: surfaces, light and a glowing field, edges
 * smoothed, down to the pixels on the host. Verified against the straightforward marcher. */
#include "bench/kernel.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bench/thigh.h"
#include "render/render.h"

typedef struct {
    xt_volume *volume;
    xt_camera camera;
    xt_look look;
    xt_image image, plain;
} bench_render;

static xt_look thigh_look(void) {
    xt_look look = xt_look_default();
    const unsigned colour[3] = {0xe8c9b0, 0xb5483f, 0xefe6d2}; /* skin, muscle, bone */
    const double opacity[3] = {0.1, 0.22, 1};
    for (int k = 0; k < 3; k++) {
        look.surface[k].colour = xt_colour_hex(colour[k]);
        look.surface[k].opacity = opacity[k];
    }
    look.glows = 1;
    look.glow[0] = (xt_glow_look){.field = 0,
                                  .map = XT_MAP_EMBER,
                                  .points = 3,
                                  .value = {0.25, 0.5, 1},
                                  .opacity = {0, 0.02, 0.15},
                                  .gain = 1.6};
    return look;
}

static xt_status fill(bench_render *own, xt_device *device, int n, xt_error *err) {
    static const uint8_t surface[256] = {0, 1, 3, 7, 7}; /* nested: skin, muscle, bone */
    const int dims[3] = {n, n, n};
    const double spacing[3] = {170.0 / n, 170.0 / n, 170.0 / n};
    xt_bench_thigh thigh = {0};
    xt_status status = XT_OK;
    XT_GO(xt_bench_thigh_create(&thigh, n, err));
    XT_GO(xt_volume_create(&own->volume, device, dims, spacing, 3, 1, err));
    XT_GO(xt_volume_tissues(own->volume, thigh.tissue, thigh.second, thigh.share, surface, err));
    XT_GO(xt_volume_field(own->volume, 0, thigh.field, 0, 1, false, err));
done:
    xt_bench_thigh_free(&thigh);
    return status;
}

/* Full HD; less for the volumes of a quick look or of a simulator. */
static void picture_size(int *width, int *height, const xt_bench_run_at *at) {
    *width = at->n < 32 ? 96 : at->n < 64 || at->def->quick ? 480 : 1920;
    *height = *width * 9 / 16;
}

xt_status xt_bench_render_prepare(xt_bench_run_at *at, xt_error *err) {
    const double size[3] = {170, 170, 170};
    int width, height;
    bench_render *own = calloc(1, sizeof *own);
    if (!own) return xt_no_memory(err, "a picture", sizeof *own);
    at->own = own;
    picture_size(&width, &height, at);
    own->look = thigh_look();
    xt_orbit orbit = xt_orbit_default();
    orbit.azimuth = 0.5;
    orbit.elevation = 0.35;
    orbit.perspective = true;
    XT_TRY(xt_camera_orbit(&own->camera, &orbit, size, err));
    XT_TRY(xt_image_create(&own->image, width, height, xt_colour_hex(0), err));
    XT_TRY(xt_image_create(&own->plain, width, height, xt_colour_hex(0), err));
    XT_TRY(fill(own, at->device, at->n, err));
    at->row->updates = (double)width * height;
    at->row->bytes = 6.0 * at->n * at->n * at->n + 24.0 * width * height;
    return XT_OK;
}

xt_status xt_bench_render_pass(xt_bench_run_at *at, xt_error *err) {
    bench_render *own = at->own;
    return xt_render(&own->image, NULL, own->volume, &own->camera, &own->look, err);
}

static double differing(const xt_image *a, const xt_image *b) {
    const size_t pixels = (size_t)a->width * (size_t)a->height;
    size_t count = 0;
    for (size_t i = 0; i < pixels; i++)
        count += abs(a->pixel[i].r - b->pixel[i].r) > 257 || abs(a->pixel[i].g - b->pixel[i].g) > 257 ||
                 abs(a->pixel[i].b - b->pixel[i].b) > 257;
    return (double)count / (double)pixels;
}

/* Seconds of a picture by the wall clock, and of its marching by the device's. */
static xt_status timed(double *wall, double *marching, xt_image *image, bench_render *own, xt_device *device,
                       bool plain, xt_error *err) {
    const xt_stage *stage;
    int count;
    XT_TRY(xt_device_stages_reset(device, err));
    own->look.plain = plain;
    const double began = xt_seconds();
    const xt_status status = xt_render(image, NULL, own->volume, &own->camera, &own->look, err);
    *wall = xt_seconds() - began;
    own->look.plain = false;
    XT_TRY(status);
    XT_TRY(xt_device_stages(&stage, &count, device, err));
    *marching = 0;
    for (int i = 0; i < count; i++)
        if (strcmp(stage[i].name, XT_RENDER_STAGE) == 0) *marching += stage[i].seconds;
    return XT_OK;
}

/* Both ways by turns, after one of each that compiles; also a preview at 854 x 480. */
xt_status xt_bench_render_verify(xt_bench_run_at *at, xt_error *err) {
    enum { TURNS = 3 };
    bench_render *own = at->own;
    double wall[2][TURNS], marching[2][TURNS], ratio[TURNS], once;
    for (int turn = -1; turn < TURNS; turn++)
        for (int plain = 0; plain < 2; plain++) {
            const int t = turn < 0 ? 0 : turn;
            XT_TRY(timed(&wall[plain][t], &marching[plain][t], plain ? &own->plain : &own->image, own,
                         at->device, plain, err));
        }
    for (int t = 0; t < TURNS; t++) ratio[t] = wall[1][t] / wall[0][t];
    xt_bench_check_set(&at->row->check, differing(&own->image, &own->plain), 1e-3,
                       "pixels more than 1/255 from those of the straightforward marcher, their share");
    xt_bench_extra_set(at->row, "marching_s", xt_bench_median(marching[0], TURNS));
    xt_bench_extra_set(at->row, "straightforward_s", xt_bench_median(wall[1], TURNS));
    xt_bench_extra_set(at->row, "times_straightforward", xt_bench_median(ratio, TURNS));
    xt_image preview;
    const xt_look look = own->look;
    const bool small = own->image.width < 854;
    xt_look_preview(&own->look);
    XT_TRY(xt_image_create(&preview, small ? own->image.width : 854, small ? own->image.height : 480,
                           xt_colour_hex(0), err));
    xt_status status = XT_OK;
    for (int turn = -1; turn < TURNS && status == XT_OK; turn++)
        status = timed(&ratio[turn < 0 ? 0 : turn], &once, &preview, own, at->device, false, err);
    own->look = look;
    xt_image_free(&preview);
    xt_bench_extra_set(at->row, "preview_s", xt_bench_median(ratio, TURNS));
    return status;
}

void xt_bench_render_release(xt_bench_run_at *at) {
    bench_render *own = at->own;
    if (!own) return;
    xt_volume_free(own->volume);
    xt_image_free(&own->image);
    xt_image_free(&own->plain);
    free(own);
}
