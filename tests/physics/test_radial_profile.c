/* The concentric thigh against the radial profile of MODEL.md §8.3: bone, periosteum, muscle, fascia and fat
 * in a slice of 0.1 mm voxels, the plasma held at its baseline.
 *
 * That table comes from a one-dimensional solution in cells of 0.05 mm; a value stands at the middle of the
 * cell that its radius falls into, which matters where a field falls tenfold in 0.3 mm. Its secretion follows
 * from five compartments with marrow as the fourth, while the default model lets trabecular tissue stand for
 * marrow: the scales make up for it. */
#include "mesh/geometry.h"
#include "solve/world.h"

enum { RADII = 16, FIELDS = 4 };
static const double radius[RADII] = {5,    6.6,  7.2, 10, 12.6, 12.9, 13.1, 13.3,
                                     13.8, 15.0, 40,  66, 66.9, 67.5, 68.5, 70};
static const struct {
    const char *species;
    double level[RADII];
} table[FIELDS] = {
    {"osteokine", {927, 2115, 3437, 3446, 3416, 3015, 1457, 848, 658, 610, 609, 602, 488, 323, 545, 577}},
    {"myokine", {184, 134, 50.2, 47.5, 91.2, 316, 805, 1050, 1364, 1527, 1542, 1423, 828, 197, 290, 335}},
    {"adipokine",
     {1.19, .625, .0075, .0026, .0069, .058, .245, .382, .548, .600, .602, .579, .330, .163, 2.94, 3.33}},
    {"vesicle",
     {32.4, 62.7, 62.7, 62.7, 62.7, 62.7, 61.9, 28.8, 30.5, 30.5, 30.5, 30.5, 29.2, 3e-5, 40.1, 40.1}},
};

/* Is a vesicle field, whose decay length is a third of a voxel, resolved at this radius: nothing changes
 * nearby? */
static bool resolved(int field, double r) {
    const double away[] = {6.5, 13.15, 13.25, 67, 68};
    if (field != 3) return true;
    for (size_t k = 0; k < sizeof away / sizeof *away; k++)
        if (fabs(r - away[k]) < 0.5) return false;
    return r < 67 || r > 68;
}

static int tissue_at(const xt_model *model, double r) {
    const char *name = r < 6.5     ? "marrow"
                       : r < 13.15 ? "cortex"
                       : r < 13.25 ? "periosteum"
                       : r < 67    ? "muscle"
                       : r < 68    ? "fascia"
                                   : "fat";
    return xt_model_find_tissue(model, name);
}

/* Total secretion of five compartments that keeps the plasma at its baseline, against what the model
 * computed. */
static double scale_of(const xt_model *model, int species) {
    static const char *const tissue[] = {"muscle", "cortex", "marrow", "fat", "visceral"};
    const xt_species *s = &model->species[species];
    double arrives = 0, removed = s->plasma_elimination * model->plasma_volume, ratio = 0;
    for (int k = 0; k < 5; k++) {
        const int t = xt_model_find_tissue(model, tissue[k]), c = model->tissue[t].compartment;
        xt_transport x;
        xt_model_transport(&x, model, species, t, model->tissue[t].composition);
        const double escape = x.exchange / (x.fluid * x.loss + x.exchange);
        arrives += s->share[c] * escape;
        removed += model->compartment[c].volume * x.exchange * x.partition * (1 - escape);
    }
    for (int c = 0; c < model->compartment_count; c++)
        if (s->share[c] > 0)
            ratio = removed * s->plasma_baseline / arrives * s->share[c] / model->compartment[c].volume /
                    xt_model_baseline_secretion(model, species, c);
    return ratio;
}

/* Level at radius r: a straight line through the logarithms of the cells of the same tissue within 1.5
 * voxels. */
static double level_at(const world *w, const float *plane, double r, double h) {
    double n = 0, x1 = 0, x2 = 0, y1 = 0, xy = 0;
    const int home = tissue_at(w->model, r), reach = (int)ceil((r + 0.2) / h);
    for (int y = 0; y < reach; y++)
        for (int x = 0; x < reach; x++) {
            const double at = hypot((x + 0.5) * h, (y + 0.5) * h) - r;
            if (fabs(at) > 0.75 * h) continue;
            const int64_t cell = xt_mesh_cell(w->mesh, x, y, 0);
            if (cell < 0 || w->mesh->material[cell].tissue != home || w->mesh->material[cell].share > 16384)
                continue;
            const double value = log(plane[cell]);
            n += 1, x1 += at, x2 += at * at, y1 += value, xy += at * value;
        }
    assert_true(n > 10);
    return exp((y1 * x2 - x1 * xy) / (n * x2 - x1 * x1));
}

/* Radii from `first` on, below `end`, in a quarter `size` mm wide (0: all of it). Returns how many are off.
 */
static int check(xt_device *device, double h, double size, int first, int end) {
    xt_error err = {XT_OK, ""};
    int dims[3], failures = 0;
    xt_geometry whole = {.kind = XT_GEOMETRY_THIGH, .spacing = {h, h, h}};
    OK(xt_geometry_resolve(&whole, dims, &err));
    const double middle = 0.5 * dims[0] * h;
    const double wide = size > 0 ? size : middle;
    xt_geometry quarter = {.kind = XT_GEOMETRY_THIGH,
                           .spacing = {h, h, h},
                           .has_window = true,
                           .window_origin = {middle, middle, 0},
                           .window_size = {wide, wide, h}};
    world w = {.device = device};
    OK(xt_geometry_resolve(&quarter, dims, &err));
    OK(xt_model_load(&w.model, "scenes/models/crosstalk4.yaml", NULL, 0, &err));
    OK(xt_geometry_build(&w.mesh, &quarter, w.model->tissue_name, w.model->tissue_count, &err));
    OK(xt_fields_create(&w.fields, w.model, w.mesh, device, NULL, &err));
    OK(xt_fields_classify(w.fields, &err));
    OK(xt_solver_create(&w.solver, w.fields, NULL, &err));
    w.scalar = calloc((size_t)w.model->scalar_count, sizeof *w.scalar);
    assert_non_null(w.scalar);
    world_scalars(&w); /* 25 years: every modulator is 1 */
    w.fields->plasma_clamped = true;
    for (int s = 0; s < w.model->species_count; s++) {
        w.fields->plasma[s] = w.model->species[s].plasma_baseline;
        w.fields->secretion_scale[s] = scale_of(w.model, s);
    }
    OK(xt_solver_steady(w.solver, w.scalar, false, &err));
    for (int f = 0; f < FIELDS; f++) {
        float *plane = world_plane(&w, w.fields->rest, xt_model_find_species(w.model, table[f].species));
        double worst = 0;
        for (int k = first; k < end; k++) {
            const double r = (floor(radius[k] / 0.05) + 0.5) * 0.05;
            if (!resolved(f, r)) continue;
            const double found = level_at(&w, plane, r, h), off = found / table[f].level[k] - 1;
            worst = fmax(worst, fabs(off));
            if (fabs(off) > 0.03) {
                print_error("%s at %g mm: %.4g, table %.4g (%+.1f %%)\n", table[f].species, radius[k], found,
                            table[f].level[k], 100 * off);
                failures++;
            }
        }
        print_message("%s, %g to %g mm: at most %.1f %% from the table\n", table[f].species, radius[first],
                      radius[end - 1], 100 * worst);
        free(plane);
    }
    world_free(&w);
    return failures;
}

static void on_device(xt_device *device) {
    const int around_the_bone = 10;
    assert_int_equal(check(device, 0.05, 16, 0, around_the_bone), 0);
    assert_int_equal(check(device, 0.1, 0, around_the_bone, RADII), 0);
}

static void the_radial_profile_is_that_of_the_model(void **state) {
    (void)state;
    on_every_device(on_device);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_radial_profile_is_that_of_the_model)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
