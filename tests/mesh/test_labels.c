#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "mesh/geometry.h"
#include "mesh/nifti.h"
#include "mesh/resample.h"
#include "mesh/surface.h"

#define PI 3.14159265358979323846

static char folder[] = "/tmp/crosstalk-labels-XXXXXX";
static char path[4096];
static const char *const names[] = {"cortex", "trabecular", "marrow",    "muscle",
                                    "fat",    "skin",       "cartilage", "connective"};
enum { CORTEX = 1, TRABECULAR, MARROW, MUSCLE, FAT, SKIN, CARTILAGE, CONNECTIVE, COUNT = 8 };

static xt_mesh *build(const xt_geometry *g) {
    xt_mesh *m = NULL;
    xt_error err = {0};
    int dims[3];
    xt_geometry resolved = *g;
    if (xt_geometry_resolve(&resolved, dims, &err) != XT_OK) fail_msg("%s", err.text);
    if (xt_geometry_build(&m, g, names, COUNT, &err) != XT_OK) fail_msg("%s", err.text);
    for (int a = 0; a < 3; a++) assert_int_equal(dims[a], m->dims[a]);
    return m;
}

static void near(double value, double expected, double relative, const char *what) {
    if (!(fabs(value - expected) <= relative * fabs(expected)))
        fail_msg("%s: %.8g is not %.8g within %g", what, value, expected, relative);
}

/* A ball (label 7) of radius 8 mm and a shell (label 300) to 11 mm in a box of 24 mm, voxels of 1 x 1 x hz
 * mm. */
static const double BALL = 8, SHELL = 11, CENTRE[3] = {12.3, 11.8, 12.1};
static void write_ball(double hz) {
    const int dims[3] = {24, 24, (int)(24 / hz)};
    const double spacing[3] = {1, 1, hz}, affine[3][4] = {{1, 0, 0, 5}, {0, 1, 0, 6}, {0, 0, hz, 7}};
    uint16_t *data = calloc((size_t)(dims[0] * dims[1] * dims[2]), sizeof *data);
    size_t i = 0;
    for (int z = 0; z < dims[2]; z++)
        for (int y = 0; y < 24; y++)
            for (int x = 0; x < 24; x++, i++) {
                const double r = sqrt(pow(x + .5 - CENTRE[0], 2) + pow(y + .5 - CENTRE[1], 2) +
                                      pow((z + .5) * hz - CENTRE[2], 2));
                data[i] = r < BALL ? 7 : r < SHELL ? 300 : 0;
            }
    xt_error err = {0};
    assert_int_equal(xt_nifti_write(path, data, 512, dims, spacing, affine, "ball", &err), XT_OK);
    free(data);
}

static xt_label_entry map[] = {{0, "outside"}, {7, "cortex"}, {300, "muscle"}};
static xt_geometry ball(double h) {
    return (xt_geometry){
        .kind = XT_GEOMETRY_LABELS, .spacing = {h, h, h}, .file = path, .label = map, .label_count = 3};
}

static double sphere(double r) { return 4 / 3. * PI * r * r * r; }

static void own_spacing_copies_the_labels(void **state) {
    (void)state;
    write_ball(1.5);
    xt_geometry g = ball(0);
    xt_mesh *m = build(&g);
    assert_true(m->dims[2] == 16 && m->spacing[2] == 1.5 && m->affine[2][3] == 7 && m->affine[0][3] == 5);
    xt_volume v;
    xt_error err = {0};
    assert_int_equal(xt_nifti_read(&v, path, 0, &err), XT_OK);
    size_t i = 0, inside = 0;
    for (int z = 0; z < 16; z++)
        for (int y = 0; y < 24; y++)
            for (int x = 0; x < 24; x++, i++) {
                const int want = v.label[i] == 7 ? CORTEX : v.label[i] == 300 ? MUSCLE : 0;
                const int64_t cell = xt_mesh_cell(m, x, y, z);
                inside += want != 0;
                if (cell < 0)
                    assert_int_equal(want, 0);
                else
                    assert_true(m->material[cell].tissue == want && m->material[cell].share == 0);
            }
    assert_int_equal(m->voxels, inside);
    xt_mesh_free(m);
    /* a window moves to whole voxels and knows where it is */
    g.has_window = true;
    g.window_size[0] = 4;
    g.window_origin[0] = 10.4;
    m = build(&g);
    assert_true(m->dims[0] == 4 && m->dims[1] == 24 && m->origin[0] == 10.5 && m->affine[0][3] == 15);
    assert_int_equal(m->material[xt_mesh_cell(m, 2, 12, 8)].tissue, CORTEX);
    xt_mesh_free(m);
    xt_volume_clear(&v);
}

/* Root mean square distance of the cuts between cortex and muscle from the true sphere, mm, and the mean
 * angle (degrees) between the surface normals that the cuts imply and the radius, by plane fits of
 * neighbouring cuts. */
static double roughness(const xt_mesh *m) {
    double sum = 0;
    size_t count = 0;
    for (size_t cell = XT_BLOCK; cell < m->blocks * XT_BLOCK; cell++) {
        const xt_material a = m->material[cell];
        if (a.tissue == 0) continue;
        int v[3];
        xt_mesh_position(m, cell, v);
        for (int axis = 0; axis < 3; axis++) {
            const xt_material b = m->material[xt_mesh_neighbour(m, cell, 2 * axis + 1)];
            if (!((a.tissue == CORTEX && b.tissue == MUSCLE) || (a.tissue == MUSCLE && b.tissue == CORTEX)))
                continue;
            double r = 0, p[3];
            for (int k = 0; k < 3; k++) {
                p[k] =
                    m->origin[k] + m->spacing[k] * (v[k] + (k == axis ? xt_face_cut(a, b) : 0)) - CENTRE[k];
                r += p[k] * p[k];
            }
            r = sqrt(r);
            if (fabs(p[axis]) < 0.6 * r) continue; /* faces that the surface crosses along the line */
            sum += (r - BALL) * (r - BALL);
            count++;
        }
    }
    assert_true(count > 100);
    return sqrt(sum / (double)count);
}

static void finer_grids_are_smooth_and_keep_volumes(void **state) {
    (void)state;
    write_ball(1);
    xt_geometry g = ball(0);
    xt_mesh *m = build(&g);
    const double stairs = roughness(m), cortex = xt_mesh_volume(m, CORTEX),
                 muscle = xt_mesh_volume(m, MUSCLE);
    xt_mesh_free(m);
    for (int k = 0; k < 3; k++) {
        g = ball(k == 0 ? 0.25 : k == 1 ? 0.4 : 0.7);
        m = build(&g);
        const double rough = roughness(m);
        print_message("%g mm: %g mm rms from the sphere, labels %g mm\n", g.spacing[0], rough, stairs);
        assert_true(rough < 0.6 * stairs && rough < 0.15);
        near(xt_mesh_volume(m, CORTEX), cortex, 0.02, "ball");
        near(xt_mesh_volume(m, CORTEX), sphere(BALL), 0.02, "ball, exact");
        near(xt_mesh_volume(m, MUSCLE), muscle, 0.02, "shell");
        xt_mesh_free(m);
    }
    /* nearest-neighbour resampling would keep the staircase: that this test can fail */
    assert_true(stairs > 0.2);
}

static void coarser_and_anisotropic_grids_keep_volumes(void **state) {
    (void)state;
    write_ball(2);
    xt_geometry g = ball(1.3);
    xt_mesh *m = build(&g);
    near(xt_mesh_volume(m, CORTEX), sphere(BALL), 0.03, "ball");
    assert_true(m->dims[0] == 18);
    xt_mesh_free(m);
    write_ball(0.5);
    g = ball(2);
    m = build(&g);
    near(xt_mesh_volume(m, CORTEX), sphere(BALL), 0.04, "ball, coarse");
    near(xt_mesh_volume(m, CORTEX) + xt_mesh_volume(m, MUSCLE), sphere(SHELL), 0.05, "both");
    xt_mesh_free(m);
}

static void a_window_is_a_part_of_the_whole(void **state) {
    (void)state;
    write_ball(1);
    xt_geometry g = ball(0.5);
    xt_mesh *whole = build(&g);
    g.has_window = true;
    for (int a = 0; a < 3; a++) {
        g.window_origin[a] = 3 + a;
        g.window_size[a] = 5;
    }
    xt_mesh *part = build(&g);
    assert_int_equal(part->dims[1], 10);
    size_t same = 0;
    for (int z = 0; z < 10; z++)
        for (int y = 0; y < 10; y++)
            for (int x = 0; x < 10; x++) {
                const int64_t a = xt_mesh_cell(whole, x + 6, y + 8, z + 10), b = xt_mesh_cell(part, x, y, z);
                const xt_material none = {0, 0, 0}, p = a < 0 ? none : whole->material[a];
                const xt_material q = b < 0 ? none : part->material[b];
                assert_true(p.tissue == q.tissue && p.second == q.second && abs((int)p.share - q.share) < 8);
                same += p.tissue != 0;
            }
    assert_true(same > 100);
    for (int a = 0; a < 3; a++)
        assert_true(fabs(part->affine[a][3] - whole->affine[a][3] - (3 + a)) < 1e-9 &&
                    part->affine[a][a] == 0.5);
    xt_mesh_free(whole);
    xt_mesh_free(part);
}

static void part_of_a_box_beyond_a_plane(void **state) {
    (void)state;
    const double size[3] = {1, 2, 0.5};
    const double normal[5][3] = {
        {1, 0, 0}, {0.6, 0.8, 0}, {0.48, 0.64, 0.6}, {-0.48, 0.64, -0.6}, {0, 0, -1}};
    for (int k = 0; k < 5; k++)
        for (double d = -1.4; d < 1.41; d += 0.1) {
            enum { N = 60 };
            int beyond = 0;
            for (int i = 0; i < N * N * N; i++) {
                const double x[3] = {((i % N) + .5) / N - .5, ((i / N % N) + .5) / N - .5,
                                     ((i / N / N) + .5) / N - .5};
                double dot = 0;
                for (int a = 0; a < 3; a++) dot += normal[k][a] * x[a] * size[a];
                beyond += dot > d;
            }
            assert_true(fabs(xt_box_beyond(size, normal[k], d) - (double)beyond / (N * N * N)) < 0.012);
        }
}

static void refused(xt_geometry g, const char *says) {
    xt_mesh *m = NULL;
    xt_error err = {0};
    assert_int_equal(xt_geometry_build(&m, &g, names, COUNT, &err), XT_USAGE);
    if (!strstr(err.text, says)) fail_msg("'%s' does not say '%s'", err.text, says);
    assert_null(m);
}

static void every_label_must_be_mapped(void **state) {
    (void)state;
    write_ball(1);
    xt_geometry g = ball(0);
    g.label_count = 1;
    refused(g, "labels 7 (2");
    refused(g, "300 (");
    xt_label_entry twice[] = {{0, "outside"}, {7, "cortex"}, {300, "muscle"}, {7, "fat"}};
    g.label = twice;
    g.label_count = 4;
    refused(g, "mapped twice");
    xt_label_entry unknown[] = {{0, "outside"}, {7, "cortx"}, {300, "muscle"}};
    g.label = unknown;
    g.label_count = 3;
    refused(g, "did you mean 'cortex'");
    unknown[1] = (xt_label_entry){70000, "cortex"};
    refused(g, "70000");
    g = ball(0);
    g.max_bytes = 1000;
    refused(g, "limit");
    g = ball(0.5);
    g.smoothing = -1;
    refused(g, "smoothing");
    g = ball(1e-4);
    refused(g, "voxels");
}

static xt_label_entry real_map[] = {{0, "outside"}, {1, "cortex"},    {2, "trabecular"},
                                    {3, "marrow"},  {4, "muscle"},    {5, "fat"},
                                    {6, "skin"},    {7, "cartilage"}, {8, "connective"}};

static void use_real(char file[4096], const char *name) {
    if (!getenv("CROSSTALK_DATA")) {
        print_message("skipped: CROSSTALK_DATA is not set\n");
        skip();
    }
    snprintf(file, 4096, "%s/volumes/%s", getenv("CROSSTALK_DATA"), name);
}

static void real_thigh_keeps_its_counts(void **state) {
    (void)state;
    char file[4096];
    use_real(file, "AM_right_thigh_below_crotch_tissue9_iso1mm.nii.gz");
    xt_geometry g = {.kind = XT_GEOMETRY_LABELS, .file = file, .label = real_map, .label_count = 9};
    xt_mesh *m = build(&g);
    xt_volume v;
    xt_error err = {0};
    assert_int_equal(xt_nifti_read(&v, file, 0, &err), XT_OK);
    size_t count[9] = {0}, inside = 0;
    for (size_t i = 0; i < 177u * 180u * 200u; i++) {
        count[v.label[i]]++;
        inside += v.label[i] != 0;
    }
    for (int k = 1; k < 9; k++) assert_true(fabs(xt_mesh_volume(m, k) - (double)count[k]) < 1e-6);
    assert_int_equal(m->voxels, inside);
    xt_volume_clear(&v);
    xt_mesh_free(m);
    /* the whole of it, resampled to 2 mm: main tissues within 2 % */
    for (int a = 0; a < 3; a++) g.spacing[a] = 2;
    m = build(&g);
    near(xt_mesh_volume(m, MUSCLE), (double)count[4], 0.02, "muscle");
    near(xt_mesh_volume(m, FAT), (double)count[5], 0.02, "fat");
    near(xt_mesh_volume(m, CORTEX), (double)count[1], 0.02, "cortex");
    near(xt_mesh_volume(m, MARROW), (double)count[3], 0.02, "marrow");
    xt_mesh_free(m);
}

static void native_thigh_resampled(void **state) {
    (void)state;
    char file[4096];
    use_real(file, "AM_right_thigh_below_crotch_tissue9.nii.gz");
    xt_geometry g = {.kind = XT_GEOMETRY_LABELS, .file = file, .label = real_map, .label_count = 9};
    xt_mesh *native = build(&g);
    assert_true(native->dims[0] == 83 && fabs(native->spacing[2] - 8) < 1e-6);
    g.spacing[0] = g.spacing[1] = g.spacing[2] = 1.5;
    xt_mesh *m = build(&g);
    const int main_tissue[] = {MUSCLE, FAT, CORTEX, TRABECULAR, MARROW, SKIN}; /* skin: one voxel thick */
    for (size_t k = 0; k < sizeof main_tissue / sizeof *main_tissue; k++)
        near(xt_mesh_volume(m, main_tissue[k]), xt_mesh_volume(native, main_tissue[k]), 0.02,
             names[main_tissue[k] - 1]);
    xt_mesh_free(native);
    xt_mesh_free(m);
}

static void normal_of(double n[3], const xt_surface *s, size_t t) {
    const float *p[3];
    double length = 0;
    for (size_t k = 0; k < 3; k++) p[k] = s->position + 3 * (size_t)s->corner[3 * t + k];
    for (int a = 0; a < 3; a++) {
        const int u = (a + 1) % 3, w = (a + 2) % 3;
        n[a] = (double)(p[1][u] - p[0][u]) * (double)(p[2][w] - p[0][w]) -
               (double)(p[1][w] - p[0][w]) * (double)(p[2][u] - p[0][u]);
        length += n[a] * n[a];
    }
    for (int a = 0; a < 3; a++) n[a] /= sqrt(length);
}

/* Root mean square angle (degrees) between the two triangles of each quadrilateral and the next one in the
 * list, which is its neighbour in most cases: large where the surface is a staircase. The volume was itself
 * made from voxels of 2.1 mm, so the smoothing is for those. */
static double unevenness(const xt_surface *s, double near_mm) {
    double sum = 0;
    size_t count = 0;
    for (size_t t = 0; t + 2 < s->triangles; t += 2) {
        const float *p = s->position + 3 * (size_t)s->corner[3 * t],
                    *q = s->position + 3 * (size_t)s->corner[3 * t + 6];
        double gap = 0, a[3], b[3], dot = 0;
        for (int k = 0; k < 3; k++) gap += fabs((double)p[k] - (double)q[k]);
        if (gap > near_mm) continue;
        normal_of(a, s, t);
        normal_of(b, s, t + 2);
        for (int k = 0; k < 3; k++) dot += a[k] * b[k];
        const double angle = acos(fmax(-1, fmin(1, dot))) * 180 / PI;
        sum += angle * angle;
        count++;
    }
    assert_true(count > 1000);
    return sqrt(sum / (double)count);
}

/* What sampling the nearest label at 0.1 mm would give: the staircase. */
static void nearest_labels(xt_mesh *fine, const xt_geometry *g) {
    xt_geometry own = *g;
    own.has_window = false;
    memset(own.spacing, 0, sizeof own.spacing);
    xt_mesh *native = build(&own);
    for (size_t cell = XT_BLOCK; cell < fine->blocks * XT_BLOCK; cell++) {
        int v[3], at[3];
        xt_mesh_position(fine, cell, v);
        for (int a = 0; a < 3; a++) at[a] = (int)(fine->origin[a] + v[a] * fine->spacing[a]);
        const int64_t from = v[0] < fine->dims[0] ? xt_mesh_cell(native, at[0], at[1], at[2]) : -1;
        fine->material[cell] = from < 0 ? (xt_material){0, 0, 0} : native->material[from];
    }
    xt_mesh_free(native);
}

static void a_fine_window_on_the_femur_is_no_staircase(void **state) {
    (void)state;
    char file[4096];
    use_real(file, "AM_right_thigh_below_crotch_tissue9_iso1mm.nii.gz");
    xt_geometry g = {.kind = XT_GEOMETRY_LABELS,
                     .file = file,
                     .label = real_map,
                     .label_count = 9,
                     .spacing = {0.1, 0.1, 0.1},
                     .has_window = true,
                     .window_centred = true,
                     .window_origin = {95.8, 118.9, 100},
                     .window_size = {8, 8, 8},
                     .smoothing = 1.3};
    xt_mesh *m = build(&g);
    assert_int_equal(m->dims[0], 80);
    xt_error err = {0};
    xt_surface *smooth = NULL, *stairs = NULL;
    const xt_surface_def what = {.tissue = CORTEX, .other = MUSCLE};
    assert_int_equal(xt_surface_find(&smooth, m, &what, &err), XT_OK);
    const double cortex = xt_mesh_volume(m, CORTEX);
    nearest_labels(m, &g);
    assert_int_equal(xt_surface_find(&stairs, m, &what, &err), XT_OK);
    near(cortex, xt_mesh_volume(m, CORTEX), 0.04, "cortex in the window");
    const double rough = unevenness(stairs, 0.4), fine = unevenness(smooth, 0.4);
    print_message("unevenness %.2f degrees, staircase %.2f; area %.1f and %.1f mm^2\n", fine, rough,
                  xt_surface_area(smooth), xt_surface_area(stairs));
    assert_true(fine < 0.6 * rough);
    assert_true(xt_surface_area(smooth) < 0.85 * xt_surface_area(stairs));
    xt_surface_free(smooth);
    xt_surface_free(stairs);
    xt_mesh_free(m);
}

static int set_up(void **state) {
    (void)state;
    if (!mkdtemp(folder)) return -1;
    snprintf(path, sizeof path, "%s/labels.nii.gz", folder);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    unlink(path);
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_spacing_copies_the_labels),
        cmocka_unit_test(finer_grids_are_smooth_and_keep_volumes),
        cmocka_unit_test(coarser_and_anisotropic_grids_keep_volumes),
        cmocka_unit_test(a_window_is_a_part_of_the_whole),
        cmocka_unit_test(part_of_a_box_beyond_a_plane),
        cmocka_unit_test(every_label_must_be_mapped),
        cmocka_unit_test(real_thigh_keeps_its_counts),
        cmocka_unit_test(native_thigh_resampled),
        cmocka_unit_test(a_fine_window_on_the_femur_is_no_staircase),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
