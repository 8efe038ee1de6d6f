#include "mesh/pvd_read.h"

#include <expat.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "base/file.h"

enum { MOST_BYTES = 64 << 20, MOST_ENTRIES = 1 << 20 };

typedef struct {
    XML_Parser parser;
    xt_pvd_list *list;
    const char *path, *folder;
    xt_error *err;
    xt_status status;
    int depth;
    bool collection;
} reading;

static const char *get(const XML_Char **attribute, const char *name) {
    for (; attribute[0]; attribute += 2)
        if (strcmp(attribute[0], name) == 0) return attribute[1];
    return NULL;
}

static void stop(reading *r, xt_status status) {
    r->status = status;
    XML_StopParser(r->parser, XML_FALSE);
}

/* A name below the folder: relative, and never a step up. */
static bool inside(const char *file) {
    if (!*file || *file == '/') return false;
    for (const char *part = file; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0')) return false;
    }
    return true;
}

static xt_status add(reading *r, double time, const char *file) {
    xt_pvd_list *list = r->list;
    if (list->count >= MOST_ENTRIES)
        return xt_fail(r->err, XT_IO, "%s: more than %d files", r->path, MOST_ENTRIES);
    if ((list->count & (list->count - 1)) == 0) { /* room for the next power of two */
        const size_t room = list->count ? 2 * (size_t)list->count : 1;
        xt_pvd_entry *longer = realloc(list->entry, room * sizeof *longer);
        if (!longer) return xt_no_memory(r->err, "a collection", room * sizeof *longer);
        list->entry = longer;
    }
    xt_pvd_entry *entry = &list->entry[list->count];
    XT_TRY(xt_path_join(&entry->path, r->folder, file, r->err));
    entry->time = time;
    list->count++;
    return XT_OK;
}

static void XMLCALL begin(void *user, const XML_Char *name, const XML_Char **attribute) {
    reading *r = user;
    if (r->status != XT_OK) return;
    if (r->depth == 0) {
        const char *type = get(attribute, "type");
        if (strcmp(name, "VTKFile") != 0 || !type || strcmp(type, "Collection") != 0)
            stop(r, xt_fail(r->err, XT_IO, "%s: not a VTK collection", r->path));
    } else if (r->depth == 1 && strcmp(name, "Collection") == 0) {
        r->collection = true;
    } else if (r->depth == 2 && r->collection && strcmp(name, "DataSet") == 0) {
        const char *file = get(attribute, "file"), *text = get(attribute, "timestep");
        char *end = NULL;
        const double time = text ? strtod(text, &end) : 0;
        if (!file || !inside(file))
            stop(r, xt_fail(r->err, XT_IO, "%s: '%.200s' is not a file below the collection's folder",
                            r->path, file ? file : ""));
        else if (text && (end == text || *end || !isfinite(time)))
            stop(r, xt_fail(r->err, XT_IO, "%s: '%.32s' is no time", r->path, text));
        else if (add(r, time, file) != XT_OK)
            stop(r, r->err->status);
    }
    r->depth++;
}

static void XMLCALL end(void *user, const XML_Char *name) {
    (void)name;
    ((reading *)user)->depth--;
}

static void XMLCALL doctype(void *user, const XML_Char *name, const XML_Char *system, const XML_Char *public,
                            int subset) {
    (void)name, (void)system, (void)public, (void)subset;
    reading *r = user;
    stop(r, xt_fail(r->err, XT_IO, "%s: a document type has no place in a .pvd file", r->path));
}

/* Earliest first; of equal times the earlier in the file, which a stable merge keeps in time for any order.
 */
static xt_status sort(xt_pvd_list *list, xt_error *err) {
    const int n = list->count;
    xt_pvd_entry *other = malloc(((size_t)n + 1) * sizeof *other);
    if (!other) return xt_no_memory(err, "a collection", (size_t)n * sizeof *other);
    for (int width = 1; width < n; width *= 2) {
        for (int begin = 0; begin < n; begin += 2 * width) {
            const int middle = begin + width < n ? begin + width : n;
            const int end = middle + width < n ? middle + width : n;
            for (int a = begin, b = middle, to = begin; to < end; to++) {
                const bool first = b == end || (a < middle && list->entry[a].time <= list->entry[b].time);
                other[to] = list->entry[first ? a++ : b++];
            }
        }
        memcpy(list->entry, other, (size_t)n * sizeof *other);
    }
    free(other);
    int kept = 0;
    for (int i = 0; i < list->count; i++) {
        if (i + 1 < list->count && list->entry[i + 1].time == list->entry[i].time)
            free(list->entry[i].path);
        else
            list->entry[kept++] = list->entry[i];
    }
    list->count = kept;
    return XT_OK;
}

xt_status xt_pvd_read(xt_pvd_list *list, const char *path, xt_error *err) {
    *list = (xt_pvd_list){0};
    reading r = {.list = list, .path = path, .err = err};
    char *text = NULL, *folder = NULL;
    size_t size;
    xt_status status = XT_OK;
    XT_GO(xt_file_read(&text, &size, path, MOST_BYTES, err));
    XT_GO(xt_path_folder(&folder, path, err));
    r.folder = folder;
    r.parser = XML_ParserCreate(NULL);
    if (!r.parser) {
        status = xt_no_memory(err, "a collection", size);
        goto done;
    }
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, begin, end);
    XML_SetStartDoctypeDeclHandler(r.parser, doctype);
    if (XML_Parse(r.parser, text, (int)size, 1) != XML_STATUS_OK)
        status = r.status != XT_OK ? r.status
                                   : xt_fail(err, XT_IO, "%s:%llu: damaged: %s", path,
                                             (unsigned long long)XML_GetCurrentLineNumber(r.parser),
                                             XML_ErrorString(XML_GetErrorCode(r.parser)));
    if (status == XT_OK) status = sort(list, err);
done:
    if (r.parser) XML_ParserFree(r.parser);
    free(text);
    free(folder);
    if (status != XT_OK) xt_pvd_list_free(list);
    return status;
}

void xt_pvd_list_free(xt_pvd_list *list) {
    for (int i = 0; i < list->count; i++) free(list->entry[i].path);
    free(list->entry);
    *list = (xt_pvd_list){0};
}

int xt_pvd_nearest(const xt_pvd_list *list, double time) {
    int best = -1;
    for (int i = 0; i < list->count; i++)
        if (best < 0 || fabs(list->entry[i].time - time) < fabs(list->entry[best].time - time)) best = i;
    return best;
}
