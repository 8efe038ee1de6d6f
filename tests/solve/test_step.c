/* Every form of the explicit step against the host in double precision; blocked passes give the bits of
 * single ones. */
#include "solve/reference.h"
#include "solve/stencil.h"
#include "solve/step.h"
#include "solve/world.h"

enum { STEPS = 13 };
static const unsigned seed = 11;

/* Two or three blocks to a row, so that plain runs, their ends and mixed blocks occur. */
static xt_material lumps(int x, int y, int z, const xt_model *model, const void *context) {
    if (x < 44 && y > 3 && z > 3) return (xt_material){(uint8_t)(z < 8 ? 1 : 2), 0, 0};
    return world_clumps(x, y, z, model, context);
}

static world make(xt_device *device, const char *model, const xt_walls *walls) {
    const world_def def = {.model = model,
                           .dims = {70, 11, 13},
                           .spacing = {0.4, 0.5, 0.6},
                           .place = lumps,
                           .context = &seed,
                           .walls = walls};
    world w;
    world_make(&w, device, &def);
    w.fields->plasma_clamped = true;
    return w;
}

static void start(world *w) {
    xt_error err = {XT_OK, ""};
    const size_t cells = w->fields->cells;
    float *plane = malloc(cells * sizeof *plane);
    unsigned *word = malloc(cells * sizeof *word);
    assert_non_null(plane);
    assert_non_null(word);
    OK(xt_buffer_read(w->device, w->fields->word, 0, cells * sizeof *word, word, &err));
    for (int s = 0; s < w->model->species_count; s++) {
        for (size_t i = 0; i < cells; i++) {
            int at[3];
            xt_mesh_position(w->mesh, i, at);
            plane[i] =
                word[i] & 255u ? (float)(80 * (1 + 0.5 * sin(0.3 * at[0] + 0.7 * at[1] + at[2] + s))) : 0;
        }
        OK(xt_buffer_write(w->device, w->fields->rest, (size_t)s * cells * sizeof *plane,
                           cells * sizeof *plane, plane, &err));
    }
    free(plane);
    free(word);
}

static float *all(const world *w) {
    xt_error err = {XT_OK, ""};
    const size_t bytes = w->fields->cells * (size_t)w->model->species_count * sizeof(float);
    float *values = malloc(bytes);
    assert_non_null(values);
    OK(xt_buffer_read(w->device, w->fields->rest, 0, bytes, values, &err));
    return values;
}

static double share_of_stable = 0.7;

static float *advance(world *w, xt_step_variant variant, const xt_step_shape *shape) {
    xt_error err = {XT_OK, ""};
    xt_step *step;
    start(w);
    OK(xt_step_create(&step, w->fields, w->scalar, shape, &err));
    OK(xt_step_run(step, variant, share_of_stable * xt_step_stable(step), STEPS, &err));
    float *values = all(w);
    xt_step_free(step);
    return values;
}

static void compare(const world *w, const double *want, const float *got, const char *name) {
    const size_t cells = w->fields->cells;
    for (int s = 0; s < w->model->species_count; s++) {
        double largest = 0, worst = 0;
        for (size_t i = 0; i < cells; i++) largest = fmax(largest, fabs(want[(size_t)s * cells + i]));
        for (size_t i = 0; i < cells; i++)
            worst = fmax(worst, fabs(got[(size_t)s * cells + i] - want[(size_t)s * cells + i]));
        assert_true(largest > 0);
        if (!(worst <= 2e-6 * largest))
            fail_msg("%s: %s off by %.2e", name, w->model->species[s].name, worst / largest);
    }
}

static void check(world *w) {
    xt_error err = {XT_OK, ""};
    const xt_step_shape tiles[] = {
        {16, 4, 0, 2, 3, 0, 0, 2, 1}, {16, 32, 1, 3, 4, 1, 0, 16, 1}, {16, 1, 0, 5, 2, 0, 0, 1, 1}};
    const xt_step_shape waves[] = {{16, 4, 0, 2, 3, 0, 1, 3, 1}, {16, 4, 0, 4, 3, 0, 2, 3, 0}};
    const xt_step_shape cells[] = {{1, 4, 0, 2, 3, 0, 1, 1, 1}, {1, 4, 0, 4, 3, 0, 4, 3, 0}};
    const xt_step_shape quads[] = {{4, 4, 0, 2, 3, 0, 1, 1, 1}, {4, 4, 0, 4, 3, 0, 4, 3, 0}};
    const xt_step_shape picked = {16, 4, 0, 3, 3, 0, 0, 2, XT_PICK_ALL}; /* rounds its own way */
    const size_t bytes = w->fields->cells * (size_t)w->model->species_count * sizeof(float);
    xt_reference *host;
    start(w);
    OK(xt_reference_create(&host, w->solver, &err));
    for (int k = 0; k < STEPS; k++)
        OK(xt_reference_step(host, w->scalar, (float)(share_of_stable / w->fields->max_rate), &err));
    float *naive = advance(w, XT_STEP_NAIVE, NULL), *single = advance(w, XT_STEP_SINGLE, &tiles[0]);
    float *by_cell = advance(w, XT_STEP_SINGLE, &cells[0]);
    compare(w, host->field, naive, "naive");
    compare(w, host->field, single, "single pass");
    compare(w, host->field, by_cell, "single pass by cell");
    float *all_picked = advance(w, XT_STEP_SINGLE, &picked), *at_once = advance(w, XT_STEP_BLOCKED, &picked);
    compare(w, host->field, all_picked, "single pass, all picked");
    assert_memory_equal(at_once, all_picked, bytes);
    free(all_picked);
    free(at_once);
    for (int k = 0; k < 3; k++) {
        float *other = advance(w, k == 2 ? XT_STEP_BLOCKED : XT_STEP_SINGLE, &tiles[k]);
        assert_memory_equal(other, single, bytes);
        free(other);
    }
    for (int k = 0; k < 2; k++) {
        float *tiled = advance(w, XT_STEP_BLOCKED, &tiles[k]), *wave = advance(w, XT_STEP_BLOCKED, &waves[k]);
        float *alone = advance(w, XT_STEP_BLOCKED, &cells[k]);
        assert_memory_equal(tiled, single, bytes);
        assert_memory_equal(wave, single, bytes);
        float *quarter = advance(w, k ? XT_STEP_BLOCKED : XT_STEP_SINGLE, &quads[k]);
        assert_memory_equal(alone, by_cell, bytes);
        assert_memory_equal(quarter, by_cell, bytes);
        free(tiled);
        free(wave);
        free(alone);
        free(quarter);
    }
    free(naive);
    free(single);
    free(by_cell);
    xt_reference_free(host);
    world_free(w);
}

/* Every voxel any of six tissues. */
static xt_material any(int x, int y, int z, const xt_model *model, const void *context) {
    unsigned h = *(const unsigned *)context + (unsigned)(x + 331 * (y + 577 * z)) * 2654435761u;
    h = (h ^ h >> 15) * 0x2c1b3c6du;
    return (xt_material){(uint8_t)(1 + (h >> 8) % (unsigned)model->tissue_count), 0, 0};
}

static void random_labels(xt_device *device) {
    xt_error err = {XT_OK, ""};
    const world_def def = {.model = "scenes/models/benchmark.yaml",
                           .dims = {40, 7, 9},
                           .spacing = {1, 1.1, 1.2},
                           .place = any,
                           .context = &seed};
    world w;
    world_make(&w, device, &def);
    w.fields->plasma_clamped = true;
    xt_step *step;
    const xt_step_shape shape = {0, 4, 0, 2, 3, 0, 0, 2, XT_PICK_MIXED};
    OK(xt_step_create(&step, w.fields, w.scalar, &shape, &err));
    assert_true(xt_step_picked_share(step) == 1 && xt_step_plain_share(step) == 0);
    assert_true(xt_step_row_bytes(step) < 5);
    xt_step_free(step);
    check(&w);
}

/* A tuning run keeps a shape that runs, and the next step takes it. */
static void tuned(xt_device *device) {
    xt_error err = {XT_OK, ""};
    char folder[64];
    const world_def def = {.model = "scenes/models/benchmark.yaml",
                           .dims = {32, 8, 12},
                           .spacing = {1, 1, 1},
                           .place = any,
                           .context = &seed};
    world w;
    xt_step_shape shape, kept;
    world_make(&w, device, &def);
    use_fresh_cache(folder);
    assert_false(xt_step_is_tuned(device));
    OK(xt_step_tune(&shape, w.fields, w.scalar, &err));
    assert_true(xt_step_is_tuned(device));
    kept = xt_step_shape_for(device);
    assert_memory_equal(&kept, &shape, sizeof shape);
    setenv("CROSSTALK_TUNE", "step.levels=3", 1);
    kept = xt_step_shape_for(device);
    assert_int_equal(kept.levels, 3);
    unsetenv("CROSSTALK_TUNE");
    remove_folder(folder);
    world_free(&w);
}

/* Layers of a gland that makes a hormone and of muscle. */
static xt_material layers(int x, int y, int z, const xt_model *model, const void *context) {
    (void)x, (void)y, (void)context;
    const char *name = z < 6 ? "gland" : "muscle";
    return (xt_material){(uint8_t)xt_model_find_tissue(model, name), 0, 0};
}

/* Every other cell of the gland makes less, so that its plain blocks read rows, as do their picked
 * neighbours' faces. */
static void uneven_secretion(xt_device *device) {
    xt_error err = {XT_OK, ""};
    const world_def def = {.model = "tests/solve/rate_law.yaml",
                           .dims = {70, 6, 12},
                           .spacing = {0.4, 0.5, 0.6},
                           .place = layers};
    world w;
    world_make(&w, device, &def);
    OK(xt_solver_reference(w.solver, &err));
    w.fields->plasma_clamped = true;
    const int cell = xt_model_find_phase(w.model, "cell");
    const size_t bytes = w.fields->cells * sizeof(float);
    float *phase = world_plane(&w, w.fields->phase, cell);
    for (size_t i = 0; i < w.fields->cells; i += 2) phase[i] *= 0.5f;
    OK(xt_buffer_write(device, w.fields->phase, (size_t)cell * bytes, bytes, phase, &err));
    free(phase);
    xt_step *step;
    const xt_step_shape shape = {0, 4, 0, 2, 3, 0, 0, 2, XT_PICK_MIXED};
    OK(xt_step_create(&step, w.fields, w.scalar, &shape, &err));
    assert_true(xt_step_picked_share(step) > 0 && xt_step_plain_share(step) > 0);
    xt_step_free(step);
    check(&w);
}

static void default_model(xt_device *device) {
    xt_error err = {XT_OK, ""};
    world w = make(device, "scenes/models/crosstalk4.yaml", NULL);
    OK(xt_solver_reference(w.solver, &err));
    check(&w);
}

static void invented_model(xt_device *device) {
    world w = make(device, "tests/model/invented.yaml", NULL);
    check(&w);
}

static void walled_model(xt_device *device) {
    xt_walls walls;
    for (int k = 0; k < 6; k++)
        for (int s = 0; s < XT_MAX_SPECIES; s++) walls.value[k][s] = k % 2 ? NAN : 10.0f * (float)(k + 1);
    const xt_walls *given = &walls;
    world w = make(device, "tests/physics/plain.yaml", given);
    check(&w);
}

static void random_labels_agree_with_the_host(void **state) {
    (void)state;
    on_every_device(random_labels);
}

static void a_tuning_run_is_kept(void **state) {
    (void)state;
    on_every_device(tuned);
}

static void the_default_model_agrees_with_the_host(void **state) {
    (void)state;
    on_every_device(default_model);
}

static void a_model_with_reactions_agrees_with_the_host(void **state) {
    (void)state;
    on_every_device(invented_model);
}

static void secretion_that_varies_in_plain_blocks_agrees_with_the_host(void **state) {
    (void)state;
    on_every_device(uneven_secretion);
}

static void fixed_walls_agree_with_the_host(void **state) {
    (void)state;
    on_every_device(walled_model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_model_agrees_with_the_host),
        cmocka_unit_test(a_model_with_reactions_agrees_with_the_host),
        cmocka_unit_test(random_labels_agree_with_the_host),
        cmocka_unit_test(secretion_that_varies_in_plain_blocks_agrees_with_the_host),
        cmocka_unit_test(fixed_walls_agree_with_the_host),
        cmocka_unit_test(a_tuning_run_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
