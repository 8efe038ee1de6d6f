/* With a folder as argument: writes samples there, for test_vti_vtk.py to read with VTK. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "mesh/vti.h"

enum { NX = 5, NY = 3, NZ = 4, CELLS = NX * NY * NZ };
static uint8_t labels[CELLS];
static float field[3 * CELLS];

static xt_status ramp(void *values, int z, void *context, xt_error *err) {
    float *out = values;
    for (int i = 0; i < NX * NY; i++) out[i] = *(const float *)context * (float)(z * NX * NY + i);
    (void)err;
    return XT_OK;
}

static xt_status fails(void *values, int z, void *context, xt_error *err) {
    (void)values;
    (void)context;
    return z < 2 ? XT_OK : xt_fail(err, XT_DEVICE, "slice %d is lost", z);
}

static float scale = 0.25f;
static xt_vti sample(xt_vti_array array[3]) {
    for (int i = 0; i < CELLS; i++) labels[i] = (uint8_t)(i % 7);
    for (int i = 0; i < 3 * CELLS; i++) field[i] = (float)i - 10.5f;
    array[0] = (xt_vti_array){.name = "tissue", .type = XT_VTI_UINT8, .values = labels};
    array[1] = (xt_vti_array){
        .name = "a \"b\" <c> & d (pM)", .type = XT_VTI_FLOAT32, .slice = ramp, .context = &scale};
    array[2] =
        (xt_vti_array){.name = "flux (pM mm/h)", .type = XT_VTI_FLOAT32, .components = 3, .values = field};
    return (xt_vti){.dims = {NX, NY, NZ},
                    .spacing = {0.5, 1, 2},
                    .affine = {{0, -1, 0, 10}, {0.5, 0, 0, 20}, {0, 0, 2, 30}},
                    .array = array,
                    .array_count = 3,
                    .has_time = true,
                    .time = 1.5};
}

static int write_samples(const char *folder) {
    char path[4096];
    xt_error err = {0};
    xt_vti_array array[3];
    xt_vti image = sample(array);
    for (int packed = 0; packed < 2; packed++) {
        image.compress = packed;
        snprintf(path, sizeof path, "%s/%s.vti", folder, packed ? "packed" : "raw");
        if (xt_vti_write(path, &image, &err) != XT_OK) return 1;
    }
    const char *const file[] = {"raw.vti", "packed.vti"};
    const double time[] = {0, 1.5};
    snprintf(path, sizeof path, "%s/all.pvd", folder);
    return xt_pvd_write(path, file, time, 2, &err) != XT_OK;
}

static void size_and_offsets_are_as_announced(void **state) {
    (void)state;
    char folder[] = "/tmp/crosstalk-vti-XXXXXX", path[4096];
    assert_non_null(mkdtemp(folder));
    assert_int_equal(write_samples(folder), 0);
    snprintf(path, sizeof path, "%s/raw.vti", folder);
    FILE *f = fopen(path, "rb");
    char text[16384];
    const size_t size = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[size] = 0;
    char *data = NULL; /* the underscore that begins the data; the text before holds no NUL */
    assert_non_null(data = strstr(text, "\n_"));
    data += 2;
    const size_t bytes = 8 + CELLS + 8 + 4 * CELLS + 8 + 12 * CELLS;
    assert_memory_equal(data + bytes, "\n  </AppendedData>", 18);
    assert_int_equal((unsigned char)data[0], CELLS);
    assert_non_null(strstr(text, "offset=\"00000000000000000068\"")); /* 8 + 60 */
    assert_non_null(strstr(text, "a &quot;b&quot; &lt;c&gt; &amp; d (pM)"));
    unlink(path);
    snprintf(path, sizeof path, "%s/packed.vti", folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/all.pvd", folder);
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
}

static void a_failed_slice_leaves_no_file(void **state) {
    (void)state;
    char folder[] = "/tmp/crosstalk-vti-XXXXXX", path[4096];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/x.vti", folder);
    xt_vti_array array[3];
    xt_vti image = sample(array);
    array[1].slice = fails;
    for (int packed = 0; packed < 2; packed++) {
        xt_error err = {0};
        image.compress = packed;
        assert_int_equal(xt_vti_write(path, &image, &err), XT_DEVICE);
        assert_non_null(strstr(err.text, "slice 2"));
    }
    assert_int_equal(rmdir(folder), 0);
    xt_error err = {0};
    array[1].slice = ramp;
    assert_int_equal(xt_vti_write("/no/such/folder/x.vti", &image, &err), XT_IO);
}

static void escaping_is_cut_between_entities(void **state) {
    (void)state;
    char buffer[8];
    assert_string_equal(xt_xml_escape(buffer, sizeof buffer, "ab<c>"), "ab&lt;c");
    assert_string_equal(xt_xml_escape(buffer, sizeof buffer, "a\"\""), "a&quot;");
}

int main(int argc, char **argv) {
    if (argc > 1) return write_samples(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(size_and_offsets_are_as_announced),
        cmocka_unit_test(a_failed_slice_leaves_no_file),
        cmocka_unit_test(escaping_is_cut_between_entities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
