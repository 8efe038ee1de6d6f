/* The device against the rules in double precision on the host, the young state, books, checkpoints. */
#include "tissue/world.h"
#include "tissue/reference.h"

static uint32_t seed = 1;
static double uniform(double low, double high) {
    seed = seed * 1664525u + 1013904223u;
    return low + (high - low) * (seed >> 8) / 16777216.0;
}

static float level_random(size_t i) { return (float)(level_one(i) * uniform(0.4, 2.5)); }

/* Every tissue of the model, some voxels shared, some outside. */
static xt_material every_tissue(int x, int y, int z, const xt_model *model) {
    const int n = x + 5 * y + 11 * z, tissues = model->tissue_count;
    xt_material m = {(uint8_t)(n % (tissues + 1)), 0, 0};
    if (m.tissue && n % 3 == 0) {
        m.second = (uint8_t)(m.tissue % tissues + 1);
        m.share = (uint16_t)(n * 997 % 32768);
    }
    return m;
}

/* Fractions that sum to one, bone away from thresholds; states about their initial values. */
static void scatter(world *w) {
    const xt_model *model = w->model;
    float *phase = read_all(w, w->fields->phase, model->phase_count);
    float *state = read_all(w, w->fields->state, model->state_count);
    for (size_t i = 0; i < w->cells; i++) {
        double sum = 0, f[XT_MAX_PHASES];
        for (int p = 0; p < model->phase_count; p++)
            sum += f[p] = ((double)phase[(size_t)p * w->cells + i] + 0.1) * uniform(0.5, 1.5);
        for (int p = 0; p < model->phase_count; p++)
            if (sum > 0.2 * model->phase_count) phase[(size_t)p * w->cells + i] = (float)(f[p] / sum);
        for (int k = 0; k < model->state_count; k++)
            state[(size_t)k * w->cells + i] *= (float)uniform(0.8, 1.2);
    }
    write_all(w, w->fields->phase, model->phase_count, phase);
    write_all(w, w->fields->state, model->state_count, state);
    free(phase);
    free(state);
}

/* All cells of a world as the host has them, in double precision; free() it. */
static xt_tissue_sample *take(const world *w) {
    xt_error err = {XT_OK, ""};
    xt_tissue_sample *cell = calloc(w->cells, sizeof *cell);
    assert_non_null(cell);
    for (size_t i = 0; i < w->cells; i++) cell[i].cell = i;
    OK(xt_tissue_sample_take(cell, w->cells, w->fields, &err));
    return cell;
}

static void compare(world *w, const xt_tissue_sample *h, double tolerance) {
    const xt_model *model = w->model;
    xt_tissue_sample *d = take(w);
    double worst = 0;
    for (size_t i = XT_BLOCK; i < w->cells; i++) {
        if (!d[i].tissue) continue;
        for (int k = 0; k < model->phase_count; k++) {
            const double a = d[i].phase[k], b = h[i].phase[k];
            if (!(fabs(a - b) <= tolerance))
                fail_msg("cell %zu of %s: f_%s is %.9g, host %.9g", i, model->tissue[d[i].tissue].name,
                         model->phase[k], a, b);
            worst = fmax(worst, fabs(a - b));
        }
        for (int k = 0; k < model->state_count; k++) {
            const double a = d[i].state[k], b = h[i].state[k];
            if (!(fabs(a - b) <= tolerance * fmax(1, fabs(b))))
                fail_msg("cell %zu of %s: %s is %.9g, host %.9g", i, model->tissue[d[i].tissue].name,
                         model->state[k].name, a, b);
            worst = fmax(worst, fabs(a - b));
        }
    }
    print_message("largest difference %.2g\n", worst);
    free(d);
}

static void against_host(xt_device *device, const char *path, bool peak, double tolerance) {
    xt_error err = {XT_OK, ""};
    const int dims[3] = {37, 6, 5};
    xt_model *model = load_model(path);
    xt_model quiet = *model; /* labels are another test's */
    quiet.label_rule_count = 0;
    world w = make_world(device, &quiet, dims, 0.5, every_tissue);
    OK(xt_tissue_initialise(w.rules, w.scalar, &err));
    scatter(&w);
    set_levels(&w, w.fields->rest, level_random);
    set_levels(&w, w.fields->peak, level_random);
    w.scalar[quiet.age] = 67 * year;
    w.scalar[quiet.female] = 1;
    if (peak && xt_model_find_scalar(&quiet, "sessions") >= 0) set_scalar(&w, "sessions", 3 / (7 * day));
    xt_model_drivers(&quiet, w.scalar);
    const bool used = quiet.peak_share >= 0 && w.scalar[quiet.peak_share] > 0;
    if (!used) set_levels(&w, w.fields->peak, level_random); /* stale, and must not matter */
    xt_tissue_sample *h = take(&w), *start = take(&w);
    for (int n = 0; n < 50; n++) {
        xt_tissue_sample_beside(h, w.cells, w.mesh, &quiet);
        xt_tissue_sample_step(h, w.cells, &quiet, w.scalar, 3.5 * day, used);
        xt_tissue_sample_step(h, w.cells, &quiet, w.scalar, 3.5 * day, used);
        step_world(&w, 7 * day, 2);
    }
    compare(&w, h, tolerance);
    double moved = 0; /* a test in which nothing moves shows nothing */
    for (size_t i = 0; i < w.cells; i++)
        for (int p = 0; p < quiet.phase_count; p++)
            moved = fmax(moved, fabs(h[i].phase[p] - start[i].phase[p]));
    assert_true(moved > 1e-3);
    const xt_tissue_report *report = xt_tissue_get_report(w.rules);
    print_message("fraction defect %.2g, book defect %.2g\n", report->fraction_defect, report->book_defect);
    assert_true(report->fraction_defect < 1e-6);
    assert_true(report->book_defect < 1e-3);
    assert_true(report->label_changes == 0);
    free(h);
    free(start);
    free_world(&w);
    xt_model_free(model);
}

static void default_model_at(xt_device *device) {
    against_host(device, "scenes/models/crosstalk4.yaml", true, 1e-5);
    against_host(device, "scenes/models/crosstalk4.yaml", false, 1e-5);
}

static void test_default_model_as_on_the_host(void **state) {
    (void)state;
    on_every_device(default_model_at);
}

static void invented_model_at(xt_device *device) {
    against_host(device, "tests/model/invented.yaml", true, 1e-5);
}

static void adversarial_model_at(xt_device *device) {
    /* beside() comes in steps of 1/65535 and may round to the other side: that times a week's rate */
    against_host(device, "tests/tissue/adversarial.yaml", true, 2e-4);
}

static void test_adversarial_model_as_on_the_host(void **state) {
    (void)state;
    on_every_device(adversarial_model_at);
}

static void test_invented_model_as_on_the_host(void **state) {
    (void)state;
    on_every_device(invented_model_at);
}

/* u = 1, no drivers: the device stays within rounding for a hundred steps of a week, section mechanics and
 * all. */
static void young_at(xt_device *device) {
    xt_error err = {XT_OK, ""};
    const int dims[3] = {37, 6, 5};
    xt_model *model = load_model("scenes/models/crosstalk4.yaml");
    world w = make_world(device, model, dims, 0.5, every_tissue);
    OK(xt_tissue_mechanics(w.rules, &err));
    OK(xt_tissue_initialise(w.rules, w.scalar, &err));
    xt_tissue_sample *before = take(&w);
    for (int n = 0; n < 100; n++) {
        OK(xt_tissue_mechanics(w.rules, &err));
        OK(xt_tissue_means(w.rules, w.scalar, &err));
        xt_model_drivers(model, w.scalar);
        step_world(&w, 7 * day, 1);
    }
    compare(&w, before, 2e-6);
    assert_true(xt_tissue_get_report(w.rules)->label_changes == 0);
    assert_true(xt_tissue_get_report(w.rules)->book_defect < 1e-3);
    free(before);
    free_world(&w);
    xt_model_free(model);
}

static void test_young_state_is_stationary(void **state) {
    (void)state;
    on_every_device(young_at);
}

/* On the host in double precision it is a fixed point to the last digits; and organs step likewise without a
 * device. */
static void test_young_organs_are_stationary(void **state) {
    (void)state;
    xt_error err = {XT_OK, ""};
    xt_model *model = load_model("scenes/models/crosstalk4.yaml");
    world w = {.model = model, .scalar = calloc((size_t)model->scalar_count + 1, sizeof(double))};
    OK(xt_fields_create(&w.fields, model, NULL, NULL, NULL, &err));
    OK(xt_tissue_create(&w.rules, w.fields, &err));
    make_young(&w);
    OK(xt_tissue_mechanics(w.rules, &err));
    OK(xt_tissue_initialise(w.rules, w.scalar, &err));
    assert_true(w.fields->organ_count > 0);
    xt_organ *start = malloc((size_t)w.fields->organ_count * sizeof *start);
    assert_non_null(start);
    memcpy(start, w.fields->organ, (size_t)w.fields->organ_count * sizeof *start);
    for (int n = 0; n < 100; n++) step_world(&w, 7 * day, 1);
    for (int k = 0; k < w.fields->organ_count; k++) {
        for (int p = 0; p < model->phase_count; p++)
            assert_true(fabs(w.fields->organ[k].phase[p] - start[k].phase[p]) < 1e-12);
        for (int s = 0; s < model->state_count; s++)
            if (model->state[s].tissues >> start[k].tissue & 1)
                assert_true(fabs(w.fields->organ[k].state[s] - start[k].state[s]) < 1e-12);
    }
    w.scalar[model->age] = 70 * year;
    xt_model_drivers(model, w.scalar);
    step_world(&w, 7 * day, 4);
    bool moved = false;
    for (int k = 0; k < w.fields->organ_count; k++)
        for (int p = 0; p < model->phase_count; p++)
            moved |= fabs(w.fields->organ[k].phase[p] - start[k].phase[p]) > 1e-6;
    assert_true(moved);
    free(start);
    xt_tissue_free(w.rules);
    xt_fields_free(w.fields);
    free(w.scalar);
    xt_model_free(model);
}

/* A run that is saved and loaded goes on to the same bits. */
static void checkpoint_at(xt_device *device) {
    xt_error err = {XT_OK, ""};
    const int dims[3] = {20, 6, 5};
    xt_model *model = load_model("scenes/models/crosstalk4.yaml");
    world a = make_world(device, model, dims, 0.5, every_tissue),
          b = make_world(device, model, dims, 0.5, every_tissue);
    OK(xt_tissue_mechanics(a.rules, &err));
    OK(xt_tissue_initialise(a.rules, a.scalar, &err));
    scatter(&a);
    a.scalar[model->age] = 67 * year;
    xt_model_drivers(model, a.scalar);
    for (int n = 0; n < 3; n++) step_world(&a, 7 * day, 1);
    assert_true(xt_tissue_get_report(a.rules)->label_changes > 0);
    void *bytes = malloc(xt_tissue_state_size(a.rules));
    assert_non_null(bytes);
    OK(xt_tissue_state_save(bytes, a.rules, &err));
    OK(xt_tissue_state_load(b.rules, bytes, &err));
    const cl_mem *from[] = {&a.fields->phase, &a.fields->state, &a.fields->rest, &a.fields->peak,
                            &a.fields->reference};
    const cl_mem *to[] = {&b.fields->phase, &b.fields->state, &b.fields->rest, &b.fields->peak,
                          &b.fields->reference};
    const int planes[] = {model->phase_count, model->state_count, model->species_count, model->species_count,
                          model->species_count};
    for (int k = 0; k < 5; k++)
        OK(xt_buffer_copy(device, *from[k], 0, *to[k], 0, (size_t)planes[k] * a.cells * sizeof(float), &err));
    memcpy(b.scalar, a.scalar, (size_t)model->scalar_count * sizeof *a.scalar);
    for (int n = 0; n < 5; n++) {
        OK(xt_tissue_mechanics(a.rules, &err));
        OK(xt_tissue_mechanics(b.rules, &err));
        step_world(&a, 7 * day, 1);
        step_world(&b, 7 * day, 1);
    }
    for (int k = 0; k < 5; k++) {
        float *x = read_all(&a, *from[k], planes[k]), *y = read_all(&b, *to[k], planes[k]);
        assert_memory_equal(x, y, (size_t)planes[k] * a.cells * sizeof *x);
        free(x);
        free(y);
    }
    assert_memory_equal(xt_tissue_get_report(a.rules), xt_tissue_get_report(b.rules),
                        sizeof(xt_tissue_report));
    free(bytes);
    free_world(&a);
    free_world(&b);
    xt_model_free(model);
}

static void test_checkpoint_goes_on_to_the_same_bits(void **state) {
    (void)state;
    on_every_device(checkpoint_at);
}

int main(void) {
    char cache[64];
    use_fresh_cache(cache);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_default_model_as_on_the_host),
        cmocka_unit_test(test_invented_model_as_on_the_host),
        cmocka_unit_test(test_adversarial_model_as_on_the_host),
        cmocka_unit_test(test_young_state_is_stationary),
        cmocka_unit_test(test_young_organs_are_stationary),
        cmocka_unit_test(test_checkpoint_goes_on_to_the_same_bits),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    remove_folder(cache);
    return failed;
}
