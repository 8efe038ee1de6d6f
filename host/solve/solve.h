/* Advancing the species fields: acute (explicit steps in time) and chronic (quasi-steady, plasma closed).
 *
 * phi dc/dt = div(phi D grad c) + S - phi k c + K (R c_p - c) + phi reaction        (MODEL.md eq. 1)
 * V_p dc_p/dt = sum w V K (c - R c_p) + organs + J - CL c_p                          (MODEL.md eq. 2) */
#ifndef SOLVE_SOLVE_H
#define SOLVE_SOLVE_H

#include "fields/fields.h"

typedef struct xt_solver xt_solver;

typedef enum { XT_RKC2, XT_EULER } xt_acute_method;

typedef struct {
    double tolerance;       /* relative residual of the elliptic solves, default 1e-6 */
    int max_iterations;     /* default 2000 */
    xt_acute_method method; /* of acute mode; default XT_RKC2: adaptive, of order 2 (kernels/rkc.cl) */
    double relative;        /* XT_RKC2: error tolerated in a step, relative to the level; default 1e-3 */
    double absolute; /* XT_RKC2: and beside it, pM; 0, the default: relative x the tissue's mean level */
    int max_stages;  /* XT_RKC2: 2 to 64 (XT_STAGES_MOST, the default) */
    double courant;  /* XT_EULER and well-mixed: share of the largest stable step, default 0.4 */
    double max_step; /* acute, h; default 4 */
} xt_solver_def;
xt_solver_def xt_solver_def_default(void);

/* Running totals of a species, body-weighted amounts aside: what DESIGN.md §6 asks for. All in amol (or
 * amol/h when steady). The mesh defect is |produced + supplied - lost - returned - stored| and the plasma's
 * likewise, relative to throughput (the larger of all production and all losses). */
typedef struct {
    double mesh_defect, plasma_defect; /* largest so far, relative */
    double throughput;
} xt_balance;

typedef struct {
    unsigned long long solves, iterations; /* elliptic */
    unsigned long long cycles;             /* of multigrid, a problem at a time */
    int worst_iterations;
    int levels;               /* of the multigrid hierarchy, as many as any species needed */
    double worst_residual;    /* relative, true residual recomputed after convergence */
    unsigned long long steps; /* acute, accepted */
    unsigned long long rejected, right_hand_sides;
    int stages_most;
    bool split;    /* reactions were too stiff for stages: Strang splitting was used */
    double step_h; /* last acute step, h */
    xt_balance balance[XT_MAX_SPECIES];
} xt_solver_report;

/* Compile the kernels for the model. fields->mesh NULL (well-mixed) is fine: all runs on the host. */
xt_status xt_solver_create(xt_solver **solver, xt_fields *fields, const xt_solver_def *def, xt_error *err);
void xt_solver_free(xt_solver *solver);
/* Bytes that the solver takes on a processor for so many cells, acute mode included or not; a GPU may take
 * 256 MiB more to solve several species at once. */
double xt_solver_bytes(const xt_model *model, bool acute, double cells);
const xt_solver_report *xt_solver_get_report(const xt_solver *solver);

/* The reference: every modulator 1, S = baseline; closes the plasma, sets fields->secretion_scale so that the
 * plasma level is the model's baseline (unless plasma_clamped), fields->reference, ->rest, ->epsilon,
 * ->plasma and the organs' levels. A species with a
 * baseline that no tissue secretes gets what keeps it there as a constant inflow to the plasma. */
xt_status xt_solver_reference(xt_solver *solver, xt_error *err);

/* Quasi-steady rest fields (and, if peak, exercise-peak fields; otherwise ->peak is left alone) for the
 * scalars given: S = scale * baseline * everywhere * factor [* peak]. Warm-started from ->rest and ->peak.
 * Nonlinear reactions by outer (Picard) iteration. XT_NUMERIC if it does not converge. */
xt_status xt_solver_steady(xt_solver *solver, const double *scalar, bool peak, xt_error *err);

/* One elliptic solve by itself, for measuring: the rest field of a species (-1: all), from zero, to a
 * relative true residual, with the plasma held where it is. The secretion is that of the last
 * xt_solver_steady or xt_solver_reference; where neither ran, the baseline. Coefficients are made anew:
 * setup_s. ->rest is overwritten. `iterations` and `residual` are the largest of the species. XT_NUMERIC if
 * it does not converge, XT_USAGE without a mesh. */
typedef struct {
    int iterations;
    double residual;
    double setup_s, solve_s; /* wall time */
} xt_elliptic_result;
xt_status xt_solver_elliptic(xt_elliptic_result *result, xt_solver *solver, int species, double tolerance,
                             xt_error *err);
/* What ->rest of a species lacks of the solution that the last xt_solver_elliptic found: floats cannot hold a
 * level field to a small residual, so the solver keeps a second one. low[cells]. */
xt_status xt_solver_elliptic_low(float *low, xt_solver *solver, int species, xt_error *err);

/* Acute: advance ->rest (and plasma and organs) from *time to exactly `until` (h since the scene's start), by
 * the method and to the tolerance of the xt_solver_def: any fields, plasma and organs will do to start from.
 * Sources change with time through `drivers`, called for any times of a step, in any order, to fill `scalar`
 * (model order). Boluses are xt_solver_bolus. *time is updated. Stops early, between (groups of) steps,
 * when *stop becomes non-zero. The report counts accepted and rejected steps and right-hand sides. */
typedef void (*xt_drivers_at)(double *scalar, double time, void *context);
xt_status xt_solver_advance(xt_solver *solver, double *time, double until, xt_drivers_at drivers,
                            void *context, const volatile int *stop, xt_error *err);

/* The same, but after about `steps` adaptive steps it pauses, *time short of `until`. A run that always
 * pauses so and is always given the same `until` is the same, to the bit, however often it is saved and
 * loaded in between. */
xt_status xt_solver_toward(xt_solver *solver, double *time, double until, int steps, xt_drivers_at drivers,
                           void *context, const volatile int *stop, xt_error *err);

/* Something that drivers depend on has just jumped: the next acute step starts afresh. */
void xt_solver_disturbed(xt_solver *solver);

/* Put `amount` amol of a species into the plasma (radius 0) or evenly into the fluid of the tissue cells
 * within `radius` mm of a point (mm, from the box's first corner). */
xt_status xt_solver_bolus(xt_solver *solver, int species, double amount, const double centre[3],
                          double radius, xt_error *err);

/* State that a checkpoint must keep besides fields (accumulated totals, compensation terms): opaque bytes. */
size_t xt_solver_state_size(const xt_solver *solver);
xt_status xt_solver_state_save(void *bytes, xt_solver *solver, xt_error *err);
xt_status xt_solver_state_load(xt_solver *solver, const void *bytes, xt_error *err);

#endif
