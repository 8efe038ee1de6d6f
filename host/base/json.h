/* JSON out: a streaming writer onto an xt_text. JSON in: a small strict reader (RFC 8259) for the files we
 * wrote.
 *
 *   xt_json json;
 *   xt_json_begin(&json, &text);
 *   xt_json_open_object(&json, NULL);
 *   xt_json_real(&json, "wall_s", 1.5);        // inside arrays the key is NULL
 *   xt_json_close(&json);
 *   XT_TRY(xt_json_end(&json, "run.json", err)); */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"
#include "base/text.h"

enum { XT_JSON_DEPTH = 96 }; /* of nested arrays and objects, in both directions */

typedef struct {
    xt_text *text;
    int depth;
    bool
        misused; /* a key missing or too many, an unbalanced close, too deep: a defect, told by xt_json_end */
    struct {
        bool object, row, filled;
    } level[XT_JSON_DEPTH + 1];
} xt_json;

void xt_json_begin(xt_json *json, xt_text *text);
void xt_json_open_object(xt_json *json, const char *key);
void xt_json_open_array(xt_json *json, const char *key);
void xt_json_open_row(xt_json *json, const char *key); /* an array on one line, with what is in it */
void xt_json_close(xt_json *json);

void xt_json_string(xt_json *json, const char *key,
                    const char *value);                          /* NULL gives null; bad UTF-8 gives U+FFFD */
void xt_json_real(xt_json *json, const char *key, double value); /* shortest exact form; null if not finite */
void xt_json_integer(xt_json *json, const char *key, long long value);
void xt_json_bool(xt_json *json, const char *key, bool value);
void xt_json_null(xt_json *json, const char *key);
void xt_json_raw(xt_json *json, const char *key, const char *value); /* a value that is JSON already */

/* Ends the document with a newline. XT_INTERNAL if it is unbalanced or memory ran out while composing `what`.
 */
xt_status xt_json_end(xt_json *json, const char *what, xt_error *err);

/* The shortest decimal form that reads back as the same double, e.g. "0.1", "1e-09", "nan". Returns buffer.
 */
const char *xt_real_text(double value, char buffer[32]);

/* Whether the text is a JSON number. */
bool xt_json_is_number(const char *text);

/* ---- reading ---- */

typedef enum {
    XT_JSON_NULL,
    XT_JSON_BOOL,
    XT_JSON_NUMBER,
    XT_JSON_STRING,
    XT_JSON_ARRAY,
    XT_JSON_OBJECT
} xt_json_kind;

/* Read-only. The children of arrays and objects are a chain: for (v = first; v; v = v->next). */
typedef struct xt_json_value {
    xt_json_kind kind;
    bool truth;       /* BOOL */
    double number;    /* NUMBER */
    const char *text; /* STRING, and a NUMBER as written; NUL-terminated UTF-8 */
    const char *key;  /* inside an object */
    const struct xt_json_value *first, *next;
    int count; /* children */
} xt_json_value;

typedef struct xt_json_tree xt_json_tree;

/* Parse `size` bytes; `file` names them in errors (XT_USAGE with line and column). Duplicate keys, trailing
 * commas, comments, "\u0000", nesting beyond XT_JSON_DEPTH and numbers beyond double are refused. */
xt_status xt_json_parse(xt_json_tree **tree, const char *file, const char *text, size_t size, xt_error *err);
void xt_json_free(xt_json_tree *tree); /* NULL-safe */
const xt_json_value *xt_json_root(const xt_json_tree *tree);

/* The member `key`, or NULL if there is none or `object` is not an object or NULL: lookups chain. */
const xt_json_value *xt_json_get(const xt_json_value *object, const char *key);
/* Child `index`, or NULL. Walks the chain. */
const xt_json_value *xt_json_at(const xt_json_value *array, int index);

#endif
