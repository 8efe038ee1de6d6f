/* Remodelling of every cell by the generated rules of its home tissue.
 *
 * Bytes per cell: about 4 per phase, state and species the tissue's rules read, and 4 per phase and state
 * they write; nothing but the material where a tissue has no rules. Needs grid.clh, sum.clh, tissue.clh,
 * rules.clh and section.clh. In a program the generated text takes the place of rules.clh. */

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

/* Strided work-items; a book row per item: applied and changed volume (sum, compensation), gross change,
 * volume that could change, worst sum of phases. */
__kernel void tissue_remodel(__global const xt_block *block, __global const xt_material *material,
                             __global const float *table, __global float8 *book, int items, float dt,
                             int cells, __global float *phase, __global float *state,
                             __global const ushort *scratch XT_READS) {
    const int item = get_global_id(0);
    if (item >= items) return;
    float2 applied = (float2)(0.0f, 0.0f), changed = applied;
    float gross = 0.0f, volume = 0.0f, defect = 0.0f;
    for (int i = item; i < cells; i += items) {
        const xt_material m = material[i];
        if (m.tissue == 0) continue;
        const xt_entry entry = xt_remodel_cell(i, cells, m.tissue, xt_section(block, table, i, m.tissue), dt,
                                               phase, state, scratch XT_PASS);
        const float own = xt_own(m);
        xt_add(&applied, own * entry.applied);
        xt_add(&changed, own * entry.changed);
        gross += own * fabs(entry.applied);
        volume += own;
        defect = fmax(defect, entry.defect);
    }
    book[item] = (float8)(applied.x, applied.y, changed.x, changed.y, gross, volume, defect, 0.0f);
}

/* Non-constant initial formulas; changed_only: all initial formulas of the states that a cell's new tissue
 * has and its old one had not. */
__kernel void tissue_initialise(__global const xt_block *block, __global const xt_material *material,
                                __global const float *table, int changed_only, int cells,
                                __global float *phase, __global float *state,
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
    xt_initialise_cell(i, cells, tissue, old, xt_section(block, table, i, tissue), phase, state,
                       scratch XT_PASS);
}
