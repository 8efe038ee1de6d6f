/* With a folder as argument: writes samples there, for test_surface_vtk.py to read with VTK. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "mesh/geometry.h"
#include "mesh/surface.h"

#define PI 3.14159265358979323846

static const char *const names[] = {"cortex", "marrow", "periosteum", "muscle", "fascia", "fat", "skin"};
enum { CORTEX = 1, MARROW, PERIOSTEUM, MUSCLE, FASCIA, FAT, SKIN, COUNT = 7 };

static xt_mesh *build(xt_geometry g) {
    xt_mesh *m = NULL;
    xt_error err = {0};
    if (xt_geometry_build(&m, &g, names, COUNT, &err) != XT_OK) fail_msg("%s", err.text);
    return m;
}

static xt_mesh *ball(double h) {
    xt_layer layer[] = {{"cortex", 2}, {"muscle", 3}};
    return build((xt_geometry){
        .kind = XT_GEOMETRY_SPHERES, .layer = layer, .layer_count = 2, .box = 6, .spacing = {h, h, 1.2 * h}});
}

static xt_surface *find(const xt_mesh *m, xt_surface_def what) {
    xt_surface *s = NULL;
    xt_error err = {0};
    assert_int_equal(xt_surface_find(&s, m, &what, &err), XT_OK);
    return s;
}

static void near(double value, double expected, double relative, const char *what) {
    if (!(fabs(value - expected) <= relative * fabs(expected)))
        fail_msg("%s: %.8g is not %.8g within %g", what, value, expected, relative);
}

static int compare(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Every edge is run through once in each direction (`manifold`: by two triangles); gives the Euler
 * characteristic. */
static long euler(const xt_surface *s) {
    const size_t n = 3 * s->triangles;
    uint64_t *edge = malloc((n + 1) * sizeof *edge);
    for (size_t t = 0; t < s->triangles; t++)
        for (size_t k = 0; k < 3; k++) {
            const uint64_t a = s->corner[3 * t + k], b = s->corner[3 * t + (k + 1) % 3];
            assert_true(a != b && a < s->vertices && b < s->vertices);
            edge[3 * t + k] = a < b ? a << 33 | b << 1 : b << 33 | a << 1 | 1;
        }
    qsort(edge, n, sizeof *edge, compare);
    size_t edges = 0;
    for (size_t i = 0; i < n; edges++) {
        size_t forward = 0, back = 0;
        const uint64_t which = edge[i] >> 1;
        for (; i < n && edge[i] >> 1 == which; i++) *(edge[i] & 1 ? &back : &forward) += 1;
        assert_int_equal(forward, back);
        assert_int_equal(forward, 1);
    }
    free(edge);
    return (long)s->vertices - (long)edges + (long)s->triangles;
}

static void balls_are_round_closed_and_of_the_right_size(void **state) {
    (void)state;
    const double h[] = {0.25, 0.1};
    for (int k = 0; k < 2; k++) {
        xt_mesh *m = ball(h[k]);
        xt_surface *s = find(m, (xt_surface_def){.tissue = CORTEX, .other = -1});
        assert_int_equal(euler(s), 2);
        near(xt_surface_area(s), 4 * PI * 4, k ? 0.003 : 0.01, "area");
        near(xt_surface_volume(s), 4 / 3. * PI * 8, k ? 0.003 : 0.01, "volume");
        for (size_t v = 0; v < s->vertices; v++) {
            double r = 0;
            for (size_t a = 0; a < 3; a++)
                r += (double)s->position[3 * v + a] * (double)s->position[3 * v + a];
            assert_true(fabs(sqrt(r) - 2) < 0.3 * h[k]);
        }
        for (size_t t = 0; t < s->triangles; t++)
            assert_true(s->tissue[t] == CORTEX && s->other[t] == MUSCLE);
        /* the pair gives the same; seen from the other side it is inside out */
        xt_surface *pair = find(m, (xt_surface_def){.tissue = MUSCLE, .other = CORTEX});
        assert_int_equal(pair->triangles, s->triangles);
        near(xt_surface_volume(pair), -xt_surface_volume(s), 1e-6, "inside out");
        xt_surface_free(pair);
        xt_surface_free(s);
        /* the shell with its caps fills the box */
        s = find(m, (xt_surface_def){.tissue = MUSCLE, .other = -1, .caps = true});
        const double box =
            m->dims[0] * m->spacing[0] * m->dims[1] * m->spacing[1] * m->dims[2] * m->spacing[2];
        near(xt_surface_volume(s), box - 4 / 3. * PI * 8, 0.005, "shell");
        assert_int_equal(euler(s), 4); /* two closed surfaces */
        xt_surface_free(s);
        xt_mesh_free(m);
    }
}

static void plain_labels_are_relaxed(void **state) {
    (void)state;
    xt_mesh *m = ball(0.2);
    for (size_t k = 0; k < m->blocks * XT_BLOCK; k++) m->material[k].second = 0, m->material[k].share = 0;
    double deviation[2];
    for (int k = 0; k < 2; k++) {
        xt_surface *s = find(m, (xt_surface_def){.tissue = CORTEX, .other = -1, .relax = 10 * k});
        double sum = 0, area = 0;
        for (size_t t = 0; t < s->triangles; t++) { /* angle between triangle and radius */
            const float *p[3];
            double n[3], c[3], dot = 0, nn = 0, cc = 0;
            for (size_t i = 0; i < 3; i++) p[i] = s->position + 3 * (size_t)s->corner[3 * t + i];
            for (int a = 0; a < 3; a++) {
                const int u = (a + 1) % 3, w = (a + 2) % 3;
                n[a] = (double)(p[1][u] - p[0][u]) * (double)(p[2][w] - p[0][w]) -
                       (double)(p[1][w] - p[0][w]) * (double)(p[2][u] - p[0][u]);
                c[a] = (double)(p[0][a] + p[1][a] + p[2][a]);
                dot += n[a] * c[a];
                nn += n[a] * n[a];
                cc += c[a] * c[a];
            }
            sum += sqrt(nn) * acos(fmin(1, dot / sqrt(nn * cc)));
            area += sqrt(nn);
        }
        deviation[k] = sum / area * 180 / PI;
        near(xt_surface_volume(s), 4 / 3. * PI * 8, 0.04, "volume");
        if (k) assert_int_equal(euler(s), 2);
        xt_surface_free(s);
    }
    assert_true(deviation[1] < 0.6 * deviation[0] && deviation[1] < 8);
    xt_mesh_free(m);
}

static void a_limb_cut_by_the_box(void **state) {
    (void)state;
    xt_mesh *m = build((xt_geometry){.kind = XT_GEOMETRY_THIGH, .length = 3, .periosteum = -1});
    xt_surface *s = find(m, (xt_surface_def){.tissue = CORTEX, .other = -1, .caps = true});
    near(xt_surface_volume(s), PI * (13.25 * 13.25 - 6.5 * 6.5) * 3, 0.005, "tube");
    near(xt_surface_area(s), 2 * PI * (13.25 + 6.5) * 3 + 2 * PI * (13.25 * 13.25 - 6.5 * 6.5), 0.01,
         "tube's area");
    assert_int_equal(euler(s), 0); /* a torus */
    xt_surface_free(s);
    s = find(m, (xt_surface_def){.tissue = CORTEX, .other = MUSCLE});
    near(xt_surface_area(s), 2 * PI * 13.25 * 3, 0.01, "periosteal surface"); /* reaches both walls */
    xt_surface_free(s);
    s = find(m, (xt_surface_def){.tissue = MARROW, .other = SKIN});
    assert_true(s->triangles == 0 && s->vertices == 0);
    xt_surface_free(s);
    xt_mesh_free(m);
}

static int write_samples(const char *folder) {
    char path[4096];
    xt_mesh *m = ball(0.25);
    m->affine[0][3] += 100;
    xt_surface *s = find(m, (xt_surface_def){.tissue = CORTEX, .other = -1});
    xt_error err = {0};
    float *height = malloc(s->vertices * sizeof *height), *number = malloc(s->triangles * sizeof *number);
    for (size_t v = 0; v < s->vertices; v++) height[v] = s->position[3 * v + 2];
    for (size_t t = 0; t < s->triangles; t++) number[t] = (float)t;
    const xt_surface_array array[] = {{"height (mm)", height, true}, {"number", number, false}};
    snprintf(path, sizeof path, "%s/ball.vtp", folder);
    int failed = xt_surface_write_vtp(path, s, array, 2, &err) != XT_OK;
    snprintf(path, sizeof path, "%s/ball.stl", folder);
    failed |= xt_surface_write_stl(path, s, &err) != XT_OK;
    snprintf(path, sizeof path, "%s/ball.txt", folder);
    FILE *f = fopen(path, "w");
    if (!f) return 1;
    fprintf(f, "%zu %zu %.9g %.9g\n", s->vertices, s->triangles, xt_surface_area(s), xt_surface_volume(s));
    fclose(f);
    free(height);
    free(number);
    xt_surface_free(s);
    xt_mesh_free(m);
    return failed;
}

static void files_that_cannot_be_written(void **state) {
    (void)state;
    xt_surface none = {0};
    xt_error err = {0};
    assert_int_equal(xt_surface_write_vtp("/no/such/folder/a.vtp", &none, NULL, 0, &err), XT_IO);
    err = (xt_error){0};
    assert_int_equal(xt_surface_write_stl("/no/such/folder/a.stl", &none, &err), XT_IO);
}

int main(int argc, char **argv) {
    if (argc > 1) return write_samples(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(balls_are_round_closed_and_of_the_right_size),
        cmocka_unit_test(plain_labels_are_relaxed),
        cmocka_unit_test(a_limb_cut_by_the_box),
        cmocka_unit_test(files_that_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
