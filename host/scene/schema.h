/* The one table of scene keys. A row feeds the reader, the help, the JSON Schema and the scene as used, so
 * they cannot disagree. Rows say where in the C struct their value goes; a table of rows ends with key NULL.
 */
#ifndef SCENE_SCHEMA_H
#define SCENE_SCHEMA_H

#include "scene/scene.h"

typedef enum {
    XT_ROW_FORMAT,   /* the number 1; not stored */
    XT_ROW_MAP,      /* rows, stored in the same struct; aux: bool set when the map is there (flag GIVEN) */
    XT_ROW_LIST,     /* of maps: at is a pointer to items of `size` bytes, aux their int count; rows are of an
                        item */
    XT_ROW_NAMES,    /* identifiers, a list or one alone: at is char (*)[64], aux int */
    XT_ROW_WORDS_IN, /* one identifier or a list: at is char[size][64], aux the int count */
    XT_ROW_CHOICES,  /* one choice or a list of different ones: int[size], aux the int count */
    XT_ROW_PLACES,   /* one place or a list: xt_place[size], aux the int count */
    XT_ROW_SINCE,    /* a moment to compare with: double h, aux bool[2]: given, is an age (adjacent) */
    XT_ROW_ASSIGNMENTS, /* name: anything: at is xt_assignment *, aux int */
    XT_ROW_LABELS,      /* whole number: tissue: at is xt_label_entry *, aux int */
    XT_ROW_WORD,        /* identifier: char[size] */
    XT_ROW_TITLE,       /* one line: char[size] */
    XT_ROW_STRING,      /* char *, owned */
    XT_ROW_CHOICE,      /* int or enum: index among the words of `unit`, parted by '|' */
    XT_ROW_EITHER,      /* bool: the second of two words */
    XT_ROW_BOOL,
    XT_ROW_INTEGER,  /* int */
    XT_ROW_SEED,     /* unsigned long long */
    XT_ROW_REAL,     /* a plain number */
    XT_ROW_QUANTITY, /* double; a text equal to `zero` is 0, flag NONE: a 0 that was given is stored as -1 */
    XT_ROW_SECONDS,  /* double, wall time in seconds; `zero` as above */
    XT_ROW_QUANTITIES, /* double[size] */
    XT_ROW_SPACING,    /* double[3] from one quantity or three */
    XT_ROW_MOMENT,     /* double h, aux bool: "50 y" since the start, or "age 75 y" */
    XT_ROW_PLACE,      /* double, a length or a fraction; aux bool[2]: given, is a fraction (adjacent in the
                          struct) */
    XT_ROW_LEVEL,      /* double: a plain number, a concentration, or auto (NAN) */
    XT_ROW_AUTO,       /* double: a plain number, or auto (NAN) */
    XT_ROW_BYTES       /* double: "16 GiB" */
} xt_row_kind;

enum {
    XT_ROW_REQUIRED = 1,
    XT_ROW_ABOVE = 2,      /* the low end of the range is excluded */
    XT_ROW_GIVEN = 4,      /* MAP: aux is a bool to set; written only if it is set */
    XT_ROW_NONE = 8,       /* QUANTITY: zero means "none" and differs from "not given" */
    XT_ROW_SHORTHAND = 16, /* LIST: an item that is a word is the value of its first row; a word alone is a
                              list of that item */
    XT_ROW_ALL = 32        /* PLACES: as many as there is room for */
};

typedef struct xt_row {
    const char *key;
    xt_row_kind kind;
    unsigned flags;
    unsigned only;        /* bit per xt_geometry_kind for which the key exists; 0: always */
    const char *unit;     /* quantities: unit shown; choices: the words */
    const char *fallback; /* default as text; in parentheses: said in words, the struct keeps 0, NAN or "" */
    const char *low, *high; /* range, as text with units; NULL: open */
    size_t at, aux, size;
    const struct xt_row *rows;
    const char *zero;
    const char *about;
} xt_row;

/* The top level. */
extern const xt_row xt_scene_rows[];
/* Its larger branches, each in its own file. */
extern const xt_row xt_geometry_rows[];
extern const xt_row xt_output_rows[];
extern const xt_row xt_film_rows[];
extern const xt_row xt_target_rows[];
extern const xt_row xt_frame_rows[];
extern const xt_row xt_view_rows[];

/* Read `map` (NULL: everything takes its default) into the struct at `base`. kind: bit of the geometry kind.
 */
xt_status xt_rows_read(void *base, const xt_row *rows, const xt_node *map, unsigned kind, xt_error *err);
/* Convert one value. */
xt_status xt_row_value(void *base, const xt_row *row, const xt_node *node, xt_error *err);
/* The default into the struct. */
xt_status xt_row_default(void *base, const xt_row *row, xt_error *err);

/* Write the members of a map. */
void xt_rows_write(xt_json *json, const void *base, const xt_row *rows, unsigned kind);

/* The words of a choice: at most 8 of 24 bytes. Returns their count. */
enum { XT_ROW_WORDS = 8 };
int xt_row_words(char words[XT_ROW_WORDS][24], const char *text);

/* What is wrong with a scene whose every value is right by itself; events still in the order of the file. */
xt_status xt_scene_check(const xt_scene *scene, xt_error *err);
/* The same of one view; node: its map, or the word that is short for it. */
xt_status xt_view_check(const xt_view_request *view, const xt_node *node, xt_error *err);
/* The same of one film; node: its map, or the word that is short for it. */
xt_status xt_film_check(const xt_film_request *film, const xt_node *node, xt_error *err);

/* Of frame `index`, at its node; the frames before it are fine. In frame_check.c. */
xt_status xt_frame_check(const xt_scene *scene, int index, const xt_node *node, xt_error *err);

#endif
