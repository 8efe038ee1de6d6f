/* What the benchmark measures that no simulation needs by itself.
 *
 *     bench_dot     partial sums of x . y, compensated, as every reduction here is made
 *     bench_read    the bits of x and y folded together: how fast the same memory can be read at all
 *
 * x, y: [cells], cells a multiple of 16. Launched like every summing kernel (reduce.clh). Bytes by model: 8
 * and 4 a cell. A product is rounded once before it is added: no more than 6e-8 of |x y|, and of either sign.
 * Needs grid.clh, transport.clh, sum.clh, reduce.clh, cell.clh and lanes.clh. */

__kernel void bench_dot(__global const float *x, __global const float *y, __global float2 *partial,
                        int cells) {
    XT_SCRATCH
    XT_SUM(product);
    XT_EACH_LANES(i, cells) {
        const xt_lanes both = xt_load(x, i) * xt_load(y, i);
        XT_SUM_ADD(product, both);
    }
    XT_SUM_STORE(partial, 0, product);
}

__kernel void bench_read(__global const float *x, __global const float *y, __global float2 *partial,
                         int cells) {
    XT_SCRATCH
    xt_lanes_int bits = 0; /* integers do not wait for each other as long as sums do */
    XT_EACH_LANES(i, cells) { bits ^= xt_lanes_bits(xt_load(x, i)) ^ xt_lanes_bits(xt_load(y, i)); }
    const xt_lanes folded_high = xt_lanes_from(bits & 0x3fffffff), folded_low = 0.0f;
    XT_SUM_STORE(partial, 0, folded);
}
