#include "mesh/vti_read.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "mesh/vti_parts.h"

typedef enum { WHOLE, NATURAL, REAL } number_kind;

static const struct {
    const char *name;
    int bytes;
    number_kind kind;
} TYPE[] = {{"Int8", 1, WHOLE},   {"UInt8", 1, NATURAL},  {"Int16", 2, WHOLE}, {"UInt16", 2, NATURAL},
            {"Int32", 4, WHOLE},  {"UInt32", 4, NATURAL}, {"Int64", 8, WHOLE}, {"UInt64", 8, NATURAL},
            {"Float32", 4, REAL}, {"Float64", 8, REAL}};
enum { TYPES = sizeof TYPE / sizeof *TYPE };

struct xt_vti_reader {
    FILE *file;
    uint64_t size;
    char *path;
    xt_vti_head head;
    const xt_vti_place *place; /* [array_count] */
    xt_vti_image image;
    xt_vti_found *found;
};

static int type_of(const xt_vti_place *place) {
    for (int i = 0; i < TYPES; i++)
        if (strcmp(place->type, TYPE[i].name) == 0) return i;
    return -1;
}

/* One number of any type. */
static double number_at(const unsigned char *bytes, int type, bool big_endian) {
    const int size = TYPE[type].bytes;
    uint64_t bits = 0;
    for (int i = 0; i < size; i++) bits = bits << 8 | bytes[big_endian ? i : size - 1 - i];
    if (TYPE[type].kind == REAL) {
        const uint32_t low = (uint32_t)bits;
        float single;
        double twice;
        memcpy(&single, &low, sizeof single);
        memcpy(&twice, &bits, sizeof twice);
        return size == 4 ? (double)single : twice;
    }
    if (TYPE[type].kind == WHOLE && bits >> (8 * size - 1)) /* two's complement */
        return -(double)(size == 8 ? ~bits + 1 : ((uint64_t)1 << (8 * size)) - bits);
    return (double)bits;
}

static bool same_order(bool big_endian) {
    const uint16_t probe = 1;
    unsigned char first;
    memcpy(&first, &probe, 1);
    return (first == 0) == big_endian;
}

static void convert(float *to, const unsigned char *bytes, size_t count, int type, bool big_endian) {
    if (strcmp(TYPE[type].name, "Float32") == 0 && same_order(big_endian))
        memcpy(to, bytes, count * sizeof *to);
    else if (TYPE[type].bytes == 1 && TYPE[type].kind == NATURAL)
        for (size_t i = 0; i < count; i++) to[i] = bytes[i];
    else
        for (size_t i = 0; i < count; i++)
            to[i] = (float)number_at(bytes + i * (size_t)TYPE[type].bytes, type, big_endian);
}

static xt_status read_time(xt_vti_reader *r, xt_error *err) {
    const int type = type_of(&r->head.time);
    unsigned char raw[8];
    xt_vti_bytes bytes;
    if (type < 0) return XT_OK;
    xt_status status = xt_vti_bytes_begin(&bytes, r->file, r->size, r->path, &r->head, &r->head.time,
                                          (uint64_t)TYPE[type].bytes, err);
    if (status == XT_OK && r->head.time.encoding == XT_VTI_TEXT) {
        status = xt_vti_bytes_number(&bytes, &r->image.time, err);
    } else if (status == XT_OK) {
        status = xt_vti_bytes_take(&bytes, raw, (size_t)TYPE[type].bytes, err);
        if (status == XT_OK) r->image.time = number_at(raw, type, r->head.big_endian);
    }
    xt_vti_bytes_free(&bytes);
    r->image.has_time = status == XT_OK && isfinite(r->image.time);
    return status;
}

/* From the head what callers see. A plane of points has no cells across: it is one voxel thick. */
static xt_status describe(xt_vti_reader *r, xt_error *err) {
    const xt_vti_head *h = &r->head;
    xt_vti_image *image = &r->image;
    image->points = h->cells == 0 && h->points > 0;
    image->array_count = image->points ? h->points : h->cells;
    r->place = image->points ? h->point : h->cell;
    double volume = 1;
    for (int a = 0; a < 3; a++) {
        const int cells = h->whole[2 * a + 1] - h->whole[2 * a];
        image->dims[a] = image->points ? cells + 1 : cells > 0 ? cells : 1;
        image->spacing[a] = h->spacing[a];
        volume *= image->dims[a];
    }
    if (volume > 68719476736.0) /* 4096 x 4096 x 4096 */
        return xt_fail(err, XT_IO, "%s: an image of %d x %d x %d voxels is too large", r->path,
                       image->dims[0], image->dims[1], image->dims[2]);
    for (int i = 0; i < 3; i++) {
        image->affine[i][3] = h->origin[i];
        for (int a = 0; a < 3; a++) {
            image->affine[i][a] = h->direction[3 * i + a] * h->spacing[a];
            image->affine[i][3] += (h->whole[2 * a] + (image->points ? 0 : 0.5)) * image->affine[i][a];
        }
    }
    r->found = calloc((size_t)image->array_count + 1, sizeof *r->found);
    if (!r->found) return xt_no_memory(err, "a .vti file", sizeof *r->found);
    for (int k = 0; k < image->array_count; k++)
        r->found[k] = (xt_vti_found){r->place[k].name, r->place[k].type, r->place[k].components};
    image->array = r->found;
    return h->has_time ? read_time(r, err) : XT_OK;
}

xt_status xt_vti_open(xt_vti_reader **out, const char *path, xt_error *err) {
    *out = NULL;
    struct stat about;
    xt_status status = XT_OK;
    xt_vti_reader *r = calloc(1, sizeof *r);
    if (!r) return xt_no_memory(err, "a .vti file", sizeof *r);
    r->path = malloc(strlen(path) + 1);
    if (!r->path) {
        status = xt_no_memory(err, "a .vti file", strlen(path) + 1);
        goto done;
    }
    strcpy(r->path, path);
    if (stat(path, &about) != 0) {
        status = xt_fail(err, XT_IO, "%s: cannot open: %s", path, strerror(errno));
        goto done;
    }
    if (!S_ISREG(about.st_mode)) { /* before opening: a FIFO would wait for ever */
        status = xt_fail(err, XT_IO, "%s: not a regular file", path);
        goto done;
    }
    r->file = fopen(path, "rb");
    if (!r->file) {
        status = xt_fail(err, XT_IO, "%s: cannot open: %s", path, strerror(errno));
        goto done;
    }
    r->size = (uint64_t)about.st_size;
    XT_GO(xt_vti_head_read(&r->head, r->file, r->size, path, err));
    XT_GO(describe(r, err));
    *out = r;
    r = NULL;
done:
    xt_vti_close(r);
    return status;
}

void xt_vti_close(xt_vti_reader *r) {
    if (!r) return;
    if (r->file) fclose(r->file);
    xt_vti_head_free(&r->head);
    free(r->found);
    free(r->path);
    free(r);
}

const xt_vti_image *xt_vti_image_of(const xt_vti_reader *r) { return &r->image; }

/* Where a unit in brackets at the end begins, and the length of the name before it. */
static const char *unit_at(size_t *length, const char *found) {
    const size_t n = strlen(found);
    const char close = n ? found[n - 1] : 0, open = close == ']' ? '[' : close == ')' ? '(' : 0;
    const char *at = open ? strrchr(found, open) : NULL;
    if (!at || at == found) at = NULL;
    *length = at ? (size_t)(at - found) : n;
    while (at && *length > 0 && found[*length - 1] == ' ') --*length;
    return at;
}

int xt_vti_find(const xt_vti_reader *r, const char *name) {
    for (int k = 0; k < r->image.array_count; k++)
        if (strcmp(r->found[k].name, name) == 0) return k;
    for (int k = 0; k < r->image.array_count; k++) {
        size_t length;
        unit_at(&length, r->found[k].name);
        if (strlen(name) == length && strncmp(r->found[k].name, name, length) == 0) return k;
    }
    return -1;
}

void xt_vti_name(char *name, size_t size, char *unit, size_t unit_size, const char *found) {
    size_t length;
    const char *at = unit_at(&length, found);
    snprintf(name, size, "%.*s", (int)length, found);
    snprintf(unit, unit_size, "%.*s", at ? (int)strlen(at) - 2 : 0, at ? at + 1 : "");
}

xt_status xt_vti_slices(xt_vti_reader *r, int array, xt_vti_visit visit, void *context, xt_error *err) {
    const xt_vti_image *image = &r->image;
    if (array < 0 || array >= image->array_count)
        return xt_fail(err, XT_INTERNAL, "%s: array %d of %d", r->path, array, image->array_count);
    const xt_vti_place *place = &r->place[array];
    const int type = type_of(place);
    if (type < 0)
        return xt_fail(err, XT_IO, "%s: array '%s' is of type %s, which cannot be read", r->path, place->name,
                       place->type);
    /* No overflow: describe() bounds the voxels, the table the rest. */
    const uint64_t values = (uint64_t)image->dims[0] * (uint64_t)image->dims[1] * (uint64_t)place->components,
                   row = values * (uint64_t)TYPE[type].bytes, total = row * (uint64_t)image->dims[2];
    const bool text = place->encoding == XT_VTI_TEXT;
    float *slice = NULL;
    unsigned char *raw = NULL;
    xt_vti_bytes bytes;
    xt_status status = xt_vti_bytes_begin(&bytes, r->file, r->size, r->path, &r->head, place, total, err);
    if (status != XT_OK) goto done;
    if (text && values * (uint64_t)image->dims[2] > (place->end - place->begin + 1) / 2) {
        status = xt_fail(err, XT_IO, "%s: array '%s' ends too early: the file is cut short or damaged",
                         r->path, place->name);
        goto done;
    }
    slice = malloc((size_t)values * sizeof *slice);
    raw = text ? NULL : malloc((size_t)row);
    if (!slice || (!text && !raw)) {
        status = xt_no_memory(err, "a slice of a .vti file", row);
        goto done;
    }
    for (int z = 0; z < image->dims[2]; z++) {
        double number;
        for (uint64_t i = 0; text && i < values; i++) {
            XT_GO(xt_vti_bytes_number(&bytes, &number, err));
            slice[i] = (float)number;
        }
        if (!text) {
            XT_GO(xt_vti_bytes_take(&bytes, raw, (size_t)row, err));
            convert(slice, raw, (size_t)values, type, r->head.big_endian);
        }
        XT_GO(visit(slice, z, context, err));
    }
done:
    xt_vti_bytes_free(&bytes);
    free(slice);
    free(raw);
    return status;
}

typedef struct {
    const xt_vti_reader *reader;
    int array;
    size_t count; /* values of a slice */
    float *floats;
    uint8_t *bytes;
} whole;

static xt_status keep_floats(const float *values, int z, void *context, xt_error *err) {
    (void)err;
    const whole *w = context;
    memcpy(w->floats + (size_t)z * w->count, values, w->count * sizeof *values);
    return XT_OK;
}

static xt_status keep_bytes(const float *values, int z, void *context, xt_error *err) {
    const whole *w = context;
    uint8_t *to = w->bytes + (size_t)z * w->count;
    for (size_t i = 0; i < w->count; i++) {
        if (!(values[i] >= 0 && values[i] <= 255) || values[i] != floorf(values[i]))
            return xt_fail(err, XT_IO, "%s: array '%s' holds %g; labels are whole numbers from 0 to 255",
                           w->reader->path, w->reader->found[w->array].name, (double)values[i]);
        to[i] = (uint8_t)values[i];
    }
    return XT_OK;
}

static xt_status read_whole(whole *w, xt_vti_visit keep, xt_vti_reader *r, int array, xt_error *err) {
    if (array >= 0 && array < r->image.array_count)
        w->count = (size_t)r->image.dims[0] * (size_t)r->image.dims[1] * (size_t)r->found[array].components;
    w->reader = r;
    w->array = array;
    return xt_vti_slices(r, array, keep, w, err);
}

xt_status xt_vti_read_floats(float *values, xt_vti_reader *r, int array, xt_error *err) {
    return read_whole(&(whole){.floats = values}, keep_floats, r, array, err);
}

xt_status xt_vti_read_bytes(uint8_t *values, xt_vti_reader *r, int array, xt_error *err) {
    return read_whole(&(whole){.bytes = values}, keep_bytes, r, array, err);
}
