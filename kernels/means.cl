/* Means over the tissues that cells were at the start, weighted by the volume of the home tissue. One pass
 * for all means. Needs grid.clh, sum.clh, tissue.clh and rules.clh. In a program the generated text takes
 * the place of the last. */

__kernel void tissue_means(__global const xt_material *material, __global float2 *partial, int cells,
                           __global float *phase, __global float *state,
                           __global const ushort *scratch XT_READS) {
    const int item = get_global_id(0);
    if (item >= XT_SUM_ITEMS) return;
    float2 sum[XT_MEANS];
    for (int k = 0; k < XT_MEANS; k++) sum[k] = (float2)(0.0f, 0.0f);
    for (int i = item; i < cells; i += XT_SUM_ITEMS) {
        const xt_material m = material[i];
        if (m.tissue == 0) continue;
        xt_mean_cell(i, cells, m.tissue, xt_own(m), sum, phase, state, scratch XT_PASS);
    }
    for (int k = 0; k < XT_MEANS; k++) partial[k * XT_SUM_ITEMS + item] = sum[k];
}
