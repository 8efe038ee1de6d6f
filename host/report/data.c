#include "report/data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "base/json.h"
#include "report/curves.h"
#include "report/run.h"
#include "report/space.h"
#include "report/verdict.h"

enum { LARGEST_RECORD = 64 << 20 };

typedef xt_report_run run;

/* Live, the volumes are not part of what is asked for every few seconds: only which ones there are. */
static xt_status write_space(run *r, const xt_json_value *record, xt_error *err) {
    char id[16], version[XT_SPACE_VERSION];
    snprintf(id, sizeof id, "%d", r->index);
    const xt_space_def def = {
        .dir = r->dir, .record = record, .id = id, .budget = XT_SPACE_BYTES / (size_t)r->count};
    if (r->blobs) return xt_space_write(r->json, "space", r->blobs, &def, err);
    XT_TRY(xt_space_version(version, r->dir, err));
    xt_json_open_object(r->json, "space");
    if (version[0]) {
        xt_json_string(r->json, "version", version);
        xt_json_string(r->json, "from", "space.json");
    } else
        xt_json_string(r->json, "reason", "no volumes so far");
    xt_json_close(r->json);
    return XT_OK;
}

static xt_status write_series(run *r, xt_error *err) {
    xt_curves curves;
    char *path = NULL;
    xt_status status = XT_OK;
    XT_TRY(xt_path_join(&path, r->dir, "series.csv", err));
    if (!xt_path_exists(path)) {
        xt_json_null(r->json, "series");
    } else {
        XT_GO(xt_curves_read(&curves, path, err));
        xt_json_open_object(r->json, "series");
        xt_curves_write(r->json, &curves);
        xt_json_close(r->json);
        xt_curves_free(&curves);
    }
done:
    free(path);
    return status;
}

static xt_status read_record(xt_json_tree **tree, char **text, const char *dir, xt_error *err) {
    char *path = NULL;
    size_t size;
    xt_status status = XT_OK;
    *tree = NULL;
    *text = NULL;
    XT_TRY(xt_path_join(&path, dir, "run.json", err));
    if (!xt_path_exists(path)) {
        status = xt_fail(err, XT_IO, "'%s' is not the folder of a run: %s", dir,
                         xt_path_is_folder(dir) ? "it has no run.json" : "there is no such folder");
        goto done;
    }
    XT_GO(xt_file_read(text, &size, path, LARGEST_RECORD, err));
    XT_GO(xt_json_parse(tree, path, *text, size, err));
    const xt_json_value *root = xt_json_root(*tree);
    if (!xt_json_get(root, "status") || !xt_json_get(root, "scene"))
        status = xt_fail_at(err, &(xt_source){path, *text}, 1, 1,
                            "this is not the record of a run: expected \"status\" and \"scene\"");
done:
    free(path);
    return status;
}

/* The folder's own name, also of "." and "a/b/". */
static void folder_name(char *name, size_t size, const char *dir) {
    size_t n = strlen(dir);
    while (n > 1 && dir[n - 1] == '/') n--;
    size_t at = n;
    while (at > 0 && dir[at - 1] != '/') at--;
    snprintf(name, size, "%.*s", (int)(n - at < size ? n - at : size - 1), dir + at);
}

/* When the newest of a run's files was written. */
static xt_status look_when(double *silent_s, char when[32], const char *dir, xt_error *err) {
    static const char *const written[] = {"run.json", "series.csv", "log.txt",    "frames",
                                          "films",    "volumes",    "checkpoint", NULL};
    time_t newest = 0;
    for (int i = 0; written[i]; i++) {
        struct stat info;
        char *path = NULL;
        XT_TRY(xt_path_join(&path, dir, written[i], err));
        if (stat(path, &info) == 0 && info.st_mtime > newest) newest = info.st_mtime;
        free(path);
    }
    struct tm utc;
    if (!gmtime_r(&newest, &utc) || !strftime(when, 32, "%Y-%m-%d %H:%M UTC", &utc)) strcpy(when, "?");
    *silent_s = fmax(0, difftime(time(NULL), newest));
    return XT_OK;
}

static xt_status write_run(run *r, char **title, xt_error *err) {
    xt_json_tree *tree = NULL;
    char *text = NULL, name[256], when[32] = "";
    xt_last_word last = {-1, when};
    size_t left = XT_REPORT_BYTES / (size_t)r->count;
    xt_status status = XT_OK;
    XT_GO(read_record(&tree, &text, r->dir, err));
    const xt_json_value *root = xt_json_root(tree);
    const xt_json_value *scene = xt_json_get(xt_json_get(root, "scene"), "title");
    folder_name(name, sizeof name, r->dir);
    if (title && !*title) {
        xt_text copy = {0};
        xt_text_add(&copy, scene && scene->kind == XT_JSON_STRING && scene->text[0] ? scene->text : name);
        *title = xt_text_take(&copy);
        if (!*title) XT_GO(xt_no_memory(err, "the title", 128));
    }
    xt_json_open_object(r->json, NULL);
    xt_json_string(r->json, "name", name);
    xt_json_raw(r->json, "record", text);
    if (r->blobs) XT_GO(look_when(&last.silent_s, when, r->dir, err));
    xt_verdict_write(r->json, root, &last);
    XT_GO(write_series(r, err));
    XT_GO(xt_report_movies(r, &left, err));
    XT_GO(xt_report_films(r, &left, err));
    XT_GO(write_space(r, root, err));
    xt_json_open_array(r->json, "missing");
    for (int i = 0; i < r->missing_count; i++) xt_json_string(r->json, NULL, xt_text_get(&r->missing[i]));
    xt_json_close(r->json);
    xt_json_close(r->json);
done:
    for (int i = 0; i < r->missing_count; i++) xt_text_free(&r->missing[i]);
    xt_json_free(tree);
    free(text);
    return status;
}

xt_status xt_report_space(xt_text *text, const char *dir, xt_error *err) {
    xt_json json;
    xt_json_tree *tree = NULL;
    char *record = NULL;
    xt_status status = XT_OK;
    XT_GO(read_record(&tree, &record, dir, err));
    const xt_space_def def = {.dir = dir, .record = xt_json_root(tree), .id = "0"};
    xt_json_begin(&json, text);
    xt_json_open_object(&json, NULL);
    XT_GO(xt_space_write(&json, "space", NULL, &def, err));
    xt_json_close(&json);
    XT_GO(xt_json_end(&json, "the volumes of a report", err));
done:
    xt_json_free(tree);
    free(record);
    return status;
}

xt_status xt_report_compose(xt_text *text, xt_text *blobs, char **title, const xt_report_def *def,
                            xt_error *err) {
    xt_json json;
    if (def->count < 1 || def->count > XT_REPORT_RUNS)
        return xt_fail(err, XT_USAGE, "a report compares at most %d runs, found %d", XT_REPORT_RUNS,
                       def->count);
    xt_json_begin(&json, text);
    xt_json_open_object(&json, NULL);
    xt_json_integer(&json, "format", 1);
    xt_json_string(&json, "program", "Crosstalk " CROSSTALK_VERSION);
    xt_json_bool(&json, "live", def->live);
    xt_json_open_array(&json, "runs");
    for (int i = 0; i < def->count; i++) {
        run r = {.json = &json, .blobs = blobs, .dir = def->dirs[i], .index = i, .count = def->count};
        XT_TRY(write_run(&r, title, err));
    }
    xt_json_close(&json);
    xt_json_close(&json);
    return xt_json_end(&json, "the data of a report", err);
}
