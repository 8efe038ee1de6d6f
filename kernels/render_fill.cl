/* Filling a dense volume: shares of the surfaces' tissues, fields, and what skipping and occlusion need.
 *
 * Layout and coding as render.clh says. A surface's share of a voxel is the part of it that its tissues fill:
 * (1 - s) [home] + s [second], [t] 1 where tissue t belongs to the surface. Bytes a voxel: shares 4 read, 4
 * written; smoothing 4 and 4; a field 4 and 2, spreading 2 and 2.
 * Needs render.clh. */

/* Bit s of map[t] says that tissue t belongs to surface s. */
static inline uint xt_share_word(uint tissue, uint second, uint share, __global const uchar *map) {
    const uint home = 65535u - share, m = map[tissue], n = map[second];
    uint word = 0;
    for (int s = 0; s < XT_SURFACES; s++) {
        const uint part = (m >> s & 1u) * home + (n >> s & 1u) * share;
        word |= (part * 255u + 32767u) / 65535u << 8 * s;
    }
    return word;
}

/* count voxels from host arrays, to `to` on. */
__kernel void fill_shares(__global const uchar *tissue, __global const uchar *second,
                          __global const ushort *share, int shared, __global const uchar *map, int count,
                          int to, __global uint *out) {
    const int i = get_global_id(0);
    if (i >= count) return;
    out[to + i] = xt_share_word(tissue[i], shared ? second[i] : 0u, shared ? (uint)share[i] : 0u, map);
}

/* Block of 16 voxels as mesh.h lays it out, read as four words: see xt_block. */
static inline int xt_voxel_of_cell(__global const int *block, int cell, int nx, int ny) {
    __global const int *b = block + 8 * (cell >> 4);
    const int x = (b[6] & 0xffff) + (cell & 15), y = b[6] >> 16 & 0xffff, z = b[7] & 0xffff;
    return x < nx ? x + nx * (y + ny * z) : -1;
}

/* The same from cells; out is zero before. material: tissue | second << 8 | share << 16. Block 0 is no place.
 */
__kernel void fill_shares_of_cells(__global const int *block, __global const uint *material,
                                   __global const uchar *map, int cells, int nx, int ny, __global uint *out) {
    const int cell = get_global_id(0) + 16;
    if (cell >= cells) return;
    const uint m = material[cell];
    const int to = xt_voxel_of_cell(block, cell, nx, ny);
    if (to >= 0 && (m & 255u)) out[to] = xt_share_word(m & 255u, m >> 8 & 255u, m >> 16, map);
}

/* How labelled a surface looks: found[s] counts neighbours of which one is wholly its tissue and one not at
 * all, found[4 + s] voxels that are partly; found[8 + w] voxels of any surface at wall w (x-, x+, y-, y+, z-,
 * z+), found[14] anywhere. Work-items stride; found is zero before. */
__kernel void fill_kinds(__global const uint *share, int nx, int ny, int nz, int items,
                         __global volatile int *found) {
    int jump[XT_SURFACES] = {0, 0, 0, 0}, part[XT_SURFACES] = {0, 0, 0, 0};
    int wall[6] = {0, 0, 0, 0, 0, 0}, everywhere = 0;
    const int first = get_global_id(0), rows = ny * nz;
    if (first >= items) return;
    for (int row = first; row < rows; row += items) {
        const int y = row % ny, z = row / ny, before = everywhere;
        __global const uint *line = share + (ulong)row * (ulong)nx;
        for (int x = 0; x < nx; x++) {
            const uint own = line[x], a = x ? line[x - 1] : own, b = y ? line[x - nx] : own,
                       c = z ? line[x - nx * ny] : own;
            everywhere += own != 0u;
            if (own == a && own == b && own == c && (own == 0u || own == ~0u)) continue;
            for (int s = 0; s < XT_SURFACES; s++) {
                const int v = own >> 8 * s & 255u;
                const int u = a >> 8 * s & 255u, w = b >> 8 * s & 255u, t = c >> 8 * s & 255u;
                part[s] += v > 0 && v < 255;
                jump[s] += (abs(v - u) == 255) + (abs(v - w) == 255) + (abs(v - t) == 255);
            }
        }
        wall[0] += line[0] != 0u;
        wall[1] += line[nx - 1] != 0u;
        wall[2] += y == 0 ? everywhere - before : 0;
        wall[3] += y == ny - 1 ? everywhere - before : 0;
        wall[4] += z == 0 ? everywhere - before : 0;
        wall[5] += z == nz - 1 ? everywhere - before : 0;
    }
    for (int w = 0; w < 6; w++)
        if (wall[w]) atomic_add(&found[2 * XT_SURFACES + w], wall[w]);
    if (everywhere) atomic_add(&found[2 * XT_SURFACES + 6], everywhere);
    for (int s = 0; s < XT_SURFACES; s++) {
        if (jump[s]) atomic_add(&found[s], jump[s]);
        if (part[s]) atomic_add(&found[XT_SURFACES + s], part[s]);
    }
}

#ifndef XT_WIDE
#define XT_WIDE 1 /* voxels of a row that a work-item smooths: 16 on processors, which do them together */
#endif
#define XT_FULL 0x3fc03fc0u /* 64 times 255, twice */
/* To the nearest byte (once shifted by 6), halves away from the middle: what two neighbours have of a voxel
 * still adds up, and their surfaces stay in one place. */
#define XT_ROUND(sum) ((sum) + 0x1f001fu + ((sum) >> 13 & 0x10001u))

/* Is i beyond an open wall of an axis of n voxels? Bit 0: the lower one, bit 1: the upper. */
static inline bool xt_nothing(int i, int n, int open) {
    return (i < 0 && (open & 1)) || (i >= n && (open & 2));
}

/* The codes of four sums of 16 bits. */
static inline uint xt_codes_of(__global const uchar *code, uint even, uint odd) {
    return code[even & 0xffffu] | code[odd & 0xffffu] << 8 | code[even >> 16] << 16 |
           (uint)code[odd >> 16] << 24;
}

/* Held bytes that left their side of one half, 128 or 127, go back to it; the others as asked for. */
static inline uint xt_settle(uint now, uint was, uint smoothed, uint held) {
    const uint high = was & 0x80808080u, moved = (now ^ was) & 0x80808080u & held;
    const uint all = moved | (moved - (moved >> 7)); /* whole bytes */
    const uint edge = high | (0x7f7f7f7fu & ~((high - (high >> 7)) | high));
    now = (now & ~all) | (edge & all);
    return (now & smoothed) | (was & ~smoothed);
}

static inline uint16 xt_settle16(uint16 now, uint16 was, uint smoothed, uint held) {
    const uint16 high = was & 0x80808080u, moved = (now ^ was) & 0x80808080u & held;
    const uint16 all = moved | (moved - (moved >> 7));
    const uint16 edge = high | (0x7f7f7f7fu & ~((high - (high >> 7)) | high));
    now = (now & ~all) | (edge & all);
    return (now & smoothed) | (was & ~smoothed);
}

/* Binomial weights (1 2 1)/4 along each axis, `reach` voxels apart. Beyond a wall of the
 * box is what is at it, or, where the wall's bit in `open` is set, nothing. Bytes of
 * `smoothed` change, and those of `held` stay on their side of one half: what is labelled stays in its
 * voxels, however often it is smoothed (R. T. Whitaker, "Reducing aliasing artifacts in iso-surfaces of
 * binary volumes", 2000). Bytes of `coded` become code[64 share]: the share of a voxel near a plane,
 * smoothed, is the normal distribution's of its distance; the code undoes that, so that it is linear in the
 * distance and interpolation and differences are right. */
__kernel void fill_smooth(__global const uint *in, int nx, int ny, int nz, int reach, int open, uint smoothed,
                          uint held, uint coded, __global const uchar *code, __global uint *out) {
    const int parts = (nx + XT_WIDE - 1) / XT_WIDE, i = get_global_id(0);
    const int row = i / parts, y = row % ny, z = row / ny, begin = (i - row * parts) * XT_WIDE;
    if (z >= nz) return;
    const int end = min(begin + XT_WIDE, nx);
    __global const uint *own = in + (ulong)row * (ulong)nx;
    __global uint *to = out + (ulong)row * (ulong)nx;
#if XT_WIDE == 16
    if (begin >= reach && begin + 16 + reach <= nx) {
        uint16 even = (uint16)(0u), odd = (uint16)(0u);
        for (int dz = -1; dz <= 1; dz++)
            for (int dy = -1; dy <= 1; dy++) {
                if (xt_nothing(y + dy * reach, ny, open >> 2) || xt_nothing(z + dz * reach, nz, open >> 4))
                    continue;
                __global const uint *line =
                    in + begin +
                    nx * (xt_clamp(y + dy * reach, 0, ny - 1) + ny * xt_clamp(z + dz * reach, 0, nz - 1));
                const uint16 a = vload16(0, line - reach), b = vload16(0, line), c = vload16(0, line + reach);
                const uint weight = (uint)((dy == 0) + (dz == 0));
                const uint m = 0xff00ffu;
                even += ((a & m) + 2u * (b & m) + (c & m)) << weight;
                odd += ((a >> 8 & m) + 2u * (b >> 8 & m) + (c >> 8 & m)) << weight;
            }
        const uint16 was = vload16(0, own + begin);
        /* Where all is of one kind, which is nearly everywhere, codes are what they code. */
        const uint16 mixed = even | odd, full = (even ^ XT_FULL) | (odd ^ XT_FULL);
        uint16 now = (XT_ROUND(even) >> 6 & 0xff00ffu) | (XT_ROUND(odd) >> 6 & 0xff00ffu) << 8;
        const bool plain = !coded || !any(mixed != 0u) || !any(full != 0u);
        if (plain) {
            vstore16(xt_settle16(now, was, smoothed, held), 0, to + begin);
            return;
        }
        uint e[16], o[16], w[16], n[16];
        vstore16(even, 0, e);
        vstore16(odd, 0, o);
        vstore16(was, 0, w);
        vstore16(now, 0, n);
        for (int k = 0; k < 16; k++)
            to[begin + k] =
                xt_settle((n[k] & ~coded) | (xt_codes_of(code, e[k], o[k]) & coded), w[k], smoothed, held);
        return;
    }
#endif
    for (int x = begin; x < end; x++) {
        uint even = 0, odd = 0; /* bytes 0 and 2, 1 and 3, each in 16 bits: sums reach 64 * 255 */
        for (int dz = -1; dz <= 1; dz++)
            for (int dy = -1; dy <= 1; dy++) {
                if (xt_nothing(y + dy * reach, ny, open >> 2) || xt_nothing(z + dz * reach, nz, open >> 4))
                    continue;
                __global const uint *line = in + nx * (xt_clamp(y + dy * reach, 0, ny - 1) +
                                                       ny * xt_clamp(z + dz * reach, 0, nz - 1));
                const uint a = xt_nothing(x - reach, nx, open) ? 0u : line[max(x - reach, 0)], b = line[x];
                const uint c = xt_nothing(x + reach, nx, open) ? 0u : line[min(x + reach, nx - 1)];
                const int weight = (dy == 0) + (dz == 0);
                even += ((a & 0xff00ffu) + 2u * (b & 0xff00ffu) + (c & 0xff00ffu)) << weight;
                odd += ((a >> 8 & 0xff00ffu) + 2u * (b >> 8 & 0xff00ffu) + (c >> 8 & 0xff00ffu)) << weight;
            }
        uint now = (XT_ROUND(even) >> 6 & 0xff00ffu) | (XT_ROUND(odd) >> 6 & 0xff00ffu) << 8;
        if (coded) now = (now & ~coded) | (xt_codes_of(code, even, odd) & coded);
        to[x] = xt_settle(now, own[x], smoothed, held);
    }
}

static inline ushort xt_code(float value, float low, float per_range, int logarithmic) {
    if (!isfinite(value)) return (ushort)XT_UNKNOWN;
    if (logarithmic) value = log(fmax(value, 1e-37f));
    const float t = fmin(fmax((value - low) * per_range, 0.0f), 1.0f);
    return (ushort)(XT_HERE | (uint)(t * XT_TOP + 0.5f));
}

/* low: of the values, or of their logarithms; `to`: first voxel. */
__kernel void fill_field(__global const float *value, float low, float per_range, int logarithmic, int count,
                         int to, __global ushort *out) {
    const int i = get_global_id(0);
    if (i < count) out[to + i] = xt_code(value[i], low, per_range, logarithmic);
}

__kernel void fill_unknown(int voxels, int slot, __global ushort *out) {
    const int i = get_global_id(0);
    if (i < voxels) out[(ulong)slot * (ulong)voxels + (ulong)i] = (ushort)XT_UNKNOWN;
}

/* From plane `offset` of a planar array over cells. */
__kernel void fill_field_of_cells(__global const int *block, __global const uint *material,
                                  __global const float *value, int offset, float low, float per_range,
                                  int logarithmic, int cells, int nx, int ny, __global ushort *out) {
    const int cell = get_global_id(0) + 16;
    if (cell >= cells) return;
    const int to = xt_voxel_of_cell(block, cell, nx, ny);
    if (to >= 0 && (material[cell] & 255u))
        out[to] = xt_code(value[offset + cell], low, per_range, logarithmic);
}

/* Into a slot of the volume: a voxel that is not here takes the mean of those around it that are. */
__kernel void fill_spread(__global const ushort *in, int nx, int ny, int nz, int slot,
                          __global ushort *fields) {
    const int i = get_global_id(0);
    const int x = i % nx, row = i / nx, y = row % ny, z = row / ny;
    if (z >= nz) return;
    uint own = in[i];
    if (!(own & XT_HERE)) {
        uint sum = 0, count = 0;
        for (int dz = -1; dz <= 1; dz++)
            for (int dy = -1; dy <= 1; dy++)
                for (int dx = -1; dx <= 1; dx++) {
                    const int u = xt_clamp(x + dx, 0, nx - 1), v = xt_clamp(y + dy, 0, ny - 1);
                    const int w = xt_clamp(z + dz, 0, nz - 1);
                    const uint there = in[u + nx * (v + ny * w)];
                    if (!(there & XT_HERE)) continue;
                    sum += there & 0x7fffu;
                    count++;
                }
        own = count ? sum / count : XT_UNKNOWN;
    }
    fields[(ulong)slot * (ulong)(nx * ny * nz) + (ulong)i] = (ushort)own;
}

/* Lowest and highest share of each surface in the voxels that a macrocell's samples touch: 5 x 5 x 5. */
__kernel void fill_share_ranges(__global const uint *share, int nx, int ny, int nz, int cx, int cy, int cz,
                                __global uint *low, __global uint *high) {
    const int i = get_global_id(0);
    const int x0 = i % cx << XT_CELL_SHIFT, y0 = i / cx % cy << XT_CELL_SHIFT,
              z0 = i / cx / cy << XT_CELL_SHIFT;
    if (i >= cx * cy * cz) return;
    const int side = 1 << XT_CELL_SHIFT;
    const int x1 = min(x0 + side, nx - 1), y1 = min(y0 + side, ny - 1), z1 = min(z0 + side, nz - 1);
    uchar4 least = (uchar4)(255), most = (uchar4)(0);
    for (int z = z0; z <= z1; z++)
        for (int y = y0; y <= y1; y++)
            for (int x = x0; x <= x1; x++) {
                const uchar4 v = as_uchar4(share[x + nx * (y + ny * z)]);
                least = min(least, v);
                most = max(most, v);
            }
    low[i] = as_uint(least);
    high[i] = as_uint(most);
}

/* The same for a field: low | high << 16 of what is known, low above high where nothing is here. */
__kernel void fill_field_ranges(__global const ushort *fields, int slot, int nx, int ny, int nz, int cx,
                                int cy, int cz, __global uint *range) {
    const int i = get_global_id(0);
    __global const ushort *field = fields + (ulong)slot * (ulong)(nx * ny * nz);
    const int x0 = i % cx << XT_CELL_SHIFT, y0 = i / cx % cy << XT_CELL_SHIFT,
              z0 = i / cx / cy << XT_CELL_SHIFT;
    if (i >= cx * cy * cz) return;
    const int side = 1 << XT_CELL_SHIFT;
    const int x1 = min(x0 + side, nx - 1), y1 = min(y0 + side, ny - 1), z1 = min(z0 + side, nz - 1);
    uint least = XT_UNKNOWN, most = 0, here = 0;
    for (int z = z0; z <= z1; z++)
        for (int y = y0; y <= y1; y++)
            for (int x = x0; x <= x1; x++) {
                const uint v = field[x + nx * (y + ny * z)];
                here |= v & XT_HERE;
                if (v == XT_UNKNOWN) continue;
                least = min(least, v & 0x7fffu);
                most = max(most, v & 0x7fffu);
            }
    range[slot * cx * cy * cz + i] = here ? least | most << 16 : XT_UNKNOWN;
}

/* Mean shares of blocks of 4 x 4 x 4 voxels. */
__kernel void fill_coarse(__global const uint *share, int nx, int ny, int nz, int bx, int by, int bz,
                          __global uint *mean) {
    const int i = get_global_id(0);
    const int x0 = 4 * (i % bx), y0 = 4 * (i / bx % by), z0 = 4 * (i / bx / by);
    if (i >= bx * by * bz) return;
    const int x1 = min(x0 + 4, nx), y1 = min(y0 + 4, ny), z1 = min(z0 + 4, nz);
    uint4 sum = (uint4)(0);
    for (int z = z0; z < z1; z++)
        for (int y = y0; y < y1; y++)
            for (int x = x0; x < x1; x++) sum += convert_uint4(as_uchar4(share[x + nx * (y + ny * z)]));
    const uint count = (uint)((x1 - x0) * (y1 - y0) * (z1 - z0));
    mean[i] = as_uint(convert_uchar4((sum + count / 2) / count));
}
