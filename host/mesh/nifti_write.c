/* NIfTI-1, little endian, sform and qform, gzip without a time stamp so that equal volumes make equal files.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "base/file.h"
#include "mesh/little.h"
#include "mesh/nifti.h"
#include "mesh/nifti_header.h"

enum { CHUNK = 1 << 18, START = 352 };

static void put(unsigned char *bytes, int at, uint64_t value, int size) {
    xt_put_little(bytes + at, value, size);
}

static void put_real(unsigned char *bytes, int at, double value) {
    const float single = (float)value;
    uint32_t bits;
    memcpy(&bits, &single, 4);
    put(bytes, at, bits, 4);
}

/* Rotation as a quaternion (b, c, d) and the sign of the third axis; false if the axes are not at right
 * angles. */
static int quaternion(double q[4], const double affine[3][4], const double spacing[3]) {
    double r[3][3];
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) r[i][k] = affine[i][k] / spacing[k];
    for (int k = 0; k < 3; k++)
        for (int l = 0; l <= k; l++) {
            double dot = 0;
            for (int i = 0; i < 3; i++) dot += r[i][k] * r[i][l];
            if (!(fabs(dot - (k == l)) < 1e-3)) return 0;
        }
    const double det = r[0][0] * (r[1][1] * r[2][2] - r[1][2] * r[2][1]) -
                       r[0][1] * (r[1][0] * r[2][2] - r[1][2] * r[2][0]) +
                       r[0][2] * (r[1][0] * r[2][1] - r[1][1] * r[2][0]);
    q[3] = det < 0 ? -1 : 1;
    for (int i = 0; i < 3; i++) r[i][2] *= q[3];
    double a = 1 + r[0][0] + r[1][1] + r[2][2];
    if (a > 0.5) {
        a = 0.5 * sqrt(a);
        q[0] = 0.25 * (r[2][1] - r[1][2]) / a;
        q[1] = 0.25 * (r[0][2] - r[2][0]) / a;
        q[2] = 0.25 * (r[1][0] - r[0][1]) / a;
        return 1;
    }
    /* From the largest diagonal element; i, j, k cyclic. */
    const int i = r[0][0] >= r[1][1] && r[0][0] >= r[2][2] ? 0 : r[1][1] >= r[2][2] ? 1 : 2;
    const int j = (i + 1) % 3, k = (i + 2) % 3;
    const double big = 0.5 * sqrt(fmax(0, 1 + r[i][i] - r[j][j] - r[k][k]));
    q[i] = big;
    q[j] = 0.25 * (r[i][j] + r[j][i]) / big;
    q[k] = 0.25 * (r[i][k] + r[k][i]) / big;
    if (r[k][j] - r[j][k] < 0) /* the scalar part must not be negative */
        for (int n = 0; n < 3; n++) q[n] = -q[n];
    return 1;
}

static void make_header(unsigned char h[START], int type, int bytes, const int dims[3],
                        const double spacing[3], const double affine[3][4], const char *description) {
    memset(h, 0, START);
    put(h, 0, XT_NIFTI1_HEADER, 4);
    put(h, 40, 3, 2);
    for (int a = 0; a < 7; a++) put(h, 42 + 2 * a, a < 3 ? (uint64_t)dims[a] : 1, 2);
    put(h, 70, (uint64_t)type, 2);
    put(h, 72, (uint64_t)(8 * bytes), 2);
    double q[4] = {0, 0, 0, 1};
    const int oriented = quaternion(q, affine, spacing);
    put_real(h, 76, q[3]);
    for (int a = 0; a < 3; a++) put_real(h, 80 + 4 * a, spacing[a]);
    put_real(h, 108, START);
    put_real(h, 112, 1);
    h[123] = 2; /* mm */
    if (description) memcpy(h + 148, description, strlen(description) < 79 ? strlen(description) : 79);
    put(h, 252, (uint64_t)oriented, 2);
    put(h, 254, 1, 2);
    for (int a = 0; a < 3; a++) {
        put_real(h, 256 + 4 * a, q[a]);
        put_real(h, 268 + 4 * a, affine[a][3]);
        for (int k = 0; k < 4; k++) put_real(h, 280 + 16 * a + 4 * k, affine[a][k]);
    }
    memcpy(h + 344, "n+1", 4);
}

typedef struct {
    xt_file_writer file;
    z_stream deflate;
    int gzip, started;
    unsigned char out[CHUNK];
} sink;

static xt_status send(sink *s, const unsigned char *bytes, size_t size, int last, xt_error *err) {
    if (!s->gzip) return size > 0 ? xt_file_writer_write(&s->file, bytes, size, err) : XT_OK;
    s->deflate.next_in = (unsigned char *)bytes; /* zlib does not write there */
    s->deflate.avail_in = (uInt)size;
    do {
        s->deflate.next_out = s->out;
        s->deflate.avail_out = CHUNK;
        if (deflate(&s->deflate, last ? Z_FINISH : Z_NO_FLUSH) == Z_STREAM_ERROR)
            return xt_fail(err, XT_INTERNAL, "deflate failed");
        XT_TRY(xt_file_writer_write(&s->file, s->out, CHUNK - s->deflate.avail_out, err));
    } while (s->deflate.avail_out == 0);
    return XT_OK;
}

static xt_status send_data(sink *s, const unsigned char *data, size_t values, int bytes, unsigned char *chunk,
                           xt_error *err) {
    const size_t most = CHUNK / (size_t)bytes;
    for (size_t done = 0; done < values;) {
        const size_t n = values - done < most ? values - done : most;
        const unsigned char *from = data + done * (size_t)bytes;
        if (bytes > 1) {
            memcpy(chunk, from, n * (size_t)bytes);
            xt_to_little(chunk, n, bytes);
            from = chunk;
        }
        XT_TRY(send(s, from, n * (size_t)bytes, 0, err));
        done += n;
    }
    return send(s, NULL, 0, 1, err);
}

xt_status xt_nifti_write(const char *path, const void *data, int type, const int dims[3],
                         const double spacing[3], const double affine[3][4], const char *description,
                         xt_error *err) {
    const int bytes = type == 2 ? 1 : type == 512 ? 2 : type == 16 ? 4 : 0;
    if (bytes == 0) return xt_fail(err, XT_INTERNAL, "NIfTI type %d", type);
    for (int a = 0; a < 3; a++)
        if (dims[a] < 1 || dims[a] > INT16_MAX || !(spacing[a] > 0))
            return xt_fail(err, XT_INTERNAL, "a NIfTI volume of %d voxels of %g mm", dims[a], spacing[a]);
    xt_status status = XT_OK;
    const size_t length = strlen(path), values = (size_t)dims[0] * (size_t)dims[1] * (size_t)dims[2];
    unsigned char *chunk = malloc(CHUNK);
    sink *s = calloc(1, sizeof *s);
    if (!chunk || !s) {
        status = xt_no_memory(err, "a NIfTI file", CHUNK + sizeof *s);
        goto done;
    }
    s->gzip = length > 3 && strcmp(path + length - 3, ".gz") == 0;
    if (s->gzip) {
        if (deflateInit2(&s->deflate, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
            status = xt_no_memory(err, "gzip", 0);
            goto done;
        }
        s->started = 1;
    }
    XT_GO(xt_file_writer_open(&s->file, path, err));
    unsigned char header[START];
    make_header(header, type, bytes, dims, spacing, affine, description);
    XT_GO(send(s, header, START, 0, err));
    XT_GO(send_data(s, data, values, bytes, chunk, err));
    XT_GO(xt_file_writer_commit(&s->file, err));
done:
    if (s) {
        if (s->started) deflateEnd(&s->deflate);
        xt_file_writer_abandon(&s->file);
    }
    free(s);
    free(chunk);
    return status;
}
