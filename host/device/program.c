/* Programs: kernel files and generated text joined on the host, built, and kept between runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "device/internal.h"
#include "device/kernel_sources.h"

/* Denormals as zero: a field growing from zero is otherwise three times slower on processors. Argument
 * information is not asked for; nothing here needs it. */
static const char always[] = "-cl-std=CL1.2 -cl-denorms-are-zero";
static const char cache_kind[] = "program";

enum { LOG_SHOWN = 1400, LOG_LINES = 16, PARTS_SHOWN = 256 };

struct xt_program {
    xt_device *device;
    cl_program program;
    bool from_cache;
    double build_seconds;
};

typedef struct {
    char *text;
    size_t length, capacity;
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

/* The name that the compiler's messages carry for a part. */
static void part_name(char *name, size_t size, const xt_program_part *part, int number) {
    if (part->file)
        snprintf(name, size, "%s", part->file);
    else
        snprintf(name, size, "generated-%d", number);
}

static xt_status join(joined *source, const xt_program_part *parts, int count, xt_error *err) {
    for (int i = 0; i < count; i++) {
        char name[128], line[160];
        part_name(name, sizeof name, &parts[i], i);
        int length = snprintf(line, sizeof line, "\n#line 1 \"%s\"\n", name);
        XT_TRY(append(source, line, (size_t)length, err));
        if (parts[i].file)
            XT_TRY(append_file(source, parts[i].file, err));
        else if (parts[i].text)
            XT_TRY(append(source, parts[i].text, strlen(parts[i].text), err));
    }
    return append(source, "\n", 1, err);
}

/* The first lines of the log, from the first that says "error" on (warnings may come before). */
static void shorten(char *log) {
    char *from = strstr(log, "error");
    if (from) {
        while (from > log && from[-1] != '\n') from--;
        memmove(log, from, strlen(from) + 1);
    }
    size_t at = 0;
    for (int lines = 0; log[at] && at < LOG_SHOWN; at++)
        if (log[at] == '\n' && ++lines == LOG_LINES) break;
    log[at] = '\0';
    while (at > 0 && (log[at - 1] == '\n' || log[at - 1] == ' ')) log[--at] = '\0';
}

static xt_status build_failed(xt_program *program, cl_int code, const xt_program_part *parts, int count,
                              xt_error *err) {
    char names[PARTS_SHOWN] = "", name[128];
    const char *blamed = NULL;
    size_t size = 0;
    cl_device_id id = program->device->id;
    clGetProgramBuildInfo(program->program, id, CL_PROGRAM_BUILD_LOG, 0, NULL, &size);
    char *log = calloc(1, size + 1);
    if (!log) return xt_no_memory(err, "a build log", size + 1);
    clGetProgramBuildInfo(program->program, id, CL_PROGRAM_BUILD_LOG, size, log, NULL);
    shorten(log);
    for (int i = 0; i < count; i++) {
        size_t used = strlen(names);
        part_name(name, sizeof name, &parts[i], i);
        snprintf(names + used, sizeof names - used, "%s%s", i ? " + " : "", name);
        if (!blamed && parts[i].file && strstr(log, parts[i].file)) blamed = parts[i].file;
    }
    if (!log[0])
        xt_cl_fail(
            err, code,
            "building %s for %s failed without a log (NVIDIA drivers from 525 on do this where they do not "
            "find libnvidia-nvvm.so.4)",
            names, program->device->info.name);
    else
        xt_fail(err, XT_DEVICE, "building %s%s%s%s for %s failed: %s\n%s", blamed ? blamed : names,
                blamed && count > 1 ? " (in " : "", blamed && count > 1 ? names : "",
                blamed && count > 1 ? ")" : "", program->device->info.name, xt_cl_error_name(code), log);
    free(log);
    return err->status;
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
                                   const xt_program_part *parts, int count, xt_error *err) {
    cl_int code;
    const char *text = source->text;
    program->program = clCreateProgramWithSource(program->device->context, 1, &text, &source->length, &code);
    if (code != CL_SUCCESS) {
        program->program = NULL;
        return xt_cl_fail(err, code, "making a program of %zu bytes of source", source->length);
    }
    code = clBuildProgram(program->program, 1, &program->device->id, options, NULL, NULL);
    return code == CL_SUCCESS ? XT_OK : build_failed(program, code, parts, count, err);
}

xt_status xt_program_build(xt_program **program, xt_device *device, const xt_program_part *parts, int count,
                           const char *options, xt_error *err) {
    joined source = {0}, all = {0};
    xt_cache_key key;
    xt_status status = XT_OK;
    double began = xt_device_now();
    *program = calloc(1, sizeof **program);
    if (!*program) return xt_no_memory(err, "a program", sizeof **program);
    (*program)->device = device;
    XT_GO(join(&source, parts, count, err));
    XT_GO(append(&all, always, strlen(always), err));
    XT_GO(append(&all, " ", 1, err));
    XT_GO(append(&all, options ? options : "", options ? strlen(options) : 0, err));

    xt_cache_key_begin(&key);
    xt_cache_key_add(&key, source.text);
    xt_cache_key_add(&key, all.text);
    xt_cache_key_device(&key, &device->info);
    (*program)->from_cache = build_from_cache(*program, &key, all.text);
    if (!(*program)->from_cache) {
        XT_GO(build_from_source(*program, &source, all.text, parts, count, err));
        keep(*program, &key);
    }
    (*program)->build_seconds = xt_device_now() - began;
done:
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
