/* Means over the tissues that cells were at the start, weighted by the volume of the home tissue. One pass
 * for all means; over every stride-th block. The partial sums
 * beyond `items` stay 0. Needs grid.clh, sum.clh, tissue.clh and rules.clh. In a program
 * the generated text takes the place of the last. */

__kernel void tissue_means(__global const xt_material *material, __global float2 *partial, int items,
                           int stride, int cells, __global const float *phase, __global const float *state,
                           __global const ushort *scratch XT_READS) {
    const int item = get_global_id(0);
    if (item >= items) return;
    xt_tally sum[XT_MEANS];
    for (int k = 0; k < XT_MEANS; k++) sum[k].high = sum[k].low = 0.0f;
    XT_EACH_OF_ITEM(i, item, items, cells, stride) {
#ifdef XT_ROWS
        const uint16 word = xt_material_word(material, i);
        const xt_real own = 1.0f - convert_float16(word >> 16) * (1.0f / 65535.0f);
        const int16 was = convert_int16(vload16(0, region + i)), here = as_int16(word & 255u) != 0;
#define XT_WAS(k)  const xt_true mine = here && was == (k)
#define XT_ANY_WAS any(mine)
#else
        const xt_material m = material[i];
        const xt_real own = xt_home(m);
#define XT_WAS(k)  const xt_true mine = m.tissue != 0 && region[i] == (k)
#define XT_ANY_WAS mine
#endif
#define XT_MEANS_OF(k)                                                                                       \
    {                                                                                                        \
        XT_WAS(k);                                                                                           \
        if (XT_ANY_WAS) xt_means_##k(i, cells, mine, own, sum, phase, state, scratch XT_PASS);               \
    }
        XT_EACH_MEANT(XT_MEANS_OF)
    }
    for (int k = 0; k < XT_MEANS; k++) partial[k * XT_SUM_ITEMS + item] = xt_tally_total(sum[k]);
}
