#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/file.h"

static xt_error err;
static char folder[64], path[128];

static int make_folder(void **state) {
    (void)state;
    memset(&err, 0, sizeof err);
    snprintf(folder, sizeof folder, "/tmp/crosstalk-file-XXXXXX");
    if (!mkdtemp(folder)) return 1;
    snprintf(path, sizeof path, "%s/file", folder);
    return 0;
}

static int entries(void) {
    int n = 0;
    DIR *dir = opendir(folder);
    while (readdir(dir)) n++;
    closedir(dir);
    return n - 2;
}

static int remove_folder(void **state) {
    (void)state;
    unlink(path);
    return rmdir(folder); /* fails if a test left something */
}

static void must_hold(const char *expected) {
    char *text;
    size_t size;
    if (xt_file_read(&text, &size, path, 1000, &err) != XT_OK) fail_msg("%s", err.text);
    assert_int_equal(size, strlen(expected));
    assert_string_equal(text, expected);
    free(text);
}

static void must_not_read(const char *what, const char *why) {
    memset(&err, 0, sizeof err);
    char *text;
    size_t size;
    assert_int_equal(xt_file_read(&text, &size, what, 10, &err), XT_IO);
    assert_null(text);
    if (!strstr(err.text, what) || !strstr(err.text, why)) fail_msg("%s", err.text);
}

static void reads_what_was_written(void **state) {
    (void)state;
    assert_int_equal(xt_file_write(path, "hello", 5, &err), XT_OK);
    must_hold("hello");
    assert_int_equal(xt_file_write(path, "", 0, &err), XT_OK);
    must_hold("");
    assert_int_equal(entries(), 1);
}

static void refuses_what_is_no_readable_file(void **state) {
    (void)state;
    must_not_read(path, "No such file");
    must_not_read(folder, "directory");
    must_not_read("/dev/zero", "not a regular file");
    assert_int_equal(mkfifo(path, 0600), 0);
    must_not_read(path, "not a regular file"); /* and does not wait for a writer */
    unlink(path);
    memset(&err, 0, sizeof err);
    assert_int_equal(xt_file_write(path, "12345678901", 11, &err), XT_OK);
    must_not_read(path, "at most");
}

static void nothing_shows_before_commit(void **state) {
    (void)state;
    xt_file_writer writer;
    assert_int_equal(xt_file_write(path, "old", 3, &err), XT_OK);
    assert_int_equal(xt_file_writer_open(&writer, path, &err), XT_OK);
    assert_int_equal(xt_file_writer_write(&writer, "new text", 8, &err), XT_OK);
    fflush(writer.stream);
    must_hold("old");
    assert_int_equal(xt_file_writer_commit(&writer, &err), XT_OK);
    must_hold("new text");
    xt_file_writer_abandon(&writer); /* nothing to do */
    must_hold("new text");
}

static void abandoning_leaves_nothing(void **state) {
    (void)state;
    xt_file_writer writer, none = {0};
    assert_int_equal(xt_file_writer_open(&writer, path, &err), XT_OK);
    assert_int_equal(xt_file_writer_write(&writer, "x", 1, &err), XT_OK);
    assert_int_equal(entries(), 1);
    xt_file_writer_abandon(&writer);
    xt_file_writer_abandon(&none);
    assert_int_equal(entries(), 0);
}

static void unwritable_places_are_named(void **state) {
    (void)state;
    char missing[128];
    snprintf(missing, sizeof missing, "%s/none/x", folder);
    const char *places[] = {missing, "/proc/x", folder};
    for (int i = 0; i < 3; i++) {
        memset(&err, 0, sizeof err);
        assert_int_equal(xt_file_write(places[i], "x", 1, &err), XT_IO);
        assert_non_null(strstr(err.text, places[i]));
    }
    assert_int_equal(entries(), 0);
}

/* A limit on the size of files stands for a full disk: the write fails half way. */
static void a_full_disk_is_an_error_and_leaves_the_old_file(void **state) {
    (void)state;
    assert_int_equal(xt_file_write(path, "old", 3, &err), XT_OK);
    struct rlimit before, small;
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 100000;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    char *bytes = calloc(1, 300000);
    xt_status large = xt_file_write(path, bytes, 300000, &err);
    xt_error small_err = {0}; /* fits the buffer, fails at the flush of the commit */
    small.rlim_cur = 10;
    setrlimit(RLIMIT_FSIZE, &small);
    xt_status buffered = xt_file_write(path, bytes, 100, &small_err);
    setrlimit(RLIMIT_FSIZE, &before);
    free(bytes);
    assert_int_equal(large, XT_IO);
    assert_int_equal(buffered, XT_IO);
    assert_non_null(strstr(small_err.text, "File too large"));
    must_hold("old");
    assert_int_equal(entries(), 1);
}

static void folders_are_made_with_their_parents(void **state) {
    (void)state;
    char deep[200];
    snprintf(deep, sizeof deep, "%s/a/b//c/", folder);
    assert_int_equal(xt_make_folders(deep, &err), XT_OK);
    assert_int_equal(xt_make_folders(deep, &err), XT_OK);
    assert_true(xt_path_is_folder(deep));
    for (int i = 0; i < 3; i++) {
        snprintf(deep, sizeof deep, "%s/%s", folder, i == 0 ? "a/b/c" : i == 1 ? "a/b" : "a");
        assert_int_equal(rmdir(deep), 0);
    }
    assert_int_equal(xt_file_write(path, "x", 1, &err), XT_OK);
    snprintf(deep, sizeof deep, "%s/below", path);
    assert_int_equal(xt_make_folders(deep, &err), XT_IO);
    assert_non_null(strstr(err.text, "Not a directory"));
    memset(&err, 0, sizeof err);
    assert_int_equal(xt_make_folders("", &err), XT_IO);
}

static void paths(void **state) {
    (void)state;
    const char *joins[][3] = {{"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"", "b", "b"},
                              {".", "b", "b"},   {"a", "/b", "/b"},  {"/", "b", "/b"}};
    const char *parents[][2] = {{"a/b", "a"},  {"a", "."},    {"/a", "/"}, {"/", "/"},
                                {"a//b", "a"}, {"a/b/", "a"}, {"", "."},   {"/a/b/c", "/a/b"}};
    char *made;
    for (size_t i = 0; i < sizeof joins / sizeof *joins; i++) {
        assert_int_equal(xt_path_join(&made, joins[i][0], joins[i][1], &err), XT_OK);
        assert_string_equal(made, joins[i][2]);
        free(made);
    }
    for (size_t i = 0; i < sizeof parents / sizeof *parents; i++) {
        assert_int_equal(xt_path_folder(&made, parents[i][0], &err), XT_OK);
        assert_string_equal(made, parents[i][1]);
        free(made);
    }
    assert_string_equal(xt_path_name("a/b.c"), "b.c");
    assert_string_equal(xt_path_name("b.c"), "b.c");
    assert_true(xt_path_exists(folder));
    assert_false(xt_path_exists(path));
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(reads_what_was_written),
        WITH_FOLDER(refuses_what_is_no_readable_file),
        WITH_FOLDER(nothing_shows_before_commit),
        WITH_FOLDER(abandoning_leaves_nothing),
        WITH_FOLDER(unwritable_places_are_named),
        WITH_FOLDER(a_full_disk_is_an_error_and_leaves_the_old_file),
        WITH_FOLDER(folders_are_made_with_their_parents),
        WITH_FOLDER(paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
