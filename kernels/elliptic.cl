/* The steady problem of one species, A c = b, and the pieces of conjugate gradients preconditioned by its
 * diagonal.
 *
 *     (A c)_i = (loss + exchange + uptake + wall) c_i - sum over faces T (c_n - c_i)        [pM/h]
 *     b_i     = secretion + wall + reaction + supply c_p
 *
 * Fluxes are differences times a transmissibility that both sides share to the bit, so they cancel in sums
 * over cells. tx, ty, tz hold the transmissibility of each cell's lower faces. Vectors are one species' plane
 * except x, which is [species][cells]. Sums as in reduce.clh. Needs grid.clh, transport.clh, sum.clh,
 * reduce.clh, cell.clh and lanes.clh. Bytes by model, per cell: setup 20, residual 36, direction 16, apply
 * 28, update 28. */

/* Transmissibilities of the lower faces, and the diagonal of A. */
__kernel void elliptic_setup(XT_MESH_PARAMETERS, __global const float *uptake, __global float *tx,
                             __global float *ty, __global float *tz, __global float *diagonal,
                             const int species, const int cells) {
    const int i = get_global_id(0);
    if (i >= cells) return;
    const uint w = word[i];
    float t[6];
    for (int face = 0; face < 6; face++)
        t[face] = xt_face(i, xt_neighbour(block, i, face), face, species, box, word, coefficient,
                          class_tissue, membrane);
    tx[i] = t[0];
    ty[i] = t[2];
    tz[i] = t[4];
    float sum =
        xt_of_cell(coefficient, w, species, XT_C_LOSS) + xt_of_cell(coefficient, w, species, XT_C_EXCHANGE);
#if XT_REACTIONS
    sum += uptake[i];
#endif
    sum += xt_wall(i, w, species, box, block, coefficient, wall).x;
    for (int face = 0; face < 6; face++) sum += t[face];
    diagonal[i] = sum;
}

/* Net diffusive gain of the cells at i from their neighbours; `here` are their values. */
static inline xt_lanes elliptic_gain(__global const xt_block *block, const int i, const xt_lanes here,
                                     __global const float *c, __global const float *tx,
                                     __global const float *ty, __global const float *tz) {
    const xt_lanes west = xt_load(tx, i);
    return (west * (xt_west(c, block, i, here) - here) +
            xt_east(tx, block, i, west) * (xt_east(c, block, i, here) - here)) +
           (xt_load(ty, i) * (xt_beyond(c, block, i, 2) - here) +
            xt_beyond(ty, block, i, 3) * (xt_beyond(c, block, i, 3) - here)) +
           (xt_load(tz, i) * (xt_beyond(c, block, i, 4) - here) +
            xt_beyond(tz, block, i, 5) * (xt_beyond(c, block, i, 5) - here));
}

/* r = b - A x, and what x means for the balance. Sums: r.r, b.b, (2 diagonal x).(2 diagonal x) (what rounding
 * scales with), r.r/diagonal; then secretion, supply, loss x, exchange x, body exchange x, body supply,
 * inflow through walls, phi reaction(x). source_weight 0 with plasma 1 is the problem of the unit response.
 */
__kernel void elliptic_residual(XT_SOURCE_PARAMETERS, __global const float *uptake,
                                __global const float *constant_part, __global const float *tx,
                                __global const float *ty, __global const float *tz,
                                __global const float *diagonal, __global const float2 *base,
                                __global const float *x, __global float *r, __global float2 *partial,
                                const int species, const int cells, const float source_weight,
                                const float plasma, const int modulated XT_CELL_PARAMETERS) {
    XT_SCRATCH
    __global const float *c = x + (size_t)species * cells;
    XT_SUM(rr);
    XT_SUM(bb);
    XT_SUM(size);
    XT_SUM(rz);
    XT_SUM(secreted);
    XT_SUM(supplied);
    XT_SUM(lost);
    XT_SUM(exchanged);
    XT_SUM(body_exchanged);
    XT_SUM(body_supplied);
    XT_SUM(walled);
    XT_SUM(reacted);
    XT_EACH_LANES(i, cells) {
        const bool same = xt_same(word, i);
        const xt_lanes d = xt_load(diagonal, i), here = xt_load(c, i);
        XT_LANES_OF(loss, i, same, species, XT_C_LOSS)
        XT_LANES_OF(exchange, i, same, species, XT_C_EXCHANGE)
        XT_LANES_OF(supply, i, same, species, XT_C_SUPPLY)
        XT_LANES_OF(body_exchange, i, same, species, XT_C_BODY_EXCHANGE)
        XT_LANES_OF(body_supply, i, same, species, XT_C_BODY_SUPPLY)
        xt_lanes b = 0.0f, removal = loss + exchange;
#if XT_REACTIONS
        removal += xt_load(uptake, i);
#endif
#if XT_WALLS
        xt_lanes edge, edge_value;
        XT_LANE_BY_LANE(edge, i, j, xt_wall(j, word[j], species, box, block, coefficient, wall).x)
        XT_LANE_BY_LANE(edge_value, i, j, xt_wall(j, word[j], species, box, block, coefficient, wall).y)
        removal += edge;
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
        b += plasma * supply;
        const xt_lanes residual = (b - removal * here) + elliptic_gain(block, i, here, c, tx, ty, tz);
        xt_store(residual, r, i);
        const xt_lanes twice = 2.0f * d * here;
        XT_SUM_ADD(rr, residual * residual)
        XT_SUM_ADD(bb, b * b)
        XT_SUM_ADD(size, twice * twice)
        XT_SUM_ADD(rz, d > 0.0f ? residual * (residual / d) : 0.0f * d)
        XT_SUM_ADD(supplied, supply)
        XT_SUM_ADD(lost, loss * here)
        XT_SUM_ADD(exchanged, exchange * here)
        XT_SUM_ADD(body_exchanged, body_exchange * here)
        XT_SUM_ADD(body_supplied, body_supply)
#if XT_WALLS
        XT_SUM_ADD(walled, edge_value - edge * here)
#endif
    }
    XT_SUM_STORE(partial, 0, rr);
    XT_SUM_STORE(partial, 1, bb);
    XT_SUM_STORE(partial, 2, size);
    XT_SUM_STORE(partial, 3, rz);
    XT_SUM_STORE(partial, 4, secreted);
    XT_SUM_STORE(partial, 5, supplied);
    XT_SUM_STORE(partial, 6, lost);
    XT_SUM_STORE(partial, 7, exchanged);
    XT_SUM_STORE(partial, 8, body_exchanged);
    XT_SUM_STORE(partial, 9, body_supplied);
    XT_SUM_STORE(partial, 10, walled);
    XT_SUM_STORE(partial, 11, reacted);
}

/* p = r/diagonal + beta p. */
__kernel void elliptic_direction(__global const float *r, __global const float *diagonal, __global float *p,
                                 const float beta, const int cells) {
    const int i = get_global_id(0);
    if (i >= cells) return;
    const float d = diagonal[i];
    const float z = d > 0.0f ? r[i] / d : 0.0f;
    p[i] = beta == 0.0f ? z : z + beta * p[i];
}

/* q = A p. Sum: p.q */
__kernel void elliptic_apply(XT_LOCAL_PARAMETERS, __global const float *uptake, __global const float *tx,
                             __global const float *ty, __global const float *tz, __global const float *p,
                             __global float *q, __global float2 *partial, const int species,
                             const int cells) {
    XT_SCRATCH
    XT_SUM(pq);
    XT_EACH_LANES(i, cells) {
        const bool same = xt_same(word, i);
        const xt_lanes here = xt_load(p, i);
        XT_LANES_OF(loss, i, same, species, XT_C_LOSS)
        XT_LANES_OF(exchange, i, same, species, XT_C_EXCHANGE)
        xt_lanes removal = loss + exchange;
#if XT_REACTIONS
        removal += xt_load(uptake, i);
#endif
#if XT_WALLS
        xt_lanes edge;
        XT_LANE_BY_LANE(edge, i, j, xt_wall(j, word[j], species, box, block, coefficient, wall).x)
        removal += edge;
#endif
        const xt_lanes value = removal * here - elliptic_gain(block, i, here, p, tx, ty, tz);
        xt_store(value, q, i);
        XT_SUM_ADD(pq, here * value)
    }
    XT_SUM_STORE(partial, 0, pq);
}

/* x += alpha p, r -= alpha q. Sums: r.r, r.r/diagonal. One pass instead of the four of separate vector
 * routines. */
__kernel void elliptic_update(__global const float *p, __global const float *q,
                              __global const float *diagonal, __global float *x, __global float *r,
                              __global float2 *partial, const float alpha, const int species,
                              const int cells) {
    XT_SCRATCH
    __global float *c = x + (size_t)species * cells;
    XT_SUM(rr);
    XT_SUM(rz);
    XT_EACH_LANES(i, cells) {
        xt_store(xt_load(c, i) + alpha * xt_load(p, i), c, i);
        const xt_lanes residual = xt_load(r, i) - alpha * xt_load(q, i), d = xt_load(diagonal, i);
        xt_store(residual, r, i);
        XT_SUM_ADD(rr, residual * residual)
        XT_SUM_ADD(rz, d > 0.0f ? residual * (residual / d) : 0.0f * d)
    }
    XT_SUM_STORE(partial, 0, rr);
    XT_SUM_STORE(partial, 1, rz);
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
