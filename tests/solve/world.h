/* A model, a small mesh, fields and a solver, made and unmade together. */
#ifndef TESTS_SOLVE_WORLD_H
#define TESTS_SOLVE_WORLD_H

#include <math.h>
#include "device/every_device.h"
#include "solve/solve.h"

typedef struct {
    xt_device *device; /* NULL: well-mixed */
    xt_model *model;
    xt_mesh *mesh;
    xt_fields *fields;
    xt_solver *solver;
    double *scalar;
} world;

/* What is at the voxel (x, y, z). */
typedef xt_material (*world_place)(int x, int y, int z, const xt_model *model, const void *context);

typedef struct {
    const char *model;
    int dims[3];
    double spacing[3];
    world_place place;
    const void *context;
    const xt_walls *walls;
    const xt_solver_def *def;
    const xt_override *overrides;
    int override_count;
} world_def;

typedef struct {
    const world_def *def;
    const xt_model *model;
} world_filler;

static inline xt_status world_slice(xt_material *material, float *bone, int z, void *context, xt_error *err) {
    const world_filler *filler = context;
    const int *dims = filler->def->dims;
    (void)bone;
    (void)err;
    for (int y = 0; y < dims[1]; y++)
        for (int x = 0; x < dims[0]; x++)
            material[y * dims[0] + x] = filler->def->place(x, y, z, filler->model, filler->def->context);
    return XT_OK;
}

static inline void world_scalars(world *w) {
    xt_model_initial_scalars(w->model, w->scalar);
    w->scalar[w->model->age] = 25 * 365.25 * 24;
    for (int s = 0; s < w->model->species_count; s++)
        w->scalar[w->model->plasma_first + s] = w->model->species[s].plasma_baseline;
    for (int k = 0; k < w->model->scalar_count;
         k++) /* means as in the young: states 1 and fractions as they are */
        if (w->model->scalar[k].kind == XT_SCALAR_MEAN) w->scalar[k] = 0.5;
    xt_model_drivers(w->model, w->scalar);
}

static inline void world_make(world *w, xt_device *device, const world_def *def) {
    xt_error err = {XT_OK, ""};
    *w = (world){.device = device};
    OK(xt_model_load(&w->model, def->model, def->overrides, def->override_count, &err));
    if (device) {
        world_filler filler = {def, w->model};
        const double origin[3] = {0, 0, 0};
        OK(xt_mesh_from_slices(&w->mesh, def->dims, def->spacing, origin, w->model->tissue_name,
                               w->model->tissue_count, false, world_slice, &filler, &err));
    }
    OK(xt_fields_create(&w->fields, w->model, w->mesh, device, def->walls, &err));
    OK(xt_fields_classify(w->fields, &err));
    OK(xt_solver_create(&w->solver, w->fields, def->def, &err));
    w->scalar = calloc((size_t)w->model->scalar_count + 1, sizeof *w->scalar);
    assert_non_null(w->scalar);
    world_scalars(w);
}

static inline void world_free(world *w) {
    xt_solver_free(w->solver);
    xt_fields_free(w->fields);
    xt_mesh_free(w->mesh);
    xt_model_free(w->model);
    free(w->scalar);
}

/* A driver callback that keeps everything but the time. */
static inline void world_drivers(double *scalar, double time, void *context) {
    const world *w = context;
    memcpy(scalar, w->scalar, (size_t)w->model->scalar_count * sizeof *scalar);
    scalar[w->model->time] = time;
    xt_model_drivers(w->model, scalar);
}

static inline void world_set(world *w, const char *name, double value) {
    const int index = xt_model_find_scalar(w->model, name);
    assert_true(index >= 0);
    w->scalar[index] = value;
    xt_model_drivers(w->model, w->scalar);
}

/* One plane of a planar buffer; free() it. */
static inline float *world_plane(const world *w, cl_mem buffer, int plane) {
    xt_error err = {XT_OK, ""};
    const size_t bytes = w->fields->cells * sizeof(float);
    float *values = malloc(bytes);
    assert_non_null(values);
    OK(xt_buffer_read(w->fields->device, buffer, (size_t)plane * bytes, bytes, values, &err));
    return values;
}

/* The value at a voxel. */
static inline double world_at(const world *w, const float *plane, int x, int y, int z) {
    const int64_t cell = xt_mesh_cell(w->mesh, x, y, z);
    assert_true(cell >= 0);
    return plane[cell];
}

/* Clumps of all tissues of a model, a quarter of the voxels mixed, some outside: context points to a seed. */
static inline xt_material world_clumps(int x, int y, int z, const xt_model *model, const void *context) {
    unsigned h = *(const unsigned *)context + (unsigned)(x / 3) * 73856093u + (unsigned)(y / 3) * 19349663u +
                 (unsigned)(z / 3) * 83492791u;
    h = (h ^ h >> 13) * 0x5bd1e995u;
    h ^= h >> 15;
    const unsigned tissue = h % ((unsigned)model->tissue_count + 1u);
    unsigned fine =
        (h + (unsigned)x * 2654435761u + (unsigned)y * 40503u + (unsigned)z * 9176u) * 0x85EBCA6Bu;
    fine ^= fine >> 14;
    xt_material m = {(uint8_t)tissue, 0, 0};
    if (tissue && fine % 4 == 0) {
        m.second = (uint8_t)(1 + fine / 4 % (unsigned)model->tissue_count);
        if (m.second == m.tissue)
            m.second = 0;
        else
            m.share = (uint16_t)(fine / 64 % 32768);
    }
    return m;
}

#endif
