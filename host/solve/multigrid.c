#include "solve/multigrid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "solve/reduce.h"

/* An axis is left as it is while its spacing is more than this times the smallest: its coupling is weak. */
static const double much_wider = 1.5;
/* Where no diagonal has a larger share of faces, all eigenvalues of D^-1 A lie within [1 - share, 1 + share],
 * no wider than what smoothing is made for: it needs no coarser level. */
static const double shallow_share = 0.6;
/* Smoothing between coarser levels takes the upper part of the spectrum, from its top divided by this. */
static const double smoothed_span = 6;

xt_runs xt_runs_of(size_t cells, bool rows) {
    const size_t unit = rows ? XT_BLOCK : XT_REDUCE_LOCAL, most = rows ? 128 : 4096,
                 longest = rows ? 8192 : 65536;
    size_t run = (cells + most - 1) / most;
    run = (run + unit - 1) / unit * unit;
    if (run > longest) run = longest;
    if (run < unit) run = unit;
    return (xt_runs){.cells = (cl_int)cells, .run = (cl_int)run, .runs = (cells + run - 1) / run};
}

xt_status xt_multigrid_launch(const xt_multigrid *mg, cl_kernel kernel, const xt_runs *size, int jobs,
                              const xt_arg *args, int count, const char *stage, double bytes_per_cell,
                              xt_error *err) {
    return xt_launch(mg->device, kernel, size->runs * (size_t)jobs * mg->local, mg->local, args, count, stage,
                     bytes_per_cell * size->cells * jobs, err);
}

/* ---- levels ---- */

static xt_status buffers_of(xt_multigrid *mg, xt_level *level, bool finest, xt_error *err) {
    const size_t cells = (size_t)level->size.cells, vectors = (size_t)mg->slots * cells * sizeof(float);
    XT_TRY(xt_buffer_create(&level->half, mg->device, (size_t)mg->sets * cells * 5 * sizeof(cl_ushort),
                            "coefficients in 16 bits", err));
    XT_TRY(xt_buffer_create(&level->result, mg->device, vectors, "multigrid result", err));
    if (finest) return XT_OK;
    XT_TRY(xt_buffer_create(&level->right, mg->device, vectors, "multigrid right-hand side", err));
    return xt_buffer_create(&level->stepped, mg->device, vectors, "multigrid step", err);
}

static xt_status upload(cl_mem *buffer, xt_device *device, const void *from, size_t bytes, xt_error *err) {
    XT_TRY(xt_buffer_create(buffer, device, bytes, "multigrid levels", err));
    return xt_buffer_write(device, *buffer, 0, bytes, from, err);
}

/* The axes to coarsen: of those with more than one voxel, the ones with about the smallest spacing. */
static void choose_axes(bool doubled[3], double spacing[3], int extent[3]) {
    double least = INFINITY;
    for (int a = 0; a < 3; a++)
        if (extent[a] > 1) least = fmin(least, spacing[a]);
    for (int a = 0; a < 3; a++) {
        doubled[a] = extent[a] > 1 && spacing[a] <= much_wider * least;
        if (!doubled[a]) continue;
        spacing[a] *= 2;
        extent[a] = (extent[a] + 1) / 2;
    }
}

static xt_status make_levels(xt_multigrid *mg, const xt_mesh *mesh, bool rows, xt_error *err) {
    double spacing[3];
    int extent[3];
    memcpy(spacing, mesh->spacing, sizeof spacing);
    memcpy(extent, mesh->dims, sizeof extent);
    const xt_block *block = mesh->block;
    size_t blocks = mesh->blocks;
    xt_coarse coarse = {0};
    xt_status status = XT_OK;
    for (mg->levels = 1;; mg->levels++) {
        xt_level *level = &mg->level[mg->levels - 1];
        level->size = xt_runs_of(blocks * XT_BLOCK, rows);
        XT_GO(buffers_of(mg, level, mg->levels == 1, err));
        bool doubled[3];
        choose_axes(doubled, spacing, extent);
        const bool any = doubled[0] || doubled[1] || doubled[2];
        if (blocks * XT_BLOCK <= XT_DENSE_CELLS || mg->levels == XT_LEVELS || !any) break;
        for (int a = 0; a < 3; a++) level->doubled[a] = doubled[a];
        xt_coarse next;
        XT_GO(xt_coarse_make(&next, block, blocks, doubled, err));
        xt_level *coarser = &mg->level[mg->levels];
        xt_block *old = coarse.block;
        free(coarse.child);
        free(coarse.parent);
        coarse = next;
        const size_t fine_blocks = blocks;
        block = coarse.block;
        blocks = coarse.blocks;
        free(old);
        XT_GO(upload(&level->parent, mg->device, coarse.parent, fine_blocks * sizeof *coarse.parent, err));
        XT_GO(upload(&level->child, mg->device, coarse.child, blocks * 8 * sizeof *coarse.child, err));
        XT_GO(upload(&coarser->block, mg->device, coarse.block, blocks * sizeof *coarse.block, err));
    }
    mg->last_blocks = blocks;
    mg->last = malloc(blocks * sizeof *mg->last);
    if (mg->last)
        memcpy(mg->last, block, blocks * sizeof *mg->last);
    else
        status = xt_no_memory(err, "multigrid levels", blocks * sizeof *mg->last);
done:
    xt_coarse_free(&coarse);
    return status;
}

static bool is_dense(const xt_multigrid *mg, int level) {
    return level > 0 && level == mg->levels - 1 && mg->level[level].size.cells <= XT_DENSE_CELLS;
}

xt_status xt_multigrid_create(xt_multigrid *mg, xt_device *device, xt_program *program, const xt_mesh *mesh,
                              cl_mem block, int sets, int slots, bool rows, size_t local, xt_error *err) {
    *mg = (xt_multigrid){.device = device, .sets = sets, .slots = slots, .local = local};
    const struct {
        cl_kernel *kernel;
        const char *name;
    } kernels[] = {
        {&mg->finest, "multigrid_finest"},        {&mg->coarsen, "multigrid_coarsen"},
        {&mg->invert, "multigrid_invert"},        {&mg->begin, "multigrid_begin"},
        {&mg->restrict_to, "multigrid_restrict"}, {&mg->prolong, "multigrid_prolong"},
        {&mg->finish, "multigrid_finish"},
    };
    for (size_t k = 0; k < sizeof kernels / sizeof *kernels; k++)
        XT_TRY(xt_kernel_create(kernels[k].kernel, program, kernels[k].name, err));
    XT_TRY(make_levels(mg, mesh, rows, err));
    mg->level[0].block = block;
    size_t pairs = 0;
    for (int l = 0; l < mg->levels; l++) {
        mg->largest_first[l] = pairs;
        pairs += mg->level[l].size.runs * (size_t)sets;
    }
    mg->largest_host = malloc(pairs * 2 * sizeof(float));
    if (!mg->largest_host) return xt_no_memory(err, "multigrid levels", pairs * 2 * sizeof(float));
    XT_TRY(xt_buffer_create(&mg->largest, device, pairs * 2 * sizeof(float), "multigrid levels", err));
    const size_t n = (size_t)mg->level[mg->levels - 1].size.cells;
    if (!is_dense(mg, mg->levels - 1)) return XT_OK;
    return xt_buffer_create(&mg->dense, device, (size_t)sets * n * n * sizeof(float), "dense inverse", err);
}

void xt_multigrid_free(xt_multigrid *mg) {
    cl_kernel *kernels[] = {&mg->finest,      &mg->coarsen, &mg->invert, &mg->begin,
                            &mg->restrict_to, &mg->prolong, &mg->finish};
    for (size_t k = 0; k < sizeof kernels / sizeof *kernels; k++) xt_kernel_free(kernels[k]);
    for (int l = 0; l < XT_LEVELS; l++) { /* one may have begun beyond mg->levels */
        xt_level *level = &mg->level[l];
        cl_mem *own[] = {&level->parent, &level->child,   &level->half, &level->right,
                         &level->result, &level->stepped, &level->block};
        const int count = l == 0 ? 5 : 7; /* the finest's block and stepped are not its own */
        for (int k = 0; k < count; k++) xt_buffer_free(mg->device, own[k]);
    }
    xt_buffer_free(mg->device, &mg->largest);
    xt_buffer_free(mg->device, &mg->dense);
    free(mg->largest_host);
    free(mg->last);
    mg->largest_host = NULL;
    mg->last = NULL;
}

/* ---- coefficients ---- */

cl_int8 xt_pack(const cl_int list[XT_JOBS]) {
    cl_int8 packed;
    memcpy(packed.s, list, sizeof packed.s);
    return packed;
}

/* The largest shares of level `first` and beyond, of all sets. */
static xt_status read_shares(xt_multigrid *mg, const xt_jobs *sets, int first, int end, xt_error *err) {
    if (first >= end) return XT_OK;
    const size_t from = mg->largest_first[first],
                 to = mg->largest_first[end - 1] + mg->level[end - 1].size.runs * (size_t)sets->count;
    XT_TRY(xt_buffer_read(mg->device, mg->largest, from * 2 * sizeof(float), (to - from) * 2 * sizeof(float),
                          mg->largest_host, err));
    for (int l = first; l < end; l++) {
        const float *pair = mg->largest_host + 2 * (mg->largest_first[l] - from);
        for (int k = 0; k < sets->count; k++) {
            double largest = 0;
            for (size_t run = 0; run < mg->level[l].size.runs; run++)
                largest = fmax(largest, pair[2 * (run * (size_t)sets->count + (size_t)k)]);
            mg->set[sets->slot[k]].share[l] = largest;
        }
    }
    return XT_OK;
}

static xt_status make_dense(xt_multigrid *mg, int set, xt_error *err) {
    const size_t n = mg->last_blocks * XT_BLOCK, record = n * 5 * sizeof(cl_ushort),
                 bytes = n * n * sizeof(float);
    cl_ushort *half = malloc(record);
    float *inverse = malloc(bytes);
    xt_status status = half && inverse ? XT_OK : xt_no_memory(err, "dense inverse", bytes);
    if (status == XT_OK)
        status = xt_buffer_read(mg->device, mg->level[mg->levels - 1].half, (size_t)set * record, record,
                                half, err);
    if (status == XT_OK) status = xt_dense_inverse(inverse, mg->last, mg->last_blocks, half, err);
    if (status == XT_OK)
        status = xt_buffer_write(mg->device, mg->dense, (size_t)set * bytes, bytes, inverse, err);
    free(half);
    free(inverse);
    return status;
}

static xt_status coarsen(xt_multigrid *mg, const xt_jobs *sets, int l, xt_error *err) {
    const xt_level *fine = &mg->level[l - 1], *level = &mg->level[l];
    const cl_int8 slots = xt_pack(sets->slot);
    const cl_int jobs = sets->count, first = (cl_int)mg->largest_first[l];
    const cl_int4 doubled = {.s = {fine->doubled[0], fine->doubled[1], fine->doubled[2], 0}};
    const xt_arg args[] = {XT_ARG(fine->child),
                           XT_ARG(fine->half),
                           XT_ARG(level->half),
                           XT_ARG(fine->size.cells),
                           XT_ARG(level->size.cells),
                           XT_ARG(level->size.run),
                           XT_ARG(jobs),
                           XT_ARG(slots),
                           XT_ARG(doubled)};
    XT_TRY(xt_multigrid_launch(mg, mg->coarsen, &level->size, jobs, args, 9, "multigrid: coarsen", 74, err));
    const xt_arg more[] = {
        XT_ARG(level->block),      XT_ARG(level->half),     XT_ARG(mg->largest), XT_ARG(first),
        XT_ARG(level->size.cells), XT_ARG(level->size.run), XT_ARG(jobs),        XT_ARG(slots)};
    return xt_multigrid_launch(mg, mg->invert, &level->size, jobs, more, 8, "multigrid: coarsen", 10, err);
}

xt_status xt_multigrid_setup(xt_multigrid *mg, const xt_jobs *sets, cl_mem low, xt_error *err) {
    const xt_level *finest = &mg->level[0];
    const cl_int8 slots = xt_pack(sets->slot);
    const cl_int jobs = sets->count;
    const xt_arg args[] = {
        XT_ARG(finest->block),      XT_ARG(finest->half),     XT_ARG(low),  XT_ARG(mg->largest),
        XT_ARG(finest->size.cells), XT_ARG(finest->size.run), XT_ARG(jobs), XT_ARG(slots)};
    XT_TRY(xt_multigrid_launch(mg, mg->finest, &finest->size, jobs, args, 8, "steady: diagonal", 18, err));
    XT_TRY(read_shares(mg, sets, 0, 1, err));
    xt_jobs deep = {0};
    for (int k = 0; k < jobs; k++) {
        mg->set[sets->slot[k]].depth = 1;
        if (mg->levels > 1 && mg->set[sets->slot[k]].share[0] > shallow_share)
            deep.slot[deep.count++] = sets->slot[k];
    }
    if (deep.count == 0) return XT_OK;
    for (int l = 1; l < mg->levels; l++) XT_TRY(coarsen(mg, &deep, l, err));
    XT_TRY(read_shares(mg, &deep, 1, mg->levels, err));
    for (int k = 0; k < deep.count; k++) {
        int depth = 2;
        const double *share = mg->set[deep.slot[k]].share;
        while (depth < mg->levels && share[depth - 1] > shallow_share) depth++;
        mg->set[deep.slot[k]].depth = depth;
        if (is_dense(mg, depth - 1)) XT_TRY(make_dense(mg, deep.slot[k], err));
    }
    return XT_OK;
}

/* ---- the cycle ---- */

/* Chebyshev's constants by job (kernels/multigrid.cl). */
typedef struct {
    cl_float8 first, momentum, second;
} smoothing;

static smoothing smoothing_of(const xt_multigrid *mg, const xt_jobs *jobs, int l, bool alone) {
    smoothing s;
    memset(&s, 0, sizeof s);
    for (int k = 0; k < jobs->count; k++) {
        const double share =
            fmin(1, fmax(1e-3, 1.01 * mg->set[jobs->slot[k] % mg->sets].share[l])); /* 16 bits */
        const double high = 1 + share, low = alone ? fmax(1 - share, high / 16) : high / smoothed_span;
        const double middle = 0.5 * (high + low), half_width = 0.5 * (high - low),
                     ratio = middle / half_width;
        const double start = 1 / ratio, next = 1 / (2 * ratio - start);
        s.first.s[k] = (cl_float)(1 / middle);
        s.momentum.s[k] = (cl_float)(start * next);
        s.second.s[k] = (cl_float)(2 * next / half_width);
    }
    return s;
}

static xt_status solve_densely(xt_multigrid *mg, const xt_jobs *jobs, const xt_level *level, cl_mem right,
                               xt_error *err) {
    const size_t n = (size_t)level->size.cells;
    for (int k = 0; k < jobs->count; k++) {
        const size_t slot = (size_t)jobs->slot[k];
        XT_TRY(xt_blas_gemv(mg->device, n, mg->dense, slot % (size_t)mg->sets * n * n, right, slot * n,
                            level->result, slot * n, err));
    }
    return XT_OK;
}

static xt_status begin(xt_multigrid *mg, const xt_jobs *jobs, int l, bool alone, cl_mem right, cl_mem product,
                       cl_mem partial, cl_int sums, xt_error *err) {
    const xt_level *level = &mg->level[l];
    const smoothing s = smoothing_of(mg, jobs, l, alone);
    const cl_int8 slots = xt_pack(jobs->slot);
    const cl_int count = jobs->count, sets = mg->sets;
    const xt_arg args[] = {XT_ARG(level->block),
                           XT_ARG(level->half),
                           XT_ARG(right),
                           XT_ARG(level->result),
                           XT_ARG(product),
                           XT_ARG(partial),
                           XT_ARG(level->size.cells),
                           XT_ARG(level->size.run),
                           XT_ARG(count),
                           XT_ARG(sets),
                           XT_ARG(slots),
                           XT_ARG(s.first),
                           XT_ARG(s.momentum),
                           XT_ARG(s.second),
                           XT_ARG(sums)};
    return xt_multigrid_launch(mg, mg->begin, &level->size, count, args, 15,
                               l == 0 ? "multigrid: begin" : "multigrid: coarse levels", sums >= 0 ? 22 : 18,
                               err);
}

static xt_status cycle(xt_multigrid *mg, const xt_jobs *jobs, int l, cl_mem right, cl_mem stepped,
                       cl_mem product, cl_mem partial, xt_error *err) {
    const xt_level *level = &mg->level[l];
    xt_jobs shallow = {0}, deep = {0};
    for (int k = 0; k < jobs->count; k++) {
        xt_jobs *to = mg->set[jobs->slot[k] % mg->sets].depth == l + 1 ? &shallow : &deep;
        to->slot[to->count++] = jobs->slot[k];
    }
    const cl_int none = -1;
    cl_int sums = l == 0 ? 0 : none;
    if (deep.count) {
        const xt_level *coarse = &mg->level[l + 1];
        const smoothing s = smoothing_of(mg, &deep, l, false);
        const cl_int8 slots = xt_pack(deep.slot);
        const cl_int count = deep.count, sets = mg->sets, wide = level->doubled[0];
        XT_TRY(begin(mg, &deep, l, false, right, product, partial, none, err));
        const xt_arg down[] = {XT_ARG(level->block),
                               XT_ARG(level->child),
                               XT_ARG(level->half),
                               XT_ARG(right),
                               XT_ARG(level->result),
                               XT_ARG(coarse->right),
                               XT_ARG(level->size.cells),
                               XT_ARG(coarse->size.cells),
                               XT_ARG(coarse->size.run),
                               XT_ARG(count),
                               XT_ARG(sets),
                               XT_ARG(slots),
                               XT_ARG(wide)};
        XT_TRY(xt_launch(mg->device, mg->restrict_to, coarse->size.runs * (size_t)count * mg->local,
                         mg->local, down, 13, l == 0 ? "multigrid: restrict" : "multigrid: coarse levels",
                         16.5 * level->size.cells * count, err));
        XT_TRY(cycle(mg, &deep, l + 1, coarse->right, coarse->stepped, product, partial, err));
        const xt_arg up[] = {XT_ARG(level->block),
                             XT_ARG(level->parent),
                             XT_ARG(level->half),
                             XT_ARG(right),
                             XT_ARG(level->result),
                             XT_ARG(coarse->result),
                             XT_ARG(stepped),
                             XT_ARG(level->size.cells),
                             XT_ARG(coarse->size.cells),
                             XT_ARG(level->size.run),
                             XT_ARG(count),
                             XT_ARG(sets),
                             XT_ARG(slots),
                             XT_ARG(s.first),
                             XT_ARG(wide)};
        XT_TRY(xt_multigrid_launch(mg, mg->prolong, &level->size, count, up, 15,
                                   l == 0 ? "multigrid: prolong" : "multigrid: coarse levels", 22.5, err));
        const xt_arg finish[] = {XT_ARG(level->block),
                                 XT_ARG(level->parent),
                                 XT_ARG(level->half),
                                 XT_ARG(right),
                                 XT_ARG(level->result),
                                 XT_ARG(coarse->result),
                                 XT_ARG(stepped),
                                 XT_ARG(product),
                                 XT_ARG(partial),
                                 XT_ARG(level->size.cells),
                                 XT_ARG(coarse->size.cells),
                                 XT_ARG(level->size.run),
                                 XT_ARG(count),
                                 XT_ARG(sets),
                                 XT_ARG(slots),
                                 XT_ARG(s.momentum),
                                 XT_ARG(s.second),
                                 XT_ARG(wide),
                                 XT_ARG(sums)};
        XT_TRY(xt_multigrid_launch(mg, mg->finish, &level->size, count, finish, 19,
                                   l == 0 ? "multigrid: finish" : "multigrid: coarse levels",
                                   l == 0 ? 30 : 26, err));
        if (l == 0) sums = (cl_int)level->size.runs * count;
    }
    if (shallow.count == 0) return XT_OK;
    if (!is_dense(mg, l)) return begin(mg, &shallow, l, true, right, product, partial, sums, err);
    return solve_densely(mg, &shallow, level, right, err);
}

xt_status xt_multigrid_cycle(xt_multigrid *mg, const xt_jobs *jobs, cl_mem right, cl_mem stepped,
                             cl_mem product, cl_mem partial, xt_error *err) {
    return cycle(mg, jobs, 0, right, stepped, product, partial, err);
}

void xt_multigrid_sums(double *sum, const xt_multigrid *mg, const xt_jobs *jobs, const float *pairs) {
    int at[2] = {0, 0}, of[2] = {0, 0}; /* those that go deeper come first */
    for (int k = 0; k < jobs->count; k++) of[mg->set[jobs->slot[k] % mg->sets].depth == 1]++;
    for (int k = 0; k < jobs->count; k++) {
        const int shallow = mg->set[jobs->slot[k] % mg->sets].depth == 1;
        const size_t runs = mg->level[0].size.runs, count = (size_t)of[shallow];
        const float *pair = pairs + 2 * ((shallow ? runs * (size_t)of[0] : 0) + (size_t)at[shallow]++);
        sum[k] = 0;
        for (size_t run = 0; run < runs; run++)
            sum[k] += (double)pair[2 * run * count] + (double)pair[2 * run * count + 1];
    }
}
