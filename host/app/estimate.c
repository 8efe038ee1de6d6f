#define _DEFAULT_SOURCE /* _SC_PHYS_PAGES */
#include "app/estimate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "fields/fields.h"
#include "render/render.h"
#include "solve/solve.h"

/* A box of at most this many voxels is built as it is; a larger one is built coarser to see how full it is.
 */
static const double BUILD_AS_IS = 300e3;
/* Bytes a cell of the mesh on the host while it is built, checkpoints and pictures included; bytes a voxel of
 * a label volume: labels, and the slices being resampled. */
static const double HOST_CELL_BYTES = 24, HOST_LABEL_BYTES = 6;

const char *xt_count_text(double count, char buffer[32]) {
    if (count < 1e6)
        snprintf(buffer, 32, "%.0f", count);
    else
        snprintf(buffer, 32, count < 1e9 ? "%.3g million" : "%.0f million", count / 1e6);
    return buffer;
}

const char *xt_bytes_text(double bytes, char buffer[32]) {
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB"};
    int unit = 0;
    for (bytes /= 1024; bytes >= 1000 && unit < 4; unit++) bytes /= 1024;
    snprintf(buffer, 32, bytes < 1000 ? "%.3g %s" : "%.0f %s", bytes, units[unit]);
    return buffer;
}

double xt_host_memory(void) {
    const long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? (double)pages * (double)size : 0;
}

/* One volume serves all views, one set of pictures the largest. */
static double view_bytes(const xt_scene *scene, const int dims[3], double cells) {
    int fields = 0;
    double pixels = 0;
    bool exposure = false;
    for (int i = 0; i < scene->view_count; i++) {
        const xt_view_request *v = &scene->view[i];
        int own = 0;
        for (int k = 0; k < v->glows; k++) {
            own += strcmp(v->glow[k].name, "tissue") != 0;
            exposure |= strncmp(v->glow[k].name, "u_", 2) == 0;
        }
        for (int k = 0; k < v->surfaces; k++) {
            own += v->surface[k].by[0] != '\0';
            exposure |= strncmp(v->surface[k].by, "u_", 2) == 0;
        }
        fields = own > fields ? own : fields;
        pixels = fmax(pixels, (double)v->width * v->height);
    }
    if (!scene->view_count) return 0;
    fields = fields < XT_RENDER_FIELDS ? fields : XT_RENDER_FIELDS;
    return xt_volume_bytes(dims, XT_RENDER_SURFACES, fields) + xt_render_bytes(pixels) +
           (exposure ? 4 * cells : 0);
}

double xt_estimate_bytes(const xt_scene *scene, const xt_model *model, const int dims[3], double cells) {
    const xt_mesh one = {.blocks = 1};
    return cells * xt_fields_bytes(model, &one, XT_SOLVER_ARRAYS) / XT_BLOCK +
           xt_solver_bytes(model, xt_scene_has_acute(scene), cells) + XT_FIXED_BYTES +
           view_bytes(scene, dims, cells);
}

/* Where the spacing is not given, resolving fills it in: first resolve, then scale. */
static xt_status scaled(xt_geometry *out, int dims[3], const xt_geometry *geometry, const double spacing[3],
                        double factor, xt_error *err) {
    *out = *geometry; /* shares its lists */
    for (int a = 0; a < 3; a++) out->spacing[a] = spacing[a] * factor;
    return xt_geometry_resolve(out, dims, err);
}

typedef struct {
    double voxels, cells; /* as shares of the box; cells without the padding of the blocks */
    double rows;          /* share of the rows along x that hold tissue */
    bool exact;
} fullness;

static xt_status look(fullness *full, const xt_geometry *g, const int dims[3], const xt_model *model,
                      xt_error *err) {
    xt_mesh *mesh = NULL;
    XT_TRY(xt_geometry_build(&mesh, g, model->tissue_name, model->tissue_count, err));
    const double box = (double)dims[0] * dims[1] * dims[2];
    double rows = 0;
    for (size_t b = 1; b < mesh->blocks; b++)
        if (b == 1 || mesh->block[b].y != mesh->block[b - 1].y || mesh->block[b].z != mesh->block[b - 1].z)
            rows++;
    full->voxels = (double)mesh->voxels / box;
    full->cells = (double)(mesh->blocks * XT_BLOCK) / box;
    full->rows = rows / ((double)dims[1] * dims[2]);
    full->exact = true;
    xt_mesh_free(mesh);
    return XT_OK;
}

static void count(xt_estimate *e, const fullness *full, const xt_geometry *g, const int dims[3],
                  const xt_scene *scene, const xt_model *model) {
    const double box = (double)dims[0] * dims[1] * dims[2];
    for (int a = 0; a < 3; a++) {
        e->dims[a] = dims[a];
        e->spacing[a] = g->spacing[a];
    }
    e->voxels = full->voxels * box;
    /* Blocks are cut at both ends of a row: about one block more than the tissue in it. */
    const double padding = full->rows * (double)dims[1] * dims[2] * XT_BLOCK;
    e->cells = full->exact ? full->cells * box : fmin(e->voxels + padding, box + XT_BLOCK);
    e->device_bytes = xt_estimate_bytes(scene, model, dims, e->cells);
    e->host_bytes = e->cells * HOST_CELL_BYTES;
    if (g->kind == XT_GEOMETRY_LABELS) e->host_bytes += HOST_LABEL_BYTES * box;
}

static bool fits(const xt_estimate *e, double device_limit, double host_limit) {
    return (device_limit <= 0 || e->device_bytes <= device_limit) &&
           (host_limit <= 0 || e->host_bytes <= host_limit);
}

/* The smallest factor (of at most two digits) on the spacing at which the grid fits; 0 if none up to 1e6
 * does. */
static double smallest_factor(const xt_scene *scene, const double spacing[3], const fullness *full,
                              const xt_model *model, double device_limit, double host_limit) {
    double low = 1, high = 1;
    for (int pass = 0; pass < 60; pass++) {
        xt_geometry g;
        int dims[3];
        xt_error ignored = {0};
        xt_estimate e;
        const double at = low == high ? high * 2 : sqrt(low * high);
        bool good = scaled(&g, dims, &scene->geometry, spacing, at, &ignored) == XT_OK;
        if (good) {
            count(&e, full, &g, dims, scene, model);
            good = fits(&e, device_limit, host_limit);
        }
        if (low == high && !good) {
            low = high = at;
            if (at > 1e6) return 0;
        } else if (good) {
            high = at;
        } else {
            low = at;
        }
        if (low != high && high / low < 1.002) break;
    }
    return high;
}

static xt_status refuse(const xt_estimate *e, const double spacing[3], double factor, double device_limit,
                        double host_limit, xt_error *err) {
    const bool device = device_limit > 0 && e->device_bytes > device_limit;
    const double need = device ? e->device_bytes : e->host_bytes, have = device ? device_limit : host_limit;
    char advice[160] = "choose a larger spacing or a window";
    if (factor > 0) {
        double fit[3];
        for (int a = 0; a < 3; a++) { /* rounded up to three digits */
            const double digit = pow(10, floor(log10(spacing[a] * factor)) - 2);
            fit[a] = ceil(spacing[a] * factor / digit - 1e-9) * digit;
        }
        if (spacing[0] == spacing[1] && spacing[1] == spacing[2])
            snprintf(advice, sizeof advice, "the finest spacing that fits is %.3g mm", fit[0]);
        else
            snprintf(advice, sizeof advice, "the finest spacing that fits is [%.3g mm, %.3g mm, %.3g mm]",
                     fit[0], fit[1], fit[2]);
    }
    char voxels[32], needs[32], has[32];
    return xt_fail(err, XT_USAGE,
                   "a grid of %d x %d x %d (%s tissue voxels) needs about %s, the %s has %s: %s", e->dims[0],
                   e->dims[1], e->dims[2], xt_count_text(e->voxels, voxels), xt_bytes_text(need, needs),
                   device ? "device" : "machine", xt_bytes_text(have, has), advice);
}

xt_status xt_estimate_make(xt_estimate *estimate, const xt_scene *scene, const xt_model *model,
                           double device_limit, double host_limit, xt_error *err) {
    const xt_geometry *geometry = &scene->geometry;
    memset(estimate, 0, sizeof *estimate);
    xt_geometry g = *geometry;
    int dims[3];
    double spacing[3], factor = 1;
    xt_error first = {0};
    /* Too many voxels along an axis look like any other error; a coarser grid tells the two apart. */
    xt_status status = xt_geometry_resolve(&g, dims, &first);
    for (int a = 0; a < 3; a++) spacing[a] = g.spacing[a];
    while (status != XT_OK && factor < 1e6 && spacing[0] > 0) {
        factor *= 2;
        xt_error again = {0};
        status = scaled(&g, dims, geometry, spacing, factor, &again);
    }
    if (status != XT_OK) return xt_fail(err, first.status, "%s", first.text);
    const bool too_many = first.status != XT_OK;

    fullness full = {0};
    const double box = (double)dims[0] * dims[1] * dims[2];
    if (box <= BUILD_AS_IS && factor == 1) {
        XT_TRY(look(&full, &g, dims, model, err));
        count(estimate, &full, &g, dims, scene, model);
    } else {
        xt_geometry coarse;
        int coarse_dims[3];
        double by = factor * fmax(1, cbrt(box / BUILD_AS_IS));
        XT_TRY(scaled(&coarse, coarse_dims, geometry, spacing, by, err));
        XT_TRY(look(&full, &coarse, coarse_dims, model, err));
        full.exact = false;
        if (too_many) { /* dims as if int16 were no limit, for the message */
            xt_geometry fine = g;
            for (int a = 0; a < 3; a++) {
                fine.spacing[a] = spacing[a];
                dims[a] = (int)fmin(2e9, dims[a] * factor);
            }
            count(estimate, &full, &fine, dims, scene, model);
        } else {
            count(estimate, &full, &g, dims, scene, model);
        }
    }
    if (!too_many && fits(estimate, device_limit, host_limit)) return XT_OK;
    const double least = smallest_factor(scene, spacing, &full, model, device_limit, host_limit);
    if (fits(estimate, device_limit, host_limit)) return xt_fail(err, first.status, "%s", first.text);
    return refuse(estimate, spacing, least, device_limit, host_limit, err);
}

xt_status xt_estimate_device(xt_device_info *info, const char *spec, xt_error *err) {
    xt_device_info *list = NULL;
    int total = 0, index = 0;
    if (!spec || !*spec) spec = getenv("CROSSTALK_DEVICE");
    XT_TRY(xt_device_list(&list, &total, err));
    const xt_status status = xt_device_choose(&index, list, total, spec, err);
    if (status == XT_OK) *info = list[index];
    free(list);
    return status;
}

/* Largest rate of the explicit operator's diagonal over tissues and species, 1/h: 2 D sum(1/h^2) + k + K/phi.
 */
static double fastest(const double spacing[3], const xt_model *model) {
    double most = 0, inverse = 0;
    for (int a = 0; a < 3; a++) inverse += 2 / (spacing[a] * spacing[a]);
    for (int t = 1; t <= model->tissue_count; t++)
        for (int s = 0; s < model->species_count; s++) {
            xt_transport c;
            xt_model_transport(&c, model, s, t, model->tissue[t].composition);
            if (c.fluid > 0) most = fmax(most, c.diffusivity * inverse + c.loss + c.exchange / c.fluid);
        }
    return most;
}

double xt_estimate_seconds(double *steps, const xt_estimate *e, const xt_scene *scene, const xt_model *model,
                           const xt_device_info *device) {
    /* Time of a cell, step and species in bytes copied meanwhile. Chronic: some 15 iterations, at rest and at
     * the peak, of 25 floats. Acute: the byte model of the fused kernel on a GPU; on a CPU arithmetic, not
     * memory, is the limit. */
    const bool cpu = device && device->type == CL_DEVICE_TYPE_CPU;
    const double chronic_bytes = 15.0 * 2 * 25 * 4 * model->species_count;
    const double acute_bytes = (cpu ? 150.0 : 30.0) * model->species_count;
    const double acute = scene->mode == XT_ACUTE ? scene->until : scene->acute;
    const double chronic = scene->mode == XT_ACUTE ? 0 : scene->until;
    const double rate = fastest(e->spacing, model);
    /* adaptive: steps of half an hour as a rule, with the stages that are stable then */
    const double step = scene->acute_method ? fmin(scene->max_acute_step, scene->courant / rate)
                                            : fmin(scene->max_acute_step, 0.5);
    const double each = scene->acute_method ? 1 : fmax(2, sqrt(1 + 2 * rate * step / 0.65));
    const double chronic_steps = ceil(chronic / scene->step),
                 acute_steps = acute > 0 ? ceil(acute / step) : 0;
    *steps = chronic_steps + acute_steps;
    if (!device || !(device->copy_bytes_per_s > 0)) return 0;
    return e->cells * (chronic_steps * chronic_bytes + acute_steps * each * acute_bytes) /
           device->copy_bytes_per_s;
}
