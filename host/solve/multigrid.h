/* One V-cycle of geometric multigrid as a preconditioner, for several problems at once
 * (kernels/multigrid.cl).
 *
 * Levels keep the mesh's sparse blocks: a coarse cell stands for two cells along each axis whose spacing is
 * not much larger than the smallest, and exists where one of them does; odd sizes, holes and anisotropic
 * voxels need nothing else. How deep a species goes is decided by its coefficients: where losses outweigh the
 * exchange with neighbours, smoothing alone is the solution. The last level is solved by a dense inverse. */
#ifndef SOLVE_MULTIGRID_H
#define SOLVE_MULTIGRID_H

#include "device/device.h"
#include "mesh/mesh.h"

/* Problems a launch takes at most (the kernels' int8), levels, cells of a level that is solved densely. */
enum { XT_JOBS = 8, XT_LEVELS = 24, XT_DENSE_CELLS = 256 };

/* The blocks of a level from those of the finer one. child: block of the finer level at [block][x + 2y + 4z],
 * 0 where there is none; parent: of each finer block, the first coarse cell its cells lie in. */
typedef struct {
    size_t blocks;
    xt_block *block;
    int32_t *child, *parent;
} xt_coarse;
xt_status xt_coarse_make(xt_coarse *coarse, const xt_block *fine, size_t fine_blocks, const bool doubled[3],
                         xt_error *err);
void xt_coarse_free(xt_coarse *coarse);

/* The inverse of a level's operator, [n][n], n = blocks * XT_BLOCK; rows of empty cells are 0. record: as in
 * kernels/multigrid.clh. */
xt_status xt_dense_inverse(float *inverse, const xt_block *block, size_t blocks, const uint16_t *record,
                           xt_error *err);

/* Which problems: where their vectors lie, and their species. Coefficients lie at slot % sets. */
typedef struct {
    int count;
    cl_int slot[XT_JOBS], species[XT_JOBS];
} xt_jobs;

/* A run of cells for each work-group, so that results do not depend on how many problems go together. */
typedef struct {
    cl_int cells, run;
    size_t runs;
} xt_runs;

typedef struct {
    xt_runs size;
    cl_int doubled[3];             /* from this level to the next */
    cl_mem block;                  /* the finest: the fields' */
    cl_mem parent, child;          /* of the next level */
    cl_mem half;                   /* records, [sets] */
    cl_mem right, result, stepped; /* [slots][cells]; the finest's right and stepped are the caller's */
} xt_level;

typedef struct {
    xt_device *device;
    cl_kernel finest, coarsen, invert, begin, restrict_to, prolong, finish;
    xt_level level[XT_LEVELS];
    int levels, sets, slots;
    size_t local;
    cl_mem largest; /* pairs, by level, problem and run */
    size_t largest_first[XT_LEVELS];
    float *largest_host;
    cl_mem dense;   /* [sets][n][n] */
    xt_block *last; /* blocks of the last level, for the inverse */
    size_t last_blocks;
    struct {
        int depth;               /* levels that the cycle visits */
        double share[XT_LEVELS]; /* largest share of the faces in a diagonal */
    } set[XT_JOBS];
} xt_multigrid;

/* Cells in runs for sums: rows as in kernels/reduce.clh. */
xt_runs xt_runs_of(size_t cells, bool rows);

/* A list by problem as kernels take it. */
cl_int8 xt_pack(const cl_int list[XT_JOBS]);

/* Levels for a mesh, and room for the coefficients of `sets` species and the vectors of `slots` problems.
 * block: the mesh's on the device; rows and local: how kernels take cells (solve/reduce.h). */
xt_status xt_multigrid_create(xt_multigrid *mg, xt_device *device, xt_program *program, const xt_mesh *mesh,
                              cl_mem block, int sets, int slots, bool rows, size_t local, xt_error *err);
void xt_multigrid_free(xt_multigrid *mg);

/* Coarse operators of sets whose finest records are made; `low` as in kernels/multigrid.clh. Blocking. */
xt_status xt_multigrid_setup(xt_multigrid *mg, const xt_jobs *sets, cl_mem low, xt_error *err);

/* level[0].result = an approximation of A^-1 right, and pairs of the sums of result x product by run in
 * `partial`, level[0].size.runs by problem. stepped: a vector to work in. */
xt_status xt_multigrid_cycle(xt_multigrid *mg, const xt_jobs *jobs, cl_mem right, cl_mem stepped,
                             cl_mem product, cl_mem partial, xt_error *err);

/* Those sums by problem, from the pairs. */
void xt_multigrid_sums(double *sum, const xt_multigrid *mg, const xt_jobs *jobs, const float *pairs);

/* Launch a kernel over a level's runs, for `jobs` problems. */
xt_status xt_multigrid_launch(const xt_multigrid *mg, cl_kernel kernel, const xt_runs *size, int jobs,
                              const xt_arg *args, int count, const char *stage, double bytes_per_cell,
                              xt_error *err);

#endif
