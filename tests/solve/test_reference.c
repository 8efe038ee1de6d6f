/* The device against the host in double precision: steady fields, and a hundred acute steps. */
#include "solve/world.h"
#include "solve/reference.h"

static const unsigned seed = 20;

/* Largest difference of a species relative to the value, or to a thousandth of the largest. */
static double difference(const world *w, const xt_reference *host, cl_mem buffer, int species) {
    float *plane = world_plane(w, buffer, species);
    const double *field = host->field + (size_t)species * host->cells;
    double largest = 0, worst = 0;
    for (size_t i = 0; i < host->cells; i++) largest = fmax(largest, fabs(field[i]));
    for (size_t i = 0; i < host->cells; i++)
        worst = fmax(worst, fabs(plane[i] - field[i]) / (fabs(field[i]) + 1e-3 * largest));
    free(plane);
    assert_true(largest > 0);
    return worst;
}

static world make(xt_device *device, const char *model) {
    xt_solver_def exact = xt_solver_def_default();
    exact.tolerance = 1e-9; /* as far as rounding goes */
    exact.method = XT_EULER;
    exact.max_step = 0.1;
    const world_def def = {.model = model,
                           .dims = {37, 11, 9},
                           .spacing = {0.4, 0.5, 0.6},
                           .place = world_clumps,
                           .context = &seed,
                           .def = &exact};
    world w;
    world_make(&w, device, &def);
    return w;
}

static void compare_steady(world *w) {
    xt_error err = {XT_OK, ""};
    OK(xt_solver_steady(w->solver, w->scalar, true, &err));
    const int species = w->model->species_count;
    for (int peak = 0; peak < 2; peak++) {
        xt_reference *host;
        OK(xt_reference_create(&host, w->solver, &err));
        memset(host->field, 0, host->cells * (size_t)species * sizeof *host->field);
        OK(xt_reference_steady(host, w->scalar, peak, &err));
        for (int s = 0; s < species; s++) {
            const double plasma = peak ? w->fields->plasma_peak[s] : w->fields->plasma[s];
            const double worst = difference(w, host, peak ? w->fields->peak : w->fields->rest, s);
            if (worst > 1e-5 || fabs(plasma - host->plasma[s]) > 2e-6 * host->plasma[s])
                fail_msg("%s, %s: field off by %.2e, plasma %.9g against %.9g", w->model->species[s].name,
                         peak ? "peak" : "rest", worst, plasma, host->plasma[s]);
        }
        xt_reference_free(host);
    }
}

/* A step of known size, then about a hundred. */
static void compare_acute(world *w) {
    xt_error err = {XT_OK, ""};
    const int species = w->model->species_count;
    const double first = 1e-3;
    xt_reference *host;
    OK(xt_reference_create(&host, w->solver, &err));
    double time = 0;
    OK(xt_solver_advance(w->solver, &time, first, world_drivers, w, NULL, &err));
    const double until = first + 99 * 0.9 * fmin(0.1, 0.4 / w->fields->max_rate);
    OK(xt_solver_advance(w->solver, &time, until, world_drivers, w, NULL, &err));
    assert_true(time == until);
    const xt_solver_report *report = xt_solver_get_report(w->solver);
    const int steps = (int)report->steps;
    assert_in_range(steps, 80, 120);
    double *scalar = malloc((size_t)w->model->scalar_count * sizeof *scalar);
    assert_non_null(scalar);
    world_drivers(scalar, 0.5 * first, w);
    OK(xt_reference_step(host, scalar, first, &err));
    for (int k = 0; k < steps - 1; k++) {
        world_drivers(scalar, first + (k + 0.5) * report->step_h, w);
        OK(xt_reference_step(host, scalar, report->step_h, &err));
    }
    for (int s = 0; s < species; s++) {
        const double worst = difference(w, host, w->fields->rest, s), plasma = w->fields->plasma[s];
        print_message("%s after %d acute steps: %.1e from the host\n", w->model->species[s].name, steps,
                      worst);
        if (worst > 1e-5 || fabs(plasma - host->plasma[s]) > 1e-6 * host->plasma[s])
            fail_msg("%s after %d steps: field off by %.2e, plasma %.9g against %.9g",
                     w->model->species[s].name, steps, worst, plasma, host->plasma[s]);
        for (int o = 0; o < w->fields->organ_count; o++) {
            const double level = host->organ[o * XT_MAX_SPECIES + s];
            assert_true(fabs(w->fields->organ[o].rest[s] - level) <= 1e-6 * level);
        }
        if (report->balance[s].mesh_defect > 1e-6 || report->balance[s].plasma_defect > 1e-6)
            fail_msg("%s: balance off by %.2e in the mesh, %.2e in the plasma", w->model->species[s].name,
                     report->balance[s].mesh_defect, report->balance[s].plasma_defect);
    }
    free(scalar);
    xt_reference_free(host);
}

static void default_model(xt_device *device) {
    xt_error err = {XT_OK, ""};
    world w = make(device, "scenes/models/crosstalk4.yaml");
    OK(xt_solver_reference(w.solver, &err));
    w.scalar[w.model->age] = 60 * 365.25 * 24;
    world_set(&w, "inflammation", 2);
    world_set(&w, "bout_start", 0);
    compare_steady(&w);
    compare_acute(&w);
    world_free(&w);
}

/* Feed, prey and hunter have no steady state to begin with: start from levels that vary in space. */
static void invented_model(xt_device *device) {
    xt_error err = {XT_OK, ""};
    world w = make(device, "tests/model/invented.yaml");
    world_set(&w, "season", 1.5);
    float *plane = calloc(w.fields->cells, sizeof *plane);
    unsigned *word = malloc(w.fields->cells * sizeof *word);
    assert_non_null(plane);
    assert_non_null(word);
    OK(xt_buffer_read(device, w.fields->word, 0, w.fields->cells * sizeof *word, word, &err));
    for (int s = 0; s < w.model->species_count; s++) {
        w.fields->plasma[s] = w.model->species[s].plasma_baseline;
        for (size_t i = 0; i < w.fields->cells; i++) {
            int at[3];
            xt_mesh_position(w.mesh, i, at);
            plane[i] = word[i] & 255u
                           ? (float)(w.fields->plasma[s] * (1 + 0.5 * sin(0.3 * at[0] + 0.7 * at[1] + s)))
                           : 0;
        }
        OK(xt_buffer_write(device, w.fields->rest, (size_t)s * w.fields->cells * sizeof *plane,
                           w.fields->cells * sizeof *plane, plane, &err));
    }
    free(plane);
    free(word);
    compare_acute(&w);
    world_free(&w);
}

/* A rate law that saturates, with feedback between two species. */
static void rate_law(xt_device *device) {
    xt_error err = {XT_OK, ""};
    world w = make(device, "tests/solve/rate_law.yaml");
    OK(xt_solver_reference(w.solver, &err));
    assert_true(w.fields->plasma[0] == 200);
    assert_true(w.fields->plasma[1] > 1);
    const double metabolite = w.fields->plasma[1];
    OK(xt_solver_steady(w.solver, w.scalar, true,
                        &err)); /* the reference is a steady state of all species together */
    assert_true(fabs(w.fields->plasma[0] - 200) < 1e-4 && fabs(w.fields->plasma[1] / metabolite - 1) < 1e-5);
    world_set(&w, "drive", 3);
    compare_steady(&w);
    compare_acute(&w);
    world_free(&w);
}

static void a_rate_law_of_its_own_agrees_with_the_host(void **state) {
    (void)state;
    on_every_device(rate_law);
}

static void the_default_model_agrees_with_the_host(void **state) {
    (void)state;
    on_every_device(default_model);
}

static void a_model_with_reactions_agrees_with_the_host(void **state) {
    (void)state;
    on_every_device(invented_model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_model_agrees_with_the_host),
        cmocka_unit_test(a_rate_law_of_its_own_agrees_with_the_host),
        cmocka_unit_test(a_model_with_reactions_agrees_with_the_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
