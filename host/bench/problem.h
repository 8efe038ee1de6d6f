/* The fixed problems of the benchmark. Geometry, coefficients and first levels are closed forms, so that
 * every size is the same body at another resolution, and anyone can compute the same problem without our
 * files. */
#ifndef BENCH_PROBLEM_H
#define BENCH_PROBLEM_H

#include "solve/solve.h"
#include "tissue/tissue.h"

typedef enum {
    XT_BENCH_STREAMS,  /* arrays alone, no body */
    XT_BENCH_TISSUES,  /* four species in six tissues: ellipsoids, a sphere in a sphere, thin filaments */
    XT_BENCH_RANDOM,   /* the same tissues, drawn anew for every voxel */
    XT_BENCH_EMPTY,    /* as TISSUES, but nothing is secreted or supplied and one voxel holds all there is */
    XT_BENCH_ELLIPTIC, /* one species in three tissues, 1 : 100 : 10 */
    XT_BENCH_BODY,     /* the default model's tissues in the places of TISSUES */
    XT_BENCH_PROBLEMS
} xt_bench_problem;

/* Tissue (from 0) of voxel x, y, z of n^3. Tissue t of the mesh is 1 + this, by way of the body's names. */
int xt_bench_tissue(xt_bench_problem problem, int x, int y, int z, int n);

/* Level of a species at the start, pM. */
double xt_bench_level(xt_bench_problem problem, int x, int y, int z, int n, int species);

/* Everything made for one problem at one size. The plasma is held. Every voxel holds tissue. */
typedef struct {
    xt_bench_problem problem;
    int n;
    xt_device *device;
    xt_model *model;
    xt_mesh *mesh;
    xt_fields *fields;
    xt_tissue_rules *rules; /* BODY only */
    double *scalar;         /* [scalar_count] */
} xt_bench_world;

xt_status xt_bench_world_create(xt_bench_world **world, xt_bench_problem problem, int n, xt_device *device,
                                xt_error *err);
void xt_bench_world_free(xt_bench_world *world); /* NULL is fine */

/* The same level of every species everywhere. */
xt_status xt_bench_world_fill(xt_bench_world *world, double level, xt_error *err);
/* Fields at rest as they start (xt_bench_level). */
xt_status xt_bench_world_reset(xt_bench_world *world, xt_error *err);

/* Model of a problem (NULL for STREAMS), for those who need no device. */
xt_status xt_bench_model(xt_model **model, xt_bench_problem problem, xt_error *err);

/* Cell of a voxel. */
static inline size_t xt_bench_cell(int x, int y, int z, int n) {
    const size_t blocks = ((size_t)n + XT_BLOCK - 1) / XT_BLOCK;
    return XT_BLOCK * (1 + ((size_t)z * (size_t)n + (size_t)y) * blocks) + (size_t)x;
}

#endif
