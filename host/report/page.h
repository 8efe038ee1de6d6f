/* The page's own sources (report/page/), embedded by tools/EmbedPages.cmake. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include <stddef.h>

typedef struct {
    const char *name; /* "page.js" */
    const char *text; /* NUL-terminated */
    size_t size;
    const char *sha256; /* base64: what a Content-Security-Policy allows */
} xt_page_source;

/* In the order of their names; ends with name NULL. */
extern const xt_page_source xt_page_sources[];

#endif
