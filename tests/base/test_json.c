#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <float.h>
#include <math.h>
#include "base/json.h"

static void writes_nested_and_escaped(void **state) {
    (void)state;
    xt_error err = {0};
    xt_text text = {0};
    xt_json json;
    xt_json_begin(&json, &text);
    xt_json_open_object(&json, NULL);
    xt_json_string(&json, "a\"b", "line\nquote\" back\\ tab\t bell\a \xC2\xB5 bad\xFF");
    xt_json_real(&json, "real", 0.1);
    xt_json_real(&json, "nan", NAN);
    xt_json_real(&json, "inf", -INFINITY);
    xt_json_integer(&json, "int", -9007199254740993);
    xt_json_bool(&json, "yes", true);
    xt_json_string(&json, "none", NULL);
    xt_json_open_array(&json, "list");
    xt_json_null(&json, NULL);
    xt_json_open_row(&json, NULL);
    xt_json_real(&json, NULL, 1);
    xt_json_real(&json, NULL, 2.5);
    xt_json_close(&json);
    xt_json_close(&json);
    xt_json_open_object(&json, "empty");
    xt_json_close(&json);
    xt_json_close(&json);
    assert_int_equal(xt_json_end(&json, "test", &err), XT_OK);
    assert_string_equal(
        xt_text_get(&text),
        "{\n"
        "  \"a\\\"b\": \"line\\nquote\\\" back\\\\ tab\\t bell\\u0007 \xC2\xB5 bad\xEF\xBF\xBD\",\n"
        "  \"real\": 0.1,\n"
        "  \"nan\": null,\n"
        "  \"inf\": null,\n"
        "  \"int\": -9007199254740993,\n"
        "  \"yes\": true,\n"
        "  \"none\": null,\n"
        "  \"list\": [\n"
        "    null,\n"
        "    [1, 2.5]\n"
        "  ],\n"
        "  \"empty\": {}\n"
        "}\n");
    xt_text_free(&text);
}

static void misuse_is_told(void **state) {
    (void)state;
    for (int mistake = 0; mistake < 6; mistake++) {
        xt_error err = {0};
        xt_text text = {0};
        xt_json json;
        xt_json_begin(&json, &text);
        if (mistake != 5) xt_json_open_object(&json, NULL);
        if (mistake == 0) xt_json_null(&json, NULL);      /* no key */
        if (mistake == 1) xt_json_open_array(&json, "x"); /* left open */
        if (mistake == 2) xt_json_close(&json);           /* closed twice */
        if (mistake == 3)
            for (int i = 0; i < 200; i++) xt_json_open_object(&json, "deeper"); /* too deep */
        if (mistake == 3)
            for (int i = 0; i < 200; i++) xt_json_close(&json);
        if (mistake != 5) xt_json_close(&json);
        if (mistake == 4) xt_json_null(&json, NULL); /* a second document */
        assert_int_equal(xt_json_end(&json, "test", &err), XT_INTERNAL);
        xt_text_free(&text);
    }
}

static void reals_read_back_as_the_same_bits(void **state) {
    (void)state;
    char buffer[32];
    assert_string_equal(xt_real_text(0.1, buffer), "0.1");
    assert_string_equal(xt_real_text(1e22, buffer), "1e+22");
    assert_string_equal(xt_real_text(-0.0, buffer), "-0");
    double values[] = {DBL_MIN, DBL_MAX, DBL_TRUE_MIN, 1 / 3.0, 2e-9, 123456789.123456789, 3.141592653589793};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        assert_true(strtod(xt_real_text(values[i], buffer), NULL) == values[i]);
    uint64_t bits = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        bits ^= bits << 13, bits ^= bits >> 7, bits ^= bits << 17;
        double value;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value)) assert_true(strtod(xt_real_text(value, buffer), NULL) == value);
    }
}

static const xt_json_value *parse(xt_json_tree **tree, const char *text) {
    xt_error err = {0};
    if (xt_json_parse(tree, "t.json", text, strlen(text), &err) != XT_OK) fail_msg("%s", err.text);
    return xt_json_root(*tree);
}

static void reads_every_kind(void **state) {
    (void)state;
    xt_json_tree *tree;
    const xt_json_value *root =
        parse(&tree, " {\"a\" : [1, -2.5e3, \"x\\u00b5\\ud83e\\uddb4\\/\\n\"], \"b\":{\"c\":true,"
                     "\"d\":false,\"e\":null}, \"f\":[], \"g\":{}} \n");
    assert_int_equal(root->kind, XT_JSON_OBJECT);
    assert_int_equal(root->count, 4);
    const xt_json_value *a = xt_json_get(root, "a");
    assert_int_equal(a->count, 3);
    assert_true(xt_json_at(a, 1)->number == -2500);
    assert_string_equal(xt_json_at(a, 1)->text, "-2.5e3");
    assert_string_equal(xt_json_at(a, 2)->text, "x\xC2\xB5\xF0\x9F\xA6\xB4/\n");
    assert_null(xt_json_at(a, 3));
    assert_null(xt_json_at(a, -1));
    const xt_json_value *b = xt_json_get(root, "b");
    assert_true(xt_json_get(b, "c")->truth);
    assert_false(xt_json_get(b, "d")->truth);
    assert_int_equal(xt_json_get(b, "e")->kind, XT_JSON_NULL);
    assert_null(xt_json_get(xt_json_get(b, "nothing"), "there"));
    assert_int_equal(xt_json_get(root, "g")->count, 0);
    xt_json_free(tree);
    xt_json_free(NULL);
}

static void refuses_what_is_not_json(void **state) {
    (void)state;
    const char *wrong[] = {"",
                           " ",
                           "{",
                           "[1,]",
                           "{\"a\":1,}",
                           "[1 2]",
                           "01",
                           "+1",
                           ".5",
                           "1.",
                           "1e",
                           "nan",
                           "Infinity",
                           "tru",
                           "'a'",
                           "\"a",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\u0000\"",
                           "\"\\ud800\"",
                           "\"\\ud800\\u0041\"",
                           "\"\n\"",
                           "\"\xFF\"",
                           "[1]x",
                           "{a:1}",
                           "{\"a\" 1}",
                           "{\"a\":1,\"a\":2}",
                           "1e999",
                           "// c\n1",
                           "[1,,2]",
                           "{,}",
                           "\"\\",
                           "\"\\u",
                           "-",
                           "{\"a\":1 \"b\":2}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        xt_error err = {0};
        xt_json_tree *tree;
        if (xt_json_parse(&tree, "t.json", wrong[i], strlen(wrong[i]), &err) != XT_USAGE)
            fail_msg("%s passes", wrong[i]);
        assert_null(tree);
        assert_int_equal(strncmp(err.text, "t.json:", 7), 0);
    }
}

static void deep_nesting_is_no_bomb(void **state) {
    (void)state;
    enum { N = 1000000 };
    char *text = malloc(N);
    memset(text, '[', N);
    xt_error err = {0};
    xt_json_tree *tree;
    assert_int_equal(xt_json_parse(&tree, "t", text, N, &err), XT_USAGE);
    assert_non_null(strstr(err.text, "nested too deeply"));
    free(text);
}

static void errors_say_where(void **state) {
    (void)state;
    xt_error err = {0};
    xt_json_tree *tree;
    const char *text = "{\n  \"\xC2\xB5\": x\n}";
    assert_int_equal(xt_json_parse(&tree, "t", text, strlen(text), &err), XT_USAGE);
    assert_int_equal(strncmp(err.text, "t:2:8: error: ", 14), 0);
}

static void damaged_text_never_crashes(void **state) {
    (void)state;
    const char *good =
        "{\"a\": [1, -2.5e3, \"x\\u00b5\\ud83e\\uddb4\"], \"b\": {\"c\": true, \"d\": [[{}, null]]}}";
    size_t n = strlen(good);
    char text[200];
    uint32_t random = 12345;
    int refused = 0;
    for (int i = 0; i < 20000; i++) {
        memcpy(text, good, n + 1);
        for (int flips = 1 + i % 3; flips > 0; flips--) {
            random = random * 1664525u + 1013904223u;
            text[(random >> 8) % n] ^= (char)(1 << (random >> 29));
        }
        xt_error err = {0};
        xt_json_tree *tree;
        size_t size = i % 5 ? n : (random >> 10) % n;
        refused += xt_json_parse(&tree, "t", text, size, &err) != XT_OK;
        xt_json_free(tree);
    }
    assert_true(refused > 10000 && refused < 20000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_nested_and_escaped),
        cmocka_unit_test(misuse_is_told),
        cmocka_unit_test(reals_read_back_as_the_same_bits),
        cmocka_unit_test(reads_every_kind),
        cmocka_unit_test(refuses_what_is_not_json),
        cmocka_unit_test(deep_nesting_is_no_bomb),
        cmocka_unit_test(errors_say_where),
        cmocka_unit_test(damaged_text_never_crashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
