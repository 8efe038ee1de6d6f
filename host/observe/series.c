#include "observe/series.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/file.h"
#include "base/text.h"

struct xt_series {
    char *path;
    int fd;
    int count;
    long long rows;
    off_t size; /* the end of the last whole row */
    xt_text row;
};

static xt_status fail(xt_error *err, const char *path, const char *doing, int reason) {
    return xt_fail(err, XT_IO, "%s: cannot %s: %s", path, doing, strerror(reason));
}

static xt_status compose_header(xt_text *text, const char *const *columns, int count, xt_error *err) {
    for (int k = 0; k < count; k++) {
        const char *name = columns[k];
        if (strpbrk(name, "\r\n")) return xt_fail(err, XT_INTERNAL, "a line break in the column '%s'", name);
        if (k) xt_text_add(text, ",");
        if (!strpbrk(name, ",\"")) {
            xt_text_add(text, name);
            continue;
        }
        xt_text_add(text, "\"");
        for (; *name; name++) xt_text_add_bytes(text, *name == '"' ? "\"\"" : name, *name == '"' ? 2 : 1);
        xt_text_add(text, "\"");
    }
    xt_text_add(text, "\n");
    return xt_text_check(text, "the header of a series", err);
}

static xt_status start(xt_series **out, const char *path, int count, xt_error *err) {
    *out = NULL;
    if (count < 1) return xt_fail(err, XT_INTERNAL, "%s: a series without columns", path);
    xt_series *series = calloc(1, sizeof *series);
    char *copy = malloc(strlen(path) + 1);
    if (!series || !copy) {
        free(series);
        free(copy);
        return xt_no_memory(err, "a series", sizeof *series + strlen(path));
    }
    series->path = strcpy(copy, path);
    series->fd = -1;
    series->count = count;
    *out = series;
    return XT_OK;
}

xt_status xt_series_create(xt_series **out, const char *path, const char *const *columns, int count,
                           xt_error *err) {
    xt_status status = XT_OK;
    xt_series *series;
    xt_text header = {0};
    XT_TRY(start(&series, path, count, err));
    XT_GO(compose_header(&header, columns, count, err));
    XT_GO(xt_file_write(path, header.data, header.size, err));
    series->fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (series->fd < 0) {
        status = fail(err, path, "open", errno);
        goto done;
    }
    series->size = (off_t)header.size;
done:
    xt_text_free(&header);
    if (status != XT_OK) xt_series_close(series);
    *out = status == XT_OK ? series : NULL;
    return status;
}

/* Byte after line `lines` (from 1) of the file, or -1 with *found lines if it has fewer. */
static off_t end_of_line(int fd, long long lines, long long *found) {
    char buffer[1 << 16];
    off_t at = 0;
    *found = 0;
    for (;;) {
        const ssize_t n = pread(fd, buffer, sizeof buffer, at);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return -1;
        for (ssize_t i = 0; i < n; i++)
            if (buffer[i] == '\n' && ++*found == lines) return at + i + 1;
        at += n;
    }
}

/* Whether the file begins with these bytes. */
static bool begins_with(int fd, const xt_text *header) {
    char *bytes = malloc(header->size);
    size_t used = 0;
    while (bytes && used < header->size) {
        const ssize_t n = pread(fd, bytes + used, header->size - used, (off_t)used);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        used += (size_t)n;
    }
    const bool same = bytes && used == header->size && memcmp(bytes, header->data, used) == 0;
    free(bytes);
    return same;
}

xt_status xt_series_reopen(xt_series **out, const char *path, const char *const *columns, int count,
                           long long rows, xt_error *err) {
    xt_status status = XT_OK;
    xt_series *series;
    xt_text header = {0};
    long long found;
    XT_TRY(start(&series, path, count, err));
    XT_GO(compose_header(&header, columns, count, err));
    series->fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC);
    if (series->fd < 0) {
        status = fail(err, path, "open", errno);
        goto done;
    }
    if (!begins_with(series->fd, &header)) {
        status = xt_fail(err, XT_IO, "%s: its columns are not those of this run", path);
        goto done;
    }
    series->size = end_of_line(series->fd, rows + 1, &found);
    if (series->size < 0) {
        status = xt_fail(err, XT_IO, "%s: has %lld rows, the checkpoint was written after %lld", path,
                         found > 0 ? found - 1 : 0, rows);
        goto done;
    }
    if (ftruncate(series->fd, series->size) != 0) status = fail(err, path, "shorten", errno);
    series->rows = rows;
done:
    xt_text_free(&header);
    if (status != XT_OK) xt_series_close(series);
    *out = status == XT_OK ? series : NULL;
    return status;
}

xt_status xt_series_row(xt_series *series, const double *value, xt_error *err) {
    xt_text_clear(&series->row);
    for (int k = 0; k < series->count; k++) xt_text_printf(&series->row, "%s%.9g", k ? "," : "", value[k]);
    xt_text_add(&series->row, "\n");
    XT_TRY(xt_text_check(&series->row, "a row of a series", err));
    ssize_t n;
    do n = write(series->fd, series->row.data, series->row.size);
    while (n < 0 && errno == EINTR);
    if (n == (ssize_t)series->row.size) {
        series->size += n;
        series->rows++;
        return XT_OK;
    }
    const int reason = n < 0 ? errno : ENOSPC;
    if (n > 0 && ftruncate(series->fd, series->size) != 0)
        return xt_fail(err, XT_IO, "%s: a row was written in part and cannot be taken back: %s", series->path,
                       strerror(errno));
    return fail(err, series->path, "write", reason);
}

long long xt_series_rows(const xt_series *series) { return series->rows; }

xt_status xt_series_sync(xt_series *series, xt_error *err) {
    /* Some file systems cannot sync and say EINVAL; that is no lost row. */
    if (fsync(series->fd) != 0 && errno != EINVAL) return fail(err, series->path, "write", errno);
    return XT_OK;
}

void xt_series_close(xt_series *series) {
    if (!series) return;
    if (series->fd >= 0) close(series->fd);
    xt_text_free(&series->row);
    free(series->path);
    free(series);
}
