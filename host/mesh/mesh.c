/* The sparse structure: collect the blocks that hold tissue slice by slice, then join neighbours row against
 * row. */
#include "mesh/mesh.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The device indexes cells with 32-bit integers. */
enum { MAX_BLOCKS = INT32_MAX / XT_BLOCK };

void xt_mesh_free(xt_mesh *mesh) {
    if (!mesh) return;
    free(mesh->block);
    free(mesh->material);
    free(mesh->bone);
    if (mesh->tissue_name)
        for (int k = 0; k < mesh->tissue_count; k++) free(mesh->tissue_name[k]);
    free(mesh->tissue_name);
    free(mesh);
}

/* Sort key of a block within the order z, y, x. Dimensions are at most 32767, so the product fits 64 bits. */
static int64_t block_key(const xt_mesh *mesh, int x, int y, int z) {
    return ((int64_t)z * mesh->dims[1] + y) * (mesh->dims[0] / XT_BLOCK + 1) + x / XT_BLOCK;
}

int64_t xt_mesh_cell(const xt_mesh *mesh, int x, int y, int z) {
    if (x < 0 || y < 0 || z < 0 || x >= mesh->dims[0] || y >= mesh->dims[1] || z >= mesh->dims[2]) return -1;
    const int64_t key = block_key(mesh, x, y, z);
    size_t low = 1, high = mesh->blocks;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const xt_block *b = &mesh->block[middle];
        if (block_key(mesh, b->x, b->y, b->z) < key)
            low = middle + 1;
        else
            high = middle;
    }
    if (low >= mesh->blocks) return -1;
    const xt_block *b = &mesh->block[low];
    if (block_key(mesh, b->x, b->y, b->z) != key) return -1;
    return (int64_t)low * XT_BLOCK + x % XT_BLOCK;
}

size_t xt_mesh_neighbour(const xt_mesh *mesh, size_t cell, int face) {
    const size_t block = cell / XT_BLOCK, lane = cell % XT_BLOCK;
    const size_t next = (size_t)mesh->block[block].neighbour[face];
    switch (face) {
    case XT_XM:
        return lane > 0 ? cell - 1 : next * XT_BLOCK + (XT_BLOCK - 1);
    case XT_XP:
        return lane < XT_BLOCK - 1 ? cell + 1 : next * XT_BLOCK;
    default:
        return next * XT_BLOCK + lane;
    }
}

void xt_mesh_position(const xt_mesh *mesh, size_t cell, int voxel[3]) {
    const xt_block *b = &mesh->block[cell / XT_BLOCK];
    voxel[0] = b->x + (int)(cell % XT_BLOCK);
    voxel[1] = b->y;
    voxel[2] = b->z;
}

double xt_mesh_volume(const xt_mesh *mesh, int tissue) {
    /* Whole numbers of 1/65535 of a voxel: the sum is exact whatever the order. */
    uint64_t parts = 0;
    for (size_t cell = XT_BLOCK; cell < mesh->blocks * XT_BLOCK; cell++) {
        const xt_material m = mesh->material[cell];
        if (m.tissue == tissue) parts += 65535u - m.share;
        if (m.second == tissue && m.share > 0) parts += m.share;
    }
    return (double)parts / 65535.0 * mesh->spacing[0] * mesh->spacing[1] * mesh->spacing[2];
}

/* Room for at least `blocks` blocks. */
static xt_status reserve(xt_mesh *mesh, size_t *capacity, size_t blocks, bool has_bone, xt_error *err) {
    if (blocks <= *capacity) return XT_OK;
    if (blocks > MAX_BLOCKS)
        return xt_fail(err, XT_USAGE, "the mesh has more than %lld cells, the most that 32-bit indices reach",
                       (long long)MAX_BLOCKS * XT_BLOCK);
    size_t wanted = *capacity < 1024 ? 1024 : *capacity + *capacity / 2;
    if (wanted < blocks) wanted = blocks;
    const size_t cells = wanted * XT_BLOCK;
    xt_block *block = realloc(mesh->block, wanted * sizeof *block);
    if (!block) return xt_no_memory(err, "mesh blocks", wanted * sizeof *block);
    mesh->block = block;
    xt_material *material = realloc(mesh->material, cells * sizeof *material);
    if (!material) return xt_no_memory(err, "mesh materials", cells * sizeof *material);
    mesh->material = material;
    if (has_bone) {
        float *bone = realloc(mesh->bone, cells * sizeof *bone);
        if (!bone) return xt_no_memory(err, "bone fractions", cells * sizeof *bone);
        mesh->bone = bone;
    }
    *capacity = wanted;
    return XT_OK;
}

static int16_t wall_bits(const xt_mesh *mesh, int x, int y, int z) {
    int bits = 0;
    if (x == 0) bits |= 1 << XT_XM;
    if (x + XT_BLOCK >= mesh->dims[0]) bits |= 1 << XT_XP;
    if (y == 0) bits |= 1 << XT_YM;
    if (y == mesh->dims[1] - 1) bits |= 1 << XT_YP;
    if (z == 0) bits |= 1 << XT_ZM;
    if (z == mesh->dims[2] - 1) bits |= 1 << XT_ZP;
    return (int16_t)bits;
}

/* Append a block of `count` voxels (the rest of its lanes are outside); material NULL makes the outside
 * block. */
static void append(xt_mesh *mesh, int x, int y, int z, int count, const xt_material *material,
                   const float *bone) {
    const size_t b = mesh->blocks++;
    xt_material *to = mesh->material + b * XT_BLOCK;
    memset(&mesh->block[b], 0, sizeof mesh->block[b]);
    memset(to, 0, XT_BLOCK * sizeof *to);
    if (mesh->bone)
        for (int lane = 0; lane < XT_BLOCK; lane++) mesh->bone[b * XT_BLOCK + (size_t)lane] = NAN;
    if (!material) return;
    mesh->block[b] = (xt_block){{0}, (int16_t)x, (int16_t)y, (int16_t)z, wall_bits(mesh, x, y, z)};
    memcpy(to, material, (size_t)count * sizeof *to);
    if (mesh->bone && bone) memcpy(mesh->bone + b * XT_BLOCK, bone, (size_t)count * sizeof *bone);
    for (int lane = 0; lane < count; lane++) mesh->voxels += material[lane].tissue != 0;
}

static xt_status check_slice(const xt_material *material, size_t count, int tissue_count, int z,
                             xt_error *err) {
    for (size_t i = 0; i < count; i++)
        if (material[i].tissue > tissue_count || material[i].second > tissue_count ||
            material[i].share > 32768)
            return xt_fail(err, XT_INTERNAL,
                           "slice %d: voxel %zu has tissue %d, second %d, share %d of %d tissues", z, i,
                           material[i].tissue, material[i].second, material[i].share, tissue_count);
    return XT_OK;
}

static xt_status add_slice(xt_mesh *mesh, size_t *capacity, const xt_material *material, const float *bone,
                           int z, xt_error *err) {
    const int nx = mesh->dims[0];
    for (int y = 0; y < mesh->dims[1]; y++) {
        const size_t row = (size_t)y * (size_t)nx;
        for (int x = 0; x < nx; x += XT_BLOCK) {
            const int count = nx - x < XT_BLOCK ? nx - x : XT_BLOCK;
            bool any = false;
            for (int lane = 0; lane < count && !any; lane++)
                any = material[row + (size_t)(x + lane)].tissue != 0;
            if (!any) continue;
            XT_TRY(reserve(mesh, capacity, mesh->blocks + 1, bone != NULL, err));
            append(mesh, x, y, z, count, material + row + x, bone ? bone + row + x : NULL);
        }
    }
    return XT_OK;
}

/* Give back what the growing arrays left unused. A shrinking realloc that fails leaves the old block: no
 * error. */
static void shrink(xt_mesh *mesh) {
    xt_block *block = realloc(mesh->block, mesh->blocks * sizeof *block);
    if (block) mesh->block = block;
    xt_material *material = realloc(mesh->material, mesh->blocks * XT_BLOCK * sizeof *material);
    if (material) mesh->material = material;
    if (mesh->bone) {
        float *bone = realloc(mesh->bone, mesh->blocks * XT_BLOCK * sizeof *bone);
        if (bone) mesh->bone = bone;
    }
}

/* Join two adjacent rows (ranges of blocks sorted by x): a merge, so that all neighbours cost O(blocks). */
static void join_rows(xt_mesh *mesh, size_t a, size_t a_end, size_t b, size_t b_end, int face_of_a,
                      int face_of_b) {
    while (a < a_end && b < b_end) {
        const int xa = mesh->block[a].x, xb = mesh->block[b].x;
        if (xa == xb) {
            mesh->block[a].neighbour[face_of_a] = (int32_t)b;
            mesh->block[b].neighbour[face_of_b] = (int32_t)a;
        }
        if (xa <= xb) a++;
        if (xb <= xa) b++;
    }
}

static xt_status join(xt_mesh *mesh, xt_error *err) {
    const size_t ny = (size_t)mesh->dims[1], rows = ny * (size_t)mesh->dims[2];
    size_t *start = malloc((rows + 1) * sizeof *start);
    if (!start) return xt_no_memory(err, "mesh rows", (rows + 1) * sizeof *start);
    size_t b = 1;
    for (size_t row = 0; row <= rows; row++) {
        start[row] = b;
        while (b < mesh->blocks && (size_t)mesh->block[b].z * ny + (size_t)mesh->block[b].y == row) b++;
    }
    for (size_t row = 0; row < rows; row++) {
        for (size_t i = start[row]; i + 1 < start[row + 1]; i++)
            if (mesh->block[i].x + XT_BLOCK == mesh->block[i + 1].x) {
                mesh->block[i].neighbour[XT_XP] = (int32_t)(i + 1);
                mesh->block[i + 1].neighbour[XT_XM] = (int32_t)i;
            }
        if (row % ny + 1 < ny)
            join_rows(mesh, start[row], start[row + 1], start[row + 1], start[row + 2], XT_YP, XT_YM);
        if (row + ny < rows)
            join_rows(mesh, start[row], start[row + 1], start[row + ny], start[row + ny + 1], XT_ZP, XT_ZM);
    }
    free(start);
    return XT_OK;
}

static xt_status check_box(const int dims[3], const double spacing[3], int tissue_count, xt_error *err) {
    for (int a = 0; a < 3; a++) {
        if (dims[a] < 1 || dims[a] > INT16_MAX)
            return xt_fail(err, XT_USAGE, "the grid is %d x %d x %d voxels; each must be 1 to %d", dims[0],
                           dims[1], dims[2], INT16_MAX);
        if (!(spacing[a] > 0) || !isfinite(spacing[a]))
            return xt_fail(err, XT_USAGE, "the spacing must be positive, not %g mm", spacing[a]);
    }
    if (tissue_count < 0 || tissue_count > UINT8_MAX)
        return xt_fail(err, XT_USAGE, "%d tissues; a mesh knows at most %d", tissue_count, UINT8_MAX);
    return XT_OK;
}

static xt_status copy_names(xt_mesh *mesh, const char *const *names, int count, xt_error *err) {
    mesh->tissue_name = calloc((size_t)count + 1, sizeof *mesh->tissue_name);
    if (!mesh->tissue_name)
        return xt_no_memory(err, "tissue names", (size_t)count * sizeof *mesh->tissue_name);
    mesh->tissue_count = count;
    for (int k = 0; k < count; k++) {
        const size_t size = strlen(names[k]) + 1;
        if (!(mesh->tissue_name[k] = malloc(size))) return xt_no_memory(err, "tissue names", size);
        memcpy(mesh->tissue_name[k], names[k], size);
    }
    return XT_OK;
}

xt_status xt_mesh_from_slices(xt_mesh **out, const int dims[3], const double spacing[3],
                              const double origin[3], const char *const *tissue_names, int tissue_count,
                              bool has_bone, xt_slice_fill slice, void *context, xt_error *err) {
    *out = NULL;
    XT_TRY(check_box(dims, spacing, tissue_count, err));
    xt_status status = XT_OK;
    const size_t plane = (size_t)dims[0] * (size_t)dims[1];
    size_t capacity = 0;
    xt_material *material = malloc(plane * sizeof *material);
    float *bone = has_bone ? malloc(plane * sizeof *bone) : NULL;
    xt_mesh *mesh = calloc(1, sizeof *mesh);
    if (!material || !mesh || (has_bone && !bone)) {
        status = xt_no_memory(err, "a mesh slice", plane * (sizeof *material + sizeof *bone));
        goto done;
    }
    for (int a = 0; a < 3; a++) {
        mesh->dims[a] = dims[a];
        mesh->spacing[a] = spacing[a];
        mesh->origin[a] = origin[a];
        mesh->affine[a][a] = spacing[a];
        mesh->affine[a][3] = origin[a];
    }
    mesh->quantisation = 0.5 / 65535.0;
    XT_GO(copy_names(mesh, tissue_names, tissue_count, err));
    XT_GO(reserve(mesh, &capacity, 1, has_bone, err));
    append(mesh, 0, 0, 0, 0, NULL, NULL);
    for (int z = 0; z < dims[2]; z++) {
        memset(material, 0, plane * sizeof *material);
        for (size_t i = 0; bone && i < plane; i++) bone[i] = NAN;
        XT_GO(slice(material, bone, z, context, err));
        XT_GO(check_slice(material, plane, tissue_count, z, err));
        XT_GO(add_slice(mesh, &capacity, material, bone, z, err));
    }
    shrink(mesh);
    XT_GO(join(mesh, err));
    *out = mesh;
    mesh = NULL;
done:
    free(material);
    free(bone);
    xt_mesh_free(mesh);
    return status;
}
