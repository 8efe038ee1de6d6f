#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/text.h"

static xt_status fail(xt_error *err, const char *path, const char *doing, int reason) {
    return xt_fail(err, XT_IO, "%s: cannot %s: %s", path, doing, strerror(reason));
}

/* ---- reading ---- */

static xt_status read_all(char **text, size_t *size, int fd, const char *path, size_t limit, xt_error *err) {
    struct stat info;
    if (fstat(fd, &info) != 0) return fail(err, path, "read", errno);
    if (S_ISDIR(info.st_mode)) return fail(err, path, "read", EISDIR);
    if (!S_ISREG(info.st_mode)) return xt_fail(err, XT_IO, "%s: not a regular file", path);
    if ((uintmax_t)info.st_size > limit)
        return xt_fail(err, XT_IO, "%s: is %.1f MiB large, at most %.1f MiB are read", path,
                       (double)info.st_size / (1 << 20), (double)limit / (1 << 20));
    size_t expected = (size_t)info.st_size, used = 0;
    char *bytes = malloc(expected + 1);
    if (!bytes) return xt_no_memory(err, path, expected);
    while (used < expected) {
        ssize_t n = read(fd, bytes + used, expected - used);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            int reason = errno;
            free(bytes);
            return fail(err, path, "read", reason);
        }
        if (n == 0) break; /* the file shrank meanwhile: what is there counts */
        used += (size_t)n;
    }
    bytes[used] = '\0';
    *text = bytes;
    *size = used;
    return XT_OK;
}

xt_status xt_file_read(char **text, size_t *size, const char *path, size_t limit, xt_error *err) {
    *text = NULL;
    *size = 0;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY); /* a FIFO must not block us */
    if (fd < 0) return fail(err, path, "open", errno);
    xt_status status = read_all(text, size, fd, path, limit, err);
    close(fd);
    return status;
}

/* ---- paths ---- */

bool xt_path_exists(const char *path) {
    struct stat info;
    return lstat(path, &info) == 0;
}

bool xt_path_is_folder(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

xt_status xt_path_join(char **path, const char *dir, const char *name, xt_error *err) {
    xt_text text = {0};
    size_t n = strlen(dir);
    if (name[0] != '/' && n > 0 && strcmp(dir, ".") != 0) {
        xt_text_add(&text, dir);
        if (dir[n - 1] != '/') xt_text_add(&text, "/");
    }
    xt_text_add(&text, name);
    *path = xt_text_take(&text);
    return *path ? XT_OK : xt_no_memory(err, "a path", n + strlen(name) + 2);
}

xt_status xt_path_folder(char **dir, const char *path, xt_error *err) {
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/') n--;
    while (n > 0 && path[n - 1] != '/') n--;
    while (n > 1 && path[n - 1] == '/') n--;
    xt_text text = {0};
    if (n == 0)
        xt_text_add(&text, ".");
    else
        xt_text_add_bytes(&text, path, n);
    *dir = xt_text_take(&text);
    return *dir ? XT_OK : xt_no_memory(err, "a path", n + 2);
}

const char *xt_path_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

xt_status xt_path_shipped(char **path, const char *name, xt_error *err) {
    static const char *const places[] = {CROSSTALK_SOURCEDIR "/scenes", CROSSTALK_DATADIR "/scenes"};
    for (int k = 0; k < 2; k++) {
        XT_TRY(xt_path_join(path, places[k], name, err));
        if (xt_path_exists(*path)) return XT_OK;
        free(*path);
        *path = NULL;
    }
    return xt_fail(err, XT_IO, "'%s' is not in %s: is Crosstalk installed?", name, places[1]);
}

xt_status xt_make_folders(const char *path, xt_error *err) {
    size_t n = strlen(path);
    char *part = malloc(n + 1);
    if (!part) return xt_no_memory(err, "a path", n + 1);
    memcpy(part, path, n + 1);
    xt_status status = XT_OK;
    for (size_t i = 1; i <= n && status == XT_OK; i++) {
        if (part[i] != '/' && part[i] != '\0') continue;
        char held = part[i];
        part[i] = '\0';
        if (mkdir(part, 0777) != 0) {
            int reason = errno;
            /* mkdir answers EROFS, EACCES or EISDIR for some folders that exist. */
            if (!xt_path_is_folder(part))
                status = fail(err, part, "make the folder", reason == EEXIST ? ENOTDIR : reason);
        }
        part[i] = held;
    }
    if (n == 0) status = fail(err, "''", "make the folder", ENOENT);
    free(part);
    return status;
}

/* ---- writing ---- */

static void forget(xt_file_writer *writer) {
    free(writer->path);
    free(writer->temporary);
    *writer = (xt_file_writer){0};
}

void xt_file_writer_abandon(xt_file_writer *writer) {
    if (writer->stream) {
        fclose(writer->stream);
        unlink(writer->temporary);
    }
    forget(writer);
}

xt_status xt_file_writer_open(xt_file_writer *writer, const char *path, xt_error *err) {
    *writer = (xt_file_writer){0};
    if (xt_path_is_folder(path)) return fail(err, path, "write", EISDIR);
    xt_text name = {0};
    xt_text_printf(&name, "%s.tmp-%ld", path, (long)getpid());
    writer->temporary = xt_text_take(&name);
    xt_text_add(&name, path);
    writer->path = xt_text_take(&name);
    if (!writer->path || !writer->temporary) {
        forget(writer);
        return xt_no_memory(err, path, strlen(path) + 32);
    }
    unlink(writer->temporary); /* of a dead process that had our number */
    int fd = open(writer->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    writer->stream = fd >= 0 ? fdopen(fd, "wb") : NULL;
    if (!writer->stream) {
        xt_status status = fail(err, path, "write", errno);
        if (fd >= 0) {
            close(fd);
            unlink(writer->temporary);
        }
        forget(writer);
        return status;
    }
    return XT_OK;
}

xt_status xt_file_writer_write(xt_file_writer *writer, const void *bytes, size_t size, xt_error *err) {
    if (size == 0 || fwrite(bytes, 1, size, writer->stream) == size) return XT_OK;
    return fail(err, writer->path, "write", errno);
}

/* The rename is durable once the folder is on disk. File systems that cannot sync a folder answer EINVAL. */
static xt_status sync_folder(const char *path, xt_error *err) {
    char *dir;
    XT_TRY(xt_path_folder(&dir, path, err));
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(dir);
    if (fd < 0) return XT_OK; /* a folder that may be written but not read */
    int reason = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    return reason == 0 || reason == EINVAL || reason == ENOTSUP ? XT_OK
                                                                : fail(err, path, "sync the folder", reason);
}

xt_status xt_file_writer_commit(xt_file_writer *writer, xt_error *err) {
    xt_status status = XT_OK;
    errno = 0;
    if (ferror(writer->stream) || fflush(writer->stream) != 0 || fsync(fileno(writer->stream)) != 0) {
        status = fail(err, writer->path, "write", errno ? errno : EIO);
        xt_file_writer_abandon(writer);
        return status;
    }
    if (fclose(writer->stream) != 0) status = fail(err, writer->path, "write", errno);
    writer->stream = NULL;
    if (status == XT_OK && rename(writer->temporary, writer->path) != 0)
        status = fail(err, writer->path, "rename onto it", errno);
    if (status == XT_OK)
        status = sync_folder(writer->path, err);
    else
        unlink(writer->temporary);
    forget(writer);
    return status;
}

xt_status xt_file_write(const char *path, const void *bytes, size_t size, xt_error *err) {
    xt_file_writer writer;
    XT_TRY(xt_file_writer_open(&writer, path, err));
    xt_status status = xt_file_writer_write(&writer, bytes, size, err);
    if (status == XT_OK) return xt_file_writer_commit(&writer, err);
    xt_file_writer_abandon(&writer);
    return status;
}
