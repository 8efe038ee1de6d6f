#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/outputs_internal.h"
#include "base/file.h"
#include "mesh/nifti.h"
#include "mesh/vti.h"

/* One volume file of one moment: arrays on their way from the device, and where they go. Owned by the writing
 * thread once handed over. */
typedef struct {
    xt_outputs *outputs;
    xt_read *(*read)[2]; /* [volume_count] parts of each quantity */
    xt_read *material;
    double time_d;
    int number;
} volume_job;

static void release_job(void *item) {
    volume_job *job = item;
    atomic_store(&job->outputs->volume_waiting, false);
    for (int i = 0; job->read && i < job->outputs->volume_count; i++)
        for (int k = 0; k < 2; k++) xt_read_free(job->read[i][k]);
    xt_read_free(job->material);
    free(job->read);
    free(job);
}

/* ---- dense slices out of the sparse cells ---- */

typedef enum { VALUES, TISSUE, SECOND, SHARE } array_kind;

typedef struct {
    const xt_mesh *mesh;
    array_kind kind;
    const float *value;          /* [cells] of VALUES; of the others */
    const xt_material *material; /* [cells] */
} sparse_array;

static bool is_bytes(const sparse_array *array) { return array->kind == TISSUE || array->kind == SECOND; }

/* First block at or above slice z: blocks are sorted by z, y, x; block 0 is the outside. */
static size_t first_block(const xt_mesh *mesh, int z) {
    size_t low = 1, high = mesh->blocks;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (mesh->block[middle].z < z)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static xt_status fill_slice(void *values, int z, void *context, xt_error *err) {
    (void)err;
    const sparse_array *array = context;
    const xt_mesh *mesh = array->mesh;
    const size_t pixels = (size_t)mesh->dims[0] * (size_t)mesh->dims[1];
    float *number = values;
    uint8_t *byte = values;
    if (is_bytes(array))
        memset(byte, 0, pixels);
    else
        for (size_t i = 0; i < pixels; i++) number[i] = array->kind == SHARE ? 0 : NAN;
    for (size_t b = first_block(mesh, z); b < mesh->blocks && mesh->block[b].z == z; b++)
        for (int lane = 0; lane < XT_BLOCK && mesh->block[b].x + lane < mesh->dims[0]; lane++) {
            const size_t to =
                (size_t)mesh->block[b].y * (size_t)mesh->dims[0] + (size_t)(mesh->block[b].x + lane);
            const size_t cell = b * XT_BLOCK + (size_t)lane;
            switch (array->kind) {
            case VALUES:
                number[to] = array->value[cell];
                break;
            case TISSUE:
                byte[to] = array->material[cell].tissue;
                break;
            case SECOND:
                byte[to] = array->material[cell].second;
                break;
            case SHARE:
                number[to] = (float)(array->material[cell].share / 65535.0);
                break;
            }
        }
    return XT_OK;
}

static xt_status write_nifti(const xt_outputs *outputs, const xt_quantity_shown *shown,
                             const sparse_array *array, int number, xt_error *err) {
    const xt_mesh *mesh = array->mesh;
    const size_t pixels = (size_t)mesh->dims[0] * (size_t)mesh->dims[1],
                 width = is_bytes(array) ? 1 : sizeof(float);
    char name[128], about[80], *path = NULL, *dense = malloc(pixels * (size_t)mesh->dims[2] * width);
    xt_status status = XT_OK;
    if (!dense) {
        status = xt_no_memory(err, "a volume", pixels * (size_t)mesh->dims[2] * width);
        goto done;
    }
    for (int z = 0; z < mesh->dims[2]; z++)
        fill_slice(dense + (size_t)z * pixels * width, z, (void *)(uintptr_t)array, err);
    snprintf(name, sizeof name, "%s_%04d.nii%s", shown->name, number,
             outputs->def.scene->volume_compress ? ".gz" : "");
    snprintf(about, sizeof about, "%.60s [%s]", shown->label, shown->unit[0] ? shown->unit : "1");
    XT_GO(xt_path_join(&path, outputs->volumes_dir, name, err));
    XT_GO(xt_nifti_write(path, dense, is_bytes(array) ? 2 : 16, mesh->dims, mesh->spacing, mesh->affine,
                         about, err));
done:
    free(dense);
    free(path);
    return status;
}

static xt_status write_vti(volume_job *job, const sparse_array *arrays, xt_error *err) {
    xt_outputs *o = job->outputs;
    const xt_mesh *mesh = o->def.mesh;
    char(*names)[96] = calloc((size_t)o->volume_count + 1, sizeof *names);
    xt_vti_array *array = calloc((size_t)o->volume_count + 3, sizeof *array);
    sparse_array part[2];
    int count = 0;
    char *path = NULL, file[64], inside[96];
    xt_status status = XT_OK;
    if (!names || !array) {
        status = xt_no_memory(err, "a volume", (size_t)o->volume_count * sizeof *array);
        goto done;
    }
    for (int i = 0; i < o->volume_count; i++) {
        const char *unit = o->volume[i].unit[0] ? o->volume[i].unit : "1";
        snprintf(names[i], sizeof names[i], o->volume[i].kind == XT_SHOW_TISSUE ? "%s" : "%s [%s]",
                 o->volume[i].name, unit);
        array[count++] = (xt_vti_array){.name = names[i],
                                        .type = is_bytes(&arrays[i]) ? XT_VTI_UINT8 : XT_VTI_FLOAT32,
                                        .slice = fill_slice,
                                        .context = (void *)(uintptr_t)&arrays[i]};
        if (arrays[i].kind != TISSUE) continue;
        for (int k = 0; k < 2; k++) { /* with them, surfaces are where they are and not stairs of voxels */
            part[k] = arrays[i];
            part[k].kind = k ? SHARE : SECOND;
            array[count++] = (xt_vti_array){.name = k ? "share of second [1]" : "second tissue",
                                            .type = k ? XT_VTI_FLOAT32 : XT_VTI_UINT8,
                                            .slice = fill_slice,
                                            .context = &part[k]};
        }
    }
    xt_vti image = {.array = array,
                    .array_count = count,
                    .has_time = true,
                    .time = job->time_d,
                    .compress = o->def.scene->volume_compress};
    memcpy(image.dims, mesh->dims, sizeof image.dims);
    memcpy(image.spacing, mesh->spacing, sizeof image.spacing);
    memcpy(image.affine, mesh->affine, sizeof image.affine);
    snprintf(file, sizeof file, "volume_%04d.vti", job->number);
    snprintf(inside, sizeof inside, "volumes/%s", file);
    XT_GO(xt_path_join(&path, o->volumes_dir, file, err));
    XT_GO(xt_vti_write(path, &image, err));
    XT_GO(xt_pvd_add(o->pvd, job->time_d, inside, err));
done:
    free(names);
    free(array);
    free(path);
    return status;
}

static xt_status compose(float *value, const volume_job *job, int index, const xt_material *material,
                         xt_error *err) {
    const xt_outputs *o = job->outputs;
    const size_t cells = o->def.mesh->blocks * XT_BLOCK;
    const void *plane[3] = {0};
    for (int k = 0; k < 2; k++)
        if (job->read[index][k]) XT_TRY(xt_read_wait(&plane[k], job->read[index][k], err));
    xt_quantity_compose(value, &o->volume[index], o->def.model, plane, material, o->epsilon, cells);
    return XT_OK;
}

static xt_status run_job(void *item, xt_error *err) {
    volume_job *job = item;
    xt_outputs *o = job->outputs;
    const size_t cells = o->def.mesh->blocks * XT_BLOCK;
    const void *material;
    xt_status status = XT_OK;
    sparse_array *arrays = calloc((size_t)o->volume_count + 1, sizeof *arrays);
    if (!arrays) return xt_no_memory(err, "a volume", (size_t)o->volume_count * sizeof *arrays);
    XT_GO(xt_read_wait(&material, job->material, err));
    for (int i = 0; i < o->volume_count; i++) {
        arrays[i] = (sparse_array){.mesh = o->def.mesh, .kind = TISSUE, .material = material};
        if (o->volume[i].kind != XT_SHOW_TISSUE) {
            float *room = malloc(cells * sizeof *room);
            arrays[i] = (sparse_array){.mesh = o->def.mesh, .kind = VALUES, .value = room};
            if (!room) {
                status = xt_no_memory(err, "a volume", cells * sizeof(float));
                goto done;
            }
            XT_GO(compose(room, job, i, material, err));
        }
        if (o->def.scene->volume_nifti) XT_GO(write_nifti(o, &o->volume[i], &arrays[i], job->number, err));
    }
    if (o->def.scene->volume_vti) XT_GO(write_vti(job, arrays, err));
done:
    for (int i = 0; i < o->volume_count; i++) free((void *)(uintptr_t)arrays[i].value);
    free(arrays);
    return status;
}

xt_status xt_volumes_write(xt_outputs *o, xt_error *err) {
    if (!o->volume_count) return XT_OK;
    xt_fields *fields = xt_sim_fields(o->def.sim);
    const size_t plane = fields->cells * sizeof(float);
    if (atomic_load(&o->volume_waiting)) /* one volume in flight: each holds all its arrays */
        XT_TRY(xt_outputs_wait(o, err));
    volume_job *job = calloc(1, sizeof *job);
    if (!job) return xt_no_memory(err, "a volume", sizeof *job);
    xt_status status = XT_OK;
    *job = (volume_job){.outputs = o, .time_d = xt_sim_time(o->def.sim) / 24, .number = o->state.volumes};
    job->read = calloc((size_t)o->volume_count, sizeof *job->read);
    if (!job->read) {
        status = xt_no_memory(err, "a volume", (size_t)o->volume_count * sizeof *job->read);
        goto done;
    }
    XT_GO(xt_buffer_read_start(fields->device, &job->material, fields->material, 0,
                               fields->cells * sizeof(xt_material), err));
    for (int i = 0; i < o->volume_count; i++) {
        xt_quantity_parts parts;
        xt_quantity_parts_of(&parts, &o->volume[i], fields);
        for (int k = 0; k < parts.count; k++)
            XT_GO(xt_buffer_read_start(fields->device, &job->read[i][k], parts.buffer[k],
                                       (size_t)parts.plane[k] * plane, plane, err));
    }
    o->state.volumes++;
    atomic_store(&o->volume_waiting, true);
    return xt_outputs_hand_over(o, run_job, release_job, job, err);
done:
    release_job(job);
    return status;
}

xt_status xt_volumes_create(xt_outputs *o, xt_error *err) {
    const xt_scene *scene = o->def.scene;
    const xt_model *model = o->def.model;
    if (!(scene->volumes_every > 0) && !scene->volumes_at_end) return XT_OK;
    if (!scene->volume_vti && !scene->volume_nifti) return XT_OK;
    const xt_source source = {.file = scene->file};
    const int standard = 1 + model->species_count + model->phase_count;
    const int count = scene->volume_count ? scene->volume_count : standard;
    o->volume = calloc((size_t)count, sizeof *o->volume);
    if (!o->volume) return xt_no_memory(err, "volumes", (size_t)count * sizeof *o->volume);
    for (int i = 0; i < count; i++) {
        char name[80];
        if (scene->volume_count)
            snprintf(name, sizeof name, "%s", scene->volume_field[i]);
        else if (i == 0)
            snprintf(name, sizeof name, "tissue");
        else if (i <= model->species_count)
            snprintf(name, sizeof name, "%s", model->species[i - 1].name);
        else
            snprintf(name, sizeof name, "f_%s", model->phase[i - 1 - model->species_count]);
        XT_TRY(xt_quantity_find(&o->volume[i], name, false, model, &source, 0, 0, err));
    }
    o->volume_count = count;
    return XT_OK;
}
