/* Fields go on as they went: by how much they changed over the last step, times the ratio of the steps.
 *
 *   next = max(0, now + ratio (now - before)), before = now        [pM], in place, ratio 0: before = now only
 *
 * Planar arrays, all species in one pass. Bytes per value: 16. Needs grid.clh. */
__kernel void predict(__global float *now, __global float *before, float ratio, int count) {
    const int i = get_global_id(0);
    if (i >= count) return;
    const float c = now[i];
    now[i] = ratio > 0.0f ? fmax(c + ratio * (c - before[i]), 0.0f) : c;
    before[i] = c;
}
