#include "app/sixel.h"

#include <stdlib.h>
#include <string.h>

/* Colours are looked up with five bits a channel. */
enum { BITS = 5, LEVELS = 1 << BITS, CELLS = LEVELS * LEVELS * LEVELS, MOST_PIXELS = 1 << 24 };

typedef struct {
    long long count, sum[3]; /* pixels of a cell, and their bytes */
} cell;

typedef struct {
    int low[3], high[3]; /* cells, inclusive */
    long long count;
} box;

typedef struct {
    cell *cells;          /* [CELLS] */
    unsigned char *index; /* [CELLS] into the palette */
    unsigned char *pixel; /* [width * height] into the palette */
    int colours;
    int percent[XT_SIXEL_COLOURS][3];
} picture;

static int cell_of(const int at[3]) { return (at[0] << BITS | at[1]) << BITS | at[2]; }

static int cell_of_pixel(const xt_colour *c) {
    return cell_of((const int[3]){xt_colour_byte(c->r) >> (8 - BITS), xt_colour_byte(c->g) >> (8 - BITS),
                                  xt_colour_byte(c->b) >> (8 - BITS)});
}

/* Calls for every cell of the box that holds pixels. */
#define EACH_CELL(b, at)                                                                                     \
    for (at[0] = (b)->low[0]; at[0] <= (b)->high[0]; at[0]++)                                                \
        for (at[1] = (b)->low[1]; at[1] <= (b)->high[1]; at[1]++)                                            \
            for (at[2] = (b)->low[2]; at[2] <= (b)->high[2]; at[2]++)

/* As tight as its pixels. */
static void tighten(box *b, const cell *cells) {
    box t = {{LEVELS, LEVELS, LEVELS}, {-1, -1, -1}, 0};
    int at[3];
    EACH_CELL(b, at) {
        const cell *c = &cells[cell_of(at)];
        if (!c->count) continue;
        t.count += c->count;
        for (int k = 0; k < 3; k++) {
            if (at[k] < t.low[k]) t.low[k] = at[k];
            if (at[k] > t.high[k]) t.high[k] = at[k];
        }
    }
    *b = t;
}

/* Cut at the median of the longest side: the first half keeps the place. False if it is one cell. */
static bool cut(box *first, box *second, const cell *cells) {
    int side = 0, at[3];
    long long along[LEVELS] = {0};
    for (int k = 1; k < 3; k++)
        if (first->high[k] - first->low[k] > first->high[side] - first->low[side]) side = k;
    if (first->high[side] == first->low[side]) return false;
    EACH_CELL(first, at) along[at[side]] += cells[cell_of(at)].count;
    int last = first->low[side];
    for (long long sum = along[last]; last < first->high[side] - 1 && sum < first->count / 2;)
        sum += along[++last];
    *second = *first;
    first->high[side] = last;
    second->low[side] = last + 1;
    tighten(first, cells);
    tighten(second, cells);
    return true;
}

/* The box that most is gained by cutting: many pixels and long. */
static int next_to_cut(const box *boxes, int count) {
    int best = -1;
    double most = 0;
    for (int i = 0; i < count; i++) {
        int longest = 0;
        for (int k = 0; k < 3; k++)
            if (boxes[i].high[k] - boxes[i].low[k] > longest) longest = boxes[i].high[k] - boxes[i].low[k];
        const double gain = (double)boxes[i].count * longest * longest;
        if (gain > most) {
            most = gain;
            best = i;
        }
    }
    return best;
}

static void choose_colours(picture *p) {
    box boxes[XT_SIXEL_COLOURS] = {{{0, 0, 0}, {LEVELS - 1, LEVELS - 1, LEVELS - 1}, 0}};
    int count = 1, at[3];
    tighten(&boxes[0], p->cells);
    for (int i; count < XT_SIXEL_COLOURS && (i = next_to_cut(boxes, count)) >= 0;)
        if (cut(&boxes[i], &boxes[count], p->cells)) count++;
    p->colours = count;
    for (int i = 0; i < count; i++) {
        long long sum[3] = {0};
        EACH_CELL(&boxes[i], at) {
            const cell *c = &p->cells[cell_of(at)];
            for (int k = 0; k < 3; k++) sum[k] += c->sum[k];
            p->index[cell_of(at)] = (unsigned char)i;
        }
        for (int k = 0; k < 3; k++)
            p->percent[i][k] =
                (int)((sum[k] * 200 / boxes[i].count + 255) / 510); /* 0..255 to 0..100, rounded */
    }
}

/* One row of six, one colour: run lengths of the pixels that have it. */
static void write_colour(xt_text *out, const picture *p, int width, int rows, const unsigned char *row,
                         int colour) {
    char text[64];
    int run = 0, before = 0;
    xt_text_printf(out, "#%d", colour);
    for (int x = 0; x <= width; x++) {
        int bits = 0;
        for (int y = 0; x < width && y < rows; y++)
            if (row[y * width + x] == colour) bits |= 1 << y;
        if (x < width && (run == 0 || bits == before)) {
            before = bits;
            run++;
            continue;
        }
        if (x == width && !before) break; /* the rest is empty */
        if (run > 3)
            xt_text_printf(out, "!%d%c", run, 63 + before);
        else {
            memset(text, 63 + before, (size_t)run);
            xt_text_add_bytes(out, text, (size_t)run);
        }
        before = bits;
        run = 1;
    }
    (void)p;
}

static void write_rows(xt_text *out, const picture *p, int width, int height) {
    for (int y = 0; y < height; y += 6) {
        const unsigned char *row = p->pixel + (size_t)y * (size_t)width;
        const int rows = height - y < 6 ? height - y : 6;
        bool used[XT_SIXEL_COLOURS] = {false}, first = true;
        for (int i = 0; i < rows * width; i++) used[row[i]] = true;
        for (int i = 0; i < p->colours; i++) {
            if (!used[i]) continue;
            if (!first) xt_text_add(out, "$"); /* back to the row's begin */
            first = false;
            write_colour(out, p, width, rows, row, i);
        }
        xt_text_add(out, "-");
    }
}

xt_status xt_sixel_write(xt_text *out, const xt_image *image, xt_error *err) {
    const size_t pixels = (size_t)image->width * (size_t)image->height;
    if (pixels < 1 || pixels > MOST_PIXELS)
        return xt_fail(err, XT_USAGE, "a picture of %d x %d pixels as sixels", image->width, image->height);
    picture p = {.cells = calloc(CELLS, sizeof *p.cells), .index = malloc(CELLS), .pixel = malloc(pixels)};
    xt_status status = XT_OK;
    if (!p.cells || !p.index || !p.pixel) {
        status = xt_no_memory(err, "a picture as sixels", pixels);
        goto done;
    }
    for (size_t i = 0; i < pixels; i++) {
        const xt_colour *c = &image->pixel[i];
        cell *to = &p.cells[cell_of_pixel(c)];
        to->count++;
        to->sum[0] += xt_colour_byte(c->r);
        to->sum[1] += xt_colour_byte(c->g);
        to->sum[2] += xt_colour_byte(c->b);
    }
    choose_colours(&p);
    for (size_t i = 0; i < pixels; i++) p.pixel[i] = p.index[cell_of_pixel(&image->pixel[i])];
    xt_text_printf(out, "\033P0;1q\"1;1;%d;%d", image->width, image->height);
    for (int i = 0; i < p.colours; i++)
        xt_text_printf(out, "#%d;2;%d;%d;%d", i, p.percent[i][0], p.percent[i][1], p.percent[i][2]);
    write_rows(out, &p, image->width, image->height);
    xt_text_add(out, "\033\\");
    status = xt_text_check(out, "a picture as sixels", err);
done:
    free(p.cells);
    free(p.index);
    free(p.pixel);
    return status;
}
