/* What the files of acute mode share: what drives a step (acute_forcing.c), the body beside the mesh
 * (acute_body.c), and the methods (euler.c, rkc.c). */
#ifndef SOLVE_ACUTE_H
#define SOLVE_ACUTE_H

#include "solve/controller.h"
#include "solve/internal.h"

/* As kernels/acute.clh and plasma.cl have them. */
enum { XT_FOLDED = 32, XT_TRACKS = 10, XT_PLASMA_CONSTANTS = 5, XT_ORGAN_CONSTANTS = 5, XT_REPORT = 3 };

/* Rows of what changes with time, on the device at once. */
enum { XT_ROWS_MOST = 256 };

/* What acute_measure adds up over the mesh: K R and w K R, mm^3/h; phi c, amol; phi, mm^3; cells, mm^3. */
enum { XT_SUPPLY, XT_BODY_SUPPLY, XT_STORED, XT_FLUID_VOLUME, XT_TISSUE_VOLUME, XT_MEASURES };
typedef double xt_measures[XT_MAX_SPECIES][XT_MEASURES];

/* Sources at a row's time. Plasma and organs, which drivers and organs' factors may read, are extrapolated
 * from a level with its rate. */
typedef struct {
    cl_mem tables, scalars, source, injected; /* one row each */
    float *tables_host, *scalars_host, *source_host, *injected_host;
    double *scalar;
    float *look[4]; /* rows to compare, and the largest values seen */
    xt_drivers_at drivers;
    void *context;
    double since; /* h: time of the levels */
    double plasma[XT_MAX_SPECIES], plasma_rate[XT_MAX_SPECIES];
    double *organ, *organ_rate; /* [organ][species] */
} xt_forcing;

typedef struct {
    cl_kernel rate, first, stage, add, plasma_rate, plasma_first, plasma_stage, plasma_add;
    cl_mem slopes, linear, change[2];   /* [species][cells]: F_0, G_0, d_(j-1) and d_(j-2) */
    cl_mem rates, work, body_change[2]; /* of the body: F_0, scratch */
    cl_mem report, absolute;
    bool made;
} xt_rkc;

typedef struct {
    cl_kernel cells, body, bound, error;
    cl_mem before, coarse; /* [species][cells]: at the start, after one whole step */
    cl_mem body_before, body_coarse;
    cl_mem most;
    float *host; /* of most, then of two bodies */
    bool made;
} xt_split;

/* Factors of secretion by cell (acute_factor.c), where they do not depend on fields. */
typedef struct {
    cl_kernel kernel;
    cl_mem values;  /* [species][cells]; a single float where it is not used */
    cl_mem scalars; /* with which they were found, there and here */
    bool *used;     /* [scalar_count]: factors read it */
    float *scalar;
    bool known;
} xt_factor;

/* All of acute mode: built when the first acute step is wanted, for most runs never want one. */
struct xt_acute {
    xt_program *program;
    cl_kernel step, fold, plasma, measure;
    xt_forcing forcing;
    cl_mem folded, level, constants;
    cl_mem body, body_next; /* float2 [species][XT_TRACKS + 1 + organs]: kernels/plasma.cl */
    cl_mem body_rates;
    float *body_host; /* [species][components][2], and as much again for rates */
    cl_mem organ_constants, organ_tissue, organ_field[2];
    cl_mem organ_phase, organ_bone, organ_state, organ_reference, organ_epsilon;
    int parity; /* organ_field that is current */
    xt_factor factor;
    xt_rkc rkc;
    xt_split split;
};

/* For what may be empty, as a buffer may not. */
static inline size_t xt_at_least_one(size_t n) { return n > 0 ? n : 1; }

/* Components of the body per species. */
static inline size_t xt_body_count(const xt_fields *fields) {
    return XT_TRACKS + 1 + (size_t)fields->organ_count;
}

/* ---- acute_forcing.c ---- */
xt_status xt_forcing_create(xt_forcing *forcing, const xt_fields *fields, xt_error *err);
void xt_forcing_free(xt_forcing *forcing, xt_device *device);
/* Levels as fields have them, standing still. */
void xt_forcing_begin(xt_solver *solver, double time, xt_drivers_at drivers, void *context);
/* Fill a row on the host; bring the first `count` to the device. */
void xt_forcing_row(xt_solver *solver, int row, double time);
xt_status xt_forcing_upload(xt_solver *solver, int count, xt_error *err);
/* Where sources first jump after `time` (to xt_tick), or `until`: they are looked at once a minute, and twice
 * at least, so that no pulse of a minute or longer is stepped over. */
double xt_forcing_edge(xt_solver *solver, double time, double until);
static const double xt_tick = 1e-7; /* h */

/* ---- acute_factor.c ---- */
xt_status xt_factor_create(xt_solver *solver, xt_error *err);
void xt_factor_free(xt_solver *solver);
/* Before a kernel that uses a row: find the factors anew if a scalar in them has
 * moved by a hundredth of the tolerance (1e-5 at most) since they were found. */
xt_status xt_factor_update(xt_solver *solver, int row, xt_error *err);

/* ---- acute_body.c ---- */
xt_status xt_body_create(xt_solver *solver, xt_error *err);
void xt_body_free(xt_solver *solver);
xt_status xt_body_upload(xt_solver *solver, xt_measures totals, xt_error *err);
/* What is tolerated of each species' plasma and organs from now on, pM. */
xt_status xt_body_tolerate(xt_solver *solver, const float *absolute, xt_error *err);
/* Levels, rates and totals into body_host. */
xt_status xt_body_read(xt_solver *solver, bool rates, xt_error *err);
double xt_body_value(const xt_solver *solver, bool rate, int species, int component);
/* The arguments that BODY_PARAMETERS stands for; the pointers stay valid until the next call. */
typedef struct {
    cl_float volume;
    cl_int step, reacting, organs;
    xt_fields view;
} xt_body_call;
int xt_body_args(xt_arg *args, xt_body_call *call, xt_solver *solver, int row, bool reacting);

/* ---- acute.c ---- */
/* The error of a level that is tolerated whatever the level, pM; XT_NO_LEVEL where there is none at all. */
#define XT_NO_LEVEL 1e-30
double xt_acute_absolute(const xt_solver *solver, xt_measures totals, int species);
/* The fastest rate of organs and plasma, 1/h (Gershgorin). */
double xt_body_rate(const xt_solver *solver, xt_measures totals);
/* Fold the cells' partial sums for the body's step. */
xt_status xt_acute_fold(xt_solver *solver, int quantities, xt_error *err);

/* ---- rkc_stages.c: the parts of a step, enqueued (kernels/rkc.cl) ---- */
typedef struct {
    xt_solver *solver;
    double radius;       /* bound on the spectral radius of what goes through the stages, 1/h */
    double tissue_cells; /* their number */
    bool reacting;       /* reactions go through the stages */
} xt_stepper;

/* Buffers, when the first acute step needs them; the absolute tolerance for the levels as they are. */
xt_status xt_rkc_make(xt_solver *solver, xt_measures totals, xt_error *err);
void xt_rkc_free(xt_solver *solver);
/* F where a step begins, and its norm. Sources count as they are just after `time`, of a step of up to h. */
xt_status xt_rkc_begin(double *norm, const xt_stepper *st, double time, double h, xt_error *err);
/* All stages of a step: its end into `peak` and `body_next`, its change is change[0]. */
xt_status xt_rkc_stages(const xt_stepper *st, double time, double end, int stages, xt_error *err);
/* F where it ends, into change[1], change[0] and work, and the step's error in units of the tolerance. */
xt_status xt_rkc_end(double *error, const xt_stepper *st, double h, int stages, xt_error *err);
/* The stages of a step of h hours: no more than there may be, should the longest one be rounded up. */
int xt_rkc_count(const xt_stepper *st, double h);
/* What is tolerated of each species, cells and body, from now on, pM. */
xt_status xt_rkc_tolerate(xt_solver *solver, const float *absolute, xt_error *err);
/* Per species, as xt_rkc_norm. */
xt_status xt_rkc_norms(double *norm, const xt_stepper *st, xt_error *err);
/* The norm that kernels left in the report: the largest over species of the cells' root mean square, and of
 * plasma and organs, in units of the tolerance. */
xt_status xt_rkc_norm(double *norm, const xt_stepper *st, xt_error *err);
/* What drivers may read, from the body where a step begins. */
xt_status xt_rkc_look(xt_solver *solver, double time, xt_error *err);
void xt_swap(cl_mem *a, cl_mem *b);

/* ---- split.c: stiff reactions beside the stages (kernels/rosenbrock.cl) ---- */
/* The largest rate of reactions over the mesh now, 1/h. */
xt_status xt_split_bound(double *rate, xt_solver *solver, double time, xt_error *err);
/* Strang splitting from `time` to `end`, in place: two half steps, whose difference from the whole one gives
 * the error (units of the tolerance). Put back where it was if that is above 1. */
xt_status xt_split_attempt(double *error, const xt_stepper *st, double time, double end, xt_error *err);
void xt_split_free(xt_solver *solver);

/* ---- the methods: from *time to `until` ---- */
xt_status xt_euler_advance(xt_solver *solver, xt_measures totals, double *time, double until,
                           const volatile int *stop, xt_error *err);
/* At most `steps` steps, all of them unless they are stuck; `stop` is looked at only then. */
xt_status xt_rkc_advance(xt_solver *solver, xt_measures totals, double *time, double until, int steps,
                         const volatile int *stop, xt_error *err);

#endif
