#include "draw/scale.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

double xt_scale_at(const xt_scale *scale, double value) {
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

static int linear_ticks(xt_tick *tick, int *exponent, const xt_scale *scale, int wanted) {
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

static int log_ticks(xt_tick *tick, const xt_scale *scale, int wanted) {
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

int xt_scale_ticks(xt_tick tick[XT_MAX_TICKS], int *exponent, const xt_scale *scale, int wanted) {
    *exponent = 0;
    if (!scale->log) return linear_ticks(tick, exponent, scale, wanted);
    int n = log_ticks(tick, scale, wanted), named = 0;
    for (int i = 0; i < n; i++) named += tick[i].text[0] != '\0';
    return named >= 2 ? n : linear_ticks(tick, exponent, scale, wanted); /* less than a decade */
}
