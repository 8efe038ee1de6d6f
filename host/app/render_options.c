/* From the words of the command line to a view request. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "app/render.h"
#include "base/units.h"
#include "draw/colormap.h"
#include "scene/schema.h"

xt_status xt_render_number(double *value, const char *option, const char *text, double low, double high,
                           xt_error *err) {
    char *end;
    *value = strtod(text, &end);
    if (end != text && !*end && *value >= low && *value <= high) return XT_OK;
    return xt_fail(err, XT_USAGE, "%s: expected a number from %g to %g, found '%.64s'", option, low, high,
                   text);
}

/* "12mm" or "12 mm": in mm (*length) or a plain number. False: neither. */
static bool read_place(double *at, bool *length, const char *text) {
    char value[64];
    size_t n = 0;
    for (const char *c = text; *c && n + 2 < sizeof value; c++) { /* 12mm is 12 mm */
        if (isalpha((unsigned char)*c) && n && isdigit((unsigned char)value[n - 1]) && *c != 'e')
            value[n++] = ' ';
        value[n++] = *c;
    }
    value[n] = '\0';
    xt_dim dim;
    xt_unit mm;
    xt_error why = {0};
    if (xt_unit_parse(&mm, "mm", &why) != XT_OK || xt_quantity_parse(at, &dim, value, &why) != XT_OK)
        return false;
    *length = xt_dim_equal(dim, mm.dim);
    return *length || xt_dim_is_one(dim);
}

/* "1,0,2" and what may follow. */
static bool read_direction(double normal[3], const char **rest, const char *text) {
    double square = 0;
    for (int k = 0; k < 3; k++) {
        char *end;
        normal[k] = strtod(text, &end);
        if (end == text || !(fabs(normal[k]) <= 1e6) || (k < 2 && *end != ',')) return false;
        square += normal[k] * normal[k];
        *rest = end;
        text = end + 1;
    }
    return square > 1e-12;
}

xt_status xt_render_plane_parse(xt_render_plane *plane, const char *text, bool oblique, const char *what,
                                xt_error *err) {
    const char *axis = text[0] ? strchr("xyz", text[0]) : NULL, *rest = text + 1;
    bool length = false;
    *plane = (xt_render_plane){.axis = axis ? (int)(axis - "xyz") : -1};
    if ((!axis && !(oblique && read_direction(plane->normal, &rest, text))) || (*rest && *rest != '=') ||
        (*rest && !rest[1]))
        return xt_fail(err, XT_USAGE,
                       "%s: expected an axis and a place such as z=0.5 or x=12mm%s, found '%.64s'", what,
                       oblique ? ", or a direction such as 1,0,2 or 1,0,2=5mm" : "", text);
    plane->given = *rest != '\0';
    if (!plane->given) return XT_OK;
    const bool good = read_place(&plane->at, &length, rest + 1);
    plane->fraction = !length;
    if (!axis)
        return good && length ? XT_OK
                              : xt_fail(err, XT_USAGE,
                                        "%s: expected a length such as 5mm or -5mm from the middle after "
                                        "'%.*s=', found '%.64s'",
                                        what, (int)(rest - text), text, rest + 1);
    if (good && plane->at >= 0 && (length || plane->at <= 1)) return XT_OK;
    return xt_fail(err, XT_USAGE,
                   "%s: expected a fraction from 0 to 1 or a length such as 12mm after '%c=', found '%.64s'",
                   what, text[0], rest + 1);
}

/* ---- fields ---- */

static xt_status limits(xt_view_glow *glow, const char *part, xt_error *err) {
    const char *dots = strstr(part, "..");
    char *end, low[64];
    snprintf(low, sizeof low, "%.*s", (int)(dots - part), part);
    if (low[0]) {
        glow->low = strtod(low, &end);
        if (*end || !isfinite(glow->low)) goto bad;
    }
    if (dots[2]) {
        glow->high = strtod(dots + 2, &end);
        if (*end || !isfinite(glow->high)) goto bad;
    }
    return XT_OK;
bad:
    return xt_fail(err, XT_USAGE, "--show: expected limits such as 10..3000, found '%.64s'", part);
}

/* "0=0,0.3=0.1,1=1" */
static xt_status transfer(xt_view_glow *glow, const char *part, xt_error *err) {
    glow->points = 0;
    free(glow->point);
    glow->point = calloc(XT_VIEW_POINTS, sizeof *glow->point);
    if (!glow->point) return xt_no_memory(err, "a transfer function", sizeof *glow->point);
    while (*part) {
        char *end;
        if (glow->points == XT_VIEW_POINTS)
            return xt_fail(err, XT_USAGE, "--show: a transfer function of more than %d points",
                           XT_VIEW_POINTS);
        xt_view_point *p = &glow->point[glow->points++];
        p->at = strtod(part, &end);
        if (end == part || *end != '=') goto bad;
        part = end + 1;
        p->opacity = strtod(part, &end);
        if (end == part || (*end && *end != ',')) goto bad;
        if (!(p->at >= 0 && p->at <= 1) || !(p->opacity >= 0 && p->opacity <= 1)) goto bad;
        part = *end ? end + 1 : end;
    }
    return XT_OK;
bad:
    return xt_fail(
        err, XT_USAGE,
        "--show: expected a transfer function such as 0=0,0.3=0.1,1=1 (place on the scale=share of the "
        "opacity, both from 0 to 1), found '%.64s'",
        part);
}

static xt_status one_part(xt_view_glow *glow, const char *part, xt_error *err) {
    const int map = xt_colormap_find(part);
    if (strcmp(part, "log") == 0)
        glow->logarithmic = true;
    else if (map >= 0)
        glow->map = map + 1;
    else if (strstr(part, ".."))
        return limits(glow, part, err);
    else if (strchr(part, '='))
        return transfer(glow, part, err);
    else if (part[0] == 'x')
        return xt_render_number(&glow->strength, "--show: the strength after 'x'", part + 1, 1e-6, 1000, err);
    else
        return xt_fail(
            err, XT_USAGE,
            "--show: '%.64s' is neither limits (10..3000), log, a colour map (glow, ember, ...), a strength "
            "(x2) nor a transfer function (0=0,0.3=0.1,1=1)",
            part);
    return XT_OK;
}

/* The next part up to ':', copied. False at the end. */
static bool next_part(char *part, size_t size, const char **text) {
    if (!**text) return false;
    const size_t n = strcspn(*text, ":");
    snprintf(part, size, "%.*s", (int)n, *text);
    *text += n + ((*text)[n] == ':');
    return true;
}

static void clear_glow(xt_view_glow *glow) { *glow = (xt_view_glow){.low = NAN, .high = NAN, .strength = 1}; }

static xt_status read_shows(xt_view_request *r, const xt_render_options *o, xt_error *err) {
    if (o->show.count > XT_VIEW_FIELDS)
        return xt_fail(err, XT_USAGE, "--show: %d fields in one view; at most %d", o->show.count,
                       XT_VIEW_FIELDS);
    for (int i = 0; i < r->glows; i++) free(r->glow[i].point);
    free(r->glow);
    r->glow = calloc((size_t)o->show.count, sizeof *r->glow);
    r->glows = 0;
    if (!r->glow) return xt_no_memory(err, "fields", sizeof *r->glow);
    for (int i = 0; i < o->show.count; i++) {
        const char *text = o->show.text[i];
        char part[160];
        xt_view_glow *glow = &r->glow[r->glows++];
        clear_glow(glow);
        if (!next_part(part, sizeof part, &text) || !part[0] || strlen(part) >= sizeof glow->name)
            return xt_fail(err, XT_USAGE, "--show: expected the name of a field, found '%.64s'",
                           o->show.text[i]);
        snprintf(glow->name, sizeof glow->name, "%.63s", part);
        while (next_part(part, sizeof part, &text)) XT_TRY(one_part(glow, part, err));
    }
    return XT_OK;
}

/* --low, --high, --log, --map, --strength are for the field shown, if it is one. */
static xt_status read_scale(xt_view_request *r, const xt_render_options *o, xt_error *err) {
    if (!o->low && !o->high && !o->log && !o->map && !o->strength) return XT_OK;
    if (r->glows != 1)
        return xt_fail(
            err, XT_USAGE,
            "--low, --high, --log, --map and --strength are for one field; with several, write --show "
            "NAME:10..3000:log:ember:x2");
    xt_view_glow *glow = &r->glow[0];
    if (o->low) XT_TRY(xt_render_number(&glow->low, "--low", o->low, -1e30, 1e30, err));
    if (o->high) XT_TRY(xt_render_number(&glow->high, "--high", o->high, -1e30, 1e30, err));
    if (o->log) glow->logarithmic = true;
    if (o->strength) XT_TRY(xt_render_number(&glow->strength, "--strength", o->strength, 1e-6, 1000, err));
    if (!o->map) return XT_OK;
    const char *names[XT_MAP_KINDS];
    for (int k = 0; k < XT_MAP_KINDS; k++) names[k] = xt_colormap_name((xt_map_kind)k);
    const int map = xt_colormap_find(o->map);
    const char *near = xt_nearest(o->map, names, XT_MAP_KINDS);
    if (map < 0 && near)
        return xt_fail(err, XT_USAGE, "--map: there is no colour map '%.64s'; did you mean '%s'?", o->map,
                       near);
    if (map < 0) {
        char list[256] = "";
        for (int k = 0; k < XT_MAP_KINDS; k++)
            snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s",
                     !k                     ? ""
                     : k + 1 < XT_MAP_KINDS ? ", "
                                            : " or ",
                     names[k]);
        return xt_fail(err, XT_USAGE, "--map: there is no colour map '%.64s'; expected %s", o->map, list);
    }
    glow->map = map + 1;
    return XT_OK;
}

/* ---- surfaces and cuts ---- */

static xt_status read_surface(xt_view_surface *s, const char *text, xt_error *err) {
    const char *rest = text;
    char part[256];
    *s = (xt_view_surface){.opacity = NAN};
    s->tissue = calloc(32, sizeof *s->tissue);
    if (!s->tissue) return xt_no_memory(err, "tissues", 32 * sizeof *s->tissue);
    if (!next_part(part, sizeof part, &rest) || !part[0]) goto bad;
    for (char *name = part; name && *name; s->tissues++) {
        char *comma = strchr(name, ',');
        if (comma) *comma = '\0';
        if (s->tissues == 32 || !*name || strlen(name) >= sizeof s->tissue[0]) goto bad;
        strcpy(s->tissue[s->tissues], name);
        name = comma ? comma + 1 : NULL;
    }
    while (next_part(part, sizeof part, &rest)) {
        unsigned rgb;
        if (part[0] == '#' && xt_view_colour(&rgb, part))
            memcpy(s->colour, part, sizeof s->colour);
        else if (strncmp(part, "by=", 3) == 0 && part[3] && strlen(part + 3) < sizeof s->by)
            strcpy(s->by, part + 3);
        else if (strchr("0123456789.", part[0]))
            XT_TRY(xt_render_number(&s->opacity, "--surface: the opacity", part, 0, 1, err));
        else
            goto bad;
    }
    return XT_OK;
bad:
    return xt_fail(err, XT_USAGE,
                   "--surface: expected TISSUE[,TISSUE][:OPACITY][:#rrggbb][:by=FIELD], such as "
                   "cortex:0.3:#f2e9d5 or muscle:by=myokine, found '%.100s'",
                   text);
}

static xt_status read_surfaces(xt_view_request *r, const xt_render_options *o, xt_error *err) {
    if (o->surface.count > XT_VIEW_SURFACES)
        return xt_fail(err, XT_USAGE, "--surface: %d surfaces in one view; at most %d", o->surface.count,
                       XT_VIEW_SURFACES);
    for (int i = 0; i < r->surfaces; i++) free(r->surface[i].tissue);
    free(r->surface);
    r->surfaces = 0;
    r->surface = calloc((size_t)o->surface.count, sizeof *r->surface);
    if (!r->surface) return xt_no_memory(err, "surfaces", sizeof *r->surface);
    for (int i = 0; i < o->surface.count; i++)
        XT_TRY(read_surface(&r->surface[r->surfaces++], o->surface.text[i], err));
    return XT_OK;
}

static xt_status read_cuts(xt_view_request *r, const xt_render_options *o, xt_error *err) {
    if (o->cut.count > XT_VIEW_CUTS)
        return xt_fail(err, XT_USAGE, "--cut: %d planes; at most %d", o->cut.count, XT_VIEW_CUTS);
    free(r->cut);
    r->cuts = 0;
    r->cut = calloc((size_t)o->cut.count, sizeof *r->cut);
    if (!r->cut) return xt_no_memory(err, "cuts", sizeof *r->cut);
    for (int i = 0; i < o->cut.count; i++) {
        const char *text = o->cut.text[i];
        char part[160];
        xt_render_plane plane;
        xt_view_cut *cut = &r->cut[r->cuts++];
        if (!next_part(part, sizeof part, &text)) part[0] = '\0';
        XT_TRY(xt_render_plane_parse(&plane, part, false, "--cut", err));
        *cut = (xt_view_cut){plane.axis, plane.given, plane.fraction, plane.at, 0};
        if (!next_part(part, sizeof part, &text)) continue;
        cut->away = strcmp(part, "below") == 0;
        if (!cut->away && strcmp(part, "above") != 0)
            return xt_fail(err, XT_USAGE,
                           "--cut: expected above or below (what is taken away), found '%.64s'", part);
    }
    return XT_OK;
}

/* ---- all of it ---- */

static xt_status read_size(xt_view_request *r, const char *text, xt_error *err) {
    char *end;
    const long width = strtol(text, &end, 10), height = *end == 'x' ? strtol(end + 1, &end, 10) : 0;
    if (*end || width < 200 || width > 8192 || height < 150 || height > 8192)
        return xt_fail(
            err, XT_USAGE,
            "--size: expected WIDTHxHEIGHT in pixels, 200x150 to 8192x8192, such as 1920x1080, found '%.64s'",
            text);
    r->width = (int)width;
    r->height = (int)height;
    return XT_OK;
}

/* The look that the scene gives its runs: number `look` from 1, or the first if there is any. */
static xt_status base(xt_view_request *r, bool *looked, const xt_render_options *o, const xt_found *f,
                      xt_error *err) {
    const xt_node *list =
        f->run ? xt_node_get(xt_node_get(xt_node_get(xt_tree_root(f->run), "scene"), "output"), "views")
               : NULL;
    const int there = list ? list->count : 0;
    if (o->look > there)
        return xt_fail(err, XT_USAGE, "--look %d: the scene of %s has %d view%s (`output.views`)", o->look,
                       f->path, there, there == 1 ? "" : "s");
    const xt_node *node = xt_node_at(list, o->look > 0 ? o->look - 1 : 0);
    *looked = node != NULL;
    XT_TRY(xt_rows_read(r, xt_view_rows, node, 0, err));
    if (!node) return XT_OK;
    r->line = node->line;
    r->col = node->col;
    return xt_view_check(r, node, err);
}

static xt_status check_glows(const xt_view_request *r, xt_error *err) {
    for (int i = 0; i < r->glows; i++) {
        const xt_view_glow *g = &r->glow[i];
        if (g->high <= g->low)
            return xt_fail(err, XT_USAGE,
                           "%s: the scale would go from %g to %g; its high end must be above its low one",
                           g->name, g->low, g->high);
        if (g->logarithmic && (g->low <= 0 || g->high <= 0))
            return xt_fail(err, XT_USAGE, "%s: a logarithmic scale needs limits above 0", g->name);
        for (int k = 1; k < g->points; k++)
            if (!(g->point[k].at > g->point[k - 1].at))
                return xt_fail(err, XT_USAGE, "%s: the places of a transfer function must rise", g->name);
        for (int k = 0; k < i; k++)
            if (strcmp(g->name, r->glow[k].name) == 0)
                return xt_fail(err, XT_USAGE, "%s is shown twice", g->name);
    }
    return XT_OK;
}

/* Nobody says what to show: the first field there is. */
static xt_status show_first(xt_view_request *r, const char *first, xt_error *err) {
    r->glow = calloc(1, sizeof *r->glow);
    if (!r->glow) return xt_no_memory(err, "a field", sizeof *r->glow);
    clear_glow(&r->glow[r->glows++]);
    snprintf(r->glow[0].name, sizeof r->glow[0].name, "%s", first);
    return XT_OK;
}

xt_status xt_render_request(xt_view_request *r, const xt_render_options *o, const xt_found *f,
                            const char *first, xt_error *err) {
    *r = (xt_view_request){0};
    bool looked = false;
    XT_TRY(base(r, &looked, o, f, err));
    if (o->surface.count) XT_TRY(read_surfaces(r, o, err));
    bool painted = false; /* surfaces show a field already */
    for (int i = 0; i < r->surfaces; i++) painted |= r->surface[i].by[0] != 0;
    if (!o->show.count && !looked && !painted && first) XT_TRY(show_first(r, first, err));
    if (o->show.count) XT_TRY(read_shows(r, o, err));
    if (o->cut.count) XT_TRY(read_cuts(r, o, err));
    XT_TRY(read_scale(r, o, err));
    XT_TRY(check_glows(r, err));
    if (o->azimuth) XT_TRY(xt_render_number(&r->azimuth, "--azimuth", o->azimuth, -360, 360, err));
    if (o->elevation) XT_TRY(xt_render_number(&r->elevation, "--elevation", o->elevation, -90, 90, err));
    if (o->roll) XT_TRY(xt_render_number(&r->roll, "--roll", o->roll, -360, 360, err));
    if (o->zoom) XT_TRY(xt_render_number(&r->zoom, "--zoom", o->zoom, 0.01, 100, err));
    if (o->angle) XT_TRY(xt_render_number(&r->angle, "--angle", o->angle, 5, 120, err));
    if (o->perspective || o->angle) r->perspective = 1;
    if (o->title) snprintf(r->title, sizeof r->title, "%s", o->title);
    if (o->dark && o->light) return xt_fail(err, XT_USAGE, "--dark and --light exclude each other");
    if (o->dark) r->dark = true;
    if (o->light) r->dark = false;
    if (o->draft) r->draft = true;
    return o->size ? read_size(r, o->size, err) : XT_OK;
}
