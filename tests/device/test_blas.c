/* CLBlast level 1 on parts of buffers, against the same in plain C. */
#include <math.h>
#include "device/every_device.h"
#include "device/internal.h"

enum { N = 5000 };

/* Offsets that no alignment allows, that every device's does (4096 bytes), and none. */
static const struct {
    size_t n, x0, y0;
} parts[] = {{4321, 7, 130}, {3000, 1024, 1024}, {1024, 0, 2048}, {N, 0, 0}, {1, 3, 4}, {256, N - 256, 0}};
enum { PARTS = sizeof parts / sizeof *parts };

static float at_x(int i) { return (float)((i * 37) % 101) * 0.25f - 10.0f; }
static float at_y(int i) { return (float)((i * 53) % 97) * 0.5f - 20.0f; }

static void make(cl_mem *x, cl_mem *y, xt_device *device) {
    static float values[N];
    xt_error err = {XT_OK, ""};
    OK(xt_buffer_create(x, device, sizeof values, "x", &err));
    OK(xt_buffer_create(y, device, sizeof values, "y", &err));
    for (int i = 0; i < N; i++) values[i] = at_x(i);
    OK(xt_buffer_write(device, *x, 0, sizeof values, values, &err));
    for (int i = 0; i < N; i++) values[i] = at_y(i);
    OK(xt_buffer_write(device, *y, 0, sizeof values, values, &err));
}

/* The values are multiples of 1/8, so sums and products of two are exact in fp32. */
static void check_axpy_and_scal(xt_device *device) {
    static float got[N];
    xt_error err = {XT_OK, ""};
    for (int k = 0; k < PARTS; k++) {
        int n = (int)parts[k].n, x0 = (int)parts[k].x0, y0 = (int)parts[k].y0;
        cl_mem x, y;
        make(&x, &y, device);
        OK(xt_blas_axpy(device, parts[k].n, -0.5f, x, parts[k].x0, y, parts[k].y0, &err));
        OK(xt_blas_scal(device, parts[k].n, 2.0f, x, parts[k].x0, &err));
        OK(xt_buffer_read(device, y, 0, sizeof got, got, &err));
        for (int i = 0; i < N; i++)
            assert_true(got[i] == (i >= y0 && i < y0 + n ? at_y(i) - 0.5f * at_x(i - y0 + x0) : at_y(i)));
        OK(xt_buffer_read(device, x, 0, sizeof got, got, &err));
        for (int i = 0; i < N; i++) assert_true(got[i] == at_x(i) * (i >= x0 && i < x0 + n ? 2.0f : 1.0f));

        OK(xt_blas_axpy(device, 0, 1.0f, x, 0, y, 0, &err)); /* CLBlast itself refuses n = 0 */
        OK(xt_blas_scal(device, 0, 0.0f, x, 0, &err));
        float again;
        OK(xt_buffer_read(device, x, 0, sizeof again, &again, &err));
        assert_true(again == got[0]);
        xt_buffer_free(device, &x);
        xt_buffer_free(device, &y);
    }
}

static void check_dot(xt_device *device) {
    xt_error err = {XT_OK, ""};
    cl_mem x, y;
    double got;
    make(&x, &y, device);
    for (int k = 0; k < PARTS; k++) {
        double want = 0, size = 0;
        for (size_t i = 0; i < parts[k].n; i++) {
            double term = (double)at_x((int)(parts[k].x0 + i)) * at_y((int)(parts[k].y0 + i));
            want += term;
            size += fabs(term);
        }
        OK(xt_blas_dot(&got, device, parts[k].n, x, parts[k].x0, y, parts[k].y0, &err));
        assert_true(fabs(got - want) <=
                    1e-6 * size); /* a tree of depth about 20, half an ulp of 2^-24 each */
    }
    got = 5;
    OK(xt_blas_dot(&got, device, 0, x, 0, y, 0, &err));
    assert_true(got == 0);
    xt_buffer_free(device, &x);
    xt_buffer_free(device, &y);
}

static void check_messages(xt_device *device) {
    xt_error err = {XT_OK, ""};
    cl_mem x, y;
    double got;
    make(&x, &y, device);
    assert_int_equal(xt_blas_axpy(device, N, 1.0f, x, 1, y, 0, &err), XT_DEVICE);
    assert_non_null(strstr(err.text, "Saxpy of 5000 elements"));
    assert_non_null(strstr(err.text, "x ends before offset + n"));
    assert_non_null(strstr(err.text, "-1008"));
    err = (xt_error){XT_OK, ""};
    assert_int_equal(xt_blas_dot(&got, device, N, x, 0, y, 1, &err), XT_DEVICE);
    assert_non_null(strstr(err.text, "y ends"));
    err = (xt_error){XT_OK, ""};
    OK(xt_blas_scal(device, N, 1.0f, x, 0, &err)); /* and it still works */
    xt_buffer_free(device, &x);
    xt_buffer_free(device, &y);
}

static void axpy_and_scal_touch_only_their_part(void **state) {
    (void)state;
    on_every_device(check_axpy_and_scal);
}

static void dot_agrees_with_double_precision(void **state) {
    (void)state;
    on_every_device(check_dot);
}

static void refusals_are_told_in_words(void **state) {
    (void)state;
    on_every_device(check_messages);
}

int main(void) {
    char cache[64];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(axpy_and_scal_touch_only_their_part),
        cmocka_unit_test(dot_agrees_with_double_precision),
        cmocka_unit_test(refusals_are_told_in_words),
    };
    use_fresh_cache(cache);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    remove_folder(cache);
    return failed;
}
