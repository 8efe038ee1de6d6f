/* What one look makes of a volume: which macrocells can be skipped, and the pyramid of opacity that occlusion
 * is read from.
 *
 * Macrocells: 128 | 1 (a surface may be crossed) | 2 (something may glow), or, where nothing is to be seen,
 * the Chebyshev distance to the nearest one where something is, at most 127. All cells nearer are empty too.
 * Needs render.clh. */

/* lit[g][i]: how many of the first i entries of glow g's table have extinction; a value v lies between the
 * entries v 255/XT_TOP rounded down and up. */
__kernel void prepare_flags(__global const uint *low, __global const uint *high, __global const uint *range,
                            __constant xt_scene *scene, __global const int *lit, int cells,
                            __global uchar *flag) {
    const int i = get_global_id(0);
    if (i >= cells) return;
    const uchar4 least = as_uchar4(low[i]), most = as_uchar4(high[i]);
    const int4 crossed = convert_int4(least)<128 & convert_int4(most)> 127;
    const int v = scene->visible;
    uint flags = 0;
    if (((v & 1) && crossed.x) || ((v & 2) && crossed.y) || ((v & 4) && crossed.z) || ((v & 8) && crossed.w))
        flags |= 1u;
    for (int g = 0; g < scene->glows; g++) {
        const uint r = range[scene->glow_field[g] * cells + i], a = r & 0xffffu, b = r >> 16;
        if (a > b) continue;
        /* Wider by more than the marcher's rounding. */
        const int first = max((int)((float)a * (255.0f / XT_TOP) - 0.01f), 0);
        const int last = min((int)((float)b * (255.0f / XT_TOP) + 0.01f) + 1, XT_ROW - 1);
        if (lit[g * (XT_ROW + 1) + last + 1] > lit[g * (XT_ROW + 1) + first]) flags |= 2u;
    }
    flag[i] = (uchar)(flags ? 128u | flags : 0u);
}

/* Distance along x to the nearest cell with flags. */
__kernel void prepare_distance_x(__global const uchar *flag, int cx, int cells, __global uchar *out) {
    const int i = get_global_id(0);
    if (i >= cells) return;
    const int x = i % cx;
    int d = 0;
    for (; d < 127; d++)
        if ((x >= d && flag[i - d]) || (x + d < cx && flag[i + d])) break;
    out[i] = (uchar)d;
}

/* The same with the rows (stride cx) or slices (stride cx cy) beside: the smallest of max(d', distance). */
__kernel void prepare_distance(__global const uchar *in, int stride, int count, int cells,
                               __global uchar *out) {
    const int i = get_global_id(0);
    if (i >= cells) return;
    const int at = i / stride % count;
    int best = in[i];
    for (int d = 1; d < best; d++) {
        if (at >= d) best = min(best, max(d, (int)in[i - d * stride]));
        if (at + d < count) best = min(best, max(d, (int)in[i + d * stride]));
    }
    out[i] = (uchar)best;
}

/* Flags where there are any, else the distance. */
__kernel void prepare_cells(__global const uchar *distance, int cells, __global uchar *flag) {
    const int i = get_global_id(0);
    if (i < cells && !flag[i]) flag[i] = distance[i];
}

/* How much of the light a block of 4 x 4 x 4 voxels keeps out: the squares of the surfaces' opacities by
 * their shares. */
__kernel void prepare_opacity(__global const uint *mean, __constant xt_scene *scene, int blocks,
                              __global uchar *out) {
    const int i = get_global_id(0);
    if (i >= blocks) return;
    const float4 share = xt_bytes(mean[i]);
    const float opacity[4] = {scene->surface[0].opacity, scene->surface[1].opacity, scene->surface[2].opacity,
                              scene->surface[3].opacity};
    const float sum = share.x * opacity[0] * opacity[0] + share.y * opacity[1] * opacity[1] +
                      share.z * opacity[2] * opacity[2] + share.w * opacity[3] * opacity[3];
    out[i] = (uchar)(fmin(sum, 255.0f) + 0.5f);
}

/* A level of the pyramid from the one below: means of 2 x 2 x 2. Offsets into the same array. */
__kernel void prepare_halve(__global uchar *pyramid, int from, int nx, int ny, int nz, int to, int mx, int my,
                            int mz) {
    const int i = get_global_id(0);
    if (i >= mx * my * mz) return;
    const int x = 2 * (i % mx), y = 2 * (i / mx % my), z = 2 * (i / mx / my);
    uint sum = 0;
    for (int k = 0; k < 8; k++) {
        const int u = min(x + (k & 1), nx - 1), v = min(y + (k >> 1 & 1), ny - 1),
                  w = min(z + (k >> 2), nz - 1);
        sum += pyramid[from + u + nx * (v + ny * w)];
    }
    pyramid[to + i] = (uchar)((sum + 4u) >> 3);
}
