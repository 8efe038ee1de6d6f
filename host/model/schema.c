/* The JSON Schema of model files, from the table of keys. It is looser than the reader, which also checks
 * units and formulas: editors get completion and structure from it. */
#include "base/json.h"
#include "model/keys.h"
#include "model/model.h"

#include <stdio.h>
#include <string.h>

enum { MAX_PATH = 128 };

static void describe(xt_json *json, const xt_key *key, const char *name);

static const xt_key *find(const char *path) {
    int count;
    const xt_key *keys = xt_model_keys(&count);
    for (int i = 0; i < count; i++)
        if (strcmp(keys[i].path, path) == 0) return &keys[i];
    return NULL;
}

/* The next child of a map after keys[*i]; its own name in *name. */
static const xt_key *next_child(int *i, const char **name, const xt_key *map) {
    int count;
    const xt_key *keys = xt_model_keys(&count);
    size_t n = strlen(map->path);
    for (++*i; *i < count; ++*i) {
        const char *rest = keys[*i].path;
        if (n > 0) {
            if (strncmp(rest, map->path, n) != 0 || rest[n] != '.') continue;
            rest += n + 1;
        }
        if (*rest == '\0' || strpbrk(rest, ".[")) continue;
        *name = rest;
        return &keys[*i];
    }
    return NULL;
}

static void type(xt_json *json, const char *first, const char *second, const char *third) {
    if (!second) {
        xt_json_string(json, "type", first);
        return;
    }
    xt_json_open_row(json, "type");
    xt_json_string(json, NULL, first);
    xt_json_string(json, NULL, second);
    if (third) xt_json_string(json, NULL, third);
    xt_json_close(json);
}

static void map(xt_json *json, const xt_key *key) {
    const char *name;
    const xt_key *child, *any = NULL;
    bool required = false;
    type(json, "object", key->shorthand ? "string" : NULL, key->shorthand ? "number" : NULL);
    xt_json_open_object(json, "properties");
    for (int i = -1; (child = next_child(&i, &name, key));) {
        if (strcmp(name, "*") == 0)
            any = child;
        else
            describe(json, child, name);
        required = required || (child->required && child != any);
    }
    xt_json_close(json);
    if (any)
        describe(json, any, "additionalProperties");
    else
        xt_json_bool(json, "additionalProperties", false);
    if (!required) return;
    xt_json_open_row(json, "required");
    for (int i = -1; (child = next_child(&i, &name, key));)
        if (child->required && child != any) xt_json_string(json, NULL, name);
    xt_json_close(json);
}

static void list(xt_json *json, const char *kind, int least, int most) {
    xt_json_string(json, "type", kind);
    xt_json_open_object(json, "items");
    type(json, "string", "number", NULL);
    xt_json_close(json);
    if (least > 0) xt_json_integer(json, "minItems", least);
    if (most > 0) xt_json_integer(json, "maxItems", most);
}

static void text_or_map(xt_json *json) {
    type(json, "string", "number", "object");
    xt_json_open_object(json, "additionalProperties");
    type(json, "string", "number", NULL);
    xt_json_close(json);
}

static void content(xt_json *json, const xt_key *key) {
    char path[MAX_PATH];
    switch (key->kind) {
    case XT_KEY_MAP:
        map(json, key);
        break;
    case XT_KEY_LIST:
        snprintf(path, sizeof path, "%s[]", key->path);
        xt_json_string(json, "type", "array");
        describe(json, find(path), "items");
        break;
    case XT_KEY_NAMES:
        xt_json_open_row(json, "type");
        xt_json_string(json, NULL, "string");
        xt_json_string(json, NULL, "array");
        xt_json_close(json);
        xt_json_open_object(json, "items");
        xt_json_string(json, "type", "string");
        xt_json_close(json);
        break;
    case XT_KEY_VERSION:
        xt_json_integer(json, "const", 1);
        break;
    case XT_KEY_FLAG:
        xt_json_string(json, "type", "boolean");
        break;
    case XT_KEY_NUMBER:
        xt_json_string(json, "type", "number");
        break;
    case XT_KEY_COLOUR:
        xt_json_string(json, "type", "string");
        xt_json_string(json, "pattern", "^#[0-9a-fA-F]{6}$");
        break;
    case XT_KEY_NAME:
        xt_json_string(json, "type", "string");
        xt_json_string(json, "pattern", "^[a-z][a-z0-9_]{0,39}$");
        break;
    case XT_KEY_TEXT:
        xt_json_string(json, "type", "string");
        break;
    case XT_KEY_UNIT:
        type(json, "string", "number", NULL);
        break;
    case XT_KEY_RANGE:
        list(json, "array", 2, 2);
        break;
    case XT_KEY_BY_TISSUE:
        text_or_map(json);
        break;
    case XT_KEY_QUANTITY:
    case XT_KEY_FORMULA:
    case XT_KEY_CONDITION:
        type(json, "string", "number", key->kind == XT_KEY_CONDITION ? "boolean" : NULL);
        break;
    }
}

static void describe(xt_json *json, const xt_key *key, const char *name) {
    char about[256];
    xt_json_open_object(json, name);
    snprintf(about, sizeof about, "%s%s%s%s", key->about, key->unit ? " In " : "", key->unit ? key->unit : "",
             key->unit ? " or alike." : "");
    xt_json_string(json, "description", about);
    content(json, key);
    xt_json_close(json);
}

void xt_model_json_schema(xt_text *out) {
    xt_json json;
    xt_json_begin(&json, out);
    xt_json_open_object(&json, NULL);
    xt_json_string(&json, "$schema", "https://json-schema.org/draft/2020-12/schema");
    xt_json_string(&json, "title", "Crosstalk model");
    const xt_key *root = find("");
    xt_json_string(&json, "description", root->about);
    map(&json, root);
    xt_json_close(&json);
    xt_error ignored = {XT_OK, ""};
    if (xt_json_end(&json, "the schema of models", &ignored) != XT_OK) out->failed = true;
}
