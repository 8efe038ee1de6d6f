#include "base/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"

struct xt_json_tree {
    xt_arena arena;
    const xt_json_value *root;
};

typedef struct {
    xt_arena *arena;
    const char *start, *p, *end;
    xt_source source;
    int depth;
    xt_error *err;
} reader;

static xt_status fail(reader *r, const char *what) {
    int line = 1, col = 1;
    for (const char *q = r->start; q < r->p; q++) {
        if (*q == '\n') {
            line++;
            col = 1;
        } else if (((unsigned char)*q & 0xC0) != 0x80) {
            col++;
        }
    }
    return xt_fail_at(r->err, &r->source, line, col, "%s", what);
}

static xt_status no_memory(reader *r) {
    return xt_no_memory(r->err, r->source.file, (unsigned long long)(r->end - r->start));
}

static void skip_blanks(reader *r) {
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\t' || *r->p == '\r')) r->p++;
}

static bool next_is(const reader *r, char c) { return r->p < r->end && *r->p == c; }

static bool take_hex(reader *r, unsigned *code) {
    *code = 0;
    for (int i = 0; i < 4; i++, r->p++) {
        if (r->p == r->end) return false;
        char c = *r->p;
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                                : 16;
        if (digit == 16) return false;
        *code = 16 * *code + digit;
    }
    return true;
}

static size_t put_utf8(char *out, unsigned code) {
    size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (n == 1) {
        out[0] = (char)code;
        return 1;
    }
    for (size_t i = n - 1; i > 0; i--, code >>= 6) out[i] = (char)(0x80 | (code & 0x3F));
    out[0] = (char)((0xF00 >> n) | code);
    return n;
}

static xt_status escape(reader *r, char *out, size_t *size) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (r->p == r->end) return fail(r, "the text ends inside a string");
    char c = *r->p;
    const char *found = c ? strchr(from, c) : NULL;
    if (found) {
        r->p++;
        out[(*size)++] = to[found - from];
        return XT_OK;
    }
    unsigned code, low;
    if (c != 'u') return fail(r, "unknown escape in a string");
    r->p++;
    if (!take_hex(r, &code)) return fail(r, "expected four hexadecimal digits after \\u");
    if (code >= 0xD800 && code < 0xDC00 && r->end - r->p >= 6 && r->p[0] == '\\' && r->p[1] == 'u') {
        r->p += 2;
        if (!take_hex(r, &low) || low < 0xDC00 || low > 0xDFFF) return fail(r, "half of a surrogate pair");
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    if (code == 0 || (code >= 0xD800 && code < 0xE000)) return fail(r, "a character that no text may hold");
    *size += put_utf8(out + *size, code);
    return XT_OK;
}

static xt_status string(reader *r, const char **text) {
    if (!next_is(r, '"')) return fail(r, "expected a string");
    r->p++;
    const char *close = r->p;
    while (close < r->end && *close != '"') close += *close == '\\' ? 2 : 1;
    if (close >= r->end) return fail(r, "a string has no end");
    /* No escape is shorter than what it stands for. */
    char *out = xt_arena_alloc(r->arena, (size_t)(close - r->p) + 1);
    if (!out) return no_memory(r);
    size_t size = 0;
    while (*r->p != '"') {
        size_t n = xt_utf8_character(r->p, (size_t)(r->end - r->p));
        if (n == 0) return fail(r, "not UTF-8");
        if ((unsigned char)*r->p < 0x20) return fail(r, "a control character in a string");
        if (*r->p == '\\') {
            r->p++;
            XT_TRY(escape(r, out, &size));
        } else {
            memcpy(out + size, r->p, n);
            size += n;
            r->p += n;
        }
    }
    r->p++;
    *text = out;
    return XT_OK;
}

static xt_status number(reader *r, xt_json_value *value) {
    const char *q = r->p;
    while (q < r->end && *q && strchr("+-.eE0123456789", *q)) q++;
    char *text = xt_arena_copy(r->arena, r->p, (size_t)(q - r->p));
    if (!text) return no_memory(r);
    if (!xt_json_is_number(text)) return fail(r, "not a JSON value");
    value->kind = XT_JSON_NUMBER;
    value->text = text;
    value->number = strtod(text, NULL);
    if (!isfinite(value->number)) return fail(r, "a number out of range");
    r->p = q;
    return XT_OK;
}

static bool word(reader *r, const char *expected) {
    size_t n = strlen(expected);
    if ((size_t)(r->end - r->p) < n || memcmp(r->p, expected, n) != 0) return false;
    r->p += n;
    return true;
}

static int by_key(const void *a, const void *b) {
    return strcmp((*(const xt_json_value *const *)a)->key, (*(const xt_json_value *const *)b)->key);
}

/* Sorted, because a hostile file may have a million keys. */
static xt_status distinct_keys(reader *r, const xt_json_value *object) {
    if (object->count < 2) return XT_OK;
    const xt_json_value **sorted = malloc((size_t)object->count * sizeof *sorted);
    if (!sorted) return no_memory(r);
    int n = 0;
    for (const xt_json_value *v = object->first; v; v = v->next) sorted[n++] = v;
    qsort(sorted, (size_t)n, sizeof *sorted, by_key);
    xt_status status = XT_OK;
    for (int i = 1; i < n && status == XT_OK; i++)
        if (by_key(&sorted[i - 1], &sorted[i]) == 0)
            status = fail(r, "the object that ends here has a key twice");
    free(sorted);
    return status;
}

static xt_status value_of(reader *r, xt_json_value *value);

static xt_status members(reader *r, xt_json_value *parent, char close) {
    if (++r->depth > XT_JSON_DEPTH) return fail(r, "nested too deeply");
    r->p++;
    skip_blanks(r);
    xt_json_value *last = NULL;
    bool object = parent->kind == XT_JSON_OBJECT;
    while (!next_is(r, close)) {
        if (last) {
            if (!next_is(r, ',')) return fail(r, object ? "expected ',' or '}'" : "expected ',' or ']'");
            r->p++;
            skip_blanks(r);
        }
        xt_json_value *value = xt_arena_alloc(r->arena, sizeof *value);
        if (!value) return no_memory(r);
        if (object) {
            XT_TRY(string(r, &value->key));
            skip_blanks(r);
            if (!next_is(r, ':')) return fail(r, "expected ':'");
            r->p++;
        }
        XT_TRY(value_of(r, value));
        skip_blanks(r);
        if (last)
            last->next = value;
        else
            parent->first = value;
        last = value;
        parent->count++;
    }
    if (object) XT_TRY(distinct_keys(r, parent));
    r->p++;
    r->depth--;
    return XT_OK;
}

static xt_status value_of(reader *r, xt_json_value *value) {
    skip_blanks(r);
    if (r->p == r->end) return fail(r, "the text ends where a value was expected");
    switch (*r->p) {
    case '{':
        value->kind = XT_JSON_OBJECT;
        return members(r, value, '}');
    case '[':
        value->kind = XT_JSON_ARRAY;
        return members(r, value, ']');
    case '"':
        value->kind = XT_JSON_STRING;
        return string(r, &value->text);
    default:
        break;
    }
    if (word(r, "null")) return XT_OK;
    value->truth = word(r, "true");
    if (value->truth || word(r, "false")) {
        value->kind = XT_JSON_BOOL;
        return XT_OK;
    }
    return number(r, value);
}

xt_status xt_json_parse(xt_json_tree **tree, const char *file, const char *text, size_t size, xt_error *err) {
    xt_status status = XT_OK;
    *tree = NULL;
    xt_json_tree *made = calloc(1, sizeof *made);
    if (!made) return xt_no_memory(err, file, sizeof *made);
    /* A copy with a NUL at its end: errors show lines of it, and a look one byte ahead is safe. */
    char *copy = xt_arena_copy(&made->arena, text, size);
    reader r = {&made->arena, copy, copy, copy + size, {file, copy}, 0, err};
    xt_json_value *root = copy ? xt_arena_alloc(&made->arena, sizeof *root) : NULL;
    if (!root) {
        status = xt_no_memory(err, file, size);
        goto done;
    }
    XT_GO(value_of(&r, root));
    skip_blanks(&r);
    if (r.p != r.end) XT_GO(fail(&r, "expected the end of the text"));
    made->root = root;
done:
    if (status == XT_OK)
        *tree = made;
    else
        xt_json_free(made);
    return status;
}

void xt_json_free(xt_json_tree *tree) {
    if (!tree) return;
    xt_arena_free(&tree->arena);
    free(tree);
}

const xt_json_value *xt_json_root(const xt_json_tree *tree) { return tree->root; }

const xt_json_value *xt_json_get(const xt_json_value *object, const char *key) {
    if (!object || object->kind != XT_JSON_OBJECT) return NULL;
    for (const xt_json_value *v = object->first; v; v = v->next)
        if (strcmp(v->key, key) == 0) return v;
    return NULL;
}

const xt_json_value *xt_json_at(const xt_json_value *array, int index) {
    const xt_json_value *v = array && index >= 0 ? array->first : NULL;
    while (v && index-- > 0) v = v->next;
    return v;
}
