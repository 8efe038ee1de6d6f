#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "mesh/geometry.h"

#define PI 3.14159265358979323846

static const char *const names[] = {"cortex", "trabecular", "marrow", "periosteum", "muscle",   "fascia",
                                    "fat",    "skin",       "tendon", "connective", "cartilage"};
enum {
    CORTEX = 1,
    TRABECULAR,
    MARROW,
    PERIOSTEUM,
    MUSCLE,
    FASCIA,
    FAT,
    SKIN,
    TENDON,
    CONNECTIVE,
    CARTILAGE,
    COUNT = 11
};

static xt_mesh *build(xt_geometry g) {
    xt_mesh *m = NULL;
    xt_error err = {0};
    int dims[3];
    xt_geometry resolved = g;
    if (xt_geometry_build(&m, &g, names, COUNT, &err) != XT_OK) fail_msg("%s", err.text);
    assert_int_equal(xt_geometry_resolve(&resolved, dims, &err), XT_OK);
    for (int a = 0; a < 3; a++) assert_int_equal(dims[a], m->dims[a]);
    return m;
}

static void refused(xt_geometry g, const char *says) {
    xt_mesh *m = NULL;
    xt_error err = {0};
    assert_int_equal(xt_geometry_build(&m, &g, names, COUNT, &err), XT_USAGE);
    if (!strstr(err.text, says)) fail_msg("'%s' does not say '%s'", err.text, says);
    assert_null(m);
}

static void near(double value, double expected, double relative, const char *what) {
    if (!(fabs(value - expected) <= relative * fabs(expected)))
        fail_msg("%s: %.8g is not %.8g within %g", what, value, expected, relative);
}

static double ring(double outer, double inner, double length) {
    return PI * (outer * outer - inner * inner) * length;
}

static void thigh_volumes(const xt_mesh *m, const xt_geometry *g, double part) {
    const double length = m->dims[2] * m->spacing[2], muscle = g->muscle_radius, fascia = muscle + 1;
    const double skin = fascia + g->fat + 2, cortex = g->femur_radius - 0.1;
    near(xt_mesh_volume(m, MARROW), part * ring(g->medullary_radius, 0, length), 0.002, "marrow");
    near(xt_mesh_volume(m, CORTEX), part * ring(cortex, g->medullary_radius, length), 0.005, "cortex");
    near(xt_mesh_volume(m, MUSCLE), part * ring(muscle, g->femur_radius, length), 0.0005, "muscle");
    near(xt_mesh_volume(m, FAT), part * ring(skin - 2, fascia, length), 0.002, "fat");
    near(xt_mesh_volume(m, FASCIA), part * ring(fascia, muscle, length), 0.005, "fascia");
    /* outside shares no voxel: the skin's outline is the digital circle's */
    near(xt_mesh_volume(m, SKIN), part * ring(skin, skin - 2, length), 0.01, "skin");
    double all = 0;
    for (int k = 1; k <= COUNT; k++) all += xt_mesh_volume(m, k);
    near(all, part * ring(skin, 0, length), 0.001, "body");
}

static void thigh_has_the_volumes_of_its_circles(void **state) {
    (void)state;
    for (int female = 0; female < 2; female++) {
        xt_geometry g = {.kind = XT_GEOMETRY_THIGH, .female = female, .length = 1};
        xt_mesh *m = build(g);
        int dims[3];
        xt_error err = {0};
        assert_int_equal(xt_geometry_resolve(&g, dims, &err), XT_OK);
        assert_true(g.muscle_radius == (female ? 56 : 67) && g.fat == (female ? 25 : 12));
        if (!female) assert_true(m->dims[0] == 330 && m->dims[1] == 330 && m->dims[2] == 2);
        assert_true(fabs(m->origin[0] + (m->dims[0] - 1) * 0.25) < 1e-12);
        thigh_volumes(m, &g, 1);
        /* the periosteum survives only where it is among the two largest */
        const double periosteum = xt_mesh_volume(m, PERIOSTEUM);
        assert_true(periosteum > 0.2 * ring(g.femur_radius, g.femur_radius - 0.1, 1) &&
                    periosteum < 0.9 * ring(g.femur_radius, g.femur_radius - 0.1, 1));
        assert_true(m->dropped > 0.05 && m->dropped <= 0.34);
        xt_mesh_free(m);
    }
}

static void quarter_window_holds_a_quarter(void **state) {
    (void)state;
    xt_geometry g = {.kind = XT_GEOMETRY_THIGH,
                     .length = 0.5,
                     .has_window = true,
                     .window_origin = {82.5, 82.5, 0},
                     .window_size = {82.5, 82.5, 0}};
    xt_mesh *m = build(g);
    assert_true(m->dims[0] == 165 && m->dims[1] == 165 && m->dims[2] == 1);
    assert_true(fabs(m->origin[0] - 0.25) < 1e-9 && fabs(m->origin[1] - 0.25) < 1e-9);
    const double skin = 82;
    near(xt_mesh_volume(m, MARROW), 0.25 * ring(6.5, 0, 0.5), 0.002, "marrow");
    near(xt_mesh_volume(m, SKIN), 0.25 * ring(skin, 80, 0.5), 0.005, "skin");
    /* the axis is a corner: both faces of the first voxel are walls and it is marrow */
    assert_int_equal(m->material[xt_mesh_cell(m, 0, 0, 0)].tissue, MARROW);
    xt_mesh_free(m);

    /* a fine window on the femur's surface holds all of the periosteum */
    g = (xt_geometry){.kind = XT_GEOMETRY_THIGH,
                      .spacing = {0.05, 0.05, 0.5},
                      .length = 0.5,
                      .has_window = true,
                      .window_centred = true,
                      .window_size = {2, 2, 0}};
    g.window_origin[0] = 82.1 + 13.25; /* at 0.05 mm the box is 1642 voxels: the axis at 82.05 */
    g.window_origin[1] = 82.05;
    m = build(g);
    near(m->origin[0] + 0.5 * (m->dims[0] - 1) * 0.05, 13.3, 1e-9, "centre of the window");
    double exact = 0; /* area of the ring between y = -1 and 1, in strips */
    for (int i = 0; i < 2000; i++) {
        const double y = -1 + (i + 0.5) * 0.001;
        exact += (sqrt(13.25 * 13.25 - y * y) - sqrt(13.15 * 13.15 - y * y)) * 0.001;
    }
    near(xt_mesh_volume(m, PERIOSTEUM), exact * 0.5, 0.005, "periosteum");
    xt_mesh_free(m);
}

static void femur_off_the_centre_and_septa(void **state) {
    (void)state;
    xt_geometry g = {.kind = XT_GEOMETRY_THIGH, .length = 0.5, .femur_offset = {10.3, -7.1}, .septa = true};
    xt_mesh *m = build(g);
    near(xt_mesh_volume(m, MARROW), ring(6.5, 0, 0.5), 0.002, "marrow");
    near(xt_mesh_volume(m, CORTEX), ring(13.15, 6.5, 0.5), 0.005, "cortex");
    /* three strips of 0.8 mm from the femur's surface to the muscle's */
    double strips = 0;
    for (int k = 0; k < 3; k++) {
        const double angle = (30 + 120 * k) * PI / 180, dx = cos(angle), dy = sin(angle);
        const double along = 10.3 * dx - 7.1 * dy;
        strips += (-along + sqrt(along * along + 67 * 67 - 10.3 * 10.3 - 7.1 * 7.1) - 13.25) * 0.8;
    }
    near(xt_mesh_volume(m, FAT), ring(80, 68, 0.5) + strips * 0.5, 0.002, "fat");
    near(xt_mesh_volume(m, MUSCLE), ring(67, 13.25, 0.5) - strips * 0.5, 0.001, "muscle");
    xt_mesh_free(m);
    g.femur_offset[0] = 60;
    refused(g, "does not fit");
}

static void tibia_is_graded(void **state) {
    (void)state;
    xt_geometry g = {.kind = XT_GEOMETRY_TIBIA, .length = 0.5};
    xt_mesh *m = build(g);
    near(xt_mesh_volume(m, TRABECULAR), PI * 33.5 * 22.5 * 0.5, 0.001, "trabecular");
    near(xt_mesh_volume(m, CORTEX), PI * (35 * 24 - 33.5 * 22.5) * 0.5, 0.005, "shell");
    const double b = 31.5, a = 1.03 * 35 * sqrt(31.5 / 24);
    near(xt_mesh_volume(m, MUSCLE), PI * (a * b - 35 * 24) * 0.5, 0.005, "muscle");
    near(xt_mesh_volume(m, FAT) + xt_mesh_volume(m, TENDON), PI * ((a + 6) * (b + 6) - a * b) * 0.5, 0.005,
         "fat");
    assert_true(xt_mesh_volume(m, TENDON) > 0.8 * PI * 12.5 * 2.5 * 0.5);
    double low = 1, high = 0;
    size_t graded = 0;
    for (size_t cell = 0; cell < m->blocks * XT_BLOCK; cell++) {
        if (m->material[cell].tissue != TRABECULAR) {
            assert_true(isnan(m->bone[cell]));
            continue;
        }
        low = fmin(low, m->bone[cell]);
        high = fmax(high, m->bone[cell]);
        graded++;
    }
    assert_true(graded > 9000 && low > 0.099 && low < 0.103 && high > 0.298 && high < 0.3001);
    /* half-way along the long axis: half-way between */
    const int64_t half = xt_mesh_cell(m, m->dims[0] / 2 + (int)(16.75 / 0.5), m->dims[1] / 2 + 15, 0);
    near(m->bone[half], 0.2, 0.02, "bone half-way");
    xt_mesh_free(m);
}

static void mouse_thigh_at_its_size(void **state) {
    (void)state;
    xt_geometry g = {.kind = XT_GEOMETRY_MOUSE_THIGH, .length = 0.1};
    xt_mesh *m = build(g);
    assert_true(m->dims[0] == 220 && m->dims[1] == 220 && m->dims[2] == 2);
    near(xt_mesh_volume(m, CORTEX), PI * (0.9 * 0.65 - 0.71 * 0.46) * 0.1, 0.005, "cortex");
    near(xt_mesh_volume(m, MARROW), PI * 0.71 * 0.46 * 0.1, 0.005, "marrow");
    near(xt_mesh_volume(m, MUSCLE), PI * (25 - 0.9 * 0.65) * 0.1, 0.001, "muscle");
    near(xt_mesh_volume(m, FAT), ring(5.3, 5, 0.1), 0.005, "fat");
    xt_mesh_free(m);
}

static void slabs_are_exact_anywhere(void **state) {
    (void)state;
    xt_layer layer[] = {{"muscle", 1.237}, {"periosteum", 0.1}, {"cortex", 2.663}};
    xt_geometry g = {.kind = XT_GEOMETRY_SLABS,
                     .spacing = {0.25, 0.5, 0.5},
                     .layer = layer,
                     .layer_count = 3,
                     .width = {1.5, 2}};
    xt_mesh *m = build(g);
    assert_true(m->dims[0] == 16 && m->dims[1] == 3 && m->dims[2] == 4);
    near(xt_mesh_volume(m, MUSCLE), 1.237 * 3, 1e-4, "muscle");
    near(xt_mesh_volume(m, PERIOSTEUM), 0.1 * 3, 1e-3, "periosteum");
    near(xt_mesh_volume(m, CORTEX), 2.663 * 3, 1e-4, "cortex");
    const xt_material cut = m->material[xt_mesh_cell(m, 4, 1, 1)];
    assert_true(cut.tissue == MUSCLE && cut.second == PERIOSTEUM);
    near(cut.share / 65535.0, (1.25 - 1.237) / 0.25, 1e-3, "share");
    /* between whole voxels the cut is where the boundary is */
    xt_layer two[] = {{"muscle", 1.2}, {"cortex", 0.8}};
    g.layer = two;
    g.layer_count = 2;
    xt_mesh_free(m);
    m = build(g);
    const double theta =
        xt_face_cut(m->material[xt_mesh_cell(m, 4, 0, 0)], m->material[xt_mesh_cell(m, 5, 0, 0)]);
    near(theta, (1.2 - 1.125) / 0.25, 1e-3, "cut");
    assert_int_equal(m->material[xt_mesh_cell(m, 5, 0, 0)].tissue, CORTEX);
    xt_mesh_free(m);
    layer[1].size = 0;
    g.layer = layer;
    g.layer_count = 3;
    refused(g, "positive");
}

static void spheres_have_their_volume(void **state) {
    (void)state;
    xt_layer layer[] = {{"cortex", 1.93}, {"muscle", 3.1}, {"fat", 0}};
    xt_geometry g = {
        .kind = XT_GEOMETRY_SPHERES, .spacing = {0.2, 0.25, 0.3}, .layer = layer, .layer_count = 3, .box = 8};
    xt_mesh *m = build(g);
    near(xt_mesh_volume(m, CORTEX), 4 / 3. * PI * pow(1.93, 3), 0.003, "inner");
    near(xt_mesh_volume(m, MUSCLE), 4 / 3. * PI * (pow(3.1, 3) - pow(1.93, 3)), 0.003, "outer");
    assert_int_equal(m->voxels, (size_t)m->dims[0] * (size_t)m->dims[1] * (size_t)m->dims[2]);
    xt_mesh_free(m);
    g.box = 5;
    refused(g, "does not fit");
}

static void mistakes_are_named(void **state) {
    (void)state;
    xt_layer layer[] = {{"muscel", 1}};
    refused((xt_geometry){.kind = XT_GEOMETRY_SLABS, .spacing = {0.5}, .layer = layer, .layer_count = 1},
            "'muscle'");
    refused((xt_geometry){.kind = XT_GEOMETRY_SLABS, .spacing = {0.5}}, "layer");
    refused((xt_geometry){.kind = XT_GEOMETRY_SLABS, .layer = layer, .layer_count = 1}, "spacing");
    refused((xt_geometry){.kind = XT_GEOMETRY_THIGH, .spacing = {0.001}}, "voxels");
    refused((xt_geometry){.kind = XT_GEOMETRY_THIGH, .spacing = {-1}}, "spacing");
    refused((xt_geometry){.kind = XT_GEOMETRY_THIGH, .spacing = {NAN, NAN, NAN}}, "spacing");
    refused((xt_geometry){.kind = XT_GEOMETRY_THIGH, .medullary_radius = 14}, "cortex");
    refused((xt_geometry){.kind = XT_GEOMETRY_THIGH,
                          .has_window = true,
                          .window_origin = {100, 0, 0},
                          .window_size = {100, 10, 1}},
            "window");
    refused((xt_geometry){.kind = XT_GEOMETRY_TIBIA, .shell = 30}, "trabecular");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thigh_has_the_volumes_of_its_circles),
        cmocka_unit_test(quarter_window_holds_a_quarter),
        cmocka_unit_test(femur_off_the_centre_and_septa),
        cmocka_unit_test(tibia_is_graded),
        cmocka_unit_test(mouse_thigh_at_its_size),
        cmocka_unit_test(slabs_are_exact_anywhere),
        cmocka_unit_test(spheres_have_their_volume),
        cmocka_unit_test(mistakes_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
