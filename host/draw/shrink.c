#include "draw/shrink.h"

#include <math.h>
#include <stdlib.h>

/* Linear light of an sRGB value of 16 bits, in a table: a film shrinks thousands of pictures. */
enum { LEVELS = 4096 };
typedef struct {
    float light[LEVELS + 1];
} table;

static void fill(table *t) {
    for (int i = 0; i <= LEVELS; i++) {
        const double v = (double)i / LEVELS;
        t->light[i] = (float)(v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4));
    }
}

static float light_of(const table *t, uint16_t v) {
    const float at = v * (LEVELS / 65535.0F);
    const int i = at < LEVELS ? (int)at : LEVELS - 1;
    return t->light[i] + (at - (float)i) * (t->light[i + 1] - t->light[i]);
}

static uint16_t value_of(float light) {
    const double s =
        light <= 0.0031308F ? 12.92 * (double)light : 1.055 * pow((double)light, 1 / 2.4) - 0.055;
    return (uint16_t)(65535 * (s < 0 ? 0 : s > 1 ? 1 : s) + 0.5);
}

/* One row of the small picture: `sum` has 4 numbers a pixel, `weight` is of a source row. */
static void add_row(float *sum, const xt_image *image, int y, const table *t, int width, float weight) {
    const xt_colour *row = &image->pixel[(size_t)y * (size_t)image->width];
    const double step = (double)image->width / width;
    for (int x = 0; x < width; x++) {
        const double left = x * step, right = (x + 1) * step;
        for (int i = (int)left; i < image->width && i < right - 1e-9; i++) {
            const float w = weight * (float)(fmin(i + 1, right) - fmax(i, left));
            sum[4 * x] += w * light_of(t, row[i].r);
            sum[4 * x + 1] += w * light_of(t, row[i].g);
            sum[4 * x + 2] += w * light_of(t, row[i].b);
            sum[4 * x + 3] += w * row[i].a;
        }
    }
}

xt_status xt_image_shrink(xt_image *small, const xt_image *image, int width, xt_error *err) {
    *small = (xt_image){0};
    if (width < 1 || width > image->width)
        return xt_fail(err, XT_USAGE, "a picture %d pixels wide cannot be shrunk to %d", image->width, width);
    int height = (int)lround((double)image->height * width / image->width);
    if (height < 1) height = 1;
    table *t = malloc(sizeof *t);
    float *sum = malloc(4 * (size_t)width * sizeof *sum);
    xt_status status = XT_OK;
    if (!t || !sum) {
        status = xt_no_memory(err, "a smaller picture", 4 * (size_t)width * sizeof *sum);
        goto done;
    }
    XT_GO(xt_image_create(small, width, height, (xt_colour){0}, err));
    fill(t);
    const double step = (double)image->height / height, area = step * image->width / width;
    for (int y = 0; y < height; y++) {
        const double top = y * step, bottom = (y + 1) * step;
        for (int i = 0; i < 4 * width; i++) sum[i] = 0;
        for (int i = (int)top; i < image->height && i < bottom - 1e-9; i++)
            add_row(sum, image, i, t, width, (float)(fmin(i + 1, bottom) - fmax(i, top)));
        for (int x = 0; x < width; x++) {
            const float scale = (float)(1 / area), *s = &sum[4 * x];
            small->pixel[(size_t)y * (size_t)width + (size_t)x] =
                (xt_colour){value_of(scale * s[0]), value_of(scale * s[1]), value_of(scale * s[2]),
                            (uint16_t)fminf(scale * s[3] + 0.5F, 65535)};
        }
    }
done:
    free(t);
    free(sum);
    return status;
}
