/* Formulas as OpenCL C in single precision. Constants are folded in double and printed with nine digits; sums
 * and products of many terms share one pair of parentheses, because compilers bound how deep parentheses may
 * nest. */
#include "model/private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The device's half of ops.c, operation by operation. XT_REAL is float, or a vector where the program's
 * author works on several cells at once; XT_OVERLOAD lets both stand side by side. */
static const char *const helpers =
    "#ifndef XT_REAL\n"
    "#define XT_REAL float\n"
    "#define XT_REAL_IS_FLOAT 1\n"
    "#endif\n"
    "#ifndef XT_OVERLOAD\n"
    "#define XT_OVERLOAD\n"
    "#endif\n"
    "#ifndef XT_R\n"
    "#define XT_R(x) ((XT_REAL)(x))\n"
    "#endif\n"
    "static inline XT_OVERLOAD XT_REAL xt_power(XT_REAL x, XT_REAL y) {\n"
    "#if XT_REAL_IS_FLOAT\n"
    "    const float n = y;\n"
    "#else\n"
    "    const float n = all(y == y.s0) ? y.s0 : 0.5f;\n"
    "#endif\n"
    "    if (n == 1.0f) return x;\n"
    "    if (n == 2.0f) return x * x;\n"
    "    if (n == 3.0f) return x * x * x;\n"
    "    if (n == 4.0f) return x * x * (x * x);\n"
    "    if (n == 5.0f) return x * x * (x * x) * x;\n"
    "    return pow(x, y);\n"
    "}\n"
    "static inline XT_OVERLOAD XT_REAL xt_power2(XT_REAL x) { return x * x; }\n"
    "static inline XT_OVERLOAD XT_REAL xt_power3(XT_REAL x) { return x * x * x; }\n"
    "static inline XT_OVERLOAD XT_REAL xt_power4(XT_REAL x) { return x * x * (x * x); }\n"
    "static inline XT_OVERLOAD XT_REAL xt_power5(XT_REAL x) { return x * x * (x * x) * x; }\n"
    "static inline XT_OVERLOAD XT_REAL xt_minimum(XT_REAL a, XT_REAL b) { return a < b || a != a ? a : b; }\n"
    "static inline XT_OVERLOAD XT_REAL xt_maximum(XT_REAL a, XT_REAL b) { return a > b || a != a ? a : b; "
    "}\n";

typedef struct {
    xt_text *out;
    const xt_model *model;
    bool peak;
} emission;

static void emit(const emission *m, const xt_expr *e);

static void literal(xt_text *out, double value) {
    char text[40];
    if (isnan(value)) {
        xt_text_add(out, "NAN");
    } else if (fabs(value) > 3.402823466e38) {
        xt_text_add(out, value > 0 ? "INFINITY" : "(-INFINITY)");
    } else {
        snprintf(text, sizeof text, "%.9g", value);
        bool whole = !strpbrk(text, ".e");
        xt_text_printf(out, value < 0 || (value == 0 && signbit(value)) ? "(%s%sf)" : "%s%sf", text,
                       whole ? ".0" : "");
    }
}

static void symbol(const emission *m, const xt_expr *e) {
    const xt_model *model = m->model;
    switch (e->symbol) {
    case XT_SYM_SCALAR:
        xt_text_printf(m->out, e->index == model->female ? "(s[%d] != 0.0f)" : "s[%d]", e->index);
        break;
    case XT_SYM_PHASE:
        xt_text_printf(m->out, "f_%s", model->phase[e->index]);
        break;
    case XT_SYM_PHASE0:
        xt_text_printf(m->out, "f0_%s", model->phase[e->index]);
        break;
    case XT_SYM_STATE:
        xt_text_printf(m->out, "state_%s", model->state[e->index].name);
        break;
    case XT_SYM_QUANTITY:
        xt_text_printf(m->out, "q_%s", model->quantity[e->index].name);
        break;
    case XT_SYM_EXPOSURE:
        xt_text_printf(m->out, "%s_%s", m->peak ? "peak" : "u", model->species[e->index].name);
        break;
    case XT_SYM_FIELD:
        xt_text_printf(m->out, "c_%s", model->species[e->index].name);
        break;
    case XT_SYM_SECTION:
        xt_text_add(m->out, "section");
        break;
    case XT_SYM_BESIDE:
        xt_text_printf(m->out, "beside_%s", model->phase[e->index]);
        break;
    case XT_SYM_PROPERTY: /* transport is tabulated on the host; here for completeness of the text */
        xt_text_printf(m->out, "property_%s", model->property[e->index]);
        break;
    }
}

/* "name(a, b)", nested to the left for more than two arguments. */
static void extreme(const emission *m, const xt_expr *e, const char *name) {
    for (int i = 1; i < e->count; i++) xt_text_printf(m->out, "%s(", name);
    emit(m, e->child[0]);
    for (int i = 1; i < e->count; i++) {
        xt_text_add(m->out, ", ");
        emit(m, e->child[i]);
        xt_text_add(m->out, ")");
    }
}

static void list(const emission *m, const xt_expr *e, const char *name) {
    xt_text_printf(m->out, "%s(", name);
    for (int i = 0; i < e->count; i++) {
        if (i > 0) xt_text_add(m->out, ", ");
        emit(m, e->child[i]);
    }
    xt_text_add(m->out, ")");
}

/* C associates these to the left as the tree does, so a left operand of the same rank needs no parentheses.
 */
static int rank(const xt_expr *e) {
    if (e->kind != XT_CALL) return 0;
    switch (e->op) {
    case XT_OP_ADD:
    case XT_OP_SUB:
        return 1;
    case XT_OP_MUL:
    case XT_OP_DIV:
        return 2;
    case XT_OP_AND:
        return 3;
    case XT_OP_OR:
        return 4;
    default:
        return 0;
    }
}

static void binary_open(const emission *m, const xt_expr *e) {
    static const char *const signs[] = {
        [XT_OP_ADD] = " + ", [XT_OP_SUB] = " - ", [XT_OP_MUL] = " * ",  [XT_OP_DIV] = " / ",
        [XT_OP_LT] = " < ",  [XT_OP_LE] = " <= ", [XT_OP_GT] = " > ",   [XT_OP_GE] = " >= ",
        [XT_OP_EQ] = " == ", [XT_OP_NE] = " != ", [XT_OP_AND] = " && ", [XT_OP_OR] = " || "};
    const xt_expr *left = e->child[0];
    if (rank(e) != 0 && rank(left) == rank(e) && !xt_expr_constant(NULL, m->model, left))
        binary_open(m, left);
    else
        emit(m, left);
    xt_text_add(m->out, signs[e->op]);
    emit(m, e->child[1]);
}

static void power(const emission *m, const xt_expr *e) {
    double n;
    if (xt_expr_constant(&n, m->model, e->child[1])) {
        if (n == 1) {
            emit(m, e->child[0]);
            return;
        }
        if (n == 2 || n == 3 || n == 4 || n == 5) {
            xt_text_printf(m->out, "xt_power%d(", (int)n);
            emit(m, e->child[0]);
            xt_text_add(m->out, ")");
            return;
        }
    }
    list(m, e, "xt_power");
}

static void call(const emission *m, const xt_expr *e) {
    static const char *const names[] = {
        [XT_OP_EXP] = "exp",     [XT_OP_LN] = "log",    [XT_OP_LOG10] = "log10", [XT_OP_SQRT] = "sqrt",
        [XT_OP_TANH] = "tanh",   [XT_OP_SIN] = "sin",   [XT_OP_COS] = "cos",     [XT_OP_ABS] = "fabs",
        [XT_OP_FLOOR] = "floor", [XT_OP_CEIL] = "ceil", [XT_OP_GIVEN] = "!isnan"};
    switch (e->op) {
    case XT_OP_TRUE:
    case XT_OP_FALSE:
        xt_text_add(m->out, e->op == XT_OP_TRUE ? "1" : "0");
        return;
    case XT_OP_NEG:
    case XT_OP_NOT:
        xt_text_add(m->out, e->op == XT_OP_NEG ? "(-" : "(!");
        emit(m, e->child[0]);
        xt_text_add(m->out, ")");
        return;
    case XT_OP_POW:
        power(m, e);
        return;
    case XT_OP_MIN:
    case XT_OP_MAX:
        extreme(m, e, e->op == XT_OP_MIN ? "xt_minimum" : "xt_maximum");
        return;
    case XT_OP_PIECEWISE:
        xt_text_add(m->out, "(");
        for (int i = 0; i + 1 < e->count; i += 2) {
            emit(m, e->child[i + 1]);
            xt_text_add(m->out, " ? XT_R(");
            emit(m, e->child[i]);
            xt_text_add(m->out, ") : ");
        }
        xt_text_add(m->out, "XT_R(");
        emit(m, e->child[e->count - 1]);
        xt_text_add(m->out, "))");
        return;
    default:
        break;
    }
    if (e->op >= XT_OP_EXP && e->op <= XT_OP_GIVEN) {
        list(m, e, names[e->op]);
        return;
    }
    xt_text_add(m->out, "(");
    binary_open(m, e);
    xt_text_add(m->out, ")");
}

/* Most of the time nobody exercises: the peak half is then not worked out. With a share of 0 the sum is the
 * rest half to the bit, so the short cut changes nothing. */
static void blend(const emission *m, const xt_expr *e) {
    const int share = m->model->peak_share;
    emission peak = *m;
    peak.peak = true;
    xt_text_printf(m->out, "(s[%d] > 0.0f ? XT_R((1.0f - s[%d]) * ", share, share);
    emit(m, e->child[0]);
    xt_text_printf(m->out, " + s[%d] * ", share);
    emit(&peak, e->child[0]);
    xt_text_add(m->out, ") : XT_R(");
    emit(m, e->child[0]);
    xt_text_add(m->out, "))");
}

/* A condition as such would be printed as a float; conditions are made of symbols or written out. */
static bool is_condition(const xt_expr *e) {
    return e->kind == XT_CALL && ((e->op >= XT_OP_LT && e->op <= XT_OP_FALSE) || e->op == XT_OP_GIVEN);
}

static void emit(const emission *m, const xt_expr *e) {
    double value;
    if (!is_condition(e) && xt_expr_constant(&value, m->model, e)) {
        literal(m->out, value);
        return;
    }
    char name[80];
    switch (e->kind) {
    case XT_NUMBER:
        break; /* a constant */
    case XT_SYMBOL:
        symbol(m, e);
        break;
    case XT_CALL:
        call(m, e);
        break;
    case XT_FUNCTION:
        snprintf(name, sizeof name, "fn_%s", xt_model_private(m->model)->function[e->index].name);
        list(m, e, name);
        break;
    case XT_ARGUMENT:
        xt_text_printf(m->out, "a%d", e->index);
        break;
    case XT_BLEND:
        blend(m, e);
        break;
    }
}

void xt_expr_emit(xt_text *out, const xt_model *model, const xt_expr *expr) {
    emission m = {out, model, false};
    emit(&m, expr);
}

void xt_model_emit_functions(xt_text *out, const xt_model *model) {
    const xt_private *private = xt_model_private(model);
    xt_text_add(out, helpers);
    for (int i = 0; i < private->function_count; i++) {
        const xt_function *f = &private->function[i];
        xt_text_printf(out, "static inline XT_OVERLOAD XT_REAL fn_%s(", f->name);
        for (int k = 0; k < f->argument_count; k++) xt_text_printf(out, "%sXT_REAL a%d", k ? ", " : "", k);
        xt_text_add(out, f->argument_count == 0 ? "void) { return " : ") { return ");
        xt_expr_emit(out, model, f->body);
        xt_text_add(out, "; }\n");
    }
}
