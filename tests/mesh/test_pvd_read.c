/* Collections: in order of time, below their folder, and damaged ones are refused. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "mesh/pvd_read.h"
#include "mesh/vti.h"

static char folder[] = "/tmp/crosstalk-pvdread-XXXXXX";
static char path[4096];

static void what_we_write_reads_back_in_order(void **state) {
    (void)state;
    xt_error err = {0};
    const char *const file[] = {"volumes/b & \"c\".vti", "volumes/a.vti", "volumes/new.vti", "volumes/d.vti"};
    const double time[] = {7.25, 0, 7.25, 1.0 / 3};
    assert_int_equal(xt_pvd_write(path, file, time, 4, &err), XT_OK);
    xt_pvd_list list;
    assert_int_equal(xt_pvd_read(&list, path, &err), XT_OK);
    assert_int_equal(list.count, 3); /* the later one of a time counts */
    char want[4200];
    snprintf(want, sizeof want, "%s/volumes/a.vti", folder);
    assert_string_equal(list.entry[0].path, want);
    assert_true(list.entry[1].time == 1.0 / 3);
    snprintf(want, sizeof want, "%s/volumes/new.vti", folder);
    assert_string_equal(list.entry[2].path, want);
    assert_int_equal(xt_pvd_nearest(&list, -5), 0);
    assert_int_equal(xt_pvd_nearest(&list, 0.3), 1);
    assert_int_equal(xt_pvd_nearest(&list, 1e9), 2);
    xt_pvd_list_free(&list);
    assert_int_equal(xt_pvd_nearest(&list, 0), -1);
}

/* 200000 files from the last to the first, each time twice: seconds would be hours if they were put in place
 * one by one. */
static void many_in_any_order_are_sorted(void **state) {
    (void)state;
    enum { MANY = 200000 };
    xt_error err = {0};
    char *text = malloc(64 * (size_t)MANY + 200);
    assert_non_null(text);
    size_t used = (size_t)sprintf(text, "<VTKFile type=\"Collection\"><Collection>");
    for (int i = MANY; i > 0; i--)
        used += (size_t)sprintf(text + used, "<DataSet timestep=\"%d\" file=\"%d\"/>", i / 2, i);
    used += (size_t)sprintf(text + used, "</Collection></VTKFile>");
    assert_int_equal(xt_file_write(path, text, used, &err), XT_OK);
    free(text);
    xt_pvd_list list;
    assert_int_equal(xt_pvd_read(&list, path, &err), XT_OK);
    assert_int_equal(list.count, MANY / 2 + 1);
    for (int i = 0; i < list.count; i++) { /* the later one in the file is the smaller number */
        char want[4200];
        snprintf(want, sizeof want, "%s/%d", folder, i ? 2 * i : 1);
        assert_true(list.entry[i].time == i);
        assert_string_equal(list.entry[i].path, want);
    }
    xt_pvd_list_free(&list);
}

static void damaged_and_hostile_ones_are_refused(void **state) {
    (void)state;
    static const char *const bad[][2] = {
        {"", "damaged"},
        {"<a/>", "not a VTK collection"},
        {"<VTKFile type=\"Collection\"><Collection>", "damaged"},
        {"<VTKFile type=\"Collection\"><Collection><DataSet timestep=\"x\" "
         "file=\"a\"/></Collection></VTKFile>",
         "'x' is no time"},
        {"<VTKFile type=\"Collection\"><Collection><DataSet timestep=\"1\"/></Collection></VTKFile>",
         "below"},
        {"<VTKFile type=\"Collection\"><Collection><DataSet file=\"/etc/passwd\"/></Collection></VTKFile>",
         "below"},
        {"<VTKFile type=\"Collection\"><Collection><DataSet file=\"a/../../b\"/></Collection></VTKFile>",
         "below"},
        {"<VTKFile type=\"Collection\"><Collection><DataSet file=\"..\"/></Collection></VTKFile>", "below"},
        {"<!DOCTYPE a><VTKFile type=\"Collection\"/>", "document type"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        xt_error err = {0};
        xt_pvd_list list;
        assert_int_equal(xt_file_write(path, bad[i][0], strlen(bad[i][0]), &err), XT_OK);
        assert_int_equal(xt_pvd_read(&list, path, &err), XT_IO);
        if (!strstr(err.text, bad[i][1])) fail_msg("'%s' in: %s", bad[i][1], err.text);
        assert_int_equal(list.count, 0);
    }
}

static int begin_all(void **state) {
    (void)state;
    if (!mkdtemp(folder)) return 1;
    snprintf(path, sizeof path, "%s/v.pvd", folder);
    return 0;
}

static int end_all(void **state) {
    (void)state;
    unlink(path);
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_we_write_reads_back_in_order),
        cmocka_unit_test(many_in_any_order_are_sorted),
        cmocka_unit_test(damaged_and_hostile_ones_are_refused),
    };
    return cmocka_run_group_tests(tests, begin_all, end_all);
}
