/* Command lines from tables: a row feeds the parser and --help. */
#ifndef APP_ARGS_H
#define APP_ARGS_H

#include <stdbool.h>
#include <stdio.h>
#include "base/error.h"

typedef enum {
    XT_OPTION_FLAG, /* bool */
    XT_OPTION_TEXT, /* const char *: given once */
    XT_OPTION_LIST, /* xt_texts: may be repeated */
    XT_OPTION_COUNT /* int, from 1 */
} xt_option_kind;

typedef struct {
    const char **text; /* room for all arguments, owned by the caller of xt_args_parse */
    int count;
} xt_texts;

typedef struct {
    const char *name; /* "--output" */
    char letter;      /* 'o', or 0 */
    xt_option_kind kind;
    void *to;          /* where the value goes */
    const char *value; /* what --help calls it */
    const char *about;
} xt_option;

typedef struct {
    const char *name;      /* "run" */
    const char *arguments; /* "SCENE.yaml -o DIR" */
    const char *about;     /* a sentence or two */
    const char *more;      /* a paragraph after the options; may be NULL */
    const xt_option *options;
    int option_count;
    const char *positional; /* what the one positional argument is called, NULL: there is none */
    xt_texts *several;      /* where all of them go if there may be more than one; NULL: there may not */
} xt_usage;

/* Parse what follows the command's name. `--name value`, `--name=value`, `-o value`, `-ovalue`, `--` ends
 * options. The positional argument goes to *argument, which stays NULL if none is given; with it missing the
 * error says so unless
 * --help is there. *help: --help or -h was given. Errors are XT_USAGE and suggest the nearest option. Lists
 * (and several positionals) take memory from `room`: argc texts for each of them. */
xt_status xt_args_parse(const char **argument, bool *help, const xt_usage *usage, int argc, char *const *argv,
                        const char **room, xt_error *err);

/* Usage, options, and the paragraph after them. */
void xt_args_help(FILE *out, const xt_usage *usage);

#endif
