/* What may go into a page: text that is not markup, JSON that cannot end its script, bytes as base64. */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include <stddef.h>
#include "base/text.h"

/* A text as content or quoted attribute; bad UTF-8 gives U+FFFD. */
void xt_html_text(xt_text *html, const char *text);

/* A JSON document as content of a script element: "<", ">" and "&" inside its strings as \u escapes. */
void xt_html_json(xt_text *html, const char *json);

void xt_html_base64(xt_text *html, const void *bytes, size_t size);

/* <script type="application/octet-stream;base64" id="ID">…</script>; the id is ours. */
void xt_html_blob(xt_text *html, const char *id, const void *bytes, size_t size);

#endif
