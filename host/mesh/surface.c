#include "mesh/surface.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Vertices by voxel corner: corner (i,j,k) is the first corner of voxel (i,j,k). */
typedef struct {
    int64_t key; /* -1: empty */
    uint32_t vertex;
} slot;

typedef struct {
    const xt_mesh *mesh;
    const xt_surface_def *what;
    xt_error *err;
    slot *slot;
    size_t slots; /* a power of two */
    size_t vertices, vertex_room, quads, quad_room;
    double *sum;     /* [3 * vertices] of cut points, in voxels from voxel 0,0,0 */
    uint32_t *cuts;  /* [vertices] */
    int16_t *corner; /* [3 * vertices] */
    uint32_t *quad;  /* [4 * quads] */
    uint8_t *sides;  /* [3 * quads]: tissue, other, and 1 for a cap */
} builder;

static void *grow(void *old, size_t count, size_t size, xt_error *err, xt_status *status) {
    void *new = realloc(old, count * size);
    if (!new) *status = xt_no_memory(err, "a surface", count * size);
    return new ? new : old;
}

static size_t hash(int64_t key, size_t slots) {
    uint64_t h = (uint64_t)key * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(h ^ h >> 29) & (slots - 1);
}

static xt_status rehash(builder *b) {
    const size_t slots = b->slots ? 2 * b->slots : 1 << 12;
    slot *fresh = malloc(slots * sizeof *fresh);
    if (!fresh) return xt_no_memory(b->err, "a surface", slots * sizeof *fresh);
    for (size_t i = 0; i < slots; i++) fresh[i].key = -1;
    for (size_t i = 0; i < b->slots; i++) {
        if (b->slot[i].key < 0) continue;
        size_t at = hash(b->slot[i].key, slots);
        while (fresh[at].key >= 0) at = (at + 1) & (slots - 1);
        fresh[at] = b->slot[i];
    }
    free(b->slot);
    b->slot = fresh;
    b->slots = slots;
    return XT_OK;
}

/* The vertex of a voxel corner, made if it is new. */
static xt_status vertex_at(uint32_t *vertex, builder *b, const int corner[3]) {
    if (2 * (b->vertices + 1) > b->slots) XT_TRY(rehash(b));
    const int64_t nx = b->mesh->dims[0] + 1, ny = b->mesh->dims[1] + 1;
    const int64_t key = (corner[2] * ny + corner[1]) * nx + corner[0];
    size_t at = hash(key, b->slots);
    for (; b->slot[at].key >= 0; at = (at + 1) & (b->slots - 1))
        if (b->slot[at].key == key) {
            *vertex = b->slot[at].vertex;
            return XT_OK;
        }
    if (b->vertices == b->vertex_room) {
        xt_status status = XT_OK;
        b->vertex_room = b->vertex_room ? b->vertex_room + b->vertex_room / 2 : 4096;
        b->sum = grow(b->sum, 3 * b->vertex_room, sizeof *b->sum, b->err, &status);
        b->cuts = grow(b->cuts, b->vertex_room, sizeof *b->cuts, b->err, &status);
        b->corner = grow(b->corner, 3 * b->vertex_room, sizeof *b->corner, b->err, &status);
        if (status != XT_OK) return status;
    }
    *vertex = (uint32_t)b->vertices++;
    b->slot[at] = (slot){key, *vertex};
    b->cuts[*vertex] = 0;
    for (int a = 0; a < 3; a++) {
        b->sum[3 * (size_t)*vertex + (size_t)a] = 0;
        b->corner[3 * (size_t)*vertex + (size_t)a] = (int16_t)corner[a];
    }
    return XT_OK;
}

/* The face beyond `voxel` along +axis, cut at `cut` of the way to the next voxel; `forward`: the tissue is at
 * `voxel`. */
static xt_status add_quad(builder *b, const int voxel[3], int axis, double cut, bool forward, int tissue,
                          int other) {
    static const int around[4][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}}; /* counter-clockwise seen from +axis */
    const int u = (axis + 1) % 3, w = (axis + 2) % 3;
    if (b->quads == b->quad_room) {
        xt_status status = XT_OK;
        b->quad_room = b->quad_room ? b->quad_room + b->quad_room / 2 : 4096;
        b->quad = grow(b->quad, 4 * b->quad_room, sizeof *b->quad, b->err, &status);
        b->sides = grow(b->sides, 3 * b->quad_room, sizeof *b->sides, b->err, &status);
        if (status != XT_OK) return status;
    }
    for (int k = 0; k < 4; k++) {
        int corner[3];
        corner[axis] = voxel[axis] + 1;
        corner[u] = voxel[u] + around[k][0];
        corner[w] = voxel[w] + around[k][1];
        uint32_t vertex;
        XT_TRY(vertex_at(&vertex, b, corner));
        if (cut >= 0) {
            double *sum = b->sum + 3 * (size_t)vertex;
            for (int a = 0; a < 3; a++) sum[a] += voxel[a] + (a == axis ? cut : 0);
            b->cuts[vertex]++;
        }
        b->quad[4 * b->quads + (size_t)(forward ? k : 3 - k)] = vertex;
    }
    b->sides[3 * b->quads] = (uint8_t)tissue;
    b->sides[3 * b->quads + 1] = (uint8_t)other;
    b->sides[3 * b->quads + 2] = cut < 0;
    b->quads++;
    return XT_OK;
}

/* Faces of a cell of the tissue, on all six sides. */
static xt_status add_cell(builder *b, size_t cell) {
    const xt_mesh *mesh = b->mesh;
    const xt_material m = mesh->material[cell];
    int voxel[3];
    xt_mesh_position(mesh, cell, voxel);
    for (int face = 0; face < 6; face++) {
        const int axis = face / 2;
        const bool forward = face % 2;
        const bool wall = forward ? voxel[axis] == mesh->dims[axis] - 1 : voxel[axis] == 0;
        int from[3] = {voxel[0], voxel[1], voxel[2]};
        if (!forward) from[axis]--;
        if (wall) {
            if (b->what->caps) XT_TRY(add_quad(b, from, axis, -1, forward, m.tissue, 0));
            continue;
        }
        const xt_material next = mesh->material[xt_mesh_neighbour(mesh, cell, face)];
        if (next.tissue == m.tissue || (b->what->other >= 0 && next.tissue != b->what->other)) continue;
        const double cut = xt_face_cut(m, next);
        XT_TRY(add_quad(b, from, axis, forward ? cut : 1 - cut, forward, m.tissue, next.tissue));
    }
    return XT_OK;
}

/* Move each vertex by `factor` of the way to the mean of its neighbours, never out of its cube. Caps do not
 * pull, and vertices on a wall stay on it. */
static void move(builder *b, double *position, double factor, double *mean, uint32_t *count) {
    memset(mean, 0, 3 * b->vertices * sizeof *mean);
    memset(count, 0, b->vertices * sizeof *count);
    for (size_t q = 0; q < b->quads; q++) {
        if (b->sides[3 * q + 2]) continue;
        for (int k = 0; k < 4; k++) {
            const size_t v = b->quad[4 * q + (size_t)k], next = b->quad[4 * q + (size_t)((k + 1) % 4)];
            for (size_t a = 0; a < 3; a++) {
                mean[3 * v + a] += position[3 * next + a];
                mean[3 * next + a] += position[3 * v + a];
            }
            count[v]++;
            count[next]++;
        }
    }
    for (size_t v = 0; v < b->vertices; v++)
        for (size_t a = 0; a < 3 && count[v] > 0; a++) {
            const int corner = b->corner[3 * v + a];
            if (corner == 0 || corner == b->mesh->dims[a]) continue;
            double *p = &position[3 * v + a];
            const double to = *p + factor * (mean[3 * v + a] / count[v] - *p);
            *p = fmin(corner, fmax(corner - 1.0, to));
        }
}

/* The mean of points on a curved surface lies on its hollow side: four cuts at the corners of a square
 * average to h^2 / (4 R) within a ball of radius R, half as far as the mean of the four neighbours lies from
 * the vertex; and flat facets between vertices lose a sixth of h^2 / R more. A step of 0.8 away from the
 * neighbours makes up for both, so that areas and volumes come out right. Labels are smoothed before, by
 * pairs of steps that keep volumes (Taubin, SIGGRAPH 1995). */
static xt_status place(builder *b, double *position) {
    double *mean = malloc((3 * b->vertices + 1) * sizeof *mean);
    uint32_t *count = malloc((b->vertices + 1) * sizeof *count);
    xt_status status = XT_OK;
    if (mean && count) {
        for (int round = 0; round < b->what->relax; round++) {
            move(b, position, 0.6, mean, count);
            move(b, position, -0.62, mean, count);
        }
        move(b, position, -0.8, mean, count);
    } else {
        status = xt_no_memory(b->err, "placing a surface", 4 * b->vertices * sizeof *mean);
    }
    free(mean);
    free(count);
    return status;
}

static double distance2(const float *a, const float *b) {
    double sum = 0;
    for (int i = 0; i < 3; i++) sum += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    return sum;
}

/* Quadrilaterals to triangles along the shorter diagonal; `mirror` where the affine turns the handedness. */
static void triangulate(xt_surface *s, const builder *b, bool mirror) {
    for (size_t q = 0; q < b->quads; q++) {
        const uint32_t *v = b->quad + 4 * q;
        const float *p[4];
        for (int k = 0; k < 4; k++) p[k] = s->position + 3 * (size_t)v[k];
        const int k = distance2(p[0], p[2]) <= distance2(p[1], p[3]) ? 0 : 1;
        const uint32_t two[6] = {v[k], v[k + 1], v[(k + 2) % 4], v[k], v[(k + 2) % 4], v[(k + 3) % 4]};
        for (int i = 0; i < 6; i++) {
            const int in_triangle = i % 3;
            const int to = mirror && in_triangle > 0 ? i - in_triangle + 3 - in_triangle : i;
            s->corner[6 * q + (size_t)to] = two[i];
        }
        for (size_t i = 0; i < 2; i++) {
            s->tissue[2 * q + i] = b->sides[3 * q];
            s->other[2 * q + i] = b->sides[3 * q + 1];
        }
    }
}

static xt_status finish(xt_surface **out, builder *b) {
    xt_status status = XT_OK;
    const double(*m)[4] = b->mesh->affine;
    double *position = malloc((3 * b->vertices + 1) * sizeof *position);
    xt_surface *s = calloc(1, sizeof *s);
    if (!s || !position) {
        status = xt_no_memory(b->err, "a surface", 3 * b->vertices * sizeof *position);
        goto done;
    }
    s->vertices = b->vertices;
    s->triangles = 2 * b->quads;
    s->position = malloc((3 * s->vertices + 1) * sizeof *s->position);
    s->corner = malloc((3 * s->triangles + 1) * sizeof *s->corner);
    s->tissue = malloc(s->triangles + 1);
    s->other = malloc(s->triangles + 1);
    if (!s->position || !s->corner || !s->tissue || !s->other) {
        status = xt_no_memory(b->err, "a surface", 3 * s->triangles * sizeof *s->corner);
        goto done;
    }
    for (size_t v = 0; v < b->vertices; v++)
        for (size_t a = 0; a < 3; a++) {
            const int corner = b->corner[3 * v + a];
            const bool fixed = b->cuts[v] == 0 || corner == 0 || corner == b->mesh->dims[a];
            position[3 * v + a] = fixed ? corner - 0.5 : b->sum[3 * v + a] / b->cuts[v];
        }
    XT_GO(place(b, position));
    for (size_t v = 0; v < b->vertices; v++)
        for (size_t i = 0; i < 3; i++) {
            double x = m[i][3];
            for (size_t a = 0; a < 3; a++) x += m[i][a] * position[3 * v + a];
            s->position[3 * v + i] = (float)x;
        }
    const double det = m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) -
                       m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
                       m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
    triangulate(s, b, det < 0);
    *out = s;
    s = NULL;
done:
    free(position);
    xt_surface_free(s);
    return status;
}

xt_status xt_surface_find(xt_surface **surface, const xt_mesh *mesh, const xt_surface_def *what,
                          xt_error *err) {
    *surface = NULL;
    xt_status status = XT_OK;
    builder b = {.mesh = mesh, .what = what, .err = err};
    for (size_t cell = XT_BLOCK; cell < mesh->blocks * XT_BLOCK; cell++)
        if (mesh->material[cell].tissue == what->tissue && what->tissue != 0) XT_GO(add_cell(&b, cell));
    XT_GO(finish(surface, &b));
done:
    free(b.slot);
    free(b.sum);
    free(b.cuts);
    free(b.corner);
    free(b.quad);
    free(b.sides);
    return status;
}

void xt_surface_free(xt_surface *s) {
    if (!s) return;
    free(s->position);
    free(s->corner);
    free(s->tissue);
    free(s->other);
    free(s);
}

/* Twice the area vector of triangle t, and six times the volume it makes with the origin of vertex 0. */
static void measure(const xt_surface *s, size_t t, double cross[3], double *volume6) {
    double e[2][3], p[3];
    const float *o = s->position, *a = o + 3 * (size_t)s->corner[3 * t];
    for (int i = 0; i < 3; i++) {
        p[i] = (double)a[i] - (double)o[i];
        for (size_t k = 0; k < 2; k++)
            e[k][i] = (double)s->position[3 * (size_t)s->corner[3 * t + 1 + k] + (size_t)i] - (double)a[i];
    }
    *volume6 = 0;
    for (int i = 0; i < 3; i++) {
        const int j = (i + 1) % 3, k = (i + 2) % 3;
        cross[i] = e[0][j] * e[1][k] - e[0][k] * e[1][j];
        *volume6 += p[i] * cross[i];
    }
}

double xt_surface_area(const xt_surface *s) {
    double area = 0, c[3], unused;
    for (size_t t = 0; t < s->triangles; t++) {
        measure(s, t, c, &unused);
        area += 0.5 * sqrt(c[0] * c[0] + c[1] * c[1] + c[2] * c[2]);
    }
    return area;
}

double xt_surface_volume(const xt_surface *s) {
    double volume = 0, c[3], six;
    for (size_t t = 0; t < s->triangles; t++) {
        measure(s, t, c, &six);
        volume += six / 6;
    }
    return volume;
}
