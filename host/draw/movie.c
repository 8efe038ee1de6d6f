#include "draw/movie.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "draw/apng.h"
#include "draw/encoder.h"

struct xt_movie {
    xt_apng *apng; /* one of the two */
    xt_encoder *encoder;
    char *path;
    int width, height;
    double fps;
    long long added;
};

xt_movie_kind xt_movie_kind_of(const char *path) {
    static const struct {
        const char *ending;
        xt_movie_kind kind;
    } known[] = {
        {".apng", XT_MOVIE_APNG}, {".png", XT_MOVIE_APNG}, {".mp4", XT_MOVIE_MP4}, {".webm", XT_MOVIE_WEBM}};
    const size_t n = strlen(path);
    for (int i = 0; i < 4; i++) {
        const size_t m = strlen(known[i].ending);
        if (n > m && path[n - m - 1] != '/' && strcmp(path + n - m, known[i].ending) == 0)
            return known[i].kind;
    }
    return XT_MOVIE_NONE;
}

xt_status xt_movie_check(const char *path, xt_error *err) {
    switch (xt_movie_kind_of(path)) {
    case XT_MOVIE_NONE:
        return xt_fail(err, XT_USAGE, "%s: a film's name ends in .apng, .png, .mp4 or .webm", path);
    case XT_MOVIE_APNG:
        return XT_OK;
    default:
        return xt_encoder_check(path, err);
    }
}

static xt_status check(const xt_movie_def *def, xt_error *err) {
    XT_TRY(xt_movie_check(def->path, err));
    if (def->width < 1 || def->height < 1 || def->width > 16384 || def->height > 16384)
        return xt_fail(err, XT_USAGE, "%s: a film of %d x %d pixels; each side must be 1 to 16384", def->path,
                       def->width, def->height);
    if (!(def->fps > 0) || def->fps > 1000)
        return xt_fail(err, XT_USAGE, "%s: %g pictures a second; expected a number above 0 and at most 1000",
                       def->path, def->fps);
    if (def->loops < 0)
        return xt_fail(err, XT_USAGE, "%s: %d loops; expected 0 (for ever) or more", def->path, def->loops);
    return XT_OK;
}

xt_status xt_movie_open(xt_movie **out, const xt_movie_def *def, xt_error *err) {
    *out = NULL;
    XT_TRY(check(def, err));
    xt_movie *movie = calloc(1, sizeof *movie);
    if (!movie) return xt_no_memory(err, "a film", sizeof *movie);
    xt_status status = XT_OK;
    movie->width = def->width;
    movie->height = def->height;
    movie->fps = def->fps;
    movie->path = strdup(def->path);
    if (!movie->path)
        status = xt_no_memory(err, "a film", strlen(def->path));
    else if (xt_movie_kind_of(def->path) == XT_MOVIE_APNG)
        status = xt_apng_open(&movie->apng, def->path, def->width, def->height, def->loops, def->text,
                              def->text_count, err);
    else
        status = xt_encoder_open(&movie->encoder, def->path, def->width, def->height, def->fps, def->text,
                                 def->text_count, err);
    if (status != XT_OK) xt_movie_abandon(&movie);
    *out = movie;
    return status;
}

xt_status xt_movie_add(xt_movie *movie, const xt_image *image, double seconds, xt_error *err) {
    if (image->width != movie->width || image->height != movie->height)
        return xt_fail(err, XT_USAGE, "%s: picture %lld is %d x %d pixels, the film is %d x %d", movie->path,
                       movie->added + 1, image->width, image->height, movie->width, movie->height);
    if (!(seconds >= 0) || seconds > 3600)
        return xt_fail(err, XT_USAGE, "%s: picture %lld for %g seconds; expected 0 to 3600", movie->path,
                       movie->added + 1, seconds);
    if (seconds == 0) seconds = 1 / movie->fps;
    movie->added++;
    return movie->apng ? xt_apng_add(movie->apng, image, seconds, err)
                       : xt_encoder_add(movie->encoder, image, seconds, err);
}

static void release(xt_movie **movie) {
    free((*movie)->path);
    free(*movie);
    *movie = NULL;
}

xt_status xt_movie_close(xt_movie **movie, xt_error *err) {
    if ((*movie)->added == 0) {
        xt_fail(err, XT_USAGE, "%s: a film without a picture", (*movie)->path);
        xt_movie_abandon(movie);
        return err->status;
    }
    const xt_status status =
        (*movie)->apng ? xt_apng_close(&(*movie)->apng, err) : xt_encoder_close(&(*movie)->encoder, err);
    release(movie);
    return status;
}

void xt_movie_abandon(xt_movie **movie) {
    if (!*movie) return;
    xt_apng_abandon(&(*movie)->apng);
    xt_encoder_abandon(&(*movie)->encoder);
    release(movie);
}
