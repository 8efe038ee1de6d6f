#include "app/again.h"

#include <stdlib.h>
#include <string.h>

#ifndef CROSSTALK_GIT
#define CROSSTALK_GIT ""
#endif

const char *xt_source_revision(void) { return CROSSTALK_GIT[0] ? CROSSTALK_GIT : NULL; }

void xt_command_word(xt_text *text, const char *word) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+=/:,@%";
    if (*word && word[strspn(word, plain)] == '\0') {
        xt_text_printf(text, " %s", word);
        return;
    }
    xt_text_add(text, " '");
    for (const char *c = word; *c; c++)
        if (*c == '\'')
            xt_text_add(text, "'\\''");
        else
            xt_text_add_bytes(text, c, 1);
    xt_text_add(text, "'");
}

xt_status xt_request_line(char **out, const void *request, const xt_row *rows, xt_error *err) {
    xt_text text = {0}, line = {0};
    xt_json json;
    *out = NULL;
    xt_json_begin(&json, &text);
    xt_json_open_object(&json, NULL);
    xt_rows_write(&json, request, rows, 0);
    xt_json_close(&json);
    xt_status status = xt_json_end(&json, "a picture's request", err);
    for (const char *c = xt_text_get(&text); *c; c++) {
        if (*c != '\n') {
            xt_text_add_bytes(&line, c, 1);
            continue;
        }
        while (c[1] == ' ') c++;
        if (c[1]) xt_text_add(&line, " ");
    }
    if (status == XT_OK) status = xt_text_check(&line, "a picture's request", err);
    if (status == XT_OK) *out = xt_text_take(&line);
    xt_text_free(&text);
    xt_text_free(&line);
    return status;
}
