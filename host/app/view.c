/* What a view shows: fields, surfaces, cuts, light; names resolved, what was left open filled in. */
#include "app/view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/text.h"
#include "observe/frame.h"

/* ---- what there is ---- */

static void widen(xt_view_tissue *t, const int at[3], const double spacing[3]) {
    for (int a = 0; a < 3; a++) {
        t->low[a] = fmin(t->low[a], at[a] * spacing[a]);
        t->high[a] = fmax(t->high[a], (at[a] + 1) * spacing[a]);
    }
    t->voxels++;
}

/* Directions spread evenly over the sphere: a spiral of golden angles. */
static void direction(double d[3], int k) {
    const double z = 1 - (2 * k + 1) / (double)XT_VIEW_HULL, r = sqrt(1 - z * z),
                 turn = 2.399963229728653 * k;
    d[0] = r * cos(turn);
    d[1] = r * sin(turn);
    d[2] = z;
}

/* The ends of a row of tissue against the outermost points so far. */
static void reach(xt_view_subject *s, double best[XT_VIEW_HULL], double x0, double x1, int y, int z) {
    const double v = (y + 0.5) * s->spacing[1], w = (z + 0.5) * s->spacing[2];
    for (int k = 0; k < XT_VIEW_HULL; k++) {
        double d[3];
        direction(d, k);
        const double x = d[0] > 0 ? x1 : x0, far = d[0] * x + d[1] * v + d[2] * w;
        if (far <= best[k]) continue;
        best[k] = far;
        s->hull[k][0] = x;
        s->hull[k][1] = v + (d[1] > 0 ? 0.5 : -0.5) * s->spacing[1];
        s->hull[k][2] = w + (d[2] > 0 ? 0.5 : -0.5) * s->spacing[2];
    }
}

/* Among its own on all sides; the ends of the box count as such, so that a window's tissues have a core. */
static bool is_core(const uint8_t *tissue, const int n[3], const int at[3], size_t i,
                    const size_t stride[3]) {
    for (int a = 0; a < 3; a++)
        if ((at[a] > 0 && tissue[i - stride[a]] != tissue[i]) ||
            (at[a] + 1 < n[a] && tissue[i + stride[a]] != tissue[i]))
            return false;
    return true;
}

void xt_view_survey(xt_view_subject *s, const uint8_t *tissue) {
    const int *n = s->dims;
    const size_t stride[3] = {1, (size_t)n[0], (size_t)n[0] * (size_t)n[1]};
    double best[XT_VIEW_HULL];
    for (int k = 0; k < XT_VIEW_HULL; k++) best[k] = -INFINITY;
    for (int t = 0; t < 256; t++)
        s->tissue[t] = (xt_view_tissue){.low = {INFINITY, INFINITY, INFINITY},
                                        .high = {-INFINITY, -INFINITY, -INFINITY}};
    for (int z = 0; z < n[2]; z++)
        for (int y = 0; y < n[1]; y++) {
            const size_t row = (size_t)z * stride[2] + (size_t)y * stride[1];
            int first = -1, last = -1;
            for (int x = 0; x < n[0]; x++) {
                const uint8_t t = tissue[row + (size_t)x];
                const int at[3] = {x, y, z};
                if (!t) continue;
                if (first < 0) first = x;
                last = x;
                widen(&s->tissue[t], at, s->spacing);
                widen(&s->tissue[0], at, s->spacing);
                if (is_core(tissue, n, at, row + (size_t)x, stride)) s->tissue[t].core++;
            }
            if (first >= 0) reach(s, best, first * s->spacing[0], (last + 1) * s->spacing[0], y, z);
        }
    s->filled = s->tissue[0].voxels == (double)n[0] * n[1] * n[2];
    if (s->tissue[0].voxels > 0) return;
    for (int k = 0; k < XT_VIEW_HULL; k++) /* nothing: the box itself */
        for (int a = 0; a < 3; a++) {
            s->tissue[0].low[a] = 0;
            s->tissue[0].high[a] = n[a] * s->spacing[a];
            s->hull[k][a] = k >> a & 1 ? s->tissue[0].high[a] : 0;
        }
}

/* ---- names ---- */

static xt_status refuse(const xt_view *view, xt_error *err, const char *text) {
    const xt_view_request *r = view->request;
    return r->source ? xt_fail_at(err, r->source, r->line, r->col, "%s", text)
                     : xt_fail(err, XT_USAGE, "%s", text);
}

static xt_status find_tissue(int *number, const xt_view *view, const char *name, xt_error *err) {
    const xt_view_subject *s = view->subject;
    for (int t = 1; t <= s->tissue_count; t++)
        if (strcmp(s->tissue_name[t - 1], name) == 0) {
            *number = t;
            return XT_OK;
        }
    const char *known[258] = {"body", "none"}, *near;
    for (int t = 0; t < s->tissue_count && t < 256; t++) known[t + 2] = s->tissue_name[t];
    near = xt_nearest(name, known, 2 + (s->tissue_count < 256 ? s->tissue_count : 256));
    xt_text text = {0};
    xt_text_printf(&text, "there is no tissue '%.64s'", name);
    if (near) xt_text_printf(&text, "; did you mean '%s'?", near);
    if (!near) xt_text_add(&text, "; expected ");
    for (int t = 1; t <= s->tissue_count && t < 256 && !near; t++)
        if (s->tissue[t].voxels > 0) xt_text_printf(&text, "%s, ", s->tissue_name[t - 1]);
    if (!near) xt_text_add(&text, "body or none");
    const xt_status status = refuse(view, err, xt_text_get(&text));
    xt_text_free(&text);
    return status;
}

/* The slot of a field; new ones are added at the end. */
static xt_status slot_of(int *slot, xt_view *view, const char *name, xt_view_finder find, void *context,
                         xt_error *err) {
    xt_view_field field = {0};
    XT_TRY(find(&field, name, context, err));
    for (*slot = 0; *slot < view->fields; ++*slot)
        if (strcmp(view->field[*slot].name, field.name) == 0) return XT_OK;
    if (view->fields == XT_RENDER_FIELDS) {
        char text[96];
        snprintf(text, sizeof text, "more than %d fields in one view", XT_RENDER_FIELDS);
        return refuse(view, err, text);
    }
    view->field[view->fields] = field;
    view->scale[view->fields] = (xt_scale){.low = NAN, .high = NAN};
    if (field.fraction) {
        view->scale[view->fields].low = 0;
        view->scale[view->fields].high = 1;
    }
    view->fields++;
    return XT_OK;
}

/* ---- fields ---- */

/* Told apart by hue where several glow in each other. */
static xt_map_kind automatic_map(const xt_view *view, int slot) {
    static const xt_map_kind order[XT_RENDER_FIELDS] = {XT_MAP_AMBER, XT_MAP_AZURE, XT_MAP_ROSE, XT_MAP_GLOW};
    return view->request->glows <= 1 && slot == 0 ? XT_MAP_GLOW : order[slot];
}

static double smallest_side(const xt_view_subject *s) {
    double least = INFINITY;
    for (int a = 0; a < 3; a++) least = fmin(least, s->tissue[0].high[a] - s->tissue[0].low[a]);
    return least;
}

static xt_status resolve_glows(xt_view *view, xt_view_finder find, void *context, xt_error *err) {
    const xt_view_request *r = view->request;
    for (int i = 0; i < r->glows; i++) {
        const xt_view_glow *glow = &r->glow[i];
        if (strcmp(glow->name, "tissue") == 0) continue;
        int slot;
        XT_TRY(slot_of(&slot, view, glow->name, find, context, err));
        xt_scale *scale = &view->scale[slot];
        if (!isnan(glow->low)) scale->low = glow->low;
        if (!isnan(glow->high)) scale->high = glow->high;
        scale->log = glow->logarithmic;
        xt_glow_look *look = &view->look.glow[view->glows];
        look->field = slot;
        look->map = glow->map > 0 ? (xt_map_kind)(glow->map - 1) : automatic_map(view, slot);
        xt_colormap_make(&scale->map, look->map);
        /* Across the thinnest side of what there is, a field at its highest leaves a tenth of the light: less
         * would mix its colour with what is behind, and it could not be found on its bar. */
        view->strength[slot] = 2.4 * glow->strength / smallest_side(view->subject);
        look->gain = 1;
        if (glow->points) {
            look->points = glow->points;
            for (int k = 0; k < glow->points; k++) {
                look->value[k] = glow->point[k].at;
                look->opacity[k] = glow->point[k].opacity * view->strength[slot];
            }
        } else {
            static const double at[4] = {0, 0.08, 0.4, 1}, share[4] = {0, 0, 0.6, 1};
            look->points = 4;
            for (int k = 0; k < 4; k++) {
                look->value[k] = at[k];
                look->opacity[k] = share[k] * view->strength[slot];
            }
        }
        view->glows = ++view->look.glows;
    }
    return XT_OK;
}

/* ---- surfaces ---- */

/* How much is seen of surface i of n, from the outside in: what is deep must show through what is not. */
static double automatic_opacity(const xt_view *view, int i, int n) {
    static const double around_glow[4] = {0.04, 0.06, 0.12, 0.30}, alone[4] = {0.16, 0.40, 1, 1};
    const int place = n == 1 ? 1 : i;
    return view->glows ? around_glow[place] : i == n - 1 ? 1 : alone[place];
}

static void add_surface(xt_view *view, const char *name, unsigned colour, double opacity) {
    xt_surface_look *look = &view->look.surface[view->surfaces];
    snprintf(view->surface_name[view->surfaces], sizeof view->surface_name[0], "%s", name);
    look->name = view->surface_name[view->surfaces];
    look->colour = xt_colour_hex(colour);
    look->opacity = opacity;
    look->sheet = true;
    look->field = -1;
    view->surfaces++;
}

static double footprint(const xt_view_tissue *t) {
    double side[3];
    for (int a = 0; a < 3; a++) side[a] = t->high[a] - t->low[a];
    return fmax(side[0] * side[1], fmax(side[1] * side[2], side[0] * side[2]));
}

/* That of the tissue that wraps all others. */
static unsigned body_colour(const xt_view_subject *s) {
    int skin = 0;
    for (int t = 1; t <= s->tissue_count && t < 256; t++)
        if (s->tissue[t].voxels > 0 && (!skin || footprint(&s->tissue[t]) > footprint(&s->tissue[skin])))
            skin = t;
    return skin ? s->tissue_colour[skin - 1] : 0xcccccc;
}

/* The body; in it the tissues with the most room that do not just wrap the others, from the outside in. */
static void automatic_surfaces(xt_view *view) {
    const xt_view_subject *s = view->subject;
    int chosen[XT_RENDER_SURFACES], count = 0;
    const bool body = !s->filled && s->tissue[0].voxels > 0;
    bool taken[256] = {0};
    for (int t = 1; t <= s->tissue_count && t < 256; t++)
        taken[t] =
            s->tissue[t].core == 0 || (body && footprint(&s->tissue[t]) > 0.86 * footprint(&s->tissue[0]));
    const int most = body ? XT_RENDER_SURFACES - 1 : XT_RENDER_SURFACES;
    while (count < most) {
        int best = 0;
        for (int t = 1; t <= s->tissue_count && t < 256; t++)
            if (!taken[t] && (!best || s->tissue[t].core > s->tissue[best].core)) best = t;
        if (!best) break;
        taken[best] = true;
        int k = count++;
        for (; k > 0 && footprint(&s->tissue[chosen[k - 1]]) < footprint(&s->tissue[best]); k--)
            chosen[k] = chosen[k - 1];
        chosen[k] = best;
    }
    const int all = count + body;
    if (body) {
        for (int t = 1; t < 256; t++) view->surface_of_tissue[t] |= 1;
        add_surface(view, "body", body_colour(s), automatic_opacity(view, 0, all));
    }
    for (int k = 0; k < count; k++) {
        view->surface_of_tissue[chosen[k]] |= (uint8_t)(1 << view->surfaces);
        add_surface(view, s->tissue_name[chosen[k] - 1], s->tissue_colour[chosen[k] - 1],
                    automatic_opacity(view, k + body, all));
    }
}

static xt_status resolve_surface(xt_view *view, const xt_view_surface *asked, int place, int all,
                                 xt_view_finder find, void *context, xt_error *err) {
    const xt_view_subject *s = view->subject;
    char name[96] = "";
    unsigned colour = body_colour(s), given;
    for (int k = 0; k < asked->tissues; k++) {
        int t = 0;
        const bool body = strcmp(asked->tissue[k], "body") == 0;
        if (!body) XT_TRY(find_tissue(&t, view, asked->tissue[k], err));
        for (int i = 1; i < 256; i++)
            if (body || i == t) view->surface_of_tissue[i] |= (uint8_t)(1 << view->surfaces);
        if (k == 0 && t) colour = s->tissue_colour[t - 1];
        const size_t used = strlen(name);
        snprintf(name + used, sizeof name - used, "%s%s", k ? ", " : "", asked->tissue[k]);
    }
    if (asked->colour[0] && xt_view_colour(&given, asked->colour)) colour = given;
    const double opacity = isnan(asked->opacity) ? automatic_opacity(view, place, all) : asked->opacity;
    add_surface(view, name, colour, opacity);
    xt_surface_look *look = &view->look.surface[view->surfaces - 1];
    if (!asked->by[0]) return XT_OK;
    XT_TRY(slot_of(&look->field, view, asked->by, find, context, err));
    look->sheet = false;
    look->map = automatic_map(view, look->field);
    for (int g = 0; g < view->glows; g++)
        if (view->look.glow[g].field == look->field) look->map = view->look.glow[g].map;
    xt_colormap_make(&view->scale[look->field].map, look->map);
    return XT_OK;
}

static bool is_none(const xt_view_surface *surface) {
    return surface->tissues == 1 && strcmp(surface->tissue[0], "none") == 0;
}

static xt_status resolve_surfaces(xt_view *view, xt_view_finder find, void *context, xt_error *err) {
    const xt_view_request *r = view->request;
    if (r->surfaces == 1 && is_none(&r->surface[0])) return XT_OK;
    if (r->surfaces == 0) {
        automatic_surfaces(view);
        return XT_OK;
    }
    for (int i = 0; i < r->surfaces; i++) {
        if (is_none(&r->surface[i])) return refuse(view, err, "'none' stands alone among the surfaces");
        XT_TRY(resolve_surface(view, &r->surface[i], i, r->surfaces, find, context, err));
    }
    return XT_OK;
}

/* ---- cuts ---- */

static xt_status resolve_cuts(xt_view *view, xt_error *err) {
    const xt_view_request *r = view->request;
    const xt_view_subject *s = view->subject;
    for (int i = 0; i < r->cuts; i++) {
        const xt_view_cut *asked = &r->cut[i];
        const double size = s->dims[asked->axis] * s->spacing[asked->axis];
        const double at = !asked->at_given ? size / 2 : asked->at_is_fraction ? asked->at * size : asked->at;
        if (!(at >= 0 && at <= size)) {
            char text[160];
            snprintf(text, sizeof text, "a cut at %g mm along %c; the volume reaches from 0 to %g mm", at,
                     "xyz"[asked->axis], size);
            return refuse(view, err, text);
        }
        xt_look_cut *cut = &view->look.cut[view->look.cuts++];
        *cut = (xt_look_cut){{0}, {0}};
        cut->point[asked->axis] = at;
        cut->normal[asked->axis] = asked->away == 0 ? 1 : -1;
    }
    return XT_OK;
}

xt_status xt_view_resolve(xt_view *view, const xt_view_request *request, const xt_view_subject *subject,
                          xt_view_finder find, void *context, xt_error *err) {
    *view = (xt_view){.request = request, .subject = subject, .look = xt_look_default()};
    const xt_palette palette = xt_palette_of(request->dark);
    view->look.top = view->look.bottom = palette.ground;
    if (request->draft) xt_look_preview(&view->look);
    XT_TRY(resolve_glows(view, find, context, err));
    /* Faces that cuts and the ends of the box lay open show what is inside, unless something glows in there
     * or it was asked to be seen through. */
    bool clear = view->glows > 0;
    for (int i = 0; i < request->surfaces; i++) clear |= request->surface[i].opacity < 1;
    view->look.cap = clear ? 0.06 : 1;
    XT_TRY(resolve_surfaces(view, find, context, err));
    XT_TRY(resolve_cuts(view, err));
    if (!view->glows && !view->surfaces)
        return refuse(view, err, "nothing to see: neither a field nor a surface is asked for");
    return xt_look_check(&view->look, view->surfaces, view->fields, err);
}

/* ---- limits ---- */

enum { SAMPLE = 256 }; /* squared: values that percentiles are taken of */

xt_status xt_view_limits(xt_view *view, int slot, const float *value, size_t count, size_t *known,
                         xt_error *err) {
    xt_scale *scale = &view->scale[slot];
    const xt_view_request *r = view->request;
    float *sample = malloc(SAMPLE * SAMPLE * sizeof *sample);
    if (!sample) return xt_no_memory(err, "limits", SAMPLE * SAMPLE * sizeof *sample);
    size_t finite = 0, kept = 0;
    for (size_t i = 0; i < count; i++) finite += isfinite(value[i]) != 0;
    const size_t stride = finite / (SAMPLE * SAMPLE) + 1;
    for (size_t i = 0, k = 0; i < count; i++)
        if (isfinite(value[i]) && k++ % stride == 0 && kept < SAMPLE * SAMPLE) sample[kept++] = value[i];
    *known = finite;
    xt_status status = XT_OK;
    bool low_given = view->field[slot].fraction, high_given = low_given;
    for (int g = 0; g < r->glows && slot < view->glows; g++)
        if (strcmp(r->glow[g].name, view->field[slot].name) == 0) {
            low_given |= !isnan(r->glow[g].low);
            high_given |= !isnan(r->glow[g].high);
        }
    if (kept > 0 && !(low_given && high_given)) {
        xt_frame_def def;
        xt_frame_def_default(&def);
        def.nx = kept >= SAMPLE ? SAMPLE : (int)kept;
        def.ny = kept >= SAMPLE ? (int)(kept / SAMPLE) : 1;
        def.value = sample;
        def.log = scale->log;
        if (low_given) def.low = scale->low;
        if (high_given) def.high = scale->high;
        double low, high;
        status = xt_frame_limits(&low, &high, &def, err);
        if (status == XT_OK) {
            scale->low = isnan(scale->low) ? low : fmin(scale->low, low);
            scale->high = isnan(scale->high) ? high : fmax(scale->high, high);
        }
    }
    free(sample);
    return status;
}

void xt_view_ready(xt_view *view) {
    for (int k = 0; k < view->fields; k++) {
        xt_scale *scale = &view->scale[k];
        if (isnan(scale->low)) scale->low = scale->log ? fmin(1, scale->high / 10) : fmin(0, scale->high - 1);
        if (isnan(scale->high)) scale->high = scale->log ? scale->low * 10 : scale->low + 1;
        if (!(scale->high > scale->low)) scale->high = scale->low + fmax(1e-6, fabs(scale->low) * 1e-3);
    }
}

void xt_view_reach_of(xt_view_reach *reach, const xt_view *view, int slot, const float *value, size_t count) {
    const xt_scale *scale = &view->scale[slot];
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(value[i])) continue;
        const bool below = value[i]<scale->low, above = value[i]> scale->high;
        reach->below |= below;
        reach->above |= above;
        reach->within |= !below && !above;
    }
}
