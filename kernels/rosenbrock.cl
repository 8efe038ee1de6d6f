/* Reactions alone, dc/dt = r(c) in every cell by itself, where they are too stiff for explicit stages: the
 * L-stable two-stage Rosenbrock method ROS2 (Verwer, Spee, Blom & Hundsdorfer, SIAM J. Sci. Comput. 20,
 * 1999),
 *
 *     (1 - gamma h J) k1 = r(c),  (1 - gamma h J) k2 = r(c + h k1) - 2 k1,  c' = c + h (3 k1 + k2)/2,
 *
 * gamma = 1 - 1/sqrt 2: of order 2 for any J, here by differences over the species of the cell, solved by
 * elimination with pivots. A cell takes as many steps as its own error wants (against the solution of first
 * order, c + h k1); what it takes depends on its levels alone. Sums of species that reactions leave alone
 * stay.
 *
 * The tolerance of a cell's own steps is relative x level + tight x absolute. s: one row. Formulas read
 * levels from the buffer `rest` of XT_CELL_PARAMETERS, which is `work`: every cell writes the levels in
 * question to its own place there. Bytes: 8 per species and cell, and those of `work`. Needs grid.clh,
 * transport.clh, sum.clh, reduce.clh, cell.clh, lanes.clh, stencil.clh, rhs.clh and acute.clh. */
#define ROS_GAMMA      0.29289322f
#define ROS_STEPS_MOST 20000

#if XT_REACTIONS

static inline void ros_rates(float *r, const float *c, __global float *work, const int tissue, const int i,
                             const int cells XT_CELL_PARAMETERS) {
    for (int k = 0; k < XT_SPECIES; k++) work[(size_t)k * cells + i] = c[k];
    for (int k = 0; k < XT_SPECIES; k++) r[k] = xt_reaction(k, tissue, i, cells, 0.0f XT_CELL_PASS);
}

/* The cell's largest level: a species that is hardly there is not resolved to its own last digit. */
static inline float ros_largest(const float *c) {
    float largest = 0.0f;
    for (int k = 0; k < XT_SPECIES; k++) largest = fmax(largest, fabs(c[k]));
    return largest;
}

/* J by forward differences: slope[row * XT_SPECIES + column]. at: r(c). */
static inline void ros_slopes(float *slope, float *c, const float *at, __global const float *absolute,
                              const float tight, __global float *work, const int tissue, const int i,
                              const int cells XT_CELL_PARAMETERS) {
    float r[XT_SPECIES];
    const float floor_of_shift = 1e-6f * ros_largest(c) + 1e-30f;
    for (int k = 0; k < XT_SPECIES; k++) {
        const float was = c[k];
        c[k] = was + (1e-3f * fabs(was) + (tight * absolute[k] + floor_of_shift));
        const float shift = c[k] - was;
        ros_rates(r, c, work, tissue, i, cells XT_CELL_PASS);
        for (int q = 0; q < XT_SPECIES; q++) slope[q * XT_SPECIES + k] = (r[q] - at[q]) / shift;
        c[k] = was;
    }
}

/* Solve m x = b for two right-hand sides one after the other: first factor, in place. */
static inline void ros_factor(float *m, int *pivot) {
    for (int k = 0; k < XT_SPECIES; k++) {
        int best = k;
        for (int q = k + 1; q < XT_SPECIES; q++)
            if (fabs(m[q * XT_SPECIES + k]) > fabs(m[best * XT_SPECIES + k])) best = q;
        pivot[k] = best;
        for (int q = 0; best != k && q < XT_SPECIES; q++) {
            const float other = m[k * XT_SPECIES + q];
            m[k * XT_SPECIES + q] = m[best * XT_SPECIES + q];
            m[best * XT_SPECIES + q] = other;
        }
        for (int q = k + 1; q < XT_SPECIES; q++) {
            const float share = m[q * XT_SPECIES + k] /= m[k * XT_SPECIES + k];
            for (int p = k + 1; p < XT_SPECIES; p++) m[q * XT_SPECIES + p] -= share * m[k * XT_SPECIES + p];
        }
    }
}
static inline void ros_solve(float *x, const float *m, const int *pivot) {
    for (int k = 0; k < XT_SPECIES; k++) {
        const float other = x[k];
        x[k] = x[pivot[k]];
        x[pivot[k]] = other;
    }
    for (int k = 1; k < XT_SPECIES; k++)
        for (int q = 0; q < k; q++) x[k] -= m[k * XT_SPECIES + q] * x[q];
    for (int k = XT_SPECIES - 1; k >= 0; k--) {
        for (int q = k + 1; q < XT_SPECIES; q++) x[k] -= m[k * XT_SPECIES + q] * x[q];
        x[k] /= m[k * XT_SPECIES + k];
    }
}

/* c after `span` hours; not a number if that takes too many steps. */
static inline void ros_advance(float *c, const float span, const float relative,
                               __global const float *absolute, const float tight, __global float *work,
                               const int tissue, const int i, const int cells XT_CELL_PARAMETERS) {
    float done = 0.0f, h = span;
    float at[XT_SPECIES], slope[XT_SPECIES * XT_SPECIES], m[XT_SPECIES * XT_SPECIES];
    float one[XT_SPECIES], two[XT_SPECIES], to[XT_SPECIES];
    int pivot[XT_SPECIES];
    for (int step = 0; step < ROS_STEPS_MOST; step++) {
        ros_rates(at, c, work, tissue, i, cells XT_CELL_PASS);
        ros_slopes(slope, c, at, absolute, tight, work, tissue, i, cells XT_CELL_PASS);
        const float small = 1e-4f * ros_largest(c) + 1e-30f;
        float error;
        do {
            for (int q = 0; q < XT_SPECIES * XT_SPECIES; q++)
                m[q] = (q % (XT_SPECIES + 1) == 0 ? 1.0f : 0.0f) - ROS_GAMMA * h * slope[q];
            ros_factor(m, pivot);
            for (int k = 0; k < XT_SPECIES; k++) one[k] = at[k];
            ros_solve(one, m, pivot);
            for (int k = 0; k < XT_SPECIES; k++) to[k] = c[k] + h * one[k];
            ros_rates(two, to, work, tissue, i, cells XT_CELL_PASS);
            for (int k = 0; k < XT_SPECIES; k++) two[k] -= 2.0f * one[k];
            ros_solve(two, m, pivot);
            error = 0.0f;
            for (int k = 0; k < XT_SPECIES; k++) {
                to[k] = c[k] + 0.5f * h * (3.0f * one[k] + two[k]);
                const float of = 0.5f * h * fabs(one[k] + two[k]) /
                                 (tight * absolute[k] + relative * (small + fmax(fabs(c[k]), fabs(to[k]))));
                error = of > error || isnan(of) ? of : error;
            }
            if (!(error <= 1.0f)) h *= isnan(error) ? 0.1f : fmax(0.1f, 0.8f / sqrt(error));
        } while (!(error <= 1.0f) && h > 1e-12f * span);
        if (!(error <= 1.0f)) break;
        for (int k = 0; k < XT_SPECIES; k++) c[k] = to[k];
        done += h;
        if (done >= span * 0.999999f) return;
        h = fmin(span - done, h * fmin(5.0f, 0.8f / sqrt(fmax(error, 1e-4f))));
    }
    for (int k = 0; k < XT_SPECIES; k++) c[k] = NAN;
}

/* Every cell of the mesh by `span` hours, in place; sums of phi x change per species as in reduce.clh. */
__kernel void react_cells(__global const uint *word, __global const float *coefficient,
                          __global const uchar *class_tissue, __global float *levels, __global float *work,
                          __global float2 *partial, __global const float *absolute, const float relative,
                          const float span, const float tight, const int cells XT_CELL_PARAMETERS) {
    XT_SCRATCH
    float2 sum[XT_SPECIES];
    for (int k = 0; k < XT_SPECIES; k++) sum[k] = (float2)(0.0f);
    XT_EACH_CELL(i, cells) {
        const uint w = word[i];
        if (xt_class(w) == 0) continue;
        float c[XT_SPECIES], was[XT_SPECIES];
        for (int k = 0; k < XT_SPECIES; k++) c[k] = was[k] = levels[(size_t)k * cells + i];
        ros_advance(c, span, relative, absolute, tight, work, class_tissue[xt_class(w)], i,
                    cells XT_CELL_PASS);
        for (int k = 0; k < XT_SPECIES; k++) {
            levels[(size_t)k * cells + i] = c[k];
            xt_total(&sum[k], xt_of_cell(coefficient, w, k, XT_C_FLUID) * (c[k] - was[k]));
        }
    }
    for (int k = 0; k < XT_SPECIES; k++) XT_STORE_SUM(partial, k, sum[k]);
}

/* The organs likewise, cells = organs, one work-item each, and the mesh's change into the running totals. */
__kernel void react_body(__global float2 *body, __global const float2 *folded, __global float2 *level,
                         __global const uchar *organ_tissue, __global float *organ_to, __global float *work,
                         __global const float *absolute, const float relative, const float span,
                         const float tight, const int cells XT_CELL_PARAMETERS) {
    const int me = get_global_id(0);
    if (me < XT_SPECIES) {
        __global float2 *track = body + me * BODY_COUNT + 4;
        *track = pair_plus(*track, body_sum(folded, me));
        level[me] = body[me * BODY_COUNT + BODY_PLASMA];
    }
    if (me >= cells) return;
    float c[XT_SPECIES], was[XT_SPECIES];
    for (int k = 0; k < XT_SPECIES; k++) c[k] = was[k] = body[k * BODY_COUNT + BODY_ORGANS + me].x;
    ros_advance(c, span, relative, absolute, tight, work, organ_tissue[me], me, cells XT_CELL_PASS);
    for (int k = 0; k < XT_SPECIES; k++) {
        __global float2 *level = body + k * BODY_COUNT + BODY_ORGANS + me;
        *level = pair_add(*level, c[k] - was[k]);
        organ_to[k * cells + me] = (*level).x;
    }
}

/* The largest sum of |dr/dc| over a row of J, 1/h: bounds the reactions' own rates. One value per work-item
 * of XT_SUM_ITEMS. */
__kernel void react_bound(__global const uint *word, __global const uchar *class_tissue,
                          __global const float *levels, __global float *work, __global float *most,
                          __global const float *absolute, const float tight,
                          const int cells XT_CELL_PARAMETERS) {
    float worst = 0.0f;
    for (int i = get_global_id(0); i < cells; i += XT_SUM_ITEMS) {
        const uint class = xt_class(word[i]);
        if (class == 0) continue;
        float c[XT_SPECIES], at[XT_SPECIES], slope[XT_SPECIES * XT_SPECIES];
        for (int k = 0; k < XT_SPECIES; k++) c[k] = levels[(size_t)k * cells + i];
        ros_rates(at, c, work, class_tissue[class], i, cells XT_CELL_PASS);
        ros_slopes(slope, c, at, absolute, tight, work, class_tissue[class], i, cells XT_CELL_PASS);
        for (int k = 0; k < XT_SPECIES; k++) {
            float row = 0.0f;
            for (int q = 0; q < XT_SPECIES; q++) row += fabs(slope[k * XT_SPECIES + q]);
            worst = row > worst || isnan(row) ? row : worst;
        }
    }
    if (get_global_id(0) < XT_SUM_ITEMS) most[get_global_id(0)] = worst; /* a launch may be padded */
}

#endif

/* Squared errors by step doubling in units of the tolerance, per species as in reduce.clh: all of fine -
 * coarse, for the splitting of stiff reactions falls back to first order. */
__kernel void react_error(__global const uint *word, __global const float *fine, __global const float *coarse,
                          __global float2 *partial, __global const float *absolute, const float relative,
                          const int cells) {
    XT_SCRATCH
    float2 sum[XT_SPECIES];
    for (int k = 0; k < XT_SPECIES; k++) sum[k] = (float2)(0.0f);
    XT_EACH_CELL(i, cells) {
        if (xt_class(word[i]) == 0) continue;
        for (int k = 0; k < XT_SPECIES; k++) {
            const float a = fine[(size_t)k * cells + i], b = coarse[(size_t)k * cells + i];
            const float of = (a - b) / (absolute[k] + relative * fmax(fabs(a), fabs(b)));
            xt_total(&sum[k], of * of);
        }
    }
    for (int k = 0; k < XT_SPECIES; k++) XT_STORE_SUM(partial, k, sum[k]);
}
