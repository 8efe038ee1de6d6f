/* Loading a scene: tree, --set, table, then what depends on more than one key. */
#define _XOPEN_SOURCE 700 /* realpath */
#include "scene/scene.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "scene/schema.h"

void xt_scene_free(xt_scene *scene) {
    if (!scene) return;
    for (int i = 0; i < scene->event_count; i++) free(scene->event[i].set);
    free(scene->event);
    free(scene->target);
    free(scene->file);
    free(scene->expect);
    free(scene->model_file);
    free(scene->parameter);
    free(scene->geometry.layer);
    free(scene->geometry.file);
    free(scene->geometry.label);
    free(scene->fixed);
    free(scene->setting);
    free(scene->frame);
    for (int i = 0; i < scene->view_count; i++) xt_view_request_clear(&scene->view[i]);
    free(scene->view);
    for (int i = 0; i < scene->film_count; i++) xt_film_request_clear(&scene->film[i]);
    free(scene->film);
    free(scene->volume_field);
    xt_tree_free(scene->tree);
    free(scene);
}

double xt_scene_event_time(const xt_scene *scene, const xt_event *event) {
    return event->at_is_age ? event->at - scene->age : event->at;
}

static xt_status copy(char **out, const char *text, xt_error *err) {
    *out = malloc(strlen(text) + 1);
    if (!*out) return xt_no_memory(err, "a text of the scene", strlen(text) + 1);
    strcpy(*out, text);
    return XT_OK;
}

/* Exactly one of phantom, slabs, spheres and labels says what the geometry is. */
static xt_status find_kind(xt_geometry_kind *kind, const xt_node *root, xt_error *err) {
    static const char *const keys[] = {"phantom", "slabs", "spheres", "labels"};
    static const char *const phantoms[] = {"thigh", "tibia", "mouse_thigh"};
    static const xt_geometry_kind kinds[] = {XT_GEOMETRY_THIGH, XT_GEOMETRY_SLABS, XT_GEOMETRY_SPHERES,
                                             XT_GEOMETRY_LABELS};
    const xt_node *geometry = xt_node_get(root, "geometry"), *first = NULL;
    *kind = XT_GEOMETRY_THIGH;
    if (!geometry) return XT_OK; /* the table says that it is missing */
    XT_TRY(xt_node_map(geometry, err));
    for (int i = 0; i < 4; i++) {
        const xt_node *node = xt_node_get(geometry, keys[i]);
        if (!node) continue;
        if (first)
            return xt_node_fail_key(node, err, "'%s' and '%s' exclude each other: a scene has one geometry",
                                    first->key, node->key);
        first = node;
        *kind = kinds[i];
    }
    if (!first) {
        /* A misspelt key deserves its own message. */
        for (const xt_node *n = geometry->first; n; n = n->next) {
            const char *nearest = xt_nearest(n->key, keys, 4);
            if (nearest)
                return xt_node_fail_key(n, err, "unknown key '%s'; did you mean '%s'?", n->key, nearest);
        }
        return xt_node_fail_key(
            geometry, err,
            "geometry needs one of phantom (thigh, tibia, mouse_thigh), slabs, spheres and labels");
    }
    int index;
    if (*kind == XT_GEOMETRY_THIGH) {
        XT_TRY(xt_node_choice(&index, first, phantoms, 3, err));
        *kind = (xt_geometry_kind)index;
    }
    return XT_OK;
}

/* Replace *path by an absolute one, so that the scene as used works from any folder. */
static xt_status absolute(char **path, xt_error *err) {
    char here[4096], *real = realpath(*path, NULL), *joined = NULL;
    xt_status status = XT_OK;
    if (real)
        status = copy(&joined, real, err);
    else if (getcwd(here, sizeof here))
        status = xt_path_join(&joined, here, *path, err);
    free(real);
    if (!joined) return status;
    free(*path);
    *path = joined;
    return XT_OK;
}

/* The scene's folder, or the current one for what --set says. */
static xt_status beside(char **out, const xt_scene *scene, const xt_node *node, const char *name,
                        xt_error *err) {
    if (node && strcmp(node->source->file, "--set") == 0) return copy(out, name, err);
    char *folder = NULL;
    XT_TRY(xt_path_folder(&folder, scene->file, err));
    const xt_status status = xt_path_join(out, folder, name, err);
    free(folder);
    return status;
}

static xt_status find_model(xt_scene *scene, const xt_node *root, xt_error *err) {
    const xt_node *node = xt_node_get(xt_node_get(root, "model"), "file");
    const char *const places[] = {CROSSTALK_SOURCEDIR "/scenes", CROSSTALK_DATADIR "/scenes"};
    char *name = scene->model_file, *path = NULL;
    scene->model_file = NULL;
    xt_status status = beside(&path, scene, node, name, err);
    for (int i = 0; i < 2 && status == XT_OK && !xt_path_exists(path); i++) {
        free(path);
        path = NULL;
        status = xt_path_join(&path, places[i], name, err);
    }
    if (status == XT_OK && !xt_path_exists(path)) {
        if (node)
            status =
                xt_node_fail(node, err, "no model file '%s' beside the scene, nor in %s", name, places[1]);
        else
            status = xt_fail(err, XT_IO,
                             "the default model '%s' is neither beside the scene nor in %s: is Crosstalk "
                             "installed?",
                             name, places[1]);
    }
    if (status == XT_OK) {
        scene->model_file = path;
        path = NULL;
        status = absolute(&scene->model_file, err);
    }
    free(path);
    free(name);
    return status;
}

static xt_status find_labels(xt_scene *scene, const xt_node *root, xt_error *err) {
    if (!scene->geometry.file) return XT_OK;
    const xt_node *node = xt_node_get(xt_node_get(xt_node_get(root, "geometry"), "labels"), "file");
    char *path = NULL;
    XT_TRY(beside(&path, scene, node, scene->geometry.file, err));
    free(scene->geometry.file);
    scene->geometry.file = path;
    return absolute(&scene->geometry.file, err);
}

/* Insertion: few, and events of one moment keep their order. */
static void sort_events(xt_scene *scene) {
    for (int i = 1; i < scene->event_count; i++)
        for (int j = i; j > 0 && xt_scene_event_time(scene, &scene->event[j]) <
                                     xt_scene_event_time(scene, &scene->event[j - 1]);
             j--) {
            const xt_event swap = scene->event[j];
            scene->event[j] = scene->event[j - 1];
            scene->event[j - 1] = swap;
        }
}

/* Where what they show stands in the file. */
static void place_frames(xt_scene *scene, const xt_node *root) {
    const xt_node *node = xt_node_get(xt_node_get(root, "output"), "frames");
    node = node ? node->first : NULL;
    for (int i = 0; i < scene->frame_count; i++, node = node ? node->next : NULL) {
        xt_frame_request *frame = &scene->frame[i];
        if (frame->axes == 0 && !xt_frame_is_oblique(frame)) frame->axis[frame->axes++] = 2;
        const xt_node *show = xt_node_get(node, "show");
        if (!show) show = node;
        const xt_node *name = show && show->kind == XT_LIST ? show->first : show;
        for (int k = 0; name && k < frame->shows; k++, name = name->next) {
            frame->line[k] = name->line;
            frame->col[k] = name->col;
            frame->source = name->source;
            if (show->kind != XT_LIST) break;
        }
    }
}

static void place_views(xt_scene *scene, const xt_node *root) {
    const xt_node *node = xt_node_get(xt_node_get(root, "output"), "views");
    if (node && node->kind == XT_LIST) node = node->first;
    for (int i = 0; node && i < scene->view_count; i++, node = node->next) {
        scene->view[i].line = node->line;
        scene->view[i].col = node->col;
        scene->view[i].source = node->source;
    }
}

static void place_films(xt_scene *scene, const xt_node *root) {
    const xt_node *node = xt_node_get(xt_node_get(root, "output"), "films");
    if (node && node->kind == XT_LIST) node = node->first;
    for (int i = 0; node && i < scene->film_count; i++, node = node->next) {
        const xt_node *of = xt_node_get(node, "of"), *place = of ? of : node;
        scene->film[i].line = place->line;
        scene->film[i].col = place->col;
        scene->film[i].source = place->source;
    }
}

static void place_events(xt_scene *scene, const xt_node *root) {
    const xt_node *node = xt_node_get(root, "events");
    node = node ? node->first : NULL;
    for (int i = 0; node && i < scene->event_count; i++, node = node->next) {
        const xt_node *species = xt_node_get(xt_node_get(node, "bolus"), "species"),
                      *place = species ? species : node;
        scene->event[i].line = place->line;
        scene->event[i].col = place->col;
        scene->event[i].source = place->source;
    }
}

static void default_title(xt_scene *scene) {
    if (scene->title[0]) return;
    const char *name = xt_path_name(scene->file), *dot = strrchr(name, '.');
    const size_t n = dot && dot != name ? (size_t)(dot - name) : strlen(name);
    snprintf(scene->title, sizeof scene->title, "%.*s", n < 120 ? (int)n : 120, name);
    for (char *p = scene->title; *p; p++)
        if (*p == '_') *p = ' ';
}

static xt_status derive(xt_scene *scene, const xt_node *root, xt_error *err) {
    place_events(scene, root);
    place_frames(scene, root);
    place_views(scene, root);
    place_films(scene, root);
    default_title(scene);
    scene->geometry.female = scene->female;
    if (scene->until_is_age) scene->until -= scene->age;
    const xt_node *output = xt_node_get(root, "output");
    if (!xt_node_get(output, "series")) scene->series_every = scene->every;
    if (!xt_node_get(output, "acute_every")) scene->acute_every = scene->acute / 12;
    XT_TRY(find_model(scene, root, err));
    return find_labels(scene, root, err);
}

xt_status xt_scene_load(xt_scene **out, const char *path, const char *const *sets, int set_count,
                        xt_error *err) {
    *out = NULL;
    xt_status status = XT_OK;
    xt_scene *scene = calloc(1, sizeof *scene);
    if (!scene) return xt_no_memory(err, "the scene", sizeof *scene);
    XT_GO(copy(&scene->file, path, err));
    XT_GO(xt_yaml_load(&scene->tree, path, err));
    for (int i = 0; i < set_count; i++) XT_GO(xt_tree_set(scene->tree, sets[i], err));
    const xt_node *root = xt_tree_root(scene->tree);
    if (xt_node_is_null(root)) {
        status = xt_node_fail(root, err, "the scene is empty: it needs format, geometry and clock");
        goto done;
    }
    XT_GO(xt_node_map(root, err));
    xt_geometry_kind kind;
    XT_GO(find_kind(&kind, root, err));
    XT_GO(xt_rows_read(scene, xt_scene_rows, root, 1u << kind, err));
    scene->geometry.kind = kind;
    XT_GO(derive(scene, root, err));
    XT_GO(xt_scene_check(scene, err));
    sort_events(scene);
    *out = scene;
    scene = NULL;
done:
    xt_scene_free(scene);
    return status;
}

bool xt_scene_has_acute(const xt_scene *scene) { return scene->mode == XT_ACUTE || scene->acute > 0; }
