#include "draw/apng.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "base/file.h"
#include "base/text.h"
#include "draw/apng_pack.h"

/* A green that no colour map, tissue or grey has. */
static const uint8_t key[3] = {0x01, 0xfe, 0x5d};

/* A frame on its way: packed by a thread while the caller makes the next picture. */
typedef struct {
    bool there, started; /* a frame; its thread */
    pthread_t thread;
    bool first;
    int rect[4]; /* left, top, right, bottom */
    double seconds;
    const uint8_t *packed; /* the packer's */
    size_t size;
    int over;
    xt_error err;
} frame;

struct xt_apng {
    xt_file_writer file;
    xt_apng_packer *packer;
    int width, height, loops;
    long control; /* where acTL stands */
    uint32_t frames, sequence;
    uint8_t *next, *now, *shown; /* [3 * width * height]: to come, being packed, before that */
    frame pending;
};

/* ---- chunks ---- */

static void put32(uint8_t *to, uint32_t v) {
    for (int i = 0; i < 4; i++) to[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void put16(uint8_t *to, uint32_t v) {
    to[0] = (uint8_t)(v >> 8);
    to[1] = (uint8_t)v;
}

/* A chunk of two pieces, the second of which may be empty. */
static xt_status chunk(xt_apng *apng, const char *name, const void *head, size_t head_size, const void *body,
                       size_t body_size, xt_error *err) {
    uint8_t start[8], end[4];
    if (head_size + body_size > 0x7fffffff)
        return xt_fail(err, XT_USAGE, "%s: a picture too large for a PNG", apng->file.path);
    put32(start, (uint32_t)(head_size + body_size));
    memcpy(start + 4, name, 4);
    uLong crc = crc32(crc32(0, NULL, 0), start + 4, 4);
    if (head_size) crc = crc32(crc, head, (uInt)head_size);
    if (body_size) crc = crc32(crc, body, (uInt)body_size);
    put32(end, (uint32_t)crc);
    XT_TRY(xt_file_writer_write(&apng->file, start, 8, err));
    XT_TRY(xt_file_writer_write(&apng->file, head, head_size, err));
    XT_TRY(xt_file_writer_write(&apng->file, body, body_size, err));
    return xt_file_writer_write(&apng->file, end, 4, err);
}

static xt_status animation_control(xt_apng *apng, xt_error *err) {
    uint8_t body[8];
    put32(body, apng->frames);
    put32(body + 4, (uint32_t)apng->loops);
    return chunk(apng, "acTL", body, sizeof body, NULL, 0, err);
}

static bool is_ascii(const char *text) {
    for (; *text; text++)
        if ((unsigned char)*text > 126 || ((unsigned char)*text < 32 && *text != '\n')) return false;
    return true;
}

/* tEXt: keyword, 0, text. iTXt: keyword, 0, not compressed, no language, no translated keyword, UTF-8. */
static xt_status text_chunk(xt_apng *apng, const xt_png_text *entry, xt_error *err) {
    const bool plain = is_ascii(entry->value);
    xt_text head = {0};
    xt_text_add_bytes(&head, entry->key, strlen(entry->key));
    xt_text_add_bytes(&head, "\0\0\0\0\0", plain ? 1 : 5);
    xt_status status = xt_text_check(&head, "a film's text", err);
    if (status == XT_OK)
        status = chunk(apng, plain ? "tEXt" : "iTXt", head.data, head.size, entry->value,
                       strlen(entry->value), err);
    xt_text_free(&head);
    return status;
}

static xt_status header(xt_apng *apng, const xt_png_text *text, int text_count, xt_error *err) {
    static const uint8_t signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'}, perceptual = 0;
    uint8_t image[13] = {[8] = 8, [9] = 2}, transparent[6] = {0};
    put32(image, (uint32_t)apng->width);
    put32(image + 4, (uint32_t)apng->height);
    for (int k = 0; k < 3; k++) transparent[2 * k + 1] = key[k];
    XT_TRY(xt_file_writer_write(&apng->file, signature, sizeof signature, err));
    XT_TRY(chunk(apng, "IHDR", image, sizeof image, NULL, 0, err));
    XT_TRY(chunk(apng, "sRGB", &perceptual, 1, NULL, 0, err));
    apng->control = ftell(apng->file.stream);
    if (apng->control < 0)
        return xt_fail(err, XT_IO, "%s: not a file that can be gone back in", apng->file.path);
    XT_TRY(animation_control(apng, err));
    for (int i = 0; i < text_count; i++)
        if (text[i].value) XT_TRY(text_chunk(apng, &text[i], err));
    return chunk(apng, "tRNS", transparent, sizeof transparent, NULL, 0, err);
}

/* ---- frames ---- */

void xt_apng_delay(uint16_t *numerator, uint16_t *denominator, double seconds) {
    double least = INFINITY; /* how far off, as a share */
    *numerator = seconds > 1 ? 65535 : 1;
    *denominator = seconds > 1 ? 1 : 65535;
    for (int den = 1; den <= 65535 && least > 1e-6; den++) {
        const double num = round(seconds * den), off = fabs(num - seconds * den) / (seconds * den);
        if (num > 65535) break;
        if (num < 1 || !(off < least)) continue;
        least = off;
        *numerator = (uint16_t)num;
        *denominator = (uint16_t)den;
    }
}

/* The four channels of a pixel rounded to bytes at once. For all v of 16 bits xt_colour_byte(v) is
 * (v - v / 256 + 127 + v / 32768) / 256, and nothing is carried from one channel to the next. */
static void to_bytes(uint8_t *to, const xt_image *image) {
    const size_t count = (size_t)image->width * (size_t)image->height;
    for (size_t i = 0; i < count; i++, to += 3) {
        uint64_t four;
        uint16_t channel[4];
        memcpy(&four, &image->pixel[i], sizeof four);
        four += 0x007f007f007f007f + (four >> 15 & 0x0001000100010001) - (four >> 8 & 0x00ff00ff00ff00ff);
        four = four >> 8 & 0x00ff00ff00ff00ff;
        memcpy(channel, &four, sizeof four);
        const bool is_key = channel[0] == key[0] && channel[1] == key[1] && channel[2] == key[2];
        to[0] = (uint8_t)channel[0];
        to[1] = (uint8_t)channel[1];
        to[2] = (uint8_t)(channel[2] + is_key);
    }
}

/* The smallest rectangle that differs; one pixel where nothing does, since a frame cannot be empty. */
static void changed(int rect[4], const uint8_t *now, const uint8_t *shown, int width, int height) {
    const size_t stride = 3 * (size_t)width;
    int top = 0, bottom = height, left = width, right = 0;
    while (top < height && memcmp(now + (size_t)top * stride, shown + (size_t)top * stride, stride) == 0)
        top++;
    if (top == height) {
        memcpy(rect, (const int[4]){0, 0, 1, 1}, 4 * sizeof *rect);
        return;
    }
    while (memcmp(now + (size_t)(bottom - 1) * stride, shown + (size_t)(bottom - 1) * stride, stride) == 0)
        bottom--;
    for (int y = top; y < bottom; y++) {
        const uint8_t *a = now + (size_t)y * stride, *b = shown + (size_t)y * stride;
        int x = 0;
        while (x < left && memcmp(a + 3 * x, b + 3 * x, 3) == 0) x++;
        left = x < left ? x : left;
        x = width;
        while (x > right && memcmp(a + 3 * (x - 1), b + 3 * (x - 1), 3) == 0) x--;
        right = x > right ? x : right;
    }
    memcpy(rect, (const int[4]){left, top, right, bottom}, 4 * sizeof *rect);
}

static void *work(void *argument) {
    xt_apng *apng = argument;
    frame *f = &apng->pending;
    const int *r = f->rect;
    xt_apng_pack(&f->packed, &f->size, &f->over, apng->packer, apng->now, f->first ? NULL : apng->shown, key,
                 r[0], r[1], r[2], r[3], &f->err);
    return NULL;
}

static void start(xt_apng *apng) {
    sigset_t all, before;
    sigfillset(&all); /* signals belong to the thread that asked */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    apng->pending.started = pthread_create(&apng->pending.thread, NULL, work, apng) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!apng->pending.started) work(apng);
}

static void wait_for(xt_apng *apng) {
    if (apng->pending.started) pthread_join(apng->pending.thread, NULL);
    apng->pending.started = false;
}

static xt_status write_pending(xt_apng *apng, xt_error *err) {
    frame *f = &apng->pending;
    if (!f->there) return XT_OK;
    wait_for(apng);
    f->there = false;
    if (f->err.status != XT_OK) return xt_fail(err, f->err.status, "%s", f->err.text);
    uint8_t control[26] = {0}, sequence[4];
    uint16_t numerator, denominator;
    put32(control, apng->sequence++);
    put32(control + 4, (uint32_t)(f->rect[2] - f->rect[0]));
    put32(control + 8, (uint32_t)(f->rect[3] - f->rect[1]));
    put32(control + 12, (uint32_t)f->rect[0]);
    put32(control + 16, (uint32_t)f->rect[1]);
    xt_apng_delay(&numerator, &denominator, f->seconds);
    put16(control + 20, numerator);
    put16(control + 22, denominator);
    control[24] = 0; /* what is shown stays */
    control[25] = (uint8_t)f->over;
    XT_TRY(chunk(apng, "fcTL", control, sizeof control, NULL, 0, err));
    if (!f->first) put32(sequence, apng->sequence++);
    return chunk(apng, f->first ? "IDAT" : "fdAT", sequence, f->first ? 0 : 4, f->packed, f->size, err);
}

xt_status xt_apng_add(xt_apng *apng, const xt_image *image, double seconds, xt_error *err) {
    frame next = {.there = true,
                  .first = apng->frames == 0,
                  .rect = {0, 0, apng->width, apng->height},
                  .seconds = seconds};
    if (apng->frames == 0x7fffffff) return xt_fail(err, XT_USAGE, "%s: too many pictures", apng->file.path);
    to_bytes(apng->next, image);
    if (!next.first) changed(next.rect, apng->next, apng->now, apng->width, apng->height);
    XT_TRY(write_pending(apng, err));
    uint8_t *before = apng->shown;
    apng->shown = apng->now;
    apng->now = apng->next;
    apng->next = before;
    apng->frames++;
    apng->pending = next;
    start(apng);
    return XT_OK;
}

/* ---- life ---- */

xt_status xt_apng_open(xt_apng **out, const char *path, int width, int height, int loops,
                       const xt_png_text *text, int text_count, xt_error *err) {
    *out = NULL;
    const size_t bytes = 3 * (size_t)width * (size_t)height;
    xt_apng *apng = calloc(1, sizeof *apng);
    if (!apng) return xt_no_memory(err, "a film", sizeof *apng);
    xt_status status = XT_OK;
    apng->width = width;
    apng->height = height;
    apng->loops = loops;
    apng->next = malloc(bytes);
    apng->now = malloc(bytes);
    apng->shown = malloc(bytes);
    if (!apng->next || !apng->now || !apng->shown) {
        status = xt_no_memory(err, "a film", 3 * bytes);
        goto done;
    }
    XT_GO(xt_apng_packer_create(&apng->packer, width, height, err));
    XT_GO(xt_file_writer_open(&apng->file, path, err));
    XT_GO(header(apng, text, text_count, err));
done:
    if (status != XT_OK) xt_apng_abandon(&apng);
    *out = apng;
    return status;
}

static xt_status finish(xt_apng *apng, xt_error *err) {
    XT_TRY(write_pending(apng, err));
    XT_TRY(chunk(apng, "IEND", NULL, 0, NULL, 0, err));
    if (fseek(apng->file.stream, apng->control, SEEK_SET) != 0)
        return xt_fail(err, XT_IO, "%s: cannot write: no way back to its start", apng->file.path);
    XT_TRY(animation_control(apng, err));
    return xt_file_writer_commit(&apng->file, err);
}

xt_status xt_apng_close(xt_apng **apng, xt_error *err) {
    const xt_status status = finish(*apng, err);
    xt_apng_abandon(apng);
    return status;
}

void xt_apng_abandon(xt_apng **apng) {
    if (!*apng) return;
    wait_for(*apng);
    xt_file_writer_abandon(&(*apng)->file);
    xt_apng_packer_free((*apng)->packer);
    free((*apng)->next);
    free((*apng)->now);
    free((*apng)->shown);
    free(*apng);
    *apng = NULL;
}
