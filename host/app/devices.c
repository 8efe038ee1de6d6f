/* crosstalk devices */
#include <stdlib.h>
#include "app/app.h"
#include "bench/tuning.h"
#include "device/table.h"

/* Measure the copy bandwidth of every device that can run Crosstalk; one that fails is said and left
 * unmeasured. */
static void measure(xt_app *app, xt_device_info *list, int count, bool tune) {
    for (int i = 0; i < count; i++) {
        xt_error why = {0};
        xt_device *device = NULL;
        char spec[32];
        if (xt_device_check(&list[i], &why) != XT_OK) continue; /* the table gives the reason */
        snprintf(spec, sizeof spec, "%u:%u", list[i].platform_index, list[i].device_index);
        xt_log_info(&app->log, "measuring %s ...", list[i].name);
        if (xt_device_open(&device, spec, &why) == XT_OK &&
            xt_device_measure_copy(&list[i].copy_bytes_per_s, device, 0, &why) != XT_OK)
            list[i].copy_bytes_per_s = 0;
        if (tune && why.status == XT_OK) {
            char said[400];
            xt_log_info(&app->log, "tuning %s ...", list[i].name);
            if (xt_bench_tune(device, XT_BENCH_TUNING_SIZE, &why) == XT_OK) {
                xt_bench_tuning_say(said, sizeof said, device);
                xt_log_info(&app->log, "%s", said);
            }
        }
        if (why.status != XT_OK) xt_log_warn(&app->log, "%s: %s", list[i].name, why.text);
        xt_device_close(device);
    }
}

xt_status xt_devices_main(xt_app *app, int argc, char *const *argv, xt_error *err) {
    bool json = false, help = false, fast = false, tune = false;
    const char *none = NULL;
    const xt_option options[] = {
        {"--json", 0, XT_OPTION_FLAG, &json, NULL, "an array of objects, sizes in bytes"},
        {"--no-measure", 0, XT_OPTION_FLAG, &fast, NULL,
         "show the bandwidth of earlier runs, measure nothing"},
        {"--tune", 0, XT_OPTION_FLAG, &tune, NULL,
         "time shapes of kernels, too, and keep the best for each device (`bench` does so once)"}};
    const xt_usage usage = {.name = "devices",
                            .arguments = "[options]",
                            .about =
                                "List every OpenCL device, what it can do, and its measured copy bandwidth.",
                            .options = options,
                            .option_count = (int)(sizeof options / sizeof *options)};
    XT_TRY(xt_args_parse(&none, &help, &usage, argc, argv, NULL, err));
    if (help) {
        xt_args_help(stdout, &usage);
        return xt_print("", err);
    }
    xt_status status = XT_OK;
    xt_device_info *list = NULL;
    xt_text text = {0};
    int count = 0;
    XT_GO(xt_device_list(&list, &count, err));
    if (!fast || tune) measure(app, list, count, tune);
    if (json) {
        xt_json writer;
        xt_json_begin(&writer, &text);
        xt_device_list_json(&writer, NULL, list, count);
        XT_GO(xt_json_end(&writer, "the list of devices", err));
    } else {
        xt_device_table(&text, list, count);
    }
    XT_GO(xt_print_text(&text, "the list of devices", err));
done:
    xt_text_free(&text);
    free(list);
    return status;
}
