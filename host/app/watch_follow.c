#include "app/watch_follow.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"

enum { FILMS = 64, NAME = 192, FOLDERS = 2, RECORD_BYTES = 64 << 20 };
static const char *const folders[FOLDERS] = {"frames", "render"};
static const double turn_s = 5;

/* A file or folder, and when it was last read. */
typedef struct {
    char *path;
    struct timespec changed;
    off_t size;
    double when, took_s;
} source;

typedef struct {
    char stem[NAME], file[NAME]; /* "frames/tissue_z5"; "frames/tissue_z5_0012.png" */
    long number;
} film;

typedef struct {
    char name[64], label[64];
} readout;

struct xt_follow {
    source series, record, pictures[FOLDERS];
    xt_curves curves;
    bool have_curves;
    readout readout[XT_CURVE_COLUMNS]; /* those that are called otherwise than their names say */
    int readouts;
    const char *label[XT_CURVE_COLUMNS]; /* of the curves' columns */
    xt_watch_proof proof[XT_WATCH_PROOFS];
    film film[FILMS];
    int films, turn;
    double turned;
    char *dir, *picture, caption[NAME];
};

xt_status xt_follow_create(xt_follow **out, const char *dir, xt_error *err) {
    xt_follow *f = calloc(1, sizeof *f);
    *out = NULL;
    if (!f) return xt_no_memory(err, "the live status", sizeof *f);
    xt_status status = XT_OK;
    XT_GO(xt_path_join(&f->series.path, dir, "series.csv", err));
    XT_GO(xt_path_join(&f->record.path, dir, "run.json", err));
    XT_GO(xt_path_join(&f->dir, "", dir, err));
    for (int i = 0; i < FOLDERS; i++) XT_GO(xt_path_join(&f->pictures[i].path, dir, folders[i], err));
    for (int i = 0; i < XT_WATCH_PROOFS; i++) f->proof[i].value = f->proof[i].bound = NAN;
    *out = f;
    return XT_OK;
done:
    xt_follow_free(f);
    return status;
}

void xt_follow_free(xt_follow *f) {
    if (!f) return;
    if (f->have_curves) xt_curves_free(&f->curves);
    free(f->series.path);
    free(f->record.path);
    for (int i = 0; i < FOLDERS; i++) free(f->pictures[i].path);
    free(f->dir);
    free(f->picture);
    free(f);
}

static bool has_changed(source *s) {
    struct stat info;
    if (stat(s->path, &info) != 0 || (s->when > 0 && xt_seconds() - s->when < 20 * s->took_s)) return false;
    if (s->when > 0 && info.st_size == s->size && info.st_mtim.tv_sec == s->changed.tv_sec &&
        info.st_mtim.tv_nsec == s->changed.tv_nsec)
        return false;
    s->size = info.st_size;
    s->changed = info.st_mtim;
    s->when = xt_seconds();
    return true;
}

static void was_read(source *s) { s->took_s = xt_seconds() - s->when; }

static void read_curves(xt_follow *f) {
    xt_curves curves = {0};
    if (xt_curves_read(&curves, f->series.path, &(xt_error){0}) != XT_OK) return;
    if (f->have_curves) xt_curves_free(&f->curves);
    f->curves = curves;
    f->have_curves = true;
}

static double number(const xt_json_value *object, const char *key) {
    const xt_json_value *v = xt_json_get(object, key);
    return v && v->kind == XT_JSON_NUMBER ? v->number : NAN;
}

static void read_labels(xt_follow *f, const xt_json_value *root) {
    const xt_json_value *list = xt_json_get(root, "readouts");
    f->readouts = 0;
    for (const xt_json_value *v = list ? list->first : NULL; v && f->readouts < XT_CURVE_COLUMNS;
         v = v->next) {
        const xt_json_value *name = xt_json_get(v, "name"), *label = xt_json_get(v, "label");
        if (!name || name->kind != XT_JSON_STRING || !label || label->kind != XT_JSON_STRING) continue;
        readout *r = &f->readout[f->readouts++];
        snprintf(r->name, sizeof r->name, "%s", name->text);
        snprintf(r->label, sizeof r->label, "%s", label->text);
    }
}

static void name_columns(xt_follow *f) {
    for (int c = 0; f->have_curves && c < f->curves.columns && c < XT_CURVE_COLUMNS; c++) {
        f->label[c] = NULL;
        for (int i = 0; i < f->readouts; i++)
            if (strcmp(f->readout[i].name, f->curves.name[c]) == 0) f->label[c] = f->readout[i].label;
    }
}

static void read_record(xt_follow *f) {
    char *text = NULL;
    size_t size;
    xt_json_tree *tree = NULL;
    if (xt_file_read(&text, &size, f->record.path, RECORD_BYTES, &(xt_error){0}) == XT_OK &&
        xt_json_parse(&tree, f->record.path, text, size, &(xt_error){0}) == XT_OK) {
        const xt_json_value *root = xt_json_root(tree), *bounds = xt_json_get(root, "bounds");
        const xt_json_value *balance = xt_json_get(root, "balance");
        double worst = NAN;
        read_labels(f, root);
        for (const xt_json_value *v = balance ? balance->first : NULL; v; v = v->next)
            if (v->kind == XT_JSON_NUMBER) worst = fmax(worst, v->number);
        f->proof[0] = (xt_watch_proof){"mass balance", worst, number(bounds, "balance")};
        f->proof[1] =
            (xt_watch_proof){"fractions", number(root, "fraction_defect"), number(bounds, "fraction_defect")};
        f->proof[2] = (xt_watch_proof){"residual", number(xt_json_get(root, "solver"), "worst_residual"),
                                       number(bounds, "residual")};
        f->proof[3] = (xt_watch_proof){"step", number(xt_json_get(root, "stepping"), "largest_step_error"),
                                       number(bounds, "step_error")};
    }
    xt_json_free(tree);
    free(text);
}

/* NAME_NUMBER.png: the length of NAME, or 0. */
static size_t stem_of(long *number_, const char *file) {
    const size_t n = strlen(file);
    if (n < 7 || n >= NAME - 16 || strcmp(file + n - 4, ".png") != 0) return 0;
    size_t at = n - 4;
    while (at > 0 && file[at - 1] >= '0' && file[at - 1] <= '9') at--;
    if (at < 2 || at == n - 4 || file[at - 1] != '_') return 0;
    *number_ = strtol(file + at, NULL, 10);
    return at - 1;
}

static int by_stem(const void *a, const void *b) {
    return strcmp(((const film *)a)->stem, ((const film *)b)->stem);
}

/* The newest of each film in this folder, beside those that are known. */
static void read_folder(xt_follow *f, int which) {
    const char *folder = folders[which];
    DIR *list = opendir(f->pictures[which].path);
    if (!list) return;
    for (struct dirent *entry; (entry = readdir(list));) {
        long number_;
        char stem[NAME];
        const size_t n = stem_of(&number_, entry->d_name);
        if (!n) continue;
        snprintf(stem, sizeof stem, "%s/%.*s", folder, (int)n, entry->d_name);
        int i = 0;
        while (i < f->films && strcmp(f->film[i].stem, stem) != 0) i++;
        if (i == FILMS || (i < f->films && f->film[i].number >= number_)) continue;
        if (i == f->films) f->films++;
        strcpy(f->film[i].stem, stem);
        snprintf(f->film[i].file, sizeof f->film[i].file, "%s/%s", folder, entry->d_name);
        f->film[i].number = number_;
    }
    closedir(list);
    qsort(f->film, (size_t)f->films, sizeof *f->film, by_stem);
}

static void choose_picture(xt_follow *f) {
    const double now = xt_seconds();
    if (!f->films) return;
    if (f->turned > 0 && now - f->turned > turn_s) {
        f->turn++;
        f->turned = now;
    }
    if (!(f->turned > 0)) f->turned = now;
    f->turn %= f->films;
    const film *next = &f->film[f->turn];
    free(f->picture);
    if (xt_path_join(&f->picture, f->dir, next->file, &(xt_error){0}) != XT_OK) f->picture = NULL;
    strcpy(f->caption, next->file);
}

void xt_follow_look(xt_follow *f, bool last) {
    if (last) {
        f->series.took_s = f->record.took_s = 0;
        for (int i = 0; i < FOLDERS; i++) f->pictures[i].took_s = 0;
    }
    if (has_changed(&f->series)) {
        read_curves(f);
        was_read(&f->series);
    }
    if (has_changed(&f->record)) {
        read_record(f);
        was_read(&f->record);
    }
    for (int i = 0; i < FOLDERS; i++)
        if (has_changed(&f->pictures[i])) {
            read_folder(f, i);
            was_read(&f->pictures[i]);
        }
    name_columns(f);
    choose_picture(f);
}

void xt_follow_show(xt_watch_shown *shown, const xt_follow *f) {
    shown->curves = f->have_curves ? &f->curves : NULL;
    shown->label = f->label;
    memcpy(shown->proof, f->proof, sizeof f->proof);
    shown->caption = f->picture ? f->caption : NULL;
}

const char *xt_follow_picture(const xt_follow *f) { return f->picture; }
