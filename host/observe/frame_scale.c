/* Limits, colours and marks of the colour bar. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "observe/frame_parts.h"

enum { MAX_SAMPLE = 1 << 16 };
static const double decades = 1e6; /* the widest logarithmic range chosen automatically */

static int ascending(const void *a, const void *b) {
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* The 0.5 and 99.5 percentiles of finite values (positive ones if `positive`), of at most MAX_SAMPLE of them
 * taken at a fixed stride. count 0: there is none. */
static xt_status percentiles(double *low, double *high, size_t *count, const xt_frame_def *def, bool positive,
                             xt_error *err) {
    const size_t n = (size_t)def->nx * (size_t)def->ny;
    size_t usable = 0, kept = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(def->value[i]) && (!positive || def->value[i] > 0)) usable++;
    *count = usable;
    *low = *high = 0;
    if (usable == 0) return XT_OK;
    const size_t stride = (usable + MAX_SAMPLE - 1) / MAX_SAMPLE;
    float *sample = malloc((usable / stride + 1) * sizeof *sample);
    if (!sample) return xt_no_memory(err, "limits of a picture", usable / stride * sizeof *sample);
    size_t seen = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(def->value[i]) && (!positive || def->value[i] > 0))
            if (seen++ % stride == 0) sample[kept++] = def->value[i];
    qsort(sample, kept, sizeof *sample, ascending);
    *low = sample[(size_t)(0.005 * (double)(kept - 1) + 0.5)];
    *high = sample[(size_t)(0.995 * (double)(kept - 1) + 0.5)];
    free(sample);
    return XT_OK;
}

static void choose_log(double *low, double *high, size_t count) {
    if (count == 0) {
        *low = 0.1;
        *high = 1;
    }
    if (*low < *high / decades) *low = *high / decades;
    if (*high < 1.05 * *low) {
        const double middle = sqrt(*low * *high);
        *low = middle / 3;
        *high = middle * 3;
    }
}

static void choose_linear(double *low, double *high, const xt_frame_def *def) {
    if (def->map == XT_MAP_BALANCE) {
        double reach = fmax(fabs(*low - def->centre), fabs(*high - def->centre));
        if (!(reach > 0)) reach = def->centre != 0 ? 0.1 * fabs(def->centre) : 1;
        *low = def->centre - reach;
        *high = def->centre + reach;
        return;
    }
    const double size = fmax(fabs(*low), fabs(*high));
    if (size == 0) {
        *high = 1;
    } else if (*high - *low < 1e-6 * size) { /* one value everywhere */
        if (*high > 0) {
            *low = 0;
            *high *= 1.25;
        } else {
            *high = 0;
            *low *= 1.25;
        }
    } else if (*low >= 0 && *low < 0.4 * *high)
        *low = 0;
}

xt_status xt_frame_limits(double *low, double *high, const xt_frame_def *def, xt_error *err) {
    *low = def->low;
    *high = def->high;
    if (isnan(*low) || isnan(*high)) {
        double a = 0, b = 1;
        if (def->kind != XT_FRAME_FRACTION || def->log) {
            size_t count;
            XT_TRY(percentiles(&a, &b, &count, def, def->log, err));
            if (def->log)
                choose_log(&a, &b, count);
            else
                choose_linear(&a, &b, def);
        }
        if (isnan(*low))
            *low = isnan(*high) || a < *high ? a : def->log ? *high / 10 : *high - fabs(*high) - 1;
        if (isnan(*high)) *high = b > *low ? b : def->log ? *low * 10 : *low + fabs(*low) + 1;
    }
    if (!isfinite(*low) || !isfinite(*high) || !(*low < *high) || (def->log && !(*low > 0)))
        return xt_fail(err, XT_USAGE, "a colour bar from %g to %g%s", *low, *high,
                       def->log ? " on a logarithmic scale" : "");
    return XT_OK;
}

double xt_scale_at(const xt_frame_scale *scale, double value) {
    double t;
    if (scale->log)
        t = value > 0 ? log(value / scale->low) / log(scale->high / scale->low) : 0;
    else
        t = (value - scale->low) / (scale->high - scale->low);
    return t > 0 ? (t < 1 ? t : 1) : 0;
}

double xt_nice_below(double x) {
    const double power = pow(10, floor(log10(x) + 1e-9)), m = x / power * (1 + 1e-9);
    return power * (m >= 5 ? 5 : m >= 2 ? 2 : 1);
}

const char *xt_power_text(int exponent, char *buffer, size_t size) {
    static const char *const digit[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    char plain[16];
    snprintf(plain, sizeof plain, "%d", exponent);
    snprintf(buffer, size, "10");
    for (const char *p = plain; *p; p++) {
        const size_t used = strlen(buffer);
        snprintf(buffer + used, size - used, "%s", *p == '-' ? "⁻" : digit[*p - '0']);
    }
    return buffer;
}

/* "%.*f" with a real minus sign, and no minus for what rounds to zero. */
static void number(char *text, size_t size, double value, int decimals) {
    char plain[64];
    snprintf(plain, sizeof plain, "%.*f", decimals, value);
    const bool zero = strspn(plain, "-0.") == strlen(plain);
    if (plain[0] == '-')
        snprintf(text, size, "%s%s", zero ? "" : "−", plain + 1);
    else
        snprintf(text, size, "%s", plain);
}

/* A value on a logarithmic scale: plain between 0.01 and 1000, else digit times a power of ten. */
static void log_number(char *text, size_t size, double mantissa, int exponent) {
    char power[48];
    if (exponent >= -2 && exponent <= 3)
        number(text, size, mantissa * pow(10, exponent), exponent < 0 ? -exponent : 0);
    else if (mantissa == 1)
        snprintf(text, size, "%s", xt_power_text(exponent, power, sizeof power));
    else
        snprintf(text, size, "%.0f·%s", mantissa, xt_power_text(exponent, power, sizeof power));
}

static int linear_ticks(xt_tick *tick, int *exponent, const xt_frame_scale *scale, int wanted) {
    const double range = scale->high - scale->low, size = fmax(fabs(scale->low), fabs(scale->high));
    /* One, two or five times a power of ten: the smallest that gives no more than wanted. */
    double step = xt_nice_below(range / wanted);
    while (range / step > wanted + 0.5) step = xt_nice_below(step * 2.6);
    const int order = (int)floor(log10(size) + 1e-9);
    *exponent = order >= 5 || order <= -3 ? order : 0;
    int decimals = -(int)floor(log10(step) + 1e-9) + *exponent;
    if (decimals < 0) decimals = 0;
    int n = 0;
    for (double k = ceil(scale->low / step - 1e-6); k * step <= scale->high + 1e-6 * step && n < XT_MAX_TICKS;
         k++) {
        tick[n].at = xt_scale_at(scale, k * step);
        number(tick[n].text, sizeof tick[n].text, k * step / pow(10, *exponent), decimals);
        n++;
    }
    return n;
}

static int log_ticks(xt_tick *tick, const xt_frame_scale *scale, int wanted) {
    const int first = (int)floor(log10(scale->low) - 1e-9), last = (int)ceil(log10(scale->high) + 1e-9);
    const double span = log10(scale->high / scale->low);
    const int every = (int)ceil(span / wanted), labelled = span < 2.5 ? 3 : 1; /* 1; or 1, 2 and 5 */
    int n = 0;
    for (int e = first; e <= last; e++)
        for (int m = 1; m < 10 && n < XT_MAX_TICKS; m++) {
            const double value = m * pow(10, e);
            if (value < scale->low * (1 - 1e-9) || value > scale->high * (1 + 1e-9)) continue;
            const bool named = m == 1 ? e % every == 0 : labelled == 3 && (m == 2 || m == 5);
            if (!named && m > 1 && span > 6.5) continue;
            tick[n].at = xt_scale_at(scale, value);
            tick[n].text[0] = '\0';
            if (named) log_number(tick[n].text, sizeof tick[n].text, m, e);
            n++;
        }
    return n;
}

int xt_scale_ticks(xt_tick tick[XT_MAX_TICKS], int *exponent, const xt_frame_scale *scale, int wanted) {
    *exponent = 0;
    if (!scale->log) return linear_ticks(tick, exponent, scale, wanted);
    int n = log_ticks(tick, scale, wanted), named = 0;
    for (int i = 0; i < n; i++) named += tick[i].text[0] != '\0';
    return named >= 2 ? n : linear_ticks(tick, exponent, scale, wanted); /* less than a decade */
}
