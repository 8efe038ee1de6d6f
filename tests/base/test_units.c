#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <math.h>
#include <pthread.h>
#include "base/units.h"

static xt_unit unit_of(const char *text) {
    xt_error err = {0};
    xt_unit unit;
    if (xt_unit_parse(&unit, text, &err) != XT_OK) fail_msg("'%s': %s", text, err.text);
    return unit;
}

static void check(const char *text, double scale, const char *dim) {
    char buffer[100];
    xt_unit unit = unit_of(text);
    if (fabs(unit.scale / scale - 1) > 4e-16 ||
        strcmp(xt_dim_text(unit.dim, buffer, sizeof buffer), dim) != 0)
        fail_msg("'%s' is %.17g %s, not %.17g %s", text, unit.scale, buffer, scale, dim);
}

static void sizes_and_dimensions(void **state) {
    (void)state;
    check("mm", 1, "mm");
    check("um^2/s", 3.6e-3, "mm^2/h");
    check("1/mm", 1, "1/mm");
    check("L", 1e6, "mm^3");
    check("mL/min", 6e4, "mm^3/h");
    check("g/kg/d", 1e-3 / 24, "1/h");
    check("pmol/h", 1e6, "amol/h");
    check("nM/h", 1e3, "amol/mm^3/h (pM/h)");
    check("1/(nM h)", 1e-3, "mm^3/amol/h (1/pM/h)");
    check("N", 1e3 * 1e3 * 3600.0 * 3600.0, "g mm/h^2");
    check("GPa", 1e9 * 3600.0 * 3600.0, "g/mm/h^2");
    check("kg/m^3", 1e-6, "g/mm^3");
    check("W/mm^2/K", 4.6656e19, "g/K/h^3");
    check("kDa", 1.66053906660e-21, "g");
    check("%", 0.01, "1");
    check("", 1, "1");
    check("1", 1, "1");
    check("rad", 1, "1");
    check("mA", 1e-3, "A");
}

static void pM_is_the_internal_unit_exactly(void **state) {
    (void)state;
    assert_true(unit_of("pM").scale == 1);
    assert_true(unit_of("pmol/L").scale == 1);
    assert_true(unit_of("amol/mm^3").scale == 1);
    assert_true(unit_of("nM").scale == 1000);
    assert_true(unit_of("um").scale == 1e-3);
}

static void times(void **state) {
    (void)state;
    check("s", 1 / 3600.0, "h");
    check("min", 1 / 60.0, "h");
    check("h", 1, "h");
    check("hour", 1, "h");
    check("d", 24, "h");
    check("days", 24, "h");
    check("week", 168, "h");
    check("month", 8766 / 12.0, "h");
    check("y", 8766, "h");
    check("year", 8766, "h"); /* Julian, not udunits' tropical year */
    check("1/y", 1 / 8766.0, "1/h");
}

static void ways_of_writing(void **state) {
    (void)state;
    const char *same[][2] = {
        {"um^2/s", "um2 s-1"},      {"um^2/s", "\xC2\xB5m\xC2\xB2/s"},
        {"um^2/s", "um^2*s^-1"},    {"um^2/s", "um.um/s"},
        {"g/kg/d", "g/(kg d)"},     {"pM", "pmol / L"},
        {"1/(pM h)", "pM^-1 h^-1"}, {"mm", " mm "},
        {"mm", "millimeter"},       {"mL", "cm^3"},
        {"N m", "N\xC2\xB7m"},      {"(mm)^2", "mm^2"},
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        xt_unit a = unit_of(same[i][0]), b = unit_of(same[i][1]);
        if (!xt_dim_equal(a.dim, b.dim) || fabs(a.scale / b.scale - 1) > 1e-15) fail_msg("%s", same[i][1]);
    }
}

static void what_is_no_unit(void **state) {
    (void)state;
    const char *wrong[] = {"mmm",
                           "/",
                           "/h",
                           "h/",
                           "mm//h",
                           "*",
                           "5 mm",
                           "5",
                           "1e3",
                           "1 mm",
                           "mm 1",
                           "mm^",
                           "mm^x",
                           "mm^0.5",
                           "mm^13",
                           "mm^-",
                           "mm^99999999999999999",
                           "(mm",
                           "mm)",
                           "()",
                           "degC",
                           "cd",
                           "kkg",
                           "kg kg x",
                           "mm\n",
                           "\xFF",
                           "lg(re 1 mW)",
                           "s since 2000-01-01",
                           "s @ 3",
                           "m^2^3",
                           "km/",
                           "\xC2\xB2",
                           "k",
                           "M M^-",
                           "--",
                           "mm-",
                           "1/0",
                           "a b c d"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        xt_error err = {0};
        xt_unit unit;
        if (xt_unit_parse(&unit, wrong[i], &err) != XT_USAGE || !*err.text) fail_msg("'%s' passes", wrong[i]);
    }
}

static void deep_and_long_texts_are_refused(void **state) {
    (void)state;
    enum { N = 100000 };
    char *text = malloc(N + 1);
    const char *fills[] = {"(", "m", "m ", "1/", "m^12*", "/"};
    for (size_t f = 0; f < sizeof fills / sizeof *fills; f++) {
        for (size_t i = 0; i < N; i++) text[i] = fills[f][i % strlen(fills[f])];
        text[N] = '\0';
        xt_error err = {0};
        xt_unit unit;
        assert_int_equal(xt_unit_parse(&unit, text, &err), XT_USAGE);
        assert_true(strlen(err.text) < 300);
    }
    free(text);
}

static void misspellings_get_a_suggestion(void **state) {
    (void)state;
    xt_error err = {0};
    xt_unit unit;
    assert_int_equal(xt_unit_parse(&unit, "mounth", &err), XT_USAGE);
    assert_string_equal(err.text, "unknown unit 'mounth'; did you mean 'month'?");
}

static void products_of_dimensions(void **state) {
    (void)state;
    xt_dim mm = unit_of("mm").dim, h = unit_of("h").dim;
    assert_true(xt_dim_equal(xt_dim_product(xt_dim_product(mm, mm, 1), h, -1), unit_of("um^2/s").dim));
    assert_true(xt_dim_is_one(xt_dim_product(mm, mm, -1)));
    assert_false(xt_dim_is_one(mm));
    xt_dim root = {{6}}; /* half of twelve twelfths */
    char buffer[40];
    assert_string_equal(xt_dim_text(root, buffer, sizeof buffer), "mm^(1/2)");
    assert_string_equal(xt_dim_text(root, buffer, 4), "mm^");
}

static void quantities(void **state) {
    (void)state;
    const struct {
        const char *text;
        double value;
        const char *unit;
    } right[] = {{"0.5 mm", 0.5, "mm"},  {"1e-3", 1e-3, ""},
                 {"45 min", 0.75, "h"},  {" -2.5e1 um ", -0.025, "mm"},
                 {"290pM", 290, "pM"},   {"36.5 um^2/s", 0.1314, "mm^2/h"},
                 {".5 1/h", 0.5, "1/h"}, {"5 %", 0.05, ""},
                 {"5%", 0.05, ""},       {"+1. d", 24, "h"},
                 {"2e3 pM", 2000, "pM"}, {"2 eV", 2 * unit_of("eV").scale, "J"}};
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        xt_error err = {0};
        double value;
        xt_dim dim;
        if (xt_quantity_parse(&value, &dim, right[i].text, &err) != XT_OK) fail_msg("%s", err.text);
        if (fabs(value / right[i].value - 1) > 1e-15) fail_msg("'%s' gives %.17g", right[i].text, value);
        assert_true(xt_dim_equal(dim, unit_of(right[i].unit).dim));
    }
    const char *wrong[] = {"",    "mm",     "inf",      "nan mm", "0x10 mm", "1e999", "1,5 mm", "1.2.3",
                           "--1", "1 2 mm", "1e308 Gm", ".",      "e5",      "1_000", "5 mmm",  "- 5 mm"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        xt_error err = {0};
        double value;
        xt_dim dim;
        if (xt_quantity_parse(&value, &dim, wrong[i], &err) != XT_USAGE) fail_msg("'%s' passes", wrong[i]);
    }
}

static void *parse_many(void *failures) {
    for (int i = 0; i < 500; i++) {
        xt_error err = {0};
        xt_unit unit;
        const char *texts[] = {"pM", "um^2/s", "mmm", "N m", "degC"};
        xt_status expected = i % 5 == 2 || i % 5 == 4 ? XT_USAGE : XT_OK;
        if (xt_unit_parse(&unit, texts[i % 5], &err) != expected) ++*(int *)failures;
    }
    return NULL;
}

static void several_threads_at_once(void **state) {
    (void)state;
    pthread_t threads[4];
    int failures[4] = {0};
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, parse_many, &failures[i]), 0);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < 4; i++) assert_int_equal(failures[i], 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_threads_at_once), /* first: the table is loaded in the race */
        cmocka_unit_test(sizes_and_dimensions),
        cmocka_unit_test(pM_is_the_internal_unit_exactly),
        cmocka_unit_test(times),
        cmocka_unit_test(ways_of_writing),
        cmocka_unit_test(what_is_no_unit),
        cmocka_unit_test(deep_and_long_texts_are_refused),
        cmocka_unit_test(misspellings_get_a_suggestion),
        cmocka_unit_test(products_of_dimensions),
        cmocka_unit_test(quantities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
