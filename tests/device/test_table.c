/* The list of devices for people and for programs. */
#include "device/every_device.h"
#include "device/table.h"

static void make(xt_device_info *list) {
    memset(list, 0, 2 * sizeof *list);
    list[0] = (xt_device_info){.type = CL_DEVICE_TYPE_GPU,
                               .compute_units = 132,
                               .clock_mhz = 1980,
                               .memory_bytes = 140ull << 30,
                               .max_alloc_bytes = 35ull << 30,
                               .local_bytes = 49152,
                               .max_work_group = 1024,
                               .fp64 = true,
                               .available = true,
                               .compiler = true,
                               .little_endian = true,
                               .atomics = true,
                               .copy_bytes_per_s = 3.84e12,
                               .platform_index = 1};
    strcpy(list[0].name, "codename");
    strcpy(list[0].board, "Big \"Board\"");
    strcpy(list[0].version, "OpenCL 3.0 CUDA");
    list[1] = list[0];
    list[1].compiler = false;
    list[1].copy_bytes_per_s = 0;
    list[1].board[0] = '\0';
    list[1].device_index = 1;
}

static void table_shows_figures_and_why_a_device_is_out(void **state) {
    (void)state;
    xt_device_info list[2];
    xt_text text = {0};
    make(list);
    xt_device_table(&text, list, 2);
    const char *got = xt_text_get(&text);
    assert_non_null(strstr(got, "3840.0"));
    assert_non_null(strstr(got, "Big \"Board\" (codename)"));
    assert_non_null(strstr(got, "1:1"));
    assert_non_null(strstr(got, "140.0"));
    assert_non_null(strstr(got, "cannot run Crosstalk: its runtime has no OpenCL C compiler"));
    int lines = 0;
    for (const char *at = got; *at; at++) lines += *at == '\n';
    assert_int_equal(lines, 4); /* header, two devices, one reason */
    xt_text_free(&text);
}

static void json_reads_back(void **state) {
    (void)state;
    xt_device_info list[2];
    xt_text text = {0};
    xt_json json;
    xt_json_tree *tree;
    xt_error err = {XT_OK, ""};
    make(list);
    xt_json_begin(&json, &text);
    xt_json_open_object(&json, NULL);
    xt_device_list_json(&json, "devices", list, 2);
    xt_json_close(&json);
    OK(xt_json_end(&json, "devices", &err));
    OK(xt_json_parse(&tree, "devices.json", xt_text_get(&text), text.size, &err));
    const xt_json_value *devices = xt_json_get(xt_json_root(tree), "devices");
    assert_int_equal(devices->count, 2);
    const xt_json_value *first = xt_json_at(devices, 0), *second = xt_json_at(devices, 1);
    assert_string_equal(xt_json_get(first, "index")->text, "1:0");
    assert_string_equal(xt_json_get(first, "board")->text, "Big \"Board\"");
    assert_string_equal(xt_json_get(first, "type")->text, "GPU");
    assert_true(xt_json_get(first, "memory_bytes")->number == 150323855360.0);
    assert_true(xt_json_get(first, "copy_bytes_per_s")->number == 3.84e12);
    assert_true(xt_json_get(first, "usable")->truth);
    assert_null(xt_json_get(first, "why_not"));
    assert_int_equal(xt_json_get(second, "copy_bytes_per_s")->kind, XT_JSON_NULL);
    assert_int_equal(xt_json_get(second, "board")->kind, XT_JSON_NULL);
    assert_false(xt_json_get(second, "usable")->truth);
    assert_non_null(strstr(xt_json_get(second, "why_not")->text, "compiler"));
    xt_json_free(tree);
    xt_text_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_shows_figures_and_why_a_device_is_out),
        cmocka_unit_test(json_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
