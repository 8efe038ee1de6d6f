/* Material classes: which coefficient row a cell uses.
 *
 * A cell's key is its home tissue's first key plus its phases, rounded to `levels` steps each, in mixed
 * radix. classify_mark flags the keys in use; the host numbers them; classify_words writes the material words
 * and counts the changed ones. Tissues: rows of 8 ints {first key, levels, phase or -1, phase or -1, phase or
 * -1, class as a second tissue, 0, 0}. Bytes: mark 4 + 4 per phase read; words 12 + 4 per phase. Needs
 * grid.clh, sum.clh. */

static inline int class_key(int tissue, int cell, int cells, __global const float *phase,
                            __global const int *row) {
    const int levels = row[tissue * 8 + 1];
    int key = 0;
    for (int i = 0; i < 3; i++) {
        const int p = row[tissue * 8 + 2 + i];
        if (p < 0) break;
        const float f = clamp(phase[p * cells + cell], 0.0f, 1.0f);
        key = key * (levels + 1) + (int)(f * (float)levels + 0.5f);
    }
    return row[tissue * 8] + key;
}

__kernel void classify_mark(__global const uint *material, __global const float *phase,
                            __global const int *row, __global int *used, int cells) {
    int last = -1;
    for (int cell = get_global_id(0); cell < cells; cell += XT_SUM_ITEMS) {
        const int tissue = material[cell] & 255u;
        if (tissue == 0) continue;
        const int key = class_key(tissue, cell, cells, phase, row);
        if (key != last) atomic_or(&used[key], 1);
        last = key;
    }
}

__kernel void classify_words(__global const uint *material, __global const float *phase,
                             __global const int *row, __global const uchar *class_of_key, __global uint *word,
                             __global int *changed, int cells) {
    int any = 0;
    for (int cell = get_global_id(0); cell < cells; cell += XT_SUM_ITEMS) {
        const uint m = material[cell];
        const int tissue = m & 255u, second = (m >> 8) & 255u;
        uint w = 0;
        if (tissue != 0) {
            w = class_of_key[class_key(tissue, cell, cells, phase, row)];
            if (second != 0) w |= ((uint)row[second * 8 + 5] << 8) | (m & 0xffff0000u);
        }
        any |= w != word[cell];
        word[cell] = w;
    }
    if (any) atomic_or(changed, 1);
}
