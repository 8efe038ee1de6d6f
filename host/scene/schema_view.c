/* Keys under `output.views`. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "scene/schema.h"

#define VIEW(member)    offsetof(xt_view_request, member)
#define GLOW(member)    offsetof(xt_view_glow, member)
#define SURFACE(member) offsetof(xt_view_surface, member)
#define CUT(member)     offsetof(xt_view_cut, member)
#define POINT(member)   offsetof(xt_view_point, member)
#define END                                                                                                  \
    { .key = NULL }

static const xt_row point_rows[] = {{.key = "at",
                                     .kind = XT_ROW_REAL,
                                     .flags = XT_ROW_REQUIRED,
                                     .low = "0",
                                     .high = "1",
                                     .at = POINT(at),
                                     .about = "place on the colour bar, 0 its lower end"},
                                    {.key = "opacity",
                                     .kind = XT_ROW_REAL,
                                     .flags = XT_ROW_REQUIRED,
                                     .low = "0",
                                     .high = "1",
                                     .at = POINT(opacity),
                                     .about = "share of the strongest extinction"},
                                    END};

static const xt_row glow_rows[] = {
    {.key = "field",
     .kind = XT_ROW_WORD,
     .flags = XT_ROW_REQUIRED,
     .at = GLOW(name),
     .size = 64,
     .about = "a species, u_<species> (exposure), f_<phase>, or a state of the model; tissue: nothing glows"},
    {.key = "low",
     .kind = XT_ROW_LEVEL,
     .fallback = "auto",
     .at = GLOW(low),
     .about = "value at the colour bar's lower end"},
    {.key = "high",
     .kind = XT_ROW_LEVEL,
     .fallback = "auto",
     .at = GLOW(high),
     .about = "value at its upper end"},
    {.key = "logarithmic",
     .kind = XT_ROW_BOOL,
     .fallback = "false",
     .at = GLOW(logarithmic),
     .about = "colours and extinction by the logarithm"},
    {.key = "map",
     .kind = XT_ROW_CHOICE,
     .unit = "auto|glow|ember|glacier|balance|amber|azure|rose",
     .fallback = "auto",
     .at = GLOW(map),
     .about = "colours; auto: another one for each field"},
    {.key = "strength",
     .kind = XT_ROW_REAL,
     .flags = XT_ROW_ABOVE,
     .fallback = "1",
     .low = "0",
     .high = "1000",
     .at = GLOW(strength),
     .about = "times the extinction that suits the box"},
    {.key = "transfer",
     .kind = XT_ROW_LIST,
     .at = GLOW(point),
     .aux = GLOW(points),
     .size = sizeof(xt_view_point),
     .rows = point_rows,
     .about = "extinction along the colour bar, linear in between; default a ramp that leaves the low clear"},
    END};

static const xt_row surface_rows[] = {
    {.key = "tissues",
     .kind = XT_ROW_NAMES,
     .flags = XT_ROW_REQUIRED,
     .at = SURFACE(tissue),
     .aux = SURFACE(tissues),
     .about = "tissues that lie within, one or several; body: all of them; none: no surface"},
    {.key = "colour",
     .kind = XT_ROW_TITLE,
     .fallback = "(the tissue's)",
     .at = SURFACE(colour),
     .size = 8,
     .about = "as in \"#a8413f\""},
    {.key = "opacity",
     .kind = XT_ROW_AUTO,
     .fallback = "auto",
     .low = "0",
     .high = "1",
     .at = SURFACE(opacity),
     .about = "0 clear, 1 nothing behind it is seen; auto: by how deep it lies"},
    {.key = "by",
     .kind = XT_ROW_WORD,
     .fallback = "(none)",
     .at = SURFACE(by),
     .size = 64,
     .about = "a field that colours it"},
    END};

static const xt_row cut_rows[] = {
    {.key = "axis",
     .kind = XT_ROW_CHOICE,
     .flags = XT_ROW_REQUIRED,
     .unit = "x|y|z",
     .at = CUT(axis),
     .about = "the plane is across this axis"},
    {.key = "at",
     .kind = XT_ROW_PLACE,
     .fallback = "(the middle)",
     .at = CUT(at),
     .aux = CUT(at_given),
     .about = "from the box's first corner (12 mm), or a fraction of the box (0.5)"},
    {.key = "away",
     .kind = XT_ROW_CHOICE,
     .unit = "above|below",
     .fallback = "above",
     .at = CUT(away),
     .about = "what is taken away: what lies above the plane or below it, along the axis"},
    END};

static const xt_row camera_rows[] = {{.key = "azimuth",
                                      .kind = XT_ROW_REAL,
                                      .fallback = "30",
                                      .low = "-360",
                                      .high = "360",
                                      .at = VIEW(azimuth),
                                      .about = "degrees to the viewer's right, 0 is from the front"},
                                     {.key = "elevation",
                                      .kind = XT_ROW_AUTO,
                                      .fallback = "auto",
                                      .low = "-90",
                                      .high = "90",
                                      .at = VIEW(elevation),
                                      .about = "degrees from above; auto: by the box's shape"},
                                     {.key = "roll",
                                      .kind = XT_ROW_REAL,
                                      .fallback = "0",
                                      .low = "-360",
                                      .high = "360",
                                      .at = VIEW(roll),
                                      .about = "degrees clockwise about the line of sight"},
                                     {.key = "zoom",
                                      .kind = XT_ROW_REAL,
                                      .flags = XT_ROW_ABOVE,
                                      .fallback = "1",
                                      .low = "0",
                                      .high = "100",
                                      .at = VIEW(zoom),
                                      .about = "1: the box fills the picture"},
                                     {.key = "projection",
                                      .kind = XT_ROW_CHOICE,
                                      .unit = "orthographic|perspective",
                                      .fallback = "orthographic",
                                      .at = VIEW(perspective),
                                      .about = "orthographic: one scale for all of the picture"},
                                     {.key = "angle",
                                      .kind = XT_ROW_REAL,
                                      .fallback = "30",
                                      .low = "5",
                                      .high = "120",
                                      .at = VIEW(angle),
                                      .about = "degrees from the lower to the upper edge, in perspective"},
                                     {.key = "turns",
                                      .kind = XT_ROW_REAL,
                                      .fallback = "0",
                                      .low = "-100",
                                      .high = "100",
                                      .at = VIEW(turns),
                                      .about = "times around the volume in the course of the run"},
                                     END};

const xt_row xt_view_rows[] = {
    {.key = "show",
     .kind = XT_ROW_LIST,
     .flags = XT_ROW_SHORTHAND,
     .at = VIEW(glow),
     .aux = VIEW(glows),
     .size = sizeof(xt_view_glow),
     .rows = glow_rows,
     .about = "up to 4 fields that glow in the volume; a word is short for {field: word}"},
    {.key = "title",
     .kind = XT_ROW_TITLE,
     .fallback = "(from what is shown)",
     .at = VIEW(title),
     .size = 128,
     .about = "heading of the picture"},
    {.key = "surfaces",
     .kind = XT_ROW_LIST,
     .flags = XT_ROW_SHORTHAND,
     .at = VIEW(surface),
     .aux = VIEW(surfaces),
     .size = sizeof(xt_view_surface),
     .rows = surface_rows,
     .about = "up to 4, from the outside in; a word is short for {tissues: word}; default the body and the "
              "tissues in it that take most room"},
    {.key = "camera", .kind = XT_ROW_MAP, .rows = camera_rows, .about = "where it is looked at from"},
    {.key = "cut",
     .kind = XT_ROW_LIST,
     .at = VIEW(cut),
     .aux = VIEW(cuts),
     .size = sizeof(xt_view_cut),
     .rows = cut_rows,
     .about = "up to 6 planes that open the volume"},
    {.key = "dark", .kind = XT_ROW_BOOL, .fallback = "true", .at = VIEW(dark), .about = "light on dark"},
    {.key = "draft",
     .kind = XT_ROW_BOOL,
     .fallback = "false",
     .at = VIEW(draft),
     .about = "quick: coarser steps, no shadows"},
    {.key = "width",
     .kind = XT_ROW_INTEGER,
     .fallback = "960",
     .low = "200",
     .high = "8192",
     .at = VIEW(width),
     .about = "of the picture, pixels"},
    {.key = "height",
     .kind = XT_ROW_INTEGER,
     .fallback = "720",
     .low = "150",
     .high = "8192",
     .at = VIEW(height),
     .about = "of the picture, pixels"},
    END};

void xt_view_request_clear(xt_view_request *view) {
    for (int i = 0; i < view->glows; i++) free(view->glow[i].point);
    for (int i = 0; i < view->surfaces; i++) free(view->surface[i].tissue);
    free(view->glow);
    free(view->surface);
    free(view->cut);
    view->glow = NULL;
    view->surface = NULL;
    view->cut = NULL;
    view->glows = view->surfaces = view->cuts = 0;
}

bool xt_view_colour(unsigned *rgb, const char *text) {
    if (text[0] != '#' || strlen(text) != 7 || strspn(text + 1, "0123456789abcdefABCDEF") != 6) return false;
    *rgb = (unsigned)strtoul(text + 1, NULL, 16);
    return true;
}

static xt_status check_glow(const xt_view_glow *glow, const xt_node *node, xt_error *err) {
    if (glow->high <= glow->low) return xt_node_fail(node, err, "high must be above low");
    if (glow->logarithmic && (glow->low <= 0 || glow->high <= 0))
        return xt_node_fail(node, err, "a logarithmic scale needs limits above 0");
    if (glow->points > XT_VIEW_POINTS)
        return xt_node_fail(node, err, "a transfer function of %d points; at most %d", glow->points,
                            XT_VIEW_POINTS);
    bool seen = glow->points == 0;
    for (int k = 0; k < glow->points; k++) {
        if (k && !(glow->point[k].at > glow->point[k - 1].at))
            return xt_node_fail(node, err, "the places of a transfer function must rise");
        seen |= glow->point[k].opacity > 0;
    }
    return seen ? XT_OK : xt_node_fail(node, err, "a transfer function that is 0 everywhere shows nothing");
}

/* `none` stands alone, and then something has to glow. */
static xt_status check_none(const xt_view_request *view, const xt_node *node, xt_error *err) {
    bool none = false, glows = false;
    for (int i = 0; i < view->surfaces; i++)
        for (int k = 0; k < view->surface[i].tissues; k++) {
            none = strcmp(view->surface[i].tissue[k], "none") == 0;
            if (none && (view->surfaces > 1 || view->surface[i].tissues > 1))
                return xt_node_fail(xt_node_get(node, "surfaces"), err,
                                    "'none' stands alone among the surfaces");
        }
    for (int i = 0; i < view->glows; i++) glows |= strcmp(view->glow[i].name, "tissue") != 0;
    return !none || glows
               ? XT_OK
               : xt_node_fail(node, err, "nothing to see: neither a field nor a surface is asked for");
}

xt_status xt_view_check(const xt_view_request *view, const xt_node *node, xt_error *err) {
    const xt_node *item = xt_node_get(node, "show");
    unsigned rgb;
    if (view->glows > XT_VIEW_FIELDS)
        return xt_node_fail(item, err, "%d fields in one view; at most %d", view->glows, XT_VIEW_FIELDS);
    for (int i = 0; i < view->glows; i++) {
        const xt_node *at = item && item->kind == XT_LIST ? xt_node_at(item, i) : node;
        XT_TRY(check_glow(&view->glow[i], at, err));
        for (int k = 0; k < i; k++)
            if (strcmp(view->glow[i].name, view->glow[k].name) == 0)
                return xt_node_fail(at, err, "'%s' is shown twice", view->glow[i].name);
    }
    item = xt_node_get(node, "surfaces");
    if (view->surfaces > XT_VIEW_SURFACES)
        return xt_node_fail(item, err, "%d surfaces in one view; at most %d", view->surfaces,
                            XT_VIEW_SURFACES);
    for (int i = 0; i < view->surfaces; i++)
        if (view->surface[i].colour[0] && !xt_view_colour(&rgb, view->surface[i].colour))
            return xt_node_fail(xt_node_at(item, i), err, "expected a colour such as \"#a8413f\", found '%s'",
                                view->surface[i].colour);
    XT_TRY(check_none(view, node, err));
    if (view->cuts > XT_VIEW_CUTS)
        return xt_node_fail(xt_node_get(node, "cut"), err, "%d cuts in one view; at most %d", view->cuts,
                            XT_VIEW_CUTS);
    return XT_OK;
}
