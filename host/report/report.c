#include "report/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "report/data.h"
#include "report/html.h"
#include "report/page.h"

/* What replaces {{name}} in page.html. */
typedef struct {
    const xt_report_def *def;
    const char *title, *data;
    const xt_text *blobs;
} parts;

static bool ends_with(const char *name, const char *end) {
    const size_t n = strlen(name), m = strlen(end);
    return n > m && strcmp(name + n - m, end) == 0;
}

static void hashes(xt_text *html, const char *kind) {
    for (const xt_page_source *s = xt_page_sources; s->name; s++)
        if (ends_with(s->name, kind)) xt_text_printf(html, " 'sha256-%s'", s->sha256);
}

/* Only our own scripts and styles, to the byte; no request leaves, except to where a live page came from. */
static void policy(xt_text *html, bool live) {
    xt_text_add(html, "default-src 'none'; script-src");
    hashes(html, ".js");
    xt_text_add(html, "; style-src");
    hashes(html, ".css");
    xt_text_printf(html, "; img-src %sdata: blob:; media-src %sdata: blob:; connect-src %s; ",
                   live ? "'self' " : "", live ? "'self' " : "", live ? "'self'" : "'none'");
    xt_text_add(html, "base-uri 'none'; form-action 'none'");
}

static void elements(xt_text *html, const char *kind, const char *tag) {
    for (const xt_page_source *s = xt_page_sources; s->name; s++) {
        if (!ends_with(s->name, kind)) continue;
        xt_text_printf(html, "<%s>", tag);
        xt_text_add_bytes(html, s->text, s->size);
        xt_text_printf(html, "</%s>\n", tag);
    }
}

static xt_status fill(xt_text *html, const char *name, size_t n, const parts *p, xt_error *err) {
    static const char *const known[] = {"policy", "title", "styles", "data", "blobs", "scripts"};
    int which = 0;
    while (which < 6 && (strlen(known[which]) != n || strncmp(known[which], name, n) != 0)) which++;
    switch (which) {
    case 0:
        policy(html, p->def->live);
        return XT_OK;
    case 1:
        xt_html_text(html, p->title);
        return XT_OK;
    case 2:
        elements(html, ".css", "style");
        return XT_OK;
    case 3:
        xt_html_json(html, p->data);
        return XT_OK;
    case 4:
        xt_text_add_bytes(html, xt_text_get(p->blobs), p->blobs->size);
        return XT_OK;
    case 5:
        elements(html, ".js", "script");
        return XT_OK;
    default:
        return xt_fail(err, XT_INTERNAL, "page.html asks for {{%.*s}}", (int)n, name);
    }
}

static xt_status assemble(xt_text *html, const parts *p, xt_error *err) {
    const xt_page_source *page = xt_page_sources;
    while (page->name && strcmp(page->name, "page.html") != 0) page++;
    if (!page->name) return xt_fail(err, XT_INTERNAL, "this program was built without page.html");
    const char *at = page->text;
    for (const char *open; (open = strstr(at, "{{"));) {
        const char *close = strstr(open, "}}");
        if (!close) break;
        xt_text_add_bytes(html, at, (size_t)(open - at));
        XT_TRY(fill(html, open + 2, (size_t)(close - open - 2), p, err));
        at = close + 2;
    }
    xt_text_add(html, at);
    return xt_text_check(html, "a report", err);
}

xt_status xt_report_page(xt_text *html, const xt_report_def *def, xt_error *err) {
    xt_text data = {0}, blobs = {0};
    char *title = NULL;
    xt_status status = XT_OK;
    XT_GO(xt_report_compose(&data, def->live ? NULL : &blobs, &title, def, err));
    XT_GO(xt_text_check(&blobs, "the pictures of a report", err));
    const parts p = {def, title, xt_text_get(&data), &blobs};
    XT_GO(assemble(html, &p, err));
done:
    xt_text_free(&data);
    xt_text_free(&blobs);
    free(title);
    return status;
}

xt_status xt_report_data(xt_text *json, const xt_report_def *def, xt_error *err) {
    return xt_report_compose(json, NULL, NULL, def, err);
}

xt_status xt_report_write(const char *dir, xt_error *err) {
    const xt_report_def def = {.dirs = &dir, .count = 1};
    xt_text html = {0};
    char *path = NULL;
    xt_status status = XT_OK;
    XT_GO(xt_report_page(&html, &def, err));
    XT_GO(xt_path_join(&path, dir, "report.html", err));
    XT_GO(xt_file_write(path, html.data, html.size, err));
done:
    xt_text_free(&html);
    free(path);
    return status;
}
