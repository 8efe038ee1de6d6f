/* Labels: which rule, when, how long it holds, and what a change does to the fields. */
#include "tissue/world.h"

enum { NX = 32, NY = 4, NZ = 4 };
static const double moment = 1e-6; /* h: long enough for a step, too short for tissue to change */

/* Muscle | cortex | trabecular bone | marrow, eight voxels each, muscle nearest x = 0. */
static xt_material layers(int x, int y, int z, const xt_model *model) {
    static const char *const names[] = {"muscle", "cortex", "trabecular", "marrow"};
    (void)y, (void)z;
    return (xt_material){(uint8_t)tissue_of(model, names[x / 8]), 0, 0};
}

static size_t cell_at(const world *w, int x, int y, int z) { return (size_t)xt_mesh_cell(w->mesh, x, y, z); }

/* Set the bone fraction of a cell; connective tissue makes room. */
static void set_bone(world *w, int x, int y, int z, float bone) {
    const size_t i = cell_at(w, x, y, z);
    const int b = phase_of(w->model, "bone"), c = phase_of(w->model, "connective");
    for (int p = 0; p < w->model->phase_count; p++) {
        float *plane = read_plane(w, w->fields->phase, p);
        plane[i] = p == b ? bone : p == c ? 1 - bone : 0;
        write_plane(w, w->fields->phase, p, plane);
        free(plane);
    }
}

static void step(world *w, double dt) { step_world(w, dt, 1); }

static void expect(world *w, int x, int y, int z, const char *tissue) {
    xt_material *m = read_material(w);
    const char *is = w->model->tissue[m[cell_at(w, x, y, z)].tissue].name;
    if (strcmp(is, tissue) != 0) fail_msg("voxel %d, %d, %d is %s, not %s", x, y, z, is, tissue);
    free(m);
}

static unsigned long long changes(const world *w) { return xt_tissue_get_report(w->rules)->label_changes; }

static world make_layers(xt_device *device, const xt_model *model) {
    const int dims[3] = {NX, NY, NZ};
    world w = make_world(device, model, dims, 0.5, layers);
    xt_error err = {XT_OK, ""};
    OK(xt_tissue_mechanics(w.rules, &err));
    OK(xt_tissue_initialise(w.rules, w.scalar, &err));
    return w;
}

/* Between the two thresholds a label stays what it is, from both sides. */
static void hysteresis(world *w) {
    step(w, moment);
    assert_true(changes(w) == 0);
    set_bone(w, 15, 1, 1, 0.60f); /* cortex beside trabecular bone */
    set_bone(w, 16, 1, 1, 0.60f); /* and the other way round */
    set_bone(w, 20, 1, 1, 0.07f); /* trabecular, thin */
    set_bone(w, 28, 1, 1, 0.07f); /* marrow with some bone */
    step(w, moment);
    assert_true(changes(w) == 0);
    set_bone(w, 15, 1, 1, 0.54f);
    set_bone(w, 16, 1, 1, 0.71f);
    set_bone(w, 20, 1, 1, 0.04f);
    set_bone(w, 28, 1, 1, 0.11f);
    step(w, moment);
    assert_true(changes(w) == 4);
    expect(w, 15, 1, 1, "trabecular");
    expect(w, 16, 1, 1, "cortex");
    expect(w, 20, 1, 1, "marrow");
    expect(w, 28, 1, 1, "trabecular");
}

/* The first rule that fits: beside trabecular bone or marrow it becomes trabecular, elsewhere connective.
 * Neighbours count as they are before the step: two cells deep, the outer one does not see the inner one's
 * new label. */
static void order_and_neighbours(world *w) {
    set_bone(w, 15, 2, 2, 0.3f);
    set_bone(w, 14, 2, 2, 0.3f);
    set_bone(w, 10, 2, 2, 0.3f);
    step(w, moment);
    expect(w, 15, 2, 2, "trabecular");
    expect(w, 14, 2, 2, "connective");
    expect(w, 10, 2, 2, "connective");
}

/* A voxel that changed stays for thirty days, however often it is looked at, and not longer. */
static void dwell(world *w) {
    const unsigned long long before = changes(w);
    set_bone(w, 17, 0, 0, 0.8f);
    step(w, moment);
    expect(w, 17, 0, 0, "cortex");
    assert_true(changes(w) == before + 1);
    set_bone(w, 17, 0, 0, 0.3f);
    for (int n = 0; n < 299; n++) { /* 29.9 days in steps shorter than a tick of the clock */
        set_bone(w, 17, 0, 0, 0.3f);
        step(w, 0.1 * day);
    }
    expect(w, 17, 0, 0, "cortex");
    set_bone(w, 17, 0, 0, 0.3f);
    step(w, 0.25 * day);
    expect(w, 17, 0, 0, "trabecular");
}

static void rules_at(xt_device *device) {
    xt_model *model = load_model("scenes/models/crosstalk4.yaml");
    world w = make_layers(device, model);
    hysteresis(&w);
    order_and_neighbours(&w);
    free_world(&w);
    w = make_layers(device, model);
    dwell(&w);
    free_world(&w);
    xt_model_free(model);
}

static void test_hysteresis_order_neighbours_and_dwell(void **state) {
    (void)state;
    on_every_device(rules_at);
}

static xt_material shared(int x, int y, int z, const xt_model *model) {
    xt_material m = layers(x, y, z, model);
    if (x == 15 && y < 2) {
        m.second = (uint8_t)tissue_of(model, "trabecular");
        m.share = 20000;
    }
    if (x == 15 && y >= 2) {
        m.second = (uint8_t)tissue_of(model, "muscle");
        m.share = 20000;
    }
    return m;
}

/* phi c stays, the reference is that of the neighbours of the new kind, the second tissue goes if it is the
 * new one, states that the old tissue lacks start anew, and those it has go on. */
static void change_at(xt_device *device) {
    xt_error err = {XT_OK, ""};
    const int dims[3] = {NX, NY, NZ};
    xt_model *model = load_model("scenes/models/crosstalk4.yaml");
    world w = make_world(device, model, dims, 0.5, shared);
    OK(xt_tissue_initialise(w.rules, w.scalar, &err));
    const size_t i = cell_at(&w, 15, 1, 1), j = cell_at(&w, 15, 2, 1), like = cell_at(&w, 16, 1, 1);
    const int stem = state_of(model, "stem"), mineral = state_of(model, "mineral");
    float *old = read_plane(&w, w.fields->state, stem);
    for (size_t k = 0; k < w.cells; k++) old[k] = 0.5f;
    write_plane(&w, w.fields->state, stem, old);
    write_plane(&w, w.fields->state, mineral, old);
    free(old);
    set_bone(&w, 15, 1, 1, 0.5f);
    set_bone(&w, 15, 2, 1, 0.5f);
    float *before = read_plane(&w, w.fields->rest, 1), *reference = read_plane(&w, w.fields->reference, 1);
    step(&w, moment);
    assert_true(changes(&w) == 2);
    float *after = read_plane(&w, w.fields->rest, 1), *peak = read_plane(&w, w.fields->peak, 1);
    float *now = read_plane(&w, w.fields->reference, 1), *young = read_plane(&w, w.fields->state, stem);
    float *kept = read_plane(&w, w.fields->state, mineral);
    const double ratio =
        0.08 / (0.25 * 0.5 + 0.08 * 0.5); /* fluid of cortex, and of half-full trabecular bone */
    assert_true(fabs((double)(after[i] / before[i]) - ratio) < 1e-6);
    assert_true(fabs((double)(peak[i] / before[i]) - ratio) < 1e-6);
    assert_true(after[like] == before[like]);
    assert_true(now[i] == reference[like] && now[i] != reference[i]);
    assert_true(young[i] == 1 && young[like] != 1);
    assert_true(fabs((double)kept[i] - 0.5) < 1e-4);
    xt_material *m = read_material(&w);
    assert_true(m[i].second == 0 && m[i].share == 0);
    assert_true(m[j].second == tissue_of(model, "muscle") && m[j].share == 20000);
    OK(xt_fields_classify(w.fields, &err));
    free(m);
    free(before);
    free(reference);
    free(after);
    free(peak);
    free(now);
    free(young);
    free(kept);
    free_world(&w);
    xt_model_free(model);
}

static void test_what_a_change_does(void **state) {
    (void)state;
    on_every_device(change_at);
}

/* With no neighbour of the new kind the reference is the tissue's mean, which the exposure floor tells: 1000
 * times it. */
static void lonely_at(xt_device *device) {
    xt_model *model = load_model("scenes/models/crosstalk4.yaml");
    world w = make_layers(device, model);
    const int muscle_phase = phase_of(model, "muscle"), connective = tissue_of(model, "connective");
    float *fibre = read_plane(&w, w.fields->phase, muscle_phase);
    fibre[cell_at(&w, 3, 1, 1)] = 0.2f;
    write_plane(&w, w.fields->phase, muscle_phase, fibre);
    float *myofibre = read_plane(&w, w.fields->state, state_of(model, "myofibre"));
    myofibre[cell_at(&w, 3, 1, 1)] = 0.2f / 0.83f; /* or the muscle would be back at once */
    write_plane(&w, w.fields->state, state_of(model, "myofibre"), myofibre);
    step(&w, moment);
    expect(&w, 3, 1, 1, "connective");
    for (int k = 0; k < model->species_count; k++) {
        float *now = read_plane(&w, w.fields->reference, k);
        const double mean = 1 + connective * model->species_count + k;
        assert_true(fabs((double)now[cell_at(&w, 3, 1, 1)] - mean) < 1e-5 * mean);
        free(now);
    }
    free(fibre);
    free(myofibre);
    free_world(&w);
    xt_model_free(model);
}

static void test_a_lonely_change_takes_the_mean_of_its_tissue(void **state) {
    (void)state;
    on_every_device(lonely_at);
}

int main(void) {
    char cache[64];
    use_fresh_cache(cache);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hysteresis_order_neighbours_and_dwell),
        cmocka_unit_test(test_what_a_change_does),
        cmocka_unit_test(test_a_lonely_change_takes_the_mean_of_its_tissue),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    remove_folder(cache);
    return failed;
}
