#include "draw/apng_pack.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Ways to pack a frame. Slices are flat areas and ramps: unfiltered and keyed is best (11 pictures of a field
 * of 900 x 920 pixels: 642 KB against 712 KB filtered and 1236 KB without the key). Lit volumes want filters,
 * and where nearly all changes the key only disturbs them. So all are tried now and then, quickly. */
enum { PLAIN_KEYED, FILTERED_KEYED, FILTERED_WHOLE, WAYS };
enum { TRY_EVERY = 8, SAMPLE = 16, QUICK = 1, LEVEL = 6 }; /* level 9: 4 % smaller, 6 times as long */

struct xt_apng_packer {
    int width;
    uint8_t *row[2];   /* the pixels of a row and of the one before, with 3 bytes of zero on the left */
    uint8_t *trial[4]; /* a row by each filter */
    uint8_t *packed;
    size_t room;
    z_stream quick, best;
    int streams; /* that were started */
    int way, turn;
};

void xt_apng_packer_free(xt_apng_packer *packer) {
    if (!packer) return;
    if (packer->streams > 0) deflateEnd(&packer->quick);
    if (packer->streams > 1) deflateEnd(&packer->best);
    for (int i = 0; i < 2; i++) free(packer->row[i]);
    for (int i = 0; i < 4; i++) free(packer->trial[i]);
    free(packer->packed);
    free(packer);
}

xt_status xt_apng_packer_create(xt_apng_packer **out, int width, int height, xt_error *err) {
    *out = NULL;
    const size_t stride = 3 * (size_t)width;
    xt_apng_packer *packer = calloc(1, sizeof *packer);
    if (!packer) return xt_no_memory(err, "a film's encoder", sizeof *packer);
    packer->width = width;
    int missing = 0;
    for (int i = 0; i < 2; i++) missing |= !(packer->row[i] = calloc(stride + 3, 1));
    for (int i = 0; i < 4; i++) missing |= !(packer->trial[i] = malloc(stride + 1));
    if (!missing && deflateInit(&packer->quick, QUICK) == Z_OK) packer->streams++;
    if (packer->streams == 1 && deflateInit(&packer->best, LEVEL) == Z_OK) packer->streams++;
    if (packer->streams == 2) {
        const uLong all = (uLong)(stride + 1) * (uLong)height;
        packer->room = deflateBound(&packer->quick, all);
        if (deflateBound(&packer->best, all) > packer->room) packer->room = deflateBound(&packer->best, all);
        packer->packed = malloc(packer->room);
    }
    if (!packer->packed) {
        xt_apng_packer_free(packer);
        return xt_no_memory(err, "a film's encoder", 10 * stride);
    }
    *out = packer;
    return XT_OK;
}

static uint8_t paeth(int left, int up, int corner) {
    const int p = left + up - corner;
    const int a = abs(p - left), b = abs(p - up), c = abs(p - corner);
    return (uint8_t)(a <= b && a <= c ? left : b <= c ? up : corner);
}

static unsigned long weight(const uint8_t *bytes, size_t count) {
    unsigned long sum = 0;
    for (size_t i = 0; i < count; i++) sum += bytes[i] < 128 ? bytes[i] : 256U - bytes[i];
    return sum;
}

/* The row by whichever of none, sub, up, Paeth leaves the smallest numbers, its filter's number first. */
static const uint8_t *filtered(xt_apng_packer *p, const uint8_t *row, const uint8_t *above, size_t count) {
    static const uint8_t number[4] = {0, 1, 2, 4};
    uint8_t *const *out = p->trial;
    for (int k = 0; k < 4; k++) out[k][0] = number[k];
    memcpy(out[0] + 1, row, count);
    for (size_t i = 0; i < count; i++) out[1][i + 1] = (uint8_t)(row[i] - row[(ptrdiff_t)i - 3]);
    for (size_t i = 0; i < count; i++) out[2][i + 1] = (uint8_t)(row[i] - above[i]);
    for (size_t i = 0; i < count; i++)
        out[3][i + 1] = (uint8_t)(row[i] - paeth(row[(ptrdiff_t)i - 3], above[i], above[(ptrdiff_t)i - 3]));
    int best = 0;
    unsigned long least = weight(out[0] + 1, count);
    for (int k = 1; k < 4; k++) {
        const unsigned long w = weight(out[k] + 1, count);
        if (w < least) {
            least = w;
            best = k;
        }
    }
    return out[best];
}

/* A row of the frame: what changed, and `key` where nothing did. */
static void keyed_row(uint8_t *row, const uint8_t *now, const uint8_t *shown, const uint8_t key[3],
                      size_t count) {
    for (size_t i = 0; i < count; i += 3) {
        const bool same = now[i] == shown[i] && now[i + 1] == shown[i + 1] && now[i + 2] == shown[i + 2];
        for (size_t k = 0; k < 3; k++) row[i + k] = same ? key[k] : now[i + k];
    }
}

typedef struct {
    const uint8_t *now, *shown, *key;
    int x0, y0, x1, y1;
    bool sample; /* a quarter of the rows */
} frame;

static xt_status pack(size_t *size, xt_apng_packer *p, z_stream *z, int way, const frame *f, xt_error *err) {
    const size_t count = 3 * (size_t)(f->x1 - f->x0), stride = 3 * (size_t)p->width;
    int broken = deflateReset(z) != Z_OK;
    z->next_out = p->packed;
    z->avail_out = (uInt)p->room;
    memset(p->row[1], 0, count + 3);
    uint8_t *row = p->row[0] + 3, *above = p->row[1] + 3;
    for (int y = f->y0; y < f->y1 && !broken; y++) {
        if (f->sample && (y - f->y0) / SAMPLE % 4) continue;
        const size_t at = (size_t)y * stride + 3 * (size_t)f->x0;
        if (f->shown && way != FILTERED_WHOLE)
            keyed_row(row, f->now + at, f->shown + at, f->key, count);
        else
            memcpy(row, f->now + at, count);
        const uint8_t *line = p->trial[0];
        if (way == PLAIN_KEYED) {
            p->trial[0][0] = 0;
            memcpy(p->trial[0] + 1, row, count);
        } else
            line = filtered(p, row, above, count);
        z->next_in = (Bytef *)line; /* zlib's pointer is not const, but it only reads */
        z->avail_in = (uInt)(count + 1);
        broken = deflate(z, Z_NO_FLUSH) != Z_OK || z->avail_in != 0;
        uint8_t *other = above;
        above = row;
        row = other;
    }
    if (broken || deflate(z, Z_FINISH) != Z_STREAM_END)
        return xt_fail(err, XT_INTERNAL, "zlib does not pack a film's picture");
    *size = p->room - z->avail_out;
    return XT_OK;
}

xt_status xt_apng_pack(const uint8_t **bytes, size_t *size, int *over, xt_apng_packer *p, const uint8_t *now,
                       const uint8_t *shown, const uint8_t key[3], int x0, int y0, int x1, int y1,
                       xt_error *err) {
    frame f = {now, shown, key, x0, y0, x1, y1, .sample = true};
    /* The first picture has nothing before it, and says little about those that follow. */
    if (p->turn < 2 || p->turn % TRY_EVERY == 0) {
        size_t least = 0;
        for (int way = 0; way < WAYS; way++) {
            XT_TRY(pack(size, p, &p->quick, way, &f, err));
            if (way == 0 || *size < least) {
                least = *size;
                p->way = way;
            }
        }
    }
    p->turn++;
    f.sample = false;
    XT_TRY(pack(size, p, &p->best, p->way, &f, err));
    *bytes = p->packed;
    *over = shown && p->way != FILTERED_WHOLE;
    return XT_OK;
}
