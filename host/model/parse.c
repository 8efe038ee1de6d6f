/* Recursive descent over
 *
 *   or      = compare { '&&' compare } | compare { '||' compare }      no mixture without parentheses
 *   compare = sum [ ('<' '<=' '>' '>=' '==' '!=') sum ]
 *   sum     = product { ('+' | '-') product }    left to right
 *   product = unary { ('*' | '/') unary }        left to right
 *   unary   = ('-' | '+' | '!') unary | power
 *   power   = atom [ '^' exponent ]              right to left: 2^3^2 = 2^9, -2^2 = -4
 *   exponent = ('-' | '+') exponent | power
 *   atom    = number [unit] | name | name '(' or { ',' or } ')' | '(' or ')'
 *
 * as libSBML's L3 parser reads it, which takes '&&' and '||' as equals: hence the parentheses. */
#include "model/lexer.h"

#include <string.h>

typedef struct {
    xt_lexer lexer;
    xt_token token; /* the next one */
    xt_arena *arena;
    xt_error *err;
    int nesting, nodes;
} parser;

static xt_status parse_or(xt_expr **expr, parser *p);
static xt_status parse_unary(xt_expr **expr, parser *p);

static bool at(const parser *p, const char *op) {
    return p->token.kind == XT_TOKEN_OPERATOR && strcmp(p->token.word, op) == 0;
}

static xt_status advance(parser *p) { return xt_lexer_next(&p->token, &p->lexer); }

static xt_status fail(parser *p, const char *wanted) {
    const xt_token *t = &p->token;
    if (t->kind == XT_TOKEN_END)
        return xt_fail_at(p->err, p->lexer.source, t->line, t->col, "the formula ends where %s was expected",
                          wanted);
    return xt_fail_at(p->err, p->lexer.source, t->line, t->col, "expected %s, found '%s'", wanted, t->word);
}

static xt_status new_node(xt_expr **expr, parser *p, const xt_expr *content, xt_expr *const *child,
                          int count) {
    if (++p->nodes > XT_FORMULA_NODES)
        return xt_fail_at(p->err, p->lexer.source, content->line, content->col,
                          "the formula has more than %d parts; split it", XT_FORMULA_NODES);
    xt_expr *e = xt_arena_alloc(p->arena, sizeof *e);
    if (!e) return xt_no_memory(p->err, "a formula", sizeof *e);
    *e = *content;
    e->depth = 1;
    e->count = count;
    if (count > 0) {
        e->child = xt_arena_alloc(p->arena, (size_t)count * sizeof(xt_expr *));
        if (!e->child)
            return xt_no_memory(p->err, "a formula", (unsigned long long)count * sizeof(xt_expr *));
        memcpy(e->child, child, (size_t)count * sizeof(xt_expr *));
    }
    for (int i = 0; i < count; i++)
        if (child[i]->depth >= e->depth) e->depth = child[i]->depth + 1;
    if (e->depth > XT_FORMULA_DEPTH)
        return xt_fail_at(p->err, p->lexer.source, content->line, content->col,
                          "the formula has more than %d operations inside each other; split it",
                          XT_FORMULA_DEPTH);
    *expr = e;
    return XT_OK;
}

static xt_status operation(xt_expr **expr, parser *p, xt_op op, const xt_token *where, xt_expr *left,
                           xt_expr *right) {
    xt_expr *child[2] = {left, right};
    xt_expr content = {.kind = XT_CALL, .op = op, .line = where->line, .col = where->col};
    return new_node(expr, p, &content, child, right ? 2 : left ? 1 : 0);
}

static xt_status enter(parser *p) {
    if (++p->nesting > XT_FORMULA_NESTING)
        return xt_fail_at(p->err, p->lexer.source, p->token.line, p->token.col,
                          "more than %d parentheses and signs inside each other", XT_FORMULA_NESTING);
    return XT_OK;
}

/* The arguments of a call, past its '('. */
static xt_status arguments(xt_expr **expr, parser *p, xt_expr *content) {
    xt_expr *child[XT_CALL_ARGUMENTS];
    int count = 0;
    if (at(p, ")")) return fail(p, "an argument");
    for (;;) {
        if (count == XT_CALL_ARGUMENTS)
            return xt_fail_at(p->err, p->lexer.source, p->token.line, p->token.col, "more than %d arguments",
                              XT_CALL_ARGUMENTS);
        XT_TRY(parse_or(&child[count++], p));
        if (!at(p, ",")) break;
        XT_TRY(advance(p));
    }
    if (!at(p, ")")) return fail(p, "',' or ')'");
    XT_TRY(advance(p));
    if (content->kind == XT_CALL) {
        xt_op op;
        int least, most;
        xt_builtin(&op, &least, &most, content->name);
        if (count < least || (most >= 0 && count > most))
            return xt_fail_at(p->err, p->lexer.source, content->line, content->col,
                              "%s takes %s%d argument%s, not %d", content->name, most < 0 ? "at least " : "",
                              least, least == 1 ? "" : "s", count);
        if (op == XT_OP_PIECEWISE && count % 2 == 0)
            return xt_fail_at(
                p->err, p->lexer.source, content->line, content->col,
                "piecewise takes value, condition, value, condition, ... and a last value for all other "
                "cases, so an odd number of arguments");
    }
    return new_node(expr, p, content, child, count);
}

static xt_status name(xt_expr **expr, parser *p) {
    xt_expr content = {.kind = XT_SYMBOL, .index = -1, .line = p->token.line, .col = p->token.col};
    content.name = xt_arena_copy(p->arena, p->token.word, strlen(p->token.word));
    if (!content.name) return xt_no_memory(p->err, "a formula", XT_WORD);
    XT_TRY(advance(p));
    if (!at(p, "(")) {
        if (strcmp(content.name, "true") == 0 || strcmp(content.name, "false") == 0) {
            content.kind = XT_CALL;
            content.op = *content.name == 't' ? XT_OP_TRUE : XT_OP_FALSE;
        }
        return new_node(expr, p, &content, NULL, 0);
    }
    XT_TRY(enter(p));
    XT_TRY(advance(p));
    xt_op op;
    int least, most;
    content.kind = XT_FUNCTION;
    if (xt_builtin(&op, &least, &most, content.name)) {
        content.kind = XT_CALL;
        content.op = op;
    }
    XT_TRY(arguments(expr, p, &content));
    p->nesting--;
    return XT_OK;
}

static xt_status atom(xt_expr **expr, parser *p) {
    if (p->token.kind == XT_TOKEN_NUMBER) {
        xt_expr content = {.kind = XT_NUMBER,
                           .value = p->token.value,
                           .dim = p->token.dim,
                           .line = p->token.line,
                           .col = p->token.col};
        XT_TRY(advance(p));
        if (p->token.kind == XT_TOKEN_NUMBER || p->token.kind == XT_TOKEN_NAME) return fail(p, "an operator");
        return new_node(expr, p, &content, NULL, 0);
    }
    if (p->token.kind == XT_TOKEN_NAME) return name(expr, p);
    if (!at(p, "(")) return fail(p, "a number, a name or '('");
    XT_TRY(enter(p));
    XT_TRY(advance(p));
    XT_TRY(parse_or(expr, p));
    if (!at(p, ")")) return fail(p, "an operator or ')'");
    p->nesting--;
    return advance(p);
}

static xt_status power(xt_expr **expr, parser *p);

static xt_status exponent(xt_expr **expr, parser *p) {
    if (!at(p, "-") && !at(p, "+")) return power(expr, p);
    xt_token sign = p->token;
    XT_TRY(enter(p));
    XT_TRY(advance(p));
    XT_TRY(exponent(expr, p));
    p->nesting--;
    return sign.word[0] == '+' ? XT_OK : operation(expr, p, XT_OP_NEG, &sign, *expr, NULL);
}

static xt_status power(xt_expr **expr, parser *p) {
    XT_TRY(atom(expr, p));
    if (!at(p, "^")) return XT_OK;
    xt_token where = p->token;
    xt_expr *by;
    XT_TRY(enter(p));
    XT_TRY(advance(p));
    XT_TRY(exponent(&by, p));
    p->nesting--;
    return operation(expr, p, XT_OP_POW, &where, *expr, by);
}

static xt_status parse_unary(xt_expr **expr, parser *p) {
    if (!at(p, "-") && !at(p, "+") && !at(p, "!")) return power(expr, p);
    xt_token sign = p->token;
    XT_TRY(enter(p));
    XT_TRY(advance(p));
    XT_TRY(parse_unary(expr, p));
    p->nesting--;
    if (sign.word[0] == '+') return XT_OK;
    return operation(expr, p, sign.word[0] == '-' ? XT_OP_NEG : XT_OP_NOT, &sign, *expr, NULL);
}

static xt_status product(xt_expr **expr, parser *p) {
    XT_TRY(parse_unary(expr, p));
    while (at(p, "*") || at(p, "/")) {
        xt_token where = p->token;
        xt_expr *right;
        XT_TRY(advance(p));
        XT_TRY(parse_unary(&right, p));
        XT_TRY(operation(expr, p, where.word[0] == '*' ? XT_OP_MUL : XT_OP_DIV, &where, *expr, right));
    }
    return XT_OK;
}

static xt_status sum(xt_expr **expr, parser *p) {
    XT_TRY(product(expr, p));
    while (at(p, "+") || at(p, "-")) {
        xt_token where = p->token;
        xt_expr *right;
        XT_TRY(advance(p));
        XT_TRY(product(&right, p));
        XT_TRY(operation(expr, p, where.word[0] == '+' ? XT_OP_ADD : XT_OP_SUB, &where, *expr, right));
    }
    return XT_OK;
}

static bool comparison(xt_op *op, const parser *p) {
    static const struct {
        const char *text;
        xt_op op;
    } all[] = {{"<", XT_OP_LT},  {"<=", XT_OP_LE}, {">", XT_OP_GT},
               {">=", XT_OP_GE}, {"==", XT_OP_EQ}, {"!=", XT_OP_NE}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (at(p, all[i].text)) {
            *op = all[i].op;
            return true;
        }
    return false;
}

static xt_status compare(xt_expr **expr, parser *p) {
    xt_op op, again;
    XT_TRY(sum(expr, p));
    if (!comparison(&op, p)) return XT_OK;
    xt_token where = p->token;
    xt_expr *right;
    XT_TRY(advance(p));
    XT_TRY(sum(&right, p));
    if (comparison(&again, p))
        return xt_fail_at(p->err, p->lexer.source, p->token.line, p->token.col,
                          "comparisons do not chain; write a < b && b < c");
    return operation(expr, p, op, &where, *expr, right);
}

static xt_status parse_or(xt_expr **expr, parser *p) {
    XT_TRY(compare(expr, p));
    char first[XT_WORD] = "";
    while (at(p, "&&") || at(p, "||")) {
        xt_token where = p->token;
        if (!first[0]) memcpy(first, where.word, sizeof first);
        if (strcmp(first, where.word) != 0)
            return xt_fail_at(p->err, p->lexer.source, where.line, where.col,
                              "'&&' and '||' side by side need parentheses");
        xt_expr *right;
        XT_TRY(advance(p));
        XT_TRY(compare(&right, p));
        XT_TRY(operation(expr, p, where.word[0] == '&' ? XT_OP_AND : XT_OP_OR, &where, *expr, right));
    }
    return XT_OK;
}

xt_status xt_formula_parse(xt_expr **expr, xt_arena *arena, const char *text, const xt_source *source,
                           int line, int col, xt_is_symbol *is_symbol, const void *data, xt_error *err) {
    *expr = NULL;
    if (strlen(text) > XT_FORMULA_BYTES)
        return xt_fail_at(err, source, line, col, "the formula is longer than %d characters; split it",
                          XT_FORMULA_BYTES);
    parser p = {.arena = arena, .err = err};
    xt_lexer_start(&p.lexer, text, source, line, col, is_symbol, data, err);
    XT_TRY(advance(&p));
    XT_TRY(parse_or(expr, &p));
    return p.token.kind == XT_TOKEN_END ? XT_OK : fail(&p, "an operator or the end of the formula");
}
