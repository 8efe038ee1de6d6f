/* One explicit step in time of all species, and the blood's step after it (MODEL.md eq. 1 and 2).
 *
 *     c' = c + dt/phi (sum over faces T (c_n - c) + S - loss c + supply c_p - exchange c + wall + phi reaction)
 *
 * The increment that rounding would lose is kept on average: the result is rounded up or down at random with the
 * probability that keeps its mean (a hash of cell, species and step decides, so every run gives the same bits). Without
 * that, increments below half a unit in the last place never arrive and mass drifts.
 *
 * pairs: [axis][class of the lower cell][class of the upper][species], the transmissibility between pure cells; where a
 * cell is mixed it is computed. from, to: [species][cells]; level: float2 [species], the plasma's level as the sum of two floats; base: one table
 * (cell.clh) per step of the chunk; s, if formulas read scalars: one row per step. Sums per species, XT_ACUTE_SUMS of them,
 * as in reduce.clh: secretion, loss c, exchange c, body exchange c, wall, phi reaction.
 * Bytes by model: 8 per species and cell, 4 per cell.
 * Needs grid.clh, transport.clh, sum.clh, reduce.clh, cell.clh and acute.clh. */

/* A number in [0, 1) from three counters (the finaliser of Murmur3). */
static inline float acute_random(const uint a, const uint b, const uint step) {
    uint h = a * 0x9E3779B1u + b * 0x85EBCA77u + step * 0xC2B2AE3Du;
    h ^= h >> 16;
    h *= 0x85EBCA6Bu;
    h ^= h >> 13;
    h *= 0xC2B2AE35u;
    h ^= h >> 16;
    return (float)(h >> 8) * (1.0f / 16777216.0f);
}

/* c + increment, rounded so that the mean is right. */
static inline float acute_add(const float c, const float increment, const float chance) {
    const float sum = c + increment, back = sum - c;
    const float lost = (c - (sum - back)) + (increment - back);
    if (!(sum > 1e-30f) || lost == 0.0f || isinf(sum)) return sum;
    const float next = as_float(as_int(sum) + (lost > 0.0f ? 1 : -1));
    return chance * fabs(next - sum) < fabs(lost) ? next : sum;
}

#define ACUTE_READ(k) const float c##k = from[(size_t)(k) * cells + i]; float gain##k = 0.0f;
#define ACUTE_FLUX(k) gain##k += between[k] * (from[(size_t)(k) * cells + n] - c##k);
#define ACUTE_MIXED_FLUX(k)                                                                                            \
    gain##k += xt_between(a, b, k, h, coefficient, class_tissue, membrane) * (from[(size_t)(k) * cells + n] - c##k);
#define ACUTE_FACE(face, axis, spacing)                                                                                \
    {                                                                                                                  \
        const int n = xt_neighbour(block, i, face);                                                                    \
        const uint other = word[n], a = (face) & 1 ? w : other, b = (face) & 1 ? other : w;                            \
        if ((w | other) >> 16 == 0) {                                                                                  \
            __global const float *between =                                                                            \
                pairs + (((axis) * classes + xt_class(a)) * classes + xt_class(b)) * XT_SPECIES;                       \
            XT_EACH_SPECIES(ACUTE_FLUX)                                                                                \
        } else if (xt_class(other) != 0) {                                                                             \
            const float h = spacing;                                                                                   \
            XT_EACH_SPECIES(ACUTE_MIXED_FLUX)                                                                          \
        }                                                                                                              \
    }
#if XT_REACTIONS
#define ACUTE_REACTION(k)                                                                                              \
    const float reaction = fluid * xt_reaction(k, home, i, cells, 0.0f XT_CELL_PASS);                                  \
    xt_total(&sum[(k) * XT_ACUTE_SUMS + 5], reaction);
#else
#define ACUTE_REACTION(k) const float reaction = 0.0f;
#endif
#if XT_WALLS
#define ACUTE_WALL(k)                                                                                                  \
    const float2 edge = xt_wall(i, w, k, box, block, coefficient, wall);                                                    \
    const float inflow = edge.y - edge.x * c##k;                                                                       \
    xt_total(&sum[(k) * XT_ACUTE_SUMS + 4], inflow);
#else
#define ACUTE_WALL(k) const float inflow = 0.0f;
#endif
#define ACUTE_WRITE(k)                                                                                                 \
    {                                                                                                                  \
        const float source = xt_secretion(k, w, i, cells, 1, base, class_tissue XT_CELL_PASS);                         \
        const float loss = xt_of_cell(coefficient, w, k, XT_C_LOSS) * c##k;                                            \
        const float back = xt_of_cell(coefficient, w, k, XT_C_EXCHANGE) * c##k;                                        \
        const float supplied = xt_of_cell(coefficient, w, k, XT_C_SUPPLY) * level[k].x;                                \
        const float fluid = xt_of_cell(coefficient, w, k, XT_C_FLUID);                                                 \
        ACUTE_WALL(k)                                                                                                  \
        ACUTE_REACTION(k)                                                                                              \
        const float rate = gain##k + ((source - loss) + (supplied - back)) + (inflow + reaction);                      \
        const float increment = fluid > 0.0f ? dt * (rate / fluid) : 0.0f;                                             \
        to[(size_t)(k) * cells + i] = acute_add(c##k, increment, acute_random(i, k, count));                           \
        xt_total(&sum[(k) * XT_ACUTE_SUMS + 0], source);                                                                 \
        xt_total(&sum[(k) * XT_ACUTE_SUMS + 1], loss);                                                                   \
        xt_total(&sum[(k) * XT_ACUTE_SUMS + 2], back);                                                                   \
        xt_total(&sum[(k) * XT_ACUTE_SUMS + 3], xt_of_cell(coefficient, w, k, XT_C_BODY_EXCHANGE) * c##k);               \
    }
#define ACUTE_CLEAR(k) to[(size_t)(k) * cells + i] = 0.0f;

__kernel void acute_step(XT_MESH_PARAMETERS, __global const float *pairs, __global const float2 *tables, __global const float2 *level,
                         __global const float *from, __global float *to, __global float2 *partial, const float dt,
                         const int step, const uint count, const int classes, const int cells XT_CELL_PARAMETERS) {
    XT_SCRATCH
    __global const float2 *base = tables + step * (XT_TISSUES + 1) * XT_SPECIES;
    XT_STEP_SCALARS
    float2 sum[XT_SPECIES * XT_ACUTE_SUMS];
    for (int k = 0; k < XT_SPECIES * XT_ACUTE_SUMS; k++) sum[k] = (float2)(0.0f);
    XT_EACH_CELL(i, cells) {
        const uint w = word[i];
        if (xt_class(w) == 0) {
            XT_EACH_SPECIES(ACUTE_CLEAR)
        } else {
#if XT_REACTIONS
            const int home = class_tissue[xt_class(w)];
#endif
            XT_EACH_SPECIES(ACUTE_READ)
            ACUTE_FACE(0, 0, box.x)
            ACUTE_FACE(1, 0, box.x)
            ACUTE_FACE(2, 1, box.y)
            ACUTE_FACE(3, 1, box.y)
            ACUTE_FACE(4, 2, box.z)
            ACUTE_FACE(5, 2, box.z)
            XT_EACH_SPECIES(ACUTE_WRITE)
        }
    }
    for (int k = 0; k < XT_SPECIES * XT_ACUTE_SUMS; k++) XT_STORE_SUM(partial, k, sum[k]);
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
__kernel void acute_measure(__global const uint *word, __global const float *coefficient, __global const float *x, __global float2 *partial, const int species,
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
