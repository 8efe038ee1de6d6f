#include "mesh/shares.h"

#include <math.h>

enum { MAX_SEEN = 12, PLANE_DEPTH = 4, SOLID_DEPTH = 3 };

typedef struct {
    const void *shape;
    xt_place_at at;
    bool solid;
    int count, tissue[MAX_SEEN];
    double volume[MAX_SEEN];
} tally;

static void add(tally *t, int tissue, double volume) {
    for (int i = 0; i < t->count; i++)
        if (t->tissue[i] == tissue) {
            t->volume[i] += volume;
            return;
        }
    if (t->count == MAX_SEEN)
        return; /* twelve tissues in one voxel: the two kept are not among the late ones */
    t->tissue[t->count] = tissue;
    t->volume[t->count++] = volume;
}

static void look(tally *t, const double centre[3], const double size[3], double volume, int depth) {
    const xt_place here = t->at(t->shape, centre);
    const double diagonal = sqrt(size[0] * size[0] + size[1] * size[1] + (t->solid ? size[2] * size[2] : 0));
    if (here.clear >= 0.5 * diagonal) {
        add(t, here.tissue, volume);
        return;
    }
    if (depth == 0) {
        const double edge = t->solid ? cbrt(size[0] * size[1] * size[2]) : sqrt(size[0] * size[1]);
        const double share = fmin(1.0, 0.5 + here.distance / edge);
        add(t, here.tissue, share * volume);
        if (share < 1) add(t, here.other, (1 - share) * volume);
        return;
    }
    const int parts = t->solid ? 8 : 4;
    const double half[3] = {0.5 * size[0], 0.5 * size[1], t->solid ? 0.5 * size[2] : size[2]};
    for (int p = 0; p < parts; p++) {
        const double at[3] = {centre[0] + (p & 1 ? 0.5 : -0.5) * half[0],
                              centre[1] + (p & 2 ? 0.5 : -0.5) * half[1],
                              t->solid ? centre[2] + (p & 4 ? 0.5 : -0.5) * half[2] : centre[2]};
        look(t, at, half, volume / parts, depth - 1);
    }
}

xt_material xt_share_pick(const int *tissue, const double *volume, int count, double *dropped) {
    double outside = 0, total = 0;
    int first = -1, second = -1;
    for (int i = 0; i < count; i++) {
        total += volume[i];
        if (tissue[i] == 0) {
            outside += volume[i];
            continue;
        }
        if (volume[i] <= 0) continue;
        const int order[2] = {first, second};
        int rank = 2;
        for (int k = 1; k >= 0; k--)
            if (order[k] < 0 || volume[i] > volume[order[k]] ||
                (volume[i] == volume[order[k]] && tissue[i] < tissue[order[k]]))
                rank = k;
        if (rank == 0) {
            second = first;
            first = i;
        } else if (rank == 1) {
            second = i;
        }
    }
    xt_material m = {0, 0, 0};
    if (first < 0 || outside > 0.5 * total) return m;
    m.tissue = (uint8_t)tissue[first];
    if (second < 0) return m;
    const double kept = volume[first] + volume[second];
    const double lost = (total - outside - kept) / total;
    if (dropped && lost > *dropped) *dropped = lost;
    const long share = lround(65535.0 * volume[second] / kept);
    if (share <= 0) return m;
    m.second = (uint8_t)tissue[second];
    m.share = (uint16_t)(share > 32767 ? 32767 : share);
    return m;
}

xt_material xt_share_of(const void *shape, xt_place_at at, const double centre[3], const double spacing[3],
                        bool solid, double *dropped) {
    tally t = {.shape = shape, .at = at, .solid = solid};
    look(&t, centre, spacing, 1.0, solid ? SOLID_DEPTH : PLANE_DEPTH);
    return xt_share_pick(t.tissue, t.volume, t.count, dropped);
}
