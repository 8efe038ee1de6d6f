/* Field offsets: nifti1.h and nifti2.h of the NIfTI data format working group (public domain). */
#include "mesh/nifti_header.h"

#include <math.h>
#include <string.h>

typedef struct {
    const unsigned char *bytes;
    bool swapped, two; /* two: NIfTI-2 */
} raw;

static uint64_t get(const raw *r, int at, int size) {
    const uint16_t probe = 1;
    unsigned char first;
    memcpy(&first, &probe, 1);
    const bool little = (first == 1) != r->swapped;
    uint64_t value = 0;
    for (int i = 0; i < size; i++) value |= (uint64_t)r->bytes[at + (little ? i : size - 1 - i)] << (8 * i);
    return value;
}

/* The field at `one` in NIfTI-1 (size bytes) or at `two` in NIfTI-2 (twice the size). */
static int64_t integer(const raw *r, int one, int size, int two) {
    if (r->two) return size == 2 ? (int64_t)get(r, two, 8) : (int64_t)(int32_t)get(r, two, 4);
    return size == 2 ? (int64_t)(int16_t)get(r, one, 2) : (int64_t)(int32_t)get(r, one, 4);
}

static double real(const raw *r, int one, int two) {
    if (r->two) {
        const uint64_t bits = get(r, two, 8);
        double value;
        memcpy(&value, &bits, 8);
        return value;
    }
    const uint32_t bits = (uint32_t)get(r, one, 4);
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

int xt_nifti_header_size(const unsigned char start[8]) {
    for (int swapped = 0; swapped < 2; swapped++) {
        const raw r = {start, swapped, false};
        const int32_t size = (int32_t)get(&r, 0, 4);
        if (size == XT_NIFTI1_HEADER) return XT_NIFTI1_HEADER;
        if (size == XT_NIFTI2_HEADER && memcmp(start + 4, "n+2", 4) == 0) return XT_NIFTI2_HEADER;
        if (size == XT_NIFTI2_HEADER && memcmp(start + 4, "ni2", 4) == 0) return XT_NIFTI2_HEADER;
    }
    return 0;
}

static xt_status check_magic(const raw *r, xt_error *err) {
    const char *magic = (const char *)r->bytes + (r->two ? 4 : 344);
    if (memcmp(magic, r->two ? "n+2" : "n+1", 4) == 0) {
        if (r->two && memcmp(magic + 4, "\r\n\032\n", 4) != 0)
            return xt_fail(err, XT_USAGE, "the NIfTI-2 signature is damaged (was the file copied as text?)");
        return XT_OK;
    }
    if (memcmp(magic, r->two ? "ni2" : "ni1", 4) == 0)
        return xt_fail(err, XT_USAGE,
                       "a header without its image (.hdr/.img pair): convert it to one .nii file");
    return xt_fail(err, XT_USAGE, "no NIfTI signature (an Analyze file?)");
}

static xt_status check_type(xt_nifti_header *h, const raw *r, xt_error *err) {
    static const struct {
        int type, bytes;
    } known[] = {{2, 1},   {4, 2},   {8, 4},   {16, 4},   {64, 8},
                 {256, 1}, {512, 2}, {768, 4}, {1024, 8}, {1280, 8}};
    h->type = r->two ? (int16_t)get(r, 12, 2) : (int16_t)get(r, 70, 2);
    const int bits = r->two ? (int16_t)get(r, 14, 2) : (int16_t)get(r, 72, 2);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].type == h->type) {
            h->bytes = known[i].bytes;
            if (bits != 8 * h->bytes)
                return xt_fail(err, XT_USAGE, "datatype %d has %d bits a voxel, not %d", h->type,
                               8 * h->bytes, bits);
            return XT_OK;
        }
    return xt_fail(err, XT_USAGE, "datatype %d is none that labels can have", h->type);
}

static xt_status check_dims(xt_nifti_header *h, const raw *r, double max_bytes, xt_error *err) {
    const int64_t rank = integer(r, 40, 2, 16);
    if (rank < 1 || rank > 7) return xt_fail(err, XT_USAGE, "%lld dimensions", (long long)rank);
    double size = h->bytes;
    for (int k = 1; k <= 7; k++) {
        const int64_t n = k <= rank ? integer(r, 40 + 2 * k, 2, 16 + 8 * k) : 1;
        if (n < 1) return xt_fail(err, XT_USAGE, "dimension %d is %lld", k, (long long)n);
        if (k > 3 && n != 1)
            return xt_fail(err, XT_USAGE, "dimension %d is %lld: labels are one 3-D volume", k, (long long)n);
        if (n > INT16_MAX)
            return xt_fail(err, XT_USAGE, "dimension %d is %lld, more than %d", k, (long long)n, INT16_MAX);
        if (k <= 3) h->dims[k - 1] = (int)n;
        size *= (double)n;
    }
    if (size > max_bytes)
        return xt_fail(err, XT_USAGE, "%d x %d x %d voxels of %d bytes are %.4g GiB; the limit is %.4g GiB",
                       h->dims[0], h->dims[1], h->dims[2], h->bytes, size / 0x1p30, max_bytes / 0x1p30);
    return XT_OK;
}

static xt_status check_offset(xt_nifti_header *h, const raw *r, xt_error *err) {
    const int least = r->two ? 544 : 352;
    const double most =
        0x1p28; /* extensions of 256 MiB: nobody has them, and they would have to be inflated */
    const double offset = r->two ? (double)(int64_t)get(r, 168, 8) : real(r, 108, 0);
    h->offset = least;
    if (offset == 0) return XT_OK; /* some writers leave it out */
    if (!(offset >= least) || !(offset <= most) || offset != floor(offset))
        return xt_fail(err, XT_USAGE, "the voxels are said to start at byte %g", offset);
    h->offset = (int64_t)offset;
    return XT_OK;
}

static xt_status check_scale(const raw *r, xt_error *err) {
    const double slope = real(r, 112, 176), inter = real(r, 116, 184);
    if (isnan(slope) || slope == 0) return XT_OK;
    if (slope == 1 && (inter == 0 || isnan(inter))) return XT_OK;
    return xt_fail(err, XT_USAGE, "scaled values (slope %g, intercept %g): labels must be stored as they are",
                   slope, inter);
}

static void from_quaternion(double m[3][4], const raw *r, const double pixdim[3]) {
    const double b = real(r, 256, 352), c = real(r, 260, 360), d = real(r, 264, 368);
    double a = 1 - (b * b + c * c + d * d), s = 1;
    if (a < 1e-7) { /* a turn by 180 degrees: the vector part alone, normalised */
        s = 1 / sqrt(b * b + c * c + d * d);
        a = 0;
    } else {
        a = sqrt(a);
    }
    const double x = b * s, y = c * s, z = d * s;
    const double qfac = real(r, 76, 104) < 0 ? -1 : 1;
    const double rotation[3][3] = {{a * a + x * x - y * y - z * z, 2 * (x * y - a * z), 2 * (x * z + a * y)},
                                   {2 * (x * y + a * z), a * a + y * y - x * x - z * z, 2 * (y * z - a * x)},
                                   {2 * (x * z - a * y), 2 * (y * z + a * x), a * a + z * z - x * x - y * y}};
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 3; k++) m[i][k] = rotation[i][k] * pixdim[k] * (k == 2 ? qfac : 1);
        m[i][3] = real(r, 268 + 4 * i, 376 + 8 * i);
    }
}

static xt_status read_affine(double m[3][4], const raw *r, xt_error *err) {
    const int qform = (int)integer(r, 252, r->two ? 4 : 2, 344),
              sform = (int)integer(r, 254, r->two ? 4 : 2, 348);
    double pixdim[3];
    for (int a = 0; a < 3; a++) pixdim[a] = real(r, 80 + 4 * a, 112 + 8 * a);
    memset(m, 0, 12 * sizeof m[0][0]);
    if (sform > 0) {
        for (int i = 0; i < 3; i++)
            for (int k = 0; k < 4; k++) m[i][k] = real(r, 280 + 16 * i + 4 * k, 400 + 32 * i + 8 * k);
    } else {
        for (int a = 0; a < 3; a++)
            if (!(pixdim[a] > 0) || !isfinite(pixdim[a]))
                return xt_fail(err, XT_USAGE, "voxel size %g along axis %d", pixdim[a], a + 1);
        if (qform > 0)
            from_quaternion(m, r, pixdim);
        else
            for (int a = 0; a < 3; a++) m[a][a] = pixdim[a];
    }
    const int units = (int)(r->two ? get(r, 500, 4) : get(r, 123, 1)) & 7;
    const double scale = units == 1 ? 1e3 : units == 3 ? 1e-3 : 1; /* metre, micrometre; else mm */
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 4; k++) m[i][k] *= scale;
    return XT_OK;
}

/* Lengths of the columns, which must be sane and at right angles: voxels are boxes. */
static xt_status check_affine(double spacing[3], const double m[3][4], xt_error *err) {
    for (int k = 0; k < 4; k++) {
        double square = 0;
        for (int i = 0; i < 3; i++) square += m[i][k] * m[i][k];
        if (!isfinite(square))
            return xt_fail(err, XT_USAGE, "the orientation holds values that are no numbers");
        if (k < 3) spacing[k] = sqrt(square);
        if (k < 3 && !(spacing[k] >= 1e-6 && spacing[k] <= 1e6))
            return xt_fail(err, XT_USAGE, "the orientation makes voxels of %g mm along axis %d", spacing[k],
                           k + 1);
    }
    for (int k = 0; k < 3; k++) {
        const int l = (k + 1) % 3;
        double dot = 0;
        for (int i = 0; i < 3; i++) dot += m[i][k] * m[i][l];
        if (fabs(dot) > 0.02 * spacing[k] * spacing[l])
            return xt_fail(err, XT_USAGE,
                           "the axes are sheared: resample the volume to a rectangular grid first");
    }
    return XT_OK;
}

/* The permutation and flips that bring the columns nearest to the world axes. */
static void make_canonical(xt_nifti_header *h, const double m[3][4], const double spacing[3]) {
    static const int permutation[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    int best = 0;
    double most = -1;
    for (int p = 0; p < 6; p++) {
        double sum = 0;
        for (int a = 0; a < 3; a++) sum += fabs(m[a][permutation[p][a]]) / spacing[permutation[p][a]];
        if (sum > most + 1e-9) {
            most = sum;
            best = p;
        }
    }
    for (int i = 0; i < 3; i++) h->affine[i][3] = m[i][3];
    for (int a = 0; a < 3; a++) {
        const int k = permutation[best][a];
        h->axis[a] = k;
        h->flip[a] = m[a][k] < 0;
        h->spacing[a] = spacing[k];
        for (int i = 0; i < 3; i++) {
            h->affine[i][a] = h->flip[a] ? -m[i][k] : m[i][k];
            if (h->flip[a]) h->affine[i][3] += m[i][k] * (h->dims[k] - 1);
        }
    }
}

xt_status xt_nifti_parse(xt_nifti_header *h, const unsigned char *bytes, int size, double max_bytes,
                         xt_error *err) {
    raw r = {bytes, false, size == XT_NIFTI2_HEADER};
    r.swapped = (int32_t)get(&r, 0, 4) != size;
    memset(h, 0, sizeof *h);
    h->swapped = r.swapped;
    double affine[3][4], spacing[3];
    XT_TRY(check_magic(&r, err));
    XT_TRY(check_type(h, &r, err));
    XT_TRY(check_dims(h, &r, max_bytes, err));
    XT_TRY(check_offset(h, &r, err));
    XT_TRY(check_scale(&r, err));
    XT_TRY(read_affine(affine, &r, err));
    XT_TRY(check_affine(spacing, (const double(*)[4])affine, err));
    make_canonical(h, (const double(*)[4])affine, spacing);
    return XT_OK;
}
