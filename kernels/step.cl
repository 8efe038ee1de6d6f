/* Forward Euler for all species in one pass, in three forms: the benchmark kernels and a reference.
 *
 *     c' = c + dt/phi (sum over faces T (c_n - c) + bias - drain c + phi reaction)
 *
 * The terms 1/phi, drain = loss + exchange + wall and bias = S + supply c_p + wall inflow are held during a
 * run (host/solve/step_hold.c), as transmissibilities are (stencil.clh): in terms[row][species][3][16], alike
 * rows kept once, or, where there is to pick, in term_palette[species][3][16] by the number term_id[cell].
 * term[block]: .x its row; .y how many blocks from this one on are plain, all alike and side by side, 0 where
 * there are rows, -1 where there is to pick. from, to: [species][cells], pM; dt in h. Bytes by model: 8 per
 * species and cell and 4 per cell (the tables of blocks); where there is to pick 4 per cell more, where there
 * are rows 24 per species and cell.
 *
 *   step_cells   cells [first, last): one pass, and the wavefront of a blocked one (the host lets level j of
 *                several follow two slabs behind level j - 1, between the same two buffers)
 *   step_tiles   STEP_LEVELS steps of a tile in one launch (XT_ROWS only): planes z of level k are made as
 *                soon as those of level k - 1 allow, kept in a ring of three planes, with a halo of rows and
 *                planes that shrinks by one a level; neighbours in y and z do their halo themselves
 *   step_naive   one work-item per voxel that looks everything up: what the others are measured against
 *
 * All give the same bits but step_naive. Needs grid.clh, transport.clh, sum.clh, reduce.clh, cell.clh,
 * lanes.clh and stencil.clh. */

/* Steps of a tile in one launch. */
#ifndef STEP_LEVELS
#define STEP_LEVELS 1
#endif
/* 1: results go past the caches, where the compiler can. */
#ifndef STEP_STREAM
#define STEP_STREAM 0
#endif
#ifdef __has_builtin
#if __has_builtin(__builtin_nontemporal_store) && STEP_STREAM && XT_LANES == 16
#define STEP_PAST_CACHES
#endif
#endif
/* How many blocks ahead the plane above is asked for: it comes from memory, by more streams than processors
 * foresee. Scratch (another stride than 16) is at hand. */
#ifndef STEP_AHEAD
#define STEP_AHEAD 16
#endif
#ifdef __has_builtin
#if __has_builtin(__builtin_prefetch) && XT_LANES == 16 && (defined(__x86_64__) || defined(__aarch64__))
#define STEP_FETCH(p)                                                                                        \
    if (stride == 16) __builtin_prefetch((p) + STEP_AHEAD * 16);
#endif
#endif
#ifndef STEP_FETCH
#define STEP_FETCH(p)
#endif
/* Inlined for certain: strides and bases are constants then. */
#ifdef __has_attribute
#if __has_attribute(always_inline)
#define STEP_INLINE __attribute__((always_inline))
#endif
#endif
#ifndef STEP_INLINE
#define STEP_INLINE
#endif
/* Vectors of 16 floats as such, where the compiler would rather halve them. */
#if defined(__has_attribute) && XT_LANES == 16
#if __has_attribute(min_vector_width)
#define STEP_WIDE __attribute__((min_vector_width(512)))
#endif
#endif
#ifndef STEP_WIDE
#define STEP_WIDE
#endif

static inline void step_write(const xt_lanes v, __global float *p, const int i, const int last) {
#ifdef STEP_PAST_CACHES
    if (last) {
        __builtin_nontemporal_store(v, (__global xt_lanes *)(p + i));
        return;
    }
#endif
    (void)last;
    xt_store(v, p, i);
}

/* What a reaction adds to an increment: lane by lane, from the values before the step. */
#if XT_REACTIONS
#define STEP_REACTION(k, cell)                                                                               \
    if (reacts) {                                                                                            \
        xt_lanes reaction;                                                                                   \
        XT_LANE_BY_LANE(reaction, cell, j,                                                                   \
                        xt_class(word[j]) == 0                                                               \
                            ? 0.0f                                                                           \
                            : xt_reaction(k, class_tissue[xt_class(word[j])], j, cells, 0.0f XT_CELL_PASS))  \
        increment += dt * reaction;                                                                          \
    }
#define STEP_PARAMETERS                                                                                      \
    XT_STENCIL_PARAMETERS, __global const int2 *term, __global const float *terms,                           \
        __global const uchar *term_id, __global const float *term_palette, __global const uint *word,        \
        __global const uchar *class_tissue, const float dt, const int cells XT_CELL_PARAMETERS
#define STEP_PASS                                                                                            \
    XT_STENCIL_PASS, term, terms, term_id, term_palette, word, class_tissue, dt, cells XT_CELL_PASS
#else
#define STEP_REACTION(k, cell)
#define STEP_PARAMETERS                                                                                      \
    XT_STENCIL_PARAMETERS, __global const int2 *term, __global const float *terms,                           \
        __global const uchar *term_id, __global const float *term_palette, const float dt, const int cells
#define STEP_PASS XT_STENCIL_PASS, term, terms, term_id, term_palette, dt, cells
#endif

#define STEP_WRITE(k, at, cell)                                                                              \
    STEP_REACTION(k, cell)                                                                                   \
    step_write(c + increment, out + (size_t)(k)*out_plane, at, last);

/* Species k of plain blocks: what does not change along a run of them, ... */
#define STEP_CONSTANTS(k)                                                                                    \
    const float f##k = dt * rows[(k)*48], drain##k = -f##k * rows[(k)*48 + 16],                              \
                bias##k = f##k * rows[(k)*48 + 32];                                                          \
    const float3 t##k = f##k * xt_plain(face, kind, k);
/* ... and one of them. */
#define STEP_PLAIN(k)                                                                                        \
    {                                                                                                        \
        __global const float *p = in + (size_t)(k)*in_plane;                                                 \
        STEP_FETCH(p + a.above)                                                                              \
        const xt_lanes c = xt_load(p, a.own);                                                                \
        const xt_lanes x = xt_from_west(p[a.west], c) + xt_from_east(p[a.east], c);                          \
        const xt_lanes y = xt_load(p, a.south) + xt_load(p, a.north);                                        \
        const xt_lanes z = xt_load(p, a.below) + xt_load(p, a.above);                                        \
        xt_lanes increment = XT_MAD(t##k.x, XT_MAD(-2.0f, c, x), XT_MAD(drain##k, c, bias##k));              \
        increment = XT_MAD(t##k.y, XT_MAD(-2.0f, c, y), increment);                                          \
        increment = XT_MAD(t##k.z, XT_MAD(-2.0f, c, z), increment);                                          \
        STEP_WRITE(k, at + m * out_stride, i + m * 16)                                                       \
    }
#define STEP_PICK(k)                                                                                         \
    {                                                                                                        \
        __global const float *p = in + (size_t)(k)*in_plane, *own = term_palette + (k)*48;                   \
        STEP_FETCH(p + a.above)                                                                              \
        const xt_lanes c = xt_load(p, a.own), gain = xt_gain_pick(c, a, faces, k, palette, p);               \
        xt_lanes increment = (dt * xt_pick16(own, ids)) *                                                    \
                             (gain + XT_MAD(-xt_pick16(own + 16, ids), c, xt_pick16(own + 32, ids)));        \
        STEP_WRITE(k, at, i)                                                                                 \
    }
#define STEP_ROWS(k)                                                                                         \
    {                                                                                                        \
        __global const float *p = in + (size_t)(k)*in_plane, *own = rows + (k)*48;                           \
        STEP_FETCH(p + a.above)                                                                              \
        const xt_lanes c = xt_load(p, a.own), gain = xt_gain_rows(c, a, faces, k, face, p);                  \
        xt_lanes increment =                                                                                 \
            (dt * xt_load(own, 0)) * (gain + XT_MAD(-xt_load(own, 16), c, xt_load(own, 32)));                \
        STEP_WRITE(k, at, i)                                                                                 \
    }

/* The cells at i and, in plain blocks, those of the blocks behind it in x that are like it, `most` in all:
 * read from planes of `in` at these bases (xt_look_around), written to planes of `out` at `at` and
 * `out_stride` further on for each block; in_plane, out_plane: from one species to the next; last: nobody
 * reads the result soon. Returns how many blocks were done. */
STEP_INLINE static inline int step_at(const int i, const int most, __global const float *in,
                                      const int in_plane, const int stride, const int base,
                                      const int base_below, const int base_above, __global float *out,
                                      const int out_plane, const int out_stride, const int at, const int last,
                                      const int reacts, STEP_PARAMETERS) {
    (void)reacts;
    const int2 own = term[i >> 4];
    xt_around a = xt_look_around(block, i, stride, base, base_below, base_above);
    if (own.y < 0) {
        const xt_picks faces = xt_look_up(block, face_id, i, cells);
        const xt_lanes_int ids = xt_load_ids(term_id, i);
        XT_EACH_SPECIES(STEP_PICK)
        return 1;
    }
    __global const float *rows = terms + own.x * XT_SPECIES * 48 + (XT_LANES < 16 ? i & 15 : 0);
    if (own.y == 0) {
        const xt_rows faces = xt_look_rows(block, stencil, i);
        XT_EACH_SPECIES(STEP_ROWS)
        return 1;
    }
    const xt_stencil_block kind = stencil[i >> 4];
    const int count = min(own.y, most);
    const int next = count > 1 ? block[(i >> 4) + count - 1].neighbour[1] : 0;
    const int end = count == 1 ? a.east : next ? next * stride + base : a.own + (count - 1) * stride + 15;
    XT_EACH_SPECIES(STEP_CONSTANTS)
    for (int m = 0; m < count; m++) {
        a.east = m < count - 1 ? a.own + stride : end;
        XT_EACH_SPECIES(STEP_PLAIN)
        a.west = a.own + 15;
        a.own += stride;
        a.south += stride;
        a.north += stride;
        a.below += stride;
        a.above += stride;
    }
    return count;
}

/* Cells [first, last) of the mesh. `run`: how often a work-item takes its cells, one after the other where
 * they are whole blocks, a stride of all work-items apart otherwise. order[blocks], not for whole blocks: a
 * permutation within [first, last) that puts blocks of one kind together, so that work-items side by side do
 * the same. */
STEP_WIDE __kernel void step_cells(STEP_PARAMETERS, __global const float *from, __global float *to,
                                   __global const int *order, const int first, const int last,
                                   const int run) {
#ifdef XT_ROWS
    const int begin = first + (int)get_global_id(0) * run * 16, end = min(last, begin + run * 16);
    (void)order;
    for (int i = begin; i < end;)
        i += 16 * step_at(i, (end - i) / 16, from, cells, 16, 0, 0, 0, to, cells, 16, i, 1, 1, STEP_PASS);
#else
    const int begin = first + (int)get_global_id(0) * XT_LANES, stride = get_global_size(0) * XT_LANES;
    for (int n = begin; n < min(last, begin + run * stride); n += stride) {
        const int i = order[n >> 4] * 16 + (n & 15);
        step_at(i, 1, from, cells, 16, 0, 0, 0, to, cells, 16, i, 1, 1, STEP_PASS);
    }
#endif
}

#ifdef XT_ROWS

/* The blocks of a tile's plane, halo of `halo` rows and planes included; none if it lies beyond. */
static inline int2 step_range(__global const int *row_first, const int4 tile, const int z, const int halo,
                              const int ny, const int nz) {
    if (z < max(tile.z - halo, 0) || z >= min(tile.w + halo, nz)) return (int2)(0, 0);
    __global const int *row = row_first + z * (ny + 1);
    return (int2)(row[max(tile.x - halo, 0)], row[min(tile.y + halo, ny)]);
}

/* One level on one plane. The ring of a level has three planes of `room` blocks, all species of a block
 * together. */
#define STEP_RING (XT_SPECIES * 16)
STEP_INLINE static inline void step_plane(const int level, const int4 tile, const int z,
                                          __global const int *row_first, const int ny, const int nz,
                                          __global float *ring, const int room, __global const float *from,
                                          __global float *to, STEP_PARAMETERS) {
    const int2 range = step_range(row_first, tile, z, STEP_LEVELS - level, ny, nz);
    const int slot = z % 3, below = (z + 2) % 3, above = (z + 1) % 3;
    const int out_base = (((level - 1) * 3 + slot) * room - range.x) * STEP_RING;
    int base = 0, base_below = 0, base_above = 0;
    if (level > 1) { /* where block 0 of those planes would lie */
        const int halo = STEP_LEVELS - level + 1, before = (level - 2) * 3;
        base = ((before + slot) * room - step_range(row_first, tile, z, halo, ny, nz).x) * STEP_RING;
        base_below =
            ((before + below) * room - step_range(row_first, tile, z - 1, halo, ny, nz).x) * STEP_RING;
        base_above =
            ((before + above) * room - step_range(row_first, tile, z + 1, halo, ny, nz).x) * STEP_RING;
    }
    __global const float *in = level > 1 ? ring : from;
    const int in_plane = level > 1 ? 16 : cells, stride = level > 1 ? STEP_RING : 16;
    for (int b = range.x; b < range.y;) {
        if (level < STEP_LEVELS)
            b += step_at(b * 16, range.y - b, in, in_plane, stride, base, base_below, base_above, ring, 16,
                         STEP_RING, b * STEP_RING + out_base, 0, level == 1, STEP_PASS);
        else
            b += step_at(b * 16, range.y - b, in, in_plane, stride, base, base_below, base_above, to, cells,
                         16, b * 16, 1, level == 1, STEP_PASS);
    }
}

/* tile: rows [x, y) and planes [z, w); share[work-item]: the first of its tiles. row_first[z][ny + 1]: the
 * first block of each row, the end of the last. scratch: STEP_LEVELS - 1 rings for each work-item. */
STEP_WIDE __kernel void step_tiles(STEP_PARAMETERS, __global const float *from, __global float *to,
                                   __global const int4 *tile, __global const int *share,
                                   __global const int *row_first, const int ny, const int nz,
                                   __global float *scratch, const int room) {
    __global float *ring =
        scratch + (size_t)get_global_id(0) * ((STEP_LEVELS - 1) * 3 * STEP_RING) * (size_t)room;
    const int me = get_global_id(0);
    for (int t = share[me]; t < share[me + 1]; t++) {
        const int4 own = tile[t];
        for (int z = own.z - STEP_LEVELS + 1; z < own.w + STEP_LEVELS - 1; z++) {
            step_plane(1, own, z, row_first, ny, nz, ring, room, from, to, STEP_PASS);
#if STEP_LEVELS > 2
            for (int level = 2; level < STEP_LEVELS; level++)
                step_plane(level, own, z - level + 1, row_first, ny, nz, ring, room, from, to, STEP_PASS);
#endif
#if STEP_LEVELS > 1
            step_plane(STEP_LEVELS, own, z - STEP_LEVELS + 1, row_first, ny, nz, ring, room, from, to,
                       STEP_PASS);
#endif
        }
    }
}

#endif

/* Secretion of every cell, pM/h, into out[species][cells]: once before a run. */
#define STEP_SECRETE(k)                                                                                      \
    out[(size_t)(k)*cells + i] =                                                                             \
        xt_class(word[i]) == 0 ? 0.0f                                                                        \
                               : xt_secretion(k, word[i], i, cells, 1, base, class_tissue XT_CELL_PASS);
__kernel void step_secretion(__global const uint *word, __global const uchar *class_tissue,
                             __global const float2 *base, __global float *out,
                             const int cells XT_CELL_PARAMETERS) {
    const int i = get_global_id(0);
    if (i >= cells) return;
    XT_EACH_SPECIES(STEP_SECRETE)
}

/* As one writes it first: neighbours, then every coefficient by class. pairs: [axis][class of the lower cell]
 * [class of the upper][species], transmissibility of pure cells; of mixed ones it is computed. */
#define STEP_LOOK(f, axis)                                                                                   \
    const int n##f = xt_neighbour(block, i, f);                                                              \
    const uint w##f = word[n##f];                                                                            \
    __global const float *t##f =                                                                             \
        pairs +                                                                                              \
        (((axis)*classes + xt_class(f & 1 ? w : w##f)) * classes + xt_class(f & 1 ? w##f : w)) * XT_SPECIES;
#define STEP_FLUX(f) rate += t##f[k] * (c[n##f] - own);
#define STEP_CUT(f)                                                                                          \
    rate += xt_face(i, n##f, f, k, box, word, coefficient, class_tissue, membrane) * (c[n##f] - own);
__kernel void step_naive(XT_MESH_PARAMETERS, __global const float *pairs, const int classes,
                         __global const float2 *base, __global const float *level, __global const float *from,
                         __global float *to, const float dt, const int cells XT_CELL_PARAMETERS) {
    const int i = get_global_id(0);
    if (i >= cells) return;
    const uint w = word[i];
    STEP_LOOK(0, 0)
    STEP_LOOK(1, 0)
    STEP_LOOK(2, 1)
    STEP_LOOK(3, 1)
    STEP_LOOK(4, 2)
    STEP_LOOK(5, 2)
    const bool pure = (w | w0 | w1 | w2 | w3 | w4 | w5) >> 16 == 0;
    for (int k = 0; k < XT_SPECIES; k++) {
        __global const float *c = from + (size_t)k * cells;
        const float own = c[i];
        float rate = 0.0f;
        if (pure) {
            STEP_FLUX(0) STEP_FLUX(1) STEP_FLUX(2) STEP_FLUX(3) STEP_FLUX(4) STEP_FLUX(5)
        } else {
            STEP_CUT(0) STEP_CUT(1) STEP_CUT(2) STEP_CUT(3) STEP_CUT(4) STEP_CUT(5)
        }
        const float fluid = xt_of_cell(coefficient, w, k, XT_C_FLUID);
        const float2 edge = xt_wall(i, w, k, box, block, coefficient, wall);
        const float drain =
            xt_of_cell(coefficient, w, k, XT_C_LOSS) + xt_of_cell(coefficient, w, k, XT_C_EXCHANGE) + edge.x;
        rate += xt_secretion(k, w, i, cells, 1, base, class_tissue XT_CELL_PASS) + edge.y +
                xt_of_cell(coefficient, w, k, XT_C_SUPPLY) * level[k] - drain * own;
#if XT_REACTIONS
        if (xt_class(w) != 0)
            rate += fluid * xt_reaction(k, class_tissue[xt_class(w)], i, cells, 0.0f XT_CELL_PASS);
#endif
        to[(size_t)k * cells + i] = fluid > 0.0f ? own + dt * (rate / fluid) : own;
    }
}
