#include "observe/plane.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double dot(const double a[3], const double b[3]) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

static void cross(double out[3], const double a[3], const double b[3]) {
    for (int k = 0; k < 3; k++) out[k] = a[(k + 1) % 3] * b[(k + 2) % 3] - a[(k + 2) % 3] * b[(k + 1) % 3];
}

static bool normalise(double v[3]) {
    const double length = sqrt(dot(v, v));
    if (!(length > 1e-12) || !isfinite(length)) return false;
    for (int k = 0; k < 3; k++) v[k] /= length;
    return true;
}

xt_status xt_plane_across(xt_plane *plane, const double box[3], int axis, double mm, xt_error *err) {
    *plane = (xt_plane){.axis = axis};
    if (axis < 0 || axis > 2) return xt_fail(err, XT_USAGE, "a slice along axis %d", axis);
    if (!(mm >= 0 && mm <= box[axis]))
        return xt_fail(err, XT_USAGE, "a slice at %c = %g mm; the box reaches from 0 to %g mm", "xyz"[axis],
                       mm, box[axis]);
    const int right = axis == 0 ? 1 : 0, up = axis == 2 ? 1 : 2;
    plane->point[axis] = mm;
    plane->normal[axis] = plane->right[right] = plane->up[up] = 1;
    plane->size[0] = box[right];
    plane->size[1] = box[up];
    plane->corners = 4;
    plane->corner[1][0] = plane->corner[2][0] = box[right];
    plane->corner[2][1] = plane->corner[3][1] = box[up];
    return XT_OK;
}

/* Where the plane meets the twelve edges of the box, in the plane's coordinates. */
static int meet_edges(double found[12][2], const xt_plane *p, const double box[3]) {
    int n = 0;
    for (int axis = 0; axis < 3; axis++)
        for (int which = 0; which < 4; which++) {
            const int b = (axis + 1) % 3, c = (axis + 2) % 3;
            double from[3] = {-p->point[0], -p->point[1], -p->point[2]};
            if (which & 1) from[b] += box[b];
            if (which & 2) from[c] += box[c];
            if (fabs(p->normal[axis]) < 1e-12) continue;
            const double t = -dot(from, p->normal) / p->normal[axis];
            if (t < -1e-9 * box[axis] || t > box[axis] * (1 + 1e-9)) continue;
            from[axis] += t;
            found[n][0] = dot(from, p->right);
            found[n][1] = dot(from, p->up);
            n++;
        }
    return n;
}

/* The convex polygon of the points: in order of their angle about the middle, without those that repeat. */
static void order(xt_plane *p, double found[12][2], int n, double least) {
    double middle[2] = {0, 0}, angle[12];
    for (int i = 0; i < n; i++)
        for (int k = 0; k < 2; k++) middle[k] += found[i][k] / n;
    for (int i = 0; i < n; i++) angle[i] = atan2(found[i][1] - middle[1], found[i][0] - middle[0]);
    for (int i = 1; i < n; i++)
        for (int j = i; j > 0 && angle[j] < angle[j - 1]; j--) {
            const double a = angle[j], x = found[j][0], y = found[j][1];
            angle[j] = angle[j - 1];
            memcpy(found[j], found[j - 1], sizeof found[j]);
            angle[j - 1] = a;
            found[j - 1][0] = x;
            found[j - 1][1] = y;
        }
    p->corners = 0;
    for (int i = 0; i < n && p->corners < XT_PLANE_CORNERS; i++) {
        const double *last = p->corners ? p->corner[p->corners - 1] : NULL;
        if (last && hypot(found[i][0] - last[0], found[i][1] - last[1]) < least) continue;
        if (p->corners > 2 && hypot(found[i][0] - p->corner[0][0], found[i][1] - p->corner[0][1]) < least)
            continue;
        memcpy(p->corner[p->corners++], found[i], sizeof found[i]);
    }
}

static void choose_up(xt_plane *p, double turn) {
    const int world = fabs(p->normal[2]) < 0.75 ? 2 : 1;
    const double along = p->normal[world];
    for (int k = 0; k < 3; k++) p->up[k] = (k == world) - along * p->normal[k];
    normalise(p->up);
    cross(p->right, p->up, p->normal);
    int largest = 0;
    for (int k = 1; k < 3; k++)
        if (fabs(p->right[k]) > fabs(p->right[largest]) + 1e-9) largest = k;
    if (p->right[largest] < 0)
        for (int k = 0; k < 3; k++) p->right[k] = -p->right[k];
    /* Turning the picture anticlockwise turns its axes clockwise in the body. */
    const double c = cos(turn), s = sin(turn);
    for (int k = 0; k < 3; k++) {
        const double right = p->right[k], up = p->up[k];
        p->right[k] = c * right - s * up;
        p->up[k] = s * right + c * up;
    }
}

xt_status xt_plane_oblique(xt_plane *plane, const double box[3], const double point[3],
                           const double normal[3], double turn, xt_error *err) {
    *plane = (xt_plane){.axis = -1};
    memcpy(plane->point, point, sizeof plane->point);
    memcpy(plane->normal, normal, sizeof plane->normal);
    if (!normalise(plane->normal) || !isfinite(turn))
        return xt_fail(err, XT_USAGE, "(%g, %g, %g) is no direction of a normal", normal[0], normal[1],
                       normal[2]);
    choose_up(plane, turn);
    double found[12][2];
    const double least = 1e-6 * (box[0] + box[1] + box[2]);
    const int n = meet_edges(found, plane, box);
    if (n >= 3) order(plane, found, n, least);
    for (int k = 0; k < 2 && plane->corners >= 3; k++) {
        double low = INFINITY, high = -INFINITY;
        for (int i = 0; i < plane->corners; i++) {
            low = fmin(low, plane->corner[i][k]);
            high = fmax(high, plane->corner[i][k]);
        }
        plane->low[k] = low;
        plane->size[k] = high - low;
        for (int i = 0; i < plane->corners; i++) plane->corner[i][k] -= low;
    }
    if (plane->corners < 3 || !(plane->size[0] > least) || !(plane->size[1] > least))
        return xt_fail(
            err, XT_USAGE,
            "the plane through (%g, %g, %g) mm across (%g, %g, %g) misses the box of %g x %g x %g mm",
            point[0], point[1], point[2], normal[0], normal[1], normal[2], box[0], box[1], box[2]);
    return XT_OK;
}

void xt_plane_corner(double mm[3], const xt_plane *p, int k) {
    for (int a = 0; a < 3; a++)
        mm[a] = p->point[a] + (p->low[0] + p->corner[k][0]) * p->right[a] +
                (p->low[1] + p->corner[k][1]) * p->up[a];
}

static void letters(xt_side_text text, const double world[3]) {
    static const char names[3][2] = {{'L', 'R'}, {'P', 'A'}, {'I', 'S'}};
    bool used[3] = {false, false, false};
    int n = 0;
    for (int turn = 0; turn < 3; turn++) {
        int most = -1;
        for (int w = 0; w < 3; w++)
            if (!used[w] && (most < 0 || fabs(world[w]) > fabs(world[most]))) most = w;
        used[most] = true;
        if (n > 0 && fabs(world[most]) < 0.26) break; /* the sine of 15 degrees */
        text[n++] = names[most][world[most] >= 0];
    }
    text[n] = '\0';
}

void xt_plane_sides(xt_side_text side[4], const xt_plane *plane, const double affine[3][4],
                    const double spacing[3]) {
    for (int k = 0; k < 2; k++) {
        const double *along = k == 0 ? plane->right : plane->up;
        double world[3] = {0, 0, 0}, back[3];
        for (int w = 0; w < 3; w++)
            for (int a = 0; a < 3; a++) world[w] += affine[w][a] / spacing[a] * along[a];
        normalise(world);
        for (int w = 0; w < 3; w++) back[w] = -world[w];
        letters(side[2 * k], back);
        letters(side[2 * k + 1], world);
    }
}

const char *xt_plane_text(char *text, size_t size, const xt_plane *p) {
    if (p->axis >= 0)
        snprintf(text, size, "%c = %.4g mm", "xyz"[p->axis], p -> point[p->axis]);
    else
        snprintf(text, size, "across (%.2g, %.2g, %.2g) through (%.4g, %.4g, %.4g) mm", p->normal[0],
                 p->normal[1], p->normal[2], p->point[0], p->point[1], p->point[2]);
    return text;
}
