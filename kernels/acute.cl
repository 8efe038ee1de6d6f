/* One explicit step in time of all species, and the blood's step after it (MODEL.md eq. 1 and 2).
 *
 *     c' = c + dt/phi (sum over faces T (c_n - c) + S - loss c + supply c_p - exchange c + wall + phi
 * reaction)
 *
 * The increment that rounding would lose is kept on average: the result is rounded up or down at random with
 * the probability that keeps its mean (a hash of cell, species and step decides, so every run gives the same
 * bits). Without that, increments below half a unit in the last place never arrive and mass drifts.
 *
 * pairs: [axis][class of the lower cell][class of the upper][species], the transmissibility between pure
 * cells; where a cell is mixed it is computed. from, to: [species][cells]; level: float2 [species], the
 * plasma's level as the sum of two floats; base: one table (cell.clh) per step of the chunk; s, if formulas
 * read scalars: one row per step. Sums per species, XT_ACUTE_SUMS of them, as in reduce.clh: secretion, loss
 * c, exchange c, body exchange c, wall, phi reaction. Bytes by model: 8 per species and cell, 4 per cell.
 * Needs grid.clh, transport.clh, sum.clh, reduce.clh, cell.clh, lanes.clh and acute.clh. */

/* Numbers in [0, 1) from three counters (the finaliser of Murmur3). */
static inline xt_lanes acute_random(const xt_lanes_uint a, const uint b, const uint step) {
    xt_lanes_uint h = a * 0x9E3779B1u + (b * 0x85EBCA77u + step * 0xC2B2AE3Du);
    h ^= h >> 16;
    h *= 0x85EBCA6Bu;
    h ^= h >> 13;
    h *= 0xC2B2AE35u;
    h ^= h >> 16;
    return xt_lanes_of_uint(h >> 8) * (1.0f / 16777216.0f);
}

/* c + increment, rounded so that the mean is right. */
static inline xt_lanes acute_add(const xt_lanes c, const xt_lanes increment, const xt_lanes chance) {
    const xt_lanes sum = c + increment, back = sum - c;
    const xt_lanes lost = (c - (sum - back)) + (increment - back);
    const xt_lanes_int up = 1, down = -1;
    const xt_lanes next = xt_lanes_from(xt_lanes_bits(sum) + (lost > 0.0f ? up : down));
    return sum > 1e-30f && sum < 1e38f && chance * fabs(next - sum) < fabs(lost) ? next : sum;
}

/* Are all cells at i, and the `count` words from `behind` on, of one pure class? Never asked of a single
 * cell. */
#if XT_LANES == 1
#define acute_plain(word, same, i, behind, count) false
#define ACUTE_OUTSIDE(i, behind)                  false
#else
static inline bool acute_plain(__global const uint *word, const bool same, const int i, const int behind,
                               const int count) {
    const uint w = word[i];
    return same && w >> 16 == 0 && word[behind] == w && (count == 1 || xt_same(word, behind));
}
/* Across y and z: is the next block the empty one? */
#define ACUTE_OUTSIDE(i, behind) (face >= 2 && (behind) < 16)
#endif

#define ACUTE_DECLARE(k)                                                                                     \
    XT_SUM(secreted##k);                                                                                     \
    XT_SUM(lost##k);                                                                                         \
    XT_SUM(exchanged##k);                                                                                    \
    XT_SUM(body##k);                                                                                         \
    XT_SUM(walled##k);                                                                                       \
    XT_SUM(reacted##k);
#define ACUTE_FINISH(k)                                                                                      \
    XT_SUM_STORE(partial, (k)*XT_ACUTE_SUMS + 0, secreted##k);                                               \
    XT_SUM_STORE(partial, (k)*XT_ACUTE_SUMS + 1, lost##k);                                                   \
    XT_SUM_STORE(partial, (k)*XT_ACUTE_SUMS + 2, exchanged##k);                                              \
    XT_SUM_STORE(partial, (k)*XT_ACUTE_SUMS + 3, body##k);                                                   \
    XT_SUM_STORE(partial, (k)*XT_ACUTE_SUMS + 4, walled##k);                                                 \
    XT_SUM_STORE(partial, (k)*XT_ACUTE_SUMS + 5, reacted##k);

#define ACUTE_PLANE(k) (from + (size_t)(k)*cells)
#define ACUTE_READ(k)                                                                                        \
    const xt_lanes c##k = xt_load(ACUTE_PLANE(k), i);                                                        \
    xt_lanes gain##k = 0.0f;
#define ACUTE_WEST(k)   xt_west(ACUTE_PLANE(k), block, i, c##k)
#define ACUTE_EAST(k)   xt_east(ACUTE_PLANE(k), block, i, c##k)
#define ACUTE_BEYOND(k) xt_beyond(ACUTE_PLANE(k), block, i, face)
#define ACUTE_TABLE(k)  t[(k)*XT_LANES + lane] = row[k];
#define ACUTE_COMPUTED(k)                                                                                    \
    t[(k)*XT_LANES + lane] = xt_between(a, b, k, h, coefficient, class_tissue, membrane);
#define ACUTE_PLAIN_FLUX(k, value) gain##k += row[k] * (value - c##k);
#define ACUTE_FLUX(k, value)       gain##k += xt_own(t + (k)*XT_LANES) * (value - c##k);
#define ACUTE_PLAIN_WEST(k)        ACUTE_PLAIN_FLUX(k, ACUTE_WEST(k))
#define ACUTE_PLAIN_EAST(k)        ACUTE_PLAIN_FLUX(k, ACUTE_EAST(k))
#define ACUTE_PLAIN_BEYOND(k)      ACUTE_PLAIN_FLUX(k, ACUTE_BEYOND(k))
#define ACUTE_MIXED_WEST(k)        ACUTE_FLUX(k, ACUTE_WEST(k))
#define ACUTE_MIXED_EAST(k)        ACUTE_FLUX(k, ACUTE_EAST(k))
#define ACUTE_MIXED_BEYOND(k)      ACUTE_FLUX(k, ACUTE_BEYOND(k))

/* One face of the cells at i: `behind` is the first of `count` words of the next block that it looks at. */
#define ACUTE_FACE(which, axis, spacing, behind, count, plain, mixed)                                        \
    {                                                                                                        \
        const int face = which;                                                                              \
        if (ACUTE_OUTSIDE(i, behind)) { /* nothing flows */                                                  \
        } else if (acute_plain(word, same, i, behind, count)) {                                              \
            const uint class = xt_class(word[i]);                                                            \
            __global const float *row = pairs + (((axis)*classes + class) * classes + class) * XT_SPECIES;   \
            XT_EACH_SPECIES(plain)                                                                           \
        } else {                                                                                             \
            float t[XT_SPECIES * XT_LANES];                                                                  \
            _Pragma("nounroll") for (int lane = 0; lane < XT_LANES; lane++) {                                \
                const uint me = word[i + lane], other = word[xt_neighbour(block, i + lane, face)];           \
                const uint a = face & 1 ? me : other, b = face & 1 ? other : me;                             \
                const uint pair = xt_class(a) * classes + xt_class(b);                                       \
                __global const float *row = pairs + ((axis)*classes * classes + pair) * XT_SPECIES;          \
                if ((a | b) >> 16 == 0 || xt_class(a) == 0 || xt_class(b) == 0) {                            \
                    XT_EACH_SPECIES(ACUTE_TABLE)                                                             \
                } else {                                                                                     \
                    const float h = spacing;                                                                 \
                    XT_EACH_SPECIES(ACUTE_COMPUTED)                                                          \
                }                                                                                            \
            }                                                                                                \
            XT_EACH_SPECIES(mixed)                                                                           \
        }                                                                                                    \
    }

#if XT_WALLS
#define ACUTE_WALL(k)                                                                                        \
    xt_lanes edge, edge_value;                                                                               \
    XT_LANE_BY_LANE(edge, i, j, xt_wall(j, word[j], k, box, block, coefficient, wall).x)                     \
    XT_LANE_BY_LANE(edge_value, i, j, xt_wall(j, word[j], k, box, block, coefficient, wall).y)               \
    const xt_lanes inflow = edge_value - edge * c##k;                                                        \
    XT_SUM_ADD(walled##k, inflow)
#else
#define ACUTE_WALL(k) const xt_lanes inflow = 0.0f;
#endif
#if XT_REACTIONS
#define ACUTE_REACTION(k)                                                                                    \
    xt_lanes reaction;                                                                                       \
    XT_LANE_BY_LANE(reaction, i, j,                                                                          \
                    xt_class(word[j]) == 0                                                                   \
                        ? 0.0f                                                                               \
                        : xt_reaction(k, class_tissue[xt_class(word[j])], j, cells, 0.0f XT_CELL_PASS))      \
    reaction *= fluid;                                                                                       \
    XT_SUM_ADD(reacted##k, reaction)
#else
#define ACUTE_REACTION(k) const xt_lanes reaction = 0.0f;
#endif
#define ACUTE_WRITE(k)                                                                                       \
    {                                                                                                        \
        XT_LANES_OF(loss, i, same, k, XT_C_LOSS)                                                             \
        XT_LANES_OF(exchange, i, same, k, XT_C_EXCHANGE)                                                     \
        XT_LANES_OF(supply, i, same, k, XT_C_SUPPLY)                                                         \
        XT_LANES_OF(body_exchange, i, same, k, XT_C_BODY_EXCHANGE)                                           \
        XT_LANES_OF(fluid, i, same, k, XT_C_FLUID)                                                           \
        xt_lanes source = 0.0f;                                                                              \
        if (!xt_silent(same, word[i], k, base, class_tissue))                                                \
            XT_LANE_BY_LANE(source, i, j,                                                                    \
                            xt_secretion(k, word[j], j, cells, 1, base, class_tissue XT_CELL_PASS))          \
        const xt_lanes lost = loss * c##k, back = exchange * c##k, supplied = supply * level[k].x;           \
        ACUTE_WALL(k)                                                                                        \
        ACUTE_REACTION(k)                                                                                    \
        const xt_lanes rate = gain##k + ((source - lost) + (supplied - back)) + (inflow + reaction);         \
        const xt_lanes increment = fluid > 0.0f ? dt * (rate / fluid) : 0.0f * fluid;                        \
        xt_store(acute_add(c##k, increment, acute_random(XT_INDEX(i), k, count)), to + (size_t)(k)*cells,    \
                 i);                                                                                         \
        XT_SUM_ADD(secreted##k, source)                                                                      \
        XT_SUM_ADD(lost##k, lost)                                                                            \
        XT_SUM_ADD(exchanged##k, back)                                                                       \
        XT_SUM_ADD(body##k, body_exchange *c##k)                                                             \
    }
#define ACUTE_CLEAR(k) xt_store((xt_lanes)(0.0f), to + (size_t)(k)*cells, i);

__kernel void acute_step(XT_MESH_PARAMETERS, __global const float *pairs, __global const float2 *tables,
                         __global const float2 *level, __global const float *from, __global float *to,
                         __global float2 *partial, const float dt, const int step, const uint count,
                         const int classes, const int cells XT_CELL_PARAMETERS) {
    XT_SCRATCH
    __global const float2 *base = tables + step * (XT_TISSUES + 1) * XT_SPECIES;
    XT_STEP_SCALARS
    XT_EACH_SPECIES(ACUTE_DECLARE)
    XT_EACH_LANES(i, cells) {
        const bool same = xt_same(word, i);
        if (same && xt_class(word[i]) == 0) {
            XT_EACH_SPECIES(ACUTE_CLEAR)
            continue;
        }
        XT_EACH_SPECIES(ACUTE_READ)
        ACUTE_FACE(0, 0, box.x, block[i >> 4].neighbour[0] * 16 + 15, 1, ACUTE_PLAIN_WEST, ACUTE_MIXED_WEST)
        ACUTE_FACE(1, 0, box.x, block[i >> 4].neighbour[1] * 16, 1, ACUTE_PLAIN_EAST, ACUTE_MIXED_EAST)
        ACUTE_FACE(2, 1, box.y, block[i >> 4].neighbour[2] * 16, 16, ACUTE_PLAIN_BEYOND, ACUTE_MIXED_BEYOND)
        ACUTE_FACE(3, 1, box.y, block[i >> 4].neighbour[3] * 16, 16, ACUTE_PLAIN_BEYOND, ACUTE_MIXED_BEYOND)
        ACUTE_FACE(4, 2, box.z, block[i >> 4].neighbour[4] * 16, 16, ACUTE_PLAIN_BEYOND, ACUTE_MIXED_BEYOND)
        ACUTE_FACE(5, 2, box.z, block[i >> 4].neighbour[5] * 16, 16, ACUTE_PLAIN_BEYOND, ACUTE_MIXED_BEYOND)
        XT_EACH_SPECIES(ACUTE_WRITE)
    }
    XT_EACH_SPECIES(ACUTE_FINISH)
}

/* Fold the groups' sums into XT_FOLDED a quantity: item j of quantity k adds groups j, j + XT_FOLDED, ... */
__kernel void acute_fold(__global const float2 *partial, __global float2 *folded, const int groups) {
    const int me = get_global_id(0);
    if (me >= XT_SPECIES * XT_ACUTE_SUMS * XT_FOLDED) return;
    const int k = me / XT_FOLDED;
    float2 sum = (float2)(0.0f);
    for (int g = me % XT_FOLDED; g < groups; g += XT_FOLDED) {
        const float2 other = partial[k * groups + g];
        xt_total(&sum, other.x);
        sum.y += other.y;
    }
    folded[me] = sum;
}

/* What a species adds up to: supply, body supply, phi c, over cells of volume 1. */
__kernel void acute_measure(__global const uint *word, __global const float *coefficient,
                            __global const float *x, __global float2 *partial, const int species,
                            const int cells) {
    XT_SCRATCH
    float2 supply = (float2)(0.0f), body = (float2)(0.0f), stored = (float2)(0.0f);
    XT_EACH_CELL(i, cells) {
        const uint w = word[i];
        xt_total(&supply, xt_of_cell(coefficient, w, species, XT_C_SUPPLY));
        xt_total(&body, xt_of_cell(coefficient, w, species, XT_C_BODY_SUPPLY));
        xt_total(&stored, xt_of_cell(coefficient, w, species, XT_C_FLUID) * x[(size_t)species * cells + i]);
    }
    XT_STORE_SUM(partial, 0, supply);
    XT_STORE_SUM(partial, 1, body);
    XT_STORE_SUM(partial, 2, stored);
}
