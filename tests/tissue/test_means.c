/* Means against sums in double precision over every voxel; organs where the mesh has none. */
#include "tissue/world.h"

/* Muscle, cortex and trabecular bone, shared voxels, no visceral fat and no marrow cavity. */
static xt_material mixed(int x, int y, int z, const xt_model *model) {
    static const char *const names[] = {"muscle", "cortex", "trabecular", "fat"};
    const int n = (x * 7 + y * 3 + z) % 4;
    if ((x + y + z) % 9 == 0) return (xt_material){0, 0, 0};
    xt_material m = {(uint8_t)tissue_of(model, names[n]), 0, 0};
    if (x % 3 == 0) {
        m.second = (uint8_t)tissue_of(model, names[(n + 1) % 4]);
        m.share = (uint16_t)((x * 131 + y * 17) % 32767);
    }
    return m;
}

/* Write uneven values into a plane and return its mean over `tissue` by own volume. */
static double uneven(world *w, cl_mem buffer, int plane, int tissue) {
    float *value = read_plane(w, buffer, plane);
    double sum = 0, volume = 0;
    for (size_t i = XT_BLOCK; i < w->cells; i++) {
        const xt_material m = w->mesh->material[i];
        value[i] = 0.2f + 0.6f * (float)(i * 2654435761u % 1000) / 1000;
        if (m.tissue != tissue) continue;
        sum += (1 - m.share / 65535.0) * (double)value[i];
        volume += 1 - m.share / 65535.0;
    }
    write_plane(w, buffer, plane, value);
    free(value);
    assert_true(volume > 10);
    return sum / volume;
}

static double mean_scalar(const world *w, const char *formula) {
    /* a driver that is a mean and nothing else has its value */
    const int k = xt_model_find_scalar(w->model, formula);
    if (k < 0) fail_msg("no scalar '%s'", formula);
    return w->scalar[k];
}

static void close_to(double a, double b) {
    if (!(fabs(a - b) <= 2e-7 * fabs(b))) fail_msg("%.10g instead of %.10g", a, b);
}

static void means_at(xt_device *device) {
    xt_error err = {XT_OK, ""};
    const int dims[3] = {61, 23, 11};
    xt_model *model = load_model("scenes/models/crosstalk4.yaml");
    world w = make_world(device, model, dims, 0.5, mixed);
    const int muscle = tissue_of(model, "muscle"), trabecular = tissue_of(model, "trabecular");
    const double myofibre = uneven(&w, w.fields->state, state_of(model, "myofibre"), muscle);
    const double stem = uneven(&w, w.fields->state, state_of(model, "stem"), trabecular);
    const double fat = uneven(&w, w.fields->phase, phase_of(model, "fat"), muscle);
    OK(xt_tissue_means(w.rules, w.scalar, &err));
    xt_model_drivers(model, w.scalar);
    close_to(mean_scalar(&w, "muscle_mean"), myofibre);
    close_to(mean_scalar(&w, "stem_mean"), stem);
    close_to(mean_scalar(&w, "imat_mean"), fat);
    /* the same again, to the last bit */
    double *before = malloc((size_t)model->scalar_count * sizeof *before);
    assert_non_null(before);
    memcpy(before, w.scalar, (size_t)model->scalar_count * sizeof *before);
    OK(xt_tissue_means(w.rules, w.scalar, &err));
    assert_memory_equal(before, w.scalar, (size_t)model->scalar_count * sizeof *before);
    free(before);
    free_world(&w);
    xt_model_free(model);
}

static void test_means_as_summed_by_hand(void **state) {
    (void)state;
    on_every_device(means_at);
}

/* No marrow here, and no trabecular bone: their means are those of the organs. */
static xt_material only_muscle(int x, int y, int z, const xt_model *model) {
    (void)x, (void)y, (void)z;
    return (xt_material){(uint8_t)tissue_of(model, "muscle"), 0, 0};
}

static void organs_at(xt_device *device) {
    xt_error err = {XT_OK, ""};
    const int dims[3] = {16, 3, 3};
    xt_model *model = load_model("scenes/models/crosstalk4.yaml");
    world w = make_world(device, model, dims, 0.5, only_muscle);
    const int trabecular = tissue_of(model, "trabecular"), stem = state_of(model, "stem");
    bool found = false;
    for (int k = 0; k < w.fields->organ_count; k++) {
        if (w.fields->organ[k].tissue != trabecular) continue;
        w.fields->organ[k].state[stem] = 0.625;
        found = true;
    }
    assert_true(found);
    OK(xt_tissue_means(w.rules, w.scalar, &err));
    xt_model_drivers(model, w.scalar);
    assert_true(mean_scalar(&w, "stem_mean") == 0.625);
    close_to(mean_scalar(&w, "muscle_mean"), 1);
    free_world(&w);
    xt_model_free(model);
}

static void test_organs_stand_in(void **state) {
    (void)state;
    on_every_device(organs_at);
}

int main(void) {
    char cache[64];
    use_fresh_cache(cache);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_means_as_summed_by_hand),
        cmocka_unit_test(test_organs_stand_in),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    remove_folder(cache);
    return failed;
}
