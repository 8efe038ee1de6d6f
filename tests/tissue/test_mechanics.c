/* Section mechanics against beam theory and against sums in double precision. The strain is read through a
 * state whose initial formula is the section stimulus itself: the default model's strain set-point, at a
 * force of 1. */
#include "tissue/world.h"

enum { SIDE = 120 };
static const double pi = 3.14159265358979323846;
static const double cell = 0.25, outer = 13, inner = 7, offset_x = 1.3, offset_y = -0.8;

static double middle(int x) { return (x - 0.5 * (SIDE - 1)) * cell; }

/* Slice 0: a ring off the centre of the box. 1: empty of bone. 2: one voxel of cortex. 3: a slanted bar. 4:
 * nothing at all. */
static xt_material slices(int x, int y, int z, const xt_model *model) {
    const uint8_t cortex = (uint8_t)tissue_of(model, "cortex"), muscle = (uint8_t)tissue_of(model, "muscle");
    const double px = middle(x) - offset_x, py = middle(y) - offset_y, r = hypot(px, py);
    bool bone = false;
    if (z == 4) return (xt_material){0, 0, 0};
    if (z == 0) bone = r > inner && r < outer;
    if (z == 2) bone = x == 40 && y == 17;
    if (z == 3) bone = fabs(px - 0.5 * py) < 2 && fabs(py) < 9;
    if (!bone) return (xt_material){muscle, 0, 0};
    /* a voxel of the bar that shares with muscle, and muscle that shares with bone */
    if (z == 3 && (x + y) % 5 == 0) return (xt_material){cortex, muscle, 13107};
    if (z == 3 && (x + y) % 7 == 0) return (xt_material){muscle, cortex, 19660};
    return (xt_material){cortex, 0, 0};
}

typedef struct {
    double a, x, y, xx, yy, xy;
} stiffness;

/* Stimulus of a place by beam theory, from stiffness and moments about the centroid. */
static double beam(const xt_mechanics *m, const stiffness *s, double x, double y) {
    const double det = s->xx * s->yy - s->xy * s->xy;
    double sum = 0;
    for (int j = 0; j < m->case_count; j++) {
        const double ex = m->eccentricity[j][0], ey = m->eccentricity[j][1];
        const double strain = 1 / s->a + (ex * s->yy - ey * s->xy) / det * (x - s->x) +
                              (ey * s->xx - ex * s->xy) / det * (y - s->y);
        sum += pow(strain, 4);
    }
    return pow(sum / m->case_count, 0.25);
}

/* Modulus of a cell over that of cortex as the model has it, both tissues. */
static double modulus(const world *w, const float *bone, size_t i) {
    const int cortex = tissue_of(w->model, "cortex");
    const double whole = w->model->tissue[cortex].composition[phase_of(w->model, "bone")];
    const xt_material m = w->mesh->material[i];
    const double share = m.share / 65535.0;
    return (m.second == cortex ? share : 0) +
           (m.tissue == cortex ? (1 - share) * pow((double)bone[i] / whole, 3) : 0);
}

static stiffness sum_slice(const world *w, const float *bone, int z) {
    const double dA = cell * cell;
    stiffness s = {0};
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = XT_BLOCK; i < w->cells; i++) {
            int v[3];
            if (!w->mesh->material[i].tissue) continue;
            xt_mesh_position(w->mesh, i, v);
            if (v[2] != z) continue;
            const double e = modulus(w, bone, i) * dA, x = middle(v[0]), y = middle(v[1]);
            if (pass == 0) {
                s.a += e;
                s.x += e * x;
                s.y += e * y;
            } else {
                s.xx += e * ((x - s.x) * (x - s.x) + cell * cell / 12);
                s.yy += e * ((y - s.y) * (y - s.y) + cell * cell / 12);
                s.xy += e * (x - s.x) * (y - s.y);
            }
        }
        if (pass == 0 && s.a > 0) s.x /= s.a, s.y /= s.a;
    }
    return s;
}

typedef struct {
    world w;
    xt_model *model;
    int cortex;
    float *bone, *value; /* value: the stimulus, from the strain set-point */
} sections;

static sections make_sections(xt_device *device, int depth) {
    xt_error err = {XT_OK, ""};
    const int dims[3] = {SIDE, SIDE, depth};
    sections t = {.model = load_model("scenes/models/crosstalk4.yaml")};
    t.w = make_world(device, t.model, dims, cell, slices);
    t.cortex = tissue_of(t.model, "cortex");
    t.bone = read_plane(&t.w, t.w.fields->phase, phase_of(t.model, "bone"));
    for (size_t i = 0; i < t.w.cells; i++) /* not all bone is alike */
        if (depth > 1) t.bone[i] *= 1 - 0.01f * (float)(i % 13);
    write_plane(&t.w, t.w.fields->phase, phase_of(t.model, "bone"), t.bone);
    set_scalar(&t.w, "force", 1);
    OK(xt_tissue_mechanics(t.w.rules, &err));
    OK(xt_tissue_initialise(t.w.rules, t.w.scalar, &err));
    t.value = read_plane(&t.w, t.w.fields->state, state_of(t.model, "setpoint"));
    return t;
}

static void free_sections(sections *t) {
    free(t->value);
    free(t->bone);
    free_world(&t->w);
    xt_model_free(t->model);
}

/* Compare with `s` per slice in the cortex; scaled so that the volume mean is 1. */
static void check(sections *t, const stiffness *s, double tolerance) {
    double mean = 0, volume = 0, seen = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = XT_BLOCK; i < t->w.cells; i++) {
            const xt_material m = t->w.mesh->material[i];
            int v[3];
            if (m.tissue != t->cortex) continue;
            xt_mesh_position(t->w.mesh, i, v);
            const double own = 1 - m.share / 65535.0;
            const double expected = beam(&t->model->mechanics, &s[v[2]], middle(v[0]), middle(v[1]));
            if (pass == 0) {
                mean += own * expected;
                volume += own;
                seen += own * (double)t->value[i];
            } else if (!(fabs((double)t->value[i] - expected / mean) <= tolerance * expected / mean)) {
                fail_msg("slice %d, voxel %d, %d: %.8g instead of %.8g", v[2], v[0], v[1],
                         (double)t->value[i], expected / mean);
            }
        }
        if (pass == 0) mean /= volume;
    }
    assert_true(fabs(seen / volume - 1) < 1e-5);
}

static void sections_at(xt_device *device) {
    sections t = make_sections(device, 5);
    stiffness s[5];
    for (int z = 0; z < 5; z++) s[z] = sum_slice(&t.w, t.bone, z);
    assert_true(fabs(s[3].xy) > 0.2 * s[3].xx); /* the bar is slanted: its product of inertia counts */
    check(&t, s, 5e-5);
    free_sections(&t);
}

static void test_any_section_as_in_double_precision(void **state) {
    (void)state;
    on_every_device(sections_at);
}

/* A ring has A = pi (R^2 - r^2), I = pi/4 (R^4 - r^4) about any axis. */
static void ring_at(xt_device *device) {
    sections t = make_sections(device, 1);
    const double i = 0.25 * pi * (pow(outer, 4) - pow(inner, 4));
    const stiffness s = {
        .a = pi * (outer * outer - inner * inner), .x = offset_x, .y = offset_y, .xx = i, .yy = i};
    check(&t, &s, 5e-3); /* a quarter of a millimetre in 13 */
    free_sections(&t);
}

static void test_ring_as_beam_theory(void **state) {
    (void)state;
    on_every_device(ring_at);
}

/* The scale is fixed by the first call: when bone is lost everywhere, strain rises by what stiffness fell. */
static void scale_at(xt_device *device) {
    xt_error err = {XT_OK, ""};
    sections t = make_sections(device, 1);
    for (size_t i = 0; i < t.w.cells; i++) t.bone[i] *= 0.9f;
    write_plane(&t.w, t.w.fields->phase, phase_of(t.model, "bone"), t.bone);
    OK(xt_tissue_mechanics(t.w.rules, &err));
    OK(xt_tissue_initialise(t.w.rules, t.w.scalar, &err));
    float *now = read_plane(&t.w, t.w.fields->state, state_of(t.model, "setpoint"));
    size_t count = 0;
    for (size_t i = XT_BLOCK; i < t.w.cells; i++) {
        if (t.w.mesh->material[i].tissue != t.cortex) continue;
        assert_true(fabs((double)(now[i] / t.value[i]) * 0.729 - 1) < 1e-5);
        count++;
    }
    assert_true(count > 1000);
    free(now);
    free_sections(&t);
}

static void test_scale_stays_as_it_was_at_the_start(void **state) {
    (void)state;
    on_every_device(scale_at);
}

/* Where the stimulus does not apply and where nothing is stiff, and everywhere else: finite, and none below
 * zero. */
static xt_material no_bone(int x, int y, int z, const xt_model *model) {
    (void)x, (void)y, (void)z;
    return (xt_material){(uint8_t)tissue_of(model, "trabecular"), 0, 0};
}

static void nothing_stiff_at(xt_device *device) {
    xt_error err = {XT_OK, ""};
    const int dims[3] = {20, 4, 3};
    xt_model *model = load_model("scenes/models/crosstalk4.yaml");
    world w = make_world(device, model, dims, 0.5, no_bone);
    float *bone = calloc(w.cells, sizeof *bone);
    write_plane(&w, w.fields->phase, phase_of(model, "bone"), bone);
    OK(xt_tissue_mechanics(w.rules, &err));
    OK(xt_tissue_initialise(w.rules, w.scalar, &err));
    step_world(&w, 7 * day, 1);
    for (int k = 0; k < model->state_count; k++) {
        float *value = read_plane(&w, w.fields->state, k);
        for (size_t i = 0; i < w.cells; i++) assert_true(isfinite(value[i]));
        free(value);
    }
    free(bone);
    free_world(&w);
    xt_model_free(model);
}

static void test_nothing_stiff_is_no_strain(void **state) {
    (void)state;
    on_every_device(nothing_stiff_at);
}

int main(void) {
    char cache[64];
    use_fresh_cache(cache);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_section_as_in_double_precision),
        cmocka_unit_test(test_ring_as_beam_theory),
        cmocka_unit_test(test_scale_stays_as_it_was_at_the_start),
        cmocka_unit_test(test_nothing_stiff_is_no_strain),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    remove_folder(cache);
    return failed;
}
