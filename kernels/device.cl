/* Streams over memory, for measuring bandwidth: copy a = b, triad a = b + s*c, fill a = s.
 *
 * Layout: float4 arrays of n4 elements. One work-item an element; work-items beyond n4 do nothing.
 * Bytes by model, per element of 16 bytes: copy 32 (read + written), triad 48, fill 16; the line that a cache
 * reads before it writes is not counted, as in STREAM (McCalpin 1995). Nothing here needs local memory or a
 * particular work-group size. */
#pragma OPENCL FP_CONTRACT OFF

/* Elements a work-item moves, a stride of the global size apart: neighbours stay neighbours. */
#ifndef DEVICE_PER_ITEM
#define DEVICE_PER_ITEM 1
#endif

kernel void device_copy(global float4 *restrict a, global const float4 *restrict b, const uint n4) {
    const uint items = (n4 + DEVICE_PER_ITEM - 1) / DEVICE_PER_ITEM;
    const uint first = get_global_id(0);
    if (first >= items) return;
    for (uint k = 0; k < DEVICE_PER_ITEM; k++) {
        const uint i = first + k * items;
        if (i < n4) a[i] = b[i];
    }
}

kernel void device_triad(global float4 *restrict a, global const float4 *restrict b,
                         global const float4 *restrict c, const float s, const uint n4) {
    const uint items = (n4 + DEVICE_PER_ITEM - 1) / DEVICE_PER_ITEM;
    const uint first = get_global_id(0);
    if (first >= items) return;
    for (uint k = 0; k < DEVICE_PER_ITEM; k++) {
        const uint i = first + k * items;
        if (i < n4) a[i] = b[i] + s * c[i];
    }
}

kernel void device_fill(global float4 *restrict a, const float s, const uint n4) {
    const uint items = (n4 + DEVICE_PER_ITEM - 1) / DEVICE_PER_ITEM;
    const uint first = get_global_id(0);
    if (first >= items) return;
    for (uint k = 0; k < DEVICE_PER_ITEM; k++) {
        const uint i = first + k * items;
        if (i < n4) a[i] = (float4)(s);
    }
}
