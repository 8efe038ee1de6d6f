/* Words of a formula, with the place of each in the file. Only parse.c needs this. */
#ifndef MODEL_LEXER_H
#define MODEL_LEXER_H

#include "model/formula.h"

typedef enum {
    XT_TOKEN_END,
    XT_TOKEN_NUMBER, /* value in internal units and dim */
    XT_TOKEN_NAME,
    XT_TOKEN_OPERATOR /* its text is `word` */
} xt_token_kind;

enum { XT_WORD = 64 };

typedef struct {
    xt_token_kind kind;
    double value;
    xt_dim dim;
    char word[XT_WORD]; /* NAME, OPERATOR; NUMBER: as written, shortened if need be, for messages */
    int line, col;
} xt_token;

typedef struct {
    const char *p;
    xt_is_symbol *is_symbol;
    const void *data;
    const xt_source *source;
    xt_error *err;
    /* The character in the file that *walked stands for, if `mapped`. */
    const char *walked, *in_file;
    bool mapped, quoted;
    int line, col;
} xt_lexer;

void xt_lexer_start(xt_lexer *lexer, const char *text, const xt_source *source, int line, int col,
                    xt_is_symbol *is_symbol, const void *data, xt_error *err);
xt_status xt_lexer_next(xt_token *token, xt_lexer *lexer);

#endif
