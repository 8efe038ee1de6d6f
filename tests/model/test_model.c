/* Model files as wholes: what the default model holds, and what broken ones are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include "base/json.h"
#include "model/variant.h"

static xt_model *load(const char *path) {
    xt_model *model;
    xt_error err = {XT_OK, ""};
    if (xt_model_load(&model, path, NULL, 0, &err) != XT_OK) fail_msg("%s", err.text);
    return model;
}

static void the_default_model_loads(void **state) {
    (void)state;
    xt_model *m = load(DEFAULT_MODEL);
    assert_string_equal(m->name, "crosstalk4");
    assert_int_equal(m->species_count, 4);
    assert_int_equal(m->tissue_count, 12);
    assert_int_equal(m->phase_count, 5);
    assert_int_equal(m->state_count, 8);
    assert_int_equal(m->compartment_count, 5);
    assert_int_equal(m->membrane_count, 2);
    assert_int_equal(m->slack, xt_model_find_phase(m, "connective"));
    assert_int_equal(m->transport_phases, 1u << xt_model_find_phase(m, "bone"));
    assert_true(fabs(m->plasma_volume - 3e6) < 1e-6);
    assert_true(fabs(m->dwell - 720) < 1e-9);
    /* units are converted: 25 d, 226.5 um^2/s in a fluid of tortuosity 0.4 and pores of 8 nm */
    assert_true(fabs(m->scalar[xt_model_find_scalar(m, "resorption_time")].initial - 600) < 1e-9);
    xt_transport t;
    int muscle = xt_model_find_tissue(m, "muscle"), osteokine = xt_model_find_species(m, "osteokine");
    xt_model_transport(&t, m, osteokine, muscle, m->tissue[muscle].composition);
    assert_true(fabs(t.diffusivity - 226.5 * 3.6e-3 * 0.4 * exp(-1.45 / 8)) < 1e-12);
    assert_true(fabs(t.exchange - 0.281) < 1e-12 && fabs(t.fluid - 0.12) < 1e-12);
    /* deep fascia: 30 % fluid, 1 mm, pores of 6 nm */
    assert_true(fabs(m->membrane[1].permeability[osteokine] - 0.3 * 226.5 * 3.6e-3 * 0.15 * exp(-1.45 / 6)) <
                1e-12);
    /* the same mean in a driver and in readouts is one scalar */
    int means = 0;
    for (int i = 0; i < m->scalar_count; i++) means += m->scalar[i].kind == XT_SCALAR_MEAN;
    assert_int_equal(means, 12);
    for (int i = 0; i < m->quantity_count; i++) {
        if (strcmp(m->quantity[i].name, "disuse") == 0) assert_true(m->quantity[i].needs_peak);
        if (strcmp(m->quantity[i].name, "formation_mechanical") == 0) assert_true(m->quantity[i].needs_peak);
        if (strcmp(m->quantity[i].name, "stimulus") == 0) assert_false(m->quantity[i].needs_peak);
    }
    for (int i = 0; i < m->state_count; i++) {
        if (strcmp(m->state[i].name, "resorption") == 0) assert_true(m->state[i].initial_constant);
        if (strcmp(m->state[i].name, "setpoint") == 0) assert_false(m->state[i].initial_constant);
        if (strcmp(m->state[i].name, "myofibre") == 0) assert_int_equal(m->state[i].tissues, 1u << muscle);
    }
    xt_model_free(m);
}

/* In a healthy adult of 25 years nothing drives anything: every driver is at its reference. */
static void the_young_reference_is_neutral(void **state) {
    (void)state;
    static const struct {
        const char *name;
        double value;
    } wanted[] = {{"years", 25},       {"testosterone", 1},    {"habit", 1},       {"exercise", 0},
                  {"loading", 1},      {"activity", 1},        {"senescent", 0.1}, {"quality", 1},
                  {"inflammatory", 1}, {"visceral_fat", 1},    {"pulse_age", 1},   {"young_cargo", 1},
                  {"force", 1},        {"adipogenic_ratio", 1}};
    xt_model *m = load(DEFAULT_MODEL);
    double scalar[256];
    assert_in_range(m->scalar_count, 1, 256);
    xt_model_initial_scalars(m, scalar);
    scalar[m->age] = 25 * 8766;
    for (int i = 0; i < m->scalar_count; i++) {
        const xt_scalar *s = &m->scalar[i];
        if (s->kind != XT_SCALAR_MEAN) continue;
        double all[XT_MAX_STATES];
        for (int k = 0; k < m->state_count; k++)
            all[k] =
                m->state[k].initial_constant ? xt_expr_value(m, m->state[k].initial, &(xt_values){0}) : 1;
        xt_values values = {.scalar = scalar,
                            .state = all,
                            .phase = m->tissue[s->tissue].composition,
                            .phase0 = m->tissue[s->tissue].composition};
        scalar[i] = xt_expr_value(m, s->mean, &values);
    }
    xt_model_drivers(m, scalar);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        double v = scalar[xt_model_find_scalar(m, wanted[i].name)];
        if (fabs(v - wanted[i].value) > 1e-9) fail_msg("%s is %.12g", wanted[i].name, v);
    }
    xt_model_free(m);
}

static void structure_is_checked(void **state) {
    (void)state;
    const char *d = DEFAULT_MODEL;
    refuse_variant(d, "format: 1", "format: 2", 0, "reads format 1");
    refuse_variant(d, "drivers:", "driverz:", 0, "did you mean 'drivers'");
    refuse_variant(d, "about: undercarboxylated osteocalcin", "abuot: undercarboxylated osteocalcin", 0,
                   "'abuot'");
    refuse_variant(d, "      loss: 0.35/1 h", "      los: 0.35/1 h", 0, "did you mean 'loss'");
    refuse_variant(d, "  dwell: 30 d", "  dwell: 30 mm", 0, "30 mm");
    refuse_variant(d, "plasma: {volume: 3.0 L}", "plasma: {volume: 3.0 L, volume: 2 L}", 0, "volume");
    refuse_variant(d, "colour: \"#f2e9d5\"", "colour: beige", 0, "a colour such as");
    refuse_variant(d, "{bone: 0.95, connective: 0.05}", "{bone: 0.95, connective: 0.15}", 0, "sums to 1.1");
    refuse_variant(d, "shares: {cortical_bone: 0.30, marrow: 0.70}",
                   "shares: {cortical_bone: 0.30, marrow: 0.60}", 0, "sum to 0.9");
    refuse_variant(d, "rate: \"(max(stimulus, 0.02) - setpoint)/setpoint_time\"",
                   "rate: (max(stimulus, 0.02) - setpoint)/setpoint_time", 0, "quote a formula");
    refuse_variant(d, "in: [muscle], rate", "in: [musle], rate", 0, "did you mean 'muscle'");
    refuse_variant(d, "freed_to: {haem: 1}", "freed_to: {ham: 1}", 0, "did you mean 'haem'");
    refuse_variant(d, "phase: fat\n    in: [muscle]", "phase: connective\n    in: [muscle]", 0,
                   "slack phase");
    refuse_variant(d, "limit: [0.005, 0.999]", "limit: [0.999, 0.005]", 0, "lower one first");
    refuse_variant(d, "between: [cortex, muscle]", "between: [cortex, cortex]", 0, "two different tissues");
    refuse_variant(d, "visceral: {default: 1, range: [0, 10]", "visceral: {default: 11, range: [0, 10]", 0,
                   "outside the range");
    refuse_variant(d, "{volume: 28.0 L, tissue: muscle}", "{volume: 28.0 L, tissue: marow}", 0,
                   "did you mean 'marrow'");
    refuse_variant(d, "fluid: 0.08,", "fluid: 1.08,", 0, "comes to 1.08");
    refuse_variant(d, "      exchange: 0.281/1 h*capillary", "      exchange: -0.281/1 h*capillary", 0,
                   "comes to -0.1405 1/h");
}

static void names_are_checked(void **state) {
    (void)state;
    const char *d = DEFAULT_MODEL;
    refuse_variant(d, "activity: 0.6 + 0.4*habit", "activity: 0.6 + 0.4*habbit", 0, "did you mean 'habit'");
    refuse_variant(d, "activity: 0.6 + 0.4*habit", "activity: 0.6 + 0.4*quality", 0,
                   "drivers see earlier ones only");
    refuse_variant(d, "activity: 0.6 + 0.4*habit", "activity: f_fat", 0, "its mean over a tissue can");
    refuse_variant(d, "activity: 0.6 + 0.4*habit", "activity: load", 0, "guard it with given(load)");
    refuse_variant(d, "activity: 0.6 + 0.4*habit", "activity: log(2)", 0, "write ln or log10");
    refuse_variant(d, "activity: 0.6 + 0.4*habit", "activity: clmp(1, 2, 3)", 0, "did you mean 'clamp'");
    refuse_variant(d, "activity: 0.6 + 0.4*habit", "activity: blend(1)", 0,
                   "blend() cannot be used in a driver");
    refuse_variant(d, "activity: 0.6 + 0.4*habit", "activity: mean(f_fat, musle)", 0,
                   "did you mean 'muscle'");
    refuse_variant(d, "activity: 0.6 + 0.4*habit", "habit: 0.6", 0, "habit");
    refuse_variant(d, "activity: 0.6 + 0.4*habit", "training: 0.6", 0, "is taken");
    refuse_variant(d, "activity: 0.6 + 0.4*habit", "f_fat: 0.6", 0, "is taken");
    refuse_variant(d, "activity: 0.6 + 0.4*habit", "age: 25 y", 0, "the engine's own");
    refuse_variant(d, "activity: 0.6 + 0.4*habit", "exp: 25", 0, "a function of every model");
    refuse_variant(d, "activity: 0.6 + 0.4*habit", "Activity: 25", 0, "lower-case");
    refuse_variant(d, "overload: tanh(strain_change/0.25)", "overload: tanh(disuse + formation_drive)", 0,
                   "quantities see earlier ones only");
    refuse_variant(d, "overload: tanh(strain_change/0.25)", "overload: tanh(c_myokine/1 pM)", 0,
                   "cannot be used in");
    refuse_variant(d, "overload: tanh(strain_change/0.25)", "overload: piecewise(load, load > 1, 1)", 0,
                   "only drivers may use it");
    refuse_variant(d, "overload: tanh(strain_change/0.25)", "overload: mean(f_fat, muscle)", 0,
                   "name a driver");
    refuse_variant(d, "initial: unit_stimulus", "initial: unit_stimulus*setpoint", 0,
                   "a state that has none yet");
    refuse_variant(d, "sigmoid(x): 1/(1 + exp(-x))", "sigmoid(x): 1/(1 + exp(-y))", 0, "unknown name 'y'");
    refuse_variant(d, "sigmoid(x): 1/(1 + exp(-x))", "sigmoid(x): hill(x, 1, 1)", 0,
                   "functions see earlier ones only");
    refuse_variant(d, "sigmoid(x): 1/(1 + exp(-x))", "sigmoid(x): coupling*x", 0, "pass it in");
    refuse_variant(d, "sigmoid(x): 1/(1 + exp(-x))", "sigmoid(x, x): x", 0, "twice");
    refuse_variant(d, "hindered(radius, tortuosity, pore)", "hindered(radius, tortuosity, poe)", 0,
                   "did you mean 'pore'");
    refuse_variant(d, "hindered(radius, tortuosity, pore)", "hindered(radius, tortuosity, pore)*habit", 0,
                   "cannot be used in transport");
    refuse_variant(
        d, "pore: 8 nm, vesicle: 0.03, capillary: 1}", "vesicle: 0.03, capillary: 1}", -1,
        "'pore', which this needs, is a property neither of species 'osteokine' nor of tissue 'muscle'");
}

/* Doubling functions that call each other would take forever to write out. */
static void explosive_functions_are_refused(void **state) {
    (void)state;
    xt_text text = {0};
    xt_text_add(&text, "twice(x): 2*x\n  g0(x): x + x\n");
    for (int i = 1; i < 40; i++) xt_text_printf(&text, "  g%d(x): g%d(x) + g%d(x)\n", i, i - 1, i - 1);
    refuse_variant(INVENTED_MODEL, "twice(x): 2*x\n", xt_text_get(&text), 16, "operations");
    xt_text_free(&text);
}

static void overrides_replace_parameters(void **state) {
    (void)state;
    static const xt_source source = {"scene.yaml", "x\n"};
    xt_model *m;
    xt_error err = {XT_OK, ""};
    xt_override o = {"formation_time", "100 d", &source, 1, 1};
    assert_int_equal(xt_model_load(&m, DEFAULT_MODEL, &o, 1, &err), XT_OK);
    assert_true(fabs(m->scalar[xt_model_find_scalar(m, "formation_time")].initial - 2400) < 1e-9);
    xt_model_free(m);
    o.value = "100 mm";
    assert_int_equal(xt_model_load(&m, DEFAULT_MODEL, &o, 1, &err), XT_USAGE);
    assert_null(m);
    assert_non_null(
        strstr(err.text, "scene.yaml:1:1: error: parameter 'formation_time' is in h, this is in mm"));
    err = (xt_error){XT_OK, ""};
    o.name = "formation_tim";
    assert_int_equal(xt_model_load(&m, DEFAULT_MODEL, &o, 1, &err), XT_USAGE);
    assert_non_null(strstr(err.text, "did you mean 'formation_time'"));
    err = (xt_error){XT_OK, ""};
    o.name = "habit"; /* a driver is no parameter */
    assert_int_equal(xt_model_load(&m, DEFAULT_MODEL, &o, 1, &err), XT_USAGE);
}

static void the_invented_model_loads(void **state) {
    (void)state;
    xt_model *m = load(INVENTED_MODEL);
    assert_int_equal(m->species_count, 3);
    assert_int_equal(m->phase_count, 2);
    assert_non_null(m->species[1].reaction);
    int quota = xt_model_find_scalar(m, "quota"), ration = xt_model_find_scalar(m, "ration");
    double scalar[64];
    assert_in_range(m->scalar_count, 1, 64);
    xt_model_initial_scalars(m, scalar);
    assert_true(isnan(scalar[quota]));
    xt_model_drivers(m, scalar);
    assert_true(scalar[ration] == 1);
    scalar[quota] = 0.25;
    xt_model_drivers(m, scalar);
    assert_true(scalar[ration] == 0.25);
    /* a state in pM, a tissue property that is a formula, a species-wide zero permeability */
    xt_unit pm;
    xt_error err = {XT_OK, ""};
    assert_int_equal(xt_unit_parse(&pm, "pM", &err), XT_OK);
    assert_true(xt_dim_equal(m->state[1].dim, pm.dim));
    xt_transport t;
    const double soft[] = {0.5, 0.5};
    xt_model_transport(&t, m, 0, 1, soft);
    assert_true(fabs(t.exchange - 0.5) < 1e-12 && fabs(t.fluid - 0.175) < 1e-12);
    assert_true(m->membrane[0].permeability[2] == 0 && m->membrane[0].permeability[0] > 0);
    assert_int_equal(m->transport_phases, 3);
    xt_model_free(m);
}

static void the_schema_is_json(void **state) {
    (void)state;
    xt_text text = {0};
    xt_error err = {XT_OK, ""};
    xt_json_tree *tree;
    xt_model_json_schema(&text);
    assert_int_equal(xt_json_parse(&tree, "schema", xt_text_get(&text), text.size, &err), XT_OK);
    const xt_json_value *tissues = xt_json_get(xt_json_get(xt_json_root(tree), "properties"), "tissues");
    const xt_json_value *one = xt_json_get(xt_json_get(tissues, "additionalProperties"), "properties");
    assert_non_null(xt_json_get(xt_json_get(one, "composition"), "additionalProperties"));
    xt_json_free(tree);
    xt_text_free(&text);
}

static void a_missing_file_is_an_input_error(void **state) {
    (void)state;
    xt_model *m;
    xt_error err = {XT_OK, ""};
    assert_int_equal(xt_model_load(&m, "tests/model/absent.yaml", NULL, 0, &err), XT_IO);
    assert_null(m);
}

/* Whatever a file says, it is read or refused with a place in it. */
static void mutated_models_never_crash(void **state) {
    (void)state;
    static const char *const paths[] = {INVENTED_MODEL, DEFAULT_MODEL};
    static const char *const pieces[] = {"{",
                                         "}",
                                         "[",
                                         "]",
                                         ":",
                                         ", ",
                                         "0",
                                         "-1",
                                         "~",
                                         "\"\"",
                                         " x: 1",
                                         "f_soft",
                                         "1 h",
                                         "(",
                                         ")",
                                         "\n",
                                         "species",
                                         "default",
                                         "a: b",
                                         "1e300",
                                         "age",
                                         "section",
                                         "mean(f_soft, pulp)"};
    enum { ROUNDS = 1200, PIECES = sizeof pieces / sizeof *pieces };
    unsigned long long random = 3;
    int loaded = 0;
    char name[] = "/tmp/crosstalk-mutant-XXXXXX";
    int file = mkstemp(name);
    assert_true(file >= 0);
    close(file);
    for (int round = 0; round < ROUNDS; round++) {
        char *text;
        size_t size;
        xt_error err = {XT_OK, ""};
        xt_model *m;
        assert_int_equal(xt_file_read(&text, &size, paths[round % 8 == 0], 1 << 20, &err), XT_OK);
        xt_text mutant = {0};
        random = random * 6364136223846793005ULL + 1442695040888963407ULL;
        size_t at = (size_t)(random >> 33) % size, cut = (random >> 20) % 12;
        if (cut > size - at) cut = size - at;
        xt_text_add_bytes(&mutant, text, at);
        if (random >> 63) xt_text_add(&mutant, pieces[(random >> 40) % PIECES]);
        xt_text_add_bytes(&mutant, text + at + cut, size - at - cut);
        write_quickly(name, &mutant);
        xt_status status = xt_model_load(&m, name, NULL, 0, &err);
        if (status == XT_OK)
            loaded++;
        else if (status != XT_USAGE || strncmp(err.text, name, strlen(name)) != 0)
            fail_msg("round %d: status %d: %s", round, status, err.text);
        xt_model_free(m);
        xt_text_free(&mutant);
        free(text);
    }
    unlink(name);
    assert_in_range(loaded, ROUNDS / 50, ROUNDS - ROUNDS / 50);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_model_loads),
        cmocka_unit_test(the_young_reference_is_neutral),
        cmocka_unit_test(structure_is_checked),
        cmocka_unit_test(names_are_checked),
        cmocka_unit_test(explosive_functions_are_refused),
        cmocka_unit_test(overrides_replace_parameters),
        cmocka_unit_test(the_invented_model_loads),
        cmocka_unit_test(the_schema_is_json),
        cmocka_unit_test(mutated_models_never_crash),
        cmocka_unit_test(a_missing_file_is_an_input_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
