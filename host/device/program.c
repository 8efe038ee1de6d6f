/* Programs: kernel files and generated text joined on the host, built, and kept between runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "device/build_log.h"
#include "device/internal.h"
#include "device/kernel_sources.h"

/* Denormals as zero: a field growing from zero is otherwise three times slower on processors. Argument
 * information is not asked for; nothing here needs it. */
static const char always[] = "-cl-std=CL1.2 -cl-denorms-are-zero -w"; /* kernels are linted as tests */
static const char cache_kind[] = "program";

enum { NAME_SIZE = 64, LOG_SIZE = 1400, NAMES_SHOWN = 256 };

struct xt_program {
    xt_device *device;
    cl_program program;
    bool from_cache;
    double build_seconds;
};

typedef struct {
    char *text;
    size_t length, capacity;
    long lines; /* newlines so far */
} joined;

static xt_status append(joined *to, const char *text, size_t length, xt_error *err) {
    if (to->length + length + 1 > to->capacity) {
        size_t capacity = 2 * (to->length + length + 1);
        char *larger = realloc(to->text, capacity);
        if (!larger) return xt_no_memory(err, "kernel source", capacity);
        to->text = larger;
        to->capacity = capacity;
    }
    memcpy(to->text + to->length, text, length);
    for (size_t i = 0; i < length; i++) to->lines += text[i] == '\n';
    to->length += length;
    to->text[to->length] = '\0';
    return XT_OK;
}

static xt_status unknown_file(const char *name, xt_error *err) {
    const char *known[256], *near;
    int count = 0;
    for (const xt_kernel_source *at = xt_kernel_sources; at->name && count < 256; at++)
        known[count++] = at->name;
    near = xt_nearest(name, known, count);
    return xt_fail(err, XT_INTERNAL, "no kernel file '%s'%s%s%s", name, near ? "; did you mean '" : "",
                   near ? near : "", near ? "'?" : "");
}

static xt_status append_from_folder(joined *to, const char *folder, const char *name, xt_error *err) {
    char path[1024], block[8192];
    size_t got;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file) return xt_fail(err, XT_IO, "cannot read kernel file '%s' (CROSSTALK_KERNELS is set)", path);
    xt_status status = XT_OK;
    while (status == XT_OK && (got = fread(block, 1, sizeof block, file)) > 0)
        status = append(to, block, got, err);
    if (status == XT_OK && ferror(file))
        status = xt_fail(err, XT_IO, "reading kernel file '%s' failed", path);
    fclose(file);
    return status;
}

static xt_status append_file(joined *to, const char *name, xt_error *err) {
    const char *folder = getenv("CROSSTALK_KERNELS");
    if (folder && folder[0]) return append_from_folder(to, folder, name, err);
    for (const xt_kernel_source *at = xt_kernel_sources; at->name; at++)
        if (strcmp(at->name, name) == 0) return append(to, at->text, at->size, err);
    return unknown_file(name, err);
}

/* What the compiler's messages call a part, and where it begins. */
typedef struct {
    char name[NAME_SIZE];
    long first_line;
} place;

/* places[i] is filled for each part. */
static xt_status join(joined *source, place *places, const xt_program_part *parts, int count, xt_error *err) {
    for (int i = 0; i < count; i++) {
        char line[NAME_SIZE + 32];
        if (parts[i].file)
            snprintf(places[i].name, NAME_SIZE, "%s", parts[i].file);
        else
            snprintf(places[i].name, NAME_SIZE, "generated-%d", i);
        int length = snprintf(line, sizeof line, "\n#line 1 \"%s\"\n", places[i].name);
        XT_TRY(append(source, line, (size_t)length, err));
        places[i].first_line = source->lines + 1;
        if (parts[i].file)
            XT_TRY(append_file(source, parts[i].file, err));
        else if (parts[i].text)
            XT_TRY(append(source, parts[i].text, strlen(parts[i].text), err));
    }
    return append(source, "\n", 1, err);
}

static xt_status read_log(char *shown, const xt_program *program, const place *places, int count,
                          xt_error *err) {
    size_t size = 0;
    cl_device_id id = program->device->id;
    clGetProgramBuildInfo(program->program, id, CL_PROGRAM_BUILD_LOG, 0, NULL, &size);
    char *log = calloc(1, size + 1);
    xt_log_part *parts = calloc((size_t)count + 1, sizeof *parts);
    xt_status status = log && parts ? XT_OK : xt_no_memory(err, "a build log", size + 1);
    if (status == XT_OK) {
        for (int i = 0; i < count; i++) parts[i] = (xt_log_part){places[i].name, places[i].first_line};
        clGetProgramBuildInfo(program->program, id, CL_PROGRAM_BUILD_LOG, size, log, NULL);
        xt_build_log(shown, LOG_SIZE, log, parts, count);
    }
    free(parts);
    free(log);
    return status;
}

static xt_status build_failed(const xt_program *program, cl_int code, const place *places, int count,
                              xt_error *err) {
    char names[NAMES_SHOWN] = "", log[LOG_SIZE];
    const char *blamed = NULL;
    XT_TRY(read_log(log, program, places, count, err));
    for (int i = 0; i < count; i++) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", i ? " + " : "", places[i].name);
        if (!blamed && strstr(log, places[i].name)) blamed = places[i].name;
    }
    if (!log[0])
        return xt_cl_fail(
            err, code,
            "building %s for %s failed without a log (NVIDIA drivers from 525 on do this where they do "
            "not find libnvidia-nvvm.so.4)",
            names, program->device->info.name);
    bool among = blamed && count > 1;
    return xt_fail(err, XT_DEVICE, "building %s%s%s%s for %s failed: %s\n%s", blamed ? blamed : names,
                   among ? " (in " : "", among ? names : "", among ? ")" : "", program->device->info.name,
                   xt_cl_error_name(code), log);
}

/* PoCL keeps what it compiled itself, kernel by kernel as they are used; asking it for a binary makes it
 * compile every kernel at once, for work-groups of any size, which no launch here ever uses (more than half
 * of a first start). rusticl (Mesa) keeps its own too, and ends the process where it does not like a binary.
 */
static bool keeps_itself(const xt_device *device) {
    const char *wanted = getenv("CROSSTALK_BINARIES");
    return !(wanted && wanted[0]) && (strcmp(device->info.platform, "Portable Computing Language") == 0 ||
                                      strcmp(device->info.platform, "rusticl") == 0);
}

/* false, and no program, if there is no binary or it is not taken. */
static bool build_from_cache(xt_program *program, const xt_cache_key *key, const char *options) {
    unsigned char *binary;
    size_t size;
    cl_int code, taken = CL_SUCCESS;
    cl_device_id id = program->device->id;
    if (!xt_cache_load(&binary, &size, key, cache_kind)) return false;
    program->program = clCreateProgramWithBinary(program->device->context, 1, &id, &size,
                                                 (const unsigned char **)&binary, &taken, &code);
    free(binary);
    if (code == CL_SUCCESS && taken == CL_SUCCESS &&
        clBuildProgram(program->program, 1, &id, options, NULL, NULL) == CL_SUCCESS)
        return true;
    if (code == CL_SUCCESS && program->program) clReleaseProgram(program->program);
    program->program = NULL;
    xt_cache_remove(key, cache_kind);
    return false;
}

static void keep(const xt_program *program, const xt_cache_key *key) {
    size_t size = 0;
    if (clGetProgramInfo(program->program, CL_PROGRAM_BINARY_SIZES, sizeof size, &size, NULL) != CL_SUCCESS ||
        size == 0)
        return;
    unsigned char *binary = malloc(size);
    if (binary &&
        clGetProgramInfo(program->program, CL_PROGRAM_BINARIES, sizeof binary, &binary, NULL) == CL_SUCCESS)
        xt_cache_store(key, cache_kind, binary, size);
    free(binary);
}

static xt_status build_from_source(xt_program *program, const joined *source, const char *options,
                                   const place *places, int count, xt_error *err) {
    cl_int code;
    const char *text = source->text;
    program->program = clCreateProgramWithSource(program->device->context, 1, &text, &source->length, &code);
    if (code != CL_SUCCESS) {
        program->program = NULL;
        return xt_cl_fail(err, code, "making a program of %zu bytes of source", source->length);
    }
    code = clBuildProgram(program->program, 1, &program->device->id, options, NULL, NULL);
    return code == CL_SUCCESS ? XT_OK : build_failed(program, code, places, count, err);
}

xt_status xt_program_build(xt_program **program, xt_device *device, const xt_program_part *parts, int count,
                           const char *options, xt_error *err) {
    joined source = {0}, all = {0};
    xt_cache_key key;
    xt_status status = XT_OK;
    double began = xt_device_now();
    const char *before = xt_stopwatch_turn(device->watch, XT_WALL_COMPILING);
    place *places = calloc((size_t)count + 1, sizeof *places);
    *program = calloc(1, sizeof **program);
    if (!*program || !places) {
        status = xt_no_memory(err, "a program", sizeof **program + (size_t)count * sizeof *places);
        goto done;
    }
    (*program)->device = device;
    XT_GO(join(&source, places, parts, count, err));
    XT_GO(append(&all, always, strlen(always), err));
    XT_GO(append(&all, " ", 1, err));
    XT_GO(append(&all, options ? options : "", options ? strlen(options) : 0, err));

    xt_cache_key_begin(&key);
    xt_cache_key_add(&key, source.text);
    xt_cache_key_add(&key, all.text);
    xt_cache_key_device(&key, &device->info);
    const bool ours = !keeps_itself(device);
    (*program)->from_cache = ours && build_from_cache(*program, &key, all.text);
    if (!(*program)->from_cache) {
        XT_GO(build_from_source(*program, &source, all.text, places, count, err));
        if (ours) keep(*program, &key);
    }
    (*program)->build_seconds = xt_device_now() - began;
done:
    xt_stopwatch_turn(device->watch, before);
    free(places);
    free(source.text);
    free(all.text);
    if (status != XT_OK) {
        xt_program_free(*program);
        *program = NULL;
    }
    return status;
}

void xt_program_free(xt_program *program) {
    if (!program) return;
    if (program->program) clReleaseProgram(program->program);
    free(program);
}

bool xt_program_from_cache(const xt_program *program) { return program->from_cache; }
double xt_program_build_seconds(const xt_program *program) { return program->build_seconds; }

xt_status xt_kernel_create(cl_kernel *kernel, xt_program *program, const char *name, xt_error *err) {
    cl_int code;
    *kernel = clCreateKernel(program->program, name, &code);
    if (code == CL_SUCCESS) return XT_OK;
    *kernel = NULL;
    return xt_cl_fail(err, code, "kernel '%s'", name);
}

void xt_kernel_free(cl_kernel *kernel) {
    if (*kernel) clReleaseKernel(*kernel);
    *kernel = NULL;
}

unsigned long long xt_kernels_hash(void) {
    xt_cache_key key;
    xt_cache_key_begin(&key);
    for (const xt_kernel_source *at = xt_kernel_sources; at->name; at++) {
        xt_cache_key_add(&key, at->name);
        xt_cache_key_add(&key, at->text);
    }
    return key.hash;
}
