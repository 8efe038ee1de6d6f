/* A folder of its own for each test program that writes, removed at the end. */
#ifndef TESTS_OBSERVE_TESTING_H
#define TESTS_OBSERVE_TESTING_H

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/error.h"
#include "base/file.h"

static char test_folder[] = "/tmp/crosstalk-observe-XXXXXX";

static inline int make_folder(void **state) {
    (void)state;
    return mkdtemp(test_folder) ? 0 : -1;
}

static inline void remove_tree(const char *path) {
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        xt_error unused = {0};
        char *child;
        if (xt_path_join(&child, path, e->d_name, &unused) != XT_OK) continue;
        remove_tree(child);
        free(child);
    }
    if (d) closedir(d);
    remove(path);
}

static inline int remove_folder(void **state) {
    (void)state;
    remove_tree(test_folder);
    return 0;
}

/* Path of `name` in the folder; valid until the next 64 calls. */
static inline const char *in_folder(const char *name) {
    static char path[64][600];
    static int turn;
    turn = (turn + 1) % 64;
    snprintf(path[turn], sizeof path[turn], "%s/%s", test_folder, name);
    return path[turn];
}

static inline int entries(const char *path) {
    int n = 0;
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));) n += e->d_name[0] != '.';
    if (d) closedir(d);
    return n;
}

/* The file's bytes; the caller frees them. */
static inline char *slurp(const char *path, size_t *size) {
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    struct stat info;
    assert_int_equal(fstat(fileno(f), &info), 0);
    char *bytes = malloc((size_t)info.st_size + 1);
    *size = fread(bytes, 1, (size_t)info.st_size, f);
    bytes[*size] = '\0';
    fclose(f);
    return bytes;
}

static inline void spill(const char *path, const void *bytes, size_t size) {
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, size, f), size);
    fclose(f);
}

static inline void must(xt_status status, const xt_error *err) {
    if (status != XT_OK) fail_msg("%s", err->text);
    assert_int_equal(err->status, XT_OK);
}

#endif
