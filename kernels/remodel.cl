/* Remodelling of every cell by the generated rules of its home tissue.
 *
 * Bytes per cell: about 4 per phase, state and species the tissue's rules read, and 4 per phase and state
 * they write; nothing but the material where a tissue has no rules. Needs grid.clh, sum.clh, tissue.clh,
 * rules.clh and section.clh. In a program the generated text takes the place of rules.clh. Tissues of a
 * block of 16 come one after the other. */

/* beside(): largest f_<phase> over the six neighbours, in 1/65535. A pass of its own, as the step itself
 * changes phases. */
__kernel void tissue_beside(__global const xt_block *block, __global const xt_material *material,
                            __global const float *phase, __global ushort *scratch, int cells) {
    const int i = get_global_id(0);
    if (i >= cells || material[i].tissue == 0) return;
    for (int k = 0; k < XT_BESIDE_COUNT; k++) {
        const size_t plane = (size_t)xt_beside_phase[k] * cells;
        float most = 0.0f;
        for (int face = 0; face < 6; face++) most = fmax(most, phase[plane + xt_neighbour(block, i, face)]);
        scratch[(size_t)k * cells + i] = convert_ushort_sat_rte(most * 65535.0f);
    }
}

/* A book row per work-item: applied and changed volume (sum, compensation), gross change, volume that could
 * change, worst sum of phases. */
__kernel void tissue_remodel(__global const xt_block *block, __global const xt_material *material,
                             __global const float *table, __global float8 *book, int items, float h,
                             int substeps, float ahead, __global const float *rest_before,
                             __global const float *peak_before, __global float *next_phase,
                             __global float *next_state, int stride, int cells, __global const float *phase,
                             __global const float *state, __global const ushort *scratch XT_READS) {
    const int item = get_global_id(0);
    if (item >= items) return;
    __global const float *table_end = table + XT_SLICES * XT_SECTION_ROW;
    xt_tally applied = {0.0f, 0.0f}, changed = {0.0f, 0.0f}, gross = {0.0f, 0.0f}, volume = {0.0f, 0.0f};
    xt_real defect = 0.0f;
    XT_EACH_OF_ITEM(i, item, items, cells, stride) {
#ifdef XT_ROWS
        const uint16 word = xt_material_word(material, i);
        const xt_real own = 1.0f - convert_float16(word >> 16) * (1.0f / 65535.0f);
        const int16 tissue = as_int16(word & 255u);
#define XT_IS(k) const xt_true mine = tissue == (k)
#define XT_ANY   any(mine)
#define XT_WHOLE all(mine)
#else
        const xt_material m = material[i];
        const xt_real own = xt_home(m);
#define XT_IS(k) const xt_true mine = m.tissue == (k)
#define XT_ANY   mine
#define XT_WHOLE true
#endif
#define XT_RULE_OF(k)                                                                                        \
    {                                                                                                        \
        XT_IS(k);                                                                                            \
        if (XT_ANY) {                                                                                        \
            const xt_entry entry =                                                                           \
                xt_remodel_##k(i, cells, mine, XT_WHOLE, xt_sections(block, table, i, k),                    \
                               xt_sections(block, table_end, i, k), h, substeps, ahead, rest_before,         \
                               peak_before, next_phase, next_state, phase, state, scratch XT_PASS);          \
            xt_tally_add(&applied, xt_zero_unless(mine, own *entry.applied));                                \
            xt_tally_add(&changed, xt_zero_unless(mine, own *entry.changed));                                \
            gross.high += xt_zero_unless(mine, own * fabs(entry.applied));                                   \
            volume.high += xt_zero_unless(mine, own);                                                        \
            defect = fmax(defect, xt_zero_unless(mine, entry.defect));                                       \
        }                                                                                                    \
    }
        XT_EACH_RULED(XT_RULE_OF)
    }
    const float2 a = xt_tally_total(applied), c = xt_tally_total(changed);
    book[item] = (float8)(a.x, a.y, c.x, c.y, xt_tally_total(gross).x, xt_tally_total(volume).x,
                          xt_largest(defect), 0.0f);
}

/* Copy `planes` planes of every stride-th block to `kept`, one after the other; or back. */
__kernel void tissue_keep(__global float *value, __global float *kept, int planes, int back, int stride,
                          int cells) {
    const int count = (cells / 16 + stride - 1) / stride * 16, k = get_global_id(0);
    if (k >= count * planes) return;
    const int plane = k / count, j = k - plane * count;
    __global float *v = value + (size_t)plane * cells + (j >> 4) * stride * 16 + (j & 15);
    if (back)
        *v = kept[k];
    else
        kept[k] = *v;
}

/* Non-constant initial formulas; changed_only: all initial formulas of the states that a cell's new tissue
 * has and its old one had not. */
__kernel void tissue_initialise(__global const xt_block *block, __global const xt_material *material,
                                __global const float *table, int changed_only, int cells,
                                __global const float *phase, __global float *state,
                                __global const ushort *scratch XT_READS) {
    const int i = get_global_id(0);
    if (i >= cells) return;
    const int tissue = material[i].tissue;
    if (tissue == 0) return;
    int old = 0;
    if (changed_only) {
        if (scratch[i] == 0) return;
        old = scratch[i] >> 8;
    }
    xt_initialise_cell(i, cells, tissue, old, xt_section(block, table, i, tissue), state, phase, state,
                       scratch XT_PASS);
}
