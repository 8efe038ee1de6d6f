/* Files: read whole, written aside and renamed, so that a final name never holds half a file. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "base/error.h"

/* Read a regular file of at most `limit` bytes. *text (the caller frees it) has a NUL after its *size bytes;
 * the bytes themselves may hold NULs. Folders, FIFOs, devices and larger files are refused. Errors: XT_IO. */
xt_status xt_file_read(char **text, size_t *size, const char *path, size_t limit, xt_error *err);

bool xt_path_exists(const char *path); /* anything at all, a dangling link included */
bool xt_path_is_folder(const char *path);

/* "dir/name", or `name` alone if it is absolute or dir is "" or ".". The caller frees *path. */
xt_status xt_path_join(char **path, const char *dir, const char *name, xt_error *err);

/* The folder that holds `path`, "." if it names none. The caller frees *dir. */
xt_status xt_path_folder(char **dir, const char *path, xt_error *err);

/* The part after the last '/', inside `path`. */
const char *xt_path_name(const char *path);

/* Where `name` of scenes/ lies as shipped: in the source folder, else in the installed one. The caller frees
 * *path. XT_IO if it is in neither. */
xt_status xt_path_shipped(char **path, const char *name, xt_error *err);

/* mkdir -p. A folder that is there already is fine. Errors: XT_IO. */
xt_status xt_make_folders(const char *path, xt_error *err);

/* A file being written as PATH.tmp-<pid>. `xt_file_writer w = {0};` may be abandoned. Errors are XT_IO, name
 * the path and the reason. After a failed write: abandon. A failed commit has abandoned already. */
typedef struct {
    FILE *stream; /* for libraries that want one; errors on it surface at commit */
    char *path;
    char *temporary;
} xt_file_writer;

xt_status xt_file_writer_open(xt_file_writer *writer, const char *path, xt_error *err);
xt_status xt_file_writer_write(xt_file_writer *writer, const void *bytes, size_t size, xt_error *err);
/* Flush, fsync, close, rename to PATH (replacing what was there), fsync the folder. */
xt_status xt_file_writer_commit(xt_file_writer *writer, xt_error *err);
void xt_file_writer_abandon(xt_file_writer *writer); /* unlinks; a no-op after commit */

/* The four steps in one. */
xt_status xt_file_write(const char *path, const void *bytes, size_t size, xt_error *err);

#endif
