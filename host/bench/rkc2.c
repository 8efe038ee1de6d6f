/* Adaptive acute stepping as a run does it: what a right-hand side costs inside the method. */
#include "bench/kernel.h"

#include <math.h>
#include <stdlib.h>

#include "bench/window.h"

static const double pass_h =
    100; /* simulated by a pass: what a call of the solver costs is spread over many steps */
static const double check_h = 20, level = 0.25; /* the check's; where it starts, everywhere */
enum { HALO = 24 }; /* many times as far as anything diffuses in check_h: sqrt(2 D t) is 2 voxels */

typedef struct {
    xt_solver *solver;
    const xt_bench_world *world;
    double time;
} stepper;

static void held(double *scalar, double time, void *context) {
    const xt_bench_world *world = context;
    for (int k = 0; k < world->model->scalar_count; k++) scalar[k] = world->scalar[k];
    scalar[world->model->time] = time;
    xt_model_drivers(world->model, scalar);
}

static xt_status advance(stepper *own, double h, xt_bench_world *world, xt_error *err) {
    return xt_solver_advance(own->solver, &own->time, own->time + h, held, world, NULL, err);
}

double xt_bench_rkc2_count(const xt_bench_run_at *at) {
    const stepper *own = at->own;
    return (double)xt_solver_get_report(own->solver)->right_hand_sides;
}

xt_status xt_bench_rkc2_prepare(xt_bench_run_at *at, xt_error *err) {
    stepper *own = at->own = calloc(1, sizeof *own);
    if (!own) return xt_no_memory(err, "an acute solver", sizeof *own);
    xt_solver_def def = xt_solver_def_default();
    def.relative = 1e-4;
    def.max_step = check_h;
    at->row->updates = pow(at->n, 3); /* of a right-hand side */
    at->row->bytes = at->row->updates * (20.0 * at->world->model->species_count + 1);
    return xt_solver_create(&own->solver, at->world->fields, &def, err);
}

void xt_bench_rkc2_release(xt_bench_run_at *at) {
    stepper *own = at->own;
    if (own) xt_solver_free(own->solver);
    free(own);
}

/* A stage reads two stages before it, the start and its rate, and writes itself: 20 S + 1 bytes. */
xt_status xt_bench_rkc2_pass(xt_bench_run_at *at, xt_error *err) {
    stepper *own = at->own;
    const double before = xt_bench_rkc2_count(at);
    XT_TRY(advance(own, pass_h, at->world, err));
    xt_bench_extra_set(at->row, "evaluations", xt_bench_rkc2_count(at) - before);
    return XT_OK;
}

static xt_status exact(double *c, double *work, const xt_bench_reference *r, int species, const void *context,
                       xt_error *err) {
    (void)context;
    return xt_bench_reference_exact(c, work, r, species, level, check_h, err);
}

xt_status xt_bench_rkc2_verify(xt_bench_run_at *at, xt_error *err) {
    stepper *own = at->own;
    XT_TRY(xt_bench_world_fill(at->world, level, err));
    XT_TRY(advance(own, check_h, at->world, err));
    return xt_bench_windows_check(at, HALO, 2e-3, exact, NULL, err);
}
