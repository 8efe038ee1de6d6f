#include "app/pictures.h"

#include <stdlib.h>
#include <string.h>
#include "base/file.h"

static bool is_png(const char *path) {
    const size_t n = strlen(path);
    return n > 4 && strcmp(path + n - 4, ".png") == 0;
}

static xt_movie_kind kind_of(const char *path) {
    return is_png(path) ? XT_MOVIE_NONE : xt_movie_kind_of(path);
}

static xt_status there_already(const char *path, xt_error *err) {
    return xt_fail(err, XT_IO, "'%s' is there already; --force replaces it, -o names another", path);
}

/* A folder of that name is not what anybody wants. */
static xt_status check_ending(const char *path, xt_error *err) {
    static const char *const other[] = {".gif", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp",
                                        ".svg", ".pdf", ".mkv",  ".mov", ".avi",  ".m4v", ".ppm"};
    const char *dot = strrchr(xt_path_name(path), '.');
    for (size_t i = 0; dot && i < sizeof other / sizeof *other; i++)
        if (strcmp(dot, other[i]) == 0)
            return xt_fail(err, XT_USAGE,
                           "'%s': pictures are written as .png, films as .apng, .mp4 or .webm, not as %s",
                           path, dot);
    return XT_OK;
}

xt_status xt_pictures_check(const xt_pictures_def *def, const char *const *names, xt_error *err) {
    XT_TRY(check_ending(def->path, err));
    if (is_png(def->path) && def->count > 1)
        return xt_fail(
            err, XT_USAGE,
            "%d pictures do not go into one .png: name a folder, or a film that ends in .apng, .mp4 "
            "or .webm",
            def->count);
    if (kind_of(def->path) != XT_MOVIE_NONE) XT_TRY(xt_movie_check(def->path, err));
    if (kind_of(def->path) != XT_MOVIE_NONE || is_png(def->path))
        return xt_path_exists(def->path) && !def->force ? there_already(def->path, err) : XT_OK;
    if (xt_path_exists(def->path) && !xt_path_is_folder(def->path))
        return xt_fail(
            err, XT_IO,
            "'%s' is there already and no folder; expected a folder, or a name that ends in .png, .apng, "
            ".mp4 or .webm",
            def->path);
    for (int i = 0; i < def->count && !def->force; i++) {
        char *path = NULL;
        XT_TRY(xt_path_join(&path, def->path, names[i], err));
        const xt_status status = xt_path_exists(path) ? there_already(path, err) : XT_OK;
        free(path);
        if (status != XT_OK) return status;
    }
    return XT_OK;
}

xt_status xt_pictures_open(xt_pictures *pictures, const xt_pictures_def *def, xt_error *err) {
    *pictures = (xt_pictures){.def = *def, .kind = kind_of(def->path), .single = is_png(def->path)};
    if (!pictures->single && pictures->kind == XT_MOVIE_NONE) return xt_make_folders(def->path, err);
    char *folder = NULL;
    XT_TRY(xt_path_folder(&folder, def->path, err));
    const xt_status status = xt_make_folders(folder, err);
    free(folder);
    return status;
}

xt_status xt_pictures_add(xt_pictures *p, const char *name, const xt_image *image, const xt_png_text *text,
                          int texts, xt_error *err) {
    xt_status status;
    if (p->kind != XT_MOVIE_NONE) {
        const xt_movie_def def = {.path = p->def.path,
                                  .width = image->width,
                                  .height = image->height,
                                  .fps = p->def.fps,
                                  .text = text,
                                  .text_count = texts};
        if (!p->movie) XT_TRY(xt_movie_open(&p->movie, &def, err));
        status = xt_movie_add(p->movie, image, p->def.seconds, err);
    } else if (p->single) {
        status = xt_png_write(p->def.path, image, p->def.depth, text, texts, err);
    } else {
        char *path = NULL;
        XT_TRY(xt_path_join(&path, p->def.path, name, err));
        status = xt_png_write(path, image, p->def.depth, text, texts, err);
        free(path);
    }
    if (status == XT_OK) p->written++;
    return status;
}

xt_status xt_pictures_close(xt_pictures *p, xt_error *err) {
    return p->movie ? xt_movie_close(&p->movie, err) : XT_OK;
}

void xt_pictures_abandon(xt_pictures *p) {
    if (p->movie) xt_movie_abandon(&p->movie);
}
