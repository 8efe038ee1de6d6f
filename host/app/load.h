/* From a scene to what it names. */
#ifndef APP_LOAD_H
#define APP_LOAD_H

#include "mesh/geometry.h"
#include "model/model.h"
#include "scene/scene.h"

/* The model with the scene's `model.set`. */
xt_status xt_load_model(xt_model **model, const xt_scene *scene, xt_error *err);

/* Errors of the geometry say which scene, and where its geometry stands. */
xt_status xt_geometry_context(const xt_scene *scene, xt_error *err);

/* Everything in a scene that names something of the model: settings, events, walls, frames, volumes. */
xt_status xt_check_names(const xt_scene *scene, const xt_model *model, xt_error *err);

#endif
