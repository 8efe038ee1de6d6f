#include "observe/pvd.h"

#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

typedef struct {
    double time;
    char *file; /* as in the XML: already escaped */
} entry;

struct xt_pvd {
    char *path;
    entry *entry;
    int count, capacity;
};

static const char head[] = "<?xml version=\"1.0\"?>\n"
                           "<VTKFile type=\"Collection\" version=\"1.0\" byte_order=\"LittleEndian\">\n"
                           "  <Collection>\n";
static const char tail[] = "  </Collection>\n</VTKFile>\n";
static const char before_time[] = "    <DataSet timestep=\"", before_file[] = "\" part=\"0\" file=\"",
                  after_file[] = "\"/>\n";
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
    for (int i = 0; i < pvd->count; i++) free(pvd->entry[i].file);
    free(pvd->entry);
    free(pvd->path);
    free(pvd);
}

int xt_pvd_count(const xt_pvd *pvd) { return pvd->count; }

/* Takes over `file`, also on failure. */
static xt_status append(xt_pvd *pvd, double time, char *file, xt_error *err) {
    if (file && pvd->count == pvd->capacity) {
        const int capacity = pvd->capacity ? 2 * pvd->capacity : 16;
        entry *grown = realloc(pvd->entry, (size_t)capacity * sizeof *grown);
        if (grown) {
            pvd->entry = grown;
            pvd->capacity = capacity;
        } else {
            free(file);
            file = NULL;
        }
    }
    if (!file) return xt_no_memory(err, "a collection", (size_t)pvd->count * sizeof(entry));
    pvd->entry[pvd->count++] = (entry){time, file};
    return XT_OK;
}

/* Step *at over `text` if it comes next. */
static bool skip(const char **at, const char *text) {
    const size_t n = strlen(text);
    if (strncmp(*at, text, n) != 0) return false;
    *at += n;
    return true;
}

static xt_status parse(xt_pvd *pvd, const char *at, double until, xt_error *err) {
    bool good = skip(&at, head);
    while (good && skip(&at, before_time)) {
        char *end;
        const double time = strtod(at, &end);
        good = end != at;
        at = end;
        good = good && skip(&at, before_file);
        const size_t length = good ? strcspn(at, "\"\n") : 0;
        const char *file = at;
        at += length;
        good = good && skip(&at, after_file);
        if (!good || time > until) continue;
        xt_text text = {0};
        xt_text_add_bytes(&text, file, length);
        XT_TRY(append(pvd, time, xt_text_take(&text), err));
    }
    good = good && skip(&at, tail) && *at == '\0';
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

static char *escaped(const char *file) {
    xt_text text = {0};
    for (; *file; file++) switch (*file) {
        case '&':
            xt_text_add(&text, "&amp;");
            break;
        case '<':
            xt_text_add(&text, "&lt;");
            break;
        case '"':
            xt_text_add(&text, "&quot;");
            break;
        default:
            xt_text_add_bytes(&text, file, 1);
        }
    return xt_text_take(&text);
}

static xt_status rewrite(const xt_pvd *pvd, xt_error *err) {
    xt_text text = {0};
    char number[32];
    xt_text_add(&text, head);
    for (int i = 0; i < pvd->count; i++)
        xt_text_printf(&text, "%s%s%s%s%s", before_time, xt_real_text(pvd->entry[i].time, number),
                       before_file, pvd->entry[i].file, after_file);
    xt_text_add(&text, tail);
    xt_status status = xt_text_check(&text, "a collection", err);
    if (status == XT_OK) status = xt_file_write(pvd->path, text.data, text.size, err);
    xt_text_free(&text);
    return status;
}

xt_status xt_pvd_add(xt_pvd *pvd, double time, const char *file, xt_error *err) {
    XT_TRY(append(pvd, time, escaped(file), err));
    const int last = pvd->count - 1;
    for (int i = 0; i < last; i++)
        if (pvd->entry[i].time == time) {
            free(pvd->entry[i].file);
            pvd->entry[i] = pvd->entry[last];
            pvd->count--;
            break;
        }
    return rewrite(pvd, err);
}
