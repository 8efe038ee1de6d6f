#include "report/data.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/json.h"
#include "report/curves.h"
#include "report/html.h"
#include "report/pictures.h"
#include "report/space.h"
#include "report/verdict.h"

enum { LARGEST_RECORD = 64 << 20, LARGEST_PICTURE = 64 << 20, MOST_MOVIES = 32 };

/* One run while it is composed. */
typedef struct {
    xt_json *json;
    xt_text *blobs; /* NULL: files stay files */
    const char *dir;
    int index, count;   /* of how many runs */
    xt_text missing[4]; /* what is not there, said on the page */
    int missing_count;
} run;

static size_t as_base64(size_t size) { return (size + 2) / 3 * 4; }

static void say_missing(run *r, const char *format, int n) {
    if (r->missing_count < 4) xt_text_printf(&r->missing[r->missing_count++], "%d %s", n, format);
}

/* The file `below` the run's folder as a blob; its id as the member "blob". */
static xt_status embed(run *r, const char *below, const char *kind, int number, xt_error *err) {
    char id[64], *path = NULL, *bytes = NULL;
    size_t size;
    xt_status status = XT_OK;
    if (!r->blobs) {
        xt_json_null(r->json, "blob");
        return XT_OK;
    }
    snprintf(id, sizeof id, "%s-%d-%d", kind, r->index, number);
    XT_GO(xt_path_join(&path, r->dir, below, err));
    XT_GO(xt_file_read(&bytes, &size, path, LARGEST_PICTURE, err));
    xt_html_blob(r->blobs, id, bytes, size);
    xt_json_string(r->json, "blob", id);
done:
    free(bytes);
    free(path);
    return status;
}

/* ---- films of slices ---- */

/* Picture k of `kept` among `count`, the first and the last always. */
static int chosen(int k, int kept, int count) {
    return kept < 2 ? count - 1 : (int)((long long)k * (count - 1) / (kept - 1));
}

static int length_of(const xt_pictures *all, int first) {
    int n = 1;
    while (first + n < all->count && strcmp(all->picture[first + n].series, all->picture[first].series) == 0)
        n++;
    return n;
}

/* Bytes of a page if every film keeps at most so many pictures. */
static size_t bytes_kept(const xt_pictures *all, int most) {
    size_t bytes = 0;
    for (int first = 0, n; first < all->count; first += n) {
        n = length_of(all, first);
        const int kept = n < most ? n : most;
        for (int k = 0; k < kept; k++) bytes += as_base64(all->picture[first + chosen(k, kept, n)].size);
    }
    return bytes;
}

static xt_status write_picture(run *r, const xt_picture *p, int number, xt_error *err) {
    xt_json_open_object(r->json, NULL);
    xt_json_string(r->json, "file", p->file);
    xt_json_integer(r->json, "number", p->number);
    xt_json_real(r->json, "time", p->time_d);
    xt_json_integer(r->json, "width", p->width);
    xt_json_integer(r->json, "height", p->height);
    XT_TRY(embed(r, p->file, "picture", number, err));
    xt_json_open_object(r->json, "text");
    for (int i = 0; i < p->texts; i++)
        if (xt_picture_text(p, p->key[i]) == p->text[i]) xt_json_string(r->json, p->key[i], p->text[i]);
    xt_json_close(r->json);
    xt_json_close(r->json);
    return XT_OK;
}

static xt_status write_films(run *r, xt_error *err) {
    xt_pictures all;
    xt_status status = XT_OK;
    XT_TRY(xt_pictures_find(&all, r->dir, "frames", err));
    int most = all.count;
    const size_t budget = XT_REPORT_PICTURES / (size_t)r->count;
    while (r->blobs && most > 1 && bytes_kept(&all, most) > budget) most--;
    xt_json_open_array(r->json, "films");
    for (int first = 0, n; first < all.count; first += n) {
        n = length_of(&all, first);
        const int kept = n < most ? n : most;
        xt_json_open_object(r->json, NULL);
        xt_json_string(r->json, "series", all.picture[first].series);
        xt_json_integer(r->json, "count", n);
        xt_json_open_array(r->json, "pictures");
        for (int k = 0; k < kept; k++) {
            const int i = first + chosen(k, kept, n);
            XT_GO(write_picture(r, &all.picture[i], i, err));
        }
        xt_json_close(r->json);
        xt_json_close(r->json);
    }
    xt_json_close(r->json);
    if (all.damaged) say_missing(r, "files in frames/ are damaged and not shown", all.damaged);
done:
    xt_pictures_free(&all);
    return status;
}

/* ---- films as files ---- */

static bool is_movie(const char *name) {
    static const char *const endings[] = {".png", ".apng", ".mp4", ".webm", NULL};
    const char *dot = strrchr(name, '.');
    for (int i = 0; dot && endings[i]; i++)
        if (strcmp(dot, endings[i]) == 0) return !strstr(name, ".tmp-");
    return false;
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static xt_status write_movie(run *r, const char *below, int number, size_t *left, xt_error *err) {
    char *path = NULL;
    struct stat info;
    XT_TRY(xt_path_join(&path, r->dir, below, err));
    const bool there = stat(path, &info) == 0 && S_ISREG(info.st_mode);
    free(path);
    if (!there) return XT_OK;
    const size_t bytes = as_base64((size_t)info.st_size);
    xt_json_open_object(r->json, NULL);
    xt_json_string(r->json, "file", below);
    xt_json_integer(r->json, "bytes", (long long)info.st_size);
    if (r->blobs && bytes <= *left) {
        XT_TRY(embed(r, below, "film", number, err));
        *left -= bytes;
    } else {
        xt_json_null(r->json, "blob");
    }
    xt_json_close(r->json);
    return XT_OK;
}

static xt_status write_movies(run *r, xt_error *err) {
    xt_status status = XT_OK;
    char *path = NULL, *name[MOST_MOVIES];
    int count = 0;
    size_t left = XT_REPORT_FILMS / (size_t)r->count;
    XT_TRY(xt_path_join(&path, r->dir, "films", err));
    DIR *list = opendir(path);
    xt_json_open_array(r->json, "movies");
    for (struct dirent *entry; list && count < MOST_MOVIES && (entry = readdir(list));)
        if (is_movie(entry->d_name)) {
            XT_GO(xt_path_join(&name[count], "films", entry->d_name, err));
            count++;
        }
    qsort(name, (size_t)count, sizeof *name, by_name);
    for (int i = 0; i < count; i++) XT_GO(write_movie(r, name[i], i, &left, err));
    xt_json_close(r->json);
done:
    if (list) closedir(list);
    for (int i = 0; i < count; i++) free(name[i]);
    free(path);
    return status;
}

/* ---- the rest ---- */

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

static xt_status write_run(run *r, char **title, xt_error *err) {
    xt_json_tree *tree = NULL;
    char *text = NULL, name[256];
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
    xt_verdict_write(r->json, root);
    XT_GO(write_series(r, err));
    XT_GO(write_films(r, err));
    XT_GO(write_movies(r, err));
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
