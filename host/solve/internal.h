/* What the files of this room share. Nothing outside includes it. */
#ifndef SOLVE_INTERNAL_H
#define SOLVE_INTERNAL_H

#include "fields/cell_text.h"
#include "solve/controller.h"
#include "solve/multigrid.h"
#include "solve/reduce.h"
#include "solve/solve.h"
#include "solve/stencil.h"

/* ---- secretion (source.c) ---- */

/* Which multipliers apply: none (the reference), everywhere x factor (rest), and those x peak or x pulse. */
typedef enum { XT_SOURCE_REFERENCE, XT_SOURCE_REST, XT_SOURCE_PEAK, XT_SOURCE_PULSE } xt_source_kind;

/* Refuse formulas that this room cannot evaluate where they stand (XT_USAGE). */
xt_status xt_source_check(const xt_model *model, xt_error *err);

/* Generated text that kernels/cell.clh needs; `uses`: what the formulas in it read of a cell. */
void xt_source_text(xt_text *out, const xt_model *model, bool walls, xt_cell_uses *uses);
bool xt_source_has_reactions(const xt_model *model);

/* Does the secretion or reaction of a species depend on fields, so that its steady problem is not linear? */
bool xt_source_nonlinear(const xt_model *model, int species);

/* Table [tissue_count + 1][species_count][2]: secretion of a home tissue but for its voxel factor, and of a
 * second tissue with the factor at the tissue's composition. */
void xt_source_table(float *table, const xt_fields *fields, const double *scalar, xt_source_kind kind);

/* That table onto the device, as solver->base[which]. */
xt_status xt_source_upload(xt_solver *solver, int which, const double *scalar, xt_source_kind kind,
                           xt_error *err);

/* Secretion of an organ with the phases and states it has, pM/h; plasma source, amol/h. */
double xt_source_organ(const xt_fields *fields, const xt_organ *organ, int species, const double *scalar,
                       xt_source_kind kind);
double xt_source_plasma(const xt_model *model, int species, const double *scalar, xt_source_kind kind);

/* phi reaction of an organ for the levels `field` [species], pM/h; 0 if there is none. */
double xt_source_organ_reaction(const xt_fields *fields, const xt_organ *organ, int species,
                                const double *scalar, const double *field, double fluid);

/* ---- organs (organ.c) ---- */

/* Steady level of an organ for a plasma level. `level` of the other species is read from the organ (peak or
 * rest). */
double xt_organ_steady(const xt_fields *fields, const xt_organ *organ, int species, double plasma,
                       double source, const double *scalar, bool peak);

/* What organs give the plasma at their steady levels, net, amol/h; gross terms and the slope with the plasma
 * level. */
typedef struct {
    double to_plasma, from_plasma, slope;
} xt_organ_flow;
xt_organ_flow xt_organs_flow(double *level, const xt_fields *fields, int species, double plasma,
                             const double *scalar, xt_source_kind kind);
void xt_organs_store(xt_fields *fields, int species, const double *level, xt_source_kind kind);

/* ---- steady problems, several at once (elliptic.c, kernels/elliptic.cl, multigrid.h) ---- */

/* Which species' coefficients a set holds. */
typedef struct {
    int species; /* -1: none */
    unsigned geometry;
    unsigned long long used; /* when, for taking the oldest's place */
} xt_set;

typedef struct {
    xt_program *program;
    cl_kernel setup, source, residual, product, update, linearise;
    xt_multigrid grid;
    cl_mem low_half;         /* what 16 bits lack of the coefficients, [sets] records */
    cl_mem r, q, low, p;     /* [slots][cells]: residual, A p, low part of the unknown, direction */
    cl_mem spare;            /* a direction too; the cycle works in it */
    cl_mem secretion;        /* [slots][cells] */
    cl_mem uptake, constant; /* models with reactions only, else one float */
    cl_mem partial;          /* pairs of sums */
    float *partial_host;
    xt_set set[XT_JOBS];
    unsigned long long clock;
} xt_elliptic;

typedef enum {
    XT_TOTAL_SECRETION,
    XT_TOTAL_SUPPLY,
    XT_TOTAL_LOSS,
    XT_TOTAL_EXCHANGE,
    XT_TOTAL_BODY_EXCHANGE,
    XT_TOTAL_BODY_SUPPLY,
    XT_TOTAL_WALL,
    XT_TOTAL_REACTION,
    XT_TOTALS
} xt_total;

/* A c = source_weight x (secretion and walls) + plasma x supply; x is planar, fields is a view whose ->rest
 * is the field that formulas read as c_<species>. */
typedef struct {
    const xt_fields *view;
    cl_mem x, base;
    int species;
    float source_weight;
    double plasma;
    int modulated;
    bool sourced; /* the secretion at hand is still right */
    double tolerance;
    double accepted;          /* a relative residual that is as good as rounding allows: kept between calls */
    double first, last;       /* out: relative residuals found at the start and at the end */
    double stored;            /* out: what keeping the field in fp32 costs, relative residual */
    int iterations;           /* out */
    double totals[XT_TOTALS]; /* out: terms of the balance over the mesh, amol/h */
} xt_problem;

/* Per species: what the plasma's closure keeps from one call to the next. */
typedef struct {
    bool known;
    unsigned geometry;
    double exchange; /* sum of body exchange x unit response */
    double accepted[2];
    double right, mesh,
        plasma; /* largest |b|^2 and throughputs so far: what a vanishing species is measured against */
} xt_response;

/* ---- the right-hand side of all species (rhs.c, kernels/rhs.clh) ---- */

enum { XT_RHS_SUMS = 6 }; /* RHS_SUMS_COUNT */

typedef struct xt_acute xt_acute;

/* Running totals of acute mode per species, amol. */
typedef struct {
    double produced, lost, supplied, returned, stored;
    double plasma_in, plasma_out, plasma_stored;
} xt_ledger;

/* A stretch of acute time that a stop may have broken off: resumed with the same steps. */
typedef struct {
    double start, until;
    long long steps, done;
} xt_stretch;

struct xt_solver {
    xt_fields *fields;
    xt_solver_def def;
    xt_solver_report report;
    xt_cell_uses uses;
    bool walls, reactions;
    bool own_fields; /* formulas of cells read fields */
    cl_float4 box;   /* spacing mm, voxels along x */
    xt_reduce reduce;
    cl_mem base[2]; /* float2 [tissue_count + 1][species_count]: rest (and reference), peak */
    float *base_host;
    bool base_known, base_modulated; /* of base[0]: it was uploaded; for a kind with multipliers */
    xt_elliptic elliptic;
    xt_stencil stencil; /* for the right-hand side; nothing until it is asked for */
    xt_pick pick;       /* of its blocks, as suits the device */
    xt_response response[XT_MAX_SPECIES];
    xt_ledger ledger[XT_MAX_SPECIES];
    double
        appearance[XT_MAX_SPECIES]; /* amol/h: what keeps the baseline of a species that no tissue secretes */
    xt_stretch stretch;             /* of steps of equal size */
    xt_controller controller;       /* of adaptive ones */
    unsigned long long count;       /* acute steps ever taken: seeds the rounding */
    xt_acute *acute;
};

/* Sums that the residual and the operator make. */
enum { XT_RESIDUAL_SUMS = 3 + XT_TOTALS, XT_OPERATOR_SUMS = 5 };
/* text: as of xt_source_text. */
xt_status xt_elliptic_create(xt_solver *solver, const char *text, xt_error *err);
void xt_elliptic_free(xt_solver *solver);
/* Problems that can be solved at once: of different species, and on top of that of the same species in a
 * second field. */
int xt_elliptic_width(const xt_solver *solver);
bool xt_elliptic_pairs(const xt_solver *solver);
/* Problems go together as far as their arrays take no more than this; one always goes. What it saves is
 * launches and waiting, so it is for small grids; on a processor the arrays should also stay in the cache. */
enum { XT_BATCH_BYTES_ROWS = 16 << 20, XT_BATCH_BYTES = 256 << 20 };
/* Coefficients of the problems' species for the present geometry, where they are not at hand, or in any case
 * if `anew`; with reactions, about the field of the first problem, for it alone. */
xt_status xt_elliptic_setup(xt_solver *solver, xt_problem *const *problems, int count, bool anew,
                            xt_error *err);
/* Solve problems of species that are set up: at most the width's species, in one field or, with pairs, two.
 */
xt_status xt_elliptic_solve(xt_solver *solver, xt_problem *const *problems, int count, xt_error *err);
/* The first `count` of the arguments that XT_MESH_PARAMETERS stands for: 5 are XT_LOCAL_PARAMETERS, 6
 * XT_SOURCE_PARAMETERS (kernels/cell.clh). Returns count. */
enum { XT_LOCAL_ARGS = 5, XT_SOURCE_ARGS, XT_MESH_ARGS };
int xt_mesh_args(xt_arg *args, const xt_solver *solver, int count);

/* What RHS_PARAMETERS needs for the classes there are now: before kernels that have it, after the geometry
 * may have changed. */
xt_status xt_rhs_update(xt_solver *solver, xt_error *err);
/* The arguments that RHS_PARAMETERS stands for; returns how many. */
int xt_rhs_args(xt_arg *args, const xt_solver *solver);

/* ---- acute mode (acute.c) ---- */
void xt_acute_free(xt_solver *solver);

/* Acute mode without a mesh (well_mixed.c): fourth-order Runge-Kutta on the organs and the plasma, in double.
 */
xt_status xt_well_mixed_advance(xt_solver *solver, double *time, double until, xt_drivers_at drivers,
                                void *context, const volatile int *stop, xt_error *err);

/* Steps of equal size from `time` to `until`, none above `longest` (stretch.c): their size. Those of a
 * stretch that was broken off here are kept, so that it ends with the same bits. */
double xt_stretch_plan(xt_stretch *stretch, double time, double until, double longest);
double xt_stretch_time(const xt_stretch *stretch, double steps); /* h, after so many steps */

/* Take note of a balance; relative defects against the throughput. */
void xt_balance_note(xt_solver *solver, int species, double mesh_defect, double plasma_defect,
                     double throughput);

#endif
