/* One V-cycle of geometric multigrid for A c = b (elliptic.cl), the preconditioner of conjugate gradients.
 *
 * Levels are sparse as the mesh is: blocks of 16 x 1 x 1 cells with neighbours, block 0 outside; a coarse
 * cell stands for two cells along each axis that is coarsened (child, parent). Coarse operators have seven
 * points: a face's transmissibility is the sum of the fine ones it covers, halved along a coarsened axis, as
 * its cells' centres are twice as far apart; losses add up. Transfer is piecewise constant. Smoothing is
 * Chebyshev's polynomial of degree two in D^-1 A, before (from zero) and after, so that the cycle is
 * symmetric:
 *
 *     x1 = x0 + first D^-1 (b - A x0),    x2 = x1 + momentum (x1 - x0) + second D^-1 (b - A x1)
 *
 * (Saad, Iterative Methods, algorithm 12.1; constants by job: host/solve/multigrid.c). Four passes over the
 * cells of a level, smoothing fused with transfer, neighbours' first step recomputed instead of stored.
 * Needs grid.clh, transport.clh, sum.clh, reduce.clh, cell.clh, lanes.clh and multigrid.clh. Bytes by model,
 * per cell of the level (restrict, coarsen: of the finer): round 26, coarsen 10, invert 10, begin 18,
 * restrict 16.5, prolong 22.5, finish 26, and 4 more with the sum. */

/* The finest level's inverse diagonals, and the largest share of the faces in a diagonal: from the floats. */
__kernel void multigrid_finest(__global const xt_block *block, __global ushort *half_,
                               __global const short *low, __global float2 *largest, const int cells,
                               const int run, const int jobs, const int8 slots) {
    XT_SCRATCH
    XT_JOB(jobs, cells, run)
    const int set = xt_job_int(slots, job);
    const xt_records exact = xt_records_of(half_, low, set, cells);
    __global ushort *c = half_ + (size_t)set * (size_t)(cells / 16) * XT_HALF_RECORD;
    xt_lanes most = 0.0f;
    XT_EACH_IN_RUN(i) {
        XT_FACES(t, full, exact, block, i)
        const xt_lanes faces = XT_FACE_SUM(t), diagonal = xt_full_lanes(exact, i, XT_LOSS_LANE) + faces;
        most = fmax(most, diagonal > 0.0f ? faces / diagonal : diagonal);
        xt_half_store(diagonal > 0.0f ? 1.0f / diagonal : 0.0f * diagonal, c, i, XT_INVERSE);
    }
    XT_STORE_MAX(largest, most);
}

/* The finer cells of coarse cell i: child[8 * (i >> 4) + k], k counting x, y, z. */
#ifdef XT_ROWS
/* The sums of neighbouring lanes of the two blocks side by side, or of one block as it is. */
static inline xt_lanes xt_join(const xt_lanes a, const xt_lanes b, const int wide) {
    return wide ? (float16)(a.even + a.odd, b.even + b.odd) : a;
}
static inline xt_lanes xt_join_even(const xt_lanes a, const xt_lanes b, const int wide) {
    return wide ? (float16)(a.even, b.even) : a;
}
#endif

/* Transmissibilities and losses of a level from the finer one's; doubled: it is coarser along x, y, z. */
__kernel void multigrid_coarsen(__global const int *child, __global const ushort *fine,
                                __global ushort *coarse, const int fine_cells, const int cells, const int run,
                                const int jobs, const int8 slots, const int4 doubled) {
    XT_JOB(jobs, cells, run)
    const size_t set = xt_job_int(slots, job);
    __global const ushort *f = fine + set * (size_t)(fine_cells / 16) * XT_HALF_RECORD;
    __global ushort *c = coarse + set * (size_t)(cells / 16) * XT_HALF_RECORD;
    const float4 share =
        (float4)(doubled.x ? 0.5f : 1.0f, doubled.y ? 0.5f : 1.0f, doubled.z ? 0.5f : 1.0f, 0.0f);
    XT_EACH_IN_RUN(i) {
        __global const int *of = child + 8 * (i >> 4);
        xt_lanes x = 0.0f, y = 0.0f, z = 0.0f, loss = 0.0f;
        for (int k = 0; k < 8; k += 2) {
#ifdef XT_ROWS
            const int a = of[k] * 16, b = of[k + 1] * 16;
            x += xt_join_even(xt_half_lanes(f, a, XT_FACE_X), xt_half_lanes(f, b, XT_FACE_X), doubled.x);
            if ((k & 2) == 0)
                y += xt_join(xt_half_lanes(f, a, XT_FACE_Y), xt_half_lanes(f, b, XT_FACE_Y), doubled.x);
            if ((k & 4) == 0)
                z += xt_join(xt_half_lanes(f, a, XT_FACE_Z), xt_half_lanes(f, b, XT_FACE_Z), doubled.x);
            loss += xt_join(xt_half_lanes(f, a, XT_LOSS_LANE), xt_half_lanes(f, b, XT_LOSS_LANE), doubled.x);
#else
            const int lane = i & 15;
            const int a = doubled.x ? of[k + (lane >> 3)] * 16 + 2 * (lane & 7) : of[k] * 16 + lane;
            for (int j = a; j <= a + (doubled.x ? 1 : 0); j++) {
                if (j == a) x += xt_half_one(f, j, XT_FACE_X);
                if ((k & 2) == 0) y += xt_half_one(f, j, XT_FACE_Y);
                if ((k & 4) == 0) z += xt_half_one(f, j, XT_FACE_Z);
                loss += xt_half_one(f, j, XT_LOSS_LANE);
            }
#endif
        }
        xt_half_store(share.x * x, c, i, XT_FACE_X);
        xt_half_store(share.y * y, c, i, XT_FACE_Y);
        xt_half_store(share.z * z, c, i, XT_FACE_Z);
        xt_half_store(loss, c, i, XT_LOSS_LANE);
    }
}

/* Inverse diagonals, and the largest share of the faces in a diagonal. */
__kernel void multigrid_invert(__global const xt_block *block, __global ushort *half_,
                               __global float2 *largest, const int first, const int cells, const int run,
                               const int jobs, const int8 slots) {
    XT_SCRATCH
    XT_JOB(jobs, cells, run)
    __global ushort *c = half_ + (size_t)xt_job_int(slots, job) * (size_t)(cells / 16) * XT_HALF_RECORD;
    xt_lanes most = 0.0f;
    XT_EACH_IN_RUN(i) {
        XT_FACES(t, half, c, block, i)
        const xt_lanes faces = XT_FACE_SUM(t), diagonal = xt_half_lanes(c, i, XT_LOSS_LANE) + faces;
        most = fmax(most, diagonal > 0.0f ? faces / diagonal : diagonal);
        xt_half_store(diagonal > 0.0f ? 1.0f / diagonal : 0.0f * diagonal, c, i, XT_INVERSE);
    }
    __global float2 *own = largest + first;
    XT_STORE_MAX(own, most);
}

/* Both steps of smoothing from zero; as the whole cycle with a sum, from partial[sums] on unless negative:
 * y.q */
__kernel void multigrid_begin(__global const xt_block *block, __global const ushort *half_,
                              __global const float *right, __global float *result,
                              __global const float *product, __global float2 *partial, const int cells,
                              const int run, const int jobs, const int sets, const int8 slots,
                              const float8 firsts, const float8 momenta, const float8 seconds,
                              const int sums) {
    XT_SCRATCH
    XT_JOB(jobs, cells, run)
    const int slot = xt_job_int(slots, job);
    const float first = xt_job_float(firsts, job), momentum = xt_job_float(momenta, job),
                second = xt_job_float(seconds, job);
    __global const ushort *c = half_ + (size_t)(slot % sets) * (size_t)(cells / 16) * XT_HALF_RECORD;
    __global const float *b = right + (size_t)slot * cells;
    __global float *y = result + (size_t)slot * cells;
    XT_SUM(yq);
#define XT_FIRST(kind, j) (first * xt_half_##kind(c, j, XT_INVERSE) * xt_at_##kind(b, j))
    XT_EACH_IN_RUN(i) {
        const xt_lanes inverse = xt_half_lanes(c, i, XT_INVERSE), wanted = xt_at_lanes(b, i),
                       here = first * inverse * wanted;
        XT_SIX(v, here, XT_FIRST, block, i)
        XT_FACES(t, half, c, block, i)
        const xt_lanes left = (wanted - xt_half_lanes(c, i, XT_LOSS_LANE) * here) + XT_GAIN(t, v, here);
        const xt_lanes after = here + (momentum * here + second * inverse * left);
        xt_store(after, y, i);
        if (sums >= 0) XT_SUM_ADD(yq, after * xt_load(product + (size_t)slot * cells, i))
    }
    if (sums >= 0) {
        __global float2 *own = partial + sums;
        XT_SUM_STORE(own, 0, yq);
    }
}

static inline xt_lanes multigrid_residual(__global const xt_block *block, __global const ushort *c,
                                          __global const float *b, __global const float *y, const int i) {
    const xt_lanes here = xt_at_lanes(y, i);
#define XT_PLAIN(kind, j) xt_at_##kind(y, j)
    XT_SIX(v, here, XT_PLAIN, block, i)
    XT_FACES(t, half, c, block, i)
    return (xt_at_lanes(b, i) - xt_half_lanes(c, i, XT_LOSS_LANE) * here) + XT_GAIN(t, v, here);
}

/* Coarse blocks that multigrid_restrict takes fine row by fine row. */
#ifndef MULTIGRID_STRETCH
#define MULTIGRID_STRETCH 32
#endif

/* The coarse level's right-hand side: what is left of b, summed over each coarse cell's cells. */
__kernel void multigrid_restrict(__global const xt_block *block, __global const int *child,
                                 __global const ushort *half_, __global const float *right,
                                 __global const float *result, __global float *coarse_right,
                                 const int fine_cells, const int cells, const int run, const int jobs,
                                 const int sets, const int8 slots, const int wide) {
    XT_JOB(jobs, cells, run)
    const int slot = xt_job_int(slots, job);
    __global const ushort *c = half_ + (size_t)(slot % sets) * (size_t)(fine_cells / 16) * XT_HALF_RECORD;
    __global const float *b = right + (size_t)slot * fine_cells, *y = result + (size_t)slot * fine_cells;
    __global float *out = coarse_right + (size_t)slot * cells;
#ifdef XT_ROWS
    /* A stretch of coarse cells four times, one fine row after the other: fewer streams from memory at once
     * than a coarse cell at a time would need, and what is added to stays in the cache. */
    for (int begin = from_; begin < until_; begin += MULTIGRID_STRETCH * 16) {
        const int end = min(until_, begin + MULTIGRID_STRETCH * 16);
        for (int k = 0; k < 8; k += 2)
            for (int i = begin; i < end; i += 16) {
                __global const int *of = child + 8 * (i >> 4);
                xt_lanes first = 0.0f, second = 0.0f;
                if (of[k]) first = multigrid_residual(block, c, b, y, of[k] * 16);
                if (of[k + 1]) second = multigrid_residual(block, c, b, y, of[k + 1] * 16);
                const xt_lanes sum = xt_join(first, second, wide);
                xt_store(k > 0 ? xt_load(out, i) + sum : sum, out, i);
            }
    }
#else
    XT_EACH_IN_RUN(i) {
        __global const int *of = child + 8 * (i >> 4);
        xt_lanes sum = 0.0f;
        const int lane = i & 15;
        for (int k = 0; k < 8; k += 2) {
            const int from = of[wide ? k + (lane >> 3) : k];
            if (from == 0) continue;
            const int a = from * 16 + (wide ? 2 * (lane & 7) : lane);
            sum += multigrid_residual(block, c, b, y, a);
            if (wide) sum += multigrid_residual(block, c, b, y, a + 1);
        }
        xt_store(sum, out, i);
    }
#endif
}

/* The coarse level's result e at the cells of j. parent: first coarse cell by block. */
static inline float xt_coarse_one(__global const float *e, __global const int *parent, const int j,
                                  const int wide) {
    return e[parent[j >> 4] + ((j & 15) >> wide)];
}
#ifdef XT_ROWS
static inline xt_lanes xt_coarse_lanes(__global const float *e, __global const int *parent, const int j,
                                       const int wide) {
    const int p = parent[j >> 4];
    if (!wide) return xt_load(e, p);
    const float8 half_ = vload8(0, e + p);
    return half_.s0011223344556677;
}
#else
#define xt_coarse_lanes xt_coarse_one
#endif

/* x = y + e, and the first step of smoothing after that. */
__kernel void multigrid_prolong(__global const xt_block *block, __global const int *parent,
                                __global const ushort *half_, __global const float *right,
                                __global const float *result, __global const float *coarse_result,
                                __global float *stepped, const int cells, const int coarse_cells,
                                const int run, const int jobs, const int sets, const int8 slots,
                                const float8 firsts, const int wide) {
    XT_JOB(jobs, cells, run)
    const int slot = xt_job_int(slots, job);
    const float first = xt_job_float(firsts, job);
    __global const ushort *c = half_ + (size_t)(slot % sets) * (size_t)(cells / 16) * XT_HALF_RECORD;
    __global const float *b = right + (size_t)slot * cells, *y = result + (size_t)slot * cells;
    __global const float *e = coarse_result + (size_t)slot * coarse_cells;
    __global float *out = stepped + (size_t)slot * cells;
#define XT_CORRECTED(kind, j) (xt_at_##kind(y, j) + xt_coarse_##kind(e, parent, j, wide))
    XT_EACH_IN_RUN(i) {
        const xt_lanes here = XT_CORRECTED(lanes, i);
        XT_SIX(v, here, XT_CORRECTED, block, i)
        XT_FACES(t, half, c, block, i)
        const xt_lanes left =
            (xt_at_lanes(b, i) - xt_half_lanes(c, i, XT_LOSS_LANE) * here) + XT_GAIN(t, v, here);
        xt_store(here + first * xt_half_lanes(c, i, XT_INVERSE) * left, out, i);
    }
}

/* The second step of smoothing: y becomes the cycle's result. Sum as in multigrid_begin: y.q */
__kernel void multigrid_finish(__global const xt_block *block, __global const int *parent,
                               __global const ushort *half_, __global const float *right,
                               __global float *result, __global const float *coarse_result,
                               __global const float *stepped, __global const float *product,
                               __global float2 *partial, const int cells, const int coarse_cells,
                               const int run, const int jobs, const int sets, const int8 slots,
                               const float8 momenta, const float8 seconds, const int wide, const int sums) {
    XT_SCRATCH
    XT_JOB(jobs, cells, run)
    const int slot = xt_job_int(slots, job);
    const float momentum = xt_job_float(momenta, job), second = xt_job_float(seconds, job);
    __global const ushort *c = half_ + (size_t)(slot % sets) * (size_t)(cells / 16) * XT_HALF_RECORD;
    __global const float *b = right + (size_t)slot * cells, *y1 = stepped + (size_t)slot * cells;
    __global const float *e = coarse_result + (size_t)slot * coarse_cells;
    __global float *y = result + (size_t)slot * cells;
    XT_SUM(yq);
#define XT_STEPPED(kind, j) xt_at_##kind(y1, j)
    XT_EACH_IN_RUN(i) {
        const xt_lanes here = xt_at_lanes(y1, i);
        const xt_lanes before = xt_at_lanes(y, i) + xt_coarse_lanes(e, parent, i, wide);
        XT_SIX(v, here, XT_STEPPED, block, i)
        XT_FACES(t, half, c, block, i)
        const xt_lanes left =
            (xt_at_lanes(b, i) - xt_half_lanes(c, i, XT_LOSS_LANE) * here) + XT_GAIN(t, v, here);
        const xt_lanes inverse = xt_half_lanes(c, i, XT_INVERSE);
        const xt_lanes smoothed = here + (momentum * (here - before) + second * inverse * left);
        const xt_lanes after = inverse > 0.0f ? smoothed : 0.0f * inverse; /* empty cells took e too */
        xt_store(after, y, i);
        if (sums >= 0) XT_SUM_ADD(yq, after * xt_load(product + (size_t)slot * cells, i))
    }
    if (sums >= 0) {
        __global float2 *own = partial + sums;
        XT_SUM_STORE(own, 0, yq);
    }
}
