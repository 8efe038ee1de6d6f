/* Units, converted once, at the door.
 *
 * Internal units are coherent: lengths in mm, time in h, amounts in amol (1e-18 mol), mass in g, temperature
 * in K, force and the rest follow. So a concentration of 1 pM is 1 internal unit (amol/mm^3), 1 um^2/s
 * is 3.6e-3 mm^2/h, and a formula that passes the unit check needs no conversion factor. udunits2 knows the
 * unit names; we add `M` (mol/L, with prefixes), `y` = 365.25 d (Julian; also `year`), `d`, `h`, `week` = 7
 * d, `month` = y/12, `1`. */
#ifndef BASE_UNITS_H
#define BASE_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"

/* OTHER is the electric current; units of luminous intensity are refused, angles are plain numbers. */
enum {
    XT_DIM_LENGTH,
    XT_DIM_MASS,
    XT_DIM_TIME,
    XT_DIM_AMOUNT,
    XT_DIM_TEMPERATURE,
    XT_DIM_OTHER,
    XT_DIM_COUNT
};

/* Exponents in twelfths, so that roots stay exact. */
typedef struct {
    short e[XT_DIM_COUNT];
} xt_dim;

typedef struct {
    xt_dim dim;
    double scale; /* internal value = scale * value in this unit */
} xt_unit;

/* Parse a unit such as "um^2/s", "1/h", "pM", "g/kg/d", "pmol/h", "1", "". Units with an offset (degC) are
 * refused. The message of a failure has no location: callers add it. Thread-safe after the first call. */
xt_status xt_unit_parse(xt_unit *unit, const char *text, xt_error *err);

bool xt_dim_equal(xt_dim a, xt_dim b);
bool xt_dim_is_one(xt_dim a);
xt_dim xt_dim_product(xt_dim a, xt_dim b, int sign_of_b); /* a*b for +1, a/b for -1 */

/* Human form in internal base units, e.g. "mm^2/h", "amol/mm^3 (pM)", "1". Returns buffer. */
const char *xt_dim_text(xt_dim dim, char *buffer, size_t size);

/* Parse "<number> <unit>" ("0.5 mm", "1e-3", "45 min") into internal units and its dimension. */
xt_status xt_quantity_parse(double *value, xt_dim *dim, const char *text, xt_error *err);

#endif
