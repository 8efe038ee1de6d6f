/* Stiffness of every slice, and the mean stimulus. Sums are compensated and in a fixed order: the same on
 * every run. Needs grid.clh, sum.clh, tissue.clh, rules.clh and section.clh. In a program the generated
 * text takes the place of rules.clh. */
#define XT_SLICE_LANES  256
#define XT_SECTION_SUMS 6

__kernel void tissue_section_sums(__global const xt_block *block, __global const xt_material *material,
                                  __global const int *slice, int slices, __global float2 *partial, int cells,
                                  __global const float *phase, __global const float *state,
                                  __global const ushort *scratch XT_READS) {
    const int z = get_global_id(0) / XT_SLICE_LANES, lane = get_global_id(0) % XT_SLICE_LANES;
    if (z >= slices) return;
    float2 sum[XT_SECTION_SUMS];
    for (int k = 0; k < XT_SECTION_SUMS; k++) sum[k] = (float2)(0.0f, 0.0f);
    const int last = slice[z + 1];
    for (int i = slice[z] + lane; i < last; i += XT_SLICE_LANES) {
        const xt_material m = material[i];
        if (m.tissue == 0) continue;
        const float e = xt_modulus_cell(i, cells, m, phase, state, scratch XT_PASS);
        if (e == 0.0f) continue;
        const float2 at = xt_place(block, i);
        xt_add(&sum[0], e);
        xt_add(&sum[1], e * at.x);
        xt_add(&sum[2], e * at.y);
        xt_add(&sum[3], e * at.x * at.x);
        xt_add(&sum[4], e * at.y * at.y);
        xt_add(&sum[5], e * at.x * at.y);
    }
    for (int k = 0; k < XT_SECTION_SUMS; k++)
        partial[((size_t)z * XT_SECTION_SUMS + k) * XT_SLICE_LANES + lane] = sum[k];
}

__kernel void tissue_section_mean(__global const xt_block *block, __global const xt_material *material,
                                  __global const float *table, __global float2 *partial, int cells) {
    const int item = get_global_id(0);
    if (item >= XT_SUM_ITEMS) return;
    float2 stimulus = (float2)(0.0f, 0.0f), volume = stimulus;
    for (int i = item; i < cells; i += XT_SUM_ITEMS) {
        const xt_material m = material[i];
        if (!(m.tissue != 0 && (XT_APPLIES >> m.tissue & 1u))) continue;
        const float own = xt_home(m);
        xt_add(&stimulus, own * xt_section(block, table, i, m.tissue));
        xt_add(&volume, own);
    }
    partial[item] = stimulus;
    partial[XT_SUM_ITEMS + item] = volume;
}
