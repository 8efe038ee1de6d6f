/* The blood and the organs outside the mesh after an acute step: one work-item per species, everything well
 * mixed.
 *
 *     V_p dc_p/dt = cell volume x sum (body exchange c - body supply c_p) + organs + J - CL c_p
 *     phi dc/dt   = S - loss c + supply c_p - exchange c + phi reaction                          (each organ)
 *
 * Levels are sums of two floats, so that small increments arrive. Buffers of the formulas
 * (XT_CELL_PARAMETERS) are those of the organs, laid out as cells are: cells = organs. Running totals per
 * species, float2 each, in tracks[species][10]: secretion, loss, exchange c, wall, reaction (sums over cells
 * times dt), c_p dt; then of the plasma: from the mesh, from organs, injected, cleared (amol). Needs
 * grid.clh, transport.clh, sum.clh, reduce.clh, cell.clh, lanes.clh, rhs.clh and acute.clh. */
/* Constants of a species (host/solve/acute.c): */
#define PLASMA_ELIMINATION 0 /* CL, mm^3/h */
#define PLASMA_VOLUME      1
#define PLASMA_BODY_SUPPLY 2 /* sum over cells, 1/h */
#define PLASMA_CLAMPED     3
#define PLASMA_CONSTANTS   4
/* Constants of an organ and species: phi, phi k, K, K R, weight x volume. */
#define ORGAN_CONSTANTS 5

/* A pair plus x, normalised: .x is the float nearest to the sum. */
static inline float2 plasma_add(const float2 pair, const float x) {
    float2 sum = pair;
    xt_add(&sum, x);
    const float high = sum.x + sum.y;
    return (float2)(high, (sum.x - high) + sum.y);
}

static inline void plasma_track(__global float2 *tracks, const float x) { *tracks = plasma_add(*tracks, x); }

__kernel void plasma_step(__global const float2 *folded, __global const float *constants,
                          __global const float *organ_constants, __global const uchar *organ_tissue,
                          __global const float *organ_source, __global const float *injected,
                          __global float2 *level, __global float2 *organ_level,
                          __global const float *organ_from, __global float *organ_to, __global float2 *tracks,
                          const float dt, const float cell_volume, const int step,
                          const int cells XT_CELL_PARAMETERS) {
    const int k = get_global_id(0);
    if (k >= XT_SPECIES) return;
    XT_STEP_SCALARS
    __global const float *own = constants + k * PLASMA_CONSTANTS;
    __global float2 *track = tracks + k * XT_TRACKS;
    const float2 plasma = level[k];

    float2 sum[RHS_SUMS_COUNT];
    for (int q = 0; q < RHS_SUMS_COUNT; q++) {
        sum[q] = (float2)(0.0f);
        for (int j = 0; j < XT_FOLDED; j++) {
            const float2 other = folded[(k * RHS_SUMS_COUNT + q) * XT_FOLDED + j];
            xt_add(&sum[q], other.x);
            sum[q].y += other.y;
        }
    }
    plasma_track(track + 0, dt * (sum[0].x + sum[0].y));
    plasma_track(track + 1, dt * (sum[1].x + sum[1].y));
    plasma_track(track + 2, dt * (sum[2].x + sum[2].y));
    plasma_track(track + 3, dt * (sum[4].x + sum[4].y));
    plasma_track(track + 4, dt * (sum[5].x + sum[5].y));
    plasma_track(track + 5, dt * plasma.x);

    const float from_mesh = dt * cell_volume * ((sum[3].x - own[PLASMA_BODY_SUPPLY] * plasma.x) + sum[3].y);
    float2 from_organs = (float2)(0.0f);
    for (int o = 0; o < cells; o++) {
        __global const float *organ = organ_constants + (o * XT_SPECIES + k) * ORGAN_CONSTANTS;
        const float c = organ_from[k * cells + o];
        const float exchanged = organ[3] * plasma.x - organ[2] * c;
        float rate = organ_source[(step * cells + o) * XT_SPECIES + k] - organ[1] * c + exchanged;
#if XT_REACTIONS
        rate += organ[0] * xt_reaction(k, organ_tissue[o], o, cells, 0.0f XT_CELL_PASS);
#endif
        const float2 next =
            plasma_add(organ_level[k * cells + o], organ[0] > 0.0f ? dt * (rate / organ[0]) : 0.0f);
        organ_level[k * cells + o] = next;
        organ_to[k * cells + o] = next.x;
        xt_add(&from_organs, -dt * organ[4] * exchanged);
    }
    const float organs = from_organs.x + from_organs.y, source = dt * injected[step * XT_SPECIES + k];
    const float cleared = dt * own[PLASMA_ELIMINATION] * plasma.x;
    plasma_track(track + 6, from_mesh);
    plasma_track(track + 7, organs);
    plasma_track(track + 8, source);
    plasma_track(track + 9, cleared);
    if (own[PLASMA_CLAMPED] == 0.0f)
        level[k] = plasma_add(plasma, ((from_mesh + organs) + (source - cleared)) / own[PLASMA_VOLUME]);
}
