/* The list of commands, `help`, and what several commands need. */
#define _XOPEN_SOURCE 700 /* setenv */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "app/app.h"
#include "model/model.h"
#include "scene/scene.h"

const xt_command xt_commands[] = {
    {"run", "SCENE.yaml -o DIR [options]", "run a scene; pictures, curves and volumes go to DIR",
     xt_run_main},
    {"resume", "DIR [options]", "go on from the newest good checkpoint", xt_resume_main},
    {"check", "SCENE.yaml [options]", "validate, estimate memory and time, run nothing", xt_check_main},
    {"devices", "[--json] [--tune]", "every OpenCL device, what it can do, its measured bandwidth",
     xt_devices_main},
    {"bench", "[--json FILE] [--device SPEC|all]", "how fast a device is here, and whether it computes right",
     xt_bench_main},
    {"report", "DIR [DIR ...]", "the page that explains a run, or compares several", xt_report_main},
    {"film", "DIR [-o FILE] [options]", "a film of a run's pictures, curves running along below",
     xt_film_main},
    {"render", "DIR [options]", "pictures and films from the volumes of a run", xt_render_main},
    {"mesh", "SCENE.yaml -o FILE", "the interface surface or the label volume of a scene", xt_mesh_main},
    {"help", "[COMMAND|scene|schema|model-schema]", "help on a command; the keys of a scene; JSON Schemas",
     xt_help_main},
    {NULL, NULL, NULL, NULL}};

xt_status xt_print(const char *text, xt_error *err) {
    if (fputs(text, stdout) == EOF || fflush(stdout) != 0)
        return xt_fail(err, XT_IO, "cannot write to standard output: %s", strerror(errno));
    return XT_OK;
}

xt_status xt_print_text(const xt_text *text, const char *what, xt_error *err) {
    XT_TRY(xt_text_check(text, what, err));
    return xt_print(xt_text_get(text), err);
}

void xt_limit_threads(int threads) {
    if (threads < 1) return;
    char number[16];
    snprintf(number, sizeof number, "%d", threads);
    setenv("POCL_MAX_PTHREAD_COUNT", number, 1);        /* PoCL up to 4 */
    setenv("POCL_CPU_MAX_CU_COUNT", number, 1);         /* PoCL 5 and later */
    setenv("CL_CONFIG_CPU_TBB_NUM_WORKERS", number, 1); /* Intel */
}

static void overview(xt_text *out) {
    xt_text_add(
        out, "Crosstalk simulates how bone, muscle and fat talk to each other, in space and over decades.\n\n"
             "Usage: crosstalk COMMAND ...\n\n");
    for (const xt_command *c = xt_commands; c->name; c++)
        xt_text_printf(out, "  %-8s %-38s %s\n", c->name, c->arguments, c->about);
    xt_text_add(
        out,
        "\n  --version, --help; 'crosstalk COMMAND --help' for the options of a command\n\n"
        "Environment: CROSSTALK_DEVICE (as --device), CROSSTALK_KERNELS (folder of kernel sources to use\n"
        "instead of those built in), NO_COLOR.\n"
        "Exit status: 0 done, 1 internal error, 2 usage or scene, 3 device, 4 input/output, 5 numerical,\n"
        "75 stopped by a signal with a good checkpoint.\n");
}

xt_status xt_help_main(xt_app *app, int argc, char *const *argv, xt_error *err) {
    xt_text text = {0};
    xt_status status;
    const char *topic = argc > 0 ? argv[0] : "";
    if (argc > 1) return xt_fail(err, XT_USAGE, "help takes one topic");
    if (!*topic || strcmp(topic, "--help") == 0 || strcmp(topic, "-h") == 0 || strcmp(topic, "help") == 0)
        overview(&text);
    else if (strcmp(topic, "scene") == 0)
        xt_scene_help(&text);
    else if (strcmp(topic, "schema") == 0)
        xt_scene_json_schema(&text);
    else if (strcmp(topic, "model-schema") == 0)
        xt_model_json_schema(&text);
    else {
        const char *names[32] = {"scene", "schema", "model-schema"};
        int count = 3;
        for (const xt_command *c = xt_commands; c->name; c++) {
            char help[] = "--help", *const ask[] = {help, NULL};
            if (strcmp(topic, c->name) == 0) return c->main(app, 1, ask, err);
            names[count++] = c->name;
        }
        const char *nearest = xt_nearest(topic, names, count);
        return xt_fail(err, XT_USAGE, "there is no help on '%.64s'%s%s%s", topic,
                       nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    }
    status = xt_print_text(&text, "help", err);
    xt_text_free(&text);
    return status;
}
