/* crosstalk bench */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "base/file.h"
#include "bench/bench.h"

typedef struct {
    const char *json, *device, *kernels;
    int size, repeats, milliseconds, threads;
    bool quick, list, force;
} options;

/* Devices to run: an index of the list each. */
static xt_status choose(int *chosen, int *count, const options *o, const xt_device_info *list, int there,
                        xt_error *err) {
    const char *spec = o->device && o->device[0] ? o->device : getenv("CROSSTALK_DEVICE");
    *count = 0;
    if (!spec || strcmp(spec, "all") != 0) {
        XT_TRY(xt_device_choose(&chosen[0], list, there, spec, err));
        *count = 1;
        return XT_OK;
    }
    for (int i = 0; i < there; i++) {
        xt_error why = {0};
        if (xt_device_check(&list[i], &why) == XT_OK) chosen[(*count)++] = i;
    }
    return *count ? XT_OK : xt_fail(err, XT_DEVICE, "no device here can run Crosstalk");
}

static xt_status run_device(xt_bench_record *record, const xt_device_info *info, const xt_bench_def *def,
                            xt_error *err) {
    char spec[32];
    xt_device *device = NULL;
    snprintf(spec, sizeof spec, "%u:%u", info->platform_index, info->device_index);
    xt_log_info(def->log, "%s [%s]", info->name, info->platform);
    XT_TRY(xt_device_open(&device, spec, err));
    const xt_status status = xt_bench_run(record, device, def, err);
    xt_device_close(device);
    return status;
}

/* A file that cannot be written is refused now, not after minutes of measuring. */
static xt_status check_path(const char *path, bool force, xt_error *err) {
    char *folder = NULL;
    xt_status status = xt_path_folder(&folder, path, err);
    if (status != XT_OK) return status;
    if (!path[0] || xt_path_is_folder(path))
        status = xt_fail(err, XT_IO, "--json: expected the name of a file, found '%s'", path);
    else if (!force && xt_path_exists(path))
        status = xt_fail(err, XT_IO, "'%s' exists; --force replaces it", path);
    else if (!xt_path_is_folder(folder) || access(folder, W_OK) != 0)
        status = xt_fail(err, XT_IO, "'%s' cannot be written: '%s' is no folder that can be written to", path,
                         folder);
    free(folder);
    return status;
}

/* All of them; the first error is kept, and the others go on. `json` gets a record each. */
static xt_status run_devices(xt_app *app, xt_json *json, xt_text *table, const int *chosen, int count,
                             const xt_device_info *list, const xt_bench_def *def, xt_error *err) {
    int done = 0;
    for (int i = 0; i < count && !*app->stop; i++) {
        xt_error why = {0};
        xt_bench_record record = {0};
        if (run_device(&record, &list[chosen[i]], def, &why) == XT_OK) {
            xt_bench_record_json(json, NULL, &record);
            if (done++) xt_text_add(table, "\n");
            xt_bench_record_table(table, &record);
            if (!record.stopped && !xt_bench_record_passed(&record) && err->status == XT_OK)
                xt_fail(err, XT_NUMERIC, "%s: a kernel failed, or none ran: see the table", record.info.name);
        } else {
            xt_log_warn(&app->log, "%s: %s", list[chosen[i]].name, why.text);
            if (err->status == XT_OK) *err = why;
        }
        xt_bench_record_free(&record);
    }
    if (*app->stop && err->status == XT_OK)
        xt_fail(err, XT_STOPPED, "stopped by a signal: the record is not complete");
    return err->status;
}

static xt_status run(xt_app *app, const options *o, xt_error *err) {
    xt_device_info *list = NULL;
    xt_text text = {0}, table = {0};
    xt_json json;
    xt_bench_def def = xt_bench_def_default();
    int there = 0, count = 0, *chosen = NULL;
    xt_status status = XT_OK, outcome;
    def.kernels = o->kernels;
    def.quick = o->quick;
    def.log = &app->log;
    def.stop = app->stop;
    if (o->size) def.size[def.size_count++] = o->size;
    if (o->repeats) def.repeats = o->repeats;
    if (o->milliseconds) def.least_s = 1e-3 * o->milliseconds;
    XT_GO(xt_bench_kernels_check(o->kernels, err));
    if (o->json) XT_GO(check_path(o->json, o->force, err));
    XT_GO(xt_device_list(&list, &there, err));
    chosen = malloc((size_t)(there > 0 ? there : 1) * sizeof *chosen);
    if (!chosen) {
        status = xt_no_memory(err, "the list of devices", (size_t)there * sizeof *chosen);
        goto done;
    }
    XT_GO(choose(chosen, &count, o, list, there, err));
    const bool many = count > 1 || (o->device && strcmp(o->device, "all") == 0);
    xt_json_begin(&json, &text);
    if (many) xt_json_open_array(&json, NULL);
    outcome = run_devices(app, &json, &table, chosen, count, list, &def, err);
    if (many) xt_json_close(&json);
    if (table.size) { /* what was measured is kept, whatever else went wrong */
        xt_error why = {0};
        status = xt_print_text(&table, "the benchmark's table", &why);
        if (o->json) {
            xt_status wrote = xt_json_end(&json, "the record", &why);
            if (wrote == XT_OK) wrote = xt_file_write(o->json, text.data, text.size, &why);
            if (status == XT_OK) status = wrote;
        }
        if (status != XT_OK && outcome == XT_OK) *err = why;
    }
    if (status == XT_OK) status = outcome;
done:
    xt_text_free(&text);
    xt_text_free(&table);
    free(chosen);
    free(list);
    return status;
}

xt_status xt_bench_main(xt_app *app, int argc, char *const *argv, xt_error *err) {
    options o = {0};
    bool help = false;
    const char *none = NULL;
    const xt_option table[] = {
        {"--json", 0, XT_OPTION_TEXT, &o.json, "FILE",
         "write the record there; with --device all, an array of records"},
        {"--size", 0, XT_OPTION_COUNT, &o.size, "N",
         "only N x N x N voxels (default 64, 128 and 256; smaller on a simulator)"},
        {"--device", 0, XT_OPTION_TEXT, &o.device, "SPEC",
         "index, platform:device, part of a name, gpu, cpu; all: every device, one after another"},
        {"--kernel", 0, XT_OPTION_TEXT, &o.kernels, "NAME[,NAME]", "only these kernels (--list names them)"},
        {"--repeats", 0, XT_OPTION_COUNT, &o.repeats, "N", "timed repeats, 5 to 99 (default 5)"},
        {"--repeat-ms", 0, XT_OPTION_COUNT, &o.milliseconds, "N",
         "shortest repeat in milliseconds (default 50): as many passes as that takes"},
        {"--quick", 0, XT_OPTION_FLAG, &o.quick, NULL,
         "small sizes and short repeats: a check, not a record"},
        {"--threads", 0, XT_OPTION_COUNT, &o.threads, "N",
         "threads of a CPU device, where its runtime takes a number"},
        {"--force", 0, XT_OPTION_FLAG, &o.force, NULL, "replace a record that exists"},
        {"--list", 0, XT_OPTION_FLAG, &o.list, NULL, "name the kernels"}};
    const xt_usage usage = {.name = "bench",
                            .arguments = "[options]",
                            .about = "Measure how fast a device runs Crosstalk's kernels, each against a "
                                     "copy of the same buffers at the "
                                     "same moments, and whether what it computes is right.",
                            .more = "A kernel whose error is too large is a FAIL, and the exit status is "
                                    "then 5; stopped by a signal, 75. What the figures mean, "
                                    "and how to submit a record: tools/bench/README.md.",
                            .options = table,
                            .option_count = (int)(sizeof table / sizeof *table)};
    XT_TRY(xt_args_parse(&none, &help, &usage, argc, argv, NULL, err));
    if (help) {
        xt_args_help(stdout, &usage);
        return xt_print("", err);
    }
    if (o.list) {
        xt_text text = {0};
        xt_bench_kernels_list(&text);
        const xt_status status = xt_print_text(&text, "the list of kernels", err);
        xt_text_free(&text);
        return status;
    }
    if (o.repeats && (o.repeats < 5 || o.repeats > XT_BENCH_REPEATS))
        return xt_fail(err, XT_USAGE, "--repeats: expected 5 to %d, found %d", (int)XT_BENCH_REPEATS,
                       o.repeats);
    if (o.size > 1024) return xt_fail(err, XT_USAGE, "--size: expected at most 1024, found %d", o.size);
    xt_limit_threads(o.threads);
    return run(app, &o, err);
}
