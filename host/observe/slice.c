#include "observe/slice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void xt_slice_free(xt_slice *slice) {
    free(slice->cell);
    free(slice->place);
    free(slice->tissue);
    *slice = (xt_slice){0};
}

xt_status xt_slice_index(int *index, const xt_mesh *mesh, int axis, double mm, xt_error *err) {
    if (axis < 0 || axis > 2) return xt_fail(err, XT_USAGE, "a slice along axis %d", axis);
    const double size = mesh->dims[axis] * mesh->spacing[axis];
    if (!(mm >= 0 && mm <= size))
        return xt_fail(err, XT_USAGE, "a slice at %c = %g mm; the box reaches from 0 to %g mm", "xyz"[axis],
                       mm, size);
    const int i = (int)(mm / mesh->spacing[axis]);
    *index = i < mesh->dims[axis] ? i : mesh->dims[axis] - 1;
    return XT_OK;
}

/* Whether a cell lies in the slice, and where in the picture. */
static bool place_of(uint32_t *place, const xt_slice *slice, const xt_mesh *mesh, size_t cell) {
    int voxel[3];
    xt_mesh_position(mesh, cell, voxel);
    if (voxel[slice->axis] != slice->index || voxel[0] >= mesh->dims[0]) return false;
    *place = (uint32_t)(voxel[slice->right] + slice->nx * voxel[slice->up]);
    return true;
}

static bool crosses(const xt_slice *slice, const xt_block *b) {
    if (slice->axis == 0) return b->x <= slice->index && slice->index < b->x + XT_BLOCK;
    return (slice->axis == 1 ? b->y : b->z) == slice->index;
}

/* One pass counts (arrays NULL), the second fills. */
static size_t collect(xt_slice *slice, const xt_mesh *mesh) {
    size_t n = 0;
    for (size_t block = 1; block < mesh->blocks; block++) {
        if (!crosses(slice, &mesh->block[block])) continue;
        for (size_t cell = block * XT_BLOCK; cell < (block + 1) * XT_BLOCK; cell++) {
            uint32_t place;
            const xt_material m = mesh->material[cell];
            if (m.tissue == 0 || !place_of(&place, slice, mesh, cell)) continue;
            if (slice->cell) {
                slice->cell[n] = (uint32_t)cell;
                slice->place[n] = place;
                slice->tissue[place] = m.tissue;
            }
            n++;
        }
    }
    return n;
}

xt_status xt_slice_create(xt_slice *slice, const xt_mesh *mesh, int axis, int index, xt_error *err) {
    *slice = (xt_slice){0};
    if (axis < 0 || axis > 2) return xt_fail(err, XT_USAGE, "a slice along axis %d", axis);
    if (index < 0 || index >= mesh->dims[axis])
        return xt_fail(err, XT_USAGE, "slice %d along %c; there are %d", index, "xyz"[axis],
                       mesh -> dims[axis]);
    slice->axis = axis;
    slice->index = index;
    slice->right = axis == 0 ? 1 : 0;
    slice->up = axis == 2 ? 1 : 2;
    slice->nx = mesh->dims[slice->right];
    slice->ny = mesh->dims[slice->up];
    slice->spacing[0] = mesh->spacing[slice->right];
    slice->spacing[1] = mesh->spacing[slice->up];
    const size_t dense = (size_t)slice->nx * (size_t)slice->ny;
    slice->count = collect(slice, mesh);
    const size_t some = slice->count ? slice->count : 1;
    slice->place = malloc(some * sizeof *slice->place);
    slice->tissue = calloc(dense, 1);
    slice->cell = malloc(some * sizeof *slice->cell);
    if (!slice->place || !slice->tissue || !slice->cell) {
        xt_slice_free(slice);
        return xt_no_memory(err, "a slice", dense + some * 8);
    }
    collect(slice, mesh);
    return XT_OK;
}

static void clear(float *dense, const xt_slice *slice) {
    const size_t n = (size_t)slice->nx * (size_t)slice->ny;
    for (size_t i = 0; i < n; i++) dense[i] = NAN;
}

void xt_slice_values(float *dense, const xt_slice *slice, const float *cells) {
    clear(dense, slice);
    for (size_t k = 0; k < slice->count; k++) dense[slice->place[k]] = cells[slice->cell[k]];
}

void xt_slice_scatter(float *dense, const xt_slice *slice, const float *gathered) {
    clear(dense, slice);
    for (size_t k = 0; k < slice->count; k++) dense[slice->place[k]] = gathered[k];
}

void xt_slice_scatter_tissues(uint8_t *dense, const xt_slice *slice, const uint8_t *gathered) {
    memset(dense, 0, (size_t)slice->nx * (size_t)slice->ny);
    for (size_t k = 0; k < slice->count; k++) dense[slice->place[k]] = gathered[k];
}

void xt_slice_scatter_materials(uint8_t *tissue, uint8_t *second, uint16_t *share, const xt_slice *slice,
                                const xt_material *gathered) {
    const size_t n = (size_t)slice->nx * (size_t)slice->ny;
    memset(tissue, 0, n);
    memset(second, 0, n);
    memset(share, 0, n * sizeof *share);
    for (size_t k = 0; k < slice->count; k++) {
        tissue[slice->place[k]] = gathered[k].tissue;
        second[slice->place[k]] = gathered[k].second;
        share[slice->place[k]] = gathered[k].share;
    }
}

void xt_slice_sides(const char *side[4], const xt_slice *slice, const double affine[3][4]) {
    static const char *const letter[3][2] = {{"L", "R"}, {"P", "A"}, {"I", "S"}};
    const int axis[2] = {slice->right, slice->up};
    for (int k = 0; k < 2; k++) {
        int world = 0;
        for (int w = 1; w < 3; w++)
            if (fabs(affine[w][axis[k]]) > fabs(affine[world][axis[k]])) world = w;
        const int ahead = affine[world][axis[k]] >= 0;
        side[2 * k] = letter[world][!ahead];
        side[2 * k + 1] = letter[world][ahead];
    }
}
