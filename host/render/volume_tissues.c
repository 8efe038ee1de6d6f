/* Filling a volume's surfaces, from arrays or from cells. */
#include "render/internal.h"

#include <math.h>

static const char stage[] = XT_VOLUME_STAGE;

/* One smoothing: how far its neighbours are, beyond which walls there is nothing, which bytes change, which
 * of them stay on their side, which are coded. */
typedef struct {
    cl_int reach, open;
    cl_uint smoothed, held, coded;
    cl_mem code;
} volume_pass;

/* Of 64 times a share (0..255) that was smoothed once: 0..255 linear in the distance from the surface,
 * clipped at 2.2 standard deviations. */
static xt_status code_create(cl_mem *code, xt_device *device, xt_error *err) {
    enum { TOP = 64 * 255 };
    uint8_t table[TOP + 1];
    const double clip = 2.2;
    int at = 0;
    for (int level = 0; level < 256; level++) { /* up to the share halfway to the next level */
        const double distance = (level + 1 - 128) * clip / 127.5;
        const int end = level < 255 ? (int)ceil(TOP * 0.5 * (1 + erf(distance / sqrt(2)))) : TOP + 1;
        for (; at < end; at++) table[at] = (uint8_t)level;
    }
    XT_TRY(xt_buffer_create(code, device, sizeof table, "codes of shares", err));
    return xt_buffer_write(device, *code, 0, sizeof table, table, err);
}

static xt_status smooth(volume_pass pass, xt_volume *volume, cl_mem from, cl_mem to, xt_error *err) {
    const cl_int n[3] = {volume->dims[0], volume->dims[1], volume->dims[2]};
    const size_t wide = xt_device_get_info(volume->device)->type & CL_DEVICE_TYPE_CPU ? 16 : 1;
    const size_t items = ((size_t)n[0] + wide - 1) / wide * (size_t)n[1] * (size_t)n[2];
    const xt_arg args[] = {XT_ARG(from),          XT_ARG(n[0]),       XT_ARG(n[1]),
                           XT_ARG(n[2]),          XT_ARG(pass.reach), XT_ARG(pass.open),
                           XT_ARG(pass.smoothed), XT_ARG(pass.held),  XT_ARG(pass.coded),
                           XT_ARG(pass.code),     XT_ARG(to)};
    return xt_launch(volume->device, volume->kernel[XT_KERNEL_SMOOTH], items, 0, args, 11, stage,
                     8.0 * (double)volume->voxels, err);
}

/* The bytes of the surfaces that are labelled rather than shared: hardly a voxel is partly theirs. And the
 * walls of the box that the body only touches: far less of it is there than in a layer on average; where it
 * goes on beyond the box, it is cut there. */
static xt_status look_at(cl_uint *bytes, cl_int *open, xt_volume *volume, cl_mem raw, xt_error *err) {
    enum { ITEMS = 1024 };
    const cl_int n[3] = {volume->dims[0], volume->dims[1], volume->dims[2]}, items = ITEMS;
    cl_int found[2 * XT_RENDER_SURFACES + 7];
    cl_mem counts = NULL;
    xt_status status = XT_OK;
    *bytes = 0;
    *open = 0;
    XT_GO(xt_buffer_create(&counts, volume->device, sizeof found, "counts", err));
    const xt_arg args[] = {XT_ARG(raw),  XT_ARG(n[0]),  XT_ARG(n[1]),
                           XT_ARG(n[2]), XT_ARG(items), XT_ARG(counts)};
    XT_GO(xt_launch(volume->device, volume->kernel[XT_KERNEL_KINDS], ITEMS, 0, args, 6, stage,
                    4.0 * (double)volume->voxels, err));
    XT_GO(xt_buffer_read(volume->device, counts, 0, sizeof found, found, err));
    for (int s = 0; s < XT_RENDER_SURFACES; s++)
        if (found[s] > found[XT_RENDER_SURFACES + s] / 4) *bytes |= 255u << 8 * s;
    for (int wall = 0; wall < 6; wall++)
        if (found[2 * XT_RENDER_SURFACES + wall] < 0.35 * found[2 * XT_RENDER_SURFACES + 6] / n[wall / 2])
            *open |= 1 << wall;
done:
    xt_buffer_free(volume->device, &counts);
    return status;
}

/* Twice where voxels are shared. Steps of labels need more: reaches that grow and fall again take away
 * terraces some voxels long. The raw shares in `raw` are lost. */
static xt_status smooth_shares(xt_volume *volume, cl_mem raw, xt_error *err) {
    static const int reach[] = {1, 1, 2, 2, 1, 1};
    cl_mem code = NULL, from = raw, to = volume->share;
    cl_uint bytes;
    cl_int open;
    xt_status status = XT_OK;
    XT_GO(code_create(&code, volume->device, err));
    XT_GO(look_at(&bytes, &open, volume, raw, err));
    for (int k = 0; k < (bytes ? (int)(sizeof reach / sizeof *reach) : 2); k++) {
        const volume_pass pass = {reach[k], open, k < 2 ? ~0u : bytes, bytes, k == 1 ? ~bytes : 0, code};
        XT_GO(smooth(pass, volume, from, to, err));
        const cl_mem swap = from;
        from = to;
        to = swap;
    }
    XT_GO(xt_buffer_copy(volume->device, raw, 0, volume->share, 0, 4 * volume->voxels, err));
    XT_GO(xt_device_finish(volume->device, err));
done:
    xt_buffer_free(volume->device, &code);
    return status;
}

static xt_status map_create(cl_mem *map, xt_volume *volume, const uint8_t surface_of_tissue[256],
                            xt_error *err) {
    XT_TRY(xt_buffer_create(map, volume->device, 256, "surfaces of the tissues", err));
    return xt_buffer_write(volume->device, *map, 0, 256, surface_of_tissue, err);
}

xt_status xt_volume_tissues(xt_volume *volume, const uint8_t *tissue, const uint8_t *second,
                            const uint16_t *share, const uint8_t surface_of_tissue[256], xt_error *err) {
    xt_device *device = volume->device;
    const cl_int shared = second && share;
    const size_t chunk = volume->voxels < XT_VOLUME_CHUNK ? volume->voxels : XT_VOLUME_CHUNK;
    cl_mem raw = NULL, map = NULL, part[3] = {NULL, NULL, NULL};
    xt_status status = XT_OK;
    XT_GO(map_create(&map, volume, surface_of_tissue, err));
    XT_GO(xt_buffer_create(&raw, device, 4 * volume->voxels, "shares before smoothing", err));
    for (int k = 0; k < 3; k++)
        XT_GO(xt_buffer_create(&part[k], device, k == 0 || shared ? chunk * (k == 2 ? 2 : 1) : 4,
                               "tissues on their way", err));
    for (size_t at = 0; at < volume->voxels; at += chunk) {
        const size_t n = volume->voxels - at < chunk ? volume->voxels - at : chunk;
        const cl_int count = (cl_int)n, to = (cl_int)at;
        XT_GO(xt_buffer_write(device, part[0], 0, n, tissue + at, err));
        if (shared) XT_GO(xt_buffer_write(device, part[1], 0, n, second + at, err));
        if (shared) XT_GO(xt_buffer_write(device, part[2], 0, 2 * n, share + at, err));
        const xt_arg args[] = {XT_ARG(part[0]), XT_ARG(part[1]), XT_ARG(part[2]), XT_ARG(shared),
                               XT_ARG(map),     XT_ARG(count),   XT_ARG(to),      XT_ARG(raw)};
        XT_GO(
            xt_launch(device, volume->kernel[XT_KERNEL_SHARES], n, 0, args, 8, stage, 8.0 * (double)n, err));
    }
    XT_GO(smooth_shares(volume, raw, err));
    XT_GO(xt_device_finish(device, err));
    volume->shares_changed = true;
done:
    for (int k = 0; k < 3; k++) xt_buffer_free(device, &part[k]);
    xt_buffer_free(device, &raw);
    xt_buffer_free(device, &map);
    return status;
}

xt_status xt_volume_tissues_of_cells(xt_volume *volume, const xt_fields *fields,
                                     const uint8_t surface_of_tissue[256], xt_error *err) {
    xt_device *device = volume->device;
    const cl_int cells = (cl_int)fields->cells, nx = volume->dims[0], ny = volume->dims[1];
    cl_mem raw = NULL, map = NULL;
    xt_status status = XT_OK;
    XT_GO(xt_volume_is_of(volume, fields, err));
    XT_GO(map_create(&map, volume, surface_of_tissue, err));
    XT_GO(xt_buffer_create(&raw, device, 4 * volume->voxels, "shares before smoothing", err));
    const xt_arg args[] = {XT_ARG(fields->block),
                           XT_ARG(fields->material),
                           XT_ARG(map),
                           XT_ARG(cells),
                           XT_ARG(nx),
                           XT_ARG(ny),
                           XT_ARG(raw)};
    XT_GO(xt_launch(device, volume->kernel[XT_KERNEL_SHARES_OF_CELLS], fields->cells, 0, args, 7, stage,
                    8.0 * cells, err));
    XT_GO(smooth_shares(volume, raw, err));
    XT_GO(xt_device_finish(device, err));
    volume->shares_changed = true;
done:
    xt_buffer_free(device, &raw);
    xt_buffer_free(device, &map);
    return status;
}
