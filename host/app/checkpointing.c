#include "app/checkpointing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/file.h"
#include "base/json.h"
#include "observe/checkpoint.h"

xt_status xt_run_identity(char identity[64], const xt_scene *scene, const xt_model *model,
                          const xt_mesh *mesh, xt_error *err) {
    xt_text text = {0};
    xt_json json;
    xt_json_begin(&json, &text);
    xt_json_open_object(&json, NULL);
    xt_scene_write(&json, scene);
    xt_json_close(&json);
    xt_status status = xt_json_end(&json, "the scene", err);
    if (status == XT_OK) {
        const char *used = xt_text_get(&text);
        const unsigned long a = crc32(0, (const Bytef *)used, (uInt)strlen(used));
        const unsigned long b = crc32(0, (const Bytef *)model->text, (uInt)strlen(model->text));
        unsigned long c = crc32(0, NULL, 0); /* the same label file name may hold another volume */
        for (size_t block = 0; mesh && block < mesh->blocks; block++)
            c = crc32(c, (const Bytef *)&mesh->material[block * XT_BLOCK], XT_BLOCK * sizeof *mesh->material);
        snprintf(identity, 64, "%08lx-%08lx-%08lx-%s%s", a, b, c, CROSSTALK_VERSION,
                 mesh ? "" : "-well-mixed");
    }
    xt_text_free(&text);
    return status;
}

static xt_status sink(const char *name, const void *data, size_t bytes, void *context, xt_error *err) {
    return xt_checkpoint_block(context, name, 1, data, bytes, err);
}

static xt_status keep(const char *name, void *data, size_t bytes, void *context, xt_error *err) {
    return sink(name, data, bytes, context, err);
}

static xt_status source(const char *name, void *data, size_t bytes, void *context, xt_error *err) {
    return xt_checkpoint_read(context, name, 1, data, bytes, err);
}

xt_status xt_run_save(const char *dir, const char *identity, const char *meta, xt_sim *sim,
                      xt_outputs *outputs, xt_error *err) {
    char *folder = NULL;
    xt_checkpoint_writer *writer = NULL;
    xt_outputs_state state;
    xt_status status = XT_OK;
    XT_GO(xt_outputs_state_get(&state, outputs, err));
    XT_GO(xt_path_join(&folder, dir, "checkpoint", err));
    XT_GO(xt_checkpoint_begin(&writer, folder, identity, meta, err));
    XT_GO(xt_sim_save(sim, sink, writer, err));
    XT_GO(xt_checkpoint_block(writer, "outputs", 1, &state, sizeof state, err));
    XT_GO(xt_outputs_save(outputs, keep, writer, err));
    {
        xt_checkpoint_writer *complete = writer;
        writer = NULL; /* commit frees it whatever happens */
        XT_GO(xt_checkpoint_commit(complete, err));
    }
done:
    xt_checkpoint_abandon(writer);
    free(folder);
    return status;
}

xt_status xt_run_load(const char *dir, const char *identity, xt_sim *sim, xt_outputs *outputs, xt_log *log,
                      xt_error *err) {
    char *folder = NULL;
    xt_checkpoint *checkpoint = NULL;
    xt_text warning = {0};
    xt_outputs_state state;
    xt_status status = XT_OK;
    XT_GO(xt_path_join(&folder, dir, "checkpoint", err));
    XT_GO(xt_checkpoint_open_newest(&checkpoint, folder, identity, &warning, err));
    if (warning.size) xt_log_warn(log, "%s", xt_text_get(&warning));
    XT_GO(xt_sim_load(sim, source, checkpoint, err));
    XT_GO(xt_checkpoint_read(checkpoint, "outputs", 1, &state, sizeof state, err));
    XT_GO(xt_outputs_load(outputs, &state, source, checkpoint, err));
    XT_GO(xt_outputs_resume(outputs, &state, err));
done:
    xt_checkpoint_close(checkpoint);
    xt_text_free(&warning);
    free(folder);
    return status;
}

xt_status xt_run_meta(xt_json_tree **tree, const char *dir, xt_log *log, xt_error *err) {
    char *folder = NULL;
    xt_checkpoint *checkpoint = NULL;
    xt_text warning = {0};
    xt_status status = XT_OK;
    XT_GO(xt_path_join(&folder, dir, "checkpoint", err));
    XT_GO(xt_checkpoint_open_newest(&checkpoint, folder, NULL, &warning, err));
    if (warning.size) xt_log_warn(log, "%s", xt_text_get(&warning));
    const char *meta = xt_checkpoint_meta(checkpoint);
    XT_GO(xt_json_parse(tree, xt_checkpoint_path(checkpoint), meta, strlen(meta), err));
done:
    xt_checkpoint_close(checkpoint);
    xt_text_free(&warning);
    free(folder);
    return status;
}
