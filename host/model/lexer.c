/* Words of a formula. Two things are particular: units after numbers, and where a character of a folded YAML
 * scalar stands in its file. */
#include "model/lexer.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- places ---- */

/* Where (line, col) is in the source's text, or NULL. */
static const char *find_place(const xt_source *source, int line, int col) {
    if (!source || !source->text) return NULL;
    const char *p = source->text;
    for (int i = 1; i < line; i++) {
        p = strchr(p, '\n');
        if (!p) return NULL;
        p++;
    }
    for (int i = 1; i < col; i++) {
        size_t n = xt_utf8_character(p, strnlen(p, 4));
        if (n == 0 || *p == '\n') return NULL;
        p += n;
    }
    return p;
}

static void step_in_file(xt_lexer *l) {
    if (*l->in_file == '\n') {
        l->line++;
        l->col = 1;
        l->in_file++;
        return;
    }
    size_t n = xt_utf8_character(l->in_file, strnlen(l->in_file, 4));
    l->in_file += n ? n : 1;
    l->col++;
}

static bool blank(char c) { return c == ' ' || c == '\n' || c == '\r'; }

/* To the first character of the scalar's content. */
static void enter_scalar(xt_lexer *l) {
    if (*l->in_file == '"' || *l->in_file == '\'') {
        l->quoted = true;
        step_in_file(l);
    } else if (*l->in_file == '>' || *l->in_file == '|') {
        while (*l->in_file && *l->in_file != '\n') step_in_file(l);
    }
    while (blank(*l->in_file)) step_in_file(l);
}

/* Follow the file up to the lexer's place. YAML folds line breaks and indentation into one blank; where the
 * two texts part for another reason (an escape), the place stays at the last common character. */
static void catch_up(xt_lexer *l) {
    while (l->mapped && l->walked < l->p) {
        if (blank(*l->walked)) {
            while (l->walked < l->p && blank(*l->walked)) l->walked++;
            while (blank(*l->in_file)) step_in_file(l);
            continue;
        }
        if (*l->in_file != *l->walked) {
            l->mapped = false;
            return;
        }
        size_t n = xt_utf8_character(l->walked, strnlen(l->walked, 4));
        l->walked += n ? n : 1;
        step_in_file(l);
    }
}

void xt_lexer_start(xt_lexer *lexer, const char *text, const xt_source *source, int line, int col,
                    xt_is_symbol *is_symbol, const void *data, xt_error *err) {
    *lexer = (xt_lexer){.p = text,
                        .is_symbol = is_symbol,
                        .data = data,
                        .source = source,
                        .err = err,
                        .walked = text,
                        .line = line,
                        .col = col};
    lexer->in_file = find_place(source, line, col);
    lexer->mapped = lexer->in_file != NULL;
    if (lexer->mapped) {
        while (blank(*lexer->walked)) lexer->walked++;
        enter_scalar(lexer);
    }
}

/* ---- units ---- */

static bool word_character(char c) {
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* Add the word at p and its power ("um", "cm^3", "s^-1") to the n characters of `unit`. NULL if it does not
 * fit. */
static const char *take_unit_word(char *unit, size_t *n, const char *p) {
    const char *start = p;
    while (word_character(*p)) p++;
    if (*p == '^') {
        const char *q = p + 1;
        if (*q == '-') q++;
        if (isdigit((unsigned char)*q)) {
            while (isdigit((unsigned char)*q)) q++;
            if (*q != '.') p = q;
        }
    }
    size_t length = (size_t)(p - start);
    if (*n + length >= XT_WORD) return NULL;
    memcpy(unit + *n, start, length);
    *n += length;
    unit[*n] = '\0';
    return p;
}

static bool starts_unit(const char *p) { return isalpha((unsigned char)*p) || (unsigned char)*p >= 0x80; }

/* A word after a number can only be a unit, since nothing multiplies without a sign: `25 d`, `17 GPa`. What
 * is joined to it without blanks belongs to it, `g/cm^3`, as long as the joined text is a unit and the word
 * no symbol. */
static xt_status unit_after_number(xt_token *token, xt_lexer *l) {
    const char *p = l->p;
    while (*p == ' ') p++;
    bool per = p > l->p && p[0] == '1' && p[1] == '/' && starts_unit(p + 2); /* 0.06 1/y */
    if (!per && !starts_unit(p)) return XT_OK;
    char unit[XT_WORD] = "";
    size_t n = 0;
    if (per) {
        memcpy(unit, "1/", 3);
        n = 2;
    }
    const char *word = p + n;
    l->p = p;
    catch_up(l);
    p = take_unit_word(unit, &n, word);
    xt_error why = {XT_OK, ""};
    xt_unit parsed;
    if (!p || xt_unit_parse(&parsed, unit, &why) != XT_OK) {
        char name[XT_WORD] = "";
        size_t length = 0;
        while (word_character(word[length]) && length < XT_WORD - 1) length++;
        memcpy(name, word, length);
        if (why.status != XT_OK && why.status != XT_USAGE) return xt_fail(l->err, why.status, "%s", why.text);
        if (l->is_symbol && l->is_symbol(l->data, name))
            return xt_fail_at(l->err, l->source, l->line, l->col, "expected an operator between %s and '%s'",
                              token->word, name);
        return xt_fail_at(l->err, l->source, l->line, l->col, "%s",
                          p ? why.text : "this is too long for a unit");
    }
    while (*p == '/' && starts_unit(p + 1)) {
        char longer[XT_WORD], name[XT_WORD] = "";
        size_t m = n, length = 0;
        memcpy(longer, unit, n);
        longer[m++] = '/';
        if (m >= XT_WORD) break;
        const char *end = take_unit_word(longer, &m, p + 1);
        if (!end) break;
        while (word_character(p[1 + length]) && length < XT_WORD - 1) length++;
        memcpy(name, p + 1, length);
        xt_unit joined;
        xt_error ignored = {XT_OK, ""};
        if (l->is_symbol && l->is_symbol(l->data, name)) break;
        if (xt_unit_parse(&joined, longer, &ignored) != XT_OK) break;
        parsed = joined;
        memcpy(unit, longer, m + 1);
        n = m;
        p = end;
    }
    l->p = p;
    token->value *= parsed.scale;
    token->dim = parsed.dim;
    if (!isfinite(token->value))
        return xt_fail_at(l->err, l->source, token->line, token->col, "this quantity is out of range");
    return XT_OK;
}

/* ---- words ---- */

static xt_status number(xt_token *token, xt_lexer *l) {
    const char *p = l->p;
    while (isdigit((unsigned char)*p)) p++;
    if (*p == '.') {
        p++;
        while (isdigit((unsigned char)*p)) p++;
    }
    if (*p == 'e' || *p == 'E') {
        const char *q = p + 1;
        if (*q == '+' || *q == '-') q++;
        if (isdigit((unsigned char)*q)) {
            while (isdigit((unsigned char)*q)) q++;
            p = q;
        }
    }
    char *stopped;
    token->kind = XT_TOKEN_NUMBER;
    token->value = strtod(l->p, &stopped);
    if (stopped != p || !isfinite(token->value)) /* hexadecimal, or too large */
        return xt_fail_at(l->err, l->source, token->line, token->col,
                          "this is not a decimal number in range");
    size_t n = (size_t)(p - l->p);
    if (n >= XT_WORD) n = XT_WORD - 1;
    memcpy(token->word, l->p, n);
    l->p = p;
    return unit_after_number(token, l);
}

xt_status xt_lexer_next(xt_token *token, xt_lexer *l) {
    static const char *const operators[] = {"<=", ">=", "==", "!=", "&&", "||", "<", ">", "!",
                                            "+",  "-",  "*",  "/",  "^",  "(",  ")", ","};
    *token = (xt_token){.kind = XT_TOKEN_END};
    while (blank(*l->p)) l->p++;
    catch_up(l);
    token->line = l->line;
    token->col = l->col;
    if (*l->p == '\0') return XT_OK;
    if (isdigit((unsigned char)*l->p) || (*l->p == '.' && isdigit((unsigned char)l->p[1])))
        return number(token, l);
    if (isalpha((unsigned char)*l->p) || *l->p == '_') {
        token->kind = XT_TOKEN_NAME;
        size_t n = 0;
        while (isalnum((unsigned char)l->p[n]) || l->p[n] == '_') n++;
        if (n >= XT_WORD)
            return xt_fail_at(l->err, l->source, token->line, token->col, "this name is too long");
        memcpy(token->word, l->p, n);
        l->p += n;
        return XT_OK;
    }
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        size_t n = strlen(operators[i]);
        if (strncmp(l->p, operators[i], n) != 0) continue;
        token->kind = XT_TOKEN_OPERATOR;
        memcpy(token->word, operators[i], n + 1);
        l->p += n;
        return XT_OK;
    }
    if (*l->p == '=')
        return xt_fail_at(l->err, l->source, token->line, token->col,
                          "'=' has no meaning in a formula; equality is '=='");
    if (*l->p == '%')
        return xt_fail_at(l->err, l->source, token->line, token->col,
                          "'%%' has no meaning in a formula; write 0.05 or 5 percent");
    size_t n = xt_utf8_character(l->p, strnlen(l->p, 4));
    if (n == 0 || !isprint((unsigned char)*l->p)) n = (unsigned char)*l->p >= 0x80 && n > 0 ? n : 0;
    if (n == 0)
        return xt_fail_at(l->err, l->source, token->line, token->col,
                          "this character has no meaning in a formula");
    return xt_fail_at(l->err, l->source, token->line, token->col, "'%.*s' has no meaning in a formula",
                      (int)n, l->p);
}
