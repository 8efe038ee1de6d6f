/* The body beside the mesh in acute mode: plasma, organs outside the mesh, and running totals, one work-item
 * per species, everything well mixed.
 *
 *     V_p dc_p/dt = cell volume x sum (body exchange c - body supply c_p) + organs + J - CL c_p
 *     phi dc/dt   = S - loss c + supply c_p - exchange c + phi reaction                          (each organ)
 *
 * They are advanced by the same method as the cells: here are forward Euler and the stages of
 * Runge-Kutta-Chebyshev (rkc.cl). Totals are integrated as further components, so that the balance closes
 * to rounding whatever the method. Components of species k, float2 (sums of two floats), at k * BODY_COUNT:
 * totals of secretion, loss, exchange c, wall, reaction (sums over cells x h) and c_p (x h), then into the
 * plasma from the mesh, from organs, injected, and cleared from it (amol); the plasma's level; the organs'.
 *
 * folded: the cells' sums (acute_fold). Buffers of the formulas (XT_CELL_PARAMETERS) are those of the organs,
 * laid out as cells are: cells = organs. Needs grid.clh, transport.clh, sum.clh, reduce.clh, cell.clh,
 * lanes.clh, stencil.clh, rhs.clh and acute.clh. */
/* Constants of a species (host/solve/acute_body.c): */
#define PLASMA_ELIMINATION 0 /* CL, mm^3/h */
#define PLASMA_VOLUME      1
#define PLASMA_BODY_SUPPLY 2 /* sum over cells, 1/h */
#define PLASMA_CLAMPED     3
#define PLASMA_ABSOLUTE    4 /* tolerated error, pM, beside the relative one */
#define PLASMA_CONSTANTS   5
/* Constants of an organ and species: phi, phi k, K, K R, weight x volume. */
#define ORGAN_CONSTANTS 5

#define BODY_PARAMETERS                                                                                      \
    __global const float2 *folded, __global const float *constants, __global const float *organ_constants,   \
        __global const uchar *organ_tissue, __global const float *organ_source,                              \
        __global const float *injected, const float cell_volume, const int step, const int reacting,         \
        const int cells XT_CELL_PARAMETERS
#define BODY_PASS                                                                                            \
    constants, organ_constants, organ_tissue, organ_source, injected, step, reacting, cells XT_CELL_PASS

/* What cells add to the totals and give to the plasma, whatever their sums belong to. */
static inline void body_from_cells(__global float2 *rate, __global const float2 *folded, const int k,
                                   const float2 plasma, __global const float *own, const float cell_volume) {
    for (int q = 0; q < 3; q++) rate[q] = body_sum(folded, k * RHS_SUMS_COUNT + q);
    rate[3] = body_sum(folded, k * RHS_SUMS_COUNT + 4);
    rate[4] = body_sum(folded, k * RHS_SUMS_COUNT + 5);
    rate[5] = plasma;
    rate[6] = pair_times(
        pair_plus(body_sum(folded, k * RHS_SUMS_COUNT + 3), pair_times(plasma, -own[PLASMA_BODY_SUPPLY])),
        cell_volume);
}

/* Rates of all other components: `level` and the organs' `rest` are at hand, rate[0..6] are known. */
static inline void body_from_organs(__global float2 *rate, const int k, const float2 level,
                                    __global const float *organ_from, __global const float *constants,
                                    __global const float *organ_constants, __global const uchar *organ_tissue,
                                    __global const float *organ_source, __global const float *injected,
                                    const int step, const int reacting, const int cells XT_CELL_PARAMETERS) {
    __global const float *own = constants + k * PLASMA_CONSTANTS;
    float2 from_organs = (float2)(0.0f);
    for (int o = 0; o < cells; o++) {
        __global const float *organ = organ_constants + (o * XT_SPECIES + k) * ORGAN_CONSTANTS;
        const float c = organ_from[k * cells + o];
        const float exchanged = organ[3] * level.x - organ[2] * c;
        float gain = organ_source[(step * cells + o) * XT_SPECIES + k] - organ[1] * c + exchanged;
#if XT_REACTIONS
        if (reacting) gain += organ[0] * xt_reaction(k, organ_tissue[o], o, cells, 0.0f XT_CELL_PASS);
#endif
        rate[BODY_ORGANS + o] = (float2)(organ[0] > 0.0f ? gain / organ[0] : 0.0f, 0.0f);
        from_organs = pair_add(from_organs, -organ[4] * exchanged);
    }
    rate[7] = from_organs;
    rate[8] = (float2)(injected[step * XT_SPECIES + k], 0.0f);
    rate[9] = pair_times(level, own[PLASMA_ELIMINATION]);
    const float2 flow = pair_plus(pair_plus(rate[6], rate[7]), pair_plus(rate[8], -rate[9]));
    rate[BODY_PLASMA] =
        own[PLASMA_CLAMPED] != 0.0f ? (float2)(0.0f) : pair_times(flow, 1.0f / own[PLASMA_VOLUME]);
}

/* Levels for the cells' and the organs' next evaluation. */
static inline void body_show(__global const float2 *body, const int k, __global float *organ_to,
                             const int cells) {
    for (int o = 0; o < cells; o++) organ_to[k * cells + o] = body[k * BODY_COUNT + BODY_ORGANS + o].x;
}

/* Forward Euler. */
__kernel void plasma_step(__global float2 *body, __global float2 *rates, __global float2 *level,
                          __global const float *organ_from, __global float *organ_to, const float dt,
                          BODY_PARAMETERS) {
    const int k = get_global_id(0);
    if (k >= XT_SPECIES) return;
    XT_STEP_SCALARS
    __global float2 *own = body + k * BODY_COUNT, *rate = rates + k * BODY_COUNT;
    body_from_cells(rate, folded, k, own[BODY_PLASMA], constants + k * PLASMA_CONSTANTS, cell_volume);
    body_from_organs(rate, k, own[BODY_PLASMA], organ_from, BODY_PASS);
    for (int q = 0; q < BODY_COUNT; q++) own[q] = pair_plus(own[q], pair_times(rate[q], dt));
    level[k] = own[BODY_PLASMA];
    body_show(body, k, organ_to, cells);
}

/* The rates at a level, for a step that begins here; with `change`, the step that ends here, the largest
 * error of plasma and organs in it in units of the tolerance (rkc.cl has the estimate). report, 3 floats per
 * species: the cells' sum of squared errors as two floats, and that error. */
__kernel void plasma_rate(__global const float2 *body, __global float2 *rates, __global const float2 *before,
                          __global const float2 *change, __global float *report,
                          __global const float *organ_from, const float relative, const float h,
                          const int ends, BODY_PARAMETERS) {
    const int k = get_global_id(0);
    if (k >= XT_SPECIES) return;
    XT_STEP_SCALARS
    __global const float2 *own = body + k * BODY_COUNT;
    __global float2 *rate = rates + k * BODY_COUNT;
    const float absolute = constants[k * PLASMA_CONSTANTS + PLASMA_ABSOLUTE];
    body_from_cells(rate, folded, k, own[BODY_PLASMA], constants + k * PLASMA_CONSTANTS, cell_volume);
    body_from_organs(rate, k, own[BODY_PLASMA], organ_from, BODY_PASS);
    float worst = 0.0f;
    for (int q = BODY_PLASMA; q < BODY_COUNT; q++) {
        const int at = k * BODY_COUNT + q;
        const float error = ends ? 0.4f * (h * (before[at].x + rate[q].x) - 2.0f * change[at].x) : rate[q].x;
        const float past = ends ? own[q].x - change[at].x : own[q].x;
        const float of = fabs(error) / (absolute + relative * fmax(fabs(own[q].x), fabs(past)));
        worst = of > worst || isnan(of) ? of : worst;
    }
    const float2 squares = body_sum(folded, XT_SPECIES * RHS_SUMS_COUNT + k);
    report[3 * k + 0] = squares.x;
    report[3 * k + 1] = squares.y;
    report[3 * k + 2] = worst;
}

/* d_1 = gamma F_0. level: of the change, as the cells' stages want it. */
__kernel void plasma_first(__global const float2 *body, __global const float2 *first, __global float2 *change,
                           __global float2 *level, __global float *organ_to, const float gamma,
                           const int cells) {
    const int k = get_global_id(0);
    if (k >= XT_SPECIES) return;
    for (int q = 0; q < BODY_COUNT; q++)
        change[k * BODY_COUNT + q] = pair_times(first[k * BODY_COUNT + q], gamma);
    level[k] = change[k * BODY_COUNT + BODY_PLASMA];
    for (int o = 0; o < cells; o++) {
        const int at = k * BODY_COUNT + BODY_ORGANS + o;
        organ_to[k * cells + o] = pair_plus(body[at], change[at]).x;
    }
}

/* d_j over d_(j-2). The cells' sums of loss, exchange and wall are those of d_(j-1): what belongs to the
 * start of the step comes from its rates, `first`. */
__kernel void plasma_stage(__global const float2 *body, __global const float2 *first, __global float2 *rates,
                           __global const float2 *last, __global float2 *change, __global float2 *level,
                           __global const float *organ_from, __global float *organ_to, const float mu,
                           const float nu, const float rate_h, const float gamma, BODY_PARAMETERS) {
    const int k = get_global_id(0);
    if (k >= XT_SPECIES) return;
    XT_STEP_SCALARS
    const int base = k * BODY_COUNT;
    __global float2 *rate = rates + base;
    const float2 shift = last[base + BODY_PLASMA];
    body_from_cells(rate, folded, k, shift, constants + k * PLASMA_CONSTANTS, cell_volume);
    for (int q = 0; q < 7; q++)
        if (q != 0 && q != 4) rate[q] = pair_plus(rate[q], first[base + q]);
    body_from_organs(rate, k, pair_plus(body[base + BODY_PLASMA], shift), organ_from, BODY_PASS);
    for (int q = 0; q < BODY_COUNT; q++) {
        float2 next = pair_plus(pair_times(rate[q], rate_h), pair_times(first[base + q], gamma));
        next = pair_plus(next, pair_times(last[base + q], mu));
        if (nu != 0.0f) next = pair_plus(next, pair_times(change[base + q], nu));
        change[base + q] = next;
    }
    level[k] = change[base + BODY_PLASMA];
    for (int o = 0; o < cells; o++)
        organ_to[k * cells + o] = pair_plus(body[base + BODY_ORGANS + o], change[base + BODY_ORGANS + o]).x;
}

/* The end of a step: to = body + change. */
__kernel void plasma_add(__global const float2 *body, __global const float2 *change, __global float2 *to,
                         __global float2 *level, __global float *organ_to, const int cells) {
    const int k = get_global_id(0);
    if (k >= XT_SPECIES) return;
    for (int q = k * BODY_COUNT; q < (k + 1) * BODY_COUNT; q++) to[q] = pair_plus(body[q], change[q]);
    level[k] = to[k * BODY_COUNT + BODY_PLASMA];
    body_show(to, k, organ_to, cells);
}
