/* A compiled model file: everything the engine knows of the biology (format: scenes/models/README.md).
 *
 * Names are identifiers [a-z][a-z0-9_]*. All numbers are in internal units (mm, h, pM). Read-only after
 * loading, so any number of simulations may share one. Expressions are owned by the model. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <stdbool.h>
#include "model/expr.h"

enum { XT_MAX_SPECIES = 16, XT_MAX_TISSUES = 32, XT_MAX_PHASES = 8, XT_MAX_STATES = 32 };

typedef enum {
    XT_SCALAR_PARAMETER, /* constant */
    XT_SCALAR_SETTING,   /* set by the scene, changed by its events */
    XT_SCALAR_GIVEN,     /* age, time, female: the engine */
    XT_SCALAR_PLASMA,    /* p_<species>, pM */
    XT_SCALAR_MEMORY,    /* ODE */
    XT_SCALAR_MEAN,      /* mean over a tissue, as of the last step */
    XT_SCALAR_DRIVER     /* formula, evaluated in file order */
} xt_scalar_kind;

typedef struct {
    char name[64], about[256];
    xt_scalar_kind kind;
    xt_dim dim;
    double initial;   /* parameter and memory: value; setting: default, NAN = not given */
    double low, high; /* setting: range, -INFINITY and INFINITY if none */
    xt_unit unit;     /* setting and parameter: unit of its default (for messages and the scene as used) */
    char unit_text[32];
    const xt_expr *formula; /* driver: formula; memory: rate (per h) */
    const xt_expr *mean;    /* mean: the voxel expression */
    int tissue;             /* mean: tissue (from 1) */
} xt_scalar;

/* A formula per tissue: tissue k (from 1) at [k]; NULL where the tissue has none. */
typedef struct {
    const xt_expr *tissue[XT_MAX_TISSUES + 1];
} xt_by_tissue;

typedef struct {
    char name[64], about[256];
    double volume; /* whole body, mm^3 */
    int tissue;    /* stands for it where the mesh has none of it */
} xt_compartment;

typedef struct {
    char name[64];
    int compartment; /* -1: none, the tissue counts as itself */
    double composition[XT_MAX_PHASES];
    unsigned colour;        /* 0xRRGGBB */
    const xt_expr *fluid;   /* phi; may use f_<phase> */
    const double *property; /* [property_count] value of each property here (NAN: not given); formulas allowed
                               in the file for those that depend on f_<phase>: see property_formula */
    const xt_expr **property_formula; /* [property_count], NULL where constant */
} xt_tissue;

typedef struct {
    char name[64], about[256], family[32];
    xt_by_tissue diffusivity, loss, exchange, partition; /* D mm^2/h, k 1/h, K 1/h, R 1 */
    double plasma_baseline, plasma_elimination;          /* pM, 1/h */
    const xt_expr *plasma_source;     /* amol/h, scalars only; NULL: none. `appearance` in it is
                                         baseline * elimination * plasma volume */
    double *share;                    /* [compartment_count] of the total secretion; sums to 1 (or all 0) */
    const xt_expr *everywhere;        /* dimensionless factor, NULL: 1 */
    xt_by_tissue factor, peak, pulse; /* dimensionless, NULL entries: 1 */
    const xt_expr *reaction;          /* pM/h in the fluid, may use c_*, f_*, states, scalars; NULL: none */
    double *property;                 /* [property_count], NAN: not given */
} xt_species;

typedef struct {
    char name[64], about[256];
    const xt_expr *initial; /* may use section, f0_*, quantities that do not use states not yet initial */
    const xt_expr *rate, *value; /* one of them; rate per h */
    const xt_expr *slope;        /* of the rate with the state itself, 1/h (model/slope.c); NULL: 0 */
    xt_dim dim;                  /* of its value */
    unsigned tissues;            /* bit k: tissue k has it */
    bool initial_constant;       /* initial is a plain number: no quantity is needed */
} xt_state;

typedef struct {
    char name[64];
    xt_by_tissue formula; /* default filled in for every tissue */
    xt_dim dim;
    bool needs_peak; /* uses blend, itself or through other quantities */
} xt_quantity;

typedef struct {
    int phase;
    unsigned tissues;
    const xt_expr *rate, *target;           /* one of them; rate per h */
    double low, high;                       /* limits, default 0 and 1 */
    const xt_expr *freed_to[XT_MAX_PHASES]; /* shares; the rest goes to the slack phase */
    double taken_from[XT_MAX_PHASES]; /* shares of the demand, each as available; the rest from slack above
                                         floor */
    int then_from[XT_MAX_PHASES], then_count; /* tried in order for what is still missing; what is missing
                                                 after that is not applied */
} xt_remodelling;

typedef struct {
    int from, to;        /* tissues */
    const xt_expr *when; /* condition on f_*, states, scalars */
    unsigned beside;     /* bit k: at least one of the six neighbours must be tissue k; 0: no condition */
} xt_label_rule;

typedef struct {
    int a, b;                            /* tissues, a < b */
    double permeability[XT_MAX_SPECIES]; /* mm/h */
} xt_membrane;

typedef struct {
    const xt_expr *modulus; /* any unit; only ratios matter. NULL: no mechanics, section = 0 */
    unsigned tissues, applies_to;
    int case_count;
    double eccentricity[16][2]; /* mm, of the axial force of each load case */
} xt_mechanics;

typedef struct {
    char name[64], unit_text[32];
    const xt_expr *formula;
    double scale;                          /* internal value / scale = value in the unit */
    bool relative;                         /* to the value at the start */
    char label[64], group[64], about[256]; /* "": its name; by unit; nothing */
} xt_readout;

/* What was measured in people of an age, shown beside the curve of a readout. Nothing is computed from it. */
typedef struct {
    int readout, sex; /* sex: 0 both, 1 female, 2 male */
    double from, to;  /* ages, h */
    double low, high; /* in the readout's unit; change: in % of the value at `from`, reached at `to` */
    bool change;
    char about[256], source[256];
} xt_target;

struct xt_model {
    char name[64], about[1024];
    char *file, *text; /* path, and the file as read */

    xt_scalar *scalar;
    int scalar_count;
    int age, time, female, peak_share; /* indices of scalars; peak_share -1 if the model has no such driver */
    int plasma_first;                  /* p_<species i> is scalar plasma_first + i */

    double plasma_volume; /* mm^3 */
    xt_compartment *compartment;
    int compartment_count;

    char phase[XT_MAX_PHASES][64];
    int phase_count, slack;
    double slack_floor;

    xt_tissue *tissue; /* [tissue_count + 1]; [0] is outside */
    int tissue_count;
    const char **tissue_name; /* [tissue_count], for xt_geometry_build */
    char (*property)[64];
    xt_dim *property_dim;
    int property_count;

    xt_species *species;
    int species_count;
    xt_membrane *membrane;
    int membrane_count;
    xt_mechanics mechanics;

    xt_quantity *quantity;
    int quantity_count;
    xt_state *state;
    int state_count;
    xt_remodelling *remodelling;
    int remodelling_count;
    xt_label_rule *label_rule;
    int label_rule_count;
    double dwell; /* h */
    xt_readout *readout;
    int readout_count;
    xt_target *target;
    int target_count;
    unsigned transport_phases; /* bit p: some transport formula depends on f_<phase p> */

    void *private_data;
};

/* An override of a parameter from the scene (`model.set`): value is text with a unit. */
typedef struct {
    const char *name, *value;
    const xt_source *source;
    int line, col;
} xt_override;

/* Read, check and compile. Every error has file:line:col. *model is owned by the caller: xt_model_free. */
xt_status xt_model_load(xt_model **model, const char *path, const xt_override *overrides, int override_count,
                        xt_error *err);
void xt_model_free(xt_model *model);

int xt_model_find_tissue(const xt_model *model, const char *name);  /* from 1; 0: none */
int xt_model_find_species(const xt_model *model, const char *name); /* from 0; -1: none */
int xt_model_find_phase(const xt_model *model, const char *name);
int xt_model_find_scalar(const xt_model *model, const char *name);

/* Transport coefficients of a species in a tissue whose home fractions are `phase`. D is of the fluid (phi
 * not in it). */
typedef struct {
    double fluid, diffusivity, loss, exchange, partition;
} xt_transport;
void xt_model_transport(xt_transport *out, const xt_model *model, int species, int tissue,
                        const double *phase);

/* Scalars at the start: parameters, setting defaults, memories' initial values, plasma baselines; the rest 0.
 */
void xt_model_initial_scalars(const xt_model *model, double *scalar);
/* Evaluate all drivers, in order, from the other scalars. */
void xt_model_drivers(const xt_model *model, double *scalar);

/* Baseline secretion of `species` in a tissue of `compartment`, pM/h of tissue volume: from plasma baseline,
 * elimination and shares over the five well-mixed compartments (MODEL.md §1.5); computed at load. 0 for
 * compartment -1. */
double xt_model_baseline_secretion(const xt_model *model, int species, int compartment);
/* The well-mixed reference level of a species in the fluid of a tissue, pM. */
double xt_model_baseline_level(const xt_model *model, int species, int tissue);

/* JSON Schema (draft 2020-12) of the model file, from the table that the reader uses. */
void xt_model_json_schema(xt_text *out);

#endif
