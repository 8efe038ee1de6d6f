/* Writing a generation: aside, checksummed piece by piece, renamed over the older one. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "observe/checkpoint_format.h"

struct xt_checkpoint_writer {
    xt_file_writer file;
    char (*name)[XT_CHECKPOINT_NAME]; /* of the blocks so far */
    uint32_t blocks, capacity;
    int width;          /* of the open block; 0: none is open */
    uint64_t remaining; /* numbers that it still expects */
    uint32_t crc;
};

enum { SWAP_BYTES = 1 << 16 };

/* A run that was killed leaves its temporary file, as large as the state. */
static void remove_leftovers(const char *dir) {
    DIR *d = opendir(dir);
    if (!d) return;
    for (struct dirent *e; (e = readdir(d));)
        for (int k = 0; k < 2; k++) {
            const size_t n = strlen(xt_ck_slot[k]);
            if (strncmp(e->d_name, xt_ck_slot[k], n) != 0 || strncmp(e->d_name + n, ".tmp-", 5) != 0)
                continue;
            char *path;
            xt_error unused = {0};
            if (xt_path_join(&path, dir, e->d_name, &unused) != XT_OK) continue;
            unlink(path); /* if it cannot be removed it is only in the way */
            free(path);
        }
    closedir(d);
}

/* Which of the two to replace: one that is not there or cannot be read, else the older. */
static xt_status choose_slot(char **path, uint64_t *serial, const char *dir, xt_error *err) {
    char *slot[2] = {NULL, NULL};
    xt_ck_head head[2];
    bool good[2];
    xt_status status = XT_OK;
    for (int k = 0; k < 2; k++) {
        XT_GO(xt_path_join(&slot[k], dir, xt_ck_slot[k], err));
        good[k] = xt_ck_peek(&head[k], slot[k]);
    }
    *serial = 1;
    for (int k = 0; k < 2; k++)
        if (good[k] && head[k].serial >= *serial) *serial = head[k].serial + 1;
    const int chosen = !good[0] ? 0 : !good[1] ? 1 : head[1].serial < head[0].serial;
    *path = slot[chosen];
    slot[chosen] = NULL;
done:
    free(slot[0]);
    free(slot[1]);
    return status;
}

static xt_status put(xt_checkpoint_writer *w, const void *bytes, size_t size, xt_error *err) {
    w->crc = xt_ck_crc(w->crc, bytes, size);
    return xt_file_writer_write(&w->file, bytes, size, err);
}

static xt_status put_crc(xt_checkpoint_writer *w, xt_error *err) {
    unsigned char bytes[XT_CK_CRC];
    xt_put32(bytes, w->crc);
    w->crc = 0;
    return xt_file_writer_write(&w->file, bytes, sizeof bytes, err);
}

static xt_status put_head(xt_checkpoint_writer *w, uint64_t serial, const char *application, const char *meta,
                          xt_error *err) {
    unsigned char head[XT_CK_HEADER - XT_CK_CRC] = {0};
    memcpy(head, xt_ck_magic, sizeof xt_ck_magic);
    xt_put32(head + 8, XT_CHECKPOINT_VERSION);
    xt_put32(head + 12, XT_CK_HEADER);
    xt_put64(head + 16, serial);
    memcpy(head + 24, application, strlen(application));
    xt_put64(head + 24 + XT_CHECKPOINT_APPLICATION, strlen(meta));
    XT_TRY(put(w, head, sizeof head, err));
    XT_TRY(put_crc(w, err));
    XT_TRY(put(w, meta, strlen(meta), err));
    return put_crc(w, err);
}

xt_status xt_checkpoint_begin(xt_checkpoint_writer **out, const char *dir, const char *application,
                              const char *meta, xt_error *err) {
    *out = NULL;
    if (strlen(application) >= XT_CHECKPOINT_APPLICATION)
        return xt_fail(err, XT_INTERNAL, "a checkpoint's application '%s' is too long", application);
    xt_status status = XT_OK;
    char *path = NULL;
    uint64_t serial;
    xt_checkpoint_writer *w = calloc(1, sizeof *w);
    if (!w) return xt_no_memory(err, "a checkpoint", sizeof *w);
    XT_GO(xt_make_folders(dir, err));
    remove_leftovers(dir);
    XT_GO(choose_slot(&path, &serial, dir, err));
    XT_GO(xt_file_writer_open(&w->file, path, err));
    XT_GO(put_head(w, serial, application, meta, err));
    *out = w;
    w = NULL;
done:
    free(path);
    xt_checkpoint_abandon(w);
    return status;
}

/* The header of a block, with its checksum; the data's starts anew after it. */
static xt_status put_block_head(xt_checkpoint_writer *w, const char *name, int width, uint64_t size,
                                xt_error *err) {
    unsigned char head[XT_CK_BLOCK - XT_CK_CRC] = {0};
    memcpy(head, name, strlen(name));
    xt_put32(head + 32, (uint32_t)width);
    xt_put32(head + 36, w->blocks);
    xt_put64(head + 40, size);
    XT_TRY(put(w, head, sizeof head, err));
    return put_crc(w, err);
}

static xt_status remember(xt_checkpoint_writer *w, const char *name, xt_error *err) {
    for (uint32_t i = 0; i < w->blocks; i++)
        if (strcmp(w->name[i], name) == 0)
            return xt_fail(err, XT_INTERNAL, "a checkpoint with two blocks named '%s'", name);
    if (w->blocks == w->capacity) {
        const uint32_t capacity = w->capacity ? 2 * w->capacity : 32;
        void *grown = realloc(w->name, capacity * sizeof *w->name);
        if (!grown) return xt_no_memory(err, "a checkpoint", capacity * sizeof *w->name);
        w->name = grown;
        w->capacity = capacity;
    }
    strcpy(w->name[w->blocks], name);
    return XT_OK;
}

xt_status xt_checkpoint_block_open(xt_checkpoint_writer *w, const char *name, int width, uint64_t count,
                                   xt_error *err) {
    if (w->width) return xt_fail(err, XT_INTERNAL, "block '%s' within another block", name);
    if (!name[0] || strlen(name) >= XT_CHECKPOINT_NAME)
        return xt_fail(err, XT_INTERNAL, "a checkpoint's block cannot be named '%s'", name);
    if ((width != 1 && width != 2 && width != 4 && width != 8) || count > UINT64_MAX / 8)
        return xt_fail(err, XT_INTERNAL, "block '%s': %llu numbers of %d bytes", name,
                       (unsigned long long)count, width);
    XT_TRY(remember(w, name, err));
    XT_TRY(put_block_head(w, name, width, count * (uint64_t)width, err));
    w->width = width;
    w->remaining = count;
    return XT_OK;
}

xt_status xt_checkpoint_block_add(xt_checkpoint_writer *w, const void *data, size_t count, xt_error *err) {
    if (!w->width || count > w->remaining)
        return xt_fail(err, XT_INTERNAL, "too many numbers for a checkpoint's block");
    w->remaining -= count;
    const size_t width = (size_t)w->width;
    if (xt_host_is_little() || width == 1) return put(w, data, count * width, err);
    unsigned char turned[SWAP_BYTES];
    const unsigned char *from = data;
    while (count > 0) {
        const size_t part = count < SWAP_BYTES / width ? count : SWAP_BYTES / width;
        memcpy(turned, from, part * width);
        xt_ck_swap(turned, part, w->width);
        XT_TRY(put(w, turned, part * width, err));
        from += part * width;
        count -= part;
    }
    return XT_OK;
}

xt_status xt_checkpoint_block_close(xt_checkpoint_writer *w, xt_error *err) {
    if (!w->width || w->remaining > 0)
        return xt_fail(err, XT_INTERNAL, "a checkpoint's block lacks %llu numbers",
                       (unsigned long long)w->remaining);
    w->width = 0;
    w->blocks++;
    return put_crc(w, err);
}

xt_status xt_checkpoint_block(xt_checkpoint_writer *w, const char *name, int width, const void *data,
                              size_t count, xt_error *err) {
    XT_TRY(xt_checkpoint_block_open(w, name, width, count, err));
    XT_TRY(xt_checkpoint_block_add(w, data, count, err));
    return xt_checkpoint_block_close(w, err);
}

static void forget(xt_checkpoint_writer *w) {
    free(w->name);
    free(w);
}

void xt_checkpoint_abandon(xt_checkpoint_writer *w) {
    if (!w) return;
    xt_file_writer_abandon(&w->file);
    forget(w);
}

xt_status xt_checkpoint_commit(xt_checkpoint_writer *w, xt_error *err) {
    xt_status status = XT_OK;
    if (w->width) {
        status = xt_fail(err, XT_INTERNAL, "a checkpoint committed inside a block");
        goto done;
    }
    XT_GO(put_block_head(w, "", 0, 0, err));
    XT_GO(xt_file_writer_commit(&w->file, err));
done:
    xt_file_writer_abandon(&w->file);
    forget(w);
    return status;
}
