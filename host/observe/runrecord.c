#include "observe/runrecord.h"

#include "base/file.h"
#include "base/json.h"

xt_status xt_run_record_write(const char *path, const xt_text *json, xt_error *err) {
    XT_TRY(xt_text_check(json, path, err));
    xt_error bad = {0};
    xt_json_tree *tree = NULL;
    if (xt_json_parse(&tree, path, xt_text_get(json), json->size, &bad) != XT_OK)
        return xt_fail(err, XT_INTERNAL, "the record of the run is not JSON: %s", bad.text);
    xt_json_free(tree);
    return xt_file_write(path, json->data, json->size, err);
}
