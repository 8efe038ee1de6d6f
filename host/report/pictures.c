#include "report/pictures.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/* Metadata come before the pixels. */
enum { HEAD = 32768, LONGEST_VALUE = 4000, MOST_PICTURES = 200000 };

static uint32_t big_endian(const unsigned char *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* tEXt: key, NUL, Latin-1 (ours is ASCII). iTXt: key, NUL, 0, 0, language, NUL, translated key, NUL, UTF-8.
 */
static void take_text(xt_picture *p, xt_arena *arena, const unsigned char *body, size_t size, bool unicode) {
    const unsigned char *end = body + size, *value = memchr(body, 0, size);
    if (!value || value == body || p->texts == XT_PICTURE_TEXTS) return;
    const char *key = (const char *)body;
    value++;
    if (unicode) {
        if (end - value < 2 || value[0] != 0) return; /* compressed: not ours */
        value += 2;
        for (int i = 0; i < 2; i++) {
            value = memchr(value, 0, (size_t)(end - value));
            if (!value) return;
            value++;
        }
    }
    const size_t n = (size_t)(end - value);
    if (n > LONGEST_VALUE) return;
    const char *copy = xt_arena_copy(arena, (const char *)value, n);
    key = xt_arena_copy(arena, key, strlen(key));
    if (!copy || !key) return;
    p->key[p->texts] = key;
    p->text[p->texts++] = copy;
}

static bool read_head(xt_picture *p, xt_arena *arena, const unsigned char *head, size_t size) {
    static const unsigned char signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    if (size < 33 || memcmp(head, signature, 8) != 0 || memcmp(head + 12, "IHDR", 4) != 0) return false;
    const uint32_t width = big_endian(head + 16), height = big_endian(head + 20);
    if (width < 1 || height < 1 || width > 32768 || height > 32768) return false;
    p->width = (int)width;
    p->height = (int)height;
    for (size_t at = 33; at + 12 <= size;) {
        const size_t length = big_endian(head + at);
        const unsigned char *kind = head + at + 4;
        if (memcmp(kind, "IDAT", 4) == 0 || length > size - at - 12) break;
        if (memcmp(kind, "tEXt", 4) == 0) take_text(p, arena, kind + 4, length, false);
        if (memcmp(kind, "iTXt", 4) == 0) take_text(p, arena, kind + 4, length, true);
        at += length + 12;
    }
    return true;
}

const char *xt_picture_text(const xt_picture *picture, const char *key) {
    for (int i = 0; i < picture->texts; i++)
        if (strcmp(picture->key[i], key) == 0) return picture->text[i];
    return NULL;
}

/* "myokine_z2_0003.png": where its number begins; 0: another file. */
static size_t number_at(const char *name) {
    const size_t n = strlen(name);
    if (n < 7 || strcmp(name + n - 4, ".png") != 0 || strstr(name, ".tmp-")) return 0;
    size_t at = n - 4;
    while (at > 0 && isdigit((unsigned char)name[at - 1])) at--;
    return at > 1 && at < n - 4 && n - 4 - at < 10 && name[at - 1] == '_' ? at : 0;
}

static void look(bool *fine, xt_picture *p, xt_arena *arena, const char *path) {
    unsigned char head[HEAD];
    struct stat info;
    *fine = false;
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
        const ssize_t n = read(fd, head, sizeof head);
        p->size = (size_t)info.st_size;
        p->changed = (long long)info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec;
        *fine = n > 0 && read_head(p, arena, head, (size_t)n);
    }
    close(fd);
    const char *time = xt_picture_text(p, "Time");
    char *end = NULL;
    p->time_d = time ? strtod(time, &end) : NAN; /* "3652.5 d" */
    if (!time || end == time) p->time_d = NAN;
}

static int in_order(const void *a, const void *b) {
    const xt_picture *p = a, *q = b;
    const int names = strcmp(p->series, q->series);
    return names ? names : (p->number > q->number) - (p->number < q->number);
}

/* What is being looked through. */
typedef struct {
    xt_pictures *pictures;
    int room;
    const char *dir, *folder;
    bool prefix; /* names begin with the folder */
} search;

static xt_status add(search *s, const char *name, xt_error *err) {
    xt_pictures *all = s->pictures;
    const size_t at = number_at(name);
    char *below = NULL, *path = NULL;
    bool fine = false;
    if (at == 0 || all->count >= MOST_PICTURES) return XT_OK;
    if (all->count == s->room) {
        const int more = s->room ? 2 * s->room : 64;
        xt_picture *grown = realloc(all->picture, (size_t)more * sizeof *grown);
        if (!grown) return xt_no_memory(err, "pictures", (size_t)more * sizeof *grown);
        all->picture = grown;
        s->room = more;
    }
    xt_picture *p = &all->picture[all->count];
    *p = (xt_picture){.number = atoi(name + at), .time_d = NAN};
    xt_status status = XT_OK;
    XT_GO(xt_path_join(&below, s->folder, name, err));
    XT_GO(xt_path_join(&path, s->dir, below, err));
    look(&fine, p, &all->arena, path);
    if (!fine) {
        all->damaged++;
        goto done;
    }
    const size_t folder = s->prefix ? 0 : strlen(s->folder) + 1;
    p->file = xt_arena_copy(&all->arena, below, strlen(below));
    p->series = xt_arena_copy(&all->arena, below + folder, strlen(s->folder) + at - folder);
    if (!p->file || !p->series) XT_GO(xt_no_memory(err, "pictures", strlen(below)));
    all->count++;
done:
    free(below);
    free(path);
    return status;
}

static xt_status look_through(search *s, xt_error *err) {
    xt_status status = XT_OK;
    char *path = NULL;
    XT_TRY(xt_path_join(&path, s->dir, s->folder, err));
    DIR *list = opendir(path);
    if (!list && errno != ENOENT)
        status = xt_fail(err, XT_IO, "%s: cannot be read: %s", path, strerror(errno));
    for (struct dirent *entry; status == XT_OK && list && (entry = readdir(list));)
        status = add(s, entry->d_name, err);
    if (list) closedir(list);
    free(path);
    return status;
}

xt_status xt_pictures_find_all(xt_pictures *pictures, const char *dir, const char *const *folders,
                               xt_error *err) {
    search s = {.pictures = pictures, .dir = dir};
    xt_status status = XT_OK;
    *pictures = (xt_pictures){0};
    for (int i = 0; folders[i] && status == XT_OK; i++) {
        s.folder = folders[i];
        s.prefix = i > 0;
        status = look_through(&s, err);
    }
    if (status == XT_OK && pictures->count)
        qsort(pictures->picture, (size_t)pictures->count, sizeof *pictures->picture, in_order);
    if (status != XT_OK) xt_pictures_free(pictures);
    return status;
}

xt_status xt_pictures_find(xt_pictures *pictures, const char *dir, const char *folder, xt_error *err) {
    return xt_pictures_find_all(pictures, dir, (const char *const[]){folder, NULL}, err);
}

void xt_pictures_free(xt_pictures *pictures) {
    free(pictures->picture);
    xt_arena_free(&pictures->arena);
    *pictures = (xt_pictures){0};
}
