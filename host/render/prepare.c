/* What is derived from a filled volume: ranges for skipping, means for occlusion; and from these and a look,
 * flags, distances and the pyramid of opacity. */
#include "render/internal.h"

#include <string.h>

static const char stage[] = "render: skipping";

static xt_status ranges(xt_volume *volume, xt_error *err) {
    const cl_int n[3] = {volume->dims[0], volume->dims[1], volume->dims[2]};
    const cl_int c[3] = {volume->cells[0], volume->cells[1], volume->cells[2]};
    const cl_int b[3] = {volume->level_dims[0][0], volume->level_dims[0][1], volume->level_dims[0][2]};
    if (volume->shares_changed) {
        const xt_arg args[] = {XT_ARG(volume->share), XT_ARG(n[0]),        XT_ARG(n[1]),
                               XT_ARG(n[2]),          XT_ARG(c[0]),        XT_ARG(c[1]),
                               XT_ARG(c[2]),          XT_ARG(volume->low), XT_ARG(volume->high)};
        XT_TRY(xt_launch(volume->device, volume->kernel[XT_KERNEL_SHARE_RANGES], volume->cell_count, 0, args,
                         9, stage, 4.0 * (double)volume->voxels, err));
        const xt_arg mean[] = {XT_ARG(volume->share), XT_ARG(n[0]), XT_ARG(n[1]), XT_ARG(n[2]),
                               XT_ARG(b[0]),          XT_ARG(b[1]), XT_ARG(b[2]), XT_ARG(volume->mean)};
        XT_TRY(xt_launch(volume->device, volume->kernel[XT_KERNEL_COARSE], volume->block_count, 0, mean, 8,
                         stage, 4.0 * (double)volume->voxels, err));
        volume->shares_changed = false;
    }
    for (cl_int slot = 0; slot < volume->fields; slot++) {
        if (!volume->field_changed[slot]) continue;
        const xt_arg args[] = {XT_ARG(volume->field), XT_ARG(slot), XT_ARG(n[0]),
                               XT_ARG(n[1]),          XT_ARG(n[2]), XT_ARG(c[0]),
                               XT_ARG(c[1]),          XT_ARG(c[2]), XT_ARG(volume->range)};
        XT_TRY(xt_launch(volume->device, volume->kernel[XT_KERNEL_FIELD_RANGES], volume->cell_count, 0, args,
                         9, stage, 2.0 * (double)volume->voxels, err));
        volume->field_changed[slot] = false;
    }
    return XT_OK;
}

xt_status xt_volume_update(xt_volume *volume, xt_error *err) {
    bool changed = volume->shares_changed;
    for (int slot = 0; slot < volume->fields; slot++) changed |= volume->field_changed[slot];
    if (!changed) return XT_OK;
    volume->prepared = false;
    return ranges(volume, err);
}

static xt_status flags(xt_volume *volume, xt_error *err) {
    const cl_int cells = (cl_int)volume->cell_count, cx = volume->cells[0];
    const xt_arg args[] = {XT_ARG(volume->low),   XT_ARG(volume->high), XT_ARG(volume->range),
                           XT_ARG(volume->scene), XT_ARG(volume->lit),  XT_ARG(cells),
                           XT_ARG(volume->flag)};
    XT_TRY(xt_launch(volume->device, volume->kernel[XT_KERNEL_FLAGS], volume->cell_count, 0, args, 7, stage,
                     13.0 * cells, err));
    const xt_arg along[] = {XT_ARG(volume->flag), XT_ARG(cx), XT_ARG(cells), XT_ARG(volume->distance[0])};
    XT_TRY(xt_launch(volume->device, volume->kernel[XT_KERNEL_DISTANCE_X], volume->cell_count, 0, along, 4,
                     stage, 2.0 * cells, err));
    cl_int stride = cx;
    for (int axis = 1; axis < 3; axis++) {
        const cl_int count = volume->cells[axis];
        const xt_arg across[] = {XT_ARG(volume->distance[axis - 1]), XT_ARG(stride), XT_ARG(count),
                                 XT_ARG(cells), XT_ARG(volume->distance[2 - axis])};
        XT_TRY(xt_launch(volume->device, volume->kernel[XT_KERNEL_DISTANCE], volume->cell_count, 0, across, 5,
                         stage, 2.0 * cells, err));
        stride *= count;
    }
    const xt_arg last[] = {XT_ARG(volume->distance[0]), XT_ARG(cells), XT_ARG(volume->flag)};
    return xt_launch(volume->device, volume->kernel[XT_KERNEL_CELLS], volume->cell_count, 0, last, 3, stage,
                     2.0 * cells, err);
}

static xt_status pyramid(xt_volume *volume, xt_error *err) {
    const cl_int blocks = (cl_int)volume->block_count;
    const xt_arg args[] = {XT_ARG(volume->mean), XT_ARG(volume->scene), XT_ARG(blocks),
                           XT_ARG(volume->opacity)};
    XT_TRY(xt_launch(volume->device, volume->kernel[XT_KERNEL_OPACITY], volume->block_count, 0, args, 4,
                     stage, 5.0 * blocks, err));
    for (int level = 1; level < XT_RENDER_LEVELS; level++) {
        const int *n = volume->level_dims[level - 1], *m = volume->level_dims[level];
        const cl_int from = (cl_int)volume->level_at[level - 1], to = (cl_int)volume->level_at[level];
        const size_t count = (size_t)m[0] * (size_t)m[1] * (size_t)m[2];
        const xt_arg half[] = {XT_ARG(volume->opacity),
                               XT_ARG(from),
                               XT_ARG(n[0]),
                               XT_ARG(n[1]),
                               XT_ARG(n[2]),
                               XT_ARG(to),
                               XT_ARG(m[0]),
                               XT_ARG(m[1]),
                               XT_ARG(m[2])};
        XT_TRY(xt_launch(volume->device, volume->kernel[XT_KERNEL_HALVE], count, 0, half, 9, stage,
                         9.0 * (double)count, err));
    }
    return XT_OK;
}

xt_status xt_volume_prepare(xt_volume *volume, const xt_render_key *key, xt_error *err) {
    if (volume->prepared && memcmp(key, &volume->key, sizeof *key) == 0) return XT_OK;
    volume->prepared = false;
    XT_TRY(xt_buffer_write(volume->device, volume->lit, 0, sizeof key->lit, key->lit, err));
    XT_TRY(flags(volume, err));
    XT_TRY(pyramid(volume, err));
    volume->key = *key;
    volume->prepared = true;
    return XT_OK;
}
