/* Labels: propose from the present neighbours, then apply, so that the order of cells does not matter.
 *
 * scratch[i]: 0, or new tissue | old tissue << 8. Needs grid.clh, sum.clh, tissue.clh and rules.clh. In a
 * program the generated text takes the place of the last. */

__kernel void tissue_propose(__global const xt_block *block, __global const xt_material *material,
                             __global uchar *dwell, int ticks, __global uint *count, int cells,
                             __global const float *phase, __global const float *state,
                             __global ushort *scratch XT_READS) {
    const int i = get_global_id(0);
    if (i >= cells) return;
    const int tissue = material[i].tissue;
    int next = 0;
    if (tissue != 0) {
        int wait = dwell[i];
        if (wait > 0) {
            wait = max(wait - ticks, 0);
            dwell[i] = (uchar)wait;
        }
        if (wait == 0 && XT_HAS_RULES(tissue)) {
            uint beside = 0;
            for (int face = 0; face < 6; face++)
                beside |= 1u << (material[xt_neighbour(block, i, face)].tissue & 31);
            next = xt_rule(i, cells, tissue, beside, phase, state, scratch XT_PASS);
        }
    }
    if (next != 0) atomic_inc(count);
    scratch[i] = next != 0 ? (ushort)(next | tissue << 8) : (ushort)0;
}

/* The amount phi c of every species stays. The reference becomes the mean over those of the six neighbours
 * that are, and stay, the new tissue - reading only what no other work-item writes; a moving front nearly
 * always has one, so the twenty cells across edges and corners are not asked - else the tissue's usual
 * reference: its mean at the start, from the exposure floor, or the well-mixed level. The response to the
 * plasma is left: the next solve replaces it. */
__kernel void tissue_apply(__global const xt_block *block, __global xt_material *material,
                           __global uchar *dwell, int hold, int cells, __global const float *phase,
                           __global const ushort *scratch, __global const float *s,
                           __global const float *epsilon, __global float *rest, __global float *peak,
                           __global float *reference, int earlier, __global float *rest_before,
                           __global float *peak_before) {
    const int i = get_global_id(0);
    if (i >= cells || scratch[i] == 0) return;
    const int next = scratch[i] & 255, old = scratch[i] >> 8;
    const float before = xt_fluid(old, i, cells, phase, s), after = xt_fluid(next, i, cells, phase, s);
    const float ratio = before > 0.0f && after > 0.0f ? before / after : 1.0f;
    int like[6], likes = 0;
    for (int face = 0; face < 6; face++) {
        const int n = xt_neighbour(block, i, face);
        if (scratch[n] == 0 && material[n].tissue == next) like[likes++] = n;
    }
    for (int k = 0; k < XT_SPECIES; k++) {
        const size_t plane = (size_t)k * cells;
        rest[plane + i] *= ratio;
        peak[plane + i] *= ratio;
        if (earlier) {
            rest_before[plane + i] *= ratio;
            peak_before[plane + i] *= ratio;
        }
        float mean = 1e3f * epsilon[next * XT_SPECIES + k];
        if (!(mean > 0.0f)) mean = xt_usual_reference[next * XT_SPECIES + k];
        if (likes > 0) {
            mean = 0.0f;
            for (int j = 0; j < likes; j++) mean += reference[plane + like[j]];
            mean /= (float)likes;
        }
        reference[plane + i] = mean;
    }
    xt_material m = material[i];
    m.tissue = (uchar)next;
    if (m.second == next) {
        m.second = 0;
        m.share = 0;
    }
    material[i] = m;
    dwell[i] = (uchar)hold;
}
