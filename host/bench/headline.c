/* Time to a solution: four species diffuse, decay, exchange with blood and are secreted in six tissues, from
 * the same level everywhere, until the error is 1e-3 or less: by the adaptive method of acute runs, and by
 * forward Euler. */
#include "bench/kernel.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "bench/reference.h"
#include "solve/step.h"

enum { SIZE = 64, SIZE_QUICK = 16, SPECIES = 4 };
/* Four times as long as the species decay, three thousand times as long as the fastest mode. */
static const double hours = 4000, level = 0.25, wanted = 1e-3;
static const double tolerances[] = {0.3,  0.2,  0.14, 0.1,  0.07, 0.05, 0.02,
                                    0.01, 5e-3, 2e-3, 1e-3, 5e-4, 2e-4, 1e-4};

typedef struct {
    const xt_bench_def *def;
    xt_bench_world *world;
    xt_bench_headline *result;
    xt_step *step;
    double *exact; /* [species][voxels] */
    float *found;  /* [cells] */
    size_t voxels;
} problem;

static xt_status make_exact(problem *p, xt_error *err) {
    const int n = p->world->n, low[3] = {0}, dims[3] = {n, n, n};
    xt_bench_reference *r = NULL;
    double *work = NULL;
    xt_status status = XT_OK;
    p->voxels = (size_t)n * (size_t)n * (size_t)n;
    p->exact = malloc(SPECIES * p->voxels * sizeof *p->exact);
    p->found = malloc(p->world->fields->cells * sizeof *p->found);
    work = malloc(3 * p->voxels * sizeof *work);
    if (!p->exact || !p->found || !work) {
        status = xt_no_memory(err, "the host's reference", (SPECIES + 3) * p->voxels * sizeof *work);
        goto done;
    }
    XT_GO(xt_bench_reference_create(&r, p->world->model, p->world->problem, n, low, dims, err));
    for (int s = 0; s < SPECIES; s++)
        XT_GO(xt_bench_reference_exact(p->exact + (size_t)s * p->voxels, work, r, s, level, hours, err));
done:
    xt_bench_reference_free(r);
    free(work);
    return status;
}

/* Largest over the species of the root mean square of the error, relative to that of the solution. */
static xt_status measure(double *error, problem *p, xt_error *err) {
    const xt_bench_world *world = p->world;
    const int n = world->n;
    const size_t bytes = world->fields->cells * sizeof *p->found;
    *error = 0;
    for (int s = 0; s < SPECIES; s++) {
        const double *exact = p->exact + (size_t)s * p->voxels;
        double difference = 0, size = 0;
        XT_TRY(xt_buffer_read(world->device, world->fields->rest, (size_t)s * bytes, bytes, p->found, err));
        for (int z = 0; z < n; z++)
            for (int y = 0; y < n; y++)
                for (int x = 0; x < n; x++, exact++) {
                    const double d = (double)p->found[xt_bench_cell(x, y, z, n)] - *exact;
                    difference += d * d;
                    size += *exact * *exact;
                }
        const double relative = sqrt(difference / size);
        if (!(relative <= *error)) *error = relative; /* a NaN too */
    }
    return XT_OK;
}

static void held(double *scalar, double time, void *context) {
    const xt_bench_world *world = context;
    for (int k = 0; k < world->model->scalar_count; k++) scalar[k] = world->scalar[k];
    scalar[world->model->time] = time;
    xt_model_drivers(world->model, scalar);
}

/* From the start to the end with a new solver. */
static xt_status adaptive(double *seconds, problem *p, double tolerance, xt_error *err) {
    xt_solver_def def = xt_solver_def_default();
    xt_solver *solver = NULL;
    double time = 0;
    xt_status status = XT_OK;
    def.relative = tolerance;
    def.max_step = hours;
    XT_GO(xt_bench_world_fill(p->world, level, err));
    XT_GO(xt_solver_create(&solver, p->world->fields, &def, err));
    /* the first advance builds the program and makes its buffers, as Euler's step has when it is created */
    XT_GO(xt_solver_advance(solver, &time, 1e-6, held, p->world, NULL, err));
    XT_GO(xt_bench_world_fill(p->world, level, err));
    xt_solver_disturbed(solver);
    const xt_solver_report before = *xt_solver_get_report(solver), *after = xt_solver_get_report(solver);
    time = 0;
    XT_GO(xt_device_finish(p->world->device, err));
    const double began = xt_seconds();
    XT_GO(xt_solver_advance(solver, &time, hours, held, p->world, NULL, err));
    XT_GO(xt_device_finish(p->world->device, err));
    *seconds = xt_seconds() - began;
    p->result->evaluations = (double)(after->right_hand_sides - before.right_hand_sides);
    p->result->rejected = (double)(after->rejected - before.rejected);
done:
    xt_solver_free(solver);
    return status;
}

static xt_status euler(double *seconds, problem *p, int steps, xt_error *err) {
    XT_TRY(xt_bench_world_fill(p->world, level, err));
    XT_TRY(xt_device_finish(p->world->device, err));
    const double began = xt_seconds();
    XT_TRY(xt_step_run(p->step, XT_STEP_BLOCKED, hours / steps, steps, err));
    XT_TRY(xt_device_finish(p->world->device, err));
    *seconds = xt_seconds() - began;
    p->result->euler_evaluations = steps;
    return XT_OK;
}

/* The loosest tolerance that is good enough. */
static xt_status find_tolerance(problem *p, xt_error *err) {
    double error = NAN, seconds;
    for (size_t k = 0; k < sizeof tolerances / sizeof *tolerances; k++) {
        p->result->tolerance = tolerances[k];
        XT_TRY(adaptive(&seconds, p, tolerances[k], err));
        XT_TRY(measure(&error, p, err));
        if (error <= wanted) break;
    }
    xt_bench_check_set(
        &p->result->check, error, wanted,
        "the exact solution of the discrete problem in double, root mean square, worst species");
    return XT_OK;
}

/* The fewest steps that are stable and good enough. */
static xt_status find_steps(int *steps, problem *p, xt_error *err) {
    double seconds;
    *steps = (int)ceil(hours / xt_step_stable(p->step));
    for (int k = 0; k < 12; k++) {
        XT_TRY(euler(&seconds, p, *steps, err));
        XT_TRY(measure(&p->result->euler_error, p, err));
        if (p->result->euler_error <= wanted) break;
        *steps = *steps * 3 / 2;
    }
    return XT_OK;
}

double xt_bench_headline_seconds(const char **method, const xt_bench_headline *h) {
    const double own = xt_bench_median(h->seconds, h->repeats),
                 other = xt_bench_median(h->euler_seconds, h->repeats);
    const bool right = xt_bench_check_passed(&h->check), also = h->euler_error <= h->wanted;
    *method = "";
    if (!h->repeats || (!right && !also)) return NAN;
    const bool adaptive_wins = right && (!also || own <= other);
    *method = adaptive_wins ? "rkc2" : "euler";
    return adaptive_wins ? own : other;
}

xt_status xt_bench_headline_run(xt_bench_headline *result, xt_device *device, const xt_bench_def *def,
                                xt_error *err) {
    problem p = {.def = def, .result = result};
    int steps = 0;
    xt_status status = XT_OK;
    *result = (xt_bench_headline){.ran = true,
                                  .size = def->quick ? SIZE_QUICK : SIZE,
                                  .hours = hours,
                                  .wanted = wanted,
                                  .verdict = XT_BENCH_FAIL};
    XT_GO(xt_bench_world_create(&p.world, XT_BENCH_TISSUES, result->size, device, err));
    XT_GO(xt_step_create(&p.step, p.world->fields, p.world->scalar, NULL, err));
    XT_GO(make_exact(&p, err));
    XT_GO(find_tolerance(&p, err));
    XT_GO(find_steps(&steps, &p, err));
    for (int r = 0; r < def->repeats; r++) {
        XT_GO(adaptive(&result->seconds[r], &p, result->tolerance, err));
        XT_GO(euler(&result->euler_seconds[r], &p, steps, err));
        result->repeats = r + 1;
    }
    if (xt_bench_check_passed(&result->check)) result->verdict = XT_BENCH_PASS;
done:
    if (err->status != XT_OK)
        snprintf(result->why, sizeof result->why, "%.300s", err->text);
    else if (result->verdict == XT_BENCH_FAIL)
        snprintf(result->why, sizeof result->why, "error %.2g at the tightest tolerance",
                 result->check.error);
    xt_step_free(p.step);
    xt_bench_world_free(p.world);
    free(p.exact);
    free(p.found);
    return status;
}
