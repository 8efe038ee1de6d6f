/* What is wrong with a picture whose every key is right by itself. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "scene/schema.h"

static bool same_places(const xt_place *a, int as, const xt_place *b, int bs) {
    if (as != bs) return false;
    for (int i = 0; i < as; i++)
        if (a[i].value != b[i].value || a[i].is_fraction != b[i].is_fraction) return false;
    return true;
}

/* The very same picture twice: only what it shows, where, and how tell pictures apart, not their titles. */
static bool same_picture(const xt_frame_request *a, const xt_frame_request *b) {
    return a->shows == b->shows && memcmp(a->show, b->show, (size_t)a->shows * sizeof a->show[0]) == 0 &&
           a->axes == b->axes && memcmp(a->axis, b->axis, (size_t)a->axes * sizeof a->axis[0]) == 0 &&
           same_places(a->at, a->places, b->at, b->places) && a->peak == b->peak &&
           memcmp(a->normal, b->normal, sizeof a->normal) == 0 && a->turn == b->turn &&
           same_places(a->through, a->throughs, b->through, b->throughs) && a->difference == b->difference &&
           a->since == b->since && a->difference_is_age == b->difference_is_age && a->voxels == b->voxels &&
           a->pixels == b->pixels && a->height == b->height && a->map == b->map &&
           a->logarithmic == b->logarithmic;
}

static const xt_node *key_or(const xt_node *node, const char *key) {
    const xt_node *n = xt_node_get(node, key);
    return n ? n : node;
}

static xt_status check_planes(const xt_frame_request *f, const xt_node *node, xt_error *err) {
    const bool oblique = xt_frame_is_oblique(f);
    if (oblique && xt_node_get(node, "axis"))
        return xt_node_fail(xt_node_get(node, "axis"), err, "axis and normal exclude each other");
    if (!oblique && xt_node_get(node, "normal"))
        return xt_node_fail(xt_node_get(node, "normal"), err, "the normal must not be all zeros");
    for (int k = 0; k < 3; k++)
        if (!isfinite(f->normal[k]) || fabs(f->normal[k]) > 1e6)
            return xt_node_fail(key_or(node, "normal"), err, "expected numbers of a direction, as [1, 0, 1]");
    if (!oblique && (f->throughs || f->turn != 0))
        return xt_node_fail(key_or(node, f->throughs ? "through" : "turn"), err,
                            "through and turn belong to an oblique slice: give its normal too");
    for (int i = 0; i < f->places; i++) {
        if (oblique && f->at[i].is_fraction)
            return xt_node_fail(key_or(node, "at"), err,
                                "with normal, at is a length along it from the point, such as '-3 mm'");
        if (!oblique && f->at[i].value < 0)
            return xt_node_fail(key_or(node, "at"), err, "expected a place inside the box");
    }
    for (int i = 0; i < f->throughs; i++)
        if (f->through[i].value < 0)
            return xt_node_fail(key_or(node, "through"), err, "expected a place inside the box");
    return XT_OK;
}

static xt_status check_scale(const xt_scene *scene, const xt_frame_request *f, const xt_node *node,
                             xt_error *err) {
    if (f->high <= f->low) return xt_node_fail(node, err, "high must be above low");
    if (f->logarithmic && f->low <= 0)
        return xt_node_fail(node, err, "a logarithmic scale needs low above 0");
    if (f->logarithmic && f->high <= 0)
        return xt_node_fail(node, err, "a logarithmic scale needs high above 0");
    bool tissue = false, exposures = true;
    for (int k = 0; k < f->shows; k++) {
        tissue |= strcmp(f->show[k], "tissue") == 0;
        exposures &= strncmp(f->show[k], "u_", 2) == 0;
    }
    if (f->difference && f->logarithmic)
        return xt_node_fail(key_or(node, "logarithmic"), err,
                            "a difference has both signs: no logarithmic scale");
    if (f->difference && tissue)
        return xt_node_fail(key_or(node, "difference"), err,
                            "tissues have no difference; show f_<phase>, which changes with them");
    if (f->map == 4 && !f->difference && !exposures)
        return xt_node_fail(
            key_or(node, "map"), err,
            "balance has a middle: it is for differences and u_<species>, whose values lie on "
            "both sides of one");
    if (f->difference && f->map != 0 && f->map != 4)
        return xt_node_fail(key_or(node, "map"), err,
                            "a difference has both signs: it needs the map balance");
    if (!f->difference) return XT_OK;
    const double at = f->difference_is_age ? f->since - scene->age : f->since;
    if (at < 0)
        return xt_node_fail(key_or(node, "difference"), err, "that is before the start, at %g y",
                            scene->age / 8766);
    if (at > scene->until + scene->acute)
        return xt_node_fail(key_or(node, "difference"), err, "that is after the end, %g d after the start",
                            (scene->until + scene->acute) / 24);
    return XT_OK;
}

xt_status xt_frame_check(const xt_scene *scene, int index, const xt_node *node, xt_error *err) {
    const xt_frame_request *f = &scene->frame[index];
    for (int j = 0; j < index; j++)
        if (same_picture(f, &scene->frame[j]))
            return xt_node_fail(node, err, "this picture is there already");
    if (f->peak && scene->mode == XT_ACUTE)
        return xt_node_fail(node, err,
                            "the exercise peak belongs to mode chronic; acute mode shows the bout itself");
    const int planes =
        xt_frame_is_oblique(f) ? (f->places ? f->places : 1) : f->axes * (f->places ? f->places : 1);
    if (planes * f->shows > XT_FRAME_PANELS)
        return xt_node_fail(node, err, "%d slices of %d quantities are %d pictures on a page; at most %d",
                            planes, f->shows, planes * f->shows, XT_FRAME_PANELS);
    if (f->depth != 8 && f->depth != 16)
        return xt_node_fail(key_or(node, "depth"), err, "expected 8 or 16 bits a channel, found %d",
                            f->depth);
    if (f->height > 0 && f->height < 150)
        return xt_node_fail(key_or(node, "height"), err, "expected 0 or 150 to 8192 pixels, found %d",
                            f->height);
    XT_TRY(check_planes(f, node, err));
    return check_scale(scene, f, node, err);
}
