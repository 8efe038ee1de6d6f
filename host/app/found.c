#include "app/found.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/file.h"

/* Colours of labels that nobody named: Okabe and Ito's eight, which colour-blind readers tell apart. */
static const unsigned spare_colour[8] = {0xe69f00, 0x56b4e9, 0x009e73, 0xf0e442,
                                         0x0072b2, 0xd55e00, 0xcc79a7, 0x999999};

static bool ends_in(const char *path, const char *ending) {
    const size_t n = strlen(path), m = strlen(ending);
    return n > m && strcmp(path + n - m, ending) == 0;
}

/* ---- run.json ---- */

static double quantity_of(const xt_node *node, const char *unit) {
    double value = NAN;
    xt_error ignored = {0};
    if (!node || node->kind != XT_SCALAR || xt_node_quantity(&value, node, unit, &ignored) != XT_OK)
        return NAN;
    return value;
}

static bool is_text(const xt_node *node, const char *text) {
    return node && node->kind == XT_SCALAR && strcmp(node->text, text) == 0;
}

/* When fields begin to be resolved in time. */
static double acute_begin(const xt_node *clock, double age_h) {
    if (is_text(xt_node_get(clock, "mode"), "acute")) return 0;
    const xt_node *until = xt_node_get(clock, "until");
    if (!(quantity_of(xt_node_get(clock, "acute"), "h") > 0) || !until || until->kind != XT_SCALAR)
        return INFINITY;
    if (strncmp(until->text, "age ", 4) != 0) return quantity_of(until, "h");
    xt_node rest = *until;
    rest.text += 4;
    return quantity_of(&rest, "h") - age_h;
}

static xt_status read_tissues(xt_found *f, const xt_node *list, xt_error *err) {
    enum { MOST = 255 };
    f->tissue_name = calloc(MOST, sizeof *f->tissue_name);
    f->tissue_names = calloc(MOST, sizeof *f->tissue_names);
    f->tissue_colour = calloc(MOST, sizeof *f->tissue_colour);
    if (!f->tissue_name || !f->tissue_names || !f->tissue_colour) return xt_no_memory(err, "tissues", MOST);
    for (int t = 0; t < MOST; t++) {
        snprintf(f->tissue_name[t], sizeof f->tissue_name[t], "label_%d", t + 1);
        f->tissue_names[t] = f->tissue_name[t];
        f->tissue_colour[t] = spare_colour[t % 8];
    }
    f->tissue_count = MOST; /* those that do not occur are not looked at */
    for (const xt_node *n = list ? list->first : NULL; n; n = n->next) {
        const xt_node *number = xt_node_get(n, "number"), *name = xt_node_get(n, "name"),
                      *colour = xt_node_get(n, "colour");
        const long t = number && number->text ? strtol(number->text, NULL, 10) : 0;
        if (t < 1 || t > MOST) continue;
        if (name && name->text) snprintf(f->tissue_name[t - 1], sizeof f->tissue_name[0], "%s", name->text);
        if (colour && colour->text) xt_view_colour(&f->tissue_colour[t - 1], colour->text);
        f->thin[t - 1] = is_text(xt_node_get(n, "thin"), "true");
    }
    return XT_OK;
}

static xt_status read_run(xt_found *f, const char *dir, xt_log *log, xt_error *err) {
    char *path = NULL;
    xt_error why = {0};
    XT_TRY(xt_path_join(&path, dir, "run.json", err));
    if (!xt_path_exists(path))
        xt_log_warn(
            log,
            "%s is not there (it is written when a run ends): tissues have no names and their colours "
            "are not the model's",
            path);
    else if (xt_yaml_load(&f->run, path, &why) != XT_OK)
        xt_log_warn(log, "%s cannot be read, tissues have no names: %s", path, why.text);
    free(path);
    const xt_node *root = f->run ? xt_tree_root(f->run) : NULL, *scene = xt_node_get(root, "scene"),
                  *title = xt_node_get(scene, "title"), *subject = xt_node_get(scene, "subject");
    if (title && title->text) snprintf(f->title, sizeof f->title, "%s", title->text);
    const xt_node *command = xt_node_get(root, "command"), *file = command ? xt_node_at(command, 2) : NULL;
    if (file && file->text) f->scene_file = file->text;
    if (subject) {
        f->age_h = quantity_of(xt_node_get(subject, "age"), "h");
        f->ageing = !is_text(xt_node_get(subject, "ageing"), "false");
    }
    if (scene) f->acute_begin_h = acute_begin(xt_node_get(scene, "clock"), f->age_h);
    return read_tissues(f, xt_node_get(root, "tissues"), err);
}

/* ---- the folder ---- */

static bool holds(const char *dir, const char *name) {
    char *path = NULL;
    xt_error ignored = {0};
    const bool there = xt_path_join(&path, dir, name, &ignored) == XT_OK && xt_path_exists(path);
    free(path);
    return there;
}

static xt_status no_volumes(const xt_found *f, const char *dir, xt_error *err) {
    if (f->run && is_text(xt_node_get(xt_tree_root(f->run), "well_mixed"), "true"))
        return xt_fail(
            err, XT_USAGE,
            "%s is a run of well-mixed tissues, which have no places and no volumes; its curves are "
            "in series.csv, and `crosstalk report` draws them",
            dir);
    if (!holds(dir, "run.json") && !holds(dir, "log.txt") && !holds(dir, "series.csv"))
        return xt_fail(err, XT_USAGE, "%s is not the folder of a run; expected what `crosstalk run -o` made",
                       dir);
    return xt_fail(err, XT_USAGE,
                   "%s holds no volumes yet: a scene writes them with `output: {volumes: {at_end: true}}` or "
                   "`volumes: {every: 10 y}`",
                   dir);
}

/* Entries whose file is gone: a run that is being replaced, or tidied up by hand. */
static void keep_those_there(xt_found *f, xt_log *log) {
    int kept = 0;
    for (int i = 0; i < f->moment.count; i++) {
        if (xt_path_exists(f->moment.entry[i].path)) {
            f->moment.entry[kept++] = f->moment.entry[i];
            continue;
        }
        xt_log_warn(log, "%s is gone, it is left out", f->moment.entry[i].path);
        free(f->moment.entry[i].path);
    }
    f->moment.count = kept;
}

static xt_status open_folder(xt_found *f, const char *dir, xt_log *log, xt_error *err) {
    char *path = NULL;
    f->is_run = f->timed = true;
    XT_TRY(xt_path_join(&path, dir, "volumes.pvd", err));
    const bool there = xt_path_exists(path);
    xt_status status = there ? xt_pvd_read(&f->moment, path, err) : XT_OK;
    free(path);
    if (status != XT_OK) return status;
    keep_those_there(f, log);
    if (holds(dir, "run.json") || f->moment.count) XT_TRY(read_run(f, dir, log, err));
    return f->moment.count ? XT_OK : no_volumes(f, dir, err);
}

/* The time of a single file, where the run's list has it. */
static void time_of(xt_found *f, const char *dir) {
    char *path = NULL;
    xt_pvd_list list = {0};
    xt_error ignored = {0};
    if (xt_path_join(&path, dir, "volumes.pvd", &ignored) == XT_OK && xt_path_exists(path) &&
        xt_pvd_read(&list, path, &ignored) == XT_OK)
        for (int i = 0; i < list.count; i++)
            if (strcmp(xt_path_name(list.entry[i].path), xt_path_name(f->moment.entry[0].path)) == 0) {
                f->moment.entry[0].time = list.entry[i].time;
                f->timed = true;
            }
    xt_pvd_list_free(&list);
    free(path);
}

/* A file in the folder of a run, or in its volumes/, has the run's names, colours and times. */
static xt_status open_beside(xt_found *f, const char *path, xt_log *log, xt_error *err) {
    char *folder = NULL, *above = NULL;
    xt_status status = XT_OK;
    XT_GO(xt_path_folder(&folder, path, err));
    XT_GO(xt_path_join(&above, folder, "..", err));
    const char *dir = holds(folder, "run.json") ? folder : holds(above, "run.json") ? above : NULL;
    if (!dir) {
        status = read_tissues(f, NULL, err);
        goto done;
    }
    XT_GO(read_run(f, dir, log, err));
    if (!f->timed) time_of(f, dir);
done:
    free(folder);
    free(above);
    return status;
}

static xt_status open_file(xt_found *f, const char *path, xt_log *log, xt_error *err) {
    if (ends_in(path, ".pvd")) {
        f->timed = true;
        XT_TRY(xt_pvd_read(&f->moment, path, err));
        keep_those_there(f, log);
        if (f->moment.count == 0) return xt_fail(err, XT_USAGE, "%s lists no files that are there", path);
        return open_beside(f, path, log, err);
    }
    f->moment.entry = calloc(1, sizeof *f->moment.entry);
    char *copy = malloc(strlen(path) + 1);
    if (!f->moment.entry || !copy) {
        free(copy);
        return xt_no_memory(err, "a path", strlen(path));
    }
    f->moment.entry[0].path = strcpy(copy, path);
    f->moment.count = 1;
    return open_beside(f, path, log, err);
}

xt_status xt_found_open(xt_found *f, const char *path, xt_log *log, xt_error *err) {
    *f = (xt_found){.age_h = NAN, .acute_begin_h = INFINITY, .ageing = true};
    xt_status status;
    f->path = malloc(strlen(path) + 1);
    if (!f->path) return xt_no_memory(err, "a path", strlen(path));
    strcpy(f->path, path);
    if (!xt_path_exists(path))
        status = xt_fail(err, XT_IO, "%s is not there; expected the folder of a run, or a .vti file", path);
    else
        status = (xt_path_is_folder(path) ? open_folder : open_file)(f, path, log, err);
    if (status != XT_OK) xt_found_free(f);
    return status;
}

void xt_found_free(xt_found *f) {
    free(f->path);
    xt_pvd_list_free(&f->moment);
    xt_tree_free(f->run);
    free(f->tissue_name);
    free(f->tissue_names);
    free(f->tissue_colour);
    *f = (xt_found){0};
}

/* ---- times ---- */

xt_status xt_found_time(int *moment, const xt_found *f, const char *text, xt_log *log, xt_error *err) {
    const bool is_age = strncmp(text, "age ", 4) == 0;
    double value, days;
    xt_dim dim;
    xt_unit hour;
    *moment = strcmp(text, "first") == 0 ? 0 : f->moment.count - 1;
    if (strcmp(text, "first") == 0 || strcmp(text, "last") == 0) return XT_OK;
    xt_error why = {0};
    XT_TRY(xt_unit_parse(&hour, "h", err));
    if (xt_quantity_parse(&value, &dim, is_age ? text + 4 : text, &why) != XT_OK ||
        !(xt_dim_is_one(dim) || xt_dim_equal(dim, hour.dim)) || ((is_age || f->run) && xt_dim_is_one(dim)))
        return xt_fail(
            err, XT_USAGE,
            "--time: expected a time such as '10 y', 'age 62 y', '300 d', first or last, found '%.64s'",
            text);
    if (is_age && isnan(f->age_h))
        return xt_fail(err, XT_USAGE, "--time '%.64s': %s does not say how old the subject is", text,
                       f->path);
    days = is_age ? (value - f->age_h) / 24 : xt_dim_is_one(dim) ? value : value / 24;
    *moment = xt_pvd_nearest(&f->moment, days);
    const double off = fabs(f->moment.entry[*moment].time - days);
    if (off > 0.02 * fabs(days) && off > 1e-3) {
        char words[96];
        xt_found_moment(words, sizeof words, f, *moment);
        xt_log_warn(log, "the volume nearest to '%s' is that of %s", text, words);
    }
    return XT_OK;
}

void xt_found_moment(char *text, size_t size, const xt_found *f, int moment) {
    const double hours = f->moment.entry[moment].time * 24;
    if (!f->timed)
        snprintf(text, size, "%s", xt_path_name(f->moment.entry[moment].path));
    else
        xt_view_moment(text, size, hours, (f->age_h + (f->ageing ? hours : 0)) / 8766, f->acute_begin_h);
}
