#include "base/unit_names.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <udunits2.h>

static const xt_partial_unit one = {.rest = 1};

/* Names that udunits lacks or defines otherwise (its year is the tropical one). They come before udunits'. */
static const struct own_unit {
    const char *name;
    bool prefixable;
    xt_partial_unit value;
} own_units[] = {
    {"M", true, {.e = {[XT_DIM_LENGTH] = -3, [XT_DIM_AMOUNT] = 1}, .tens = 12, .rest = 1}},
    {"molar", true, {.e = {[XT_DIM_LENGTH] = -3, [XT_DIM_AMOUNT] = 1}, .tens = 12, .rest = 1}},
    {"h", false, {.e = {[XT_DIM_TIME] = 1}, .rest = 1}},
    {"d", false, {.e = {[XT_DIM_TIME] = 1}, .rest = 24}},
    {"week", false, {.e = {[XT_DIM_TIME] = 1}, .rest = 168}},
    {"weeks", false, {.e = {[XT_DIM_TIME] = 1}, .rest = 168}},
    {"month", false, {.e = {[XT_DIM_TIME] = 1}, .rest = 730.5L}},
    {"months", false, {.e = {[XT_DIM_TIME] = 1}, .rest = 730.5L}},
    {"y", false, {.e = {[XT_DIM_TIME] = 1}, .rest = 8766}},
    {"yr", false, {.e = {[XT_DIM_TIME] = 1}, .rest = 8766}},
    {"year", false, {.e = {[XT_DIM_TIME] = 1}, .rest = 8766}},
    {"years", false, {.e = {[XT_DIM_TIME] = 1}, .rest = 8766}},
    {"Da", true, {.e = {[XT_DIM_MASS] = 1}, .rest = 1.66053906660e-24L}}, /* CODATA 2018 */
};

static const struct prefix {
    const char *text;
    int tens;
    bool symbol; /* goes with symbols (mm), not with names (millimeter) */
} prefixes[] = {
    {"a", -18, true},     {"f", -15, true},       {"p", -12, true},       {"n", -9, true},
    {"u", -6, true},      {"\xC2\xB5", -6, true}, {"\xCE\xBC", -6, true}, {"m", -3, true},
    {"c", -2, true},      {"d", -1, true},        {"da", 1, true},        {"h", 2, true},
    {"k", 3, true},       {"M", 6, true},         {"G", 9, true},         {"T", 12, true},
    {"atto", -18, false}, {"femto", -15, false},  {"pico", -12, false},   {"nano", -9, false},
    {"micro", -6, false}, {"milli", -3, false},   {"centi", -2, false},   {"deci", -1, false},
    {"kilo", 3, false},   {"mega", 6, false},     {"giga", 9, false},
};

/* ---- what udunits knows ---- */

/* udunits keeps its status in a global variable, so every call into it is made under the lock. The table it
 * reads is loaded once and lives as long as the program. */
static pthread_mutex_t library_lock = PTHREAD_MUTEX_INITIALIZER;
static ut_system *library;

/* udunits computes its scales: its litre is 0.0010000000000000002 m^3, hence the tolerance. */
static void count_tens(xt_partial_unit *value, long double factor) {
    for (int tens = 0; tens <= 24; tens++) {
        long double ten = powl(10, tens);
        bool above = fabsl(factor / ten - 1) < 1e-14L, below = fabsl(factor * ten - 1) < 1e-14L;
        if (!above && !below) continue;
        value->tens += above ? tens : -tens;
        return;
    }
    value->rest *= factor;
}

static ut_status add_basic(const ut_unit *unit, int power, xt_partial_unit *value) {
    const char *name = ut_get_name(unit, UT_ASCII);
    if (!name) return UT_VISIT_ERROR;
    if (strcmp(name, "meter") == 0) {
        value->e[XT_DIM_LENGTH] += power;
        value->tens += 3 * power;
    } else if (strcmp(name, "kilogram") == 0) {
        value->e[XT_DIM_MASS] += power;
        value->tens += 3 * power;
    } else if (strcmp(name, "second") == 0) {
        value->e[XT_DIM_TIME] += power;
        value->seconds += power;
    } else if (strcmp(name, "mole") == 0) {
        value->e[XT_DIM_AMOUNT] += power;
        value->tens += 18 * power;
    } else if (strcmp(name, "kelvin") == 0) {
        value->e[XT_DIM_TEMPERATURE] += power;
    } else if (strcmp(name, "ampere") == 0) {
        value->e[XT_DIM_OTHER] += power;
    } else if (strcmp(name, "radian") != 0) {
        return UT_VISIT_ERROR;
    }
    return UT_SUCCESS;
}

static ut_status visit_basic(const ut_unit *unit, void *value) { return add_basic(unit, 1, value); }

static ut_status visit_product(const ut_unit *unit, int count, const ut_unit *const *basics,
                               const int *powers, void *value) {
    (void)unit;
    for (int i = 0; i < count; i++) {
        ut_status status = add_basic(basics[i], powers[i], value);
        if (status != UT_SUCCESS) return status;
    }
    return UT_SUCCESS;
}

static const ut_visitor visitor;

static ut_status visit_galilean(const ut_unit *unit, double scale, const ut_unit *under, double offset,
                                void *value) {
    (void)unit;
    if (offset != 0) return UT_VISIT_ERROR;
    count_tens(value, scale);
    return ut_accept_visitor(under, &visitor, value);
}

static ut_status visit_timestamp(const ut_unit *unit, const ut_unit *under, double origin, void *value) {
    (void)unit, (void)under, (void)origin, (void)value;
    return UT_VISIT_ERROR;
}

static ut_status visit_logarithmic(const ut_unit *unit, double base, const ut_unit *reference, void *value) {
    (void)unit, (void)base, (void)reference, (void)value;
    return UT_VISIT_ERROR;
}

static const ut_visitor visitor = {visit_basic, visit_product, visit_galilean, visit_timestamp,
                                   visit_logarithmic};

static xt_unit_finding ask_library(xt_partial_unit *value, const char *name, bool by_symbol) {
    pthread_mutex_lock(&library_lock);
    xt_unit_finding result = XT_UNIT_UNKNOWN;
    if (!library) {
        ut_set_error_message_handler(ut_ignore);
        library = ut_read_xml(NULL);
    }
    if (!library) {
        result = XT_UNIT_NO_LIBRARY;
    } else {
        ut_unit *unit = by_symbol ? ut_get_unit_by_symbol(library, name) : ut_get_unit_by_name(library, name);
        if (unit) {
            *value = one;
            result =
                ut_accept_visitor(unit, &visitor, value) == UT_SUCCESS ? XT_UNIT_FOUND : XT_UNIT_UNUSABLE;
            ut_free(unit);
        }
    }
    pthread_mutex_unlock(&library_lock);
    return result;
}

/* ---- names ---- */

/* The unit called `name` without looking for a prefix. `prefixed`: one was taken off before. */
static xt_unit_finding look_up(xt_partial_unit *value, const char *name, bool symbols, bool names,
                               bool prefixed) {
    for (size_t i = 0; i < sizeof own_units / sizeof *own_units; i++)
        if (strcmp(name, own_units[i].name) == 0) {
            if (prefixed && !own_units[i].prefixable) return XT_UNIT_UNKNOWN;
            *value = own_units[i].value;
            return XT_UNIT_FOUND;
        }
    /* What carries a prefix already, or is no unit to scale, takes none. */
    static const char *const unprefixable[] = {"kg",      "kilogram", "kilograms", "%",
                                               "percent", "min",      "minute"};
    for (size_t i = 0; prefixed && i < sizeof unprefixable / sizeof *unprefixable; i++)
        if (strcmp(name, unprefixable[i]) == 0) return XT_UNIT_UNKNOWN;
    xt_unit_finding found = XT_UNIT_UNKNOWN;
    if (symbols) found = ask_library(value, name, true);
    if (found == XT_UNIT_UNKNOWN && names) found = ask_library(value, name, false);
    return found;
}

xt_unit_finding xt_unit_name(xt_partial_unit *value, const char *name) {
    xt_unit_finding found = look_up(value, name, true, true, false);
    for (size_t i = 0; found == XT_UNIT_UNKNOWN && i < sizeof prefixes / sizeof *prefixes; i++) {
        const struct prefix *prefix = &prefixes[i];
        size_t n = strlen(prefix->text);
        if (strncmp(name, prefix->text, n) != 0 || name[n] == '\0') continue;
        found = look_up(value, name + n, prefix->symbol, !prefix->symbol, true);
        if (found == XT_UNIT_FOUND) value->tens += prefix->tens;
    }
    return found;
}
