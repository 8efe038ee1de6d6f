/* A view as a picture: camera, rendering, and the page around it. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "app/again.h"
#include "app/view.h"

static const double degree = 3.14159265358979323846 / 180;

/* ---- camera ---- */

/* Directions of the world (right, front, top of the body) in the axes of the box. Returns whether the box is
 * a mirror image of the world: then pictures of it must be mirrored back. */
static bool world_axes(double axis[3][3], const xt_view_subject *s) {
    double unit[3][3]; /* [box axis][world] */
    for (int a = 0; a < 3; a++) {
        double length = 0;
        for (int i = 0; i < 3; i++) length += s->affine[i][a] * s->affine[i][a];
        length = sqrt(length);
        for (int i = 0; i < 3; i++) unit[a][i] = length > 0 ? s->affine[i][a] / length : a == i;
    }
    for (int k = 0; k < 3; k++)
        for (int a = 0; a < 3; a++) axis[k][a] = unit[a][k];
    const double *x = unit[0], *y = unit[1], *z = unit[2];
    return x[0] * (y[1] * z[2] - y[2] * z[1]) - x[1] * (y[0] * z[2] - y[2] * z[0]) +
               x[2] * (y[0] * z[1] - y[1] * z[0]) <
           0;
}

/* What is left of the tissue by the cuts, as the point it shrinks to. */
static void clip(double point[3], const xt_view *view) {
    for (int i = 0; i < view->look.cuts; i++)
        for (int a = 0; a < 3; a++) {
            const xt_look_cut *cut = &view->look.cut[i];
            if (cut->normal[a] > 0) point[a] = fmin(point[a], cut->point[a]);
            if (cut->normal[a] < 0) point[a] = fmax(point[a], cut->point[a]);
        }
}

/* Flat things are seen from above, long ones from the side. */
static double automatic_elevation(const double size[3], const double axis[3][3]) {
    double tall = 0, wide = 0;
    for (int a = 0; a < 3; a++) {
        tall += fabs(axis[2][a]) * size[a];
        wide = fmax(wide, hypot(axis[0][a], axis[1][a]) * size[a]);
    }
    return 20 + 42 * fmin(fmax(1 - tall / wide, 0), 1);
}

/* How far what is left reaches to all sides of the camera's target, and the distance from which a lens of
 * that angle sees all of it. */
typedef struct {
    double low[2], high[2]; /* to the right and up, mm */
    double distance;
} spread;

static xt_status measure(spread *s, const xt_view *view, const xt_camera *camera, double aspect,
                         double tangent, xt_error *err) {
    double axis[3][3];
    XT_TRY(xt_camera_frame(axis[0], axis[1], axis[2], camera, err));
    for (int k = 0; k < XT_VIEW_HULL; k++) {
        double point[3], at[3] = {0};
        memcpy(point, view->subject->hull[k], sizeof point);
        clip(point, view);
        for (int i = 0; i < 3; i++)
            for (int a = 0; a < 3; a++) at[i] += axis[i][a] * (point[a] - camera->target[a]);
        for (int i = 0; i < 2; i++) {
            s->low[i] = fmin(s->low[i], at[i]);
            s->high[i] = fmax(s->high[i], at[i]);
        }
        const double half = fmax(fabs(at[0]) / aspect, fabs(at[1]));
        s->distance = fmax(s->distance, half / tangent - at[2]);
    }
    return XT_OK;
}

/* The directions, from the table's angles; it looks at the middle of what is left. */
static xt_status aim(xt_camera *camera, const xt_view *view, double azimuth, xt_error *err) {
    const xt_view_request *r = view->request;
    double axis[3][3], low[3], high[3], size[3];
    const bool mirrored = world_axes(axis, view->subject);
    memcpy(low, view->subject->tissue[0].low, sizeof low);
    memcpy(high, view->subject->tissue[0].high, sizeof high);
    clip(low, view);
    clip(high, view);
    for (int a = 0; a < 3; a++) size[a] = fmax(high[a] - low[a], view->subject->spacing[a]);
    xt_orbit orbit = xt_orbit_default();
    orbit.azimuth = azimuth * degree * (mirrored ? -1 : 1);
    orbit.elevation = (isnan(r->elevation) ? automatic_elevation(size, axis) : r->elevation) * degree;
    orbit.roll = r->roll * degree * (mirrored ? -1 : 1);
    memcpy(orbit.front, axis[1], sizeof orbit.front);
    memcpy(orbit.top, axis[2], sizeof orbit.top);
    XT_TRY(xt_camera_orbit(camera, &orbit, size, err));
    for (int a = 0; a < 3; a++) {
        camera->eye[a] += low[a];
        camera->target[a] += low[a];
    }
    return XT_OK;
}

xt_status xt_view_camera(xt_camera *camera, const xt_view *view, double turn, xt_error *err) {
    enum { AROUND = 36 };
    const xt_view_request *r = view->request;
    const double margin = 0.03, keep = 1 - 2 * margin, tangent = tan(r->angle * degree / 2);
    const double aspect = view->width > 0 ? (double)view->width / view->height : 4.0 / 3;
    spread s = {{0, 0}, {0, 0}, 0};
    XT_TRY(aim(camera, view, r->azimuth + turn, err));
    if (view->turning) {
        for (int i = 0; i < AROUND; i++) {
            xt_camera other;
            XT_TRY(aim(&other, view, 360.0 * i / AROUND, err));
            XT_TRY(measure(&s, view, &other, aspect, tangent * keep, err));
        }
        for (int i = 0; i < 2; i++) s.low[i] = -(s.high[i] = fmax(s.high[i], -s.low[i]));
    } else {
        double right[3], up[3], forward[3];
        s = (spread){{INFINITY, INFINITY}, {-INFINITY, -INFINITY}, 0};
        XT_TRY(measure(&s, view, camera, aspect, tangent * keep, err));
        XT_TRY(xt_camera_frame(right, up, forward, camera, err));
        for (int a = 0; a < 3; a++) { /* into the middle of the picture */
            const double shift = right[a] * (s.low[0] + s.high[0]) / 2 + up[a] * (s.low[1] + s.high[1]) / 2;
            camera->eye[a] += shift;
            camera->target[a] += shift;
        }
        s.distance = 0;
        XT_TRY(measure(&s, view, camera, aspect, tangent * keep, err));
    }
    const double wide = (s.high[0] - s.low[0]) / aspect, tall = s.high[1] - s.low[1];
    camera->perspective = r->perspective;
    camera->height = fmax(wide, tall) / keep / r->zoom;
    camera->angle = 2 * atan(tangent / r->zoom); /* a longer lens: it never walks into the body */
    if (!r->perspective) return XT_OK;
    double away[3], length = 0;
    for (int a = 0; a < 3; a++) {
        away[a] = camera->eye[a] - camera->target[a];
        length += away[a] * away[a];
    }
    for (int a = 0; a < 3; a++)
        camera->eye[a] = camera->target[a] + away[a] / sqrt(length) * s.distance * 1.02;
    return XT_OK;
}

static void mirror(xt_image *image) {
    for (int y = 0; y < image->height; y++) {
        xt_colour *row = image->pixel + (size_t)y * (size_t)image->width;
        for (int x = 0; x < image->width / 2; x++) {
            const xt_colour swap = row[x];
            row[x] = row[image->width - 1 - x];
            row[image->width - 1 - x] = swap;
        }
    }
}

xt_status xt_view_render(xt_image *inner, xt_render_facts *facts, const xt_view *view,
                         const xt_camera *camera, xt_volume *volume, xt_error *err) {
    double axis[3][3];
    xt_look look = view->look;
    const bool mirrored = world_axes(axis, view->subject);
    if (mirrored) look.light[0] = -look.light[0];
    XT_TRY(xt_image_create(inner, view->width, view->height, look.top, err));
    const xt_status status = xt_render(inner, facts, volume, camera, &look, err);
    if (status != XT_OK)
        xt_image_free(inner);
    else if (mirrored)
        mirror(inner);
    return status;
}

/* ---- words ---- */

void xt_view_moment(char *text, size_t size, double hours, double age_y, double begin) {
    char age[40] = "";
    if (!isnan(age_y))
        snprintf(age, sizeof age, hours < 2 * 8766 && hours < begin ? "age %.2f y · " : "age %.1f y · ",
                 age_y);
    if (hours > begin || begin == 0)
        snprintf(text, size, "%s%s%.4g h", age, begin > 0 ? "acute phase, " : "t = ", hours - begin);
    else if (hours < 2 * 8766)
        snprintf(text, size, "%sday %.4g", age, hours / 24);
    else
        snprintf(text, size, "%syear %.4g", age, hours / 8766);
}

static void compose_title(char *text, size_t size, const xt_view *view) {
    if (view->request->title[0]) {
        snprintf(text, size, "%s", view->request->title);
        return;
    }
    size_t used = 0;
    text[0] = '\0';
    for (int k = 0; k < view->fields && used < size; k++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", k ? " · " : "",
                                 view->fields > 1 ? view->field[k].brief : view->field[k].label);
    if (!view->fields) snprintf(text, size, "Tissues");
    text[0] = (char)(text[0] >= 'a' && text[0] <= 'z' ? text[0] - 32 : text[0]);
}

/* The time, and where it is cut open. */
static void compose_subtitle(char *text, size_t size, const xt_view *view, const char *time) {
    size_t used = (size_t)snprintf(text, size, "%s", time ? time : "");
    for (int i = 0; i < view->look.cuts && used < size; i++) {
        const xt_look_cut *cut = &view->look.cut[i];
        for (int a = 0; a < 3; a++)
            if (cut->normal[a] != 0 && used < size)
                used += (size_t)snprintf(text + used, size - used, "%s%s%c = %.4g mm",
                                         i      ? ", "
                                         : used ? " · "
                                                : "",
                                         i ? "" : "cut at ", "xyz"[a], cut -> point[a]);
    }
}

static double voxel(const xt_view_subject *s) {
    return fmax(s->spacing[0], fmax(s->spacing[1], s->spacing[2]));
}

/* What the voxels cannot show, and what the caller adds. Returns the badge, NULL: all is resolved. */
static const char *compose_note(char *text, size_t size, const xt_view *view, const char *more) {
    const double h = voxel(view->subject);
    double shortest = INFINITY, longest = 0;
    size_t used = 0;
    text[0] = '\0';
    for (int k = 0; k < view->fields; k++) {
        if (!(view->field[k].fades[0] > 0)) continue;
        shortest = fmin(shortest, view->field[k].fades[0]);
        longest = fmax(longest, view->field[k].fades[1]);
    }
    const char *badge = shortest < h ? longest < h ? "gradients not resolved" : "partly resolved" : NULL;
    if (badge)
        used = (size_t)snprintf(text, size,
                                longest < h ? "Gradients fade over %.2g–%.2g mm, a voxel is %.2g mm: levels "
                                              "are tissue means; exchange between tissues runs through the "
                                              "blood."
                                            : "Gradients fade over %.2g–%.2g mm, a voxel is %.2g mm.",
                                shortest, longest, h);
    if (view->glows && used < size)
        used += (size_t)snprintf(text + used, size - used,
                                 "%sColours of what glows mix along the line of sight.", used ? " " : "");
    if (more && used < size) snprintf(text + used, size - used, "%s%s", used ? " " : "", more);
    return badge;
}

static void voxel_text(char *text, size_t size, const xt_view *view) {
    const double *h = view->subject->spacing;
    const char *perspective = view->request->perspective ? "perspective, scale as in the middle · " : "";
    if (h[0] == h[1] && h[1] == h[2])
        snprintf(text, size, "%svoxel %.3g mm", perspective, h[0]);
    else
        snprintf(text, size, "%svoxel %.3g × %.3g × %.3g mm", perspective, h[0], h[1], h[2]);
}

/* ---- the page ---- */

typedef struct {
    char title[256], subtitle[256], note[600], corner[96];
    xt_page_panel panel;
    xt_page_bar bar[XT_RENDER_FIELDS];
    xt_scale scale[XT_RENDER_FIELDS];
    xt_page_key key[XT_RENDER_SURFACES];
    char name[XT_RENDER_SURFACES][200];
    xt_page_def def;
} composition;

static void compose(composition *c, const xt_view *view, const xt_view_words *words, double width_mm,
                    double height_mm) {
    *c = (composition){.panel = {.width = width_mm, .height = height_mm, .bar = -1}};
    compose_title(c->title, sizeof c->title, view);
    const char *badge = compose_note(c->note, sizeof c->note, view, words->note);
    voxel_text(c->corner, sizeof c->corner, view);
    for (int k = 0; k < view->fields; k++) {
        c->scale[k] = view->scale[k];
        c->scale[k].below = words->reach[k].below;
        c->scale[k].above = words->reach[k].above;
        c->bar[k] = (xt_page_bar){&c->scale[k], view->field[k].brief, view->field[k].unit};
    }
    int keys = 0;
    for (int i = 0; i < view->surfaces; i++) {
        const xt_surface_look *look = &view->look.surface[i];
        if (look->opacity == 0) continue;
        const bool by = look->field >= 0;
        snprintf(c->name[keys], sizeof c->name[keys], "%s%s%s", view->surface_name[i], by ? ", by " : "",
                 by ? view->field[look->field].brief : "");
        c->key[keys] = (xt_page_key){c->name[keys], look->colour, by ? &view->scale[look->field].map : NULL};
        keys++;
    }
    xt_page_def_default(&c->def);
    c->def.title = c->title;
    compose_subtitle(c->subtitle, sizeof c->subtitle, view, words->subtitle);
    c->def.subtitle = c->subtitle[0] ? c->subtitle : NULL;
    c->def.badge = badge;
    c->def.note = c->note[0] ? c->note : NULL;
    c->def.corner = c->corner;
    c->def.panel = &c->panel;
    c->def.bar = c->bar;
    c->def.bars = view->fields;
    c->def.key = c->key;
    c->def.keys = keys;
    c->def.scale_bar = true;
    c->def.whole_pixels = true;
    c->def.dark = view->request->dark;
    c->def.width = view->request->width;
    c->def.height = view->request->height;
}

/* A picture fills what the furniture leaves: found by asking for a very wide and a very tall one. */
xt_status xt_view_lay_out(xt_view *view, const xt_view_words *words, xt_font *font, xt_error *err) {
    int side[2];
    for (int tall = 0; tall < 2; tall++) {
        composition c;
        xt_page *page;
        xt_image image;
        compose(&c, view, words, tall ? 1 : 1000, tall ? 1000 : 1);
        XT_TRY(xt_page_create(&page, &image, &c.def, font, err));
        side[tall] = (int)(tall ? page->panel[0].h : page->panel[0].w);
        xt_page_free(page);
        xt_image_free(&image);
    }
    view->width = side[0];
    view->height = side[1];
    return XT_OK;
}

static void draw_axes(xt_image *image, const xt_page *page, const xt_view *view, const xt_camera *camera) {
    static const char *const letter[3] = {"R", "A", "S"};
    double axis[3][3], right[3], up[3], forward[3], direction[3][3];
    xt_error ignored = {0};
    const bool mirrored = world_axes(axis, view->subject);
    if (xt_camera_frame(right, up, forward, camera, &ignored) != XT_OK) return;
    for (int k = 0; k < 3; k++)
        for (int j = 0; j < 3; j++) {
            const double *along = j == 0 ? right : j == 1 ? up : forward;
            const double cosine = axis[k][0] * along[0] + axis[k][1] * along[1] + axis[k][2] * along[2];
            direction[k][j] = j == 2 || (j == 0 && mirrored) ? -cosine : cosine;
        }
    const double size = 34 * page->unit;
    const xt_rect *at = &page->panel[0];
    xt_page_triad(image, page, at->x + 1.5 * size, at->y + at->h - 1.5 * size, size, direction, letter);
}

xt_status xt_view_page(xt_image *image, const xt_view *view, const xt_image *inner, const xt_camera *camera,
                       const xt_view_words *words, xt_font *font, xt_error *err) {
    composition c;
    xt_page *page;
    const double pixel = xt_camera_pixel(camera, view->height);
    compose(&c, view, words, view->width * pixel * (1 + 1e-9), view->height * pixel * (1 + 1e-9));
    XT_TRY(xt_page_create(&page, image, &c.def, font, err));
    const int x0 = (int)page->panel[0].x, y0 = (int)page->panel[0].y;
    for (int y = 0; y < inner->height && y0 + y < image->height; y++)
        for (int x = 0; x < inner->width && x0 + x < image->width; x++)
            image->pixel[(size_t)(y0 + y) * (size_t)image->width + (size_t)(x0 + x)] =
                inner->pixel[(size_t)y * (size_t)inner->width + (size_t)x];
    xt_page_draw(image, page);
    draw_axes(image, page, view, camera);
    xt_page_free(page);
    return XT_OK;
}

/* ---- the record in the file ---- */

static char *add_text(xt_view_record *record, const char *key) {
    char *value = record->value[record->count];
    value[0] = '\0';
    record->text[record->count++] = (xt_png_text){key, value};
    return value;
}

void xt_view_describe(xt_view_record *record, const xt_view *view, const xt_camera *camera,
                      const xt_view_words *words) {
    enum { SIZE = sizeof record->value[0] };
    record->count = 0;
    compose_title(add_text(record, "Title"), SIZE, view);
    compose_subtitle(add_text(record, "Description"), SIZE, view, words->subtitle);
    if (words->scene) snprintf(add_text(record, "Scene"), SIZE, "%s", words->scene);
    if (!isnan(words->time_d)) snprintf(add_text(record, "Time"), SIZE, "%.17g d", words->time_d);
    char *field = view->fields ? add_text(record, "Field") : NULL;
    for (int k = 0, used = 0; k < view->fields && used < SIZE; k++)
        used += snprintf(field + used, (size_t)(SIZE - used), "%s%s %.6g to %.6g %s%s", k ? "; " : "",
                         view->field[k].name, view->scale[k].low, view->scale[k].high, view->field[k].unit,
                         view->scale[k].log ? " (log)" : "");
    char *surface = view->surfaces ? add_text(record, "Surfaces") : NULL;
    for (int k = 0, used = 0; k < view->surfaces && used < SIZE; k++)
        used += snprintf(surface + used, (size_t)(SIZE - used), "%s%s opacity %.3g", k ? "; " : "",
                         view->surface_name[k], view->look.surface[k].opacity);
    char *from = add_text(record, "Camera");
    if (camera->perspective)
        snprintf(from, SIZE, "perspective, angle %.4g degrees, ", camera->angle / degree);
    else
        snprintf(from, SIZE, "orthographic, height %.6g mm, ", camera->height);
    snprintf(
        from + strlen(from), SIZE - strlen(from),
        "eye (%.6g, %.6g, %.6g), target (%.6g, %.6g, %.6g), up (%.4g, %.4g, %.4g) mm from the box's first "
        "corner",
        camera->eye[0], camera->eye[1], camera->eye[2], camera->target[0], camera->target[1],
        camera->target[2], camera->up[0], camera->up[1], camera->up[2]);
    snprintf(add_text(record, "Software"), SIZE, "Crosstalk " CROSSTALK_VERSION);
    if (xt_source_revision()) snprintf(add_text(record, "Source"), SIZE, "%s", xt_source_revision());
    const xt_png_text lent[] = {
        {"Scene file", words->scene_file}, {"Command", words->command}, {"Request", words->request}};
    for (int i = 0; i < (int)(sizeof lent / sizeof *lent); i++)
        if (lent[i].value) record->text[record->count++] = lent[i];
}
