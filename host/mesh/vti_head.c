/* The description in a .vti file, through expat. What lies inside an array is not looked at here: only where
 * it begins and ends in the file. */
#include <errno.h>
#include <expat.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "mesh/vti_parts.h"

enum { CHUNK = 1 << 16, LONGEST_TAG = 1 << 20, DEPTH = 32 };

typedef enum { OUTSIDE, FILE_TAG, IMAGE, PIECE, FIELD, CELL, POINT, ARRAY, OTHER } tag;

typedef struct {
    XML_Parser parser;
    xt_vti_head *head;
    const char *path;
    xt_error *err;
    xt_status status;
    tag stack[DEPTH];
    int depth, pieces;
    xt_vti_place *open; /* the array whose end has not come */
    bool whole, appended, raw;
    uint64_t data; /* where the tag of the appended data ends */
} reading;

static void refuse(reading *r) {
    if (r->status == XT_OK) r->status = r->err->status;
    XML_StopParser(r->parser, XML_FALSE);
}

#define REFUSE(...)                                                                                          \
    do {                                                                                                     \
        xt_fail(r->err, XT_IO, __VA_ARGS__);                                                                 \
        refuse(r);                                                                                           \
    } while (0)

static const char *get(const XML_Char **attribute, const char *name) {
    for (; attribute[0]; attribute += 2)
        if (strcmp(attribute[0], name) == 0) return attribute[1];
    return NULL;
}

/* Exactly `count` numbers. */
static bool numbers(double *to, int count, const char *text) {
    if (!text) return false;
    for (int i = 0; i < count; i++) {
        char *end;
        to[i] = strtod(text, &end);
        if (end == text || !isfinite(to[i])) return false;
        text = end;
    }
    return text[strspn(text, " \t\r\n")] == '\0';
}

static bool extent(int to[6], const char *text) {
    double value[6];
    if (!numbers(value, 6, text)) return false;
    for (int i = 0; i < 6; i++) {
        if (value[i] != floor(value[i]) || fabs(value[i]) > 1 << 20) return false;
        to[i] = (int)value[i];
    }
    return to[0] <= to[1] && to[2] <= to[3] && to[4] <= to[5];
}

static void begin_file(reading *r, const XML_Char **attribute) {
    const char *type = get(attribute, "type"), *order = get(attribute, "byte_order"),
               *header = get(attribute, "header_type"), *compressor = get(attribute, "compressor");
    if (!type || strcmp(type, "ImageData") != 0)
        REFUSE("%s: VTK data of type %.64s; only ImageData can be read", r->path, type ? type : "unknown");
    else if (compressor && strcmp(compressor, "vtkZLibDataCompressor") != 0)
        REFUSE("%s: packed with %.64s; write it with zlib or unpacked", r->path, compressor);
    else if (header && strcmp(header, "UInt32") != 0 && strcmp(header, "UInt64") != 0)
        REFUSE("%s: headers of type %.64s; expected UInt32 or UInt64", r->path, header);
    r->head->packed = compressor;
    r->head->wide = header && strcmp(header, "UInt64") == 0;
    r->head->big_endian = order && strcmp(order, "BigEndian") == 0;
}

static void begin_image(reading *r, const XML_Char **attribute) {
    xt_vti_head *h = r->head;
    const char *direction = get(attribute, "Direction");
    static const double identity[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    memcpy(h->direction, identity, sizeof identity);
    if (!extent(h->whole, get(attribute, "WholeExtent")))
        REFUSE("%s: WholeExtent must be six whole numbers in order, found '%.64s'", r->path,
               get(attribute, "WholeExtent") ? get(attribute, "WholeExtent") : "");
    else if (!numbers(h->spacing, 3, get(attribute, "Spacing")) || !(h->spacing[0] > 0) ||
             !(h->spacing[1] > 0) || !(h->spacing[2] > 0))
        REFUSE("%s: Spacing must be three numbers above 0, found '%.64s'", r->path,
               get(attribute, "Spacing") ? get(attribute, "Spacing") : "");
    else if (!numbers(h->origin, 3, get(attribute, "Origin")))
        REFUSE("%s: Origin must be three numbers", r->path);
    else if (direction && !numbers(h->direction, 9, direction))
        REFUSE("%s: Direction must be nine numbers", r->path);
    r->whole = true;
}

static void begin_piece(reading *r, const XML_Char **attribute) {
    if (++r->pieces > 1)
        REFUSE("%s: an image in several pieces; only one piece can be read", r->path);
    else if (!extent(r->head->piece, get(attribute, "Extent")) ||
             memcmp(r->head->piece, r->head->whole, sizeof r->head->piece) != 0)
        REFUSE("%s: the piece is not the whole image", r->path);
}

static xt_vti_place *room(reading *r, tag parent) {
    xt_vti_head *h = r->head;
    xt_vti_place **list = parent == CELL ? &h->cell : &h->point;
    int *count = parent == CELL ? &h->cells : &h->points;
    if (*count >= XT_VTI_ARRAYS) {
        REFUSE("%s: more than %d arrays", r->path, XT_VTI_ARRAYS);
        return NULL;
    }
    xt_vti_place *longer = realloc(*list, (size_t)(*count + 1) * sizeof *longer);
    if (!longer) {
        xt_no_memory(r->err, "a .vti file", sizeof *longer);
        refuse(r);
        return NULL;
    }
    *list = longer;
    return &longer[(*count)++];
}

static void begin_array(reading *r, tag parent, const XML_Char **attribute) {
    const char *name = get(attribute, "Name"), *type = get(attribute, "type"),
               *format = get(attribute, "format"), *components = get(attribute, "NumberOfComponents"),
               *offset = get(attribute, "offset");
    if (parent == FIELD && (!name || strcmp(name, "TimeValue") != 0)) return;
    xt_vti_place *place = parent == FIELD ? &r->head->time : room(r, parent);
    if (!place) return;
    *place = (xt_vti_place){.components = 1};
    if (!name || !*name || strlen(name) >= sizeof place->name || !type ||
        strlen(type) >= sizeof place->type) {
        REFUSE("%s: an array without name or type, or with too long a one", r->path);
        return;
    }
    strcpy(place->name, name);
    strcpy(place->type, type);
    double count = 1;
    if (components && (!numbers(&count, 1, components) || count != floor(count) || count < 1 || count > 64)) {
        REFUSE("%s: array '%s' has %.32s components; from 1 to 64 can be read", r->path, name, components);
        return;
    }
    place->components = (int)count;
    if (!format || strcmp(format, "ascii") == 0) {
        place->encoding = XT_VTI_TEXT;
    } else if (strcmp(format, "binary") == 0) {
        place->encoding = XT_VTI_BASE64;
    } else if (strcmp(format, "appended") == 0 && offset && strspn(offset, "0123456789") == strlen(offset) &&
               strlen(offset) > 0 && strlen(offset) <= 20) {
        errno = 0;
        place->appended = true;
        place->offset = strtoull(offset, NULL, 10);
        if (errno) REFUSE("%s: array '%s' lies beyond the file", r->path, name);
    } else {
        REFUSE("%s: array '%s' has the format '%.32s' without a good offset", r->path, name, format);
    }
    if (parent == FIELD) r->head->has_time = true;
    place->begin =
        (uint64_t)XML_GetCurrentByteIndex(r->parser) + (uint64_t)XML_GetCurrentByteCount(r->parser);
    r->open = place;
}

static void begin_appended(reading *r, const XML_Char **attribute) {
    const char *encoding = get(attribute, "encoding");
    r->raw = encoding && strcmp(encoding, "raw") == 0;
    if (!r->raw && encoding && strcmp(encoding, "base64") != 0)
        REFUSE("%s: appended data in the encoding '%.32s'; expected raw or base64", r->path, encoding);
    r->appended = true;
    r->data = (uint64_t)XML_GetCurrentByteIndex(r->parser) + (uint64_t)XML_GetCurrentByteCount(r->parser);
    XML_StopParser(r->parser, XML_FALSE); /* what follows is no XML */
}

static void XMLCALL begin(void *user, const XML_Char *name, const XML_Char **attribute) {
    reading *r = user;
    if (r->status != XT_OK || r->appended) return;
    const tag parent = r->depth ? r->stack[r->depth - 1] : OUTSIDE;
    tag now = OTHER;
    if (r->depth >= DEPTH) {
        REFUSE("%s: nested more than %d deep", r->path, DEPTH);
        return;
    }
    if (parent == OUTSIDE && strcmp(name, "VTKFile") == 0) {
        now = FILE_TAG;
        begin_file(r, attribute);
    } else if (parent == OUTSIDE) {
        REFUSE("%s: not a VTK file: it begins with <%.32s>", r->path, name);
    } else if (parent == FILE_TAG && strcmp(name, "ImageData") == 0) {
        now = IMAGE;
        begin_image(r, attribute);
    } else if (parent == FILE_TAG && strcmp(name, "AppendedData") == 0) {
        begin_appended(r, attribute);
    } else if (parent == IMAGE && strcmp(name, "Piece") == 0) {
        now = PIECE;
        begin_piece(r, attribute);
    } else if ((parent == IMAGE || parent == PIECE) && strcmp(name, "FieldData") == 0) {
        now = FIELD;
    } else if (parent == PIECE && strcmp(name, "CellData") == 0) {
        now = CELL;
    } else if (parent == PIECE && strcmp(name, "PointData") == 0) {
        now = POINT;
    } else if ((parent == FIELD || parent == CELL || parent == POINT) && strcmp(name, "DataArray") == 0) {
        now = ARRAY;
        begin_array(r, parent, attribute);
    }
    r->stack[r->depth++] = now;
}

static void XMLCALL end(void *user, const XML_Char *name) {
    (void)name;
    reading *r = user;
    if (r->status != XT_OK || r->appended || !r->depth) return;
    if (r->stack[--r->depth] == ARRAY && r->open) {
        r->open->end = (uint64_t)XML_GetCurrentByteIndex(r->parser);
        r->open = NULL;
    }
}

/* Entities could make much of little; no .vti file needs them. */
static void XMLCALL doctype(void *user, const XML_Char *name, const XML_Char *system, const XML_Char *public,
                            int subset) {
    (void)name, (void)system, (void)public, (void)subset;
    reading *r = user;
    REFUSE("%s: a document type has no place in a .vti file", r->path);
}

static xt_status feed(reading *r, FILE *file) {
    uint64_t fed = 0;
    for (;;) {
        void *chunk = XML_GetBuffer(r->parser, CHUNK);
        if (!chunk) return xt_no_memory(r->err, "a .vti file", CHUNK);
        const size_t size = fread(chunk, 1, CHUNK, file);
        if (ferror(file)) return xt_fail(r->err, XT_IO, "%s: cannot read: %s", r->path, strerror(errno));
        const bool last = size < CHUNK;
        const enum XML_Status good = XML_ParseBuffer(r->parser, (int)size, last);
        if (r->status != XT_OK) return r->status;
        if (r->appended || (last && good == XML_STATUS_OK)) return XT_OK;
        if (good != XML_STATUS_OK)
            return xt_fail(r->err, XT_IO, "%s:%llu: not a VTK file, or a damaged one: %s", r->path,
                           (unsigned long long)XML_GetCurrentLineNumber(r->parser),
                           XML_ErrorString(XML_GetErrorCode(r->parser)));
        fed += size;
        if (fed > LONGEST_TAG + (uint64_t)XML_GetCurrentByteIndex(r->parser))
            return xt_fail(r->err, XT_IO, "%s: a tag of more than a megabyte", r->path);
    }
}

/* The appended data begin after an underscore. */
static xt_status find_data(reading *r, FILE *file, uint64_t size) {
    if (fseeko(file, (off_t)r->data, SEEK_SET) != 0)
        return xt_fail(r->err, XT_IO, "%s: cannot read: %s", r->path, strerror(errno));
    int c;
    do {
        c = getc(file);
        r->data++;
    } while (c == ' ' || c == '\n' || c == '\r' || c == '\t');
    if (c != '_')
        return xt_fail(r->err, XT_IO, "%s: the appended data do not begin with an underscore", r->path);
    xt_vti_head *h = r->head;
    for (int i = 0; i < h->cells + h->points + 1; i++) {
        xt_vti_place *place = i < h->cells               ? &h->cell[i]
                              : i < h->cells + h->points ? &h->point[i - h->cells]
                                                         : &h->time;
        if (!place->appended) continue;
        if (place->offset > size || r->data + place->offset > size)
            return xt_fail(r->err, XT_IO, "%s: array '%s' lies beyond the end of the file: it is cut short",
                           r->path, place->name);
        place->encoding = r->raw ? XT_VTI_RAW : XT_VTI_BASE64;
        place->begin = r->data + place->offset;
        place->end = size;
    }
    return XT_OK;
}

static xt_status complete(const reading *r) {
    const xt_vti_head *h = r->head;
    if (!r->whole || !r->pieces) return xt_fail(r->err, XT_IO, "%s: holds no image", r->path);
    for (int i = 0; i < h->cells + h->points + 1; i++) {
        const xt_vti_place *place = i < h->cells               ? &h->cell[i]
                                    : i < h->cells + h->points ? &h->point[i - h->cells]
                                                               : &h->time;
        if (place->appended && !r->appended)
            return xt_fail(r->err, XT_IO, "%s: array '%s' is appended, but nothing is", r->path, place->name);
    }
    return XT_OK;
}

xt_status xt_vti_head_read(xt_vti_head *head, FILE *file, uint64_t size, const char *path, xt_error *err) {
    *head = (xt_vti_head){0};
    reading r = {.head = head, .path = path, .err = err};
    r.parser = XML_ParserCreate(NULL);
    if (!r.parser) return xt_no_memory(err, "a .vti file", CHUNK);
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, begin, end);
    XML_SetStartDoctypeDeclHandler(r.parser, doctype);
    xt_status status = feed(&r, file);
    if (status == XT_OK) status = complete(&r);
    if (status == XT_OK && r.appended) status = find_data(&r, file, size);
    XML_ParserFree(r.parser);
    return status;
}

void xt_vti_head_free(xt_vti_head *head) {
    free(head->cell);
    free(head->point);
    *head = (xt_vti_head){0};
}
