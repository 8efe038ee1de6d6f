#include "report/space.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/file.h"
#include "report/html.h"
#include "report/shrink.h"
#include "report/space_parts.h"

enum { LEAST_TIMES = 6, LEAST_AXIS = 40, ROUNDS = 4 };
static const double LITTLE = 3e7; /* values that are packed without asking first what they cost */

/* ---- the budget ---- */

typedef struct {
    xt_space_blob *blob; /* [1 + fields][times] as they were when it was packed */
    int fields, times;
} packed_volumes;

static void release(packed_volumes *p) {
    for (int i = 0; p->blob && i < (p->fields + 1) * p->times; i++) free(p->blob[i].bytes);
    free(p->blob);
    *p = (packed_volumes){0};
}

static size_t base64_size(const packed_volumes *p) {
    size_t all = 0;
    for (int i = 0; i < (p->fields + 1) * p->times; i++) all += (p->blob[i].size + 2) / 3 * 4 + 100;
    return all;
}

static xt_status pack(packed_volumes *p, xt_space_found *f, int first, xt_error *err) {
    release(p);
    p->blob = calloc((size_t)(f->fields + 1) * (size_t)f->times, sizeof *p->blob);
    if (!p->blob) return xt_no_memory(err, "volumes of a page", sizeof *p->blob);
    p->fields = f->fields;
    p->times = f->times;
    for (int k = 0; k <= f->fields; k++) XT_TRY(xt_space_pack(p->blob + k * f->times, f, k - 1, first, err));
    return XT_OK;
}

/* Where much is to be packed, the last time alone tells what a time costs; then times, voxels and fields give
 * way, in this order. */
static xt_status fit(packed_volumes *p, xt_space_found *f, xt_error *err) {
    const double budget = f->def->budget ? (double)f->def->budget : XT_SPACE_BYTES;
    xt_shrink_dims(f->to, f->from, f->spacing, XT_SPACE_VOXELS, XT_SPACE_AXIS);
    const double all = (double)f->from[0] * f->from[1] * f->from[2] * (f->fields + 1) * f->times;
    const int first = all < LITTLE ? 0 : f->times - 1;
    XT_TRY(pack(p, f, first, err));
    double each = (double)base64_size(p) / (f->times - first);
    bool complete = first == 0;
    for (int round = 0; !complete || each * f->times > budget; round++) {
        if (round >= ROUNDS && f->fields <= 1) break; /* so little is shown, whatever it takes */
        if (each * f->times > budget) xt_space_thin(f, (int)fmax(budget / each, fmin(f->times, LEAST_TIMES)));
        if (each * f->times > budget) {
            const double now = (double)f->to[0] * f->to[1] * f->to[2];
            xt_shrink_dims(f->to, f->from, f->spacing,
                           fmax(now * budget / (1.05 * each * f->times), pow(LEAST_AXIS, 3)), XT_SPACE_AXIS);
        }
        if (round >= ROUNDS) f->fields--;
        XT_TRY(pack(p, f, 0, err));
        each = (double)base64_size(p) / f->times;
        complete = true;
    }
    return XT_OK;
}

/* ---- the data ---- */

static void write_row(xt_json *json, const char *key, const double v[], int count) {
    xt_json_open_row(json, key);
    for (int i = 0; i < count; i++) xt_json_real(json, NULL, v[i]);
    xt_json_close(json);
}

static void write_grid(xt_json *json, const xt_space_found *f) {
    double from[3], to[3], size[3], spacing[3];
    for (int i = 0; i < 3; i++) {
        from[i] = f->from[i];
        to[i] = f->to[i];
        size[i] = f->from[i] * f->spacing[i];
        spacing[i] = size[i] / f->to[i];
    }
    write_row(json, "dims", to, 3);
    write_row(json, "size_mm", size, 3);
    write_row(json, "spacing_mm", spacing, 3);
    xt_json_open_object(json, "computed");
    write_row(json, "dims", from, 3);
    write_row(json, "spacing_mm", f->spacing, 3);
    xt_json_close(json);
    static const char *const letter[3][2] = {{"L", "R"}, {"P", "A"}, {"I", "S"}};
    xt_json_open_array(json, "sides");
    for (int i = 0; i < 3; i++) {
        int world = 0;
        for (int w = 1; w < 3; w++)
            if (fabs(f->affine[w][i]) > fabs(f->affine[world][i])) world = w;
        const int ahead = f->affine[world][i] >= 0;
        xt_json_open_row(json, NULL);
        xt_json_string(json, NULL, letter[world][!ahead]);
        xt_json_string(json, NULL, letter[world][ahead]);
        xt_json_close(json);
    }
    xt_json_close(json);
}

static void write_tissues(xt_json *json, const xt_space_found *f) {
    const xt_json_value *listed = xt_json_get(f->def->record, "tissues");
    xt_json_open_array(json, "tissues");
    for (int g = 0; g < f->groups; g++) {
        char name[96], colour[8] = "#b9b4b0";
        if (!f->tissue_array)
            snprintf(name, sizeof name, "inside");
        else if (!f->group_tissue[g])
            snprintf(name, sizeof name, "other tissues");
        else
            snprintf(name, sizeof name, "tissue %d", f->group_tissue[g]);
        for (const xt_json_value *v = listed ? listed->first : NULL; v && f->group_tissue[g]; v = v->next) {
            const xt_json_value *number = xt_json_get(v, "number"), *n = xt_json_get(v, "name"),
                                *c = xt_json_get(v, "colour");
            if (!number || number->kind != XT_JSON_NUMBER || number->number != f->group_tissue[g]) continue;
            if (n && n->kind == XT_JSON_STRING) snprintf(name, sizeof name, "%s", n->text);
            if (c && c->kind == XT_JSON_STRING && strlen(c->text) == 7)
                snprintf(colour, sizeof colour, "%s", c->text);
        }
        xt_json_open_object(json, NULL);
        xt_json_string(json, "name", name);
        xt_json_string(json, "colour", colour);
        xt_json_real(json, "share", f->group_share[g]);
        xt_json_close(json);
    }
    xt_json_close(json);
}

/* As for slices (observe/frame.h): from zero when the low end is below 0.4 of the high one, symmetric for a
 * diverging map, never empty. */
static void shown_range(double show[2], const xt_space_field *field) {
    double low = isnan(field->auto_low) ? field->low : field->auto_low,
           high = isnan(field->auto_high) ? field->high : field->auto_high;
    if (field->map == XT_MAP_BALANCE && !field->log) {
        high = fmax(fabs(low), fabs(high));
        low = -high;
    } else if (!field->log && low >= 0 && low < 0.4 * high)
        low = 0;
    if (!isnan(field->show_low)) low = field->show_low;
    if (!isnan(field->show_high)) high = field->show_high;
    if (!(high > low)) { /* one value everywhere, or limits that leave nothing */
        low = field->log ? field->low / 3 : fmin(field->low, 0);
        high = field->log ? field->high * 3 : fmax(field->high * 1.25, low + (field->high > 0 ? 0 : 1));
    }
    show[0] = low;
    show[1] = high;
}

static void write_fields(xt_json *json, const xt_space_found *f) {
    bool used[XT_MAP_KINDS] = {false};
    xt_json_open_array(json, "fields");
    for (int i = 0; i < f->fields; i++) {
        const xt_space_field *field = &f->field[i];
        const double limits[2] = {field->low, field->high};
        double show[2];
        shown_range(show, field);
        used[field->map] = true;
        xt_json_open_object(json, NULL);
        xt_json_string(json, "name", field->name);
        xt_json_string(json, "unit", field->unit);
        xt_json_string(json, "map", xt_colormap_name(field->map));
        xt_json_bool(json, "log", field->log);
        write_row(json, "code", limits, 2);
        write_row(json, "show", show, 2);
        xt_json_string(json, "note", field->note);
        xt_json_close(json);
    }
    xt_json_close(json);
    xt_json_open_object(json, "maps");
    for (int k = 0; k < XT_MAP_KINDS; k++) {
        if (!used[k]) continue;
        xt_colormap map;
        char text[XT_MAP_STEPS * 6 + 1];
        xt_colormap_make(&map, (xt_map_kind)k);
        for (int i = 0; i < XT_MAP_STEPS; i++)
            snprintf(text + (size_t)i * 6, 7, "%02x%02x%02x", xt_colour_byte(map.step[i].r),
                     xt_colour_byte(map.step[i].g), xt_colour_byte(map.step[i].b));
        xt_json_string(json, xt_colormap_name((xt_map_kind)k), text);
    }
    xt_json_close(json);
}

/* Age in years at a time in days; NAN if the record does not say. */
static double age_at(const xt_json_value *record, double time_d) {
    const xt_json_value *end = xt_json_get(record, "time_d"), *age = xt_json_get(record, "age_y"),
                        *ageing = xt_json_get(xt_json_get(xt_json_get(record, "scene"), "subject"), "ageing");
    if (!end || !age || end->kind != XT_JSON_NUMBER || age->kind != XT_JSON_NUMBER) return NAN;
    const bool held = ageing && ageing->kind == XT_JSON_BOOL && !ageing->truth;
    return held ? age->number : age->number - (end->number - time_d) / 365.25;
}

/* A blob's name: of the last one that was packed up to that time. */
static void blob_name(char name[64], const xt_space_found *f, const packed_volumes *p, int k, int t) {
    while (t > 0 && !p->blob[k * p->times + t].bytes) t--;
    snprintf(name, 64, "space-%.24s-%d-%d", f->def->id ? f->def->id : "", k, t);
}

static void write_times(xt_json *json, const xt_space_found *f, const packed_volumes *p) {
    char name[64];
    xt_json_open_array(json, "times");
    for (int t = 0; t < p->times; t++) {
        xt_json_open_object(json, NULL);
        xt_json_real(json, "time_d", f->time[t].time_d);
        xt_json_real(json, "age_y", age_at(f->def->record, f->time[t].time_d));
        blob_name(name, f, p, 0, t);
        xt_json_string(json, "tissues", name);
        xt_json_open_row(json, "fields");
        for (int k = 1; k <= p->fields; k++) {
            blob_name(name, f, p, k, t);
            xt_json_string(json, NULL, name);
        }
        xt_json_close(json);
        xt_json_close(json);
    }
    xt_json_close(json);
    xt_json_integer(json, "times_of", f->times_of);
    xt_json_integer(json, "fields_of", f->fields_of);
}

static xt_status write_blobs(xt_json *json, xt_text *blobs, const xt_space_found *f, const packed_volumes *p,
                             xt_error *err) {
    char name[64];
    xt_text text = {0};
    if (!blobs) xt_json_open_object(json, "blobs");
    for (int k = 0; k <= p->fields; k++)
        for (int t = 0; t < p->times; t++) {
            const xt_space_blob *blob = &p->blob[k * p->times + t];
            if (!blob->bytes) continue;
            blob_name(name, f, p, k, t);
            if (blobs) {
                xt_html_blob(blobs, name, blob->bytes, blob->size);
                continue;
            }
            xt_text_clear(&text);
            xt_html_base64(&text, blob->bytes, blob->size);
            xt_json_string(json, name, xt_text_get(&text));
        }
    if (!blobs) xt_json_close(json);
    const xt_status status = xt_text_check(&text, "volumes of a page", err);
    xt_text_free(&text);
    return status;
}

/* ---- all of it ---- */

xt_status xt_space_version(char version[XT_SPACE_VERSION], const char *dir, xt_error *err) {
    char *path = NULL, *text = NULL;
    size_t size;
    version[0] = 0;
    xt_status status = XT_OK;
    XT_GO(xt_path_join(&path, dir, "volumes.pvd", err));
    if (!xt_path_exists(path)) goto done;
    XT_GO(xt_file_read(&text, &size, path, 64 << 20, err));
    snprintf(version, XT_SPACE_VERSION, "%08lx-%zu", crc32(0, (const unsigned char *)text, (unsigned)size),
             size % 9999999);
done:
    free(path);
    free(text);
    return status;
}

/* Files that cannot be read leave the page without the view, not without the rest. */
static bool only_files(xt_status status) { return status == XT_IO || status == XT_USAGE; }

xt_status xt_space_write(xt_json *json, const char *key, xt_text *blobs, const xt_space_def *def,
                         xt_error *err) {
    xt_space_found found;
    packed_volumes packed = {0};
    xt_error why = {0};
    char version[XT_SPACE_VERSION] = "";
    xt_status status = xt_space_version(version, def->dir, &why);
    if (status == XT_OK)
        status = xt_space_find(&found, def, &why);
    else
        found = (xt_space_found){.def = def};
    if (status == XT_OK && !found.reason[0]) status = fit(&packed, &found, &why);
    if (only_files(status)) {
        snprintf(found.reason, sizeof found.reason, "%.250s",
                 why.text[0] ? why.text : "the volumes cannot be read");
        status = XT_OK;
    }
    if (status != XT_OK) {
        status = xt_fail(err, status, "%s", why.text);
        goto done;
    }
    xt_json_open_object(json, key);
    if (found.reason[0])
        xt_json_string(json, "reason", found.reason);
    else {
        xt_json_string(json, "version", version);
        write_grid(json, &found);
        write_tissues(json, &found);
        write_fields(json, &found);
        write_times(json, &found, &packed);
        XT_GO(write_blobs(json, blobs, &found, &packed, err));
    }
    xt_json_close(json);
done:
    release(&packed);
    xt_space_found_free(&found);
    return status;
}
