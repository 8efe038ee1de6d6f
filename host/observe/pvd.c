#include "observe/pvd.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "base/text.h"
#include "mesh/vti.h"

struct xt_pvd {
    char *path;
    double *time;
    char **file;
    int count, capacity;
};

enum { MAX_FILE = 64 << 20 };

xt_status xt_pvd_create(xt_pvd **out, const char *path, xt_error *err) {
    *out = NULL;
    xt_pvd *pvd = calloc(1, sizeof *pvd);
    char *copy = malloc(strlen(path) + 1);
    if (!pvd || !copy) {
        free(pvd);
        free(copy);
        return xt_no_memory(err, "a collection", strlen(path));
    }
    pvd->path = strcpy(copy, path);
    *out = pvd;
    return XT_OK;
}

void xt_pvd_free(xt_pvd *pvd) {
    if (!pvd) return;
    for (int i = 0; i < pvd->count; i++) free(pvd->file[i]);
    free(pvd->file);
    free(pvd->time);
    free(pvd->path);
    free(pvd);
}

int xt_pvd_count(const xt_pvd *pvd) { return pvd->count; }

static xt_status grow(xt_pvd *pvd, xt_error *err) {
    if (pvd->count < pvd->capacity) return XT_OK;
    const size_t capacity = pvd->capacity ? 2 * (size_t)pvd->capacity : 16;
    double *time = realloc(pvd->time, capacity * sizeof *time);
    if (time) pvd->time = time;
    char **file = realloc(pvd->file, capacity * sizeof *file);
    if (file) pvd->file = file;
    if (!time || !file) return xt_no_memory(err, "a collection", capacity * (sizeof *time + sizeof *file));
    pvd->capacity = (int)capacity;
    return XT_OK;
}

/* Takes over `file`, also on failure. */
static xt_status append(xt_pvd *pvd, double time, char *file, xt_error *err) {
    xt_status status = file ? grow(pvd, err) : xt_no_memory(err, "a collection", 1);
    if (status != XT_OK) {
        free(file);
        return status;
    }
    pvd->time[pvd->count] = time;
    pvd->file[pvd->count++] = file;
    return XT_OK;
}

/* The value of an attribute of the element that starts at `at` and ends before `end`, with the entities that
 * xt_xml_escape writes turned back. NULL if there is none or memory ran out. */
static char *attribute(const char *at, const char *end, const char *name) {
    static const char *const entity[][2] = {{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}};
    const char *found = strstr(at, name);
    if (!found || found >= end) return NULL;
    xt_text text = {0};
    for (const char *p = found + strlen(name); p < end && *p != '"';) {
        size_t k = 0;
        while (k < 4 && strncmp(p, entity[k][0], strlen(entity[k][0])) != 0) k++;
        xt_text_add_bytes(&text, k < 4 ? entity[k][1] : p, 1);
        p += k < 4 ? strlen(entity[k][0]) : 1;
    }
    return xt_text_take(&text);
}

static xt_status parse(xt_pvd *pvd, const char *text, double until, xt_error *err) {
    bool good = strstr(text, "type=\"Collection\"") && strstr(text, "</VTKFile>");
    for (const char *at = text; good && (at = strstr(at, "<DataSet ")); at++) {
        const char *end = strstr(at, "/>");
        char *time = end ? attribute(at, end, "timestep=\"") : NULL;
        char *file = end ? attribute(at, end, "file=\"") : NULL, *rest = time;
        const double value = time ? strtod(time, &rest) : 0;
        good = time && file && rest != time && *rest == '\0';
        free(time);
        if (!good || value > until)
            free(file);
        else
            XT_TRY(append(pvd, value, file, err));
    }
    return good ? XT_OK : xt_fail(err, XT_IO, "%s: not a collection that Crosstalk wrote", pvd->path);
}

xt_status xt_pvd_reopen(xt_pvd **out, const char *path, double until, xt_error *err) {
    XT_TRY(xt_pvd_create(out, path, err));
    if (!xt_path_exists(path)) return XT_OK;
    char *text = NULL;
    size_t size;
    xt_status status = xt_file_read(&text, &size, path, MAX_FILE, err);
    if (status == XT_OK) status = parse(*out, text, until, err);
    free(text);
    if (status != XT_OK) {
        xt_pvd_free(*out);
        *out = NULL;
    }
    return status;
}

xt_status xt_pvd_add(xt_pvd *pvd, double time, const char *file, xt_error *err) {
    xt_text text = {0};
    xt_text_add(&text, file);
    XT_TRY(append(pvd, time, xt_text_take(&text), err));
    const int last = pvd->count - 1;
    for (int i = 0; i < last; i++)
        if (pvd->time[i] == time) {
            free(pvd->file[i]);
            pvd->file[i] = pvd->file[last];
            pvd->count--;
            break;
        }
    return xt_pvd_write(pvd->path, (const char *const *)pvd->file, pvd->time, pvd->count, err);
}
