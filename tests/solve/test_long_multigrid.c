/* Iterations at contrasts of 1:1000 on large grids: a leg and random shells from 64^3 to 256^3, and the real
 * thigh of CROSSTALK_DATA, in cubes and in its own flat voxels. */
#include "mesh/geometry.h"
#include "solve/contrast.h"

static int on_a_grid(xt_device *device, const char *body, world_place place, int n, int most) {
    const contrast_grid grid = {{n, n, n}, 2.0 / 64};
    const xt_override loss = {.name = "loss", .value = "0.001 1/h"};
    const world_def def = {.model = "tests/solve/contrast.yaml",
                           .dims = {n, n, n},
                           .spacing = {64.0 / n, 64.0 / n, 64.0 / n},
                           .place = place,
                           .context = &grid,
                           .overrides = &loss,
                           .override_count = place == contrast_shells};
    char name[64];
    world w;
    snprintf(name, sizeof name, "%s, %d^3", body, n);
    world_make(&w, device, &def);
    const int iterations = contrast_solve(&w, name, most).iterations;
    world_free(&w);
    return iterations;
}

static void growth_on_device(xt_device *device) {
    const int leg = on_a_grid(device, "leg", contrast_leg, 64, 30),
              fine_leg = on_a_grid(device, "leg", contrast_leg, 256, 30);
    assert_true(fine_leg <= 1.25 * leg);
    const int shells = on_a_grid(device, "shells", contrast_shells, 64, 45),
              fine_shells = on_a_grid(device, "shells", contrast_shells, 256, 45);
    assert_true(fine_shells <= 1.5 * shells); /* walls of two cells at 64^3, of eight at 256^3 */
}

static void iterations_hardly_grow_from_64_to_256(void **state) {
    (void)state;
    on_every_device(growth_on_device);
}

/* The real thigh: bone and skin tight, muscle open, fat between. */
static void thigh_on_device(xt_device *device) {
    static const char *const volumes[] = {"AM_right_thigh_below_crotch_tissue9_iso1mm.nii.gz",
                                          "AM_right_thigh_below_crotch_tissue9.nii.gz"};
    static const xt_label_entry labels[] = {
        {0, "outside"}, {1, "tight"}, {2, "middle"}, {3, "core"},   {4, "open"},
        {5, "rim"},     {6, "tight"}, {7, "middle"}, {8, "middle"},
    };
    xt_error err = {XT_OK, ""};
    for (size_t k = 0; k < sizeof volumes / sizeof *volumes; k++) {
        char file[4096];
        int dims[3];
        snprintf(file, sizeof file, "%s/volumes/%s", getenv("CROSSTALK_DATA"), volumes[k]);
        xt_label_entry map[sizeof labels / sizeof *labels];
        memcpy(map, labels, sizeof map);
        xt_geometry geometry = {.kind = XT_GEOMETRY_LABELS,
                                .file = file,
                                .label = map,
                                .label_count = (int)(sizeof map / sizeof *map)};
        world w = {.device = device};
        OK(xt_model_load(&w.model, "tests/solve/contrast.yaml", NULL, 0, &err));
        OK(xt_geometry_resolve(&geometry, dims, &err));
        OK(xt_geometry_build(&w.mesh, &geometry, (const char *const *)w.model->tissue_name,
                             w.model->tissue_count, &err));
        OK(xt_fields_create(&w.fields, w.model, w.mesh, device, NULL, &err));
        OK(xt_fields_classify(w.fields, &err));
        OK(xt_solver_create(&w.solver, w.fields, NULL, &err));
        contrast_solve(&w, volumes[k], 30);
        world_free(&w);
    }
}

static void the_real_thigh_takes_at_most_30(void **state) {
    (void)state;
    if (!getenv("CROSSTALK_DATA")) {
        print_message("skipped: CROSSTALK_DATA is not set\n");
        skip();
    }
    on_every_device(thigh_on_device);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(iterations_hardly_grow_from_64_to_256),
        cmocka_unit_test(the_real_thigh_takes_at_most_30),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
