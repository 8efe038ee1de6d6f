#include "render/internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char stage[] = "render: volume";

/* Voxels that one upload takes along. */
enum { CHUNK = 1 << 22 };

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
    XT_TRY(xt_program_build(&volume->program[0], volume->device, fill, 2, "", err));
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
    return voxels * (8 + 2.0 * fields) + voxels * 0.1 + 1e5;
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
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        XT_TRY(xt_buffer_create(all[i].buffer, volume->device, all[i].bytes, all[i].name, err));
    return XT_OK;
}

static xt_status unknown(xt_volume *volume, int slot, xt_error *err) {
    const cl_int count = (cl_int)volume->voxels;
    cl_mem sub = volume->field; /* slots are filled one by one, so that offsets stay 32 bits wide */
    const cl_int from = slot;
    const xt_arg args[] = {XT_ARG(count), XT_ARG(from), XT_ARG(sub)};
    return xt_launch(volume->device, volume->kernel[XT_KERNEL_UNKNOWN], volume->voxels, 0, args, 3, stage,
                     2.0 * count, err);
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
    for (int slot = 0; slot < fields; slot++) {
        XT_GO(unknown(volume, slot, err));
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
    cl_mem *const all[] = {&volume->share,       &volume->field,    &volume->low,     &volume->high,
                           &volume->range,       &volume->mean,     &volume->flag,    &volume->distance[0],
                           &volume->distance[1], &volume->opacity,  &volume->scene,   &volume->table,
                           &volume->lit,         &volume->image[0], &volume->image[1]};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) xt_buffer_free(volume->device, all[i]);
    for (int k = 0; k < XT_RENDER_KERNELS; k++) xt_kernel_free(&volume->kernel[k]);
    for (int k = 0; k < 3; k++) xt_program_free(volume->program[k]);
    free(volume);
}

void xt_volume_size(int dims[3], double spacing[3], const xt_volume *volume) {
    memcpy(dims, volume->dims, sizeof volume->dims);
    memcpy(spacing, volume->spacing, sizeof volume->spacing);
}

/* One smoothing: how far its neighbours are, which bytes change, which of them stay on their side. */
typedef struct {
    cl_int reach;
    cl_uint smoothed, held;
} volume_pass;

static xt_status smooth(volume_pass pass, xt_volume *volume, cl_mem from, cl_mem to, xt_error *err) {
    const cl_int n[3] = {volume->dims[0], volume->dims[1], volume->dims[2]};
    const xt_arg args[] = {XT_ARG(from),       XT_ARG(n[0]),          XT_ARG(n[1]),      XT_ARG(n[2]),
                           XT_ARG(pass.reach), XT_ARG(pass.smoothed), XT_ARG(pass.held), XT_ARG(to)};
    return xt_launch(volume->device, volume->kernel[XT_KERNEL_SMOOTH], volume->voxels, 0, args, 8, stage,
                     8.0 * (double)volume->voxels, err);
}

/* The bytes of the surfaces that are labelled rather than shared: hardly a voxel is partly theirs. */
static xt_status labelled(cl_uint *bytes, xt_volume *volume, cl_mem raw, xt_error *err) {
    enum { ITEMS = 1024 };
    const cl_int n[3] = {volume->dims[0], volume->dims[1], volume->dims[2]}, items = ITEMS;
    cl_int found[2 * XT_RENDER_SURFACES];
    cl_mem counts = NULL;
    xt_status status = XT_OK;
    *bytes = 0;
    XT_GO(xt_buffer_create(&counts, volume->device, sizeof found, "counts", err));
    const xt_arg args[] = {XT_ARG(raw),  XT_ARG(n[0]),  XT_ARG(n[1]),
                           XT_ARG(n[2]), XT_ARG(items), XT_ARG(counts)};
    XT_GO(xt_launch(volume->device, volume->kernel[XT_KERNEL_KINDS], ITEMS, 0, args, 6, stage,
                    4.0 * (double)volume->voxels, err));
    XT_GO(xt_buffer_read(volume->device, counts, 0, sizeof found, found, err));
    for (int s = 0; s < XT_RENDER_SURFACES; s++)
        if (found[s] > found[XT_RENDER_SURFACES + s] / 4) *bytes |= 255u << 8 * s;
done:
    xt_buffer_free(volume->device, &counts);
    return status;
}

/* Once where voxels are shared. Steps of labels need more: reaches that grow and fall again take away
 * terraces some ten voxels long. The result lies in volume->share, the raw shares in `raw` are lost. */
static xt_status smooth_shares(xt_volume *volume, cl_mem raw, xt_error *err) {
    static const int reach[] = {1, 2, 4, 3, 2, 1, 1}; /* an odd number: ends in volume->share */
    cl_uint bytes;
    XT_TRY(labelled(&bytes, volume, raw, err));
    XT_TRY(smooth((volume_pass){1, ~0u, bytes}, volume, raw, volume->share, err));
    for (size_t k = 1; bytes && k < sizeof reach / sizeof *reach; k++)
        XT_TRY(smooth((volume_pass){reach[k], bytes, bytes}, volume, k % 2 ? volume->share : raw,
                      k % 2 ? raw : volume->share, err));
    return XT_OK;
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
    const size_t chunk = volume->voxels < CHUNK ? volume->voxels : CHUNK;
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

static xt_status check_dims(const xt_volume *volume, const xt_fields *fields, xt_error *err) {
    for (int k = 0; k < 3; k++)
        if (!fields->mesh || fields->mesh->dims[k] != volume->dims[k])
            return xt_fail(err, XT_INTERNAL, "the volume is not of the mesh's size");
    return XT_OK;
}

xt_status xt_volume_tissues_of_cells(xt_volume *volume, const xt_fields *fields,
                                     const uint8_t surface_of_tissue[256], xt_error *err) {
    xt_device *device = volume->device;
    const cl_int cells = (cl_int)fields->cells, nx = volume->dims[0], ny = volume->dims[1];
    cl_mem raw = NULL, map = NULL;
    xt_status status = XT_OK;
    XT_GO(check_dims(volume, fields, err));
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

/* ---- fields ---- */

typedef struct {
    cl_float low, per_range;
    cl_int logarithmic;
} scaling;

static xt_status scale(scaling *out, const xt_volume *volume, int slot, double low, double high, bool log_,
                       xt_error *err) {
    if (slot < 0 || slot >= volume->fields)
        return xt_fail(err, XT_INTERNAL, "field slot %d of a volume with %d", slot, volume->fields);
    if (!isfinite(low) || !isfinite(high) || !(low < high))
        return xt_fail(err, XT_USAGE, "a field shown from %g to %g; expected a lower and a higher limit", low,
                       high);
    if (log_ && !(low > 0))
        return xt_fail(err, XT_USAGE, "a field shown logarithmically from %g; expected a limit above 0", low);
    if (log_) {
        low = log(low);
        high = log(high);
    }
    *out = (scaling){(cl_float)low, (cl_float)(1 / (high - low)), log_};
    return XT_OK;
}

static xt_status spread(xt_volume *volume, int slot, xt_error *err) {
    const cl_int n[3] = {volume->dims[0], volume->dims[1], volume->dims[2]}, at = slot;
    const xt_arg args[] = {XT_ARG(n[0]), XT_ARG(n[1]), XT_ARG(n[2]), XT_ARG(at), XT_ARG(volume->field)};
    XT_TRY(xt_launch(volume->device, volume->kernel[XT_KERNEL_SPREAD], volume->voxels, 0, args, 5, stage,
                     4.0 * (double)volume->voxels, err));
    volume->field_changed[slot] = true;
    return xt_device_finish(volume->device, err);
}

xt_status xt_volume_field(xt_volume *volume, int slot, const float *value, double low, double high, bool log_,
                          xt_error *err) {
    xt_device *device = volume->device;
    scaling s;
    XT_TRY(scale(&s, volume, slot, low, high, log_, err));
    const size_t chunk = volume->voxels < CHUNK ? volume->voxels : CHUNK;
    const cl_int voxels = (cl_int)volume->voxels, at_slot = slot;
    cl_mem part = NULL;
    xt_status status = XT_OK;
    XT_GO(xt_buffer_create(&part, device, 4 * chunk, "a field on its way", err));
    for (size_t at = 0; at < volume->voxels; at += chunk) {
        const size_t n = volume->voxels - at < chunk ? volume->voxels - at : chunk;
        const cl_int count = (cl_int)n, to = (cl_int)at;
        XT_GO(xt_buffer_write(device, part, 0, 4 * n, value + at, err));
        const xt_arg args[] = {XT_ARG(part),          XT_ARG(s.low),   XT_ARG(s.per_range),
                               XT_ARG(s.logarithmic), XT_ARG(count),   XT_ARG(to),
                               XT_ARG(voxels),        XT_ARG(at_slot), XT_ARG(volume->field)};
        XT_GO(xt_launch(device, volume->kernel[XT_KERNEL_FIELD], n, 0, args, 9, stage, 6.0 * (double)n, err));
    }
    XT_GO(spread(volume, slot, err));
done:
    xt_buffer_free(device, &part);
    return status;
}

xt_status xt_volume_field_of_cells(xt_volume *volume, int slot, const xt_fields *fields, cl_mem buffer,
                                   int plane, double low, double high, bool log_, xt_error *err) {
    scaling s;
    XT_TRY(check_dims(volume, fields, err));
    XT_TRY(scale(&s, volume, slot, low, high, log_, err));
    XT_TRY(unknown(volume, slot, err));
    const cl_int cells = (cl_int)fields->cells, nx = volume->dims[0], ny = volume->dims[1], at_slot = slot;
    const cl_int offset = plane * cells, voxels = (cl_int)volume->voxels;
    const xt_arg args[] = {
        XT_ARG(fields->block), XT_ARG(fields->material), XT_ARG(buffer),       XT_ARG(offset), XT_ARG(s.low),
        XT_ARG(s.per_range),   XT_ARG(s.logarithmic),    XT_ARG(cells),        XT_ARG(nx),     XT_ARG(ny),
        XT_ARG(voxels),        XT_ARG(at_slot),          XT_ARG(volume->field)};
    XT_TRY(xt_launch(volume->device, volume->kernel[XT_KERNEL_FIELD_OF_CELLS], fields->cells, 0, args, 13,
                     stage, 10.0 * cells, err));
    return spread(volume, slot, err);
}
