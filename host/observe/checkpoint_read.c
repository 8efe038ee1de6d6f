/* Reading a generation: every size is checked against the file and every checksum verified before any of it
 * counts. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/file.h"
#include "observe/checkpoint_format.h"

const char *const xt_ck_slot[2] = {"state-A", "state-B"};

typedef struct {
    char name[XT_CHECKPOINT_NAME];
    int width;
    uint64_t at, size; /* of the data in the file, bytes */
} block;

struct xt_checkpoint {
    char *path, *meta;
    int fd;
    uint64_t file_size;
    xt_ck_head head;
    block *block;
    uint32_t blocks, capacity;
};

enum { CHUNK = 1 << 18 };

static xt_status damaged(xt_error *err, const char *path, const char *what) {
    return xt_fail(err, XT_IO, "%s: the checkpoint is damaged: %s", path, what);
}

xt_status xt_ck_read_head(xt_ck_head *head, const unsigned char bytes[XT_CK_HEADER], const char *path,
                          xt_error *err) {
    if (memcmp(bytes, xt_ck_magic, sizeof xt_ck_magic) != 0)
        return xt_fail(err, XT_IO, "%s: not a checkpoint", path);
    head->version = xt_get32(bytes + 8);
    const bool sound =
        xt_ck_crc(0, bytes, XT_CK_HEADER - XT_CK_CRC) == xt_get32(bytes + XT_CK_HEADER - XT_CK_CRC);
    /* A header of another version may be longer: then its checksum cannot be verified here. */
    if (head->version != XT_CHECKPOINT_VERSION && (sound || xt_get32(bytes + 12) != XT_CK_HEADER))
        return xt_fail(err, XT_USAGE,
                       "%s: a checkpoint in version %u of the format; this program reads version %d", path,
                       head->version, XT_CHECKPOINT_VERSION);
    if (!sound || xt_get32(bytes + 12) != XT_CK_HEADER) return damaged(err, path, "its header");
    head->serial = xt_get64(bytes + 16);
    memcpy(head->application, bytes + 24, XT_CHECKPOINT_APPLICATION);
    head->meta_size = xt_get64(bytes + 24 + XT_CHECKPOINT_APPLICATION);
    return head->application[XT_CHECKPOINT_APPLICATION - 1] ? damaged(err, path, "its header") : XT_OK;
}

static xt_status read_at(const xt_checkpoint *c, uint64_t at, void *out, size_t size, xt_error *err) {
    unsigned char *bytes = out;
    while (size > 0) {
        const ssize_t n = pread(c->fd, bytes, size, (off_t)at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return xt_fail(err, XT_IO, "%s: cannot read: %s", c->path, strerror(errno));
        if (n == 0) return damaged(err, c->path, "it ends too early");
        bytes += n;
        at += (uint64_t)n;
        size -= (size_t)n;
    }
    return XT_OK;
}

/* Whether `size` bytes and a checksum fit between `at` and the end of the file. */
static bool fits(const xt_checkpoint *c, uint64_t at, uint64_t size) {
    return at <= c->file_size && c->file_size - at >= XT_CK_CRC && size <= c->file_size - at - XT_CK_CRC;
}

static xt_status read_meta(xt_checkpoint *c, xt_error *err) {
    const size_t size = (size_t)c->head.meta_size;
    unsigned char crc[XT_CK_CRC];
    if (!fits(c, XT_CK_HEADER, c->head.meta_size)) return damaged(err, c->path, "it ends too early");
    if (!(c->meta = malloc(size + 1))) return xt_no_memory(err, "a checkpoint's description", size + 1);
    XT_TRY(read_at(c, XT_CK_HEADER, c->meta, size, err));
    XT_TRY(read_at(c, XT_CK_HEADER + size, crc, sizeof crc, err));
    c->meta[size] = '\0';
    return xt_ck_crc(0, c->meta, size) == xt_get32(crc) ? XT_OK : damaged(err, c->path, "its description");
}

static xt_status verify_data(const xt_checkpoint *c, const block *b, unsigned char *buffer, xt_error *err) {
    uint32_t crc = 0;
    for (uint64_t done = 0; done < b->size;) {
        const size_t part = b->size - done < CHUNK ? (size_t)(b->size - done) : CHUNK;
        XT_TRY(read_at(c, b->at + done, buffer, part, err));
        crc = xt_ck_crc(crc, buffer, part);
        done += part;
    }
    unsigned char stored[XT_CK_CRC];
    XT_TRY(read_at(c, b->at + b->size, stored, sizeof stored, err));
    return crc == xt_get32(stored)
               ? XT_OK
               : xt_fail(err, XT_IO, "%s: the checkpoint is damaged: block '%s'", c->path, b->name);
}

static xt_status add_block(xt_checkpoint *c, const block *b, xt_error *err) {
    if (c->blocks == c->capacity) {
        const uint32_t capacity = c->capacity ? 2 * c->capacity : 32;
        block *grown = realloc(c->block, capacity * sizeof *grown);
        if (!grown) return xt_no_memory(err, "a checkpoint", capacity * sizeof *grown);
        c->block = grown;
        c->capacity = capacity;
    }
    c->block[c->blocks++] = *b;
    return XT_OK;
}

/* Walk all blocks; `buffer` has CHUNK bytes. */
static xt_status read_blocks(xt_checkpoint *c, unsigned char *buffer, xt_error *err) {
    for (uint64_t at = XT_CK_HEADER + c->head.meta_size + XT_CK_CRC;;) {
        unsigned char head[XT_CK_BLOCK];
        block b = {.width = 0};
        if (!fits(c, at, XT_CK_BLOCK - XT_CK_CRC)) return damaged(err, c->path, "it ends too early");
        XT_TRY(read_at(c, at, head, sizeof head, err));
        if (xt_ck_crc(0, head, XT_CK_BLOCK - XT_CK_CRC) != xt_get32(head + XT_CK_BLOCK - XT_CK_CRC) ||
            xt_get32(head + 36) != c->blocks || head[XT_CHECKPOINT_NAME - 1])
            return damaged(err, c->path, "the header of a block");
        at += XT_CK_BLOCK;
        memcpy(b.name, head, XT_CHECKPOINT_NAME);
        b.width = (int)xt_get32(head + 32);
        b.size = xt_get64(head + 40);
        b.at = at;
        if (!b.name[0])
            return at == c->file_size ? XT_OK : damaged(err, c->path, "something follows its end");
        const bool known = b.width == 1 || b.width == 2 || b.width == 4 || b.width == 8;
        if (!known || b.size % (uint64_t)b.width != 0) return damaged(err, c->path, "the header of a block");
        if (!fits(c, at, b.size)) return damaged(err, c->path, "it ends too early");
        XT_TRY(verify_data(c, &b, buffer, err));
        XT_TRY(add_block(c, &b, err));
        at += b.size + XT_CK_CRC;
    }
}

static xt_status open_file(xt_checkpoint *c, xt_error *err) {
    struct stat info;
    c->fd = open(c->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (c->fd < 0) return xt_fail(err, XT_IO, "%s: cannot open: %s", c->path, strerror(errno));
    if (fstat(c->fd, &info) != 0 || !S_ISREG(info.st_mode))
        return xt_fail(err, XT_IO, "%s: not a regular file", c->path);
    c->file_size = (uint64_t)info.st_size;
    unsigned char head[XT_CK_HEADER];
    if (c->file_size < sizeof head) return damaged(err, c->path, "it ends too early");
    XT_TRY(read_at(c, 0, head, sizeof head, err));
    return xt_ck_read_head(&c->head, head, c->path, err);
}

xt_status xt_checkpoint_open(xt_checkpoint **out, const char *path, const char *application, xt_error *err) {
    xt_status status = XT_OK;
    *out = NULL;
    unsigned char *buffer = malloc(CHUNK);
    xt_checkpoint *c = calloc(1, sizeof *c);
    if (c) c->path = malloc(strlen(path) + 1);
    if (!buffer || !c || !c->path) {
        free(buffer);
        free(c);
        return xt_no_memory(err, "a checkpoint", CHUNK);
    }
    strcpy(c->path, path);
    c->fd = -1;
    XT_GO(open_file(c, err));
    XT_GO(read_meta(c, err));
    XT_GO(read_blocks(c, buffer, err));
    if (application && strcmp(application, c->head.application) != 0) {
        status =
            xt_fail(err, XT_USAGE, "%s: the checkpoint belongs to another scene or model (%s, this is %s)",
                    path, c->head.application, application);
        goto done;
    }
    *out = c;
    c = NULL;
done:
    free(buffer);
    xt_checkpoint_close(c);
    return status;
}

void xt_checkpoint_close(xt_checkpoint *c) {
    if (!c) return;
    if (c->fd >= 0) close(c->fd);
    free(c->block);
    free(c->meta);
    free(c->path);
    free(c);
}

const char *xt_checkpoint_path(const xt_checkpoint *c) { return c->path; }
const char *xt_checkpoint_meta(const xt_checkpoint *c) { return c->meta; }
const char *xt_checkpoint_application(const xt_checkpoint *c) { return c->head.application; }
uint64_t xt_checkpoint_serial(const xt_checkpoint *c) { return c->head.serial; }

static const block *find(const xt_checkpoint *c, const char *name) {
    for (uint32_t i = 0; i < c->blocks; i++)
        if (strcmp(c->block[i].name, name) == 0) return &c->block[i];
    return NULL;
}

bool xt_checkpoint_find(const xt_checkpoint *c, const char *name, uint64_t *count, int *width) {
    const block *b = find(c, name);
    if (!b) return false;
    if (count) *count = b->size / (uint64_t)b->width;
    if (width) *width = b->width;
    return true;
}

xt_status xt_checkpoint_read_part(xt_checkpoint *c, const char *name, int width, uint64_t first, void *data,
                                  size_t count, xt_error *err) {
    const block *b = find(c, name);
    if (!b) return xt_fail(err, XT_IO, "%s: the checkpoint has no block '%s'", c->path, name);
    const uint64_t total = b->size / (uint64_t)b->width;
    if (b->width != width || first > total || count > total - first)
        return xt_fail(err, XT_IO,
                       "%s: block '%s' holds %llu numbers of %d bytes, not %llu of %d: this is another state",
                       c->path, name, (unsigned long long)total, b->width,
                       (unsigned long long)(first + count), width);
    XT_TRY(read_at(c, b->at + first * (uint64_t)width, data, count * (size_t)width, err));
    if (!xt_host_is_little()) xt_ck_swap(data, count, width);
    return XT_OK;
}

xt_status xt_checkpoint_read(xt_checkpoint *c, const char *name, int width, void *data, size_t count,
                             xt_error *err) {
    uint64_t total;
    if (xt_checkpoint_find(c, name, &total, NULL) && total != count)
        return xt_fail(err, XT_IO, "%s: block '%s' holds %llu numbers, not %llu: this is another state",
                       c->path, name, (unsigned long long)total, (unsigned long long)count);
    return xt_checkpoint_read_part(c, name, width, 0, data, count, err);
}
