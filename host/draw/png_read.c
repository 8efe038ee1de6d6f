#include "draw/png_read.h"

#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "draw/png_jump.h"

enum { MOST_SIDE = 16384 };
static const size_t most_bytes = 1 << 30;

typedef struct {
    xt_png_jump jump; /* first: libpng knows the job by it */
    const char *bytes;
    size_t size, at;
} png_job;

static void on_read(png_structp png, png_bytep to, png_size_t size) {
    png_job *job = png_get_io_ptr(png);
    if (size > job->size - job->at) png_error(png, "it ends too early");
    memcpy(to, job->bytes + job->at, size);
    job->at += size;
}

/* Whatever is in the file comes out as RGB or RGBA of 8 or 16 bits. */
static void ask_for_rgb(png_structp png) {
    png_set_expand(png);
    png_set_gray_to_rgb(png);
}

static void unpack(xt_colour *to, const png_byte *from, size_t count, int depth, int channels) {
    for (size_t i = 0; i < count && depth == 8; i++, from += channels)
        to[i] = (xt_colour){(uint16_t)(from[0] * 257), (uint16_t)(from[1] * 257), (uint16_t)(from[2] * 257),
                            (uint16_t)(channels == 4 ? from[3] * 257 : 65535)};
    for (size_t i = 0; i < count && depth == 16; i++, from += 2 * channels) {
        uint16_t v[4] = {[3] = 65535};
        for (int k = 0; k < channels; k++) v[k] = (uint16_t)(from[2 * k] << 8 | from[2 * k + 1]);
        to[i] = (xt_colour){v[0], v[1], v[2], v[3]};
    }
}

/* Everything that libpng may jump out of: no cleanup in here, and no local that changes after setjmp. */
static xt_status decode(png_structp png, png_infop info, png_job *job, xt_image *image, png_byte **whole,
                        const char *path, xt_error *err) {
    if (setjmp(job->jump.back))
        return xt_fail(err, XT_IO, "%s: not a picture that can be read: %s", path, job->jump.message);
    png_set_read_fn(png, job, on_read);
    png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    png_set_user_limits(png, MOST_SIDE, MOST_SIDE);
    png_read_info(png, info);
    ask_for_rgb(png);
    const int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    const png_uint_32 width = png_get_image_width(png, info), height = png_get_image_height(png, info);
    const int depth = png_get_bit_depth(png, info), channels = png_get_channels(png, info);
    const size_t stride = png_get_rowbytes(png, info);
    if ((depth != 8 && depth != 16) || channels < 3 || channels > 4 ||
        stride != (size_t)channels * width * (size_t)(depth / 8))
        png_error(png, "its kind is not known");
    XT_TRY(xt_image_create(image, (int)width, (int)height, (xt_colour){0}, err));
    *whole = malloc(stride * (passes > 1 ? height : 1));
    if (!*whole) return xt_no_memory(err, path, stride * height);
    if (passes > 1) memset(*whole, 0, stride * height);
    for (int pass = 0; pass < passes; pass++)
        for (png_uint_32 y = 0; y < height; y++) {
            png_byte *row = *whole + (passes > 1 ? y : 0) * stride;
            png_read_row(png, row, NULL);
            if (pass == passes - 1) unpack(&image->pixel[(size_t)y * width], row, width, depth, channels);
        }
    png_read_end(png, NULL);
    return XT_OK;
}

xt_status xt_png_read(xt_image *image, const char *path, xt_error *err) {
    *image = (xt_image){0};
    char *bytes;
    png_job job = {0};
    png_byte *whole = NULL;
    XT_TRY(xt_file_read(&bytes, &job.size, path, most_bytes, err));
    job.bytes = bytes;
    xt_status status;
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &job, xt_png_on_error, xt_png_on_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!png || !info)
        status = xt_no_memory(err, "a PNG decoder", 1 << 16);
    else
        status = decode(png, info, &job, image, &whole, path, err);
    png_destroy_read_struct(&png, &info, NULL);
    free(whole);
    free(bytes);
    if (status != XT_OK) xt_image_free(image);
    return status;
}
