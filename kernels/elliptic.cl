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
 * Bytes by model, per cell: setup 4 and 16 by species, residual 36, operator 36, update 32. */

/* Records of several species: transmissibilities of the lower faces, and what removes the species. A cell's
 * words, cut positions and tissues are looked up once for all. */
__kernel void elliptic_setup(XT_MESH_PARAMETERS, __global const float *uptake, __global ushort *half_,
                             __global short *low, const int cells, const int run, const int jobs,
                             const int8 slots, const int8 species) {
    XT_RUN(1, cells, run)
    XT_EACH_IN_RUN(i) {
        float cut[3][XT_LANES], removal[XT_LANES], apart[XT_LANES];
        int lower[3][XT_LANES], pair[3][XT_LANES], own[XT_LANES];
        for (int lane = 0; lane < XT_LANES; lane++) {
            const uint b = word[i + lane], tb = class_tissue[xt_class(b)];
            own[lane] = (int)xt_class(b) * XT_SPECIES * 8;
            for (int axis = 0; axis < 3; axis++) {
                const uint a = word[xt_neighbour(block, i + lane, 2 * axis)], ta = class_tissue[xt_class(a)];
                cut[axis][lane] = (a | b) >> 16 == 0 ? 0.5f
                                                     : xt_cut(a, b, ta, tb, class_tissue[xt_second(a)],
                                                              class_tissue[xt_second(b)]);
                lower[axis][lane] = (int)xt_class(a) * XT_SPECIES * 8;
                pair[axis][lane] = (int)(ta * (XT_TISSUES + 1) + tb) * XT_SPECIES;
            }
        }
        for (int k = 0; k < jobs; k++) {
            const int s = xt_job_int(species, k);
            const size_t blocks = (size_t)xt_job_int(slots, k) * (size_t)(cells / 16);
            __global ushort *upper = half_ + blocks * XT_HALF_RECORD;
            __global short *lower_half = low + blocks * XT_LOW_RECORD;
            for (int axis = 0; axis < 3; axis++) {
                const float h = axis == 0 ? box.x : axis == 1 ? box.y : box.z;
                for (int lane = 0; lane < XT_LANES; lane++) {
                    const float share = cut[axis][lane], ra = coefficient[lower[axis][lane] + s * 8],
                                rb = coefficient[own[lane] + s * 8];
                    apart[lane] =
                        h * (h * (share * ra + (1.0f - share) * rb) + membrane[pair[axis][lane] + s]);
                }
                const xt_lanes t = 1.0f / xt_own(apart);
                xt_half_store(t, upper, i, axis);
                xt_low_store(t, lower_half, i, axis);
            }
            for (int lane = 0; lane < XT_LANES; lane++) {
                const uint w = word[i + lane];
                removal[lane] =
                    xt_of_cell(coefficient, w, s, XT_C_LOSS) + xt_of_cell(coefficient, w, s, XT_C_EXCHANGE);
#if XT_WALLS
                removal[lane] += xt_wall(i + lane, w, s, box, block, coefficient, wall).x;
#endif
            }
            xt_lanes sum = xt_own(removal);
#if XT_REACTIONS
            sum += xt_load(uptake, i);
#endif
            xt_half_store(sum, upper, i, XT_LOSS_LANE);
            xt_low_store(sum, lower_half, i, XT_LOSS_LANE);
        }
    }
}

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

/* r = b - A (x + low), in compensated arithmetic, and what the field means for the balance. Sums: r.r, b.b,
 * (2 diagonal x).(2 diagonal x) (what rounding scales with); then secretion, supply, loss x, exchange x, body
 * exchange x, body supply, inflow through walls, phi reaction(x); from partial[first] on. plasma: a pair of
 * floats. source_weight 0 with plasma 1 is the problem of the unit response. */
__kernel void elliptic_residual(XT_SOURCE_PARAMETERS, __global const float *constant_part,
                                __global const ushort *half_, __global const short *low_half,
                                __global const float2 *base, __global const float *field,
                                __global const float *field_low, __global float *left,
                                __global float2 *partial, const int first, const int species, const int slot,
                                const int sets, const int cells, const float source_weight,
                                const float2 plasma, const int modulated XT_CELL_PARAMETERS) {
    XT_SCRATCH
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
        const bool same = xt_same(word, i);
        const xt_lanes here = xt_load(x, i), under = xt_load(low, i);
        XT_LANES_OF(loss, i, same, species, XT_C_LOSS)
        XT_LANES_OF(exchange, i, same, species, XT_C_EXCHANGE)
        XT_LANES_OF(supply, i, same, species, XT_C_SUPPLY)
        XT_LANES_OF(body_exchange, i, same, species, XT_C_BODY_EXCHANGE)
        XT_LANES_OF(body_supply, i, same, species, XT_C_BODY_SUPPLY)
        const xt_lanes removal = xt_full_lanes(c, i, XT_LOSS_LANE);
        xt_lanes b = 0.0f;
#if XT_WALLS
        xt_lanes edge, edge_value;
        XT_LANE_BY_LANE(edge, i, j, xt_wall(j, word[j], species, box, block, coefficient, wall).x)
        XT_LANE_BY_LANE(edge_value, i, j, xt_wall(j, word[j], species, box, block, coefficient, wall).y)
#endif
        if (source_weight != 0.0f && !(same && xt_class(word[i]) == 0)) {
            if (!xt_silent(same, word[i], species, base, class_tissue)) {
                XT_LANE_BY_LANE(
                    b, i, j,
                    xt_secretion(species, word[j], j, cells, modulated, base, class_tissue XT_CELL_PASS))
                XT_SUM_ADD(secreted, b)
            }
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
