#include "base/units.h"
#include "base/unit_names.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The grammar of unit texts is ours, the meaning of unit names is udunits'. Its own parser would take "mmm"
 * (two prefixes), "M" (a bare prefix), "5 mm" and "s since 2000-01-01" as units:
 *
 *   product = factor { ('*' | '.' | '·' | '/' | blank) factor }       a/b/c is (a/b)/c, a/b c is (a/b) c
 *   factor  = '1' | name [ ['^'] integer ] | '(' product ')' [ ['^'] integer ] */

enum { MAX_POWER = 12, MAX_NESTING = 16, MAX_TOTAL_POWER = 100, MAX_NAME = 40 };

typedef struct {
    const char *p;
    const char *whole;
    int nesting;
    xt_error *err;
} cursor;

static const char *const common_units[] = {
    "mm",   "um",   "cm",   "nm",    "mm^2", "mm^3",    "um^2/s", "mm^2/h", "s",  "min", "h",
    "hour", "day",  "week", "month", "year", "1/h",     "1/d",    "1/y",    "pM", "nM",  "uM",
    "mM",   "pmol", "nmol", "mol",   "g",    "kg",      "mg",     "L",      "mL", "N",   "kN",
    "Pa",   "kPa",  "MPa",  "GPa",   "K",    "percent", "Hz",     "J",      "W",  "kDa"};

/* ---- the grammar ---- */

static xt_status fail(cursor *c, const char *what) {
    return xt_fail(c->err, XT_USAGE, "'%.80s' is not a unit: %s", c->whole, what);
}

static void skip_blanks(cursor *c) {
    while (*c->p == ' ' || *c->p == '\t') c->p++;
}

static bool starts_name(char ch) {
    return isalpha((unsigned char)ch) || ch == '%' || (unsigned char)ch >= 0x80;
}

/* "·" multiplies; "²" and "³" are powers: none of them belongs to a name. */
static bool is_mark(const char *p) {
    return strncmp(p, "\xC2\xB7", 2) == 0 || strncmp(p, "\xC2\xB2", 2) == 0 || strncmp(p, "\xC2\xB3", 2) == 0;
}

static xt_status name_unit(xt_partial_unit *value, cursor *c) {
    char name[MAX_NAME + 1];
    size_t n = 0;
    while ((starts_name(*c->p) || *c->p == '_') && !is_mark(c->p)) {
        if (n == MAX_NAME) return fail(c, "a name in it is too long");
        name[n++] = *c->p++;
    }
    name[n] = '\0';
    switch (xt_unit_name(value, name)) {
    case XT_UNIT_FOUND:
        return XT_OK;
    case XT_UNIT_NO_LIBRARY:
        return xt_fail(
            c->err, XT_IO,
            "the unit table of udunits2 cannot be read (package libudunits2-data; UDUNITS2_XML_PATH "
            "names another place)");
    case XT_UNIT_UNUSABLE:
        return xt_fail(
            c->err, XT_USAGE,
            "the unit '%s' has an offset, is logarithmic or of a kind that does not occur here; use a "
            "plain one such as K",
            name);
    case XT_UNIT_UNKNOWN:
        break;
    }
    const char *near = xt_nearest(name, common_units, sizeof common_units / sizeof *common_units);
    return xt_fail(c->err, XT_USAGE, "unknown unit '%s'%s%s%s", name, near ? "; did you mean '" : "",
                   near ? near : "", near ? "'?" : "");
}

/* An optional power after a factor: "^-2", "^2", "2", "-1", "²", "³". */
static xt_status power_of(int *power, cursor *c) {
    *power = 1;
    if (strncmp(c->p, "\xC2\xB2", 2) == 0 || strncmp(c->p, "\xC2\xB3", 2) == 0) {
        *power = (unsigned char)c->p[1] == 0xB2 ? 2 : 3;
        c->p += 2;
        return XT_OK;
    }
    bool caret = *c->p == '^';
    const char *p = c->p + caret;
    int sign = *p == '-' ? -1 : 1;
    if (*p == '-' || *p == '+') p++;
    if (!isdigit((unsigned char)*p))
        return caret || p != c->p ? fail(c, "expected a whole number as the power") : XT_OK;
    int n = 0;
    for (; isdigit((unsigned char)*p); p++)
        if (n <= MAX_POWER) n = 10 * n + (*p - '0');
    if (n > MAX_POWER || *p == '.') return fail(c, "powers are whole numbers up to 12");
    *power = sign * n;
    c->p = p;
    return XT_OK;
}

static xt_status multiply(xt_partial_unit *a, const xt_partial_unit *b, int power, cursor *c) {
    for (int i = 0; i < XT_DIM_COUNT; i++) {
        a->e[i] += power * b->e[i];
        if (abs(a->e[i]) > MAX_TOTAL_POWER) return fail(c, "its power is too high");
    }
    a->tens += power * b->tens;
    a->seconds += power * b->seconds;
    a->rest *= powl(b->rest, power);
    return abs(a->tens) > 4000 || abs(a->seconds) > 1000 || !isnormal(a->rest)
               ? fail(c, "its size is out of range")
               : XT_OK;
}

static xt_status product(xt_partial_unit *value, cursor *c);

static xt_status factor(xt_partial_unit *value, int *power, bool after_blank, cursor *c) {
    *power = 1;
    if (*c->p == '1' && !after_blank) {
        c->p++;
        *value = (xt_partial_unit){.rest = 1};
        skip_blanks(c);
        if (*c->p && !strchr("*/)", *c->p) && strncmp(c->p, "\xC2\xB7", 2) != 0)
            return fail(c, "the only number in it may be 1, as in 1/h");
        return XT_OK;
    }
    if (*c->p == '(') {
        if (++c->nesting > MAX_NESTING) return fail(c, "too many parentheses");
        c->p++;
        XT_TRY(product(value, c));
        if (*c->p != ')') return fail(c, "a ')' is missing");
        c->p++;
        c->nesting--;
        return power_of(power, c);
    }
    if (starts_name(*c->p) && !is_mark(c->p)) {
        XT_TRY(name_unit(value, c));
        return power_of(power, c);
    }
    if (*c->p == '\0') return fail(c, "it ends where a unit was expected");
    if (isdigit((unsigned char)*c->p)) return fail(c, "the only number in it may be 1, as in 1/h");
    return fail(c,
                *c->p == '/' ? "expected a unit or 1 before '/'" : "expected a unit such as mm, 1/h or pM");
}

static xt_status product(xt_partial_unit *value, cursor *c) {
    *value = (xt_partial_unit){.rest = 1};
    skip_blanks(c);
    int sign = 1;
    bool after_blank = false;
    for (;;) {
        xt_partial_unit f;
        int power;
        XT_TRY(factor(&f, &power, after_blank, c));
        XT_TRY(multiply(value, &f, sign * power, c));
        const char *end = c->p;
        skip_blanks(c);
        sign = 1;
        after_blank = false;
        if (*c->p == '\0' || *c->p == ')') return XT_OK;
        if (*c->p == '/') {
            sign = -1;
            c->p++;
        } else if (*c->p == '*' || *c->p == '.') {
            c->p++;
        } else if (strncmp(c->p, "\xC2\xB7", 2) == 0) {
            c->p += 2;
        } else if (c->p > end) {
            after_blank = true;
        } else {
            return fail(c, "expected '*', '/' or a power");
        }
        skip_blanks(c);
    }
}

xt_status xt_unit_parse(xt_unit *unit, const char *text, xt_error *err) {
    *unit = (xt_unit){.scale = 1};
    cursor c = {text, text, 0, err};
    skip_blanks(&c);
    if (*c.p == '\0') return XT_OK;
    xt_partial_unit value;
    XT_TRY(product(&value, &c));
    if (*c.p != '\0') return fail(&c, "a ')' has no '('");
    long double above = value.rest, below = 1;
    *(value.tens < 0 ? &below : &above) *= powl(10, abs(value.tens));
    *(value.seconds > 0 ? &below : &above) *= powl(3600, abs(value.seconds));
    unit->scale = (double)(above / below);
    if (!isnormal(unit->scale)) return fail(&c, "its size is out of range");
    for (int i = 0; i < XT_DIM_COUNT; i++) unit->dim.e[i] = (short)(12 * value.e[i]);
    return XT_OK;
}

/* ---- dimensions ---- */

bool xt_dim_equal(xt_dim a, xt_dim b) { return memcmp(a.e, b.e, sizeof a.e) == 0; }

bool xt_dim_is_one(xt_dim a) { return xt_dim_equal(a, (xt_dim){{0}}); }

xt_dim xt_dim_product(xt_dim a, xt_dim b, int sign_of_b) {
    for (int i = 0; i < XT_DIM_COUNT; i++) {
        int e = a.e[i] + (sign_of_b < 0 ? -b.e[i] : b.e[i]);
        a.e[i] = (short)(e > 32767 ? 32767 : e < -32767 ? -32767 : e);
    }
    return a;
}

static void append(char *buffer, size_t size, const char *text) {
    size_t used = strlen(buffer);
    if (used < size) snprintf(buffer + used, size - used, "%s", text);
}

static void append_power(char *buffer, size_t size, const char *name, int twelfths) {
    char power[40] = "";
    int over = 12;
    for (int i = 12; i > 1; i--)
        if (twelfths % i == 0 && over % i == 0) {
            twelfths /= i;
            over /= i;
        }
    if (over > 1)
        snprintf(power, sizeof power, "^(%d/%d)", twelfths, over);
    else if (twelfths != 1)
        snprintf(power, sizeof power, "^%d", twelfths);
    append(buffer, size, name);
    append(buffer, size, power);
}

/* "a b^2/c/d" of the exponents, with a concentration written as pM where `concentration` says so. */
static void append_dim(char *buffer, size_t size, xt_dim dim, bool concentration) {
    static const struct {
        int index;
        const char *name;
    } bases[] = {{XT_DIM_AMOUNT, "amol"},   {XT_DIM_MASS, "g"},  {XT_DIM_LENGTH, "mm"},
                 {XT_DIM_TEMPERATURE, "K"}, {XT_DIM_OTHER, "A"}, {XT_DIM_TIME, "h"}};
    enum { COUNT = sizeof bases / sizeof *bases };
    int molar = concentration ? dim.e[XT_DIM_AMOUNT] : 0;
    if (concentration) dim.e[XT_DIM_AMOUNT] = dim.e[XT_DIM_LENGTH] = 0;
    bool above = false;
    if (molar > 0) {
        append_power(buffer, size, "pM", molar);
        above = true;
    }
    for (int i = 0; i < COUNT; i++) {
        int e = dim.e[bases[i].index];
        if (e <= 0) continue;
        if (above) append(buffer, size, " ");
        append_power(buffer, size, bases[i].name, e);
        above = true;
    }
    if (!above) append(buffer, size, "1");
    if (molar < 0) {
        append(buffer, size, "/");
        append_power(buffer, size, "pM", -molar);
    }
    for (int i = 0; i < COUNT; i++) {
        int e = dim.e[bases[i].index];
        if (e >= 0) continue;
        append(buffer, size, "/");
        append_power(buffer, size, bases[i].name, -e);
    }
}

const char *xt_dim_text(xt_dim dim, char *buffer, size_t size) {
    if (size == 0) return "";
    buffer[0] = '\0';
    append_dim(buffer, size, dim, false);
    if (dim.e[XT_DIM_AMOUNT] != 0 && dim.e[XT_DIM_LENGTH] == -3 * dim.e[XT_DIM_AMOUNT]) {
        append(buffer, size, " (");
        append_dim(buffer, size, dim, true);
        append(buffer, size, ")");
    }
    return buffer;
}

/* ---- quantities ---- */

/* End of the decimal number at p, or p. No "inf", "nan" or hexadecimal, which strtod would take. */
static const char *number_end(const char *p) {
    const char *start = p;
    if (*p == '+' || *p == '-') p++;
    int digits = 0;
    for (; isdigit((unsigned char)*p); p++) digits++;
    if (*p == '.')
        for (p++; isdigit((unsigned char)*p); p++) digits++;
    if (digits == 0) return start;
    if (*p == 'e' || *p == 'E') {
        const char *q = p + 1;
        if (*q == '+' || *q == '-') q++;
        if (isdigit((unsigned char)*q)) {
            while (isdigit((unsigned char)*q)) q++;
            p = q;
        }
    }
    return p;
}

xt_status xt_quantity_parse(double *value, xt_dim *dim, const char *text, xt_error *err) {
    const char *start = text + strspn(text, " \t");
    const char *end = number_end(start);
    *value = 0;
    *dim = (xt_dim){{0}};
    if (end == start) return xt_fail(err, XT_USAGE, "'%.80s' does not start with a number", text);
    char *stopped;
    double number = strtod(start, &stopped);
    if (stopped != end || !isfinite(number))
        return xt_fail(err, XT_USAGE, "'%.80s' is not a number in range", text);
    xt_unit unit;
    XT_TRY(xt_unit_parse(&unit, end, err));
    *value = number * unit.scale;
    *dim = unit.dim;
    if (!isfinite(*value)) return xt_fail(err, XT_USAGE, "'%.80s' is out of range", text);
    return XT_OK;
}
