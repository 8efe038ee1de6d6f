/* The keys of a model file, as one table: it checks the file's structure and makes the JSON Schema. */
#ifndef MODEL_KEYS_H
#define MODEL_KEYS_H

#include "scene/yaml.h"

typedef enum {
    XT_KEY_MAP,   /* its keys are the entries below its path; "*" stands for names that the user chooses */
    XT_KEY_LIST,  /* of what is at its path with "[]" */
    XT_KEY_NAMES, /* a list of names, or one name */
    XT_KEY_NAME,
    XT_KEY_TEXT,
    XT_KEY_UNIT, /* a unit as text */
    XT_KEY_VERSION,
    XT_KEY_NUMBER,
    XT_KEY_FLAG, /* true or false */
    XT_KEY_COLOUR,
    XT_KEY_QUANTITY, /* a number with a unit like `unit`; any unit if that is NULL */
    XT_KEY_RANGE,    /* [lowest, highest] */
    XT_KEY_FORMULA,  /* in `unit`; in any if that is NULL */
    XT_KEY_CONDITION,
    XT_KEY_BY_TISSUE /* a formula, or a map of formulas by tissue and `default` */
} xt_key_kind;

typedef struct {
    const char *path; /* "species.*.plasma.baseline"; "" is the file */
    xt_key_kind kind;
    const char *unit;
    bool required;
    const char *about;
    const char *shorthand; /* of a map: the key that a bare scalar in its place stands for */
} xt_key;

const xt_key *xt_model_keys(int *count);

/* Every key known (or free), every required one there, maps and lists where they belong. */
xt_status xt_model_check_keys(const xt_node *root, xt_error *err);

#endif
