#include "base/error.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    SHOWN = 100,      /* characters of a source line that an error shows at most */
    BEFORE = 60,      /* of them before the caret when the line has to be cut */
    LONGEST_WORD = 64 /* words longer than this are never near anything */
};

static int is_continuation(char c) { return ((unsigned char)c & 0xC0) == 0x80; }

/* vsnprintf cuts at a byte: drop the rest of a character it may have split. */
static void drop_split_character(char *text) {
    size_t n = strlen(text), back = n;
    while (back > 0 && is_continuation(text[back - 1])) back--;
    if (back == 0) return;
    unsigned char lead = (unsigned char)text[back - 1];
    size_t need = lead < 0xC0 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    if (n - back < need) text[back - 1] = '\0';
}

static XT_PRINTF(3, 0) void compose(char *text, size_t size, const char *format, va_list args) {
    if (vsnprintf(text, size, format, args) < 0) snprintf(text, size, "(message could not be formatted)");
    drop_split_character(text);
}

xt_status xt_fail(xt_error *err, xt_status status, const char *format, ...) {
    if (err->status != XT_OK) return err->status;
    err->status = status == XT_OK ? XT_INTERNAL : status;
    va_list args;
    va_start(args, format);
    compose(err->text, sizeof err->text, format, args);
    va_end(args);
    return err->status;
}

/* Start of the given line, or NULL. Lines end as YAML's do: \n, \r or \r\n. */
static const char *find_line(const char *text, int line) {
    for (; line > 1; line--) {
        text += strcspn(text, "\r\n");
        if (*text == '\0') return NULL;
        text += text[0] == '\r' && text[1] == '\n' ? 2 : 1;
    }
    return text;
}

static const char *next_character(const char *p, const char *end) {
    for (p++; p < end && is_continuation(*p);) p++;
    return p;
}

/* Append "\n  <line>\n  <spaces>^". A long line is cut to a window around the caret; tabs and control bytes
 * become single blanks so that the caret stays under its character. */
static void append_excerpt(char *out, size_t size, const char *line, int col) {
    const char *end = line + strcspn(line, "\r\n");
    int caret = col - 1, skipped = 0;
    while (caret - skipped > BEFORE && line < end) {
        line = next_character(line, end);
        skipped++;
    }
    caret -= skipped;

    char shown[4 * SHOWN + 1];
    size_t n = 0;
    int characters = 0;
    for (; line < end && characters < SHOWN; characters++) {
        const char *next = next_character(line, end);
        size_t bytes = (size_t)(next - line);
        if (bytes > 4) bytes = 1; /* not UTF-8: one blank for the lot */
        for (size_t i = 0; i < bytes; i++) {
            unsigned char c = (unsigned char)line[i];
            shown[n++] = bytes == 1 && (c < 0x20 || c >= 0x7F) ? ' ' : (char)c;
        }
        line = next;
    }
    shown[n] = '\0';
    if (caret > characters) caret = characters;
    size_t used = strlen(out);
    snprintf(out + used, size - used, "\n  %s%s%s\n  %*s^", skipped ? "..." : "", shown,
             line < end ? "..." : "", caret + (skipped ? 3 : 0), "");
}

xt_status xt_fail_at(xt_error *err, const xt_source *source, int line, int col, const char *format, ...) {
    if (err->status != XT_OK) return err->status;
    char message[1024];
    va_list args;
    va_start(args, format);
    compose(message, sizeof message, format, args);
    va_end(args);

    const char *file = source && source->file ? source->file : "(input)";
    err->status = XT_USAGE;
    if (line > 0 && col > 0)
        snprintf(err->text, sizeof err->text, "%.400s:%d:%d: error: %s", file, line, col, message);
    else if (line > 0)
        snprintf(err->text, sizeof err->text, "%.400s:%d: error: %s", file, line, message);
    else
        snprintf(err->text, sizeof err->text, "%.400s: error: %s", file, message);
    drop_split_character(err->text);
    if (line > 0 && col > 0 && source && source->text) {
        const char *start = find_line(source->text, line);
        if (start) append_excerpt(err->text, sizeof err->text, start, col);
    }
    return err->status;
}

xt_status xt_context(xt_error *err, const char *format, ...) {
    if (err->status == XT_OK) return XT_OK;
    char context[512], old[sizeof err->text];
    va_list args;
    va_start(args, format);
    compose(context, sizeof context, format, args);
    va_end(args);
    memcpy(old, err->text, sizeof old);
    size_t n = strlen(context);
    memcpy(err->text, context, n);
    memcpy(err->text + n, ": ", 2);
    size_t room = sizeof err->text - n - 3, keep = strlen(old);
    if (keep > room) keep = room;
    memcpy(err->text + n + 2, old, keep);
    err->text[n + 2 + keep] = '\0';
    drop_split_character(err->text);
    return err->status;
}

xt_status xt_no_memory(xt_error *err, const char *what, unsigned long long bytes) {
    if (bytes >= 10ull << 20)
        return xt_fail(err, XT_INTERNAL, "out of memory: %s needs %.1f MiB", what, (double)bytes / (1 << 20));
    return xt_fail(err, XT_INTERNAL, "out of memory: %s needs %llu bytes", what, bytes);
}

/* Damerau's distance (a swap of neighbours costs one), letters compared without case. */
static int distance(const char *a, int na, const char *b, int nb) {
    int row[3][LONGEST_WORD + 1];
    int *before = row[0], *last = row[1], *now = row[2];
    for (int j = 0; j <= nb; j++) last[j] = before[j] = j;
    for (int i = 1; i <= na; i++) {
        now[0] = i;
        for (int j = 1; j <= nb; j++) {
            int ca = tolower((unsigned char)a[i - 1]), cb = tolower((unsigned char)b[j - 1]);
            int best = last[j - 1] + (ca != cb);
            if (last[j] + 1 < best) best = last[j] + 1;
            if (now[j - 1] + 1 < best) best = now[j - 1] + 1;
            if (i > 1 && j > 1 && ca == tolower((unsigned char)b[j - 2]) &&
                tolower((unsigned char)a[i - 2]) == cb && before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }
        int *spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[nb];
}

const char *xt_nearest(const char *word, const char *const *known, int count) {
    size_t n = strlen(word);
    if (n == 0 || n > LONGEST_WORD) return NULL;
    const char *nearest = NULL;
    int least = 1 + (int)n / 3;
    for (int i = 0; i < count; i++) {
        size_t m = known[i] ? strlen(known[i]) : 0;
        if (m == 0 || m > LONGEST_WORD) continue;
        int d = distance(word, (int)n, known[i], (int)m);
        /* A word replaced as a whole is not a misspelling. */
        if (d >= (int)(n > m ? n : m)) continue;
        if (d < least || (d == least && !nearest)) {
            least = d;
            nearest = known[i];
        }
    }
    return nearest;
}
