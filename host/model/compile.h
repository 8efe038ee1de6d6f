/* Compiling a model file: what the compile_*.c files share. */
#ifndef MODEL_COMPILE_H
#define MODEL_COMPILE_H

#include "model/private.h"
#include "scene/yaml.h"

/* A name that formulas can use, and where it was given. */
typedef struct {
    char name[80];
    const char *what; /* "driver", "phase fraction", ... */
    xt_symbol_kind symbol;
    int index;
    bool function; /* index is of a user function */
    int line;      /* 0: the engine's own */
} xt_name;

typedef struct {
    xt_model *model;
    xt_private *private;
    const xt_node *root;
    const xt_source *source;
    xt_error *err;
    const xt_override *overrides;
    int override_count;
    xt_name *name;
    int name_count, name_capacity;
    int scalar_capacity;
    int functions_done, quantities_done; /* definitions see earlier ones only */
    const xt_function *function;         /* whose body is being compiled, or NULL */
    double appearance;                   /* of the species whose source is being compiled, amol/h */
} xt_compiler;

/* What a formula may use, besides parameters and functions. */
enum {
    XT_SEE_SETTINGS = 1,
    XT_SEE_UNSET = 2,   /* settings that may not be given, and given() */
    XT_SEE_SCALARS = 4, /* age, time, female, plasma levels, memories, drivers that are known */
    XT_SEE_MEANS = 8,
    XT_SEE_PHASES = 16,
    XT_SEE_START = 32, /* f0_* */
    XT_SEE_STATES = 64,
    XT_SEE_QUANTITIES = 128,
    XT_SEE_EXPOSURES = 256,
    XT_SEE_FIELDS = 512,
    XT_SEE_SECTION = 1024,
    XT_SEE_BESIDE = 2048,
    XT_SEE_PROPERTIES = 4096,
    XT_SEE_BLEND = 8192,
    XT_SEE_APPEARANCE = 16384,
    XT_SEE_ALL_SCALARS = XT_SEE_SETTINGS | XT_SEE_SCALARS,
    /* a voxel's own history and composition */
    XT_SEE_VOXEL = XT_SEE_ALL_SCALARS | XT_SEE_PHASES | XT_SEE_START | XT_SEE_STATES,
    /* remodelling */
    XT_SEE_TISSUE =
        XT_SEE_VOXEL | XT_SEE_QUANTITIES | XT_SEE_EXPOSURES | XT_SEE_SECTION | XT_SEE_BESIDE | XT_SEE_BLEND
};
typedef struct {
    unsigned see;
    const char *where; /* "a driver" */
} xt_scope;

/* ---- names.c ---- */
bool xt_is_identifier(const char *text); /* [a-z][a-z0-9_]*, at most 40 characters */
xt_status xt_check_identifier(const xt_node *node, const char *text, const char *what, xt_error *err);
/* Enter prefix + name; refused if it is taken, naming both places. */
xt_status xt_add_name(xt_compiler *c, const xt_node *node, const char *prefix, const char *name,
                      const char *what, xt_symbol_kind symbol, int index, bool function);
const xt_name *xt_find_name(const xt_compiler *c, const char *name);
xt_status xt_unknown_name(xt_compiler *c, const xt_expr *where, bool function);
xt_dim xt_dim_of(const char *unit); /* of a unit that is right */
void *xt_take(xt_compiler *c, size_t count,
              size_t size); /* from the arena, zeroed; NULL with the error set */
void xt_copy_text(char *to, size_t size, const xt_node *node); /* cut at a character; "" for NULL */
/* Names in a list, or one name, as a bit mask of tissues. */
xt_status xt_tissue_mask(unsigned *mask, xt_compiler *c, const xt_node *node);
xt_status xt_tissue_of(int *tissue, xt_compiler *c, const xt_node *node);
xt_status xt_phase_of(int *phase, xt_compiler *c, const xt_node *node);
xt_status xt_phase_key(int *phase, xt_compiler *c, const xt_node *node);

/* ---- compile_tissues.c ---- */
extern const char *const xt_species_keys[]; /* those that are no properties; NULL ends them */
/* What was taken for a property failed with `why`: more likely a slip in a known key, if one is near. */
xt_status xt_refuse_property(xt_compiler *c, const xt_node *node, const char *const *known,
                             const xt_error *why);

/* ---- resolve.c ---- */
/* Parse, resolve and check the formula in a scalar node. */
xt_status xt_compile_any(xt_expr **expr, xt_type *type, xt_compiler *c, const xt_node *node,
                         const xt_scope *scope);
/* The same, of dimension `want`; a condition if want is NULL. `what` begins messages: "a rate". */
xt_status xt_compile_formula(const xt_expr **expr, xt_compiler *c, const xt_node *node, const xt_scope *scope,
                             const xt_dim *want, const char *what);
/* A formula for all tissues, or a map of formulas by tissue with `default` for the rest. NULL node: nothing.
 */
xt_status xt_compile_by_tissue(xt_by_tissue *out, xt_compiler *c, const xt_node *node, const xt_scope *scope,
                               const xt_dim *want, const char *what);
xt_status xt_compile_function_body(xt_compiler *c, const xt_node *node, xt_function *function);
/* A new scalar's index; its kind is set. */
xt_status xt_add_scalar(int *index, xt_compiler *c, const char *name, xt_scalar_kind kind);

/* ---- compile_*.c, in the order in which they run ---- */
xt_status xt_compile_given(xt_compiler *c); /* age, time, female: before all names of the file */
xt_status xt_compile_phases(xt_compiler *c);
xt_status xt_compile_tissue_names(xt_compiler *c);
xt_status xt_compile_scalar_names(xt_compiler *c); /* parameters, settings, plasma, memories, drivers */
xt_status xt_compile_species_names(xt_compiler *c);
xt_status xt_compile_property_names(xt_compiler *c);
xt_status xt_compile_rule_names(xt_compiler *c); /* states and quantities */
xt_status xt_compile_functions(xt_compiler *c);
xt_status xt_compile_drivers(xt_compiler *c); /* and memories */
xt_status xt_compile_tissues(xt_compiler *c);
xt_status xt_compile_compartments(xt_compiler *c);
xt_status xt_compile_species(xt_compiler *c);
xt_status xt_compile_interfaces(xt_compiler *c);
xt_status xt_compile_mechanics(xt_compiler *c);
xt_status xt_compile_quantities(xt_compiler *c);
xt_status xt_compile_states(xt_compiler *c);
xt_status xt_compile_remodelling(xt_compiler *c);
xt_status xt_compile_labels(xt_compiler *c);
xt_status xt_compile_readouts(xt_compiler *c);
xt_status xt_compile_targets(xt_compiler *c);

/* The text of `key`, cut where the room ends (between characters); "" if there is none. */
void xt_keep_text(char *out, size_t size, const xt_node *map, const char *key);

/* slope.c: fills xt_state.slope. After the states are compiled, before hoisting. */
void xt_model_slopes(xt_compiler *compiler);

/* hoist.c: what needs scalars only leaves the per-voxel formulas and becomes a driver. After everything is
 * compiled. */
void xt_model_hoist(xt_compiler *compiler);

#endif
