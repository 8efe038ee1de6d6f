#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "mesh/mesh.h"

typedef struct {
    int dims[3];
    xt_material *dense;
} box;

static uint32_t next(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static xt_status copy_slice(xt_material *material, float *bone, int z, void *context, xt_error *err) {
    const box *b = context;
    const size_t plane = (size_t)b->dims[0] * (size_t)b->dims[1];
    memcpy(material, b->dense + (size_t)z * plane, plane * sizeof *material);
    for (size_t i = 0; bone && i < plane; i++)
        if (material[i].tissue == 2) bone[i] = (float)z;
    (void)err;
    return XT_OK;
}

static const char *const names[] = {"bone", "muscle", "fat"};

/* Random labels, about half of them outside and in clumps along x so that whole blocks are missing. */
static box random_box(int nx, int ny, int nz, uint32_t seed) {
    box b = {{nx, ny, nz}, malloc(sizeof(xt_material) * (size_t)nx * (size_t)ny * (size_t)nz)};
    size_t i = 0;
    for (int z = 0; z < nz; z++)
        for (int y = 0; y < ny; y++) {
            bool gap = false;
            for (int x = 0; x < nx; x++, i++) {
                if (x % 8 == 0) gap = next(&seed) % 2;
                b.dense[i] = (xt_material){0, 0, 0};
                if (gap) continue;
                b.dense[i].tissue = (uint8_t)(next(&seed) % 4);
                if (b.dense[i].tissue == 1) {
                    b.dense[i].second = 3;
                    b.dense[i].share = (uint16_t)(next(&seed) % 32768);
                }
            }
        }
    return b;
}

static xt_material at(const box *b, int x, int y, int z) {
    return b->dense[((size_t)z * (size_t)b->dims[1] + (size_t)y) * (size_t)b->dims[0] + (size_t)x];
}

static void check_box(int nx, int ny, int nz, uint32_t seed) {
    box b = random_box(nx, ny, nz, seed);
    xt_error err = {0};
    xt_mesh *m = NULL;
    const double spacing[3] = {0.5, 1, 2}, origin[3] = {1, 2, 3};
    assert_int_equal(xt_mesh_from_slices(&m, b.dims, spacing, origin, names, 3, true, copy_slice, &b, &err),
                     XT_OK);
    const int step[6][3] = {{-1, 0, 0}, {1, 0, 0}, {0, -1, 0}, {0, 1, 0}, {0, 0, -1}, {0, 0, 1}};
    size_t inside = 0;
    double volume[4] = {0};
    for (int z = 0; z < nz; z++)
        for (int y = 0; y < ny; y++)
            for (int x = 0; x < nx; x++) {
                const xt_material want = at(&b, x, y, z);
                const int64_t cell = xt_mesh_cell(m, x, y, z);
                inside += want.tissue != 0;
                volume[want.tissue] += 1 - want.share / 65535.0;
                volume[want.second] += want.share / 65535.0;
                if (cell < 0) {
                    assert_int_equal(want.tissue, 0);
                    continue;
                }
                assert_true((size_t)cell >= XT_BLOCK && (size_t)cell < m->blocks * XT_BLOCK);
                assert_memory_equal(&m->material[cell], &want, sizeof want);
                int v[3];
                xt_mesh_position(m, (size_t)cell, v);
                assert_true(v[0] == x && v[1] == y && v[2] == z);
                if (want.tissue == 2)
                    assert_true(m->bone[cell] == (float)z);
                else
                    assert_true(isnan(m->bone[cell]));
                for (int f = 0; f < 6; f++) {
                    const int64_t other = xt_mesh_cell(m, x + step[f][0], y + step[f][1], z + step[f][2]);
                    const size_t neighbour = xt_mesh_neighbour(m, (size_t)cell, f);
                    if (other < 0 && !(f == XT_XP && x % XT_BLOCK < XT_BLOCK - 1)) {
                        assert_true(neighbour < XT_BLOCK);
                        assert_int_equal(m->material[neighbour].tissue, 0);
                    } else if (other < 0) { /* beyond the box, in the last lanes of the row's last block */
                        assert_int_equal(m->material[neighbour].tissue, 0);
                    } else {
                        assert_true((size_t)other == neighbour);
                        assert_true(xt_mesh_neighbour(m, neighbour, f ^ 1) == (size_t)cell);
                    }
                }
                const xt_block *block = &m->block[cell / XT_BLOCK];
                assert_int_equal(block->wall >> XT_YM & 1, y == 0);
                assert_int_equal(block->wall >> XT_YP & 1, y == ny - 1);
                assert_int_equal(block->wall >> XT_ZM & 1, z == 0);
                assert_int_equal(block->wall >> XT_ZP & 1, z == nz - 1);
                assert_int_equal(block->wall >> XT_XM & 1, x < XT_BLOCK);
                assert_int_equal(block->wall >> XT_XP & 1, x / XT_BLOCK == (nx - 1) / XT_BLOCK);
            }
    assert_int_equal(m->voxels, inside);
    for (int k = 1; k <= 3; k++) assert_true(fabs(xt_mesh_volume(m, k) - volume[k]) < 1e-9 * (1 + volume[k]));
    for (int lane = 0; lane < XT_BLOCK; lane++) assert_int_equal(m->material[lane].tissue, 0);
    for (size_t k = 1; k < m->blocks; k++) {
        bool any = false;
        for (int lane = 0; lane < XT_BLOCK; lane++)
            any |= m->material[k * XT_BLOCK + (size_t)lane].tissue != 0;
        assert_true(any);
    }
    xt_mesh_free(m);
    free(b.dense);
}

static void neighbours_are_symmetric_and_right(void **state) {
    (void)state;
    check_box(37, 9, 7, 1);
    check_box(16, 16, 16, 2);
    check_box(48, 5, 3, 3);
    check_box(17, 1, 11, 4);
    check_box(1, 23, 2, 5);
    check_box(1, 1, 1, 6);
    check_box(1, 1, 9, 9);
    check_box(100, 1, 1, 7);
    check_box(15, 31, 1, 8);
}

static void nothing_inside_is_one_block(void **state) {
    (void)state;
    box b = {{20, 2, 2}, calloc(80, sizeof(xt_material))};
    xt_error err = {0};
    xt_mesh *m = NULL;
    const double one[3] = {1, 1, 1};
    assert_int_equal(xt_mesh_from_slices(&m, b.dims, one, one, names, 3, false, copy_slice, &b, &err), XT_OK);
    assert_int_equal(m->blocks, 1);
    assert_int_equal(m->voxels, 0);
    assert_null(m->bone);
    assert_int_equal(xt_mesh_cell(m, 0, 0, 0), -1);
    assert_int_equal(xt_mesh_cell(m, -1, 0, 0), -1);
    assert_int_equal(xt_mesh_cell(m, 0, 2, 0), -1);
    xt_mesh_free(m);
    free(b.dense);
}

static void bad_boxes_are_refused(void **state) {
    (void)state;
    box b = {{1, 1, 1}, calloc(1, sizeof(xt_material))};
    const double one[3] = {1, 1, 1}, zero[3] = {1, 0, 1}, nan[3] = {1, NAN, 1};
    const int none[3] = {1, 0, 1}, huge[3] = {1, 1, 40000};
    xt_mesh *m = NULL;
    xt_error err = {0};
    assert_int_equal(xt_mesh_from_slices(&m, none, one, one, names, 3, false, copy_slice, &b, &err),
                     XT_USAGE);
    err = (xt_error){0};
    assert_int_equal(xt_mesh_from_slices(&m, huge, one, one, names, 3, false, copy_slice, &b, &err),
                     XT_USAGE);
    err = (xt_error){0};
    assert_int_equal(xt_mesh_from_slices(&m, b.dims, zero, one, names, 3, false, copy_slice, &b, &err),
                     XT_USAGE);
    err = (xt_error){0};
    assert_int_equal(xt_mesh_from_slices(&m, b.dims, nan, one, names, 3, false, copy_slice, &b, &err),
                     XT_USAGE);
    err = (xt_error){0};
    b.dense[0].tissue = 9; /* a label that no tissue has must not get into the mesh */
    assert_int_equal(xt_mesh_from_slices(&m, b.dims, one, one, names, 3, false, copy_slice, &b, &err),
                     XT_INTERNAL);
    assert_null(m);
    free(b.dense);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_are_symmetric_and_right),
        cmocka_unit_test(nothing_inside_is_one_block),
        cmocka_unit_test(bad_boxes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
