/* Frames: a voxel has its colour, edges are crisp, lengths are right, nothing is invented where nothing is
 * known. */
#include "observe/testing.h"

#include <math.h>
#include "observe/frame.h"

enum { NX = 12, NY = 10 };
static float value[NX * NY];
static uint8_t tissue[NX * NY], second[NX * NY];
static uint16_t share[NX * NY];
static const char *const names[] = {"bone", "muscle", "deep_fascia"};
static const unsigned colours[] = {0xf2e9d5, 0xa8413f, 0x8f93a8};

/* Bone in columns 2..4, muscle in 5..9, rows 1..8; outside around. */
static xt_frame_def sample(void) {
    xt_frame_def def;
    xt_frame_def_default(&def);
    memset(second, 0, sizeof second);
    memset(share, 0, sizeof share);
    for (int y = 0; y < NY; y++)
        for (int x = 0; x < NX; x++) {
            const int i = x + NX * y, inside = y >= 1 && y <= 8 && x >= 2 && x <= 9;
            tissue[i] = (uint8_t)(!inside ? 0 : x < 5 ? 1 : 2);
            value[i] = inside ? (float)(10 * x + 100 * y) : NAN;
        }
    def.nx = NX;
    def.ny = NY;
    def.spacing[0] = def.spacing[1] = 0.5;
    def.value = value;
    def.tissue = tissue;
    def.tissue_count = 3;
    def.tissue_name = names;
    def.tissue_colour = colours;
    def.low = 0;
    def.high = 1000;
    return def;
}

static xt_image draw(xt_frame_layout *layout, const xt_frame_def *def) {
    xt_image image;
    xt_error err = {0};
    must(xt_frame_draw(&image, layout, def, NULL, &err), &err);
    assert_int_equal(image.width, layout->width);
    assert_int_equal(image.height, layout->height);
    return image;
}

/* The pixel at a place given in voxels from the lower left corner. */
static xt_colour at(const xt_image *image, const xt_frame_layout *l, const xt_frame_def *def, double u,
                    double v) {
    const int x = (int)(l->x + u * def->spacing[0] * l->per_mm);
    const int y = (int)(l->y + l->h - v * def->spacing[1] * l->per_mm);
    return image->pixel[y * image->width + x];
}

/* In steps of 8 bits. */
static int apart(xt_colour a, xt_colour b) {
    const int r = abs(a.r - b.r) / 257, g = abs(a.g - b.g) / 257, c = abs(a.b - b.b) / 257;
    return r > g ? (r > c ? r : c) : g > c ? g : c;
}

static void a_voxel_has_the_colour_of_its_value(void **state) {
    (void)state;
    for (int variant = 0; variant < 8; variant++) {
        xt_frame_def def = sample();
        def.log = variant & 1;
        def.voxels = variant & 2;
        def.dark = variant & 4;
        if (def.log) def.low = 1;
        def.map = (xt_map_kind)(variant % XT_MAP_KINDS);
        xt_frame_layout l;
        xt_image image = draw(&l, &def);
        xt_colormap map;
        xt_colormap_make(&map, def.map);
        for (int y = 0; y < NY; y++)
            for (int x = 0; x < NX; x++) {
                const double v = value[x + NX * y];
                const double t = def.log ? log(v) / log(1000) : v / 1000;
                const xt_colour want = tissue[x + NX * y] ? xt_colormap_at(&map, t)
                                                          : xt_colour_hex(def.dark ? 0x101418 : 0xffffff);
                const xt_colour got = at(&image, &l, &def, x + 0.5, y + 0.5);
                if (apart(got, want) > 3)
                    fail_msg("variant %d voxel %d,%d: %d %d %d, not %d %d %d", variant, x, y, got.r, got.g,
                             got.b, want.r, want.g, want.b);
            }
        xt_image_free(&image);
    }
}

static void fields_do_not_blur_across_tissues_or_the_skin(void **state) {
    (void)state;
    xt_frame_def def = sample();
    for (int i = 0; i < NX * NY; i++) value[i] = tissue[i] == 1 ? 0.f : tissue[i] == 2 ? 1000.f : NAN;
    def.no_outlines = true;
    xt_frame_layout l;
    xt_image image = draw(&l, &def);
    xt_colormap map;
    xt_colormap_make(&map, def.map);
    const xt_colour white = xt_colour_hex(0xffffff);
    int between = 0;
    for (int y = (int)l.y; y < (int)(l.y + l.h); y++)
        for (int x = (int)l.x; x < (int)(l.x + l.w); x++) {
            const xt_colour c = image.pixel[y * image.width + x];
            if (apart(c, map.step[0]) > 2 && apart(c, map.step[255]) > 2 && apart(c, white) > 2) between++;
        }
    /* Only the pixel that an edge runs through may be a mixture: perimeter 32 voxels + 8 of the inner edge.
     */
    assert_true(between < 1.3 * 40 * def.spacing[0] * l.per_mm);
    xt_image_free(&image);
}

static void outlines_run_where_tissues_meet_and_nowhere_else(void **state) {
    (void)state;
    xt_frame_def def = sample();
    for (int i = 0; i < NX * NY; i++) value[i] = tissue[i] ? 300.f : NAN;
    xt_frame_layout l;
    xt_image image = draw(&l, &def);
    xt_colormap map;
    xt_colormap_make(&map, def.map);
    const xt_colour plain = xt_colormap_at(&map, 0.3);
    const double px = 1 / (def.spacing[0] * l.per_mm);
    for (double v = 3; v < 7; v += 0.37) {
        int strongest = 0;
        for (double u = 5 - 2 * px; u <= 5 + 2 * px; u += px / 2) {
            const int d = apart(at(&image, &l, &def, u, v), plain);
            strongest = d > strongest ? d : strongest;
        }
        assert_true(strongest > 40);
        for (double u = 2.3; u < 9.7; u += px)
            if (fabs(u - 5) > 4 * px) assert_true(apart(at(&image, &l, &def, u, v), plain) <= 2);
    }
    xt_image_free(&image);
    def.no_outlines = true;
    image = draw(&l, &def);
    for (double u = 2.3; u < 9.7; u += px) assert_true(apart(at(&image, &l, &def, u, 4.2), plain) <= 2);
    xt_image_free(&image);
}

/* Length of the run of colour `c` in row y, and where it starts. */
static double run_length(const xt_image *image, int y, xt_colour c, int *start) {
    int length = 0;
    for (int x = 0; x < image->width; x++)
        if (apart(image->pixel[y * image->width + x], c) < 40) {
            if (!length++) *start = x;
        }
    return length;
}

static void lengths_are_true(void **state) {
    (void)state;
    static const double spacings[][2] = {{0.5, 0.5}, {1, 1}, {0.013, 0.013}, {2, 7}, {30, 11}};
    for (size_t k = 0; k < 2 * (sizeof spacings / sizeof *spacings); k++) {
        xt_frame_def def = sample();
        def.voxels = k % 2;
        def.kind = XT_FRAME_LABEL;
        def.no_outlines = true;
        def.spacing[0] = spacings[k / 2][0];
        def.spacing[1] = spacings[k / 2][1];
        xt_frame_layout l;
        xt_image image = draw(&l, &def);
        int start = 0;
        const double bar = run_length(&image, (int)l.bar_y + 2, xt_colour_hex(0x1a1e24), &start);
        assert_true(fabs(bar - l.bar_mm * l.per_mm) <= 1);
        assert_true(fabs(start - l.bar_x) <= 1);
        const double power = pow(10, floor(log10(l.bar_mm) + 1e-9)), m = l.bar_mm / power;
        assert_true(fabs(m - 1) < 1e-6 || fabs(m - 2) < 1e-6 || fabs(m - 5) < 1e-6);
        assert_true(bar > 0.1 * l.w && bar < 0.35 * l.w);
        /* muscle is five voxels wide and the body eight voxels high */
        const double muscle = run_length(&image, (int)(l.y + l.h / 2) + 2, xt_colour_hex(0xa8413f), &start);
        assert_true(fabs(muscle - 5 * def.spacing[0] * l.per_mm) <= 1.5);
        int high = 0;
        const int x = (int)(l.x + 7.5 * def.spacing[0] * l.per_mm);
        for (int y = (int)l.y; y < (int)(l.y + l.h); y++)
            high += apart(image.pixel[y * image.width + x], xt_colour_hex(0xa8413f)) < 40;
        /* the skin's corners are rounded, which takes a little beside them; voxels are drawn as they are */
        const double voxel = def.spacing[1] * l.per_mm;
        assert_true(fabs(high - 8 * voxel) <= 1.5 + (def.voxels ? 0 : 0.2 * voxel));
        xt_image_free(&image);
    }
}

/* A disk of voxels is drawn as a disk: no steps, however long they are in its voxels. */
static void round_bodies_are_round(void **state) {
    (void)state;
    enum { N = 124, LINES = 360 };
    static float v[N * N];
    static uint8_t t[N * N];
    for (double radius = 30; radius < 61; radius += 7.7) {
        for (int k = 0; k < N * N; k++) {
            t[k] = hypot(k % N + 0.5 - N / 2.0, k / N + 0.5 - N / 2.0) < radius;
            v[k] = t[k] ? 1.f : NAN;
        }
        xt_frame_def def = sample();
        def.nx = def.ny = N;
        def.value = v;
        def.tissue = t;
        def.no_outlines = true;
        def.map = XT_MAP_BALANCE; /* coloured inside, white outside */
        xt_frame_layout l;
        xt_image image = draw(&l, &def);
        const xt_colour inside = at(&image, &l, &def, N / 2.0, N / 2.0), outside = at(&image, &l, &def, 1, 1);
        double mean = 0;
        for (int a = 0; a < LINES; a++) {
            const double c = cos(a * acos(-1) * 2 / LINES), s = sin(a * acos(-1) * 2 / LINES);
            double edge = radius - 3;
            while (edge < radius + 3) {
                const xt_colour here = at(&image, &l, &def, N / 2.0 + edge * c, N / 2.0 + edge * s);
                if (apart(here, outside) < apart(here, inside)) break;
                edge += 0.02;
            }
            assert_true(fabs(edge - radius) < 0.36);
            mean += edge / LINES;
        }
        assert_true(fabs(mean - radius) < 0.1);
        xt_image_free(&image);
    }
}

static void what_is_not_known_is_hatched_grey(void **state) {
    (void)state;
    xt_frame_def def = sample();
    value[6 + NX * 4] = NAN;
    value[7 + NX * 4] = INFINITY;
    for (int voxels = 0; voxels < 2; voxels++) {
        def.voxels = voxels;
        xt_frame_layout l;
        xt_image image = draw(&l, &def);
        int grey = 0, shades = 0;
        uint16_t first = 0;
        for (double u = 6.05; u < 7.95; u += 0.03)
            for (double v = 4.05; v < 4.95; v += 0.03) {
                const xt_colour c = at(&image, &l, &def, u, v);
                if (c.r == c.g && c.g == c.b && xt_colour_byte(c.r) > 150 && xt_colour_byte(c.r) < 240)
                    grey++;
                if (!first) first = c.r;
                if (c.r != first) shades++;
            }
        assert_int_equal(grey, 64 * 30);
        assert_true(shades > 100); /* lines, not one grey */
        xt_image_free(&image);
    }
}

static void layers_of_one_voxel_keep_their_width(void **state) {
    (void)state;
    xt_frame_def def = sample();
    def.kind = XT_FRAME_LABEL;
    def.no_outlines = true;
    for (int y = 1; y <= 8; y++) tissue[5 + NX * y] = 3;
    xt_frame_layout l;
    xt_image image = draw(&l, &def);
    int start = 0;
    const double wide = run_length(&image, (int)(l.y + l.h / 2) + 3, xt_colour_hex(0x8f93a8), &start);
    assert_true(fabs(wide - 0.5 * l.per_mm) <= 1.5);
    assert_true(fabs(start - (l.x + 5 * 0.5 * l.per_mm)) <= 1.5);
    xt_image_free(&image);
    /* and a body of one voxel does not vanish */
    for (int i = 0; i < NX * NY; i++) tissue[i] = i / NX == 5;
    image = draw(&l, &def);
    int high = 0;
    for (int y = (int)l.y; y < (int)(l.y + l.h); y++)
        high += apart(image.pixel[y * image.width + (int)(l.x + l.w / 2)], xt_colour_hex(0xf2e9d5)) < 6;
    assert_true(high > 0.8 * 0.5 * l.per_mm && high < 1.4 * 0.5 * l.per_mm);
    xt_image_free(&image);
}

static void shares_move_the_boundary(void **state) {
    (void)state;
    xt_frame_def def = sample();
    def.kind = XT_FRAME_LABEL;
    def.no_outlines = true;
    def.second = second;
    def.share = share;
    for (int quarter = 0; quarter < 3; quarter++) { /* muscle reaches into the bone's last voxel */
        for (int y = 1; y <= 8; y++) {
            second[4 + NX * y] = quarter ? 2 : 0;
            share[4 + NX * y] = (uint16_t)(quarter * 16383);
        }
        xt_frame_layout l;
        xt_image image = draw(&l, &def);
        int start = 0;
        run_length(&image, (int)(l.y + l.h / 2) + 3, xt_colour_hex(0xa8413f), &start);
        const double voxel = 0.5 * l.per_mm, want = l.x + (5 - 0.25 * quarter) * voxel;
        if (fabs(start - want) > 0.1 * voxel + 1) fail_msg("%d quarters: %d, not %g", quarter, start, want);
        xt_image_free(&image);
    }
}

static void large_slices_are_averaged_within_tissue(void **state) {
    (void)state;
    enum { W = 1500, H = 1100 };
    float *big = malloc(sizeof(float) * W * H);
    uint8_t *home = malloc(W * H);
    for (int i = 0; i < W * H; i++) {
        home[i] = (uint8_t)(i % W < W / 2 ? 1 : 2);
        big[i] =
            home[i] == 1 ? (float)((i % W + i / W) % 2) * 400 : 900; /* a checkerboard has the mean 200 */
    }
    xt_frame_def def = sample();
    def.nx = W;
    def.ny = H;
    def.value = big;
    def.tissue = home;
    def.width = 400;
    xt_frame_layout l;
    xt_image image = draw(&l, &def);
    xt_colormap map;
    xt_colormap_make(&map, def.map);
    assert_true(apart(at(&image, &l, &def, 300, 500), xt_colormap_at(&map, 0.2)) < 25);
    assert_true(apart(at(&image, &l, &def, 1200, 500), xt_colormap_at(&map, 0.9)) < 3);
    xt_image_free(&image);
    free(big);
    free(home);
}

static void limits_fit_the_field(void **state) {
    (void)state;
    xt_frame_def def = sample();
    double low, high;
    xt_error err = {0};
    must(xt_frame_limits(&low, &high, &def, &err), &err);
    assert_true(low == 0 && high == 1000); /* given */
    def.low = def.high = NAN;
    value[2 + NX * 1] = -1e30f; /* one in 64 is not an outlier to cut, the range shows it */
    must(xt_frame_limits(&low, &high, &def, &err), &err);
    assert_true(low < -1e29);
    def = sample();
    def.low = def.high = NAN;
    must(xt_frame_limits(&low, &high, &def, &err), &err);
    assert_true(low == 0 && high == 890); /* 120 to 890: from zero */
    def.log = true;
    must(xt_frame_limits(&low, &high, &def, &err), &err);
    assert_true(low == 120 && high == 890);
    value[2 + NX * 1] = 1e-20f;
    must(xt_frame_limits(&low, &high, &def, &err), &err);
    assert_true(fabs(low / 890e-6 - 1) < 1e-6);
    def.log = false;
    def.map = XT_MAP_BALANCE;
    def.centre = 100;
    must(xt_frame_limits(&low, &high, &def, &err), &err);
    assert_true(fabs(low + 690) < 1e-9 && high == 890);
    for (int i = 0; i < NX * NY; i++) value[i] = i ? -0.15f : -0.153f; /* all changed about alike */
    def.centre = 0;
    must(xt_frame_limits(&low, &high, &def, &err), &err);
    assert_true(low < -0.153 && high == -low);
    def.map = XT_MAP_GLOW;
    def.kind = XT_FRAME_FRACTION;
    must(xt_frame_limits(&low, &high, &def, &err), &err);
    assert_true(low == 0 && high == 1);
    def.kind = XT_FRAME_FIELD;
    static const float flats[] = {0, 7, -7, 1e-30f};
    for (int log_too = 0; log_too < 2; log_too++)
        for (size_t k = 0; k < 4; k++) {
            for (int i = 0; i < NX * NY; i++) value[i] = flats[k];
            def.log = log_too;
            must(xt_frame_limits(&low, &high, &def, &err), &err);
            assert_true(low < high && isfinite(low) && isfinite(high) && (!log_too || low > 0));
            if (flats[k] > 0) assert_true(low <= flats[k] && flats[k] <= high);
        }
    for (int i = 0; i < NX * NY; i++) value[i] = NAN;
    must(xt_frame_limits(&low, &high, &def, &err), &err);
    assert_true(low < high);
    def.log = false;
    def.low = 5;
    def.high = 5;
    assert_int_equal(xt_frame_limits(&low, &high, &def, &err), XT_USAGE);
}

static void pictures_of_any_shape_hold_together(void **state) {
    (void)state;
    static const int sizes[][4] = {{1, 1, 900, 0},   {400, 1, 900, 0},   {1, 400, 900, 0},
                                   {30, 20, 200, 0}, {30, 20, 200, 150}, {30, 20, 1600, 900},
                                   {2, 3, 900, 300}};
    xt_font *font = NULL;
    xt_error err = {0};
    if (xt_font_open(&font, &err) != XT_OK) print_message("%s\n", err.text);
    err = (xt_error){0};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
        for (int kind = XT_FRAME_FIELD; kind <= XT_FRAME_LABEL; kind++) {
            xt_frame_def def = sample();
            float v[600];
            uint8_t t[600];
            for (int i = 0; i < 600; i++) {
                v[i] = (float)i;
                t[i] = (uint8_t)(i % 4);
            }
            def.kind = (xt_frame_kind)kind;
            def.nx = sizes[k][0];
            def.ny = sizes[k][1];
            def.width = sizes[k][2];
            def.height = sizes[k][3];
            def.value = v;
            def.tissue = t;
            def.title = "A title that is a good deal longer than the smallest of these pictures is wide";
            def.subtitle = "age 62.3 y";
            def.label = "a_long_name_of_a_field";
            def.unit = "pM";
            def.note =
                "A note with many words that has to be broken into lines, and where there is no more room "
                "for a line it must end in an ellipsis instead of running over the edge of the picture.";
            def.side[0] = "L";
            xt_frame_layout l;
            xt_image image;
            must(xt_frame_draw(&image, &l, &def, font, &err), &err);
            assert_true(l.x >= 0 && l.y >= 0 && l.x + l.w <= l.width && l.y + l.h <= l.height);
            assert_true(l.bar_y < l.height);
            assert_true(l.w > 0 && l.h > 0);
            xt_image_free(&image);
        }
    xt_font_close(font);
}

static void nonsense_is_refused(void **state) {
    (void)state;
    xt_frame_def good = sample(), def;
    xt_image image;
    xt_error err = {0};
#define REFUSED(change, status)                                                                              \
    def = good;                                                                                              \
    change;                                                                                                  \
    err = (xt_error){0};                                                                                     \
    assert_int_equal(xt_frame_draw(&image, NULL, &def, NULL, &err), status);                                 \
    assert_null(image.pixel)
    REFUSED(def.nx = 0, XT_USAGE);
    REFUSED(def.spacing[1] = NAN, XT_USAGE);
    REFUSED(def.width = 10, XT_USAGE);
    REFUSED(def.height = 10, XT_USAGE);
    REFUSED(def.log = true, XT_USAGE); /* from 0 */
    REFUSED(def.high = INFINITY, XT_USAGE);
    REFUSED(def.value = NULL, XT_INTERNAL);
    REFUSED((def.tissue = NULL, def.kind = XT_FRAME_LABEL), XT_INTERNAL);
}

static void a_file_says_what_it_shows(void **state) {
    (void)state;
    xt_frame_def def = sample();
    def.title = "Irisin in the thigh";
    def.label = "irisin";
    def.unit = "pM";
    def.scene = "thigh.yaml";
    def.software = "Crosstalk 0.1.0";
    def.time = 13620.5;
    xt_error err = {0};
    must(xt_frame_write(in_folder("f.png"), &def, NULL, &err), &err);
    size_t size;
    char *bytes = slurp(in_folder("f.png"), &size);
    static const char *const chunks[][2] = {{"Title", "Irisin in the thigh"},
                                            {"Scene", "thigh.yaml"},
                                            {"Time", "13620.5 d"},
                                            {"Field", "irisin"},
                                            {"Units", "pM"},
                                            {"Software", "Crosstalk 0.1.0"}};
    for (size_t k = 0; k < 6; k++) {
        char want[100];
        const size_t n = (size_t)snprintf(want, sizeof want, "tEXt%s%c%s", chunks[k][0], 0, chunks[k][1]);
        bool found = false;
        for (size_t i = 0; i + n <= size && !found; i++) found = memcmp(bytes + i, want, n) == 0;
        if (!found) fail_msg("no %s", chunks[k][0]);
    }
    free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_voxel_has_the_colour_of_its_value),
        cmocka_unit_test(fields_do_not_blur_across_tissues_or_the_skin),
        cmocka_unit_test(outlines_run_where_tissues_meet_and_nowhere_else),
        cmocka_unit_test(lengths_are_true),
        cmocka_unit_test(round_bodies_are_round),
        cmocka_unit_test(what_is_not_known_is_hatched_grey),
        cmocka_unit_test(layers_of_one_voxel_keep_their_width),
        cmocka_unit_test(shares_move_the_boundary),
        cmocka_unit_test(large_slices_are_averaged_within_tissue),
        cmocka_unit_test(limits_fit_the_field),
        cmocka_unit_test(pictures_of_any_shape_hold_together),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(a_file_says_what_it_shows),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
