#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <math.h>
#include "scene/sample.h"

static void everything_has_its_place(void **state) {
    (void)state;
    assert_int_equal(root->kind, XT_MAP);
    assert_int_equal(root->count, 7);
    const xt_node *spacing = at("geometry.spacing");
    assert_string_equal(spacing->text, "0.5 mm");
    assert_int_equal(spacing->line, 4);
    assert_int_equal(spacing->col, 12);
    assert_int_equal(spacing->key_col, 3);
    const xt_node *layer = at("geometry.phantom.layers.1");
    assert_string_equal(layer->text, "muscle");
    assert_int_equal(layer->line, 6);
    assert_int_equal(layer->col, 41);
    assert_false(layer->quoted);
    assert_true(at("subject.note")->quoted);
    assert_string_equal(at("subject.note")->text, "n\xC2\xB5ll: 'quoted'");
    assert_string_equal(at("events.1.text")->text, "two\nlines\n");
    char path[50];
    assert_string_equal(xt_node_path(layer, path, sizeof path), "geometry.phantom.layers.1");
    assert_string_equal(xt_node_path(root, path, sizeof path), "the top level");
    assert_string_equal(xt_node_path(layer, path, 12), "geometry.ph");
}

static void lookups_of_what_is_not_there(void **state) {
    (void)state;
    assert_null(xt_node_get(root, "nothing"));
    assert_null(xt_node_get(xt_node_get(root, "nothing"), "x"));
    assert_null(xt_node_get(at("events"), "at"));
    assert_null(xt_node_at(at("events"), 2));
    assert_null(xt_node_at(at("events"), -1));
    assert_null(xt_node_at(root, 0));
    assert_true(xt_node_is_null(at("drugs")));
    assert_true(xt_node_is_null(at("events.0.set")));
    assert_int_equal(xt_node_map(at("drugs"), &err), XT_OK); /* nothing is the empty map */
    assert_null(xt_node_get(at("drugs"), "x"));
}

static void conversions(void **state) {
    (void)state;
    double value, sizes[3];
    long long integer;
    bool truth;
    int index;
    const char *text;
    assert_int_equal(xt_node_quantity(&value, at("geometry.spacing"), "m", &err), XT_OK);
    assert_true(value == 0.5);
    assert_int_equal(xt_node_quantities(sizes, 3, at("geometry.size"), "mm", &err), XT_OK);
    assert_true(sizes[0] == 10 && sizes[1] == 20 && fabs(sizes[2] - 30) < 1e-12);
    assert_int_equal(xt_node_integer(&integer, at("count"), 0, 12, &err), XT_OK);
    assert_int_equal(integer, 12);
    assert_int_equal(xt_node_real(&value, at("tolerance"), &err), XT_OK);
    assert_true(value == 1e-6);
    assert_int_equal(xt_node_bool(&truth, at("subject.trained"), &err), XT_OK);
    assert_true(truth);
    const char *sexes[] = {"male", "female"};
    assert_int_equal(xt_node_choice(&index, at("subject.sex"), sexes, 2, &err), XT_OK);
    assert_int_equal(index, 1);
    assert_int_equal(xt_node_text(&text, at("subject.sex"), &err), XT_OK);
    assert_string_equal(text, "female");
    xt_dim dim;
    assert_int_equal(xt_node_any_quantity(&value, &dim, at("subject.age"), &err), XT_OK);
    assert_true(value == 25 * 8766);
    assert_int_equal(xt_node_list(at("events"), 2, 2, &err), XT_OK);
}

static void conversions_that_fail_say_where_and_what(void **state) {
    (void)state;
    double value;
    long long integer;
    bool truth;
    int index;
    const char *text;
    xt_dim dim;
    must_fail(xt_node_quantity(&value, at("geometry.spacing"), "s", &err),
              "s.yaml:4:12: error: expected a duration such as '45 min', found '0.5 mm'\n"
              "    spacing: 0.5 mm   # trailing\n"
              "             ^");
    must_fail(xt_node_quantity(&value, at("count"), "mm", &err),
              "s.yaml:19:8: error: expected a length such as '0.5 mm', found '12' without a unit");
    must_fail(xt_node_quantity(&value, at("subject.sex"), "pM", &err),
              "s.yaml:9:8: error: expected a concentration such as '290 pM', found 'female': 'female' does "
              "not start");
    must_fail(xt_node_quantity(&value, at("events"), "mm", &err),
              "s.yaml:14:3: error: expected a length such as '0.5 mm', found a list");
    must_fail(xt_node_quantity(&value, at("drugs"), "g m/s", &err),
              "s.yaml:12:7: error: expected a quantity such as '1.5 g m/s', found nothing");
    must_fail(xt_node_any_quantity(&value, &dim, root, &err),
              "s.yaml:2:1: error: expected a number with its unit");
    must_fail(xt_node_integer(&integer, at("tolerance"), 0, 9, &err),
              "s.yaml:20:12: error: expected a whole number, found '1e-6'");
    must_fail(xt_node_integer(&integer, at("count"), 0, 9, &err),
              "s.yaml:19:8: error: expected a whole number from 0 to 9, found '12'");
    must_fail(xt_node_real(&value, at("geometry.spacing"), &err),
              "s.yaml:4:12: error: expected a plain number");
    must_fail(xt_node_bool(&truth, at("subject.sex"), &err),
              "s.yaml:9:8: error: expected true or false, found 'female'");
    const char *words[] = {"slab", "sphere", "thigh"};
    must_fail(
        xt_node_choice(&index, at("geometry.phantom.kind"), words, 3, &err),
        "s.yaml:6:19: error: expected 'slab', 'sphere' or 'thigh', found 'slabs'; did you mean 'slab'?");
    must_fail(xt_node_text(&text, at("events"), &err), "s.yaml:14:3: error: expected a text, found a list");
    must_fail(xt_node_list(at("geometry.size"), 2, 2, &err),
              "s.yaml:5:9: error: expected a list of 2, found 3");
    must_fail(xt_node_list(at("geometry.size"), 4, -1, &err),
              "s.yaml:5:9: error: expected a list of at least 4, found 3");
    must_fail(xt_node_map(at("geometry.size"), &err),
              "s.yaml:5:9: error: expected a map of keys and values, found a list");
}

static void keys_are_checked(void **state) {
    (void)state;
    const char *allowed[] = {"size", "spaceing", "phantom"};
    const xt_node *value;
    must_fail(xt_node_only_keys(at("geometry"), allowed, 3, &err),
              "s.yaml:4:3: error: unknown key 'spacing'; did you mean 'spaceing'?");
    must_fail(xt_node_only_keys(at("subject"), allowed, 3, &err),
              "s.yaml:8:3: error: unknown key 'age' in subject; expected one of size, spaceing, phantom");
    must_fail(xt_node_require(&value, at("subject"), "height", &err),
              "s.yaml:7:1: error: the key 'height' is missing in subject");
    must_fail(xt_node_require(&value, root, "model", &err),
              "s.yaml:2:1: error: the key 'model' is missing in the top level");
    assert_int_equal(xt_node_only_keys(at("drugs"), NULL, 0, &err), XT_OK);
    assert_int_equal(xt_node_require(&value, root, "count", &err), XT_OK);
    assert_string_equal(value->text, "12");
}

static int fresh(void **state) {
    (void)state;
    memset(&err, 0, sizeof err);
    return 0;
}

static void what_is_refused(void **state) {
    (void)state;
    const struct {
        const char *text, *message;
    } wrong[] = {
        {"a: 1\na: 2\n", "f:2:1: error: the key 'a' is there already, in line 1"},
        {"{x: 1, y: 2, x: 3}", "f:1:14: error: the key 'x' is there already"},
        {"a:\n\tb: 1", "f:2:1: error: a tab"},
        {"a: &x 1", "f:1:4: error: anchors"},
        {"a: *x", "f:1:4: error: aliases"},
        {"a: !!int 3", "f:1:4: error: tags"},
        {"a: !x {}", "f:1:4: error: tags"},
        {"&k a: 1", "f:1:1: error: anchors"},
        {"%YAML 1.1\n---\na: 1", "f:1:1: error: directives"},
        {"%TAG ! x\n---\na: 1", "f:1:1: error: directives"},
        {"a: 1\n---\nb: 2", "f:2:1: error: a second document"},
        {"a: 1\n...\nb: 2", "f:3:1: error: "},
        {"a: \"\\0\"", "f:1:4: error: a text may not hold \\0"},
        {"a: \xFF", "f:1:4: error: this is not UTF-8"},
        {"a: \x01", "f:1:4: error: a control character"},
        {"a: \xC2\x85", "f:1:4: error: a control character"},
        {"\xC2\xB5: \xE2\x80\xA8", "f:1:4: error: a control character"},
        {"\xFF\xFE\x61\x00", "f:1:1: error: this is not UTF-8"},
        {"? [1]\n: 2", "f:1:3: error: a key must be a plain word"},
        {"{{a: 1}: 2}", "f:1:2: error: a key must be a plain word"},
        {"{'': 2}", "f:1:2: error: a key is missing"},
        {"a: [1, 2\n\n", "f:1:9: error: did not find expected ',' or ']'"},
        {"a: b: c", "f:1:5: error: mapping values are not allowed"},
        {"a: 'x", "f:1:6: error: found unexpected end of stream"},
        {"a: 1\n b: 2", "f:2:3: error: mapping values"},
        {"- 1\nb: 2", "f:2:1: error: "},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        xt_tree *none;
        size_t size = wrong[i].text[0] == '\xFF' ? 4 : strlen(wrong[i].text);
        must_fail(xt_yaml_parse(&none, "f", wrong[i].text, size, &err), wrong[i].message);
        assert_null(none);
    }
    xt_tree *none;
    must_fail(xt_yaml_parse(&none, "f", "a: b\0c", 6, &err), "f:1:5: error: a control character");
}

static xt_status parse_nested(const char *open, const char *middle, const char *close, int depth) {
    xt_text text = {0};
    for (int i = 0; i < depth; i++) xt_text_add(&text, open);
    xt_text_add(&text, middle);
    for (int i = 0; i < depth; i++) xt_text_add(&text, close);
    xt_tree *made;
    xt_status status = xt_yaml_parse(&made, "f", xt_text_get(&text), text.size, &err);
    xt_tree_free(made);
    xt_text_free(&text);
    return status;
}

static void depth_is_limited_to_64(void **state) {
    (void)state;
    assert_int_equal(parse_nested("[", "1", "]", 64), XT_OK);
    must_fail(parse_nested("[", "1", "]", 65), "f:1:65: error: nested more than 64");
    must_fail(parse_nested("{a: ", "1", "}", 100000), "f:1:257: error: nested more than 64");
    must_fail(parse_nested("- ", "1", "", 1000), "f:1:129: error: nested more than 64");
}

static void size_is_limited(void **state) {
    (void)state;
    enum { SIZE = XT_YAML_LIMIT + 1 };
    char *text = malloc(SIZE);
    memset(text, ' ', SIZE);
    xt_tree *made;
    must_fail(xt_yaml_parse(&made, "f", text, SIZE, &err), "f: error: larger than 16 MiB");
    text[0] = '[';
    for (int i = 1; i < SIZE - 1; i += 2) memcpy(text + i, "1,", 2);
    must_fail(xt_yaml_parse(&made, "f", text, SIZE / 4, &err), "f:1:");
    free(text);
}

static void many_keys_are_checked_in_time(void **state) {
    (void)state;
    xt_text text = {0};
    for (int i = 0; i < 100000; i++) xt_text_printf(&text, "k%d: 1\n", i);
    xt_tree *made;
    assert_int_equal(xt_yaml_parse(&made, "f", xt_text_get(&text), text.size, &err), XT_OK);
    assert_int_equal(xt_tree_root(made)->count, 100000);
    xt_tree_free(made);
    xt_text_add(&text, "k77: 1\n");
    must_fail(xt_yaml_parse(&made, "f", xt_text_get(&text), text.size, &err),
              "f:100001:1: error: the key 'k77' is there already, in line 78");
    xt_text_free(&text);
}

static void empty_documents_are_null(void **state) {
    (void)state;
    const char *empty[] = {"", "\n\n", "# only a comment\n", "---\n", "\xEF\xBB\xBF", "~"};
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        xt_tree *made;
        assert_int_equal(xt_yaml_parse(&made, "f", empty[i], strlen(empty[i]), &err), XT_OK);
        assert_true(xt_node_is_null(xt_tree_root(made)));
        const xt_node *value;
        assert_int_equal(xt_node_require(&value, xt_tree_root(made), "format", &err), XT_USAGE);
        assert_non_null(strstr(err.text, "the key 'format' is missing in the top level"));
        memset(&err, 0, sizeof err);
        xt_tree_free(made);
    }
}

static void files(void **state) {
    (void)state;
    xt_tree *made;
    assert_int_equal(xt_yaml_load(&made, "/proc/none.yaml", &err), XT_IO);
    memset(&err, 0, sizeof err);
    assert_int_equal(xt_yaml_load(&made, "tests", &err), XT_IO);
    memset(&err, 0, sizeof err);
    assert_int_equal(xt_yaml_load(&made, ".clang-format", &err), XT_USAGE); /* two documents */
}

static void same(const xt_node *a, const xt_node *b) {
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->count, b->count);
    if (a->kind == XT_SCALAR) assert_int_equal(xt_node_is_null(a), xt_node_is_null(b));
    if (a->kind == XT_SCALAR && !xt_node_is_null(a)) assert_string_equal(a->text, b->text);
    for (a = a->first, b = b->first; a; a = a->next, b = b->next) {
        if (a->key) assert_string_equal(a->key, b->key);
        same(a, b);
    }
}

static void json_reads_back_as_the_same_tree(void **state) {
    (void)state;
    const char *tricky[] = {"t0=.5",  "t1=\"12\"", "t2=\"null\"",          "t3='true'",
                            "t4=007", "t5=1_000",  "t6=\"a\\nb\\t\\x07\"", "t7=[]",
                            "t8={}"};
    for (size_t i = 0; i < sizeof tricky / sizeof *tricky; i++)
        assert_int_equal(xt_tree_set(tree, tricky[i], &err), XT_OK);
    xt_text text = {0};
    dump(&text, tree);
    xt_tree *again;
    if (xt_yaml_parse(&again, "f", xt_text_get(&text), text.size, &err) != XT_OK) fail_msg("%s", err.text);
    same(xt_tree_root(tree), xt_tree_root(again));
    xt_json_tree *json;
    assert_int_equal(xt_json_parse(&json, "f", xt_text_get(&text), text.size, &err), XT_OK);
    assert_int_equal(xt_json_get(xt_json_root(json), "count")->kind, XT_JSON_NUMBER);
    assert_int_equal(xt_json_get(xt_json_root(json), "t1")->kind, XT_JSON_STRING);
    xt_json_free(json);
    xt_tree_free(again);
    xt_text_free(&text);
}

static void damaged_documents_never_crash(void **state) {
    (void)state;
    size_t n = strlen(sample);
    char *text = malloc(n + 1);
    uint32_t random = 2463534242u;
    int refused = 0;
    enum { ROUNDS = 6000 };
    for (int i = 0; i < ROUNDS; i++) {
        memcpy(text, sample, n + 1);
        for (int flips = 1 + i % 3; flips > 0; flips--) {
            random = random * 1664525u + 1013904223u;
            size_t place = (random >> 8) % n;
            if (i % 2)
                text[place] ^= (char)(1 << (random >> 29));
            else
                text[place] = ":{}[],-&*!|>'\"%@#?\n "[(random >> 24) % 20];
        }
        xt_tree *made;
        size_t size = i % 7 ? n : (random >> 9) % n;
        memset(&err, 0, sizeof err);
        if (xt_yaml_parse(&made, "f", text, size, &err) == XT_OK) {
            touch(xt_tree_root(made));
            xt_tree_free(made);
        } else {
            refused++;
            assert_int_equal(err.status, XT_USAGE);
            assert_int_equal(strncmp(err.text, "f:", 2), 0);
        }
    }
    free(text);
    assert_true(refused > ROUNDS / 10 && refused < ROUNDS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_SAMPLE(everything_has_its_place),
        WITH_SAMPLE(lookups_of_what_is_not_there),
        WITH_SAMPLE(conversions),
        WITH_SAMPLE(conversions_that_fail_say_where_and_what),
        WITH_SAMPLE(keys_are_checked),
        WITH_SAMPLE(json_reads_back_as_the_same_tree),
        cmocka_unit_test_setup(what_is_refused, fresh),
        cmocka_unit_test_setup(depth_is_limited_to_64, fresh),
        cmocka_unit_test_setup(size_is_limited, fresh),
        cmocka_unit_test_setup(many_keys_are_checked_in_time, fresh),
        cmocka_unit_test_setup(empty_documents_are_null, fresh),
        cmocka_unit_test_setup(files, fresh),
        cmocka_unit_test_setup(damaged_documents_never_crash, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
