/* Formulas inside host/model: operators, the parser's interface, the unit check.
 *
 * A formula passes four stations: parse.c makes a tree of names and operators, resolve.c decides what the
 * names stand for, check.c infers units, and then it is evaluated (eval.c) or emitted as OpenCL C (emit.c).
 */
#ifndef MODEL_FORMULA_H
#define MODEL_FORMULA_H

#include "base/arena.h"
#include "model/expr.h"

/* Limits that keep recursion, generated text and time bounded whatever the file says. */
enum {
    XT_FORMULA_BYTES = 16384,
    XT_FORMULA_NESTING = 64, /* parentheses, calls and signs inside each other */
    XT_FORMULA_DEPTH = 512,  /* levels of the tree: a chain a + b + c + … adds one per term */
    XT_FORMULA_NODES = 4096,
    XT_FORMULA_OPERATIONS = 100000, /* with every user function written out */
    XT_FUNCTION_ARGUMENTS = 8,
    XT_CALL_ARGUMENTS = 64 /* of piecewise, min and max */
};

typedef enum {
    XT_OP_ADD,
    XT_OP_SUB,
    XT_OP_MUL,
    XT_OP_DIV,
    XT_OP_POW,
    XT_OP_NEG,
    XT_OP_LT,
    XT_OP_LE,
    XT_OP_GT,
    XT_OP_GE,
    XT_OP_EQ,
    XT_OP_NE,
    XT_OP_AND,
    XT_OP_OR,
    XT_OP_NOT,
    XT_OP_TRUE,
    XT_OP_FALSE,
    XT_OP_PIECEWISE, /* value, condition, value, condition, …, otherwise */
    XT_OP_MIN,
    XT_OP_MAX,
    XT_OP_EXP,
    XT_OP_LN,
    XT_OP_LOG10,
    XT_OP_SQRT,
    XT_OP_TANH,
    XT_OP_SIN,
    XT_OP_COS,
    XT_OP_ABS,
    XT_OP_FLOOR,
    XT_OP_CEIL,
    XT_OP_GIVEN, /* of a setting: is it set? */
    XT_OP_COUNT
} xt_op;

/* The built-in function of this name: its operator and argument counts (most -1: any). False if there is
 * none. */
bool xt_builtin(xt_op *op, int *least, int *most, const char *name);
/* Built-in names for suggestions. */
const char *const *xt_builtin_names(int *count);

/* Arithmetic that host and device share: the device's text is emit.c's. Integer powers 2 to 5 are products;
 * NaN passes through minimum and maximum, so that it is seen. */
double xt_power(double x, double y);
double xt_minimum(double a, double b);
double xt_maximum(double a, double b);

/* Is this a name of the model (or an argument)? It decides what `1 mm/x` means. */
typedef bool xt_is_symbol(const void *data, const char *name);

/* Parse. Names are left as XT_SYMBOL with symbol -1, calls of anything but built-ins as XT_FUNCTION with
 * index -1. (line, col) is where the scalar starts in the source: plain, quoted or block; errors point at the
 * character. */
xt_status xt_formula_parse(xt_expr **expr, xt_arena *arena, const char *text, const xt_source *source,
                           int line, int col, xt_is_symbol *is_symbol, const void *data, xt_error *err);

/* What an expression turned out to be. */
typedef struct {
    xt_dim dim;
    bool zero; /* a literal 0, which fits every unit */
    bool boolean;
    bool constant; /* its value is known without parameters: exponents of dimensional bases need that */
    double value;
} xt_type;

/* Infer units and check them; fills expr->dim. Errors name the units that do not go together. */
xt_status xt_formula_check(xt_type *type, const xt_model *model, xt_expr *expr, const xt_source *source,
                           xt_error *err);

/* As xt_formula_check, and the whole must be of dimension `want` (a condition if want is NULL); `what` begins
 * the message: "a rate". */
xt_status xt_formula_expect(const xt_model *model, xt_expr *expr, const xt_dim *want, const char *what,
                            const xt_source *source, xt_error *err);

/* Made of numbers and parameters alone? Then *value (NULL is fine) is what it comes to. */
bool xt_expr_constant(double *value, const xt_model *model, const xt_expr *expr);

/* Do two expressions compute the same, node by node? */
bool xt_expr_same(const xt_expr *a, const xt_expr *b);

#endif
