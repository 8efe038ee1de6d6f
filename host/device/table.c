#include "device/table.h"
#include <stdio.h>

static const double gibi = 1073741824.0;

/* "3.0" of "OpenCL 3.0 PoCL HSTR: ...". */
static void opencl_version(char *text, size_t size, const xt_device_info *info) {
    int major = 0, minor = 0;
    sscanf(info->version, "OpenCL %d.%d", &major, &minor);
    snprintf(text, size, "%d.%d", major, minor);
}

static void add_row(xt_text *text, int index, const xt_device_info *at) {
    char pair[24], version[24], copy[24] = "-", name[340];
    snprintf(pair, sizeof pair, "%u:%u", at->platform_index, at->device_index);
    opencl_version(version, sizeof version, at);
    if (at->copy_bytes_per_s > 0) snprintf(copy, sizeof copy, "%.1f", 1e-9 * at->copy_bytes_per_s);
    if (at->board[0])
        snprintf(name, sizeof name, "%.120s (%.200s)", at->board, at->name);
    else
        snprintf(name, sizeof name, "%s", at->name);
    xt_text_printf(
        text, "%3d  %-5s  %-11s  %-6s  %5u  %6u  %8.1f  %8.1f  %5llu  %-4s  %-4s  %-6s  %9s  %s [%s]\n",
        index, pair, xt_device_type_name(at), version, (unsigned)at->compute_units, (unsigned)at->clock_mhz,
        (double)at->memory_bytes / gibi, (double)at->max_alloc_bytes / gibi,
        (unsigned long long)at->local_bytes / 1024, at->fp64 ? "yes" : "no", at->fp16 ? "yes" : "no",
        at->images ? "yes" : "no", copy, name, at->platform);
}

void xt_device_table(xt_text *text, const xt_device_info *list, int count) {
    xt_text_printf(text, "%3s  %-5s  %-11s  %-6s  %5s  %6s  %8s  %8s  %5s  %-4s  %-4s  %-6s  %9s  %s\n", "#",
                   "P:D", "type", "OpenCL", "units", "MHz", "GiB", "GiB/buf", "KiB l", "fp64", "fp16",
                   "images", "copy GB/s", "name [platform]");
    for (int i = 0; i < count; i++) {
        xt_error why = {XT_OK, ""};
        add_row(text, i, &list[i]);
        if (xt_device_check(&list[i], &why) != XT_OK) xt_text_printf(text, "     %s\n", why.text);
    }
}

void xt_device_json(xt_json *json, const char *key, const xt_device_info *info) {
    char pair[24];
    xt_error why = {XT_OK, ""};
    bool usable = xt_device_check(info, &why) == XT_OK;
    snprintf(pair, sizeof pair, "%u:%u", info->platform_index, info->device_index);
    xt_json_open_object(json, key);
    xt_json_string(json, "index", pair);
    xt_json_string(json, "platform", info->platform);
    xt_json_string(json, "name", info->name);
    xt_json_string(json, "board", info->board[0] ? info->board : NULL);
    xt_json_string(json, "vendor", info->vendor);
    xt_json_string(json, "driver", info->driver);
    xt_json_string(json, "opencl", info->version);
    xt_json_string(json, "opencl_c", info->c_version);
    xt_json_string(json, "type", xt_device_type_name(info));
    xt_json_integer(json, "compute_units", info->compute_units);
    xt_json_integer(json, "clock_mhz", info->clock_mhz);
    xt_json_integer(json, "memory_bytes", (long long)info->memory_bytes);
    xt_json_integer(json, "max_alloc_bytes", (long long)info->max_alloc_bytes);
    xt_json_integer(json, "local_bytes", (long long)info->local_bytes);
    xt_json_integer(json, "max_work_group", (long long)info->max_work_group);
    xt_json_bool(json, "fp64", info->fp64);
    xt_json_bool(json, "fp16", info->fp16);
    xt_json_bool(json, "images", info->images);
    xt_json_bool(json, "unified_memory", info->unified_memory);
    xt_json_bool(json, "profiling_sane", info->profiling_sane);
    if (info->copy_bytes_per_s > 0)
        xt_json_real(json, "copy_bytes_per_s", info->copy_bytes_per_s);
    else
        xt_json_null(json, "copy_bytes_per_s");
    xt_json_bool(json, "usable", usable);
    if (!usable) xt_json_string(json, "why_not", why.text);
    xt_json_close(json);
}

void xt_device_list_json(xt_json *json, const char *key, const xt_device_info *list, int count) {
    xt_json_open_array(json, key);
    for (int i = 0; i < count; i++) xt_device_json(json, NULL, &list[i]);
    xt_json_close(json);
}
