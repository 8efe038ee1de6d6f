#include "base/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void xt_text_init(xt_text *text) { *text = (xt_text){0}; }

void xt_text_free(xt_text *text) {
    if (!text) return;
    free(text->data);
    *text = (xt_text){0};
}

void xt_text_clear(xt_text *text) {
    text->size = 0;
    text->failed = false;
    if (text->data) text->data[0] = '\0';
}

/* Room for `more` bytes and the NUL. */
static bool reserve(xt_text *text, size_t more) {
    if (text->failed) return false;
    if (more < text->capacity - text->size) return true;
    size_t wanted = text->size + more + 1;
    size_t capacity = text->capacity ? text->capacity : 64;
    while (capacity < wanted && capacity <= SIZE_MAX / 2) capacity *= 2;
    char *data = wanted > text->size && capacity >= wanted ? realloc(text->data, capacity) : NULL;
    if (!data) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->capacity = capacity;
    return true;
}

void xt_text_add_bytes(xt_text *text, const void *bytes, size_t size) {
    if (size == 0 || !reserve(text, size)) return;
    memcpy(text->data + text->size, bytes, size);
    text->size += size;
    text->data[text->size] = '\0';
}

void xt_text_add(xt_text *text, const char *string) { xt_text_add_bytes(text, string, strlen(string)); }

void xt_text_printf(xt_text *text, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0) text->failed = true;
    if (n < 0 || !reserve(text, (size_t)n)) return;
    va_start(args, format);
    vsnprintf(text->data + text->size, (size_t)n + 1, format, args);
    va_end(args);
    text->size += (size_t)n;
}

const char *xt_text_get(const xt_text *text) { return text->data ? text->data : ""; }

xt_status xt_text_check(const xt_text *text, const char *what, xt_error *err) {
    return text->failed ? xt_no_memory(err, what, text->size) : XT_OK;
}

char *xt_text_take(xt_text *text) {
    reserve(text, 0); /* an empty text is a string too */
    char *data = NULL;
    if (!text->failed) {
        data = text->data;
        data[text->size] = '\0';
        text->data = NULL;
    }
    xt_text_free(text);
    return data;
}

size_t xt_utf8_character(const char *p, size_t size) {
    const unsigned char *s = (const unsigned char *)p;
    if (size == 0) return 0;
    if (s[0] < 0x80) return 1;
    size_t n = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
    if (s[0] < 0xC2 || s[0] > 0xF4 || size < n) return 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xC0) != 0x80) return 0;
    if (s[0] == 0xE0 && s[1] < 0xA0) return 0; /* overlong */
    if (s[0] == 0xED && s[1] > 0x9F) return 0; /* surrogate */
    if (s[0] == 0xF0 && s[1] < 0x90) return 0; /* overlong */
    if (s[0] == 0xF4 && s[1] > 0x8F) return 0; /* above U+10FFFF */
    return n;
}
