/* What a compiled model keeps to itself: behind xt_model.private_data. */
#ifndef MODEL_PRIVATE_H
#define MODEL_PRIVATE_H

#include "model/formula.h"
#include "model/model.h"

typedef struct {
    char name[64];
    char argument[XT_FUNCTION_ARGUMENTS][64];
    int argument_count;
    xt_expr *body;   /* sees its arguments and earlier functions, nothing else */
    long operations; /* with every call written out */
    int line;
} xt_function;

typedef struct {
    xt_arena arena; /* every array and expression of the model */
    xt_function *function;
    int function_count;
    double *secretion; /* [species][compartment] pM/h of tissue volume */
    double *level;     /* [species][tissue_count + 1] pM */
} xt_private;

static inline const xt_private *xt_model_private(const xt_model *model) { return model->private_data; }

/* Fill secretion and level (transport.c). Errors: XT_USAGE without a place when a species cannot be balanced.
 */
xt_status xt_model_balance(xt_model *model, xt_error *err);

#endif
