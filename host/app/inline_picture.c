#include "app/inline_picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/sixel.h"
#include "base/file.h"
#include "draw/png_read.h"
#include "draw/shrink.h"
#include "report/html.h"

enum {
    MOST_BYTES = 8 << 20, /* of a file that is sent as it is */
    CHUNK = 3072,         /* of kitty's: 4096 characters of base64 */
    ID = 58               /* our picture's number at kitty; any */
};

const char *xt_inline_erase(xt_inline_way way) {
    return way == XT_INLINE_KITTY ? "\033_Ga=d,d=I,i=58,q=2\033\\" : "";
}

/* The largest area of characters with the picture's shape. */
static xt_status fit(xt_inline_picture *to, double width, double height, int columns, int rows,
                     const double cell[2], xt_error *err) {
    if (columns < 2 || rows < 2 || !(width >= 1 && height >= 1))
        return xt_fail(err, XT_USAGE, "no room for a picture");
    const double scale = fmin(columns * cell[0] / width, rows * cell[1] / height);
    to->columns = (int)fmax(1, floor(width * scale / cell[0] + 1e-6));
    to->rows = (int)fmin(rows, fmax(1, ceil(height * scale / cell[1] - 1e-6)));
    return XT_OK;
}

/* Width and height from a PNG's head. */
static xt_status look(double size[2], const char *bytes, size_t count, const char *path, xt_error *err) {
    static const char signature[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    if (count < 24 || memcmp(bytes, signature, sizeof signature - 1) != 0)
        return xt_fail(err, XT_IO, "%s: is not a PNG", path);
    for (int k = 0; k < 2; k++) {
        const unsigned char *b = (const unsigned char *)bytes + 16 + 4 * k;
        size[k] = ((b[0] * 256.0 + b[1]) * 256 + b[2]) * 256 + b[3];
    }
    return XT_OK;
}

/* https://sw.kovidgoyal.net/kitty/graphics-protocol/: transmit and show (a=T) a PNG (f=100) scaled to c x r
 * cells, the cursor stays (C=1), no answer (q=2). */
static void kitty(xt_inline_picture *to, const char *png, size_t size) {
    for (size_t at = 0; at < size; at += CHUNK) {
        const bool more = size - at > CHUNK;
        if (at == 0)
            xt_text_printf(&to->bytes, "\033_Ga=T,f=100,i=%d,c=%d,r=%d,C=1,q=2,m=%d;", ID, to->columns,
                           to->rows, more);
        else
            xt_text_printf(&to->bytes, "\033_Gm=%d,q=2;", more);
        xt_html_base64(&to->bytes, png + at, more ? CHUNK : size - at);
        xt_text_add(&to->bytes, "\033\\");
    }
}

/* https://iterm2.com/documentation-images.html */
static void iterm(xt_inline_picture *to, const char *png, size_t size) {
    xt_text_printf(&to->bytes,
                   "\033]1337;File=inline=1;size=%zu;width=%d;height=%d;preserveAspectRatio=1:", size,
                   to->columns, to->rows);
    xt_html_base64(&to->bytes, png, size);
    xt_text_add(&to->bytes, "\a");
}

static xt_status send_file(xt_inline_picture *to, const char *path, xt_inline_way way, int columns, int rows,
                           const double cell[2], xt_error *err) {
    char *png = NULL;
    size_t count = 0;
    double size[2] = {0, 0};
    xt_status status = XT_OK;
    XT_GO(xt_file_read(&png, &count, path, MOST_BYTES, err));
    XT_GO(look(size, png, count, path, err));
    XT_GO(fit(to, size[0], size[1], columns, rows, cell, err));
    (way == XT_INLINE_KITTY ? kitty : iterm)(to, png, count);
done:
    free(png);
    return status;
}

static void add_colour(xt_text *out, int ground, const xt_colour *c) {
    xt_text_printf(out, "\033[%d;2;%d;%d;%dm", ground, xt_colour_byte(c->r), xt_colour_byte(c->g),
                   xt_colour_byte(c->b));
}

/* Each character is an upper half block: its colour the upper pixel, its ground the lower. */
static void blocks(xt_text *out, const xt_image *image) {
    const xt_colour *before[2] = {NULL, NULL};
    for (int y = 0; y < image->height; y += 2) {
        for (int x = 0; x < image->width; x++) {
            const xt_colour *upper = &image->pixel[y * image->width + x];
            const xt_colour *lower = y + 1 < image->height ? upper + image->width : NULL;
            if (!before[0] || memcmp(before[0], upper, sizeof *upper) != 0) add_colour(out, 38, upper);
            if (!lower && before[1])
                xt_text_add(out, "\033[49m");
            else if (lower && (!before[1] || memcmp(before[1], lower, sizeof *lower) != 0))
                add_colour(out, 48, lower);
            before[0] = upper;
            before[1] = lower;
            xt_text_add(out, "\xe2\x96\x80");
        }
        xt_text_add(out, "\033[0m\r\n");
        before[0] = before[1] = NULL;
    }
}

static xt_status send_pixels(xt_inline_picture *to, const char *path, xt_inline_way way, int columns,
                             int rows, const double cell[2], xt_error *err) {
    xt_image image = {0}, small = {0};
    xt_status status = XT_OK;
    XT_GO(xt_png_read(&image, path, err));
    XT_GO(fit(to, image.width, image.height, columns, rows, cell, err));
    int width = to->columns;
    if (way == XT_INLINE_SIXEL) { /* whole sixel rows, so that the picture ends where its characters do */
        const double scale =
            fmin(to->columns * cell[0] / image.width, floor(to->rows * cell[1] / 6) * 6 / image.height);
        width = (int)(image.width * scale);
    }
    if (width > image.width) width = image.width;
    XT_GO(xt_image_shrink(&small, &image, width < 1 ? 1 : width, err));
    if (way == XT_INLINE_SIXEL)
        XT_GO(xt_sixel_write(&to->bytes, &small, err));
    else
        blocks(&to->bytes, &small);
    if (way == XT_INLINE_BLOCKS) to->rows = (small.height + 1) / 2;
done:
    xt_image_free(&image);
    xt_image_free(&small);
    return status;
}

xt_status xt_inline_compose(xt_inline_picture *picture, const char *path, xt_inline_way way, int columns,
                            int rows, const xt_terminal_size *size, xt_error *err) {
    static const double halves[2] = {1, 2}; /* a block's pixels are square */
    xt_text_clear(&picture->bytes);
    picture->columns = picture->rows = 0;
    if (way == XT_INLINE_KITTY || way == XT_INLINE_ITERM)
        XT_TRY(send_file(picture, path, way, columns, rows, size->cell, err));
    else
        XT_TRY(send_pixels(picture, path, way, columns, rows, way == XT_INLINE_BLOCKS ? halves : size->cell,
                           err));
    return xt_text_check(&picture->bytes, "a picture", err);
}
