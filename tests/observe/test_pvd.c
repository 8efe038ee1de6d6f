/* Collections: complete after every addition, and shortened to the checkpoint's time when a run goes on. */
#include "observe/testing.h"

#include "observe/pvd.h"

static int count_of(const char *text, const char *what) {
    int n = 0;
    for (; (text = strstr(text, what)); text++) n++;
    return n;
}

static void it_is_complete_after_every_addition(void **state) {
    (void)state;
    xt_error err = {0};
    xt_pvd *pvd;
    const char *path = in_folder("v.pvd");
    must(xt_pvd_create(&pvd, path, &err), &err);
    assert_int_equal(access(path, F_OK), -1);
    for (int i = 0; i < 40; i++) {
        char file[40];
        snprintf(file, sizeof file, "volumes/%04d.vti", i);
        must(xt_pvd_add(pvd, i * 7 + 0.1, file, &err), &err);
        size_t size;
        char *text = slurp(path, &size);
        assert_int_equal(count_of(text, "<DataSet "), i + 1);
        assert_non_null(strstr(text, file));
        assert_string_equal(text + size - strlen("</VTKFile>\n"), "</VTKFile>\n");
        free(text);
    }
    must(xt_pvd_add(pvd, 7.1, "again.vti", &err), &err); /* the same time: replaced */
    assert_int_equal(xt_pvd_count(pvd), 40);
    xt_pvd_free(pvd);
}

static void reopening_drops_what_is_later(void **state) {
    (void)state;
    xt_error err = {0};
    xt_pvd *pvd;
    const char *path = in_folder("w.pvd");
    must(xt_pvd_reopen(&pvd, path, 10, &err), &err); /* none yet */
    assert_int_equal(xt_pvd_count(pvd), 0);
    must(xt_pvd_add(pvd, 0, "a & \"b\" <c>.vti", &err), &err);
    must(xt_pvd_add(pvd, 1.0 / 3, "third.vti", &err), &err);
    must(xt_pvd_add(pvd, 20, "late.vti", &err), &err);
    xt_pvd_free(pvd);
    size_t size;
    char *before = slurp(path, &size);
    must(xt_pvd_reopen(&pvd, path, 20, &err), &err);
    assert_int_equal(xt_pvd_count(pvd), 3);
    must(xt_pvd_add(pvd, 20, "late.vti", &err), &err); /* rewrites the same */
    char *after = slurp(path, &size);
    assert_string_equal(after, before);
    assert_non_null(strstr(after, "a &amp; &quot;b&quot; &lt;c"));
    free(before);
    free(after);
    xt_pvd_free(pvd);
    must(xt_pvd_reopen(&pvd, path, 1.0 / 3, &err), &err);
    assert_int_equal(xt_pvd_count(pvd), 2);
    xt_pvd_free(pvd);
}

static void other_files_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"", "no XML",
                                      "<VTKFile type=\"Collection\"><DataSet timestep=\"x\" "
                                      "file=\"a\"/></VTKFile>",
                                      "<VTKFile type=\"Collection\"><DataSet timestep=\"1\"/></VTKFile>",
                                      "<VTKFile type=\"Collection\"><DataSet timestep=\"1\" file=\"a\"/>"};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        xt_error err = {0};
        xt_pvd *pvd;
        spill(in_folder("bad.pvd"), bad[k], strlen(bad[k]));
        assert_int_equal(xt_pvd_reopen(&pvd, in_folder("bad.pvd"), 10, &err), XT_IO);
        assert_null(pvd);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_complete_after_every_addition),
        cmocka_unit_test(reopening_drops_what_is_later),
        cmocka_unit_test(other_files_are_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
