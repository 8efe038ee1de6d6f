/* The formula parser: precedence, units after numbers, places in errors, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "model/private.h"

static bool only_x(const void *data, const char *name) {
    (void)data;
    return strcmp(name, "x") == 0;
}

/* Parse `text` as if it stood alone in a file. */
static xt_status parse(xt_expr **e, xt_arena *arena, const char *text, xt_error *err) {
    xt_source source = {"f", text};
    *err = (xt_error){XT_OK, ""};
    return xt_formula_parse(e, arena, text, &source, 1, 1, only_x, NULL, err);
}

static double value_of(const char *text, xt_dim *dim) {
    xt_arena arena = {0};
    xt_error err;
    xt_expr *e;
    if (parse(&e, &arena, text, &err) != XT_OK) fail_msg("%s", err.text);
    static const xt_model model = {.female = -1};
    static const xt_values nothing;
    xt_source source = {"f", text};
    xt_type type;
    if (xt_formula_check(&type, &model, e, &source, &err) != XT_OK) fail_msg("%s", err.text);
    if (dim) *dim = type.dim;
    double value = xt_expr_value(&model, e, &nothing);
    xt_arena_free(&arena);
    return value;
}

static void operators_bind_as_in_sbml(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double value;
    } cases[] = {{"1 + 2*3", 7},
                 {"(1 + 2)*3", 9},
                 {"2^3^2", 512},
                 {"-2^2", -4},
                 {"(-2)^2", 4},
                 {"2^-2", 0.25},
                 {"2^-2^2", 0.0625},
                 {"2*-3", -6},
                 {"- -2", 2},
                 {"+2 - +3", -1},
                 {"10 - 4 - 3", 3},
                 {"100/10/5", 2},
                 {"100/10*5", 50},
                 {"1 - 2 + 3", 2},
                 {"2*3^2", 18},
                 {"6/2^1", 3},
                 {".5e1 + 1.e-1 + 2E+2", 205.1},
                 {"1 < 2", 1},
                 {"1 + 1 >= 2", 1},
                 {"2 != 2", 0},
                 {"!(1 < 2) || true", 1},
                 {"1 < 2 && 3 < 2", 0},
                 {"(1 > 2 || 2 > 1) && !false", 1},
                 {"piecewise(1, 2 < 1, 2, 1 < 2, 3)", 2},
                 {"piecewise(1, false, 5)", 5},
                 {"min(3, 1, 2) + max(4, 6, 5)", 7},
                 {"exp(0) + ln(1) + log10(100) + sqrt(9)", 6},
                 {"abs(-2) + floor(1.7) + ceil(1.2)", 5},
                 {"pow(2, 10)", 1024},
                 {"tanh(0) + sin(0) + cos(0)", 1},
                 {"0^0 + 0^2 + (-2)^3", -7},
                 {"\n 1 +\n   1 ", 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double v = value_of(cases[i].text, NULL);
        if (fabs(v - cases[i].value) > 1e-12 * fmax(1, fabs(v))) fail_msg("%s is %.17g", cases[i].text, v);
    }
}

static void numbers_take_units(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double value;
        const char *unit;
    } cases[] = {{"25 d", 600, "h"},
                 {"2 week/4", 84, "h"},
                 {"1.2 g/cm^3", 1.2e-3, "g/mm^3"},
                 {"3 mm^2", 3, "mm^2"},
                 {"3 mm/h/d", 3.0 / 24, "mm/h^2"},
                 {"0.06 1/d", 0.06 / 24, "1/h"},
                 {"36 um^2/s*2", 0.2592, "mm^2/h"},
                 {"6 mm/2", 3, "mm"},
                 {"1/2 h", 0.5, "1/h"},
                 {"1 y - 365.25 d", 0, "h"},
                 {"1 g*1 kg/1 g", 1000, "g"},
                 {"5 pM", 5, "pM"},
                 {"5 nM/1 pM", 5000, "1"},
                 {"(2 mm)^3", 8, "mm^3"},
                 {"(8 mm^3)^(1/3)", 2, "mm"},
                 {"2 mm^-1", 2, "1/mm"},
                 {"sqrt(4 mm^2)", 2, "mm"},
                 {"5 percent", 0.05, "1"},
                 {"0 y", 0, "h"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        xt_dim dim;
        xt_unit want;
        xt_error err = {XT_OK, ""};
        double v = value_of(cases[i].text, &dim);
        assert_int_equal(xt_unit_parse(&want, cases[i].unit, &err), XT_OK);
        if (fabs(v - cases[i].value) > 1e-9 || !xt_dim_equal(dim, want.dim))
            fail_msg("%s is %.17g", cases[i].text, v);
    }
}

/* `1 mm/x` divides by x because x is a symbol; `1 mm/h` is a unit. */
static void a_symbol_after_a_slash_is_no_unit(void **state) {
    (void)state;
    xt_arena arena = {0};
    xt_error err;
    xt_expr *e;
    assert_int_equal(parse(&e, &arena, "1 mm/x", &err), XT_OK);
    assert_int_equal(e->kind, XT_CALL);
    assert_int_equal(e->op, XT_OP_DIV);
    assert_string_equal(e->child[1]->name, "x");
    assert_int_equal(parse(&e, &arena, "1 mm/h", &err), XT_OK);
    assert_int_equal(e->kind, XT_NUMBER);
    assert_int_equal(parse(&e, &arena, "1 mm /h", &err), XT_OK); /* a blank ends the unit */
    assert_int_equal(e->kind, XT_CALL);
    xt_arena_free(&arena);
}

static void errors_name_the_column(void **state) {
    (void)state;
    static const struct {
        const char *text, *place, *what;
    } cases[] = {{"", "f:1:1:", "ends where"},
                 {"1 +", "f:1:4:", "ends where a number, a name or '(' was expected"},
                 {"1 + * 2", "f:1:5:", "found '*'"},
                 {"(1 + 2", "f:1:7:", "')'"},
                 {"1 + 2)", "f:1:6:", "found ')'"},
                 {"1 2", "f:1:3:", "expected an operator"},
                 {"x x", "f:1:3:", "expected an operator"},
                 {"2 x", "f:1:3:", "expected an operator between 2 and 'x'"},
                 {"2 mmm", "f:1:3:", "unknown unit 'mmm'"},
                 {"5 d 3", "f:1:5:", "expected an operator"},
                 {"a = b", "f:1:3:", "=="},
                 {"5 % 3", "f:1:3:", "percent"},
                 {"1 < 2 < 3", "f:1:7:", "do not chain"},
                 {"x < 1 && x > 2 || x > 3", "f:1:16:", "parentheses"},
                 {"exp()", "f:1:5:", "an argument"},
                 {"exp(1, 2)", "f:1:1:", "takes 1 argument, not 2"},
                 {"1 + piecewise(1, x)", "f:1:5:", "at least 3"},
                 {"piecewise(1, x < 1, 2, x < 2)", "f:1:1:", "odd"},
                 {"1 + $", "f:1:5:", "'$' has no meaning"},
                 {"1 + \xC3\xA4", "f:1:5:", "'\xC3\xA4' has no meaning"},
                 {"1 + 1e999", "f:1:5:", "in range"},
                 {"0x10", "f:1:1:", "decimal"},
                 {"20 degC", "f:1:4:", "offset"},
                 {"1;2", "f:1:2:", "';' has no meaning"},
                 {"\"s\"", "f:1:", "meaning"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        xt_arena arena = {0};
        xt_error err;
        xt_expr *e;
        assert_int_equal(parse(&e, &arena, cases[i].text, &err), XT_USAGE);
        if (strncmp(err.text, cases[i].place, strlen(cases[i].place)) != 0 ||
            !strstr(err.text, cases[i].what))
            fail_msg("'%s' said: %s", cases[i].text, err.text);
        xt_arena_free(&arena);
    }
}

/* YAML folds lines; errors still point at the character in the file. */
static void errors_find_their_line_in_folded_text(void **state) {
    (void)state;
    static const struct {
        const char *file, *text;
        int line, col;
        const char *place;
    } cases[] = {{"key: >-\n  1 + 2\n    + ? 3\n", "1 + 2 + ? 3", 1, 6, "f:3:7:"},
                 {"key: 1 +\n  2 + ?\n", "1 + 2 + ?", 1, 6, "f:2:7:"},
                 {"key: \"1 + ?\"\n", "1 + ?", 1, 6, "f:1:11:"},
                 {"k: {a: '1 + ?'}\n", "1 + ?", 1, 8, "f:1:13:"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        xt_arena arena = {0};
        xt_error err = {XT_OK, ""};
        xt_source source = {"f", cases[i].file};
        xt_expr *e;
        assert_int_equal(xt_formula_parse(&e, &arena, cases[i].text, &source, cases[i].line, cases[i].col,
                                          only_x, NULL, &err),
                         XT_USAGE);
        if (strncmp(err.text, cases[i].place, strlen(cases[i].place)) != 0) fail_msg("%s", err.text);
        xt_arena_free(&arena);
    }
}

static void repeat(xt_text *t, const char *what, int times) {
    xt_text_clear(t);
    for (int i = 0; i < times; i++) xt_text_add(t, what);
}

static void hostile_sizes_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *unit;
        int times;
        const char *end, *what;
    } cases[] = {{"(", 10000, "1", "inside each other"}, {"-", 10000, "1", "inside each other"},
                 {"2^", 5000, "2", "inside each other"}, {"exp(", 3000, "1", "inside each other"},
                 {"1+", 1000, "1", "inside each other"}, {"x", 100, "", "too long"},
                 {"1 ", 20000, "1", "longer than"},      {"!", 200, "true", "inside each other"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        xt_arena arena = {0};
        xt_error err;
        xt_expr *e;
        xt_text t = {0};
        repeat(&t, cases[i].unit, cases[i].times);
        xt_text_add(&t, cases[i].end);
        assert_int_equal(parse(&e, &arena, xt_text_get(&t), &err), XT_USAGE);
        if (!strstr(err.text, cases[i].what)) fail_msg("%s", err.text);
        xt_text_free(&t);
        xt_arena_free(&arena);
    }
    xt_text t = {0};
    repeat(&t, "1+", 400); /* long, but within bounds */
    xt_text_add(&t, "1");
    assert_true(value_of(xt_text_get(&t), NULL) == 401);
    xt_text_free(&t);
}

/* Nothing left to resolve. */
static bool plain(const xt_expr *e) {
    if (e->kind == XT_SYMBOL || e->kind == XT_FUNCTION) return false;
    for (int i = 0; i < e->count; i++)
        if (!plain(e->child[i])) return false;
    return true;
}

/* Whatever the bytes are, the parser answers; what it accepts it also checks and evaluates. */
static void mutated_formulas_never_crash(void **state) {
    (void)state;
    static const char *const seeds[] = {
        "piecewise(0, 3 <= 0, 1 - exp(-2/0.25), 1 h <= 2 h, (1 - exp(-1/2))*exp(-(3 - 2)/4))",
        "1.2 g/cm^3*max(0, 1 - 2^2^-1)/1 mm + 17 g/mm^4", "!(1 < 2) && true && false",
        "min(1, 2, 3) + sqrt(4 mm^2)*-1e-3/1 mm"};
    static const char spice[] = "0123456789.eE+-*/^()<>=!&|, xhmd%\xC3\xA9\n";
    static const xt_model model = {.female = -1};
    unsigned long long random = 20260101;
    int accepted = 0;
    for (int round = 0; round < 20000; round++) {
        char text[160];
        snprintf(text, sizeof text, "%s", seeds[round % 4]);
        size_t n = strlen(text);
        for (int k = 0; k < 1 + round % 3; k++) {
            random = random * 6364136223846793005ULL + 1442695040888963407ULL;
            size_t at = (size_t)(random >> 33) % n;
            text[at] = spice[(random >> 20) % (sizeof spice - 1)];
        }
        xt_arena arena = {0};
        xt_error err;
        xt_expr *e;
        xt_status status = parse(&e, &arena, text, &err);
        assert_true(status == XT_OK || (status == XT_USAGE && strncmp(err.text, "f:", 2) == 0));
        if (status == XT_OK && plain(e)) {
            xt_type type;
            xt_source source = {"f", text};
            static const xt_values nothing;
            if (xt_formula_check(&type, &model, e, &source, &err) == XT_OK) {
                xt_expr_value(&model, e, &nothing);
                accepted++;
            }
        }
        xt_arena_free(&arena);
    }
    assert_true(accepted > 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators_bind_as_in_sbml),
        cmocka_unit_test(numbers_take_units),
        cmocka_unit_test(a_symbol_after_a_slash_is_no_unit),
        cmocka_unit_test(errors_name_the_column),
        cmocka_unit_test(errors_find_their_line_in_folded_text),
        cmocka_unit_test(hostile_sizes_are_refused),
        cmocka_unit_test(mutated_formulas_never_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
