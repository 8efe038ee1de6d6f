/* The meaning of unit names: udunits' table, our own few names before it, and prefixes. The grammar around
 * the names is in units.c; nothing else includes this. */
#ifndef BASE_UNIT_NAMES_H
#define BASE_UNIT_NAMES_H

#include "base/units.h"

/* A unit while it is being put together, in internal units: value = rest * 10^tens * 3600^-seconds. Powers of
 * ten and of 3600 are counted apart, so that 1 pM comes out as exactly 1. */
typedef struct {
    int e[XT_DIM_COUNT]; /* whole exponents */
    int tens;
    int seconds;
    long double rest;
} xt_partial_unit;

typedef enum {
    XT_UNIT_FOUND,
    XT_UNIT_UNKNOWN,
    XT_UNIT_UNUSABLE,  /* has an offset, is logarithmic, or of a kind that has no place here */
    XT_UNIT_NO_LIBRARY /* udunits2's table cannot be read */
} xt_unit_finding;

/* Find one name with at most one prefix: "mm", "pM", "hour", "%". Thread-safe. */
xt_unit_finding xt_unit_name(xt_partial_unit *value, const char *name);

#endif
