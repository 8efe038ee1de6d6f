#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "scene/sample.h"

static void set_replaces_makes_and_appends(void **state) {
    (void)state;
    const char *settings[] = {
        "geometry.spacing=1 mm",          "geometry.size.1=5 cm", "events.2={at: 50 y}", "drugs.dose.per=1/d",
        "subject.settings={sessions: 3}", "new=[1, 2]",           "geometry.phantom=",   "equation=a=b"};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (xt_tree_set(tree, settings[i], &err) != XT_OK) fail_msg("%s", err.text);
    assert_string_equal(at("geometry.spacing")->text, "1 mm");
    assert_string_equal(at("geometry.size.1")->text, "5 cm");
    assert_string_equal(at("geometry.size.2")->text, "3e4 um");
    assert_int_equal(at("geometry")->count, 3);
    assert_string_equal(at("events.2.at")->text, "50 y");
    assert_string_equal(at("drugs.dose.per")->text, "1/d");
    assert_string_equal(at("subject.settings.sessions")->text, "3");
    assert_int_equal(at("new")->count, 2);
    assert_true(xt_node_is_null(at("geometry.phantom")));
    assert_string_equal(at("equation")->text, "a=b");
    assert_string_equal(xt_tree_root(tree)->last->key, "equation");
    char path[50];
    assert_string_equal(xt_node_path(at("drugs.dose.per"), path, sizeof path), "drugs.dose.per");
    double value;
    must_fail(xt_node_quantity(&value, at("drugs.dose.per"), "mm", &err),
              "--set:1:16: error: expected a length such as '0.5 mm', found '1/d'");
    const char *allowed[] = {"sessionz"};
    must_fail(xt_node_only_keys(at("subject.settings"), allowed, 1, &err),
              "--set:1:19: error: unknown key 'sessions'; did you mean 'sessionz'?");
}

static void set_on_an_empty_document(void **state) {
    (void)state;
    xt_tree *made;
    assert_int_equal(xt_yaml_parse(&made, "f", "", 0, &err), XT_OK);
    assert_int_equal(xt_tree_set(made, "a.b=1", &err), XT_OK);
    assert_string_equal(xt_node_get(xt_node_get(xt_tree_root(made), "a"), "b")->text, "1");
    xt_tree_free(made);
}

static void a_wrong_set_changes_nothing(void **state) {
    (void)state;
    xt_text before = {0}, after = {0};
    dump(&before, tree);
    must_fail(xt_tree_set(tree, "nothing", &err), "--set:1:8: error: expected key.key=value");
    must_fail(xt_tree_set(tree, "=1", &err), "--set:1:1: error: a key is missing");
    must_fail(xt_tree_set(tree, "a..b=1", &err), "--set:1:3: error: a key is missing");
    must_fail(xt_tree_set(tree, "a.=1", &err), "--set:1:3: error: a key is missing");
    must_fail(xt_tree_set(tree, "count.x=1", &err), "--set:1:7: error: 'count' is '12' and has no 'x' in it");
    must_fail(xt_tree_set(tree, "events.7=1", &err),
              "--set:1:8: error: 'events' is a list of 2: expected an index from 0 to 2, found '7'");
    must_fail(xt_tree_set(tree, "events.x=1", &err), "--set:1:8: error: 'events' is a list of 2");
    must_fail(xt_tree_set(tree, "events.99999999999999999999=1", &err),
              "--set:1:8: error: 'events' is a list of 2");
    must_fail(xt_tree_set(tree, "a={b", &err), "--set:1:5: error: did not find expected ',' or '}'");
    must_fail(xt_tree_set(tree, "\xC2\xB5=*x", &err), "--set:1:3: error: aliases");
    must_fail(xt_tree_set(tree, "a={x: 1, x: 2}", &err), "--set:1:10: error: the key 'x'");
    dump(&after, tree);
    assert_string_equal(xt_text_get(&before), xt_text_get(&after));
    xt_text_free(&before);
    xt_text_free(&after);
}

static void set_is_limited_in_depth(void **state) {
    (void)state;
    xt_text text = {0};
    for (int i = 0; i < 60; i++) xt_text_printf(&text, "%sa", i ? "." : "");
    xt_text_add(&text, "=[[[[1]]]]");
    assert_int_equal(xt_tree_set(tree, xt_text_get(&text), &err), XT_OK);
    text.data[0] = 'b';
    xt_text deeper = {0};
    xt_text_printf(&deeper, "c.%s", xt_text_get(&text));
    must_fail(xt_tree_set(tree, xt_text_get(&deeper), &err), "--set:1:");
    xt_text_clear(&text);
    for (int i = 0; i < 70; i++) xt_text_printf(&text, "%sa", i ? "." : "");
    xt_text_add(&text, "=1");
    must_fail(xt_tree_set(tree, xt_text_get(&text), &err), "--set:1:1: error: nested");
    xt_text_free(&text);
    xt_text_free(&deeper);
}

static void damaged_settings_never_crash(void **state) {
    (void)state;
    uint32_t random = 99;
    char text[24];
    for (int i = 0; i < 6000; i++) {
        size_t n = 1 + i % 20;
        for (size_t j = 0; j < n; j++) {
            random = random * 1664525u + 1013904223u;
            text[j] = "abcount.events.0=1{}[]:, \n*&\"'"[(random >> 16) % 30];
        }
        text[n] = '\0';
        memset(&err, 0, sizeof err);
        xt_tree_set(tree, text, &err);
    }
    touch(xt_tree_root(tree));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_SAMPLE(set_replaces_makes_and_appends), WITH_SAMPLE(set_on_an_empty_document),
        WITH_SAMPLE(a_wrong_set_changes_nothing),    WITH_SAMPLE(set_is_limited_in_depth),
        WITH_SAMPLE(damaged_settings_never_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
