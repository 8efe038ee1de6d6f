/* Programs: joined sources, messages that name the file, and a cache that survives damage. */
#include <dirent.h>
#include <sys/stat.h>
#include "device/every_device.h"
#include "device/internal.h"

static char cache[64], kernels[64];

static const xt_program_part parts[] = {
    {NULL, "#pragma OPENCL FP_CONTRACT OFF\nint twice(int x) { return 2 * x; }"}, /* ends without a newline */
    {NULL, "kernel void number(global int *a) { a[get_global_id(0)] = twice(NUMBER); }\n"},
};
enum { PARTS = sizeof parts / sizeof *parts };

/* What the program computes; it was built with -DNUMBER=21. */
static int run_number(xt_device *device, xt_program *program) {
    xt_error err = {XT_OK, ""};
    cl_kernel kernel;
    cl_mem a;
    int value = -1;
    OK(xt_kernel_create(&kernel, program, "number", &err));
    OK(xt_buffer_create(&a, device, 64 * sizeof(int), "a", &err));
    OK(xt_launch(device, kernel, 64, 64, (xt_arg[]){XT_ARG(a)}, 1, "number", 0, &err));
    OK(xt_buffer_read(device, a, 63 * sizeof value, sizeof value, &value, &err));
    xt_buffer_free(device, &a);
    xt_kernel_free(&kernel);
    assert_null(kernel);
    return value;
}

/* Build with `options`, check the result, and say whether the binary came from the cache. */
static bool build(xt_device *device, const char *options, int expected) {
    xt_error err = {XT_OK, ""};
    xt_program *program;
    OK(xt_program_build(&program, device, parts, PARTS, options, &err));
    assert_int_equal(run_number(device, program), expected);
    bool from_cache = xt_program_from_cache(program);
    assert_true(xt_program_build_seconds(program) > 0);
    xt_program_free(program);
    return from_cache;
}

static void for_each_cached(void (*damage)(const char *path)) {
    char folder[96], path[512];
    int seen = 0;
    snprintf(folder, sizeof folder, "%s/crosstalk", cache);
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] == '.') continue;
        assert_non_null(strstr(entry->d_name, ".program")); /* nothing half-written is left */
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        damage(path);
        seen++;
    }
    closedir(dir);
    assert_true(seen > 0);
}

static void truncate_half(const char *path) {
    struct stat facts;
    assert_int_equal(stat(path, &facts), 0);
    FILE *file = fopen(path, "r+b");
    char *bytes = calloc(1, (size_t)facts.st_size);
    assert_int_equal(fread(bytes, 1, (size_t)facts.st_size, file), facts.st_size);
    file = freopen(path, "wb", file);
    fwrite(bytes, 1, (size_t)facts.st_size / 2, file);
    fclose(file);
    free(bytes);
}

static void flip_last_byte(const char *path) {
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    fseek(file, -1, SEEK_END);
    int byte = fgetc(file);
    fseek(file, -1, SEEK_END);
    fputc(byte ^ 0x55, file);
    fclose(file);
}

static void empty_it(const char *path) { fclose(fopen(path, "wb")); }

/* A file whose checksums are right and whose binary is nonsense: only the driver can tell. */
static void store_nonsense(const char *path) {
    char head[36];
    xt_cache_key key = {0};
    FILE *file = fopen(path, "rb");
    assert_int_equal(fread(head, 1, sizeof head, file), sizeof head);
    fclose(file);
    memcpy(&key.hash, head + 8, 8);
    memcpy(&key.length, head + 16, 8);
    memcpy(&key.crc, head + 32, 4);
    xt_cache_store(&key, "program", "this is no binary at all", 24);
    unsigned char *data;
    size_t size;
    assert_true(xt_cache_load(&data, &size, &key, "program")); /* the file itself is well-formed */
    assert_int_equal(size, 24);
    free(data);
}

static void check_cache(xt_device *device) {
    static void (*const damages[])(const char *) = {truncate_half, flip_last_byte, empty_it, store_nonsense};
    use_fresh_cache(cache);
    setenv("CROSSTALK_BINARIES", "1", 1); /* also where the runtime keeps its own */
    assert_false(build(device, "-DNUMBER=21", 42));
    assert_true(build(device, "-DNUMBER=21", 42));
    assert_false(build(device, "-DNUMBER=5", 10)); /* options are part of the key */
    assert_true(build(device, "-DNUMBER=5", 10));
    size_t kinds = sizeof damages / sizeof *damages;
    if (strcmp(xt_device_get_info(device)->platform, "rusticl") == 0)
        kinds--; /* it ends the process when it is given nonsense */
    for (size_t i = 0; i < kinds; i++) {
        for_each_cached(damages[i]);
        assert_false(build(device, "-DNUMBER=21", 42)); /* ignored */
        assert_false(build(device, "-DNUMBER=5", 10));
        assert_true(build(device, "-DNUMBER=21", 42)); /* and repaired */
    }
    remove_folder(cache);
    setenv("XDG_CACHE_HOME", "/proc/no/such/place", 1); /* not even root can write there */
    assert_false(build(device, "-DNUMBER=21", 42));
    assert_false(build(device, "-DNUMBER=21", 42));
}

static void write_kernel(const char *name, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", kernels, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static xt_error build_fails(xt_device *device, const xt_program_part *list, int count, xt_status expected) {
    xt_error err = {XT_OK, ""};
    xt_program *program;
    assert_int_equal(xt_program_build(&program, device, list, count, NULL, &err), expected);
    assert_null(program);
    return err;
}

static void check_messages(xt_device *device) {
    strcpy(kernels, "/tmp/crosstalk-kernels-XXXXXX");
    assert_non_null(mkdtemp(kernels));
    write_kernel("good.cl", "int one(void) { return 1; }\n\n\n\n");
    write_kernel("bad.cl", "\n\nkernel void k(global int *a) { a[0] = undeclared_thing; }\n");
    setenv("CROSSTALK_KERNELS", kernels, 1);
    xt_error err =
        build_fails(device, (xt_program_part[]){{"good.cl", NULL}, {"bad.cl", NULL}}, 2, XT_DEVICE);
    assert_non_null(strstr(err.text, "bad.cl:3")); /* the line in its own file, not in the joined text */
    assert_non_null(strstr(err.text, "undeclared_thing"));
    assert_non_null(strstr(err.text, "building bad.cl"));
    assert_non_null(strstr(err.text, xt_device_get_info(device)->name));

    err = build_fails(device, (xt_program_part[]){{"good.cl", NULL}, {NULL, "int f(void) {\n return g; }"}},
                      2, XT_DEVICE);
    assert_non_null(strstr(err.text, "generated-1:2"));
    err = build_fails(device, (xt_program_part[]){{"absent.cl", NULL}}, 1, XT_IO);
    assert_non_null(strstr(err.text, kernels));
    assert_non_null(strstr(err.text, "absent.cl"));

    /* A file in the folder stands in for the embedded one of that name. */
    write_kernel("device.cl", "kernel void number(global int *a) { a[get_global_id(0)] = 7; }\n");
    xt_program *program;
    cl_kernel kernel;
    OK(xt_program_build(&program, device, (xt_program_part[]){{"device.cl", NULL}}, 1, NULL,
                        &(xt_error){XT_OK, ""}));
    assert_int_equal(run_number(device, program), 7);
    err = (xt_error){XT_OK, ""};
    assert_int_equal(xt_kernel_create(&kernel, program, "no_such_kernel", &err), XT_DEVICE);
    assert_non_null(strstr(err.text, "'no_such_kernel'"));
    assert_null(kernel);
    xt_program_free(program);
    unsetenv("CROSSTALK_KERNELS");
    remove_folder(kernels);

    err = build_fails(device, (xt_program_part[]){{"devise.cl", NULL}}, 1, XT_INTERNAL);
    assert_non_null(strstr(err.text, "did you mean 'device.cl'"));
    err = (xt_error){XT_OK, ""};
    OK(xt_program_build(&program, device, (xt_program_part[]){{"device.cl", NULL}}, 1, NULL, &err));
    OK(xt_kernel_create(&kernel, program, "device_copy", &err)); /* the embedded one */
    xt_kernel_free(&kernel);
    xt_program_free(program);
}

static void binaries_are_kept_and_damage_is_repaired(void **state) {
    (void)state;
    on_every_device(check_cache);
}

static void build_errors_name_the_file_and_line(void **state) {
    (void)state;
    use_fresh_cache(cache);
    on_every_device(check_messages);
    remove_folder(cache);
}

static void kernels_have_one_hash(void **state) {
    (void)state;
    assert_true(xt_kernels_hash() != 0);
    assert_true(xt_kernels_hash() == xt_kernels_hash());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(binaries_are_kept_and_damage_is_repaired),
        cmocka_unit_test(build_errors_name_the_file_and_line),
        cmocka_unit_test(kernels_have_one_hash),
    };
    unsetenv("CROSSTALK_KERNELS");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
