/* Colours for everybody: the maps keep their order and their steps apart under protanopia, deuteranopia and
 * tritanopia, and tissues that lie side by side can be told apart.
 * The simulation: G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, "A physiologically-based model for
 * simulation of color vision deficiency", IEEE TVCG 15 (2009) 1291-1298, the matrices of severity 1, in
 * linear light. */
#include "observe/testing.h"

#include <math.h>
#include "draw/colormap.h"

static const double seen_by[4][3][3] = {
    {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
    {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
    {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
    {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
};
static const char *const who[4] = {"trichromats", "protanopes", "deuteranopes", "tritanopes"};

static double linear(double v) { return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4); }

/* OKLab of the colour as they see it. */
static void see(double lab[3], xt_colour c, int eyes) {
    const double rgb[3] = {linear(c.r / 65535.0), linear(c.g / 65535.0), linear(c.b / 65535.0)};
    double s[3];
    for (int i = 0; i < 3; i++) {
        s[i] = 0;
        for (int k = 0; k < 3; k++) s[i] += seen_by[eyes][i][k] * rgb[k];
        s[i] = fmin(fmax(s[i], 0), 1);
    }
    const double l = cbrt(0.4122214708 * s[0] + 0.5363325363 * s[1] + 0.0514459929 * s[2]);
    const double m = cbrt(0.2119034982 * s[0] + 0.6806995451 * s[1] + 0.1073969566 * s[2]);
    const double q = cbrt(0.0883024619 * s[0] + 0.2817188376 * s[1] + 0.6299787005 * s[2]);
    lab[0] = 0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * q;
    lab[1] = 1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * q;
    lab[2] = 0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * q;
}

static double apart(xt_colour a, xt_colour b, int eyes) {
    double one[3], two[3], sum = 0;
    see(one, a, eyes);
    see(two, b, eyes);
    for (int k = 0; k < 3; k++) sum += (one[k] - two[k]) * (one[k] - two[k]);
    return sqrt(sum);
}

static void one_way_maps_rise_in_lightness_for_all(void **state) {
    (void)state;
    for (int kind = 0; kind < XT_MAP_BALANCE; kind++)
        for (int eyes = 0; eyes < 4; eyes++) {
            xt_colormap map;
            xt_colormap_make(&map, (xt_map_kind)kind);
            double before[3], now[3];
            for (int i = 0; i <= 16; i++) {
                see(now, xt_colormap_at(&map, i / 16.0), eyes);
                if (i && now[0] < before[0] + 0.01)
                    fail_msg("%s, %s: step %d of 16 rises by %g only", who[eyes],
                             xt_colormap_name((xt_map_kind)kind), i, now[0] - before[0]);
                memcpy(before, now, sizeof before);
            }
        }
}

/* Ten values of a colour bar can be told from each other: 0.02 in OKLab is about what is just seen side by
 * side. */
static void values_can_be_told_apart(void **state) {
    (void)state;
    for (int kind = 0; kind < XT_MAP_KINDS; kind++)
        for (int eyes = 0; eyes < 4; eyes++) {
            xt_colormap map;
            xt_colormap_make(&map, (xt_map_kind)kind);
            for (int i = 0; i <= 10; i++)
                for (int j = 0; j < i; j++) {
                    /* the ends of a diverging map are as light as one another: there hue has to do it */
                    const double d =
                        apart(xt_colormap_at(&map, i / 10.0), xt_colormap_at(&map, j / 10.0), eyes);
                    if (d < 0.04)
                        fail_msg("%s, %s: %d and %d tenths are %g apart", who[eyes],
                                 xt_colormap_name((xt_map_kind)kind), j, i, d);
                }
        }
}

/* Tissues of the shipped model that touch each other in its phantoms; an outline runs between them besides.
 */
static void tissues_that_touch_can_be_told_apart(void **state) {
    (void)state;
    FILE *f = fopen("scenes/models/crosstalk4.yaml", "r");
    assert_non_null(f);
    char line[400], name[16][40];
    unsigned colour[16];
    int count = 0, inside = 0;
    while (fgets(line, sizeof line, f)) {
        char word[40];
        const char *key = strstr(line, "colour:");
        if (line[0] > ' ') inside = strncmp(line, "tissues:", 8) == 0;
        if (inside && sscanf(line, "  %39[a-z_]:", word) == 1 && line[2] != ' ' && count < 16)
            strcpy(name[count], word);
        if (inside && key && count < 16) {
            const char *hash = strpbrk(key + 7, "#0123456789");
            assert_int_equal(sscanf(hash + (*hash == '#'), "%6x", &colour[count]), 1);
            count++;
        }
    }
    fclose(f);
    assert_true(count >= 8);
    static const char *const touching[][2] = {
        {"cortex", "marrow"}, {"cortex", "periosteum"}, {"periosteum", "muscle"},
        {"muscle", "fascia"}, {"fascia", "fat"},        {"fat", "skin"},
        {"muscle", "fat"},    {"cortex", "trabecular"}, {"cortex", "muscle"}};
    for (size_t t = 0; t < sizeof touching / sizeof *touching; t++) {
        int a = -1, b = -1;
        for (int k = 0; k < count; k++) {
            if (strcmp(name[k], touching[t][0]) == 0) a = k;
            if (strcmp(name[k], touching[t][1]) == 0) b = k;
        }
        if (a < 0 || b < 0) fail_msg("no tissue %s or %s", touching[t][0], touching[t][1]);
        for (int eyes = 0; eyes < 4; eyes++) {
            const double d = apart(xt_colour_hex(colour[a]), xt_colour_hex(colour[b]), eyes);
            if (d < 0.06)
                fail_msg("%s: %s and %s are %g apart", who[eyes], touching[t][0], touching[t][1], d);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_way_maps_rise_in_lightness_for_all),
        cmocka_unit_test(values_can_be_told_apart),
        cmocka_unit_test(tissues_that_touch_can_be_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
