/* Device choice: every form of SPEC, the default, refusals, and machines with no runtime or two devices. */
#include <sys/wait.h>
#include <unistd.h>
#include "device/every_device.h"

static xt_device_info made_up(const char *name, const char *board, cl_device_type type, unsigned platform,
                              unsigned device) {
    xt_device_info info = {.type = type,
                           .platform_index = platform,
                           .device_index = device,
                           .available = true,
                           .compiler = true,
                           .little_endian = true,
                           .atomics = true,
                           .max_work_group = 1024,
                           .local_bytes = 32768,
                           .compute_units = 10,
                           .clock_mhz = 1000};
    strcpy(info.name, name);
    strcpy(info.board, board);
    strcpy(info.version, "OpenCL 1.2 ");
    strcpy(info.platform, platform == 2 ? "NVIDIA CUDA" : "Some platform");
    return info;
}

enum { COUNT = 5 };
static void make_list(xt_device_info *list) {
    list[0] = made_up("cpu-haswell", "", CL_DEVICE_TYPE_CPU, 0, 0);
    list[1] = made_up("gfx1100", "Radeon RX 7900", CL_DEVICE_TYPE_GPU, 1, 0);
    list[2] = made_up("GeForce 3090", "", CL_DEVICE_TYPE_GPU, 2, 0);
    list[3] = made_up("GeForce 3090 Ti", "", CL_DEVICE_TYPE_GPU, 2, 1);
    list[4] = made_up("weird", "", CL_DEVICE_TYPE_ACCELERATOR, 4, 0);
    list[3].compute_units = 20;
}

static int chosen(const xt_device_info *list, const char *spec) {
    xt_error err = {XT_OK, ""};
    int index;
    if (xt_device_choose(&index, list, COUNT, spec, &err) != XT_OK) fail_msg("'%s': %s", spec, err.text);
    return index;
}

static xt_error refused(const xt_device_info *list, int count, const char *spec) {
    xt_error err = {XT_OK, ""};
    int index = -1;
    assert_int_equal(xt_device_choose(&index, list, count, spec, &err), XT_DEVICE);
    return err;
}

static void every_form_of_spec_names_a_device(void **state) {
    (void)state;
    xt_device_info list[COUNT];
    make_list(list);
    assert_int_equal(chosen(list, "0"), 0);
    assert_int_equal(chosen(list, "4"), 4);
    assert_int_equal(chosen(list, "2:1"), 3);
    assert_int_equal(chosen(list, "4:0"), 4);
    assert_int_equal(chosen(list, "HASWELL"), 0);
    assert_int_equal(chosen(list, "radeon"), 1);       /* the board: gfx1100 means little to people */
    assert_int_equal(chosen(list, "geforce 3090"), 2); /* exact, though "… Ti" holds it too */
    assert_int_equal(chosen(list, "3090 Ti"), 3);      /* begins with digits and is no number */
    assert_int_equal(chosen(list, "7900"), 1);         /* a number beyond the list is a name */
    assert_int_equal(chosen(list, "cpu"), 0);
    assert_int_equal(chosen(list, "GPU"), 3); /* of the GPUs the one with most units */
    assert_int_equal(chosen(list, "accelerator"), 4);
}

static void ambiguous_and_unmatched_specs_list_what_there_is(void **state) {
    (void)state;
    xt_device_info list[COUNT];
    make_list(list);
    xt_error err = refused(list, COUNT, "3090");
    assert_non_null(strstr(err.text, "2 = 2:0  GPU  GeForce 3090"));
    assert_non_null(strstr(err.text, "3 = 2:1  GPU  GeForce 3090 Ti"));
    assert_null(strstr(err.text, "haswell")); /* only those that match */
    err = refused(list, COUNT, "nvidia");     /* by platform, and there are two */
    assert_non_null(strstr(err.text, "GeForce 3090 Ti"));
    err = refused(list, COUNT, "voodoo");
    assert_non_null(strstr(err.text, "'voodoo'"));
    for (int i = 0; i < COUNT; i++) assert_non_null(strstr(err.text, list[i].name));
    refused(list, COUNT, "3:0");
    refused(list, COUNT, "77");
    refused(list, COUNT, "0:0x");
    err = refused(list, 1, "gpu");
    assert_non_null(strstr(err.text, "cpu-haswell"));
    refused(list, 0, "");
}

static void default_is_a_usable_gpu_with_the_most_bandwidth(void **state) {
    (void)state;
    xt_device_info list[COUNT];
    make_list(list);
    assert_int_equal(chosen(list, NULL), 3);
    assert_int_equal(chosen(list, ""), 3);
    list[0].copy_bytes_per_s = 9e12; /* a GPU comes before a CPU, whatever was measured */
    list[1].copy_bytes_per_s = 8e11;
    assert_int_equal(chosen(list, ""), 3); /* not all GPUs are measured: units and clock decide */
    list[2].copy_bytes_per_s = 9e11;
    list[3].copy_bytes_per_s = 7e11;
    assert_int_equal(chosen(list, ""), 2);
    list[2].available = false;
    assert_int_equal(chosen(list, ""), 1);
    list[1].compiler = list[3].compiler = false;
    assert_int_equal(chosen(list, ""), 4);
    list[4].available = false;
    assert_int_equal(chosen(list, ""), 0);
    list[0].atomics = false;
    xt_error err = refused(list, COUNT, "");
    assert_non_null(strstr(err.text, "none of 5"));
    assert_non_null(strstr(err.text, "atomics"));
}

static void what_a_device_lacks_is_said(void **state) {
    (void)state;
    for (int lack = 0; lack <= 7; lack++) {
        xt_device_info info = made_up("cripple", "", CL_DEVICE_TYPE_GPU, 1, 3);
        const char *word = NULL;
        xt_error err = {XT_OK, ""};
        switch (lack) {
        case 1:
            info.available = false, word = "CL_DEVICE_AVAILABLE";
            break;
        case 2:
            info.compiler = false, word = "compiler";
            break;
        case 3:
            strcpy(info.version, "OpenCL 1.1 x"), word = "OpenCL 1.1";
            break;
        case 4:
            info.little_endian = false, word = "endian";
            break;
        case 5:
            info.atomics = false, word = "atomics";
            break;
        case 6:
            info.max_work_group = 32, word = "work-groups of at most 32";
            break;
        case 7:
            info.local_bytes = 1024, word = "1024 bytes of local memory";
            break;
        default:
            break;
        }
        assert_int_equal(xt_device_check(&info, &err), word ? XT_DEVICE : XT_OK);
        if (!word) continue;
        assert_non_null(strstr(err.text, word));
        assert_non_null(strstr(err.text, "1:3 (cripple)"));
    }
}

static void open_describes_itself(xt_device *device) {
    const xt_device_info *info = xt_device_get_info(device);
    assert_true(info->name[0] && info->platform[0] && info->driver[0]);
    assert_int_equal(strncmp(info->version, "OpenCL ", 7), 0);
    assert_true(info->compute_units > 0 && info->memory_bytes > 0 && info->max_alloc_bytes > 0);
    assert_true(info->max_alloc_bytes <= info->memory_bytes);
    assert_true(info->local_default >= 1 && info->local_default <= info->max_work_group);
    assert_non_null(xt_device_context(device));
    assert_non_null(xt_device_queue(device));
    assert_int_equal(xt_device_bytes_in_use(device), 0);
}

static void every_device_opens_by_platform_and_number(void **state) {
    (void)state;
    on_every_device(open_describes_itself);
}

static void environment_names_the_device_and_the_work_group(void **state) {
    (void)state;
    xt_device *device;
    xt_error err = {XT_OK, ""};
    setenv("CROSSTALK_DEVICE", "no such device", 1);
    assert_int_equal(xt_device_open(&device, NULL, &err), XT_DEVICE);
    assert_null(device);
    assert_non_null(strstr(err.text, "no such device"));
    err = (xt_error){XT_OK, ""};
    OK(xt_device_open(&device, "0", &err)); /* the argument wins */
    xt_device_close(device);
    unsetenv("CROSSTALK_DEVICE");

    setenv("CROSSTALK_LOCAL", "32", 1);
    OK(xt_device_open(&device, "0", &err));
    assert_int_equal(xt_device_get_info(device)->local_default, 32);
    xt_device_close(device);
    static const char *const bad[] = {"0", "-1", "many", "12x", "999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        setenv("CROSSTALK_LOCAL", bad[i], 1);
        err = (xt_error){XT_OK, ""};
        assert_int_equal(xt_device_open(&device, "0", &err), XT_USAGE);
        assert_non_null(strstr(err.text, "CROSSTALK_LOCAL"));
    }
    unsetenv("CROSSTALK_LOCAL");
}

/* The loader reads the environment once, so a machine with other runtimes is another process: this program
 * again. */
static int run_self(const char *mode, const char *variable, const char *value) {
    int status = -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        setenv(variable, value, 1);
        execl("/proc/self/exe", "test_choose", mode, (char *)NULL);
        _exit(99);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int without_runtime(void) {
    xt_device_info *list;
    xt_device *device;
    int count;
    xt_error err = {XT_OK, ""}, open_err = {XT_OK, ""};
    if (xt_device_list(&list, &count, &err) != XT_DEVICE || list || count) return 1;
    if (!strstr(err.text, "-1001") || !strstr(err.text, "pocl-opencl-icd")) return 2;
    if (!strstr(err.text, "/nonexistent")) return 3;
    if (xt_device_open(&device, NULL, &open_err) != XT_DEVICE || device) return 4;
    return 0;
}

static int with_two_pocl_devices(void) {
    xt_device_info *list;
    xt_device *first, *second;
    int count, pocl = 0;
    xt_error err = {XT_OK, ""};
    if (xt_device_list(&list, &count, &err) != XT_OK) return 1;
    for (int i = 0; i < count; i++) pocl += strstr(list[i].platform, "Portable Computing Language") != NULL;
    free(list);
    if (pocl == 0) return 77;
    if (pocl != 2) return 2;
    if (xt_device_open(&first, "basic", &err) != XT_OK || xt_device_open(&second, "pthread", &err) != XT_OK)
        return 3;
    xt_device_close(first);
    xt_device_close(second);
    if (xt_device_open(&first, "Portable", &err) != XT_DEVICE) return 4;
    return strstr(err.text, "basic") && strstr(err.text, "pthread") ? 0 : 5;
}

static void no_runtime_is_said_with_advice(void **state) {
    (void)state;
    if (getenv("LD_PRELOAD")) { /* a simulator in the loader's place */
        print_message("skipped: LD_PRELOAD is set\n");
        skip();
    }
    assert_int_equal(run_self("without-runtime", "OCL_ICD_VENDORS", "/nonexistent"), 0);
}

static void two_devices_of_a_platform_are_told_apart(void **state) {
    (void)state;
    int code = run_self("two-devices", "POCL_DEVICES", "basic pthread");
    if (code == 77) {
        print_message("skipped: PoCL is not installed\n");
        skip();
    }
    assert_int_equal(code, 0);
}

int main(int argc, char **argv) {
    char cache[64];
    if (argc > 1 && strcmp(argv[1], "without-runtime") == 0) return without_runtime();
    if (argc > 1 && strcmp(argv[1], "two-devices") == 0) return with_two_pocl_devices();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_spec_names_a_device),
        cmocka_unit_test(ambiguous_and_unmatched_specs_list_what_there_is),
        cmocka_unit_test(default_is_a_usable_gpu_with_the_most_bandwidth),
        cmocka_unit_test(what_a_device_lacks_is_said),
        cmocka_unit_test(every_device_opens_by_platform_and_number),
        cmocka_unit_test(environment_names_the_device_and_the_work_group),
        cmocka_unit_test(no_runtime_is_said_with_advice),
        cmocka_unit_test(two_devices_of_a_platform_are_told_apart),
    };
    use_fresh_cache(cache);
    unsetenv("CROSSTALK_DEVICE");
    unsetenv("CROSSTALK_LOCAL");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    remove_folder(cache);
    return failed;
}
