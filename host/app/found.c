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
    if (subject) {
        f->age_h = quantity_of(xt_node_get(subject, "age"), "h");
        f->ageing = !is_text(xt_node_get(subject, "ageing"), "false");
    }
    if (scene) f->acute_begin_h = acute_begin(xt_node_get(scene, "clock"), f->age_h);
    return read_tissues(f, xt_node_get(root, "tissues"), err);
}

/* ---- the folder ---- */

static xt_status no_volumes(const char *dir, xt_error *err) {
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
    xt_status status = xt_path_exists(path) ? xt_pvd_read(&f->moment, path, err) : no_volumes(dir, err);
    free(path);
    if (status != XT_OK) return status;
    keep_those_there(f, log);
    if (f->moment.count == 0) return no_volumes(dir, err);
    return read_run(f, dir, log, err);
}

static xt_status open_file(xt_found *f, const char *path, xt_log *log, xt_error *err) {
    if (ends_in(path, ".pvd")) {
        f->timed = true;
        XT_TRY(xt_pvd_read(&f->moment, path, err));
        keep_those_there(f, log);
        if (f->moment.count == 0) return xt_fail(err, XT_USAGE, "%s lists no files that are there", path);
        return read_tissues(f, NULL, err);
    }
    f->moment.entry = calloc(1, sizeof *f->moment.entry);
    char *copy = malloc(strlen(path) + 1);
    if (!f->moment.entry || !copy) {
        free(copy);
        return xt_no_memory(err, "a path", strlen(path));
    }
    f->moment.entry[0].path = strcpy(copy, path);
    f->moment.count = 1;
    return read_tissues(f, NULL, err);
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
        !(xt_dim_is_one(dim) || xt_dim_equal(dim, hour.dim)) || (is_age && xt_dim_is_one(dim)))
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

/* ---- one moment ---- */

static xt_status keep_numbers(const float *values, int z, void *context, xt_error *err) {
    (void)err;
    const xt_snapshot *s = context;
    const size_t slice = (size_t)s->image->dims[0] * (size_t)s->image->dims[1];
    for (size_t i = 0; i < slice; i++) s->tissue[(size_t)z * slice + i] = isfinite(values[i]) != 0;
    return XT_OK;
}

/* A file without labels is one tissue where its first field is a number. */
static xt_status make_up_labels(xt_snapshot *s, xt_error *err) {
    static const char *const name[] = {"volume"};
    static const unsigned colour[] = {0xa9b2bf};
    s->subject.tissue_count = 1;
    s->subject.tissue_name = name;
    s->subject.tissue_colour = colour;
    for (int k = 0; k < s->image->array_count; k++)
        if (s->image->array[k].components == 1) return xt_vti_slices(s->reader, k, keep_numbers, s, err);
    return xt_fail(err, XT_USAGE, "%s holds no array of one component", s->found->path);
}

/* Rays are marched in single precision. */
static xt_status check_spacing(const xt_snapshot *s, xt_error *err) {
    const double *h = s->image->spacing, least = fmin(h[0], fmin(h[1], h[2])),
                 most = fmax(h[0], fmax(h[1], h[2]));
    if (least >= 1e-9 && most <= 1e9) return XT_OK;
    return xt_fail(err, XT_USAGE, "%s: voxels of %g x %g x %g mm; from 1e-9 to 1e9 mm can be drawn",
                   s->found->path, h[0], h[1], h[2]);
}

static int find_labels(const xt_vti_reader *reader) {
    static const char *const names[] = {"tissue", "tissues", "label", "labels", "segmentation"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const int k = xt_vti_find(reader, names[i]);
        if (k >= 0 && xt_vti_image_of(reader)->array[k].components == 1) return k;
    }
    return -1;
}

static xt_status keep_share(const float *values, int z, void *context, xt_error *err) {
    const xt_snapshot *s = context;
    const size_t slice = (size_t)s->image->dims[0] * (size_t)s->image->dims[1];
    uint16_t *to = s->share + (size_t)z * slice;
    for (size_t i = 0; i < slice; i++) {
        if (!(values[i] >= 0 && values[i] <= 1))
            return xt_fail(err, XT_IO, "%s: a share of %g; expected 0 to 1", s->found->path,
                           (double)values[i]);
        to[i] = (uint16_t)lroundf(values[i] * 65535);
    }
    return XT_OK;
}

static const char second_name[] = "second tissue", share_name[] = "share of second";

/* With them surfaces lie where they are, without them where the labels' stairs are smoothest. */
static xt_status read_shares(xt_snapshot *s, xt_error *err) {
    const int second = xt_vti_find(s->reader, second_name), share = xt_vti_find(s->reader, share_name);
    if (second < 0 || share < 0 || s->image->array[second].components != 1 ||
        s->image->array[share].components != 1)
        return XT_OK;
    s->second = malloc(s->voxels);
    s->share = malloc(s->voxels * sizeof *s->share);
    if (!s->second || !s->share) return xt_no_memory(err, "the shares of a volume", 3 * s->voxels);
    XT_TRY(xt_vti_read_bytes(s->second, s->reader, second, err));
    return xt_vti_slices(s->reader, share, keep_share, s, err);
}

xt_status xt_snapshot_open(xt_snapshot *s, const xt_found *found, int moment, xt_error *err) {
    *s = (xt_snapshot){.found = found};
    xt_status status = XT_OK;
    XT_GO(xt_vti_open(&s->reader, found->moment.entry[moment].path, err));
    s->image = xt_vti_image_of(s->reader);
    XT_GO(check_spacing(s, err));
    s->voxels = (size_t)s->image->dims[0] * (size_t)s->image->dims[1] * (size_t)s->image->dims[2];
    s->tissue = malloc(s->voxels);
    if (!s->tissue) {
        status = xt_no_memory(err, "the labels of a volume", s->voxels);
        goto done;
    }
    s->subject.tissue_count = found->tissue_count;
    s->subject.tissue_name = found->tissue_names;
    s->subject.tissue_colour = found->tissue_colour;
    const int labels = find_labels(s->reader);
    s->labelled = labels >= 0;
    XT_GO(s->labelled ? xt_vti_read_bytes(s->tissue, s->reader, labels, err) : make_up_labels(s, err));
    if (s->labelled) XT_GO(read_shares(s, err));
    memcpy(s->subject.dims, s->image->dims, sizeof s->subject.dims);
    memcpy(s->subject.spacing, s->image->spacing, sizeof s->subject.spacing);
    memcpy(s->subject.affine, s->image->affine, sizeof s->subject.affine);
    xt_view_survey(&s->subject, s->tissue);
done:
    if (status != XT_OK) xt_snapshot_close(s);
    return status;
}

void xt_snapshot_close(xt_snapshot *s) {
    xt_vti_close(s->reader);
    free(s->tissue);
    free(s->second);
    free(s->share);
    *s = (xt_snapshot){0};
}

/* What run.json says of a species, or of the one whose exposure this is. */
static void look_up(xt_view_field *field, const xt_found *f) {
    const xt_node *list = f->run ? xt_node_get(xt_tree_root(f->run), "species") : NULL;
    const bool exposure = strncmp(field->name, "u_", 2) == 0;
    for (const xt_node *n = list ? list->first : NULL; n; n = n->next) {
        if (!is_text(xt_node_get(n, "name"), field->name + (exposure ? 2 : 0))) continue;
        const xt_node *about = xt_node_get(n, "about"), *decay = xt_node_get(n, "decay_mm");
        if (exposure) {
            snprintf(field->label, sizeof field->label, "%s relative to the young reference",
                     field->name + 2);
            snprintf(field->brief, sizeof field->brief, "%s / reference", field->name + 2);
        } else if (about && about->text && about->text[0])
            snprintf(field->label, sizeof field->label, "%s (%s)", field->name, about->text);
        bool any = false;
        for (const xt_node *t = decay ? decay->first : NULL; t; t = t->next) {
            const double length = t->text ? strtod(t->text, NULL) : NAN;
            if (!(length > 0) || !isfinite(length)) continue;
            field->fades[0] = any ? fmin(field->fades[0], length) : length;
            field->fades[1] = any ? fmax(field->fades[1], length) : length;
            any = true;
        }
    }
}

xt_status xt_snapshot_find(xt_view_field *field, const char *name, void *context, xt_error *err) {
    const xt_snapshot *s = context;
    const int k = xt_vti_find(s->reader, name);
    char unit[64];
    if (k >= 0 && s->image->array[k].components == 1) {
        *field = (xt_view_field){.index = k};
        xt_vti_name(field->name, sizeof field->name, unit, sizeof unit, s->image->array[k].name);
        snprintf(field->unit, sizeof field->unit, "%.15s", strcmp(unit, "1") == 0 ? "" : unit);
        snprintf(field->label, sizeof field->label, "%s", field->name);
        snprintf(field->brief, sizeof field->brief, "%s", field->name);
        field->fraction = strncmp(field->name, "f_", 2) == 0;
        if (field->fraction) {
            snprintf(field->brief, sizeof field->brief, "%s", field->name + 2);
            snprintf(field->label, sizeof field->label, "%s volume fraction", field->brief);
        }
        look_up(field, s->found);
        for (char *c = field->label; *c; c++)
            if (*c == '_') *c = ' ';
        for (char *c = field->brief; *c; c++)
            if (*c == '_') *c = ' ';
        return XT_OK;
    }
    if (k >= 0)
        return xt_fail(err, XT_USAGE, "'%.64s' has %d components a voxel; a field has one", name,
                       s->image->array[k].components);
    enum { MOST = 64 };
    char made[MOST][80];
    const char *known[MOST];
    xt_text list = {0};
    int count = 0;
    for (int i = 0; i < s->image->array_count && count < MOST; i++) {
        xt_vti_name(made[count], sizeof made[0], unit, sizeof unit, s->image->array[i].name);
        known[count] = made[count];
        xt_text_printf(&list, "%s%s", count ? ", " : "", made[count]);
        count++;
    }
    const char *near = xt_nearest(name, known, count);
    if (near)
        xt_fail(err, XT_USAGE, "the volumes hold no '%.64s'; did you mean '%s'?", name, near);
    else
        xt_fail(err, XT_USAGE,
                "the volumes hold no '%.64s', but %s; the scene's `output.volumes.fields` says what "
                "is written",
                name, xt_text_get(&list));
    xt_text_free(&list);
    return XT_USAGE;
}

xt_status xt_snapshot_values(float *value, const xt_snapshot *s, const xt_view_field *field, xt_error *err) {
    XT_TRY(xt_vti_read_floats(value, s->reader, field->index, err));
    for (size_t i = 0; i < s->voxels; i++)
        if (!s->tissue[i]) value[i] = NAN;
    return XT_OK;
}

const char *xt_snapshot_first_field(const xt_snapshot *s, char *name, size_t size) {
    char unit[64];
    const int labels = find_labels(s->reader);
    for (int k = 0; k < s->image->array_count; k++) {
        if (k == labels || s->image->array[k].components != 1) continue;
        xt_vti_name(name, size, unit, sizeof unit, s->image->array[k].name);
        if (strcmp(name, second_name) != 0 && strcmp(name, share_name) != 0) return name;
    }
    return NULL;
}
