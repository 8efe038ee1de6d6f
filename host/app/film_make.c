#include "app/film_make.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/film_record.h"
#include "base/file.h"
#include "base/text.h"
#include "draw/curve.h"
#include "draw/movie.h"
#include "draw/png_read.h"
#include "draw/shrink.h"
#include "report/curves.h"
#include "report/pictures.h"

typedef struct {
    const xt_film_def *def;
    xt_pictures pictures;
    const xt_picture *first; /* of the series */
    int count, height;       /* of the highest: a legend may grow. Lower ones get more ground at their foot */
    xt_curves rows;          /* series.csv */
    double *time;            /* [rows] in the unit of the axis */
    double unit_d;           /* days in that unit */
    double offset;           /* axis = offset + days / unit_d */
    xt_font *font;
    xt_curve *curve;
    xt_image image; /* picture and strip */
    xt_movie *movie[XT_FILM_PATHS];
} film;

void xt_film_def_default(xt_film_def *def) {
    *def = (xt_film_def){.rate = 8, .hold_first = 1, .hold_last = 2};
}

/* ---- which pictures ---- */

/* The series that fit `word`, once each: are it, or begin with it and "_"; where some have nothing but a
 * plane behind it ("f_fat_z2", not "f_fat_change_z2"), only those. Returns how many. NULL fits all. */
static int list_series(xt_text *list, const char **fits, const film *f, const char *word) {
    const size_t n = word ? strlen(word) : 0;
    int count = 0;
    bool plain = false;
    *fits = NULL;
    for (int i = 0; i < f->pictures.count; i++) {
        const char *name = f->pictures.picture[i].series;
        if (i && strcmp(name, f->pictures.picture[i - 1].series) == 0) continue;
        if (word && strcmp(name, word) == 0) { /* exactly: nothing else counts */
            *fits = name;
            return 1;
        }
        if (word && (strncmp(name, word, n) != 0 || name[n] != '_')) continue;
        const bool only_plane = word && !strchr(name + n + 1, '_');
        if (plain && !only_plane) continue;
        if (only_plane && !plain) {
            plain = true;
            xt_text_free(list);
            count = 0;
        }
        if (count++ == 0) *fits = name;
        xt_text_printf(list, "%s%s", list->size ? ", " : "", name);
    }
    return count;
}

static xt_status choose_series(const char **series, const film *f, xt_error *err) {
    const char *word = f->def->series, *names[256];
    xt_text list = {0};
    const char *any;
    int fits = list_series(&list, series, f, word);
    if (fits == 0) list_series(&list, &any, f, NULL);
    if (!f->pictures.count)
        xt_fail(err, XT_USAGE, "%s: no pictures in its folder frames to make a film of", f->def->dir);
    else if (fits > 1)
        xt_fail(err, XT_USAGE, "%s: a film of which pictures? There are %s", f->def->dir, xt_text_get(&list));
    else if (fits == 0) {
        int count = 0;
        for (int i = 0; i < f->pictures.count && count < 256; i++)
            if (!count || strcmp(names[count - 1], f->pictures.picture[i].series) != 0)
                names[count++] = f->pictures.picture[i].series;
        const char *near = xt_nearest(word, names, count);
        xt_fail(err, XT_USAGE, "%s: no pictures %s_*.png in its folder frames%s%s%s (there are %s)",
                f->def->dir, word, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "",
                xt_text_get(&list));
    }
    xt_text_free(&list);
    return err->status;
}

xt_status xt_film_series(char **series, const xt_film_def *def, xt_error *err) {
    film f = {.def = def};
    const char *found;
    *series = NULL;
    xt_status status = xt_pictures_find(&f.pictures, def->dir, "frames", err);
    if (status == XT_OK) status = choose_series(&found, &f, err);
    if (status == XT_OK && !(*series = strdup(found))) status = xt_no_memory(err, "a name", strlen(found));
    xt_pictures_free(&f.pictures);
    return status;
}

static xt_status find_pictures(film *f, xt_error *err) {
    const char *series;
    XT_TRY(xt_pictures_find(&f->pictures, f->def->dir, "frames", err));
    XT_TRY(choose_series(&series, f, err));
    for (int i = 0; i < f->pictures.count; i++) {
        const xt_picture *p = &f->pictures.picture[i];
        if (strcmp(p->series, series) != 0) continue;
        if (!f->first) f->first = p;
        f->count++;
        if (p->width != f->first->width)
            return xt_fail(err, XT_USAGE, "%s/%s is %d pixels wide, %s is %d: no film can show both",
                           f->def->dir, p->file, p->width, f->first->file, f->first->width);
        if (p->height > f->height) f->height = p->height;
    }
    return XT_OK;
}

/* ---- the curves below them ---- */

static int column_of(const xt_curves *rows, const char *name) {
    for (int k = 0; k < rows->columns; k++)
        if (strcmp(rows->name[k], name) == 0) return k;
    return -1;
}

static xt_status column(int *at, const film *f, const char *name, xt_error *err) {
    *at = column_of(&f->rows, name);
    if (*at >= 0) return XT_OK;
    const char *nearest = xt_nearest(name, f->rows.name, f->rows.columns);
    if (nearest)
        return xt_fail(err, XT_USAGE, "series.csv has no column '%s'; did you mean '%s'?", name, nearest);
    xt_text all = {0};
    for (int k = 0; k < f->rows.columns; k++) xt_text_printf(&all, "%s%s", k ? ", " : "", f->rows.name[k]);
    xt_fail(err, XT_USAGE, "series.csv has no column '%s'; there are %s", name, xt_text_get(&all));
    xt_text_free(&all);
    return XT_USAGE;
}

static double cell(const xt_curves *rows, long long row, int k) {
    return rows->value[(size_t)row * (size_t)rows->columns + (size_t)k];
}

/* Years are told as age, where series.csv has it. */
static xt_status choose_axis(film *f, const char **axis, xt_error *err) {
    const xt_curves *rows = &f->rows;
    const int time = column_of(rows, "time"), age = column_of(rows, "age");
    if (time < 0) return xt_fail(err, XT_USAGE, "series.csv has no column 'time'");
    const double span = rows->rows ? cell(rows, rows->rows - 1, time) - cell(rows, 0, time) : 0;
    f->unit_d = span >= 730 ? 365.25 : span >= 3 ? 1 : 1 / 24.0;
    *axis = span >= 730 ? "time (y)" : span >= 3 ? "time (d)" : "time (h)";
    if (span >= 730 && age >= 0) {
        f->offset = cell(rows, 0, age) - cell(rows, 0, time) / f->unit_d;
        *axis = "age (y)";
    }
    f->time = malloc(((size_t)rows->rows + 1) * sizeof *f->time);
    if (!f->time) return xt_no_memory(err, "curves", (size_t)rows->rows * sizeof *f->time);
    for (long long r = 0; r < rows->rows; r++) f->time[r] = f->offset + cell(rows, r, time) / f->unit_d;
    return XT_OK;
}

static xt_status make_curve(film *f, const xt_image *picture, xt_error *err) {
    if (!f->def->curves) return XT_OK;
    char *path = NULL;
    double *value[XT_FILM_CURVES] = {0};
    int place[XT_FILM_CURVES];
    xt_film_about about;
    xt_status status = XT_OK;
    XT_GO(xt_path_join(&path, f->def->dir, "series.csv", err));
    XT_GO(xt_curves_read(&f->rows, path, err));
    xt_curve_def def = {.rows = (int)f->rows.rows, .from = NAN, .until = NAN, .lines = f->def->curves};
    XT_GO(choose_axis(f, &def.axis, err));
    for (int i = 0; i < f->def->curves; i++) {
        XT_GO(column(&place[i], f, f->def->curve[i], err));
        const int k = place[i];
        value[i] = malloc(((size_t)f->rows.rows + 1) * sizeof *value[i]);
        if (!value[i]) {
            status = xt_no_memory(err, "curves", (size_t)f->rows.rows * sizeof *value[i]);
            goto done;
        }
        for (long long r = 0; r < f->rows.rows; r++) value[i][r] = cell(&f->rows, r, k);
        def.line[i] = (xt_curve_line){f->rows.name[k], f->rows.unit[k], value[i], false};
    }
    xt_film_record(&about, f->def->dir, &f->rows, place, def.lines, f->offset, f->unit_d);
    for (int i = 0; i < def.lines; i++) {
        def.line[i].name = about.name[i];
        def.line[i].relative = about.relative[i];
    }
    def.bands = about.bands;
    def.band = about.band;
    def.band_name = "shaded: published ranges";
    def.time = f->time;
    def.width = picture->width;
    def.ground = picture->pixel[0];
    def.dark = xt_colour_lightness(def.ground) < 0.5;
    if (xt_font_open(&f->font, &(xt_error){0}) != XT_OK) f->font = NULL; /* as the pictures: no text */
    XT_GO(xt_curve_create(&f->curve, &def, f->font, err));
done:
    for (int i = 0; i < XT_FILM_CURVES; i++) free(value[i]);
    free(path);
    return status;
}

/* ---- the film ---- */

/* The next picture is read while this one is packed. */
typedef struct {
    const film *film;
    int index;
    xt_image picture;
    xt_error err;
    pthread_t thread;
    bool started; /* the thread */
} reading;

static xt_status read_picture(xt_image *picture, const film *f, int index, xt_error *err) {
    char *path = NULL;
    xt_image whole;
    XT_TRY(xt_path_join(&path, f->def->dir, f->first[index].file, err));
    xt_status status = xt_png_read(&whole, path, err);
    free(path);
    if (status != XT_OK) return status;
    *picture = whole;
    if (f->def->width < 1 || f->def->width >= whole.width) return XT_OK;
    status = xt_image_shrink(picture, &whole, f->def->width, err);
    xt_image_free(&whole);
    return status;
}

static void *work(void *argument) {
    reading *r = argument;
    read_picture(&r->picture, r->film, r->index, &r->err);
    return NULL;
}

static void start_reading(reading *r, const film *f, int index) {
    sigset_t all, before;
    *r = (reading){.film = f, .index = index};
    if (index >= f->count) return;
    sigfillset(&all); /* signals belong to the thread that asked */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    r->started = pthread_create(&r->thread, NULL, work, r) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!r->started) work(r);
}

/* The picture becomes the caller's. */
static xt_status end_reading(xt_image *picture, reading *r, xt_error *err) {
    if (r->started) pthread_join(r->thread, NULL);
    r->started = false;
    *picture = r->picture;
    r->picture = (xt_image){0};
    if (r->err.status != XT_OK) *err = r->err;
    return r->err.status;
}

static xt_status open_movies(film *f, xt_error *err) {
    static const char *const kept[] = {"Title", "Scene", "Field", "Units", "Comment", "Software"};
    xt_png_text text[8];
    char source[200];
    int count = 0;
    for (int i = 0; i < 6; i++) text[count++] = (xt_png_text){kept[i], xt_picture_text(f->first, kept[i])};
    snprintf(source, sizeof source, "frames/%s_*.png, %d pictures, %g a second", f->first->series, f->count,
             f->def->rate);
    text[count++] = (xt_png_text){"Source", source};
    for (int i = 0; i < f->def->paths; i++) {
        const xt_movie_def def = {.path = f->def->path[i],
                                  .width = f->image.width,
                                  .height = f->image.height,
                                  .fps = f->def->rate,
                                  .text = text,
                                  .text_count = count};
        XT_TRY(xt_movie_open(&f->movie[i], &def, err));
    }
    return XT_OK;
}

static xt_status begin(film *f, const xt_image *picture, xt_error *err) {
    XT_TRY(make_curve(f, picture, err));
    if (picture->width < f->first->width) /* shrunk, as that will be */
        f->height = (int)ceil((double)f->height * picture->width / f->first->width);
    const int strip = f->curve ? xt_curve_height(f->curve) : 0;
    XT_TRY(xt_image_create(&f->image, picture->width, f->height + strip, picture->pixel[0], err));
    return open_movies(f, err);
}

/* `next` holds this picture, and afterwards the one to come. */
static xt_status add_picture(film *f, int index, reading *next, xt_error *err) {
    xt_image picture;
    XT_TRY(end_reading(&picture, next, err));
    start_reading(next, f, index + 1);
    xt_status status = XT_OK;
    if (!f->image.pixel) XT_GO(begin(f, &picture, err));
    if (picture.width != f->image.width || picture.height > f->height) {
        status = xt_fail(err, XT_USAGE, "%s/%s has another size than its head says", f->def->dir,
                         f->first[index].file);
        goto done;
    }
    const size_t size = (size_t)picture.width * (size_t)picture.height;
    const size_t all = (size_t)f->image.width * (size_t)f->height;
    memcpy(f->image.pixel, picture.pixel, size * sizeof *picture.pixel);
    for (size_t i = size; i < all; i++) f->image.pixel[i] = picture.pixel[0];
    if (f->curve)
        XT_GO(xt_curve_paint(&f->image, f->height, f->curve, f->offset + f->first[index].time_d / f->unit_d,
                             err));
    double seconds = 1 / f->def->rate;
    if (index == 0) seconds += f->def->hold_first;
    if (index == f->count - 1) seconds += f->def->hold_last;
    for (int i = 0; i < f->def->paths; i++) XT_GO(xt_movie_add(f->movie[i], &f->image, seconds, err));
done:
    xt_image_free(&picture);
    return status;
}

static xt_status check(const xt_film_def *def, xt_error *err) {
    if (def->paths < 1 || def->paths > XT_FILM_PATHS)
        return xt_fail(err, XT_USAGE, "a film into %d files; expected 1 to %d", def->paths, XT_FILM_PATHS);
    if (def->curves < 0 || def->curves > XT_FILM_CURVES)
        return xt_fail(err, XT_USAGE, "%d curves below a film; at most %d", def->curves, XT_FILM_CURVES);
    if (!(def->rate > 0) || def->rate > 1000)
        return xt_fail(err, XT_USAGE, "%g pictures a second; expected more than 0 and at most 1000",
                       def->rate);
    if (!(def->hold_first >= 0 && def->hold_first <= 600 && def->hold_last >= 0 && def->hold_last <= 600))
        return xt_fail(err, XT_USAGE, "a film's first and last picture are held 0 to 600 s longer");
    for (int i = 0; i < def->paths; i++) XT_TRY(xt_movie_check(def->path[i], err));
    return XT_OK;
}

xt_status xt_film_from_frames(int *count, const xt_film_def *def, xt_error *err) {
    film f = {.def = def};
    reading next = {0};
    xt_image unused;
    xt_status status = XT_OK;
    if (count) *count = 0;
    XT_TRY(check(def, err));
    XT_GO(find_pictures(&f, err));
    start_reading(&next, &f, 0);
    for (int i = 0; i < f.count; i++) {
        if (def->stop && *def->stop) XT_GO(xt_fail(err, XT_STOPPED, "%s: stopped by a signal", def->path[0]));
        XT_GO(add_picture(&f, i, &next, err));
    }
    for (int i = 0; i < def->paths; i++) XT_GO(xt_movie_close(&f.movie[i], err));
    if (count) *count = f.count;
done:
    end_reading(&unused, &next, &(xt_error){0});
    xt_image_free(&unused);
    for (int i = 0; i < XT_FILM_PATHS; i++) xt_movie_abandon(&f.movie[i]);
    xt_image_free(&f.image);
    xt_curve_free(f.curve);
    xt_font_close(f.font);
    free(f.time);
    xt_curves_free(&f.rows);
    xt_pictures_free(&f.pictures);
    return status;
}
