/* Random formulas read by our parser and by libSBML's: the same values. libSBML is loaded if it is there; the
 * build does not need it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "model/private.h"

#if defined(__has_include)
#if __has_include(<sbml/math/L3Parser.h>)
#define HAVE_SBML
#endif
#endif

#ifdef HAVE_SBML
#include <dlfcn.h>
#include <stdlib.h>
#include <sbml/math/L3Parser.h>

static struct {
    ASTNode_t *(*parse)(const char *);
    void (*free)(ASTNode_t *);
    ASTNodeType_t (*type)(const ASTNode_t *);
    unsigned (*count)(const ASTNode_t *);
    ASTNode_t *(*child)(const ASTNode_t *, unsigned);
    double (*real)(const ASTNode_t *);
    long (*integer)(const ASTNode_t *);
} sbml;

static bool load_symbol(void *library, const char *name, void *pointer) {
    void *symbol = dlsym(library, name);
    memcpy(pointer, &symbol, sizeof symbol);
    return symbol != NULL;
}

static bool load_library(void) {
    void *library = dlopen("libsbml.so.5", RTLD_NOW | RTLD_LOCAL);
    if (!library) library = dlopen("libsbml.so", RTLD_NOW | RTLD_LOCAL);
    return library && load_symbol(library, "SBML_parseL3Formula", &sbml.parse) &&
           load_symbol(library, "ASTNode_free", &sbml.free) &&
           load_symbol(library, "ASTNode_getType", &sbml.type) &&
           load_symbol(library, "ASTNode_getNumChildren", &sbml.count) &&
           load_symbol(library, "ASTNode_getChild", &sbml.child) &&
           load_symbol(library, "ASTNode_getReal", &sbml.real) &&
           load_symbol(library, "ASTNode_getInteger", &sbml.integer);
}

/* NaN passes through minimum and maximum, which SBML leaves open. */
static double their_value(const ASTNode_t *n) {
    double v[16];
    unsigned count = sbml.count(n);
    assert_in_range(count, 0, 16);
    for (unsigned i = 0; i < count; i++) v[i] = their_value(sbml.child(n, i));
    double result = count > 0 ? v[0] : NAN;
    switch (sbml.type(n)) {
    case AST_INTEGER:
        return (double)sbml.integer(n);
    case AST_REAL:
    case AST_REAL_E:
        return sbml.real(n);
    case AST_PLUS:
        for (unsigned i = 1; i < count; i++) result += v[i];
        return result;
    case AST_TIMES:
        for (unsigned i = 1; i < count; i++) result *= v[i];
        return result;
    case AST_MINUS:
        return count == 1 ? -v[0] : v[0] - v[1];
    case AST_DIVIDE:
        return v[0] / v[1];
    case AST_POWER:
    case AST_FUNCTION_POWER:
        return pow(v[0], v[1]);
    case AST_FUNCTION_EXP:
        return exp(v[0]);
    case AST_FUNCTION_ABS:
        return fabs(v[0]);
    case AST_FUNCTION_FLOOR:
        return floor(v[0]);
    case AST_FUNCTION_CEILING:
        return ceil(v[0]);
    case AST_FUNCTION_TANH:
        return tanh(v[0]);
    case AST_FUNCTION_SIN:
        return sin(v[0]);
    case AST_FUNCTION_MAX:
        for (unsigned i = 1; i < count; i++) result = xt_maximum(result, v[i]);
        return result;
    case AST_FUNCTION_MIN:
        for (unsigned i = 1; i < count; i++) result = xt_minimum(result, v[i]);
        return result;
    case AST_FUNCTION_PIECEWISE:
        for (unsigned i = 0; i + 1 < count; i += 2)
            if (v[i + 1] != 0) return v[i];
        return v[count - 1];
    case AST_RELATIONAL_LT:
        return v[0] < v[1];
    case AST_RELATIONAL_GEQ:
        return v[0] >= v[1];
    case AST_RELATIONAL_EQ:
        return v[0] == v[1];
    case AST_RELATIONAL_NEQ:
        return v[0] != v[1];
    case AST_LOGICAL_AND:
        return v[0] != 0 && v[1] != 0;
    case AST_LOGICAL_OR:
        return v[0] != 0 || v[1] != 0;
    case AST_LOGICAL_NOT:
        return v[0] == 0;
    default:
        fail_msg("libSBML has a node of type %d", (int)sbml.type(n));
    }
    return NAN;
}

/* ---- random formulas ---- */

static unsigned long long random_state = 42;

static int pick(int n) {
    random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (int)((random_state >> 33) % (unsigned)n);
}

static void number(xt_text *t, int depth);

static void condition(xt_text *t, int depth) {
    static const char *const relations[] = {" < ", " >= ", " == ", " != "};
    int kind = depth > 0 ? pick(4) : 0;
    if (kind == 1) {
        xt_text_add(t, "!(");
        condition(t, depth - 1);
        xt_text_add(t, ")");
    } else if (kind == 2) {
        const char *both = pick(2) ? " && " : " || ";
        xt_text_add(t, "(");
        condition(t, depth - 1);
        xt_text_add(t, ")");
        xt_text_add(t, both);
        number(t, 1);
        xt_text_add(t, relations[pick(4)]);
        number(t, 1);
    } else {
        number(t, depth - 1);
        xt_text_add(t, relations[pick(4)]);
        number(t, depth - 1);
    }
}

static void number(xt_text *t, int depth) {
    static const char *const operators[] = {"+", " - ", "*", "/", "^", " - -", " * ", " + "};
    static const char *const functions[] = {"exp", "abs", "floor", "ceil", "tanh", "sin"};
    int kind = depth > 0 ? pick(8) : 0;
    if (kind == 0) {
        if (pick(3) == 0)
            xt_text_printf(t, "%d.%de%d", pick(9) + 1, pick(100), pick(3) - 1);
        else
            xt_text_printf(t, "%d.0", pick(5)); /* libSBML reads "(1/3)" as one rational number */
    } else if (kind == 1) {
        xt_text_add(t, "-");
        number(t, depth - 1);
    } else if (kind == 2) {
        xt_text_add(t, "(");
        number(t, depth - 1);
        xt_text_add(t, ")");
    } else if (kind == 3) {
        xt_text_printf(t, "%s(", functions[pick(6)]);
        number(t, depth - 1);
        xt_text_add(t, ")");
    } else if (kind == 4) {
        xt_text_add(t, pick(2) ? "max(" : "min(");
        number(t, depth - 1);
        xt_text_add(t, ", ");
        number(t, depth - 2);
        xt_text_add(t, ")");
    } else if (kind == 5 && depth > 2) {
        xt_text_add(t, "piecewise(");
        number(t, depth - 2);
        xt_text_add(t, ", ");
        condition(t, depth - 2);
        xt_text_add(t, ", ");
        number(t, depth - 1);
        xt_text_add(t, ")");
    } else {
        number(t, depth - 1);
        xt_text_add(t, operators[pick(8)]);
        number(t, depth - 1);
    }
}

static double our_value(const char *text) {
    static const xt_model model = {.female = -1};
    static const xt_values nothing;
    xt_arena arena = {0};
    xt_error err = {XT_OK, ""};
    xt_source source = {"formula", text};
    xt_expr *e;
    xt_type type;
    if (xt_formula_parse(&e, &arena, text, &source, 1, 1, NULL, NULL, &err) != XT_OK ||
        xt_formula_check(&type, &model, e, &source, &err) != XT_OK)
        fail_msg("%s", err.text);
    double value = xt_expr_value(&model, e, &nothing);
    xt_arena_free(&arena);
    return value;
}

static void formulas_mean_what_libsbml_says(void **state) {
    (void)state;
    if (!load_library()) {
        print_message("skipped: libsbml is not there\n");
        skip();
    }
    int finite = 0;
    for (int round = 0; round < 4000; round++) {
        xt_text t = {0};
        number(&t, 2 + round % 4);
        const char *text = xt_text_get(&t);
        ASTNode_t *theirs = sbml.parse(text);
        if (!theirs) fail_msg("libSBML refuses %s", text);
        double a = our_value(text), b = their_value(theirs);
        finite += isfinite(b) != 0;
        /* infinities may come out as NaN in one way of computing a power and not in the other */
        if (isfinite(b) && !(fabs(a - b) <= 1e-9 * fmax(1, fabs(b))))
            fail_msg("%s: %.17g, libSBML %.17g", text, a, b);
        sbml.free(theirs);
        xt_text_free(&t);
    }
    assert_true(finite > 2000);
}
#else
static void formulas_mean_what_libsbml_says(void **state) {
    (void)state;
    print_message("skipped: built without libsbml's headers\n");
    skip();
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(formulas_mean_what_libsbml_says)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
