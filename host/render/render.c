#include "render/render.h"

#include <stdlib.h>

#include "render/internal.h"

static const char stage[] = XT_RENDER_STAGE;

/* Two of four floats, one of four shorts, and the background's rows. */
double xt_render_bytes(double pixels) { return 40 * pixels + 16 * 16384; }

/* Buffers for a picture. */
static xt_status want_images(xt_volume *volume, size_t pixels, xt_error *err) {
    if (volume->pixels >= pixels) return XT_OK;
    const struct {
        cl_mem *buffer;
        size_t bytes;
    } all[] = {{&volume->image[0], 16}, {&volume->image[1], 16}, {&volume->behind, 16}, {&volume->screen, 8}};
    volume->pixels = 0;
    for (int k = 0; k < 4; k++) {
        xt_buffer_free(volume->device, all[k].buffer);
        XT_TRY(xt_buffer_create(all[k].buffer, volume->device, all[k].bytes * (k == 2 ? 16384 : pixels),
                                "a picture", err));
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

/* March; the picture in linear light lies in volume->image[*which]. */
static xt_status draw(int *which, int width, int height, xt_volume *volume, const xt_camera *camera,
                      const xt_look *look, xt_error *err) {
    xt_scene_on_device scene;
    xt_render_key key;
    const size_t table_bytes = sizeof(cl_float[XT_RENDER_ROWS][XT_RENDER_ROW][4]);
    cl_float *table = malloc(table_bytes);
    if (!table) return xt_no_memory(err, "tables of colours", table_bytes);
    xt_status status = XT_OK;
    XT_GO(xt_render_compose(&scene, table, &key, volume, camera, look, width, height, err));
    XT_GO(want_images(volume, (size_t)width * (size_t)height, err));
    XT_GO(xt_buffer_write(volume->device, volume->scene, 0, sizeof scene, &scene, err));
    XT_GO(xt_buffer_write(volume->device, volume->table, 0, table_bytes, table, err));
    XT_GO(xt_volume_update(volume, err));
    XT_GO(xt_volume_prepare(volume, &key, err));
    XT_GO(march(which, volume, look, width, height, err));
done:
    free(table);
    return status;
}

xt_status xt_render_linear(float *rgba, int width, int height, xt_render_facts *facts, xt_volume *volume,
                           const xt_camera *camera, const xt_look *look, xt_error *err) {
    if (width < 1 || height < 1 || width > 16384 || height > 16384)
        return xt_fail(err, XT_USAGE, "a picture of %d x %d pixels; each side must be 1 to 16384", width,
                       height);
    xt_render_facts found;
    int which;
    const size_t pixels = (size_t)width * (size_t)height;
    XT_TRY(draw(&which, width, height, volume, camera, look, err));
    XT_TRY(xt_buffer_read(volume->device, volume->image[which], 0, 16 * pixels, rgba, err));
    look_over(&found, rgba, pixels);
    found.inside = inside(volume, camera->eye);
    if (facts) *facts = found;
    return XT_OK;
}

/* Linear light behind each row. */
static xt_status background(xt_volume *volume, const xt_look *look, int height, xt_error *err) {
    cl_float *row = malloc(16 * (size_t)height);
    if (!row) return xt_no_memory(err, "a background", 16 * (size_t)height);
    for (int y = 0; y < height; y++) {
        double rgb[3];
        xt_render_linear_of(rgb, xt_colour_mix(look->top, look->bottom, (y + 0.5) / height));
        for (int k = 0; k < 4; k++) row[4 * y + k] = k < 3 ? (cl_float)rgb[k] : 0;
    }
    const xt_status status =
        xt_buffer_write(volume->device, volume->behind, 0, 16 * (size_t)height, row, err);
    free(row);
    return status;
}

xt_status xt_render(xt_image *image, xt_render_facts *facts, xt_volume *volume, const xt_camera *camera,
                    const xt_look *look, xt_error *err) {
    enum { ITEMS = 16384 };
    _Static_assert(sizeof(xt_colour) == 8, "pixels are written by the device");
    const double pixels = (double)image->width * image->height;
    const cl_int items = ITEMS;
    cl_int count[2];
    int which;
    XT_TRY(draw(&which, image->width, image->height, volume, camera, look, err));
    XT_TRY(background(volume, look, image->height, err));
    XT_TRY(xt_buffer_fill_zero(volume->device, volume->count, 0, sizeof count, err));
    const xt_arg args[] = {
        XT_ARG(volume->scene), XT_ARG(volume->image[which]), XT_ARG(volume->behind), XT_ARG(volume->curve),
        XT_ARG(items),         XT_ARG(volume->screen),       XT_ARG(volume->count)};
    XT_TRY(xt_launch(volume->device, volume->kernel[XT_KERNEL_FINISH], ITEMS, 0, args, 7, stage, 24 * pixels,
                     err));
    XT_TRY(xt_buffer_read(volume->device, volume->screen, 0, sizeof(xt_colour) * (size_t)pixels, image->pixel,
                          err));
    XT_TRY(xt_buffer_read(volume->device, volume->count, 0, sizeof count, count, err));
    if (facts) *facts = (xt_render_facts){count[0] / pixels, count[1] / pixels, inside(volume, camera->eye)};
    return XT_OK;
}
