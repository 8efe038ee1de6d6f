#include "solve/internal.h"

#include <math.h>
#include <string.h>

/* Residuals below this share of |A||c|, in unit roundoffs of fp32, cannot be told from rounding. */
enum { FLOOR_ROUNDOFFS = 2 };
static const double unit_roundoff = 5.9604644775390625e-08;

/* A call's problem on its way. */
typedef struct {
    xt_problem *problem;
    cl_int slot;
    bool done;
    double size;             /* what residuals are measured against, squared */
    double before, relative; /* residuals at the last round and now */
    double rr, target;       /* squared norm by the recursion, and where it may stop */
    double pq, beta;
} job;

/* ---- which ---- */

static int set_of(const xt_elliptic *e, int species) {
    for (int k = 0; k < e->grid.sets; k++)
        if (e->set[k].species == species) return k;
    return -1;
}

static xt_jobs jobs_of(job *const *list, int count) {
    xt_jobs jobs = {.count = count};
    for (int k = 0; k < count; k++) {
        jobs.slot[k] = list[k]->slot;
        jobs.species[k] = list[k]->problem->species;
    }
    return jobs;
}

static const char *name_of(const xt_solver *solver, const xt_problem *problem) {
    return solver->fields->model->species[problem->species].name;
}

static xt_status diverged(xt_solver *solver, const xt_problem *problem, const char *how, xt_error *err) {
    xt_range range = {.bad_cell = -1};
    XT_TRY(xt_fields_range(&range, solver->fields, problem->x, problem->species, err));
    if (range.bad_cell >= 0) {
        int voxel[3];
        xt_mesh_position(solver->fields->mesh, (size_t)range.bad_cell, voxel);
        return xt_fail(err, XT_NUMERIC, "steady field of %s: not a number at voxel (%d, %d, %d)",
                       name_of(solver, problem), voxel[0], voxel[1], voxel[2]);
    }
    return xt_fail(err, XT_NUMERIC, "steady field of %s: %s", name_of(solver, problem), how);
}

/* ---- coefficients ---- */

static xt_status linearise(xt_solver *solver, const xt_problem *problem, xt_error *err) {
    xt_elliptic *e = &solver->elliptic;
    const xt_fields *fields = solver->fields;
    const cl_int species = problem->species, cells = (cl_int)fields->cells;
    xt_arg args[32] = {XT_ARG(fields->word),
                       XT_ARG(fields->coefficient),
                       XT_ARG(fields->class_tissue),
                       XT_ARG(problem->x),
                       XT_ARG(e->uptake),
                       XT_ARG(e->constant),
                       XT_ARG(species),
                       XT_ARG(cells)};
    const int n = 8 + xt_cell_args(args + 8, problem->view, &solver->uses);
    return xt_launch(fields->device, e->linearise, fields->cells, 0, args, n, "steady: linearise",
                     16.0 * (double)fields->cells, err);
}

/* The set for a species: its own, or the one that was not used for longest. */
static int take_set(xt_elliptic *e, int species) {
    int set = set_of(e, species);
    if (set < 0) {
        set = 0;
        for (int k = 1; k < e->grid.sets; k++)
            if (e->set[k].used < e->set[set].used) set = k;
        e->set[set] = (xt_set){.species = -1};
    }
    e->set[set].used = ++e->clock;
    return set;
}

xt_status xt_elliptic_setup(xt_solver *solver, xt_problem *const *problems, int count, bool anew,
                            xt_error *err) {
    xt_elliptic *e = &solver->elliptic;
    const xt_fields *fields = solver->fields;
    xt_jobs wanted = {0};
    if (solver->reactions) XT_TRY(linearise(solver, problems[0], err));
    for (int k = 0; k < count; k++) {
        const int species = problems[k]->species, set = take_set(e, species);
        const bool known = e->set[set].species == species && e->set[set].geometry == fields->geometry;
        bool listed = false;
        for (int j = 0; j < wanted.count; j++) listed |= wanted.slot[j] == set;
        if (listed || (known && !anew && !solver->reactions)) continue;
        wanted.slot[wanted.count] = set;
        wanted.species[wanted.count++] = species;
        e->set[set].species = species;
        e->set[set].geometry = fields->geometry;
    }
    if (wanted.count == 0) return XT_OK;
    const cl_int8 slots = xt_pack(wanted.slot), species = xt_pack(wanted.species);
    const xt_runs *size = &e->grid.level[0].size;
    xt_arg args[32];
    int n = xt_mesh_args(args, solver, XT_MESH_ARGS);
    const xt_arg own[] = {
        XT_ARG(e->uptake), XT_ARG(e->grid.level[0].half), XT_ARG(e->low_half), XT_ARG(size->cells),
        XT_ARG(size->run), XT_ARG(wanted.count),          XT_ARG(slots),       XT_ARG(species)};
    for (size_t k = 0; k < sizeof own / sizeof *own; k++) args[n++] = own[k];
    XT_TRY(xt_multigrid_launch(&e->grid, e->setup, size, 1, args, n, "steady: coefficients",
                               4 + 16.0 * wanted.count, err));
    return xt_multigrid_setup(&e->grid, &wanted, e->low_half, err);
}

/* ---- the true residual ---- */

/* Sum k of `groups` pairs. */
static double add_pairs(const float *pair, size_t groups, size_t stride) {
    double sum = 0;
    for (size_t g = 0; g < groups; g++, pair += 2 * stride) sum += (double)pair[0] + (double)pair[1];
    return sum;
}

static xt_status read_pairs(xt_solver *solver, size_t count, xt_error *err) {
    xt_elliptic *e = &solver->elliptic;
    return xt_buffer_read(solver->fields->device, e->partial, 0, count * 2 * sizeof(float), e->partial_host,
                          err);
}

/* What the cells secrete: formulas are evaluated once, not for every residual. */
static xt_status make_source(xt_solver *solver, const job *j, xt_error *err) {
    xt_elliptic *e = &solver->elliptic;
    xt_problem *problem = j->problem;
    const cl_int species = problem->species, modulated = problem->modulated;
    const xt_runs *size = &e->grid.level[0].size;
    const xt_fields *fields = solver->fields;
    xt_arg args[32] = {XT_ARG(fields->word),  XT_ARG(fields->class_tissue),
                       XT_ARG(problem->base), XT_ARG(e->secretion),
                       XT_ARG(species),       XT_ARG(j->slot),
                       XT_ARG(size->cells),   XT_ARG(size->run),
                       XT_ARG(modulated)};
    const int n = 9 + xt_cell_args(args + 9, problem->view, &solver->uses);
    problem->sourced = true;
    return xt_multigrid_launch(&e->grid, e->source, size, 1, args, n, "steady: secretion", 8, err);
}

static xt_status launch_residual(xt_solver *solver, const job *j, cl_int first, xt_error *err) {
    xt_elliptic *e = &solver->elliptic;
    const xt_problem *problem = j->problem;
    const cl_int species = problem->species, cells = (cl_int)solver->fields->cells, sets = e->grid.sets;
    const cl_float weight = problem->source_weight;
    const cl_float2 plasma = {
        .s = {(cl_float)problem->plasma, (cl_float)(problem->plasma - (cl_float)problem->plasma)}};
    xt_arg args[48];
    int n = xt_mesh_args(args, solver, XT_SOURCE_ARGS);
    const xt_arg own[] = {XT_ARG(e->constant), XT_ARG(e->grid.level[0].half),
                          XT_ARG(e->low_half), XT_ARG(e->secretion),
                          XT_ARG(problem->x),  XT_ARG(e->low),
                          XT_ARG(e->r),        XT_ARG(e->partial),
                          XT_ARG(first),       XT_ARG(species),
                          XT_ARG(j->slot),     XT_ARG(sets),
                          XT_ARG(cells),       XT_ARG(weight),
                          XT_ARG(plasma)};
    for (size_t k = 0; k < sizeof own / sizeof *own; k++) args[n++] = own[k];
    n += xt_cell_args(args + n, problem->view, &solver->uses);
    return xt_launch(solver->fields->device, e->residual, xt_reduce_global(&solver->reduce),
                     solver->reduce.local, args, n, "steady: residual", 40.0 * cells, err);
}

/* What residuals are measured against: |b|^2, or where a source has all but vanished a millionth of the
 * largest |b| the species ever had. */
static double size_of(xt_solver *solver, const xt_problem *problem, double right) {
    xt_response *response = &solver->response[problem->species];
    if (problem->source_weight == 0) return right;
    response->right = fmax(response->right, right);
    return fmax(right, 1e-12 * response->right);
}

/* Nothing is made: the field is zero. */
static xt_status vanish(xt_solver *solver, xt_problem *problem, xt_error *err) {
    const size_t plane = solver->fields->cells * sizeof(float);
    const double supply = problem->totals[XT_TOTAL_SUPPLY], body = problem->totals[XT_TOTAL_BODY_SUPPLY];
    memset(problem->totals, 0, sizeof problem->totals);
    problem->totals[XT_TOTAL_SUPPLY] = supply;
    problem->totals[XT_TOTAL_BODY_SUPPLY] = body;
    problem->last = 0;
    return xt_buffer_fill_zero(solver->fields->device, problem->x, (size_t)problem->species * plane, plane,
                               err);
}

/* Is it solved? If not, where shall the recursion stop. */
static xt_status judge(job *j, xt_solver *solver, int round, const double sum[XT_RESIDUAL_SUMS],
                       xt_error *err) {
    xt_problem *problem = j->problem;
    const double residual = sum[0], right = sum[1], scale = sum[2];
    for (int k = 0; k < XT_TOTALS; k++) problem->totals[k] = sum[3 + k] * solver->fields->cell_volume;
    if (!isfinite(residual) || !isfinite(right)) return diverged(solver, problem, "diverged", err);
    j->size = size_of(solver, problem, right);
    j->done = true;
    if (right == 0) return vanish(solver, problem, err);
    const double relative = sqrt(residual / j->size),
                 floor = FLOOR_ROUNDOFFS * unit_roundoff * sqrt(scale / j->size);
    problem->last = relative;
    problem->stored = 0.25 * floor;
    if (round == 0) problem->first = relative;
    /* What was accepted once holds while rounding is still what limits it. */
    if (relative <= problem->tolerance || (relative <= 1.1 * problem->accepted && relative <= 4 * floor))
        return XT_OK;
    if (round > 0 && relative > 0.5 * j->before && relative <= 4 * floor) {
        problem->accepted = relative;
        return XT_OK;
    }
    if (problem->iterations >= solver->def.max_iterations || round > 20)
        return xt_fail(
            err, XT_NUMERIC,
            "steady field of %s: relative residual %.2e after %d iterations (wanted %.1e, rounding %.1e)",
            name_of(solver, problem), relative, problem->iterations, problem->tolerance, floor);
    const double wanted = 0.9 * problem->tolerance,
                 fall = 1e-7; /* beyond that the recursion strays from the truth */
    j->target = fmax(wanted * wanted * j->size, fall * fall * residual);
    j->rr = residual;
    j->before = relative;
    j->done = false;
    return XT_OK;
}

static xt_status true_residuals(job *list, int count, xt_solver *solver, int round, xt_error *err) {
    const size_t groups = (size_t)solver->reduce.groups, each = XT_RESIDUAL_SUMS * groups;
    size_t pairs = 0;
    for (int k = 0; k < count; k++) {
        if (list[k].done) continue;
        if (!list[k].problem->sourced && list[k].problem->source_weight != 0)
            XT_TRY(make_source(solver, &list[k], err));
        XT_TRY(launch_residual(solver, &list[k], (cl_int)pairs, err));
        pairs += each;
    }
    XT_TRY(read_pairs(solver, pairs, err));
    const float *pair = solver->elliptic.partial_host;
    for (int k = 0; k < count; k++) {
        if (list[k].done) continue;
        double sum[XT_RESIDUAL_SUMS];
        for (int q = 0; q < XT_RESIDUAL_SUMS; q++)
            sum[q] = add_pairs(pair + 2 * (size_t)q * groups, groups, 1);
        pair += 2 * each;
        XT_TRY(judge(&list[k], solver, round, sum, err));
    }
    return XT_OK;
}

/* ---- conjugate gradients ---- */

/* p = z + beta p, q = A p, and the sums that follow. */
static xt_status operate(xt_solver *solver, job *const *active, int count, xt_error *err) {
    xt_elliptic *e = &solver->elliptic;
    const xt_jobs jobs = jobs_of(active, count);
    const xt_level *level = &e->grid.level[0];
    const cl_int8 slots = xt_pack(jobs.slot);
    const cl_int sets = e->grid.sets;
    cl_float8 beta;
    memset(&beta, 0, sizeof beta);
    for (int k = 0; k < count; k++) beta.s[k] = (cl_float)active[k]->beta;
    const xt_arg args[] = {XT_ARG(level->block),
                           XT_ARG(level->half),
                           XT_ARG(e->low_half),
                           XT_ARG(level->result),
                           XT_ARG(e->p),
                           XT_ARG(e->spare),
                           XT_ARG(e->q),
                           XT_ARG(e->r),
                           XT_ARG(e->partial),
                           XT_ARG(level->size.cells),
                           XT_ARG(level->size.run),
                           XT_ARG(jobs.count),
                           XT_ARG(sets),
                           XT_ARG(slots),
                           XT_ARG(beta)};
    XT_TRY(xt_multigrid_launch(&e->grid, e->product, &level->size, count, args, 15, "steady: operator", 36,
                               err));
    const cl_mem swap = e->p;
    e->p = e->spare;
    e->spare = swap;
    return XT_OK;
}

static xt_status update(xt_solver *solver, job *const *active, int count, const double *alphas,
                        const cl_mem field[2], xt_error *err) {
    xt_elliptic *e = &solver->elliptic;
    const xt_jobs jobs = jobs_of(active, count);
    const xt_level *level = &e->grid.level[0];
    const cl_int8 slots = xt_pack(jobs.slot), species = xt_pack(jobs.species);
    const cl_int sets = e->grid.sets;
    cl_float8 alpha;
    memset(&alpha, 0, sizeof alpha);
    for (int k = 0; k < count; k++) alpha.s[k] = (cl_float)alphas[k];
    const xt_arg args[] = {XT_ARG(e->p),
                           XT_ARG(e->q),
                           XT_ARG(field[0]),
                           XT_ARG(field[1]),
                           XT_ARG(e->low),
                           XT_ARG(e->r),
                           XT_ARG(level->size.cells),
                           XT_ARG(level->size.run),
                           XT_ARG(jobs.count),
                           XT_ARG(sets),
                           XT_ARG(slots),
                           XT_ARG(species),
                           XT_ARG(alpha)};
    return xt_multigrid_launch(&e->grid, e->update, &level->size, count, args, 13, "steady: update", 32, err);
}

/* Flexible: z is made conjugate to the last direction by what it really is, as the cycle is only nearly the
 * same linear map each time. (Notay, SIAM J. Sci. Comput. 22, 2000.) */
static xt_status step(xt_solver *solver, job *const *active, int count, bool first, const cl_mem field[2],
                      xt_error *err) {
    xt_elliptic *e = &solver->elliptic;
    const xt_jobs jobs = jobs_of(active, count);
    const size_t runs = e->grid.level[0].size.runs, all = runs * (size_t)count;
    XT_TRY(xt_multigrid_cycle(&e->grid, &jobs, e->r, e->spare, e->q, e->partial, err));
    solver->report.cycles += (unsigned long long)count;
    double zq[XT_JOBS], alpha[XT_JOBS];
    if (!first) {
        XT_TRY(read_pairs(solver, all, err));
        xt_multigrid_sums(zq, &e->grid, &jobs, e->partial_host);
    }
    for (int k = 0; k < count; k++) active[k]->beta = first ? 0 : -zq[k] / active[k]->pq;
    XT_TRY(operate(solver, active, count, err));
    XT_TRY(read_pairs(solver, XT_OPERATOR_SUMS * all, err));
    for (int k = 0; k < count; k++) {
        double sum[XT_OPERATOR_SUMS];
        for (size_t q = 0; q < XT_OPERATOR_SUMS; q++)
            sum[q] = add_pairs(e->partial_host + 2 * (q * all + (size_t)k), runs, (size_t)count);
        job *j = active[k];
        const double pq = sum[0], rp = sum[1], rq = sum[2], qq = sum[3], rr = sum[4];
        if (!isfinite(pq)) return diverged(solver, j->problem, "diverged", err);
        alpha[k] = 0;
        if (!(pq > 0) || !(rp > 0)) {
            if (first)
                return diverged(solver, j->problem,
                                "the operator is not positive; is there a tissue without any loss?", err);
            j->rr = 0; /* nothing left that fp32 can see */
            continue;
        }
        alpha[k] = rp / pq;
        j->pq = pq;
        j->rr = fmax(1e-7 * rr, rr - alpha[k] * (2 * rq - alpha[k] * qq)); /* r.r after the step */
        j->problem->iterations++;
    }
    return update(solver, active, count, alpha, field, err);
}

static xt_status iterate(job *list, int count, xt_solver *solver, const cl_mem field[2], xt_error *err) {
    for (bool first = true;; first = false) {
        job *active[XT_JOBS];
        int left = 0;
        for (int k = 0; k < count; k++)
            if (!list[k].done && list[k].rr > list[k].target &&
                list[k].problem->iterations < solver->def.max_iterations)
                active[left++] = &list[k];
        if (left == 0) return XT_OK;
        XT_TRY(step(solver, active, left, first, field, err));
    }
}

xt_status xt_elliptic_solve(xt_solver *solver, xt_problem *const *problems, int count, xt_error *err) {
    xt_elliptic *e = &solver->elliptic;
    const size_t plane = solver->fields->cells * sizeof(float);
    const bool pairs = xt_elliptic_pairs(solver);
    cl_mem field[2] = {problems[0]->x, problems[0]->x};
    job list[XT_JOBS];
    for (int k = 0; k < count; k++) { /* a problem's slot is the same whatever it is solved with */
        const int set = set_of(e, problems[k]->species),
                  second = pairs && problems[k]->x == solver->fields->peak;
        field[second] = problems[k]->x;
        list[k] = (job){.problem = problems[k], .slot = set + second * e->grid.sets};
        if (set < 0)
            return xt_fail(err, XT_INTERNAL, "steady field of %s: no room", name_of(solver, problems[k]));
        problems[k]->first = problems[k]->last = problems[k]->stored = 0;
        problems[k]->iterations = 0;
        XT_TRY(xt_buffer_fill_zero(solver->fields->device, e->low, (size_t)list[k].slot * plane, plane, err));
    }
    for (int round = 0;; round++) {
        XT_TRY(true_residuals(list, count, solver, round, err));
        bool all = true;
        for (int k = 0; k < count; k++) all &= list[k].done;
        if (all) break;
        XT_TRY(iterate(list, count, solver, field, err));
    }
    xt_solver_report *report = &solver->report;
    for (int k = 0; k < count; k++) {
        const xt_problem *p = problems[k];
        report->solves++;
        report->iterations += (unsigned long long)p->iterations;
        if (p->iterations > report->worst_iterations) report->worst_iterations = p->iterations;
        if (p->last > report->worst_residual) report->worst_residual = p->last;
        const int depth = e->grid.set[list[k].slot % e->grid.sets].depth;
        if (depth > report->levels) report->levels = depth;
    }
    return XT_OK;
}
