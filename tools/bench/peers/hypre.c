/* The benchmark's elliptic solve by hypre: conjugate gradients preconditioned by PFMG, its geometric
 * multigrid for structured grids.
 *
 * Measures setup and solve, from zero to a relative residual of 1e-6 in the 2-norm, of
 *
 *     -div(D grad c) + k c = s,  no flux through the walls,
 *
 * on N^3 voxels: three tissues, D 1 : 100 : 10 voxel^2, in series at faces, k = 1e-3, s = 1 in one tissue
 * (problem.h). Everything is in double precision, as hypre is. The residual that is reported is computed
 * afterwards from the solution itself, in double: |s - A c| / |s|.
 *
 * Options are hypre's best here of those tried: non-Galerkin coarse operators (RAP type 1), red-black
 * Gauss-Seidel (relaxation 2), one sweep before and after, no level skipped.
 *
 * Build: tools/bench/peers/build.sh (Debian: libhypre-dev, libopenmpi-dev, openmpi-bin).
 * Source of the method: S. F. Ashby, R. D. Falgout, Nucl. Sci. Eng. 124 (1996) 145; hypre 2.26 reference
 * manual.
 *
 * Usage: mpirun -n 2 hypre N [solves]. A line of JSON.
 */
#include <HYPRE_struct_ls.h>
#include <math.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include "problem.h"

enum { STENCIL = 7 };
static const int away[STENCIL][3] = {{0, 0, 0}, {-1, 0, 0}, {1, 0, 0}, {0, -1, 0},
                                     {0, 1, 0}, {0, 0, -1}, {0, 0, 1}};

static const double tolerance = 1e-6;

/* A rank's slab of the grid and the system in it. */
typedef struct {
    int n, low[3], high[3];
    size_t voxels;
    double *matrix; /* [voxels][STENCIL] */
    double *source; /* [voxels] */
} slab;

static double face(int x, int y, int z, const int *d, int n) {
    const int other[3] = {x + d[0], y + d[1], z + d[2]};
    for (int k = 0; k < 3; k++)
        if (other[k] < 0 || other[k] >= n) return 0;
    const double a = elliptic_diffusion(elliptic_tissue(x, y, z, n));
    const double b = elliptic_diffusion(elliptic_tissue(other[0], other[1], other[2], n));
    return 2 * a * b / (a + b);
}

static void *room(size_t count) {
    void *memory = calloc(count, sizeof(double));
    if (!memory) {
        fprintf(stderr, "hypre: no memory for %zu numbers\n", count);
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    return memory;
}

static slab make_slab(int n, int rank, int ranks) {
    slab s = {.n = n,
              .low = {0, 0, (int)((long)n * rank / ranks)},
              .high = {n - 1, n - 1, (int)((long)n * (rank + 1) / ranks) - 1}};
    s.voxels = (size_t)n * (size_t)n * (size_t)(s.high[2] - s.low[2] + 1);
    s.matrix = room(s.voxels * STENCIL);
    s.source = room(s.voxels);
    size_t i = 0;
    for (int z = s.low[2]; z <= s.high[2]; z++)
        for (int y = 0; y < n; y++)
            for (int x = 0; x < n; x++, i++) {
                double sum = elliptic_screening;
                for (int e = 1; e < STENCIL; e++) {
                    const double t = face(x, y, z, away[e], n);
                    s.matrix[i * STENCIL + (size_t)e] = -t;
                    sum += t;
                }
                s.matrix[i * STENCIL] = sum;
                s.source[i] = elliptic_source(elliptic_tissue(x, y, z, n));
            }
    return s;
}

typedef struct {
    HYPRE_StructGrid grid;
    HYPRE_StructStencil stencil;
    HYPRE_StructMatrix matrix;
    HYPRE_StructVector source, solution, residual;
} system_of;

static void set(HYPRE_StructVector *vector, HYPRE_StructGrid grid, slab *s, double *values) {
    HYPRE_StructVectorCreate(MPI_COMM_WORLD, grid, vector);
    HYPRE_StructVectorInitialize(*vector);
    HYPRE_StructVectorSetBoxValues(*vector, s->low, s->high, values);
    HYPRE_StructVectorAssemble(*vector);
}

static system_of assemble(slab *s) {
    system_of a;
    int entry[STENCIL];
    double *zero = room(s->voxels);
    HYPRE_StructGridCreate(MPI_COMM_WORLD, 3, &a.grid);
    HYPRE_StructGridSetExtents(a.grid, s->low, s->high);
    HYPRE_StructGridAssemble(a.grid);
    HYPRE_StructStencilCreate(3, STENCIL, &a.stencil);
    for (int e = 0; e < STENCIL; e++) {
        entry[e] = e;
        HYPRE_StructStencilSetElement(a.stencil, e, (int *)away[e]);
    }
    HYPRE_StructMatrixCreate(MPI_COMM_WORLD, a.grid, a.stencil, &a.matrix);
    HYPRE_StructMatrixInitialize(a.matrix);
    HYPRE_StructMatrixSetBoxValues(a.matrix, s->low, s->high, STENCIL, entry, s->matrix);
    HYPRE_StructMatrixAssemble(a.matrix);
    set(&a.source, a.grid, s, s->source);
    set(&a.solution, a.grid, s, zero);
    set(&a.residual, a.grid, s, zero);
    free(zero);
    return a;
}

typedef struct {
    double setup, solve;
    int iterations;
} timing;

static timing solve(system_of *a, slab *s) {
    timing t;
    HYPRE_StructSolver cg, multigrid;
    double *zero = room(s->voxels);
    HYPRE_StructVectorSetBoxValues(a->solution, s->low, s->high, zero);
    HYPRE_StructVectorAssemble(a->solution);
    free(zero);
    MPI_Barrier(MPI_COMM_WORLD);
    const double began = MPI_Wtime();
    HYPRE_StructPFMGCreate(MPI_COMM_WORLD, &multigrid);
    HYPRE_StructPFMGSetMaxIter(multigrid, 1);
    HYPRE_StructPFMGSetTol(multigrid, 0);
    HYPRE_StructPFMGSetZeroGuess(multigrid);
    HYPRE_StructPFMGSetRAPType(multigrid, 1);
    HYPRE_StructPFMGSetRelaxType(multigrid, 2);
    HYPRE_StructPFMGSetNumPreRelax(multigrid, 1);
    HYPRE_StructPFMGSetNumPostRelax(multigrid, 1);
    HYPRE_StructPFMGSetSkipRelax(multigrid, 0);
    HYPRE_StructPCGCreate(MPI_COMM_WORLD, &cg);
    HYPRE_StructPCGSetTol(cg, tolerance);
    HYPRE_StructPCGSetMaxIter(cg, 300);
    HYPRE_StructPCGSetTwoNorm(cg, 1);
    HYPRE_StructPCGSetPrecond(cg, HYPRE_StructPFMGSolve, HYPRE_StructPFMGSetup, multigrid);
    HYPRE_StructPCGSetup(cg, a->matrix, a->source, a->solution);
    MPI_Barrier(MPI_COMM_WORLD);
    t.setup = MPI_Wtime() - began;
    HYPRE_StructPCGSolve(cg, a->matrix, a->source, a->solution);
    MPI_Barrier(MPI_COMM_WORLD);
    t.solve = MPI_Wtime() - began - t.setup;
    HYPRE_StructPCGGetNumIterations(cg, &t.iterations);
    HYPRE_StructPCGDestroy(cg);
    HYPRE_StructPFMGDestroy(multigrid);
    return t;
}

/* |s - A c| / |s| of the solution as it is. */
static double true_residual(system_of *a, slab *s) {
    double *values = room(s->voxels), sum[2] = {0, 0}, all[2];
    HYPRE_StructMatrixMatvec(1, a->matrix, a->solution, 0, a->residual);
    HYPRE_StructVectorGetBoxValues(a->residual, s->low, s->high, values);
    for (size_t i = 0; i < s->voxels; i++) {
        sum[0] += (s->source[i] - values[i]) * (s->source[i] - values[i]);
        sum[1] += s->source[i] * s->source[i];
    }
    free(values);
    MPI_Allreduce(sum, all, 2, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    return sqrt(all[0] / all[1]);
}

static int by_total(const void *a, const void *b) {
    const timing *x = a, *y = b;
    const double p = x->setup + x->solve, q = y->setup + y->solve;
    return (p > q) - (p < q);
}

int main(int count, char **argument) {
    int rank, ranks;
    MPI_Init(&count, &argument);
    HYPRE_Init();
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    const int n = count > 1 ? atoi(argument[1]) : 128, solves = count > 2 ? atoi(argument[2]) : 3;
    if (n < 2 * ranks || solves < 1) {
        if (!rank) fprintf(stderr, "usage: mpirun -n 2 hypre N [solves]\n");
        MPI_Abort(MPI_COMM_WORLD, 2);
    }
    slab s = make_slab(n, rank, ranks);
    system_of a = assemble(&s);
    timing *t = calloc((size_t)solves, sizeof *t);
    for (int k = 0; k < solves; k++) t[k] = solve(&a, &s);
    const double residual = true_residual(&a, &s);
    qsort(t, (size_t)solves, sizeof *t, by_total);
    const timing median = t[solves / 2];
    if (!rank)
        printf(
            "{\"peer\": \"hypre PCG+PFMG\", \"size\": %d, \"seconds\": %.6g, \"setup_s\": %.6g, \"solve_s\": "
            "%.6g, \"iterations\": %d, \"residual\": %.3g, \"ranks\": %d, \"verdict\": \"%s\"}\n",
            n, median.setup + median.solve, median.setup, median.solve, median.iterations, residual, ranks,
            residual < 1.5 * tolerance ? "PASS" : "FAIL");
    free(t);
    free(s.matrix);
    free(s.source);
    HYPRE_StructVectorDestroy(a.residual);
    HYPRE_StructVectorDestroy(a.solution);
    HYPRE_StructVectorDestroy(a.source);
    HYPRE_StructMatrixDestroy(a.matrix);
    HYPRE_StructStencilDestroy(a.stencil);
    HYPRE_StructGridDestroy(a.grid);
    HYPRE_Finalize();
    MPI_Finalize();
    return 0;
}
