/* Levels are consistent on grids of any shape; the cycle makes few iterations on bodies that are hard for it,
 * and the field is that of the host in double precision. */
#include "solve/contrast.h"
#include "solve/multigrid.h"
#include "solve/reference.h"

/* ---- levels ---- */

static void levels_fit_together(void **state) {
    (void)state;
    xt_error err = {XT_OK, ""};
    const contrast_grid grid = {{71, 23, 9}, 0.03};
    const world_def def = {.model = "tests/solve/contrast.yaml",
                           .dims = {71, 23, 9},
                           .spacing = {1, 1, 1},
                           .place = contrast_apart,
                           .context = &grid};
    xt_model *model;
    xt_mesh *mesh;
    OK(xt_model_load(&model, def.model, NULL, 0, &err));
    world_filler filler = {&def, model};
    OK(xt_mesh_from_slices(&mesh, def.dims, def.spacing, (double[3]){0}, model->tissue_name,
                           model->tissue_count, false, world_slice, &filler, &err));
    const xt_block *fine = mesh->block;
    size_t blocks = mesh->blocks;
    xt_coarse levels[8];
    int count = 0;
    for (bool doubled[3] = {true, true, false}; blocks > 2; count++) {
        doubled[0] = count != 1; /* each of the ways */
        doubled[2] = count > 0;
        xt_coarse *coarse = &levels[count];
        OK(xt_coarse_make(coarse, fine, blocks, doubled, &err));
        assert_true(coarse->blocks < blocks);
        size_t children = 0;
        for (size_t b = 1; b < coarse->blocks; b++) {
            for (int k = 0; k < 8; k++) {
                const int32_t child = coarse->child[8 * b + (size_t)k];
                if (!child) continue;
                children++;
                assert_int_equal(coarse->parent[child] / XT_BLOCK, b);
                assert_int_equal(fine[child].y >> doubled[1], coarse->block[b].y);
                assert_int_equal(fine[child].z >> doubled[2], coarse->block[b].z);
            }
            for (int face = 0; face < 6; face++) {
                const int32_t n = coarse->block[b].neighbour[face];
                if (n) assert_int_equal(coarse->block[n].neighbour[face ^ 1], b);
            }
        }
        assert_int_equal(children, blocks - 1); /* each has one parent */
        for (size_t i = 1; i < blocks; i++)     /* who touches still touches, or is together */
            for (int face = 0; face < 6; face++) {
                const int32_t n = fine[i].neighbour[face];
                const int32_t mine = coarse->parent[i] / XT_BLOCK, its = coarse->parent[n] / XT_BLOCK;
                assert_true(!n || its == mine || coarse->block[mine].neighbour[face] == its);
            }
        fine = coarse->block;
        blocks = coarse->blocks;
    }
    for (int k = 0; k < count; k++) xt_coarse_free(&levels[k]);
    xt_mesh_free(mesh);
    xt_model_free(model);
}

/* Two rows of a block: faces 1 between neighbours, loss 0.5, one cell empty. */
static void the_dense_inverse_is_one(void **state) {
    (void)state;
    enum { N = 3 * XT_BLOCK, ONE = 0x3f80, HALF = 0x3f00 };
    xt_error err = {XT_OK, ""};
    xt_block block[3] = {
        {{0}, 0, 0, 0, 0}, {{0, 0, 0, 2, 0, 0}, 0, 0, 0, 0}, {{0, 0, 1, 0, 0, 0}, 0, 1, 0, 0}};
    uint16_t record[3][5][XT_BLOCK];
    memset(record, 0, sizeof record);
    for (int b = 1; b < 3; b++)
        for (int lane = 0; lane < XT_BLOCK; lane++) {
            if (b == 2 && lane == 7) continue;
            record[b][0][lane] = lane > 0 && !(b == 2 && lane == 8) ? ONE : 0;
            record[b][1][lane] = b == 2 ? ONE : 0;
            record[b][3][lane] = HALF;
            record[b][4][lane] = ONE; /* only whether it is positive counts */
        }
    static float inverse[N][N];
    OK(xt_dense_inverse(&inverse[0][0], block, 3, &record[0][0][0], &err));
    double a[N][N] = {{0}};
    for (int b = 1; b < 3; b++)
        for (int lane = 0; lane < XT_BLOCK; lane++) {
            const int i = b * XT_BLOCK + lane, other[2] = {i - 1, i - XT_BLOCK};
            if (record[b][3][lane]) a[i][i] += 0.5;
            for (int k = 0; k < 2; k++)
                if (record[b][k][lane])
                    a[i][i]++, a[other[k]][other[k]]++, a[i][other[k]]--, a[other[k]][i]--;
        }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            double sum = 0;
            for (int k = 0; k < N; k++) sum += a[i][k] * inverse[k][j];
            assert_true(fabs(sum - (i == j && a[i][i] > 0)) < 1e-5);
        }
}

/* ---- iterations ---- */

typedef struct {
    const char *name;
    world_place place;
    contrast_grid grid;
    double spacing[3];
    int most;
} hard;

static const hard bodies[] = {
    {"leg", contrast_leg, {{32, 32, 32}, 0.03}, {1, 1, 1}, 24},
    {"leg filling the box", contrast_full_leg, {{32, 32, 32}, 0.03}, {1, 1, 1}, 24},
    {"shells", contrast_shells, {{32, 32, 32}, 0.03}, {1, 1, 1}, 34},
    {"thin cortex", contrast_cortex, {{32, 32, 32}, 0.032}, {1, 1, 1}, 24},
    {"flat voxels", contrast_leg, {{32, 32, 16}, 0.03}, {1, 1, 4}, 24},
    {"voxels of three sizes", contrast_leg, {{30, 22, 13}, 0.03}, {1, 1.9, 5}, 30},
    {"odd sizes", contrast_leg, {{17, 31, 23}, 0.03}, {1, 1, 1}, 24},
    {"two bodies, holes", contrast_apart, {{40, 21, 15}, 0.03}, {1, 1, 1}, 24},
    {"a rod", contrast_leg, {{5, 7, 61}, 0.03}, {1, 1, 1}, 24},
    {"a sheet", contrast_leg, {{45, 50, 1}, 0.03}, {1, 1, 0.2}, 24},
};

static void compare_with_host(world *w, const char *name) {
    xt_error err = {XT_OK, ""};
    xt_reference *host;
    OK(xt_reference_create(&host, w->solver, &err));
    memset(host->field, 0, host->cells * sizeof *host->field);
    OK(xt_reference_steady(host, w->scalar, false, &err));
    float *field = world_plane(w, w->fields->rest, 0);
    double most = 0, off = 0;
    for (size_t i = 0; i < host->cells; i++) {
        most = fmax(most, fabs(host->field[i]));
        off = fmax(off, fabs(field[i] - host->field[i]));
    }
    if (!(off <= 1e-4 * most)) fail_msg("%s: off by %.1e of the largest level", name, off / most);
    free(field);
    xt_reference_free(host);
}

static void bodies_on_device(xt_device *device) {
    for (size_t k = 0; k < sizeof bodies / sizeof *bodies; k++) {
        const hard *b = &bodies[k];
        world_def def = {.model = "tests/solve/contrast.yaml", .place = b->place, .context = &b->grid};
        memcpy(def.dims, b->grid.dims, sizeof def.dims);
        memcpy(def.spacing, b->spacing, sizeof def.spacing);
        world w;
        world_make(&w, device, &def);
        contrast_solve(&w, b->name, b->most);
        compare_with_host(&w, b->name);
        world_free(&w);
    }
}

static void hard_bodies_take_few_iterations(void **state) {
    (void)state;
    on_every_device(bodies_on_device);
}

static int on_a_grid(xt_device *device, world_place place, int n) {
    const contrast_grid grid = {{n, n, n}, 2.0 / 64};
    const world_def def = {.model = "tests/solve/contrast.yaml",
                           .dims = {n, n, n},
                           .spacing = {64.0 / n, 64.0 / n, 64.0 / n},
                           .place = place,
                           .context = &grid};
    char name[32];
    world w;
    snprintf(name, sizeof name, "%d^3", n);
    world_make(&w, device, &def);
    const int iterations = contrast_solve(&w, name, 45).iterations;
    world_free(&w);
    return iterations;
}

static void growth_on_device(xt_device *device) {
    const int coarse = on_a_grid(device, contrast_leg, 32), fine = on_a_grid(device, contrast_leg, 64);
    assert_true(fine <= 1.25 * coarse);
}

static void iterations_hardly_grow_with_the_grid(void **state) {
    (void)state;
    on_every_device(growth_on_device);
}

/* Losses that outweigh the exchange with neighbours: no coarser level, few iterations. */
static void shallow_on_device(xt_device *device) {
    xt_error err = {XT_OK, ""};
    const contrast_grid grid = {{33, 20, 10}, 0.03};
    const xt_override loss = {.name = "loss", .value = "20 1/h"};
    const world_def def = {.model = "tests/solve/contrast.yaml",
                           .dims = {33, 20, 10},
                           .spacing = {1, 1, 1},
                           .place = contrast_leg,
                           .context = &grid,
                           .overrides = &loss,
                           .override_count = 1};
    world w;
    world_make(&w, device, &def);
    const xt_elliptic_result result = contrast_solve(&w, "strong loss", 5);
    assert_int_equal(xt_solver_get_report(w.solver)->levels, 1);
    compare_with_host(&w, "strong loss");
    xt_elliptic_result again; /* the same bits each time */
    float *first = world_plane(&w, w.fields->rest, 0);
    OK(xt_solver_elliptic(&again, w.solver, 0, 1e-6, &err));
    float *second = world_plane(&w, w.fields->rest, 0);
    assert_true(again.residual == result.residual);
    assert_memory_equal(first, second, w.fields->cells * sizeof *first);
    free(first);
    free(second);
    world_free(&w);
}

static void strong_losses_need_one_level(void **state) {
    (void)state;
    on_every_device(shallow_on_device);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_fit_together),
        cmocka_unit_test(the_dense_inverse_is_one),
        cmocka_unit_test(hard_bodies_take_few_iterations),
        cmocka_unit_test(iterations_hardly_grow_with_the_grid),
        cmocka_unit_test(strong_losses_need_one_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
