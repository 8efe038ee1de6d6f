/* Formulas: parsed infix (the SBML Level 3 subset of scenes/models/README.md) as a tree, unit-checked,
 * evaluated in double precision on the host and emitted as OpenCL C for the device. One tree, two uses: the
 * host is the reference. */
#ifndef MODEL_EXPR_H
#define MODEL_EXPR_H

#include <stdbool.h>
#include "base/error.h"
#include "base/text.h"
#include "base/units.h"

typedef struct xt_model xt_model;

typedef enum {
    XT_NUMBER, /* value, in internal units */
    XT_SYMBOL, /* kind, index */
    XT_CALL, /* builtin: exp ln log10 sqrt tanh sin cos abs floor ceil min max pow and piecewise and or not <
                <= > >= == != + - * / neg */
    XT_FUNCTION, /* user function `index`, arguments */
    XT_ARGUMENT, /* argument `index` of the user function being evaluated */
    XT_BLEND     /* (1 - peak_share) * child with rest exposures + peak_share * child with peak exposures */
} xt_expr_kind;

/* What a symbol stands for. `mean(expr, tissue)` has become a SCALAR (xt_model.mean). */
typedef enum {
    XT_SYM_SCALAR,   /* one value for the whole body: xt_model.scalar */
    XT_SYM_PHASE,    /* f_<phase>: fraction of the home tissue's own volume */
    XT_SYM_PHASE0,   /* f0_<phase>: at the start */
    XT_SYM_STATE,    /* per-voxel state */
    XT_SYM_QUANTITY, /* per-voxel intermediate */
    XT_SYM_EXPOSURE, /* u_<species> = (c + eps)/(c_ref + eps); at rest, or at the exercise peak inside blend()
                      */
    XT_SYM_FIELD,    /* c_<species>, pM: only in reactions */
    XT_SYM_SECTION,  /* section: strain stimulus per unit force (mechanics) */
    XT_SYM_BESIDE,   /* beside(<phase>): largest f_<phase> of the six neighbours */
    XT_SYM_PROPERTY  /* tissue or species property: only in transport and interface formulas */
} xt_symbol_kind;

typedef struct xt_expr xt_expr;
struct xt_expr {
    xt_expr_kind kind;
    int op;       /* xt_op of a CALL */
    double value; /* NUMBER */
    xt_symbol_kind symbol;
    int index; /* SYMBOL, FUNCTION, ARGUMENT */
    int count; /* children */
    xt_expr **child;
    const char *name; /* SYMBOL, CALL, FUNCTION: as written; NULL for operators and numbers */
    int depth;        /* levels below and with this one, at most XT_FORMULA_DEPTH */
    int line, col;    /* where it stands in the model file */
    xt_dim dim;       /* result of the unit check */
};

/* Values that symbols take for one cell. Pointers may be NULL where the expression does not use the kind
 * (xt_expr_uses tells). */
typedef struct {
    const double *scalar;                                /* [xt_model.scalar_count] */
    const double *phase, *phase0;                        /* [phase_count] */
    const double *state;                                 /* [state_count] */
    const double *quantity;                              /* [quantity_count] */
    const double *exposure_rest, *exposure_peak, *field; /* [species_count] */
    const double *beside;                                /* [phase_count] */
    const double *property;                              /* [property_count] */
    double section;
} xt_values;

/* Evaluate in double precision. Never fails: a domain error gives NaN, which the callers' checks catch. */
double xt_expr_value(const xt_model *model, const xt_expr *expr, const xt_values *values);

/* Does the expression (through user functions, not through quantities) use any symbol of this kind; of this
 * kind and index (index >= 0)? */
bool xt_expr_uses(const xt_model *model, const xt_expr *expr, xt_symbol_kind kind, int index);

/* Append the expression as OpenCL C (fp32, fully parenthesised). Names in the generated text:
 * scalar k -> `s[k]` (parameters and other constants are folded into literals), phases `f_bone`, `f0_bone`,
 * states `state_<name>`, quantities `q_<name>`, exposures `u_<species>` and inside the peak half of blend
 * `peak_<species>`, fields `c_<species>`, `section`, `beside_<phase>`, arguments `a0`, `a1`, ... The emitted
 * text contains nothing that the user typed except checked identifiers of the model. */
void xt_expr_emit(xt_text *out, const xt_model *model, const xt_expr *expr);

/* Append all user functions as `static inline XT_REAL fn_<name>(XT_REAL a0, ...)`, and helpers they need.
 * XT_REAL is float unless it is defined before, as a float vector; then the values that expressions name may
 * be such vectors, and XT_REAL must be that wherever they stand. Both kinds in one program need XT_OVERLOAD.
 */
void xt_model_emit_functions(xt_text *out, const xt_model *model);

#endif
