#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include "mesh/geometry.h"
#include "mesh/interface.h"

#define PI 3.14159265358979323846

static const char *const names[] = {"cortex", "marrow", "periosteum", "muscle", "fascia", "fat", "skin"};
enum { CORTEX = 1, MARROW, PERIOSTEUM, MUSCLE, FASCIA, FAT, SKIN, COUNT = 7 };

static xt_mesh *build(xt_geometry g) {
    xt_mesh *m = NULL;
    xt_error err = {0};
    if (xt_geometry_build(&m, &g, names, COUNT, &err) != XT_OK) fail_msg("%s", err.text);
    return m;
}

static xt_interface *find(const xt_mesh *m, bool outside) {
    xt_interface *i = NULL;
    xt_error err = {0};
    assert_int_equal(xt_interface_find(&i, m, outside, &err), XT_OK);
    return i;
}

static void near(double value, double expected, double relative, const char *what) {
    if (!(fabs(value - expected) <= relative * fabs(expected)))
        fail_msg("%s: %.8g is not %.8g within %g", what, value, expected, relative);
}

/* Forget the shares: what a label volume would give. */
static void make_labels(xt_mesh *m) {
    for (size_t k = 0; k < m->blocks * XT_BLOCK; k++) m->material[k].second = 0, m->material[k].share = 0;
}

static void balls_have_their_area(void **state) {
    (void)state;
    const double spacing[3][3] = {{0.25, 0.25, 0.25}, {0.2, 0.3, 0.25}, {0.1, 0.1, 0.1}};
    for (int k = 0; k < 3; k++) {
        xt_layer layer[] = {{"cortex", 2}, {"muscle", 3}};
        xt_mesh *m = build((xt_geometry){.kind = XT_GEOMETRY_SPHERES,
                                         .layer = layer,
                                         .layer_count = 2,
                                         .box = 6,
                                         .spacing = {spacing[k][0], spacing[k][1], spacing[k][2]}});
        xt_interface *i = find(m, true);
        near(xt_interface_area(i, CORTEX, MUSCLE), 4 * PI * 4, 0.02, "ball");
        assert_true(xt_interface_area(i, MUSCLE, CORTEX) == xt_interface_area(i, CORTEX, MUSCLE));
        assert_true(xt_interface_area(i, CORTEX, FAT) == 0);
        assert_int_equal(i->pairs, 1); /* the box's walls are no surface */
        double mean = 0, cuts = 0;
        for (size_t f = 0; f < i->count; f++) {
            const xt_interface_face *face = &i->face[f];
            int v[3];
            xt_mesh_position(m, face->a, v);
            assert_true(xt_mesh_neighbour(m, face->a, 2 * face->axis + 1) == face->b);
            double p[3], r = 0, dot = 0, n2 = 0;
            for (int a = 0; a < 3; a++) {
                p[a] = m->origin[a] + m->spacing[a] * (v[a] + (a == face->axis ? (double)face->cut : 0));
                r += p[a] * p[a];
                dot += p[a] * (double)face->normal[a];
                n2 += (double)face->normal[a] * (double)face->normal[a];
            }
            r = sqrt(r);
            near(n2, 1, 1e-5, "length of a normal");
            dot *= (face->from == CORTEX ? 1 : -1) / r; /* from the inside out */
            assert_true(dot > 0.9);
            mean += acos(fmin(1, dot)) * 180 / PI;
            if (fabs(p[face->axis]) > 0.6 * r) cuts = fmax(cuts, fabs(r - 2));
        }
        assert_true(mean / (double)i->count < 2); /* degrees */
        assert_true(cuts < 0.25 * spacing[k][1]); /* the cuts lie on the ball, far below a voxel */
        xt_interface_free(i);
        make_labels(m);
        i = find(m, false);
        near(xt_interface_area(i, CORTEX, MUSCLE), 4 * PI * 4, 0.04, "ball of labels");
        xt_interface_free(i);
        xt_mesh_free(m);
    }
}

static void limbs_have_their_areas(void **state) {
    (void)state;
    xt_mesh *m = build((xt_geometry){.kind = XT_GEOMETRY_THIGH, .length = 2});
    xt_interface *i = find(m, true);
    near(xt_interface_area(i, MARROW, CORTEX), 2 * PI * 6.5 * 2, 0.01, "endosteum");
    near(xt_interface_area(i, MUSCLE, FASCIA), 2 * PI * 67 * 2, 0.01, "fascia");
    near(xt_interface_area(i, FAT, SKIN), 2 * PI * 80 * 2, 0.01, "skin, inside");
    near(xt_interface_area(i, SKIN, 0), 2 * PI * 82 * 2, 0.04, "skin, outside"); /* labels only */
    xt_interface_free(i);
    i = find(m, false);
    assert_true(xt_interface_area(i, SKIN, 0) == 0);
    for (int k = 1; k < i->pairs; k++)
        assert_true(i->pair[k - 1].low < i->pair[k].low ||
                    (i->pair[k - 1].low == i->pair[k].low && i->pair[k - 1].high < i->pair[k].high));
    size_t faces = 0;
    for (int k = 0; k < i->pairs; k++) faces += i->pair[k].faces;
    assert_int_equal(faces, i->count);
    xt_interface_free(i);
    xt_mesh_free(m);
}

static void slabs_are_exact(void **state) {
    (void)state;
    xt_layer layer[] = {{"muscle", 1.2}, {"cortex", 0.8}};
    xt_mesh *m = build((xt_geometry){.kind = XT_GEOMETRY_SLABS,
                                     .spacing = {0.25, 0.5, 0.5},
                                     .layer = layer,
                                     .layer_count = 2,
                                     .width = {2.5, 1}});
    xt_interface *i = find(m, true);
    assert_int_equal(i->count, 5 * 2);
    near(xt_interface_area(i, MUSCLE, CORTEX), 2.5, 1e-6, "plane");
    near((double)i->face[0].cut, 0.3, 1e-3, "cut");
    assert_true(i->face[0].axis == 0 && i->face[0].normal[0] == 1 && i->face[0].from == MUSCLE);
    xt_interface_free(i);
    xt_mesh_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(balls_have_their_area),
        cmocka_unit_test(limbs_have_their_areas),
        cmocka_unit_test(slabs_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
