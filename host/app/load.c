#include "app/load.h"

#include <stdlib.h>
#include <string.h>
#include "app/quantity.h"
#include "app/run_films.h"
#include "step/sim.h"

xt_status xt_load_model(xt_model **model, const xt_scene *scene, xt_error *err) {
    const int count = scene->parameter_count;
    xt_override *set = malloc(((size_t)count + 1) * sizeof *set);
    *model = NULL;
    if (!set) return xt_no_memory(err, "the model's parameters", (size_t)count * sizeof *set);
    for (int i = 0; i < count; i++) {
        const xt_assignment *a = &scene->parameter[i];
        set[i] = (xt_override){a->name, a->text, a->source, a->line, a->col};
    }
    xt_status status = XT_OK;
    for (int i = 0; i < count; i++)
        if (!set[i].value) {
            status = xt_fail_at(err, set[i].source, set[i].line, set[i].col, "a parameter needs a value");
            goto done;
        }
    status = xt_model_load(model, scene->model_file, set, count, err);
done:
    free(set);
    return status;
}

xt_status xt_geometry_context(const xt_scene *scene, xt_error *err) {
    if (err->status == XT_OK) return XT_OK;
    const xt_node *node = xt_node_get(xt_tree_root(scene->tree), "geometry");
    /* A message with a place of its own (a label volume names its file) keeps it. */
    if (err->status != XT_USAGE || !node || strstr(err->text, ": error: ")) return err->status;
    const xt_error plain = *err;
    memset(err, 0, sizeof *err);
    return xt_node_fail_key(node, err, "%s", plain.text);
}

static const xt_node *branch(const xt_scene *scene, const char *a, const char *b) {
    return xt_node_get(xt_node_get(xt_tree_root(scene->tree), a), b);
}

static xt_status known(const char *what, const char *name, const char *const *names, int count,
                       const xt_source *source, int line, int col, xt_error *err) {
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0) return XT_OK;
    const char *nearest = xt_nearest(name, names, count);
    return xt_fail_at(err, source, line, col, "the model has no %s '%s'%s%s%s", what, name,
                      nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static xt_status check_tissue(const xt_model *model, const xt_node *node, xt_error *err) {
    if (!node || node->kind != XT_SCALAR || strcmp(node->text, "outside") == 0) return XT_OK;
    return known("tissue", node->text, model->tissue_name, model->tissue_count, node->source, node->line,
                 node->col, err);
}

/* Layers and label maps. */
static xt_status check_tissues(const xt_scene *scene, const xt_model *model, xt_error *err) {
    const xt_node *list[] = {xt_node_get(branch(scene, "geometry", "slabs"), "layers"),
                             xt_node_get(branch(scene, "geometry", "spheres"), "layers")};
    for (int i = 0; i < 2; i++)
        for (const xt_node *n = list[i] ? list[i]->first : NULL; n; n = n->next)
            XT_TRY(check_tissue(model, xt_node_get(n, "tissue"), err));
    const xt_node *map = xt_node_get(branch(scene, "geometry", "labels"), "map");
    for (const xt_node *n = map ? map->first : NULL; n; n = n->next) XT_TRY(check_tissue(model, n, err));
    return XT_OK;
}

static xt_status check_species(const xt_scene *scene, const xt_model *model, xt_error *err) {
    const char *names[XT_MAX_SPECIES];
    for (int i = 0; i < model->species_count; i++) names[i] = model->species[i].name;
    const xt_node *walls = branch(scene, "geometry", "walls");
    for (const xt_node *n = walls ? walls->first : NULL; n; n = n->next) {
        const xt_node *species = xt_node_get(n, "species");
        XT_TRY(known("species", species->text, names, model->species_count, species->source, species->line,
                     species->col, err));
    }
    for (int i = 0; i < scene->event_count; i++) {
        const xt_event *event = &scene->event[i];
        if (event->species[0])
            XT_TRY(known("species", event->species, names, model->species_count, event->source, event->line,
                         event->col, err));
    }
    return XT_OK;
}

static xt_status check_targets(const xt_scene *scene, const xt_model *model, xt_error *err) {
    const char *names[256];
    int count = 0;
    while (count < model->readout_count && count < 256) {
        names[count] = model->readout[count].name;
        count++;
    }
    const xt_node *list = xt_node_get(xt_tree_root(scene->tree), "targets");
    for (const xt_node *n = list ? list->first : NULL; n; n = n->next) {
        const xt_node *readout = xt_node_get(n, "readout");
        XT_TRY(
            known("readout", readout->text, names, count, readout->source, readout->line, readout->col, err));
    }
    return XT_OK;
}

static xt_status check_view(const xt_view_request *view, const xt_model *model, xt_error *err) {
    xt_quantity_shown shown;
    for (int i = 0; i < view->glows; i++)
        XT_TRY(xt_quantity_find(&shown, view->glow[i].name, false, model, view->source, view->line, view->col,
                                err));
    for (int i = 0; i < view->surfaces; i++) {
        const xt_view_surface *surface = &view->surface[i];
        for (int k = 0; k < surface->tissues; k++)
            if (strcmp(surface->tissue[k], "body") != 0 && strcmp(surface->tissue[k], "none") != 0)
                XT_TRY(known("tissue", surface->tissue[k], model->tissue_name, model->tissue_count,
                             view->source, view->line, view->col, err));
        if (surface->by[0])
            XT_TRY(xt_quantity_find(&shown, surface->by, false, model, view->source, view->line, view->col,
                                    err));
    }
    return XT_OK;
}

xt_status xt_check_names(const xt_scene *scene, const xt_model *model, xt_error *err) {
    xt_quantity_shown shown;
    XT_TRY(check_tissues(scene, model, err));
    XT_TRY(check_species(scene, model, err));
    XT_TRY(check_targets(scene, model, err));
    for (int i = 0; i < scene->frame_count; i++) {
        const xt_frame_request *frame = &scene->frame[i];
        for (int k = 0; k < frame->shows; k++)
            XT_TRY(xt_quantity_find(&shown, frame->show[k], frame->peak, model, frame->source, frame->line[k],
                                    frame->col[k], err));
    }
    for (int i = 0; i < scene->view_count; i++) XT_TRY(check_view(&scene->view[i], model, err));
    const xt_node *fields = xt_node_get(branch(scene, "output", "volumes"), "fields");
    for (const xt_node *n = fields ? fields->first : NULL; n; n = n->next)
        XT_TRY(xt_quantity_find(&shown, n->text, false, model, n->source, n->line, n->col, err));
    XT_TRY(xt_run_films_check(scene, model, err));
    /* A simulation of well-mixed tissues resolves settings, and costs nothing. */
    xt_sim *sim = NULL;
    const xt_sim_def def = {.scene = scene, .model = model};
    XT_TRY(xt_sim_create(&sim, &def, err));
    xt_sim_free(sim);
    return XT_OK;
}
