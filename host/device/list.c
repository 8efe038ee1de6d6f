/* What devices there are and what they say of themselves. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "device/internal.h"

/* cl_ext.h is not on every machine; the number is AMD's (cl_amd_device_attribute_query). */
#define DEVICE_BOARD_NAME_AMD 0x4038

void xt_device_environment(void) { setenv("POCL_SIGFPE_HANDLER", "0", 0); }

/* Some names come padded with blanks. */
static void trim_into(char *to, size_t size, const char *from) {
    from += strspn(from, " \t\n");
    size_t length = strlen(from);
    while (length > 0 && strchr(" \t\n", from[length - 1])) length--;
    snprintf(to, size, "%.*s", (int)length, from);
}

static void platform_text(char *to, size_t size, cl_platform_id id, cl_platform_info what) {
    size_t needed = 0;
    to[0] = '\0';
    if (clGetPlatformInfo(id, what, 0, NULL, &needed) != CL_SUCCESS || needed == 0) return;
    char *text = calloc(1, needed + 1);
    if (text && clGetPlatformInfo(id, what, needed, text, NULL) == CL_SUCCESS) trim_into(to, size, text);
    free(text);
}

static void device_text(char *to, size_t size, cl_device_id id, cl_device_info what) {
    size_t needed = 0;
    to[0] = '\0';
    if (clGetDeviceInfo(id, what, 0, NULL, &needed) != CL_SUCCESS || needed == 0) return;
    char *text = calloc(1, needed + 1);
    if (text && clGetDeviceInfo(id, what, needed, text, NULL) == CL_SUCCESS) trim_into(to, size, text);
    free(text);
}

/* Zero where the device does not answer. */
#define GET(id, what, variable)                                                                              \
    do {                                                                                                     \
        if (clGetDeviceInfo(id, what, sizeof(variable), &(variable), NULL) != CL_SUCCESS)                    \
            memset(&(variable), 0, sizeof(variable));                                                        \
    } while (0)

static bool has_word(const char *text, const char *word) {
    size_t length = strlen(word);
    for (const char *at = text; (at = strstr(at, word)) != NULL; at += length)
        if ((at == text || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0')) return true;
    return false;
}

static bool version_at_least(const char *version, int major, int minor) {
    int a = 0, b = 0;
    if (sscanf(version, "OpenCL %d.%d", &a, &b) != 2) return false;
    return a > major || (a == major && b >= minor);
}

static void describe(xt_device_info *info, cl_platform_id platform, cl_device_id id) {
    static const size_t extensions_size = 16384;
    cl_bool flag = CL_FALSE;
    platform_text(info->platform, sizeof info->platform, platform, CL_PLATFORM_NAME);
    device_text(info->name, sizeof info->name, id, CL_DEVICE_NAME);
    device_text(info->vendor, sizeof info->vendor, id, CL_DEVICE_VENDOR);
    device_text(info->driver, sizeof info->driver, id, CL_DRIVER_VERSION);
    device_text(info->version, sizeof info->version, id, CL_DEVICE_VERSION);
    device_text(info->c_version, sizeof info->c_version, id, CL_DEVICE_OPENCL_C_VERSION);
    GET(id, CL_DEVICE_TYPE, info->type);
    GET(id, CL_DEVICE_MAX_COMPUTE_UNITS, info->compute_units);
    GET(id, CL_DEVICE_MAX_CLOCK_FREQUENCY, info->clock_mhz);
    GET(id, CL_DEVICE_GLOBAL_MEM_SIZE, info->memory_bytes);
    GET(id, CL_DEVICE_MAX_MEM_ALLOC_SIZE, info->max_alloc_bytes);
    GET(id, CL_DEVICE_LOCAL_MEM_SIZE, info->local_bytes);
    GET(id, CL_DEVICE_MAX_WORK_GROUP_SIZE, info->max_work_group);
    GET(id, CL_DEVICE_AVAILABLE, flag);
    info->available = flag;
    GET(id, CL_DEVICE_COMPILER_AVAILABLE, flag);
    info->compiler = flag;
    GET(id, CL_DEVICE_ENDIAN_LITTLE, flag);
    info->little_endian = flag;
    GET(id, CL_DEVICE_IMAGE_SUPPORT, flag);
    info->images = flag;
    GET(id, CL_DEVICE_HOST_UNIFIED_MEMORY, flag);
    info->unified_memory = flag;
    cl_command_queue_properties queue = 0;
    GET(id, CL_DEVICE_QUEUE_PROPERTIES, queue);
    info->profiling_sane = (queue & CL_QUEUE_PROFILING_ENABLE) != 0; /* a claim, until the device is opened */

    char *extensions = calloc(1, extensions_size);
    if (!extensions) return;
    device_text(extensions, extensions_size, id, CL_DEVICE_EXTENSIONS);
    info->fp64 = has_word(extensions, "cl_khr_fp64");
    info->fp16 = has_word(extensions, "cl_khr_fp16");
    info->atomics =
        version_at_least(info->version, 1, 1) || has_word(extensions, "cl_khr_global_int32_base_atomics");
    if (has_word(extensions,
                 "cl_amd_device_attribute_query")) /* AMD's own name is a codename such as gfx1100 */
        device_text(info->board, sizeof info->board, id, DEVICE_BOARD_NAME_AMD);
    free(extensions);
}

/* A driver without an ICD file is common in containers: say so. */
static const char *orphan_driver(void) {
    static const char *const usual[] = {"/usr/lib/x86_64-linux-gnu/libnvidia-opencl.so.1",
                                        "/usr/lib/aarch64-linux-gnu/libnvidia-opencl.so.1",
                                        "/usr/lib64/libnvidia-opencl.so.1", "/usr/lib/libnvidia-opencl.so.1"};
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (access(usual[i], R_OK) == 0) return usual[i];
    return NULL;
}

static xt_status no_platform(cl_int code, xt_error *err) {
    const char *vendors = getenv("OCL_ICD_VENDORS"), *orphan = orphan_driver();
    return xt_fail(
        err, XT_DEVICE,
        "no OpenCL runtime is installed: %s%s%s%s%s%s%s; install your GPU vendor's OpenCL driver, or for "
        "processors a runtime such as PoCL (Debian, Ubuntu: apt install pocl-opencl-icd); `clinfo -l` "
        "shows what is found",
        xt_cl_error_name(code), vendors ? " (OCL_ICD_VENDORS is set to '" : "", vendors ? vendors : "",
        vendors ? "')" : "", orphan ? "; the driver " : "", orphan ? orphan : "",
        orphan ? " is there, but no .icd file names it (write its path into a file of that ending and "
                 "set OCL_ICD_VENDORS to its folder)"
               : "");
}

/* *platforms is malloc'ed and holds at least one. */
static xt_status list_platforms(cl_platform_id **platforms, cl_uint *count, xt_error *err) {
    *platforms = NULL;
    *count = 0;
    xt_device_environment();
    cl_int code = clGetPlatformIDs(0, NULL, count);
    if (code == CL_SUCCESS && *count == 0) code = -1001; /* some loaders report success and none */
    if (code == -1001) return no_platform(code, err);
    if (code != CL_SUCCESS) return xt_cl_fail(err, code, "listing OpenCL platforms");
    *platforms = malloc(*count * sizeof **platforms);
    if (!*platforms) return xt_no_memory(err, "OpenCL platforms", *count * sizeof **platforms);
    code = clGetPlatformIDs(*count, *platforms, NULL);
    if (code == CL_SUCCESS) return XT_OK;
    free(*platforms);
    *platforms = NULL;
    return xt_cl_fail(err, code, "listing OpenCL platforms");
}

/* *ids is malloc'ed, NULL for none. A platform without devices answers CL_DEVICE_NOT_FOUND and leaves the
 * count alone; a platform that answers with any other error must not keep us from the others, so it counts as
 * empty. */
static cl_uint platform_devices(cl_device_id **ids, cl_platform_id platform) {
    cl_uint count = 0;
    *ids = NULL;
    if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, NULL, &count) != CL_SUCCESS || count == 0) return 0;
    *ids = malloc(count * sizeof **ids);
    if (*ids && clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, count, *ids, NULL) == CL_SUCCESS) return count;
    free(*ids);
    *ids = NULL;
    return 0;
}

static xt_status none_at_all(const cl_platform_id *platforms, cl_uint count, xt_error *err) {
    char names[512] = "";
    for (cl_uint p = 0; p < count; p++) {
        char name[128];
        size_t used = strlen(names);
        platform_text(name, sizeof name, platforms[p], CL_PLATFORM_NAME);
        snprintf(names + used, sizeof names - used, "%s%s", p ? ", " : "", name);
    }
    return xt_fail(err, XT_DEVICE, "no OpenCL device: none of the %u platforms (%s) has one", (unsigned)count,
                   names);
}

xt_status xt_device_list(xt_device_info **list, int *count, xt_error *err) {
    cl_platform_id *platforms = NULL;
    cl_uint platform_count = 0;
    xt_status status = XT_OK;
    *list = NULL;
    *count = 0;
    XT_GO(list_platforms(&platforms, &platform_count, err));
    for (cl_uint p = 0; p < platform_count; p++) {
        cl_device_id *ids = NULL;
        cl_uint device_count = platform_devices(&ids, platforms[p]);
        xt_device_info *longer = realloc(*list, ((size_t)*count + device_count + 1) * sizeof **list);
        if (!longer) {
            free(ids);
            status = xt_no_memory(err, "the device list", (*count + device_count + 1ull) * sizeof **list);
            goto done;
        }
        *list = longer;
        for (cl_uint d = 0; d < device_count; d++) {
            xt_device_info *info = &(*list)[(*count)++];
            memset(info, 0, sizeof *info);
            describe(info, platforms[p], ids[d]);
            info->platform_index = p;
            info->device_index = d;
            info->copy_bytes_per_s = xt_bandwidth_known(info);
        }
        free(ids);
    }
    if (*count == 0) status = none_at_all(platforms, platform_count, err);
done:
    free(platforms);
    if (status != XT_OK) {
        free(*list);
        *list = NULL;
        *count = 0;
    }
    return status;
}

xt_status xt_device_id_find(cl_device_id *id, const xt_device_info *info, xt_error *err) {
    cl_platform_id *platforms = NULL;
    cl_device_id *ids = NULL;
    cl_uint platform_count = 0;
    xt_status status = XT_OK;
    *id = NULL;
    XT_GO(list_platforms(&platforms, &platform_count, err));
    if (info->platform_index < platform_count &&
        info->device_index < platform_devices(&ids, platforms[info->platform_index]))
        *id = ids[info->device_index];
    else
        status = xt_fail(err, XT_DEVICE, "device %u:%u (%s) is no longer there", info->platform_index,
                         info->device_index, info->name);
done:
    free(ids);
    free(platforms);
    return status;
}
