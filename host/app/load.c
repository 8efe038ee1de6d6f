#include "app/load.h"

#include <stdlib.h>
#include <string.h>
#include "app/quantity.h"
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

xt_status xt_check_names(const xt_scene *scene, const xt_model *model, xt_error *err) {
    const xt_source *source = xt_tree_root(scene->tree)->source;
    xt_quantity_shown shown;
    for (int i = 0; i < scene->frame_count; i++) {
        const xt_frame_request *frame = &scene->frame[i];
        XT_TRY(
            xt_quantity_find(&shown, frame->name, frame->peak, model, source, frame->line, frame->col, err));
    }
    const xt_node *fields =
        xt_node_get(xt_node_get(xt_node_get(xt_tree_root(scene->tree), "output"), "volumes"), "fields");
    for (int i = 0; i < scene->volume_count; i++) {
        const xt_node *node = xt_node_at(fields, i);
        XT_TRY(xt_quantity_find(&shown, scene->volume_field[i], false, model, source, node ? node->line : 0,
                                node ? node->col : 0, err));
    }
    /* A simulation of well-mixed tissues resolves settings, events and walls, and costs nothing. */
    xt_sim *sim = NULL;
    const xt_sim_def def = {.scene = scene, .model = model};
    XT_TRY(xt_sim_create(&sim, &def, err));
    xt_sim_free(sim);
    return XT_OK;
}
