/* run.json is always JSON: a record that is not leaves the file that was there. */
#include "observe/testing.h"

#include "observe/runrecord.h"

static void a_record_is_written_and_a_broken_one_is_not(void **state) {
    (void)state;
    xt_error err = {0};
    xt_text text = {0};
    const char *path = in_folder("run.json");
    xt_text_add(&text, "{\"status\": \"done\"}\n");
    must(xt_run_record_write(path, &text, &err), &err);
    xt_text broken = {0};
    xt_text_add(&broken, "{\"status\": nan}");
    assert_int_equal(xt_run_record_write(path, &broken, &err), XT_INTERNAL);
    size_t size;
    char *read = slurp(path, &size);
    assert_string_equal(read, "{\"status\": \"done\"}\n");
    assert_int_equal(entries(test_folder), 1);
    free(read);
    xt_text_free(&broken);
    err = (xt_error){0};
    assert_int_equal(xt_run_record_write(in_folder("none/run.json"), &text, &err), XT_IO);
    xt_text_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_record_is_written_and_a_broken_one_is_not)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
