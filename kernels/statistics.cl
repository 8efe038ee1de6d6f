/* What a run must know of its own arrays: range, finiteness, fraction sums, explicit stability bound.
 *
 * Strided work-items as in sum.clh; one row of results per item, reduced on the host; a launch may be padded.
 * Needs grid.clh, transport.clh, sum.clh. */

/* float2 (low, high) and the first bad cell per item, over tissue cells. */
__kernel void statistics_range(__global const float *value, int offset, __global const uint *word, int cells,
                               __global float2 *range, __global int *bad) {
    float low = INFINITY, high = -INFINITY;
    int first = -1;
    for (int cell = get_global_id(0); cell < cells; cell += XT_SUM_ITEMS) {
        if (xt_class(word[cell]) == 0) continue;
        const float v = value[offset + cell];
        low = fmin(low, v);
        high = fmax(high, v);
        if (!isfinite(v) && first < 0) first = cell;
    }
    if (get_global_id(0) >= XT_SUM_ITEMS) return;
    range[get_global_id(0)] = (float2)(low, high);
    bad[get_global_id(0)] = first;
}

/* Largest |1 - sum of phases| per item. */
__kernel void statistics_fractions(__global const float *phase, int phases, __global const uint *word,
                                   int cells, __global float2 *range, __global int *bad) {
    float worst = 0.0f;
    for (int cell = get_global_id(0); cell < cells; cell += XT_SUM_ITEMS) {
        if (xt_class(word[cell]) == 0) continue;
        float2 sum = (float2)(0.0f, 0.0f);
        for (int p = 0; p < phases; p++) xt_add(&sum, phase[p * cells + cell]);
        worst = fmax(worst, fabs(1.0f - (sum.x + sum.y)));
    }
    if (get_global_id(0) >= XT_SUM_ITEMS) return;
    range[get_global_id(0)] = (float2)(0.0f, worst);
    bad[get_global_id(0)] = -1;
}

/* Largest (sum of transmissibilities + phi k + K)/phi over cells and species per item, 1/h, as the high end
 * of the range; as its low end less the largest with the sum twice: Gershgorin's bound on the spectral
 * radius. */
__kernel void statistics_rate(__global const xt_block *block, __global const uint *word,
                              __global const float8 *coefficient, __global const uchar *class_tissue,
                              __global const float *membrane, int species, int tissues, float hx, float hy,
                              float hz, int cells, __global float2 *range, __global int *bad) {
    float worst = 0.0f, radius = 0.0f;
    for (int cell = get_global_id(0); cell < cells; cell += XT_SUM_ITEMS) {
        const uint w = word[cell];
        const uint own = xt_class(w);
        if (own == 0) continue;
        const uint tissue = class_tissue[own], second = class_tissue[xt_second(w)];
        for (int s = 0; s < species; s++) {
            const float8 c = coefficient[own * species + s], c2 = coefficient[xt_second(w) * species + s];
            const float share = xt_share(w);
            const float fluid = xt_mix(c.XT_FLUID, c2.XT_FLUID, share);
            const float local_rate = xt_mix(c.XT_LOSS + c.XT_EXCHANGE, c2.XT_LOSS + c2.XT_EXCHANGE, share);
            float rate = local_rate;
            for (int face = 0; face < 6; face++) {
                const uint n = word[xt_neighbour(block, cell, face)];
                const uint other = xt_class(n);
                const float h = face < 2 ? hx : face < 4 ? hy : hz;
                const uint to = class_tissue[other];
                const float cut = xt_cut(w, n, tissue, to, second, class_tissue[xt_second(n)]);
                rate += xt_transmissibility(c.XT_RESISTANCE, coefficient[other * species + s].XT_RESISTANCE,
                                            cut, membrane[(tissue * (tissues + 1) + to) * species + s], h);
            }
            worst = fmax(worst, rate / fluid);
            radius = fmax(radius, (2.0f * rate - local_rate) / fluid);
        }
    }
    if (get_global_id(0) >= XT_SUM_ITEMS) return;
    range[get_global_id(0)] = (float2)(-radius, worst);
    bad[get_global_id(0)] = -1;
}
