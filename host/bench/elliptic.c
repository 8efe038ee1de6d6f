/* One steady field from zero to a relative true residual of 1e-6, its coefficients included. */
#include "bench/kernel.h"

#include <math.h>
#include <stdlib.h>

#include "bench/reference.h"

static const double tolerance = 1e-6, most_left = 1.1e-6; /* the host rounds its coefficients otherwise */
enum { WHOLE = 64 };                                      /* up to this size the host solves, too */

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

/* |b - A c| / |b|, where rate(c) = b - A c. work[cells]. */
static double residual(const double *c, double *work, const xt_bench_reference *r) {
    double rr = 0, bb = 0;
    xt_bench_reference_rate(work, r, 0, c);
    for (size_t i = 0; i < r->cells; i++) {
        const double b = r->source[r->tissue[i]];
        rr += work[i] * work[i];
        bb += b * b;
    }
    return sqrt(rr / bb);
}

/* Conjugate gradients in double, from c to a relative residual of 1e-10. work [3][cells]. */
static void improve(double *c, double *work, const xt_bench_reference *r) {
    const size_t n = r->cells;
    double *left = work, *p = work + n, *q = work + 2 * n, rr = 0, bb = 0;
    xt_bench_reference_rate(left, r, 0, c);
    for (size_t i = 0; i < n; i++) {
        const double b = r->source[r->tissue[i]];
        p[i] = left[i];
        rr += left[i] * left[i];
        bb += b * b;
    }
    for (int k = 0; k < 20000 && rr > 1e-20 * bb; k++) {
        double pq = 0, next = 0;
        xt_bench_reference_rate(q, r, 0, p);
        for (size_t i = 0; i < n; i++) {
            q[i] = r->source[r->tissue[i]] - q[i];
            pq += p[i] * q[i];
        }
        for (size_t i = 0; i < n; i++) {
            c[i] += rr / pq * p[i];
            left[i] -= rr / pq * q[i];
            next += left[i] * left[i];
        }
        for (size_t i = 0; i < n; i++) p[i] = left[i] + next / rr * p[i];
        rr = next;
    }
}

/* The field is the sum of what is stored and what that lacks. */
static void add_up(double *c, const float *found, const float *low, int n) {
    for (int z = 0; z < n; z++)
        for (int y = 0; y < n; y++)
            for (int x = 0; x < n; x++) {
                const size_t cell = xt_bench_cell(x, y, z, n);
                *c++ = (double)found[cell] + (double)low[cell];
            }
}

/* Largest difference from c over its largest magnitude: what is stored is all that a run sees. */
static double distance(const double *c, const float *found, int n) {
    xt_bench_check check;
    xt_bench_check_begin(&check, 0, "");
    for (int z = 0; z < n; z++)
        for (int y = 0; y < n; y++)
            for (int x = 0; x < n; x++)
                xt_bench_check_value(&check, (double)found[xt_bench_cell(x, y, z, n)], *c++);
    xt_bench_check_end(&check);
    return check.error;
}

/* The residual of the pair at any size; up to WHOLE the host solves, too, and the stored field must be the
 * solution. Beyond, it must be the pair rounded. */
static void check(xt_bench_run_at *at, double *c, double *work, const float *found,
                  const xt_bench_reference *r) {
    const bool whole = at->n <= WHOLE;
    const double left = residual(c, work, r);
    if (whole) improve(c, work, r);
    const double away = distance(c, found, at->n);
    xt_bench_extra_set(at->row, whole ? "solution_error" : "rounding", away);
    xt_bench_check_set(&at->row->check, away <= (whole ? 1e-5 : 1e-6) ? left : fmax(left, away), most_left,
                       "the residual in double, relative to the right-hand side");
}

xt_status xt_bench_elliptic_verify(xt_bench_run_at *at, xt_error *err) {
    const int n = at->n, low[3] = {0}, dims[3] = {n, n, n};
    const size_t voxels = (size_t)n * (size_t)n * (size_t)n, cells = at->world->fields->cells;
    xt_bench_reference *r = NULL;
    double *c = malloc(voxels * sizeof *c), *work = malloc((n <= WHOLE ? 3 : 1) * voxels * sizeof *work);
    float *found = malloc(2 * cells * sizeof *found);
    xt_status status = XT_OK;
    if (!found || !c || !work) {
        status = xt_no_memory(err, "the host's reference", 4 * voxels * sizeof *c);
        goto done;
    }
    XT_GO(solve(at, err));
    XT_GO(xt_bench_reference_create(&r, at->world->model, at->world->problem, n, low, dims, err));
    XT_GO(xt_buffer_read(at->device, at->world->fields->rest, 0, cells * sizeof *found, found, err));
    XT_GO(xt_solver_elliptic_low(found + cells, at->own, 0, err));
    add_up(c, found, found + cells, n);
    check(at, c, work, found, r);
done:
    xt_bench_reference_free(r);
    free(c);
    free(work);
    free(found);
    return status;
}
