/* Bodies that are hard for multigrid, of the tissues of contrast.yaml: 1 open, 2 tight (1:1000), 3 middle,
 * 4 core, 5 rim; 0 outside. Positions are shares of the box, so that a body is the same on every grid. */
#ifndef TESTS_SOLVE_CONTRAST_H
#define TESTS_SOLVE_CONTRAST_H

#include "solve/world.h"

typedef struct {
    int dims[3];
    double thin; /* thickness of thin shells, as a share of the box */
} contrast_grid;

typedef struct {
    double x, y, z;
} contrast_point;

static inline contrast_point contrast_at(int x, int y, int z, const contrast_grid *g) {
    return (contrast_point){(x + 0.5) / g->dims[0] - 0.5, (y + 0.5) / g->dims[1] - 0.5,
                            (z + 0.5) / g->dims[2]};
}

/* A limb along z: marrow in a cortex in muscle in fat under a skin, the bone winding; outside around it. */
static inline xt_material contrast_leg(int x, int y, int z, const xt_model *model, const void *context) {
    (void)model;
    const contrast_point p = contrast_at(x, y, z, context);
    const double r = hypot(p.x - 0.05 * sin(5 * p.z), p.y), skin = hypot(p.x, p.y);
    const int t = r < 0.10      ? 4
                  : r < 0.13    ? 2
                  : skin < 0.36 ? 1
                  : skin < 0.43 ? 3
                  : skin < 0.45 ? 5
                  : skin < 0.48 ? 2
                                : 0;
    return (xt_material){(uint8_t)t, 0, 0};
}

/* The same filling the box. */
static inline xt_material contrast_full_leg(int x, int y, int z, const xt_model *model, const void *context) {
    xt_material m = contrast_leg(x, y, z, model, context);
    if (m.tissue == 0) m.tissue = 2;
    return m;
}

/* A cortex of one voxel around a core, in a hollow body. */
static inline xt_material contrast_cortex(int x, int y, int z, const xt_model *model, const void *context) {
    (void)model;
    const contrast_grid *g = context;
    const contrast_point p = contrast_at(x, y, z, g);
    const double r = sqrt(p.x * p.x + p.y * p.y + (p.z - 0.5) * (p.z - 0.5));
    const int t = r < 0.2 ? 4 : r < 0.2 + g->thin ? 2 : r < 0.3 ? 1 : r < 0.36 ? 0 : r < 0.46 ? 5 : 0;
    return (xt_material){(uint8_t)t, 0, 0};
}

/* Balls and shells, one over the other, from a generator of fixed numbers. */
static inline xt_material contrast_shells(int x, int y, int z, const xt_model *model, const void *context) {
    enum { BALLS = 120 };
    static double ball[BALLS][4];
    static int tissue[BALLS];
    static bool hollow[BALLS], ready;
    (void)model;
    if (!ready) {
        unsigned long long seed = 12345;
        double draw[6];
        for (int s = 0; s < BALLS; s++) {
            for (int k = 0; k < 6; k++) {
                seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
                draw[k] = (double)(seed >> 11) * (1.0 / 9007199254740992.0);
            }
            for (int k = 0; k < 3; k++) ball[s][k] = draw[k];
            ball[s][3] = 0.04 + 0.1 * draw[3];
            tissue[s] = (int[]){1, 2, 3, 4}[(int)(4 * draw[4]) % 4];
            hollow[s] = draw[5] < 0.3;
        }
        ready = true;
    }
    const contrast_grid *g = context;
    const double at[3] = {(x + 0.5) / g->dims[0], (y + 0.5) / g->dims[1], (z + 0.5) / g->dims[2]};
    int t = 1;
    for (int s = 0; s < BALLS; s++) {
        const double dx = at[0] - ball[s][0], dy = at[1] - ball[s][1], dz = at[2] - ball[s][2],
                     r = sqrt(dx * dx + dy * dy + dz * dz);
        if (r < ball[s][3] && (!hollow[s] || r > ball[s][3] - g->thin)) t = tissue[s];
    }
    return (xt_material){(uint8_t)t, 0, 0};
}

/* Two limbs that do not touch, one of them with holes. */
static inline xt_material contrast_apart(int x, int y, int z, const xt_model *model, const void *context) {
    (void)model;
    const contrast_point p = contrast_at(x, y, z, context);
    const double left = hypot(p.x + 0.25, p.y), right = hypot(p.x - 0.25, p.y);
    int t = left < 0.08 ? 4 : left < 0.12 ? 2 : left < 0.22 ? 1 : right < 0.1 ? 5 : right < 0.22 ? 3 : 0;
    if (right < 0.22 && (x + 2 * y + 3 * z) % 7 == 0) t = 0;
    return (xt_material){(uint8_t)t, 0, 0};
}

/* Solve from zero with the plasma at zero; fails where that takes more than `most` iterations. */
static inline xt_elliptic_result contrast_solve(world *w, const char *name, int most) {
    xt_error err = {XT_OK, ""};
    xt_elliptic_result result;
    w->fields->plasma[0] = 0;
    w->fields->plasma_clamped = true;
    OK(xt_solver_elliptic(&result, w->solver, 0, 1e-6, &err));
    print_message("%s: %d iterations to %.1e, %d levels\n", name, result.iterations, result.residual,
                  xt_solver_get_report(w->solver)->levels);
    if (result.iterations > most) fail_msg("%s: %d iterations, at most %d", name, result.iterations, most);
    assert_true(result.residual <= 1e-6);
    return result;
}

#endif
