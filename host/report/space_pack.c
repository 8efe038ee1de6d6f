/* Volumes as packed bytes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "report/shrink.h"
#include "report/space_parts.h"

typedef struct {
    xt_shrink *shrink;
    const int8_t *group;
    const uint8_t *tissue, *second; /* of the whole volume */
    size_t slice;
} sink;

static xt_status take_field(const float *values, int z, void *context, xt_error *err) {
    (void)err;
    xt_shrink_field(context, values, z);
    return XT_OK;
}

static xt_status take_shares(const float *values, int z, void *context, xt_error *err) {
    (void)err;
    const sink *to = context;
    const size_t at = (size_t)z * to->slice;
    xt_shrink_tissues(to->shrink, to->tissue + at, to->second + at, values, z, to->group);
    return XT_OK;
}

static xt_status read_field(xt_shrink *shrink, xt_space_found *f, int time, const char *name, xt_error *err) {
    xt_vti_reader *reader = f->time[time].reader;
    xt_shrink_clear(shrink);
    return xt_vti_slices(reader, xt_vti_find(reader, name), take_field, shrink, err);
}

static xt_status read_tissues(xt_shrink *shrink, xt_space_found *f, int time, xt_error *err) {
    xt_vti_reader *reader = f->time[time].reader;
    const size_t slice = (size_t)f->from[0] * (size_t)f->from[1], all = slice * (size_t)f->from[2];
    uint8_t *tissue = malloc(all), *second = malloc(f->shared ? all : 1);
    const sink to = {shrink, f->group, tissue, second, slice};
    xt_status status = XT_OK;
    if (!tissue || !second) {
        status = xt_no_memory(err, "the tissues of a page", 2 * all);
        goto done;
    }
    xt_shrink_clear(shrink);
    XT_GO(xt_vti_read_bytes(tissue, reader, xt_vti_find(reader, f->tissue_array), err));
    if (f->shared) {
        XT_GO(xt_vti_read_bytes(second, reader, xt_vti_find(reader, "second tissue"), err));
        XT_GO(xt_vti_slices(reader, xt_vti_find(reader, "share of second"), take_shares,
                            (void *)(uintptr_t)&to, err));
    } else
        for (int z = 0; z < f->from[2]; z++)
            xt_shrink_tissues(shrink, tissue + (size_t)z * slice, NULL, NULL, z, f->group);
done:
    free(tissue);
    free(second);
    return status;
}

static xt_status deflate_bytes(xt_space_blob *blob, const uint8_t *bytes, size_t size, xt_error *err) {
    uLongf packed = compressBound((uLong)size);
    *blob = (xt_space_blob){.bytes = malloc(packed)};
    if (!blob->bytes || compress2(blob->bytes, &packed, bytes, (uLong)size, 6) != Z_OK) {
        free(blob->bytes);
        *blob = (xt_space_blob){0};
        return xt_no_memory(err, "a volume for a page", packed);
    }
    blob->size = packed;
    unsigned char *less = realloc(blob->bytes, packed);
    if (less) blob->bytes = less;
    return XT_OK;
}

static void code(uint8_t *to, const float *value, size_t n, const xt_space_field *field) {
    const double a = field->log ? log(field->low) : field->low,
                 b = field->log ? log(field->high) : field->high;
    for (size_t i = 0; i < n; i++) {
        if (isnan(value[i])) {
            to[i] = 0;
            continue;
        }
        const double v = field->log ? log(fmax(value[i], field->low)) : value[i];
        to[i] = (uint8_t)(1 + lround(254 * fmin(fmax(b > a ? (v - a) / (b - a) : 0, 0), 1)));
    }
}

/* Smallest and largest mean of all times; a logarithm reaches down six decades at most. */
static void limits(xt_space_field *field, const float *value, size_t n) {
    double low = INFINITY, high = -INFINITY, positive = INFINITY;
    for (size_t i = 0; i < n; i++) {
        if (isnan(value[i])) continue;
        low = fmin(low, value[i]);
        high = fmax(high, value[i]);
        if (value[i] > 0) positive = fmin(positive, value[i]);
    }
    if (!(low <= high)) low = high = 0;
    if (field->log && !(high > 0)) field->log = false;
    field->low = field->log ? fmax(positive, high / 1e6) : low;
    field->high = high;
}

/* What slices show: from the 0.5 to the 99.5 percentile of the codes, where the scene asks for nothing else.
 */
static void shown(xt_space_field *field, const uint8_t *code, size_t n) {
    size_t count[256] = {0}, known = 0, seen = 0;
    for (size_t i = 0; i < n; i++) count[code[i]]++;
    known = n - count[0];
    double end[2] = {NAN, NAN};
    for (int k = 1; k < 256 && known; k++) {
        const double from = (double)seen / (double)known, to = (double)(seen += count[k]) / (double)known;
        const double t = (k - 1) / 254.0;
        const double value = field->log ? field->low * pow(field->high / field->low, t)
                                        : field->low + t * (field->high - field->low);
        if (from <= 0.005 && to > 0.005) end[0] = value;
        if (from < 0.995 && to >= 0.995) end[1] = value;
    }
    field->auto_low = end[0];
    field->auto_high = end[1];
}

/* Equal to the time before: it need not travel twice. */
static xt_status pack_all(xt_space_blob *blob, const uint8_t *bytes, size_t size, int first, int times,
                          xt_error *err) {
    for (int t = first; t < times; t++) {
        const uint8_t *now = bytes + (size_t)(t - first) * size;
        if (t > first && memcmp(now, now - size, size) == 0)
            blob[t] = (xt_space_blob){0};
        else
            XT_TRY(deflate_bytes(&blob[t], now, size, err));
    }
    return XT_OK;
}

static xt_status pack_tissues(xt_space_blob *blob, xt_space_found *f, int first, xt_error *err) {
    const size_t n = (size_t)f->to[0] * (size_t)f->to[1] * (size_t)f->to[2], size = n * (size_t)f->groups;
    xt_shrink shrink = {0};
    uint8_t *bytes = malloc(size * (size_t)(f->times - first));
    float *mean = malloc(n * sizeof *mean);
    xt_status status = XT_OK;
    if (!bytes || !mean) {
        status = xt_no_memory(err, "tissues for a page", size * (size_t)f->times);
        goto done;
    }
    XT_GO(xt_shrink_create(&shrink, f->from, f->to, f->tissue_array ? f->groups : 2, err));
    for (int t = first; t < f->times; t++) {
        uint8_t *now = bytes + (size_t)(t - first) * size;
        if (f->tissue_array) {
            XT_GO(read_tissues(&shrink, f, t, err));
            xt_shrink_shares(now, &shrink);
        } else { /* inside is where something is known */
            XT_GO(read_field(&shrink, f, t, f->field[0].name, err));
            xt_shrink_means(mean, &shrink);
            for (size_t i = 0; i < n; i++) now[i] = isnan(mean[i]) ? 0 : 255;
        }
    }
    XT_GO(pack_all(blob, bytes, size, first, f->times, err));
done:
    xt_shrink_free(&shrink);
    free(bytes);
    free(mean);
    return status;
}

static xt_status pack_field(xt_space_blob *blob, xt_space_found *f, int index, int first, xt_error *err) {
    const size_t n = (size_t)f->to[0] * (size_t)f->to[1] * (size_t)f->to[2],
                 times = (size_t)(f->times - first);
    xt_shrink shrink = {0};
    uint8_t *bytes = malloc(n * times);
    float *mean = malloc(n * times * sizeof *mean);
    xt_status status = XT_OK;
    if (!bytes || !mean) {
        status = xt_no_memory(err, "a field for a page", n * times * sizeof *mean);
        goto done;
    }
    XT_GO(xt_shrink_create(&shrink, f->from, f->to, 2, err));
    for (int t = first; t < f->times; t++) {
        XT_GO(read_field(&shrink, f, t, f->field[index].name, err));
        xt_shrink_means(mean + (size_t)(t - first) * n, &shrink);
    }
    limits(&f->field[index], mean, n * times);
    code(bytes, mean, n * times, &f->field[index]);
    shown(&f->field[index], bytes, n * times);
    XT_GO(pack_all(blob, bytes, n, first, f->times, err));
done:
    xt_shrink_free(&shrink);
    free(bytes);
    free(mean);
    return status;
}

xt_status xt_space_pack(xt_space_blob *blob, xt_space_found *f, int index, int first, xt_error *err) {
    return index < 0 ? pack_tissues(blob, f, first, err) : pack_field(blob, f, index, first, err);
}
