/* Launches: padding, work-group sizes, arguments checked, and time and bytes that add up per stage. */
#include "device/every_device.h"
#include "device/internal.h"

static const xt_program_part source[] = {
    {NULL, "kernel void mark(global uint *a, const uint n, local uint *scratch) {\n"
           "    const uint i = get_global_id(0);\n"
           "    scratch[get_local_id(0)] = i;\n"
           "    barrier(CLK_LOCAL_MEM_FENCE);\n"
           "    if (i < n) a[i] += 1 + scratch[get_local_id(0)];\n"
           "    if (i == 0) { a[n] = (uint)get_local_size(0); a[n + 1] = (uint)get_global_size(0); }\n"
           "}\n"
           "kernel void work(global float *a, const uint n) {\n"
           "    const uint i = get_global_id(0);\n"
           "    if (i >= n) return;\n"
           "    float x = a[i];\n"
           "    for (int k = 0; k < 40; k++) x = x * 0.5f + 1.0f;\n"
           "    a[i] = x;\n"
           "}\n"}};

typedef struct {
    xt_program *program;
    cl_kernel mark, work;
} built;

static built build(xt_device *device) {
    xt_error err = {XT_OK, ""};
    built b;
    OK(xt_program_build(&b.program, device, source, 1, "", &err));
    OK(xt_kernel_create(&b.mark, b.program, "mark", &err));
    OK(xt_kernel_create(&b.work, b.program, "work", &err));
    return b;
}

static void drop(built *b) {
    xt_kernel_free(&b->mark);
    xt_kernel_free(&b->work);
    xt_program_free(b->program);
}

static void check_sizes(xt_device *device) {
    enum { N = 1000 };
    static const size_t locals[] = {64, 0, 1};
    xt_error err = {XT_OK, ""};
    built b = build(device);
    const cl_uint n = N;
    for (size_t k = 0; k < sizeof locals / sizeof *locals; k++) {
        cl_mem a;
        cl_uint got[N + 2];
        size_t local = locals[k] ? locals[k] : xt_device_get_info(device)->local_default;
        const xt_arg args[] = {{sizeof a, &a}, XT_ARG(n), {local * sizeof(cl_uint), NULL}};
        OK(xt_buffer_create(&a, device, sizeof got, "a", &err));
        OK(xt_launch(device, b.mark, N, locals[k], args, 3, "mark", 8.0 * N, &err));
        OK(xt_buffer_read(device, a, 0, sizeof got, got, &err));
        for (cl_uint i = 0; i < N; i++) assert_int_equal(got[i], 1 + i);
        assert_int_equal(got[N], local);
        assert_int_equal(got[N + 1], (N + local - 1) / local * local);
        OK(xt_launch(device, b.mark, 0, 0, args, 3, "mark", 0, &err)); /* nothing to do */
        xt_buffer_free(device, &a);
    }
    drop(&b);
}

static void check_refusals(xt_device *device) {
    xt_error err = {XT_OK, ""};
    built b = build(device);
    const cl_uint n = 4;
    const double wrong = 0;
    cl_mem a;
    OK(xt_buffer_create(&a, device, 64, "a", &err));
    const xt_arg args[] = {XT_ARG(a), XT_ARG(n)}, bad[] = {XT_ARG(a), XT_ARG(wrong)};
    assert_int_equal(xt_launch(device, b.work, n, 0, args, 1, "s", 0, &err), XT_INTERNAL);
    assert_non_null(strstr(err.text, "kernel work takes 2 arguments, 1 were given"));
    err = (xt_error){XT_OK, ""};
    assert_int_equal(xt_launch(device, b.work, n, 0, bad, 2, "s", 0, &err), XT_DEVICE);
    assert_non_null(strstr(err.text, "kernel work: argument 1"));
    assert_non_null(strstr(err.text, "CL_INVALID_ARG_SIZE (-51)"));
    err = (xt_error){XT_OK, ""};
    assert_int_equal(xt_launch(device, b.work, n, (size_t)1 << 20, args, 2, "s", 0, &err), XT_DEVICE);
    assert_non_null(strstr(err.text, "at most"));
    err = (xt_error){XT_OK, ""};
    OK(xt_launch(device, b.work, n, 0, args, 2, "s", 0, &err)); /* and the device still works */
    OK(xt_device_finish(device, &err));
    xt_buffer_free(device, &a);
    drop(&b);
}

static const xt_stage *stage_named(xt_device *device, const char *name) {
    xt_error err = {XT_OK, ""};
    const xt_stage *stages;
    int count;
    OK(xt_device_stages(&stages, &count, device, &err));
    for (int i = 0; i < count; i++)
        if (strcmp(stages[i].name, name) == 0) return &stages[i];
    return NULL;
}

/* More launches than events are held at a time, two stages in turn. */
static void count_stages(xt_device *device) {
    enum { N = 512, ROUNDS = XT_PENDING_MAX + 100 };
    xt_error err = {XT_OK, ""};
    built b = build(device);
    const cl_uint n = N;
    cl_mem a;
    char copy_of_name[] = "first"; /* the same name at another address is the same stage */
    OK(xt_buffer_create(&a, device, N * sizeof(float), "a", &err));
    const xt_arg args[] = {XT_ARG(a), XT_ARG(n)};
    OK(xt_launch(device, b.work, n, 0, args, 2, "warm up", 0, &err)); /* compiles on some runtimes */
    OK(xt_device_finish(device, &err));
    double began = xt_device_now();
    for (int i = 0; i < ROUNDS; i++) {
        OK(xt_launch(device, b.work, n, 0, args, 2, i % 2 ? "first" : copy_of_name, 8.0 * N, &err));
        assert_true(device->pending_count <= XT_PENDING_MAX);
        if (i % 4 == 0) OK(xt_launch(device, b.work, n, 0, args, 2, "second", 1.0, &err));
    }
    OK(xt_device_finish(device, &err));
    double wall = xt_device_now() - began;
    assert_int_equal(device->pending_count, 0);

    const xt_stage *first = stage_named(device, "first"), *second = stage_named(device, "second");
    assert_non_null(first);
    assert_non_null(second);
    assert_int_equal(first->launches, ROUNDS);
    assert_true(first->bytes == 8.0 * N * ROUNDS);
    assert_int_equal(second->launches, (ROUNDS + 3) / 4);
    assert_true(first->seconds > 0 && second->seconds > 0);
    assert_true(first->seconds > second->seconds); /* four times the launches */
    assert_true(first->seconds + second->seconds <= 1.1 * wall);
    OK(xt_device_stages_reset(device, &err));
    assert_null(stage_named(device, "first"));
    xt_buffer_free(device, &a);
    drop(&b);
}

static void count_stages_by_wall_clock(xt_device *device) {
    bool sane = device->info.profiling_sane;
    device->info.profiling_sane = false; /* as rusticl's is */
    count_stages(device);
    device->info.profiling_sane = sane;
}

static void global_sizes_are_padded_to_the_work_group(void **state) {
    (void)state;
    on_every_device(check_sizes);
}

static void wrong_launches_name_the_kernel(void **state) {
    (void)state;
    on_every_device(check_refusals);
}

static void time_and_bytes_add_up_per_stage(void **state) {
    (void)state;
    on_every_device(count_stages);
}

static void without_a_sane_clock_the_wall_clock_counts(void **state) {
    (void)state;
    on_every_device(count_stages_by_wall_clock);
}

static void status_codes_have_their_names(void **state) {
    (void)state;
    assert_string_equal(xt_cl_error_name(CL_OUT_OF_RESOURCES), "CL_OUT_OF_RESOURCES (-5)");
    assert_string_equal(xt_cl_error_name(-1001), "CL_PLATFORM_NOT_FOUND_KHR (-1001)");
    xt_error err = {XT_OK, ""};
    assert_int_equal(xt_cl_fail(&err, -4242, "doing %d things", 3), XT_DEVICE);
    assert_string_equal(err.text, "doing 3 things: unknown OpenCL status -4242");
}

int main(void) {
    char cache[64];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(global_sizes_are_padded_to_the_work_group),
        cmocka_unit_test(wrong_launches_name_the_kernel),
        cmocka_unit_test(time_and_bytes_add_up_per_stage),
        cmocka_unit_test(without_a_sane_clock_the_wall_clock_counts),
        cmocka_unit_test(status_codes_have_their_names),
    };
    use_fresh_cache(cache);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    remove_folder(cache);
    return failed;
}
