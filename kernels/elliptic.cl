/* The steady problem of one species, A c = b, and the pieces of conjugate gradients preconditioned by its diagonal.
 *
 *     (A c)_i = (loss + exchange + uptake + wall) c_i - sum over faces T (c_n - c_i)        [pM/h]
 *     b_i     = secretion + wall + reaction + supply c_p
 *
 * Fluxes are differences times a transmissibility that both sides share to the bit, so they cancel in sums over cells.
 * tx, ty, tz hold the transmissibility of each cell's lower faces. Vectors are one species' plane except x, which is
 * [species][cells]. Sums as in reduce.clh. Needs grid.clh, transport.clh, sum.clh, reduce.clh and cell.clh.
 * Bytes by model, per cell: setup 20, residual 36, direction 16, apply 28, update 28. */

/* Transmissibilities of the lower faces, and the diagonal of A. */
__kernel void elliptic_setup(XT_MESH_PARAMETERS, __global const float *uptake, __global float *tx, __global float *ty,
                             __global float *tz, __global float *diagonal, const int species, const int cells) {
    const int i = get_global_id(0);
    if (i >= cells) return;
    const uint w = word[i];
    float t[6];
    for (int face = 0; face < 6; face++)
        t[face] = xt_face(i, xt_neighbour(block, i, face), face, species, box, word, coefficient, class_tissue, membrane);
    tx[i] = t[0];
    ty[i] = t[2];
    tz[i] = t[4];
    float sum = xt_of_cell(coefficient, w, species, XT_C_LOSS) + xt_of_cell(coefficient, w, species, XT_C_EXCHANGE);
#if XT_REACTIONS
    sum += uptake[i];
#endif
    sum += xt_wall(i, w, species, box, block, coefficient, wall).x;
    for (int face = 0; face < 6; face++) sum += t[face];
    diagonal[i] = sum;
}

/* Net diffusive gain of cell i from its neighbours. */
static inline float elliptic_gain(__global const xt_block *block, const int i, __global const float *c,
                                  __global const float *tx, __global const float *ty, __global const float *tz) {
    const int xm = xt_neighbour(block, i, 0), xp = xt_neighbour(block, i, 1);
    const int ym = xt_neighbour(block, i, 2), yp = xt_neighbour(block, i, 3);
    const int zm = xt_neighbour(block, i, 4), zp = xt_neighbour(block, i, 5);
    const float here = c[i];
    return (tx[i] * (c[xm] - here) + tx[xp] * (c[xp] - here)) + (ty[i] * (c[ym] - here) + ty[yp] * (c[yp] - here)) +
           (tz[i] * (c[zm] - here) + tz[zp] * (c[zp] - here));
}

static inline float elliptic_local(const int i, const uint w, const int species, const float4 box,
                                   __global const xt_block *block,
                                   __global const float *coefficient, __global const float *wall,
                                   __global const float *uptake) {
    float local_loss =
        xt_of_cell(coefficient, w, species, XT_C_LOSS) + xt_of_cell(coefficient, w, species, XT_C_EXCHANGE);
#if XT_REACTIONS
    local_loss += uptake[i];
#endif
#if XT_WALLS
    local_loss += xt_wall(i, w, species, box, block, coefficient, wall).x;
#endif
    return local_loss;
}

/* r = b - A x, and what x means for the balance. Sums: r.r, b.b, (2 diagonal x).(2 diagonal x) (what rounding scales
 * with), r.r/diagonal; then secretion, supply, loss x, exchange x, body exchange x, body supply, inflow through walls,
 * phi reaction(x). source_weight 0 with plasma 1 is the problem of the unit response. */
__kernel void elliptic_residual(XT_SOURCE_PARAMETERS, __global const float *uptake, __global const float *constant_part,
                                __global const float *tx, __global const float *ty, __global const float *tz,
                                __global const float *diagonal, __global const float2 *base, __global const float *x,
                                __global float *r, __global float2 *partial, const int species, const int cells,
                                const float source_weight, const float plasma, const int modulated XT_CELL_PARAMETERS) {
    XT_SCRATCH
    __global const float *c = x + (size_t)species * cells;
    float2 sum[12];
    for (int k = 0; k < 12; k++) sum[k] = (float2)(0.0f);
    XT_EACH_CELL(i, cells) {
        const uint w = word[i];
        if (xt_class(w) == 0) {
            r[i] = 0.0f;
            continue;
        }
        const float d = diagonal[i], here = c[i];
        const float loss = xt_of_cell(coefficient, w, species, XT_C_LOSS);
        const float exchange = xt_of_cell(coefficient, w, species, XT_C_EXCHANGE);
        const float supply = xt_of_cell(coefficient, w, species, XT_C_SUPPLY);
        const float2 edge = xt_wall(i, w, species, box, block, coefficient, wall);
        float b = 0.0f, removal = loss + exchange;
#if XT_REACTIONS
        removal += uptake[i];
#endif
#if XT_WALLS
        removal += edge.x;
#endif
        if (source_weight != 0.0f) {
            const float source = xt_secretion(species, w, i, cells, modulated, base, class_tissue XT_CELL_PASS);
            b = source + edge.y;
#if XT_REACTIONS
            b += constant_part[i];
            xt_total(&sum[11], xt_of_cell(coefficient, w, species, XT_C_FLUID) *
                                   xt_reaction(species, class_tissue[xt_class(w)], i, cells, 0.0f XT_CELL_PASS));
#endif
            b *= source_weight;
            xt_total(&sum[4], source);
        }
        b += plasma * supply;
        const float residual = (b - removal * here) + elliptic_gain(block, i, c, tx, ty, tz);
        r[i] = residual;
        const float size = 2.0f * d * here;
        xt_total(&sum[0], residual * residual);
        xt_total(&sum[1], b * b);
        xt_total(&sum[2], size * size);
        xt_total(&sum[3], d > 0.0f ? residual * (residual / d) : 0.0f);
        xt_total(&sum[5], supply);
        xt_total(&sum[6], loss * here);
        xt_total(&sum[7], exchange * here);
        xt_total(&sum[8], xt_of_cell(coefficient, w, species, XT_C_BODY_EXCHANGE) * here);
        xt_total(&sum[9], xt_of_cell(coefficient, w, species, XT_C_BODY_SUPPLY));
#if XT_WALLS
        xt_total(&sum[10], edge.y - edge.x * here);
#endif
    }
    for (int k = 0; k < 12; k++) XT_STORE_SUM(partial, k, sum[k]);
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
                             __global float *q, __global float2 *partial, const int species, const int cells) {
    XT_SCRATCH
    float2 pq = (float2)(0.0f);
    XT_EACH_CELL(i, cells) {
        const float here = p[i];
        const float value = elliptic_local(i, word[i], species, box, block, coefficient, wall, uptake) * here -
                            elliptic_gain(block, i, p, tx, ty, tz);
        q[i] = value;
        xt_total(&pq, here * value);
    }
    XT_STORE_SUM(partial, 0, pq);
}

/* x += alpha p, r -= alpha q. Sums: r.r, r.r/diagonal. One pass instead of the four of separate vector routines. */
__kernel void elliptic_update(__global const float *p, __global const float *q, __global const float *diagonal,
                              __global float *x, __global float *r, __global float2 *partial, const float alpha,
                              const int species, const int cells) {
    XT_SCRATCH
    __global float *c = x + (size_t)species * cells;
    float2 rr = (float2)(0.0f), rz = (float2)(0.0f);
    XT_EACH_CELL(i, cells) {
        c[i] += alpha * p[i];
        const float residual = r[i] - alpha * q[i], d = diagonal[i];
        r[i] = residual;
        xt_total(&rr, residual * residual);
        xt_total(&rz, d > 0.0f ? residual * (residual / d) : 0.0f);
    }
    XT_STORE_SUM(partial, 0, rr);
    XT_STORE_SUM(partial, 1, rz);
}

#if XT_REACTIONS
/* Newton's linearisation of the reaction about the present field: phi reaction(c) = constant_part - uptake c, with only
 * losses taken implicitly, so that A keeps its sign. The slope is a finite difference: it sets the speed of convergence,
 * not the result. */
__kernel void elliptic_linearise(__global const uint *word, __global const float *coefficient,
                                 __global const uchar *class_tissue, __global const float *x, __global float *uptake,
                                 __global float *constant_part, const int species,
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
