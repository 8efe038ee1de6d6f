/* The steady problem of one species, A c = b, and conjugate gradients preconditioned by a multigrid cycle
 * (multigrid.cl).
 *
 *     (A c)_i = (loss + exchange + uptake + wall) c_i - sum over faces T (c_n - c_i)        [pM/h]
 *     b_i     = secretion + wall + reaction + supply c_p
 *
 * Fluxes are differences times a transmissibility that both sides share to the bit, so they cancel in sums
 * over cells. The unknown is a pair of floats, x + low: fp32 alone cannot hold a level field to the residuals
 * asked for where cells are much smaller than the distance a molecule travels. x is a species' plane of a
 * field, [species][cells]; other vectors are [slot][cells], records as in multigrid.clh, sums as in
 * reduce.clh. Needs grid.clh, transport.clh, sum.clh, reduce.clh, cell.clh, lanes.clh and multigrid.clh.
 * Bytes by model, per cell: setup 4 and 16 by species, source 8, residual 40, operator 36, update 32. */

/* Words, tissues and rows of the coefficient table of the cells at i (0) and of their lower neighbours along
 * x, y, z (1 .. 3). */
typedef struct {
    uint word[4][XT_LANES], tissue[4][XT_LANES];
    int row[4][XT_LANES];
} elliptic_cells;

static inline void elliptic_look_up(elliptic_cells *at, const int i, __global const xt_block *block,
                                    __global const uint *word, __global const uchar *class_tissue) {
#ifdef XT_ROWS
    __global const int *neighbour = block[i >> 4].neighbour;
    const uint16 own = vload16(0, word + i);
    vstore16(own, 0, at->word[0]);
    vstore16((uint16)(word[neighbour[0] * 16 + 15], own.s01234567, own.s89ab, own.scd, own.se), 0,
             at->word[1]);
    vstore16(vload16(neighbour[2], word), 0, at->word[2]);
    vstore16(vload16(neighbour[4], word), 0, at->word[3]);
#else
    at->word[0][0] = word[i];
    for (int axis = 0; axis < 3; axis++) at->word[axis + 1][0] = word[xt_neighbour(block, i, 2 * axis)];
#endif
    for (int n = 0; n < 4; n++)
        for (int lane = 0; lane < XT_LANES; lane++) {
            const uint class = xt_class(at->word[n][lane]);
            at->tissue[n][lane] = class_tissue[class];
            at->row[n][lane] = (int)class * XT_SPECIES * 8;
        }
}

/* Cuts and membranes of the lower faces along an axis; false if all are plain: halfway, and without. */
static inline bool elliptic_cuts(float *cut, int *pair, const elliptic_cells *at, const int axis,
                                 __global const uchar *class_tissue) {
    uint odd = 0;
    for (int lane = 0; lane < XT_LANES; lane++)
        odd |= (at->tissue[axis + 1][lane] ^ at->tissue[0][lane]) |
               (at->word[axis + 1][lane] | at->word[0][lane]) >> 16;
    if (odd == 0) return false;
    for (int lane = 0; lane < XT_LANES; lane++) {
        const uint a = at->word[axis + 1][lane], b = at->word[0][lane], ta = at->tissue[axis + 1][lane],
                   tb = at->tissue[0][lane];
        cut[lane] = (a | b) >> 16 == 0
                        ? 0.5f
                        : xt_cut(a, b, ta, tb, class_tissue[xt_second(a)], class_tissue[xt_second(b)]);
        pair[lane] = (int)(ta * (XT_TISSUES + 1) + tb) * XT_SPECIES;
    }
    return true;
}

/* Records of several species: transmissibilities of the lower faces, and what removes the species. What does
 * not depend on the species is looked up once. */
__kernel void elliptic_setup(XT_MESH_PARAMETERS, __global const float *uptake, __global ushort *half_,
                             __global short *low, const int cells, const int run, const int jobs,
                             const int8 slots, const int8 species) {
    XT_RUN(1, cells, run)
    XT_EACH_IN_RUN(i) {
        elliptic_cells at;
        float cut[3][XT_LANES], value[XT_LANES];
        int pair[3][XT_LANES];
        bool cuts[3];
        elliptic_look_up(&at, i, block, word, class_tissue);
        for (int axis = 0; axis < 3; axis++)
            cuts[axis] = elliptic_cuts(cut[axis], pair[axis], &at, axis, class_tissue);
        uint shares = 0;
        for (int lane = 0; lane < XT_LANES; lane++) shares |= at.word[0][lane] >> 16;
        for (int k = 0; k < jobs; k++) {
            const int s = xt_job_int(species, k);
            const size_t blocks = (size_t)xt_job_int(slots, k) * (size_t)(cells / 16);
            __global ushort *upper = half_ + blocks * XT_HALF_RECORD;
            __global short *rest = low + blocks * XT_LOW_RECORD;
            __global const float *of = coefficient + s * 8 + XT_C_RESISTANCE;
            for (int lane = 0; lane < XT_LANES; lane++) value[lane] = of[at.row[0][lane]];
            const xt_lanes own = xt_own(value);
            for (int axis = 0; axis < 3; axis++) {
                const float h = axis == 0 ? box.x : axis == 1 ? box.y : box.z;
                for (int lane = 0; lane < XT_LANES; lane++) value[lane] = of[at.row[axis + 1][lane]];
                const xt_lanes lower = xt_own(value);
                xt_lanes share = 0.5f, between = 0.0f;
                if (cuts[axis]) {
                    for (int lane = 0; lane < XT_LANES; lane++) value[lane] = membrane[pair[axis][lane] + s];
                    share = xt_own(cut[axis]);
                    between = xt_own(value);
                }
                const xt_lanes t = 1.0f / (h * (h * (share * lower + (1.0f - share) * own) + between));
                xt_half_store(t, upper, i, axis);
                xt_low_store(t, rest, i, axis);
            }
            of = coefficient + s * 8;
            for (int lane = 0; lane < XT_LANES; lane++)
                value[lane] = of[at.row[0][lane] + XT_C_LOSS] + of[at.row[0][lane] + XT_C_EXCHANGE];
            for (int lane = 0; lane < XT_LANES && shares != 0; lane++)
                value[lane] = xt_of_cell(coefficient, at.word[0][lane], s, XT_C_LOSS) +
                              xt_of_cell(coefficient, at.word[0][lane], s, XT_C_EXCHANGE);
#if XT_WALLS
            for (int lane = 0; lane < XT_LANES; lane++)
                value[lane] += xt_wall(i + lane, at.word[0][lane], s, box, block, coefficient, wall).x;
#endif
            xt_lanes removal = xt_own(value);
#if XT_REACTIONS
            removal += xt_load(uptake, i);
#endif
            xt_half_store(removal, upper, i, XT_LOSS_LANE);
            xt_low_store(removal, rest, i, XT_LOSS_LANE);
        }
    }
}

/* The coefficients of the cells at i, a row each, averaged over their two tissues; and a column of them. */
static inline void xt_rows_of(float *rows, const int i, const int species, __global const uint *word,
                              __global const float *coefficient) {
    for (int lane = 0; lane < XT_LANES; lane++) {
        const uint w = word[i + lane];
        float8 row = vload8(xt_class(w) * XT_SPECIES + species, coefficient);
        if (w >> 16 != 0)
            row += xt_share(w) * (vload8(xt_second(w) * XT_SPECIES + species, coefficient) - row);
        vstore8(row, lane, rows);
    }
}
#ifdef XT_ROWS
#define XT_COLUMN(r, k)                                                                                      \
    (float16)(r[k], r[8 + k], r[16 + k], r[24 + k], r[32 + k], r[40 + k], r[48 + k], r[56 + k], r[64 + k],   \
              r[72 + k], r[80 + k], r[88 + k], r[96 + k], r[104 + k], r[112 + k], r[120 + k])
#else
#define XT_COLUMN(r, k) r[k]
#endif

/* Add v and what v lacks to the pair (high, low) of the same name. */
#define XT_PAIR_ADD(name, v)                                                                                 \
    {                                                                                                        \
        const xt_lanes v_ = (v), t_ = name##_high + v_, back_ = t_ - name##_high;                            \
        name##_low += (name##_high - (t_ - back_)) + (v_ - back_);                                           \
        name##_high = t_;                                                                                    \
    }

/* residual += T (c of the neighbour - c here), exactly but for what low floats lose. */
#define XT_PAIR_FLUX(face)                                                                                   \
    {                                                                                                        \
        const xt_lanes d_ = x_##face - here, back_ = d_ - x_##face;                                          \
        const xt_lanes lost_ = ((x_##face - (d_ - back_)) - (here + back_)) + (l_##face - under);            \
        const xt_lanes flux_ = t_##face * d_;                                                                \
        residual_low += fma(t_##face, d_, -flux_) + t_##face * lost_;                                        \
        XT_PAIR_ADD(residual, flux_)                                                                         \
    }

/* Secretion of the cells, for the residuals of a problem until its formulas' values change. */
__kernel void elliptic_source(__global const uint *word, __global const uchar *class_tissue,
                              __global const float2 *base, __global float *source, const int species,
                              const int slot, const int cells, const int run,
                              const int modulated XT_CELL_PARAMETERS) {
    __global float *out = source + (size_t)slot * cells;
    XT_RUN(1, cells, run)
    XT_EACH_IN_RUN(i) {
        const bool same = xt_same(word, i);
        xt_lanes made = 0.0f;
        if (!(same && xt_class(word[i]) == 0) && !xt_silent(same, word[i], species, base, class_tissue))
            XT_LANE_BY_LANE(
                made, i, j,
                xt_secretion(species, word[j], j, cells, modulated, base, class_tissue XT_CELL_PASS))
        xt_store(made, out, i);
    }
}

/* r = b - A (x + low), in compensated arithmetic, and what the field means for the balance. Sums: r.r, b.b,
 * (2 diagonal x).(2 diagonal x) (what rounding scales with); then secretion, supply, loss x, exchange x, body
 * exchange x, body supply, inflow through walls, phi reaction(x); from partial[first] on. plasma: a pair of
 * floats. source_weight 0 with plasma 1 is the problem of the unit response. */
__kernel void elliptic_residual(XT_SOURCE_PARAMETERS, __global const float *constant_part,
                                __global const ushort *half_, __global const short *low_half,
                                __global const float *secretion, __global const float *field,
                                __global const float *field_low, __global float *left,
                                __global float2 *partial, const int first, const int species, const int slot,
                                const int sets, const int cells, const float source_weight,
                                const float2 plasma XT_CELL_PARAMETERS) {
    XT_SCRATCH
    __global const float *source = secretion + (size_t)slot * cells;
    __global const float *x = field + (size_t)species * cells, *low = field_low + (size_t)slot * cells;
    const xt_records c = xt_records_of(half_, low_half, slot % sets, cells);
    __global float *r = left + (size_t)slot * cells;
    XT_SUM(rr);
    XT_SUM(bb);
    XT_SUM(size);
    XT_SUM(secreted);
    XT_SUM(supplied);
    XT_SUM(lost);
    XT_SUM(exchanged);
    XT_SUM(body_exchanged);
    XT_SUM(body_supplied);
    XT_SUM(walled);
    XT_SUM(reacted);
#define XT_HIGH(kind, j)  xt_at_##kind(x, j)
#define XT_UNDER(kind, j) xt_at_##kind(low, j)
    XT_EACH_LANES(i, cells) {
        const xt_lanes here = xt_load(x, i), under = xt_load(low, i);
        float rows[XT_LANES * 8];
        xt_rows_of(rows, i, species, word, coefficient);
        const xt_lanes loss = XT_COLUMN(rows, XT_C_LOSS), exchange = XT_COLUMN(rows, XT_C_EXCHANGE),
                       supply = XT_COLUMN(rows, XT_C_SUPPLY),
                       body_exchange = XT_COLUMN(rows, XT_C_BODY_EXCHANGE),
                       body_supply = XT_COLUMN(rows, XT_C_BODY_SUPPLY);
        const xt_lanes removal = xt_full_lanes(c, i, XT_LOSS_LANE);
        xt_lanes b = 0.0f;
#if XT_WALLS
        xt_lanes edge, edge_value;
        XT_LANE_BY_LANE(edge, i, j, xt_wall(j, word[j], species, box, block, coefficient, wall).x)
        XT_LANE_BY_LANE(edge_value, i, j, xt_wall(j, word[j], species, box, block, coefficient, wall).y)
#endif
        if (source_weight != 0.0f) {
            b = xt_load(source, i);
            XT_SUM_ADD(secreted, b)
#if XT_WALLS
            b += edge_value;
#endif
#if XT_REACTIONS
            b += xt_load(constant_part, i);
            xt_lanes rate;
            XT_LANE_BY_LANE(rate, i, j,
                            xt_class(word[j]) == 0 ? 0.0f
                                                   : xt_of_cell(coefficient, word[j], species, XT_C_FLUID) *
                                                         xt_reaction(species, class_tissue[xt_class(word[j])],
                                                                     j, cells, 0.0f XT_CELL_PASS))
            XT_SUM_ADD(reacted, rate)
#endif
            b *= source_weight;
        }
        const xt_lanes from_blood = plasma.x * supply;
        const xt_lanes blood_rest = fma(plasma.x, supply, -from_blood) + plasma.y * supply;
        const xt_lanes made = b;
        b += from_blood;
        XT_SIX(x, here, XT_HIGH, block, i)
        XT_SIX(l, under, XT_UNDER, block, i)
        XT_FACES(t, full, c, block, i)
        const xt_lanes taken = removal * here;
        xt_lanes residual_high = made,
                 residual_low = blood_rest - (fma(removal, here, -taken) + removal * under);
        XT_PAIR_ADD(residual, from_blood)
        XT_PAIR_ADD(residual, -taken)
        XT_PAIR_FLUX(w)
        XT_PAIR_FLUX(e)
        XT_PAIR_FLUX(s)
        XT_PAIR_FLUX(n)
        XT_PAIR_FLUX(b)
        XT_PAIR_FLUX(t)
        const xt_lanes residual = residual_high + residual_low;
        xt_store(residual, r, i);
        const xt_lanes twice = 2.0f * (removal + XT_FACE_SUM(t)) * here;
        XT_SUM_ADD(rr, residual * residual)
        XT_SUM_ADD(bb, b * b)
        XT_SUM_ADD(size, twice * twice)
        XT_SUM_ADD(supplied, supply)
        XT_SUM_ADD(lost, loss * here)
        XT_SUM_ADD(exchanged, exchange * here)
        XT_SUM_ADD(body_exchanged, body_exchange * here)
        XT_SUM_ADD(body_supplied, body_supply)
#if XT_WALLS
        XT_SUM_ADD(walled, edge_value - edge * here)
#endif
    }
    __global float2 *own = partial + first;
    XT_SUM_STORE(own, 0, rr);
    XT_SUM_STORE(own, 1, bb);
    XT_SUM_STORE(own, 2, size);
    XT_SUM_STORE(own, 3, secreted);
    XT_SUM_STORE(own, 4, supplied);
    XT_SUM_STORE(own, 5, lost);
    XT_SUM_STORE(own, 6, exchanged);
    XT_SUM_STORE(own, 7, body_exchanged);
    XT_SUM_STORE(own, 8, body_supplied);
    XT_SUM_STORE(own, 9, walled);
    XT_SUM_STORE(own, 10, reacted);
}

/* p = z + beta p_before, q = A p. Sums: p.q, r.p, r.q, q.q, r.r: the step, and the residual's norm after it.
 */
__kernel void elliptic_operator(__global const xt_block *block, __global const ushort *half_,
                                __global const short *low_half, __global const float *cycled,
                                __global const float *before, __global float *direction,
                                __global float *product, __global const float *left, __global float2 *partial,
                                const int cells, const int run, const int jobs, const int sets,
                                const int8 slots, const float8 betas) {
    XT_SCRATCH
    XT_JOB(jobs, cells, run)
    const int slot = xt_job_int(slots, job);
    const float beta = xt_job_float(betas, job);
    const size_t at = (size_t)slot * cells;
    const xt_records c = xt_records_of(half_, low_half, slot % sets, cells);
    __global const float *z = cycled + at, *old = before + at, *r = left + at;
    __global float *p = direction + at, *q = product + at;
    XT_SUM(pq);
    XT_SUM(rp);
    XT_SUM(rq);
    XT_SUM(qq);
    XT_SUM(rr);
#define XT_DIRECTION(kind, j) (xt_at_##kind(z, j) + beta * xt_at_##kind(old, j))
    XT_EACH_IN_RUN(i) {
        const xt_lanes here = XT_DIRECTION(lanes, i);
        XT_SIX(v, here, XT_DIRECTION, block, i)
        XT_FACES(t, full, c, block, i)
        const xt_lanes value = xt_full_lanes(c, i, XT_LOSS_LANE) * here - XT_GAIN(t, v, here),
                       residual = xt_load(r, i);
        xt_store(here, p, i);
        xt_store(value, q, i);
        XT_SUM_ADD(pq, here * value)
        XT_SUM_ADD(rp, residual * here)
        XT_SUM_ADD(rq, residual * value)
        XT_SUM_ADD(qq, value * value)
        XT_SUM_ADD(rr, residual * residual)
    }
    XT_SUM_STORE(partial, 0, pq);
    XT_SUM_STORE(partial, 1, rp);
    XT_SUM_STORE(partial, 2, rq);
    XT_SUM_STORE(partial, 3, qq);
    XT_SUM_STORE(partial, 4, rr);
}

/* (x, low) += alpha p, r -= alpha q. x is of `rest` for slots below `sets`, of `peak` for others. */
__kernel void elliptic_update(__global const float *direction, __global const float *product,
                              __global float *rest, __global float *peak, __global float *field_low,
                              __global float *left, const int cells, const int run, const int jobs,
                              const int sets, const int8 slots, const int8 species, const float8 alphas) {
    XT_JOB(jobs, cells, run)
    const int slot = xt_job_int(slots, job);
    const float alpha = xt_job_float(alphas, job);
    const size_t at = (size_t)slot * cells;
    __global const float *p = direction + at, *q = product + at;
    __global float *x = (slot < sets ? rest : peak) + (size_t)xt_job_int(species, job) * cells;
    __global float *low = field_low + at, *r = left + at;
    XT_EACH_IN_RUN(i) {
        const xt_lanes along = xt_load(p, i), step = alpha * along;
        xt_lanes sum_high = xt_load(x, i), sum_low = xt_load(low, i) + fma(alpha, along, -step);
        XT_PAIR_ADD(sum, step)
        const xt_lanes whole = sum_high + sum_low;
        xt_store(whole, x, i);
        xt_store(sum_low - (whole - sum_high), low, i);
        xt_store(xt_load(r, i) - alpha * xt_load(q, i), r, i);
    }
}

#if XT_REACTIONS
/* Newton's linearisation of the reaction about the present field: phi reaction(c) = constant_part - uptake c,
 * with only losses taken implicitly, so that A keeps its sign. The slope is a finite difference: it sets the
 * speed of convergence, not the result. */
__kernel void elliptic_linearise(__global const uint *word, __global const float *coefficient,
                                 __global const uchar *class_tissue, __global const float *x,
                                 __global float *uptake, __global float *constant_part, const int species,
                                 const int cells XT_CELL_PARAMETERS) {
    const int i = get_global_id(0);
    if (i >= cells) return;
    const uint w = word[i];
    float slope = 0.0f, rate = 0.0f, c = 0.0f;
    if (xt_class(w) != 0) {
        const int tissue = class_tissue[xt_class(w)];
        const float fluid = xt_of_cell(coefficient, w, species, XT_C_FLUID);
        c = x[(size_t)species * cells + i];
        const float shift = fmax(1e-3f * fabs(c), 1e-6f);
        const float at = xt_reaction(species, tissue, i, cells, 0.0f XT_CELL_PASS);
        slope = fmax(0.0f, (at - xt_reaction(species, tissue, i, cells, shift XT_CELL_PASS)) / shift) * fluid;
        rate = at * fluid;
    }
    uptake[i] = slope;
    constant_part[i] = rate + slope * c;
}
#endif
