/* What the volumes of a run hold, and what of it the page may show. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "report/space_parts.h"

static const double work = 2e9; /* voxel values read at most: some ten seconds */

static const char *copy(xt_space_found *f, const char *text) {
    return xt_arena_copy(&f->arena, text, strlen(text));
}

/* ---- times ---- */

static void drop(xt_space_found *f, int i) {
    xt_vti_close(f->time[i].reader);
    memmove(f->time + i, f->time + i + 1, (size_t)(f->times - i - 1) * sizeof *f->time);
    f->times--;
}

void xt_space_thin(xt_space_found *f, int count) {
    const int before = f->times;
    if (count < 1) count = 1;
    if (count >= before) return;
    for (int i = before - 1, next = count - 1; i >= 0; i--) {
        const int keep = count == 1 ? before - 1 : (int)((double)next * (before - 1) / (count - 1) + 0.5);
        if (next >= 0 && i == keep)
            next--;
        else
            drop(f, i);
    }
}

static bool same_grid(const xt_vti_image *a, const xt_vti_image *b) {
    return memcmp(a->dims, b->dims, sizeof a->dims) == 0;
}

/* Opens what is kept; the last volume that opens says which grid the others must have. */
static xt_status open_times(xt_space_found *f, xt_error *err) {
    const int kept = f->list.count < XT_SPACE_TIMES ? f->list.count : XT_SPACE_TIMES;
    f->time = calloc((size_t)kept + 1, sizeof *f->time);
    if (!f->time) return xt_no_memory(err, "volumes of a page", (size_t)kept * sizeof *f->time);
    f->times_of = f->list.count;
    for (int i = 0; i < kept; i++) {
        const int at =
            kept == 1 ? f->list.count - 1 : (int)((double)i * (f->list.count - 1) / (kept - 1) + 0.5);
        xt_error why = {0};
        xt_vti_reader *reader = NULL;
        if (xt_vti_open(&reader, f->list.entry[at].path, &why) != XT_OK) {
            snprintf(f->reason, sizeof f->reason, "%.250s", why.text);
            continue;
        }
        f->time[f->times++] = (xt_space_time){reader, f->list.entry[at].time};
    }
    for (int i = f->times - 2; i >= 0; i--)
        if (!same_grid(xt_vti_image_of(f->time[i].reader), xt_vti_image_of(f->time[f->times - 1].reader)))
            drop(f, i);
    if (f->times) f->reason[0] = 0;
    return XT_OK;
}

/* ---- fields ---- */

/* Where the scene's pictures show it, and how; NULL: nowhere. *order: which of them. */
static const xt_json_value *picture_of(int *order, const xt_space_found *f, const char *name) {
    const xt_json_value *frames =
        xt_json_get(xt_json_get(xt_json_get(f->def->record, "scene"), "output"), "frames");
    *order = 0;
    for (const xt_json_value *v = frames ? frames->first : NULL; v; v = v->next, ++*order) {
        const xt_json_value *show = xt_json_get(v, "show");
        if (show && show->kind == XT_JSON_STRING && strcmp(show->text, name) == 0) return v;
    }
    return NULL;
}

/* "50 pM" of a field in pM; NAN if it is not plainly that. */
static double level_of(const xt_json_value *picture, const char *key, const char *unit) {
    const xt_json_value *v = xt_json_get(picture, key);
    if (v && v->kind == XT_JSON_NUMBER) return v->number;
    if (!v || v->kind != XT_JSON_STRING) return NAN;
    char *rest;
    const double value = strtod(v->text, &rest);
    while (*rest == ' ') rest++;
    return rest != v->text && (strcmp(rest, unit) == 0 || (!*rest && strcmp(unit, "1") == 0)) ? value : NAN;
}

static const char *warning_of(const xt_space_found *f, const char *name) {
    const xt_json_value *warnings = xt_json_get(f->def->record, "warnings");
    const size_t size = strlen(name);
    for (const xt_json_value *v = warnings ? warnings->first : NULL; v; v = v->next)
        if (v->kind == XT_JSON_STRING && strncmp(v->text, name, size) == 0 &&
            strncmp(v->text + size, " decays", 7) == 0)
            return v->text;
    return NULL;
}

static xt_space_field describe(xt_space_found *f, const char *name, const char *unit) {
    const bool part = strncmp(name, "f_", 2) == 0;
    xt_space_field field = {.name = copy(f, name), .unit = copy(f, unit[0] ? unit : "1")};
    int order;
    const xt_json_value *picture = picture_of(&order, f, name), *map = xt_json_get(picture, "map"),
                        *log = xt_json_get(picture, "logarithmic");
    field.fresh = order;
    field.map = XT_MAP_GLOW;
    if (map && map->kind == XT_JSON_STRING && xt_colormap_find(map->text) >= 0)
        field.map = (xt_map_kind)xt_colormap_find(map->text);
    field.log = log && log->kind == XT_JSON_BOOL && log->truth;
    field.show_low = level_of(picture, "low", field.unit);
    field.show_high = level_of(picture, "high", field.unit);
    if (part && isnan(field.show_low)) field.show_low = 0;
    if (part && isnan(field.show_high)) field.show_high = 1;
    field.note = warning_of(f, name);
    return field;
}

static bool everywhere(const xt_space_found *f, const char *name) {
    for (int t = 0; t < f->times; t++)
        if (xt_vti_find(f->time[t].reader, name) < 0) return false;
    return true;
}

/* The scene's own first, in the order of its pictures, then as they come. */
static void find_fields(xt_space_found *f) {
    const xt_vti_image *last = xt_vti_image_of(f->time[f->times - 1].reader);
    f->shared = everywhere(f, "second tissue") && everywhere(f, "share of second");
    for (int i = 0; i < last->array_count; i++) {
        char name[96], unit[32];
        xt_vti_name(name, sizeof name, unit, sizeof unit, last->array[i].name);
        if (last->array[i].components != 1) continue;
        if (strcmp(name, "tissue") == 0) {
            f->tissue_array = copy(f, name);
            continue;
        }
        if (strcmp(name, "second tissue") == 0 || strcmp(name, "share of second") == 0) continue;
        if (!everywhere(f, name)) continue;
        const xt_space_field field = describe(f, name, unit);
        int at = f->fields;
        f->fields_of++;
        while (at > 0 && f->field[at - 1].fresh > field.fresh) at--;
        if (at >= XT_SPACE_FIELDS) continue;
        if (f->fields == XT_SPACE_FIELDS) f->fields--;
        memmove(f->field + at + 1, f->field + at, (size_t)(f->fields - at) * sizeof field);
        f->field[at] = field;
        f->fields++;
    }
}

/* ---- tissues ---- */

static xt_status count_slice(const float *values, int z, void *context, xt_error *err) {
    (void)z;
    (void)err;
    double *const *counter = context;
    const size_t pixels = (size_t)counter[1][0];
    for (size_t i = 0; i < pixels; i++)
        if (values[i] >= 1 && values[i] <= 255) counter[0][(int)values[i]]++;
    return XT_OK;
}

/* Groups by size; when there are more tissues than groups, the smallest share the last. */
static xt_status find_groups(xt_space_found *f, xt_error *err) {
    double count[256] = {0}, pixels = (double)f->from[0] * f->from[1];
    double *counter[2] = {count, &pixels};
    memset(f->group, -1, sizeof f->group);
    if (!f->tissue_array) {
        f->groups = 1;
        return XT_OK;
    }
    for (int t = 0; t<f->times; t += f->times> 1 ? f->times - 1 : 1) {
        xt_vti_reader *reader = f->time[t].reader;
        XT_TRY(xt_vti_slices(reader, xt_vti_find(reader, f->tissue_array), count_slice, counter, err));
    }
    double all = 0;
    int present = 0;
    for (int k = 1; k < 256; k++) {
        present += count[k] > 0;
        all += count[k];
    }
    const int alone = present > XT_SPACE_GROUPS ? XT_SPACE_GROUPS - 1 : present;
    while (f->groups < alone) {
        int best = 0;
        for (int k = 1; k < 256; k++)
            if (f->group[k] < 0 && count[k] > count[best]) best = k;
        f->group_tissue[f->groups] = best;
        f->group_share[f->groups] = count[best] / all;
        f->group[best] = (int8_t)f->groups++;
    }
    if (present > alone) {
        for (int k = 1; k < 256; k++)
            if (f->group[k] < 0 && count[k] > 0) {
                f->group[k] = (int8_t)f->groups;
                f->group_share[f->groups] += count[k] / all;
            }
        f->groups++;
    }
    if (!f->groups) snprintf(f->reason, sizeof f->reason, "the volumes hold no tissue");
    return XT_OK;
}

/* ---- all of it ---- */

static bool usable(xt_space_found *f) {
    if (!f->times) {
        if (!f->reason[0]) snprintf(f->reason, sizeof f->reason, "the run wrote no volumes (output.volumes)");
        return false;
    }
    const xt_vti_image *last = xt_vti_image_of(f->time[f->times - 1].reader);
    for (int i = 0; i < 3; i++)
        if (last->dims[i] < 1 || !(last->spacing[i] > 0) || !isfinite(last->spacing[i])) {
            snprintf(f->reason, sizeof f->reason, "the volumes have no size");
            return false;
        }
    return true;
}

xt_status xt_space_find(xt_space_found *f, const xt_space_def *def, xt_error *err) {
    *f = (xt_space_found){.def = def};
    char *path = NULL;
    xt_status status = XT_OK;
    XT_GO(xt_path_join(&path, def->dir, "volumes.pvd", err));
    if (xt_path_exists(path)) {
        xt_error why = {0};
        if (xt_pvd_read(&f->list, path, &why) == XT_OK)
            XT_GO(open_times(f, err));
        else
            snprintf(f->reason, sizeof f->reason, "%.250s", why.text);
    }
    if (!usable(f)) goto done;
    const xt_vti_image *last = xt_vti_image_of(f->time[f->times - 1].reader);
    memcpy(f->from, last->dims, sizeof f->from);
    memcpy(f->spacing, last->spacing, sizeof f->spacing);
    memcpy(f->affine, last->affine, sizeof f->affine);
    find_fields(f);
    if (!f->tissue_array && !f->fields) {
        snprintf(f->reason, sizeof f->reason, "the volumes hold neither tissues nor fields");
        goto done;
    }
    const double voxels = (double)f->from[0] * f->from[1] * f->from[2];
    if (voxels * (f->fields + 1) * f->times > work)
        xt_space_thin(f, (int)fmax(2, work / (voxels * (f->fields + 1))));
    if (voxels * (f->fields + 1) * f->times > work && f->fields > 1)
        f->fields = (int)fmax(1, fmin(f->fields, work / (voxels * f->times) - 1));
    XT_GO(find_groups(f, err));
done:
    free(path);
    return status;
}

void xt_space_found_free(xt_space_found *f) {
    while (f->times > 0) drop(f, f->times - 1);
    free(f->time);
    xt_pvd_list_free(&f->list);
    xt_arena_free(&f->arena);
    *f = (xt_space_found){0};
}
