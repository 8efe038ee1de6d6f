/* Files kept between runs: built programs and measured bandwidths.
 *
 * A file is a header (magic, key, size and checksum of what follows) and the payload. It is written aside and
 * renamed, so a reader sees a whole file or none; a file that does not check is removed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include "device/internal.h"

enum { PATH_SIZE = 1024 };

typedef struct {
    char magic[8];
    unsigned long long hash, length, size;
    unsigned crc, payload_crc;
} header;
static const char magic[8] = "XTCACHE";

void xt_cache_key_begin(xt_cache_key *key) {
    *key =
        (xt_cache_key){14695981039346656037ull, (unsigned)crc32(0, NULL, 0), 0}; /* FNV-1a's offset basis */
}

void xt_cache_key_add(xt_cache_key *key, const char *text) {
    size_t size = strlen(text) + 1;
    for (size_t i = 0; i < size; i++) key->hash = (key->hash ^ (unsigned char)text[i]) * 1099511628211ull;
    for (size_t at = 0; at < size; at += 1u << 30) {
        size_t left = size - at;
        key->crc =
            (unsigned)crc32(key->crc, (const Bytef *)text + at, (uInt)(left < 1u << 30 ? left : 1u << 30));
    }
    key->length += size;
}

void xt_cache_key_device(xt_cache_key *key, const xt_device_info *info) {
    xt_cache_key_add(key, CROSSTALK_VERSION);
    xt_cache_key_add(key, info->platform);
    xt_cache_key_add(key, info->name);
    xt_cache_key_add(key, info->board);
    xt_cache_key_add(key, info->driver);
    xt_cache_key_add(key, info->version);
}

/* false if no folder can be named. The folder need not exist. */
static bool folder(char *path) {
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int length = -1;
    if (cache && cache[0] == '/') /* the specification has relative ones ignored */
        length = snprintf(path, PATH_SIZE, "%s/crosstalk", cache);
    else if (home && home[0] == '/')
        length = snprintf(path, PATH_SIZE, "%s/.cache/crosstalk", home);
    return length > 0 && length < PATH_SIZE - 128;
}

static bool make_folders(char *path) {
    for (char *at = path + 1; *at; at++) {
        if (*at != '/') continue;
        *at = '\0';
        bool bad = mkdir(path, 0777) != 0 && errno != EEXIST;
        *at = '/';
        if (bad) return false;
    }
    return mkdir(path, 0777) == 0 || errno == EEXIST;
}

static bool file_path(char *path, const xt_cache_key *key, const char *kind) {
    if (!folder(path)) return false;
    size_t used = strlen(path);
    snprintf(path + used, PATH_SIZE - used, "/%016llx%08x.%s", key->hash, key->crc, kind);
    return true;
}

static unsigned checksum(const unsigned char *data, size_t size) {
    uLong crc = crc32(0, NULL, 0);
    for (size_t at = 0; at < size; at += 1u << 30)
        crc = crc32(crc, data + at, (uInt)(size - at < 1u << 30 ? size - at : 1u << 30));
    return (unsigned)crc;
}

static bool read_checked(unsigned char **data, size_t *size, const xt_cache_key *key, FILE *file) {
    header head;
    struct stat facts;
    if (fread(&head, sizeof head, 1, file) != 1 || memcmp(head.magic, magic, sizeof magic) != 0 ||
        head.hash != key->hash || head.crc != key->crc || head.length != key->length || head.size == 0)
        return false;
    if (fstat(fileno(file), &facts) != 0 || (unsigned long long)facts.st_size != sizeof head + head.size)
        return false;
    *data = malloc(head.size);
    if (!*data) return false;
    *size = head.size;
    if (fread(*data, 1, *size, file) == *size && checksum(*data, *size) == head.payload_crc) return true;
    free(*data);
    *data = NULL;
    return false;
}

bool xt_cache_load(unsigned char **data, size_t *size, const xt_cache_key *key, const char *kind) {
    char path[PATH_SIZE];
    *data = NULL;
    *size = 0;
    if (!file_path(path, key, kind)) return false;
    FILE *file = fopen(path, "rb");
    if (!file) return false;
    bool good = read_checked(data, size, key, file);
    fclose(file);
    if (!good) remove(path);
    return good;
}

void xt_cache_store(const xt_cache_key *key, const char *kind, const void *data, size_t size) {
    char path[PATH_SIZE], aside[PATH_SIZE + 32];
    header head = {{0}, key->hash, key->length, size, key->crc, checksum(data, size)};
    memcpy(head.magic, magic, sizeof magic);
    if (!folder(path) || !make_folders(path) || !file_path(path, key, kind)) return;
    snprintf(aside, sizeof aside, "%s.%ld.tmp", path, (long)getpid());
    FILE *file = fopen(aside, "wb");
    if (!file) return;
    bool good = fwrite(&head, sizeof head, 1, file) == 1 && fwrite(data, 1, size, file) == size;
    if (fclose(file) != 0) good = false;
    if (!good || rename(aside, path) != 0) remove(aside);
}

void xt_cache_remove(const xt_cache_key *key, const char *kind) {
    char path[PATH_SIZE];
    if (file_path(path, key, kind)) remove(path);
}
