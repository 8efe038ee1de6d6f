#include "bench/problem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

static const double year = 365.25 * 24;

/* ---- closed forms ---- */

static double square(double x) { return x * x; }

/* Six tissues: 0 ground; 1 a body (ellipsoid); 2 a core in it; 3 a sphere with 4 a sphere inside; 5 two bent
 * filaments, a few hundredths of the box thick. */
static int tissues(double x, double y, double z) {
    int tissue = 0;
    if (square(x) / 0.9 + square(y) / 0.8 + square(z) < 0.95) tissue = 1;
    if (tissue && square(x - 0.3) / 0.2 + square(y - 0.1) / 0.3 + square(z + 0.1) / 0.25 < 1) tissue = 2;
    const double r2 = square(x + 0.4) + square(y - 0.2) + square(z - 0.1);
    if (r2 < 0.12) tissue = 3;
    if (r2 < 0.03) tissue = 4;
    if (!tissue) return 0;
    const double along = 0.8 * x + 0.6 * y, across = 0.8 * y - 0.6 * x - 0.1;
    if (fabs(across) < 0.04 && fabs(z - 0.2 * sin(3 * along)) < 0.04) tissue = 5;
    if (fabs(y + 0.3) < 0.035 && fabs(x - 0.1 * sin(5 * z)) < 0.035) tissue = 5;
    return tissue;
}

/* Three tissues: 0 ground, 1 a body, 2 two clumps and a filament in it. */
static int clumps(double x, double y, double z) {
    if (square(x + 0.3) + square(y - 0.2) + square(z) < 0.08) return 2;
    if (square(x - 0.4) + square(y + 0.1) + square(z - 0.3) < 0.03) return 2;
    if (fabs(y + 0.3) < 0.05 && fabs(x - 0.1 * sin(5 * z)) < 0.05) return 2;
    return square(x) / 0.8 + square(y) / 0.7 + square(z) / 0.9 < 0.8;
}

/* The finaliser of Murmur3 over the voxel's number. */
static int drawn(unsigned x, unsigned y, unsigned z) {
    unsigned h = x * 0x9E3779B1u + y * 0x85EBCA77u + z * 0xC2B2AE3Du;
    h = (h ^ h >> 16) * 0x85EBCA6Bu;
    h = (h ^ h >> 13) * 0xC2B2AE35u;
    return (int)((h ^ h >> 16) % 6);
}

int xt_bench_tissue(xt_bench_problem problem, int x, int y, int z, int n) {
    const double h = 2.0 / n, u = (x + 0.5) * h - 1, v = (y + 0.5) * h - 1, w = (z + 0.5) * h - 1;
    if (problem == XT_BENCH_RANDOM) return drawn((unsigned)x, (unsigned)y, (unsigned)z);
    return problem == XT_BENCH_ELLIPTIC ? clumps(u, v, w) : tissues(u, v, w);
}

double xt_bench_level(xt_bench_problem problem, int x, int y, int z, int n, int species) {
    if (problem == XT_BENCH_EMPTY) return x == n / 2 && y == n / 2 && z == n / 2 ? 1 : 0;
    if (problem == XT_BENCH_ELLIPTIC) return 0;
    return 0.5 + 0.5 * sin(0.1 * x * (species + 1) + 0.07 * y * (2 + species) + 0.05 * z * (3 - species));
}

/* ---- the world ---- */

xt_status xt_bench_model(xt_model **model, xt_bench_problem problem, xt_error *err) {
    const char *const name = problem == XT_BENCH_ELLIPTIC ? "models/benchmark_elliptic.yaml"
                             : problem == XT_BENCH_BODY   ? "models/crosstalk4.yaml"
                                                          : "models/benchmark.yaml";
    char *path = NULL;
    xt_status status = XT_OK;
    *model = NULL;
    if (problem == XT_BENCH_STREAMS) return XT_OK;
    XT_GO(xt_path_shipped(&path, name, err));
    XT_GO(xt_model_load(model, path, NULL, 0, err));
done:
    free(path);
    return status;
}

typedef struct {
    const xt_bench_world *world;
    uint8_t tissue[8]; /* of the mesh, for each of the problem's */
} filler;

static xt_status fill_slice(xt_material *material, float *bone, int z, void *context, xt_error *err) {
    const filler *f = context;
    const int n = f->world->n;
    (void)bone, (void)err;
    for (int y = 0; y < n; y++)
        for (int x = 0; x < n; x++)
            material[(size_t)y * (size_t)n + (size_t)x] =
                (xt_material){f->tissue[xt_bench_tissue(f->world->problem, x, y, z, n)], 0, 0};
    return XT_OK;
}

static xt_status build_mesh(xt_bench_world *world, xt_error *err) {
    static const char *const body[] = {"fat", "muscle", "trabecular", "cortex", "marrow", "tendon"};
    const xt_model *model = world->model;
    const int dims[3] = {world->n, world->n, world->n};
    const double spacing[3] = {1, 1, 1}, origin[3] = {0.5, 0.5, 0.5};
    filler f = {.world = world};
    for (int k = 0; k < 6; k++)
        f.tissue[k] =
            (uint8_t)(world->problem == XT_BENCH_BODY ? xt_model_find_tissue(model, body[k]) : k + 1);
    return xt_mesh_from_slices(&world->mesh, dims, spacing, origin, model->tissue_name, model->tissue_count,
                               false, fill_slice, &f, err);
}

/* A woman of 67 who trains, so that every rule of the default model has something to do. */
static xt_status set_scalars(xt_bench_world *world, xt_error *err) {
    const xt_model *model = world->model;
    world->scalar = calloc((size_t)model->scalar_count + 1, sizeof *world->scalar);
    if (!world->scalar) return xt_no_memory(err, "scalars", (size_t)model->scalar_count * sizeof(double));
    xt_model_initial_scalars(model, world->scalar);
    world->scalar[model->age] = 67 * year;
    world->scalar[model->female] = 1;
    if (world->rules) {
        const int sessions = xt_model_find_scalar(model, "sessions");
        XT_TRY(xt_tissue_means(world->rules, world->scalar, err));
        if (sessions >= 0) world->scalar[sessions] = 3.0 / (7 * 24);
    }
    xt_model_drivers(model, world->scalar);
    return xt_fields_set_scalars(world->fields, world->scalar, err);
}

static xt_status write_levels(xt_bench_world *world, cl_mem buffer, double factor, double least,
                              xt_error *err) {
    const int n = world->n;
    const size_t cells = world->fields->cells;
    float *plane = calloc(cells, sizeof *plane);
    if (!plane) return xt_no_memory(err, "levels", cells * sizeof *plane);
    xt_status status = XT_OK;
    for (int s = 0; s < world->model->species_count; s++) {
        for (int z = 0; z < n; z++)
            for (int y = 0; y < n; y++)
                for (int x = 0; x < n; x++)
                    plane[xt_bench_cell(x, y, z, n)] =
                        (float)(least + factor * xt_bench_level(world->problem, x, y, z, n, s));
        XT_GO(xt_buffer_write(world->device, buffer, (size_t)s * cells * sizeof *plane, cells * sizeof *plane,
                              plane, err));
    }
done:
    free(plane);
    return status;
}

/* Exposures between a half and twice the reference, and floors to go with them. */
static xt_status expose(xt_bench_world *world, xt_error *err) {
    const size_t rows = ((size_t)world->model->tissue_count + 1) * (size_t)world->model->species_count;
    float *epsilon = malloc(rows * sizeof *epsilon);
    if (!epsilon) return xt_no_memory(err, "exposure floors", rows * sizeof *epsilon);
    for (size_t k = 0; k < rows; k++) epsilon[k] = 1e-3f;
    xt_status status =
        xt_buffer_write(world->device, world->fields->epsilon, 0, rows * sizeof *epsilon, epsilon, err);
    free(epsilon);
    if (status == XT_OK) status = write_levels(world, world->fields->peak, 1.5, 0.5, err);
    if (status == XT_OK) status = write_levels(world, world->fields->reference, 0, 1, err);
    return status;
}

xt_status xt_bench_world_reset(xt_bench_world *world, xt_error *err) {
    const bool body = world->problem == XT_BENCH_BODY;
    return write_levels(world, world->fields->rest, 1, body ? 0.5 : 0, err);
}

xt_status xt_bench_world_fill(xt_bench_world *world, double level, xt_error *err) {
    return write_levels(world, world->fields->rest, 0, level, err);
}

xt_status xt_bench_world_create(xt_bench_world **out, xt_bench_problem problem, int n, xt_device *device,
                                xt_error *err) {
    xt_bench_world *world = calloc(1, sizeof *world);
    xt_status status = XT_OK;
    *out = NULL;
    if (!world) return xt_no_memory(err, "a benchmark problem", sizeof *world);
    *world = (xt_bench_world){.problem = problem, .n = n, .device = device};
    XT_GO(xt_bench_model(&world->model, problem, err));
    XT_GO(build_mesh(world, err));
    XT_GO(xt_fields_create(&world->fields, world->model, world->mesh, device, NULL, err));
    world->fields->plasma_clamped = true;
    for (int s = 0; problem == XT_BENCH_EMPTY && s < world->model->species_count; s++)
        world->fields->secretion_scale[s] = world->fields->plasma[s] = 0;
    if (problem == XT_BENCH_BODY) XT_GO(xt_tissue_create(&world->rules, world->fields, err));
    XT_GO(set_scalars(world, err));
    XT_GO(xt_bench_world_reset(world, err));
    if (problem == XT_BENCH_BODY) {
        XT_GO(expose(world, err));
        XT_GO(xt_tissue_initialise(world->rules, world->scalar, err));
    }
    *out = world;
done:
    if (status != XT_OK) xt_bench_world_free(world);
    return status;
}

void xt_bench_world_free(xt_bench_world *world) {
    if (!world) return;
    xt_tissue_free(world->rules);
    xt_fields_free(world->fields);
    xt_mesh_free(world->mesh);
    xt_model_free(world->model);
    free(world->scalar);
    free(world);
}
