/* Which of the devices there are: the SPEC of the command line, and the default. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "device/internal.h"

xt_status xt_device_check(const xt_device_info *info, xt_error *err) {
    char lacks[512] = "";
    int major = 0, minor = 0;
    sscanf(info->version, "OpenCL %d.%d", &major, &minor);
#define LACKS(condition, ...)                                                                                \
    do {                                                                                                     \
        size_t used = strlen(lacks);                                                                         \
        if (condition) {                                                                                     \
            used += (size_t)snprintf(lacks + used, sizeof lacks - used, "%s", used ? "; " : "");             \
            snprintf(lacks + used, sizeof lacks - used, __VA_ARGS__);                                        \
        }                                                                                                    \
    } while (0)
    LACKS(!info->available, "it is not available (CL_DEVICE_AVAILABLE is false)");
    LACKS(!info->compiler, "its runtime has no OpenCL C compiler");
    LACKS(major * 10 + minor < 12, "it is older than OpenCL 1.2 ('%.60s')", info->version);
    LACKS(!info->little_endian, "it is big-endian");
    LACKS(!info->atomics, "it has no 32-bit atomics on global memory");
    LACKS(info->max_work_group < XT_LOCAL_LEAST, "it takes work-groups of at most %zu, %d are needed",
          info->max_work_group, (int)XT_LOCAL_LEAST);
    LACKS(info->local_bytes < XT_LOCAL_BYTES_LEAST, "it has %llu bytes of local memory, %d are needed",
          (unsigned long long)info->local_bytes, (int)XT_LOCAL_BYTES_LEAST);
#undef LACKS
    if (!lacks[0]) return XT_OK;
    return xt_fail(err, XT_DEVICE, "device %u:%u (%s) cannot run Crosstalk: %s", info->platform_index,
                   info->device_index, info->name, lacks);
}

static bool usable(const xt_device_info *info) {
    xt_error ignored = {XT_OK, ""};
    return xt_device_check(info, &ignored) == XT_OK;
}

/* GPU before accelerator before CPU. */
static int rank_of_type(const xt_device_info *info) {
    if (info->type & CL_DEVICE_TYPE_GPU) return 3;
    if (info->type & CL_DEVICE_TYPE_ACCELERATOR) return 2;
    if (info->type & CL_DEVICE_TYPE_CPU) return 1;
    return 0;
}

/* Where nothing is measured: an own memory beats the host's, then units times clock. */
static double guess(const xt_device_info *info) {
    return (info->unified_memory ? 1.0 : 1e9) * (info->compute_units + 1.0) * (info->clock_mhz + 1.0);
}

const char *xt_device_type_name(const xt_device_info *info) {
    static const char *const names[] = {"other", "CPU", "accelerator", "GPU"};
    return names[rank_of_type(info)];
}

/* "0 = 0:0  CPU  pthread-…" for each, as many as fit. */
static void list_text(char *text, size_t size, const xt_device_info *list, int count, const bool *only) {
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < count; i++) {
        char line[512];
        const xt_device_info *at = &list[i];
        if (only && !only[i]) continue;
        snprintf(line, sizeof line, "\n  %d = %u:%u  %s  %.80s%s%.60s  [%.60s]", i, at->platform_index,
                 at->device_index, xt_device_type_name(at), at->name, at->board[0] ? ", " : "", at->board,
                 at->platform);
        if (used + strlen(line) + 8 > size) {
            snprintf(text + used, size - used, "\n  ...");
            return;
        }
        used += (size_t)snprintf(text + used, size - used, "%s", line);
    }
}

static xt_status unmatched(const char *spec, const char *why, const xt_device_info *list, int count,
                           const bool *only, xt_error *err) {
    char there[1500];
    list_text(there, sizeof there, list, count, only);
    return xt_fail(err, XT_DEVICE, "device '%.100s' %s:%s", spec, why, there);
}

/* The best of those with `allowed`, or -1. Measured figures count only if every candidate has one: a measured
 * slow device must not beat an unmeasured fast one. */
static int best(const xt_device_info *list, int count, const bool *allowed) {
    int top = -1, found = -1;
    bool measured = true;
    for (int i = 0; i < count; i++)
        if (allowed[i] && rank_of_type(&list[i]) > top) top = rank_of_type(&list[i]);
    for (int i = 0; i < count; i++)
        if (allowed[i] && rank_of_type(&list[i]) == top && !(list[i].copy_bytes_per_s > 0)) measured = false;
    for (int i = 0; i < count; i++) {
        if (!allowed[i] || rank_of_type(&list[i]) != top) continue;
        if (found < 0 || (measured ? list[i].copy_bytes_per_s > list[found].copy_bytes_per_s
                                   : guess(&list[i]) > guess(&list[found])))
            found = i;
    }
    return found;
}

static bool holds(const char *text, const char *word) {
    size_t length = strlen(word);
    for (; *text; text++)
        if (strncasecmp(text, word, length) == 0) return true;
    return false;
}

static xt_status choose_default(int *index, const xt_device_info *list, int count, bool *allowed,
                                xt_error *err) {
    for (int i = 0; i < count; i++) allowed[i] = usable(&list[i]);
    *index = best(list, count, allowed);
    if (*index >= 0) return XT_OK;
    if (count == 0) return xt_fail(err, XT_DEVICE, "no OpenCL device");
    for (int i = 0; i < count; i++) xt_device_check(&list[i], err); /* the first message stays */
    return xt_context(err, "none of %d OpenCL devices can be used", count);
}

static xt_status choose_type(int *index, const xt_device_info *list, int count, const char *spec, int rank,
                             bool *allowed, xt_error *err) {
    bool any = false;
    for (int i = 0; i < count; i++) {
        any = any || rank_of_type(&list[i]) == rank;
        allowed[i] = rank_of_type(&list[i]) == rank && usable(&list[i]);
    }
    *index = best(list, count, allowed);
    if (*index >= 0) return XT_OK;
    return unmatched(spec, any ? "is there, but cannot run Crosstalk; there are" : "is not there; there are",
                     list, count, NULL, err);
}

/* By name and board first; only if none has it, by platform, vendor and version ("nvidia", "pocl"). A name
 * that is exactly the one asked for wins over longer ones that hold it. */
static xt_status choose_name(int *index, const xt_device_info *list, int count, const char *spec,
                             bool *allowed, xt_error *err) {
    int matches = 0, exact = 0;
    for (int i = 0; i < count; i++)
        if (strcasecmp(list[i].name, spec) == 0) {
            exact++;
            *index = i;
        }
    if (exact == 1) return XT_OK;
    for (int pass = 0; pass < 2 && matches == 0; pass++)
        for (int i = 0; i < count; i++) {
            const xt_device_info *at = &list[i];
            allowed[i] =
                pass == 0 ? holds(at->name, spec) || holds(at->board, spec)
                          : holds(at->platform, spec) || holds(at->vendor, spec) || holds(at->version, spec);
            if (!allowed[i]) continue;
            matches++;
            *index = i;
        }
    if (matches == 1) return XT_OK;
    if (matches > 1)
        return unmatched(spec, "matches several devices, say which by its number", list, count, allowed, err);
    return unmatched(spec,
                     "is not there; give a number, platform:device, a part of a name, gpu or cpu. There are",
                     list, count, NULL, err);
}

static bool parse_pair(const char *spec, unsigned long *platform, unsigned long *device) {
    char *end;
    if (!isdigit((unsigned char)spec[0])) return false;
    *platform = strtoul(spec, &end, 10);
    if (*end != ':' || !isdigit((unsigned char)end[1])) return false;
    *device = strtoul(end + 1, &end, 10);
    return *end == '\0';
}

xt_status xt_device_choose(int *index, const xt_device_info *list, int count, const char *spec,
                           xt_error *err) {
    static const char *const types[] = {"cpu", "accelerator", "gpu"};
    unsigned long platform, device;
    char *end;
    xt_status status = XT_OK;
    bool *allowed = calloc((size_t)count + 1, sizeof *allowed);
    *index = -1;
    if (!allowed) return xt_no_memory(err, "the choice of a device", (unsigned long long)count + 1);
    if (!spec || !spec[0]) {
        status = choose_default(index, list, count, allowed, err);
        goto done;
    }
    for (int rank = 1; rank <= 3; rank++)
        if (strcasecmp(spec, types[rank - 1]) == 0) {
            status = choose_type(index, list, count, spec, rank, allowed, err);
            goto done;
        }
    if (parse_pair(spec, &platform, &device)) {
        for (int i = 0; i < count; i++)
            if (list[i].platform_index == platform && list[i].device_index == device) *index = i;
        if (*index < 0) status = unmatched(spec, "is not there; there are", list, count, NULL, err);
        goto done;
    }
    if (isdigit((unsigned char)spec[0])) {
        unsigned long number = strtoul(spec, &end, 10);
        if (*end == '\0' && number < (unsigned long)count) {
            *index = (int)number;
            goto done;
        }
    }
    status = choose_name(index, list, count, spec, allowed, err);
done:
    free(allowed);
    return status;
}
