/* The whole run in one checkpoint: simulation, observers, and what it is a checkpoint of. */
#ifndef APP_CHECKPOINTING_H
#define APP_CHECKPOINTING_H

#include "app/outputs.h"
#include "base/json.h"

/* 63 characters at most that change when scene as used, model, mesh or program version do. mesh NULL:
 * well-mixed. */
xt_status xt_run_identity(char identity[64], const xt_scene *scene, const xt_model *model,
                          const xt_mesh *mesh, xt_error *err);

/* Write the next generation into DIR/checkpoint. Everything the observers wrote so far is on disk first. */
xt_status xt_run_save(const char *dir, const char *identity, const char *meta, xt_sim *sim,
                      xt_outputs *outputs, xt_error *err);

/* Load the newest good one into a simulation and observers made from the same scene. */
xt_status xt_run_load(const char *dir, const char *identity, xt_sim *sim, xt_outputs *outputs, xt_log *log,
                      xt_error *err);

/* The meta data (JSON) of the newest good checkpoint in DIR. The caller frees *tree. */
xt_status xt_run_meta(xt_json_tree **tree, const char *dir, xt_log *log, xt_error *err);

#endif
