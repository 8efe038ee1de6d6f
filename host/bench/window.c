#include "bench/window.h"

#include <stdlib.h>

enum { CORE = 24, WINDOWS = 4 };

/* Where the cores begin, in the grid's 64ths: a corner of the box; the middle, where the spheres and a
 * filament are; the centre; the far corner. */
static const int places[WINDOWS][3] = {{0, 0, 0}, {14, 30, 28}, {30, 30, 30}, {64, 64, 64}};

typedef struct {
    int first[3], last[3]; /* voxels that are compared: first .. last - 1 */
    int low[3], dims[3];   /* of the box that the host advances */
} window;

static window make(int n, int which, int halo) {
    window w;
    for (int axis = 0; axis < 3; axis++) {
        int first = n <= XT_BENCH_WHOLE ? 0 : places[which][axis] * n / 64;
        const int size = n <= XT_BENCH_WHOLE ? n : CORE;
        if (first > n - size) first = n - size;
        w.first[axis] = first;
        w.last[axis] = first + size;
        w.low[axis] = first > halo ? first - halo : 0;
        const int high = w.last[axis] + halo < n ? w.last[axis] + halo : n;
        w.dims[axis] = high - w.low[axis];
    }
    return w;
}

static void compare(xt_bench_check *check, const window *w, const double *c, const float *found, int n) {
    for (int z = w->first[2]; z < w->last[2]; z++)
        for (int y = w->first[1]; y < w->last[1]; y++)
            for (int x = w->first[0]; x < w->last[0]; x++) {
                const size_t row = (size_t)(z - w->low[2]) * (size_t)w->dims[1] + (size_t)(y - w->low[1]);
                xt_bench_check_value(check, (double)found[xt_bench_cell(x, y, z, n)],
                                     c[row * (size_t)w->dims[0] + (size_t)(x - w->low[0])]);
            }
}

xt_status xt_bench_windows_check(xt_bench_run_at *at, int halo, double bound, xt_bench_host_advance advance,
                                 const void *context, xt_error *err) {
    const xt_bench_world *world = at->world;
    const size_t cells = world->fields->cells, bytes = cells * sizeof(float);
    const int windows = at->n <= XT_BENCH_WHOLE ? 1 : WINDOWS;
    float *found = malloc(bytes);
    double *c = NULL;
    xt_bench_reference *r = NULL;
    xt_status status = XT_OK;
    if (!found) return xt_no_memory(err, "a plane of cells", bytes);
    xt_bench_check_begin(&at->row->check, bound,
                         at->n <= XT_BENCH_WHOLE ? "the same in double, every voxel"
                                                 : "the same in double, four windows of 24^3 voxels");
    for (int k = 0; k < windows; k++) {
        const window w = make(at->n, k, halo);
        XT_GO(xt_bench_reference_create(&r, world->model, world->problem, at->n, w.low, w.dims, err));
        c = malloc(5 * r->cells * sizeof *c);
        if (!c) {
            status = xt_no_memory(err, "the host's reference", 5 * r->cells * sizeof *c);
            goto done;
        }
        for (int s = 0; s < r->species; s++) {
            XT_GO(xt_buffer_read(at->device, world->fields->rest, (size_t)s * bytes, bytes, found, err));
            xt_bench_reference_start(c, r, world->problem, s);
            XT_GO(advance(c, c + r->cells, r, s, context, err));
            compare(&at->row->check, &w, c, found, at->n);
        }
        free(c);
        c = NULL;
        xt_bench_reference_free(r);
        r = NULL;
    }
    xt_bench_check_end(&at->row->check);
done:
    xt_bench_reference_free(r);
    free(c);
    free(found);
    return status;
}
