/* The box in parallel projection, seen from the front, the right and above, and the planes through it. */
#include <math.h>
#include "draw/page.h"
#include "draw/page_parts.h"

typedef struct {
    double x, y, scale; /* of the box's first corner, pixels */
} view;

/* x runs to the right, z upwards, y away from the viewer: to the right and up. */
static void project(double at[2], const view *v, const double mm[3]) {
    at[0] = v->x + (mm[0] + 0.42 * mm[1]) * v->scale;
    at[1] = v->y - (mm[2] + 0.32 * mm[1]) * v->scale;
}

static void stroke(xt_image *image, const view *v, const double a[3], const double b[3], double width,
                   xt_colour colour) {
    double from[2], to[2];
    project(from, v, a);
    project(to, v, b);
    xt_image_line(image, from[0], from[1], to[0], to[1], width, colour);
}

/* Edges of the box: those at its far corner are hidden, and paler. */
static void draw_box(xt_image *image, const view *v, const double box[3], bool hidden, double width,
                     xt_colour colour) {
    for (int axis = 0; axis < 3; axis++)
        for (int which = 0; which < 4; which++) {
            const int b = (axis + 1) % 3, c = (axis + 2) % 3;
            double from[3] = {0, 0, 0}, to[3];
            from[b] = which & 1 ? box[b] : 0;
            from[c] = which & 2 ? box[c] : 0;
            for (int k = 0; k < 3; k++) to[k] = from[k];
            to[axis] = box[axis];
            /* Seen from the front (y = 0), the right (x = box) and above: hidden is what meets the corner at
             * the left, back, bottom. */
            const bool back =
                (axis == 0 || from[0] == 0) && (axis == 1 || from[1] > 0) && (axis == 2 || from[2] == 0);
            if (back == hidden) stroke(image, v, from, to, width, colour);
        }
}

double xt_page_locate(xt_image *image, const xt_page *page, double right, double top, double bottom) {
    const xt_page_locator *l = page->own->def.locator;
    if (!l || l->planes < 1 || !(bottom - top > 10)) return 0;
    const double u = page->unit, wide = l->box[0] + 0.42 * l->box[1], high = l->box[2] + 0.32 * l->box[1];
    view v = {.scale = fmin((bottom - top) / high, 110 * u / wide)};
    v.x = right - wide * v.scale;
    v.y = (top + bottom) / 2 + high * v.scale / 2;
    const xt_colour pale = xt_colour_mix(page->palette.grey, page->palette.ground, 0.6);
    draw_box(image, &v, l->box, true, 0.8 * u, pale);
    xt_colour fill = xt_colour_hex(page->own->def.dark ? 0x6fa8dc : 0x2f6fb0), line = fill;
    fill.a = (uint16_t)(fill.a * (l->planes > 4 ? 0.2 : 0.35));
    const double(*corner)[3] = l->corner;
    for (int i = 0; i < l->planes; corner += l->corners[i++]) {
        double at[8][2];
        const int n = l->corners[i] < 8 ? l->corners[i] : 8;
        for (int k = 0; k < n; k++) project(at[k], &v, corner[k]);
        xt_image_polygon(image, (const double(*)[2])at, n, fill);
        for (int k = 0; k < n; k++) stroke(image, &v, corner[k], corner[(k + 1) % n], 1.2 * u, line);
    }
    draw_box(image, &v, l->box, false, 0.9 * u, page->palette.grey);
    return wide * v.scale + 16 * u;
}
