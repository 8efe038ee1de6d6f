/* An explicit step in time of all species (MODEL.md eq. 1 by forward Euler), and the blood's sums after it.
 *
 *     c' = c + dt rate/phi                                             (rhs.clh has the rate)
 *
 * The increment that rounding would lose is kept on average (acute.clh).
 *
 * from, to: [species][cells]; level: float2 [species], the plasma's level as the sum of two floats; tables:
 * one table of secretion (cell.clh) per step of the chunk; s, if formulas read scalars: one row per step.
 * partial: the sums of rhs.clh. Bytes by model: 8 per species and cell, 4 per cell. Needs grid.clh,
 * transport.clh, sum.clh, reduce.clh, cell.clh, lanes.clh, stencil.clh, rhs.clh and acute.clh. */

#define ACUTE_CLEAR(k) xt_store((xt_lanes)(0.0f), to + (size_t)(k)*cells, i);
#define ACUTE_WRITE(k)                                                                                       \
    {                                                                                                        \
        RHS_TERMS(k, i)                                                                                      \
        xt_store(acute_add(c##k, dt *slope, acute_random(XT_INDEX(i), k, count)), to + (size_t)(k)*cells,    \
                 i);                                                                                         \
    }

__kernel void acute_step(RHS_PARAMETERS, __global const float2 *tables, __global const float2 *level,
                         __global const float *from, __global float *to, __global float2 *partial,
                         const float dt, const int step, const uint count,
                         const int cells XT_CELL_PARAMETERS) {
    XT_SCRATCH
    __global const float2 *base = tables + step * (XT_TISSUES + 1) * XT_SPECIES;
    const float fixed = 1.0f;
    const bool reacting = true;
    XT_STEP_SCALARS
    RHS_SUMS
    XT_EACH_LANES(i, cells) {
        if (RHS_OUTSIDE(i)) {
            XT_EACH_SPECIES(ACUTE_CLEAR)
            continue;
        }
        RHS_LEVELS(i)
        XT_EACH_SPECIES(ACUTE_WRITE)
    }
    RHS_SUMS_STORE
}

/* The factors of secretion of every cell's home tissue, [species][cells]. Bytes:
 * 4 per species and cell, and what formulas read. */
__kernel void acute_factor(__global const uint *word, __global const uchar *class_tissue,
                           __global float *factor, const int cells XT_CELL_PARAMETERS) {
    XT_EACH_CELL(i, cells) {
        const int tissue = class_tissue[xt_class(word[i])];
        for (int k = 0; k < XT_SPECIES; k++)
            factor[(size_t)k * cells + i] = tissue == 0 ? 0.0f : xt_factor(k, tissue, i, cells XT_CELL_PASS);
    }
}

/* Fold the groups' sums into XT_FOLDED a quantity: item j of quantity k adds groups j, j + XT_FOLDED, ... */
__kernel void acute_fold(__global const float2 *partial, __global float2 *folded, const int groups,
                         const int quantities) {
    const int me = get_global_id(0);
    if (me >= quantities * XT_FOLDED) return;
    const int k = me / XT_FOLDED;
    float2 sum = (float2)(0.0f);
    for (int g = me % XT_FOLDED; g < groups; g += XT_FOLDED) {
        const float2 other = partial[k * groups + g];
        xt_total(&sum, other.x);
        sum.y += other.y;
    }
    folded[me] = sum;
}

/* What a species adds up to: supply, body supply, phi c, phi, and tissue, over cells of volume 1. */
__kernel void acute_measure(__global const uint *word, __global const float *coefficient,
                            __global const float *x, __global float2 *partial, const int species,
                            const int cells) {
    XT_SCRATCH
    float2 supply = (float2)(0.0f), body = (float2)(0.0f), stored = (float2)(0.0f), room = (float2)(0.0f),
           tissue = (float2)(0.0f);
    XT_EACH_CELL(i, cells) {
        const uint w = word[i];
        const float fluid = xt_of_cell(coefficient, w, species, XT_C_FLUID);
        xt_total(&supply, xt_of_cell(coefficient, w, species, XT_C_SUPPLY));
        xt_total(&body, xt_of_cell(coefficient, w, species, XT_C_BODY_SUPPLY));
        xt_total(&stored, fluid * x[(size_t)species * cells + i]);
        xt_total(&room, fluid);
        xt_total(&tissue, xt_class(w) == 0 ? 0.0f : 1.0f);
    }
    XT_STORE_SUM(partial, 0, supply);
    XT_STORE_SUM(partial, 1, body);
    XT_STORE_SUM(partial, 2, stored);
    XT_STORE_SUM(partial, 3, room);
    XT_STORE_SUM(partial, 4, tissue);
}
