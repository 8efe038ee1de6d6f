/* The Runge-Kutta-Chebyshev method of order 2 for all species (host/solve/chebyshev.h has the coefficients),
 * in the change d since the start of the step:
 *
 *     d_1 = gamma_1 F_0,   d_j = mu d_(j-1) + nu d_(j-2) + rate F_(j-1) + gamma F_0,   c' = c + d_s
 *     error = 0.4 (h (F_0 + F') - 2 d_s)            per cell, in units of absolute + relative max(|c|, |c'|)
 *
 * F is the slope of rhs.clh. All of it but secretion and reactions is linear in c, so a stage evaluates that
 * part for the change alone: F_(j-1) = G_0 + linear(d_(j-1)) + secretion and reaction at the stage's time,
 * with G_0 the linear part at the start. Increments then keep their digits however small they are.
 *
 * Fields are [species][cells]. level: float2 [species], of the plasma (rkc_rate) or of its change. tables:
 * tables of secretion, row `step`; s likewise. Where formulas read fields (XT_OWN_FIELDS) the buffer `rest`
 * of XT_CELL_PARAMETERS is `now`, which every stage brings up to date for its own cell. partial: the sums of
 * rhs.clh; rkc_rate adds the squared errors at [XT_SPECIES * RHS_SUMS_COUNT + species]. Bytes by model, per
 * species and cell: rkc_stage 20 (and 8 with XT_OWN_FIELDS), rkc_rate 20, rkc_first 8, rkc_add 12. Needs
 * grid.clh, transport.clh, sum.clh, reduce.clh, cell.clh, lanes.clh, stencil.clh, rhs.clh and acute.clh. */
#define RKC_AT(plane, k) (plane + (size_t)(k)*cells)

#define RKC_ERROR(k)       XT_SUM(error##k);
#define RKC_ERROR_STORE(k) XT_SUM_STORE(partial, XT_SPECIES *RHS_SUMS_COUNT + (k), error##k);
#define RKC_RATE_CLEAR(k)                                                                                    \
    xt_store((xt_lanes)(0.0f), RKC_AT(slopes, k), i);                                                        \
    xt_store((xt_lanes)(0.0f), RKC_AT(linear, k), i);
#define RKC_RATE(k)                                                                                          \
    {                                                                                                        \
        RHS_TERMS(k, i)                                                                                      \
        const xt_lanes flow = fluid > 0.0f ? (rate - (source + reaction)) / fluid : 0.0f * fluid;            \
        xt_lanes error = slope, past = c##k;                                                                 \
        if (ends) {                                                                                          \
            const xt_lanes d = xt_load(RKC_AT(change, k), i);                                                \
            error = 0.4f * (h * (xt_load(RKC_AT(first, k), i) + slope) - 2.0f * d);                          \
            past = c##k - d;                                                                                 \
        }                                                                                                    \
        error /= absolute[k] + relative * fmax(fabs(c##k), fabs(past));                                      \
        XT_SUM_ADD(error##k, error *error)                                                                   \
        xt_store(slope, RKC_AT(slopes, k), i);                                                               \
        xt_store(flow, RKC_AT(linear, k), i);                                                                \
    }

/* F and its linear part at c; with `ends`, the error of the step of size h that ended here, else the slope in
 * units of the tolerance. `linear` may be `change`, and `slopes` any other buffer that is not read. */
__kernel void rkc_rate(RHS_PARAMETERS, __global const float2 *tables, __global const float2 *level,
                       __global const float *from, __global const float *change, __global const float *first,
                       __global float *slopes, __global float *linear, __global float2 *partial,
                       __global const float *absolute, const float relative, const float h, const int ends,
                       const int step, const int reacting, const int cells XT_CELL_PARAMETERS) {
    XT_SCRATCH
    __global const float2 *base = tables + step * (XT_TISSUES + 1) * XT_SPECIES;
    const float fixed = 1.0f;
    XT_STEP_SCALARS
    RHS_SUMS
    XT_EACH_SPECIES(RKC_ERROR)
    XT_EACH_LANES(i, cells) {
        if (RHS_OUTSIDE(i)) {
            XT_EACH_SPECIES(RKC_RATE_CLEAR)
            continue;
        }
        RHS_LEVELS(i)
        XT_EACH_SPECIES(RKC_RATE)
    }
    RHS_SUMS_STORE
    XT_EACH_SPECIES(RKC_ERROR_STORE)
}

/* d_1 = gamma F_0, and c + d_1. All planes are one run of `count` values. Bytes: 8 a value, or 16. */
__kernel void rkc_first(__global const float *first, __global float *change, __global const float *from,
                        __global float *now, const float gamma, const int count) {
    XT_EACH_LANES(i, count) {
        const xt_lanes d = gamma * xt_load(first, i);
        xt_store(d, change, i);
#if XT_OWN_FIELDS
        xt_store(xt_load(from, i) + d, now, i);
#endif
    }
}

#define RKC_CLEAR(k)   xt_store((xt_lanes)(0.0f), RKC_AT(change, k), i);
#define RKC_DECLARE(k) xt_lanes next##k;
#define RKC_STAGE(k)                                                                                         \
    {                                                                                                        \
        RHS_TERMS(k, i)                                                                                      \
        const xt_lanes whole = slope + xt_load(RKC_AT(linear, k), i);                                        \
        next##k = (mu * c##k + gamma * xt_load(RKC_AT(first, k), i)) + rate_h * whole;                       \
        if (nu != 0.0f) next##k += nu * xt_load(RKC_AT(change, k), i);                                       \
        xt_store(next##k, RKC_AT(change, k), i);                                                             \
    }
#if XT_OWN_FIELDS
#define RKC_NOW(k) xt_store(xt_load(RKC_AT(start, k), i) + next##k, RKC_AT(now, k), i);
#else
#define RKC_NOW(k)
#endif

/* d_j over d_(j-2), `change`, from d_(j-1), `from`. */
__kernel void rkc_stage(RHS_PARAMETERS, __global const float2 *tables, __global const float2 *level,
                        __global const float *from, __global float *change, __global const float *first,
                        __global const float *linear, __global const float *start, __global float *now,
                        __global float2 *partial, const float mu, const float nu, const float rate_h,
                        const float gamma, const int step, const int reacting,
                        const int cells XT_CELL_PARAMETERS) {
    XT_SCRATCH
    __global const float2 *base = tables + step * (XT_TISSUES + 1) * XT_SPECIES;
    const float fixed = 0.0f;
    XT_STEP_SCALARS
    RHS_SUMS
    XT_EACH_LANES(i, cells) {
        if (RHS_OUTSIDE(i)) {
            XT_EACH_SPECIES(RKC_CLEAR)
            continue;
        }
        RHS_LEVELS(i)
        XT_EACH_SPECIES(RKC_DECLARE)
        XT_EACH_SPECIES(RKC_STAGE)
        XT_EACH_SPECIES(RKC_NOW)
    }
    RHS_SUMS_STORE
}

/* to = c + d, rounded so that the mean is right. */
__kernel void rkc_add(__global const float *from, __global const float *change, __global float *to,
                      const uint count, const int cells) {
    for (int k = 0; k < XT_SPECIES; k++) {
        XT_EACH_LANES(i, cells) {
            const xt_lanes c = xt_load(RKC_AT(from, k), i), d = xt_load(RKC_AT(change, k), i);
            xt_store(acute_add(c, d, acute_random(XT_INDEX(i), (uint)k, count)), RKC_AT(to, k), i);
        }
    }
}
