#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/arena.h"
#include "base/text.h"

static void grows(void **state) {
    (void)state;
    xt_text text = {0};
    assert_string_equal(xt_text_get(&text), "");
    for (int i = 0; i < 10000; i++) xt_text_printf(&text, "%d,", i % 10);
    xt_text_add_bytes(&text, "a\0b", 3);
    assert_int_equal(text.size, 20003);
    assert_memory_equal(text.data + 19994, "7,8,9,a\0b", 10);
    xt_text_clear(&text);
    xt_text_add(&text, "x");
    assert_string_equal(xt_text_get(&text), "x");
    xt_text_free(&text);
    xt_text_free(NULL);
}

static void a_failure_sticks_until_cleared(void **state) {
    (void)state;
    xt_error err = {0};
    xt_text text = {0};
    xt_text_add(&text, "kept");
    xt_text_add_bytes(&text, "", SIZE_MAX - 2); /* no machine has that: nothing is read */
    assert_true(text.failed);
    xt_text_add(&text, "more");
    assert_string_equal(xt_text_get(&text), "kept");
    assert_int_equal(xt_text_check(&text, "a page", &err), XT_INTERNAL);
    assert_non_null(strstr(err.text, "a page"));
    xt_text_clear(&text);
    xt_text_add(&text, "more");
    assert_string_equal(xt_text_get(&text), "more");
    xt_text_free(&text);
}

static void take_gives_a_string_away(void **state) {
    (void)state;
    xt_text text = {0};
    char *empty = xt_text_take(&text);
    assert_string_equal(empty, "");
    free(empty);
    xt_text_add(&text, "abc");
    char *abc = xt_text_take(&text);
    assert_string_equal(abc, "abc");
    assert_null(text.data);
    free(abc);
}

static void utf8(void **state) {
    (void)state;
    const struct {
        const char *bytes;
        size_t size, length;
    } cases[] = {
        {"a", 1, 1},
        {"", 0, 0},
        {"\0", 1, 1},
        {"\xC2\xB5", 2, 2},
        {"\xC2\xB5", 1, 0},
        {"\xE2\x82\xAC", 3, 3},
        {"\xF0\x9F\xA6\xB4", 4, 4},
        {"\xF0\x9F\xA6", 3, 0},
        {"\x80", 1, 0},
        {"\xC0\x80", 2, 0},         /* overlong */
        {"\xC1\xBF", 2, 0},         /* overlong */
        {"\xE0\x9F\xBF", 3, 0},     /* overlong */
        {"\xED\xA0\x80", 3, 0},     /* surrogate */
        {"\xF0\x8F\xBF\xBF", 4, 0}, /* overlong */
        {"\xF4\x90\x80\x80", 4, 0}, /* above U+10FFFF */
        {"\xF5\x80\x80\x80", 4, 0},
        {"\xFF", 1, 0},
        {"\xC2\x41", 2, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(xt_utf8_character(cases[i].bytes, cases[i].size), cases[i].length);
}

static void arena_pieces_are_zeroed_aligned_and_apart(void **state) {
    (void)state;
    xt_arena arena = {0};
    unsigned char *pieces[300];
    for (int i = 0; i < 300; i++) {
        size_t size = (size_t)i * 7;
        pieces[i] = xt_arena_alloc(&arena, size);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        for (size_t j = 0; j < size; j++) assert_int_equal(pieces[i][j], 0);
        memset(pieces[i], i, size);
    }
    for (int i = 0; i < 300; i++)
        for (size_t j = 0; j < (size_t)i * 7; j++) assert_int_equal(pieces[i][j], (unsigned char)i);
    unsigned char *large = xt_arena_alloc(&arena, 1 << 20);
    assert_non_null(large);
    memset(large, 1, 1 << 20);
    assert_null(xt_arena_alloc(&arena, SIZE_MAX));
    assert_null(xt_arena_copy(&arena, "", SIZE_MAX));
    assert_string_equal(xt_arena_copy(&arena, "abcdef", 3), "abc");
    xt_arena_free(&arena);
    xt_arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows),
        cmocka_unit_test(a_failure_sticks_until_cleared),
        cmocka_unit_test(take_gives_a_string_away),
        cmocka_unit_test(utf8),
        cmocka_unit_test(arena_pieces_are_zeroed_aligned_and_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
