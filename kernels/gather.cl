/* Pick listed cells out of a planar array, bits unchanged: out[i] = value[offset + index[i]]. Bytes: 12 a
 * cell. Needs grid.clh. */
__kernel void gather(__global const uint *value, int offset, __global const uint *index, int count,
                     __global uint *out) {
    const int i = get_global_id(0);
    if (i < count) out[i] = value[offset + (int)index[i]];
}
