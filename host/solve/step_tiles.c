/* Cutting the mesh into tiles of rows for kernels/step.cl: step_tiles. */
#include "solve/step_internal.h"

#include <stdio.h>
#include <stdlib.h>

/* A tile may be cut along z until the busiest worker has at most this much more than its share to do; never
 * thinner than so many planes. */
static const double UNEVEN = 1.04;
enum { THINNEST = 8 };

xt_status xt_step_rows_create(xt_step *step, xt_error *err) {
    const xt_mesh *mesh = step->fields->mesh;
    const size_t ny = (size_t)mesh->dims[1], nz = (size_t)mesh->dims[2], count = nz * (ny + 1);
    int32_t *row = step->row_host = malloc(count * sizeof *row);
    if (!row) return xt_no_memory(err, "rows of the mesh", count * sizeof *row);
    size_t b = 1;
    for (size_t z = 0; z < nz; z++)
        for (size_t y = 0; y <= ny; y++) {
            while (b < mesh->blocks && (size_t)mesh->block[b].z == z && (size_t)mesh->block[b].y < y) b++;
            row[z * (ny + 1) + y] = (int32_t)b;
        }
    XT_TRY(xt_buffer_create(&step->row_first, step->fields->device, count * sizeof *row, "rows of the mesh",
                            err));
    return xt_buffer_write(step->fields->device, step->row_first, 0, count * sizeof *row, row, err);
}

typedef struct {
    cl_int4 box; /* rows [s0, s1), planes [s2, s3) */
    long cost;   /* blocks to advance, halo included */
    int worker;
} tile;

static int clip(int x, int low, int high) { return x < low ? low : x > high ? high : x; }

/* Blocks of rows [y0, y1) of plane z. */
static long blocks_of(const xt_step *step, int z, int y0, int y1) {
    const int ny = step->fields->mesh->dims[1];
    const int32_t *row = step->row_host + (size_t)z * ((size_t)ny + 1);
    return row[clip(y1, 0, ny)] - row[clip(y0, 0, ny)];
}

/* What a tile costs, and how many blocks the fullest plane of its first level has. */
static void weigh(tile *t, int *room, const xt_step *step, int levels) {
    const int nz = step->fields->mesh->dims[2], halo = levels - 1;
    t->cost = 0;
    for (int z = clip(t->box.s[2] - halo, 0, nz); z < clip(t->box.s[3] + halo, 0, nz); z++)
        for (int k = 0; k <= halo; k++) {
            if (z < t->box.s[2] - k || z >= t->box.s[3] + k) continue;
            const long blocks = blocks_of(step, z, t->box.s[0] - k, t->box.s[1] + k);
            t->cost += blocks;
            if (k > 0 && blocks > *room) *room = (int)blocks;
        }
}

static int by_cost(const void *a, const void *b) {
    const tile *x = a, *y = b;
    if (x->cost != y->cost) return x->cost < y->cost ? 1 : -1;
    const int at = x->box.s[2] - y->box.s[2];
    return at ? at : x->box.s[0] - y->box.s[0];
}

static int by_worker(const void *a, const void *b) {
    const tile *x = a, *y = b;
    if (x->worker != y->worker) return x->worker - y->worker;
    const int at = x->box.s[2] - y->box.s[2];
    return at ? at : x->box.s[0] - y->box.s[0];
}

/* Largest first, each to whoever has least to do; returns the busiest's load over the mean. */
static double deal(tile *list, int count, int workers, long *load) {
    long total = 0, most = 0;
    for (int w = 0; w < workers; w++) load[w] = 0;
    qsort(list, (size_t)count, sizeof *list, by_cost);
    for (int t = 0; t < count; t++) {
        int least = 0;
        for (int w = 1; w < workers; w++)
            if (load[w] < load[least]) least = w;
        list[t].worker = least;
        load[least] += list[t].cost;
        total += list[t].cost;
        if (load[least] > most) most = load[least];
    }
    return total > 0 ? (double)most * workers / (double)total : 1;
}

/* Tiles of `rows` rows and `planes` planes that hold anything. */
static int cut(tile *list, int *room, const xt_step *step, int levels, int rows, int planes) {
    const int *dims = step->fields->mesh->dims;
    int count = 0;
    *room = 1;
    for (int z = 0; z < dims[2]; z += planes)
        for (int y = 0; y < dims[1]; y += rows) {
            tile t = {.box = {{y, clip(y + rows, 0, dims[1]), z, clip(z + planes, 0, dims[2])}}};
            weigh(&t, room, step, levels);
            if (t.cost > 0) list[count++] = t;
        }
    return count;
}

static xt_status write_tiles(step_tiling *tiling, xt_device *device, tile *list, int count, xt_error *err) {
    const size_t workers = (size_t)tiling->workers;
    cl_int4 *box = malloc(((size_t)count + 1) * sizeof *box);
    cl_int *share = calloc(workers + 1, sizeof *share);
    xt_status status = box && share ? XT_OK : xt_no_memory(err, "tiles", (size_t)count * sizeof *box);
    if (status != XT_OK) goto done;
    qsort(list, (size_t)count, sizeof *list, by_worker);
    for (int t = 0; t < count; t++) {
        box[t] = list[t].box;
        share[list[t].worker + 1] = t + 1;
    }
    for (size_t w = 1; w <= workers; w++)
        if (share[w] < share[w - 1]) share[w] = share[w - 1];
    XT_GO(xt_buffer_create(&tiling->tile, device, (size_t)count * sizeof *box, "tiles", err));
    XT_GO(xt_buffer_write(device, tiling->tile, 0, (size_t)count * sizeof *box, box, err));
    XT_GO(xt_buffer_create(&tiling->share, device, (workers + 1) * sizeof *share, "tiles", err));
    XT_GO(xt_buffer_write(device, tiling->share, 0, (workers + 1) * sizeof *share, share, err));
done:
    free(box);
    free(share);
    return status;
}

xt_status xt_step_tiling_create(step_tiling *tiling, xt_step *step, const char *text, int levels, int rows,
                                int stream, xt_error *err) {
    xt_device *device = step->fields->device;
    const int *dims = step->fields->mesh->dims;
    const size_t most = (size_t)(dims[1] / rows + 1) * (size_t)(dims[2] / THINNEST + 2);
    const size_t species = (size_t)step->fields->model->species_count;
    char options[128];
    tiling->levels = levels;
    tiling->workers = (int)xt_device_get_info(device)->compute_units;
    tile *list = malloc(most * sizeof *list);
    long *load = malloc((size_t)tiling->workers * sizeof *load);
    xt_status status = XT_OK;
    if (!list || !load) {
        status = xt_no_memory(err, "tiles", most * sizeof *list);
        goto done;
    }
    int count = 0;
    for (int parts = 1;; parts *= 2) {
        const int planes = (dims[2] + parts - 1) / parts;
        count = cut(list, &tiling->room, step, levels, rows, planes);
        if (deal(list, count, tiling->workers, load) <= UNEVEN || planes / 2 < THINNEST) break;
    }
    XT_GO(write_tiles(tiling, device, list, count, err));
    XT_GO(xt_buffer_create(&tiling->scratch, device,
                           (size_t)tiling->workers * (size_t)(levels - 1) * 3 * (size_t)tiling->room *
                               species * XT_BLOCK * sizeof(float),
                           "planes between steps", err));
    const xt_program_part parts[] = {
        {"grid.clh", NULL}, {"transport.clh", NULL}, {"sum.clh", NULL},   {"reduce.clh", NULL},
        {NULL, text},       {"cell.clh", NULL},      {"lanes.clh", NULL}, {"stencil.clh", NULL},
        {"step.cl", NULL}};
    snprintf(options, sizeof options, "%s-DXT_FUSED -DXT_ROWS -DSTEP_LEVELS=%d -DSTEP_STREAM=%d",
             xt_stencil_options(step->fields), levels, stream);
    XT_GO(
        xt_program_build(&tiling->program, device, parts, (int)(sizeof parts / sizeof *parts), options, err));
    XT_GO(xt_kernel_create(&tiling->kernel, tiling->program, "step_tiles", err));
    tiling->known = true;
done:
    free(list);
    free(load);
    return status;
}

void xt_step_tiling_free(step_tiling *tiling, xt_device *device) {
    xt_buffer_free(device, &tiling->tile);
    xt_buffer_free(device, &tiling->share);
    xt_buffer_free(device, &tiling->scratch);
    xt_kernel_free(&tiling->kernel);
    xt_program_free(tiling->program);
    *tiling = (step_tiling){0};
}
