/* Fixed values on the two walls across an axis, none elsewhere. */
#ifndef TESTS_PHYSICS_WALLS_H
#define TESTS_PHYSICS_WALLS_H

#include "solve/world.h"

#define PLAIN "tests/physics/plain.yaml"

static inline xt_walls walls_across(int axis, float low, float high) {
    xt_walls walls;
    for (int k = 0; k < 6; k++)
        for (int s = 0; s < XT_MAX_SPECIES; s++) walls.value[k][s] = NAN;
    walls.value[2 * axis][0] = low;
    walls.value[2 * axis + 1][0] = high;
    return walls;
}

/* Value of the cell at position `at` along an axis, in the middle of the others. */
static inline double walls_along(const world *w, const float *plane, int axis, int at) {
    int voxel[3] = {w->mesh->dims[0] / 2, w->mesh->dims[1] / 2, w->mesh->dims[2] / 2};
    voxel[axis] = at;
    return world_at(w, plane, voxel[0], voxel[1], voxel[2]);
}

/* The steady field with the plasma held at `plasma`; free() it. */
static inline float *walls_steady(world *w, double plasma) {
    xt_error err = {XT_OK, ""};
    w->fields->plasma_clamped = true;
    w->fields->plasma[0] = plasma;
    OK(xt_solver_steady(w->solver, w->scalar, false, &err));
    return world_plane(w, w->fields->rest, 0);
}

#endif
