/* What we write reads back equal; whatever is done to a file, reading it ends with values or with a message.
 * With a file as argument: prints what it holds, for test_vti_read_vtk.py. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "mesh/vti.h"
#include "mesh/vti_read.h"

enum { NX = 7, NY = 5, NZ = 6, CELLS = NX * NY * NZ };
static char folder[] = "/tmp/crosstalk-vtiread-XXXXXX";
static char path[4096];
static uint8_t labels[CELLS];
static uint16_t wide[CELLS];
static int32_t whole[CELLS];
static float field[3 * CELLS];

static const char *in_folder(const char *name) {
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_sample(const char *name, bool packed) {
    for (int i = 0; i < CELLS; i++) {
        labels[i] = (uint8_t)(i * 37 % 256);
        wide[i] = (uint16_t)(i * 311);
        whole[i] = i % 2 ? -i * 70001 : i * 70001;
    }
    for (int i = 0; i < 3 * CELLS; i++) field[i] = i % 11 ? (float)i * 0.37f - 100 : NAN;
    const xt_vti_array array[4] = {
        {.name = "tissue", .type = XT_VTI_UINT8, .values = labels},
        {.name = "wide (1)", .type = XT_VTI_UINT16, .values = wide},
        {.name = "whole", .type = XT_VTI_INT32, .values = whole},
        {.name = "flux <a> & \"b\" [pM mm/h]", .type = XT_VTI_FLOAT32, .components = 3, .values = field}};
    const xt_vti image = {.dims = {NX, NY, NZ},
                          .spacing = {0.5, 1, 2},
                          .affine = {{0, -1, 0, 10}, {0.5, 0, 0, 20}, {0, 0, 2, 30}},
                          .array = array,
                          .array_count = 4,
                          .has_time = true,
                          .time = 1.0 / 3,
                          .compress = packed};
    xt_error err = {0};
    assert_int_equal(xt_vti_write(in_folder(name), &image, &err), XT_OK);
}

static void what_we_write_reads_back_equal(void **state) {
    (void)state;
    for (int packed = 0; packed < 2; packed++) {
        xt_error err = {0};
        xt_vti_reader *r;
        write_sample("a.vti", packed);
        assert_int_equal(xt_vti_open(&r, in_folder("a.vti"), &err), XT_OK);
        const xt_vti_image *image = xt_vti_image_of(r);
        assert_int_equal(image->dims[0], NX);
        assert_int_equal(image->dims[1], NY);
        assert_int_equal(image->dims[2], NZ);
        assert_false(image->points);
        const double affine[3][4] = {{0, -1, 0, 10}, {0.5, 0, 0, 20}, {0, 0, 2, 30}};
        for (int i = 0; i < 3; i++)
            for (int a = 0; a < 4; a++) assert_true(fabs(image->affine[i][a] - affine[i][a]) < 1e-9);
        assert_true(image->has_time && image->time == 1.0 / 3);
        assert_int_equal(image->array_count, 4);
        assert_string_equal(image->array[3].name, "flux <a> & \"b\" [pM mm/h]");
        assert_int_equal(image->array[3].components, 3);
        static float floats[3 * CELLS];
        static uint8_t bytes[CELLS];
        for (int twice = 0; twice < 2; twice++) { /* in any order, and again */
            assert_int_equal(xt_vti_read_floats(floats, r, 3, &err), XT_OK);
            assert_memory_equal(floats, field, sizeof field);
            assert_int_equal(xt_vti_read_bytes(bytes, r, 0, &err), XT_OK);
            assert_memory_equal(bytes, labels, sizeof labels);
        }
        assert_int_equal(xt_vti_read_floats(floats, r, 1, &err), XT_OK);
        for (int i = 0; i < CELLS; i++) assert_true(floats[i] == (float)wide[i]);
        assert_int_equal(xt_vti_read_floats(floats, r, 2, &err), XT_OK);
        for (int i = 0; i < CELLS; i++) assert_true(floats[i] == (float)whole[i]);
        assert_int_equal(xt_vti_read_bytes(bytes, r, 2, &err), XT_IO);
        assert_non_null(strstr(err.text, "0 to 255"));
        xt_vti_close(r);
    }
}

static void names_are_found_with_and_without_their_unit(void **state) {
    (void)state;
    xt_error err = {0};
    xt_vti_reader *r;
    write_sample("n.vti", false);
    assert_int_equal(xt_vti_open(&r, in_folder("n.vti"), &err), XT_OK);
    assert_int_equal(xt_vti_find(r, "tissue"), 0);
    assert_int_equal(xt_vti_find(r, "wide"), 1);
    assert_int_equal(xt_vti_find(r, "wide (1)"), 1);
    assert_int_equal(xt_vti_find(r, "flux <a> & \"b\""), 3);
    assert_int_equal(xt_vti_find(r, "flu"), -1);
    xt_vti_close(r);
    char name[16], unit[16];
    xt_vti_name(name, sizeof name, unit, sizeof unit, "irisin [pM]");
    assert_string_equal(name, "irisin");
    assert_string_equal(unit, "pM");
    xt_vti_name(name, sizeof name, unit, sizeof unit, "tissue");
    assert_string_equal(name, "tissue");
    assert_string_equal(unit, "");
    xt_vti_name(name, sizeof name, unit, sizeof unit, "[x]");
    assert_string_equal(name, "[x]");
}

static xt_status stop_at_two(const float *values, int z, void *context, xt_error *err) {
    (void)values;
    *(int *)context = z;
    return z < 2 ? XT_OK : xt_fail(err, XT_USAGE, "enough");
}

static void a_visitor_may_stop(void **state) {
    (void)state;
    xt_error err = {0};
    xt_vti_reader *r;
    int last = -1;
    write_sample("s.vti", true);
    assert_int_equal(xt_vti_open(&r, in_folder("s.vti"), &err), XT_OK);
    assert_int_equal(xt_vti_slices(r, 0, stop_at_two, &last, &err), XT_USAGE);
    assert_int_equal(last, 2);
    xt_vti_close(r);
}

/* Reads everything there is. XT_OK, or the first failure, which must have a message. */
static xt_status read_all(const char *file, const char **text) {
    static xt_error err;
    err = (xt_error){0};
    *text = err.text;
    xt_vti_reader *r;
    xt_status status = xt_vti_open(&r, file, &err);
    for (int k = 0; status == XT_OK && k < xt_vti_image_of(r)->array_count; k++) {
        int last;
        (void)last;
        const xt_vti_image *image = xt_vti_image_of(r);
        const size_t count = (size_t)image->dims[0] * (size_t)image->dims[1] * (size_t)image->dims[2] *
                             (size_t)image->array[k].components;
        float *values = count < 1 << 24 ? malloc(count * sizeof *values) : NULL;
        if (values)
            status = xt_vti_read_floats(values, r, k, &err);
        else
            status = xt_vti_slices(r, k, stop_at_two, &last, &err);
        free(values);
    }
    if (status != XT_OK) assert_true(err.text[0]);
    xt_vti_close(r);
    return status;
}

static void a_file_cut_anywhere_is_refused(void **state) {
    (void)state;
    for (int packed = 0; packed < 2; packed++) {
        char *text;
        size_t size;
        const char *said;
        xt_error err = {0};
        write_sample("c.vti", packed);
        assert_int_equal(xt_file_read(&text, &size, in_folder("c.vti"), 1 << 24, &err), XT_OK);
        for (size_t keep = 0; keep < size - 40; keep += keep < 1600 ? 13 : 97) {
            FILE *f = fopen(in_folder("cut.vti"), "wb"); /* no fsync: there are many */
            assert_int_equal(fwrite(text, 1, keep, f), keep);
            fclose(f);
            assert_int_equal(read_all(in_folder("cut.vti"), &said), XT_IO);
            assert_non_null(strstr(said, "cut.vti"));
        }
        free(text);
    }
}

static void flipped_bits_never_crash(void **state) {
    (void)state;
    unsigned random = 7;
    for (int packed = 0; packed < 2; packed++) {
        char *text;
        size_t size;
        const char *said;
        xt_error err = {0};
        write_sample("f.vti", packed);
        assert_int_equal(xt_file_read(&text, &size, in_folder("f.vti"), 1 << 24, &err), XT_OK);
        int refused = 0;
        for (int trial = 0; trial < 600; trial++) {
            random = random * 1664525u + 1013904223u;
            const size_t at = trial % 3 ? (random >> 8) % 1600 : (random >> 8) % size;
            const char before = text[at];
            text[at] = (char)(before ^ (1 << (random & 7)));
            FILE *f = fopen(in_folder("flip.vti"), "wb"); /* no fsync: there are many */
            assert_int_equal(fwrite(text, 1, size, f), size);
            fclose(f);
            refused += read_all(in_folder("flip.vti"), &said) != XT_OK;
            text[at] = before;
        }
        assert_true(refused > 100);
        free(text);
    }
}

/* A whole file of text around one array. */
static xt_status of_text(const char *file_attributes, const char *image, const char *piece, const char *rest,
                         const char **said) {
    char text[4096];
    const int n = snprintf(text, sizeof text,
                           "<?xml version=\"1.0\"?>\n<VTKFile type=\"ImageData\" %s><ImageData %s>"
                           "<Piece Extent=\"%s\">%s",
                           file_attributes, image, piece, rest);
    FILE *f = fopen(in_folder("t.vti"), "wb");
    assert_int_equal(fwrite(text, 1, (size_t)n, f), n);
    fclose(f);
    return read_all(in_folder("t.vti"), said);
}

#define IMAGE "WholeExtent=\"0 2 0 1 0 1\" Origin=\"0 0 0\" Spacing=\"1 1 1\""
#define TAIL  "</CellData></Piece></ImageData></VTKFile>"

static void what_makes_no_sense_is_refused_with_the_reason(void **state) {
    (void)state;
    const char *said;
    const char *good = "<CellData><DataArray type=\"Float32\" Name=\"c\">1 nan</DataArray>" TAIL;
    assert_int_equal(of_text("", IMAGE, "0 2 0 1 0 1", good, &said), XT_OK);
    static const struct {
        const char *file, *image, *piece, *rest, *says;
    } bad[] = {
        {"", IMAGE, "0 2 0 1 0 1", "<CellData><DataArray type=\"Float32\" Name=\"c\">1</DataArray>" TAIL,
         "too early"},
        {"", IMAGE, "0 2 0 1 0 1", "<CellData><DataArray type=\"Float32\" Name=\"c\">1 x2</DataArray>" TAIL,
         "'x2' is no number"},
        {"", IMAGE, "0 2 0 1 0 1", "<CellData><DataArray type=\"String\" Name=\"c\">1 2</DataArray>" TAIL,
         "type String"},
        {"", IMAGE, "0 1 0 1 0 1", "", "not the whole image"},
        {"", "WholeExtent=\"0 -2 0 1 0 1\" Origin=\"0 0 0\" Spacing=\"1 1 1\"", "0 2 0 1 0 1", "",
         "WholeExtent"},
        {"", "WholeExtent=\"0 2 0 1 0 1\" Origin=\"0 0 0\" Spacing=\"1 0 1\"", "0 2 0 1 0 1", "", "Spacing"},
        {"", "WholeExtent=\"0 2 0 1 0 1\" Origin=\"0 0\" Spacing=\"1 1 1\"", "0 2 0 1 0 1", "", "Origin"},
        {"", "WholeExtent=\"0 99999 0 99999 0 99999\" Origin=\"0 0 0\" Spacing=\"1 1 1\"",
         "0 99999 0 99999 0 99999", "<CellData><DataArray type=\"Float32\" Name=\"c\">1</DataArray>" TAIL,
         "too large"},
        {"", "WholeExtent=\"0 999 0 999 0 999\" Origin=\"0 0 0\" Spacing=\"1 1 1\"", "0 999 0 999 0 999",
         "<CellData><DataArray type=\"Float32\" Name=\"c\">1</DataArray>" TAIL, "too early"},
        {"compressor=\"vtkLZ4DataCompressor\"", IMAGE, "0 2 0 1 0 1", "", "vtkLZ4DataCompressor"},
        {"header_type=\"UInt8\"", IMAGE, "0 2 0 1 0 1", "", "UInt8"},
        {"", IMAGE, "0 2 0 1 0 1",
         "<CellData><DataArray type=\"UInt8\" Name=\"c\" format=\"binary\">AgAAA!E=</DataArray>" TAIL,
         "base64"},
        {"", IMAGE, "0 2 0 1 0 1",
         "<CellData><DataArray type=\"UInt8\" Name=\"c\" format=\"binary\">CAAAAAEC</DataArray>" TAIL,
         "has 8 bytes"},
        {"", IMAGE, "0 2 0 1 0 1",
         "<CellData><DataArray type=\"UInt8\" Name=\"c\" format=\"appended\" offset=\"0\"/>" TAIL,
         "nothing is"},
        {"", IMAGE, "0 2 0 1 0 1",
         "<CellData><DataArray type=\"UInt8\" Name=\"c\" format=\"appended\" offset=\"-1\"/>" TAIL,
         "good offset"},
        {"", IMAGE, "0 2 0 1 0 1",
         "<CellData><DataArray type=\"UInt8\" Name=\"c\" NumberOfComponents=\"1e9\">1</DataArray>" TAIL,
         "components"},
        {"compressor=\"vtkZLibDataCompressor\" header_type=\"UInt64\"", IMAGE, "0 2 0 1 0 1",
         "<CellData><DataArray type=\"UInt8\" Name=\"c\" format=\"binary\">"
         "AAAAAAAAAIAAAAAAAAAAgAAAAAAAAACA</DataArray>" TAIL,
         "make no sense"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(of_text(bad[i].file, bad[i].image, bad[i].piece, bad[i].rest, &said), XT_IO);
        if (!strstr(said, bad[i].says)) fail_msg("%zu: '%s' in: %s", i, bad[i].says, said);
    }
    static const char *const other[] = {"",
                                        "hello",
                                        "<VTKFile type=\"PolyData\"></VTKFile>",
                                        "<!DOCTYPE x [<!ENTITY a \"b\">]><VTKFile type=\"ImageData\"/>",
                                        "<VTKFile type=\"ImageData\"></VTKFile>",
                                        "<svg/>"};
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        xt_error err = {0};
        assert_int_equal(xt_file_write(in_folder("t.vti"), other[i], strlen(other[i]), &err), XT_OK);
        assert_int_equal(read_all(in_folder("t.vti"), &said), XT_IO);
    }
    assert_int_equal(read_all("/no/such.vti", &said), XT_IO);
    assert_int_equal(read_all("/tmp", &said), XT_IO);
    assert_int_equal(read_all("/dev/zero", &said), XT_IO);
}

static xt_status print_slice(const float *values, int z, void *context, xt_error *err) {
    (void)z, (void)err;
    for (int i = 0; i < *(int *)context; i++) printf(" %.9g", (double)values[i]);
    return XT_OK;
}

static int print_file(const char *file) {
    xt_error err = {0};
    xt_vti_reader *r;
    if (xt_vti_open(&r, file, &err) != XT_OK) return fprintf(stderr, "%s\n", err.text), 1;
    const xt_vti_image *image = xt_vti_image_of(r);
    printf("dims %d %d %d\n", image->dims[0], image->dims[1], image->dims[2]);
    printf("affine");
    for (int i = 0; i < 12; i++) printf(" %.9g", image->affine[i / 4][i % 4]);
    printf("\ntime %.17g\n", image->has_time ? image->time : -1.0);
    xt_status status = XT_OK;
    for (int k = 0; status == XT_OK && k < image->array_count; k++) {
        int count = image->dims[0] * image->dims[1] * image->array[k].components;
        printf("%s %s %d", image->array[k].name, image->array[k].type, image->array[k].components);
        status = xt_vti_slices(r, k, print_slice, &count, &err);
        printf("\n");
    }
    xt_vti_close(r);
    return status != XT_OK ? fprintf(stderr, "%s\n", err.text), 1 : 0;
}

static int begin_all(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : 1;
}

static int end_all(void **state) {
    (void)state;
    static const char *const made[] = {"a.vti",   "n.vti", "s.vti",    "c.vti",
                                       "cut.vti", "f.vti", "flip.vti", "t.vti"};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) unlink(in_folder(made[i]));
    return rmdir(folder);
}

int main(int argc, char **argv) {
    if (argc > 1) return print_file(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_we_write_reads_back_equal),
        cmocka_unit_test(names_are_found_with_and_without_their_unit),
        cmocka_unit_test(a_visitor_may_stop),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(flipped_bits_never_crash),
        cmocka_unit_test(what_makes_no_sense_is_refused_with_the_reason),
    };
    return cmocka_run_group_tests(tests, begin_all, end_all);
}
