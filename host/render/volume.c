#include "render/internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const kernel_names[XT_RENDER_KERNELS] = {
    [XT_KERNEL_SHARES] = "fill_shares",
    [XT_KERNEL_SHARES_OF_CELLS] = "fill_shares_of_cells",
    [XT_KERNEL_KINDS] = "fill_kinds",
    [XT_KERNEL_SMOOTH] = "fill_smooth",
    [XT_KERNEL_FIELD] = "fill_field",
    [XT_KERNEL_UNKNOWN] = "fill_unknown",
    [XT_KERNEL_FIELD_OF_CELLS] = "fill_field_of_cells",
    [XT_KERNEL_SPREAD] = "fill_spread",
    [XT_KERNEL_SHARE_RANGES] = "fill_share_ranges",
    [XT_KERNEL_FIELD_RANGES] = "fill_field_ranges",
    [XT_KERNEL_COARSE] = "fill_coarse",
    [XT_KERNEL_FLAGS] = "prepare_flags",
    [XT_KERNEL_DISTANCE_X] = "prepare_distance_x",
    [XT_KERNEL_DISTANCE] = "prepare_distance",
    [XT_KERNEL_CELLS] = "prepare_cells",
    [XT_KERNEL_OPACITY] = "prepare_opacity",
    [XT_KERNEL_HALVE] = "prepare_halve",
    [XT_KERNEL_MARCH] = "render_march",
    [XT_KERNEL_MARCH_PLAIN] = "render_march_plain",
    [XT_KERNEL_EDGES] = "render_edges",
    [XT_KERNEL_EDGES_PLAIN] = "render_edges_plain",
    [XT_KERNEL_FINISH] = "render_finish",
};

static xt_status build(xt_volume *volume, xt_error *err) {
    static const xt_program_part fill[] = {{"render.clh", NULL}, {"render_fill.cl", NULL}};
    static const xt_program_part prepare[] = {{"render.clh", NULL}, {"render_prepare.cl", NULL}};
    static const xt_program_part march[] = {{"render.clh", NULL},
                                            {"render_ray.clh", NULL},
                                            {"render_way.clh", NULL},
                                            {"render_batch.clh", NULL},
                                            {"render.cl", NULL}};
    const bool processor = xt_device_get_info(volume->device)->type & CL_DEVICE_TYPE_CPU;
    XT_TRY(
        xt_program_build(&volume->program[0], volume->device, fill, 2, processor ? "-DXT_WIDE=16" : "", err));
    XT_TRY(xt_program_build(&volume->program[1], volume->device, prepare, 2, "", err));
    XT_TRY(xt_program_build(&volume->program[2], volume->device, march, 5, processor ? "-DXT_BATCH=4" : "",
                            err));
    for (int k = 0; k < XT_RENDER_KERNELS; k++) {
        xt_program *program = volume->program[k < XT_KERNEL_FLAGS ? 0 : k < XT_KERNEL_MARCH ? 1 : 2];
        XT_TRY(xt_kernel_create(&volume->kernel[k], program, kernel_names[k], err));
    }
    return XT_OK;
}

double xt_volume_bytes(const int dims[3], int surfaces, int fields) {
    (void)surfaces; /* four share a word */
    const double voxels = (double)dims[0] * dims[1] * dims[2];
    return voxels * (8.3 + 2.1 * fields) + 1e5;
}

static void measure(xt_volume *volume) {
    volume->voxels = volume->cell_count = volume->block_count = 1;
    for (int k = 0; k < 3; k++) {
        const int n = volume->dims[k];
        volume->voxels *= (size_t)n;
        volume->cells[k] = n > 1 ? (n - 2) / XT_RENDER_CELL + 1 : 1; /* of lower corners 0..n - 2 */
        volume->cell_count *= (size_t)volume->cells[k];
    }
    for (int level = 0, side = XT_RENDER_BLOCK; level < XT_RENDER_LEVELS; level++, side *= 2) {
        size_t count = 1;
        for (int k = 0; k < 3; k++) {
            volume->level_dims[level][k] = (volume->dims[k] + side - 1) / side;
            count *= (size_t)volume->level_dims[level][k];
        }
        volume->level_at[level] = volume->pyramid;
        volume->pyramid += count;
        if (level == 0) volume->block_count = count;
    }
}

static xt_status buffers(xt_volume *volume, xt_error *err) {
    const size_t fields = volume->fields ? (size_t)volume->fields : 1, cells = volume->cell_count;
    const struct {
        cl_mem *buffer;
        size_t bytes;
        const char *name;
    } all[] = {
        {&volume->share, 4 * volume->voxels, "a volume's surfaces"},
        {&volume->field, volume->fields ? 2 * fields * volume->voxels : 4, "a volume's fields"},
        {&volume->low, 4 * cells, "a volume's cells"},
        {&volume->high, 4 * cells, "a volume's cells"},
        {&volume->range, 4 * fields * cells, "a volume's cells"},
        {&volume->mean, 4 * volume->block_count, "a volume's blocks"},
        {&volume->flag, cells, "a volume's cells"},
        {&volume->distance[0], cells, "a volume's cells"},
        {&volume->distance[1], cells, "a volume's cells"},
        {&volume->opacity, volume->pyramid, "a volume's occlusion"},
        {&volume->scene, sizeof(xt_scene_on_device), "a volume's look"},
        {&volume->table, sizeof(cl_float[XT_RENDER_ROWS][XT_RENDER_ROW][4]), "a volume's colours"},
        {&volume->lit, sizeof volume->key.lit, "a volume's look"},
        {&volume->count, 2 * sizeof(cl_int), "a volume's look"},
        {&volume->curve, (XT_RENDER_CURVE + 2) * sizeof(cl_float), "a volume's colours"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        XT_TRY(xt_buffer_create(all[i].buffer, volume->device, all[i].bytes, all[i].name, err));
    return XT_OK;
}

/* sRGB, 0..65535, of the square of i / XT_RENDER_CURVE in linear light: fine where the eye is. */
static xt_status curve(xt_volume *volume, xt_error *err) {
    cl_float value[XT_RENDER_CURVE + 2];
    for (int i = 0; i <= XT_RENDER_CURVE + 1; i++) {
        const double v = pow((i < XT_RENDER_CURVE ? i : XT_RENDER_CURVE) / (double)XT_RENDER_CURVE, 2);
        value[i] = (cl_float)(65535 * (v <= 0.0031308 ? 12.92 * v : 1.055 * pow(v, 1 / 2.4) - 0.055));
    }
    return xt_buffer_write(volume->device, volume->curve, 0, sizeof value, value, err);
}

xt_status xt_volume_unknown(xt_volume *volume, cl_mem buffer, int slot, xt_error *err) {
    const cl_int voxels = (cl_int)volume->voxels, at = slot;
    const xt_arg args[] = {XT_ARG(voxels), XT_ARG(at), XT_ARG(buffer)};
    return xt_launch(volume->device, volume->kernel[XT_KERNEL_UNKNOWN], volume->voxels, 0, args, 3,
                     XT_VOLUME_STAGE, 2.0 * voxels, err);
}

xt_status xt_volume_create(xt_volume **out, xt_device *device, const int dims[3], const double spacing[3],
                           int surfaces, int fields, xt_error *err) {
    *out = NULL;
    double voxels = 1;
    for (int k = 0; k < 3; k++) {
        voxels *= dims[k];
        if (dims[k] < 1 || !(spacing[k] > 0) || !isfinite(spacing[k]))
            return xt_fail(err, XT_USAGE,
                           "a volume of %d x %d x %d voxels of %g x %g x %g mm; expected sides of at least "
                           "one voxel, and lengths above 0",
                           dims[0], dims[1], dims[2], spacing[0], spacing[1], spacing[2]);
    }
    if (voxels > 2147483647.0)
        return xt_fail(err, XT_USAGE, "a volume of %d x %d x %d voxels; at most 2^31 - 1 can be rendered",
                       dims[0], dims[1], dims[2]);
    if (surfaces < 0 || surfaces > XT_RENDER_SURFACES || fields < 0 || fields > XT_RENDER_FIELDS)
        return xt_fail(err, XT_USAGE, "a volume with %d surfaces and %d fields; at most %d of each", surfaces,
                       fields, XT_RENDER_SURFACES);
    xt_volume *volume = calloc(1, sizeof *volume);
    if (!volume) return xt_no_memory(err, "a volume", sizeof *volume);
    volume->device = device;
    volume->surfaces = surfaces;
    volume->fields = fields;
    memcpy(volume->dims, dims, sizeof volume->dims);
    memcpy(volume->spacing, spacing, sizeof volume->spacing);
    measure(volume);
    xt_status status = XT_OK;
    XT_GO(build(volume, err));
    XT_GO(buffers(volume, err));
    XT_GO(curve(volume, err));
    for (int slot = 0; slot < fields; slot++) {
        XT_GO(xt_volume_unknown(volume, volume->field, slot, err));
        volume->field_changed[slot] = true;
    }
    volume->shares_changed = true;
done:
    if (status == XT_OK)
        *out = volume;
    else {
        xt_volume_free(volume);
        xt_context(err, "a volume of %d x %d x %d voxels, %.2f GB on the device at its most", dims[0],
                   dims[1], dims[2], 1e-9 * xt_volume_bytes(dims, surfaces, fields));
    }
    return status;
}

void xt_volume_free(xt_volume *volume) {
    if (!volume) return;
    cl_mem *const all[] = {&volume->share,       &volume->field,    &volume->low,      &volume->high,
                           &volume->range,       &volume->mean,     &volume->flag,     &volume->distance[0],
                           &volume->distance[1], &volume->opacity,  &volume->scene,    &volume->table,
                           &volume->lit,         &volume->image[0], &volume->image[1], &volume->curve,
                           &volume->behind,      &volume->screen,   &volume->count};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) xt_buffer_free(volume->device, all[i]);
    for (int k = 0; k < XT_RENDER_KERNELS; k++) xt_kernel_free(&volume->kernel[k]);
    for (int k = 0; k < 3; k++) xt_program_free(volume->program[k]);
    free(volume);
}

void xt_volume_size(int dims[3], double spacing[3], const xt_volume *volume) {
    memcpy(dims, volume->dims, sizeof volume->dims);
    memcpy(spacing, volume->spacing, sizeof volume->spacing);
}

xt_status xt_volume_is_of(const xt_volume *volume, const xt_fields *fields, xt_error *err) {
    for (int k = 0; k < 3; k++)
        if (!fields->mesh || fields->mesh->dims[k] != volume->dims[k])
            return xt_fail(err, XT_INTERNAL, "the volume is not of the mesh's size");
    return XT_OK;
}
