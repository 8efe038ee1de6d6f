/* Growable text. A text that ran out of memory stays failed and ignores what is added, so that only the end
 * of a long composition has to look (xt_text_check). `xt_text t = {0};` is a valid empty text. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"

typedef struct {
    char *data; /* NUL-terminated once anything was added; NULL before */
    size_t size;
    size_t capacity;
    bool failed;
} xt_text;

void xt_text_init(xt_text *text);
void xt_text_free(xt_text *text);  /* and back to empty; NULL-safe */
void xt_text_clear(xt_text *text); /* empty, keeps the memory and forgets a failure */

void xt_text_add(xt_text *text, const char *string);
void xt_text_add_bytes(xt_text *text, const void *bytes, size_t size);
void xt_text_printf(xt_text *text, const char *format, ...) XT_PRINTF(2, 3);

/* The text as a string, "" when empty. Valid until the next addition. */
const char *xt_text_get(const xt_text *text);

/* XT_OK, or out of memory while composing `what`. */
xt_status xt_text_check(const xt_text *text, const char *what, xt_error *err);

/* Hand the string over to the caller, who frees it; the text is empty afterwards. NULL if it failed. */
char *xt_text_take(xt_text *text);

/* Bytes of the UTF-8 character at p (size bytes left): 1..4, or 0 if it is not well-formed (overlong forms,
 * surrogates and values above U+10FFFF are not) or size is 0. */
size_t xt_utf8_character(const char *p, size_t size);

#endif
