/* Which values of tunables suit a device: environment, cache, shipped database; and timing candidates. */
#include "device/tune.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "device/internal.h"

static const char cache_kind[] = "tuned";

/* Vendor extensions' numbers (cl_nv_device_attribute_query). */
enum { COMPUTE_CAPABILITY_MAJOR = 0x4000, COMPUTE_CAPABILITY_MINOR = 0x4001 };

static bool holds(const char *text, const char *word) {
    const size_t size = strlen(word);
    for (; *text; text++) {
        size_t k = 0;
        while (k < size && text[k] && tolower((unsigned char)text[k]) == tolower((unsigned char)word[k])) k++;
        if (k == size) return true;
    }
    return size == 0;
}

void xt_device_kind_of(xt_device_kind *kind, const xt_device *device) {
    static const struct {
        const char *said, *name;
    } vendors[] = {{"nvidia", "NVIDIA"},    {"advanced micro devices", "AMD"},
                   {"amd", "AMD"},          {"intel", "Intel"},
                   {"apple", "Apple"},      {"arm", "ARM"},
                   {"qualcomm", "Qualcomm"}};
    const xt_device_info *info = &device->info;
    snprintf(kind->vendor, sizeof kind->vendor, "%s", info->vendor);
    for (size_t k = 0; k < sizeof vendors / sizeof *vendors; k++)
        if (holds(info->vendor, vendors[k].said)) {
            snprintf(kind->vendor, sizeof kind->vendor, "%s", vendors[k].name);
            break;
        }
    kind->architecture[0] = '\0';
    cl_uint major, minor;
    if (!strcmp(kind->vendor, "NVIDIA") &&
        clGetDeviceInfo(device->id, COMPUTE_CAPABILITY_MAJOR, sizeof major, &major, NULL) == CL_SUCCESS &&
        clGetDeviceInfo(device->id, COMPUTE_CAPABILITY_MINOR, sizeof minor, &minor, NULL) == CL_SUCCESS)
        snprintf(kind->architecture, sizeof kind->architecture, "SM%u.%u", major, minor);
    if (!strcmp(kind->vendor, "AMD") && !strncmp(info->name, "gfx", 3))
        snprintf(kind->architecture, sizeof kind->architecture, "%.*s", (int)strcspn(info->name, ":"),
                 info->name); /* "gfx90a:sramecc+:xnack-" */
}

const xt_tuned *xt_tune_find(const xt_tunables *tunables, cl_device_type type, const char *vendor,
                             const char *architecture, const char *device) {
    for (const xt_tuned *at = tunables->database;; at++) {
        if (at->type && !(at->type & type)) continue;
        if (at->vendor && !holds(vendor, at->vendor)) continue;
        if (at->architecture && !holds(architecture, at->architecture)) continue;
        if (at->device && !holds(device, at->device)) continue;
        return at;
    }
}

static void device_key(xt_cache_key *key, const xt_tunables *tunables, const xt_device *device) {
    xt_device_kind kind;
    char hash[32];
    xt_device_kind_of(&kind, device);
    snprintf(hash, sizeof hash, "%016llx", xt_kernels_hash());
    xt_cache_key_begin(key);
    xt_cache_key_add(key, cache_kind);
    xt_cache_key_add(key, tunables->family);
    for (int k = 0; k < tunables->count; k++) xt_cache_key_add(key, tunables->name[k]);
    xt_cache_key_add(key, kind.vendor);
    xt_cache_key_add(key, kind.architecture);
    xt_cache_key_device(key, &device->info);
    xt_cache_key_add(key, hash);
}

static bool in_range(const int *value, const xt_tunables *tunables) {
    for (int k = 0; k < tunables->count; k++)
        if (value[k] < tunables->low[k] || value[k] > tunables->high[k]) return false;
    return true;
}

static bool load(int *value, const xt_tunables *tunables, const xt_device *device) {
    xt_cache_key key;
    unsigned char *data;
    size_t size;
    int kept[XT_TUNABLES];
    const size_t wanted = (size_t)tunables->count * sizeof *kept;
    device_key(&key, tunables, device);
    if (!xt_cache_load(&data, &size, &key, cache_kind)) return false;
    const bool good = size == wanted;
    if (good) memcpy(kept, data, wanted);
    free(data);
    if (!good || !in_range(kept, tunables)) return false;
    memcpy(value, kept, wanted);
    return true;
}

void xt_tune_keep(const int *value, const xt_tunables *tunables, const xt_device *device) {
    xt_cache_key key;
    device_key(&key, tunables, device);
    xt_cache_store(&key, cache_kind, value, (size_t)tunables->count * sizeof *value);
}

/* The families there are. */
static const char *const families[] = {"step"};
enum { FAMILIES = sizeof families / sizeof *families };

/* Of a family that there is, or the one asked for? */
static xt_status check_family(const char *text, const xt_tunables *tunables, xt_error *err) {
    char family[128];
    const size_t size = strcspn(text, ".=");
    memcpy(family, text, size);
    family[size] = '\0';
    if (text[size] == '.' && strcmp(family, tunables->family) == 0) return XT_OK;
    for (int k = 0; k < FAMILIES && text[size] == '.'; k++)
        if (strcmp(family, families[k]) == 0) return XT_OK;
    const char *near = xt_nearest(family, families, FAMILIES);
    if (text[size] != '.' || !near)
        return xt_fail(err, XT_USAGE, "CROSSTALK_TUNE: '%s'; expected %s.NAME=NUMBER", text, families[0]);
    return xt_fail(err, XT_USAGE, "CROSSTALK_TUNE: no kernels '%s'; did you mean '%s'?", family, near);
}

/* One "family.name=value" of the environment; those of other families are theirs. */
static xt_status override(int *value, const xt_tunables *tunables, const char *item, size_t size,
                          xt_error *err) {
    const size_t family = strlen(tunables->family);
    char text[128];
    if (size >= sizeof text) return xt_fail(err, XT_USAGE, "CROSSTALK_TUNE: '%.40s...' is too long", item);
    memcpy(text, item, size);
    text[size] = '\0';
    XT_TRY(check_family(text, tunables, err));
    if (strncmp(text, tunables->family, family) != 0 || text[family] != '.') return XT_OK;
    char *name = text + family + 1, *equals = strchr(name, '='), *end;
    if (!equals)
        return xt_fail(err, XT_USAGE, "CROSSTALK_TUNE: '%s'; expected %s.NAME=NUMBER", text,
                       tunables->family);
    *equals = '\0';
    for (int k = 0; k < tunables->count; k++) {
        if (strcmp(name, tunables->name[k]) != 0) continue;
        const long number = strtol(equals + 1, &end, 10);
        if (end == equals + 1 || *end || number < tunables->low[k] || number > tunables->high[k])
            return xt_fail(err, XT_USAGE, "CROSSTALK_TUNE: %s is '%s'; expected %d to %d", text, equals + 1,
                           tunables->low[k], tunables->high[k]);
        value[k] = (int)number;
        return XT_OK;
    }
    const char *near = xt_nearest(name, tunables->name, tunables->count);
    return xt_fail(err, XT_USAGE, "CROSSTALK_TUNE: no tunable '%s' in %s%s%s%s", name, tunables->family,
                   near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

xt_status xt_tune_get(int *value, bool *tuned, const xt_tunables *tunables, const xt_device *device,
                      xt_error *err) {
    const xt_device_info *info = &device->info;
    xt_device_kind kind;
    xt_device_kind_of(&kind, device);
    const bool kept = load(value, tunables, device);
    if (tuned) *tuned = kept;
    if (!kept)
        memcpy(value, xt_tune_find(tunables, info->type, kind.vendor, kind.architecture, info->name)->value,
               (size_t)tunables->count * sizeof *value);
    for (const char *at = getenv("CROSSTALK_TUNE"); at && *at;) {
        const size_t size = strcspn(at, ",");
        XT_TRY(override(value, tunables, at, size, err));
        at += size + (at[size] == ',');
    }
    return XT_OK;
}

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

xt_status xt_tune_pick(int *best, int count, int rounds, xt_tune_measure measure, void *context,
                       xt_error *err) {
    double *time = malloc((size_t)count * (size_t)rounds * sizeof *time);
    bool *out = calloc((size_t)count, sizeof *out);
    xt_status status = time && out ? XT_OK : xt_no_memory(err, "tuning", (size_t)count * sizeof *time);
    double least = 0;
    *best = -1;
    for (int r = 0; r < rounds && status == XT_OK; r++)
        for (int k = 0; k < count && status == XT_OK; k++) {
            if (out[k]) continue;
            status = measure(&time[k * rounds + r], k, context, err);
            out[k] = status == XT_DEVICE;
            if (out[k]) status = XT_OK; /* other candidates may run */
        }
    for (int k = 0; k < count && status == XT_OK; k++) {
        if (out[k]) continue;
        qsort(time + k * rounds, (size_t)rounds, sizeof *time, by_value);
        const double median = time[k * rounds + rounds / 2];
        if (*best < 0 || median < least) {
            *best = k;
            least = median;
        }
    }
    if (status == XT_OK && *best < 0) status = xt_fail(err, XT_DEVICE, "tuning: no candidate runs");
    free(time);
    free(out);
    return status;
}
