/* How to make a picture again: what is kept in its file. */
#ifndef APP_AGAIN_H
#define APP_AGAIN_H

#include "scene/schema.h"

/* Appends a space and the word, between quotes where a shell would see more in it than a word. */
void xt_command_word(xt_text *command, const char *word);

/* The request as JSON on one line: what the scene would have to hold. *out: the caller frees it. */
xt_status xt_request_line(char **out, const void *request, const xt_row *rows, xt_error *err);

/* The revision of the source; NULL: not known. */
const char *xt_source_revision(void);

#endif
