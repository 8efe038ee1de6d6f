#include "draw/palette.h"

#include <math.h>
#include <png.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { BITS = 6, TOP = (1 << BITS) - 1, CELLS = 1 << 3 * BITS, MOST = 256 };

/* The pixels whose colours agree in the upper bits of each channel. */
typedef struct {
    uint64_t sum[3];
    uint32_t count, key;
} cell;

/* Cells [first, last) of the list. */
typedef struct {
    int first, last;
} box;

static uint32_t key_of(const uint8_t c[3]) {
    uint32_t key = 0;
    for (int k = 0; k < 3; k++) key = key << BITS | (uint32_t)(c[k] >> (8 - BITS));
    return key;
}
static int channel(uint32_t key, int k) { return (int)(key >> (2 - k) * BITS & TOP); }

static void bytes_of(uint8_t out[3], xt_colour c) {
    out[0] = xt_colour_byte(c.r);
    out[1] = xt_colour_byte(c.g);
    out[2] = xt_colour_byte(c.b);
}

/* The channel in which a box is longest, and how long. */
static int longest(int *axis, const cell *list, const box *b) {
    int most = -1;
    for (int k = 0; k < 3; k++) {
        int low = TOP, high = 0;
        for (int i = b->first; i < b->last; i++) {
            const int v = channel(list[i].key, k);
            low = v < low ? v : low;
            high = v > high ? v : high;
        }
        if (high - low > most) {
            most = high - low;
            *axis = k;
        }
    }
    return most;
}

/* Split where half of the range lies on either side: rare colours (letters, a legend) keep colours too. */
static int split(cell *list, const box *b, int axis) {
    int low = TOP, high = 0, to = b->first;
    for (int i = b->first; i < b->last; i++) {
        const int v = channel(list[i].key, axis);
        low = v < low ? v : low;
        high = v > high ? v : high;
    }
    const int middle = (low + high) / 2;
    for (int i = b->first; i < b->last; i++)
        if (channel(list[i].key, axis) <= middle) {
            const cell swap = list[to];
            list[to++] = list[i];
            list[i] = swap;
        }
    return to;
}

/* What a box costs: how long it is, weighed by its pixels; their root, so that few of them count too. */
static double cost(const cell *list, const box *b) {
    double count = 0;
    int axis;
    for (int i = b->first; i < b->last; i++) count += list[i].count;
    const double length = longest(&axis, list, b);
    return length * length * sqrt(count);
}

static int cut(box *boxes, cell *list, int cells) {
    double price[MOST];
    int count = 1;
    boxes[0] = (box){0, cells};
    price[0] = cost(list, &boxes[0]);
    while (count < MOST) {
        int dearest = 0, axis;
        for (int i = 1; i < count; i++)
            if (price[i] > price[dearest]) dearest = i;
        if (!(price[dearest] > 0)) break; /* every box is one cell */
        box *b = &boxes[dearest];
        longest(&axis, list, b);
        const int at = split(list, b, axis);
        boxes[count] = (box){at, b->last};
        b->last = at;
        price[count] = cost(list, &boxes[count]);
        price[dearest] = cost(list, b);
        count++;
    }
    return count;
}

static void mean(uint8_t out[3], const cell *list, const box *b) {
    uint64_t sum[3] = {0}, count = 0;
    for (int i = b->first; i < b->last; i++) {
        for (int k = 0; k < 3; k++) sum[k] += list[i].sum[k];
        count += list[i].count;
    }
    for (int k = 0; k < 3; k++) out[k] = (uint8_t)((sum[k] + count / 2) / count);
}

/* A colour's cell as a place in the list, found by its key; 0: none yet. */
typedef struct {
    uint32_t place[CELLS];
    cell *list;
    int cells, room;
} census;

static bool same(xt_colour a, xt_colour b) { return a.r == b.r && a.g == b.g && a.b == b.b; }

static bool count(census *all, const uint8_t c[3], uint32_t pixels) {
    const uint32_t key = key_of(c);
    if (!all->place[key]) {
        if (all->cells == all->room) {
            const int more = all->room ? 2 * all->room : 1024;
            cell *grown = realloc(all->list, (size_t)more * sizeof *grown);
            if (!grown) return false;
            all->list = grown;
            all->room = more;
        }
        all->list[all->cells++] = (cell){.key = key};
        all->place[key] = (uint32_t)all->cells;
    }
    cell *at = &all->list[all->place[key] - 1];
    at->count += pixels;
    for (int k = 0; k < 3; k++) at->sum[k] += (uint64_t)pixels * c[k];
    return true;
}

/* Pixels come in runs of one colour: slices are of flat voxels, pages of paper. */
static size_t run_of(const xt_colour *pixel, size_t left) {
    size_t n = 1;
    while (n < left && same(pixel[n], pixel[0])) n++;
    return n;
}

static int by_key(const void *a, const void *b) {
    const uint32_t p = ((const cell *)a)->key, q = ((const cell *)b)->key;
    return (p > q) - (p < q);
}

xt_status xt_indexed_create(xt_indexed *indexed, const xt_image *image, xt_error *err) {
    const size_t pixels = (size_t)image->width * (size_t)image->height;
    xt_status status = XT_OK;
    box boxes[MOST];
    uint8_t c[3];
    *indexed = (xt_indexed){.width = image->width, .height = image->height, .pixel = malloc(pixels)};
    census *all = calloc(1, sizeof *all);
    if (!all || !indexed->pixel) XT_GO(xt_no_memory(err, "a palette", pixels));
    for (size_t i = 0, n; i < pixels; i += n) {
        n = run_of(&image->pixel[i], pixels - i);
        bytes_of(c, image->pixel[i]);
        if (!count(all, c, (uint32_t)n)) XT_GO(xt_no_memory(err, "a palette", pixels));
    }
    qsort(all->list, (size_t)all->cells, sizeof *all->list, by_key);
    indexed->count = cut(boxes, all->list, all->cells);
    for (int n = 0; n < indexed->count; n++) {
        mean(indexed->colour[n], all->list, &boxes[n]);
        for (int i = boxes[n].first; i < boxes[n].last; i++) all->place[all->list[i].key] = (uint32_t)n;
    }
    for (size_t i = 0, n; i < pixels; i += n) {
        n = run_of(&image->pixel[i], pixels - i);
        bytes_of(c, image->pixel[i]);
        memset(indexed->pixel + i, (int)all->place[key_of(c)], n);
    }
done:
    if (all) free(all->list);
    free(all);
    if (status != XT_OK) xt_indexed_free(indexed);
    return status;
}

void xt_indexed_free(xt_indexed *indexed) {
    if (!indexed) return;
    free(indexed->pixel);
    *indexed = (xt_indexed){0};
}

xt_status xt_indexed_png(void **bytes, size_t *size, const xt_indexed *indexed, xt_error *err) {
    png_image png = {.version = PNG_IMAGE_VERSION,
                     .width = (png_uint_32)indexed->width,
                     .height = (png_uint_32)indexed->height,
                     .format = PNG_FORMAT_RGB_COLORMAP,
                     .flags = PNG_IMAGE_FLAG_FAST,
                     .colormap_entries = (png_uint_32)indexed->count};
    png_alloc_size_t room = PNG_IMAGE_PNG_SIZE_MAX(png);
    *bytes = malloc(room);
    if (!*bytes) return xt_no_memory(err, "a picture", room);
    if (!png_image_write_to_memory(&png, *bytes, &room, 0, indexed->pixel, indexed->width, indexed->colour)) {
        free(*bytes);
        *bytes = NULL;
        return xt_fail(err, XT_INTERNAL, "a picture cannot be packed: %s", png.message);
    }
    *size = room;
    return XT_OK;
}
