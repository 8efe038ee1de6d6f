/* One steady field from zero to a relative true residual of 1e-6, its coefficients included. */
#include "bench/kernel.h"

#include <math.h>
#include <stdlib.h>

#include "bench/reference.h"

static const double tolerance = 1e-6;
enum { WHOLE = 64, POLISH = 24 }; /* up to this size the host solves, too; iterations beyond */

/* Bytes by model of one iteration, a voxel: README.md of tools/bench derives it. */
static const double bytes_per_iteration = 158;

xt_status xt_bench_elliptic_prepare(xt_bench_run_at *at, xt_error *err) {
    at->row->updates = pow(at->n, 3);
    return xt_solver_create((xt_solver **)&at->own, at->world->fields, NULL, err);
}

void xt_bench_elliptic_release(xt_bench_run_at *at) { xt_solver_free(at->own); }

static xt_status solve(xt_bench_run_at *at, xt_error *err) {
    xt_elliptic_result result;
    XT_TRY(xt_solver_elliptic(&result, at->own, 0, tolerance, err));
    at->row->bytes = bytes_per_iteration * result.iterations * pow(at->n, 3);
    xt_bench_extra_set(at->row, "iterations", result.iterations);
    xt_bench_extra_set(at->row, "residual", result.residual);
    xt_bench_extra_set(at->row, "setup_s", result.setup_s);
    xt_bench_extra_set(at->row, "solve_s", result.solve_s);
    return XT_OK;
}

xt_status xt_bench_elliptic_pass(xt_bench_run_at *at, xt_error *err) { return solve(at, err); }

/* Conjugate gradients in double on A c = b, where rate(c) = b - A c; c is the start and the result. Stops
 * below `least` |b| or after `most` iterations. work [3][cells]. Returns the relative residual. */
static double improve(double *c, double *work, const xt_bench_reference *r, double least, int most) {
    const size_t n = r->cells;
    double *residual = work, *p = work + n, *q = work + 2 * n, rr = 0, bb = 0;
    xt_bench_reference_rate(residual, r, 0, c);
    for (size_t i = 0; i < n; i++) {
        const double b = r->source[r->tissue[i]];
        p[i] = residual[i];
        rr += residual[i] * residual[i];
        bb += b * b;
    }
    for (int k = 0; k < most && rr > least * least * bb; k++) {
        double pq = 0, next = 0;
        xt_bench_reference_rate(q, r, 0, p);
        for (size_t i = 0; i < n; i++) {
            q[i] = r->source[r->tissue[i]] - q[i];
            pq += p[i] * q[i];
        }
        for (size_t i = 0; i < n; i++) {
            c[i] += rr / pq * p[i];
            residual[i] -= rr / pq * q[i];
            next += residual[i] * residual[i];
        }
        for (size_t i = 0; i < n; i++) p[i] = residual[i] + next / rr * p[i];
        rr = next;
    }
    return sqrt(rr / bb);
}

/* Up to WHOLE the host solves to 1e-10, and every voxel is compared. Beyond, it goes on from the field for a
 * few iterations, which take out what rounding the field to single leaves in the residual: how far that moves
 * the field, or the residual that is still left if that is more. An error that is smooth, which is what a
 * solver that stopped too early leaves, stays in the residual. */
static void check(xt_bench_run_at *at, double *c, double *work, const float *found,
                  const xt_bench_reference *r) {
    const int n = at->n;
    const bool whole = n <= WHOLE;
    const double left = whole ? improve(c, work, r, 1e-10, 20000) : improve(c, work, r, 1e-7, POLISH);
    xt_bench_check_begin(
        &at->row->check, whole ? 1e-5 : 3e-4,
        whole ? "the solution in double, every voxel"
              : "the field after 24 iterations in double from it; what they leave of the residual");
    for (int z = 0; z < n; z++)
        for (int y = 0; y < n; y++)
            for (int x = 0; x < n; x++)
                xt_bench_check_value(&at->row->check, (double)found[xt_bench_cell(x, y, z, n)],
                                     c[((size_t)z * (size_t)n + (size_t)y) * (size_t)n + (size_t)x]);
    xt_bench_check_end(&at->row->check);
    if (!whole) at->row->check.error = fmax(at->row->check.error, left);
}

xt_status xt_bench_elliptic_verify(xt_bench_run_at *at, xt_error *err) {
    const int n = at->n, low[3] = {0}, dims[3] = {n, n, n};
    const size_t voxels = (size_t)n * (size_t)n * (size_t)n;
    xt_bench_reference *r = NULL;
    double *c = malloc(voxels * sizeof *c), *work = malloc(3 * voxels * sizeof *work);
    float *found = malloc(at->world->fields->cells * sizeof *found);
    xt_status status = XT_OK;
    if (!found || !c || !work) {
        status = xt_no_memory(err, "the host's reference", 4 * voxels * sizeof *c);
        goto done;
    }
    XT_GO(solve(at, err));
    XT_GO(xt_bench_reference_create(&r, at->world->model, at->world->problem, n, low, dims, err));
    XT_GO(xt_buffer_read(at->device, at->world->fields->rest, 0, at->world->fields->cells * sizeof *found,
                         found, err));
    for (int z = 0; z < n; z++)
        for (int y = 0; y < n; y++)
            for (int x = 0; x < n; x++)
                c[((size_t)z * (size_t)n + (size_t)y) * (size_t)n + (size_t)x] =
                    (double)found[xt_bench_cell(x, y, z, n)];
    check(at, c, work, found, r);
done:
    xt_bench_reference_free(r);
    free(c);
    free(work);
    free(found);
    return status;
}
