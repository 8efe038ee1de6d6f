/* Averaging: exact against the definition by brute force, the whole kept, unknown values left out, equal
 * values unchanged, shares that add up. */
#include "observe/testing.h"

#include <math.h>
#include "report/shrink.h"

static void must_make(xt_shrink *shrink, const int from[3], const int to[3], int planes) {
    xt_error err = {0};
    assert_int_equal(xt_shrink_create(shrink, from, to, planes, &err), XT_OK);
}

static double overlap(int i, int from, int j,
                      int to) { /* of large voxel i with small voxel j, in large voxels */
    const double low = fmax(i, (double)j * from / to), high = fmin(i + 1, (double)(j + 1) * from / to);
    return fmax(high - low, 0);
}

static double by_definition(const float *value, const int from[3], const int to[3], int x, int y, int z) {
    double sum = 0, all = 0;
    for (int c = 0; c < from[2]; c++)
        for (int b = 0; b < from[1]; b++)
            for (int a = 0; a < from[0]; a++) {
                const float v = value[(c * from[1] + b) * from[0] + a];
                const double w = overlap(a, from[0], x, to[0]) * overlap(b, from[1], y, to[1]) *
                                 overlap(c, from[2], z, to[2]);
                if (!isfinite(v) || !(w > 1e-12)) continue;
                sum += w * v;
                all += w;
            }
    return all > 0 ? sum / all : NAN;
}

static void a_mean_is_that_of_what_is_covered(void **state) {
    (void)state;
    static const int from[3] = {13, 7, 5},
                     targets[][3] = {{13, 7, 5}, {6, 7, 2}, {4, 3, 3}, {1, 1, 1}, {12, 6, 4}};
    float value[13 * 7 * 5], mean[13 * 7 * 5];
    unsigned seed = 7;
    for (int i = 0; i < 13 * 7 * 5; i++) {
        seed = seed * 1664525u + 1013904223u;
        value[i] = seed >> 28 == 0 ? NAN : seed >> 28 == 1 ? INFINITY : (float)(seed >> 8) / 1e4f;
    }
    for (size_t k = 0; k < sizeof targets / sizeof *targets; k++) {
        const int *to = targets[k];
        xt_shrink shrink;
        must_make(&shrink, from, to, 2);
        for (int z = 0; z < from[2]; z++) xt_shrink_field(&shrink, value + z * from[0] * from[1], z);
        xt_shrink_means(mean, &shrink);
        for (int z = 0; z < to[2]; z++)
            for (int y = 0; y < to[1]; y++)
                for (int x = 0; x < to[0]; x++) {
                    const double want = by_definition(value, from, to, x, y, z);
                    const float got = mean[(z * to[1] + y) * to[0] + x];
                    if (isnan(want))
                        assert_true(isnan(got));
                    else
                        assert_true(fabs(got - want) <= 1e-6 * fabs(want));
                }
        xt_shrink_free(&shrink);
    }
}

static void equal_values_stay_what_they_are(void **state) {
    (void)state;
    const int from[3] = {7, 9, 3}, to[3] = {5, 4, 2};
    float slice[63], mean[40];
    for (int i = 0; i < 63; i++) slice[i] = 0.1f;
    xt_shrink shrink;
    must_make(&shrink, from, to, 2);
    for (int z = 0; z < 3; z++) xt_shrink_field(&shrink, slice, z);
    xt_shrink_means(mean, &shrink);
    for (int i = 0; i < 40; i++) assert_true(mean[i] == 0.1f);
    xt_shrink_clear(&shrink); /* nothing is left of them */
    xt_shrink_means(mean, &shrink);
    for (int i = 0; i < 40; i++) assert_true(isnan(mean[i]));
    xt_shrink_free(&shrink);
}

static void shares_are_volumes(void **state) {
    (void)state;
    /* Six voxels in a row onto two: outside, 1, 1 | 2, 2 and a third of 1, 3 which is in no group. */
    const int from[3] = {6, 1, 1}, to[3] = {2, 1, 1};
    const uint8_t tissue[6] = {0, 1, 1, 2, 2, 3}, second[6] = {0, 0, 0, 0, 1, 0};
    const float share[6] = {0, 0, 0, 0, 1 / 3.0f, 0};
    int8_t group[256];
    memset(group, -1, sizeof group);
    group[1] = 0;
    group[2] = 1;
    uint8_t got[4];
    xt_shrink shrink;
    must_make(&shrink, from, to, 2);
    xt_shrink_tissues(&shrink, tissue, second, share, 0, group);
    xt_shrink_shares(got, &shrink);
    assert_int_equal(got[0], lround(255 * 2 / 3.0));
    assert_int_equal(got[1], lround(255 / 9.0));
    assert_int_equal(got[2], 0);
    assert_int_equal(got[3], lround(255 * (1 + 2 / 3.0) / 3));
    group[1] = -1; /* what is in no group counts as the voxel's own tissue */
    xt_shrink_clear(&shrink);
    xt_shrink_tissues(&shrink, tissue, second, share, 0, group);
    xt_shrink_shares(got, &shrink);
    assert_int_equal(got[3], lround(255 * 2 / 3.0));
    xt_shrink_clear(&shrink);
    xt_shrink_tissues(&shrink, tissue, NULL, NULL, 0, group); /* pure voxels */
    xt_shrink_shares(got, &shrink);
    assert_int_equal(got[3], lround(255 * 2 / 3.0));
    xt_shrink_free(&shrink);
}

static void grids_fit_and_are_not_finer_than_asked(void **state) {
    (void)state;
    static const int from[][3] = {{170, 170, 5}, {512, 512, 512}, {1, 1, 1}, {2000, 3, 1}, {64, 64, 64}};
    for (size_t k = 0; k < sizeof from / sizeof *from; k++) {
        int to[3];
        const double spacing[3] = {0.5, 0.5, 2};
        xt_shrink_dims(to, from[k], spacing, 1e5, 96);
        assert_true((double)to[0] * to[1] * to[2] <= 1e5);
        double least = INFINITY, most = 0;
        for (int i = 0; i < 3; i++) {
            assert_in_range(to[i], 1, from[k][i] < 96 ? from[k][i] : 96);
            const double h = from[k][i] * spacing[i] / to[i];
            if (to[i] < from[k][i] && to[i] > 8) { /* axes that were shrunk have one spacing */
                least = fmin(least, h);
                most = fmax(most, h);
            }
        }
        assert_true(most <= 1.1 * least || most == 0);
    }
    int to[3];
    const double one[3] = {1, 1, 1};
    xt_shrink_dims(to, from[4], one, 1e6, 96);
    assert_int_equal(to[0] * to[1] * to[2], 64 * 64 * 64); /* what fits is not touched */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mean_is_that_of_what_is_covered),
        cmocka_unit_test(equal_values_stay_what_they_are),
        cmocka_unit_test(shares_are_volumes),
        cmocka_unit_test(grids_fit_and_are_not_finer_than_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
