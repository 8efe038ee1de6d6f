/* Buffers: zero when new, counted, refused with figures; transfers by offset; reads that do not block. */
#include "device/every_device.h"
#include "device/internal.h"

static void check_contents(xt_device *device) {
    enum { N = 1001 };
    xt_error err = {XT_OK, ""};
    static float out[N], in[N];
    cl_mem a, b;
    OK(xt_buffer_create(&a, device, sizeof out, "a", &err));
    OK(xt_buffer_create(&b, device, sizeof out, "b", &err));
    memset(in, 0xff, sizeof in);
    OK(xt_buffer_read(device, a, 0, sizeof in, in, &err));
    for (int i = 0; i < N; i++) assert_true(in[i] == 0.0f);

    for (int i = 0; i < N; i++) out[i] = (float)i + 0.5f;
    OK(xt_buffer_write(device, a, 0, sizeof out, out, &err));
    OK(xt_buffer_copy(device, a, 10 * sizeof(float), b, 20 * sizeof(float), 30 * sizeof(float), &err));
    OK(xt_buffer_fill(device, b, 50, 3, -2.0f, &err));
    OK(xt_buffer_fill_zero(device, b, 22 * sizeof(float), 2 * sizeof(float), &err));
    OK(xt_buffer_fill_zero(device, b, 24 * sizeof(float) + 3, 1, &err)); /* not a whole number of floats */
    OK(xt_buffer_read(device, b, 15 * sizeof(float), 50 * sizeof(float), in, &err));
    for (int i = 15; i < 65; i++) {
        float want = i >= 20 && i < 50 ? out[i - 10] : i >= 50 && i < 53 ? -2.0f : 0.0f;
        if (i == 22 || i == 23) want = 0.0f;
        if (i == 24) memset((char *)&want + 3, 0, 1);
        assert_memory_equal(&in[i - 15], &want, sizeof want);
    }

    OK(xt_buffer_write(device, a, 0, 0, NULL, &err)); /* nothing is fine */
    OK(xt_buffer_read(device, a, 0, 0, NULL, &err));
    OK(xt_buffer_copy(device, a, 0, b, 0, 0, &err));
    OK(xt_buffer_fill(device, a, 0, 0, 1, &err));
    assert_int_equal(xt_buffer_read(device, a, sizeof out, 4, in, &err), XT_DEVICE); /* beyond the end */
    assert_non_null(strstr(err.text, "reading 4 bytes"));
    xt_buffer_free(device, &a);
    xt_buffer_free(device, &b);
    assert_null(a);
    xt_buffer_free(device, &b);
}

static void check_counting(xt_device *device) {
    xt_error err = {XT_OK, ""};
    cl_mem a = NULL, b = NULL;
    cl_ulong memory = device->info.memory_bytes, max_alloc = device->info.max_alloc_bytes;
    device->info.memory_bytes = 3 << 20; /* a small device, so that none is really filled */
    device->info.max_alloc_bytes = 2 << 20;

    OK(xt_buffer_create(&a, device, 0, "empty", &err));
    assert_non_null(a);
    xt_buffer_free(device, &a);
    assert_int_equal(xt_device_bytes_in_use(device), 0);

    OK(xt_buffer_create(&a, device, 2 << 20, "state", &err));
    assert_int_equal(xt_device_bytes_in_use(device), 2 << 20);
    assert_int_equal(xt_buffer_create(&b, device, (1 << 20) + 1, "levels", &err), XT_DEVICE);
    assert_null(b);
    assert_non_null(strstr(err.text, "'levels' needs 1.0 MiB"));
    assert_non_null(strstr(err.text, "3.0 MiB"));
    assert_non_null(strstr(err.text, "2.0 MiB are in use"));
    err = (xt_error){XT_OK, ""};
    OK(xt_buffer_create(&b, device, 1 << 20, "levels", &err)); /* exactly full */
    xt_buffer_free(device, &a);
    xt_buffer_free(device, &b);
    assert_int_equal(xt_device_bytes_in_use(device), 0);
    assert_int_equal(xt_device_bytes_peak(device), 3 << 20);

    assert_int_equal(xt_buffer_create(&a, device, (2 << 20) + 1, "labels", &err), XT_DEVICE);
    assert_non_null(strstr(err.text, "'labels'"));
    assert_non_null(strstr(err.text, "CL_DEVICE_MAX_MEM_ALLOC_SIZE"));
    assert_int_equal(xt_device_bytes_in_use(device), 0);
    device->info.memory_bytes = memory;
    device->info.max_alloc_bytes = max_alloc;
}

static void check_read(xt_device *device) {
    enum { N = 1 << 18 };
    xt_error err = {XT_OK, ""};
    cl_mem a;
    xt_read *read = NULL;
    const void *data;
    OK(xt_buffer_create(&a, device, N * sizeof(float), "a", &err));
    OK(xt_buffer_fill(device, a, 0, N, 1.0f, &err));
    OK(xt_buffer_read_start(device, &read, a, 0, N * sizeof(float), &err));
    OK(xt_buffer_fill(device, a, 0, N, 2.0f, &err)); /* enqueued later: the read must not see it */
    OK(xt_read_wait(&data, read, &err));
    for (int i = 0; i < N; i++) assert_true(((const float *)data)[i] == 1.0f);

    const void *same;
    OK(xt_buffer_read_start(device, &read, a, 4, 8, &err)); /* smaller: the memory is kept */
    OK(xt_read_wait(&same, read, &err));
    assert_ptr_equal(same, data);
    assert_true(((const float *)same)[0] == 2.0f && ((const float *)same)[1] == 2.0f);
    assert_true(((const float *)same)[2] == 1.0f);

    OK(xt_buffer_read_start(device, &read, a, 0, 64, &err)); /* never waited for */
    xt_read_free(read);
    xt_read_free(NULL);
    read = NULL;
    assert_int_equal(xt_buffer_read_start(device, &read, a, N * sizeof(float), 4, &err), XT_DEVICE);
    assert_null(read);
    xt_buffer_free(device, &a);
}

static void buffers_hold_what_is_put_there(void **state) {
    (void)state;
    on_every_device(check_contents);
}

static void memory_is_counted_and_refused_with_figures(void **state) {
    (void)state;
    on_every_device(check_counting);
}

static void reads_in_the_background_see_their_moment(void **state) {
    (void)state;
    on_every_device(check_read);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffers_hold_what_is_put_there),
        cmocka_unit_test(memory_is_counted_and_refused_with_figures),
        cmocka_unit_test(reads_in_the_background_see_their_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
