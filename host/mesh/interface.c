#include "mesh/interface.h"

#include <math.h>
#include <stdlib.h>

typedef struct {
    xt_interface *interface;
    size_t capacity;
} list;

static xt_status push(list *l, const xt_interface_face *face, xt_error *err) {
    xt_interface *i = l->interface;
    if (i->count == l->capacity) {
        const size_t wanted = l->capacity ? l->capacity + l->capacity / 2 : 4096;
        xt_interface_face *grown = realloc(i->face, wanted * sizeof *grown);
        if (!grown) return xt_no_memory(err, "interface faces", wanted * sizeof *grown);
        i->face = grown;
        l->capacity = wanted;
    }
    i->face[i->count++] = *face;
    return XT_OK;
}

/* Fraction of `to` less fraction of `from` at a voxel; positions beyond the box are moved to its wall. */
static double contrast(const xt_mesh *mesh, const int voxel[3], int from, int to) {
    int v[3];
    for (int a = 0; a < 3; a++)
        v[a] = voxel[a] < 0 ? 0 : voxel[a] >= mesh->dims[a] ? mesh->dims[a] - 1 : voxel[a];
    const int64_t cell = xt_mesh_cell(mesh, v[0], v[1], v[2]);
    xt_material m = {0, 0, 0};
    if (cell >= 0) m = mesh->material[cell];
    const double share = m.share / 65535.0;
    double value = 0;
    if (m.tissue == to) value += 1 - share;
    if (m.tissue == from) value -= 1 - share;
    if (m.share > 0 && m.second == to) value += share;
    if (m.share > 0 && m.second == from) value -= share;
    return value;
}

/* Gradient over the 4 x 3 x 3 voxels around the face: the sum of Youngs' gradients in both cells. */
static void normal_at(float normal[3], const xt_mesh *mesh, const int voxel[3], int axis, int from, int to) {
    static const double smooth[3] = {1, 2, 1}, along4[4] = {1, 3, 3, 1}, slope4[4] = {-1, -1, 1, 1};
    static const double slope3[3] = {-1, 0, 1};
    const int u = (axis + 1) % 3, w = (axis + 2) % 3;
    double g[3] = {0, 0, 0};
    for (int k = 0; k < 3; k++)
        for (int j = 0; j < 3; j++)
            for (int i = 0; i < 4; i++) {
                int v[3];
                v[axis] = voxel[axis] + i - 1;
                v[u] = voxel[u] + j - 1;
                v[w] = voxel[w] + k - 1;
                const double c = contrast(mesh, v, from, to);
                g[axis] += slope4[i] * smooth[j] * smooth[k] * c;
                g[u] += along4[i] * slope3[j] * smooth[k] * c;
                g[w] += along4[i] * smooth[j] * slope3[k] * c;
            }
    /* Weights of a unit slope: along the axis 4 * 4 * (1.5 + 0.5 + 0.5 + 1.5), across 8 * 2 * 4. */
    g[axis] /= 64.0 * mesh->spacing[axis];
    g[u] /= 64.0 * mesh->spacing[u];
    g[w] /= 64.0 * mesh->spacing[w];
    const double length = sqrt(g[0] * g[0] + g[1] * g[1] + g[2] * g[2]);
    for (int a = 0; a < 3; a++) normal[a] = (float)(length > 0 ? g[a] / length : a == axis);
}

static xt_status add_face(list *l, const xt_mesh *mesh, size_t a, size_t b, const int voxel[3], int axis,
                          xt_error *err) {
    const xt_material ma = mesh->material[a], mb = mesh->material[b];
    const double face = mesh->spacing[(axis + 1) % 3] * mesh->spacing[(axis + 2) % 3];
    xt_interface_face f = {
        .a = (uint32_t)a, .b = (uint32_t)b, .axis = (uint8_t)axis, .from = ma.tissue, .to = mb.tissue};
    f.cut = (float)xt_face_cut(ma, mb);
    normal_at(f.normal, mesh, voxel, axis, f.from, f.to);
    f.area = (float)(face * fabs((double)f.normal[axis]));
    return push(l, &f, err);
}

/* Faces of a cell: those to the next cells, and where the outside counts those to the outside before it. */
static xt_status add_cell(list *l, const xt_mesh *mesh, size_t cell, bool outside, xt_error *err) {
    int voxel[3];
    xt_mesh_position(mesh, cell, voxel);
    const int tissue = mesh->material[cell].tissue;
    for (int axis = 0; axis < 3; axis++) {
        const size_t next = xt_mesh_neighbour(mesh, cell, 2 * axis + 1);
        const int beyond = mesh->material[next].tissue;
        if (voxel[axis] + 1 < mesh->dims[axis] && beyond != tissue && (outside || beyond != 0))
            XT_TRY(add_face(l, mesh, cell, next, voxel, axis, err));
        if (!outside || voxel[axis] == 0) continue;
        const size_t before = xt_mesh_neighbour(mesh, cell, 2 * axis);
        if (mesh->material[before].tissue != 0) continue;
        voxel[axis]--;
        XT_TRY(add_face(l, mesh, before, cell, voxel, axis, err));
        voxel[axis]++;
    }
    return XT_OK;
}

static xt_status add_totals(xt_interface *interface, xt_error *err) {
    const size_t entries = 256 * 256;
    xt_interface_pair *all = calloc(entries, sizeof *all);
    if (!all) return xt_no_memory(err, "interface totals", entries * sizeof *all);
    for (size_t i = 0; i < interface->count; i++) {
        const xt_interface_face *f = &interface->face[i];
        const int low = f->from < f->to ? f->from : f->to, high = f->from < f->to ? f->to : f->from;
        xt_interface_pair *p = &all[low * 256 + high];
        p->low = (uint8_t)low;
        p->high = (uint8_t)high;
        p->faces++;
        p->area += (double)f->area;
    }
    for (size_t k = 0; k < entries; k++)
        if (all[k].faces > 0) all[interface->pairs++] = all[k];
    interface->pair = realloc(all, ((size_t)interface->pairs + 1) * sizeof *all);
    if (!interface->pair) interface->pair = all;
    return XT_OK;
}

xt_status xt_interface_find(xt_interface **out, const xt_mesh *mesh, bool outside, xt_error *err) {
    *out = NULL;
    xt_status status = XT_OK;
    list l = {calloc(1, sizeof(xt_interface)), 0};
    if (!l.interface) return xt_no_memory(err, "an interface", sizeof(xt_interface));
    for (size_t cell = XT_BLOCK; cell < mesh->blocks * XT_BLOCK; cell++)
        if (mesh->material[cell].tissue != 0) XT_GO(add_cell(&l, mesh, cell, outside, err));
    XT_GO(add_totals(l.interface, err));
    *out = l.interface;
    l.interface = NULL;
done:
    xt_interface_free(l.interface);
    return status;
}

void xt_interface_free(xt_interface *interface) {
    if (!interface) return;
    free(interface->face);
    free(interface->pair);
    free(interface);
}

double xt_interface_area(const xt_interface *interface, int tissue, int other) {
    const int low = tissue < other ? tissue : other, high = tissue < other ? other : tissue;
    for (int i = 0; i < interface->pairs; i++)
        if (interface->pair[i].low == low && interface->pair[i].high == high) return interface->pair[i].area;
    return 0;
}
