/* crosstalk mesh */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "app/app.h"
#include "app/estimate.h"
#include "app/load.h"
#include "base/file.h"
#include "mesh/interface.h"
#include "mesh/nifti.h"
#include "mesh/surface.h"
#include "mesh/vti.h"

typedef struct {
    const char *path, *tissue, *other;
    const xt_model *model;
    const xt_mesh *mesh;
    const xt_interface *interface;
} job;

static bool ends_in(const char *path, const char *ending) {
    const size_t n = strlen(path), m = strlen(ending);
    return n > m && strcmp(path + n - m, ending) == 0;
}

static bool is_surface(const char *path) { return ends_in(path, ".vtp") || ends_in(path, ".stl"); }

static bool is_volume(const char *path) {
    return ends_in(path, ".vti") || ends_in(path, ".nii") || ends_in(path, ".nii.gz");
}

static xt_status find_tissue(int *index, const char *name, const xt_model *model, xt_error *err) {
    *index = strcmp(name, "outside") == 0 ? 0 : xt_model_find_tissue(model, name);
    if (*index > 0 || strcmp(name, "outside") == 0) return XT_OK;
    const char *nearest = xt_nearest(name, model->tissue_name, model->tissue_count);
    return xt_fail(err, XT_USAGE, "the model has no tissue '%.64s'%s%s%s", name,
                   nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static const char *tissue_name(const xt_model *model, int tissue) {
    return tissue == 0 ? "outside" : model->tissue[tissue].name;
}

/* ---- surfaces ---- */

static xt_status append(xt_surface *all, const xt_surface *one, xt_error *err) {
    const size_t v = all->vertices + one->vertices, t = all->triangles + one->triangles;
    float *position = realloc(all->position, (3 * v + 1) * sizeof *position);
    if (position) all->position = position;
    uint32_t *corner = realloc(all->corner, (3 * t + 1) * sizeof *corner);
    if (corner) all->corner = corner;
    uint8_t *tissue = realloc(all->tissue, t + 1), *other;
    if (tissue) all->tissue = tissue;
    other = realloc(all->other, t + 1);
    if (other) all->other = other;
    if (!position || !corner || !tissue || !other || v > UINT32_MAX)
        return xt_no_memory(err, "the surface", (3 * v + 3 * t) * sizeof *corner);
    if (one->vertices)
        memcpy(position + 3 * all->vertices, one->position, 3 * one->vertices * sizeof *position);
    for (size_t i = 0; i < 3 * one->triangles; i++)
        corner[3 * all->triangles + i] = one->corner[i] + (uint32_t)all->vertices;
    if (one->triangles) {
        memcpy(tissue + all->triangles, one->tissue, one->triangles);
        memcpy(other + all->triangles, one->other, one->triangles);
    }
    all->vertices = v;
    all->triangles = t;
    return XT_OK;
}

/* Fractions place the surface within the voxel; plain labels need smoothing. */
static int relaxation(const xt_mesh *mesh) {
    for (size_t i = 0; i < mesh->blocks * XT_BLOCK; i++)
        if (mesh->material[i].share) return 0;
    return 10;
}

/* One tissue, closed; or the interface of two; or every interface between tissues in one file. */
static xt_status find_surface(xt_surface *all, const job *j, xt_error *err) {
    xt_surface_def what = {.other = -1, .relax = relaxation(j->mesh)};
    xt_surface *one = NULL;
    xt_status status;
    if (j->tissue) {
        XT_TRY(find_tissue(&what.tissue, j->tissue, j->model, err));
        if (j->other)
            XT_TRY(find_tissue(&what.other, j->other, j->model, err));
        else
            what.caps = true;
        XT_TRY(xt_surface_find(&one, j->mesh, &what, err));
        status = append(all, one, err);
        xt_surface_free(one);
        return status;
    }
    for (int p = 0; p < j->interface->pairs; p++) {
        what.tissue = j->interface->pair[p].low;
        what.other = j->interface->pair[p].high;
        if (what.tissue == 0) continue;
        XT_TRY(xt_surface_find(&one, j->mesh, &what, err));
        status = append(all, one, err);
        xt_surface_free(one);
        one = NULL;
        if (status != XT_OK) return status;
    }
    return XT_OK;
}

/* mm/h of the membrane between the tissues on both sides; NAN where there is none. */
static float permeability(const xt_model *model, int a, int b, int species) {
    for (int m = 0; m < model->membrane_count; m++)
        if ((model->membrane[m].a == a && model->membrane[m].b == b) ||
            (model->membrane[m].a == b && model->membrane[m].b == a))
            return (float)model->membrane[m].permeability[species];
    return NAN;
}

static xt_status write_surface(const job *j, xt_error *err) {
    xt_status status = XT_OK;
    xt_surface all = {0};
    xt_surface_array array[XT_MAX_SPECIES];
    char name[XT_MAX_SPECIES][96];
    float *values = NULL;
    const int species = j->model->membrane_count > 0 ? j->model->species_count : 0;
    XT_GO(find_surface(&all, j, err));
    if (all.triangles == 0) {
        status = xt_fail(err, XT_USAGE, "there is no such surface in this geometry");
        goto done;
    }
    if (ends_in(j->path, ".stl")) {
        status = xt_surface_write_stl(j->path, &all, err);
        goto done;
    }
    values = malloc((size_t)species * all.triangles * sizeof *values + 1);
    if (!values) {
        status = xt_no_memory(err, "permeabilities", (size_t)species * all.triangles * sizeof *values);
        goto done;
    }
    for (int s = 0; s < species; s++) {
        float *of = values + (size_t)s * all.triangles;
        for (size_t i = 0; i < all.triangles; i++)
            of[i] = permeability(j->model, all.tissue[i], all.other[i], s);
        snprintf(name[s], sizeof name[s], "permeability to %s (mm/h)", j->model->species[s].name);
        array[s] = (xt_surface_array){.name = name[s], .values = of};
    }
    XT_GO(xt_surface_write_vtp(j->path, &all, array, species, err));
done:
    free(values);
    free(all.position);
    free(all.corner);
    free(all.tissue);
    free(all.other);
    return status;
}

/* ---- volumes ---- */

static xt_status write_volume(const job *j, xt_error *err) {
    const xt_mesh *mesh = j->mesh;
    const size_t nx = (size_t)mesh->dims[0], ny = (size_t)mesh->dims[1],
                 count = nx * ny * (size_t)mesh->dims[2];
    uint8_t *tissue = calloc(2 * count + 1, 1);
    float *share = calloc(count + 1, sizeof *share);
    xt_status status = XT_OK;
    if (!tissue || !share) {
        status = xt_no_memory(err, "the dense volume", count * 6);
        goto done;
    }
    for (size_t cell = XT_BLOCK; cell < mesh->blocks * XT_BLOCK; cell++) {
        int at[3];
        xt_mesh_position(mesh, cell, at);
        if (at[0] >= mesh->dims[0]) continue;
        const size_t i = ((size_t)at[2] * ny + (size_t)at[1]) * nx + (size_t)at[0];
        tissue[i] = mesh->material[cell].tissue;
        tissue[count + i] = mesh->material[cell].second;
        share[i] = (float)(mesh->material[cell].share / 65535.0);
    }
    if (!ends_in(j->path, ".vti")) {
        status = xt_nifti_write(j->path, tissue, 2, mesh->dims, mesh->spacing, mesh->affine,
                                "Crosstalk tissues", err);
        goto done;
    }
    const xt_vti_array arrays[] = {{.name = "tissue", .type = XT_VTI_UINT8, .values = tissue},
                                   {.name = "second tissue", .type = XT_VTI_UINT8, .values = tissue + count},
                                   {.name = "share of second [1]", .type = XT_VTI_FLOAT32, .values = share}};
    xt_vti image = {.array = arrays, .array_count = 3, .compress = true};
    memcpy(image.dims, mesh->dims, sizeof image.dims);
    memcpy(image.spacing, mesh->spacing, sizeof image.spacing);
    memcpy(image.affine, mesh->affine, sizeof image.affine);
    status = xt_vti_write(j->path, &image, err);
done:
    free(tissue);
    free(share);
    return status;
}

/* ---- the command ---- */

static xt_status report(const job *j, xt_error *err) {
    xt_text text = {0};
    for (int t = 1; t <= j->mesh->tissue_count; t++)
        if (xt_mesh_volume(j->mesh, t) > 0)
            xt_text_printf(&text, "tissue %d %s: %.6g mm^3\n", t, tissue_name(j->model, t),
                           xt_mesh_volume(j->mesh, t));
    for (int p = 0; p < j->interface->pairs; p++)
        xt_text_printf(&text, "interface %s, %s: %.6g mm^2\n",
                       tissue_name(j->model, j->interface->pair[p].low),
                       tissue_name(j->model, j->interface->pair[p].high), j->interface->pair[p].area);
    const xt_status status = xt_print_text(&text, "the report", err);
    xt_text_free(&text);
    return status;
}

static xt_status make(job *j, const char *scene_file, const xt_texts *sets, xt_error *err) {
    xt_status status = XT_OK;
    xt_scene *scene = NULL;
    xt_model *model = NULL;
    xt_mesh *mesh = NULL;
    xt_interface *interface = NULL;
    xt_estimate estimate;
    XT_GO(xt_scene_load(&scene, scene_file, sets->text, sets->count, err));
    XT_GO(xt_load_model(&model, scene, err));
    status = xt_estimate_make(&estimate, scene, model, 0, xt_host_memory(), err);
    if (status == XT_OK)
        status = xt_geometry_build(&mesh, &scene->geometry, model->tissue_name, model->tissue_count, err);
    if (status != XT_OK) {
        xt_geometry_context(scene, err);
        goto done;
    }
    XT_GO(xt_interface_find(&interface, mesh, true, err));
    j->model = model;
    j->mesh = mesh;
    j->interface = interface;
    XT_GO(is_surface(j->path) ? write_surface(j, err) : write_volume(j, err));
    XT_GO(report(j, err));
done:
    xt_interface_free(interface);
    xt_mesh_free(mesh);
    xt_model_free(model);
    xt_scene_free(scene);
    return status;
}

xt_status xt_mesh_main(xt_app *app, int argc, char *const *argv, xt_error *err) {
    const char *scene = NULL;
    job j = {0};
    xt_texts sets = {0};
    bool force = false, help = false;
    const xt_option options[] = {
        {"--output", 'o', XT_OPTION_TEXT, &j.path, "FILE",
         "surfaces: .vtp, .stl; label volumes: .vti (with volume fractions), .nii, .nii.gz"},
        {"--tissue", 0, XT_OPTION_TEXT, &j.tissue, "NAME",
         "the closed surface of this tissue; without it, all interfaces between tissues"},
        {"--other", 0, XT_OPTION_TEXT, &j.other, "NAME",
         "with --tissue: only its interface with this one, or outside"},
        {"--set", 0, XT_OPTION_LIST, &sets, "KEY=VALUE", "change a key of the scene; repeatable"},
        {"--force", 0, XT_OPTION_FLAG, &force, NULL, "replace a file that exists"}};
    const xt_usage usage = {.name = "mesh",
                            .arguments = "SCENE.yaml -o FILE [options]",
                            .about = "Write the interfaces between tissues as triangles, or the tissues as a "
                                     "label volume, in world mm. "
                                     "Volumes of tissues and areas of interfaces go to standard output.",
                            .options = options,
                            .option_count = (int)(sizeof options / sizeof *options),
                            .positional = "SCENE"};
    const char **room = malloc(((size_t)argc + 1) * sizeof *room);
    if (!room) return xt_no_memory(err, "the command line", (size_t)argc * sizeof *room);
    xt_status status = XT_OK;
    XT_GO(xt_args_parse(&scene, &help, &usage, argc, argv, room, err));
    if (help) {
        xt_args_help(stdout, &usage);
        status = xt_print("", err);
        goto done;
    }
    if (!j.path)
        status = xt_fail(err, XT_USAGE, "mesh needs a file to write: -o FILE");
    else if (!is_surface(j.path) && !is_volume(j.path))
        status = xt_fail(err, XT_USAGE,
                         "'%s': expected a name that ends in .vtp, .stl, .vti, .nii or .nii.gz", j.path);
    else if ((j.tissue || j.other) && !is_surface(j.path))
        status = xt_fail(err, XT_USAGE, "--tissue and --other are for surfaces (.vtp, .stl)");
    else if (j.other && !j.tissue)
        status = xt_fail(err, XT_USAGE, "--other needs --tissue");
    else if (!force && xt_path_exists(j.path))
        status = xt_fail(err, XT_IO, "'%s' exists; --force replaces it", j.path);
    if (status != XT_OK) goto done;
    XT_GO(make(&j, scene, &sets, err));
    xt_log_info(&app->log, "wrote %s", j.path);
done:
    free(room);
    return status;
}
