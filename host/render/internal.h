/* What the files of this room share: the volume's buffers, and the scene as kernels/render.clh has it. */
#ifndef RENDER_INTERNAL_H
#define RENDER_INTERNAL_H

#include "render/camera.h"
#include "render/look.h"
#include "render/volume.h"

enum {
    XT_RENDER_LEVELS = 4,
    XT_RENDER_ROW = 257,
    XT_RENDER_ROWS = XT_RENDER_FIELDS + XT_RENDER_SURFACES, /* of glows, then of surfaces */
    XT_RENDER_CELL = 4,                                     /* voxels along a macrocell */
    XT_RENDER_BLOCK = 4,                                    /* along a cell of the pyramid's first level */
    XT_RENDER_CURVE = 4096,
    XT_RENDER_TILE = 64 /* pixels of a tile, 8 x 8 */
};

typedef struct {
    cl_float colour[3], opacity, sheet;
    cl_int field;
} xt_scene_surface;

typedef struct {
    cl_float eye[3], forward[3], right[3], up[3];
    cl_int perspective, width, height, tiles, dims[3], cells[3];
    cl_float spacing[3], per_spacing[3], size[3], step;
    cl_float light[3], ambient, diffuse, specular, occlusion, shadow;
    cl_int shine, cuts;
    cl_float cut[XT_RENDER_CUTS][4], cap;
    xt_scene_surface surface[XT_RENDER_SURFACES];
    cl_int visible, glows, glow_field[XT_RENDER_FIELDS];
    cl_int occlusion_dims[XT_RENDER_LEVELS][3], occlusion_at[XT_RENDER_LEVELS];
    cl_float edge;
} xt_scene_on_device;
_Static_assert(sizeof(xt_scene_on_device) == 456, "xt_scene is shared with the device");

/* What depends on the look alone and decides what can be skipped; compared to see whether it changed. */
typedef struct {
    cl_int visible, glows, glow_field[XT_RENDER_FIELDS];
    cl_float opacity[XT_RENDER_SURFACES];
    cl_int lit[XT_RENDER_FIELDS][XT_RENDER_ROW + 1];
} xt_render_key;

enum {
    XT_KERNEL_SHARES,
    XT_KERNEL_SHARES_OF_CELLS,
    XT_KERNEL_KINDS,
    XT_KERNEL_SMOOTH,
    XT_KERNEL_FIELD,
    XT_KERNEL_UNKNOWN,
    XT_KERNEL_FIELD_OF_CELLS,
    XT_KERNEL_SPREAD,
    XT_KERNEL_SHARE_RANGES,
    XT_KERNEL_FIELD_RANGES,
    XT_KERNEL_COARSE,
    XT_KERNEL_FLAGS,
    XT_KERNEL_DISTANCE_X,
    XT_KERNEL_DISTANCE,
    XT_KERNEL_CELLS,
    XT_KERNEL_OPACITY,
    XT_KERNEL_HALVE,
    XT_KERNEL_MARCH,
    XT_KERNEL_MARCH_PLAIN,
    XT_KERNEL_EDGES,
    XT_KERNEL_EDGES_PLAIN,
    XT_KERNEL_FINISH,
    XT_RENDER_KERNELS
};

struct xt_volume {
    xt_device *device;
    int dims[3], cells[3], surfaces, fields;
    double spacing[3];
    size_t voxels, cell_count, block_count, pyramid;
    int level_dims[XT_RENDER_LEVELS][3];
    size_t level_at[XT_RENDER_LEVELS];
    xt_program *program[3]; /* fill, prepare, march */
    cl_kernel kernel[XT_RENDER_KERNELS];
    cl_mem share;                      /* uint[voxels] */
    cl_mem field;                      /* ushort[fields][voxels] */
    cl_mem low, high, range, mean;     /* of macrocells, of blocks */
    cl_mem flag, distance[2], opacity; /* by the look */
    cl_mem scene, table, lit;
    cl_mem curve;                 /* float[XT_RENDER_CURVE + 2]: sRGB */
    cl_mem image[2];              /* float4[pixels] */
    cl_mem behind, screen, count; /* float4[rows], ushort4[pixels], int[2] */
    size_t pixels;                /* that they hold */
    bool shares_changed, field_changed[XT_RENDER_FIELDS], prepared;
    xt_render_key key;
};

#define XT_VOLUME_STAGE "render: volume"
enum { XT_VOLUME_CHUNK = 1 << 22 }; /* voxels that one upload takes along */

/* A slot of `buffer` known nowhere. */
xt_status xt_volume_unknown(xt_volume *volume, cl_mem buffer, int slot, xt_error *err);
/* XT_INTERNAL unless the volume has the size of the mesh. */
xt_status xt_volume_is_of(const xt_volume *volume, const xt_fields *fields, xt_error *err);

/* sRGB to linear light, 0..1. */
void xt_render_linear_of(double rgb[3], xt_colour colour);

/* The scene, the tables [XT_RENDER_ROWS][XT_RENDER_ROW][4] and the key of a look at a volume. Checks. */
xt_status xt_render_compose(xt_scene_on_device *scene, cl_float *table, xt_render_key *key,
                            const xt_volume *volume, const xt_camera *camera, const xt_look *look, int width,
                            int height, xt_error *err);

/* Ranges of the macrocells and means of the blocks, where voxels changed since. */
xt_status xt_volume_update(xt_volume *volume, xt_error *err);

/* Flags, distances and the pyramid for the look in volume->scene, where they are not those already. */
xt_status xt_volume_prepare(xt_volume *volume, const xt_render_key *key, xt_error *err);

#endif
