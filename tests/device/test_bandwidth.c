/* The streams compute what they say, their bandwidth is plausible, and a measurement is remembered. */
#include "device/every_device.h"
#include "device/internal.h"

static void check_streams(xt_device *device) {
    enum { N4 = 1237, N = 4 * N4, MORE = N + 64 }; /* past the end nothing may change */
    static float b[MORE], c[MORE], got[MORE];
    static const char *const options[] = {"", "-DDEVICE_PER_ITEM=4"};
    xt_error err = {XT_OK, ""};
    const cl_uint n4 = N4;
    const float s = 0.25f;
    cl_mem db, dc, da;
    for (int i = 0; i < MORE; i++) b[i] = (float)i, c[i] = (float)(i % 77);
    OK(xt_buffer_create(&da, device, sizeof b, "a", &err));
    OK(xt_buffer_create(&db, device, sizeof b, "b", &err));
    OK(xt_buffer_create(&dc, device, sizeof b, "c", &err));
    OK(xt_buffer_write(device, db, 0, sizeof b, b, &err));
    OK(xt_buffer_write(device, dc, 0, sizeof c, c, &err));
    for (int k = 0; k < 2; k++) {
        xt_program *program;
        cl_kernel copy, triad, fill;
        OK(xt_program_build(&program, device, (xt_program_part[]){{"device.cl", NULL}}, 1, options[k], &err));
        OK(xt_kernel_create(&copy, program, "device_copy", &err));
        OK(xt_kernel_create(&triad, program, "device_triad", &err));
        OK(xt_kernel_create(&fill, program, "device_fill", &err));
        OK(xt_buffer_fill(device, da, 0, MORE, -1, &err));
        OK(xt_launch(device, copy, N4, 0, (xt_arg[]){XT_ARG(da), XT_ARG(db), XT_ARG(n4)}, 3, "copy", 0,
                     &err));
        OK(xt_buffer_read(device, da, 0, sizeof got, got, &err));
        for (int i = 0; i < MORE; i++) assert_true(got[i] == (i < N ? b[i] : -1));
        OK(xt_launch(device, triad, N4, 0,
                     (xt_arg[]){XT_ARG(da), XT_ARG(db), XT_ARG(dc), XT_ARG(s), XT_ARG(n4)}, 5, "triad", 0,
                     &err));
        OK(xt_buffer_read(device, da, 0, sizeof got, got, &err));
        for (int i = 0; i < MORE; i++) assert_true(got[i] == (i < N ? b[i] + 0.25f * c[i] : -1));
        OK(xt_launch(device, fill, N4, 0, (xt_arg[]){XT_ARG(da), XT_ARG(s), XT_ARG(n4)}, 3, "fill", 0, &err));
        OK(xt_buffer_read(device, da, 0, sizeof got, got, &err));
        for (int i = 0; i < MORE; i++) assert_true(got[i] == (i < N ? 0.25f : -1));
        xt_kernel_free(&copy);
        xt_kernel_free(&triad);
        xt_kernel_free(&fill);
        xt_program_free(program);
    }
    xt_buffer_free(device, &da);
    xt_buffer_free(device, &db);
    xt_buffer_free(device, &dc);
}

static bool plausible(double bytes_per_s) { return bytes_per_s > 1e6 && bytes_per_s < 1e14; }

static void check_measurement(xt_device *device) {
    xt_error err = {XT_OK, ""};
    double copy, triad, fill;
    assert_true(xt_bandwidth_known(xt_device_get_info(device)) == 0);
    OK(xt_device_measure_copy(&copy, device, 1 << 20, &err));
    OK(xt_device_measure_triad(&triad, device, 1 << 20, &err));
    OK(xt_device_measure_fill(&fill, device, 1 << 20, &err));
    assert_true(plausible(copy) && plausible(triad) && plausible(fill));
    assert_true(xt_device_get_info(device)->copy_bytes_per_s == copy);
    assert_true(xt_bandwidth_known(xt_device_get_info(device)) == 0); /* a small size is not what counts */

    OK(xt_device_measure_copy(&copy, device, 0, &err));
    assert_true(plausible(copy));
    assert_true(xt_bandwidth_known(xt_device_get_info(device)) == copy);
    assert_int_equal(xt_device_bytes_in_use(device), 0);
    assert_int_equal(xt_device_measure_fill(&fill, device, 3, &err), XT_USAGE);
}

static void streams_compute_what_they_say(void **state) {
    (void)state;
    on_every_device(check_streams);
}

static void measured_bandwidth_is_plausible_and_remembered(void **state) {
    (void)state;
    on_every_device(check_measurement);
}

int main(void) {
    char cache[64];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_compute_what_they_say),
        cmocka_unit_test(measured_bandwidth_is_plausible_and_remembered),
    };
    use_fresh_cache(cache);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    remove_folder(cache);
    return failed;
}
