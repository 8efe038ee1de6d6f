/* A small body for the tests of this room: a model, a mesh from a function of the voxel, fields with any
 * values. */
#ifndef TESTS_TISSUE_WORLD_H
#define TESTS_TISSUE_WORLD_H

#include <math.h>
#include "device/every_device.h"
#include "tissue/tissue.h"

static const double year = 365.25 * 24, day = 24;

typedef xt_material (*material_at)(int x, int y, int z, const xt_model *model);

typedef struct {
    const xt_model *model;
    xt_device *device;
    xt_mesh *mesh;
    xt_fields *fields;
    xt_tissue_rules *rules;
    double *scalar;
    size_t cells;
} world;

typedef struct {
    material_at at;
    const int *dims;
    const xt_model *model;
} world_shape;

static xt_status world_slice(xt_material *material, float *bone, int z, void *context, xt_error *err) {
    const world_shape *shape = context;
    (void)err, (void)bone;
    for (int y = 0; y < shape->dims[1]; y++)
        for (int x = 0; x < shape->dims[0]; x++)
            material[(size_t)y * (size_t)shape->dims[0] + (size_t)x] = shape->at(x, y, z, shape->model);
    return XT_OK;
}

static inline int tissue_of(const xt_model *model, const char *name) {
    const int tissue = xt_model_find_tissue(model, name);
    if (!tissue) fail_msg("no tissue '%s'", name);
    return tissue;
}

static inline int state_of(const xt_model *model, const char *name) {
    for (int k = 0; k < model->state_count; k++)
        if (strcmp(model->state[k].name, name) == 0) return k;
    fail_msg("no state '%s'", name);
    return -1;
}

static inline int phase_of(const xt_model *model, const char *name) {
    const int phase = xt_model_find_phase(model, name);
    if (phase < 0) fail_msg("no phase '%s'", name);
    return phase;
}

static inline void set_scalar(world *w, const char *name, double value) {
    const int k = xt_model_find_scalar(w->model, name);
    if (k < 0) fail_msg("no scalar '%s'", name);
    w->scalar[k] = value;
}

static inline xt_model *load_model(const char *path) {
    xt_error err = {XT_OK, ""};
    xt_model *model;
    OK(xt_model_load(&model, path, NULL, 0, &err));
    return model;
}

/* Values of one plane of a buffer; free() it. */
static inline float *read_plane(world *w, cl_mem buffer, int plane) {
    xt_error err = {XT_OK, ""};
    float *value = malloc(w->cells * sizeof *value);
    assert_non_null(value);
    OK(xt_buffer_read(w->device, buffer, (size_t)plane * w->cells * sizeof *value, w->cells * sizeof *value,
                      value, &err));
    return value;
}

static inline void write_plane(world *w, cl_mem buffer, int plane, const float *value) {
    xt_error err = {XT_OK, ""};
    OK(xt_buffer_write(w->device, buffer, (size_t)plane * w->cells * sizeof *value, w->cells * sizeof *value,
                       value, &err));
}

static inline float *read_all(world *w, cl_mem buffer, int planes) {
    xt_error err = {XT_OK, ""};
    const size_t bytes = (size_t)planes * w->cells * sizeof(float);
    float *value = malloc(bytes + 1);
    assert_non_null(value);
    OK(xt_buffer_read(w->device, buffer, 0, bytes, value, &err));
    return value;
}

static inline void write_all(world *w, cl_mem buffer, int planes, const float *value) {
    xt_error err = {XT_OK, ""};
    OK(xt_buffer_write(w->device, buffer, 0, (size_t)planes * w->cells * sizeof(float), value, &err));
}

static inline xt_material *read_material(world *w) {
    xt_error err = {XT_OK, ""};
    xt_material *m = malloc(w->cells * sizeof *m);
    assert_non_null(m);
    OK(xt_buffer_read(w->device, w->fields->material, 0, w->cells * sizeof *m, m, &err));
    return m;
}

/* Everything young: a man of 25, drivers evaluated, means as of the initial states, every exposure 1. */
static inline void make_young(world *w) {
    xt_error err = {XT_OK, ""};
    xt_model_initial_scalars(w->model, w->scalar);
    w->scalar[w->model->age] = 25 * year;
    w->scalar[w->model->female] = 0;
    w->scalar[w->model->time] = 0;
    OK(xt_tissue_means(w->rules, w->scalar, &err));
    xt_model_drivers(w->model, w->scalar);
}

static inline void set_levels(world *w, cl_mem buffer, float (*level)(size_t i)) {
    const size_t n = w->cells * (size_t)w->model->species_count;
    float *value = malloc(n * sizeof *value);
    assert_non_null(value);
    for (size_t i = 0; i < n; i++) value[i] = level(i);
    write_all(w, buffer, w->model->species_count, value);
    free(value);
}

static float level_one(size_t i) { return 1.0f + 0.25f * (float)(i % 7); }

static inline world make_world(xt_device *device, const xt_model *model, const int dims[3], double h,
                               material_at at) {
    xt_error err = {XT_OK, ""};
    world w = {.model = model, .device = device};
    const double spacing[3] = {h, h, h}, origin[3] = {0};
    world_shape shape = {at, dims, model};
    const size_t rows = ((size_t)model->tissue_count + 1) * (size_t)model->species_count;
    float *epsilon = malloc(rows * sizeof *epsilon);
    assert_non_null(epsilon);
    OK(xt_mesh_from_slices(&w.mesh, dims, spacing, origin, (const char *const *)model->tissue_name,
                           model->tissue_count, false, world_slice, &shape, &err));
    OK(xt_fields_create(&w.fields, model, w.mesh, device, NULL, &err));
    w.cells = w.fields->cells;
    for (size_t k = 0; k < rows; k++) epsilon[k] = 1e-3f * (1 + (float)k);
    OK(xt_buffer_write(device, w.fields->epsilon, 0, rows * sizeof *epsilon, epsilon, &err));
    free(epsilon);
    set_levels(&w, w.fields->rest, level_one);
    set_levels(&w, w.fields->peak, level_one);
    set_levels(&w, w.fields->reference, level_one);
    OK(xt_tissue_create(&w.rules, w.fields, &err));
    w.scalar = calloc((size_t)model->scalar_count + 1, sizeof *w.scalar);
    assert_non_null(w.scalar);
    make_young(&w);
    return w;
}

/* A step with scalars and fields held. */
static inline void step_world(world *w, double dt, int substeps) {
    xt_error err = {XT_OK, ""};
    const xt_tissue_span span = {.begin = w->scalar, .end = w->scalar, .dt = dt, .substeps = substeps};
    OK(xt_tissue_step(w->rules, &span, &err));
}

static inline void free_world(world *w) {
    xt_tissue_free(w->rules);
    xt_fields_free(w->fields);
    xt_mesh_free(w->mesh);
    free(w->scalar);
}

#endif
