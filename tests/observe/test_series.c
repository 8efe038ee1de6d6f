/* series.csv: whole rows only, whatever happens; resuming cuts off what came after the checkpoint. */
#include "observe/testing.h"

#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include "observe/series.h"

static const char *const columns[] = {"time [d]", "muscle_mass [1]", "odd, \"name\""};
static const char header[] = "time [d],muscle_mass [1],\"odd, \"\"name\"\"\"\n";

static void expect(const char *path, const char *rows) {
    size_t size;
    char *text = slurp(path, &size);
    char whole[1000];
    snprintf(whole, sizeof whole, "%s%s", header, rows);
    assert_string_equal(text, whole);
    free(text);
}

static void rows_are_visible_as_they_are_written(void **state) {
    (void)state;
    xt_error err = {0};
    xt_series *s;
    const char *path = in_folder("a.csv");
    must(xt_series_create(&s, path, columns, 3, &err), &err);
    expect(path, "");
    must(xt_series_row(s, (double[]){0, 1.0 / 3, -1e-300}, &err), &err);
    expect(path, "0,0.333333333,-1e-300\n");
    must(xt_series_row(s, (double[]){7, NAN, INFINITY}, &err), &err);
    expect(path, "0,0.333333333,-1e-300\n7,nan,inf\n");
    assert_int_equal(xt_series_rows(s), 2);
    must(xt_series_sync(s, &err), &err);
    xt_series_close(s);
}

static void reopening_cuts_at_the_checkpoint(void **state) {
    (void)state;
    xt_error err = {0};
    xt_series *s;
    char path[600];
    snprintf(path, sizeof path, "%s", in_folder("b.csv"));
    must(xt_series_create(&s, path, columns, 3, &err), &err);
    for (int i = 0; i < 5; i++) must(xt_series_row(s, (double[]){i, i, i}, &err), &err);
    xt_series_close(s);
    FILE *f = fopen(path, "a"); /* as by a machine that lost power */
    fputs("5,5", f);
    fclose(f);
    must(xt_series_reopen(&s, path, columns, 3, 5, &err), &err);
    expect(path, "0,0,0\n1,1,1\n2,2,2\n3,3,3\n4,4,4\n");
    xt_series_close(s);
    must(xt_series_reopen(&s, path, columns, 3, 2, &err), &err);
    assert_int_equal(xt_series_rows(s), 2);
    must(xt_series_row(s, (double[]){2, 9, 9}, &err), &err);
    xt_series_close(s);
    expect(path, "0,0,0\n1,1,1\n2,9,9\n");
    assert_int_equal(xt_series_reopen(&s, path, columns, 3, 4, &err), XT_IO);
    assert_null(s);
    assert_non_null(strstr(err.text, "has 3 rows"));
    err = (xt_error){0};
    assert_int_equal(xt_series_reopen(&s, path, columns, 2, 1, &err), XT_IO);
    assert_non_null(strstr(err.text, "columns"));
    expect(path, "0,0,0\n1,1,1\n2,9,9\n"); /* a refusal changes nothing */
    err = (xt_error){0};
    assert_int_equal(xt_series_reopen(&s, in_folder("absent.csv"), columns, 3, 0, &err), XT_IO);
}

static void a_row_that_does_not_fit_is_taken_back(void **state) {
    (void)state;
    xt_error err = {0};
    xt_series *s;
    char path[600];
    snprintf(path, sizeof path, "%s", in_folder("c.csv"));
    struct rlimit before, tight;
    getrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_IGN);
    must(xt_series_create(&s, path, columns, 3, &err), &err);
    must(xt_series_row(s, (double[]){0, 0, 0}, &err), &err);
    tight = before;
    tight.rlim_cur = sizeof header - 1 + 6 + 4; /* room for four bytes of the next row */
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    const xt_status status = xt_series_row(s, (double[]){1, 1, 1}, &err);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(status, XT_IO);
    assert_int_equal(xt_series_rows(s), 1);
    expect(path, "0,0,0\n");
    err = (xt_error){0};
    must(xt_series_row(s, (double[]){1, 2, 3}, &err), &err); /* there is room again */
    expect(path, "0,0,0\n1,2,3\n");
    xt_series_close(s);
}

static void a_line_break_in_a_name_is_refused(void **state) {
    (void)state;
    xt_error err = {0};
    xt_series *s;
    const char *const bad[] = {"time\n"};
    assert_int_equal(xt_series_create(&s, in_folder("d.csv"), bad, 1, &err), XT_INTERNAL);
    assert_null(s);
    assert_int_equal(access(in_folder("d.csv"), F_OK), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_visible_as_they_are_written),
        cmocka_unit_test(reopening_cuts_at_the_checkpoint),
        cmocka_unit_test(a_row_that_does_not_fit_is_taken_back),
        cmocka_unit_test(a_line_break_in_a_name_is_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
