/* What is wrong with a scene whose every value is right by itself. Each message stands at the value to
 * change. */
#include <math.h>
#include <string.h>
#include "scene/schema.h"

/* The node at a dotted path, or the nearest branch above it that is there. */
static const xt_node *at(const xt_scene *scene, const char *path) {
    const xt_node *node = xt_tree_root(scene->tree);
    while (*path) {
        char key[64];
        const size_t n = strcspn(path, ".");
        if (n >= sizeof key) break;
        memcpy(key, path, n);
        key[n] = '\0';
        const xt_node *child = xt_node_get(node, key);
        if (!child) break;
        node = child;
        path += n + (path[n] == '.');
    }
    return node;
}

static xt_status check_clock(const xt_scene *scene, xt_error *err) {
    const xt_node *until = at(scene, "clock.until");
    if (scene->until_is_age && !scene->ageing)
        return xt_node_fail(until, err, "the end is an age, but `subject.ageing` is false: give a duration");
    if (scene->until_is_age && !(scene->until > 0))
        return xt_node_fail(until, err, "the end must be after the start, at an age of %g y",
                            scene->age / 8766);
    const double end = scene->age + (scene->ageing ? scene->until : 0);
    if (end > 130 * 8766.0)
        return xt_node_fail(until, err, "the subject would be %.0f y old at the end", end / 8766);
    if (scene->mode == XT_ACUTE && scene->acute > 0)
        return xt_node_fail(at(scene, "clock.acute"), err,
                            "an acute phase at the end belongs to mode chronic");
    if (scene->mode == XT_ACUTE && scene->until > 366 * 24.0)
        return xt_node_fail(until, err,
                            "acute mode resolves minutes: it runs at most 366 d; use mode chronic");
    const xt_node *step = at(scene, "clock.step");
    if (scene->mode == XT_CHRONIC && scene->step > scene->until && strcmp(step->key, "step") == 0)
        return xt_node_fail(step, err, "the step is longer than the run");
    return XT_OK;
}

/* Before events are sorted: event i is item i of the list. */
static xt_status check_event(const xt_scene *scene, int i, xt_error *err) {
    const xt_event *event = &scene->event[i];
    const double time = xt_scene_event_time(scene, event), end = scene->until + scene->acute;
    const xt_node *node = xt_node_at(at(scene, "events"), i), *moment = xt_node_get(node, "at");
    if (event->at_is_age && !scene->ageing)
        return xt_node_fail(moment, err,
                            "the event is at an age, but `subject.ageing` is false: give a duration");
    if (time < 0)
        return xt_node_fail(moment, err, "the event is before the start, at %g y", scene->age / 8766);
    if (time > end)
        return xt_node_fail(moment, err, "the event is after the end, %g d after the start", end / 24);
    if (event->set_count == 0 && !event->species[0])
        return xt_node_fail(node, err, "the event does nothing: it needs `set` or `bolus`");
    if (!event->species[0]) return XT_OK;
    const xt_node *bolus = xt_node_get(node, "bolus");
    if (event->into_plasma && (xt_node_get(bolus, "centre") || xt_node_get(bolus, "radius")))
        return xt_node_fail(bolus, err, "a bolus into plasma has no centre and no radius");
    if (!event->into_plasma && !(xt_node_get(bolus, "centre") && event->radius > 0))
        return xt_node_fail(bolus, err,
                            "a bolus into tissue needs `centre` and `radius`; or say `into: plasma`");
    if (scene->mode == XT_CHRONIC && time < scene->until)
        return xt_node_fail(
            moment, err,
            "a bolus is gone within hours: it belongs to mode acute, or to the acute phase at the end");
    return XT_OK;
}

static xt_status check_geometry(const xt_scene *scene, xt_error *err) {
    const xt_geometry *g = &scene->geometry;
    if ((g->kind == XT_GEOMETRY_SLABS || g->kind == XT_GEOMETRY_SPHERES) && g->spacing[0] == 0)
        return xt_node_fail_key(
            at(scene, "geometry"), err,
            "the key 'spacing' is missing in geometry (slabs and spheres have no default)");
    if (g->kind == XT_GEOMETRY_LABELS && g->label_count == 0)
        return xt_node_fail(at(scene, "geometry.labels.map"), err, "the label map is empty");
    for (int a = 0; a < 3 && g->has_window; a++)
        if (g->window_size[a] < 0 || !isfinite(g->window_origin[a]))
            return xt_node_fail(at(scene, "geometry.window.size"), err,
                                "the window's edges must not be negative");
    for (int a = 0; a < 2 && g->kind == XT_GEOMETRY_SLABS; a++)
        if (g->width[a] < 0)
            return xt_node_fail(at(scene, "geometry.slabs.width"), err, "widths must not be negative");
    for (int i = 0; i < scene->fixed_count; i++)
        for (int j = 0; j < i; j++)
            if (scene->fixed[i].wall == scene->fixed[j].wall &&
                strcmp(scene->fixed[i].species, scene->fixed[j].species) == 0)
                return xt_node_fail(xt_node_at(at(scene, "geometry.walls"), i), err,
                                    "this wall and species already have a value");
    return XT_OK;
}

static xt_status check_targets(const xt_scene *scene, xt_error *err) {
    for (int i = 0; i < scene->target_count; i++) {
        const xt_scene_target *t = &scene->target[i];
        const xt_node *node = xt_node_at(at(scene, "targets"), i);
        if (t->high < t->low) return xt_node_fail(node, err, "high must not be below low");
        if (t->from_is_age == t->to_is_age && (t->change ? !(t->from < t->to) : t->from > t->to))
            return xt_node_fail(node, err, "a target ends before it begins");
    }
    return XT_OK;
}

static xt_status check_output(const xt_scene *scene, xt_error *err) {
    const double end = scene->until + scene->acute;
    const struct {
        const char *path;
        double every, span;
    } intervals[] = {{"clock.step", scene->mode == XT_CHRONIC ? scene->step : 0, end},
                     {"output.every", scene->every, end},
                     {"output.acute_every", scene->acute_every, scene->acute},
                     {"output.series", scene->series_every, end},
                     {"output.volumes.every", scene->volumes_every, end}};
    for (int i = 0; i < 5; i++)
        if (intervals[i].every > 0 && intervals[i].span / intervals[i].every > 1e6)
            return xt_node_fail(at(scene, intervals[i].path), err,
                                "that is %.2g times in the run; at most 1e6",
                                intervals[i].span / intervals[i].every);
    if (scene->volumes_every > 0 && !scene->volume_vti && !scene->volume_nifti)
        return xt_node_fail(at(scene, "output.volumes"), err,
                            "volumes are asked for, but neither vti nor nifti");
    for (int i = 0; i < scene->frame_count; i++)
        XT_TRY(xt_frame_check(scene, i, xt_node_at(at(scene, "output.frames"), i), err));
    if (scene->view_count > XT_VIEWS_MAX)
        return xt_node_fail(at(scene, "output.views"), err, "%d views; at most %d", scene->view_count,
                            XT_VIEWS_MAX);
    for (int i = 0; i < scene->view_count; i++) {
        const xt_node *views = at(scene, "output.views");
        XT_TRY(xt_view_check(&scene->view[i], views->kind == XT_LIST ? xt_node_at(views, i) : views, err));
    }
    return XT_OK;
}

static xt_status check_films(const xt_scene *scene, xt_error *err) {
    const xt_node *list = at(scene, "output.films");
    if (scene->film_count > XT_FILMS_MAX)
        return xt_node_fail(list, err, "%d films; at most %d", scene->film_count, XT_FILMS_MAX);
    for (int i = 0; i < scene->film_count; i++) {
        const xt_film_request *film = &scene->film[i];
        const xt_node *node = list && list->kind == XT_LIST ? xt_node_at(list, i) : list;
        const double span = scene->until + scene->acute;
        if (film->every > 0 && span / film->every > 1e5)
            return xt_node_fail(xt_node_get(node, "every"), err, "that is %.2g pictures; at most 1e5",
                                span / film->every);
        XT_TRY(xt_film_check(film, node, err));
    }
    return XT_OK;
}

xt_status xt_scene_check(const xt_scene *scene, xt_error *err) {
    XT_TRY(check_geometry(scene, err));
    XT_TRY(check_clock(scene, err));
    for (int i = 0; i < scene->event_count; i++) XT_TRY(check_event(scene, i, err));
    XT_TRY(check_targets(scene, err));
    XT_TRY(check_output(scene, err));
    return check_films(scene, err);
}
