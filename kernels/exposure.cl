/* How much of a signal a cell feels against its young reference, as the rules mean it (MODEL.md §1.4):
 *
 *   u = (c + e) / (c_ref + e)        [1]; e the floor of the cell's tissue, pM
 *
 * now, reference: planar, plane at `offset`; floor: [tissues][species]. 0 outside. Bytes per cell: 16.
 * Needs grid.clh. */
__kernel void exposure(__global const float *now, __global const float *reference, int offset,
                       __global const uint *material, __global const float *floor_of, int species,
                       int count_of, int cells, __global float *out) {
    const int i = get_global_id(0);
    if (i >= cells) return;
    const uint tissue = material[i] & 255u;
    if (!tissue) {
        out[i] = 0.0f;
        return;
    }
    const float e = floor_of[(int)tissue * count_of + species];
    out[i] = (now[offset + i] + e) / (reference[offset + i] + e);
}
