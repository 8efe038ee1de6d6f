/* Oblique slices: linear fields come out exactly, tissues keep apart, and a mesh says the same as the dense
 * box. */
#include "observe/testing.h"

#include <math.h>
#include "observe/cut.h"

enum { NX = 36, NY = 20, NZ = 14 };
static const int dims[3] = {NX, NY, NZ};
static const double spacing[3] = {0.5, 1, 0.8}, box[3] = {NX * 0.5, NY * 1.0, NZ * 0.8};
static xt_material material[NX * NY * NZ];
static float value[NX * NY * NZ];

/* A cylinder of two tissues along z: bone inside, muscle outside, with a linear field in each. */
static void fill(void) {
    for (int z = 0; z < NZ; z++)
        for (int y = 0; y < NY; y++)
            for (int x = 0; x < NX; x++) {
                const int i = x + NX * (y + NY * z);
                const double mx = (x + 0.5) * spacing[0], my = (y + 0.5) * spacing[1],
                             mz = (z + 0.5) * spacing[2];
                const double r = hypot(mx - 9, my - 10);
                material[i] = (xt_material){(uint8_t)(r > 8 ? 0 : r > 4 ? 2 : 1), 0, 0};
                value[i] = material[i].tissue == 1 ? (float)(100 + mx + 2 * my + 3 * mz)
                                                   : (float)(mx + 2 * my + 3 * mz);
            }
}

static xt_status slice_of(xt_material *out, float *bone, int z, void *context, xt_error *err) {
    (void)bone;
    (void)context;
    (void)err;
    memcpy(out, &material[(size_t)z * NX * NY], NX * NY * sizeof *out);
    return XT_OK;
}

static xt_plane tilted(void) {
    xt_plane p;
    xt_error err = {0};
    must(xt_plane_oblique(&p, box, (double[3]){9, 10, 5.6}, (double[3]){0.4, 0.3, 1}, 0.2, &err), &err);
    return p;
}

static void place(double mm[3], const xt_cut *cut, int i, int j) {
    for (int k = 0; k < 3; k++)
        mm[k] = cut->plane.point[k] +
                (cut->plane.low[0] + (i + 0.5) * cut->spacing[0]) * cut->plane.right[k] +
                (cut->plane.low[1] + (j + 0.5) * cut->spacing[1]) * cut->plane.up[k];
}

static void linear_fields_are_exact_inside_their_tissue(void **state) {
    (void)state;
    fill();
    const xt_plane p = tilted();
    xt_cut cut;
    xt_error err = {0};
    must(xt_cut_create_dense(&cut, dims, spacing, &p, 0.2, &err), &err);
    const size_t n = (size_t)cut.nx * (size_t)cut.ny;
    xt_material *tissue = malloc(n * sizeof *tissue);
    float *got = malloc(n * sizeof *got);
    must(xt_cut_tissues(tissue, &cut, material, &err), &err);
    must(xt_cut_values(got, tissue, &cut, material, value, XT_CUT_PLAIN, &err), &err);
    int deep = 0, sharp = 0;
    for (int j = 0; j < cut.ny; j++)
        for (int i = 0; i < cut.nx; i++) {
            double mm[3];
            place(mm, &cut, i, j);
            const size_t k = (size_t)j * (size_t)cut.nx + (size_t)i;
            bool inside = true;
            for (int a = 0; a < 3; a++) inside &= mm[a] > 1.2 && mm[a] < box[a] - 1.2;
            if (!inside) continue;
            const double r = hypot(mm[0] - 9, mm[1] - 10), linear = mm[0] + 2 * mm[1] + 3 * mm[2];
            const uint8_t want = r > 8 ? 0 : r > 4 ? 2 : 1;
            if (fabs(r - 4) > 0.9 && fabs(r - 8) > 0.9) assert_int_equal(tissue[k].tissue, want);
            if (r < 2.4 || (r > 5.6 && r < 6.4)) { /* voxels all round of the same tissue */
                assert_true(fabs(got[k] - linear - (want == 1 ? 100 : 0)) < 1e-3);
                deep++;
            }
            /* Never a mixture of the two tissues: those differ by 100, slopes across a voxel are below 6. */
            if (tissue[k].tissue) {
                assert_true(fabs(got[k] - linear - (tissue[k].tissue == 1 ? 100 : 0)) < 6);
                sharp++;
            }
        }
    assert_true(deep > 300 && sharp > 2000);
    free(tissue);
    free(got);
    xt_cut_free(&cut);
}

static void a_mesh_says_the_same_as_the_dense_box(void **state) {
    (void)state;
    static const char *const names[] = {"bone", "muscle"};
    const double origin[3] = {0, 0, 0};
    xt_mesh *mesh;
    xt_error err = {0};
    fill();
    for (int i = 0; i < NX * NY * NZ; i += 7) /* some voxels that two tissues share */
        if (material[i].tissue) {
            material[i].second = (uint8_t)(3 - material[i].tissue);
            material[i].share = (uint16_t)(i * 37 % 32767);
        }
    must(xt_mesh_from_slices(&mesh, dims, spacing, origin, names, 2, false, slice_of, NULL, &err), &err);
    const xt_plane p = tilted();
    xt_cut dense, sparse;
    must(xt_cut_create_dense(&dense, dims, spacing, &p, 0.25, &err), &err);
    must(xt_cut_create(&sparse, mesh, &p, 0.25, &err), &err);
    assert_int_equal(dense.nx, sparse.nx);
    xt_material *gathered = malloc(sparse.count * sizeof *gathered);
    float *cells = malloc(sparse.count * sizeof *cells);
    for (size_t k = 0; k < sparse.count; k++) {
        int v[3];
        xt_mesh_position(mesh, sparse.cell[k], v);
        if (k) assert_true(sparse.cell[k] > sparse.cell[k - 1]);
        gathered[k] = mesh->material[sparse.cell[k]];
        cells[k] = v[0] < NX ? value[v[0] + NX * (v[1] + NY * v[2])] : NAN;
    }
    assert_true(sparse.count < (size_t)NX * NY * NZ); /* not the whole box */
    const size_t n = (size_t)dense.nx * (size_t)dense.ny;
    xt_material *one = malloc(n * sizeof *one), *two = malloc(n * sizeof *two);
    float *a = malloc(n * sizeof *a), *b = malloc(n * sizeof *b);
    must(xt_cut_tissues(one, &dense, material, &err), &err);
    must(xt_cut_tissues(two, &sparse, gathered, &err), &err);
    assert_memory_equal(one, two, n * sizeof *one);
    for (int kind = XT_CUT_PLAIN; kind <= XT_CUT_SLOPED; kind++) {
        must(xt_cut_values(a, one, &dense, material, value, (xt_cut_kind)kind, &err), &err);
        must(xt_cut_values(b, two, &sparse, gathered, cells, (xt_cut_kind)kind, &err), &err);
        for (size_t k = 0; k < n; k++)
            if (one[k].tissue && a[k] != b[k]) fail_msg("sample %zu: %g, not %g", k, b[k], a[k]);
    }
    free(gathered);
    free(cells);
    free(one);
    free(two);
    free(a);
    free(b);
    xt_cut_free(&dense);
    xt_cut_free(&sparse);
    xt_mesh_free(mesh);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(linear_fields_are_exact_inside_their_tissue),
                                       cmocka_unit_test(a_mesh_says_the_same_as_the_dense_box)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
