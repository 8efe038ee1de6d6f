/* One moment of what was found: labels in memory, fields from its file. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "app/found.h"

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

/* ---- fields ---- */

/* What run.json says of a species, or of the one whose exposure this is. */
static void look_up(xt_view_field *field, const xt_found *f) {
    const xt_node *list = f->run ? xt_node_get(xt_tree_root(f->run), "species") : NULL;
    const bool exposure = strncmp(field->name, "u_", 2) == 0;
    for (const xt_node *n = list ? list->first : NULL; n; n = n->next) {
        const xt_node *name = xt_node_get(n, "name");
        if (!name || !name->text || strcmp(name->text, field->name + (exposure ? 2 : 0)) != 0) continue;
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
            for (int k = 0; k < 2; k++) {
                if (any && (k ? length <= field->fades[1] : length >= field->fades[0])) continue;
                field->fades[k] = length;
                snprintf(field->fades_in[k], sizeof field->fades_in[k], "%s", t->key ? t->key : "");
            }
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

bool xt_snapshot_unmix(float *value, const xt_snapshot *s, const xt_view_field *field, const uint8_t *second,
                       const uint16_t *share, size_t count) {
    float of[256];
    const char *phase = field->name + 2;
    if (!field->fraction || !s->labelled || !s->found->run) return !field->fraction;
    for (int t = 0; t < 256; t++) of[t] = NAN;
    const xt_node *list = xt_node_get(xt_tree_root(s->found->run), "tissues");
    for (const xt_node *n = list ? list->first : NULL; n; n = n->next) {
        const xt_node *number = xt_node_get(n, "number"),
                      *part = xt_node_get(xt_node_get(n, "composition"), phase);
        const long t = number && number->text ? strtol(number->text, NULL, 10) : 0;
        if (part && part->text && t > 0 && t < 256) of[t] = strtof(part->text, NULL);
    }
    bool all = true;
    for (size_t i = 0; i < count; i++) {
        const float part = (float)share[i] / 65535.0f, other = of[second[i]];
        if (!second[i] || share[i] == 0 || !isfinite(value[i])) continue;
        all &= isfinite(other);
        if (isfinite(other) && part < 0.999f)
            value[i] = fminf(fmaxf((value[i] - part * other) / (1 - part), 0), 1);
    }
    return all;
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
