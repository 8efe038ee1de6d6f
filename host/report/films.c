#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "draw/palette.h"
#include "draw/png_read.h"
#include "draw/shrink.h"
#include "report/html.h"
#include "report/pictures.h"
#include "report/report.h"
#include "report/run.h"

enum { LARGEST_FILE = 64 << 20, MOST_MOVIES = 32, SMALL = 600 };

/* How pictures get into a page, and what they then need of their size on disk: measured on slices of 900
 * pixels, whose 130 KB pack into 60, and into 25 when they are shrunk first. */
typedef struct {
    bool pack;
    int width; /* at most; 0: as it is */
    double share;
} way;
static const way ways[] = {{false, 0, 1}, {true, 0, 0.5}, {true, SMALL, 0.2}};

static size_t as_base64(size_t size) { return (size + 2) / 3 * 4; }

static void say_missing(xt_report_run *r, int n, const char *what) {
    if (n > 0 && r->missing_count < XT_REPORT_MISSING)
        xt_text_printf(&r->missing[r->missing_count++], "%d %s", n, what);
}

static xt_status pack(char **bytes, size_t *size, const char *path, int width, xt_error *err) {
    xt_image image = {0}, small = {0};
    xt_indexed indexed = {0};
    void *made = NULL;
    xt_status status = XT_OK;
    XT_GO(xt_png_read(&image, path, err));
    const bool shrink = width > 0 && image.width > width;
    if (shrink) XT_GO(xt_image_shrink(&small, &image, width, err));
    XT_GO(xt_indexed_create(&indexed, shrink ? &small : &image, err));
    XT_GO(xt_indexed_png(&made, size, &indexed, err));
    *bytes = made;
done:
    xt_indexed_free(&indexed);
    xt_image_free(&small);
    xt_image_free(&image);
    return status;
}

/* The file `below` the run's folder as a blob, its id as the member "blob", if it fits into what is left. */
static xt_status embed(xt_report_run *r, const char *below, const char *kind, int number, const way *how,
                       size_t *left, xt_error *err) {
    char id[64], *path = NULL, *bytes = NULL;
    size_t size = 0;
    xt_error no = {0};
    xt_status status = XT_OK;
    if (r->blobs) {
        XT_GO(xt_path_join(&path, r->dir, below, err));
        /* one that cannot be packed, or has gone since it was found, is not shown */
        if (how->pack)
            pack(&bytes, &size, path, how->width, &no);
        else
            xt_file_read(&bytes, &size, path, LARGEST_FILE, &no);
    }
    if (bytes && as_base64(size) <= *left) {
        snprintf(id, sizeof id, "%s-%d-%d", kind, r->index, number);
        xt_html_blob(r->blobs, id, bytes, size);
        xt_json_string(r->json, "blob", id);
        *left -= as_base64(size);
    } else {
        xt_json_null(r->json, "blob");
    }
done:
    free(bytes);
    free(path);
    return status;
}

/* ---- films of pictures ---- */

/* Picture k of `kept` among `count`, the first and the last always. */
static int chosen(int k, int kept, int count) {
    return kept < 2 ? count - 1 : (int)((long long)k * (count - 1) / (kept - 1));
}

static int length_of(const xt_pictures *all, int first) {
    int n = 1;
    while (first + n < all->count && strcmp(all->picture[first + n].series, all->picture[first].series) == 0)
        n++;
    return n;
}

/* Bytes of a page if every film keeps at most so many pictures as they are. */
static double bytes_kept(const xt_pictures *all, int most) {
    double bytes = 0;
    for (int first = 0, n; first < all->count; first += n) {
        n = length_of(all, first);
        const int kept = n < most ? n : most;
        for (int k = 0; k < kept; k++)
            bytes += (double)as_base64(all->picture[first + chosen(k, kept, n)].size);
    }
    return bytes;
}

/* The least change to the pictures with which they fit, and how many of a film are kept. */
static const way *choose(int *most, const xt_pictures *all, size_t budget) {
    const way *how = ways, *last = ways + sizeof ways / sizeof *ways - 1;
    *most = all->count;
    const double whole = bytes_kept(all, *most);
    while (how < last && whole * how->share > (double)budget) how++;
    while (*most > 1 && bytes_kept(all, *most) * how->share > (double)budget) *most -= 1 + *most / 50;
    return how;
}

/* Metadata that are those of the film's `first` picture are not said again. */
static void write_texts(xt_json *json, const xt_picture *p, const xt_picture *first) {
    xt_json_open_object(json, "text");
    for (int i = 0; i < p->texts; i++) {
        const char *before = first != p ? xt_picture_text(first, p->key[i]) : NULL;
        if (xt_picture_text(p, p->key[i]) == p->text[i] && !(before && strcmp(before, p->text[i]) == 0))
            xt_json_string(json, p->key[i], p->text[i]);
    }
    xt_json_close(json);
}

static xt_status write_picture(xt_report_run *r, const xt_picture *p, const xt_picture *first, int number,
                               const way *how, size_t *left, xt_error *err) {
    xt_json_open_object(r->json, NULL);
    xt_json_string(r->json, "file", p->file);
    if (!r->blobs) { /* live: the page fetches it again when it is another */
        char version[24];
        snprintf(version, sizeof version, "%llx", (unsigned long long)p->changed);
        xt_json_string(r->json, "version", version);
    }
    xt_json_integer(r->json, "number", p->number);
    xt_json_real(r->json, "time", p->time_d);
    xt_json_integer(r->json, "width", p->width);
    xt_json_integer(r->json, "height", p->height);
    XT_TRY(embed(r, p->file, "picture", number, how, left, err));
    write_texts(r->json, p, first);
    xt_json_close(r->json);
    return XT_OK;
}

xt_status xt_report_films(xt_report_run *r, size_t *left, xt_error *err) {
    static const char *const folders[] = {"frames", "render", NULL};
    xt_pictures all;
    xt_status status = XT_OK;
    int most = 0;
    XT_TRY(xt_pictures_find_all(&all, r->dir, folders, err));
    const way *how = choose(&most, &all, *left);
    if (!r->blobs) most = all.count;
    xt_json_open_array(r->json, "films");
    for (int first = 0, n; first < all.count; first += n) {
        n = length_of(&all, first);
        const int kept = n < most ? n : most;
        xt_json_open_object(r->json, NULL);
        xt_json_string(r->json, "series", all.picture[first].series);
        xt_json_integer(r->json, "count", n);
        xt_json_bool(r->json, "packed", r->blobs && how->pack);
        xt_json_open_array(r->json, "pictures");
        const xt_picture *begin = &all.picture[first + chosen(0, kept, n)];
        for (int k = 0; k < kept; k++) {
            const int i = first + chosen(k, kept, n);
            XT_GO(write_picture(r, &all.picture[i], begin, i, how, left, err));
        }
        xt_json_close(r->json);
        xt_json_close(r->json);
    }
    xt_json_close(r->json);
    say_missing(r, all.damaged, "files among the pictures are damaged and not shown");
done:
    xt_pictures_free(&all);
    return status;
}

/* ---- films as files ---- */

static bool is_movie(const char *name) {
    static const char *const endings[] = {".png", ".apng", ".mp4", ".webm", NULL};
    const char *dot = strrchr(name, '.');
    for (int i = 0; dot && endings[i]; i++)
        if (strcmp(dot, endings[i]) == 0) return !strstr(name, ".tmp-");
    return false;
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static xt_status write_movie(xt_report_run *r, const char *below, int number, size_t *left, xt_error *err) {
    char *path = NULL;
    struct stat info;
    XT_TRY(xt_path_join(&path, r->dir, below, err));
    const bool there = stat(path, &info) == 0 && S_ISREG(info.st_mode);
    free(path);
    if (!there) return XT_OK;
    xt_json_open_object(r->json, NULL);
    xt_json_string(r->json, "file", below);
    xt_json_integer(r->json, "bytes", (long long)info.st_size);
    XT_TRY(embed(r, below, "film", number, &ways[0], left, err));
    xt_json_close(r->json);
    return XT_OK;
}

xt_status xt_report_movies(xt_report_run *r, size_t *left, xt_error *err) {
    xt_status status = XT_OK;
    char *path = NULL, *name[MOST_MOVIES];
    int count = 0;
    const size_t most = XT_REPORT_FILMS / (size_t)r->count;
    size_t room = most < *left ? most : *left;
    *left -= room;
    XT_TRY(xt_path_join(&path, r->dir, "films", err));
    DIR *list = opendir(path);
    xt_json_open_array(r->json, "movies");
    for (struct dirent *entry; list && count < MOST_MOVIES && (entry = readdir(list));)
        if (is_movie(entry->d_name)) {
            XT_GO(xt_path_join(&name[count], "films", entry->d_name, err));
            count++;
        }
    qsort(name, (size_t)count, sizeof *name, by_name);
    for (int i = 0; i < count; i++) XT_GO(write_movie(r, name[i], i, &room, err));
    xt_json_close(r->json);
    *left += room;
done:
    if (list) closedir(list);
    for (int i = 0; i < count; i++) free(name[i]);
    free(path);
    return status;
}
