/* The built-in functions, as one table, and the arithmetic that is our own. */
#include "model/formula.h"

#include <math.h>
#include <string.h>

static const struct {
    const char *name;
    xt_op op;
    int least, most;
} builtins[] = {
    {"piecewise", XT_OP_PIECEWISE, 3, -1},
    {"min", XT_OP_MIN, 2, -1},
    {"max", XT_OP_MAX, 2, -1},
    {"exp", XT_OP_EXP, 1, 1},
    {"ln", XT_OP_LN, 1, 1},
    {"log10", XT_OP_LOG10, 1, 1},
    {"sqrt", XT_OP_SQRT, 1, 1},
    {"tanh", XT_OP_TANH, 1, 1},
    {"sin", XT_OP_SIN, 1, 1},
    {"cos", XT_OP_COS, 1, 1},
    {"abs", XT_OP_ABS, 1, 1},
    {"floor", XT_OP_FLOOR, 1, 1},
    {"ceil", XT_OP_CEIL, 1, 1},
    {"pow", XT_OP_POW, 2, 2},
};

enum { BUILTINS = sizeof builtins / sizeof *builtins };

/* The table's names, then the functions that resolve.c knows. */
static const char *const names[] = {"piecewise", "min",  "max",   "exp",  "ln",     "log10",
                                    "sqrt",      "tanh", "sin",   "cos",  "abs",    "floor",
                                    "ceil",      "pow",  "given", "mean", "beside", "blend"};

bool xt_builtin(xt_op *op, int *least, int *most, const char *name) {
    for (int i = 0; i < BUILTINS; i++)
        if (strcmp(builtins[i].name, name) == 0) {
            *op = builtins[i].op;
            *least = builtins[i].least;
            *most = builtins[i].most;
            return true;
        }
    return false;
}

const char *const *xt_builtin_names(int *count) {
    *count = sizeof names / sizeof *names;
    return names;
}

double xt_power(double x, double y) {
    if (y == 1) return x;
    if (y == 2) return x * x;
    if (y == 3) return x * x * x;
    if (y == 4) return x * x * (x * x);
    if (y == 5) return x * x * (x * x) * x;
    if (y == 0) return 1;
    if (x > 0) return pow(x, y);
    if (x == 0) return y > 0 ? 0 : y < 0 ? INFINITY : NAN;
    if (x < 0 && y == floor(y)) return fmod(y, 2) != 0 ? -pow(-x, y) : pow(-x, y);
    return NAN;
}

double xt_minimum(double a, double b) { return a < b || a != a ? a : b; }

double xt_maximum(double a, double b) { return a > b || a != a ? a : b; }
