/* Slices: each picture point is the voxel it says, along every axis. */
#include "observe/testing.h"

#include <math.h>
#include "observe/slice.h"

enum { DX = 37, DY = 7, DZ = 5 };

static int home(int x, int y, int z) { return (x * 3 + y * 5 + z * 7) % 4 ? 1 + (x + y + z) % 3 : 0; }

static xt_status fill(xt_material *material, float *bone, int z, void *context, xt_error *err) {
    (void)bone;
    (void)context;
    (void)err;
    for (int y = 0; y < DY; y++)
        for (int x = 0; x < DX; x++) {
            const uint8_t t = (uint8_t)home(x, y, z);
            const bool mixed = t && x % 5 == 0;
            material[x + DX * y] = (xt_material){t, (uint8_t)(mixed ? 1 + t % 3 : 0), mixed ? 1000 : 0};
        }
    return XT_OK;
}

static xt_mesh *make(void) {
    static const char *const names[] = {"a", "b", "c"};
    xt_mesh *mesh;
    xt_error err = {0};
    must(xt_mesh_from_slices(&mesh, (int[]){DX, DY, DZ}, (double[]){0.5, 1, 2}, (double[]){0, 0, 0}, names, 3,
                             false, fill, NULL, &err),
         &err);
    return mesh;
}

static void every_point_is_its_voxel(void **state) {
    (void)state;
    xt_mesh *mesh = make();
    const size_t cells = mesh->blocks * XT_BLOCK;
    float *all = malloc(cells * sizeof *all);
    for (size_t c = 0; c < cells; c++) {
        int v[3];
        xt_mesh_position(mesh, c, v);
        all[c] = (float)(v[0] + 100 * v[1] + 10000 * v[2]);
    }
    for (int axis = 0; axis < 3; axis++)
        for (int index = 0; index < mesh->dims[axis]; index++) {
            xt_slice s;
            xt_error err = {0};
            must(xt_slice_create(&s, mesh, axis, index, &err), &err);
            const size_t n = (size_t)s.nx * (size_t)s.ny;
            float *dense = malloc(n * sizeof *dense), *again = malloc(n * sizeof *again),
                  *gathered = malloc((s.count + 1) * sizeof *gathered);
            uint8_t *first = malloc(n), *other = malloc(n), *homes = malloc(s.count + 1);
            uint16_t *part = malloc(n * sizeof *part);
            xt_material *materials = malloc((s.count + 1) * sizeof *materials);
            for (size_t k = 0; k < s.count; k++) {
                if (k) assert_true(s.cell[k] > s.cell[k - 1]);
                gathered[k] = all[s.cell[k]];
                materials[k] = mesh->material[s.cell[k]];
                homes[k] = materials[k].tissue;
            }
            xt_slice_values(dense, &s, all);
            xt_slice_scatter(again, &s, gathered);
            xt_slice_scatter_materials(first, other, part, &s, materials);
            assert_int_equal(s.nx, mesh->dims[s.right]);
            assert_int_equal(s.ny, mesh->dims[s.up]);
            assert_true(s.spacing[0] == mesh->spacing[s.right] && s.spacing[1] == mesh->spacing[s.up]);
            for (int v = 0; v < s.ny; v++)
                for (int u = 0; u < s.nx; u++) {
                    int at[3];
                    at[axis] = index;
                    at[s.right] = u;
                    at[s.up] = v;
                    const size_t i = (size_t)(u + s.nx * v);
                    const int t = home(at[0], at[1], at[2]);
                    assert_int_equal(s.tissue[i], t);
                    assert_int_equal(first[i], t);
                    assert_int_equal(other[i], t && at[0] % 5 == 0 ? 1 + t % 3 : 0);
                    assert_int_equal(part[i], t && at[0] % 5 == 0 ? 1000 : 0);
                    if (!t)
                        assert_true(isnan(dense[i]) && isnan(again[i]));
                    else
                        assert_true(dense[i] == (float)(at[0] + 100 * at[1] + 10000 * at[2]) &&
                                    again[i] == dense[i]);
                }
            xt_slice_scatter_tissues(other, &s, homes);
            assert_memory_equal(other, first, n);
            xt_slice_free(&s);
            free(dense), free(again), free(gathered), free(first), free(other), free(homes), free(part),
                free(materials);
        }
    free(all);
    xt_mesh_free(mesh);
}

static void positions_are_in_mm_from_the_first_face(void **state) {
    (void)state;
    xt_mesh *mesh = make();
    xt_error err = {0};
    int index = -1;
    must(xt_slice_index(&index, mesh, 0, 0, &err), &err);
    assert_int_equal(index, 0);
    must(xt_slice_index(&index, mesh, 0, 0.99, &err), &err);
    assert_int_equal(index, 1);
    must(xt_slice_index(&index, mesh, 2, 10, &err), &err); /* the far face belongs to the last voxel */
    assert_int_equal(index, 4);
    assert_int_equal(xt_slice_index(&index, mesh, 2, 10.01, &err), XT_USAGE);
    assert_non_null(strstr(err.text, "from 0 to 10 mm"));
    err = (xt_error){0};
    assert_int_equal(xt_slice_index(&index, mesh, 1, NAN, &err), XT_USAGE);
    xt_slice s;
    err = (xt_error){0};
    assert_int_equal(xt_slice_create(&s, mesh, 2, 5, &err), XT_USAGE);
    err = (xt_error){0};
    assert_int_equal(xt_slice_create(&s, mesh, 3, 0, &err), XT_USAGE);
    xt_mesh_free(mesh);
}

static void sides_follow_the_affine(void **state) {
    (void)state;
    const xt_slice s = {.axis = 2, .right = 0, .up = 1};
    const char *side[4];
    const double straight[3][4] = {{2, 0, 0, 0}, {0, 2, 0, 0}, {0, 0, 2, 0}};
    xt_slice_sides(side, &s, straight);
    assert_string_equal(side[0], "L");
    assert_string_equal(side[1], "R");
    assert_string_equal(side[2], "P");
    assert_string_equal(side[3], "A");
    const double turned[3][4] = {{0.1, 0, 1, 0}, {-2, 0.1, 0, 0}, {0, -3, 0.1, 0}};
    xt_slice_sides(side, &s, turned);
    assert_string_equal(side[0], "A");
    assert_string_equal(side[1], "P");
    assert_string_equal(side[2], "S");
    assert_string_equal(side[3], "I");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_point_is_its_voxel),
        cmocka_unit_test(positions_are_in_mm_from_the_first_face),
        cmocka_unit_test(sides_follow_the_affine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
