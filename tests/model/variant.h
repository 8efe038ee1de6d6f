/* Models with one thing changed, loaded from a temporary file. */
#ifndef TESTS_MODEL_VARIANT_H
#define TESTS_MODEL_VARIANT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "base/text.h"
#include "model/model.h"

#define DEFAULT_MODEL  "scenes/models/crosstalk4.yaml"
#define INVENTED_MODEL "tests/model/invented.yaml"

/* Without the fsync of xt_file_write, which a temporary file can do without. */
static inline void write_quickly(const char *name, const xt_text *text) {
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text->data, 1, text->size, file), text->size);
    assert_int_equal(fclose(file), 0);
}

/* Load `path` with the first `old` replaced by `new`. The error's text is in err; *line is where `old` was.
 */
static inline xt_status load_variant(xt_model **model, const char *path, const char *old, const char *new,
                                     int *line, xt_error *err) {
    char *text;
    size_t size;
    *err = (xt_error){XT_OK, ""};
    *model = NULL;
    if (xt_file_read(&text, &size, path, 1 << 20, err) != XT_OK) return err->status;
    char *at = strstr(text, old);
    if (!at) {
        free(text);
        return xt_fail(err, XT_INTERNAL, "the test's own '%s' is not in %s", old, path);
    }
    *line = 1;
    for (const char *p = text; p < at; p++) *line += *p == '\n';
    xt_text changed = {0};
    xt_text_add_bytes(&changed, text, (size_t)(at - text));
    xt_text_add(&changed, new);
    xt_text_add(&changed, at + strlen(old));
    free(text);
    char name[] = "/tmp/crosstalk-variant-XXXXXX";
    int file = mkstemp(name);
    if (file < 0) return xt_fail(err, XT_IO, "no temporary file");
    close(file);
    write_quickly(name, &changed);
    xt_status status = xt_model_load(model, name, NULL, 0, err);
    unlink(name);
    xt_text_free(&changed);
    return status;
}

/* The variant must be refused with `what`, in the changed line (`further` lines below it; elsewhere if
 * negative). */
static inline void refuse_variant(const char *path, const char *old, const char *new, int further,
                                  const char *what) {
    xt_model *model;
    xt_error err;
    int line = 0;
    char place[32];
    xt_status status = load_variant(&model, path, old, new, &line, &err);
    xt_model_free(model);
    snprintf(place, sizeof place, ":%d:", line + further);
    if (status != XT_USAGE || !strstr(err.text, what) || (further >= 0 && !strstr(err.text, place)))
        fail_msg("'%s' (line %d) gave status %d: %s", new, line, status, err.text);
}

#endif
