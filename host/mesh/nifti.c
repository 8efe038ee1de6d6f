/* Streaming reader: inflates a chunk at a time and puts each voxel where the canonical order wants it. */
#include "mesh/nifti.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include "mesh/nifti_header.h"

enum { CHUNK = 1 << 20 };
static const double DEFAULT_LIMIT = 16.0 * 0x1p30;
static const double DEFLATE_RATIO = 1032; /* the most that deflate can expand (zlib's technical note) */

typedef struct {
    gzFile gz; /* reads what is not compressed as it is */
    double file_bytes;
} source;

static xt_status open_source(source *s, const char *path, xt_error *err) {
    *s = (source){NULL, 0};
    /* O_NONBLOCK: opening a FIFO must not wait for a writer. */
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return xt_fail(err, XT_IO, "cannot open: %s", strerror(errno));
    struct stat info;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        return xt_fail(err, XT_IO, "not a regular file");
    }
    s->file_bytes = (double)info.st_size;
    s->gz = gzdopen(fd, "rb");
    if (!s->gz) {
        close(fd);
        return xt_no_memory(err, "reading", 0);
    }
    gzbuffer(s->gz, 1 << 17);
    return XT_OK;
}

/* Exactly `size` bytes, at most CHUNK of them. */
static xt_status take(source *s, void *bytes, size_t size, xt_error *err) {
    const int got = gzread(s->gz, bytes, (unsigned)size);
    if (got == (int)size) return XT_OK;
    int code = Z_OK;
    const char *message = gzerror(s->gz, &code);
    if (code == Z_ERRNO) return xt_fail(err, XT_IO, "cannot read: %s", strerror(errno));
    if (code == Z_MEM_ERROR) return xt_no_memory(err, "inflating", 0);
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
        return xt_fail(err, XT_USAGE, "damaged gzip data (%s)", message);
    return xt_fail(err, XT_USAGE, "truncated: the file ends before the data that its header announces");
}

static xt_status read_header(xt_nifti_header *h, source *s, double max_bytes, xt_error *err) {
    unsigned char bytes[XT_NIFTI2_HEADER];
    if (s->file_bytes == 0) return xt_fail(err, XT_USAGE, "empty");
    XT_TRY(take(s, bytes, 8, err));
    const int size = xt_nifti_header_size(bytes);
    if (size == 0) return xt_fail(err, XT_USAGE, "not a NIfTI file");
    XT_TRY(take(s, bytes + 8, (size_t)size - 8, err));
    XT_TRY(xt_nifti_parse(h, bytes, size, max_bytes > 0 ? max_bytes : DEFAULT_LIMIT, err));
    /* Before anything is allocated: can this file hold what it announces? */
    const double wanted = (double)h->offset + (double)h->dims[0] * h->dims[1] * h->dims[2] * h->bytes;
    const double most = gzdirect(s->gz) ? s->file_bytes : DEFLATE_RATIO * s->file_bytes;
    if (wanted > most)
        return xt_fail(err, XT_USAGE,
                       "truncated: the header announces %.0f bytes, a file of %.0f cannot hold them", wanted,
                       s->file_bytes);
    if (gzdirect(s->gz) && wanted < s->file_bytes)
        return xt_fail(err, XT_USAGE, "the header announces %.0f bytes, the file has %.0f", wanted,
                       s->file_bytes);
    for (int64_t left = h->offset - size; left > 0;) { /* header extensions */
        unsigned char skipped[4096];
        const size_t n = left < (int64_t)sizeof skipped ? (size_t)left : sizeof skipped;
        XT_TRY(take(s, skipped, n, err));
        left -= (int64_t)n;
    }
    return XT_OK;
}

static uint64_t raw_value(const unsigned char *p, int bytes, bool swapped) {
    unsigned char b[8];
    for (int i = 0; i < bytes; i++) b[i] = p[swapped ? bytes - 1 - i : i];
    uint16_t two;
    uint32_t four;
    uint64_t eight;
    switch (bytes) {
    case 1:
        return b[0];
    case 2:
        memcpy(&two, b, 2);
        return two;
    case 4:
        memcpy(&four, b, 4);
        return four;
    default:
        memcpy(&eight, b, 8);
        return eight;
    }
}

/* A stored value as a label, or -1 if it is none. */
static int32_t label_of(const unsigned char *p, const xt_nifti_header *h) {
    const uint64_t raw = raw_value(p, h->bytes, h->swapped);
    int64_t value = -1;
    double real;
    float single;
    uint32_t four;
    switch (h->type) {
    case 2:
    case 512:
    case 768:
        value = (int64_t)raw;
        break;
    case 1280:
        value = raw <= UINT16_MAX ? (int64_t)raw : -1;
        break;
    case 256:
        value = (int8_t)raw;
        break;
    case 4:
        value = (int16_t)raw;
        break;
    case 8:
        value = (int32_t)raw;
        break;
    case 1024:
        value = (int64_t)raw;
        break;
    case 16:
        four = (uint32_t)raw;
        memcpy(&single, &four, 4);
        if (single >= 0 && single <= UINT16_MAX && single == floorf(single)) value = (int64_t)single;
        break;
    default:
        memcpy(&real, &raw, 8);
        if (real >= 0 && real <= UINT16_MAX && real == floor(real)) value = (int64_t)real;
    }
    return value < 0 || value > UINT16_MAX ? -1 : (int32_t)value;
}

static xt_status read_voxels(xt_volume *v, source *s, const xt_nifti_header *h, unsigned char *chunk,
                             xt_error *err) {
    /* Strides in the canonical volume for a step along each axis of the file. */
    ptrdiff_t step[3] = {0}, at = 0, size = 1;
    for (int a = 0; a < 3; a++) {
        step[h->axis[a]] = h->flip[a] ? -size : size;
        if (h->flip[a]) at += size * (v->dims[a] - 1);
        size *= v->dims[a];
    }
    const size_t total = (size_t)size, most = CHUNK / (size_t)h->bytes;
    int x = 0, y = 0;
    for (size_t done = 0; done < total;) {
        const size_t n = total - done < most ? total - done : most;
        XT_TRY(take(s, chunk, n * (size_t)h->bytes, err));
        for (size_t i = 0; i < n; i++) {
            const int32_t label = label_of(chunk + i * (size_t)h->bytes, h);
            if (label < 0)
                return xt_fail(err, XT_USAGE,
                               "voxel %zu holds a value that is no label (a whole number from 0 to %d)",
                               done + i, UINT16_MAX);
            v->label[at] = (uint16_t)label;
            at += step[0];
            if (++x < h->dims[0]) continue;
            at += step[1] - step[0] * h->dims[0];
            x = 0;
            if (++y < h->dims[1]) continue;
            at += step[2] - step[1] * h->dims[1];
            y = 0;
        }
        done += n;
    }
    /* The end must come now; reading on also makes zlib check its checksum. */
    const int got = gzread(s->gz, chunk, 1);
    if (got > 0) return xt_fail(err, XT_USAGE, "more data than the header announces");
    if (got < 0) return xt_fail(err, XT_USAGE, "damaged gzip data");
    int code = Z_OK;
    (void)gzerror(s->gz, &code);
    if (code == Z_BUF_ERROR) return xt_fail(err, XT_USAGE, "truncated gzip data");
    return XT_OK;
}

static void from_header(xt_volume *v, const xt_nifti_header *h) {
    for (int a = 0; a < 3; a++) {
        v->dims[a] = h->dims[h->axis[a]];
        v->spacing[a] = h->spacing[a];
    }
    memcpy(v->affine, h->affine, sizeof v->affine);
}

xt_status xt_nifti_read_header(xt_volume *volume, const char *path, double max_bytes, xt_error *err) {
    *volume = (xt_volume){0};
    source s;
    xt_nifti_header h;
    xt_status status = open_source(&s, path, err);
    if (status == XT_OK) status = read_header(&h, &s, max_bytes, err);
    if (s.gz) gzclose_r(s.gz);
    if (status != XT_OK) return xt_context(err, "%s", path);
    from_header(volume, &h);
    return XT_OK;
}

xt_status xt_nifti_read(xt_volume *volume, const char *path, double max_bytes, xt_error *err) {
    *volume = (xt_volume){0};
    source s;
    xt_nifti_header h;
    unsigned char *chunk = NULL;
    xt_status status;
    XT_GO(open_source(&s, path, err));
    XT_GO(read_header(&h, &s, max_bytes, err));
    from_header(volume, &h);
    const size_t voxels = (size_t)h.dims[0] * (size_t)h.dims[1] * (size_t)h.dims[2];
    volume->label = malloc(voxels * sizeof *volume->label);
    chunk = malloc(CHUNK);
    if (!volume->label || !chunk) {
        status = xt_no_memory(err, "a label volume", voxels * sizeof *volume->label);
        goto done;
    }
    XT_GO(read_voxels(volume, &s, &h, chunk, err));
done:
    if (s.gz) gzclose_r(s.gz);
    free(chunk);
    if (status != XT_OK) {
        xt_volume_clear(volume);
        xt_context(err, "%s", path);
    }
    return status;
}

void xt_volume_clear(xt_volume *volume) {
    free(volume->label);
    *volume = (xt_volume){0};
}
