/* With a folder as argument: writes samples there, for test_nifti_nibabel.py to read with nibabel. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include "mesh/nifti.h"

static char folder[] = "/tmp/crosstalk-nifti-XXXXXX";

static const char *in_folder(char *path, const char *name) {
    snprintf(path, 4096, "%s/%s", folder, name);
    return path;
}

static void put(unsigned char *b, int at, uint64_t value, int size, bool big) {
    for (int i = 0; i < size; i++) b[at + (big ? size - 1 - i : i)] = (unsigned char)(value >> (8 * i));
}

static void put_real(unsigned char *b, int at, float value, bool big) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    put(b, at, bits, 4, big);
}

/* A good NIfTI-1 file of 3 x 4 x 5 labels of `type`, in a buffer. */
enum { NX = 3, NY = 4, NZ = 5, VOXELS = NX * NY * NZ };
static size_t good(unsigned char *b, int type, int bytes, bool big) {
    memset(b, 0, 352);
    put(b, 0, 348, 4, big);
    const int dim[8] = {3, NX, NY, NZ, 1, 1, 1, 1};
    for (int i = 0; i < 8; i++) put(b, 40 + 2 * i, (uint64_t)dim[i], 2, big);
    put(b, 70, (uint64_t)type, 2, big);
    put(b, 72, (uint64_t)(8 * bytes), 2, big);
    for (int i = 0; i < 4; i++) put_real(b, 76 + 4 * i, (float)(i ? i : 1), big);
    put_real(b, 108, 352, big);
    memcpy(b + 344, "n+1", 4);
    for (int i = 0; i < VOXELS; i++) {
        uint64_t value = (uint64_t)i;
        if (type == 16) {
            const float f = (float)i;
            uint32_t u;
            memcpy(&u, &f, 4);
            value = u;
        } else if (type == 64) {
            const double d = i;
            memcpy(&value, &d, 8);
        }
        put(b, 352 + i * bytes, value, bytes, big);
    }
    return 352 + (size_t)(VOXELS * bytes);
}

static void store(const char *path, const unsigned char *b, size_t size) {
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(b, 1, size, f), size);
    fclose(f);
}

static void store_gz(const char *path, const unsigned char *b, size_t size) {
    gzFile f = gzopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(gzwrite(f, b, (unsigned)size), size);
    gzclose(f);
}

static void refused(const char *path, xt_status as, const char *says) {
    xt_volume v;
    xt_error err = {0};
    const xt_status status = xt_nifti_read(&v, path, 0, &err);
    if (status != as || !strstr(err.text, says) || !strstr(err.text, path))
        fail_msg("status %d, '%s'; wanted %d, '%s'", status, err.text, as, says);
    assert_null(v.label);
    xt_volume_clear(&v);
}

static void every_integer_type_and_byte_order(void **state) {
    (void)state;
    static const int type[10][2] = {{2, 1},   {4, 2},   {8, 4},   {16, 4},   {64, 8},
                                    {256, 1}, {512, 2}, {768, 4}, {1024, 8}, {1280, 8}};
    unsigned char b[1024];
    char path[4096];
    in_folder(path, "types.nii");
    for (int k = 0; k < 10; k++)
        for (int big = 0; big < 2; big++)
            for (int gz = 0; gz < 2; gz++) {
                const size_t size = good(b, type[k][0], type[k][1], big);
                (gz ? store_gz : store)(path, b, size);
                xt_volume v;
                xt_error err = {0};
                if (xt_nifti_read(&v, path, 0, &err) != XT_OK) fail_msg("type %d: %s", type[k][0], err.text);
                assert_true(v.dims[0] == NX && v.dims[1] == NY && v.dims[2] == NZ);
                assert_true(v.spacing[0] == 1 && v.spacing[1] == 2 && v.spacing[2] == 3);
                for (int i = 0; i < VOXELS; i++) assert_int_equal(v.label[i], i);
                xt_volume_clear(&v);
            }
}

static void axes_become_canonical(void **state) {
    (void)state;
    unsigned char b[1024];
    char path[4096];
    const size_t size = good(b, 2, 1, false);
    put(b, 254, 1, 2, false); /* sform: file i runs down -z, j up x, k down -y; in m */
    b[123] = 1;
    const float m[3][4] = {{0, 2e-3f, 0, 10e-3f}, {0, 0, -3e-3f, 20e-3f}, {-1e-3f, 0, 0, 30e-3f}};
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 4; k++) put_real(b, 280 + 16 * i + 4 * k, m[i][k], false);
    store(in_folder(path, "axes.nii"), b, size);
    xt_volume v;
    xt_error err = {0};
    assert_int_equal(xt_nifti_read(&v, path, 0, &err), XT_OK);
    assert_true(v.dims[0] == NY && v.dims[1] == NZ && v.dims[2] == NX);
    assert_true(fabs(v.spacing[0] - 2) < 1e-6 && fabs(v.spacing[1] - 3) < 1e-6 &&
                fabs(v.spacing[2] - 1) < 1e-6);
    for (int z = 0; z < NX; z++)
        for (int y = 0; y < NZ; y++)
            for (int x = 0; x < NY; x++) {
                const int i = NX - 1 - z, j = x, k = NZ - 1 - y;
                assert_int_equal(v.label[(z * NZ + y) * NY + x], i + NX * (j + NY * k));
                const double index[4] = {x, y, z, 1};
                for (int a = 0; a < 3; a++) {
                    double world = 0;
                    for (int n = 0; n < 4; n++) world += v.affine[a][n] * index[n];
                    const double want = 1e3 * (m[a][0] * i + m[a][1] * j + m[a][2] * k + m[a][3]);
                    assert_true(fabs(world - want) < 1e-3);
                }
            }
    xt_volume_clear(&v);
}

/* Change the good header by `size` bytes at `at` and say what the refusal must say. */
static void lie(int at, uint64_t value, int bytes, const char *says) {
    unsigned char b[1024];
    char path[4096];
    const size_t size = good(b, 2, 1, false);
    put(b, at, value, bytes, false);
    in_folder(path, "lie.nii");
    store(path, b, size);
    refused(path, XT_USAGE, says);
    store_gz(path, b, size);
    refused(path, XT_USAGE, says);
}

static void lie_real(int at, float value, const char *says) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    lie(at, bits, 4, says);
}

static void lying_headers_are_refused(void **state) {
    (void)state;
    lie(0, 12345, 4, "not a NIfTI");
    lie(344, 0, 4, "signature");
    lie(345, 'i', 1, "pair");
    lie(40, 0, 2, "dimensions");
    lie(40, 8, 2, "dimensions");
    lie(40, 0xffff, 2, "dimensions");
    lie(42, 0, 2, "dimension 1");
    lie(42, 0x8000, 2, "dimension 1");
    lie(44, 0xfffc, 2, "dimension 2 is -4");
    lie(46, 32767, 2, "hold"); /* the file cannot hold them, packed or not */
    lie(46, 6, 2, "truncated");
    lie(46, 4, 2, "header announces");
    lie(70, 128, 2, "datatype");   /* RGB */
    lie(70, 32, 2, "datatype");    /* complex */
    lie(70, 4, 2, "bits a voxel"); /* int16 with bitpix 8 */
    lie(72, 16, 2, "bits a voxel");
    lie_real(108, 100, "start");
    lie_real(108, -352, "start");
    lie_real(108, 352.5f, "start");
    lie_real(108, 1e30f, "start");
    lie_real(108, NAN, "start");
    lie_real(108, 4096, "truncated");
    lie_real(112, 2, "scaled");
    lie_real(80, 0, "voxel size");
    lie_real(80, -1, "voxel size");
    lie_real(80, INFINITY, "voxel size");
    lie_real(88, NAN, "voxel size");
    lie_real(88, 1e30f, "voxels of");
    lie(254, 1, 2, "voxels of 0 mm"); /* an sform of zeros */
}

static void large_products_do_not_overflow(void **state) {
    (void)state;
    unsigned char b[1024];
    char path[4096];
    const size_t size = good(b, 64, 8, false);
    for (int a = 0; a < 3; a++) put(b, 42 + 2 * a, 32767, 2, false); /* 2^48 bytes */
    store_gz(in_folder(path, "huge.nii.gz"), b, size);
    refused(path, XT_USAGE, "the limit is 16 GiB");
    /* NIfTI-2 says dimensions in 64 bits: products that wrap to something small must not get through */
    memset(b, 0, sizeof b);
    put(b, 0, 540, 4, false);
    memcpy(b + 4, "n+2\0\r\n\032\n", 8);
    put(b, 12, 2, 2, false);
    put(b, 14, 8, 2, false);
    put(b, 16, 3, 8, false);
    for (int a = 0; a < 3; a++) put(b, 24 + 8 * a, UINT64_C(1) << 32, 8, false);
    store(path, b, 600);
    refused(path, XT_USAGE, "more than 32767");
    for (int a = 0; a < 3; a++) put(b, 24 + 8 * a, UINT64_MAX, 8, false);
    store(path, b, 600);
    refused(path, XT_USAGE, "dimension 1 is -1");
}

static void bombs_and_broken_files_are_refused(void **state) {
    (void)state;
    unsigned char b[1024];
    char path[4096];
    const size_t size = good(b, 2, 1, false);
    /* a bomb that its header owns up to: refused from the header */
    xt_volume v;
    xt_error err = {0};
    store_gz(in_folder(path, "a.nii.gz"), b, size);
    assert_int_equal(xt_nifti_read(&v, path, 59, &err), XT_USAGE);
    assert_non_null(strstr(err.text, "limit"));
    err = (xt_error){0};
    assert_int_equal(xt_nifti_read(&v, path, 60, &err), XT_OK);
    xt_volume_clear(&v);
    /* a bomb behind an honest header: 64 MiB of zeros after the last voxel */
    gzFile f = gzopen(path, "wb9");
    gzwrite(f, b, (unsigned)size);
    unsigned char *zeros = calloc(1, 1 << 20);
    for (int i = 0; i < 64; i++) gzwrite(f, zeros, 1 << 20);
    gzclose(f);
    free(zeros);
    refused(path, XT_USAGE, "more data");
    /* truncated at every length, packed and plain */
    store_gz(path, b, size);
    FILE *packed = fopen(path, "rb");
    unsigned char z[1024];
    const size_t zsize = fread(z, 1, sizeof z, packed);
    fclose(packed);
    for (size_t n = 0; n < zsize; n++) {
        store(path, z, n);
        refused(path, XT_USAGE, "");
    }
    in_folder(path, "b.nii");
    for (size_t n = 0; n < size; n += 7) {
        store(path, b, n);
        refused(path, XT_USAGE, n == 0 ? "empty" : "truncated");
    }
    store(path, b, size + 1);
    refused(path, XT_USAGE, "the file has");
    z[zsize - 6] ^= 1; /* checksum */
    store(path, z, zsize);
    refused(path, XT_USAGE, "damaged");
}

static void what_is_no_label_is_refused(void **state) {
    (void)state;
    unsigned char b[1024];
    char path[4096];
    in_folder(path, "values.nii");
    size_t size = good(b, 4, 2, false);
    put(b, 352 + 14, 0xffff, 2, false);
    store(path, b, size);
    refused(path, XT_USAGE, "voxel 7");
    const float bad[] = {0.5f, NAN, INFINITY, -1, 65536};
    for (int i = 0; i < 5; i++) {
        size = good(b, 16, 4, true);
        put_real(b, 352 + 40, bad[i], true);
        store(path, b, size);
        refused(path, XT_USAGE, "voxel 10");
    }
    size = good(b, 1280, 8, false);
    put(b, 352, UINT64_MAX, 8, false);
    store(path, b, size);
    refused(path, XT_USAGE, "voxel 0");
}

static void not_files_at_all(void **state) {
    (void)state;
    char path[4096];
    refused(in_folder(path, "missing.nii"), XT_IO, "cannot open");
    refused(folder, XT_IO, "regular");
    in_folder(path, "fifo");
    assert_int_equal(mkfifo(path, 0600), 0);
    refused(path, XT_IO, "regular");
    store(in_folder(path, "text.nii"), (const unsigned char *)"this is no image, only a text\n", 30);
    refused(path, XT_USAGE, "not a NIfTI");
}

/* Thousands of damaged files: any answer but a crash, a hang or a volume that its header does not describe.
 */
static void damaged_files_never_crash(void **state) {
    (void)state;
    unsigned char b[1024], c[1024];
    char path[4096];
    in_folder(path, "fuzz.nii");
    uint32_t seed = 12345;
    int accepted = 0;
    for (int round = 0; round < 4000; round++) {
        const bool gz = round % 4 == 3;
        size_t size = good(b, round % 2 ? 2 : 16, round % 2 ? 1 : 4, round % 3 == 0);
        if (gz) {
            uLongf zsize = sizeof c;
            z_stream s = {0};
            deflateInit2(&s, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
            s.next_in = b;
            s.avail_in = (uInt)size;
            s.next_out = c;
            s.avail_out = (uInt)zsize;
            assert_int_equal(deflate(&s, Z_FINISH), Z_STREAM_END);
            size = s.total_out;
            deflateEnd(&s);
            memcpy(b, c, size);
        }
        for (int flips = 1 + round % 5; flips > 0; flips--) {
            seed = seed * 1664525u + 1013904223u;
            const size_t at = (seed >> 9) % (round % 7 == 0 ? size : size < 352 ? size : 352);
            b[at] ^= (unsigned char)(1u << (seed >> 28 & 7));
        }
        store(path, b, size);
        xt_volume v;
        xt_error err = {0};
        const xt_status status = xt_nifti_read(&v, path, 1e6, &err);
        if (status == XT_OK) {
            accepted++;
            assert_int_equal(v.dims[0] * v.dims[1] * v.dims[2], VOXELS);
        } else {
            assert_int_equal(status, XT_USAGE);
            assert_true(err.text[0] != 0);
        }
        xt_volume_clear(&v);
    }
    assert_true(accepted > 100 && accepted < 3500); /* flips in text fields do no harm, others are seen */
}

static void what_is_written_is_read_back(void **state) {
    (void)state;
    char path[4096];
    uint16_t data[VOXELS];
    for (int i = 0; i < VOXELS; i++) data[i] = (uint16_t)(i * 1000);
    const int dims[3] = {NX, NY, NZ};
    const double spacing[3] = {0.5, 0.25, 2};
    const double affine[3][4] = {{0.5, 0, 0, -1}, {0, 0.25, 0, 2}, {0, 0, 2, 3.5}};
    for (int gz = 0; gz < 2; gz++) {
        xt_error err = {0};
        in_folder(path, gz ? "written.nii.gz" : "written.nii");
        assert_int_equal(xt_nifti_write(path, data, 512, dims, spacing, affine, "labels", &err), XT_OK);
        xt_volume v;
        assert_int_equal(xt_nifti_read(&v, path, 0, &err), XT_OK);
        assert_memory_equal(v.label, data, sizeof data);
        for (int i = 0; i < 3; i++)
            for (int k = 0; k < 4; k++) assert_true(v.affine[i][k] == affine[i][k]);
        xt_volume_clear(&v);
        assert_int_equal(xt_nifti_read_header(&v, path, 0, &err), XT_OK);
        assert_true(v.dims[2] == NZ && v.label == NULL);
    }
    xt_error err = {0};
    in_folder(path, "no/such/folder.nii");
    assert_int_equal(xt_nifti_write(path, data, 512, dims, spacing, affine, "", &err), XT_IO);
}

static void read_sample(const char *name, xt_status as, const char *says, xt_volume *v) {
    const char *data = getenv("CROSSTALK_DATA");
    if (!data) {
        print_message("skipped: CROSSTALK_DATA is not set\n");
        skip();
    }
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", data, name);
    xt_error err = {0};
    const xt_status status = xt_nifti_read(v, path, 0, &err);
    if (status != as || !strstr(err.text, says)) fail_msg("%s: status %d, %s", name, status, err.text);
}

static void others_samples(void **state) {
    (void)state;
    xt_volume v;
    read_sample("suites/nifti/standard.nii.gz", XT_OK, "", &v);
    assert_true(v.dims[0] == 4 && v.dims[1] == 5 && v.dims[2] == 7 && v.spacing[1] == 3);
    xt_volume_clear(&v);
    read_sample("suites/nifti/anatomical.nii", XT_USAGE, "voxel 1474",
                &v); /* big-endian int16, negative there */
    read_sample("suites/nifti/example4d.nii.gz", XT_USAGE, "3-D", &v);
    read_sample("suites/nifti/example_nifti2.nii.gz", XT_USAGE, "3-D", &v);
    read_sample("suites/nifti/nifti2.hdr", XT_USAGE, "", &v);
    read_sample("suites/nifti/reoriented_anat_moved.nii", XT_USAGE, "no label", &v); /* interpolated floats */
    read_sample("suites/nifti/COPYING", XT_USAGE, "not a NIfTI", &v);
}

static void real_thighs(void **state) {
    (void)state;
    xt_volume v;
    read_sample("volumes/AM_right_thigh_below_crotch_tissue9_iso1mm.nii.gz", XT_OK, "", &v);
    assert_true(v.dims[0] == 177 && v.dims[1] == 180 && v.dims[2] == 200 && v.spacing[2] == 1);
    xt_volume_clear(&v);
    read_sample("volumes/AM_right_thigh_below_crotch_tissue9.nii.gz", XT_OK, "", &v);
    assert_true(v.dims[0] == 83 && fabs(v.spacing[0] - 2.137) < 1e-6 && fabs(v.spacing[2] - 8) < 1e-6);
    xt_volume_clear(&v);
}

static int write_samples(const char *to) {
    char path[4096];
    const int dims[3] = {NX, NY, NZ};
    const double spacing[3] = {0.5, 0.25, 2};
    uint16_t labels[VOXELS];
    uint8_t bytes[VOXELS];
    float reals[VOXELS];
    for (int i = 0; i < VOXELS; i++) {
        labels[i] = (uint16_t)(i * 1000);
        bytes[i] = (uint8_t)(i * 3);
        reals[i] = 0.1f * (float)i - 2;
    }
    /* straight; turned by 30 degrees about z and mirrored; turned by 180 degrees about y; axes permuted */
    const double c = sqrt(0.75), s = 0.5;
    const double turn[4][3][3] = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
                                  {{c, -s, 0}, {s, c, 0}, {0, 0, -1}},
                                  {{-1, 0, 0}, {0, 1, 0}, {0, 0, -1}},
                                  {{0, 0, 1}, {1, 0, 0}, {0, 1, 0}}};
    xt_error err = {0};
    for (int k = 0; k < 4; k++) {
        double affine[3][4];
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 3; j++) affine[i][j] = turn[k][i][j] * spacing[j];
            affine[i][3] = 10 * i - 7.5;
        }
        const double(*a)[4] = (const double(*)[4])affine;
        snprintf(path, sizeof path, "%s/%d-labels.nii.gz", to, k);
        if (xt_nifti_write(path, labels, 512, dims, spacing, a, "labels", &err) != XT_OK) return 1;
        snprintf(path, sizeof path, "%s/%d-bytes.nii", to, k);
        if (xt_nifti_write(path, bytes, 2, dims, spacing, a, NULL, &err) != XT_OK) return 1;
        snprintf(path, sizeof path, "%s/%d-reals.nii", to, k);
        if (xt_nifti_write(path, reals, 16, dims, spacing, a, "reals", &err) != XT_OK) return 1;
    }
    return 0;
}

static int set_up(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    static const char *const made[] = {"types.nii", "axes.nii", "lie.nii",        "huge.nii.gz",
                                       "a.nii.gz",  "b.nii",    "fifo",           "values.nii",
                                       "text.nii",  "fuzz.nii", "written.nii.gz", "written.nii"};
    char path[4096];
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) unlink(in_folder(path, made[i]));
    return rmdir(folder); /* fails if a temporary file was left behind */
}

int main(int argc, char **argv) {
    if (argc > 1) return write_samples(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_integer_type_and_byte_order),
        cmocka_unit_test(axes_become_canonical),
        cmocka_unit_test(lying_headers_are_refused),
        cmocka_unit_test(large_products_do_not_overflow),
        cmocka_unit_test(bombs_and_broken_files_are_refused),
        cmocka_unit_test(what_is_no_label_is_refused),
        cmocka_unit_test(not_files_at_all),
        cmocka_unit_test(damaged_files_never_crash),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(others_samples),
        cmocka_unit_test(real_thighs),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
